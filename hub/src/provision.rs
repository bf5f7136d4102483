//! From a claim code to a hub that can sell: checks, enrolment, HQ's copy where there is one, and the first records.
//!
//! Every step can be run again: the identity is kept before the cloud hears of it, the cloud answers the same request with
//! the same answer, a download goes on after the last record that is there, and records that are written are not written
//! twice.

mod checks;
mod profile;
mod recovery;

use std::io::Write;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_domain::command::HubCommand;
use holdfast_domain::event::{Event, Parent};
use holdfast_domain::ids::{EpochId, HubId, StoreId, Uuid};
use holdfast_domain::store::StoreProfile;
use holdfast_journal::Position;
use holdfast_protocol::decode_record;
use holdfast_protocol::uplink::{EnrolRequest, EnrolResponse, UPLINK_VERSION};

pub use checks::{Check, Finding};
pub use profile::{DEFAULT_TAXES, from_settings as profile_from_settings, parse_taxes};
pub use recovery::Recovery;

use crate::clock::Machine;
use crate::cloud::Cloud;
use crate::config::Config;
use crate::console::Console;
use crate::error::HubError;
use crate::folder::DataFolder;
use crate::identity::Identity;
use crate::recovery::code::RecoveryCode;
use crate::subjects::Gone;
use crate::tls::{Authority, HubCertificate, local_addresses};

/// The software's name in what the cloud keeps about hubs.
pub const SOFTWARE: &str = concat!("holdfast-hub ", env!("CARGO_PKG_VERSION"));

/// What an installer typed.
#[derive(Debug, Clone)]
pub struct Request {
    pub cloud: String,
    pub claim: String,
    pub name: String,
    /// None keeps the table of a store that has one, else the default.
    pub taxes: Option<String>,
    /// Opens the vault that HQ keeps of a store: the same certificate authority, staff and catalog as before.
    pub recovery_code: Option<String>,
}

/// What provisioning came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Provisioned {
    pub store: StoreId,
    pub store_name: String,
    /// Records taken over from HQ's copy.
    pub downloaded: u64,
    /// The certificate authority's fingerprint, hex.
    pub fingerprint: String,
    pub recovery: Recovery,
}

/// Provisions a data folder, and prints each check and step to `out` as it is made.
///
/// # Errors
/// Whatever goes wrong, each with its code; running it again goes on where it stopped.
pub async fn run(
    folder: &DataFolder,
    config: &Config,
    request: &Request,
    out: &mut (dyn Write + Send),
) -> Result<Provisioned, HubError> {
    // What was typed is looked at before anything is made.
    let taxes = request.taxes.as_deref().map(parse_taxes).transpose()?;
    let code = request.recovery_code.as_deref().map(RecoveryCode::parse).transpose()?;
    crate::cloud::base_address(&request.cloud)?;
    folder.create()?;
    let lock = folder.lock()?;
    let mut identity = identity(folder, request)?;
    let cloud = Cloud::new(Arc::new(identity.clone()), None)?;

    let failed = checks::run(folder, config, &cloud, out).await;
    if failed > 0 {
        return Err(HubError::ChecksFailed { failed });
    }

    let enrolled = enrol(&cloud, &identity, request).await?;
    let store = StoreId(enrolled.store);
    if let Some(known) = identity.store.filter(|known| *known != store) {
        return Err(HubError::OtherStore { path: folder.root().into(), store: known.to_string() });
    }
    say(out, "enrolment", &format!("store {store}, {}", enrolled.settings.name));
    identity.store = Some(store);
    identity.write(folder)?;
    let cloud = Cloud::new(Arc::new(identity.clone()), None)?;

    // A code that opens nothing is known before years of journal are fetched.
    let vault = recovery::look(folder, &cloud, store, code).await?;
    let mut console = Console::open_locked(folder, config.journal.segment_mib, lock)?;
    let mut downloaded = 0;
    if !is_ours(&console, &identity)? {
        downloaded = download(&mut console, &cloud, store, enrolled.journal_through, out).await?;
    }
    write_first_records(&mut console, &identity, &enrolled, taxes)?;
    let head = console.head().map_or(0, |head| head.seq);
    let erased = Gone::of(console.store().as_ref())?.erased;
    console.close()?;
    say(out, "journal", &format!("{head} records"));

    vault.put_back(folder, &erased)?;
    let now_ms = Machine.now_ms();
    let authority = Arc::new(Authority::open(folder, store, now_ms)?);
    let life = (config.certificate.days, config.certificate.renew_before_days);
    HubCertificate::open(Arc::clone(&authority), life, local_addresses(), now_ms)?;
    say(out, "certificates", authority.server_name());
    let recovery = vault.settle(folder, &cloud, store, out).await?;
    Ok(Provisioned {
        store,
        store_name: enrolled.settings.name,
        downloaded,
        fingerprint: authority.fingerprint(),
        recovery,
    })
}

fn say(out: &mut (dyn Write + Send), step: &str, text: &str) {
    // A terminal that went away must not stop what is under way.
    let _gone = writeln!(out, "{step:<13} ok       {text}");
}

/// The folder's identity, or a new one that is kept before anybody hears of it.
fn identity(folder: &DataFolder, request: &Request) -> Result<Identity, HubError> {
    let cloud = request.cloud.trim().trim_end_matches('/').to_owned();
    let identity = match Identity::read(folder)? {
        Some(mut known) => {
            known.cloud = cloud;
            known.name.clone_from(&request.name);
            known
        }
        None => Identity::new(HubId(Machine.fresh_id()), &Machine.random(), cloud, request.name.clone()),
    };
    identity.write(folder)?;
    Ok(identity)
}

async fn enrol(cloud: &Cloud, identity: &Identity, request: &Request) -> Result<EnrolResponse, HubError> {
    let request = EnrolRequest {
        version: UPLINK_VERSION,
        claim_code: request.claim.trim().to_owned(),
        hub: identity.hub.0,
        public_key: STANDARD.encode(identity.public_key()),
        software: SOFTWARE.to_owned(),
    };
    cloud.enrol(&request).await
}

/// Whether the journal's newest epoch was opened by this hub.
fn is_ours(console: &Console, identity: &Identity) -> Result<bool, HubError> {
    let Some(first) = console.newest_epoch()? else { return Ok(false) };
    let Ok(record) = decode_record(&first.payload) else { return Ok(false) };
    let opened = |event: &Event| matches!(event, Event::EpochOpened { hub, .. } if *hub == identity.hub);
    Ok(record.outcome.events().iter().any(opened))
}

/// Fetches HQ's copy from the first record that is missing here.
async fn download(
    console: &mut Console,
    cloud: &Cloud,
    store: StoreId,
    through: u64,
    out: &mut (dyn Write + Send),
) -> Result<u64, HubError> {
    let first = console.head().map_or(0, |head| head.seq);
    let mut at = first;
    while let Some(page) = cloud.journal_page(store, at + 1).await? {
        let Some(last) = page.last().map(|record| record.position.seq) else { break };
        console.import(page)?;
        at = last;
        let _gone = writeln!(out, "HQ's copy     …        record {at} of {through}");
    }
    if at < through {
        return Err(HubError::JournalCopy {
            seq: at + 1,
            source: format!("HQ holds {through} records and gave {at}").into(),
        });
    }
    if at > first {
        say(out, "HQ's copy", &format!("{} records taken over", at - first));
    }
    Ok(at - first)
}

/// Opens this hub's epoch and writes the store's settings, each unless it is there already.
fn write_first_records(
    console: &mut Console,
    identity: &Identity,
    enrolled: &EnrolResponse,
    taxes: Option<Vec<holdfast_domain::tax::TaxRule>>,
) -> Result<(), HubError> {
    let store = StoreId(enrolled.store);
    let known = console.with_state(|state| state.profile.clone());
    let profile = profile::from_settings(store, &enrolled.settings, taxes, known.as_ref())?;
    if !is_ours(console, identity)? {
        let parent = console.head().map(parent_of);
        console.record(&HubCommand::OpenEpoch {
            epoch: EpochId(Machine.fresh_id()),
            hub: identity.hub,
            hub_key: identity.public_key(),
            store,
            parent,
        })?;
    }
    if known.as_ref() != Some(&profile) {
        configure(console, profile)?;
    }
    Ok(())
}

fn configure(console: &mut Console, profile: StoreProfile) -> Result<(), HubError> {
    console.record(&HubCommand::ConfigureStore { profile: Box::new(profile) })
}

fn parent_of(head: Position) -> Parent {
    Parent { epoch: EpochId(Uuid::from_bytes(head.epoch)), seq: head.seq, hash: head.hash }
}
