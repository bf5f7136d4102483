//! The devices at the counter that are no till's own program: what a scanner read and what a scale shows goes to the tills
//! beside it, and what a till asks of its scale goes there.
//!
//! Invariants: nothing of it is journaled, and nothing waits for a till; a till hears of the devices beside it only.

pub(crate) mod words;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use holdfast_devices::document::Document;
use holdfast_devices::scale::ScaleFault;
use holdfast_domain::State;
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::ids::{TerminalId, TransactionId};
use holdfast_domain::receipt::TillNumber;
use holdfast_protocol::message::{CounterEvent, CounterNews, ScaleView, ScannerView};
use holdfast_protocol::till_api::{ScaleAnswer, ScaleAsk};
use holdfast_store::StoreError;
use ractor::rpc::CallResult;
use tokio::task::JoinHandle;

use crate::house::{House, get};
use crate::printer::document;

/// How long a view of a device may take: it is kept, so nobody waits for the device itself.
const VIEW_DEADLINE: Duration = Duration::from_millis(500);
/// How long a scale may take over a request, with those that wait in front of it.
const ASK_DEADLINE: Duration = Duration::from_secs(20);
/// A till that had no room, or was not there, is told how its devices are after so long again.
pub(crate) const TELL_AGAIN: Duration = Duration::from_secs(1);
/// How long the task beside an actor waits until the actor has taken one thing. It hands over one at a time, so that
/// nothing piles up in front of an actor that is busy.
pub(crate) const HAND_OVER_WITHIN: Duration = Duration::from_secs(5);

/// Why a scale did not do what a till asked for.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CounterError {
    #[error("there is no such scale at this till")]
    NoScale,
    #[error("too many ask the scale at once; ask again")]
    Busy,
    #[error("the scale's actor is not there now; ask again")]
    Unavailable,
    #[error(transparent)]
    Fault(#[from] ScaleFault),
}

/// A task that ends with whoever holds it.
#[derive(Debug)]
pub(crate) struct Task(pub JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The till that has a number now.
pub(crate) fn terminal_of(house: &House, number: TillNumber) -> Option<TerminalId> {
    let mut found = None;
    house.store.with_state(&mut |state| {
        found = state.tills.values().find(|till| till.number == number).map(|till| till.terminal);
    });
    found
}

pub(crate) fn number_of(house: &House, terminal: TerminalId) -> Option<TillNumber> {
    let mut found = None;
    house.store.with_state(&mut |state| {
        found = state.tills.get(&terminal).map(|till| till.number);
    });
    found
}

/// Shows a till what is so at this moment. False where it is not there, or does not keep up.
pub(crate) fn show(house: &House, till: TillNumber, counter: CounterNews) -> bool {
    let Some(terminal) = terminal_of(house, till) else { return false };
    let payload = serde_json::to_vec(&CounterEvent { counter }).expect("every event has a JSON form");
    house.link.show(terminal, Bytes::from(payload))
}

/// Asks the devices beside a till.
#[derive(Debug, Clone)]
pub struct CounterHandle {
    pub(crate) house: Arc<House>,
}

impl CounterHandle {
    /// A transaction as it would stand on paper, the original's form. None where no record of it can be read. Blocking.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn paper(&self, transaction: TransactionId) -> Result<Option<Document>, StoreError> {
        let mut state = State::default();
        self.house.store.with_state(&mut |known| state = known.clone());
        let found = crate::printer::read_open(&self.house, &state, &[transaction])?;
        Ok(found.papers.first().map(|open| document(&open.paper, &open.position)))
    }

    /// The scanners and scales beside a till, as they are now. One whose actor is being started again is left out.
    pub async fn beside(&self, terminal: TerminalId) -> (Vec<ScannerView>, Vec<ScaleView>) {
        let house = &self.house;
        let (mut scanners, mut scales) = (Vec::new(), Vec::new());
        let Some(number) = number_of(house, terminal) else { return (scanners, scales) };
        for (setup, slot) in house.scanners.iter().zip(&house.scanning) {
            if setup.till == number
                && let Some(actor) = get(slot)
                && let Ok(CallResult::Success(view)) =
                    actor.call(crate::scanner::Message::View, Some(VIEW_DEADLINE)).await
            {
                scanners.push(view);
            }
        }
        for (setup, slot) in house.scales.iter().zip(&house.weighing) {
            if setup.tills.contains(&number)
                && let Some(actor) = get(slot)
                && let Ok(CallResult::Success(view)) =
                    actor.call(crate::scale::Message::View, Some(VIEW_DEADLINE)).await
            {
                scales.push(view);
            }
        }
        (scanners, scales)
    }

    /// Asks a scale beside the till for something, the till's first one when none is named.
    ///
    /// # Errors
    /// [`CounterError::Fault`] is the scale's own no.
    pub async fn ask_scale(
        &self,
        terminal: TerminalId,
        scale: Option<&DeviceName>,
        ask: ScaleAsk,
    ) -> Result<ScaleAnswer, CounterError> {
        let house = &self.house;
        let number = number_of(house, terminal).ok_or(CounterError::NoScale)?;
        let beside = |setup: &crate::ScaleSetup| {
            setup.tills.contains(&number) && scale.is_none_or(|name| setup.name == *name)
        };
        let index = house.scales.iter().position(beside).ok_or(CounterError::NoScale)?;
        let actor = get(&house.weighing[index]).ok_or(CounterError::Unavailable)?;
        let asked = actor.call(|reply| crate::scale::Message::Ask(ask, reply), Some(ASK_DEADLINE));
        match asked.await {
            Ok(CallResult::Success(weight)) => {
                let setup = &house.scales[index];
                let simulated = setup.device.is_simulated();
                Ok(ScaleAnswer { scale: setup.name.clone(), simulated, weight: weight? })
            }
            _ => Err(CounterError::Unavailable),
        }
    }
}
