//! What the simulated terminal booked: the truth that tests hold everything else against. It outlives a restart.

use holdfast_money::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::payment::Authorised;
use crate::payment::card::{CardFacts, EntryMode, LastFour, Word};
use crate::payment::zvt::result_code::ResultCode;
use crate::payment::zvt::status::StatusInformation;
use crate::payment::zvt::totals::SchemeTotals;
use crate::simulated::kept;

const RECEIPT_MAX: u16 = 9_999;
const TRACE_MAX: u32 = 999_999;
const SCHEME: &str = "Visa";

/// What kind of money movement it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Kind {
    Payment,
    Refund,
    PreAuthorisation,
    /// Takes back the booking with this receipt.
    Reversal {
        of: u16,
    },
}

/// One money movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Booking {
    pub kind: Kind,
    #[serde(with = "kept::money")]
    pub amount: Money,
    pub receipt: u16,
    pub trace: u32,
    #[serde(skip, default = "scheme")]
    pub scheme: &'static str,
    /// Another booking took it back.
    pub reversed: bool,
}

fn scheme() -> &'static str {
    SCHEME
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Book {
    terminal: u32,
    bookings: Vec<Booking>,
    settled: usize,
    receipt: u16,
    trace: u32,
    /// What 06 20 repeats, and what it repeated before.
    #[serde(with = "message")]
    last: Option<StatusInformation>,
    #[serde(with = "message")]
    before_last: Option<StatusInformation>,
}

/// What a receipt said, as the bytes that say it.
mod message {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use crate::payment::zvt::status::StatusInformation;

    pub(super) fn serialize<S: Serializer>(
        status: &Option<StatusInformation>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        status.as_ref().map(|status| STANDARD.encode(status.encode())).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<StatusInformation>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
        let bytes = STANDARD.decode(text).map_err(D::Error::custom)?;
        StatusInformation::parse(&bytes).map(Some).map_err(D::Error::custom)
    }
}

impl Book {
    pub(super) fn new(terminal: u32) -> Self {
        Self {
            terminal,
            bookings: Vec::new(),
            settled: 0,
            receipt: 0,
            trace: 0,
            last: None,
            before_last: None,
        }
    }

    pub(super) fn terminal(&self) -> u32 {
        self.terminal
    }

    /// The numbers of the last receipt, as if so many had been printed.
    pub(super) fn count_from(&mut self, receipt: u16, trace: u32) {
        (self.receipt, self.trace) = (receipt, trace);
    }

    pub(super) fn bookings(&self) -> &[Booking] {
        &self.bookings
    }

    pub(super) fn last(&self) -> Option<&StatusInformation> {
        self.last.as_ref()
    }

    pub(super) fn before_last(&self) -> Option<&StatusInformation> {
        self.before_last.as_ref()
    }

    /// Books and says so.
    pub(super) fn book(&mut self, kind: Kind, amount: Money, authorised: Authorised) -> StatusInformation {
        self.count();
        let scheme = SCHEME;
        let (receipt, trace) = (self.receipt, self.trace);
        let original_trace = match kind {
            Kind::Reversal { of } => self.take_back(of),
            _ => None,
        };
        self.bookings.push(Booking { kind, amount, receipt, trace, scheme, reversed: false });
        let card = CardFacts {
            scheme: Word::name(scheme),
            last_four: LastFour::of("1234"),
            entry: Some(EntryMode::Contactless),
            auth_code: Word::auth_code("123456"),
            ..CardFacts::default()
        };
        let status = StatusInformation {
            result: Some(ResultCode::DONE),
            amount: u64::try_from(amount.minor()).ok(),
            currency: Some(amount.currency().numeric()),
            original_trace,
            card,
            authorised,
            ..self.numbered()
        };
        self.before_last = self.last.replace(status.clone());
        status
    }

    /// A receipt about what was not done, where the terminal numbers these too.
    pub(super) fn number_a_decline(&mut self, amount: Money, code: ResultCode) -> StatusInformation {
        self.count();
        let status = StatusInformation {
            result: Some(code),
            amount: u64::try_from(amount.minor()).ok(),
            currency: Some(amount.currency().numeric()),
            ..self.numbered()
        };
        self.before_last = self.last.replace(status.clone());
        status
    }

    /// The booking that a reversal can take back.
    pub(super) fn reversible(&self, receipt: u16) -> Result<Money, ResultCode> {
        let booking = self.bookings[self.settled..].iter().find(|booking| booking.receipt == receipt);
        match booking {
            Some(Booking { reversed: true, .. }) => Err(ResultCode::ALREADY_REVERSED),
            Some(Booking { kind: Kind::Reversal { .. }, .. }) | None => Err(ResultCode::NOT_REVERSIBLE),
            Some(booking) => Ok(booking.amount),
        }
    }

    /// What was booked since the last end of day.
    pub(super) fn totals(&self, currency: Currency) -> StatusInformation {
        let open = &self.bookings[self.settled..];
        let mut totals = SchemeTotals {
            receipts: (open.first().map_or(0, |b| b.receipt), open.last().map_or(0, |b| b.receipt)),
            ..SchemeTotals::default()
        };
        let mut sum = 0_i64;
        for booking in open.iter().filter(|booking| !booking.reversed) {
            let minor = booking.amount.minor();
            let signed = match booking.kind {
                Kind::Payment | Kind::PreAuthorisation => minor,
                Kind::Refund => -minor,
                Kind::Reversal { .. } => continue,
            };
            sum += signed;
            let (count, scheme_sum) = &mut totals.lines[SchemeTotals::place(booking.scheme)];
            *count = count.saturating_add(1);
            *scheme_sum = scheme_sum.saturating_add_signed(signed);
        }
        StatusInformation {
            result: Some(ResultCode::DONE),
            amount: Some(u64::try_from(sum).unwrap_or(0)),
            currency: Some(currency.numeric()),
            totals: Some(totals),
            terminal: Some(self.terminal),
            ..StatusInformation::default()
        }
    }

    pub(super) fn settle(&mut self) {
        self.settled = self.bookings.len();
    }

    fn count(&mut self) {
        self.receipt = self.receipt % RECEIPT_MAX + 1;
        self.trace = self.trace % TRACE_MAX + 1;
    }

    fn numbered(&self) -> StatusInformation {
        StatusInformation {
            receipt: Some(self.receipt),
            trace: Some(self.trace),
            terminal: Some(self.terminal),
            ..StatusInformation::default()
        }
    }

    fn take_back(&mut self, receipt: u16) -> Option<u32> {
        let booking = self.bookings.iter_mut().rev().find(|booking| booking.receipt == receipt)?;
        booking.reversed = true;
        Some(booking.trace)
    }
}
