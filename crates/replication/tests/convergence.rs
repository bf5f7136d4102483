//! REP-1 under everything a network and a restored cloud can do: requests dropped, doubled and late, replies lost, the
//! cloud's cursor moved back, the sender restarted. The receiver's records are a prefix of the sender's at every moment,
//! and equal to them once the faults end.

use std::collections::VecDeque;

use holdfast_replication::{
    Answer, BatchHeader, Cursor, Decision, Epoch, EpochSpan, Hash, Point, Record, Sender, State, Step,
    Ticket, decide,
};
use proptest::prelude::*;

const EPOCH: Epoch = Epoch([7; 16]);

fn chain(before: &Hash, record: &Record<'_>) -> Hash {
    let mut state = u64::from_le_bytes(before[..8].try_into().expect("eight bytes"));
    for byte in record.seq.to_le_bytes().iter().chain(record.payload) {
        state = (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(17);
    }
    let mut hash = [0; 32];
    for (i, part) in hash.chunks_mut(8).enumerate() {
        part.copy_from_slice(&state.wrapping_add(i as u64 * 0x9e37_79b9).to_le_bytes());
    }
    hash
}

#[derive(Debug, Clone, PartialEq)]
struct Stored {
    seq: u64,
    hash: Hash,
    payload: Vec<u8>,
}

impl Stored {
    fn record(&self) -> Record<'_> {
        Record { epoch: EPOCH, seq: self.seq, hash: self.hash, payload: &self.payload }
    }
}

#[derive(Debug, Default)]
struct Hub {
    journal: Vec<Stored>,
}

impl Hub {
    fn append(&mut self) {
        let seq = self.journal.len() as u64 + 1;
        let payload = format!("record {seq}").into_bytes();
        let mut stored = Stored { seq, hash: [0; 32], payload };
        let before = self.journal.last().map_or([0; 32], |last| last.hash);
        stored.hash = chain(&before, &stored.record());
        self.journal.push(stored);
    }

    fn span(&self) -> EpochSpan {
        EpochSpan { epoch: EPOCH, parent: None, last_seq: self.journal.len() as u64 }
    }
}

#[derive(Debug, Clone)]
enum Request {
    Register,
    Hash(u64),
    Batch(BatchHeader, Vec<Stored>),
}

#[derive(Debug, Default)]
struct Cloud {
    journal: Vec<Stored>,
}

impl Cloud {
    fn last(&self) -> Point {
        self.journal.last().map_or(Point::ORIGIN, |last| Point { seq: last.seq, hash: last.hash })
    }

    fn handle(&mut self, request: &Request) -> Answer {
        let (header, stored) = match request {
            Request::Register => {
                let last = self.last().seq;
                return Answer::Registered { acked_through: last, durable_through: last };
            }
            Request::Hash(seq) => {
                let theirs = self.journal.get(*seq as usize - 1).map(|held| held.hash);
                return Answer::HashAt { ours: [0; 32], theirs };
            }
            Request::Batch(header, stored) => (header, stored),
        };
        let acked = |through| Answer::Acked {
            sent_through: header.last_seq(),
            acked_through: through,
            durable_through: through,
            credit: 7,
        };
        let cursor = Cursor { epoch: EPOCH, last: self.last(), open: true };
        let records: Vec<Record<'_>> = stored.iter().map(Stored::record).collect();
        let held = self.journal.get(header.last_seq() as usize - 1).map(|held| held.hash);
        match decide(&cursor, header, &records, held, chain) {
            Decision::Apply { skip, last } => {
                self.journal.extend_from_slice(&stored[skip..]);
                assert_eq!(self.last(), last, "the cursor says what the journal holds");
                acked(last.seq)
            }
            Decision::Duplicate => acked(cursor.last.seq),
            Decision::Gap { expected } => Answer::Gap { expected },
            other => panic!("one history cannot be answered with {other:?}"),
        }
    }
}

#[derive(Debug, Clone)]
enum Move {
    Append(u8),
    /// The sender acts; its request joins the network.
    Poll,
    /// The n-th request in the network arrives; its reply reaches the sender or not.
    Deliver {
        nth: u8,
        reply_arrives: bool,
        keep_copy: bool,
    },
    Drop {
        nth: u8,
    },
    /// The sender gives up waiting.
    Timeout,
    Busy,
    CloudRestored {
        keep: u8,
    },
    HubRestarted,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        4 => (1_u8..20).prop_map(Move::Append),
        8 => Just(Move::Poll),
        8 => (any::<u8>(), any::<bool>(), any::<bool>())
            .prop_map(|(nth, reply_arrives, keep_copy)| Move::Deliver { nth, reply_arrives, keep_copy }),
        2 => any::<u8>().prop_map(|nth| Move::Drop { nth }),
        3 => Just(Move::Timeout),
        1 => Just(Move::Busy),
        1 => any::<u8>().prop_map(|keep| Move::CloudRestored { keep }),
        1 => Just(Move::HubRestarted),
    ];
    prop::collection::vec(one, 1..200)
}

struct World {
    hub: Hub,
    cloud: Cloud,
    sender: Sender,
    network: VecDeque<(Option<Ticket>, Request)>,
    waiting_for: Option<Ticket>,
    now_ms: u64,
    random: u64,
}

impl World {
    fn new() -> Self {
        let mut hub = Hub::default();
        hub.append();
        let sender = Sender::new(vec![hub.span()]).expect("one epoch is a line");
        let network = VecDeque::new();
        Self { hub, cloud: Cloud::default(), sender, network, waiting_for: None, now_ms: 0, random: 1 }
    }

    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.random
    }

    fn poll(&mut self) {
        match self.sender.poll(self.now_ms) {
            Step::Register { ticket, epoch, parent } => {
                assert_eq!((epoch, parent), (EPOCH, None));
                self.waiting_for = Some(ticket);
                self.network.push_back((Some(ticket), Request::Register));
            }
            Step::AskHash { ticket, epoch, seq } => {
                assert_eq!(epoch, EPOCH);
                self.waiting_for = Some(ticket);
                self.network.push_back((Some(ticket), Request::Hash(seq)));
            }
            Step::Send { ticket, window } => {
                let first = window.first_seq as usize - 1;
                let records = self.hub.journal[first..first + window.count_max as usize].to_vec();
                let header = BatchHeader {
                    epoch: window.epoch,
                    first_seq: window.first_seq,
                    count: window.count_max,
                    chain_before: first.checked_sub(1).map_or([0; 32], |at| self.hub.journal[at].hash),
                    chain_after: records[records.len() - 1].hash,
                };
                self.waiting_for = Some(ticket);
                self.network.push_back((Some(ticket), Request::Batch(header, records)));
            }
            Step::WaitUntil { at_ms } => {
                assert!(at_ms > self.now_ms, "a wait lies ahead");
                self.now_ms = at_ms;
            }
            Step::Idle => {}
        }
    }

    fn answer(&mut self, ticket: Ticket, answer: Answer) {
        let random = self.random();
        if self.waiting_for == Some(ticket) {
            self.waiting_for = None;
        }
        self.sender.on_answer(ticket, answer, self.now_ms, random);
    }

    fn step(&mut self, action: &Move) {
        match action {
            Move::Append(count) => {
                (0..*count).for_each(|_| self.hub.append());
                self.sender.on_durable(self.hub.journal.len() as u64);
            }
            Move::Poll => self.poll(),
            Move::Deliver { nth, reply_arrives, keep_copy } if !self.network.is_empty() => {
                let at = usize::from(*nth) % self.network.len();
                let (ticket, request) = self.network.remove(at).expect("within the length");
                let mut answer = self.cloud.handle(&request);
                if let (Answer::HashAt { ours, .. }, Request::Hash(seq)) = (&mut answer, &request) {
                    *ours = self.hub.journal[*seq as usize - 1].hash;
                }
                if *keep_copy {
                    self.network.push_back((None, request));
                }
                // Replies travel on their request's connection: one to a request that was given up finds nobody.
                if let (Some(ticket), true) = (ticket, *reply_arrives) {
                    self.answer(ticket, answer);
                }
            }
            Move::Drop { nth } if !self.network.is_empty() => {
                let at = usize::from(*nth) % self.network.len();
                self.network.remove(at);
            }
            Move::Timeout => {
                if let Some(ticket) = self.waiting_for {
                    self.answer(ticket, Answer::Failed);
                }
            }
            Move::Busy => {
                if let Some(ticket) = self.waiting_for {
                    self.answer(ticket, Answer::Busy { retry_after: None });
                }
            }
            Move::CloudRestored { keep } => {
                let keep = usize::from(*keep) % (self.cloud.journal.len() + 1);
                self.cloud.journal.truncate(keep);
            }
            Move::HubRestarted => {
                self.sender = Sender::new(vec![self.hub.span()]).expect("one epoch is a line");
                self.waiting_for = None;
                // Requests of the process before may still arrive; their replies find nobody.
                self.network.iter_mut().for_each(|(ticket, _)| *ticket = None);
            }
            Move::Deliver { .. } | Move::Drop { .. } => {}
        }
        assert!(
            self.hub.journal.starts_with(&self.cloud.journal),
            "REP-1: the cloud's prefix is the hub's prefix"
        );
        assert!(self.sender.status().acked_through <= self.hub.journal.len() as u64);
    }

    fn calm(&mut self) {
        if let Some(ticket) = self.waiting_for {
            self.answer(ticket, Answer::Failed);
        }
        for _ in 0..10_000 {
            if self.sender.status().state == State::CaughtUp && self.network.is_empty() {
                return;
            }
            self.step(&Move::Poll);
            self.step(&Move::Deliver { nth: 0, reply_arrives: true, keep_copy: false });
        }
        panic!("the sender does not come to rest: {:?}", self.sender.status());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]
    #[test]
    fn the_clouds_prefix_is_the_hubs_prefix(moves in moves()) {
        let mut world = World::new();
        for action in &moves {
            world.step(action);
        }
        world.calm();
        // A cloud restored after the last answer is noticed with the next record.
        world.step(&Move::Append(1));
        world.calm();
        prop_assert_eq!(&world.cloud.journal, &world.hub.journal);
        prop_assert_eq!(world.sender.status().backlog(), 0);
    }
}
