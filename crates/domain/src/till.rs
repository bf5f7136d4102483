//! Tills as the ledger knows them.

use std::collections::BTreeSet;

use crate::bounded::Label;
use crate::ids::{ShiftId, StaffId, TerminalId};
use crate::receipt::{Series, TillNumber};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Till {
    pub terminal: TerminalId,
    pub number: TillNumber,
    pub name: Label,
    /// SHA-256 of the till's 256-bit secret from pairing.
    pub secret_hash: [u8; 32],
    pub standing: Standing,
    /// Who is signed on now.
    pub operator: Option<StaffId>,
    /// Somebody went away from it: nothing but a sign-on is taken.
    pub locked: bool,
    /// The open shift, if any.
    pub shift: Option<ShiftId>,
    pub numbers: LastNumbers,
    /// Numbers of its own series that were given up because a later one came first, the latest [`SKIPPED_KEPT_MAX`] of them:
    /// what bears one may still come.
    pub skipped: BTreeSet<u32>,
}

/// As many as a till can skip at once.
pub const SKIPPED_KEPT_MAX: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Enrolled,
    /// Taken out of service; it is refused at the door.
    Revoked,
}

/// The last number used in each receipt series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LastNumbers {
    pub hub: u32,
    pub island: u32,
    pub training: u32,
}

impl LastNumbers {
    pub fn of(&self, series: Series) -> u32 {
        match series {
            Series::Hub => self.hub,
            Series::Island => self.island,
            Series::Training => self.training,
        }
    }

    pub fn set(&mut self, series: Series, number: u32) {
        match series {
            Series::Hub => self.hub = number,
            Series::Island => self.island = number,
            Series::Training => self.training = number,
        }
    }
}
