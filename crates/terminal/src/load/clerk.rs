//! One till's day: customers one after another, one shift change in the middle.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use holdfast_domain::bounded::Sku;
use holdfast_domain::cash::CashMovement;
use holdfast_domain::catalog::{Catalog, ItemRef, Product};
use holdfast_domain::command::{
    Action, AdjustLine, ReturnGoods, ReturnLine, ReturnedGoods, Settlement, ShiftCount,
};
use holdfast_domain::ids::{OrderId, ShiftId, TransactionId};
use holdfast_domain::line::{LineFate, LineInput, LineNumber};
use holdfast_domain::order::{Channel, PlaceOrder};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::stock::AdjustmentReason;
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tender::TenderInput;
use holdfast_money::{Money, Quantity};
use holdfast_protocol::message::{Answer, Reply, Summary};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use super::answers::Answers;
use super::basket::{self, Activity, because};
use super::electronic::{AtDevice, Devices, Taken};
use super::{Load, READY_WITHIN, TillReport};
use crate::cash::payable;
use crate::client::{Till, accepted};
use crate::dice::Dice;
use crate::error::TillError;

/// Sales that customers may still bring back.
const SALES_REMEMBERED_MAX: usize = 200;
/// Deposits that are open at one time.
const DEPOSITS_OPEN_MAX: usize = 8;
/// Why cash moves without goods.
const CASH: [(CashMovement, &str); 4] = [
    (CashMovement::Drop, "too much in the drawer"),
    (CashMovement::Loan, "change"),
    (CashMovement::PaidOut, "window cleaner"),
    (CashMovement::PaidIn, "crates given back"),
];
/// In the drawer at the beginning of a shift, in major units.
const FLOAT: i64 = 200;

#[derive(Debug, Clone)]
struct Goods {
    number: LineNumber,
    sku: Sku,
    tracked: bool,
    whole: bool,
    left: Quantity,
}

#[derive(Debug)]
struct Sale {
    transaction: TransactionId,
    shift: ShiftId,
    goods: Vec<Goods>,
    returned: bool,
    /// What a device took for all of it.
    electronic: Option<Taken>,
}

#[derive(Debug)]
struct Deposit {
    order: OrderId,
    open: Money,
    goods: Vec<Goods>,
}

#[derive(Debug)]
pub(super) struct Clerk {
    till: Till,
    report: Arc<Mutex<TillReport>>,
    answers: Option<Arc<Answers>>,
    /// Where customers pay electronically.
    devices: Option<Devices>,
    dice: Dice,
    /// In an order of the till's own, so that each till has its own best sellers.
    products: Vec<Product>,
    catalog: Catalog,
    profile: StoreProfile,
    /// What this clerk put into the drawer and took out of it; a shift that was found open is counted from its float.
    drawer: Money,
    shift: Option<ShiftId>,
    sales: VecDeque<Sale>,
    deposits: VecDeque<Deposit>,
}

impl Clerk {
    /// # Errors
    /// [`TillError::NothingToSell`] at a store without a catalog; whatever keeps the hub from answering.
    pub(super) async fn new(
        till: Till,
        mut products: Vec<Product>,
        report: Arc<Mutex<TillReport>>,
        answers: Option<Arc<Answers>>,
        devices: Option<Devices>,
        mut dice: Dice,
    ) -> Result<Self, TillError> {
        let snapshot = till.refresh(READY_WITHIN).await?;
        let catalog = Catalog::new(snapshot.catalog_version, products.iter().cloned()).map_err(|error| {
            TillError::BadAnswer { request: "the catalog".to_owned(), what: error.to_string() }
        })?;
        if products.is_empty() {
            return Err(TillError::NothingToSell);
        }
        for at in (1..products.len()).rev() {
            let other = usize::try_from(dice.below(at as u64 + 1)).unwrap_or(0);
            products.swap(at, other);
        }
        let open = snapshot.till.shift.as_ref().filter(|shift| shift.mode == Mode::Live);
        Ok(Self {
            shift: open.map(|shift| shift.id),
            drawer: open.map_or_else(|| Money::zero(snapshot.profile.currency), |shift| shift.float),
            profile: snapshot.profile.clone(),
            till,
            report,
            answers,
            devices,
            dice,
            products,
            catalog,
            sales: VecDeque::new(),
            deposits: VecDeque::new(),
        })
    }

    fn report(&self) -> MutexGuard<'_, TillReport> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works until it is told that the load ends; the customer at the till is served to the end.
    pub(super) async fn work(
        mut self,
        load: Load,
        mut ended: watch::Receiver<bool>,
    ) -> Result<(), TillError> {
        let signed_on = self.till.sign_on(load.staff, load.pin.clone()).await?;
        self.note(&signed_on)?;
        accepted(signed_on)?;
        let began = Instant::now();
        let mut changed_shift = false;
        let mut next = tokio::time::interval(load.every.max(Duration::from_millis(1)));
        next.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*ended.borrow() {
            if self.shift.is_none() {
                self.open_shift().await?;
            } else if !changed_shift && began.elapsed() >= load.time / 2 {
                changed_shift = self.close_shift().await?;
                continue;
            }
            if !load.every.is_zero() {
                tokio::select! {
                    _ = next.tick() => {}
                    _ = ended.changed() => break,
                }
            }
            let activity = basket::activity(&mut self.dice);
            self.serve(activity).await?;
        }
        Ok(())
    }

    fn note(&self, reply: &Reply) -> Result<(), TillError> {
        let terminal = self.till.identity().paired().terminal.to_string();
        self.answers.as_ref().map_or(Ok(()), |answers| answers.note(&terminal, reply))
    }

    /// One request and its answer, written down. None when the hub said no.
    async fn ask(&mut self, action: Action) -> Result<Option<Summary>, TillError> {
        self.report().asked();
        let began = Instant::now();
        let reply = self.till.send(action).await?;
        self.note(&reply)?;
        self.report().answered(&reply, began.elapsed());
        Ok(match reply.answer {
            Answer::Accepted { summary, .. } => {
                if let Summary::Transaction { payment: Some(payment), .. } = &summary {
                    self.drawer += payment.cash();
                }
                Some(summary)
            }
            Answer::Refused { .. } | Answer::Rejected { .. } | Answer::Retry { .. } => None,
        })
    }

    async fn open_shift(&mut self) -> Result<(), TillError> {
        let shift = ShiftId(self.till.mint()?);
        let float =
            Money::from_minor(FLOAT * 10_i64.pow(self.profile.currency.exponent()), self.profile.currency);
        let open = Action::OpenShift { shift, float, day: BusinessDay::Today, mode: Mode::Live };
        match self.ask(open).await? {
            Some(_) => {
                (self.shift, self.drawer) = (Some(shift), float);
                Ok(())
            }
            None => {
                let snapshot = self.till.refresh(READY_WITHIN).await?;
                match &snapshot.till.shift {
                    Some(open) => Err(TillError::OtherShift { shift: open.id.to_string() }),
                    None => Err(TillError::Rejected {
                        code: "HF-TIL-028".to_owned(),
                        text: "no shift could be opened; the report names the hub's codes".to_owned(),
                    }),
                }
            }
        }
    }

    /// Counts the drawer and closes; says whether it is closed.
    async fn close_shift(&mut self) -> Result<bool, TillError> {
        let Some(shift) = self.shift else { return Ok(true) };
        match self.till.refresh(READY_WITHIN).await {
            Ok(_) => {}
            // A hub that is away for a while does not end the day.
            Err(TillError::NoAnswer { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
        // People miscount now and then.
        let miscount = if self.dice.permille(300) { 5 } else { 0 };
        let declared = self.drawer + Money::from_minor(miscount, self.profile.currency);
        if self.ask(Action::CloseShift { shift, declared, count: ShiftCount::default() }).await?.is_some() {
            self.shift = None;
        }
        Ok(true)
    }

    async fn serve(&mut self, activity: Activity) -> Result<(), TillError> {
        match activity {
            Activity::Sale => self.sale().await,
            Activity::Cancel => self.cancel().await,
            Activity::Abandon => {
                let lines = self.basket();
                let reason = because("customer walked away");
                self.ask(Action::AbandonBasket { lines, reason }).await.map(drop)
            }
            Activity::Return => self.take_back().await,
            Activity::ReturnWithoutReceipt => self.take_back_without_receipt().await,
            Activity::PostVoid => self.post_void().await,
            Activity::Deposit => self.deposit().await,
            Activity::Settle => self.settle().await,
            Activity::Receive => self.receive().await,
            Activity::Cash => self.move_cash().await,
            Activity::NoSale => self
                .ask(Action::OpenDrawer { reason: because("change for the parking meter") })
                .await
                .map(drop),
        }
    }

    fn basket(&mut self) -> Vec<LineInput> {
        basket::basket(&self.products, self.profile.currency, &mut self.dice)
    }

    /// What a basket's kept lines hold.
    fn goods(&self, lines: &[LineInput]) -> Vec<Goods> {
        let kept = lines.iter().filter(|line| line.fate == LineFate::Kept);
        kept.filter_map(|line| {
            let product = self.catalog.find(&line.item)?;
            Some(Goods {
                number: line.number,
                sku: product.sku.clone(),
                tracked: product.stock.is_counted(),
                whole: !product.unit.divisible(),
                left: line.quantity,
            })
        })
        .collect()
    }

    fn move_stock<'a>(&self, goods: impl IntoIterator<Item = (&'a Goods, Quantity)>) {
        let mut report = self.report();
        for (goods, quantity) in goods {
            if goods.tracked {
                report.books.move_stock(&goods.sku, quantity);
            }
        }
    }

    /// Places a basket; its order, its goods and what is due.
    async fn place(&mut self) -> Result<Option<(OrderId, Vec<Goods>, Money)>, TillError> {
        let lines = self.basket();
        let goods = self.goods(&lines);
        let order = OrderId(self.till.mint()?);
        let place = PlaceOrder::of(order, Channel::Counter, lines);
        Ok(match self.ask(Action::PlaceOrder(place)).await? {
            Some(Summary::OrderPlaced { totals, .. }) => Some((order, goods, totals.gross)),
            _ => None,
        })
    }

    /// Takes the rest of an order's money: the goods leave.
    async fn pay(&mut self, order: OrderId, goods: Vec<Goods>, due: Money) -> Result<(), TillError> {
        let taken = match self.at_device(order, due).await? {
            AtDevice::Took(taken) => Some(taken),
            AtDevice::TookNothing => None,
            // Nobody knows yet: the order waits, and the shift's Z lists it.
            AtDevice::Unknown => return Ok(()),
        };
        let open = taken.as_ref().map_or(due, |taken| due - taken.amount);
        let amount = basket::tendered(payable(&self.profile, open), &mut self.dice);
        let tenders = if amount.is_positive() { vec![TenderInput::cash(amount)] } else { Vec::new() };
        let settlement = Settlement::Full;
        let pay = Action::Pay { order, tenders, tips: Vec::new(), settlement, receipt: ReceiptSource::Hub };
        let Some(Summary::Transaction { transaction, .. }) = self.ask(pay).await? else { return Ok(()) };
        self.move_stock(goods.iter().map(|goods| (goods, -goods.left)));
        if let Some(shift) = self.shift {
            if self.sales.len() == SALES_REMEMBERED_MAX {
                self.sales.pop_front();
            }
            let electronic = taken;
            self.sales.push_back(Sale { transaction, shift, goods, returned: false, electronic });
        }
        Ok(())
    }

    /// Lets the till's device take the money, where the customer wants that.
    async fn at_device(&mut self, order: OrderId, due: Money) -> Result<AtDevice, TillError> {
        let wants = due.is_positive()
            && self.devices.as_ref().is_some_and(|devices| self.dice.permille(devices.permille));
        let Some(mut devices) = self.devices.take_if(|_| wants) else { return Ok(AtDevice::TookNothing) };
        let epoch = self.till.refresh(READY_WITHIN).await?.epoch;
        let answer = self.ask(Action::StartTender(devices.pay(epoch, order, due))).await?;
        let became = devices.wait(answer.as_ref()).await;
        self.devices = Some(devices);
        became
    }

    /// Lets the device give back what it took for a whole sale. False when it did not.
    async fn back_at_device(&mut self, sale: TransactionId, taken: &Taken) -> Result<bool, TillError> {
        let Some(mut devices) = self.devices.take() else { return Ok(false) };
        let epoch = self.till.refresh(READY_WITHIN).await?.epoch;
        let answer = self.ask(Action::StartTender(devices.give_back(epoch, sale, taken))).await?;
        let became = devices.wait(answer.as_ref()).await;
        self.devices = Some(devices);
        Ok(matches!(became?, AtDevice::Took(back) if back.amount == taken.amount))
    }

    async fn sale(&mut self) -> Result<(), TillError> {
        match self.place().await? {
            Some((order, goods, due)) => self.pay(order, goods, due).await,
            None => Ok(()),
        }
    }

    async fn cancel(&mut self) -> Result<(), TillError> {
        let Some((order, ..)) = self.place().await? else { return Ok(()) };
        self.ask(Action::CancelOrder { order, reason: because("card left at home") }).await.map(drop)
    }

    async fn take_back(&mut self) -> Result<(), TillError> {
        if self.sales.is_empty() {
            return self.sale().await;
        }
        let at = usize::try_from(self.dice.below(self.sales.len() as u64)).unwrap_or(0);
        let (original, mut lines) = (self.sales[at].transaction, Vec::new());
        // A card gets back what it paid, so all of its goods come back together.
        let whole = self.sales[at].electronic.is_some();
        for goods in &self.sales[at].goods {
            if goods.left.is_positive() && (whole || lines.is_empty() || self.dice.permille(300)) {
                let part = !whole && goods.whole && self.dice.permille(400);
                let quantity = if part { Quantity::ONE } else { goods.left };
                lines.push(ReturnLine { line: goods.number, quantity });
            }
        }
        if lines.is_empty() {
            return self.sale().await;
        }
        if let Some(taken) = self.sales[at].electronic.clone()
            && !self.back_at_device(original, &taken).await?
        {
            return Ok(());
        }
        let goods = ReturnGoods {
            reason: because("did not like it"),
            receipt: ReceiptSource::Hub,
            goods: ReturnedGoods::ByReceipt { original, lines: lines.clone() },
            credit: None,
        };
        if self.ask(Action::Return(goods)).await?.is_none() {
            return Ok(());
        }
        let mut moved = Vec::new();
        if let Some(sale) = self.sales.get_mut(at) {
            sale.returned = true;
            for line in &lines {
                if let Some(goods) = sale.goods.iter_mut().find(|goods| goods.number == line.line) {
                    goods.left -= line.quantity;
                    moved.push((goods.clone(), line.quantity));
                }
            }
        }
        self.move_stock(moved.iter().map(|(goods, quantity)| (goods, *quantity)));
        Ok(())
    }

    async fn take_back_without_receipt(&mut self) -> Result<(), TillError> {
        let lines: Vec<LineInput> = self.basket().into_iter().take(1).collect();
        let goods = self.goods(&lines);
        let returned = ReturnGoods {
            reason: because("no receipt"),
            receipt: ReceiptSource::Hub,
            goods: ReturnedGoods::NoReceipt { lines },
            credit: None,
        };
        if self.ask(Action::Return(returned)).await?.is_some() {
            self.move_stock(goods.iter().map(|goods| (goods, goods.left)));
        }
        Ok(())
    }

    async fn post_void(&mut self) -> Result<(), TillError> {
        let shift = self.shift;
        let fits = |sale: &Sale| !sale.returned && Some(sale.shift) == shift && sale.electronic.is_none();
        let Some(at) = self.sales.iter().rposition(fits) else { return self.sale().await };
        let original = self.sales[at].transaction;
        let reason = because("rung up twice");
        if self.ask(Action::PostVoid { original, reason }).await?.is_some()
            && let Some(sale) = self.sales.remove(at)
        {
            self.move_stock(sale.goods.iter().map(|goods| (goods, goods.left)));
        }
        Ok(())
    }

    async fn deposit(&mut self) -> Result<(), TillError> {
        let Some((order, goods, due)) = self.place().await? else { return Ok(()) };
        let part = payable(&self.profile, Money::from_minor(due.minor() / 2, due.currency()));
        if !part.is_positive() || part >= due || self.deposits.len() == DEPOSITS_OPEN_MAX {
            return self.pay(order, goods, due).await;
        }
        let pay = Action::Pay {
            tips: Vec::new(),
            order,
            tenders: vec![TenderInput::cash(part)],
            settlement: Settlement::Deposit,
            receipt: ReceiptSource::Hub,
        };
        if self.ask(pay).await?.is_some() {
            self.deposits.push_back(Deposit { order, open: due - part, goods });
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), TillError> {
        match self.deposits.pop_front() {
            Some(Deposit { order, open, goods }) => self.pay(order, goods, open).await,
            None => self.sale().await,
        }
    }

    async fn move_cash(&mut self) -> Result<(), TillError> {
        let (movement, why) = *self.dice.pick(&CASH).unwrap_or(&CASH[0]);
        let amount = i64::try_from(self.dice.between(1, 40)).unwrap_or(1)
            * 10_i64.pow(self.profile.currency.exponent());
        let amount = Money::from_minor(amount, self.profile.currency);
        let receipt = ReceiptSource::Hub;
        self.ask(Action::MoveCash { movement, amount, reason: because(why), receipt }).await.map(drop)
    }

    async fn receive(&mut self) -> Result<(), TillError> {
        let delivery = basket::delivery(&self.products, &mut self.dice);
        if delivery.is_empty() {
            return Ok(());
        }
        let changes = delivery.iter().map(|(product, quantity)| AdjustLine {
            item: ItemRef::Sku(product.sku.clone()),
            quantity: *quantity,
        });
        let action = Action::AdjustStock { changes: changes.collect(), reason: AdjustmentReason::Received };
        if self.ask(action).await?.is_some() {
            let mut report = self.report();
            for (product, quantity) in &delivery {
                report.books.move_stock(&product.sku, *quantity);
            }
        }
        Ok(())
    }
}
