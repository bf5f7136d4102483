//! What a verification found, as a person reads it.

use std::fmt::Write as _;

use holdfast_journal::VerifyReport;

/// A report of the journal's verification as a person reads it.
pub fn verdict(report: &VerifyReport) -> String {
    let mut text = String::new();
    for finding in report.findings.iter().chain(&report.ambiguous_tail) {
        writeln!(
            text,
            "{} at byte {}, record {}: {}",
            finding.path.display(),
            finding.offset,
            finding.seq,
            finding.what
        )
        .expect("a String takes all");
    }
    let head = report.head.map_or_else(
        || "no record".to_owned(),
        |head| format!("record {}, chain hash {}", head.seq, hex::encode(head.hash)),
    );
    let word = if report.is_intact() { "intact" } else { "NOT INTACT" };
    writeln!(
        text,
        "{word}: {} records in {} segments and {} epochs, complete up to {head}",
        report.records,
        report.segments,
        report.epochs.len()
    )
    .expect("a String takes all");
    text
}
