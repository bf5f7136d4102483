//! Any sequence of commands at two tills: every invariant holds after each, and the books can be recomputed from the
//! events alone.

use std::collections::BTreeMap;

use holdfast_domain::bounded::Sku;
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::cash::{CashFlow, CashMovement};
use holdfast_domain::command::{Settlement, ShiftCount};
use holdfast_domain::day::DayFigures;
use holdfast_domain::event::Event;
use holdfast_domain::ids::{OrderId, ShiftId, TerminalId, TransactionId};
use holdfast_domain::line::Line;
use holdfast_domain::money::{Decimal, Money, Quantity};
use holdfast_domain::order::{Channel, Claim, OrderEdit, Totals};
use holdfast_domain::sale::CopyForm;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::tax::{TaxBasis, TaxRounding, TaxTotal};
use holdfast_domain::tender::{DeclaredTender, Payment, TenderClass, TenderCount};
use holdfast_domain::{Action, Refusal};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::days::correct;
use crate::moving::move_shift;
use crate::shop::*;

/// One thing that somebody tries, sensible or not.
#[derive(Debug, Clone)]
enum Move {
    SignOn { manager: bool },
    SignOff,
    OpenShift { training: bool },
    CloseShift,
    Place { later: bool, lines: Vec<(usize, u32, u32, bool)> },
    Cancel(Index),
    Abandon { product: usize },
    Pay { order: Index, alone: Option<u32>, change: bool, card: i64, voucher: i64 },
    Deposit { order: Index, cents: i64 },
    Fulfil(Index),
    Return { sale: Index, line: u16, pieces: u32 },
    ReturnWithoutReceipt { product: usize, pieces: u32 },
    Void(Index),
    Adjust { product: usize, pieces: i32 },
    Cash { movement: usize, cents: i64 },
    OpenDrawer,
    ParkNew { product: usize },
    Park { order: Index, stale: bool },
    Retrieve { order: Index, take_over: bool },
    Copy { sale: Index, gift: bool },
    Edit { order: Index, what: u8, product: usize, pieces: u32 },
    CloseDay { yesterday: bool },
    Correct { z: u32, cents: i64, voucher: bool },
    Carry { fetch: bool },
    Restart,
}

const SOLD: [&str; 7] = ["TEA", "BREAD", "SYRUP", "WATCH", "REPAIR", "BOOK", "SWEET"];

fn moves() -> impl Strategy<Value = (bool, Move)> {
    let product = 0..SOLD.len();
    let lines = prop::collection::vec((product.clone(), 1..5u32, 0..60u32, prop::bool::weighted(0.1)), 1..4);
    let one = prop_oneof![
        2 => any::<bool>().prop_map(|manager| Move::SignOn { manager }),
        1 => Just(Move::SignOff),
        2 => prop::bool::weighted(0.2).prop_map(|training| Move::OpenShift { training }),
        1 => Just(Move::CloseShift),
        8 => (any::<bool>(), lines).prop_map(|(later, lines)| Move::Place { later, lines }),
        2 => any::<Index>().prop_map(Move::Cancel),
        1 => product.clone().prop_map(|product| Move::Abandon { product }),
        8 => (any::<Index>(), prop::option::weighted(0.3, 1..5u32), any::<bool>(), 0..100i64, 0..100i64)
            .prop_map(|(order, alone, change, card, voucher)| Move::Pay {
                order,
                alone,
                change,
                // Percent of what is due; the most sales are paid in cash alone.
                card: if card < 40 { card * 2 } else { 0 },
                voucher: if voucher < 20 { voucher } else { 0 },
            }),
        3 => (any::<Index>(), 1..900i64).prop_map(|(order, cents)| Move::Deposit { order, cents }),
        6 => any::<Index>().prop_map(Move::Fulfil),
        4 => (any::<Index>(), 1..4u16, 1..4u32).prop_map(|(sale, line, pieces)| Move::Return { sale, line, pieces }),
        1 => (product.clone(), 1..3u32).prop_map(|(product, pieces)| Move::ReturnWithoutReceipt { product, pieces }),
        4 => any::<Index>().prop_map(Move::Void),
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
        1 => prop::bool::weighted(0.2).prop_map(|yesterday| Move::CloseDay { yesterday }),
        2 => (1..6u32, 0..20_000i64, prop::bool::weighted(0.2))
            .prop_map(|(z, cents, voucher)| Move::Correct { z, cents, voucher }),
        1 => any::<bool>().prop_map(|fetch| Move::Carry { fetch }),
        1 => Just(Move::Restart),
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
            let order = shop.try_place(till, channel, &basket(lines))?;
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
        Move::Pay { order, alone, change, card, voucher } => {
            let Some(order) = pick(order, &known.orders) else { return Ok(()) };
            let open = shop.order(order).open_amount();
            let cents = |cents: i64| Decimal::new(cents, 2).to_string();
            let part = |percent: i64| open.minor() * percent / 100;
            let rest = open.minor() - part(*card) - part(*voucher);
            let mut given = vec![
                (part(*card), format!("card {} auth 1", cents(part(*card)))),
                (part(*voucher), format!("voucher {}", cents(part(*voucher)))),
                (rest, format!("cash {}", if *change { "1000".to_owned() } else { cents(rest) })),
            ];
            given.retain(|(cents, _)| *cents > 0);
            let given: Vec<&str> = given.iter().map(|(_, text)| text.as_str()).collect();
            let paid = match alone {
                Some(step) => pay_alone(order, shop.state.tills[&till].numbers.island + step),
                None => pay_with(order, &given, Settlement::Full),
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
        Move::Return { sale, line, pieces } => {
            let Some(sale) = pick(sale, &known.sales) else { return Ok(()) };
            by_receipt(sale, &[(*line, &pieces.to_string())])
        }
        Move::ReturnWithoutReceipt { product, pieces } => {
            without_receipt(&basket(&[(*product, *pieces, 99, false)]))
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
    let totals = |shop: &Shop| {
        let orders = shop.state.orders.values();
        orders.map(|o| (o.id, (o.revision, o.totals.clone()))).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(totals(&again), totals(shop));
}

/// What one shift adds up to, worked out from the events in another way than the state does it.
#[derive(Debug, PartialEq)]
struct Books {
    cash: Money,
    /// By code, what anything but cash brought.
    others: BTreeMap<String, Money>,
    gross: Money,
    net: Money,
    discount: Money,
    deposits: Money,
    rounding: Money,
    tax: Money,
    counts: [u32; 4],
    moved: Money,
    no_sales: u32,
}

impl Books {
    fn new(float: Money) -> Self {
        let zero = eur("0");
        let (gross, net, discount, deposits, rounding, tax) = (zero, zero, zero, zero, zero, zero);
        Self {
            cash: float,
            others: BTreeMap::new(),
            gross,
            net,
            discount,
            deposits,
            rounding,
            tax,
            counts: [0; 4],
            moved: zero,
            no_sales: 0,
        }
    }

    fn enter(
        &mut self,
        kind: usize,
        totals: Option<&Totals>,
        taxes: &[TaxTotal],
        payment: &Payment,
        sign: i64,
    ) {
        let signed = |money: Money| if sign < 0 { -money } else { money };
        if let Some(totals) = totals {
            self.gross += signed(totals.gross);
            self.net += signed(totals.net);
            self.discount += signed(totals.discount);
        }
        for tax in taxes {
            self.tax += signed(tax.tax);
        }
        for tender in &payment.tenders {
            match tender.kind.class() {
                TenderClass::Cash => self.cash += tender.amount,
                _ => *self.others.entry(tender.kind.code().to_string()).or_insert(eur("0")) += tender.amount,
            }
        }
        self.cash -= payment.change;
        self.rounding += payment.rounding;
        if kind < 4 {
            self.counts[kind] += 1;
        }
    }

    fn of(
        figures: &holdfast_domain::shift::ShiftFigures,
        cash: &CashFlow,
        others: BTreeMap<String, Money>,
    ) -> Self {
        Self {
            cash: figures.cash_expected,
            others,
            gross: figures.gross,
            net: figures.net,
            discount: figures.discount,
            deposits: figures.deposits,
            rounding: figures.rounding,
            tax: Money::sum(figures.gross.currency(), figures.taxes.iter().map(|t| t.tax)),
            counts: [figures.sales, figures.returns, figures.post_voids, figures.cancelled],
            moved: cash.sum(),
            no_sales: cash.no_sales,
        }
    }

    /// Everything in the drawer has a reason.
    fn explain_the_drawer(&self, float: Money) -> bool {
        let others = Money::sum(self.cash.currency(), self.others.values().copied());
        self.cash + others == float + self.gross + self.deposits + self.rounding + self.moved
            && self.gross == self.net + self.tax
    }
}

/// What is closed and in no day Z yet, in minor units: turnover, tax, what the drawers were over or short, shifts and
/// corrections.
#[derive(Debug, Default, PartialEq)]
struct Waiting([i64; 5]);

impl Waiting {
    fn of(figures: &DayFigures) -> Self {
        let tax = figures.taxes.iter().map(|tax| tax.tax.minor()).sum();
        let over = figures.tenders.iter().map(|tender| tender.over_short.minor()).sum();
        let counts = [figures.shifts, figures.corrections].map(i64::from);
        Self([figures.gross.minor(), tax, over, counts[0], counts[1]])
    }

    fn enter(&mut self, more: [i64; 5]) {
        self.0.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }
}

/// The days of the log: each shift and each correction is in one day Z, or waits for one.
fn audit_days(shop: &Shop) {
    let mut waiting: BTreeMap<BusinessDate, Waiting> = BTreeMap::new();
    let (mut last, mut last_correction) = (0, 0);
    let over = |count: &TenderCount| match count {
        TenderCount::NotCounted => 0,
        TenderCount::Counted { over_short, .. } => over_short.minor(),
    };
    for event in &shop.log {
        match event {
            Event::ShiftClosed { stamp, figures, .. } if stamp.mode == Mode::Live => {
                let tax = figures.taxes.iter().map(|tax| tax.tax.minor()).sum();
                let day = waiting.entry(stamp.business_date).or_default();
                day.enter([figures.gross.minor(), tax, 0, 1, 0]);
            }
            Event::TendersReported { stamp, tenders, .. } if stamp.mode == Mode::Live => {
                let over = tenders.iter().map(|line| over(&line.counted)).sum();
                waiting.entry(stamp.business_date).or_default().enter([0, 0, over, 0, 0]);
            }
            Event::ShiftCorrected { stamp, number, before, after, .. } => {
                last_correction += 1;
                assert_eq!(*number, last_correction);
                let more = over(after) - over(&before.counted);
                waiting.entry(stamp.business_date).or_default().enter([0, 0, more, 0, 1]);
            }
            Event::DayClosed { day, number, figures, .. } => {
                last += 1;
                assert_eq!(*number, last);
                assert_eq!(waiting.remove(day).expect("something was closed"), Waiting::of(figures));
            }
            _ => {}
        }
    }
    for (date, day) in &shop.state.days {
        assert_eq!(waiting.remove(date).unwrap_or_default(), Waiting::of(&day.gathered), "{date}");
    }
    assert_eq!(waiting, BTreeMap::new());
}

/// Reads the whole log: books of every shift, stock of every product, Z numbers.
fn audit(shop: &Shop) -> BTreeMap<&'static str, u32> {
    let mut shifts: BTreeMap<ShiftId, (Money, Books)> = BTreeMap::new();
    let mut stock: BTreeMap<Sku, Quantity> = BTreeMap::new();
    let mut seen: BTreeMap<&'static str, u32> = BTreeMap::new();
    let mut placed: BTreeMap<OrderId, Vec<Line>> = BTreeMap::new();
    let mut sold: BTreeMap<TransactionId, Vec<Line>> = BTreeMap::new();
    let mut last_z = 0;
    let move_stock = |stock: &mut BTreeMap<Sku, Quantity>, mode: Mode, lines: &[Line], out: bool| {
        for goods in lines.iter().filter(|_| mode == Mode::Live).flat_map(Line::goods) {
            let level = stock.entry(goods.sku.clone()).or_default();
            *level += if out { -goods.quantity } else { goods.quantity };
        }
    };
    let mut log = shop.log.iter().peekable();
    while let Some(event) = log.next() {
        *seen.entry(event.name()).or_default() += 1;
        match event {
            Event::ShiftOpened { stamp, float } => {
                shifts.insert(stamp.shift, (*float, Books::new(*float)));
            }
            Event::ShiftClosed { stamp, z_number, figures, declared, over_short } => {
                let (float, books) = shifts.remove(&stamp.shift).expect("a shift is closed once");
                let cash = log.peek().and_then(|next| match next {
                    Event::CashReported { cash, stamp: of, .. } if of.shift == stamp.shift => Some(&**cash),
                    _ => None,
                });
                let nothing = CashFlow::none(float);
                let report = log.clone().find_map(|next| match next {
                    Event::TendersReported { tenders, stamp: of, .. } if of.shift == stamp.shift => {
                        Some(tenders)
                    }
                    _ => None,
                });
                let lines = report.expect("a Z by tender");
                let others = lines.iter().filter(|line| line.class != TenderClass::Cash);
                let others = others.map(|line| (line.code.to_string(), line.expected)).collect();
                assert_eq!(Books::of(figures, cash.unwrap_or(&nothing), others), books);
                assert_eq!(lines[0].expected, books.cash);
                assert!(books.explain_the_drawer(float), "{books:?}");
                assert_eq!(*over_short, *declared - books.cash);
                if stamp.mode == Mode::Live {
                    assert_eq!(*z_number, last_z + 1);
                    last_z = *z_number;
                }
            }
            Event::OrderPlaced { order, lines, .. } | Event::OrderEdited { order, lines, .. } => {
                drop(placed.insert(*order, lines.clone()))
            }
            Event::OrderCancelled { stamp, .. } | Event::BasketAbandoned { stamp, .. } => {
                shifts.get_mut(&stamp.shift).expect("open").1.counts[3] += 1;
            }
            Event::DepositTaken { stamp, payment, .. } => {
                let books = &mut shifts.get_mut(&stamp.shift).expect("open").1;
                books.enter(4, None, &[], payment, 1);
                books.deposits += payment.due;
            }
            Event::SaleCompleted { stamp, transaction, order, totals, taxes, payment, .. } => {
                let books = &mut shifts.get_mut(&stamp.shift).expect("open").1;
                books.enter(0, Some(totals), taxes, payment, 1);
                books.deposits -= totals.gross - payment.due;
                move_stock(&mut stock, stamp.mode, &placed[order], true);
                sold.insert(*transaction, placed[order].clone());
            }
            Event::GoodsReturned { stamp, lines, totals, taxes, payment, .. } => {
                shifts.get_mut(&stamp.shift).expect("open").1.enter(1, Some(totals), taxes, payment, -1);
                let lines: Vec<Line> = lines.iter().map(|returned| returned.line.clone()).collect();
                move_stock(&mut stock, stamp.mode, &lines, false);
            }
            Event::SalePostVoided { stamp, original, totals, taxes, payment, .. } => {
                shifts.get_mut(&stamp.shift).expect("open").1.enter(2, Some(totals), taxes, payment, -1);
                move_stock(&mut stock, stamp.mode, &sold[original], false);
            }
            Event::CashMoved { stamp, movement, amount, .. } => {
                let books = &mut shifts.get_mut(&stamp.shift).expect("open").1;
                let signed = match movement {
                    CashMovement::PaidIn | CashMovement::Loan => *amount,
                    CashMovement::PaidOut | CashMovement::Drop => -*amount,
                };
                books.moved += signed;
                books.cash += signed;
            }
            Event::DrawerOpened { stamp, .. } => {
                shifts.get_mut(&stamp.shift).expect("open").1.no_sales += 1;
            }
            Event::StockAdjusted { changes, .. } => {
                for change in changes {
                    *stock.entry(change.sku.clone()).or_default() += change.quantity;
                }
            }
            _ => {}
        }
    }
    for (shift, (float, books)) in shifts {
        let open = &shop.state.shifts[&shift];
        let others = open.tenders.iter().filter(|figures| figures.class != TenderClass::Cash);
        let others = others.map(|of| (of.code.to_string(), of.taken - of.refunded)).collect();
        assert_eq!(Books::of(&open.figures, &open.cash, others), books);
        assert!(books.explain_the_drawer(float), "{books:?}");
    }
    audit_days(shop);
    for (sku, on_hand) in stock {
        assert_eq!(shop.state.stock_level(&sku).on_hand, on_hand, "{sku}");
    }
    seen
}

fn numbers_agree(shop: &Shop) {
    for ((terminal, series), last) in &shop.numbers {
        assert_eq!(shop.state.tills[terminal].numbers.of(*series), *last, "{series:?}");
    }
}

fn two_tills(basis: TaxBasis, rounding: TaxRounding, coin: &str) -> Shop {
    let mut shop = Shop::open_with(|profile| {
        profile.basis = basis;
        profile.tax_rounding = rounding;
        profile.cash_step = decimal(coin);
    });
    shop.receive("WATCH", "5");
    shop.receive("TEA", "20");
    shop.sign_on(OTHER_TILL, MANAGER);
    shop.open_shift(OTHER_TILL, Mode::Live);
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
        numbers_agree(&shop);
    }
}

/// The generator would be worthless if it only met refusals.
#[test]
fn the_sequences_reach_every_event_of_a_till() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen: BTreeMap<&'static str, u32> = BTreeMap::new();
    for _ in 0..250 {
        let steps = prop::collection::vec(moves(), 80).new_tree(&mut runner).expect("a sequence").current();
        let mut shop = two_tills(TaxBasis::Inclusive, TaxRounding::PerLine, "0.05");
        let mut known = Known::default();
        for (other, one) in &steps {
            let _ = play(&mut shop, &mut known, if *other { OTHER_TILL } else { TILL }, one);
        }
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
    ] {
        assert!(seen.get(name).is_some_and(|count| *count > 10), "{name}: {seen:?}");
    }
}
