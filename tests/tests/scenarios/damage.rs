//! A journal that cannot be trusted: the hub sells nothing, says why on its page, and changes nothing on the disk.

use anyhow::{Context, Result, ensure};
use holdfast_testkit::http::Server;

use crate::shop::{CATALOG, Chain, PIN, STAFF, json, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_whose_journal_is_damaged_stands_still_and_says_so() -> Result<()> {
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("corner", CATALOG, 1).await?;
    let sell = ["sell", "--data", text(&shop.tills[0])?, "--staff", STAFF, "--pin-stdin"];
    let sell =
        [sell.as_slice(), &["--barcode", "4006381333931", "--cash", "5.00", "--float", "10.00"]].concat();
    chain.programs.command("holdfast-terminal", &sell, Some(PIN)).await?;
    shop.hub.kill_now().await?;

    let journal = shop.data.join("journal");
    let mut files: Vec<_> =
        std::fs::read_dir(&journal)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let segment =
        files.iter().find(|path| text(path).is_ok_and(|p| p.ends_with(".seg") || p.ends_with(".hfj")));
    let segment = segment.or(files.first()).context("a segment")?;
    let mut bytes = std::fs::read(segment)?;
    // Inside the first record, long before the end: no torn tail looks like this.
    bytes[400] ^= 1;
    std::fs::write(segment, &bytes)?;

    let ready = chain.serve_again(&mut shop)?;
    let said = shop.hub.ready(&ready).await?;
    let code = said["standstill"].as_str().context("the hub says that it stands still")?.to_owned();
    ensure!(code.starts_with("HF-JRN-"), "{said}");
    let page = Server::at(&format!("http://{}", said["http"].as_str().context("an address")?))?;
    let refused = page.json("/api/v1/status").await.expect_err("nothing is served").to_string();
    ensure!(refused.contains("503") && refused.contains(&code), "{refused}");
    ensure!(std::fs::read(segment)? == bytes, "nothing on the disk was changed");
    ensure!(json(&ready)? == said);
    shop.hub.kill_now().await?;
    chain.end([]).await
}
