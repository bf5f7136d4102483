//! Any sequence of commands at two tills: every invariant holds after each, and the books can be recomputed from the
//! events alone.

mod audit;
mod devices;

use std::collections::BTreeMap;

use self::audit::{audit, numbers_agree};

use holdfast_domain::bounded::Sku;
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::cash::{CashFlow, CashMovement};
use holdfast_domain::command::{Settlement, ShiftCount};
use holdfast_domain::day::DayFigures;
use holdfast_domain::event::Event;
use holdfast_domain::ids::{OrderId, ShiftId, StaffId, TerminalId, TransactionId};
use holdfast_domain::line::Line;
use holdfast_domain::money::{Decimal, Money, Quantity};
use holdfast_domain::order::{Channel, Claim, OrderEdit, PlaceOrder, Totals};
use holdfast_domain::sale::CopyForm;
use holdfast_domain::shift::{BusinessDay, Mode, Tips};
use holdfast_domain::tax::{TaxBasis, TaxRounding, TaxTotal};
use holdfast_domain::tender::{DeclaredTender, Payment, Tender, TenderClass, TenderCount};
use holdfast_domain::value::{ValueAccount, ValueFlow, ValueStanding};
use holdfast_domain::{Action, Refusal};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::accounts::{ACCOUNT, pay_off, set_account};
use crate::days::correct;
use crate::exchange::swap;
use crate::moving::move_shift;
use crate::shop::*;
use crate::tips::tipped;
use crate::value::{balances, block, credited, issue, of_accounts};

/// One thing that somebody tries, sensible or not.
#[derive(Debug, Clone)]
enum Move {
    SignOn {
        manager: bool,
    },
    SignOff,
    OpenShift {
        training: bool,
    },
    CloseShift,
    Place {
        later: bool,
        lines: Vec<(usize, u32, u32, bool)>,
    },
    Cancel(Index),
    Abandon {
        product: usize,
    },
    Pay {
        order: Index,
        alone: Option<u32>,
        change: bool,
        card: i64,
        voucher: i64,
        value: Option<(usize, i64)>,
        tip: i64,
    },
    Deposit {
        order: Index,
        cents: i64,
    },
    Fulfil(Index),
    Return {
        sale: Index,
        line: u16,
        pieces: u32,
        credit: bool,
    },
    Issue {
        account: usize,
        cents: i64,
        in_cash: bool,
    },
    /// How much a customer may owe, or what they pay off.
    Account {
        limit: bool,
        cents: i64,
    },
    Block {
        account: usize,
        standing: ValueStanding,
    },
    ReturnWithoutReceipt {
        product: usize,
        pieces: u32,
    },
    Void(Index),
    Adjust {
        product: usize,
        pieces: i32,
    },
    Cash {
        movement: usize,
        cents: i64,
    },
    OpenDrawer,
    ParkNew {
        product: usize,
    },
    Park {
        order: Index,
        stale: bool,
    },
    Retrieve {
        order: Index,
        take_over: bool,
    },
    Copy {
        sale: Index,
        gift: bool,
    },
    Edit {
        order: Index,
        what: u8,
        product: usize,
        pieces: u32,
    },
    CloseDay {
        yesterday: bool,
    },
    Correct {
        z: u32,
        cents: i64,
        voucher: bool,
    },
    Exchange {
        sale: Index,
        line: u16,
        product: usize,
        cents: i64,
    },
    Carry {
        fetch: bool,
    },
    Restart,
    Device(devices::DeviceMove),
}

/// Few accounts, so that both tills meet at them.
const ACCOUNTS: [&str; 2] = ["G-1", "G-2"];
const SOLD: [&str; 7] = ["TEA", "BREAD", "SYRUP", "WATCH", "REPAIR", "BOOK", "SWEET"];

fn moves() -> impl Strategy<Value = (bool, Move)> {
    let product = 0..SOLD.len();
    let lines = prop::collection::vec((product.clone(), 1..5u32, 0..60u32, prop::bool::weighted(0.1)), 1..4);
    let one = prop_oneof![
        2 => any::<bool>().prop_map(|manager| Move::SignOn { manager }),
        1 => Just(Move::SignOff),
        2 => prop::bool::weighted(0.2).prop_map(|training| Move::OpenShift { training }),
        2 => Just(Move::CloseShift),
        8 => (any::<bool>(), lines).prop_map(|(later, lines)| Move::Place { later, lines }),
        2 => any::<Index>().prop_map(Move::Cancel),
        1 => product.clone().prop_map(|product| Move::Abandon { product }),
        10 => (any::<Index>(), prop::option::weighted(0.3, 1..5u32), any::<bool>(), 0..100i64, 0..100i64,
            prop::option::weighted(0.6, (0..ACCOUNTS.len() + 1, 1..70i64)), -20..300i64)
            .prop_map(|(order, alone, change, card, voucher, value, tip)| Move::Pay {
                value,
                tip,
                order,
                alone,
                change,
                // Percent of what is due; the most sales are paid in cash alone.
                card: if card < 40 && value.is_none() { card * 2 } else { 0 },
                voucher: if voucher < 20 { voucher } else { 0 },
            }),
        3 => (any::<Index>(), 1..900i64).prop_map(|(order, cents)| Move::Deposit { order, cents }),
        6 => any::<Index>().prop_map(Move::Fulfil),
        4 => (any::<Index>(), 1..4u16, 1..4u32, prop::bool::weighted(0.3))
            .prop_map(|(sale, line, pieces, credit)| Move::Return { sale, line, pieces, credit }),
        4 => (0..ACCOUNTS.len(), 0..6_000i64, any::<bool>())
            .prop_map(|(account, cents, in_cash)| Move::Issue { account, cents, in_cash }),
        6 => (prop::bool::weighted(0.3), 0..4_000i64).prop_map(|(limit, cents)| Move::Account { limit, cents }),
        1 => (0..ACCOUNTS.len(), prop::bool::weighted(0.2)).prop_map(|(account, block)| Move::Block {
            account,
            standing: if block { ValueStanding::Blocked } else { ValueStanding::Open },
        }),
        3 => (product.clone(), 1..3u32).prop_map(|(product, pieces)| Move::ReturnWithoutReceipt { product, pieces }),
        4 => (any::<Index>(), 1..3u16, product.clone(), 0..3_000i64)
            .prop_map(|(sale, line, product, cents)| Move::Exchange { sale, line, product, cents }),
        8 => any::<Index>().prop_map(Move::Void),
        4 => (product, -5..40i32).prop_map(|(product, pieces)| Move::Adjust { product, pieces }),
        3 => (0..CashMovement::ALL.len(), 0..6_000i64)
            .prop_map(|(movement, cents)| Move::Cash { movement, cents }),
        1 => Just(Move::OpenDrawer),
        2 => (0..SOLD.len()).prop_map(|product| Move::ParkNew { product }),
        3 => (any::<Index>(), prop::bool::weighted(0.2)).prop_map(|(order, stale)| Move::Park { order, stale }),
        4 => (any::<Index>(), any::<bool>()).prop_map(|(order, take_over)| Move::Retrieve { order, take_over }),
        2 => (any::<Index>(), any::<bool>()).prop_map(|(sale, gift)| Move::Copy { sale, gift }),
        4 => (any::<Index>(), 0..4u8, 0..SOLD.len(), 1..4u32)
            .prop_map(|(order, what, product, pieces)| Move::Edit { order, what, product, pieces }),
        2 => prop::bool::weighted(0.2).prop_map(|yesterday| Move::CloseDay { yesterday }),
        2 => (1..6u32, 0..20_000i64, prop::bool::weighted(0.2))
            .prop_map(|(z, cents, voucher)| Move::Correct { z, cents, voucher }),
        1 => any::<bool>().prop_map(|fetch| Move::Carry { fetch }),
        1 => Just(Move::Restart),
        40 => devices::moves().prop_map(Move::Device),
    ];
    (prop::bool::weighted(0.3), one)
}

/// What the till knows by itself.
#[derive(Default)]
struct Known {
    orders: Vec<OrderId>,
    sales: Vec<TransactionId>,
}

fn pick<T: Copy>(index: &Index, from: &[T]) -> Option<T> {
    (!from.is_empty()).then(|| *index.get(from))
}

fn play(shop: &mut Shop, known: &mut Known, till: TerminalId, one: &Move) -> Result<(), Refusal> {
    let basket = |lines: &[(usize, u32, u32, bool)]| {
        let lines = (1..).zip(lines).map(|(number, (product, pieces, percent, voided))| {
            let input = line(number, SOLD[*product], &pieces.to_string());
            let input = if *percent < 30 { input.percent_off(&percent.to_string()) } else { input };
            if *voided { input.voided() } else { input }
        });
        lines.collect::<Vec<_>>()
    };
    let action = match one {
        Move::SignOn { manager } => {
            shop.sign_on(till, if *manager { MANAGER } else { CASHIER });
            return Ok(());
        }
        Move::SignOff => Action::SignOff,
        Move::OpenShift { training } => {
            let (shift, mode) = (ShiftId(shop.id()), if *training { Mode::Training } else { Mode::Live });
            Action::OpenShift { shift, float: eur("50"), day: BusinessDay::Today, mode }
        }
        Move::CloseShift => {
            let Some(open) = shop.state.shift_of(till) else { return Ok(()) };
            let vouchers = open.tenders.iter().filter(|figures| figures.class == TenderClass::Voucher);
            let tenders = vouchers.map(|figures| DeclaredTender {
                code: figures.code.clone(),
                amount: figures.taken,
                pieces: Vec::new(),
            });
            let count = ShiftCount { pieces: Vec::new(), tenders: tenders.collect() };
            Action::CloseShift { shift: open.id, declared: eur("50"), count }
        }
        Move::Place { later, lines } => {
            let channel = if *later { Channel::NotInHand } else { Channel::Counter };
            let order = OrderId(shop.id());
            let place =
                PlaceOrder { customer: Some(customer(1)), ..PlaceOrder::of(order, channel, basket(lines)) };
            shop.ask(till, Action::PlaceOrder(place))?;
            known.orders.push(order);
            return Ok(());
        }
        Move::Cancel(index) => {
            let Some(order) = pick(index, &known.orders) else { return Ok(()) };
            Action::CancelOrder { order, reason: reason("no") }
        }
        Move::Abandon { product } => {
            Action::AbandonBasket { lines: basket(&[(*product, 1, 99, false)]), reason: reason("left") }
        }
        Move::Pay { order, alone, change, card, voucher, value, tip } => {
            let Some(order) = pick(order, &known.orders) else { return Ok(()) };
            let open = shop.order(order).open_amount();
            let cents = |cents: i64| Decimal::new(cents, 2).to_string();
            let part = |percent: i64| open.minor() * percent / 100;
            let (account, of_value) = value.map_or(("", 0), |(account, percent)| {
                (ACCOUNTS.get(account).copied().unwrap_or(ACCOUNT), part(percent))
            });
            let kind = if account == ACCOUNT { "on-account" } else { "gift-card" };
            let rest = open.minor() - part(*card) - part(*voucher) - of_value;
            let mut given = vec![
                (part(*card), format!("card {} auth 1", cents(part(*card)))),
                (part(*voucher), format!("voucher {}", cents(part(*voucher)))),
                (of_value, format!("{kind} {} {account}", cents(of_value))),
                (rest, format!("cash {}", if *change { "1000".to_owned() } else { cents(rest) })),
            ];
            given.retain(|(cents, _)| *cents > 0);
            let given: Vec<&str> = given.iter().map(|(_, text)| text.as_str()).collect();
            let tip: Vec<String> = match tip {
                0..=199 => vec![format!("cash {}", cents(tip / 5 * 5))],
                200.. => vec![format!("card {} auth 1", cents(*tip))],
                _ => Vec::new(),
            };
            let tip: Vec<&str> = tip.iter().map(String::as_str).filter(|tip| *tip != "cash 0.00").collect();
            let paid = match alone {
                Some(step) => pay_alone(order, shop.state.tills[&till].numbers.island + step),
                None => tipped(order, &given, &tip),
            };
            known.sales.push(shop.ask(till, paid)?.transaction);
            return Ok(());
        }
        Move::Deposit { order, cents } => {
            let Some(order) = pick(order, &known.orders) else { return Ok(()) };
            let amount = Decimal::new(*cents, 2).to_string();
            pay(order, &[&amount], Settlement::Deposit)
        }
        Move::Fulfil(index) => {
            let Some(order) = pick(index, &known.orders) else { return Ok(()) };
            Action::FulfilOrder { order }
        }
        Move::Return { sale, line, pieces, credit } => {
            let Some(sale) = pick(sale, &known.sales) else { return Ok(()) };
            let goods = by_receipt(sale, &[(*line, &pieces.to_string())]);
            let account = format!("C-{}", shop.log.len());
            if *credit { credited(goods, &account) } else { goods }
        }
        Move::Issue { account, cents, in_cash } => {
            let amount = Decimal::new(*cents, 2).to_string();
            let given = if *in_cash { "cash 50".to_owned() } else { format!("card {amount} auth 1") };
            known.sales.push(shop.ask(till, issue(ACCOUNTS[*account], &amount, &[&given]))?.transaction);
            return Ok(());
        }
        Move::Account { limit: true, cents } => set_account(ACCOUNT, 1, &Decimal::new(*cents, 2).to_string()),
        Move::Account { limit: false, cents } => {
            let amount = Decimal::new(*cents, 2).to_string();
            let off = pay_off(ACCOUNT, &amount, &[&format!("card {amount} auth 1")]);
            known.sales.push(shop.ask(till, off)?.transaction);
            return Ok(());
        }
        Move::Block { account, standing } => block(ACCOUNTS[*account], *standing),
        Move::ReturnWithoutReceipt { product, pieces } => {
            let goods = without_receipt(&basket(&[(*product, *pieces, 99, false)]));
            if *pieces > 1 { credited(goods, &format!("C-{}", shop.log.len())) } else { goods }
        }
        Move::Exchange { sale, line, product, cents } => {
            let Some(sale) = pick(sale, &known.sales) else { return Ok(()) };
            let wanted = basket(&[(*product, 1, 99, false)]);
            let given = format!("cash {}", Decimal::new(*cents, 2));
            let given: &[&str] = if *cents > 0 { &[&given] } else { &[] };
            swap(shop, by_receipt(sale, &[(*line, "1")]), &wanted, given)
        }
        Move::Void(index) => {
            let Some(original) = pick(index, &known.sales) else { return Ok(()) };
            Action::PostVoid { original, reason: reason("wrong") }
        }
        Move::Adjust { product, pieces } => adjust(SOLD[*product], &pieces.to_string()),
        Move::Cash { movement, cents } => {
            move_cash(CashMovement::ALL[*movement], &Decimal::new(*cents, 2).to_string())
        }
        Move::OpenDrawer => Action::OpenDrawer { reason: reason("change") },
        Move::ParkNew { product } => {
            let order = OrderId(shop.id());
            shop.ask(till, park_new(order, "blue hat", &basket(&[(*product, 2, 10, false)])))?;
            known.orders.push(order);
            return Ok(());
        }
        Move::Park { order, stale } => {
            let Some(order) = pick(order, &known.orders) else { return Ok(()) };
            park(order, shop.order(order).revision - u32::from(*stale))
        }
        Move::Retrieve { order, take_over } => {
            let Some(order) = pick(order, &known.orders) else { return Ok(()) };
            retrieve(order, if *take_over { Claim::TakeOver } else { Claim::Parked })
        }
        Move::Edit { order, what, product, pieces } => {
            let Some(order) = pick(order, &known.orders) else { return Ok(()) };
            let (found, pieces) = (shop.order(order), pieces.to_string());
            let next = u16::try_from(found.lines.len()).expect("few lines") + 1;
            let one = match what {
                0 => OrderEdit::AddLine(line(next, SOLD[*product], &pieces)),
                1 => void_line(next - 1),
                2 => to_quantity(1, &pieces, Some("too many")),
                _ => to_quantity(next - 1, &pieces, None),
            };
            edit(order, found.revision, &[one])
        }
        Move::Copy { sale, gift } => {
            let Some(original) = pick(sale, &known.sales) else { return Ok(()) };
            copy(original, if *gift { CopyForm::Gift } else { CopyForm::Copy })
        }
        Move::CloseDay { yesterday } => {
            let day = if *yesterday { date("2026-11-19") } else { shop.today };
            Action::CloseDay { day }
        }
        Move::Correct { z, cents, voucher } => {
            let code = if *voucher { "voucher" } else { "cash" };
            correct(*z, code, &Decimal::new(*cents, 2).to_string())
        }
        Move::Carry { fetch } => {
            let other = if till == TILL { OTHER_TILL } else { TILL };
            let (from, to) = if *fetch { (other, till) } else { (till, other) };
            let Some(open) = shop.state.shift_of(from) else { return Ok(()) };
            move_shift(open.id, to)
        }
        Move::Device(one) => return devices::play(shop, known, till, one),
        Move::Restart => {
            refold(shop);
            return Ok(());
        }
    };
    shop.ask(till, action).map(drop)
}

/// A restart folds the journal from its beginning and stands where it stood.
fn refold(shop: &Shop) {
    let mut again = Shop::bare();
    let bare = again.log.len();
    again.fold(&shop.log[bare..]);
    assert_eq!(again.state.stock, shop.state.stock);
    assert_eq!(again.state.tills, shop.state.tills);
    let figures =
        |shop: &Shop| shop.state.shifts.values().map(|s| (s.id, s.figures.clone())).collect::<Vec<_>>();
    assert_eq!(figures(&again), figures(shop));
    assert_eq!(again.state.sales, shop.state.sales);
    assert_eq!((&again.state.days, &again.state.zs), (&shop.state.days, &shop.state.zs));
    assert_eq!(again.state.values, shop.state.values);
    assert_eq!(again.state.issues, shop.state.issues);
    assert_eq!(again.state.attempts, shop.state.attempts);
    let totals = |shop: &Shop| {
        let orders = shop.state.orders.values();
        orders.map(|o| (o.id, (o.revision, o.totals.clone()))).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(totals(&again), totals(shop));
}

fn two_tills(basis: TaxBasis, rounding: TaxRounding, coin: &str) -> Shop {
    let mut shop = Shop::open_with(|profile| {
        profile.basis = basis;
        profile.tax_rounding = rounding;
        profile.cash_step = decimal(coin);
    });
    shop.register(customer(1)).expect("a new id");
    shop.receive("WATCH", "5");
    shop.receive("TEA", "20");
    shop.sign_on(OTHER_TILL, MANAGER);
    shop.open_shift(OTHER_TILL, Mode::Live);
    shop.ask(OTHER_TILL, set_account(ACCOUNT, 1, "100")).expect("a manager may");
    shop.hub(crate::electronic::devices()).expect("a list of devices");
    shop.hub(crate::exposure::limits("40", 3, "60")).expect("limits");
    shop
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_sequence_of_commands_keeps_the_books(
        steps in prop::collection::vec(moves(), 1..80),
        exclusive: bool,
        by_total: bool,
        coin in prop::sample::select(vec!["0", "0.05"]),
    ) {
        let basis = if exclusive { TaxBasis::Exclusive } else { TaxBasis::Inclusive };
        let rounding = if by_total { TaxRounding::PerTotal } else { TaxRounding::PerLine };
        let mut shop = two_tills(basis, rounding, coin);
        let mut known = Known::default();
        for (other, one) in &steps {
            // A refusal is an answer like any other; what matters is that nothing contradicts itself afterwards.
            let _ = play(&mut shop, &mut known, if *other { OTHER_TILL } else { TILL }, one);
        }
        audit(&shop);
        devices::audit(&shop);
        devices::audit_days(&shop);
        devices::audit_exposure(&shop);
        numbers_agree(&shop);
    }
}

/// The generator would be worthless if it only met refusals.
#[test]
fn the_sequences_reach_every_event_of_a_till() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen: BTreeMap<&'static str, u32> = BTreeMap::new();
    for _ in 0..2_400 {
        let steps = prop::collection::vec(moves(), 80).new_tree(&mut runner).expect("a sequence").current();
        let mut shop = two_tills(TaxBasis::Inclusive, TaxRounding::PerLine, "0.05");
        let mut known = Known::default();
        for (other, one) in &steps {
            let _ = play(&mut shop, &mut known, if *other { OTHER_TILL } else { TILL }, one);
        }
        devices::audit(&shop);
        devices::audit_days(&shop);
        devices::audit_exposure(&shop);
        for (name, count) in audit(&shop) {
            *seen.entry(name).or_default() += count;
        }
    }
    for name in [
        "signed_on",
        "signed_off",
        "shift_opened",
        "shift_closed",
        "order_placed",
        "order_cancelled",
        "basket_abandoned",
        "deposit_taken",
        "sale_completed",
        "order_fulfilled",
        "goods_returned",
        "sale_post_voided",
        "stock_adjusted",
        "stock_went_negative",
        "receipt_number_voided",
        "cash_moved",
        "drawer_opened",
        "cash_reported",
        "tenders_reported",
        "order_parked",
        "order_retrieved",
        "orders_carried_over",
        "copy_printed",
        "order_edited",
        "day_closed",
        "shift_corrected",
        "shift_moved",
        "value_issued",
        "value_issue_voided",
        "value_redeemed",
        "value_refunded",
        "value_standing_set",
        "value_reported",
        "account_set",
        "accounts_reported",
        "tip_taken",
        "tip_returned",
        "tips_reported",
        "goods_exchanged",
        "tender_started",
        "tender_sent",
        "tender_approved",
        "tender_declined",
        "tender_in_doubt",
        "tender_abort_asked",
        "tender_resolved",
        "tender_released",
        "tender_taken",
        "tender_unclaimed",
        "tenders_carried_over",
        "device_reconciliation_asked",
        "device_reconciled",
        "devices_carried_over",
        "offline_limits_set",
        "tender_approved_offline",
    ] {
        assert!(seen.get(name).is_some_and(|count| *count > 10), "{name}: {seen:?}");
    }
}
