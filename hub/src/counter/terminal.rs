//! A simulated terminal or provider, with what its customer sees and can press.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use holdfast_devices::payment::zvt::result_code::ResultCode;
use holdfast_devices::simulated;
use holdfast_devices::simulated::adyen::{self, SimulatedAdyen};
use holdfast_devices::simulated::stripe::{self, SimulatedStripe};
use holdfast_devices::simulated::wallet::{self, SimulatedWallet};
use holdfast_devices::simulated::zvt::{Auto, CardAnswer, SimulatedZvt};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

/// How long a customer who needs nobody at the buttons takes.
const CUSTOMER: Duration = Duration::from_millis(200);
/// The bank's word for a card that is over its limit.
const NO_MONEY: ResultCode = ResultCode(0x33);

/// What somebody who plays the customer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Press {
    /// The card, the telephone, the bank: everything says yes.
    Approve,
    Decline,
    /// The red button.
    Cancel,
    /// The cable between the hub and the device is pulled.
    Unplug,
    PlugIn,
    /// From now on customers pay at once, and need nobody here.
    ByItself,
    /// From now on customers wait for these buttons.
    ByHand,
}

/// What is to be seen of a device.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TerminalView {
    pub screen: String,
    pub waits: bool,
    pub by_itself: bool,
    pub plugged_in: bool,
    /// Its own book: how many payments and what went back, and what is left, in minor units.
    pub payments: u64,
    pub given_back: u64,
    pub net_minor: i64,
}

/// A device made of software. Its line is open for as long as this is kept.
#[derive(Debug)]
pub(crate) struct SimulatedTerminal {
    make: Make,
    switches: Arc<Mutex<Switches>>,
    _line: Option<simulated::Listening>,
    /// Customers who read codes by themselves.
    customers: Option<JoinHandle<()>>,
}

impl Drop for SimulatedTerminal {
    fn drop(&mut self) {
        if let Some(customers) = &self.customers {
            customers.abort();
        }
    }
}

#[derive(Debug)]
enum Make {
    Zvt(SimulatedZvt),
    Adyen(SimulatedAdyen),
    Stripe(SimulatedStripe),
    Pix(SimulatedWallet),
}

#[derive(Debug, Clone, Copy)]
struct Switches {
    by_itself: bool,
    plugged_in: bool,
}

impl SimulatedTerminal {
    pub fn zvt(terminal: SimulatedZvt) -> Self {
        Self::new(Make::Zvt(terminal), None)
    }

    pub fn adyen(terminal: SimulatedAdyen, line: simulated::Listening) -> Self {
        Self::new(Make::Adyen(terminal), Some(line))
    }

    pub fn stripe(gateway: SimulatedStripe, line: simulated::Listening) -> Self {
        Self::new(Make::Stripe(gateway), Some(line))
    }

    pub fn pix(provider: SimulatedWallet, line: simulated::Listening) -> Self {
        let mut terminal = Self::new(Make::Pix(provider.clone()), Some(line));
        let switches = Arc::clone(&terminal.switches);
        terminal.customers = Some(tokio::spawn(async move {
            loop {
                tokio::time::sleep(CUSTOMER).await;
                if locked(&switches).by_itself {
                    let _paid = provider.pay_what_is_open();
                }
            }
        }));
        terminal
    }

    /// Customers pay by themselves until somebody plays them.
    fn new(make: Make, line: Option<simulated::Listening>) -> Self {
        let switches = Arc::new(Mutex::new(Switches { by_itself: true, plugged_in: true }));
        let terminal = Self { make, switches, _line: line, customers: None };
        terminal.let_customers(true);
        terminal
    }

    fn switches(&self) -> MutexGuard<'_, Switches> {
        locked(&self.switches)
    }

    fn let_customers(&self, by_themselves: bool) {
        match &self.make {
            Make::Zvt(terminal) => {
                let auto = Auto { delay: CUSTOMER, answer: CardAnswer::Approve };
                terminal.automatic(by_themselves.then_some(auto));
            }
            Make::Adyen(terminal) => terminal.set_customer(match by_themselves {
                true => adyen::Customer::Pays,
                false => adyen::Customer::Waits,
            }),
            Make::Stripe(gateway) => gateway.set_customer(match by_themselves {
                true => stripe::Customer::Pays,
                false => stripe::Customer::Waits,
            }),
            // Whoever reads codes by themselves looks at the switch.
            Make::Pix(_) => {}
        }
    }

    fn plug(&self, plugged_in: bool) {
        match &self.make {
            Make::Zvt(terminal) if plugged_in => terminal.replug(),
            Make::Zvt(terminal) => terminal.unplug(),
            Make::Adyen(terminal) => terminal.misbehave(match plugged_in {
                true => adyen::Misbehaviour::None,
                false => adyen::Misbehaviour::At(adyen::Moment::BeforeReading, adyen::Trouble::HangUp),
            }),
            Make::Stripe(gateway) => gateway.misbehave(match plugged_in {
                true => stripe::Misbehaviour::None,
                false => stripe::Misbehaviour::Always(stripe::Trouble::HangUpBefore),
            }),
            Make::Pix(provider) => provider.misbehave(match plugged_in {
                true => wallet::Misbehaviour::None,
                false => wallet::Misbehaviour::At(wallet::Moment::BeforeReading, wallet::Trouble::HangUp),
            }),
        }
    }

    /// Presses a button. False when nothing waits for it.
    pub fn press(&self, press: Press) -> bool {
        match (press, &self.make) {
            (Press::Unplug | Press::PlugIn, _) => {
                let plugged_in = press == Press::PlugIn;
                self.switches().plugged_in = plugged_in;
                self.plug(plugged_in);
                true
            }
            (Press::ByItself | Press::ByHand, _) => {
                let by_itself = press == Press::ByItself;
                self.switches().by_itself = by_itself;
                self.let_customers(by_itself);
                true
            }
            (_, Make::Zvt(terminal)) => {
                let waits = terminal.waits_for_a_card();
                if waits {
                    match press {
                        Press::Approve => terminal.approve(),
                        Press::Decline => terminal.decline(NO_MONEY),
                        _ => terminal.cancel(),
                    }
                }
                waits
            }
            (_, Make::Adyen(terminal)) => terminal.press(match press {
                Press::Approve => adyen::Button::Pay,
                Press::Decline => adyen::Button::Refuse,
                _ => adyen::Button::Cancel,
            }),
            (_, Make::Stripe(gateway)) => {
                let before = stripe::Customer::Waits;
                gateway.set_customer(match press {
                    Press::Approve => stripe::Customer::Pays,
                    Press::Decline => stripe::Customer::IsDeclined("insufficient_funds"),
                    _ => stripe::Customer::Cancels,
                });
                let pressed = gateway.pay();
                if !self.switches().by_itself {
                    gateway.set_customer(before);
                }
                pressed
            }
            (Press::Approve, Make::Pix(provider)) => provider.pay_what_is_open() > 0,
            // A telephone has no button that tells the shop so.
            (_, Make::Pix(_)) => false,
        }
    }

    pub fn view(&self) -> TerminalView {
        let Switches { by_itself, plugged_in } = *self.switches();
        let (screen, waits) = match &self.make {
            Make::Zvt(terminal) => (terminal.screen(), terminal.waits_for_a_card()),
            Make::Adyen(terminal) => screen(terminal.is_waiting(), terminal.is_idle()),
            Make::Stripe(gateway) => screen(gateway.is_at_it(), gateway.open() == 0),
            Make::Pix(provider) => match provider.open_charges() {
                0 => ("No code is shown".to_owned(), false),
                1 => ("A customer reads the code".to_owned(), true),
                some => (format!("{some} customers read codes"), true),
            },
        };
        let (payments, given_back, net_minor) = self.book();
        TerminalView { screen, waits, by_itself, plugged_in, payments, given_back, net_minor }
    }

    /// How often it took money and gave some back, and what is left.
    fn book(&self) -> (u64, u64, i64) {
        use holdfast_devices::simulated::zvt::Kind;
        let (mut payments, mut backs, mut net) = (0, 0, 0);
        let mut count = |minor: i64| {
            *if minor < 0 { &mut backs } else { &mut payments } += 1;
            net += minor;
        };
        match &self.make {
            Make::Zvt(terminal) => {
                // A reversal is a line of its own, and the line that it takes back counts no more.
                for booking in terminal.book() {
                    match booking.kind {
                        Kind::Payment => count(booking.amount.minor()),
                        Kind::Refund | Kind::Reversal { .. } => count(-booking.amount.minor()),
                        Kind::PreAuthorisation => {}
                    }
                }
            }
            Make::Adyen(terminal) => {
                for booked in terminal.booked() {
                    match booked.kind {
                        adyen::Kind::Payment => count(booked.amount.minor()),
                        adyen::Kind::Refund | adyen::Kind::Reversal => count(-booked.amount.minor()),
                    }
                }
            }
            Make::Stripe(gateway) => {
                gateway.captured().iter().for_each(|captured| count(captured.minor));
                gateway.given_back().iter().for_each(|back| count(-back.minor));
            }
            Make::Pix(provider) => {
                provider.received().iter().for_each(|received| count(received.minor));
                provider.given_back().iter().for_each(|back| count(-back.minor));
            }
        }
        (payments, backs, net)
    }
}

fn locked(switches: &Mutex<Switches>) -> MutexGuard<'_, Switches> {
    switches.lock().unwrap_or_else(PoisonError::into_inner)
}

fn screen(waits: bool, is_idle: bool) -> (String, bool) {
    let text = match (waits, is_idle) {
        (true, _) => "Insert, tap or swipe",
        (false, true) => "Ready",
        (false, false) => "One moment",
    };
    (text.to_owned(), waits)
}
