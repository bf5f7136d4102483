//! Facts already read, handed to a decision. Never a way to read more.

use crate::calendar::{BusinessDate, Timestamp};
use crate::catalog::Catalog;

#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The hub's clock now.
    pub recorded_at: Timestamp,
    /// The store's business day now, by its time zone and cut-over.
    pub business_date: BusinessDate,
    pub catalog: &'a Catalog,
}
