//! A gate with a TLS port, an HTTP port for WebSockets, a hub that echoes commands, and a till that speaks raw MQTT.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::serve::ListenerExt;
use bytes::Bytes;
use holdfast_broker::{
    Authenticator, Commands, Denied, DisconnectReason, Gate, GateMetrics, Limits, Refusal, Session,
};
use holdfast_domain::ids::{StoreId, TerminalId, Uuid};
use holdfast_protocol::topics::Topics;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

/// How long anything that must happen may take before the test says that it does not.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How long an enrolled till may wait for its first answer while the gate is under attack.
pub const SERVED_WITHIN: Duration = Duration::from_secs(1);

pub fn till(n: u128) -> TerminalId {
    TerminalId(Uuid::from_u128(0xabcd_ef00_0000_7000_8000_0000_0000_0000 + n))
}

pub fn secret(till: TerminalId) -> String {
    format!("{}{}", till.0.simple(), till.0.simple())
}

/// What the hub saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    Connected(Session),
    Command(Session, Bytes),
    Disconnected(Session, DisconnectReason),
}

/// Writes down what it sees and echoes commands.
#[derive(Default)]
pub struct EchoHub {
    gate: OnceLock<Gate>,
    pub seen: Mutex<Vec<Seen>>,
}

impl EchoHub {
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn commands(&self) -> Vec<Bytes> {
        let command = |seen| if let Seen::Command(_, payload) = seen { Some(payload) } else { None };
        self.seen().into_iter().filter_map(command).collect()
    }

    pub fn end_of(&self, connection: u64) -> Option<DisconnectReason> {
        self.seen().into_iter().find_map(|seen| match seen {
            Seen::Disconnected(session, reason) if session.connection == connection => Some(reason),
            _ => None,
        })
    }
}

impl Commands for EchoHub {
    fn connected(&self, session: Session) {
        self.seen.lock().unwrap().push(Seen::Connected(session));
    }

    fn command(&self, session: Session, payload: Bytes) {
        self.seen.lock().unwrap().push(Seen::Command(session, payload.clone()));
        assert_ne!(&payload[..], b"panic", "a command that makes the hub's callback panic");
        if payload != "unanswered" {
            self.gate.get().unwrap().reply(session.terminal, Some(session.connection), payload);
        }
    }

    fn disconnected(&self, session: Session, reason: DisconnectReason) {
        self.seen.lock().unwrap().push(Seen::Disconnected(session, reason));
    }
}

/// Every till whose secret is `secret(till)` is enrolled, except those listed.
#[derive(Default)]
pub struct Enrolled {
    pub denied: Mutex<HashMap<TerminalId, Denied>>,
}

impl Authenticator for Enrolled {
    fn authenticate(&self, terminal: TerminalId, given: &[u8], _: SocketAddr) -> Result<(), Denied> {
        if let Some(denied) = self.denied.lock().unwrap().get(&terminal) {
            return Err(*denied);
        }
        if given == secret(terminal).as_bytes() { Ok(()) } else { Err(Denied::WrongSecret) }
    }
}

pub struct Rig {
    pub gate: Gate,
    pub hub: Arc<EchoHub>,
    pub enrolled: Arc<Enrolled>,
    pub topics: Topics,
    pub store: StoreId,
    pub tls: SocketAddr,
    pub http: SocketAddr,
    pub shutdown: CancellationToken,
    pub listening: Mutex<Option<tokio::task::JoinHandle<()>>>,
    pub certificate_pem: String,
    pub client: Arc<rustls::ClientConfig>,
}

/// Bounds on connects that tests from one address would meet are lifted; tests of those bounds set their own.
pub fn open_limits() -> Limits {
    Limits {
        connects_per_ip_per_second: 1_000_000,
        connects_per_ip_burst: 1_000_000,
        handshakes_per_ip_max: 128,
        ..Limits::default()
    }
}

impl Rig {
    pub async fn start(limits: Limits) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["localhost".into(), "127.0.0.1".into()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let der: CertificateDer<'static> = certificate.der().clone();
        let server = rustls::ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS13])
            .with_no_client_auth()
            .with_single_cert(vec![der.clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(der).unwrap();
        let client =
            Arc::new(rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());

        let store = StoreId(Uuid::from_u128(0x5107));
        let (hub, enrolled) = (Arc::new(EchoHub::default()), Arc::new(Enrolled::default()));
        let gate = Gate::start(store, limits, enrolled.clone(), hub.clone()).unwrap();
        hub.gate.set(gate.clone()).unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tls = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let listening = {
            let (gate, shutdown) = (gate.clone(), shutdown.clone());
            tokio::spawn(async move { gate.serve_tls(listener, Arc::new(server), shutdown).await })
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let http = listener.local_addr().unwrap();
        let app = axum::Router::new().route("/mqtt", axum::routing::any(upgrade)).with_state(gate.clone());
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let listener = listener.tap_io(|socket| socket.set_nodelay(true).unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });

        Self {
            gate,
            hub,
            enrolled,
            topics: Topics::new(store),
            store,
            tls,
            http,
            shutdown,
            listening: Mutex::new(Some(listening)),
            certificate_pem: certificate.pem(),
            client,
        }
    }

    pub fn metrics(&self) -> GateMetrics {
        self.gate.metrics()
    }

    pub fn refused(&self, refusal: Refusal) -> u64 {
        self.metrics().refused(refusal)
    }

    pub async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.tls).await.unwrap()
    }

    pub async fn tls_from(&self, source: Ipv4Addr) -> TlsStream<TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        // A bind takes a port from all destinations at once, and thousands of connections would use them up.
        if source != Ipv4Addr::LOCALHOST {
            socket.bind((IpAddr::V4(source), 0).into()).unwrap();
        }
        let socket = socket.connect(self.tls).await.unwrap();
        socket.set_nodelay(true).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(self.client.clone()).connect(name, socket).await.unwrap()
    }

    /// TLS is up, MQTT is not.
    pub async fn raw(&self) -> Raw<TlsStream<TcpStream>> {
        Raw::new(self.tls_from(Ipv4Addr::LOCALHOST).await)
    }

    /// An enrolled till that is in.
    pub async fn enter(&self, till: TerminalId) -> Raw<TlsStream<TcpStream>> {
        let mut raw = self.raw().await;
        raw.send(&connect(till).bytes()).await;
        assert_eq!(raw.packet().await.expect("a CONNACK"), [0x20, 2, 0, 0]);
        raw
    }

    /// An enrolled till connects, subscribes, commands and is answered; says how long that took.
    pub async fn serve(&self, till: TerminalId) -> Duration {
        let start = Instant::now();
        let mut raw = self.enter(till).await;
        raw.command_and_reply(&self.topics, till, b"are you there?").await;
        raw.send(&[0xe0, 0]).await;
        start.elapsed()
    }

    /// The proof after an attack: a till that was never here is served in time.
    pub async fn still_serves(&self) {
        let fresh = till(0xf0_0000 + u128::from(self.metrics().accepted));
        let took = tokio::time::timeout(PATIENCE, self.serve(fresh)).await.expect("a till is served");
        assert!(took < SERVED_WITHIN, "an enrolled till waited {took:?}");
    }
}

async fn upgrade(
    State(gate): State<Gate>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> axum::response::Response {
    gate.websocket(upgrade, &headers, peer)
}

/// Waits until `holds`, and says what it waited for if it never does.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The parts of a CONNECT, each free to be wrong.
#[derive(Debug, Clone)]
pub struct ConnectParts {
    pub protocol: &'static str,
    pub level: u8,
    pub clean: bool,
    pub keep_alive: u16,
    pub client_id: String,
    /// Topic, QoS, retain.
    pub will: Option<(String, u8, bool)>,
    pub username: Option<String>,
    pub password: Option<String>,
}

pub fn connect(till: TerminalId) -> ConnectParts {
    ConnectParts {
        protocol: "MQTT",
        level: 4,
        clean: true,
        keep_alive: 30,
        client_id: till.to_string(),
        will: None,
        username: Some(till.to_string()),
        password: Some(secret(till)),
    }
}

impl ConnectParts {
    pub fn bytes(&self) -> Vec<u8> {
        let mut flags = u8::from(self.clean) << 1;
        let mut body = text(self.protocol);
        let mut payload = text(&self.client_id);
        if let Some((topic, qos, retain)) = &self.will {
            flags |= 0x04 | qos << 3 | u8::from(*retain) << 5;
            payload.extend(text(topic));
            payload.extend(text("gone"));
        }
        if let Some(username) = &self.username {
            flags |= 0x80;
            payload.extend(text(username));
        }
        if let Some(password) = &self.password {
            flags |= 0x40;
            payload.extend(text(password));
        }
        body.extend([self.level, flags]);
        body.extend(self.keep_alive.to_be_bytes());
        if self.level == 5 {
            // A session expiry interval of one minute, as an MQTT 5 client would ask for.
            body.extend([5, 0x11, 0, 0, 0, 60]);
        }
        body.extend(payload);
        frame(0x10, &body)
    }
}

pub fn text(text: &str) -> Vec<u8> {
    let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

pub fn frame(byte1: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![byte1];
    let mut left = body.len();
    loop {
        let digit = u8::try_from(left % 128).unwrap();
        left /= 128;
        bytes.push(digit | if left > 0 { 0x80 } else { 0 });
        if left == 0 {
            break;
        }
    }
    bytes.extend(body);
    bytes
}

pub fn publish(topic: &str, qos: u8, retain: bool, payload: &[u8]) -> Vec<u8> {
    let mut body = text(topic);
    if qos > 0 {
        body.extend([0, 1]);
    }
    body.extend(payload);
    frame(0x30 | qos << 1 | u8::from(retain), &body)
}

pub fn subscribe(filter: &str, qos: u8) -> Vec<u8> {
    let mut body = vec![0, 2];
    body.extend(text(filter));
    body.push(qos);
    frame(0x82, &body)
}

/// A client that says exactly what it is told to.
pub struct Raw<S> {
    stream: S,
    buffer: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Raw<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    pub fn into_stream(self) -> S {
        self.stream
    }

    /// Sends; a peer that has closed already is not an error of the test.
    pub async fn send(&mut self, bytes: &[u8]) {
        if self.stream.write_all(bytes).await.is_ok() {
            let _ = self.stream.flush().await;
        }
    }

    /// The next whole packet, or `None` when the gate has closed the connection.
    pub async fn packet(&mut self) -> Option<Vec<u8>> {
        tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(length) = whole(&self.buffer) {
                    return Some(self.buffer.drain(..length).collect());
                }
                match self.stream.read_buf(&mut self.buffer).await {
                    Ok(0) | Err(_) => return None,
                    Ok(_) => {}
                }
            }
        })
        .await
        .expect("a packet or the end of the connection")
    }

    /// Closes its own side, so that a half-sent packet holds nothing up, and reads until the gate closes the other.
    pub async fn drain(&mut self) {
        let _ = self.stream.shutdown().await;
        while self.packet().await.is_some() {}
    }

    /// Whether the gate closes the connection without a further packet.
    pub async fn is_closed(&mut self) -> bool {
        self.packet().await.is_none()
    }

    pub async fn subscribe(&mut self, filter: &str, qos: u8) {
        self.send(&subscribe(filter, qos)).await;
        assert_eq!(self.packet().await.expect("a SUBACK"), [0x90, 3, 0, 2, qos], "{filter}");
    }

    pub async fn command_and_reply(&mut self, topics: &Topics, till: TerminalId, payload: &[u8]) {
        self.subscribe(&topics.reply(till), 1).await;
        self.send(&publish(&topics.command(till), 1, false, payload)).await;
        assert_eq!(self.packet().await.expect("a PUBACK"), [0x40, 2, 0, 1]);
        let (topic, reply) = self.message().await.expect("a reply");
        assert_eq!((topic.as_str(), &reply[..]), (topics.reply(till).as_str(), payload));
    }

    /// The next message as topic and payload.
    pub async fn message(&mut self) -> Option<(String, Vec<u8>)> {
        let packet = self.packet().await?;
        assert_eq!(packet[0] >> 4, 3, "a message, not {:02x?}", &packet[..packet.len().min(16)]);
        let mut at = 1;
        while packet[at] & 0x80 != 0 {
            at += 1;
        }
        at += 1;
        let topic_bytes = usize::from(u16::from_be_bytes([packet[at], packet[at + 1]]));
        at += 2;
        let topic = String::from_utf8(packet[at..at + topic_bytes].to_vec()).unwrap();
        at += topic_bytes;
        if packet[0] & 0b0110 != 0 {
            at += 2;
        }
        Some((topic, packet[at..].to_vec()))
    }
}

/// The length of the first packet in `bytes` if it is all there.
fn whole(bytes: &[u8]) -> Option<usize> {
    let mut length = 0;
    for (index, byte) in bytes.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let total = 2 + index + length;
            return (bytes.len() >= total).then_some(total);
        }
    }
    None
}
