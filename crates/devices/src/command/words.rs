//! What typed words mean: seconds, amounts, and where in a conversation something happens.

use std::time::Duration;

use holdfast_money::{Currency, Decimal, Money, parse_decimal};

use super::booth::Reply;

/// The longest that anything is put off.
const SECONDS_MAX: u64 = 3_600;

/// A duration in seconds, such as `8` or `0.5`.
pub fn seconds(word: &str) -> Result<Duration, Reply> {
    let millis = parse_decimal(word).ok().and_then(|seconds| {
        let millis = (seconds * Decimal::from(1_000)).trunc();
        u64::try_from(millis).ok().filter(|millis| *millis <= SECONDS_MAX * 1_000)
    });
    let no = || Reply::No(format!("`{word}` is no number of seconds up to {SECONDS_MAX}, such as 8 or 0.5"));
    millis.map(Duration::from_millis).ok_or_else(no)
}

/// An amount of money, such as `12.50`.
pub fn money(word: &str, currency: Currency) -> Result<Money, Reply> {
    let money = parse_decimal(word).ok().and_then(|amount| Money::new(amount, currency).ok());
    money
        .filter(|money| money.is_positive())
        .ok_or_else(|| Reply::No(format!("`{word}` is no amount of {currency}, such as 12.50")))
}

/// The words before `at`, and those behind it.
pub fn at<'a, 'w>(words: &'w [&'a str]) -> (&'w [&'a str], &'w [&'a str]) {
    match words.iter().position(|word| *word == "at") {
        Some(at) => (&words[..at], &words[at + 1..]),
        None => (words, &[]),
    }
}

/// One of a few names.
pub fn one_of<T: Copy>(word: &str, names: &[(&'static str, T)]) -> Result<T, Reply> {
    let found = names.iter().find(|(name, _)| *name == word).map(|(_, what)| *what);
    found.ok_or_else(|| {
        let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        Reply::No(format!("`{word}` is none of {}", names.join(", ")))
    })
}

/// The answer to words that mean nothing here.
pub fn unknown(words: &[&str]) -> Reply {
    let said: String = words.join(" ").chars().filter(|c| !c.is_control()).take(80).collect();
    Reply::No(format!("`{said}` is not understood: type help to see what is"))
}

/// A reply, whichever way it came about.
pub fn reply(outcome: Result<String, Reply>) -> Reply {
    match outcome {
        Ok(done) => Reply::Done(done),
        Err(no) => no,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_amounts_are_exact() {
        assert_eq!(seconds("0.5").expect("half a second"), Duration::from_millis(500));
        assert!(seconds("-1").is_err() && seconds("forever").is_err() && seconds("3601").is_err());
        assert_eq!(money("12.50", Currency::EUR).expect("an amount").minor(), 1_250);
        assert!(money("0", Currency::EUR).is_err() && money("1.234", Currency::EUR).is_err());
    }

    #[test]
    fn a_place_is_behind_at() {
        assert_eq!(at(&["cut", "at", "3", "after"]), (&["cut"][..], &["3", "after"][..]));
        assert_eq!(at(&["cut"]), (&["cut"][..], &[][..]));
    }
}
