//! What terminals, wallets, scanners and their drivers say, made into everything that of it goes on to a journal, a screen, a
//! log or paper.

use std::fmt::Write as _;

use holdfast_devices::gs1::{self, check_digit};
use holdfast_devices::payment::card::{LastFour, Word};
use holdfast_devices::payment::zvt::apdu::Apdu;
use holdfast_devices::payment::zvt::message::Message;
use holdfast_devices::payment::zvt::status::StatusInformation;
use holdfast_devices::payment::{Decline, ErrorCondition, Mark, PoiTransaction, SaleReference, Slip, Step};

use crate::numbers::Mint;

const YEAR: i16 = 2026;

/// Everything that devices made of `count` numbers.
pub fn said(mint: &mut Mint, count: usize) -> String {
    let mut out = String::new();
    for _ in 0..count {
        let text = mint.written();
        let mut slip = Slip::default();
        slip.add_customer(&text);
        slip.add_merchant(&format!("Karte {text}"));
        let words = [
            Word::name(&text),
            Word::auth_code(&text),
            Word::token(&text),
            Word::aid(&packed(&mint.number())),
        ];
        let decline = Decline::new(ErrorCondition::Refusal, Some(&text));
        let references =
            (PoiTransaction::new(text.as_str()), SaleReference::new(text.as_str()), Mark::new(text.as_str()));
        writeln!(out, "{slip:?} {words:?} {decline:?} {references:?} {:?}", Step::says(&text)).expect("text");
        writeln!(out, "{:?} {:?}", LastFour::of(&text), LastFour::of_nibbles(&packed(&mint.number())))
            .expect("text");
        // A scan of it is no product, and what is shown of it is masked. One that is an article's as well stays what it is.
        if !is_an_articles(&text) {
            writeln!(out, "{:?}", gs1::read(&text, YEAR)).expect("text");
        }
        zvt(&text, &mut out);
    }
    out
}

fn is_an_articles(text: &str) -> bool {
    let (body, digit) = text.split_at(text.len() - 1);
    [8, 12, 13, 14].contains(&text.len()) && check_digit(body).is_some_and(|check| check.to_string() == digit)
}

/// Printed lines, texts for the display and the number itself, as ZVT sends them.
fn zvt(text: &str, out: &mut String) {
    let mut line = vec![0x00];
    line.extend_from_slice(text.as_bytes());
    for (class, instruction) in [(0x06, 0xD1), (0x06, 0xD3), (0x04, 0xFF), (0x06, 0x0F), (0x04, 0x0F)] {
        let Some(apdu) = Apdu::new((class, instruction), line.clone()) else { continue };
        writeln!(out, "{apdu:?} {:?}", Message::parse(&apdu)).expect("text");
    }
    let status = StatusInformation::default().with_text(text);
    writeln!(out, "{status:?} {:?} {:?}", status.text(), StatusInformation::parse(&status.encode()))
        .expect("text");
}

fn packed(number: &str) -> Vec<u8> {
    let padded = if number.len() % 2 == 1 { format!("{number}0") } else { number.to_owned() };
    padded.as_bytes().chunks_exact(2).map(|two| (two[0] - b'0') << 4 | (two[1] - b'0')).collect()
}
