//! Every refusal is reached by something that a till or a console can ask for.

mod accounts;
mod days;
mod electronic;
mod island;
mod orders;
mod subjects;
mod value;

use std::collections::BTreeSet;

use holdfast_domain::cash::CashMovement;
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::command::{HubCommand, NumberChoice, Settlement, ShiftCount};
use holdfast_domain::decide::accept_offer;
use holdfast_domain::event::Parent;
use holdfast_domain::ids::{
    CommandId, CountId, EpochId, HubId, OrderId, ShiftId, StaffId, StoreId, TerminalId, TransactionId, Uuid,
};
use holdfast_domain::line::{DiscountInput, LINES_MAX, LineInput};
use holdfast_domain::money::{Currency, Money};
use holdfast_domain::order::{COUPONS_MAX, Channel, PlaceOrder, Terms};
use holdfast_domain::receipt::{ReceiptSource, TillNumber};
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::staff::{CashLimit, OwnRole, PinVerdict, Role, RoleNumber, StaffNumber};
use holdfast_domain::stock::CountScope;
use holdfast_domain::tender::{ChangeRule, Pieces, TenderInput};
use holdfast_domain::{Action, ERROR_CODES, Event, Origin, Outcome, Record, Refusal};

use crate::assortment::*;
use crate::count::{FINISH, found, only, reorder, start};
use crate::reservation::{at_the_counter, fetched_later};
use crate::shop::*;

type Case = (&'static str, fn() -> Result<(), Refusal>);

fn asked(shop: &mut Shop, action: Action) -> Result<(), Refusal> {
    let before = (shop.state.clone(), shop.log.len());
    let answer = shop.ask(TILL, action).map(drop);
    if answer.is_err() {
        assert_eq!((&shop.state, shop.log.len()), (&before.0, before.1), "a refusal changes nothing");
    }
    answer
}

fn fresh(action: Action) -> Result<(), Refusal> {
    asked(&mut Shop::open(), action)
}

fn basket(lines: &[holdfast_domain::line::LineInput]) -> Result<(), Refusal> {
    as_manager(|_| place(OrderId(Uuid::from_u128(5)), Channel::Counter, lines))
}

fn as_manager(action: impl FnOnce(&mut Shop) -> Action) -> Result<(), Refusal> {
    let mut shop = Shop::open();
    shop.sign_on(TILL, MANAGER);
    let action = action(&mut shop);
    asked(&mut shop, action)
}

fn widely(lines: &[LineInput], terms: Terms) -> Result<(), Refusal> {
    try_terms(&mut wide_shop(), lines, terms).map(drop)
}

fn unknown_order() -> OrderId {
    OrderId(Uuid::from_u128(404))
}

fn unknown_sale() -> TransactionId {
    TransactionId(CommandId(Uuid::from_u128(404)))
}

fn open_shift(shift: ShiftId, day: BusinessDay) -> Action {
    Action::OpenShift { shift, float: eur("100"), day, mode: Mode::Live }
}

fn numbered_alone(number: u32) -> Result<(), Refusal> {
    let mut shop = Shop::open();
    let first = shop.place(&[line(1, "TEA", "1")]);
    shop.ask(TILL, pay_alone(first, 5)).expect("a first sale alone");
    let second = shop.place(&[line(1, "TEA", "1")]);
    asked(&mut shop, pay_alone(second, number))
}

fn sold_tea(then: impl FnOnce(&mut Shop, TransactionId) -> Action) -> Result<(), Refusal> {
    let mut shop = Shop::open();
    shop.sign_on(TILL, MANAGER);
    let sale = shop.sell(&[line(1, "TEA", "2"), line(2, "BREAD", "1").voided()]);
    let action = then(&mut shop, sale);
    asked(&mut shop, action)
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

const CASES: &[Case] = &[
    ("HF-CMD-101", || asked(&mut Shop::closed(), Action::SignOff)),
    ("HF-CMD-102", || fresh(Action::SignOn { number: StaffNumber(CASHIER), verdict: PinVerdict::Wrong })),
    ("HF-CMD-102", || fresh(Action::SignOn { number: StaffNumber(404), verdict: PinVerdict::Correct })),
    ("HF-CMD-103", || fresh(Action::SignOn { number: StaffNumber(CASHIER), verdict: PinVerdict::LockedOut })),
    ("HF-CMD-104", || fresh(adjust("TEA", "1"))),
    ("HF-CMD-104", || fresh(without_receipt(&[line(1, "TEA", "1")]))),
    ("HF-CMD-104", || {
        let mut shop = Shop::open();
        let sale = shop.sell(&[line(1, "TEA", "1")]);
        asked(&mut shop, Action::PostVoid { original: sale, reason: reason("no") })
    }),
    ("HF-CMD-104", || {
        let mut shop = Shop::closed();
        shop.sign_on(TILL, CASHIER);
        asked(&mut shop, open_shift(ShiftId(Uuid::from_u128(6)), BusinessDay::On(date("2026-11-19"))))
    }),
    ("HF-CMD-110", || {
        let mut shop = Shop::closed();
        shop.sign_on(TILL, CASHIER);
        asked(&mut shop, place(unknown_order(), Channel::Counter, &[line(1, "TEA", "1")]))
    }),
    ("HF-CMD-111", || fresh(open_shift(ShiftId(Uuid::from_u128(6)), BusinessDay::Today))),
    ("HF-CMD-112", || {
        fresh(Action::CloseShift {
            shift: ShiftId(Uuid::from_u128(6)),
            declared: eur("1"),
            count: ShiftCount::default(),
        })
    }),
    ("HF-CMD-113", || {
        let mut shop = Shop::open();
        let shift = shop.state.tills[&TILL].shift.expect("open");
        shop.close_shift(TILL, "100").expect("closed");
        asked(&mut shop, open_shift(shift, BusinessDay::Today))
    }),
    ("HF-CMD-113", || {
        let mut shop = Shop::open();
        shop.sign_on(OTHER_TILL, CASHIER);
        let shift = shop.state.tills[&TILL].shift.expect("open");
        shop.ask(OTHER_TILL, open_shift(shift, BusinessDay::Today)).map(drop)
    }),
    ("HF-CMD-114", || {
        let mut shop = Shop::closed();
        shop.sign_on(TILL, MANAGER);
        asked(&mut shop, open_shift(ShiftId(Uuid::from_u128(6)), BusinessDay::On(date("2026-11-21"))))
    }),
    ("HF-CMD-120", || basket(&[])),
    ("HF-CMD-120", || basket(&[line(1, "TEA", "1").voided()])),
    ("HF-CMD-120", || fresh(Action::AbandonBasket { lines: vec![], reason: reason("left") })),
    ("HF-CMD-120", || sold_tea(|_, sale| by_receipt(sale, &[]))),
    ("HF-CMD-120", || as_manager(|_| adjust("REPAIR", "1"))),
    ("HF-CMD-120", || as_manager(|_| adjust("TEA", "0"))),
    ("HF-CMD-121", || {
        let lines: Vec<_> = (0..=u16::try_from(LINES_MAX).unwrap()).map(|n| line(n, "TEA", "1")).collect();
        basket(&lines)
    }),
    ("HF-CMD-121", || {
        as_manager(|_| match adjust("TEA", "1") {
            Action::AdjustStock { changes, reason } => {
                Action::AdjustStock { changes: vec![changes[0].clone(); LINES_MAX + 1], reason }
            }
            other => other,
        })
    }),
    ("HF-CMD-122", || basket(&[line(1, "TEA", "1"), line(1, "BREAD", "1")])),
    ("HF-CMD-122", || sold_tea(|_, sale| by_receipt(sale, &[(1, "1"), (1, "1")]))),
    ("HF-CMD-123", || basket(&[line(1, "MOON", "1")])),
    ("HF-CMD-123", || {
        let barcode = holdfast_domain::bounded::Barcode::new("0000").expect("a barcode");
        basket(&[holdfast_domain::line::LineInput { item: ItemRef::Barcode(barcode), ..line(1, "TEA", "1") }])
    }),
    ("HF-CMD-123", || as_manager(|_| adjust("MOON", "1"))),
    ("HF-CMD-124", || basket(&[line(1, "TEA", "0")])),
    ("HF-CMD-124", || basket(&[line(1, "TEA", "-1")])),
    ("HF-CMD-124", || sold_tea(|_, sale| by_receipt(sale, &[(1, "0")]))),
    ("HF-CMD-125", || basket(&[line(1, "TEA", "0.5")])),
    ("HF-CMD-125", || sold_tea(|_, sale| by_receipt(sale, &[(1, "0.5")]))),
    ("HF-CMD-125", || as_manager(|_| adjust("TEA", "0.5"))),
    ("HF-CMD-126", || basket(&[line(1, "GHOST", "1")])),
    ("HF-CMD-127", || basket(&[line(1, "TEA", "1").off("4.00")])),
    ("HF-CMD-127", || basket(&[line(1, "TEA", "1").percent_off("101")])),
    ("HF-CMD-128", || basket(&[line(1, "TEA", "100000000").at("1000000000")])),
    // Given away, and still more than a line can hold.
    ("HF-CMD-128", || basket(&[line(1, "TEA", "100000000").at("1000000000").percent_off("100")])),
    ("HF-CMD-128", || {
        let lines: Vec<_> = (1..=2).map(|n| line(n, "TEA", "6000").at("1000000000")).collect();
        basket(&lines)
    }),
    ("HF-CMD-128", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "TEA", "1")]);
        asked(&mut shop, pay(order, &["9999999999999", "9999999999999"], Settlement::Full))
    }),
    ("HF-CMD-129", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "TEA", "1")]);
        let tenders = vec![TenderInput::cash(usd(399))];
        let (settlement, receipt) = (Settlement::Full, ReceiptSource::Hub);
        asked(&mut shop, Action::Pay { order, tenders, tips: Vec::new(), settlement, receipt })
    }),
    ("HF-CMD-129", || {
        let mut input = line(1, "TEA", "1");
        input.discount =
            holdfast_domain::line::DiscountInput::Amount { amount: usd(1), reason: reason("coupon") };
        basket(&[input])
    }),
    ("HF-CMD-130", || {
        let mut shop = Shop::closed();
        shop.sign_on(TILL, CASHIER);
        let shift = ShiftId(Uuid::from_u128(6));
        let (day, mode) = (BusinessDay::Today, Mode::Live);
        asked(&mut shop, Action::OpenShift { shift, float: eur("-1"), day, mode })
    }),
    ("HF-CMD-130", || basket(&[line(1, "TEA", "1").off("-0.01")])),
    ("HF-CMD-131", || {
        fresh(Action::PlaceOrder(PlaceOrder {
            expected_total: Some(eur("3.98")),
            ..PlaceOrder::of(unknown_order(), Channel::Counter, vec![line(1, "TEA", "1")])
        }))
    }),
    ("HF-CMD-132", || basket(&[line(1, "WATCH", "1")])),
    ("HF-CMD-132", || fresh(place(unknown_order(), Channel::NotInHand, &[line(1, "TEA", "1")]))),
    ("HF-CMD-140", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "TEA", "1")]);
        asked(&mut shop, place(order, Channel::Counter, &[line(1, "TEA", "1")]))
    }),
    ("HF-CMD-141", || fresh(pay(unknown_order(), &["1"], Settlement::Full))),
    ("HF-CMD-141", || fresh(Action::CancelOrder { order: unknown_order(), reason: reason("no") })),
    ("HF-CMD-141", || fresh(Action::FulfilOrder { order: unknown_order() })),
    ("HF-CMD-142", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "TEA", "1")]);
        asked(&mut shop, Action::FulfilOrder { order })
    }),
    ("HF-CMD-143", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "TEA", "1")]);
        shop.deposit(order, "1").expect("a deposit");
        asked(&mut shop, Action::CancelOrder { order, reason: reason("no") })
    }),
    ("HF-CMD-144", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "TEA", "1")]);
        shop.close_shift(TILL, "100").expect("closed");
        shop.open_shift(TILL, Mode::Training);
        for action in [Action::CancelOrder { order, reason: reason("no") }, Action::FulfilOrder { order }] {
            assert!(asked(&mut shop, action).is_err());
        }
        asked(&mut shop, pay(order, &["10"], Settlement::Full))
    }),
    ("HF-CMD-144", || {
        let mut shop = Shop::open();
        let sale = shop.sell(&[line(1, "TEA", "1")]);
        shop.close_shift(TILL, "103.99").expect("closed");
        shop.open_shift(TILL, Mode::Training);
        asked(&mut shop, by_receipt(sale, &[(1, "1")]))
    }),
    ("HF-CMD-145", || {
        let mut shop = Shop::closed();
        shop.sign_on(TILL, MANAGER);
        shop.open_shift(TILL, Mode::Training);
        asked(&mut shop, adjust("TEA", "1"))
    }),
    ("HF-CMD-150", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "TEA", "1")]);
        asked(&mut shop, pay(order, &["3.00", "0.98"], Settlement::Full))
    }),
    ("HF-CMD-151", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "TEA", "1")]);
        asked(&mut shop, pay(order, &["5", "0"], Settlement::Full))
    }),
    ("HF-CMD-151", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "TEA", "1")]);
        asked(&mut shop, pay(order, &[], Settlement::Deposit))
    }),
    ("HF-CMD-152", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "TEA", "1")]);
        asked(&mut shop, pay(order, &["3.99"], Settlement::Deposit))
    }),
    ("HF-CMD-160", || fresh(by_receipt(unknown_sale(), &[(1, "1")]))),
    ("HF-CMD-160", || as_manager(|_| Action::PostVoid { original: unknown_sale(), reason: reason("no") })),
    ("HF-CMD-161", || {
        sold_tea(|shop, sale| {
            shop.post_void(sale).expect("voided");
            by_receipt(sale, &[(1, "1")])
        })
    }),
    ("HF-CMD-161", || {
        sold_tea(|shop, sale| {
            shop.post_void(sale).expect("voided");
            Action::PostVoid { original: sale, reason: reason("again") }
        })
    }),
    ("HF-CMD-162", || {
        sold_tea(|shop, sale| {
            shop.bring_back(sale, &[(1, "1")]).expect("returned");
            Action::PostVoid { original: sale, reason: reason("the rest") }
        })
    }),
    ("HF-CMD-163", || {
        sold_tea(|shop, sale| {
            shop.close_shift(TILL, "107.98").expect("closed");
            shop.open_shift(TILL, Mode::Live);
            Action::PostVoid { original: sale, reason: reason("late") }
        })
    }),
    ("HF-CMD-164", || sold_tea(|_, sale| by_receipt(sale, &[(7, "1")]))),
    ("HF-CMD-164", || sold_tea(|_, sale| by_receipt(sale, &[(2, "1")]))),
    ("HF-CMD-165", || {
        sold_tea(|shop, sale| {
            shop.bring_back(sale, &[(1, "1")]).expect("returned");
            by_receipt(sale, &[(1, "2")])
        })
    }),
    ("HF-CMD-166", || as_manager(|_| without_receipt(&[line(1, "BOOK", "11")]))),
    ("HF-CMD-166", || {
        sold_tea(|shop, sale| {
            shop.ask(TILL, without_receipt(&[line(1, "BOOK", "10"), line(2, "SWEET", "1")])).expect("enough");
            Action::PostVoid { original: sale, reason: reason("no") }
        })
    }),
    ("HF-CMD-166", || fresh(move_cash(CashMovement::Drop, "100.01"))),
    ("HF-CMD-166", || as_manager(|_| move_cash(CashMovement::PaidOut, "101"))),
    ("HF-CMD-167", || fresh(move_cash(CashMovement::Loan, "0"))),
    ("HF-CMD-104", || fresh(move_cash(CashMovement::PaidIn, "1"))),
    ("HF-CMD-104", || fresh(move_cash(CashMovement::PaidOut, "1"))),
    ("HF-CMD-110", || {
        let mut shop = Shop::closed();
        shop.sign_on(TILL, CASHIER);
        asked(&mut shop, Action::OpenDrawer { reason: reason("change") })
    }),
    ("HF-CMD-130", || fresh(move_cash(CashMovement::Loan, "-1"))),
    ("HF-CMD-170", || numbered_alone(5)),
    ("HF-CMD-171", || numbered_alone(1_006)),
    ("HF-CMD-180", || {
        let mut shop = Shop::open();
        shop.ask(TerminalId(Uuid::from_u128(404)), Action::SignOff).map(drop)
    }),
    ("HF-CMD-180", || {
        let mut shop = Shop::open();
        shop.hub(HubCommand::RevokeTerminal { terminal: TILL }).expect("known");
        asked(&mut shop, Action::SignOff)
    }),
    ("HF-CMD-180", || {
        let terminal = TerminalId(Uuid::from_u128(404));
        Shop::open().hub(HubCommand::RevokeTerminal { terminal }).map(drop)
    }),
    ("HF-CMD-181", || {
        let mut shop = Shop::bare();
        shop.hub(enrol(TILL, NumberChoice::Next)).expect("a first till");
        asked(&mut shop, Action::SignOff)
    }),
    ("HF-CMD-182", || {
        let staff = StaffId(Uuid::from_u128(404));
        let command = HubCommand::RegisterStaff { staff, number: StaffNumber(CASHIER), role: Role::Cashier };
        Shop::open().hub(command).map(drop)
    }),
    ("HF-CMD-183", || keep_number(2)),
    ("HF-CMD-183", || keep_number(0)),
    ("HF-CMD-183", || keep_number(10_000)),
    ("HF-CMD-184", || {
        let mut shop = Shop::open();
        let last = enrol(TerminalId(Uuid::from_u128(404)), NumberChoice::Keep(TillNumber(9_999)));
        shop.hub(last).expect("free");
        shop.hub(enrol(TerminalId(Uuid::from_u128(405)), NumberChoice::Next)).map(drop)
    }),
    ("HF-CMD-185", || {
        let mut earlier = Shop::open();
        let order = earlier.place(&[line(1, "TEA", "1")]);
        let paid = earlier.pay(order, &["5"]).expect("paid");
        let record = Record {
            recorded_at: holdfast_domain::calendar::Timestamp(0),
            origin: Origin::Till {
                terminal: TILL,
                command: CommandId(Uuid::from_u128(1)),
                fingerprint: [0; 32],
            },
            outcome: Outcome::Accepted { events: paid.events },
        };
        accept_offer(&Shop::open().state, TILL, &record, EpochId(Uuid::from_u128(1)), 9).map(drop)
    }),
    ("HF-CMD-186", || {
        let (epoch, hub) = (EpochId(Uuid::from_u128(3)), HubId(Uuid::from_u128(2)));
        let store = StoreId(Uuid::from_u128(404));
        let parent = Some(Parent { epoch: EpochId(Uuid::from_u128(1)), seq: 9, hash: [0; 32] });
        let command = HubCommand::OpenEpoch { epoch, hub, hub_key: [0; 32], store, parent };
        Shop::open().hub(command).map(drop)
    }),
    ("HF-CMD-186", || {
        let mut other = profile();
        other.store = StoreId(Uuid::from_u128(404));
        Shop::open().hub(HubCommand::ConfigureStore { profile: Box::new(other) }).map(drop)
    }),
    ("HF-CMD-187", || {
        let mut other = profile();
        other.currency = Currency::USD;
        Shop::open().hub(HubCommand::ConfigureStore { profile: Box::new(other) }).map(drop)
    }),
    ("HF-CMD-220", || paid_with(&["shells 3.99"])),
    ("HF-CMD-220", || Shop::open().count_shift("100", &["shells 1"]).map(drop)),
    ("HF-CMD-221", || paid_with(&["card 3.99"])),
    ("HF-CMD-222", || paid_with(&["card 3.99 4111 1111 1111 1111"])),
    ("HF-CMD-223", || paid_with(&["card 4.00 auth 1"])),
    ("HF-CMD-223", || paid_with(&["voucher 10", "cash 1"])),
    ("HF-CMD-224", || {
        let mut shop = Shop::open();
        shop.hub(tender_list(|types| types[1].change = ChangeRule::UpTo { max: eur("1") })).expect("a list");
        let order = shop.place(&[line(1, "TEA", "1")]);
        // However often the card is read, a euro is the limit.
        shop.pay_with(order, &["card 3.50 auth 1", "card 1.50 auth 2"]).map(drop)
    }),
    ("HF-CMD-225", || {
        let mut shop = Shop::open();
        shop.hub(tender_list(|types| types[1].allowed_offline = false)).expect("a list");
        let order = shop.place(&[line(1, "TEA", "1")]);
        let (tenders, receipt) = (vec![tender("card 3.99 auth 1")], ReceiptSource::Island { number: 1 });
        asked(
            &mut shop,
            Action::Pay { order, tenders, tips: Vec::new(), settlement: Settlement::Full, receipt },
        )
    }),
    ("HF-CMD-226", || Shop::open().hub(tender_list(Vec::clear)).map(drop)),
    ("HF-CMD-181", || Shop::bare().hub(tender_list(|_| {})).map(drop)),
    ("HF-CMD-227", || counted(vec![Pieces { face: eur("20"), count: 4 }])),
    ("HF-CMD-129", || counted(vec![Pieces { face: usd(2_000), count: 5 }])),
    ("HF-CMD-128", || counted(vec![Pieces { face: eur("9999999999999"), count: u32::MAX }])),
    ("HF-CMD-231", || counted(vec![Pieces { face: eur("1"), count: 1 }; 100])),
    ("HF-CMD-231", || paid_with(&["cash 1"; 33])),
    ("HF-CMD-228", || {
        let mut shop = Shop::open();
        shop.sell_for(&[line(1, "TEA", "1")], &["voucher 3.99"]);
        shop.close_shift(TILL, "100").map(drop)
    }),
    ("HF-CMD-229", || Shop::open().count_shift("100", &["voucher 1", "voucher 1"]).map(drop)),
    ("HF-CMD-229", || Shop::open().count_shift("100", &["cash 100"]).map(drop)),
    ("HF-CMD-230", || {
        let mut shop = Shop::open();
        shop.sign_on(TILL, MANAGER);
        let sale = shop.sell_for(&[line(1, "BOOK", "3")], &["voucher 30"]);
        shop.bring_back(sale, &[(1, "3")]).map(drop)
    }),
    ("HF-CMD-104", || {
        let mut shop = Shop::open();
        let sale = shop.sell_for(&[line(1, "TEA", "1")], &["voucher 3.99"]);
        shop.bring_back(sale, &[(1, "1")]).map(drop)
    }),
    // A cashier, nobody that is known, and a till with nobody at it.
    ("HF-CMD-104", || {
        let mut shop = Shop::open();
        shop.register(customer(1)).expect("a new id");
        shop.erase(customer(1), 404).expect_err("nobody");
        shop.erase(customer(1), CASHIER).map(drop)
    }),
    ("HF-CMD-101", || Shop::closed().register(customer(1)).map(drop)),
    ("HF-CMD-104", || fresh(place(unknown_order(), Channel::Counter, &[line(1, "TEA", "1").at("3.00")]))),
    // Somebody who may not either approves it.
    ("HF-CMD-104", || {
        let mut shop = Shop::open();
        shop.hub(register(101, Role::Cashier)).expect("a free number");
        approved(&mut shop, 101, PinVerdict::Correct)
    }),
    ("HF-CMD-240", || Shop::open().hub(register(102, Role::Own(RoleNumber(1)))).map(drop)),
    ("HF-CMD-241", || {
        fresh(place(unknown_order(), Channel::Counter, &[line(1, "TEA", "1").percent_off("15.1")]))
    }),
    ("HF-CMD-241", || fresh(place(unknown_order(), Channel::Counter, &[line(1, "TEA", "1").off("0.60")]))),
    ("HF-CMD-242", || {
        let mut shop = Shop::open();
        shop.define(frugal()).expect("a free number");
        shop.hub(register(CASHIER, Role::Own(RoleNumber(1)))).expect("another role");
        let lines = [line(1, "BOOK", "1").percent_off("20"), line(2, "BOOK", "1").percent_off("20")];
        asked(&mut shop, place(unknown_order(), Channel::Counter, &lines))
    }),
    ("HF-CMD-243", || {
        let mut shop = Shop::open();
        let sale = shop.sell(&[line(1, "BOOK", "51")]);
        asked(&mut shop, by_receipt(sale, &[(1, "51")]))
    }),
    ("HF-CMD-244", || Shop::open().hub(register(MANAGER, Role::Cashier)).map(drop)),
    ("HF-CMD-244", || {
        let mut shop = Shop::open();
        shop.define(OwnRole { authority: everything(), ..frugal() }).expect("a free number");
        shop.hub(register(MANAGER, Role::Own(RoleNumber(1)))).expect("it may change staff too");
        shop.define(frugal()).map(drop)
    }),
    ("HF-CMD-245", || {
        let mut shop = Shop::open();
        for number in 1..=33 {
            shop.define(OwnRole { number: RoleNumber(number), ..frugal() })?;
        }
        Ok(())
    }),
    ("HF-CMD-129", || {
        let mut role = frugal();
        role.authority.limits.cash_refund = CashLimit::UpTo(usd(1));
        Shop::open().define(role).map(drop)
    }),
    ("HF-CMD-130", || {
        let mut role = frugal();
        role.authority.limits.cash_refund = CashLimit::UpTo(eur("-1"));
        Shop::open().define(role).map(drop)
    }),
    ("HF-CMD-246", || approved(&mut Shop::open(), MANAGER, PinVerdict::Wrong)),
    ("HF-CMD-246", || approved(&mut Shop::open(), 404, PinVerdict::Correct)),
    ("HF-CMD-247", || approved(&mut Shop::open(), MANAGER, PinVerdict::LockedOut)),
    ("HF-CMD-248", || approved(&mut Shop::open(), MANAGER, PinVerdict::NotGiven)),
    ("HF-CMD-249", || approved(&mut Shop::open(), CASHIER, PinVerdict::Correct)),
    ("HF-CMD-250", || {
        let mut shop = Shop::open();
        shop.ask(TILL, Action::LockTill).expect("somebody is signed on");
        asked(&mut shop, place(unknown_order(), Channel::Counter, &[line(1, "TEA", "1")]))
    }),
    ("HF-CMD-101", || asked(&mut Shop::closed(), Action::LockTill)),
    ("HF-CMD-251", || as_counter(CountScope::Full, |_| start(only(&["TEA"])))),
    ("HF-CMD-252", || as_manager(|_| found("TEA", "1"))),
    ("HF-CMD-252", || as_manager(|_| FINISH)),
    ("HF-CMD-252", || as_manager(|_| Action::CancelCount { count: no_count(), reason: reason("none") })),
    ("HF-CMD-253", || as_counter(only(&["TEA"]), |_| found("BREAD", "1"))),
    ("HF-CMD-253", || as_counter(CountScope::Full, |_| found("REPAIR", "1"))),
    ("HF-CMD-253", || as_manager(|_| start(only(&["REPAIR"])))),
    ("HF-CMD-254", || as_counter(CountScope::Full, |_| found("TEA", "-1"))),
    ("HF-CMD-254", || as_manager(|_| reorder("TEA", "-1"))),
    ("HF-CMD-255", || {
        as_counter(CountScope::Full, |shop| {
            let counted = holdfast_domain::stock::Counted { found: qty("1"), book: qty("1") };
            let counted = (0..4_000).map(|n| (sku(&format!("N{n}")), counted));
            shop.state.counted = counted.collect();
            found("TEA", "1")
        })
    }),
    ("HF-CMD-256", || fresh(at_the_counter())),
    ("HF-CMD-257", || {
        let mut shop = Shop::open();
        shop.receive("TEA", "1");
        let past = holdfast_domain::calendar::Timestamp(1_700_000_000_000);
        asked(&mut shop, fetched_later(unknown_order(), past, "TEA", "1"))
    }),
    ("HF-CMD-120", || as_manager(|_| start(only(&[])))),
    ("HF-CMD-120", || as_manager(|_| reorder("REPAIR", "1"))),
    ("HF-CMD-123", || as_manager(|_| start(only(&["MOON"])))),
    ("HF-CMD-123", || as_manager(|_| reorder("MOON", "1"))),
    ("HF-CMD-125", || as_counter(CountScope::Full, |_| found("TEA", "0.5"))),
    ("HF-CMD-104", || fresh(start(CountScope::Full))),
    ("HF-CMD-104", || fresh(reorder("TEA", "1"))),
    ("HF-CMD-145", || in_training(start(CountScope::Full))),
    ("HF-CMD-145", || in_training(reorder("TEA", "1"))),
    ("HF-CMD-260", || {
        let discount = DiscountInput::Amount { amount: eur("4"), reason: reason("regular") };
        widely(&[line(1, "TEA", "1")], Terms { discount, ..Terms::default() })
    }),
    ("HF-CMD-261", || widely(&[line(1, "CARD", "1")], Terms::default())),
    ("HF-CMD-262", || widely(&[open_priced(line(1, "TEA", "1"), "1")], Terms::default())),
    ("HF-CMD-263", || widely(&[of_item(line(1, "CHEESE", "2"), label("211234500385"))], Terms::default())),
    ("HF-CMD-264", || widely(&[line(1, "TEA", "1")], with_coupons(&["NEVER"]))),
    ("HF-CMD-265", || {
        let mut shop = wide_shop();
        let books = [line(1, "BOOK", "3")];
        try_terms(&mut shop, &books, with_coupons(&["once"])).expect("the first use");
        try_terms(&mut shop, &books, with_coupons(&["once"])).map(drop)
    }),
    ("HF-CMD-266", || widely(&[line(1, "TEA", "1")], with_coupons(&["many"; COUPONS_MAX + 1]))),
    ("HF-CMD-267", || widely(&[line(1, "TEA", "1")], tagged("eat-in"))),
];

fn no_count() -> CountId {
    CountId(Uuid::from_u128(404))
}

/// As the manager, while a count is under way.
fn as_counter(scope: CountScope, action: impl FnOnce(&mut Shop) -> Action) -> Result<(), Refusal> {
    as_manager(|shop| {
        shop.ask(TILL, start(scope)).expect("no count is under way");
        action(shop)
    })
}

fn in_training(action: Action) -> Result<(), Refusal> {
    let mut shop = Shop::open();
    shop.close_shift(TILL, "100").expect("closed");
    shop.open_shift(TILL, Mode::Training);
    shop.sign_on(TILL, MANAGER);
    asked(&mut shop, action)
}

/// The cashier asks for a delivery, which they may not, with a second person's word.
fn approved(shop: &mut Shop, number: u32, verdict: PinVerdict) -> Result<(), Refusal> {
    shop.ask_approved(TILL, adjust("TEA", "1"), number, verdict).map(drop)
}

/// Pays a tea of 3.99 at a till that has the default list.
fn paid_with(given: &[&str]) -> Result<(), Refusal> {
    let mut shop = Shop::open();
    let order = shop.place(&[line(1, "TEA", "1")]);
    shop.pay_with(order, given).map(drop)
}

fn counted(pieces: Vec<Pieces>) -> Result<(), Refusal> {
    let mut shop = Shop::open();
    let shift = shop.state.shift_of(TILL).expect("open").id;
    let count = ShiftCount { pieces, tenders: Vec::new() };
    asked(&mut shop, Action::CloseShift { shift, declared: eur("100"), count })
}

fn keep_number(number: u16) -> Result<(), Refusal> {
    let choice = NumberChoice::Keep(TillNumber(number));
    Shop::open().hub(enrol(TerminalId(Uuid::from_u128(404)), choice)).map(drop)
}

fn all_cases() -> impl Iterator<Item = &'static Case> {
    let parts = [
        CASES,
        accounts::CASES,
        orders::CASES,
        days::CASES,
        electronic::CASES,
        island::CASES,
        subjects::CASES,
        value::CASES,
    ];
    parts.into_iter().flatten()
}

#[test]
fn every_refusal_is_reached_and_says_what_it_is() {
    for (index, (code, ask)) in all_cases().enumerate() {
        let refusal = ask().expect_err(&format!("case {index} for {code} was not refused"));
        assert_eq!(refusal.code(), *code, "case {index}: {refusal}");
        assert_eq!(refusal.note().code, *code);
        let text = refusal.note().text;
        assert!(text.len() > 20, "{code}: {text}");
        for rust in ["LineNumber(", "Some(", "PostVoid", "Fulfilled", "DatedShift"] {
            assert!(!text.contains(rust), "{code} shows the code's own words: {text}");
        }
    }
    let reached: BTreeSet<&str> = all_cases().map(|(code, _)| *code).collect();
    let listed: BTreeSet<&str> = ERROR_CODES.iter().map(|(code, _)| *code).collect();
    assert_eq!(reached, listed);
    assert_eq!(listed.len(), ERROR_CODES.len(), "a code is listed twice");
}

#[test]
fn a_currency_can_be_corrected_until_the_store_has_traded() {
    let mut shop = Shop::closed();
    let mut corrected = profile();
    corrected.currency = Currency::USD;
    let events =
        shop.hub(HubCommand::ConfigureStore { profile: Box::new(corrected) }).expect("nothing was sold");
    assert!(matches!(events[..], [Event::StoreConfigured { .. }]));
}

#[test]
fn a_total_that_is_the_shown_one_is_placed() {
    let placed = fresh(Action::PlaceOrder(PlaceOrder {
        expected_total: Some(eur("3.99")),
        ..PlaceOrder::of(unknown_order(), Channel::Counter, vec![line(1, "TEA", "1")])
    }));
    assert_eq!(placed, Ok(()));
}
