//! The counter of software: devices that the hub plays itself, with their paper, screens and buttons, for whoever practises or
//! shows the shop to somebody. Nothing of a real device is ever in here.

mod terminal;

use holdfast_devices::simulated::SimulatedPrinter;

pub(crate) use terminal::{Press, SimulatedTerminal, TerminalView};

/// Every simulated device of the hub, by its name in the settings.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    pub printers: Vec<(String, SimulatedPrinter)>,
    pub terminals: Vec<(String, SimulatedTerminal)>,
}

impl Counter {
    pub fn printer(&self, name: &str) -> Option<&SimulatedPrinter> {
        self.printers.iter().find(|(known, _)| known == name).map(|(_, printer)| printer)
    }

    pub fn terminal(&self, name: &str) -> Option<&SimulatedTerminal> {
        self.terminals.iter().find(|(known, _)| known == name).map(|(_, terminal)| terminal)
    }
}
