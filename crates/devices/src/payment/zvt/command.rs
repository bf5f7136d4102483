//! What a till asks a terminal for (part "Commands from ECR to PT").

use std::fmt;
use std::str::FromStr;

use super::apdu::Apdu;
use super::bmp::{self, FieldWriter};
use super::{bcd, tlv};

pub const REGISTRATION: (u8, u8) = (0x06, 0x00);
pub const AUTHORISATION: (u8, u8) = (0x06, 0x01);
pub const LOG_OFF: (u8, u8) = (0x06, 0x02);
pub const TURNOVER_TOTALS: (u8, u8) = (0x06, 0x10);
pub const REPEAT_RECEIPT: (u8, u8) = (0x06, 0x20);
pub const PRE_AUTHORISATION: (u8, u8) = (0x06, 0x22);
pub const PARTIAL_REVERSAL: (u8, u8) = (0x06, 0x23);
pub const BOOK_TOTAL: (u8, u8) = (0x06, 0x24);
pub const REVERSAL: (u8, u8) = (0x06, 0x30);
pub const REFUND: (u8, u8) = (0x06, 0x31);
pub const END_OF_DAY: (u8, u8) = (0x06, 0x50);
pub const DIAGNOSIS: (u8, u8) = (0x06, 0x70);
pub const ABORT: (u8, u8) = (0x06, 0xB0);
pub const STATUS_ENQUIRY: (u8, u8) = (0x05, 0x01);

/// The till prints receipts of payments and of the administration, wants to hear how it goes, and alone begins payments and
/// administration; receipts come as lines to print.
pub const CONFIG_TILL_DOES_ALL: u8 = 0x02 | 0x04 | 0x08 | 0x10 | 0x20 | 0x80;
/// Only the status information of the last transaction is wanted, not its paper.
pub const SERVICE_STATUS_ONLY: u8 = 0x03;

/// The six digits that a terminal asks for before it does what is not a payment. Never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Password([u8; 3]);

impl Password {
    /// What terminals are delivered with.
    pub const DELIVERED: Self = Self([0; 3]);
}

impl FromStr for Password {
    type Err = PasswordError;

    fn from_str(text: &str) -> Result<Self, PasswordError> {
        if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PasswordError);
        }
        text.parse().ok().and_then(bcd::encode::<3>).map(Self).ok_or(PasswordError)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******")
    }
}

/// Why a text is no password of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a card terminal's password has six digits")]
pub struct PasswordError;

/// An amount in minor units with its currency (ISO 4217).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    pub minor: u64,
    pub currency: u16,
}

impl Amount {
    /// The most minor units that the field holds.
    pub const MINOR_MAX: u64 = 999_999_999_999;

    /// `None` beyond [`Amount::MINOR_MAX`] and for a currency of more than three digits.
    #[must_use]
    pub fn new(minor: u64, currency: u16) -> Option<Self> {
        (minor <= Self::MINOR_MAX && currency < 1_000).then_some(Self { minor, currency })
    }

    fn fields(self, writer: FieldWriter) -> FieldWriter {
        let minor = bcd::encode::<6>(self.minor).unwrap_or_default();
        let currency = bcd::encode::<2>(self.currency.into()).unwrap_or_default();
        writer.field(bmp::AMOUNT, &minor).field(bmp::CURRENCY, &currency)
    }
}

/// What a terminal is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Says who the till is. `permitted` are the messages beyond the plain ones that the till understands.
    Registration {
        password: Password,
        config: u8,
        currency: u16,
        permitted: Vec<(u8, u8)>,
    },
    Authorisation(Amount),
    LogOff,
    /// A sum for each scheme, without ending the day.
    TurnoverTotals {
        password: Password,
    },
    /// The last transaction once more, as paper or as status information by the service byte.
    RepeatReceipt {
        password: Password,
        service: u8,
    },
    PreAuthorisation(Amount),
    /// Books less than was pre-authorised.
    PartialReversal {
        receipt: u16,
        amount: Amount,
    },
    /// Books what was pre-authorised, or less.
    BookTotal {
        receipt: u16,
        amount: Amount,
    },
    /// Takes a whole transaction back.
    Reversal {
        password: Password,
        receipt: u16,
    },
    Refund {
        password: Password,
        amount: Amount,
    },
    EndOfDay {
        password: Password,
    },
    /// Asks the host.
    Diagnosis,
    StatusEnquiry {
        password: Password,
    },
    Abort,
}

impl Command {
    #[must_use]
    pub fn control(&self) -> (u8, u8) {
        match self {
            Command::Registration { .. } => REGISTRATION,
            Command::Authorisation(_) => AUTHORISATION,
            Command::LogOff => LOG_OFF,
            Command::TurnoverTotals { .. } => TURNOVER_TOTALS,
            Command::RepeatReceipt { .. } => REPEAT_RECEIPT,
            Command::PreAuthorisation(_) => PRE_AUTHORISATION,
            Command::PartialReversal { .. } => PARTIAL_REVERSAL,
            Command::BookTotal { .. } => BOOK_TOTAL,
            Command::Reversal { .. } => REVERSAL,
            Command::Refund { .. } => REFUND,
            Command::EndOfDay { .. } => END_OF_DAY,
            Command::Diagnosis => DIAGNOSIS,
            Command::StatusEnquiry { .. } => STATUS_ENQUIRY,
            Command::Abort => ABORT,
        }
    }

    #[must_use]
    pub fn encode(&self) -> Apdu {
        let receipt = |number: &u16| bcd::encode::<2>(u64::from(*number) % 10_000).unwrap_or_default();
        let data = match self {
            Command::Registration { password, config, currency, permitted } => {
                let currency = bcd::encode::<2>(u64::from(*currency) % 1_000).unwrap_or_default();
                let head = [&password.0[..], &[*config], &currency].concat();
                let commands = permitted
                    .iter()
                    .fold(tlv::ObjectWriter::default(), |list, (class, instr)| {
                        list.object(tlv::COMMAND, &[*class, *instr])
                    })
                    .bytes();
                let container =
                    tlv::ObjectWriter::default().object(tlv::PERMITTED_COMMANDS, &commands).bytes();
                FieldWriter::after(&head)
                    .field(bmp::SERVICE_BYTE, &[0x00])
                    .field(bmp::TLV_CONTAINER, &container)
                    .bytes()
            }
            Command::Authorisation(amount) | Command::PreAuthorisation(amount) => {
                amount.fields(FieldWriter::default()).bytes()
            }
            Command::PartialReversal { receipt: number, amount }
            | Command::BookTotal { receipt: number, amount } => {
                amount.fields(FieldWriter::default().field(bmp::RECEIPT_NUMBER, &receipt(number))).bytes()
            }
            Command::Reversal { password, receipt: number } => {
                FieldWriter::after(&password.0).field(bmp::RECEIPT_NUMBER, &receipt(number)).bytes()
            }
            Command::Refund { password, amount } => amount.fields(FieldWriter::after(&password.0)).bytes(),
            Command::RepeatReceipt { password, service } => {
                FieldWriter::after(&password.0).field(bmp::SERVICE_BYTE, &[*service]).bytes()
            }
            Command::TurnoverTotals { password }
            | Command::EndOfDay { password }
            | Command::StatusEnquiry { password } => password.0.to_vec(),
            Command::LogOff | Command::Diagnosis | Command::Abort => Vec::new(),
        };
        Apdu::short(self.control(), data)
    }

    /// What a till asked for, as a terminal reads it. `None` for what is no such message.
    #[must_use]
    pub fn parse(apdu: &Apdu) -> Option<Self> {
        let data = apdu.data();
        let command = match apdu.control() {
            REGISTRATION => registration(data)?,
            AUTHORISATION => Command::Authorisation(Read::of(data)?.amount()?),
            LOG_OFF => Command::LogOff,
            TURNOVER_TOTALS => Command::TurnoverTotals { password: password(data)?.0 },
            REPEAT_RECEIPT => {
                let (password, rest) = password(data)?;
                Command::RepeatReceipt { password, service: Read::of(rest)?.service.unwrap_or(0) }
            }
            PRE_AUTHORISATION => Command::PreAuthorisation(Read::of(data)?.amount()?),
            PARTIAL_REVERSAL => {
                let read = Read::of(data)?;
                Command::PartialReversal { receipt: read.receipt?, amount: read.amount()? }
            }
            BOOK_TOTAL => {
                let read = Read::of(data)?;
                Command::BookTotal { receipt: read.receipt?, amount: read.amount()? }
            }
            REVERSAL => {
                let (password, rest) = password(data)?;
                Command::Reversal { password, receipt: Read::of(rest)?.receipt? }
            }
            REFUND => {
                let (password, rest) = password(data)?;
                Command::Refund { password, amount: Read::of(rest)?.amount()? }
            }
            END_OF_DAY => Command::EndOfDay { password: password(data)?.0 },
            DIAGNOSIS => Command::Diagnosis,
            STATUS_ENQUIRY => Command::StatusEnquiry { password: password(data)?.0 },
            ABORT => Command::Abort,
            _ => return None,
        };
        Some(command)
    }
}

fn password(data: &[u8]) -> Option<(Password, &[u8])> {
    let (digits, rest) = data.split_first_chunk::<3>()?;
    bcd::decode(digits)?;
    Some((Password(*digits), rest))
}

fn registration(data: &[u8]) -> Option<Command> {
    let (password, rest) = password(data)?;
    let [config, high, low, rest @ ..] = rest else { return None };
    let currency = u16::try_from(bcd::decode(&[*high, *low])?).ok()?;
    let mut permitted = Vec::new();
    for field in bmp::fields(rest) {
        let field = field.ok()?;
        if field.tag == bmp::TLV_CONTAINER {
            tlv::walk(field.value, &mut |object| {
                if let (tlv::COMMAND, [class, instr]) = (object.tag, object.value) {
                    permitted.push((*class, *instr));
                }
            })
            .ok()?;
        }
    }
    Some(Command::Registration { password, config: *config, currency, permitted })
}

/// The fields of a command.
#[derive(Default)]
struct Read {
    minor: Option<u64>,
    currency: Option<u16>,
    receipt: Option<u16>,
    service: Option<u8>,
}

impl Read {
    fn of(data: &[u8]) -> Option<Self> {
        let mut read = Self::default();
        for field in bmp::fields(data) {
            let field = field.ok()?;
            match field.tag {
                bmp::AMOUNT => read.minor = Some(bcd::decode(field.value)?),
                bmp::CURRENCY => read.currency = Some(u16::try_from(bcd::decode(field.value)?).ok()?),
                bmp::RECEIPT_NUMBER => read.receipt = Some(u16::try_from(bcd::decode(field.value)?).ok()?),
                bmp::SERVICE_BYTE => read.service = field.value.first().copied(),
                _ => {}
            }
        }
        Some(read)
    }

    fn amount(&self) -> Option<Amount> {
        Amount::new(self.minor?, self.currency?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn command() -> impl Strategy<Value = Command> {
        let amount = (0..=Amount::MINOR_MAX, 0u16..1_000)
            .prop_map(|(minor, currency)| Amount::new(minor, currency).expect("in range"));
        let password = "[0-9]{6}".prop_map(|digits| digits.parse::<Password>().expect("six digits"));
        let permitted = prop::collection::vec(any::<(u8, u8)>(), 0..6);
        let receipt = 0u16..10_000;
        let config = any::<u8>();
        let parts = (amount, password, permitted, receipt, config, 0u16..1_000);
        (parts, 0..14).prop_map(|((amount, password, permitted, receipt, config, currency), which)| {
            match which {
                0 => Command::Registration { password, config, currency, permitted },
                1 => Command::Authorisation(amount),
                2 => Command::LogOff,
                3 => Command::TurnoverTotals { password },
                4 => Command::RepeatReceipt { password, service: config },
                5 => Command::PreAuthorisation(amount),
                6 => Command::PartialReversal { receipt, amount },
                7 => Command::BookTotal { receipt, amount },
                8 => Command::Reversal { password, receipt },
                9 => Command::Refund { password, amount },
                10 => Command::EndOfDay { password },
                11 => Command::Diagnosis,
                12 => Command::StatusEnquiry { password },
                _ => Command::Abort,
            }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(command in command()) {
            prop_assert_eq!(Command::parse(&command.encode()), Some(command));
        }
    }

    #[test]
    fn commands_are_the_bytes_of_the_specification() {
        let euro = Amount::new(1_250, 978).expect("in range");
        let bytes = |command: Command| command.encode().encode();
        assert_eq!(
            bytes(Command::Authorisation(euro)),
            [0x06, 0x01, 0x0A, 0x04, 0, 0, 0, 0, 0x12, 0x50, 0x49, 0x09, 0x78]
        );
        let password = "123456".parse().expect("six digits");
        assert_eq!(
            bytes(Command::Reversal { password, receipt: 42 }),
            [0x06, 0x30, 0x06, 0x12, 0x34, 0x56, 0x87, 0x00, 0x42]
        );
        assert_eq!(bytes(Command::Abort), [0x06, 0xB0, 0x00]);
        assert_eq!(
            bytes(Command::RepeatReceipt { password, service: SERVICE_STATUS_ONLY }),
            [0x06, 0x20, 0x05, 0x12, 0x34, 0x56, 0x03, 0x03]
        );
        let registration =
            Command::Registration { password, config: 0xBE, currency: 978, permitted: vec![(0x06, 0xD3)] };
        assert_eq!(
            bytes(registration),
            [
                0x06, 0x00, 0x10, 0x12, 0x34, 0x56, 0xBE, 0x09, 0x78, 0x03, 0x00, 0x06, 0x06, 0x26, 0x04,
                0x0A, 0x02, 0x06, 0xD3
            ]
        );
        assert_eq!(CONFIG_TILL_DOES_ALL, 0xBE);
    }

    #[test]
    fn a_password_has_six_digits_and_is_not_shown() {
        assert!("12345".parse::<Password>().is_err());
        assert!("12345a".parse::<Password>().is_err());
        let password: Password = "123456".parse().expect("six digits");
        assert_eq!(format!("{:?}", Command::EndOfDay { password }), "EndOfDay { password: ****** }");
    }
}
