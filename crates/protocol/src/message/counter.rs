//! What the devices at a till's counter say: codes that its scanner read and what its scale shows, on `…/event` for this
//! moment only. Nothing of it is numbered, kept or sent again: a till that was not there asks how things are now with
//! `GET /api/v1/till/counter`, and a code is scanned again. Numbers are decimals exactly as devices and labels state them.

use holdfast_domain::bounded::{Description, DeviceName, Sku};
use holdfast_domain::catalog::Unit;
use holdfast_money::{Decimal, Money, Quantity};
use serde::{Deserialize, Serialize};

use super::tender::TillEvent;
use crate::wire::plain;

/// Hub → that till, on `…/event`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EventMessage {
    /// Numbered: what happens to a payment at a device.
    Tender(Box<TillEvent>),
    /// For this moment only: what happens at the till's scanner and scale.
    Counter(CounterEvent),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterEvent {
    pub counter: CounterNews,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CounterNews {
    Scanned(Box<Scanned>),
    /// The scanner came or went.
    Scanner(ScannerView),
    /// The scale shows something else than before.
    Scale(ScaleView),
}

/// One scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scanned {
    #[serde(with = "plain")]
    pub scanner: DeviceName,
    /// The kind of code by the three characters that AIM gives it, such as `]E0`; none where the scanner does not say.
    pub symbology: Option<String>,
    pub code: ScannedCode,
}

/// What a scan is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ScannedCode {
    /// An article number, one of the store's own codes, or any text.
    Plain {
        /// As it was scanned, without the symbology's characters and an add-on.
        text: String,
        /// In its form of fourteen digits, when the check digit is right.
        gtin: Option<String>,
        add_on: Option<String>,
        item: Option<ScannedItem>,
    },
    /// An element string of GS1 or its Digital Link.
    Elements(Box<ScannedElements>),
    /// It says that it is GS1 and is not in order: scan it again, or type what stands beneath it.
    Malformed { ai: Option<String>, why: String },
    /// A payment card's number, of which the last four digits are left. It goes nowhere.
    LooksLikeCard { masked: String },
}

/// What the catalog that is in force knows of a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannedItem {
    #[serde(with = "plain")]
    pub sku: Sku,
    #[serde(with = "plain")]
    pub description: Description,
    #[serde(with = "plain")]
    pub unit: Unit,
    /// What a label of the store's own carries besides.
    pub label: Option<LabelMeasure>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LabelMeasure {
    Quantity(#[serde(with = "plain")] Quantity),
    Price(#[serde(with = "plain")] Money),
}

/// The parts of an element string that a till has a use for, and all of them as they stand in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannedElements {
    /// As it was scanned, without the symbology's characters.
    pub text: String,
    pub gtin: Option<String>,
    pub item: Option<ScannedItem>,
    pub batch: Option<String>,
    pub serial: Option<String>,
    /// Year, month and day.
    pub best_before: Option<String>,
    pub expiry: Option<String>,
    pub count: Option<u32>,
    pub net_weight: Option<WeightView>,
    pub price: Option<LabelPrice>,
    /// In the order of the code.
    pub elements: Vec<ScannedElement>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannedElement {
    /// The application identifier, such as `3103`.
    pub ai: String,
    pub value: String,
}

/// An amount of money on a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelPrice {
    #[serde(with = "plain")]
    pub amount: Decimal,
    /// The number of the currency in ISO 4217; the store's own without one.
    pub currency: Option<u16>,
    pub of: PriceOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceOf {
    Payable,
    Item,
    UnitOfMeasure,
}

/// A scanner and whether it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannerView {
    #[serde(with = "plain")]
    pub scanner: DeviceName,
    /// Made of software.
    pub simulated: bool,
    pub connected: bool,
    /// Why it is not there, for the cashier.
    pub text: Option<String>,
}

/// What a scale shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleView {
    #[serde(with = "plain")]
    pub scale: DeviceName,
    /// Made of software: nothing lies on it.
    pub simulated: bool,
    pub state: ScaleState,
    /// For a display and nothing else: what is sold is weighed with `POST /api/v1/till/scale`.
    pub net: Option<WeightView>,
    /// What the scale was told through the hub to take for the container.
    pub tare: Option<TareView>,
    /// Why it is not there, for the cashier.
    pub text: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScaleState {
    /// The scale itself says that the weight has settled.
    Stable,
    /// Settled at nothing.
    Zero,
    InMotion,
    BelowZero,
    OverCapacity,
    /// It is there and does not weigh now.
    NotReady,
    NotConnected,
}

/// A weight exactly as a scale or a label states it: `1.500` and `1.5` are different statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightView {
    #[serde(with = "plain")]
    pub amount: Decimal,
    pub unit: WeightUnit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightUnit {
    Mg,
    G,
    Kg,
    T,
    Lb,
    Oz,
}

/// What counts no more. Some scales do not say how much it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TareView {
    pub weight: Option<WeightView>,
}

impl WeightView {
    /// How much that is of goods sold by the kilogram. None where it is no whole number of grams, or in a unit that is not
    /// metric: a weight is never rounded on its way into a sale.
    #[must_use]
    pub fn kilograms(self) -> Option<Quantity> {
        let scale = match self.unit {
            WeightUnit::Mg => 6,
            WeightUnit::G => 3,
            WeightUnit::Kg => 0,
            WeightUnit::T => return Quantity::new(self.amount.checked_mul(Decimal::ONE_THOUSAND)?).ok(),
            WeightUnit::Lb | WeightUnit::Oz => return None,
        };
        let kilograms = self.amount.checked_mul(Decimal::new(1, scale))?;
        Quantity::new(kilograms.normalize()).ok()
    }
}

impl std::fmt::Display for WeightView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = match self.unit {
            WeightUnit::Mg => "mg",
            WeightUnit::G => "g",
            WeightUnit::Kg => "kg",
            WeightUnit::T => "t",
            WeightUnit::Lb => "lb",
            WeightUnit::Oz => "oz",
        };
        write!(f, "{} {unit}", self.amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_sold_as_it_was_stated_or_not_at_all() {
        for (units, places, unit, quantity) in [
            (750, 3, WeightUnit::Kg, Some(750)),
            (1_500, 3, WeightUnit::Kg, Some(1_500)),
            (7_500, 4, WeightUnit::Kg, Some(750)),
            (7_505, 4, WeightUnit::Kg, None),
            (75_000, 2, WeightUnit::G, Some(750)),
            (75_005, 2, WeightUnit::G, None),
            (2_000, 0, WeightUnit::Mg, Some(2)),
            (1, 3, WeightUnit::T, Some(1_000)),
            (100, 2, WeightUnit::Lb, None),
        ] {
            let weight = WeightView { amount: Decimal::new(units, places), unit };
            let expected = quantity.map(Quantity::from_thousandths);
            assert_eq!(weight.kilograms(), expected, "{weight}");
        }
    }

    #[test]
    fn what_comes_on_a_tills_own_stream_is_one_of_two_things() {
        let scale = "{\"counter\":{\"scale\":{\"scale\":\"scale-1\",\"simulated\":true,\"state\":\"stable\",\
                     \"net\":{\"amount\":\"1.500\",\"unit\":\"kg\"},\"tare\":null,\"text\":null}}}";
        let message: EventMessage = serde_json::from_str(scale).unwrap();
        let EventMessage::Counter(CounterEvent { counter: CounterNews::Scale(view) }) = &message else {
            panic!("{message:?}");
        };
        assert_eq!(view.net.unwrap().to_string(), "1.500 kg");
        assert_eq!(serde_json::to_string(&message).unwrap(), scale, "not a place is lost");
        for wrong in
            [scale.replace("\"text\":null", "\"text\":null,\"more\":1"), scale.replace("1.500", "1,5")]
        {
            assert!(serde_json::from_str::<EventMessage>(&wrong).is_err(), "{wrong}");
        }
    }
}
