//! The MQTT connection: connects, listens, reports, and comes back after a while. Knows nothing of requests.

use std::sync::Arc;
use std::time::Duration;

use holdfast_protocol::topics::Topics;
use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, MqttOptions, NetworkOptions, Packet,
    Publish, QoS, SubscribeFilter, SubscribeReasonCode, TlsConfiguration, Transport,
};
use tokio::sync::mpsc;

use super::{BackOff, Counters, Pace};
use crate::dice::Dice;
use crate::error::{TillError, with_causes};
use crate::identity::Identity;
use crate::tls;

/// The largest packet either way, in bytes: above every limit of the hub, so that the hub's limit is what counts.
const PACKET_BYTES_MAX: usize = 2 << 20;
/// Packets that may wait for the socket.
const OUTGOING_PACKETS_MAX: usize = 64;
/// How long connecting may take, TLS and CONNACK included.
const CONNECT_WITHIN_SECS: u64 = 10;

/// Where the hub's MQTT listener is and how it is spoken to.
#[derive(Clone)]
pub struct Address {
    host: String,
    port: u16,
    transport: Transport,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Address {
    /// The hub's listener as pairing named it, over TLS that trusts the store's authority alone.
    ///
    /// # Errors
    /// [`TillError::NotTheStore`] when what pairing gave cannot be used for TLS.
    pub fn of(identity: &Identity) -> Result<Self, TillError> {
        let (host, port) = identity.mqtt();
        let paired = identity.paired();
        let tls = tls::paired(&paired.ca_pem, &paired.server_name)?;
        let transport = Transport::tls_with_config(TlsConfiguration::Rustls(Arc::new(tls)));
        Ok(Self { host, port, transport })
    }

    /// A listener without TLS, for a hub that a test plays.
    #[cfg(test)]
    pub(crate) fn plain(port: u16) -> Self {
        Self { host: "127.0.0.1".to_owned(), port, transport: Transport::Tcp }
    }
}

/// What the connection reports.
#[derive(Debug)]
pub(super) enum LinkEvent {
    /// Connected and listening.
    Up(AsyncClient),
    Down {
        attempts: u32,
        why: String,
    },
    Message(Publish),
}

/// Connects and reports until nobody listens to the reports.
pub(super) async fn run(
    address: Address,
    identity: Arc<Identity>,
    pace: Pace,
    counters: Arc<Counters>,
    mut dice: Dice,
    reports: mpsc::Sender<LinkEvent>,
) {
    let mut back_off = BackOff::new(pace.reconnect_base, pace.reconnect_cap);
    loop {
        let why = match once(&address, &identity, pace.keep_alive, &counters, &mut back_off, &reports).await {
            Ended::NobodyListens => return,
            Ended::Failed(why) => why,
        };
        let wait = back_off.fail(&mut dice);
        if reports.send(LinkEvent::Down { attempts: back_off.failures(), why }).await.is_err() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = reports.closed() => return,
        }
    }
}

enum Ended {
    NobodyListens,
    Failed(String),
}

async fn once(
    address: &Address,
    identity: &Identity,
    keep_alive: Duration,
    counters: &Counters,
    back_off: &mut BackOff,
    reports: &mpsc::Sender<LinkEvent>,
) -> Ended {
    let (client, mut connection) = connection(address, identity, keep_alive);
    let filters = filters(identity);
    loop {
        let event = tokio::select! {
            event = connection.poll() => event,
            () = reports.closed() => return Ended::NobodyListens,
        };
        let report = match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                let wanted = filters.iter().map(|path| SubscribeFilter::new(path.clone(), QoS::AtLeastOnce));
                if let Err(error) = client.try_subscribe_many(wanted) {
                    return Ended::Failed(with_causes(&error));
                }
                continue;
            }
            Ok(Event::Incoming(Packet::SubAck(ack))) => {
                let refused = |code: &SubscribeReasonCode| matches!(code, SubscribeReasonCode::Failure);
                if let Some(at) = ack.return_codes.iter().position(refused) {
                    let filter = filters.get(at).cloned().unwrap_or_default();
                    return Ended::Failed(TillError::Deaf { filter }.to_string());
                }
                back_off.succeed();
                Counters::add(&counters.connections);
                LinkEvent::Up(client.clone())
            }
            Ok(Event::Incoming(Packet::Publish(message))) => LinkEvent::Message(message),
            Ok(_) => continue,
            Err(error) => return Ended::Failed(describe(identity, error)),
        };
        if reports.send(report).await.is_err() {
            return Ended::NobodyListens;
        }
    }
}

/// Every connection is a new client: nothing of the one before is sent by itself.
fn connection(address: &Address, identity: &Identity, keep_alive: Duration) -> (AsyncClient, EventLoop) {
    let till = identity.terminal().to_string();
    let mut options = MqttOptions::new(till.clone(), address.host.clone(), address.port);
    options
        .set_credentials(till, identity.paired().secret.clone())
        .set_transport(address.transport.clone())
        .set_clean_session(true)
        .set_keep_alive(keep_alive)
        .set_max_packet_size(PACKET_BYTES_MAX, PACKET_BYTES_MAX);
    let (client, mut connection) = AsyncClient::new(options, OUTGOING_PACKETS_MAX);
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    network.set_connection_timeout(CONNECT_WITHIN_SECS);
    connection.set_network_options(network);
    (client, connection)
}

fn filters(identity: &Identity) -> [String; 3] {
    let (topics, till) = (Topics::new(identity.store()), identity.terminal());
    [topics.reply(till), topics.event(till), format!("hf/1/{}/store/+", identity.store())]
}

fn describe(identity: &Identity, error: ConnectionError) -> String {
    match error {
        ConnectionError::ConnectionRefused(
            code @ (ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized),
        ) => TillError::Credential { what: format!("{code:?}") }.to_string(),
        ConnectionError::Tls(rumqttc::TlsError::TLS(error)) => {
            TillError::NotTheStore { what: error.to_string() }.to_string()
        }
        other => with_causes(&TillError::Unreachable {
            address: identity.paired().mqtt.clone(),
            source: Box::new(other),
        }),
    }
}
