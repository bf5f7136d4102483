//! The hub's side: which request comes next, and what its answer means.
//!
//! The shell around it is a loop: ask [`Sender::poll`], carry the step out over HTTP, hand back the answer with its
//! ticket. One request is in flight at a time. Nothing needs to be stored: after a start the sender registers its epochs
//! from the oldest on, and the cloud's answers say where to go on.

use std::time::Duration;

use crate::back_off::BackOff;
use crate::limits::{
    ANSWER_FAST_MS, ANSWER_SLOW_MS, BATCH_RAW_BYTES_TARGET, BATCH_RECORDS_MAX, BATCH_RECORDS_MIN, EPOCHS_MAX,
    REFUSED_RETRY_MS, RETRY_AFTER_MAX_MS,
};
use crate::position::{Epoch, Lane, Parent, Point};

/// One epoch of the hub's own journal. Numbers continue from the parent's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochSpan {
    pub epoch: Epoch,
    /// The last record shared with the epoch before; none for a journal that starts at record 1.
    pub parent: Option<Parent>,
    /// The last durable record of this epoch; `first - 1` while it has none.
    pub last_seq: u64,
}

impl EpochSpan {
    fn first_seq(&self) -> u64 {
        self.parent.map_or(0, |parent| parent.point.seq) + 1
    }
}

/// Names one request, so that an answer to an older one changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// Which records to send. The shell reads them from the journal, stops before `raw_bytes_max` (but sends at least one
/// record), and adds the chain hashes it read.
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
    /// Send these records.
    Send { ticket: Ticket, window: Window },
    /// Nothing to do before this time, in milliseconds of the caller's clock.
    WaitUntil { at_ms: u64 },
    /// A request is under way, or everything is acknowledged: wait for an answer or for new records.
    Idle,
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// 200 to a registration.
    Registered { acked_through: u64, durable_through: u64 },
    /// 200 to a batch.
    Acked { acked_through: u64, durable_through: u64, credit: u32 },
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
    /// The cloud's history differs at `at`. The hub opens a new epoch and hands it to [`Sender::open_epoch`].
    Forked { at: Point },
}

/// The sender's observable state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    pub state: State,
    /// The last record that the cloud says it has.
    pub acked_through: u64,
    /// The last record that the cloud says it has durably, on its replicas too where it has any.
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
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Sender {
    epochs: Vec<EpochSpan>,
    /// Index of the epoch being sent, and the cloud's cursor in it once registered.
    at: usize,
    cursor: Option<u64>,
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

/// The epochs of a journal do not form one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("a journal has at least one epoch and at most {EPOCHS_MAX}")]
    Count,
    #[error("epoch {index} does not continue the epoch before it")]
    NotContinued { index: usize },
}

impl Sender {
    /// `epochs` are those of the hub's own journal, oldest first.
    ///
    /// # Errors
    /// When they do not form one line.
    pub fn new(epochs: Vec<EpochSpan>) -> Result<Self, LineError> {
        if epochs.is_empty() || epochs.len() > EPOCHS_MAX {
            return Err(LineError::Count);
        }
        for (index, pair) in epochs.windows(2).enumerate() {
            if pair[1].parent.is_none_or(|parent| parent.epoch != pair[0].epoch) {
                return Err(LineError::NotContinued { index: index + 1 });
            }
        }
        Ok(Self {
            epochs,
            at: 0,
            cursor: None,
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

    /// The hub opened a new epoch, after a fork or a restore. `parent` is the last record it shares with the cloud's copy;
    /// everything of the hub's own line after it is sent under the new epoch.
    ///
    /// # Errors
    /// When the journal has too many epochs.
    pub fn open_epoch(&mut self, span: EpochSpan) -> Result<(), LineError> {
        if self.epochs.len() >= EPOCHS_MAX {
            return Err(LineError::Count);
        }
        self.epochs.push(span);
        self.at = self.epochs.len() - 1;
        self.cursor = None;
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
        let Some(cursor) = self.cursor else {
            let ticket = self.take_ticket(now_ms);
            return Step::Register { ticket, epoch: span.epoch, parent: span.parent };
        };
        if cursor >= span.last_seq {
            if self.at + 1 < self.epochs.len() {
                self.at += 1;
                self.cursor = None;
                return self.poll(now_ms);
            }
            self.state = State::CaughtUp;
            return Step::Idle;
        }
        let remaining = span.last_seq - cursor;
        let count_max = self.batch_records.min(self.credit.max(1));
        let count_max = u32::try_from(remaining).unwrap_or(u32::MAX).min(count_max);
        let is_newest = self.at + 1 == self.epochs.len();
        let lane = if is_newest && u64::from(count_max) == remaining { Lane::Live } else { Lane::Backlog };
        let ticket = self.take_ticket(now_ms);
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
                self.move_cursor(acked_through, durable_through);
                self.succeed();
            }
            Answer::Acked { acked_through, durable_through, credit } => {
                self.move_cursor(acked_through, durable_through);
                self.credit = credit.clamp(1, BATCH_RECORDS_MAX);
                self.fit_batch(now_ms.saturating_sub(flight.since_ms));
                self.succeed();
            }
            Answer::Gap { expected } => {
                let acked = expected.saturating_sub(1);
                self.move_cursor(acked, self.durable_through.min(acked));
                // An epoch's first records may be asked for again, records before it may not: the parent must be found
                // incomplete, and then the older epoch is sent again.
                if self.cursor.is_some_and(|cursor| cursor + 1 < self.epochs[self.at].first_seq())
                    && self.at > 0
                {
                    self.at -= 1;
                    self.cursor = None;
                }
                self.succeed();
            }
            Answer::Fork { at } => {
                self.state = State::Forked { at };
            }
            Answer::UnknownEpoch => {
                self.cursor = None;
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

    /// The cloud's number wins, also when it is lower. It can never be above what this hub has: such an answer belongs to
    /// a history that is not this one, and the hash check of the next batch will say so.
    fn move_cursor(&mut self, acked_through: u64, durable_through: u64) {
        let acked = acked_through.min(self.epochs[self.at].last_seq);
        self.cursor = Some(acked);
        self.acked_through = acked;
        self.durable_through = durable_through.min(acked);
    }

    fn succeed(&mut self) {
        self.back_off.succeed();
        self.not_before_ms = 0;
        self.state = State::Sending;
    }

    fn put_off(&mut self, now_ms: u64, wait_ms: u64, random: u64) {
        self.not_before_ms = now_ms + wait_ms + random % (wait_ms / 4 + 1);
        // After such a wait the cloud may have changed its mind about the epoch too.
        self.cursor = None;
    }

    fn fit_batch(&mut self, took_ms: u64) {
        if took_ms > ANSWER_SLOW_MS {
            self.batch_records = (self.batch_records / 2).max(BATCH_RECORDS_MIN);
        } else if took_ms < ANSWER_FAST_MS {
            self.batch_records = self.batch_records.saturating_mul(2).min(BATCH_RECORDS_MAX);
        }
    }

    fn take_ticket(&mut self, now_ms: u64) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.in_flight = Some(InFlight { ticket, since_ms: now_ms });
        ticket
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const E1: Epoch = Epoch([1; 16]);
    const E2: Epoch = Epoch([2; 16]);

    fn sender(last_seq: u64) -> Sender {
        Sender::new(vec![EpochSpan { epoch: E1, parent: None, last_seq }]).expect("one epoch is a line")
    }

    fn registered(last_seq: u64, acked: u64) -> Sender {
        let mut sender = sender(last_seq);
        let Step::Register { ticket, .. } = sender.poll(0) else { panic!("registers first") };
        sender.on_answer(ticket, Answer::Registered { acked_through: acked, durable_through: acked }, 0, 0);
        sender
    }

    fn send(sender: &mut Sender, now_ms: u64) -> (Ticket, Window) {
        match sender.poll(now_ms) {
            Step::Send { ticket, window } => (ticket, window),
            other => panic!("expected a batch, got {other:?}"),
        }
    }

    #[test]
    fn one_batch_in_flight_and_the_next_starts_where_the_cloud_says() {
        let mut sender = registered(12_000, 0);
        let (ticket, window) = send(&mut sender, 0);
        assert_eq!((window.first_seq, window.count_max, window.lane), (1, 5_000, Lane::Backlog));
        assert_eq!(sender.poll(0), Step::Idle, "one in flight");
        sender.on_answer(
            ticket,
            Answer::Acked { acked_through: 4_000, durable_through: 3_000, credit: 5_000 },
            9,
            0,
        );
        assert_eq!(send(&mut sender, 9).1.first_seq, 4_001);
        assert_eq!((sender.status().acked_through, sender.status().durable_through), (4_000, 3_000));
    }

    #[test]
    fn the_last_batch_is_live_and_then_the_sender_is_caught_up() {
        let mut sender = registered(5_010, 5_000);
        let (ticket, window) = send(&mut sender, 0);
        assert_eq!((window.count_max, window.lane), (10, Lane::Live));
        sender.on_answer(
            ticket,
            Answer::Acked { acked_through: 5_010, durable_through: 5_010, credit: 1 },
            1,
            0,
        );
        assert_eq!(sender.poll(1), Step::Idle);
        assert_eq!((sender.status().state, sender.status().backlog()), (State::CaughtUp, 0));
        sender.on_durable(5_012);
        assert_eq!(sender.status().backlog(), 2);
        assert_eq!(send(&mut sender, 1).1.count_max, 1, "credit is kept to");
    }

    #[test]
    fn a_cursor_that_moved_back_is_followed() {
        let mut sender = registered(100, 90);
        let (ticket, _) = send(&mut sender, 0);
        sender.on_answer(ticket, Answer::Gap { expected: 11 }, 0, 0);
        assert_eq!(send(&mut sender, 0).1.first_seq, 11);
        assert_eq!(sender.status().acked_through, 10);
    }

    #[test]
    fn late_answers_to_older_requests_change_nothing() {
        let mut sender = registered(100, 0);
        let (old, _) = send(&mut sender, 0);
        sender.on_answer(old, Answer::Failed, 0, 0);
        let (_, window) = send(&mut sender, 0);
        sender.on_answer(old, Answer::Gap { expected: 50 }, 0, 0);
        assert_eq!(sender.poll(0), Step::Idle, "the younger request is still in flight");
        assert_eq!(window.first_seq, 1);
    }

    #[test]
    fn failures_wait_longer_and_busy_waits_at_least_as_told() {
        let mut sender = registered(100, 0);
        let (ticket, _) = send(&mut sender, 1_000);
        sender.on_answer(ticket, Answer::Busy { retry_after: Some(Duration::from_secs(7)) }, 1_000, 250);
        assert_eq!(sender.poll(1_001), Step::WaitUntil { at_ms: 8_250 });
        let (ticket, _) = send(&mut sender, 8_250);
        sender.on_answer(ticket, Answer::Failed, 8_250, 400);
        assert_eq!(sender.poll(8_251), Step::WaitUntil { at_ms: 8_650 });
    }

    #[test]
    fn slow_answers_shrink_batches_and_fast_ones_grow_them() {
        let mut sender = registered(1_000_000, 0);
        let mut sizes = Vec::new();
        for (at, took) in [(0_u64, 9_000_u64), (10_000, 9_000), (20_000, 1_000), (30_000, 10), (40_000, 10)] {
            let (ticket, window) = send(&mut sender, at);
            sizes.push(window.count_max);
            let acked = window.first_seq + u64::from(window.count_max) - 1;
            let answer = Answer::Acked { acked_through: acked, durable_through: acked, credit: 5_000 };
            sender.on_answer(ticket, answer, at + took, 0);
        }
        assert_eq!(sizes, [5_000, 2_500, 1_250, 1_250, 2_500]);
    }

    #[test]
    fn epochs_are_sent_oldest_first_and_a_fork_waits_for_a_new_one() {
        let parent = Some(Parent { epoch: E1, point: Point { seq: 10, hash: [7; 32] } });
        let spans = vec![
            EpochSpan { epoch: E1, parent: None, last_seq: 10 },
            EpochSpan { epoch: E2, parent, last_seq: 12 },
        ];
        let mut sender = Sender::new(spans.clone()).expect("a line");
        let Step::Register { ticket, epoch, .. } = sender.poll(0) else { panic!("registers") };
        assert_eq!(epoch, E1);
        sender.on_answer(ticket, Answer::Registered { acked_through: 10, durable_through: 10 }, 0, 0);
        let Step::Register { ticket, epoch, parent: sent } = sender.poll(0) else {
            panic!("registers the next")
        };
        assert_eq!((epoch, sent), (E2, parent));
        sender.on_answer(ticket, Answer::Registered { acked_through: 10, durable_through: 10 }, 0, 0);
        let (ticket, window) = send(&mut sender, 0);
        assert_eq!((window.first_seq, window.count_max, window.lane), (11, 2, Lane::Live));

        let at = Point { seq: 10, hash: [8; 32] };
        sender.on_answer(ticket, Answer::Fork { at }, 0, 0);
        assert_eq!((sender.poll(0), sender.status().state), (Step::Idle, State::Forked { at }));
        let e3 = EpochSpan { epoch: Epoch([3; 16]), parent, last_seq: 14 };
        sender.open_epoch(e3).expect("room for an epoch");
        assert!(matches!(sender.poll(0), Step::Register { epoch, .. } if epoch == e3.epoch));

        let torn = vec![spans[1], spans[0]];
        assert_eq!(Sender::new(torn).err(), Some(LineError::NotContinued { index: 1 }));
    }

    #[test]
    fn a_fenced_hub_asks_again_after_a_minute_and_starts_with_its_epoch() {
        let mut sender = registered(100, 0);
        let (ticket, _) = send(&mut sender, 0);
        sender.on_answer(ticket, Answer::Fenced, 0, 0);
        assert_eq!(sender.status().state, State::Fenced);
        assert_eq!(sender.poll(10), Step::WaitUntil { at_ms: REFUSED_RETRY_MS });
        assert!(matches!(sender.poll(REFUSED_RETRY_MS), Step::Register { .. }));
    }
}
