//! The state on disk and in memory against one contract, and sled's own ways of going wrong.

mod contract;
mod disk;
mod faults;
mod properties;
mod rot;
mod shop;
