//! One document on its way to paper: how long somebody wants it, and how its next paper is marked.

use std::time::Duration;

use holdfast_devices::document::{Block, Document};
use holdfast_devices::printer::PrintJob;
use holdfast_domain::ids::TransactionId;
use tokio::time::Instant;

use super::{Paper, PaperKind, Wanted};
use crate::template::{Language, Word};

/// Papers that one document gets by itself beside the first. A printer whose paper ends three times in one receipt wants a
/// person, and a person prints a copy.
pub(super) const PRINTED_AGAIN_MAX: u32 = 3;

/// A document that waits for its paper.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub transaction: TransactionId,
    pub document: Document,
    /// Nobody wants it any more from then on.
    pub expires: Instant,
    /// How many papers of it may lie there already, whole or in part.
    pub papers: u32,
}

impl Job {
    /// The next paper. Every one but the first says that it is not the first.
    pub fn next_paper(&self, language: Language) -> PrintJob {
        let document = match self.papers {
            0 => self.document.clone(),
            _ => marked(&self.document, language),
        };
        PrintJob { id: self.transaction.0.0.as_u128(), document, copy: self.papers }
    }
}

/// The same document, with the reason for which it is there again.
fn marked(document: &Document, language: Language) -> Document {
    let mut again = Document::new(document.purpose());
    again.bold(Word::PrintedAgain.text(language)).text(Word::FirstPaperIncomplete.text(language));
    again.push(Block::Blank);
    for block in document.blocks() {
        again.push(block.clone());
    }
    again
}

/// How long a paper is wanted after its record.
pub(super) fn wanted_for(paper: &Paper, wanted: &Wanted) -> Duration {
    match paper {
        Paper::Receipt(receipt) => match receipt.kind {
            PaperKind::Cash(_) => wanted.slip,
            PaperKind::Sale
            | PaperKind::Deposit
            | PaperKind::Return
            | PaperKind::PostVoid
            | PaperKind::Value(_)
            | PaperKind::ValueVoided => wanted.receipt,
        },
        Paper::Report(_) => wanted.report,
        Paper::Slip(_) => wanted.slip,
    }
}
