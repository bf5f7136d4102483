//! Stripe made of software: its API over HTTPS with a certificate of its own, a card reader with a customer in front of it, and
//! a book of payments and refunds. It keeps idempotency keys as Stripe does, and misbehaves on command.
//!
//! It is a device of the product: training and the demo pay with it. Like a web service it works on many requests at once and
//! finishes what it began when whoever asked is gone.

mod book;
mod object;
mod session;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::Listening;
use super::identity::{self, Named, Papers};
use super::kept::{BookFault, BookFile};
use super::standing::Standing;
use crate::payment::stripe::{SecretKey, Settings, SettingsError, Timings};
use book::Book;

pub use book::{Captured, GivenBack};

/// What a kept book is of.
const DEVICE: &str = "a simulated Stripe";
/// What its certificate is for, so it is reached there and nowhere else.
const HOST: &str = "127.0.0.1";
const SECRET_KEY: &str = "sk_test_asecretofthesimulation";
const READER: &str = "tmr_simulated1";

/// Which request something happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Create,
    Process,
    LookAtReader,
    LookAtIntent,
    Search,
    Capture,
    Cancel,
    CancelAction,
    Refund,
    ListRefunds,
}

impl Kind {
    pub const ALL: [Kind; 10] = [
        Kind::Create,
        Kind::Process,
        Kind::LookAtReader,
        Kind::LookAtIntent,
        Kind::Search,
        Kind::Capture,
        Kind::Cancel,
        Kind::CancelAction,
        Kind::Refund,
        Kind::ListRefunds,
    ];
}

/// What happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The line is cut before anything is done.
    HangUpBefore,
    /// It is done and in the book, and the line is cut.
    HangUpAfter,
    CutInHalf,
    /// A server in front of it fails: nothing is done, and no key is kept.
    Fails,
    /// It fails after it did it, and its key keeps the failure.
    FailsAfter,
    /// It fails without having done it, and its key keeps the failure.
    KeepsFailing,
    /// It says that it does not do that now.
    Refuses,
    /// Too many requests; nothing is done.
    TooMany,
    DelaysBefore(Duration),
    DelaysAfter(Duration),
    /// It does it and never answers, until it is told otherwise.
    Mute,
    /// It hears it and stops there, until it is told otherwise.
    Holds,
    /// The answer is about somebody else's.
    AboutAnother,
    WithoutStatus,
    /// A list or a search has nothing in it.
    Empty,
    Nonsense,
    /// A server in between says that there is no such page.
    NoSuchPage,
}

/// What a simulated Stripe does wrong, until it is told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Misbehaviour {
    #[default]
    None,
    At(Kind, Trouble),
    Always(Trouble),
    /// It takes no secret key.
    KeyRevoked,
}

impl Misbehaviour {
    fn at(self, kind: Kind) -> Option<Trouble> {
        match self {
            Misbehaviour::At(at, trouble) if at == kind => Some(trouble),
            Misbehaviour::Always(trouble) => Some(trouble),
            _ => None,
        }
    }
}

/// What is at the reader, and who stands in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Customer {
    #[default]
    Pays,
    /// By telephone, and gives so much more, in minor units.
    PaysWithTip(i64),
    /// The bank says no with this word.
    IsDeclined(&'static str),
    /// Presses the red button.
    Cancels,
    /// Does nothing, until [`SimulatedStripe::pay`].
    Waits,
    /// The reader is not connected.
    IsOffline,
    /// The reader does something else.
    IsBusy,
}

/// Stripe made of software. Clones are the same one.
#[derive(Debug, Clone)]
pub struct SimulatedStripe {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    roots_pem: String,
    tls: Arc<ServerConfig>,
    state: Mutex<State>,
    misbehaviour: watch::Sender<Misbehaviour>,
    /// How many requests it works on.
    under_way: watch::Sender<usize>,
    /// Counts those that stand still.
    standing: Standing,
}

#[derive(Debug, Default)]
struct State {
    book: Book,
    /// How many requests came, by whoever they came from.
    requests: u64,
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

/// One request that is worked on.
struct UnderWay<'a>(&'a watch::Sender<usize>);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl SimulatedStripe {
    /// # Errors
    /// When the certificate cannot be made.
    pub fn new() -> io::Result<SimulatedStripe> {
        Self::with(&identity::papers(HOST, Named::Alternative)?, State::default())
    }

    /// A Stripe that keeps its book and its certificate in a file and goes on with what is in there.
    ///
    /// # Errors
    /// [`BookFault`] when the file cannot be read or written, or is no book of a Stripe.
    pub fn kept(path: &Path) -> Result<SimulatedStripe, BookFault> {
        let (mut file, book) = BookFile::open::<Book>(path, DEVICE)?;
        let papers = file.papers(|| identity::papers(HOST, Named::Alternative))?;
        let book = book.unwrap_or_default();
        file.keep(&book);
        if let Some(fault) = file.fault() {
            return Err(fault.clone());
        }
        let unusable = file.not_its("its certificate cannot be used".to_owned());
        let state = State { book, file: Some(file), ..State::default() };
        Self::with(&papers, state).map_err(|_| unusable)
    }

    fn with(papers: &Papers, state: State) -> io::Result<SimulatedStripe> {
        let identity = identity::of(papers)?;
        Ok(SimulatedStripe {
            inner: Arc::new(Inner {
                roots_pem: identity.roots_pem,
                tls: identity.tls,
                state: Mutex::new(state),
                misbehaviour: watch::Sender::new(Misbehaviour::None),
                under_way: watch::Sender::new(0),
                standing: Standing::default(),
            }),
        })
    }

    /// How a store reaches it when it listens at this port of this machine.
    ///
    /// # Errors
    /// Never: its own key has the form of one.
    pub fn settings(&self, address: SocketAddr, timings: Timings) -> Result<Settings, SettingsError> {
        Ok(Settings {
            api: format!("https://{HOST}:{}", address.port()),
            key: SecretKey::new(Zeroizing::new(SECRET_KEY.to_owned()))?,
            reader: READER.to_owned(),
            roots_pem: self.inner.roots_pem.clone(),
            tipping: true,
            timings,
        })
    }

    /// Changes what it does wrong, for everything that is not past that moment.
    pub fn misbehave(&self, misbehaviour: Misbehaviour) {
        self.inner.misbehaviour.send_replace(misbehaviour);
    }

    pub fn set_customer(&self, customer: Customer) {
        self.state().book.customer = customer;
    }

    /// For how long a search does not find what is new.
    pub fn set_index_lag(&self, lag: Duration) {
        self.state().book.index_lag = lag;
    }

    /// Whoever waits at the reader pays. False when nobody does.
    pub fn pay(&self) -> bool {
        self.state().book.pay_now(Instant::now())
    }

    /// Time passes: every key is forgotten.
    pub fn forget_keys(&self) {
        self.state().book.keys.clear();
    }

    /// What was captured, oldest first.
    #[must_use]
    pub fn captured(&self) -> Vec<Captured> {
        self.state().book.captured.clone()
    }

    /// What was given back, oldest first.
    #[must_use]
    pub fn given_back(&self) -> Vec<GivenBack> {
        self.state().book.given_back.clone()
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

    /// What a till has to be told: the secret key, and which reader is at this till.
    #[must_use]
    pub fn key_and_reader(&self) -> (&'static str, &'static str) {
        (SECRET_KEY, READER)
    }

    /// Whether a request stands still, because it is [`Trouble::Mute`] to it.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.inner.standing.is_anybody()
    }

    /// How many payments could still be charged or captured.
    #[must_use]
    pub fn open(&self) -> usize {
        let mut state = self.state();
        state.book.pass(Instant::now());
        state.book.open()
    }

    /// Whether somebody stands at the reader with a payment.
    #[must_use]
    pub fn is_at_it(&self) -> bool {
        let mut state = self.state();
        state.book.pass(Instant::now());
        state.book.is_at_it()
    }

    /// How many requests came, whatever became of them.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.state().requests
    }

    /// Serves the network until the answer is dropped. Use port 0 of `127.0.0.1` for any free port.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn listen(&self, address: SocketAddr) -> io::Result<Listening> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(session::serve(self.clone(), listener));
        Ok(Listening { address, task })
    }

    /// Waits until it works on nothing any more.
    pub async fn idle(&self) {
        // The sender is in here as well, so that it is never gone.
        let _ = self.inner.under_way.subscribe().wait_for(|count| *count == 0).await;
    }

    fn under_way(&self) -> UnderWay<'_> {
        self.inner.under_way.send_modify(|count| *count += 1);
        UnderWay(&self.inner.under_way)
    }

    fn misbehaviour(&self) -> Misbehaviour {
        *self.inner.misbehaviour.borrow()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
