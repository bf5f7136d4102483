//! Every way in which rumqttd's own listeners were brought down, and a few more, against the gate. After each, a till
//! that was never here must be served within a second.

use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use holdfast_broker::{DisconnectReason, Limits, Refusal};
use holdfast_protocol::topics::Stream;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::rig::{Rig, connect, frame, open_limits, publish, subscribe, text, till, until};

#[tokio::test(flavor = "multi_thread")]
async fn idle_and_half_done_tls_handshakes_hold_nobody_up_and_end_in_time() {
    let timeout = Duration::from_millis(600);
    let rig = Rig::start(Limits { handshake_timeout: timeout, ..open_limits() }).await;
    let idle = join_all((0..20).map(|_| rig.tcp())).await;
    let mut half = rig.tcp().await;
    half.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]).await.unwrap();
    let _tls_without_connect = join_all((0..5).map(|_| rig.raw())).await;
    until("26 handshakes are open", || rig.metrics().handshakes == 26).await;
    rig.still_serves().await;
    until("all of them were ended", || rig.metrics().handshakes == 0).await;
    assert_eq!(rig.refused(Refusal::HandshakeTimeout), 26);
    drop((idle, half));
    rig.still_serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_websocket_handshakes_hold_nobody_up() {
    let rig = Rig::start(Limits { handshake_timeout: Duration::from_millis(600), ..open_limits() }).await;
    let _no_request = join_all((0..20).map(|_| TcpStream::connect(rig.http))).await;
    let mut half = TcpStream::connect(rig.http).await.unwrap();
    half.write_all(b"GET /mqtt HTTP/1.1\r\nHost: hub\r\nUpgrade: web").await.unwrap();
    let _upgraded = join_all((0..5).map(|_| crate::websocket::upgraded(&rig))).await;
    until("five upgraded and say nothing", || rig.metrics().handshakes == 5).await;
    rig.still_serves().await;
    crate::websocket::is_served(&rig).await;
    until("they were ended", || rig.metrics().handshakes == 0).await;
    assert_eq!(rig.refused(Refusal::HandshakeTimeout), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_device_that_holds_all_its_handshakes_keeps_no_other_device_out() {
    let limits = Limits {
        handshakes_per_ip_max: 8,
        connects_per_ip_per_second: 1,
        connects_per_ip_burst: 40,
        ..Limits::default()
    };
    let rig = Rig::start(limits).await;
    let mut held = Vec::new();
    for _ in 0..30 {
        held.push(rig.tcp().await);
    }
    until("the share is used up", || rig.refused(Refusal::PeerHandshakesFull) == 22).await;
    let other_device = Ipv4Addr::new(127, 0, 0, 2);
    let mut raw = crate::rig::Raw::new(rig.tls_from(other_device).await);
    raw.send(&connect(till(1)).bytes()).await;
    assert_eq!(raw.packet().await.unwrap(), [0x20, 2, 0, 0]);
    raw.command_and_reply(&rig.topics, till(1), b"x").await;
    drop(held);
    until("the places are free again", || rig.metrics().handshakes == 0).await;
    let mut refused = 0;
    while rig.refused(Refusal::ConnectRate) == 0 {
        refused += 1;
        assert!(refused < 100, "the rate of one device is bounded");
        drop(rig.tcp().await);
        until("it was seen", || rig.metrics().accepted == 31 + refused).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_client_ids_are_refused_one_by_one() {
    let rig = Rig::start(open_limits()).await;
    let good = till(1).to_string();
    let ids = ["", "+", "#", "a/b", "$SYS", "\0", "gate-publisher", "gate-subscriber", &good.to_uppercase()];
    for (index, id) in ids.iter().enumerate() {
        for _ in 0..2 {
            let mut raw = rig.raw().await;
            let parts = connect(till(1));
            let parts = crate::rig::ConnectParts {
                client_id: (*id).to_owned(),
                username: Some((*id).to_owned()),
                ..parts
            };
            raw.send(&parts.bytes()).await;
            assert_eq!(raw.packet().await, Some(vec![0x20, 2, 0, 2]), "{id:?}");
            assert!(raw.is_closed().await);
        }
        assert_eq!(rig.refused(Refusal::Identity), 2 * (index as u64 + 1));
        rig.still_serves().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_at_any_moment_is_nobody_elses_business() {
    let rig = Rig::start(open_limits()).await;
    let topics = rig.topics;
    for round in 0..30_usize {
        let mut raw = rig.raw().await;
        let mut bytes = connect(till(1)).bytes();
        bytes.extend(subscribe(&topics.reply(till(1)), 1));
        bytes.extend(publish(&topics.command(till(1)), 1, false, b"x"));
        let cut = if round < 3 { bytes.len() } else { bytes.len() * round / 30 };
        raw.send(&bytes[..cut]).await;
        // A close with SO_LINGER zero is a reset.
        let (socket, _) = raw.into_stream().into_inner();
        socket.set_zero_linger().unwrap();
        drop(socket);
    }
    until("all are gone", || rig.metrics().connected == 0 && rig.metrics().handshakes == 0).await;
    rig.still_serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_is_told_so_and_the_others_stay() {
    let rig = Rig::start(Limits { connections_max: 3, ..open_limits() }).await;
    let mut inside = Vec::new();
    for n in 1..=3 {
        inside.push(rig.enter(till(n)).await);
    }
    for _ in 0..5 {
        let mut raw = rig.raw().await;
        raw.send(&connect(till(9)).bytes()).await;
        assert_eq!(raw.packet().await.unwrap(), [0x20, 2, 0, 3]);
        assert!(raw.is_closed().await);
    }
    assert_eq!(rig.refused(Refusal::ConnectionsFull), 5);
    for (n, raw) in (1..=3).zip(&mut inside) {
        raw.command_and_reply(&rig.topics, till(n), b"still here").await;
    }
    // A till that is in may come again although the house is full.
    let mut again = rig.enter(till(1)).await;
    again.command_and_reply(&rig.topics, till(1), b"again").await;
    drop(inside);
    until("there is room", || rig.metrics().connected == 1).await;
    rig.still_serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_consumers_goodbye_is_just_a_goodbye() {
    let rig = Rig::start(open_limits()).await;
    let mut slow = rig.enter(till(1)).await;
    slow.subscribe(&rig.topics.stream(Stream::Orders), 1).await;
    for _ in 0..500 {
        rig.gate.publish(Stream::Orders, Bytes::from(vec![b'x'; 2_000]));
    }
    slow.send(&[0xe0, 0]).await;
    until("it left", || rig.hub.end_of(1) == Some(DisconnectReason::Left)).await;
    rig.still_serves().await;
    let metrics = rig.metrics();
    assert_eq!((metrics.overflows, metrics.router_restarts), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn mqtt_5_and_its_properties_are_refused() {
    let rig = Rig::start(open_limits()).await;
    for (protocol, level) in
        [("MQTT", 5), ("MQTT", 3), ("MQTT", 0), ("MQTT", 255), ("MQIsdp", 3), ("HTTP", 4)]
    {
        let mut raw = rig.raw().await;
        raw.send(&crate::rig::ConnectParts { protocol, level, ..connect(till(1)) }.bytes()).await;
        assert_eq!(raw.packet().await, Some(vec![0x20, 2, 0, 1]), "{protocol} {level}");
        assert!(raw.is_closed().await);
        rig.still_serves().await;
    }
    assert_eq!(rig.refused(Refusal::ProtocolVersion), 6);
    // A 3.1.1 session into which MQTT 5 packets are sent.
    let filter = text(&rig.topics.reply(till(1)));
    let subscribe_5 = [&[0, 2, 2, 0x0b, 1][..], &filter, &[1]].concat();
    for packet in [frame(0x82, &subscribe_5), frame(0xe0, &[0x04, 0]), frame(0xf0, &[0, 0])] {
        let mut raw = rig.enter(till(1)).await;
        raw.send(&packet).await;
        assert!(raw.is_closed().await, "{packet:02x?}");
        rig.still_serves().await;
    }
    assert_eq!(rig.refused(Refusal::Malformed), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn packets_that_drip_in_byte_by_byte_buy_no_time() {
    let rig = Rig::start(Limits { handshake_timeout: Duration::from_millis(800), ..open_limits() }).await;
    let mut before_connect = rig.raw().await;
    let mut inside = rig.raw().await;
    let parts = crate::rig::ConnectParts { keep_alive: 1, ..connect(till(1)) };
    inside.send(&parts.bytes()).await;
    inside.packet().await.unwrap();
    let start = tokio::time::Instant::now();
    let (first, second) = tokio::join!(
        drip(&mut before_connect, connect(till(2)).bytes(), start),
        drip(&mut inside, publish(&rig.topics.command(till(1)), 1, false, &[b'x'; 500]), start),
    );
    assert!(first < Duration::from_millis(1_500), "the handshake took {first:?}");
    assert!((1_400..2_600).contains(&second.as_millis()), "1.5 times a second of silence took {second:?}");
    assert_eq!(rig.refused(Refusal::HandshakeTimeout), 1);
    assert_eq!(rig.hub.end_of(1), Some(DisconnectReason::KeepAliveExpired));
    assert_eq!(rig.metrics().keep_alive_expired, 1);
    rig.still_serves().await;
}

/// Sends a byte every 20 ms and says after how long the gate closed.
async fn drip<S>(raw: &mut crate::rig::Raw<S>, bytes: Vec<u8>, start: tokio::time::Instant) -> Duration
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut bytes = bytes.into_iter();
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    loop {
        pace.tick().await;
        raw.send(&[bytes.next().expect("the gate closes before the packet is whole")]).await;
        if let Ok(true) = tokio::time::timeout(Duration::from_millis(1), raw.is_closed()).await {
            return start.elapsed();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn qos_2_in_any_packet_ends_the_connection() {
    let rig = Rig::start(open_limits()).await;
    let command = rig.topics.command(till(1));
    let packets = [
        publish(&command, 2, false, b"x"),
        frame(0x50, &[0, 1]), // PUBREC
        frame(0x62, &[0, 1]), // PUBREL
        frame(0x70, &[0, 1]), // PUBCOMP
    ];
    for packet in &packets {
        let mut raw = rig.enter(till(1)).await;
        raw.send(packet).await;
        raw.send(packet).await;
        assert!(raw.is_closed().await, "{packet:02x?}");
        rig.still_serves().await;
    }
    assert_eq!(rig.refused(Refusal::QosTwo), packets.len() as u64);
    assert!(rig.hub.commands().iter().all(|c| c != "x"));
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_subscriptions_are_refused_and_leaving_one_is_harmless() {
    let rig = Rig::start(open_limits()).await;
    let shared = format!("$share/group/{}", rig.topics.stream(Stream::Stock));
    let mut members = Vec::new();
    for n in 1..=3 {
        let mut raw = rig.enter(till(n)).await;
        raw.send(&subscribe(&shared, 1)).await;
        assert_eq!(raw.packet().await.unwrap(), [0x90, 3, 0, 2, 0x80]);
        members.push(raw);
    }
    rig.gate.publish(Stream::Stock, Bytes::from_static(b"{}"));
    members[0].send(&frame(0xa2, &[&[0, 3][..], &text(&shared)].concat())).await;
    assert_eq!(members[0].packet().await.unwrap(), [0xb0, 2, 0, 3]);
    members.pop();
    rig.gate.publish(Stream::Stock, Bytes::from_static(b"{}"));
    members.clear();
    until("the router gave both out", || rig.metrics().fanned_out == 2).await;
    assert_eq!(rig.refused(Refusal::SharedSubscription), 3);
    rig.still_serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_panics_takes_its_own_connection_only() {
    let rig = Rig::start(open_limits()).await;
    let mut raw = rig.enter(till(1)).await;
    raw.send(&publish(&rig.topics.command(till(1)), 0, false, b"panic")).await;
    assert!(raw.is_closed().await);
    until("its end was told", || rig.hub.end_of(1) == Some(DisconnectReason::Lost)).await;
    assert_eq!(rig.metrics().connected, 0);
    rig.still_serves().await;
    let mut raw = rig.enter(till(1)).await;
    raw.command_and_reply(&rig.topics, till(1), b"the same till is welcome").await;
}
