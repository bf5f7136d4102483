//! Where a record is: its epoch, its number, and the hash that chains it to everything before it.

/// A chain hash. This crate compares it and never computes it.
pub type Hash = [u8; 32];

/// The id of an epoch, as the hub minted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub [u8; 16]);

/// A record's number together with the chain hash after it. Number 0 stands before the first record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    pub seq: u64,
    pub hash: Hash,
}

impl Point {
    /// Before the first record of a journal that has no parent.
    pub const ORIGIN: Self = Self { seq: 0, hash: [0; 32] };
}

/// The last record that a new epoch shares with the epoch it continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    pub epoch: Epoch,
    pub point: Point,
}

/// One journal record on its way: its stored bytes are carried unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// The epoch that the record was written under; part of what its hash covers.
    pub epoch: Epoch,
    pub seq: u64,
    /// The chain hash after this record.
    pub hash: Hash,
    pub payload: &'a [u8],
}

/// Whether a batch ends at the journal's head or catches up. The cloud keeps room for live batches while fleets drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    Live,
    Backlog,
}
