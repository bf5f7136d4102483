//! Requests to Stripe's API and what their answers mean before anybody looks into them.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::SettingsError;
use crate::payment::Fault;
use crate::payment::https::{Call, Endpoint};

/// The form of the answers. Stripe keeps every version for ever, so an account's own default changes nothing here.
const VERSION: &str = "2024-06-20";
/// The most characters of a secret key.
const KEY_CHARS_MAX: usize = 255;
/// How long Stripe is left alone when it asks for that without saying how long, and at most, in seconds.
const RETRY_AFTER_USUAL_SECONDS: u64 = 5;
const RETRY_AFTER_SECONDS_MAX: u64 = 300;

/// A secret or restricted key. Wiped when it is dropped, and never shown.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<String>);

impl SecretKey {
    /// # Errors
    /// [`SettingsError::Key`] when it is no key that can take payments.
    pub fn new(key: Zeroizing<String>) -> Result<SecretKey, SettingsError> {
        let is_one = (key.starts_with("sk_") || key.starts_with("rk_"))
            && key.len() <= KEY_CHARS_MAX
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_one { Ok(SecretKey(key)) } else { Err(SettingsError::Key) }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey")
    }
}

/// Stripe did not do it, and says so itself.
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Stripe's `type` of an error.
    pub(super) kind: String,
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
}

impl Refusal {
    /// The key was used for something else before, so this says nothing about the attempt.
    pub(super) fn is_about_the_key(&self) -> bool {
        self.kind == "idempotency_error"
    }

    /// The secret key does not open this door.
    pub(super) fn is_about_trust(&self) -> bool {
        matches!(self.status, 401 | 403)
    }

    pub(super) fn is_missing(&self) -> bool {
        self.status == 404 && self.code.as_deref() == Some("resource_missing")
    }

    /// For people, without what Stripe repeats of a key that it does not take.
    pub(super) fn said(&self) -> Option<&str> {
        if self.is_about_trust() { Some("the secret key is not taken") } else { self.message.as_deref() }
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorContent,
}

#[derive(Deserialize)]
struct ErrorContent {
    #[serde(rename = "type")]
    kind: String,
    code: Option<String>,
    message: Option<String>,
}

/// What an answer means.
pub(super) enum Answer<T> {
    /// `again` when it is the answer that an earlier request with the same key got.
    Content {
        content: T,
        again: bool,
    },
    Refused(Refusal),
    /// Something went wrong at Stripe, and nobody knows what was done. A key keeps such an answer for as long as it lives.
    Failed {
        status: u16,
    },
}

pub(super) struct Api {
    endpoint: Endpoint,
    base_path: String,
    key: SecretKey,
    answer: Duration,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.endpoint, f)
    }
}

impl Api {
    pub(super) fn new(
        device: &str,
        address: &str,
        key: SecretKey,
        roots_pem: &str,
        connect: Duration,
        answer: Duration,
    ) -> Result<Api, SettingsError> {
        let rest = address.strip_prefix("https://").ok_or(SettingsError::Address)?;
        let (authority, path) =
            rest.split_once('/').map_or((rest, ""), |(authority, path)| (authority, path));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| SettingsError::Address)?),
            None => (authority, 443),
        };
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if host.is_empty() || !is_plain(path) || path.contains(['?', '#']) {
            return Err(SettingsError::Address);
        }
        let base_path = match path.trim_end_matches('/') {
            "" => String::new(),
            path => format!("/{path}"),
        };
        let endpoint = Endpoint {
            device: device.to_owned(),
            host: host.to_owned(),
            port,
            name: ServerName::try_from(host.to_owned()).map_err(|_| SettingsError::Address)?,
            tls: Arc::new(tls(roots_pem)?),
            connect,
        };
        Ok(Api { endpoint, base_path, key, answer })
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Form,
        during: &'static str,
    ) -> Result<Answer<T>, Fault> {
        let path = if query.0.is_empty() { path.to_owned() } else { format!("{path}?{}", query.0) };
        self.call(Method::GET, &path, None, Vec::new(), during).await
    }

    /// `key` makes the request harmless to repeat, for as long as Stripe keeps it.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &Form,
        key: Option<String>,
        during: &'static str,
    ) -> Result<Answer<T>, Fault> {
        self.call(Method::POST, path, key, form.0.clone().into_bytes(), during).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        key: Option<String>,
        body: Vec<u8>,
        during: &'static str,
    ) -> Result<Answer<T>, Fault> {
        let call = Call {
            method,
            path: format!("{}{path}", self.base_path),
            content_type: "application/x-www-form-urlencoded",
            authorization: Some(format!("Bearer {}", *self.key.0)),
            body,
        };
        let mut headers = vec![("Stripe-Version", VERSION.to_owned())];
        headers.extend(key.map(|key| ("Idempotency-Key", key)));
        let answer = self.endpoint.exchange_with(call, headers, self.answer, during).await?;
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
        match answer.status.as_u16() {
            200 => {
                // What serde says about a text can quote it, so it goes no further.
                let content = serde_json::from_slice(&answer.body)
                    .map_err(|_| self.garbled(during, "an object in another form"))?;
                Ok(Answer::Content { content, again: header("Idempotent-Replayed") == Some("true") })
            }
            429 => {
                let seconds = header("Retry-After").and_then(|text| text.trim().parse().ok());
                Err(Fault::Resting {
                    device: self.endpoint.device.clone(),
                    seconds: seconds.unwrap_or(RETRY_AFTER_USUAL_SECONDS).clamp(1, RETRY_AFTER_SECONDS_MAX),
                })
            }
            status @ 400..=499 => {
                // A server in between also says 404; only the API itself says what it has against it.
                let error = serde_json::from_slice::<ErrorBody>(&answer.body)
                    .map_err(|_| self.garbled(during, &format!("HTTP status {status} without a reason")))?
                    .error;
                if error.code.as_deref() == Some("idempotency_key_in_use") {
                    return Err(self.in_progress());
                }
                let ErrorContent { kind, code, message } = error;
                Ok(Answer::Refused(Refusal { status, kind, code, message }))
            }
            status @ 500..=599 => Ok(Answer::Failed { status }),
            status => Err(self.garbled(during, &format!("HTTP status {status}"))),
        }
    }

    /// The content, where nothing else is an answer.
    pub(super) fn content<T>(&self, answer: Answer<T>, during: &'static str) -> Result<T, Fault> {
        match answer {
            Answer::Content { content, .. } => Ok(content),
            Answer::Refused(refusal) => Err(self.refused(&refusal, during)),
            Answer::Failed { status } => Err(self.failed(status, during)),
        }
    }

    pub(super) fn refused(&self, refusal: &Refusal, during: &'static str) -> Fault {
        if refusal.is_about_trust() {
            let what = "it does not take the secret key, or the key may not do this".to_owned();
            return Fault::NotTrusted { device: self.endpoint.device.clone(), what };
        }
        self.garbled(during, &format!("HTTP status {} instead of an answer", refusal.status))
    }

    pub(super) fn failed(&self, status: u16, during: &'static str) -> Fault {
        self.garbled(during, &format!("HTTP status {status}"))
    }

    pub(super) fn garbled(&self, during: &'static str, what: &str) -> Fault {
        Fault::Garbled { device: self.endpoint.device.clone(), during, what: what.to_owned() }
    }

    pub(super) fn foreign(&self, during: &'static str) -> Fault {
        Fault::Foreign { device: self.endpoint.device.clone(), during }
    }

    pub(super) fn in_progress(&self) -> Fault {
        Fault::InProgress { device: self.endpoint.device.clone() }
    }

    pub(super) fn cannot(&self, what: &str) -> Fault {
        Fault::CannotSay { device: self.endpoint.device.clone(), what: what.to_owned() }
    }
}

fn tls(roots_pem: &str) -> Result<ClientConfig, SettingsError> {
    let roots: Vec<_> = CertificateDer::pem_slice_iter(roots_pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| SettingsError::Roots)?;
    let mut store = RootCertStore::empty();
    // The bundle of an operating system holds some that rustls does not understand; nobody signed by those is trusted.
    store.add_parsable_certificates(roots);
    if store.is_empty() {
        return Err(SettingsError::Roots);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(store)
        .with_no_client_auth())
}

/// Fields of a form or a query, in the order in which they were added: the same request is the same bytes.
#[derive(Default)]
pub(super) struct Form(String);

impl Form {
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: &str) -> Form {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        percent_encoded(name, &mut self.0);
        self.0.push('=');
        percent_encoded(value, &mut self.0);
        self
    }
}

fn percent_encoded(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_always_the_same_bytes() {
        let form = Form::default().with("metadata[attempt]", "0198").with("description", "K1/0042 ä");
        assert_eq!(form.0, "metadata%5Battempt%5D=0198&description=K1%2F0042%20%C3%A4");
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = SecretKey::new(Zeroizing::new("sk_test_51canary".to_owned())).expect("a key");
        assert_eq!(format!("{key:?}"), "SecretKey");
        for wrong in ["", "pk_test_1", "sk_test 1", "sk_test_1\r\nX: y"] {
            assert!(SecretKey::new(Zeroizing::new(wrong.to_owned())).is_err(), "{wrong}");
        }
    }
}
