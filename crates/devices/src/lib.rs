//! Printers, cash drawers and payment devices: pure codecs, transports and simulators.
//!
//! A [`document::Document`] says what is on the paper, [`escpos`] turns it into bytes, [`printer::Printer`] carries the
//! bytes to a device and reports what is known to have happened, and [`simulated::SimulatedPrinter`] is a printer made
//! of software that keeps its paper as pictures and text.
//!
//! Invariant: nothing here knows about orders, stock, receipts' numbering, the journal, MQTT or actors, and nothing here
//! retries or queues: who prints what, when, and how often is decided by the caller. An outcome never claims more than
//! the device itself said.

pub mod document;
pub mod drawer;
pub mod escpos;
pub mod exact;
mod fault;
pub mod fuzz;
pub mod gs1;
pub mod payment;
mod port;
pub mod printer;
pub mod scale;
pub mod scanner;
pub mod simulated;

pub use fault::{ERROR_CODES, Fault};
