//! `watch`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use holdfast_protocol::message::{OrderChange, OrderMessage, OrdersMessage, TransactionMessage};
use holdfast_terminal::client::LinkState;
use holdfast_terminal::{Folder, Pace, Till, TillEvent};
use tokio::sync::broadcast::error::RecvError;

use super::load::told_to_stop;
use super::terminal::news;

/// Prints what the hub tells its tills, until Ctrl-C.
#[derive(Debug, Args)]
pub struct Watch {
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
}

impl Watch {
    pub async fn run(self) -> Result<()> {
        let (till, api) = Till::open(&Folder::new(&self.data), Pace::default()).await?;
        let (mut events, mut link, mut stop) = (till.events(), till.link(), told_to_stop()?);
        loop {
            tokio::select! {
                _ = stop.changed() => break,
                changed = link.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    let state = link.borrow_and_update().clone();
                    match state {
                        LinkState::Offline { why: Some(why), attempts } => println!("offline ({attempts}): {why}"),
                        LinkState::Offline { why: None, .. } => {}
                        LinkState::Connected => println!("connected"),
                        LinkState::Ready { epoch } => println!("ready, epoch {epoch}"),
                        LinkState::Stopped { why } => {
                            println!("stopped: {why}");
                            break;
                        }
                    }
                }
                event = events.recv() => match event {
                    Ok(event) => show(&event),
                    Err(RecvError::Lagged(missed)) => {
                        println!("{missed} messages were missed here; the stock as it is now:");
                        let (levels, as_of) = api.stock().await?;
                        for level in levels {
                            println!("stock {} {} (record {as_of})", level.sku, level.on_hand);
                        }
                    }
                    Err(RecvError::Closed) => break,
                },
            }
        }
        Ok(till.close().await?)
    }
}

fn show_order(message: &OrdersMessage) {
    let seq = message.seq();
    match message {
        OrdersMessage::Transaction(TransactionMessage { transaction: view, .. }) => {
            let total = view.totals.as_ref().map(|totals| totals.gross.to_string()).unwrap_or_default();
            println!("{:?} {} {total} (record {seq})", view.kind, view.receipt);
        }
        OrdersMessage::Order(OrderMessage { order: view, .. }) => match &view.change {
            OrderChange::Parked { label } => {
                println!("order {} parked as `{label}` by {} (record {seq})", view.order, view.terminal);
            }
            OrderChange::Edited { totals } => {
                println!("order {} costs {} now (record {seq})", view.order, totals.gross);
            }
            OrderChange::Retrieved { .. } => {
                println!("order {} is in the hands of {} (record {seq})", view.order, view.terminal);
            }
        },
    }
}

fn show(event: &TillEvent) {
    match event {
        TillEvent::Snapshot(snapshot) => println!(
            "snapshot {} at record {}, HQ has {}, catalog version {}",
            snapshot.profile.name,
            snapshot.status.head_seq,
            snapshot.status.headquarters_seq,
            snapshot.catalog_version
        ),
        TillEvent::Stock(stock) => {
            for level in &stock.levels {
                println!(
                    "stock {} on hand {} reserved {} available {} (record {})",
                    level.sku, level.on_hand, level.reserved, level.available, stock.seq
                );
            }
        }
        TillEvent::Orders(message) => show_order(message),
        TillEvent::Catalog(catalog) => {
            println!("catalog version {}, {} products", catalog.version, catalog.products)
        }
        TillEvent::Status(status) => println!(
            "status {:?}, record {}, {} wait for HQ, {} tills connected",
            status.hub,
            status.head_seq,
            status.waiting,
            status.tills.iter().filter(|till| till.connected).count()
        ),
        TillEvent::AtDevice(event) => println!("payment {}: {}", event.attempt, news(&event.news)),
        // `counter watch` shows these.
        TillEvent::Counter(_) => {}
        TillEvent::Gap { stream } => println!("a message of {} was missed", stream.name()),
        TillEvent::Offered { id } => println!("the hub took over {id}"),
        TillEvent::OfferWaits { id, code, text } => println!("the hub did not take over {id}: {code} {text}"),
    }
}
