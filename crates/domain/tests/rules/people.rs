//! Roles, their limits, and the second person who approves what the operator may not.

use holdfast_domain::command::HubCommand;
use holdfast_domain::order::Channel;
use holdfast_domain::staff::{Authority, CashLimit, OwnRole, Permission, PinVerdict, Role, RoleNumber};
use holdfast_domain::{Action, Event, Refusal};

use crate::shop::*;

const HELP: u32 = 300;

fn approve(shop: &mut Shop, action: Action) -> Result<Done, Refusal> {
    shop.ask_approved(TILL, action, MANAGER, PinVerdict::Correct)
}

fn approvals(done: &Done) -> Vec<(u32, Permission)> {
    let said = done.events.iter().filter_map(|event| match event {
        Event::OverrideApproved { stamp, approver, permission } => {
            assert_eq!(Some(stamp), done.events[0].stamp(), "it is part of what it allowed");
            assert_eq!(stamp.operator, staff(CASHIER), "who did it stays who did it");
            let number = [CASHIER, MANAGER].into_iter().find(|number| staff(*number) == *approver);
            Some((number.expect("somebody of this shop"), *permission))
        }
        _ => None,
    });
    said.collect()
}

#[test]
fn a_cashier_discounts_up_to_the_limit_and_a_manager_may_approve_more() {
    let mut shop = Shop::open();
    let at_the_limit = [line(1, "BOOK", "1").percent_off("15"), line(2, "BOOK", "1").off("1.50")];
    let order = shop.place(&at_the_limit);
    assert_eq!(shop.order(order).totals.gross, eur("17.00"));
    // 15 % of 0.01 is rounded up to nothing or a cent: the rounding of a line is nobody's discount.
    shop.place(&[line(1, "SWEET", "43").percent_off("15"), line(2, "SWEET", "43").percent_off("15")]);

    let more = |shop: &mut Shop| {
        let order = holdfast_domain::ids::OrderId(shop.id());
        place(order, Channel::Counter, &[line(1, "BOOK", "1").percent_off("40").at("8.00")])
    };
    let alone = more(&mut shop);
    assert_eq!(
        shop.ask(TILL, alone).map(drop),
        Err(Refusal::NotPermitted { permission: Permission::OverridePrice })
    );
    let together = more(&mut shop);
    let done = approve(&mut shop, together).expect("a manager approves");
    assert_eq!(done.names(), ["order_placed", "override_approved", "override_approved"]);
    assert_eq!(approvals(&done), [(MANAGER, Permission::OverridePrice), (MANAGER, Permission::Discount)]);
}

#[test]
fn what_the_operator_may_needs_no_approval_and_records_none() {
    let mut shop = Shop::open();
    let order = holdfast_domain::ids::OrderId(shop.id());
    let done = approve(&mut shop, place(order, Channel::Counter, &[line(1, "TEA", "1")])).expect("placed");
    assert_eq!(done.names(), ["order_placed"]);
}

#[test]
fn every_command_that_needs_a_permission_takes_an_approval() {
    let mut shop = Shop::open();
    let sale = shop.sell(&[line(1, "BOOK", "60")]);
    let doubled = shop.sell(&[line(1, "TEA", "1")]);
    let paid_in = move_cash(holdfast_domain::cash::CashMovement::PaidIn, "1");
    for (action, permission) in [
        (Action::PostVoid { original: doubled, reason: reason("rung up twice") }, Permission::PostVoid),
        (without_receipt(&[line(1, "TEA", "1")]), Permission::ReturnWithoutReceipt),
        (by_receipt(sale, &[(1, "60")]), Permission::RefundCash),
        (adjust("TEA", "1"), Permission::ReceiveStock),
        (paid_in, Permission::MoveCash),
    ] {
        assert!(shop.ask(TILL, action.clone()).is_err(), "{action:?} needs somebody else");
        let done = approve(&mut shop, action).expect("a manager approves");
        assert_eq!(approvals(&done), [(MANAGER, permission)]);
    }
    shop.ask(TILL, Action::SignOff).expect("somebody was signed on");
    shop.sign_on(OTHER_TILL, CASHIER);
    let shift = holdfast_domain::ids::ShiftId(shop.id());
    let day = holdfast_domain::shift::BusinessDay::On(date("2026-11-19"));
    let mode = holdfast_domain::shift::Mode::Live;
    let open = Action::OpenShift { shift, float: eur("100"), day, mode };
    let done = shop.ask_approved(OTHER_TILL, open, MANAGER, PinVerdict::Correct).expect("a manager approves");
    assert_eq!(approvals(&done), [(MANAGER, Permission::DatedShift)]);
}

#[test]
fn a_role_of_the_stores_own_means_what_it_is_defined_to_mean_now() {
    let mut shop = Shop::open();
    let help = Role::Own(RoleNumber(1));
    shop.define(frugal()).expect("a free number");
    shop.hub(register(HELP, help)).expect("a defined role");
    shop.sign_on(TILL, HELP);
    let discounted = [line(1, "BOOK", "1").percent_off("20"), line(2, "BOOK", "1")];
    shop.place(&discounted);
    let sale = shop.sell(&[line(1, "BOOK", "3")]);
    let refused = shop.bring_back(sale, &[(1, "3")]).map(drop);
    assert_eq!(refused, Err(Refusal::RefundAboveLimit { limit: eur("20"), wanted: eur("30") }));
    shop.bring_back(sale, &[(1, "2")]).expect("within the limit");
    let pickup = move_cash(holdfast_domain::cash::CashMovement::PaidOut, "1");
    assert_eq!(shop.ask(TILL, pickup.clone()).map_err(|refusal| refusal.code()).map(drop), Err("HF-CMD-104"));

    let mut wider = frugal();
    wider.authority.permissions.insert(Permission::MoveCash);
    wider.authority.permissions.remove(&Permission::Discount);
    wider.authority.limits.cash_refund = CashLimit::Unlimited;
    shop.define(wider).expect("another meaning");
    shop.ask(TILL, pickup).expect("it may now");
    shop.bring_back(sale, &[(1, "1")]).expect("it may now");
    let refused = shop.try_place(TILL, Channel::Counter, &discounted).map_err(|refusal| refusal.code());
    assert_eq!(refused.map(drop), Err("HF-CMD-104"));
}

#[test]
fn somebody_who_may_change_staff_is_always_left() {
    let mut shop = Shop::open();
    let (chief, spare) = (Role::Own(RoleNumber(2)), 901);
    let authority = Authority { permissions: [Permission::ManageStaff].into(), ..frugal().authority };
    shop.define(OwnRole { number: RoleNumber(2), authority, ..frugal() }).expect("a free number");
    assert_eq!(shop.hub(register(MANAGER, Role::Supervisor)), Err(Refusal::LastManager));
    shop.hub(register(spare, chief)).expect("a defined role");
    shop.hub(register(MANAGER, Role::Supervisor)).expect("another person may change staff");
    assert_eq!(shop.hub(register(spare, Role::Cashier)), Err(Refusal::LastManager));
    let harmless = HubCommand::DefineRole { role: OwnRole { number: RoleNumber(2), ..frugal() } };
    assert_eq!(shop.hub(harmless), Err(Refusal::LastManager));
}

#[test]
fn whoever_comes_next_signs_on_and_what_they_do_is_theirs() {
    let mut shop = Shop::open();
    let first = shop.place(&[line(1, "TEA", "1")]);
    shop.sign_on(TILL, MANAGER);
    let second = shop.place(&[line(1, "TEA", "1")]);
    assert_eq!(shop.order(first).placed.operator, staff(CASHIER));
    assert_eq!(shop.order(second).placed.operator, staff(MANAGER));
    assert_eq!(shop.order(first).placed.shift, shop.order(second).placed.shift, "one drawer, one shift");

    shop.ask(TILL, Action::LockTill).expect("somebody is signed on");
    for action in
        [Action::SignOff, Action::LockTill, pay(first, &["10"], holdfast_domain::command::Settlement::Full)]
    {
        assert_eq!(shop.ask(TILL, action).map(drop), Err(Refusal::TillLocked));
    }
    shop.sign_on(TILL, CASHIER);
    let paid = shop.pay(first, &["10"]).expect("the till is open again");
    assert_eq!(paid.events[0].stamp().map(|stamp| stamp.operator), Some(staff(CASHIER)));
}
