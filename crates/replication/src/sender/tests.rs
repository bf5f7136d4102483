use super::*;

const E1: Epoch = Epoch([1; 16]);
const E2: Epoch = Epoch([2; 16]);
const E3: Epoch = Epoch([3; 16]);

fn sender(last_seq: u64) -> Sender {
    Sender::new(vec![EpochSpan { epoch: E1, parent: None, last_seq }]).expect("one epoch is a line")
}

/// The hash of a record in a history that is the hub's own through `shared` and another one after it.
fn hash(seq: u64, shared: u64) -> Hash {
    let mut hash = [if seq > shared { 0xff } else { 7 }; 32];
    hash[..8].copy_from_slice(&seq.to_le_bytes());
    if seq == 0 { Point::ORIGIN.hash } else { hash }
}

fn own(seq: u64) -> Hash {
    hash(seq, u64::MAX)
}

fn parent(epoch: Epoch, seq: u64) -> Option<Parent> {
    Some(Parent { epoch, point: Point { seq, hash: own(seq) } })
}

fn register(sender: &mut Sender, now_ms: u64) -> (Ticket, Epoch) {
    match sender.poll(now_ms) {
        Step::Register { ticket, epoch, .. } => (ticket, epoch),
        other => panic!("expected a registration, got {other:?}"),
    }
}

/// A registration answered, and the question about a hash that follows answered by a cloud whose history is the hub's.
fn contact(sender: &mut Sender, now_ms: u64, acked: u64) {
    let (ticket, _) = register(sender, now_ms);
    sender.on_answer(ticket, Answer::Registered { acked_through: acked, durable_through: acked }, now_ms, 0);
    agree(sender, now_ms);
}

fn agree(sender: &mut Sender, now_ms: u64) {
    if matches!(sender.stage, Stage::Comparing(_)) {
        let (ticket, seq) = ask(sender, now_ms);
        sender.on_answer(ticket, Answer::HashAt { ours: own(seq), theirs: Some(own(seq)) }, now_ms, 0);
    }
}

fn ask(sender: &mut Sender, now_ms: u64) -> (Ticket, u64) {
    match sender.poll(now_ms) {
        Step::AskHash { ticket, seq, .. } => (ticket, seq),
        other => panic!("expected a question, got {other:?}"),
    }
}

fn registered(last_seq: u64, acked: u64) -> Sender {
    let mut sender = sender(last_seq);
    contact(&mut sender, 0, acked);
    sender
}

fn send(sender: &mut Sender, now_ms: u64) -> (Ticket, Window) {
    match sender.poll(now_ms) {
        Step::Send { ticket, window } => (ticket, window),
        other => panic!("expected a batch, got {other:?}"),
    }
}

fn acked(sent: u64, acked: u64) -> Answer {
    Answer::Acked { sent_through: sent, acked_through: acked, durable_through: acked, credit: 5_000 }
}

#[test]
fn a_sender_with_nothing_to_send_registers_again_when_the_cloud_was_restored() {
    let mut sender = registered(10, 9);
    sender.on_cloud_behind();
    let (ticket, _) = send(&mut sender, 0);
    sender.on_answer(ticket, acked(10, 10), 0, 0);
    assert_eq!((sender.poll(0), sender.status().state), (Step::Idle, State::CaughtUp));
    sender.on_cloud_behind();
    assert!(matches!(sender.poll(0), Step::Register { .. }));
}

#[test]
fn one_batch_in_flight_and_the_next_starts_where_the_cloud_says() {
    let mut sender = registered(12_000, 0);
    let (ticket, window) = send(&mut sender, 0);
    assert_eq!((window.first_seq, window.count_max, window.lane), (1, 5_000, Lane::Backlog));
    assert_eq!(sender.poll(0), Step::Idle, "one in flight");
    let answer =
        Answer::Acked { sent_through: 4_000, acked_through: 4_000, durable_through: 3_000, credit: 5_000 };
    sender.on_answer(ticket, answer, 9, 0);
    assert_eq!(send(&mut sender, 9).1.first_seq, 4_001);
    assert_eq!((sender.status().acked_through, sender.status().durable_through), (4_000, 3_000));
}

#[test]
fn the_last_batch_is_live_and_then_the_sender_is_caught_up() {
    let mut sender = registered(5_010, 5_000);
    let (ticket, window) = send(&mut sender, 0);
    assert_eq!((window.count_max, window.lane), (10, Lane::Live));
    let answer =
        Answer::Acked { sent_through: 5_010, acked_through: 5_010, durable_through: 5_010, credit: 1 };
    sender.on_answer(ticket, answer, 1, 0);
    assert_eq!(sender.poll(1), Step::Idle);
    assert_eq!((sender.status().state, sender.status().backlog()), (State::CaughtUp, 0));
    sender.on_durable(5_012);
    assert_eq!(sender.status().backlog(), 2);
    assert_eq!(send(&mut sender, 1).1.count_max, 1, "credit is kept to");
}

#[test]
fn a_cursor_that_moved_back_is_followed_once_its_hash_agrees() {
    let mut sender = registered(100, 90);
    let (ticket, _) = send(&mut sender, 0);
    sender.on_answer(ticket, Answer::Gap { expected: 11 }, 0, 0);
    assert_eq!(sender.status().acked_through, 90, "not believed yet");
    agree(&mut sender, 0);
    assert_eq!(send(&mut sender, 0).1.first_seq, 11);
    assert_eq!((sender.status().acked_through, sender.status().durable_through), (10, 10));
}

#[test]
fn late_answers_to_older_requests_change_nothing() {
    let mut sender = registered(100, 0);
    let (old, _) = send(&mut sender, 0);
    sender.on_answer(old, Answer::Failed, 0, 0);
    let (_, window) = send(&mut sender, 0);
    sender.on_answer(old, Answer::Gap { expected: 50 }, 0, 0);
    assert_eq!(sender.poll(0), Step::Idle, "the younger request is still in flight");
    assert_eq!(window.first_seq, 1);
}

#[test]
fn failures_wait_longer_and_busy_waits_at_least_as_told() {
    let mut sender = registered(100, 0);
    let (ticket, _) = send(&mut sender, 1_000);
    sender.on_answer(ticket, Answer::Busy { retry_after: Some(Duration::from_secs(7)) }, 1_000, 250);
    assert_eq!(sender.poll(1_001), Step::WaitUntil { at_ms: 8_250 });
    let (ticket, _) = send(&mut sender, 8_250);
    sender.on_answer(ticket, Answer::Failed, 8_250, 400);
    assert_eq!(sender.poll(8_251), Step::WaitUntil { at_ms: 8_650 });
}

#[test]
fn slow_answers_shrink_batches_and_fast_ones_grow_them() {
    let mut sender = registered(1_000_000, 0);
    let mut sizes = Vec::new();
    for (at, took) in [(0_u64, 9_000_u64), (10_000, 9_000), (20_000, 1_000), (30_000, 10), (40_000, 10)] {
        let (ticket, window) = send(&mut sender, at);
        sizes.push(window.count_max);
        let last = window.first_seq + u64::from(window.count_max) - 1;
        sender.on_answer(ticket, acked(last, last), at + took, 0);
    }
    assert_eq!(sizes, [5_000, 2_500, 1_250, 1_250, 2_500]);
}

#[test]
fn epochs_are_sent_oldest_first() {
    let spans = vec![
        EpochSpan { epoch: E1, parent: None, last_seq: 10 },
        EpochSpan { epoch: E2, parent: parent(E1, 10), last_seq: 12 },
    ];
    let mut sender = Sender::new(spans).expect("a line");
    let (ticket, epoch) = register(&mut sender, 0);
    assert_eq!(epoch, E1);
    // The cloud has more of the older epoch than this line took from it: the other branch of an old fork.
    sender.on_answer(ticket, Answer::Registered { acked_through: 17, durable_through: 17 }, 0, 0);
    assert_eq!(ask(&mut sender, 0).1, 10);
    sender.in_flight = None;
    agree(&mut sender, 0);
    let Step::Register { ticket, epoch, parent: sent } = sender.poll(0) else { panic!("registers the next") };
    assert_eq!((epoch, sent), (E2, parent(E1, 10)));
    sender.on_answer(ticket, Answer::Registered { acked_through: 10, durable_through: 10 }, 0, 0);
    let (_, window) = send(&mut sender, 0);
    assert_eq!((window.epoch, window.first_seq, window.count_max, window.lane), (E2, 11, 2, Lane::Live));
}

#[test]
fn a_fenced_hub_asks_again_after_a_minute_and_starts_with_its_epoch() {
    let mut sender = registered(100, 0);
    let (ticket, _) = send(&mut sender, 0);
    sender.on_answer(ticket, Answer::Fenced, 0, 0);
    assert_eq!(sender.status().state, State::Fenced);
    assert_eq!(sender.poll(10), Step::WaitUntil { at_ms: REFUSED_RETRY_MS });
    assert!(matches!(sender.poll(REFUSED_RETRY_MS), Step::Register { .. }));
}

/// Answers every question about a hash until the sender does something else. The cloud's history is the hub's through
/// `shared`.
fn answer_questions(sender: &mut Sender, now_ms: &mut u64, shared: u64) -> u32 {
    let mut questions = 0;
    loop {
        match sender.poll(*now_ms) {
            Step::AskHash { ticket, seq, .. } => {
                questions += 1;
                assert!(questions < 64, "a bisection ends");
                let theirs = Some(hash(seq, shared));
                sender.on_answer(ticket, Answer::HashAt { ours: own(seq), theirs }, *now_ms, 5);
            }
            Step::WaitUntil { at_ms } => *now_ms = at_ms,
            Step::Send { .. } | Step::Register { .. } => {
                sender.in_flight = None;
                return questions;
            }
            Step::Idle => return questions,
        }
    }
}

#[test]
fn first_contact_tells_a_fork_from_a_cursor_that_moved_back() {
    let forked = |seq: u64| State::Forked { shared: parent(E1, seq).expect("some") };
    // What, the hub's head, the cloud's cursor, records that both share, what the hub sees, what tills may forget.
    let cases = [
        ("the first contact of all", 40, 0, 0, State::Sending, 0),
        ("behind, as every evening", 100, 60, 60, State::Sending, 60),
        ("level", 100, 100, 100, State::CaughtUp, 100),
        ("rolled back, nothing new", 60, 100, 60, forked(60), 60),
        ("rolled back by one", 99, 100, 99, forked(99), 99),
        ("rolled back and shorter still", 80, 100, 60, forked(60), 60),
        ("rolled back and longer again", 120, 100, 60, forked(60), 60),
        ("clone, level by chance", 100, 100, 60, forked(60), 60),
        ("clone, differs in the last", 100, 100, 99, forked(99), 99),
        ("clone, shares the first only", 100, 100, 1, forked(1), 1),
        ("nothing shared", 3, 100, 0, forked(0), 0),
    ];
    for (what, head, cursor, shared, expected, durable) in cases {
        let mut sender = sender(head);
        let (ticket, _) = register(&mut sender, 0);
        let answer = Answer::Registered { acked_through: cursor, durable_through: cursor };
        sender.on_answer(ticket, answer, 0, 0);
        assert_eq!(sender.status().durable_through, 0, "{what}: nothing is believed before its hash");
        let questions = answer_questions(&mut sender, &mut 0, shared);
        assert_eq!(sender.status().state, expected, "{what}");
        assert_eq!(sender.status().durable_through, durable, "{what}");
        assert!(questions <= 8, "{what}: {questions} questions");
        if let State::Forked { .. } = expected {
            assert_eq!(sender.poll(9_999_999), Step::Idle, "{what}: waits for the shell");
        }
    }
}

#[test]
fn a_fork_in_the_middle_of_the_day_ends_in_a_new_epoch_that_sends_everything_after_the_last_shared_record() {
    let mut now_ms = 0;
    let mut sender = registered(100, 60);
    sender.on_durable(120);
    let (ticket, _) = send(&mut sender, 0);
    sender.on_answer(ticket, Answer::Fork { at: Point { seq: 110, hash: hash(110, 60) } }, 0, 3);
    assert_eq!(sender.status().state, State::Comparing);
    answer_questions(&mut sender, &mut now_ms, 60);
    let shared = parent(E1, 60).expect("some");
    assert_eq!(sender.status().state, State::Forked { shared });
    assert_eq!(sender.status().state.code(), Some(crate::codes::FORK));
    assert_eq!(sender.status().backlog(), 60);

    sender.open_epoch(EpochSpan { epoch: E2, parent: Some(shared), last_seq: 121 }).expect("a line");
    let (ticket, epoch) = register(&mut sender, now_ms);
    assert_eq!(epoch, E2);
    sender.on_answer(ticket, Answer::Registered { acked_through: 60, durable_through: 60 }, now_ms, 0);
    let (ticket, window) = send(&mut sender, now_ms);
    assert_eq!((window.epoch, window.first_seq), (E2, 61));
    sender.on_answer(ticket, acked(121, 121), now_ms, 0);
    assert_eq!((sender.poll(now_ms), sender.status().state), (Step::Idle, State::CaughtUp));
}

#[test]
fn an_acknowledgement_of_records_that_were_not_sent_is_looked_into() {
    let mut sender = registered(105, 90);
    let (ticket, window) = send(&mut sender, 0);
    assert_eq!((window.first_seq, window.count_max), (91, 15));
    // The shell sent ten of them; a clone had sent those ten and others after them.
    sender.on_answer(ticket, acked(100, 110), 0, 0);
    assert_eq!(sender.status().acked_through, 90, "110 speaks of somebody else's records");
    let mut now_ms = 0;
    answer_questions(&mut sender, &mut now_ms, 100);
    assert_eq!(sender.status().state, State::Forked { shared: parent(E1, 100).expect("some") });
}

#[test]
fn records_that_an_older_process_sent_are_followed() {
    let mut sender = registered(120, 90);
    let (ticket, _) = send(&mut sender, 0);
    sender.on_answer(ticket, acked(100, 110), 0, 0);
    agree(&mut sender, 0);
    assert_eq!(send(&mut sender, 0).1.first_seq, 111);
}

#[test]
fn a_parent_that_is_another_record_at_the_cloud_is_looked_for_in_the_older_epoch() {
    let spans = vec![
        EpochSpan { epoch: E1, parent: None, last_seq: 10 },
        EpochSpan { epoch: E2, parent: parent(E1, 10), last_seq: 12 },
    ];
    let mut sender = Sender::new(spans).expect("a line");
    contact(&mut sender, 0, 10);
    let (ticket, epoch) = register(&mut sender, 0);
    assert_eq!(epoch, E2);
    sender.on_answer(ticket, Answer::Fork { at: Point { seq: 10, hash: hash(10, 4) } }, 0, 7);
    let (ticket, epoch) = register(&mut sender, 7);
    assert_eq!(epoch, E1);
    sender.on_answer(ticket, Answer::Registered { acked_through: 10, durable_through: 10 }, 7, 0);
    answer_questions(&mut sender, &mut 7, 4);
    let shared = parent(E1, 4).expect("some");
    assert_eq!(sender.status().state, State::Forked { shared });

    // The new epoch continues from before the second one's first record: the line leaves the second one.
    sender.open_epoch(EpochSpan { epoch: E3, parent: Some(shared), last_seq: 13 }).expect("a line");
    assert_eq!(sender.epochs.iter().map(|span| span.epoch).collect::<Vec<_>>(), [E1, E3]);
    assert_eq!(sender.epochs[0].last_seq, 4);
    let stranger = EpochSpan { epoch: E2, parent: parent(Epoch([9; 16]), 1), last_seq: 14 };
    assert_eq!(sender.open_epoch(stranger), Err(LineError::NotContinued { index: 2 }));
    assert!(matches!(sender.poll(7), Step::Register { epoch: E3, .. }), "nothing has changed");
}

#[test]
fn a_cloud_that_forgot_the_older_epochs_gets_them_again() {
    let spans = vec![
        EpochSpan { epoch: E1, parent: None, last_seq: 10 },
        EpochSpan { epoch: E2, parent: parent(E1, 0), last_seq: 12 },
    ];
    let mut sender = Sender::new(spans).expect("a line");
    contact(&mut sender, 0, 0);
    let (ticket, _) = register(&mut sender, 0);
    sender.on_answer(ticket, Answer::Gap { expected: 1 }, 0, 0);
    assert_eq!(register(&mut sender, 0).1, E1);
}

#[test]
fn lost_doubled_and_impossible_answers_in_the_middle_of_a_search_only_delay_it() {
    let mut sender = sender(100);
    let (ticket, _) = register(&mut sender, 0);
    let registered = Answer::Registered { acked_through: 100, durable_through: 100 };
    sender.on_answer(ticket, registered, 0, 0);
    let mut now_ms = 0;
    let mut past = vec![(ticket, registered)];
    let mut questions = 0;
    loop {
        match sender.poll(now_ms) {
            Step::AskHash { ticket, seq, .. } => {
                questions += 1;
                let answer = Answer::HashAt { ours: own(seq), theirs: Some(hash(seq, 37)) };
                if questions % 2 == 0 {
                    sender.on_answer(ticket, Answer::Failed, now_ms, 9);
                    let late = sender.clone();
                    sender.on_answer(ticket, answer, now_ms, 9);
                    assert_eq!(format!("{sender:?}"), format!("{late:?}"), "too late");
                } else {
                    sender.on_answer(ticket, answer, now_ms, 9);
                }
                past.push((ticket, answer));
                for (ticket, answer) in &past {
                    sender.on_answer(*ticket, *answer, now_ms, 9);
                }
            }
            Step::WaitUntil { at_ms } => now_ms = at_ms,
            Step::Idle => break,
            other => panic!("nothing else is asked for meanwhile: {other:?}"),
        }
    }
    assert_eq!(sender.status().state, State::Forked { shared: parent(E1, 37).expect("some") });

    // The cloud is restored while it is being asked: the search begins again with its new number.
    let mut sender = super::tests::sender(100);
    let (ticket, _) = register(&mut sender, 0);
    sender.on_answer(ticket, registered, 0, 0);
    let (ticket, seq) = ask(&mut sender, 0);
    sender.on_answer(ticket, Answer::HashAt { ours: own(seq), theirs: None }, 0, 5);
    contact(&mut sender, 5, 30);
    assert_eq!(send(&mut sender, 5).1.first_seq, 31);
}

#[test]
fn sales_during_a_search_do_not_disturb_it() {
    // Rolled back to 60; while the hub's head is compared it has sold two more.
    let mut sender = sender(60);
    let (ticket, _) = register(&mut sender, 0);
    sender.on_answer(ticket, Answer::Registered { acked_through: 100, durable_through: 100 }, 0, 0);
    sender.on_durable(62);
    answer_questions(&mut sender, &mut 0, 60);
    assert_eq!(sender.status().state, State::Forked { shared: parent(E1, 60).expect("some") });
    sender.on_durable(63);
    assert_eq!(sender.status().head_seq, 63);
    assert!(matches!(sender.status().state, State::Forked { .. }));
}
