//! kill -9 of the hub while its tills trade: nothing acknowledged is missing or doubled, no receipt number is skipped.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use holdfast_testkit::books::Books;
use serde_json::Value;

use crate::shop::{CATALOG, Chain, Shop, json, until};

/// Kills at the least, and at the most until one has hit a request under way: without that nothing is proven.
const KILLS: u32 = 3;
const KILLS_MAX: u32 = 25;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_doubled_when_the_hub_is_killed() -> Result<()> {
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("corner", CATALOG, 3).await?;
    let (load, report) = chain.trade(&shop, "kill", 300, "40")?;
    let (mut acknowledged, mut resent, mut kills) = (0, 0, 0);
    while kills < KILLS || (resent == 0 && kills < KILLS_MAX) {
        let before = acknowledged;
        until("the tills trade", async || {
            let report = json(&report)?;
            acknowledged = report["acknowledged"].as_u64().context("a count")?;
            resent = report["resent"].as_u64().context("a count")?;
            Ok(acknowledged > before + 20)
        })
        .await
        .with_context(|| format!("after kill {kills}"))?;
        shop = kill_and_restart(&chain, shop).await?;
        kills += 1;
    }
    // It takes the last answers before it ends, and fails when one is missing.
    load.stop().await?;
    let report = json(&report)?;
    println!("{kills} kills, {} requests sent again, {} answers", report["resent"], report["acknowledged"]);
    ensure!(report["unanswered"] == 0, "every request was answered in the end: {}", report["unanswered"]);
    ensure!(report["resent"].as_u64() > Some(0), "{kills} kills hit no request under way and prove nothing");
    every_acknowledgement_is_kept_once(&shop, &report).await?;
    chain.reconcile(&shop, &Books::read(&report)?).await?;
    chain.stop([shop]).await
}

async fn kill_and_restart(chain: &Chain, mut shop: Shop) -> Result<Shop> {
    let Shop { hub, .. } = &mut shop;
    hub.kill_now().await?;
    chain.restart(&mut shop).await?;
    Ok(shop)
}

/// What the tills were told, against what the hub holds.
pub async fn every_acknowledgement_is_kept_once(shop: &Shop, report: &Value) -> Result<()> {
    let mut kept: BTreeMap<String, String> = BTreeMap::new();
    for entry in shop.transactions().await? {
        let view = &entry["view"];
        let id = view["transaction"].as_str().context("an id")?.to_owned();
        let receipt = view["receipt"].as_str().context("a receipt number")?.to_owned();
        ensure!(kept.insert(id.clone(), receipt).is_none(), "transaction {id} is there twice");
    }
    let numbers: BTreeSet<&String> = kept.values().collect();
    ensure!(numbers.len() == kept.len(), "a receipt number is there twice");
    let mut told = 0;
    for till in report["tills"].as_array().context("tills")? {
        for one in till["acknowledged_transactions"].as_array().context("transactions")? {
            let (id, receipt) = (one["transaction"].as_str().context("id")?, one["receipt"].as_str());
            ensure!(kept.get(id).map(String::as_str) == receipt, "{id} was acknowledged as {receipt:?}");
            told += 1;
        }
    }
    ensure!(told == kept.len(), "the tills were told of {told} transactions, the hub holds {}", kept.len());
    gap_free(&numbers)
}

/// Each till's series counts up from 1 without a hole.
fn gap_free(numbers: &BTreeSet<&String>) -> Result<()> {
    let mut series: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for number in numbers {
        let (till, count) = number.split_once('-').context("till-number")?;
        series.entry(till).or_default().push(count.parse().context("a number of the hub's series")?);
    }
    for (till, mut counts) in series {
        counts.sort_unstable();
        let whole: Vec<u32> = (1..=u32::try_from(counts.len())?).collect();
        ensure!(counts == whole, "till {till} has a hole in its numbers: {counts:?}");
    }
    Ok(())
}
