//! `staff add` and `staff role`.

use std::io::Read as _;

use clap::Args;
use holdfast_domain::command::HubCommand;
use holdfast_domain::staff::{Permission, Role, RoleNumber, StaffNumber};
use holdfast_money::{Decimal, Rate};
use zeroize::Zeroizing;

use super::{Place, idle, unexpected};
use crate::admin::{self, Ask, RoleAsk, Told};
use crate::error::HubError;
use crate::people;

/// What a role of the store's own permits, and how far.
#[derive(Debug, Args)]
pub(super) struct TypedRole {
    /// From 1
    #[arg(long)]
    number: u16,
    #[arg(long)]
    name: String,
    /// What people of this role may do; may be given several times
    #[arg(long = "may", value_name = "PERMISSION", value_parser = permission)]
    permissions: Vec<Permission>,
    /// Largest discount on one line in percent
    #[arg(long, default_value = "0", value_parser = percent)]
    line_discount: Rate,
    /// Largest share of a basket that its discounts take together, in percent
    #[arg(long, default_value = "0", value_parser = percent)]
    basket_discount: Rate,
    /// Largest refund in cash; without it as much as the drawer holds
    #[arg(long)]
    cash_refund: Option<Decimal>,
}

/// A role as it is typed.
pub(crate) fn role(text: &str) -> Result<Role, String> {
    match text {
        "cashier" => Ok(Role::Cashier),
        "supervisor" => Ok(Role::Supervisor),
        "manager" => Ok(Role::Manager),
        number => number.parse().map(|number| Role::Own(RoleNumber(number))).map_err(|_| {
            "it is cashier, supervisor, manager, or the number of a role that `staff role` defined".to_owned()
        }),
    }
}

fn permission(text: &str) -> Result<Permission, String> {
    Permission::ALL.into_iter().find(|permission| permission.name() == text).ok_or_else(|| {
        let names: Vec<_> = Permission::ALL.iter().map(|permission| permission.name()).collect();
        format!("it is one of {}", names.join(", "))
    })
}

fn percent(text: &str) -> Result<Rate, String> {
    let percent: Decimal = text.parse().map_err(|_| "a percentage is a number such as 12.5".to_owned())?;
    Rate::percent(percent).map_err(|error| error.to_string())
}

pub(super) async fn add(place: &Place, number: u32, name: String, role: Role) -> Result<(), HubError> {
    let mut typed = Zeroizing::new(String::new());
    let read = std::io::stdin().take(1_024).read_to_string(&mut typed);
    read.map_err(HubError::file("read", "the standard input"))?;
    let pin = Zeroizing::new(typed.trim().to_owned());
    people::check_form(&pin)?;
    let label = admin::label("name", &name)?;
    match idle(place)? {
        Some(mut console) => {
            console.add_staff(StaffNumber(number), &label, role, &pin)?;
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

pub(super) async fn define(place: &Place, typed: TypedRole) -> Result<(), HubError> {
    let TypedRole { number, name, permissions, line_discount, basket_discount, cash_refund } = typed;
    let ask = RoleAsk { number, name, permissions, line_discount, basket_discount, cash_refund };
    let named = admin::label("name", &ask.name)?;
    match idle(place)? {
        Some(mut console) => {
            let role = ask.role(console.with_state(admin::currency))?;
            console.record(&HubCommand::DefineRole { role })?;
            console.close()?;
        }
        None => match admin::ask(&place.folder(), &Ask::DefineRole(ask), &[]).await? {
            Told::Noted {} => {}
            other => return Err(unexpected(other)),
        },
    }
    println!("role {number} {named}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_permissions_are_typed_by_name() {
        assert_eq!(role("supervisor"), Ok(Role::Supervisor));
        assert_eq!(role("7"), Ok(Role::Own(RoleNumber(7))));
        assert!(role("boss").is_err() && role("-1").is_err());
        assert_eq!(permission("move-cash"), Ok(Permission::MoveCash));
        assert!(permission("fly").unwrap_err().contains("take-over"));
        assert_eq!(percent("12.5").map(|rate| rate.to_string()), Ok("12.5 %".to_owned()));
        assert!(percent("-1").is_err() && percent("much").is_err());
    }
}
