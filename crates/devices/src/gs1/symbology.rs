//! The three characters that a scanner puts in front when it says what kind of code it saw (ISO/IEC 15424, AIM).

/// What kind of code a scan was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Symbology {
    /// The scanner does not say.
    Unstated,
    /// EAN-13, UPC-A or UPC-E.
    Ean13,
    /// One of these with an add-on of two or five digits.
    EanAddOn,
    Ean8,
    Interleaved2of5,
    Code39,
    Code128,
    Gs1Code128,
    /// GS1 DataBar and the GS1 composite codes.
    Gs1DataBar,
    DataMatrix,
    Gs1DataMatrix,
    Qr,
    Gs1Qr,
    Gs1DotCode,
    /// Another one, by its letter and modifier.
    Other(char, char),
}

impl Symbology {
    const KNOWN: [(char, char, Symbology); 20] = [
        ('E', '0', Symbology::Ean13),
        ('E', '1', Symbology::EanAddOn),
        ('E', '2', Symbology::EanAddOn),
        ('E', '3', Symbology::EanAddOn),
        ('E', '4', Symbology::Ean8),
        ('I', '0', Symbology::Interleaved2of5),
        ('I', '1', Symbology::Interleaved2of5),
        ('A', '0', Symbology::Code39),
        ('C', '0', Symbology::Code128),
        ('C', '1', Symbology::Gs1Code128),
        ('e', '0', Symbology::Gs1DataBar),
        ('e', '1', Symbology::Gs1DataBar),
        ('e', '2', Symbology::Gs1DataBar),
        ('d', '1', Symbology::DataMatrix),
        ('d', '2', Symbology::Gs1DataMatrix),
        ('d', '4', Symbology::DataMatrix),
        ('Q', '1', Symbology::Qr),
        ('Q', '2', Symbology::Qr),
        ('Q', '3', Symbology::Gs1Qr),
        ('J', '1', Symbology::Gs1DotCode),
    ];

    /// The symbology that a scan states, and what is behind it.
    #[must_use]
    pub fn split(scan: &str) -> (Symbology, &str) {
        let mut chars = scan.chars();
        match (chars.next(), chars.next(), chars.next()) {
            (Some(']'), Some(letter), Some(modifier))
                if letter.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() =>
            {
                let known = Self::KNOWN.iter().find(|known| (known.0, known.1) == (letter, modifier));
                let symbology = known.map_or(Symbology::Other(letter, modifier), |known| known.2);
                (symbology, chars.as_str())
            }
            _ => (Symbology::Unstated, scan),
        }
    }

    /// Whether such a code holds an element string and nothing else.
    #[must_use]
    pub fn is_gs1(self) -> bool {
        matches!(
            self,
            Symbology::Gs1Code128
                | Symbology::Gs1DataBar
                | Symbology::Gs1DataMatrix
                | Symbology::Gs1Qr
                | Symbology::Gs1DotCode
        )
    }
}
