//! The framing of a serial line (transport protocol 3), as a state machine that is fed bytes and time and says what to send
//! and what arrived. It opens no port and reads no clock.
//!
//! A block is `DLE STX`, the message with every `DLE` doubled, `DLE ETX` and two check bytes. The other side answers `ACK` or
//! `NAK`; without an answer, or after a `NAK`, the same block goes again. A block that comes again before this side sent
//! anything of its own is a repetition whose `ACK` was lost: it is acknowledged and not delivered twice.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::apdu::APDU_BYTES_MAX;

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
const ACK: u8 = 0x06;
const DLE: u8 = 0x10;
const NAK: u8 = 0x15;

/// Between two bytes of a block (T1).
pub const BYTE_GAP_MAX: Duration = Duration::from_millis(200);
/// From the end of a block to its acknowledgement (T2).
pub const ACKNOWLEDGE_MAX: Duration = Duration::from_secs(5);
/// How often one block is sent before the line is given up.
pub const BLOCK_SENDS_MAX: u32 = 3;
/// How many blocks may wait to be sent.
pub const WAITING_BLOCKS_MAX: usize = 8;

/// What to do next.
#[derive(Clone, PartialEq, Eq)]
pub enum Output {
    /// Put these bytes on the line.
    Send(Vec<u8>),
    /// This message arrived whole.
    Deliver(Vec<u8>),
    /// The oldest message that was to be sent arrived at the other side.
    Arrived,
    /// The oldest message that was to be sent is given up: nobody knows whether it arrived.
    GivenUp,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Output::Send(bytes) => write!(f, "send {} bytes", bytes.len()),
            Output::Deliver(bytes) => write!(f, "deliver {} bytes", bytes.len()),
            Output::Arrived => f.write_str("arrived"),
            Output::GivenUp => f.write_str("given up"),
        }
    }
}

/// The checksum of a message (CRC-16/KERMIT) over its bytes and the closing `ETX`.
#[must_use]
pub fn crc(message: &[u8]) -> u16 {
    message.iter().chain([&ETX]).fold(0, |crc: u16, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x8408 } else { crc >> 1 })
    })
}

/// The block of a message.
#[must_use]
pub fn block(message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.len() + 8);
    bytes.extend([DLE, STX]);
    for byte in message {
        if *byte == DLE {
            bytes.push(DLE);
        }
        bytes.push(*byte);
    }
    bytes.extend([DLE, ETX]);
    bytes.extend(crc(message).to_le_bytes());
    bytes
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Between blocks.
    Outside,
    OutsideDle,
    Inside,
    InsideDle,
    CrcLow,
    CrcHigh(u8),
    /// The block is broken: what still comes of it is passed over until the line is quiet.
    Broken,
}

/// One end of a serial line.
pub struct SerialEnd {
    reading: Reading,
    received: Vec<u8>,
    last_byte: Duration,
    /// Blocks to send; the first is under way.
    waiting: VecDeque<Vec<u8>>,
    sends: u32,
    /// When the first was sent last.
    sent: Duration,
    /// The message delivered last, for as long as its coming again is a repetition.
    repeatable: Option<Vec<u8>>,
}

impl Default for SerialEnd {
    fn default() -> Self {
        Self {
            reading: Reading::Outside,
            received: Vec::new(),
            last_byte: Duration::ZERO,
            waiting: VecDeque::new(),
            sends: 0,
            sent: Duration::ZERO,
            repeatable: None,
        }
    }
}

impl fmt::Debug for SerialEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} bytes read, {} blocks to send, sent {} times",
            self.received.len(),
            self.waiting.len(),
            self.sends
        )
    }
}

impl SerialEnd {
    /// Whether a message is still under way to the other side.
    #[must_use]
    pub fn is_sending(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Sends a message after those that are under way. One too many is given up at once.
    pub fn send(&mut self, now: Duration, message: &[u8]) -> Vec<Output> {
        if self.waiting.len() >= WAITING_BLOCKS_MAX {
            return vec![Output::GivenUp];
        }
        self.waiting.push_back(block(message));
        if self.waiting.len() == 1 { self.begin(now) } else { Vec::new() }
    }

    /// Bytes that came from the other side.
    pub fn receive(&mut self, now: Duration, bytes: &[u8]) -> Vec<Output> {
        let mut out = self.tick(now);
        self.last_byte = now;
        for byte in bytes {
            self.take(now, *byte, &mut out);
        }
        out
    }

    /// Time that has come, at [`SerialEnd::deadline`] or at any other.
    pub fn tick(&mut self, now: Duration) -> Vec<Output> {
        let mut out = Vec::new();
        if self.is_reading() && now.saturating_sub(self.last_byte) >= BYTE_GAP_MAX {
            self.reading = Reading::Outside;
            self.received.clear();
            out.push(Output::Send(vec![NAK]));
        }
        if self.is_sending() && now.saturating_sub(self.sent) >= ACKNOWLEDGE_MAX {
            self.again(now, &mut out);
        }
        out
    }

    /// When [`SerialEnd::tick`] has something to do at the latest.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let gap = self.is_reading().then(|| self.last_byte + BYTE_GAP_MAX);
        let acknowledgement = self.is_sending().then(|| self.sent + ACKNOWLEDGE_MAX);
        gap.into_iter().chain(acknowledgement).min()
    }

    fn is_reading(&self) -> bool {
        !matches!(self.reading, Reading::Outside | Reading::OutsideDle)
    }

    fn begin(&mut self, now: Duration) -> Vec<Output> {
        self.sends = 1;
        self.sent = now;
        self.waiting.front().map(|block| Output::Send(block.clone())).into_iter().collect()
    }

    fn again(&mut self, now: Duration, out: &mut Vec<Output>) {
        if self.sends >= BLOCK_SENDS_MAX {
            self.waiting.pop_front();
            out.push(Output::GivenUp);
            out.extend(self.begin(now));
            return;
        }
        self.sends += 1;
        self.sent = now;
        out.extend(self.waiting.front().map(|block| Output::Send(block.clone())));
    }

    fn take(&mut self, now: Duration, byte: u8, out: &mut Vec<Output>) {
        self.reading = match (self.reading, byte) {
            (Reading::Outside, DLE) => Reading::OutsideDle,
            (Reading::Outside, ACK) if self.is_sending() => {
                self.waiting.pop_front();
                // From here on, the other side has heard from us: what it sends is new even when it looks the same.
                self.repeatable = None;
                out.push(Output::Arrived);
                out.extend(self.begin(now));
                Reading::Outside
            }
            (Reading::Outside, NAK) if self.is_sending() => {
                self.again(now, out);
                Reading::Outside
            }
            (Reading::OutsideDle | Reading::InsideDle, STX) => {
                self.received.clear();
                Reading::Inside
            }
            (Reading::OutsideDle, DLE) => Reading::OutsideDle,
            (Reading::Outside | Reading::OutsideDle, _) => Reading::Outside,
            (Reading::Inside, DLE) => Reading::InsideDle,
            (Reading::InsideDle, ETX) => Reading::CrcLow,
            (Reading::Inside, _) | (Reading::InsideDle, DLE) if self.received.len() < APDU_BYTES_MAX => {
                self.received.push(byte);
                Reading::Inside
            }
            (Reading::CrcLow, low) => Reading::CrcHigh(low),
            (Reading::CrcHigh(low), high) => {
                self.finish(u16::from_le_bytes([low, high]), out);
                Reading::Outside
            }
            _ => Reading::Broken,
        };
    }

    fn finish(&mut self, check: u16, out: &mut Vec<Output>) {
        let message = std::mem::take(&mut self.received);
        if crc(&message) != check {
            out.push(Output::Send(vec![NAK]));
            return;
        }
        out.push(Output::Send(vec![ACK]));
        if self.repeatable.as_ref() != Some(&message) {
            self.repeatable = Some(message.clone());
            out.push(Output::Deliver(message));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: Duration = Duration::from_secs(1);

    fn delivered(out: &[Output]) -> Vec<Vec<u8>> {
        out.iter().filter_map(|o| if let Output::Deliver(m) = o { Some(m.clone()) } else { None }).collect()
    }

    fn sent(out: &[Output]) -> Vec<Vec<u8>> {
        out.iter().filter_map(|o| if let Output::Send(m) = o { Some(m.clone()) } else { None }).collect()
    }

    #[test]
    fn the_check_of_an_acknowledgement_is_the_published_one() {
        assert_eq!(crc(&[0x80, 0x00, 0x00]), 0x1FF5);
        assert_eq!(block(&[0x80, 0x00, 0x00]), [0x10, 0x02, 0x80, 0x00, 0x00, 0x10, 0x03, 0xF5, 0x1F]);
        // CRC-16/KERMIT of "123456789" is 2189 hex; with an ETX behind it is what the same polynomial makes of ten bytes.
        let without_etx = b"123456789".iter().fold(0_u16, |crc, byte| {
            (0..8).fold(
                crc ^ u16::from(*byte),
                |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x8408 } else { crc >> 1 },
            )
        });
        assert_eq!(without_etx, 0x2189);
    }

    #[test]
    fn a_dle_in_the_message_is_doubled_but_not_counted_by_the_check() {
        let message = [0x06, 0x01, 0x02, 0x10, 0x03];
        let bytes = block(&message);
        assert_eq!(bytes[..9], [0x10, 0x02, 0x06, 0x01, 0x02, 0x10, 0x10, 0x03, 0x10]);
        assert_eq!(bytes[10..], crc(&message).to_le_bytes());
        let mut end = SerialEnd::default();
        assert_eq!(delivered(&end.receive(AT, &bytes)), [message.to_vec()]);
    }

    #[test]
    fn a_block_is_sent_three_times_and_then_given_up() {
        let mut end = SerialEnd::default();
        let bytes = block(&[1, 2, 3]);
        assert_eq!(end.send(AT, &[1, 2, 3]), [Output::Send(bytes.clone())]);
        assert_eq!(end.deadline(), Some(AT + ACKNOWLEDGE_MAX));
        assert_eq!(end.tick(AT + ACKNOWLEDGE_MAX), [Output::Send(bytes.clone())]);
        assert_eq!(end.receive(AT + ACKNOWLEDGE_MAX, &[NAK]), [Output::Send(bytes)]);
        assert_eq!(end.tick(AT + 2 * ACKNOWLEDGE_MAX), [Output::GivenUp]);
        assert_eq!(end.deadline(), None);
        assert!(!end.is_sending());
    }

    #[test]
    fn messages_wait_for_each_other() {
        let mut end = SerialEnd::default();
        assert_eq!(end.send(AT, &[1]).len(), 1);
        assert_eq!(end.send(AT, &[2]), []);
        assert_eq!(end.receive(AT, &[ACK]), [Output::Arrived, Output::Send(block(&[2]))]);
        assert_eq!(end.receive(AT, &[ACK, ACK]), [Output::Arrived]);
        for _ in 0..WAITING_BLOCKS_MAX {
            let _ = end.send(AT, &[3]);
        }
        assert_eq!(end.send(AT, &[3]), [Output::GivenUp]);
    }

    #[test]
    fn a_repetition_is_acknowledged_and_not_delivered_twice() {
        let mut end = SerialEnd::default();
        let bytes = block(&[6, 0xD1, 1, 0]);
        assert_eq!(delivered(&end.receive(AT, &bytes)).len(), 1);
        let again = end.receive(AT, &bytes);
        assert_eq!((delivered(&again).len(), sent(&again)), (0, vec![vec![ACK]]));
        // Our answer is under way but not acknowledged: it is still a repetition.
        let _ = end.send(AT, &[0x80, 0, 0]);
        assert_eq!(delivered(&end.receive(AT, &bytes)).len(), 0);
        // The other side has our answer: the same line is printed a second time.
        assert_eq!(end.receive(AT, &[ACK]), [Output::Arrived]);
        assert_eq!(delivered(&end.receive(AT, &bytes)).len(), 1);
    }

    #[test]
    fn a_broken_block_is_refused_once_the_line_is_quiet() {
        let mut end = SerialEnd::default();
        let mut bytes = block(&[1, 2, 3]);
        bytes[3] ^= 1;
        assert_eq!(end.receive(AT, &bytes), [Output::Send(vec![NAK])]);
        // Half a block, and then silence.
        assert_eq!(end.receive(AT, &bytes[..4]), []);
        assert_eq!(end.deadline(), Some(AT + BYTE_GAP_MAX));
        assert_eq!(end.tick(AT + BYTE_GAP_MAX), [Output::Send(vec![NAK])]);
        // A single DLE inside.
        assert_eq!(end.receive(AT * 2, &[DLE, STX, 1, DLE, 9, ACK, NAK]), []);
        assert_eq!(end.tick(AT * 2 + BYTE_GAP_MAX), [Output::Send(vec![NAK])]);
        assert_eq!(delivered(&end.receive(AT * 3, &block(&[1, 2, 3]))).len(), 1);
    }

    #[test]
    fn a_block_without_end_is_not_kept() {
        let mut end = SerialEnd::default();
        let _ = end.receive(AT, &[DLE, STX]);
        let _ = end.receive(AT, &vec![7; APDU_BYTES_MAX + 1_000]);
        assert!(end.received.len() <= APDU_BYTES_MAX);
        assert_eq!(end.tick(AT + BYTE_GAP_MAX), [Output::Send(vec![NAK])]);
    }

    proptest! {
        /// Two ends over a line that loses and changes bytes, until everything arrived or was given up: nothing arrives
        /// twice, changed or out of turn. Zeros in front are the one thing that the check does not see, and no message
        /// begins with one.
        #[test]
        fn what_arrives_is_what_was_sent(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 3..40), 1..6),
            faults in prop::collection::vec(prop::option::weighted(0.3, any::<(u8, bool)>()), 0..24),
        ) {
            let messages: Vec<Vec<u8>> =
                messages.into_iter().enumerate().map(|(i, m)| [vec![0x80 | u8::try_from(i).expect("few")], m].concat()).collect();
            let (mut near, mut far) = (SerialEnd::default(), SerialEnd::default());
            let mut faults = faults.into_iter();
            let mut now = AT;
            let mut got = Vec::new();
            let mut given_up = 0;
            for message in &messages {
                let mut to_far = near.send(now, message);
                for _ in 0..64 {
                    let mut to_near = Vec::new();
                    for output in std::mem::take(&mut to_far) {
                        match output {
                            Output::Send(mut bytes) => {
                                if let Some((at, lose)) = faults.next().flatten() {
                                    let at = usize::from(at) % bytes.len();
                                    if lose { bytes.remove(at); } else { bytes[at] ^= 0x40; }
                                }
                                to_near.extend(far.receive(now, &bytes));
                            }
                            Output::GivenUp => given_up += 1,
                            Output::Deliver(_) | Output::Arrived => {}
                        }
                    }
                    for output in to_near {
                        match output {
                            Output::Send(bytes) => to_far.extend(near.receive(now, &bytes)),
                            Output::Deliver(message) => got.push(message),
                            Output::GivenUp | Output::Arrived => {}
                        }
                    }
                    if to_far.is_empty() {
                        let Some(next) = near.deadline().into_iter().chain(far.deadline()).min() else { break };
                        now = now.max(next);
                        to_far = near.tick(now);
                        for output in far.tick(now) {
                            if let Output::Send(bytes) = output {
                                to_far.extend(near.receive(now, &bytes));
                            }
                        }
                    }
                }
            }
            let mut wanted = messages.iter();
            for message in &got {
                prop_assert!(wanted.any(|sent| sent == message), "changed, twice or out of turn");
            }
            prop_assert!(got.len() + given_up >= messages.len());
        }
    }
}
