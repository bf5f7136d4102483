//! What a terminal counted since its last end of day (field 60): receipt numbers, and a count and a sum for each scheme.

use holdfast_money::{Currency, Money};

use super::bcd;
use crate::payment::{Totals, TotalsLine};

/// The schemes of the field, in its order.
const SCHEMES: [&str; 7] = ["girocard", "JCB", "Mastercard", "American Express", "Visa", "Diners", "other"];
/// A count of one byte and a sum of six.
const LINE_BYTES: usize = 7;

/// What the field says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemeTotals {
    pub receipts: (u16, u16),
    /// A count and a sum in minor units for each scheme, in the order of the field.
    pub lines: [(u8, u64); SCHEMES.len()],
}

impl SchemeTotals {
    /// `None` when the field is of another length or holds no numbers.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (receipts, lines) = value.split_at_checked(4)?;
        if lines.len() != SCHEMES.len() * LINE_BYTES {
            return None;
        }
        let receipt = |bytes| bcd::decode(bytes).and_then(|number| u16::try_from(number).ok());
        let mut totals =
            Self { receipts: (receipt(&receipts[..2])?, receipt(&receipts[2..])?), ..Self::default() };
        for (line, bytes) in totals.lines.iter_mut().zip(lines.chunks_exact(LINE_BYTES)) {
            *line = (bytes[0], bcd::decode(&bytes[1..])?);
        }
        Some(totals)
    }

    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let receipt = |number: u16| bcd::encode::<2>(number.into()).unwrap_or_default();
        let mut bytes = [receipt(self.receipts.0), receipt(self.receipts.1)].concat();
        for (count, sum) in self.lines {
            bytes.push(count);
            bytes.extend(bcd::encode::<6>(sum).unwrap_or_default());
        }
        bytes
    }

    /// The place of a scheme by a terminal's name for it.
    #[must_use]
    pub fn place(scheme: &str) -> usize {
        SCHEMES.iter().position(|name| *name == scheme).unwrap_or(SCHEMES.len() - 1)
    }

    #[must_use]
    pub fn count(&self) -> u32 {
        self.lines.iter().map(|(count, _)| u32::from(*count)).sum()
    }

    /// Lines for what was used at all.
    #[must_use]
    pub fn totals(&self, currency: Currency) -> Totals {
        let lines = SCHEMES.iter().zip(self.lines).filter(|(_, (count, sum))| *count > 0 || *sum > 0);
        Totals {
            lines: lines
                .filter_map(|(scheme, (count, sum))| {
                    let net = Money::from_minor(i64::try_from(sum).ok()?, currency);
                    Some(TotalsLine { scheme: (*scheme).to_owned(), count: count.into(), net })
                })
                .collect(),
            reference: Some(format!("{:04}-{:04}", self.receipts.0, self.receipts.1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_and_sums_are_read_by_scheme() {
        let mut bytes = vec![0x00, 0x68, 0x00, 0x71, 4, 0, 0, 0, 0, 0x26, 0x00];
        bytes.extend([0; 6 * LINE_BYTES]);
        let totals = SchemeTotals::parse(&bytes).expect("whole");
        assert_eq!((totals.receipts, totals.count()), ((68, 71), 4));
        let totals = totals.totals(Currency::EUR);
        assert_eq!(totals.reference.as_deref(), Some("0068-0071"));
        assert_eq!(totals.lines.len(), 1);
        assert_eq!((totals.lines[0].scheme.as_str(), totals.lines[0].net.minor()), ("girocard", 2_600));
        assert_eq!(SchemeTotals::parse(&bytes[1..]), None);
        bytes[5] = 0xAA;
        assert_eq!(SchemeTotals::parse(&bytes), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            receipts in (0u16..10_000, 0u16..10_000),
            lines in prop::array::uniform7((any::<u8>(), 0u64..1_000_000_000_000)),
        ) {
            let totals = SchemeTotals { receipts, lines };
            prop_assert_eq!(SchemeTotals::parse(&totals.encode()), Some(totals));
        }
    }
}
