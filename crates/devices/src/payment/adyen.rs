//! Card terminals that speak Adyen's Terminal API (nexo Retailer 3.0 as JSON), asked over the store's own network.
//!
//! Every request is one HTTPS connection to the terminal's port 8443, sealed once more with a key that the store and the
//! terminal share. Of an answer only the sealed part counts, and only when it echoes our own numbers.
//!
//! How an attempt is found again: its ServiceID is ten letters and digits made from the attempt's id, so it is the same after
//! a restart without being kept anywhere. Two attempts in the 48 hours that a terminal remembers get the same one about once
//! in a hundred million busy stores; then the terminal's answer carries the other attempt's SaleTransactionID, is taken for
//! [`Fault::Foreign`], and a person decides.
//!
//! A refund by reference and a reversal are the same message to Adyen, which only takes it over at once and moves the money
//! within minutes or, where a bank refuses, not at all: approved means taken over.
//!
//! Invariants: nothing is sent twice; the terminal's word that it never heard of an attempt is believed only when it says so
//! twice, some time apart, is the one that was asked, and would still remember.

mod answer;
mod certificate;
pub(crate) mod crypto;
pub(crate) mod fuzz;
pub(crate) mod message;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use hyper::{Method, StatusCode};
use jiff::Timestamp;
use rustls::pki_types::ServerName;
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use self::answer::Reader;
use self::crypto::{Keys, NONCE_BYTES, NotOurs, Sealed};
use self::message::{
    AbortRequest, Amount, AmountsReq, Category, Class, Condition, DiagnosisRequest, Direction, Header,
    MessageReference, OriginalTransaction, PROTOCOL_VERSION, PaymentData, PaymentRequest, PaymentTransaction,
    PaymentType, PoiToSale, ReconciliationRequest, ResultWord, ReversalRequest, SaleData, SaleToPoi, Secured,
    TransactionId, TransactionStatusRequest,
};
use super::https::{Call, Endpoint};
use super::{
    AttemptId, Capabilities, Decline, ErrorCondition, Fault, Health, Mark, Outcome, PaymentDriver,
    PoiTransaction, Refunds, Request, Service, Step, Steps, Totals,
};

/// The port that terminals listen on.
pub const PORT: u16 = 8443;
const PATH: &str = "/nexo";
/// The most characters of a ServiceID.
const SERVICE_ID_CHARS: usize = 10;
const SERVICE_ID_ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// The most characters of a SaleID or POIID.
const ID_CHARS_MAX: usize = 64;
/// For how long a terminal is trusted to know what it was asked for: half of the 48 hours after which a ServiceID may be used
/// again.
const MEMORY_SECONDS: i64 = 24 * 60 * 60;
/// The fewest characters of a passphrase that is accepted.
const PASSPHRASE_CHARS_MIN: usize = 12;

/// Which of the gateway's worlds a terminal lives in. Its certificate says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    Test,
    Live,
}

/// The key that a store and its terminals share, as entered in the gateway's customer area.
#[derive(Clone)]
pub struct SharedKey {
    pub identifier: String,
    pub version: u32,
    pub passphrase: Zeroizing<String>,
}

impl fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedKey {:?} version {}", self.identifier, self.version)
    }
}

/// How one terminal is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A name or an address of the store's network.
    pub host: String,
    pub port: u16,
    /// The terminal's model and serial number, such as `V400m-346403161`.
    pub poi_id: String,
    /// What this store is called at the terminal.
    pub sale_id: String,
    pub environment: Environment,
    /// The gateway's root certificate in PEM.
    pub roots_pem: String,
    pub key: SharedKey,
    pub timings: Timings,
}

/// How long is waited for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// For a connection with TLS.
    pub connect: Duration,
    /// For the answer to a payment, a refund or a reversal. The terminal itself gives up after 120 seconds.
    pub payment: Duration,
    /// For the answer to everything else.
    pub answer: Duration,
    /// Between two questions about an attempt that the terminal is still at.
    pub poll: Duration,
    /// How long an attempt that the terminal is still at is asked about.
    pub in_progress: Duration,
    /// Between hearing that an attempt is not known and asking once more.
    pub settle: Duration,
}

impl Timings {
    pub const USUAL: Timings = Timings {
        connect: Duration::from_secs(5),
        payment: Duration::from_secs(150),
        answer: Duration::from_secs(15),
        poll: Duration::from_secs(2),
        in_progress: Duration::from_secs(30),
        settle: Duration::from_secs(2),
    };
}

/// Why a terminal cannot be set up so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("HF-DEV-040: {what} has 1 to {ID_CHARS_MAX} letters, digits and dashes")]
    Id { what: &'static str },
    #[error("HF-DEV-040: the root certificate for the terminal is no certificate in PEM")]
    Root,
    #[error("HF-DEV-040: the terminal's passphrase has at least {PASSPHRASE_CHARS_MIN} characters")]
    Passphrase,
}

/// Where time and chance come from.
pub trait Sources: Send + Sync + fmt::Debug + 'static {
    fn now(&self) -> Timestamp;

    /// Sixteen bytes that never come again.
    ///
    /// # Errors
    /// When the system gives none.
    fn nonce(&self) -> io::Result<[u8; NONCE_BYTES]>;
}

/// The clock and the randomness of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSources;

impl Sources for SystemSources {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn nonce(&self) -> io::Result<[u8; NONCE_BYTES]> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(io::Error::other)?;
        Ok(nonce)
    }
}

/// A card terminal that speaks the Terminal API.
#[derive(Debug)]
pub struct AdyenTerminal {
    poi_id: String,
    sale_id: String,
    keys: Keys,
    line: Endpoint,
    timings: Timings,
    sources: Arc<dyn Sources>,
}

impl AdyenTerminal {
    /// Derives keys from the passphrase, which takes some milliseconds. Nothing is sent.
    ///
    /// # Errors
    /// [`SettingsError`] when something is missing or malformed.
    pub fn new(settings: Settings, sources: Arc<dyn Sources>) -> Result<AdyenTerminal, SettingsError> {
        let Settings { host, port, poi_id, sale_id, environment, roots_pem, key, timings } = settings;
        for (what, id) in [("the terminal's POIID", &poi_id), ("the SaleID", &sale_id)] {
            let fits = (1..=ID_CHARS_MAX).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if !fits {
                return Err(SettingsError::Id { what });
            }
        }
        if key.passphrase.chars().count() < PASSPHRASE_CHARS_MIN {
            return Err(SettingsError::Passphrase);
        }
        let world = match environment {
            Environment::Test => "test",
            Environment::Live => "live",
        };
        let name = format!("{poi_id}.{world}.terminal.adyen.com");
        let line = Endpoint {
            device: poi_id.clone(),
            host,
            port,
            tls: Arc::new(certificate::config(&roots_pem, &name)?),
            name: ServerName::try_from(name)
                .map_err(|_| SettingsError::Id { what: "the terminal's POIID" })?,
            connect: timings.connect,
        };
        Ok(AdyenTerminal { poi_id, sale_id, keys: Keys::derive(&key), line, timings, sources })
    }

    async fn carry(&self, request: &Request, steps: &Steps) -> Result<Outcome, Fault> {
        let during = "a payment";
        let service_id = service_id(request.attempt);
        let mut message = SaleToPoi::new(self.header(category(&request.service), service_id));
        match &request.service {
            Service::Payment { tip } => {
                message.payment_request =
                    Some(self.payment(request, PaymentType::Normal, tip.map(|tip| tip.amount())));
            }
            Service::Refund { original: None } => {
                message.payment_request = Some(self.payment(request, PaymentType::Refund, None));
            }
            Service::Refund { original: Some(original) } => {
                message.reversal_request =
                    Some(self.reversal(request, original, Some(Amount(request.amount.amount()))));
            }
            Service::Reversal { original } => {
                message.reversal_request = Some(self.reversal(request, original, None));
            }
        }
        steps.tell(Step::Connecting);
        if message.payment_request.is_some() {
            steps.tell(Step::PresentCard);
        }
        let answer = self.ask_for(&message, self.timings.payment, during).await?;
        let sale_transaction = request.attempt.to_string();
        let reader = Reader { device: &self.poi_id, during, request, sale_transaction: &sale_transaction };
        match (message.message_header.message_category, answer.payment_response, answer.reversal_response) {
            (Category::Payment, Some(answer), None) => Ok(reader.payment(&answer)),
            (Category::Reversal, None, Some(answer)) => Ok(reader.reversal(&answer)),
            _ => Err(self.garbled(during, "an answer without its content")),
        }
    }

    fn payment(
        &self,
        request: &Request,
        payment_type: PaymentType,
        tip: Option<holdfast_money::Decimal>,
    ) -> PaymentRequest {
        PaymentRequest {
            sale_data: self.sale_data(request, None),
            payment_transaction: PaymentTransaction {
                amounts_req: AmountsReq {
                    currency: request.amount.currency().code().to_owned(),
                    requested_amount: Amount(request.amount.amount()),
                    tip_amount: tip.map(Amount),
                },
            },
            payment_data: (payment_type != PaymentType::Normal).then_some(PaymentData { payment_type }),
        }
    }

    fn reversal(
        &self,
        request: &Request,
        original: &PoiTransaction,
        reversed_amount: Option<Amount>,
    ) -> ReversalRequest {
        let currency = reversed_amount.map(|_| format!("currency={}", request.amount.currency().code()));
        ReversalRequest {
            original_poi_transaction: OriginalTransaction { poi_transaction_id: answer::original(original) },
            reversal_reason: "MerchantCancel".to_owned(),
            reversed_amount,
            sale_data: self.sale_data(request, currency),
        }
    }

    fn sale_data(&self, request: &Request, sale_to_acquirer_data: Option<String>) -> SaleData {
        SaleData {
            sale_transaction_id: Some(TransactionId {
                transaction_id: request.attempt.to_string(),
                time_stamp: Some(self.sources.now().to_string()),
            }),
            sale_reference_id: Some(request.sale.as_str().to_owned()),
            sale_to_acquirer_data,
        }
    }

    /// Asks until the terminal knows, within limits.
    async fn find_out(&self, request: &Request, mark: &Mark) -> Result<Outcome, Fault> {
        let give_up = Instant::now() + self.timings.in_progress;
        let mut was_missing = false;
        loop {
            let pause = match self.status(request).await? {
                Found::Outcome(outcome) => return Ok(outcome),
                Found::Nothing => {
                    self.would_remember(mark)?;
                    // A request can still lie in the terminal's queue when the first question overtakes it.
                    if was_missing {
                        return Ok(Outcome::Declined(Decline::new(ErrorCondition::NotFound, None)));
                    }
                    was_missing = true;
                    self.timings.settle
                }
                Found::AtIt if Instant::now() >= give_up => {
                    return Err(Fault::InProgress { device: self.poi_id.clone() });
                }
                Found::AtIt => {
                    was_missing = false;
                    self.timings.poll
                }
            };
            sleep(pause).await;
        }
    }

    /// Who is asked, in letters: another terminal or another name of this store never heard of an attempt, which says nothing
    /// about it.
    fn fingerprint(&self) -> String {
        let text = format!("{}/{}", self.sale_id, self.poi_id);
        let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        let nibbles = digest.as_ref().iter().take(8).flat_map(|byte| [byte >> 4, byte & 0x0F]);
        nibbles.map(|nibble| char::from(b'a' + nibble)).collect()
    }

    /// Whether the terminal would still know the attempt that this mark was made for, had it heard of it.
    fn would_remember(&self, mark: &Mark) -> Result<(), Fault> {
        let cannot =
            |what: &str| Err(Fault::CannotSay { device: self.poi_id.clone(), what: what.to_owned() });
        let Some((seconds, asked)) = mark
            .as_str()
            .split_once('/')
            .and_then(|(seconds, asked)| Some((seconds.parse::<i64>().ok()?, asked)))
        else {
            return cannot("nothing was kept of when it was begun");
        };
        if asked != self.fingerprint() {
            return cannot("it was begun at another terminal, or under another name of this store");
        }
        // A clock that was set back says nothing either.
        let age = self.sources.now().as_second().saturating_sub(seconds);
        if !(0..=MEMORY_SECONDS).contains(&age) {
            return cannot("it was begun longer ago than a terminal remembers");
        }
        Ok(())
    }

    async fn status(&self, request: &Request) -> Result<Found, Fault> {
        let during = "asking about a payment";
        let category = category(&request.service);
        let reference = self.reference(category, request.attempt);
        let mut message = SaleToPoi::new(self.header(Category::TransactionStatus, self.fresh_service_id()?));
        message.transaction_status_request = Some(TransactionStatusRequest {
            message_reference: reference.clone(),
            receipt_reprint_flag: true,
            document_qualifier: vec!["CashierReceipt".to_owned(), "CustomerReceipt".to_owned()],
        });
        let answer = self.ask_for(&message, self.timings.answer, during).await?;
        let answer = answer
            .transaction_status_response
            .ok_or_else(|| self.garbled(during, "an answer without its content"))?;
        let foreign = || Fault::Foreign { device: self.poi_id.clone(), during };
        if answer.message_reference.as_ref().is_some_and(|given| given.service_id != reference.service_id) {
            return Err(foreign());
        }
        match (answer.response.result, answer.response.error_condition) {
            (Some(ResultWord::Success), _) => {}
            (Some(ResultWord::Failure), Some(Condition::NotFound)) => return Ok(Found::Nothing),
            (Some(ResultWord::Failure), Some(Condition::InProgress)) => return Ok(Found::AtIt),
            (Some(ResultWord::Failure), _) => {
                return Err(Fault::CannotSay {
                    device: self.poi_id.clone(),
                    what: "it does not answer the question now".to_owned(),
                });
            }
            _ => return Err(self.garbled(during, "it says neither yes nor no")),
        }
        let repeated =
            answer.repeated_message_response.ok_or_else(|| self.garbled(during, "it repeats nothing"))?;
        let header = &repeated.message_header;
        if header.service_id != reference.service_id
            || header.sale_id != reference.sale_id
            || header.poi_id != reference.poi_id
            || header.message_category != category
        {
            return Err(foreign());
        }
        let sale_transaction = request.attempt.to_string();
        let reader = Reader { device: &self.poi_id, during, request, sale_transaction: &sale_transaction };
        let body = repeated.repeated_response_message_body;
        match (category, body.payment_response, body.reversal_response) {
            (Category::Payment, Some(answer), None) => Ok(Found::Outcome(reader.payment(&answer))),
            (Category::Reversal, None, Some(answer)) => Ok(Found::Outcome(reader.reversal(&answer))),
            _ => Err(self.garbled(during, "it repeats something else")),
        }
    }

    /// Sends one message and opens its answer.
    async fn ask_for(
        &self,
        message: &SaleToPoi,
        limit: Duration,
        during: &'static str,
    ) -> Result<PoiToSale, Fault> {
        let answer = self.send(message, limit, during).await?;
        let sealed = serde_json::from_slice::<message::Response<Secured>>(&answer)
            .map_err(|_| self.garbled(during, "an answer that is not sealed, or not whole"))?
            .content;
        let sealed = Sealed { blob: sealed.nexo_blob, trailer: sealed.security_trailer };
        let opened = self.keys.open(&sealed).map_err(|why| Fault::NotTrusted {
            device: self.poi_id.clone(),
            what: match why {
                NotOurs::OtherKey => "it uses another key than is set here".to_owned(),
                NotOurs::Forged => "its answer was not sealed with the shared key".to_owned(),
            },
        })?;
        // What serde says about a text can quote it, so it goes no further.
        let answer = serde_json::from_slice::<message::Response<PoiToSale>>(&opened)
            .map_err(|_| self.garbled(during, "its content has another form"))?
            .content;
        let (asked, answered) = (&message.message_header, &answer.message_header);
        let echoes = asked.service_id == answered.service_id
            && asked.sale_id == answered.sale_id
            && asked.poi_id == answered.poi_id
            && asked.message_category == answered.message_category
            && answered.message_type == Direction::Response;
        if !echoes {
            return Err(Fault::Foreign { device: self.poi_id.clone(), during });
        }
        Ok(answer)
    }

    async fn send(
        &self,
        message: &SaleToPoi,
        limit: Duration,
        during: &'static str,
    ) -> Result<Vec<u8>, Fault> {
        let inner = serde_json::to_vec(&message::RequestRef { content: message })
            .map_err(|_| self.garbled(during, "the request cannot be written"))?;
        let sealed = self.keys.seal(&inner, self.nonce()?);
        let outer = message::Request {
            content: Secured {
                message_header: Some(message.message_header.clone()),
                nexo_blob: sealed.blob,
                security_trailer: sealed.trailer,
            },
        };
        let outer =
            serde_json::to_vec(&outer).map_err(|_| self.garbled(during, "the request cannot be written"))?;
        let call = Call {
            method: Method::POST,
            path: PATH.to_owned(),
            content_type: "application/json",
            authorization: None,
            body: outer,
        };
        match self.line.exchange(call, limit, during).await? {
            (StatusCode::OK, answer) => Ok(answer),
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => {
                let what = "it does not take the shared key".to_owned();
                Err(Fault::NotTrusted { device: self.poi_id.clone(), what })
            }
            (status, _) => Err(self.garbled(during, &format!("HTTP status {}", status.as_u16()))),
        }
    }

    fn header(&self, category: Category, service_id: String) -> Header {
        Header {
            protocol_version: PROTOCOL_VERSION.to_owned(),
            message_class: Class::Service,
            message_category: category,
            message_type: Direction::Request,
            service_id,
            sale_id: self.sale_id.clone(),
            poi_id: self.poi_id.clone(),
        }
    }

    fn reference(&self, category: Category, attempt: AttemptId) -> MessageReference {
        MessageReference {
            message_category: category,
            service_id: service_id(attempt),
            sale_id: self.sale_id.clone(),
            poi_id: self.poi_id.clone(),
        }
    }

    fn nonce(&self) -> Result<[u8; NONCE_BYTES], Fault> {
        self.sources.nonce().map_err(|_| Fault::NotCapable {
            device: self.poi_id.clone(),
            what: "this machine gives no randomness, without which nothing can be sealed",
        })
    }

    /// For messages that nobody asks about later.
    fn fresh_service_id(&self) -> Result<String, Fault> {
        Ok(service_id(AttemptId(u128::from_be_bytes(self.nonce()?))))
    }

    fn garbled(&self, during: &'static str, what: &str) -> Fault {
        Fault::Garbled { device: self.poi_id.clone(), during, what: what.to_owned() }
    }
}

/// What a terminal knows of an attempt.
enum Found {
    Outcome(Outcome),
    AtIt,
    Nothing,
}

fn category(service: &Service) -> Category {
    match service {
        Service::Payment { .. } | Service::Refund { original: None } => Category::Payment,
        Service::Refund { original: Some(_) } | Service::Reversal { .. } => Category::Reversal,
    }
}

/// Always the same for the same attempt. Letters of one case only, so that no reader takes two for one.
fn service_id(attempt: AttemptId) -> String {
    let mut hashed = ring::digest::Context::new(&ring::digest::SHA256);
    hashed.update(b"holdfast adyen service id\0");
    hashed.update(&attempt.0.to_be_bytes());
    let digest = hashed.finish();
    let mut rest = digest.as_ref().iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    (0..SERVICE_ID_CHARS)
        .map(|_| {
            let at = usize::try_from(rest % 36).expect("it is below 36");
            rest /= 36;
            char::from(SERVICE_ID_ALPHABET[at])
        })
        .collect()
}

impl PaymentDriver for AdyenTerminal {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            refunds: Refunds::WithCard,
            reversal: true,
            partial: true,
            tip: false,
            abort: true,
            status: true,
            // That it never heard of one takes it two answers and a pause: too long before every payment.
            finds_by_id: false,
            totals: true,
            needs_wan: true,
        }
    }

    fn mark(&self) -> BoxFuture<'_, Result<Mark, Fault>> {
        Box::pin(async {
            let mark = format!("{}/{}", self.sources.now().as_second(), self.fingerprint());
            Mark::new(mark).map_err(|_| Fault::NotCapable {
                device: self.poi_id.clone(),
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
        Box::pin(async move { self.carry(request, steps).await.unwrap_or_else(Outcome::Unresolved) })
    }

    fn ask<'a>(&'a self, request: &'a Request, mark: &'a Mark) -> BoxFuture<'a, Outcome> {
        Box::pin(async move { self.find_out(request, mark).await.unwrap_or_else(Outcome::Unresolved) })
    }

    /// The terminal answers nothing when it takes the wish, and an event when it does not; neither says what becomes of
    /// the attempt.
    fn abort(&self, attempt: AttemptId) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            let mut message = SaleToPoi::new(self.header(Category::Abort, self.fresh_service_id()?));
            message.abort_request = Some(AbortRequest {
                abort_reason: "MerchantAbort".to_owned(),
                message_reference: self.reference(Category::Payment, attempt),
            });
            self.send(&message, self.timings.answer, "an abort").await.map(|_| ())
        })
    }

    /// Begins a new period at the terminal. It has to be told to keep such periods in the gateway's settings, and answers
    /// only while somebody is logged in at it; settlement itself happens at the gateway.
    fn reconcile(&self) -> BoxFuture<'_, Result<Totals, Fault>> {
        Box::pin(async move {
            let during = "the end of day";
            let mut message = SaleToPoi::new(self.header(Category::Reconciliation, self.fresh_service_id()?));
            message.reconciliation_request =
                Some(ReconciliationRequest { reconciliation_type: "SaleReconciliation".to_owned() });
            let answer = self.ask_for(&message, self.timings.answer, during).await?;
            let answer = answer
                .reconciliation_response
                .ok_or_else(|| self.garbled(during, "an answer without its content"))?;
            answer::totals(&self.poi_id, during, &answer)
        })
    }

    fn diagnose(&self) -> BoxFuture<'_, Result<Health, Fault>> {
        Box::pin(async move {
            let during = "a diagnosis";
            let mut message = SaleToPoi::new(self.header(Category::Diagnosis, self.fresh_service_id()?));
            message.diagnosis_request = Some(DiagnosisRequest { host_diagnosis_flag: true });
            let answer = self.ask_for(&message, self.timings.answer, during).await?;
            let answer = answer
                .diagnosis_response
                .ok_or_else(|| self.garbled(during, "an answer without its content"))?;
            Ok(answer::health(&answer))
        })
    }
}
