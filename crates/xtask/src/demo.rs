//! The demo.

pub mod catalog;
pub mod programs;
