//! What the actors need from outside, as small traits: the hub brings real clocks, sockets and HTTP, tests bring their own.

use std::fmt::Debug;
use std::io;

use bytes::Bytes;
use futures::future::BoxFuture;
use holdfast_domain::calendar::{BusinessDate, LocalTime, Timestamp};
use holdfast_domain::ids::{TerminalId, Uuid};
use holdfast_domain::staff::{PinVerdict, StaffNumber};
use holdfast_domain::store::StoreProfile;
use holdfast_protocol::head::{Head, SignedHead, SignedHeadJson};
use holdfast_protocol::topics::Stream;
use holdfast_protocol::uplink::batch::Header;
use holdfast_protocol::uplink::{
    BatchAccepted, EpochRegistered, Heartbeat, HeartbeatAnswer, RegisterEpoch, UplinkError,
};

/// The hub's wall clock.
pub trait Clock: Send + Sync + Debug + 'static {
    fn now(&self) -> Timestamp;
}

/// Mints ids, UUID version 7, and random numbers for jitter.
pub trait Ids: Send + Sync + Debug + 'static {
    fn uuid(&self) -> Uuid;
    fn random(&self) -> u64;
}

/// The store's business day by its time zone and cut-over.
pub trait Calendar: Send + Sync + Debug + 'static {
    fn business_date(&self, profile: &StoreProfile, at: Timestamp) -> BusinessDate;
    /// Date and minute on the store's wall.
    fn local_time(&self, profile: &StoreProfile, at: Timestamp) -> LocalTime;
}

/// Looks at a PIN. Blocking: an attempt is counted durably first, then hashed. Called on a blocking thread.
pub trait Pins: Send + Sync + Debug + 'static {
    fn check(&self, terminal: TerminalId, number: StaffNumber, pin: &str) -> PinVerdict;
}

/// The way to the tills. Never blocks.
pub trait TillLink: Send + Sync + Debug + 'static {
    /// Straight to the till's socket, past the router.
    fn reply(&self, terminal: TerminalId, connection: u64, payload: Bytes);
    /// On the till's own stream, straight to its socket. A till that is not connected misses it and asks.
    fn event(&self, terminal: TerminalId, payload: Bytes);
    /// On the till's own stream, for this moment only. False where the till is not connected, or has not taken what was
    /// sent before; it is not closed for that.
    fn show(&self, terminal: TerminalId, payload: Bytes) -> bool;
    /// Store-wide fan-out.
    fn publish(&self, stream: Stream, payload: Bytes);
    fn disconnect(&self, terminal: TerminalId);
    fn present(&self) -> Vec<TerminalId>;
}

/// The way to HQ. One request at a time; a failure is an answer too.
pub trait Uplink: Send + Sync + Debug + 'static {
    fn register_epoch(&self, request: RegisterEpoch)
    -> BoxFuture<'_, Result<EpochRegistered, UplinkFailure>>;
    fn send(
        &self,
        header: Header,
        records: Vec<holdfast_journal::Record>,
    ) -> BoxFuture<'_, Result<BatchAccepted, UplinkFailure>>;
    /// The chain hash that HQ holds at a record of an epoch's line; none where it has no such record.
    fn hash_at(&self, epoch: Uuid, seq: u64) -> BoxFuture<'_, Result<Option<[u8; 32]>, UplinkFailure>>;
    fn heartbeat(&self, beat: Heartbeat) -> BoxFuture<'_, Result<HeartbeatAnswer, UplinkFailure>>;
    /// Hands a signed head to HQ. The same head again changes nothing there.
    fn send_head(&self, head: SignedHeadJson) -> BoxFuture<'_, Result<(), UplinkFailure>>;
}

/// The hub's key and the place of its last signed head.
pub trait Notary: Send + Sync + Debug + 'static {
    /// The Ed25519 public key of the hub.
    fn public_key(&self) -> [u8; 32];
    /// The Ed25519 signature of [`Head::signing_bytes`].
    fn sign(&self, head: &Head) -> [u8; 64];
    /// The head that was kept last. Blocking.
    fn kept(&self) -> io::Result<Option<SignedHead>>;
    /// Keeps a head in the place of the one before; durable when it returns. Blocking.
    fn keep(&self, signed: &SignedHead) -> io::Result<()>;
}

/// The disk under the data folder. Blocking.
pub trait Disk: Send + Sync + Debug + 'static {
    /// Bytes that can still be written.
    fn free_bytes(&self) -> io::Result<u64>;
    /// Bytes that the ballast holds, 0 when there is none.
    fn ballast_bytes(&self) -> io::Result<u64>;
    /// Makes the ballast, whole or not at all.
    fn make_ballast(&self, bytes: u64) -> io::Result<()>;
    /// Gives the ballast's room back.
    fn give_back_ballast(&self) -> io::Result<()>;
}

/// Where work that may block on a disk is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BlockingWork {
    /// On the runtime's threads for blocking work.
    #[default]
    Threads,
    /// On the caller's own thread: a simulation repeats itself exactly.
    Inline,
}

/// Work that panicked, or that the runtime gave up when it stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("work on the disk broke down")]
pub struct WorkLost;

impl BlockingWork {
    /// Does the work and waits for it.
    ///
    /// # Errors
    /// [`WorkLost`] when it panicked.
    pub async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WorkLost> {
        match self {
            Self::Threads => {
                let _on_thread = crate::supervision::OnThread::begin();
                tokio::task::spawn_blocking(work).await.map_err(|_| WorkLost)
            }
            Self::Inline => {
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(|_| WorkLost)
            }
        }
    }
}

/// Why HQ did not say yes.
#[derive(Debug, Clone, thiserror::Error)]
pub enum UplinkFailure {
    #[error("HQ refused: {}", .0.message)]
    Refused(UplinkError),
    #[error("HQ cannot be reached: {0}")]
    Unreachable(String),
}
