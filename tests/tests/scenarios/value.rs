//! Gift cards at two tills: paid for at one, taken at the other, never twice, and still there after a restart.

use anyhow::{Context, Result, ensure};

use crate::shop::{CATALOG, Chain, PIN, STAFF, printed, text, until};

const CASHIER: &str = "200";

#[tokio::test(flavor = "multi_thread")]
async fn a_gift_card_pays_at_any_till_and_no_two_tills_spend_it_twice() -> Result<()> {
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("gifts", CATALOG, 2).await?;
    let tills = [text(&shop.tills[0])?.to_owned(), text(&shop.tills[1])?.to_owned()];
    let hub = text(&shop.data)?.to_owned();
    let add = ["staff", "add", "--data", &hub, "--number", CASHIER, "--name", "Clerk", "--role", "cashier"];
    chain.programs.command("holdfast-hub", &[add.as_slice(), &["--pin-stdin"]].concat(), Some(PIN)).await?;
    let ask = async |till: usize, what: &str, staff: &str, more: &[&str]| {
        let person = [what, "--data", &tills[till], "--staff", staff, "--pin-stdin"];
        chain.programs.command("holdfast-terminal", &[person.as_slice(), more].concat(), Some(PIN)).await
    };
    let left = async |till: usize, account: &str| {
        let read = ["value", "--data", &tills[till], "--account", account];
        chain.programs.command("holdfast-terminal", &read, None).await
    };
    let soap = |pieces: &'static str, given: &'static str| {
        ["--barcode", "5000112637922", "--quantity", pieces, "--tender", given, "--float", "100.00"]
    };
    for till in [0, 1] {
        ask(till, "sell", CASHIER, &soap("1", "card=2.49:auth 0815 4242")).await?;
    }
    let unknown = left(0, "BIRTHDAY-1").await.expect_err("nobody sold it").to_string();
    ensure!(unknown.contains("HF-HUB-023"), "{unknown}");

    let paid = ["--tender", "card=30.00:auth 0816 4242"];
    let card = |account| [["--account", account, "--amount", "30.00"].as_slice(), &paid].concat();
    let refused = ask(0, "issue-value", CASHIER, &card("4111 1111 1111 1111")).await.expect_err("a card's");
    ensure!(refused.to_string().contains("must not contain"), "{refused}");
    let refused = ask(0, "issue-value", CASHIER, &card("4111111111111111")).await.expect_err("a card's");
    ensure!(refused.to_string().contains("HF-TIL-031"), "{refused}");
    let issued = ask(0, "issue-value", CASHIER, &card("birthday-1")).await?;
    ensure!(issued.contains("account  BIRTHDAY-1") && issued.contains("receipt  1-000002"), "{issued}");
    until("the other till reads the balance", async || {
        Ok(left(1, "birthday-1").await.is_ok_and(|told| told.contains("balance       30.00 GBP")))
    })
    .await?;

    // Both at once take 19.92 of 30.00: one has it, the other is told what is left.
    let at_once = soap("8", "gift-card=19.92:birthday-1");
    let (one, other) = tokio::join!(ask(0, "sell", CASHIER, &at_once), ask(1, "sell", CASHIER, &at_once));
    let (sold, refused) = match (one, other) {
        (Ok(sold), Err(refused)) | (Err(refused), Ok(sold)) => (sold, refused.to_string()),
        (one, other) => anyhow::bail!("{one:?} and {other:?}"),
    };
    ensure!(sold.contains("total         19.92 GBP"), "{sold}");
    ensure!(refused.contains("HF-CMD-272") && refused.contains("has 10.08 GBP"), "{refused}");

    // What is left survives the hub, and a blocked card does not pay.
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;
    let told = left(0, "BIRTHDAY-1").await?;
    ensure!(told.contains("gift card") && told.contains("balance       10.08 GBP"), "{told}");
    let block = ["--account", "BIRTHDAY-1", "--reason", "reported stolen"];
    let refused = ask(1, "block-value", CASHIER, &block).await.expect_err("a cashier may not").to_string();
    ensure!(refused.contains("HF-CMD-104"), "{refused}");
    ensure!(ask(1, "block-value", STAFF, &block).await?.contains("is blocked"), "by the manager");
    let take = soap("2", "gift-card=4.98:birthday-1");
    let refused = ask(0, "sell", CASHIER, &take).await.expect_err("it is blocked").to_string();
    ensure!(refused.contains("HF-CMD-271"), "{refused}");
    ask(1, "block-value", STAFF, &[block.as_slice(), &["--release"]].concat()).await?;
    ask(0, "sell", CASHIER, &take).await?;

    // A number that the till mints pays like one that was printed on a card, whatever it was paid with.
    let minted =
        ask(1, "issue-value", CASHIER, &["--kind", "store-credit", "--amount", "5", "--cash", "10"]).await?;
    ensure!(minted.contains("change         5.00 GBP"), "{minted}");
    let number = minted.split_whitespace().nth(1).context("the number")?;
    let tender = format!("store-credit=2.49:{number}");
    ask(0, "sell", CASHIER, &["--barcode", "5000112637922", "--quantity", "1", "--tender", &tender]).await?;

    let x = ask(0, "x-report", STAFF, &[]).await?;
    let row = |label: &str| x.lines().find(|line| line.starts_with(label)).unwrap_or_default();
    ensure!(row("gift cards sold").ends_with("30.00 GBP"), "{x}");
    let z = ask(1, "close", CASHIER, &["--cash", "105.00"]).await?;
    ensure!(z.contains("gift cards and credit: sold 5.00 GBP"), "{z}");
    let papers = shop.data.join("paper");
    until("the balance is printed", async || {
        let papers = printed(&papers)?;
        let has = |words: [&str; 2]| papers.iter().any(|paper| words.iter().all(|word| paper.contains(word)));
        let sold = has(["GIFT CARD", "Not a sale"]) && has(["STORE CREDIT", "Balance of"]);
        Ok(sold && has(["TOTAL", "Balance of BIRTHDAY-1"]))
    })
    .await?;

    // Turnover is what was bought; what was paid for stored value and with it stands beside it.
    chain.drained(&shop).await?;
    let totals = chain.hq.json(&format!("/api/v1/stores/{}/totals", shop.id)).await?;
    let gross = 2 * 249 + 1_992 + 498 + 249;
    assert_eq!((&totals["value_issues"], &totals["gross_minor"]), (&2.into(), &gross.into()), "{totals}");
    let date = shop.transactions().await?[0]["view"]["business_date"].as_str().context("a date")?.to_owned();
    let path = format!("/api/v1/stores/{}/tenders?from={date}&to={date}", shop.id);
    let rows = chain.hq.json(&path).await?;
    let brought = |code: &str| {
        let row = rows.as_array()?.iter().find(|row| row["tender"] == code)?;
        row["amount_minor"].as_i64()
    };
    assert_eq!(
        [brought("card"), brought("cash"), brought("gift-card"), brought("store-credit")],
        [Some(3_000 + 498), Some(500), Some(1_992 + 498), Some(249)],
        "{rows}"
    );
    chain.stop([shop]).await
}
