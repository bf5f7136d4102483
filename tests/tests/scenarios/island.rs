//! The hub is dead and the shop sells: what its till did alone comes to the hub whole when it is back, whatever the hub knows
//! by then, and is in its X report, its Z, the list of losses, and at HQ.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use holdfast_domain::command::Action;
use holdfast_domain::event::Event;
use holdfast_domain::ids::{OrderId, ShiftId, StaffId};
use holdfast_domain::island::{IslandSale, OpenedAlone};
use holdfast_domain::line::{Line, LineInput};
use holdfast_domain::money::Money;
use holdfast_domain::order::{Channel, PlaceOrder, Terms, Totals};
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::tender::TenderInput;
use holdfast_protocol::message::{Answer, Pin, Reply, Summary, Warning};
use holdfast_terminal::client::accepted;
use holdfast_terminal::{Folder, Pace, Till};
use serde_json::{Value, json};

use crate::shop::{CATALOG, Chain, PIN, STAFF, Shop, printed, text, until};

const CASHIER: &str = "200";
const SOON: Duration = Duration::from_secs(30);

/// What a till remembers of a basket: as it was asked for, and as it was priced.
struct Remembered {
    asked: Vec<LineInput>,
    priced: Vec<Line>,
    totals: Totals,
}

async fn open(shop: &Shop) -> Result<Till> {
    let (till, _api) = Till::open(&Folder::new(&shop.tills[0]), Pace::default()).await?;
    till.ready(SOON).await?;
    Ok(till)
}

async fn done(till: &Till, action: Action) -> Result<(Summary, Vec<Warning>, Vec<Event>)> {
    match accepted(till.send(action).await?)? {
        Answer::Accepted { summary, warnings, record, .. } => {
            Ok((summary, warnings, record.decode()?.outcome.events().to_vec()))
        }
        other => bail!("{other:?}"),
    }
}

/// The till learns what a basket costs while its hub is there.
async fn learn(till: &Till, lines: Value) -> Result<Remembered> {
    let order = OrderId(till.mint()?);
    let asked: Vec<LineInput> = {
        let place = json!({ "place_order": { "order": order.to_string(), "lines": lines } });
        match serde_json::from_value::<holdfast_protocol::wire::Wired<Action>>(place)?.0 {
            Action::PlaceOrder(place) => place.lines,
            other => bail!("{other:?}"),
        }
    };
    let place = PlaceOrder::of(order, Channel::Counter, asked.clone());
    let (_, _, events) = done(till, Action::PlaceOrder(place)).await?;
    let priced = events.into_iter().find_map(|event| match event {
        Event::OrderPlaced { lines, totals, .. } => Some((lines, totals)),
        _ => None,
    });
    let (priced, totals) = priced.context("a priced order")?;
    let reason = holdfast_domain::bounded::Reason::new("only asked")?;
    done(till, Action::CancelOrder { order, reason }).await?;
    Ok(Remembered { asked, priced, totals })
}

fn sold(
    till: &Till,
    who: StaffId,
    what: &Remembered,
    number: u32,
    opened: Option<OpenedAlone>,
) -> Result<IslandSale> {
    let zero = Money::zero(what.totals.gross.currency());
    Ok(IslandSale {
        order: OrderId(till.mint()?),
        operator: who,
        customer: None,
        lines: what.asked.clone(),
        priced: what.priced.clone(),
        totals: what.totals.clone(),
        terms: Terms::default(),
        tenders: vec![TenderInput::cash(what.totals.gross)],
        tips: Vec::new(),
        rounding: zero,
        change: zero,
        number,
        catalog_version: 1,
        opened,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_till_sold_while_its_hub_was_dead_comes_to_the_hub_whole_and_is_listed_where_rules_were_broken()
-> Result<()> {
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("island", CATALOG, 1).await?;
    chain.take_on(&shop, CASHIER, "cashier").await?;

    // In the morning the till sees what things cost; then its shift is closed.
    let warm_up = ["--barcode", "5000112637922", "--quantity", "1", "--cash", "2.49", "--float", "100.00"];
    chain.ask(&shop, 0, "sell", CASHIER, &warm_up).await?;
    chain.ask(&shop, 0, "receive", STAFF, &["--sku", "RADIO", "--quantity", "1"]).await?;
    let till = open(&shop).await?;
    let signed_on = till.sign_on(StaffNumber(CASHIER.parse()?), Pin(PIN.to_owned())).await?;
    let cashier = match signed_on {
        Reply { answer: Answer::Accepted { summary: Summary::SignedOn { staff }, .. }, .. } => staff,
        other => bail!("{other:?}"),
    };
    let soap = json!([{ "number": 1, "item": { "barcode": "5000112637922" }, "quantity": "2" }]);
    let soap = learn(&till, soap).await?;
    let radio = learn(&till, json!([{ "number": 1, "item": { "sku": "RADIO" }, "quantity": "1" }])).await?;
    done(&till, Action::SignOff).await?;
    till.close().await?;
    let last_radio = ["--barcode", "9780201379624", "--quantity", "1", "--cash", "49.00"];
    chain.ask(&shop, 0, "sell", STAFF, &last_radio).await?;
    chain.ask(&shop, 0, "close", STAFF, &["--cash", "151.49"]).await?;

    // The hub dies. The till opens a shift by itself and sells the last radio that it knows of, and soap at its price.
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;
    let dearer = CATALOG.replace(",2.49,", ",2.99,");
    ensure!(dearer != CATALOG, "soap costs 2.49 there");
    let file = chain.folder.path().join("dearer.csv");
    std::fs::write(&file, dearer)?;
    let import = ["import", "catalog", "--data", text(&shop.data)?, text(&file)?];
    chain.programs.command("holdfast-hub", &import, None).await?;

    let till = open(&shop).await?;
    let currency = soap.totals.gross.currency();
    let alone =
        OpenedAlone { shift: ShiftId(till.mint()?), float: Money::from_minor(5_000, currency), day: None };
    // Nobody is signed on at the hub, no shift is open there, the soap costs more, and the radio is gone.
    let first = sold(&till, cashier, &soap, 1, Some(alone.clone()))?;
    let (summary, warnings, events) = done(&till, Action::IslandSale(Box::new(first.clone()))).await?;
    let Summary::SoldAlone { receipt, shift, .. } = summary else { bail!("{summary:?}") };
    ensure!(receipt.to_string() == "1-I000001" && shift == alone.shift, "{receipt} {shift}");
    ensure!(matches!(events.first(), Some(Event::ShiftOpened { .. })), "{events:?}");
    let now = Money::from_minor(598, currency);
    let price = Warning::PriceDiffers { order: first.order, charged: first.totals.gross, now: Some(now) };
    ensure!(warnings.contains(&price), "{warnings:?}");
    let second = sold(&till, cashier, &radio, 2, Some(alone.clone()))?;
    let (summary, warnings, _) = done(&till, Action::IslandSale(Box::new(second))).await?;
    ensure!(matches!(summary, Summary::SoldAlone { shift, .. } if shift == alone.shift), "{summary:?}");
    ensure!(warnings.iter().any(|of| matches!(of, Warning::StrictBelowZero { .. })), "{warnings:?}");
    // One order is one sale.
    let again = accepted(till.send(Action::IslandSale(Box::new(first))).await?);
    ensure!(again.is_err_and(|error| error.to_string().contains("HF-CMD-140")), "a second sale of one order");
    // The first sale's reply came late: the till had given it a receipt of its own. And somebody tried other people's PINs.
    let early = shop.page.json("/api/v1/transactions/1-000001").await?;
    let early = early["transaction"]["view"]["transaction"].as_str().context("an id")?.to_owned();
    let also = Action::AliasReceipt { transaction: early.parse()?, number: 3 };
    let (summary, ..) = done(&till, also).await?;
    ensure!(
        matches!(&summary, Summary::ReceiptAliased { alias, .. } if alias.to_string() == "1-I000003"),
        "{summary:?}"
    );
    let number = StaffNumber(CASHIER.parse()?);
    let at = holdfast_terminal::client::now();
    done(&till, Action::SignedOnAlone { number, at, failed_attempts: 2 }).await?;
    till.close().await?;

    // X and the losses while the shift is open, with who sold and where.
    let x = chain.ask(&shop, 0, "x-report", STAFF, &[]).await?;
    ensure!(x.contains("53.98"), "4.98 and 49.00: {x}");
    let losses = shop.page.json("/api/v1/reports/losses?kind=sold_alone").await?;
    let rows = losses["losses"].as_array().context("losses")?;
    let row = |receipt: &str| rows.iter().find(|row| row["receipt"] == receipt).context("a loss");
    let (soap, radio) = (row("1-I000001")?, row("1-I000002")?);
    for row in [soap, radio] {
        ensure!(row["staff_number"] == CASHIER && row["till"] == "1", "{row}");
    }
    ensure!(soap["amount_minor"] == 100 && radio["what"] == "RADIO", "{losses}");
    let page = shop.page.text("/losses?kind=sold_alone").await?;
    ensure!(page.contains("1-I000002") && page.contains("sold alone"), "{page}");

    let losses = shop.page.json("/api/v1/reports/losses?kind=failed_sign_on").await?;
    let row = &losses["losses"][0];
    ensure!(row["staff_number"] == CASHIER && row["till"] == "1", "{losses}");
    ensure!(row["reason"].as_str().is_some_and(|why| why.starts_with("2 wrong PINs")), "{losses}");

    // One sale, by either number, and both are on its page and its copy.
    for number in ["1-000001", "1-I000003"] {
        let found = shop.page.json(&format!("/api/v1/transactions/{number}")).await?;
        ensure!(found["transaction"]["view"]["transaction"] == *early, "{number}: {found}");
        ensure!(found["also"] == "1-I000003", "{number}: {found}");
    }
    let page = shop.page.text("/transactions/1-I000003").await?;
    ensure!(page.contains("1-000001") && page.contains("and 1-I000003"), "{page}");
    chain.ask(&shop, 0, "copy", STAFF, &["--transaction", &early]).await?;
    until("the copy has both numbers", async || {
        let both =
            |paper: &String| paper.contains("Receipt 1-000001") && paper.contains("Also receipt 1-I000003");
        Ok(printed(&shop.data.join("paper"))?.iter().any(both))
    })
    .await?;

    // What was sold alone comes back like any other sale, and the Z has it.
    let found = shop.page.json("/api/v1/transactions?limit=50").await?;
    let sales = found["transactions"].as_array().context("transactions")?;
    let sale = sales.iter().find(|row| row["view"]["receipt"] == "1-I000001").context("the sale")?;
    let id = sale["view"]["transaction"].as_str().context("an id")?.to_owned();
    let back = ["--transaction", &id, "--line", "1*1", "--reason", "one too many"];
    chain.ask(&shop, 0, "return", STAFF, &back).await?;
    let z = chain.ask(&shop, 0, "close", STAFF, &["--cash", "101.49"]).await?;
    ensure!(z.contains("over") && z.contains("0.00"), "50.00 and 53.98 less 2.49: {z}");
    chain.drained(&shop).await?;
    let at_hq = chain.hq.json(&format!("/api/v1/stores/{}/transactions/{id}", shop.id)).await?;
    ensure!(at_hq.to_string().contains("1-I000001"), "{at_hq}");
    chain.stop([shop]).await
}
