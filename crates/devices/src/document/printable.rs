//! Folds any text to the repertoire of code page 858, which is Western European with the euro sign.
//!
//! What a printer cannot show is written with the nearest letter where there is one, and with `?` where there is none.
//! Nothing that could move the print head, open the drawer or turn the reading direction survives.

/// The characters of code page 858 from 0x80 to 0xEF, in order; 0xF0 (soft hyphen) and 0xFF (no-break space) are left
/// out of the table because they cannot be seen.
const HIGH: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
                    └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈ€ÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´";

/// The characters of code page 858 from 0xF1 to 0xFE, in order.
const TOP: &str = "±‗¾¶§÷¸°¨·¹³²■";

/// Letters and signs that code page 858 lacks, with what is printed instead.
const NEAREST: &[(&str, &str)] = &[
    ("‘’‚‛′ʼ", "'"),
    ("“”„‟″", "\""),
    ("‐‑‒–—―−", "-"),
    ("…", "..."),
    ("•●‣", "·"),
    ("\u{2002}\u{2003}\u{2007}\u{2008}\u{2009}\u{202f}\u{a0}\u{3000}", " "),
    ("\u{ad}", ""),
    ("™", "(TM)"),
    ("№", "No."),
    ("Œ", "OE"),
    ("œ", "oe"),
    ("ẞ", "SS"),
    ("ﬁ", "fi"),
    ("ﬂ", "fl"),
    ("ĀĂĄǍ", "A"),
    ("āăąǎ", "a"),
    ("ĆĈĊČ", "C"),
    ("ćĉċč", "c"),
    ("ĎĐ", "D"),
    ("ďđ", "d"),
    ("ĒĔĖĘĚ", "E"),
    ("ēĕėęě", "e"),
    ("ĜĞĠĢ", "G"),
    ("ĝğġģ", "g"),
    ("ĤĦ", "H"),
    ("ĥħ", "h"),
    ("ĨĪĬĮİ", "I"),
    ("ĩīĭįı", "i"),
    ("Ĵ", "J"),
    ("ĵ", "j"),
    ("Ķ", "K"),
    ("ķ", "k"),
    ("ĹĻĽŁ", "L"),
    ("ĺļľł", "l"),
    ("ŃŅŇ", "N"),
    ("ńņň", "n"),
    ("ŌŎŐ", "O"),
    ("ōŏő", "o"),
    ("ŔŖŘ", "R"),
    ("ŕŗř", "r"),
    ("ŚŜŞŠȘ", "S"),
    ("śŝşšș", "s"),
    ("ŢŤŦȚ", "T"),
    ("ţťŧț", "t"),
    ("ŨŪŬŮŰŲ", "U"),
    ("ũūŭůűų", "u"),
    ("Ŵ", "W"),
    ("ŵ", "w"),
    ("ŶŸ", "Y"),
    ("ŷ", "y"),
    ("ŹŻŽ", "Z"),
    ("źżž", "z"),
];

/// The byte of code page 858 for a character that can be seen, or `None`.
#[must_use]
pub fn pc858(character: char) -> Option<u8> {
    if matches!(character, ' '..='~') {
        return u8::try_from(character).ok();
    }
    let position = |table: &str| table.chars().position(|c| c == character);
    let byte = position(HIGH).map(|i| 0x80 + i).or_else(|| position(TOP).map(|i| 0xF1 + i))?;
    u8::try_from(byte).ok()
}

/// The character that a byte of code page 858 shows, or `None` for control bytes and bytes that show nothing.
#[must_use]
pub fn pc858_char(byte: u8) -> Option<char> {
    match byte {
        0x20..=0x7E => Some(char::from(byte)),
        0x80..=0xEF => HIGH.chars().nth(usize::from(byte - 0x80)),
        0xF1..=0xFE => TOP.chars().nth(usize::from(byte - 0xF1)),
        _ => None,
    }
}

/// Folds a text to characters that [`pc858`] knows. Line ends and tabs become blanks; marks that have no width of their
/// own (accents apart, joiners, direction marks) disappear; every other control or unknown character becomes `?`.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => folded.push(' '),
            c if pc858(c).is_some() => folded.push(c),
            '\u{300}'..='\u{36f}' => {}
            c if is_invisible(c) => {}
            c => folded.push_str(nearest(c).unwrap_or("?")),
        }
    }
    folded
}

/// Whether a character shows nothing by itself and could still change how others are read: joiners, direction marks,
/// variants, tags and notes between lines.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

fn nearest(character: char) -> Option<&'static str> {
    NEAREST.iter().find(|(letters, _)| letters.contains(character)).map(|(_, instead)| *instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_the_euro_where_code_page_858_has_it_and_goes_both_ways() {
        assert_eq!(pc858('€'), Some(0xD5));
        assert_eq!(pc858('ä'), Some(0x84));
        assert_eq!(pc858('´'), Some(0xEF));
        assert_eq!(pc858('±'), Some(0xF1));
        assert_eq!(pc858('■'), Some(0xFE));
        for byte in 0..=255u8 {
            if let Some(character) = pc858_char(byte) {
                assert_eq!(pc858(character), Some(byte), "{character}");
            }
        }
        let shown = (0..=255u8).filter(|b| pc858_char(*b).is_some()).count();
        assert_eq!(shown, 95 + 126, "every byte but the controls, DEL, 0xF0 and 0xFF shows something");
    }

    #[test]
    fn what_is_printed_instead_can_itself_be_printed() {
        for (letters, instead) in NEAREST {
            assert!(instead.chars().all(|c| pc858(c).is_some()), "{instead}");
            assert!(letters.chars().all(|c| pc858(c).is_none()), "{letters}");
        }
    }

    #[test]
    fn hostile_text_becomes_harmless() {
        assert_eq!(printable("a\u{1b}p\u{0}\u{19}\u{fa}b"), "a?p??úb");
        assert_eq!(printable("total \u{202e}99.1\u{202c}\u{200f}"), "total 99.1");
        assert_eq!(printable("one\r\ntwo\tthree"), "one  two three");
        assert_eq!(printable("Łódź “x” — 中😀\u{fe0f}"), "Lódz \"x\" - ??");
        assert_eq!(printable("cafe\u{301}"), "cafe");
        assert_eq!(printable("\u{10}\u{4}\u{1}\u{7f}\u{9b}"), "?????");
    }
}
