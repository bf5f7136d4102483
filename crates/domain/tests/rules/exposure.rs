//! Card money that a terminal approves by itself: bounded before the customer is asked, counted whatever the terminal did, and
//! outstanding until its day ends.

use holdfast_domain::attempt::{AttemptStanding, TenderOutcome, TenderVerdict};
use holdfast_domain::command::HubCommand;
use holdfast_domain::exposure::{Acquirer, OfflineLimit, OfflineLimits};
use holdfast_domain::ids::AttemptId;
use holdfast_domain::money::{Currency, Money};
use holdfast_domain::reconciliation::{DeviceCount, LostDay};
use holdfast_domain::shift::Mode;
use holdfast_domain::{Action, Event, Refusal};

use crate::electronic::{approval, devices, name, shop, start, start_refund, start_with};
use crate::settlement::{cause, counted};
use crate::shop::*;

pub fn limits(floor: &str, velocity: u16, cumulative: &str) -> HubCommand {
    HubCommand::SetOfflineLimits {
        limits: Some(OfflineLimits {
            floor: eur(floor),
            velocity,
            window_minutes: 60,
            cumulative: eur(cumulative),
        }),
    }
}

/// A manager is at the till of a shop with a limit of 40 each, 3 in an hour, 60 in all.
pub fn limited() -> Shop {
    let mut shop = shop();
    shop.hub(limits("40", 3, "60")).expect("limits");
    shop.sign_on(TILL, MANAGER);
    shop
}

impl Shop {
    fn approve_offline(&mut self, attempt: AttemptId, amount: &str) -> Vec<Event> {
        let outcome = TenderOutcome::ApprovedOffline { approval: Box::new(approval(amount)), at: self.now() };
        self.say(attempt, outcome).expect("it left")
    }

    /// Pays for an order of five books, so much of it at a device that does not reach its bank.
    pub fn offline(&mut self, device: &str, amount: &str) -> (AttemptId, Vec<Event>) {
        let order = self.place(&[line(1, "BOOK", "5")]);
        let attempt = self.begin(start_with(order, "terminal", amount, Some(device)));
        self.send(attempt);
        let events = self.approve_offline(attempt, amount);
        (attempt, events)
    }

    pub fn asked(&mut self, device: &str, amount: &str) -> Result<(), Refusal> {
        let order = self.place(&[line(1, "BOOK", "5")]);
        self.ask(TILL, start_with(order, "terminal", amount, Some(device))).map(drop)
    }

    fn outstanding(&self) -> Money {
        self.state.exposure(Currency::EUR, 60, self.now()).outstanding
    }
}

fn beyond(events: &[Event]) -> Option<OfflineLimit> {
    let told = events.iter().find_map(|event| match event {
        Event::TenderApprovedOffline { beyond, .. } => Some(*beyond),
        _ => None,
    });
    told.expect("it was approved offline")
}

#[test]
fn a_terminal_that_reaches_its_bank_is_never_refused_however_much_is_asked_for() {
    let mut shop = limited();
    let order = shop.place(&[line(1, "BOOK", "10")]);
    shop.charge(order, "100");
    assert_eq!(shop.outstanding(), eur("0"));
}

#[test]
fn from_the_first_approval_by_itself_a_terminal_is_held_to_the_limits_before_the_customer_is_asked() {
    let mut shop = limited();
    let (_, events) = shop.offline("lane-1", "30");
    assert_eq!(beyond(&events), None);
    assert_eq!(shop.outstanding(), eur("30"));
    let lane = name("lane-1");
    let large = shop.asked("lane-1", "41").err();
    let floor = Refusal::OfflineTooLarge { device: lane.clone(), floor: eur("40"), wanted: eur("41") };
    assert_eq!(large, Some(floor));
    let much = shop.asked("lane-1", "30.01").err();
    let (cumulative, outstanding, wanted) = (eur("60"), eur("30"), eur("30.01"));
    assert_eq!(much, Some(Refusal::OfflineTooMuch { device: lane, cumulative, outstanding, wanted }));
    let text = much.expect("refused").to_string();
    for figure in ["lane-1", "30.01", "60.00", "30.00", "another"] {
        assert!(text.contains(figure), "{text}");
    }
    assert_eq!(shop.state.offline_left(shop.now()), Some(eur("30")));
    assert_eq!(shop.asked("lane-1", "30"), Ok(()), "exactly what is left");
    assert_eq!(shop.state.offline_left(shop.now()), Some(eur("0")), "it may come any moment");
}

#[test]
fn another_terminal_is_free_until_it_says_itself_that_it_does_not_reach_its_bank() {
    let mut shop = limited();
    shop.offline("lane-1", "40");
    assert_eq!(shop.asked("shared", "50"), Ok(()));
}

#[test]
fn what_other_terminals_are_about_to_approve_by_themselves_counts_before_it_is_known() {
    let mut shop = limited();
    shop.offline("lane-1", "10");
    shop.offline("shared", "10");
    let order = shop.place(&[line(1, "BOOK", "5")]);
    let waiting = shop.begin(start_with(order, "terminal", "30", Some("lane-1")));
    let refused = shop.asked("shared", "11").err();
    let (cumulative, outstanding, wanted) = (eur("60"), eur("50"), eur("11"));
    let device = name("shared");
    assert_eq!(refused, Some(Refusal::OfflineTooMuch { device, cumulative, outstanding, wanted }));
    assert!(matches!(shop.standing(waiting), AttemptStanding::Started));
}

#[test]
fn too_many_in_a_while_are_refused_until_the_while_is_over() {
    let mut shop = limited();
    for _ in 0..3 {
        shop.offline("lane-1", "1");
    }
    let refused = shop.asked("lane-1", "1").err();
    let (device, outstanding) = (name("lane-1"), eur("3"));
    let many = Refusal::OfflineTooMany { device, velocity: 3, minutes: 60, count: 3, outstanding };
    assert_eq!(refused, Some(many));
    shop.wait(61);
    assert_eq!(shop.asked("lane-1", "1"), Ok(()));
    assert_eq!(shop.outstanding(), eur("3"), "what is outstanding does not become less by waiting");
}

#[test]
fn what_a_terminal_approves_beyond_the_limits_counts_is_marked_and_pays() {
    let mut shop = limited();
    let order = shop.place(&[line(1, "BOOK", "10")]);
    let attempt = shop.begin(start(order, "100"));
    shop.send(attempt);
    let events = shop.approve_offline(attempt, "100");
    assert_eq!(beyond(&events), Some(OfflineLimit::Floor));
    assert!(matches!(shop.standing(attempt), AttemptStanding::Held(_)), "the money counts for its order");
    let (listed, outstanding) = {
        let sums = &shop.state.device_days[&name("lane-1")].sums.offline;
        (sums.listed.clone(), sums.outstanding)
    };
    assert_eq!((listed.len(), listed[0].beyond), (1, Some(OfflineLimit::Floor)));
    assert_eq!(outstanding, Some(eur("100")));
    assert!(matches!(shop.asked("lane-1", "1"), Err(Refusal::OfflineTooMuch { .. })));
}

#[test]
fn an_approval_by_the_bank_frees_the_terminal_and_not_what_is_outstanding() {
    let mut shop = limited();
    shop.offline("lane-1", "30");
    let order = shop.place(&[line(1, "BOOK", "5")]);
    shop.charge(order, "1");
    assert_eq!(shop.state.device_days[&name("lane-1")].acquirer, Acquirer::Reached);
    assert_eq!(shop.asked("lane-1", "50"), Ok(()));
    assert_eq!(shop.outstanding(), eur("30"));
}

#[test]
fn the_terminals_end_of_day_submits_what_it_approved_and_a_lost_one_does_not() {
    let mut shop = limited();
    shop.offline("lane-1", "30");
    let asked = shop.ask_day("lane-1", None).expect("nothing is under way");
    shop.end_day(asked, DeviceCount::NotEnded { cause: cause() });
    assert_eq!(shop.outstanding(), eur("30"), "it could not be asked");
    let asked = shop.ask_day("lane-1", None).expect("nothing is under way");
    shop.end_day(asked, DeviceCount::Unknown { cause: cause() });
    assert_eq!(shop.outstanding(), eur("30"), "nobody knows");
    shop.offline("lane-1", "5");
    let asked = shop.ask_day("lane-1", Some(LostDay::Ended)).expect("somebody looked");
    assert_eq!(shop.outstanding(), eur("5"), "the first was submitted then");
    shop.end_day(asked, counted(1, "5"));
    assert_eq!(shop.outstanding(), eur("0"));
    assert_eq!(shop.asked("lane-1", "50"), Ok(()));
}

#[test]
fn what_the_terminal_undid_is_outstanding_no_more_and_a_refund_is_other_money() {
    let mut shop = limited();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    shop.send(attempt);
    shop.approve_offline(attempt, "10");
    let sale = shop.ask(TILL, pay(order, &[], holdfast_domain::command::Settlement::Full)).expect("paid");
    let part = shop.begin(start_refund(sale.transaction, attempt, "4"));
    shop.send(part);
    shop.approve(part, "4");
    assert_eq!(shop.outstanding(), eur("10"), "the bank may still refuse the payment");

    let (attempt, _) = shop.offline("lane-1", "20");
    let reason = reason("the customer changed their mind");
    let back = shop.ask(TILL, Action::GiveBackTender { attempt, reason }).expect("it is held");
    let back = AttemptId(back.transaction.0);
    shop.send(back);
    shop.approve(back, "20");
    assert_eq!(shop.outstanding(), eur("10"));
}

#[test]
fn a_persons_word_about_a_terminal_without_its_bank_counts_as_outstanding() {
    let mut shop = limited();
    shop.offline("lane-1", "5");
    shop.sign_on(TILL, CASHIER);
    let order = shop.place(&[line(1, "BOOK", "5")]);
    let attempt = shop.begin(start(order, "20"));
    shop.send(attempt);
    shop.doubt(attempt);
    let names = shop.resolve(attempt, TenderVerdict::Charged).expect("a manager says so");
    assert!(names.contains(&"tender_approved_offline"), "{names:?}");
    assert_eq!(shop.outstanding(), eur("25"));
}

#[test]
fn what_is_practised_is_no_risk() {
    let mut shop = limited();
    shop.close_shift(TILL, "100").expect("closed");
    shop.open_shift(TILL, Mode::Training);
    let (_, events) = {
        let order = shop.place(&[line(1, "BOOK", "5")]);
        let attempt = shop.begin(start(order, "50"));
        shop.send(attempt);
        (attempt, shop.approve_offline(attempt, "50"))
    };
    assert!(!events.iter().any(|event| matches!(event, Event::TenderApprovedOffline { .. })));
    assert_eq!(shop.outstanding(), eur("0"));
}

#[test]
fn limits_of_another_currency_or_without_sense_are_refused_and_none_are_none() {
    let mut shop = shop();
    let foreign = Money::from_minor(1_000, Currency::USD);
    let limits_of = |floor, velocity, window_minutes| HubCommand::SetOfflineLimits {
        limits: Some(OfflineLimits { floor, velocity, window_minutes, cumulative: eur("60") }),
    };
    let refused = shop.hub(limits_of(foreign, 3, 60)).err();
    assert_eq!(refused, Some(Refusal::ForeignCurrency { amount: foreign }));
    for wrong in [limits_of(eur("1"), 501, 60), limits_of(eur("1"), 3, 0), limits_of(-eur("1"), 3, 60)] {
        assert!(matches!(shop.hub(wrong), Err(Refusal::OfflineLimitsInvalid { .. })));
    }
    shop.hub(HubCommand::SetOfflineLimits { limits: None }).expect("no limits");
    let (_, events) = shop.offline("lane-1", "50");
    assert_eq!(beyond(&events), None);
    shop.hub(devices()).expect("a list of devices");
    assert_eq!(shop.asked("lane-1", "50"), Ok(()));
    assert_eq!(shop.outstanding(), eur("50"));
}
