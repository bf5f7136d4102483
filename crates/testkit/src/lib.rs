//! What tests and the demo stand on: the real programs as private child processes, a WAN that can be cut, reads over HTTP.
//!
//! Invariant: nothing here knows a rule of the shop, and nothing of the product depends on it. Every server binds to
//! loopback on a free port, every process is ended by its own id.

pub mod books;
pub mod device;
pub mod fuzz;
pub mod http;
pub mod paper;
pub mod programs;
pub mod proof;
pub mod wan;

/// What a figure begins with that is shown though its test has passed.
pub const TOLD: &str = "told: ";

/// Shows a figure beside its suite in a full run. The test runner keeps what `println!` says of a test that passes.
pub fn tell(figure: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "\n{TOLD}{figure}");
}
