//! Customers are known by an id; erased is for ever.

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::command::HubCommand;
use holdfast_domain::event::Event;
use holdfast_domain::evolve::Changes;
use holdfast_domain::ids::{CommandId, Uuid};
use holdfast_domain::invariant::Violation;
use holdfast_domain::state::{Need, State};
use holdfast_domain::subject::{ErasureCause, ErasureReason, SubjectStanding};
use holdfast_domain::{Command, Refusal};

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
