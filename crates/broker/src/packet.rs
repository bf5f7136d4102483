//! Bytes to packets and back: the one file that knows rumqttd's codec.
//!
//! The codec frames and parses; what it lets pass although MQTT 3.1.1 forbids it (reserved flags, packets that only a
//! server sends, packet id zero) is refused here before it is parsed.

use bytes::{BufMut, Bytes, BytesMut};
use rumqttd::protocol::v4::{self, V4};
use rumqttd::protocol::{
    ConnAck, ConnectReturnCode, Error, Packet, PingResp, Protocol, PubAck, PubAckReason, QoS, SubAck,
    SubscribeReasonCode, UnsubAck,
};

use crate::Refusal;

/// The two levels of delivery that the gate offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Quality {
    AtMostOnce,
    AtLeastOnce,
}

/// What a till may send, as far as it is valid MQTT 3.1.1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    Connect(Connect),
    Publish {
        topic: Bytes,
        payload: Bytes,
        retain: bool,
        /// Set with QoS 1.
        acknowledge: Option<u16>,
    },
    PubAck(u16),
    Subscribe {
        id: u16,
        /// A filter and the quality it asks for; `None` is QoS 2.
        filters: Vec<(String, Option<Quality>)>,
    },
    Unsubscribe {
        id: u16,
        filters: Vec<String>,
    },
    Ping,
    Disconnect,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Connect {
    pub client_id: String,
    pub username: String,
    pub password: String,
    pub keep_alive_seconds: u16,
    pub has_will: bool,
}

const CONNECT: u8 = 1;
const PUBLISH: u8 = 3;
const PUBACK: u8 = 4;
const PUBREC: u8 = 5;
const PUBREL: u8 = 6;
const PUBCOMP: u8 = 7;
const SUBSCRIBE: u8 = 8;
const UNSUBSCRIBE: u8 = 10;
const PINGREQ: u8 = 12;
const DISCONNECT: u8 = 14;

/// In a CONNECT: two bytes of length, `MQTT`, one byte of level, then the flags.
const CONNECT_FLAGS_OFFSET: usize = 7;
const CONNECT_FLAG_RESERVED: u8 = 0b1;

/// Takes the next whole packet from the front of `buffer`, or nothing while it is not all there. A packet that is too
/// large is refused as soon as its length is known.
pub(crate) fn read(buffer: &mut BytesMut, packet_bytes_max: usize) -> Result<Option<Received>, Refusal> {
    let header = match v4::check(buffer.iter(), packet_bytes_max) {
        Ok(header) => header,
        Err(Error::InsufficientBytes(_)) => {
            // A kind that no till sends need not be waited for.
            return buffer.first().map_or(Ok(()), |byte| check_kind(*byte)).map(|()| None);
        }
        Err(Error::PayloadSizeLimitExceeded(_)) => return Err(Refusal::PacketTooLarge),
        Err(_) => return Err(Refusal::Malformed),
    };
    check_kind(header.byte1)?;
    let (kind, flags) = (header.byte1 >> 4, header.byte1 & 0x0f);
    match kind {
        CONNECT => {
            let flags = buffer.get(header.fixed_header_len + CONNECT_FLAGS_OFFSET);
            let is_311 = buffer.get(header.fixed_header_len + CONNECT_FLAGS_OFFSET - 1) == Some(&4);
            if is_311 && flags.is_some_and(|f| f & CONNECT_FLAG_RESERVED != 0) {
                return Err(Refusal::Malformed);
            }
        }
        PINGREQ | DISCONNECT if header.remaining_len != 0 => return Err(Refusal::Malformed),
        _ => {}
    }
    // The codec keeps the packet id of a publish to itself, so it is read here. It stands behind the topic.
    let publish_id = || -> Option<u16> {
        let at = header.fixed_header_len;
        let topic_bytes = usize::from(u16::from_be_bytes([*buffer.get(at)?, *buffer.get(at + 1)?]));
        let at = at + 2 + topic_bytes;
        Some(u16::from_be_bytes([*buffer.get(at)?, *buffer.get(at + 1)?]))
    };
    let acknowledge = if kind == PUBLISH && flags & 0b0110 == 0b0010 { publish_id() } else { None };

    let packet = V4.read_mut(buffer, packet_bytes_max).map_err(|error| match error {
        Error::InvalidProtocol | Error::InvalidProtocolLevel(_) if kind == CONNECT => {
            Refusal::ProtocolVersion
        }
        _ => Refusal::Malformed,
    })?;
    Ok(Some(match packet {
        Packet::Connect(connect, _, will, _, login) => {
            let (username, password) = login.map_or_else(Default::default, |l| (l.username, l.password));
            Received::Connect(Connect {
                client_id: connect.client_id,
                username,
                password,
                keep_alive_seconds: connect.keep_alive,
                has_will: will.is_some(),
            })
        }
        Packet::Publish(publish, _) => Received::Publish {
            retain: publish.retain,
            topic: publish.topic,
            payload: publish.payload,
            acknowledge,
        },
        Packet::PubAck(ack, _) => Received::PubAck(ack.pkid),
        Packet::Subscribe(subscribe, _) if subscribe.pkid != 0 => Received::Subscribe {
            id: subscribe.pkid,
            filters: subscribe.filters.into_iter().map(|f| (f.path, quality(f.qos))).collect(),
        },
        Packet::Unsubscribe(unsubscribe, _) if unsubscribe.pkid != 0 && !unsubscribe.filters.is_empty() => {
            Received::Unsubscribe { id: unsubscribe.pkid, filters: unsubscribe.filters }
        }
        Packet::PingReq(_) => Received::Ping,
        Packet::Disconnect(..) => Received::Disconnect,
        _ => return Err(Refusal::Malformed),
    }))
}

/// Whether the first byte of a packet is one that a till may send: its kind and the flags that MQTT fixes for it.
fn check_kind(byte: u8) -> Result<(), Refusal> {
    let (kind, flags) = (byte >> 4, byte & 0x0f);
    match (kind, flags) {
        (PUBLISH, _) => match flags >> 1 & 0b11 {
            0 | 1 => Ok(()),
            2 => Err(Refusal::QosTwo),
            _ => Err(Refusal::Malformed),
        },
        (PUBREC | PUBCOMP, 0) | (PUBREL, 0b0010) => Err(Refusal::QosTwo),
        (CONNECT | PUBACK | PINGREQ | DISCONNECT, 0) | (SUBSCRIBE | UNSUBSCRIBE, 0b0010) => Ok(()),
        _ => Err(Refusal::Malformed),
    }
}

fn quality(qos: QoS) -> Option<Quality> {
    match qos {
        QoS::AtMostOnce => Some(Quality::AtMostOnce),
        QoS::AtLeastOnce => Some(Quality::AtLeastOnce),
        QoS::ExactlyOnce => None,
    }
}

/// The answer to a CONNECT that was accepted. There is never a session: the hub keeps none.
pub(crate) fn connack_accepted() -> Bytes {
    encode(Packet::ConnAck(ConnAck { session_present: false, code: ConnectReturnCode::Success }, None))
}

/// The answer to a CONNECT that was refused, if MQTT 3.1.1 has one for the reason.
pub(crate) fn connack_refused(refusal: Refusal) -> Option<Bytes> {
    let code = match refusal {
        Refusal::ProtocolVersion => ConnectReturnCode::RefusedProtocolVersion,
        Refusal::Identity => ConnectReturnCode::ClientIdentifierNotValid,
        Refusal::ConnectionsFull | Refusal::Stopping => ConnectReturnCode::ServiceUnavailable,
        Refusal::UnknownTerminal | Refusal::WrongSecret | Refusal::CredentialRevoked | Refusal::Will => {
            ConnectReturnCode::NotAuthorized
        }
        _ => return None,
    };
    Some(encode(Packet::ConnAck(ConnAck { session_present: false, code }, None)))
}

pub(crate) fn puback(id: u16) -> Bytes {
    encode(Packet::PubAck(PubAck { pkid: id, reason: PubAckReason::Success }, None))
}

/// `None` is a filter that was refused.
pub(crate) fn suback(id: u16, granted: &[Option<Quality>]) -> Bytes {
    let return_codes = granted
        .iter()
        .map(|quality| match quality {
            Some(Quality::AtMostOnce) => SubscribeReasonCode::Success(QoS::AtMostOnce),
            Some(Quality::AtLeastOnce) => SubscribeReasonCode::Success(QoS::AtLeastOnce),
            None => SubscribeReasonCode::Failure,
        })
        .collect();
    encode(Packet::SubAck(SubAck { pkid: id, return_codes }, None))
}

pub(crate) fn unsuback(id: u16) -> Bytes {
    encode(Packet::UnsubAck(UnsubAck { pkid: id, reasons: Vec::new() }, None))
}

pub(crate) fn pong() -> Bytes {
    encode(Packet::PingResp(PingResp))
}

/// Everything of a PUBLISH before its payload, so that one payload can be shared by many tills. The codec cannot write
/// a QoS 1 publish that did not come from its own parser. `id` is set with QoS 1.
pub(crate) fn publish_head(topic: &str, id: Option<u16>, payload_bytes: usize) -> Bytes {
    let topic_bytes = u16::try_from(topic.len()).expect("our topics are a few dozen bytes");
    let mut head = BytesMut::with_capacity(9 + topic.len());
    head.put_u8(PUBLISH << 4 | if id.is_some() { 0b0010 } else { 0 });
    let remaining = publish_bytes(topic, id.is_some(), payload_bytes);
    v4::write_remaining_length(&mut head, remaining).expect("payloads are held to packet_bytes_max before");
    head.put_u16(topic_bytes);
    head.put_slice(topic.as_bytes());
    if let Some(id) = id {
        head.put_u16(id);
    }
    head.freeze()
}

/// The remaining length of a PUBLISH, the figure that `packet_bytes_max` bounds.
pub(crate) fn publish_bytes(topic: &str, with_id: bool, payload_bytes: usize) -> usize {
    2 + topic.len() + if with_id { 2 } else { 0 } + payload_bytes
}

fn encode(packet: Packet) -> Bytes {
    let mut bytes = BytesMut::with_capacity(16);
    V4.write(packet, &mut bytes).expect("the gate's answers are a few bytes and have no properties");
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: usize = 1_024;

    fn parse(bytes: &[u8]) -> Result<Option<Received>, Refusal> {
        read(&mut BytesMut::from(bytes), LIMIT)
    }

    #[test]
    fn packets_that_no_till_may_send_are_refused_by_name() {
        for (bytes, refusal) in [
            (&[0x20, 2, 0, 0][..], Refusal::Malformed),               // CONNACK
            (&[0x00, 0], Refusal::Malformed),                         // kind 0
            (&[0xf0, 0], Refusal::Malformed),                         // AUTH of MQTT 5
            (&[0xf0], Refusal::Malformed),                            // … of which one byte is enough
            (&[0x34, 5, 0, 1, b'a', 0, 1], Refusal::QosTwo),          // PUBLISH QoS 2
            (&[0x36, 5, 0, 1, b'a', 0, 1], Refusal::Malformed),       // PUBLISH QoS 3
            (&[0x62, 2, 0, 1], Refusal::QosTwo),                      // PUBREL
            (&[0x32, 5, 0, 1, b'a', 0, 0], Refusal::Malformed),       // packet id zero
            (&[0x80, 6, 0, 1, 0, 1, b'a', 0], Refusal::Malformed),    // SUBSCRIBE without its flags
            (&[0x82, 6, 0, 0, 0, 1, b'a', 0], Refusal::Malformed),    // SUBSCRIBE with packet id zero
            (&[0x82, 2, 0, 1], Refusal::Malformed),                   // SUBSCRIBE to nothing
            (&[0xa2, 2, 0, 1], Refusal::Malformed),                   // UNSUBSCRIBE from nothing
            (&[0xc0, 1, 0], Refusal::Malformed),                      // PINGREQ with a body
            (&[0x30, 0xff, 0xff, 0xff, 0xff, 1], Refusal::Malformed), // a length of five bytes
            (&[0x30, 0x81, 0x08], Refusal::PacketTooLarge),           // 1,025 bytes announced, none sent
            (&[0x10, 6, 0, 4, b'M', b'Q', b'T', b'T'], Refusal::Malformed),
            (&[0x10, 9, 0, 6, b'M', b'Q', b'I', b's', b'd', b'p', 3], Refusal::ProtocolVersion),
            (&[0x10, 7, 0, 4, b'M', b'Q', b'T', b'T', 5], Refusal::ProtocolVersion),
            (&[0x10, 12, 0, 4, b'M', b'Q', b'T', b'T', 4, 3, 0, 9, 0, 0], Refusal::Malformed), // reserved flag
        ] {
            assert_eq!(parse(bytes), Err(refusal), "{bytes:02x?}");
        }
    }

    #[test]
    fn a_packet_is_taken_when_it_is_whole_and_not_before() {
        let whole = [0x3a, 8, 0, 1, b'a', 0x12, 0x34, 1, 2, 3, 0xc0, 0];
        for cut in 0..10 {
            let mut buffer = BytesMut::from(&whole[..cut]);
            assert_eq!(read(&mut buffer, LIMIT), Ok(None));
            assert_eq!(buffer.len(), cut);
        }
        let mut buffer = BytesMut::from(&whole[..]);
        let publish = Received::Publish {
            topic: Bytes::from_static(b"a"),
            payload: Bytes::from_static(&[1, 2, 3]),
            retain: false,
            acknowledge: Some(0x1234),
        };
        assert_eq!(read(&mut buffer, LIMIT), Ok(Some(publish)));
        assert_eq!(read(&mut buffer, LIMIT), Ok(Some(Received::Ping)));
        assert!(buffer.is_empty());
    }

    #[test]
    fn what_we_write_is_what_the_codec_reads() {
        for (topic, id, size) in [("a/b", None, 0), ("a/b", Some(7), 200), ("hf", Some(u16::MAX), 300_000)] {
            let mut frame = BytesMut::from(&publish_head(topic, id, size)[..]);
            frame.put_bytes(9, size);
            let length = publish_bytes(topic, id.is_some(), size);
            assert_eq!(
                read(&mut frame, length),
                Ok(Some(Received::Publish {
                    topic: Bytes::copy_from_slice(topic.as_bytes()),
                    payload: Bytes::from(vec![9; size]),
                    retain: false,
                    acknowledge: id,
                }))
            );
            assert!(frame.is_empty());
        }
        assert_eq!(&connack_accepted()[..], [0x20, 2, 0, 0]);
        assert_eq!(&suback(258, &[Some(Quality::AtLeastOnce), None])[..], [0x90, 4, 1, 2, 1, 0x80]);
        assert_eq!(&puback(3)[..], [0x40, 2, 0, 3]);
        assert_eq!(&unsuback(3)[..], [0xb0, 2, 0, 3]);
        assert_eq!(&pong()[..], [0xd0, 0]);
    }

    /// A packet that is valid or nearly so, or bytes of no origin.
    fn frame() -> impl Strategy<Value = Vec<u8>> {
        let noise = proptest::collection::vec(any::<u8>(), 0..40);
        let body = proptest::collection::vec(prop_oneof![Just(0), Just(1), Just(4), any::<u8>()], 0..40);
        let shaped = (any::<u8>(), body, -2_i8..3).prop_map(|(kind, body, lie)| {
            let length = body.len().saturating_add_signed(lie.into());
            [&[kind, u8::try_from(length).unwrap()][..], &body].concat()
        });
        let good = prop_oneof![
            Just(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x1e\x00\x04till".to_vec()),
            Just(b"\x32\x09\x00\x03a/b\x00\x01{}".to_vec()),
            Just(b"\x82\x08\x00\x01\x00\x03a/b\x01".to_vec()),
            Just(b"\xa2\x07\x00\x01\x00\x03a/b".to_vec()),
            Just(b"\x40\x02\x00\x01".to_vec()),
        ];
        let mutated = (good, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut bytes, at, to)| {
            let at = at.index(bytes.len());
            bytes[at] = to;
            bytes
        });
        prop_oneof![noise, shaped, mutated]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 12_500, failure_persistence: None, ..ProptestConfig::default() })]

        /// A hundred thousand frames: the parser never panics, and each packet it gives takes bytes off the buffer, so
        /// a connection cannot spin.
        #[test]
        fn no_bytes_make_the_parser_panic_or_stand_still(frames in proptest::collection::vec(frame(), 8)) {
            for limit in [64, LIMIT] {
                let mut buffer = BytesMut::from(&frames.concat()[..]);
                loop {
                    let before = buffer.len();
                    match read(&mut buffer, limit) {
                        Ok(Some(_)) => prop_assert!(buffer.len() + 2 <= before),
                        Ok(None) => {
                            prop_assert_eq!(buffer.len(), before);
                            break;
                        }
                        Err(_) => break,
                    }
                }
            }
        }
    }
}
