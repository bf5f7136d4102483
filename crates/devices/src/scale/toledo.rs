//! Toledo 8217: one letter asks, STX … CR answers (Mettler-Toledo 8217 host interface).
//!
//! A settled weight is answered with its digits. Everything else is a question mark and one byte of status, so an unsettled
//! weight is not even told. The line has 7 data bits and even parity.

use super::reading::{Answer, Reading, Refusal, Request, State};
use crate::exact::{Exact, Weight, WeightUnit};

/// Bits of the status byte. Many scales have the two highest set at all times, so that the byte is a letter; these alone say
/// nothing.
pub const IN_MOTION: u8 = 0x01;
pub const OVER_CAPACITY: u8 = 0x02;
pub const UNDER_ZERO: u8 = 0x04;
pub const OUTSIDE_ZERO_RANGE: u8 = 0x08;
pub const CENTER_OF_ZERO: u8 = 0x10;
pub const NET_WEIGHT: u8 = 0x20;
pub const BAD_COMMAND: u8 = 0x40;

/// The fewest and the most digits of a weight.
const DIGITS: std::ops::RangeInclusive<usize> = 4..=7;

/// What the protocol does not say: which unit, and where the point is when none is sent. It has to match the scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    pub unit: WeightUnit,
    pub places: u8,
}

/// The bytes of a request; `None` for what the protocol does not have.
#[must_use]
pub fn request(request: Request) -> Option<&'static [u8]> {
    Some(match request {
        Request::Weigh => b"W",
        Request::Zero => b"Z",
        Request::Tare => b"T",
        Request::ClearTare => b"C",
        Request::PresetTare(_) => return None,
    })
}

/// What a frame is, without its STX and CR.
#[must_use]
pub fn parse(asked: Request, frame: &[u8], format: Format) -> Answer {
    match (asked, frame) {
        // The eighth bit is parity, which the port takes off; with it the byte is damaged.
        (_, [b'?', 0x80..=0xFF]) => Answer::NotIt,
        (Request::Weigh, [b'?', status]) => Answer::Reading(Reading::new(state(*status), None, frame)),
        (Request::Weigh, _) => match weight(frame, format) {
            Some(weight) => Answer::Reading(Reading::new(State::Stable, Some(weight), frame)),
            None => Answer::NotIt,
        },
        (_, [b'?', status]) => match refusal(asked, *status) {
            Some(refusal) => Answer::Refused(refusal),
            // At zero the command was carried out, whatever a scale has in the bit for bad commands.
            None if status & BAD_COMMAND == 0 || status & CENTER_OF_ZERO != 0 => Answer::Done { tare: None },
            None => Answer::Unclear,
        },
        _ => Answer::NotIt,
    }
}

fn state(status: u8) -> State {
    match status {
        status if status & OVER_CAPACITY != 0 => State::OverCapacity,
        status if status & UNDER_ZERO != 0 => State::UnderZero,
        status if status & IN_MOTION != 0 => State::InMotion,
        _ => State::NotReady,
    }
}

fn refusal(asked: Request, status: u8) -> Option<Refusal> {
    Some(match status {
        status if status & OVER_CAPACITY != 0 => Refusal::OverCapacity,
        status if status & IN_MOTION != 0 => Refusal::InMotion,
        // Setting to zero is what helps against a little less than nothing, unless it is too much.
        status if asked == Request::Zero && status & OUTSIDE_ZERO_RANGE != 0 => Refusal::OutOfRange,
        status if asked == Request::Tare && status & UNDER_ZERO != 0 => Refusal::UnderZero,
        _ => return None,
    })
}

fn weight(frame: &[u8], format: Format) -> Option<Weight> {
    let text = std::str::from_utf8(frame).ok()?.trim_start_matches(' ');
    // An N behind says that it is a net weight.
    let text = text.strip_suffix('N').unwrap_or(text);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if !DIGITS.contains(&digits) {
        return None;
    }
    let amount = Exact::parse(text)?;
    let amount = if text.contains('.') { amount } else { Exact::new(amount.units, format.places) };
    Some(Weight { amount, unit: format.unit })
}

/// The frame of a settled weight, as a scale sends it.
#[must_use]
pub fn weight_frame(amount: Exact) -> Vec<u8> {
    let digits = amount.to_string();
    // Five digits at least, and the point.
    let width = if amount.places > 0 { 6 } else { 5 };
    format!("\u{2}{digits:0>width$}\r").into_bytes()
}

/// The frame of a status.
#[must_use]
pub fn status_frame(status: u8) -> Vec<u8> {
    vec![0x02, b'?', status, b'\r']
}
