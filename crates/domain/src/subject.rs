//! People whose details the shop keeps. The journal knows them by an id alone: names, addresses and notes are kept
//! elsewhere, encrypted, and can be destroyed without touching a record.

use std::fmt;

use crate::bounded::Label;
use crate::ids::{StaffId, SubjectId};

/// How many merges of one person's registrations are followed, one into the next. A merge is typed by a person, so that a
/// longer way is no way but a damaged state.
pub const MERGES_FOLLOWED_MAX: usize = 1_000;

/// What the store knows of a subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectStanding {
    Registered,
    /// For ever: the id never stands for anybody again.
    Erased,
    /// Registered, and buys at the prices of this group. A group says nothing of the person: it is no detail to be sealed.
    InGroup(Label),
    /// The same person was registered twice, and this is who they are. For ever: the id never stands for anybody else.
    MergedInto(SubjectId),
}

impl SubjectStanding {
    /// The price group, if the subject is in one.
    pub fn price_group(&self) -> Option<&Label> {
        match self {
            Self::InGroup(group) => Some(group),
            Self::Registered | Self::Erased | Self::MergedInto(_) => None,
        }
    }

    /// Whom the subject was merged into, if into anybody.
    pub fn merged_into(&self) -> Option<SubjectId> {
        match self {
            Self::MergedInto(into) => Some(*into),
            Self::Registered | Self::Erased | Self::InGroup(_) => None,
        }
    }
}

/// Why a person at the hub erased somebody. A code, never a text: what is typed freely names people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErasureReason {
    /// The person asked for it (GDPR, article 17).
    CustomerRequest,
    /// The person took their consent back.
    ConsentWithdrawn,
    /// The time is over for which the details may be kept.
    RetentionEnded,
    /// Registered twice, or by mistake.
    EnteredByMistake,
}

impl ErasureReason {
    pub const ALL: [Self; 4] =
        [Self::CustomerRequest, Self::ConsentWithdrawn, Self::RetentionEnded, Self::EnteredByMistake];
}

/// As it is typed and shown.
impl fmt::Display for ErasureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CustomerRequest => "customer-request",
            Self::ConsentWithdrawn => "consent-withdrawn",
            Self::RetentionEnded => "retention-ended",
            Self::EnteredByMistake => "entered-by-mistake",
        })
    }
}

/// What led to an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErasureCause {
    /// A person who may erase decided it.
    Person { staff: StaffId, reason: ErasureReason },
    /// An earlier hub of this store had erased the subject in a history that this hub does not continue.
    EarlierHub,
}
