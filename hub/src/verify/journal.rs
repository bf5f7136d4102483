//! The journal of a data folder, record for record, against what others know of it.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use holdfast_domain::ids::StoreId;
use holdfast_journal::{DiskStorage, Journal, Reader, VerifyReport};
use holdfast_protocol::head::short;
use holdfast_protocol::{chain_hash, decode_record};

use super::{Evidence, EvidenceError, time};
use crate::error::HubError;
use crate::folder::DataFolder;
use crate::storage::journal_options;

/// What was found, as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalVerdict {
    pub text: String,
    pub intact: bool,
}

/// Verifies the journal of a folder that no hub serves; the caller holds its lock. Not a byte is changed.
///
/// # Errors
/// The journal's storage errors, [`EvidenceError::Store`].
pub fn folder_through(
    folder: &DataFolder,
    segment_mib: u64,
    store: StoreId,
    evidence: &Evidence,
) -> Result<JournalVerdict, HubError> {
    let disk = DiskStorage::new();
    let report = holdfast_journal::verify(&disk, &folder.journal(), chain_hash)?;
    let proven = report.head.map_or(0, |head| head.seq);
    // Every record that the walk has proven may be read, also one that only a later sync would have vouched for.
    let options = journal_options(folder, segment_mib, proven);
    let reader = match Journal::open_read_only(&options, Arc::new(disk)) {
        Ok((reader, _)) => Some(reader),
        // The report says what is wrong; there is nothing to compare then.
        Err(_) if !report.is_intact() => None,
        Err(error) => return Err(error.into()),
    };
    verdict(&report, reader.as_ref(), store, evidence)
}

/// A report of the journal's verification as a person reads it, with the evidence held against the reader's records.
///
/// # Errors
/// The journal's storage errors, [`EvidenceError::Store`].
pub fn verdict(
    report: &VerifyReport,
    reader: Option<&Reader>,
    store: StoreId,
    evidence: &Evidence,
) -> Result<JournalVerdict, HubError> {
    evidence.check_store(store)?;
    let (mut text, mut intact) = (String::new(), report.is_intact());
    for finding in report.findings.iter().chain(&report.ambiguous_tail) {
        let name = |path: &Path| path.display().to_string();
        line(
            &mut text,
            &format!(
                "{} at byte {}, record {}: {}",
                name(&finding.path),
                finding.offset,
                finding.seq,
                finding.what
            ),
        );
    }
    let last_seq = report.head.map_or(0, |head| head.seq);
    let mut said = Vec::new();
    for witness in evidence.witnesses() {
        let (name, seq) = (&witness.name, witness.seq());
        let record = match reader {
            Some(reader) if seq <= last_seq => reader.read(seq)?,
            _ => None,
        };
        match record {
            Some(record) if witness.agrees_with(&record.position.hash) => {
                said.push(format!("agrees: {name}"))
            }
            Some(_) => {
                intact = false;
                line(
                    &mut text,
                    &format!(
                        "record {seq}: {name} proves another history there; a record was changed, or the hub was set back [history]"
                    ),
                );
            }
            None if seq > last_seq => {
                intact = false;
                line(
                    &mut text,
                    &format!(
                        "record {seq}: {name} proves this record, and record {last_seq} is the last one here [cut-off]"
                    ),
                );
            }
            None => said.push(format!("not compared, its record cannot be read: {name}")),
        }
    }
    let end = match report.head {
        None => "no record".to_owned(),
        Some(head) => {
            let stored = reader.map_or(Ok(None), |reader| reader.read(head.seq))?;
            let at = stored.and_then(|record| decode_record(&record.payload).ok());
            let at = at.map_or_else(String::new, |record| format!(", {}", time(record.recorded_at)));
            format!("record {}{at}, in short {}", head.seq, short(head.seq, &head.hash))
        }
    };
    let word = if intact { "intact" } else { "NOT INTACT" };
    line(
        &mut text,
        &format!(
            "{word}: {} records in {} segments and {} epochs, complete up to {end}",
            report.records,
            report.segments,
            report.epochs.len()
        ),
    );
    for said in said {
        line(&mut text, &said);
    }
    Ok(JournalVerdict { text, intact })
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a String takes all");
}

impl From<EvidenceError> for HubError {
    fn from(source: EvidenceError) -> Self {
        Self::Evidence { source }
    }
}
