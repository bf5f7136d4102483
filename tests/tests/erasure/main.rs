//! An erased customer is nowhere: real hub, real cloud, real till, and every byte that any of them has written.

mod customer;
mod erased;
mod merged;
mod search;

#[path = "../scenarios/shop.rs"]
#[allow(dead_code, reason = "the scenarios use the rest")]
mod shop;
