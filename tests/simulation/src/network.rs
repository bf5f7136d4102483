//! What travels: the protocol's own bytes in frames of the simulation, lost, doubled, delayed and reordered by the dice.
//!
//! A session between till and hub behaves as a connection does: what belongs to an earlier one is never delivered, and a
//! hub that does not know it says so.

use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use turmoil::net::UdpSocket;

use crate::world::World;

/// The port of everybody.
pub const PORT: u16 = 7;
/// The largest frame in bytes.
pub const FRAME_BYTES_MAX: usize = 1 << 20;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    Hello {
        session: u64,
    },
    /// `payload` names the history that the hub writes.
    Welcome {
        session: u64,
        payload: Bytes,
    },
    /// The hub does not know the session.
    Bye {
        session: u64,
    },
    Request {
        session: u64,
        payload: Bytes,
    },
    Reply {
        session: u64,
        payload: Bytes,
    },
    Status {
        session: u64,
        payload: Bytes,
    },
    Uplink {
        question: u64,
        payload: Bytes,
    },
    UplinkAnswer {
        question: u64,
        payload: Bytes,
    },
}

impl Frame {
    fn parts(&self) -> (u8, u64, &[u8]) {
        match self {
            Self::Hello { session } => (0, *session, &[]),
            Self::Welcome { session, payload } => (1, *session, payload),
            Self::Bye { session } => (2, *session, &[]),
            Self::Request { session, payload } => (3, *session, payload),
            Self::Reply { session, payload } => (4, *session, payload),
            Self::Status { session, payload } => (5, *session, payload),
            Self::Uplink { question, payload } => (6, *question, payload),
            Self::UplinkAnswer { question, payload } => (7, *question, payload),
        }
    }

    fn encode(&self) -> Bytes {
        let (kind, number, payload) = self.parts();
        let mut bytes = BytesMut::with_capacity(9 + payload.len());
        bytes.put_u8(kind);
        bytes.put_u64(number);
        bytes.put_slice(payload);
        bytes.freeze()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut head = bytes.get(..9)?;
        let (kind, number) = (head.get_u8(), head.get_u64());
        let payload = Bytes::copy_from_slice(&bytes[9..]);
        Some(match kind {
            0 => Self::Hello { session: number },
            1 => Self::Welcome { session: number, payload },
            2 => Self::Bye { session: number },
            3 => Self::Request { session: number, payload },
            4 => Self::Reply { session: number, payload },
            5 => Self::Status { session: number, payload },
            6 => Self::Uplink { question: number, payload },
            7 => Self::UplinkAnswer { question: number, payload },
            _ => return None,
        })
    }
}

/// A machine's place on the network.
#[derive(Debug, Clone)]
pub struct Mouth {
    socket: Arc<UdpSocket>,
    world: Arc<World>,
}

impl Mouth {
    /// # Errors
    /// When the machine has a mouth already.
    pub async fn open(world: Arc<World>) -> std::io::Result<Self> {
        let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
        Ok(Self { socket: Arc::new(socket), world })
    }

    /// Sends a message as often as the weather has it: not at all, once, or several times. Each copy takes its own time.
    pub fn say(&self, to: &str, frame: &Frame) {
        let copies = {
            let mut weather = self.world.weather();
            let (lost, doubled, most) = (weather.lost, weather.doubled, weather.copies_max);
            if weather.dice.permille(lost) {
                0
            } else if weather.dice.permille(doubled) {
                weather.dice.between(2, most.max(2))
            } else {
                1
            }
        };
        let bytes = frame.encode();
        for _ in 0..copies {
            // A machine that is not there is the same as a message that is lost.
            let _lost = self.socket.try_send_to(&bytes, (to, PORT));
        }
    }

    /// The next message and who sent it.
    ///
    /// # Errors
    /// When the simulation ends.
    pub async fn hear(&self, buffer: &mut [u8]) -> std::io::Result<(Option<Frame>, String)> {
        let (bytes, from) = self.socket.recv_from(buffer).await?;
        let host = turmoil::reverse_lookup(from.ip()).unwrap_or_default();
        Ok((Frame::decode(&buffer[..bytes]), host))
    }
}
