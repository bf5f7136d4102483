//! What a terminal tells a till (part "Commands from PT to ECR").

use super::apdu::Apdu;
use super::bmp;
use super::result_code::ResultCode;
use super::status::{StatusError, StatusInformation};
use super::{text, tlv};

pub const STATUS_INFORMATION: (u8, u8) = (0x04, 0x0F);
pub const INTERMEDIATE_STATUS: (u8, u8) = (0x04, 0xFF);
pub const COMPLETION: (u8, u8) = (0x06, 0x0F);
pub const ABORTED: (u8, u8) = (0x06, 0x1E);
pub const PRINT_LINE: (u8, u8) = (0x06, 0xD1);
pub const PRINT_TEXT_BLOCK: (u8, u8) = (0x06, 0xD3);

/// The attribute of a line that is a number of empty lines instead of a text.
const ATTRIBUTE_FEED: u8 = 0xFF;
/// Set in the attribute of a receipt's last line.
const ATTRIBUTE_LAST: u8 = 0x80;

/// Whose paper it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptKind {
    Merchant,
    Customer,
    Administration,
    /// The terminal does not say.
    Unsaid,
}

/// What a terminal tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    Acknowledged,
    Refused(ResultCode),
    Status(Box<StatusInformation>),
    /// How it goes, with the terminal's own text.
    Intermediate {
        status: u8,
        text: Option<String>,
    },
    Print {
        kind: ReceiptKind,
        lines: Vec<String>,
        last: bool,
    },
    Completed(Box<Completion>),
    Aborted(ResultCode),
    /// A message of the protocol that this till does nothing with.
    Other {
        class: u8,
        instr: u8,
    },
}

/// The end of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// The terminal's own state (part "Terminal status codes"), after a status enquiry.
    pub state: Option<ResultCode>,
    pub software: Option<String>,
    pub fields: StatusInformation,
}

/// Why a message says nothing that can be used. Nothing of its data is in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error("status information: {0}")]
    Status(#[from] StatusError),
    #[error("{class:02X} {instr:02X} has too little data")]
    Short { class: u8, instr: u8 },
    #[error("{class:02X} {instr:02X} is no message of a terminal")]
    Foreign { class: u8, instr: u8 },
}

impl Message {
    /// # Errors
    /// [`MessageError`] when it is no message of a terminal or what it says cannot be read.
    pub fn parse(apdu: &Apdu) -> Result<Self, MessageError> {
        let (class, instr) = apdu.control();
        let data = apdu.data();
        let first = || data.first().copied().ok_or(MessageError::Short { class, instr });
        Ok(match apdu.control() {
            // 84 00 is an older positive acknowledgement.
            (0x80, _) | (0x84, 0x00) => Message::Acknowledged,
            (0x84, code) => Message::Refused(ResultCode(code)),
            STATUS_INFORMATION => Message::Status(Box::new(StatusInformation::parse(data)?)),
            INTERMEDIATE_STATUS => Message::Intermediate { status: first()?, text: intermediate_text(data) },
            COMPLETION => Message::Completed(Box::new(Completion::parse(data)?)),
            ABORTED => Message::Aborted(ResultCode(first()?)),
            PRINT_LINE => print_line(first()?, &data[1..]),
            PRINT_TEXT_BLOCK => print_block(data),
            (0x04 | 0x05 | 0x06 | 0x08 | 0x0F, _) => Message::Other { class, instr },
            _ => return Err(MessageError::Foreign { class, instr }),
        })
    }
}

impl Completion {
    /// After a status enquiry it begins with the version of the software, whose length is written as that of a field, and
    /// the state; elsewhere it has fields only.
    fn parse(data: &[u8]) -> Result<Self, StatusError> {
        let mut completion = Self::default();
        let mut rest = data;
        if let Some((version, after)) = version(data) {
            completion.software = Some(holdfast_pan::masked(text::decode(version).trim()).into_owned())
                .filter(|version| !version.is_empty());
            rest = after;
            if let Some((state, after)) = rest.split_first() {
                completion.state = Some(ResultCode(*state));
                rest = after;
            }
        } else if let Some((state, after)) = data.split_first()
            && (after.is_empty() || bmp::length_of(*state).is_none())
        {
            completion.state = Some(ResultCode(*state));
            rest = after;
        }
        completion.fields = StatusInformation::parse_fields(rest)?;
        Ok(completion)
    }
}

fn version(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (digits, rest) = data.split_first_chunk::<3>()?;
    let length = digits.iter().try_fold(0_usize, |length, byte| {
        (byte >> 4 == 0xF && byte & 0x0F <= 9).then_some(length * 10 + usize::from(byte & 0x0F))
    })?;
    rest.split_at_checked(length)
}

/// The lines to show, after the status and, where there is one, a time-out.
fn intermediate_text(data: &[u8]) -> Option<String> {
    let container = data.iter().skip(1).take(2).position(|byte| *byte == bmp::TLV_CONTAINER)? + 1;
    let field = bmp::fields(&data[container..]).next()?.ok()?;
    let mut lines = Vec::new();
    let _broken_off = tlv::walk(field.value, &mut |object| {
        if object.tag == tlv::TEXT_LINE {
            lines.push(text::decode(object.value).trim().replace('\n', " "));
        }
    });
    (!lines.is_empty()).then(|| holdfast_pan::masked(&lines.join(" ")).into_owned())
}

fn print_line(attribute: u8, line: &[u8]) -> Message {
    let kind = ReceiptKind::Unsaid;
    if attribute == ATTRIBUTE_FEED {
        return Message::Print { kind, lines: vec![String::new()], last: false };
    }
    let line = holdfast_pan::masked(&text::decode(line)).into_owned();
    Message::Print { kind, lines: vec![line], last: attribute & ATTRIBUTE_LAST != 0 }
}

fn print_block(data: &[u8]) -> Message {
    let (mut kind, mut lines, mut last) = (ReceiptKind::Unsaid, Vec::new(), false);
    for field in bmp::fields(data).map_while(Result::ok).filter(|field| field.tag == bmp::TLV_CONTAINER) {
        let _broken_off = tlv::walk(field.value, &mut |object| match (object.tag, object.value) {
            (tlv::RECEIPT_TYPE, kind_of) => {
                kind = match kind_of.last() {
                    Some(1) => ReceiptKind::Merchant,
                    Some(2) => ReceiptKind::Customer,
                    Some(3) => ReceiptKind::Administration,
                    _ => ReceiptKind::Unsaid,
                };
            }
            (tlv::TEXT_LINE, line) => lines.push(holdfast_pan::masked(&text::decode(line)).into_owned()),
            (tlv::ATTRIBUTE, [attribute]) if *attribute != ATTRIBUTE_FEED => {
                last |= attribute & ATTRIBUTE_LAST != 0
            }
            _ => {}
        });
    }
    Message::Print { kind, lines, last }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(control: (u8, u8), data: &[u8]) -> Result<Message, MessageError> {
        Message::parse(&Apdu::new(control, data.to_vec()).expect("short"))
    }

    #[test]
    fn both_positive_acknowledgements_are_told_from_a_refusal() {
        assert_eq!(parse((0x80, 0x00), &[]), Ok(Message::Acknowledged));
        assert_eq!(parse((0x84, 0x00), &[]), Ok(Message::Acknowledged));
        assert_eq!(parse((0x84, 0x9C), &[]), Ok(Message::Refused(ResultCode::WAIT)));
    }

    #[test]
    fn a_completion_says_the_state_with_the_version_or_without() {
        let completed = |data: &[u8]| match parse(COMPLETION, data) {
            Ok(Message::Completed(completion)) => *completion,
            other => panic!("{other:?}"),
        };
        let with = completed(b"\xF0\xF0\xF7APP 4.2\x00");
        assert_eq!((with.software.as_deref(), with.state), (Some("APP 4.2"), Some(ResultCode::DONE)));
        assert_eq!(completed(&[0xF0, 0xF0, 0xF0, 0x9C]).state, Some(ResultCode::WAIT));
        assert_eq!(completed(&[0x00]).state, Some(ResultCode::DONE));
        let registered = completed(&[0x19, 0x00, 0x29, 0x12, 0x00, 0x00, 0x01, 0x49, 0x09, 0x78]);
        assert_eq!((registered.state, registered.fields.terminal), (None, Some(12_000_001)));
        assert_eq!(completed(&[]), Completion::default());
    }

    #[test]
    fn what_a_terminal_prints_is_masked_and_known_by_whose_it_is() {
        let line = parse(PRINT_LINE, b"\x80Karte 4111111111111111");
        let lines = vec!["Karte ************1111".to_owned()];
        assert_eq!(line, Ok(Message::Print { kind: ReceiptKind::Unsaid, lines, last: true }));

        let texts = tlv::ObjectWriter::default()
            .object(tlv::TEXT_LINE, b"H\x8eNDLERBELEG")
            .object(tlv::ATTRIBUTE, &[0x81]);
        let container = tlv::ObjectWriter::default()
            .object(tlv::RECEIPT_TYPE, &[0x01])
            .object(tlv::PRINT_TEXTS, &texts.bytes())
            .bytes();
        let block = bmp::FieldWriter::default().field(bmp::TLV_CONTAINER, &container).bytes();
        let lines = vec!["HÄNDLERBELEG".to_owned()];
        assert_eq!(
            parse(PRINT_TEXT_BLOCK, &block),
            Ok(Message::Print { kind: ReceiptKind::Merchant, lines, last: true })
        );
    }

    #[test]
    fn what_a_terminal_shows_comes_with_its_status() {
        // Status, time-out of one minute, and a container with two lines.
        let data =
            [&[0x0A, 0x01, 0x06, 0x0D, 0x24, 0x0B, 0x07, 0x05][..], b"Karte", &[0x07, 0x02], b"an"].concat();
        let text = Some("Karte an".to_owned());
        assert_eq!(parse(INTERMEDIATE_STATUS, &data), Ok(Message::Intermediate { status: 0x0A, text }));
        assert_eq!(
            parse(INTERMEDIATE_STATUS, &[0x04]),
            Ok(Message::Intermediate { status: 0x04, text: None })
        );
    }

    #[test]
    fn what_is_no_terminals_message_is_said() {
        assert!(matches!(parse((0x00, 0x00), &[0x3E]), Err(MessageError::Foreign { .. })));
        assert!(matches!(parse(ABORTED, &[]), Err(MessageError::Short { .. })));
        assert!(matches!(
            parse(STATUS_INFORMATION, &[0x07]),
            Err(MessageError::Status(StatusError::BeforeResult(_)))
        ));
        assert!(matches!(parse((0x06, 0xE0), &[]), Ok(Message::Other { .. })));
    }
}
