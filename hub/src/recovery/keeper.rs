//! Keeps HQ's vault of the store as new as the store itself.
//!
//! What HQ has is remembered by its fingerprint, on disk. Every look compares it with what is here now, so that nobody who
//! changes staff, catalog or customers has to remember the vault, and no restart, power cut or month without WAN makes it
//! stay behind.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use holdfast_domain::ids::StoreId;
use holdfast_store::StateStore;
use serde::Serialize;
use tokio::sync::Notify;
use zeroize::Zeroizing;

use super::code::RecoveryCode;
use super::error::RecoveryError;
use super::standing::{self, AtHeadquarters, LastBackup, VaultStanding};
use super::vault::{self, Content};
use crate::clock::Machine;
use crate::cloud::Cloud;
use crate::console::with_state;
use crate::error::HubError;
use crate::folder::DataFolder;
use crate::identity::Identity;
use crate::subjects::Gone;

/// How often it is looked whether anything has changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The first and the longest wait after HQ did not take a vault.
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(120);
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Where the vault of this store is, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum VaultState {
    /// HQ has everything that is sealed, since then.
    AtHq { since_ms: i64, version: u64 },
    /// Something is not at HQ yet.
    Waiting { since_ms: i64, last_fault: Option<String> },
    /// HQ has another vault that this hub does not replace before a person says so.
    Held { reason: String },
    /// There is no recovery code to seal for.
    NoCode {},
}

/// What the status shows.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    pub vault: VaultState,
    pub last_backup: Option<LastBackup>,
    /// Whether the last backup is older than the configuration allows, or there is none.
    pub backup_due: bool,
}

/// See the module.
pub struct Keeper {
    folder: DataFolder,
    store: StoreId,
    state: Arc<dyn StateStore>,
    cloud: Cloud,
    warn_after_days: u32,
    woken: Notify,
    shown: Mutex<VaultState>,
    last_backup: Mutex<Option<LastBackup>>,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").field("store", &self.store).finish_non_exhaustive()
    }
}

/// What a look found.
enum Look {
    Settled(VaultState),
    /// To be put to HQ, with its fingerprint.
    Put {
        sealed: Vec<u8>,
        fingerprint: String,
    },
}

/// What tells that nothing has changed since the last look without reading it: the small files' names, numbers, lengths
/// and times, and the catalog's hash.
type Trace = (Vec<(PathBuf, u64, u64, Option<SystemTime>)>, Option<[u8; 32]>);

impl Keeper {
    /// # Errors
    /// HF-HUB-005, HF-HUB-007, HF-HUB-008 when TLS cannot be set up, HF-HUB-003, HF-HUB-006.
    pub fn open(
        folder: DataFolder,
        identity: Arc<Identity>,
        state: Arc<dyn StateStore>,
        warn_after_days: u32,
    ) -> Result<Self, HubError> {
        let not_provisioned = || HubError::NotProvisioned { path: folder.root().into() };
        let store = identity.store.ok_or_else(not_provisioned)?;
        let last_backup = Mutex::new(LastBackup::read(&folder)?);
        let shown = Mutex::new(VaultState::Waiting { since_ms: Machine.now_ms(), last_fault: None });
        Ok(Self {
            cloud: Cloud::new(identity, None)?,
            folder,
            store,
            state,
            warn_after_days,
            woken: Notify::new(),
            shown,
            last_backup,
        })
    }

    /// What the status shows.
    pub fn shown(&self) -> Shown {
        let last_backup = self.last_backup.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let allowed_ms = i64::from(self.warn_after_days) * DAY_MS;
        let backup_due =
            last_backup.as_ref().is_none_or(|last| Machine.now_ms().saturating_sub(last.at_ms) > allowed_ms);
        Shown { vault: self.vault_state(), last_backup, backup_due }
    }

    fn vault_state(&self) -> VaultState {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn show(&self, state: VaultState) {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Looks now instead of later: something was changed that should not wait.
    pub fn look_now(&self) {
        self.woken.notify_one();
    }

    /// Remembers a backup that was read back.
    ///
    /// # Errors
    /// HF-HUB-003.
    pub fn note_backup(&self, backup: LastBackup) -> Result<(), HubError> {
        backup.write(&self.folder)?;
        *self.last_backup.lock().unwrap_or_else(PoisonError::into_inner) = Some(backup);
        Ok(())
    }

    /// Mints another recovery code; from now on it alone opens what is sealed. Blocks.
    ///
    /// # Errors
    /// HF-HUB-003, HF-HUB-006.
    pub fn new_code(&self) -> Result<Zeroizing<String>, HubError> {
        let code = standing::new_code(&self.folder, self.store)?;
        self.look_now();
        Ok(code)
    }

    /// Takes over the vault that HQ holds for the hub before this one.
    ///
    /// # Errors
    /// As [`rejoin`].
    pub async fn rejoin(&self, code: &str) -> Result<(), HubError> {
        rejoin(&self.folder, &self.cloud, self.store, Arc::clone(&self.state), code).await?;
        self.look_now();
        Ok(())
    }

    /// Follows the store until it is dropped.
    pub async fn run(self: Arc<Self>) {
        let (mut retry, mut seen) = (RETRY_FIRST, None);
        loop {
            let wait = match Arc::clone(&self).step(&mut seen).await {
                Ok(()) => {
                    retry = RETRY_FIRST;
                    LOOK_EVERY
                }
                Err(error) => {
                    let fault = error.chain();
                    tracing::warn!(error = fault, "the vault could not be put to HQ; it is tried again");
                    let since_ms = match self.vault_state() {
                        VaultState::Waiting { since_ms, .. } => since_ms,
                        _ => Machine.now_ms(),
                    };
                    self.show(VaultState::Waiting { since_ms, last_fault: Some(fault) });
                    seen = None;
                    let wait = jittered(retry);
                    retry = (retry * 2).min(RETRY_MAX);
                    wait
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.woken.notified() => seen = None,
            }
        }
    }

    async fn step(self: Arc<Self>, seen: &mut Option<Trace>) -> Result<(), HubError> {
        let looking = Arc::clone(&self);
        let last = seen.take();
        let (trace, look) = blocking(move || {
            let trace = looking.trace();
            let is_same = last.as_ref() == Some(&trace);
            let look = if is_same { None } else { Some(looking.look(trace.1)?) };
            Ok((trace, look))
        })
        .await?;
        match look {
            None => {}
            Some(Look::Settled(state)) => self.show(state),
            Some(Look::Put { sealed, fingerprint }) => {
                if !matches!(self.vault_state(), VaultState::Waiting { .. }) {
                    self.show(VaultState::Waiting { since_ms: Machine.now_ms(), last_fault: None });
                }
                let bytes = sealed.len();
                let kept = self.cloud.put_vault(self.store, sealed).await?;
                let at_hq = AtHeadquarters { fingerprint, version: kept.version, since_ms: Machine.now_ms() };
                self.show(VaultState::AtHq { since_ms: at_hq.since_ms, version: at_hq.version });
                tracing::info!(version = at_hq.version, bytes, "HQ has the store's vault");
                let keeping = Arc::clone(&self);
                blocking(move || VaultStanding::new(Some(at_hq), None).write(&keeping.folder)).await?;
                // Its own file has changed: the next look settles it.
                return Ok(());
            }
        }
        *seen = Some(trace);
        Ok(())
    }

    fn look(&self, catalog_hash: Option<[u8; 32]>) -> Result<Look, HubError> {
        let Some(recipient) = standing::recipient(&self.folder)? else {
            return Ok(Look::Settled(VaultState::NoCode {}));
        };
        let known = VaultStanding::read(&self.folder)?;
        if let Some(reason) = known.held {
            return Ok(Look::Settled(VaultState::Held { reason }));
        }
        let content = Content::gather(&self.folder, self.store, catalog_hash)?;
        let fingerprint = content.fingerprint(&recipient);
        if let Some(at_hq) = known.at_hq.filter(|at_hq| at_hq.fingerprint == fingerprint) {
            let (since_ms, version) = (at_hq.since_ms, at_hq.version);
            return Ok(Look::Settled(VaultState::AtHq { since_ms, version }));
        }
        let sealed = vault::seal(&recipient, self.store, &content.vault(&self.folder));
        Ok(Look::Put { sealed, fingerprint })
    }

    fn trace(&self) -> Trace {
        let catalog_hash = with_state(self.state.as_ref(), |state| state.catalog_hash);
        let files = Content::files(&self.folder).into_iter().map(|path| {
            let found = std::fs::metadata(&path).ok();
            let (number, bytes) = found.as_ref().map_or((0, 0), |found| (found.ino(), found.len()));
            (path, number, bytes, found.and_then(|found| found.modified().ok()))
        });
        (files.collect(), catalog_hash)
    }
}

/// Between half and all of a wait, so that a fleet does not come at once.
fn jittered(wait: Duration) -> Duration {
    let [random] = Machine.random::<1>();
    wait / 2 + wait * u32::from(random) / 512
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HubError> + Send + 'static,
) -> Result<T, HubError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|source| HubError::Unavailable { source: source.into() })?
}

/// Opens the vault that HQ holds, takes what this hub lacks of it, and seals for the same code from now on.
///
/// # Errors
/// HF-REC-001, HF-REC-002, HF-REC-008, HF-HUB-008, HF-HUB-009, HF-HUB-003.
pub async fn rejoin(
    folder: &DataFolder,
    cloud: &Cloud,
    store: StoreId,
    state: Arc<dyn StateStore>,
    code: &str,
) -> Result<(), HubError> {
    let code = RecoveryCode::parse(code)?;
    let sealed = cloud.vault(store).await?.ok_or(RecoveryError::NoVault)?;
    let folder = folder.clone();
    blocking(move || {
        let opener = code.opener(store);
        let vault = vault::open(&opener, store, &sealed)?;
        vault::put_back_subjects(&folder, &vault, &Gone::of(state.as_ref())?.erased)?;
        standing::set_recipient(&folder, &opener.recipient())?;
        VaultStanding::new(None, None).write(&folder)
    })
    .await
}
