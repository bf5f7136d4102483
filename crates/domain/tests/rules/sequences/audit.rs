//! What a sequence must add up to, from its events alone.

use super::*;

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
    value: ValueFlow,
    accounts: ValueFlow,
    tips: BTreeMap<StaffId, Money>,
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
            value: ValueFlow::none(zero),
            accounts: ValueFlow::none(zero),
            tips: BTreeMap::new(),
        }
    }

    /// Of what the store owes, or of what it is owed.
    fn flow(&mut self, owed: bool) -> &mut ValueFlow {
        if owed { &mut self.accounts } else { &mut self.value }
    }

    fn tip(&mut self, staff: StaffId, tenders: &[Tender]) {
        for tip in tenders {
            match tip.kind.class() {
                TenderClass::Cash => self.cash += tip.amount,
                _ => *self.others.entry(tip.kind.code().to_string()).or_insert(eur("0")) += tip.amount,
            }
            *self.tips.entry(staff).or_insert(eur("0")) += tip.amount;
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
        for (account, minor) in of_accounts(payment) {
            let amount = Money::from_minor(minor.abs(), self.cash.currency());
            let flow = self.flow(account.starts_with("K-"));
            if minor < 0 { flow.refunded += amount } else { flow.redeemed += amount }
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
        value: [&ValueFlow; 2],
        tips: &[Tips],
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
            value: value[0].clone(),
            accounts: value[1].clone(),
            tips: tips.iter().map(|tips| (tips.staff, tips.amount)).collect(),
        }
    }

    /// Everything in the drawer has a reason.
    fn explain_the_drawer(&self, float: Money) -> bool {
        let others = Money::sum(self.cash.currency(), self.others.values().copied());
        self.cash + others
            == float
                + self.gross
                + self.deposits
                + self.rounding
                + self.moved
                + self.value.sold()
                + self.accounts.sold()
                + Money::sum(self.cash.currency(), self.tips.values().copied())
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
pub(super) fn audit(shop: &Shop) -> BTreeMap<&'static str, u32> {
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
                let value = log.clone().find_map(|next| match next {
                    Event::ValueReported { value, stamp: of, .. } if of.shift == stamp.shift => {
                        Some(&**value)
                    }
                    _ => None,
                });
                let accounts = log.clone().find_map(|next| match next {
                    Event::AccountsReported { accounts, stamp: of, .. } if of.shift == stamp.shift => {
                        Some(&**accounts)
                    }
                    _ => None,
                });
                let tips = log.clone().find_map(|next| match next {
                    Event::TipsReported { tips, stamp: of, .. } if of.shift == stamp.shift => Some(&tips[..]),
                    _ => None,
                });
                let none = ValueFlow::none(float);
                let flows = [value.unwrap_or(&none), accounts.unwrap_or(&none)];
                let cash = cash.unwrap_or(&nothing);
                let z = Books::of(figures, cash, others, flows, tips.unwrap_or_default());
                assert_eq!(z, books);
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
            Event::ValueIssued { stamp, account, amount, payment, .. } => {
                let books = &mut shifts.get_mut(&stamp.shift).expect("open").1;
                books.enter(4, None, &[], payment, 1);
                books.flow(account.as_str().starts_with("K-")).issued += *amount;
            }
            Event::ValueIssueVoided { stamp, account, amount, payment, .. } => {
                let books = &mut shifts.get_mut(&stamp.shift).expect("open").1;
                books.enter(4, None, &[], payment, 1);
                books.flow(account.as_str().starts_with("K-")).voided += *amount;
            }
            Event::TipTaken { stamp, tenders, .. } => {
                let books = &mut shifts.get_mut(&stamp.shift).expect("open").1;
                books.tip(stamp.operator, tenders);
            }
            Event::TipReturned { stamp, staff, tenders, .. } => {
                shifts.get_mut(&stamp.shift).expect("open").1.tip(*staff, tenders);
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
        let flows = [&open.value, &open.accounts];
        assert_eq!(Books::of(&open.figures, &open.cash, others, flows, &open.tips), books);
        assert!(books.explain_the_drawer(float), "{books:?}");
    }
    audit_days(shop);
    let held = shop.state.values.iter().map(|(account, value)| (account.to_string(), value.balance.minor()));
    assert_eq!(held.collect::<BTreeMap<_, _>>(), balances(shop));
    let sum =
        |of: fn(&ValueAccount) -> Money| Money::sum(eur("0").currency(), shop.state.values.values().map(of));
    assert_eq!(
        sum(|of| of.balance),
        sum(|of| of.issued) - sum(|of| of.redeemed) + sum(|of| of.refunded),
        "VAL-1"
    );
    for (sku, on_hand) in stock {
        assert_eq!(shop.state.stock_level(&sku).on_hand, on_hand, "{sku}");
    }
    seen
}

pub(super) fn numbers_agree(shop: &Shop) {
    for ((terminal, series), last) in &shop.numbers {
        assert_eq!(shop.state.tills[terminal].numbers.of(*series), *last, "{series:?}");
    }
}
