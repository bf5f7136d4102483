//! A provider of Pix made of software: it speaks the central bank's API over HTTPS with a certificate of its own, keeps a book
//! of what was paid and given back, and misbehaves on command. A customer is whoever calls [`SimulatedWallet::scan`] with the
//! text of a code that a till showed.
//!
//! It is a device of the product: training and the demo pay with it. Like a web service it works on many requests at once and
//! finishes what it began when whoever asked is gone.

mod book;
mod session;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::Listening;
use super::identity::{self, Named, Papers};
use super::kept::{BookFault, BookFile};
use super::standing::Standing;
use crate::payment::qr::PixAccount;
use book::Book;

pub use book::{Back, Received};

/// What a kept book is of.
const DEVICE: &str = "a simulated provider of Pix";
const SERVER_NAME: &str = "pix.example.com";
const CLIENT_ID: &str = "holdfast";
const CLIENT_SECRET: &str = "a secret of the simulation";

/// Where in a request something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    BeforeReading,
    /// Nothing is done yet.
    AfterReading,
    /// It is done and in the book.
    BeforeAnswering,
}

impl Moment {
    pub const ALL: [Moment; 3] = [Moment::BeforeReading, Moment::AfterReading, Moment::BeforeAnswering];
}

/// What happens then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    HangUp,
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
    /// It is about somebody else's charge, which is paid.
    AboutAnother,
    WithoutStatus,
    Nonsense,
    /// A server in between says that there is no such page.
    NoSuchPage,
    /// Every token is taken back.
    TokenGone,
}

impl Wrongly {
    pub const ALL: [Wrongly; 7] = [
        Wrongly::CutInHalf,
        Wrongly::Twice,
        Wrongly::AboutAnother,
        Wrongly::WithoutStatus,
        Wrongly::Nonsense,
        Wrongly::NoSuchPage,
        Wrongly::TokenGone,
    ];
}

/// What a simulated provider does wrong, until it is told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Misbehaviour {
    #[default]
    None,
    At(Moment, Trouble),
    Answers(Wrongly),
    /// It hears that a charge is to be stopped, but does not stop it yet.
    HearsButDoesNotStop,
}

/// A provider of Pix made of software. Clones are the same provider.
#[derive(Debug, Clone)]
pub struct SimulatedWallet {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    roots_pem: String,
    tls: Arc<ServerConfig>,
    state: Mutex<State>,
    /// How many requests it works on.
    under_way: watch::Sender<usize>,
    /// Counts requests that stand still.
    standing: Standing,
    /// Counts what it was told to do wrong.
    changes: watch::Sender<u64>,
}

/// One request that is worked on.
struct UnderWay<'a>(&'a watch::Sender<usize>);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[derive(Debug, Default)]
struct State {
    misbehaviour: Misbehaviour,
    book: Book,
    /// Counts the tokens that were given out.
    tokens: u64,
    /// The oldest token that is still good.
    good_from: u64,
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

impl SimulatedWallet {
    /// # Errors
    /// When the certificate cannot be made.
    pub fn new() -> io::Result<SimulatedWallet> {
        Self::with(&identity::papers(SERVER_NAME, Named::Alternative)?, State::default())
    }

    /// A provider that keeps its book and its certificate in a file and goes on with what is in there.
    ///
    /// # Errors
    /// [`BookFault`] when the file cannot be read or written, or is no book of a provider.
    pub fn kept(path: &Path) -> Result<SimulatedWallet, BookFault> {
        let (mut file, book) = BookFile::open::<Book>(path, DEVICE)?;
        let papers = file.papers(|| identity::papers(SERVER_NAME, Named::Alternative))?;
        let book = book.unwrap_or_default();
        file.keep(&book);
        if let Some(fault) = file.fault() {
            return Err(fault.clone());
        }
        let unusable = file.not_its("its certificate cannot be used".to_owned());
        let state = State { book, file: Some(file), ..State::default() };
        Self::with(&papers, state).map_err(|_| unusable)
    }

    fn with(papers: &Papers, state: State) -> io::Result<SimulatedWallet> {
        let identity = identity::of(papers)?;
        let (roots_pem, tls) = (identity.roots_pem, identity.tls);
        Ok(SimulatedWallet {
            inner: Arc::new(Inner {
                roots_pem,
                tls,
                state: Mutex::new(state),
                under_way: watch::Sender::new(0),
                standing: Standing::default(),
                changes: watch::Sender::new(0),
            }),
        })
    }

    /// As whom a store reaches it at this address.
    #[must_use]
    pub fn account(&self, address: SocketAddr, connect: Duration, answer: Duration) -> PixAccount {
        PixAccount {
            host: address.ip().to_string(),
            port: address.port(),
            server_name: SERVER_NAME.to_owned(),
            base_path: "/api/v2".to_owned(),
            token_path: "/oauth/token".to_owned(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: Zeroizing::new(CLIENT_SECRET.to_owned()),
            client_pem: Zeroizing::default(),
            roots_pem: self.inner.roots_pem.clone(),
            key: "5f84a4c5-c5cb-4599-9f13-7eb4d419dacc".to_owned(),
            merchant_name: "Padaria São João".to_owned(),
            merchant_city: "São Paulo".to_owned(),
            connect,
            answer,
        }
    }

    /// A customer pays the charge that a code leads to. False when it leads to none that can be paid.
    pub fn scan(&self, code: &str) -> bool {
        let mut state = self.state();
        let paid = state.book.pay(code);
        state.keep();
        paid
    }

    /// A customer pays whatever can be paid, as one who has read its code. The answer is how many there were.
    pub fn pay_what_is_open(&self) -> usize {
        let mut state = self.state();
        let open = state.book.open_numbers();
        let paid = open.iter().filter(|number| state.book.pay_number(number)).count();
        state.keep();
        paid
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

    /// Changes what it does wrong, for everything that is not past that moment.
    pub fn misbehave(&self, misbehaviour: Misbehaviour) {
        let mut state = self.state();
        state.misbehaviour = misbehaviour;
        if misbehaviour == Misbehaviour::Answers(Wrongly::TokenGone) {
            state.good_from = state.tokens + 1;
        }
        drop(state);
        self.inner.changes.send_modify(|changes| *changes += 1);
    }

    /// Stands still for as long as it is to.
    async fn hold(&self, moment: Moment) {
        let mut changes = self.inner.changes.subscribe();
        let _stands = self.inner.standing.still();
        while self.state().misbehaviour == Misbehaviour::At(moment, Trouble::Hold) {
            // The sender is in here as well, so that it is never gone.
            let _ = changes.changed().await;
        }
    }

    /// What arrived, oldest first.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.state().book.received().to_vec()
    }

    /// What was given back, oldest first.
    #[must_use]
    pub fn given_back(&self) -> Vec<Back> {
        self.state().book.given_back().to_vec()
    }

    /// How many charges can be paid now.
    #[must_use]
    pub fn open_charges(&self) -> usize {
        self.state().book.open_charges()
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

    /// Waits until it works on nothing any more.
    pub async fn idle(&self) {
        // The sender is in here as well, so that it is never gone.
        let _ = self.inner.under_way.subscribe().wait_for(|count| *count == 0).await;
    }

    fn under_way(&self) -> UnderWay<'_> {
        self.inner.under_way.send_modify(|count| *count += 1);
        UnderWay(&self.inner.under_way)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
