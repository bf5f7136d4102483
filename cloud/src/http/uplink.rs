//! What hubs call about their line. Every request but enrolment is signed.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::VerifyingKey;
use holdfast_protocol::uplink::{
    BATCH_CONTENT_TYPE, BatchAccepted, EnrolRequest, EnrolResponse, EpochRegistered, HashHeld, Heartbeat,
    HeartbeatAnswer, JOURNAL_PAGE_RECORDS_MAX, RegisterEpoch, StoreSettings, UplinkError, batch,
};
use holdfast_replication::limits::{BATCH_RAW_BYTES_TARGET, BATCH_RECORDS_MAX};
use holdfast_replication::{BatchHeader, Decision, Epoch, Lane, Parent, Point, Record as Sent};
use serde::Deserialize;
use uuid::Uuid;

use crate::app::App;
use crate::http::caller::{Caller, check_version, json, received};
use crate::http::refusal::UplinkRefusal;
use crate::http::session::peer_address;
use crate::ingest::{BatchError, read_batch};
use crate::model::{ContactRow, ControlRow, ControlState};
use crate::secrets;
use crate::store::{Claimed, HeldHash, Ingested, JournalPage, Registered, Scope};

type Refused = UplinkRefusal;
/// Compression of journal pages: the middle between the cloud's CPU and the store's line.
const JOURNAL_ZSTD_LEVEL: i32 = 3;
const SOFTWARE_TEXT_MAX: usize = 60;

/// Enrols a hub with its claim code. The hub that served the store before is retired.
#[utoipa::path(post, path = "/api/v1/enrol", tag = "uplink", request_body = EnrolRequest, responses(
    (status = 200, body = EnrolResponse), (status = 403, body = UplinkError), (status = 429, body = UplinkError)))]
pub async fn enrol(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<EnrolResponse>, Refused> {
    let request: EnrolRequest = json(&received(body)?)?;
    let now_ms = app.now_ms();
    let address: IpAddr = peer_address(&app, &headers, peer);
    if app.addresses.wait_ms(address, now_ms).is_some() {
        return Err(Refused::too_many());
    }
    check_version(request.version)?;
    let key = STANDARD.decode(&request.public_key).ok().and_then(|key| <[u8; 32]>::try_from(key).ok());
    let Some(key) = key.filter(|key| VerifyingKey::from_bytes(key).is_ok()) else {
        return Err(Refused::malformed("`public_key` is not an Ed25519 public key in base64"));
    };
    let hash = secrets::claim_hash(&request.claim_code);
    let software = short(&request.software);
    let claimed =
        app.store.claim(hash, request.hub, &key, &software, now_ms).await.map_err(|e| Refused::fault(&e))?;
    let Claimed::Enrolled { store, next_epoch_order, journal_through } = claimed else {
        app.addresses.fail(address, now_ms);
        app.metrics.signatures_refused.inc();
        return Err(Refused::claim());
    };
    let id = Uuid::try_parse(&store.store).map_err(|_| Refused::malformed("the store's id is not a UUID"))?;
    tracing::info!(store = %id, hub = %request.hub, "a hub was enrolled");
    app.live.touch(id);
    Ok(Json(EnrolResponse {
        store: id,
        settings: StoreSettings {
            name: store.name,
            currency: store.currency,
            time_zone: store.time_zone,
            cut_over_minutes: store.cut_over_minutes,
            prices_include_tax: store.prices_include_tax,
            legal_name: store.legal_name,
            address: store.address,
            tax_id: store.tax_id,
        },
        next_epoch_order,
        journal_through,
        server_time_ms: app.now_ms(),
    }))
}

/// Registers an epoch and tells the cloud's cursor in it.
#[utoipa::path(post, path = "/api/v1/stores/{store}/epochs", tag = "uplink", request_body = RegisterEpoch,
    params(("store" = String, Path)), responses(
    (status = 200, body = EpochRegistered), (status = 401, body = UplinkError), (status = 409, body = UplinkError),
    (status = 412, body = UplinkError)))]
pub async fn register_epoch(
    State(app): State<Arc<App>>,
    Path(store): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<EpochRegistered>, Refused> {
    let body = received(body)?;
    let caller = Caller::check(&app, &store, &Method::POST, &uri, &headers, &body).await?;
    let request: RegisterEpoch = json(&body)?;
    check_version(request.version)?;
    let parent = request.parent.as_ref().map(parent).transpose()?;
    let epoch = Epoch(*request.epoch.as_bytes());
    let registered = app
        .store
        .register_epoch(caller.store, caller.hub, epoch, parent, app.now_ms())
        .await
        .map_err(|e| Refused::fault(&e))?;
    match registered {
        Registered::Epoch { order, acked_through, forked } => {
            if forked {
                tracing::warn!(store = %caller.store, order, "an epoch continues from a record that another one continues from");
            }
            app.live.touch(caller.store);
            Ok(Json(EpochRegistered {
                order,
                acked_through,
                durable_through: acked_through,
                forked,
                server_time_ms: app.now_ms(),
            }))
        }
        Registered::Gap { expected } => Err(Refused::decision(&Decision::Gap { expected })),
        Registered::Fork { at } => Err(Refused::decision(&Decision::Fork { at })),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HashQuery {
    seq: u64,
}

/// The chain hash that the cloud holds at a record of an epoch's line. A hub compares it with its own before it believes
/// how far the cloud has its history, and finds the last record that both share.
#[utoipa::path(get, path = "/api/v1/stores/{store}/epochs/{epoch}/hash", tag = "uplink",
    params(("store" = String, Path), ("epoch" = String, Path), ("seq" = u64, Query, description = "the record")),
    responses((status = 200, body = HashHeld), (status = 401, body = UplinkError), (status = 404, body = UplinkError),
    (status = 409, body = UplinkError), (status = 412, body = UplinkError)))]
pub async fn hash(
    State(app): State<Arc<App>>,
    Path((store, epoch)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<HashHeld>, Refused> {
    let caller = Caller::check(&app, &store, &Method::GET, &uri, &headers, b"").await?;
    let query: HashQuery = axum::extract::Query::try_from_uri(&uri)
        .map_err(|_| Refused::malformed("`seq` is the number of a record"))?
        .0;
    let epoch = Uuid::try_parse(&epoch).map_err(|_| Refused::malformed("the epoch's id is not a UUID"))?;
    let held = app.store.held_hash(caller.store, Epoch(*epoch.as_bytes()), query.seq).await;
    match held.map_err(|e| Refused::fault(&e))? {
        HeldHash::Hash(hash) => Ok(Json(HashHeld { seq: query.seq, hash: hex::encode(hash) })),
        HeldHash::NoRecord => Err(Refused::no_such_record(query.seq)),
        HeldHash::UnknownEpoch => Err(Refused::unknown_epoch()),
    }
}

fn parent(parent: &holdfast_protocol::uplink::EpochParent) -> Result<Parent, Refused> {
    let hash = hex::decode(&parent.hash).ok().and_then(|hash| <[u8; 32]>::try_from(hash).ok());
    let hash = hash.ok_or_else(|| Refused::malformed("`parent.hash` is not 64 hex digits"))?;
    Ok(Parent { epoch: Epoch(*parent.epoch.as_bytes()), point: Point { seq: parent.seq, hash } })
}

/// Takes in a batch of records: zstd over the binary form of `holdfast_protocol::uplink::batch`.
#[utoipa::path(post, path = "/api/v1/stores/{store}/events", tag = "uplink",
    request_body(content = Vec<u8>, content_type = "application/vnd.holdfast.batch"),
    params(("store" = String, Path)), responses(
    (status = 200, body = BatchAccepted), (status = 401, body = UplinkError), (status = 409, body = UplinkError),
    (status = 412, body = UplinkError), (status = 413, body = UplinkError), (status = 422, body = UplinkError),
    (status = 426, body = UplinkError), (status = 429, body = UplinkError)))]
pub async fn events(
    State(app): State<Arc<App>>,
    Path(store): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<BatchAccepted>, Refused> {
    let body = received(body)?;
    let caller = Caller::check(&app, &store, &Method::POST, &uri, &headers, &body).await?;
    let answer = take_in(&app, &caller, body).await;
    match &answer {
        Ok(_) => app.metrics.batches_accepted.inc(),
        Err(_) => app.metrics.batches_refused.inc(),
    };
    answer
}

async fn take_in(app: &Arc<App>, caller: &Caller, body: Bytes) -> Result<Json<BatchAccepted>, Refused> {
    let put_off = || {
        app.metrics.batches_put_off.inc();
        Refused::busy()
    };
    let _permit = app.ingest.try_acquire().map_err(|_| put_off())?;
    let read = tokio::task::spawn_blocking(move || read_batch(&body)).await;
    let batch = read
        .map_err(|_| Refused::malformed("the batch could not be read"))?
        .map_err(|e| refused_batch(&e))?;
    if batch.hub != caller.hub {
        return Err(Refused::unsigned());
    }
    let _backlog = match batch.lane {
        Lane::Backlog => Some(app.backlog.try_acquire().map_err(|_| put_off())?),
        Lane::Live => None,
    };
    match app.store.ingest(caller.store, &batch, app.now_ms()).await.map_err(|e| Refused::fault(&e))? {
        Ingested::Accepted { acked_through, applied, quarantined } => {
            app.metrics.records_applied.inc_by(u64::from(applied));
            if quarantined > 0 {
                app.metrics.records_quarantined.inc_by(u64::from(quarantined));
                tracing::error!(code = "HF-CLD-041", store = %caller.store, quarantined, "records could not be understood");
            }
            if applied > 0 {
                app.live.touch(caller.store);
            }
            Ok(Json(BatchAccepted {
                acked_through,
                durable_through: acked_through,
                credit: BATCH_RECORDS_MAX,
                server_time_ms: app.now_ms(),
            }))
        }
        Ingested::Refused(decision) => {
            if matches!(decision, Decision::Fork { .. } | Decision::Broken { .. } | Decision::Stale) {
                tracing::warn!(store = %caller.store, hub = %caller.hub, ?decision, "a batch was refused");
            }
            Err(Refused::decision(&decision))
        }
        Ingested::UnknownEpoch => Err(Refused::unknown_epoch()),
    }
}

fn refused_batch(error: &BatchError) -> Refused {
    match error {
        BatchError::TooNew { version, .. } | BatchError::BatchTooNew { version } => {
            Refused::too_new(*version)
        }
        BatchError::Explodes { .. } => Refused::too_large(),
        BatchError::Unpack(_) | BatchError::Frame(_) => Refused::malformed(error.to_string()),
    }
}

/// Takes a hub's word on how it stands; its sums are compared once the cloud has the record that they were taken at.
#[utoipa::path(post, path = "/api/v1/stores/{store}/heartbeat", tag = "uplink", request_body = Heartbeat,
    params(("store" = String, Path)), responses(
    (status = 200, body = HeartbeatAnswer), (status = 401, body = UplinkError), (status = 412, body = UplinkError)))]
pub async fn heartbeat(
    State(app): State<Arc<App>>,
    Path(store): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<HeartbeatAnswer>, Refused> {
    let body = received(body)?;
    let caller = Caller::check(&app, &store, &Method::POST, &uri, &headers, &body).await?;
    let beat: Heartbeat = json(&body)?;
    check_version(beat.version)?;
    let now_ms = app.now_ms();
    let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let contact = ContactRow {
        seen_at_ms: now_ms,
        epoch: beat.epoch.to_string(),
        head_seq: signed(beat.head_seq),
        backlog: signed(beat.backlog),
        oldest_unsent_ms: beat.oldest_unsent_ms,
        tills_up: i64::from(beat.tills_up),
        tills_known: i64::from(beat.tills_known),
        clock_offset_ms: beat.clock_ms.saturating_sub(now_ms),
        software: short(&beat.software),
        control: beat.control.as_ref().map(|control| ControlRow {
            as_of_seq: signed(control.as_of_seq),
            transactions: signed(control.transactions),
            gross_minor: control.gross_minor,
            net_minor: control.net_minor,
        }),
        control_state: ControlState::Provisional,
    };
    app.store.heartbeat(caller.store, &contact).await.map_err(|e| Refused::fault(&e))?;
    app.live.touch(caller.store);
    let lines =
        app.store.lines(&Scope::Stores([caller.store].into())).await.map_err(|e| Refused::fault(&e))?;
    let acked = lines.first().map_or(0, |line| u64::try_from(line.acked_through).unwrap_or(0));
    Ok(Json(HeartbeatAnswer {
        acked_through: acked,
        durable_through: acked,
        clock_offset_ms: contact.clock_offset_ms,
        server_time_ms: app.now_ms(),
    }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JournalQuery {
    from_seq: u64,
}

/// Reads the store's records back, as stored, along the line that ends in its newest epoch.
#[utoipa::path(get, path = "/api/v1/stores/{store}/journal", tag = "uplink",
    params(("store" = String, Path), ("from_seq" = u64, Query, description = "the first record wanted, from 1")),
    responses((status = 200, description = "a page in the form of a batch, zstd", content_type = "application/vnd.holdfast.batch"),
    (status = 204, description = "nothing from there on"), (status = 401, body = UplinkError), (status = 412, body = UplinkError)))]
pub async fn journal(
    State(app): State<Arc<App>>,
    Path(store): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let caller = Caller::check(&app, &store, &Method::GET, &uri, &headers, b"").await?;
    let query: JournalQuery = axum::extract::Query::try_from_uri(&uri)
        .map_err(|_| Refused::malformed("`from_seq` is a number from 1"))?
        .0;
    let page = app
        .store
        .journal_line(caller.store, query.from_seq, JOURNAL_PAGE_RECORDS_MAX, BATCH_RAW_BYTES_TARGET)
        .await
        .map_err(|e| Refused::fault(&e))?;
    if page.rows.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let now_ms = app.now_ms();
    let packed = tokio::task::spawn_blocking(move || pack(&page, caller.hub, now_ms)).await;
    let body = packed.map_err(|_| Refused::malformed("the page could not be packed"))?;
    Ok(([(header::CONTENT_TYPE, BATCH_CONTENT_TYPE), (header::CONTENT_ENCODING, "zstd")], body)
        .into_response())
}

fn pack(page: &JournalPage, hub: Uuid, now_ms: i64) -> Vec<u8> {
    let records: Vec<Sent<'_>> = page
        .rows
        .iter()
        .map(|row| Sent { epoch: row.epoch, seq: row.seq, hash: row.hash, payload: &row.payload })
        .collect();
    let (first, last) = (records[0], records[records.len() - 1]);
    let header = BatchHeader {
        epoch: last.epoch,
        first_seq: first.seq,
        count: u32::try_from(records.len()).expect("a page is limited"),
        chain_before: page.chain_before,
        chain_after: last.hash,
    };
    let header = batch::Header { lane: Lane::Backlog, hub, batch: header, hub_clock_ms: now_ms };
    zstd::encode_all(&batch::encode(&header, &records)[..], JOURNAL_ZSTD_LEVEL)
        .expect("compressing in memory cannot fail")
}

/// A text of the other side, cut to what is stored.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SOFTWARE_TEXT_MAX).collect()
}
