//! What a power cut leaves on a disk.

use holdfast_journal::storage::{CrashImage, WriteFate};
use holdfast_terminal::dice::Dice;

use crate::alphabet::Fate;

/// Everything that was not synced is gone.
#[derive(Debug)]
pub struct Lost;

impl CrashImage for Lost {
    fn write(&mut self, _index: usize, _bytes: usize) -> WriteFate {
        WriteFate::Dropped
    }
    fn dir_change(&mut self, _index: usize) -> bool {
        false
    }
}

/// A power cut by the dice.
#[derive(Debug)]
pub struct Cut<'a> {
    pub fate: Fate,
    pub dice: &'a mut Dice,
}

impl CrashImage for Cut<'_> {
    fn write(&mut self, _index: usize, _bytes: usize) -> WriteFate {
        match self.fate {
            Fate::AllLost => WriteFate::Dropped,
            Fate::AllKept => WriteFate::Kept,
            Fate::Mixed => match self.dice.below(3) {
                0 => WriteFate::Dropped,
                1 => WriteFate::Kept,
                _ => WriteFate::Torn(self.dice.throw()),
            },
        }
    }

    fn dir_change(&mut self, _index: usize) -> bool {
        match self.fate {
            Fate::AllLost => false,
            Fate::AllKept => true,
            Fate::Mixed => self.dice.permille(500),
        }
    }
}
