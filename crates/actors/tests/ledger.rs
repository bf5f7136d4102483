//! The way of a sale through the real actors, in memory.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod store;

use std::sync::Arc;

use holdfast_domain::ids::CommandId;
use holdfast_journal::storage::{CallKind, Fault};
use holdfast_protocol::message::{Answer, OfferMessage, Request, Summary, Warning};
use holdfast_store::StateStore as _;
use store::{Store, till};

fn seq(answer: &Answer) -> u64 {
    match answer {
        Answer::Accepted { position, .. } | Answer::Refused { position, .. } => position.seq,
        other => panic!("no place in the journal: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_is_placed_paid_numbered_and_told() {
    let store = Store::open(1).await;
    store.open_shift(till(1)).await;
    let (order, place) = store.place(&[("MILK", 2), ("SOAP", 1)]);
    let placed = store.send(till(1), place).await;
    assert!(
        matches!(placed.answer, Answer::Accepted { summary: Summary::OrderPlaced { .. }, .. }),
        "{placed:?}"
    );
    let paid = store.send(till(1), store.pay(order, 500)).await;
    let Answer::Accepted {
        summary: Summary::Transaction { receipt, payment, .. }, warnings, position, ..
    } = paid.answer
    else {
        panic!("{paid:?}");
    };
    assert_eq!(receipt.to_string(), "1-000001");
    assert_eq!(payment.unwrap().change, store::eur(500 - 487));
    assert_eq!(warnings.len(), 2, "both products go below zero and are named: {warnings:?}");
    assert!(warnings.iter().all(|w| matches!(w, Warning::StockBelowZero { .. })));
    store.applied(position.seq).await;
    assert_eq!(store.stock()["MILK"], "-2");
    assert_eq!(store.observed(|seen| seen.ledger).await.violations, 0);
    let told =
        store.link.published.lock().unwrap().iter().filter(|(_, m)| m.get("transaction").is_some()).count();
    assert_eq!(told, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_gets_the_first_answer_and_nothing_happens_twice() {
    let store = Store::open(1).await;
    store.open_shift(till(1)).await;
    let (order, place) = store.place(&[("SOAP", 1)]);
    store.send(till(1), place).await;
    let (id, payload) = store.request(store.pay(order, 249));
    let first = store.exchange(till(1), id, payload.clone()).await;
    // While it is fresh in memory, and once it is on disk only.
    let again = store.exchange(till(1), id, payload.clone()).await;
    store.applied(seq(&first.answer)).await;
    let later = store.exchange(till(1), id, payload).await;
    assert_eq!(first, again);
    assert_eq!(first, later);
    assert_eq!(store.stock()["SOAP"], "-1");
    // A refusal is an outcome too.
    let (id, payload) = store.request(store.pay(order, 249));
    let refused = store.exchange(till(1), id, payload.clone()).await;
    assert!(matches!(&refused.answer, Answer::Refused { code, .. } if code == "HF-CMD-142"), "{refused:?}");
    assert_eq!(store.exchange(till(1), id, payload).await, refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_id_with_another_body_is_refused_and_the_first_fate_stays() {
    let store = Store::open(1).await;
    store.open_shift(till(1)).await;
    // Whether memory still holds the first outcome, has forgotten it, or holds the refusal meanwhile.
    for round in 0..60 {
        let (_, place) = store.place(&[("SOAP", 1)]);
        let (id, payload) = store.request(place);
        let first = store.exchange(till(1), id, payload.clone()).await;
        if round % 2 == 0 {
            store.applied(seq(&first.answer)).await;
        }
        let text = String::from_utf8(payload.to_vec()).unwrap().replace("SOAP", "MILK");
        let other = store.exchange(till(1), id, text.into()).await;
        assert!(matches!(&other.answer, Answer::Rejected { code, .. } if code == "HF-CMD-003"), "{other:?}");
        assert_eq!(store.exchange(till(1), id, payload).await, first, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_opens_nothing() {
    let store = Store::open(1).await;
    let wrong = store.sign_on(till(1), "0000").await;
    assert!(matches!(&wrong.answer, Answer::Refused { code, .. } if code == "HF-CMD-102"), "{wrong:?}");
    let (_, place) = store.place(&[("SOAP", 1)]);
    let refused = store.send(till(1), place).await;
    assert!(matches!(&refused.answer, Answer::Refused { code, .. } if code == "HF-CMD-101"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_answered_and_harms_nobody() {
    let store = Store::open(1).await;
    store.open_shift(till(1)).await;
    let id = store.command_id();
    for (payload, named) in [
        (
            format!(
                r#"{{"command":{{"id":"{id}","occurred_at":"2026-11-30T10:00:00Z","action":{{"fly":{{}}}}}}}}"#
            ),
            true,
        ),
        (format!(r#"{{"command":{{"id":"{id}","more":1}}}}"#), true),
        ("{".to_owned(), false),
        ("\u{0}".to_owned(), false),
    ] {
        let answered = if named { id } else { CommandId(holdfast_domain::ids::Uuid::nil()) };
        let reply = store.exchange(till(1), answered, payload.into()).await;
        assert!(matches!(&reply.answer, Answer::Rejected { code, .. } if code == "HF-CMD-002"), "{reply:?}");
    }
    let (_, place) = store.place(&[("SOAP", 1)]);
    assert!(matches!(store.send(till(1), place).await.answer, Answer::Accepted { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn tills_race_for_the_last_unit_and_exactly_one_wins() {
    const TILLS: u128 = 6;
    let store = Arc::new(Store::open(TILLS).await);
    for n in 1..=TILLS {
        store.open_shift(till(n)).await;
    }
    let receive = holdfast_domain::command::Action::AdjustStock {
        changes: vec![holdfast_domain::command::AdjustLine {
            item: holdfast_domain::catalog::ItemRef::Sku(holdfast_domain::bounded::Sku::new("RARE").unwrap()),
            quantity: holdfast_money::Quantity::ONE,
        }],
        reason: holdfast_domain::stock::AdjustmentReason::Received,
    };
    for round in 1..=20_u32 {
        store.send(till(1), receive.clone()).await;
        let racing = (1..=TILLS).map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let (order, place) = store.place(&[("RARE", 1)]);
                (n, order, store.send(till(n), place).await)
            })
        });
        let mut winners = Vec::new();
        for racer in racing {
            let (n, order, reply) = racer.await.unwrap();
            match &reply.answer {
                Answer::Accepted { .. } => winners.push((n, order)),
                Answer::Refused { code, .. } => assert_eq!(code, "HF-CMD-132"),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
        let (n, order) = winners[0];
        let paid = store.send(till(n), store.pay(order, 9900)).await;
        store.applied(seq(&paid.answer)).await;
        assert_eq!(store.stock()["RARE"], "0", "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_of_a_newer_epoch_takes_over_what_the_till_still_holds_once() {
    let old = Store::open(1).await;
    old.open_shift(till(1)).await;
    let (order, place) = old.place(&[("SOAP", 3)]);
    let placed = old.send(till(1), place).await;
    let paid = old.send(till(1), old.pay(order, 747)).await;
    let kept: Vec<OfferMessage> = [&placed, &paid]
        .into_iter()
        .map(|reply| match &reply.answer {
            Answer::Accepted { record, .. } => OfferMessage { id: reply.id, record: record.clone() },
            other => panic!("{other:?}"),
        })
        .collect();
    // HQ's copy ends before the sale: the new hub knows the till, its person and the shift.
    let new = Store::open(1).await;
    new.open_shift(till(1)).await;
    let mut shift_of_old = None;
    old.state.with_state(&mut |state| shift_of_old = state.shifts.keys().next().copied());
    let mut shift_of_new = None;
    new.state.with_state(&mut |state| shift_of_new = state.shifts.keys().next().copied());
    assert_eq!(shift_of_old, shift_of_new, "both stores count ids alike");
    // Out of order it does not fit yet; in order it does; again it is the same.
    let early = new.exchange(till(1), kept[1].id, Request::Offer(kept[1].clone()).to_bytes().into()).await;
    assert!(matches!(&early.answer, Answer::Retry { code, .. } if code == "HF-CMD-185"), "{early:?}");
    for offer in &kept {
        let taken = new.exchange(till(1), offer.id, Request::Offer(offer.clone()).to_bytes().into()).await;
        let again = new.exchange(till(1), offer.id, Request::Offer(offer.clone()).to_bytes().into()).await;
        assert_eq!(taken, again);
        assert!(matches!(taken.answer, Answer::Accepted { .. }), "{taken:?}");
        new.applied(seq(&taken.answer)).await;
    }
    assert_eq!(new.stock()["SOAP"], "-3");
    let Answer::Accepted { summary: Summary::Transaction { receipt, .. }, .. } = paid.answer else {
        panic!()
    };
    assert!(new.state_has(receipt));
}

impl Store {
    fn state_has(&self, receipt: holdfast_domain::receipt::ReceiptNumber) -> bool {
        self.state.transaction_by_receipt(receipt).unwrap().is_some()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_says_so() {
    let store = Store::open(1).await;
    store.open_shift(till(1)).await;
    store.clock.0.store(1_795_000_000_000, std::sync::atomic::Ordering::Relaxed);
    let (_, place) = store.place(&[("SOAP", 1)]);
    let placed = store.send(till(1), place).await;
    store.applied(seq(&placed.answer)).await;
    let stepped = || store.journal_events().iter().filter(|e| e.as_str() == "clock_stepped").count();
    assert_eq!(stepped(), 1);
    // Forward too, when it is more than any shop notices by itself.
    for (ahead_ms, told) in [(50 * 60_000, 1), (2 * 3_600_000, 2)] {
        store.clock.0.fetch_add(ahead_ms, std::sync::atomic::Ordering::Relaxed);
        let (_, place) = store.place(&[("SOAP", 1)]);
        store.applied(seq(&store.send(till(1), place).await.answer)).await;
        assert_eq!(stepped(), told, "{ahead_ms} ms");
    }
    let mut last = i64::MIN;
    for record in store.reader.scan(1) {
        let record = holdfast_store::stored_record(record.unwrap()).unwrap().record;
        let is_step = record.outcome.events().iter().any(|event| event.name() == "clock_stepped");
        assert!(is_step || record.recorded_at.0 >= last, "times go back only where it is told");
        last = record.recorded_at.0;
    }
}

impl Store {
    fn journal_events(&self) -> Vec<String> {
        let records =
            self.reader.scan(1).map(|record| holdfast_store::stored_record(record.unwrap()).unwrap().record);
        records
            .flat_map(|r| r.outcome.events().iter().map(|e| e.name().to_owned()).collect::<Vec<_>>())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_synced_is_told_to_nobody() {
    let store = Store::open(1).await;
    store.open_shift(till(1)).await;
    let (order, place) = store.place(&[("SOAP", 1)]);
    store.send(till(1), place).await;
    let told =
        store.link.published.lock().unwrap().iter().filter(|(_, m)| m.get("transaction").is_some()).count();
    store.storage.plant(CallKind::SyncData, 1, Fault::Eio, true);
    let before = store.observed(|seen| seen.ledger).await.decided;
    let (id, payload) = store.request(store.pay(order, 249));
    store.tills.deliver(till(1), 1, payload);
    // The payment is decided; the disk fails under it; the journal then takes nothing any more.
    tokio::time::timeout(store::DEADLINE, async {
        while store.running.observe().await.ledger.is_none_or(|ledger| ledger.decided == before) {}
    })
    .await
    .expect("the payment is decided");
    let stopped = async || {
        let at = holdfast_domain::calendar::Timestamp(0);
        let harmless = holdfast_domain::command::HubCommand::StepClock { before: at, after: at };
        let answer = store.running.ledger().hub_command(harmless).await;
        answer.is_err()
    };
    let look = std::time::Duration::from_millis(200);
    tokio::time::timeout(store::DEADLINE, async {
        while !matches!(tokio::time::timeout(look, stopped()).await, Ok(true)) {}
    })
    .await
    .expect("the journal stops");
    let accepted =
        store.replies_to(id).into_iter().filter(|reply| matches!(reply.answer, Answer::Accepted { .. }));
    assert_eq!(accepted.count(), 0, "nothing is acknowledged that no sync has covered");
    let now_told =
        store.link.published.lock().unwrap().iter().filter(|(_, m)| m.get("transaction").is_some()).count();
    assert_eq!(now_told, told, "nor is anybody else told");
    assert_ne!(store.stock().get("SOAP").map(String::as_str), Some("-1"), "nor does a read show it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_supervision_tree_is_the_one_we_know() {
    let store = Store::open(0).await;
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/supervision-tree.txt");
    let tree = store.running.tree();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden, &tree).unwrap();
    }
    assert_eq!(tree, std::fs::read_to_string(golden).unwrap());
    store.running.stop().await;
}
