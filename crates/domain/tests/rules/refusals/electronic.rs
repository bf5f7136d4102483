//! What is refused about card terminals and wallets.

use holdfast_domain::attempt::TenderVerdict;
use holdfast_domain::bounded::PoiMark;
use holdfast_domain::ids::{AttemptId, ReconciliationId};
use holdfast_domain::reconciliation::{DeviceCount, LostDay};

use super::value::without_shift;
use super::*;
use crate::electronic::{devices, shop, sold_by_card, start, start_refund, start_with};
use crate::exposure::{limited, limits};
use crate::settlement::{cause, reconcile};

fn nobodys() -> AttemptId {
    AttemptId(CommandId(Uuid::from_u128(404)))
}

fn at_a_book(action: impl FnOnce(OrderId) -> Action) -> Result<(), Refusal> {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    asked(&mut shop, action(order))
}

/// While the terminal is at ten for a book.
fn under_way(action: impl FnOnce(OrderId, AttemptId) -> Action) -> Result<(), Refusal> {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    asked(&mut shop, action(order, attempt))
}

fn charged(action: impl FnOnce(OrderId, AttemptId) -> Action) -> Result<(), Refusal> {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.charge(order, "10");
    asked(&mut shop, action(order, attempt))
}

fn sold(action: impl FnOnce(TransactionId, AttemptId) -> Action) -> Result<(), Refusal> {
    let mut shop = shop();
    let (sale, attempt) = sold_by_card(&mut shop);
    asked(&mut shop, action(sale, attempt))
}

pub(super) const CASES: &[Case] = &[
    ("HF-CMD-110", || without_shift(start(unknown_order(), "10"))),
    ("HF-CMD-130", || at_a_book(|order| start(order, "-1"))),
    ("HF-CMD-151", || at_a_book(|order| start(order, "0"))),
    ("HF-CMD-141", || at_a_book(|_| start(unknown_order(), "10"))),
    ("HF-CMD-142", || {
        let mut shop = shop();
        let order = shop.place(&[line(1, "BOOK", "1")]);
        shop.pay(order, &["10"]).expect("paid");
        asked(&mut shop, start(order, "10"))
    }),
    ("HF-CMD-220", || at_a_book(|order| start_with(order, "cheque", "10", None))),
    ("HF-CMD-290", || at_a_book(|order| start_with(order, "card", "10", None))),
    ("HF-CMD-291", || at_a_book(|order| pay_with(order, &["terminal 10"], Settlement::Full))),
    ("HF-CMD-292", || at_a_book(|order| start_with(order, "terminal", "10", Some("lane-9")))),
    ("HF-CMD-292", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "BOOK", "1")]);
        asked(&mut shop, start(order, "10"))
    }),
    ("HF-CMD-293", || {
        let mut shop = shop();
        let order = shop.place(&[line(1, "BOOK", "1")]);
        shop.begin(start(order, "10"));
        let other = shop.place(&[line(1, "BOOK", "1")]);
        asked(&mut shop, start(other, "10"))
    }),
    ("HF-CMD-294", || at_a_book(|order| start(order, "10.01"))),
    ("HF-CMD-294", || sold(|sale, attempt| start_refund(sale, attempt, "10.01"))),
    ("HF-CMD-295", || under_way(|order, _| pay(order, &["10"], Settlement::Full))),
    ("HF-CMD-296", || charged(|order, _| Action::CancelOrder { order, reason: reason("no") })),
    ("HF-CMD-297", || at_a_book(|_| Action::AbortTender { attempt: nobodys() })),
    ("HF-CMD-297", || sold(|sale, _| start_refund(sale, nobodys(), "1"))),
    ("HF-CMD-297", || {
        let mark = PoiMark::new("1").expect("a mark");
        shop().hub(HubCommand::SendTender { attempt: nobodys(), mark }).map(drop)
    }),
    ("HF-CMD-298", || charged(|_, attempt| Action::AbortTender { attempt })),
    ("HF-CMD-298", || under_way(|_, attempt| Action::GiveBackTender { attempt, reason: reason("no") })),
    ("HF-CMD-298", || {
        let mut shop = shop();
        let order = shop.place(&[line(1, "BOOK", "1")]);
        let attempt = shop.charge(order, "10");
        shop.resolve(attempt, TenderVerdict::NotCharged).map(drop)
    }),
    ("HF-CMD-299", || sold(|sale, _| by_receipt(sale, &[(1, "1")]))),
    ("HF-CMD-300", || {
        let mut shop = shop();
        let (sale, attempt) = sold_by_card(&mut shop);
        let HubCommand::ConfigureDevices { devices: mut list } = devices() else { panic!("a list") };
        for device in &mut list {
            device.refunds = holdfast_domain::attempt::RefundMeans::None;
        }
        shop.hub(HubCommand::ConfigureDevices { devices: list }).expect("a list");
        asked(&mut shop, start_refund(sale, attempt, "5"))
    }),
    ("HF-CMD-301", || {
        let mut shop = shop();
        shop.sign_on(TILL, MANAGER);
        let order = shop.place(&[line(1, "BOOK", "1")]);
        let attempt = shop.begin(start(order, "10"));
        let verdict = TenderVerdict::Charged;
        asked(&mut shop, Action::ResolveTender { attempt, verdict, reason: reason("the slip") })
    }),
    ("HF-CMD-302", || {
        let HubCommand::ConfigureDevices { devices: mut list } = devices() else { panic!("a list") };
        list.extend(list.clone());
        Shop::open().hub(HubCommand::ConfigureDevices { devices: list }).map(drop)
    }),
    ("HF-CMD-217", || {
        let mut shop = limited();
        shop.offline("lane-1", "1");
        shop.asked("lane-1", "41")
    }),
    ("HF-CMD-218", || {
        let mut shop = limited();
        shop.offline("lane-1", "30");
        shop.asked("lane-1", "31")
    }),
    ("HF-CMD-219", || {
        let mut shop = limited();
        (0..3).for_each(|_| drop(shop.offline("lane-1", "1")));
        shop.asked("lane-1", "1")
    }),
    ("HF-CMD-232", || Shop::open().hub(limits("1", 501, "1")).map(drop)),
    ("HF-CMD-233", || {
        let mut shop = shop();
        shop.lose_sight_of("lane-1");
        shop.asked("lane-1", "1")
    }),
    ("HF-CMD-104", || asked(&mut shop(), reconcile("lane-1", None))),
    ("HF-CMD-145", || {
        let mut shop = shop();
        shop.close_shift(TILL, "100").expect("closed");
        shop.open_shift(TILL, Mode::Training);
        asked(&mut shop, reconcile("lane-1", None))
    }),
    ("HF-CMD-293", || {
        let mut shop = managed();
        let order = shop.place(&[line(1, "BOOK", "1")]);
        shop.begin(start(order, "10"));
        asked(&mut shop, reconcile("lane-1", None))
    }),
    ("HF-CMD-303", || asked(&mut managed(), reconcile("lane-9", None))),
    ("HF-CMD-304", || {
        let mut shop = managed();
        shop.ask_day("lane-1", None).expect("nothing is under way");
        let order = shop.place(&[line(1, "BOOK", "1")]);
        asked(&mut shop, start(order, "10"))
    }),
    ("HF-CMD-305", || {
        let mut shop = managed();
        let id = shop.ask_day("lane-1", None).expect("nothing is under way");
        shop.end_day(id, DeviceCount::Unknown { cause: cause() });
        asked(&mut shop, reconcile("lane-1", None))
    }),
    ("HF-CMD-306", || asked(&mut managed(), reconcile("lane-1", Some(LostDay::GoesOn)))),
    ("HF-CMD-307", || {
        let reconciliation = ReconciliationId(Uuid::from_u128(404));
        let count = DeviceCount::NoTotals;
        shop().hub(HubCommand::SettleReconciliation { reconciliation, count }).map(drop)
    }),
];

fn managed() -> Shop {
    let mut shop = shop();
    shop.sign_on(TILL, MANAGER);
    shop
}
