//! Signing in: wrong passwords are slowed per name (kept in the database) and per address, passwords are checked a few at a
//! time, sessions are random tokens of which only a hash is kept.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::LazyLock;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{App, NAME_TURNS};
use crate::http::refusal::{ApiError, ApiRefusal};
use crate::secrets;
use crate::store::Scope;

/// The session cookie's name.
pub const COOKIE: &str = "holdfast_session";
const HOUR_MS: i64 = 3_600_000;
/// The longest lock of a name, in milliseconds.
const LOCK_MAX_MS: i64 = 15 * 60_000;
/// How long a sign-in waits for its turn.
const TURN_WAIT: Duration = Duration::from_secs(5);

/// Checked when the name does not exist, so that an answer takes as long as for one that does.
static NOBODY: LazyLock<String> = LazyLock::new(|| secrets::hash_password("nobody has this password"));

/// Who is signed in, and which stores that covers.
#[derive(Debug, Clone)]
pub struct Viewer {
    pub name: String,
    pub scope: Scope,
    token: String,
}

impl Viewer {
    async fn find(app: &App, headers: &HeaderMap) -> Result<Option<Self>, ApiRefusal> {
        let Some(token) = token(headers) else { return Ok(None) };
        let found = app.store.session(secrets::token_hash(&token), app.now_ms()).await?;
        Ok(found.map(|(user, scope)| Self { name: user.name, scope, token }))
    }

    pub async fn sign_out(&self, app: &App) -> Result<(), ApiRefusal> {
        Ok(app.store.end_session(secrets::token_hash(&self.token)).await?)
    }
}

impl FromRequestParts<Arc<App>> for Viewer {
    type Rejection = ApiRefusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiRefusal> {
        Self::find(app, &parts.headers).await?.ok_or_else(ApiRefusal::sign_in_needed)
    }
}

/// A viewer of a page: without one the browser is sent to the sign-in.
#[derive(Debug, Clone)]
pub struct PageViewer(pub Viewer);

impl FromRequestParts<Arc<App>> for PageViewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        match Viewer::find(app, &parts.headers).await {
            Ok(Some(viewer)) => Ok(Self(viewer)),
            Ok(None) => Err(Redirect::to("/sign-in").into_response()),
            Err(refusal) => Err(refusal.into_response()),
        }
    }
}

/// A token from `Authorization: Bearer` or the cookie. Only what looks like one of ours is looked up.
fn token(headers: &HeaderMap) -> Option<String> {
    let bearer =
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let cookie = || {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        cookies.flat_map(|line| line.split(';')).find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == COOKIE).then_some(value)
        })
    };
    let token = bearer.or_else(cookie)?;
    (token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| token.to_owned())
}

/// The other side's address: the peer's, or what the configured number of proxies says.
pub fn peer_address(app: &App, headers: &HeaderMap, peer: SocketAddr) -> IpAddr {
    let Some(skip) = app.config.proxies.checked_sub(1) else { return peer.ip() };
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|line| line.split(',')).map(str::trim).collect();
    hops.iter().rev().nth(skip).and_then(|hop| hop.parse().ok()).unwrap_or_else(|| peer.ip())
}

/// A fresh session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SessionToken {
    /// For `Authorization: Bearer`.
    pub token: String,
    pub expires_at_ms: i64,
}

/// Name and password of a person.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub name: String,
    pub password: String,
}

/// Checks a password and opens a session.
///
/// # Errors
/// HF-CLD-022 when it is wrong, HF-CLD-023 after too many wrong ones, HF-CLD-014 when too many sign in at once.
pub async fn sign_in(app: &App, sign_in: &SignIn, address: IpAddr) -> Result<SessionToken, ApiRefusal> {
    if let Some(wait_ms) = app.addresses.wait_ms(address, app.now_ms()) {
        return Err(ApiRefusal::locked(wait_ms));
    }
    // The look at the lock, the check and the count of one name happen one after the other: guessing in parallel gains nothing.
    let turn = async {
        let name = app.name_turns[stripe(sign_in.name.trim())].lock().await;
        (name, app.passwords.acquire().await)
    };
    let turn = tokio::time::timeout(TURN_WAIT, turn).await;
    let Ok((_name, Ok(_permit))) = turn else { return Err(ApiRefusal::busy()) };
    let user = app.store.user(sign_in.name.trim()).await?;
    let now_ms = app.now_ms();
    if let Some(user) = user.as_ref().filter(|user| user.locked_until_ms > now_ms) {
        app.metrics.sign_ins_refused.inc();
        return Err(ApiRefusal::locked(user.locked_until_ms - now_ms));
    }
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let password = sign_in.password.clone();
    let right = tokio::task::spawn_blocking(move || {
        if password.len() > secrets::PASSWORD_MAX {
            return false;
        }
        match hash {
            Some(hash) => secrets::verify_password(&password, &hash),
            None => {
                secrets::verify_password(&password, &NOBODY);
                false
            }
        }
    })
    .await
    .unwrap_or(false);
    match user {
        Some(user) if right => {
            if user.failures > 0 {
                app.store.note_sign_in(&user.user, 0, 0).await?;
            }
            let token = hex::encode(secrets::random::<32>());
            let expires_at_ms = now_ms + i64::from(app.config.sign_in.session_hours) * HOUR_MS;
            app.store.add_session(secrets::token_hash(&token), &user.user, expires_at_ms, now_ms).await?;
            app.metrics.sign_ins.inc();
            Ok(SessionToken { token, expires_at_ms })
        }
        user => {
            app.metrics.sign_ins_refused.inc();
            app.addresses.fail(address, now_ms);
            if let Some(user) = user {
                let failures = user.failures + 1;
                let locked_until_ms = now_ms + lock_ms(app, failures);
                app.store.note_sign_in(&user.user, failures, locked_until_ms).await?;
            }
            Err(ApiRefusal::wrong_password())
        }
    }
}

/// Names that share a turn share nothing else.
fn stripe(name: &str) -> usize {
    name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte))) % NAME_TURNS
}

/// How long a name is locked after so many wrong passwords in a row: doubling, and bounded so that nobody can lock a person
/// out for a day.
fn lock_ms(app: &App, failures: i64) -> i64 {
    let over = failures - i64::from(app.config.sign_in.failures_max);
    if over < 0 {
        return 0;
    }
    let first = i64::from(app.config.sign_in.lock_seconds) * 1_000;
    first.saturating_mul(1_i64 << over.min(20)).min(LOCK_MAX_MS)
}

/// Opens a session for a program.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = SignIn, responses(
    (status = 200, body = SessionToken), (status = 401, body = ApiError), (status = 429, body = ApiError)))]
pub async fn open_session(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Result<Json<SessionToken>, ApiRefusal> {
    let Json(body) = body.map_err(|_| ApiRefusal::parameter("the body is {\"name\": …, \"password\": …}"))?;
    let address = peer_address(&app, &headers, peer);
    sign_in(&app, &body, address).await.map(Json)
}

/// Ends the session.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses(
    (status = 204), (status = 401, body = ApiError)))]
pub async fn close_session(State(app): State<Arc<App>>, viewer: Viewer) -> Result<StatusCode, ApiRefusal> {
    viewer.sign_out(&app).await?;
    Ok(StatusCode::NO_CONTENT)
}
