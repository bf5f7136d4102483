//! Where a scanner is, as written in the configuration.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::cutter::Suffix;

const DEFAULT_BAUD: u32 = 9_600;
const BAUDS: [u32; 8] = [1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200];
const SUFFIXES: [(Suffix, &str); 4] =
    [(Suffix::Cr, "cr"), (Suffix::Lf, "lf"), (Suffix::CrLf, "crlf"), (Suffix::Tab, "tab")];

/// Where a scanner is: `scanner-serial:///dev/serial/by-id/…?baud=9600&suffix=cr` or
/// `scanner-keyboard:///dev/input/by-id/…-event-kbd`.
///
/// A serial line has 8 data bits, no parity and 1 stop bit. `suffix` is `cr` (the default), `lf`, `crlf` or `tab`; a
/// keyboard's scans end with Enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScannerAddress {
    Serial { path: PathBuf, baud: u32, suffix: Suffix },
    Keyboard { path: PathBuf },
}

/// Why a text is no address of a scanner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "HF-DEV-050: `{text}` is no address of a scanner: {why}; write \
     scanner-serial:///dev/serial/by-id/NAME?baud=9600&suffix=cr or scanner-keyboard:///dev/input/by-id/NAME-event-kbd"
)]
pub struct ScannerAddressError {
    pub text: String,
    pub why: &'static str,
}

impl FromStr for ScannerAddress {
    type Err = ScannerAddressError;

    fn from_str(text: &str) -> Result<ScannerAddress, ScannerAddressError> {
        let refuse = |why| ScannerAddressError { text: text.chars().take(120).collect(), why };
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(refuse("it contains blanks or control characters"));
        }
        if let Some(rest) = text.strip_prefix("scanner-serial://") {
            return serial(rest).map_err(refuse);
        }
        match text.strip_prefix("scanner-keyboard://") {
            Some(path) if path.contains('?') => Err(refuse("nothing may follow the path of a keyboard")),
            Some(path) if path.starts_with('/') && path.len() > 1 => {
                Ok(ScannerAddress::Keyboard { path: PathBuf::from(path) })
            }
            Some(_) => Err(refuse("the path of the device is missing or not absolute")),
            None => Err(refuse("it begins with none of scanner-serial:// and scanner-keyboard://")),
        }
    }
}

fn serial(rest: &str) -> Result<ScannerAddress, &'static str> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if !path.starts_with('/') || path.len() < 2 {
        return Err("the path of the device is missing or not absolute");
    }
    let (mut baud, mut suffix) = (DEFAULT_BAUD, Suffix::default());
    for setting in query.split('&').filter(|setting| !setting.is_empty()) {
        match setting.split_once('=') {
            Some(("baud", value)) => {
                let usual = value.parse().ok().filter(|baud| BAUDS.contains(baud));
                baud = usual.ok_or("baud is no usual speed")?;
            }
            Some(("suffix", value)) => {
                let known = SUFFIXES.iter().find(|(_, name)| *name == value);
                suffix = known.ok_or("suffix is none of cr, lf, crlf and tab")?.0;
            }
            _ => return Err("only baud=… and suffix=… may follow the question mark"),
        }
    }
    Ok(ScannerAddress::Serial { path: PathBuf::from(path), baud, suffix })
}

impl fmt::Display for ScannerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScannerAddress::Serial { path, baud, suffix } => {
                let name = SUFFIXES.iter().find(|(known, _)| known == suffix).map_or("", |(_, name)| name);
                write!(f, "scanner-serial://{}?baud={baud}&suffix={name}", path.display())
            }
            ScannerAddress::Keyboard { path } => write!(f, "scanner-keyboard://{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for (text, written) in [
            ("scanner-serial:///dev/ttyACM0", "scanner-serial:///dev/ttyACM0?baud=9600&suffix=cr"),
            (
                "scanner-serial:///dev/serial/by-id/usb-x?suffix=crlf&baud=115200",
                "scanner-serial:///dev/serial/by-id/usb-x?baud=115200&suffix=crlf",
            ),
            ("scanner-keyboard:///dev/input/by-id/x", "scanner-keyboard:///dev/input/by-id/x"),
        ] {
            let address: ScannerAddress = text.parse().expect(text);
            assert_eq!(address.to_string(), written);
            assert_eq!(written.parse::<ScannerAddress>().as_ref(), Ok(&address));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for text in [
            "",
            "/dev/ttyACM0",
            "scanner-serial://ttyACM0",
            "scanner-serial:///dev/x?baud=7",
            "scanner-serial:///dev/x?suffix=none",
            "scanner-serial:///dev/x?parity=even",
            "scanner-keyboard://",
            "scanner-keyboard:///dev/x?suffix=cr",
            "scanner-keyboard:///dev/a b",
        ] {
            let error = text.parse::<ScannerAddress>().expect_err(text);
            assert!(error.to_string().starts_with("HF-DEV-050: "), "{error}");
        }
    }
}
