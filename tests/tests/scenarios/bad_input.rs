//! What people and machines get wrong is answered with a code and what to do, and nothing is lost.

use anyhow::Result;

use crate::shop::{CATALOG, Chain, PIN, STAFF, text};

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_gets_a_code_and_what_to_do() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("corner", CATALOG, 1).await?;
    let (till, data) = (text(&shop.tills[0])?, text(&shop.data)?);
    let sell = async |barcode: &str, quantity: &str| {
        let sell = ["sell", "--data", till, "--staff", STAFF, "--pin-stdin", "--barcode", barcode];
        let sell =
            [sell.as_slice(), &["--quantity", quantity, "--cash", "100.00", "--float", "10.00"]].concat();
        chain.programs.command("holdfast-terminal", &sell, Some(PIN)).await
    };
    for (what, barcode, quantity, code) in [
        ("an unknown barcode", "0000000000000", "1", "HF-CMD-123"),
        ("a negative quantity", "4006381333931", "-2", "HF-"),
        ("half a piece", "4006381333931", "0.5", "HF-CMD-125"),
        ("a strict product that is not there", "9780201379624", "1", "HF-CMD-132"),
    ] {
        let error = sell(barcode, quantity).await.expect_err(what).to_string();
        assert!(error.contains(code), "{what}: {error}");
    }

    let file = chain.folder.path().join("bad.csv");
    std::fs::write(&file, format!("{CATALOG}PLUM,Plums,,pound,reduced,-1,counter\n"))?;
    let import = ["import", "catalog", "--data", data, text(&file)?];
    let error =
        chain.programs.command("holdfast-hub", &import, None).await.expect_err("a bad row").to_string();
    assert!(error.contains("HF-IMP-") && error.contains('7'), "row and code are named: {error}");

    let config = chain.folder.path().join("hub.toml");
    std::fs::write(&config, "colour = \"blue\"\n")?;
    let check = ["check-config", "--config", text(&config)?];
    let error =
        chain.programs.command("holdfast-hub", &check, None).await.expect_err("an unknown key").to_string();
    assert!(error.contains("HF-HUB-") && error.contains("colour"), "{error}");

    // After all of that the shop sells.
    let sold = sell("4006381333931", "1").await?;
    assert!(sold.contains("1-000001"), "no number was burnt: {sold}");
    chain.stop([shop]).await
}
