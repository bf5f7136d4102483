//! The text of a merchant-presented QR code: EMV QR Code Specification for Payment Systems, Merchant-Presented Mode, 1.1.
//!
//! Every object is two digits of name, two digits of length and a value; some values are objects again. The last object is a
//! checksum over everything before its own value. Read strictly: what is read is exactly what would be written.

use std::fmt::Write as _;

/// The most characters of a whole code (EMVCo: section 3.2).
pub const CODE_CHARS_MAX: usize = 512;
/// The most characters of one value, as two digits can say.
const VALUE_CHARS_MAX: usize = 99;
/// The most objects of one code or template: every name once.
const OBJECTS_MAX: usize = 100;

const PAYLOAD_FORMAT: u8 = 0;
const CHECKSUM: u8 = 63;
const VERSION: &str = "01";
/// The checksum's name and length, which are checked along.
const CHECKSUM_HEAD: &str = "6304";

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// 0 to 99.
    pub id: u8,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    /// Objects whose values are all texts.
    Template(Vec<(u8, String)>),
}

/// Why a code cannot be written or is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("a value has 1 to 99 printable characters of ASCII")]
    Value,
    #[error("a name is from 00 to 99, and used once; 00 and 63 belong to the code itself")]
    Name,
    #[error("a code has at most {CODE_CHARS_MAX} characters")]
    TooLong,
    #[error("the text ends within an object or has no digits where they belong")]
    Broken,
    #[error("the code does not begin with its version or not end with its checksum")]
    Frame,
    #[error("the checksum is wrong")]
    Checksum,
}

impl Object {
    #[must_use]
    pub fn text(id: u8, value: impl Into<String>) -> Object {
        Object { id, value: Value::Text(value.into()) }
    }

    /// Whether the specification gives this name to objects that hold objects.
    fn is_template(id: u8) -> bool {
        matches!(id, 26..=51 | 62 | 64 | 80..=99)
    }
}

/// Writes the objects between version and checksum.
///
/// # Errors
/// [`CodeError`] when a name or a value cannot stand in a code, or there are too many.
pub fn encode(objects: &[Object]) -> Result<String, CodeError> {
    let mut code = String::new();
    push(&mut code, PAYLOAD_FORMAT, VERSION)?;
    let mut seen = [false; OBJECTS_MAX];
    for object in objects {
        let id = object.id;
        if matches!(id, PAYLOAD_FORMAT | CHECKSUM) || !is_new(&mut seen, id) {
            return Err(CodeError::Name);
        }
        match &object.value {
            Value::Text(text) if !Object::is_template(id) => push(&mut code, id, text)?,
            Value::Template(inner) if Object::is_template(id) => {
                let mut text = String::new();
                let mut seen = [false; OBJECTS_MAX];
                for (id, value) in inner {
                    if !is_new(&mut seen, *id) {
                        return Err(CodeError::Name);
                    }
                    push(&mut text, *id, value)?;
                }
                push(&mut code, id, &text)?;
            }
            _ => return Err(CodeError::Name),
        }
    }
    code.push_str(CHECKSUM_HEAD);
    let checksum = crc16(code.as_bytes());
    let _ = write!(code, "{checksum:04X}");
    if code.len() > CODE_CHARS_MAX {
        return Err(CodeError::TooLong);
    }
    Ok(code)
}

/// Reads what [`encode`] wrote, and nothing else.
///
/// # Errors
/// [`CodeError`] for anything else.
pub fn decode(code: &str) -> Result<Vec<Object>, CodeError> {
    if code.len() > CODE_CHARS_MAX {
        return Err(CodeError::TooLong);
    }
    if !is_plain(code) {
        return Err(CodeError::Value);
    }
    let end = code.len().checked_sub(4).ok_or(CodeError::Frame)?;
    let (checked, checksum) = code.split_at(end);
    if checksum != format!("{:04X}", crc16(checked.as_bytes())) {
        return Err(CodeError::Checksum);
    }
    let content = checked.strip_suffix(CHECKSUM_HEAD).ok_or(CodeError::Frame)?;
    let mut objects = parts(content)?.into_iter();
    if objects.next() != Some((PAYLOAD_FORMAT, VERSION)) {
        return Err(CodeError::Frame);
    }
    objects
        .map(|(id, text)| {
            if id == CHECKSUM {
                return Err(CodeError::Frame);
            }
            let value = if Object::is_template(id) {
                let inner = parts(text)?.into_iter().map(|(id, text)| (id, text.to_owned()));
                Value::Template(inner.collect())
            } else {
                Value::Text(text.to_owned())
            };
            Ok(Object { id, value })
        })
        .collect()
}

fn push(code: &mut String, id: u8, value: &str) -> Result<(), CodeError> {
    if usize::from(id) >= OBJECTS_MAX {
        return Err(CodeError::Name);
    }
    if value.is_empty() || value.len() > VALUE_CHARS_MAX || !is_plain(value) {
        return Err(CodeError::Value);
    }
    let _ = write!(code, "{id:02}{:02}{value}", value.len());
    Ok(())
}

/// The objects of a plain text, in their order.
fn parts(text: &str) -> Result<Vec<(u8, &str)>, CodeError> {
    let (mut rest, mut found) = (text, Vec::new());
    let mut seen = [false; OBJECTS_MAX];
    while !rest.is_empty() {
        let head = rest.get(..4).filter(|head| head.bytes().all(|byte| byte.is_ascii_digit()));
        let head = head.ok_or(CodeError::Broken)?;
        let id = head[..2].parse::<u8>().map_err(|_| CodeError::Broken)?;
        let length = head[2..].parse::<usize>().map_err(|_| CodeError::Broken)?;
        if length == 0 {
            return Err(CodeError::Value);
        }
        if !is_new(&mut seen, id) {
            return Err(CodeError::Name);
        }
        let value = rest.get(4..4 + length).ok_or(CodeError::Broken)?;
        found.push((id, value));
        rest = &rest[4 + length..];
    }
    Ok(found)
}

fn is_new(seen: &mut [bool; OBJECTS_MAX], id: u8) -> bool {
    seen.get_mut(usize::from(id)).is_some_and(|seen| !std::mem::replace(seen, true))
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

/// CRC-16/IBM-3740: polynomial 1021, begun with FFFF, nothing reflected (ISO/IEC 13239 as EMVCo uses it).
pub(crate) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of the Brazilian central bank's manual for BR Codes.
    const MANUAL: &str = "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-426655440000\
                          5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D";

    #[test]
    fn the_catalogued_check_value_comes_out() {
        assert_eq!(crc16(b"123456789"), 0x29B1);
    }

    #[test]
    fn the_manuals_example_is_read_and_written() {
        let objects = decode(MANUAL).expect("it is a code");
        assert_eq!(
            objects[0].value,
            Value::Template(vec![
                (0, "br.gov.bcb.pix".to_owned()),
                (1, "123e4567-e12b-12d1-a456-426655440000".to_owned())
            ])
        );
        assert_eq!(objects[4], Object::text(59, "Fulano de Tal"));
        assert_eq!(encode(&objects).as_deref(), Ok(MANUAL));
    }

    #[test]
    fn what_is_no_code_is_refused() {
        let with_checksum = |text: &str| format!("{text}6304{:04X}", crc16(format!("{text}6304").as_bytes()));
        assert!(decode(&with_checksum("0002015802BR")).is_ok());
        for (text, why) in [
            (MANUAL.replace("1D3D", "1d3d"), CodeError::Checksum),
            (MANUAL.replace("Fulano", "Fulana"), CodeError::Checksum),
            (String::new(), CodeError::Frame),
            (with_checksum("5802BR000201"), CodeError::Frame),
            (with_checksum("0002025802BR"), CodeError::Frame),
            (with_checksum("0002015802BR5802BR"), CodeError::Name),
            (with_checksum("0002015803BR"), CodeError::Broken),
            (with_checksum("000201580"), CodeError::Broken),
            (with_checksum("0002015800"), CodeError::Value),
            (with_checksum("00020162030503"), CodeError::Broken),
            ("é".repeat(20), CodeError::Value),
            ("0".repeat(513), CodeError::TooLong),
        ] {
            assert_eq!(decode(&text), Err(why), "{text}");
        }
    }

    fn any_object() -> impl Strategy<Value = Object> {
        (0_u8..100).prop_flat_map(|id| {
            if Object::is_template(id) {
                prop::collection::btree_map(0_u8..100, "[ -~]{1,9}", 1..6)
                    .prop_map(move |inner| Object { id, value: Value::Template(inner.into_iter().collect()) })
                    .boxed()
            } else {
                "[ -~]{1,20}".prop_map(move |text| Object::text(id, text)).boxed()
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn what_is_written_is_read(objects in prop::collection::vec(any_object(), 0..6)) {
            if let Ok(code) = encode(&objects) {
                prop_assert_eq!(decode(&code), Ok(objects));
            }
        }

        #[test]
        fn what_is_read_is_what_would_be_written(text in "[0-9A-Za-z .*]{0,80}", any in ".{0,60}") {
            for text in [text, any] {
                let framed = format!("000201{text}6304");
                let framed = format!("{framed}{:04X}", crc16(framed.as_bytes()));
                for code in [text, framed] {
                    if let Ok(objects) = decode(&code) {
                        prop_assert_eq!(encode(&objects), Ok(code));
                    }
                }
            }
        }

        #[test]
        fn a_changed_code_is_refused(at in 0..MANUAL.len(), to in 0x20_u8..0x7F) {
            let mut changed = MANUAL.as_bytes().to_vec();
            let differs = std::mem::replace(&mut changed[at], to) != to;
            let changed = String::from_utf8(changed).expect("it is ASCII");
            prop_assert_eq!(decode(&changed).is_err(), differs);
        }
    }
}
