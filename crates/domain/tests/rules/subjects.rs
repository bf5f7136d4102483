//! Customers are known by an id; erased is for ever.

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::command::{Action, HubCommand};
use holdfast_domain::event::Event;
use holdfast_domain::evolve::Changes;
use holdfast_domain::ids::{CommandId, OrderId, SubjectId, Uuid};
use holdfast_domain::invariant::Violation;
use holdfast_domain::order::PlaceOrder;
use holdfast_domain::state::{Need, State};
use holdfast_domain::subject::{ErasureCause, ErasureReason, SubjectStanding};
use holdfast_domain::{Command, Refusal};
use proptest::prelude::*;

use crate::shop::*;

#[test]
fn a_registered_customer_buys_and_the_journal_names_who_registered_them() {
    let mut shop = Shop::open();
    let events = shop.register(customer(1)).expect("somebody is signed on");
    let registered = Event::SubjectRegistered { subject: customer(1), terminal: TILL, staff: staff(CASHIER) };
    assert_eq!(events, [registered]);
    let done = shop.ask(TILL, place_for(customer(1))).expect("registered");
    assert!(
        matches!(done.events[..], [Event::OrderPlaced { customer: Some(known), .. }] if known == customer(1))
    );
}

#[test]
fn an_erasure_says_who_decided_it_and_why_and_happens_once() {
    let mut shop = Shop::open();
    shop.register(customer(1)).expect("a new id");
    let events = shop.erase(customer(1), MANAGER).expect("a manager may");
    let cause = ErasureCause::Person { staff: staff(MANAGER), reason: ErasureReason::CustomerRequest };
    assert_eq!(events, [Event::SubjectErased { subject: customer(1), cause }]);
    assert_eq!(shop.erase(customer(1), MANAGER), Err(Refusal::SubjectErased { subject: customer(1) }));
    let erasures = shop.log.iter().filter(|event| event.name() == "subject_erased");
    assert_eq!(erasures.count(), 1);
}

#[test]
fn what_was_sold_to_an_erased_customer_stays_and_is_carried_on() {
    let mut shop = Shop::open();
    shop.register(customer(1)).expect("a new id");
    shop.ask(TILL, place_for(customer(1))).expect("registered");
    shop.erase(customer(1), MANAGER).expect("a manager may");
    let order = *shop.state.orders.keys().next().expect("one order");
    let sale = shop.pay(order, &["10"]).expect("the order stands").transaction;
    shop.bring_back(sale, &[(1, "1")]).expect("the sale stands");
    assert_eq!(shop.order(order).customer, Some(customer(1)));
}

#[test]
fn what_another_history_erased_is_erased_here_whether_it_was_known_or_not() {
    let mut shop = Shop::open();
    shop.register(customer(1)).expect("a new id");
    for subject in [customer(1), customer(2)] {
        let erase = HubCommand::EraseSubject { subject, cause: ErasureCause::EarlierHub };
        shop.hub(erase.clone()).expect("nobody needs to be asked again");
        assert_eq!(shop.hub(erase), Err(Refusal::SubjectErased { subject }));
        assert_eq!(shop.register(subject), Err(Refusal::SubjectErased { subject }));
    }
}

#[test]
fn folding_an_erasure_is_final_in_any_order_and_twice_changes_nothing() {
    let (terminal, staff) = (TILL, staff(CASHIER));
    let registered = Event::SubjectRegistered { subject: customer(1), terminal, staff };
    let erased = Event::SubjectErased { subject: customer(1), cause: ErasureCause::EarlierHub };
    let fold = |events: &[&Event]| {
        let (mut state, mut changes) = (State::default(), Changes::default());
        events.iter().for_each(|event| state.evolve(Timestamp(0), event, &mut changes));
        assert!(changes.subjects.contains(&customer(1)));
        (state.subjects[&customer(1)].clone(), changes.violations)
    };
    assert_eq!(fold(&[&registered]), (SubjectStanding::Registered, vec![]));
    assert_eq!(fold(&[&registered, &erased]), (SubjectStanding::Erased, vec![]));
    assert_eq!(fold(&[&registered, &erased, &erased]), (SubjectStanding::Erased, vec![]));
    let returned = vec![Violation::ErasedSubjectReturned];
    assert_eq!(fold(&[&registered, &erased, &registered]), (SubjectStanding::Erased, returned));
}

#[test]
fn subjects_are_asked_for_by_what_names_them_and_forgotten_again() {
    let need = Need::Subject(customer(1));
    let (id, occurred_at) = (CommandId(Uuid::from_u128(1)), Timestamp(0));
    let order = Command { id, terminal: TILL, occurred_at, action: place_for(customer(1)), approval: None };
    assert!(State::needs(&order).contains(&need));
    let register = HubCommand::RegisterSubject { subject: customer(1), terminal: TILL };
    let erase = HubCommand::EraseSubject { subject: customer(1), cause: ErasureCause::EarlierHub };
    assert_eq!([State::needs_of_hub(&register), State::needs_of_hub(&erase)], [vec![need], vec![need]]);
    let (subject, into, staff) = (customer(1), customer(2), staff(MANAGER));
    let merge = HubCommand::MergeSubject { subject, into, staff };
    assert_eq!(State::needs_of_hub(&merge), [need, Need::Subject(customer(2))]);
    let mut state = State::default();
    assert!(!state.holds(need));
    state.subjects.insert(customer(1), SubjectStanding::Erased);
    assert!(state.holds(need));
    state.forget(need);
    assert!(!state.holds(need));
}

#[test]
fn a_customer_is_in_one_price_group_or_none_and_an_erased_one_in_none() {
    let mut shop = Shop::open();
    shop.register(customer(1)).expect("a new id");
    let group = |shop: &Shop| shop.state.price_group(customer(1)).map(ToString::to_string);
    assert_eq!(group(&shop), None);
    shop.group(customer(1), Some("Trade"), MANAGER).expect("a manager may");
    assert_eq!(group(&shop).as_deref(), Some("Trade"));
    shop.ask(TILL, place_for(customer(1))).expect("a customer like any other");
    let again = shop.register(customer(1)).map(drop);
    assert_eq!(again, Err(Refusal::SubjectRegistered { subject: customer(1) }));
    shop.group(customer(1), Some("Staff"), MANAGER).expect("another group");
    assert_eq!(group(&shop).as_deref(), Some("Staff"));
    shop.group(customer(1), None, MANAGER).expect("no group");
    assert_eq!(group(&shop), None);
    shop.group(customer(1), Some("Trade"), MANAGER).expect("a group again");
    shop.erase(customer(1), MANAGER).expect("a manager may");
    assert_eq!(group(&shop), None);
}

#[test]
fn two_registrations_of_one_person_are_one_customer_from_the_merge_on() {
    let mut shop = Shop::open();
    for number in 1..=2 {
        shop.register(customer(number)).expect("a new id");
    }
    shop.ask(TILL, place_for(customer(1))).expect("registered");
    let before = *shop.state.orders.keys().next().expect("one order");
    let events = shop.merge(customer(1), customer(2), MANAGER).expect("a manager may");
    let merged = Event::SubjectMerged { subject: customer(1), into: customer(2), staff: staff(MANAGER) };
    assert_eq!(events, [merged]);
    assert_eq!(shop.state.who_is(customer(1)), customer(2));
    let refused = shop.merge(customer(2), customer(1), MANAGER);
    assert_eq!(refused, Err(Refusal::SubjectMerged { subject: customer(1), into: customer(2) }));
    // What names the one that went is carried on, and is bought by the one that stayed.
    let sale = shop.pay(before, &["10"]).expect("the order stands").transaction;
    shop.bring_back(sale, &[(1, "1")]).expect("the sale stands");
    assert_eq!(shop.order(before).customer, Some(customer(1)));
    shop.group(customer(2), Some("Trade"), MANAGER).expect("a manager may");
    let place = place_again(&mut shop, customer(1));
    shop.ask(TILL, place).expect("a till that has not heard of it");
    assert_eq!(shop.state.price_group(customer(1)).map(ToString::to_string).as_deref(), Some("Trade"));
}

#[test]
fn the_kept_customers_group_stands_and_one_without_takes_the_others() {
    for (goes, kept, then) in [
        (Some("Trade"), None, Some("Trade")),
        (Some("Trade"), Some("Staff"), Some("Staff")),
        (None, Some("Staff"), Some("Staff")),
        (None, None, None),
    ] {
        let mut shop = Shop::open();
        for (number, group) in [(1, goes), (2, kept)] {
            shop.register(customer(number)).expect("a new id");
            shop.group(customer(number), group, MANAGER).expect("a manager may");
        }
        let events = shop.merge(customer(1), customer(2), MANAGER).expect("a manager may");
        assert_eq!(events.len(), if goes.is_some() && kept.is_none() { 2 } else { 1 });
        for number in 1..=2 {
            let group = shop.state.price_group(customer(number)).map(ToString::to_string);
            assert_eq!(group.as_deref(), then, "{goes:?} into {kept:?}, asked by {number}");
        }
    }
}

#[test]
fn folding_a_merge_is_final_and_an_erasure_of_the_kept_one_reaches_whoever_was_merged_into_them() {
    let (terminal, by) = (TILL, staff(CASHIER));
    let registered = |number| Event::SubjectRegistered { subject: customer(number), terminal, staff: by };
    let merged =
        |from, into| Event::SubjectMerged { subject: customer(from), into: customer(into), staff: by };
    let grouped = Event::SubjectGrouped { subject: customer(1), group: None, staff: by };
    let erased = Event::SubjectErased { subject: customer(2), cause: ErasureCause::EarlierHub };
    let fold = |events: &[Event]| {
        let (mut state, mut changes) = (State::default(), Changes::default());
        events.iter().for_each(|event| state.evolve(Timestamp(0), event, &mut changes));
        (state, changes)
    };
    let (state, changes) = fold(&[registered(1), registered(2), merged(1, 2)]);
    assert_eq!(state.subjects[&customer(1)], SubjectStanding::MergedInto(customer(2)));
    assert!(changes.violations.is_empty());
    assert!([1, 2].iter().all(|number| changes.subjects.contains(&customer(*number))), "both are seen");
    for after in [registered(1), grouped, merged(1, 3)] {
        let (state, changes) = fold(&[registered(1), merged(1, 2), after.clone()]);
        assert_eq!(state.subjects[&customer(1)], SubjectStanding::MergedInto(customer(2)), "{after:?}");
        assert_eq!(changes.violations, [Violation::ErasedSubjectReturned]);
    }
    let (state, _) = fold(&[registered(1), registered(2), merged(1, 2), erased.clone()]);
    assert_eq!(state.subjects[&state.who_is(customer(1))], SubjectStanding::Erased);
    let (state, changes) = fold(&[erased, merged(2, 1)]);
    assert_eq!(state.subjects[&customer(2)], SubjectStanding::Erased);
    assert_eq!(changes.violations, [Violation::ErasedSubjectReturned]);
    // A damaged history leads nowhere, and is left all the same.
    let (state, _) = fold(&[merged(1, 2), merged(2, 1)]);
    state.price_group(customer(1));
}

/// One more order of somebody who may have had one.
fn place_again(shop: &mut Shop, of: SubjectId) -> Action {
    let Action::PlaceOrder(place) = place_for(of) else { panic!("an order") };
    Action::PlaceOrder(PlaceOrder { order: OrderId(shop.id()), ..place })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is done to a handful of customers: everybody is one of those who are left or erased, in one step or
    /// several, and the price group is the one of who they are.
    #[test]
    fn everybody_is_somebody_whatever_is_merged_grouped_and_erased(
        moves in prop::collection::vec((0..4_u8, 1..6_u128, 1..6_u128), 1..60)
    ) {
        let mut shop = Shop::open();
        // The model: who everybody is now, and the group of those who are themselves.
        let mut now: std::collections::BTreeMap<u128, u128> = Default::default();
        let mut groups: std::collections::BTreeMap<u128, Option<String>> = Default::default();
        for (what, one, other) in moves {
            let is_itself = |number: u128| groups.contains_key(&number) && now[&number] == number;
            let (done, expected) = match what {
                0 => (shop.register(customer(one)).is_ok(), !now.contains_key(&one)),
                1 => {
                    let group = (other % 2 == 0).then(|| format!("G{other}"));
                    (shop.group(customer(one), group.as_deref(), MANAGER).is_ok(), is_itself(one))
                }
                2 => {
                    let may = one != other && is_itself(one) && is_itself(other);
                    (shop.merge(customer(one), customer(other), MANAGER).is_ok(), may)
                }
                _ => (shop.erase(customer(one), MANAGER).is_ok(), is_itself(one)),
            };
            prop_assert_eq!(done, expected, "{} of {} and {}", what, one, other);
            if done {
                match what {
                    0 => {
                        now.insert(one, one);
                        groups.insert(one, None);
                    }
                    1 => drop(groups.insert(one, (other % 2 == 0).then(|| format!("G{other}")))),
                    2 => {
                        now.values_mut().filter(|is| **is == one).for_each(|is| *is = other);
                        let goes = groups.remove(&one).flatten();
                        let kept = groups.entry(other).or_default();
                        *kept = kept.take().or(goes);
                    }
                    _ => drop(groups.remove(&one)),
                }
            }
            for (number, is) in &now {
                prop_assert_eq!(shop.state.who_is(customer(*number)), customer(*is));
                let group = shop.state.price_group(customer(*number)).map(ToString::to_string);
                prop_assert_eq!(&group, groups.get(is).unwrap_or(&None));
                let place = place_again(&mut shop, customer(*number));
                let placed = shop.ask(TILL, place).is_ok();
                prop_assert_eq!(placed, groups.contains_key(is), "an order of {}", number);
            }
        }
    }
}
