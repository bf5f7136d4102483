//! Ways to pay: the store's own list, a sale paid with three of them, and a count that says of each what was there.

use anyhow::{Context, Result, ensure};

use crate::shop::{CATALOG, Chain, PIN, STAFF, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_store_takes_what_is_on_its_list_and_counts_each_tender() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("corner", CATALOG, 1).await?;
    let (till, hub) = (text(&shop.tills[0])?, text(&shop.data)?);
    let tenders = async |what: &[&str], file: Option<&str>| {
        let args = [["tenders", what[0], "--data", hub].as_slice(), &what[1..]].concat();
        chain.programs.command("holdfast-hub", &args, file).await
    };
    // The voucher of the default list becomes a lunch voucher.
    let list = tenders(&["show"], None).await?;
    let refused = tenders(&["set", "-"], Some("[]")).await.expect_err("cash is missing");
    ensure!(refused.to_string().contains("HF-CMD-226"), "{refused}");
    let changed = list
        .replace("\"voucher\"", "\"lunch\"")
        .replace("\"lunch\",\n    \"opens", "\"voucher\",\n    \"opens");
    ensure!(changed.contains("\"class\": \"voucher\""), "{changed}");
    ensure!(tenders(&["set", "-"], Some(&changed)).await?.contains("\"code\": \"lunch\""), "the new list");

    let ask = async |what: &str, more: &[&str]| {
        let person = [what, "--data", till, "--staff", STAFF, "--pin-stdin"];
        chain.programs.command("holdfast-terminal", &[person.as_slice(), more].concat(), Some(PIN)).await
    };
    let sell = |given: &[&'static str]| {
        let goods = ["--barcode", "4006381333931", "--quantity", "3", "--float", "100.00"];
        [goods.as_slice(), given].concat()
    };
    for (given, code) in [
        ("voucher=3.57", "HF-CMD-220"),
        ("card=3.57", "HF-CMD-221"),
        ("card=3.57:4111 1111 1111 1111", "HF-TIL-031"),
        ("card=4.00:auth 0815", "HF-CMD-223"),
    ] {
        let refused = ask("sell", &sell(&["--tender", given])).await.expect_err(code);
        ensure!(refused.to_string().contains(code), "{given}: {refused}");
    }
    // 3.57: a pound on a card, fifty-seven pence of a lunch voucher, and a five-pound note.
    let mix = sell(&["--tender", "card=1.00:auth 0815 4242", "--tender", "lunch=0.57", "--cash", "5.00"]);
    let receipt = ask("sell", &mix).await?;
    ensure!(receipt.contains("1.00 GBP") && receipt.contains("change         3.00 GBP"), "{receipt}");

    // What the drawer should hold is a manager's to know before it is counted.
    let add = ["staff", "add", "--data", hub, "--number", "200", "--name", "Clerk", "--role", "cashier"];
    chain.programs.command("holdfast-hub", &[add.as_slice(), &["--pin-stdin"]].concat(), Some(PIN)).await?;
    let report = async |staff: &str| {
        let args = ["x-report", "--data", till, "--staff", staff, "--pin-stdin"];
        chain.programs.command("holdfast-terminal", &args, Some(PIN)).await
    };
    let refused = report("200").await.expect_err("a cashier counts blind");
    ensure!(
        refused.to_string().contains("may not") || refused.to_string().contains("permission"),
        "{refused}"
    );
    let x = report(STAFF).await?;
    for (label, figure) in [
        ("turnover", "3.57 GBP"),
        ("card taken", "1.00 GBP"),
        ("lunch taken", "0.57 GBP"),
        ("cash expected", "102.00 GBP"),
        ("sales", "1"),
    ] {
        let row = x.lines().find(|line| line.starts_with(label)).with_context(|| format!("{label}:\n{x}"))?;
        ensure!(row.ends_with(figure), "{row}");
    }

    let args = ["x-report", "--paper", "--data", till, "--staff", STAFF, "--pin-stdin"];
    let paper = chain.programs.command("holdfast-terminal", &args, Some(PIN)).await?;
    for line in ["X, SHIFT STILL OPEN", "TURNOVER GBP", "3.57", "Cash expected", "102.00", "Journal "] {
        ensure!(paper.contains(line), "`{line}` is not in\n{paper}");
    }

    let refused = ask("close", &["--cash", "102.00"]).await.expect_err("the vouchers are not counted");
    ensure!(refused.to_string().contains("HF-CMD-228"), "{refused}");
    ensure!(!refused.to_string().contains("0.57"), "nobody is told what to count: {refused}");
    let count = ["--count", "50x2", "1.00x1", "--tender", "lunch=0.50"];
    let refused =
        ask("close", &[count.as_slice(), &["--cash", "102.00"]].concat()).await.expect_err("101.00");
    ensure!(refused.to_string().contains("HF-CMD-227"), "{refused}");
    let z = ask("close", &count).await?;
    for expected in [
        "Z 1",
        "expected 102.00 GBP, counted 101.00 GBP, over -1.00 GBP",
        "expected 0.57 GBP, counted 0.50 GBP, over -0.07 GBP",
        "expected 1.00 GBP, not counted",
    ] {
        ensure!(z.contains(expected), "`{expected}` is not in the Z:\n{z}");
    }

    chain.drained(&shop).await?;
    let sales = shop.transactions().await?;
    let sale = sales.iter().find(|t| t["view"]["kind"] == "sale").context("the sale")?;
    let id = sale["view"]["transaction"].as_str().context("an id")?;
    let at_hq = chain.hq.json(&format!("/api/v1/stores/{}/transactions/{id}", shop.id)).await?.to_string();
    for expected in ["\"card\"", "\"lunch\"", "\"cash\""] {
        ensure!(at_hq.contains(expected), "`{expected}` is not at HQ: {at_hq}");
    }
    // HQ's figures are what the Z says, and nobody else's.
    let date = sale["view"]["business_date"].as_str().context("a date")?;
    let path = format!("/api/v1/stores/{}/tenders?from={date}&to={date}", shop.id);
    let rows = chain.hq.json(&path).await?;
    let rows: Vec<_> =
        rows.as_array().context("rows")?.iter().map(|row| (&row["tender"], &row["amount_minor"])).collect();
    ensure!(
        rows == [(&"card".into(), &100.into()), (&"cash".into(), &200.into()), (&"lunch".into(), &57.into())],
        "{rows:?}"
    );
    chain.stop([shop]).await
}
