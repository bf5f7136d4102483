//! Status information (04 0F): what became of a transaction, read to what may be kept. Card numbers and tracks end here: of
//! a number its last four digits are kept, of everything else that a card holds nothing.

use holdfast_money::{Currency, Money};

use super::bmp::{self, Field, FieldError, FieldWriter};
use super::result_code::ResultCode;
use super::totals::SchemeTotals;
use super::{bcd, text, tlv};
use crate::payment::Authorised;
use crate::payment::card::{CardFacts, EntryMode, LastFour, Word};

/// What a terminal says of one transaction, or of its end of day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusInformation {
    /// `None` where the terminal did not say what became of it.
    pub result: Option<ResultCode>,
    /// In minor units.
    pub amount: Option<u64>,
    /// ISO 4217.
    pub currency: Option<u16>,
    pub receipt: Option<u16>,
    pub trace: Option<u32>,
    /// The trace number of the transaction that this one takes back.
    pub original_trace: Option<u32>,
    pub turnover: Option<u32>,
    pub terminal: Option<u32>,
    pub card: CardFacts,
    /// What the terminal says to people, masked.
    pub(crate) text: Option<String>,
    /// The customer has to sign.
    pub signature: bool,
    pub authorised: Authorised,
    pub totals: Option<SchemeTotals>,
    /// Why not everything could be read. What was read before it holds.
    pub unread: Option<FieldError>,
}

/// Why status information says nothing that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    #[error("before its result code {0}")]
    BeforeResult(FieldError),
    #[error("it has two result codes")]
    TwoResults,
    #[error("its field {tag:02X} holds no number")]
    NotANumber { tag: u8 },
}

impl StatusInformation {
    /// Reads the data of a message 04 0F. A field of unknown length after the result code ends the reading there and is
    /// noted; before the result code it is an error, because the result cannot be known.
    ///
    /// # Errors
    /// [`StatusError`] when what became of the transaction cannot be read.
    pub fn parse(data: &[u8]) -> Result<Self, StatusError> {
        let status = Self::parse_fields(data)?;
        match (status.result, status.unread) {
            (None, Some(error)) => Err(StatusError::BeforeResult(error)),
            _ => Ok(status),
        }
    }

    /// The same for a message that has no result code, such as a completion.
    ///
    /// # Errors
    /// [`StatusError::NotANumber`] or [`StatusError::TwoResults`].
    pub fn parse_fields(data: &[u8]) -> Result<Self, StatusError> {
        let mut status = Self::default();
        for field in bmp::fields(data) {
            match field {
                Ok(field) => status.take(field)?,
                Err(error) => status.unread = Some(error),
            }
        }
        Ok(status)
    }

    fn take(&mut self, field: Field<'_>) -> Result<(), StatusError> {
        let value = field.value;
        let digits = bcd::decode(value);
        let short = digits.and_then(|number| u16::try_from(number).ok());
        let number = digits.and_then(|number| u32::try_from(number).ok());
        match field.tag {
            bmp::RESULT_CODE => {
                let result = value.first().copied().map(ResultCode);
                // Said twice, the two have to agree.
                if self.result.is_some() && self.result != result {
                    return Err(StatusError::TwoResults);
                }
                self.result = result;
            }
            bmp::AMOUNT => self.amount = Some(digits.ok_or(StatusError::NotANumber { tag: field.tag })?),
            bmp::CURRENCY => self.currency = Some(short.ok_or(StatusError::NotANumber { tag: field.tag })?),
            // A terminal fills these with other half bytes where it has no number.
            bmp::RECEIPT_NUMBER => self.receipt = short,
            bmp::TRACE_NUMBER => self.trace = number,
            bmp::ORIGINAL_TRACE => self.original_trace = number,
            bmp::TURNOVER_NUMBER => self.turnover = number,
            bmp::TERMINAL_ID => self.terminal = number,
            bmp::PAN => self.card.last_four = LastFour::of_nibbles(value).or(self.card.last_four),
            bmp::TRACK_2 => self.card.last_four = self.card.last_four.or_else(|| last_four_of_track_2(value)),
            bmp::AUTHORISATION => self.card.auth_code = Word::auth_code(&plain(value)),
            bmp::ADDITIONAL_TEXT => self.text = Some(holdfast_pan::masked(&text::decode(value)).into_owned()),
            bmp::CARD_NAME => {
                self.card.scheme = Word::name(&plain(value)).or_else(|| self.card.scheme.take())
            }
            bmp::CARD_TYPE => self.take_card_type(u16::from(value.first().copied().unwrap_or_default())),
            bmp::TOTALS => self.totals = SchemeTotals::parse(value),
            bmp::TLV_CONTAINER => self.take_objects(value),
            _ => {}
        }
        Ok(())
    }

    /// Nothing in the container decides on money, so what cannot be read in it is passed over.
    fn take_objects(&mut self, container: &[u8]) {
        let _broken_off = tlv::walk(container, &mut |object| match (object.tag, object.value) {
            (tlv::CARD_TECHNOLOGY, [technology, ..]) => {
                self.card.entry = match technology {
                    0x00 => Some(EntryMode::MagneticStripe),
                    0x01 => Some(EntryMode::Chip),
                    0x02 => Some(EntryMode::Contactless),
                    _ => None,
                };
            }
            // With a signature: alone, or beside a PIN.
            (tlv::CARDHOLDER_AUTHENTICATION, [by, ..]) => self.signature = matches!(by, 0x01 | 0x05..=0x07),
            (tlv::ONLINE, [online, ..]) => {
                self.authorised = match online {
                    0x00 => Authorised::Offline,
                    0x01 => Authorised::Online,
                    _ => Authorised::Unsaid,
                };
            }
            (tlv::AID, aid) => {
                let aid = Word::aid(aid);
                self.card.aid = aid.or_else(|| self.card.aid.take());
            }
            (tlv::CARD_TYPE_ID, [only]) => self.take_card_type(u16::from(*only)),
            (tlv::CARD_TYPE_ID, [high, low]) => self.take_card_type(u16::from_be_bytes([*high, *low])),
            _ => {}
        });
    }

    /// A name by the list of card types, where the terminal gave none itself.
    fn take_card_type(&mut self, card_type: u16) {
        let scheme = match card_type {
            2 | 5 => "girocard",
            6 => "Mastercard",
            8 => "American Express",
            9 => "ELV",
            10 => "Visa",
            11 => "Visa Electron",
            12 => "Diners",
            13 => "V PAY",
            14 => "JCB",
            30 => "GeldKarte",
            46 => "Maestro",
            69 => "PostFinance",
            87 => "Bancontact",
            97 | 107 => "Alipay",
            196 => "Dankort",
            198 => "UnionPay",
            232 => "Discover",
            260 => "BlueCode",
            261 => "WeChat Pay",
            _ => return,
        };
        if self.card.scheme.is_none() {
            self.card.scheme = Word::name(scheme);
        }
        if matches!(card_type, 97 | 107 | 260 | 261) {
            self.card.wallet = Word::name(scheme);
        }
    }

    /// What the terminal says to people; card numbers in it are masked.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    #[must_use]
    pub fn with_text(mut self, text: &str) -> Self {
        self.text = Some(holdfast_pan::masked(text).into_owned());
        self
    }

    /// The amount as money of a currency that the terminal did not contradict.
    #[must_use]
    pub fn money(&self, currency: Currency) -> Option<Money> {
        if self.currency.is_some_and(|numeric| numeric != currency.numeric()) {
            return None;
        }
        self.amount
            .and_then(|minor| i64::try_from(minor).ok())
            .map(|minor| Money::from_minor(minor, currency))
    }

    /// The data of a message 04 0F, as a terminal writes it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut objects = tlv::ObjectWriter::default();
        let technology = match self.card.entry {
            Some(EntryMode::MagneticStripe) => Some(0x00),
            Some(EntryMode::Chip) => Some(0x01),
            Some(EntryMode::Contactless | EntryMode::Mobile) => Some(0x02),
            _ => None,
        };
        if let Some(technology) = technology {
            objects = objects.object(tlv::CARD_TECHNOLOGY, &[technology]);
        }
        if self.signature {
            objects = objects.object(tlv::CARDHOLDER_AUTHENTICATION, &[0x01]);
        }
        let online = match self.authorised {
            Authorised::Online => Some(0x01),
            Authorised::Offline => Some(0x00),
            Authorised::Unsaid => None,
        };
        if let Some(online) = online {
            objects = objects.object(tlv::ONLINE, &[online]);
        }
        let objects = objects.bytes();
        let masked = self.card.last_four.and_then(|four| bcd::encode::<2>(four.digits().parse().ok()?));
        let pan = masked.map(|[high, low]| [0xEE, 0xEE, 0xEE, 0xEE, 0xEE, 0xEE, high, low]);
        let name = self.card.scheme.as_ref().map(|name| [name.as_str().as_bytes(), &[0]].concat());
        let authorisation = self.card.auth_code.as_ref().map(|code| {
            let mut bytes = [0; 8];
            bytes.iter_mut().zip(code.as_str().bytes()).for_each(|(to, from)| *to = from);
            bytes
        });
        let number = |number: Option<u64>| number.and_then(bcd::encode::<6>);
        let amount = number(self.amount);
        let two = |number: Option<u16>| number.and_then(|number| bcd::encode::<2>(number.into()));
        let three = |number: Option<u32>| number.and_then(|number| bcd::encode::<3>(number.into()));
        let terminal = self.terminal.and_then(|number| bcd::encode::<4>(number.into()));
        let text = self.text.as_deref().map(text::encode);
        let totals = self.totals.as_ref().map(SchemeTotals::encode);
        let slice = <[u8; 3]>::as_slice;
        FieldWriter::default()
            .some(bmp::RESULT_CODE, self.result.map(|code| [code.0]).as_ref().map(<[u8; 1]>::as_slice))
            .some(bmp::AMOUNT, amount.as_ref().map(<[u8; 6]>::as_slice))
            .some(bmp::TRACE_NUMBER, three(self.trace).as_ref().map(slice))
            .some(bmp::ORIGINAL_TRACE, three(self.original_trace).as_ref().map(slice))
            .some(bmp::PAN, pan.as_ref().map(<[u8; 8]>::as_slice))
            .some(bmp::TERMINAL_ID, terminal.as_ref().map(<[u8; 4]>::as_slice))
            .some(bmp::AUTHORISATION, authorisation.as_ref().map(<[u8; 8]>::as_slice))
            .some(bmp::ADDITIONAL_TEXT, text.as_deref())
            .some(bmp::CURRENCY, two(self.currency).as_ref().map(<[u8; 2]>::as_slice))
            .some(bmp::TOTALS, totals.as_deref())
            .some(bmp::RECEIPT_NUMBER, two(self.receipt).as_ref().map(<[u8; 2]>::as_slice))
            .some(bmp::TURNOVER_NUMBER, three(self.turnover).as_ref().map(slice))
            .some(bmp::CARD_NAME, name.as_deref())
            .some(bmp::TLV_CONTAINER, (!objects.is_empty()).then_some(objects.as_slice()))
            .bytes()
    }
}

/// A short text that ends at its first zero.
fn plain(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    text::decode(&bytes[..end])
}

/// Track 2 is the number, a separator and more; without the separator nothing says where the number ends.
fn last_four_of_track_2(track: &[u8]) -> Option<LastFour> {
    let nibbles: Vec<u8> = track.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]).collect();
    let end = nibbles.iter().position(|nibble| *nibble == 0xD)?;
    let number: Vec<u8> = nibbles[..end].iter().rev().take(4).rev().copied().collect();
    let [a, b, c, d] = number.try_into().ok()?;
    LastFour::of_nibbles(&[a << 4 | b, c << 4 | d])
}
