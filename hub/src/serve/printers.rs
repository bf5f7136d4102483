//! The printers of the configuration as devices.

use std::time::Duration;

use holdfast_actors::PrinterSetup;
use holdfast_devices::escpos::Profile;
use holdfast_devices::printer::{Printer, PrinterAddress, Timings};
use holdfast_devices::simulated::{SHEETS_MAX, SimulatedPrinter};
use holdfast_domain::receipt::TillNumber;

use crate::config;
use crate::error::HubError;
use crate::folder::{self, DataFolder};

/// How long the drawer of a simulated printer stands open: about as long as giving change takes.
const SHUT_AFTER: Duration = Duration::from_secs(3);

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
                simulator.shut_drawer_after(Some(SHUT_AFTER));
                opened.simulated.push((printer.name.clone(), simulator.clone()));
                Printer::simulated(simulator, Timings::default())
            }
        };
        opened.setups.push(PrinterSetup {
            tills: printer.tills.iter().copied().map(TillNumber).collect(),
            drawer_pulse: printer.drawer.pulse().map_err(refuse)?,
            drawer_sensor: printer.drawer.sensor(),
            fails_over_to: printer.fails_over_to.clone(),
            ..PrinterSetup::new(&*printer.name, device)
        });
    }
    Ok(opened)
}
