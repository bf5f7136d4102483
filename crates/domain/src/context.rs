//! Facts already read, handed to a decision. Never a way to read more.

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
}
