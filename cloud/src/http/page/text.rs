//! Numbers and times as people read them. Integers only; nothing is rounded that is not named.

use holdfast_money::{Currency, Money, Quantity};

use crate::projection::StoreClock;

/// Groups of three digits are parted by a narrow blank that does not break.
const GROUP: char = '\u{202f}';

/// `1 234.50`: an amount without its currency.
pub fn amount(minor: i64, currency: &str) -> String {
    let Ok(currency) = Currency::from_code(currency) else { return minor.to_string() };
    let exponent = currency.exponent() as usize;
    grouped(&format!("{:.exponent$}", Money::from_minor(minor, currency).amount()))
}

/// `1 234.50 EUR`.
pub fn money(minor: i64, currency: &str) -> String {
    format!("{}\u{a0}{currency}", amount(minor, currency))
}

/// `1 234`: an amount in whole major units, cut towards zero; for axes.
pub fn whole(minor: i64, currency: &str) -> String {
    let exponent = Currency::from_code(currency).map_or(0, Currency::exponent);
    grouped(&(minor / 10_i64.pow(exponent)).to_string())
}

/// `1 234`.
pub fn count(number: i64) -> String {
    grouped(&number.to_string())
}

/// A quantity without needless zeros.
pub fn quantity(thousandths: i64) -> String {
    grouped(&Quantity::from_thousandths(thousandths).value().normalize().to_string())
}

/// A unit price from 1/10000.
pub fn unit_price(e4: i64) -> String {
    let value = rust_decimal::Decimal::new(e4, 4).normalize();
    let places = value.scale().max(2) as usize;
    grouped(&format!("{value:.places$}"))
}

fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("\u{2212}", rest));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut out = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(GROUP);
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// The text with a capital first letter.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `just now`, `12 s`, `5 min`, `3 h`, `2 d`.
pub fn ago(ms: i64) -> String {
    match ms / 1_000 {
        ..3 => "just now".to_owned(),
        seconds @ ..60 => format!("{seconds} s ago"),
        seconds @ ..3_600 => format!("{} min ago", seconds / 60),
        seconds @ ..86_400 => format!("{} h ago", seconds / 3_600),
        seconds => format!("{} d ago", seconds / 86_400),
    }
}

/// `14:05:09` on the store's clock.
pub fn clock_time(clock: &StoreClock, at_ms: i64) -> String {
    clock.zoned(at_ms).strftime("%H:%M:%S").to_string()
}

/// `Mon 30 Nov 2026, 14:05:09` on the store's clock.
pub fn full_time(clock: &StoreClock, at_ms: i64) -> String {
    clock.zoned(at_ms).strftime("%a %-d %b %Y, %H:%M:%S").to_string()
}

/// `Mon 30 Nov` of `2026-11-30`.
pub fn short_date(date: &str) -> String {
    date.parse::<jiff::civil::Date>()
        .map_or_else(|_| date.to_owned(), |date| date.strftime("%a %-d %b").to_string())
}

/// `Monday 30 November 2026` of `2026-11-30`.
pub fn long_date(date: &str) -> String {
    date.parse::<jiff::civil::Date>()
        .map_or_else(|_| date.to_owned(), |date| date.strftime("%A %-d %B %Y").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_all_their_places_and_groups() {
        assert_eq!(amount(123_456_789, "EUR"), "1\u{202f}234\u{202f}567.89");
        assert_eq!(amount(-5, "EUR"), "\u{2212}0.05");
        assert_eq!(amount(1_500, "JPY"), "1\u{202f}500");
        assert_eq!(money(100, "GBP"), "1.00\u{a0}GBP");
        assert_eq!(whole(1_234_567, "EUR"), "12\u{202f}345");
        assert_eq!(quantity(-1_500), "\u{2212}1.5");
        assert_eq!(quantity(12_000), "12");
        assert_eq!((unit_price(12_500), unit_price(12_345)), ("1.25".to_owned(), "1.2345".to_owned()));
    }

    #[test]
    fn times_are_told_as_people_tell_them() {
        let told: Vec<String> = [0, 12_000, 61_000, 7_200_000, 200_000_000].into_iter().map(ago).collect();
        assert_eq!(told, ["just now", "12 s ago", "1 min ago", "2 h ago", "2 d ago"]);
        assert_eq!(short_date("2026-11-30"), "Mon 30 Nov");
    }
}
