//! A restore really works: from a backup and from HQ's copy comes a hub with the same state, the same people and the same
//! certificates, which serves and sells on in an epoch of its own.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod books;
mod many;
mod whole;

#[path = "../scenarios/shop.rs"]
#[allow(dead_code, reason = "the scenarios use the rest")]
mod shop;
