//! The rules of the shop, told as sentences over data. Only [`shop`] touches the API.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod basket;
mod cash;
mod day;
mod numbers;
mod offers;
mod people;
mod refusals;
mod returns;
mod sequences;
mod shop;
mod stock;
mod subjects;
mod tenders;
