//! Wallets that a customer pays with by reading a QR code at the till, with a provider that confirms what was paid.
//!
//! The code can be paid as long as the provider lets it be, whatever the till shows by then: with a picture of it, from a
//! telephone that was without a network, or a second after the cashier gave up. So giving up is a question to the provider,
//! and a decline is only its positive word that the charge was not paid and never will be.
//!
//! A charge's number is the attempt's own id in 32 hexadecimal digits, so no two attempts share one, and a charge that is made
//! again is the same charge. A charge that the provider does not know was never shown to anybody, because what is shown comes
//! from its answer.
//!
//! Invariants: the driver shows a code only after the provider confirmed the charge; it asks the provider to stop a charge
//! before it speaks of a decline.

pub mod emv;
pub(crate) mod fuzz;
pub mod pix;
mod provider;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use holdfast_money::Money;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

pub use self::provider::{PixAccount, PixApi, PixSettingsError};
use super::card::{CardFacts, EntryMode, Word};
use super::{
    Approval, AttemptId, Authorised, Capabilities, Decline, ErrorCondition, Fault, Health, Mark, Outcome,
    PaymentDriver, PoiTransaction, Refunds, Request, Service, Slip, Step, Steps, Totals,
};

/// A charge to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// 32 letters and digits, its number for ever.
    pub number: String,
    pub amount: Money,
    /// What the customer reads beside the amount.
    pub text: String,
    /// For how long the code is to be good.
    pub good_for: Duration,
}

/// What a provider says of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChargeState {
    /// It positively knows no charge of this number.
    Unknown,
    /// It can be paid with this code.
    Open {
        code: String,
    },
    Paid(Paid),
    /// It was not paid and never will be.
    Gone,
}

/// Money arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    pub amount: Money,
    pub transaction: PoiTransaction,
}

/// Money to be given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivingBack {
    /// 32 letters and digits, its number for ever.
    pub number: String,
    pub original: PoiTransaction,
    pub amount: Money,
}

/// What a provider says of money to be given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackState {
    /// It positively knows nothing of this number.
    Unknown,
    UnderWay,
    Done {
        amount: Money,
    },
    /// It was not given back and will not be.
    Refused {
        said: Option<String>,
    },
}

/// A provider that says positively what became of a charge. Every number stands for one thing for ever: to create it again
/// changes nothing. Nothing in here is retried in a way that could move money twice, and every wait has a limit.
pub trait ConfirmingProvider: Send + Sync + fmt::Debug + 'static {
    /// What people call it.
    fn name(&self) -> &str;

    /// Where and as whom it is asked: somebody else's charges are not known there. Letters and digits, at most 32.
    fn account(&self) -> String;

    fn create<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<ChargeState, Fault>>;

    fn poll<'a>(&'a self, number: &'a str) -> BoxFuture<'a, Result<ChargeState, Fault>>;

    /// Asks that it cannot be paid any more, and says what it is then.
    fn cancel<'a>(&'a self, number: &'a str) -> BoxFuture<'a, Result<ChargeState, Fault>>;

    fn refund<'a>(&'a self, back: &'a GivingBack) -> BoxFuture<'a, Result<BackState, Fault>>;

    fn poll_refund<'a>(&'a self, back: &'a GivingBack) -> BoxFuture<'a, Result<BackState, Fault>>;
}

/// How long is waited for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// For how long a code is good.
    pub good_for: Duration,
    /// Between the first two questions whether it is paid. Later pauses grow.
    pub poll_first: Duration,
    /// The longest pause between two questions.
    pub poll_most: Duration,
    /// How long giving money back, or a provider that does not confirm that a charge is stopped, is asked about.
    pub in_progress: Duration,
    /// Between hearing that money to be given back is not known and asking once more: longer than a provider may take over a
    /// request whose sender is gone.
    pub settle: Duration,
}

impl Timings {
    pub const USUAL: Timings = Timings {
        good_for: Duration::from_secs(180),
        poll_first: Duration::from_secs(1),
        poll_most: Duration::from_secs(4),
        in_progress: Duration::from_secs(20),
        settle: Duration::from_secs(30),
    };
}

/// A wallet that is paid with by reading a code.
#[derive(Debug)]
pub struct QrWallet {
    provider: Arc<dyn ConfirmingProvider>,
    timings: Timings,
    /// The attempt that was last asked to stop.
    stopping: watch::Sender<Option<AttemptId>>,
}

impl QrWallet {
    #[must_use]
    pub fn new(provider: Arc<dyn ConfirmingProvider>, timings: Timings) -> QrWallet {
        QrWallet { provider, timings, stopping: watch::Sender::new(None) }
    }

    async fn take(&self, request: &Request, steps: &Steps) -> Result<Outcome, Fault> {
        let number = request.attempt.to_string();
        let charge = Charge {
            number: number.clone(),
            amount: request.amount,
            text: request.sale.as_str().to_owned(),
            good_for: self.timings.good_for,
        };
        steps.tell(Step::Connecting);
        let code = match self.provider.create(&charge).await? {
            ChargeState::Open { code } => code,
            ChargeState::Paid(paid) => return Ok(self.approved(paid)),
            ChargeState::Gone => return Ok(declined(ErrorCondition::Cancel)),
            ChargeState::Unknown => return Err(self.cannot("it does not know the charge that it made")),
        };
        steps.tell(Step::ShowQr { text: code });
        match self.wait_for_money(request.attempt, &number).await {
            Some(outcome) => Ok(outcome),
            None => self.stop(&number, ErrorCondition::Aborted).await,
        }
    }

    /// Polls until it is known, or the time is over, or the till does not want it any more. A question that gets no answer is
    /// asked again: the customer pays meanwhile.
    async fn wait_for_money(&self, attempt: AttemptId, number: &str) -> Option<Outcome> {
        let end = Instant::now() + self.timings.good_for;
        let mut stopping = self.stopping.subscribe();
        let mut pauses = Pauses::new(attempt, self.timings);
        loop {
            let pause = pauses.next_pause();
            let until = end.min(Instant::now() + pause);
            let asked_to_stop = async { stopping.wait_for(|asked| *asked == Some(attempt)).await.is_ok() };
            if timeout_at(until, asked_to_stop).await == Ok(true) {
                return None;
            }
            match self.provider.poll(number).await {
                Ok(ChargeState::Paid(paid)) => return Some(self.approved(paid)),
                Ok(ChargeState::Gone) => return Some(declined(ErrorCondition::Cancel)),
                Ok(ChargeState::Open { .. } | ChargeState::Unknown) => {}
                Err(fault) => {
                    tracing::debug!(
                        code = fault.code(),
                        "a wallet's provider does not answer whether it is paid"
                    );
                }
            }
            if Instant::now() >= end {
                return None;
            }
        }
    }

    /// Asks the provider to stop a charge, and believes only what it says then.
    async fn stop(&self, number: &str, condition: ErrorCondition) -> Result<Outcome, Fault> {
        let end = Instant::now() + self.timings.in_progress;
        let mut state = self.provider.cancel(number).await?;
        loop {
            match state {
                ChargeState::Paid(paid) => return Ok(self.approved(paid)),
                ChargeState::Gone => return Ok(declined(condition)),
                ChargeState::Unknown => return Err(self.cannot("it does not know the charge that it made")),
                // It heard the wish and did not confirm it.
                ChargeState::Open { .. } if Instant::now() >= end => {
                    return Err(Fault::InProgress { device: self.provider.name().to_owned() });
                }
                ChargeState::Open { .. } => {
                    sleep(self.timings.poll_first).await;
                    state = self.provider.poll(number).await?;
                }
            }
        }
    }

    async fn give_back(&self, request: &Request, original: &PoiTransaction) -> Result<Outcome, Fault> {
        let back = giving_back(request, original);
        let first = self.provider.refund(&back).await?;
        self.until_given_back(&back, first).await
    }

    async fn until_given_back(&self, back: &GivingBack, first: BackState) -> Result<Outcome, Fault> {
        let end = Instant::now() + self.timings.in_progress;
        let mut was_missing = false;
        let mut state = first;
        loop {
            let pause = match state {
                BackState::Done { amount } => {
                    let transaction = PoiTransaction::new(format!("R{}", back.number.to_ascii_uppercase()))
                        .unwrap_or_else(|_| back.original.clone());
                    return Ok(self.approved(Paid { amount, transaction }));
                }
                BackState::Refused { said } => {
                    return Ok(Outcome::Declined(Decline::new(ErrorCondition::Refusal, said.as_deref())));
                }
                BackState::Unknown if was_missing => return Ok(declined(ErrorCondition::NotFound)),
                // A request can still be on its way when the first question overtakes it.
                BackState::Unknown => {
                    was_missing = true;
                    self.timings.settle
                }
                BackState::UnderWay if Instant::now() >= end => {
                    return Err(Fault::InProgress { device: self.provider.name().to_owned() });
                }
                BackState::UnderWay => {
                    was_missing = false;
                    self.timings.poll_first
                }
            };
            sleep(pause).await;
            state = self.provider.poll_refund(back).await?;
        }
    }

    async fn find_out(&self, request: &Request, mark: &Mark) -> Result<Outcome, Fault> {
        if mark.as_str() != self.provider.account() {
            return Err(self.cannot("it was begun with another provider or account"));
        }
        match original_of(&request.service) {
            Wanted::Money => {
                let number = request.attempt.to_string();
                let mut was_missing = false;
                loop {
                    match self.provider.poll(&number).await? {
                        ChargeState::Paid(paid) => return Ok(self.approved(paid)),
                        ChargeState::Gone => return Ok(declined(ErrorCondition::Cancel)),
                        // Nobody looks at the code any more: it is not left lying about to be paid.
                        ChargeState::Open { .. } => return self.stop(&number, ErrorCondition::Aborted).await,
                        ChargeState::Unknown if was_missing => return Ok(declined(ErrorCondition::NotFound)),
                        ChargeState::Unknown => {
                            was_missing = true;
                            sleep(self.timings.poll_first).await;
                        }
                    }
                }
            }
            Wanted::Back(original) => {
                let back = giving_back(request, original);
                let first = self.provider.poll_refund(&back).await?;
                self.until_given_back(&back, first).await
            }
            Wanted::Impossible => Ok(declined(ErrorCondition::NotAllowed)),
        }
    }

    fn approved(&self, paid: Paid) -> Outcome {
        Outcome::Approved(Box::new(Approval {
            amount: paid.amount,
            tip: None,
            transaction: paid.transaction,
            card: CardFacts {
                wallet: Word::name(self.provider.name()),
                entry: Some(EntryMode::QrCode),
                ..CardFacts::default()
            },
            authorised: Authorised::Online,
            slip: Slip::default(),
        }))
    }

    fn cannot(&self, what: &str) -> Fault {
        Fault::CannotSay { device: self.provider.name().to_owned(), what: what.to_owned() }
    }
}

fn declined(condition: ErrorCondition) -> Outcome {
    Outcome::Declined(Decline::new(condition, None))
}

fn giving_back(request: &Request, original: &PoiTransaction) -> GivingBack {
    GivingBack { number: request.attempt.to_string(), original: original.clone(), amount: request.amount }
}

enum Wanted<'a> {
    Money,
    Back(&'a PoiTransaction),
    /// There is no card to give money back to. Nothing of such a request ever leaves.
    Impossible,
}

fn original_of(service: &Service) -> Wanted<'_> {
    match service {
        Service::Payment { .. } => Wanted::Money,
        Service::Refund { original: Some(original) } | Service::Reversal { original } => {
            Wanted::Back(original)
        }
        Service::Refund { original: None } => Wanted::Impossible,
    }
}

/// Pauses that grow, each a little different from the next till's: many tills that ask at once are spread.
struct Pauses {
    attempt: AttemptId,
    count: u32,
    timings: Timings,
}

impl Pauses {
    /// After how many pauses they stop growing.
    const GROWTH_MAX: u32 = 8;

    fn new(attempt: AttemptId, timings: Timings) -> Pauses {
        Pauses { attempt, count: 0, timings }
    }

    /// Half as long again with every question, up to the longest, and between three and five quarters of that.
    fn next_pause(&mut self) -> Duration {
        let text = format!("{}/{}", self.attempt, self.count);
        let chance = ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref()[0];
        let grown = (0..self.count).fold(self.timings.poll_first, |pause, _| pause * 3 / 2);
        self.count = (self.count + 1).min(Self::GROWTH_MAX);
        let pause = grown.min(self.timings.poll_most);
        pause * 3 / 4 + pause / 2 * u32::from(chance) / 256
    }
}

impl PaymentDriver for QrWallet {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            refunds: Refunds::ByOriginal,
            reversal: false,
            partial: false,
            tip: false,
            abort: true,
            status: true,
            // The charge is found by its id wherever it is created again: nothing has to be asked first.
            finds_by_id: false,
            totals: false,
            needs_wan: true,
        }
    }

    fn mark(&self) -> BoxFuture<'_, Result<Mark, Fault>> {
        Box::pin(async {
            Mark::new(self.provider.account()).map_err(|_| Fault::NotCapable {
                device: self.provider.name().to_owned(),
                what: "its account has no name that can be kept",
            })
        })
    }

    fn carry_out<'a>(
        &'a self,
        request: &'a Request,
        _: &'a Mark,
        steps: &'a Steps,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let outcome = match original_of(&request.service) {
                Wanted::Money => self.take(request, steps).await,
                Wanted::Back(original) => self.give_back(request, original).await,
                Wanted::Impossible => Ok(declined(ErrorCondition::NotAllowed)),
            };
            outcome.unwrap_or_else(Outcome::Unresolved)
        })
    }

    /// A charge that can still be paid is stopped, because nobody waits for it any more.
    fn ask<'a>(&'a self, request: &'a Request, mark: &'a Mark) -> BoxFuture<'a, Outcome> {
        Box::pin(async move { self.find_out(request, mark).await.unwrap_or_else(Outcome::Unresolved) })
    }

    fn abort(&self, attempt: AttemptId) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            self.stopping.send_replace(Some(attempt));
            Ok(())
        })
    }

    fn reconcile(&self) -> BoxFuture<'_, Result<Totals, Fault>> {
        Box::pin(async {
            Err(Fault::NotCapable {
                device: self.provider.name().to_owned(),
                what: "a wallet's provider has no end of day at the till",
            })
        })
    }

    /// Asks about a charge that nobody made: whoever answers that it is not known is there and knows us.
    fn diagnose(&self) -> BoxFuture<'_, Result<Health, Fault>> {
        Box::pin(async {
            let nobody = AttemptId(0).to_string();
            self.provider.poll(&nobody).await.map(|_| Health { ready: true, says: "ready".to_owned() })
        })
    }
}
