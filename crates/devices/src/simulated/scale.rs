//! A scale made of software: a slider for what is on it, and buttons for what goes wrong. It speaks Toledo 8217 and MT-SICS
//! over any line: a TCP connection, a pseudo terminal, or one inside the process.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::TcpListener;

use super::Listening;
#[cfg(unix)]
use super::plug::Plugged;
use crate::exact::{Exact, Weight, WeightUnit};
use crate::scale::{Protocol, sics, toledo};

const LINE_BYTES: usize = 1_024;
const READ_BYTES: usize = 256;
/// The longest command that it reads.
const COMMAND_BYTES_MAX: usize = 64;

/// What a simulated scale does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Misbehaviour {
    #[default]
    None,
    /// It reads and says nothing.
    Silence,
    /// It answers with bytes that are nothing.
    Garbage,
    /// It stops in the middle of each answer.
    HalfFrames,
    /// It gives each answer only when it is asked the next time.
    OneBehind,
    /// It hangs up when it is asked.
    HangUp,
}

/// What kind of scale it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    pub unit: WeightUnit,
    pub places: u8,
    /// The most that it weighs, in units of the last place.
    pub capacity: i64,
}

impl Default for Model {
    /// A counter scale of 15 kg that shows 5 g steps as kilograms with three places.
    fn default() -> Self {
        Self { unit: WeightUnit::Kilogram, places: 3, capacity: 15_000 }
    }
}

/// A scale made of software. Clones are the same scale.
#[derive(Debug, Clone)]
pub struct SimulatedScale {
    model: Model,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// What is on it, in units of the last place, less what zero was set to.
    load: i64,
    tare: i64,
    moving: bool,
    misbehaviour: Misbehaviour,
    commands: u64,
    unplugged: bool,
}

/// What somebody sees who stands before it. Weights are in units of the last place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appearance {
    pub load: i64,
    pub tare: i64,
    pub is_shaken: bool,
    pub is_plugged_in: bool,
}

impl SimulatedScale {
    #[must_use]
    pub fn new(model: Model) -> Self {
        Self { model, state: Arc::default() }
    }

    /// Moves the slider: what is on it, in units of the last place. Below zero is a lifted plate.
    pub fn put(&self, units: i64) {
        self.state().load = units;
    }

    /// Somebody shakes it, or not any more.
    pub fn shake(&self, moving: bool) {
        self.state().moving = moving;
    }

    pub fn misbehave(&self, misbehaviour: Misbehaviour) {
        self.state().misbehaviour = misbehaviour;
    }

    /// What it shows, in units of the last place.
    #[must_use]
    pub fn shown(&self) -> i64 {
        let state = self.state();
        state.load - state.tare
    }

    #[must_use]
    pub fn model(&self) -> Model {
        self.model
    }

    #[must_use]
    pub fn appearance(&self) -> Appearance {
        let State { load, tare, moving, unplugged, .. } = *self.state();
        Appearance { load, tare, is_shaken: moving, is_plugged_in: !unplugged }
    }

    /// Pulls its cable, or puts it in again. A line ends with the next question.
    pub fn set_plugged_in(&self, plugged_in: bool) {
        self.state().unplugged = !plugged_in;
    }

    #[must_use]
    pub fn is_plugged_in(&self) -> bool {
        !self.state().unplugged
    }

    /// How many commands it got.
    #[must_use]
    pub fn commands(&self) -> u64 {
        self.state().commands
    }

    /// A line to this scale inside the process.
    #[must_use]
    pub fn line(&self, protocol: Protocol) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(LINE_BYTES);
        let scale = self.clone();
        tokio::spawn(async move { scale.serve(theirs, protocol).await });
        ours
    }

    /// Serves connections one after another until the answer is dropped. Use port 0 for any free port.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn listen(&self, address: SocketAddr, protocol: Protocol) -> io::Result<Listening> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let scale = self.clone();
        let task = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((line, _)) => scale.serve(line, protocol).await,
                    Err(error) => {
                        tracing::warn!(%error, "the simulated scale stops listening");
                        return;
                    }
                }
            }
        });
        Ok(Listening { address, task })
    }

    /// Plugs it in behind a path, on another terminal each time.
    ///
    /// # Errors
    /// When there is no pseudo terminal, or the path cannot be written.
    #[cfg(unix)]
    pub fn plug_in(&self, path: &Path, protocol: Protocol) -> io::Result<Plugged> {
        let scale = self.clone();
        Plugged::new(path, |line| async move { scale.serve(line, protocol).await })
    }

    /// Serves one line to its end.
    pub async fn serve(&self, mut line: impl AsyncRead + AsyncWrite + Unpin + Send, protocol: Protocol) {
        let mut buffer = [0; READ_BYTES];
        let mut command = Vec::new();
        let mut behind = Vec::new();
        while let Ok(count) = line.read(&mut buffer).await
            && count > 0
        {
            for byte in &buffer[..count] {
                let Some(whole) = take(&mut command, *byte, protocol) else { continue };
                if !self.is_plugged_in() {
                    return;
                }
                let answer = self.answer(&whole, protocol);
                let misbehaviour = self.state().misbehaviour;
                let sent = match misbehaviour {
                    Misbehaviour::None => answer,
                    Misbehaviour::Silence => Vec::new(),
                    Misbehaviour::Garbage => b"\x00\xFFS S 1.2.3 kg\r\n\x02\x02?\r\x0200a.00\r".to_vec(),
                    Misbehaviour::HalfFrames => answer[..answer.len() / 2].to_vec(),
                    Misbehaviour::OneBehind => std::mem::replace(&mut behind, answer),
                    Misbehaviour::HangUp => return,
                };
                if line.write_all(&sent).await.is_err() || line.flush().await.is_err() {
                    return;
                }
            }
        }
    }

    fn answer(&self, command: &str, protocol: Protocol) -> Vec<u8> {
        self.state().commands += 1;
        match protocol {
            Protocol::Toledo(_) => self.toledo(command),
            Protocol::Sics => self.sics(command),
        }
    }

    fn toledo(&self, command: &str) -> Vec<u8> {
        let mut state = self.state();
        let status = self.status(&state);
        let settled = status & (toledo::IN_MOTION | toledo::OVER_CAPACITY | toledo::UNDER_ZERO) == 0;
        match command {
            "W" if settled => {
                return toledo::weight_frame(Exact::new(state.load - state.tare, self.model.places));
            }
            "W" => {}
            "Z" if status & (toledo::IN_MOTION | toledo::OVER_CAPACITY | toledo::OUTSIDE_ZERO_RANGE) == 0 => {
                (state.load, state.tare) = (0, 0);
            }
            "T" if settled => state.tare = state.load,
            "Z" | "T" => {}
            "C" => state.tare = 0,
            _ => return toledo::status_frame(toledo::BAD_COMMAND | status),
        }
        let after = match command {
            "W" => status,
            _ => status | self.status(&state) & (toledo::CENTER_OF_ZERO | toledo::NET_WEIGHT),
        };
        toledo::status_frame(after)
    }

    fn status(&self, state: &State) -> u8 {
        let shown = state.load - state.tare;
        // Zero can be set within two hundredths of the capacity, as the rules for scales say.
        let far = state.load.abs() > self.model.capacity / 50;
        [
            (state.moving, toledo::IN_MOTION),
            (state.load > self.model.capacity, toledo::OVER_CAPACITY),
            (shown < 0, toledo::UNDER_ZERO),
            (far, toledo::OUTSIDE_ZERO_RANGE),
            (shown == 0, toledo::CENTER_OF_ZERO),
            (state.tare != 0, toledo::NET_WEIGHT),
        ]
        .into_iter()
        .filter(|(is, _)| *is)
        .fold(0, |status, (_, bit)| status | bit)
    }

    fn sics(&self, command: &str) -> Vec<u8> {
        let mut state = self.state();
        let (model, over) = (self.model, state.load > self.model.capacity);
        let weight = |units| Weight::new(units, model.places, model.unit);
        let words: Vec<&str> = command.split_ascii_whitespace().collect();
        let line = |text: &str| format!("{text}\r\n").into_bytes();
        match words.as_slice() {
            ["S" | "SI"] if over => line("S +"),
            // A lifted plate is below what it can weigh.
            ["S" | "SI"] if state.load < -self.model.capacity / 50 => line("S -"),
            ["S"] if state.moving => line("S I"),
            ["S" | "SI"] => {
                let status = if state.moving { 'D' } else { 'S' };
                sics::weight_line("S", status, weight(state.load - state.tare))
            }
            ["Z" | "T"] if over => line(&format!("{} +", words[0])),
            ["Z" | "T"] if state.moving => line(&format!("{} I", words[0])),
            ["Z"] if state.load > self.model.capacity / 50 => line("Z +"),
            ["Z"] if state.load < -self.model.capacity / 50 => line("Z -"),
            ["Z"] => {
                (state.load, state.tare) = (0, 0);
                line("Z A")
            }
            ["T"] if state.load < 0 => line("T -"),
            ["T"] => {
                state.tare = state.load;
                sics::weight_line("T", 'S', weight(state.tare))
            }
            ["TA", number, unit] => {
                let number = Exact::parse(number).and_then(|number| number.with_places(model.places));
                match number.filter(|number| (0..=model.capacity).contains(&number.units)) {
                    Some(number) if WeightUnit::from_symbol(unit) == Some(model.unit) => {
                        state.tare = number.units;
                        sics::weight_line("TA", 'A', weight(number.units))
                    }
                    _ => line("TA L"),
                }
            }
            ["TAC"] => {
                state.tare = 0;
                line("TAC A")
            }
            _ => line("ES"),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The command that a byte completes: one letter, or one line.
fn take(pending: &mut Vec<u8>, byte: u8, protocol: Protocol) -> Option<String> {
    match (protocol, byte) {
        (Protocol::Toledo(_), _) => Some(char::from(byte & 0x7F).to_string()),
        (Protocol::Sics, b'\n') => {
            let line = std::mem::take(pending);
            Some(String::from_utf8_lossy(&line).trim().to_owned())
        }
        (Protocol::Sics, _) => {
            if pending.len() < COMMAND_BYTES_MAX {
                pending.push(byte);
            }
            None
        }
    }
}
