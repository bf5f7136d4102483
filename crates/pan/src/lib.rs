//! Finds payment card numbers in text, and masks them. PCI DSS calls such a number a PAN (primary account number); the hub
//! never keeps one, so whatever comes from a device, a scanner or a person's keys passes here first.
//!
//! A run of digits is taken for a PAN when it has as many digits as its prefix gives out (ISO/IEC 7812), begins with a prefix
//! that card schemes use, and its last digit is right (Luhn). Single spaces, dashes and dots between the digits change nothing.
//! About one article number in ten passes Luhn, so fields that hold article or receipt numbers are not asked.
//!
//! A number of twelve digits, as some of Maestro's are, counts only where it stands alone. A part of a UUID or of a SHA-256 is
//! never one: one id in some ten thousand would pass for a card.
//!
//! Invariant: nothing here remembers or logs what it saw.

mod out;

use std::borrow::Cow;
use std::ops::Range;

pub use out::{Masked, mask_panics};

/// The characters of the longest id that is known as one.
const ID_CHARS_MAX: usize = 64;
/// The fewest digits of a PAN in use.
pub const DIGITS_MIN: usize = 12;
/// The most digits of a PAN (ISO/IEC 7812).
pub const DIGITS_MAX: usize = 19;
/// What stays readable of a masked number: the last four digits, which PCI DSS lets a receipt show.
pub const SHOWN: usize = 4;
/// What stands for a digit that is not shown.
pub const MASK: char = '*';

/// The first six digits that schemes give out, and how many digits their numbers have.
const PREFIXES: &[(Range<u32>, Range<usize>)] = &[
    // Visa.
    (400_000..500_000, 13..20),
    // Mastercard.
    (510_000..560_000, 16..17),
    (222_100..272_100, 16..17),
    // American Express.
    (340_000..350_000, 15..16),
    (370_000..380_000, 15..16),
    // Diners Club.
    (300_000..306_000, 14..20),
    (309_500..309_600, 14..20),
    (360_000..370_000, 14..20),
    (380_000..400_000, 14..20),
    // Discover, and RuPay beside it.
    (601_100..601_200, 16..20),
    (644_000..660_000, 16..20),
    (508_500..509_000, 16..17),
    (606_985..608_500, 16..17),
    // JCB.
    (352_800..359_000, 16..20),
    // UnionPay.
    (620_000..630_000, 16..20),
    (810_000..820_000, 16..20),
    // Maestro and the national debit schemes that use its numbers.
    (500_000..508_500, 12..20),
    (560_000..600_000, 12..20),
    (600_000..601_100, 12..20),
    (601_200..606_985, 12..20),
    (608_500..620_000, 12..20),
    (630_000..644_000, 12..20),
    (660_000..700_000, 12..20),
    // Mir.
    (220_000..220_500, 16..20),
    // Troy.
    (979_200..979_300, 16..17),
];

/// Whether the whole text is one PAN, spaced or not.
#[must_use]
pub fn is_pan(text: &str) -> bool {
    let text = text.trim();
    find(text).is_some_and(|found| found == (0..text.len()))
}

/// Whether there is a PAN anywhere in the text.
#[must_use]
pub fn holds_pan(text: &str) -> bool {
    find(text).is_some()
}

/// The text with every PAN masked to its last four digits. Borrowed when there is none.
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    let Some(first) = find(text) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut found) = (text, Some(first));
    while let Some(range) = found {
        out.push_str(&rest[..range.start]);
        mask_digits(&rest[range.clone()], &mut out);
        rest = &rest[range.end..];
        found = find(rest);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn mask_digits(number: &str, out: &mut String) {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let mut seen = 0;
    for c in number.chars() {
        if c.is_ascii_digit() {
            seen += 1;
            out.push(if seen + SHOWN > digits { c } else { MASK });
        } else {
            out.push(c);
        }
    }
}

/// The bytes of the first PAN in the text.
#[must_use]
pub fn find(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|offset| at + offset) {
        let groups = groups_at(bytes, start);
        let found = (0..groups.len()).find_map(|first| pan_from(bytes, &groups[first..]));
        match found.map(|found| (id_around(bytes, &found), found)) {
            None => at = groups.last().map_or(bytes.len(), |last| last.end),
            Some((Some(id_end), _)) => at = id_end,
            Some((None, found)) => return Some(found),
        }
    }
    None
}

/// Where the id ends that the digits are a part of: a UUID in its usual form, or a SHA-256 in hexadecimal digits.
fn id_around(bytes: &[u8], range: &Range<usize>) -> Option<usize> {
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
    let before =
        bytes[..range.start].iter().rev().take(ID_CHARS_MAX).take_while(|byte| is_part(byte)).count();
    let after = bytes[range.end..].iter().take(ID_CHARS_MAX).take_while(|byte| is_part(byte)).count();
    let word = &bytes[range.start - before..range.end + after];
    let is_uuid = word.len() == 36
        && word.iter().enumerate().all(|(at, byte)| (*byte == b'-') == [8, 13, 18, 23].contains(&at));
    let is_hash = word.len() == ID_CHARS_MAX
        && word.iter().any(u8::is_ascii_alphabetic)
        && word.iter().all(u8::is_ascii_hexdigit);
    (is_uuid || is_hash).then_some(range.end + after)
}

/// The groups of digits that follow each other from `start` with one separator between two of them.
fn groups_at(bytes: &[u8], start: usize) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut at = start;
    loop {
        let begun = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        groups.push(begun..at);
        match bytes.get(at..at + 2) {
            Some([b' ' | b'-' | b'.', next]) if next.is_ascii_digit() => at += 1,
            _ => return groups,
        }
    }
}

/// A PAN that begins with the first group: within that group alone, or over several as people space a card's number. A group
/// longer than any PAN may begin with one, as the data of a magnetic stripe does.
fn pan_from(bytes: &[u8], groups: &[Range<usize>]) -> Option<Range<usize>> {
    let first = groups.first()?;
    if first.len() >= DIGITS_MIN {
        let lengths =
            if first.len() > DIGITS_MAX { DIGITS_MIN..=DIGITS_MAX } else { first.len()..=first.len() };
        return lengths
            .rev()
            .map(|length| first.start..first.start + length)
            .find(|range| looks_like_one(&digits_of(bytes, range)) && is_apart(bytes, range));
    }
    for count in 2..=groups.len() {
        let joined = &groups[..count];
        let whole = first.start..joined[count - 1].end;
        let digits = digits_of(bytes, &whole);
        if digits.len() > DIGITS_MAX {
            return None;
        }
        if digits.len() >= DIGITS_MIN
            && is_spaced_like_one(joined)
            && looks_like_one(&digits)
            && is_apart(bytes, &whole)
        {
            return Some(whole);
        }
    }
    None
}

/// Whether so few digits are a number of their own, and not a part of a longer word such as an id.
fn is_apart(bytes: &[u8], range: &Range<usize>) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    // The first track of a magnetic stripe begins with a format's letter.
    let is_track = bytes[..range.start].ends_with(b"%B");
    let before = range.start.checked_sub(1).filter(|_| !is_track).and_then(|before| bytes.get(before));
    let digits = bytes[range.clone()].iter().filter(|byte| byte.is_ascii_digit()).count();
    digits > DIGITS_MIN || ![before, bytes.get(range.end)].into_iter().flatten().any(is_part)
}

/// Groups of four, of four, six and five, or every digit alone; never a number beside another.
fn is_spaced_like_one(groups: &[Range<usize>]) -> bool {
    let (last, others) = groups.split_last().expect("two groups at least");
    others.iter().chain([last]).all(|group| group.len() == 1)
        || others.iter().all(|group| (3..=7).contains(&group.len())) && last.len() <= 7
}

fn digits_of(bytes: &[u8], range: &Range<usize>) -> Vec<u8> {
    bytes[range.clone()].iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0').collect()
}

fn looks_like_one(digits: &[u8]) -> bool {
    let prefix = digits[..6].iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    PREFIXES.iter().any(|(first, length)| first.contains(&prefix) && length.contains(&digits.len()))
        && luhn(digits)
}

/// Luhn's check (ISO/IEC 7812-1, annex B).
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit) * 2) {
            (0, _) => u32::from(*digit),
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that schemes publish for tests.
    const TEST_NUMBERS: [&str; 9] = [
        "4111111111111111",
        "4222222222222",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "30569309025904",
        "6011111111111117",
        "3530111333300000",
        "6200000000000005",
    ];

    #[test]
    fn the_schemes_test_numbers_are_found_however_they_are_written() {
        for number in TEST_NUMBERS {
            assert!(is_pan(number), "{number}");
            for separator in [" ", "-", "."] {
                let groups: Vec<&str> = number
                    .as_bytes()
                    .chunks(4)
                    .map(|group| std::str::from_utf8(group).expect("digits"))
                    .collect();
                let written = format!("card {} paid", groups.join(separator));
                assert!(holds_pan(&written), "{written}");
                let masked = masked(&written);
                assert!(!holds_pan(&masked), "{masked}");
                let kept: String = masked.chars().filter(char::is_ascii_digit).collect();
                assert_eq!(kept, number[number.len() - SHOWN..], "{masked}");
            }
        }
    }

    #[test]
    fn a_number_inside_track_data_is_found() {
        assert!(holds_pan(";4111111111111111=29121010000012300000?"));
        assert!(holds_pan("411111111111111129121010000012300000"));
        assert!(holds_pan("%B5555555555554444^NAME/CARD^29121010000?"));
    }

    #[test]
    fn what_only_looks_alike_stays_as_it_is() {
        for text in [
            "4111111111111112",
            "4006381333931",
            "2 pieces of 4006381333931 for 4.20",
            "1234567890123456",
            "11111111-1111-7111-8111-111111111111",
            "2026-11-28 16:20:17",
            "no digits",
            "",
        ] {
            assert!(matches!(masked(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn a_number_beside_other_numbers_is_found() {
        for text in ["2 4111111111111111", "4111111111111111 12", "2026-11-28 4111 1111 1111 1111 29"] {
            assert!(holds_pan(text), "{text}");
        }
        assert!(holds_pan("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"));
    }

    #[test]
    fn twelve_digits_count_where_they_stand_alone() {
        assert!(holds_pan("paid with 500000000009 today"));
        assert!(holds_pan("5000 0000 0009"));
        assert!(holds_pan("%B500000000009^CARD/TEST^2912101?"));
        assert!(holds_pan("500000000009.00"), "typed as an amount");
        assert!(!holds_pan("019a4d3c-77aa-7bbb-8ccc-500000000009"));
        assert!(!holds_pan("5000-0000-0009-abcd"));
    }

    #[test]
    fn a_part_of_an_id_is_none_and_what_stands_beside_one_is() {
        let uuid = "019a4111-1111-7111-8111-500000000009";
        assert!(holds_pan("4111-1111-7111-8113"), "without the rest of an id");
        let hash = format!("9f{}{}", "4111111111111111", "ab".repeat(23));
        for id in ["019a4111-1111-7111-8113-aaaaaaaaaaaa", uuid, &hash] {
            assert!(!holds_pan(id), "{id}");
            assert!(!holds_pan(&format!("order {id}: \"{id}\"")), "{id}");
            assert_eq!(masked(&format!("{id} 4111111111111111")), format!("{id} ************1111"));
        }
        assert!(holds_pan(&format!("{hash}a")), "too long for a hash");
        assert!(holds_pan("4111-1111-1111-1111-aaaa"));
    }

    #[test]
    fn two_numbers_are_both_masked() {
        let text = "4111 1111 1111 1111, then 5555555555554444.";
        assert_eq!(masked(text), "**** **** **** 1111, then ************4444.");
    }

    proptest::proptest! {
        #[test]
        fn masked_text_holds_none_and_is_as_long(text in "[0-9 .\\-a-z]{0,80}") {
            let once = masked(&text).into_owned();
            proptest::prop_assert!(!holds_pan(&once), "{once}");
            proptest::prop_assert_eq!(once.len(), text.len());
        }
    }
}
