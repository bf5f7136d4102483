//! What waits for a printer, and what is decided about each document. Time is an argument, and nothing is carried out here.
//!
//! Invariants: one document is under way at a time; the next one begins only once the outcome of the one before is durable,
//! so that of all documents of a till that are open only the oldest can have begun; a document whose paper may exist is
//! never printed unmarked.

use std::collections::VecDeque;
use std::time::Duration;

use holdfast_devices::Fault;
use holdfast_devices::printer::Outcome;
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::event::DocumentOutcome;
use holdfast_domain::ids::TransactionId;
use tokio::time::Instant;

use super::job::{Job, PRINTED_AGAIN_MAX};
use super::standing::Standing;
use super::{DOCUMENTS_WAITING_MAX, OUTCOMES_TOGETHER_MAX};

/// How long the other printer is left alone once it did not take a job; its own actor asks it meanwhile.
const OTHER_RESTS: Duration = Duration::from_secs(2);

/// Which printer carries a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The one whose queue this is.
    Home,
    /// The one that it fails over to.
    Other,
}

/// The printer that jobs go to while this one is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Other {
    None,
    TakesJobs,
    RestsUntil(Instant),
}

/// Counted since the actor started.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    pub printed: u64,
    pub not_printed: u64,
    pub unknown: u64,
    pub expired: u64,
    pub printed_again: u64,
    pub printed_elsewhere: u64,
}

#[derive(Debug)]
pub(super) struct Queue {
    waiting: VecDeque<Job>,
    under_way: Option<(Job, Place)>,
    /// Decided, not yet given to the ledger.
    outcomes: VecDeque<(TransactionId, DocumentOutcome)>,
    /// Given to the ledger, not known to be durable.
    recording: Vec<(TransactionId, DocumentOutcome)>,
    /// A document that had begun and whose outcome is not durable.
    unrecorded: Option<TransactionId>,
    /// While the ledger is asked what is open nothing begins; these ended meanwhile.
    taking_up: Option<Vec<TransactionId>>,
    other: Other,
    pub standing: Standing,
    pub counts: Counts,
    pub last_fault: Option<String>,
}

impl Queue {
    pub fn new(has_other: bool) -> Self {
        Self {
            waiting: VecDeque::new(),
            under_way: None,
            outcomes: VecDeque::new(),
            recording: Vec::new(),
            unrecorded: None,
            taking_up: None,
            other: if has_other { Other::TakesJobs } else { Other::None },
            standing: Standing::default(),
            counts: Counts::default(),
            last_fault: None,
        }
    }

    /// Documents that are not on paper, the one under way included.
    pub fn len(&self) -> usize {
        self.waiting.len() + usize::from(self.under_way.is_some())
    }

    pub fn is_printing_at(&self, place: Place) -> bool {
        self.under_way.as_ref().is_some_and(|(_, at)| *at == place)
    }

    pub fn submit(&mut self, job: Job) {
        if self.knows(job.transaction) {
            return;
        }
        if self.waiting.len() >= DOCUMENTS_WAITING_MAX {
            self.last_fault = Some("too many documents wait for this printer".to_owned());
            self.end(&job, DocumentOutcome::NotPrinted);
        } else {
            self.waiting.push_back(job);
        }
    }

    /// The ledger is asked what is open. Nothing begins until it has answered.
    pub fn ask_what_is_open(&mut self) {
        self.taking_up.get_or_insert_default();
    }

    /// What the ledger had open when it was asked, oldest first. It is older than everything that came since.
    pub fn take_up(&mut self, open: Vec<Job>) {
        let Some(ended) = self.taking_up.take() else { return };
        let mut taken: VecDeque<Job> = VecDeque::new();
        for job in open {
            let known = self.waiting.iter().position(|waiting| waiting.transaction == job.transaction);
            match known {
                Some(at) => taken.extend(self.waiting.remove(at)),
                None if ended.contains(&job.transaction) || self.knows(job.transaction) => {}
                None => taken.push_back(job),
            }
        }
        taken.append(&mut self.waiting);
        for job in taken {
            self.submit(job);
        }
    }

    fn knows(&self, transaction: TransactionId) -> bool {
        let settled = self.outcomes.iter().chain(&self.recording).any(|(of, _)| *of == transaction);
        let under_way = self.under_way.iter().any(|(job, _)| job.transaction == transaction);
        settled || under_way || self.waiting.iter().any(|job| job.transaction == transaction)
    }

    /// What is to be printed now and where. `looked_at` says that this printer is being asked how it is: that is waited for.
    pub fn next(&mut self, now: Instant, looked_at: bool) -> Option<(&Job, Place)> {
        self.expire(now);
        if self.under_way.is_some() || self.unrecorded.is_some() || self.taking_up.is_some() {
            return None;
        }
        let place = match (self.standing.takes_jobs(), self.other) {
            (true, _) if looked_at => return None,
            (true, _) => Place::Home,
            (false, Other::TakesJobs) => Place::Other,
            (false, Other::RestsUntil(until)) if until <= now => Place::Other,
            (false, Other::RestsUntil(_) | Other::None) => return None,
        };
        let job = self.waiting.pop_front()?;
        let (job, place) = self.under_way.insert((job, place));
        Some((&*job, *place))
    }

    /// Ends what nobody wants any more.
    fn expire(&mut self, now: Instant) {
        let (expired, waiting): (VecDeque<Job>, _) =
            std::mem::take(&mut self.waiting).into_iter().partition(|job| job.expires <= now);
        self.waiting = waiting;
        for job in expired {
            self.counts.expired += 1;
            self.end(
                &job,
                if job.papers > 0 { DocumentOutcome::Unknown } else { DocumentOutcome::NotPrinted },
            );
        }
    }

    /// What became of the job that was under way.
    pub fn ended(&mut self, outcome: Outcome, now: Instant, at: Timestamp) {
        let Some((mut job, place)) = self.under_way.take() else { return };
        match outcome {
            Outcome::Printed => {
                self.counts.printed_elsewhere += u64::from(place == Place::Other);
                self.counts.printed_again += u64::from(job.papers > 0);
                match place {
                    Place::Home => self.standing.is_ready(),
                    Place::Other => self.other = Other::TakesJobs,
                }
                self.end(&job, DocumentOutcome::Printed);
            }
            Outcome::NotPrinted { reason: reason @ Fault::TooLarge { .. } } => {
                self.last_fault = Some(reason.to_string());
                self.end(&job, DocumentOutcome::NotPrinted);
            }
            Outcome::NotPrinted { reason } => {
                self.failed(place, &reason, now, at);
                self.waiting.push_front(job);
            }
            Outcome::Unknown { reason } => {
                self.failed(place, &reason, now, at);
                // Paper that ended, or a cover that was opened, in the middle: the printer itself says that it is not done.
                let not_done = reason.status().is_some_and(|status| status.stops_printing());
                if not_done && job.papers < PRINTED_AGAIN_MAX {
                    job.papers += 1;
                    self.waiting.push_front(job);
                } else {
                    self.end(&job, DocumentOutcome::Unknown);
                }
            }
        }
    }

    fn failed(&mut self, place: Place, reason: &Fault, now: Instant, at: Timestamp) {
        self.last_fault = Some(reason.to_string());
        match place {
            Place::Home => self.standing.fell(at, reason.to_string()),
            Place::Other => self.other = Other::RestsUntil(now + OTHER_RESTS),
        }
    }

    fn end(&mut self, job: &Job, outcome: DocumentOutcome) {
        match outcome {
            DocumentOutcome::Printed => self.counts.printed += 1,
            DocumentOutcome::NotPrinted => self.counts.not_printed += 1,
            DocumentOutcome::Unknown => self.counts.unknown += 1,
        }
        if outcome != DocumentOutcome::NotPrinted {
            self.unrecorded = Some(job.transaction);
        }
        if let Some(ended) = &mut self.taking_up {
            ended.push(job.transaction);
        }
        self.outcomes.push_back((job.transaction, outcome));
    }

    /// What the ledger is to record next; nothing while it is at it.
    pub fn begin_recording(&mut self) -> Option<Vec<(TransactionId, DocumentOutcome)>> {
        if self.outcomes.is_empty() || !self.recording.is_empty() {
            return None;
        }
        let some = self.outcomes.len().min(OUTCOMES_TOGETHER_MAX);
        self.recording = self.outcomes.drain(..some).collect();
        Some(self.recording.clone())
    }

    /// Whether what the ledger was given is durable now.
    pub fn recorded(&mut self, durable: bool) {
        let recording = std::mem::take(&mut self.recording);
        if !durable {
            for outcome in recording.into_iter().rev() {
                self.outcomes.push_front(outcome);
            }
        } else if self.unrecorded.is_some_and(|one| recording.iter().any(|(of, _)| *of == one)) {
            self.unrecorded = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use holdfast_devices::document::{Document, Purpose};
    use holdfast_devices::escpos::Status;
    use holdfast_domain::ids::{CommandId, Uuid};

    use super::*;
    use crate::template::Language;

    const AT: Timestamp = Timestamp(1_796_000_000_000);

    fn id(n: u128) -> TransactionId {
        TransactionId(CommandId(Uuid::from_u128(n)))
    }

    fn job(n: u128, now: Instant) -> Job {
        let document = Document::new(Purpose::Live);
        Job { transaction: id(n), document, expires: now + Duration::from_secs(600), papers: 0 }
    }

    fn unreachable() -> Outcome {
        let cause = Arc::new(io::Error::from(io::ErrorKind::ConnectionRefused));
        Outcome::NotPrinted { reason: Fault::Unreachable { address: "printer".into(), cause } }
    }

    fn stopped(paper_out: bool) -> Outcome {
        let mut status = Status::default();
        status.take_paper(if paper_out { 0x7E } else { 0x12 });
        Outcome::Unknown { reason: Fault::Unconfirmed { address: "printer".into(), status } }
    }

    /// What begins now: the document, the mark of its paper, and where.
    fn begins(queue: &mut Queue, now: Instant) -> Option<(u128, u32, Place)> {
        queue.next(now, false).map(|(job, place)| {
            (job.transaction.0.0.as_u128(), job.next_paper(Language::English).copy, place)
        })
    }

    fn durable(queue: &mut Queue) -> Vec<(u128, DocumentOutcome)> {
        let recorded = queue.begin_recording().unwrap_or_default();
        queue.recorded(true);
        recorded.into_iter().map(|(of, outcome)| (of.0.0.as_u128(), outcome)).collect()
    }

    #[test]
    fn the_next_begins_once_the_outcome_of_the_one_before_is_durable() {
        let now = Instant::now();
        let mut queue = Queue::new(false);
        queue.submit(job(1, now));
        queue.submit(job(2, now));
        assert_eq!(begins(&mut queue, now), Some((1, 0, Place::Home)));
        assert_eq!(begins(&mut queue, now), None, "one at a time");
        queue.ended(Outcome::Printed, now, AT);
        assert_eq!(begins(&mut queue, now), None, "the ledger has not recorded it");
        assert!(queue.begin_recording().is_some());
        queue.recorded(false);
        assert_eq!(begins(&mut queue, now), None, "it had no room");
        assert_eq!(durable(&mut queue), [(1, DocumentOutcome::Printed)]);
        assert_eq!(begins(&mut queue, now), Some((2, 0, Place::Home)));
    }

    #[test]
    fn what_did_not_print_goes_elsewhere_and_what_may_have_goes_nowhere() {
        let now = Instant::now();
        let mut queue = Queue::new(true);
        (1..=4).for_each(|n| queue.submit(job(n, now)));
        assert_eq!(begins(&mut queue, now), Some((1, 0, Place::Home)));
        queue.ended(unreachable(), now, AT);
        assert_eq!(begins(&mut queue, now), Some((1, 0, Place::Other)), "at once, and as the original");
        queue.ended(Outcome::Printed, now, AT);
        durable(&mut queue);
        assert_eq!(
            begins(&mut queue, now),
            Some((2, 0, Place::Other)),
            "a dead printer is not waited for again"
        );
        queue.ended(unreachable(), now, AT);
        assert_eq!(begins(&mut queue, now), None, "nobody prints");
        let later = now + OTHER_RESTS;
        assert_eq!(begins(&mut queue, later), Some((2, 0, Place::Other)));
        queue.ended(stopped(false), later, AT);
        assert_eq!(durable(&mut queue), [(2, DocumentOutcome::Unknown)], "it may be on paper");
        queue.standing.is_ready();
        assert_eq!(begins(&mut queue, later), Some((3, 0, Place::Home)), "it is back");
    }

    #[test]
    fn what_the_printer_says_it_did_not_finish_is_printed_again_with_a_mark_and_not_for_ever() {
        let now = Instant::now();
        let mut queue = Queue::new(true);
        queue.submit(job(1, now));
        assert_eq!(begins(&mut queue, now), Some((1, 0, Place::Home)));
        for paper in 1..=PRINTED_AGAIN_MAX {
            queue.ended(stopped(true), now, AT);
            queue.other = Other::TakesJobs;
            assert_eq!(begins(&mut queue, now), Some((1, paper, Place::Other)));
        }
        queue.ended(stopped(true), now, AT);
        assert_eq!(durable(&mut queue), [(1, DocumentOutcome::Unknown)]);
    }

    #[test]
    fn what_is_taken_up_comes_first_and_is_printed_once() {
        let now = Instant::now();
        let mut queue = Queue::new(false);
        queue.ask_what_is_open();
        (2..=4).for_each(|n| queue.submit(job(n, now)));
        assert_eq!(begins(&mut queue, now), None, "not before it is known what was open");
        let begun = Job { papers: 1, ..job(1, now) };
        // The third was told and is open: the paper that waits for it has certainly not begun.
        queue.take_up(vec![begun.clone(), Job { papers: 1, ..job(3, now) }]);
        for expected in [(1, 1), (3, 0), (2, 0), (4, 0)] {
            assert_eq!(begins(&mut queue, now), Some((expected.0, expected.1, Place::Home)));
            queue.ended(Outcome::Printed, now, AT);
            durable(&mut queue);
        }
        // One that ended while the ledger was asked may be in its answer.
        queue.submit(job(5, now));
        begins(&mut queue, now);
        queue.ask_what_is_open();
        queue.ended(Outcome::Printed, now, AT);
        durable(&mut queue);
        queue.take_up(vec![job(5, now)]);
        assert_eq!(begins(&mut queue, now), None);
    }

    #[test]
    fn what_nobody_wants_any_more_ends_as_what_is_true_of_it() {
        let now = Instant::now();
        let mut queue = Queue::new(false);
        queue.submit(job(1, now));
        queue.submit(Job { papers: 1, ..job(2, now) });
        let late = now + Duration::from_secs(600);
        assert_eq!(begins(&mut queue, late), None);
        assert_eq!(durable(&mut queue), [(1, DocumentOutcome::NotPrinted), (2, DocumentOutcome::Unknown)]);
        assert_eq!((queue.counts.expired, queue.len()), (2, 0));
    }
}
