//! Devices made of software, which misbehave on command: [`adyen`] is a card terminal, [`wallet`] a provider of QR payments,
//! and here is a printer, which understands the bytes that a real one gets and keeps its paper as pictures and text.
//!
//! It is a device of the product: training and the demo print on it. It decodes strictly: a byte that is no ESC/POS ends
//! the conversation instead of being guessed at.

pub mod adyen;
pub mod barcode_gun;
mod https;
mod identity;
mod kept;
mod paper;
#[cfg(unix)]
mod plug;
pub mod poi;
pub mod scale;
mod scanner;
mod session;
mod standing;
pub mod stripe;
pub mod wallet;
pub mod zvt;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::escpos::{Condition, Profile};
use crate::fault::Fault;
use paper::Tray;

pub use identity::fingerprint;
pub use kept::BookFault;
pub use paper::{Sheet, preview_png, render_png, render_text};
#[cfg(unix)]
pub use plug::Plugged;

/// How many sheets are kept when nothing else is said; the oldest is deleted for a new one.
pub const SHEETS_MAX: usize = 200;

/// The bytes that wait in the line to a simulated printer, about what a real printer's buffer holds.
const LINE_BYTES: usize = 4096;

/// What a simulated printer does wrong. Bytes are counted from the beginning of a line, or from when it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Misbehaviour {
    #[default]
    None,
    /// It says so when it is asked, and prints nothing unless the condition lets it.
    Condition(Condition),
    /// It stops reading after so many bytes and leaves the line open.
    StopReadingAt(usize),
    /// It closes the line after so many bytes.
    CloseAt(usize),
    /// Its paper ends after so many bytes, for this line and every later one; it goes on taking data and answers what it is asked
    /// at once.
    PaperOutAt(usize),
    /// It prints but never answers anything.
    Mute,
}

/// A printer made of software. Clones are the same printer.
#[derive(Debug, Clone)]
pub struct SimulatedPrinter {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    profile: Profile,
    tray: Mutex<Tray>,
    misbehaviour: watch::Sender<Misbehaviour>,
    drawer_openings: AtomicU64,
    /// Whether its drawer stands open.
    drawer_open: watch::Sender<bool>,
    /// How long after a pulse somebody shuts the drawer; none for never.
    shut_after: Mutex<Option<Duration>>,
    job_bytes: AtomicUsize,
    /// Paper that ended stays away until somebody puts a new roll in.
    paper_out: AtomicBool,
    fault: Mutex<Option<Fault>>,
}

impl SimulatedPrinter {
    /// A printer that keeps at most `sheets_max` sheets (at least one) in a folder, which is made if it is missing. Sheets
    /// that are there already stay and count.
    ///
    /// # Errors
    /// [`Fault::PaperFolder`] when the folder cannot be made or read.
    pub fn open(
        folder: impl Into<PathBuf>,
        profile: Profile,
        sheets_max: usize,
    ) -> Result<SimulatedPrinter, Fault> {
        let tray = Tray::open(folder.into(), sheets_max.max(1))?;
        Ok(SimulatedPrinter {
            inner: Arc::new(Inner {
                profile,
                tray: Mutex::new(tray),
                misbehaviour: watch::Sender::new(Misbehaviour::None),
                drawer_openings: AtomicU64::new(0),
                drawer_open: watch::Sender::new(false),
                shut_after: Mutex::new(None),
                job_bytes: AtomicUsize::new(0),
                paper_out: AtomicBool::new(false),
                fault: Mutex::new(None),
            }),
        })
    }

    #[must_use]
    pub fn profile(&self) -> Profile {
        self.inner.profile
    }

    /// Changes what it does wrong, from the next byte on. A line that is held open without reading is released, and there is
    /// paper again.
    pub fn misbehave(&self, misbehaviour: Misbehaviour) {
        self.inner.paper_out.store(false, Ordering::SeqCst);
        self.inner.misbehaviour.send_replace(misbehaviour);
    }

    /// How many drawer pulses it has given since it was opened.
    #[must_use]
    pub fn drawer_openings(&self) -> u64 {
        self.inner.drawer_openings.load(Ordering::SeqCst)
    }

    /// Whether its drawer stands open. Its sensor pulls the pin high while it does.
    #[must_use]
    pub fn drawer_is_open(&self) -> bool {
        *self.inner.drawer_open.borrow()
    }

    /// Moves the drawer as a hand does: opened with the key, or shut.
    pub fn move_drawer(&self, open: bool) {
        self.inner.drawer_open.send_replace(open);
    }

    /// From now on somebody shuts the drawer so long after each pulse; none for never.
    pub fn shut_drawer_after(&self, after: Option<Duration>) {
        *self.inner.shut_after.lock().unwrap_or_else(PoisonError::into_inner) = after;
    }

    /// The number of the newest sheet in its folder, 0 where there is none.
    #[must_use]
    pub fn printed(&self) -> u64 {
        self.tray().newest()
    }

    /// How many bytes the longest job has had so far, the question at the end included.
    #[must_use]
    pub fn job_bytes(&self) -> usize {
        self.inner.job_bytes.load(Ordering::SeqCst)
    }

    /// The sheets it keeps, oldest first. Reads the folder: call it where blocking is allowed.
    ///
    /// # Errors
    /// [`Fault::PaperFolder`] when the folder cannot be read.
    pub fn sheets(&self) -> Result<Vec<Sheet>, Fault> {
        self.tray().sheets()
    }

    /// Serves connections one after another, as a network printer does, until the answer is dropped. Use port 0 for any
    /// free port.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn listen(&self, address: SocketAddr) -> io::Result<Listening> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let printer = self.clone();
        let task = tokio::spawn(async move {
            for connection in 1u64.. {
                match listener.accept().await {
                    Ok((line, _)) => printer.serve(line, &format!("tcp-{connection}")).await,
                    Err(error) => {
                        tracing::warn!(%error, "the simulated printer stops listening");
                        return;
                    }
                }
            }
        });
        Ok(Listening { address, task })
    }

    /// Serves one line to its end, such as the other end of a pseudo terminal. `id` goes into the names of the sheets.
    pub async fn serve(&self, line: impl AsyncRead + AsyncWrite + Unpin + Send, id: &str) {
        if let Err(fault) = session::serve(self, line, id).await {
            tracing::warn!(code = fault.code(), error = %fault, "the simulated printer ends a conversation");
            *self.inner.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
        }
    }

    /// Plugs it in behind a path, on another terminal each time.
    ///
    /// # Errors
    /// When there is no pseudo terminal, or the path cannot be written.
    #[cfg(unix)]
    pub fn plug_in(&self, path: &std::path::Path) -> io::Result<Plugged> {
        let printer = self.clone();
        Plugged::new(path, |line| async move { printer.serve(line, "serial").await })
    }

    /// A line to this printer inside the process.
    pub(crate) fn line(&self, id: &str) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(LINE_BYTES);
        let (printer, id) = (self.clone(), id.to_owned());
        tokio::spawn(async move { printer.serve(theirs, &id).await });
        ours
    }

    /// Why the last conversation ended badly, once.
    #[must_use]
    pub fn take_fault(&self) -> Option<Fault> {
        self.inner.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn tray(&self) -> std::sync::MutexGuard<'_, Tray> {
        self.inner.tray.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a pulse.
    fn note_drawer_opening(&self) {
        let pulse = self.inner.drawer_openings.fetch_add(1, Ordering::SeqCst) + 1;
        self.move_drawer(true);
        let shut_after = *self.inner.shut_after.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(after) = shut_after {
            let inner = Arc::downgrade(&self.inner);
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                let Some(inner) = inner.upgrade() else { return };
                // A later pulse has its own hand that shuts the drawer.
                if inner.drawer_openings.load(Ordering::SeqCst) == pulse {
                    inner.drawer_open.send_replace(false);
                }
            });
        }
    }

    fn note_paper_out(&self) {
        self.inner.paper_out.store(true, Ordering::SeqCst);
    }

    fn has_no_paper(&self) -> bool {
        self.inner.paper_out.load(Ordering::SeqCst)
    }

    fn note_job_bytes(&self, count: usize) {
        self.inner.job_bytes.fetch_max(count, Ordering::SeqCst);
    }

    /// Puts printed bytes on paper, away from the threads that serve others.
    async fn keep(&self, bytes: Vec<u8>, sheets_done: usize, id: String) -> Result<usize, Fault> {
        let printer = self.clone();
        let kept = tokio::task::spawn_blocking(move || {
            let pictures = render_png(&bytes, &printer.inner.profile)?;
            let texts = render_text(&bytes, &printer.inner.profile);
            let all = pictures.len();
            let mut tray = printer.tray();
            for (picture, text) in pictures.iter().zip(&texts).skip(sheets_done) {
                tray.keep(&id, picture, text)?;
            }
            Ok(all)
        });
        kept.await.expect("rendering does not panic, and the runtime outlives the printer's lines")
    }
}

/// A simulated device that listens on the network, until it is dropped.
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
