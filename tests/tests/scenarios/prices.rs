//! Bundles, deposits, labels, promotions, coupons and taxes by tag: sold at a till, printed, counted in stock, told to HQ.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::shop::{Chain, PIN, STAFF, Shop, text};

const CATALOG: &str = "sku,description,barcode,unit,tax_class,unit_price,stock,category,deposit,components,price_rule\n\
    TEA,Green tea,4006381333931,piece,reduced,4.00,counter,hot drinks,,,\n\
    COLA,Cola 1 l,5000112637922,piece,standard,1.50,counter,drinks,BOTTLE,,\n\
    BOTTLE,Bottle deposit,,piece,standard,0.25,none,,,,\n\
    CHEESE,Gouda,2112345,kilogram,reduced,20.00,counter,,,,\n\
    RADIO,Radio,9780201379624,piece,standard,49.00,strict,,,,\n\
    SET,Breakfast set,5012345678900,piece,standard,55.00,,,,TEA*2|RADIO*1,\n";

const BOOK: &str = r#"{
  "promotions": [
    {"code": "3FOR2", "name": "Three for two", "priority": 1,
     "kind": {"group_off": {"items": {"categories": ["drinks"]}, "count": 3, "reduced": 1, "rate": "1"}}},
    {"code": "ONCE", "name": "Welcome", "priority": 2, "coupon": {"code": "HELLO", "uses_max": 1},
     "kind": {"basket_off": {"items": "all", "threshold": {"amount": "4.00", "currency": "GBP"},
                             "off": {"percent": {"rate": "0.1"}}}}}
  ],
  "layouts": [{"prefix": "21", "item_digits": 5, "value_digits": 5, "measure": {"quantity": {"places": 3}}}]
}"#;

const TAXES: &str = r#"{"entries": [
  {"class": "standard", "charges": [{"code": "A", "rate": "0.2"}]},
  {"class": "reduced", "charges": [{"code": "B", "rate": "0.1"}]},
  {"class": "reduced", "tag": "take-away", "charges": [{"code": "C", "rate": "0.05"}]}
]}"#;

async fn stock(shop: &Shop, sku: &str) -> Result<Value> {
    let books = shop.page.json("/api/v1/reconciliation").await?;
    Ok(books["stock"][sku].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_basket_gets_its_best_price_and_every_part_of_it_can_be_followed() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("corner", CATALOG, 1).await?;
    let (till, hub) = (text(&shop.tills[0])?, text(&shop.data)?);
    for (what, name, bytes) in [("book", "book.json", BOOK), ("taxes", "taxes.json", TAXES)] {
        let file = chain.folder.path().join(name);
        std::fs::write(&file, bytes)?;
        chain.programs.command("holdfast-hub", &["import", what, "--data", hub, text(&file)?], None).await?;
    }
    let wrong = chain.folder.path().join("wrong.json");
    std::fs::write(&wrong, BOOK.replace("\"reduced\": 1", "\"reduced\": 4"))?;
    let import = ["import", "book", "--data", hub, text(&wrong)?];
    let refused = chain.programs.command("holdfast-hub", &import, None).await.expect_err("four of three");
    ensure!(refused.to_string().contains("HF-IMP-007"), "{refused}");

    let sell = async |more: &[&str]| {
        let person = ["sell", "--data", till, "--staff", STAFF, "--pin-stdin", "--cash", "200"];
        chain.programs.command("holdfast-terminal", &[person.as_slice(), more].concat(), Some(PIN)).await
    };
    // Three colas: one is free, the bottles are not. A tenth off all of it with the coupon, and not off the bottles.
    let receipt = sell(&["--barcode", "5000112637922", "--quantity", "3", "--coupon", "hello"]).await?;
    for expected in ["Three for two: -1.50 GBP", "Welcome: -0.30 GBP", "Bottle deposit", "3.45 GBP"] {
        ensure!(receipt.contains(expected), "`{expected}` is not on it:\n{receipt}");
    }
    let again = sell(&["--barcode", "5000112637922", "--quantity", "9", "--coupon", "HELLO"]).await;
    let again = again.expect_err("it was used").to_string();
    ensure!(again.contains("HF-CMD-265"), "{again}");
    let unknown =
        sell(&["--barcode", "5000112637922", "--coupon", "NEVER"]).await.expect_err("no promotion's");
    ensure!(unknown.to_string().contains("HF-CMD-264"), "{unknown}");

    // A set is two teas and a radio, and there is no radio.
    let set = sell(&["--barcode", "5012345678900"]).await.expect_err("its radio is strict");
    ensure!(set.to_string().contains("HF-CMD-132"), "{set}");
    // 0.385 kg by its label, taken away at another rate.
    let receipt =
        sell(&["--barcode", "2112345003856", "--also", "4006381333931*2", "--tag", "take-away"]).await?;
    for expected in ["0.385 x 20", "7.70 GBP", "8.00 GBP", "15.70 GBP"] {
        ensure!(receipt.contains(expected), "`{expected}` is not on it:\n{receipt}");
    }
    assert_eq!(
        (stock(&shop, "COLA").await?, stock(&shop, "CHEESE").await?),
        ((-3_000).into(), (-385).into())
    );
    assert_eq!(stock(&shop, "BOTTLE").await?, Value::Null, "a deposit has no stock");

    chain.drained(&shop).await?;
    let totals = chain.hq.json(&format!("/api/v1/stores/{}/totals", shop.id)).await?;
    assert_eq!(totals["gross_minor"], 1_915, "3.45 and 15.70: {totals}");
    let newest = shop.transactions().await?;
    let id = newest[0]["view"]["transaction"].as_str().context("an id")?.to_owned();
    let at_hq = chain.hq.json(&format!("/api/v1/stores/{}/transactions/{id}", shop.id)).await?.to_string();
    ensure!(at_hq.contains("C 5"), "the rate of what is taken away is not at HQ: {at_hq}");
    let id = newest[1]["view"]["transaction"].as_str().context("an id")?.to_owned();
    let at_hq = chain.hq.json(&format!("/api/v1/stores/{}/transactions/{id}", shop.id)).await?.to_string();
    for expected in ["Three for two", "HELLO"] {
        ensure!(at_hq.contains(expected), "`{expected}` is not at HQ: {at_hq}");
    }
    chain.stop([shop]).await
}
