//! The rules of the shop, as pure functions: a [`Command`] meets a [`State`] and a [`Context`] of facts and becomes a
//! [`Decision`] (events and effects) or a [`Refusal`]; [`State::evolve`] folds events and never decides anything.
//!
//! Invariant: no IO, no clock, no randomness, no serialisation and no actor is known here. Every amount that an event
//! carries was computed in `decide`; `evolve` adds and subtracts, it never prices, taxes or rounds.

pub mod amendment;
pub mod attempt;
pub mod barcode;
pub mod bounded;
pub mod calendar;
pub mod cash;
pub mod catalog;
pub mod command;
pub mod context;
pub mod day;
pub mod decide;
pub mod drawer;
pub mod effect;
pub mod event;
pub mod evolve;
pub mod exposure;
pub mod ids;
pub mod invariant;
pub mod island;
pub mod line;
pub mod order;
pub mod price_list;
pub mod pricing;
pub mod promotion;
pub mod receipt;
pub mod reconciliation;
pub mod record;
pub mod refusal;
pub mod sale;
pub mod shift;
pub mod staff;
pub mod state;
pub mod stock;
pub mod store;
pub mod subject;
pub mod tax;
pub mod tender;
pub mod till;
pub mod value;

pub use command::{Action, Command};
pub use context::Context;
pub use decide::{Decision, decide, decide_hub};
pub use effect::Effect;
pub use event::Event;
pub use record::{Origin, Outcome, Record};
pub use refusal::{ERROR_CODES, Refusal};
pub use state::State;

pub use holdfast_money as money;
