//! What a printer says about itself: requests, the bytes that come back, and their meaning in UnifiedPOS words.

use std::collections::BTreeSet;
use std::fmt;

/// `GS a 15`: the printer sends a block with all it knows of itself, now and whenever something changes, until the next
/// initialisation. It waits its turn in the buffer, so a printer that is off-line may not answer it.
pub const REQUEST_AUTOMATIC: [u8; 3] = [0x1D, b'a', 0x0F];
/// `DLE EOT 1`: whether it is off-line, and the drawer's sensor; answered at once, even when the printer is off-line.
pub const REQUEST_PRINTER: [u8; 3] = [0x10, 0x04, 1];
/// `DLE EOT 2`: answered at once, even when the printer is off-line.
pub const REQUEST_OFFLINE_CAUSE: [u8; 3] = [0x10, 0x04, 2];
/// `DLE EOT 4`: the paper sensors, answered at once.
pub const REQUEST_PAPER: [u8; 3] = [0x10, 0x04, 4];
/// `GS r 1`: answered only when everything before it has been carried out, which is what makes it a confirmation.
pub const REQUEST_CONFIRMATION: [u8; 3] = [0x1D, b'r', 1];

/// How many bytes an automatic status block has.
const AUTOMATIC_BYTES: usize = 4;

/// What is the matter with a printer, in the words of UnifiedPOS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    CoverOpen,
    PaperEmpty,
    PaperNearEmpty,
    /// The printer stopped for an error that is neither its cover nor its paper, such as a jammed cutter.
    Error,
    /// It says that it is off-line and gives no other reason, such as its feed button being held.
    Offline,
}

impl Condition {
    /// The word of UnifiedPOS.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Condition::CoverOpen => "CoverOpen",
            Condition::PaperEmpty => "PaperEmpty",
            Condition::PaperNearEmpty => "PaperNearEmpty",
            Condition::Error => "Error",
            Condition::Offline => "Offline",
        }
    }

    /// Whether nothing is printed until somebody has done something about it.
    #[must_use]
    pub fn stops_printing(self) -> bool {
        self != Condition::PaperNearEmpty
    }
}

/// What a printer said when it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    conditions: BTreeSet<Condition>,
    answers: u8,
    offline: bool,
    drawer_pin_high: Option<bool>,
}

impl Status {
    #[must_use]
    pub fn conditions(&self) -> BTreeSet<Condition> {
        let mut conditions = self.conditions.clone();
        if self.offline && !conditions.iter().any(|condition| condition.stops_printing()) {
            conditions.insert(Condition::Offline);
        }
        conditions
    }

    /// Whether the printer answered at all. One that never does may still print, but it can never be known.
    #[must_use]
    pub fn answered(&self) -> bool {
        self.answers > 0
    }

    #[must_use]
    pub fn stops_printing(&self) -> bool {
        self.conditions().iter().any(|condition| condition.stops_printing())
    }

    /// The level of the drawer's sensor, where it was asked for. Which level means open is a matter of the drawer.
    #[must_use]
    pub fn drawer_pin_high(&self) -> Option<bool> {
        self.drawer_pin_high
    }

    /// Its state in UnifiedPOS words, the good ones included; `Offline` for one that answered nothing.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        if !self.answered() {
            return vec![Condition::Offline.word()];
        }
        let conditions = self.conditions();
        let has = |condition| conditions.contains(&condition);
        let cover = if has(Condition::CoverOpen) { Condition::CoverOpen.word() } else { "CoverOK" };
        let paper = if has(Condition::PaperEmpty) {
            Condition::PaperEmpty.word()
        } else if has(Condition::PaperNearEmpty) {
            Condition::PaperNearEmpty.word()
        } else {
            "PaperOK"
        };
        let others = [Condition::Error, Condition::Offline].into_iter().filter(|condition| has(*condition));
        [cover, paper].into_iter().chain(others.map(Condition::word)).collect()
    }

    /// Takes the answer to [`REQUEST_PRINTER`].
    pub fn take_printer(&mut self, byte: u8) {
        self.answers = self.answers.saturating_add(1);
        self.drawer_pin_high = Some(byte & 0x04 != 0);
        self.offline = byte & 0x08 != 0;
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
        self.note(byte & 0x0C != 0 && !empty, Condition::PaperNearEmpty);
    }

    /// Takes an automatic status block, which says everything at once: nothing of what was said before stays.
    pub fn take_automatic(&mut self, block: [u8; AUTOMATIC_BYTES]) {
        let [general, error, paper, _] = block;
        self.answers = self.answers.saturating_add(1);
        self.conditions.clear();
        self.drawer_pin_high = Some(general & 0x04 != 0);
        self.offline = general & 0x08 != 0;
        self.note(general & 0x20 != 0, Condition::CoverOpen);
        self.note(error & 0x6C != 0, Condition::Error);
        let empty = paper & 0x0C != 0;
        self.note(empty, Condition::PaperEmpty);
        self.note(paper & 0x03 != 0 && !empty, Condition::PaperNearEmpty);
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
        let conditions = self.conditions();
        if conditions.is_empty() {
            return f.write_str("Ready");
        }
        for (i, condition) in conditions.iter().enumerate() {
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
    /// A status block, sent because something changed or because they were switched on (`GS a`).
    Automatic([u8; AUTOMATIC_BYTES]),
}

/// Tells the answers apart by their fixed bits. The flow control bytes of a serial line are skipped.
#[derive(Debug, Default)]
pub struct AnswerReader {
    /// The block that is coming in, and how much of it is there.
    block: [u8; AUTOMATIC_BYTES],
    block_bytes: usize,
}

impl AnswerReader {
    /// Takes the next byte and returns the answer that it is or completes, if it does.
    pub fn take(&mut self, byte: u8) -> Option<Answer> {
        if matches!(byte, 0x11 | 0x13) {
            return None;
        }
        if self.block_bytes > 0 {
            self.block[self.block_bytes] = byte;
            self.block_bytes = (self.block_bytes + 1) % AUTOMATIC_BYTES;
            return (self.block_bytes == 0).then_some(Answer::Automatic(self.block));
        }
        match byte & 0b1001_0011 {
            0b0001_0010 => Some(Answer::RealTime(byte)),
            0b0001_0000 => {
                (self.block[0], self.block_bytes) = (byte, 1);
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
    fn answers_are_told_apart() {
        let mut reader = AnswerReader::default();
        assert_eq!(reader.take(0x12), Some(Answer::RealTime(0x12)));
        assert_eq!(reader.take(0x00), Some(Answer::Buffered(0x00)));
        // An automatic status block whose later bytes look like a buffered answer.
        let block = [0x14, 0x00, 0x00, 0x0F];
        assert_eq!(block.map(|b| reader.take(b)), [None, None, None, Some(Answer::Automatic(block))]);
        assert_eq!(reader.take(0x11), None);
        assert_eq!(reader.take(0x03), Some(Answer::Buffered(0x03)));
        assert_eq!(reader.take(0xFF), None);
    }

    #[test]
    fn bits_become_words() {
        let mut status = Status::default();
        assert_eq!((status.to_string(), status.words()), ("Silent".to_owned(), vec!["Offline"]));
        status.take_offline_cause(0x12);
        status.take_paper(0x12);
        assert_eq!((status.to_string(), status.words()), ("Ready".to_owned(), vec!["CoverOK", "PaperOK"]));
        status.take_paper(0x1E);
        assert_eq!(status.to_string(), "PaperNearEmpty");
        assert!(!status.stops_printing());
        status.take_offline_cause(0x12 | 0x04 | 0x20);
        assert_eq!(status.to_string(), "CoverOpen, PaperEmpty, PaperNearEmpty");
        assert_eq!(status.words(), ["CoverOpen", "PaperEmpty"]);
        assert!(status.stops_printing());
    }

    #[test]
    fn a_block_says_everything_at_once() {
        let mut status = Status::default();
        for (block, words, drawer) in [
            ([0x10, 0, 0, 0], vec!["CoverOK", "PaperOK"], false),
            ([0x14, 0, 0x03, 0], vec!["CoverOK", "PaperNearEmpty"], true),
            ([0x38, 0, 0x0F, 0], vec!["CoverOpen", "PaperEmpty"], false),
            ([0x18, 0x08, 0, 0], vec!["CoverOK", "PaperOK", "Error"], false),
            ([0x18, 0, 0, 0], vec!["CoverOK", "PaperOK", "Offline"], false),
        ] {
            status.take_automatic(block);
            assert_eq!((status.words(), status.drawer_pin_high()), (words, Some(drawer)));
            assert_eq!(status.stops_printing(), block[0] & 0x08 != 0);
        }
    }
}
