//! Planning receipts: a small file by hand, and a day of real ones where it is at hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::bounded::{Description, Sku, TaxClass};
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::catalog::{Product, ProductDetails, StockRule, Unit};
use holdfast_domain::command::ReturnedGoods;
use holdfast_domain::ids::{StoreId, TerminalId, TransactionId, Uuid};
use holdfast_journal::MemoryStorage;
use holdfast_money::{Currency, Decimal, Money, Quantity, UnitPrice};
use holdfast_protocol::message::Pin;
use jiff::tz::TimeZone;

use super::catalog::{self, Listed};
use super::plan::{Act, Facts, Plan, plan};
use super::receipts::Receipts;
use crate::client::{Address, Connection, Pace, Till};
use crate::deciding_hub::{DecidingHub, PIN, STAFF};
use crate::error::TillError;
use crate::fake_hub::identity;
use crate::ids::Derivation;

const SMALL: &str = "\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536365,71053,LANTERN,2,2010-12-01 08:27:00,3.39,17850.0,United Kingdom
536366,85123a,,4,2010-12-01 08:30:00,2.55,17850.0,United Kingdom
536366,POST,POSTAGE,1,2010-12-01 08:30:00,18.0,17850.0,United Kingdom
536367,22139,,56,2010-12-01 08:31:00,0.0,,United Kingdom
536368,21777,,-10,2010-12-01 08:32:00,0.0,,United Kingdom
C536369,71053,LANTERN,-7,2010-12-01 09:00:00,3.39,17850.0,United Kingdom
C536369,85123A,WHITE HEART,-5,2010-12-01 09:00:00,2.55,17850.0,United Kingdom
C536369,D,Discount,-1,2010-12-01 09:00:00,27.5,17850.0,United Kingdom
C536369,71053,LANTERN,-1,2010-12-01 09:00:00,3.39,17850.0,United Kingdom
536370,MISSING,GHOST,1,2010-12-01 10:00:00,1.0,,United Kingdom
536371,71053,LANTERN,x,2010-12-01 10:01:00,1.0,,United Kingdom
C536372,71053,LANTERN,3,2010-12-01 10:02:00,1.0,,United Kingdom
536373,POST,POSTAGE,1,2010-12-01 10:03:00,0.0,,United Kingdom
536374,71053,LANTERN,1,2010-12-02 07:59:00,3.39,,United Kingdom
";

fn ids() -> Derivation {
    Derivation::new(StoreId(Uuid::from_u128(1)), TerminalId(Uuid::from_u128(2)), [3; 32], 0)
}

/// The catalog without the product that the small file misses.
fn products(listed: &[Listed]) -> BTreeMap<Sku, Product> {
    let known = listed.iter().filter(|listed| listed.sku.as_str() != "MISSING");
    let products = known.map(|listed| {
        let product = Product {
            sku: listed.sku.clone(),
            description: Description::new(&listed.description).unwrap(),
            barcodes: Vec::new(),
            unit: Unit::Piece,
            tax_class: TaxClass::new("zero").unwrap(),
            unit_price: listed.unit_price,
            stock: if listed.carries_stock { StockRule::Counter } else { StockRule::Untracked },
            details: ProductDetails::default(),
        };
        (listed.sku.clone(), product)
    });
    products.collect()
}

fn planned(receipts: &Receipts, listed: &[Listed]) -> Plan {
    let time_zone = TimeZone::get("Europe/London").unwrap();
    let (catalog, ids) = (products(listed), ids());
    plan(receipts, &Facts { catalog: &catalog, currency: Currency::GBP, time_zone: &time_zone, ids: &ids })
}

fn small() -> (Receipts, Plan) {
    let receipts = Receipts::from_bytes(Path::new("small.csv"), SMALL.as_bytes()).unwrap();
    let plan = planned(&receipts, &catalog::products(&receipts));
    (receipts, plan)
}

/// Sums over a plan: lines in steps, sold and returned in major units, on-hand by product.
fn sums(plan: &Plan) -> (u64, Money, Money, BTreeMap<Sku, Quantity>) {
    let zero = Money::zero(Currency::GBP);
    let (mut lines, mut sold, mut returned, mut stock) = (0, zero, zero, BTreeMap::new());
    for step in plan.days.iter().flat_map(|day| &day.steps) {
        lines += step.rows.len() as u64;
        match &step.act {
            Act::Sell { total, .. } => sold += *total,
            Act::Return { .. } => {
                for row in &step.rows {
                    let rounding = holdfast_domain::pricing::ROUNDING;
                    returned -= row.price.extend(row.amount(), Currency::GBP, rounding);
                }
            }
            Act::Adjust { .. } => {}
        }
        for (sku, quantity) in &step.stock {
            *stock.entry(sku.clone()).or_insert(Quantity::ZERO) += *quantity;
        }
    }
    (lines, sold, returned, stock)
}

#[test]
fn every_line_of_a_file_ends_in_one_place() {
    let (receipts, plan) = small();
    assert_eq!((plan.lines, plan.invoices, plan.cancellations), (16, 9, 2));
    assert_eq!(receipts.bad.len(), 1);
    let (lines, sold, returned, stock) = sums(&plan);
    assert_eq!(lines + plan.refused.len() as u64, plan.lines);
    assert_eq!(sold.to_string(), "74.01 GBP");
    assert_eq!(returned.to_string(), "-67.37 GBP");
    let on_hand = |sku| stock.get(&Sku::new(sku).unwrap()).map(|quantity| quantity.to_string());
    assert_eq!(on_hand("85123A").as_deref(), Some("-5"));
    assert_eq!(on_hand("71053").as_deref(), Some("-1"));
    assert_eq!(on_hand("22139").as_deref(), Some("-56"));
    assert_eq!(on_hand("21777").as_deref(), Some("10"));
    assert_eq!((on_hand("POST"), on_hand("D")), (None, None));
    let refused: Vec<_> = plan.refused.iter().map(|line| (line.row, line.code.as_str())).collect();
    assert_eq!(refused, [(14, "HF-TIL-020"), (13, "HF-TIL-021"), (15, "HF-TIL-020"), (16, "HF-TIL-022")]);
    assert!(plan.refused.iter().all(|line| !line.reason.is_empty() && !line.invoice.is_empty()));
}

#[test]
fn an_invoice_is_one_order_even_over_two_minutes_and_each_day_has_its_shift() {
    let (_, plan) = small();
    let dates: Vec<_> = plan.days.iter().map(|day| day.date.to_string()).collect();
    assert_eq!(dates, ["2010-12-01", "2010-12-02"]);
    assert_ne!(plan.days[0].shift, plan.days[1].shift);
    let Act::Sell { lines, total, .. } = &plan.days[0].steps[0].act else { panic!("the first is a sale") };
    assert_eq!((lines.len(), total.to_string().as_str()), (3, "42.42 GBP"));
    // 08:26 in London's winter is 08:26 UTC.
    assert_eq!(plan.days[0].steps[0].occurred_at, Timestamp(1_291_191_960_000));
}

#[test]
fn a_cancellation_becomes_returns_by_sale_and_the_rest_goes_without_a_receipt() {
    let (_, plan) = small();
    let pays: Vec<TransactionId> = plan.days[0]
        .steps
        .iter()
        .filter_map(|step| match &step.act {
            Act::Sell { pay, .. } => Some(TransactionId(*pay)),
            _ => None,
        })
        .collect();
    let returns: Vec<_> = plan.days[0]
        .steps
        .iter()
        .filter_map(|step| match &step.act {
            Act::Return { goods, .. } => Some((step.rows.len(), &goods.goods)),
            _ => None,
        })
        .collect();
    assert_eq!(returns.len(), 2);
    let (rows, ReturnedGoods::ByReceipt { original, lines }) = &returns[0] else { panic!("{returns:?}") };
    // 7 lanterns and 1 more come from the two lantern lines of the first invoice; 5 hearts only fit its heart line.
    assert_eq!((*rows, *original), (3, pays[0]));
    let back: Vec<_> = lines.iter().map(|line| (line.line.0, line.quantity.to_string())).collect();
    assert_eq!(back, [(1, "5".to_owned()), (2, "6".to_owned()), (3, "2".to_owned())]);
    let (rows, ReturnedGoods::NoReceipt { lines }) = &returns[1] else { panic!("{returns:?}") };
    assert_eq!((*rows, lines.len()), (1, 1), "the discount goes back without goods");
}

#[test]
fn the_same_file_is_planned_with_the_same_ids_and_another_one_with_others() {
    assert_eq!(small().1, small().1);
    let receipts = Receipts::from_bytes(Path::new("small.csv"), SMALL.as_bytes()).unwrap();
    let other =
        Receipts::from_bytes(Path::new("other.csv"), SMALL.replace("17850", "17851").as_bytes()).unwrap();
    assert_ne!(receipts.content, other.content);
}

#[test]
fn the_catalog_lists_each_product_once_with_its_usual_price() {
    let receipts = Receipts::from_bytes(Path::new("small.csv"), SMALL.as_bytes()).unwrap();
    let listed = catalog::products(&receipts);
    let find = |sku: &str| listed.iter().find(|listed| listed.sku.as_str() == sku).unwrap();
    let price = |minor| UnitPrice::new(Decimal::new(minor, 2)).unwrap();
    assert_eq!(find("71053").unit_price, price(339));
    assert_eq!(find("85123A").description, "WHITE HEART");
    assert_eq!((find("22139").description.as_str(), find("22139").unit_price), ("22139", UnitPrice::ZERO));
    assert!(!find("POST").carries_stock && !find("D").carries_stock && find("71053").carries_stock);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("catalog.csv");
    catalog::write(&file, &listed).unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.starts_with("sku,description,barcode,unit,tax_class,unit_price,stock\n"), "{text}");
    assert!(text.contains("\n71053,LANTERN,,piece,zero,3.39,counter\n"), "{text}");
    assert!(text.contains("\nPOST,POSTAGE,,piece,zero,18,none\n"), "{text}");
}

#[test]
fn a_file_without_a_column_and_one_that_is_not_there_are_named() {
    let error = Receipts::from_bytes(Path::new("x.csv"), b"InvoiceNo,Quantity\n1,1\n").unwrap_err();
    assert!(matches!(error, TillError::Column { column: "StockCode", .. }), "{error}");
    assert_eq!(Receipts::read(&[PathBuf::from("not-there.csv")]).unwrap_err().code(), "HF-TIL-018");
}

#[test]
fn rows_with_odd_bytes_or_fields_are_taken_or_named_and_never_dropped() {
    let header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(b"1,A,\xA3 OFF,1,2010-12-01 08:00:00,1.00,,UK\n");
    bytes.extend_from_slice(
        b"1,A,SHORT,1\n1,A,X,1,yesterday,1.00,,UK\n1,A,X,1.5,2010-12-01 08:00:00,1.00,,UK\n",
    );
    bytes.extend_from_slice(b"1,A,X,1,2010-12-01 08:00:00,-1.00,,UK\n1,A,X,0,2010-12-01 08:00:00,1,,UK\n");
    let receipts = Receipts::from_bytes(Path::new("odd.csv"), &bytes).unwrap();
    assert_eq!((receipts.rows.len(), receipts.bad.len()), (1, 5));
    assert_eq!(receipts.rows[0].description, "£ OFF");
    assert_eq!(receipts.bad.iter().map(|bad| bad.place.row).collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
}

#[test]
fn a_day_of_real_receipts_adds_up() {
    let Some(path) = std::env::var_os("HOLDFAST_REPLAY_CSV") else {
        println!("skipped: HOLDFAST_REPLAY_CSV does not name the receipts of 2010-12-01");
        return;
    };
    let receipts = Receipts::read(&[PathBuf::from(path)]).unwrap();
    let plan = planned(&receipts, &catalog::products(&receipts));
    assert_eq!((plan.lines, plan.invoices, plan.cancellations), (3_108, 143, 6));
    assert_eq!(plan.refused, []);
    let (lines, sold, returned, stock) = sums(&plan);
    assert_eq!(lines, 3_108);
    assert_eq!(sold.to_string(), "58960.79 GBP");
    assert_eq!(returned.to_string(), "-325.23 GBP");
    assert_eq!((sold + returned).to_string(), "58635.56 GBP");
    // No opening stock: on-hand is minus the sum of the quantities of goods.
    let mut expected: BTreeMap<Sku, Quantity> = BTreeMap::new();
    for row in receipts.rows.iter().filter(|row| !catalog::WITHOUT_STOCK.contains(&row.sku.as_str())) {
        *expected.entry(row.sku.clone()).or_default() += Quantity::from_thousandths(-row.quantity * 1_000);
    }
    assert_eq!(stock, expected);
}

/// Runs a replay against a hub that decides by the rules of the shop and loses some replies.
async fn replayed(
    hub: &DecidingHub,
    storage: &MemoryStorage,
    receipts: Receipts,
    listed: &[Listed],
) -> super::ReplayReport {
    let connection = Connection {
        identity: identity(),
        address: Address::plain(hub.hub.port),
        snapshots: Arc::new(hub.hub.clone()),
        pace: Pace { resend_after: Duration::from_millis(50), ..Pace::default() },
        storage: Arc::new(storage.clone()),
        outbox: "till/outbox".into(),
    };
    let till = Till::connect(connection).await.unwrap();
    let wanted = super::Replay {
        receipts,
        staff: STAFF,
        pin: Pin(PIN.to_owned()),
        float: Decimal::from(200),
        attempt: 0,
    };
    let products = products(listed).into_values().collect();
    let report = super::run(&till, products, wanted, &mut |_| {}).await.unwrap();
    till.close().await.unwrap();
    report
}

/// Replays twice, and says what the first run came to.
async fn twice(receipts: Receipts) -> (super::ReplayReport, DecidingHub) {
    let listed = catalog::products(&receipts);
    let hub = DecidingHub::start(products(&listed).into_values().collect(), Some(29)).await;
    let storage = MemoryStorage::new();
    let first = replayed(&hub, &storage, receipts.clone(), &listed).await;
    let records = hub.done.lock().unwrap().records;
    let second = replayed(&hub, &storage, receipts.clone(), &listed).await;
    assert_eq!(first, second, "the hub gives its first answers");
    assert_eq!(hub.done.lock().unwrap().records, records, "nothing happened twice");
    // A till that lost its outbox asks for the same things all the same.
    let third = replayed(&hub, &MemoryStorage::new(), receipts, &listed).await;
    assert_eq!((first.books.clone(), records), (third.books, hub.done.lock().unwrap().records));
    (first, hub)
}

#[tokio::test]
async fn a_replay_ends_in_the_hubs_books_and_a_second_one_changes_nothing() {
    let receipts = Receipts::from_bytes(Path::new("small.csv"), SMALL.as_bytes()).unwrap();
    let (report, hub) = twice(receipts).await;
    assert_eq!(
        (report.sold.as_str(), report.returned.as_str(), report.net.as_str()),
        ("74.01", "-67.37", "6.64")
    );
    assert_eq!(
        (report.sold_lines, report.returned_lines, report.adjusted_lines, report.refused_lines),
        (6, 4, 2, 4)
    );
    assert_eq!((report.returns_by_receipt, report.returns_without_receipt), (1, 1));
    let stock: std::collections::HashMap<String, i64> = report.books.stock.clone().into_iter().collect();
    assert_eq!(stock, hub.on_hand());
    assert_eq!(report.refused_by_code["HF-TIL-020"], 2);
}

#[tokio::test]
async fn another_open_shift_stops_a_replay_before_anything_is_asked() {
    let receipts = Receipts::from_bytes(Path::new("small.csv"), SMALL.as_bytes()).unwrap();
    let listed = catalog::products(&receipts);
    let hub = DecidingHub::start(products(&listed).into_values().collect(), None).await;
    let connection = Connection {
        identity: identity(),
        address: Address::plain(hub.hub.port),
        snapshots: Arc::new(hub.hub.clone()),
        pace: Pace::default(),
        storage: Arc::new(MemoryStorage::new()),
        outbox: "till/outbox".into(),
    };
    let till = Till::connect(connection).await.unwrap();
    till.sign_on(STAFF, Pin(PIN.to_owned())).await.unwrap();
    let open = holdfast_domain::command::Action::OpenShift {
        shift: holdfast_domain::ids::ShiftId(Uuid::from_u128(77)),
        float: Money::zero(Currency::GBP),
        day: holdfast_domain::shift::BusinessDay::Today,
        mode: holdfast_domain::shift::Mode::Live,
    };
    till.send(open).await.unwrap();
    let before = hub.done.lock().unwrap().requests.len();
    let wanted = super::Replay {
        receipts,
        staff: STAFF,
        pin: Pin(PIN.to_owned()),
        float: Decimal::from(200),
        attempt: 0,
    };
    let error = super::run(&till, Vec::new(), wanted, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.code(), "HF-TIL-023");
    assert_eq!(hub.done.lock().unwrap().requests.len(), before);
    till.close().await.unwrap();
}

#[tokio::test]
async fn a_day_of_real_receipts_ends_in_the_hubs_books() {
    let Some(path) = std::env::var_os("HOLDFAST_REPLAY_CSV") else {
        println!("skipped: HOLDFAST_REPLAY_CSV does not name the receipts of 2010-12-01");
        return;
    };
    let (report, hub) = twice(Receipts::read(&[PathBuf::from(path)]).unwrap()).await;
    assert_eq!(
        (report.sold.as_str(), report.returned.as_str(), report.net.as_str()),
        ("58960.79", "-325.23", "58635.56")
    );
    assert_eq!(
        (report.lines, report.invoices, report.cancellations, report.refused_lines),
        (3_108, 143, 6, 0)
    );
    let stock: std::collections::HashMap<String, i64> =
        report.books.stock.clone().into_iter().filter(|(_, thousandths)| *thousandths != 0).collect();
    assert_eq!(stock, hub.on_hand());
    assert_eq!(hub.done.lock().unwrap().books.gross_minor, 5_863_556);
}
