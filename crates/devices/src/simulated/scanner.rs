//! Cuts a stream of bytes into whole ESC/POS commands. It knows lengths, not meanings: what it does not know it passes on
//! as two bytes, and the strict decoder refuses it.

/// The longest command: the two length bytes of `GS (` and what is before them.
const COMMAND_BYTES_MAX: usize = 5 + 65_535;

#[derive(Debug, Default)]
pub(super) struct Scanner {
    pending: Vec<u8>,
}

impl Scanner {
    /// Whether the next byte belongs to the document, as opposed to a request that is answered at once.
    pub(super) fn counts(&self, byte: u8) -> bool {
        match self.pending.first() {
            Some(first) => *first != 0x10,
            None => byte != 0x10,
        }
    }

    /// The bytes of the command that is not complete.
    pub(super) fn pending(&self) -> &[u8] {
        &self.pending
    }

    /// Takes the next byte and returns the command that it completes.
    pub(super) fn take(&mut self, byte: u8) -> Option<Vec<u8>> {
        self.pending.push(byte);
        let complete = length(&self.pending).is_some_and(|length| self.pending.len() >= length);
        (complete || self.pending.len() >= COMMAND_BYTES_MAX).then(|| std::mem::take(&mut self.pending))
    }
}

/// Every command in order; an incomplete one at the end is left out.
pub(super) fn commands(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let mut scanner = Scanner::default();
    bytes.iter().filter_map(move |byte| scanner.take(*byte))
}

/// The length of the command that begins here, or `None` while too little of it is known.
fn length(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [0x10 | 0x1B | 0x1D] => None,
        [0x10, 0x04, ..] => Some(3),
        [0x1B, b' ' | b'!' | b'-' | b'3' | b'E' | b'J' | b'M' | b'R' | b'a' | b'd' | b't', ..] => Some(3),
        [0x1B, b'$' | b'\\', ..] => Some(4),
        [0x1B, b'p', ..] => Some(5),
        [0x1D, b'!' | b'B' | b'H' | b'f' | b'h' | b'w' | b'r' | b'a', ..] => Some(3),
        [0x1D, b'L' | b'P' | b'W', ..] => Some(4),
        [0x1D, b'V'] => None,
        [0x1D, b'V', 0 | 1 | 48 | 49, ..] => Some(3),
        [0x1D, b'V', ..] => Some(4),
        [0x1D, b'k', 0..=6, payload @ ..] => payload.iter().position(|b| *b == 0).map(|end| 4 + end),
        [0x1D, b'k', _, length, ..] => Some(4 + usize::from(*length)),
        [0x1D, b'k', ..] => None,
        [0x1D, b'v', _, _, wide_low, wide_high, tall_low, tall_high, ..] => {
            let [wide, tall] = [[*wide_low, *wide_high], [*tall_low, *tall_high]].map(u16::from_le_bytes);
            Some(8 + usize::from(wide) * usize::from(tall))
        }
        [0x1D, b'v', ..] => None,
        [0x1D, b'(', _, low, high, ..] => Some(5 + usize::from(u16::from_le_bytes([*low, *high]))),
        [0x1D, b'(', ..] => None,
        [0x10 | 0x1B | 0x1D, ..] => Some(2),
        _ => Some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_cut_at_their_ends_and_payloads_are_not_looked_into() {
        let stream = b"\x1b@a\x1dkI\x04{B\x1dr\x1dv0\x00\x02\x00\x01\x00\x1b@\x10\x04\x02\x1d(k\x03\x001QP\x1dVB\x00\x1dr\x01\x1b";
        let expected: [&[u8]; 8] = [
            b"\x1b@",
            b"a",
            b"\x1dkI\x04{B\x1dr",
            b"\x1dv0\x00\x02\x00\x01\x00\x1b@",
            b"\x10\x04\x02",
            b"\x1d(k\x03\x001QP",
            b"\x1dVB\x00",
            b"\x1dr\x01",
        ];
        let found: Vec<Vec<u8>> = commands(stream).collect();
        assert_eq!(found, expected);
    }
}
