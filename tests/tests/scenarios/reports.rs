//! A day of one shop, sold over MQTT by named people, and every report that the hub makes of it without HQ.

use anyhow::{Context, Result, ensure};
use holdfast_domain::Refusal;
use holdfast_domain::cash::CashMovement;
use holdfast_domain::command::{Action, ReturnGoods, ReturnLine, ReturnedGoods};
use holdfast_domain::event::Event;
use holdfast_domain::ids::TransactionId;
use holdfast_domain::line::{DiscountInput, LineFate, LineInput, LineNumber, PriceInput};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{Mode, ShiftFigures};
use holdfast_domain::staff::Permission;
use holdfast_money::{Money, Quantity, UnitPrice};
use serde_json::Value;

use crate::desk::{Desk, gbp, line, why};
use crate::shop::{Chain, PIN, STAFF, Shop, text, until};

const CASHIER: &str = "200";
/// Reads reports, and is not told what is in a drawer before it is counted.
const ACCOUNTANT: &str = "300";
/// A name that a spreadsheet would run and a page would not like.
const HOSTILE: &str = "=HYPERLINK(\"\"http://evil.example\"\")<script>";
const GOODS: &str = "sku,description,barcode,unit,tax_class,unit_price,stock\n\
    MILK,Whole milk 1 l,4006381333931,piece,reduced,1.19,counter\n\
    SOAP,Olive soap,5000112637922,piece,standard,2.49,counter\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_reported_to_the_penny_without_headquarters() -> Result<()> {
    let chain = Chain::start().await?;
    let goods = format!("{GOODS}ODD,\"{HOSTILE}\",,piece,standard,2.00,counter\n");
    let shop = chain.open_shop("reports", &goods, 2).await?;
    let hub = text(&shop.data)?;
    let role =
        ["staff", "role", "--data", hub, "--number", "1", "--name", "Accounts", "--may", "read-reports"];
    chain.programs.command("holdfast-hub", &role, None).await?;
    for (number, name, role) in [(CASHIER, "Clerk", "cashier"), (ACCOUNTANT, "Reader", "1")] {
        let add = ["staff", "add", "--data", hub, "--number", number, "--name", name, "--role", role];
        let add = [add.as_slice(), &["--pin-stdin"]].concat();
        chain.programs.command("holdfast-hub", &add, Some(PIN)).await?;
    }
    chain.wan.cut();

    let first = Desk::at(&shop, 0).await?;
    first.sign_on(CASHIER).await?;
    let shift = first.opens(Mode::Live).await?;
    let discounted = LineInput {
        discount: DiscountInput::Amount { amount: gbp(7), reason: why("for a regular") },
        ..line(1, "MILK", 3)
    };
    let voided = LineInput { fate: LineFate::Voided { reason: why("scanned twice") }, ..line(2, "SOAP", 1) };
    let dented = PriceInput::Override { unit_price: UnitPrice::new("1.5".parse()?)?, reason: why("-dented") };
    let sold =
        first.sells(vec![discounted, voided, LineInput { price: dented, ..line(3, "ODD", 1) }]).await?;
    let reversed = first.sells(vec![line(1, "SOAP", 2)]).await?;
    first.does(Action::AbandonBasket { lines: vec![line(1, "SOAP", 1)], reason: why("no money") }).await?;
    first.does(Action::OpenDrawer { reason: why("change") }).await?;
    let paid_out = Action::MoveCash {
        movement: CashMovement::PaidOut,
        amount: gbp(840),
        reason: why("window cleaner"),
        receipt: ReceiptSource::Hub,
    };
    let refused = first.does(paid_out.clone()).await.expect_err("a cashier may not");
    ensure!(refused.to_string().contains("HF-CMD-104"), "{refused}");
    let back = ReturnedGoods::ByReceipt {
        original: sold,
        lines: vec![ReturnLine { line: LineNumber(1), quantity: Quantity::pieces(1) }],
    };
    let back = ReturnGoods { reason: why("sour"), receipt: ReceiptSource::Hub, goods: back, credit: None };
    first.does(Action::Return(back)).await?;
    first.sign_on(STAFF).await?;
    first.does(paid_out).await?;
    first.does(Action::PostVoid { original: reversed, reason: why("wrong customer") }).await?;

    let second = Desk::at(&shop, 1).await?;
    second.sign_on(CASHIER).await?;
    let practice = second.opens(Mode::Training).await?;
    second.sells(vec![line(1, "SOAP", 4)]).await?;
    second.closes(practice, 0).await?;

    let before = shop.page.json("/api/v1/reports/sales").await?;
    ensure!(before["shifts"]["agrees_with_z"].is_null(), "the shift is open: {}", before["shifts"]);
    an_open_drawer_is_counted_blind(&shop).await?;
    let closed = first.closes(shift, 9_500).await?;
    let z = closed.iter().find_map(|event| match event {
        Event::ShiftClosed { figures, .. } => Some(figures.as_ref().clone()),
        _ => None,
    });
    let z = z.context("a shift that closes has its figures")?;
    until("the report has the shift's end", async || {
        let report = shop.page.json("/api/v1/reports/sales").await?;
        Ok(report["shifts"]["still_open"] == 0)
    })
    .await?;
    let report = shop.page.json("/api/v1/reports/sales").await?;
    sales_are_those_of_the_z(&report, &z)?;
    losses_name_who_and_why(&shop).await?;
    files_add_up(&shop, &report).await?;
    the_journal_shows_each_record(&shop, sold).await?;

    first.till.close().await?;
    second.till.close().await?;
    chain.stop([shop]).await
}

/// What a drawer should hold, and what was paid how, is told to whoever may read an X report; turnover is told to all who
/// may read reports, the programs on the machine itself too.
async fn an_open_drawer_is_counted_blind(shop: &Shop) -> Result<()> {
    let manager = shop.page.as_person(STAFF, PIN).await?;
    until("the report has everything", async || {
        let report = manager.json("/api/v1/reports/sales").await?;
        Ok(report["outside_turnover"]["cash_expected_minor"] == 10_000 + 383 - 840)
    })
    .await?;
    let accountant = shop.page.as_person(ACCOUNTANT, PIN).await?;
    for (reader, told) in [(&manager, true), (&accountant, false), (&shop.page, false)] {
        let report = reader.json("/api/v1/reports/sales").await?;
        assert_eq!(
            (&report["all"]["gross_minor"], &report["shifts"]["still_open"]),
            (&383.into(), &1.into())
        );
        assert_eq!(report["shifts"]["drawers_left_out"], i32::from(!told));
        let expected = if told { 10_000 + 383 - 840 } else { 0 };
        assert_eq!(report["outside_turnover"]["cash_expected_minor"], expected);
        assert_eq!(rows(&report, "by_tender")?.len(), usize::from(told), "{}", report["by_tender"]);
        let paid = if told { 383 - 840 } else { 0 };
        let file = async |path: &str| -> Result<String> {
            let file = reader.read(path).await?;
            let name = file.header("content-disposition").context("a file has a name")?;
            ensure!(name.contains("without-drawers-of-open-shifts") != told, "{path}: {name}");
            Ok(String::from_utf8(file.body)?)
        };
        let by_tender = file("/api/v1/reports/sales.csv?by=tender").await?;
        assert_eq!(by_tender.lines().count(), 1 + usize::from(told), "{by_tender}");
        assert_eq!(sum(&file("/api/v1/exports/tenders.csv").await?, "amount", "no")?, paid);
        let transactions = file("/api/v1/exports/transactions.csv").await?;
        assert_eq!(sum(&transactions, "gross", "no")?, 383);
        ensure!(amounts(&transactions, "rounding", "no")?.is_empty() != told, "{transactions}");
        let page = reader.text("/reports").await?;
        assert_eq!(page.contains("95.43 GBP"), told, "{page}");
        assert_eq!(page.contains("Without 1 open shift:"), !told, "{page}");
    }
    Ok(())
}

fn sales_are_those_of_the_z(report: &Value, z: &ShiftFigures) -> Result<()> {
    let all = &report["all"];
    // 3 × 1.19 - 0.07 + 1.50 were sold and kept but for a third of the milk's 3.50.
    assert_eq!(z.gross.minor(), 500 - 117, "as counted by hand");
    assert_eq!((&all["gross_minor"], &all["net_minor"]), (&z.gross.minor().into(), &z.net.minor().into()));
    assert_eq!((&all["sales"], &all["returns"], &all["post_voids"]), (&2.into(), &1.into(), &1.into()));
    assert_eq!(all["discount_minor"], z.discount.minor());
    assert_eq!(all["returned_minor"], 117 + 498);
    assert_eq!(report["outside_turnover"]["cash_expected_minor"], z.cash_expected.minor());
    assert_eq!(report["outside_turnover"]["cash_expected_minor"], 10_000 + 383 - 840);
    assert_eq!(report["shifts"]["agrees_with_z"], true, "{}", report["shifts"]);
    assert_eq!(report["shifts"]["drawers_left_out"], 0, "it was counted");
    assert_eq!(
        (&report["shifts"]["opened"], &report["shifts"]["z_numbers"]),
        (&1.into(), &serde_json::json!([1]))
    );
    let taxes: i64 = z.taxes.iter().map(|tax| tax.tax.minor()).sum();
    for table in ["by_day", "by_hour", "by_product", "by_staff", "by_till"] {
        let gross: i64 = rows(report, table)?.iter().filter_map(|row| row["gross_minor"].as_i64()).sum();
        assert_eq!(gross, z.gross.minor(), "{table}");
    }
    let by_rate: i64 = rows(report, "by_tax")?.iter().filter_map(|row| row["tax_minor"].as_i64()).sum();
    assert_eq!((by_rate, &all["tax_minor"]), (taxes, &taxes.into()));
    let quantities: Vec<_> = ["MILK", "SOAP", "ODD"]
        .map(|sku| {
            let row = rows(report, "by_product").ok()?.iter().find(|row| row["sku"] == sku)?;
            Some((row["sold_thousandths"].as_i64()?, row["returned_thousandths"].as_i64()?))
        })
        .to_vec();
    assert_eq!(
        quantities,
        [Some((3000, 1000)), Some((2000, 2000)), Some((1000, 0))],
        "training is not there"
    );
    let cash = &rows(report, "by_tender")?[0];
    assert_eq!(
        (&cash["kind"], &cash["taken_minor"], &cash["given_back_minor"]),
        (&"cash".into(), &998.into(), &615.into())
    );
    let by_staff: Vec<&Value> = rows(report, "by_staff")?.iter().map(|row| &row["key"]).collect();
    assert_eq!(by_staff, [CASHIER, STAFF], "who sold, and who reversed: {}", report["by_staff"]);
    Ok(())
}

fn rows<'a>(report: &'a Value, table: &str) -> Result<&'a Vec<Value>> {
    report[table].as_array().with_context(|| format!("{table} is a table"))
}

async fn losses_name_who_and_why(shop: &Shop) -> Result<()> {
    let list = shop.page.json("/api/v1/reports/losses").await?;
    let of = |row: &Value| {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        (text("kind"), text("staff_number"), row["amount_minor"].as_i64(), text("reason"))
    };
    let found: Vec<_> = rows(&list, "losses")?.iter().map(of).collect();
    let refused = Refusal::NotPermitted { permission: Permission::MoveCash }.to_string();
    let expected = [
        ("discount", CASHIER, Some(7), "for a regular"),
        ("line_void", CASHIER, Some(249), "scanned twice"),
        ("price_override", CASHIER, Some(50), "-dented"),
        ("approved", CASHIER, None, "set another price than the catalog's"),
        ("abandoned_basket", CASHIER, Some(249), "no money"),
        ("no_sale", CASHIER, None, "change"),
        ("refused", CASHIER, None, refused.as_str()),
        ("return", CASHIER, Some(117), "sour"),
        ("paid_out", STAFF, Some(840), "window cleaner"),
        ("post_void", STAFF, Some(498), "wrong customer"),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(kind, who, amount, why)| ((*kind).to_owned(), (*who).to_owned(), *amount, (*why).to_owned()))
        .collect();
    assert_eq!(found, expected);
    let approved = rows(&list, "losses")?.iter().find(|row| row["kind"] == "approved");
    assert_eq!(approved.map(|row| &row["approved_by"]), Some(&STAFF.into()));
    let managers = shop.page.json(&format!("/api/v1/reports/losses?staff={STAFF}")).await?;
    assert_eq!(rows(&managers, "losses")?.len(), 2);
    let one = shop.page.json("/api/v1/reports/losses?kind=refused").await?;
    assert_eq!((rows(&one, "losses")?.len(), &one["losses"][0]["what"]), (1, &"HF-CMD-104".into()));
    let file = shop.page.text("/api/v1/reports/losses.csv").await?;
    assert_eq!(file.matches("\r\n").count(), 11, "a header and ten:\n{file}");
    ensure!(file.contains(",'-dented\r\n"), "words are no formula:\n{file}");
    let page = shop.page.text("/losses").await?;
    ensure!(page.contains("200 Clerk") && page.contains("wrong customer"), "{page}");
    Ok(())
}

/// Sums of the files are those of the report.
async fn files_add_up(shop: &Shop, report: &Value) -> Result<()> {
    let gross = report["all"]["gross_minor"].as_i64().context("gross")?;
    let read = async |what: &str| shop.page.text(&format!("/api/v1/exports/{what}.csv")).await;
    let transactions = read("transactions").await?;
    assert_eq!(sum(&transactions, "gross", "no")?, gross);
    assert_eq!(sum(&transactions, "gross", "yes")?, 996, "training is there, and marked");
    let lines = read("lines").await?;
    let abandoned = 249;
    assert_eq!(sum(&lines, "gross", "no")?, gross + abandoned);
    ensure!(lines.contains("\"'=HYPERLINK(\"\"http://evil.example\"\")<script>\""), "no formula:\n{lines}");
    let expected = report["outside_turnover"]["cash_expected_minor"].as_i64().context("cash")?;
    assert_eq!(10_000 + sum(&read("tenders").await?, "amount", "no")?, expected);
    assert_eq!(sum(&read("taxes").await?, "tax", "no")?, report["all"]["tax_minor"].as_i64().context("tax")?);
    let stock = read("stock").await?;
    ensure!(stock.contains("MILK,Whole milk 1 l,-2,0,-2\r\n"), "{stock}");
    let by_product = shop.page.text("/api/v1/reports/sales.csv?by=product").await?;
    ensure!(
        by_product.starts_with("sku,description,sold,") && by_product.contains(",'=HYPERLINK")
            || by_product.contains("\"'=HYPERLINK"),
        "{by_product}"
    );
    let page = shop.page.text("/reports").await?;
    ensure!(page.contains("&lt;script&gt;") && !page.contains("<script>\""), "{page}");
    ensure!(page.contains("3.83 GBP") && page.contains("the Z reports say the same"), "{page}");
    Ok(())
}

/// What a column adds up to in minor units, training or not.
fn sum(file: &str, column: &str, training: &str) -> Result<i64> {
    amounts(file, column, training)?.iter().try_fold(0, |sum, amount| {
        let amount = Money::new(amount.parse()?, gbp(0).currency())?;
        Ok(sum + amount.minor())
    })
}

/// What stands in a column, training or not, where anything does.
fn amounts(file: &str, column: &str, training: &str) -> Result<Vec<String>> {
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    let header = reader.headers()?.clone();
    let at = |name: &str| header.iter().position(|head| head == name).with_context(|| format!("no {name}"));
    let (amount, mode) = (at(column)?, at("training")?);
    let mut found = Vec::new();
    for row in reader.records() {
        let row = row?;
        if &row[mode] == training && !row[amount].is_empty() {
            found.push(row[amount].to_owned());
        }
    }
    Ok(found)
}

async fn the_journal_shows_each_record(shop: &Shop, sold: TransactionId) -> Result<()> {
    let by_receipt = shop.page.json("/api/v1/journal?find=1-000001").await?;
    let seq = by_receipt["records"][0]["seq"].as_u64().context("the record of the first receipt")?;
    assert_eq!(by_receipt["records"][0]["events"][0], "sale_completed");
    let by_id = shop.page.json(&format!("/api/v1/journal/{sold}")).await?;
    let detail = shop.page.json("/api/v1/transactions/1-000001").await?;
    assert_eq!((&by_id["seq"], &by_id["hash"]), (&seq.into(), &detail["audit"]["hash"]));
    assert_eq!(by_id["record"], detail["audit"]["record"]);
    until("a signed head covers the record", async || {
        let record = shop.page.json(&format!("/api/v1/journal/{seq}")).await?;
        Ok(record["covered_by"]["seq"].as_u64().is_some_and(|head| head >= seq))
    })
    .await?;
    let till = shop.page.json("/api/v1/journal?till=2&limit=200").await?;
    let of_others = rows(&till, "records")?.iter().filter(|row| row["till"] != "2").count();
    ensure!(of_others == 0 && rows(&till, "records")?.len() >= 4, "{till}");
    let managers = shop.page.json(&format!("/api/v1/journal?staff={STAFF}")).await?;
    let names: Vec<_> = rows(&managers, "records")?.iter().map(|row| row["events"][0].clone()).collect();
    assert_eq!(names, ["shift_closed", "sale_post_voided", "cash_moved", "signed_on"]);
    // Every record once, newest first, a page at a time.
    let (mut path, mut seqs) = ("/api/v1/journal?limit=7".to_owned(), Vec::new());
    loop {
        let page = shop.page.json(&path).await?;
        seqs.extend(rows(&page, "records")?.iter().filter_map(|row| row["seq"].as_u64()));
        let Some(before) = page["next_before_seq"].as_u64() else { break };
        path = format!("/api/v1/journal?limit=7&before_seq={before}");
    }
    let newest = seqs.first().copied().unwrap_or(0);
    assert_eq!(seqs, (1..=newest).rev().collect::<Vec<_>>());
    let page = shop.page.text(&format!("/journal/{seq}")).await?;
    ensure!(page.contains("sale_completed") || page.contains("SaleCompleted"), "{page}");
    Ok(())
}
