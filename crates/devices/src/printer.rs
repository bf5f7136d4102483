//! Carries print jobs to a printer and says what is known about each: printed, not printed, or unknown.
//!
//! `Printed` is the printer's own word: after the last byte it is asked a question that it answers only when it has
//! carried out everything before. `NotPrinted` means that not one byte of the job left. Everything else is `Unknown`, and
//! a person has to look at the paper.
//!
//! Before each job the printer is asked how it is. One that has answered before and is silent now gets nothing: it hangs,
//! and whatever it took could never be known.
//!
//! Invariant: one job on one connection at a time, every wait has a limit, and nothing is tried twice.

mod address;
mod conversation;
mod pin;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, MutexGuard, watch};
use tokio::time::timeout;
use tokio_serial::{SerialPortBuilderExt, SerialStream};

use crate::document::Document;
use crate::escpos::{Profile, Status, encode};
use crate::fault::Fault;
use crate::simulated::SimulatedPrinter;

pub use address::{AddressError, FlowControl, PrinterAddress};
use conversation::Conversation;
use pin::DrawerPin;
pub use pin::PinReading;

/// The largest print job in bytes: a receipt of 2,000 lines needs a fifth of it.
pub const JOB_BYTES_MAX: usize = 2 * 1024 * 1024;

/// One piece of paper to print.
#[derive(Debug, Clone)]
pub struct PrintJob {
    /// The id of the job, given by the caller and shown wherever its paper is kept; a UUID as a number.
    pub id: u128,
    pub document: Document,
    /// 0 is the original; every other number is printed as `COPY n`.
    pub copy: u32,
}

/// What is known about a job.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The printer confirmed it.
    Printed,
    /// No byte of it left.
    NotPrinted { reason: Fault },
    /// Some of it may be on the paper, or all.
    Unknown { reason: Fault },
}

/// How long each step may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    pub connect: Duration,
    /// Waiting for the answer to a real-time status request.
    pub status: Duration,
    /// Waiting for the printer to take more data, each time.
    pub stall: Duration,
    /// Waiting for the confirmation after the last byte: the whole receipt has to be printed by then.
    pub confirm: Duration,
    /// The whole job, whatever the other limits say.
    pub job: Duration,
}

impl Default for Timings {
    fn default() -> Timings {
        Timings {
            connect: Duration::from_secs(3),
            status: Duration::from_millis(500),
            stall: Duration::from_secs(10),
            confirm: Duration::from_secs(15),
            job: Duration::from_secs(180),
        }
    }
}

/// A printer at an address. It is connected to for each job and released after it, so that an unplugged or restarted
/// device is simply there again for the next job.
#[derive(Debug)]
pub struct Printer {
    route: Route,
    name: String,
    profile: Profile,
    timings: Timings,
    busy: Mutex<()>,
    /// How many wait for the line to print or to ask; whoever only listens gives way.
    wanted: watch::Sender<usize>,
    pin: DrawerPin,
    /// Whether it ever answered a question.
    answers: AtomicBool,
    /// What it said last.
    said: StdMutex<Option<Status>>,
}

#[derive(Debug)]
enum Route {
    Tcp { host: String, port: u16 },
    Serial { path: PathBuf, baud: u32, flow: FlowControl },
    Simulated(SimulatedPrinter),
}

impl Printer {
    /// A printer at the other end of a network or serial line, or `None` for [`PrinterAddress::Simulated`], which has no
    /// line: use [`Printer::simulated`]. Nothing is connected yet.
    #[must_use]
    pub fn new(address: &PrinterAddress, profile: Profile, timings: Timings) -> Option<Printer> {
        let route = match address {
            PrinterAddress::Tcp { host, port } => Route::Tcp { host: host.clone(), port: *port },
            PrinterAddress::Serial { path, baud, flow } => {
                Route::Serial { path: path.clone(), baud: *baud, flow: *flow }
            }
            PrinterAddress::Simulated => return None,
        };
        Some(Printer::of(route, address.to_string(), profile, timings))
    }

    /// A printer made of software; its paper width is the simulator's. It needs a tokio runtime when it prints.
    #[must_use]
    pub fn simulated(simulator: SimulatedPrinter, timings: Timings) -> Printer {
        let profile = simulator.profile();
        Printer::of(Route::Simulated(simulator), PrinterAddress::Simulated.to_string(), profile, timings)
    }

    fn of(route: Route, name: String, profile: Profile, timings: Timings) -> Printer {
        Printer {
            route,
            name,
            profile,
            timings,
            busy: Mutex::new(()),
            wanted: watch::Sender::new(0),
            pin: DrawerPin::default(),
            answers: AtomicBool::new(false),
            said: StdMutex::new(None),
        }
    }

    /// The address in its written form.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Prints one job. Two calls at the same time take turns.
    pub async fn print(&self, job: &PrintJob) -> Outcome {
        let bytes = encode(&job.document, job.copy, &self.profile);
        let gate = if self.answers.load(Ordering::Acquire) { Gate::WhenItAnswers } else { Gate::WhenReady };
        self.carry(bytes, gate, &format!("{:032x}", job.id)).await
    }

    /// Sends a drawer pulse. A printer without paper is not asked about it first: the drawer has to open all the same.
    pub(crate) async fn pulse(&self, bytes: [u8; 5]) -> Outcome {
        self.carry(bytes.to_vec(), Gate::Always, "pulse").await
    }

    /// What the drawer's sensor says, from now on.
    #[must_use]
    pub fn drawer_pin(&self) -> watch::Receiver<PinReading> {
        self.pin.readings()
    }

    /// Holds the line while nobody else needs it and listens to the drawer's sensor, asking at `pace` what does not come by
    /// itself. Ends with the reason when the printer cannot be heard any more; call it again after a while.
    pub async fn listen(&self, pace: Duration) -> Fault {
        let mut wanted = self.wanted.subscribe();
        loop {
            let free = wanted.wait_for(|waiting| *waiting == 0).await;
            drop(free);
            let _turn = self.busy.lock().await;
            let line = match self.connect("drawer").await {
                Ok(line) => line,
                Err(fault) => {
                    self.pin.is_unheard();
                    return fault;
                }
            };
            let mut conversation = Conversation::new(line, &self.name, self.timings, &self.pin);
            tokio::select! {
                fault = conversation.listen(pace) => {
                    self.pin.is_unheard();
                    return fault;
                }
                _ = wanted.wait_for(|waiting| *waiting > 0) => {}
            }
        }
    }

    /// The line to the printer as soon as whoever has it is done.
    async fn turn(&self) -> MutexGuard<'_, ()> {
        let waiting = Waiting::new(&self.wanted);
        let turn = self.busy.lock().await;
        drop(waiting);
        turn
    }

    /// Asks the printer how it is.
    ///
    /// # Errors
    /// [`Fault::Unreachable`] when there is no connection, [`Fault::Disconnected`] when it breaks off, and
    /// [`Fault::NotReady`] when it answers no more.
    pub async fn status(&self) -> Result<Status, Fault> {
        let _turn = self.turn().await;
        let line = self.connect("status").await.inspect_err(|_| self.hears_nothing())?;
        let mut conversation = Conversation::new(line, &self.name, self.timings, &self.pin);
        let asked = conversation.ask().await;
        let status = self.keep(conversation.said());
        asked?;
        if !status.answered() && self.answers.load(Ordering::Acquire) {
            return Err(Fault::NotReady { address: self.name.clone(), status });
        }
        Ok(status)
    }

    /// What the printer said last, an empty status where there was no line to it; nothing is asked now.
    #[must_use]
    pub fn said(&self) -> Option<Status> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hears_nothing(&self) {
        let _ = self.keep(Status::default());
    }

    fn keep(&self, status: Status) -> Status {
        if status.answered() {
            self.answers.store(true, Ordering::Release);
        }
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(status.clone());
        status
    }

    async fn carry(&self, bytes: Vec<u8>, gate: Gate, id: &str) -> Outcome {
        if bytes.len() > JOB_BYTES_MAX {
            let reason = Fault::TooLarge { bytes: bytes.len(), limit: JOB_BYTES_MAX };
            return Outcome::NotPrinted { reason };
        }
        let _turn = self.turn().await;
        let outcome = match self.connect(id).await {
            Ok(line) => {
                let mut conversation = Conversation::new(line, &self.name, self.timings, &self.pin);
                let outcome = conversation.carry(&bytes, gate).await;
                self.keep(conversation.said());
                outcome
            }
            Err(reason) => {
                self.hears_nothing();
                Outcome::NotPrinted { reason }
            }
        };
        match (&self.route, outcome) {
            // The simulator's line only breaks off; why it did is said here.
            (Route::Simulated(simulator), Outcome::Unknown { reason }) => {
                Outcome::Unknown { reason: simulator.take_fault().unwrap_or(reason) }
            }
            (_, outcome) => outcome,
        }
    }

    async fn connect(&self, id: &str) -> Result<Box<dyn Wire>, Fault> {
        let unreachable =
            |cause: io::Error| Fault::Unreachable { address: self.name.clone(), cause: Arc::new(cause) };
        match &self.route {
            Route::Tcp { host, port } => {
                let connecting = TcpStream::connect((host.as_str(), *port));
                let stream = match timeout(self.timings.connect, connecting).await {
                    Ok(connected) => connected.map_err(unreachable)?,
                    Err(_) => return Err(unreachable(io::ErrorKind::TimedOut.into())),
                };
                stream.set_nodelay(true).map_err(unreachable)?;
                Ok(Box::new(stream))
            }
            Route::Serial { path, baud, flow } => {
                let path = path.to_string_lossy();
                let opened = tokio_serial::new(path, *baud).flow_control((*flow).into()).open_native_async();
                let stream: SerialStream = opened.map_err(|error| unreachable(error.into()))?;
                Ok(Box::new(stream))
            }
            Route::Simulated(simulator) => Ok(Box::new(simulator.line(id))),
        }
    }
}

/// Somebody waits for the line, until it is dropped.
struct Waiting<'a>(&'a watch::Sender<usize>);

impl<'a> Waiting<'a> {
    fn new(wanted: &'a watch::Sender<usize>) -> Waiting<'a> {
        wanted.send_modify(|waiting| *waiting += 1);
        Waiting(wanted)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

/// Whether a job waits for nothing or is held back when the printer says that it cannot print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    WhenReady,
    /// As [`Gate::WhenReady`], for a printer that is known to answer: silence holds the job back too.
    WhenItAnswers,
    Always,
}

/// A line to a printer.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}
