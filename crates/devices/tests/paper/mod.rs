//! Documents that the tests print: a receipt, and whatever else there could be.
#![allow(dead_code, reason = "every test program uses its own part of it")]

use holdfast_devices::document::{Block, Document, Picture, Purpose, TaxRow};
use proptest::prelude::*;

pub fn letterhead(document: &mut Document) {
    document
        .heading("Corner Grocery")
        .centred("Alpine Foods GmbH")
        .centred("Hauptstraße 12, 6020 Innsbruck")
        .centred("VAT id ATU12345678")
        .blank();
}

pub fn tax_head() -> TaxRow {
    TaxRow::new("Rate", "Net", "Tax", "Gross")
}

pub fn sale() -> Document {
    let mut document = Document::new(Purpose::Live);
    letterhead(&mut document);
    document
        .row("Receipt T1-000123", "2026-03-14 17:42")
        .row("Till 1", "Operator 7")
        .rule()
        .row("Whole milk 1 l", "1.49 B")
        .row("Bananas", "2.05 B")
        .text("  0.824 kg x 2.49/kg")
        .row("Sparkling water 6 x 1.5 l", "4.74 A")
        .row("  Discount 10 %", "-0.47")
        .rule()
        .total("TOTAL EUR", "7.81")
        .row("Cash", "10.00")
        .row("Change", "2.19")
        .blank()
        .tax_table(
            tax_head(),
            vec![
                TaxRow::new("A 20 %", "3.56", "0.71", "4.27"),
                TaxRow::new("B 10 %", "3.22", "0.32", "3.54"),
            ],
        )
        .double_rule()
        .centred("Thank you for shopping with us")
        .blank()
        .barcode("T1-000123");
    document
}

/// Any text that somebody could give a product.
pub fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,60}",
        any::<String>(),
        proptest::collection::vec(0u8..=255, 0..80)
            .prop_map(|bytes| bytes.into_iter().map(char::from).collect()),
        proptest::collection::vec(proptest::sample::select(HOSTILE), 0..8).prop_map(|parts| parts.concat()),
    ]
}

/// What printers, browsers and eyes could take for something else than letters.
pub const HOSTILE: &[&str] = &[
    "\u{1b}@",
    "\u{1b}p\u{0}\u{19}\u{fa}",
    "\u{1d}V\u{0}",
    "\u{10}\u{14}\u{1}\u{0}\u{5}",
    "\u{9b}31m",
    "\u{0}",
    "\r\n",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</main></html>",
    "' onload='x",
    "&lt;b&gt;&#60;&amp;",
    "--><!--",
    "javascript:alert(1)",
    "https://elsewhere.example/x.js",
    "\u{202e}00.1\u{202c}",
    "\u{2066}\u{200f}\u{feff}",
    "\u{2028}",
    "Łódź 中 😀",
    "{A{B{C",
];

pub fn any_block() -> impl Strategy<Value = Block> {
    prop_oneof![
        any_text().prop_map(Block::Heading),
        any_text().prop_map(Block::Centred),
        any_text().prop_map(Block::Text),
        any_text().prop_map(Block::Bold),
        (any_text(), any_text()).prop_map(|(left, right)| Block::Row { left, right }),
        (any_text(), any_text()).prop_map(|(left, right)| Block::Total { left, right }),
        any_text().prop_map(Block::Barcode),
        any_text().prop_map(Block::Qr),
        (any_text(), any_text()).prop_map(|(a, b)| Block::TaxTable {
            head: TaxRow::new("Rate", "Net", "Tax", "Gross"),
            rows: vec![TaxRow::new(a.clone(), b.clone(), a, b)],
        }),
        (1u32..900, 1u32..60).prop_map(|(width, height)| Block::Picture(checked(width, height))),
        Just(Block::Rule),
        Just(Block::DoubleRule),
        Just(Block::Blank),
    ]
}

/// A picture of squares, eight dots each.
pub fn checked(width: u32, height: u32) -> Picture {
    let mut file = Vec::new();
    let dark = |x: u32, y: u32| (x / 8 + y / 8).is_multiple_of(2);
    let samples: Vec<u8> =
        (0..height).flat_map(|y| (0..width).map(move |x| if dark(x, y) { 0 } else { 255 })).collect();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&samples))
        .expect("memory takes every byte");
    Picture::from_png(&file).expect("the picture is small enough")
}
