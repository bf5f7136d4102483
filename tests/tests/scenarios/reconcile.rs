//! The day of a card terminal ends: what it counted is what the journal says, unless somebody paid at it without a till, and a
//! terminal that cannot be reached keeps its day.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use holdfast_devices::simulated::zvt::{Auto, CardAnswer, SimulatedZvt, ZvtSettings};
use holdfast_money::{Currency, Money};

use crate::shop::{CATALOG, Chain, STAFF, Shop};

const CASHIER: &str = "200";
const SOAP: &str = "5000112637922";

/// Ten soaps for 24.90, paid by card. The sale's id and the payment's.
async fn bought(chain: &Chain, shop: &Shop) -> Result<(String, String)> {
    let basket = ["--barcode", SOAP, "--quantity", "10", "--label", "by card"];
    let parked = chain.ask(shop, 0, "park", CASHIER, &basket).await?;
    let order = parked.split_whitespace().nth(1).context("the order's id")?.to_owned();
    chain.ask(shop, 0, "retrieve", CASHIER, &["--order", &order]).await?;
    let paid = chain.ask(shop, 0, "card pay", CASHIER, &["--order", &order, "--amount", "24.90"]).await?;
    let payment = paid.split("(payment ").nth(1).and_then(|rest| rest.split(')').next());
    let payment = payment.context("the payment's id")?.to_owned();
    let sold = chain.ask(shop, 0, "pay", CASHIER, &["--order", &order]).await?;
    let sale = sold.lines().find_map(|line| line.strip_prefix("id")).context("the sale's id")?.trim();
    Ok((sale.to_owned(), payment))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminals_day_ends_with_what_the_journal_says_or_with_what_differs() -> Result<()> {
    let terminal = SimulatedZvt::new(ZvtSettings { currency: Currency::GBP, ..ZvtSettings::default() });
    let customer = Auto { delay: Duration::from_millis(50), answer: CardAnswer::Approve };
    terminal.automatic(Some(customer));
    let network = terminal.listen(([127, 0, 0, 1], 0).into()).await?;
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("reconcile", CATALOG, 1).await?;
    chain.take_on(&shop, CASHIER, "cashier").await?;
    let warm_up = ["--barcode", SOAP, "--quantity", "1", "--cash", "2.49", "--float", "100.00"];
    chain.ask(&shop, 0, "sell", CASHIER, &warm_up).await?;
    let settings = chain.folder.path().join("terminal.toml");
    let address = network.address();
    std::fs::write(
        &settings,
        format!(
            "[[payments]]\nname = \"lane-1\"\naddress = \"zvt-tcp://{address}\"\ntender = \"terminal\"\n"
        ),
    )?;
    shop.config = Some(settings);
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;

    bought(&chain, &shop).await?;
    let (sale, payment) = bought(&chain, &shop).await?;
    let back = ["--sale", &sale, "--payment", &payment, "--amount", "2.49"];
    chain.ask(&shop, 0, "card refund", CASHIER, &back).await?;
    let goods = ["--transaction", &sale, "--line", "1*1", "--reason", "wrong scent"];
    chain.ask(&shop, 0, "return", CASHIER, &goods).await?;

    let refused = chain.ask(&shop, 0, "card reconcile", CASHIER, &[]).await.expect_err("a cashier may not");
    ensure!(refused.to_string().contains("HF-CMD-104"), "{refused}");
    let told = chain.ask(&shop, 0, "card reconcile", STAFF, &[]).await?;
    ensure!(told.contains("both say the same") && told.matches("47.31 GBP").count() == 4, "{told}");
    ensure!(terminal.holds() == 4_731, "the terminal's own book");

    // Somebody pays at the terminal and no till knows.
    terminal.book_by_hand(Money::from_minor(500, Currency::GBP));
    bought(&chain, &shop).await?;
    let told = chain.ask(&shop, 0, "card reconcile", STAFF, &["--device", "lane-1"]).await?;
    ensure!(
        told.contains("DIFFERENCE all") && told.contains("24.90 GBP, lane-1 29.90 GBP: 5.00 GBP"),
        "{told}"
    );
    let days = shop.page.json("/api/v1/device-days").await?;
    let differs = &days["devices"][0]["last"]["outcome"]["ended"]["differences"][0];
    ensure!(differs["scheme"].is_null() && differs["device"]["amount"] == "29.90", "{days}");
    let page = shop.page.text("/device-days").await?;
    ensure!(page.contains("it counted something else than the journal says"), "{page}");

    // A terminal that cannot be reached keeps its day.
    drop(network);
    let lost = chain.ask(&shop, 0, "card reconcile", STAFF, &[]).await.expect_err("nobody is there");
    ensure!(lost.to_string().contains("HF-DEV-020"), "{lost}");
    let days = shop.page.json("/api/v1/device-days").await?;
    let outcome = &days["devices"][0]["last"]["outcome"]["not_ended"]["cause"];
    ensure!(outcome == "HF-DEV-020" && days["devices"][0]["lost"].is_null(), "{days}");
    chain.stop([shop]).await
}
