//! The printers of the shop, and the cash drawers behind them.

use holdfast_actors::drawer::DrawerSensor;
use holdfast_devices::escpos::{Connector, DrawerPulse};
use holdfast_devices::printer::PrinterAddress;
use serde::Deserialize;

/// The most printers of one shop.
const PRINTERS_MAX: usize = 32;
/// Widths of paper that receipts are laid out for, in millimetres.
const PAPER_MM: [u8; 2] = [58, 80];

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Printer {
    pub name: String,
    pub address: String,
    pub paper_mm: u8,
    /// The name of the printer that prints while this one cannot.
    #[serde(default)]
    pub fails_over_to: Option<String>,
    /// The numbers of the tills that print here and whose drawer it opens; none for all that no other printer names.
    #[serde(default)]
    pub tills: Vec<u16>,
    #[serde(default)]
    pub drawer: Drawer,
}

/// The cash drawer at a printer's connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Drawer {
    /// The pin that its solenoid is wired to: 2 or 5.
    pub pin: u8,
    /// How long the pulse lasts, in milliseconds.
    pub on_ms: u16,
    /// How long the solenoid rests before the next one, in milliseconds.
    pub off_ms: u16,
    pub sensor: Sensor,
}

impl Default for Drawer {
    /// What nearly every drawer takes, and nothing said of a sensor.
    fn default() -> Self {
        Self { pin: 2, on_ms: 50, off_ms: 500, sensor: Sensor::None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensor {
    None,
    /// The pin is high while the drawer stands open.
    OpenIsHigh,
    OpenIsLow,
}

impl Drawer {
    /// # Errors
    /// What is wrong with the pin or the times.
    pub fn pulse(&self) -> Result<DrawerPulse, String> {
        let connector = match self.pin {
            2 => Connector::Pin2,
            5 => Connector::Pin5,
            other => return Err(format!("a drawer at pin {other}; connectors have it at 2 or 5")),
        };
        DrawerPulse::new(connector, self.on_ms, self.off_ms).map_err(|error| error.to_string())
    }

    pub fn sensor(&self) -> Option<DrawerSensor> {
        match self.sensor {
            Sensor::None => None,
            Sensor::OpenIsHigh => Some(DrawerSensor { open_is_high: true }),
            Sensor::OpenIsLow => Some(DrawerSensor { open_is_high: false }),
        }
    }
}

/// What is wrong with the list.
pub(super) fn check(printers: &[Printer]) -> Result<(), String> {
    if printers.len() > PRINTERS_MAX {
        return Err(format!("there are more than {PRINTERS_MAX}"));
    }
    for (index, printer) in printers.iter().enumerate() {
        let name = &printer.name;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
            return Err(format!("the name `{name}` must be 1 to 32 of a-z, 0-9 and -"));
        }
        if printers[..index].iter().any(|other| other.name == *name) {
            return Err(format!("the name `{name}` is there twice"));
        }
        if !PAPER_MM.contains(&printer.paper_mm) {
            return Err(format!("paper of {} mm; printers take 58 or 80", printer.paper_mm));
        }
        printer.address.parse::<PrinterAddress>().map_err(|error| error.to_string())?;
        printer.drawer.pulse()?;
        if let Some(other) = &printer.fails_over_to {
            if other == name {
                return Err(format!("`{other}` cannot fail over to itself"));
            }
            if !printers.iter().any(|known| known.name == *other) {
                return Err(format!("`{name}` fails over to `{other}`, and there is no such printer"));
            }
        }
        for (at, till) in printer.tills.iter().enumerate() {
            if *till == 0 {
                return Err(format!("`{name}` is for till 0; numbers of tills count from 1"));
            }
            let elsewhere = printers[..index].iter().any(|other| other.tills.contains(till));
            if elsewhere || printer.tills[..at].contains(till) {
                return Err(format!("till {till} is there twice; one printer prints for it"));
            }
        }
    }
    Ok(())
}
