//! A receipt that the tests print.

use holdfast_devices::document::{Document, Purpose, TaxRow};

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
