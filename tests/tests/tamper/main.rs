//! Any tampered byte of the books is found: by the hub's own verifier and by an independent one that shares no code with it.
//!
//! Everything happens in memory, with one process for each verifier. The Python verifier makes the same flips from the same
//! seed by itself.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod books;
mod flips;
mod forged;
mod independent;
mod segments;
#[expect(dead_code, reason = "the shop of the store's own suite can do more than is sold here")]
#[path = "../../../crates/store/tests/store/shop.rs"]
mod shop;
