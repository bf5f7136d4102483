//! A hub that a test plays: it speaks just enough MQTT 3.1.1 on a real socket, and answers what the test says.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use holdfast_domain::State;
use holdfast_domain::bounded::{Address as Postal, Label, TaxClass, TaxCode, TimeZoneName};
use holdfast_domain::ids::{CommandId, EpochId, StoreId, TerminalId, Uuid};
use holdfast_domain::receipt::TillNumber;
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tax::{TaxBasis, TaxRate, TaxRounding, TaxRule};
use holdfast_domain::till::LastNumbers;
use holdfast_money::{Currency, Decimal, Rate};
use holdfast_protocol::message::{
    Answer, HubStatus, OfferRecord, Reply, ReplyPosition, Request, StatusMessage, StockMessage, Summary,
};
use holdfast_protocol::till_api::{OpenShift, PairResponse, Snapshot, TillState};
use holdfast_protocol::topics::{Stream, Topics};
use rumqttc::mqttbytes::v4::{ConnAck, Packet, PubAck, SubAck};
use rumqttc::{ConnectReturnCode, Publish, QoS, SubscribeReasonCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, mpsc};

use crate::error::TillError;
use crate::hub_api::Snapshots;
use crate::identity::Identity;

/// How long a test waits for what must come.
pub(crate) const WITHIN: Duration = Duration::from_secs(20);

pub(crate) fn store() -> StoreId {
    StoreId(Uuid::from_u128(0xA))
}

pub(crate) fn terminal() -> TerminalId {
    TerminalId(Uuid::from_u128(0xB))
}

pub(crate) fn epoch(n: u128) -> EpochId {
    EpochId(Uuid::from_u128(n))
}

pub(crate) fn identity() -> Identity {
    Identity::new(PairResponse {
        store: store(),
        store_name: Label::new("Corner").unwrap(),
        terminal: terminal(),
        number: TillNumber(1),
        name: Label::new("Till 1").unwrap(),
        secret: "ab".repeat(32),
        ca_pem: String::new(),
        server_name: "hub.test".into(),
        mqtt: "127.0.0.1:1".into(),
        https: "127.0.0.1:1".into(),
    })
    .unwrap()
}

/// What the hub is at this moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) epoch: EpochId,
    pub(crate) head_seq: u64,
    pub(crate) headquarters_seq: u64,
}

enum Down {
    Packet(Vec<u8>),
    HangUp,
}

#[derive(Clone)]
pub(crate) struct FakeHub {
    pub(crate) port: u16,
    standing: Arc<Mutex<Standing>>,
    /// The shop's state, when the hub decides by the rules of the shop.
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) snapshots_read: Arc<AtomicU64>,
    down: broadcast::Sender<Arc<Down>>,
}

/// The commands that arrive, as bytes.
pub(crate) type Arrivals = mpsc::UnboundedReceiver<Vec<u8>>;

impl FakeHub {
    pub(crate) async fn start(epoch: EpochId) -> (Self, Arrivals) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (down, _) = broadcast::channel(64);
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let standing = Standing { epoch, head_seq: 0, headquarters_seq: 0 };
        let hub = Self {
            port,
            standing: Arc::new(Mutex::new(standing)),
            state: Arc::default(),
            snapshots_read: Arc::default(),
            down,
        };
        let serving = hub.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                socket.set_nodelay(true).unwrap();
                tokio::spawn(serve(socket, serving.down.subscribe(), arrived.clone()));
            }
        });
        (hub, arrivals)
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut Standing)) {
        change(&mut self.standing.lock().unwrap());
    }

    fn publish(&self, topic: String, payload: Vec<u8>) {
        let mut bytes = BytesMut::new();
        Packet::Publish(Publish::new(topic, QoS::AtMostOnce, payload)).write(&mut bytes, 1 << 20).unwrap();
        let _nobody = self.down.send(Arc::new(Down::Packet(bytes.to_vec())));
    }

    pub(crate) fn reply(&self, reply: &Reply) {
        self.publish(Topics::new(store()).reply(terminal()), serde_json::to_vec(reply).unwrap());
    }

    pub(crate) fn stock(&self, seq: u64, previous: u64) {
        let message = StockMessage { seq, previous, levels: Vec::new() };
        self.publish(Topics::new(store()).stream(Stream::Stock), serde_json::to_vec(&message).unwrap());
    }

    /// On the till's own stream.
    pub(crate) fn event(&self, payload: &str) {
        self.publish(Topics::new(store()).event(terminal()), payload.as_bytes().to_vec());
    }

    pub(crate) fn status(&self) {
        let status = self.status_message();
        self.publish(Topics::new(store()).stream(Stream::Status), serde_json::to_vec(&status).unwrap());
    }

    pub(crate) fn hang_up(&self) {
        let _nobody = self.down.send(Arc::new(Down::HangUp));
    }

    fn status_message(&self) -> StatusMessage {
        let standing = *self.standing.lock().unwrap();
        StatusMessage {
            epoch: standing.epoch,
            head_seq: standing.head_seq,
            headquarters_seq: standing.headquarters_seq,
            waiting: 0,
            hub: HubStatus::Current,
            tills: Vec::new(),
        }
    }
}

/// A shop in London with one rate of tax in its prices and goods without any.
pub(crate) fn profile() -> StoreProfile {
    let label = || Label::new("Corner").unwrap();
    let rule = |class: &str, percent: i64| TaxRule {
        class: TaxClass::new(class).unwrap(),
        rates: vec![TaxRate {
            code: TaxCode::new(if percent == 0 { "Z" } else { "S" }).unwrap(),
            rate: Rate::percent(Decimal::from(percent)).unwrap(),
        }],
    };
    StoreProfile {
        store: store(),
        name: label(),
        legal_name: label(),
        address: Postal::new("1 High Street").unwrap(),
        tax_id: label(),
        currency: Currency::GBP,
        basis: TaxBasis::Inclusive,
        tax_rounding: TaxRounding::PerLine,
        cash_step: Decimal::ZERO,
        time_zone: TimeZoneName::new("Europe/London").unwrap(),
        cut_over_minutes: 0,
        taxes: vec![rule("zero", 0), rule("standard", 20)],
    }
}

impl Snapshots for FakeHub {
    fn snapshot(&self) -> Pin<Box<dyn Future<Output = Result<Snapshot, TillError>> + Send + '_>> {
        self.snapshots_read.fetch_add(1, Ordering::SeqCst);
        let status = self.status_message();
        let state = self.state.lock().unwrap();
        let operator = state.tills.get(&terminal()).and_then(|till| till.operator);
        let snapshot = Snapshot {
            epoch: status.epoch,
            status,
            profile: profile(),
            tenders: state.tender_types(),
            catalog_version: 0,
            till: TillState {
                terminal: terminal(),
                number: TillNumber(1),
                numbers: LastNumbers::default(),
                operator: operator.and_then(|id| state.staff.get(&id)).cloned(),
                shift: state.shift_of(terminal()).map(OpenShift::from),
            },
        };
        Box::pin(async move { Ok(snapshot) })
    }
}

async fn serve(
    mut socket: TcpStream,
    mut down: broadcast::Receiver<Arc<Down>>,
    arrived: mpsc::UnboundedSender<Vec<u8>>,
) {
    let mut incoming = BytesMut::new();
    loop {
        while let Ok(packet) = Packet::read(&mut incoming, 1 << 20) {
            let mut answer = BytesMut::new();
            match packet {
                Packet::Connect(connect) => {
                    assert_eq!(connect.client_id, terminal().to_string());
                    assert!(connect.clean_session && connect.last_will.is_none());
                    let login = connect.login.expect("a till shows its credential");
                    assert_eq!((login.username, login.password), (terminal().to_string(), "ab".repeat(32)));
                    ConnAck::new(ConnectReturnCode::Success, false).write(&mut answer).unwrap();
                }
                Packet::Subscribe(subscribe) => {
                    let codes = vec![SubscribeReasonCode::Success(QoS::AtLeastOnce); subscribe.filters.len()];
                    SubAck::new(subscribe.pkid, codes).write(&mut answer).unwrap();
                }
                Packet::Publish(publish) => {
                    assert_eq!(publish.topic, Topics::new(store()).command(terminal()));
                    // The acknowledgement of MQTT comes at once and means nothing.
                    PubAck::new(publish.pkid).write(&mut answer).unwrap();
                    arrived.send(publish.payload.to_vec()).ok();
                }
                _ => {}
            }
            if socket.write_all(&answer).await.is_err() {
                return;
            }
        }
        tokio::select! {
            read = socket.read_buf(&mut incoming) => if matches!(read, Ok(0) | Err(_)) { return },
            order = down.recv() => match order.as_deref() {
                Ok(Down::Packet(bytes)) => if socket.write_all(bytes).await.is_err() { return },
                Ok(Down::HangUp) | Err(_) => return,
            },
        }
    }
}

/// An acceptance at `seq` of `epoch`.
pub(crate) fn accepted(id: CommandId, epoch: EpochId, seq: u64) -> Reply {
    let position = ReplyPosition { epoch, seq, hash: [7; 32] };
    let record = OfferRecord::new(position, &seq.to_be_bytes());
    Reply {
        id,
        answer: Answer::Accepted { position, summary: Summary::SignedOff {}, warnings: Vec::new(), record },
    }
}

pub(crate) fn retry(id: CommandId) -> Reply {
    let (code, text) = ("HF-CMD-185".to_owned(), "later".to_owned());
    Reply { id, answer: Answer::Retry { code, text, after_ms: 1 } }
}

/// The next request that arrives, and its bytes.
pub(crate) async fn next(arrivals: &mut Arrivals) -> (Request, Vec<u8>) {
    let bytes =
        tokio::time::timeout(WITHIN, arrivals.recv()).await.expect("a request in time").expect("a hub");
    (Request::parse(&bytes).expect("a valid request"), bytes)
}
