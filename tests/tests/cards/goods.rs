//! No ordinary number of an article is refused, also where it passes for a card's: scanned, imported, sold.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use holdfast_devices::gs1::{self, Scan, check_digit};
use holdfast_domain::bounded::{Barcode, Reason};
use holdfast_domain::cash::CashMovement;
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::command::Action;
use holdfast_domain::ids::{OrderId, ShiftId};
use holdfast_domain::line::{LineInput, LineNumber};
use holdfast_domain::order::{Channel, PlaceOrder};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::staff::StaffNumber;
use holdfast_money::{Currency, Money, Quantity};
use holdfast_protocol::message::Pin;
use holdfast_terminal::client::accepted;
use holdfast_terminal::{Folder, Pace, Till};
use tokio::time::timeout;

use crate::numbers::MASKED;
use crate::shop::{PIN, STAFF};

const SOON: Duration = Duration::from_secs(30);

/// Lengths and beginnings of articles' numbers of which one in ten passes for a card's.
const LIKE_CARDS: [(usize, &str); 9] = [
    (12, "50"),
    (12, "63"),
    (13, "4"),
    (13, "40"),
    (13, "50"),
    (13, "67"),
    (14, "30"),
    (14, "36"),
    (14, "50"),
];
/// What others begin with.
const BEGINNINGS: [&str; 13] = ["4", "40", "50", "51", "60", "62", "0", "30", "37", "7", "9", "1", "20"];

/// GTIN-8, -12, -13 and -14 with their check digits; every other one also passes for a card's number.
pub fn gtins(count: usize) -> Vec<String> {
    let mut seed = 1_u64;
    let mut next = |length: usize, beginning: &str| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let body = format!("{beginning}{:018}", seed >> 16);
        let body = &body[..length - 1];
        format!("{body}{}", check_digit(body).expect("digits"))
    };
    (0..count)
        .map(|index| {
            if index % 2 == 0 {
                return next([8, 12, 13, 14][index / 2 % 4], BEGINNINGS[index / 8 % BEGINNINGS.len()]);
            }
            let (length, beginning) = LIKE_CARDS[index / 2 % LIKE_CARDS.len()];
            let mut tries = std::iter::repeat_with(|| next(length, beginning)).take(1_000);
            tries.find(|gtin| holdfast_pan::is_pan(gtin)).expect("one in ten passes")
        })
        .collect()
}

/// None of them is taken for a card's when it is scanned. How many would pass for one.
pub fn are_scanned(gtins: &[String]) -> Result<usize> {
    for gtin in gtins {
        let scan = gs1::read(gtin, 2026);
        let Scan::Plain(plain) = &scan else { anyhow::bail!("{gtin} is {scan:?}") };
        ensure!(plain.gtin.is_some(), "{gtin} is no GTIN: {plain:?}");
    }
    Ok(gtins.iter().filter(|gtin| holdfast_pan::is_pan(gtin)).count())
}

/// A catalog of them, with a product number that is one too.
pub fn catalog(gtins: &[String]) -> String {
    let mut file = String::from("sku,description,barcode,unit,tax_class,unit_price,stock\n");
    for (index, gtin) in gtins.iter().enumerate() {
        writeln!(file, "{gtin},Goods {index},{gtin},piece,standard,0.50,counter").expect("text");
    }
    file
}

/// Each is ordered by its barcode and by its number, and what is masked can be said of a payment.
pub async fn are_sold(folder: &Path, gtins: &[String]) -> Result<()> {
    let (till, _api) = Till::open(&Folder::new(folder), Pace::default()).await?;
    till.ready(SOON).await?;
    accepted(timeout(SOON, till.sign_on(StaffNumber(STAFF.parse()?), Pin(PIN.into()))).await??)?;
    let ask = async |action: Action| -> Result<()> {
        accepted(timeout(SOON, till.send(action)).await.context("no answer")??)?;
        Ok(())
    };
    if till.refresh(SOON).await?.till.shift.is_none() {
        let (shift, float) = (ShiftId(till.mint()?), Money::from_minor(10_000, Currency::GBP));
        ask(Action::OpenShift { shift, float, day: BusinessDay::Today, mode: Mode::Live }).await?;
    }
    for ten in gtins.chunks(10) {
        let lines = ten.iter().enumerate().map(|(index, gtin)| {
            let item = match index % 2 {
                0 => ItemRef::Barcode(Barcode::new(gtin).expect("a barcode")),
                _ => ItemRef::Sku(holdfast_domain::bounded::Sku::new(gtin).expect("a number")),
            };
            LineInput::of(LineNumber(u16::try_from(index + 1).expect("ten")), item, Quantity::pieces(1))
        });
        let place = PlaceOrder::of(OrderId(till.mint()?), Channel::Counter, lines.collect());
        ask(Action::PlaceOrder(place)).await.with_context(|| format!("{ten:?}"))?;
    }
    for masked in MASKED {
        let reason = Reason::new(&format!("back to card {masked}")).expect("a reason");
        let (movement, amount) = (CashMovement::PaidOut, Money::from_minor(1, Currency::GBP));
        ask(Action::MoveCash { movement, amount, reason, receipt: ReceiptSource::Hub })
            .await
            .with_context(|| masked.to_owned())?;
    }
    till.close().await?;
    Ok(())
}
