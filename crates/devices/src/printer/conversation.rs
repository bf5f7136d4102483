//! One conversation with a printer on one line: how are you, the job, have you done it?

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::{Gate, Outcome, Timings, Wire};
use crate::escpos::{
    Answer, AnswerReader, REQUEST_CONFIRMATION, REQUEST_OFFLINE_CAUSE, REQUEST_PAPER, Status,
};
use crate::fault::Fault;

/// The most bytes offered to the line at once, so that a slow line makes visible progress within the stall limit.
const CHUNK_BYTES: usize = 512;

/// The paper end bits of the confirmation.
const CONFIRMATION_PAPER_END: u8 = 0x0C;

pub(super) struct Conversation<'a> {
    line: Box<dyn Wire>,
    address: &'a str,
    timings: Timings,
    reader: AnswerReader,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(line: Box<dyn Wire>, address: &'a str, timings: Timings) -> Conversation<'a> {
        Conversation { line, address, timings, reader: AnswerReader::default() }
    }

    /// Asks for the off-line cause and the paper. A printer that answers neither has an empty status.
    pub(super) async fn status(&mut self) -> Result<Status, Fault> {
        let mut status = Status::default();
        // Every answer to one request is taken before the next is sent: they look alike.
        for request in [REQUEST_OFFLINE_CAUSE, REQUEST_PAPER] {
            let deadline = Instant::now() + self.timings.status;
            match timeout_at(deadline, self.line.write_all(&request)).await {
                Ok(sent) => sent.map_err(|cause| self.disconnected(cause))?,
                Err(_) => return Ok(status),
            }
            match self.answer(deadline, |answer| matches!(answer, Answer::RealTime(_))).await? {
                Some(Answer::RealTime(byte)) if request == REQUEST_PAPER => status.take_paper(byte),
                Some(Answer::RealTime(byte)) => status.take_offline_cause(byte),
                // One that does not know the first question is not asked the second.
                _ => return Ok(status),
            }
        }
        Ok(status)
    }

    /// Carries one job and says what is known about it.
    pub(super) async fn carry(mut self, bytes: &[u8], gate: Gate) -> Outcome {
        match self.status().await {
            Ok(status) if gate == Gate::WhenReady && status.stops_printing() => {
                return Outcome::NotPrinted {
                    reason: Fault::NotReady { address: self.address.into(), status },
                };
            }
            Ok(_) => {}
            Err(reason) => return Outcome::NotPrinted { reason },
        }
        let end = Instant::now() + self.timings.job;
        let mut taken = 0;
        match self.send(bytes, end, &mut taken).await {
            Ok(()) => {}
            Err(reason) if taken == 0 => return Outcome::NotPrinted { reason },
            Err(reason) => return Outcome::Unknown { reason },
        }
        match self.confirm(end).await {
            Ok(()) => Outcome::Printed,
            Err(reason) => Outcome::Unknown { reason },
        }
    }

    /// Sends everything; `taken` counts the bytes that the line has accepted, whatever happens.
    async fn send(&mut self, bytes: &[u8], end: Instant, taken: &mut usize) -> Result<(), Fault> {
        while *taken < bytes.len() {
            let chunk = &bytes[*taken..bytes.len().min(*taken + CHUNK_BYTES)];
            let limit = end.min(Instant::now() + self.timings.stall);
            match timeout_at(limit, self.line.write(chunk)).await {
                Ok(Ok(0)) => return Err(self.disconnected(io::ErrorKind::WriteZero.into())),
                Ok(Ok(count)) => *taken += count,
                Ok(Err(cause)) => return Err(self.disconnected(cause)),
                Err(_) => {
                    let status = self.cause().await;
                    return Err(Fault::Stalled { address: self.address.into(), status });
                }
            }
        }
        match timeout(self.timings.stall, self.line.flush()).await {
            Ok(flushed) => flushed.map_err(|cause| self.disconnected(cause)),
            Err(_) => Err(Fault::Stalled { address: self.address.into(), status: Status::default() }),
        }
    }

    /// Asks for the confirmation and waits for it.
    async fn confirm(&mut self, end: Instant) -> Result<(), Fault> {
        let deadline = end.min(Instant::now() + self.timings.confirm);
        match timeout_at(deadline, self.line.write_all(&REQUEST_CONFIRMATION)).await {
            Ok(sent) => sent.map_err(|cause| self.disconnected(cause))?,
            Err(_) => {
                let status = self.cause().await;
                return Err(Fault::Unconfirmed { address: self.address.into(), status });
            }
        }
        match self.answer(deadline, |answer| matches!(answer, Answer::Buffered(_))).await? {
            Some(Answer::Buffered(byte)) if byte & CONFIRMATION_PAPER_END == 0 => Ok(()),
            Some(_) | None => {
                let status = self.cause().await;
                Err(Fault::Unconfirmed { address: self.address.into(), status })
            }
        }
    }

    /// Why the printer does not go on, as far as it says so.
    async fn cause(&mut self) -> Status {
        self.status().await.unwrap_or_default()
    }

    /// The next answer of the wanted kind, or `None` when none comes in time.
    async fn answer(
        &mut self,
        deadline: Instant,
        wanted: impl Fn(&Answer) -> bool,
    ) -> Result<Option<Answer>, Fault> {
        let mut buffer = [0; 16];
        loop {
            let read = match timeout_at(deadline, self.line.read(&mut buffer)).await {
                Err(_) => return Ok(None),
                // A line whose other end is gone reads nothing for ever.
                Ok(Ok(0)) => return Err(self.disconnected(io::ErrorKind::UnexpectedEof.into())),
                Ok(Ok(read)) => read,
                Ok(Err(cause)) => return Err(self.disconnected(cause)),
            };
            let mut found = None;
            for byte in &buffer[..read] {
                if let Some(answer) = self.reader.take(*byte).filter(&wanted) {
                    found.get_or_insert(answer);
                }
            }
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    fn disconnected(&self, cause: io::Error) -> Fault {
        Fault::Disconnected { address: self.address.into(), cause: Arc::new(cause) }
    }
}
