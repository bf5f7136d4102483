//! A store of 50,000 events with real tills and a real cloud: restored from a backup that was written while it sold, then
//! rebuilt from HQ's copy, with the same tills selling on each time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use holdfast_testkit::books::compare;
use holdfast_testkit::proof::Proof;

use crate::books::{Trade, assert_restored, journal};
use crate::shop::{CATALOG, Chain, STAFF, Shop, json, text, until, value};

const EVENTS: u64 = 50_000;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_thousand_events_come_back_from_a_backup_and_from_hqs_copy() -> Result<()> {
    let proof = Proof::of("R33", "a store restored from a backup and from HQ");
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("corner", CATALOG, 2).await?;
    shop.hub.kill_now().await?;
    let events = timed("wrote the history", years_of_trade(shop.data.clone())).await?;
    chain.restart(&mut shop).await?;
    timed("HQ has the history", chain.drained(&shop)).await?;
    chain.vault_is_at_hq(&shop).await?;

    // A backup while the tills sell and HQ cannot be reached.
    chain.wan.cut();
    let (mut load, first) = chain.trade(&shop, "backup", 8, "15")?;
    until("the tills trade", async || {
        load.still_runs()?;
        Ok(json(&first).is_ok_and(|report| report["acknowledged"].as_u64() > Some(20)))
    })
    .await?;
    let stick = chain.folder.path().join("stick");
    std::fs::create_dir(&stick)?;
    let backup = ["backup", "--data", text(&shop.data)?, "--to", text(&stick)?];
    let printed = timed("backup", chain.programs.command("holdfast-hub", &backup, None)).await?;
    let file = PathBuf::from(value(&printed, "backup")?);
    load.finish(Duration::from_secs(60)).await?;
    let status = shop.page.json("/api/v1/status").await?;
    ensure!(status["recovery"]["backup_due"] == false, "the status knows of it: {}", status["recovery"]);

    let lost = disk_gone(&chain, &mut shop, "lost-1").await?;
    chain.wan.restore();
    let restore = ["restore", "--from", text(&file)?, "--data", text(&shop.data)?];
    let restore = [restore.as_slice(), &["--recovery-code", &shop.recovery_code]].concat();
    let printed = timed("restore", chain.programs.command("holdfast-hub", &restore, None)).await?;
    ensure!(!printed.contains("not opened"), "HQ's vault was opened:\n{printed}");
    let through = seq_in_name(&file)?;
    ensure!(through < lost.len() as u64, "the tills sold on after the backup");
    held_against(lost, through, &shop).await?;
    sells_on(&chain, &mut shop, "restored", &first).await?;

    // What the hub wrote in its last moment may not have left it: HQ gives back all that it ever confirmed, and what it has.
    let confirmed = chain.confirmed(&shop).await?.context("HQ has a history")?;
    let lost = disk_gone(&chain, &mut shop, "lost-2").await?;
    let printed = timed("rebuild from HQ", chain.rebuild_with_code(&shop)).await?;
    let through = taken_over(&printed)?;
    ensure!(through >= confirmed, "HQ confirmed {confirmed} records and gave back {through}");
    held_against(lost, through, &shop).await?;
    sells_on(&chain, &mut shop, "rebuilt", &first).await?;
    proof.counted(events, "events").counted(2, "ways back, the states' hashes equal").holds();
    chain.stop([shop]).await
}

async fn timed<T>(what: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    let started = Instant::now();
    let done = work.await.with_context(|| what.to_owned())?;
    println!("{what}: {} ms", started.elapsed().as_millis());
    Ok(done)
}

async fn years_of_trade(data: PathBuf) -> Result<u64> {
    let written = tokio::task::spawn_blocking(move || {
        let mut trade = Trade::open(&data, STAFF.parse().expect("a number"));
        let mut dice = 1_u64;
        while trade.events < EVENTS {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            trade.sell(dice >> 20);
        }
        trade.close()
    });
    let (records, events) = written.await?;
    println!("{events} events in {records} records");
    Ok(events)
}

/// The hub is killed and its folder taken away; what was in its journal, for the comparison alone.
async fn disk_gone(chain: &Chain, shop: &mut Shop, name: &str) -> Result<Vec<holdfast_journal::Record>> {
    shop.hub.kill_now().await?;
    let aside = chain.folder.path().join(name);
    std::fs::rename(&shop.data, &aside)?;
    Ok(tokio::task::spawn_blocking(move || journal(&aside)).await?)
}

async fn held_against(lost: Vec<holdfast_journal::Record>, through: u64, shop: &Shop) -> Result<()> {
    let data = shop.data.clone();
    tokio::task::spawn_blocking(move || assert_restored(&lost, through, &data)).await?;
    Ok(())
}

/// The hub serves, its tills come back unpaired, give back what it lacks and sell; then everybody's books are equal.
async fn sells_on(chain: &Chain, shop: &mut Shop, run: &str, earlier: &Path) -> Result<()> {
    chain.restart(shop).await?;
    let (load, report) = chain.trade(shop, run, 3, "10")?;
    load.finish(Duration::from_secs(60)).await?;
    ensure!(json(&report)?["acknowledged"].as_u64() > Some(0), "the tills sold on");
    until("everything that was acknowledged is there", async || {
        let kept = shop.transactions().await?;
        let kept: BTreeSet<&str> =
            kept.iter().filter_map(|entry| entry["view"]["transaction"].as_str()).collect();
        let told = [told(earlier)?, told(&report)?].concat();
        Ok(!told.is_empty() && told.iter().all(|id| kept.contains(id.as_str())))
    })
    .await?;
    chain.drained(shop).await?;
    let hub = shop.books().await?;
    let comparison = compare(&hub, &hub, &chain.cloud_books(shop).await?);
    ensure!(comparison.equal(), "the books differ:\n{}", comparison.table(run));
    let verify = ["verify", "--data", text(&shop.data)?];
    chain.programs.command("holdfast-hub", &verify, None).await?;
    Ok(())
}

/// The transactions that a load's tills were told of.
fn told(report: &Path) -> Result<Vec<String>> {
    let report = json(report)?;
    let tills = report["tills"].as_array().context("tills")?;
    let all = tills.iter().filter_map(|till| till["acknowledged_transactions"].as_array()).flatten();
    Ok(all.filter_map(|one| one["transaction"].as_str().map(str::to_owned)).collect::<Vec<_>>())
}

/// How many records the rebuild says that HQ gave it, in a folder that had none.
fn taken_over(printed: &str) -> Result<u64> {
    let line = printed.lines().find(|line| line.ends_with(" records taken over"));
    let words = line.context("the rebuild says what it took over")?.split_whitespace();
    Ok(words.rev().nth(3).context("a number of records")?.parse()?)
}

fn seq_in_name(file: &Path) -> Result<u64> {
    let name = file.file_stem().and_then(|name| name.to_str()).context("a name")?;
    Ok(name.rsplit('-').next().context("a sequence")?.parse()?)
}
