//! A customer pays at a card terminal: the till hears what became of it, the sale bears the card, the money goes back to the
//! card before the goods come back, and the drawer, X, Z and HQ know it by its tender.

use anyhow::{Context, Result, ensure};

use crate::shop::{CATALOG, Chain, STAFF, Shop, printed, until};

const CASHIER: &str = "200";
const SOAP: &str = "5000112637922";

/// Ten soaps for 24.90, placed and in hand at the first till.
async fn order(chain: &Chain, shop: &Shop) -> Result<String> {
    let basket = ["--barcode", SOAP, "--quantity", "10", "--label", "at the terminal"];
    let parked = chain.ask(shop, 0, "park", CASHIER, &basket).await?;
    let order = parked.split_whitespace().nth(1).context("the order's id")?.to_owned();
    chain.ask(shop, 0, "retrieve", CASHIER, &["--order", &order]).await?;
    Ok(order)
}

fn payment(told: &str) -> Result<String> {
    let after = told.split("(payment ").nth(1).context("the payment's id")?;
    Ok(after.split(')').next().context("its end")?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_pays_once_and_gets_back_what_it_paid() -> Result<()> {
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("cards", CATALOG, 1).await?;
    chain.take_on(&shop, CASHIER, "cashier").await?;
    let warm_up = ["--barcode", SOAP, "--quantity", "1", "--cash", "2.49", "--float", "100.00"];
    chain.ask(&shop, 0, "sell", CASHIER, &warm_up).await?;

    let bought = order(&chain, &shop).await?;
    let pay = ["--order", &bought, "--amount"];
    let refused = chain.ask(&shop, 0, "card pay", CASHIER, &[&pay[..], &["25.00"]].concat()).await;
    let refused = refused.expect_err("the order costs 24.90").to_string();
    ensure!(refused.contains("HF-CMD-294") && refused.contains("24.90 GBP"), "{refused}");
    let paid = chain.ask(&shop, 0, "card pay", CASHIER, &[&pay[..], &["20.00"]].concat()).await?;
    ensure!(
        paid.contains("terminal-1 is asked for 20.00 GBP") && paid.contains("20.00 GBP approved"),
        "{paid}"
    );
    // What happens at the terminal is at the till while it happens, in its order.
    let steps = ["connecting to", "inserts, taps or swipes", "please wait, the bank is asked", "approved"];
    let at: Vec<_> = steps.iter().map(|step| paid.find(step)).collect();
    ensure!(at.iter().all(Option::is_some) && at.is_sorted(), "{paid}");
    let card = payment(&paid)?;

    // The hub goes and comes back, and what the terminal took is still there.
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;
    let cancel = ["--order", &bought, "--reason", "changed their mind"];
    let refused =
        chain.ask(&shop, 0, "cancel", CASHIER, &cancel).await.expect_err("money was taken").to_string();
    ensure!(refused.contains("HF-CMD-296"), "{refused}");
    let short = chain.ask(&shop, 0, "pay", CASHIER, &["--order", &bought]).await.expect_err("4.90 is open");
    ensure!(short.to_string().contains("HF-CMD-150"), "{short}");
    let sold = chain.ask(&shop, 0, "pay", CASHIER, &["--order", &bought, "--cash", "5.00"]).await?;
    ensure!(sold.contains("total         24.90 GBP") && sold.contains("0.10 GBP"), "{sold}");
    let sale =
        sold.lines().find_map(|line| line.strip_prefix("id")).context("the sale's id")?.trim().to_owned();

    // Eight soaps come back: first the card, by the terminal, then the goods.
    let goods = ["--transaction", &sale, "--line", "1*8", "--reason", "wrong scent"];
    let refused =
        chain.ask(&shop, 0, "return", CASHIER, &goods).await.expect_err("the card first").to_string();
    ensure!(
        refused.contains("HF-CMD-299") && refused.contains(&card) && refused.contains("19.92 GBP"),
        "{refused}"
    );
    let back = ["--sale", &sale, "--payment", &card, "--amount", "19.92"];
    let given = chain.ask(&shop, 0, "card refund", CASHIER, &back).await?;
    ensure!(given.contains("19.92 GBP approved"), "{given}");
    let back = chain.ask(&shop, 0, "return", CASHIER, &goods).await?;
    ensure!(back.contains("19.92 GBP"), "{back}");

    // Another customer pays by card and then does not want it after all.
    let unwanted = order(&chain, &shop).await?;
    let paid = chain.ask(&shop, 0, "card pay", CASHIER, &["--order", &unwanted, "--amount", "24.90"]).await?;
    let held = payment(&paid)?;
    let give = ["--payment", &held, "--reason", "changed their mind"];
    chain.ask(&shop, 0, "card give-back", CASHIER, &give).await?;
    until("the terminal gave it back", async || {
        Ok(chain.ask(&shop, 0, "card show", CASHIER, &["--payment", &held]).await?.contains("given back"))
    })
    .await?;
    chain.ask(&shop, 0, "cancel", CASHIER, &["--order", &unwanted, "--reason", "changed their mind"]).await?;

    let x = chain.ask(&shop, 0, "x-report", STAFF, &[]).await?;
    for (label, figure) in [
        ("turnover", "7.47 GBP"),
        ("terminal taken", "20.00 GBP"),
        ("terminal refunded", "19.92 GBP"),
        ("cash expected", "107.39 GBP"),
    ] {
        let row = x.lines().find(|line| line.starts_with(label)).with_context(|| format!("{label}:\n{x}"))?;
        ensure!(row.ends_with(figure), "{row}\n{x}");
    }
    until("the receipts are on paper", async || {
        let papers = printed(&shop.data)?;
        let says = |text: &str| papers.iter().any(|paper| paper.contains(text));
        Ok(says("Card terminal") && says("Back to Card terminal"))
    })
    .await?;
    chain.stop([shop]).await
}
