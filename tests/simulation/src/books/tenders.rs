//! Money that devices move: what the journal says of each attempt, and what the devices' own books say of it.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_devices::simulated::poi::SimulatedPoi;
use holdfast_domain::Event;
use holdfast_domain::attempt::{BY_HAND, Purpose, TenderVerdict};
use holdfast_domain::ids::AttemptId;
use holdfast_domain::shift::Mode;

/// What became of one attempt, by the journal alone.
#[derive(Debug, Default)]
struct Course {
    purpose: Option<Purpose>,
    practised: bool,
    sent: bool,
    /// What was approved, tip included, and whether a person said so.
    approved: Option<(i64, bool)>,
    declined: bool,
    disowned: bool,
    taken: u32,
    given_back_by_a_person: bool,
    unclaimed: bool,
}

/// All attempts.
#[derive(Debug, Default)]
pub struct Tenders {
    courses: BTreeMap<AttemptId, Course>,
    /// By the attempt that paid: what transactions say that it took, less what they say that went back to it.
    in_transactions: BTreeMap<AttemptId, i64>,
}

impl Tenders {
    pub(super) fn taken(&mut self, attempt: AttemptId, minor: i64) {
        *self.in_transactions.entry(attempt).or_default() += minor;
    }

    pub(super) fn add(&mut self, event: &Event, wrong: &mut Vec<String>, one_history: bool) {
        match event {
            Event::TenderStarted { attempt, purpose, stamp, .. } => {
                let course = self.courses.entry(*attempt).or_default();
                if course.purpose.replace(purpose.clone()).is_some() {
                    wrong.push(format!("P3: attempt {attempt} began twice"));
                }
                course.practised = stamp.mode == Mode::Training;
            }
            Event::TenderSent { attempt, .. } => self.courses.entry(*attempt).or_default().sent = true,
            Event::TenderApproved { attempt, approval } => {
                let course = self.courses.entry(*attempt).or_default();
                let by_hand = approval.transaction.as_str() == BY_HAND;
                if course.approved.replace((approval.amount.minor(), by_hand)).is_some() {
                    wrong.push(format!("P3: attempt {attempt} was approved twice"));
                }
                if course.declined || (one_history && !course.sent) {
                    wrong.push(format!("P3: attempt {attempt} was approved and {course:?}"));
                }
            }
            Event::TenderDeclined { attempt, .. } => {
                let course = self.courses.entry(*attempt).or_default();
                if course.approved.is_some() || course.declined {
                    wrong.push(format!("P3: attempt {attempt} was declined and {course:?}"));
                }
                course.declined = true;
            }
            Event::TenderResolved { attempt, verdict, .. } => {
                let course = self.courses.entry(*attempt).or_default();
                match verdict {
                    TenderVerdict::NotCharged => course.disowned = true,
                    TenderVerdict::GivenBack => course.given_back_by_a_person = true,
                    TenderVerdict::Charged => {}
                }
            }
            Event::TenderTaken { attempt, .. } => {
                let course = self.courses.entry(*attempt).or_default();
                course.taken += 1;
                if course.taken > 1 || (one_history && course.approved.is_none()) {
                    wrong.push(format!("P3: attempt {attempt} became part of a sale: {course:?}"));
                }
            }
            Event::TenderUnclaimed { attempt } => self.courses.entry(*attempt).or_default().unclaimed = true,
            _ => {}
        }
    }

    /// P3: devices and journal agree on exactly one of captured and not captured, for every attempt.
    pub fn check(&self, devices: &[SimulatedPoi], one_history: bool, forks: bool, wrong: &mut Vec<String>) {
        let mut booked: BTreeMap<AttemptId, i64> = BTreeMap::new();
        for one in devices.iter().flat_map(SimulatedPoi::book) {
            let attempt = AttemptId(holdfast_domain::ids::CommandId(holdfast_domain::ids::Uuid::from_u128(
                one.attempt.0,
            )));
            if booked.insert(attempt, one.amount.minor()).is_some() {
                wrong.push(format!("P3: a device booked attempt {attempt} twice"));
            }
        }
        // What a hub gave back whose history is lost went both ways, whatever the journal knows of it.
        let net_nothing = |attempt: &AttemptId| {
            !one_history
                && booked.contains_key(attempt)
                && booked.get(attempt) == booked.get(&attempt.counterpart())
                && [*attempt, attempt.counterpart()]
                    .iter()
                    .any(|id| self.courses.get(id).is_some_and(|course| course.declined))
        };
        for (attempt, minor) in booked.iter().filter(|(attempt, _)| !net_nothing(attempt)) {
            let Some(course) = self.courses.get(attempt) else {
                // The other history knows it, which HQ keeps and a person sees.
                if forks {
                    continue;
                }
                wrong.push(format!("P3: a device booked {minor} for {attempt}, which nobody knows"));
                continue;
            };
            let told = course.approved.map(|(minor, _)| minor);
            let by_person = course.approved.is_some_and(|(_, by_hand)| by_hand);
            // Where an image of the disk was put back, the hub cannot know that another run of it sent the same.
            let lost = forks && course.declined && !course.sent;
            let known = told == Some(*minor) || by_person || lost || (!one_history && course.taken == 1);
            if !known {
                wrong.push(format!("P3: a device booked {minor} for {attempt}, the journal says {course:?}"));
            }
        }
        for (attempt, course) in self.courses.iter().filter(|(_, course)| !course.practised) {
            if let Some((minor, false)) = course.approved
                && booked.get(attempt) != Some(&minor)
            {
                let held = booked.get(attempt);
                wrong.push(format!("P3: the journal says {minor} for {attempt}, its device {held:?}"));
            }
            if course.approved.is_none() && !course.declined && course.taken == 0 {
                wrong.push(format!("P3: nobody knows what became of {attempt}: {course:?}"));
            }
        }
        self.check_transactions(one_history, wrong);
    }

    /// What transactions say that devices took is what was approved and became a part of them.
    fn check_transactions(&self, one_history: bool, wrong: &mut Vec<String>) {
        if !one_history {
            return;
        }
        let mut owed: BTreeMap<AttemptId, i64> = BTreeMap::new();
        let reversed: BTreeSet<AttemptId> = self
            .courses
            .values()
            .filter(|course| course.approved.is_some())
            .filter_map(|course| match course.purpose {
                Some(Purpose::Reversal { of, .. }) => Some(of),
                _ => None,
            })
            .collect();
        for (attempt, course) in &self.courses {
            let Some((minor, _)) = course.approved else { continue };
            let fates = course.taken
                + u32::from(reversed.contains(attempt))
                + u32::from(course.given_back_by_a_person);
            if fates > 1 {
                wrong.push(format!("P3: {attempt} went two ways: {course:?}, reversed {reversed:?}"));
            }
            match course.purpose {
                Some(Purpose::Sale { .. }) if course.taken == 1 => {
                    *owed.entry(*attempt).or_default() += minor;
                }
                Some(Purpose::Refund { original, .. }) if course.taken == 1 => {
                    *owed.entry(original).or_default() -= minor;
                }
                _ => {}
            }
        }
        owed.retain(|_, minor| *minor != 0);
        let mut told = self.in_transactions.clone();
        told.retain(|_, minor| *minor != 0);
        if told != owed {
            wrong.push(format!("P3: transactions say that devices took {told:?}, they took {owed:?}"));
        }
    }
}
