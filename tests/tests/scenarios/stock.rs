//! Goods come in, are counted while the shop sells, and run low.

use anyhow::{Context, Result, ensure};

use crate::shop::{CATALOG, Chain, PIN, STAFF, text};

#[tokio::test(flavor = "multi_thread")]
async fn goods_come_in_and_are_counted_while_the_shop_sells() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("corner", CATALOG, 1).await?;
    let till = text(&shop.tills[0])?;
    let ask = async |what: &[&str], more: &[&str]| {
        let person = ["--data", till, "--staff", STAFF, "--pin-stdin"];
        chain.programs.command("holdfast-terminal", &[what, &person, more].concat(), Some(PIN)).await
    };
    let sell = ["--barcode", "4006381333931", "--quantity", "2", "--cash", "5.00"];
    ask(&["sell"], &sell).await?;
    ask(&["receive"], &["--sku", "MILK", "--quantity", "24", "--order", "PO 4711"]).await?;
    ask(&["stock", "reorder"], &["--sku", "MILK", "--level", "20"]).await?;
    let started = ask(&["count", "start"], &[]).await?;
    let count = started.lines().find_map(|line| line.strip_prefix("count ")).context("the count's id")?;
    let second = ask(&["count", "start"], &["--sku", "SOAP"]).await.expect_err("one at a time");
    ensure!(second.to_string().contains("HF-CMD-251"), "{second}");
    // 24 - 2 are in the books, 21 are on the shelf; two more are sold before the count is over.
    let counted =
        ask(&["count", "product"], &["--count", count, "--sku", "MILK", "--quantity", "21"]).await?;
    ensure!(counted.contains("found 21, in the books 22"), "{counted}");
    ask(&["sell"], &sell).await?;
    let finished = ask(&["count", "finish"], &["--count", count]).await?;
    ensure!(finished.contains("counted 1, put right 1, not counted 3"), "{finished}");
    ensure!(finished.contains("not counted: SOAP") && !finished.contains("BAG"), "{finished}");
    ask(&["stock", "waste"], &["--sku", "MILK", "--quantity", "1", "--reason", "dropped"]).await?;

    chain.drained(&shop).await?;
    let at_hq = chain.hq.json(&format!("/api/v1/stores/{}/stock", shop.id)).await?.to_string();
    ensure!(at_hq.contains("18000") || at_hq.contains("\"18\""), "22 - 1 - 2 - 1 at HQ: {at_hq}");
    chain.stop([shop]).await
}
