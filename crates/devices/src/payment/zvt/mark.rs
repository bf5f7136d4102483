//! How a transaction of this terminal is named, and whether one came after another: by the terminal's receipt number, which
//! goes to 9999, and its trace number, which goes to 999999, and both begin again after that.

use std::str::FromStr;

use super::status::StatusInformation;
use crate::payment::{Mark, PoiTransaction};

const RECEIPTS: u64 = 10_000;
const TRACES: u64 = 1_000_000;
/// The mark of a terminal that has made no transaction yet.
const NONE: &str = "none";

/// The numbers of one transaction, as far as the terminal gives them. A zero is none: terminals that do not count send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers {
    pub terminal: Option<u32>,
    pub receipt: Option<u16>,
    pub trace: Option<u32>,
}

/// The last transaction that a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    None,
    Of(Numbers),
}

/// How a transaction stands to the last one that was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    TheSame,
    After,
    /// The numbers contradict each other, or there are none.
    Unclear,
}

impl Numbers {
    #[must_use]
    pub fn of(status: &StatusInformation) -> Self {
        Self {
            terminal: status.terminal.filter(|terminal| *terminal != 0),
            receipt: status.receipt.filter(|receipt| *receipt != 0),
            trace: status.trace.filter(|trace| *trace != 0),
        }
    }

    /// Whether there is a number to know a transaction again by.
    #[must_use]
    pub fn is_numbered(&self) -> bool {
        self.receipt.is_some() || self.trace.is_some()
    }

    /// The terminal that the numbers are of, where they do not say it themselves.
    #[must_use]
    pub fn or_of(self, terminal: Option<u32>) -> Self {
        Self { terminal: self.terminal.or(terminal), ..self }
    }

    /// By what a later reversal finds it. `None` without a number.
    #[must_use]
    pub fn transaction(&self) -> Option<PoiTransaction> {
        self.is_numbered().then(|| PoiTransaction::new(self.text()).ok()).flatten()
    }

    /// Whether nothing can have had a number between these and older ones.
    #[must_use]
    pub fn is_next_after(&self, known: &Last) -> bool {
        let Last::Of(known) = known else { return matches!(self.receipt, Some(1)) };
        matches!((known.receipt, self.receipt), (Some(known), Some(now)) if u32::from(now) == u32::from(known) + 1 || (known, now) == (9_999, 1))
    }

    fn text(&self) -> String {
        let part = |number: Option<u64>, digits: usize| match number {
            Some(number) => format!("{number:0digits$}"),
            None => "-".to_owned(),
        };
        let terminal = part(self.terminal.map(u64::from), 8);
        let receipt = part(self.receipt.map(u64::from), 4);
        let trace = part(self.trace.map(u64::from), 6);
        format!("i{terminal}/r{receipt}/t{trace}")
    }

    /// How these stand to older ones.
    #[must_use]
    pub fn standing(&self, known: &Last) -> Standing {
        let Last::Of(known) = known else {
            return if self.is_numbered() { Standing::After } else { Standing::Unclear };
        };
        if matches!((known.terminal, self.terminal), (Some(known), Some(now)) if known != now) {
            return Standing::Unclear;
        }
        let receipt = order(known.receipt.map(u64::from), self.receipt.map(u64::from), RECEIPTS);
        let trace = order(known.trace.map(u64::from), self.trace.map(u64::from), TRACES);
        match (receipt, trace) {
            (Some(Standing::Unclear), _) | (_, Some(Standing::Unclear)) | (None, None) => Standing::Unclear,
            // Not every terminal counts a trace for every receipt, but there is no new trace without a receipt.
            (Some(Standing::TheSame), Some(Standing::After)) => Standing::Unclear,
            (Some(of_receipt), _) => of_receipt,
            (None, Some(of_trace)) => of_trace,
        }
    }
}

/// Where a number stands to a known one on a circle: less than half way on is after it.
fn order(known: Option<u64>, now: Option<u64>, circle: u64) -> Option<Standing> {
    let (known, now) = (known?, now?);
    let steps = (now % circle + circle - known % circle) % circle;
    Some(match steps {
        0 => Standing::TheSame,
        _ if steps < circle / 2 => Standing::After,
        _ => Standing::Unclear,
    })
}

impl Last {
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        match self {
            Last::None => Mark::new(NONE).ok(),
            Last::Of(numbers) => Mark::new(numbers.text()).ok(),
        }
    }

    /// `None` when the mark is none of this protocol.
    #[must_use]
    pub fn of_mark(mark: &Mark) -> Option<Self> {
        match mark.as_str() {
            NONE => Some(Last::None),
            text => text.parse().ok().map(Last::Of),
        }
    }
}

impl FromStr for Numbers {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('/');
        let mut part = |name: char, digits: usize| match parts.next().and_then(|part| part.strip_prefix(name))
        {
            Some("-") => Ok(None),
            Some(number) if number.len() == digits && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                number.parse::<u32>().map(Some).map_err(|_| ())
            }
            _ => Err(()),
        };
        let numbers = Numbers {
            terminal: part('i', 8)?,
            receipt: part('r', 4)?.and_then(|receipt| u16::try_from(receipt).ok()),
            trace: part('t', 6)?,
        };
        parts.next().is_none().then_some(numbers).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbers(receipt: u16, trace: u32) -> Numbers {
        let some = |number: u32| (number != 0).then_some(number);
        Numbers { terminal: None, receipt: (receipt != 0).then_some(receipt), trace: some(trace) }
    }

    fn standing(known: (u16, u32), now: (u16, u32)) -> Standing {
        numbers(now.0, now.1).standing(&Last::Of(numbers(known.0, known.1)))
    }

    #[test]
    fn numbers_begin_again_after_their_last() {
        assert_eq!(standing((42, 178), (42, 178)), Standing::TheSame);
        assert_eq!(standing((42, 178), (43, 179)), Standing::After);
        assert_eq!(standing((9999, 999_999), (1, 1)), Standing::After);
        assert_eq!(standing((9998, 178), (2, 180)), Standing::After);
        assert_eq!(standing((42, 178), (41, 177)), Standing::Unclear);
        assert_eq!(standing((1, 1), (9999, 999_999)), Standing::Unclear);
    }

    #[test]
    fn one_number_is_enough_but_two_must_not_contradict() {
        assert_eq!(standing((42, 0), (43, 0)), Standing::After);
        assert_eq!(standing((42, 178), (43, 0)), Standing::After);
        assert_eq!(standing((0, 178), (0, 179)), Standing::After);
        assert_eq!(standing((0, 178), (0, 178)), Standing::TheSame);
        assert_eq!(standing((42, 178), (42, 179)), Standing::Unclear);
        assert_eq!(standing((42, 178), (43, 177)), Standing::Unclear);
        assert_eq!(standing((42, 178), (43, 178)), Standing::After);
        assert_eq!(standing((42, 0), (0, 178)), Standing::Unclear);
        assert_eq!(numbers(1, 0).standing(&Last::None), Standing::After);
        assert_eq!(numbers(0, 0).standing(&Last::None), Standing::Unclear);
    }

    #[test]
    fn another_terminal_is_never_after_this_one() {
        let of = |terminal| Numbers { terminal: Some(terminal), receipt: Some(43), trace: None };
        assert_eq!(of(2).standing(&Last::Of(Numbers { receipt: Some(42), ..of(1) })), Standing::Unclear);
        assert_eq!(of(1).standing(&Last::Of(Numbers { receipt: Some(42), ..of(1) })), Standing::After);
    }

    #[test]
    fn a_mark_of_another_protocol_is_none_of_ours() {
        for text in
            ["-", "none ", "i1/r2/t3", "i00000001/r0001", "i-/r-/t-/x-", "r0001/i-/t-", "i-/r99999/t-"]
        {
            if let Ok(mark) = Mark::new(text) {
                assert_eq!(Last::of_mark(&mark), None, "{text}");
            }
        }
        assert_eq!(Last::of_mark(&Mark::new("none").expect("a mark")), Some(Last::None));
    }

    proptest! {
        #[test]
        fn a_mark_is_read_as_it_was_written(
            terminal in prop::option::of(1u32..100_000_000),
            receipt in prop::option::of(1u16..10_000),
            trace in prop::option::of(1u32..1_000_000),
        ) {
            let last = Last::Of(Numbers { terminal, receipt, trace });
            let mark = last.mark().expect("short and plain");
            prop_assert_eq!(mark.as_str().len() <= 24, true);
            prop_assert_eq!(Last::of_mark(&mark), Some(last));
        }
    }
}
