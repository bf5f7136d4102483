//! The cloud from outside: over HTTP in its own process, against a real database in a fresh folder.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod access;
mod branches;
mod command_line;
mod contract;
mod deliveries;
mod enrol;
mod heads;
mod ingest;
mod journal;
mod line_contract;
mod live;
mod openapi;
mod pages;
mod reads;
mod sign_in;
mod support;
mod vault;
