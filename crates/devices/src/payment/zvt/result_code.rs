//! What a terminal says became of what it was asked for: one byte (part "Error messages").

use std::fmt;

use crate::payment::ErrorCondition;

/// A result code, as in field 27, in an abort or in a negative acknowledgement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResultCode(pub u8);

/// What a code means for the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Done,
    /// The terminal's positive word that it was not done.
    NotDone(ErrorCondition),
    /// It may have been done, such as after a fault on the way to the host.
    Unclear,
}

impl ResultCode {
    pub const DONE: Self = Self(0x00);
    /// The customer or the cashier stopped it, or nobody came in time.
    pub const ABORTED: Self = Self(0x6C);
    pub const NOT_POSSIBLE: Self = Self(0x83);
    pub const PROTOCOL_ERROR: Self = Self(0x9A);
    /// As a negative acknowledgement of the terminal: it is at something else.
    pub const WAIT: Self = Self(0x9C);
    pub const NOT_READY: Self = Self(0xA0);
    pub const ALREADY_REVERSED: Self = Self(0xB4);
    pub const NOT_REVERSIBLE: Self = Self(0xB5);

    /// What the code says of a payment, a refund or a reversal. A code that is not known is unclear.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        use ErrorCondition as Why;
        let why = match self.0 {
            0x00 => return Verdict::Done,
            // The authorising host's own codes as ISO 8583 numbers them: 55 is a wrong PIN, 75 and 106 too many of them.
            0x37 | 0x4B => Why::WrongPin,
            0x01..=0x63 => Why::Refusal,
            0x64 | 0x65 | 0x72 | 0x73 | 0x76 | 0x78..=0x7C | 0x7E => Why::InvalidCard,
            0x67 | 0x68 | 0xC5 | 0xD2 | 0xE9 | 0xEA => Why::InvalidCard,
            0x6B | 0x6F | 0x83 | 0xA5 | 0xC6 | 0xC8 | 0xCB | 0xCD | 0xE4 | 0xFE => Why::NotAllowed,
            0x6C => Why::Cancel,
            0x6E | 0x71 | 0xC3 | 0xC9 => Why::Refusal,
            0x6A | 0x74 | 0x85 | 0x89 | 0xB1 | 0xB2 | 0xBF | 0xC0 | 0xC1 | 0xC2 | 0xC4 | 0xCC => {
                Why::DeviceOut
            }
            0xE0 | 0xE2 | 0xE3 | 0xEB..=0xED | 0xF0 | 0xF6 | 0xFC => Why::DeviceOut,
            0x9C | 0xA0 => Why::Busy,
            // No way to the host was there, so nothing was asked for.
            0x7D | 0xA3 => Why::UnreachableHost,
            0xB4 | 0xB5 | 0xB7 | 0xB8 => Why::NotAllowed,
            _ => return Verdict::Unclear,
        };
        Verdict::NotDone(why)
    }

    /// What people read, or nothing for a code that the specification does not name.
    #[must_use]
    pub fn text(self) -> Option<&'static str> {
        Some(match self.0 {
            0x00 => "done",
            0x01..=0x63 => "refused by the host",
            0x64 => "card not readable",
            0x65 => "no data on the card",
            0x66 => "processing error",
            0x67 => "not permitted for girocard and Maestro",
            0x68 => "not permitted for credit and fleet cards",
            0x6A => "turnover file full",
            0x6B => "not registered",
            0x6C => "stopped or timed out",
            0x6E => "card is blocked",
            0x6F => "wrong currency",
            0x71 => "credit not sufficient",
            0x72 => "chip error",
            0x73 => "card data wrong",
            0x74 => "no key left",
            0x75 => "text not authentic",
            0x76 => "card not on the white list",
            0x77 => "end of day not possible",
            0x78 => "card expired",
            0x79 => "card not yet valid",
            0x7A => "card unknown",
            0x7B | 0x7C | 0x7E => "magnetic stripe not allowed",
            0x7D => "communication module does not answer",
            0x83 => "not possible",
            0x85 => "key missing",
            0x89 | 0xED => "PIN pad defective",
            0x9A => "protocol error",
            0x9B => "communication fault",
            0x9C => "please wait",
            0xA0 => "not ready",
            0xA1 => "host does not answer",
            0xA3 => "no connection",
            0xA4 => "GeldKarte cannot be submitted",
            0xA5 => "not allowed by card security rules",
            0xB1 => "memory full",
            0xB2 => "journal full",
            0xB4 => "already reversed",
            0xB5 => "reversal not possible",
            0xB7 => "amount of the pre-authorisation wrong",
            0xB8 => "pre-authorisation failed",
            0xBF => "power supply too low",
            0xC0 => "card lock defective",
            0xC1 => "merchant card locked",
            0xC2 => "diagnosis required",
            0xC3 => "amount too high",
            0xC4 => "card profiles invalid",
            0xC5 => "means of payment not supported",
            0xC6 => "currency not supported",
            0xC8 => "amount too small",
            0xC9 => "limit too small",
            0xCB => "only in euro",
            0xCC => "printer not ready",
            0xCD => "cashback not possible",
            0xD2 => "not permitted for service cards",
            0xDC => "card inserted",
            0xDD => "card cannot be ejected",
            0xDE => "card cannot be taken in",
            0xE0 => "remote maintenance",
            0xE2 => "card reader defective",
            0xE3 => "shutter closed",
            0xE4 => "terminal has to be activated",
            0xE7 | 0xE8 => "group of goods unknown",
            0xE9 | 0xEA => "card not permitted",
            0xEB => "PIN method unknown",
            0xEC => "PIN not possible",
            0xF0 => "an end of day is open",
            0xF1 => "offline error",
            0xF5 | 0xF6 => "personalisation required",
            0xFA => "offline transactions not transmitted",
            0xFB => "turnover record defective",
            0xFC => "a device is missing",
            0xFD => "speed not supported",
            0xFE => "register unknown",
            0xFF => "system error",
            _ => return None,
        })
    }
}

impl fmt::Display for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => write!(f, "{:02X}: {text}", self.0),
            None => write!(f, "{:02X}", self.0),
        }
    }
}

impl fmt::Debug for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zero_is_done_and_what_is_not_known_is_unclear() {
        for code in 0..=255 {
            let verdict = ResultCode(code).verdict();
            assert_eq!(verdict == Verdict::Done, code == 0, "{code:02X}");
            if ResultCode(code).text().is_none() {
                assert_eq!(verdict, Verdict::Unclear, "{code:02X}");
            }
        }
    }

    #[test]
    fn a_fault_on_the_way_to_the_host_is_no_decline() {
        for code in [0x66, 0x9A, 0x9B, 0xA1, 0xDC, 0xDD, 0xF1, 0xF5, 0xFA, 0xFB, 0xFF] {
            assert_eq!(ResultCode(code).verdict(), Verdict::Unclear, "{code:02X}");
        }
        assert_eq!(ResultCode::ABORTED.verdict(), Verdict::NotDone(ErrorCondition::Cancel));
        assert_eq!(ResultCode(0x05).verdict(), Verdict::NotDone(ErrorCondition::Refusal));
        assert_eq!(ResultCode(0x37).verdict(), Verdict::NotDone(ErrorCondition::WrongPin));
    }
}
