//! `export`: the journal's stored bytes in one file that an auditor can verify without this program.

use std::path::Path;

use holdfast_protocol::head::short;

use super::{Place, idle, unexpected};
use crate::admin::{Ask, Told};
use crate::error::HubError;
use crate::export::{ExportFile, receive, write};
use crate::identity::Identity;

/// The file while it is made, and what is printed about it.
pub(super) async fn run(place: &Place, to: &Path, from_seq: u64) -> Result<(), HubError> {
    let folder = place.folder();
    let mut file = ExportFile::create(to)?;
    let idle = idle(place)?;
    let not_provisioned = || HubError::NotProvisioned { path: place.data.clone() };
    let identity = Identity::read(&folder)?.ok_or_else(not_provisioned)?;
    match idle {
        Some(console) => {
            let written = write(&console.reader(), &identity, from_seq, &mut file);
            console.close()?;
            written?;
        }
        None => match receive(&folder, &Ask::Export { from_seq }, &mut file).await? {
            Told::Exported {} => {}
            other => return Err(unexpected(other)),
        },
    }
    let done = file.keep(&identity)?;
    println!(
        "{}: records {} to {}, {} records, {} bytes, in short {}",
        to.display(),
        done.first_seq,
        done.last_seq,
        done.records,
        done.bytes,
        short(done.last_seq, &done.hash)
    );
    println!("public-key {}", hex::encode(identity.public_key()));
    Ok(())
}
