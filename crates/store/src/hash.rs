//! One number for everything that a state holds: two hubs with the same history have the same.

use holdfast_protocol::fingerprint;
use holdfast_protocol::message::ReplyPosition;

use crate::error::StoreError;
use crate::index;
use crate::rows::Rows;
use crate::table::Table;

/// Tables that say something about this copy and not about the store.
const OF_THE_COPY: [Table; 2] = [Table::Meta, Table::Cursors];

/// SHA-256, row after row and entry after entry, in the tables' order, begun with the position that the state is true at.
pub(crate) fn of(rows: &dyn Rows, applied: Option<ReplyPosition>) -> Result<[u8; 32], StoreError> {
    let mut hash = [0; 32];
    let mut add = |parts: &[&[u8]]| {
        let mut bytes = hash.to_vec();
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        hash = fingerprint(&bytes);
    };
    if let Some(at) = applied {
        add(&[at.epoch.0.as_bytes(), &at.seq.to_be_bytes(), &at.hash]);
    }
    for table in Table::ALL.iter().filter(|table| !OF_THE_COPY.contains(table)) {
        if table.is_index() {
            // Two copies may have cut the same entries into other leaves.
            for (key, seqs) in index::entries(rows, *table)? {
                let seqs: Vec<u8> = seqs.iter().flat_map(|seq| seq.to_be_bytes()).collect();
                add(&[table.name().as_bytes(), &key, &seqs]);
            }
            continue;
        }
        for (key, row) in rows.all(*table)? {
            add(&[table.name().as_bytes(), &key, &row]);
        }
    }
    Ok(hash)
}
