//! What a till gives back to a hub that replaced another.

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::decide::accept_offer;
use holdfast_domain::event::{CatalogSource, DocumentOutcome, Event};
use holdfast_domain::ids::{CommandId, EpochId, OrderId, TerminalId, Uuid};
use holdfast_domain::order::Claim;
use holdfast_domain::refusal::RefusalNote;
use holdfast_domain::shift::Mode;
use holdfast_domain::staff::{Role, StaffNumber};
use holdfast_domain::value::ValueStanding;
use holdfast_domain::{Action, Origin, Outcome, Record, Refusal};

use crate::days::{close_day, correct};
use crate::moving::move_shift;
use crate::shop::*;

const EPOCH: EpochId = EpochId(Uuid::from_u128(1));

fn record_of(terminal: TerminalId, number: u128, events: Vec<Event>) -> Record {
    Record {
        recorded_at: Timestamp(1_700_000_000_000),
        origin: Origin::Till { terminal, command: CommandId(Uuid::from_u128(number)), fingerprint: [3; 32] },
        outcome: Outcome::Accepted { events },
    }
}

fn offer(shop: &Shop, terminal: TerminalId, events: &[Event]) -> Result<Record, Refusal> {
    accept_offer(&shop.state, terminal, &record_of(terminal, 1, events.to_vec()), EPOCH, 7)
}

fn code(answer: Result<Record, Refusal>) -> Result<(), &'static str> {
    answer.map(drop).map_err(|refusal| refusal.code())
}

/// A morning at the lost hub: shift, orders, payments, a return, a void, a count.
fn morning() -> Vec<Vec<Event>> {
    let mut shop = Shop::closed();
    let start = shop.log.len();
    let mut marks = vec![start];
    let mut mark = |shop: &Shop| marks.push(shop.log.len());
    shop.sign_on(TILL, MANAGER);
    mark(&shop);
    shop.open_shift(TILL, Mode::Live);
    mark(&shop);
    shop.ask(TILL, adjust("TEA", "3")).expect("a delivery");
    mark(&shop);
    for number in [1, 3] {
        let order = shop.place(&[line(1, "TEA", "2"), line(2, "BREAD", "1")]);
        mark(&shop);
        let sale = shop.ask(TILL, pay_alone(order, number)).expect("paid").transaction;
        mark(&shop);
        if number == 1 {
            shop.bring_back(sale, &[(1, "1")]).expect("returned");
        } else {
            shop.post_void(sale).expect("voided");
        }
        mark(&shop);
    }
    let order = shop.place(&[line(1, "BOOK", "1")]);
    mark(&shop);
    shop.deposit(order, "4").expect("a deposit");
    mark(&shop);
    shop.pay(order, &["6"]).expect("the rest");
    mark(&shop);
    let order = shop.place(&[line(1, "BOOK", "1")]);
    mark(&shop);
    shop.ask(TILL, edit(order, 1, &[to_quantity(1, "3", None)])).expect("more");
    mark(&shop);
    shop.pay(order, &["30"]).expect("paid");
    mark(&shop);
    let issued = shop.ask(TILL, crate::value::issue("G-1", "20", &["cash 20"])).expect("issued");
    mark(&shop);
    let order = shop.place(&[line(1, "BOOK", "1")]);
    mark(&shop);
    let sale = shop.pay_with(order, &["gift-card 10 G-1"]).expect("paid").transaction;
    mark(&shop);
    shop.bring_back(sale, &[(1, "1")]).expect("back on the card");
    mark(&shop);
    shop.post_void(issued.transaction).expect("all of it is there");
    mark(&shop);
    shop.ask(TILL, crate::value::block("G-1", ValueStanding::Blocked)).expect("blocked");
    mark(&shop);
    let order = OrderId(shop.id());
    shop.ask(TILL, park_new(order, "red scarf", &[line(1, "BOOK", "1")])).expect("parked");
    mark(&shop);
    shop.ask(TILL, retrieve(order, Claim::Parked)).expect("taken up again");
    mark(&shop);
    shop.ask(TILL, Action::CancelOrder { order, reason: reason("no") }).expect("cancelled");
    mark(&shop);
    let lines = vec![line(1, "TEA", "1")];
    shop.ask(TILL, Action::AbandonBasket { lines, reason: reason("left") }).expect("left");
    mark(&shop);
    shop.close_shift(TILL, "100").expect("closed");
    mark(&shop);
    shop.ask(TILL, correct(1, "cash", "99")).expect("corrected");
    mark(&shop);
    shop.ask(TILL, close_day("2026-11-20")).expect("a day Z");
    mark(&shop);
    shop.ask(TILL, Action::SignOff).expect("signed on");
    mark(&shop);
    marks.windows(2).map(|pair| shop.log[pair[0]..pair[1]].to_vec()).collect()
}

#[test]
fn nobody_spends_stored_value_that_the_new_hub_does_not_have_yet() {
    let mut lost = Shop::open();
    let mut new = Shop::open();
    new.state.shifts = lost.state.shifts.clone();
    new.state.tills = lost.state.tills.clone();
    let start = lost.log.len();
    lost.ask(TILL, crate::value::issue("G-1", "20", &["cash 20"])).expect("issued");
    let issued = lost.log[start..].to_vec();
    let order = lost.place(&[line(1, "BOOK", "2")]);
    let placed = lost.log[start + issued.len()..].to_vec();
    let before = lost.log.len();
    lost.pay_with(order, &["gift-card 20 G-1"]).expect("paid");
    let paid = lost.log[before..].to_vec();
    // The order comes without the card that it is paid with; then the card, half of it spent here meanwhile.
    new.fold(offer(&new, TILL, &placed).expect("it builds on nothing").outcome.events());
    assert_eq!(code(offer(&new, TILL, &paid)), Err("HF-CMD-185"));
    let mut half = paid.clone();
    for event in &mut half {
        if let Event::ValueRedeemed { amount, .. } = event {
            *amount = eur("20.01");
        }
    }
    let mut renumbered = issued;
    for event in &mut renumbered {
        if let Event::ValueIssued { receipt, .. } = event {
            receipt.number = new.state.tills[&TILL].numbers.hub + 1;
        }
    }
    new.fold(offer(&new, TILL, &renumbered).expect("it builds on nothing").outcome.events());
    assert_eq!(code(offer(&new, TILL, &half)), Err("HF-CMD-185"), "more than there is");
    assert_eq!(code(offer(&new, TILL, &paid)), Ok(()));
}

#[test]
fn a_new_hub_takes_the_whole_morning_over_and_stands_where_the_lost_one_stood() {
    let mut lost = Shop::closed();
    let mut new = Shop::closed();
    for events in morning() {
        lost.fold(&events);
        let taken = offer(&new, TILL, &events).expect("in order");
        let command = CommandId(Uuid::from_u128(1));
        let origin = Origin::Offered { terminal: TILL, command, fingerprint: [3; 32], epoch: EPOCH, seq: 7 };
        assert_eq!(taken.origin, origin);
        assert_eq!(taken.recorded_at, Timestamp(1_700_000_000_000), "when it happened does not change");
        new.fold(taken.outcome.events());
    }
    assert_eq!(new.state, lost.state);
}

#[test]
fn a_record_that_builds_on_a_missing_one_waits() {
    let records = morning();
    for skipped in 1..records.len() - 2 {
        let mut new = Shop::closed();
        let mut waiting = false;
        for (index, events) in records.iter().enumerate() {
            if index == skipped {
                continue;
            }
            match offer(&new, TILL, events) {
                Ok(taken) => new.fold(taken.outcome.events()),
                Err(refusal) => {
                    assert_eq!(refusal.code(), "HF-CMD-185", "{events:?}");
                    waiting = true;
                }
            }
        }
        // Nothing builds on a delivery, nor on the last number of a series, nor on who has an order in hand or what pays.
        let is_last = matches!(
            records[skipped][0],
            Event::StockAdjusted { .. }
                | Event::BasketAbandoned { .. }
                | Event::OrderRetrieved { .. }
                | Event::ValueStandingSet { .. }
        );
        assert_eq!(waiting, !is_last, "without {:?}", records[skipped]);
    }
}

#[test]
fn a_drawer_that_was_fetched_waits_for_all_that_its_till_did() {
    let mut lost = Shop::closed();
    let start = lost.log.len();
    lost.sign_on(TILL, MANAGER);
    lost.sign_on(OTHER_TILL, MANAGER);
    let shift = lost.open_shift(TILL, Mode::Live);
    let sold = lost.log.len();
    lost.sell(&[line(1, "TEA", "1")]);
    let paid = lost.log[sold..].to_vec();
    let moved = lost.ask(OTHER_TILL, move_shift(shift, OTHER_TILL)).expect("by permission").events;
    let closed = lost.close_shift(OTHER_TILL, "103.99").expect("there").events;

    let mut new = Shop::closed();
    new.fold(&lost.log[start..sold]);
    for early in [&moved, &closed] {
        assert_eq!(code(offer(&new, OTHER_TILL, early)), Err("HF-CMD-185"));
    }
    for (till, events) in
        [(TILL, &paid[..1]), (TILL, &paid[1..]), (OTHER_TILL, &moved), (OTHER_TILL, &closed)]
    {
        let taken = offer(&new, till, events).expect("in order");
        new.fold(taken.outcome.events());
    }
    let held = |shop: &Shop| (shop.state.tills.clone(), shop.state.days.clone(), shop.state.zs.clone());
    assert_eq!(held(&new), held(&lost));
}

#[test]
fn nothing_is_taken_over_twice() {
    let records = morning();
    let mut new = Shop::closed();
    for events in &records {
        let taken = offer(&new, TILL, events).expect("in order");
        new.fold(taken.outcome.events());
    }
    for events in &records {
        let name = events[0].name();
        if !matches!(name, "signed_on" | "signed_off") {
            assert_eq!(code(offer(&new, TILL, events)), Err("HF-CMD-185"), "{name}");
        }
    }
}

#[test]
fn a_till_gives_back_its_own_and_never_changes_tills_staff_or_settings() {
    let shop = Shop::open();
    let mut other = Shop::closed();
    other.sign_on(OTHER_TILL, CASHIER);
    let start = other.log.len();
    other.open_shift(OTHER_TILL, Mode::Live);
    let of_another_till = other.log[start..].to_vec();
    assert_eq!(code(offer(&shop, TILL, &of_another_till)), Err("HF-CMD-180"));

    let staff = holdfast_domain::ids::StaffId(Uuid::from_u128(666));
    let command = CommandId(Uuid::from_u128(1));
    let transaction = holdfast_domain::ids::TransactionId(command);
    for event in [
        Event::StaffRegistered { staff, number: StaffNumber(1), role: Role::Manager },
        Event::TerminalRevoked { terminal: OTHER_TILL },
        Event::StoreConfigured { profile: Box::new(profile()) },
        Event::CatalogActivated {
            version: 9,
            content_hash: [0; 32],
            products: 1,
            source: CatalogSource::Import,
        },
        Event::ClockStepped { before: Timestamp(1), after: Timestamp(2) },
        Event::DocumentSettled { transaction, outcome: DocumentOutcome::Printed },
    ] {
        let name = event.name();
        assert_eq!(code(offer(&shop, TILL, &[event])), Err("HF-CMD-180"), "{name}");
    }
    for origin in [
        Origin::Hub,
        Origin::Till { terminal: OTHER_TILL, command, fingerprint: [0; 32] },
        Origin::Offered { terminal: OTHER_TILL, command, fingerprint: [0; 32], epoch: EPOCH, seq: 1 },
    ] {
        let record = Record { origin, ..record_of(TILL, 1, vec![]) };
        assert_eq!(code(accept_offer(&shop.state, TILL, &record, EPOCH, 7)), Err("HF-CMD-180"), "{origin:?}");
    }
}

#[test]
fn a_shift_of_another_till_and_another_currency_are_refused() {
    let mut shop = Shop::open();
    shop.sign_on(OTHER_TILL, CASHIER);
    shop.open_shift(OTHER_TILL, Mode::Live);
    let start = shop.log.len();
    let mut earlier = shop.clone();
    earlier.place(&[line(1, "TEA", "1")]);
    let mut placed = earlier.log[start..].to_vec();
    if let Event::OrderPlaced { stamp, .. } = &mut placed[0] {
        stamp.shift = shop.state.tills[&OTHER_TILL].shift.expect("open");
    }
    assert_eq!(code(offer(&shop, TILL, &placed)), Err("HF-CMD-185"));

    let mut abroad = Shop::closed_with(|profile| profile.currency = holdfast_domain::money::Currency::USD);
    abroad.sign_on(TILL, CASHIER);
    let stamp = shop.state.orders.values().next().map(|o| o.placed);
    assert!(stamp.is_none(), "nothing was placed here");
    let opened = shop.log.iter().find(|event| matches!(event, Event::ShiftOpened { .. })).expect("a shift");
    assert_eq!(code(offer(&abroad, TILL, std::slice::from_ref(opened))), Err("HF-CMD-186"));
}

#[test]
fn a_refusal_is_given_back_as_it_was() {
    let refusal = RefusalNote { code: "HF-CMD-132".into(), text: "only 0 of WATCH".into() };
    let outcome = Outcome::Refused { refusal };
    let record = Record { outcome: outcome.clone(), ..record_of(TILL, 1, vec![]) };
    let taken = accept_offer(&Shop::closed().state, TILL, &record, EPOCH, 7).expect("it changes nothing");
    assert_eq!(taken.outcome, outcome);
}
