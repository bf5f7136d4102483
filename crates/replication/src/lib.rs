//! How a store's journal reaches the cloud, as pure state machines: the [`Sender`] decides what to send next and what an
//! answer means, [`receiver::decide`] what a batch means at the cursor it meets, [`registration::register`] what a new
//! epoch means to those that are known. [`MemoryLine`] is a receiver of these decisions without a database.
//!
//! A journal is a line of records numbered without a gap. A line is written under an *epoch*; a restored or replaced hub
//! starts a new epoch that names the last record it shares with the one before (its parent). The cloud keeps one cursor
//! per epoch, and **the cloud's number always wins, also when it is lower than what it once acknowledged**: a cloud that
//! was restored from a backup asks again, and the hub sends again.
//!
//! REP-1: the receiver's records are always a prefix of the sender's.
//!
//! Invariant: no IO, no clock, no randomness, no serialisation and no hash function here. Time is a number of milliseconds
//! handed in, random numbers are arguments, hashes and ids are opaque bytes, the chain function is passed in.

pub mod back_off;
pub mod codes;
pub mod limits;
pub mod line;
pub mod memory_line;
pub mod position;
pub mod receiver;
pub mod registration;
pub mod sender;
pub mod tree;

pub use back_off::BackOff;
pub use codes::ERROR_CODES;
pub use line::{EpochSpan, LineError};
pub use memory_line::MemoryLine;
pub use position::{Epoch, Hash, Lane, Parent, Point, Record};
pub use receiver::{BatchHeader, Cursor, Decision, decide};
pub use registration::{Registered, Registration, register};
pub use sender::{Answer, Sender, State, Status, Step, Ticket, Window};
