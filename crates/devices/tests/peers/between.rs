//! What Stripe has and its stand-ins have not: HTTPS, a reader on the counter, and answers that are lost on their way. It keeps
//! no book: what is charged, captured and given back is the stand-in's to say.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use form_urlencoded::Serializer;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

pub const READER: &str = "tmr_counter1";
pub const KEY: &str = "sk_test_peers";

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Who keeps the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Books {
    /// localstripe: PaymentIntents, refunds and charges. It looks at no idempotency key.
    Intents,
    /// stripe-stateful-mock: charges, refunds and idempotency keys. A PaymentIntent is a charge that is not captured yet.
    Charges,
}

/// A request that can be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Create,
    Process,
    Capture,
    Refund,
}

/// What is lost of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    Request,
    Answer,
}

/// What somebody answers.
struct Answer {
    status: StatusCode,
    replayed: bool,
    body: Value,
}

type Form = Vec<(String, String)>;

pub struct Between {
    pub address: SocketAddr,
    pub roots_pem: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    books: Books,
    port: u16,
    counter: Mutex<Counter>,
}

/// The reader, and what happens on the line.
#[derive(Default)]
struct Counter {
    /// The PaymentIntent that the reader was last given.
    at: Option<String>,
    /// PaymentIntents for which a card was presented.
    presented: BTreeSet<String>,
    /// Why PaymentIntents were cancelled.
    reasons: BTreeMap<String, String>,
    losing: Option<(Step, Lost)>,
}

impl Drop for Between {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Between {
    pub async fn new(books: Books, port: u16) -> Between {
        let key = rcgen::KeyPair::generate().expect("a key");
        let named = rcgen::CertificateParams::new(vec![Ipv4Addr::LOCALHOST.to_string()]).expect("a name");
        let own = named.self_signed(&key).expect("a certificate");
        let secret = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).expect("a key");
        let shown = CertificateDer::from_pem_slice(own.pem().as_bytes()).expect("a certificate");
        let tls = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![shown], secret)
            .expect("they belong together");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it has one");
        let shared = Arc::new(Shared { books, port, counter: Mutex::default() });
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(tls));
            while let Ok((line, _)) = listener.accept().await {
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&serving));
                tokio::spawn(async move {
                    let Ok(line) = acceptor.accept(line).await else { return };
                    let answer = service_fn(|request| answered(&shared, request));
                    // A line that is cut is what some of these tests are about.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(line), answer)
                        .await;
                });
            }
        });
        Between { address, roots_pem: own.pem(), shared, task }
    }

    /// The next request of this kind, or its answer, never arrives.
    pub fn lose(&self, step: Step, lost: Lost) {
        self.shared.counter().losing = Some((step, lost));
    }

    /// Whether what was to be lost is lost.
    pub fn has_lost(&self) -> bool {
        self.shared.counter().losing.is_none()
    }

    /// What the stand-in's own book says: captured charges, and refunds, each in minor units.
    pub async fn book(&self) -> (Vec<i64>, Vec<i64>) {
        let list = async |path: &str| {
            let listed = self.shared.ask(Method::GET, &format!("{path}?limit=100"), Vec::new(), None).await;
            assert_eq!((listed.status, &listed.body["has_more"]), (StatusCode::OK, &json!(false)), "{path}");
            listed.body["data"].as_array().expect("a list").clone()
        };
        let minor = |entry: &Value| entry["amount"].as_i64().expect("an amount");
        let charges = list("/v1/charges").await;
        let captured: Vec<&Value> = charges.iter().filter(|charge| charge["captured"] == true).collect();
        let of_captured = |refund: &&Value| captured.iter().any(|charge| charge["id"] == refund["charge"]);
        // What was never captured is let go in the form of a refund.
        let refunds = list("/v1/refunds").await;
        (
            captured.iter().copied().map(minor).collect(),
            refunds.iter().filter(of_captured).map(minor).collect(),
        )
    }
}

async fn answered(
    shared: &Shared,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    let form: Form = form_urlencoded::parse(&body).into_owned().collect();
    let key = head.headers.get(IDEMPOTENCY_KEY).cloned();
    let path = head.uri.path().to_owned();
    let query = head.uri.query().unwrap_or_default();
    let step = match (&head.method, path.as_str()) {
        (&Method::POST, "/v1/payment_intents") => Some(Step::Create),
        (&Method::POST, "/v1/refunds") => Some(Step::Refund),
        (&Method::POST, path) if path.ends_with("/process_payment_intent") => Some(Step::Process),
        (&Method::POST, path) if path.ends_with("/capture") => Some(Step::Capture),
        _ => None,
    };
    let is_lost =
        |what| shared.counter().losing.take_if(|(of, lost)| Some(*of) == step && *lost == what).is_some();
    if is_lost(Lost::Request) {
        return Err(std::io::ErrorKind::ConnectionReset.into());
    }
    let answer = shared.answer(&head.method, &path, query, form, key).await;
    if is_lost(Lost::Answer) {
        return Err(std::io::ErrorKind::ConnectionReset.into());
    }
    let mut response = Response::builder().status(answer.status).header(CONTENT_TYPE, "application/json");
    if answer.replayed {
        response = response.header(REPLAYED, "true");
    }
    response.body(Full::new(answer.body.to_string().into())).map_err(std::io::Error::other)
}

fn value_of(form: &Form, name: &str) -> String {
    form.iter().find(|(of, _)| of == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// The charge behind a PaymentIntent that is one.
fn charge_of(intent: &str) -> String {
    intent.replacen("pi_", "ch_", 1)
}

impl Shared {
    fn counter(&self) -> MutexGuard<'_, Counter> {
        self.counter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(
        &self,
        method: &Method,
        path: &str,
        query: &str,
        form: Form,
        key: Option<HeaderValue>,
    ) -> Answer {
        let parts: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
        match (method.as_str(), parts.as_slice()) {
            ("GET", ["terminal", "readers", _]) => self.reader(),
            ("POST", ["terminal", "readers", _, "process_payment_intent"]) => {
                let intent = value_of(&form, "payment_intent");
                self.present_a_card(&intent).await;
                self.counter().at = Some(intent);
                self.reader()
            }
            ("POST", ["payment_intents"]) => self.create(form, key).await,
            ("GET", ["payment_intents", intent]) => self.read(intent).await,
            ("POST", ["payment_intents", intent, "capture"]) => self.capture(intent, key).await,
            ("POST", ["payment_intents", intent, "cancel"]) => self.cancel(intent, &form).await,
            ("POST", ["refunds"]) => self.refund(form, key).await,
            ("GET", ["refunds"]) => self.refunds(query).await,
            _ => Answer { status: StatusCode::NOT_FOUND, replayed: false, body: Value::Null },
        }
    }

    /// A customer presents a card at once.
    fn reader(&self) -> Answer {
        let action = self.counter().at.clone().map(|intent| {
            json!({"type": "process_payment_intent", "status": "succeeded",
                "process_payment_intent": {"payment_intent": intent}})
        });
        let body = json!({"id": READER, "object": "terminal.reader", "status": "online", "action": action});
        Answer { status: StatusCode::OK, replayed: false, body }
    }

    async fn present_a_card(&self, intent: &str) {
        self.counter().presented.insert(intent.to_owned());
        if self.books == Books::Charges {
            return;
        }
        let card = [
            ("type", "card"),
            ("card[number]", "4242424242424242"),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2039"),
            ("card[cvc]", "123"),
        ];
        let card = card.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let card = self.ask(Method::POST, "/v1/payment_methods", card, None).await;
        let method = card.body["id"].as_str().expect("a way to pay").to_owned();
        let path = format!("/v1/payment_intents/{intent}");
        self.ask(Method::POST, &path, vec![("payment_method".to_owned(), method)], None).await;
        self.ask(Method::POST, &format!("{path}/confirm"), Vec::new(), None).await;
    }

    async fn create(&self, mut form: Form, key: Option<HeaderValue>) -> Answer {
        match self.books {
            Books::Intents => {
                form.retain(|(name, _)| name != "description");
                self.ask(Method::POST, "/v1/payment_intents", form, key).await
            }
            Books::Charges => {
                form.retain(|(name, _)| ["amount", "currency", "metadata[attempt]"].contains(&name.as_str()));
                form.push(("source".to_owned(), "tok_visa".to_owned()));
                form.push(("capture".to_owned(), "false".to_owned()));
                let charged = self.ask(Method::POST, "/v1/charges", form, key).await;
                self.as_intent(charged)
            }
        }
    }

    async fn read(&self, intent: &str) -> Answer {
        match self.books {
            Books::Intents => {
                let path = format!("/v1/payment_intents/{intent}?expand[]=latest_charge");
                let read = self.ask(Method::GET, &path, Vec::new(), None).await;
                self.as_intent(read)
            }
            Books::Charges => {
                let path = format!("/v1/charges/{}", charge_of(intent));
                let read = self.ask(Method::GET, &path, Vec::new(), None).await;
                self.as_intent(read)
            }
        }
    }

    async fn capture(&self, intent: &str, key: Option<HeaderValue>) -> Answer {
        let path = match self.books {
            Books::Intents => format!("/v1/payment_intents/{intent}/capture"),
            Books::Charges => format!("/v1/charges/{}/capture", charge_of(intent)),
        };
        let captured = self.ask(Method::POST, &path, Vec::new(), key).await;
        if captured.status != StatusCode::OK {
            return captured;
        }
        let Answer { body, .. } = self.read(intent).await;
        Answer { body, ..captured }
    }

    async fn cancel(&self, intent: &str, form: &Form) -> Answer {
        let cancelled = match self.books {
            Books::Intents => {
                self.ask(Method::POST, &format!("/v1/payment_intents/{intent}/cancel"), Vec::new(), None)
                    .await
            }
            Books::Charges => {
                let read = self.read(intent).await;
                if read.body["status"] == "succeeded" {
                    let error =
                        json!({"type": "invalid_request_error", "code": "payment_intent_unexpected_state"});
                    return Answer {
                        status: StatusCode::BAD_REQUEST,
                        replayed: false,
                        body: json!({"error": error}),
                    };
                }
                let charge = vec![("charge".to_owned(), charge_of(intent))];
                self.ask(Method::POST, "/v1/refunds", charge, None).await
            }
        };
        if cancelled.status != StatusCode::OK {
            return cancelled;
        }
        self.counter().reasons.insert(intent.to_owned(), value_of(form, "cancellation_reason"));
        self.read(intent).await
    }

    async fn refund(&self, mut form: Form, key: Option<HeaderValue>) -> Answer {
        if self.books == Books::Charges {
            for (name, value) in &mut form {
                if name == "payment_intent" {
                    (*name, *value) = ("charge".to_owned(), charge_of(value));
                }
            }
        }
        let mut refunded = self.ask(Method::POST, "/v1/refunds", form, key).await;
        as_refund(&mut refunded.body);
        refunded
    }

    async fn refunds(&self, query: &str) -> Answer {
        let mut query: Form = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        query.retain(|(name, _)| name == "payment_intent");
        if self.books == Books::Charges {
            query = vec![("charge".to_owned(), charge_of(&value_of(&query, "payment_intent")))];
        }
        query.push(("limit".to_owned(), "100".to_owned()));
        let query = Serializer::new(String::new()).extend_pairs(query).finish();
        let mut listed = self.ask(Method::GET, &format!("/v1/refunds?{query}"), Vec::new(), None).await;
        listed.body["data"].as_array_mut().into_iter().flatten().for_each(as_refund);
        listed
    }

    /// A PaymentIntent as Stripe shows one, from what the stand-in has of it.
    fn as_intent(&self, mut answer: Answer) -> Answer {
        if answer.status != StatusCode::OK {
            return answer;
        }
        let counter = self.counter();
        if self.books == Books::Charges {
            let charge = std::mem::take(&mut answer.body);
            let intent = charge["id"].as_str().unwrap_or_default().replacen("ch_", "pi_", 1);
            let (captured, let_go) = (charge["captured"] == true, charge["refunded"] == true);
            let status = match (captured, let_go, counter.presented.contains(&intent)) {
                (true, ..) => "succeeded",
                (false, true, _) => "canceled",
                (false, false, true) => "requires_capture",
                (false, false, false) => "requires_payment_method",
            };
            answer.body = json!({"id": intent, "object": "payment_intent", "status": status,
                "amount": charge["amount"], "currency": charge["currency"], "metadata": charge["metadata"],
                "latest_charge": charge});
        }
        let intent = &mut answer.body;
        let received = if intent["status"] == "succeeded" { intent["amount"].clone() } else { json!(0) };
        intent["amount_received"] = received;
        let reason = intent["id"].as_str().and_then(|id| counter.reasons.get(id));
        intent["cancellation_reason"] = json!(reason);
        answer
    }

    async fn ask(&self, method: Method, path: &str, form: Form, key: Option<HeaderValue>) -> Answer {
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "127.0.0.1")
            .header(AUTHORIZATION, format!("Bearer {KEY}"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(key) = key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        let request = request.body(Full::new(Bytes::from(body))).expect("a request");
        let line = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.expect("the stand-in is there");
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(line)).await.expect("it speaks HTTP");
        let connection = tokio::spawn(connection);
        let answer = sender.send_request(request).await.expect("it answers");
        let (head, body) = answer.into_parts();
        let body = body.collect().await.expect("it answers whole").to_bytes();
        connection.abort();
        Answer {
            status: head.status,
            replayed: head.headers.get(REPLAYED).is_some_and(|value| value == "true"),
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        }
    }
}

/// A refund as Stripe shows one: of its PaymentIntent.
fn as_refund(refund: &mut Value) {
    if refund["payment_intent"].is_null()
        && let Some(charge) = refund["charge"].as_str()
    {
        refund["payment_intent"] = json!(charge.replacen("ch_", "pi_", 1));
    }
}
