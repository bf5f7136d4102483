//! The hub's side: which request comes next, and what its answer means.
//!
//! The shell around it is a loop: ask [`Sender::poll`], carry the step out over HTTP, hand back the answer with its
//! ticket. One request is in flight at a time. Nothing needs to be stored: after a start the sender registers its epochs
//! from the oldest on, and the cloud's answers say where to go on.
//!
//! **No number of the cloud is believed before its hash.** A number says how many records the cloud holds, not whose. At
//! first contact, and whenever an answer names a record that this sender has not just sent, the sender asks for the
//! cloud's chain hash there and compares it with the hub's own ([`Step::AskHash`]). Where they agree the cloud's number
//! is followed, also when it is lower than before: a cloud restored from a backup is no fork. Where they differ the
//! sender bisects for the last shared record and stands still in [`State::Forked`] until the shell has opened a new epoch
//! that continues from there ([`Sender::open_epoch`]).
//!
//! What a hub sees that is not what it was:
//!
//! - *A disk rolled back* (an old image, a backup put back by hand), nothing sold since: the cloud has more records of the
//!   newest epoch than the hub, and agrees at the hub's head. `Forked` at the hub's head. Nothing that the hub holds is in
//!   doubt, and what it lost stays at the cloud as a branch of its own.
//! - *Rolled back and sold since*: the hashes differ at the lower of both ends. `Forked` at the last record before the
//!   first new sale.
//! - *A clone beside the original*: whoever comes second meets the other's records, as above, or is answered
//!   [`Answer::Fork`] to a batch in the middle of the day. The one that came first sees nothing and goes on in its epoch.
//!
//! While the histories are compared nothing is sent, and `acked_through` and `durable_through` name shared records only:
//! tills forget what is durable at HQ, so a number that speaks of another history must not reach them.

use std::time::Duration;

use holdfast_planted::{Bug, is_planted};

use crate::back_off::BackOff;
use crate::limits::{
    ANSWER_FAST_MS, ANSWER_SLOW_MS, BATCH_RAW_BYTES_TARGET, BATCH_RECORDS_MAX, BATCH_RECORDS_MIN,
    REFUSED_RETRY_MS, RETRY_AFTER_MAX_MS,
};
use crate::line::{EpochSpan, LineError, line};
use crate::position::{Epoch, Hash, Lane, Parent, Point};
use compare::{Compare, Verdict};

mod compare;
#[cfg(test)]
mod tests;

/// Names one request, so that an answer to an older one changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// Which records to send. The shell reads them from the journal, stops before `raw_bytes_max` (but sends at least one
/// record), and adds the chain hashes it read.
///
/// `epoch` is the line that the cloud counts them under. After a fork the first of them were written under an older epoch
/// and carry its id in their own [`crate::Record::epoch`]; they travel unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub epoch: Epoch,
    pub first_seq: u64,
    pub count_max: u32,
    pub raw_bytes_max: usize,
    pub lane: Lane,
}

/// What the shell does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Tell the cloud about an epoch; it answers with the epoch's number and its cursor.
    Register { ticket: Ticket, epoch: Epoch, parent: Option<Parent> },
    /// Ask the cloud for the chain hash that it holds at this record of the epoch's line, read the hub's own there, and
    /// answer with both.
    AskHash { ticket: Ticket, epoch: Epoch, seq: u64 },
    /// Send these records.
    Send { ticket: Ticket, window: Window },
    /// Nothing to do before this time, in milliseconds of the caller's clock.
    WaitUntil { at_ms: u64 },
    /// A request is under way, everything is acknowledged, or the shell must open an epoch: wait for an answer or for new
    /// records.
    Idle,
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// 200 to a registration.
    Registered { acked_through: u64, durable_through: u64 },
    /// Both sides' hash at the record that was asked for; none where the cloud has no such record (404).
    HashAt { ours: Hash, theirs: Option<Hash> },
    /// 200 to a batch. `sent_through` is the last record that the shell put into it.
    Acked { sent_through: u64, acked_through: u64, durable_through: u64, credit: u32 },
    /// 409: records are missing in between, or the cloud's cursor moved back.
    Gap { expected: u64 },
    /// 409: the cloud holds another history.
    Fork { at: Point },
    /// 409: the cloud does not know the epoch (any more): register it again.
    UnknownEpoch,
    /// 412: another hub has taken over this store.
    Fenced,
    /// 426: the cloud is older than these records.
    CloudTooOld,
    /// 429 or 503.
    Busy { retry_after: Option<Duration> },
    /// No answer, or one that makes no sense.
    Failed,
}

/// What a person sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No answer from the cloud since the start.
    Connecting,
    /// Records are on their way.
    Sending,
    /// Every durable record is acknowledged.
    CaughtUp,
    /// The last request failed or was put off; it is tried again.
    BackingOff,
    /// Another hub serves this store at the cloud. Selling goes on; a person decides.
    Fenced,
    /// The cloud must be upgraded before it can take these records.
    CloudTooOld,
    /// The cloud's history differs; the last shared record is being looked for.
    Comparing,
    /// The histories part after `shared`. The hub opens a new epoch at its own head with `shared` as its parent, and hands
    /// it to [`Sender::open_epoch`].
    Forked { shared: Parent },
}

/// The sender's observable state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    pub state: State,
    /// The last record of the hub's own history that the cloud has.
    pub acked_through: u64,
    /// The last record of it that the cloud has durably, on its replicas too where it has any.
    pub durable_through: u64,
    pub head_seq: u64,
    pub failures_in_a_row: u32,
}

impl Status {
    /// Records that still wait for the cloud.
    pub fn backlog(&self) -> u64 {
        self.head_seq.saturating_sub(self.acked_through)
    }
}

#[derive(Debug, Clone, Copy)]
struct InFlight {
    ticket: Ticket,
    since_ms: u64,
    /// The first and the last record that the request may carry; an empty range for one that carries none.
    first_seq: u64,
    last_seq: u64,
}

impl InFlight {
    fn carries_records(&self) -> bool {
        self.first_seq <= self.last_seq
    }
}

/// Where the sender is in the epoch at hand.
#[derive(Debug, Clone, Copy)]
enum Stage {
    /// The cloud has not said where it is.
    Unregistered,
    /// The cloud has said where it is; whose records those are is being compared.
    Comparing(Compare),
    /// The cloud has everything of the hub's own history through `cursor`.
    Sending { cursor: u64 },
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Sender {
    epochs: Vec<EpochSpan>,
    /// Index of the epoch being sent.
    at: usize,
    stage: Stage,
    acked_through: u64,
    durable_through: u64,
    batch_records: u32,
    credit: u32,
    in_flight: Option<InFlight>,
    next_ticket: u64,
    not_before_ms: u64,
    back_off: BackOff,
    state: State,
}

impl Sender {
    /// `epochs` are those of the hub's own journal, oldest first; the last one's `last_seq` is the head. Where an older one
    /// ends is what the next one on the line says.
    ///
    /// # Errors
    /// When they do not form one line.
    pub fn new(epochs: Vec<EpochSpan>) -> Result<Self, LineError> {
        Ok(Self {
            epochs: line(&epochs)?,
            at: 0,
            stage: Stage::Unregistered,
            acked_through: 0,
            durable_through: 0,
            batch_records: BATCH_RECORDS_MAX,
            credit: BATCH_RECORDS_MAX,
            in_flight: None,
            next_ticket: 0,
            not_before_ms: 0,
            back_off: BackOff::default(),
            state: State::Connecting,
        })
    }

    /// The newest epoch's journal has grown and is durable through `last_seq`. A lower number changes nothing.
    pub fn on_durable(&mut self, last_seq: u64) {
        let newest = self.epochs.last_mut().expect("a sender has at least one epoch");
        newest.last_seq = newest.last_seq.max(last_seq);
        if self.state == State::CaughtUp && self.acked_through < newest.last_seq {
            self.state = State::Sending;
        }
    }

    /// The cloud was heard to have less than it had acknowledged, or not to know the epoch any more: it was restored. A
    /// sender that has nothing to send would not notice; it registers again, and the cloud's answer says where to go on.
    pub fn on_cloud_behind(&mut self) {
        if self.in_flight.is_none() && self.state == State::CaughtUp {
            self.stage = Stage::Unregistered;
            self.state = State::Sending;
        }
    }

    /// The hub opened a new epoch, after a fork or a restore. `parent` is the last record it shares with the cloud's copy
    /// ([`State::Forked`]); everything of the hub's own line after it is sent under the new epoch. A request that is still
    /// under way finds nobody when it is answered.
    ///
    /// # Errors
    /// When the epoch does not continue this sender's line, or the journal has too many epochs. Nothing has changed then.
    pub fn open_epoch(&mut self, span: EpochSpan) -> Result<(), LineError> {
        let mut epochs = self.epochs.clone();
        epochs.push(span);
        self.epochs = line(&epochs)?;
        self.at = self.epochs.len() - 1;
        self.stage = Stage::Unregistered;
        self.in_flight = None;
        self.not_before_ms = 0;
        self.state = State::Sending;
        Ok(())
    }

    /// What to do now. Call again after every answer, every new durable record and when a wait is over.
    pub fn poll(&mut self, now_ms: u64) -> Step {
        if self.in_flight.is_some() || matches!(self.state, State::Forked { .. }) {
            return Step::Idle;
        }
        if now_ms < self.not_before_ms {
            return Step::WaitUntil { at_ms: self.not_before_ms };
        }
        let span = self.epochs[self.at];
        let cursor = match self.stage {
            Stage::Unregistered => {
                let ticket = self.take_ticket(now_ms, 1, 0);
                return Step::Register { ticket, epoch: span.epoch, parent: span.parent };
            }
            Stage::Comparing(compare) => {
                let ticket = self.take_ticket(now_ms, 1, 0);
                return Step::AskHash { ticket, epoch: span.epoch, seq: compare.ask() };
            }
            Stage::Sending { cursor } => cursor,
        };
        if cursor >= span.last_seq {
            if self.at + 1 < self.epochs.len() {
                self.at += 1;
                self.stage = Stage::Unregistered;
                return self.poll(now_ms);
            }
            self.state = State::CaughtUp;
            return Step::Idle;
        }
        let remaining = span.last_seq - cursor;
        let count_max = self.batch_records.min(self.credit.max(1));
        let count_max = u32::try_from(remaining).unwrap_or(u32::MAX).min(count_max);
        let lane =
            if self.is_newest() && u64::from(count_max) == remaining { Lane::Live } else { Lane::Backlog };
        let ticket = self.take_ticket(now_ms, cursor + 1, cursor + u64::from(count_max));
        let window = Window {
            epoch: span.epoch,
            first_seq: cursor + 1,
            count_max,
            raw_bytes_max: BATCH_RAW_BYTES_TARGET,
            lane,
        };
        Step::Send { ticket, window }
    }

    /// An answer, or the news that none will come. Answers to anything but the request in flight change nothing.
    /// `random` is a uniform 64-bit number for the jitter.
    pub fn on_answer(&mut self, ticket: Ticket, answer: Answer, now_ms: u64, random: u64) {
        let Some(flight) = self.in_flight.filter(|flight| flight.ticket == ticket) else { return };
        self.in_flight = None;
        match answer {
            Answer::Registered { acked_through, durable_through } => {
                self.succeed();
                self.on_claim(acked_through, durable_through);
            }
            Answer::HashAt { ours, theirs: Some(theirs) } => {
                self.succeed();
                self.on_hashes(ours, theirs);
            }
            Answer::HashAt { theirs: None, .. } => {
                // The cloud's cursor moved back since it was told: it is asked again where it is.
                self.stage = Stage::Unregistered;
                self.not_before_ms = now_ms + self.back_off.fail(random);
            }
            Answer::Acked { sent_through, acked_through, durable_through, credit } => {
                self.credit = credit.clamp(1, BATCH_RECORDS_MAX);
                self.fit_batch(now_ms.saturating_sub(flight.since_ms));
                self.succeed();
                let sent_through = sent_through.min(flight.last_seq);
                if (flight.first_seq..=sent_through).contains(&acked_through) {
                    // Nothing beyond what was sent, and the cloud compared that.
                    self.stage = Stage::Sending { cursor: acked_through };
                    self.follow(acked_through, durable_through);
                } else {
                    self.on_claim(acked_through, durable_through);
                }
            }
            Answer::Gap { expected } => {
                self.succeed();
                let acked = expected.saturating_sub(1);
                match flight.carries_records() {
                    true => self.on_claim(acked, self.durable_through.min(acked)),
                    // The parent is not complete at the cloud, or not known there.
                    false => self.step_back(),
                }
            }
            Answer::Fork { at } => {
                // A wait, so that a cloud that contradicts itself is not asked in circles.
                self.not_before_ms = now_ms + self.back_off.fail(random);
                self.state = State::Comparing;
                match flight.carries_records() {
                    true => self.on_claim(at.seq, self.durable_through),
                    // The parent is another record at the cloud.
                    false => self.step_back(),
                }
            }
            Answer::UnknownEpoch => {
                self.stage = Stage::Unregistered;
                self.not_before_ms = now_ms + self.back_off.fail(random);
                self.state = State::BackingOff;
            }
            Answer::Fenced => {
                self.state = State::Fenced;
                self.put_off(now_ms, REFUSED_RETRY_MS, random);
            }
            Answer::CloudTooOld => {
                self.state = State::CloudTooOld;
                self.put_off(now_ms, REFUSED_RETRY_MS, random);
            }
            Answer::Busy { retry_after } => {
                let jitter = self.back_off.fail(random);
                let asked = retry_after.map_or(0, |wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
                self.not_before_ms = now_ms + asked.min(RETRY_AFTER_MAX_MS) + jitter;
                self.state = State::BackingOff;
            }
            Answer::Failed => {
                if is_planted(Bug::CursorRunsAhead) && flight.carries_records() {
                    self.stage = Stage::Sending { cursor: flight.last_seq };
                    self.follow(flight.last_seq, flight.last_seq);
                }
                self.batch_records = (self.batch_records / 2).max(BATCH_RECORDS_MIN);
                self.not_before_ms = now_ms + self.back_off.fail(random);
                self.state = State::BackingOff;
            }
        }
    }

    /// What a person sees.
    pub fn status(&self) -> Status {
        Status {
            state: self.state,
            acked_through: self.acked_through,
            durable_through: self.durable_through,
            head_seq: self.epochs.last().map_or(0, |span| span.last_seq),
            failures_in_a_row: self.back_off.failures(),
        }
    }

    /// The cloud names a record that it has of the epoch at hand. Whose record that is the hashes say.
    fn on_claim(&mut self, claimed: u64, durable: u64) {
        let span = self.epochs[self.at];
        let floor = span.floor();
        if claimed < floor.seq {
            self.step_back();
            return;
        }
        match Compare::new(floor, claimed, durable, span.last_seq) {
            Some(compare) => self.stage = Stage::Comparing(compare),
            None => self.on_agreed(floor, claimed, durable),
        }
    }

    /// An epoch's own records may be asked for again, those before its parent may not: they are of the older epoch, and
    /// that one is looked at again.
    fn step_back(&mut self) {
        self.at = self.at.saturating_sub(1);
        self.stage = Stage::Unregistered;
    }

    fn on_hashes(&mut self, ours: Hash, theirs: Hash) {
        let Stage::Comparing(mut compare) = self.stage else { return };
        match compare.take(ours, theirs) {
            Verdict::Differs => {
                self.state = State::Comparing;
                self.stage = Stage::Comparing(compare);
            }
            Verdict::Agreed(point) => self.on_agreed(point, compare.claimed, compare.durable),
            Verdict::Parted(point) => self.on_parted(point, compare.durable),
        }
    }

    /// Both have `agreed`, and at least one has no more to compare.
    fn on_agreed(&mut self, agreed: Point, claimed: u64, durable: u64) {
        let span = self.epochs[self.at];
        if let Some(compare) = Compare::new(agreed, claimed, durable, span.last_seq) {
            // The journal has grown while the hashes were asked for.
            self.stage = Stage::Comparing(compare);
            return;
        }
        if self.is_newest() && claimed > span.last_seq {
            self.on_parted(agreed, durable);
            return;
        }
        self.follow(agreed.seq, durable);
        self.stage = Stage::Sending { cursor: agreed.seq };
        self.state = State::Sending;
    }

    fn on_parted(&mut self, last_shared: Point, durable: u64) {
        self.follow(last_shared.seq, durable);
        self.state = State::Forked { shared: self.epochs[self.at].shared(last_shared) };
    }

    /// The cloud's number wins, also when it is lower, once its hash has agreed.
    fn follow(&mut self, acked_through: u64, durable_through: u64) {
        self.acked_through = acked_through;
        self.durable_through = durable_through.min(acked_through);
    }

    fn succeed(&mut self) {
        self.back_off.succeed();
        self.not_before_ms = 0;
        if matches!(self.state, State::BackingOff | State::Fenced | State::CloudTooOld) {
            self.state = State::Sending;
        }
    }

    fn put_off(&mut self, now_ms: u64, wait_ms: u64, random: u64) {
        self.not_before_ms = now_ms + wait_ms + random % (wait_ms / 4 + 1);
        // After such a wait the cloud may have changed its mind about the epoch too.
        self.stage = Stage::Unregistered;
    }

    fn fit_batch(&mut self, took_ms: u64) {
        if took_ms > ANSWER_SLOW_MS {
            self.batch_records = (self.batch_records / 2).max(BATCH_RECORDS_MIN);
        } else if took_ms < ANSWER_FAST_MS {
            self.batch_records = self.batch_records.saturating_mul(2).min(BATCH_RECORDS_MAX);
        }
    }

    fn is_newest(&self) -> bool {
        self.at + 1 == self.epochs.len()
    }

    fn take_ticket(&mut self, now_ms: u64, first_seq: u64, last_seq: u64) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.in_flight = Some(InFlight { ticket, since_ms: now_ms, first_seq, last_seq });
        ticket
    }
}
