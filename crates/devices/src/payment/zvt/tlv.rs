//! Objects of tag, length and value inside field 06, as in BER (ISO/IEC 8825-1) with lengths of one to three bytes.

use std::fmt;

/// The most bytes of one value.
pub const VALUE_BYTES_MAX: usize = 0xFFFF;
/// How deep objects may stand in each other.
pub const DEPTH_MAX: usize = 8;
/// The most bytes of a tag.
const TAG_BYTES_MAX: usize = 4;

pub const TEXT_LINE: u32 = 0x07;
pub const ATTRIBUTE: u32 = 0x09;
pub const COMMAND: u32 = 0x0A;
pub const CHARACTER_SET: u32 = 0x14;
pub const DISPLAY_TEXTS: u32 = 0x24;
pub const PRINT_TEXTS: u32 = 0x25;
pub const PERMITTED_COMMANDS: u32 = 0x26;
pub const CARD_TYPE_ID: u32 = 0x41;
pub const AID: u32 = 0x43;
pub const RECEIPT_TYPE: u32 = 0x1F07;
pub const CARDHOLDER_AUTHENTICATION: u32 = 0x1F10;
/// 00 for a transaction that the terminal made by itself, 01 for one that its host authorised.
pub const ONLINE: u32 = 0x1F11;
pub const CARD_TECHNOLOGY: u32 = 0x1F12;

/// Why an object cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlvError {
    #[error("an object ends too early")]
    Truncated,
    #[error("an object's tag is too long")]
    Tag,
    #[error("an object's length is malformed")]
    Length,
}

/// One object. Its value is never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Object<'a> {
    pub tag: u32,
    /// Its value is made of objects.
    pub constructed: bool,
    pub value: &'a [u8],
}

impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X} with {} bytes", self.tag, self.value.len())
    }
}

/// Reads one object after the other. After an error there is nothing more.
#[derive(Clone)]
pub struct Objects<'a> {
    rest: &'a [u8],
}

#[must_use]
pub fn objects(bytes: &[u8]) -> Objects<'_> {
    Objects { rest: bytes }
}

impl<'a> Iterator for Objects<'a> {
    type Item = Result<Object<'a>, TlvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let read = take(self.rest);
        self.rest = read.as_ref().map_or(&[], |(_, rest)| rest);
        Some(read.map(|(object, _)| object))
    }
}

impl fmt::Debug for Objects<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "objects in {} bytes", self.rest.len())
    }
}

/// Calls `seen` for every object, those inside others as well, in the order of the bytes; what is deeper than [`DEPTH_MAX`]
/// is passed over.
///
/// # Errors
/// [`TlvError`] at the first object that cannot be read; those before were seen.
pub fn walk<'a>(bytes: &'a [u8], seen: &mut impl FnMut(Object<'a>)) -> Result<(), TlvError> {
    walk_at(bytes, 0, seen)
}

fn walk_at<'a>(bytes: &'a [u8], depth: usize, seen: &mut impl FnMut(Object<'a>)) -> Result<(), TlvError> {
    for object in objects(bytes) {
        let object = object?;
        seen(object);
        if object.constructed && depth < DEPTH_MAX {
            walk_at(object.value, depth + 1, seen)?;
        }
    }
    Ok(())
}

fn take(bytes: &[u8]) -> Result<(Object<'_>, &[u8]), TlvError> {
    let first = *bytes.first().ok_or(TlvError::Truncated)?;
    let mut tag = u32::from(first);
    let mut taken = 1;
    if first & 0x1F == 0x1F {
        loop {
            if taken == TAG_BYTES_MAX {
                return Err(TlvError::Tag);
            }
            let next = *bytes.get(taken).ok_or(TlvError::Truncated)?;
            tag = tag << 8 | u32::from(next);
            taken += 1;
            if next & 0x80 == 0 {
                break;
            }
        }
    }
    let (length, of_length) = length(&bytes[taken..])?;
    let rest = &bytes[taken + of_length..];
    if rest.len() < length {
        return Err(TlvError::Truncated);
    }
    let (value, rest) = rest.split_at(length);
    Ok((Object { tag, constructed: first & 0x20 != 0, value }, rest))
}

/// A length, and how many bytes say it.
///
/// # Errors
/// [`TlvError::Truncated`], or [`TlvError::Length`] for a length of more than two bytes.
pub fn length(bytes: &[u8]) -> Result<(usize, usize), TlvError> {
    match bytes {
        [short @ 0..=0x7F, ..] => Ok((usize::from(*short), 1)),
        [0x81, length, ..] => Ok((usize::from(*length), 2)),
        [0x82, high, low, ..] => Ok((usize::from(u16::from_be_bytes([*high, *low])), 3)),
        [] | [0x81 | 0x82, ..] => Err(TlvError::Truncated),
        _ => Err(TlvError::Length),
    }
}

/// Writes a length of at most [`VALUE_BYTES_MAX`].
pub(super) fn write_length(bytes: &mut Vec<u8>, length: usize) {
    let [low, high, ..] = length.to_le_bytes();
    match length {
        0..=0x7F => bytes.push(low),
        0x80..=0xFF => bytes.extend([0x81, low]),
        _ => bytes.extend([0x82, high, low]),
    }
}

/// Writes objects one after the other.
#[derive(Default)]
pub struct ObjectWriter(Vec<u8>);

impl ObjectWriter {
    /// An object; a value of more than [`VALUE_BYTES_MAX`] is left out.
    #[must_use]
    pub fn object(mut self, tag: u32, value: &[u8]) -> Self {
        if value.len() > VALUE_BYTES_MAX {
            debug_assert!(false, "an object of {} bytes", value.len());
            return self;
        }
        let bytes = tag.to_be_bytes();
        let from = bytes.iter().position(|byte| *byte != 0).unwrap_or(3);
        self.0.extend_from_slice(&bytes[from..]);
        write_length(&mut self.0, value.len());
        self.0.extend_from_slice(value);
        self
    }

    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for ObjectWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes written", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tag() -> impl Strategy<Value = u32> {
        prop_oneof![
            (0u8..=255).prop_filter("a tag of one byte", |tag| tag & 0x1F != 0x1F).prop_map(u32::from),
            (0u8..=0x7F).prop_map(|low| 0x1F00 | u32::from(low)),
            (0u8..=0x7F).prop_map(|low| 0x003F_8100 | u32::from(low)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            wanted in prop::collection::vec((tag(), prop::collection::vec(any::<u8>(), 0..300)), 0..6),
        ) {
            let written = wanted
                .iter()
                .fold(ObjectWriter::default(), |writer, (tag, value)| writer.object(*tag, value))
                .bytes();
            let read: Result<Vec<_>, _> = objects(&written).map(|o| o.map(|o| (o.tag, o.value.to_vec()))).collect();
            prop_assert_eq!(read, Ok(wanted));
        }
    }

    #[test]
    fn objects_in_objects_are_seen_and_have_an_end() {
        let inner = ObjectWriter::default().object(AID, &[0xA0, 0, 0, 0, 4]).bytes();
        let bytes = ObjectWriter::default().object(0x60, &inner).object(CARD_TECHNOLOGY, &[1]).bytes();
        let mut tags = Vec::new();
        walk(&bytes, &mut |object| tags.push(object.tag)).expect("well formed");
        assert_eq!(tags, [0x60, AID, CARD_TECHNOLOGY]);

        let deep =
            (0..40).fold(vec![0x07, 0x00], |inner, _| ObjectWriter::default().object(0x25, &inner).bytes());
        let mut count = 0;
        walk(&deep, &mut |_| count += 1).expect("well formed");
        assert_eq!(count, DEPTH_MAX + 1);
    }

    #[test]
    fn what_is_malformed_is_said() {
        let error = |bytes: &[u8]| objects(bytes).next().expect("something").expect_err("no object");
        assert_eq!(error(&[0x1F]), TlvError::Truncated);
        assert_eq!(error(&[0x1F, 0x81, 0x82, 0x83, 0x04]), TlvError::Tag);
        assert_eq!(error(&[0x07, 0x80]), TlvError::Length);
        assert_eq!(error(&[0x07, 0x82, 0x01]), TlvError::Truncated);
        assert_eq!(error(&[0x07, 0x02, 0x01]), TlvError::Truncated);
    }
}
