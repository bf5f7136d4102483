//! The manager's evening: a drawer that went to another till, the day's Z in two parts, a count that is put right, and HQ's
//! figures, which are the sum of the Zs and of the day Zs.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use holdfast_domain::command::{Action, ReturnGoods, ReturnLine, ReturnedGoods};
use holdfast_domain::ids::TransactionId;
use holdfast_domain::line::LineNumber;
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::staff::StaffNumber;
use holdfast_money::{Quantity, Rate, parse_decimal};
use holdfast_protocol::message::Pin;
use holdfast_terminal::client::accepted;
use holdfast_terminal::{Folder, Pace, Till};
use serde_json::Value;

use crate::shop::{CATALOG, Chain, PIN, SOON, STAFF, Shop, printed, text, until};

const CASHIER: &str = "200";
const MILK: &str = "4006381333931";
const SOAP: &str = "5000112637922";

/// What is typed at a till.
async fn ask(
    chain: &Chain,
    shop: &Shop,
    till: usize,
    staff: &str,
    what: &str,
    more: &[&str],
) -> Result<String> {
    let till = text(&shop.tills[till])?;
    let person = [what, "--data", till, "--staff", staff, "--pin-stdin"];
    chain.programs.command("holdfast-terminal", &[person.as_slice(), more].concat(), Some(PIN)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_closes_the_day_and_headquarters_has_the_sum_of_the_zs() -> Result<()> {
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("corner", CATALOG, 2).await?;
    let small = chain.open_shop("kiosk", CATALOG, 1).await?;
    let hub = text(&shop.data)?.to_owned();
    let add = ["staff", "add", "--data", &hub, "--number", CASHIER, "--name", "Clerk", "--role", "cashier"];
    chain.programs.command("holdfast-hub", &[add.as_slice(), &["--pin-stdin"]].concat(), Some(PIN)).await?;

    // 3.57 by card, voucher and cash; 4.98 in cash, of which half comes back; an order that waits.
    let mix = [
        "--tender",
        "card=1.00:auth 0815 4242",
        "--tender",
        "voucher=0.57",
        "--cash",
        "5.00",
        "--float",
        "100",
    ];
    let milk = [["--barcode", MILK, "--quantity", "3"].as_slice(), &mix].concat();
    ask(&chain, &shop, 0, CASHIER, "sell", &milk).await?;
    let soap = ["--barcode", SOAP, "--quantity", "2", "--cash", "5.00", "--float", "100.00"];
    ask(&chain, &shop, 0, CASHIER, "sell", &soap).await?;
    let sale = &shop.transactions().await?[0]["view"];
    let sold: TransactionId = sale["transaction"].as_str().context("an id")?.parse()?;
    let day = sale["business_date"].as_str().context("a date")?.to_owned();
    bring_back(&shop, sold).await?;
    let parked = ["--barcode", MILK, "--quantity", "1", "--label", "red scarf"];
    ask(&chain, &shop, 0, CASHIER, "park", &parked).await?;
    let close_day = ["--day", &day];
    let refused = ask(&chain, &shop, 0, STAFF, "close-day", &close_day).await.expect_err("nothing closed");
    ensure!(refused.to_string().contains("HF-CMD-210"), "{refused}");

    the_drawer_goes_to_the_other_till(&chain, &shop).await?;
    let next = ["--barcode", MILK, "--quantity", "1", "--cash", "2.00", "--float", "50.00"];
    ask(&chain, &shop, 0, CASHIER, "sell", &next).await?;
    // 100.00 + 2.00 + 4.98 - 2.49 + 2.49: nearly all of it is there.
    let count = ["--cash", "106.00", "--tender", "voucher=0.50"];
    let z = ask(&chain, &shop, 1, CASHIER, "close", &count).await?;
    ensure!(
        z.contains("Z 1") && z.contains("expected 106.98 GBP, counted 106.00 GBP, over -0.98 GBP"),
        "{z}"
    );

    on_paper(&shop, &["\nZ 1\n"]).await?;

    let refused = ask(&chain, &shop, 0, CASHIER, "close-day", &close_day).await.expect_err("a cashier");
    ensure!(refused.to_string().contains("HF-CMD-104"), "{refused}");
    let first = ask(&chain, &shop, 0, STAFF, "close-day", &close_day).await?;
    for line in [&format!("day Z 1, part 1 of {day}"), "still open: 1 shifts, 1 orders", "1 shifts, Z 1 to 1"]
    {
        ensure!(first.contains(line), "`{line}` is not in\n{first}");
    }

    on_paper(&shop, &["DAY Z 1"]).await?;

    // What was closed is known after a crash: it is corrected, and the late shift goes into the second part.
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;
    let found = ["--z", "1", "--tender", "voucher=0.57", "--reason", "one slip lay under the tray"];
    let refused = ask(&chain, &shop, 0, CASHIER, "correct", &found).await.expect_err("a cashier");
    ensure!(refused.to_string().contains("HF-CMD-104"), "{refused}");
    let corrected = ask(&chain, &shop, 0, STAFF, "correct", &found).await?;
    for line in [
        "correction 1 of Z 1: voucher",
        "was counted 0.50 GBP, over -0.07 GBP",
        "is counted 0.57 GBP, over 0.00 GBP",
    ] {
        ensure!(corrected.contains(line), "`{line}` is not in\n{corrected}");
    }
    let z = ask(&chain, &shop, 0, CASHIER, "close", &["--cash", "51.19"]).await?;
    ensure!(z.contains("Z 2"), "{z}");
    let second = ask(&chain, &shop, 0, STAFF, "close-day", &close_day).await?;
    for line in [&format!("day Z 2, part 2 of {day}"), "1 shifts, Z 2 to 2, 1 corrections"] {
        ensure!(second.contains(line), "`{line}` is not in\n{second}");
    }
    on_paper(&shop, &["DAY Z 2", "CORRECTION 1"]).await?;

    ask(&chain, &small, 0, STAFF, "sell", &soap).await?;
    ask(&chain, &small, 0, STAFF, "close", &["--cash", "104.98"]).await?;
    ask(&chain, &small, 0, STAFF, "close-day", &close_day).await?;
    for (store, gross) in [(&shop, 357 + 498 - 249 + 249 + 119), (&small, 498)] {
        chain.drained(store).await?;
        let (zs, days) = hubs_sums(store, &day).await?;
        assert_eq!(zs.gross, gross, "as counted by hand");
        assert_eq!(days, zs, "the day Zs are the sum of the Zs");
        assert_eq!(headquarters_sums(&chain, store, &day).await?, zs, "HQ's figures are the sum of the Zs");
    }
    chain.stop([shop, small]).await
}

async fn on_paper(shop: &Shop, titles: &[&str]) -> Result<()> {
    let papers = shop.data.join("paper");
    until(&format!("{titles:?} are on paper"), async || {
        let printed = printed(&papers)?;
        Ok(titles.iter().all(|title| printed.iter().any(|paper| paper.contains(title))))
    })
    .await
}

/// One of the two soaps.
async fn bring_back(shop: &Shop, sold: TransactionId) -> Result<()> {
    let (till, _) = Till::open(&Folder::new(&shop.tills[0]), Pace::default()).await?;
    till.ready(SOON).await?;
    accepted(till.sign_on(StaffNumber(CASHIER.parse()?), Pin(PIN.to_owned())).await?)?;
    let lines = vec![ReturnLine { line: LineNumber(1), quantity: Quantity::pieces(1) }];
    let goods = ReturnedGoods::ByReceipt { original: sold, lines };
    let reason = holdfast_domain::bounded::Reason::new("broken seal")?;
    let back = Action::Return(ReturnGoods { reason, receipt: ReceiptSource::Hub, goods, credit: None });
    accepted(till.send(back).await?)?;
    till.close().await?;
    Ok(())
}

async fn the_drawer_goes_to_the_other_till(chain: &Chain, shop: &Shop) -> Result<()> {
    let (till, _) = Till::open(&Folder::new(&shop.tills[1]), Pace::default()).await?;
    till.ready(SOON).await?;
    let other = till.refresh(SOON).await?.till.terminal.to_string();
    till.close().await?;
    let moved = ask(chain, shop, 0, CASHIER, "move-shift", &["--to", &other]).await?;
    ensure!(moved.contains(&format!("is at till {other}")), "{moved}");
    let refused = ask(chain, shop, 0, CASHIER, "close", &["--cash", "1"]).await.expect_err("not here");
    ensure!(refused.to_string().contains("HF-CMD-110"), "{refused}");
    // The till that prints gives the number, and the shift is the one that came over.
    let soap = ["--barcode", SOAP, "--quantity", "1", "--cash", "2.49", "--float", "1.00"];
    let sold = ask(chain, shop, 1, CASHIER, "sell", &soap).await?;
    ensure!(sold.contains("2-000001"), "{sold}");
    Ok(())
}

/// In minor units.
#[derive(Debug, Default, PartialEq)]
struct Sums {
    gross: i64,
    /// By code: taken less refunded.
    tenders: BTreeMap<String, i64>,
    /// By code and millionths: net and tax.
    taxes: BTreeMap<(String, i64), (i64, i64)>,
}

impl Sums {
    fn enter(&mut self, figures: &Value) -> Result<()> {
        self.gross += minor(&figures["gross"])?;
        for tax in figures["taxes"].as_array().context("taxes")? {
            let rate = Rate::new(parse_decimal(tax["rate"].as_str().context("a rate")?)?)?;
            let code = tax["code"].as_str().context("a code")?.to_owned();
            let sums = self.taxes.entry((code, i64::from(rate.millionths()))).or_default();
            *sums = (sums.0 + minor(&tax["net"])?, sums.1 + minor(&tax["tax"])?);
        }
        Ok(())
    }

    fn enter_tenders(&mut self, tenders: &Value) -> Result<()> {
        for line in tenders.as_array().context("tenders")? {
            let code = line["code"].as_str().context("a code")?.to_owned();
            *self.tenders.entry(code).or_default() += minor(&line["taken"])? - minor(&line["refunded"])?;
        }
        Ok(())
    }

    /// Nothing is as good as no row.
    fn told(mut self) -> Self {
        self.tenders.retain(|_, sum| *sum != 0);
        self.taxes.retain(|_, sums| *sums != (0, 0));
        self
    }
}

fn minor(money: &Value) -> Result<i64> {
    Ok(money["amount"].as_str().with_context(|| format!("an amount: {money}"))?.replace('.', "").parse()?)
}

/// What the Zs of a date sum to, and what its day Zs do, from the hub's own journal.
async fn hubs_sums(shop: &Shop, day: &str) -> Result<(Sums, Sums)> {
    let page = shop.page.json(&format!("/api/v1/journal?date={day}&limit=200")).await?;
    let (mut zs, mut days) = (Sums::default(), Sums::default());
    for row in page["records"].as_array().context("records")? {
        let record = shop.page.json(&format!("/api/v1/journal/{}", row["seq"])).await?;
        let events = record["record"]["outcome"]["accepted"]["events"].as_array().cloned();
        for event in events.unwrap_or_default() {
            if let Some(closed) = event.get("shift_closed") {
                zs.enter(&closed["figures"])?;
            }
            if let Some(reported) = event.get("tenders_reported") {
                zs.enter_tenders(&reported["tenders"])?;
            }
            if let Some(closed) = event.get("day_closed") {
                days.enter(&closed["figures"])?;
                days.enter_tenders(&closed["figures"]["tenders"])?;
            }
        }
    }
    Ok((zs.told(), days.told()))
}

async fn headquarters_sums(chain: &Chain, shop: &Shop, day: &str) -> Result<Sums> {
    let read = async |what: &str| {
        let path = format!("/api/v1/stores/{}/{what}?from={day}&to={day}", shop.id);
        chain.hq.json(&path).await?.as_array().cloned().context("rows")
    };
    let number = |row: &Value, field: &str| row[field].as_i64().with_context(|| format!("{field} of {row}"));
    let mut sums = Sums::default();
    let sales = chain.hq.json(&format!("/api/v1/sales?store={}&from={day}&to={day}", shop.id)).await?;
    sums.gross = number(&sales[0], "gross_minor")?;
    for row in read("tenders").await? {
        let code = row["tender"].as_str().context("a code")?.to_owned();
        *sums.tenders.entry(code).or_default() += number(&row, "amount_minor")?;
    }
    for row in read("taxes").await? {
        let code = row["code"].as_str().context("a code")?.to_owned();
        let entry = sums.taxes.entry((code, number(&row, "rate_millionths")?)).or_default();
        *entry = (number(&row, "net_minor")?, number(&row, "tax_minor")?);
    }
    Ok(sums.told())
}
