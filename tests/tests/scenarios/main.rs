//! The whole chain, as a stranger would see it work: every program is the shipped one, started as a child process.

mod accounts;
mod approval;
mod audit;
mod bad_input;
mod cards;
mod cash;
mod changes;
mod counter;
mod damage;
mod days;
mod desk;
mod exchange;
mod foreign_client;
mod kill;
mod orders;
mod prices;
mod rebuild;
mod receipts;
mod reconcile;
mod reports;
mod sale;
mod shop;
mod stock;
mod tenders;
mod value;
mod weighing;
