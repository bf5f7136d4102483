//! A load against a hub that decides by the rules of the shop and loses replies: both books must be the same.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use holdfast_journal::MemoryStorage;
use holdfast_protocol::message::Pin;
use tokio::sync::watch;

use super::{Desk, Load, drive};
use crate::client::{Address, Connection, Pace, Till};
use crate::deciding_hub::{DecidingHub, PIN, STAFF, assortment};
use crate::fake_hub::{WITHIN, identity};

async fn desk(hub: &DecidingHub) -> Desk {
    let connection = Connection {
        identity: identity(),
        address: Address::plain(hub.hub.port),
        snapshots: Arc::new(hub.hub.clone()),
        pace: Pace {
            resend_after: Duration::from_millis(20),
            resend_cap: Duration::from_millis(40),
            reconnect_base: Duration::from_millis(5),
            ..Pace::default()
        },
        storage: Arc::new(MemoryStorage::new()),
        outbox: "till/outbox".into(),
    };
    let till = Till::connect(connection).await.unwrap();
    till.ready(WITHIN).await.unwrap();
    Desk { till, products: assortment(), data: "till".into(), api: None }
}

fn load(time: Duration, report: Option<std::path::PathBuf>) -> Load {
    Load {
        folders: Vec::new(),
        staff: STAFF,
        pin: Pin(PIN.to_owned()),
        time,
        every: Duration::ZERO,
        seed: 7,
        drain: WITHIN,
        report,
        answers: None,
        electronic: None,
    }
}

#[tokio::test]
async fn what_the_till_wrote_down_is_what_the_hub_did_though_replies_and_connections_were_lost() {
    let hub = DecidingHub::start(assortment(), Some(23)).await;
    let desk = desk(&hub).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("report.json");
    let (stop, told) = watch::channel(false);
    let (watched, cut) = (hub.done.clone(), hub.hub.clone());
    // The connection goes once, and the load ends when enough has happened.
    let watcher = tokio::spawn(async move {
        let mut cut_once = false;
        loop {
            let transactions = watched.lock().unwrap().books.transactions;
            if transactions > 100 && !cut_once {
                cut.hang_up();
                cut_once = true;
            }
            if transactions > 400 {
                stop.send_replace(true);
                stop.closed().await;
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let wanted = load(Duration::from_secs(60), Some(file.clone()));
    let report = drive(&wanted, vec![desk], told, &mut |_| {}).await.unwrap();
    watcher.abort();
    assert!(report.complete);
    assert_eq!(report.unanswered, 0);
    assert_eq!(report.rejected, std::collections::BTreeMap::new());
    let done = hub.done.lock().unwrap();
    let stock: HashMap<String, i64> =
        report.books.stock.iter().filter(|(_, q)| **q != 0).map(|(sku, q)| (sku.clone(), *q)).collect();
    assert_eq!(stock, hub.on_hand());
    let without_stock =
        |books: &crate::books::Books| crate::books::Books { stock: Default::default(), ..books.clone() };
    assert_eq!(without_stock(&report.books), without_stock(&done.books));
    assert!(report.books.sales > 100 && report.books.returns > 0, "{:?}", report.books);
    assert!(report.resent > 0, "lost replies were asked for again");
    let till = &report.tills[0];
    assert_eq!(till.connections, 2);
    assert_eq!(till.receipts.iter().collect::<BTreeSet<_>>().len() as u64, report.books.transactions);
    let written: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(written["complete"], true);
    assert_eq!(written["transactions"], report.books.transactions);
    assert_eq!(written["tills"][0]["gross_minor"], report.books.gross_minor);
}

#[tokio::test]
async fn the_shift_changes_once_in_the_middle() {
    let hub = DecidingHub::start(assortment(), None).await;
    let desk = desk(&hub).await;
    let (_stop, told) = watch::channel(false);
    let report = drive(&load(Duration::from_secs(2), None), vec![desk], told, &mut |_| {}).await.unwrap();
    assert!(report.complete);
    let done = hub.done.lock().unwrap();
    let asked = |what: &str| {
        // A request that was sent again is the same request.
        let requests: BTreeSet<&Vec<u8>> = done.requests.iter().collect();
        requests.iter().filter(|request| String::from_utf8_lossy(request).contains(what)).count()
    };
    assert_eq!((asked("\"open_shift\""), asked("\"close_shift\"")), (2, 1));
    assert_eq!(hub.hub.state.lock().unwrap().last_z, 1);
}

#[tokio::test]
async fn a_wrong_pin_ends_the_load_with_the_hubs_words() {
    let hub = DecidingHub::start(assortment(), None).await;
    let desk = desk(&hub).await;
    let (_stop, told) = watch::channel(false);
    let wrong = Load { pin: Pin("0000".into()), ..load(Duration::from_secs(30), None) };
    let error = drive(&wrong, vec![desk], told, &mut |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("HF-CMD-102"), "{error}");
}
