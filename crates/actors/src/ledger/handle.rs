//! How everyone else talks to the ledger: async methods with a deadline, one error.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::Refusal;
use holdfast_domain::State;
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::catalog::Catalog;
use holdfast_domain::command::HubCommand;
use holdfast_domain::event::DocumentOutcome;
use holdfast_domain::ids::TransactionId;
use holdfast_domain::state::Need;
use holdfast_protocol::message::ReplyPosition;
use ractor::rpc::CallResult;

use super::{Ask, Facts, HubAsk, Message, Observation, OfferAsk, OpenTenders, Verdict, gather};
use crate::house::{House, get};
use crate::terminal::FACTS_ROUNDS_MAX;

/// How long a caller waits for the disk.
pub const LEDGER_DEADLINE: Duration = Duration::from_secs(20);

/// A hub command that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    pub position: ReplyPosition,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    #[error("the ledger is not there now; try again")]
    Unavailable,
    #[error("the ledger did not answer in time; the command may still be carried out")]
    Timeout,
    #[error("the journal takes no more records now; try again")]
    Busy,
    #[error("the ledger moved on while its facts were read; try again")]
    StaleFacts,
    #[error("the state could not be read; try again")]
    Unread,
    #[error("refused: {0}")]
    Refused(Refusal),
}

/// Asks the ledger.
#[derive(Debug, Clone)]
pub struct LedgerHandle {
    pub(crate) house: Arc<House>,
}

impl LedgerHandle {
    /// Brings something of the hub's own into the journal; returns when it is durable.
    ///
    /// # Errors
    /// [`LedgerError`]; after a timeout the command may still happen.
    pub async fn hub_command(&self, command: HubCommand) -> Result<Committed, LedgerError> {
        self.hub(command, None).await
    }

    /// Makes a new version of the catalog the active one. `command` is the `ActivateCatalog` that names its file; the file
    /// is synced already.
    ///
    /// # Errors
    /// As [`LedgerHandle::hub_command`].
    pub async fn activate_catalog(
        &self,
        catalog: Arc<Catalog>,
        command: HubCommand,
    ) -> Result<Committed, LedgerError> {
        self.hub(command, Some(catalog)).await
    }

    async fn hub(
        &self,
        command: HubCommand,
        catalog: Option<Arc<Catalog>>,
    ) -> Result<Committed, LedgerError> {
        let needs = State::needs_of_hub(&command);
        for _ in 0..FACTS_ROUNDS_MAX {
            let facts = if needs.is_empty() { None } else { Some(self.facts(needs.clone()).await?) };
            let ask = HubAsk { command: command.clone(), catalog: catalog.clone(), facts };
            match self.call(|reply| Message::Hub(Box::new(ask), reply)).await? {
                Err(LedgerError::StaleFacts) => {}
                outcome => return outcome.map(|position| Committed { position }),
            }
        }
        Err(LedgerError::StaleFacts)
    }

    async fn facts(&self, needs: Vec<Need>) -> Result<Facts, LedgerError> {
        let house = Arc::clone(&self.house);
        match self.house.work.run(move || gather(&house, None, &needs)).await {
            Ok(Ok(facts)) => Ok(facts),
            Ok(Err(error)) => {
                tracing::warn!(error = %error, "the state could not be read for a command of the hub");
                Err(LedgerError::Unread)
            }
            Err(_) => Err(LedgerError::Unread),
        }
    }

    pub(crate) async fn decide(&self, ask: Ask) -> Result<Verdict, LedgerError> {
        self.call(|reply| Message::Decide(Box::new(ask), reply)).await
    }

    pub(crate) async fn offer(&self, offer: OfferAsk) -> Result<Verdict, LedgerError> {
        self.call(|reply| Message::Offer(Box::new(offer), reply)).await
    }

    /// What a device is asked for and is not over. Everything that led to it is durable.
    pub(crate) async fn open_tenders(&self, device: &DeviceName) -> Result<OpenTenders, LedgerError> {
        let open = self.call(|reply| Message::OpenTenders(device.clone(), reply)).await?;
        self.durable(open.seq).await.map(|()| open)
    }

    /// Records what became of documents; returns when that is durable.
    pub(crate) async fn settle(
        &self,
        outcomes: Vec<(TransactionId, DocumentOutcome)>,
    ) -> Result<(), LedgerError> {
        let seq = self.call(|reply| Message::Settle(outcomes, reply)).await??;
        self.durable(seq).await
    }

    /// The documents whose outcome is not recorded, and the sequence up to which they were recorded themselves.
    pub(crate) async fn open_documents(&self) -> Result<(u64, Vec<TransactionId>), LedgerError> {
        let open = self.call(Message::OpenDocuments).await?;
        Ok((open.seq, open.documents))
    }

    async fn durable(&self, seq: u64) -> Result<(), LedgerError> {
        let mut synced = self.house.synced.clone();
        let durable = synced.wait_for(|synced| *synced >= seq);
        match tokio::time::timeout(LEDGER_DEADLINE, durable).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(LedgerError::Unavailable),
            Err(_) => Err(LedgerError::Timeout),
        }
    }

    pub(crate) async fn observe(&self) -> Result<Observation, LedgerError> {
        self.call(Message::Observe).await
    }

    async fn call<T, F>(&self, message: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: FnOnce(ractor::RpcReplyPort<T>) -> Message,
    {
        let ledger = get(&self.house.ledger).ok_or(LedgerError::Unavailable)?;
        match ledger.call(message, Some(LEDGER_DEADLINE)).await {
            Ok(CallResult::Success(value)) => Ok(value),
            Ok(CallResult::Timeout) => Err(LedgerError::Timeout),
            Ok(CallResult::SenderError) | Err(_) => Err(LedgerError::Unavailable),
        }
    }
}
