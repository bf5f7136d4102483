//! Between the devices' words and the protocol's: what a scan says, how a scanner is, what a scale shows.

use holdfast_devices::exact::{Exact, Weight, WeightUnit as Unit};
use holdfast_devices::gs1::{self, Elements, Plain, Price, Scan, Symbology, Text};
use holdfast_devices::scale::{Link as ScaleLink, Live, State};
use holdfast_devices::scanner::Link as ScannerLink;
use holdfast_domain::barcode::Embedded;
use holdfast_domain::bounded::{Barcode, DeviceName};
use holdfast_domain::catalog::{Catalog, ItemRef};
use holdfast_money::{Currency, Decimal};
use holdfast_protocol::message::{
    LabelMeasure, LabelPrice, PriceOf, ScaleState, ScaleView, Scanned, ScannedCode, ScannedElement,
    ScannedElements, ScannedItem, ScannerView, TareView, WeightUnit, WeightView,
};

/// What a scan means to a till whose catalog and currency these are. `this_year` decides about the century of dates.
pub(crate) fn scanned(
    scanner: &DeviceName,
    text: &str,
    this_year: i16,
    catalog: &Catalog,
    currency: Option<Currency>,
) -> Scanned {
    let (symbology, without) = Symbology::split(text);
    let stated = (symbology != Symbology::Unstated).then(|| text[..text.len() - without.len()].to_owned());
    let item = |code: &str| item(catalog, code, currency);
    let code = match gs1::read(text, this_year) {
        Scan::Plain(Plain { text, gtin, add_on, .. }) => {
            ScannedCode::Plain { item: item(&text), text, gtin: gtin.map(|gtin| gtin.to_string()), add_on }
        }
        Scan::Elements(read) => {
            let item = read.gtin.as_ref().and_then(|gtin| item(gtin.as_str()));
            ScannedCode::Elements(Box::new(elements(&read, without, item)))
        }
        Scan::Malformed { defect, .. } => ScannedCode::Malformed {
            ai: Some(defect.ai.as_str().to_owned()).filter(|ai| !ai.is_empty()),
            why: defect.why.to_owned(),
        },
        Scan::LooksLikeCard { masked } => ScannedCode::LooksLikeCard { masked },
    };
    Scanned { scanner: scanner.clone(), symbology: stated, code }
}

fn item(catalog: &Catalog, code: &str, currency: Option<Currency>) -> Option<ScannedItem> {
    let found = catalog.scan(&ItemRef::Barcode(Barcode::new(code).ok()?))?;
    let label = match found.embedded {
        Some(Embedded::Quantity(quantity)) => Some(LabelMeasure::Quantity(quantity)),
        Some(price) => currency.and_then(|currency| price.price(currency)).map(LabelMeasure::Price),
        None => None,
    };
    let product = found.product;
    Some(ScannedItem {
        sku: product.sku.clone(),
        description: product.description.clone(),
        unit: product.unit,
        label,
    })
}

fn elements(read: &Elements, text: &str, item: Option<ScannedItem>) -> ScannedElements {
    let owned = |text: &Option<Text>| text.as_ref().map(|text| text.as_str().to_owned());
    ScannedElements {
        text: text.to_owned(),
        gtin: read.gtin.map(|gtin| gtin.to_string()),
        item,
        batch: owned(&read.batch),
        serial: owned(&read.serial),
        best_before: read.dates.best_before.map(|date| date.to_string()),
        expiry: read.dates.expiry.map(|date| date.to_string()),
        count: read.count,
        net_weight: read.net_weight.map(weight),
        price: read.price.map(price),
        elements: read
            .elements
            .iter()
            .map(|one| ScannedElement {
                ai: one.ai.as_str().to_owned(),
                value: one.value.as_str().to_owned(),
            })
            .collect(),
    }
}

fn price(price: Price) -> LabelPrice {
    LabelPrice {
        amount: decimal(price.amount),
        currency: price.currency,
        of: match price.of {
            gs1::PriceOf::Payable => PriceOf::Payable,
            gs1::PriceOf::Item => PriceOf::Item,
            gs1::PriceOf::UnitOfMeasure => PriceOf::UnitOfMeasure,
        },
    }
}

fn decimal(number: Exact) -> Decimal {
    Decimal::new(number.units, u32::from(number.places))
}

const UNITS: [(Unit, WeightUnit); 6] = [
    (Unit::Milligram, WeightUnit::Mg),
    (Unit::Gram, WeightUnit::G),
    (Unit::Kilogram, WeightUnit::Kg),
    (Unit::Tonne, WeightUnit::T),
    (Unit::Pound, WeightUnit::Lb),
    (Unit::Ounce, WeightUnit::Oz),
];

pub(crate) fn weight(weight: Weight) -> WeightView {
    let unit =
        UNITS.iter().find(|(known, _)| *known == weight.unit).map_or(WeightUnit::Kg, |(_, unit)| *unit);
    WeightView { amount: decimal(weight.amount), unit }
}

/// A weight as a till states it; none where no scale could take it.
pub(crate) fn stated(view: WeightView) -> Option<Weight> {
    let (_, unit) = UNITS.iter().map(|(unit, word)| (word, *unit)).find(|(word, _)| **word == view.unit)?;
    let units = i64::try_from(view.amount.mantissa()).ok().filter(|units| *units >= 0)?;
    let places = u8::try_from(view.amount.scale()).ok()?;
    Some(Weight { amount: Exact { units, places }, unit })
}

pub(crate) fn scanner(name: &DeviceName, simulated: bool, link: &ScannerLink) -> ScannerView {
    let text = match link {
        ScannerLink::Away { reason, .. } => Some(reason.to_string()),
        ScannerLink::Searching | ScannerLink::Connected => None,
    };
    ScannerView { scanner: name.clone(), simulated, connected: matches!(link, ScannerLink::Connected), text }
}

pub(crate) fn scale(name: &DeviceName, simulated: bool, live: &Live, tare: Option<TareView>) -> ScaleView {
    let shown = live.reading.as_ref().and_then(|reading| reading.shown());
    let state = match (&live.link, live.state()) {
        (ScaleLink::Searching | ScaleLink::Away { .. }, _) => ScaleState::NotConnected,
        (_, State::Stable) if shown.is_some_and(|weight| weight.amount.units == 0) => ScaleState::Zero,
        (_, State::Stable) => ScaleState::Stable,
        (_, State::InMotion) => ScaleState::InMotion,
        (_, State::UnderZero) => ScaleState::BelowZero,
        (_, State::OverCapacity) => ScaleState::OverCapacity,
        (_, State::NotReady) => ScaleState::NotReady,
    };
    let text = match &live.link {
        ScaleLink::Away { reason, .. } => Some(reason.to_string()),
        ScaleLink::Searching | ScaleLink::Connected => None,
    };
    ScaleView {
        scale: name.clone(),
        simulated,
        state,
        net: shown.map(weight),
        tare: tare.filter(|_| state != ScaleState::NotConnected),
        text,
    }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::barcode::{Measure, MeasureLayout, ValueCheck};
    use holdfast_domain::catalog::{Product, ProductDetails, StockRule};

    use super::*;

    fn catalog() -> Catalog {
        let layout = |prefix: &str, measure| MeasureLayout {
            prefix: Barcode::new(prefix).unwrap(),
            item_digits: 5,
            value_check: ValueCheck::Absent,
            value_digits: 5,
            measure,
        };
        let pears = |sku: &str, barcode: &str| Product {
            sku: holdfast_domain::bounded::Sku::new(sku).unwrap(),
            description: holdfast_domain::bounded::Description::new("Pears").unwrap(),
            barcodes: vec![Barcode::new(barcode).unwrap()],
            unit: holdfast_domain::catalog::Unit::Kilogram,
            tax_class: holdfast_domain::bounded::TaxClass::new("reduced").unwrap(),
            unit_price: holdfast_money::UnitPrice::new(Decimal::new(329, 2)).unwrap(),
            stock: StockRule::Counter,
            details: ProductDetails::default(),
        };
        let book = holdfast_domain::catalog::PriceBook {
            layouts: vec![layout("21", Measure::Quantity { places: 3 }), layout("22", Measure::Price)],
            ..Default::default()
        };
        let products = vec![pears("P", "2112345"), pears("Q", "2212345"), pears("R", "90614141000015")];
        Catalog::new(1, products).unwrap().with_book(book).unwrap()
    }

    fn read(text: &str) -> Scanned {
        scanned(&DeviceName::new("gun").unwrap(), text, 2026, &catalog(), Some(Currency::EUR))
    }

    fn label(scanned: &Scanned) -> Option<LabelMeasure> {
        match &scanned.code {
            ScannedCode::Plain { item, .. } => item.as_ref()?.label.clone(),
            _ => None,
        }
    }

    #[test]
    fn a_stores_own_label_says_its_weight_or_its_price() {
        let whole = |digits: &str| format!("{digits}{}", gs1::check_digit(digits).unwrap());
        let weight = read(&format!("]E0{}", whole("211234500750")));
        assert_eq!(weight.symbology.as_deref(), Some("]E0"));
        let quantity = holdfast_money::Quantity::from_thousandths(750);
        assert_eq!(label(&weight), Some(LabelMeasure::Quantity(quantity)), "{weight:?}");
        let price = read(&whole("221234500247"));
        let money = holdfast_money::Money::from_minor(247, Currency::EUR);
        assert_eq!(
            (price.symbology, label(&read(&whole("221234500247")))),
            (None, Some(LabelMeasure::Price(money)))
        );
    }

    #[test]
    fn an_element_string_brings_its_weight_and_a_cards_number_goes_nowhere() {
        let elements = read("]C101906141410000153103000750");
        let ScannedCode::Elements(found) = &elements.code else { panic!("{elements:?}") };
        assert_eq!(found.net_weight.unwrap().to_string(), "0.750 kg");
        assert_eq!(found.item.as_ref().unwrap().sku.as_str(), "R");
        assert_eq!(found.elements[1], ScannedElement { ai: "3103".into(), value: "000750".into() });
        let card = read("4111111111111111");
        assert!(matches!(&card.code, ScannedCode::LooksLikeCard { masked } if masked.ends_with("1111")));
        let sent = serde_json::to_string(&card).unwrap();
        assert!(!sent.contains("4111"), "{sent}");
        let damaged = read("]C10190614141000016");
        assert!(
            matches!(&damaged.code, ScannedCode::Malformed { ai: Some(ai), .. } if ai == "01"),
            "{damaged:?}"
        );
    }

    #[test]
    fn a_tills_weight_is_the_scales_again() {
        let view = WeightView { amount: Decimal::new(12, 3), unit: WeightUnit::Kg };
        assert_eq!(weight(stated(view).unwrap()), view);
        assert_eq!(stated(WeightView { amount: Decimal::new(-12, 3), unit: WeightUnit::Kg }), None);
    }
}
