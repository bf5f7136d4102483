//! Pairing: a code becomes a till with a secret of its own.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};
use holdfast_broker::DisconnectReason;
use holdfast_domain::bounded::Label;
use holdfast_domain::command::{HubCommand, NumberChoice};
use holdfast_domain::event::Event;
use holdfast_domain::ids::TerminalId;
use holdfast_domain::receipt::TillNumber;
use holdfast_protocol::decode_record;
use holdfast_protocol::till_api::{PairRequest, PairResponse};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::App;
use super::problem::{Refused, of_ledger};
use super::reports::blocking;
use crate::clock::Machine;
use crate::console::with_state;
use crate::error::HubError;
use crate::serve::Peer;

/// Pairs a till with a code from `holdfast-hub pair`. The code is used up whatever follows.
#[utoipa::path(post, path = "/api/v1/pair", tag = "tills",
    request_body(content_type = "application/json", description = "the code, and who the till was before"),
    responses((status = 200, description = "the till's identity and secret, shown once", content_type = "application/json"),
    (status = 400, description = "HF-HUB-022"), (status = 403, description = "HF-HUB-018"),
    (status = 409, description = "HF-HUB-026"), (status = 429, description = "HF-HUB-019")))]
pub(super) async fn pair(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Result<Json<PairRequest>, JsonRejection>,
) -> Result<Json<PairResponse>, Refused> {
    let Json(request) = body.map_err(|error| Refused::request(error.body_text()))?;
    let redeeming = Arc::clone(&app);
    let code = Zeroizing::new(request.code);
    let ip = peer.address.ip().to_canonical();
    let name = blocking(move || Ok(redeeming.pairing.redeem(&code, ip, Machine.now_ms())?)).await?;

    let _one_at_a_time = app.enrolling.lock().await;
    let terminal =
        request.known_as.as_ref().map_or_else(|| TerminalId(Machine.fresh_id()), |known| known.terminal);
    let choice =
        request.known_as.as_ref().map_or(NumberChoice::Next, |known| NumberChoice::Keep(known.number));
    let secret = Zeroizing::new(Machine.random::<32>());
    let secret_hash: [u8; 32] = Sha256::digest(*secret).into();
    let command = HubCommand::EnrolTerminal { terminal, name: name.clone(), secret_hash, number: choice };
    let committed = app.ledger.hub_command(command).await.map_err(of_ledger)?;
    app.credentials.enrolled(terminal, secret_hash);
    // Whoever used the former secret is out.
    app.gate.disconnect(terminal, DisconnectReason::Revoked);
    let reading = Arc::clone(&app);
    let number = blocking(move || enrolled_number(&reading, committed.position.seq)).await?;
    let store_name =
        with_state(app.state.as_ref(), |state| state.profile.as_ref().map(|profile| profile.name.clone()));
    tracing::info!(%terminal, number = number.0, "a till was paired");

    let host = host_of(&headers);
    let at = |address: std::net::SocketAddr| match (&host, address.ip().is_unspecified()) {
        (Some(host), true) => format!("{host}:{}", address.port()),
        _ => address.to_string(),
    };
    Ok(Json(PairResponse {
        store: app.store,
        store_name: store_name.unwrap_or(name.clone()),
        terminal,
        number,
        name,
        secret: hex::encode(*secret),
        ca_pem: app.authority.ca_pem().to_owned(),
        server_name: app.authority.server_name().to_owned(),
        mqtt: at(app.addresses.mqtt),
        https: at(app.addresses.https),
    }))
}

/// The host that the till reached the hub by, brackets included.
fn host_of(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?.parse::<Authority>().ok()?;
    Some(host.host().to_owned())
}

fn enrolled_number(app: &App, seq: u64) -> Result<TillNumber, Refused> {
    let stored =
        app.reader.read(seq)?.ok_or_else(|| Refused::unavailable("the record is not readable yet"))?;
    let record = decode_record(&stored.payload).map_err(Refused::unavailable)?;
    let number = record.outcome.events().iter().find_map(|event| match event {
        Event::TerminalEnrolled { number, .. } => Some(*number),
        _ => None,
    });
    number.ok_or_else(|| Refused::unavailable("the record enrols nobody"))
}

/// Makes a pairing code.
pub(crate) fn enrol_code(app: &App, name: &Label) -> Result<String, HubError> {
    app.pairing.issue(name, Machine.now_ms(), Machine.random())
}
