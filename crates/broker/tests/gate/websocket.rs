//! The WebSocket door.

use std::time::Instant;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use holdfast_broker::{Delivery, Limits, Refusal, Transport};
use holdfast_domain::ids::TerminalId;
use holdfast_protocol::topics::Stream;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::io::{CopyToBytes, SinkWriter, StreamReader};

use crate::rig::{PATIENCE, Raw, Rig, SERVED_WITHIN, connect, open_limits, publish, till, until};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn open(rig: &Rig, headers: &[(&'static str, String)]) -> Result<Socket, Error> {
    let mut request = format!("ws://{}/mqtt", rig.http).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let (socket, _) = tokio_tungstenite::connect_async(request).await?;
    if let MaybeTlsStream::Plain(tcp) = socket.get_ref() {
        tcp.set_nodelay(true).unwrap();
    }
    Ok(socket)
}

fn mqtt() -> (&'static str, String) {
    ("sec-websocket-protocol", "mqtt".into())
}

/// Upgraded and silent.
pub async fn upgraded(rig: &Rig) -> Socket {
    open(rig, &[mqtt()]).await.unwrap()
}

/// A till that is in, by WebSocket.
pub async fn enter(
    rig: &Rig,
    till: TerminalId,
) -> Raw<impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + use<>> {
    let (sink, stream) = upgraded(rig).await.split();
    let incoming = stream.filter_map(|message| async {
        match message {
            Ok(Message::Binary(bytes)) => Some(Ok(bytes)),
            Ok(Message::Text(_)) => panic!("MQTT comes in binary messages"),
            Ok(_) => None,
            Err(error) => Some(Err(std::io::Error::other(error))),
        }
    });
    let outgoing = sink
        .sink_map_err(std::io::Error::other)
        .with(|bytes: Bytes| std::future::ready(Ok::<_, std::io::Error>(Message::Binary(bytes))));
    let stream =
        tokio::io::join(StreamReader::new(Box::pin(incoming)), SinkWriter::new(CopyToBytes::new(outgoing)));
    let mut raw = Raw::new(stream);
    raw.send(&connect(till).bytes()).await;
    assert_eq!(raw.packet().await.expect("a CONNACK"), [0x20, 2, 0, 0]);
    raw
}

/// A till is served by WebSocket in time.
pub async fn is_served(rig: &Rig) {
    let start = Instant::now();
    let mut raw = enter(rig, till(0xeb)).await;
    raw.command_and_reply(&rig.topics, till(0xeb), b"over the web").await;
    assert!(start.elapsed() < SERVED_WITHIN, "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_in_a_browser_is_served_like_any_other() {
    let rig = Rig::start(open_limits()).await;
    is_served(&rig).await;
    let mut raw = enter(&rig, till(1)).await;
    let large = vec![b'x'; 240 * 1024];
    raw.command_and_reply(&rig.topics, till(1), &large).await;
    raw.subscribe(&rig.topics.stream(Stream::Catalog), 1).await;
    rig.gate.publish(Stream::Catalog, Bytes::from_static(b"{\"version\":\"7\"}"));
    let (topic, payload) = raw.message().await.unwrap();
    assert_eq!((topic, &payload[..]), (rig.topics.stream(Stream::Catalog), &b"{\"version\":\"7\"}"[..]));
    assert_eq!(rig.gate.event(till(1), Bytes::new()), Delivery::NotSubscribed);
    let present = rig.gate.present();
    assert!(
        present.iter().any(|p| p.session.transport == Transport::WebSocket && p.session.terminal == till(1))
    );
    // The same till by the other door takes over.
    let mut other = rig.enter(till(1)).await;
    assert!(raw.is_closed().await);
    other.command_and_reply(&rig.topics, till(1), b"moved").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn packets_need_not_line_up_with_messages() {
    let rig = Rig::start(open_limits()).await;
    let mut socket = upgraded(&rig).await;
    let mut bytes = connect(till(1)).bytes();
    bytes.extend(publish(&rig.topics.command(till(1)), 0, false, b"in pieces"));
    bytes.extend(publish(&rig.topics.command(till(1)), 0, false, b"and together"));
    for piece in bytes.chunks(7) {
        socket.send(Message::Binary(Bytes::copy_from_slice(piece))).await.unwrap();
        socket.send(Message::Ping(Bytes::new())).await.unwrap();
    }
    until("both commands came", || rig.hub.commands() == ["in pieces", "and together"]).await;
    socket.close(None).await.unwrap();
    until("it left", || rig.metrics().connected == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_sites_other_protocols_and_text_are_refused() {
    let rig =
        Rig::start(Limits { allowed_origins: vec!["https://tablet.example".into()], ..open_limits() }).await;
    let own = ("origin", format!("http://{}", rig.http));
    for origin in [None, Some(own.clone()), Some(("origin", "https://tablet.example".into()))] {
        let headers: Vec<_> = std::iter::once(mqtt()).chain(origin).collect();
        open(&rig, &headers).await.expect("our own pages and programs may");
    }
    for foreign in ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1"] {
        let refused = open(&rig, &[mqtt(), ("origin", foreign.into())]).await.expect_err(foreign);
        let Error::Http(response) = refused else { panic!("{refused:?}") };
        assert_eq!(response.status(), 403);
    }
    assert_eq!(rig.refused(Refusal::Origin), 4);
    for protocol in [None, Some(("sec-websocket-protocol", "chat".to_owned()))] {
        let headers: Vec<_> = protocol.into_iter().collect();
        let Err(Error::Http(response)) = open(&rig, &headers).await else { panic!("{headers:?}") };
        assert_eq!(response.status(), 400);
    }
    assert_eq!(rig.refused(Refusal::Subprotocol), 2);
    let mut text = upgraded(&rig).await;
    text.send(Message::Text("CONNECT".into())).await.unwrap();
    let end = tokio::time::timeout(PATIENCE, async { while let Some(Ok(_)) = text.next().await {} }).await;
    end.expect("the gate closes");
    assert_eq!(rig.refused(Refusal::Malformed), 1);
    is_served(&rig).await;
}
