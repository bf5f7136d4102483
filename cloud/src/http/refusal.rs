//! How refusals look on the wire: to hubs as [`UplinkError`], to people and programs as a code and a sentence.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use holdfast_protocol::uplink::{RefusalReason, UplinkError};
use holdfast_replication::Decision;
use holdfast_replication::codes;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::StoreError;

/// What a stranger is told of what they sent: never a card's number.
fn told(message: impl Into<String>) -> String {
    holdfast_pan::masked(&message.into()).into_owned()
}

/// The wait that a hub is told when the cloud is busy, in milliseconds.
const BUSY_RETRY_MS: u64 = 1_000;

/// A refusal to a hub.
#[derive(Debug)]
pub struct UplinkRefusal {
    status: StatusCode,
    body: UplinkError,
}

impl UplinkRefusal {
    fn new(status: StatusCode, code: &str, message: impl Into<String>, reason: RefusalReason) -> Self {
        Self { status, body: UplinkError { code: code.to_owned(), message: told(message), reason } }
    }

    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "HF-CLD-012", message, RefusalReason::Malformed {})
    }

    pub fn too_large() -> Self {
        let message = "the request is larger than this path takes; send fewer records";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "HF-CLD-013", message, RefusalReason::Malformed {})
    }

    pub fn unsigned() -> Self {
        let message =
            "the request is not signed by a hub that serves this store; provision the hub with a claim code";
        Self::new(StatusCode::UNAUTHORIZED, "HF-CLD-011", message, RefusalReason::Unauthorised {})
    }

    pub fn claim() -> Self {
        let message =
            "the claim code is wrong, used or expired; make a new one with `holdfast-cloud store claim`";
        Self::new(StatusCode::FORBIDDEN, "HF-CLD-010", message, RefusalReason::Unauthorised {})
    }

    pub fn too_many() -> Self {
        let message = "too many wrong claim codes from this address; wait ten minutes";
        let reason = RefusalReason::Busy { retry_after_ms: 600_000 };
        Self::new(StatusCode::TOO_MANY_REQUESTS, "HF-CLD-023", message, reason)
    }

    pub fn fenced() -> Self {
        let message = "another hub serves this store now; if this one should, give it a new claim code";
        Self::new(StatusCode::PRECONDITION_FAILED, codes::FENCED, message, RefusalReason::StaleEpoch {})
    }

    pub fn too_new(version: u16) -> Self {
        let message = format!(
            "the hub writes version {version}, which this cloud does not know; upgrade the cloud first"
        );
        Self::new(
            StatusCode::UPGRADE_REQUIRED,
            codes::CLOUD_TOO_OLD,
            message,
            RefusalReason::TooNew { version },
        )
    }

    pub fn busy() -> Self {
        let message = "the cloud is taking in as much as it can; come back shortly";
        let reason = RefusalReason::Busy { retry_after_ms: BUSY_RETRY_MS };
        Self::new(StatusCode::TOO_MANY_REQUESTS, "HF-CLD-014", message, reason)
    }

    pub fn unknown_epoch() -> Self {
        let message = "the epoch is not registered; register it first";
        Self::new(StatusCode::CONFLICT, codes::UNKNOWN_EPOCH, message, RefusalReason::UnknownEpoch {})
    }

    /// What a decision that stores nothing means for the hub.
    pub fn decision(decision: &Decision) -> Self {
        match decision {
            Decision::Gap { expected } => {
                let message = format!("send from record {expected}");
                Self::new(
                    StatusCode::CONFLICT,
                    codes::GAP,
                    message,
                    RefusalReason::Gap { expected: *expected },
                )
            }
            Decision::Fork { at } => {
                let message = format!("the cloud holds another history at record {}", at.seq);
                let reason = RefusalReason::Fork { seq: at.seq, hash: hex::encode(at.hash) };
                Self::new(StatusCode::CONFLICT, codes::FORK, message, reason)
            }
            Decision::Stale => Self::fenced(),
            Decision::Broken { seq } => {
                let message =
                    format!("the batch contradicts itself at record {seq}; check the hub's journal");
                let reason = RefusalReason::Malformed {};
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, codes::BROKEN_BATCH, message, reason)
            }
            Decision::Apply { .. } | Decision::Duplicate => {
                Self::malformed("the batch was accepted and cannot be refused")
            }
        }
    }

    pub fn no_such_record(seq: u64) -> Self {
        let message = format!("the cloud has no record {seq} on that line");
        Self::new(StatusCode::NOT_FOUND, "HF-CLD-015", message, RefusalReason::NotFound {})
    }

    pub fn not_a_vault() -> Self {
        let message = "a vault is an age file; send it as application/age-encryption";
        let reason = RefusalReason::Malformed {};
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "HF-CLD-012", message, reason)
    }

    pub fn no_vault() -> Self {
        let message = "no vault was kept of this store yet";
        Self::new(StatusCode::NOT_FOUND, "HF-CLD-015", message, RefusalReason::NotFound {})
    }

    pub fn fault(error: &StoreError) -> Self {
        report(error);
        let message = "a fault inside the cloud; nothing was acknowledged, send again";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "HF-CLD-030", message, RefusalReason::Fault {})
    }
}

impl IntoResponse for UplinkRefusal {
    fn into_response(self) -> Response {
        let retry = match &self.body.reason {
            RefusalReason::Busy { retry_after_ms } => Some(retry_after_ms.div_ceil(1_000)),
            _ => None,
        };
        let mut response = (self.status, Json(self.body)).into_response();
        retry_after(&mut response, retry);
        response
    }
}

/// A refusal to a person or a program.
#[derive(Debug)]
pub struct ApiRefusal {
    pub status: StatusCode,
    pub body: ApiError,
    pub retry_after_s: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApiError {
    /// `HF-CLD-…`, with a page in docs/errors.
    pub code: &'static str,
    pub message: String,
}

impl ApiRefusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, body: ApiError { code, message: told(message) }, retry_after_s: None }
    }

    pub fn sign_in_needed() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "HF-CLD-020", "sign in first: POST /api/v1/session")
    }

    /// The same for what is not there and what is not yours: nobody learns which stores exist.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "HF-CLD-021",
            "nothing of that name is within the stores of this sign-in",
        )
    }

    pub fn wrong_password() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "HF-CLD-022", "name or password is wrong")
    }

    pub fn locked(wait_ms: i64) -> Self {
        let seconds = u64::try_from(wait_ms).unwrap_or(0).div_ceil(1_000).max(1);
        let message = format!("too many wrong sign-ins; try again in {seconds} s");
        let mut refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "HF-CLD-023", message);
        refusal.retry_after_s = Some(seconds);
        refusal
    }

    pub fn busy() -> Self {
        let mut refusal =
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "HF-CLD-014", "the cloud is busy; try again shortly");
        refusal.retry_after_s = Some(1);
        refusal
    }

    pub fn parameter(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "HF-CLD-024", message)
    }

    pub fn foreign_form() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "HF-CLD-025",
            "the form was sent from another site; open the page here again",
        )
    }

    pub fn fault(error: &StoreError) -> Self {
        report(error);
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "HF-CLD-030",
            "a fault inside the cloud; the log says more",
        )
    }
}

impl From<StoreError> for ApiRefusal {
    fn from(error: StoreError) -> Self {
        Self::fault(&error)
    }
}

impl IntoResponse for ApiRefusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        retry_after(&mut response, self.retry_after_s);
        response
    }
}

fn retry_after(response: &mut Response, seconds: Option<u64>) {
    if let Some(seconds) = seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

fn report(error: &StoreError) {
    let mut chain = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        chain.push_str(": ");
        chain.push_str(&cause.to_string());
        source = cause.source();
    }
    tracing::error!(code = "HF-CLD-030", cause = chain, "the database failed a request");
}
