//! A till and whoever stands at it. What a till asks is kept before it is sent, is sent as often as it takes until there is an
//! answer, and is given to the hub that comes after this one.
//!
//! So a network that drops, delays, doubles and reorders comes to this: whatever was asked and is not answered may reach the
//! hub at any time and any number of times, and whatever the hub knows may reach the till at any time or never.

use std::collections::BTreeMap;

use holdfast_domain::attempt::{AskedTender, StartTender, TenderVerdict};
use holdfast_domain::ids::{AttemptId, CommandId, EpochId, OrderId, TerminalId, Uuid};
use holdfast_domain::staff::{Approval, PinVerdict, StaffNumber};
use holdfast_domain::{Action, Command};

use crate::ledger::Answer;
use crate::shop::{MANAGER, eur, pay, reason, tender_code};
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::command::Settlement;

/// What the goods of every order cost.
pub const PRICE: &str = "10";
/// How many attempts a till makes for its order.
pub const ATTEMPTS: u8 = 2;
/// How often it pays with what is held.
pub const PAYS: u8 = 2;

/// One command of a till, with a place of its own: what is said twice has two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    Start(u8),
    /// What devices took pays for the order.
    PayHeld(u8),
    /// The customer takes out banknotes instead.
    PayCash,
    /// A manager looked at the terminal's own slip.
    Resolve {
        attempt: u8,
        charged: bool,
    },
}

impl Slot {
    fn place(self) -> u128 {
        match self {
            Self::Start(number) => 1 + u128::from(number),
            Self::PayHeld(number) => 10 + u128::from(number),
            Self::PayCash => 20,
            Self::Resolve { attempt, charged } => 30 + 2 * u128::from(attempt) + u128::from(charged),
        }
    }
}

fn id(terminal: TerminalId, slot: Slot) -> CommandId {
    CommandId(Uuid::from_u128(terminal.0.as_u128() * 0x100 + slot.place()))
}

pub fn attempt(terminal: TerminalId, number: u8) -> AttemptId {
    AttemptId(id(terminal, Slot::Start(number)))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Till {
    pub terminal: TerminalId,
    pub order: OrderId,
    /// What was asked, with the epoch of the hub that was there.
    pub asked: BTreeMap<Slot, EpochId>,
    pub told: BTreeMap<Slot, Answer>,
}

impl std::hash::Hash for Till {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.asked.hash(state);
        for (slot, answer) in &self.told {
            slot.hash(state);
            match answer {
                Answer::Refused(code) => code.hash(state),
                // Names and ids: everything else in them follows from what was asked and what the hub was.
                Answer::Accepted(events) => format!("{events:?}").hash(state),
            }
        }
    }
}

impl Till {
    pub fn at(terminal: TerminalId, order: OrderId) -> Self {
        Self { terminal, order, asked: BTreeMap::new(), told: BTreeMap::new() }
    }

    pub fn id(&self, slot: Slot) -> CommandId {
        id(self.terminal, slot)
    }

    pub fn attempt(&self, number: u8) -> AttemptId {
        attempt(self.terminal, number)
    }

    pub fn has_asked(&self, slot: Slot) -> bool {
        self.asked.contains_key(&slot)
    }

    /// Asked, and not answered yet.
    pub fn waits_for(&self, slot: Slot) -> bool {
        self.asked.contains_key(&slot) && !self.told.contains_key(&slot)
    }

    /// Its customer has gone with a receipt.
    pub fn has_sold(&self) -> bool {
        let paid = |slot: &Slot| matches!(slot, Slot::PayHeld(_) | Slot::PayCash);
        self.told.iter().any(|(slot, answer)| paid(slot) && matches!(answer, Answer::Accepted(_)))
    }

    pub fn command(&self, slot: Slot) -> Command {
        let approval = match slot {
            Slot::Resolve { .. } => {
                Some(Approval { number: StaffNumber(MANAGER), verdict: PinVerdict::Correct })
            }
            Slot::Start(_) | Slot::PayHeld(_) | Slot::PayCash => None,
        };
        let action = match slot {
            Slot::Start(_) => Action::StartTender(StartTender {
                epoch: self.asked[&slot],
                asked: AskedTender::Pay { order: self.order, code: tender_code("terminal") },
                amount: eur(PRICE),
                tip: None,
                device: None,
            }),
            Slot::PayHeld(_) => pay(self.order, &[], Settlement::Full),
            Slot::PayCash => pay(self.order, &[PRICE], Settlement::Full),
            Slot::Resolve { attempt, charged } => Action::ResolveTender {
                attempt: self.attempt(attempt),
                verdict: if charged { TenderVerdict::Charged } else { TenderVerdict::NotCharged },
                reason: reason("looked at the slip"),
            },
        };
        Command {
            id: self.id(slot),
            terminal: self.terminal,
            occurred_at: Timestamp(1_790_000_000_000),
            action,
            approval,
        }
    }
}
