//! Journal and files in step: one change after another, and each so that an end at any moment leaves nothing that the next
//! start does not put right.
//!
//! A registration is in the journal before its details are on the disk, so that nobody is kept whom the journal does not
//! know. An erasure or a merge is in the journal before anything is destroyed, so that the next start goes on destroying.

use std::sync::Arc;

use holdfast_actors::{LedgerError, LedgerHandle};
use holdfast_domain::Refusal;
use holdfast_domain::command::HubCommand;
use holdfast_domain::ids::{StaffId, SubjectId, TerminalId};
use holdfast_domain::subject::ErasureCause;
use holdfast_protocol::subject::DetailsUpdate;
use holdfast_store::StateStore;

use super::merge::Merged;
use super::{Destroyed, Gone, Subjects};
use crate::clock::Machine;
use crate::error::HubError;
use crate::http::of_ledger;

/// The customers of a hub that serves.
#[derive(Debug)]
pub(crate) struct Office {
    pub subjects: Arc<Subjects>,
    ledger: LedgerHandle,
    turn: tokio::sync::Mutex<()>,
}

/// What an erasure came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Erased {
    /// The record that says so; `None` when an earlier one does.
    pub record_seq: Option<u64>,
    pub destroyed: Destroyed,
}

impl Office {
    pub fn new(subjects: Arc<Subjects>, ledger: LedgerHandle) -> Self {
        Self { subjects, ledger, turn: tokio::sync::Mutex::default() }
    }

    /// Keeps what a till says of somebody, new or known.
    ///
    /// # Errors
    /// HF-HUB-022 for what cannot be kept; HF-HUB-026 when the subject was erased or merged, or nobody is signed on at the
    /// till; HF-HUB-037 when somebody else has the card; HF-HUB-003, HF-HUB-006, HF-HUB-024, HF-HUB-036.
    pub async fn keep(
        &self,
        subject: SubjectId,
        terminal: TerminalId,
        update: DetailsUpdate,
    ) -> Result<(), HubError> {
        let _turn = self.turn.lock().await;
        self.subjects.check_stands(subject)?;
        let now = Machine.timestamp();
        let checking = move |subjects: &Subjects| {
            // Details that do not open any more are replaced like those that do.
            let before = match subjects.get(subject) {
                Err(HubError::FileDamaged { .. }) => None,
                before => before?.map(|known| known.details),
            };
            let details = update.onto(before.as_ref(), now);
            let details = details.map_err(|error| HubError::Request { problem: error.to_string() })?;
            // Before the journal hears of somebody who could not be kept then.
            subjects.check_card(subject, &details)?;
            Ok(details)
        };
        let details = self.blocking(checking).await?;
        if !self.subjects.has(subject) {
            let register = HubCommand::RegisterSubject { subject, terminal };
            match self.ledger.hub_command(register).await {
                // Registered before an end came between the journal and the details.
                Ok(_) | Err(LedgerError::Refused(Refusal::SubjectRegistered { .. })) => {}
                Err(error) => return Err(of_ledger(error)),
            }
        }
        self.blocking(move |subjects| subjects.put(subject, &details, now)).await
    }

    /// Makes one customer of two. Asked for again, it does what may be left to do.
    ///
    /// # Errors
    /// HF-HUB-026 with what stands against it; HF-HUB-003, HF-HUB-006 when the details of one of them cannot be read, and
    /// HF-HUB-024.
    pub async fn merge(
        &self,
        subject: SubjectId,
        into: SubjectId,
        staff: StaffId,
    ) -> Result<(Option<u64>, Merged), HubError> {
        let _turn = self.turn.lock().await;
        // What cannot be read cannot be taken over, and the journal is not told before that is known.
        self.blocking(move |subjects| subjects.get(subject).and_then(|_| subjects.get(into))).await?;
        let merge = HubCommand::MergeSubject { subject, into, staff };
        let record_seq = match self.ledger.hub_command(merge).await {
            Ok(committed) => Some(committed.position.seq),
            Err(LedgerError::Refused(refusal)) if is_merged_so(&refusal, subject, into) => None,
            Err(error) => return Err(of_ledger(error)),
        };
        let merged = self.blocking(move |subjects| subjects.merge(subject, into)).await?;
        tracing::info!(%subject, %into, "two registrations of a customer became one");
        Ok((record_seq, merged))
    }

    /// Erases somebody for ever. Asked for again, it destroys what may be left.
    ///
    /// # Errors
    /// HF-HUB-026 when the subject was never registered or the person may not erase; HF-HUB-003, HF-HUB-024.
    pub async fn erase(&self, subject: SubjectId, cause: ErasureCause) -> Result<Erased, HubError> {
        let _turn = self.turn.lock().await;
        let record_seq = match self.ledger.hub_command(HubCommand::EraseSubject { subject, cause }).await {
            Ok(committed) => Some(committed.position.seq),
            Err(LedgerError::Refused(Refusal::SubjectErased { .. })) => None,
            Err(error) => return Err(of_ledger(error)),
        };
        let destroyed = self.blocking(move |subjects| subjects.erase(subject)).await?;
        tracing::info!(%subject, "a customer's key and details were destroyed");
        Ok(Erased { record_seq, destroyed })
    }

    /// Lets this history's journal say what another one's said: who was erased there is erased here.
    pub async fn settle(&self, state: Arc<dyn StateStore>) {
        let journaled = tokio::task::spawn_blocking(move || Gone::of(state.as_ref())).await;
        let journaled = match journaled {
            Ok(Ok(journaled)) => journaled,
            Ok(Err(error)) => {
                tracing::warn!(error = error.chain(), "who was erased cannot be read now");
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "who was erased cannot be read now");
                return;
            }
        };
        for subject in self.subjects.erased_beyond(&journaled) {
            if let Err(error) = self.erase(subject, ErasureCause::EarlierHub).await {
                // They stay erased here; the journal says so after the next start.
                tracing::warn!(%subject, error = error.chain(), "an earlier hub's erasure is not recorded yet");
            }
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Subjects) -> Result<T, HubError> + Send + 'static,
    ) -> Result<T, HubError> {
        let subjects = Arc::clone(&self.subjects);
        tokio::task::spawn_blocking(move || work(&subjects))
            .await
            .map_err(|source| HubError::Unavailable { source: source.into() })?
    }
}

/// Whether a refusal says that a merge was done before.
pub(super) fn is_merged_so(refusal: &Refusal, subject: SubjectId, into: SubjectId) -> bool {
    *refusal == Refusal::SubjectMerged { subject, into }
}
