//! Entry points for fuzzing: whatever the bytes are, these end, and nothing they read is shown.

use std::time::Duration;

use super::apdu::{Apdu, ApduReader};
use super::command::Command;
use super::message::Message;
use super::serial::SerialEnd;
use super::status::StatusInformation;
use super::{bmp, tlv};

/// A stream of messages of a terminal and of a till.
pub fn fuzz_apdu(bytes: &[u8]) {
    let mut reader = ApduReader::default();
    for part in bytes.chunks(7) {
        reader.push(part);
        while let Some(apdu) = reader.next_apdu() {
            fuzz_message(&apdu);
        }
    }
}

/// Any two bytes as a control field, with data behind.
pub fn fuzz_message(apdu: &Apdu) {
    let read = Message::parse(apdu);
    let asked = Command::parse(apdu);
    let shown = format!("{apdu:?} {read:?} {asked:?}");
    assert!(!holdfast_pan::holds_pan(&beside_amounts(&shown)), "a card's number is shown");
}

/// What is shown without the digits of amounts. They are twelve at most, and some of them end with a card's check digit by
/// chance: a number that says what it is is none.
fn beside_amounts(shown: &str) -> String {
    let (mut kept, mut rest) = (String::with_capacity(shown.len()), shown);
    let next = |rest: &str| {
        let ends = ["amount: Some(", "minor: "].map(|label| rest.find(label).map(|at| at + label.len()));
        ends.into_iter().flatten().min()
    };
    while let Some(at) = next(rest) {
        kept.push_str(&rest[..at]);
        rest = rest[at..].trim_start_matches(|c: char| c.is_ascii_digit());
    }
    kept + rest
}

/// The data of status information, of fields and of a container.
pub fn fuzz_fields(bytes: &[u8]) {
    let status = StatusInformation::parse(bytes);
    assert!(!holdfast_pan::holds_pan(&beside_amounts(&format!("{status:?}"))), "a card's number is shown");
    let _ = bmp::fields(bytes).count();
    let _ = tlv::walk(bytes, &mut |_| {});
}

/// Bytes on a serial line, with time passing between them.
pub fn fuzz_serial(bytes: &[u8]) {
    let mut end = SerialEnd::default();
    let mut now = Duration::ZERO;
    for part in bytes.chunks(5) {
        now += Duration::from_millis(u64::from(part[0]) * 8);
        let _ = end.tick(now);
        let _ = end.receive(now, part);
        if part[0] & 0x40 != 0 {
            let _ = end.send(now, part);
        }
    }
}
