//! `backup`: one sealed file that a dead hub is restored from, written while the hub sells.

use std::path::Path;

use super::{Place, idle, unexpected};
use crate::admin::{self, Ask, Told};
use crate::error::HubError;
use crate::export::receive;
use crate::identity::Identity;
use crate::recovery::backup::{self, BackupFile, bytes_needed};
use crate::recovery::standing::{LastBackup, recipient_needed};

pub(super) async fn run(place: &Place, to: &Path) -> Result<(), HubError> {
    let folder = place.folder();
    let not_provisioned = || HubError::NotProvisioned { path: place.data.clone() };
    let identity = Identity::read(&folder)?.ok_or_else(not_provisioned)?;
    let store = identity.store.ok_or_else(not_provisioned)?;
    recipient_needed(&folder)?;
    let mut file = BackupFile::create(to, store, bytes_needed(&folder)?)?;
    let console = idle(place)?;
    let is_serving = console.is_none();
    match console {
        Some(console) => {
            let catalog = console.with_state(|state| state.catalog_hash);
            let also = file.also();
            backup::write(&folder, &identity, &console.reader(), catalog, Some(&also), &mut file)?;
            console.close()?;
        }
        None => match receive(&folder, &Ask::Backup { also: file.also().to_string() }, &mut file).await? {
            Told::BackupSent {} => {}
            other => return Err(unexpected(other)),
        },
    }
    let kept = tokio::task::spawn_blocking(move || file.keep()).await;
    let done = kept.map_err(|source| HubError::Unavailable { source: source.into() })??;
    let name = done.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let last = LastBackup::new(done.opened.front.made_at_ms, done.opened.head.seq, name, done.bytes);
    if is_serving {
        match admin::ask(&folder, &Ask::BackupKept { backup: last }, &[]).await? {
            Told::Noted {} => {}
            other => return Err(unexpected(other)),
        }
    } else {
        last.write(&folder)?;
    }
    println!("backup {}", done.path.display());
    println!(
        "{} records up to record {}, {} KiB, read back and good",
        done.opened.records,
        done.opened.head.seq,
        done.bytes.div_ceil(1_024)
    );
    if !done.opened.has_catalog() {
        println!(
            "The active catalog is not in it: it changed meanwhile or its file is lost. Run the command again."
        );
    }
    Ok(())
}
