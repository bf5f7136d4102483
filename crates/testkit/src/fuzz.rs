//! Inputs that nobody sends: changed again and again, and handed to whatever reads bytes. Stable, without an instrumented
//! compiler: it does not see which branches an input took, and makes up for it with seeds that are nearly right and with speed.
//!
//! The same seed makes the same inputs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// The longest input.
const INPUT_BYTES_MAX: usize = 4_096;
/// How many inputs are kept to be changed further.
const POOL_MAX: usize = 512;
/// How many changes one input gets at most.
const CHANGES_MAX: u64 = 8;
/// An input that takes longer has found a loop.
const INPUT_TIME_MAX: Duration = Duration::from_secs(1);
/// After so many different findings a run ends.
const FINDINGS_MAX: usize = 16;
/// Bytes that lengths, signs and ends are made of.
const EDGES: [u8; 16] =
    [0x00, 0x01, 0x02, 0x03, 0x06, 0x0A, 0x0D, 0x10, 0x1B, 0x1D, 0x27, 0x7F, 0x80, 0x81, 0xFE, 0xFF];

/// What was found: an input that panics, or takes too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub input: Vec<u8>,
    pub says: String,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub inputs: u64,
    pub took: Duration,
    pub findings: Vec<Finding>,
}

impl Run {
    #[must_use]
    pub fn inputs_per_second(&self) -> u64 {
        let millis = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX).max(1);
        self.inputs.saturating_mul(1_000) / millis
    }
}

/// When a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    Inputs(u64),
    Time(Duration),
}

/// Hands the seeds and then changed inputs to a target, which panics when it finds something.
pub fn run(target: fn(&[u8]), seeds: &[Vec<u8>], seed: u64, until: Until) -> Run {
    let mut mutator = Mutator::new(seeds, seed);
    let mut run = Run { inputs: 0, took: Duration::ZERO, findings: Vec::new() };
    let begun = Instant::now();
    let mut seeds = seeds.iter();
    loop {
        let is_over = match until {
            Until::Inputs(inputs) => run.inputs >= inputs,
            Until::Time(time) => run.took >= time,
        };
        if is_over || run.findings.len() >= FINDINGS_MAX {
            return run;
        }
        let input = seeds.next().cloned().unwrap_or_else(|| mutator.next_input());
        let before = begun.elapsed();
        let outcome = catch_unwind(AssertUnwindSafe(|| target(&input)));
        run.took = begun.elapsed();
        run.inputs += 1;
        let says = match outcome {
            Err(panic) => said(panic.as_ref()),
            Ok(()) if run.took - before > INPUT_TIME_MAX => format!("it took {:?}", run.took - before),
            Ok(()) => continue,
        };
        if !run.findings.iter().any(|finding| finding.says == says) {
            run.findings.push(Finding { input, says });
        }
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
}

/// Makes inputs out of inputs.
#[derive(Debug)]
pub struct Mutator {
    pool: Vec<Vec<u8>>,
    /// How many of the pool are seeds, which stay.
    seeds: usize,
    state: u64,
}

impl Mutator {
    #[must_use]
    pub fn new(seeds: &[Vec<u8>], seed: u64) -> Mutator {
        let mut pool: Vec<Vec<u8>> = seeds.iter().take(POOL_MAX / 2).cloned().collect();
        if pool.is_empty() {
            pool.push(Vec::new());
        }
        // Any state but zero is one.
        Mutator { seeds: pool.len(), pool, state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1 }
    }

    /// The next number (xorshift64*).
    fn number(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from((self.number() >> 11) % end).unwrap_or_default()
    }

    pub fn next_input(&mut self) -> Vec<u8> {
        let base = self.below(self.pool.len());
        let mut input = self.pool[base].clone();
        for _ in 0..=self.number() % CHANGES_MAX {
            self.change(&mut input);
        }
        input.truncate(INPUT_BYTES_MAX);
        // Now and then one is changed further.
        if self.number().is_multiple_of(32) {
            if self.pool.len() < POOL_MAX {
                self.pool.push(input.clone());
            } else {
                let place = self.seeds + self.below(self.pool.len() - self.seeds);
                self.pool[place].clone_from(&input);
            }
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let length = input.len();
        let at = self.below(length + 1);
        match self.number() % 10 {
            0 if at < length => input[at] ^= 1 << (self.number() % 8),
            1 if at < length => input[at] = EDGES[self.below(EDGES.len())],
            2 if at < length => input[at] = input[at].wrapping_add(1),
            3 if at < length => input[at] = input[at].wrapping_sub(1),
            4 => input.insert(at, EDGES[self.below(EDGES.len())]),
            5 if at < length => drop(input.remove(at)),
            6 => input.truncate(at),
            7 => {
                // A piece of it once more, elsewhere.
                let from = self.below(length + 1);
                let to = (from + self.below(16)).min(length);
                let piece = input[from.min(to)..to].to_vec();
                input.splice(at..at, piece);
            }
            8 => {
                // The beginning of this one and the end of another.
                let other = self.below(self.pool.len());
                let from = self.below(self.pool[other].len() + 1);
                input.truncate(at);
                input.extend_from_slice(&self.pool[other][from..]);
            }
            _ => {
                let bytes = self.number().to_le_bytes();
                let count = self.below(bytes.len()) + 1;
                input.splice(at..at, bytes[..count].iter().copied());
            }
        }
        input.truncate(INPUT_BYTES_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaks_at_three_zeros(bytes: &[u8]) {
        assert!(!bytes.windows(3).any(|three| three == [0, 0, 0]), "three zeros");
    }

    #[test]
    fn the_same_seed_makes_the_same_inputs() {
        let seeds = [b"one".to_vec(), b"another".to_vec()];
        let inputs = |seed| {
            let mut mutator = Mutator::new(&seeds, seed);
            (0..1_000).map(|_| mutator.next_input()).collect::<Vec<_>>()
        };
        assert_eq!(inputs(7), inputs(7));
        assert_ne!(inputs(7), inputs(8));
        assert!(inputs(7).iter().all(|input| input.len() <= INPUT_BYTES_MAX));
    }

    #[test]
    fn what_breaks_is_found_and_said_once() {
        let run = run(breaks_at_three_zeros, &[b"0".to_vec()], 1, Until::Inputs(50_000));
        assert_eq!(run.inputs, 50_000);
        assert_eq!(run.findings.len(), 1);
        assert_eq!(run.findings[0].says, "three zeros");
        assert!(run.findings[0].input.windows(3).any(|three| three == [0, 0, 0]));
    }
}
