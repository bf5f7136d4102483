//! Crashes and failing disks on the released programs: kill -9, failing system calls, a full disk, each under tills that
//! sell, and after each the tills' own books against the hub's journal.

mod audit;
mod faults;
mod kill;
mod room;
mod strace;
mod tills;

/// Each test here takes the whole machine: they run one after another.
async fn alone() -> tokio::sync::MutexGuard<'static, ()> {
    static MACHINE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    MACHINE.lock().await
}

#[path = "../scenarios/shop.rs"]
#[allow(dead_code, reason = "the scenarios use the rest")]
mod shop;
