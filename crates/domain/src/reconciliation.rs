//! The end of a payment device's day: what it counted, what the journal says that it moved, and where the two differ.
//!
//! Money decides. How many payments a device counts is shown and compared with nothing, because terminals count what was
//! reversed in ways of their own.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_money::{Currency, Money};

use crate::attempt::{Attempt, AttemptStanding, Purpose};
use crate::bounded::{CardWord, DeviceName, Label, PoiReference};
use crate::calendar::Timestamp;
use crate::exposure::{Acquirer, OfflineApproval, OfflineSums};
use crate::ids::{AttemptId, EpochId, ReconciliationId};
use crate::shift::Mode;

/// The most schemes that a sum is kept by; what comes beyond is summed without a name.
pub const SCHEMES_MAX: usize = 32;
/// The most single payments that one reconciliation names.
pub const UNSETTLED_MAX: usize = 50;

/// What a till asks for: the device ends its day and says what it counted (nexo: Reconciliation).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconcileDevice {
    /// The epoch of the hub that the till asks. Another hub may have asked the device already, which is not asked again.
    pub epoch: EpochId,
    pub device: DeviceName,
    /// What somebody found out about the end of day before, where its answer was lost.
    pub lost: Option<LostDay>,
}

/// What the device's own paper or its provider says of an end of day whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LostDay {
    /// The device did end its day then.
    Ended,
    /// It did not: its day goes on.
    GoesOn,
}

/// What one scheme came to (nexo: TransactionTotals).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemeLine {
    /// None where the scheme is not known.
    pub scheme: Option<CardWord>,
    pub count: u32,
    /// Payments less refunds and reversals.
    pub net: Money,
}

/// Adds to the line of a scheme. Names are one whatever their capitals.
pub fn add_scheme(lines: &mut Vec<SchemeLine>, scheme: Option<&CardWord>, count: u32, net: Money) {
    let name = scheme.map(|word| word.as_str().to_ascii_lowercase());
    let of = |line: &SchemeLine| line.scheme.as_ref().map(|word| word.as_str().to_ascii_lowercase());
    let found = lines.binary_search_by(|line| of(line).cmp(&name));
    let at = match found {
        Ok(at) => at,
        // The line without a name stands first, where there is one.
        Err(_) if lines.len() >= SCHEMES_MAX && name.is_some() => {
            return add_scheme(lines, None, count, net);
        }
        Err(at) => {
            lines.insert(
                at,
                SchemeLine { scheme: scheme.cloned(), count: 0, net: Money::zero(net.currency()) },
            );
            at
        }
    };
    lines[at].count = lines[at].count.saturating_add(count);
    lines[at].net += net;
}

/// All schemes together.
pub fn total(lines: &[SchemeLine], currency: Currency) -> Money {
    Money::sum(currency, lines.iter().map(|line| line.net))
}

/// A payment that can make the two sides differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    pub attempt: AttemptId,
    /// What the shop has more of if it moved; of what is in doubt as it was asked for.
    pub net: Money,
    pub why: UnsettledReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnsettledReason {
    /// Nobody knows whether it moved: the journal does not count it, the device may.
    InDoubt,
    /// A person says that it did not move, and the device was not heard.
    Disowned,
    /// A person, or a till of an earlier hub, says that it moved: the journal counts it, the device may not.
    SaidByAPerson,
    /// It was in doubt when the day before ended, and is known to have moved since. The device counted it in that day, and
    /// the journal counts it in neither.
    FoundLate,
}

/// Where the two sides differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// None for all schemes together.
    pub scheme: Option<CardWord>,
    pub journal: Money,
    pub device: Money,
}

/// What became of the device's end of day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReconciliationOutcome {
    Ended {
        /// What refers to it at the device.
        reference: Option<PoiReference>,
        device: Vec<SchemeLine>,
        /// None where both say the same.
        differences: Vec<Difference>,
    },
    /// The device counts nothing by itself: what the journal says is to be held against its provider's statement.
    NoTotals,
    /// The device could not be asked. Its day goes on, and it can be asked again. `cause` is the fault's code.
    NotEnded { cause: Label },
    /// The device was asked, and its answer was lost: nobody knows whether its day ended. It is not asked again before
    /// somebody has looked, because a day that is ended twice counts nothing the second time.
    Unknown { cause: Label },
}

/// One end of day of a device, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    pub id: ReconciliationId,
    /// When the day before ended. None for the device's first.
    pub since: Option<Timestamp>,
    /// When the device was asked.
    pub until: Timestamp,
    /// What the journal says that the device moved.
    pub journal: Vec<SchemeLine>,
    /// At most [`UNSETTLED_MAX`].
    pub unsettled: Vec<Unsettled>,
    pub outcome: ReconciliationOutcome,
}

impl Reconciliation {
    /// Whether the device gave its sums and they are the journal's.
    pub fn agrees(&self) -> bool {
        matches!(&self.outcome, ReconciliationOutcome::Ended { differences, .. } if differences.is_empty())
    }
}

/// What a device's driver says of its end of day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceCount {
    Ended { reference: Option<PoiReference>, lines: Vec<SchemeLine> },
    NoTotals,
    NotEnded { cause: Label },
    Unknown { cause: Label },
}

/// What a device moved since its day began, by the journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceDay {
    /// None before the device's first reconciliation.
    pub since: Option<Timestamp>,
    pub sums: DaySums,
    /// What was in doubt when the day before ended.
    pub doubtful: BTreeSet<AttemptId>,
    /// An end of day whose answer was lost, with what had moved until then. `sums` is what moved since.
    pub lost: Option<Box<LostEnd>>,
    /// The device is asked now.
    pub asked: Option<AskedReconciliation>,
    pub last: Option<Box<Reconciliation>>,
    /// Whether its last approval came from its acquirer.
    pub acquirer: Acquirer,
}

/// What moved, and what of it a device may see otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DaySums {
    pub moved: Vec<SchemeLine>,
    /// The first [`UNSETTLED_MAX`] of what people said and what was found late.
    pub listed: Vec<Unsettled>,
    /// What of it the device approved by itself. It is outstanding until the day ends.
    pub offline: OfflineSums,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostEnd {
    pub at: Timestamp,
    pub sums: DaySums,
    /// What was in doubt then.
    pub doubtful: BTreeSet<AttemptId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedReconciliation {
    pub id: ReconciliationId,
    pub at: Timestamp,
}

/// Money that moved at a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved<'a> {
    pub attempt: AttemptId,
    pub scheme: Option<&'a CardWord>,
    /// What the shop has more of.
    pub net: Money,
    /// A person says so, or a till.
    pub by_hand: bool,
}

impl DaySums {
    fn add(&mut self, moved: &Moved<'_>) {
        add_scheme(&mut self.moved, moved.scheme, 1, moved.net);
        if moved.by_hand {
            self.list(moved, UnsettledReason::SaidByAPerson);
        }
    }

    /// Whether there was room to list it.
    fn list(&mut self, moved: &Moved<'_>, why: UnsettledReason) -> bool {
        let has_room = self.listed.len() < UNSETTLED_MAX;
        if has_room {
            self.listed.push(Unsettled { attempt: moved.attempt, net: moved.net, why });
        }
        has_room
    }

    fn join(&mut self, later: DaySums) {
        for line in later.moved {
            add_scheme(&mut self.moved, line.scheme.as_ref(), line.count, line.net);
        }
        self.listed.extend(later.listed);
        self.listed.truncate(UNSETTLED_MAX);
        self.offline.join(later.offline);
    }
}

impl DeviceDay {
    /// Whether something moved that no reconciliation has.
    pub fn is_open(&self) -> bool {
        !self.sums.moved.is_empty() || self.lost.is_some()
    }

    pub fn add(&mut self, moved: &Moved<'_>) {
        if self.doubtful.remove(&moved.attempt) && self.sums.list(moved, UnsettledReason::FoundLate) {
            return;
        }
        let before = self.lost.as_mut().filter(|lost| lost.doubtful.contains(&moved.attempt));
        match before {
            Some(lost) => lost.sums.add(moved),
            None => self.sums.add(moved),
        }
    }

    /// What was just added was approved by the device itself. What it counted in the day before was submitted with that.
    pub fn add_offline(&mut self, approval: OfflineApproval) {
        let went_before =
            |one: &Unsettled| one.attempt == approval.attempt && one.why == UnsettledReason::FoundLate;
        if self.sums.listed.iter().any(went_before) {
            return;
        }
        let before = self.lost.as_mut().filter(|lost| lost.doubtful.contains(&approval.attempt));
        match before {
            Some(lost) => lost.sums.offline.add(approval),
            None => self.sums.offline.add(approval),
        }
    }

    /// A payment was undone where it was made.
    pub fn take_back(&mut self, attempt: AttemptId) {
        self.sums.offline.take_back(attempt);
        if let Some(lost) = &mut self.lost {
            lost.sums.offline.take_back(attempt);
        }
    }

    /// Somebody found out what became of the end of day whose answer was lost.
    pub fn found_out(&mut self, what: LostDay) {
        let Some(lost) = self.lost.take() else { return };
        match what {
            LostDay::Ended => {
                self.since = Some(lost.at);
                self.doubtful = lost.doubtful;
            }
            LostDay::GoesOn => {
                let later = std::mem::replace(&mut self.sums, lost.sums);
                self.sums.join(later);
            }
        }
    }

    /// What an end of day comes to. `doubtful` are the attempts at the device that nobody knows about.
    pub fn reconciled(
        &self,
        id: ReconciliationId,
        until: Timestamp,
        doubtful: &[&Attempt],
        count: &DeviceCount,
    ) -> Reconciliation {
        let journal = self.sums.moved.clone();
        // What was in doubt when the day before ended was listed there.
        let open = doubtful.iter().filter(|attempt| !self.doubtful.contains(&attempt.id));
        let open = open.map(|attempt| Unsettled {
            attempt: attempt.id,
            net: signed(&attempt.purpose, attempt.amount),
            why: match attempt.standing {
                AttemptStanding::Disowned { .. } => UnsettledReason::Disowned,
                _ => UnsettledReason::InDoubt,
            },
        });
        let unsettled = open.chain(self.sums.listed.iter().cloned()).take(UNSETTLED_MAX).collect();
        let outcome = match count {
            DeviceCount::Ended { reference, lines } => ReconciliationOutcome::Ended {
                reference: reference.clone(),
                device: lines.clone(),
                differences: differences(&journal, lines),
            },
            DeviceCount::NoTotals => ReconciliationOutcome::NoTotals,
            DeviceCount::NotEnded { cause } => ReconciliationOutcome::NotEnded { cause: cause.clone() },
            DeviceCount::Unknown { cause } => ReconciliationOutcome::Unknown { cause: cause.clone() },
        };
        Reconciliation { id, since: self.since, until, journal, unsettled, outcome }
    }

    /// What an end of day leaves. `doubtful` as above.
    pub fn end(&mut self, reconciliation: &Reconciliation, doubtful: BTreeSet<AttemptId>) {
        match &reconciliation.outcome {
            ReconciliationOutcome::Ended { .. } | ReconciliationOutcome::NoTotals => {
                *self = Self {
                    since: Some(reconciliation.until),
                    doubtful,
                    asked: self.asked.take(),
                    // A till gave back an end of day of another hub meanwhile.
                    lost: self.lost.take(),
                    ..Self::default()
                };
            }
            ReconciliationOutcome::NotEnded { .. } => {}
            ReconciliationOutcome::Unknown { .. } => {
                let sums = std::mem::take(&mut self.sums);
                match &mut self.lost {
                    Some(lost) => lost.sums.join(sums),
                    None => self.lost = Some(Box::new(LostEnd { at: reconciliation.until, sums, doubtful })),
                }
            }
        }
        if self.asked.is_some_and(|asked| asked.id == reconciliation.id) {
            self.asked = None;
        }
        self.last = Some(Box::new(reconciliation.clone()));
    }
}

/// What the shop has more of when an attempt moved so much.
pub fn signed(purpose: &Purpose, amount: Money) -> Money {
    match purpose {
        Purpose::Sale { .. } => amount,
        Purpose::Refund { .. } | Purpose::Reversal { .. } => -amount,
    }
}

/// Whether money really moves, and nobody knows whether it did.
pub fn is_doubtful(attempt: &Attempt) -> bool {
    let unknown =
        matches!(attempt.standing, AttemptStanding::InDoubt { .. } | AttemptStanding::Disowned { .. });
    unknown && attempt.stamp.mode == Mode::Live
}

/// Where two sums differ: in all, and by scheme as far as both sides name one. Where they agree in all, only a scheme that
/// both name is a difference, because terminals have names of their own for schemes.
fn differences(journal: &[SchemeLine], device: &[SchemeLine]) -> Vec<Difference> {
    let Some(currency) = journal.iter().chain(device).map(|line| line.net.currency()).next() else {
        return Vec::new();
    };
    // By the scheme's name: as it is written, and what each side says of it.
    let mut schemes: BTreeMap<String, (&CardWord, [Option<Money>; 2])> = BTreeMap::new();
    for (side, lines) in [journal, device].into_iter().enumerate() {
        for (scheme, line) in lines.iter().filter_map(|line| Some((line.scheme.as_ref()?, line))) {
            let entry = schemes.entry(scheme.as_str().to_ascii_lowercase()).or_insert((scheme, [None; 2]));
            entry.1[side] = Some(line.net);
        }
    }
    let all = (total(journal, currency), total(device, currency));
    let mut found = Vec::new();
    if all.0 != all.1 {
        found.push(Difference { scheme: None, journal: all.0, device: all.1 });
    }
    let names_schemes = device.iter().any(|line| line.scheme.is_some());
    for (scheme, [ours, theirs]) in schemes.into_values() {
        let both = ours.is_some() && theirs.is_some();
        let [journal, device] = [ours, theirs].map(|side| side.unwrap_or(Money::zero(currency)));
        if journal != device && names_schemes && (both || all.0 != all.1) {
            found.push(Difference { scheme: Some(scheme.clone()), journal, device });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(of: &[(&str, i64)]) -> Vec<SchemeLine> {
        let mut lines = Vec::new();
        for (scheme, minor) in of {
            let scheme = CardWord::new(scheme).ok();
            add_scheme(&mut lines, scheme.as_ref(), 1, Money::from_minor(*minor, Currency::EUR));
        }
        lines
    }

    fn told(journal: &[(&str, i64)], device: &[(&str, i64)]) -> Vec<(String, i64, i64)> {
        let name = |scheme: Option<CardWord>| scheme.map_or(String::new(), |word| word.to_string());
        differences(&lines(journal), &lines(device))
            .into_iter()
            .map(|found| (name(found.scheme), found.journal.minor(), found.device.minor()))
            .collect()
    }

    #[test]
    fn sums_that_agree_differ_in_nothing_whatever_schemes_are_called() {
        assert!(told(&[], &[]).is_empty());
        assert!(told(&[("Visa", 100), ("girocard", 50)], &[("GIROCARD", 50), ("VISA", 100)]).is_empty());
        assert!(told(&[("Maestro", 100)], &[("Debit Mastercard", 100)]).is_empty());
        assert!(told(&[("Visa", 100), ("girocard", 50)], &[("", 150)]).is_empty());
    }

    #[test]
    fn a_difference_is_told_in_all_and_by_scheme() {
        let all = (String::new(), 100, 150);
        assert_eq!(told(&[("Visa", 100)], &[("Visa", 150)]), [all.clone(), ("Visa".to_owned(), 100, 150)]);
        assert_eq!(
            told(&[("Visa", 100)], &[("Visa", 100), ("girocard", 50)]),
            [all.clone(), ("girocard".to_owned(), 0, 50)]
        );
        assert_eq!(told(&[("Visa", 100)], &[("", 150)]), [all]);
        let swapped = told(&[("Visa", 100), ("JCB", 50)], &[("Visa", 50), ("JCB", 100)]);
        assert_eq!(swapped, [("JCB".to_owned(), 50, 100), ("Visa".to_owned(), 100, 50)]);
        assert_eq!(told(&[], &[("Visa", 5)]), [(String::new(), 0, 5), ("Visa".to_owned(), 0, 5)]);
    }

    #[test]
    fn sums_have_an_end_and_nothing_of_them_is_lost() {
        let mut lines = Vec::new();
        for number in 0..SCHEMES_MAX + 10 {
            let scheme = CardWord::new(&format!("scheme {number}")).expect("a short word");
            add_scheme(&mut lines, Some(&scheme), 1, Money::from_minor(1, Currency::EUR));
        }
        assert!(lines.len() <= SCHEMES_MAX + 1, "{}", lines.len());
        assert_eq!(total(&lines, Currency::EUR).minor(), 42);
        assert_eq!(lines.iter().map(|line| line.count).sum::<u32>(), 42);
        assert_eq!(lines[0].scheme, None);
    }
}
