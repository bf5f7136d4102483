//! What comes out of the printers of a shop: its own language, its own lines, another printer where the first one is off, and a
//! slip where the customer has to sign.

use std::net::TcpListener;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use holdfast_devices::simulated::zvt::{Auto, CardAnswer, SimulatedZvt, ZvtSettings};
use holdfast_money::Currency;

use crate::shop::{CATALOG, Chain, STAFF, printed, text, until};

const CASHIER: &str = "200";
const SOAP: &str = "5000112637922";

#[tokio::test(flavor = "multi_thread")]
async fn papers_have_the_stores_language_and_come_out_of_the_printer_that_is_on() -> Result<()> {
    let terminal = SimulatedZvt::new(ZvtSettings { currency: Currency::GBP, ..ZvtSettings::default() });
    let signs = Auto { delay: Duration::from_millis(50), answer: CardAnswer::ApproveSigned };
    terminal.automatic(Some(signs));
    let network = terminal.listen(([127, 0, 0, 1], 0).into()).await?;
    // Nobody answers there any more.
    let off = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("papers", CATALOG, 1).await?;
    chain.take_on(&shop, CASHIER, "cashier").await?;
    let settings = chain.folder.path().join("papers.toml");
    let (tills, card) = (format!("tcp://{off}"), format!("zvt-tcp://{}", network.address()));
    std::fs::write(
        &settings,
        format!(
            "[receipt]\nlanguage = \"de\"\nheader = [\"Bio seit 1987\"]\nfooter = [\"Danke, bis bald!\"]\n\
             [[printers]]\nname = \"counter\"\naddress = \"{tills}\"\npaper_mm = 80\nfails_over_to = \"office\"\n\
             [[printers]]\nname = \"office\"\naddress = \"simulated\"\npaper_mm = 58\n\
             [[payments]]\nname = \"lane-1\"\naddress = \"{card}\"\ntender = \"terminal\"\n"
        ),
    )?;
    let check = ["check-config", "--config", text(&settings)?];
    chain.programs.command("holdfast-hub", &check, None).await?;
    shop.config = Some(settings);
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;

    let cash = ["--barcode", SOAP, "--quantity", "1", "--cash", "2.49", "--float", "100.00"];
    chain.ask(&shop, 0, "sell", CASHIER, &cash).await?;
    let basket = ["--barcode", SOAP, "--quantity", "10", "--label", "by card"];
    let parked = chain.ask(&shop, 0, "park", CASHIER, &basket).await?;
    let order = parked.split_whitespace().nth(1).context("the order's id")?.to_owned();
    chain.ask(&shop, 0, "retrieve", CASHIER, &["--order", &order]).await?;
    chain.ask(&shop, 0, "card pay", CASHIER, &["--order", &order, "--amount", "24.90"]).await?;
    let slip = paper(&shop.data, "Zahlungsbeleg für den Händler").await?;
    for words in ["24,90", "Unterschrift", "Karte", "lane-1"] {
        ensure!(slip.contains(words), "`{words}` is not on the slip:\n{slip}");
    }
    ensure!(!slip.contains("Bio seit 1987"), "the slip is the shop's:\n{slip}");
    chain.ask(&shop, 0, "pay", CASHIER, &["--order", &order]).await?;
    let receipt = paper(&shop.data, "Beleg 1-000002").await?;
    for words in ["Bio seit 1987", "Shop Ltd", "GB000000000", "SUMME GBP", "24,90", "Danke, bis bald!"] {
        ensure!(receipt.contains(words), "`{words}` is not on the receipt:\n{receipt}");
    }
    let widest = receipt.lines().map(|line| line.chars().count()).max();
    ensure!(widest <= Some(32), "paper of 58 mm has 32 letters a line:\n{receipt}");

    // Everybody who looks is told of the printer, and nobody waited for it.
    let page = shop.page.text("/").await?;
    ensure!(page.contains("office prints instead"), "{page}");
    let counted = ["--cash", "102.49"];
    chain.ask(&shop, 0, "close", STAFF, &counted).await?;
    let z = paper(&shop.data, "UMSATZ GBP").await?;
    ensure!(z.contains("27,39"), "{z}");
    chain.stop([shop]).await
}

/// The paper that has these words, once it is there.
async fn paper(data: &std::path::Path, words: &str) -> Result<String> {
    let mut found = None;
    until(&format!("`{words}` is on paper"), async || {
        found = printed(data)?.into_iter().find(|paper| paper.contains(words));
        Ok(found.is_some())
    })
    .await?;
    found.context("it was found")
}
