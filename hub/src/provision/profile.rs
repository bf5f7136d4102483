//! The store's settings from HQ, and the tax table, as the domain knows them.

use holdfast_domain::bounded::{Address, Label, TaxClass, TaxCode, TimeZoneName};
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::StoreId;
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tax::{TaxBasis, TaxRate, TaxRounding, TaxRule};
use holdfast_money::{Currency, Decimal, Rate, parse_decimal};
use holdfast_protocol::uplink::StoreSettings;

use crate::calendar::business_date;
use crate::error::HubError;

/// The table of a store whose installer said nothing else.
pub const DEFAULT_TAXES: &str = "standard=20,reduced=10,zero=0";
/// The letters of the rates on receipts; as many classes can a store have.
const CODES: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Any instant of the calendar that every zone knows.
const PROBE: Timestamp = Timestamp(1_767_225_600_000);
/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// Reads `class=percent,…`.
///
/// # Errors
/// HF-HUB-013.
pub fn parse_taxes(text: &str) -> Result<Vec<TaxRule>, HubError> {
    let refuse = |problem: String| HubError::TaxTable { text: text.chars().take(200).collect(), problem };
    let mut rules: Vec<TaxRule> = Vec::new();
    for part in text.split(',') {
        let (class, percent) =
            part.split_once('=').ok_or_else(|| refuse(format!("`{}` has no =", part.trim())))?;
        let class = TaxClass::new(class).map_err(|error| refuse(error.to_string()))?;
        let percent = parse_decimal(percent.trim()).map_err(|error| refuse(error.to_string()))?;
        let rate = Rate::percent(percent).map_err(|error| refuse(error.to_string()))?;
        if rules.iter().any(|rule| rule.class == class) {
            return Err(refuse(format!("{class} is there twice")));
        }
        // The code on receipts: a letter behind each line that leads to its rate in the tax table, in the order given.
        let letter = CODES
            .get(rules.len())
            .ok_or_else(|| refuse(format!("there are more than {} classes", CODES.len())))?;
        let code =
            TaxCode::new(&char::from(*letter).to_string()).map_err(|error| refuse(error.to_string()))?;
        rules.push(TaxRule { class, rates: vec![TaxRate { code, rate }] });
    }
    Ok(rules)
}

/// Makes the profile. `known` is the profile of a store that has one: what HQ does not set stays as it is.
///
/// # Errors
/// HF-HUB-012 with the field that cannot be used.
pub fn from_settings(
    store: StoreId,
    settings: &StoreSettings,
    taxes: Option<Vec<TaxRule>>,
    known: Option<&StoreProfile>,
) -> Result<StoreProfile, HubError> {
    let taxes = match (taxes, known) {
        (Some(taxes), _) => taxes,
        (None, Some(known)) => known.taxes.clone(),
        (None, None) => parse_taxes(DEFAULT_TAXES)?,
    };
    let zone = TimeZoneName::new(&settings.time_zone).map_err(unusable("time_zone"))?;
    if settings.cut_over_minutes >= DAY_MINUTES {
        let source = format!("{} minutes is not within a day", settings.cut_over_minutes);
        return Err(HubError::StoreSettings { field: "cut_over_minutes", source: source.into() });
    }
    // A zone that this machine does not know would only show at the first sale.
    business_date(zone.as_str(), settings.cut_over_minutes, PROBE).map_err(unusable("time_zone"))?;
    let basis = if settings.prices_include_tax { TaxBasis::Inclusive } else { TaxBasis::Exclusive };
    Ok(StoreProfile {
        store,
        name: Label::new(&settings.name).map_err(unusable("name"))?,
        legal_name: Label::new(&settings.legal_name).map_err(unusable("legal_name"))?,
        address: Address::new(&settings.address).map_err(unusable("address"))?,
        tax_id: Label::new(&settings.tax_id).map_err(unusable("tax_id"))?,
        currency: Currency::from_code(&settings.currency).map_err(unusable("currency"))?,
        basis,
        tax_rounding: known.map_or(TaxRounding::PerLine, |known| known.tax_rounding),
        cash_step: known.map_or(Decimal::ZERO, |known| known.cash_step),
        time_zone: zone,
        cut_over_minutes: settings.cut_over_minutes,
        taxes,
    })
}

fn unusable<E: std::error::Error + Send + Sync + 'static>(field: &'static str) -> impl FnOnce(E) -> HubError {
    move |source| HubError::StoreSettings { field, source: Box::new(source) }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::ids::Uuid;

    use super::*;

    fn settings() -> StoreSettings {
        StoreSettings {
            name: "Naschmarkt".into(),
            currency: "EUR".into(),
            time_zone: "Europe/Vienna".into(),
            cut_over_minutes: 240,
            prices_include_tax: true,
            legal_name: "Shop GmbH".into(),
            address: "Wien".into(),
            tax_id: "ATU1".into(),
        }
    }

    #[test]
    fn a_tax_table_is_read_and_what_is_none_is_named() {
        let rules = parse_taxes(DEFAULT_TAXES).unwrap();
        let shown: Vec<_> =
            rules.iter().map(|r| format!("{} {} {}", r.class, r.rates[0].code, r.rates[0].rate)).collect();
        assert_eq!(shown, ["standard A 20 %", "reduced B 10 %", "zero C 0 %"]);
        assert_eq!(parse_taxes("nyc=8.875").unwrap()[0].rates[0].rate.to_string(), "8.875 %");
        for bad in ["", "standard", "standard=", "standard=x", "standard=-1", "a=1,a=2", "a b=1", "a=2000"] {
            assert!(parse_taxes(bad).unwrap_err().to_string().starts_with("HF-HUB-013"), "{bad}");
        }
    }

    #[test]
    fn settings_that_cannot_be_used_name_their_field() {
        let store = StoreId(Uuid::from_u128(1));
        let profile = from_settings(store, &settings(), None, None).unwrap();
        assert_eq!((profile.taxes.len(), profile.basis), (3, TaxBasis::Inclusive));
        let kept = from_settings(store, &settings(), Some(parse_taxes("one=5").unwrap()), None).unwrap();
        assert_eq!(from_settings(store, &settings(), None, Some(&kept)).unwrap().taxes, kept.taxes);
        for (field, broken) in [
            ("currency", StoreSettings { currency: "XAU".into(), ..settings() }),
            ("time_zone", StoreSettings { time_zone: "Europe/Atlantis".into(), ..settings() }),
            ("cut_over_minutes", StoreSettings { cut_over_minutes: 1_440, ..settings() }),
            ("name", StoreSettings { name: "\u{202e}".into(), ..settings() }),
            ("address", StoreSettings { address: String::new(), ..settings() }),
        ] {
            let error = from_settings(store, &broken, None, None).unwrap_err().to_string();
            assert!(error.starts_with("HF-HUB-012") && error.contains(field), "{error}");
        }
    }
}
