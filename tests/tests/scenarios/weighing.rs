//! A till with a scanner and a scale beside it: what is scanned and what lies on the scale comes to that till at once, pears
//! are sold by the weight that has settled, and the books have it to the gram.

use anyhow::{Context, Result, ensure};

use crate::shop::{CATALOG, Chain, Shop, printed, text, until};

const CASHIER: &str = "200";
const SOAP: &str = "5000112637922";
const PEARS: &str = "4012345678901";

/// Somebody at the page of the counter.
async fn press(shop: &Shop, path: &str, form: &str) -> Result<()> {
    let status = shop.page.submit(path, form).await?;
    ensure!(status == 303, "{path} {form}: {status}");
    Ok(())
}

async fn put(shop: &Shop, act: &str) -> Result<()> {
    press(shop, "/counter/scale", &format!("scale=scale-1&act={act}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_scanned_and_weighed_beside_a_till_is_sold_there() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("weighing", CATALOG, 2).await?;
    chain.take_on(&shop, CASHIER, "cashier").await?;
    let watch = async |till: usize| -> Result<_> {
        let watch = ["counter", "watch", "--data", text(&shop.tills[till])?];
        chain.programs.start(&format!("watch-{till}"), "holdfast-terminal", &watch)
    };
    let (first, second) = (watch(0).await?, watch(1).await?);
    let says = async |words: &str| {
        until(&format!("the first till shows {words}"), async || Ok(first.log().contains(words))).await
    };
    says("scanner scanner-1 is there").await?;
    says("scale scale-1 zero 0.000 kg").await?;
    press(&shop, "/counter/scanner", &format!("scanner=scanner-1&act=scan&code=%5DE0{SOAP}")).await?;
    says(&format!("scanned at scanner-1 ]E0 {SOAP} = SOAP Olive soap")).await?;
    let label = "scanner=scanner-1&act=scan&code=%5DC10104012345678901310300073015271231";
    press(&shop, "/counter/scanner", label).await?;
    says("(01)04012345678901(3103)000730(15)271231 weighs 0.730 kg = PEARS Pears").await?;
    put(&shop, "put&grams=12").await?;
    says("scale scale-1 stable 0.012 kg").await?;
    put(&shop, "shake").await?;
    says("scale scale-1 in motion 0.012 kg").await?;
    put(&shop, "unplug").await?;
    says("scale scale-1 not there: HF-DEV-056").await?;
    put(&shop, "plug_in").await?;
    put(&shop, "hold_still").await?;
    // Two programs cannot be one till at once.
    first.stop().await?;
    until("the second till is told of nothing that is not beside it", async || {
        let log = second.log();
        ensure!(!log.contains("scale-1") && !log.contains("scanned"), "{log}");
        Ok(true)
    })
    .await?;
    second.stop().await?;

    // The container counts no more, and nothing is not sold.
    let at = ["--data", text(&shop.tills[0])?];
    let till =
        async |what: &[&str]| chain.programs.command("holdfast-terminal", &[what, &at].concat(), None).await;
    until("the scale is found again", async || Ok(till(&["counter", "tare"]).await.is_ok())).await?;
    let pears = ["--barcode", PEARS, "--from-scale", "--cash", "5.00", "--float", "50.00"];
    let refused =
        chain.ask(&shop, 0, "sell", CASHIER, &pears).await.expect_err("nothing lies on it").to_string();
    ensure!(refused.contains("HF-DEV-014"), "{refused}");
    let elsewhere =
        chain.ask(&shop, 1, "sell", CASHIER, &pears).await.expect_err("it has no scale").to_string();
    ensure!(elsewhere.contains("HF-HUB-023"), "{elsewhere}");
    put(&shop, "put&grams=762").await?;
    let weighed = till(&["counter", "weigh"]).await?;
    ensure!(weighed.contains("weighs 0.750 kg at scale-1, which is made of software"), "{weighed}");
    let sold = chain.ask(&shop, 0, "sell", CASHIER, &pears).await?;
    ensure!(sold.contains("weighed 0.750 kg") && sold.contains("0.75 x 3.29"), "{sold}");
    ensure!(sold.contains("total          2.47 GBP"), "{sold}");

    let books = shop.page.json("/api/v1/reconciliation").await?;
    let on_hand = books["stock"]["PEARS"].as_i64().context("pears were sold")?;
    ensure!(on_hand == -750, "in thousandths of a kilogram: {on_hand}");
    until("the weight is on paper", async || {
        let papers = printed(&shop.data.join("paper"))?;
        Ok(papers.iter().any(|paper| paper.contains("0.75 kg") && paper.contains("2.47")))
    })
    .await?;
    let page = shop.page.text("/counter").await?;
    ensure!(page.contains("0.750 kg") && page.contains("Scanner scanner-1"), "{page}");
    chain.stop([shop]).await
}
