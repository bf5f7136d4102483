//! A drawer with a sensor: the journal holds each time that it was opened and shut, who was at the till, and whether the till
//! had asked for it.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::shop::{CATALOG, Chain, Shop, until};

const CASHIER: &str = "200";

/// What the journal has of the drawer, oldest first: who was signed on, and what moved.
async fn movements(shop: &Shop) -> Result<Vec<(bool, String)>> {
    // The search by person finds what their drawer did.
    let list = shop.page.json(&format!("/api/v1/journal?staff={CASHIER}&till=1")).await?;
    let rows = list["records"].as_array().context("records")?;
    let has_moved =
        |row: &&Value| row["events"].as_array().is_some_and(|all| all.contains(&"drawer_moved".into()));
    let mut found = Vec::new();
    for row in rows.iter().rev().filter(has_moved) {
        let seq = &row["seq"];
        let record = shop.page.json(&format!("/api/v1/journal/{seq}")).await?;
        let events = record["record"]["outcome"]["accepted"]["events"].as_array().context("events")?.clone();
        for moved in events.iter().map(|event| &event["drawer_moved"]).filter(|moved| !moved.is_null()) {
            ensure!(moved["drawer"] == "counter", "{moved}");
            found.push((!moved["operator"].is_null(), words(&moved["movement"])));
        }
    }
    Ok(found)
}

fn words(movement: &Value) -> String {
    movement["opened"]["cause"].as_str().or(movement.as_str()).unwrap_or("?").to_owned()
}

async fn moved(shop: &Shop, expected: &[(bool, &str)]) -> Result<()> {
    let expected: Vec<_> = expected.iter().map(|(who, what)| (*who, (*what).to_owned())).collect();
    let met = until("the journal has what the drawer did", async || Ok(movements(shop).await? == expected));
    if met.await.is_err() {
        assert_eq!(movements(shop).await?, expected);
    }
    Ok(())
}

async fn hand(shop: &Shop, open: bool) -> Result<()> {
    let status = shop.page.submit("/counter/drawer", &format!("printer=counter&open={open}")).await?;
    ensure!(status == 303, "{status}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drawer_that_opens_is_in_the_journal_and_without_the_till_in_the_list_of_losses() -> Result<()> {
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("drawers", CATALOG, 1).await?;
    chain.take_on(&shop, CASHIER, "cashier").await?;
    let settings = chain.folder.path().join("drawers.toml");
    std::fs::write(
        &settings,
        "[[printers]]\nname = \"counter\"\naddress = \"simulated\"\npaper_mm = 80\ntills = [1]\n\
         drawer = { pin = 5, on_ms = 100, off_ms = 200, sensor = \"open-is-high\" }\n",
    )?;
    shop.config = Some(settings);
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;

    // The till opens it for cash, and the hand of whoever gives change shuts it.
    let sell = ["--barcode", "4006381333931", "--quantity", "3", "--cash", "5.00", "--float", "100.00"];
    chain.ask(&shop, 0, "sell", CASHIER, &sell).await?;
    moved(&shop, &[(true, "asked"), (true, "closed")]).await?;
    let losses = shop.page.json("/api/v1/reports/losses?kind=drawer_opened").await?;
    ensure!(losses["losses"].as_array().is_some_and(Vec::is_empty), "the till asked for it: {losses}");

    // Somebody has a key.
    hand(&shop, true).await?;
    moved(&shop, &[(true, "asked"), (true, "closed"), (true, "unasked")]).await?;
    until("the losses name it", async || {
        let losses = shop.page.json("/api/v1/reports/losses?kind=drawer_opened").await?;
        let row = &losses["losses"][0];
        Ok(row["staff_number"] == CASHIER && row["till"] == "1" && row["what"] == "counter")
    })
    .await?;
    let page = shop.page.text("/losses?kind=drawer_opened").await?;
    ensure!(page.contains("opened without the till"), "{page}");
    let page = shop.page.text("/counter").await?;
    ensure!(page.contains("drawer open") && page.contains("Shut the drawer"), "{page}");

    // The machine is switched off while it stands open; another hand shuts it meanwhile.
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;
    moved(&shop, &[(true, "asked"), (true, "closed"), (true, "unasked"), (true, "closed")]).await?;
    chain.drained(&shop).await?;
    chain.stop([shop]).await
}
