//! Goods that do not fit go for others: at the till, on paper, in stock, in the drawer and at HQ.

use anyhow::{Context, Result, ensure};

use crate::shop::{CATALOG, Chain, PIN, printed, text, until};

const CASHIER: &str = "200";

#[tokio::test(flavor = "multi_thread")]
async fn soap_goes_for_milk_and_only_the_difference_changes_hands() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("corner", CATALOG, 1).await?;
    let (till, hub) = (text(&shop.tills[0])?.to_owned(), text(&shop.data)?.to_owned());
    let add = ["staff", "add", "--data", &hub, "--number", CASHIER, "--name", "Clerk", "--role", "cashier"];
    chain.programs.command("holdfast-hub", &[add.as_slice(), &["--pin-stdin"]].concat(), Some(PIN)).await?;
    let ask = async |what: &str, more: &[&str]| {
        let person = [what, "--data", &till, "--staff", CASHIER, "--pin-stdin"];
        chain.programs.command("holdfast-terminal", &[person.as_slice(), more].concat(), Some(PIN)).await
    };
    // Two soaps by card: 4.98.
    let card =
        ["--barcode", "5000112637922", "--quantity", "2", "--tender", "card=4.98:auth 1", "--float", "50"];
    ask("sell", &card).await?;
    let sale = shop.transactions().await?[0]["view"]["transaction"].as_str().context("an id")?.to_owned();

    // One of them for a milk: 1.30 go back to the card.
    let back = ["--transaction", &sale, "--line", "1*1", "--reason", "too strong"];
    let milk = ["--barcode", "4006381333931"];
    let done = ask("exchange", &[back.as_slice(), &milk].concat()).await?;
    for expected in ["back     receipt 1-000002", "sold     receipt 1-000003", "balance       -1.30 GBP"] {
        ensure!(done.contains(expected), "`{expected}` is not told:\n{done}");
    }
    let milk_sale =
        done.lines().find_map(|line| line.strip_prefix("id ")).context("its id")?.trim().to_owned();
    // The milk and three more for the other soap: 1.19 × 3 − 2.49 = 1.08 in cash.
    let other = ["--transaction", &sale, "--line", "1*1", "--reason", "too strong"];
    let three = ["--barcode", "4006381333931", "--quantity", "3", "--cash", "2.00"];
    let done = ask("exchange", &[other.as_slice(), &three].concat()).await?;
    ensure!(done.contains("balance        1.08 GBP") && done.contains("change         0.92 GBP"), "{done}");
    let again =
        ask("exchange", &[other.as_slice(), &milk].concat()).await.expect_err("both are back").to_string();
    ensure!(again.contains("HF-CMD-165"), "{again}");
    // What was exchanged can come back as anything that was sold.
    let returned = ask("return", &["--transaction", &milk_sale, "--line", "1", "--reason", "sour"]).await?;
    ensure!(
        returned.contains("card") && returned.contains("-1.19 GBP"),
        "to the card that paid for it:\n{returned}"
    );

    let papers = shop.data.join("paper");
    until("what is exchanged is printed", async || {
        let printed = printed(&papers)?;
        let has = |words: &[&str]| printed.iter().any(|paper| words.iter().all(|word| paper.contains(word)));
        let back = has(&["RETURN", "For receipt 1-000001", "Exchanged for 1-000003", "Back to Card"]);
        let sold = has(&["Receipt 1-000005", "Goods given back 1-000004", "-2.49", "Change"]);
        Ok(back && sold)
    })
    .await?;
    chain.drained(&shop).await?;
    let books = shop.page.json("/api/v1/reconciliation").await?;
    assert_eq!((&books["stock"]["SOAP"], &books["stock"]["MILK"]), (&0.into(), &(-3_000).into()), "{books}");
    let totals = chain.hq.json(&format!("/api/v1/stores/{}/totals", shop.id)).await?;
    assert_eq!(
        (&totals["gross_minor"], &books["gross_minor"]),
        (&357.into(), &357.into()),
        "three milks: {totals}"
    );
    // Both transactions are found by their ids at hub and HQ.
    for id in shop.transactions().await? {
        let id = id["view"]["transaction"].as_str().context("an id")?;
        shop.page.json(&format!("/api/v1/transactions/{id}")).await?;
        chain.hq.json(&format!("/api/v1/stores/{}/transactions/{id}", shop.id)).await?;
    }
    let closed = ask("close", &["--cash", "51.08"]).await?;
    ensure!(closed.contains("over/short    0.00") || closed.contains("0.00 GBP"), "{closed}");
    chain.stop([shop]).await
}
