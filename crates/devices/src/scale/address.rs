//! Where a scale is and how it speaks, as written in the configuration.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::Protocol;
use super::toledo::Format;
use crate::exact::WeightUnit;

const DEFAULT_BAUD: u32 = 9_600;
const BAUDS: [u32; 7] = [1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600];
/// The most places of a weight without a point.
const PLACES_MAX: u8 = 4;

/// Where a scale is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Tcp { host: String, port: u16 },
    Serial { path: PathBuf, baud: u32 },
}

/// Where a scale is and how it speaks: `toledo-serial:///dev/serial/by-id/…?baud=9600&unit=kg&places=3`,
/// `toledo-tcp://host:port?unit=kg&places=3`, `sics-serial:///dev/serial/by-id/…?baud=9600` or `sics-tcp://host:port`.
///
/// `unit` is `kg` (the default), `g`, `lb` or `oz`; `places` counts when the scale sends no point. A Toledo line has 7 data
/// bits and even parity, an MT-SICS line 8 and none; both have one stop bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScaleAddress {
    pub protocol: Protocol,
    pub place: Place,
}

/// Why a text is no address of a scale.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "HF-DEV-055: `{text}` is no address of a scale: {why}; write \
     toledo-serial:///dev/serial/by-id/NAME?baud=9600&unit=kg&places=3 or sics-tcp://host:4305"
)]
pub struct ScaleAddressError {
    pub text: String,
    pub why: &'static str,
}

impl FromStr for ScaleAddress {
    type Err = ScaleAddressError;

    fn from_str(text: &str) -> Result<ScaleAddress, ScaleAddressError> {
        read(text).map_err(|why| ScaleAddressError { text: text.chars().take(120).collect(), why })
    }
}

fn read(text: &str) -> Result<ScaleAddress, &'static str> {
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("it contains blanks or control characters");
    }
    let unknown = "it begins with none of toledo-serial://, toledo-tcp://, sics-serial:// and sics-tcp://";
    let (scheme, rest) = text.split_once("://").ok_or(unknown)?;
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (toledo, serial) = match scheme {
        "toledo-serial" => (true, true),
        "toledo-tcp" => (true, false),
        "sics-serial" => (false, true),
        "sics-tcp" => (false, false),
        _ => return Err(unknown),
    };
    let mut baud = DEFAULT_BAUD;
    let mut format = Format { unit: WeightUnit::Kilogram, places: 3 };
    for setting in query.split('&').filter(|setting| !setting.is_empty()) {
        match setting.split_once('=') {
            Some(("baud", value)) if serial => {
                let usual = value.parse().ok().filter(|baud| BAUDS.contains(baud));
                baud = usual.ok_or("baud is no usual speed")?;
            }
            Some(("unit", value)) if toledo => {
                let sold = |unit: &WeightUnit| !matches!(unit, WeightUnit::Milligram | WeightUnit::Tonne);
                let unit = WeightUnit::from_symbol(value).filter(sold);
                format.unit = unit.ok_or("unit is none of kg, g, lb and oz")?;
            }
            Some(("places", value)) if toledo => {
                let places = value.parse().ok().filter(|places| *places <= PLACES_MAX);
                format.places = places.ok_or("places is no number from 0 to 4")?;
            }
            _ => return Err("a setting behind the question mark is not known for this kind"),
        }
    }
    let protocol = if toledo { Protocol::Toledo(format) } else { Protocol::Sics };
    let place = if serial { serial_place(before, baud)? } else { tcp_place(before)? };
    Ok(ScaleAddress { protocol, place })
}

fn serial_place(path: &str, baud: u32) -> Result<Place, &'static str> {
    if !path.starts_with('/') || path.len() < 2 {
        return Err("the path of the device is missing or not absolute");
    }
    Ok(Place::Serial { path: PathBuf::from(path), baud })
}

fn tcp_place(text: &str) -> Result<Place, &'static str> {
    let (host, port) = match text.strip_prefix('[') {
        Some(bracketed) => {
            bracketed.split_once("]:").ok_or("the bracket is not closed, or the port is missing")?
        }
        None => text.split_once(':').ok_or("the port is missing")?,
    };
    if host.is_empty() || host.contains(['/', '@']) {
        return Err("the host is missing or malformed");
    }
    if port.contains(':') {
        return Err("an IPv6 address needs brackets");
    }
    let port =
        port.parse().ok().filter(|port| *port > 0).ok_or("the port is not a number from 1 to 65535")?;
    Ok(Place::Tcp { host: host.to_owned(), port })
}

impl fmt::Display for ScaleAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut settings = Vec::new();
        let name = match self.protocol {
            Protocol::Toledo(_) => "toledo",
            Protocol::Sics => "sics",
        };
        match &self.place {
            Place::Tcp { host, port } if host.contains(':') => write!(f, "{name}-tcp://[{host}]:{port}")?,
            Place::Tcp { host, port } => write!(f, "{name}-tcp://{host}:{port}")?,
            Place::Serial { path, baud } => {
                settings.push(format!("baud={baud}"));
                write!(f, "{name}-serial://{}", path.display())?;
            }
        }
        if let Protocol::Toledo(format) = self.protocol {
            settings.push(format!("unit={}&places={}", format.unit.symbol(), format.places));
        }
        let mark = if settings.is_empty() { "" } else { "?" };
        write!(f, "{mark}{}", settings.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for (text, written) in [
            ("toledo-serial:///dev/ttyUSB0", "toledo-serial:///dev/ttyUSB0?baud=9600&unit=kg&places=3"),
            ("toledo-tcp://10.0.0.9:4001?unit=lb&places=2", "toledo-tcp://10.0.0.9:4001?unit=lb&places=2"),
            ("sics-serial:///dev/ttyS1?baud=19200", "sics-serial:///dev/ttyS1?baud=19200"),
            ("sics-tcp://[fd00::9]:4305", "sics-tcp://[fd00::9]:4305"),
        ] {
            let address: ScaleAddress = text.parse().expect(text);
            assert_eq!(address.to_string(), written);
            assert_eq!(written.parse::<ScaleAddress>().as_ref(), Ok(&address));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for text in [
            "",
            "scale",
            "toledo://10.0.0.9:4001",
            "sics-tcp://10.0.0.9",
            "sics-tcp://10.0.0.9:0",
            "sics-tcp://fd00::9:4305",
            "sics-tcp://h:1?unit=kg",
            "sics-tcp://h:1?baud=9600",
            "toledo-tcp://h:1?unit=mg",
            "toledo-serial://ttyS0",
            "toledo-serial:///dev/ttyS0?places=9",
            "toledo-serial:///dev/tty S0",
        ] {
            let error = text.parse::<ScaleAddress>().expect_err(text);
            assert!(error.to_string().starts_with("HF-DEV-055: "), "{error}");
        }
    }
}
