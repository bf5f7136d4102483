//! A payment device made of software, without a protocol of its own: the terminal of training, and of tests that are about
//! what becomes of a payment and not about bytes.
//!
//! It goes on with what it heard whatever becomes of the line, as a real terminal does, and it keeps its own book: what it
//! booked is the truth that others are held against. It does not know a request again: whoever sends one twice, charges
//! twice.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::payment::card::{CardFacts, EntryMode, LastFour, Word};
use crate::payment::{
    Approval, AttemptId, Authorised, Capabilities, Decline, ErrorCondition, Fault, Health, Mark, Outcome,
    PaymentDriver, PoiTransaction, Refunds, Request, Service, Slip, Step, Steps, Totals, TotalsLine,
};
use futures::future::{BoxFuture, FutureExt as _};
use holdfast_money::Money;

/// How many requests it remembers what became of; a real terminal's journal holds a day.
const REMEMBERED_MAX: usize = 100_000;
/// How often a caller looks at a device that takes no time.
const LOOK_EVERY_MIN: Duration = Duration::from_millis(1);

/// What the customer, or whoever stands for the customer's bank, does with the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Will {
    Approve,
    /// The bank lets a part of it through, in minor units.
    ApprovePart {
        minor: i64,
    },
    /// The customer adds a tip at the device, in minor units.
    Tip {
        minor: i64,
    },
    /// The device approves by itself, without asking a bank.
    ApproveOffline,
    Decline(ErrorCondition),
}

/// Where in a request something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// The request is lost on its way.
    BeforeArrival,
    /// It was heard, and the customer has done nothing yet.
    AfterArrival,
    /// The customer has done their part, and nothing is booked.
    BeforeBooking,
    /// Money moved, and the answer is on its way.
    AfterBooking,
}

impl Moment {
    pub const ALL: [Self; 4] =
        [Self::BeforeArrival, Self::AfterArrival, Self::BeforeBooking, Self::AfterBooking];
}

/// What goes wrong there. Each happens once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mishap {
    /// The line breaks, and the device goes on.
    LineBreaks,
    /// The line breaks and stays broken until somebody plugs it in.
    Unplugged,
    /// The device goes on and never answers.
    Mute,
    /// The device restarts: what it had not booked is gone, what it had booked is in its journal.
    Restarts,
}

impl Mishap {
    pub const ALL: [Self; 4] = [Self::LineBreaks, Self::Unplugged, Self::Mute, Self::Restarts];
}

/// One movement in the device's own book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    pub attempt: AttemptId,
    pub service: Service,
    /// Positive, tip included.
    pub amount: Money,
    pub transaction: PoiTransaction,
    pub authorised: Authorised,
}

impl Booked {
    /// What the shop has more of afterwards.
    #[must_use]
    pub fn net(&self) -> Money {
        match self.service {
            Service::Payment { .. } => self.amount,
            Service::Refund { .. } | Service::Reversal { .. } => -self.amount,
        }
    }
}

#[derive(Debug, Default)]
struct Inner {
    unplugged: bool,
    wills: VecDeque<Will>,
    mishaps: VecDeque<(Moment, Mishap)>,
    /// What it is at now, and what became of what it was at.
    job: Option<Job>,
    known: BTreeMap<AttemptId, Outcome>,
    order: VecDeque<AttemptId>,
    aborting: Option<AttemptId>,
    /// What it was at last, and what its caller heard of the end.
    last: Option<(AttemptId, Line)>,
    book: Vec<Booked>,
    /// How many movements it had booked at each end of its day.
    days: Vec<usize>,
    /// How often it was asked to move money, and heard it.
    heard: u64,
}

/// What it is at.
#[derive(Debug)]
struct Job {
    request: Request,
    since: Duration,
    /// What the caller hears of it.
    line: Line,
    asked_host: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Open,
    Mute,
    Cut,
}

/// Time since some beginning, always the same one. It runs on while nobody is connected.
type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// A payment device made of software. Clones are the same device.
#[derive(Clone)]
pub struct SimulatedPoi {
    inner: Arc<Mutex<Inner>>,
    /// How long each of its steps takes.
    pace: Duration,
    can: Capabilities,
    clock: Clock,
}

impl std::fmt::Debug for SimulatedPoi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimulatedPoi").field("pace", &self.pace).finish_non_exhaustive()
    }
}

impl SimulatedPoi {
    /// `pace` is how long each step takes; a customer needs three.
    #[must_use]
    pub fn new(pace: Duration) -> Self {
        let can = Capabilities {
            refunds: Refunds::ByOriginal,
            reversal: true,
            partial: true,
            tip: true,
            abort: true,
            status: true,
            finds_by_id: true,
            totals: true,
            needs_wan: false,
        };
        let began = tokio::time::Instant::now();
        Self { inner: Arc::default(), pace, can, clock: Arc::new(move || began.elapsed()) }
    }

    /// A device that goes by another clock than the caller's runtime.
    #[must_use]
    pub fn by_clock(self, clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// A device that can do something else than all.
    #[must_use]
    pub fn with(self, change: impl FnOnce(&mut Capabilities)) -> Self {
        let mut can = self.can;
        change(&mut can);
        Self { can, ..self }
    }

    /// A device of the same pace and clock with an empty book: nothing real moves at it.
    #[must_use]
    pub fn practice(&self) -> Self {
        Self { inner: Arc::default(), pace: self.pace, can: self.can, clock: Arc::clone(&self.clock) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens to the next request that is not decided about yet. Without a word every one is approved.
    pub fn will(&self, will: Will) {
        self.lock().wills.push_back(will);
    }

    /// Something goes wrong with the next request.
    pub fn mishap(&self, moment: Moment, mishap: Mishap) {
        self.lock().mishaps.push_back((moment, mishap));
    }

    pub fn unplug(&self) {
        let mut inner = self.up_to_now();
        inner.unplugged = true;
        if let Some(job) = &mut inner.job {
            job.line = Line::Cut;
        }
    }

    /// Nothing that was planned goes wrong any more.
    pub fn behave(&self) {
        self.up_to_now().mishaps.clear();
    }

    pub fn plug_in(&self) {
        self.up_to_now().unplugged = false;
    }

    #[must_use]
    pub fn is_unplugged(&self) -> bool {
        self.lock().unplugged
    }

    /// What it booked, oldest first.
    #[must_use]
    pub fn book(&self) -> Vec<Booked> {
        self.up_to_now().book.clone()
    }

    /// What came together on each of its days that ended, oldest first.
    #[must_use]
    pub fn days(&self) -> Vec<Vec<Booked>> {
        let inner = self.up_to_now();
        let from = std::iter::once(&0).chain(&inner.days);
        from.zip(&inner.days).map(|(from, to)| inner.book[*from..*to].to_vec()).collect()
    }

    /// Somebody pays at it without a till.
    pub fn pay_alone(&self, amount: Money) {
        let mut inner = self.up_to_now();
        let transaction = PoiTransaction::new(format!("S{:06}", inner.book.len() + 1));
        inner.book.push(Booked {
            attempt: AttemptId(0),
            service: Service::Payment { tip: None },
            amount,
            transaction: transaction.expect("short and plain"),
            authorised: Authorised::Online,
        });
    }

    /// How often it was asked to move money and heard it.
    #[must_use]
    pub fn heard(&self) -> u64 {
        self.lock().heard
    }

    fn unreachable(&self) -> Fault {
        let cause = Arc::new(io::Error::from(io::ErrorKind::ConnectionRefused));
        Fault::Unreachable { device: "the simulated terminal".to_owned(), cause }
    }

    fn broke(&self) -> Fault {
        let cause = Arc::new(io::Error::from(io::ErrorKind::ConnectionReset));
        Fault::Disconnected { device: "the simulated terminal".to_owned(), during: "the payment", cause }
    }

    /// Everything that has happened inside the device by now, whatever became of the line.
    fn up_to_now(&self) -> MutexGuard<'_, Inner> {
        let now = (self.clock)();
        let mut inner = self.lock();
        inner.advance(now, self.pace);
        inner
    }

    /// Ends its day. None where nobody hears of it.
    fn end_day(&self) -> Option<Result<Totals, Fault>> {
        let mut inner = self.up_to_now();
        if inner.unplugged {
            return Some(Err(self.unreachable()));
        }
        let lost = |mishap| (mishap != Mishap::Mute).then(|| Err(self.broke()));
        if let Some(mishap) = inner.planned(Moment::BeforeArrival) {
            return lost(mishap);
        }
        if inner.job.is_some() {
            return Some(Err(Fault::InProgress { device: "the simulated terminal".to_owned() }));
        }
        let from = inner.days.last().copied().unwrap_or(0);
        let day = &inner.book[from..];
        let lines = day.first().map(|first| TotalsLine {
            scheme: "Simulated".to_owned(),
            count: u32::try_from(day.len()).unwrap_or(u32::MAX),
            net: Money::sum(first.amount.currency(), day.iter().map(Booked::net)),
        });
        let totals = Totals { lines: lines.into_iter().collect(), reference: None };
        let booked = inner.book.len();
        inner.days.push(booked);
        match inner.planned(Moment::AfterBooking) {
            Some(mishap) => lost(mishap),
            None => Some(Ok(totals)),
        }
    }

    /// Begins with a request, in the device.
    fn hear(&self, request: &Request) -> Result<(), Outcome> {
        let now = (self.clock)();
        let mut inner = self.up_to_now();
        inner.heard += 1;
        if inner.job.is_some() {
            return Err(Outcome::Declined(Decline::new(ErrorCondition::Busy, None)));
        }
        // A terminal without ids of ours does not know that it heard this before.
        inner.known.remove(&request.attempt);
        inner.job = Some(Job { request: request.clone(), since: now, line: Line::Open, asked_host: false });
        inner.strike(Moment::AfterArrival);
        inner.advance(now, self.pace);
        Ok(())
    }
}

impl Inner {
    /// The mishap that is planned for this moment, once.
    fn planned(&mut self, moment: Moment) -> Option<Mishap> {
        let (_, mishap) = self.mishaps.pop_front_if(|(at, _)| *at == moment)?;
        if mishap == Mishap::Unplugged {
            self.unplugged = true;
        }
        Some(mishap)
    }

    /// What goes wrong with the job that it is at.
    fn strike(&mut self, moment: Moment) {
        let Some(mishap) = self.planned(moment) else { return };
        if let Some(job) = &mut self.job {
            match mishap {
                Mishap::Mute => job.line = Line::Mute,
                Mishap::LineBreaks | Mishap::Unplugged => job.line = Line::Cut,
                // What it had not booked is gone with everything that it had in memory.
                Mishap::Restarts => self.job = None,
            }
        }
    }

    fn advance(&mut self, now: Duration, pace: Duration) {
        let at_host = |job: &Job| job.since + pace * 2;
        if self.job.as_ref().is_some_and(|job| !job.asked_host && now >= at_host(job)) {
            if let Some(job) = &mut self.job {
                job.asked_host = true;
            }
            self.strike(Moment::BeforeBooking);
        }
        if self.job.as_ref().is_some_and(|job| job.asked_host && now >= at_host(job) + pace) {
            self.finish();
        }
    }

    /// Books, or does not, and remembers which.
    fn finish(&mut self) {
        let Some(job) = self.job.take() else { return };
        let attempt = job.request.attempt;
        let will = self.wills.pop_front().unwrap_or(Will::Approve);
        let outcome = match self.aborting.take_if(|aborting| *aborting == attempt) {
            Some(_) => Outcome::Declined(Decline::new(ErrorCondition::Aborted, None)),
            None => self.book_one(&job.request, will),
        };
        self.known.insert(attempt, outcome);
        self.order.push_back(attempt);
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        let line = match self.planned(Moment::AfterBooking) {
            None => job.line,
            Some(Mishap::Mute) => Line::Mute,
            Some(_) => Line::Cut,
        };
        self.last = Some((attempt, line));
    }

    /// What the caller of an attempt hears now.
    fn heard_of(&self, attempt: AttemptId) -> Option<Result<Outcome, ()>> {
        let line = match (&self.job, self.last) {
            (Some(job), _) if job.request.attempt == attempt => match job.line {
                Line::Cut => return Some(Err(())),
                Line::Open | Line::Mute => return None,
            },
            (_, Some((last, line))) if last == attempt => line,
            // It restarted meanwhile.
            _ => return Some(Err(())),
        };
        match line {
            Line::Open => Some(self.known.get(&attempt).cloned().ok_or(())),
            Line::Mute => None,
            Line::Cut => Some(Err(())),
        }
    }
}

impl Inner {
    fn book_one(&mut self, request: &Request, will: Will) -> Outcome {
        let refused = |condition, said| Outcome::Declined(Decline::new(condition, Some(said)));
        let currency = request.amount.currency();
        let is_payment = matches!(request.service, Service::Payment { .. });
        let (amount, tip) = match will {
            Will::Decline(condition) => return refused(condition, "declined"),
            Will::ApprovePart { minor } if is_payment && minor > 0 && minor < request.amount.minor() => {
                (Money::from_minor(minor, currency), None)
            }
            Will::Tip { minor } if is_payment && minor > 0 => {
                let more = Money::from_minor(minor, currency);
                let known = match &request.service {
                    Service::Payment { tip: Some(tip) } => *tip,
                    _ => Money::zero(currency),
                };
                (request.amount + more, Some(known + more))
            }
            Will::Approve | Will::ApproveOffline | Will::ApprovePart { .. } | Will::Tip { .. } => {
                match &request.service {
                    Service::Payment { tip } => (request.amount, *tip),
                    Service::Refund { .. } | Service::Reversal { .. } => (request.amount, None),
                }
            }
        };
        if let Service::Reversal { original } | Service::Refund { original: Some(original) } =
            &request.service
            && !self.has_left(original, amount)
        {
            return refused(ErrorCondition::NotAllowed, "nothing is left of the original");
        }
        let transaction =
            PoiTransaction::new(format!("S{:06}", self.book.len() + 1)).expect("short and plain");
        let authorised = match will {
            Will::ApproveOffline if is_payment => Authorised::Offline,
            _ => Authorised::Online,
        };
        self.book.push(Booked {
            attempt: request.attempt,
            service: request.service.clone(),
            amount,
            transaction: transaction.clone(),
            authorised,
        });
        let card = CardFacts {
            scheme: Word::name("Simulated"),
            last_four: LastFour::of("4242"),
            entry: Some(EntryMode::Contactless),
            auth_code: Word::auth_code(&format!("{:06}", self.book.len())),
            ..CardFacts::default()
        };
        let mut slip = Slip::default();
        slip.add_customer(&format!("Simulated payment {transaction}"));
        Outcome::Approved(Box::new(Approval { amount, tip, transaction, card, authorised, slip }))
    }

    /// Whether so much of a payment is still here.
    fn has_left(&self, original: &PoiTransaction, amount: Money) -> bool {
        let Some(paid) = self.book.iter().find(|booked| booked.transaction == *original) else {
            return false;
        };
        let back = self.book.iter().filter(|booked| match &booked.service {
            Service::Refund { original: Some(of) } | Service::Reversal { original: of } => of == original,
            Service::Payment { .. } | Service::Refund { original: None } => false,
        });
        let back = Money::sum(amount.currency(), back.map(|booked| booked.amount));
        back + amount <= paid.amount
    }
}

impl PaymentDriver for SimulatedPoi {
    fn capabilities(&self) -> Capabilities {
        self.can
    }

    fn mark(&self) -> BoxFuture<'_, Result<Mark, Fault>> {
        async {
            if self.is_unplugged() {
                return Err(self.unreachable());
            }
            Ok(Mark::none())
        }
        .boxed()
    }

    fn carry_out<'a>(
        &'a self,
        request: &'a Request,
        _: &'a Mark,
        steps: &'a Steps,
    ) -> BoxFuture<'a, Outcome> {
        async move {
            if self.is_unplugged() {
                return Outcome::Unresolved(self.unreachable());
            }
            steps.tell(Step::Connecting);
            let on_the_way = self.lock().planned(Moment::BeforeArrival);
            match on_the_way {
                None => {}
                Some(Mishap::Mute) => futures::future::pending::<()>().await,
                Some(_) => return Outcome::Unresolved(self.broke()),
            }
            if let Err(busy) = self.hear(request) {
                return busy;
            }
            steps.tell(Step::PresentCard);
            let mut told = false;
            loop {
                {
                    let inner = self.up_to_now();
                    match inner.heard_of(request.attempt) {
                        Some(Ok(outcome)) => return outcome,
                        Some(Err(())) => return Outcome::Unresolved(self.broke()),
                        None => {}
                    }
                    if inner.job.as_ref().is_some_and(|job| job.asked_host) && !told {
                        steps.tell(Step::Authorising);
                        told = true;
                    }
                }
                tokio::time::sleep((self.pace / 4).max(LOOK_EVERY_MIN)).await;
            }
        }
        .boxed()
    }

    fn ask<'a>(&'a self, request: &'a Request, _: &'a Mark) -> BoxFuture<'a, Outcome> {
        async move {
            let inner = self.up_to_now();
            if inner.unplugged {
                drop(inner);
                return Outcome::Unresolved(self.unreachable());
            }
            if inner.job.as_ref().is_some_and(|job| job.request.attempt == request.attempt) {
                return Outcome::Unresolved(Fault::InProgress {
                    device: "the simulated terminal".to_owned(),
                });
            }
            match inner.known.get(&request.attempt) {
                Some(outcome) => outcome.clone(),
                None => Outcome::Declined(Decline::new(ErrorCondition::NotFound, None)),
            }
        }
        .boxed()
    }

    fn abort(&self, attempt: AttemptId) -> BoxFuture<'_, Result<(), Fault>> {
        async move {
            let mut inner = self.up_to_now();
            if inner.unplugged {
                drop(inner);
                return Err(self.unreachable());
            }
            if inner.job.as_ref().is_some_and(|job| job.request.attempt == attempt) {
                inner.aborting = Some(attempt);
            }
            Ok(())
        }
        .boxed()
    }

    fn reconcile(&self) -> BoxFuture<'_, Result<Totals, Fault>> {
        async {
            match self.end_day() {
                Some(told) => told,
                None => futures::future::pending().await,
            }
        }
        .boxed()
    }

    fn diagnose(&self) -> BoxFuture<'_, Result<Health, Fault>> {
        async {
            if self.is_unplugged() {
                return Err(self.unreachable());
            }
            Ok(Health { ready: true, says: "ready".to_owned() })
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use holdfast_money::Currency;

    use super::*;
    use crate::payment::SaleReference;

    fn request(attempt: u128, minor: i64, service: Service) -> Request {
        Request {
            attempt: AttemptId(attempt),
            sale: SaleReference::new("test").expect("a reference"),
            service,
            amount: Money::from_minor(minor, Currency::EUR),
        }
    }

    async fn carried(poi: &SimulatedPoi, request: &Request) -> Outcome {
        let (steps, _seen) = Steps::channel();
        let mark = Mark::none();
        let work = poi.carry_out(request, &mark, &steps);
        tokio::time::timeout(Duration::from_secs(30), work).await.unwrap_or_else(|_| {
            Outcome::Unresolved(Fault::Silent { device: "test".to_owned(), during: "the payment" })
        })
    }

    #[tokio::test(start_paused = true)]
    async fn its_book_and_its_answers_agree_whatever_goes_wrong() {
        for moment in Moment::ALL {
            for mishap in Mishap::ALL {
                for will in [Will::Approve, Will::Decline(ErrorCondition::Refusal), Will::Tip { minor: 50 }] {
                    let poi = SimulatedPoi::new(Duration::from_millis(100));
                    poi.will(will);
                    poi.mishap(moment, mishap);
                    let request = request(7, 1_000, Service::Payment { tip: None });
                    let first = carried(&poi, &request).await;
                    assert!(matches!(first, Outcome::Unresolved(_)), "{moment:?} {mishap:?}: {first:?}");
                    poi.plug_in();
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    let known = poi.ask(&request, &Mark::none()).await;
                    match known {
                        Outcome::Approved(_) => {
                            assert_eq!(poi.book().len(), 1, "{moment:?} {mishap:?} {will:?}")
                        }
                        Outcome::Declined(_) => {
                            assert!(poi.book().is_empty(), "{moment:?} {mishap:?} {will:?}")
                        }
                        Outcome::Unresolved(fault) => panic!("{moment:?} {mishap:?}: {fault}"),
                    }
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_sends_twice_charges_twice() {
        let poi = SimulatedPoi::new(Duration::from_millis(100));
        let request = request(7, 1_000, Service::Payment { tip: None });
        for _ in 0..2 {
            assert!(matches!(carried(&poi, &request).await, Outcome::Approved(_)));
        }
        assert_eq!(poi.book().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_day_whose_end_was_not_heard_has_ended_all_the_same() {
        let poi = SimulatedPoi::new(Duration::ZERO);
        assert!(matches!(
            carried(&poi, &request(1, 1_000, Service::Payment { tip: None })).await,
            Outcome::Approved(_)
        ));
        poi.mishap(Moment::AfterBooking, Mishap::LineBreaks);
        assert!(matches!(poi.reconcile().await, Err(Fault::Disconnected { .. })));
        assert_eq!(poi.days().iter().map(Vec::len).collect::<Vec<_>>(), [1]);
        let again = poi.reconcile().await.expect("plugged in");
        assert!(again.lines.is_empty(), "whoever asks twice hears of nothing: {again:?}");
        poi.pay_alone(Money::from_minor(250, Currency::EUR));
        let next = poi.reconcile().await.expect("plugged in");
        assert_eq!(next.lines.iter().map(|line| line.net.minor()).sum::<i64>(), 250);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_goes_back_twice() {
        let poi = SimulatedPoi::new(Duration::ZERO);
        let paid = carried(&poi, &request(1, 1_000, Service::Payment { tip: None })).await;
        let Outcome::Approved(paid) = paid else { panic!("{paid:?}") };
        let reversal =
            |attempt| request(attempt, 1_000, Service::Reversal { original: paid.transaction.clone() });
        assert!(matches!(carried(&poi, &reversal(2)).await, Outcome::Approved(_)));
        assert!(matches!(carried(&poi, &reversal(3)).await, Outcome::Declined(_)));
        let totals = poi.reconcile().await.expect("plugged in");
        assert_eq!(totals.lines.iter().map(|line| line.net.minor()).sum::<i64>(), 0);
    }
}
