//! What a clerk asks for next, from what the people in the shop know.

mod island;
mod terminals;

use bytes::Bytes;
use holdfast_domain::Action;
use holdfast_domain::bounded::{Description, OrderTag, Sku, TenderCode, TenderReference, ValueNumber};
use holdfast_domain::calendar::{BusinessDate, Timestamp};
use holdfast_domain::cash::CashMovement;
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::command::{
    AdjustLine, Exchange, ReturnGoods, ReturnLine, ReturnedGoods, Settlement, ShiftCount,
};
use holdfast_domain::ids::{CommandId, CountId, OrderId, ShiftId, TransactionId, Uuid};
use holdfast_domain::line::{DiscountInput, LineNumber, PriceInput};
use holdfast_domain::order::{
    AgeCheck, Channel, Claim, EditOrder, Note, OrderEdit, ParkOrder, ParkedBasket, PlaceOrder, Terms,
};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::sale::CopyForm;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::stock::{AdjustmentReason, CountScope};
use holdfast_domain::tender::{DeclaredTender, TenderChoice, TenderInput};
use holdfast_domain::value::{AccountTerms, IssueValue, ValueKind, ValueStanding};
use holdfast_money::{Decimal, Quantity, Rate, UnitPrice};
use holdfast_protocol::message::{ApprovedMessage, CommandMessage, Pin, Request, SignOnMessage};
use holdfast_terminal::dice::Dice;

use crate::alphabet::TillMove;
use crate::clerk::terminals::{at_a_device, at_devices};
use crate::model::{KnownOrder, KnownSale, Model, Stage};
use crate::shop::{
    ACCOUNTS, BUNDLE, GIFT_CARDS, SCARCE, SKUS, coupon, customer, eur, label, lines, reason, sku,
};
use crate::world::{DAWN_MS, How, Want, terminal};

/// Turns a move into a request and notes that it was asked. None when there is nothing that it could be about.
pub fn want(model: &mut Model, till: usize, doing: TillMove, dice: &mut Dice) -> Option<Want> {
    let doing = sensible(model, till, doing, dice);
    if doing == TillMove::SignOn {
        return Some(sign_on(model, till, dice));
    }
    if doing == TillMove::ReuseId {
        return misuse(model, till, dice);
    }
    let action = action(model, till, doing, dice)?;
    let id = mint(model, till);
    let asks_the_manager = if matches!(action, Action::ResolveTender { .. }) { 800 } else { 400 };
    if needs_permission(&action) && dice.permille(asks_the_manager) {
        return Some(approved(model, till, id, action, dice));
    }
    let bytes: Bytes = request(id, action.clone(), dice).into();
    model.ask(till, id, Some(action), bytes.clone());
    Some(Want { id, bytes, how: How::Stored })
}

/// Whether a cashier needs somebody else for it.
fn needs_permission(action: &Action) -> bool {
    match action {
        Action::PostVoid { .. }
        | Action::AdjustStock { .. }
        | Action::MoveCash { .. }
        | Action::CloseDay { .. }
        | Action::CorrectShift { .. }
        | Action::SetValueStanding { .. }
        | Action::SetAccount { .. }
        | Action::ResolveTender { .. }
        | Action::ReconcileDevice(_) => true,
        Action::Return(goods) => matches!(goods.goods, ReturnedGoods::NoReceipt { .. }),
        Action::PlaceOrder(place) => place.lines.iter().any(|line| line.price != PriceInput::List),
        _ => false,
    }
}

/// The manager comes to the till and types a PIN, now and then a wrong one.
fn approved(model: &mut Model, till: usize, id: CommandId, action: Action, dice: &mut Dice) -> Want {
    let pin = Some(Pin(if dice.permille(100) { "0000" } else { crate::shop::PIN }.to_owned()));
    let approver = match action {
        Action::ResolveTender { .. } => crate::shop::SECOND_MANAGER,
        _ => crate::shop::MANAGER,
    };
    let occurred_at = Timestamp(DAWN_MS);
    let message = ApprovedMessage { id, occurred_at, action: action.clone(), approver, pin };
    let request = Request::Approved(message);
    let kept = request.to_kept_bytes().unwrap_or_default();
    model.ask(till, id, Some(action), kept.into());
    Want { id, bytes: request.to_bytes().into(), how: How::Stored }
}

/// A clerk who is not signed on, or has no shift, mostly begins with that.
fn sensible(model: &Model, till: usize, doing: TillMove, dice: &mut Dice) -> TillMove {
    let clerk = &model.clerks[till];
    // What was sold alone has happened, whoever is there now.
    if dice.permille(150) || matches!(doing, TillMove::ReuseId | TillMove::SellAlone) {
        doing
    } else if !clerk.signed_on {
        TillMove::SignOn
    } else if clerk.shift.is_none() {
        TillMove::OpenShift
    } else if !model.account && dice.permille(250) {
        // Early, so that there is time to buy on it.
        TillMove::SetAccount
    } else if !model.doubted.is_empty() && dice.permille(150) {
        // Somebody goes and looks at the terminal.
        TillMove::ResolveTender
    } else {
        doing
    }
}

fn request(id: CommandId, action: Action, dice: &mut Dice) -> Vec<u8> {
    let occurred_at = Timestamp(DAWN_MS + i64::try_from(dice.below(86_400_000)).unwrap_or(0));
    Request::Command(CommandMessage { id, occurred_at, action }).to_bytes()
}

fn mint(model: &mut Model, till: usize) -> CommandId {
    model.clerks[till].asked += 1;
    let number = u128::from(model.clerks[till].asked);
    CommandId(Uuid::from_u128((0xC0 << 96) | ((till as u128) << 64) | number))
}

fn sign_on(model: &mut Model, till: usize, dice: &mut Dice) -> Want {
    let id = mint(model, till);
    let pin = match dice.below(20) {
        0 => "0000",
        1 => "locked",
        _ => crate::shop::PIN,
    };
    let number = match dice.below(100) {
        0..=2 => StaffNumber(77),
        3..=27 => crate::shop::CASHIER,
        _ => crate::shop::MANAGER,
    };
    let message = SignOnMessage { id, occurred_at: Timestamp(DAWN_MS), number, pin: Pin(pin.to_owned()) };
    let bytes: Bytes = Request::SignOn(message).to_bytes().into();
    model.ask(till, id, None, bytes.clone());
    Want { id, bytes, how: How::Secret }
}

/// The id of something that was answered, with another body.
fn misuse(model: &mut Model, till: usize, dice: &mut Dice) -> Option<Want> {
    let answered: Vec<CommandId> = model
        .asked
        .iter()
        .filter(|(_, asked)| asked.till == till && asked.told.is_some() && asked.action.is_some())
        .map(|(id, _)| *id)
        .filter(|id| !model.misused.contains(id))
        .collect();
    let id = *dice.pick(&answered)?;
    let order = OrderId(Uuid::from_u128(0xDEAD));
    let bytes = request(id, Action::FulfilOrder { order }, dice).into();
    model.misuse(id);
    Some(Want { id, bytes, how: How::Misuse })
}

fn action(model: &Model, till: usize, doing: TillMove, dice: &mut Dice) -> Option<Action> {
    let clerk = &model.clerks[till];
    let fresh = clerk.asked + 1;
    let order_id = OrderId(Uuid::from_u128((0x0D << 96) | ((till as u128) << 64) | u128::from(fresh)));
    let place = |channel, wanted: &[(&str, i64)]| {
        Action::PlaceOrder(PlaceOrder::of(order_id, channel, lines(wanted)))
    };
    let priced_by_hand = dice.below(20);
    Some(match doing {
        TillMove::SignOn | TillMove::ReuseId | TillMove::Replay => return None,
        TillMove::SignOff => Action::SignOff,
        TillMove::Alias => island::also(model, till, dice)?,
        TillMove::SignOnAlone => island::signed_on(dice),
        TillMove::SellAlone => island::sold_alone(model, till, order_id, dice)?,
        TillMove::OpenShift => {
            let shift = ShiftId(Uuid::from_u128((0x5F << 96) | ((till as u128) << 64) | u128::from(fresh)));
            let mode = if dice.permille(80) { Mode::Training } else { Mode::Live };
            let day = if dice.permille(60) {
                BusinessDay::On(BusinessDate::new(2026, 11, 1).expect("a date"))
            } else {
                BusinessDay::Today
            };
            Action::OpenShift { shift, float: eur(10_000), day, mode }
        }
        TillMove::CloseShift => {
            let (shift, _) = clerk.shift?;
            let declared = eur(10_000 + i64::try_from(dice.below(5_000)).unwrap_or(0));
            // Vouchers must be counted where one was taken; now and then nobody does.
            let vouchers = DeclaredTender {
                code: tender_code("voucher"),
                amount: eur(i64::try_from(dice.below(2_000)).unwrap_or(0)),
                pieces: Vec::new(),
            };
            let tenders = if dice.permille(150) { Vec::new() } else { vec![vouchers] };
            Action::CloseShift { shift, declared, count: ShiftCount { pieces: Vec::new(), tenders } }
        }
        TillMove::PlaceOrder => {
            let mut wanted = Vec::new();
            for sku in ["MILK", "SOAP", "FLOUR", SCARCE] {
                if wanted.is_empty() || dice.permille(300) {
                    let thousandths =
                        if sku == "FLOUR" { dice.between(1, 9) * 250 } else { dice.between(1, 3) * 1_000 };
                    if sku != SCARCE || dice.permille(400) {
                        wanted.push((sku, i64::try_from(thousandths).unwrap_or(1_000)));
                    }
                }
            }
            if dice.permille(120) {
                wanted.push((BUNDLE, 1_000));
            }
            let channel = if dice.permille(250) { Channel::NotInHand } else { Channel::Counter };
            let mut order = place(channel, &wanted);
            if let Action::PlaceOrder(order) = &mut order {
                order.terms = terms(dice);
                order.customer = dice.permille(if model.account { 700 } else { 80 }).then(|| customer(0));
                if wanted.iter().any(|(sku, _)| *sku == BUNDLE) && dice.permille(850) {
                    order.terms.age_check = Some(AgeCheck::ByLook);
                }
            }
            held_until(by_hand(order, priced_by_hand), dice)
        }
        TillMove::PlaceScarce => place(Channel::Counter, &[(SCARCE, 1_000)]),
        TillMove::Cancel => {
            Action::CancelOrder { order: open_order(model, till, dice)?.id, reason: reason("left") }
        }
        TillMove::Abandon => Action::AbandonBasket {
            lines: lines(&[("MILK", 2_000), ("SOAP", 1_000)]),
            reason: reason("left"),
        },
        TillMove::Pay => {
            let order = fetched(model, dice).or_else(|| owing(model, till, dice));
            let order = order.or_else(|| open_order(model, till, dice))?;
            // What devices took counts, as far as the clerk knows.
            let due = (order.gross - order.paid - at_devices(model, order.id)).max(0);
            let tendered = match dice.below(10) {
                _ if due == 0 => 0,
                0 => due - 1,
                1..=3 => due + i64::try_from(dice.below(500)).unwrap_or(0),
                _ => due,
            };
            let receipt = if dice.permille(120) {
                let skip = u32::try_from(dice.below(3)).unwrap_or(0);
                ReceiptSource::Island { number: clerk.island.max(last_island(model, till)) + 1 + skip }
            } else {
                ReceiptSource::Hub
            };
            let on_account = due > 0 && model.account && order.named && dice.permille(600);
            let tenders = if on_account { owed(tendered, dice) } else { split(model, tendered, dice) };
            let settlement = Settlement::Full;
            let tips = if dice.permille(150) { tip(dice) } else { Vec::new() };
            Action::Pay { order: order.id, tenders, tips, settlement, receipt }
        }
        TillMove::Deposit => {
            let order = open_order(model, till, dice)?;
            let due = order.gross - order.paid;
            let (tenders, settlement) = (split(model, (due / 3).max(1), dice), Settlement::Deposit);
            Action::Pay {
                order: order.id,
                tenders,
                // Refused: a deposit has none.
                tips: if dice.permille(30) { tip(dice) } else { Vec::new() },
                settlement,
                receipt: ReceiptSource::Hub,
            }
        }
        TillMove::Fulfil => {
            let paid: Vec<&KnownOrder> = model.orders.iter().filter(|o| o.stage == Stage::Paid).collect();
            Action::FulfilOrder { order: dice.pick(&paid)?.id }
        }
        TillMove::ReturnByReceipt => {
            let credit = dice.permille(200).then(|| new_credit(till, fresh));
            Action::Return(ReturnGoods { credit, ..some_goods(model, till, dice)? })
        }
        TillMove::ReturnWithoutReceipt => {
            let goods = ReturnedGoods::NoReceipt { lines: lines(&[("MILK", 1_000)]) };
            Action::Return(ReturnGoods {
                reason: reason("sour"),
                receipt: ReceiptSource::Hub,
                goods,
                credit: dice.permille(300).then(|| new_credit(till, fresh)),
            })
        }
        TillMove::PostVoid => Action::PostVoid {
            original: TransactionId(some_sale(model, till, dice)?.transaction),
            reason: reason("wrong customer"),
        },
        TillMove::AdjustStock => {
            let wanted: &[(&str, i64)] = match dice.below(4) {
                0 => &[("MILK", 5_000), ("SOAP", 3_000)],
                1 => &[(SCARCE, 2_000)],
                2 => &[("FLOUR", -250), ("MILK", -1_000)],
                _ => &[("SOAP", 4_000)],
            };
            let changes = wanted.iter().map(|(of, thousandths)| AdjustLine {
                item: ItemRef::Sku(sku(of)),
                quantity: Quantity::from_thousandths(*thousandths),
            });
            let why = match dice.below(5) {
                3 => AdjustmentReason::Delivered { reference: crate::shop::label("PO 17") },
                4 => AdjustmentReason::Wasted { reason: reason("dropped") },
                0 => AdjustmentReason::Received,
                1 => AdjustmentReason::Waste,
                _ => AdjustmentReason::Other(reason("moved")),
            };
            Action::AdjustStock { changes: changes.collect(), reason: why }
        }
        TillMove::MoveCash => {
            let movement = *dice.pick(&CashMovement::ALL)?;
            // Now and then more than the drawer holds, or nothing.
            let most = if dice.permille(50) { 90_000 } else { 4_000 };
            let amount = eur(i64::try_from(dice.below(most)).unwrap_or(0));
            let receipt = if dice.permille(100) {
                ReceiptSource::Island { number: clerk.island.max(last_island(model, till)) + 1 }
            } else {
                ReceiptSource::Hub
            };
            Action::MoveCash { movement, amount, reason: reason("change"), receipt }
        }
        TillMove::OpenDrawer => Action::OpenDrawer { reason: reason("coin check") },
        TillMove::Lock => Action::LockTill,
        TillMove::Count => count(model, till, fresh, dice),
        TillMove::ReorderLevel => Action::SetReorderLevel {
            item: ItemRef::Sku(sku(dice.pick(&SKUS)?)),
            level: Quantity::from_thousandths(i64::try_from(dice.below(5)).unwrap_or(0) * 1_000),
        },
        TillMove::ParkNew => {
            let draft =
                PlaceOrder::of(order_id, Channel::Counter, lines(&[("SOAP", 1_000), (SCARCE, 1_000)]));
            Action::ParkOrder(ParkOrder {
                label: label("red scarf"),
                basket: ParkedBasket::Draft(Box::new(draft)),
            })
        }
        TillMove::Park => {
            let order = open_order(model, till, dice)?;
            // Now and then somebody else has changed it, and this clerk has not seen that.
            let revision = if dice.permille(100) { order.revision + 1 } else { order.revision };
            let basket = ParkedBasket::Placed { order: order.id, revision };
            Action::ParkOrder(ParkOrder { label: label("blue hat"), basket })
        }
        TillMove::Retrieve => {
            let open: Vec<&KnownOrder> = model.orders.iter().filter(|o| o.stage == Stage::Open).collect();
            let claim = if dice.permille(300) { Claim::TakeOver } else { Claim::Parked };
            Action::RetrieveOrder { order: dice.pick(&open)?.id, claim }
        }
        TillMove::Edit => {
            let order = open_order(model, till, dice)?;
            let edits = edits(order, dice)?;
            // Now and then somebody else has changed it, and this clerk has not seen that.
            let revision = if dice.permille(100) { order.revision + 1 } else { order.revision };
            Action::EditOrder(EditOrder { order: order.id, revision, edits, expected_total: None })
        }
        TillMove::Exchange => {
            let back = some_goods(model, till, dice)?;
            let wanted = *dice.pick(&[("MILK", 1_000), ("SOAP", 2_000), ("FLOUR", 750), (SCARCE, 1_000)])?;
            let place = PlaceOrder::of(order_id, Channel::Counter, lines(&[wanted]));
            let tenders = if dice.permille(700) { split(model, 10_000, dice) } else { Vec::new() };
            Action::Exchange(Box::new(Exchange { back, place, tenders }))
        }
        TillMove::CloseDay => {
            let days: Vec<BusinessDate> = model.days.iter().copied().collect();
            Action::CloseDay { day: *dice.pick(&days)? }
        }
        TillMove::CorrectShift => {
            let zs: Vec<u32> = model.zs.iter().copied().collect();
            let (code, most) = if dice.permille(300) { ("voucher", 2_000) } else { ("cash", 20_000) };
            let amount = eur(i64::try_from(dice.below(most)).unwrap_or(0));
            let declared = DeclaredTender { code: tender_code(code), amount, pieces: Vec::new() };
            Action::CorrectShift { z_number: *dice.pick(&zs)?, declared, reason: reason("counted again") }
        }
        TillMove::MoveShift => {
            let other = usize::try_from(dice.below(model.clerks.len() as u64)).unwrap_or(0);
            let (from, to) = if dice.permille(300) { (other, till) } else { (till, other) };
            let (shift, _) = model.clerks[from].shift?;
            Action::MoveShift { shift, to: terminal(to) }
        }
        TillMove::PrintCopy => Action::PrintCopy {
            original: TransactionId(some_sale(model, till, dice)?.transaction),
            form: if dice.permille(300) { CopyForm::Gift } else { CopyForm::Copy },
        },
        TillMove::IssueValue => {
            // Now and then nothing, and now and then it was to be another kind of account.
            let amount = eur(i64::try_from(dice.below(8)).unwrap_or(0) * 2_500);
            let kind = if dice.permille(60) { ValueKind::StoreCredit } else { ValueKind::GiftCard };
            let receipt = if dice.permille(100) {
                ReceiptSource::Island { number: clerk.island.max(last_island(model, till)) + 1 }
            } else {
                ReceiptSource::Hub
            };
            let (account, tenders) = (gift_card(dice), split(model, amount.minor(), dice));
            Action::IssueValue(IssueValue { account, kind, amount, tenders, receipt })
        }
        TillMove::VoidIssue => {
            let anybodys = dice.permille(200);
            let mine = model.issues.iter().filter(|(_, of)| anybodys || *of == till).map(|(id, _)| *id);
            let original = TransactionId(*dice.pick(&mine.collect::<Vec<_>>())?);
            Action::PostVoid { original, reason: reason("wrong amount") }
        }
        TillMove::BlockValue => {
            let standing = if dice.permille(300) { ValueStanding::Blocked } else { ValueStanding::Open };
            Action::SetValueStanding { account: gift_card(dice), standing, reason: reason("found") }
        }
        TillMove::SetAccount => {
            let limit = eur(i64::try_from(dice.below(3)).unwrap_or(0) * 5_000);
            // Now and then somebody else's.
            let customer = customer(u64::from(dice.permille(80)));
            Action::SetAccount { account: account(dice), terms: AccountTerms { customer, limit } }
        }
        TillMove::PayOff => {
            let amount = eur(i64::try_from(dice.between(1, 20)).unwrap_or(1) * 100);
            let (kind, receipt) = (ValueKind::CustomerAccount, ReceiptSource::Hub);
            let (account, tenders) = (account(dice), split(model, amount.minor(), dice));
            Action::IssueValue(IssueValue { account, kind, amount, tenders, receipt })
        }
        TillMove::StartTender
        | TillMove::StartRefund
        | TillMove::AbortTender
        | TillMove::ResolveTender
        | TillMove::GiveBackTender
        | TillMove::Reconcile => at_a_device(model, till, doing, dice)?,
        TillMove::Nonsense => match dice.below(4) {
            0 => Action::FulfilOrder { order: OrderId(Uuid::from_u128(7)) },
            1 => place(Channel::Counter, &[]),
            2 => Action::PlaceOrder(PlaceOrder::of(order_id, Channel::Counter, {
                let mut unknown = lines(&[("MILK", 1_000)]);
                unknown[0].item = ItemRef::Sku(Sku::new("NOTHING").expect("a number"));
                unknown
            })),
            _ => place(Channel::Counter, &[(SCARCE, 99_000)]),
        },
    })
}

/// One change, now and then two.
fn edits(order: &KnownOrder, dice: &mut Dice) -> Option<Vec<OrderEdit>> {
    let last = u16::try_from(order.lines.len()).unwrap_or(1);
    let quantity = Quantity::from_thousandths(i64::try_from(dice.between(1, 4)).unwrap_or(1) * 1_000);
    let line = LineNumber(u16::try_from(dice.between(1, u64::from(last))).unwrap_or(1));
    let rate = Rate::percent(Decimal::from(dice.below(12))).expect("a rate");
    let given = || DiscountInput::Percent { rate, reason: reason("waited") };
    let mut edits = vec![match dice.below(14) {
        0 => OrderEdit::VoidLine { line, reason: reason("changed mind") },
        1..=2 => {
            let what = *dice.pick(&[("SOAP", 2_000), (SCARCE, 1_000), ("MILK", 3_000), (BUNDLE, 1_000)])?;
            let mut more = lines(&[what]).remove(0);
            more.number = LineNumber(last + 1);
            OrderEdit::AddLine(more)
        }
        3 => OrderEdit::SetDiscount { line: Some(line), discount: given() },
        4 => OrderEdit::SetDiscount { line: None, discount: given() },
        5 => OrderEdit::SetDiscount { line: None, discount: DiscountInput::None },
        6 => OrderEdit::SetPrice { line, price: PriceInput::List },
        7 => OrderEdit::SetCoupons { coupons: vec![coupon()] },
        8 => OrderEdit::SetCoupons { coupons: Vec::new() },
        9 => {
            OrderEdit::SetTag { tag: dice.permille(500).then(|| OrderTag::new("take-away").expect("a tag")) }
        }
        10 => OrderEdit::SetNotes { notes: vec![Note { line: Some(line), text: note() }] },
        _ => OrderEdit::ChangeQuantity { line, quantity, reason: Some(reason("as asked")) },
    }];
    if dice.permille(300) {
        edits.push(OrderEdit::CheckAge { how: AgeCheck::ByDocument });
    }
    Some(edits)
}

fn note() -> Description {
    Description::new("wrap it").expect("a short text is a note")
}

/// Whoever comes by counts on, and most counts are finished; some tills do not know of the count or speak of an old one.
fn count(model: &Model, till: usize, fresh: u64, dice: &mut Dice) -> Action {
    let new = CountId(Uuid::from_u128((0xC7 << 96) | ((till as u128) << 64) | u128::from(fresh)));
    let Some(count) = model.count.filter(|_| dice.permille(950)) else {
        let some = SKUS.iter().filter(|_| dice.permille(500)).map(|name| sku(name)).collect();
        let scope = if dice.permille(500) { CountScope::Full } else { CountScope::Products(some) };
        return Action::StartCount { count: new, scope };
    };
    match dice.below(10) {
        0..=1 => Action::FinishCount { count },
        2 => Action::CancelCount { count, reason: reason("the shop fills up") },
        _ => {
            let name = SKUS[usize::try_from(dice.below(4)).unwrap_or(0)];
            let thousandths = i64::try_from(dice.below(9)).unwrap_or(0) * 1_000;
            let quantity = Quantity::from_thousandths(thousandths);
            Action::CountProduct { count, item: ItemRef::Sku(sku(name)), quantity }
        }
    }
}

/// Some of what is fetched later is held for a while only.
fn held_until(mut place: Action, dice: &mut Dice) -> Action {
    if let Action::PlaceOrder(PlaceOrder { channel: Channel::NotInHand, reserve_until, lines, terms, .. }) =
        &mut place
        && dice.permille(700)
    {
        // One item: the more an order wants, the rarer all of it is there to be held.
        lines.truncate(1);
        *terms = Terms::default();
        *reserve_until = Some(Timestamp(DAWN_MS + i64::try_from(dice.between(1_000, 20_000)).unwrap_or(0)));
    }
    place
}

/// Mostly nothing; now and then a coupon, a tag that the store's taxes may not know yet, something off the basket.
fn terms(dice: &mut Dice) -> Terms {
    let mut terms = Terms::default();
    if dice.permille(150) {
        terms.coupons.push(coupon());
    }
    if dice.permille(60) {
        terms.tag = Some(OrderTag::new("take-away").expect("a tag"));
    }
    if dice.permille(60) {
        terms.exemption = Some(label("EX-1"));
    }
    if dice.permille(80) {
        terms.discount = DiscountInput::Amount { amount: eur(50), reason: reason("waited") };
    }
    terms
}

/// Now and then somebody sets a price or gives a discount.
fn by_hand(mut place: Action, thrown: u64) -> Action {
    if let Action::PlaceOrder(PlaceOrder { lines, .. }) = &mut place
        && let Some(line) = lines.first_mut()
    {
        let unit_price = UnitPrice::new(Decimal::ONE).expect("a price");
        let rate = |percent: i64| Rate::percent(Decimal::from(percent)).expect("a rate");
        match thrown {
            0 => line.price = PriceInput::Override { unit_price, reason: reason("dented") },
            1 => line.discount = DiscountInput::Percent { rate: rate(10), reason: reason("short date") },
            2 => line.discount = DiscountInput::Percent { rate: rate(40), reason: reason("broken seal") },
            _ => {}
        }
    }
    place
}

fn tender_code(code: &str) -> TenderCode {
    TenderCode::new(code).expect("a short code")
}

/// One of few, so that tills meet at them.
fn gift_card(dice: &mut Dice) -> ValueNumber {
    ValueNumber::new(dice.pick(&GIFT_CARDS).unwrap_or(&GIFT_CARDS[0])).expect("a short number")
}

/// Mostly the first one, so that the customer mostly has one account only.
fn account(dice: &mut Dice) -> ValueNumber {
    ValueNumber::new(ACCOUNTS[usize::from(dice.permille(150))]).expect("a short number")
}

/// For whoever serves, now and then with what takes none.
fn tip(dice: &mut Dice) -> Vec<TenderInput> {
    let amount = eur(i64::try_from(dice.between(1, 300)).unwrap_or(1));
    let typed = |code: &str, reference: &str| TenderInput {
        kind: TenderChoice::Typed {
            code: tender_code(code),
            reference: Some(TenderReference::new(reference).expect("a short reference")),
        },
        amount,
    };
    match dice.below(10) {
        0..=4 => vec![TenderInput::cash(amount)],
        5..=7 => vec![typed("card", "auth 1")],
        8 => vec![typed("card", "auth 2"), TenderInput::cash(amount)],
        _ => vec![typed("voucher", "0815")],
    }
}

/// A number that no other till mints.
fn new_credit(till: usize, fresh: u64) -> ValueNumber {
    ValueNumber::new(&format!("CREDIT-{till}-{fresh}")).expect("a short number")
}

/// Cash, or a part of it by card, with a voucher, a gift card, on account, or with what the store may not take.
fn split(model: &Model, minor: i64, dice: &mut Dice) -> Vec<TenderInput> {
    if minor <= 0 {
        return Vec::new();
    }
    let code = match dice.below(10) {
        0..=2 => "card",
        3 => "voucher",
        4 if dice.permille(100) => "shells",
        5 if model.issues.len() > 1 => "gift-card",
        6 => "on-account",
        _ => return vec![TenderInput::cash(eur(minor))],
    };
    let part =
        if dice.permille(400) { minor } else { minor * i64::try_from(dice.below(10)).unwrap_or(0) / 10 };
    let reference = match code {
        "gift-card" => Some(gift_card(dice).into()),
        // Whose order it is may say enough.
        "on-account" => Some(account(dice).into()),
        _ => TenderReference::new(&format!("auth {}", dice.below(3))).ok(),
    };
    let kind = TenderChoice::Typed { code: tender_code(code), reference };
    let mut tenders = Vec::new();
    if part > 0 {
        tenders.push(TenderInput { kind, amount: eur(part) });
    }
    if part < minor {
        tenders.push(TenderInput::cash(eur(minor - part)));
    }
    tenders
}

/// All of it on account, whose number the order's customer mostly says.
fn owed(minor: i64, dice: &mut Dice) -> Vec<TenderInput> {
    let reference = dice.permille(300).then(|| account(dice).into());
    let kind = TenderChoice::Typed { code: tender_code("on-account"), reference };
    vec![TenderInput { kind, amount: eur(minor) }]
}

/// The highest number of its own series that the till has ever put on paper.
fn last_island(model: &Model, till: usize) -> u32 {
    island::numbers(model, till).max().unwrap_or(0)
}

/// Now and then somebody comes for the first of what was put aside, to whatever till is free.
fn fetched<'a>(model: &'a Model, dice: &mut Dice) -> Option<&'a KnownOrder> {
    let mut open = model.orders.iter().filter(|order| order.stage == Stage::Open);
    if dice.permille(350) { open.find(|order| order.channel == Channel::NotInHand) } else { None }
}

/// Where there is an account, whoever has it mostly comes to the till where they ordered.
fn owing<'a>(model: &'a Model, till: usize, dice: &mut Dice) -> Option<&'a KnownOrder> {
    let mut open = model.orders.iter().filter(|order| order.stage == Stage::Open && order.till == till);
    if model.account && dice.permille(600) { open.find(|order| order.named) } else { None }
}

fn open_order<'a>(model: &'a Model, till: usize, dice: &mut Dice) -> Option<&'a KnownOrder> {
    let anybodys = dice.permille(200);
    let open: Vec<&KnownOrder> = model
        .orders
        .iter()
        .filter(|order| order.stage == Stage::Open && (anybodys || order.till == till))
        .collect();
    dice.pick(&open).copied()
}

/// Some of a sale.
fn some_goods(model: &Model, till: usize, dice: &mut Dice) -> Option<ReturnGoods> {
    let sale = some_sale(model, till, dice)?;
    let returned = sale.lines.iter().zip(1..).take(1 + usize::try_from(dice.below(2)).unwrap_or(0));
    let lines = returned.map(|((_, thousandths), number)| ReturnLine {
        line: LineNumber(number),
        quantity: Quantity::from_thousandths((*thousandths).min(1_000)),
    });
    let goods =
        ReturnedGoods::ByReceipt { original: TransactionId(sale.transaction), lines: lines.collect() };
    Some(ReturnGoods { reason: reason("broken"), receipt: ReceiptSource::Hub, goods, credit: None })
}

fn some_sale<'a>(model: &'a Model, till: usize, dice: &mut Dice) -> Option<&'a KnownSale> {
    let anybodys = dice.permille(300);
    let sales: Vec<&KnownSale> = model.sales.iter().filter(|sale| anybodys || sale.till == till).collect();
    dice.pick(&sales).copied()
}
