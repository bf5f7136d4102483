//! Brings what is synced into the state on disk, in batches, on a blocking thread, and tells the ledger what memory may
//! forget. Its failure never stops the journal: the state lags, and is caught up or rebuilt at the next start.

use std::sync::Arc;
use std::time::Duration;

use holdfast_store::StoreError;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;

use crate::house::{House, get, put};

/// The most records of one state transaction.
pub const BATCH_RECORDS_MAX: usize = 512;
/// How often the state's files are synced.
const STATE_SYNC_EVERY: Duration = Duration::from_secs(30);
/// A cursor that nobody sets: asking for it shows whether the state answers.
const HEALTH_CURSOR: &str = "health";
/// How long a failed state rests before it is tried again.
const STATE_RETRY_AFTER: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) enum Message {
    Wake,
    Sync,
    Observe(RpcReplyPort<Observation>),
}

/// What the projector shows of itself.
#[derive(Debug, Clone, Serialize)]
pub struct Observation {
    pub applied_seq: u64,
    pub lag: u64,
    pub failures: u64,
    pub state: &'static str,
}

#[derive(Debug, Default)]
pub(crate) struct Progress {
    failures: u64,
    failing: bool,
}

pub(crate) struct Projector {
    pub house: Arc<House>,
}

/// Something new is synced.
pub(crate) fn wake(house: &House) {
    if let Some(projector) = get(&house.projector) {
        let _ = projector.cast(Message::Wake);
    }
}

#[ractor::async_trait]
impl Actor for Projector {
    type Msg = Message;
    type State = Progress;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<Progress, ActorProcessingErr> {
        self.has_stopped()?;
        put(&self.house.projector, myself.clone());
        myself.send_interval(STATE_SYNC_EVERY, || Message::Sync);
        myself.cast(Message::Wake)?;
        Ok(Progress::default())
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        progress: &mut Progress,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Wake => {
                self.has_stopped()?;
                self.catch_up(&myself, progress).await;
                self.has_stopped()?;
            }
            Message::Sync => {
                let store = Arc::clone(&self.house.store);
                match self.house.work.run(move || store.sync()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => {
                        progress.failures += 1;
                        tracing::warn!(%error, "the state could not be synced; the journal goes on");
                    }
                    Err(error) => {
                        progress.failures += 1;
                        tracing::error!(%error, "syncing the state failed; the journal goes on");
                    }
                }
                self.has_stopped()?;
            }
            Message::Observe(reply) => {
                let applied_seq = self.applied();
                let lag = self.house.reader.head().map_or(0, |head| head.seq).saturating_sub(applied_seq);
                let state = if progress.failing { "failing" } else { "following" };
                let _ = reply.send(Observation { applied_seq, lag, failures: progress.failures, state });
            }
        }
        Ok(())
    }
}

impl Projector {
    fn applied(&self) -> u64 {
        self.house.store.applied().map_or(0, |at| at.seq)
    }

    /// A state that has stopped answers nothing until it is opened anew, and without its answers nothing can be decided:
    /// this actor then fails until its supervisor gives up. The process ends, and the next start rebuilds the state.
    fn has_stopped(&self) -> Result<(), ActorProcessingErr> {
        match self.house.store.cursor(HEALTH_CURSOR) {
            Err(error @ StoreError::Stopped) => {
                tracing::error!(
                    code = error.code(),
                    "the state has stopped; the hub starts anew to rebuild it"
                );
                Err(error.into())
            }
            _ => Ok(()),
        }
    }

    async fn catch_up(&self, myself: &ActorRef<Message>, progress: &mut Progress) {
        if self.house.reader.head().map_or(0, |head| head.seq) <= self.applied() {
            return;
        }
        let house = Arc::clone(&self.house);
        let caught_up = self.house.work.run(move || house.catch_up());
        match caught_up.await {
            Ok(Ok(_)) => {
                progress.failing = false;
                if let Some(ledger) = get(&self.house.ledger) {
                    let _ = ledger.cast(crate::ledger::Message::Applied(self.applied()));
                }
            }
            failed => {
                progress.failures += 1;
                if !progress.failing {
                    tracing::error!(?failed, "the state cannot follow the journal; sales go on");
                }
                progress.failing = true;
                myself.send_after(STATE_RETRY_AFTER, || Message::Wake);
            }
        }
    }
}
