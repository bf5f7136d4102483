//! One newtype per kind of id. All are UUIDs (version 7, RFC 9562); who starts a thing mints its id.

use std::fmt;
use std::str::FromStr;

pub use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.hyphenated(), f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// One shop with its own stock, tills and business day. Minted by the cloud.
    StoreId,
    /// One installation of the hub's software on one disk. Minted by the hub.
    HubId,
    /// One unbroken run of a store's journal. Minted by the hub at its first start and at every restore.
    EpochId,
    /// One till. Minted by the hub at pairing.
    TerminalId,
    /// One request of a till: the idempotency key. Minted by the till and persisted before it is sent.
    CommandId,
    /// What a customer wants; may live for weeks and across tills. Minted by the till.
    OrderId,
    /// Accountability for one drawer from float to count. Minted by the till.
    ShiftId,
    /// A member of staff. Minted by the hub.
    StaffId,
    /// A person whose details are kept elsewhere, encrypted; the only trace of them in the journal.
    SubjectId,
    /// One count of stock. Minted by the till that starts it.
    CountId,
    /// One end of a payment device's day. It is started by one command of a till and carries that command's id.
    ReconciliationId,
}

/// What happened once at a till. It is started by exactly one command and carries that command's id; where a command starts
/// two, the other one is the first's [`TransactionId::counterpart`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId(pub CommandId);

/// A bit of a UUID's random part that no generator counts in.
const COUNTERPART_BIT: u128 = 1 << 61;

impl TransactionId {
    /// The other transaction of the same command, such as what came back in an exchange. Its counterpart is this one.
    pub fn counterpart(self) -> Self {
        Self(CommandId(Uuid::from_u128(self.0.0.as_u128() ^ COUNTERPART_BIT)))
    }
}

impl ShiftId {
    /// The paper of its Z. What becomes of it is settled under this.
    pub fn document(self) -> TransactionId {
        TransactionId(CommandId(self.0))
    }
}

/// One attempt to move money with a device. It is started by one command of a till and carries that command's id; an approval
/// that has to go back by itself begins its [`AttemptId::counterpart`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub CommandId);

impl AttemptId {
    /// The attempt that gives the money of this one back without anybody asking for it.
    pub fn counterpart(self) -> Self {
        Self(TransactionId(self.0).counterpart().0)
    }

    /// The slip that is signed for it. What becomes of its paper is settled under this.
    pub fn document(self) -> TransactionId {
        TransactionId(self.0)
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttemptId({})", self.0)
    }
}

impl FromStr for AttemptId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        CommandId::from_str(text).map(Self)
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransactionId({})", self.0)
    }
}

impl FromStr for TransactionId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        CommandId::from_str(text).map(Self)
    }
}
