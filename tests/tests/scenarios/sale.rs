//! One sale by barcode, from the till to HQ's figures and back down to its audit trail.

use anyhow::{Context, Result};

use crate::shop::{CATALOG, Chain, PIN, STAFF, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_by_barcode_reaches_the_receipt_the_hub_and_hq() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("corner", CATALOG, 1).await?;
    let till = text(&shop.tills[0])?;
    let sell = ["sell", "--data", till, "--staff", STAFF, "--pin-stdin", "--barcode", "4006381333931"];
    let sell = [sell.as_slice(), &["--quantity", "3", "--cash", "5.00", "--float", "100.00"]].concat();
    let printed = chain.programs.command("holdfast-terminal", &sell, Some(PIN)).await?;
    for expected in ["Whole milk 1 l", "3.57", "1.43", "1-000001"] {
        assert!(printed.contains(expected), "`{expected}` is not on the receipt:\n{printed}");
    }
    chain.drained(&shop).await?;
    let at_hub = shop.transactions().await?;
    assert_eq!(at_hub.len(), 1, "{at_hub:?}");
    let books = shop.page.json("/api/v1/reconciliation").await?;
    assert_eq!(books["stock"]["MILK"], -3000);
    let totals = chain.hq.json(&format!("/api/v1/stores/{}/totals", shop.id)).await?;
    assert_eq!(totals["gross_minor"], 357);
    let id = at_hub[0]["view"]["transaction"].as_str().context("the transaction's id")?;
    let trail = chain.hq.json(&format!("/api/v1/stores/{}/transactions/{id}", shop.id)).await?.to_string();
    for expected in ["1-000001", "Whole milk 1 l", "hash"] {
        assert!(trail.contains(expected), "`{expected}` is not in the audit trail: {trail}");
    }
    chain.stop([shop]).await
}
