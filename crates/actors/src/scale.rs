//! One actor per scale: shows the tills beside it what it shows, and weighs when one of them asks.
//!
//! Job: keeps the scale open, tells its tills whenever it shows something else, at most five times a second, and carries
//! what a till asks of it (a weight to sell by, zero, tare) there and back.
//!
//! Invariants: what is shown is for a display, and what is sold is weighed when it is asked for; a till that does not keep
//! up hears the latest weight once it does; so many requests at once and no more; nothing here waits for the scale.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use holdfast_devices::scale::{Live, Refusal, Scale, ScaleAddress, ScaleFault, Timings};
use holdfast_devices::simulated::scale::SimulatedScale;
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::receipt::TillNumber;
use holdfast_protocol::message::{CounterNews, ScaleState, ScaleView, TareView, WeightView};
use holdfast_protocol::till_api::ScaleAsk;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::counter::{CounterError, HAND_OVER_WITHIN, TELL_AGAIN, Task, show, words};
use crate::house::{House, put};

/// The most tills that share a scale.
pub const SCALE_TILLS_MAX: usize = 16;
/// Requests that may be under way at once at one scale.
pub const ASKS_MAX: usize = 8;
/// The shortest time from one weight that is shown to the next.
pub const SHOW_EVERY: Duration = Duration::from_millis(200);
/// How long goods may take to lie still.
const SETTLE_WITHIN: Duration = Duration::from_secs(5);

/// A scale of the store and the tills beside it.
#[derive(Debug, Clone)]
pub struct ScaleSetup {
    pub name: DeviceName,
    /// At most [`SCALE_TILLS_MAX`].
    pub tills: Vec<TillNumber>,
    pub device: ScaleDevice,
}

/// Where a scale is.
#[derive(Debug, Clone)]
pub enum ScaleDevice {
    Real(ScaleAddress),
    Simulated(SimulatedScale),
}

impl ScaleDevice {
    fn open(&self) -> Scale {
        match self {
            Self::Real(address) => Scale::open(address, Timings::default()),
            Self::Simulated(scale) => Scale::simulated(scale, Timings::default()),
        }
    }

    pub(crate) fn is_simulated(&self) -> bool {
        matches!(self, Self::Simulated(_))
    }
}

type Outcome = Result<Option<WeightView>, ScaleFault>;
type Reply = RpcReplyPort<Result<Option<WeightView>, CounterError>>;

#[derive(Debug)]
pub(crate) enum Message {
    /// It shows something else, or a till may not have heard yet.
    Look(RpcReplyPort<()>),
    Ask(ScaleAsk, Reply),
    Asked(ScaleAsk, Outcome, Reply),
    View(RpcReplyPort<ScaleView>),
    Observe(RpcReplyPort<Observation>),
}

/// What a scale shows of itself.
#[derive(Debug, Clone, Serialize)]
pub struct Observation {
    pub scale: String,
    pub tills: Vec<u16>,
    pub state: ScaleState,
    pub net: Option<String>,
    pub tare: Option<String>,
    pub why_away: Option<String>,
    /// Weights that tills were shown since its actor was started.
    pub shown: u64,
    /// Requests of tills, and those that came to nothing.
    pub asked: u64,
    pub refused: u64,
    pub under_way: usize,
    pub last_fault: Option<String>,
}

pub(crate) struct Desk {
    scale: Arc<Scale>,
    live: watch::Receiver<Live>,
    tare: Option<TareView>,
    /// What each till saw last.
    told: BTreeMap<TillNumber, ScaleView>,
    shown: u64,
    asked: u64,
    refused: u64,
    under_way: usize,
    last_fault: Option<String>,
    _watching: Task,
}

pub(crate) struct ScaleActor {
    pub house: Arc<House>,
    pub index: usize,
}

#[ractor::async_trait]
impl Actor for ScaleActor {
    type Msg = Message;
    type State = Desk;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<Desk, ActorProcessingErr> {
        put(&self.house.weighing[self.index], myself.clone());
        let scale = self.setup().device.open();
        let live = scale.live();
        let watching = Task(tokio::spawn(watch(myself, scale.live())));
        Ok(Desk {
            scale: Arc::new(scale),
            live,
            tare: None,
            told: BTreeMap::new(),
            shown: 0,
            asked: 0,
            refused: 0,
            under_way: 0,
            last_fault: None,
            _watching: watching,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        desk: &mut Desk,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Look(done) => {
                self.tell(desk);
                let _gone = done.send(());
            }
            Message::Ask(ask, reply) => {
                desk.asked += 1;
                if desk.under_way >= ASKS_MAX {
                    desk.refused += 1;
                    let _gone = reply.send(Err(CounterError::Busy));
                    return Ok(());
                }
                desk.under_way += 1;
                let scale = Arc::clone(&desk.scale);
                tokio::spawn(async move {
                    let outcome = carry_out(&scale, ask).await;
                    let _gone = myself.cast(Message::Asked(ask, outcome, reply));
                });
            }
            Message::Asked(ask, outcome, reply) => {
                desk.under_way = desk.under_way.saturating_sub(1);
                match &outcome {
                    Ok(weight) => match ask {
                        ScaleAsk::Tare => desk.tare = Some(TareView { weight: *weight }),
                        ScaleAsk::PresetTare(asked) => {
                            desk.tare = Some(TareView { weight: weight.or(Some(asked)) });
                        }
                        ScaleAsk::Zero | ScaleAsk::ClearTare => desk.tare = None,
                        ScaleAsk::Weigh => {}
                    },
                    Err(fault) => {
                        desk.refused += 1;
                        desk.last_fault = Some(fault.to_string());
                    }
                }
                // The next reading shows what became of it.
                let _gone = reply.send(outcome.map_err(CounterError::from));
            }
            Message::View(reply) => {
                let _gone = reply.send(self.view(desk));
            }
            Message::Observe(reply) => {
                let _gone = reply.send(self.observation(desk));
            }
        }
        Ok(())
    }
}

impl ScaleActor {
    fn setup(&self) -> &ScaleSetup {
        &self.house.scales[self.index]
    }

    /// What it shows now. A scale that was away has forgotten its tare.
    fn view(&self, desk: &mut Desk) -> ScaleView {
        let setup = self.setup();
        let view =
            words::scale(&setup.name, setup.device.is_simulated(), &desk.live.borrow_and_update(), desk.tare);
        if view.state == ScaleState::NotConnected {
            desk.tare = None;
        }
        view
    }

    /// Shows it to every till that saw something else.
    fn tell(&self, desk: &mut Desk) {
        let view = self.view(desk);
        for till in &self.setup().tills {
            if desk.told.get(till) != Some(&view)
                && show(&self.house, *till, CounterNews::Scale(view.clone()))
            {
                desk.told.insert(*till, view.clone());
                desk.shown += 1;
            }
        }
    }

    fn observation(&self, desk: &mut Desk) -> Observation {
        let ScaleView { state, net, tare, text, .. } = self.view(desk);
        let tare = tare.map(|tare| tare.weight.map_or("set".to_owned(), |weight| weight.to_string()));
        Observation {
            scale: self.setup().name.to_string(),
            tills: self.setup().tills.iter().map(|till| till.0).collect(),
            state,
            net: net.map(|net| net.to_string()),
            tare,
            why_away: text,
            shown: desk.shown,
            asked: desk.asked,
            refused: desk.refused,
            under_way: desk.under_way,
            last_fault: desk.last_fault.clone(),
        }
    }
}

async fn carry_out(scale: &Scale, ask: ScaleAsk) -> Outcome {
    let weight = match ask {
        ScaleAsk::Weigh => {
            let settled = scale.read_stable(SETTLE_WITHIN).await?;
            if settled.weight.amount.units == 0 {
                return Err(ScaleFault::Nothing);
            }
            Some(settled.weight)
        }
        ScaleAsk::Zero => scale.zero().await.map(|()| None)?,
        ScaleAsk::Tare => scale.tare().await?,
        ScaleAsk::ClearTare => scale.clear_tare().await.map(|()| None)?,
        ScaleAsk::PresetTare(view) => {
            let stated = words::stated(view).ok_or(ScaleFault::Refused { refusal: Refusal::OutOfRange })?;
            scale.preset_tare(stated).await?
        }
    };
    Ok(weight.map(words::weight))
}

/// Says when there is something to look at, not too often, until the scale or its actor is gone.
async fn watch(actor: ActorRef<Message>, mut live: watch::Receiver<Live>) {
    loop {
        if actor.call(Message::Look, Some(HAND_OVER_WITHIN)).await.is_err() {
            return;
        }
        sleep(SHOW_EVERY).await;
        if matches!(timeout(TELL_AGAIN, live.changed()).await, Ok(Err(_))) {
            return;
        }
    }
}
