//! A line that carries messages: plain over TCP, in blocks over a serial port. Both ends use it, the till and the simulated
//! terminal.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::apdu::{APDU_BYTES_MAX, Apdu, ApduReader};
use super::serial::{Output, SerialEnd};
use crate::printer::Wire;

/// How many bytes are read at once.
const READ_BYTES: usize = 1_024;
/// How many messages may have arrived without having been taken.
const ARRIVED_MAX: usize = 64;

/// How messages are put on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// One after the other (TCP).
    Plain,
    /// In acknowledged blocks (serial).
    Blocks,
}

/// What came, or did not.
pub(crate) enum Arrival<T> {
    Message(Apdu),
    /// Nothing by the time that was given.
    Nothing,
    /// Something else happened first.
    Interrupted(T),
}

/// Why a line is of no use any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    #[error("the line broke off")]
    Io(#[from] io::Error),
    #[error("what came is no message: {0}")]
    Malformed(&'static str),
    #[error("the other side does not acknowledge what is sent")]
    NotAcknowledged,
}

enum Frames {
    Plain(ApduReader),
    Blocks(Box<SerialEnd>),
}

/// One end of a line. Reading can be given up at any moment without losing anything.
pub(crate) struct Line {
    wire: Box<dyn Wire>,
    frames: Frames,
    begun: Instant,
    arrived: VecDeque<Apdu>,
    /// The longest that putting bytes on the line may take.
    write: Duration,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a line with {} messages that arrived", self.arrived.len())
    }
}

impl Line {
    pub(crate) fn new(wire: Box<dyn Wire>, framing: Framing, write: Duration) -> Self {
        let frames = match framing {
            Framing::Plain => Frames::Plain(ApduReader::default()),
            Framing::Blocks => Frames::Blocks(Box::default()),
        };
        Self { wire, frames, begun: Instant::now(), arrived: VecDeque::new(), write }
    }

    /// Sends one message; over a serial line it has been acknowledged when this ends well.
    pub(crate) async fn send(&mut self, apdu: &Apdu) -> Result<(), LineError> {
        let now = self.begun.elapsed();
        let message = apdu.encode();
        match &mut self.frames {
            Frames::Plain(_) => self.write(&message).await,
            Frames::Blocks(end) => {
                let out = end.send(now, &message);
                self.carry_out(out).await?;
                // At most as long as the retransmissions of one block take.
                while self.is_sending() {
                    self.step(None, std::future::pending::<()>()).await?;
                }
                Ok(())
            }
        }
    }

    /// Bytes as they are, for an end that misbehaves.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        self.write(bytes).await
    }

    /// The next message.
    pub(crate) async fn receive<T>(
        &mut self,
        deadline: Instant,
        interrupt: impl Future<Output = T>,
    ) -> Result<Arrival<T>, LineError> {
        let mut interrupt = std::pin::pin!(interrupt);
        loop {
            if let Some(apdu) = self.arrived.pop_front() {
                return Ok(Arrival::Message(apdu));
            }
            match self.step(Some(deadline), interrupt.as_mut()).await? {
                Stepped::Read => {}
                Stepped::Late => return Ok(Arrival::Nothing),
                Stepped::Interrupted(by) => return Ok(Arrival::Interrupted(by)),
            }
        }
    }

    /// Ends the line well: what was sent last still arrives. Where it ends in any other way, what has not left by then is
    /// thrown away, so that no command can arrive at a terminal long after it was given up.
    pub(crate) fn leave(mut self, limit: Duration) {
        if matches!(self.frames, Frames::Blocks(_)) {
            // Everything on it was acknowledged, and the port has to be free for the next one.
            return;
        }
        tokio::spawn(async move {
            let _late = timeout(limit, async {
                let mut buffer = [0; READ_BYTES];
                if self.wire.shutdown().await.is_ok() {
                    while matches!(self.wire.read(&mut buffer).await, Ok(count) if count > 0) {}
                }
            })
            .await;
        });
    }

    fn is_sending(&self) -> bool {
        matches!(&self.frames, Frames::Blocks(end) if end.is_sending())
    }

    /// Reads once, or lets the time come that the framing waits for.
    async fn step<T>(
        &mut self,
        deadline: Option<Instant>,
        interrupt: impl Future<Output = T>,
    ) -> Result<Stepped<T>, LineError> {
        let framing = match &self.frames {
            Frames::Plain(_) => None,
            Frames::Blocks(end) => end.deadline().map(|after| self.begun + after),
        };
        let until = deadline.into_iter().chain(framing).min();
        let mut buffer = [0; READ_BYTES];
        let read = {
            let reading = self.wire.read(&mut buffer);
            let reading = async {
                match until {
                    Some(until) => timeout_at(until, reading).await.ok(),
                    None => Some(reading.await),
                }
            };
            tokio::select! {
                biased;
                read = reading => read,
                by = interrupt => return Ok(Stepped::Interrupted(by)),
            }
        };
        let now = self.begun.elapsed();
        match read {
            // A line whose other end is gone reads nothing for ever.
            Some(Ok(0)) => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Some(Ok(count)) => self.take(now, &buffer[..count]).await.map(|()| Stepped::Read),
            Some(Err(error)) => Err(error.into()),
            None => {
                if let Frames::Blocks(end) = &mut self.frames {
                    let out = end.tick(now);
                    self.carry_out(out).await?;
                }
                let late = deadline.is_some_and(|deadline| deadline <= Instant::now());
                Ok(if late { Stepped::Late } else { Stepped::Read })
            }
        }
    }

    async fn take(&mut self, now: Duration, bytes: &[u8]) -> Result<(), LineError> {
        match &mut self.frames {
            Frames::Plain(reader) => {
                reader.push(bytes);
                while let Some(apdu) = reader.next_apdu() {
                    self.arrived.push_back(apdu);
                }
                if reader.waiting_bytes() > APDU_BYTES_MAX {
                    return Err(LineError::Malformed("it is too long"));
                }
            }
            Frames::Blocks(end) => {
                let out = end.receive(now, bytes);
                self.carry_out(out).await?;
            }
        }
        if self.arrived.len() > ARRIVED_MAX {
            return Err(LineError::Malformed("too much came at once"));
        }
        Ok(())
    }

    async fn carry_out(&mut self, out: Vec<Output>) -> Result<(), LineError> {
        for output in out {
            match output {
                Output::Send(bytes) => self.write(&bytes).await?,
                Output::Deliver(message) => match Apdu::decode(&message) {
                    Some((apdu, taken)) if taken == message.len() => self.arrived.push_back(apdu),
                    _ => return Err(LineError::Malformed("its length is wrong")),
                },
                Output::Arrived => {}
                Output::GivenUp => return Err(LineError::NotAcknowledged),
            }
        }
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        let written = timeout(self.write, async {
            self.wire.write_all(bytes).await?;
            self.wire.flush().await
        });
        match written.await {
            Ok(written) => Ok(written?),
            Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
        }
    }
}

enum Stepped<T> {
    Read,
    Late,
    Interrupted(T),
}
