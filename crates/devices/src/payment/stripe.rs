//! Card readers of Stripe's, driven through its servers (Stripe Terminal, server-driven): the hub speaks with the API, the API
//! with the reader on the counter.
//!
//! A payment is a PaymentIntent. It is made, given to the reader, approved by the card's bank, and captured by us; only then
//! it is booked. Each step that must not happen twice carries a key made of the attempt's id (`Idempotency-Key`), and to a key
//! that is used again Stripe gives the first answer.
//!
//! How an attempt is found again: its intent is made once more with the same key. What comes back is the intent of the first
//! time, or a new one that was never near a reader; either way its state is read, and it is captured when the bank had
//! approved it, cancelled when no reader is at it. So that an attempt never arrived is not believed but made true: its intent
//! is cancelled for ever, and whatever comes late finds it so. Stripe keeps keys for 24 hours. After that the intent is
//! searched for by the attempt's id: what a search finds is read again by its own number and believed, but what it does not
//! find says nothing, because Stripe's index lags behind by a minute or, on bad days, an hour. Then a person decides.
//!
//! Whose books are asked is proven by the reader: the mark names it, and another account does not know it.
//!
//! Invariants: approved only when the intent has succeeded after its capture; declined only when it is cancelled, or when the
//! API refused to make it before any reader heard of it. A refund that is not settled within our time stays unresolved.

mod api;
mod back;
pub(crate) mod fuzz;
mod object;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use self::api::{Answer, Api, Form, Refusal};
use self::object::{Hit, Intent, List, Reader, Stage};
use super::{
    AttemptId, Capabilities, Decline, ErrorCondition, Fault, Health, Mark, Outcome, PaymentDriver, Refunds,
    Request, Service, Step, Steps, Totals,
};

pub use self::api::SecretKey;

/// Where Stripe is.
pub const API: &str = "https://api.stripe.com";
/// For how long a key is trusted to be kept: an hour less than Stripe promises.
const MEMORY_SECONDS: i64 = 23 * 60 * 60;
/// The most characters of a reader's or an intent's id.
const ID_CHARS_MAX: usize = 48;
/// How often one call looks at an intent before it leaves the rest to the next question.
const LOOKS_MAX: u32 = 1_000;
/// Currencies whose smallest unit is another one to Stripe than to ISO 4217. Its readers take none of them.
const OTHER_UNITS: [&str; 3] = ["ISK", "MGA", "UGX"];

/// How long is waited for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// For a connection with TLS.
    pub connect: Duration,
    /// For one answer of the API.
    pub answer: Duration,
    /// For the customer, from when the reader has the payment. After that it is taken from the reader.
    pub payment: Duration,
    /// Between two looks at the reader or at an intent.
    pub poll: Duration,
    /// How long something that is under way at Stripe is looked at again.
    pub in_progress: Duration,
    /// Between hearing that money to be given back is not known and asking once more: longer than Stripe may take over a
    /// request whose sender is gone.
    pub settle: Duration,
}

impl Timings {
    pub const USUAL: Timings = Timings {
        connect: Duration::from_secs(5),
        answer: Duration::from_secs(20),
        payment: Duration::from_secs(120),
        poll: Duration::from_millis(1_500),
        in_progress: Duration::from_secs(20),
        settle: Duration::from_secs(30),
    };
}

/// How one reader is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Mostly [`API`].
    pub api: String,
    pub key: SecretKey,
    /// Such as `tmr_FDOt2wlRZEdpd7`.
    pub reader: String,
    /// Whom the API's certificate has to be signed by, in PEM. A whole bundle of roots is fine.
    pub roots_pem: String,
    /// The reader asks for a tip, as its location at Stripe is set up.
    pub tipping: bool,
    pub timings: Timings,
}

/// Why a reader cannot be set up so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("HF-DEV-043: the address of the API has the form https://host, with a port where it is not 443")]
    Address,
    #[error("HF-DEV-043: the secret key begins with sk_ or rk_ and has letters, digits and underscores")]
    Key,
    #[error("HF-DEV-043: a reader's id begins with tmr_ and has at most {ID_CHARS_MAX} letters and digits")]
    Reader,
    #[error("HF-DEV-043: the root certificates for the API are no certificates in PEM")]
    Roots,
}

/// Where time comes from.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    fn now(&self) -> Timestamp;
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A card reader behind Stripe's API.
#[derive(Debug)]
pub struct StripeTerminal {
    api: Api,
    reader: String,
    tipping: bool,
    timings: Timings,
    clock: Arc<dyn Clock>,
    under_way: Mutex<UnderWay>,
}

/// What is known of the last attempt without asking.
#[derive(Debug, Default)]
struct UnderWay {
    last: Option<(AttemptId, String)>,
    /// The attempt that was last asked to stop.
    stopping: Option<AttemptId>,
}

/// What a mark says.
struct Begun {
    seconds: i64,
    reader: String,
}

/// What became of the request for an intent.
enum Made {
    New(Intent),
    /// It was there before; what came back is how it was then.
    Before(Intent),
    Refused(Refusal),
    /// The key was used for another request.
    KeyIsSpent,
    /// Stripe failed, and if it keeps the key it fails so for as long as the key lives.
    Failed(Fault),
}

impl StripeTerminal {
    /// Nothing is sent.
    ///
    /// # Errors
    /// [`SettingsError`] when something is missing or malformed.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<StripeTerminal, SettingsError> {
        let Settings { api, key, reader, roots_pem, tipping, timings } = settings;
        if !is_id(&reader, "tmr_") {
            return Err(SettingsError::Reader);
        }
        let api = Api::new(&reader, &api, key, &roots_pem, timings.connect, timings.answer)?;
        Ok(StripeTerminal { api, reader, tipping, timings, clock, under_way: Mutex::default() })
    }

    async fn take(&self, request: &Request, steps: &Steps) -> Result<Outcome, Fault> {
        steps.tell(Step::Connecting);
        let during = "a payment";
        let intent = match self.make(request, during).await? {
            Made::New(intent) => intent,
            Made::Before(intent) => {
                let because = ErrorCondition::Aborted;
                return self.settle(request, &intent.id, &self.reader, because, during).await;
            }
            // No reader heard of it, and none will: without an intent there is nothing to hear of.
            Made::Refused(refusal) => return Ok(not_begun(&refusal)),
            Made::KeyIsSpent => return Err(self.api.cannot("its key was used for something else")),
            Made::Failed(fault) => return Err(fault),
        };
        let mut because = ErrorCondition::Aborted;
        if !self.is_to_stop(request.attempt) {
            steps.tell(Step::PresentCard);
            because = match self.give_to_reader(request, &intent.id, during).await? {
                None => self.wait_for_reader(request.attempt, &intent.id).await,
                Some(refusal) => refused_because(&refusal),
            };
        }
        self.settle(request, &intent.id, &self.reader, because, during).await
    }

    /// Makes the attempt's intent, which nothing can be charged for before a reader has it.
    async fn make(&self, request: &Request, during: &'static str) -> Result<Made, Fault> {
        // Nothing of it may depend on settings: the same attempt is the same bytes for as long as its key lives.
        let attempt = request.attempt.to_string();
        let form = Form::default()
            .with("amount", &request.amount.minor().to_string())
            .with("currency", &request.amount.currency().code().to_ascii_lowercase())
            .with("payment_method_types[]", "card_present")
            .with("capture_method", "manual")
            .with("description", request.sale.as_str())
            .with("metadata[attempt]", &attempt);
        let key = Some(format!("{attempt}-create"));
        Ok(match self.api.post::<Intent>("/v1/payment_intents", &form, key, during).await? {
            Answer::Content { content, again } => {
                self.belongs(&content, request, during)?;
                self.remember(request.attempt, &content.id);
                if again { Made::Before(content) } else { Made::New(content) }
            }
            Answer::Refused(refusal) if refusal.is_about_the_key() => Made::KeyIsSpent,
            Answer::Refused(refusal) => Made::Refused(refusal),
            Answer::Failed { status } => Made::Failed(self.api.failed(status, during)),
        })
    }

    /// None when the reader has it.
    async fn give_to_reader(
        &self,
        request: &Request,
        intent: &str,
        during: &'static str,
    ) -> Result<Option<Refusal>, Fault> {
        let knows_tip = matches!(request.service, Service::Payment { tip: Some(_) });
        let skips = if self.tipping && !knows_tip { "false" } else { "true" };
        let form = Form::default()
            .with("payment_intent", intent)
            .with("process_config[enable_customer_cancellation]", "true")
            .with("process_config[skip_tipping]", skips);
        let path = format!("/v1/terminal/readers/{}/process_payment_intent", self.reader);
        let key = Some(format!("{}-process", request.attempt));
        match self.api.post::<Reader>(&path, &form, key, during).await? {
            Answer::Content { content, .. } if content.id == self.reader => Ok(None),
            Answer::Content { .. } => Err(self.api.foreign(during)),
            Answer::Refused(refusal) => Ok(Some(refusal)),
            Answer::Failed { status } => Err(self.api.failed(status, during)),
        }
    }

    /// Waits until the reader is not at it any more, and says why if it came to nothing. A look that gets no answer is taken
    /// again: the customer pays meanwhile. Whoever takes too long is sent away.
    async fn wait_for_reader(&self, attempt: AttemptId, intent: &str) -> ErrorCondition {
        let end = Instant::now() + self.timings.payment;
        let mut is_over = false;
        while !is_over {
            sleep(self.timings.poll).await;
            is_over = Instant::now() >= end;
            match self.look_at(&self.reader, "waiting for the customer").await {
                Ok(Some(reader)) if reader.at() != Some(intent) => {
                    let failure = reader.failure(intent);
                    let otherwise = ErrorCondition::Cancel;
                    let stopped = self.is_to_stop(attempt).then_some(ErrorCondition::Aborted);
                    return stopped.or(failure).unwrap_or(otherwise);
                }
                Ok(_) if is_over || self.is_to_stop(attempt) => {
                    // What it says to this is seen at the reader.
                    let _ = self.take_from_reader(&self.reader).await;
                }
                Ok(_) => {}
                Err(fault) => {
                    tracing::debug!(code = fault.code(), "Stripe does not say what the reader does");
                }
            }
        }
        ErrorCondition::Aborted
    }

    /// Brings an intent to an end: captures what a bank approved, cancels what no reader is at.
    async fn settle(
        &self,
        request: &Request,
        id: &str,
        reader: &str,
        because: ErrorCondition,
        during: &'static str,
    ) -> Result<Outcome, Fault> {
        let end = Instant::now() + self.timings.in_progress;
        let mut intent = self.intent(id, during).await?;
        for _ in 0..LOOKS_MAX {
            self.belongs(&intent, request, during)?;
            let changed = match intent.stage() {
                Some(Stage::Succeeded) => {
                    let approval = intent.approval(request);
                    let approval =
                        approval.ok_or_else(|| self.api.garbled(during, "an amount that cannot be"))?;
                    return Ok(Outcome::Approved(Box::new(approval)));
                }
                Some(Stage::Canceled) => return Ok(Outcome::Declined(intent.decline(because))),
                Some(Stage::ToBeCaptured) => Some(self.capture(request, id, during).await?),
                Some(Stage::Processing) => None,
                Some(Stage::Open) => {
                    let is_at_it =
                        self.look_at(reader, during).await?.is_some_and(|reader| reader.at() == Some(id));
                    if is_at_it { None } else { self.cancel(id, object::GIVEN_UP, during).await? }
                }
                None => return Err(self.api.garbled(during, "a payment in a state that is not known")),
            };
            intent = match changed {
                Some(changed) if changed.is_over() => changed,
                _ if Instant::now() >= end => return Err(self.api.in_progress()),
                _ => {
                    sleep(self.timings.poll).await;
                    self.intent(id, during).await?
                }
            };
        }
        Err(self.api.in_progress())
    }

    async fn capture(&self, request: &Request, id: &str, during: &'static str) -> Result<Intent, Fault> {
        let path = format!("/v1/payment_intents/{id}/capture");
        let form = Form::default().with("expand[]", "latest_charge");
        // An intent is captured once whatever the key is. A key whose first answer was a failure gives it for ever, so then it is
        // left out.
        let mut failed = self.api.in_progress();
        for key in [Some(format!("{}-capture", request.attempt)), None] {
            match self.api.post::<Intent>(&path, &form, key, during).await? {
                Answer::Content { content, .. } if content.id == id => return Ok(content),
                Answer::Content { .. } => return Err(self.api.foreign(during)),
                Answer::Refused(refusal) if refusal.is_about_trust() => {
                    return Err(self.api.refused(&refusal, during));
                }
                // It is not in the state that it was in; what it is in now is looked up.
                Answer::Refused(_) => return self.intent(id, during).await,
                Answer::Failed { status } => {
                    failed = self.api.failed(status, during);
                    let now = self.intent(id, during).await?;
                    if now.stage() != Some(Stage::ToBeCaptured) {
                        return Ok(now);
                    }
                }
            }
        }
        Err(failed)
    }

    /// Cancels an intent, for which nothing can be charged then. None when it is in no state for that. It has no key, because to
    /// cancel twice is to cancel.
    async fn cancel(&self, id: &str, reason: &str, during: &'static str) -> Result<Option<Intent>, Fault> {
        let path = format!("/v1/payment_intents/{id}/cancel");
        let form = Form::default().with("cancellation_reason", reason);
        match self.api.post::<Intent>(&path, &form, None, during).await? {
            Answer::Content { content, .. } if content.id == id => Ok(Some(content)),
            Answer::Content { .. } => Err(self.api.foreign(during)),
            Answer::Refused(refusal) if refusal.is_about_trust() => Err(self.api.refused(&refusal, during)),
            Answer::Refused(_) => Ok(None),
            Answer::Failed { status } => Err(self.api.failed(status, during)),
        }
    }

    async fn intent(&self, id: &str, during: &'static str) -> Result<Intent, Fault> {
        if !is_id(id, "pi_") {
            return Err(self.api.garbled(during, "a payment without a number"));
        }
        let query = Form::default().with("expand[]", "latest_charge");
        let answer = self.api.get::<Intent>(&format!("/v1/payment_intents/{id}"), &query, during).await?;
        let intent = self.api.content(answer, during)?;
        if intent.id == id { Ok(intent) } else { Err(self.api.foreign(during)) }
    }

    fn belongs(&self, intent: &Intent, request: &Request, during: &'static str) -> Result<(), Fault> {
        if intent.is_of(&request.attempt.to_string()) { Ok(()) } else { Err(self.api.foreign(during)) }
    }

    /// None when the account knows no such reader.
    async fn look_at(&self, id: &str, during: &'static str) -> Result<Option<Reader>, Fault> {
        let path = format!("/v1/terminal/readers/{id}");
        match self.api.get::<Reader>(&path, &Form::default(), during).await? {
            Answer::Refused(refusal) if refusal.is_missing() => Ok(None),
            answer => {
                let reader = self.api.content(answer, during)?;
                if reader.id == id { Ok(Some(reader)) } else { Err(self.api.foreign(during)) }
            }
        }
    }

    async fn take_from_reader(&self, id: &str) -> Result<(), Fault> {
        let path = format!("/v1/terminal/readers/{id}/cancel_action");
        let during = "an abort";
        match self.api.post::<Reader>(&path, &Form::default(), None, during).await? {
            // It is too late, or there was nothing: what became of it is said by the payment.
            Answer::Content { .. } => Ok(()),
            Answer::Refused(refusal) if !refusal.is_about_trust() => Ok(()),
            Answer::Refused(refusal) => Err(self.api.refused(&refusal, during)),
            Answer::Failed { status } => Err(self.api.failed(status, during)),
        }
    }

    async fn find_out(&self, request: &Request, mark: &Mark) -> Result<Outcome, Fault> {
        let during = "asking about a payment";
        let begun =
            Begun::read(mark).ok_or_else(|| self.api.cannot("nothing was kept of when it was begun"))?;
        if is_impossible(request) {
            return Ok(Outcome::Declined(Decline::new(ErrorCondition::NotAllowed, None)));
        }
        if self.look_at(&begun.reader, during).await?.is_none() {
            return Err(self.api.cannot("it was begun at a reader that this key's account does not know"));
        }
        let original = match &request.service {
            Service::Payment { .. } => {
                let (id, because) = self.find(request, &begun, during).await?;
                return self.settle(request, &id, &begun.reader, because, during).await;
            }
            Service::Refund { original: Some(original) } | Service::Reversal { original } => original,
            Service::Refund { original: None } => {
                return Ok(Outcome::Declined(Decline::new(ErrorCondition::NotAllowed, None)));
            }
        };
        self.until_given_back(request, original.as_str(), during).await
    }

    /// The attempt's intent, and why it came to nothing if it did.
    async fn find(
        &self,
        request: &Request,
        begun: &Begun,
        during: &'static str,
    ) -> Result<(String, ErrorCondition), Fault> {
        let because = self.stopped_or(request.attempt, ErrorCondition::Cancel);
        if let Some(id) = self.remembered(request.attempt) {
            return Ok((id, because));
        }
        // A clock that was set back says nothing about what Stripe still keeps.
        let mut otherwise = self.api.cannot("a search does not find it, which proves nothing");
        let age = self.clock.now().as_second().saturating_sub(begun.seconds);
        if (0..=MEMORY_SECONDS).contains(&age) {
            match self.make(request, during).await? {
                Made::New(intent) => return Ok((intent.id, ErrorCondition::NotFound)),
                Made::Before(intent) => return Ok((intent.id, because)),
                Made::Refused(refusal) if refusal.is_about_trust() => {
                    return Err(self.api.refused(&refusal, during));
                }
                // What is refused now may have been taken then.
                Made::Refused(_) | Made::KeyIsSpent => {}
                Made::Failed(fault) => otherwise = fault,
            }
        }
        let query = format!("metadata[\"attempt\"]:\"{}\"", request.attempt);
        let query = Form::default().with("query", &query);
        let found = self.api.get::<List<Hit>>("/v1/payment_intents/search", &query, during).await?;
        let found = self.api.content(found, during)?;
        match found.data.as_slice() {
            // It is read again by its number: the index can be behind, the intent itself cannot.
            [hit] if !found.has_more => Ok((hit.id.clone(), because)),
            [] => Err(otherwise),
            _ => Err(self.api.cannot("a search finds more than one")),
        }
    }

    fn remember(&self, attempt: AttemptId, intent: &str) {
        self.under_way().last = Some((attempt, intent.to_owned()));
    }

    fn remembered(&self, attempt: AttemptId) -> Option<String> {
        self.under_way().last.as_ref().filter(|(of, _)| *of == attempt).map(|(_, intent)| intent.clone())
    }

    fn is_to_stop(&self, attempt: AttemptId) -> bool {
        self.under_way().stopping == Some(attempt)
    }

    fn stopped_or(&self, attempt: AttemptId, otherwise: ErrorCondition) -> ErrorCondition {
        if self.is_to_stop(attempt) { ErrorCondition::Aborted } else { otherwise }
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Begun {
    fn read(mark: &Mark) -> Option<Begun> {
        let (seconds, reader) = mark.as_str().split_once('/')?;
        is_id(reader, "tmr_").then_some(())?;
        Some(Begun { seconds: seconds.parse().ok()?, reader: reader.to_owned() })
    }
}

/// Only what is one goes into a path.
fn is_id(text: &str, prefix: &str) -> bool {
    let rest = text.strip_prefix(prefix).unwrap_or_default();
    !rest.is_empty()
        && text.len() <= ID_CHARS_MAX
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Nothing of such a request ever leaves.
fn is_impossible(request: &Request) -> bool {
    let original = match &request.service {
        Service::Payment { .. } => None,
        // There is no card to give money back to.
        Service::Refund { original: None } => return true,
        Service::Refund { original: Some(original) } | Service::Reversal { original } => Some(original),
    };
    OTHER_UNITS.contains(&request.amount.currency().code())
        || !request.amount.is_positive()
        || original.is_some_and(|original| !is_id(original.as_str(), "pi_"))
}

fn not_begun(refusal: &Refusal) -> Outcome {
    Outcome::Declined(Decline::new(refused_because(refusal), refusal.said()))
}

fn refused_because(refusal: &Refusal) -> ErrorCondition {
    refusal.code.as_deref().and_then(object::condition).unwrap_or(ErrorCondition::NotAllowed)
}

impl PaymentDriver for StripeTerminal {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            refunds: Refunds::ByOriginal,
            reversal: true,
            partial: false,
            tip: self.tipping,
            abort: true,
            status: true,
            // To ask about an attempt that never arrived ends it for ever, so it must not be asked about before it is sent. To
            // send it again under its key is to find it.
            finds_by_id: false,
            totals: false,
            needs_wan: true,
        }
    }

    fn mark(&self) -> BoxFuture<'_, Result<Mark, Fault>> {
        Box::pin(async {
            let mark = format!("{}/{}", self.clock.now().as_second(), self.reader);
            Mark::new(mark).map_err(|_| Fault::NotCapable {
                device: self.reader.clone(),
                what: "this machine's clock shows a time that cannot be",
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
            let carried = match &request.service {
                _ if is_impossible(request) => {
                    Ok(Outcome::Declined(Decline::new(ErrorCondition::NotAllowed, None)))
                }
                Service::Refund { original: Some(original) } | Service::Reversal { original } => {
                    self.give_back(request, original).await
                }
                Service::Payment { .. } | Service::Refund { original: None } => {
                    self.take(request, steps).await
                }
            };
            carried.unwrap_or_else(Outcome::Unresolved)
        })
    }

    fn ask<'a>(&'a self, request: &'a Request, mark: &'a Mark) -> BoxFuture<'a, Outcome> {
        Box::pin(async move { self.find_out(request, mark).await.unwrap_or_else(Outcome::Unresolved) })
    }

    /// Takes it from the reader, where the reader has it. What became of it is said by the payment.
    fn abort(&self, attempt: AttemptId) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            self.under_way().stopping = Some(attempt);
            let during = "an abort";
            let Some(reader) = self.look_at(&self.reader, during).await? else { return Ok(()) };
            let Some(at) = reader.at() else { return Ok(()) };
            let is_ours = match self.remembered(attempt) {
                Some(ours) => ours == at,
                None => self.intent(at, during).await?.is_of(&attempt.to_string()),
            };
            if is_ours { self.take_from_reader(&self.reader).await } else { Ok(()) }
        })
    }

    fn reconcile(&self) -> BoxFuture<'_, Result<Totals, Fault>> {
        Box::pin(async {
            Err(Fault::NotCapable {
                device: self.reader.clone(),
                what: "Stripe counts payouts, not a reader's day",
            })
        })
    }

    fn diagnose(&self) -> BoxFuture<'_, Result<Health, Fault>> {
        Box::pin(async {
            let during = "a diagnosis";
            let reader = self.look_at(&self.reader, during).await?.filter(|reader| !reader.deleted);
            let Some(reader) = reader else {
                return Ok(Health { ready: false, says: "the account knows no such reader".to_owned() });
            };
            let is_online = reader.status.as_deref() == Some("online");
            let says = match (is_online, reader.is_busy()) {
                (false, _) => "offline",
                (true, true) => "busy",
                (true, false) => "ready",
            };
            let kind = reader.device_type.as_deref().unwrap_or_default();
            let plain = kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let kind = if plain && !kind.is_empty() && kind.len() <= ID_CHARS_MAX { kind } else { "reader" };
            Ok(Health { ready: says == "ready", says: format!("{says}, {kind}") })
        })
    }
}
