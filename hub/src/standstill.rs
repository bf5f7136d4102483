//! When the journal cannot be served, the hub does not sell and does not restart in a loop: it stands still and says on
//! its loopback page what happened, what is proven to be there, and what to do. Nothing is changed on the disk.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use holdfast_journal::{DiskStorage, Journal};
use holdfast_protocol::till_api::Problem;
use maud::{DOCTYPE, html};
use serde_json::json;

use crate::config::Config;
use crate::error::HubError;
use crate::folder::{self, DataFolder};
use crate::serve::{bind, local};
use crate::storage::journal_options;

/// What the page tells.
#[derive(Debug)]
struct Standstill {
    code: &'static str,
    text: String,
    /// The last record that is proven, when the journal can be read at all.
    proven: Option<u64>,
}

/// Whether a person must look at the journal before the hub can serve again. A second hub on the same folder or a wrong
/// setting is no reason to stand still.
pub fn is_for(error: &HubError) -> bool {
    match error {
        HubError::Journal(error) => !matches!(error.code(), "HF-JRN-007" | "HF-JRN-010"),
        HubError::HeadContradicted { .. } => true,
        _ => false,
    }
}

/// Serves the page until it is asked to end.
///
/// # Errors
/// HF-HUB codes when the page cannot be served either.
pub async fn stand_still(
    data: &Path,
    config: &Config,
    error: &HubError,
    ready_file: Option<&Path>,
    until: impl Future<Output = ()> + Send + 'static,
) -> Result<(), HubError> {
    let code = match error {
        HubError::Journal(error) => error.code(),
        _ => "HF-HUB-035",
    };
    let folder = DataFolder::new(data.to_path_buf());
    let _lock = folder.lock()?;
    let listener = bind("HTTP", config.listen.http).await?;
    let address = local(&listener)?;
    if let Some(path) = ready_file {
        folder::replace_json(path, &json!({ "http": address, "standstill": code }))?;
    }
    let options = journal_options(&folder, config.journal.segment_mib, 0);
    let proven = tokio::task::spawn_blocking(move || {
        let (reader, _) = Journal::open_read_only(&options, Arc::new(DiskStorage::new())).ok()?;
        reader.head().map(|head| head.seq)
    });
    let shown = Standstill { code, text: error.to_string(), proven: proven.await.unwrap_or(None) };
    tracing::error!(code = shown.code, %address, "the journal cannot be served; the hub stands still and says so");
    let router = Router::new()
        .route("/", get(page))
        .route("/healthz", get(async || "standing still"))
        .fallback(refuse)
        .with_state(Arc::new(shown));
    axum::serve(listener, router)
        .with_graceful_shutdown(until)
        .await
        .map_err(HubError::file("serve", "the page of a hub that stands still"))
}

async fn page(State(shown): State<Arc<Standstill>>) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "Holdfast hub stands still" } }
            body {
                h1 { "This hub does not sell: its journal needs a person" }
                p { strong { (shown.code) } " " (shown.text) }
                p {
                    @match shown.proven {
                        Some(seq) => { "Records 1 to " (seq) " are proven to be whole. Nothing on the disk was changed." }
                        None => { "The journal cannot be read. Nothing on the disk was changed." }
                    }
                }
                p {
                    "What to do: keep this disk as it is. The page docs/errors/" (shown.code) ".md tells the ways out. "
                    "A replacement hub from HQ's copy and the tills holds every acknowledged sale."
                }
            }
        }
    };
    (StatusCode::SERVICE_UNAVAILABLE, [(header::CACHE_CONTROL, "no-store")], page).into_response()
}

async fn refuse(State(shown): State<Arc<Standstill>>) -> Response {
    let problem = Problem { code: shown.code.to_owned(), text: shown.text.clone() };
    (StatusCode::SERVICE_UNAVAILABLE, axum::Json(problem)).into_response()
}
