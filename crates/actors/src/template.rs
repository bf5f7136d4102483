//! How a store's papers look: its picture, what it says above and below, and its language.
//!
//! The paper's width is the printer's; the same paper fits all of them.

mod words;

use std::fmt::Display;

use holdfast_devices::document::{Document, Picture, Purpose, Words};
use holdfast_domain::attempt::CardEntry;
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::shift::Mode;
use holdfast_money::{Money, Quantity, Rate, UnitPrice};

pub use words::{Language, Word};

/// The most lines above, and the most below, a customer's paper.
pub const LINES_MAX: usize = 12;
/// The most characters of one of them.
pub const LINE_CHARS_MAX: usize = 200;

/// How a store's papers look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    pub language: Language,
    /// Above everything on what a customer takes home.
    pub logo: Option<Picture>,
    /// Below the seller's name and tax id on what a customer takes home.
    pub header: Vec<String>,
    /// At its end.
    pub footer: Vec<String>,
}

impl Template {
    pub(crate) fn document(&self, mode: Mode) -> Document {
        let purpose = match mode {
            Mode::Live => Purpose::Live,
            Mode::Training => Purpose::Training,
        };
        Document::worded(purpose, self.language.frame())
    }
}

/// Numbers and dates as the language writes them.
impl Language {
    /// The word with what stands in its gaps, in their order.
    pub fn fill(self, word: Word, gaps: &[&dyn Display]) -> String {
        let mut pieces = word.text(self).split("{}");
        let mut filled = pieces.next().unwrap_or_default().to_owned();
        for (piece, gap) in pieces.zip(gaps) {
            filled.push_str(&gap.to_string());
            filled.push_str(piece);
        }
        filled
    }

    /// The amount without its currency, which the total names once.
    pub(crate) fn money(self, money: Money) -> String {
        let mut amount = money.amount();
        amount.rescale(money.currency().exponent());
        self.decimal(&amount)
    }

    /// A unit price with as many places as coins have, or more where it has more.
    pub(crate) fn price(self, price: UnitPrice, like: Money) -> String {
        let mut price = price.value();
        price.rescale(price.scale().max(like.currency().exponent()));
        self.decimal(&price)
    }

    pub(crate) fn quantity(self, quantity: Quantity) -> String {
        self.decimal(&quantity)
    }

    pub(crate) fn rate(self, rate: Rate) -> String {
        self.decimal(&rate)
    }

    pub(crate) fn date(self, date: BusinessDate) -> String {
        match self {
            Language::English => date.to_string(),
            Language::German => format!("{:02}.{:02}.{:04}", date.day(), date.month(), date.year()),
        }
    }

    /// A way to pay. The name that a store gave it stays; one of the default list is ours.
    pub(crate) fn tender(self, name: &str) -> String {
        let ours = Word::TENDERS.into_iter().find(|word| word.text(Language::English) == name);
        ours.map_or(name, |word| word.text(self)).to_owned()
    }

    pub(crate) fn entry(self, entry: CardEntry) -> &'static str {
        let word = match entry {
            CardEntry::Chip => Word::EntryChip,
            CardEntry::Contactless => Word::EntryContactless,
            CardEntry::MagneticStripe => Word::EntryMagneticStripe,
            CardEntry::Mobile => Word::EntryMobile,
            CardEntry::QrCode => Word::EntryQrCode,
            CardEntry::ByReference => Word::EntryByReference,
        };
        word.text(self)
    }

    /// A number that is written with a point.
    fn decimal(self, number: &dyn Display) -> String {
        let number = number.to_string();
        match self {
            Language::English => number,
            Language::German => number.replace('.', ","),
        }
    }

    /// What a document says by itself.
    fn frame(self) -> Words {
        Words {
            language: self.code(),
            training: Word::Training.text(self),
            copy: Word::Copy.text(self),
            left_out: Word::LeftOut.text(self),
            barcode: Word::Barcode.text(self),
            qr: Word::QrCode.text(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use holdfast_devices::document::printable;
    use holdfast_domain::tender::TenderType;
    use holdfast_money::{Currency, Decimal};

    use super::*;

    #[test]
    fn every_word_is_there_in_every_language_with_the_same_gaps_and_can_be_printed() {
        for word in Word::ALL {
            let gaps = |language: Language| word.text(language).matches("{}").count();
            for language in Language::ALL {
                let text = word.text(language);
                assert!(!text.trim().is_empty(), "{word:?} has no words in {language:?}");
                assert_eq!(gaps(language), gaps(Language::English), "{word:?} in {language:?}");
                assert_eq!(printable(text), text, "{word:?} in {language:?}");
            }
        }
    }

    #[test]
    fn the_english_frame_is_what_a_document_says_when_nothing_is_said() {
        assert_eq!(Language::English.frame(), Words::ENGLISH);
    }

    #[test]
    fn numbers_and_dates_have_their_languages_form() {
        let money = Money::from_minor(-123_456, Currency::EUR);
        let price = UnitPrice::new(Decimal::new(24_950, 4)).expect("a price");
        let date = BusinessDate::new(2026, 3, 9).expect("a date");
        let quantity = Quantity::new(Decimal::new(824, 3)).expect("a quantity");
        let shown = |language: Language| {
            [
                language.money(money),
                language.price(price, money),
                language.quantity(quantity),
                language.date(date),
            ]
        };
        assert_eq!(shown(Language::English), ["-1234.56", "2.495", "0.824", "2026-03-09"]);
        assert_eq!(shown(Language::German), ["-1234,56", "2,495", "0,824", "09.03.2026"]);
        assert_eq!(Language::German.fill(Word::Range, &[&3, &5]), "3 bis 5");
    }

    #[test]
    fn every_name_of_the_default_list_has_its_word_and_others_stay() {
        let names: Vec<String> =
            TenderType::defaults(Currency::EUR).iter().map(|of| of.name.to_string()).collect();
        assert_eq!(names, Word::TENDERS.map(|word| word.text(Language::English)));
        assert_eq!(Language::German.tender("Card terminal"), "Kartenzahlung");
        assert_eq!(Language::German.tender("Girocard"), "Girocard");
    }

    #[test]
    fn a_language_is_named_by_its_code() {
        for language in Language::ALL {
            assert_eq!(Language::of_code(language.code()), Some(language));
        }
        assert_eq!(Language::of_code("EN"), None);
    }
}
