//! One person, registered twice: found by their card, sold to at their prices, made one customer, given what is kept of them,
//! and erased. What a cashier does is typed at real tills, what a manager does at the hub's console.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use holdfast_protocol::topics::{Stream, Topics};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::search::Wanted;
use crate::shop::{CATALOG, Chain, PIN, STAFF, Shop, json, text, until};

const CASHIER: &str = "305";
const CASHIER_PIN: &str = "2468";
const NAME: &str = "Canaria Goldammer";
const EMAIL: &str = "goldammer.3e9b@example-aviary.com";
const SECOND_EMAIL: &str = "amsel.77d1@example-aviary.com";
const CARD: &str = "Aviary Card 70 4415";
const TAX_ID: &str = "ATU-GOLDAMMER-88";
const BOOK: &str =
    r#"{"lists": [{"code": "trade", "priority": 1, "group": "trade", "prices": [["MILK", "1.00"]]}]}"#;

/// Three tills, a hub, and what is typed at them.
struct Aviary {
    chain: Chain,
    shop: Shop,
}

impl Aviary {
    async fn open() -> Result<Self> {
        let chain = Chain::start().await?;
        let shop = chain.open_shop("aviary", CATALOG, 3).await?;
        let aviary = Self { chain, shop };
        let add =
            ["staff", "add", "--number", CASHIER, "--name", "Cashier", "--role", "cashier", "--pin-stdin"];
        aviary.hub(&add, Some(CASHIER_PIN)).await?;
        let book = aviary.chain.folder.path().join("book.json");
        std::fs::write(&book, BOOK)?;
        aviary.hub(&["import", "book", text(&book)?], None).await?;
        Ok(aviary)
    }

    async fn hub(&self, what: &[&str], input: Option<&str>) -> Result<String> {
        let at = what.len().min(2);
        let all = [&what[..at], &["--data", text(&self.shop.data)?], &what[at..]].concat();
        self.chain.programs.command("holdfast-hub", &all, input).await
    }

    /// What a manager does with customers at the console.
    async fn console(&self, what: &[&str]) -> Result<String> {
        let person = ["--number", STAFF, "--pin-stdin"];
        self.hub(&[&["subject"], what, &person].concat(), Some(PIN)).await
    }

    /// What a cashier does at a till.
    async fn at(&self, till: usize, what: &[&str], more: &[&str]) -> Result<String> {
        let person = ["--data", text(&self.shop.tills[till])?, "--staff", CASHIER, "--pin-stdin"];
        let all = [what, &person, more].concat();
        self.chain.programs.command("holdfast-terminal", &all, Some(CASHIER_PIN)).await
    }

    async fn add(&self, till: usize, told: &[&str]) -> Result<String> {
        id(&self.at(till, &["customer", "add"], told).await?)
    }

    async fn find(&self, till: usize, by: &[&str]) -> Result<String> {
        self.at(till, &["customer", "find"], by).await
    }

    /// A bottle of milk, and what was paid for it.
    async fn sell(&self, till: usize, customer: &str) -> Result<String> {
        let milk = ["--barcode", "4006381333931", "--cash", "5.00", "--customer", customer];
        self.at(till, &["sell"], &milk).await
    }
}

/// The id that is printed.
fn id(printed: &str) -> Result<String> {
    let line = printed.lines().find_map(|line| line.strip_prefix("customer "));
    Ok(line.with_context(|| format!("no customer in:\n{printed}"))?.to_owned())
}

async fn refused(answer: impl Future<Output = Result<String>>, code: &str) -> Result<String> {
    let said = match answer.await {
        Ok(done) => anyhow::bail!("{code} was expected, and it was done: {done}"),
        Err(error) => format!("{error:#}"),
    };
    ensure!(said.contains(code), "{code} was expected: {said}");
    Ok(said)
}

/// Everything that the hub tells its tills, byte by byte as it is on the wire, into a file.
fn listen(chain: &Chain, till: &Path, to: &Path) -> Result<Child> {
    let paired = json(&till.join("till.json"))?;
    let word = |name: &str| paired[name].as_str().with_context(|| format!("the till's {name}"));
    let ca = chain.folder.path().join("ca.pem");
    std::fs::write(&ca, word("ca_pem")?)?;
    let (host, port) = word("mqtt")?.rsplit_once(':').context("an address")?;
    let id = word("terminal")?;
    let topics = Topics::new(word("store")?.parse()?);
    let mut listener = Command::new("mosquitto_sub");
    listener.args(["-h", host, "-p", port, "-i", id, "-u", id, "-P", word("secret")?, "-V", "mqttv311"]);
    listener.arg("--cafile").arg(&ca).arg("-v");
    for stream in Stream::ALL {
        listener.args(["-t", &topics.stream(stream)]);
    }
    listener.stdin(Stdio::null()).stdout(std::fs::File::create(to)?).kill_on_drop(true);
    listener.spawn().context("mosquitto_sub is missing: install the package mosquitto-clients")
}

fn wanted() -> Wanted {
    let mut wanted = Wanted::default();
    for (what, text) in [
        ("name", NAME),
        ("e-mail", EMAIL),
        ("second e-mail", SECOND_EMAIL),
        ("card", CARD),
        ("card as it is compared", "AVIARYCARD704415"),
        ("tax id", TAX_ID),
    ] {
        wanted.text(what, text);
    }
    wanted
}

fn is_nowhere(places: &[&Path]) -> Result<()> {
    for place in places {
        let found = wanted().search(place)?.found;
        ensure!(found.is_empty(), "something of the customer is left:\n{}", found.join("\n"));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_registrations_become_one_customer_who_takes_everything_along_and_is_erased() -> Result<()> {
    let aviary = Aviary::open().await?;
    let heard = aviary.chain.folder.path().join("heard");
    let mut listener = listen(&aviary.chain, &aviary.shop.tills[2], &heard)?;

    // Registered at one till, found by the card at another, however it is typed.
    let details =
        ["--name", NAME, "--email", EMAIL, "--card", CARD, "--tax-id", TAX_ID, "--consent", "loyalty"];
    let first = aviary.add(0, &details).await?;
    let found = aviary.find(1, &["--card", "aviarycard 704415"]).await?;
    ensure!(
        id(&found)? == first && found.contains(TAX_ID) && found.contains("agreed  to loyalty"),
        "{found}"
    );
    ensure!(aviary.find(1, &["--card", "Aviary Card"]).await?.contains("nobody is found"));
    let payment = ["--name", NAME, "--card", "4111 1111 1111 1111"];
    let said = refused(aviary.add(0, &payment), "HF-HUB-022").await?;
    ensure!(said.contains("payment card"), "{said}");

    // Registered again by somebody who did not look, who may not have the same card.
    let taken =
        refused(aviary.add(1, &["--name", NAME, "--card", "AVIARY CARD 704415"]), "HF-HUB-037").await?;
    ensure!(taken.contains(&first), "who has it is said: {taken}");
    let second =
        aviary.add(1, &["--name", NAME, "--email", SECOND_EMAIL, "--consent", "marketing-by-email"]).await?;
    let change =
        ["--customer", &second, "--consent", "receipts-by-email", "--withdraw", "marketing-by-email"];
    let changed = aviary.at(1, &["customer", "change"], &change).await?;
    ensure!(
        changed.contains(SECOND_EMAIL) && changed.contains("receipts by e-mail"),
        "what stays: {changed}"
    );
    ensure!(!changed.contains("marketing"), "what was withdrawn: {changed}");

    // Each buys; the first at the prices of a group.
    aviary.console(&["group", "--subject", &first, "--group", "trade"]).await?;
    ensure!(aviary.sell(0, &first).await?.contains("1.00 GBP"), "the group's price");
    ensure!(aviary.sell(1, &second).await?.contains("1.19 GBP"), "no group's price");

    // A cashier does not merge, and nobody is merged with themselves.
    let as_cashier =
        ["subject", "merge", "--subject", &first, "--into", &second, "--number", CASHIER, "--pin-stdin"];
    refused(aviary.hub(&as_cashier, Some(CASHIER_PIN)), "HF-CMD-104").await?;
    refused(aviary.console(&["merge", "--subject", &first, "--into", &first]), "HF-CMD-194").await?;
    let merge = ["merge", "--subject", &first, "--into", &second];
    let told = aviary.console(&merge).await?;
    ensure!(told.contains("taken    card, tax id;") && told.contains("the key and"), "{told}");
    ensure!(told.contains("the vault is replaced") && !told.contains(CARD), "{told}");
    ensure!(aviary.console(&merge).await?.contains("before"), "the second time it is done already");
    let said =
        refused(aviary.console(&["merge", "--subject", &second, "--into", &first]), "HF-CMD-193").await?;
    ensure!(said.contains(&second), "who they are now: {said}");
    let said = refused(
        aviary.console(&["erase", "--subject", &first, "--reason", "customer-request"]),
        "HF-CMD-193",
    )
    .await?;
    ensure!(said.contains(&second), "{said}");

    // One customer: found by what either had, sold to under both ids at one price, changed under the one that is kept.
    let found = aviary.find(0, &["--card", CARD]).await?;
    ensure!(id(&found)? == second && found.contains(SECOND_EMAIL) && found.contains(TAX_ID), "{found}");
    ensure!(!found.contains("loyalty"), "a consent is not taken over: {found}");
    ensure!(aviary.find(0, &["--email", EMAIL]).await?.contains("nobody is found"), "the kept one's stands");
    for (till, customer) in [(0, &first), (1, &second)] {
        ensure!(aviary.sell(till, customer).await?.contains("1.00 GBP"), "the group goes on, at till {till}");
    }
    let change = ["--customer", &first, "--notes", "asked by the old id"];
    let changed = aviary.at(0, &["customer", "change"], &change).await?;
    ensure!(id(&changed)? == second, "a till that asks for the old id is told the new one: {changed}");

    takes_everything_along(&aviary, &first, &second).await?;
    is_erased(aviary, &mut listener, &heard, &first, &second).await
}

/// One document has everything under both ids, for a manager, in a file of their own.
async fn takes_everything_along(aviary: &Aviary, first: &str, second: &str) -> Result<()> {
    let out = aviary.chain.folder.path().join("export.json");
    let as_cashier = ["subject", "export", "--subject", second, "--number", CASHIER, "--pin-stdin"];
    refused(aviary.hub(&as_cashier, Some(CASHIER_PIN)), "HF-CMD-104").await?;
    let export = ["export", "--subject", first, "--out", text(&out)?];
    aviary.console(&export).await?;
    ensure!(std::fs::metadata(&out)?.permissions().mode() & 0o777 == 0o600, "for its owner alone");
    refused(aviary.console(&export), "HF-HUB-003").await.context("nothing is overwritten")?;
    let document = json(&out)?;
    ensure!(document["subject"] == second && document["merged"] == Value::from(vec![first]), "{document}");
    let details = &document["details"];
    for (what, expected) in [("name", NAME), ("email", SECOND_EMAIL), ("card", CARD), ("tax_id", TAX_ID)] {
        ensure!(details[what] == expected, "{what}: {details}");
    }
    ensure!(details["consents"]["receipts_by_email"].is_string() && document["price_group"] == "trade");
    let happened = document["history"].as_array().context("a history")?;
    let happened: Vec<&str> = happened.iter().filter_map(|one| one["what"].as_str()).collect();
    ensure!(happened == ["registered", "registered", "grouped", "merged", "grouped"], "{happened:?}");
    let orders = document["orders"].as_array().context("orders")?;
    let named: BTreeSet<&str> = orders.iter().filter_map(|order| order["subject"].as_str()).collect();
    ensure!(orders.len() == 4 && named == BTreeSet::from([first, second]), "all four of both: {document}");
    let gross: Vec<&str> =
        orders.iter().filter_map(|order| order["totals"]["gross"]["amount"].as_str()).collect();
    ensure!(gross == ["1.00", "1.19", "1.00", "1.00"], "{gross:?}");
    for order in orders {
        let sale = &order["transactions"][0];
        ensure!(sale["what"] == "sale" && sale["receipt"].is_string(), "{order}");
        ensure!(order["lines"][0]["sku"] == "MILK", "{order}");
        ensure!(sale["totals"] == order["totals"] && sale["business_date"].is_string(), "{order}");
    }
    std::fs::remove_file(out)?;
    Ok(())
}

/// The kept one is erased, and with them everybody they were: nothing is left in any file or on the wire.
async fn is_erased(
    mut aviary: Aviary,
    listener: &mut Child,
    heard: &PathBuf,
    first: &str,
    second: &str,
) -> Result<()> {
    aviary.chain.drained(&aviary.shop).await?;
    let erase = ["erase", "--subject", second, "--reason", "customer-request"];
    let told = aviary.console(&erase).await?;
    ensure!(told.contains("is erased") && told.contains("the vault is replaced"), "{told}");
    for customer in [first, second] {
        refused(aviary.sell(0, customer), "HF-CMD-191").await?;
        refused(aviary.console(&["show", "--subject", customer]), "HF-CMD-191").await?;
        refused(aviary.console(&["export", "--subject", customer]), "HF-CMD-191").await?;
    }
    ensure!(aviary.find(1, &["--card", CARD]).await?.contains("nobody is found"));
    // The card is free for the next one, and for them when they come again.
    let again = aviary.add(1, &["--card", CARD]).await?;
    aviary.console(&["erase", "--subject", &again, "--reason", "entered-by-mistake"]).await?;

    until("the tills were told of everything", async || {
        Ok(std::fs::read_to_string(heard)?.matches("/store/orders").count() >= 4)
    })
    .await?;
    listener.kill().await?;
    aviary.chain.drained(&aviary.shop).await?;
    is_nowhere(&[aviary.chain.folder.path(), heard])?;
    // And after another start, which reads everything anew.
    aviary.shop.hub.kill_now().await?;
    aviary.chain.restart(&mut aviary.shop).await?;
    refused(aviary.sell(0, first), "HF-CMD-191").await?;
    is_nowhere(&[aviary.chain.folder.path()])?;
    aviary.hub(&["verify"], None).await?;
    let Aviary { chain, shop } = aviary;
    chain.stop([shop]).await
}
