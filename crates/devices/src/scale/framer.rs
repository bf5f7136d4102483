//! Cuts the bytes of a line into frames.

use super::reading::FRAME_BYTES_MAX;

const STX: u8 = 0x02;

/// Where a frame begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// From STX to CR (Toledo 8217).
    StxCr,
    /// Lines with CR and LF behind (MT-SICS).
    Lines,
}

/// The frame that is being received, never longer than [`FRAME_BYTES_MAX`].
#[derive(Debug)]
pub struct Framer {
    framing: Framing,
    pending: Vec<u8>,
    /// Nothing counts until a frame begins.
    waiting: bool,
}

impl Framer {
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        Self { framing, pending: Vec::new(), waiting: framing == Framing::StxCr }
    }

    /// Forgets what is half received.
    pub fn clear(&mut self) {
        *self = Self::new(self.framing);
    }

    /// Takes one byte and returns the frame that it completes, without its start and end.
    pub fn take(&mut self, byte: u8) -> Option<Vec<u8>> {
        let ended = match self.framing {
            // A status may be any byte, so the one behind the question mark neither begins nor ends anything.
            Framing::StxCr if !self.waiting && self.pending == b"?" => false,
            Framing::StxCr if byte == STX => {
                self.pending.clear();
                self.waiting = false;
                return None;
            }
            Framing::StxCr => byte == b'\r',
            Framing::Lines => byte == b'\n',
        };
        if self.waiting {
            // A line that was too long is over at its end.
            self.waiting = !(ended && self.framing == Framing::Lines);
            return None;
        }
        if ended {
            self.waiting = self.framing == Framing::StxCr;
            let mut frame = std::mem::take(&mut self.pending);
            if self.framing == Framing::Lines && frame.last() == Some(&b'\r') {
                frame.pop();
            }
            return Some(frame);
        }
        if self.pending.len() >= FRAME_BYTES_MAX {
            self.pending.clear();
            self.waiting = true;
            return None;
        }
        self.pending.push(byte);
        None
    }
}
