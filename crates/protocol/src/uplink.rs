//! What a hub and the cloud say to each other over HTTPS: enrolment, epoch registration, batches of records, heartbeats,
//! and the journal read back to rebuild a hub.
//!
//! Every request but enrolment is signed with the hub's Ed25519 key: the header [`SIGNATURE_HEADER`] carries the base64
//! signature of [`signing_digest`], [`HUB_HEADER`] the hub's id. Records travel as they are stored; nothing here decodes a
//! payload.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

pub mod batch;

/// The version of everything in this module. A cloud that is older than the hub answers 426.
pub const UPLINK_VERSION: u16 = 1;
/// The id of the hub that signed.
pub const HUB_HEADER: &str = "holdfast-hub";
/// Base64 (standard, padded) of the Ed25519 signature.
pub const SIGNATURE_HEADER: &str = "holdfast-signature";
/// The media type of a batch, before `Content-Encoding: zstd`.
pub const BATCH_CONTENT_TYPE: &str = "application/vnd.holdfast.batch";
/// The most bytes of a JSON body in either direction.
pub const JSON_BYTES_MAX: usize = 64 * 1024;
/// The most records in one page of a journal read back.
pub const JOURNAL_PAGE_RECORDS_MAX: u32 = 5_000;
/// The media type of a store's vault: an age file that HQ cannot open.
pub const VAULT_CONTENT_TYPE: &str = "application/age-encryption";
/// The most bytes of a vault as it travels.
pub const VAULT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// POST: a hub is enrolled with a claim code. Not signed.
pub const ENROL_PATH: &str = "/api/v1/enrol";

/// POST: an epoch is registered; answers with the cloud's cursor.
pub fn epochs_path(store: impl fmt::Display) -> String {
    format!("/api/v1/stores/{store}/epochs")
}

/// GET: the chain hash that the cloud holds at a record of an epoch's line; answers [`HashHeld`], or 404 with the reason
/// `not_found` where it has no such record. The signature covers the path with its query.
pub fn hash_path(store: impl fmt::Display, epoch: Uuid, seq: u64) -> String {
    format!("/api/v1/stores/{store}/epochs/{epoch}/hash?seq={seq}")
}

/// POST: a head under the hub's signature, as `SignedHeadJson`; answers `{}`.
pub fn heads_path(store: impl fmt::Display) -> String {
    format!("/api/v1/stores/{store}/heads")
}

/// POST: a batch of records.
pub fn events_path(store: impl fmt::Display) -> String {
    format!("/api/v1/stores/{store}/events")
}

/// POST: a heartbeat.
pub fn heartbeat_path(store: impl fmt::Display) -> String {
    format!("/api/v1/stores/{store}/heartbeat")
}

/// GET: the store's records from `from_seq` on, along the line that ends in its newest epoch: one page in the form of a
/// batch (see [`batch`]), zstd when asked for by `Accept-Encoding`; 204 when there is nothing from there on. The signature
/// covers the path with its query.
pub fn journal_path(store: impl fmt::Display, from_seq: u64) -> String {
    format!("/api/v1/stores/{store}/journal?from_seq={from_seq}")
}

/// PUT: the store's vault (see `crate::vault`), sealed, of at most [`VAULT_BYTES_MAX`] bytes and [`VAULT_CONTENT_TYPE`];
/// it replaces the one before, of which nothing is kept, and is answered with [`VaultKept`]. GET: the newest one with its
/// version in `ETag`; 404 when the store has none.
pub fn vault_path(store: impl fmt::Display) -> String {
    format!("/api/v1/stores/{store}/vault")
}

/// What a hub signs: SHA-256 over method, path with query, and the body as it travels (compressed). Each part is preceded
/// by its length, so that no two requests share a digest.
pub fn signing_digest(method: &str, path_and_query: &str, body: &[u8]) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"holdfast-uplink-1");
    for part in [method.as_bytes(), path_and_query.as_bytes(), body] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

/// POST /api/v1/enrol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    pub version: u16,
    /// As printed by `holdfast-cloud store add` or `store claim`; letter case and dashes do not matter.
    pub claim_code: String,
    pub hub: Uuid,
    /// The hub's Ed25519 public key, 32 bytes, base64 (standard, padded).
    pub public_key: String,
    /// The hub's software version, for people.
    pub software: String,
}

/// 200 to an enrolment. The same hub with the same code and key gets the same answer again, so that a lost reply costs
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolResponse {
    pub store: Uuid,
    pub settings: StoreSettings,
    /// The order number that the hub's next epoch will get when it is registered, from 1.
    pub next_epoch_order: u32,
    /// Records of this store that the cloud holds: the hub that replaces another fetches them before it sells.
    pub journal_through: u64,
    /// Milliseconds since the Unix epoch.
    pub server_time_ms: i64,
}

/// A store as HQ set it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    pub name: String,
    /// ISO 4217, such as `EUR`.
    pub currency: String,
    /// IANA name, such as `Europe/Vienna`.
    pub time_zone: String,
    /// Minutes after local midnight at which the business day changes.
    pub cut_over_minutes: u16,
    pub prices_include_tax: bool,
    pub legal_name: String,
    pub address: String,
    pub tax_id: String,
}

/// 200 to a vault: HQ has it, durably, and the one before is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VaultKept {
    /// Counts up from 1 with every vault of the store.
    pub version: u64,
    /// Milliseconds since the Unix epoch, by the cloud's clock.
    pub kept_at_ms: i64,
}

/// POST /api/v1/stores/{store}/epochs. Sent at first contact, after every start and after a restore; it can be repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterEpoch {
    pub version: u16,
    pub epoch: Uuid,
    /// The last record shared with an epoch that the cloud knows; absent for a journal that starts at record 1.
    pub parent: Option<EpochParent>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EpochParent {
    pub epoch: Uuid,
    pub seq: u64,
    /// The chain hash after that record, 64 hex digits.
    pub hash: String,
}

/// 200 to a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EpochRegistered {
    /// The epoch's order number in this store, from 1, given once by the cloud.
    pub order: u32,
    pub acked_through: u64,
    pub durable_through: u64,
    /// Whether another epoch continues from the same record: a person looks at it, both are kept and counted.
    pub forked: bool,
    pub server_time_ms: i64,
}

/// 200 to a question about a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HashHeld {
    pub seq: u64,
    /// The chain hash after that record, 64 hex digits.
    pub hash: String,
}

/// 200 to a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchAccepted {
    /// The last record of the epoch that the cloud has.
    pub acked_through: u64,
    /// The last record that the cloud has durably; tills may forget what lies at or below it.
    pub durable_through: u64,
    /// The most records that the next batch should have.
    pub credit: u32,
    pub server_time_ms: i64,
}

/// Any answer that is not 200.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UplinkError {
    /// `HF-UPL-…` or `HF-CLD-…`, with a page in docs/errors.
    pub code: String,
    pub message: String,
    /// What a sender does about it.
    pub reason: RefusalReason,
}

/// What went against a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum RefusalReason {
    /// 409: records between are missing; send from `expected`. The cloud's number wins, also when it is lower.
    Gap { expected: u64 },
    /// 409: the cloud holds another record at `seq`; `hash` is its chain hash there, 64 hex digits.
    Fork { seq: u64, hash: String },
    /// 409: the epoch is not registered.
    UnknownEpoch {},
    /// 412: another hub has taken over, or the epoch was continued by another one.
    StaleEpoch {},
    /// 426: the cloud is older than what was sent.
    TooNew { version: u16 },
    /// 429 or 503, with `Retry-After`.
    Busy { retry_after_ms: u64 },
    /// 401 or 403: signature, hub or claim code.
    Unauthorised {},
    /// 400, 413, 422: the request contradicts itself or its limits; sending it again will not help.
    Malformed {},
    /// 404.
    NotFound {},
    /// 500: a fault at the cloud; the request may be repeated.
    Fault {},
}

/// POST /api/v1/stores/{store}/heartbeat, every five seconds while the WAN is up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    pub version: u16,
    pub epoch: Uuid,
    /// The hub's last durable record.
    pub head_seq: u64,
    /// Records that the cloud has not acknowledged.
    pub backlog: u64,
    /// When the oldest of them was recorded, milliseconds since the Unix epoch.
    pub oldest_unsent_ms: Option<i64>,
    pub tills_up: u32,
    pub tills_known: u32,
    /// The hub's clock, milliseconds since the Unix epoch.
    pub clock_ms: i64,
    /// The hub's own sums as of a record; the cloud compares when it has that record.
    pub control: Option<ControlTotals>,
    pub software: String,
}

/// Everything since the store's first record, through `as_of_seq`, training left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlTotals {
    pub as_of_seq: u64,
    pub transactions: u64,
    /// Minor units of the store's currency; returns and post-voids subtract.
    pub gross_minor: i64,
    pub net_minor: i64,
}

/// 200 to a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeartbeatAnswer {
    pub acked_through: u64,
    pub durable_through: u64,
    /// The hub's clock minus the cloud's, milliseconds.
    pub clock_offset_ms: i64,
    pub server_time_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_covers_every_part_and_its_borders() {
        let digest = signing_digest("POST", "/a", b"body");
        let others =
            [("PUT", "/a", "body"), ("POST", "/b", "body"), ("POST", "/a", "bodx"), ("POST", "/ab", "ody")];
        for (method, path, body) in others {
            assert_ne!(signing_digest(method, path, body.as_bytes()), digest, "{method} {path} {body}");
        }
    }

    #[test]
    fn unknown_fields_are_refused_and_reasons_are_tagged() {
        let gap = serde_json::to_string(&RefusalReason::Gap { expected: 7 }).expect("plain data");
        assert_eq!(gap, r#"{"kind":"gap","expected":7}"#);
        assert_eq!(
            serde_json::from_str::<RefusalReason>(&gap).expect("its own text"),
            RefusalReason::Gap { expected: 7 }
        );
        let busy = serde_json::to_string(&RefusalReason::UnknownEpoch {}).expect("plain data");
        assert_eq!(
            serde_json::from_str::<RefusalReason>(&busy).expect("its own text"),
            RefusalReason::UnknownEpoch {}
        );
        let extra = r#"{"version":1,"epoch":"018f0000-0000-7000-8000-000000000001","parent":null,"more":1}"#;
        assert!(serde_json::from_str::<RegisterEpoch>(extra).is_err());
    }
}
