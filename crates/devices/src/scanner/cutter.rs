//! Bytes of a serial line to scans.

use std::time::Duration;

use super::assembly::{Assembly, Cut, Limits};

/// What a scanner sends behind each scan. It has to match the scanner's own setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Suffix {
    #[default]
    Cr,
    Lf,
    CrLf,
    Tab,
}

impl Suffix {
    #[must_use]
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Suffix::Cr => b"\r",
            Suffix::Lf => b"\n",
            Suffix::CrLf => b"\r\n",
            Suffix::Tab => b"\t",
        }
    }
}

/// Cuts what comes over a serial line.
#[derive(Debug)]
pub struct Cutter {
    suffix: Suffix,
    assembly: Assembly,
    /// A CR has come that waits for its LF.
    half: bool,
}

impl Cutter {
    #[must_use]
    pub fn new(suffix: Suffix, limits: Limits) -> Self {
        Self { suffix, assembly: Assembly::new(limits), half: false }
    }

    /// What these bytes complete. There is at most one answer for each byte.
    pub fn receive(&mut self, now: Duration, bytes: &[u8]) -> Vec<Cut> {
        bytes.iter().filter_map(|byte| self.take(now, *byte)).collect()
    }

    /// What the time alone changes.
    pub fn tick(&mut self, now: Duration) -> Option<Cut> {
        self.assembly.tick(now)
    }

    /// When [`Cutter::tick`] has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.assembly.deadline()
    }

    fn take(&mut self, now: Duration, byte: u8) -> Option<Cut> {
        let half = std::mem::take(&mut self.half);
        match (self.suffix, byte) {
            (Suffix::Cr, b'\r') | (Suffix::Lf, b'\n') | (Suffix::Tab, b'\t') => self.assembly.end(now),
            // Many scanners send both ends of a line although one is agreed.
            (Suffix::Cr, b'\n') if self.assembly.is_empty() => None,
            (Suffix::Lf | Suffix::CrLf, b'\r') => {
                self.half = true;
                None
            }
            (Suffix::CrLf, b'\n') if half => self.assembly.end(now),
            // A CR in the middle of anything is no part of a code.
            _ if half => self.assembly.spoil(now),
            _ => self.assembly.push(now, byte),
        }
    }
}
