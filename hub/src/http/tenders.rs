//! What can take money now: a till asks before it asks its customer.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use holdfast_actors::payment::{GatewayState, Observation, Seen};
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::calendar::Timestamp;
use holdfast_protocol::till_api::{DeviceSeen, DeviceWas, TendersPage};

use super::App;
use super::problem::Refused;
use super::reports::blocking;
use super::who::AtTill;
use crate::clock::Machine;
use crate::console::with_state;

/// Which tenders and devices can take money now, and what to take instead of what cannot. How a device is was seen at its
/// last look, at most half a minute ago.
#[utoipa::path(get, path = "/api/v1/till/tenders", tag = "tills", responses(
    (status = 200, description = "each device: ready, in use and by whose till, not reachable and since when, left alone, without its bank and how much it may take; what is taken by hand", content_type = "application/json"),
    (status = 401, description = "HF-HUB-020")))]
pub(super) async fn tenders(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
) -> Result<Json<TendersPage>, Refused> {
    let seen = match app.running.read().await.as_ref() {
        Some(running) => running.payments().await,
        None => BTreeMap::new(),
    };
    let online = app.headquarters.borrow().reachable;
    blocking(move || {
        let now = Timestamp(Machine.now_ms());
        let of = |device: &DeviceName| device_seen(seen.get(device.as_str()).and_then(Option::as_ref));
        let (as_of_seq, page) = app.as_of(|| {
            with_state(app.state.as_ref(), |state| TendersPage::of(state, 0, terminal, now, online, of))
        });
        Ok(Json(TendersPage { as_of_seq, ..page }))
    })
    .await
}

/// What an actor says of its device. One that is being started again says nothing, and its device takes what comes.
fn device_seen(seen: Option<&Observation>) -> DeviceSeen {
    let look = seen.and_then(|seen| seen.look.as_ref());
    let looked_at = look.map(|look| Timestamp(look.at_ms));
    let rests = seen.and_then(|seen| seen.gateway).filter(|gateway| gateway.state == GatewayState::LeftAlone);
    let was = match (rests, look.map(|look| &look.was)) {
        (Some(gateway), _) => DeviceWas::Rests { seconds: gateway.rests_seconds },
        (None, Some(Seen::OutOfReach { since_ms, code, .. })) => DeviceWas::OutOfReach {
            since: Timestamp(*since_ms),
            code: (*code).to_owned(),
            needs_wan: seen.is_some_and(|seen| seen.needs_wan),
        },
        (None, Some(Seen::NotReady { says } | Seen::NotUnderstood { says, .. })) => {
            DeviceWas::NotReady { says: says.clone() }
        }
        (None, Some(Seen::Ready) | None) => DeviceWas::Ready,
    };
    DeviceSeen { looked_at, was }
}
