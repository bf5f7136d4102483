//! What an operator does: add stores, hand out claim codes, add users, verify. The command line, tests and the demo call
//! these; they work while the server runs.

use std::collections::BTreeSet;
use std::path::Path;

use uuid::Uuid;

use crate::error::{CloudError, StoreError};
use crate::model::{StoreRow, UserRow};
use crate::projection::StoreClock;
use crate::secrets;
use crate::store::sqlite::SqliteStore;
use crate::store::{CloudStore, Scope};
use crate::verify::{Verified, verify};

/// The most characters of a store's texts, as the hub's own limits have them.
const LABEL_MAX: usize = 80;
const ADDRESS_MAX: usize = 200;
const USER_NAME_MAX: usize = 60;
const HOUR_MS: i64 = 3_600_000;

/// A store to be added.
#[derive(Debug, Clone)]
pub struct NewStore {
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA.
    pub time_zone: String,
    /// `04:00`: when the business day changes.
    pub cut_over: String,
    pub prices_include_tax: bool,
    pub legal_name: String,
    pub address: String,
    pub tax_id: String,
}

/// A single-use code for one hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub store: Uuid,
    pub code: String,
    pub expires_at_ms: i64,
}

/// Opens the database of a data folder, creating it when missing.
///
/// # Errors
/// HF-CLD-002 or HF-CLD-007.
pub async fn open(data: &Path) -> Result<SqliteStore, CloudError> {
    SqliteStore::open(data)
        .await
        .map_err(|source| CloudError::Data { folder: data.display().to_string(), source })
}

/// Adds a store and makes its first claim code.
///
/// # Errors
/// HF-CLD-004 when a setting is not valid.
pub async fn add_store(
    db: &dyn CloudStore,
    new: &NewStore,
    claim_hours: u32,
    now_ms: i64,
) -> Result<Claim, CloudError> {
    let store = Uuid::now_v7();
    let row = check_store(store, new)?;
    db.add_store(&row, now_ms).await?;
    make_claim(db, store, claim_hours, now_ms).await
}

/// Makes a claim code for a store that exists: for its first hub or one that replaces it. Earlier unused codes become void.
///
/// # Errors
/// HF-CLD-005 when there is no such store.
pub async fn claim_store(
    db: &dyn CloudStore,
    store: Uuid,
    claim_hours: u32,
    now_ms: i64,
) -> Result<Claim, CloudError> {
    require_store(db, store).await?;
    make_claim(db, store, claim_hours, now_ms).await
}

async fn require_store(db: &dyn CloudStore, store: Uuid) -> Result<(), CloudError> {
    let found = db.stores(&Scope::Stores(BTreeSet::from([store]))).await?;
    if found.is_empty() { Err(CloudError::UnknownStore { store: store.to_string() }) } else { Ok(()) }
}

async fn make_claim(
    db: &dyn CloudStore,
    store: Uuid,
    claim_hours: u32,
    now_ms: i64,
) -> Result<Claim, CloudError> {
    let code = secrets::claim_code(secrets::random());
    let expires_at_ms = now_ms + i64::from(claim_hours) * HOUR_MS;
    db.add_claim(store, secrets::claim_hash(&code), expires_at_ms).await?;
    Ok(Claim { store, code, expires_at_ms })
}

/// Adds a person who may sign in and see the stores of a scope.
///
/// # Errors
/// HF-CLD-006 when name or password are not valid or the name is taken, HF-CLD-005 for an unknown store.
pub async fn add_user(
    db: &dyn CloudStore,
    name: &str,
    password: &str,
    scope: &Scope,
    now_ms: i64,
) -> Result<Uuid, CloudError> {
    let name = name.trim();
    let refuse = |problem: String| Err(CloudError::User { problem });
    if name.is_empty() || name.chars().count() > USER_NAME_MAX || name.chars().any(char::is_control) {
        return refuse(format!("a name has 1 to {USER_NAME_MAX} characters"));
    }
    if password.chars().count() < secrets::PASSWORD_MIN || password.len() > secrets::PASSWORD_MAX {
        return refuse(format!("a password has at least {} characters", secrets::PASSWORD_MIN));
    }
    if let Scope::Stores(stores) = scope {
        for store in stores {
            require_store(db, *store).await?;
        }
    }
    let secret = password.to_owned();
    let password_hash = tokio::task::spawn_blocking(move || secrets::hash_password(&secret))
        .await
        .expect("hashing a password of checked length does not panic");
    let user = Uuid::now_v7();
    let row = UserRow {
        user: user.to_string(),
        name: name.to_owned(),
        password_hash,
        failures: 0,
        locked_until_ms: 0,
    };
    if db.add_user(&row, scope, now_ms).await? {
        Ok(user)
    } else {
        refuse(format!("the name `{name}` is taken; choose another"))
    }
}

/// Verifies every store, or one.
///
/// # Errors
/// HF-CLD-005 for an unknown store, or when the database cannot be read.
pub async fn verify_stores(
    db: &dyn CloudStore,
    only: Option<Uuid>,
) -> Result<Vec<(StoreRow, Verified)>, CloudError> {
    if let Some(store) = only {
        require_store(db, store).await?;
    }
    let scope = only.map_or(Scope::All, |store| Scope::Stores(BTreeSet::from([store])));
    let mut found = Vec::new();
    for store in db.stores(&scope).await? {
        let verified = verify(db, &store).await?;
        found.push((store, verified));
    }
    Ok(found)
}

/// The database's fault, as a command reports it.
impl CloudError {
    /// The innermost cause, for a log line.
    pub fn cause(&self) -> Option<&StoreError> {
        match self {
            Self::Data { source, .. } | Self::Store(source) => Some(source),
            _ => None,
        }
    }
}

fn check_store(store: Uuid, new: &NewStore) -> Result<StoreRow, CloudError> {
    let refuse = |problem: String| CloudError::Settings { problem };
    let text = |what: &str, value: &str, max: usize| {
        let value = value.trim();
        if value.is_empty() || value.chars().count() > max || value.chars().any(char::is_control) {
            return Err(refuse(format!("{what} has 1 to {max} characters on one line")));
        }
        if holdfast_pan::holds_pan(value) {
            return Err(refuse(format!("{what} looks like a card's number, which is never kept")));
        }
        Ok(value.to_owned())
    };
    let currency = holdfast_money::Currency::from_code(&new.currency).map_err(|_| {
        refuse(format!("`{}` is not a currency; write three letters of ISO 4217 such as EUR", new.currency))
    })?;
    let cut_over_minutes = parse_cut_over(&new.cut_over).ok_or_else(|| {
        refuse(format!("`{}` is not a time of day; write it as 04:00, before noon", new.cut_over))
    })?;
    StoreClock::new(&new.time_zone, cut_over_minutes).map_err(|_| {
        refuse(format!("`{}` is not a time zone; write an IANA name such as Europe/Vienna", new.time_zone))
    })?;
    Ok(StoreRow {
        store: store.to_string(),
        name: text("the store's name", &new.name, LABEL_MAX)?,
        currency: currency.code().to_owned(),
        time_zone: new.time_zone.clone(),
        cut_over_minutes,
        prices_include_tax: new.prices_include_tax,
        legal_name: text("the legal name", &new.legal_name, LABEL_MAX)?,
        address: text("the address", &new.address, ADDRESS_MAX)?,
        tax_id: text("the tax id", &new.tax_id, LABEL_MAX)?,
    })
}

/// Minutes after midnight; business days change between midnight and noon.
fn parse_cut_over(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let plain = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(hours) || !plain(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 12 && minutes < 60).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_checked_before_anything_is_stored() {
        let good = NewStore {
            name: "Wien Mitte".into(),
            currency: "EUR".into(),
            time_zone: "Europe/Vienna".into(),
            cut_over: "04:30".into(),
            prices_include_tax: true,
            legal_name: "Muster GmbH".into(),
            address: "Landstraße 1, 1030 Wien".into(),
            tax_id: "ATU12345678".into(),
        };
        assert_eq!(check_store(Uuid::nil(), &good).unwrap().cut_over_minutes, 270);
        let bad: [(&str, NewStore); 5] = [
            ("currency", NewStore { currency: "EURO".into(), ..good.clone() }),
            ("time zone", NewStore { time_zone: "Vienna".into(), ..good.clone() }),
            ("time of day", NewStore { cut_over: "4".into(), ..good.clone() }),
            ("time of day", NewStore { cut_over: "13:00".into(), ..good.clone() }),
            ("name", NewStore { name: "  ".into(), ..good.clone() }),
        ];
        for (what, new) in bad {
            let error = check_store(Uuid::nil(), &new).unwrap_err().to_string();
            assert!(error.starts_with("HF-CLD-004") && error.contains(what), "{error}");
        }
    }
}
