//! A card terminal made of software that speaks ZVT: it has a book, a screen and buttons, and misbehaves on command.
//!
//! It is a device of the product: training and the demo pay at it. A customer stands at it, so a transaction goes on when
//! the till's line is gone, and every other till is told to wait meanwhile.
//!
//! Invariant: the book alone says what was booked; no misbehaviour touches it.

mod book;
mod script;
mod session;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use holdfast_money::{Currency, Money};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::payment::Authorised;
use crate::payment::zvt::Framing;
use crate::payment::zvt::command::Password;
use crate::payment::zvt::line::Line;
use crate::payment::zvt::result_code::ResultCode;
#[cfg(unix)]
use crate::simulated::Plugged;
use crate::simulated::kept::{BookFault, BookFile};
use book::Book;
pub use book::{Booking, Kind};
use script::Counter;
pub use script::{Direction, Misbehaviour, ProtocolStep, Script, When};

/// The bytes that wait in a line inside the process.
const LINE_BYTES: usize = 4_096;
/// What a kept book is of.
const DEVICE: &str = "a simulated ZVT terminal";
/// The longest that putting bytes on a line may take.
const WRITE: Duration = Duration::from_secs(5);

/// How this terminal is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZvtSettings {
    pub password: Password,
    pub terminal: u32,
    pub currency: Currency,
    /// How its lines inside the process carry messages.
    pub framing: Framing,
    /// It gives declined transactions a receipt as well.
    pub declines: Declines,
    /// What it does with a payment whose result the till does not acknowledge.
    pub unacknowledged: Unacknowledged,
    pub paper: Paper,
    /// How long its host thinks about a card.
    pub host: Duration,
}

/// Whether a declined transaction gets a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declines {
    AreForgotten,
    AreNumbered,
}

/// What becomes of a payment whose result the till does not acknowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unacknowledged {
    IsKept,
    /// The terminal takes it back by itself.
    IsReversed,
}

/// How receipts are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    Lines,
    Blocks,
}

impl Default for ZvtSettings {
    fn default() -> Self {
        Self {
            password: Password::DELIVERED,
            terminal: 12_000_001,
            currency: Currency::EUR,
            framing: Framing::Plain,
            declines: Declines::AreForgotten,
            unacknowledged: Unacknowledged::IsKept,
            paper: Paper::Blocks,
            host: Duration::from_millis(300),
        }
    }
}

/// What the customer's bank answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardAnswer {
    Approve,
    /// Yes, and the customer has to sign.
    ApproveSigned,
    /// The terminal does not ask the bank and approves by itself.
    ApproveOffline,
    Decline(ResultCode),
}

/// A customer who needs nobody at the buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Auto {
    /// From the question for a card to its answer.
    pub delay: Duration,
    pub answer: CardAnswer,
}

/// A card terminal made of software. Clones are the same terminal.
#[derive(Debug, Clone)]
pub struct SimulatedZvt {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: ZvtSettings,
    state: Mutex<State>,
    /// A button was pressed, or a till said stop.
    pressed: Notify,
}

#[derive(Debug)]
struct State {
    book: Book,
    screen: String,
    auto: Option<Auto>,
    card_in: bool,
    answer: Option<CardAnswer>,
    cancelled: bool,
    /// Some line's command is being carried out.
    occupied: bool,
    counter: Counter,
    /// How often it was restarted; what began before is gone.
    restarts: u64,
    down_until: Option<Instant>,
    /// It stands still at a step.
    held: bool,
    /// Its cable is out.
    unplugged: bool,
    /// How often its cable was pulled.
    pulls: u64,
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

impl SimulatedZvt {
    /// A terminal whose buttons wait for somebody.
    #[must_use]
    pub fn new(settings: ZvtSettings) -> Self {
        Self::with(settings, Book::new(settings.terminal), None)
    }

    /// A terminal that keeps its book in a file and goes on with what is in there.
    ///
    /// # Errors
    /// [`BookFault`] when the file cannot be read or written, or holds another terminal's book.
    pub fn kept(settings: ZvtSettings, path: &Path) -> Result<Self, BookFault> {
        let (mut file, kept) = BookFile::open::<Book>(path, DEVICE)?;
        let book = kept.unwrap_or_else(|| Book::new(settings.terminal));
        if book.terminal() != settings.terminal {
            return Err(file.not_its(format!("it is of the terminal {:08}", book.terminal())));
        }
        file.keep(&book);
        match file.fault() {
            Some(fault) => Err(fault.clone()),
            None => Ok(Self::with(settings, book, Some(file))),
        }
    }

    fn with(settings: ZvtSettings, book: Book, file: Option<BookFile>) -> Self {
        let state = State {
            book,
            screen: session::IDLE_TEXT.to_owned(),
            auto: None,
            card_in: false,
            answer: None,
            cancelled: false,
            occupied: false,
            counter: Counter::default(),
            restarts: 0,
            down_until: None,
            held: false,
            unplugged: false,
            pulls: 0,
            file,
        };
        Self { inner: Arc::new(Inner { settings, state: Mutex::new(state), pressed: Notify::new() }) }
    }

    #[must_use]
    pub fn settings(&self) -> ZvtSettings {
        self.inner.settings
    }

    /// From now on customers answer by themselves, or wait for the buttons.
    pub fn automatic(&self, auto: Option<Auto>) {
        self.state().auto = auto;
        self.inner.pressed.notify_waiters();
    }

    /// What the screen shows.
    #[must_use]
    pub fn screen(&self) -> String {
        self.state().screen.clone()
    }

    pub fn insert_card(&self) {
        self.press(|state| state.card_in = true);
    }

    /// The card's bank says yes; the card is in by then.
    pub fn approve(&self) {
        self.press(|state| {
            state.card_in = true;
            state.answer = Some(CardAnswer::Approve);
        });
    }

    /// As [`SimulatedZvt::approve`], for a card whose holder signs.
    pub fn approve_signed(&self) {
        self.press(|state| {
            state.card_in = true;
            state.answer = Some(CardAnswer::ApproveSigned);
        });
    }

    /// The terminal says yes by itself, without the card's bank.
    pub fn approve_offline(&self) {
        self.press(|state| {
            state.card_in = true;
            state.answer = Some(CardAnswer::ApproveOffline);
        });
    }

    pub fn decline(&self, code: ResultCode) {
        self.press(|state| {
            state.card_in = true;
            state.answer = Some(CardAnswer::Decline(code));
        });
    }

    /// The red button.
    pub fn cancel(&self) {
        self.press(|state| state.cancelled = true);
    }

    /// Everything that it booked, oldest first.
    #[must_use]
    pub fn book(&self) -> Vec<Booking> {
        self.state().book.bookings().to_vec()
    }

    /// What it holds: payments less what was refunded and taken back, in minor units.
    #[must_use]
    pub fn holds(&self) -> i64 {
        let state = self.state();
        let open = state.book.bookings().iter().filter(|booking| !booking.reversed);
        open.map(|booking| match booking.kind {
            Kind::Payment => booking.amount.minor(),
            Kind::Refund => -booking.amount.minor(),
            Kind::PreAuthorisation | Kind::Reversal { .. } => 0,
        })
        .sum()
    }

    /// Books a payment that no till asked for, as a person can at the terminal itself.
    pub fn book_by_hand(&self, amount: Money) {
        self.change(|book| book.book(Kind::Payment, amount, Authorised::Online));
    }

    /// Why its book is not kept, when that has failed. From then on it says nothing any more.
    #[must_use]
    pub fn book_fault(&self) -> Option<BookFault> {
        self.state().file.as_ref()?.fault().cloned()
    }

    /// Pulls its cable. The customer stays where they are.
    pub fn unplug(&self) {
        self.press(|state| {
            state.unplugged = true;
            state.pulls += 1;
        });
    }

    /// Puts the cable in again.
    pub fn replug(&self) {
        self.press(|state| state.unplugged = false);
    }

    #[must_use]
    pub fn is_unplugged(&self) -> bool {
        self.state().unplugged
    }

    /// Whether it stands still at the step of [`Misbehaviour::Hold`].
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.state().held
    }

    /// It goes on where it stands still.
    pub fn let_go(&self) {
        self.press(|state| state.held = false);
    }

    /// Whether a customer stands before it with a card to be inserted.
    #[must_use]
    pub fn waits_for_a_card(&self) -> bool {
        let state = self.state();
        state.occupied && state.answer.is_none() && state.screen.ends_with(session::CARD_TEXT)
    }

    /// Lets receipts go on after these numbers.
    pub fn count_from(&self, receipt: u16, trace: u32) {
        self.change(|book| book.count_from(receipt, trace));
    }

    /// Counts steps from now on and misbehaves at one of them.
    pub fn follow(&self, script: Option<Script>) {
        self.state().counter.begin(script);
    }

    /// The steps since [`SimulatedZvt::follow`].
    #[must_use]
    pub fn steps(&self) -> Vec<ProtocolStep> {
        self.state().counter.seen().to_vec()
    }

    /// Whether the script's step has come.
    #[must_use]
    pub fn has_misbehaved(&self) -> bool {
        self.state().counter.is_done()
    }

    /// Whether it carries something out.
    #[must_use]
    pub fn is_occupied(&self) -> bool {
        self.state().occupied
    }

    /// A line to this terminal inside the process.
    ///
    /// # Errors
    /// When it is down.
    pub fn line(&self) -> io::Result<(DuplexStream, Framing)> {
        if self.is_down() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (ours, theirs) = tokio::io::duplex(LINE_BYTES);
        let (terminal, framing) = (self.clone(), self.inner.settings.framing);
        tokio::spawn(async move { terminal.serve(theirs, framing).await });
        Ok((ours, framing))
    }

    /// Serves connections, as a terminal on the network does, until the answer is dropped. Use port 0 for any free port.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn listen(&self, address: SocketAddr) -> io::Result<Listening> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let terminal = self.clone();
        let task = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    // Nobody is there: the connection is dropped at once.
                    Ok(_) if terminal.is_down() => {}
                    Ok((line, _)) => {
                        let terminal = terminal.clone();
                        tokio::spawn(async move { terminal.serve(line, Framing::Plain).await });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the simulated card terminal stops listening");
                        return;
                    }
                }
            }
        });
        Ok(Listening { address, task })
    }

    /// Plugs it in behind a path as on a serial line, on another terminal each time.
    ///
    /// # Errors
    /// When there is no pseudo terminal, or the path cannot be written.
    #[cfg(unix)]
    pub fn plug_in(&self, path: &Path) -> io::Result<Plugged> {
        let terminal = self.clone();
        Plugged::new(path, |line| async move { terminal.serve(line, Framing::Blocks).await })
    }

    /// Serves one line to its end, such as the other end of a pseudo terminal with [`Framing::Blocks`].
    pub async fn serve(&self, line: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, framing: Framing) {
        session::serve(self, Line::new(Box::new(line), framing, WRITE)).await;
    }

    fn is_down(&self) -> bool {
        let state = self.state();
        state.unplugged || state.down_until.is_some_and(|until| Instant::now() < until)
    }

    /// Changes the book and writes it down before anybody hears of it.
    fn change<T>(&self, change: impl FnOnce(&mut Book) -> T) -> T {
        let mut state = self.state();
        let changed = change(&mut state.book);
        state.keep();
        changed
    }

    fn press(&self, button: impl FnOnce(&mut State)) {
        button(&mut self.state());
        self.inner.pressed.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A simulated terminal that listens on the network, until it is dropped.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Listening {
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}
