//! Keys of a scanner that is a USB keyboard to scans, with the US layout that scanners are delivered with.

use std::time::Duration;

use super::assembly::{Assembly, Cut, Limits};

/// A key going down or up; `code` is Linux's number of it (`linux/input-event-codes.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub code: u16,
    pub moved: Moved,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    Up,
    Down,
    /// Held so long that it repeats, which a scanner's keys never are.
    Repeated,
}

pub(crate) const ENTER: u16 = 28;
pub(crate) const CONTROL: [u16; 2] = [29, 97];
pub(crate) const SHIFT: [u16; 2] = [42, 54];
const ALT: [u16; 2] = [56, 100];
const CAPS_LOCK: u16 = 58;
const NUM_LOCK: u16 = 69;
const SCROLL_LOCK: u16 = 70;
const KEYPAD_ENTER: u16 = 96;

/// Rows of keys that have numbers one after the other: the first one, what they are, and with shift.
#[rustfmt::skip]
pub(crate) const ROWS: [(u16, &str, &str); 6] = [
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", "ASDFGHJKL:\"~"),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
    (86, "\\", "|"),
];
/// The keypad, which is digits whatever its lock says.
const KEYPAD: [(u16, &str); 3] = [(71, "789-456+1230."), (55, "*"), (98, "/")];
/// The most digits of a character that is entered by its number.
const NUMBER_DIGITS_MAX: usize = 4;

/// Reads the keys of one keyboard.
#[derive(Debug)]
pub struct Keys {
    assembly: Assembly,
    shift: bool,
    control: bool,
    caps: bool,
    /// The digits that were entered while Alt is held.
    number: Option<String>,
}

impl Keys {
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { assembly: Assembly::new(limits), shift: false, control: false, caps: false, number: None }
    }

    /// What a key completes. Enter ends a scan.
    pub fn receive(&mut self, now: Duration, key: Key) -> Option<Cut> {
        let down = key.moved != Moved::Up;
        match key.code {
            code if SHIFT.contains(&code) => self.shift = down,
            code if CONTROL.contains(&code) => self.control = down,
            code if ALT.contains(&code) => return self.alt(now, down),
            _ if !down => {}
            CAPS_LOCK => self.caps ^= key.moved == Moved::Down,
            NUM_LOCK | SCROLL_LOCK => {}
            _ if key.moved == Moved::Repeated => return self.assembly.spoil(now),
            ENTER | KEYPAD_ENTER => return self.assembly.end(now),
            code => return self.character(now, code),
        }
        None
    }

    /// Events were lost: what is pending has a hole.
    pub fn missed(&mut self, now: Duration) -> Option<Cut> {
        self.shift = false;
        self.control = false;
        self.number = None;
        self.assembly.spoil(now)
    }

    /// What the time alone changes.
    pub fn tick(&mut self, now: Duration) -> Option<Cut> {
        self.assembly.tick(now)
    }

    /// When [`Keys::tick`] has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.assembly.deadline()
    }

    fn character(&mut self, now: Duration, code: u16) -> Option<Cut> {
        if let Some(number) = &mut self.number {
            match keypad(code).filter(u8::is_ascii_digit) {
                Some(digit) if number.len() < NUMBER_DIGITS_MAX => number.push(char::from(digit)),
                _ => return self.assembly.spoil(now),
            }
            return None;
        }
        let Some(byte) = self.byte(code) else { return self.assembly.spoil(now) };
        self.assembly.push(now, byte)
    }

    fn byte(&self, code: u16) -> Option<u8> {
        let (plain, shifted) = match keypad(code) {
            Some(byte) => (byte, byte),
            None => ROWS.iter().find_map(|(first, plain, shifted)| {
                let at = usize::from(code.checked_sub(*first)?);
                Some((*plain.as_bytes().get(at)?, *shifted.as_bytes().get(at)?))
            })?,
        };
        let shift = self.shift ^ (self.caps && plain.is_ascii_alphabetic());
        let byte = if shift { shifted } else { plain };
        // Control with a letter or a bracket is how separators are typed: Ctrl and ] is GS.
        match self.control {
            true => matches!(byte, b'@'..=b'_' | b'a'..=b'z').then_some(byte & 0x1F),
            false => Some(byte),
        }
    }

    fn alt(&mut self, now: Duration, down: bool) -> Option<Cut> {
        if down {
            // Repeated while it is held, which begins no new number.
            self.number.get_or_insert_default();
            return None;
        }
        let number = self.number.take()?;
        if number.is_empty() {
            return None;
        }
        match number.parse().ok() {
            Some(byte) if u8::is_ascii(&byte) => self.assembly.push(now, byte),
            _ => self.assembly.spoil(now),
        }
    }
}

fn keypad(code: u16) -> Option<u8> {
    KEYPAD
        .iter()
        .find_map(|(first, keys)| keys.as_bytes().get(usize::from(code.checked_sub(*first)?)).copied())
}
