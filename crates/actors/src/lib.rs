//! The supervised actors of a hub: tills, ledger, catalog, printers, drawers, scanners, scales, status and the way to HQ.
//!
//! Invariants: only this crate names ractor; no rule of the shop lives here (the domain decides), no wire format
//! (protocol), no socket and no clock (ports). Nothing leaves the ledger before its record is synced.

pub mod catalog;
mod counter;
pub mod drawer;
mod house;
pub mod ledger;
pub mod notary;
pub mod payment;
pub mod ports;
pub mod printer;
pub mod projector;
pub mod replicator;
mod running;
pub mod scale;
pub mod scanner;
pub mod space;
mod status;
mod supervision;
pub mod template;
pub mod terminal;

pub use counter::{CounterError, CounterHandle};
pub use house::{HeadquartersMark, Parts, TILL_REQUESTS_RESERVED, TILL_REQUESTS_WAITING_MAX};
pub use ledger::{Committed, LedgerError, LedgerHandle};
pub use notary::{NotaryHandle, SignError};
pub use payment::{Looks, PaymentPatience, PaymentSetup};
pub use ports::{
    BlockingWork, Calendar, Clock, Disk, Ids, Notary, Pins, TillLink, Uplink, UplinkFailure, WorkLost,
};
pub use printer::{Pace, PrinterSetup, Wanted};
pub use running::{Devices, Observation, Running, StartError, start};
pub use scale::{ScaleDevice, ScaleSetup};
pub use scanner::{ScannerDevice, ScannerSetup};
pub use supervision::{ERROR_CODES, Faults, Loss, Moment, Patience, Watch};
pub use terminal::{TILLS_MAX, TillsHandle};
