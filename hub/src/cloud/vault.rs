//! The store's vault at HQ: put there sealed, fetched by whoever has the recovery code.

use holdfast_actors::UplinkFailure;
use holdfast_domain::ids::StoreId;
use holdfast_protocol::uplink::{VAULT_BYTES_MAX, VAULT_CONTENT_TYPE, VaultKept, vault_path};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};

use super::{Cloud, bounded};
use crate::error::HubError;
use crate::recovery::RecoveryError;

impl Cloud {
    /// Puts a sealed vault in the place of the one before.
    ///
    /// # Errors
    /// HF-REC-010 for one that HQ would not take, HF-HUB-008, HF-HUB-009.
    pub async fn put_vault(&self, store: StoreId, sealed: Vec<u8>) -> Result<VaultKept, HubError> {
        if sealed.len() > VAULT_BYTES_MAX {
            return Err(RecoveryError::VaultTooLarge { bytes: sealed.len(), limit: VAULT_BYTES_MAX }.into());
        }
        let as_vault = |request: reqwest::RequestBuilder| request.header(CONTENT_TYPE, VAULT_CONTENT_TYPE);
        let sent = self.signed(Method::PUT, &vault_path(store), sealed, as_vault).await;
        let response = sent.map_err(|failure| self.hub_error(failure))?;
        self.answer(response).await.map_err(|failure| self.hub_error(failure))
    }

    /// The newest sealed vault of a store; `None` when HQ has none.
    ///
    /// # Errors
    /// HF-HUB-008, HF-HUB-009.
    pub async fn vault(&self, store: StoreId) -> Result<Option<Vec<u8>>, HubError> {
        let sent = self.signed(Method::GET, &vault_path(store), Vec::new(), |request| request).await;
        let response = sent.map_err(|failure| self.hub_error(failure))?;
        match response.status() {
            StatusCode::OK => {
                let body = bounded(response, VAULT_BYTES_MAX).await;
                body.map(Some).map_err(|why| self.hub_error(UplinkFailure::Unreachable(why)))
            }
            StatusCode::NOT_FOUND => Ok(None),
            _ => {
                let refused = self.answer::<()>(response).await;
                refused.map(|()| None).map_err(|failure| self.hub_error(failure))
            }
        }
    }
}
