//! `verify`: the whole journal, record for record.

use std::process::ExitCode;

use holdfast_journal::DiskStorage;
use holdfast_protocol::chain_hash;

use super::{Place, unexpected};
use crate::admin::{self, Ask, Told};
use crate::error::HubError;
use crate::identity::Identity;
use crate::verify::verdict;

pub(super) async fn run(place: &Place) -> Result<ExitCode, HubError> {
    let folder = place.folder();
    let (text, intact) = match folder.lock() {
        Ok(_lock) => {
            if Identity::read(&folder)?.is_none() {
                return Err(HubError::NotProvisioned { path: place.data.clone() });
            }
            let report = holdfast_journal::verify(&DiskStorage::new(), &folder.journal(), chain_hash)?;
            (verdict(&report), report.is_intact())
        }
        Err(HubError::FolderInUse { .. }) => match admin::ask(&folder, &Ask::Verify {}, &[]).await? {
            Told::Verified { text, intact } => (text, intact),
            other => return Err(unexpected(other)),
        },
        Err(error) => return Err(error),
    };
    print!("{text}");
    Ok(if intact { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
