//! No card's number comes in with a text. Fields that hold the numbers of articles are not asked: one in ten of them passes for
//! a card's.

use holdfast_pan::{DIGITS_MIN, holds_pan};
use serde_json::Value;

/// The keys under which a request names articles.
const ARTICLES: [&str; 4] = ["barcode", "barcodes", "scanned", "sku"];

/// Whether a text in this JSON, or the name of a field, holds what looks like a card's number. What is no JSON is looked at
/// as it is.
pub fn are_in(json: &[u8]) -> bool {
    if !could_hold_one(json) {
        return false;
    }
    match serde_json::from_slice::<Value>(json) {
        Ok(value) => are_under(&value),
        Err(_) => holds_pan(&String::from_utf8_lossy(json)),
    }
}

/// Most requests have nowhere digits enough, and are not read twice.
fn could_hold_one(json: &[u8]) -> bool {
    // A sign behind a backslash can be a digit.
    json.contains(&b'\\') || std::str::from_utf8(json).map_or(true, has_digits_enough)
}

/// Whether there are so many digits with at most one sign between two of them.
fn has_digits_enough(text: &str) -> bool {
    let (mut digits, mut signs) = (0, 0);
    for byte in text.bytes() {
        (digits, signs) = match byte {
            b'0'..=b'9' => (digits + 1, 0),
            b' ' | b'-' | b'.' if digits > 0 && signs == 0 => (digits, 1),
            _ => (0, 0),
        };
        if digits >= DIGITS_MIN {
            return true;
        }
    }
    false
}

fn are_under(value: &Value) -> bool {
    match value {
        Value::String(text) => holds_pan(text),
        Value::Number(number) => holds_pan(&number.to_string()),
        Value::Array(values) => values.iter().any(are_under),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| holds_pan(name) || !ARTICLES.contains(&name.as_str()) && are_under(value)),
        Value::Null | Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_seen_in_any_text_and_however_it_is_written() {
        for json in [
            r#"{"command":{"reason":"card 4111 1111 1111 1111"}}"#,
            r#"{"a":[{"b":"4111-\u0031111-1111-1111"},1]}"#,
            r#"{"4111111111111111":1}"#,
            r#"{"amount":4111111111111111}"#,
            r#"{"sku":{"x":"A"},"note":";4111111111111111=29121010000012300000?"}"#,
            "4111111111111111 is no JSON",
        ] {
            assert!(are_in(json.as_bytes()), "{json}");
        }
    }

    #[test]
    fn articles_ids_and_times_are_none() {
        for json in [
            r#"{"item":{"barcode":"4111111111111111"},"barcodes":["4222222222222"],"sku":"5555555555554444","scanned":"4222222222222"}"#,
            r#"{"id":"019a4d3c-1111-7111-8111-500000000009","at":"2026-11-28T16:20:17.123456789Z"}"#,
            r#"{"amount":"12.34","escaped":"a\\b"}"#,
        ] {
            assert!(!are_in(json.as_bytes()), "{json}");
        }
    }
}
