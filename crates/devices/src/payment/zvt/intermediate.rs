//! What a terminal says while it is at it (04 FF): a step for whoever waits at the till.

use crate::payment::Step;

/// Set where the customer is asked to take the card as well.
const REMOVE_CARD: u8 = 0x40;
/// The statuses that have a sibling with [`REMOVE_CARD`].
const WITH_SIBLING: u8 = 0x27;
/// The terminal's own text says it, in the container beside.
const SEE_TEXT: u8 = 0xFF;

/// The step that a status means. `text` is what the terminal shows, where it said so.
#[must_use]
pub fn step(status: u8, text: Option<&str>) -> Option<Step> {
    let plain = if status & REMOVE_CARD != 0 && status & !REMOVE_CARD <= WITH_SIBLING {
        status & !REMOVE_CARD
    } else {
        status
    };
    let step = match plain {
        // An amount, a currency, a language, an application or a telephone number is chosen at the terminal.
        0x00 | 0x26..=0x29 | 0x2C | 0x69 | 0xE0 | 0xE1 => Step::CustomerChooses,
        0x01 | 0x02 => Step::EnterPin,
        0x04 | 0xD2 | 0xD3 => Step::Authorising,
        0x0A if plain == status => Step::PresentCard,
        0x2A => Step::PresentCard,
        0x0A | 0x0B => Step::RemoveCard,
        SEE_TEXT => return text.and_then(Step::says),
        _ => return text.or_else(|| meaning(plain)).and_then(Step::says),
    };
    Some(step)
}

fn meaning(status: u8) -> Option<&'static str> {
    Some(match status {
        0x03 => "not accepted",
        0x05 => "the terminal takes the payment back",
        0x06 => "the terminal sends what it booked offline",
        0x07 => "card not admitted",
        0x08 => "card unknown",
        0x09 => "card expired",
        0x0C => "card not readable",
        0x0D => "processing error",
        0x0E | 0x17 => "please wait",
        0x0F => "the terminal makes its end of day",
        0x10 => "card invalid",
        0x11 => "balance",
        0x12 => "the terminal has a fault",
        0x13 => "payment not possible",
        0x14 => "credit not sufficient",
        0x15 => "wrong PIN",
        0x16 => "limit not sufficient",
        0x18 => "too many wrong PINs",
        0x19 => "card data wrong",
        0x1A => "service mode",
        0x1B | 0x1C => "approved",
        0x1D => "declined",
        0x2B => "emergency transaction",
        0x68 => "card inserted",
        0xC7 => "mileage",
        0xC8 => "the cashier is asked at the terminal",
        0xC9 => "the terminal makes a diagnosis",
        0xCA => "the terminal starts",
        0xCB => "the terminal's journal is full",
        0xCC => "PIN required",
        0xE2 => "the card reader has to be cleaned",
        0xF1 | 0xF3 => "offline",
        0xF2 => "online",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_become_steps() {
        assert_eq!(step(0x0A, None), Some(Step::PresentCard));
        assert_eq!(step(0x04, None), Some(Step::Authorising));
        assert_eq!(step(0x44, None), Some(Step::Authorising));
        assert_eq!(step(0x4B, None), Some(Step::RemoveCard));
        assert_eq!(step(0x4A, None), Some(Step::RemoveCard));
        assert_eq!(step(0x15, Some("PIN falsch")), Step::says("PIN falsch"));
        assert_eq!(step(0x55, None), Step::says("wrong PIN"));
        assert_eq!(step(0xFF, Some("4111 1111 1111 1111")), Step::says("**** **** **** 1111"));
        assert_eq!(step(0xFF, None), None);
        assert_eq!(step(0xBB, None), None);
        assert_eq!(step(0x68, None), Step::says("card inserted"));
    }
}
