//! What a clerk does at a card terminal or wallet: asks for the money, waits until somebody knows, and never asks twice.

use std::time::Duration;

use holdfast_domain::attempt::{AskedTender, StartTender};
use holdfast_domain::bounded::TenderCode;
use holdfast_domain::ids::{AttemptId, EpochId, OrderId, TransactionId};
use holdfast_money::Money;
use holdfast_protocol::message::{Summary, TenderState};
use tokio::time::Instant;

use crate::error::TillError;
use crate::hub_api::HubApi;

/// How often the hub is asked how a payment stands.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a customer is waited for.
const WAITED_MAX: Duration = Duration::from_secs(120);
/// After so many refusals in a row this till has no device that could be asked.
const REFUSALS_MAX: u32 = 3;

/// What a device took or gave back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    pub attempt: AttemptId,
    pub amount: Money,
}

/// What became of asking a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AtDevice {
    Took(Taken),
    TookNothing,
    /// It is in doubt, or nobody has said anything for too long.
    Unknown,
}

/// The devices of a till, as far as its clerk knows them.
#[derive(Debug)]
pub(super) struct Devices {
    api: HubApi,
    code: TenderCode,
    /// How many of a thousand customers want to pay there.
    pub permille: u64,
    refusals: u32,
}

impl Devices {
    pub fn new(api: HubApi, code: TenderCode, permille: u64) -> Self {
        Self { api, code, permille, refusals: 0 }
    }

    pub fn pay(&self, epoch: EpochId, order: OrderId, amount: Money) -> StartTender {
        let asked = AskedTender::Pay { order, code: self.code.clone() };
        StartTender { epoch, asked, amount, tip: None, device: None }
    }

    pub fn give_back(&self, epoch: EpochId, sale: TransactionId, taken: &Taken) -> StartTender {
        let asked = AskedTender::Refund { sale, original: taken.attempt };
        StartTender { epoch, asked, amount: taken.amount, tip: None, device: None }
    }

    /// Waits for what becomes of a payment that was begun. `answer` is none where the hub said no.
    ///
    /// # Errors
    /// Whatever keeps the hub from answering, but for a while of silence, in which the payment goes on.
    pub async fn wait(&mut self, answer: Option<&Summary>) -> Result<AtDevice, TillError> {
        let Some(Summary::TenderStarted { attempt, .. }) = answer else {
            self.refusals += 1;
            if self.refusals >= REFUSALS_MAX {
                self.permille = 0;
            }
            return Ok(AtDevice::TookNothing);
        };
        self.refusals = 0;
        let until = Instant::now() + WAITED_MAX;
        while Instant::now() < until {
            // A hub that is away for a while has it in its journal.
            if let Ok(page) = self.api.tender(*attempt).await {
                match page.tender.state {
                    TenderState::Approved { amount, .. } => {
                        return Ok(AtDevice::Took(Taken { attempt: *attempt, amount }));
                    }
                    TenderState::Declined { .. } => return Ok(AtDevice::TookNothing),
                    TenderState::Started | TenderState::UnderWay | TenderState::InDoubt { .. } => {}
                    _ => return Ok(AtDevice::Unknown),
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(AtDevice::Unknown)
    }
}
