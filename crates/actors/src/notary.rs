//! Signs the end of the history, so that nobody can shorten or change it later without being seen.
//!
//! Job: follow the synced records; sign the head after every [`HEAD_EVERY_RECORDS`] records, and no later than
//! [`HEAD_EVERY`] after the oldest unsigned one; keep the signed head durably, then hand it to HQ until HQ has the newest.
//! Messages come from the journal's watermark, its own timers, and [`NotaryHandle`] (export, backup).
//!
//! Invariants: nothing is signed that is not synced; nothing goes to HQ that is not kept; one head is on its way to HQ at
//! a time and one waits, a newer one replaces it.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::ids::{EpochId, StoreId, Uuid};
use holdfast_protocol::head::{Head, SignedHead, SignedHeadJson};
use holdfast_replication::BackOff;
use ractor::rpc::CallResult;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;
use tokio::time::Instant;

use crate::house::{House, get, put};
use crate::ports::Notary as Seal;

/// Records between two signed heads while the shop is busy.
pub const HEAD_EVERY_RECORDS: u64 = 256;
/// The longest that a synced record stays unsigned.
pub const HEAD_EVERY: Duration = Duration::from_secs(10);
/// How long a caller waits for a head: signing is quick, keeping it takes one sync of the disk.
const SIGN_DEADLINE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) enum Message {
    /// New records are synced.
    Synced,
    /// The oldest unsigned record may be due.
    Due,
    SignNow(RpcReplyPort<Result<SignedHead, SignError>>),
    /// HQ took the head, or why not.
    Sent(Box<SignedHead>, Result<(), String>),
    SendAgain,
    Observe(RpcReplyPort<Observation>),
}

/// What the notary shows of itself.
#[derive(Debug, Clone, Serialize)]
pub struct Observation {
    /// The last record under a head that is kept here.
    pub signed_seq: u64,
    /// The last record under a head that HQ took since the notary started.
    pub headquarters_seq: u64,
    pub unsigned: u64,
    pub signed: u64,
    pub failures: u64,
    pub last_fault: Option<String>,
}

/// Why there is no head.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    #[error("the journal has no record of a store yet")]
    Empty,
    #[error("this hub was started without its key")]
    NoKey,
    #[error("the head could not be kept: {0}")]
    NotKept(String),
    #[error("the notary is not there now; try again")]
    Unavailable,
}

/// Asks for signed heads.
#[derive(Debug, Clone)]
pub struct NotaryHandle {
    pub(crate) house: Arc<House>,
}

impl NotaryHandle {
    /// Signs the last synced record now; the head is kept when this returns.
    ///
    /// # Errors
    /// [`SignError`].
    pub async fn sign_now(&self) -> Result<SignedHead, SignError> {
        let notary = get(&self.house.notary).ok_or(SignError::Unavailable)?;
        match notary.call(Message::SignNow, Some(SIGN_DEADLINE)).await {
            Ok(CallResult::Success(signed)) => signed,
            _ => Err(SignError::Unavailable),
        }
    }
}

pub(crate) struct Notary {
    pub house: Arc<House>,
}

#[derive(Debug, Default)]
pub(crate) struct Desk {
    kept: Option<SignedHead>,
    /// When the oldest unsigned record was seen.
    unsigned_since: Option<Instant>,
    /// The newest head that HQ does not have, and whether a head is on its way.
    for_headquarters: Option<SignedHead>,
    sending: bool,
    back_off: BackOff,
    headquarters_seq: u64,
    signed: u64,
    failures: u64,
    last_fault: Option<String>,
}

impl Desk {
    fn signed_seq(&self) -> u64 {
        self.kept.map_or(0, |signed| signed.head.seq)
    }

    fn fail(&mut self, why: String) {
        self.failures += 1;
        self.last_fault = Some(why);
    }
}

#[ractor::async_trait]
impl Actor for Notary {
    type Msg = Message;
    type State = Desk;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<Desk, ActorProcessingErr> {
        put(&self.house.notary, myself.clone());
        let mut desk = Desk::default();
        if let Some(seal) = self.house.seal.clone() {
            match self.house.work.run(move || seal.kept()).await? {
                Ok(kept) => desk.kept = kept,
                Err(error) => desk.fail(error.to_string()),
            }
        }
        // HQ may not have it; taking it again changes nothing there.
        desk.for_headquarters = desk.kept;
        let mut synced = self.house.synced.clone();
        let follower = myself.clone();
        tokio::spawn(async move {
            while synced.changed().await.is_ok() {
                synced.borrow_and_update();
                if follower.cast(Message::Synced).is_err() {
                    break;
                }
            }
        });
        myself.cast(Message::Synced)?;
        myself.cast(Message::SendAgain)?;
        Ok(desk)
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        desk: &mut Desk,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Synced => {
                let unsigned = self.unsigned(desk);
                if unsigned == 0 || self.house.seal.is_none() {
                    return Ok(());
                }
                if desk.unsigned_since.is_none() {
                    desk.unsigned_since = Some(Instant::now());
                    myself.send_after(HEAD_EVERY, || Message::Due);
                }
                if unsigned >= HEAD_EVERY_RECORDS {
                    self.sign_in_turn(&myself, desk).await;
                }
            }
            Message::Due => match desk.unsigned_since.map(|since| since.elapsed()) {
                None => {}
                Some(waited) if waited >= HEAD_EVERY => self.sign_in_turn(&myself, desk).await,
                // The timer was of records that a head has covered since.
                Some(waited) => {
                    myself.send_after(HEAD_EVERY - waited, || Message::Due);
                }
            },
            Message::SignNow(reply) => {
                let signed = self.sign(desk).await;
                self.send(&myself, desk);
                let _ = reply.send(signed);
            }
            Message::Sent(sent, outcome) => {
                desk.sending = false;
                match outcome {
                    Ok(()) => {
                        desk.back_off.succeed();
                        desk.headquarters_seq = desk.headquarters_seq.max(sent.head.seq);
                        desk.for_headquarters = desk.for_headquarters.filter(|newest| *newest != *sent);
                        self.send(&myself, desk);
                    }
                    Err(why) => {
                        desk.fail(why);
                        let wait = Duration::from_millis(desk.back_off.fail(self.house.ids.random()));
                        desk.sending = true;
                        myself.send_after(wait, || Message::SendAgain);
                    }
                }
            }
            Message::SendAgain => {
                desk.sending = false;
                self.send(&myself, desk);
            }
            Message::Observe(reply) => {
                let _ = reply.send(Observation {
                    signed_seq: desk.signed_seq(),
                    headquarters_seq: desk.headquarters_seq,
                    unsigned: self.unsigned(desk),
                    signed: desk.signed,
                    failures: desk.failures,
                    last_fault: desk.last_fault.clone(),
                });
            }
        }
        Ok(())
    }
}

impl Notary {
    fn unsigned(&self, desk: &Desk) -> u64 {
        self.house.reader.head().map_or(0, |head| head.seq).saturating_sub(desk.signed_seq())
    }

    /// Signs because it is time. What cannot be kept is tried again when the next head would be due.
    async fn sign_in_turn(&self, myself: &ActorRef<Message>, desk: &mut Desk) {
        match self.sign(desk).await {
            Ok(_) | Err(SignError::Empty) => {}
            Err(error) => {
                tracing::error!(code = "HF-ACT-005", %error, "the signed head could not be kept; selling goes on");
                desk.unsigned_since = Some(Instant::now());
                myself.send_after(HEAD_EVERY, || Message::Due);
            }
        }
        self.send(myself, desk);
    }

    async fn sign(&self, desk: &mut Desk) -> Result<SignedHead, SignError> {
        let seal: Arc<dyn Seal> = self.house.seal.clone().ok_or(SignError::NoKey)?;
        let head = self.head().await.ok_or(SignError::Empty)?;
        let work = move || {
            let signed = SignedHead { head, signature: seal.sign(&head) };
            seal.keep(&signed).map(|()| signed)
        };
        let kept = match self.house.work.run(work).await {
            Ok(Ok(signed)) => Ok(signed),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match kept {
            Ok(signed) => {
                desk.kept = Some(signed);
                desk.unsigned_since = None;
                desk.signed += 1;
                desk.for_headquarters = Some(signed);
                Ok(signed)
            }
            Err(why) => {
                desk.fail(why.clone());
                Err(SignError::NotKept(why))
            }
        }
    }

    async fn head(&self) -> Option<Head> {
        let at = self.house.reader.head()?;
        let known = || {
            let mut store: Option<StoreId> = None;
            self.house.store.with_state(&mut |state| store = state.store);
            store
        };
        let store = match known() {
            Some(store) => store,
            // The first records are durable before the state has them.
            None => {
                let house = Arc::clone(&self.house);
                self.house.work.run(move || house.catch_up()).await.ok()?.ok()?;
                known()?
            }
        };
        Some(Head {
            store,
            hub: self.house.hub,
            epoch: EpochId(Uuid::from_bytes(at.epoch)),
            seq: at.seq,
            hash: at.hash,
            signed_at: self.house.clock.now(),
        })
    }

    /// Hands the newest head to HQ unless one is on its way.
    fn send(&self, myself: &ActorRef<Message>, desk: &mut Desk) {
        let (Some(uplink), Some(signed)) = (self.house.uplink.clone(), desk.for_headquarters) else { return };
        if desk.sending {
            return;
        }
        desk.sending = true;
        let myself = myself.clone();
        tokio::spawn(async move {
            let outcome = uplink.send_head(SignedHeadJson::from(&signed)).await;
            let outcome = outcome.map_err(|failure| failure.to_string());
            let _ = myself.cast(Message::Sent(Box::new(signed), outcome));
        });
    }
}
