//! What devices do, as a till sees it: on `…/event` while it happens, and by `GET /api/v1/till/tender` at any time.

use holdfast_domain::attempt::{Approval, Attempt, AttemptStanding, CardFacts, DeclineReason, Purpose};
use holdfast_domain::bounded::{DeviceName, TenderCode};
use holdfast_domain::ids::{AttemptId, OrderId, TransactionId};
use holdfast_money::Money;
use serde::{Deserialize, Serialize};

use crate::wire::plain;

/// Hub → that till, on `…/event`: what happens at a device, numbered without a gap while the hub runs. A till that misses
/// a number asks with `GET /api/v1/till/tender`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TillEvent {
    /// Of this till's events since the hub started, from 1.
    #[serde(with = "plain")]
    pub number: u64,
    #[serde(with = "plain")]
    pub attempt: AttemptId,
    pub news: TenderNews,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TenderNews {
    /// For show only: some may be missing, and none decides anything.
    Step(TenderStep),
    /// Durable at `seq` of the hub's journal.
    Standing {
        #[serde(with = "plain")]
        seq: u64,
        tender: Box<TenderView>,
    },
}

/// What happens at the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TenderStep {
    Connecting,
    PresentCard,
    EnterPin,
    CustomerChooses,
    Authorising,
    RemoveCard,
    /// The customer reads this text as a QR code.
    ShowQr {
        text: String,
    },
    /// The device's own words.
    Says {
        text: String,
    },
}

/// One attempt to move money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenderView {
    #[serde(with = "plain")]
    pub attempt: AttemptId,
    /// The order that it pays for; none for what goes back.
    #[serde(with = "plain")]
    pub order: Option<OrderId>,
    #[serde(with = "plain")]
    pub code: TenderCode,
    #[serde(with = "plain")]
    pub device: DeviceName,
    /// As it was asked for: positive, tip included.
    #[serde(with = "plain")]
    pub amount: Money,
    pub state: TenderState,
}

/// Where it is. `text` is for the cashier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TenderState {
    /// Nothing has left the hub yet.
    Started,
    /// The device is at it.
    UnderWay,
    /// Nobody knows what became of it. The hub goes on asking.
    InDoubt {
        text: String,
    },
    /// A person said that nothing was charged. The hub goes on asking.
    Disowned,
    /// Money moved, and it is part of no transaction yet.
    Approved {
        #[serde(with = "plain")]
        amount: Money,
        #[serde(with = "plain")]
        tip: Money,
        #[serde(with = "plain")]
        card: CardFacts,
        signature: bool,
    },
    Declined {
        #[serde(with = "plain")]
        reason: DeclineReason,
        text: String,
    },
    /// It goes back.
    GoesBack,
    /// A person has to give it back.
    Unclaimed {
        text: String,
    },
    Taken {
        #[serde(with = "plain")]
        transaction: TransactionId,
    },
    GivenBack,
}

impl TenderView {
    pub fn of(attempt: &Attempt) -> Self {
        let order = match attempt.purpose {
            Purpose::Sale { order } => Some(order),
            Purpose::Refund { .. } | Purpose::Reversal { .. } => None,
        };
        Self {
            attempt: attempt.id,
            order,
            code: attempt.code.clone(),
            device: attempt.device.clone(),
            amount: attempt.amount,
            state: TenderState::of(&attempt.standing, &attempt.device),
        }
    }
}

impl TenderState {
    fn of(standing: &AttemptStanding, device: &DeviceName) -> Self {
        match standing {
            AttemptStanding::Started => Self::Started,
            AttemptStanding::Sent { .. } => Self::UnderWay,
            AttemptStanding::InDoubt { .. } => Self::InDoubt {
                text: format!(
                    "{device} did not say whether the customer was charged; look at its screen and its last receipt. The \
                     customer can pay another way, and what was charged all the same goes back"
                ),
            },
            AttemptStanding::Disowned { .. } => Self::Disowned,
            AttemptStanding::Held(approval) => Self::approved(approval),
            AttemptStanding::Reversing { .. } => Self::GoesBack,
            AttemptStanding::Unclaimed(_) => Self::Unclaimed {
                text: format!(
                    "{device} took money that no sale needs and cannot give it back by itself; refund it at the terminal or \
                     in cash, and record that with a second person"
                ),
            },
            AttemptStanding::Declined(reason) => {
                Self::Declined { reason: *reason, text: format!("the payment was {reason}") }
            }
            AttemptStanding::Taken { transaction } => Self::Taken { transaction: *transaction },
            AttemptStanding::GivenBack => Self::GivenBack,
        }
    }

    fn approved(approval: &Approval) -> Self {
        Self::Approved {
            amount: approval.amount,
            tip: approval.tip,
            card: approval.card.clone(),
            signature: approval.signature,
        }
    }
}
