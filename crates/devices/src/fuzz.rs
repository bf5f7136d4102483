//! Entry points for inputs that nobody sends, one for each codec: whatever the bytes are, these end, and nothing of a card's
//! number that they read is shown. What runs them is elsewhere: the tests for a moment, `cargo xtask fuzz` for as long as it
//! is given, and cargo-fuzz in `crates/devices/fuzz`.

use std::time::Duration;

use crate::escpos::{AnswerReader, Profile};
use crate::exact::{Weight, WeightUnit};
use crate::payment::qr::{emv, pix};
use crate::payment::zvt::apdu::Apdu;
use crate::payment::zvt::fuzz as zvt;
use crate::payment::zvt::tlv;
use crate::payment::{adyen, qr, stripe};
use crate::scale::{Framer, Protocol, Request, toledo};
use crate::scanner::{Cutter, Limits, Suffix};
use crate::{gs1, simulated};

/// Something that reads bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub name: &'static str,
    /// Panics when it finds something.
    pub run: fn(&[u8]),
    /// Inputs that are right, or nearly.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every codec of this crate.
pub const TARGETS: &[Target] = &[
    Target { name: "zvt_stream", run: zvt::fuzz_apdu, seeds: zvt_messages },
    Target { name: "zvt_message", run: zvt_message, seeds: zvt_messages },
    Target { name: "zvt_fields", run: zvt::fuzz_fields, seeds: zvt_fields },
    Target { name: "zvt_objects", run: zvt_objects, seeds: zvt_fields },
    Target { name: "zvt_serial", run: zvt::fuzz_serial, seeds: zvt_blocks },
    Target { name: "adyen_sealed", run: adyen::fuzz::sealed, seeds: adyen::fuzz::sealed_seeds },
    Target { name: "adyen_answer", run: adyen::fuzz::answer, seeds: adyen::fuzz::answer_seeds },
    Target { name: "stripe_answer", run: stripe::fuzz::answer, seeds: stripe::fuzz::answer_seeds },
    Target { name: "pix_answer", run: qr::fuzz::answer, seeds: qr::fuzz::answer_seeds },
    Target { name: "pix_code", run: pix_code, seeds: codes },
    Target { name: "emv_code", run: emv_code, seeds: codes },
    Target { name: "gs1_scan", run: gs1_scan, seeds: scans },
    Target { name: "toledo_frames", run: toledo_frames, seeds: frames },
    Target { name: "sics_lines", run: sics_lines, seeds: frames },
    Target { name: "scanner_bytes", run: scanner_bytes, seeds: scans },
    Target { name: "escpos_status", run: escpos_status, seeds: papers },
    Target { name: "escpos_paper", run: escpos_paper, seeds: papers },
];

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

fn hexadecimal(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|c| c.to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Messages as terminals send them.
fn zvt_messages() -> Vec<Vec<u8>> {
    [
        "80 00 00",
        "84 9C 00",
        "06 0F 00",
        "06 1E 01 6C",
        "04 FF 03 0A 01 02",
        "04 0F 1C 27 6C 29 12 00 00 01 3C F0 F1 F7 41 62 62 72 75 63 68 20 64 75 72 63 68 20 55 68 72",
        "06 00 0A 00 00 00 BE 09 78 03 00 06 02",
        "06 01 07 04 00 00 00 00 12 50",
        "06 D3 0A 06 08 1F 07 01 01 25 02 07 00",
        "06 D1 06 00 4B 61 72 74 65",
    ]
    .map(hexadecimal)
    .to_vec()
}

fn zvt_fields() -> Vec<Vec<u8>> {
    [
        "27 00 04 00 00 00 00 31 20 0B 00 05 12 0C 14 07 31 0D 03 08 0E 27 12 17 00 01 19 70 22 F0 F8 EE EE EE EE EE EE 12 34",
        "27 00 3B 31 32 33 34 35 36 00 00 3C F0 F1 F4 47 45 4E 2E 4E 52 2E 3A 31 32 33 34 35 36 49 09 78 87 05 12 88 00 05 12",
        "06 2E 2F 08 1F 12 01 02 1F 10 01 00 60 1B 43 07 A0 00 00 00 04 10 10 44 10 44 65 62 69 74 20 4D 61 73 74 65 72 63 61 72 64",
        "27 05 8B F1 F1 4D 41 53 54 45 52 43 41 52 44 00 8A 06",
        "23 F1 F6 41 11 11 11 11 11 11 11 D2 91 21 01 00 00 01 23",
    ]
    .map(hexadecimal)
    .to_vec()
}

fn zvt_blocks() -> Vec<Vec<u8>> {
    zvt_messages()
        .iter()
        .map(|message| crate::payment::zvt::serial::block(message))
        .chain([vec![0x06], vec![0x15], hexadecimal("10 02 80 00 00 10 03 F5 1F")])
        .collect()
}

fn codes() -> Vec<Vec<u8>> {
    let pix = pix::BrCode::new("pix.example.com/qr/v2/0198aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Padaria", "Recife");
    let text = pix.ok().and_then(|code| code.text().ok()).unwrap_or_default();
    vec![text.into_bytes(), b"00020163040BDE".to_vec(), b"000201010212".to_vec()]
}

fn scans() -> Vec<Vec<u8>> {
    [
        &b"4006381333931"[..],
        b"]E04006381333931\r",
        b"]C10104006381333931172711301012AB\x1d21XYZ\r\n",
        b"]d2010952100000001831030012503922EUR199",
        b"https://id.gs1.org/01/09521000000018/10/ABC?17=271130",
        b"2112345012509",
        b"\xC3\xA9\t96385074\n",
    ]
    .map(<[u8]>::to_vec)
    .to_vec()
}

fn frames() -> Vec<Vec<u8>> {
    [
        &b"\x0201.234\r"[..],
        b"\x02?a\r",
        b"\x02?\x0D\r",
        b"S S     100.00 g\r\n",
        b"S D       1.250 kg\r\n",
        b"Z A\r\n",
        b"ES\r\n",
    ]
    .map(<[u8]>::to_vec)
    .to_vec()
}

fn papers() -> Vec<Vec<u8>> {
    vec![
        b"\x1b@\x1bt\x13Beleg 0001\n\x1d!\x11EUR 12,50\n\x1d!\x00\x1dVB\x00".to_vec(),
        b"\x1dkI\x0a{B12345678\n\x1d(k\x04\x001A2\x00\x1d(k\x06\x001P0abc\x1d(k\x03\x001Q0".to_vec(),
        b"\x12\x10\x04\x01\x10\x04\x02\x1dr\x01\x1bp\x00\x19\xfa".to_vec(),
        vec![0x10, 0x00, 0x00, 0x0F, 0x12, 0x16, 0x72, 0x00, 0x03],
    ]
}

/// The first two bytes are the control field, the rest is the data.
fn zvt_message(bytes: &[u8]) {
    if let [class, instruction, data @ ..] = bytes
        && let Some(apdu) = Apdu::new((*class, *instruction), data.to_vec())
    {
        zvt::fuzz_message(&apdu);
        // What is written is read the same.
        let written = apdu.encode();
        assert_eq!(Apdu::decode(&written), Some((apdu, written.len())));
    }
}

fn zvt_objects(bytes: &[u8]) {
    let mut inside = 0;
    let _broken_off = tlv::walk(bytes, &mut |object| inside += object.value.len());
    assert!(inside <= bytes.len() * 8, "more came out than is in it");
}

fn pix_code(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(code) = pix::BrCode::read(text) {
        assert!(!code.url().is_empty());
        let _ = code.text();
    }
}

fn emv_code(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(objects) = emv::decode(text) {
        assert_eq!(emv::encode(&objects).as_deref(), Ok(text), "what is read is written the same");
    }
    // Behind a right checksum a broken code gets further.
    let content: String = text.chars().filter(|c| c.is_ascii_graphic()).collect();
    let head = format!("000201{content}6304");
    let _ = emv::decode(&format!("{head}{:04X}", emv::crc16(head.as_bytes())));
}

fn gs1_scan(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = format!("{:?}", gs1::read(&text, 2026));
}

fn frames_of(protocol: Protocol, bytes: &[u8]) {
    let asked = [
        Request::Weigh,
        Request::Zero,
        Request::Tare,
        Request::PresetTare(Weight::new(1, 3, WeightUnit::Kilogram)),
        Request::ClearTare,
    ];
    let mut framer = Framer::new(protocol.framing());
    for frame in bytes.iter().filter_map(|byte| framer.take(*byte)) {
        for asked in asked {
            let _ = format!("{:?}", protocol.parse(asked, &frame));
        }
    }
}

fn toledo_frames(bytes: &[u8]) {
    frames_of(Protocol::Toledo(toledo::Format { unit: WeightUnit::Kilogram, places: 3 }), bytes);
}

fn sics_lines(bytes: &[u8]) {
    frames_of(Protocol::Sics, bytes);
}

fn scanner_bytes(bytes: &[u8]) {
    let limits = Limits { scan_bytes_max: 64, scans_per_second_max: 4, ..Limits::default() };
    for suffix in [Suffix::Cr, Suffix::Lf, Suffix::CrLf, Suffix::Tab] {
        let (mut cutter, mut now) = (Cutter::new(suffix, limits), Duration::ZERO);
        for part in bytes.chunks(5) {
            now += Duration::from_millis(u64::from(part[0]) * 4);
            let _ = cutter.tick(now);
            let _ = cutter.receive(now, part);
            assert!(cutter.deadline().is_none_or(|due| due > now), "it waits for what is past");
        }
    }
}

fn escpos_status(bytes: &[u8]) {
    let mut reader = AnswerReader::default();
    let answers = bytes.iter().filter_map(|byte| reader.take(*byte)).count();
    assert!(answers <= bytes.len());
}

/// The strict decoder of the simulated printer, as text.
fn escpos_paper(bytes: &[u8]) {
    for profile in [Profile::MM58, Profile::MM80] {
        let _ = simulated::render_text(bytes, &profile);
    }
}
