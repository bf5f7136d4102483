//! What a scanner read: a plain code, an element string of GS1 with its parts, or something that must not be kept.
//!
//! How a scan is read is decided by the symbology identifier, where the scanner sends one: `]C1 ]e0 ]d2 ]Q3 ]J1` announce
//! element strings, `]E0 ]E4` an article number. Without one, a separator in the text, an address of GS1 Digital Link, or
//! a GTIN or SSCC in front with everything behind it in order, makes an element string; digits with the right check digit
//! are an article number; everything else is text as it is. A code that a store prints itself with a weight or a price in
//! it stays plain: the catalog knows its layout.
//!
//! A scan that looks like a payment card's number and is nothing of GS1 with a check digit is masked before anybody sees
//! it. About one GTIN in ten could be a card by its digits; a GTIN never is taken for one.
//!
//! Invariant: nothing here knows the catalog or the time; the year that decides about centuries is an argument.

mod ai;
mod date;
mod digital_link;
mod element;
mod gtin;
mod symbology;

use std::fmt;

use crate::exact::{Exact, Weight, WeightUnit};
pub use date::Date;
pub use element::{ELEMENTS_MAX, Element, SEPARATOR};
pub use gtin::{Gtin, check_digit, is_checked};
pub use symbology::Symbology;

/// The longest scan that is read, in bytes: the largest QR code in use on goods holds less.
pub const SCAN_BYTES_MAX: usize = 2_048;

/// The most digits of an application identifier.
const AI_DIGITS_MAX: usize = 4;

/// A text of a label. What looks like a card's number in it is not shown in debug output.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Text(String);

impl Text {
    fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", holdfast_pan::masked(&self.0))
    }
}

/// What was scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scan {
    Plain(Plain),
    Elements(Box<Elements>),
    /// It announces itself as GS1 or says so by its form, and is not in order. Nothing of it is to be used.
    Malformed {
        symbology: Symbology,
        defect: Defect,
    },
    /// A payment card's number, of which the last four digits are left.
    LooksLikeCard {
        masked: String,
    },
}

/// A code that says one thing: an article number, or any text.
#[derive(Clone, PartialEq, Eq)]
pub struct Plain {
    pub symbology: Symbology,
    /// As it was scanned, without the symbology identifier and an add-on.
    pub text: String,
    /// The number, when it is one with the right check digit.
    pub gtin: Option<Gtin>,
    /// The two or five digits beside an EAN, such as the issue of a magazine.
    pub add_on: Option<String>,
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plain")
            .field("symbology", &self.symbology)
            .field("text", &Text::new(&self.text))
            .field("gtin", &self.gtin)
            .field("add_on", &self.add_on)
            .finish()
    }
}

/// What is wrong with a code, without its data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the element ({}) is not in order: {why}", ai.as_str())]
pub struct Defect {
    /// The application identifier, empty when it is about the whole code.
    pub ai: Text,
    pub why: &'static str,
}

/// How an element string was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    ElementString,
    DigitalLink,
}

/// The parts of an element string. What is not named here is in `elements`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elements {
    pub symbology: Symbology,
    pub form: Form,
    /// (01)
    pub gtin: Option<Gtin>,
    /// (02), what is inside of a logistic unit.
    pub content: Option<Gtin>,
    /// (10)
    pub batch: Option<Text>,
    /// (21)
    pub serial: Option<Text>,
    /// (11), (12), (13), (15), (16), (17 or 7003)
    pub dates: Dates,
    /// (30) or (37)
    pub count: Option<u32>,
    /// (310n), (320n)
    pub net_weight: Option<Weight>,
    /// (390n) to (393n), (395n)
    pub price: Option<Price>,
    /// Every known element in the order of the code.
    pub elements: Vec<Element>,
    /// Elements with unknown identifiers, each with its identifier.
    pub unknown: Vec<Text>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dates {
    pub production: Option<Date>,
    pub due: Option<Date>,
    pub packaging: Option<Date>,
    pub best_before: Option<Date>,
    pub sell_by: Option<Date>,
    pub expiry: Option<Date>,
    /// Hour and minute of the expiry, in the label's own time (7003).
    pub expiry_time: Option<(u8, u8)>,
}

/// An amount of money on a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    pub amount: Exact,
    /// The number of the currency in ISO 4217; without one it is the store's own.
    pub currency: Option<u16>,
    pub of: PriceOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceOf {
    /// What is to be paid, as on a coupon or a payment slip (390n, 391n).
    Payable,
    /// The price of this variable-measure item (392n, 393n).
    Item,
    /// The price of one unit of measure (395n).
    UnitOfMeasure,
}

impl Elements {
    /// The value of an element by its whole identifier, such as `3103`.
    #[must_use]
    pub fn value(&self, ai: &str) -> Option<&str> {
        let found = self.elements.iter().find(|element| element.ai.as_str() == ai);
        found.map(|element| element.value.as_str())
    }

    /// The value of a measure by the first three digits of its identifier: `310` to `369`.
    #[must_use]
    pub fn measure(&self, ai: &str) -> Option<Exact> {
        measure(&self.elements, ai)
    }

    fn of(
        symbology: Symbology,
        form: Form,
        reading: element::Reading,
        this_year: i16,
    ) -> Result<Self, Defect> {
        let element::Reading { elements, unknown } = reading;
        let value = |ai: &str| elements.iter().find(|e| e.ai.as_str() == ai).map(|e| e.value.as_str());
        let date = |ai: &str| match value(ai) {
            None => Ok(None),
            Some(digits) => match Date::parse(&digits[..6], this_year) {
                None => Err(Defect { ai: Text::new(ai), why: "it is no date" }),
                date => Ok(date),
            },
        };
        let to_the_minute = value("7003").map(|digits| &digits[6..]);
        let weight = |ai, unit| measure(&elements, ai).map(|amount| Weight { amount, unit });
        Ok(Self {
            symbology,
            form,
            gtin: value("01").and_then(Gtin::parse),
            content: value("02").and_then(Gtin::parse),
            batch: value("10").map(Text::new),
            serial: value("21").map(Text::new),
            dates: Dates {
                production: date("11")?,
                due: date("12")?,
                packaging: date("13")?,
                best_before: date("15")?,
                sell_by: date("16")?,
                expiry: date("7003")?.or(date("17")?),
                expiry_time: to_the_minute
                    .and_then(|time| Some((time[..2].parse().ok()?, time[2..].parse().ok()?))),
            },
            count: value("30").or(value("37")).and_then(|digits| digits.parse().ok()),
            net_weight: weight("310", WeightUnit::Kilogram).or(weight("320", WeightUnit::Pound)),
            price: price(&elements)?,
            elements,
            unknown,
        })
    }
}

/// The number whose places are the last digit of its identifier.
fn measure(elements: &[Element], ai: &str) -> Option<Exact> {
    let found = elements.iter().find(|e| e.ai.as_str().len() == 4 && e.ai.as_str().starts_with(ai))?;
    implied(found, found.value.as_str())
}

fn implied(element: &Element, digits: &str) -> Option<Exact> {
    let places = element.ai.as_str().bytes().last()?.checked_sub(b'0')?;
    Some(Exact { units: digits.parse().ok()?, places })
}

fn price(elements: &[Element]) -> Result<Option<Price>, Defect> {
    let mut found = None;
    for element in elements {
        let value = element.value.as_str();
        let (of, currency, digits) = match element.ai.as_str().get(..3) {
            Some("390") => (PriceOf::Payable, None, value),
            Some("391") => (PriceOf::Payable, value[..3].parse().ok(), &value[3..]),
            Some("392") => (PriceOf::Item, None, value),
            Some("393") => (PriceOf::Item, value[..3].parse().ok(), &value[3..]),
            Some("395") => (PriceOf::UnitOfMeasure, None, value),
            _ => continue,
        };
        let Some(amount) = implied(element, digits) else { continue };
        let next = Price { amount, currency, of };
        match found {
            // The price of the item is what a till asks for, whatever one unit of it costs.
            Some(Price { of: PriceOf::UnitOfMeasure, .. }) | None => found = Some(next),
            Some(_) if of == PriceOf::UnitOfMeasure => {}
            Some(_) => return Err(Defect { ai: element.ai.clone(), why: "the code has two prices" }),
        }
    }
    Ok(found)
}

/// Reads a scan, without the scanner's suffix. `this_year` decides about the century of dates.
#[must_use]
pub fn read(scan: &str, this_year: i16) -> Scan {
    let (symbology, text) = Symbology::split(scan);
    if scan.len() > SCAN_BYTES_MAX {
        let why = "the code is longer than any that is read";
        return Scan::Malformed { symbology, defect: Defect { ai: Text::default(), why } };
    }
    if symbology.is_gs1() {
        return elements(symbology, Form::ElementString, element::read(text), text, this_year);
    }
    if let Some(reading) = digital_link::read(text) {
        return elements(symbology, Form::DigitalLink, reading, text, this_year);
    }
    if symbology == Symbology::Unstated {
        // Other formats have the same separator behind their own beginning.
        if text.contains(SEPARATOR) && text.starts_with(|c: char| c == SEPARATOR || c.is_ascii_digit()) {
            return elements(symbology, Form::ElementString, element::read(text), text, this_year);
        }
        if let Some(reading) = guessed(text) {
            return elements(symbology, Form::ElementString, Ok(reading), text, this_year);
        }
    }
    plain(symbology, text)
}

/// An element string without any sign of being one: it begins with a number of GS1 that has its check digit, and is in
/// order to the end.
fn guessed(text: &str) -> Option<element::Reading> {
    let begins = text.starts_with("01") || text.starts_with("00");
    let reading = element::read(text).ok().filter(|_| begins)?;
    (reading.unknown.is_empty() && reading.is_anchored()).then_some(reading)
}

fn elements(
    symbology: Symbology,
    form: Form,
    reading: Result<element::Reading, Defect>,
    text: &str,
    this_year: i16,
) -> Scan {
    if let Some(card) = card_among(text, reading.as_ref().ok()) {
        return card;
    }
    match reading.and_then(|reading| Elements::of(symbology, form, reading, this_year)) {
        Ok(elements) => Scan::Elements(Box::new(elements)),
        Err(defect) => Scan::Malformed { symbology, defect },
    }
}

fn plain(symbology: Symbology, text: &str) -> Scan {
    let (code, add_on) = match symbology {
        Symbology::EanAddOn => split_add_on(text),
        _ => (text, None),
    };
    let gtin = Gtin::parse(code);
    if gtin.is_none()
        && let Some(card) = card(text)
    {
        return card;
    }
    Scan::Plain(Plain { symbology, text: code.to_owned(), gtin, add_on: add_on.map(ToOwned::to_owned) })
}

/// The code and the two or five digits behind it; an add-on alone (`]E1`, `]E2`) stays what it is.
fn split_add_on(text: &str) -> (&str, Option<&str>) {
    match (text.is_ascii(), text.len()) {
        (true, 15 | 18) => (&text[..13], Some(&text[13..])),
        _ => (text, None),
    }
}

/// A card's number in an element string. Beside a number of GS1 that has its check digit only what is unknown is suspicious;
/// each value is looked at alone, for the digits of its identifier hide a number.
fn card_among(text: &str, reading: Option<&element::Reading>) -> Option<Scan> {
    let Some(reading) = reading else { return card(text) };
    let unknown = || reading.unknown.iter().find_map(|unknown| card_behind(unknown.as_str()));
    if reading.is_anchored() {
        return unknown();
    }
    let values = || reading.elements.iter().find_map(|element| card(element.value.as_str()));
    card(text).or_else(values).or_else(unknown)
}

/// A card's number behind an identifier of which nobody knows how many digits it has.
fn card_behind(unknown: &str) -> Option<Scan> {
    (0..=AI_DIGITS_MAX).find_map(|digits| card(unknown.get(digits..)?))
}

/// What is left of a card's number. Whatever is beside it, such as a name on a stripe, is left out.
fn card(text: &str) -> Option<Scan> {
    let number = &text[holdfast_pan::find(text)?];
    Some(Scan::LooksLikeCard { masked: holdfast_pan::masked(number).into_owned() })
}
