//! Facts already read, handed to a decision. Never a way to read more.

use crate::bounded::DeviceName;
use crate::calendar::{BusinessDate, LocalTime, Timestamp};
use crate::catalog::Catalog;

#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The hub's clock now.
    pub recorded_at: Timestamp,
    /// The store's business day now, by its time zone and cut-over.
    pub business_date: BusinessDate,
    /// Date and minute in the store's time zone now.
    pub local: LocalTime,
    pub catalog: &'a Catalog,
    /// Payment devices that nobody reached just now.
    pub out_of_reach: &'a [OutOfReach],
}

/// A payment device that was looked at again and again, and could not be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfReach {
    pub device: DeviceName,
    pub since: Timestamp,
}
