//! Receipts of a real shop, replayed through a real hub: the same sums at the till, in the hub and at HQ, and a second
//! replay that changes nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use holdfast_testkit::books::Books;

use crate::shop::{Chain, PIN, STAFF, Shop, json, text};

/// Two invoices (one over two minutes, one with postage), returns by and without receipt, a discount, a stock
/// adjustment, a free sample, both letter cases, a line without a description, and a line that no one can read.
const SMALL: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
    536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n\
    536365,71053,WHITE LANTERN,8,2010-12-01 08:27:00,3.39,17850.0,United Kingdom\n\
    536366,85123a,WHITE HOLDER,2,2010-12-01 08:28:00,2.55,13047.0,United Kingdom\n\
    536366,POST,POSTAGE,1,2010-12-01 08:28:00,18.00,13047.0,France\n\
    536367,71053,,1,2010-12-01 08:30:00,0.0,,United Kingdom\n\
    536368,71053,damaged,-3,2010-12-01 08:31:00,0.0,,United Kingdom\n\
    C536369,85123A,WHITE HOLDER,-4,2010-12-01 09:00:00,2.55,17850.0,United Kingdom\n\
    C536369,71053,WHITE LANTERN,-1,2010-12-01 09:00:00,9.99,17850.0,United Kingdom\n\
    C536370,D,Discount,-1,2010-12-01 09:10:00,5.00,14527.0,United Kingdom\n\
    536371,71053,WHITE LANTERN,many,2010-12-01 09:20:00,3.39,17850.0,United Kingdom\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_few_receipts_come_out_as_counted_by_hand() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("receipts.csv");
    std::fs::write(&file, SMALL)?;
    let (chain, shop, report) = replayed_twice(std::slice::from_ref(&file)).await?;
    // 6 × 2.55 + 8 × 3.39 + 2 × 2.55 + 18.00 and 4 × 2.55 + 9.99 + 5.00
    assert_eq!((&report["sold"], &report["returned"]), (&"65.52".into(), &"-25.19".into()), "{report}");
    assert_eq!(report["refused_lines"], 1, "only the line that no one can read: {}", report["refused"]);
    assert_eq!(report["returns_by_receipt"], 1);
    let stock = shop.page.json("/api/v1/reconciliation").await?;
    assert_eq!(stock["stock"]["85123A"], -4000);
    assert_eq!(
        stock["stock"]["71053"], -5000,
        "minus what the lines say: 8 sold, 1 free, -3 corrected, -1 back"
    );
    chain.stop([shop]).await
}

/// The one day of real receipts, where it is at hand: `HOLDFAST_REPLAY_CSV` names the file.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_day_comes_out_to_the_penny() -> Result<()> {
    let Some(file) = std::env::var_os("HOLDFAST_REPLAY_CSV").map(PathBuf::from) else {
        println!("HOLDFAST_REPLAY_CSV does not name the real receipts: this day is left out");
        return Ok(());
    };
    let (chain, shop, report) = replayed_twice(std::slice::from_ref(&file)).await?;
    assert_eq!((&report["lines"], &report["invoices"]), (&3108.into(), &143.into()));
    assert_eq!((&report["sold_minor"], &report["returned_minor"]), (&5_896_079.into(), &(-32_523).into()));
    assert_eq!(report["refused_lines"], 0, "{}", report["refused"]);
    println!(
        "{} returns by receipt, {} without",
        report["returns_by_receipt"], report["returns_without_receipt"]
    );
    let books = shop.page.json("/api/v1/reconciliation").await?;
    assert_eq!(books["gross_minor"], 5_863_556);
    let on_hand: i64 = books["stock"].as_object().into_iter().flatten().filter_map(|(_, v)| v.as_i64()).sum();
    assert_eq!(on_hand, -stock_carrying_thousandths(&file)?);
    assert_eq!(report["matched_lines"], matched(std::slice::from_ref(&file))?);
    chain.stop([shop]).await
}

/// The whole month, where it is at hand: `HOLDFAST_REPLAY_MONTH` names the folder with a file a day.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_month_comes_out_to_the_penny() -> Result<()> {
    let Some(folder) = std::env::var_os("HOLDFAST_REPLAY_MONTH") else {
        holdfast_testkit::tell(
            "HOLDFAST_REPLAY_MONTH does not name the real receipts: the month is left out",
        );
        return Ok(());
    };
    let entries = std::fs::read_dir(&folder)?.map(|entry| Ok(entry?.path()));
    let mut files = entries.collect::<Result<Vec<_>>>()?;
    files.sort();
    let (chain, shop, report) = replayed_twice(&files).await?;
    assert_eq!((&report["lines"], &report["invoices"]), (&42_481.into(), &2_025.into()));
    assert_eq!(report["refused_lines"], 0, "{}", report["refused"]);
    assert_eq!(
        (&report["sold_minor"], &report["returned_minor"]),
        (&82_374_614.into(), &(-7_478_912).into())
    );
    assert_eq!(report["refused_lines"], 0, "{}", report["refused"]);
    holdfast_testkit::tell(&format!(
        "{} dates, {} lines, {} of {} returned lines matched to their sales: {} returns by receipt, {} without",
        report["business_dates"].as_array().map_or(0, Vec::len),
        report["lines"],
        report["matched_lines"],
        report["returned_lines"],
        report["returns_by_receipt"],
        report["returns_without_receipt"]
    ));
    assert_eq!(report["matched_lines"], matched(&files)?);
    let books = shop.page.json("/api/v1/reconciliation").await?;
    assert_eq!(books["gross_minor"], 82_374_614 - 7_478_912);
    chain.stop([shop]).await
}

/// Replays files twice and sees the second run change nothing.
async fn replayed_twice(files: &[PathBuf]) -> Result<(Chain, Shop, serde_json::Value)> {
    let chain = Chain::start().await?;
    let catalog = chain.folder.path().join("from-receipts.csv");
    let mut given = Vec::new();
    for file in files {
        given.extend(["--file", text(file)?]);
    }
    let list = [&["catalog-from-receipts", "--out", text(&catalog)?], given.as_slice()].concat();
    chain.programs.command("holdfast-terminal", &list, None).await?;
    let shop = chain.open_shop("gifts", &std::fs::read_to_string(&catalog)?, 1).await?;
    let mut reports = Vec::new();
    let mut heads = Vec::new();
    for run in 1..=2 {
        let path = chain.folder.path().join(format!("replay-{run}.json"));
        let replay = ["replay", "--data", text(&shop.tills[0])?, "--staff", STAFF, "--pin-stdin"];
        // This shop refunds more in a morning than it has sold: its drawer begins the day with enough.
        let more = ["--float", "2000.00", "--report", text(&path)?];
        let replay = [replay.as_slice(), &more, given.as_slice()].concat();
        chain.programs.command("holdfast-terminal", &replay, Some(PIN)).await?;
        let report = json(&path)?;
        chain.reconcile(&shop, &Books::read(&report)?).await?;
        reports.push(report);
        heads.push(shop.transactions().await?);
    }
    ensure!(reports[0] == reports[1], "the second replay got other answers");
    ensure!(heads[0] == heads[1], "the second replay changed the hub");
    let report = reports.remove(0);
    Ok((chain, shop, report))
}

/// How many cancelled lines an earlier sale answers for, counted without any of the product's code: the latest of the same
/// customer, product and price that has enough left.
fn matched(files: &[PathBuf]) -> Result<u64> {
    let mut sales: HashMap<[String; 3], Vec<(String, i64)>> = HashMap::new();
    let mut matched = 0;
    for file in files {
        for line in std::fs::read_to_string(file)?.lines().skip(1) {
            // The description may hold commas: what stands before it is read from the left, the rest from the right.
            let (left, right): (Vec<&str>, Vec<&str>) =
                (line.splitn(3, ',').collect(), line.rsplit(',').collect());
            let (invoice, quantity) = (left[0], right[4].parse::<i64>()?);
            let (price, customer) = (right[2].trim_end_matches('0'), right[1]);
            let key = [customer.to_owned(), left[1].to_ascii_uppercase(), price.to_owned()];
            if customer.is_empty() {
                continue;
            }
            let sold = sales.entry(key).or_default();
            if invoice.starts_with('C') {
                if let Some(sale) = sold.iter_mut().rev().find(|(_, left)| *left >= -quantity) {
                    sale.1 += quantity;
                    matched += 1;
                }
            } else if quantity > 0 {
                match sold.last_mut().filter(|(last, _)| last == invoice) {
                    Some(sale) => sale.1 += quantity,
                    None => sold.push((invoice.to_owned(), quantity)),
                }
            }
        }
    }
    Ok(matched)
}

/// Σ Quantity over the lines that carry stock, in thousandths, read without any of the product's code.
fn stock_carrying_thousandths(file: &Path) -> Result<i64> {
    let without_stock = ["POST", "DOT", "D", "M", "C2", "AMAZONFEE", "BANK CHARGES", "S"];
    let mut sum = 0;
    for line in std::fs::read_to_string(file)?.lines().skip(1) {
        let code = line.split(',').nth(1).unwrap_or_default().to_ascii_uppercase();
        if !without_stock.contains(&code.as_str()) {
            // The description may hold commas; the quantity is the fifth field from the end.
            let quantity: i64 = line.rsplit(',').nth(4).unwrap_or_default().parse()?;
            sum += quantity * 1000;
        }
    }
    Ok(sum)
}
