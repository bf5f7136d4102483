//! HQ in memory, by the same decisions as the real one, and a hub's key: what the way to HQ needs in a test.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, missing_debug_implementations, reason = "in a test a panic is the verdict")]

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ed25519_dalek::{Signer, SigningKey};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use holdfast_actors::{Notary, Uplink, UplinkFailure};
use holdfast_domain::ids::Uuid;
use holdfast_protocol::chain_hash;
use holdfast_protocol::head::{Head, SignedHead, SignedHeadJson};
use holdfast_protocol::uplink::batch::Header;
use holdfast_protocol::uplink::{
    BatchAccepted, EpochRegistered, Heartbeat, HeartbeatAnswer, RefusalReason, RegisterEpoch, UplinkError,
};
use holdfast_replication::memory_line::Ingested;
use holdfast_replication::{Decision, Epoch, MemoryLine, Parent, Point, Record, Registered};

/// The hub that every copy of a disk says it is.
pub const HUB: [u8; 16] = Uuid::from_u128(0x48).into_bytes();

#[derive(Debug, Default)]
pub struct Headquarters {
    pub line: Mutex<MemoryLine>,
    pub heads: Mutex<Vec<SignedHead>>,
    /// The next this many heads are not answered.
    pub lost_heads: AtomicU64,
}

/// One hub's line to HQ, which can be cut.
#[derive(Debug)]
pub struct Wire {
    pub hq: Arc<Headquarters>,
    pub cut: AtomicBool,
}

impl Wire {
    pub fn to(hq: &Arc<Headquarters>) -> Arc<Self> {
        Arc::new(Self { hq: Arc::clone(hq), cut: AtomicBool::new(false) })
    }

    fn reachable(&self) -> Result<&Headquarters, UplinkFailure> {
        match self.cut.load(Ordering::Acquire) {
            true => Err(UplinkFailure::Unreachable("the line is cut".to_owned())),
            false => Ok(&self.hq),
        }
    }
}

impl Headquarters {
    /// Everything that is held, by its number and hash.
    pub fn held(&self) -> Vec<(u64, [u8; 32], Vec<u8>)> {
        let line = self.line.lock().unwrap();
        let records = line.epochs().iter().flat_map(|epoch| &epoch.records);
        records.map(|record| (record.seq, record.hash, record.payload.clone())).collect()
    }
}

fn refused(reason: RefusalReason) -> UplinkFailure {
    UplinkFailure::Refused(UplinkError { code: "HF-UPL-001".into(), message: "in a test".into(), reason })
}

fn fork(at: Point) -> UplinkFailure {
    refused(RefusalReason::Fork { seq: at.seq, hash: at.hash.iter().map(|b| format!("{b:02x}")).collect() })
}

fn hash(text: &str) -> [u8; 32] {
    std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
}

impl Uplink for Wire {
    fn register_epoch(
        &self,
        request: RegisterEpoch,
    ) -> BoxFuture<'_, Result<EpochRegistered, UplinkFailure>> {
        async move {
            let hq = self.reachable()?;
            let parent = request.parent.map(|parent| Parent {
                epoch: Epoch(parent.epoch.into_bytes()),
                point: Point { seq: parent.seq, hash: hash(&parent.hash) },
            });
            let epoch = Epoch(request.epoch.into_bytes());
            match hq.line.lock().unwrap().register(HUB, epoch, parent) {
                Registered::Epoch { order, acked_through, forked } => Ok(EpochRegistered {
                    order,
                    acked_through,
                    durable_through: acked_through,
                    forked,
                    server_time_ms: 0,
                }),
                Registered::Gap { expected } => Err(refused(RefusalReason::Gap { expected })),
                Registered::Fork { at } => Err(fork(at)),
            }
        }
        .boxed()
    }

    fn hash_at(&self, epoch: Uuid, seq: u64) -> BoxFuture<'_, Result<Option<[u8; 32]>, UplinkFailure>> {
        async move {
            let hq = self.reachable()?;
            Ok(hq.line.lock().unwrap().hash_at(Epoch(epoch.into_bytes()), seq))
        }
        .boxed()
    }

    fn send(
        &self,
        header: Header,
        records: Vec<holdfast_journal::Record>,
    ) -> BoxFuture<'_, Result<BatchAccepted, UplinkFailure>> {
        async move {
            let hq = self.reachable()?;
            let records: Vec<Record<'_>> = records
                .iter()
                .map(|record| Record {
                    epoch: Epoch(record.position.epoch),
                    seq: record.position.seq,
                    hash: record.position.hash,
                    payload: &record.payload,
                })
                .collect();
            let chain = |before: &[u8; 32], record: &Record<'_>| {
                chain_hash(before, &record.epoch.0, record.seq, record.payload)
            };
            match hq.line.lock().unwrap().ingest(HUB, &header.batch, &records, chain) {
                Ingested::Accepted { acked_through, .. } => Ok(BatchAccepted {
                    acked_through,
                    durable_through: acked_through,
                    credit: 5_000,
                    server_time_ms: 0,
                }),
                Ingested::UnknownEpoch => Err(refused(RefusalReason::UnknownEpoch {})),
                Ingested::Refused(Decision::Gap { expected }) => {
                    Err(refused(RefusalReason::Gap { expected }))
                }
                Ingested::Refused(Decision::Fork { at }) => Err(fork(at)),
                Ingested::Refused(Decision::Stale) => Err(refused(RefusalReason::StaleEpoch {})),
                Ingested::Refused(other) => panic!("no hub sends this: {other:?}"),
            }
        }
        .boxed()
    }

    fn heartbeat(&self, beat: Heartbeat) -> BoxFuture<'_, Result<HeartbeatAnswer, UplinkFailure>> {
        async move {
            let hq = self.reachable()?;
            let line = hq.line.lock().unwrap();
            let held = line.epochs().iter().find(|held| held.epoch.0 == beat.epoch.into_bytes());
            let acked_through = held.map_or(0, |held| held.last.seq);
            Ok(HeartbeatAnswer {
                acked_through,
                durable_through: acked_through,
                clock_offset_ms: 0,
                server_time_ms: 0,
            })
        }
        .boxed()
    }

    fn send_head(&self, head: SignedHeadJson) -> BoxFuture<'_, Result<(), UplinkFailure>> {
        async move {
            let hq = self.reachable()?;
            let lost = hq.lost_heads.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| n.checked_sub(1));
            if lost.is_ok() {
                return Err(UplinkFailure::Unreachable("the answer was lost".to_owned()));
            }
            hq.heads.lock().unwrap().push(head.decode().expect("a head is whole"));
            Ok(())
        }
        .boxed()
    }
}

/// A key, and the last head in memory.
#[derive(Debug)]
pub struct Key {
    key: SigningKey,
    pub kept: Mutex<Option<SignedHead>>,
    pub full: AtomicBool,
}

impl Key {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            key: SigningKey::from_bytes(&[7; 32]),
            kept: Mutex::default(),
            full: AtomicBool::new(false),
        })
    }
}

impl Notary for Key {
    fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    fn sign(&self, head: &Head) -> [u8; 64] {
        self.key.sign(&head.signing_bytes()).to_bytes()
    }

    fn kept(&self) -> io::Result<Option<SignedHead>> {
        Ok(*self.kept.lock().unwrap())
    }

    fn keep(&self, signed: &SignedHead) -> io::Result<()> {
        if self.full.load(Ordering::Acquire) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        *self.kept.lock().unwrap() = Some(*signed);
        Ok(())
    }
}
