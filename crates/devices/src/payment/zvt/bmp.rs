//! The fields that a message's data is made of, which the specification calls bitmaps: a byte that names the field, its
//! length where the name does not say it, and its value (part "Summary of utilised BMPs").
//!
//! A field whose name is not in the table has no known length, so nothing after it can be read. Whoever reads says whether
//! what was read before is enough.

use std::fmt;

use super::tlv;

/// How long the value of a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    Fixed(usize),
    /// Two bytes `Fx Fy`: `x` and `y` are the digits of the length.
    LlVar,
    /// Three bytes `Fx Fy Fz`.
    LllVar,
    /// A length as in BER (ISO/IEC 8825-1).
    Tlv,
}

pub const SERVICE_BYTE: u8 = 0x03;
pub const AMOUNT: u8 = 0x04;
pub const TLV_CONTAINER: u8 = 0x06;
pub const TRACE_NUMBER: u8 = 0x0B;
pub const TIME: u8 = 0x0C;
pub const DATE: u8 = 0x0D;
pub const EXPIRY: u8 = 0x0E;
pub const CARD_SEQUENCE: u8 = 0x17;
pub const STATUS_BYTE: u8 = 0x19;
pub const PAYMENT_TYPE: u8 = 0x19;
pub const PAN: u8 = 0x22;
pub const TRACK_2: u8 = 0x23;
pub const TRACK_3: u8 = 0x24;
pub const RESULT_CODE: u8 = 0x27;
pub const TERMINAL_ID: u8 = 0x29;
pub const CONTRACT_NUMBER: u8 = 0x2A;
pub const ORIGINAL_TRACE: u8 = 0x37;
pub const AUTHORISATION: u8 = 0x3B;
pub const ADDITIONAL_TEXT: u8 = 0x3C;
pub const CURRENCY: u8 = 0x49;
pub const TOTALS: u8 = 0x60;
pub const RECEIPT_NUMBER: u8 = 0x87;
pub const TURNOVER_NUMBER: u8 = 0x88;
pub const CARD_TYPE: u8 = 0x8A;
pub const CARD_NAME: u8 = 0x8B;

/// The length of a field, or `None` for a name that the specification does not use.
#[must_use]
pub fn length_of(tag: u8) -> Option<Length> {
    Some(match tag {
        // Time-out, number of status informations, service byte, pump, status or payment type.
        0x01..=0x03 | 0x05 | 0x19 => Length::Fixed(1),
        AMOUNT => Length::Fixed(6),
        TLV_CONTAINER => Length::Tlv,
        TRACE_NUMBER | TIME => Length::Fixed(3),
        DATE | EXPIRY | CARD_SEQUENCE => Length::Fixed(2),
        PAN | TRACK_2 | 0x2D => Length::LlVar,
        // Track 3, synchronous chip data.
        TRACK_3 | 0x2E => Length::LllVar,
        RESULT_CODE => Length::Fixed(1),
        TERMINAL_ID => Length::Fixed(4),
        CONTRACT_NUMBER => Length::Fixed(15),
        // The original's trace number, password.
        ORIGINAL_TRACE | 0x3D => Length::Fixed(3),
        // The card's check value.
        0x3A => Length::Fixed(2),
        AUTHORISATION => Length::Fixed(8),
        ADDITIONAL_TEXT | TOTALS => Length::LllVar,
        CURRENCY => Length::Fixed(2),
        // Blocked groups of goods.
        0x4C => Length::LlVar,
        // Pictures for a display.
        0x70 | 0x71 => Length::Fixed(4),
        0x72..=0x75 => Length::Fixed(1),
        RECEIPT_NUMBER => Length::Fixed(2),
        TURNOVER_NUMBER => Length::Fixed(3),
        CARD_TYPE | 0x8C => Length::Fixed(1),
        CARD_NAME => Length::LlVar,
        // Additional data of chip cards, records of the GeldKarte.
        0x92 | 0x9A => Length::LllVar,
        // The authorisation system's own result.
        0xA0 => Length::Fixed(1),
        0xA7 => Length::LlVar,
        0xAA => Length::Fixed(3),
        0xAF => Length::LllVar,
        0xBA => Length::Fixed(5),
        0xD0 | 0xD2 | 0xD3 => Length::Fixed(1),
        0xD1 => Length::LlVar,
        // Dialogues on the terminal's display.
        0xE0 | 0xE9 | 0xEA => Length::Fixed(1),
        0xE1..=0xE8 | 0xF1..=0xF8 => Length::LlVar,
        0xEB => Length::Fixed(8),
        0xF0 | 0xF9..=0xFD => Length::Fixed(1),
        _ => return None,
    })
}

/// One field. Its value may be a card's number and is never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    pub tag: u8,
    pub value: &'a [u8],
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X} with {} bytes", self.tag, self.value.len())
    }
}

/// Why a field cannot be read. Nothing of its value is in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    #[error("the length of the field {tag:02X} is not known")]
    Unknown { tag: u8 },
    #[error("the field {tag:02X} ends too early")]
    Truncated { tag: u8 },
    #[error("the length of the field {tag:02X} is malformed")]
    Length { tag: u8 },
}

/// Reads one field after the other. After an error there is nothing more.
#[derive(Clone)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

#[must_use]
pub fn fields(bytes: &[u8]) -> Fields<'_> {
    Fields { rest: bytes }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, FieldError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&tag, after) = self.rest.split_first()?;
        let read = take(tag, after);
        self.rest = read.as_ref().map_or(&[], |(_, rest)| rest);
        Some(read.map(|(field, _)| field))
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fields in {} bytes", self.rest.len())
    }
}

fn take(tag: u8, bytes: &[u8]) -> Result<(Field<'_>, &[u8]), FieldError> {
    let (length, bytes) = match length_of(tag).ok_or(FieldError::Unknown { tag })? {
        Length::Fixed(length) => (length, bytes),
        Length::LlVar => var_length(tag, bytes, 2)?,
        Length::LllVar => var_length(tag, bytes, 3)?,
        Length::Tlv => {
            let (length, taken) = tlv::length(bytes).map_err(|error| match error {
                tlv::TlvError::Truncated => FieldError::Truncated { tag },
                _ => FieldError::Length { tag },
            })?;
            (length, &bytes[taken..])
        }
    };
    if bytes.len() < length {
        return Err(FieldError::Truncated { tag });
    }
    let (value, rest) = bytes.split_at(length);
    Ok((Field { tag, value }, rest))
}

fn var_length(tag: u8, bytes: &[u8], places: usize) -> Result<(usize, &[u8]), FieldError> {
    if bytes.len() < places {
        return Err(FieldError::Truncated { tag });
    }
    let (digits, rest) = bytes.split_at(places);
    let length = digits.iter().try_fold(0_usize, |length, byte| {
        (byte >> 4 == 0xF && byte & 0x0F <= 9).then_some(length * 10 + usize::from(byte & 0x0F))
    });
    length.map(|length| (length, rest)).ok_or(FieldError::Length { tag })
}

/// Writes fields one after the other.
#[derive(Default)]
pub struct FieldWriter(Vec<u8>);

impl FieldWriter {
    /// Begins after bytes that are no field, such as a password.
    #[must_use]
    pub fn after(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// A field of the table. A value of a length that the field cannot have is left out.
    #[must_use]
    pub fn field(mut self, tag: u8, value: &[u8]) -> Self {
        let digits = |places: u32| {
            (0..places)
                .rev()
                .map(move |place| 0xF0 | u8::try_from(value.len() / 10_usize.pow(place) % 10).unwrap_or(0))
        };
        match length_of(tag) {
            Some(Length::Fixed(length)) if length == value.len() => self.0.push(tag),
            Some(Length::LlVar) if value.len() < 100 => {
                self.0.push(tag);
                self.0.extend(digits(2));
            }
            Some(Length::LllVar) if value.len() < 1_000 => {
                self.0.push(tag);
                self.0.extend(digits(3));
            }
            Some(Length::Tlv) if value.len() <= tlv::VALUE_BYTES_MAX => {
                self.0.push(tag);
                tlv::write_length(&mut self.0, value.len());
            }
            _ => {
                debug_assert!(false, "the field {tag:02X} does not have {} bytes", value.len());
                return self;
            }
        }
        self.0.extend_from_slice(value);
        self
    }

    #[must_use]
    pub fn some(self, tag: u8, value: Option<&[u8]>) -> Self {
        match value {
            Some(value) => self.field(tag, value),
            None => self,
        }
    }

    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for FieldWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes written", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known() -> Vec<u8> {
        (0..=255).filter(|tag| length_of(*tag).is_some()).collect()
    }

    fn field() -> impl Strategy<Value = (u8, Vec<u8>)> {
        (prop::sample::select(known()), prop::collection::vec(any::<u8>(), 99)).prop_flat_map(
            |(tag, bytes)| {
                let length = match length_of(tag) {
                    Some(Length::Fixed(length)) => length..=length,
                    _ => 0..=bytes.len(),
                };
                (Just(tag), length.prop_map(move |length| bytes[..length].to_vec()))
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(wanted in prop::collection::vec(field(), 0..12)) {
            let written = wanted
                .iter()
                .fold(FieldWriter::default(), |writer, (tag, value)| writer.field(*tag, value))
                .bytes();
            let read: Result<Vec<_>, _> = fields(&written).map(|read| read.map(|f| (f.tag, f.value.to_vec()))).collect();
            prop_assert_eq!(read, Ok(wanted));
        }
    }

    #[test]
    fn the_specifications_lengths_are_in_the_table() {
        assert_eq!(known().len(), 76);
        assert_eq!(length_of(0x27), Some(Length::Fixed(1)));
        assert_eq!(length_of(0x60), Some(Length::LllVar));
        assert_eq!(length_of(0xEB), Some(Length::Fixed(8)));
        assert_eq!(length_of(0x07), None);
    }

    #[test]
    fn what_cannot_be_read_says_why_and_ends() {
        let error = |bytes: &[u8]| {
            let mut fields = fields(bytes);
            let first = fields.next().expect("something").expect_err("no field");
            assert!(fields.next().is_none());
            first
        };
        assert_eq!(error(&[0x07, 1, 2]), FieldError::Unknown { tag: 0x07 });
        assert_eq!(error(&[0x04, 1, 2]), FieldError::Truncated { tag: 0x04 });
        assert_eq!(error(&[0x22, 0xF0]), FieldError::Truncated { tag: 0x22 });
        assert_eq!(error(&[0x22, 0x10, 0xF1, 0]), FieldError::Length { tag: 0x22 });
        assert_eq!(error(&[0x22, 0xF0, 0xFA, 0]), FieldError::Length { tag: 0x22 });
        assert_eq!(error(&[0x06, 0x83, 0, 0, 0]), FieldError::Length { tag: 0x06 });
    }
}
