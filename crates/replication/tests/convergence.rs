//! REP-1 under everything a network, a restored cloud and a doubled or rolled-back disk can do: requests dropped, doubled
//! and late, replies lost, HQ put back to a backup, hubs restarted in the middle of anything, cloned, and put back to an
//! older image while they sell. At every moment what HQ acknowledged to a hub is that hub's own history; once the faults
//! end, HQ holds every hub's whole history, every history that it once held, and nothing twice in one line.

use std::collections::{HashMap, HashSet, VecDeque};

use holdfast_replication::memory_line::{HubId, Ingested};
use holdfast_replication::{
    Answer, BatchHeader, Decision, Epoch, EpochSpan, Hash, MemoryLine, Parent, Point, Record, Registered,
    Sender, State, Step, Ticket,
};
use proptest::prelude::*;

const HUB: HubId = [1; 16];
/// Hubs of one identity: the original and its clones.
const HUBS_MAX: usize = 3;

fn chain(before: &Hash, record: &Record<'_>) -> Hash {
    let mut state = u64::from_le_bytes(before[..8].try_into().expect("eight bytes"));
    for byte in record.epoch.0.iter().chain(&record.seq.to_le_bytes()).chain(record.payload) {
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
    epoch: Epoch,
    seq: u64,
    hash: Hash,
    payload: Vec<u8>,
    /// The first record of an epoch says where it continues from.
    opens: Option<Option<Parent>>,
}

impl Stored {
    fn record(&self) -> Record<'_> {
        Record { epoch: self.epoch, seq: self.seq, hash: self.hash, payload: &self.payload }
    }
}

#[derive(Debug, Clone)]
struct Hub {
    /// The disk; everything else is gone after a restart.
    journal: Vec<Stored>,
    sender: Sender,
    waiting_for: Option<Ticket>,
}

impl Hub {
    fn of(journal: Vec<Stored>) -> Self {
        let sender = Sender::new(spans(&journal)).expect("a journal's epochs are a line");
        Self { journal, sender, waiting_for: None }
    }

    fn append(&mut self, epoch: Epoch, opens: Option<Option<Parent>>, salt: u64) {
        let seq = self.journal.len() as u64 + 1;
        let mut stored = Stored { epoch, seq, hash: [0; 32], payload: salt.to_le_bytes().to_vec(), opens };
        stored.hash = chain(&self.hash_at(seq - 1), &stored.record());
        self.journal.push(stored);
        self.sender.on_durable(seq);
    }

    fn hash_at(&self, seq: u64) -> Hash {
        seq.checked_sub(1).map_or([0; 32], |at| self.journal[at as usize].hash)
    }

    fn head(&self) -> u64 {
        self.journal.len() as u64
    }
}

/// The epochs that a journal names, as a hub reads them at its start.
fn spans(journal: &[Stored]) -> Vec<EpochSpan> {
    let last_seq = journal.len() as u64;
    let opened = journal.iter().filter_map(|stored| Some((stored.epoch, stored.opens?)));
    opened.map(|(epoch, parent)| EpochSpan { epoch, parent, last_seq }).collect()
}

#[derive(Debug, Clone)]
enum Request {
    Register(Epoch, Option<Parent>),
    Hash(Epoch, u64),
    Batch(BatchHeader, Vec<Stored>),
}

#[derive(Debug, Clone)]
enum Move {
    Append {
        hub: u8,
        count: u8,
    },
    /// The hub acts; its request joins the network.
    Poll {
        hub: u8,
    },
    /// The n-th request in the network arrives; its reply reaches the hub or not.
    Deliver {
        nth: u8,
        reply_arrives: bool,
        keep_copy: bool,
    },
    Drop {
        nth: u8,
    },
    /// The hub gives up waiting.
    Timeout {
        hub: u8,
    },
    Busy {
        hub: u8,
    },
    CloudBackedUp,
    CloudRestored,
    HubRestarted {
        hub: u8,
    },
    /// A copy of the hub's disk is put into a second machine.
    Cloned {
        hub: u8,
    },
    /// The disk is as it was some records ago.
    RolledBack {
        hub: u8,
        by: u8,
    },
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let hub = 0_u8..HUBS_MAX as u8;
    let one = prop_oneof![
        8 => (hub.clone(), 1_u8..20).prop_map(|(hub, count)| Move::Append { hub, count }),
        24 => hub.clone().prop_map(|hub| Move::Poll { hub }),
        24 => (any::<u8>(), any::<bool>(), any::<bool>())
            .prop_map(|(nth, reply_arrives, keep_copy)| Move::Deliver { nth, reply_arrives, keep_copy }),
        4 => any::<u8>().prop_map(|nth| Move::Drop { nth }),
        6 => hub.clone().prop_map(|hub| Move::Timeout { hub }),
        2 => hub.clone().prop_map(|hub| Move::Busy { hub }),
        2 => Just(Move::CloudBackedUp),
        1 => Just(Move::CloudRestored),
        3 => hub.clone().prop_map(|hub| Move::HubRestarted { hub }),
        1 => hub.clone().prop_map(|hub| Move::Cloned { hub }),
        1 => (hub, 1_u8..30).prop_map(|(hub, by)| Move::RolledBack { hub, by }),
    ];
    prop::collection::vec(one, 1..300)
}

struct World {
    hubs: Vec<Hub>,
    cloud: MemoryLine,
    backup: MemoryLine,
    /// From which hub, who waits for the reply, what.
    network: VecDeque<(usize, Option<Ticket>, Request)>,
    /// Every hash that HQ ever held.
    ever_held: HashSet<Hash>,
    /// Every hash that HQ must hold: nothing but a restored backup takes one away.
    must_hold: HashSet<Hash>,
    disks_changed: bool,
    forks: u32,
    restored: bool,
    now_ms: u64,
    random: u64,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            hubs: Vec::new(),
            cloud: MemoryLine::default(),
            backup: MemoryLine::default(),
            network: VecDeque::new(),
            ever_held: HashSet::new(),
            must_hold: HashSet::new(),
            disks_changed: false,
            forks: 0,
            restored: false,
            now_ms: 0,
            random: 1,
        };
        let epoch = world.mint();
        let mut first = Stored { epoch, seq: 1, hash: [0; 32], payload: vec![], opens: Some(None) };
        first.hash = chain(&[0; 32], &first.record());
        world.hubs.push(Hub::of(vec![first]));
        world
    }

    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.random >> 11
    }

    fn mint(&mut self) -> Epoch {
        let mut epoch = [0; 16];
        epoch[..8].copy_from_slice(&self.random().to_le_bytes());
        Epoch(epoch)
    }

    fn poll(&mut self, at: usize) {
        if let State::Forked { shared } = self.hubs[at].sender.status().state {
            // What a hub does about a fork: a new epoch at its own head, with the last shared record as its parent.
            self.forks += 1;
            let (epoch, salt) = (self.mint(), self.random());
            let hub = &mut self.hubs[at];
            assert_eq!(hub.hash_at(shared.point.seq), shared.point.hash, "shared with the hub's own history");
            hub.append(epoch, Some(Some(shared)), salt);
            let span = EpochSpan { epoch, parent: Some(shared), last_seq: hub.head() };
            hub.sender.open_epoch(span).expect("it continues the line");
            hub.waiting_for = None;
        }
        let (now_ms, odd) = (self.now_ms, self.random() % 2);
        let hub = &mut self.hubs[at];
        let (ticket, request) = match hub.sender.poll(now_ms) {
            Step::Register { ticket, epoch, parent } => (ticket, Request::Register(epoch, parent)),
            Step::AskHash { ticket, epoch, seq } => (ticket, Request::Hash(epoch, seq)),
            Step::Send { ticket, window } => {
                let first = window.first_seq as usize - 1;
                // The shell stops before a batch is too large.
                let count = (window.count_max >> odd).max(1);
                let records = hub.journal[first..first + count as usize].to_vec();
                let header = BatchHeader {
                    epoch: window.epoch,
                    first_seq: window.first_seq,
                    count,
                    chain_before: hub.hash_at(window.first_seq - 1),
                    chain_after: records[records.len() - 1].hash,
                };
                (ticket, Request::Batch(header, records))
            }
            Step::WaitUntil { at_ms } => {
                assert!(at_ms > now_ms, "a wait lies ahead");
                self.now_ms = at_ms;
                return;
            }
            Step::Idle => return,
        };
        hub.waiting_for = Some(ticket);
        self.network.push_back((at, Some(ticket), request));
    }

    fn answer(&mut self, at: usize, ticket: Ticket, answer: Answer) {
        let (random, now_ms) = (self.random(), self.now_ms);
        let hub = &mut self.hubs[at];
        if hub.waiting_for == Some(ticket) {
            hub.waiting_for = None;
        }
        hub.sender.on_answer(ticket, answer, now_ms, random);
    }

    fn arrive(&mut self, at: usize, request: &Request) -> Answer {
        match request {
            Request::Register(epoch, parent) => match self.cloud.register(HUB, *epoch, *parent) {
                Registered::Epoch { acked_through, .. } => {
                    Answer::Registered { acked_through, durable_through: acked_through }
                }
                Registered::Gap { expected } => Answer::Gap { expected },
                Registered::Fork { at } => Answer::Fork { at },
            },
            Request::Hash(epoch, _) if !self.cloud.knows(*epoch) => Answer::UnknownEpoch,
            Request::Hash(epoch, seq) => Answer::HashAt {
                ours: if *seq <= self.hubs[at].head() { self.hubs[at].hash_at(*seq) } else { [0; 32] },
                theirs: self.cloud.hash_at(*epoch, *seq),
            },
            Request::Batch(header, stored) => {
                let records: Vec<Record<'_>> = stored.iter().map(Stored::record).collect();
                let ingested = self.cloud.ingest(HUB, header, &records, chain);
                for record in &records {
                    if self.cloud.hash_at(header.epoch, record.seq) == Some(record.hash) {
                        self.ever_held.insert(record.hash);
                        self.must_hold.insert(record.hash);
                    }
                }
                match ingested {
                    Ingested::Accepted { acked_through, .. } => Answer::Acked {
                        sent_through: header.last_seq(),
                        acked_through,
                        durable_through: acked_through,
                        credit: 7,
                    },
                    Ingested::Refused(Decision::Gap { expected }) => Answer::Gap { expected },
                    Ingested::Refused(Decision::Fork { at }) => Answer::Fork { at },
                    Ingested::UnknownEpoch => Answer::UnknownEpoch,
                    other => panic!("one hub's own records cannot be answered with {other:?}"),
                }
            }
        }
    }

    fn step(&mut self, action: &Move) {
        let hubs = self.hubs.len();
        let which = |hub: u8| usize::from(hub) % hubs;
        match *action {
            Move::Append { hub, count } => {
                for _ in 0..count {
                    let salt = self.random();
                    let hub = &mut self.hubs[which(hub)];
                    let epoch = hub.journal.last().expect("a journal begins with its epoch").epoch;
                    hub.append(epoch, None, salt);
                }
            }
            Move::Poll { hub } => self.poll(which(hub)),
            Move::Deliver { nth, reply_arrives, keep_copy } if !self.network.is_empty() => {
                let nth = usize::from(nth) % self.network.len();
                let (at, ticket, request) = self.network.remove(nth).expect("within the length");
                let answer = self.arrive(at, &request);
                if keep_copy {
                    self.network.push_back((at, None, request));
                }
                // Replies travel on their request's connection: one to a request that was given up finds nobody.
                if let (Some(ticket), true) = (ticket, reply_arrives) {
                    self.answer(at, ticket, answer);
                }
            }
            Move::Drop { nth } if !self.network.is_empty() => {
                let nth = usize::from(nth) % self.network.len();
                self.network.remove(nth);
            }
            Move::Timeout { hub } => {
                if let Some(ticket) = self.hubs[which(hub)].waiting_for {
                    self.answer(which(hub), ticket, Answer::Failed);
                }
            }
            Move::Busy { hub } => {
                if let Some(ticket) = self.hubs[which(hub)].waiting_for {
                    self.answer(which(hub), ticket, Answer::Busy { retry_after: None });
                }
            }
            Move::CloudBackedUp => self.backup = self.cloud.clone(),
            Move::CloudRestored => {
                self.cloud = self.backup.clone();
                self.restored = true;
                let held = self.cloud.epochs().iter().flat_map(|epoch| &epoch.records);
                self.must_hold = held.map(|record| record.hash).collect();
            }
            Move::HubRestarted { hub } => {
                let journal = self.hubs[which(hub)].journal.clone();
                self.start(which(hub), journal);
            }
            Move::Cloned { hub } if hubs < HUBS_MAX => {
                self.disks_changed = true;
                let journal = self.hubs[which(hub)].journal.clone();
                self.hubs.push(Hub::of(journal));
            }
            Move::RolledBack { hub, by } => {
                self.disks_changed = true;
                let mut journal = self.hubs[which(hub)].journal.clone();
                journal.truncate(journal.len().saturating_sub(usize::from(by)).max(1));
                self.start(which(hub), journal);
            }
            Move::Deliver { .. } | Move::Drop { .. } | Move::Cloned { .. } => {}
        }
        for hub in &self.hubs {
            let status = hub.sender.status();
            assert!(status.acked_through <= hub.head(), "{status:?}");
            assert!(status.durable_through <= status.acked_through, "{status:?}");
            assert!(
                status.acked_through == 0 || self.ever_held.contains(&hub.hash_at(status.acked_through)),
                "REP-1: what is acknowledged to a hub is its own history, {status:?}"
            );
        }
    }

    /// A process of the hub starts on this disk. Requests of the process before may still arrive; their replies find nobody.
    fn start(&mut self, at: usize, journal: Vec<Stored>) {
        self.hubs[at] = Hub::of(journal);
        let own = self.network.iter_mut().filter(|(hub, ..)| *hub == at);
        own.for_each(|(_, ticket, _)| *ticket = None);
    }

    fn calm(&mut self) {
        for at in 0..self.hubs.len() {
            if let Some(ticket) = self.hubs[at].waiting_for {
                self.answer(at, ticket, Answer::Failed);
            }
        }
        for _ in 0..10_000 {
            let caught_up = self.hubs.iter().all(|hub| hub.sender.status().state == State::CaughtUp);
            if caught_up && self.network.is_empty() {
                return;
            }
            for hub in 0..self.hubs.len() as u8 {
                self.step(&Move::Poll { hub });
                self.step(&Move::Deliver { nth: 0, reply_arrives: true, keep_copy: false });
            }
        }
        let states: Vec<_> = self.hubs.iter().map(|hub| hub.sender.status()).collect();
        panic!("the senders do not come to rest: {states:?}");
    }

    fn check(&self) {
        for (at, hub) in self.hubs.iter().enumerate() {
            let newest = spans(&hub.journal).last().expect("an epoch").epoch;
            for stored in &hub.journal {
                let held = self.cloud.hash_at(newest, stored.seq);
                assert_eq!(held, Some(stored.hash), "hub {at}: record {} is at HQ", stored.seq);
            }
            assert_eq!(hub.sender.status().backlog(), 0);
        }
        let mut held = HashMap::new();
        for epoch in self.cloud.epochs() {
            let mut last = epoch.from;
            if let Some(order) = epoch.parent_order {
                let parent = self.cloud.epochs()[order as usize - 1].epoch;
                assert_eq!(self.cloud.hash_at(parent, epoch.from.seq), Some(epoch.from.hash));
            }
            for row in &epoch.records {
                let record = Record { epoch: row.epoch, seq: row.seq, hash: row.hash, payload: &row.payload };
                assert_eq!(
                    (row.seq, row.hash),
                    (last.seq + 1, chain(&last.hash, &record)),
                    "no gap, no double"
                );
                last = Point { seq: row.seq, hash: row.hash };
                *held.entry(row.hash).or_insert(0) += 1;
            }
        }
        assert!(
            self.must_hold.iter().all(|hash| held.contains_key(hash)),
            "nothing that HQ held is overwritten"
        );
        if !self.disks_changed {
            assert_eq!(self.forks, 0, "a cursor that goes back is no fork");
            assert_eq!(held.len(), self.hubs[0].journal.len());
            assert!(held.values().all(|times| *times == 1));
        }
    }
}

fn run(moves: &[Move]) -> World {
    let mut world = World::new();
    for action in moves {
        world.step(action);
    }
    world.calm();
    // A cloud restored after the last answer, and a clone that is level with it, are noticed with the next record.
    for hub in 0..world.hubs.len() as u8 {
        world.step(&Move::Append { hub, count: 1 });
    }
    world.calm();
    world.check();
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_024, ..ProptestConfig::default() })]
    #[test]
    fn hq_holds_every_history_and_takes_none_for_another(moves in moves()) {
        run(&moves);
    }
}

/// Sends and answers until nothing is left to do.
fn settle() -> Vec<Move> {
    let round = [Move::Poll { hub: 0 }, Move::Deliver { nth: 0, reply_arrives: true, keep_copy: false }];
    round.iter().cycle().take(80).cloned().collect()
}

#[test]
fn a_clone_and_its_original_both_grow_and_both_are_kept() {
    let mut moves = vec![Move::Append { hub: 0, count: 19 }];
    moves.extend(settle());
    moves.extend([Move::Cloned { hub: 0 }, Move::Append { hub: 0, count: 5 }]);
    moves.extend(settle());
    moves.push(Move::Append { hub: 1, count: 7 });
    let world = run(&moves);
    let branches = world.cloud.branches();
    let records: Vec<_> = branches.iter().map(|branch| (branch.records, branch.forked)).collect();
    // 20 shared; the original's 5 and the clone's 7, one more each, and the record that opens the clone's epoch.
    assert_eq!((world.forks, records), (1, vec![(26, false), (9, true)]));
    let lost: Vec<_> = world.cloud.newest_line().iter().map(|record| record.seq).collect();
    assert_eq!(lost, (1..=29).collect::<Vec<_>>(), "the newest line is whole");
}

#[test]
fn a_rollback_is_noticed_with_and_without_new_records() {
    for sold_since in [0, 1, 30] {
        let mut moves = vec![Move::Append { hub: 0, count: 49 }];
        moves.extend(settle());
        moves.push(Move::RolledBack { hub: 0, by: 20 });
        if sold_since > 0 {
            moves.push(Move::Append { hub: 0, count: sold_since });
        }
        let world = run(&moves);
        let shared = world.cloud.epochs()[1].from.seq;
        assert_eq!((world.forks, shared), (1, 30), "after {sold_since} sales");
        assert_eq!(world.cloud.epochs()[0].records.len(), 50, "what the disk lost is kept");
    }
}

#[test]
fn a_cloud_put_back_to_a_backup_is_no_fork() {
    let mut moves = vec![Move::Append { hub: 0, count: 19 }];
    moves.extend(settle());
    moves.push(Move::CloudBackedUp);
    moves.push(Move::Append { hub: 0, count: 30 });
    moves.extend(settle());
    moves.push(Move::CloudRestored);
    for restarted in [false, true] {
        let mut moves = moves.clone();
        if restarted {
            moves.push(Move::HubRestarted { hub: 0 });
        }
        let world = run(&moves);
        assert!(world.restored);
        assert_eq!((world.forks, world.cloud.epochs().len()), (0, 1));
    }
}
