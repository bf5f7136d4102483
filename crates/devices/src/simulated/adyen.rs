//! A card terminal made of software that speaks Adyen's Terminal API as a real one does: HTTPS with a certificate of its own,
//! sealed messages, buttons for its customer, and a book of what it captured. It misbehaves on command.
//!
//! It is a device of the product: training and the demo pay on it. Like a real terminal it goes on with a payment whose line
//! broke, reads requests one after another, and keeps its book over a restart.

mod book;
mod reply;
mod session;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::Listening;
use super::identity::{self, Named, Papers};
use super::kept::{BookFault, BookFile};
use super::standing::Standing;
use crate::payment::ErrorCondition;
use crate::payment::adyen::crypto::Keys;
use crate::payment::adyen::{Environment, Settings, SharedKey, Timings};
use book::Book;

pub use book::{Booked, Kind};

/// What a kept book is of.
const DEVICE: &str = "a simulated Adyen terminal";

/// What the customer at the terminal does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Customer {
    /// Pays at once.
    #[default]
    Pays,
    /// Pays at once, and the terminal approves by itself: it does not reach the bank.
    PaysOffline,
    /// Pays at once, but the bank gives no more than this, in minor units.
    PaysAtMost(i64),
    /// It comes to nothing at once.
    Fails(ErrorCondition),
    /// Waits for a button.
    Waits,
}

/// A button of the terminal, for whoever plays the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Button {
    Pay,
    /// Pays, and the terminal does not reach the bank.
    PayOffline,
    Refuse,
    Cancel,
}

/// Where in a request something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    BeforeReading,
    /// Nothing is begun yet.
    AfterReading,
    /// The customer did something, but it is not in the book. Only payments, refunds and reversals come by here.
    BeforeBooking,
    BeforeAnswering,
}

impl Moment {
    pub const ALL: [Moment; 4] =
        [Moment::BeforeReading, Moment::AfterReading, Moment::BeforeBooking, Moment::BeforeAnswering];
}

/// What happens then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The line is closed. What was begun goes on.
    HangUp,
    /// Every line is closed, and what is not in the book is forgotten.
    Restart,
    /// HTTP status 500. What was begun goes on.
    Status500,
    Delay(Duration),
    /// It stops there, and its till hears nothing, until it is told otherwise.
    Hold,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrongly {
    CutInHalf,
    Twice,
    /// It is the right answer to somebody else, under our own header outside.
    ForAnother,
    /// Its header is ours, and its content is somebody else's approval.
    AboutAnother,
    /// Somebody without the key changed it.
    WrongProof,
    /// It is not sealed.
    Unsealed,
    WithoutResult,
    Nonsense,
}

impl Wrongly {
    pub const ALL: [Wrongly; 8] = [
        Wrongly::CutInHalf,
        Wrongly::Twice,
        Wrongly::ForAnother,
        Wrongly::AboutAnother,
        Wrongly::WrongProof,
        Wrongly::Unsealed,
        Wrongly::WithoutResult,
        Wrongly::Nonsense,
    ];
}

/// What a simulated terminal does wrong, until it is told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Misbehaviour {
    #[default]
    None,
    At(Moment, Trouble),
    Answers(Wrongly),
}

/// A card terminal made of software. Clones are the same terminal.
#[derive(Debug, Clone)]
pub struct SimulatedAdyen {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    poi_id: String,
    environment: Environment,
    key: SharedKey,
    keys: Keys,
    roots_pem: String,
    tls: Arc<ServerConfig>,
    state: Mutex<State>,
    /// Counts what whoever waits for something could have waited for.
    changes: watch::Sender<u64>,
    /// Counts requests that stand still.
    standing: Standing,
    /// Counts restarts.
    life: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    customer: Customer,
    misbehaviour: Misbehaviour,
    book: Book,
    /// Where the book is kept.
    file: Option<BookFile>,
}

impl State {
    fn keep(&mut self) {
        if let Some(file) = &mut self.file {
            file.keep(&self.book);
        }
    }
}

impl SimulatedAdyen {
    /// A terminal of the gateway's test environment with a certificate that was never there before.
    ///
    /// # Errors
    /// When the certificate cannot be made.
    pub fn new(poi_id: &str, key: SharedKey) -> io::Result<SimulatedAdyen> {
        Self::with(poi_id, key, &papers(poi_id)?, State::default())
    }

    /// A terminal that keeps its book and its certificate in a file and goes on with what is in there.
    ///
    /// # Errors
    /// [`BookFault`] when the file cannot be read or written, or is no book of such a terminal.
    pub fn kept(poi_id: &str, key: SharedKey, path: &Path) -> Result<SimulatedAdyen, BookFault> {
        let (mut file, book) = BookFile::open::<Book>(path, DEVICE)?;
        let papers = file.papers(|| papers(poi_id))?;
        let mut book = book.unwrap_or_default();
        book.forget_what_is_not_done();
        file.keep(&book);
        if let Some(fault) = file.fault() {
            return Err(fault.clone());
        }
        let unusable = file.not_its("its certificate cannot be used".to_owned());
        let state = State { book, file: Some(file), ..State::default() };
        Self::with(poi_id, key, &papers, state).map_err(|_| unusable)
    }

    fn with(poi_id: &str, key: SharedKey, papers: &Papers, state: State) -> io::Result<SimulatedAdyen> {
        let environment = Environment::Test;
        let identity = identity::of(papers)?;
        Ok(SimulatedAdyen {
            inner: Arc::new(Inner {
                poi_id: poi_id.to_owned(),
                environment,
                keys: Keys::derive(&key),
                key,
                roots_pem: identity.roots_pem,
                tls: identity.tls,
                state: Mutex::new(state),
                changes: watch::Sender::new(0),
                standing: Standing::default(),
                life: watch::Sender::new(0),
            }),
        })
    }

    /// How a store that is called `sale_id` reaches it at this address.
    #[must_use]
    pub fn settings(&self, address: SocketAddr, sale_id: &str, timings: Timings) -> Settings {
        Settings {
            host: address.ip().to_string(),
            port: address.port(),
            poi_id: self.inner.poi_id.clone(),
            sale_id: sale_id.to_owned(),
            environment: self.inner.environment,
            roots_pem: self.inner.roots_pem.clone(),
            key: self.inner.key.clone(),
            timings,
        }
    }

    /// What customers do from now on.
    pub fn set_customer(&self, customer: Customer) {
        self.state().customer = customer;
    }

    /// Presses a button. False when nothing waits for one.
    pub fn press(&self, button: Button) -> bool {
        let pressed = self.state().book.press(button);
        self.note_change();
        pressed
    }

    /// Changes what it does wrong, for everything that is not past that moment.
    pub fn misbehave(&self, misbehaviour: Misbehaviour) {
        self.state().misbehaviour = misbehaviour;
        self.note_change();
    }

    /// Why its book is not kept, when that has failed. From then on it says nothing any more.
    #[must_use]
    pub fn book_fault(&self) -> Option<BookFault> {
        self.state().file.as_ref()?.fault().cloned()
    }

    /// The certificate of the root that its own is signed by, in PEM.
    #[must_use]
    pub fn roots_pem(&self) -> &str {
        &self.inner.roots_pem
    }

    /// Whether a request stands still at the moment of [`Trouble::Hold`].
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.inner.standing.is_anybody()
    }

    /// Whether a customer stands before its buttons.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.state().book.waits_for_a_button()
    }

    /// Pulls its plug and puts it in again.
    pub fn restart(&self) {
        // Under the lock: nothing of the old life is booked after this.
        let mut state = self.state();
        state.book.forget_what_is_not_done();
        state.keep();
        self.inner.life.send_modify(|lives| *lives += 1);
        drop(state);
        self.note_change();
    }

    /// What it captured, gave back and reversed, oldest first.
    #[must_use]
    pub fn booked(&self) -> Vec<Booked> {
        self.state().book.booked().to_vec()
    }

    /// How many requests came with a number that it knew already.
    #[must_use]
    pub fn repeats(&self) -> u64 {
        self.state().book.repeats()
    }

    /// Whether it is not at anything.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.state().book.is_idle()
    }

    /// Waits until it is not at anything any more.
    pub async fn idle(&self) {
        self.until(|terminal| terminal.is_idle()).await;
    }

    /// Waits until a customer stands before its buttons.
    pub async fn waits_for_a_button(&self) {
        self.until(|terminal| terminal.state().book.waits_for_a_button()).await;
    }

    async fn until(&self, wanted: impl Fn(&SimulatedAdyen) -> bool) {
        let mut changes = self.inner.changes.subscribe();
        while !wanted(self) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Serves the network until the answer is dropped. Use port 0 for any free port.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn listen(&self, address: SocketAddr) -> io::Result<Listening> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(session::serve(self.clone(), listener));
        Ok(Listening { address, task })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_change(&self) {
        self.inner.changes.send_modify(|changes| *changes += 1);
    }

    /// Stands still for as long as it is to.
    async fn hold(&self, moment: Moment) {
        let _stands = self.inner.standing.still();
        self.until(|terminal| terminal.trouble_at(moment) != Some(Trouble::Hold)).await;
    }

    fn trouble_at(&self, moment: Moment) -> Option<Trouble> {
        match self.state().misbehaviour {
            Misbehaviour::At(at, trouble) if at == moment => Some(trouble),
            _ => None,
        }
    }

    fn answers_wrongly(&self) -> Option<Wrongly> {
        match self.state().misbehaviour {
            Misbehaviour::Answers(wrongly) => Some(wrongly),
            _ => None,
        }
    }
}

fn papers(poi_id: &str) -> io::Result<Papers> {
    identity::papers(&format!("{poi_id}.test.terminal.adyen.com"), Named::CommonOnly)
}
