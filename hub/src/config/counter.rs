//! The scanners and scales on the counter, as written in the settings.

use holdfast_actors::scale::SCALE_TILLS_MAX;
use holdfast_devices::scale::ScaleAddress;
use holdfast_devices::scanner::ScannerAddress;
use holdfast_domain::bounded::DeviceName;
use serde::Deserialize;

/// The address of a device that is made of software, inside the hub.
pub const SIMULATED: &str = "simulated";
/// The most scanners, and the most scales, of one shop.
const DEVICES_MAX: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scanner {
    pub name: String,
    pub address: String,
    /// The number of the till that its scans are for.
    pub till: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    pub name: String,
    pub address: String,
    /// The numbers of the tills that share it.
    pub tills: Vec<u16>,
}

impl Scanner {
    /// Where it is; none for one made of software.
    ///
    /// # Errors
    /// What is wrong and what to write instead.
    pub fn address(&self) -> Result<Option<ScannerAddress>, String> {
        if self.address == SIMULATED {
            return Ok(None);
        }
        self.address.parse().map(Some).map_err(|error| format!("{error}, or {SIMULATED}"))
    }
}

impl Scale {
    /// As [`Scanner::address`].
    ///
    /// # Errors
    /// What is wrong and what to write instead.
    pub fn address(&self) -> Result<Option<ScaleAddress>, String> {
        if self.address == SIMULATED {
            return Ok(None);
        }
        self.address.parse().map(Some).map_err(|error| format!("{error}, or {SIMULATED}"))
    }
}

/// # Errors
/// The first thing that is wrong.
pub(super) fn check_scanners(scanners: &[Scanner]) -> Result<(), String> {
    check(scanners.iter().map(|scanner| (scanner.name.as_str(), scanner.address.as_str())))?;
    for scanner in scanners {
        let named = |problem: String| format!("`{}`: {problem}", scanner.name);
        scanner.address().map_err(named)?;
        if scanner.till == 0 {
            return Err(named("tills are numbered from 1".to_owned()));
        }
    }
    Ok(())
}

/// # Errors
/// The first thing that is wrong.
pub(super) fn check_scales(scales: &[Scale]) -> Result<(), String> {
    check(scales.iter().map(|scale| (scale.name.as_str(), scale.address.as_str())))?;
    for scale in scales {
        let named = |problem: String| format!("`{}`: {problem}", scale.name);
        scale.address().map_err(named)?;
        if !(1..=SCALE_TILLS_MAX).contains(&scale.tills.len()) {
            return Err(named(format!("name 1 to {SCALE_TILLS_MAX} tills that share it")));
        }
        for (index, till) in scale.tills.iter().enumerate() {
            if *till == 0 {
                return Err(named("tills are numbered from 1".to_owned()));
            }
            if scale.tills[..index].contains(till) {
                return Err(named(format!("till {till} is there twice")));
            }
        }
    }
    Ok(())
}

/// What names and addresses have to be like. A real device has one owner.
fn check<'a>(devices: impl Iterator<Item = (&'a str, &'a str)>) -> Result<(), String> {
    let devices: Vec<_> = devices.collect();
    if devices.len() > DEVICES_MAX {
        return Err(format!("there are more than {DEVICES_MAX}"));
    }
    for (index, (name, address)) in devices.iter().enumerate() {
        DeviceName::new(name).map_err(|error| error.to_string())?;
        let before = &devices[..index];
        if before.iter().any(|(other, _)| other == name) {
            return Err(format!("the name `{name}` is there twice"));
        }
        if *address != SIMULATED && before.iter().any(|(_, other)| other == address) {
            return Err(format!("the address {address} is there twice"));
        }
    }
    Ok(())
}
