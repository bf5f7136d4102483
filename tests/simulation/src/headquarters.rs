//! HQ: the pure receiver over lines kept in memory. It can be down, slow to make things durable, and restored from a
//! backup; what it once called durable survives everything but that.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use holdfast_domain::ids::Uuid;
use holdfast_journal::{Position, Record};
use holdfast_planted::{Bug, is_planted};
use holdfast_protocol::chain_hash;
use holdfast_protocol::head::SignedHeadJson;
use holdfast_protocol::uplink::batch;
use holdfast_protocol::uplink::{
    BatchAccepted, EpochRegistered, Heartbeat, HeartbeatAnswer, RefusalReason, RegisterEpoch, UplinkError,
};
use holdfast_replication::limits::BATCH_RECORDS_MAX;
use holdfast_replication::memory_line::{HeldRecord, Ingested, MemoryLine};
use holdfast_replication::registration::Registered;
use holdfast_replication::{Decision, Epoch, Hash, Parent, Point, Record as Sent};
use holdfast_terminal::dice::Dice;
use serde::{Deserialize, Serialize};

use crate::network::{FRAME_BYTES_MAX, Frame, Mouth};
use crate::world::World;

const REGISTER: u8 = 1;
const BATCH: u8 = 2;
const HEARTBEAT: u8 = 3;
const HASH: u8 = 4;
const HEAD: u8 = 5;

/// The most backups that HQ keeps.
const BACKUPS_MAX: usize = 4;

/// Everything that HQ has, and what it has said.
#[derive(Debug, Default)]
pub struct Headquarters {
    pub line: MemoryLine,
    /// What a crash of HQ leaves.
    durable: MemoryLine,
    backups: Vec<MemoryLine>,
    /// The highest record that HQ ever called durable, by epoch.
    pub told_durable: BTreeMap<[u8; 16], u64>,
    /// The same, with what a restored backup took back.
    pub durable_high: BTreeMap<[u8; 16], u64>,
    pub heads: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Answered {
    Registered(EpochRegistered),
    Accepted(BatchAccepted),
    Beaten(HeartbeatAnswer),
    /// The chain hash there, none where there is no record.
    Hash(Option<String>),
    HeadTaken,
    Refused(UplinkError),
}

/// The bytes of a registration; who asks is known from its signature, here from its id.
pub fn ask_register(hub: Uuid, request: &RegisterEpoch) -> Bytes {
    let request = serde_json::to_vec(request).expect("a registration has a JSON form");
    tagged(REGISTER, &[hub.as_bytes().as_slice(), &request].concat())
}

/// The bytes of a batch.
pub fn ask_batch(header: &batch::Header, records: &[Record]) -> Bytes {
    let sent: Vec<Sent<'_>> = records.iter().map(sent).collect();
    tagged(BATCH, &batch::encode(header, &sent))
}

/// The bytes of a heartbeat.
pub fn ask_heartbeat(beat: &Heartbeat) -> Bytes {
    tagged(HEARTBEAT, &serde_json::to_vec(beat).expect("a heartbeat has a JSON form"))
}

/// The bytes of a question about a hash.
pub fn ask_hash(epoch: Uuid, seq: u64) -> Bytes {
    tagged(HASH, &[epoch.as_bytes().as_slice(), &seq.to_be_bytes()].concat())
}

/// The bytes of a signed head.
pub fn ask_head(head: &SignedHeadJson) -> Bytes {
    tagged(HEAD, &serde_json::to_vec(head).expect("a head has a JSON form"))
}

fn tagged(tag: u8, body: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(1 + body.len());
    bytes.put_u8(tag);
    bytes.put_slice(body);
    bytes.freeze()
}

fn sent(record: &Record) -> Sent<'_> {
    let Position { epoch, seq, hash } = record.position;
    Sent { epoch: Epoch(epoch), seq, hash, payload: &record.payload }
}

fn chain(before: &Hash, record: &Sent<'_>) -> Hash {
    chain_hash(before, &record.epoch.0, record.seq, record.payload)
}

/// HQ's machine.
///
/// # Errors
/// When the simulation ends.
pub async fn run(world: Arc<World>, seed: u64) -> turmoil::Result {
    let mouth = Mouth::open(Arc::clone(&world)).await?;
    let mut dice = Dice::new(seed);
    let mut buffer = vec![0; FRAME_BYTES_MAX];
    loop {
        let (frame, from) = mouth.hear(&mut buffer).await?;
        let Some(Frame::Uplink { question, payload }) = frame else { continue };
        let answered = world.headquarters().answer(&payload, &mut dice);
        let Some(answered) = answered else { continue };
        world.note(|| format!("hq answers {answered:?}"));
        let payload = serde_json::to_vec(&answered).expect("an answer has a JSON form").into();
        mouth.say(&from, &Frame::UplinkAnswer { question, payload });
    }
}

impl Headquarters {
    fn answer(&mut self, payload: &[u8], dice: &mut Dice) -> Option<Answered> {
        let (tag, body) = payload.split_first()?;
        Some(match *tag {
            REGISTER => {
                let (hub, body) = body.split_first_chunk::<16>()?;
                self.register(*hub, &serde_json::from_slice(body).ok()?, dice)
            }
            BATCH => match batch::decode(body) {
                Ok((header, records)) => self.batch(&header, &records, dice),
                Err(error) => refused(RefusalReason::Malformed {}, error.to_string()),
            },
            HEARTBEAT => self.heartbeat(&serde_json::from_slice(body).ok()?),
            HASH => {
                let (epoch, seq) = body.split_first_chunk::<16>()?;
                let seq = u64::from_be_bytes(*seq.first_chunk::<8>()?);
                if !self.line.knows(Epoch(*epoch)) {
                    return Some(unknown());
                }
                Answered::Hash(self.line.hash_at(Epoch(*epoch), seq).map(|hash| hex(&hash)))
            }
            HEAD => {
                self.heads += 1;
                Answered::HeadTaken
            }
            _ => return None,
        })
    }

    /// The last record that HQ holds of an epoch, and the last that survives its crash.
    fn marks(&self, epoch: Epoch) -> Option<(u64, u64)> {
        let last = |line: &MemoryLine| {
            line.epochs().iter().find(|held| held.epoch == epoch).map(|held| held.last.seq)
        };
        Some((last(&self.line)?, last(&self.durable).unwrap_or(0)))
    }

    /// What is held survives a crash from now on; now and then somebody keeps a copy of it.
    fn make_durable(&mut self, dice: &mut Dice) {
        self.durable = self.line.clone();
        if dice.permille(100) {
            if self.backups.len() == BACKUPS_MAX {
                self.backups.remove(0);
            }
            self.backups.push(self.line.clone());
        }
    }

    fn register(&mut self, hub: [u8; 16], request: &RegisterEpoch, dice: &mut Dice) -> Answered {
        let epoch = Epoch(request.epoch.into_bytes());
        let parent = request.parent.as_ref().map(|parent| Parent {
            epoch: Epoch(parent.epoch.into_bytes()),
            point: Point { seq: parent.seq, hash: unhex(&parent.hash) },
        });
        match self.line.register(hub, epoch, parent) {
            Registered::Epoch { order, acked_through, forked } => {
                self.make_durable(dice);
                let durable_through = self.tell(epoch);
                Answered::Registered(EpochRegistered {
                    order,
                    acked_through,
                    durable_through,
                    forked,
                    server_time_ms: 0,
                })
            }
            Registered::Gap { expected } => {
                refused(RefusalReason::Gap { expected }, "the parent is not complete".to_owned())
            }
            Registered::Fork { at } => {
                let reason = RefusalReason::Fork { seq: at.seq, hash: hex(&at.hash) };
                refused(reason, "another parent".to_owned())
            }
        }
    }

    fn batch(&mut self, header: &batch::Header, sent: &[Sent<'_>], dice: &mut Dice) -> Answered {
        let hub = *header.hub.as_bytes();
        match self.line.ingest(hub, &header.batch, sent, chain) {
            Ingested::Accepted { acked_through, .. } => {
                // The last ones may not have reached HQ's disk yet when it answers.
                if dice.permille(600) || is_planted(Bug::AcknowledgedBeforeStored) {
                    self.make_durable(dice);
                }
                let mut durable_through = self.tell(header.batch.epoch);
                if is_planted(Bug::AcknowledgedBeforeStored) {
                    durable_through = acked_through;
                    self.told_durable.insert(header.batch.epoch.0, acked_through);
                    self.durable_high.insert(header.batch.epoch.0, acked_through);
                }
                Answered::Accepted(BatchAccepted {
                    acked_through,
                    durable_through,
                    credit: BATCH_RECORDS_MAX,
                    server_time_ms: 0,
                })
            }
            Ingested::UnknownEpoch => unknown(),
            Ingested::Refused(decision) => refusal(&decision),
        }
    }

    fn heartbeat(&mut self, beat: &Heartbeat) -> Answered {
        let epoch = Epoch(beat.epoch.into_bytes());
        if !self.line.knows(epoch) {
            return unknown();
        }
        self.durable = self.line.clone();
        let durable_through = self.tell(epoch);
        let acked_through = self.marks(epoch).map_or(0, |(acked, _)| acked);
        Answered::Beaten(HeartbeatAnswer {
            acked_through,
            durable_through,
            clock_offset_ms: 0,
            server_time_ms: 0,
        })
    }

    /// Remembers what is called durable now.
    fn tell(&mut self, epoch: Epoch) -> u64 {
        let durable = self.marks(epoch).map_or(0, |(_, durable)| durable);
        for told in [&mut self.told_durable, &mut self.durable_high] {
            let known = told.entry(epoch.0).or_default();
            *known = (*known).max(durable);
        }
        durable
    }

    /// Everything that HQ has survives its crash from now on: what a replacement is rebuilt from was read from its disk.
    pub fn flush(&mut self) {
        self.durable = self.line.clone();
    }

    /// HQ's process dies: what was not durable is gone. Says what it had called durable and does not have any more.
    pub fn crash(&mut self) -> Option<String> {
        self.line = self.durable.clone();
        self.line.restart();
        self.durable = self.line.clone();
        let lost = self
            .told_durable
            .iter()
            .find(|(epoch, told)| self.marks(Epoch(**epoch)).is_none_or(|(held, _)| held < **told));
        lost.map(|(_, told)| format!("HQ had called record {told} durable and does not have it"))
    }

    /// HQ is restored from a backup.
    pub fn go_back(&mut self, dice: &mut Dice) {
        let Some(backup) = dice.pick(&self.backups) else { return };
        self.line = backup.clone();
        self.durable = backup.clone();
        self.told_durable = self.line.epochs().iter().map(|held| (held.epoch.0, held.last.seq)).collect();
    }

    /// Whether HQ has everything that it ever called durable.
    pub fn is_whole(&self) -> bool {
        self.durable_high
            .iter()
            .all(|(epoch, high)| self.marks(Epoch(*epoch)).is_some_and(|(held, _)| held >= *high))
    }

    /// The newest line with everything it continues: what a hub is rebuilt from.
    pub fn copy(&self) -> Vec<Record> {
        self.line.newest_line().into_iter().map(record).collect()
    }

    /// The end of the newest line.
    pub fn newest(&self) -> Option<Point> {
        self.line.newest().map(|held| held.last)
    }
}

fn record(held: &HeldRecord) -> Record {
    Record {
        position: Position { epoch: held.epoch.0, seq: held.seq, hash: held.hash },
        payload: held.payload.clone(),
    }
}

fn unknown() -> Answered {
    refused(RefusalReason::UnknownEpoch {}, "register the epoch first".to_owned())
}

fn refusal(decision: &Decision) -> Answered {
    match *decision {
        Decision::Gap { expected } => {
            refused(RefusalReason::Gap { expected }, "records are missing".to_owned())
        }
        Decision::Fork { at } => {
            let reason = RefusalReason::Fork { seq: at.seq, hash: hex(&at.hash) };
            refused(reason, "another history".to_owned())
        }
        Decision::Stale => refused(RefusalReason::StaleEpoch {}, "continued".to_owned()),
        Decision::Broken { .. } | Decision::Apply { .. } | Decision::Duplicate => {
            refused(RefusalReason::Malformed {}, "broken".to_owned())
        }
    }
}

fn refused(reason: RefusalReason, message: String) -> Answered {
    Answered::Refused(UplinkError { code: "HF-UPL-001".to_owned(), message, reason })
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Hash {
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte =
            std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0);
    }
    hash
}
