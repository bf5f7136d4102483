//! `staff add`.

use std::io::Read as _;

use holdfast_domain::staff::StaffNumber;
use zeroize::Zeroizing;

use super::{Place, idle, unexpected};
use crate::admin::{self, Ask, StaffRole, Told};
use crate::error::HubError;
use crate::people;

pub(super) async fn add(place: &Place, number: u32, name: String, role: StaffRole) -> Result<(), HubError> {
    let mut typed = Zeroizing::new(String::new());
    let read = std::io::stdin().take(1_024).read_to_string(&mut typed);
    read.map_err(HubError::file("read", "the standard input"))?;
    let pin = Zeroizing::new(typed.trim().to_owned());
    people::check_form(&pin)?;
    let label = admin::label("name", &name)?;
    match idle(place)? {
        Some(mut console) => {
            console.add_staff(StaffNumber(number), &label, role.into(), &pin)?;
            console.close()?;
        }
        None => match admin::ask(&place.folder(), &Ask::AddStaff { number, name, role, pin }, &[]).await? {
            Told::StaffAdded { .. } => {}
            other => return Err(unexpected(other)),
        },
    }
    println!("staff {number} {label}");
    Ok(())
}
