//! The ends of payment devices' days: what a device counted stands beside what the journal says, nothing is counted in two
//! days or in none, and an answer that was lost is nobody's guess.

use holdfast_domain::attempt::TenderVerdict;
use holdfast_domain::bounded::{CardWord, Label};
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::command::HubCommand;
use holdfast_domain::decide::accept_offer;
use holdfast_domain::ids::{AttemptId, EpochId, ReconciliationId, Uuid};
use holdfast_domain::reconciliation::{
    DeviceCount, LostDay, ReconcileDevice, Reconciliation, ReconciliationOutcome, SchemeLine,
    UnsettledReason, add_scheme,
};
use holdfast_domain::shift::Mode;
use holdfast_domain::{Action, Effect, Event, Origin, Outcome, Record, Refusal};

use crate::days::close_day;
use crate::electronic::{devices, name, shop, sold_by_card, start, start_refund};
use crate::shop::*;

pub fn reconcile(device: &str, lost: Option<LostDay>) -> Action {
    Action::ReconcileDevice(ReconcileDevice { epoch: EPOCH, device: name(device), lost })
}

/// A device's sums, without a scheme's name.
pub fn counted(count: u32, net: &str) -> DeviceCount {
    let mut lines = Vec::new();
    if count > 0 {
        add_scheme(&mut lines, None, count, eur(net));
    }
    DeviceCount::Ended { reference: None, lines }
}

pub fn cause() -> Label {
    Label::new("HF-DEV-021").expect("a name")
}

impl Shop {
    /// Asked by a manager, and durable.
    pub fn ask_day(&mut self, device: &str, lost: Option<LostDay>) -> Result<ReconciliationId, Refusal> {
        let done = self.ask(TILL, reconcile(device, lost))?;
        let reconciliation = ReconciliationId(done.transaction.0.0);
        assert_eq!(done.names()[0], "device_reconciliation_asked");
        assert_eq!(done.effects, [Effect::ReconcileDevice { reconciliation }]);
        Ok(reconciliation)
    }

    pub fn end_day(&mut self, id: ReconciliationId, count: DeviceCount) -> Reconciliation {
        let events = self
            .hub(HubCommand::SettleReconciliation { reconciliation: id, count })
            .expect("the device was asked");
        let [Event::DeviceReconciled { reconciliation, .. }] = &events[..] else { panic!("{events:?}") };
        (**reconciliation).clone()
    }

    fn reconciled(&mut self, device: &str, count: DeviceCount) -> Reconciliation {
        let id = self.ask_day(device, None).expect("nothing is under way");
        self.end_day(id, count)
    }
}

/// A manager is at the till.
fn managed() -> Shop {
    let mut shop = shop();
    shop.sign_on(TILL, MANAGER);
    shop
}

fn sides(told: &Reconciliation) -> Vec<(Option<&str>, u32, String)> {
    let line = |line: &SchemeLine| {
        (line.scheme.as_ref().map(|scheme| scheme.as_str().to_owned()), line.count, line.net.to_string())
    };
    told.journal
        .iter()
        .map(line)
        .map(|(scheme, count, net)| (scheme.map(|s| &*s.leak()), count, net))
        .collect()
}

fn reasons(told: &Reconciliation) -> Vec<(AttemptId, UnsettledReason, String)> {
    told.unsettled.iter().map(|one| (one.attempt, one.why, one.net.to_string())).collect()
}

#[test]
fn what_devices_took_and_gave_back_is_held_against_what_they_counted_and_a_new_day_begins() {
    let mut shop = managed();
    let (sale, original) = sold_by_card(&mut shop);
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let second = shop.begin(start(order, "10"));
    shop.send(second);
    let mut approval = crate::electronic::approval("10");
    approval.card.scheme = CardWord::new("Visa").ok();
    let approved = holdfast_domain::attempt::TenderOutcome::Approved(Box::new(approval));
    shop.say(second, approved).expect("it left");
    let back = shop.begin(start_refund(sale, original, "4"));
    shop.send(back);
    shop.approve(back, "4");

    let told = shop.reconciled("lane-1", counted(3, "16"));
    assert!(told.agrees(), "{told:?}");
    assert_eq!(sides(&told), [(None, 2, eur("6").to_string()), (Some("Visa"), 1, eur("10").to_string())]);
    assert_eq!((told.since, reasons(&told)), (None, Vec::new()));

    let next = shop.reconciled("lane-1", counted(1, "2"));
    assert_eq!((next.since, next.journal.len()), (Some(told.until), 0), "a new day began");
    let ReconciliationOutcome::Ended { differences, .. } = &next.outcome else { panic!("{next:?}") };
    let [only] = &differences[..] else { panic!("{differences:?}") };
    assert_eq!((only.scheme.as_ref(), only.journal, only.device), (None, eur("0"), eur("2")));
    assert!(!next.agrees(), "somebody paid at the terminal without a till");
    assert_eq!(shop.state.device_days[&name("lane-1")].last.as_deref(), Some(&next));
}

#[test]
fn what_is_practised_is_in_nobodys_day() {
    let mut shop = shop();
    shop.close_shift(TILL, "100").expect("closed");
    shop.open_shift(TILL, Mode::Training);
    let order = shop.place(&[line(1, "BOOK", "1")]);
    shop.charge(order, "10");
    assert!(shop.state.device_days.is_empty());
}

#[test]
fn a_payment_in_doubt_holds_nothing_up_is_listed_and_belongs_to_the_day_that_ended() {
    let mut shop = managed();
    sold_by_card(&mut shop);
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let doubted = shop.begin(start(order, "10"));
    let busy = shop.ask(TILL, reconcile("lane-1", None)).err();
    assert_eq!(busy, Some(Refusal::DeviceBusy { device: name("lane-1"), till: 1 }), "it is under way");
    shop.send(doubted);
    shop.doubt(doubted);
    let told = shop.reconciled("lane-1", counted(2, "20"));
    assert!(!told.agrees());
    let ten = eur("10").to_string();
    assert_eq!(reasons(&told), [(doubted, UnsettledReason::InDoubt, ten.clone())]);

    // The device counted it then: the next day is not to count it.
    shop.approve(doubted, "10");
    let next = shop.reconciled("lane-1", counted(0, "0"));
    assert!(next.agrees(), "{next:?}");
    assert_eq!(reasons(&next), [(doubted, UnsettledReason::FoundLate, ten)]);
    let after = shop.reconciled("lane-1", counted(0, "0"));
    assert!(after.agrees() && after.unsettled.is_empty(), "it is told once: {after:?}");
}

#[test]
fn a_persons_word_is_counted_and_named() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    shop.send(attempt);
    shop.doubt(attempt);
    shop.resolve(attempt, TenderVerdict::Charged).expect("a second person says so");
    let other = shop.place(&[line(1, "BOOK", "1")]);
    let disowned = shop.begin(start(other, "10"));
    shop.send(disowned);
    shop.doubt(disowned);
    shop.resolve(disowned, TenderVerdict::NotCharged).expect("a second person says so");
    shop.sign_on(TILL, MANAGER);
    let told = shop.reconciled("lane-1", counted(0, "0"));
    let ten = eur("10").to_string();
    let expected =
        [(disowned, UnsettledReason::Disowned, ten.clone()), (attempt, UnsettledReason::SaidByAPerson, ten)];
    assert_eq!(reasons(&told), expected);
    assert!(!told.agrees(), "the person was wrong, and the difference shows it");
}

#[test]
fn while_a_device_ends_its_day_it_takes_nothing_and_is_not_asked_twice() {
    let mut shop = managed();
    let id = shop.ask_day("lane-1", None).expect("nothing is under way");
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let reconciling = Refusal::DeviceReconciling { device: name("lane-1") };
    assert_eq!(shop.ask(TILL, start(order, "10")).err(), Some(reconciling.clone()));
    assert_eq!(shop.ask(TILL, reconcile("lane-1", None)).err(), Some(reconciling));
    shop.ask_day("shared", None).expect("another device is another day");
    shop.end_day(id, counted(0, "0"));
    shop.charge(order, "10");
    let again = HubCommand::SettleReconciliation { reconciliation: id, count: counted(0, "0") };
    assert_eq!(shop.hub(again), Err(Refusal::ReconciliationNotOpen { reconciliation: id }));
}

#[test]
fn a_device_that_could_not_be_asked_goes_on_with_its_day() {
    let mut shop = managed();
    sold_by_card(&mut shop);
    let told = shop.reconciled("lane-1", DeviceCount::NotEnded { cause: cause() });
    assert_eq!(told.journal.len(), 1, "the journal's side is there all the same");
    let told = shop.reconciled("lane-1", counted(1, "10"));
    assert!(told.agrees() && told.since.is_none(), "{told:?}");
    sold_by_card(&mut shop);
    let told = shop.reconciled("lane-1", DeviceCount::NoTotals);
    assert_eq!(sides(&told), [(None, 1, eur("10").to_string())]);
    assert!(
        shop.reconciled("lane-1", DeviceCount::NoTotals).journal.is_empty(),
        "a day for its provider's statement"
    );
}

#[test]
fn an_answer_that_was_lost_is_not_asked_for_again_before_somebody_has_looked() {
    for (found, count) in [(LostDay::Ended, counted(1, "10")), (LostDay::GoesOn, counted(2, "20"))] {
        let mut shop = managed();
        sold_by_card(&mut shop);
        let told = shop.reconciled("lane-1", DeviceCount::Unknown { cause: cause() });
        assert_eq!(told.journal.len(), 1, "what the journal says is listed");
        // Selling goes on.
        sold_by_card(&mut shop);
        let lost = Refusal::DayEndLost { device: name("lane-1") };
        assert_eq!(shop.ask_day("lane-1", None).err(), Some(lost));
        let id = shop.ask_day("lane-1", Some(found)).expect("somebody looked at its paper");
        let told = shop.end_day(id, count);
        assert!(told.agrees(), "{found:?}: {told:?}");
        assert_eq!(told.since.is_some(), found == LostDay::Ended);
    }
}

#[test]
fn a_lost_end_of_day_keeps_what_was_in_doubt_then_on_its_side() {
    let mut shop = managed();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let doubted = shop.begin(start(order, "10"));
    shop.send(doubted);
    shop.doubt(doubted);
    shop.reconciled("lane-1", DeviceCount::Unknown { cause: cause() });
    shop.approve(doubted, "10");
    let id = shop.ask_day("lane-1", Some(LostDay::Ended)).expect("it ended then");
    assert!(
        shop.end_day(id, counted(0, "0")).agrees(),
        "the device counted it in the day whose answer was lost"
    );
}

#[test]
fn what_was_asked_of_another_hub_is_not_asked_again() {
    let mut shop = managed();
    sold_by_card(&mut shop);
    let elsewhere = EpochId(Uuid::from_u128(77));
    let asked = ReconcileDevice { epoch: elsewhere, device: name("lane-1"), lost: None };
    let done = shop.ask(TILL, Action::ReconcileDevice(asked)).expect("taken");
    assert_eq!(done.names(), ["device_reconciliation_asked", "device_reconciled"]);
    assert!(done.effects.is_empty(), "the device hears nothing");
    let day = &shop.state.device_days[&name("lane-1")];
    assert!(day.lost.is_some() && day.asked.is_none(), "{day:?}");
}

#[test]
fn what_a_till_gives_back_of_a_lost_hub_leaves_the_end_of_day_unknown() {
    let mut shop = managed();
    sold_by_card(&mut shop);
    let mut rebuilt = shop.clone();
    let asked = shop.ask(TILL, reconcile("lane-1", None)).expect("asked");
    let record = Record {
        recorded_at: Timestamp(1),
        origin: Origin::Till { terminal: TILL, command: asked.transaction.0, fingerprint: [0; 32] },
        outcome: Outcome::Accepted { events: asked.events },
    };
    let epoch = EpochId(Uuid::from_u128(9));
    let taken = accept_offer(&rebuilt.state, TILL, &record, epoch, 7).expect("it fits");
    let names: Vec<_> = taken.outcome.events().iter().map(Event::name).collect();
    assert_eq!(names, ["device_reconciliation_asked", "device_reconciled"]);
    rebuilt.fold(taken.outcome.events());
    let day = &rebuilt.state.device_days[&name("lane-1")];
    assert!(day.lost.is_some() && day.asked.is_none(), "{day:?}");
    let again = accept_offer(&rebuilt.state, TILL, &taken, epoch, 7).expect("to a third hub");
    assert_eq!(again.outcome.events().len(), 2, "it is said once");
}

#[test]
fn a_day_z_names_the_devices_whose_days_are_open() {
    let mut shop = shop();
    sold_by_card(&mut shop);
    shop.close_shift(TILL, "100").expect("Z 1");
    shop.sign_on(TILL, MANAGER);
    let z = shop.ask(TILL, close_day("2026-11-20")).expect("a day Z");
    let Some(Event::DevicesCarriedOver { devices, .. }) = z.events.get(1) else { panic!("{:?}", z.names()) };
    assert_eq!(*devices, [name("lane-1")]);
    shop.open_shift(TILL, Mode::Live);
    shop.reconciled("lane-1", counted(1, "10"));
    shop.close_shift(TILL, "100").expect("Z 2");
    let z = shop.ask(TILL, close_day("2026-11-20")).expect("a day Z");
    assert_eq!(z.names(), ["day_closed"]);
}

#[test]
fn a_device_that_is_taken_away_is_remembered_until_its_day_has_ended() {
    let mut shop = managed();
    sold_by_card(&mut shop);
    let HubCommand::ConfigureDevices { devices: list } = devices() else { panic!("a list") };
    let without = || HubCommand::ConfigureDevices { devices: list[1..].to_vec() };
    shop.hub(without()).expect("a list");
    assert!(shop.state.device_days.contains_key(&name("lane-1")), "ten are not settled");
    shop.hub(devices()).expect("a list");
    shop.reconciled("lane-1", counted(1, "10"));
    shop.hub(without()).expect("a list");
    assert!(!shop.state.device_days.contains_key(&name("lane-1")));
}
