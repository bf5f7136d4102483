//! Entering receipts that were written elsewhere: every line of a file ends as sold, returned, adjusted or refused with
//! its reason, and never otherwise.
//!
//! [`receipts`] reads the files, [`plan`] decides what each invoice becomes (pure), [`run`] asks the hub for it. All ids
//! are derived ([`crate::ids::Derivation`]), so the same files at the same till ask for the same things with the same
//! bytes, and the hub gives its first answers.

pub mod catalog;
mod matching;
pub mod plan;
pub mod receipts;
mod report;
mod run;

pub use matching::{SoldGoods, SoldLine};
pub use report::{Progress, RefusedLine, ReplayReport};
pub use run::{Replay, run};

#[cfg(test)]
mod tests;
