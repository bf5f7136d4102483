//! The hub's HTTPS interface with the till's credential: the snapshot, stock and catalog by pages, and customers, of whom
//! nothing is ever written to the till's disk.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use holdfast_domain::bounded::{DeviceName, ValueNumber};
use holdfast_domain::catalog::Product;
use holdfast_domain::ids::AttemptId;
use holdfast_domain::ids::{OrderId, SubjectId};
use holdfast_domain::order::PlaceOrder;
use holdfast_protocol::message::StockEntry;
use holdfast_protocol::subject::{
    DetailsUpdate, SUBJECT_PATH, SUBJECT_SEARCH_PATH, Subject, SubjectSearch, SubjectsFound,
};
use holdfast_protocol::till_api::{
    CATALOG_PATH, COUNTER_PATH, CatalogPage, CounterPage, DEVICE_DAYS_PATH, DeviceDaysPage, ORDER_PATH,
    ORDERS_PATH, OrderEntry, OrderPage, OrdersPage, PAGE_ENTRIES_MAX, Problem, QUOTE_PATH, QuotePage,
    QuoteRequest, SCALE_PATH, SNAPSHOT_PATH, STOCK_PATH, ScaleAnswer, ScaleAsk, ScaleRequest, Snapshot,
    StockPage, TENDER_PATH, TENDERS_PATH, TenderPage, TendersPage, VALUE_PATH, ValuePage, X_PAPER_PATH,
    X_REPORT_PATH, XReport,
};
use serde::de::DeserializeOwned;

use crate::error::TillError;
use crate::identity::Identity;
use crate::tls;

/// How long one read may take.
const READ_WITHIN: Duration = Duration::from_secs(15);
/// How long the hub's reads are given to catch up with an answer before they are asked again.
const READ_AGAIN_AFTER: Duration = Duration::from_millis(20);
/// The largest answer that is read, in bytes: a page of products with long descriptions stays well below it.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The most pages of one list: a million entries.
const PAGES_MAX: usize = 1_000;

/// Where snapshots come from: the hub, or a test.
pub trait Snapshots: Send + Sync + 'static {
    /// What is true at the hub now.
    fn snapshot(&self) -> Pin<Box<dyn Future<Output = Result<Snapshot, TillError>> + Send + '_>>;
}

/// A client of one hub.
#[derive(Clone)]
pub struct HubApi {
    client: reqwest::Client,
    base: String,
    user: String,
    secret: zeroize::Zeroizing<String>,
}

impl std::fmt::Debug for HubApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubApi").field("base", &self.base).field("user", &self.user).finish_non_exhaustive()
    }
}

impl HubApi {
    /// # Errors
    /// [`TillError::NotTheStore`] when what pairing gave cannot be used for TLS.
    pub fn new(identity: &Identity) -> Result<Self, TillError> {
        let paired = identity.paired();
        let tls = tls::paired(&paired.ca_pem, &paired.server_name)?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .timeout(READ_WITHIN)
            .no_proxy()
            .tcp_nodelay(true)
            .build()
            .map_err(|error| TillError::Unreachable {
                address: paired.https.clone(),
                source: error.into(),
            })?;
        Ok(Self {
            client,
            base: format!("https://{}", paired.https),
            user: paired.terminal.to_string(),
            secret: zeroize::Zeroizing::new(paired.secret.clone()),
        })
    }

    /// # Errors
    /// [`TillError`] when the hub is not reached, refuses or answers with something else.
    pub async fn read_snapshot(&self) -> Result<Snapshot, TillError> {
        self.get(SNAPSHOT_PATH, None).await
    }

    /// Every stock level, and the journal sequence that the last page is true at.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`].
    pub async fn stock(&self) -> Result<(Vec<StockEntry>, u64), TillError> {
        let (mut levels, mut after) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let page: StockPage = self.get(STOCK_PATH, after.as_deref()).await?;
            levels.extend(page.levels);
            match page.next_after {
                Some(next) => after = Some(next),
                None => return Ok((levels, page.as_of_seq)),
            }
        }
        Err(self.endless(STOCK_PATH))
    }

    /// Every product of the active catalog. A catalog that changes between two pages is read again from its beginning.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`].
    pub async fn catalog(&self) -> Result<(u64, Vec<Product>), TillError> {
        let (mut products, mut after, mut version) = (Vec::new(), None, None);
        for _ in 0..PAGES_MAX {
            let page: CatalogPage = self.get(CATALOG_PATH, after.as_deref()).await?;
            if version.is_some_and(|version| version != page.version) {
                (products, after, version) = (Vec::new(), None, None);
                continue;
            }
            version = Some(page.version);
            products.extend(page.products);
            match page.next_after {
                Some(next) => after = Some(next),
                None => return Ok((page.version, products)),
            }
        }
        Err(self.endless(CATALOG_PATH))
    }

    /// What the open shift adds up to so far; a manager must be signed on at this till.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`].
    pub async fn x_report(&self) -> Result<XReport, TillError> {
        self.get(X_REPORT_PATH, None).await
    }

    /// The same as it would stand on paper, as lines of text.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`].
    pub async fn x_paper(&self) -> Result<String, TillError> {
        let mut url = self.url(X_PAPER_PATH)?;
        url.query_pairs_mut().append_pair("form", "text");
        let body = self.answer(X_PAPER_PATH, self.client.get(url)).await?;
        String::from_utf8(body).map_err(|_| bad(X_PAPER_PATH, "no text".to_owned()))
    }

    /// Every order that is not closed, in the order of their ids.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`].
    pub async fn orders(&self) -> Result<Vec<OrderEntry>, TillError> {
        let (mut orders, mut after) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let page: OrdersPage = self.get(ORDERS_PATH, after.as_deref()).await?;
            orders.extend(page.orders);
            match page.next_after {
                Some(next) => after = Some(next),
                None => return Ok(orders),
            }
        }
        Err(self.endless(ORDERS_PATH))
    }

    /// One order as it is now.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`].
    pub async fn order(&self, order: OrderId) -> Result<OrderPage, TillError> {
        self.get(&ORDER_PATH.replace("{id}", &order.to_string()), None).await
    }

    /// One order as it is at a record or later: an answer can be here before the hub's reads know of it.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`]; [`TillError::NoAnswer`] when the hub's reads do not get there.
    pub async fn order_at(&self, order: OrderId, seq: u64) -> Result<OrderPage, TillError> {
        let caught_up = async {
            loop {
                match self.order(order).await {
                    Ok(page) if page.as_of_seq >= seq => return Ok(page),
                    // An order that was placed by that very record is not found before.
                    Ok(_) | Err(TillError::Refused { .. }) => tokio::time::sleep(READ_AGAIN_AFTER).await,
                    Err(error) => return Err(error),
                }
            }
        };
        let late = |_| TillError::NoAnswer { seconds: READ_WITHIN.as_secs() };
        tokio::time::timeout(READ_WITHIN, caught_up).await.map_err(late)?
    }

    /// What a gift card or store credit has left.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`]; the hub's refusal when it knows no such number.
    pub async fn value(&self, account: &ValueNumber) -> Result<ValuePage, TillError> {
        let mut url = self.url(VALUE_PATH)?;
        url.query_pairs_mut().append_pair("account", account.as_str());
        let body = self.answer(VALUE_PATH, self.client.get(url)).await?;
        read(VALUE_PATH, &body)
    }

    /// How a payment at a device stands.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`]; the hub's refusal when it knows no such payment.
    pub async fn tender(&self, attempt: AttemptId) -> Result<TenderPage, TillError> {
        let mut url = self.url(TENDER_PATH)?;
        url.query_pairs_mut().append_pair("attempt", &attempt.to_string());
        let body = self.answer(TENDER_PATH, self.client.get(url)).await?;
        read(TENDER_PATH, &body)
    }

    /// What each payment device moved since its day began, and what became of its last end of day.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`].
    pub async fn device_days(&self) -> Result<DeviceDaysPage, TillError> {
        let body = self.answer(DEVICE_DAYS_PATH, self.client.get(self.url(DEVICE_DAYS_PATH)?)).await?;
        read(DEVICE_DAYS_PATH, &body)
    }

    /// What can take money now, and what to take instead of what cannot.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`].
    pub async fn tenders(&self) -> Result<TendersPage, TillError> {
        let body = self.answer(TENDERS_PATH, self.client.get(self.url(TENDERS_PATH)?)).await?;
        read(TENDERS_PATH, &body)
    }

    /// The scanners and scales beside this till, as they are now.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`].
    pub async fn counter(&self) -> Result<CounterPage, TillError> {
        let body = self.answer(COUNTER_PATH, self.client.get(self.url(COUNTER_PATH)?)).await?;
        read(COUNTER_PATH, &body)
    }

    /// Asks a scale beside this till for something, the till's first one when none is named.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`]; the scale's refusal when it does not do so.
    pub async fn ask_scale(
        &self,
        scale: Option<DeviceName>,
        ask: ScaleAsk,
    ) -> Result<ScaleAnswer, TillError> {
        let request = self.client.post(self.url(SCALE_PATH)?).json(&ScaleRequest { scale, ask });
        let body = self.answer(SCALE_PATH, request).await?;
        read(SCALE_PATH, &body)
    }

    /// What a basket would cost now. Nothing of it is kept.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`]; the hub's refusal when the basket has no price.
    pub async fn quote(&self, place: PlaceOrder) -> Result<QuotePage, TillError> {
        let request = self.client.post(self.url(QUOTE_PATH)?).json(&QuoteRequest { place });
        let body = self.answer(QUOTE_PATH, request).await?;
        read(QUOTE_PATH, &body)
    }

    fn endless(&self, path: &str) -> TillError {
        let what = format!("more than {PAGES_MAX} pages of {PAGE_ENTRIES_MAX}");
        TillError::BadAnswer { request: path.to_owned(), what }
    }

    /// Registers a customer under an id that this till has minted, or changes what is kept of them. Sent again, it does the
    /// same. Somebody must be signed on at this till.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`].
    pub async fn put_subject(&self, subject: SubjectId, update: &DetailsUpdate) -> Result<(), TillError> {
        let path = subject_path(subject);
        let request = self.client.put(self.url(&path)?).json(update);
        self.answer(&path, request).await.map(drop)
    }

    /// What is kept of a customer. One who was merged into another one is answered with the other.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`].
    pub async fn subject(&self, subject: SubjectId) -> Result<Subject, TillError> {
        self.get(&subject_path(subject), None).await
    }

    /// The customers with exactly this address, number or card.
    ///
    /// # Errors
    /// As [`HubApi::read_snapshot`].
    pub async fn find_subjects(&self, search: &SubjectSearch) -> Result<Vec<Subject>, TillError> {
        let request = self.client.post(self.url(SUBJECT_SEARCH_PATH)?).json(search);
        let body = self.answer(SUBJECT_SEARCH_PATH, request).await?;
        let found: SubjectsFound = read(SUBJECT_SEARCH_PATH, &body)?;
        Ok(found.subjects)
    }

    fn url(&self, path: &str) -> Result<reqwest::Url, TillError> {
        reqwest::Url::parse(&self.base)
            .and_then(|base| base.join(path))
            .map_err(|_| TillError::Address { address: self.base.clone(), example: "hub.example:8443" })
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, after: Option<&str>) -> Result<T, TillError> {
        let mut url = self.url(path)?;
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("after", after);
        }
        let body = self.answer(path, self.client.get(url)).await?;
        read(path, &body)
    }

    async fn answer(&self, path: &str, request: reqwest::RequestBuilder) -> Result<Vec<u8>, TillError> {
        let answer = request
            .basic_auth(&self.user, Some(self.secret.as_str()))
            .send()
            .await
            .map_err(|error| error_of(&self.base, error))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| error_of(&self.base, error))?;
        if body.len() > ANSWER_BYTES_MAX {
            return Err(bad(path, format!("{} bytes", body.len())));
        }
        if status == reqwest::StatusCode::UNAUTHORIZED {
            return Err(TillError::Credential { what: format!("HTTP {status}") });
        }
        if !status.is_success() {
            return Err(match serde_json::from_slice::<Problem>(&body) {
                // A refusal is an answer that was understood.
                Ok(Problem { code, text }) if status.is_client_error() => TillError::Refused { code, text },
                Ok(problem) => bad(path, format!("{} {}", problem.code, problem.text)),
                Err(_) => bad(path, format!("HTTP {status}")),
            });
        }
        Ok(body.to_vec())
    }
}

fn subject_path(subject: SubjectId) -> String {
    SUBJECT_PATH.replace("{id}", &subject.to_string())
}

fn bad(path: &str, what: String) -> TillError {
    TillError::BadAnswer { request: path.to_owned(), what }
}

fn read<T: DeserializeOwned>(path: &str, body: &[u8]) -> Result<T, TillError> {
    serde_json::from_slice(body).map_err(|error| bad(path, error.to_string()))
}

impl Snapshots for HubApi {
    fn snapshot(&self) -> Pin<Box<dyn Future<Output = Result<Snapshot, TillError>> + Send + '_>> {
        Box::pin(self.read_snapshot())
    }
}

/// What a failed HTTP exchange means to a person.
pub(crate) fn error_of(address: &str, error: reqwest::Error) -> TillError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        if let Some(rustls::Error::InvalidCertificate(why)) = inner.downcast_ref::<rustls::Error>() {
            return TillError::NotTheStore { what: format!("its certificate is not the store's ({why:?})") };
        }
        cause = match inner.downcast_ref::<std::io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static)),
            None => inner.source(),
        };
    }
    TillError::Unreachable { address: address.to_owned(), source: error.into() }
}
