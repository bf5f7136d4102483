//! What a payment device is asked for, and the short texts by which both sides find it again.

use std::fmt;

use holdfast_money::Money;

/// The caller's id of one attempt to move money: a UUID as a number, and in nexo's words the SaleTransactionID. Drivers make
/// from it whatever their protocol can carry, always the same for the same attempt.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub u128);

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("a {what} has 1 to {max} characters")]
    Length { what: &'static str, max: usize },
    #[error("a {what} has plain letters, digits and signs only")]
    Character { what: &'static str },
    #[error("a {what} must not be a card's number")]
    CardNumber { what: &'static str },
}

macro_rules! plain_texts {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $max:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The most characters.
            pub const MAX: usize = $max;

            /// # Errors
            /// [`TextError`] when it is empty, too long, has other than printable ASCII characters, or is a card's number.
            pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
                let text = text.into();
                if text.is_empty() || text.len() > $max {
                    return Err(TextError::Length { what: $what, max: $max });
                }
                if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err(TextError::Character { what: $what });
                }
                if holdfast_pan::holds_pan(&text) {
                    return Err(TextError::CardNumber { what: $what });
                }
                Ok(Self(text))
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }
    )+};
}

plain_texts! {
    /// What the terminal or gateway said last before an attempt, such as the number of its last receipt. It is durable
    /// before the first byte of the attempt leaves, and only its driver reads it. `-` where a protocol needs none.
    Mark, "mark", 64;
    /// By what a terminal or gateway finds a transaction of its own again (nexo: POITransactionID), for a refund or a reversal.
    PoiTransaction, "terminal's transaction number", 96;
    /// What people on both sides call the sale, such as the till and the end of its order's number; shown at a terminal that
    /// shows something (nexo: SaleReferenceID).
    SaleReference, "sale reference", 24;
}

impl Mark {
    /// For a protocol that finds an attempt by its id alone.
    #[must_use]
    pub fn none() -> Self {
        Self("-".to_owned())
    }
}

/// What is to be done (nexo: PaymentType and MessageCategory).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// Money comes from the customer. `tip` is part of the amount, where the till knows it already.
    Payment { tip: Option<Money> },
    /// Money goes back to a customer, by the transaction that it came with where the terminal needs or allows that.
    Refund { original: Option<PoiTransaction> },
    /// A whole transaction is undone before it was settled (nexo: ReversalRequest).
    Reversal { original: PoiTransaction },
}

/// One attempt to move money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub attempt: AttemptId,
    pub sale: SaleReference,
    pub service: Service,
    /// Positive, whichever way it goes, tip included.
    pub amount: Money,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_number_is_plain_short_and_no_cards_number() {
        assert!(PoiTransaction::new("0042/178").is_ok());
        assert!(matches!(PoiTransaction::new(""), Err(TextError::Length { .. })));
        assert!(matches!(PoiTransaction::new("a".repeat(97)), Err(TextError::Length { .. })));
        assert!(matches!(PoiTransaction::new("4 2"), Err(TextError::Character { .. })));
        assert!(matches!(PoiTransaction::new("4111111111111111"), Err(TextError::CardNumber { .. })));
    }
}
