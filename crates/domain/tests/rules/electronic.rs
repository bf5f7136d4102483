//! Money that devices take and give back: nothing is paid twice, nothing is held without being seen, and nobody's guess
//! becomes a decline.

use holdfast_domain::attempt::{
    Approval, AskedTender, AttemptStanding, CardFacts, DeclineReason, GivesBack, LOST_MARK, OpenTenderState,
    PaymentDevice, Purpose, RefundMeans, StartTender, TenderOutcome, TenderVerdict, Turn,
};
use holdfast_domain::bounded::{CardEnding, DeviceName, Label, PoiMark, PoiReference};
use holdfast_domain::command::{HubCommand, Settlement};
use holdfast_domain::decide::accept_offer;
use holdfast_domain::effect::PaperForm;
use holdfast_domain::ids::{AttemptId, CommandId, EpochId, OrderId, TransactionId, Uuid};
use holdfast_domain::receipt::TillNumber;
use holdfast_domain::shift::Mode;
use holdfast_domain::staff::PinVerdict;
use holdfast_domain::{Action, Effect, Event, Origin, Outcome, Record, Refusal};

use crate::shop::*;

pub fn name(text: &str) -> DeviceName {
    DeviceName::new(text).expect("a name")
}

fn device(name_of: &str, tills: &[u16], refunds: RefundMeans, reverses: bool) -> PaymentDevice {
    PaymentDevice {
        name: name(name_of),
        tender: tender_code("terminal"),
        tills: tills.iter().map(|number| TillNumber(*number)).collect(),
        turn: Turn::OneAtATime,
        refunds,
        reverses,
        simulated: true,
    }
}

/// The first till has a terminal of its own, all share another one, which can give nothing back by itself; and a wallet.
pub fn devices() -> HubCommand {
    let own = device("lane-1", &[1], RefundMeans::WithCard, true);
    let shared = device("shared", &[], RefundMeans::WithCard, false);
    let wallet = PaymentDevice {
        tender: tender_code("wallet"),
        turn: Turn::Many,
        ..device("wallet", &[], RefundMeans::ByOriginal, false)
    };
    HubCommand::ConfigureDevices { devices: vec![own, shared, wallet] }
}

pub fn shop() -> Shop {
    let mut shop = Shop::open();
    shop.hub(devices()).expect("a list of devices");
    shop
}

pub fn start(order: OrderId, amount: &str) -> Action {
    start_with(order, "terminal", amount, None)
}

pub fn start_with(order: OrderId, code: &str, amount: &str, device: Option<&str>) -> Action {
    Action::StartTender(StartTender {
        epoch: EPOCH,
        asked: AskedTender::Pay { order, code: tender_code(code) },
        amount: eur(amount),
        tip: None,
        device: device.map(name),
    })
}

pub fn start_refund(sale: TransactionId, original: AttemptId, amount: &str) -> Action {
    let asked = AskedTender::Refund { sale, original };
    Action::StartTender(StartTender { epoch: EPOCH, asked, amount: eur(amount), tip: None, device: None })
}

pub fn approval(amount: &str) -> Approval {
    Approval {
        amount: eur(amount),
        tip: eur("0"),
        transaction: PoiReference::new("0042").expect("a reference"),
        card: CardFacts {
            last_four: Some(CardEnding::new("4242").expect("four digits")),
            ..CardFacts::default()
        },
        signature: false,
    }
}

fn mark() -> PoiMark {
    PoiMark::new("41/17").expect("a mark")
}

impl Shop {
    pub fn begin(&mut self, action: Action) -> AttemptId {
        let done = self.ask(TILL, action).expect("a tender that can be started");
        let attempt = AttemptId(done.transaction.0);
        assert_eq!(
            done.effects,
            [Effect::StartTender { attempt }],
            "a device hears of it once it is durable"
        );
        attempt
    }

    pub fn send(&mut self, attempt: AttemptId) {
        self.hub(HubCommand::SendTender { attempt, mark: mark() }).expect("it has not left yet");
    }

    pub fn say(&mut self, attempt: AttemptId, outcome: TenderOutcome) -> Result<Vec<Event>, Refusal> {
        self.hub(HubCommand::SettleTender { attempt, outcome })
    }

    pub fn approve(&mut self, attempt: AttemptId, amount: &str) -> Vec<Event> {
        self.say(attempt, TenderOutcome::Approved(Box::new(approval(amount)))).expect("an approval")
    }

    pub fn doubt(&mut self, attempt: AttemptId) {
        let cause = Label::new("HF-DEV-022").expect("a name");
        self.say(attempt, TenderOutcome::InDoubt { cause }).expect("it left");
    }

    /// Started, sent and approved.
    pub fn charge(&mut self, order: OrderId, amount: &str) -> AttemptId {
        let attempt = self.begin(start(order, amount));
        self.send(attempt);
        self.approve(attempt, amount);
        attempt
    }

    pub fn standing(&self, attempt: AttemptId) -> &AttemptStanding {
        &self.state.attempts[&attempt].standing
    }

    pub fn resolve(
        &mut self,
        attempt: AttemptId,
        verdict: TenderVerdict,
    ) -> Result<Vec<&'static str>, Refusal> {
        let action = Action::ResolveTender { attempt, verdict, reason: reason("the terminal's own receipt") };
        self.ask_approved(TILL, action, MANAGER, PinVerdict::Correct).map(|done| done.names())
    }
}

/// A book for ten, paid at the terminal.
pub fn sold_by_card(shop: &mut Shop) -> (TransactionId, AttemptId) {
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.charge(order, "10");
    (shop.pay(order, &[]).expect("paid").transaction, attempt)
}

fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::name).collect()
}

#[test]
fn what_a_device_took_pays_for_its_order_and_is_the_tender_of_its_sale() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.charge(order, "10");
    assert_eq!(shop.state.attempts[&attempt].device, name("lane-1"), "the till's own device");
    let done = shop.pay(order, &[]).expect("paid");
    assert_eq!(done.names(), ["sale_completed", "stock_went_negative", "tender_taken"]);
    let tender = &done.payment().tenders[0];
    let card = tender.kind.electronic().expect("a device confirmed it");
    assert_eq!((card.attempt, tender.amount), (attempt, eur("10")));
    assert_eq!(card.card.last_four.as_ref().map(CardEnding::as_str), Some("4242"));
    assert_eq!(*shop.standing(attempt), AttemptStanding::Taken { transaction: done.transaction });
    let z = shop.close_shift(TILL, "100").expect("closed");
    let Event::TendersReported { tenders, .. } = &z.events[1] else { panic!("a Z") };
    let told: Vec<_> = tenders.iter().map(|line| (line.code.as_str(), line.taken)).collect();
    assert_eq!(told, [("cash", eur("0")), ("terminal", eur("10"))]);
    assert!(shop.state.attempts.is_empty(), "what is over is forgotten with its shift");
}

#[test]
fn cards_and_cash_pay_together_and_the_rounding_is_the_cashs() {
    let mut shop = shop();
    shop.hub(HubCommand::ConfigureStore {
        profile: Box::new({
            let mut profile = profile();
            profile.cash_step = decimal("0.05");
            profile
        }),
    })
    .expect("a profile");
    let order = shop.place(&[line(1, "TEA", "1")]);
    let first = shop.charge(order, "1");
    let second = shop.begin(start_with(order, "wallet", "1.02", None));
    shop.send(second);
    shop.approve(second, "1.02");
    let open = shop.ask(TILL, start(order, "1.98"));
    assert_eq!(open.err(), Some(Refusal::TenderTooMuch { wanted: eur("1.98"), open: eur("1.97") }));
    let done = shop.pay(order, &["1.95"]).expect("paid");
    assert_eq!(done.payment().rounding, eur("-0.02"));
    let taken: Vec<_> = done
        .events
        .iter()
        .filter_map(|event| match event {
            Event::TenderTaken { attempt, .. } => Some(*attempt),
            _ => None,
        })
        .collect();
    assert_eq!(taken, [first, second]);
}

#[test]
fn a_partial_approval_leaves_the_rest_to_be_paid() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    shop.send(attempt);
    shop.approve(attempt, "6");
    assert!(matches!(shop.pay(order, &[]), Err(Refusal::TenderShort { .. })));
    let done = shop.pay(order, &["4"]).expect("paid");
    assert_eq!(done.payment().cash(), eur("4"));
}

#[test]
fn a_tip_at_the_terminal_is_the_staffs_and_no_part_of_the_sale() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    shop.send(attempt);
    let tipped = Approval { tip: eur("1.50"), ..approval("11.50") };
    shop.say(attempt, TenderOutcome::Approved(Box::new(tipped))).expect("approved");
    let done = shop.pay(order, &[]).expect("paid");
    assert_eq!(done.names(), ["sale_completed", "tip_taken", "stock_went_negative", "tender_taken"]);
    assert_eq!(done.payment().due, eur("10"));
    shop.sign_on(TILL, MANAGER);
    let undo = |shop: &mut Shop| shop.post_void(done.transaction).map(|done| done.names());
    let wanted = Refusal::RefundFirst {
        original: attempt,
        code: tender_code("terminal"),
        wanted: eur("11.50"),
        given: eur("0"),
    };
    assert_eq!(undo(&mut shop), Err(wanted), "the tip goes back with the sale");
    let back = shop.begin(start_refund(done.transaction, attempt, "11.50"));
    let Purpose::Refund { means, .. } = shop.state.attempts[&back].purpose else { panic!("a refund") };
    assert_eq!(means, GivesBack::Reversal, "the whole payment, at its own terminal, in its own shift");
    shop.send(back);
    shop.approve(back, "11.50");
    assert_eq!(undo(&mut shop).expect("undone"), ["sale_post_voided", "tip_returned", "tender_taken"]);
}

#[test]
fn a_device_is_at_one_thing_at_a_time_and_says_whose() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    let other = shop.place(&[line(1, "BOOK", "1")]);
    let busy = Some(Refusal::DeviceBusy { device: name("lane-1"), till: 1 });
    assert_eq!(shop.ask(TILL, start(other, "10")).err(), busy);
    let elsewhere = shop.ask(TILL, start_with(other, "terminal", "10", Some("shared")));
    assert!(elsewhere.is_ok(), "another terminal is offered and takes it");
    shop.send(attempt);
    shop.doubt(attempt);
    let third = shop.place(&[line(1, "BOOK", "1")]);
    assert_eq!(shop.ask(TILL, start(third, "10")).err(), busy, "nothing new before the doubt is resolved");
    let wallet = |shop: &mut Shop, order| shop.begin(start_with(order, "wallet", "10", None));
    wallet(&mut shop, third);
    let fourth = shop.place(&[line(1, "BOOK", "1")]);
    wallet(&mut shop, fourth);
    let other_till = start(fourth, "10");
    shop.sign_on(OTHER_TILL, CASHIER);
    shop.open_shift(OTHER_TILL, Mode::Live);
    let held = shop.ask(OTHER_TILL, other_till);
    assert!(matches!(held, Err(Refusal::OrderHeld { .. })));
}

#[test]
fn while_a_device_is_at_it_the_order_waits_and_afterwards_it_is_not_changed() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    let cancel = Action::CancelOrder { order, reason: reason("changed their mind") };
    let under_way = Some(Refusal::TenderUnderWay { device: name("lane-1") });
    let other = start_with(order, "wallet", "1", None);
    for action in
        [pay(order, &["10"], Settlement::Full), cancel.clone(), other, edit(order, 1, &[void_line(1)])]
    {
        assert_eq!(shop.ask(TILL, action).err(), under_way);
    }
    shop.send(attempt);
    shop.approve(attempt, "10");
    let held = Some(Refusal::TenderHeld { device: name("lane-1") });
    for action in [cancel.clone(), edit(order, 1, &[void_line(1)])] {
        assert_eq!(shop.ask(TILL, action).err(), held);
    }
    let back = Action::GiveBackTender { attempt, reason: reason("changed their mind") };
    let done = shop.ask(TILL, back).expect("given back");
    assert_eq!(done.names(), ["tender_released", "tender_started"]);
    let reversal = AttemptId(done.transaction.0);
    shop.send(reversal);
    shop.approve(reversal, "10");
    assert_eq!(*shop.standing(attempt), AttemptStanding::GivenBack);
    assert_eq!(*shop.standing(reversal), AttemptStanding::GivenBack);
    shop.ask(TILL, cancel).expect("nothing is held any more");
}

#[test]
fn a_sale_paid_otherwise_gives_the_late_approval_back() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    shop.send(attempt);
    shop.doubt(attempt);
    let done = shop.pay(order, &["10"]).expect("the customer takes cash");
    assert_eq!(done.payment().cash(), eur("10"));
    let late = shop.approve(attempt, "10");
    assert_eq!(names(&late), ["tender_approved", "tender_started"]);
    let reversal = attempt.counterpart();
    assert!(matches!(shop.standing(attempt), AttemptStanding::Reversing { by, .. } if *by == reversal));
    let again = shop.say(attempt, TenderOutcome::Approved(Box::new(approval("10"))));
    assert_eq!(
        again,
        Err(Refusal::AttemptNotOpen { attempt }),
        "the same word twice gives nothing back twice"
    );
    shop.send(reversal);
    let declined = shop.say(reversal, TenderOutcome::Declined(DeclineReason::Refusal)).expect("declined");
    assert_eq!(names(&declined), ["tender_declined", "tender_unclaimed"]);
    assert!(matches!(shop.standing(attempt), AttemptStanding::Unclaimed(_)), "a person has to");
    let z = shop.close_shift(TILL, "110").expect("closed");
    let Some(Event::TendersCarriedOver { tenders, .. }) = z.events.last() else { panic!("{:?}", z.names()) };
    assert_eq!(tenders.iter().map(|open| open.state).collect::<Vec<_>>(), [OpenTenderState::ToGiveBack]);
    shop.open_shift(TILL, Mode::Live);
    shop.resolve(attempt, TenderVerdict::GivenBack).expect("in cash");
    assert!(shop.state.attempts.is_empty());
}

#[test]
fn a_reversal_that_a_person_gave_up_may_end_either_way_before_or_after_the_money_went_back() {
    for (approved, in_cash) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut shop = shop();
        let order = shop.place(&[line(1, "BOOK", "1")]);
        let attempt = shop.begin(start(order, "10"));
        shop.send(attempt);
        shop.doubt(attempt);
        shop.pay(order, &["10"]).expect("the customer takes cash");
        shop.approve(attempt, "10");
        let reversal = attempt.counterpart();
        shop.send(reversal);
        shop.doubt(reversal);
        shop.resolve(reversal, TenderVerdict::NotCharged).expect("a manager");
        assert!(matches!(shop.standing(attempt), AttemptStanding::Unclaimed(_)), "a person has to");
        if in_cash {
            shop.resolve(attempt, TenderVerdict::GivenBack).expect("in cash");
        }
        let said = if approved {
            shop.approve(reversal, "10")
        } else {
            shop.say(reversal, TenderOutcome::Declined(DeclineReason::Refusal)).expect("declined")
        };
        assert_eq!(said.len(), 1, "{:?}", names(&said));
        let given_back = *shop.standing(attempt) == AttemptStanding::GivenBack;
        assert_eq!(given_back, approved || in_cash);
    }
}

#[test]
fn a_terminal_that_gives_nothing_back_by_itself_leaves_it_to_a_person() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start_with(order, "terminal", "10", Some("shared")));
    shop.send(attempt);
    shop.doubt(attempt);
    shop.pay(order, &["10"]).expect("paid in cash");
    assert_eq!(names(&shop.approve(attempt, "10")), ["tender_approved", "tender_unclaimed"]);
}

#[test]
fn a_till_that_sold_alone_has_been_paid_and_what_a_device_took_goes_back() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "TEA", "1")]);
    let attempt = shop.charge(order, "3.99");
    let done = shop.ask(TILL, pay_alone(order, 1)).expect("it has happened");
    assert_eq!(done.names(), ["sale_completed", "stock_went_negative", "tender_started"]);
    assert_eq!(done.payment().cash(), eur("3.99"));
    assert!(matches!(shop.standing(attempt), AttemptStanding::Reversing { .. }));
}

#[test]
fn what_never_left_is_a_decline_and_what_left_never_is() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    let claimed = shop.say(attempt, TenderOutcome::Approved(Box::new(approval("10"))));
    assert_eq!(claimed, Err(Refusal::AttemptNotOpen { attempt }), "nobody approves what never left");
    shop.doubt(attempt);
    assert_eq!(*shop.standing(attempt), AttemptStanding::Declined(DeclineReason::NotSent));
    let late = HubCommand::SendTender { attempt, mark: mark() };
    assert_eq!(shop.hub(late), Err(Refusal::AttemptNotOpen { attempt }), "and it never leaves afterwards");
    let second = shop.begin(start(order, "10"));
    shop.send(second);
    shop.doubt(second);
    let cause = Label::new("HF-DEV-020").expect("a name");
    let again = shop.say(second, TenderOutcome::InDoubt { cause });
    assert_eq!(again, Err(Refusal::AttemptNotOpen { attempt: second }), "a doubt is told once");
    assert!(matches!(shop.standing(second), AttemptStanding::InDoubt { .. }));
}

#[test]
fn a_second_person_says_what_a_device_cannot_and_the_device_has_the_last_word() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    shop.send(attempt);
    shop.doubt(attempt);
    let alone = |verdict| Action::ResolveTender { attempt, verdict, reason: reason("looked at the slip") };
    assert!(matches!(shop.ask(TILL, alone(TenderVerdict::Charged)), Err(Refusal::NotPermitted { .. })));
    let said = shop.resolve(attempt, TenderVerdict::NotCharged).expect("a manager");
    assert_eq!(said, ["tender_resolved", "override_approved"]);
    let again = shop.begin(start(order, "10"));
    shop.send(again);
    shop.approve(again, "10");
    shop.pay(order, &[]).expect("the second attempt pays");
    let late = shop.approve(attempt, "10");
    assert_eq!(
        names(&late),
        ["tender_approved", "tender_started"],
        "what was charged all the same goes back"
    );
}

#[test]
fn what_a_person_saw_on_the_slip_pays_and_cannot_be_undone_by_itself() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    shop.send(attempt);
    shop.doubt(attempt);
    let said = shop.resolve(attempt, TenderVerdict::Charged).expect("a manager");
    assert_eq!(said, ["tender_resolved", "tender_approved", "override_approved"]);
    let done = shop.pay(order, &[]).expect("paid");
    assert_eq!(done.payment().tenders[0].amount, eur("10"));
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    shop.send(attempt);
    shop.doubt(attempt);
    shop.pay(order, &["10"]).expect("paid in cash");
    let said = shop.resolve(attempt, TenderVerdict::Charged).expect("a manager");
    assert_eq!(said, ["tender_resolved", "tender_approved", "tender_unclaimed", "override_approved"]);
}

#[test]
fn whoever_began_it_does_not_say_alone_what_became_of_it() {
    let mut shop = shop();
    shop.sign_on(TILL, MANAGER);
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    shop.send(attempt);
    shop.doubt(attempt);
    let action = Action::ResolveTender {
        attempt,
        verdict: TenderVerdict::Charged,
        reason: reason("looked at the slip"),
    };
    assert_eq!(shop.ask(TILL, action).err(), Some(Refusal::SecondPersonNeeded));
}

#[test]
fn a_refund_goes_through_the_device_before_the_goods_come_back() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "2")]);
    let attempt = shop.charge(order, "20");
    let sale = shop.pay(order, &[]).expect("paid").transaction;
    let first = Refusal::RefundFirst {
        original: attempt,
        code: tender_code("terminal"),
        wanted: eur("10"),
        given: eur("0"),
    };
    assert_eq!(shop.bring_back(sale, &[(1, "1")]).err(), Some(first));
    let back = shop.begin(start_refund(sale, attempt, "10"));
    let Purpose::Refund { means, .. } = shop.state.attempts[&back].purpose else { panic!("a refund") };
    assert_eq!(means, GivesBack::Refund, "a part is no reversal");
    let more = shop.ask(TILL, start_refund(sale, attempt, "10.01"));
    assert_eq!(more.err(), Some(Refusal::TenderTooMuch { wanted: eur("10.01"), open: eur("10") }));
    shop.send(back);
    shop.approve(back, "10");
    let done = shop.bring_back(sale, &[(1, "1")]).expect("back");
    assert_eq!(done.names(), ["goods_returned", "tender_taken"]);
    assert_eq!(done.paid_out(), eur("0"));
    assert_eq!(shop.sale(sale).tenders[0].left(), eur("10"));
    assert_eq!(*shop.standing(back), AttemptStanding::Taken { transaction: done.transaction });
}

#[test]
fn a_closed_shift_lists_what_its_devices_left_open() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let doubted = shop.begin(start(order, "10"));
    shop.send(doubted);
    shop.doubt(doubted);
    let other = shop.place(&[line(1, "BOOK", "1")]);
    let held = shop.begin(start_with(other, "wallet", "10", None));
    shop.send(held);
    shop.approve(held, "10");
    let z = shop.close_shift(TILL, "100").expect("nothing of it blocks the close");
    let Some(Event::TendersCarriedOver { tenders, .. }) = z.events.last() else { panic!("{:?}", z.names()) };
    let listed: Vec<_> = tenders.iter().map(|open| (open.attempt, open.state)).collect();
    assert_eq!(listed, [(doubted, OpenTenderState::InDoubt), (held, OpenTenderState::Held)]);
    shop.open_shift(TILL, Mode::Live);
    shop.pay(other, &[]).expect("any till completes it, in whatever shift");
    assert!(!shop.state.attempts.contains_key(&held), "its shift is over");
}

#[test]
fn what_was_asked_of_another_hub_may_have_left_there_and_never_leaves_again() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let Action::StartTender(mut asked) = start(order, "10") else { panic!("a start") };
    asked.epoch = EpochId(Uuid::from_u128(77));
    let done = shop.ask(TILL, Action::StartTender(asked)).expect("taken");
    assert_eq!(done.names(), ["tender_started", "tender_sent", "tender_in_doubt"]);
    let attempt = AttemptId(done.transaction.0);
    let send = HubCommand::SendTender { attempt, mark: mark() };
    assert_eq!(shop.hub(send), Err(Refusal::AttemptNotOpen { attempt }));
    shop.approve(attempt, "10");
    shop.pay(order, &[]).expect("the device knew it");
}

#[test]
fn what_a_till_gives_back_of_a_lost_hub_is_in_doubt_until_its_device_says() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let before = shop.clone();
    let attempt = shop.begin(start(order, "10"));
    let started = shop.log.last().expect("an event").clone();
    shop.send(attempt);
    shop.approve(attempt, "10");
    let paid = shop.pay(order, &[]).expect("paid");
    let mut rebuilt = before;
    let record = |id: CommandId, events: Vec<Event>| Record {
        recorded_at: holdfast_domain::calendar::Timestamp(1),
        origin: Origin::Till { terminal: TILL, command: id, fingerprint: [0; 32] },
        outcome: Outcome::Accepted { events },
    };
    let (epoch, sale) = (EpochId(Uuid::from_u128(9)), record(paid.transaction.0, paid.events));
    let early = accept_offer(&rebuilt.state, TILL, &sale, epoch, 3);
    assert_eq!(early.err(), Some(Refusal::OfferOutOfOrder), "the sale waits for its attempt");
    let taken =
        accept_offer(&rebuilt.state, TILL, &record(attempt.0, vec![started]), epoch, 2).expect("it fits");
    assert_eq!(names(taken.outcome.events()), ["tender_started", "tender_sent", "tender_in_doubt"]);
    rebuilt.fold(taken.outcome.events());
    let unsent = HubCommand::SendTender { attempt, mark: mark() };
    assert_eq!(rebuilt.hub(unsent), Err(Refusal::AttemptNotOpen { attempt }), "it never leaves twice");
    let taken = accept_offer(&rebuilt.state, TILL, &sale, epoch, 3).expect("it fits now");
    rebuilt.fold(taken.outcome.events());
    assert!(
        matches!(rebuilt.standing(attempt), AttemptStanding::Taken { .. }),
        "the sale says what became of it"
    );
}

#[test]
fn the_mark_of_a_hub_that_is_gone_finds_nothing_at_a_device_that_goes_by_turns() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let other = shop.place(&[line(1, "BOOK", "1")]);
    let third = shop.place(&[line(1, "BOOK", "1")]);
    let at_terminal = shop.begin(start(order, "10"));
    let at_gateway = shop.begin(start_with(other, "wallet", "10", None));
    shop.send(at_terminal);
    shop.send(at_gateway);
    let shared = shop.begin(start_with(third, "terminal", "10", Some("shared")));
    shop.send(shared);
    shop.doubt(shared);
    shop.resolve(shared, TenderVerdict::NotCharged).expect("a manager");
    let (epoch, hub) = (EpochId(Uuid::from_u128(9)), holdfast_domain::ids::HubId(Uuid::from_u128(3)));
    let open = HubCommand::OpenEpoch { epoch, hub, hub_key: [7; 32], store: STORE, parent: None };
    shop.hub(open).expect("another hub");
    let lost = PoiMark::new(LOST_MARK).expect("a mark");
    assert_eq!(*shop.standing(at_terminal), AttemptStanding::InDoubt { mark: lost.clone() });
    assert_eq!(*shop.standing(shared), AttemptStanding::Disowned { mark: lost });
    assert_eq!(*shop.standing(at_gateway), AttemptStanding::Sent { mark: mark() }, "it goes by ids");
}

#[test]
fn what_leaves_after_a_person_gave_one_up_takes_its_mark_away() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    shop.send(attempt);
    shop.doubt(attempt);
    shop.resolve(attempt, TenderVerdict::NotCharged).expect("a manager");
    let again = shop.begin(start(order, "10"));
    assert_eq!(*shop.standing(attempt), AttemptStanding::Disowned { mark: mark() });
    shop.send(again);
    let lost = PoiMark::new(LOST_MARK).expect("a mark");
    assert_eq!(
        *shop.standing(attempt),
        AttemptStanding::Disowned { mark: lost },
        "the device's next receipt could be either's"
    );
}

#[test]
fn a_sale_that_a_till_gives_back_takes_what_was_sent_or_given_up_in_the_copy() {
    for gave_up in [false, true] {
        let mut shop = shop();
        let order = shop.place(&[line(1, "BOOK", "1")]);
        let attempt = shop.begin(start(order, "10"));
        shop.send(attempt);
        if gave_up {
            shop.doubt(attempt);
            shop.resolve(attempt, TenderVerdict::NotCharged).expect("a manager");
        }
        let mut rebuilt = shop.clone();
        shop.approve(attempt, "10");
        let paid = shop.pay(order, &[]).expect("paid");
        let record = Record {
            recorded_at: holdfast_domain::calendar::Timestamp(1),
            origin: Origin::Till { terminal: TILL, command: paid.transaction.0, fingerprint: [0; 32] },
            outcome: Outcome::Accepted { events: paid.events },
        };
        let taken = accept_offer(&rebuilt.state, TILL, &record, EPOCH, 9).expect("it fits");
        rebuilt.fold(taken.outcome.events());
        assert!(matches!(rebuilt.standing(attempt), AttemptStanding::Taken { .. }), "{gave_up}");
        let late = rebuilt.say(attempt, TenderOutcome::Approved(Box::new(approval("10"))));
        assert_eq!(late, Err(Refusal::AttemptNotOpen { attempt }), "nothing of it goes back");
    }
}

#[test]
fn a_persons_word_that_a_till_gives_back_does_not_unsay_the_devices() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let attempt = shop.begin(start(order, "10"));
    shop.send(attempt);
    shop.doubt(attempt);
    for verdict in [TenderVerdict::NotCharged, TenderVerdict::Charged] {
        let mut there = shop.clone();
        let action = Action::ResolveTender { attempt, verdict, reason: reason("the terminal's own receipt") };
        let said = there.ask_approved(TILL, action, MANAGER, PinVerdict::Correct).expect("a manager");
        let record = Record {
            recorded_at: holdfast_domain::calendar::Timestamp(1),
            origin: Origin::Till { terminal: TILL, command: said.transaction.0, fingerprint: [0; 32] },
            outcome: Outcome::Accepted { events: said.events },
        };
        let mut approved = shop.clone();
        approved.approve(attempt, "10");
        let mut declined = shop.clone();
        declined.say(attempt, TenderOutcome::Declined(DeclineReason::Refusal)).expect("declined");
        for mut here in [approved, declined] {
            let before = here.standing(attempt).clone();
            let taken = accept_offer(&here.state, TILL, &record, EPOCH, 9).expect("it fits");
            here.fold(taken.outcome.events());
            assert_eq!(*here.standing(attempt), before, "{verdict:?}");
        }
    }
}

#[test]
fn a_slip_is_signed_for_what_the_device_says_and_for_nothing_that_goes_back_at_once() {
    let mut shop = shop();
    let order = shop.place(&[line(1, "BOOK", "2")]);
    let sign = |amount| TenderOutcome::Approved(Box::new(Approval { signature: true, ..approval(amount) }));
    let signed = shop.begin(start(order, "10"));
    shop.send(signed);
    let command = HubCommand::SettleTender { attempt: signed, outcome: sign("10") };
    let decided = holdfast_domain::decide_hub(&shop.state, &command).expect("an approval");
    let print = Effect::Print { terminal: TILL, transaction: signed.document(), form: PaperForm::Original };
    assert_eq!(decided.effects, [print]);
    shop.fold(&decided.events);
    assert!(shop.state.documents.contains(&signed.document()), "what becomes of its paper is settled");

    // The customer pays the rest otherwise while nobody knows of the second payment, and then it was made after all.
    let late = shop.begin(start(order, "10"));
    shop.send(late);
    shop.doubt(late);
    shop.pay(order, &["10"]).expect("paid");
    let said = shop.say(late, sign("10")).expect("an approval");
    assert!(said.iter().any(|event| matches!(event, Event::TenderStarted { .. })), "it goes back: {said:?}");
    assert!(!shop.state.documents.contains(&late.document()), "and nobody signs for it");
}
