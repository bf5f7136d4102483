//! `identity`: who this hub is to others. The public key is what an auditor verifies exports with.

use super::Place;
use crate::error::HubError;
use crate::identity::Identity;

pub(super) fn run(place: &Place) -> Result<(), HubError> {
    let not_provisioned = || HubError::NotProvisioned { path: place.data.clone() };
    let identity = Identity::read(&place.folder())?.ok_or_else(not_provisioned)?;
    let store = identity.store.ok_or_else(not_provisioned)?;
    println!("store {store}");
    println!("hub {}", identity.hub);
    println!("name {}", identity.name);
    println!("public-key {}", hex::encode(identity.public_key()));
    Ok(())
}
