//! The store's sealed vault: what a rebuilt hub needs besides the journal. The cloud keeps the newest one and cannot open it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use holdfast_protocol::uplink::{UplinkError, VAULT_CONTENT_TYPE, VaultKept};

use crate::app::App;
use crate::error::StoreError;
use crate::http::caller::{Caller, received};
use crate::http::refusal::UplinkRefusal;

type Refused = UplinkRefusal;

/// Replaces the store's vault. When it is answered nothing of the one before is left: keys that the hub has destroyed are
/// destroyed here too.
#[utoipa::path(put, path = "/api/v1/stores/{store}/vault", tag = "uplink",
    request_body(content = Vec<u8>, content_type = "application/age-encryption"),
    params(("store" = String, Path)), responses(
    (status = 200, body = VaultKept), (status = 401, body = UplinkError), (status = 412, body = UplinkError),
    (status = 413, body = UplinkError), (status = 415, body = UplinkError), (status = 429, body = UplinkError)))]
pub async fn put(
    State(app): State<Arc<App>>,
    Path(store): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<VaultKept>, Refused> {
    let body = received(body)?;
    let caller = Caller::check(&app, &store, &Method::PUT, &uri, &headers, &body).await?;
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if content_type != Some(VAULT_CONTENT_TYPE.as_bytes()) {
        return Err(Refused::not_a_vault());
    }
    if body.is_empty() {
        return Err(Refused::malformed("a vault is not empty"));
    }
    match app.store.put_vault(caller.store, caller.hub, &body, app.now_ms()).await {
        Ok(kept) => {
            tracing::info!(store = %caller.store, version = kept.version, bytes = body.len(), "a vault was kept");
            Ok(Json(VaultKept { version: kept.version, kept_at_ms: kept.kept_at_ms }))
        }
        // Kept, but the one before may still be in the log: the hub puts it again, until it is not.
        Err(StoreError::LogInUse) => Err(Refused::busy()),
        Err(error) => Err(Refused::fault(&error)),
    }
}

/// The store's newest vault, for the hub that serves it now; its version is the `ETag`.
#[utoipa::path(get, path = "/api/v1/stores/{store}/vault", tag = "uplink", params(("store" = String, Path)), responses(
    (status = 200, description = "the sealed vault", content_type = "application/age-encryption"),
    (status = 401, body = UplinkError), (status = 404, body = UplinkError), (status = 412, body = UplinkError)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Path(store): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let caller = Caller::check(&app, &store, &Method::GET, &uri, &headers, b"").await?;
    let found = app.store.vault(caller.store).await.map_err(|e| Refused::fault(&e))?;
    let vault = found.ok_or_else(Refused::no_vault)?;
    tracing::info!(store = %caller.store, hub = %caller.hub, version = vault.kept.version, "a vault was fetched");
    let tag = format!("\"{}\"", vault.kept.version);
    let headers = [(header::CONTENT_TYPE, VAULT_CONTENT_TYPE.to_owned()), (header::ETAG, tag)];
    Ok((StatusCode::OK, headers, vault.sealed).into_response())
}
