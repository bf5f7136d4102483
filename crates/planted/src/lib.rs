//! Bugs that tests plant at run time: a proof that cannot fail proves nothing.
//!
//! Each [`Bug`] names one mistake that the product must never make. The place where it would be made asks
//! [`is_planted`]; without the feature `live`, which only test packages switch on, the answer is `false` when the code is
//! compiled and nothing of it is left in the program. With it, a test of the same process plants one bug with [`plant`],
//! runs the same proof as always, and must see it fail.
//!
//! Invariant, by what is absent: no environment variable, file or message can plant a bug.

/// One mistake, and what the proofs must notice of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Bug {
    /// The journal writes a group and does not sync it.
    NoSync = 1,
    /// The journal moves its watermark before the sync.
    WatermarkBeforeSync,
    /// A new segment's name is not made durable.
    NoDirectorySync,
    /// After an unclean end the last segment is served as it was found, without the synced copy.
    NoCopyAfterUncleanEnd,
    /// A damaged record is cut off as a torn tail although a witness has seen it.
    WitnessIgnored,
    /// The ledger answers before the record is synced.
    ReplyBeforeSync,
    /// The ledger decides a command again that it has decided.
    NoDedupe,
    /// Only memory is asked whether a command is known, not the outcomes on disk.
    OutcomesForgottenAtRestart,
    /// The same id with another body gets the first answer.
    FingerprintIgnored,
    /// Memory forgets what the state on disk does not have yet.
    ForgottenTooEarly,
    /// A payment posts no stock movement.
    StockNotDecremented,
    /// A cancelled order keeps its reservation.
    ReservationKept,
    /// A receipt number is given twice.
    NumberGivenTwice,
    /// A receipt number is left out.
    NumberLeftOut,
    /// A clock that was set back is not recorded.
    ClockStepNotRecorded,
    /// The state skips a record.
    RecordNotApplied,
    /// The state says that it has applied a record before it has.
    AppliedBeforeWritten,
    /// The till sends a request before it is on its disk.
    SentBeforeStored,
    /// The till forgets what waits in its outbox when it starts.
    OutboxForgotten,
    /// The till sends a request again under a new id.
    NewIdOnRetry,
    /// The till forgets an acknowledged command before it is durable at HQ.
    ForgottenBeforeDurable,
    /// The till offers nothing to a hub of a newer epoch.
    NothingOffered,
    /// The uplink counts records as acknowledged that HQ never answered for.
    CursorRunsAhead,
    /// A replacement goes on in the epoch of the hub before it.
    EpochIgnored,
    /// HQ takes in again what it has of a batch.
    BatchAppliedTwice,
    /// HQ takes in a batch that leaves records out.
    GapAccepted,
    /// HQ acknowledges before it has stored.
    AcknowledgedBeforeStored,
    /// HQ overwrites one history with another.
    ForkOverwritten,
    /// A restored hub goes on in the epoch of its backup.
    NoNewEpochAtRestore,
    /// A vault leaves the people out.
    PeopleNotInVault,
    /// A vault goes to HQ as it is, without a seal.
    VaultNotSealed,
    /// The journal tries a failed sync again and believes the second answer.
    SyncTriedAgain,
    /// An attempt to move money leaves before it is durable.
    SentBeforeIntent,
    /// After a restart an attempt is carried out again instead of asked about.
    ResentWithoutAsking,
    /// A device that does not answer is taken to have said no.
    DoubtTakenForDecline,
    /// A device whose answer was lost is asked to end its day again.
    DayEndedTwice,
    /// What a till sold alone is written down under whoever is at the till when the hub hears of it.
    SoldAloneByWhoeverIsThere,
    /// The second number of a sale is given up instead of being the sale's.
    AliasGivenUp,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 38] = [
        Self::NoSync,
        Self::WatermarkBeforeSync,
        Self::NoDirectorySync,
        Self::NoCopyAfterUncleanEnd,
        Self::WitnessIgnored,
        Self::ReplyBeforeSync,
        Self::NoDedupe,
        Self::OutcomesForgottenAtRestart,
        Self::FingerprintIgnored,
        Self::ForgottenTooEarly,
        Self::StockNotDecremented,
        Self::ReservationKept,
        Self::NumberGivenTwice,
        Self::NumberLeftOut,
        Self::ClockStepNotRecorded,
        Self::RecordNotApplied,
        Self::AppliedBeforeWritten,
        Self::SentBeforeStored,
        Self::OutboxForgotten,
        Self::NewIdOnRetry,
        Self::ForgottenBeforeDurable,
        Self::NothingOffered,
        Self::CursorRunsAhead,
        Self::EpochIgnored,
        Self::BatchAppliedTwice,
        Self::GapAccepted,
        Self::AcknowledgedBeforeStored,
        Self::ForkOverwritten,
        Self::NoNewEpochAtRestore,
        Self::PeopleNotInVault,
        Self::VaultNotSealed,
        Self::SyncTriedAgain,
        Self::SentBeforeIntent,
        Self::ResentWithoutAsking,
        Self::DoubtTakenForDecline,
        Self::DayEndedTwice,
        Self::SoldAloneByWhoeverIsThere,
        Self::AliasGivenUp,
    ];
}

/// Whether the bug is planted in this process.
#[cfg(not(feature = "live"))]
#[inline(always)]
#[must_use]
pub const fn is_planted(_bug: Bug) -> bool {
    false
}

#[cfg(feature = "live")]
pub use live::{is_planted, plant, planted};

#[cfg(feature = "live")]
mod live {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::Bug;

    static PLANTED: AtomicU8 = AtomicU8::new(0);

    /// Whether the bug is planted in this process.
    #[must_use]
    pub fn is_planted(bug: Bug) -> bool {
        PLANTED.load(Ordering::Relaxed) == bug as u8
    }

    /// Plants one bug in this process, or none. Tests that plant run in a process of their own.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.store(bug.map_or(0, |bug| bug as u8), Ordering::Relaxed);
    }

    /// The planted bug.
    #[must_use]
    pub fn planted() -> Option<Bug> {
        let planted = PLANTED.load(Ordering::Relaxed);
        Bug::ALL.into_iter().find(|bug| *bug as u8 == planted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bug_is_listed_once() {
        for (index, bug) in Bug::ALL.into_iter().enumerate() {
            assert_eq!(bug as usize, index + 1, "{bug:?}");
        }
    }
}
