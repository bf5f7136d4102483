//! Short texts with a limit, checked where they are made, so that no rule meets an unbounded or unprintable string.

use std::fmt;
use std::sync::Arc;

/// Why a text is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("a {what} must not be empty")]
    Empty { what: &'static str },
    #[error("a {what} has at most {max} characters")]
    TooLong { what: &'static str, max: usize },
    #[error("a {what} must not contain {found:?}; use {allowed}")]
    Forbidden { what: &'static str, found: char, allowed: &'static str },
}

/// The characters of a text, and how a refusal names them.
struct Alphabet {
    has: fn(char) -> bool,
    named: &'static str,
}

const FREE: Alphabet =
    Alphabet { has: |c| !is_hostile(c), named: "letters, digits, spaces and common signs" };
const PRINTED: Alphabet = Alphabet {
    has: |c| c.is_ascii_graphic() || c == ' ',
    named: "letters without accents, digits, spaces and signs of a plain keyboard",
};
const SCANNED: Alphabet = Alphabet {
    has: |c| c.is_ascii_graphic(),
    named: "letters without accents, digits and signs of a plain keyboard, without spaces",
};
const CODE: Alphabet = Alphabet {
    has: |c| c.is_ascii_alphanumeric() || "-_.".contains(c),
    named: "letters without accents, digits, '-', '_' and '.', without spaces",
};
const WORD: Alphabet = Alphabet {
    has: |c| c.is_ascii_alphanumeric() || c == '-',
    named: "letters without accents, digits and '-', without spaces",
};
const LETTERS: Alphabet =
    Alphabet { has: |c| c.is_ascii_alphanumeric(), named: "letters without accents and digits" };
const DIGITS: Alphabet = Alphabet { has: |c| c.is_ascii_digit(), named: "digits" };
const ZONE: Alphabet = Alphabet {
    has: |c| c.is_ascii_alphanumeric() || "/_+-".contains(c),
    named: "an IANA name such as Europe/Vienna",
};

/// Control characters and bidirectional overrides change what a person sees on paper or screen; they are never data.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn check(what: &'static str, text: &str, max: usize, alphabet: &Alphabet) -> Result<(), TextError> {
    if text.is_empty() {
        return Err(TextError::Empty { what });
    }
    if text.chars().count() > max {
        return Err(TextError::TooLong { what, max });
    }
    match text.chars().find(|&c| !(alphabet.has)(c)) {
        Some(found) => Err(TextError::Forbidden { what, found, allowed: alphabet.named }),
        None => Ok(()),
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $canonical:expr, $alphabet:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The largest number of characters.
            pub const MAX: usize = $max;

            /// # Errors
            /// [`TextError`] when the text is empty, too long or has a character that is not allowed.
            pub fn new(text: &str) -> Result<Self, TextError> {
                let canonical: fn(&str) -> String = $canonical;
                let text = canonical(text.trim());
                check($what, &text, $max, &$alphabet)?;
                Ok(Self(text.into()))
            }

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
                write!(f, "{:?}", &*self.0)
            }
        }
    )+};
}

texts! {
    /// A product's number in the store, upper case: `85123a` and `85123A` are one product.
    Sku, "product number", 40, str::to_ascii_uppercase, PRINTED;
    /// What a scanner reads from a product.
    Barcode, "barcode", 48, str::to_owned, SCANNED;
    /// What a customer reads on the receipt.
    Description, "description", 120, str::to_owned, FREE;
    /// A name of a store, till or price list.
    Label, "name", 80, str::to_owned, FREE;
    /// The seller's postal address, one line.
    Address, "address", 200, str::to_owned, FREE;
    /// The class of tax a product belongs to.
    TaxClass, "tax class", 16, str::to_ascii_lowercase, WORD;
    /// The short code of one tax rate on receipts and reports.
    TaxCode, "tax code", 8, str::to_ascii_uppercase, LETTERS;
    /// What a promotion is called in settings and reports.
    PromotionCode, "promotion code", 24, str::to_owned, CODE;
    /// What a customer presents to get a promotion.
    CouponCode, "coupon code", 24, str::to_ascii_uppercase, CODE;
    /// Customers who share prices, such as trade or staff.
    PriceGroup, "price group", 24, str::to_owned, CODE;
    /// Where a product stands in the assortment.
    Category, "category", 40, str::to_owned, FREE;
    /// How goods are consumed where that changes their tax, such as eat-in.
    OrderTag, "order tag", 24, str::to_owned, CODE;
    /// Why somebody did something that leaves a trace.
    Reason, "reason", 120, str::to_owned, FREE;
    /// What a store's list calls a way to pay.
    TenderCode, "tender code", 16, str::to_ascii_lowercase, WORD;
    /// What finds a tender again where it is settled, such as the authorisation code on a card slip.
    TenderReference, "tender reference", 40, str::to_owned, PRINTED;
    /// What finds a gift card or store credit: minted at random or read from the card, never anything of a person.
    ValueNumber, "number of a gift card or store credit", 32, str::to_ascii_uppercase, SCANNED;
    /// What the settings call a card terminal or a wallet.
    DeviceName, "name of a payment device", 24, str::to_ascii_lowercase, CODE;
    /// By what a terminal or gateway finds a payment again.
    PoiReference, "payment reference of a device", 96, str::to_owned, SCANNED;
    /// What a terminal said last before an attempt; only its driver reads it.
    PoiMark, "mark of a device", 64, str::to_owned, SCANNED;
    /// A scheme's or wallet's name, an application identifier, an authorisation code.
    CardWord, "word about a card", 32, str::to_owned, PRINTED;
    /// The last four digits of a card's number, the only ones that are kept.
    CardEnding, "end of a card's number", 4, str::to_owned, DIGITS;
    /// An IANA time zone name.
    TimeZoneName, "time zone", 48, str::to_owned, ZONE;
}

impl From<ValueNumber> for TenderReference {
    /// Every number of stored value finds the tender that it was paid with.
    fn from(number: ValueNumber) -> Self {
        Self(number.0)
    }
}

impl From<PriceGroup> for Label {
    /// Every price group is a name too.
    fn from(group: PriceGroup) -> Self {
        Self(group.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_numbers_have_one_spelling() {
        assert_eq!(Sku::new(" 85123a ").unwrap(), Sku::new("85123A").unwrap());
    }

    #[test]
    fn refuses_what_a_person_could_not_trust() {
        assert!(matches!(Sku::new(""), Err(TextError::Empty { .. })));
        assert!(matches!(Sku::new(&"x".repeat(41)), Err(TextError::TooLong { .. })));
        for hostile in ["tea\u{1b}p\0", "tea\npot", "\u{202e}aet", "t\u{200b}ea"] {
            assert!(matches!(Description::new(hostile), Err(TextError::Forbidden { .. })), "{hostile:?}");
        }
        assert!(Description::new("Müsli 500 g – Zürich £€").is_ok());
    }

    #[test]
    fn a_refusal_names_what_this_text_may_hold() {
        let told = PriceGroup::new("trade partners").unwrap_err().to_string();
        assert_eq!(
            told,
            "a price group must not contain ' '; use letters without accents, digits, '-', '_' and '.', without spaces"
        );
        assert!(
            TaxCode::new("A-1").unwrap_err().to_string().ends_with("use letters without accents and digits")
        );
    }
}
