//! What is stored and sent stays readable for ever: golden files, round trips, limits, and the AsyncAPI document.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod arbitrary;
mod asyncapi;
mod export;
mod golden;
mod limits;
mod messages;
mod records;
mod sealed;
mod subjects;
