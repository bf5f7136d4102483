//! One actor per scanner: hands each scan to the till that it belongs to.
//!
//! Job: keeps the scanner open, reads each scan as GS1 and the catalog know it, and shows it to the till, together with
//! whether the scanner is there. A scan is of use at once or not at all: one whose till is not there is gone.
//!
//! Invariants: one scan at a time is on its way from the device to here, whatever the device sends; the text of a scan is
//! neither logged nor kept; a payment card's number leaves here with its last four digits alone.

use std::sync::Arc;

use holdfast_devices::scanner::{Counts, Limits, Link, RawScan, Scanner, ScannerAddress};
use holdfast_devices::simulated::barcode_gun::BarcodeGun;
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::receipt::TillNumber;
use holdfast_protocol::message::{CounterNews, ScannedCode, ScannerView};
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use crate::counter::{HAND_OVER_WITHIN, TELL_AGAIN, Task, show, words};
use crate::house::{House, put};

/// A mean year of the Gregorian calendar. The year only decides about the century of a label's date.
const YEAR_MS: i64 = 31_556_952_000;

/// A scanner of the store and the till that its scans are for.
#[derive(Debug, Clone)]
pub struct ScannerSetup {
    pub name: DeviceName,
    pub till: TillNumber,
    pub device: ScannerDevice,
}

/// Where a scanner is.
#[derive(Debug, Clone)]
pub enum ScannerDevice {
    Real(ScannerAddress),
    Simulated(BarcodeGun),
}

impl ScannerDevice {
    fn open(&self) -> (Scanner, mpsc::Receiver<RawScan>) {
        match self {
            Self::Real(address) => Scanner::open(address, Limits::default()),
            Self::Simulated(gun) => Scanner::simulated(gun, Limits::default()),
        }
    }

    fn is_simulated(&self) -> bool {
        matches!(self, Self::Simulated(_))
    }
}

#[derive(Debug)]
pub(crate) enum Message {
    Scanned(RawScan, RpcReplyPort<()>),
    /// The scanner came or went, or the till may not have heard yet.
    Look(RpcReplyPort<()>),
    View(RpcReplyPort<ScannerView>),
    Observe(RpcReplyPort<Observation>),
}

/// What a scanner shows of itself. Whatever was dropped is counted by its reason.
#[derive(Debug, Clone, Serialize)]
pub struct Observation {
    pub scanner: String,
    pub till: u16,
    pub connected: bool,
    pub why_away: Option<String>,
    /// Since its actor was started.
    pub scans: u64,
    pub shown: u64,
    /// The till was not there, or did not keep up.
    pub not_shown: u64,
    pub cards: u64,
    pub too_long: u64,
    pub unfinished: u64,
    pub garbled: u64,
    pub too_fast: u64,
    pub unread: u64,
}

pub(crate) struct Desk {
    scanner: Scanner,
    link: watch::Receiver<Link>,
    /// What the till heard last of the scanner itself.
    told: Option<ScannerView>,
    shown: u64,
    not_shown: u64,
    cards: u64,
    _hearing: Task,
}

pub(crate) struct ScannerActor {
    pub house: Arc<House>,
    pub index: usize,
}

#[ractor::async_trait]
impl Actor for ScannerActor {
    type Msg = Message;
    type State = Desk;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<Desk, ActorProcessingErr> {
        put(&self.house.scanning[self.index], myself.clone());
        let (scanner, scans) = self.setup().device.open();
        let link = scanner.link();
        let hearing = Task(tokio::spawn(hear(myself, scans, scanner.link())));
        Ok(Desk { scanner, link, told: None, shown: 0, not_shown: 0, cards: 0, _hearing: hearing })
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        desk: &mut Desk,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Scanned(scan, done) => {
                self.tell(scan.text(), desk);
                let _gone = done.send(());
            }
            Message::Look(done) => {
                let view = self.view(desk);
                if desk.told.as_ref() != Some(&view)
                    && show(&self.house, self.setup().till, CounterNews::Scanner(view.clone()))
                {
                    desk.told = Some(view);
                }
                let _gone = done.send(());
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

impl ScannerActor {
    fn setup(&self) -> &ScannerSetup {
        &self.house.scanners[self.index]
    }

    fn view(&self, desk: &Desk) -> ScannerView {
        let setup = self.setup();
        words::scanner(&setup.name, setup.device.is_simulated(), &desk.link.borrow())
    }

    fn tell(&self, text: &str, desk: &mut Desk) {
        let house = &self.house;
        let this_year = i16::try_from(1970 + house.clock.now().0 / YEAR_MS).unwrap_or(i16::MAX);
        let mut currency = None;
        house.store.with_state(&mut |state| {
            currency = state.profile.as_ref().map(|profile| profile.currency);
        });
        let catalog = Arc::clone(&house.catalog.borrow());
        let setup = self.setup();
        let scanned = words::scanned(&setup.name, text, this_year, &catalog, currency);
        if matches!(scanned.code, ScannedCode::LooksLikeCard { .. }) {
            desk.cards += 1;
        }
        match show(house, setup.till, CounterNews::Scanned(Box::new(scanned))) {
            true => desk.shown += 1,
            false => desk.not_shown += 1,
        }
    }

    fn observation(&self, desk: &Desk) -> Observation {
        let Counts { scans, too_long, unfinished, garbled, too_fast, unread } = desk.scanner.counts();
        let ScannerView { connected, text, .. } = self.view(desk);
        Observation {
            scanner: self.setup().name.to_string(),
            till: self.setup().till.0,
            connected,
            why_away: text,
            scans,
            shown: desk.shown,
            not_shown: desk.not_shown,
            cards: desk.cards,
            too_long,
            unfinished,
            garbled,
            too_fast,
            unread,
        }
    }
}

/// Carries what the scanner does to its actor, one thing at a time, until either is gone.
async fn hear(actor: ActorRef<Message>, mut scans: mpsc::Receiver<RawScan>, mut link: watch::Receiver<Link>) {
    link.mark_changed();
    loop {
        let within = Some(HAND_OVER_WITHIN);
        let handed = tokio::select! {
            scan = scans.recv() => match scan {
                Some(scan) => actor.call(|done| Message::Scanned(scan, done), within).await,
                None => return,
            },
            changed = link.changed() => match changed {
                Ok(()) => actor.call(Message::Look, within).await,
                Err(_) => return,
            },
            () = sleep(TELL_AGAIN) => actor.call(Message::Look, within).await,
        };
        if handed.is_err() {
            return;
        }
    }
}
