//! What a person at the hub's console asks about customers, at a hub that serves or in a folder that none serves from. A
//! manager says who they are with staff number and PIN.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::Refusal;
use holdfast_domain::bounded::PriceGroup;
use holdfast_domain::command::HubCommand;
use holdfast_domain::ids::{StaffId, StoreId, SubjectId};
use holdfast_domain::staff::{Authority, Permission, PinVerdict, StaffNumber};
use holdfast_domain::state::State;
use holdfast_domain::subject::{ErasureCause, ErasureReason};
use holdfast_journal::Reader;
use holdfast_protocol::subject::Subject;
use holdfast_protocol::wire::Wired;
use holdfast_store::StateStore;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::merge::Merged;
use super::office::{Erased, is_merged_so};
use super::{Destroyed, Gone, Subjects, export};
use crate::clock::Machine;
use crate::console::{Console, with_state};
use crate::error::HubError;
use crate::folder::DataFolder;
use crate::http::App;
use crate::people::{People, Place};
use crate::recovery::standing::{self, VaultStanding};
use crate::recovery::vault::Content;

/// The most ids of one list.
pub const LISTED_MAX: usize = 10_000;
/// How long an erasure waits for HQ to take the new vault, before it says that this still waits.
const VAULT_WITHIN: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(100);

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SubjectAsk {
    List {
        limit: usize,
    },
    Show {
        subject: Wired<SubjectId>,
        person: Person,
    },
    Erase {
        subject: Wired<SubjectId>,
        reason: Wired<ErasureReason>,
        person: Person,
    },
    /// `subject` goes, `into` is kept.
    Merge {
        subject: Wired<SubjectId>,
        into: Wired<SubjectId>,
        person: Person,
    },
    /// Everything that is kept of one customer, for them to take along.
    Export {
        subject: Wired<SubjectId>,
        person: Person,
    },
    /// Into a price group, or out of every one.
    Group {
        subject: Wired<SubjectId>,
        group: Option<Wired<PriceGroup>>,
        person: Person,
    },
}

/// Who asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub number: u32,
    pub pin: Zeroizing<String>,
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectTold {
    Listed { count: usize, erased: usize, newest: Vec<Wired<SubjectId>> },
    Shown { subject: Subject },
    Erased(ErasedTold),
    Merged(MergedTold),
    Exported { document: serde_json::Value },
    Grouped { subject: Wired<SubjectId>, group: Option<Wired<PriceGroup>> },
}

/// What an erasure destroyed, and what still waits.
#[derive(Debug, Serialize, Deserialize)]
pub struct ErasedTold {
    pub subject: Wired<SubjectId>,
    /// The journal's record; none when an earlier one says it already.
    pub record_seq: Option<u64>,
    pub keys: usize,
    pub sealed_bytes: usize,
    pub vault: VaultAfter,
}

/// What a merge took over and destroyed, and what still waits.
#[derive(Debug, Serialize, Deserialize)]
pub struct MergedTold {
    pub subject: Wired<SubjectId>,
    pub into: Wired<SubjectId>,
    /// The journal's record; none when an earlier one says it already.
    pub record_seq: Option<u64>,
    /// What the kept one had not, by name.
    pub taken: Vec<String>,
    pub keys: usize,
    pub sealed_bytes: usize,
    pub vault: VaultAfter,
}

/// Whether HQ's vault is replaced by one without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VaultAfter {
    Replaced,
    Waiting,
    /// HQ holds a vault that this hub may not replace before a person says so.
    Held,
    /// There is no recovery code, so HQ has nothing of this hub.
    None,
}

/// Answers at a hub that serves.
///
/// # Errors
/// HF-HUB-021 for a wrong PIN, HF-HUB-023 for somebody who is not kept, HF-HUB-026 for what the person may not.
pub(crate) async fn carry_out(app: &Arc<App>, ask: SubjectAsk) -> Result<SubjectTold, HubError> {
    match ask {
        SubjectAsk::List { limit } => Ok(listed(&app.office.subjects, limit)),
        SubjectAsk::Show { subject, person } => {
            let asking = Arc::clone(app);
            blocking(move || {
                let state = asking.state.as_ref();
                with_staff(&asking.people, &person, Permission::ReadSubject, |number| {
                    with_state(state, |state| known(state, number))
                })?;
                shown(&asking.office.subjects, subject.0)
            })
            .await
        }
        SubjectAsk::Export { subject, person } => {
            let asking = Arc::clone(app);
            blocking(move || {
                let state = asking.state.as_ref();
                with_staff(&asking.people, &person, Permission::ReadSubject, |number| {
                    with_state(state, |state| known(state, number))
                })?;
                exported(&asking.office.subjects, state, &asking.reader, subject.0)
            })
            .await
        }
        SubjectAsk::Merge { subject, into, person } => {
            let staff = staff_at(app, person, Permission::EraseSubject).await?;
            let (record_seq, merged) = app.office.merge(subject.0, into.0, staff).await?;
            app.recovery.look_now();
            let vault = vault_after(app).await?;
            Ok(merged_told(subject.0, into.0, record_seq, &merged, vault))
        }
        SubjectAsk::Erase { subject, reason, person } => {
            let staff = staff_at(app, person, Permission::EraseSubject).await?;
            let cause = ErasureCause::Person { staff, reason: reason.0 };
            let Erased { record_seq, destroyed } = app.office.erase(subject.0, cause).await?;
            app.recovery.look_now();
            let vault = vault_after(app).await?;
            Ok(erased_told(subject.0, record_seq, destroyed, vault))
        }
        SubjectAsk::Group { subject, group, person } => {
            let staff = staff_at(app, person, Permission::ManageProducts).await?;
            let command = grouping(subject.0, group.as_ref(), staff);
            app.ledger.hub_command(command).await.map_err(crate::http::of_ledger)?;
            Ok(SubjectTold::Grouped { subject, group })
        }
    }
}

/// Who asks at a hub that serves, if they may do this.
async fn staff_at(app: &Arc<App>, person: Person, permission: Permission) -> Result<StaffId, HubError> {
    let asking = Arc::clone(app);
    blocking(move || {
        let state = asking.state.as_ref();
        with_staff(&asking.people, &person, permission, |number| {
            with_state(state, |state| known(state, number))
        })
    })
    .await
}

/// Answers in a folder that no hub serves from.
///
/// # Errors
/// As at a hub that serves, and those of the journal.
pub fn carry_out_idle(
    folder: &DataFolder,
    console: &mut Console,
    ask: SubjectAsk,
) -> Result<SubjectTold, HubError> {
    let subjects = Subjects::open(folder, &Gone::of(console.store().as_ref())?)?;
    let staff = |console: &Console, person: &Person, permission| {
        let people = People::open(folder.staff())?;
        with_staff(&people, person, permission, |number| console.with_state(|state| known(state, number)))
    };
    match ask {
        SubjectAsk::List { limit } => Ok(listed(&subjects, limit)),
        SubjectAsk::Show { subject, person } => {
            staff(console, &person, Permission::ReadSubject)?;
            shown(&subjects, subject.0)
        }
        SubjectAsk::Export { subject, person } => {
            staff(console, &person, Permission::ReadSubject)?;
            exported(&subjects, console.store().as_ref(), &console.reader(), subject.0)
        }
        SubjectAsk::Merge { subject, into, person } => {
            let staff = staff(console, &person, Permission::EraseSubject)?;
            let (subject, into) = (subject.0, into.0);
            // What cannot be read cannot be taken over, and the journal is not told before that is known.
            subjects.get(subject).and_then(|_| subjects.get(into))?;
            let record_seq = match console.record(&HubCommand::MergeSubject { subject, into, staff }) {
                Ok(()) => console.head().map(|head| head.seq),
                Err(HubError::Refused { refusal }) if is_merged_so(&refusal, subject, into) => None,
                Err(error) => return Err(error),
            };
            let merged = subjects.merge(subject, into)?;
            Ok(merged_told(subject, into, record_seq, &merged, vault_later(folder)?))
        }
        SubjectAsk::Erase { subject, reason, person } => {
            let cause = ErasureCause::Person {
                staff: staff(console, &person, Permission::EraseSubject)?,
                reason: reason.0,
            };
            let subject = subject.0;
            let record_seq = match console.record(&HubCommand::EraseSubject { subject, cause }) {
                Ok(()) => console.head().map(|head| head.seq),
                Err(HubError::Refused { refusal }) if matches!(*refusal, Refusal::SubjectErased { .. }) => {
                    None
                }
                Err(error) => return Err(error),
            };
            let destroyed = subjects.erase(subject)?;
            Ok(erased_told(subject, record_seq, destroyed, vault_later(folder)?))
        }
        SubjectAsk::Group { subject, group, person } => {
            let staff = staff(console, &person, Permission::ManageProducts)?;
            console.record(&grouping(subject.0, group.as_ref(), staff))?;
            Ok(SubjectTold::Grouped { subject, group })
        }
    }
}

/// A hub that does not serve sends nothing to HQ.
fn vault_later(folder: &DataFolder) -> Result<VaultAfter, HubError> {
    Ok(match standing::recipient(folder)? {
        None => VaultAfter::None,
        Some(_) => VaultAfter::Waiting,
    })
}

fn grouping(subject: SubjectId, group: Option<&Wired<PriceGroup>>, staff: StaffId) -> HubCommand {
    HubCommand::GroupSubject { subject, group: group.map(|group| group.0.clone()), staff }
}

fn listed(subjects: &Subjects, limit: usize) -> SubjectTold {
    let newest = subjects.newest(limit.min(LISTED_MAX)).into_iter().map(Wired).collect();
    SubjectTold::Listed { count: subjects.count(), erased: subjects.erased_count(), newest }
}

fn shown(subjects: &Subjects, subject: SubjectId) -> Result<SubjectTold, HubError> {
    let subject = subjects.who_is(subject);
    subjects.check_stands(subject)?;
    let subject = subjects.get(subject)?.ok_or(HubError::NotFound { what: "customer" })?;
    Ok(SubjectTold::Shown { subject })
}

fn exported(
    subjects: &Subjects,
    store: &dyn StateStore,
    reader: &Reader,
    subject: SubjectId,
) -> Result<SubjectTold, HubError> {
    let document = export::document(subjects, store, reader, subject)?;
    let document = serde_json::to_value(&document).expect("what is stored has a readable form");
    Ok(SubjectTold::Exported { document })
}

fn merged_told(
    subject: SubjectId,
    into: SubjectId,
    record_seq: Option<u64>,
    merged: &Merged,
    vault: VaultAfter,
) -> SubjectTold {
    let taken = merged.taken.iter().map(|what| (*what).to_owned()).collect();
    let Destroyed { keys, sealed_bytes } = merged.destroyed;
    let (subject, into) = (Wired(subject), Wired(into));
    SubjectTold::Merged(MergedTold { subject, into, record_seq, taken, keys, sealed_bytes, vault })
}

fn erased_told(
    subject: SubjectId,
    record_seq: Option<u64>,
    destroyed: Destroyed,
    vault: VaultAfter,
) -> SubjectTold {
    let Destroyed { keys, sealed_bytes } = destroyed;
    SubjectTold::Erased(ErasedTold { subject: Wired(subject), record_seq, keys, sealed_bytes, vault })
}

/// Who it is, and what they may.
type Known = Option<(StaffId, Authority)>;

fn known(state: &State, number: StaffNumber) -> Known {
    state.staff_by_number(number).map(|staff| (staff.id, state.authority(staff.role)))
}

/// Who this is, if they are who they say and may do this. An attempt is counted as at a till.
fn with_staff(
    people: &People,
    person: &Person,
    permission: Permission,
    known: impl FnOnce(StaffNumber) -> Known,
) -> Result<StaffId, HubError> {
    let number = StaffNumber(person.number);
    let verdict = people.check(Place::Hub, number, &person.pin, Machine.now_ms());
    let (PinVerdict::Correct, Some((staff, authority))) = (verdict, known(number)) else {
        tracing::info!(%number, ?verdict, "a person at the console was not let to the customers");
        return Err(HubError::SignInRefused);
    };
    if authority.may(permission) {
        // Who comes to the customers leaves a trace in the log; whom they looked at does not.
        tracing::info!(%number, permission = permission.name(), "a person at the console came to the customers");
        Ok(staff)
    } else {
        Err(HubError::Refused { refusal: Box::new(Refusal::NotPermitted { permission }) })
    }
}

async fn vault_after(app: &Arc<App>) -> Result<VaultAfter, HubError> {
    let until = Instant::now() + VAULT_WITHIN;
    loop {
        let asking = Arc::clone(app);
        let now = blocking(move || {
            let catalog = with_state(asking.state.as_ref(), |state| state.catalog_hash);
            vault_now(&asking.folder, asking.store, catalog)
        })
        .await?;
        if now != VaultAfter::Waiting || Instant::now() >= until {
            return Ok(now);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Whether what HQ has is what is here now.
fn vault_now(folder: &DataFolder, store: StoreId, catalog: Option<[u8; 32]>) -> Result<VaultAfter, HubError> {
    let Some(recipient) = standing::recipient(folder)? else { return Ok(VaultAfter::None) };
    let standing = VaultStanding::read(folder)?;
    if standing.held.is_some() {
        return Ok(VaultAfter::Held);
    }
    let fingerprint = Content::gather(folder, store, catalog)?.fingerprint(&recipient);
    let is_there = standing.at_hq.is_some_and(|at_hq| at_hq.fingerprint == fingerprint);
    Ok(if is_there { VaultAfter::Replaced } else { VaultAfter::Waiting })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HubError> + Send + 'static,
) -> Result<T, HubError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|source| HubError::Unavailable { source: source.into() })?
}

/// Reads the customers anew after the folder's files were written from outside, such as by a vault that came back.
///
/// # Errors
/// HF-HUB-003, HF-HUB-027.
pub(crate) async fn reload(app: &Arc<App>) -> Result<(), HubError> {
    let reading = Arc::clone(app);
    blocking(move || reading.office.subjects.reload(&Gone::of(reading.state.as_ref())?)).await?;
    app.office.settle(Arc::clone(&app.state)).await;
    Ok(())
}
