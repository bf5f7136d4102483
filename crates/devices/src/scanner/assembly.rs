//! Puts single characters together to scans, within limits: too long, too slow, too many and unreadable are dropped and
//! counted. Pure: the time is an argument.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use crate::gs1::SCAN_BYTES_MAX;

/// What one scan may be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest scan in bytes; never more than [`SCAN_BYTES_MAX`].
    pub scan_bytes_max: usize,
    /// The longest pause between two characters of a scan.
    pub gap: Duration,
    /// After something was dropped, the rest of it ends with its suffix or with so long a silence.
    pub quiet: Duration,
    /// The most scans in a second; nobody scans faster by hand.
    pub scans_per_second_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            scan_bytes_max: 512,
            gap: Duration::from_millis(250),
            quiet: Duration::from_secs(1),
            scans_per_second_max: 20,
        }
    }
}

/// One scan as the scanner sent it, without its suffix. Not shown in debug output: nobody knows yet what it is.
#[derive(Clone, PartialEq, Eq)]
pub struct RawScan {
    text: String,
}

impl RawScan {
    /// UTF-8, or else Latin-1, which scanners send for codes that say nothing about their characters.
    fn new(bytes: &[u8]) -> Self {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        };
        Self { text }
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for RawScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a scan of {} bytes", self.text.len())
    }
}

/// Why something that came from a scanner is no scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    TooLong,
    /// It stopped in the middle.
    Unfinished,
    /// Characters that no code of a shop has, or keys that are none.
    Garbled,
    /// More scans in a second than anybody scans.
    TooFast,
    /// Nobody took the scans before it.
    Unread,
}

/// What came of what was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    Scan(RawScan),
    Lost(Loss),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Collecting,
    /// Something was dropped, and what still belongs to it is dropped as well: a tail alone would be another code.
    Skipping,
}

/// The scan that is being received.
#[derive(Debug)]
pub(super) struct Assembly {
    limits: Limits,
    state: State,
    pending: Pending,
    /// When the last character came.
    last: Option<Duration>,
    /// When the latest scans ended, at most as many as a second may have.
    ended: VecDeque<Duration>,
}

/// Bytes that are shown as a number only.
#[derive(Default)]
struct Pending(Vec<u8>);

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

const SECOND: Duration = Duration::from_secs(1);

impl Assembly {
    pub(super) fn new(limits: Limits) -> Self {
        let limits = Limits {
            scan_bytes_max: limits.scan_bytes_max.clamp(1, SCAN_BYTES_MAX),
            scans_per_second_max: limits.scans_per_second_max.clamp(1, 1_000),
            ..limits
        };
        let ended = VecDeque::with_capacity(limits.scans_per_second_max);
        Self { limits, state: State::Collecting, pending: Pending::default(), last: None, ended }
    }

    /// A character of a scan.
    pub(super) fn push(&mut self, now: Duration, byte: u8) -> Option<Cut> {
        let cut = self.tick(now);
        self.last = Some(now);
        if self.state == State::Skipping {
            return cut;
        }
        // Group, record and file separators and the end of transmission are parts of codes.
        if byte.is_ascii_control() && !matches!(byte, 0x04 | 0x1C..=0x1E) {
            return Some(self.drop_it(Loss::Garbled));
        }
        if self.pending.0.len() >= self.limits.scan_bytes_max {
            return Some(self.drop_it(Loss::TooLong));
        }
        self.pending.0.push(byte);
        cut
    }

    /// Something that cannot be a part of a scan.
    pub(super) fn spoil(&mut self, now: Duration) -> Option<Cut> {
        let cut = self.tick(now);
        self.last = Some(now);
        (self.state == State::Collecting).then(|| self.drop_it(Loss::Garbled)).or(cut)
    }

    /// The suffix.
    pub(super) fn end(&mut self, now: Duration) -> Option<Cut> {
        let late = self.tick(now);
        self.last = None;
        let pending = std::mem::take(&mut self.pending.0);
        if self.state == State::Skipping {
            self.state = State::Collecting;
            return late;
        }
        if pending.is_empty() {
            return late;
        }
        while self.ended.front().is_some_and(|ended| now.saturating_sub(*ended) >= SECOND) {
            self.ended.pop_front();
        }
        if self.ended.len() >= self.limits.scans_per_second_max {
            return Some(Cut::Lost(Loss::TooFast));
        }
        self.ended.push_back(now);
        Some(Cut::Scan(RawScan::new(&pending)))
    }

    /// What the time alone changes.
    pub(super) fn tick(&mut self, now: Duration) -> Option<Cut> {
        let silent = now.saturating_sub(self.last?);
        match self.state {
            State::Collecting if self.pending.0.is_empty() => None,
            State::Collecting if silent > self.limits.gap => {
                let cut = self.drop_it(Loss::Unfinished);
                self.settle(silent);
                Some(cut)
            }
            State::Collecting => None,
            State::Skipping => {
                self.settle(silent);
                None
            }
        }
    }

    /// When the time changes something.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let last = self.last?;
        match self.state {
            State::Collecting if self.pending.0.is_empty() => None,
            // Just after it: at the limit itself nothing is late yet.
            State::Collecting => Some(last + self.limits.gap + Duration::from_millis(1)),
            State::Skipping => Some(last + self.limits.quiet + Duration::from_millis(1)),
        }
    }

    /// Whether the first character of a scan comes next.
    pub(super) fn is_empty(&self) -> bool {
        self.state == State::Collecting && self.pending.0.is_empty()
    }

    fn settle(&mut self, silent: Duration) {
        if silent > self.limits.quiet {
            self.state = State::Collecting;
            self.last = None;
        }
    }

    fn drop_it(&mut self, loss: Loss) -> Cut {
        self.pending.0.clear();
        self.state = State::Skipping;
        Cut::Lost(loss)
    }
}
