//! The hub's disk is destroyed while the WAN is cut: HQ's copy and what the tills still hold rebuild everything that was
//! acknowledged.

use std::time::Duration;

use anyhow::{Result, ensure};
use holdfast_testkit::books::Books;

use crate::kill::every_acknowledgement_is_kept_once;
use crate::shop::{CATALOG, Chain, json, until};

#[tokio::test(flavor = "multi_thread")]
async fn hqs_copy_and_the_tills_rebuild_a_hub_whose_disk_is_gone() -> Result<()> {
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("corner", CATALOG, 2).await?;
    let (load, first) = chain.trade(&shop, "before", 3, "10")?;
    load.finish(Duration::from_secs(90)).await?;
    chain.drained(&shop).await?;
    chain.wan.cut();
    let (load, second) = chain.trade(&shop, "alone", 3, "10")?;
    load.finish(Duration::from_secs(90)).await?;
    let (first, second) = (json(&first)?, json(&second)?);
    let status = shop.page.json("/api/v1/status").await?.to_string();
    ensure!(!status.contains("\"waiting\":\"0\""), "nothing green while something waits for HQ: {status}");

    shop.hub.kill_now().await?;
    std::fs::remove_dir_all(&shop.data)?;
    chain.wan.restore();
    chain.replace_hub(&mut shop, CATALOG).await?;
    // The tills come back, and give back what HQ never had before they sell anything new.
    let (load, third) = chain.trade(&shop, "again", 3, "10")?;
    load.finish(Duration::from_secs(90)).await?;
    let third = json(&third)?;
    let mut all = third.clone();
    let tills =
        [&first, &second, &third].map(|report| report["tills"].as_array().cloned().unwrap_or_default());
    all["tills"] = tills.concat().into();
    until("the hub holds every acknowledged transaction", async || {
        Ok(every_acknowledgement_is_kept_once(&shop, &all).await.is_ok())
    })
    .await
    .or(every_acknowledgement_is_kept_once(&shop, &all).await)?;
    let books = Books::read(&first)?.plus(&Books::read(&second)?)?.plus(&Books::read(&third)?)?;
    chain.reconcile(&shop, &books).await?;
    chain.stop([shop]).await
}
