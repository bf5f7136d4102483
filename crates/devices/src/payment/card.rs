//! What may be known of a card: the allow-list. A driver builds [`CardFacts`] from what a terminal said before anything of it
//! can reach a log, a journal or a screen; whatever is not here is dropped.

use std::fmt;

/// The most characters of a scheme's, wallet's or authoriser's word.
const WORD_MAX: usize = 24;
/// The most hexadecimal digits of an application identifier (ISO/IEC 7816-5: 16 bytes).
const AID_MAX: usize = 32;
/// The most characters of an authorisation code. Six by ISO 8583; some hosts give longer ones.
const AUTH_CODE_MAX: usize = 12;
/// The most characters of a gateway's token.
const TOKEN_MAX: usize = 64;

/// How the card came to the terminal (nexo: EntryMode).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryMode {
    Chip,
    Contactless,
    MagneticStripe,
    /// A telephone or watch, where the terminal can tell.
    Mobile,
    /// A code that was shown and read.
    QrCode,
    /// No card was there, as for a refund by reference.
    None,
}

impl EntryMode {
    /// The word that receipts and screens use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            EntryMode::Chip => "chip",
            EntryMode::Contactless => "contactless",
            EntryMode::MagneticStripe => "magnetic stripe",
            EntryMode::Mobile => "mobile",
            EntryMode::QrCode => "QR code",
            EntryMode::None => "by reference",
        }
    }
}

/// What is kept of a card. Every field is made by a function here that lets nothing else through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CardFacts {
    /// Such as `Visa` or `girocard`.
    pub scheme: Option<Word>,
    pub last_four: Option<LastFour>,
    pub entry: Option<EntryMode>,
    /// Such as `Apple Pay`.
    pub wallet: Option<Word>,
    /// The application on the chip (EMV tag 4F or 84), upper case hexadecimal.
    pub aid: Option<Word>,
    pub auth_code: Option<Word>,
    /// By what a gateway knows the card again.
    pub token: Option<Word>,
}

/// The last four digits of a card's number, the only ones that are kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LastFour([u8; 4]);

impl LastFour {
    /// From a number that is masked, or not: its last four characters, when they are digits. Anything else is nothing.
    #[must_use]
    pub fn of(number: &str) -> Option<Self> {
        let shown: Vec<u8> =
            number.bytes().rev().filter(|byte| !matches!(byte, b' ' | b'-')).take(4).collect();
        let digits: [u8; 4] = shown.try_into().ok()?;
        digits.iter().all(u8::is_ascii_digit).then_some(())?;
        let [d, c, b, a] = digits;
        Some(Self([a, b, c, d]))
    }

    /// From packed nibbles, as terminals send a number: `E` is a digit that the terminal itself does not show, `F` fills up
    /// the last byte. Neither ever becomes a digit.
    #[must_use]
    pub fn of_nibbles(bytes: &[u8]) -> Option<Self> {
        let mut number = String::with_capacity(bytes.len() * 2);
        for nibble in bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]) {
            match nibble {
                digit @ 0..=9 => number.push(char::from(b'0' + digit)),
                0xF => {}
                _ => number.push(holdfast_pan::MASK),
            }
        }
        Self::of(&number)
    }

    #[must_use]
    pub fn digits(&self) -> &str {
        std::str::from_utf8(&self.0).expect("four ASCII digits")
    }
}

impl fmt::Display for LastFour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.digits())
    }
}

impl fmt::Debug for LastFour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "****{self}")
    }
}

/// A short word of a terminal that holds no card's number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(String);

impl Word {
    /// A scheme's or a wallet's name: letters, digits, spaces and `&+-.`, cut at 24 characters.
    #[must_use]
    pub fn name(text: &str) -> Option<Self> {
        let kept = |c: char| c.is_ascii_alphanumeric() || " &+-.".contains(c);
        Self::of(text.trim().chars().filter(|c| kept(*c)).take(WORD_MAX).collect())
    }

    /// An application identifier in hexadecimal.
    #[must_use]
    pub fn aid(bytes: &[u8]) -> Option<Self> {
        let text: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        // Every registered identifier begins with a letter (ISO/IEC 7816-5); digits alone can be a card's number.
        let is_registered = bytes.first().is_some_and(|first| *first >= 0xA0);
        (is_registered && text.len() <= AID_MAX).then(|| Self::of(text))?
    }

    /// An authorisation code: letters and digits.
    #[must_use]
    pub fn auth_code(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.len() <= AUTH_CODE_MAX && text.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            .then(|| Self::of(text.to_owned()))?
    }

    /// A gateway's token. Never a number alone.
    #[must_use]
    pub fn token(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        (plain && !is_number && text.len() <= TOKEN_MAX).then(|| Self::of(text.to_owned()))?
    }

    fn of(text: String) -> Option<Self> {
        (!text.is_empty() && !holdfast_pan::holds_pan(&text)).then_some(Self(text))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_four_digits_are_kept() {
        let shown = |facts: Option<LastFour>| facts.map(|four| four.to_string());
        assert_eq!(shown(LastFour::of("4111 1111 1111 1234")), Some("1234".to_owned()));
        assert_eq!(shown(LastFour::of("************1234")), Some("1234".to_owned()));
        assert_eq!(shown(LastFour::of("123")), None);
        assert_eq!(shown(LastFour::of("************")), None);
        assert_eq!(format!("{:?}", LastFour::of("41111234")), "Some(****1234)");
    }

    #[test]
    fn masked_nibbles_stay_masked() {
        let shown = |bytes: &[u8]| LastFour::of_nibbles(bytes).map(|four| four.to_string());
        assert_eq!(shown(&[0xEE, 0xEE, 0xEE, 0xEE, 0xEE, 0xEE, 0x12, 0x34]), Some("1234".to_owned()));
        assert_eq!(shown(&[0x67, 0x25, 0x90, 0xEE, 0xEE, 0xEE, 0xE1, 0x23, 0x4F]), Some("1234".to_owned()));
        assert_eq!(shown(&[0x67, 0x25, 0x90, 0x12, 0x34, 0x56, 0xEE, 0xEE]), None);
        assert_eq!(shown(&[0xFF; 8]), None);
    }

    #[test]
    fn no_word_can_be_a_cards_number() {
        assert_eq!(Word::name("Visa\u{7}").map(|word| word.to_string()), Some("Visa".to_owned()));
        assert_eq!(Word::name("4111111111111111"), None);
        assert_eq!(Word::auth_code("4111111111111111"), None);
        assert_eq!(Word::auth_code("12-34"), None);
        assert!(Word::auth_code("A12345").is_some());
        assert_eq!(Word::token("123456789012"), None);
        assert!(Word::token("pm_1NaB2c").is_some());
        let aid = Word::aid(&[0xA0, 0, 0, 0, 3, 0x10, 0x10]);
        assert_eq!(aid.map(|aid| aid.to_string()), Some("A0000000031010".to_owned()));
        assert_eq!(Word::aid(&[0; 17]), None);
        assert_eq!(Word::aid(&[]), None);
        assert_eq!(Word::aid(&[0x41, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11]), None);
        assert_eq!(Word::aid(&[0x34, 0x73, 0x91, 0x86, 0x40, 0x02, 0x29, 0x50]), None, "with one digit more");
    }
}
