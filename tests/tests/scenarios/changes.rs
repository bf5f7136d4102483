//! A manager adds a product that nobody knows, marks one down and takes somebody on, while the line to HQ is cut: the tills
//! go on with it at once, and HQ reads who changed what when the line is back.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::shop::{CATALOG, Chain, PIN, STAFF, until};

const CASHIER: &str = "200";
const NEW: &str = "204";
const UNKNOWN: &str = "4012345678918";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_manager_changes_at_the_store_is_sold_at_once_and_told_to_hq() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("changes", CATALOG, 1).await?;
    chain.take_on(&shop, CASHIER, "cashier").await?;
    chain.wan.cut();
    let sell = async |staff: &str, barcode: &str, cash: &str| {
        let basket = ["--barcode", barcode, "--quantity", "1", "--cash", cash, "--float", "100.00"];
        chain.ask(&shop, 0, "sell", staff, &basket).await
    };
    let refused = sell(CASHIER, UNKNOWN, "5.00").await.expect_err("nobody knows it").to_string();
    ensure!(refused.contains("HF-CMD-123"), "{refused}");

    let item = json!({ "barcode": UNKNOWN, "description": "Plum jam", "unit_price": "3.49" });
    let cashier = shop.page.as_person(CASHIER, PIN).await?;
    let manager = shop.page.as_person(STAFF, PIN).await?;
    let items = "/api/v1/catalog/items";
    for (who, status) in [(&shop.page, 401), (&cashier, 403)] {
        let (answered, problem) = who.post(items, &item).await?;
        ensure!(answered == status, "{answered}: {problem}");
    }
    let (answered, added) = manager.post(items, &item).await?;
    ensure!(answered == 200 && added["sku"] == UNKNOWN, "{answered}: {added}");
    let (answered, problem) = manager.post(items, &item).await?;
    ensure!(answered == 400 && problem.to_string().contains("sells that already"), "{answered}: {problem}");
    let wrong = json!({ "barcode": UNKNOWN, "description": "Plum jam", "unit_price": "3,49" });
    let (answered, problem) = manager.post(items, &wrong).await?;
    ensure!(answered == 400 && problem.to_string().contains("HF-IMP-015"), "{answered}: {problem}");
    let sold = sell(CASHIER, UNKNOWN, "5.00").await?;
    ensure!(sold.contains("total          3.49 GBP"), "{sold}");

    let markdown = json!({ "item": "4006381333931", "price": "0.89", "reason": "best before tomorrow" });
    let (answered, marked) = manager.post("/api/v1/catalog/markdowns", &markdown).await?;
    ensure!(answered == 200 && marked["sku"] == "MILK", "{answered}: {marked}");
    let dearer = json!({ "item": "MILK", "price": "1.19", "reason": "none" });
    let (answered, problem) = manager.post("/api/v1/catalog/markdowns", &dearer).await?;
    ensure!(answered == 409 && problem["code"] == "HF-HUB-026", "no lower: {answered}: {problem}");
    let sold = sell(CASHIER, "4006381333931", "5.00").await?;
    ensure!(sold.contains("total          0.89 GBP"), "{sold}");

    let person = json!({ "number": 204, "name": "Newcomer", "role": "cashier", "pin": PIN });
    let (answered, problem) = cashier.post("/api/v1/staff", &person).await?;
    ensure!(answered == 403, "{answered}: {problem}");
    let (answered, problem) = manager.post("/api/v1/staff", &person).await?;
    ensure!(answered == 204, "{answered}: {problem}");
    let sold = sell(NEW, UNKNOWN, "3.49").await?;
    ensure!(sold.contains("total          3.49 GBP"), "{sold}");
    // The page says the same and takes the same.
    let page = manager.text("/changes").await?;
    ensure!(page.contains("A product that is in no catalog") && page.contains("Take on"), "{page}");

    let x = chain.ask(&shop, 0, "x-report", STAFF, &[]).await?;
    ensure!(x.lines().any(|line| line.starts_with("turnover") && line.ends_with("7.87 GBP")), "{x}");
    let nothing = chain.hq.json(&format!("/api/v1/stores/{}/changes", shop.id)).await?;
    ensure!(nothing == json!([]), "the line is cut: {nothing}");
    chain.wan.restore();
    chain.drained(&shop).await?;
    let told = async || {
        let changes = chain.hq.json(&format!("/api/v1/stores/{}/changes", shop.id)).await?;
        changes.as_array().cloned().context("a list")
    };
    until("HQ has been told", async || Ok(told().await?.len() == 3)).await?;
    let told = told().await?;
    let of = |kind: &str| told.iter().find(|row| row["kind"] == kind).cloned().unwrap_or(Value::Null);
    let (item, price, person) = (of("item_added"), of("marked_down"), of("staff_added"));
    ensure!(item["subject"] == UNKNOWN && item["detail"].to_string().contains("Plum jam, 3.49"), "{item}");
    let detail = price["detail"].to_string();
    ensure!(detail.contains("1.19 to 0.89") && detail.contains("best before tomorrow"), "{price}");
    ensure!(person["subject"] == NEW && person["detail"] == "as cashier", "{person}");
    ensure!(!person.to_string().contains("Newcomer"), "nobody is named: {person}");
    chain.stop([shop]).await
}
