//! Staff as the hub knows them beyond the journal: names, PIN verifiers and the counting of attempts.
//!
//! An attempt is counted and synced before the PIN is looked at, so that neither a restart nor many attempts at once give
//! anybody more of them. Five wrong PINs in a row lock a number for five minutes, and each further one for twice as long;
//! ten in a row at one till, whoever's, lock the till in the same way.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use holdfast_domain::bounded::Label;
use holdfast_domain::ids::{StaffId, TerminalId};
use holdfast_domain::staff::{PinVerdict, StaffNumber};
use holdfast_protocol::vault::Person as VaultPerson;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::clock::Machine;
use crate::error::HubError;
use crate::folder;

const VERSION: u8 = 1;
/// Digits of a PIN.
pub const PIN_DIGITS: std::ops::RangeInclusive<usize> = 4..=12;
/// Wrong PINs in a row before a number is locked.
pub const WRONG_PINS_MAX: u32 = 5;
/// The first lock, in milliseconds.
pub const LOCK_MS: i64 = 5 * 60 * 1_000;
/// The longest lock, in milliseconds.
pub const LOCK_MS_MAX: i64 = 24 * 60 * 60 * 1_000;
/// Wrong PINs in a row at one till before it takes none.
pub const WRONG_PINS_AT_TILL_MAX: u32 = 10;
/// The longest lock of a till, in milliseconds: the shop has to go on.
pub const TILL_LOCK_MS_MAX: i64 = 60 * 60 * 1_000;
/// What one guess costs: argon2id with this much memory (KiB) and this many passes, one lane (RFC 9106).
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const HASH_BYTES: usize = 32;

/// A PIN as it is stored: argon2id with a salt of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PinVerifier {
    memory_kib: u32,
    passes: u32,
    salt: String,
    hash: String,
}

impl PinVerifier {
    fn new(pin: &str, salt: [u8; 16]) -> Self {
        let hash = argon2id(pin, &salt, MEMORY_KIB, PASSES)
            .expect("the built-in cost and salt are within argon2's limits");
        Self { memory_kib: MEMORY_KIB, passes: PASSES, salt: hex::encode(salt), hash: hex::encode(hash) }
    }

    fn fits(&self, pin: &str) -> bool {
        let (Ok(salt), Ok(hash)) = (hex::decode(&self.salt), hex::decode(&self.hash)) else { return false };
        argon2id(pin, &salt, self.memory_kib, self.passes)
            .is_some_and(|given| bool::from(given[..].ct_eq(&hash)))
    }
}

fn argon2id(pin: &str, salt: &[u8], memory_kib: u32, passes: u32) -> Option<[u8; HASH_BYTES]> {
    let params = Params::new(memory_kib, passes, 1, Some(HASH_BYTES)).ok()?;
    let mut hash = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(pin.as_bytes(), salt, &mut hash)
        .ok()?;
    Some(hash)
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    staff: Uuid,
    number: u32,
    name: String,
    pin: PinVerifier,
    /// Attempts since the last right PIN, the one under way included.
    attempts: u32,
    locked_until_ms: i64,
}

/// Wrong PINs at one till.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TillAttempts {
    till: Uuid,
    /// Attempts since the last right PIN, the one under way included.
    attempts: u32,
    locked_until_ms: i64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u8,
    people: Vec<Person>,
    #[serde(default)]
    tills: Vec<TillAttempts>,
}

/// Where somebody types a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Till(TerminalId),
    /// At the hub's console or on its pages.
    Hub,
}

/// What is counted.
#[derive(Debug, Clone, Default)]
struct Counted {
    people: Vec<Person>,
    tills: Vec<TillAttempts>,
}

/// Whether a lock holds. A clock that was set back must not lock anybody for longer than any lock lasts.
fn is_locked(until_ms: i64, now_ms: i64, max_ms: i64) -> bool {
    now_ms < until_ms.min(now_ms + max_ms) && until_ms - now_ms <= max_ms
}

/// Until when one more attempt locks, or 0.
fn locked_until(attempts: u32, allowed: u32, now_ms: i64, max_ms: i64) -> i64 {
    if attempts < allowed {
        return 0;
    }
    let doublings = (attempts - allowed).min(16);
    now_ms + (LOCK_MS << doublings).min(max_ms)
}

/// The staff of one hub.
#[derive(Debug)]
pub struct People {
    path: PathBuf,
    counted: Mutex<Counted>,
    /// Looked at for numbers that nobody has, so that they take as long as others.
    decoy: PinVerifier,
}

impl People {
    /// Reads the file, or starts without anybody when there is none.
    ///
    /// # Errors
    /// HF-HUB-003, HF-HUB-006.
    pub fn open(path: PathBuf) -> Result<Self, HubError> {
        let counted = match folder::read_json::<Stored>(&path)? {
            None => Counted::default(),
            Some(stored) if stored.version == VERSION => {
                Counted { people: stored.people, tills: stored.tills }
            }
            Some(_) => return Err(HubError::FileDamaged { path, source: "its version is unknown".into() }),
        };
        let decoy = PinVerifier::new("", Machine.random());
        Ok(Self { path, counted: Mutex::new(counted), decoy })
    }

    /// Adds a person, or gives a known one a new name and PIN and lifts the lock, and those of all tills: whoever stands at
    /// the console can always let somebody in.
    ///
    /// # Errors
    /// HF-HUB-017 for a PIN that is not digits, HF-HUB-003.
    pub fn put(&self, staff: StaffId, number: StaffNumber, name: &Label, pin: &str) -> Result<(), HubError> {
        check_form(pin)?;
        let pin = PinVerifier::new(pin, Machine.random());
        let person = Person {
            staff: staff.0,
            number: number.0,
            name: name.to_string(),
            pin,
            attempts: 0,
            locked_until_ms: 0,
        };
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = counted.clone();
        changed.people.retain(|known| known.number != number.0 && known.staff != staff.0);
        changed.people.push(person);
        changed.people.sort_by_key(|known| known.number);
        changed.tills.clear();
        self.write(&changed)?;
        *counted = changed;
        Ok(())
    }

    /// The name of a member of staff.
    pub fn name(&self, staff: StaffId) -> Option<String> {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.people.iter().find(|person| person.staff == staff.0).map(|person| person.name.clone())
    }

    /// Checks a PIN at a time. Blocks for a disk sync and an argon2id computation. An attempt that cannot be counted is
    /// answered as if the number were locked.
    pub fn check(&self, place: Place, number: StaffNumber, pin: &str, now_ms: i64) -> PinVerdict {
        let counted = match self.count(place, number, now_ms) {
            Ok(Some(person)) => person,
            Ok(None) => return PinVerdict::LockedOut,
            Err(error) => {
                tracing::error!(error = error.chain(), "a sign-on attempt cannot be counted and is refused");
                return PinVerdict::LockedOut;
            }
        };
        let Some(verifier) = counted else {
            self.decoy.fits(pin);
            return PinVerdict::Wrong;
        };
        if !verifier.fits(pin) {
            return PinVerdict::Wrong;
        }
        if let Err(error) = self.clear(place, number) {
            tracing::error!(error = error.chain(), "attempts of a member of staff could not be cleared");
        }
        PinVerdict::Correct
    }

    /// Counts an attempt durably, for the person and for the till. The inner `None` is a number that nobody has, the outer
    /// one a locked number or till.
    #[expect(clippy::option_option, reason = "two different absences, named in the doc")]
    fn count(
        &self,
        place: Place,
        number: StaffNumber,
        now_ms: i64,
    ) -> Result<Option<Option<PinVerifier>>, HubError> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = counted.clone();
        let person = changed.people.iter_mut().find(|person| person.number == number.0);
        if person.as_ref().is_some_and(|person| is_locked(person.locked_until_ms, now_ms, LOCK_MS_MAX)) {
            return Ok(None);
        }
        let verifier = person.map(|person| {
            person.attempts = person.attempts.saturating_add(1);
            let locked = locked_until(person.attempts, WRONG_PINS_MAX, now_ms, LOCK_MS_MAX);
            person.locked_until_ms = person.locked_until_ms.max(locked);
            person.pin.clone()
        });
        if let Place::Till(terminal) = place {
            let known = changed.tills.iter().position(|till| till.till == terminal.0);
            let at = known.unwrap_or_else(|| {
                changed.tills.push(TillAttempts { till: terminal.0, attempts: 0, locked_until_ms: 0 });
                changed.tills.len() - 1
            });
            let till = &mut changed.tills[at];
            if is_locked(till.locked_until_ms, now_ms, TILL_LOCK_MS_MAX) {
                return Ok(None);
            }
            till.attempts = till.attempts.saturating_add(1);
            let locked = locked_until(till.attempts, WRONG_PINS_AT_TILL_MAX, now_ms, TILL_LOCK_MS_MAX);
            till.locked_until_ms = till.locked_until_ms.max(locked);
        } else if verifier.is_none() {
            return Ok(Some(None));
        }
        self.write(&changed)?;
        *counted = changed;
        Ok(Some(verifier))
    }

    fn clear(&self, place: Place, number: StaffNumber) -> Result<(), HubError> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = counted.clone();
        for person in changed.people.iter_mut().filter(|person| person.number == number.0) {
            person.attempts = 0;
            person.locked_until_ms = 0;
        }
        changed.tills.retain(|till| place != Place::Till(TerminalId(till.till)));
        self.write(&changed)?;
        *counted = changed;
        Ok(())
    }

    fn write(&self, counted: &Counted) -> Result<(), HubError> {
        let Counted { people, tills } = counted.clone();
        folder::replace_json(&self.path, &Stored { version: VERSION, people, tills })
    }
}

/// Everybody of a staff file, without the counting of attempts.
///
/// # Errors
/// HF-HUB-003, HF-HUB-006.
pub(crate) fn vault_part(path: &Path) -> Result<Vec<VaultPerson>, HubError> {
    let Some(stored) = folder::read_json::<Stored>(path)? else { return Ok(Vec::new()) };
    let damaged = |problem: &'static str| HubError::FileDamaged { path: path.into(), source: problem.into() };
    if stored.version != VERSION {
        return Err(damaged("its version is unknown"));
    }
    let part = stored.people.into_iter().map(|person| {
        let bytes = |text: &str| hex::decode(text).map_err(|_| damaged("a PIN's verifier is not hex"));
        Ok(VaultPerson {
            staff: person.staff,
            number: person.number,
            name: person.name,
            memory_kib: person.pin.memory_kib,
            passes: person.pin.passes,
            salt: bytes(&person.pin.salt)?,
            hash: bytes(&person.pin.hash)?,
        })
    });
    part.collect()
}

/// Writes a staff file of what came out of a vault; nobody is locked.
///
/// # Errors
/// HF-HUB-003.
pub(crate) fn put_back(path: &Path, people: &[VaultPerson]) -> Result<(), HubError> {
    let people = people.iter().map(|person| Person {
        staff: person.staff,
        number: person.number,
        name: person.name.clone(),
        pin: PinVerifier {
            memory_kib: person.memory_kib,
            passes: person.passes,
            salt: hex::encode(&person.salt),
            hash: hex::encode(&person.hash),
        },
        attempts: 0,
        locked_until_ms: 0,
    });
    folder::replace_json(path, &Stored { version: VERSION, people: people.collect(), tills: Vec::new() })
}

/// # Errors
/// HF-HUB-017.
pub fn check_form(pin: &str) -> Result<(), HubError> {
    if PIN_DIGITS.contains(&pin.len()) && pin.bytes().all(|b| b.is_ascii_digit()) {
        Ok(())
    } else {
        Err(HubError::Pin { least: *PIN_DIGITS.start(), most: *PIN_DIGITS.end() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: StaffNumber = StaffNumber(7);

    fn open(place: &tempfile::TempDir) -> People {
        People::open(place.path().join("staff.json")).unwrap()
    }

    fn with_anna(place: &tempfile::TempDir) -> People {
        let people = open(place);
        people.put(StaffId(Uuid::from_u128(1)), ANNA, &Label::new("Anna").unwrap(), "4711").unwrap();
        people
    }

    #[test]
    fn the_right_pin_opens_and_the_file_holds_no_pin() {
        let place = tempfile::tempdir().unwrap();
        let people = with_anna(&place);
        assert_eq!(people.check(Place::Hub, ANNA, "4711", 0), PinVerdict::Correct);
        assert_eq!(people.check(Place::Hub, ANNA, "4712", 0), PinVerdict::Wrong);
        assert_eq!(people.check(Place::Hub, StaffNumber(8), "4711", 0), PinVerdict::Wrong);
        assert_eq!(people.name(StaffId(Uuid::from_u128(1))).as_deref(), Some("Anna"));
        assert!(!std::fs::read_to_string(place.path().join("staff.json")).unwrap().contains("4711"));
        for bad in ["", "123", "12a4", "1234567890123", "１２３４"] {
            assert!(matches!(check_form(bad), Err(HubError::Pin { .. })), "{bad}");
        }
    }

    #[test]
    fn five_wrong_pins_lock_across_restarts_and_each_further_one_for_twice_as_long() {
        let place = tempfile::tempdir().unwrap();
        drop(with_anna(&place));
        for attempt in 1..=5 {
            // Every attempt in a process of its own.
            assert_eq!(
                open(&place).check(Place::Hub, ANNA, "0000", 1_000),
                PinVerdict::Wrong,
                "attempt {attempt}"
            );
        }
        let people = open(&place);
        assert_eq!(
            people.check(Place::Hub, ANNA, "4711", 1_000),
            PinVerdict::LockedOut,
            "even the right one"
        );
        assert_eq!(people.check(Place::Hub, ANNA, "4711", 1_000 + LOCK_MS - 1), PinVerdict::LockedOut);
        assert_eq!(people.check(Place::Hub, ANNA, "0000", 1_000 + LOCK_MS), PinVerdict::Wrong);
        assert_eq!(
            people.check(Place::Hub, ANNA, "4711", 1_000 + 2 * LOCK_MS),
            PinVerdict::LockedOut,
            "twice as long now"
        );
        assert_eq!(people.check(Place::Hub, ANNA, "4711", 1_000 + 3 * LOCK_MS), PinVerdict::Correct);
        assert_eq!(
            people.check(Place::Hub, ANNA, "0000", 1_000 + 3 * LOCK_MS),
            PinVerdict::Wrong,
            "counting begins anew"
        );
        assert_eq!(people.check(Place::Hub, ANNA, "4711", 1_000 + 3 * LOCK_MS), PinVerdict::Correct);
    }

    #[test]
    fn attempts_at_once_are_all_counted() {
        let place = tempfile::tempdir().unwrap();
        let people = with_anna(&place);
        let wrong = std::thread::scope(|scope| {
            let guesses: Vec<_> =
                (0..12).map(|_| scope.spawn(|| people.check(Place::Hub, ANNA, "0000", 1_000))).collect();
            guesses
                .into_iter()
                .filter(|_| true)
                .map(|g| g.join().unwrap())
                .filter(|v| *v == PinVerdict::Wrong)
                .count()
        });
        assert_eq!(wrong, 5, "seven of twelve met the lock");
    }

    #[test]
    fn a_new_pin_from_the_console_lifts_the_lock_and_no_disk_means_no_entry() {
        let place = tempfile::tempdir().unwrap();
        let people = with_anna(&place);
        for _ in 0..5 {
            people.check(Place::Hub, ANNA, "0000", 1_000);
        }
        people.put(StaffId(Uuid::from_u128(1)), ANNA, &Label::new("Anna").unwrap(), "8888").unwrap();
        assert_eq!(people.check(Place::Hub, ANNA, "8888", 1_000), PinVerdict::Correct);
        // A folder that is gone cannot count.
        place.close().unwrap();
        assert_eq!(people.check(Place::Hub, ANNA, "8888", 1_000), PinVerdict::LockedOut);
    }

    #[test]
    fn ten_wrong_pins_of_anybody_lock_a_till_across_restarts_and_no_other_place() {
        let place = tempfile::tempdir().unwrap();
        drop(with_anna(&place));
        let (till, other) =
            (Place::Till(TerminalId(Uuid::from_u128(7))), Place::Till(TerminalId(Uuid::from_u128(8))));
        for attempt in 0..10 {
            // Numbers that nobody has are counted at the till too, every attempt in a process of its own.
            let number = StaffNumber(500 + attempt);
            assert_eq!(
                open(&place).check(till, number, "0000", 1_000),
                PinVerdict::Wrong,
                "attempt {attempt}"
            );
        }
        let people = open(&place);
        assert_eq!(people.check(till, ANNA, "4711", 1_000), PinVerdict::LockedOut, "even the right one");
        assert_eq!(people.check(other, ANNA, "4711", 1_000), PinVerdict::Correct, "another till is open");
        assert_eq!(people.check(Place::Hub, ANNA, "4711", 1_000), PinVerdict::Correct);
        assert_eq!(people.check(till, ANNA, "4711", 1_000 + LOCK_MS - 1), PinVerdict::LockedOut);
        assert_eq!(people.check(till, StaffNumber(500), "0000", 1_000 + LOCK_MS), PinVerdict::Wrong);
        assert_eq!(
            people.check(till, ANNA, "4711", 1_000 + 2 * LOCK_MS),
            PinVerdict::LockedOut,
            "twice as long"
        );
        assert_eq!(people.check(till, ANNA, "4711", 1_000 + 3 * LOCK_MS), PinVerdict::Correct);
        assert_eq!(people.check(till, StaffNumber(500), "0000", 1_000 + 3 * LOCK_MS), PinVerdict::Wrong);
        assert_eq!(
            people.check(till, ANNA, "4711", 1_000 + 3 * LOCK_MS),
            PinVerdict::Correct,
            "counting anew"
        );
    }

    #[test]
    fn a_locked_till_does_not_count_against_the_person_and_the_console_opens_it() {
        let place = tempfile::tempdir().unwrap();
        let people = with_anna(&place);
        let till = Place::Till(TerminalId(Uuid::from_u128(7)));
        for attempt in 0..10 {
            people.check(till, StaffNumber(500 + attempt), "0000", 1_000);
        }
        for _ in 0..20 {
            assert_eq!(people.check(till, ANNA, "0000", 1_000), PinVerdict::LockedOut);
        }
        assert_eq!(people.check(Place::Hub, ANNA, "4711", 1_000), PinVerdict::Correct, "she is not locked");
        people.put(StaffId(Uuid::from_u128(2)), StaffNumber(9), &Label::new("Ben").unwrap(), "8888").unwrap();
        assert_eq!(
            people.check(till, ANNA, "4711", 1_000),
            PinVerdict::Correct,
            "somebody was at the console"
        );
    }
}
