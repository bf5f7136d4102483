//! How sessions begin and end, and what the hub hears of it.

use bytes::Bytes;
use futures::future::join_all;
use holdfast_broker::{Delivery, Denied, DisconnectReason, Gate, GateError, Limits, Refusal, Transport};

use crate::rig::{ConnectParts, Rig, Seen, connect, open_limits, publish, till, until};

#[tokio::test(flavor = "multi_thread")]
async fn the_second_connection_of_a_till_takes_over_from_the_first() {
    let rig = Rig::start(open_limits()).await;
    let mut first = rig.enter(till(1)).await;
    first.subscribe(&rig.topics.reply(till(1)), 1).await;
    let mut second = rig.enter(till(1)).await;
    assert!(first.is_closed().await);
    second.subscribe(&rig.topics.reply(till(1)), 0).await;
    assert_eq!(rig.gate.reply(till(1), Some(1), Bytes::from_static(b"a")), Delivery::NotConnected);
    assert_eq!(rig.gate.reply(till(1), Some(2), Bytes::from_static(b"b")), Delivery::Queued);
    assert_eq!(second.message().await.unwrap().1, b"b");
    let present = rig.gate.present();
    assert_eq!(present.len(), 1);
    let session = present[0].session;
    assert_eq!((session.connection, session.transport, session.terminal), (2, Transport::Tls, till(1)));
    let told: Vec<_> = rig
        .hub
        .seen()
        .into_iter()
        .map(|seen| match seen {
            Seen::Connected(s) => (s.connection, None),
            Seen::Disconnected(s, reason) => (s.connection, Some(reason)),
            Seen::Command(..) => unreachable!("there was none"),
        })
        .collect();
    assert_eq!(told, [(1, None), (1, Some(DisconnectReason::TakenOver)), (2, None)]);
    assert_eq!(rig.metrics().takeovers, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_takeovers_is_told_in_order_and_leaves_one() {
    let rig = Rig::start(open_limits()).await;
    let command = rig.topics.command(till(1));
    let storm = join_all((0..60).map(|_| async {
        let mut raw = rig.raw().await;
        let mut bytes = connect(till(1)).bytes();
        for _ in 0..5 {
            bytes.extend(publish(&command, 0, false, b"x"));
        }
        raw.send(&bytes).await;
        raw
    }))
    .await;
    until("one is left", || rig.metrics().sessions == 60 && rig.metrics().takeovers == 59).await;
    // One after the other: whoever is told of as connected is the only one until its end is told.
    let mut inside = None;
    for seen in rig.hub.seen() {
        match seen {
            Seen::Connected(session) => assert_eq!(inside.replace(session.connection), None),
            Seen::Command(session, _) => assert_eq!(inside, Some(session.connection)),
            Seen::Disconnected(session, _) => assert_eq!(inside.take(), Some(session.connection)),
        }
    }
    assert_eq!(rig.gate.present().len(), 1);
    drop(storm);
    until("all are gone", || rig.metrics().connected == 0).await;
    rig.still_serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_till_is_out_at_once_and_does_not_come_back() {
    let rig = Rig::start(open_limits()).await;
    let mut raw = rig.enter(till(1)).await;
    rig.enrolled.denied.lock().unwrap().insert(till(1), Denied::Revoked);
    assert!(rig.gate.disconnect(till(1), DisconnectReason::Revoked));
    raw.send(&publish(&rig.topics.command(till(1)), 0, false, b"too late")).await;
    assert!(raw.is_closed().await);
    until("its end was told", || rig.hub.end_of(1) == Some(DisconnectReason::Revoked)).await;
    assert!(rig.hub.commands().is_empty());
    assert!(!rig.gate.disconnect(till(1), DisconnectReason::Revoked));
    let mut raw = rig.raw().await;
    raw.send(&connect(till(1)).bytes()).await;
    assert_eq!(raw.packet().await.unwrap(), [0x20, 2, 0, 5]);
    assert!(raw.is_closed().await);
    assert_eq!(rig.refused(Refusal::CredentialRevoked), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_a_client_says_it_is_must_hold_in_every_part() {
    let rig = Rig::start(open_limits()).await;
    rig.enrolled.denied.lock().unwrap().insert(till(8), Denied::UnknownTerminal);
    let me = connect(till(1));
    let id = me.client_id.clone();
    let other = till(2).to_string();
    let will = |topic: &str, qos, retain| Some((topic.to_owned(), qos, retain));
    let command = rig.topics.command(till(1));
    let mut cases = vec![
        (ConnectParts { clean: false, ..me.clone() }, 0),
        (ConnectParts { keep_alive: 0, ..me.clone() }, 0),
        (ConnectParts { client_id: other.clone(), ..me.clone() }, 2),
        (ConnectParts { username: Some(other.clone()), ..me.clone() }, 2),
        (ConnectParts { username: None, password: None, ..me.clone() }, 2),
        (ConnectParts { client_id: id.replace('-', ""), ..me.clone() }, 2),
        (
            ConnectParts {
                client_id: format!("{{{id}}}"),
                username: Some(format!("{{{id}}}")),
                ..me.clone()
            },
            2,
        ),
        (ConnectParts { client_id: format!("urn:uuid:{id}"), username: Some(id.clone()), ..me.clone() }, 2),
        (ConnectParts { password: None, ..me.clone() }, 5),
        (ConnectParts { password: Some(String::new()), ..me.clone() }, 5),
        (ConnectParts { password: Some(crate::rig::secret(till(2))), ..me.clone() }, 5),
        (ConnectParts { client_id: other.clone(), username: Some(other), ..me.clone() }, 5),
        (connect(till(8)), 5),
    ];
    for topic in [command.as_str(), "a", "", "#", "hf/1/x/store/stock"] {
        for qos in 0..=2 {
            for retain in [false, true] {
                cases.push((ConnectParts { will: will(topic, qos, retain), ..me.clone() }, 5));
            }
        }
    }
    let mut refused = 0;
    for (parts, code) in cases {
        let mut raw = rig.raw().await;
        raw.send(&parts.bytes()).await;
        assert_eq!(raw.packet().await, Some(vec![0x20, 2, 0, code]), "{parts:?}");
        if code != 0 {
            refused += 1;
            assert!(raw.is_closed().await);
        }
    }
    let metrics = rig.metrics();
    assert_eq!(metrics.refusals.iter().map(|(_, count)| count).sum::<u64>(), refused);
    assert_eq!((metrics.refused(Refusal::Will), metrics.refused(Refusal::UnknownTerminal)), (30, 1));
    assert_eq!((metrics.refused(Refusal::WrongSecret), metrics.refused(Refusal::Identity)), (4, 6));
    assert_eq!(metrics.sessions, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_before_connect_or_after_it_again_ends_the_connection() {
    let rig = Rig::start(open_limits()).await;
    let command = rig.topics.command(till(1));
    for first in [
        &[0xc0, 0][..],
        &[0xe0, 0],
        &publish(&command, 0, false, b"x"),
        &[0x40, 2, 0, 1],
        b"GET / HTTP/1.1\r\n",
    ] {
        let mut raw = rig.raw().await;
        raw.send(first).await;
        assert!(raw.is_closed().await, "{first:02x?}");
    }
    let mut raw = rig.enter(till(1)).await;
    raw.send(&connect(till(1)).bytes()).await;
    assert!(raw.is_closed().await);
    assert!(rig.hub.commands().is_empty());
    rig.still_serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_sends_what_is_queued_and_ends_every_connection() {
    let rig = Rig::start(open_limits()).await;
    let mut raw = rig.enter(till(1)).await;
    raw.subscribe(&rig.topics.event(till(1)), 0).await;
    let mut silent = rig.raw().await;
    for n in 0..200_u32 {
        assert_eq!(rig.gate.event(till(1), Bytes::from(n.to_string())), Delivery::Queued);
    }
    rig.shutdown.cancel();
    let listening = rig.listening.lock().unwrap().take().unwrap();
    for n in 0..200_u32 {
        assert_eq!(raw.message().await.expect("it was queued").1, n.to_string().into_bytes());
    }
    assert!(raw.is_closed().await);
    while silent.packet().await.is_some() {}
    tokio::time::timeout(crate::rig::PATIENCE, listening).await.expect("the listener ends").unwrap();
    assert_eq!(rig.hub.end_of(1), Some(DisconnectReason::Shutdown));
    assert!(tokio::net::TcpStream::connect(rig.tls).await.is_err(), "the port is closed");
    // The other door is closed with the gate.
    let mut web = crate::websocket::enter(&rig, till(2)).await;
    tokio::time::timeout(crate::rig::PATIENCE, rig.gate.close()).await.expect("the gate closes");
    assert!(web.is_closed().await);
    assert_eq!(rig.hub.end_of(2), Some(DisconnectReason::Shutdown));
    assert!(rig.gate.present().is_empty());
}

#[tokio::test]
async fn limits_that_cannot_work_are_named() {
    let start = |limits| {
        let hub = std::sync::Arc::new(crate::rig::EchoHub::default());
        let enrolled = std::sync::Arc::new(crate::rig::Enrolled::default());
        Gate::start(holdfast_domain::ids::StoreId(till(1).0), limits, enrolled, hub)
    };
    let named = |limits| match start(limits) {
        Err(GateError::Limit { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    let limits = Limits::default;
    assert_eq!(named(Limits { connections_max: 0, ..limits() }), "connections_max");
    assert_eq!(named(Limits { stream_segment_bytes_max: 1_023, ..limits() }), "stream_segment_bytes_max");
    assert_eq!(named(Limits { unacked_packets_max: 65_536, ..limits() }), "unacked_packets_max");
    assert_eq!(named(Limits { per_till_bytes_burst: 1_000, ..limits() }), "per_till_bytes_burst");
    assert!(start(limits()).is_ok());
}
