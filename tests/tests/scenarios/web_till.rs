//! What the hub gives a till in a browser: the app's files, trust, and everything that it sells by when the hub is gone. Each
//! read is held against what another way says of the same.

use anyhow::{Context, Result, ensure};
use holdfast_testkit::http::{Answer, Server};
use serde_json::{Value, json};

use crate::shop::{CATALOG, Chain, PIN, STAFF, Shop, text, until, value};

const CASHIER: &str = "200";

/// A till that pairs over HTTP alone, as a browser does.
async fn paired(chain: &Chain, shop: &Shop) -> Result<Server> {
    let pair = ["pair", "--data", text(&shop.data)?, "--name", "Web till"];
    let code = value(&chain.programs.command("holdfast-hub", &pair, None).await?, "pairing-code")?;
    let (status, told) = shop.page.post("/api/v1/pair", &json!({ "code": code, "known_as": null })).await?;
    ensure!(status == 200, "{status}: {told}");
    let of =
        |name: &str| told[name].as_str().map(str::to_owned).with_context(|| format!("no {name} in {told}"));
    Ok(shop.page.as_till(&of("terminal")?, &of("secret")?))
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.header(name).unwrap_or_default()
}

async fn refused(till: &Server, path: &str, code: &str) -> Result<()> {
    let error = till.json(path).await.expect_err("refused").to_string();
    ensure!(error.contains(code), "{path}: {error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_apps_files_and_the_way_to_trust_them_are_served() -> Result<()> {
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("web", CATALOG, 1).await?;
    // Without the app the hub says how to get it.
    let missing = shop.page.text("/till/").await.expect_err("there is none").to_string();
    ensure!(missing.contains("503") && missing.contains("No web till"), "{missing}");

    let app = chain.folder.path().join("app");
    std::fs::create_dir_all(app.join("assets"))?;
    std::fs::write(app.join("index.html"), "<!doctype html><title>the till</title>")?;
    std::fs::write(app.join("sw.js"), "// the worker")?;
    std::fs::write(app.join("assets/index-1a2b3c.js"), "// the app")?;
    let settings = chain.folder.path().join("web.toml");
    std::fs::write(&settings, format!("[till_app]\nfolder = {:?}\n", text(&app)?))?;
    shop.config = Some(settings);
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;

    let index = shop.page.read("/till/").await?;
    ensure!(index.body.starts_with(b"<!doctype html>"), "the app's first page");
    assert_eq!(header(&index, "cache-control"), "no-cache");
    let policy = header(&index, "content-security-policy");
    for part in ["default-src 'none'", "script-src 'self'", "worker-src 'self'", "frame-ancestors 'none'"] {
        ensure!(policy.contains(part), "{part} is not in {policy}");
    }
    ensure!(!policy.contains("unsafe"), "{policy}");
    let page = shop.page.read("/till/sell/anything").await?;
    assert_eq!(page.body, index.body, "every page of the app begins with its first");
    assert_eq!(header(&shop.page.read("/till/sw.js").await?, "cache-control"), "no-cache");
    let hashed = shop.page.read("/till/assets/index-1a2b3c.js").await?;
    ensure!(header(&hashed, "cache-control").contains("immutable"), "{}", header(&hashed, "cache-control"));
    ensure!(header(&hashed, "content-type").contains("javascript"), "{}", header(&hashed, "content-type"));
    // Nothing outside of the folder is a file of the app.
    let outside = shop.page.read("/till/%2e%2e/web.toml").await;
    ensure!(outside.is_err() || outside?.body == index.body, "the settings are not served");

    let trust = shop.page.text("/trust").await?;
    for word in ["Android", "iPad", "Windows", "Linux", "does not trust the hub yet"] {
        ensure!(trust.contains(word), "{word} is not on the page");
    }
    let pem = shop.page.text("/trust/holdfast-store.pem").await?;
    assert_eq!(pem, std::fs::read_to_string(shop.data.join("tls/ca.pem"))?);
    let der = shop.page.read("/trust/holdfast-store.crt").await?;
    assert_eq!(header(&der, "content-type"), "application/x-x509-ca-cert");
    chain.stop([shop]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_reads_what_it_sells_by_and_what_it_sold() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("reads", CATALOG, 1).await?;
    chain.take_on(&shop, CASHIER, "cashier").await?;
    let till = paired(&chain, &shop).await?;
    refused(&shop.page, "/api/v1/till/book", "401").await?;

    // Prices beyond the products, and what changed since.
    let book = till.json("/api/v1/till/book").await?;
    assert_eq!((&book["version"], &book["taxes"]), (&"1".into(), &Value::Null));
    ensure!(book["book"]["promotions"].is_array(), "{book}");
    let hash = book["content_hash"].as_str().context("the catalog has a file")?.to_owned();
    let changes = |since: &str| format!("/api/v1/till/catalog/changes?since={since}");
    let none = till.json(&changes(&hash)).await?;
    assert_eq!((&none["products"], &none["removed"]), (&json!([]), &json!([])));
    let next =
        CATALOG.replace("1.19", "1.29").replace("SOAP,Olive soap,5000112637922", "SALT,Salt,5000112637939");
    let file = chain.folder.path().join("next.csv");
    std::fs::write(&file, next)?;
    let import = ["import", "catalog", "--data", text(&shop.data)?, text(&file)?];
    chain.programs.command("holdfast-hub", &import, None).await?;
    until("the next catalog is sold by", async || {
        let book = till.json("/api/v1/till/book").await;
        Ok(book.is_ok_and(|book| book["version"] == "2"))
    })
    .await?;
    let changed = till.json(&changes(&hash)).await?;
    let skus: Vec<&str> = changed["products"]
        .as_array()
        .context("products")?
        .iter()
        .filter_map(|p| p["sku"].as_str())
        .collect();
    assert_eq!((skus, &changed["removed"]), (vec!["MILK", "SALT"], &json!(["SOAP"])));
    refused(&till, &changes(&"0".repeat(64)), "HF-HUB-023").await?;
    refused(&till, &changes("soap"), "HF-HUB-022").await?;

    // The people, and nothing that proves a PIN.
    let people = till.json("/api/v1/till/people").await?;
    let numbers: Vec<u64> =
        people["people"].as_array().context("people")?.iter().filter_map(|p| p["number"].as_u64()).collect();
    ensure!(numbers == [CASHIER.parse::<u64>()?, STAFF.parse()?] || numbers.len() == 2, "{people}");
    let manager = people["people"].as_array().and_then(|all| all.iter().find(|p| p["role"] == "manager"));
    let may = &manager.context("a manager")?["authority"]["permissions"];
    ensure!(may.as_array().is_some_and(|may| may.contains(&"read_x_report".into())), "{may}");
    ensure!(!people.to_string().contains("argon2"), "{people}");

    // What was sold, by the Rust till and by this one.
    let cash = ["--barcode", "4006381333931", "--quantity", "2", "--cash", "5.00", "--float", "100.00"];
    chain.ask(&shop, 0, "sell", CASHIER, &cash).await?;
    let own = till.json("/api/v1/till/transactions").await?;
    assert_eq!(own["transactions"], json!([]), "this till has sold nothing");
    // A sale of another till needs somebody who is signed on here.
    refused(&till, "/api/v1/till/transactions/1-000001", "HF-HUB-026").await?;
    let devices = till.json("/api/v1/till/devices").await?;
    let kinds: Vec<&str> =
        devices["devices"].as_array().context("devices")?.iter().filter_map(|d| d["kind"].as_str()).collect();
    assert_eq!(kinds, ["printer", "drawer"], "{devices}");

    let first = first_till(&shop)?;
    let own = first.json("/api/v1/till/transactions").await?;
    assert_eq!(own["transactions"][0]["transaction"]["receipt"], "1-000001", "{own}");
    let sale = first.json("/api/v1/till/transactions/1-000001").await?;
    assert_eq!(sale["lines"][0]["sku"], "MILK", "{sale}");
    assert_eq!(sale["sale"], json!({"returned": [], "post_voided": false}));
    let books = shop.page.json("/api/v1/transactions/1-000001").await?;
    assert_eq!(sale["transaction"], books["transaction"]["view"], "as people read it");
    let paper = first.text("/api/v1/till/transactions/1-000001/paper?form=text").await?;
    for word in ["1-000001", "Whole milk", "2.58"] {
        ensure!(paper.contains(word), "{word} is not on the paper:\n{paper}");
    }
    // Reports are for whoever may read them: a cashier is signed on here.
    refused(&first, "/api/v1/till/reports/sales", "HF-HUB-026").await?;
    let again = ["--reason", "for the reports"];
    chain.ask(&shop, 0, "no-sale", STAFF, &again).await?;
    let report = first.json("/api/v1/till/reports/sales").await?;
    let people = shop.page.as_person(STAFF, PIN).await?.json("/api/v1/reports/sales").await?;
    assert_eq!(report["all"], people["all"], "as people read it");
    let losses = first.json("/api/v1/till/reports/losses").await?;
    ensure!(losses["losses"].to_string().contains("for the reports"), "{losses}");
    let html = first.read("/api/v1/till/transactions/1-000001/paper?form=html").await?;
    ensure!(header(&html, "content-security-policy").contains("default-src 'none'"), "a paper runs nothing");
    chain.stop([shop]).await
}

/// The till of the Rust client, by the credential in its folder.
fn first_till(shop: &Shop) -> Result<Server> {
    let kept = std::fs::read_to_string(shop.tills[0].join("till.json"))?;
    let kept: Value = serde_json::from_str(&kept)?;
    let of = |name: &str| kept[name].as_str().map(str::to_owned).with_context(|| format!("no {name}"));
    Ok(shop.page.as_till(&of("terminal")?, &of("secret")?))
}
