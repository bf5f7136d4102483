//! Where a card terminal is, as written in the configuration.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The port that terminals listen on when none is written.
pub const ZVT_PORT: u16 = 20_007;
/// The speed of a serial line when none is written.
const DEFAULT_BAUD: u32 = 9_600;
const BAUDS: [u32; 7] = [1_200, 2_400, 4_800, 9_600, 19_200, 57_600, 115_200];

/// Where a card terminal is: `zvt-tcp://host:20007` or `zvt-serial:///dev/serial/by-id/…?baud=9600`.
///
/// A serial line has 8 data bits, no parity and 2 stop bits, as the protocol says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ZvtAddress {
    Tcp { host: String, port: u16 },
    Serial { path: PathBuf, baud: u32 },
}

/// Why a text is no address of a card terminal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "HF-DEV-030: `{text}` is no address of a card terminal: {why}; write zvt-tcp://host:20007 or \
     zvt-serial:///dev/ttyUSB0?baud=9600"
)]
pub struct ZvtAddressError {
    pub text: String,
    pub why: &'static str,
}

impl FromStr for ZvtAddress {
    type Err = ZvtAddressError;

    fn from_str(text: &str) -> Result<ZvtAddress, ZvtAddressError> {
        let refuse = |why| ZvtAddressError { text: text.chars().take(120).collect(), why };
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(refuse("it contains blanks or control characters"));
        }
        if let Some(rest) = text.strip_prefix("zvt-tcp://") {
            return tcp(rest).map_err(refuse);
        }
        if let Some(rest) = text.strip_prefix("zvt-serial://") {
            return serial(rest).map_err(refuse);
        }
        Err(refuse("it begins with none of zvt-tcp:// and zvt-serial://"))
    }
}

fn tcp(rest: &str) -> Result<ZvtAddress, &'static str> {
    let (host, port) = match rest.strip_prefix('[') {
        Some(bracketed) => {
            let (host, after) = bracketed.split_once(']').ok_or("the bracket is not closed")?;
            match after {
                "" => (host, None),
                _ => (host, Some(after.strip_prefix(':').ok_or("only a port may follow the bracket")?)),
            }
        }
        None => match rest.split_once(':') {
            Some((_, port)) if port.contains(':') => return Err("an IPv6 address needs brackets"),
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        },
    };
    if host.is_empty() || host.contains(['/', '@', '?']) {
        return Err("the host is missing or malformed");
    }
    let port = match port.map(str::parse) {
        None => ZVT_PORT,
        Some(Ok(0) | Err(_)) => return Err("the port is not a number from 1 to 65535"),
        Some(Ok(port)) => port,
    };
    Ok(ZvtAddress::Tcp { host: host.to_owned(), port })
}

fn serial(rest: &str) -> Result<ZvtAddress, &'static str> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if !path.starts_with('/') || path.len() < 2 {
        return Err("the path of the device is missing or not absolute");
    }
    let mut baud = DEFAULT_BAUD;
    for setting in query.split('&').filter(|setting| !setting.is_empty()) {
        let value = setting.strip_prefix("baud=").ok_or("only baud=… may follow the question mark")?;
        baud = value.parse().ok().filter(|baud| BAUDS.contains(baud)).ok_or("baud is no usual speed")?;
    }
    Ok(ZvtAddress::Serial { path: PathBuf::from(path), baud })
}

impl fmt::Display for ZvtAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ZvtAddress::Tcp { host, port } if host.contains(':') => write!(f, "zvt-tcp://[{host}]:{port}"),
            ZvtAddress::Tcp { host, port } => write!(f, "zvt-tcp://{host}:{port}"),
            ZvtAddress::Serial { path, baud } => write!(f, "zvt-serial://{}?baud={baud}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for (text, written) in [
            ("zvt-tcp://10.0.0.7", "zvt-tcp://10.0.0.7:20007"),
            ("zvt-tcp://terminal.shop.example:22000", "zvt-tcp://terminal.shop.example:22000"),
            ("zvt-tcp://[fd00::7]", "zvt-tcp://[fd00::7]:20007"),
            ("zvt-serial:///dev/ttyUSB0", "zvt-serial:///dev/ttyUSB0?baud=9600"),
            ("zvt-serial:///dev/ttyS1?baud=115200", "zvt-serial:///dev/ttyS1?baud=115200"),
        ] {
            let address: ZvtAddress = text.parse().expect(text);
            assert_eq!(address.to_string(), written);
            assert_eq!(written.parse::<ZvtAddress>().as_ref(), Ok(&address));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for text in [
            "",
            "tcp://10.0.0.7:20007",
            "zvt-tcp://",
            "zvt-tcp://:20007",
            "zvt-tcp://h:0",
            "zvt-tcp://h:70000",
            "zvt-tcp://fd00::7",
            "zvt-tcp://[fd00::7",
            "zvt-tcp://a b",
            "zvt-tcp://h/x",
            "zvt-serial://ttyUSB0",
            "zvt-serial:///dev/ttyS0?baud=1",
            "zvt-serial:///dev/ttyS0?flow=none",
        ] {
            let error = text.parse::<ZvtAddress>().expect_err(text);
            assert!(error.to_string().starts_with("HF-DEV-030: "), "{error}");
        }
    }
}
