//! One message of the protocol, in either direction (transport protocol 5.2): a control field of two bytes, a length of one
//! byte or of `FF` and two more bytes with the lower one first, and the data.

use std::fmt;

/// The most bytes of data that the length can say.
pub const DATA_BYTES_MAX: usize = 0xFFFF;
/// The most bytes of a whole message.
pub const APDU_BYTES_MAX: usize = DATA_BYTES_MAX + 5;

/// From this length on, the length has two more bytes.
const EXTENDED: usize = 0xFF;

/// One message. What is in it may be a card's number, so nothing but its kind and size is ever shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Apdu {
    pub class: u8,
    pub instr: u8,
    data: Vec<u8>,
}

impl Apdu {
    /// The positive acknowledgement of either side.
    #[must_use]
    pub fn ack() -> Self {
        Self { class: 0x80, instr: 0x00, data: Vec::new() }
    }

    /// The negative acknowledgement of either side, with its reason.
    #[must_use]
    pub fn nak(code: u8) -> Self {
        Self { class: 0x84, instr: code, data: Vec::new() }
    }

    /// `None` when there is more data than [`DATA_BYTES_MAX`].
    #[must_use]
    pub fn new(control: (u8, u8), data: Vec<u8>) -> Option<Self> {
        (data.len() <= DATA_BYTES_MAX).then_some(Self { class: control.0, instr: control.1, data })
    }

    /// A message whose data is short by its making.
    pub(crate) fn short(control: (u8, u8), data: Vec<u8>) -> Self {
        debug_assert!(data.len() <= DATA_BYTES_MAX);
        Self { class: control.0, instr: control.1, data }
    }

    #[must_use]
    pub fn control(&self) -> (u8, u8) {
        (self.class, self.instr)
    }

    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Whether it answers a message and is none that needs an answer.
    #[must_use]
    pub fn is_acknowledgement(&self) -> bool {
        matches!(self.class, 0x80 | 0x84)
    }

    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![self.class, self.instr];
        let length = self.data.len();
        match u8::try_from(length) {
            Ok(short) if length < EXTENDED => bytes.push(short),
            _ => {
                let [low, high, ..] = length.to_le_bytes();
                bytes.extend([0xFF, low, high]);
            }
        }
        bytes.extend_from_slice(&self.data);
        bytes
    }

    /// The message that the bytes begin with and how many bytes it has, or `None` while there are too few.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<(Self, usize)> {
        let [class, instr, length, rest @ ..] = bytes else { return None };
        let (length, head, rest) = match (*length, rest) {
            (0xFF, [low, high, rest @ ..]) => (usize::from(u16::from_le_bytes([*low, *high])), 5, rest),
            (0xFF, _) => return None,
            (length, rest) => (usize::from(length), 3, rest),
        };
        let data = rest.get(..length)?.to_vec();
        Some((Self { class: *class, instr: *instr, data }, head + length))
    }
}

impl fmt::Display for Apdu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X} {:02X} with {} bytes", self.class, self.instr, self.data.len())
    }
}

impl fmt::Debug for Apdu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Takes a stream of bytes, as TCP delivers it, apart into messages. It holds at most one whole message and what was read
/// with it.
#[derive(Default)]
pub struct ApduReader {
    waiting: Vec<u8>,
}

impl ApduReader {
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next whole message.
    pub fn next_apdu(&mut self) -> Option<Apdu> {
        let (apdu, taken) = Apdu::decode(&self.waiting)?;
        self.waiting.drain(..taken);
        Some(apdu)
    }

    /// How many bytes wait for the rest of their message.
    #[must_use]
    pub fn waiting_bytes(&self) -> usize {
        self.waiting.len()
    }
}

impl fmt::Debug for ApduReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes wait", self.waiting.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_length_grows_to_three_bytes_at_255() {
        let of = |length: usize| Apdu::new((0x06, 0xD3), vec![7; length]).expect("short enough").encode();
        assert_eq!(of(0), [0x06, 0xD3, 0x00]);
        assert_eq!(of(254)[..4], [0x06, 0xD3, 0xFE, 7]);
        assert_eq!(of(255)[..6], [0x06, 0xD3, 0xFF, 0xFF, 0x00, 7]);
        // The example of the specification: FF 5D 03 is 861 bytes.
        assert_eq!(of(0x035D)[..6], [0x06, 0xD3, 0xFF, 0x5D, 0x03, 7]);
        assert!(Apdu::new((0, 0), vec![0; DATA_BYTES_MAX + 1]).is_none());
    }

    #[test]
    fn nothing_of_the_data_is_shown() {
        let apdu = Apdu::new((0x04, 0x0F), b"4111111111111111".to_vec()).expect("short");
        assert_eq!(format!("{apdu:?}"), "04 0F with 16 bytes");
        let mut reader = ApduReader::default();
        reader.push(b"4111111111111111");
        assert_eq!(format!("{reader:?}"), "16 bytes wait");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(class: u8, instr: u8, data in prop::collection::vec(any::<u8>(), 0..600), cut in 1usize..50) {
            let apdu = Apdu::new((class, instr), data).expect("short");
            let mut reader = ApduReader::default();
            for part in [apdu.encode(), apdu.encode()].concat().chunks(cut) {
                reader.push(part);
            }
            prop_assert_eq!(reader.next_apdu(), Some(apdu.clone()));
            prop_assert_eq!(reader.next_apdu(), Some(apdu));
            prop_assert_eq!(reader.next_apdu(), None);
            prop_assert_eq!(reader.waiting_bytes(), 0);
        }
    }
}
