//! Keys and values as bytes. Values are postcard, in the domain's stored forms that the protocol crate owns.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::State;
use holdfast_domain::attempt::PaymentDevice;
use holdfast_domain::bounded::{CouponCode, DeviceName, Label, Sku, ValueNumber};
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::exposure::OfflineLimits;
use holdfast_domain::ids::{EpochId, StoreId, TransactionId, Uuid};
use holdfast_domain::receipt::{ReceiptNumber, Series};
use holdfast_domain::staff::OwnRole;
use holdfast_domain::state::EpochLine;
use holdfast_domain::stock::OpenCount;
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tax::TaxTable;
use holdfast_domain::tender::TenderType;
use holdfast_protocol::message::ReplyPosition;
use holdfast_protocol::wire::{Wire, Wired, plain};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};

use crate::entry::ReconciliationTotals;
use crate::error::StoreError;
use crate::table::Table;

/// The position and the sums that the last transaction brought the state to.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AppliedRow {
    pub(crate) position: ReplyPosition,
    pub(crate) transactions: u64,
    pub(crate) gross_minor: i64,
    pub(crate) net_minor: i64,
    pub(crate) cash_minor: i64,
    pub(crate) violations: BTreeMap<String, u64>,
}

impl AppliedRow {
    /// The sums; the currency is the profile's.
    pub(crate) fn totals(&self) -> ReconciliationTotals {
        ReconciliationTotals {
            transactions: self.transactions,
            gross_minor: self.gross_minor,
            net_minor: self.net_minor,
            cash_minor: self.cash_minor,
            currency: None,
        }
    }
}

/// What stands once in the state.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoreRow {
    #[serde(with = "plain")]
    epoch: Option<EpochId>,
    #[serde(with = "plain")]
    epochs: Vec<EpochLine>,
    #[serde(with = "plain")]
    store: Option<StoreId>,
    #[serde(with = "plain")]
    profile: Option<StoreProfile>,
    #[serde(with = "plain")]
    tenders: Option<Vec<TenderType>>,
    catalog_version: u64,
    #[serde(with = "plain")]
    catalog_hash: Option<[u8; 32]>,
    last_z: u32,
    last_day_z: u32,
    last_correction: u32,
    #[serde(with = "plain")]
    roles: Vec<OwnRole>,
    #[serde(with = "plain")]
    count: Option<OpenCount>,
    #[serde(with = "plain")]
    taxes: Option<TaxTable>,
    #[serde(with = "plain")]
    devices: Vec<PaymentDevice>,
    #[serde(with = "plain")]
    offline_limits: Option<OfflineLimits>,
    #[serde(with = "plain")]
    open_drawers: BTreeSet<Label>,
}

impl StoreRow {
    /// Every field of the state is named here: one that is new must find its place in this row or in a table.
    pub(crate) fn of(state: &State) -> Self {
        let State {
            epoch,
            epochs,
            store,
            profile,
            tenders,
            catalog_version,
            catalog_hash,
            last_z,
            last_day_z,
            last_correction,
            days: _,
            zs: _,
            taxes,
            tills: _,
            staff: _,
            roles,
            count,
            counted: _,
            shifts: _,
            closed_shifts: _,
            orders: _,
            sales: _,
            stock: _,
            coupons: _,
            values: _,
            issues: _,
            documents: _,
            subjects: _,
            devices,
            offline_limits,
            open_drawers,
            attempts: _,
            device_days: _,
        } = state;
        Self {
            epoch: *epoch,
            epochs: epochs.clone(),
            store: *store,
            profile: profile.clone(),
            tenders: tenders.clone(),
            catalog_version: *catalog_version,
            catalog_hash: *catalog_hash,
            last_z: *last_z,
            last_day_z: *last_day_z,
            last_correction: *last_correction,
            roles: roles.values().cloned().collect(),
            count: count.clone(),
            taxes: taxes.clone(),
            devices: devices.clone(),
            offline_limits: offline_limits.clone(),
            open_drawers: open_drawers.clone(),
        }
    }

    pub(crate) fn restore(self, state: &mut State) {
        state.epoch = self.epoch;
        state.epochs = self.epochs;
        state.store = self.store;
        state.profile = self.profile;
        state.tenders = self.tenders;
        state.catalog_version = self.catalog_version;
        state.catalog_hash = self.catalog_hash;
        state.last_z = self.last_z;
        state.last_day_z = self.last_day_z;
        state.last_correction = self.last_correction;
        state.count = self.count;
        state.roles = self.roles.into_iter().map(|role| (role.number, role)).collect();
        state.taxes = self.taxes;
        state.devices = self.devices;
        state.offline_limits = self.offline_limits;
        state.open_drawers = self.open_drawers;
    }
}

/// Which boot of the machine wrote last, and whether it stopped cleanly.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BootRow {
    pub(crate) boot_id: String,
    pub(crate) clean_stop: bool,
}

/// Keys of [`Table::Meta`].
pub(crate) mod meta {
    pub(crate) const VERSION: &[u8] = b"version";
    pub(crate) const BOOT: &[u8] = b"boot";
    pub(crate) const APPLIED: &[u8] = b"applied";
}

pub(crate) fn encode(value: &impl Serialize) -> Vec<u8> {
    postcard::to_extend(value, Vec::new()).expect("every value has a stored form and memory grows as needed")
}

pub(crate) fn decode<T: DeserializeOwned>(table: Table, bytes: &[u8]) -> Result<T, StoreError> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok(_) => Err(StoreError::Unreadable { table: table.name(), source: None }),
        Err(source) => Err(StoreError::Unreadable { table: table.name(), source: Some(source) }),
    }
}

/// Encodes a domain value without copying it.
pub(crate) fn encode_wire<T: Wire>(value: &T) -> Vec<u8> {
    struct Borrowed<'a, T>(&'a T);
    impl<T: Wire> Serialize for Borrowed<'_, T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.put(serializer)
        }
    }
    encode(&Borrowed(value))
}

pub(crate) fn decode_wire<T: Wire>(table: Table, bytes: &[u8]) -> Result<T, StoreError> {
    decode::<Wired<T>>(table, bytes).map(|wired| wired.0)
}

/// The key of anything that has an id.
pub(crate) fn id_key(id: Uuid) -> [u8; 16] {
    *id.as_bytes()
}

pub(crate) fn transaction_key(id: TransactionId) -> [u8; 16] {
    id_key(id.0.0)
}

pub(crate) fn id_of_key(table: Table, key: &[u8]) -> Result<Uuid, StoreError> {
    let bytes = key.try_into().map_err(|_| StoreError::Unreadable { table: table.name(), source: None })?;
    Ok(Uuid::from_bytes(bytes))
}

/// The coupon of a key of [`Table::Coupons`].
pub(crate) fn coupon_of_key(key: &[u8]) -> Result<CouponCode, StoreError> {
    std::str::from_utf8(key)
        .ok()
        .and_then(|text| CouponCode::new(text).ok())
        .ok_or(StoreError::Unreadable { table: Table::Coupons.name(), source: None })
}

/// The number of a key of [`Table::Values`].
pub(crate) fn value_of_key(key: &[u8]) -> Result<ValueNumber, StoreError> {
    std::str::from_utf8(key)
        .ok()
        .and_then(|text| ValueNumber::new(text).ok())
        .ok_or(StoreError::Unreadable { table: Table::Values.name(), source: None })
}

pub(crate) fn sku_of_key(table: Table, key: &[u8]) -> Result<Sku, StoreError> {
    let text = std::str::from_utf8(key).ok();
    text.and_then(|text| Sku::new(text).ok())
        .ok_or(StoreError::Unreadable { table: table.name(), source: None })
}

pub(crate) fn seq_key(seq: u64) -> [u8; 8] {
    seq.to_be_bytes()
}

/// A business date, sorted as dates are.
pub(crate) fn date_key(date: BusinessDate) -> [u8; 4] {
    let [high, low] = date.year().to_be_bytes();
    [high, low, date.month(), date.day()]
}

/// The date of a key of [`Table::OpenDays`].
pub(crate) fn date_of_key(key: &[u8]) -> Result<BusinessDate, StoreError> {
    let date = match key {
        [high, low, month, day] => BusinessDate::new(i16::from_be_bytes([*high, *low]), *month, *day).ok(),
        _ => None,
    };
    date.ok_or(StoreError::Unreadable { table: Table::OpenDays.name(), source: None })
}

/// The device of a key of [`Table::DeviceDays`].
pub(crate) fn device_of_key(key: &[u8]) -> Result<DeviceName, StoreError> {
    std::str::from_utf8(key)
        .ok()
        .and_then(|text| DeviceName::new(text).ok())
        .ok_or(StoreError::Unreadable { table: Table::DeviceDays.name(), source: None })
}

/// The number of a key of [`Table::Zs`].
pub(crate) fn z_of_key(key: &[u8]) -> Result<u32, StoreError> {
    let bytes =
        key.try_into().map_err(|_| StoreError::Unreadable { table: Table::Zs.name(), source: None })?;
    Ok(u32::from_be_bytes(bytes))
}

/// A business date and a block of records. Keys sort as dates do, and within one as the journal does.
pub(crate) fn day_key(date: BusinessDate, block: u64) -> [u8; 12] {
    let mut key = [0; 12];
    key[..4].copy_from_slice(&date_key(date));
    key[4..].copy_from_slice(&block.to_be_bytes());
    key
}

pub(crate) fn receipt_key(number: ReceiptNumber) -> [u8; 7] {
    let series = match number.series {
        Series::Hub => 0,
        Series::Island => 1,
        Series::Training => 2,
    };
    let mut key = [0; 7];
    key[..2].copy_from_slice(&number.till.0.to_be_bytes());
    key[2] = series;
    key[3..].copy_from_slice(&number.number.to_be_bytes());
    key
}
