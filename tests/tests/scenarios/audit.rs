//! An auditor's way: an export from a hub that sells, verified by the hub's program and by one that shares no code with it,
//! and held against what was signed later.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use holdfast_testkit::programs::printed_value;
use tokio::process::Command;

use crate::shop::{CATALOG, Chain, json, text, until};

/// How a program ended, and what it said.
async fn asked(mut command: Command) -> Result<(i32, String)> {
    let output = command.kill_on_drop(true).output().await.context("the program starts")?;
    let said = String::from_utf8([output.stdout, output.stderr].concat())?;
    Ok((output.status.code().context("it was not killed")?, said))
}

async fn hub(chain: &Chain, arguments: &[&str]) -> Result<(i32, String)> {
    let mut command = Command::new(chain.programs.path("holdfast-hub"));
    command.args(arguments);
    asked(command).await
}

async fn python(export: &Path, key: &str, arguments: &[&str]) -> Result<(i32, String)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("verifier/verify.py");
    let mut command = Command::new("python3");
    command.arg("-B").arg(script).arg(export).args(["--public-key", key]).args(arguments);
    asked(command).await
}

/// Both verifiers, which must say the same.
async fn both(chain: &Chain, export: &Path, key: &str, arguments: &[&str]) -> Result<(i32, String)> {
    let own = ["verify", "--export", text(export)?, "--public-key", key];
    let own = hub(chain, &[own.as_slice(), arguments].concat()).await?;
    let other = python(export, key, arguments).await?;
    let first = |(code, said): &(i32, String)| (*code, said.lines().next().map(str::to_owned));
    ensure!(first(&own) == first(&other), "the verifiers disagree: {own:?} and {other:?}");
    Ok(own)
}

async fn acknowledged(report: &Path, more_than: u64) -> Result<u64> {
    let mut acknowledged = 0;
    until("the tills trade", async || {
        acknowledged = json(report)?["acknowledged"].as_u64().context("a count")?;
        Ok(acknowledged > more_than)
    })
    .await?;
    Ok(acknowledged)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_a_hub_that_sells_is_proven_by_two_verifiers() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("corner", CATALOG, 2).await?;
    let place = chain.folder.path().to_owned();
    let data = text(&shop.data)?.to_owned();
    let identity = chain.programs.command("holdfast-hub", &["identity", "--data", &data], None).await?;
    let key = printed_value(&identity, "public-key").context("a public key")?;
    let (load, report) = chain.trade(&shop, "audit", 300, "40")?;
    let sold = acknowledged(&report, 40).await?;

    let (early, late) = (place.join("early.hfx"), place.join("late.hfx"));
    let (code, said) = hub(&chain, &["export", "--data", &data, "--to", text(&early)?]).await?;
    ensure!(code == 0 && said.contains(&format!("public-key {key}")), "{said}");
    let size = std::fs::metadata(&early)?.len();
    let (code, said) = hub(&chain, &["export", "--data", &data, "--to", text(&early)?]).await?;
    ensure!(code == 1 && said.contains("HF-HUB-034"), "an export was written over another file: {said}");
    ensure!(std::fs::metadata(&early)?.len() == size);
    let (code, said) = both(&chain, &early, &key, &[]).await?;
    ensure!(code == 0 && said.starts_with("intact: "), "{said}");

    acknowledged(&report, sold + 20).await?;
    let (code, said) = hub(&chain, &["verify", "--data", &data]).await?;
    ensure!(code == 0 && said.contains("intact: "), "{said}");
    load.stop().await?;
    shop.hub.stop().await?;
    parts_and_cuts(&chain, &data, &key, &early, &late).await?;
    let Chain { cloud, .. } = chain;
    cloud.stop().await
}

/// The idle folder exports as well; what the first export lacks is told by what the second one ends with.
async fn parts_and_cuts(chain: &Chain, data: &str, key: &str, early: &Path, late: &Path) -> Result<()> {
    let export = ["export", "--data", data, "--from-seq", "5", "--to", text(late)?];
    let (code, said) = hub(chain, &export).await?;
    ensure!(code == 0, "{said}");
    let (code, said) = both(chain, late, key, &[]).await?;
    ensure!(code == 0 && said.contains(" records from 5 on, complete up to record "), "{said}");
    let receipt = said.lines().find_map(|line| line.split_once(" in short: ")).context("a short head")?.1;
    let (code, said) = both(chain, early, key, &["--receipt", receipt]).await?;
    ensure!(code == 1 && said.contains("[cut-off]"), "{said}");
    let (code, said) = hub(chain, &["verify", "--data", data, "--receipt", receipt]).await?;
    ensure!(code == 0 && said.contains("agrees: receipt "), "{said}");
    let (number, letters) = receipt.split_once('-').context("a short head")?;
    let later = format!("{}-{letters}", number.parse::<u64>()? + 1);
    let (code, said) = hub(chain, &["verify", "--data", data, "--receipt", &later]).await?;
    ensure!(code == 1 && said.contains("[cut-off]"), "{said}");
    let other_key = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    let (code, said) = both(chain, late, other_key, &[]).await?;
    ensure!(code == 1 && said.contains("[key]"), "{said}");
    let (code, said) = hub(chain, &["verify", "--export", text(late)?, "--public-key", "12"]).await?;
    ensure!(code == 2 && said.contains("HF-HUB-033"), "{said}");
    let nowhere = late.with_extension("none");
    let none_there = ["export", "--data", data, "--from-seq", "99999999", "--to", text(&nowhere)?];
    let (code, said) = hub(chain, &none_there).await?;
    ensure!(code == 1 && said.contains("HF-HUB-034"), "{said}");
    Ok(())
}
