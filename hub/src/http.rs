//! The hub's HTTP edge: pages for people on the shop floor, reads for tills and programs, health for machines.
//!
//! Everything but health, pairing and the sign-in itself needs somebody known: a till by its credential, a person by a
//! sign-in, or the machine itself on loopback. Nothing here changes what the shop is except through the ledger.

mod amend;
mod assets;
mod device_days;
mod enrolment;
mod exports;
mod health;
mod journal;
mod losses;
mod pages;
mod problem;
mod quote;
mod reports;
mod sales;
mod session;
mod sheet;
mod subjects;
mod tally;
mod tender;
mod tenders;
mod till;
mod till_app;
mod till_counter;
mod till_devices;
mod till_goods;
mod till_orders;
mod till_reports;
mod till_sales;
mod trust;
mod value;
mod who;
mod x_report;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, State, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use holdfast_actors::space::Room;
use holdfast_actors::template::Template;
use holdfast_actors::{CounterHandle, HeadquartersMark, LedgerHandle, Running};
use holdfast_broker::Gate;
use holdfast_domain::catalog::Catalog;
use holdfast_domain::ids::StoreId;
use holdfast_journal::Reader;
use holdfast_protocol::message::StatusMessage;
use holdfast_store::StateStore;
use tokio::sync::{RwLock, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::counter::Counter;
use crate::folder::DataFolder;
use crate::pairing::Pairing;
use crate::people::People;
use crate::recovery::keeper::Keeper;
use crate::reports::KeptDates;
use crate::serve::{Addresses, Credentials, Peer};
use crate::subjects::Office;
use crate::tls::Authority;

pub(crate) use enrolment::enrol_code;
pub(crate) use problem::of_ledger;
pub(crate) use reports::status_json;
pub(crate) use till_app::folder as till_app_folder;

/// Bytes of a request's body.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Files of comma-separated values that are written at the same time: each reads the journal as fast as it is read from.
const FILES_AT_ONCE_MAX: usize = 4;
/// How long an answer may take to begin.
const ANSWER_WITHIN: Duration = Duration::from_secs(25);
/// Nothing but the hub's own files runs, shows or is asked.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the application is made of.
pub(crate) struct Ingredients {
    pub folder: DataFolder,
    pub store: StoreId,
    pub session_hours: u32,
    pub reader: Reader,
    pub state: Arc<dyn StateStore>,
    pub people: Arc<People>,
    pub pairing: Pairing,
    pub credentials: Arc<Credentials>,
    pub authority: Arc<Authority>,
    pub recovery: Arc<Keeper>,
    pub gate: Gate,
    pub ledger: LedgerHandle,
    pub office: Office,
    pub status: watch::Receiver<Option<StatusMessage>>,
    pub catalog: watch::Receiver<Arc<Catalog>>,
    pub headquarters: watch::Receiver<HeadquartersMark>,
    pub room: watch::Receiver<Room>,
    pub counter: Counter,
    pub beside: CounterHandle,
    pub template: Arc<Template>,
    pub running: RwLock<Option<Running>>,
    pub addresses: Addresses,
    /// The built files of the web till.
    pub till_app: Option<PathBuf>,
    pub stop: CancellationToken,
    pub started_ms: i64,
}

/// What every route can reach.
pub(crate) struct App {
    parts: Ingredients,
    sessions: session::Sessions,
    tally: Mutex<tally::Tally>,
    dates: Mutex<KeptDates>,
    difference: till_goods::LastDifference,
    /// Files that are written at once.
    files: Arc<Semaphore>,
    /// Enrolments one after another, so that the number in an answer is the till's own.
    enrolling: tokio::sync::Mutex<()>,
}

impl std::ops::Deref for App {
    type Target = Ingredients;
    fn deref(&self) -> &Ingredients {
        &self.parts
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("store", &self.store).finish_non_exhaustive()
    }
}

impl App {
    pub fn new(parts: Ingredients) -> Self {
        let sessions = session::Sessions::new(parts.session_hours);
        Self {
            parts,
            sessions,
            tally: Mutex::default(),
            dates: Mutex::default(),
            difference: till_goods::LastDifference::default(),
            files: Arc::new(Semaphore::new(FILES_AT_ONCE_MAX)),
            enrolling: tokio::sync::Mutex::default(),
        }
    }

    /// What `read` finds in the state, and the journal sequence that all of it is true at: the state goes on while it is
    /// read, and where a record was applied meanwhile it is read again.
    fn as_of<T>(&self, read: impl Fn() -> T) -> (u64, T) {
        let applied = || self.state.applied().map_or(0, |at| at.seq);
        loop {
            let before = applied();
            let found = read();
            if applied() == before {
                return (before, found);
            }
        }
    }
}

fn api() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(described())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .routes(routes!(enrolment::pair))
        .routes(routes!(till::snapshot))
        .routes(routes!(till::stock))
        .routes(routes!(till::catalog))
        .routes(routes!(till_goods::changes))
        .routes(routes!(till_goods::book))
        .routes(routes!(till_goods::people))
        .routes(routes!(till_sales::latest))
        .routes(routes!(till_sales::one))
        .routes(routes!(till_sales::paper))
        .routes(routes!(till_devices::devices))
        .routes(routes!(till_reports::sales))
        .routes(routes!(till_reports::losses))
        .routes(routes!(x_report::x_report))
        .routes(routes!(x_report::x_paper))
        .routes(routes!(quote::ask))
        .routes(routes!(till_orders::orders))
        .routes(routes!(till_orders::order))
        .routes(routes!(value::value))
        .routes(routes!(tender::tender))
        .routes(routes!(tenders::tenders))
        .routes(routes!(till_counter::counter))
        .routes(routes!(till_counter::scale))
        .routes(routes!(device_days::till_device_days))
        .routes(routes!(device_days::device_days))
        .routes(routes!(subjects::put, subjects::get))
        .routes(routes!(subjects::search))
        .routes(routes!(reports::reconciliation))
        .routes(routes!(reports::transactions))
        .routes(routes!(reports::transaction))
        .routes(routes!(reports::status))
        .routes(routes!(sales::sales))
        .routes(routes!(sales::sales_file))
        .routes(routes!(losses::losses))
        .routes(routes!(losses::losses_file))
        .routes(routes!(journal::journal))
        .routes(routes!(journal::record))
        .routes(routes!(exports::export))
        .routes(routes!(amend::add_item))
        .routes(routes!(amend::mark_down))
        .routes(routes!(amend::add_staff))
}

fn described() -> OpenApi {
    let mut document = OpenApi::default();
    document.info.title = "Holdfast hub".to_owned();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.info.description = Some(
        "The reads of a store's hub and the pairing of tills. Tills authenticate with Basic (terminal id and secret), people \
         with the cookie of a sign-in; on loopback neither is needed. Decimals and 64-bit numbers are strings where tills \
         read them. Errors are `{\"code\", \"text\"}` with a page per code."
            .to_owned(),
    );
    document
}

/// The OpenAPI document of the hub, with a line end.
pub fn openapi_json() -> String {
    let (_, document) = api().split_for_parts();
    let mut text = document.to_pretty_json().expect("the document has a JSON form");
    text.push('\n');
    text
}

/// Every route of the hub.
pub(crate) fn router(app: Arc<App>) -> Router {
    let (api, _) = api().split_for_parts();
    let till_app = app.till_app.clone();
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    api.route("/", get(pages::status))
        .route("/transactions/{id}", get(pages::transaction))
        .route("/paper/{printer}/{sheet}", get(pages::paper))
        .route("/reports", get(pages::reports::sales))
        .route("/losses", get(pages::losses::losses))
        .route("/journal", get(pages::journal::journal))
        .route("/journal/{id}", get(pages::journal::record))
        .route("/device-days", get(pages::device_days::device_days))
        .route("/changes", get(pages::changes::changes).post(pages::changes::change))
        .route("/counter", get(pages::counter::counter).post(pages::counter::press))
        .route("/counter/drawer", post(pages::counter::move_drawer))
        .route("/counter/scanner", post(pages::counter::beside::scan))
        .route("/counter/scale", post(pages::counter::beside::weigh))
        .route("/counter/live", get(pages::counter::live))
        .route("/live", get(pages::live))
        .route("/sign-in", get(session::form).post(session::sign_in))
        .route("/sign-out", post(session::sign_out))
        .route("/assets/{name}", get(assets::asset))
        .route("/mqtt", get(mqtt))
        .route("/trust", get(trust::page))
        .route("/trust/check.js", get(trust::check))
        .route("/trust/holdfast-store.crt", get(trust::der))
        .route("/trust/holdfast-store.pem", get(trust::pem))
        .merge(till_app::routes(till_app.as_deref()))
        .fallback(problem::no_such_page)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .layer(header(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "no-referrer"))
        .layer(header(header::X_FRAME_OPTIONS, "DENY"))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .with_state(app)
}

/// MQTT over WebSocket. Plain HTTP on loopback carries it too: a till program on the hub's own machine.
async fn mqtt(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    app.gate.websocket(upgrade, &headers, peer.address)
}
