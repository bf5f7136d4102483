//! Tells the truth about the store, to tills and pages: where the journal is, what HQ has, what waits, who is there.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use holdfast_domain::ids::EpochId;
use holdfast_protocol::message::{HubStatus, StatusMessage, TillPresence};
use holdfast_protocol::topics::Stream;
use ractor::{Actor, ActorProcessingErr, ActorRef};

use crate::house::{House, get, put};

/// How often the status goes out when nothing changes.
const STATUS_EVERY: Duration = Duration::from_secs(2);
/// How long changes are gathered before one status tells of them all.
const STATUS_GATHER: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub(crate) enum Message {
    Changed,
    Publish,
}

pub(crate) struct StatusKeeper {
    pub house: Arc<House>,
}

/// Something changed that the status tells.
pub(crate) fn wake(house: &House) {
    if let Some(keeper) = get(&house.status_actor) {
        let _ = keeper.cast(Message::Changed);
    }
}

/// Whether a publication is on its way already.
#[derive(Debug, Default)]
pub(crate) struct Due(bool);

#[ractor::async_trait]
impl Actor for StatusKeeper {
    type Msg = Message;
    type State = Due;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<Due, ActorProcessingErr> {
        put(&self.house.status_actor, myself.clone());
        myself.send_interval(STATUS_EVERY, || Message::Publish);
        myself.cast(Message::Publish)?;
        Ok(Due::default())
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        due: &mut Due,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Changed => {
                if !due.0 {
                    due.0 = true;
                    myself.send_after(STATUS_GATHER, || Message::Publish);
                }
            }
            Message::Publish => {
                due.0 = false;
                if let Some(status) = status(&self.house) {
                    let payload = serde_json::to_vec(&status).expect("a status has a JSON form");
                    self.house.status.send_replace(Some(status));
                    self.house.link.publish(Stream::Status, Bytes::from(payload));
                }
            }
        }
        Ok(())
    }
}

/// The status now; none before the first record.
pub(crate) fn status(house: &House) -> Option<StatusMessage> {
    let head = house.reader.head()?;
    let mark = *house.headquarters.borrow();
    let waiting = head.seq.saturating_sub(mark.durable_through);
    let hub = match (house.uplink.is_some() && mark.reachable, waiting) {
        (true, 0) => HubStatus::Current,
        (true, _) => HubStatus::Behind,
        (false, _) => HubStatus::Alone,
    };
    let present = house.link.present();
    let mut tills = Vec::new();
    house.store.with_state(&mut |state| {
        tills = state
            .tills
            .values()
            .map(|till| TillPresence {
                terminal: till.terminal,
                number: till.number,
                name: till.name.clone(),
                connected: present.contains(&till.terminal),
            })
            .collect();
    });
    tills.sort_by_key(|till| till.number);
    Some(StatusMessage {
        epoch: EpochId(holdfast_domain::ids::Uuid::from_bytes(head.epoch)),
        head_seq: head.seq,
        headquarters_seq: mark.durable_through,
        waiting,
        hub,
        tills,
    })
}
