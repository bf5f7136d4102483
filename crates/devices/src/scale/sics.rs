//! MT-SICS, levels 0 and 1: lines of words that ask and answer (Mettler-Toledo Standard Interface Command Set).

use super::reading::{Answer, Reading, Refusal, Request, State};
use crate::exact::{Exact, Weight, WeightUnit};

/// The line that asks.
#[must_use]
pub fn request(request: Request) -> Vec<u8> {
    match request {
        // Immediately: whether the weight has settled is in the answer, and nothing waits for it in the scale.
        Request::Weigh => b"SI\r\n".to_vec(),
        Request::Zero => b"Z\r\n".to_vec(),
        Request::Tare => b"T\r\n".to_vec(),
        Request::PresetTare(weight) => {
            format!("TA {} {}\r\n", weight.amount, weight.unit.symbol()).into_bytes()
        }
        Request::ClearTare => b"TAC\r\n".to_vec(),
    }
}

/// What a line is, without its end.
#[must_use]
pub fn parse(asked: Request, line: &[u8]) -> Answer {
    let Ok(text) = std::str::from_utf8(line) else { return Answer::NotIt };
    let words: Vec<&str> = text.split_ascii_whitespace().take(WORDS_MAX + 1).collect();
    match words.as_slice() {
        // Syntax, transmission and logic errors answer whatever was asked last.
        ["ES"] => Answer::Refused(Refusal::NotUnderstood),
        ["ET"] => Answer::Refused(Refusal::Damaged),
        ["EL"] => Answer::Refused(Refusal::NotNow),
        [verb, rest @ ..] if answers(asked, verb) => match asked {
            Request::Weigh => reading(rest, line),
            _ => command(asked, rest),
        },
        _ => Answer::NotIt,
    }
}

/// A verb, a status, a number and a unit.
const WORDS_MAX: usize = 4;

fn answers(asked: Request, verb: &str) -> bool {
    match asked {
        // The manual answers SI with S; some scales repeat the command.
        Request::Weigh => matches!(verb, "S" | "SI"),
        Request::Zero => verb == "Z",
        Request::Tare => verb == "T",
        Request::PresetTare(_) => verb == "TA",
        Request::ClearTare => verb == "TAC",
    }
}

fn reading(words: &[&str], line: &[u8]) -> Answer {
    let (state, shown) = match words {
        ["S", number, unit] => (State::Stable, weight(number, unit)),
        ["D", number, unit] => (State::InMotion, weight(number, unit)),
        ["+"] => (State::OverCapacity, None),
        ["-"] => (State::UnderZero, None),
        // Not executable now, or an error of the scale itself in place of a weight.
        ["I"] | ["S" | "D", ..] => (State::NotReady, None),
        _ => return Answer::NotIt,
    };
    Answer::Reading(Reading::new(state, shown, line))
}

fn command(asked: Request, words: &[&str]) -> Answer {
    match words {
        ["A"] if !matches!(asked, Request::Tare) => Answer::Done { tare: None },
        ["A", number, unit] if matches!(asked, Request::PresetTare(_)) => tared(number, unit),
        ["S" | "D", number, unit] if asked == Request::Tare => tared(number, unit),
        ["I"] => Answer::Refused(Refusal::NotNow),
        ["L"] => Answer::Refused(Refusal::OutOfRange),
        ["+"] => Answer::Refused(Refusal::OverCapacity),
        ["-"] => Answer::Refused(Refusal::UnderZero),
        _ => Answer::NotIt,
    }
}

fn tared(number: &str, unit: &str) -> Answer {
    match weight(number, unit) {
        Some(weight) => Answer::Done { tare: Some(weight) },
        None => Answer::NotIt,
    }
}

/// A weight in a unit of weight; pieces and percent are none.
fn weight(number: &str, unit: &str) -> Option<Weight> {
    Some(Weight { amount: Exact::parse(number)?, unit: WeightUnit::from_symbol(unit)? })
}

/// The line of a weight as a scale sends it: the number has ten places, flush right.
#[must_use]
pub fn weight_line(verb: &str, status: char, weight: Weight) -> Vec<u8> {
    format!("{verb} {status} {:>10} {}\r\n", weight.amount.to_string(), weight.unit.symbol()).into_bytes()
}
