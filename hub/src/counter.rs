//! The counter of software: devices that the hub plays itself, with their paper, screens and buttons, for whoever practises or
//! shows the shop to somebody. Nothing of a real device is ever in here.

mod terminal;

use holdfast_devices::simulated::SimulatedPrinter;
use holdfast_devices::simulated::barcode_gun::BarcodeGun;
use holdfast_devices::simulated::scale::SimulatedScale;

pub(crate) use terminal::{Press, SimulatedTerminal, TerminalView};

/// Every simulated device of the hub, by its name in the settings.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    pub printers: Vec<(String, SimulatedPrinter)>,
    pub terminals: Vec<(String, SimulatedTerminal)>,
    pub scanners: Vec<(String, BarcodeGun)>,
    pub scales: Vec<(String, SimulatedScale)>,
}

impl Counter {
    pub fn is_empty(&self) -> bool {
        self.printers.is_empty()
            && self.terminals.is_empty()
            && self.scanners.is_empty()
            && self.scales.is_empty()
    }

    pub fn printer(&self, name: &str) -> Option<&SimulatedPrinter> {
        self.printers.iter().find(|(known, _)| known == name).map(|(_, printer)| printer)
    }

    pub fn terminal(&self, name: &str) -> Option<&SimulatedTerminal> {
        self.terminals.iter().find(|(known, _)| known == name).map(|(_, terminal)| terminal)
    }

    pub fn scanner(&self, name: &str) -> Option<&BarcodeGun> {
        self.scanners.iter().find(|(known, _)| known == name).map(|(_, scanner)| scanner)
    }

    pub fn scale(&self, name: &str) -> Option<&SimulatedScale> {
        self.scales.iter().find(|(known, _)| known == name).map(|(_, scale)| scale)
    }
}
