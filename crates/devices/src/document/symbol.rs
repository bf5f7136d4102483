//! Barcodes and QR codes as bars and modules, for forms that draw them themselves. A printer draws its own.

use qrcode::{Color, EcLevel, QrCode};

/// Widths of bars and gaps of the symbols of CODE128 (ISO/IEC 15417, table 1), by value; 104 begins code set B.
const SYMBOLS: [&str; 106] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
    "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
    "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
    "212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
    "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
    "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
    "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
    "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
    "114131", "311141", "411131", "211412", "211214", "211232",
];
const START_B: usize = 104;
const STOP: &str = "2331112";

/// The most modules of a QR code's side (version 40 of ISO/IEC 18004).
#[cfg(test)]
const QR_SIDE_MAX: usize = 177;

/// Whether CODE128 in code set B can say it.
pub(crate) fn is_code128(content: &str) -> bool {
    !content.is_empty() && content.bytes().all(|byte| (0x20..=0x7E).contains(&byte))
}

/// The widths of bars and gaps in turn, the first is a bar. None for what code set B cannot say.
pub fn code128(content: &str) -> Option<Vec<u8>> {
    if !is_code128(content) {
        return None;
    }
    let values: Vec<usize> = content.bytes().map(|byte| usize::from(byte - 0x20)).collect();
    let weighed: usize = values.iter().enumerate().map(|(at, value)| (at + 1) * value).sum();
    let check = (START_B + weighed) % 103;
    let symbols = std::iter::once(START_B).chain(values).chain([check]).map(|value| SYMBOLS[value]);
    Some(symbols.chain([STOP]).flat_map(str::bytes).map(|width| width - b'0').collect())
}

/// The modules of a QR code without the white around it. None where the content is too long.
pub(crate) struct Qr {
    pub(crate) side: usize,
    /// Row by row, true is black.
    pub(crate) modules: Vec<bool>,
}

/// A QR code as a printer makes it of the same bytes, with error correction M.
pub(crate) fn qr(content: &str) -> Option<Qr> {
    let code = QrCode::with_error_correction_level(content, EcLevel::M).ok()?;
    let modules = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
    Some(Qr { side: code.width(), modules })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::QR_BYTES_MAX;

    #[test]
    fn every_symbol_is_eleven_modules_wide_and_there_is_none_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for symbol in SYMBOLS {
            assert_eq!(symbol.bytes().map(|width| width - b'0').sum::<u8>(), 11, "{symbol}");
            assert!(seen.insert(symbol), "{symbol}");
        }
    }

    #[test]
    fn the_check_symbol_is_that_of_the_standards_example() {
        // Start B, "AIM" is 33, 41, 45; (104 + 33 + 82 + 135) mod 103 is 45.
        let widths = code128("AIM").unwrap();
        let check: String = widths[24..30].iter().map(|width| char::from(b'0' + width)).collect();
        assert_eq!(check, SYMBOLS[(104 + 33 + 2 * 41 + 3 * 45) % 103]);
        assert_eq!(code128(""), None);
        assert_eq!(code128("Ä"), None);
    }

    #[test]
    fn whatever_a_document_takes_as_a_qr_code_has_one() {
        let code = qr(&"ü".repeat(QR_BYTES_MAX / 2)).unwrap();
        assert!(code.side <= QR_SIDE_MAX && code.modules.len() == code.side * code.side);
    }
}
