//! The codec of ZVT against messages as real terminals send them, and against bytes that nobody sends.

use holdfast_devices::payment::zvt::Numbers;
use holdfast_devices::payment::zvt::apdu::Apdu;
use holdfast_devices::payment::zvt::bmp::{self, FieldWriter, Length};
use holdfast_devices::payment::zvt::fuzz;
use holdfast_devices::payment::zvt::message::{Message, MessageError, ReceiptKind};
use holdfast_devices::payment::zvt::result_code::ResultCode;
use holdfast_devices::payment::zvt::serial;
use holdfast_devices::payment::zvt::status::StatusInformation;
use proptest::prelude::*;

/// The message that the hexadecimal bytes are, to the last one. `LL` is a length that is counted here.
#[track_caller]
fn message(hex: &str) -> Result<Message, MessageError> {
    let digits: String = hex.split_whitespace().collect();
    let length = format!("{:02X}", digits.len() / 2 - 3);
    let digits = digits.replacen("LL", &length, 1);
    let bytes: Vec<u8> = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal"))
        .collect();
    let (apdu, taken) = Apdu::decode(&bytes).expect("a whole message");
    assert_eq!(taken, bytes.len());
    assert_eq!(apdu.encode(), bytes);
    Message::parse(&apdu)
}

#[track_caller]
fn status(hex: &str) -> StatusInformation {
    match message(hex) {
        Ok(Message::Status(status)) => *status,
        other => panic!("{other:?}"),
    }
}

fn words(status: &StatusInformation) -> (Option<&str>, Option<&str>, Option<String>) {
    let card = &status.card;
    let four = card.last_four.map(|four| four.to_string());
    (card.scheme.as_ref().map(|word| word.as_str()), card.auth_code.as_ref().map(|word| word.as_str()), four)
}

#[test]
fn a_customer_stopped_it() {
    // Result, terminal, text; as terminals of a German acquirer answer a pressed stop button.
    let status = status(
        "04 0F 1C 27 6C 29 12 00 00 01 3C F0 F1 F7 41 62 62 72 75 63 68 20 64 75 72 63 68 20 55 68 72",
    );
    assert_eq!(status.result, Some(ResultCode::ABORTED));
    assert_eq!(status.terminal, Some(12_000_001));
    assert_eq!(status.text(), Some("Abbruch durch Uhr"));
    assert_eq!(status.unread, None);
}

#[test]
fn a_payment_with_every_field_that_terminals_send() {
    let status = status(
        "04 0F 77 27 00 04 00 00 00 00 31 20 0B 00 05 12 0C 14 07 31 0D 03 08 0E 27 12 17 00 01 19 70
         22 F0 F8 EE EE EE EE EE EE 12 34 29 12 00 00 01 2A 31 30 30 30 30 30 30 30 31 20 20 20 20 20 20
         3B 31 32 33 34 35 36 00 00 3C F0 F1 F4 47 45 4E 2E 4E 52 2E 3A 31 32 33 34 35 36
         49 09 78 87 05 12 88 00 05 12 8A 2E 8B F1 F7 44 65 62 69 74 20 4D 61 73 74 65 72 63 61 72 64 00",
    );
    assert_eq!(
        (status.result, status.amount, status.currency),
        (Some(ResultCode::DONE), Some(3_120), Some(978))
    );
    assert_eq!((status.receipt, status.trace, status.turnover), (Some(512), Some(512), Some(512)));
    assert_eq!(words(&status), (Some("Debit Mastercard"), Some("123456"), Some("1234".to_owned())));
    assert_eq!(status.text(), Some("GEN.NR.:123456"));
}

#[test]
fn a_contactless_payment_without_amount_and_trace() {
    let status = status(
        "04 0F 65 27 00 0C 14 07 31 0D 10 29 0E 99 99 22 F0 F8 EE EE EE EE EE EE 12 34 A0 01
         29 00 00 00 06 87 00 08 0B 00 00 00 8A 06 8B F1 F1 4D 41 53 54 45 52 43 41 52 44 00
         06 2E 2F 08 1F 12 01 02 1F 10 01 00 60 1B 43 07 A0 00 00 00 04 10 10
         44 10 44 65 62 69 74 20 4D 61 73 74 65 72 63 61 72 64 1F 2B 04 10 01 50 08",
    );
    assert_eq!((status.result, status.amount), (Some(ResultCode::DONE), None));
    assert_eq!(status.card.aid.as_ref().map(|aid| aid.as_str()), Some("A0000000041010"));
    assert_eq!(status.card.entry.map(|entry| entry.name()), Some("contactless"));
    assert!(!status.signature);
    // A trace number of zeros is none.
    assert_eq!(Numbers::of(&status), Numbers { terminal: Some(6), receipt: Some(8), trace: None });
}

#[test]
fn an_end_of_day_with_its_totals() {
    let head = "04 0F LL 27 00 04 00 00 00 00 26 00 0C 10 59 37 0D 03 31 0B 00 00 00 49 09 78";
    let totals = "60 F0 F5 F3 00 68 00 71 04 00 00 00 00 26 00";
    let status = status(&format!("{head} {totals} {}", "00".repeat(42)));
    let totals = status.totals.expect("totals");
    assert_eq!((totals.receipts, totals.lines[0], totals.count()), ((68, 71), (4, 2_600), 4));
}

#[test]
fn a_merchants_receipt_as_a_block_of_text() {
    let hex = "06 D3 LL 06 33 1F 07 01 01 25 2D
               07 0C 48 8E 4E 44 4C 45 52 42 45 4C 45 47
               07 12 4C 3A 2A 2A 2A 2A 2A 2A 2A 2A 2A 2A 2A 2A 31 32 33 34
               07 06 45 55 52 20 31 32 09 01 81";
    let lines = ["HÄNDLERBELEG", "L:************1234", "EUR 12"].map(ToOwned::to_owned).to_vec();
    assert_eq!(message(hex), Ok(Message::Print { kind: ReceiptKind::Merchant, lines, last: true }));
}

#[test]
fn a_greeting_that_is_no_message_of_the_protocol() {
    // Some terminals introduce themselves before anything else, in a format of their maker.
    assert!(matches!(message("00 00 00"), Err(MessageError::Foreign { .. })));
}

#[test]
fn a_field_of_unknown_length_never_hides_the_result() {
    // Behind the result it ends the reading, and the result holds.
    let behind = status("04 0F 0D 27 05 04 00 00 00 00 12 50 07 01 02 03");
    assert_eq!(
        (behind.result, behind.amount, behind.unread.is_some()),
        (Some(ResultCode(0x05)), Some(1_250), true)
    );
    // In front of it nobody knows the result, and that is said: it is no decline and no approval.
    for hex in ["04 0F 05 07 01 02 27 00", "04 0F 05 07 01 02 27 05", "04 0F 05 A8 F0 F0 27 00"] {
        assert!(matches!(message(hex), Err(MessageError::Status(_))), "{hex}");
    }
    // Two results that contradict each other.
    assert!(matches!(message("04 0F 04 27 05 27 00"), Err(MessageError::Status(_))));
    // No result at all is no error of reading, and says neither the one nor the other.
    assert_eq!(status("04 0F 07 04 00 00 00 00 12 50").result, None);
    // Cut off in the middle of a field.
    assert!(status("04 0F 05 27 00 04 00 00").unread.is_some());
    assert!(matches!(message("04 0F 03 04 00 00"), Err(MessageError::Status(_))));
}

#[test]
fn of_a_card_only_its_last_four_digits_come_through() {
    // An unmasked number, its track 2 and 3, and a text with it, as careless terminals send them.
    let status = status(
        "04 0F LL 27 00 22 F0 F8 41 11 11 11 11 11 11 11 23 F1 F6 41 11 11 11 11 11 11 11 D2 91 21 01 00 00 01 23
         24 F0 F0 F8 41 11 11 11 11 11 11 11 3C F0 F2 F2 4E 72 2E 20 34 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 20 20
         06 0A 43 08 41 11 11 11 11 11 11 11 87 00 09",
    );
    let shown = format!("{status:?}");
    assert!(!holdfast_pan::holds_pan(&shown), "{shown}");
    assert_eq!(status.card.last_four.map(|four| four.to_string()), Some("1111".to_owned()));
    assert_eq!(status.card.aid, None);
    // Masked digits do not become digits.
    let masked = self::status("04 0F 0D 27 00 22 F0 F8 67 25 90 EE EE EE EE EE");
    assert_eq!(masked.card.last_four, None);
    // Track 2 alone: the number ends at its separator.
    let track = self::status("04 0F 12 27 00 23 F1 F3 EE EE EE EE EE EE 12 34 D2 91 2E EE EE");
    assert_eq!(track.card.last_four.map(|four| four.to_string()), Some("1234".to_owned()));
}

#[test]
fn a_serial_acknowledgement_is_the_bytes_of_the_specification() {
    assert_eq!(serial::block(&Apdu::ack().encode()), [0x10, 0x02, 0x80, 0x00, 0x00, 0x10, 0x03, 0xF5, 0x1F]);
}

/// Every field of the specification's table that has nothing to do with the money, in front of the result: it is skipped, by
/// its length, whatever is in it.
#[test]
fn a_field_that_nobody_needs_is_skipped_in_front_of_the_result() {
    let needed = [
        bmp::AMOUNT,
        bmp::CURRENCY,
        bmp::RECEIPT_NUMBER,
        bmp::TRACE_NUMBER,
        bmp::ORIGINAL_TRACE,
        bmp::TURNOVER_NUMBER,
        bmp::TERMINAL_ID,
        bmp::RESULT_CODE,
    ];
    let mut skipped = 0;
    for tag in (0..=u8::MAX).filter(|tag| !needed.contains(tag)) {
        let lengths = match bmp::length_of(tag) {
            None => continue,
            Some(Length::Fixed(length)) => vec![length],
            Some(Length::LlVar) => vec![0, 1, 7, 99],
            Some(Length::LllVar) => vec![0, 1, 99, 300],
            Some(Length::Tlv) => vec![0, 1, 127, 128, 300],
        };
        for length in lengths {
            // Its content looks like a result, a decline, and a card's number.
            for content in [0x27, 0x6C, 0x41, 0xEE] {
                let bytes = FieldWriter::default()
                    .field(tag, &vec![content; length])
                    .field(bmp::RESULT_CODE, &[0x00])
                    .field(bmp::AMOUNT, &[0x00, 0x00, 0x00, 0x00, 0x12, 0x50])
                    .bytes();
                let status = StatusInformation::parse(&bytes);
                let read = status.as_ref().map(|status| (status.result, status.amount, status.unread));
                assert_eq!(read, Ok((Some(ResultCode::DONE), Some(1_250), None)), "{tag:02X} of {length}");
                assert!(!holdfast_pan::holds_pan(&format!("{status:?}")), "{tag:02X} of {length}");
                skipped += 1;
            }
        }
    }
    assert!(skipped > 200, "{skipped}");
}

/// Bytes with fields and control fields of the protocol among them.
fn almost_right() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 1..6),
        2 => prop::sample::select(vec![
            vec![0x04, 0x0F], vec![0x04, 0xFF], vec![0x06, 0x0F], vec![0x06, 0x1E], vec![0x06, 0xD1], vec![0x06, 0xD3],
            vec![0x80, 0x00, 0x00], vec![0x84, 0x9C, 0x00], vec![0x10, 0x02], vec![0x10, 0x03], vec![0xFF, 0x10, 0x00],
        ]),
        3 => prop::sample::select(vec![
            vec![0x27, 0x00], vec![0x04, 0, 0, 0, 0, 0x12, 0x50], vec![0x22, 0xF0, 0xF8],
            vec![0x41, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11], vec![0x3C, 0xF0, 0xF1, 0xF6],
            b"4111111111111111".to_vec(), vec![0x06, 0x82, 0x01], vec![0x25, 0x10], vec![0x1F, 0x12, 0x01], vec![0x43, 0x08],
            vec![0x60, 0xF0, 0xF5, 0xF3], vec![0x87, 0x00, 0x01],
        ]),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Met by chance: an amount of twelve digits that a card could have.
#[test]
fn an_amount_is_no_cards_number_whatever_its_digits_are() {
    fuzz::fuzz_fields(&[0x04, 0x61, 0x25, 0x49, 0x26, 0x93, 0x40]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// What a terminal says of a transaction is read as it was written: the simulated one keeps its receipts so.
    #[test]
    fn a_result_that_is_written_is_read_the_same(
        result in any::<u8>(),
        amount in prop::option::of(0..1_000_000_000_000_u64),
        numbers in prop::option::of((1..10_000_u16, 1..1_000_000_u32, 1..1_000_000_u32, 1..100_000_000_u32)),
        currency in prop::option::of(1..1_000_u16),
        signature in any::<bool>(),
        text in prop::option::of("[A-Za-z][A-Za-z .]{0,38}[a-z]"),
    ) {
        let mut status = StatusInformation::default();
        (status.result, status.amount, status.currency) = (Some(ResultCode(result)), amount, currency);
        if let Some((receipt, trace, original, terminal)) = numbers {
            (status.receipt, status.trace) = (Some(receipt), Some(trace));
            (status.original_trace, status.terminal) = (Some(original), Some(terminal));
        }
        status.signature = signature;
        if let Some(text) = &text {
            status = status.with_text(text);
        }
        let written = status.encode();
        let read = StatusInformation::parse(&written);
        prop_assert_eq!(read.as_ref(), Ok(&status));
        // With a field of unknown length behind it, the result holds all the same.
        let longer = [&written[..], &[0x50, 0x07, 0x01]].concat();
        let read = StatusInformation::parse(&longer).expect("its result is in front");
        prop_assert_eq!((read.result, read.unread.is_some()), (status.result, true));
    }

    /// A digit that the terminal itself does not show never becomes one, and those in front of the last four never come through.
    #[test]
    fn what_is_masked_stays_masked(nibbles in prop::collection::vec(0..16_u8, 2..20)) {
        let even = nibbles.len() / 2 * 2;
        let bytes: Vec<u8> = nibbles[..even].chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        let data = FieldWriter::default().field(bmp::RESULT_CODE, &[0]).field(bmp::PAN, &bytes).bytes();
        let status = StatusInformation::parse(&data).expect("its result is in front");
        let shown: Vec<u8> = nibbles[..even].iter().copied().filter(|nibble| *nibble != 0xF).collect();
        let last: Vec<u8> = shown.iter().rev().take(4).rev().copied().collect();
        let are_digits = last.len() == 4 && last.iter().all(|nibble| *nibble <= 9);
        let expected = are_digits.then(|| last.iter().map(|digit| char::from(b'0' + digit)).collect::<String>());
        prop_assert_eq!(status.card.last_four.map(|four| four.to_string()), expected);
    }

    #[test]
    fn no_bytes_break_the_codec(any in prop::collection::vec(any::<u8>(), 0..200), almost in almost_right()) {
        for bytes in [&any, &almost] {
            fuzz::fuzz_apdu(bytes);
            fuzz::fuzz_fields(bytes);
            fuzz::fuzz_serial(bytes);
            for control in [(0x04, 0x0F), (0x04, 0xFF), (0x06, 0x0F), (0x06, 0xD1), (0x06, 0xD3), (0x06, 0x00), (0x06, 0x20)] {
                if let Some(apdu) = Apdu::new(control, bytes.clone()) {
                    fuzz::fuzz_message(&apdu);
                }
            }
        }
    }
}
