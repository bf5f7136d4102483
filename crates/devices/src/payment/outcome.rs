//! What became of an attempt to move money, as far as the device itself said so.

use holdfast_money::Money;

use super::card::CardFacts;
use super::{Fault, PoiTransaction};

/// The most lines of one slip.
pub const SLIP_LINES_MAX: usize = 120;
/// The most characters of one of its lines.
pub const SLIP_LINE_CHARS_MAX: usize = 48;
/// The most characters of what a terminal says beside a decline.
pub const SAID_CHARS_MAX: usize = 80;

/// What became of an attempt.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Money moved.
    Approved(Box<Approval>),
    /// No money moved and none will: the device said so itself.
    Declined(Decline),
    /// Nobody knows yet. It is asked about until somebody does, and never tried again meanwhile.
    Unresolved(Fault),
}

/// Money moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// What really moved, tip included: less than was asked for is a partial approval.
    pub amount: Money,
    /// What of it is a tip in all: what was asked for as one, and what the customer added at the terminal.
    pub tip: Option<Money>,
    pub transaction: PoiTransaction,
    pub card: CardFacts,
    pub authorised: Authorised,
    pub slip: Slip,
}

/// Who said yes (nexo: OnlineFlag).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Authorised {
    /// The acquirer, or a provider that confirms.
    Online,
    /// The terminal by itself: whether the money comes is the shop's risk until the terminal has submitted it.
    Offline,
    /// The device does not tell.
    #[default]
    Unsaid,
}

/// No money moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    pub condition: ErrorCondition,
    said: Option<String>,
}

impl Decline {
    /// `said` is the terminal's own text for people; card numbers in it are masked.
    #[must_use]
    pub fn new(condition: ErrorCondition, said: Option<&str>) -> Self {
        Self { condition, said: said.and_then(|text| for_people(text, SAID_CHARS_MAX)) }
    }

    #[must_use]
    pub fn said(&self) -> Option<&str> {
        self.said.as_deref()
    }
}

/// Why no money moved (nexo: ErrorCondition).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorCondition {
    /// The till or another call asked it to stop, in time.
    Aborted,
    /// It does something else now and did not begin.
    Busy,
    /// The customer or the cashier stopped it at the device.
    Cancel,
    /// The device says that it is out of order.
    DeviceOut,
    /// The card cannot be used here.
    InvalidCard,
    /// The device is not set up for this.
    NotAllowed,
    /// The device never heard of it: it was asked about and is not there.
    NotFound,
    /// The card's bank or the wallet said no.
    Refusal,
    /// The terminal could not reach its host, and says that nothing was booked.
    UnreachableHost,
    WrongPin,
}

impl ErrorCondition {
    pub const ALL: [Self; 10] = [
        Self::Aborted,
        Self::Busy,
        Self::Cancel,
        Self::DeviceOut,
        Self::InvalidCard,
        Self::NotAllowed,
        Self::NotFound,
        Self::Refusal,
        Self::UnreachableHost,
        Self::WrongPin,
    ];

    /// What a cashier reads: "the payment was …".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ErrorCondition::Aborted => "stopped by the till",
            ErrorCondition::Busy => "not begun, the terminal is busy",
            ErrorCondition::Cancel => "stopped at the terminal",
            ErrorCondition::DeviceOut => "not begun, the terminal is out of order",
            ErrorCondition::InvalidCard => "refused, the card cannot be used here",
            ErrorCondition::NotAllowed => "not begun, the terminal does not do that",
            ErrorCondition::NotFound => "never received by the terminal",
            ErrorCondition::Refusal => "refused by the bank",
            ErrorCondition::UnreachableHost => "not made, the terminal has no connection to its bank",
            ErrorCondition::WrongPin => "refused, the PIN was wrong",
        }
    }
}

/// What the terminal wants on paper. Card numbers are masked when a line is added, whatever the terminal left in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slip {
    customer: Vec<String>,
    merchant: Vec<String>,
    /// The customer has to sign the merchant's slip.
    pub signature: bool,
}

impl Slip {
    /// A line of the customer's slip; a line beyond [`SLIP_LINES_MAX`] is dropped.
    pub fn add_customer(&mut self, line: &str) {
        add(&mut self.customer, line);
    }

    pub fn add_merchant(&mut self, line: &str) {
        add(&mut self.merchant, line);
    }

    #[must_use]
    pub fn customer(&self) -> &[String] {
        &self.customer
    }

    #[must_use]
    pub fn merchant(&self) -> &[String] {
        &self.merchant
    }
}

fn add(lines: &mut Vec<String>, line: &str) {
    if lines.len() < SLIP_LINES_MAX {
        lines.push(for_people(line, SLIP_LINE_CHARS_MAX).unwrap_or_default());
    }
}

/// Plain text for people: no control characters, no card number, not too long. None when nothing is left.
pub(super) fn for_people(text: &str, chars_max: usize) -> Option<String> {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let masked = holdfast_pan::masked(plain.trim_end());
    let cut: String = masked.chars().take(chars_max).collect();
    (!cut.trim().is_empty()).then_some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_prints_holds_no_cards_number() {
        let mut slip = Slip::default();
        slip.add_customer("Nr. 4111 1111 1111 1111");
        slip.add_merchant("\u{1b}@4111111111111111");
        assert_eq!(slip.customer(), ["Nr. **** **** **** 1111"]);
        assert_eq!(slip.merchant(), [" @************1111"]);
        let decline = Decline::new(ErrorCondition::Refusal, Some("card 5555555555554444 refused\n"));
        assert_eq!(decline.said(), Some("card ************4444 refused"));
        assert_eq!(Decline::new(ErrorCondition::Refusal, Some(" \n")).said(), None);
    }

    #[test]
    fn a_slip_has_an_end() {
        let mut slip = Slip::default();
        for _ in 0..SLIP_LINES_MAX + 5 {
            slip.add_customer(&"x".repeat(100));
        }
        assert_eq!(slip.customer().len(), SLIP_LINES_MAX);
        assert_eq!(slip.customer()[0].chars().count(), SLIP_LINE_CHARS_MAX);
    }
}
