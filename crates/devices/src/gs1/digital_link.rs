//! GS1 Digital Link: a code as an address in the web, such as `https://example.com/01/09506000134352/10/ABC?17=270331`
//! (GS1 Digital Link Standard: URI Syntax). The domain says nothing about the goods and is not looked at.

use super::Defect;
use super::ai::Rule;
use super::element::Reading;

/// The keys that an address may be about, and what may narrow each down in the path.
#[rustfmt::skip]
const KEYS: &[(&str, &[&str])] = &[
    ("01", &["22", "10", "21", "235"]),
    ("00", &[]),
    ("8006", &["22", "10", "21"]),
    ("8013", &[]), ("8010", &["8011"]),
    ("410", &[]), ("411", &[]), ("412", &[]), ("413", &[]), ("414", &["254", "7040"]), ("415", &["8020"]), ("416", &[]),
    ("417", &["7040"]),
    ("8017", &["8019"]), ("8018", &["8019"]),
    ("255", &[]), ("253", &[]), ("401", &[]), ("402", &[]), ("8003", &[]), ("8004", &["7040"]),
];

/// Reads an address; `None` when it is an address, but not about anything of GS1.
pub(super) fn read(text: &str) -> Option<Result<Reading, Defect>> {
    let rest = strip_scheme(text)?;
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = before.split_once('/')?;
    if host.is_empty() {
        return None;
    }
    let segments: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    // The path may begin with anything: the first place from which everything is keys and values counts.
    let start = (0..segments.len()).find(|start| is_about_a_key(&segments[*start..]))?;
    Some(elements(&segments[start..], query))
}

fn strip_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")).then_some(rest)
}

fn is_about_a_key(segments: &[&str]) -> bool {
    let [key, value, narrower @ ..] = segments else { return false };
    let Some((_, qualifiers)) = KEYS.iter().find(|(known, _)| known == key) else { return false };
    let (pairs, odd) = narrower.as_chunks::<2>();
    // An article of a shop's pages may well be at `/01/02`: a key has the form of one.
    odd.is_empty()
        && pairs.iter().all(|[ai, _]| qualifiers.contains(ai))
        && decoded(value).is_some_and(|value| Rule::of(key).is_some_and(|rule| has_form(key, rule, &value)))
}

/// Whether a value could be that key, but for its check digit.
fn has_form(key: &str, rule: &Rule, value: &str) -> bool {
    let value = padded(key, value);
    !matches!(rule.defect(&value), Some(why) if why != "its check digit is wrong")
}

fn elements(segments: &[&str], query: &str) -> Result<Reading, Defect> {
    let mut reading = Reading::default();
    for [ai, value] in segments.as_chunks::<2>().0 {
        add(&mut reading, ai, value)?;
    }
    for setting in query.split(['&', ';']).filter(|setting| !setting.is_empty()) {
        let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
        // Other names than numbers are for the web server.
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
            add(&mut reading, name, value)?;
        }
    }
    Ok(reading)
}

fn add(reading: &mut Reading, ai: &str, encoded: &str) -> Result<(), Defect> {
    let Some(value) = decoded(encoded) else {
        return Err(Defect { ai: super::Text::new(ai), why: "it has characters that GS1 does not know" });
    };
    match Rule::of(ai) {
        Some(rule) => reading.add(ai, rule, &padded(ai, &value)),
        None => reading.add_unknown(&format!("{ai}={value}")),
    }
}

/// A GTIN of 8, 12 or 13 digits as one of 14, which addresses of earlier versions of the standard have.
fn padded(ai: &str, value: &str) -> String {
    match ai {
        "01" if matches!(value.len(), 8 | 12 | 13) => format!("{value:0>14}"),
        _ => value.to_owned(),
    }
}

/// A text with its percent signs read.
fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
