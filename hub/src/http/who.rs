//! Who asks: a till by its credential, a person by the cookie of a sign-in, or the machine itself.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_domain::Refusal;
use holdfast_domain::ids::TerminalId;
use holdfast_domain::staff::{Authority, Permission};
use holdfast_domain::state::State as Shop;
use tokio::time::{Instant, sleep};

use super::App;
use super::pages;
use super::problem::Refused;
use super::session::{Person, is_own_origin};
use crate::clock::Machine;
use crate::console::with_state;
use crate::error::HubError;
use crate::reports::OpenDrawers;
use crate::serve::Peer;

/// How long a till's question waits for a state that is behind, and how often it looks.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(3);

/// A program or person who may read the shop's figures.
#[derive(Debug)]
pub(crate) struct Insider;

/// A program on the machine itself, or a manager who signed in: who may read what every person of the store did.
#[derive(Debug)]
pub(crate) struct Manager {
    pub open_drawers: OpenDrawers,
}

/// A person at a page; anybody else is sent to the sign-in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Viewer {
    /// None on the machine itself.
    pub name: Option<String>,
    /// Whether the pages about everybody are theirs to see.
    pub manages: bool,
    pub open_drawers: OpenDrawers,
}

/// A manager at a page; a cashier is told that it needs one.
#[derive(Debug)]
pub(crate) struct ManagingViewer(pub Viewer);

/// Somebody who signed in by name, on this hub's own page: whoever changes something.
#[derive(Debug)]
pub(crate) struct Signed(pub Person);

/// Somebody who stands at the counter of software, on this hub's own page.
#[derive(Debug)]
pub(crate) struct AtCounter;

/// A till with its credential.
#[derive(Debug)]
pub(crate) struct AtTill(pub TerminalId);

impl FromRequestParts<Arc<App>> for Insider {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        if is_this_machine(parts) || session(parts, app).is_some() {
            Ok(Self)
        } else {
            Err(Refused(HubError::SignInNeeded))
        }
    }
}

impl FromRequestParts<Arc<App>> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        match session(parts, app) {
            Some(person) => Ok(Self {
                manages: may(app, &person, Permission::ReadReports),
                open_drawers: open_drawers(app, &person),
                name: Some(person.name),
            }),
            None if is_this_machine(parts) => {
                Ok(Self { name: None, manages: true, open_drawers: OpenDrawers::LeftOut })
            }
            None => Err(Redirect::to("/sign-in").into_response()),
        }
    }
}

impl FromRequestParts<Arc<App>> for Manager {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        match session(parts, app) {
            Some(person) if may(app, &person, Permission::ReadReports) => {
                Ok(Self { open_drawers: open_drawers(app, &person) })
            }
            Some(_) => Err(needs_manager()),
            None if is_this_machine(parts) => Ok(Self { open_drawers: OpenDrawers::LeftOut }),
            None => Err(Refused(HubError::SignInNeeded)),
        }
    }
}

impl FromRequestParts<Arc<App>> for ManagingViewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let viewer = Viewer::from_request_parts(parts, app).await?;
        if viewer.manages { Ok(Self(viewer)) } else { Err(pages::refused(app, &viewer, &needs_manager())) }
    }
}

impl FromRequestParts<Arc<App>> for Signed {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let person = session(parts, app).filter(|_| is_own_origin(&parts.headers));
        person.map(Self).ok_or(Refused(HubError::SignInNeeded))
    }
}

impl FromRequestParts<Arc<App>> for AtCounter {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        if !is_own_origin(&parts.headers) {
            return Err(Refused(HubError::SignInNeeded).into_response());
        }
        Viewer::from_request_parts(parts, app).await.map(|_anyone| Self)
    }
}

impl FromRequestParts<Arc<App>> for AtTill {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let refuse = || Refused(HubError::SignInNeeded);
        let (user, password) = basic(&parts.headers).ok_or_else(refuse)?;
        let terminal: TerminalId = user.parse().map_err(|_| refuse())?;
        app.credentials.check(terminal, password.as_bytes()).map_err(|denied| {
            tracing::debug!(%terminal, %denied, "a till's HTTP credential was refused");
            refuse()
        })?;
        is_caught_up(app).await;
        Ok(Self(terminal))
    }
}

/// Waits until the state has what was durable when this was asked, so that a till finds what it was just told. A state that is
/// further behind answers as of then, and says as of when.
async fn is_caught_up(app: &App) {
    let head = app.reader.head().map_or(0, |head| head.seq);
    let end = Instant::now() + CAUGHT_UP_WITHIN;
    while app.state.applied().is_none_or(|at| at.seq < head) && Instant::now() < end {
        sleep(LOOK_EVERY).await;
    }
}

/// Whether a person may do something. The state is asked each time, so that somebody who is a manager no more reads nothing
/// from that moment on.
fn may(app: &App, person: &Person, permission: Permission) -> bool {
    with_state(app.state.as_ref(), |state| {
        state.staff.get(&person.staff).is_some_and(|staff| state.may(staff.role, permission))
    })
}

/// A program on the machine itself is nobody who may read an X report: the machine may be the till's as well.
fn open_drawers(app: &App, person: &Person) -> OpenDrawers {
    if may(app, person, Permission::ReadXReport) { OpenDrawers::Shown } else { OpenDrawers::LeftOut }
}

/// What whoever is signed on at a till may do, where this is among it.
pub(super) fn signed_on_with(
    state: &Shop,
    terminal: TerminalId,
    permission: Permission,
) -> Result<Authority, Refusal> {
    let operator = state.tills.get(&terminal).and_then(|till| till.operator);
    let operator = operator.and_then(|id| state.staff.get(&id)).ok_or(Refusal::NotSignedOn)?;
    let authority = state.authority(operator.role);
    if authority.may(permission) { Ok(authority) } else { Err(Refusal::NotPermitted { permission }) }
}

fn needs_manager() -> Refused {
    let refusal = Refusal::NotPermitted { permission: Permission::ReadReports };
    Refused(HubError::Refused { refusal: Box::new(refusal) })
}

fn session(parts: &Parts, app: &App) -> Option<Person> {
    app.sessions.person(&parts.headers, Machine.now_ms())
}

/// The peer is this machine, asked for itself: a foreign page that found a name for loopback, and whatever a proxy passes
/// on, are strangers.
fn is_this_machine(parts: &Parts) -> bool {
    let peer = parts.extensions.get::<Peer>();
    peer.is_some_and(|peer| peer.address.ip().to_canonical().is_loopback()) && asks_for_itself(&parts.headers)
}

fn asks_for_itself(headers: &HeaderMap) -> bool {
    let passed_on =
        ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| headers.contains_key(*name));
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let Some(host) = host.and_then(|host| host.parse::<axum::http::uri::Authority>().ok()) else {
        return false;
    };
    let name = host.host().trim_start_matches('[').trim_end_matches(']');
    !passed_on && (name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()))
}

fn basic(headers: &HeaderMap) -> Option<(String, zeroize::Zeroizing<String>)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = zeroize::Zeroizing::new(STANDARD.decode(rest.trim()).ok()?);
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((user.to_owned(), zeroize::Zeroizing::new(password.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_known_by_a_loopback_name_and_nothing_passed_on() {
        for (host, more, expected) in [
            ("127.0.0.1:8481", None, true),
            ("localhost", None, true),
            ("[::1]:8481", None, true),
            ("rebound.evil.example", None, false),
            ("127.0.0.1.evil.example", None, false),
            ("10.0.0.5:8481", None, false),
            ("127.0.0.1", Some("x-forwarded-for"), false),
            ("127.0.0.1", Some("forwarded"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(name) = more {
                headers.insert(name, "10.0.0.9".parse().unwrap());
            }
            assert_eq!(asks_for_itself(&headers), expected, "{host} {more:?}");
        }
        assert!(!asks_for_itself(&HeaderMap::new()));
    }
}
