//! Scales at the counter: Toledo 8217 and MT-SICS over serial lines and TCP.
//!
//! **Not for legal trade unless certified.** Weighing goods for sale is regulated: the scale, the display and the software
//! that takes the weight over have to be approved together where a shop uses them. This is software without such an
//! approval.
//!
//! [`toledo`] and [`sics`] are pure codecs. [`Scale`] asks a scale again and again, tells everybody who looks what it says,
//! and finds it again by its path when it was pulled out. A weight to sell by is the scale's own word: settled, not below
//! zero, within its capacity, asked for after somebody wanted it, and said twice; parity alone protects these lines.
//!
//! Invariant: no float touches a weight, and a reading keeps the bytes that it was made of.

mod address;
mod conversation;
mod framer;
mod reading;
pub mod sics;
pub mod toledo;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, sleep, timeout, timeout_at};
use tokio_serial::{DataBits, Parity};

use crate::exact::Weight;
use crate::port::{self, Backoff, LOOK};
use crate::printer::Wire;
use crate::simulated::scale::SimulatedScale;
use conversation::Conversation;

pub use address::{Place, ScaleAddress, ScaleAddressError};
pub use framer::{Framer, Framing};
pub use reading::{Answer, FRAME_BYTES_MAX, Frame, Reading, Refusal, Request, State};

/// How often the same settled weight has to be said before it is one to sell by.
pub const STABLE_READINGS: u32 = 2;
/// How many commands wait for their turn.
const COMMANDS_WAITING_MAX: usize = 4;
/// After so many requests without an answer the line is opened anew.
const MISSED_MAX: u32 = 3;
/// After so long a time a connection was a good one, and the next search begins with the shortest wait.
const STEADY: Duration = Duration::from_secs(5);

/// How a scale speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Toledo(toledo::Format),
    Sics,
}

impl Protocol {
    #[must_use]
    pub fn framing(self) -> Framing {
        match self {
            Protocol::Toledo(_) => Framing::StxCr,
            Protocol::Sics => Framing::Lines,
        }
    }

    /// The bytes that ask; `None` for what the protocol does not have.
    #[must_use]
    pub fn request(self, request: Request) -> Option<Vec<u8>> {
        match self {
            Protocol::Toledo(_) => toledo::request(request).map(<[u8]>::to_vec),
            Protocol::Sics => Some(sics::request(request)),
        }
    }

    /// What a frame is to somebody who asked.
    #[must_use]
    pub fn parse(self, asked: Request, frame: &[u8]) -> Answer {
        match self {
            Protocol::Toledo(format) => toledo::parse(asked, frame, format),
            Protocol::Sics => sics::parse(asked, frame),
        }
    }
}

/// How long each step may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    pub connect: Duration,
    pub write: Duration,
    /// From one weighing to the next.
    pub poll: Duration,
    /// Waiting for a weight.
    pub answer: Duration,
    /// Waiting for the answer to a command, for which a scale may have to settle first.
    pub command: Duration,
    /// The silence after a missing answer.
    pub quiet: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            write: Duration::from_secs(1),
            poll: Duration::from_millis(200),
            answer: Duration::from_secs(1),
            command: Duration::from_secs(5),
            quiet: Duration::from_millis(100),
        }
    }
}

/// Why a scale did not do what it was asked for.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ScaleFault {
    #[error("HF-DEV-056: the scale {address} cannot be reached; check that it is on and connected")]
    Unreachable {
        address: String,
        #[source]
        cause: Arc<io::Error>,
    },
    #[error("HF-DEV-057: the scale has no weight to sell by ({state:?}); wait until it has settled")]
    NoWeight { state: State },
    #[error("HF-DEV-014: nothing lies on the scale; put the goods on it and weigh again")]
    Nothing,
    #[error("HF-DEV-058: the scale refuses: {refusal}")]
    Refused { refusal: Refusal },
    /// Whether the command was carried out is not known.
    #[error("HF-DEV-059: the scale does not say whether it did so; look at its display")]
    NoAnswer,
}

impl ScaleFault {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            ScaleFault::Unreachable { .. } => "HF-DEV-056",
            ScaleFault::NoWeight { .. } => "HF-DEV-057",
            ScaleFault::Nothing => "HF-DEV-014",
            ScaleFault::Refused { .. } => "HF-DEV-058",
            ScaleFault::NoAnswer => "HF-DEV-059",
        }
    }
}

/// What is known about the scale at this moment.
#[derive(Debug, Clone)]
pub struct Live {
    pub link: Link,
    /// The answer to the latest request, if there was one.
    pub reading: Option<Reading>,
    /// The number of that request.
    asked: u64,
}

impl Live {
    #[must_use]
    pub fn state(&self) -> State {
        self.reading.as_ref().map_or(State::NotReady, Reading::state)
    }
}

/// Whether the scale is there.
#[derive(Debug, Clone)]
pub enum Link {
    Searching,
    Connected,
    /// It is not, or not any more; it is looked for again by itself.
    Away {
        reason: ScaleFault,
        failures: u32,
    },
}

/// A weight to sell by, and the bytes that it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub weight: Weight,
    pub frame: Frame,
}

type Reply = oneshot::Sender<Result<Option<Weight>, ScaleFault>>;

/// A scale that is asked again and again until this is dropped.
#[derive(Debug)]
pub struct Scale {
    live: watch::Receiver<Live>,
    begun: Arc<AtomicU64>,
    commands: mpsc::Sender<(Request, Reply)>,
    command_limit: Duration,
    task: JoinHandle<()>,
}

impl Scale {
    /// A scale at an address. It needs a tokio runtime; the scale does not have to be there yet.
    #[must_use]
    pub fn open(address: &ScaleAddress, timings: Timings) -> Scale {
        let source = Source::Address(address.clone());
        Self::start(timings, |shell| async move { shell.follow(&source).await })
    }

    /// A scale made of software, which is found again when its cable was pulled.
    #[must_use]
    pub fn simulated(scale: &SimulatedScale, timings: Timings) -> Scale {
        let source = Source::Simulated(scale.clone());
        Self::start(timings, |shell| async move { shell.follow(&source).await })
    }

    /// A scale at the other end of one line, such as a simulated one.
    #[must_use]
    pub fn on_line<L>(line: L, protocol: Protocol, timings: Timings) -> Scale
    where
        L: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        Self::start(timings, move |mut shell| async move {
            let conversation = Conversation::new(Box::new(line), protocol, shell.timings);
            let cause = shell.converse(conversation, None).await;
            let fault = shell.away("line", cause, 0);
            shell.refuse_until(std::future::pending(), &fault).await;
        })
    }

    fn start<F>(timings: Timings, run: impl FnOnce(Shell) -> F) -> Scale
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (commands, asked) = mpsc::channel(COMMANDS_WAITING_MAX);
        let (live, seen) = watch::channel(Live { link: Link::Searching, reading: None, asked: 0 });
        let begun = Arc::new(AtomicU64::new(0));
        let shell = Shell { live, begun: Arc::clone(&begun), commands: asked, timings };
        // What may go on in front of a command: one weighing, and the other commands that wait.
        let queue = u32::try_from(COMMANDS_WAITING_MAX).unwrap_or(u32::MAX).saturating_add(2);
        let command_limit = timings.command.saturating_mul(queue);
        Scale { live: seen, begun, commands, command_limit, task: tokio::spawn(run(shell)) }
    }

    /// What it says, as often as it is asked.
    #[must_use]
    pub fn live(&self) -> watch::Receiver<Live> {
        self.live.clone()
    }

    /// A weight to sell by, asked for from now on.
    ///
    /// # Errors
    /// [`ScaleFault::NoWeight`] when the scale does not settle within `limit`, [`ScaleFault::Unreachable`] when it is away
    /// by then.
    pub async fn read_stable(&self, limit: Duration) -> Result<Settled, ScaleFault> {
        let deadline = Instant::now() + limit;
        let mut live = self.live();
        let mut counted = self.begun.load(Ordering::SeqCst);
        let mut same: Option<(Weight, u32)> = None;
        loop {
            {
                let seen = live.borrow_and_update();
                if seen.asked > counted {
                    counted = seen.asked;
                    let weight = seen.reading.as_ref().and_then(Reading::weight_to_sell);
                    same = match (weight, same) {
                        (Some(weight), Some((before, times))) if weight == before => {
                            Some((weight, times + 1))
                        }
                        (weight, _) => weight.map(|weight| (weight, 1)),
                    };
                    if let (Some((weight, times)), Some(reading)) = (same, &seen.reading)
                        && times >= STABLE_READINGS
                    {
                        return Ok(Settled { weight, frame: reading.frame().clone() });
                    }
                }
            }
            if !matches!(timeout_at(deadline, live.changed()).await, Ok(Ok(()))) {
                let seen = live.borrow();
                return Err(match &seen.link {
                    Link::Away { reason, .. } => reason.clone(),
                    _ => ScaleFault::NoWeight { state: seen.state() },
                });
            }
        }
    }

    /// Sets it to zero.
    ///
    /// # Errors
    /// [`ScaleFault::Refused`] is the scale's own word; after [`ScaleFault::NoAnswer`] nobody knows.
    pub async fn zero(&self) -> Result<(), ScaleFault> {
        self.command(Request::Zero).await.map(|_| ())
    }

    /// Takes what is on it for the container. Some protocols tell its weight.
    ///
    /// # Errors
    /// As [`Scale::zero`].
    pub async fn tare(&self) -> Result<Option<Weight>, ScaleFault> {
        self.command(Request::Tare).await
    }

    /// Takes a known weight for the container's.
    ///
    /// # Errors
    /// As [`Scale::zero`].
    pub async fn preset_tare(&self, weight: Weight) -> Result<Option<Weight>, ScaleFault> {
        self.command(Request::PresetTare(weight)).await
    }

    /// Forgets the container.
    ///
    /// # Errors
    /// As [`Scale::zero`].
    pub async fn clear_tare(&self) -> Result<(), ScaleFault> {
        self.command(Request::ClearTare).await.map(|_| ())
    }

    async fn command(&self, request: Request) -> Result<Option<Weight>, ScaleFault> {
        let (reply, answer) = oneshot::channel();
        let asked = async {
            self.commands.send((request, reply)).await.ok()?;
            answer.await.ok()
        };
        timeout(self.command_limit, asked).await.ok().flatten().unwrap_or(Err(ScaleFault::NoAnswer))
    }
}

impl Drop for Scale {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where the scale is.
enum Source {
    Address(ScaleAddress),
    Simulated(SimulatedScale),
}

/// The side that asks.
struct Shell {
    live: watch::Sender<Live>,
    begun: Arc<AtomicU64>,
    commands: mpsc::Receiver<(Request, Reply)>,
    timings: Timings,
}

impl Shell {
    /// Connects again and again until the scale is dropped.
    async fn follow(mut self, source: &Source) {
        let name = match source {
            Source::Address(address) => address.to_string(),
            Source::Simulated(_) => "simulated".to_owned(),
        };
        let mut backoff = Backoff::default();
        loop {
            let begun = Instant::now();
            let cause = self.connect(source).await;
            if begun.elapsed() > STEADY {
                backoff.reset();
            }
            let wait = backoff.next();
            let fault = self.away(&name, cause, backoff.failures());
            self.refuse_until(sleep(wait), &fault).await;
        }
    }

    /// One connection from its beginning to its end, and why it ended.
    async fn connect(&mut self, source: &Source) -> io::Error {
        let address = match source {
            Source::Address(address) => address,
            Source::Simulated(scale) if !scale.is_plugged_in() => return io::ErrorKind::NotConnected.into(),
            Source::Simulated(scale) => {
                // It has a word for every state, and says how much it took for the container.
                let protocol = Protocol::Sics;
                let line = Box::new(scale.line(protocol));
                return self.converse(Conversation::new(line, protocol, self.timings), None).await;
            }
        };
        let opened: io::Result<(Box<dyn Wire>, _)> = match &address.place {
            Place::Tcp { host, port } => {
                let connecting = TcpStream::connect((host.as_str(), *port));
                match timeout(self.timings.connect, connecting).await {
                    Ok(Ok(line)) => line.set_nodelay(true).map(|()| (Box::new(line) as Box<dyn Wire>, None)),
                    Ok(Err(cause)) => Err(cause),
                    Err(_) => Err(io::ErrorKind::TimedOut.into()),
                }
            }
            Place::Serial { path, baud } => {
                let toledo = matches!(address.protocol, Protocol::Toledo(_));
                let opened = port::open(
                    path,
                    |builder| match toledo {
                        true => builder.data_bits(DataBits::Seven).parity(Parity::Even),
                        false => builder,
                    },
                    *baud,
                );
                opened.await.map(|(line, place)| (Box::new(line) as Box<dyn Wire>, Some(place)))
            }
        };
        match opened {
            Ok((line, place)) => {
                let conversation = Conversation::new(line, address.protocol, self.timings);
                self.converse(conversation, place).await
            }
            Err(cause) => cause,
        }
    }

    async fn converse(&mut self, mut line: Conversation, place: Option<port::Place>) -> io::Error {
        let mut poll = interval(self.timings.poll.max(Duration::from_millis(1)));
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut look = interval_at(Instant::now() + LOOK, LOOK);
        let mut missed = 0;
        self.publish(None, 0);
        loop {
            tokio::select! {
                Some((request, reply)) = self.commands.recv() => {
                    // Whoever gave up waiting does not want it to happen later.
                    if reply.is_closed() {
                        continue;
                    }
                    match line.ask(request, self.timings.command).await {
                        Ok(answer) => {
                            // Whoever asked may have given up meanwhile.
                            let _gone = reply.send(outcome(answer));
                        }
                        Err(cause) => {
                            let _gone = reply.send(Err(ScaleFault::NoAnswer));
                            return cause;
                        }
                    }
                }
                _ = poll.tick() => {
                    let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
                    let reading = match line.ask(Request::Weigh, self.timings.answer).await {
                        Ok(Some(Answer::Reading(reading))) => Some(reading),
                        Ok(None) => {
                            missed += 1;
                            if missed >= MISSED_MAX {
                                return io::ErrorKind::TimedOut.into();
                            }
                            self.publish(None, number);
                            continue;
                        }
                        Ok(Some(_)) => None,
                        Err(cause) => return cause,
                    };
                    missed = 0;
                    self.publish(reading, number);
                }
                _ = look.tick() => if let Some(place) = &place
                    && let Err(cause) = place.look().await
                {
                    return cause;
                },
            }
        }
    }

    fn publish(&self, reading: Option<Reading>, asked: u64) {
        self.live.send_replace(Live { link: Link::Connected, reading, asked });
    }

    fn away(&self, address: &str, cause: io::Error, failures: u32) -> ScaleFault {
        let reason = ScaleFault::Unreachable { address: address.to_owned(), cause: Arc::new(cause) };
        let link = Link::Away { reason: reason.clone(), failures };
        self.live.send_replace(Live { link, reading: None, asked: 0 });
        reason
    }

    /// Answers commands while there is no scale.
    async fn refuse_until(&mut self, end: impl Future<Output = ()>, fault: &ScaleFault) {
        let mut end = std::pin::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => return,
                asked = self.commands.recv() => match asked {
                    Some((_, reply)) => {
                        let _gone = reply.send(Err(fault.clone()));
                    }
                    None => return end.await,
                },
            }
        }
    }
}

fn outcome(answer: Option<Answer>) -> Result<Option<Weight>, ScaleFault> {
    match answer {
        Some(Answer::Done { tare }) => Ok(tare),
        Some(Answer::Refused(refusal)) => Err(ScaleFault::Refused { refusal }),
        Some(Answer::Reading(_) | Answer::Unclear | Answer::NotIt) | None => Err(ScaleFault::NoAnswer),
    }
}
