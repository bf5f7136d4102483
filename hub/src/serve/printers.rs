//! The printers of the configuration as devices.

use holdfast_actors::PrinterSetup;
use holdfast_devices::escpos::Profile;
use holdfast_devices::printer::{Printer, PrinterAddress, Timings};
use holdfast_devices::simulated::{SHEETS_MAX, SimulatedPrinter};

use crate::config;
use crate::error::HubError;
use crate::folder::{self, DataFolder};

/// Opened printers, and those of them that are made of software.
pub(super) struct Opened {
    pub setups: Vec<PrinterSetup>,
    pub simulated: Vec<(String, SimulatedPrinter)>,
}

/// Opens every printer; a real one is only spoken to when it prints.
pub(super) fn open(printers: &[config::Printer], folder: &DataFolder) -> Result<Opened, HubError> {
    let mut opened = Opened { setups: Vec::new(), simulated: Vec::new() };
    for printer in printers {
        let profile = if printer.paper_mm == 58 { Profile::MM58 } else { Profile::MM80 };
        let refuse = |problem: String| HubError::ConfigValue { key: "printers", problem };
        let address: PrinterAddress = printer.address.parse().map_err(|error| refuse(format!("{error}")))?;
        let device = match Printer::new(&address, profile, Timings::default()) {
            Some(real) => real,
            None => {
                folder::create_private(&folder.paper())?;
                let paper = folder.paper().join(&printer.name);
                let simulator = SimulatedPrinter::open(&paper, profile, SHEETS_MAX).map_err(|error| {
                    refuse(format!("the paper of `{}` cannot be kept: {error}", printer.name))
                })?;
                opened.simulated.push((printer.name.clone(), simulator.clone()));
                Printer::simulated(simulator, Timings::default())
            }
        };
        let fails_over_to = printer.fails_over_to.clone();
        opened.setups.push(PrinterSetup { fails_over_to, ..PrinterSetup::new(&*printer.name, device) });
    }
    Ok(opened)
}
