//! The cloud's HTTP edge: the uplink of hubs, the reads of people and programs, HQ's pages. Requests are limited in size and
//! time before anything looks at them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::routing::{get, post};
use holdfast_protocol::uplink::{JSON_BYTES_MAX, VAULT_BYTES_MAX};
use holdfast_replication::limits::BATCH_BYTES_MAX;
use tower::ServiceBuilder;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub mod assets;
pub mod caller;
pub mod heads;
pub mod health;
pub mod limiter;
pub mod live;
pub mod page;
pub mod reads;
pub mod refusal;
pub mod session;
pub mod uplink;
pub mod vault;

/// The longest that one request may take, the live stream apart.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// What pages may load: their own style and script, nothing from anywhere else.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The description of the API.
#[derive(OpenApi)]
#[openapi(info(
    title = "Holdfast cloud",
    description = "Hubs send their stores' journals up; people and programs read what happened. Reads need a session: the \
                   cookie of the page's sign-in, or the token of POST /api/v1/session as a bearer token. Every read is \
                   limited to the stores of the sign-in."
))]
#[derive(Debug)]
struct ApiDoc;

fn api() -> OpenApiRouter<Arc<App>> {
    let uplink = OpenApiRouter::new()
        .routes(routes!(uplink::enrol))
        .routes(routes!(uplink::register_epoch))
        .routes(routes!(uplink::heartbeat))
        .routes(routes!(uplink::journal))
        .routes(routes!(uplink::hash))
        .routes(routes!(heads::keep))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX));
    let events =
        OpenApiRouter::new().routes(routes!(uplink::events)).layer(DefaultBodyLimit::max(BATCH_BYTES_MAX));
    let vault = OpenApiRouter::new()
        .routes(routes!(vault::put, vault::get))
        .layer(DefaultBodyLimit::max(VAULT_BYTES_MAX));
    let reads = OpenApiRouter::new()
        .routes(routes!(session::open_session, session::close_session))
        .routes(routes!(reads::stores))
        .routes(routes!(reads::store))
        .routes(routes!(reads::sales))
        .routes(routes!(reads::tenders))
        .routes(routes!(reads::taxes))
        .routes(routes!(reads::changes))
        .routes(routes!(reads::transactions))
        .routes(routes!(reads::receipt))
        .routes(routes!(reads::stock))
        .routes(routes!(reads::totals))
        .routes(routes!(reads::quarantine))
        .routes(routes!(reads::epochs))
        .routes(routes!(heads::heads))
        .routes(routes!(heads::latest))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX));
    OpenApiRouter::with_openapi(ApiDoc::openapi()).merge(uplink).merge(events).merge(vault).merge(reads)
}

/// The API's description as JSON; docs/openapi/cloud.json is kept equal to it.
pub fn openapi_json() -> String {
    let (_, document) = api().routes(routes!(live::live)).split_for_parts();
    let mut text = document.to_pretty_json().expect("the description is plain data");
    text.push('\n');
    text
}

/// Everything that the cloud answers.
pub fn router(app: Arc<App>) -> Router {
    let (api, _) = api().split_for_parts();
    let pages = Router::new()
        .route("/", get(page::overview::page))
        .route("/sign-in", get(page::sign_in::form).post(page::sign_in::submit))
        .route("/sign-out", post(page::sign_in::sign_out))
        .route("/stores/{store}", get(page::overview::store_page))
        .route("/stores/{store}/stock", get(page::stock::page))
        .route("/stores/{store}/receipts/{transaction}", get(page::receipt::page))
        .fallback(page::not_found)
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX));
    let timed = Router::new()
        .merge(api)
        .merge(pages)
        .route("/api/v1/openapi.json", get(openapi))
        .route("/assets/{file}", get(assets::asset))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT));
    let fixed = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
    };
    timed.route("/api/v1/live", get(live::live)).with_state(app).layer(
        ServiceBuilder::new()
            .layer(fixed(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
            .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .layer(fixed(header::REFERRER_POLICY, "no-referrer"))
            .layer(fixed(header::X_FRAME_OPTIONS, "DENY"))
            .layer(SetResponseHeaderLayer::if_not_present(
                header::CACHE_CONTROL,
                HeaderValue::from_static("no-store"),
            )),
    )
}

async fn openapi() -> ([(HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "application/json")], openapi_json())
}
