//! The cash drawers, the first payment device: opened when a transaction with cash is durable, never waited for. Where a
//! drawer has a sensor, the journal is told of each movement and whether it was asked for; what is made of the sensor is
//! decided in [`sensor`], and this is the shell that carries it out.

mod sensor;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use holdfast_devices::drawer::{Drawer, Opening};
use holdfast_devices::payment::CashDrawer;
use holdfast_devices::printer::{PinReading, Printer};
use holdfast_domain::bounded::Label;
use holdfast_domain::command::HubCommand;
use holdfast_domain::drawer::DrawerMovement;
use holdfast_domain::receipt::TillNumber;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;
use tokio::time::Instant;

use crate::counter::Task;
use crate::house::{House, get, put};
use crate::ledger::{LedgerError, LedgerHandle};
use crate::printer::PrinterSetup;
use sensor::Sensor;

/// Openings that may be under way at once; a drawer that does not answer must not hold up the others for ever.
const OPENINGS_MAX: usize = 32;
/// How often a sensor is asked whose printer does not speak by itself.
const ASK_SENSOR_EVERY: Duration = Duration::from_secs(1);
/// How long until a printer is tried again that could not be heard.
const HEAR_AGAIN: Duration = Duration::from_secs(2);
/// How long until the ledger is told again that was not there or had no room.
const LEDGER_AGAIN: Duration = Duration::from_millis(250);

/// How a drawer's sensor is wired to its printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawerSensor {
    /// Whether the pin is high while the drawer stands open.
    pub open_is_high: bool,
}

#[derive(Debug)]
pub(crate) enum Message {
    Open(TillNumber),
    /// What became of the pulse of the n-th printer.
    Opened(usize, Opening),
    /// The sensor at the n-th printer says something.
    Read(usize, PinReading),
    /// What the ledger said of the movement that it was told of.
    Told(usize, Result<(), LedgerError>),
    TellAgain(usize),
    Observe(RpcReplyPort<Observation>),
}

/// What the drawers show of themselves, by printer.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Observation {
    pub opened: BTreeMap<String, u64>,
    pub not_opened: BTreeMap<String, u64>,
    /// The drawers with a sensor that is heard: whether each stands open.
    pub stands_open: BTreeMap<String, bool>,
    pub last_fault: Option<String>,
    pub skipped: u64,
    under_way: usize,
}

/// What the actor has in hand.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    seen: Observation,
    /// By printer.
    sensors: BTreeMap<usize, Sensor>,
    telling: BTreeMap<usize, Task>,
    _listening: Vec<Task>,
}

pub(crate) struct Drawers {
    pub house: Arc<House>,
}

pub(crate) fn open(house: &House, till: TillNumber) {
    if let Some(drawers) = get(&house.drawers) {
        let _ = drawers.cast(Message::Open(till));
    }
}

#[ractor::async_trait]
impl Actor for Drawers {
    type Msg = Message;
    type State = Desk;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<Desk, ActorProcessingErr> {
        put(&self.house.drawers, myself.clone());
        let mut desk = Desk::default();
        for (index, setup) in self.house.printers.iter().enumerate() {
            let Some(wired) = setup.drawer_sensor else { continue };
            desk.sensors.insert(index, Sensor::new(wired.open_is_high));
            desk._listening.push(listen(Arc::clone(&setup.device)));
            desk._listening.push(hear(Arc::clone(&setup.device), index, myself.clone()));
        }
        Ok(desk)
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        desk: &mut Desk,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Open(till) => self.open(&myself, till, desk),
            Message::Opened(index, opening) => self.opened(index, opening, desk),
            Message::Read(index, reading) => {
                if let Some(sensor) = desk.sensors.get_mut(&index) {
                    sensor.reads(reading);
                }
            }
            Message::Told(index, told) => {
                desk.telling.remove(&index);
                match told {
                    // Refused: the journal says the same of the drawer already.
                    Ok(()) | Err(LedgerError::Refused(_)) => {
                        desk.sensors.get_mut(&index).into_iter().for_each(Sensor::told);
                    }
                    Err(_) => {
                        myself.send_after(LEDGER_AGAIN, move || Message::TellAgain(index));
                    }
                }
            }
            Message::TellAgain(index) => {
                if let Some(movement) = desk.sensors.get(&index).and_then(Sensor::still_to_tell) {
                    self.tell(&myself, index, movement, desk);
                }
            }
            Message::Observe(reply) => {
                let _ = reply.send(self.observe(desk));
            }
        }
        self.tell_what_moved(&myself, desk);
        Ok(())
    }
}

impl Drawers {
    fn open(&self, myself: &ActorRef<Message>, till: TillNumber, desk: &mut Desk) {
        let Some(index) = crate::printer::of_till(&self.house.printers, till) else { return };
        if desk.seen.under_way >= OPENINGS_MAX {
            desk.seen.skipped += 1;
            return;
        }
        desk.seen.under_way += 1;
        desk.sensors.get_mut(&index).into_iter().for_each(Sensor::pulse_leaves);
        let setup = &self.house.printers[index];
        let drawer = CashDrawer::new(Drawer::new(Arc::clone(&setup.device), setup.drawer_pulse));
        let myself = myself.clone();
        tokio::spawn(async move {
            let opening = drawer.open().await;
            let _ = myself.cast(Message::Opened(index, opening));
        });
    }

    fn opened(&self, index: usize, opening: Opening, desk: &mut Desk) {
        let seen = &mut desk.seen;
        seen.under_way = seen.under_way.saturating_sub(1);
        let name = self.house.printers[index].name.clone();
        if let Some(sensor) = desk.sensors.get_mut(&index) {
            match opening {
                Opening::Opened | Opening::Unknown { .. } => sensor.pulse_given(Instant::now()),
                Opening::NotOpened { .. } => sensor.pulse_failed(),
            }
        }
        match opening {
            Opening::Opened => *seen.opened.entry(name).or_default() += 1,
            Opening::NotOpened { reason } | Opening::Unknown { reason } => {
                *seen.not_opened.entry(name).or_default() += 1;
                seen.last_fault = Some(format!("{}: {reason}", reason.code()));
            }
        }
    }

    fn tell_what_moved(&self, myself: &ActorRef<Message>, desk: &mut Desk) {
        let now = Instant::now();
        let moved: Vec<_> =
            desk.sensors.iter_mut().filter_map(|(index, sensor)| Some((*index, sensor.next(now)?))).collect();
        for (index, movement) in moved {
            self.tell(myself, index, movement, desk);
        }
    }

    /// Tells the ledger and hears when it is durable.
    fn tell(&self, myself: &ActorRef<Message>, index: usize, movement: DrawerMovement, desk: &mut Desk) {
        let setup = &self.house.printers[index];
        let Ok(drawer) = Label::new(&setup.name) else { return };
        let command = HubCommand::SenseDrawer { drawer, till: only_till(setup), movement };
        let (ledger, myself) = (LedgerHandle { house: Arc::clone(&self.house) }, myself.clone());
        let telling = Task(tokio::spawn(async move {
            let told = ledger.hub_command(command).await.map(drop);
            let _ = myself.cast(Message::Told(index, told));
        }));
        desk.telling.insert(index, telling);
    }

    fn observe(&self, desk: &Desk) -> Observation {
        let stands = desk.sensors.iter().filter_map(|(index, sensor)| {
            Some((self.house.printers[*index].name.clone(), sensor.stands_open()?))
        });
        Observation { stands_open: stands.collect(), ..desk.seen.clone() }
    }
}

/// The till whose drawer it is: the only one that the printer names.
fn only_till(setup: &PrinterSetup) -> Option<TillNumber> {
    match setup.tills[..] {
        [till] => Some(till),
        _ => None,
    }
}

/// Keeps hearing the printer's sensor, whatever happens to the printer.
fn listen(device: Arc<Printer>) -> Task {
    Task(tokio::spawn(async move {
        loop {
            let fault = device.listen(ASK_SENSOR_EVERY).await;
            tracing::debug!(code = fault.code(), error = %fault, "a drawer's sensor cannot be heard now");
            tokio::time::sleep(HEAR_AGAIN).await;
        }
    }))
}

/// Hands on what the sensor says, as the newest of what came meanwhile.
fn hear(device: Arc<Printer>, index: usize, myself: ActorRef<Message>) -> Task {
    let mut readings = device.drawer_pin();
    Task(tokio::spawn(async move {
        loop {
            let reading = *readings.borrow_and_update();
            if myself.cast(Message::Read(index, reading)).is_err() || readings.changed().await.is_err() {
                return;
            }
        }
    }))
}
