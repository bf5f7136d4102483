//! Errors as HTTP answers: a status, the code, and what to do. Causes go to the log, not to strangers.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use holdfast_actors::LedgerError;
use holdfast_domain::Refusal;
use holdfast_protocol::till_api::Problem;

use crate::error::HubError;

/// What a till or program may hear of a busy hub before it asks again, in seconds.
const RETRY_AFTER_SECONDS: &str = "1";

/// An error on its way to a client.
#[derive(Debug)]
pub(crate) struct Refused(pub HubError);

impl<E: Into<HubError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl Refused {
    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(HubError::Unavailable { source: source.into() })
    }

    pub fn request(problem: impl Into<String>) -> Self {
        Self(HubError::Request { problem: problem.into() })
    }

    pub fn status(&self) -> StatusCode {
        match &self.0 {
            HubError::PairingCode | HubError::SignInRefused => StatusCode::FORBIDDEN,
            HubError::PairingAttempts => StatusCode::TOO_MANY_REQUESTS,
            HubError::SignInNeeded => StatusCode::UNAUTHORIZED,
            HubError::Request { .. } => StatusCode::BAD_REQUEST,
            HubError::NotFound { .. } => StatusCode::NOT_FOUND,
            HubError::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            HubError::Refused { refusal } => match **refusal {
                Refusal::NotSignedOn | Refusal::NotPermitted { .. } => StatusCode::FORBIDDEN,
                Refusal::SubjectErased { .. } => StatusCode::GONE,
                _ => StatusCode::CONFLICT,
            },
            HubError::CardTaken { .. } | HubError::Scale { .. } => StatusCode::CONFLICT,
            HubError::SubjectsFull { .. } => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::warn!(error = self.0.chain(), "a request could not be answered");
        }
        let text = self.0.to_string();
        let (code, text) = text.split_once(' ').unwrap_or(("HF-HUB-024", &text));
        let problem = Json(Problem { code: code.to_owned(), text: holdfast_pan::masked(text).into_owned() });
        match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                (status, [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)], problem).into_response()
            }
            StatusCode::UNAUTHORIZED => {
                (status, [(header::WWW_AUTHENTICATE, "Basic realm=\"till\"")], problem).into_response()
            }
            _ => (status, problem).into_response(),
        }
    }
}

/// What the ledger says, as the hub's own error.
pub(crate) fn of_ledger(error: LedgerError) -> HubError {
    match error {
        LedgerError::Refused(refusal) => HubError::Refused { refusal: Box::new(refusal) },
        other => HubError::Unavailable { source: other.into() },
    }
}

pub(super) async fn no_such_page() -> Refused {
    Refused(HubError::NotFound { what: "page" })
}
