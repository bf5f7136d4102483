//! Barcode scanners on serial lines and as USB keyboards: a bounded stream of scans.
//!
//! [`Cutter`] and [`Keys`] turn bytes and keys into scans and know the time only as an argument. [`Scanner`] feeds them
//! from a device file with a path that stays (`/dev/serial/by-id`, `/dev/input/by-id`), finds the device again when it was
//! pulled out, and hands the scans over. What a scan says is read by [`crate::gs1`].
//!
//! Invariant: garbage, floods and a receiver that does not take its scans cost a bounded amount of memory, and everything
//! that is dropped is counted. No scan's text is logged.

mod address;
mod assembly;
mod cutter;
#[cfg(target_os = "linux")]
mod keyboard;
pub(crate) mod keys;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval_at, sleep, sleep_until};

use crate::port::{self, Backoff, LOOK, Place};
use crate::simulated::barcode_gun::BarcodeGun;

pub use address::{ScannerAddress, ScannerAddressError};
pub use assembly::{Cut, Limits, Loss, RawScan};
pub use cutter::{Cutter, Suffix};
pub use keys::{Key, Keys, Moved};

/// How many scans wait for whoever takes them. A scan that nobody took in time is of no use to anybody.
pub const SCANS_WAITING_MAX: usize = 16;
const READ_BYTES: usize = 1_024;
/// After so long a time a connection was a good one, and the next search begins with the shortest wait.
const STEADY: Duration = Duration::from_secs(5);

/// Why a scanner cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "HF-DEV-051: the scanner {address} cannot be read; check its cable and the rights of its device file"
)]
pub struct ScannerFault {
    pub address: String,
    #[source]
    pub cause: Arc<io::Error>,
}

/// Whether the scanner is there.
#[derive(Debug, Clone)]
pub enum Link {
    Searching,
    Connected,
    /// It is not, or not any more; it is looked for again by itself.
    Away {
        reason: ScannerFault,
        failures: u32,
    },
}

/// How many scans came, and how many things were dropped, since the scanner was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub scans: u64,
    pub too_long: u64,
    pub unfinished: u64,
    pub garbled: u64,
    pub too_fast: u64,
    pub unread: u64,
}

#[derive(Debug, Default)]
struct Counters {
    scans: AtomicU64,
    too_long: AtomicU64,
    unfinished: AtomicU64,
    garbled: AtomicU64,
    too_fast: AtomicU64,
    unread: AtomicU64,
}

/// A scanner that is read until this is dropped.
#[derive(Debug)]
pub struct Scanner {
    link: watch::Receiver<Link>,
    counters: Arc<Counters>,
    task: JoinHandle<()>,
}

impl Scanner {
    /// Reads the scanner at an address. It needs a tokio runtime; the scanner does not have to be there yet.
    #[must_use]
    pub fn open(address: &ScannerAddress, limits: Limits) -> (Scanner, mpsc::Receiver<RawScan>) {
        let source = Source::Address(address.clone());
        Self::start(|shell| async move { shell.follow(&source, limits).await })
    }

    /// Reads a scanner made of software, and finds it again when its cable was pulled.
    #[must_use]
    pub fn simulated(gun: &BarcodeGun, limits: Limits) -> (Scanner, mpsc::Receiver<RawScan>) {
        let source = Source::Simulated(gun.clone());
        Self::start(|shell| async move { shell.follow(&source, limits).await })
    }

    /// Reads one line to its end, such as that of a simulated scanner.
    #[must_use]
    pub fn on_line(
        line: impl AsyncRead + Unpin + Send + 'static,
        suffix: Suffix,
        limits: Limits,
    ) -> (Scanner, mpsc::Receiver<RawScan>) {
        Self::start(|shell| async move {
            shell.link.send_replace(Link::Connected);
            let cause = shell.read_line(line, None, Cutter::new(suffix, limits)).await;
            shell.away("line", cause, 0);
        })
    }

    fn start<F>(run: impl FnOnce(Shell) -> F) -> (Scanner, mpsc::Receiver<RawScan>)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (scans, taken) = mpsc::channel(SCANS_WAITING_MAX);
        let (link, seen) = watch::channel(Link::Searching);
        let counters = Arc::new(Counters::default());
        let shell = Shell { scans, link, counters: Arc::clone(&counters) };
        let task = tokio::spawn(run(shell));
        (Scanner { link: seen, counters, task }, taken)
    }

    #[must_use]
    pub fn link(&self) -> watch::Receiver<Link> {
        self.link.clone()
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        let counters = &self.counters;
        Counts {
            scans: counters.scans.load(Ordering::Relaxed),
            too_long: counters.too_long.load(Ordering::Relaxed),
            unfinished: counters.unfinished.load(Ordering::Relaxed),
            garbled: counters.garbled.load(Ordering::Relaxed),
            too_fast: counters.too_fast.load(Ordering::Relaxed),
            unread: counters.unread.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where the bytes come from.
enum Source {
    Address(ScannerAddress),
    Simulated(BarcodeGun),
}

/// The side that reads.
struct Shell {
    scans: mpsc::Sender<RawScan>,
    link: watch::Sender<Link>,
    counters: Arc<Counters>,
}

impl Shell {
    /// Connects again and again until nobody takes scans any more.
    async fn follow(&self, source: &Source, limits: Limits) {
        let name = match source {
            Source::Address(address) => address.to_string(),
            Source::Simulated(_) => "simulated".to_owned(),
        };
        let mut backoff = Backoff::default();
        while !self.scans.is_closed() {
            let begun = Instant::now();
            let cause = self.connect(source, limits).await;
            if begun.elapsed() > STEADY {
                backoff.reset();
            }
            let wait = backoff.next();
            self.away(&name, cause, backoff.failures());
            tokio::select! {
                () = sleep(wait) => {}
                () = self.scans.closed() => {}
            }
        }
    }

    /// One connection from its beginning to its end, and why it ended.
    async fn connect(&self, source: &Source, limits: Limits) -> io::Error {
        let address = match source {
            Source::Address(address) => address,
            Source::Simulated(gun) if !gun.is_plugged_in() => return io::ErrorKind::NotConnected.into(),
            Source::Simulated(gun) => {
                self.link.send_replace(Link::Connected);
                return self.read_line(gun.line(), None, Cutter::new(gun.suffix(), limits)).await;
            }
        };
        match address {
            ScannerAddress::Serial { path, baud, suffix } => {
                match port::open(path, |builder| builder, *baud).await {
                    Ok((line, place)) => {
                        self.link.send_replace(Link::Connected);
                        self.read_line(line, Some(place), Cutter::new(*suffix, limits)).await
                    }
                    Err(cause) => cause,
                }
            }
            #[cfg(target_os = "linux")]
            ScannerAddress::Keyboard { path } => self.read_keyboard(path, limits).await,
            #[cfg(not(target_os = "linux"))]
            ScannerAddress::Keyboard { .. } => io::ErrorKind::Unsupported.into(),
        }
    }

    async fn read_line(
        &self,
        mut line: impl AsyncRead + Unpin,
        place: Option<Place>,
        mut cutter: Cutter,
    ) -> io::Error {
        let begun = Instant::now();
        let mut look = interval_at(begun + LOOK, LOOK);
        let mut buffer = [0; READ_BYTES];
        loop {
            let due = cutter.deadline().map(|after| begun + after);
            tokio::select! {
                biased;
                () = self.scans.closed() => return io::ErrorKind::BrokenPipe.into(),
                read = line.read(&mut buffer) => match read {
                    // A port whose device was pulled out is at its end, again and again.
                    Ok(0) => return io::ErrorKind::UnexpectedEof.into(),
                    Ok(count) => for cut in cutter.receive(begun.elapsed(), &buffer[..count]) {
                        self.hand_over(cut);
                    },
                    Err(cause) => return cause,
                },
                () = until(due) => if let Some(cut) = cutter.tick(begun.elapsed()) {
                    self.hand_over(cut);
                },
                _ = look.tick() => if let Some(place) = &place
                    && let Err(cause) = place.look().await
                {
                    return cause;
                },
            }
        }
    }

    fn hand_over(&self, cut: Cut) {
        let loss = match cut {
            Cut::Scan(scan) => match self.scans.try_send(scan) {
                Ok(()) => {
                    self.counters.scans.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                Err(_) => Loss::Unread,
            },
            Cut::Lost(loss) => loss,
        };
        let counter = match loss {
            Loss::TooLong => &self.counters.too_long,
            Loss::Unfinished => &self.counters.unfinished,
            Loss::Garbled => &self.counters.garbled,
            Loss::TooFast => &self.counters.too_fast,
            Loss::Unread => &self.counters.unread,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn away(&self, address: &str, cause: io::Error, failures: u32) {
        let reason = ScannerFault { address: address.to_owned(), cause: Arc::new(cause) };
        self.link.send_replace(Link::Away { reason, failures });
    }
}

/// The time itself, or never.
async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
