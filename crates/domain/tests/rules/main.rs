//! The rules of the shop, told as sentences over data. Only [`shop`] touches the API.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod accounts;
mod amendments;
mod assortment;
mod basket;
mod cash;
mod copies;
mod count;
mod custody;
mod day;
mod days;
mod edits;
mod electronic;
mod exchange;
mod exposure;
mod island;
mod moving;
mod numbers;
mod offers;
mod people;
mod products;
mod promotions;
mod races;
mod reach;
mod refusals;
mod reservation;
mod returns;
mod sequences;
mod settlement;
mod shop;
mod stock;
mod subjects;
mod tenders;
mod tips;
mod value;
