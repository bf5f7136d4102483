//! What flows: commands and replies at their largest, the store's streams in order, queues that overflow.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use holdfast_broker::{Delivery, DisconnectReason, Limits, Refusal};
use holdfast_protocol::topics::Stream;

use crate::rig::{Rig, open_limits, publish, till, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_240_kib_comes_back_whole_and_one_of_257_kib_ends_the_connection() {
    let rig = Rig::start(open_limits()).await;
    let command = rig.topics.command(till(1));
    let mut raw = rig.enter(till(1)).await;
    let large: Vec<u8> = (0..240 * 1024_u32).map(|i| (i % 251) as u8).collect();
    raw.command_and_reply(&rig.topics, till(1), &large).await;
    // To the byte: the bound is on what stands behind the fixed header. The echo of it is too large by the two
    // letters that `reply` is longer than `cmd`.
    let room = 256 * 1024 - command.len() - 4;
    raw.send(&publish(&command, 1, false, &large.repeat(2)[..room])).await;
    assert_eq!(raw.packet().await.unwrap(), [0x40, 2, 0, 1]);
    until("the largest command was handed over", || rig.hub.commands().last().unwrap().len() == room).await;
    raw.send(&publish(&command, 1, false, &vec![0; 257 * 1024])).await;
    while let Some(packet) = raw.packet().await {
        assert_ne!(packet[0], 0x40, "the packet that is too large is not acknowledged");
    }
    assert_eq!(rig.refused(Refusal::PacketTooLarge), 1);
    assert_eq!(rig.hub.commands().len(), 2);
    // And in the other direction.
    let mut raw = rig.enter(till(1)).await;
    raw.subscribe(&rig.topics.reply(till(1)), 1).await;
    let too_large = Bytes::from(vec![0; 257 * 1024]);
    assert_eq!(rig.gate.reply(till(1), None, too_large.clone()), Delivery::TooLarge);
    rig.gate.publish(Stream::Stock, too_large);
    assert_eq!(rig.metrics().outbound_too_large, 3);
    rig.still_serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_a_till_is_known_it_may_send_a_kibibyte() {
    let rig = Rig::start(open_limits()).await;
    let mut raw = rig.raw().await;
    // The length alone is enough; the megabytes need not come.
    raw.send(&[0x10, 0x80, 0x80, 0x40]).await;
    assert!(raw.is_closed().await);
    assert_eq!(rig.refused(Refusal::PacketTooLarge), 1);
    rig.still_serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_twenty_thousand_reaches_every_reader_in_order_without_a_gap() {
    const MESSAGES: u32 = 20_000;
    let rig = Rig::start(Limits {
        publish_queue_packets_max: MESSAGES as usize,
        outbound_queue_packets_max: MESSAGES as usize,
        unacked_packets_max: 60_000,
        ..open_limits()
    })
    .await;
    let stock = rig.topics.stream(Stream::Stock);
    let all = stock.replace("/stock", "/+");
    let mut readers = Vec::new();
    for (n, filter, qos) in [(1, &stock, 0), (2, &stock, 1), (3, &all, 1)] {
        let mut raw = rig.enter(till(n)).await;
        raw.subscribe(filter, qos).await;
        readers.push(raw);
    }
    // It hears of nothing, for it has not asked.
    let mut deaf = rig.enter(till(4)).await;
    let gate = rig.gate.clone();
    let publisher = std::thread::spawn(move || {
        for number in 0..MESSAGES {
            gate.publish(Stream::Stock, Bytes::from(number.to_string()));
        }
    });
    let reading = readers.into_iter().map(|mut raw| {
        let stock = stock.clone();
        tokio::spawn(async move {
            for number in 0..MESSAGES {
                let (topic, payload) = raw.message().await.expect("still connected");
                assert_eq!((topic, payload), (stock.clone(), number.to_string().into_bytes()));
            }
        })
    });
    for reader in futures::future::join_all(reading).await {
        reader.unwrap();
    }
    publisher.join().unwrap();
    let metrics = rig.metrics();
    assert_eq!((metrics.published, metrics.fanned_out), (u64::from(MESSAGES), u64::from(MESSAGES)));
    assert_eq!(metrics.publish_dropped, 0);
    deaf.send(&[0xc0, 0]).await;
    assert_eq!(deaf.packet().await.unwrap(), [0xd0, 0], "nothing came before the answer to the ping");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_hears_what_it_asked_for_and_no_longer_once_it_asks_no_more() {
    let rig = Rig::start(open_limits()).await;
    let mut raw = rig.enter(till(1)).await;
    let reply = |payload: &'static str| rig.gate.reply(till(1), None, Bytes::from_static(payload.as_bytes()));
    assert_eq!(reply("early"), Delivery::NotSubscribed);
    raw.subscribe(&rig.topics.event(till(1)).replace("/event", "/#"), 1).await;
    assert_eq!(reply("first"), Delivery::Queued);
    assert_eq!(rig.gate.event(till(1), Bytes::from_static(b"progress")), Delivery::Queued);
    assert_eq!(raw.message().await.unwrap(), (rig.topics.reply(till(1)), b"first".to_vec()));
    assert_eq!(raw.message().await.unwrap(), (rig.topics.event(till(1)), b"progress".to_vec()));
    let filter = rig.topics.event(till(1)).replace("/event", "/#");
    raw.send(&crate::rig::frame(0xa2, &[&[0, 9][..], &crate::rig::text(&filter)].concat())).await;
    assert_eq!(raw.packet().await.unwrap(), [0xb0, 2, 0, 9]);
    assert_eq!(reply("late"), Delivery::NotSubscribed);
    assert_eq!(rig.gate.reply(till(2), None, Bytes::new()), Delivery::NotConnected);
    assert_eq!(rig.metrics().undeliverable, 3);
    assert!(rig.gate.present().iter().all(|p| !p.hears_replies));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_that_does_not_read_is_closed_and_nobody_waits_for_it() {
    let rig = Arc::new(
        Rig::start(Limits {
            outbound_queue_bytes_max: 512 * 1024,
            unacked_packets_max: 60_000,
            ..open_limits()
        })
        .await,
    );
    let mut slow = rig.enter(till(1)).await;
    slow.subscribe(&rig.topics.reply(till(1)), 1).await;
    slow.subscribe(&rig.topics.stream(Stream::Status), 1).await;
    let mut well = rig.enter(till(2)).await;
    well.subscribe(&rig.topics.stream(Stream::Status), 1).await;
    let reader = tokio::spawn(async move {
        let mut count = 0_u32;
        while let Some((_, payload)) = well.message().await {
            if payload.is_empty() {
                break;
            }
            count += 1;
        }
        count
    });
    // Replies until its queue is full. The kernel's buffers take some megabytes first.
    let payload = Bytes::from(vec![b'x'; 64 * 1024]);
    let mut sent = 0_u32;
    loop {
        match rig.gate.reply(till(1), Some(1), payload.clone()) {
            Delivery::Queued => sent += 1,
            delivery => {
                assert_eq!(delivery, Delivery::Overflow);
                break;
            }
        }
        assert!(sent < 10_000, "the queue has an end");
        tokio::task::yield_now().await;
    }
    until("its end was told", || rig.hub.end_of(1) == Some(DisconnectReason::Overflow)).await;
    assert_eq!(rig.gate.reply(till(1), Some(1), payload.clone()), Delivery::NotConnected);
    rig.still_serves().await;
    // And by the streams; the other reader gets every message meanwhile.
    let mut slow = rig.enter(till(1)).await;
    slow.subscribe(&rig.topics.stream(Stream::Status), 0).await;
    let mut published = 0_u32;
    while rig.metrics().overflows < 2 {
        rig.gate.publish(Stream::Status, payload.clone());
        published += 1;
        assert!(published < 10_000, "the queue has an end");
        until("the router gave it out", || rig.metrics().fanned_out == u64::from(published)).await;
        let other = rig.gate.present().into_iter().find(|p| p.session.terminal == till(2));
        let others_queue = other.expect("the reader that reads stays").queued_packets;
        if others_queue > 2 {
            tokio::time::timeout(Duration::from_secs(5), async {
                while rig.gate.present().iter().any(|p| p.session.terminal == till(2) && p.queued_packets > 2)
                {
                    tokio::task::yield_now().await;
                }
            })
            .await
            .expect("the reader that reads keeps up");
        }
    }
    rig.gate.publish(Stream::Status, Bytes::new());
    assert_eq!(reader.await.unwrap(), published);
    // The slow one finds what was on its way, then the end.
    while slow.packet().await.is_some() {}
    rig.still_serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_that_acknowledges_nothing_is_closed_at_the_bound_and_one_that_does_is_not() {
    let rig = Rig::start(Limits { unacked_packets_max: 10, ..open_limits() }).await;
    let mut raw = rig.enter(till(1)).await;
    raw.subscribe(&rig.topics.event(till(1)), 1).await;
    for round in 0..100_u32 {
        assert_eq!(rig.gate.event(till(1), Bytes::from_static(b"e")), Delivery::Queued, "{round}");
        let packet = raw.packet().await.unwrap();
        let id_at = 4 + rig.topics.event(till(1)).len();
        raw.send(&[0x40, 2, packet[id_at], packet[id_at + 1], 0xc0, 0]).await;
        assert_eq!(raw.packet().await.unwrap(), [0xd0, 0]);
    }
    let deliveries = (0..11).map(|_| rig.gate.event(till(1), Bytes::from_static(b"e")));
    assert_eq!(deliveries.filter(|d| *d == Delivery::Overflow).count(), 1);
    until("its end was told", || rig.hub.end_of(1) == Some(DisconnectReason::Overflow)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_over_its_rate_is_closed_and_the_others_are_served() {
    let limits = Limits {
        per_till_packets_per_second_max: 100,
        per_till_packets_burst: 50,
        filters_per_subscribe_max: 4,
        ..open_limits()
    };
    let rig = Rig::start(limits).await;
    let mut flood = rig.enter(till(1)).await;
    let one = publish(&rig.topics.command(till(1)), 0, false, b"x");
    flood.send(&one.repeat(200)).await;
    while flood.packet().await.is_some() {}
    assert_eq!(rig.hub.end_of(1), Some(DisconnectReason::Refused(Refusal::Rate)));
    let passed = rig.hub.commands().len();
    assert!((50..100).contains(&passed), "{passed} passed");
    let mut many = rig.enter(till(1)).await;
    let filter = [crate::rig::text(&rig.topics.reply(till(1))), vec![1]].concat();
    many.send(&crate::rig::frame(0x82, &[&[0, 1][..], &filter.repeat(5)].concat())).await;
    assert!(many.is_closed().await);
    rig.still_serves().await;
}
