//! Puts what a terminal prints on the customer's and the merchant's slip.

use super::message::ReceiptKind;
use crate::payment::Slip;

/// Gathers printed lines. Older terminals do not say whose a receipt is: the first is the merchant's and the second the
/// customer's, and one alone is for both.
#[derive(Debug, Default)]
pub(super) struct SlipWriter {
    slip: Slip,
    unsaid: Vec<Vec<String>>,
    closed: bool,
}

/// The most lines without a name that are kept.
const UNSAID_LINES_MAX: usize = 240;

impl SlipWriter {
    pub(super) fn print(&mut self, kind: ReceiptKind, lines: Vec<String>, last: bool) {
        match kind {
            ReceiptKind::Customer => lines.iter().for_each(|line| self.slip.add_customer(line)),
            ReceiptKind::Merchant | ReceiptKind::Administration => {
                lines.iter().for_each(|line| self.slip.add_merchant(line));
            }
            ReceiptKind::Unsaid => self.print_unsaid(lines, last),
        }
    }

    fn print_unsaid(&mut self, lines: Vec<String>, last: bool) {
        if self.unsaid.is_empty() || self.closed {
            self.unsaid.push(Vec::new());
            self.closed = false;
        }
        let kept: usize = self.unsaid.iter().map(Vec::len).sum();
        if let Some(receipt) = self.unsaid.last_mut() {
            receipt.extend(lines.into_iter().take(UNSAID_LINES_MAX.saturating_sub(kept)));
        }
        self.closed = last;
    }

    pub(super) fn finish(mut self, signature: bool) -> Slip {
        self.slip.signature = signature;
        let mut receipts = self.unsaid.into_iter().filter(|lines| !lines.is_empty());
        let Some(first) = receipts.next() else { return self.slip };
        first.iter().for_each(|line| self.slip.add_merchant(line));
        let second = receipts.next().unwrap_or(first);
        second.iter().for_each(|line| self.slip.add_customer(line));
        self.slip
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Vec<String> {
        vec![text.to_owned()]
    }

    #[test]
    fn receipts_without_a_name_are_the_merchants_and_then_the_customers() {
        let mut writer = SlipWriter::default();
        writer.print(ReceiptKind::Unsaid, line("a"), false);
        writer.print(ReceiptKind::Unsaid, line("b"), true);
        writer.print(ReceiptKind::Unsaid, line("c"), true);
        let slip = writer.finish(true);
        assert_eq!((slip.merchant().join(""), slip.customer().join("")), ("ab".to_owned(), "c".to_owned()));
        assert!(slip.signature);
    }

    #[test]
    fn one_receipt_alone_is_for_both() {
        let mut writer = SlipWriter::default();
        writer.print(ReceiptKind::Unsaid, line("a"), false);
        let slip = writer.finish(false);
        assert_eq!((slip.merchant(), slip.customer()), (&["a".to_owned()][..], &["a".to_owned()][..]));
    }

    #[test]
    fn named_receipts_go_where_they_belong_and_endless_ones_end() {
        let mut writer = SlipWriter::default();
        writer.print(ReceiptKind::Customer, line("c"), true);
        writer.print(ReceiptKind::Merchant, line("m"), true);
        let slip = writer.finish(false);
        assert_eq!((slip.merchant().join(""), slip.customer().join("")), ("m".to_owned(), "c".to_owned()));
        let mut endless = SlipWriter::default();
        for _ in 0..10_000 {
            endless.print(ReceiptKind::Unsaid, line("x"), false);
        }
        assert_eq!(endless.unsaid[0].len(), UNSAID_LINES_MAX);
    }
}
