//! Keeps the active catalog for readers and tells the tills about each new version.

use std::sync::Arc;

use bytes::Bytes;
use holdfast_domain::catalog::Catalog;
use holdfast_protocol::message::CatalogMessage;
use holdfast_protocol::topics::Stream;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;

use crate::house::{House, get, put};

#[derive(Debug)]
pub(crate) enum Message {
    Activated(Arc<Catalog>),
    Observe(RpcReplyPort<Observation>),
}

/// What the catalog actor shows of itself.
#[derive(Debug, Clone, Serialize)]
pub struct Observation {
    pub version: u64,
    pub products: usize,
}

pub(crate) struct CatalogKeeper {
    pub house: Arc<House>,
}

/// The record that names this version is synced.
pub(crate) fn activate(house: &House, catalog: Arc<Catalog>) {
    house.catalog.send_replace(Arc::clone(&catalog));
    if let Some(keeper) = get(&house.catalog_actor) {
        let _ = keeper.cast(Message::Activated(catalog));
    }
}

#[ractor::async_trait]
impl Actor for CatalogKeeper {
    type Msg = Message;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<(), ActorProcessingErr> {
        put(&self.house.catalog_actor, myself);
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Activated(catalog) => {
                let mut content_hash = None;
                self.house.store.with_state(&mut |state| {
                    if state.catalog_version == catalog.version() {
                        content_hash = state.catalog_hash;
                    }
                });
                let message = CatalogMessage {
                    version: catalog.version(),
                    content_hash,
                    products: u32::try_from(catalog.products().len()).unwrap_or(u32::MAX),
                };
                let payload = serde_json::to_vec(&message).expect("a catalog message has a JSON form");
                self.house.link.publish(Stream::Catalog, Bytes::from(payload));
            }
            Message::Observe(reply) => {
                let catalog = self.house.catalog.borrow().clone();
                let _ = reply
                    .send(Observation { version: catalog.version(), products: catalog.products().len() });
            }
        }
        Ok(())
    }
}
