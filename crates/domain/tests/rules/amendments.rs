//! What a manager changes at the store: by permission, by name, and never over what somebody else changed meanwhile.

use holdfast_domain::amendment::{AmendedCatalog, CatalogChange};
use holdfast_domain::command::HubCommand;
use holdfast_domain::event::{CatalogSource, Event};
use holdfast_domain::ids::StaffId;
use holdfast_domain::money::UnitPrice;
use holdfast_domain::refusal::Refusal;
use holdfast_domain::staff::{Permission, Role, StaffNumber};

use crate::shop::*;

fn price(text: &str) -> UnitPrice {
    UnitPrice::new(decimal(text)).expect("a price")
}

pub fn mark_down(shop: &Shop, by: u32, before: &str, after: &str) -> HubCommand {
    let base = shop.state.catalog_version;
    let change = CatalogChange::MarkedDown {
        sku: sku("TEA"),
        before: price(before),
        after: price(after),
        until: None,
        reason: reason("last day"),
    };
    let amended = AmendedCatalog { base, content_hash: [7; 32], products: 3 };
    HubCommand::AmendCatalog { by: staff(by), change, amended }
}

pub fn take_on(by: u32, number: u32, role: Role) -> HubCommand {
    HubCommand::AddStaff { by: staff(by), staff: staff(number), number: StaffNumber(number), role }
}

#[test]
fn a_manager_changes_the_catalog_and_hq_reads_who_and_what() {
    let mut shop = Shop::open();
    let version = shop.state.catalog_version;
    let events = shop.hub(mark_down(&shop, MANAGER, "3.99", "2.99")).expect("a manager may");
    let [Event::CatalogActivated { version: next, source, .. }, Event::CatalogAmended { by, .. }] =
        &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!((*next, *source, *by), (version + 1, CatalogSource::Store, staff(MANAGER)));
    assert_eq!((shop.state.catalog_version, shop.state.catalog_hash), (version + 1, Some([7; 32])));
}

#[test]
fn of_two_changes_of_one_version_the_second_is_made_again() {
    let mut shop = Shop::open();
    let (one, other) = (mark_down(&shop, MANAGER, "3.99", "2.99"), mark_down(&shop, MANAGER, "3.99", "1.99"));
    shop.hub(one).expect("the first");
    let (base, current) = (shop.state.catalog_version - 1, shop.state.catalog_version);
    assert_eq!(shop.hub(other), Err(Refusal::CatalogChanged { base, current }));
}

#[test]
fn somebody_new_signs_on_and_nobody_makes_more_of_them_than_they_are() {
    let mut shop = Shop::open();
    let events = shop.hub(take_on(MANAGER, 77, Role::Cashier)).expect("a manager may");
    assert_eq!(events.iter().map(Event::name).collect::<Vec<_>>(), ["staff_registered", "staff_added"]);
    shop.sign_on(TILL, 77);
    assert_eq!(shop.state.tills[&TILL].operator, Some(staff(77)));
    let taken = shop.hub(take_on(MANAGER, 77, Role::Cashier));
    assert_eq!(taken, Err(Refusal::StaffNumberTaken { number: StaffNumber(77) }));
    // Whoever may change staff and little else takes on nobody who may everything.
    let helper = holdfast_domain::staff::RoleNumber(9);
    let mut authority = shop.state.authority(Role::Cashier);
    authority.permissions.insert(Permission::ManageStaff);
    let role = holdfast_domain::staff::OwnRole {
        number: helper,
        name: holdfast_domain::bounded::Label::new("Helper").expect("a name"),
        authority,
    };
    shop.hub(HubCommand::DefineRole { role }).expect("a role");
    shop.hub(take_on(MANAGER, 78, Role::Own(helper))).expect("a manager may");
    let above = shop.hub(take_on(78, 79, Role::Manager));
    assert_eq!(above, Err(Refusal::NotPermitted { permission: Permission::ManageStaff }));
    shop.hub(take_on(78, 79, Role::Cashier)).expect("no more than they are");
}

#[test]
fn cashiers_and_strangers_change_nothing() {
    let mut shop = Shop::open();
    let products = Err(Refusal::NotPermitted { permission: Permission::ManageProducts });
    assert_eq!(shop.hub(mark_down(&shop, CASHIER, "3.99", "2.99")), products);
    let HubCommand::AddStaff { staff, number, role, .. } = take_on(MANAGER, 77, Role::Cashier) else {
        panic!()
    };
    let by = StaffId(holdfast_domain::ids::Uuid::from_u128(9));
    let stranger = shop.hub(HubCommand::AddStaff { by, staff, number, role });
    assert_eq!(stranger, Err(Refusal::NotPermitted { permission: Permission::ManageStaff }));
}
