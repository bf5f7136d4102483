//! For machines that watch machines.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use holdfast_actors::payment::Seen;
use holdfast_actors::printer::Observation as Printer;
use holdfast_actors::space::{Level, Room};
use holdfast_money::Money;
use holdfast_protocol::message::ScaleState;

use super::App;
use super::problem::Refused;
use super::who::Insider;

/// The process answers, and says when its disk is filling up.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "it does")))]
pub(super) async fn healthz(State(app): State<Arc<App>>) -> String {
    health_of(*app.room.borrow())
}

fn health_of(room: Room) -> String {
    let free_mib = room.free_bytes.unwrap_or(0) >> 20;
    match room.level {
        Level::Plenty => "ok\n".to_owned(),
        Level::Low => format!("ok\nHF-ACT-003 the disk is filling up: {free_mib} MiB are free\n"),
        Level::Short => {
            format!("ok\nHF-ACT-004 new orders wait for room on the disk: {free_mib} MiB are free\n")
        }
    }
}

/// Tills can sell: the ledger decides and the journal takes records.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, description = "they can"), (status = 503, description = "they cannot, with the reason")))]
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let ledger = match app.running.read().await.as_ref() {
        Some(running) => running.observe().await.ledger.is_some(),
        None => false,
    };
    if app.room.borrow().level == Level::Short {
        (StatusCode::SERVICE_UNAVAILABLE, health_of(*app.room.borrow())).into_response()
    } else if ledger && !app.stop.is_cancelled() {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the ledger does not answer\n").into_response()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Named {
    name: String,
}

/// Counters and levels in OpenMetrics text.
#[utoipa::path(get, path = "/metrics", tag = "health", responses(
    (status = 200, description = "OpenMetrics text", content_type = "text/plain"), (status = 401, description = "HF-HUB-020")))]
pub(super) async fn metrics(_: Insider, State(app): State<Arc<App>>) -> Result<Response, Refused> {
    let mut registry = Registry::with_prefix("holdfast_hub");
    register_gate(&mut registry, &app);
    register_journal(&mut registry, &app);
    register_disk(&mut registry, &app);
    register_payments(&mut registry, &app).await;
    register_printers(&mut registry, &app).await;
    register_counter(&mut registry, &app).await;
    let mut text = String::new();
    encode(&mut text, &registry).map_err(Refused::unavailable)?;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, content_type)], text).into_response())
}

fn register_gate(registry: &mut Registry, app: &App) {
    let gate = app.gate.metrics();
    for (name, help, value) in [
        ("gate_tills_connected", "Tills connected now", gate.connected),
        ("gate_handshakes", "Unfinished handshakes now", gate.handshakes),
    ] {
        level(registry, name, help, value);
    }
    for (name, help, value) in [
        ("gate_accepted", "Connections that reached the gate", gate.accepted),
        ("gate_accept_errors", "Accepts that failed", gate.accept_errors),
        ("gate_sessions", "Sessions that began", gate.sessions),
        ("gate_takeovers", "Sessions replaced by a newer one of the same till", gate.takeovers),
        ("gate_overflows", "Sessions closed because the till did not read", gate.overflows),
        ("gate_keep_alive_expired", "Sessions closed because the till fell silent", gate.keep_alive_expired),
        ("gate_commands", "Commands handed over", gate.commands),
        ("gate_deliveries", "Replies and events queued for a till", gate.deliveries),
        ("gate_undeliverable", "Replies and events for a till that is not there", gate.undeliverable),
        ("gate_outbound_too_large", "Messages that did not fit a packet", gate.outbound_too_large),
        ("gate_published", "Store-wide messages given to the router", gate.published),
        ("gate_fanned_out", "Store-wide messages that came out of the router", gate.fanned_out),
        ("gate_publish_dropped", "Store-wide messages dropped", gate.publish_dropped),
        ("gate_router_restarts", "Times the router was started again", gate.router_restarts),
        ("gate_bytes_in", "Bytes of MQTT read from tills", gate.bytes_in),
        ("gate_bytes_out", "Bytes of MQTT written to tills", gate.bytes_out),
    ] {
        total(registry, name, help, value);
    }
    let refusals = Family::<Named, Counter>::default();
    for (refusal, count) in &gate.refusals {
        refusals.get_or_create(&Named { name: refusal.name().to_owned() }).inc_by(*count);
    }
    registry.register("gate_refused", "What the gate said no to", refusals);
}

fn register_disk(registry: &mut Registry, app: &App) {
    let room = *app.room.borrow();
    level(registry, "disk_free_bytes", "Bytes free under the data folder", room.free_bytes.unwrap_or(0));
    level(registry, "disk_level", "0 for plenty of room, 1 for low, 2 for short", room.level as u64);
}

/// Payment devices by name. A device whose actor does not answer now is left out.
async fn register_payments(registry: &mut Registry, app: &App) {
    let seen = match app.running.read().await.as_ref() {
        Some(running) => running.devices().await.payments,
        None => return,
    };
    let gauges = || Family::<Named, Gauge<u64, AtomicU64>>::default();
    let (open, in_doubt, failures, rests) = (gauges(), gauges(), gauges(), gauges());
    let away = gauges();
    let approved = Family::<Named, Counter>::default();
    let declined = Family::<Named, Counter>::default();
    let asked = Family::<Named, Counter>::default();
    for (name, device) in seen.into_iter().filter_map(|(name, seen)| Some((name, seen?))) {
        let of = Named { name };
        open.get_or_create(&of).set(device.open as u64);
        in_doubt.get_or_create(&of).set(device.in_doubt as u64);
        approved.get_or_create(&of).inc_by(device.approved);
        declined.get_or_create(&of).inc_by(device.declined);
        asked.get_or_create(&of).inc_by(device.asked);
        if let Some(look) = device.look {
            away.get_or_create(&of).set(matches!(look.was, Seen::OutOfReach { .. }).into());
        }
        if let Some(gateway) = device.gateway {
            failures.get_or_create(&of).set(gateway.failures.into());
            rests.get_or_create(&of).set(gateway.rests_seconds);
        }
    }
    register_exposure(registry, app);
    registry.register("payment_open", "Payments that are under way or in doubt, by device", open);
    registry.register("payment_in_doubt", "Payments that the device could not say anything about", in_doubt);
    registry.register("payment_approved", "Payments that came to something since the start", approved);
    registry.register("payment_declined", "Payments that came to nothing since the start", declined);
    registry.register("payment_out_of_reach", "1 where the last look did not reach the device", away);
    registry.register("payment_asked", "Questions what became of a payment", asked);
    registry.register("payment_gateway_failures", "Failures that count against the gateway now", failures);
    registry.register("payment_gateway_rests_seconds", "Until a payment begins there again", rests);
}

/// Card money that terminals approved by themselves, by device, and what is allowed; in minor units.
fn register_exposure(registry: &mut Registry, app: &App) {
    let gauges = || Family::<Named, Gauge<u64, AtomicU64>>::default();
    let (outstanding, count) = (gauges(), gauges());
    let minor = |money: Money| u64::try_from(money.minor()).unwrap_or(0);
    let mut limit = None;
    app.state.with_state(&mut |state| {
        limit = state.offline_limits.as_ref().map(|limits| minor(limits.cumulative));
        for (name, day) in &state.device_days {
            let of = Named { name: name.to_string() };
            let sums =
                std::iter::once(&day.sums.offline).chain(day.lost.iter().map(|lost| &lost.sums.offline));
            for sums in sums {
                outstanding.get_or_create(&of).inc_by(sums.outstanding.map_or(0, minor));
                count.get_or_create(&of).inc_by(sums.count.into());
            }
        }
    });
    registry.register(
        "payment_offline_minor",
        "Approved by a terminal by itself and not submitted",
        outstanding,
    );
    registry.register("payment_offline", "Payments that a terminal approved by itself", count);
    if let Some(limit) = limit {
        level(registry, "payment_offline_minor_max", "What may be outstanding over all terminals", limit);
    }
}

/// Scanners and scales by name. One whose actor does not answer now is left out.
async fn register_counter(registry: &mut Registry, app: &App) {
    let devices = match app.running.read().await.as_ref() {
        Some(running) => running.devices().await,
        None => return,
    };
    let gauges = || Family::<Named, Gauge<u64, AtomicU64>>::default();
    let totals = || Family::<Named, Counter>::default();
    let (scanner_connected, scans, not_shown, dropped) = (gauges(), totals(), totals(), totals());
    for seen in devices.scanners.into_values().flatten() {
        let of = Named { name: seen.scanner };
        scanner_connected.get_or_create(&of).set(u64::from(seen.connected));
        scans.get_or_create(&of).inc_by(seen.scans);
        not_shown.get_or_create(&of).inc_by(seen.not_shown);
        let lost = [seen.too_long, seen.unfinished, seen.garbled, seen.too_fast, seen.unread];
        dropped.get_or_create(&of).inc_by(lost.into_iter().sum());
    }
    let (scale_connected, asked, refused) = (gauges(), totals(), totals());
    for seen in devices.scales.into_values().flatten() {
        let of = Named { name: seen.scale };
        scale_connected.get_or_create(&of).set(u64::from(seen.state != ScaleState::NotConnected));
        asked.get_or_create(&of).inc_by(seen.asked);
        refused.get_or_create(&of).inc_by(seen.refused);
    }
    registry.register("scanner_connected", "Whether the scanner is there", scanner_connected);
    registry.register("scanner_scans", "Scans since its actor was started", scans);
    registry.register("scanner_not_shown", "Scans whose till was not there", not_shown);
    registry.register("scanner_dropped", "What came from the scanner and was no scan", dropped);
    registry.register("scale_connected", "Whether the scale is there", scale_connected);
    registry.register("scale_asked", "Requests of tills since its actor was started", asked);
    registry.register("scale_refused", "Requests of tills that came to nothing", refused);
}

/// A metric's name, what it means, and where it is read.
type Figure = (&'static str, &'static str, fn(&Printer) -> u64);

/// Printers by name. An actor that is being started again tells nothing and has no line for the moment.
async fn register_printers(registry: &mut Registry, app: &App) {
    let printers = match app.running.read().await.as_ref() {
        Some(running) => running.devices().await.printers,
        None => return,
    };
    let seen = || printers.values().flatten();
    let levels: [Figure; 2] = [
        ("printer_down", "Whether the printer cannot print now", |seen| u64::from(seen.down_since.is_some())),
        ("printer_waiting", "Documents that wait for the printer", |seen| {
            u64::try_from(seen.waiting).unwrap_or(u64::MAX)
        }),
    ];
    for (name, help, of) in levels {
        let family = Family::<Named, Gauge<u64, AtomicU64>>::default();
        for seen in seen() {
            family.get_or_create(&Named { name: seen.printer.clone() }).set(of(seen));
        }
        registry.register(name, help, family);
    }
    let totals: [Figure; 6] = [
        ("printer_printed", "Documents that the printer confirmed", |seen| seen.printed),
        ("printer_not_printed", "Documents that are certainly not on paper", |seen| seen.not_printed),
        ("printer_unknown", "Documents that may be on paper", |seen| seen.unknown),
        ("printer_expired", "Documents that nobody wanted any more", |seen| seen.expired),
        ("printer_printed_again", "Papers marked as printed again", |seen| seen.printed_again),
        ("printer_printed_elsewhere", "Documents that the other printer printed", |seen| {
            seen.printed_elsewhere
        }),
    ];
    for (name, help, of) in totals {
        let family = Family::<Named, Counter>::default();
        for seen in seen() {
            family.get_or_create(&Named { name: seen.printer.clone() }).inc_by(of(seen));
        }
        registry.register(name, help, family);
    }
}

fn register_journal(registry: &mut Registry, app: &App) {
    let head = app.reader.head().map_or(0, |head| head.seq);
    let applied = app.state.applied().map_or(0, |at| at.seq);
    let mark = *app.headquarters.borrow();
    for (name, help, value) in [
        ("journal_synced_seq", "The last durable record", head),
        ("state_applied_seq", "The last record in the state", applied),
        ("headquarters_acked_seq", "The last record that HQ has", mark.acked_through),
        ("headquarters_durable_seq", "The last record that HQ has durably", mark.durable_through),
        ("headquarters_waiting", "Records that wait for HQ", head.saturating_sub(mark.acked_through)),
        ("headquarters_reachable", "Whether HQ can be reached", u64::from(mark.reachable)),
    ] {
        level(registry, name, help, value);
    }
    let violations = Family::<Named, Counter>::default();
    for (name, count) in app.state.violations() {
        violations.get_or_create(&Named { name }).inc_by(count);
    }
    registry.register("invariant_violations", "Invariants found violated, by id", violations);
}

fn level(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let gauge = Gauge::<u64, AtomicU64>::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

fn total(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let counter: Counter = Counter::default();
    counter.inc_by(value);
    registry.register(name, help, counter);
}
