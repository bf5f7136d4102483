//! The cloud as the hub calls it: HTTPS, every request but enrolment signed, every answer bounded.

mod vault;

use std::fmt;
use std::sync::{Arc, Once, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_actors::{Uplink, UplinkFailure};
use holdfast_domain::ids::{StoreId, Uuid};
use holdfast_journal::{Position, Record};
use holdfast_protocol::head::SignedHeadJson;
use holdfast_protocol::uplink::batch::{self, Header};
use holdfast_protocol::uplink::{
    BATCH_CONTENT_TYPE, BatchAccepted, ENROL_PATH, EnrolRequest, EnrolResponse, EpochRegistered, HUB_HEADER,
    HashHeld, Heartbeat, HeartbeatAnswer, JSON_BYTES_MAX, RefusalReason, RegisterEpoch, SIGNATURE_HEADER,
    UplinkError, epochs_path, events_path, hash_path, heads_path, heartbeat_path, journal_path,
    signing_digest,
};
use holdfast_replication::Record as Sent;
use holdfast_replication::limits::{BATCH_BYTES_MAX, BATCH_RAW_BYTES_MAX};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, DATE};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::clock::Machine;
use crate::error::HubError;
use crate::identity::Identity;
use crate::witness::Witness;

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long one exchange may take; a batch of the largest size crosses a slow line within it.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Compression of batches: low, because the hub's processor is for selling.
const ZSTD_LEVEL: i32 = 1;

/// Makes ring the process's one cryptography provider. May be called often.
pub fn install_cryptography() {
    static ONCE: Once = Once::new();
    // Another library of this process may have installed it before; there is only ring to install.
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

/// The cloud's base address: https anywhere, plain http to this machine only.
///
/// # Errors
/// HF-HUB-007.
pub fn base_address(text: &str) -> Result<Url, HubError> {
    let refuse = |problem| HubError::CloudUrl { url: text.chars().take(200).collect(), problem };
    let url = Url::parse(text.trim()).map_err(|_| refuse("it is not a URL"))?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| refuse("it names no host"))?;
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(refuse("it has more than scheme, host and port"));
    }
    if url.path() != "/" {
        return Err(refuse("it has a path"));
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_here => Ok(url),
        "http" => Err(refuse("plain http leaves this machine unprotected")),
        _ => Err(refuse("its scheme is not https")),
    }
}

/// A client of one cloud with the hub's signature.
pub struct Cloud {
    identity: Arc<Identity>,
    base: Url,
    /// Made when it is first needed, and tried again while it cannot be made: a machine without certificate authorities
    /// cannot reach HQ, and sells all the same.
    client: OnceLock<Client>,
    witness: Option<Arc<Witness>>,
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// What a first contact showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// The cloud's clock, to the second.
    pub date_ms: Option<i64>,
    /// Whether it was reached over TLS.
    pub tls: bool,
}

impl Cloud {
    /// # Errors
    /// HF-HUB-007 for an address that is refused.
    pub fn new(identity: Arc<Identity>, witness: Option<Arc<Witness>>) -> Result<Self, HubError> {
        install_cryptography();
        let base = base_address(&identity.cloud)?;
        Ok(Self { identity, base, client: OnceLock::new(), witness })
    }

    /// Asks the cloud whether it is there.
    ///
    /// # Errors
    /// HF-HUB-008.
    pub async fn contact(&self) -> Result<Contact, HubError> {
        let response = self
            .client()
            .map_err(|source| unreachable(&self.base, source))?
            .get(self.at("/healthz"))
            .send()
            .await
            .map_err(|source| unreachable(&self.base, source))?;
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        Ok(Contact {
            date_ms: date.map(|date| date.timestamp().as_millisecond()),
            tls: self.base.scheme() == "https",
        })
    }

    /// Enrols the hub. The same request gets the same answer again.
    ///
    /// # Errors
    /// HF-HUB-008, HF-HUB-009.
    pub async fn enrol(&self, request: &EnrolRequest) -> Result<EnrolResponse, HubError> {
        let client = self.client().map_err(|source| unreachable(&self.base, source))?;
        let sent = client.post(self.at(ENROL_PATH)).json(request).send().await;
        let response = sent.map_err(|source| unreachable(&self.base, source))?;
        self.answer(response).await.map_err(|failure| self.hub_error(failure))
    }

    /// One page of the store's journal as the cloud holds it; `None` when there is nothing from there on.
    ///
    /// # Errors
    /// HF-HUB-008, HF-HUB-009, HF-HUB-014.
    pub async fn journal_page(&self, store: StoreId, from_seq: u64) -> Result<Option<Vec<Record>>, HubError> {
        let path = journal_path(store, from_seq);
        let sent = self.signed(Method::GET, &path, Vec::new(), |request| {
            request.header(reqwest::header::ACCEPT_ENCODING, "zstd")
        });
        let response = sent.await.map_err(|failure| self.hub_error(failure))?;
        match response.status() {
            StatusCode::NO_CONTENT => return Ok(None),
            StatusCode::OK => {}
            _ => {
                return self
                    .answer::<()>(response)
                    .await
                    .map(|()| None)
                    .map_err(|failure| self.hub_error(failure));
            }
        }
        let packed = response.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "zstd");
        let body = bounded(response, BATCH_BYTES_MAX.max(BATCH_RAW_BYTES_MAX)).await;
        let body = body.map_err(|why| self.hub_error(UplinkFailure::Unreachable(why)))?;
        let faulty = |source: Box<dyn std::error::Error + Send + Sync>| HubError::JournalCopy {
            seq: from_seq,
            source,
        };
        let body = if packed { unpack(&body).map_err(|error| faulty(error.into()))? } else { body };
        let (_, records) = batch::decode(&body).map_err(|error| faulty(error.into()))?;
        let records = records.into_iter().map(|record| Record {
            position: Position { epoch: record.epoch.0, seq: record.seq, hash: record.hash },
            payload: record.payload.to_vec(),
        });
        Ok(Some(records.collect()))
    }

    fn client(&self) -> Result<&Client, reqwest::Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(self.client.get_or_init(|| client))
    }

    fn at(&self, path: &str) -> Url {
        // `base_address` leaves no path, so what follows is always a path of this host.
        self.base.join(path).unwrap_or_else(|_| self.base.clone())
    }

    async fn signed(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        more: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Result<Response, UplinkFailure> {
        let digest = signing_digest(method.as_str(), path, &body);
        let request = self
            .client()
            .map_err(|error| UplinkFailure::Unreachable(causes(&error)))?
            .request(method, self.at(path))
            .header(HUB_HEADER, self.identity.hub.to_string())
            .header(SIGNATURE_HEADER, STANDARD.encode(self.identity.sign(&digest)))
            .body(body);
        more(request).send().await.map_err(|error| UplinkFailure::Unreachable(causes(&error)))
    }

    async fn post_json<T: DeserializeOwned>(
        &self,
        path: String,
        body: &impl Serialize,
    ) -> Result<T, UplinkFailure> {
        let body = serde_json::to_vec(body).expect("protocol messages have a JSON form");
        let json = |request: reqwest::RequestBuilder| request.header(CONTENT_TYPE, "application/json");
        self.answer(self.signed(Method::POST, &path, body, json).await?).await
    }

    async fn answer<T: DeserializeOwned>(&self, response: Response) -> Result<T, UplinkFailure> {
        let status = response.status();
        let body = bounded(response, JSON_BYTES_MAX).await.map_err(UplinkFailure::Unreachable)?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&body).map_err(|error| {
                UplinkFailure::Unreachable(format!("the answer is not what this version expects: {error}"))
            });
        }
        match serde_json::from_slice::<UplinkError>(&body) {
            Ok(refusal) => Err(UplinkFailure::Refused(refusal)),
            // A proxy or balancer in between speaks for itself.
            Err(_) => {
                Err(UplinkFailure::Unreachable(format!("HTTP {status} from something that is not the cloud")))
            }
        }
    }

    fn hub_error(&self, failure: UplinkFailure) -> HubError {
        match failure {
            UplinkFailure::Refused(refusal) => {
                HubError::CloudRefused { code: refusal.code, text: refusal.message }
            }
            UplinkFailure::Unreachable(why) => {
                HubError::CloudUnreachable { url: self.base.to_string(), source: why.into() }
            }
        }
    }

    fn store(&self) -> Result<StoreId, UplinkFailure> {
        self.identity.store.ok_or_else(|| {
            UplinkFailure::Refused(UplinkError {
                code: "HF-HUB-005".into(),
                message: "this hub is not enrolled".into(),
                reason: RefusalReason::Unauthorised {},
            })
        })
    }

    /// Keeps what HQ has seen, now and then.
    async fn note(&self, acknowledged_through: u64) {
        let Some(witness) = self.witness.clone() else { return };
        let now_ms = Machine.now_ms();
        if !witness.is_due(acknowledged_through, now_ms) {
            return;
        }
        let written = tokio::task::spawn_blocking(move || witness.write(acknowledged_through, now_ms)).await;
        if let Ok(Err(error)) = written {
            tracing::warn!(error = error.chain(), "what HQ has acknowledged could not be kept");
        }
    }
}

impl Uplink for Cloud {
    fn register_epoch(
        &self,
        request: RegisterEpoch,
    ) -> futures::future::BoxFuture<'_, Result<EpochRegistered, UplinkFailure>> {
        Box::pin(async move {
            let answer: EpochRegistered = self.post_json(epochs_path(self.store()?), &request).await?;
            Ok(answer)
        })
    }

    fn send(
        &self,
        header: Header,
        records: Vec<Record>,
    ) -> futures::future::BoxFuture<'_, Result<BatchAccepted, UplinkFailure>> {
        Box::pin(async move {
            let path = events_path(self.store()?);
            let packed = tokio::task::spawn_blocking(move || pack(&header, &records)).await;
            let packed = packed.map_err(|error| UplinkFailure::Unreachable(error.to_string()))?;
            let as_batch = |request: reqwest::RequestBuilder| {
                request.header(CONTENT_TYPE, BATCH_CONTENT_TYPE).header(CONTENT_ENCODING, "zstd")
            };
            let response = self.signed(Method::POST, &path, packed, as_batch).await?;
            let answer: BatchAccepted = self.answer(response).await?;
            self.note(answer.acked_through).await;
            Ok(answer)
        })
    }

    fn hash_at(
        &self,
        epoch: Uuid,
        seq: u64,
    ) -> futures::future::BoxFuture<'_, Result<Option<[u8; 32]>, UplinkFailure>> {
        Box::pin(async move {
            let path = hash_path(self.store()?, epoch, seq);
            let response = self.signed(Method::GET, &path, Vec::new(), |request| request).await?;
            let held: HashHeld = match self.answer(response).await {
                Err(UplinkFailure::Refused(UplinkError { reason: RefusalReason::NotFound {}, .. })) => {
                    return Ok(None);
                }
                answer => answer?,
            };
            let mut hash = [0; 32];
            hex::decode_to_slice(&held.hash, &mut hash)
                .map_err(|_| UplinkFailure::Unreachable("a hash that is not 64 hex digits".to_owned()))?;
            Ok(Some(hash))
        })
    }

    fn heartbeat(
        &self,
        beat: Heartbeat,
    ) -> futures::future::BoxFuture<'_, Result<HeartbeatAnswer, UplinkFailure>> {
        Box::pin(async move {
            let answer: HeartbeatAnswer = self.post_json(heartbeat_path(self.store()?), &beat).await?;
            self.note(answer.acked_through.min(beat.head_seq)).await;
            Ok(answer)
        })
    }

    fn send_head(&self, head: SignedHeadJson) -> futures::future::BoxFuture<'_, Result<(), UplinkFailure>> {
        Box::pin(async move {
            let HeadTaken {} = self.post_json(heads_path(self.store()?), &head).await?;
            Ok(())
        })
    }
}

/// 200 to a head.
#[derive(Debug, Deserialize)]
struct HeadTaken {}

fn pack(header: &Header, records: &[Record]) -> Vec<u8> {
    let sent: Vec<Sent<'_>> = records
        .iter()
        .map(|record| Sent {
            epoch: holdfast_replication::Epoch(record.position.epoch),
            seq: record.position.seq,
            hash: record.position.hash,
            payload: &record.payload,
        })
        .collect();
    zstd::encode_all(&batch::encode(header, &sent)[..], ZSTD_LEVEL)
        .expect("compressing in memory cannot fail")
}

fn unpack(body: &[u8]) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut raw = Vec::new();
    let limit = BATCH_RAW_BYTES_MAX as u64;
    zstd::stream::read::Decoder::with_buffer(body)?.take(limit + 1).read_to_end(&mut raw)?;
    if raw.len() as u64 > limit {
        return Err(std::io::Error::other("the page grows beyond its limit when unpacked"));
    }
    Ok(raw)
}

async fn bounded(mut response: Response, limit: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| causes(&error))? {
        if body.len() + chunk.len() > limit {
            return Err(format!("the answer has more than {limit} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn unreachable(base: &Url, source: reqwest::Error) -> HubError {
    HubError::CloudUnreachable { url: base.to_string(), source: source.without_url().into() }
}

fn causes(error: &reqwest::Error) -> String {
    let mut text =
        if error.is_timeout() { "no answer in time".to_owned() } else { String::from("the exchange failed") };
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for good in [
            "https://hq.example.com",
            "https://10.0.0.7:8443/",
            "http://127.0.0.1:8480",
            "http://[::1]:1",
            "http://localhost:2",
        ] {
            base_address(good).unwrap_or_else(|error| panic!("{good}: {error}"));
        }
        for bad in [
            "",
            "hq.example.com",
            "http://hq.example.com",
            "http://10.0.0.7",
            "http://127.0.0.1.evil.example",
            "http://localhost@evil.example",
            "ftp://hq",
            "https://hq/path",
            "https://u:p@hq",
            "https://hq?x=1",
        ] {
            assert!(base_address(bad).unwrap_err().to_string().starts_with("HF-HUB-007"), "{bad}");
        }
    }
}
