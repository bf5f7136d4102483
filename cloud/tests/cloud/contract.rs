//! What every database behind the cloud must do, asked of the trait alone. A further backend adds one test at the bottom.

use holdfast_domain::ids::OrderId;
use std::collections::BTreeSet;
use std::future::Future;

use holdfast_cloud::admin::Claim;
use holdfast_cloud::ingest::{Batch, Item};
use holdfast_cloud::model::{ContactRow, ControlRow, ControlState, StoreRow, UserRow};
use holdfast_cloud::store::sqlite::SqliteStore;
use holdfast_cloud::store::{
    Claimed, CloudStore, Ingested, Registered, Scope, StockFilter, TransactionFilter,
};
use holdfast_cloud::stored::{self, Meaning};
use holdfast_cloud::verify::verify;
use holdfast_replication::{BatchHeader, Decision, Epoch, Lane, Parent, Point};
use uuid::Uuid;

use crate::support::{Hub, Stored};

const NOW: i64 = 1_795_856_400_000;

fn store_row(name: &str) -> StoreRow {
    StoreRow {
        store: Uuid::now_v7().to_string(),
        name: name.into(),
        currency: "EUR".into(),
        time_zone: "Europe/Vienna".into(),
        cut_over_minutes: 240,
        prices_include_tax: true,
        legal_name: "Test Trading Ltd".into(),
        address: "1 High Street".into(),
        tax_id: "X1".into(),
    }
}

fn batch(hub: &Hub, from: u64, to: u64) -> Batch {
    let records: Vec<Item> = hub.journal[from as usize - 1..to as usize].iter().map(item).collect();
    let header = BatchHeader {
        epoch: hub.epoch,
        first_seq: from,
        count: records.len() as u32,
        chain_before: hub.hash_at(from - 1),
        chain_after: hub.hash_at(to),
    };
    Batch { hub: hub.hub, lane: Lane::Live, hub_clock_ms: NOW, header, records }
}

fn item(stored: &Stored) -> Item {
    let meaning = match stored::read(&stored.payload) {
        Meaning::Record(record) => Ok(record),
        Meaning::Poison { reason } => Err(reason),
        Meaning::TooNew { version } => panic!("version {version}"),
    };
    Item { epoch: stored.epoch, seq: stored.seq, hash: stored.hash, payload: stored.payload.clone(), meaning }
}

async fn enrolled(db: &dyn CloudStore, name: &str) -> Hub {
    let row = store_row(name);
    db.add_store(&row, NOW).await.unwrap();
    let store: Uuid = row.store.parse().unwrap();
    let hub = Hub::new(&Claim { store, code: String::new(), expires_at_ms: 0 });
    let code = *code_of(name);
    db.add_claim(store, code, NOW + 1).await.unwrap();
    let claimed = db.claim(code, hub.hub, &[1; 32], "0.1.0", NOW).await.unwrap();
    assert_eq!(claimed, Claimed::Enrolled { store: row, next_epoch_order: 1, journal_through: 0 });
    let registered = db.register_epoch(store, hub.hub, hub.epoch, None, NOW).await.unwrap();
    assert_eq!(registered, Registered::Epoch { order: 1, acked_through: 0, forked: false });
    hub
}

/// Thirty-two bytes of a name; any would do.
fn code_of(name: &str) -> Box<[u8; 32]> {
    Box::new(holdfast_protocol::fingerprint(name.as_bytes()))
}

async fn claims(db: &dyn CloudStore) {
    let hub = enrolled(db, "claims").await;
    let code = *code_of("claims");
    let again = db.claim(code, hub.hub, &[1; 32], "0.1.0", NOW + 100).await.unwrap();
    assert!(matches!(again, Claimed::Enrolled { .. }), "the same hub and key, also after the code expired");
    assert_eq!(db.claim(code, Uuid::now_v7(), &[1; 32], "", NOW).await.unwrap(), Claimed::Refused);
    assert_eq!(db.claim([0; 32], hub.hub, &[1; 32], "", NOW).await.unwrap(), Claimed::Refused);
    db.add_claim(hub.store, [5; 32], NOW).await.unwrap();
    assert_eq!(
        db.claim([5; 32], Uuid::now_v7(), &[2; 32], "", NOW).await.unwrap(),
        Claimed::Refused,
        "expired"
    );
    let row = db.hub(hub.store, hub.hub).await.unwrap().unwrap();
    assert_eq!((row.public_key, row.retired), (vec![1; 32], false));
    db.add_claim(hub.store, [6; 32], NOW + 9).await.unwrap();
    let next = Uuid::now_v7();
    assert!(matches!(db.claim([6; 32], next, &[2; 32], "", NOW).await.unwrap(), Claimed::Enrolled { .. }));
    assert!(db.hub(hub.store, hub.hub).await.unwrap().unwrap().retired);
    assert!(!db.hub(hub.store, next).await.unwrap().unwrap().retired);
    assert_eq!(db.hub(Uuid::now_v7(), next).await.unwrap(), None, "hubs belong to their store");
}

async fn ingest(db: &dyn CloudStore) {
    let mut hub = enrolled(db, "ingest").await;
    hub.trade(30);
    let head = hub.journal.len() as u64;
    let mut acked = 0;
    for (from, to) in [(1, 4), (2, 9), (9, 9), (1, head), (head, head)] {
        let answer = db.ingest(hub.store, &batch(&hub, from, to), NOW).await.unwrap();
        let applied = u32::try_from(to.saturating_sub(acked)).unwrap();
        acked = acked.max(to);
        assert_eq!(
            answer,
            Ingested::Accepted { acked_through: acked, applied, quarantined: 0 },
            "{from}..{to}"
        );
    }
    let sold = db.totals(&Scope::All, hub.store).await.unwrap().unwrap();
    assert_eq!((sold.transactions, sold.gross_minor), (30, hub.sold.gross));
    let lines = vec![hub.line(1, "TEA", "Green tea 100 g", 1, 499)];
    hub.sell(lines.clone());
    hub.sell(lines);
    let gap = db.ingest(hub.store, &batch(&hub, head + 2, head + 2), NOW).await.unwrap();
    assert_eq!(gap, Ingested::Refused(Decision::Gap { expected: head + 1 }));
    hub.epoch = Epoch([9; 16]);
    let unknown = db.ingest(hub.store, &batch(&hub, head + 1, head + 2), NOW).await.unwrap();
    assert_eq!(unknown, Ingested::UnknownEpoch);
    let row = db.stores(&Scope::Stores([hub.store].into())).await.unwrap().pop().unwrap();
    let verified = verify(db, &row).await.unwrap();
    assert_eq!((verified.differences, verified.records), (Vec::<String>::new(), head));
    assert!(verified.figures > 60);
}

async fn epochs(db: &dyn CloudStore) {
    let mut hub = enrolled(db, "epochs").await;
    hub.trade(3);
    db.ingest(hub.store, &batch(&hub, 1, 3), NOW).await.unwrap();
    let parent = |epoch, seq| Some(Parent { epoch, point: Point { seq, hash: hub.hash_at(seq) } });
    let register = |epoch: Epoch, parent| db.register_epoch(hub.store, hub.hub, epoch, parent, NOW);
    let [e2, e3, e4] = [Epoch([2; 16]), Epoch([3; 16]), Epoch([4; 16])];
    assert_eq!(register(e2, parent(hub.epoch, 4)).await.unwrap(), Registered::Gap { expected: 4 });
    assert_eq!(
        register(e2, parent(e3, 1)).await.unwrap(),
        Registered::Gap { expected: 1 },
        "an unknown parent"
    );
    let mut lie = parent(hub.epoch, 2).unwrap();
    lie.point.hash = [1; 32];
    let truth = Point { seq: 2, hash: hub.hash_at(2) };
    assert_eq!(register(e2, Some(lie)).await.unwrap(), Registered::Fork { at: truth });
    let second = Registered::Epoch { order: 2, acked_through: 3, forked: false };
    assert_eq!(register(e2, parent(hub.epoch, 3)).await.unwrap(), second);
    assert_eq!(register(e2, parent(hub.epoch, 3)).await.unwrap(), second, "again");
    let third = Registered::Epoch { order: 3, acked_through: 2, forked: true };
    assert_eq!(register(e3, parent(hub.epoch, 2)).await.unwrap(), third, "two heads on one parent");
    assert_eq!(
        register(e4, None).await.unwrap(),
        Registered::Epoch { order: 4, acked_through: 0, forked: true }
    );
    let orders: Vec<u32> = db.epochs(hub.store).await.unwrap().iter().map(|epoch| epoch.order).collect();
    assert_eq!(orders, [1, 2, 3, 4]);
    let line = db.lines(&Scope::Stores([hub.store].into())).await.unwrap().pop().unwrap();
    assert!(line.forked);
}

async fn scopes(db: &dyn CloudStore) {
    let mut own = enrolled(db, "own").await;
    let mut foreign = enrolled(db, "foreign").await;
    for hub in [&mut own, &mut foreign] {
        hub.trade(2);
        let head = hub.journal.len() as u64;
        db.ingest(hub.store, &batch(hub, 1, head), NOW).await.unwrap();
    }
    let scope = Scope::Stores(BTreeSet::from([own.store]));
    let none = Scope::Stores(BTreeSet::new());
    let only_own = |ids: Vec<String>| ids.iter().all(|id| *id == own.store.to_string()) && !ids.is_empty();
    assert!(only_own(db.stores(&scope).await.unwrap().into_iter().map(|row| row.store).collect()));
    assert!(only_own(db.lines(&scope).await.unwrap().into_iter().map(|row| row.store.store).collect()));
    let sales = db.sales(&scope, None, "2026-01-01", "2026-12-31", true).await.unwrap();
    assert!(only_own(sales.into_iter().map(|row| row.store).collect()));
    let filter = TransactionFilter { limit: 500, ..TransactionFilter::default() };
    assert!(only_own(
        db.transactions(&scope, &filter).await.unwrap().into_iter().map(|row| row.store).collect()
    ));
    assert!(db.stores(&none).await.unwrap().is_empty());
    assert!(db.transactions(&none, &filter).await.unwrap().is_empty());
    assert!(db.business_dates(&none, None, 9).await.unwrap().is_empty());
    let filter = StockFilter { limit: 500, ..StockFilter::default() };
    assert!(db.stock(&scope, foreign.store, &filter).await.unwrap().is_empty());
    assert!(db.totals(&scope, foreign.store).await.unwrap().is_none());
    assert!(db.quarantine(&scope, foreign.store, 9).await.unwrap().is_empty());
    let sales = db.sales(&scope, Some(foreign.store), "2026-01-01", "2026-12-31", false).await.unwrap();
    assert!(sales.is_empty());
    let foreign_filter = TransactionFilter { store: Some(foreign.store), limit: 1, before_ms: None };
    let receipt = db.transactions(&Scope::All, &foreign_filter).await.unwrap().pop().unwrap();
    let id: Uuid = receipt.transaction.parse().unwrap();
    assert!(db.receipt(&scope, foreign.store, id).await.unwrap().is_none());
    assert!(db.receipt(&Scope::All, own.store, id).await.unwrap().is_none(), "ids belong to their store");
    assert!(db.receipt(&Scope::All, foreign.store, id).await.unwrap().is_some());
}

async fn contact(db: &dyn CloudStore) {
    let mut hub = enrolled(db, "contact").await;
    hub.trade(3);
    let lines = vec![hub.line(1, "TEA", "Green tea 100 g", 1, 499)];
    // One that is given up before it is paid is a transaction too, and no turnover.
    let (order, sold) = (OrderId(Uuid::now_v7()), hub.sold);
    let (placed, _, _) = hub.sale_events(order, lines);
    hub.sold = sold;
    hub.append(vec![placed]);
    hub.cancel(order);
    let head = hub.journal.len() as i64;
    let mut beat = ContactRow {
        seen_at_ms: NOW,
        epoch: Uuid::from_bytes(hub.epoch.0).to_string(),
        head_seq: head,
        backlog: head,
        oldest_unsent_ms: Some(NOW - 5),
        tills_up: 1,
        tills_known: 2,
        clock_offset_ms: -3,
        software: "0.1.0".into(),
        control: Some(ControlRow {
            as_of_seq: head,
            transactions: hub.sold.transactions,
            gross_minor: hub.sold.gross,
            net_minor: hub.sold.net,
        }),
        control_state: ControlState::Provisional,
    };
    let state = async || {
        let line = db.lines(&Scope::Stores([hub.store].into())).await.unwrap().pop().unwrap();
        line.contact.unwrap().control_state
    };
    db.heartbeat(hub.store, &beat).await.unwrap();
    assert_eq!(state().await, ControlState::Provisional, "the record is not here yet");
    db.ingest(hub.store, &batch(&hub, 1, head as u64), NOW).await.unwrap();
    assert_eq!(state().await, ControlState::Agreed, "compared when the cursor arrives");
    beat.control.as_mut().unwrap().net_minor -= 1;
    db.heartbeat(hub.store, &beat).await.unwrap();
    assert_eq!(state().await, ControlState::Mismatch);
    beat.control = None;
    db.heartbeat(hub.store, &beat).await.unwrap();
    assert_eq!(state().await, ControlState::Mismatch, "a beat without sums takes nothing back");
}

async fn people(db: &dyn CloudStore) {
    let hub = enrolled(db, "people").await;
    let row = |name: &str| UserRow {
        user: Uuid::now_v7().to_string(),
        name: name.into(),
        password_hash: "hash".into(),
        failures: 0,
        locked_until_ms: 0,
    };
    let (all, one) = (row("all"), row("one"));
    let scope = Scope::Stores(BTreeSet::from([hub.store]));
    assert!(db.add_user(&all, &Scope::All, NOW).await.unwrap());
    assert!(db.add_user(&one, &scope, NOW).await.unwrap());
    assert!(!db.add_user(&row("one"), &Scope::All, NOW).await.unwrap(), "names are taken once");
    assert_eq!(db.user("nobody").await.unwrap(), None);
    db.note_sign_in(&one.user, 3, NOW + 7).await.unwrap();
    let seen = db.user("one").await.unwrap().unwrap();
    assert_eq!((seen.failures, seen.locked_until_ms), (3, NOW + 7));
    db.add_session([1; 32], &all.user, NOW + 10, NOW).await.unwrap();
    db.add_session([2; 32], &one.user, NOW + 10, NOW).await.unwrap();
    assert_eq!(db.session([1; 32], NOW).await.unwrap().unwrap().1, Scope::All);
    assert_eq!(db.session([2; 32], NOW).await.unwrap().unwrap().1, scope);
    assert_eq!(db.session([2; 32], NOW + 10).await.unwrap(), None, "over");
    assert_eq!(db.session([3; 32], NOW).await.unwrap(), None);
    db.end_session([1; 32]).await.unwrap();
    assert_eq!(db.session([1; 32], NOW).await.unwrap(), None);
    db.ready().await.unwrap();
}

/// Runs the whole suite; `open` gives a fresh database each time.
async fn suite<S: CloudStore, F: Future<Output = S>>(open: impl Fn() -> F) {
    claims(&open().await).await;
    ingest(&open().await).await;
    epochs(&open().await).await;
    scopes(&open().await).await;
    contact(&open().await).await;
    people(&open().await).await;
}

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let next = std::sync::atomic::AtomicU32::new(0);
    suite(|| {
        let name = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string();
        let folder = folder.path().join(name);
        async move { SqliteStore::open(&folder).await.unwrap() }
    })
    .await;
}

#[tokio::test]
async fn what_was_tampered_with_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let db = SqliteStore::open(folder.path()).await.unwrap();
    let mut hub = enrolled(&db, "tampered").await;
    hub.trade(3);
    let head = hub.journal.len() as u64;
    db.ingest(hub.store, &batch(&hub, 1, head), NOW).await.unwrap();
    let row = db.stores(&Scope::All).await.unwrap().pop().unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("cloud.db"));
    let raw = sqlx::SqlitePool::connect_with(options).await.unwrap();
    for (statement, names) in [
        ("UPDATE sales_daily SET net = net + 1", "daily/2026-11-28/EUR"),
        ("UPDATE stock SET on_hand = 0 WHERE sku = 'MUG'", "stock/MUG"),
        ("DELETE FROM transactions WHERE seq = 4", "transaction/"),
        ("UPDATE journal SET payload = X'01' WHERE seq = 3", "journal 1.3: the chain is broken"),
    ] {
        sqlx::query(statement).execute(&raw).await.unwrap();
        let verified = verify(&db, &row).await.unwrap();
        assert!(verified.differences.iter().any(|found| found.starts_with(names)), "{names} in {verified:?}");
    }
}
