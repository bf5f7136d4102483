//! The scanners and scales of the configuration as devices.

use holdfast_actors::{ScaleDevice, ScaleSetup, ScannerDevice, ScannerSetup};
use holdfast_devices::scanner::Suffix;
use holdfast_devices::simulated::barcode_gun::BarcodeGun;
use holdfast_devices::simulated::scale::{Model, SimulatedScale};
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::receipt::TillNumber;

use crate::config;
use crate::error::HubError;

/// Devices, and those of them that are made of software.
pub(super) struct Opened {
    pub scanners: Vec<ScannerSetup>,
    pub scales: Vec<ScaleSetup>,
    pub guns: Vec<(String, BarcodeGun)>,
    pub simulated_scales: Vec<(String, SimulatedScale)>,
}

/// Makes every device; their actors look for the real ones until they find them.
pub(super) fn open(scanners: &[config::Scanner], scales: &[config::Scale]) -> Result<Opened, HubError> {
    let mut opened =
        Opened { scanners: Vec::new(), scales: Vec::new(), guns: Vec::new(), simulated_scales: Vec::new() };
    for scanner in scanners {
        let refuse = |problem: String| HubError::ConfigValue { key: "scanners", problem };
        let device = match scanner.address().map_err(refuse)? {
            Some(address) => ScannerDevice::Real(address),
            None => {
                let gun = BarcodeGun::new(Suffix::default());
                opened.guns.push((scanner.name.clone(), gun.clone()));
                ScannerDevice::Simulated(gun)
            }
        };
        let name = DeviceName::new(&scanner.name).map_err(|error| refuse(error.to_string()))?;
        opened.scanners.push(ScannerSetup { name, till: TillNumber(scanner.till), device });
    }
    for scale in scales {
        let refuse = |problem: String| HubError::ConfigValue { key: "scales", problem };
        let device = match scale.address().map_err(refuse)? {
            Some(address) => ScaleDevice::Real(address),
            None => {
                let simulated = SimulatedScale::new(Model::default());
                opened.simulated_scales.push((scale.name.clone(), simulated.clone()));
                ScaleDevice::Simulated(simulated)
            }
        };
        let name = DeviceName::new(&scale.name).map_err(|error| refuse(error.to_string()))?;
        let tills = scale.tills.iter().map(|number| TillNumber(*number)).collect();
        opened.scales.push(ScaleSetup { name, tills, device });
    }
    Ok(opened)
}
