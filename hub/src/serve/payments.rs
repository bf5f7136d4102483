//! The payment devices of the configuration: card terminals with what drives them.

use std::sync::Arc;
use std::time::Duration;

use holdfast_actors::PaymentSetup;
use holdfast_devices::payment::PaymentDriver;
use holdfast_devices::payment::zvt::{Timings, ZvtAddress, ZvtConfig, ZvtTerminal};
use holdfast_devices::simulated::poi::SimulatedPoi;
use holdfast_devices::simulated::zvt::{Auto, CardAnswer, SimulatedZvt, ZvtSettings};
use holdfast_domain::attempt::Turn;
use holdfast_domain::bounded::{DeviceName, TenderCode};
use holdfast_domain::receipt::TillNumber;
use holdfast_money::Currency;

use crate::config::{self, SIMULATED};
use crate::error::HubError;

/// How long a simulated customer takes for their part, and each step of a practised payment.
const SIMULATED_PACE: Duration = Duration::from_millis(200);
/// The number that the first simulated terminal has; the others follow.
const SIMULATED_TERMINALS_FROM: u32 = 60_000_001;

/// Makes every device; nothing is connected before the first payment.
pub(super) fn open(
    payments: &[config::Payment],
    currency: Option<Currency>,
) -> Result<Vec<PaymentSetup>, HubError> {
    let currency = currency.unwrap_or(Currency::EUR);
    (0..).zip(payments).map(|(index, payment)| setup(index, payment, currency)).collect()
}

fn setup(index: u32, payment: &config::Payment, currency: Currency) -> Result<PaymentSetup, HubError> {
    let refuse = |problem: String| HubError::ConfigValue { key: "payments", problem };
    let name = DeviceName::new(&payment.name).map_err(|error| refuse(error.to_string()))?;
    let tender = TenderCode::new(&payment.tender).map_err(|error| refuse(error.to_string()))?;
    let password = payment.password.parse().map_err(|error| refuse(format!("`{name}`: {error}")))?;
    let settings = ZvtConfig { password, currency };
    let is_simulated = payment.address == SIMULATED;
    let driver: Arc<dyn PaymentDriver> = if is_simulated {
        let terminal = SimulatedZvt::new(ZvtSettings {
            password,
            terminal: SIMULATED_TERMINALS_FROM + index,
            currency,
            ..ZvtSettings::default()
        });
        terminal.automatic(Some(Auto { delay: SIMULATED_PACE, answer: CardAnswer::Approve }));
        Arc::new(ZvtTerminal::simulated(terminal, settings, Timings::default()))
    } else {
        let address: ZvtAddress = payment.address.parse().map_err(|error| refuse(format!("{error}")))?;
        Arc::new(ZvtTerminal::new(&address, settings, Timings::default()))
    };
    let tills = payment.tills.iter().map(|number| TillNumber(*number)).collect();
    let practice = Arc::new(SimulatedPoi::new(SIMULATED_PACE));
    let mut setup = PaymentSetup::new(name, tender, tills, Turn::OneAtATime, driver, practice);
    setup.device.simulated = is_simulated;
    Ok(setup)
}
