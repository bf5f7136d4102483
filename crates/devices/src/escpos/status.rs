//! What a printer says about itself: requests, the bytes that come back, and their meaning in UnifiedPOS words.

use std::collections::BTreeSet;
use std::fmt;

/// `DLE EOT 2`: answered at once, even when the printer is off-line.
pub const REQUEST_OFFLINE_CAUSE: [u8; 3] = [0x10, 0x04, 2];
/// `DLE EOT 4`: the paper sensors, answered at once.
pub const REQUEST_PAPER: [u8; 3] = [0x10, 0x04, 4];
/// `GS r 1`: answered only when everything before it has been carried out, which is what makes it a confirmation.
pub const REQUEST_CONFIRMATION: [u8; 3] = [0x1D, b'r', 1];

/// What is the matter with a printer, in the words of UnifiedPOS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    CoverOpen,
    PaperEmpty,
    PaperNearEnd,
    /// The printer stopped for an error that is neither its cover nor its paper, such as a jammed cutter.
    Error,
}

impl Condition {
    /// The word of UnifiedPOS.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Condition::CoverOpen => "CoverOpen",
            Condition::PaperEmpty => "PaperEmpty",
            Condition::PaperNearEnd => "PaperNearEnd",
            Condition::Error => "Error",
        }
    }

    /// Whether nothing is printed until somebody has done something about it.
    #[must_use]
    pub fn stops_printing(self) -> bool {
        self != Condition::PaperNearEnd
    }
}

/// What a printer said when it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    conditions: BTreeSet<Condition>,
    answers: u8,
}

impl Status {
    #[must_use]
    pub fn conditions(&self) -> &BTreeSet<Condition> {
        &self.conditions
    }

    /// Whether the printer answered at all. One that never does may still print, but it can never be known.
    #[must_use]
    pub fn answered(&self) -> bool {
        self.answers > 0
    }

    #[must_use]
    pub fn stops_printing(&self) -> bool {
        self.conditions.iter().any(|condition| condition.stops_printing())
    }

    /// Takes the answer to [`REQUEST_OFFLINE_CAUSE`].
    pub fn take_offline_cause(&mut self, byte: u8) {
        self.answers = self.answers.saturating_add(1);
        self.note(byte & 0x04 != 0, Condition::CoverOpen);
        self.note(byte & 0x20 != 0, Condition::PaperEmpty);
        self.note(byte & 0x40 != 0, Condition::Error);
    }

    /// Takes the answer to [`REQUEST_PAPER`].
    pub fn take_paper(&mut self, byte: u8) {
        self.answers = self.answers.saturating_add(1);
        // A roll that is gone is near its end, too; only the worse is worth a word.
        let empty = byte & 0x60 != 0;
        self.note(empty, Condition::PaperEmpty);
        self.note(byte & 0x0C != 0 && !empty, Condition::PaperNearEnd);
    }

    fn note(&mut self, present: bool, condition: Condition) {
        if present {
            self.conditions.insert(condition);
        }
    }
}

impl fmt::Display for Status {
    /// The conditions joined by commas, `Ready` when there are none, `Silent` when the printer never answered.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.answered() {
            return f.write_str("Silent");
        }
        if self.conditions.is_empty() {
            return f.write_str("Ready");
        }
        for (i, condition) in self.conditions.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            f.write_str(condition.word())?;
        }
        Ok(())
    }
}

/// One thing that a printer sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// To a real-time request (`DLE EOT`).
    RealTime(u8),
    /// To a request that waited its turn in the buffer (`GS r`).
    Buffered(u8),
}

/// Tells the answers apart by their fixed bits. Automatic status blocks of four bytes, which some printers send
/// unasked, are skipped; so are the flow control bytes of a serial line.
#[derive(Debug, Default)]
pub struct AnswerReader {
    automatic_left: u8,
}

impl AnswerReader {
    /// Takes the next byte and returns the answer that it is, if it is one.
    pub fn take(&mut self, byte: u8) -> Option<Answer> {
        if matches!(byte, 0x11 | 0x13) {
            return None;
        }
        if self.automatic_left > 0 {
            self.automatic_left -= 1;
            return None;
        }
        match byte & 0b1001_0011 {
            0b0001_0010 => Some(Answer::RealTime(byte)),
            0b0001_0000 => {
                self.automatic_left = 3;
                None
            }
            _ if byte & 0b1001_0000 == 0 => Some(Answer::Buffered(byte)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart_and_unasked_blocks_are_skipped() {
        let mut reader = AnswerReader::default();
        assert_eq!(reader.take(0x12), Some(Answer::RealTime(0x12)));
        assert_eq!(reader.take(0x00), Some(Answer::Buffered(0x00)));
        // An automatic status block whose later bytes look like a buffered answer.
        assert_eq!([0x14, 0x00, 0x00, 0x0F].map(|b| reader.take(b)), [None; 4]);
        assert_eq!(reader.take(0x11), None);
        assert_eq!(reader.take(0x03), Some(Answer::Buffered(0x03)));
        assert_eq!(reader.take(0xFF), None);
    }

    #[test]
    fn bits_become_words() {
        let mut status = Status::default();
        assert_eq!(status.to_string(), "Silent");
        status.take_offline_cause(0x12);
        status.take_paper(0x12);
        assert_eq!(status.to_string(), "Ready");
        status.take_paper(0x1E);
        assert_eq!(status.to_string(), "PaperNearEnd");
        assert!(!status.stops_printing());
        status.take_offline_cause(0x12 | 0x04 | 0x20);
        assert_eq!(status.to_string(), "CoverOpen, PaperEmpty, PaperNearEnd");
        assert!(status.stops_printing());
    }
}
