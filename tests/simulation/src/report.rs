//! What a seed's process tells whoever started it, in one line.

use serde::{Deserialize, Serialize};

use crate::system::Outcome;

/// Lines of the trace and moves that a failure carries along.
const LINES_MAX: usize = 60;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Told {
    pub seed: u64,
    pub hash: u64,
    pub violation: Option<String>,
    /// The last moves and the end of the trace, only with a violation.
    pub moves: Vec<String>,
    pub lines: Vec<String>,
    pub deliveries: u64,
    pub repeats: u64,
    pub clock_jumps: u64,
    pub crashes: u64,
    pub power_cuts: u64,
    pub disasters: u64,
    pub told: u64,
    pub refused: u64,
    pub misuses: u64,
    pub records: u64,
    pub virtual_ms: u64,
    pub reached: Vec<String>,
}

impl Told {
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let counts = &outcome.counts;
        let last = |lines: &[String]| match outcome.violation {
            Some(_) => lines[lines.len().saturating_sub(LINES_MAX)..].to_vec(),
            None => Vec::new(),
        };
        Self {
            seed: outcome.seed,
            hash: outcome.trace.hash,
            violation: outcome.violation.clone(),
            moves: last(&outcome.moves),
            lines: last(&outcome.trace.lines),
            deliveries: counts.deliveries,
            repeats: counts.repeats,
            clock_jumps: counts.clock_jumps,
            crashes: counts.crashes,
            power_cuts: counts.power_cuts,
            disasters: counts.disasters,
            told: counts.told,
            refused: counts.refused,
            misuses: counts.misuses,
            records: outcome.records,
            virtual_ms: outcome.virtual_ms,
            reached: counts.reached.iter().cloned().collect(),
        }
    }
}
