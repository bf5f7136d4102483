//! A card terminal that does not reach its bank approves by itself: what it approved is shown in money, a payment beyond the
//! store's limits is refused before the customer is asked, and the terminal's end of day frees it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use holdfast_devices::simulated::zvt::{Auto, CardAnswer, SimulatedZvt, ZvtSettings};
use holdfast_money::Currency;

use crate::shop::{CATALOG, Chain, STAFF, Shop};

const SOAP: &str = "5000112637922";

/// Ten soaps for 24.90, parked for a card.
async fn basket(chain: &Chain, shop: &Shop) -> Result<String> {
    let basket = ["--barcode", SOAP, "--quantity", "10", "--label", "by card"];
    let parked = chain.ask(shop, 0, "park", STAFF, &basket).await?;
    let order = parked.split_whitespace().nth(1).context("the order's id")?.to_owned();
    chain.ask(shop, 0, "retrieve", STAFF, &["--order", &order]).await?;
    Ok(order)
}

async fn by_card(chain: &Chain, shop: &Shop) -> Result<String> {
    let order = basket(chain, shop).await?;
    let paid = chain.ask(shop, 0, "card pay", STAFF, &["--order", &order, "--amount", "24.90"]).await?;
    chain.ask(shop, 0, "pay", STAFF, &["--order", &order]).await?;
    Ok(paid)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_terminal_approves_without_its_bank_is_bounded_shown_and_freed_by_its_end_of_day() -> Result<()>
{
    let terminal = SimulatedZvt::new(ZvtSettings { currency: Currency::GBP, ..ZvtSettings::default() });
    let customer = |answer| Some(Auto { delay: Duration::from_millis(50), answer });
    terminal.automatic(customer(CardAnswer::ApproveOffline));
    let network = terminal.listen(([127, 0, 0, 1], 0).into()).await?;
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("exposure", CATALOG, 1).await?;
    let warm_up = ["--barcode", SOAP, "--quantity", "1", "--cash", "2.49", "--float", "100.00"];
    chain.ask(&shop, 0, "sell", STAFF, &warm_up).await?;
    let settings = chain.folder.path().join("terminal.toml");
    let address = network.address();
    std::fs::write(
        &settings,
        format!(
            "[[payments]]\nname = \"lane-1\"\naddress = \"zvt-tcp://{address}\"\ntender = \"terminal\"\n\
             [offline_payments]\nfloor = \"30\"\ncumulative = \"40.00\"\n"
        ),
    )?;
    shop.config = Some(settings);
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;

    by_card(&chain, &shop).await?;
    let days = shop.page.json("/api/v1/device-days").await?;
    ensure!(days["exposure"]["outstanding"]["amount"] == "24.90", "{days}");
    ensure!(days["exposure"]["left"]["amount"] == "15.10", "{days}");
    ensure!(days["devices"][0]["acquirer"] == "not_reached", "{days}");
    let status = shop.page.text("/").await?;
    ensure!(status.contains("24.90 GBP") && status.contains("without their banks"), "{status}");
    let page = shop.page.text("/device-days").await?;
    ensure!(page.contains("does not reach its bank") && page.contains("at most 15.10 GBP now"), "{page}");
    let metrics = shop.page.text("/metrics").await?;
    ensure!(metrics.contains("holdfast_hub_payment_offline_minor{name=\"lane-1\"} 2490"), "{metrics}");
    ensure!(metrics.contains("holdfast_hub_payment_offline_minor_max 4000"), "{metrics}");

    let order = basket(&chain, &shop).await?;
    let booked = terminal.book().len();
    let amount = ["--order", &order, "--amount", "24.90"];
    let refused = chain.ask(&shop, 0, "card pay", STAFF, &amount).await.expect_err("beyond the limits");
    let told = refused.to_string();
    ensure!(
        told.contains("HF-CMD-218") && told.contains("40.00 GBP") && told.contains("24.90 GBP"),
        "{told}"
    );
    ensure!(terminal.book().len() == booked, "no customer was asked");

    // The line is there again, and the terminal submits what it has.
    chain.ask(&shop, 0, "card reconcile", STAFF, &[]).await?;
    let days = shop.page.json("/api/v1/device-days").await?;
    ensure!(days["exposure"]["count"] == 0, "{days}");
    terminal.automatic(customer(CardAnswer::Approve));
    chain.ask(&shop, 0, "card pay", STAFF, &amount).await?;
    chain.ask(&shop, 0, "pay", STAFF, &["--order", &order]).await?;
    let days = shop.page.json("/api/v1/device-days").await?;
    ensure!(days["exposure"]["count"] == 0 && days["devices"][0]["acquirer"] == "reached", "{days}");
    chain.stop([shop]).await
}
