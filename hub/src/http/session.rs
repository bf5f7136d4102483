//! Signing in on the hub's pages with staff number and PIN. A session is 256 random bits in a cookie, kept as its SHA-256.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_domain::ids::StaffId;
use holdfast_domain::staff::{PinVerdict, StaffNumber};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::App;
use super::pages;
use super::problem::Refused;
use crate::clock::Machine;
use crate::console::with_state;
use crate::error::HubError;
use crate::people::Place;
use crate::serve::Peer;

const COOKIE: &str = "holdfast_hub";
/// Sessions at once; the one that ends first makes room.
const SESSIONS_MAX: usize = 256;

/// Who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub staff: StaffId,
    pub name: String,
}

#[derive(Debug)]
struct Session {
    person: Person,
    ends_at_ms: i64,
}

/// The open sessions. They end with the process.
#[derive(Debug)]
pub(super) struct Sessions {
    life_ms: i64,
    open: Mutex<HashMap<[u8; 32], Session>>,
}

impl Sessions {
    pub fn new(hours: u32) -> Self {
        Self { life_ms: i64::from(hours) * 3_600_000, open: Mutex::default() }
    }

    fn begin(&self, person: Person, now_ms: i64) -> String {
        let id = hex::encode(Machine.random::<32>());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, session| session.ends_at_ms > now_ms);
        if open.len() >= SESSIONS_MAX
            && let Some(first) =
                open.iter().min_by_key(|(_, session)| session.ends_at_ms).map(|(key, _)| *key)
        {
            open.remove(&first);
        }
        open.insert(Sha256::digest(&id).into(), Session { person, ends_at_ms: now_ms + self.life_ms });
        id
    }

    /// Who is signed in with these headers.
    pub fn person(&self, headers: &HeaderMap, now_ms: i64) -> Option<Person> {
        let key: [u8; 32] = Sha256::digest(cookie(headers)?).into();
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&key).filter(|session| session.ends_at_ms > now_ms).map(|session| session.person.clone())
    }

    fn end(&self, headers: &HeaderMap) {
        if let Some(id) = cookie(headers) {
            let key: [u8; 32] = Sha256::digest(id).into();
            self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        }
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

fn set_cookie(id: &str, secure: bool, max_age_s: i64) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_s}{secure}")
}

/// A form that another site sends is refused: browsers say where it comes from.
pub(super) fn is_own_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let origin = origin.as_ref().and_then(Uri::authority).map(ToString::to_string);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    origin.as_deref().is_some_and(|origin| host.is_some_and(|host| host.eq_ignore_ascii_case(origin)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    number: u32,
    pin: Zeroizing<String>,
}

pub(super) async fn form(State(app): State<Arc<App>>) -> Response {
    pages::sign_in(&app, None).into_response()
}

pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Result<Form<SignIn>, FormRejection>,
) -> Result<Response, Refused> {
    if !is_own_origin(&headers) {
        return Err(Refused(HubError::SignInNeeded));
    }
    let refuse = |app: &App| {
        let text = HubError::SignInRefused.to_string();
        (StatusCode::FORBIDDEN, pages::sign_in(app, Some(&text))).into_response()
    };
    let Ok(Form(given)) = body else { return Ok(refuse(&app)) };
    let number = StaffNumber(given.number);
    let now_ms = Machine.now_ms();
    let checking = Arc::clone(&app);
    let checked = tokio::task::spawn_blocking(move || {
        let verdict = checking.people.check(Place::Hub, number, &given.pin, now_ms);
        let staff = with_state(checking.state.as_ref(), |state| state.staff_by_number(number).cloned());
        (verdict, staff)
    });
    let (verdict, staff) = checked.await.map_err(Refused::unavailable)?;
    let (PinVerdict::Correct, Some(staff)) = (verdict, staff) else {
        tracing::info!(%number, ?verdict, "a sign-in on the pages was refused");
        return Ok(refuse(&app));
    };
    let name = app.people.name(staff.id).unwrap_or_else(|| number.to_string());
    let id = app.sessions.begin(Person { staff: staff.id, name }, now_ms);
    let cookie = set_cookie(&id, peer.tls, app.sessions.life_ms / 1_000);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    if !is_own_origin(&headers) {
        return Err(Refused(HubError::SignInNeeded));
    }
    app.sessions.end(&headers);
    Ok(([(header::SET_COOKIE, set_cookie("", peer.tls, 0))], Redirect::to("/sign-in")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_session_is_known_by_its_cookie_until_it_ends() {
        let sessions = Sessions::new(1);
        let person = Person { staff: StaffId(uuid::Uuid::from_u128(1)), name: "Clerk".into() };
        let id = sessions.begin(person.clone(), 0);
        let headers = with(header::COOKIE, &format!("a=b; {COOKIE}={id}"));
        assert_eq!(sessions.person(&headers, 0), Some(person.clone()));
        assert_eq!(sessions.person(&headers, 3_600_000), None);
        assert_eq!(sessions.person(&with(header::COOKIE, &format!("{COOKIE}=00")), 0), None);
        sessions.end(&headers);
        assert_eq!(sessions.person(&headers, 0), None);
        for _ in 0..SESSIONS_MAX + 5 {
            sessions.begin(person.clone(), 0);
        }
        assert_eq!(sessions.open.lock().unwrap().len(), SESSIONS_MAX);
        assert!(
            set_cookie("x", true, 1).contains("; Secure") && !set_cookie("x", false, 1).contains("Secure")
        );
    }

    #[test]
    fn a_form_of_another_site_is_known() {
        let mut headers = with(header::HOST, "10.0.0.5:8443");
        assert!(is_own_origin(&headers));
        for (origin, own) in
            [("https://10.0.0.5:8443", true), ("https://evil.example", false), ("null", false)]
        {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
            assert_eq!(is_own_origin(&headers), own, "{origin}");
        }
    }
}
