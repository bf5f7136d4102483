//! What takes money electronically: card terminals, gateways and wallets, all behind one contract in nexo's words.
//!
//! A [`PaymentDriver`] carries out one [`Request`] at a time and says [`Outcome::Approved`], [`Outcome::Declined`] or
//! [`Outcome::Unresolved`]. The caller keeps the request durably before it asks a driver to carry it out, and asks
//! [`PaymentDriver::ask`] about it after a restart, a lost line or silence; nothing here sends a request twice.
//!
//! Invariants: a decline is only ever the terminal's or gateway's own positive word; a timeout, a lost line, an answer that
//! cannot be read or an answer to somebody else is never a decline. No card number passes this boundary: see [`card`].
//!
//! [`zvt`] drives card terminals that speak ZVT.

pub mod adyen;
pub mod breaker;
pub mod card;
mod cash;
mod driver;
mod fault;
mod https;
mod outcome;
pub mod qr;
mod request;
pub mod stripe;
pub mod zvt;

pub use cash::CashDrawer;
pub use driver::{Capabilities, Health, PaymentDriver, Refunds, Step, Steps, Totals, TotalsLine};
pub use fault::Fault;
pub use outcome::{Approval, Authorised, Decline, ErrorCondition, Outcome, Slip};
pub use request::{AttemptId, Mark, PoiTransaction, Request, SaleReference, Service, TextError};
