//! `status`.

use super::{Place, idle, unexpected};
use crate::admin::{self, Ask, Told};
use crate::error::HubError;

pub(super) async fn run(place: &Place) -> Result<(), HubError> {
    match idle(place)? {
        Some(console) => {
            let head = console.head().map_or(0, |head| head.seq);
            let totals = console.store().totals();
            let (name, tills, staff, catalog) = console.with_state(|state| {
                let name = state.profile.as_ref().map(|profile| profile.name.to_string());
                (name.unwrap_or_default(), state.tills.len(), state.staff.len(), state.catalog_version)
            });
            console.close()?;
            println!("{name}: no hub serves from {}", place.data.display());
            println!(
                "records {head}, transactions {}, tills {tills}, staff {staff}, catalog version {catalog}",
                totals.transactions
            );
        }
        None => match admin::ask(&place.folder(), &Ask::Status {}, &[]).await? {
            Told::Status(status) => {
                println!(
                    "{}",
                    serde_json::to_string_pretty(&status).expect("JSON that was read can be written")
                );
            }
            other => return Err(unexpected(other)),
        },
    }
    Ok(())
}
