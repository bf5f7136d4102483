//! What HQ's vault and the recovery code mean for a hub that is being provisioned.

use std::collections::BTreeSet;
use std::io::Write;

use holdfast_domain::ids::{StoreId, SubjectId};
use holdfast_protocol::vault::Vault;
use zeroize::Zeroizing;

use super::say;
use crate::clock::Machine;
use crate::cloud::Cloud;
use crate::error::HubError;
use crate::folder::DataFolder;
use crate::recovery::RecoveryError;
use crate::recovery::code::RecoveryCode;
use crate::recovery::sealing::Recipient;
use crate::recovery::standing::{self, AtHeadquarters, VaultStanding};
use crate::recovery::vault::{self, Content};

/// What became of recovery.
#[derive(Debug, PartialEq, Eq)]
pub enum Recovery {
    /// A first code was made. This is its only copy.
    Minted(Zeroizing<String>),
    /// The store's vault was opened: authority, staff and catalog are those of the hub before.
    Rejoined,
    /// This folder has its code from before.
    Kept,
    /// HQ has a vault of the hub before, and no code was given: it stays there until a person decides.
    Held,
}

/// What was found before anything was written.
pub(super) enum Found {
    Opened {
        vault: Box<Vault>,
        recipient: Recipient,
    },
    /// HQ has a vault that nobody opens now.
    Closed,
    Nothing,
}

/// Looks for the vault, and opens it when there is a code.
///
/// # Errors
/// HF-REC-002, HF-REC-003, HF-REC-004, HF-REC-008, HF-REC-012, HF-HUB-008, HF-HUB-009.
pub(super) async fn look(
    folder: &DataFolder,
    cloud: &Cloud,
    store: StoreId,
    code: Option<RecoveryCode>,
) -> Result<Found, HubError> {
    let is_settled = standing::recipient(folder)?.is_some() || VaultStanding::read(folder)?.held.is_some();
    let Some(code) = code else {
        let there = !is_settled && cloud.vault(store).await?.is_some();
        return Ok(if there { Found::Closed } else { Found::Nothing });
    };
    let sealed = cloud.vault(store).await?.ok_or(RecoveryError::NoVault)?;
    let opening = tokio::task::spawn_blocking(move || {
        let opener = code.opener(store);
        let vault = vault::open(&opener, store, &sealed)?;
        Ok::<_, RecoveryError>((Box::new(vault), opener.recipient()))
    });
    let (vault, recipient) =
        opening.await.map_err(|source| HubError::Unavailable { source: source.into() })??;
    match std::fs::read_to_string(folder.tls().join("ca.pem")) {
        Ok(own) if own != vault.authority.certificate => Err(RecoveryError::OwnCertificates.into()),
        _ => Ok(Found::Opened { vault, recipient }),
    }
}

impl Found {
    /// Writes what came out of the vault. A folder that has the vault's authority has the rest from an earlier run.
    pub(super) fn put_back(&self, folder: &DataFolder, erased: &BTreeSet<SubjectId>) -> Result<(), HubError> {
        match self {
            Self::Opened { vault, .. } if !folder.tls().join("ca.pem").exists() => {
                vault::put_back(folder, vault, erased)
            }
            _ => Ok(()),
        }
    }

    /// Settles for whom the hub seals, and puts a new store's first vault to HQ.
    pub(super) async fn settle(
        self,
        folder: &DataFolder,
        cloud: &Cloud,
        store: StoreId,
        out: &mut (dyn Write + Send),
    ) -> Result<Recovery, HubError> {
        match self {
            Self::Opened { vault, recipient } => {
                standing::set_recipient(folder, &recipient)?;
                VaultStanding::new(None, None).write(folder)?;
                let people = vault.people.len();
                say(
                    out,
                    "vault",
                    &format!(
                        "opened: the store's own certificates, {people} people, catalog {}",
                        if vault.catalog.is_some() { "included" } else { "not included" }
                    ),
                );
                Ok(Recovery::Rejoined)
            }
            Self::Closed => {
                let reason = "HQ holds the vault of the hub before this one";
                VaultStanding::new(None, Some(reason.to_owned())).write(folder)?;
                Ok(Recovery::Held)
            }
            Self::Nothing if standing::recipient(folder)?.is_some() => Ok(Recovery::Kept),
            Self::Nothing if VaultStanding::read(folder)?.held.is_some() => Ok(Recovery::Held),
            Self::Nothing => {
                let minting = folder.clone();
                let minted = tokio::task::spawn_blocking(move || standing::new_code(&minting, store)).await;
                let code = minted.map_err(|source| HubError::Unavailable { source: source.into() })??;
                // The code must reach the person even when HQ does not take the vault now: the hub tries again.
                match first_vault(folder, cloud, store).await {
                    Ok(()) => say(out, "vault", "at HQ, sealed"),
                    Err(error) => say(out, "vault", &format!("not at HQ yet: {}", error.chain())),
                }
                Ok(Recovery::Minted(code))
            }
        }
    }
}

async fn first_vault(folder: &DataFolder, cloud: &Cloud, store: StoreId) -> Result<(), HubError> {
    let recipient = standing::recipient_needed(folder)?;
    let content = Content::gather(folder, store, None)?;
    let sealed = vault::seal(&recipient, store, &content.vault(folder));
    let kept = cloud.put_vault(store, sealed).await?;
    let fingerprint = content.fingerprint(&recipient);
    let at_hq = AtHeadquarters { fingerprint, version: kept.version, since_ms: Machine.now_ms() };
    VaultStanding::new(Some(at_hq), None).write(folder)
}
