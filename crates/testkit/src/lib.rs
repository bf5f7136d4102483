//! What tests and the demo stand on: the real programs as private child processes, a WAN that can be cut, reads over HTTP.
//!
//! Invariant: nothing here knows a rule of the shop, and nothing of the product depends on it. Every server binds to
//! loopback on a free port, every process is ended by its own id.

pub mod books;
pub mod http;
pub mod programs;
pub mod proof;
pub mod wan;
