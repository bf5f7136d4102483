//! The store hub: composition root and edges.
//!
//! It reads the configuration and the data folder, opens the journal and the state, starts the actors, and connects them
//! with what is outside: tills through the gate, people and programs through HTTP, HQ through the uplink, an installer
//! through the commands of the console.
//!
//! **Invariant, by what is absent:** no rule of the shop lives here. Nothing in this crate prices, taxes, numbers, counts
//! stock, or decides whether a sale may happen; every journal record comes from the ledger, from the domain's own decision
//! over the hub's commands, or verbatim from HQ's copy.

mod admin;
mod amend;
pub mod ballast;
pub mod calendar;
pub mod catalogs;
pub mod cli;
pub mod clock;
pub mod cloud;
pub mod config;
pub mod console;
mod counter;
mod error;
pub mod export;
pub mod folder;
pub mod heads;
mod http;
pub mod identity;
pub mod import;
pub mod pairing;
pub mod people;
pub mod provision;
pub mod recovery;
mod reports;
mod serve;
pub mod standstill;
pub mod storage;
pub mod subjects;
pub mod tls;
pub mod verify;
pub mod witness;

pub use error::{ERROR_CODES, HubError};
pub use http::openapi_json;
pub use serve::{Addresses, Serving, Settings, serve};
