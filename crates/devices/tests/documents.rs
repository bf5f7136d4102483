//! What is on the paper: frozen bytes and text, and a strict decoder that accepts all of it.
//!
//! `HOLDFAST_BLESS=1 cargo test -p holdfast-devices --test documents` writes the golden files anew; look at the difference.

mod paper;

use std::path::Path;

use holdfast_devices::document::{Columns, Document, Purpose, TaxRow, pc858_char};
use holdfast_devices::escpos::{Cutter, DrawerPulse, Profile, encode};
use holdfast_devices::simulated::{render_png, render_text};
use paper::{any_block, letterhead, tax_head};
use proptest::prelude::*;

fn goods_return() -> Document {
    let mut document = Document::new(Purpose::Live);
    letterhead(&mut document);
    document
        .bold("RETURN of receipt T1-000123")
        .row("Receipt T1-000131", "2026-03-15 09:05")
        .rule()
        .row("Sparkling water 6 x 1.5 l", "-4.27 A")
        .text("  Reason: bottle leaks")
        .rule()
        .total("REFUND EUR", "-4.27")
        .row("Cash", "-4.27")
        .blank()
        .tax_table(tax_head(), vec![TaxRow::new("A 20 %", "-3.56", "-0.71", "-4.27")])
        .blank()
        .text("Signature:")
        .blank()
        .rule()
        .barcode("T1-000131")
        .qr("https://shop.example/r/T1-000131?total=-4.27");
    document
}

fn training_and_hostile() -> Document {
    let mut document = Document::new(Purpose::Training);
    document
        .heading("Zur schönen Müllerin & Söhne – Feinkost")
        .centred("1 € = 100 ¢ · Crème brûlée · Łódź · 中文 · 😀")
        .rule()
        .row(
            "Extra virgin olive oil from the hills of Liguria, first cold pressing, 750 ml",
            "1,234,567.89 A",
        )
        .row("Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenhersteller", "€ 0.01")
        .row(
            "open\u{1b}p\u{0}\u{19}\u{fa}drawer \u{1d}V\u{0} \u{10}\u{14}\u{1}\u{0}\u{5}",
            "\u{202e}00.1\u{202c}",
        )
        .text("line one\r\nline two\ttab {A{B{C \u{9b}31m \u{7f}")
        .row("A price that is far too long for its place", "1,000,000,000,000,000,000,000,000,000,000.00")
        .total("TOTAL €", "1,234,567.90")
        .tax_table(
            TaxRow::new("Satz", "Netto", "Steuer", "Brutto"),
            vec![TaxRow::new("A 20 %", "1,028,806.57", "205,761.32", "1,234,567.89")],
        )
        .barcode("ÄÖÜ not a CODE128")
        .barcode("{C1234567890")
        .barcode("this content is far too wide for a receipt of eighty millimetres")
        .qr("control \u{10}\u{4}\u{1} in a QR code");
    document
}

fn documents() -> [(&'static str, Document, u32); 3] {
    [("sale", paper::sale(), 0), ("return", goods_return(), 2), ("training", training_and_hostile(), 0)]
}

fn check_golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("HOLDFAST_BLESS").is_some() {
        std::fs::write(&path, found).expect("the golden folder can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{name} differs from its golden file");
}

/// Bytes in a form that a person can compare: everything but visible ASCII as `\xNN`, a new line after a line feed.
fn readable(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().replace("\\n", "\\n\n") + "\n"
}

#[test]
fn bytes_and_text_of_three_documents_are_what_they_were() {
    for (name, document, copy) in documents() {
        for (width, profile) in [("80mm", Profile::MM80), ("58mm", Profile::MM58)] {
            check_golden(&format!("{name}-{width}.escpos"), &readable(&encode(&document, copy, &profile)));
            check_golden(&format!("{name}-{width}.txt"), &document.to_text_copy(profile.columns, copy));
        }
    }
}

#[test]
fn the_strict_decoder_accepts_every_document_and_reads_the_same_text() {
    let keep = std::env::var_os("HOLDFAST_PICTURES");
    for (name, document, copy) in documents() {
        for (width, profile) in [("80mm", Profile::MM80), ("58mm", Profile::MM58)] {
            let bytes = encode(&document, copy, &profile);
            let pictures = render_png(&bytes, &profile).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
            assert_eq!(pictures.len(), 1, "{name}: one document is one sheet");
            assert_eq!(
                render_text(&bytes, &profile),
                [document.to_text_copy(profile.columns, copy)],
                "{name}: the paper says what the document says"
            );
            if let Some(folder) = &keep {
                let file = Path::new(folder).join(format!("{name}-{width}.png"));
                std::fs::write(file, &pictures[0]).expect("the pictures can be written");
            }
        }
    }
}

#[test]
fn no_line_of_text_is_wider_than_the_paper() {
    for (name, document, copy) in documents() {
        for columns in [Columns::MM80, Columns::MM58] {
            for line in document.to_text_copy(columns, copy).lines() {
                assert!(line.chars().count() <= columns.get(), "{name}: {line}");
            }
        }
    }
}

#[test]
fn a_training_receipt_and_a_copy_say_so_above_and_below() {
    let mut training = Document::new(Purpose::Training);
    training.text("one line");
    let text = training.to_text_copy(Columns::MM80, 3);
    let words: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(words, ["TRAINING - NOT A SALE", "COPY 3", "one line", "COPY 3", "TRAINING - NOT A SALE"]);
}

#[test]
fn every_character_that_may_be_printed_has_a_glyph() {
    let all: String = (0..=255u8).filter_map(pc858_char).collect();
    let mut document = Document::new(Purpose::Live);
    document.text(all);
    render_png(&encode(&document, 0, &Profile::MM80), &Profile::MM80).expect("every character is known");
}

#[test]
fn a_drawer_pulse_is_understood_with_both_times() {
    let mut bytes = encode(&paper::sale(), 0, &Profile::MM80);
    bytes.extend(DrawerPulse::STANDARD.bytes());
    render_png(&bytes, &Profile::MM80).expect("the pulse is a whole command");
    bytes.pop();
    render_png(&bytes, &Profile::MM80).expect_err("a pulse without its second time is refused");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_is_in_a_document_its_bytes_decode_strictly_and_keep_to_the_paper(
        blocks in proptest::collection::vec(any_block(), 0..12),
        columns in prop_oneof![Just(24u16), Just(32), Just(42), Just(48), Just(64)],
        copy in 0u32..3,
    ) {
        let mut document = Document::new(Purpose::Live);
        for block in blocks {
            document.push(block);
        }
        let columns = Columns::new(columns).expect("an allowed width");
        let profile = Profile { columns, code_page_858_slot: 19, cutter: Cutter::Full };
        let bytes = encode(&document, copy, &profile);
        prop_assert!(render_png(&bytes, &profile).is_ok(), "{}", readable(&bytes));
        let text = document.to_text_copy(columns, copy);
        for line in text.lines() {
            prop_assert!(line.chars().count() <= columns.get(), "{line:?}");
        }
        let on_paper = render_text(&bytes, &profile).concat();
        prop_assert_eq!(on_paper.trim_end(), text.trim_end());
    }
}

#[test]
fn every_error_code_has_a_page_with_its_meaning() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
    for (code, meaning) in holdfast_devices::ERROR_CODES {
        let page = std::fs::read_to_string(pages.join(format!("{code}.md"))).expect(code);
        let title = page.lines().next().unwrap_or_default();
        assert!(meaning.starts_with(title.trim_start_matches(&format!("# {code}: "))), "{title} / {meaning}");
        assert!(page.contains("\n## What happened\n") && page.contains("\n## What to do\n"), "{code}");
    }
}
