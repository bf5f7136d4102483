//! The books of the journal: counts and sums over every live transaction, from the records themselves and not from the
//! state, so that a comparison with HQ compares what was written.

use holdfast_domain::shift::Mode;
use holdfast_journal::{JournalError, Reader};
use holdfast_protocol::decode_record;
use holdfast_protocol::message::{TransactionKind, transactions_of};

/// Sums through a record. Returns and post-voids subtract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub through_seq: u64,
    pub transactions: u64,
    pub sales: u64,
    pub returns: u64,
    pub post_voids: u64,
    pub net_minor: i64,
    pub tax_minor: i64,
    pub gross_minor: i64,
    /// Records that this version cannot read; anything but none makes the sums incomplete.
    pub unreadable: u64,
}

impl Tally {
    /// Reads on from where it stands. Blocks on the disk.
    ///
    /// # Errors
    /// The journal's; what was counted stays.
    pub fn follow(&mut self, reader: &Reader, through_seq: u64) -> Result<(), JournalError> {
        if through_seq <= self.through_seq {
            return Ok(());
        }
        for record in reader.scan(self.through_seq + 1) {
            let record = record?;
            if record.position.seq > through_seq {
                break;
            }
            self.through_seq = record.position.seq;
            match decode_record(&record.payload) {
                Ok(record) => self.count(&record),
                Err(_) => self.unreadable += 1,
            }
        }
        Ok(())
    }

    fn count(&mut self, record: &holdfast_domain::Record) {
        for view in transactions_of(record).filter(|view| view.mode == Mode::Live) {
            self.transactions += 1;
            match view.kind {
                TransactionKind::Sale => self.sales += 1,
                TransactionKind::Return => self.returns += 1,
                TransactionKind::PostVoid => self.post_voids += 1,
                _ => {}
            }
            let sign = view.kind.turnover_sign();
            if let Some(totals) = &view.totals {
                self.net_minor += sign * totals.net.minor();
                self.tax_minor += sign * totals.tax.minor();
                self.gross_minor += sign * totals.gross.minor();
            }
        }
    }
}
