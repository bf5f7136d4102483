//! The way back: a backup becomes a data folder that serves, or nothing is left behind.
//!
//! Everything is proven before a byte is written; what is written goes into a folder beside the new one, which takes its
//! place at the end. The hub keeps its id and its key and opens a new epoch after the backup's last record, so that HQ and
//! the tills can tell what came before the loss from what comes after it.

use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_domain::command::HubCommand;
use holdfast_domain::event::Parent;
use holdfast_domain::ids::{EpochId, StoreId, Uuid};
use holdfast_journal::Position;
use holdfast_planted::{Bug, is_planted};
use holdfast_protocol::vault::Vault;

use super::backup::check_room;
use super::code::RecoveryCode;
use super::error::RecoveryError;
use super::opened::{self, Opened};
use super::sealing::{self, Opener};
use super::standing::{VaultStanding, set_recipient};
use super::vault;
use crate::clock::Machine;
use crate::cloud::Cloud;
use crate::config::Config;
use crate::console::Console;
use crate::error::HubError;
use crate::folder::{self, DataFolder};
use crate::subjects::Gone;

/// Bytes that are read at once.
const PIECE_BYTES: usize = 256 * 1_024;
/// Bytes of the file's start that are looked at for the store.
const START_BYTES: u64 = 8 * 1_024;
/// Journal and state together take at the most this many times the backup's bytes.
const GROWTH: u64 = 3;

/// What a person typed.
#[derive(Debug)]
pub struct Request {
    pub from: PathBuf,
    /// Must not exist, or be empty.
    pub data: PathBuf,
    pub code: String,
}

/// What a restore came to.
#[derive(Debug)]
pub struct Restored {
    pub store: StoreId,
    /// The last record of the backup; the new epoch's first one follows.
    pub head: Position,
    pub records: u64,
    /// The hub's clock when the backup was made.
    pub made_at_ms: i64,
    /// The certificate authority that tills know, its fingerprint in hex.
    pub fingerprint: String,
    /// What a person still has to do.
    pub notes: Vec<String>,
}

/// What HQ had to say about the store's vault.
enum Headquarters {
    Vault(Box<Vault>),
    /// HQ has none.
    Nothing,
    /// There may be one that this code does not open or that could not be fetched.
    Unknown(String),
}

/// Restores a backup into a new folder, and says what it does.
///
/// # Errors
/// HF-REC-001 to HF-REC-007 and whatever writing the folder can go wrong with; nothing is left behind then.
pub async fn run(
    request: &Request,
    config: &Config,
    out: &mut (dyn Write + Send),
) -> Result<Restored, HubError> {
    let code = RecoveryCode::parse(&request.code)?;
    check_empty(&request.data)?;
    let what = request.from.display().to_string();
    let store = store_of(&request.from, &what)?;
    say(out, "recovery code", "typed as it was printed");
    let (opener, opened) = {
        let (from, what) = (request.from.clone(), what.clone());
        blocking(move || {
            let opener = code.opener(store);
            let opened = opened::read(&what, &opener, open(&from)?, &mut |_| Ok(()))?;
            Ok((opener, opened))
        })
        .await?
    };
    say(
        out,
        "backup",
        &format!(
            "store {store}, {} records, made {}, every byte is good",
            opened.records,
            time(opened.front.made_at_ms)
        ),
    );
    let sealed_bytes = fs::metadata(&request.from).map_err(HubError::file("read", &request.from))?.len();
    let beside = request.data.with_added_extension("restoring");
    check_room(&beside, sealed_bytes * GROWTH + (config.journal.segment_mib << 21))?;

    let headquarters = ask_headquarters(&opened, &opener, store).await;
    let mut notes = Vec::new();
    match &headquarters {
        Headquarters::Vault(_) => say(out, "HQ's vault", "opened; people are taken from there"),
        Headquarters::Nothing => say(out, "HQ's vault", "there is none"),
        Headquarters::Unknown(why) => {
            say(out, "HQ's vault", &format!("not opened: {why}"));
            notes.push(
                "HQ's vault was not opened. It stays as it is until you run `holdfast-hub recovery rejoin`, or \
                 `holdfast-hub recovery new-code` to let it be replaced."
                    .to_owned(),
            );
        }
    }
    if !opened.has_catalog() {
        notes.push("The catalog is not in the backup; import it again.".to_owned());
    }
    let writing = Writing {
        from: request.from.clone(),
        what,
        beside,
        data: request.data.clone(),
        segment_mib: config.journal.segment_mib,
        opener,
        opened,
        headquarters,
        notes,
    };
    let restored = blocking(move || writing.run()).await?;
    say(out, "journal", &format!("{} records and a new epoch", restored.records));
    Ok(restored)
}

fn say(out: &mut (dyn Write + Send), step: &str, text: &str) {
    // A terminal that went away must not stop what is under way.
    let _gone = writeln!(out, "{step:<13} {text}");
}

fn time(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HubError> + Send + 'static,
) -> Result<T, HubError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|source| HubError::Unavailable { source: source.into() })?
}

fn open(path: &Path) -> Result<BufReader<File>, HubError> {
    let file = File::open(path).map_err(HubError::file("open", path))?;
    Ok(BufReader::with_capacity(PIECE_BYTES, file))
}

/// # Errors
/// HF-REC-005, HF-HUB-003.
fn check_empty(data: &Path) -> Result<(), HubError> {
    match fs::read_dir(data) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(HubError::file("read", data)(error)),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(RecoveryError::FolderNotEmpty { path: data.into() }.into()),
        },
    }
}

/// The store whose backup a file is.
fn store_of(path: &Path, what: &str) -> Result<StoreId, HubError> {
    let mut start = Vec::new();
    open(path)?.take(START_BYTES).read_to_end(&mut start).map_err(HubError::file("read", path))?;
    let not_ours = || RecoveryError::Damaged {
        what: what.to_owned(),
        source: "it does not begin like a backup of Holdfast".into(),
    };
    Ok(sealing::store_of(&start).ok_or_else(not_ours)?)
}

async fn ask_headquarters(opened: &Opened, opener: &Opener, store: StoreId) -> Headquarters {
    let fetched = match Cloud::new(Arc::new(opened.identity.clone()), None) {
        Ok(cloud) => cloud.vault(store).await,
        Err(error) => Err(error),
    };
    match fetched {
        Ok(None) => Headquarters::Nothing,
        Ok(Some(sealed)) => match vault::open(opener, store, &sealed) {
            Ok(vault) => Headquarters::Vault(Box::new(vault)),
            Err(error) => Headquarters::Unknown(HubError::from(error).chain()),
        },
        Err(error) => Headquarters::Unknown(error.chain()),
    }
}

/// Everything that was proven, on its way into the folder.
struct Writing {
    from: PathBuf,
    what: String,
    beside: PathBuf,
    data: PathBuf,
    segment_mib: u64,
    opener: Opener,
    opened: Opened,
    headquarters: Headquarters,
    notes: Vec<String>,
}

impl Writing {
    fn run(self) -> Result<Restored, HubError> {
        let folder = DataFolder::new(&self.beside);
        if self.beside.exists() {
            // What a killed restore has left there; one that is still at it holds the lock.
            let lock = folder.lock()?;
            fs::remove_dir_all(&self.beside).map_err(HubError::file("remove", &self.beside))?;
            drop(lock);
        }
        let restored = self.write(&folder).and_then(|fingerprint| {
            fs::rename(&self.beside, &self.data).map_err(HubError::file("rename to", &self.data))?;
            folder::sync_folder_of(&self.data)?;
            Ok(fingerprint)
        });
        match restored {
            Ok(fingerprint) => Ok(Restored {
                store: StoreId(self.opened.front.store),
                head: self.opened.head,
                records: self.opened.records,
                made_at_ms: self.opened.front.made_at_ms,
                fingerprint,
                notes: self.notes,
            }),
            Err(error) => {
                // Nothing half-written stays; what cannot be removed is removed by the next try.
                let _gone = fs::remove_dir_all(&self.beside);
                Err(error)
            }
        }
    }

    fn write(&self, folder: &DataFolder) -> Result<String, HubError> {
        folder.create()?;
        let (identity, head) = (&self.opened.identity, self.opened.head);
        let store = StoreId(self.opened.front.store);
        let mut console = Console::open_locked(folder, self.segment_mib, folder.lock()?)?;
        let again =
            opened::read(&self.what, &self.opener, open(&self.from)?, &mut |page| console.import(page))?;
        if again.head != head {
            let source = "it changed while it was restored".into();
            return Err(RecoveryError::Damaged { what: self.what.clone(), source }.into());
        }
        if !is_planted(Bug::NoNewEpochAtRestore) {
            console.record(&HubCommand::OpenEpoch {
                epoch: EpochId(Machine.fresh_id()),
                hub: identity.hub,
                hub_key: identity.public_key(),
                store,
                parent: Some(Parent {
                    epoch: EpochId(Uuid::from_bytes(head.epoch)),
                    seq: head.seq,
                    hash: head.hash,
                }),
            })?;
        }
        let erased = Gone::of(console.store().as_ref())?.erased;
        console.close()?;
        vault::put_back(folder, &self.vault(), &erased)?;
        if let Headquarters::Vault(newer) = &self.headquarters {
            // With the keys that no backup has.
            vault::put_back_subjects(folder, newer, &erased)?;
        }
        set_recipient(folder, &self.opener.recipient())?;
        let held = match &self.headquarters {
            Headquarters::Unknown(why) => Some(why.clone()),
            Headquarters::Vault(_) | Headquarters::Nothing => None,
        };
        VaultStanding::new(None, held).write(folder)?;
        identity.write(folder)?;
        let authority = crate::tls::Authority::open(folder, store, Machine.now_ms())?;
        Ok(authority.fingerprint())
    }

    /// The backup's vault with the people that HQ's knows: a PIN that was changed since the backup stays changed.
    fn vault(&self) -> Vault {
        let mut vault = self.opened.front.vault.clone();
        if let Headquarters::Vault(newer) = &self.headquarters {
            let known = |number| newer.people.iter().any(|person| person.number == number);
            vault.people.retain(|person| !known(person.number));
            vault.people.extend(newer.people.iter().cloned());
            vault.people.sort_by_key(|person| person.number);
        }
        vault
    }
}
