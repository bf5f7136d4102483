//! Attempts to move money with a device or a gateway: card terminals and wallets. The intent is durable before the device
//! hears of it, and an outcome that nobody knows is a standing of its own.

use holdfast_money::Money;

use crate::bounded::{CardEnding, CardWord, DeviceName, Label, PoiMark, PoiReference, Reason, TenderCode};
use crate::calendar::Timestamp;
use crate::event::Stamp;
use crate::ids::{AttemptId, EpochId, OrderId, StaffId, TransactionId};
use crate::receipt::TillNumber;
use crate::tender::{ElectronicTender, TenderKind};

/// Stands for the device's own reference where a person said what became of a payment.
pub const BY_HAND: &str = "by-hand";
/// Stands for what a device said last before an attempt where the hub that knew it is gone.
pub const LOST_MARK: &str = "?";
/// The most payment devices of a store.
pub const DEVICES_MAX: usize = 64;

/// Something in the store, or a gateway outside, that takes money electronically.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentDevice {
    pub name: DeviceName,
    /// The tender type that it takes.
    pub tender: TenderCode,
    /// The tills whose own it is; none for one that all tills share.
    pub tills: Vec<TillNumber>,
    pub turn: Turn,
    pub refunds: RefundMeans,
    /// It can undo a whole payment before its day ends.
    pub reverses: bool,
    /// It takes no real money.
    pub simulated: bool,
}

/// How many attempts a device takes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Turn {
    /// A terminal on the counter: the next waits until the one before is known.
    OneAtATime,
    /// A gateway.
    Many,
}

/// With what a device gives money back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefundMeans {
    None,
    /// By the payment that it came with, at the same device.
    ByOriginal,
    /// With the card at hand, at any device that takes cards.
    WithCard,
}

/// What is wrong with a list of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeviceListFault {
    #[error("it has more than {DEVICES_MAX} devices")]
    TooMany,
    #[error("a name is there twice")]
    NameTwice,
}

/// # Errors
/// [`DeviceListFault`], the first that is found.
pub fn check_devices(devices: &[PaymentDevice]) -> Result<(), DeviceListFault> {
    if devices.len() > DEVICES_MAX {
        return Err(DeviceListFault::TooMany);
    }
    let mut names = std::collections::BTreeSet::new();
    if devices.iter().all(|device| names.insert(&device.name)) {
        Ok(())
    } else {
        Err(DeviceListFault::NameTwice)
    }
}

/// What money moves for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// For an order: what is held for it pays for its sale, with whatever else is given.
    Sale { order: OrderId },
    /// Back to what a sale was paid with, before its goods are taken back.
    Refund { sale: TransactionId, original: AttemptId, transaction: PoiReference, means: GivesBack },
    /// An approval that is no part of any sale goes back.
    Reversal { of: AttemptId, transaction: PoiReference, means: GivesBack },
}

/// How money goes back (nexo: ReversalRequest, or a payment of the type Refund).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GivesBack {
    /// The payment is undone as a whole.
    Reversal,
    Refund,
}

/// What a till asks a device for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartTender {
    /// The epoch of the hub that the till asks. Another hub may have let it leave already: this one then only asks the
    /// device.
    pub epoch: EpochId,
    pub asked: AskedTender,
    /// Positive, tip included.
    pub amount: Money,
    /// What of it is a tip.
    pub tip: Option<Money>,
    /// None for the till's own device of that tender, or the shared one.
    pub device: Option<DeviceName>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskedTender {
    /// The customer pays for an order.
    Pay { order: OrderId, code: TenderCode },
    /// What `original` paid for a sale goes back.
    Refund { sale: TransactionId, original: AttemptId },
}

/// What is kept of a card: never its number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CardFacts {
    pub scheme: Option<CardWord>,
    pub last_four: Option<CardEnding>,
    pub entry: Option<CardEntry>,
    pub wallet: Option<CardWord>,
    /// The application identifier of the chip, hexadecimal.
    pub aid: Option<CardWord>,
    pub auth_code: Option<CardWord>,
    pub token: Option<PoiReference>,
}

/// How the card came to the terminal (nexo: EntryMode).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CardEntry {
    Chip,
    Contactless,
    MagneticStripe,
    Mobile,
    QrCode,
    /// No card was there, as for a refund by reference.
    ByReference,
}

impl CardEntry {
    /// The word on receipts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chip => "chip",
            Self::Contactless => "contactless",
            Self::MagneticStripe => "magnetic stripe",
            Self::Mobile => "mobile",
            Self::QrCode => "QR code",
            Self::ByReference => "by reference",
        }
    }
}

/// Money moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// What really moved, tip included; less than was asked for is a partial approval.
    pub amount: Money,
    /// What of it is a tip; zero for none.
    pub tip: Money,
    /// By what the device finds it again.
    pub transaction: PoiReference,
    pub card: CardFacts,
    /// The customer has to sign.
    pub signature: bool,
}

/// Why no money moved (nexo: ErrorCondition).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeclineReason {
    Aborted,
    Busy,
    Cancel,
    DeviceOut,
    InvalidCard,
    NotAllowed,
    NotFound,
    Refusal,
    UnreachableHost,
    WrongPin,
    /// It never left the hub.
    NotSent,
    /// A hub before this one gave it back already.
    GivenBack,
}

impl DeclineReason {
    pub const ALL: [Self; 12] = [
        Self::Aborted,
        Self::Busy,
        Self::Cancel,
        Self::DeviceOut,
        Self::InvalidCard,
        Self::NotAllowed,
        Self::NotFound,
        Self::Refusal,
        Self::UnreachableHost,
        Self::WrongPin,
        Self::NotSent,
        Self::GivenBack,
    ];
}

/// As a cashier reads it: "the payment was …".
impl std::fmt::Display for DeclineReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Aborted => "stopped by the till",
            Self::Busy => "not begun, the terminal is busy",
            Self::Cancel => "stopped at the terminal",
            Self::DeviceOut => "not begun, the terminal is out of order",
            Self::InvalidCard => "refused, the card cannot be used here",
            Self::NotAllowed => "not begun, the terminal does not do that",
            Self::NotFound => "never received by the terminal",
            Self::Refusal => "refused by the bank",
            Self::UnreachableHost => "not made, the terminal has no connection to its bank",
            Self::WrongPin => "refused, the PIN was wrong",
            Self::NotSent => "not begun, the terminal could not be reached",
            Self::GivenBack => "given back by the hub before this one",
        })
    }
}

/// What a device said of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenderOutcome {
    Approved(Box<Approval>),
    /// The device approved by itself, without its acquirer (nexo: OnlineFlag is false). `at` is when it was heard.
    ApprovedOffline {
        approval: Box<Approval>,
        at: Timestamp,
    },
    Declined(DeclineReason),
    /// Nobody knows; `cause` is the code of what went wrong.
    InDoubt {
        cause: Label,
    },
}

/// What a person says of an attempt whose device cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TenderVerdict {
    /// The device's own receipt or journal shows the payment.
    Charged,
    NotCharged,
    /// The money was given back to the customer in another way.
    GivenBack,
}

/// Where an attempt is. What is closed stays in memory until the shift that began it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptStanding {
    /// Durable, and not a byte of it has left.
    Started,
    /// It may have left: only the device knows.
    Sent {
        mark: PoiMark,
    },
    /// The device could not say.
    InDoubt {
        mark: PoiMark,
    },
    /// A person said that nothing was charged, and the device is still asked.
    Disowned {
        mark: PoiMark,
    },
    /// Money moved, and it belongs to no transaction yet.
    Held(Box<Approval>),
    /// It goes back.
    Reversing {
        approval: Box<Approval>,
        by: AttemptId,
    },
    /// It belongs to no transaction and could not be given back: a person has to.
    Unclaimed(Box<Approval>),
    Declined(DeclineReason),
    /// It is part of a transaction.
    Taken {
        transaction: TransactionId,
    },
    /// It went back, and counts for nothing.
    GivenBack,
}

/// One attempt to move money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub id: AttemptId,
    /// Of whoever began it.
    pub stamp: Stamp,
    pub purpose: Purpose,
    pub code: TenderCode,
    pub device: DeviceName,
    /// Positive, whichever way it goes, tip included.
    pub amount: Money,
    /// What of it is a tip; zero for none.
    pub tip: Money,
    pub standing: AttemptStanding,
}

impl Attempt {
    /// Whether the device is, or may be, at it.
    pub fn is_under_way(&self) -> bool {
        matches!(self.standing, AttemptStanding::Started | AttemptStanding::Sent { .. })
    }

    /// Whether its device takes nothing else before it is known what became of it.
    pub fn occupies_device(&self) -> bool {
        self.is_under_way() || matches!(self.standing, AttemptStanding::InDoubt { .. })
    }

    /// Whether nothing can happen to it any more.
    pub fn is_closed(&self) -> bool {
        matches!(
            self.standing,
            AttemptStanding::Declined(_) | AttemptStanding::Taken { .. } | AttemptStanding::GivenBack
        )
    }

    /// Whether somebody has to look at it: a shift's Z lists it.
    pub fn needs_a_person(&self) -> bool {
        !self.is_closed() && !matches!(self.standing, AttemptStanding::Disowned { .. })
    }

    /// What the device said when money moved.
    pub fn approval(&self) -> Option<&Approval> {
        match &self.standing {
            AttemptStanding::Held(approval)
            | AttemptStanding::Reversing { approval, .. }
            | AttemptStanding::Unclaimed(approval) => Some(approval),
            _ => None,
        }
    }

    /// The stored form of the tender that it is, by what was approved.
    pub fn tender(&self, approval: &Approval) -> TenderKind {
        TenderKind::Electronic(Box::new(ElectronicTender {
            code: self.code.clone(),
            attempt: self.id,
            device: self.device.clone(),
            transaction: approval.transaction.clone(),
            card: approval.card.clone(),
        }))
    }

    /// The order that it pays for.
    pub fn order(&self) -> Option<OrderId> {
        match self.purpose {
            Purpose::Sale { order } => Some(order),
            Purpose::Refund { .. } | Purpose::Reversal { .. } => None,
        }
    }
}

/// One attempt that a shift leaves behind, in its Z.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTender {
    pub attempt: AttemptId,
    pub code: TenderCode,
    pub amount: Money,
    pub state: OpenTenderState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpenTenderState {
    /// Nobody knows yet whether money moved.
    InDoubt,
    /// Money moved and belongs to no transaction yet.
    Held,
    /// It goes back, or a person has to give it back.
    ToGiveBack,
}

impl Attempt {
    /// As a Z lists it.
    pub fn open(&self) -> Option<OpenTender> {
        let state = match self.standing {
            AttemptStanding::Started | AttemptStanding::Sent { .. } | AttemptStanding::InDoubt { .. } => {
                OpenTenderState::InDoubt
            }
            AttemptStanding::Held(_) => OpenTenderState::Held,
            AttemptStanding::Reversing { .. } | AttemptStanding::Unclaimed(_) => OpenTenderState::ToGiveBack,
            _ => return None,
        };
        Some(OpenTender { attempt: self.id, code: self.code.clone(), amount: self.amount, state })
    }
}

/// Who said what became of an attempt in the device's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overruling {
    pub verdict: TenderVerdict,
    pub approver: Option<StaffId>,
    pub reason: Reason,
}
