//! The hub's disk is destroyed: HQ's copy and what the tills still hold rebuild everything that was acknowledged, and with
//! the recovery code the tills do not even notice that it is another machine.

use std::time::Duration;

use anyhow::{Result, ensure};
use holdfast_testkit::books::Books;

use crate::kill::every_acknowledgement_is_kept_once;
use crate::shop::{CATALOG, Chain, STAFF, json, text, until};

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

/// A name that HQ must be able to keep and must not be able to read.
const CANARY: &str = "Wilhelmina Canary";

#[tokio::test(flavor = "multi_thread")]
async fn with_the_recovery_code_a_till_sells_on_that_nobody_paired_again() -> Result<()> {
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("corner", CATALOG, 2).await?;
    let add = ["staff", "add", "--data", text(&shop.data)?, "--number", "77", "--name", CANARY];
    let add = [add.as_slice(), &["--role", "cashier", "--pin-stdin"]].concat();
    chain.programs.command("holdfast-hub", &add, Some("1357")).await?;
    let (load, first) = chain.trade(&shop, "before", 2, "10")?;
    load.finish(Duration::from_secs(90)).await?;
    chain.drained(&shop).await?;
    // The new name and the catalog reach HQ by themselves, sealed.
    until("the vault names everybody", async || {
        let status = shop.page.json("/api/v1/status").await?;
        Ok(status["recovery"]["vault"]["version"].as_u64() >= Some(2))
    })
    .await?;
    chain.vault_is_at_hq(&shop).await?;
    chain.wan.cut();
    let (load, second) = chain.trade(&shop, "alone", 2, "10")?;
    load.finish(Duration::from_secs(90)).await?;
    let authority = std::fs::read(shop.data.join("tls/ca.pem"))?;

    shop.hub.kill_now().await?;
    std::fs::remove_dir_all(&shop.data)?;
    chain.wan.restore();
    let wrong = shop.recovery_code.clone();
    shop.recovery_code.replace_range(..1, if wrong.starts_with('Z') { "Y" } else { "Z" });
    let refused = chain.rebuild_with_code(&shop).await.expect_err("one letter is wrong").to_string();
    ensure!(refused.contains("HF-REC-001") && !shop.data.exists(), "nothing was tried: {refused}");
    shop.recovery_code = wrong;
    let printed = chain.rebuild_with_code(&shop).await?;
    ensure!(!printed.contains("recovery-code"), "the code stays what it is:\n{printed}");
    ensure!(std::fs::read(shop.data.join("tls/ca.pem"))? == authority, "the tills' trust is the same");
    chain.restart(&mut shop).await?;
    // Nobody is registered, nothing imported, no till paired: they come back and sell on.
    let (load, third) = chain.trade(&shop, "again", 2, "10")?;
    load.finish(Duration::from_secs(90)).await?;
    let third = json(&third)?;
    ensure!(third["acknowledged"].as_u64() > Some(0), "the tills sold: {}", third["acknowledged"]);
    let (first, second) = (json(&first)?, json(&second)?);
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
    let staff = std::fs::read_to_string(shop.data.join("staff.json"))?;
    ensure!(staff.contains(CANARY) && staff.contains(STAFF), "everybody is back: {staff}");
    ensure!(!hq_knows_nothing_of(CANARY.as_bytes(), &shop.data)?, "the search finds what is there");
    ensure!(hq_knows_nothing_of(CANARY.as_bytes(), &chain.cloud_data)?, "HQ's database has {CANARY}");
    chain.stop([shop]).await
}

/// Whether no file of HQ's has these bytes.
fn hq_knows_nothing_of(canary: &[u8], folder: &std::path::Path) -> Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let clean = if path.is_dir() {
            hq_knows_nothing_of(canary, &path)?
        } else {
            !std::fs::read(&path)?.windows(canary.len()).any(|bytes| bytes == canary)
        };
        if !clean {
            return Ok(false);
        }
    }
    Ok(true)
}
