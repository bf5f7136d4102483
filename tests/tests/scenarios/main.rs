//! The whole chain, as a stranger would see it work: every program is the shipped one, started as a child process.

mod approval;
mod audit;
mod bad_input;
mod cash;
mod damage;
mod days;
mod exchange;
mod foreign_client;
mod kill;
mod orders;
mod prices;
mod rebuild;
mod receipts;
mod reports;
mod sale;
mod shop;
mod stock;
mod tenders;
mod value;
