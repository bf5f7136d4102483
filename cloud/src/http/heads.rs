//! Signed heads: hubs bring them, people and programs read them. A head is a hub's word, under its own key, that its history
//! went through a record; whoever holds one can tell a journal that was cut or changed, this one here included.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, Uri};
use ed25519_dalek::Signature;
use holdfast_protocol::head::SignedHeadJson;
use holdfast_protocol::uplink::UplinkError;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::http::caller::{Caller, json, received};
use crate::http::reads::{covered, parameters};
use crate::http::refusal::{ApiError, ApiRefusal, UplinkRefusal};
use crate::http::session::Viewer;
use crate::model::{HeadRow, HeadState};
use crate::store::PAGE_HEADS_MAX;

/// An answer that says only that it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Kept {}

/// Takes a head in. A hub that was replaced may still bring those that it signed: they are evidence.
#[utoipa::path(post, path = "/api/v1/stores/{store}/heads", tag = "uplink", request_body = SignedHeadJson,
    params(("store" = String, Path)), responses((status = 200, body = Kept), (status = 400, body = UplinkError),
    (status = 401, body = UplinkError)))]
pub async fn keep(
    State(app): State<Arc<App>>,
    Path(store): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Kept>, UplinkRefusal> {
    let body = received(body)?;
    let caller = Caller::signed(&app, &store, &Method::POST, &uri, &headers, &body).await?;
    let told: SignedHeadJson = json(&body)?;
    let signed =
        told.decode().ok_or_else(|| UplinkRefusal::malformed("hash or signature has not its length"))?;
    let head = &signed.head;
    if head.store.0 != caller.store || head.hub.0 != caller.hub {
        return Err(UplinkRefusal::malformed("the head speaks of another store or hub"));
    }
    if head.seq == 0 || i64::try_from(head.seq).is_err() {
        return Err(UplinkRefusal::malformed("a head stands at a record, from 1"));
    }
    let signature = Signature::from_bytes(&signed.signature);
    if caller.key.verify_strict(&head.signing_bytes(), &signature).is_err() {
        app.metrics.signatures_refused.inc();
        return Err(UplinkRefusal::unsigned());
    }
    let state = app
        .store
        .add_head(&signed, caller.key.as_bytes(), app.now_ms())
        .await
        .map_err(|e| UplinkRefusal::fault(&e))?;
    if state == HeadState::Mismatch {
        tracing::error!(code = "HF-CLD-044", store = %caller.store, hub = %caller.hub, seq = head.seq,
            "a signed head differs from the journal");
        app.live.touch(caller.store);
    }
    Ok(Json(Kept {}))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HeadsQuery {
    /// Only heads after this record; for the next page.
    #[serde(default)]
    after_seq: u64,
    /// Heads, 1 to 5000, which is also what is given without it.
    limit: Option<u32>,
}

/// The store's signed heads by their record, with what the journal here says about each.
#[utoipa::path(get, path = "/api/v1/stores/{store}/heads", tag = "reads", params(("store" = String, Path), HeadsQuery),
    responses((status = 200, body = Vec<HeadRow>), (status = 400, body = ApiError), (status = 401, body = ApiError),
    (status = 404, body = ApiError)))]
pub async fn heads(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(store): Path<String>,
    query: Result<Query<HeadsQuery>, QueryRejection>,
) -> Result<Json<Vec<HeadRow>>, ApiRefusal> {
    let store = covered(&viewer.scope, &store)?;
    let query = parameters(query)?;
    let limit = query.limit.unwrap_or(PAGE_HEADS_MAX);
    if !(1..=PAGE_HEADS_MAX).contains(&limit) {
        return Err(ApiRefusal::parameter(format!("`limit` is 1 to {PAGE_HEADS_MAX}")));
    }
    Ok(Json(app.store.heads(store, query.after_seq, limit).await?))
}

/// The head that went furthest, in the form that a verifier takes from a file.
#[utoipa::path(get, path = "/api/v1/stores/{store}/heads/latest", tag = "reads", params(("store" = String, Path)),
    responses((status = 200, body = SignedHeadJson), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub async fn latest(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(store): Path<String>,
) -> Result<Json<SignedHeadJson>, ApiRefusal> {
    let store = covered(&viewer.scope, &store)?;
    let found = app.store.latest_head(store).await?;
    found.map(|row| Json(row.head)).ok_or_else(ApiRefusal::not_found)
}
