//! One order at two tills: parked at one, found and retrieved at the other, taken over, and still there after a restart.

use anyhow::{Context, Result, ensure};

use crate::shop::{CATALOG, Chain, PIN, STAFF, printed, text, until};

const CASHIER: &str = "200";

#[tokio::test(flavor = "multi_thread")]
async fn an_order_passes_from_till_to_till_and_one_of_them_has_it() -> Result<()> {
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("corner", CATALOG, 2).await?;
    let tills = [text(&shop.tills[0])?.to_owned(), text(&shop.tills[1])?.to_owned()];
    let hub = text(&shop.data)?.to_owned();
    let add = ["staff", "add", "--data", &hub, "--number", CASHIER, "--name", "Clerk", "--role", "cashier"];
    chain.programs.command("holdfast-hub", &[add.as_slice(), &["--pin-stdin"]].concat(), Some(PIN)).await?;
    let ask = async |till: usize, what: &str, staff: &str, more: &[&str]| {
        let person = [what, "--data", &tills[till], "--staff", staff, "--pin-stdin"];
        chain.programs.command("holdfast-terminal", &[person.as_slice(), more].concat(), Some(PIN)).await
    };
    let listed = async |till: usize| {
        chain.programs.command("holdfast-terminal", &["orders", "--data", &tills[till]], None).await
    };
    let sell = ["--barcode", "5000112637922", "--quantity", "1", "--cash", "5.00", "--float", "100.00"];
    for till in [0, 1] {
        ask(till, "sell", CASHIER, &sell).await?;
    }
    let milk = ["--barcode", "4006381333931", "--quantity", "3", "--label", "red scarf"];
    let parked = ask(0, "park", CASHIER, &milk).await?;
    ensure!(parked.contains("revision 2") && parked.contains("total 3.57 GBP"), "{parked}");
    let order = parked.split_whitespace().nth(1).context("the order's id")?.to_owned();
    let seen = listed(1).await?;
    ensure!(seen.contains(&order) && seen.contains("parked as `red scarf`"), "{seen}");

    let retrieve = ["--order", &order];
    let taken = ask(1, "retrieve", CASHIER, &retrieve).await?;
    ensure!(taken.contains("3 Whole milk 1 l") && taken.contains("in hand at till 2"), "{taken}");
    let refused = ask(0, "retrieve", CASHIER, &retrieve).await.expect_err("the other has it").to_string();
    ensure!(
        refused.contains("HF-CMD-200") && refused.contains("till 2") && refused.contains("200"),
        "{refused}"
    );
    // It has been changed at the other till: what this one saw is old.
    let more = |revision| ["--order", &order, "--revision", revision, "--set", "1", "--quantity", "5"];
    let edited = ask(1, "edit", CASHIER, &more("3")).await?;
    ensure!(edited.contains("5 Whole milk 1 l") && edited.contains("revision 4: 5.95 GBP"), "{edited}");
    let refused = ask(1, "edit", CASHIER, &more("3")).await.expect_err("it was seen before").to_string();
    ensure!(refused.contains("HF-CMD-202") && refused.contains("revision 4"), "{refused}");
    let void = ["--order", &order, "--revision", "4", "--void", "1", "--reason", "no"];
    let refused = ask(1, "edit", CASHIER, &void).await.expect_err("nothing is left").to_string();
    ensure!(refused.contains("HF-CMD-120"), "{refused}");
    let soap = ["--order", &order, "--revision", "4", "--add", "5000112637922", "--quantity", "1"];
    let edited = ask(1, "edit", CASHIER, &soap).await?;
    ensure!(edited.contains("1 Olive soap") && edited.contains("revision 5: 8.44 GBP"), "{edited}");
    let again = ["--order", &order, "--label", "red scarf"];
    let refused = ask(0, "park", CASHIER, &again).await.expect_err("the other has it").to_string();
    ensure!(refused.contains("HF-CMD-200"), "{refused}");

    // Who has it survives the hub.
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;
    let seen = listed(0).await?;
    ensure!(seen.contains("in hand at till 2"), "{seen}");
    let force = ["--order", &order, "--take-over"];
    let refused = ask(0, "retrieve", CASHIER, &force).await.expect_err("a cashier may not").to_string();
    ensure!(refused.contains("HF-CMD-104"), "{refused}");
    let taken = ask(0, "retrieve", STAFF, &force).await?;
    ensure!(taken.contains("in hand at till 1"), "{taken}");
    let parked = ask(0, "park", STAFF, &again).await?;
    ensure!(parked.contains("revision 7"), "{parked}");

    chain.drained(&shop).await?;
    let totals = chain.hq.json(&format!("/api/v1/stores/{}/totals", shop.id)).await?;
    assert_eq!(
        (&totals["sales"], &totals["gross_minor"]),
        (&2.into(), &498.into()),
        "what is parked is no turnover"
    );
    chain.stop([shop]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_says_which_one_it_is_and_a_gift_receipt_shows_no_price() -> Result<()> {
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("gifts", CATALOG, 1).await?;
    let till = text(&shop.tills[0])?.to_owned();
    let ask = async |what: &str, more: &[&str]| {
        let person = [what, "--data", &till, "--staff", STAFF, "--pin-stdin"];
        chain.programs.command("holdfast-terminal", &[person.as_slice(), more].concat(), Some(PIN)).await
    };
    let sell = ["--barcode", "5000112637922", "--quantity", "2", "--cash", "5.00", "--float", "100.00"];
    ask("sell", &sell).await?;
    let sale = shop.transactions().await?[0]["view"]["transaction"].as_str().context("an id")?.to_owned();
    let copy = ["--transaction", &sale];
    ensure!(ask("copy", &copy).await?.contains("copy 1"), "the first copy");
    let papers = shop.data.join("paper");
    let first = async || Ok(printed(&papers)?.iter().any(|paper| paper.contains("COPY 1")));
    until("the first copy is printed", first).await?;
    // The count survives the hub.
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;
    ensure!(ask("copy", &[&copy[..], &["--gift"]].concat()).await?.contains("copy 2"), "the second copy");
    until("all three are printed", async || {
        let printed = printed(&papers)?;
        let with = |words: &str| printed.iter().filter(|paper| paper.contains(words)).collect::<Vec<_>>();
        let (copies, gifts) = (with("COPY 1"), with("GIFT RECEIPT, COPY 2"));
        if copies.is_empty() || gifts.is_empty() {
            return Ok(false);
        }
        ensure!(copies.len() == 1 && copies[0].contains("4.98"), "{copies:?}");
        ensure!(gifts.len() == 1 && gifts[0].contains("Olive soap"), "{gifts:?}");
        ensure!(
            !gifts[0].contains("4.98") && !gifts[0].contains("2.49") && !gifts[0].contains("TOTAL"),
            "{gifts:?}"
        );
        let originals = with("TOTAL").len() - copies.len();
        ensure!(originals == 1 && with("1-000001").len() == 3, "{printed:?}");
        Ok(true)
    })
    .await?;
    chain.stop([shop]).await
}

const WINE_SHOP: &str = "sku,description,barcode,unit,tax_class,unit_price,stock,minimum_age\n\
    WINE,Red wine,4006381333931,piece,standard,12.00,counter,18\n\
    BREAD,Bread,5000112637922,piece,reduced,3.00,counter,\n";

const OFFERS: &str = r#"{"promotions": [
    {"code": "THIRD", "name": "Third bottle half price", "priority": 1,
     "kind": {"group_off": {"items": {"skus": ["WINE"]}, "count": 3, "reduced": 1, "rate": "0.5"}}},
    {"code": "TENTH", "name": "A tenth for friends", "priority": 2, "coupon": {"code": "FRIEND", "uses_max": null},
     "kind": {"basket_off": {"items": "all", "threshold": {"amount": "40.00", "currency": "GBP"},
                             "off": {"percent": {"rate": "0.1"}}}}}]}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_basket_is_priced_without_a_trace_and_an_order_is_changed_until_it_is_paid() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("cellar", WINE_SHOP, 1).await?;
    let (till, hub) = (text(&shop.tills[0])?.to_owned(), text(&shop.data)?.to_owned());
    let file = chain.folder.path().join("offers.json");
    std::fs::write(&file, OFFERS)?;
    chain.programs.command("holdfast-hub", &["import", "book", "--data", &hub, text(&file)?], None).await?;
    let ask = async |what: &str, more: &[&str]| {
        let person = [what, "--data", &till, "--staff", STAFF, "--pin-stdin"];
        chain.programs.command("holdfast-terminal", &[person.as_slice(), more].concat(), Some(PIN)).await
    };
    let quote = async |more: &[&str]| {
        let quote = ["quote", "--data", &till, "--barcode", "4006381333931"];
        chain.programs.command("holdfast-terminal", &[quote.as_slice(), more].concat(), None).await
    };
    let sold = ask("sell", &["--barcode", "5000112637922", "--cash", "5.00"]).await?;
    let record = sold.lines().find_map(|line| line.strip_prefix("record ")?.split(' ').next());
    let record: u64 = record.context("the sale's record")?.parse()?;
    let head =
        async || Ok(shop.page.json("/api/v1/reconciliation").await?["head_seq"].as_u64() > Some(record));
    until("the printer's word on the receipt is kept", head).await?;
    let before = shop.page.json("/api/v1/reconciliation").await?;
    let told = quote(&["--quantity", "2", "--coupon", "FRIEND"]).await?;
    for expected in [
        "total         24.00 GBP",
        "Third bottle half price: 2 of 3 items",
        "A tenth for friends: from 40.00 GBP on, the basket has 24.00 GBP",
        "not yet: HF-CMD-206",
    ] {
        ensure!(told.contains(expected), "`{expected}` is not told:\n{told}");
    }
    let told = quote(&["--quantity", "3", "--age-checked", "by-look"]).await?;
    ensure!(told.contains("Third bottle half price: takes 6.00 GBP off"), "{told}");
    ensure!(told.contains("A tenth for friends: needs its coupon") && !told.contains("not yet"), "{told}");
    let unknown = quote(&["--also", "0000"]).await.expect_err("no such item").to_string();
    ensure!(unknown.contains("HF-CMD-123"), "{unknown}");
    assert_eq!(shop.page.json("/api/v1/reconciliation").await?, before, "a quote leaves no trace");

    let wine = ["--barcode", "4006381333931", "--quantity", "2", "--label", "table 4", "--coupon", "FRIEND"];
    let refused = ask("park", &wine).await.expect_err("nobody looked at the customer").to_string();
    ensure!(refused.contains("HF-CMD-206") && refused.contains("18 years"), "{refused}");
    let looked = ["--age-checked", "by-document", "--note", "decant it"];
    let parked = ask("park", &[wine.as_slice(), &looked].concat()).await?;
    let order = parked.split_whitespace().nth(1).context("the order's id")?.to_owned();
    let seen = ask("retrieve", &["--order", &order]).await?;
    ensure!(seen.contains("note decant it"), "{seen}");
    let edit = async |revision: &str, more: &[&str]| {
        ask("edit", &[&["--order", &order, "--revision", revision], more].concat()).await
    };
    // The third bottle is half off, and now the basket is worth the coupon that was shown before.
    let edited = edit("3", &["--set", "1", "--quantity", "4"]).await?;
    ensure!(edited.contains("revision 4: 37.80 GBP"), "48 less 6 and less a tenth:\n{edited}");
    let edited = edit("4", &["--basket", "--discount", "50", "--reason", "regular"]).await?;
    ensure!(edited.contains("revision 5: 18.90 GBP"), "{edited}");
    let edited = edit("5", &["--basket", "--discount", "0", "--reason", "not regular"]).await?;
    ensure!(edited.contains("revision 6: 37.80 GBP"), "{edited}");
    let edited = edit("6", &["--set", "1", "--price", "10", "--reason", "torn label"]).await?;
    ensure!(edited.contains("revision 7: 40.00 GBP"), "no promotion touches a price by hand:\n{edited}");
    let edited = edit("7", &["--set", "1", "--quantity", "3", "--reason", "one is corked"]).await?;
    ensure!(edited.contains("revision 8: 30.00 GBP"), "{edited}");
    let paid = ask("pay", &["--order", &order, "--cash", "50"]).await?;
    ensure!(paid.contains("30.00 GBP") && paid.contains("20.00 GBP"), "{paid}");
    let over = edit("9", &["--note", "too late"]).await.expect_err("it is paid").to_string();
    ensure!(over.contains("HF-CMD-142"), "{over}");

    let papers = shop.data.join("paper");
    until("the note is on the receipt", async || {
        Ok(printed(&papers)?.iter().any(|paper| paper.contains("decant it") && paper.contains("30.00")))
    })
    .await?;
    // Given up before it is paid: nothing is held any more.
    let parked = ask("park", &["--barcode", "5000112637922", "--quantity", "7", "--label", "later"]).await?;
    let other = parked.split_whitespace().nth(1).context("the order's id")?.to_owned();
    ask("retrieve", &["--order", &other]).await?;
    ask("cancel", &["--order", &other, "--reason", "left"]).await?;
    chain.drained(&shop).await?;
    let totals = chain.hq.json(&format!("/api/v1/stores/{}/totals", shop.id)).await?;
    assert_eq!((&totals["sales"], &totals["gross_minor"]), (&2.into(), &3_300.into()), "{totals}");
    let stock = chain.hq.json(&format!("/api/v1/stores/{}/stock", shop.id)).await?.to_string();
    let books = shop.page.json("/api/v1/reconciliation").await?;
    assert_eq!(books["stock"]["WINE"], -3_000, "{books}");
    ensure!(stock.contains("-3000"), "{stock}");
    // Each edit is a loss of its own, as much as it took more than before.
    let losses = shop.page.json("/api/v1/reports/losses").await?;
    let losses = losses["losses"].as_array().context("losses")?;
    let told = losses.iter().map(|loss| {
        (loss["kind"].as_str().unwrap_or_default(), loss["amount_minor"].as_i64(), loss["reason"].as_str())
    });
    let told: Vec<_> = told.filter(|(kind, ..)| *kind != "refused").collect();
    let expected = [
        ("discount", Some(1_890), Some("regular")),
        ("price_override", Some(800), Some("torn label")),
        ("line_void", Some(1_000), Some("one is corked")),
        ("cancelled_order", None, Some("left")),
    ];
    assert_eq!(told, expected);
    chain.stop([shop]).await
}
