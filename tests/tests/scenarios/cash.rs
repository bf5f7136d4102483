//! Cash that moves without a sale: who may, what the slip says, and what hub and HQ keep of it.

use anyhow::{Context, Result, ensure};

use crate::shop::{CATALOG, Chain, PIN, STAFF, text};

const CASHIER: &str = "200";

#[tokio::test(flavor = "multi_thread")]
async fn cash_moves_under_a_number_with_a_reason_and_by_permission() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("corner", CATALOG, 1).await?;
    let (till, hub) = (text(&shop.tills[0])?, text(&shop.data)?);
    let add = ["staff", "add", "--data", hub, "--number", CASHIER, "--name", "Clerk", "--role", "cashier"];
    chain.programs.command("holdfast-hub", &[add.as_slice(), &["--pin-stdin"]].concat(), Some(PIN)).await?;
    let ask = async |what: &str, staff: &str, more: &[&str]| {
        let person = [what, "--data", till, "--staff", staff, "--pin-stdin"];
        chain.programs.command("holdfast-terminal", &[person.as_slice(), more].concat(), Some(PIN)).await
    };
    let sell = ["--barcode", "4006381333931", "--quantity", "3", "--cash", "5.00", "--float", "100.00"];
    ask("sell", CASHIER, &sell).await?;

    // 100.00 + 3.57: the most that can go to the safe.
    let drop = |amount| ["--movement", "drop", "--amount", amount, "--reason", "too much in the drawer"];
    let refused = ask("cash", CASHIER, &drop("103.58")).await.expect_err("more than the drawer holds");
    ensure!(refused.to_string().contains("HF-CMD-166"), "{refused}");
    ensure!(!refused.to_string().contains("103.57"), "who counts it is not told what it holds: {refused}");
    let slip = ask("cash", CASHIER, &drop("60")).await?;
    ensure!(slip.contains("1-000002") && slip.contains("-60.00 GBP"), "the slip:\n{slip}");
    let paid_out = ["--movement", "paid-out", "--amount", "8.40", "--reason", "window cleaner"];
    let refused = ask("cash", CASHIER, &paid_out).await.expect_err("a cashier may not");
    ensure!(refused.to_string().contains("HF-CMD-104"), "{refused}");
    ask("cash", STAFF, &paid_out).await?;
    ask("no-sale", CASHIER, &["--reason", "change for the meter"]).await?;

    chain.drained(&shop).await?;
    let kinds: Vec<String> =
        shop.transactions().await?.iter().map(|t| t["view"]["kind"].to_string()).collect();
    ensure!(kinds == ["\"paid_out\"", "\"cash_drop\"", "\"sale\""], "at the hub: {kinds:?}");
    let totals = chain.hq.json(&format!("/api/v1/stores/{}/totals", shop.id)).await?;
    assert_eq!((&totals["cash_moves"], &totals["gross_minor"]), (&2.into(), &357.into()), "no turnover");
    let id = shop.transactions().await?[0]["view"]["transaction"].as_str().context("an id")?.to_owned();
    let at_hq = chain.hq.json(&format!("/api/v1/stores/{}/transactions/{id}", shop.id)).await?.to_string();
    for expected in ["paid_out", "window cleaner", "1-000003", "-840"] {
        ensure!(at_hq.contains(expected), "`{expected}` is not at HQ: {at_hq}");
    }
    chain.stop([shop]).await
}
