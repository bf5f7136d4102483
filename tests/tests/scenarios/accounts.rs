//! A customer buys on account with a tip for whoever serves, pays it off at another till, and brings something back: what is
//! owed, whose the tip is and what each drawer holds, at the tills, on paper, in X and Z, and at HQ.

use anyhow::{Context, Result, ensure};

use crate::shop::{CATALOG, Chain, PIN, STAFF, Shop, printed, until};

const CASHIER: &str = "200";
const SOAP: &str = "5000112637922";

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_owes_what_they_bought_on_account_and_a_tip_is_whoever_served() -> Result<()> {
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("accounts", CATALOG, 2).await?;
    chain.take_on(&shop, CASHIER, "cashier").await?;
    for till in [0, 1] {
        let warm_up = ["--barcode", SOAP, "--quantity", "1", "--cash", "2.49", "--float", "100.00"];
        chain.ask(&shop, till, "sell", CASHIER, &warm_up).await?;
    }
    let added = chain.ask(&shop, 0, "customer add", CASHIER, &["--name", "A regular"]).await?;
    let customer = added.split_whitespace().find(|word| word.len() == 36).context("an id")?.to_owned();
    let terms = ["--account", "k-1042", "--customer", &customer, "--limit", "30.00"];
    let refused = chain.ask(&shop, 0, "set-account", CASHIER, &terms).await.expect_err("a cashier may not");
    ensure!(refused.to_string().contains("HF-CMD-104"), "{refused}");
    let set = chain.ask(&shop, 0, "set-account", STAFF, &terms).await?;
    ensure!(set.contains("30.00 GBP may be owed on account K-1042"), "{set}");

    // Ten soaps for 24.90, all on account; the tip comes in cash and with a card.
    let basket = ["--barcode", SOAP, "--quantity", "10", "--customer", &customer, "--float", "100.00"];
    let tip = ["--tip", "cash=2.00", "--tip", "card=1.50:auth 0815 4242"];
    let owed = ["--tender", "on-account=24.90"];
    let sold = chain.ask(&shop, 0, "sell", CASHIER, &[&basket[..], &owed, &tip].concat()).await?;
    ensure!(sold.contains("total         24.90 GBP"), "{sold}");
    let value = ["--account", "K-1042"];
    let left = async |shop: &Shop, till| chain.read(shop, till, "value", &value).await;
    until("the other till reads what is owed", async || {
        Ok(left(&shop, 1).await.is_ok_and(|told| told.contains("balance      -24.90 GBP")))
    })
    .await?;
    let refused = chain.ask(&shop, 1, "sell", CASHIER, &[&basket[..], &owed].concat()).await;
    let refused = refused.expect_err("the limit is 30.00").to_string();
    ensure!(refused.contains("HF-CMD-280") && refused.contains("5.10 GBP"), "{refused}");
    let nobodys = ["--barcode", SOAP, "--quantity", "1", "--tender", "on-account=2.49:K-1042"];
    let refused = chain.ask(&shop, 1, "sell", CASHIER, &nobodys).await.expect_err("whose?").to_string();
    ensure!(refused.contains("HF-CMD-279"), "{refused}");

    // What is owed survives the hub, and is paid off where the customer likes.
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;
    let pay = ["--kind", "customer-account", "--account", "K-1042", "--amount"];
    let more = [&pay[..], &["25.00", "--cash", "25.00"]].concat();
    let refused = chain.ask(&shop, 1, "issue-value", CASHIER, &more).await.expect_err("more than is owed");
    ensure!(refused.to_string().contains("HF-CMD-281"), "{refused}");
    let some = [&pay[..], &["20.00", "--cash", "20.00"]].concat();
    chain.ask(&shop, 1, "issue-value", CASHIER, &some).await?;
    let told = left(&shop, 1).await?;
    ensure!(told.contains("balance       -4.90 GBP") && told.contains("limit         30.00 GBP"), "{told}");
    ensure!(told.contains(&customer), "{told}");

    // Two soaps come back: to the account, and the tip stays.
    let sale =
        sold.lines().find_map(|line| line.strip_prefix("id")).context("the sale's id")?.trim().to_owned();
    let goods = ["--transaction", &sale, "--line", "1*2", "--reason", "wrong scent"];
    let back = chain.ask(&shop, 0, "return", CASHIER, &goods).await?;
    ensure!(back.contains("4.98 GBP"), "{back}");
    until("it is theirs again", async || Ok(left(&shop, 0).await?.contains("balance        0.08 GBP")))
        .await?;

    let x = chain.ask(&shop, 0, "x-report", STAFF, &[]).await?;
    for (label, figure) in [
        ("turnover", "22.41 GBP"),
        ("on-account taken", "24.90 GBP"),
        ("on-account refunded", "4.98 GBP"),
        ("bought on account", "24.90 GBP"),
        ("given back to accounts", "4.98 GBP"),
        ("card taken", "1.50 GBP"),
        ("tips", "3.50 GBP"),
        ("cash expected", "104.49 GBP"),
    ] {
        let row = x.lines().find(|line| line.starts_with(label)).with_context(|| format!("{label}:\n{x}"))?;
        ensure!(row.ends_with(figure), "{row}");
    }
    let z = chain.ask(&shop, 0, "close", CASHIER, &["--cash", "104.49"]).await?;
    ensure!(
        z.contains("customers' accounts: bought 24.90 GBP, paid off 0.00 GBP, given back 4.98 GBP"),
        "{z}"
    );
    ensure!(z.contains("tips of") && z.contains(": 3.50 GBP"), "{z}");
    let z = chain.ask(&shop, 1, "close", CASHIER, &["--cash", "122.49"]).await?;
    ensure!(z.contains("paid off 20.00 GBP"), "{z}");
    let manager = shop.page.as_person(STAFF, PIN).await?;
    let report = manager.json("/api/v1/reports/sales").await?;
    ensure!(
        report["outside_turnover"]["tips_minor"] == 350 && report["tips"][0]["key"] == CASHIER,
        "{report}"
    );
    ensure!(report["shifts"]["agrees_with_z"] == true, "{report}");

    let papers = shop.data.join("paper");
    until("everything is on paper", async || {
        let papers = printed(&papers)?;
        let has = |words: &[&str]| papers.iter().any(|paper| words.iter().all(|word| paper.contains(word)));
        Ok(has(&["On account", "K-1042", "Owed on account K-1042", "Tip, Cash", "Tip, Card"])
            && has(&["PAYMENT ON ACCOUNT", "it pays what was bought before"])
            && has(&["RETURN", "Back to On account"]))
    })
    .await?;

    // At HQ turnover is what was bought, and the tenders are those of the Zs.
    chain.drained(&shop).await?;
    let totals = chain.hq.json(&format!("/api/v1/stores/{}/totals", shop.id)).await?;
    assert_eq!(totals["gross_minor"], 2 * 249 + 2_490 - 498, "{totals}");
    let sale_at_hq = chain.hq.json(&format!("/api/v1/stores/{}/transactions/{sale}", shop.id)).await?;
    let tips = sale_at_hq["tips"].as_array().context("tips")?;
    assert_eq!(tips.iter().filter_map(|tip| tip["amount_minor"].as_i64()).sum::<i64>(), 350, "{sale_at_hq}");
    let date = sale_at_hq["transaction"]["business_date"].as_str().context("a date")?;
    let rows = chain.hq.json(&format!("/api/v1/stores/{}/tenders?from={date}&to={date}", shop.id)).await?;
    let brought = |code: &str| {
        let row = rows.as_array()?.iter().find(|row| row["tender"] == code)?;
        row["amount_minor"].as_i64()
    };
    assert_eq!(
        [brought("on-account"), brought("card"), brought("cash")],
        [Some(2_490 - 498), Some(150), Some(2 * 249 + 200 + 2_000)],
        "{rows}"
    );
    who_was_registered_twice_pays_with_what_is_theirs(&chain, &mut shop, &customer).await?;
    chain.stop([shop]).await
}

/// What was ordered under the other name is paid on the account, also by a hub that has to look up who that was.
async fn who_was_registered_twice_pays_with_what_is_theirs(
    chain: &Chain,
    shop: &mut Shop,
    kept: &str,
) -> Result<()> {
    let added = chain.ask(shop, 0, "customer add", CASHIER, &["--name", "The same one"]).await?;
    let twice = added.split_whitespace().find(|word| word.len() == 36).context("an id")?.to_owned();
    let open = ["--barcode", SOAP, "--quantity", "1", "--cash", "2.49", "--float", "100.00"];
    chain.ask(shop, 0, "sell", CASHIER, &open).await?;
    let soap = ["--barcode", SOAP, "--quantity", "1", "--customer", &twice, "--label", "green bag"];
    let parked = chain.ask(shop, 0, "park", CASHIER, &soap).await?;
    let order = parked.split_whitespace().nth(1).context("the order's id")?.to_owned();
    let hub = shop.data.to_str().context("a path")?.to_owned();
    let merge = ["subject", "merge", "--data", &hub, "--subject", &twice, "--into", kept];
    let by = ["--number", STAFF, "--pin-stdin"];
    chain.programs.command("holdfast-hub", &[&merge[..], &by].concat(), Some(PIN)).await?;
    shop.hub.kill_now().await?;
    chain.restart(shop).await?;
    chain.ask(shop, 0, "retrieve", CASHIER, &["--order", &order]).await?;
    let pay = ["--order", &order, "--tender", "on-account=2.49"];
    let paid = chain.ask(shop, 0, "pay", CASHIER, &pay).await?;
    ensure!(paid.contains("2.49 GBP"), "{paid}");
    until("it is owed on the account", async || {
        let left = chain.read(shop, 0, "value", &["--account", "K-1042"]).await?;
        Ok(left.contains("balance       -2.41 GBP"))
    })
    .await
}
