//! What every store does, run on each of them.

use std::sync::Arc;

use holdfast_domain::command::HubCommand;
use holdfast_domain::command::{Action, Settlement};
use holdfast_domain::event::{DocumentOutcome, Event};
use holdfast_domain::ids::{CommandId, OrderId, ShiftId, SubjectId, TransactionId, Uuid};
use holdfast_domain::order::{Channel, OrderState};
use holdfast_domain::receipt::{ReceiptNumber, Series, TillNumber};
use holdfast_domain::shift::Mode;
use holdfast_domain::subject::{ErasureCause, SubjectStanding};
use holdfast_domain::{Origin, Outcome, Record};
use holdfast_journal::Reader;
use holdfast_store::{
    CURSOR_BYTES_MAX, MemoryStore, SledOptions, SledStore, StateStore, StoreError, UNDECODABLE, catch_up,
};

use crate::shop::{Shop, reason};

/// A store with whatever must live as long as it.
struct Kept {
    store: Arc<dyn StateStore>,
    _folder: Option<tempfile::TempDir>,
}

fn in_memory(_: &Reader) -> Kept {
    Kept { store: MemoryStore::new(), _folder: None }
}

fn over_a_journal(reader: &Reader) -> Kept {
    Kept { store: MemoryStore::over(reader), _folder: None }
}

fn on_disk(reader: &Reader) -> Kept {
    let folder = tempfile::tempdir().expect("a folder");
    let opened = SledStore::open(&folder.path().join("state"), reader, SledOptions::new("boot"));
    Kept { store: opened.expect("a new store opens").0, _folder: Some(folder) }
}

/// A shop, and a store that was there before the shop's first record.
fn shop_with(make: &dyn Fn(&Reader) -> Kept) -> (Kept, Shop) {
    let shop = Shop::empty();
    let kept = make(&shop.reader);
    (kept, shop.opened_as(1))
}

macro_rules! on_each {
    ($($name:ident),+ $(,)?) => {
        mod memory { $(#[test] fn $name() { super::$name(&super::in_memory); })+ }
        mod memory_over_a_journal { $(#[test] fn $name() { super::$name(&super::over_a_journal); })+ }
        mod sled { $(#[test] fn $name() { super::$name(&super::on_disk); })+ }
    };
}

on_each!(
    an_empty_store_knows_nothing,
    a_day_is_told_as_it_was,
    batches_of_any_size_come_to_the_same,
    the_first_outcome_of_a_command_stays,
    a_refusal_is_an_outcome,
    a_closed_order_is_read_and_not_remembered,
    what_came_back_is_counted_on_the_sale,
    closed_shifts_are_known_by_their_id,
    receipts_find_their_transactions,
    the_latest_transactions_come_in_pages,
    training_counts_for_nothing,
    records_must_follow_each_other,
    cursors_are_kept_and_limited,
    subjects_are_kept_on_disk_and_erased_for_ever,
    subjects_are_merged_on_disk_and_found_out_one_after_the_other,
    contradictions_are_counted_and_stop_nothing,
    records_that_nobody_can_decode_are_passed_over,
);

fn an_empty_store_knows_nothing(make: &dyn Fn(&Reader) -> Kept) {
    let kept = make(&Shop::empty().reader);
    let store = &*kept.store;
    let id = Uuid::from_u128(1);
    assert_eq!(store.applied(), None);
    store.with_state(&mut |state| assert_eq!(*state, holdfast_domain::State::default()));
    assert_eq!(store.outcome(CommandId(id)).expect("readable"), None);
    assert_eq!(store.order(OrderId(id)).expect("readable"), None);
    assert_eq!(store.sale(TransactionId(CommandId(id))).expect("readable"), None);
    assert!(!store.shift_closed(ShiftId(id)).expect("readable"));
    assert_eq!(store.transaction(TransactionId(CommandId(id))).expect("readable"), None);
    assert!(store.latest_transactions(None, 10).expect("readable").is_empty());
    assert_eq!(store.totals(), holdfast_store::ReconciliationTotals::default());
    store.apply(&[]).expect("nothing to do");
    store.sync().expect("nothing to write");
}

fn a_day(shop: &mut Shop) {
    let (_, sold) = shop.sell(0, 3);
    shop.give_back(0, sold, 1).expect("bought before");
    let (_, wrong) = shop.sell(1, 2);
    shop.done(1, Action::PostVoid { original: wrong, reason: reason() });
    let layaway = shop.place(1, 2, Channel::NotInHand).expect("in stock");
    shop.pay(1, layaway, 100, Settlement::Deposit).expect("less than the total");
    let given_up = shop.place(0, 1, Channel::Counter).expect("never refused");
    shop.done(0, Action::CancelOrder { order: given_up, reason: reason() });
    shop.done(0, Action::AbandonBasket { lines: Shop::lines(2), reason: reason() });
    shop.hub(&HubCommand::SettleDocument { transaction: sold, outcome: DocumentOutcome::Printed });
    shop.pay(1, layaway, 1_000_000, Settlement::Full).expect("the rest");
    shop.done(1, Action::FulfilOrder { order: layaway });
    shop.close_shift(0).expect("open");
    shop.place(1, 4, Channel::Counter).expect("never refused");
}

fn a_day_is_told_as_it_was(make: &dyn Fn(&Reader) -> Kept) {
    let (kept, mut shop) = shop_with(make);
    a_day(&mut shop);
    for stored in &shop.records {
        kept.store.apply(std::slice::from_ref(stored)).expect("it follows");
    }
    shop.check(&*kept.store);
    assert_eq!(shop.totals().transactions, 8);
    assert!(shop.violations.is_empty());
}

fn batches_of_any_size_come_to_the_same(make: &dyn Fn(&Reader) -> Kept) {
    let shop = Shop::empty();
    let stores = [(2, make(&shop.reader)), (5, make(&shop.reader)), (512, make(&shop.reader))];
    let mut shop = shop.opened_as(1);
    a_day(&mut shop);
    for (size, kept) in stores {
        assert_eq!(catch_up(&*kept.store, &shop.reader, size).expect("readable"), shop.records.len() as u64);
        shop.check(&*kept.store);
        assert_eq!(catch_up(&*kept.store, &shop.reader, size).expect("readable"), 0);
    }
}

fn the_first_outcome_of_a_command_stays(make: &dyn Fn(&Reader) -> Kept) {
    let (kept, mut shop) = shop_with(make);
    shop.sell(0, 1);
    let first = shop.records.last().expect("a sale").clone();
    let (command, fingerprint) = first.record.origin.command().expect("a till's");
    let mut reused = first.record.clone();
    if let Origin::Till { fingerprint, .. } = &mut reused.origin {
        *fingerprint = [9; 32];
    }
    reused.outcome = Outcome::Accepted { events: Vec::new() };
    // Once in the same batch, once in a later one.
    shop.append(reused.clone());
    kept.store.apply(&shop.records).expect("they follow");
    shop.append(reused);
    kept.store.apply(&shop.records[shop.records.len() - 1..]).expect("it follows");
    let outcome = kept.store.outcome(command).expect("readable").expect("kept");
    assert_eq!((outcome.seq, outcome.fingerprint), (first.position.seq, fingerprint));
}

fn a_refusal_is_an_outcome(make: &dyn Fn(&Reader) -> Kept) {
    let (kept, mut shop) = shop_with(make);
    let nothing = OrderId(Uuid::nil());
    shop.act(0, Action::FulfilOrder { order: nothing }).expect_err("there is no such order");
    kept.store.apply(&shop.records).expect("they follow");
    shop.check(&*kept.store);
}

fn a_closed_order_is_read_and_not_remembered(make: &dyn Fn(&Reader) -> Kept) {
    let (kept, mut shop) = shop_with(make);
    let (order, transaction) = shop.sell(0, 2);
    kept.store.apply(&shop.records).expect("they follow");
    kept.store.with_state(&mut |state| {
        assert!(state.orders.is_empty() && state.sales.is_empty());
        assert!(state.documents.contains(&transaction));
    });
    let read = kept.store.order(order).expect("readable").expect("kept");
    assert_eq!(read.state, OrderState::Fulfilled);
    assert_eq!(read.paid, read.totals.gross);
}

fn what_came_back_is_counted_on_the_sale(make: &dyn Fn(&Reader) -> Kept) {
    let (kept, mut shop) = shop_with(make);
    let (_, sold) = shop.sell(0, 2);
    let mut applied = shop.records.len();
    kept.store.apply(&shop.records).expect("they follow");
    // Line 2 has three pieces; each comes back in a batch of its own, long after the sale was forgotten.
    for pieces in 1..=3_i64 {
        shop.give_back(0, sold, 2).expect("still with the customer");
        kept.store.apply(&shop.records[applied..]).expect("they follow");
        applied = shop.records.len();
        let sale = kept.store.sale(sold).expect("readable").expect("kept");
        assert_eq!(sale.lines[1].returned.thousandths(), 1_000 * pieces);
    }
    shop.give_back(0, sold, 2).expect_err("all of it came back");
    kept.store.apply(&shop.records[applied..]).expect("they follow");
    shop.check(&*kept.store);
}

fn closed_shifts_are_known_by_their_id(make: &dyn Fn(&Reader) -> Kept) {
    let (kept, mut shop) = shop_with(make);
    let first = shop.close_shift(0).expect("open");
    let second = shop.open_shift(0, Mode::Live).expect("none is open");
    kept.store.apply(&shop.records).expect("they follow");
    assert!(kept.store.shift_closed(first).expect("readable"));
    assert!(!kept.store.shift_closed(second).expect("readable"));
    kept.store.with_state(&mut |state| {
        assert!(state.closed_shifts.is_empty());
        assert!(state.shifts.contains_key(&second) && !state.shifts.contains_key(&first));
    });
}

fn receipts_find_their_transactions(make: &dyn Fn(&Reader) -> Kept) {
    let (kept, mut shop) = shop_with(make);
    let sold: Vec<_> = (0..3).map(|index| shop.sell(index % 2, 1).1).collect();
    kept.store.apply(&shop.records).expect("they follow");
    let find = |till, series, number| {
        let number = ReceiptNumber { till: TillNumber(till), series, number };
        kept.store.transaction_by_receipt(number).expect("readable").map(|entry| entry.view.transaction)
    };
    assert_eq!(find(1, Series::Hub, 1), Some(sold[0]));
    assert_eq!(find(2, Series::Hub, 1), Some(sold[1]));
    assert_eq!(find(1, Series::Hub, 2), Some(sold[2]));
    assert_eq!(find(1, Series::Hub, 3), None);
    assert_eq!(find(1, Series::Island, 1), None);
    assert_eq!(find(3, Series::Hub, 1), None);
}

fn the_latest_transactions_come_in_pages(make: &dyn Fn(&Reader) -> Kept) {
    let (kept, mut shop) = shop_with(make);
    let sold: Vec<_> = (0..5).map(|_| shop.sell(0, 1).1).collect();
    kept.store.apply(&shop.records).expect("they follow");
    let ids = |before, limit| {
        let page = kept.store.latest_transactions(before, limit).expect("readable");
        (
            page.iter().map(|entry| entry.view.transaction).collect::<Vec<_>>(),
            page.last().map(|entry| entry.seq),
        )
    };
    let (newest, before) = ids(None, 2);
    assert_eq!(newest, [sold[4], sold[3]]);
    let (next, before) = ids(before, 2);
    assert_eq!(next, [sold[2], sold[1]]);
    let (last, before) = ids(before, 2);
    assert_eq!(last, [sold[0]]);
    assert_eq!(ids(before, 2), (Vec::new(), None));
    assert_eq!(ids(None, 0), (Vec::new(), None));
}

fn training_counts_for_nothing(make: &dyn Fn(&Reader) -> Kept) {
    let (kept, mut shop) = shop_with(make);
    shop.sell(0, 1);
    shop.close_shift(0).expect("open");
    shop.open_shift(0, Mode::Training).expect("none is open");
    let before = shop.totals();
    shop.sell(0, 4);
    kept.store.apply(&shop.records).expect("they follow");
    assert_eq!(kept.store.totals(), before);
    shop.check(&*kept.store);
}

fn records_must_follow_each_other(make: &dyn Fn(&Reader) -> Kept) {
    let (kept, shop) = shop_with(make);
    let store = &*kept.store;
    let refused = |outcome, expected, found| {
        assert!(matches!(
            outcome,
            Err(StoreError::NotContiguous { expected_seq, found_seq }) if (expected_seq, found_seq) == (expected, found)
        ));
    };
    refused(store.apply(&shop.records[1..]), 1, 2);
    store.apply(&shop.records[..3]).expect("they follow");
    refused(store.apply(&shop.records[..3]), 4, 1);
    refused(store.apply(&shop.records[4..]), 4, 5);
    refused(store.apply(&[shop.records[3].clone(), shop.records[5].clone()]), 5, 6);
    refused(store.pass_over(shop.records[4].position), 4, 5);
    store.apply(&shop.records[3..]).expect("they follow");
    shop.check(store);
}

fn cursors_are_kept_and_limited(make: &dyn Fn(&Reader) -> Kept) {
    let kept = make(&Shop::empty().reader);
    let store = &*kept.store;
    assert_eq!(store.cursor("uplink").expect("readable"), None);
    store.set_cursor("uplink", b"one").expect("small");
    store.set_cursor("catalog", b"").expect("small");
    store.set_cursor("uplink", b"two").expect("small");
    assert_eq!(store.cursor("uplink").expect("readable").as_deref(), Some(&b"two"[..]));
    assert_eq!(store.cursor("catalog").expect("readable").as_deref(), Some(&b""[..]));
    let long = vec![0; CURSOR_BYTES_MAX + 1];
    assert!(matches!(store.set_cursor("uplink", &long), Err(StoreError::CursorTooLarge { .. })));
    assert_eq!(store.cursor("uplink").expect("readable").as_deref(), Some(&b"two"[..]));
}

fn subjects_are_kept_on_disk_and_erased_for_ever(make: &dyn Fn(&Reader) -> Kept) {
    let (kept, mut shop) = shop_with(make);
    let terminal = shop.tills[0];
    let customers: Vec<_> = (0..3).map(|_| SubjectId(shop.id())).collect();
    for &subject in &customers {
        shop.hub(&HubCommand::RegisterSubject { subject, terminal });
    }
    let erase = |subject| HubCommand::EraseSubject { subject, cause: ErasureCause::EarlierHub };
    shop.hub(&erase(customers[1]));
    let elsewhere = SubjectId(shop.id());
    shop.hub(&erase(elsewhere));
    let known = |subject| kept.store.subject(subject).expect("readable");
    let mut applied = 0;
    for stored in &shop.records {
        kept.store.apply(std::slice::from_ref(stored)).expect("it follows");
        applied += 1;
        kept.store.with_state(&mut |state| assert!(state.subjects.is_empty(), "memory stays flat"));
    }
    assert_eq!(
        customers.iter().map(|id| known(*id)).collect::<Vec<_>>(),
        [Some(SubjectStanding::Registered), Some(SubjectStanding::Erased), Some(SubjectStanding::Registered),]
    );
    assert_eq!(known(SubjectId(Uuid::from_u128(404))), None);
    assert_eq!(kept.store.erased_subjects().expect("readable"), [customers[1], elsewhere]);
    // What claims to bring somebody back, long after the erasure was forgotten in memory, is counted and changes nothing.
    let mut again = shop.records[applied - 5].record.clone();
    if let Outcome::Accepted { events } = &mut again.outcome
        && let Some(Event::SubjectRegistered { subject, .. }) = events.first_mut()
    {
        *subject = customers[1];
    }
    shop.append(again);
    kept.store.apply(&shop.records[applied..]).expect("a contradiction is no fault");
    assert_eq!(known(customers[1]), Some(SubjectStanding::Erased));
    assert_eq!(kept.store.violations().get("SUB-1"), Some(&1));
    shop.check(&*kept.store);
}

fn subjects_are_merged_on_disk_and_found_out_one_after_the_other(make: &dyn Fn(&Reader) -> Kept) {
    let (kept, mut shop) = shop_with(make);
    let (terminal, staff) = (shop.tills[0], *shop.state.staff.keys().next().expect("somebody"));
    let customers: Vec<_> = (0..3).map(|_| SubjectId(shop.id())).collect();
    for &subject in &customers {
        shop.hub(&HubCommand::RegisterSubject { subject, terminal });
    }
    let merge = |from: usize, into: usize| HubCommand::MergeSubject {
        subject: customers[from],
        into: customers[into],
        staff,
    };
    shop.hub(&merge(0, 1));
    shop.hub(&merge(1, 2));
    for stored in &shop.records {
        kept.store.apply(std::slice::from_ref(stored)).expect("it follows");
        kept.store.with_state(&mut |state| assert!(state.subjects.is_empty(), "memory stays flat"));
    }
    let way = kept.store.subject_with_merges(customers[0]).expect("readable");
    let merged_into = |into: usize| SubjectStanding::MergedInto(customers[into]);
    assert_eq!(
        way,
        [
            (customers[0], merged_into(1)),
            (customers[1], merged_into(2)),
            (customers[2], SubjectStanding::Registered)
        ]
    );
    assert_eq!(kept.store.subject_with_merges(SubjectId(Uuid::from_u128(404))).expect("readable"), []);
    let mut merged = [(customers[0], customers[1]), (customers[1], customers[2])];
    merged.sort_unstable();
    assert_eq!(kept.store.merged_subjects().expect("readable"), merged);
    assert!(kept.store.erased_subjects().expect("readable").is_empty());
    shop.check(&*kept.store);
}

fn contradictions_are_counted_and_stop_nothing(make: &dyn Fn(&Reader) -> Kept) {
    let (kept, mut shop) = shop_with(make);
    let (_, sold) = shop.sell(0, 1);
    let sale = shop.records.last().expect("the sale").clone();
    // The same sale under another id: its order is closed, its number is used, and its tenders no longer sum.
    let mut again = sale.record.clone();
    let twin = CommandId(shop.id());
    if let Origin::Till { command, .. } = &mut again.origin {
        *command = twin;
    }
    if let Outcome::Accepted { events } = &mut again.outcome
        && let Some(Event::SaleCompleted { transaction, payment, .. }) = events.first_mut()
    {
        *transaction = TransactionId(twin);
        payment.change += payment.due;
    }
    shop.append(again);
    shop.sell(0, 1);
    kept.store.apply(&shop.records).expect("a contradiction is no fault");
    let counted = kept.store.violations();
    assert_eq!(counted.get("ORD-1"), Some(&1));
    assert_eq!(counted.get("NUM-1"), Some(&1));
    assert_eq!(counted.get("MON-1"), Some(&1));
    // The receipt number still names the sale that had it first.
    let first = kept.store.transaction(sold).expect("readable").expect("kept");
    let by_receipt = kept.store.transaction_by_receipt(first.view.receipt).expect("readable");
    assert_eq!(by_receipt, Some(first));
}

fn records_that_nobody_can_decode_are_passed_over(make: &dyn Fn(&Reader) -> Kept) {
    let (kept, mut shop) = shop_with(make);
    shop.writer.append_durable(vec![1, 255, 255, 255]).expect("the journal does not look inside");
    let nothing = Outcome::Accepted { events: Vec::new() };
    let recorded_at = shop.records.last().expect("some").record.recorded_at;
    shop.append(Record { recorded_at, origin: Origin::Hub, outcome: nothing });
    shop.sell(0, 1);
    let there = shop.records.len() as u64 + 1;
    assert_eq!(catch_up(&*kept.store, &shop.reader, 100).expect("it goes on"), there);
    shop.violations.insert(UNDECODABLE.to_owned(), 1);
    shop.check(&*kept.store);
    // A record of a later version is another matter: leaving it out would be for ever.
    shop.writer.append_durable(vec![200, 1, 2, 3]).expect("the journal does not look inside");
    let outcome = catch_up(&*kept.store, &shop.reader, 100);
    assert!(matches!(outcome, Err(StoreError::NewerRecord { seq, .. }) if seq == there + 1));
    shop.check(&*kept.store);
}
