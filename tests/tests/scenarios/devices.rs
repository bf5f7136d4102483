//! A till asks what can take money now, before it asks its customer: which terminals are there, which are not and since when, and
//! what to take instead.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use holdfast_devices::simulated::zvt::{Auto, CardAnswer, SimulatedZvt, ZvtSettings};
use holdfast_money::Currency;

use crate::shop::{CATALOG, Chain, STAFF, until};

const SOAP: &str = "5000112637922";

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_take_money_is_named_with_what_can_before_the_customer_is_asked() -> Result<()> {
    let terminal = SimulatedZvt::new(ZvtSettings { currency: Currency::GBP, ..ZvtSettings::default() });
    let customer = Auto { delay: Duration::from_millis(50), answer: CardAnswer::Approve };
    terminal.automatic(Some(customer));
    let network = terminal.listen(([127, 0, 0, 1], 0).into()).await?;
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("devices", CATALOG, 1).await?;
    let warm_up = ["--barcode", SOAP, "--quantity", "1", "--cash", "2.49", "--float", "100.00"];
    chain.ask(&shop, 0, "sell", STAFF, &warm_up).await?;
    // A port where nobody listens any more.
    let away = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
    let settings = chain.folder.path().join("terminals.toml");
    let here = network.address();
    let device = |name, address: std::net::SocketAddr, tills| {
        format!(
            "[[payments]]\nname = \"{name}\"\naddress = \"zvt-tcp://{address}\"\ntender = \"terminal\"\n{tills}"
        )
    };
    std::fs::write(&settings, device("lane-1", away, "tills = [1]\n") + &device("shared", here, ""))?;
    shop.config = Some(settings);
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;

    let mut told = String::new();
    until("the hub has looked at its terminals", async || {
        told = chain.ask(&shop, 0, "card devices", STAFF, &[]).await?;
        Ok(told.contains("cannot be reached since"))
    })
    .await?;
    let lane = told.lines().find(|line| line.starts_with("lane-1")).context("its line")?;
    ensure!(lane.contains("this till's") && lane.contains("(HF-DEV-020); take shared"), "{told}");
    let shared = told.lines().find(|line| line.starts_with("shared")).context("its line")?;
    ensure!(shared.ends_with("ready"), "{told}");
    ensure!(told.contains("by hand: cash"), "{told}");

    let basket = ["--barcode", SOAP, "--quantity", "10", "--label", "by card"];
    let parked = chain.ask(&shop, 0, "park", STAFF, &basket).await?;
    let order = parked.split_whitespace().nth(1).context("the order's id")?.to_owned();
    chain.ask(&shop, 0, "retrieve", STAFF, &["--order", &order]).await?;
    let amount = ["--order", &order, "--amount", "24.90"];
    until("its own terminal is refused at once", async || {
        let refused = chain.ask(&shop, 0, "card pay", STAFF, &amount).await.err();
        Ok(refused.is_some_and(|refused| refused.to_string().contains("HF-CMD-233")))
    })
    .await?;
    let other = [&amount[..], &["--device", "shared"]].concat();
    chain.ask(&shop, 0, "card pay", STAFF, &other).await?;
    chain.ask(&shop, 0, "pay", STAFF, &["--order", &order]).await?;
    ensure!(terminal.holds() == 2_490, "the terminal's own book");
    chain.stop([shop]).await
}
