//! Money, unit prices, rates and quantities, all on [`rust_decimal::Decimal`].
//!
//! Invariant: nothing here knows about orders, tax rules, serialisation, time or IO, and no floating point number ever
//! touches an amount. A value that exists is valid: scale and range are checked where it is made.

mod allocate;
mod currency;
mod money;
mod quantity;
mod rate;
mod rounding;
mod unit_price;

pub use allocate::allocate;
pub use currency::Currency;
pub use money::{MINOR_MAX, Money};
pub use quantity::{QUANTITY_MAX, Quantity};
pub use rate::Rate;
pub use rounding::Rounding;
pub use rust_decimal::Decimal;
pub use unit_price::{UNIT_PRICE_MAX, UnitPrice};

/// Why a number cannot be an amount, a price, a rate or a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("{value} has more than {places} decimal places; write it with at most {places}")]
    TooPrecise { value: Decimal, places: u32 },
    #[error("{value} is out of range; the largest accepted size is {limit}")]
    OutOfRange { value: Decimal, limit: Decimal },
    #[error("{value} is negative, which is not allowed here")]
    Negative { value: Decimal },
    #[error("`{text}` is not a decimal number; write digits with a point, such as 12.50")]
    NotANumber { text: String },
    #[error("`{text}` is not an ISO 4217 currency code with minor units; write three letters, such as EUR")]
    UnknownCurrency { text: String },
}

/// Parses a plain decimal number: an optional sign, digits, at most one point. No exponent, no grouping.
///
/// # Errors
/// [`AmountError::NotANumber`] for anything else.
pub fn parse_decimal(text: &str) -> Result<Decimal, AmountError> {
    let plain = text.len() <= 40
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().enumerate().all(|(i, b)| b.is_ascii_digit() || b == b'.' || (i == 0 && b == b'-'));
    let not_a_number = || AmountError::NotANumber { text: text.chars().take(40).collect() };
    if !plain {
        return Err(not_a_number());
    }
    Decimal::from_str_exact(text).map_err(|_| not_a_number())
}

/// Checks a decimal against a number of places and a size limit, and returns it with trailing zeros removed.
fn bounded(value: Decimal, places: u32, limit: Decimal) -> Result<Decimal, AmountError> {
    let value = value.normalize();
    if value.scale() > places {
        return Err(AmountError::TooPrecise { value, places });
    }
    if value.abs() > limit {
        return Err(AmountError::OutOfRange { value, limit });
    }
    Ok(value)
}
