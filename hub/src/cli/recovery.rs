//! `recovery`: the code that brings the store back.

use std::io::Read as _;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Place, idle, unexpected};
use crate::admin::{self, Ask, Told};
use crate::cloud::Cloud;
use crate::error::HubError;
use crate::identity::Identity;
use crate::provision::Recovery;
use crate::recovery::{keeper, standing};

/// Bytes of a code that is read from the standard input.
const TYPED_BYTES_MAX: u64 = 1_024;

/// Prints a code the one time that it can be seen.
pub(super) fn print_code(code: &str) {
    println!("recovery-code {code}");
    println!(
        "\nWrite this recovery code down and keep it where a fire or a thief in the shop does not find it. It is shown \
         once and stored nowhere. With it a new hub takes the place of a dead one: the tills find it without being \
         paired, staff keep their PINs, and backups can be opened. Whoever has it and a backup can read all of the store."
    );
}

/// What provisioning did about recovery.
pub(super) fn print_outcome(recovery: &Recovery) {
    match recovery {
        Recovery::Minted(code) => print_code(code),
        Recovery::Rejoined => {
            println!("\nThe recovery code stays the same. The tills need not be paired again.")
        }
        Recovery::Kept => {}
        Recovery::Held => println!(
            "\nHQ holds the vault of the hub before this one, and no recovery code was given: this hub has certificates \
             of its own, so staff must be added, the catalog imported and the tills paired again. The vault stays at HQ \
             until `holdfast-hub recovery rejoin` opens it, or `holdfast-hub recovery new-code` lets it be replaced."
        ),
    }
}

/// A code from the command line; `-` reads it from the standard input, where no list of processes shows it.
pub(super) fn typed_code(argument: String) -> Result<Zeroizing<String>, HubError> {
    let argument = Zeroizing::new(argument);
    if argument.as_str() != "-" {
        return Ok(argument);
    }
    let mut typed = Zeroizing::new(String::new());
    let read = std::io::stdin().take(TYPED_BYTES_MAX).read_to_string(&mut typed);
    read.map_err(HubError::file("read", "the standard input"))?;
    Ok(typed)
}

pub(super) async fn new_code(place: &Place) -> Result<(), HubError> {
    let folder = place.folder();
    let code = match idle(place)? {
        Some(console) => {
            let not_provisioned = || HubError::NotProvisioned { path: place.data.clone() };
            let store = Identity::read(&folder)?.and_then(|identity| identity.store);
            let code = standing::new_code(&folder, store.ok_or_else(not_provisioned)?)?;
            console.close()?;
            code
        }
        None => match admin::ask(&folder, &Ask::NewRecoveryCode {}, &[]).await? {
            Told::RecoveryCode { code } => code,
            other => return Err(unexpected(other)),
        },
    };
    print_code(&code);
    println!(
        "\nWhat was sealed before opens with the older code only: keep it as long as you keep those backups. The vault at \
         HQ is sealed anew as soon as the hub serves and HQ can be reached."
    );
    Ok(())
}

pub(super) async fn rejoin(place: &Place, code: String) -> Result<(), HubError> {
    let (folder, code) = (place.folder(), typed_code(code)?);
    match idle(place)? {
        Some(console) => {
            let not_provisioned = || HubError::NotProvisioned { path: place.data.clone() };
            let identity = Identity::read(&folder)?.ok_or_else(not_provisioned)?;
            let store = identity.store.ok_or_else(not_provisioned)?;
            let cloud = Cloud::new(Arc::new(identity), None)?;
            keeper::rejoin(&folder, &cloud, store, console.store(), &code).await?;
            console.close()?;
        }
        None => match admin::ask(&folder, &Ask::RejoinVault { code }, &[]).await? {
            Told::Noted {} => {}
            other => return Err(unexpected(other)),
        },
    }
    println!("HQ's vault was opened. This hub seals for the same recovery code from now on.");
    Ok(())
}
