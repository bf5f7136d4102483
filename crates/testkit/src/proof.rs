//! What a proof has counted, kept for the table of proofs: a figure is printed by the run that reached it, never typed.
//!
//! Each proof writes one small JSON file into `target/proofs`; `cargo xtask proofs` makes the table of them.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

/// A proof that is under way. It is kept only when it ends with [`Proof::holds`].
#[derive(Debug)]
pub struct Proof {
    id: &'static str,
    part: &'static str,
    started: Instant,
    counts: Vec<Value>,
}

impl Proof {
    /// Begins the clock. `id` is the proof's row (`R4`), `part` says in a few words what this test adds to it.
    #[must_use]
    pub fn of(id: &'static str, part: &'static str) -> Self {
        // What an earlier run reached says nothing about this one.
        let _absent = std::fs::remove_file(path(id, part));
        Self { id, part, started: Instant::now(), counts: Vec::new() }
    }

    /// Adds one figure of this run, such as `100, "kills"`.
    #[must_use]
    pub fn counted(mut self, count: u64, what: &str) -> Self {
        self.counts.push(json!({ "count": count, "what": what }));
        self
    }

    /// The proof held: writes its figures down and prints them.
    ///
    /// # Panics
    /// When the figures cannot be written.
    pub fn holds(self) {
        let took_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let figures = json!({ "id": self.id, "part": self.part, "counts": self.counts, "took_ms": took_ms });
        let path = path(self.id, self.part);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
        std::fs::write(&path, format!("{figures:#}\n")).expect("the figures can be written");
        println!("{figures}");
    }
}

fn path(id: &str, part: &str) -> PathBuf {
    let part: String = part.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    folder().join(format!("{id}-{part}.json"))
}

/// Where the figures of the last run lie.
#[must_use]
pub fn folder() -> PathBuf {
    // Tests run in `<target>/debug/deps`, tools in `<target>/debug`.
    let own = std::env::current_exe().expect("a process has a program");
    let profile = own.ancestors().skip(1).take(2).find(|folder| !folder.ends_with("deps"));
    profile.and_then(Path::parent).expect("a profile lies in the target folder").join("proofs")
}
