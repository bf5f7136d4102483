//! The cash drawers, the first payment device: opened when a transaction with cash is durable, never waited for.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_devices::drawer::{Drawer, Opening};
use holdfast_devices::payment::CashDrawer;
use holdfast_domain::receipt::TillNumber;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;

use crate::house::{House, get, put};

/// Openings that may be under way at once; a drawer that does not answer must not hold up the others for ever.
const OPENINGS_MAX: usize = 32;

#[derive(Debug)]
pub(crate) enum Message {
    Open(TillNumber),
    Opened(String, Opening),
    Observe(RpcReplyPort<Observation>),
}

/// What the drawers show of themselves, by printer.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Observation {
    pub opened: BTreeMap<String, u64>,
    pub not_opened: BTreeMap<String, u64>,
    pub last_fault: Option<String>,
    pub skipped: u64,
    under_way: usize,
}

pub(crate) struct Drawers {
    pub house: Arc<House>,
}

pub(crate) fn open(house: &House, till: TillNumber) {
    if let Some(drawers) = get(&house.drawers) {
        let _ = drawers.cast(Message::Open(till));
    }
}

#[ractor::async_trait]
impl Actor for Drawers {
    type Msg = Message;
    type State = Observation;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<Observation, ActorProcessingErr> {
        put(&self.house.drawers, myself);
        Ok(Observation::default())
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        seen: &mut Observation,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Open(till) => {
                let Some(index) = crate::printer::of_till(&self.house.printers, till) else { return Ok(()) };
                if seen.under_way >= OPENINGS_MAX {
                    seen.skipped += 1;
                    return Ok(());
                }
                seen.under_way += 1;
                let setup = &self.house.printers[index];
                let (name, pulse) = (setup.name.clone(), setup.drawer_pulse);
                let drawer = CashDrawer::new(Drawer::new(Arc::clone(&setup.device), pulse));
                tokio::spawn(async move {
                    let opening = drawer.open().await;
                    let _ = myself.cast(Message::Opened(name, opening));
                });
            }
            Message::Opened(name, opening) => {
                seen.under_way = seen.under_way.saturating_sub(1);
                match opening {
                    Opening::Opened => *seen.opened.entry(name).or_default() += 1,
                    Opening::NotOpened { reason } | Opening::Unknown { reason } => {
                        *seen.not_opened.entry(name).or_default() += 1;
                        seen.last_fault = Some(format!("{}: {reason}", reason.code()));
                    }
                }
            }
            Message::Observe(reply) => {
                let _ = reply.send(seen.clone());
            }
        }
        Ok(())
    }
}
