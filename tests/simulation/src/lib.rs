//! A store in a simulation: real ledger, journal, outbox and uplink; simulated disks, clocks, network, people and HQ's line.
//!
//! A seed decides everything: the trade, the trouble, the network's dice, the order in which machines run. One seed is one
//! process, and the same seed is the same run. [`alphabet`] lists what can happen, [`model`] what people know, [`system`]
//! plays a run, [`auditor`] says what is wrong with it.
//!
//! Invariant, by what is absent: no broker, no sled, no socket, no thread and no real clock; the model and the books share
//! nothing with the domain's folding.

pub mod alphabet;
pub mod auditor;
pub mod books;
pub mod clerk;
pub mod fate;
pub mod headquarters;
pub mod hub;
pub mod model;
pub mod network;
pub mod people;
pub mod plan;
pub mod report;
pub mod runner;
pub mod shop;
pub mod state;
pub mod system;
pub mod till;
pub mod world;
