//! What is done at a counter beside a plain sale, by whoever may: each of it over MQTT at a real hub, and afterwards the
//! paper, the stock, the X report and HQ say what it came to.

use anyhow::{Context, Result, ensure};
use holdfast_domain::bounded::{Label, TenderCode, TenderReference, ValueNumber};
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::command::{
    Action, AdjustLine, ReturnGoods, ReturnLine, ReturnedGoods, Settlement, ShiftCount,
};
use holdfast_domain::event::Event;
use holdfast_domain::ids::{OrderId, TransactionId};
use holdfast_domain::line::{DiscountInput, LineFate, LineInput, LineNumber, PriceInput};
use holdfast_domain::order::{Channel, PlaceOrder, Terms};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::Mode;
use holdfast_domain::stock::AdjustmentReason;
use holdfast_domain::tender::{DeclaredTender, Payment, TenderChoice, TenderInput};
use holdfast_money::{Quantity, Rate, UnitPrice};
use serde_json::Value;

use crate::desk::{Desk, gbp, item, line, why};
use crate::shop::{CATALOG, Chain, Shop, printed, until};

const CASHIER: &str = "200";
const SUPERVISOR: &str = "202";

fn given(code: &str, minor: i64, reference: Option<&str>) -> TenderInput {
    let kind = match code {
        "cash" => TenderChoice::Cash,
        code => TenderChoice::Typed {
            code: TenderCode::new(code).expect("a code"),
            reference: reference.map(|text| TenderReference::new(text).expect("a reference")),
        },
    };
    TenderInput { kind, amount: gbp(minor) }
}

fn pay(order: OrderId, tenders: Vec<TenderInput>, settlement: Settlement) -> Action {
    Action::Pay { order, tenders, tips: Vec::new(), settlement, receipt: ReceiptSource::Hub }
}

fn payment(events: &[Event]) -> Result<&Payment> {
    let payment = events.iter().find_map(|event| match event {
        Event::SaleCompleted { payment, .. }
        | Event::DepositTaken { payment, .. }
        | Event::GoodsReturned { payment, .. }
        | Event::SalePostVoided { payment, .. } => Some(payment),
        _ => None,
    });
    payment.context("money moved")
}

fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::name).collect()
}

fn back(original: TransactionId, pieces: i32, credit: Option<&str>) -> Action {
    let lines = vec![ReturnLine { line: LineNumber(1), quantity: Quantity::pieces(pieces) }];
    Action::Return(ReturnGoods {
        reason: why("does not fit"),
        receipt: ReceiptSource::Hub,
        goods: ReturnedGoods::ByReceipt { original, lines },
        credit: credit.map(|number| ValueNumber::new(number).expect("a number")),
    })
}

impl Desk {
    /// A sale of the goods, paid as it is said.
    async fn sells_for(&self, lines: Vec<LineInput>, tenders: Vec<TenderInput>) -> Result<TransactionId> {
        let order = OrderId(self.till.mint()?);
        self.does(Action::PlaceOrder(PlaceOrder::of(order, Channel::Counter, lines))).await?;
        let events = self.does(pay(order, tenders, Settlement::Full)).await?;
        events.iter().find_map(|event| Some(event.transaction()?.0)).context("a sale has a transaction")
    }

    /// What the hub answers to what must not be.
    async fn is_refused(&self, action: Action) -> String {
        self.does(action).await.expect_err("it must be refused").to_string()
    }
}

/// In thousandths.
async fn on_hand(shop: &Shop, sku: &str) -> Result<i64> {
    let books = shop.page.json("/api/v1/reconciliation").await?;
    books["stock"][sku].as_i64().with_context(|| format!("{sku}: {books}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_counter_does_beside_plain_sales_is_on_paper_in_stock_in_x_and_at_hq() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("counter", CATALOG, 2).await?;
    chain.take_on(&shop, CASHIER, "cashier").await?;
    chain.take_on(&shop, SUPERVISOR, "supervisor").await?;
    let (first, second) = (Desk::at(&shop, 0).await?, Desk::at(&shop, 1).await?);
    first.sign_on(CASHIER).await?;
    first.opens(Mode::Live).await?;
    second.sign_on(SUPERVISOR).await?;
    let shift = second.opens(Mode::Live).await?;
    let radio = AdjustLine { item: item("RADIO"), quantity: Quantity::pieces(2) };
    let reference = Label::new("PO 4711")?;
    let received = AdjustmentReason::Delivered { reference };
    second.does(Action::AdjustStock { changes: vec![radio], reason: received }).await?;

    weighed_and_discounted(&first).await?;
    free_of_tax(&first).await?;
    given_up_and_cancelled(&first).await?;
    deposit_and_handing_over(&first, &second).await?;
    refunds_go_where_the_money_came_from(&first).await?;
    reversed_and_without_a_receipt(&first).await?;
    the_last_radios(&first, &second).await?;
    locked_and_unlocked(&first).await?;

    // An order waits for its customer: its shift closes all the same, and says so.
    let waiting = OrderId(second.till.mint()?);
    let milk = PlaceOrder::of(waiting, Channel::Counter, vec![line(1, "MILK", 1)]);
    second.does(Action::PlaceOrder(milk)).await?;
    let x = second.x().await?;
    let card = x.tenders.iter().find(|of| of.code.as_str() == "card").context("the card")?;
    ensure!(
        (x.figures.gross, card.taken, x.figures.cash_expected) == (gbp(15_700), gbp(13_700), gbp(11_000)),
        "{x:?}"
    );
    second.sign_on(SUPERVISOR).await?;
    let z = second.closes(shift, 11_000).await?;
    let carried = z.iter().find_map(|event| match event {
        Event::OrdersCarriedOver { count, orders, .. } => Some((*count, orders.clone())),
        _ => None,
    });
    ensure!(carried == Some((1, vec![waiting])), "{:?}", names(&z));

    // That till is dead: a supervisor fetches the drawer of the first one, which has been practising nothing meanwhile.
    let before = first.x().await?;
    first.sign_on(CASHIER).await?;
    let seen = first.till.refresh(crate::shop::SOON).await?;
    let mine = seen.till.shift.as_ref().context("an open shift")?.id;
    let to = second.till.refresh(crate::shop::SOON).await?.till.terminal;
    second.sign_on(CASHIER).await?;
    let refused = second.is_refused(Action::MoveShift { shift: mine, to }).await;
    ensure!(refused.contains("HF-CMD-104"), "{refused}");
    second.by_leave_of(SUPERVISOR, Action::MoveShift { shift: mine, to }).await?;
    let moved = second.x().await?;
    ensure!((moved.figures, moved.tenders) == (before.figures, before.tenders), "it came with what it took");
    second.sign_on(CASHIER).await?;
    let vouchers = DeclaredTender { code: TenderCode::new("voucher")?, amount: gbp(747), pieces: Vec::new() };
    let count = ShiftCount { pieces: Vec::new(), tenders: vec![vouchers] };
    second.does(Action::CloseShift { shift: mine, declared: gbp(10_000), count }).await?;

    practice_leaves_no_trace(&first, &shop).await?;

    until("everything is on paper", async || {
        let papers = printed(&shop.data.join("paper"))?;
        let has = |words: &[&str]| papers.iter().any(|paper| words.iter().all(|word| paper.contains(word)));
        Ok(has(&["0.75 kg", "for a regular", "TOTAL"])
            && has(&["RETURN", "Back to Card", "Cash paid out"])
            && has(&["RETURN", "Back to Store credit"])
            && has(&["VOIDED SALE", "For receipt"])
            && has(&["DEPOSIT GBP", "Radio", "Order GBP"])
            && has(&["Radio", "Paid before", "-10.00"])
            && has(&["certificate EX-77", "waited long"])
            && has(&["TRAINING"]))
    })
    .await?;
    at_hq_it_is_what_the_zs_say(&chain, &shop).await?;
    first.till.close().await?;
    second.till.close().await?;
    chain.stop([shop]).await
}

/// Three quarters of a kilogram, less a tenth of it, at a price of the supervisor's.
async fn weighed_and_discounted(desk: &Desk) -> Result<()> {
    let rate = Rate::percent("10".parse()?)?;
    let pears = LineInput {
        discount: DiscountInput::Percent { rate, reason: why("for a regular") },
        ..LineInput::of(LineNumber(1), item("PEARS"), Quantity::from_thousandths(750))
    };
    let voided = LineInput { fate: LineFate::Voided { reason: why("scanned twice") }, ..line(2, "SOAP", 1) };
    let dented = PriceInput::Override { unit_price: UnitPrice::new("1.5".parse()?)?, reason: why("dented") };
    let lines = vec![pears, voided, LineInput { price: dented, ..line(3, "SOAP", 1) }];
    let order = OrderId(desk.till.mint()?);
    let place = Action::PlaceOrder(PlaceOrder::of(order, Channel::Counter, lines));
    let refused = desk.is_refused(place.clone()).await;
    ensure!(refused.contains("HF-CMD-104"), "another price is not a cashier's: {refused}");
    desk.by_leave_of(SUPERVISOR, place).await?;
    // 0.75 × 3.29 = 2.47 less 0.25, and 1.50.
    desk.does(pay(order, vec![given("cash", 372, None)], Settlement::Full)).await?;
    Ok(())
}

/// Whoever shows a certificate pays no tax, and the basket is a tenth cheaper.
async fn free_of_tax(desk: &Desk) -> Result<()> {
    let rate = Rate::percent("10".parse()?)?;
    let terms = Terms {
        exemption: Some(Label::new("EX-77")?),
        discount: DiscountInput::Percent { rate, reason: why("waited long") },
        ..Terms::default()
    };
    let order = OrderId(desk.till.mint()?);
    let place = PlaceOrder { terms, ..PlaceOrder::of(order, Channel::Counter, vec![line(1, "SOAP", 1)]) };
    let placed = desk.does(Action::PlaceOrder(place)).await?;
    let totals = placed.iter().find_map(|event| match event {
        Event::OrderPlaced { totals, .. } => Some(totals.clone()),
        _ => None,
    });
    let totals = totals.context("an order")?;
    // 2.49 less 0.25 is 2.24, of which 1.87 is without tax.
    ensure!((totals.gross, totals.tax) == (gbp(187), gbp(0)), "{totals:?}");
    desk.does(pay(order, vec![given("cash", 187, None)], Settlement::Full)).await?;
    Ok(())
}

async fn given_up_and_cancelled(desk: &Desk) -> Result<()> {
    let lines = vec![line(1, "MILK", 2)];
    let gone = desk.does(Action::AbandonBasket { lines, reason: why("no money") }).await?;
    ensure!(names(&gone) == ["basket_abandoned"], "{gone:?}");
    let order = OrderId(desk.till.mint()?);
    desk.does(Action::PlaceOrder(PlaceOrder::of(order, Channel::Counter, vec![line(1, "MILK", 2)]))).await?;
    let gone = desk.does(Action::CancelOrder { order, reason: why("left") }).await?;
    ensure!(names(&gone) == ["order_cancelled"], "{gone:?}");
    let refused = desk.is_refused(pay(order, vec![given("cash", 238, None)], Settlement::Full)).await;
    ensure!(refused.contains("HF-CMD-142"), "{refused}");
    Ok(())
}

/// Ordered and paid in part at one till, paid at the other, and handed over there.
async fn deposit_and_handing_over(first: &Desk, second: &Desk) -> Result<()> {
    let order = OrderId(first.till.mint()?);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis();
    let until = Timestamp(i64::try_from(now)? + 3_600_000);
    let place = PlaceOrder {
        reserve_until: Some(until),
        ..PlaceOrder::of(order, Channel::NotInHand, vec![line(1, "RADIO", 1)])
    };
    let placed = first.does(Action::PlaceOrder(place)).await?;
    ensure!(names(&placed).contains(&"reservation_limited"), "{placed:?}");
    let part = first.does(pay(order, vec![given("cash", 1_000, None)], Settlement::Deposit)).await?;
    ensure!(names(&part) == ["deposit_taken"] && payment(&part)?.due == gbp(1_000), "{part:?}");
    let refused = second.is_refused(Action::FulfilOrder { order }).await;
    ensure!(refused.contains("HF-CMD-142"), "it is not paid: {refused}");
    let rest = vec![given("card", 3_900, Some("auth 0815 4242"))];
    let rest = second.does(pay(order, rest, Settlement::Full)).await?;
    ensure!(payment(&rest)?.due == gbp(3_900), "{rest:?}");
    ensure!(names(&second.does(Action::FulfilOrder { order }).await?) == ["order_fulfilled"]);
    Ok(())
}

async fn refunds_go_where_the_money_came_from(desk: &Desk) -> Result<()> {
    // Five soaps for 12.45: 5.00 by card, the rest in cash. Two come back for 4.98, all of it to the card.
    let tenders = vec![given("card", 500, Some("auth 0816 4242")), given("cash", 745, None)];
    let sale = desk.sells_for(vec![line(1, "SOAP", 5)], tenders).await?;
    let refund = desk.does(back(sale, 2, None)).await?;
    let told: Vec<_> =
        payment(&refund)?.tenders.iter().map(|t| (t.kind.code().to_string(), t.amount)).collect();
    ensure!(told == [("card".to_owned(), gbp(-498))], "{told:?}");
    // One more: two pence to the card, the rest in cash.
    let refund = desk.does(back(sale, 1, None)).await?;
    let told: Vec<_> =
        payment(&refund)?.tenders.iter().map(|t| (t.kind.code().to_string(), t.amount)).collect();
    ensure!(told == [("card".to_owned(), gbp(-2)), ("cash".to_owned(), gbp(-247))], "{told:?}");

    // What a voucher paid becomes a store credit, or cash by leave of a supervisor.
    let sale = desk.sells_for(vec![line(1, "SOAP", 3)], vec![given("voucher", 747, None)]).await?;
    let refund = desk.does(back(sale, 1, Some("CREDIT-7"))).await?;
    ensure!(names(&refund) == ["goods_returned", "value_refunded"], "{refund:?}");
    let refused = desk.is_refused(back(sale, 1, None)).await;
    ensure!(refused.contains("HF-CMD-104"), "{refused}");
    let refund = desk.by_leave_of(SUPERVISOR, back(sale, 1, None)).await?;
    ensure!(payment(&refund)?.cash() == gbp(-249), "{refund:?}");
    Ok(())
}

async fn reversed_and_without_a_receipt(desk: &Desk) -> Result<()> {
    let sale = desk.sells_for(vec![line(1, "MILK", 4)], vec![given("cash", 476, None)]).await?;
    let void = Action::PostVoid { original: sale, reason: why("wrong customer") };
    ensure!(desk.is_refused(void.clone()).await.contains("HF-CMD-104"));
    let undone = desk.by_leave_of(SUPERVISOR, void).await?;
    ensure!(payment(&undone)?.cash() == gbp(-476), "{undone:?}");
    let goods = Action::Return(ReturnGoods {
        reason: why("lost the receipt"),
        receipt: ReceiptSource::Hub,
        goods: ReturnedGoods::NoReceipt { lines: vec![line(1, "MILK", 1)] },
        credit: None,
    });
    ensure!(desk.is_refused(goods.clone()).await.contains("HF-CMD-104"));
    let taken = desk.by_leave_of(SUPERVISOR, goods).await?;
    ensure!(payment(&taken)?.cash() == gbp(-119), "{taken:?}");
    Ok(())
}

/// The level from which on it is to be ordered again is told once; of a strict product nobody gets one that is not there.
async fn the_last_radios(first: &Desk, second: &Desk) -> Result<()> {
    let radio = item("RADIO");
    second
        .does(Action::AdjustStock {
            changes: vec![AdjustLine { item: radio.clone(), quantity: Quantity::pieces(1) }],
            reason: AdjustmentReason::Delivered { reference: Label::new("PO 4712")? },
        })
        .await?;
    second.does(Action::SetReorderLevel { item: radio, level: Quantity::pieces(1) }).await?;
    let order = OrderId(second.till.mint()?);
    let terms =
        Terms { discount: DiscountInput::Amount { amount: gbp(0), reason: why("none") }, ..Terms::default() };
    let place = PlaceOrder { terms, ..PlaceOrder::of(order, Channel::Counter, vec![line(1, "RADIO", 2)]) };
    let placed = second.does(Action::PlaceOrder(place)).await?;
    ensure!(names(&placed).contains(&"stock_ran_low"), "{placed:?}");
    let one_more = OrderId(first.till.mint()?);
    let place = PlaceOrder::of(one_more, Channel::Counter, vec![line(1, "RADIO", 1)]);
    let refused = first.is_refused(Action::PlaceOrder(place)).await;
    ensure!(refused.contains("HF-CMD-132"), "{refused}");
    let paid = vec![given("card", 9_800, Some("auth 0817 4242"))];
    second.does(pay(order, paid, Settlement::Full)).await?;
    let sale = second.sells_for(vec![line(1, "BAG", 50)], vec![given("cash", 1_000, None)]).await?;
    ensure!(second.does(back(sale, 50, None)).await.is_ok(), "and back");
    second.sells_for(vec![line(1, "BAG", 50)], vec![given("cash", 2_000, None)]).await?;
    Ok(())
}

async fn locked_and_unlocked(desk: &Desk) -> Result<()> {
    desk.does(Action::LockTill).await?;
    let refused = desk.is_refused(Action::OpenDrawer { reason: why("change") }).await;
    ensure!(refused.contains("HF-CMD-250"), "{refused}");
    desk.sign_on(CASHIER).await?;
    desk.does(Action::OpenDrawer { reason: why("change") }).await?;
    Ok(())
}

async fn practice_leaves_no_trace(desk: &Desk, shop: &Shop) -> Result<()> {
    let before = on_hand(shop, "SOAP").await?;
    desk.sign_on(CASHIER).await?;
    let practice = desk.opens(Mode::Training).await?;
    desk.sells(vec![line(1, "SOAP", 4)]).await?;
    desk.closes(practice, 0).await?;
    ensure!(on_hand(shop, "SOAP").await? == before, "practice moves no stock");
    Ok(())
}

/// Turnover, stock and tenders there are those of the two Zs here.
async fn at_hq_it_is_what_the_zs_say(chain: &Chain, shop: &Shop) -> Result<()> {
    chain.drained(shop).await?;
    let report = shop.page.json("/api/v1/reports/sales").await?;
    ensure!(report["shifts"]["agrees_with_z"] == true, "{report}");
    let totals = chain.hq.json(&format!("/api/v1/stores/{}/totals", shop.id)).await?;
    assert_eq!(totals["gross_minor"], report["all"]["gross_minor"], "{totals}");
    let transactions = shop.transactions().await?;
    let date = transactions[0]["view"]["business_date"].as_str().context("a date")?;
    let rows = chain.hq.json(&format!("/api/v1/stores/{}/tenders?from={date}&to={date}", shop.id)).await?;
    let at_hq =
        |code: &str| rows.as_array()?.iter().find(|row| row["tender"] == code)?["amount_minor"].as_i64();
    let here = |code: &str| {
        let row = report["by_tender"].as_array()?.iter().find(|row| row["kind"] == code)?;
        Some(row["taken_minor"].as_i64()? - row["given_back_minor"].as_i64()?)
    };
    for code in ["cash", "card", "voucher", "store-credit"] {
        ensure!(
            here(code).is_some() && at_hq(code) == here(code),
            "{code}: {rows} and {}",
            report["by_tender"]
        );
    }
    for (sku, sold) in [("RADIO", 3), ("SOAP", 5), ("MILK", -1)] {
        let page = chain.hq.json(&format!("/api/v1/stores/{}/stock", shop.id)).await?;
        let list = page.as_array().or_else(|| page["rows"].as_array()).context("stock")?;
        let row: &Value =
            list.iter().find(|row| row["sku"] == sku).with_context(|| format!("{sku}: {page}"))?;
        let received = if sku == "RADIO" { 3 } else { 0 };
        assert_eq!(row["on_hand_thousandths"], (received - sold) * 1_000, "{row}");
        assert_eq!(on_hand(shop, sku).await?, (received - sold) * 1_000, "{sku}");
    }
    Ok(())
}
