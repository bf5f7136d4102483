//! The journal's behaviour, as sentences over both storages.

mod contract;
mod crash;
mod damage;
mod faults;
mod golden;
mod group_commit;
mod nth_call;
mod power;
mod process;
mod properties;
mod space;
mod support;
