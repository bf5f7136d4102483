//! The till as a web app, from a folder of built files. Nothing in it is the hub's secret: a till's own credential comes from
//! pairing and stays in its browser.

use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tower_http::services::{ServeDir, ServeFile};

use super::pages;

/// The app's own files run, show and connect; pictures that it draws itself may be shown.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; media-src 'self'; connect-src 'self'; worker-src 'self'; \
    manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
/// What the app asks of the device: a camera may read codes, nothing else is used.
const PERMISSIONS: &str = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()";
/// The folder beside the program that is taken where the settings name none.
const FOLDER: &str = "till-app";

/// The folder that the settings name, or the one beside the program; none when there is no app in it.
pub fn folder(named: &str) -> Option<PathBuf> {
    let folder = if named.is_empty() {
        std::env::current_exe().ok()?.parent()?.join(FOLDER)
    } else {
        PathBuf::from(named)
    };
    folder.join("index.html").is_file().then_some(folder)
}

/// The app below `/till/`, or a page that says how to get it.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(folder: Option<&Path>) -> Router<S> {
    let to_app = get(|| async { Redirect::permanent("/till/") });
    match folder {
        None => Router::new()
            .route("/till", get(missing))
            .route("/till/{*path}", get(missing))
            .route("/till/", get(missing)),
        Some(folder) => {
            // Every address of the app that is no file is one of its pages.
            let index = ServeFile::new(folder.join("index.html")).precompressed_gzip();
            let files = ServeDir::new(folder)
                .precompressed_gzip()
                .append_index_html_on_directories(true)
                .fallback(index);
            let app = Router::new().fallback_service(files).layer(middleware::from_fn(headers));
            Router::new().route("/till", to_app).nest_service("/till/", app)
        }
    }
}

/// A file whose name has its content's hash never changes; everything else is asked for anew each time.
async fn headers(request: Request, next: Next) -> Response {
    let is_hashed = request.uri().path().starts_with("/assets/");
    let mut response = next.run(request).await;
    let found = response.status().is_success();
    let keep = if is_hashed && found { "public, max-age=31536000, immutable" } else { "no-cache" };
    let set: [(HeaderName, &'static str); 3] = [
        (header::CACHE_CONTROL, keep),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ];
    for (name, value) in set {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn missing() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, pages::no_till_app()).into_response()
}
