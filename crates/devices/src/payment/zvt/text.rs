//! Texts of a terminal. The specification's own set is code page 437; newer terminals are asked for nothing else.

/// The upper half of code page 437.
const UPPER: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// What the bytes say. Valid UTF-8 with a character outside ASCII is taken as such, since some terminals send it.
#[must_use]
pub fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| character(*byte)).collect(),
    }
}

fn character(byte: u8) -> char {
    match byte {
        0..=0x7F => char::from(byte),
        _ => UPPER.chars().nth(usize::from(byte - 0x80)).unwrap_or(' '),
    }
}

/// The bytes of code page 437, with a question mark for what it does not have.
#[must_use]
pub fn encode(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| match u8::try_from(c) {
            Ok(ascii @ 0..=0x7F) => ascii,
            _ => UPPER
                .chars()
                .position(|upper| upper == c)
                .and_then(|at| u8::try_from(at + 0x80).ok())
                .unwrap_or(b'?'),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn umlauts_are_read_from_both_sets() {
        assert_eq!(UPPER.chars().count(), 128);
        assert_eq!(decode(b"H\x8eNDLERBELEG"), "HÄNDLERBELEG");
        assert_eq!(decode("HÄNDLERBELEG".as_bytes()), "HÄNDLERBELEG");
        assert_eq!(encode("f\u{fc}r Ä€"), b"f\x81r \x8e?");
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(encode(&decode(&all)), all);
    }
}
