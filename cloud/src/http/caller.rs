//! Who calls: the hub behind a request, by the signature over method, path and body. The signature is checked before the
//! body is looked at.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use holdfast_protocol::uplink::{HUB_HEADER, SIGNATURE_HEADER, UPLINK_VERSION, signing_digest};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::app::App;
use crate::http::refusal::UplinkRefusal;

type Refused = UplinkRefusal;

/// The hub behind a request, its signature checked.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    pub store: Uuid,
    pub hub: Uuid,
    pub key: VerifyingKey,
    retired: bool,
}

impl Caller {
    /// The hub that serves the store. One that was replaced is noted and refused.
    pub async fn check(
        app: &App,
        store: &str,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, Refused> {
        let caller = Self::signed(app, store, method, uri, headers, body).await?;
        if caller.retired {
            let Self { store, hub, .. } = caller;
            app.store.note_refused_hub(store, hub, app.now_ms()).await.map_err(|e| Refused::fault(&e))?;
            tracing::warn!(%store, %hub, "a hub that was replaced still calls");
            return Err(Refused::fenced());
        }
        Ok(caller)
    }

    /// Any hub that was ever enrolled for the store.
    pub async fn signed(
        app: &App,
        store: &str,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, Refused> {
        let unsigned = || {
            app.metrics.signatures_refused.inc();
            Refused::unsigned()
        };
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let store = Uuid::try_parse(store).map_err(|_| unsigned())?;
        let hub = text(HUB_HEADER).and_then(|hub| Uuid::try_parse(hub).ok()).ok_or_else(unsigned)?;
        let signature = text(SIGNATURE_HEADER).and_then(|signature| STANDARD.decode(signature).ok());
        let signature =
            signature.and_then(|bytes| Signature::from_slice(&bytes).ok()).ok_or_else(unsigned)?;
        let row = app.store.hub(store, hub).await.map_err(|e| Refused::fault(&e))?.ok_or_else(unsigned)?;
        let key = <[u8; 32]>::try_from(&row.public_key[..])
            .ok()
            .and_then(|key| VerifyingKey::from_bytes(&key).ok());
        let key = key.ok_or_else(unsigned)?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let digest = signing_digest(method.as_str(), path, body);
        key.verify_strict(&digest, &signature).map_err(|_| unsigned())?;
        Ok(Self { store, hub, key, retired: row.retired })
    }
}

pub fn received(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Refused> {
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refused::too_large(),
        _ => Refused::malformed("the body did not arrive"),
    })
}

pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body)
        .map_err(|error| Refused::malformed(format!("the body is not what this path takes: {error}")))
}

pub fn check_version(version: u16) -> Result<(), Refused> {
    if version > UPLINK_VERSION { Err(Refused::too_new(version)) } else { Ok(()) }
}
