//! Where a printer is, as written in the configuration.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The port that network printers listen on when none is written.
const RAW_PORT: u16 = 9100;
/// The speed of a serial line when none is written: what Epson's printers are delivered with.
const DEFAULT_BAUD: u32 = 38_400;
const BAUDS: [u32; 9] = [1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400];

/// How a serial printer says that its buffer is full. It has to match the printer's own setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowControl {
    None,
    /// RTS and CTS lines.
    Hardware,
    /// XON and XOFF bytes.
    Software,
}

impl From<FlowControl> for tokio_serial::FlowControl {
    fn from(flow: FlowControl) -> tokio_serial::FlowControl {
        match flow {
            FlowControl::None => tokio_serial::FlowControl::None,
            FlowControl::Hardware => tokio_serial::FlowControl::Hardware,
            FlowControl::Software => tokio_serial::FlowControl::Software,
        }
    }
}

/// Where a printer is: `tcp://host:9100`, `serial:///dev/serial/by-id/…?baud=38400&flow=hardware` or `simulated`.
///
/// `flow` is `none` (the default), `hardware` or `software`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrinterAddress {
    Tcp { host: String, port: u16 },
    Serial { path: PathBuf, baud: u32, flow: FlowControl },
    Simulated,
}

/// Why a text is no address of a printer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "HF-DEV-001: `{text}` is no address of a printer: {why}; write tcp://host:9100, \
     serial:///dev/ttyUSB0?baud=38400&flow=hardware or simulated"
)]
pub struct AddressError {
    pub text: String,
    pub why: &'static str,
}

impl FromStr for PrinterAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<PrinterAddress, AddressError> {
        let refuse = |why| AddressError { text: text.chars().take(120).collect(), why };
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(refuse("it contains blanks or control characters"));
        }
        if text == "simulated" {
            return Ok(PrinterAddress::Simulated);
        }
        if let Some(rest) = text.strip_prefix("tcp://") {
            return tcp(rest).map_err(refuse);
        }
        if let Some(rest) = text.strip_prefix("serial://") {
            return serial(rest).map_err(refuse);
        }
        Err(refuse("it begins with none of tcp://, serial:// and is not `simulated`"))
    }
}

fn tcp(rest: &str) -> Result<PrinterAddress, &'static str> {
    let (host, port) = if let Some(bracketed) = rest.strip_prefix('[') {
        let (host, after) = bracketed.split_once(']').ok_or("the bracket is not closed")?;
        let port = match after {
            "" => None,
            _ => Some(after.strip_prefix(':').ok_or("only a port may follow the bracket")?),
        };
        (host, port)
    } else {
        match rest.split_once(':') {
            Some((_, port)) if port.contains(':') => return Err("an IPv6 address needs brackets"),
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        }
    };
    if host.is_empty() || host.contains(['/', '@', '?']) {
        return Err("the host is missing or malformed");
    }
    let port = match port {
        None => RAW_PORT,
        Some(port) => match port.parse() {
            Ok(0) | Err(_) => return Err("the port is not a number from 1 to 65535"),
            Ok(port) => port,
        },
    };
    Ok(PrinterAddress::Tcp { host: host.to_owned(), port })
}

fn serial(rest: &str) -> Result<PrinterAddress, &'static str> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if !path.starts_with('/') || path.len() < 2 {
        return Err("the path of the device is missing or not absolute");
    }
    let mut baud = DEFAULT_BAUD;
    let mut flow = FlowControl::None;
    for setting in query.split('&').filter(|setting| !setting.is_empty()) {
        match setting.split_once('=') {
            Some(("baud", value)) => {
                baud =
                    value.parse().ok().filter(|baud| BAUDS.contains(baud)).ok_or("baud is no usual speed")?;
            }
            Some(("flow", "none")) => flow = FlowControl::None,
            Some(("flow", "hardware")) => flow = FlowControl::Hardware,
            Some(("flow", "software")) => flow = FlowControl::Software,
            _ => return Err("only baud=… and flow=none|hardware|software may follow the question mark"),
        }
    }
    Ok(PrinterAddress::Serial { path: PathBuf::from(path), baud, flow })
}

impl fmt::Display for PrinterAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PrinterAddress::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            PrinterAddress::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
            PrinterAddress::Serial { path, baud, flow } => {
                let flow = match flow {
                    FlowControl::None => "none",
                    FlowControl::Hardware => "hardware",
                    FlowControl::Software => "software",
                };
                write!(f, "serial://{}?baud={baud}&flow={flow}", path.display())
            }
            PrinterAddress::Simulated => f.write_str("simulated"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for (text, written) in [
            ("tcp://10.0.0.7:9101", "tcp://10.0.0.7:9101"),
            ("tcp://printer.shop.example", "tcp://printer.shop.example:9100"),
            ("tcp://[fd00::7]", "tcp://[fd00::7]:9100"),
            ("tcp://[fd00::7]:9101", "tcp://[fd00::7]:9101"),
            ("serial:///dev/ttyUSB0", "serial:///dev/ttyUSB0?baud=38400&flow=none"),
            ("serial:///dev/ttyS1?baud=9600&flow=hardware", "serial:///dev/ttyS1?baud=9600&flow=hardware"),
            ("simulated", "simulated"),
        ] {
            let address: PrinterAddress = text.parse().expect(text);
            assert_eq!(address.to_string(), written);
            assert_eq!(written.parse::<PrinterAddress>().as_ref(), Ok(&address));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for text in [
            "",
            "10.0.0.7:9100",
            "tcp://",
            "tcp://:9100",
            "tcp://h:0",
            "tcp://h:70000",
            "tcp://fd00::7",
            "tcp://[fd00::7",
            "tcp://a b",
            "tcp://h/x",
            "serial://ttyUSB0",
            "serial:///dev/ttyS0?baud=1",
            "serial:///dev/ttyS0?parity=odd",
            "simulated\n",
            "usb://1",
        ] {
            let error = text.parse::<PrinterAddress>().expect_err(text);
            assert!(error.to_string().starts_with("HF-DEV-001: "), "{error}");
        }
    }
}
