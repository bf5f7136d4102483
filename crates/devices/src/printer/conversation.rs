//! One conversation with a printer on one line: how are you, the job, have you done it?

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::pin::DrawerPin;
use super::{Gate, Outcome, Timings, Wire};
use crate::escpos::{
    Answer, AnswerReader, REQUEST_AUTOMATIC, REQUEST_CONFIRMATION, REQUEST_OFFLINE_CAUSE, REQUEST_PAPER,
    REQUEST_PRINTER, Status,
};
use crate::fault::Fault;

/// The most bytes offered to the line at once, so that a slow line makes visible progress within the stall limit.
const CHUNK_BYTES: usize = 512;

/// The paper sensors' bits of the confirmation: the roll is near its end, or gone.
const CONFIRMATION_PAPER_NEAR_END: u8 = 0x03;
const CONFIRMATION_PAPER_END: u8 = 0x0C;

pub(super) struct Conversation<'a> {
    line: Box<dyn Wire>,
    address: &'a str,
    timings: Timings,
    reader: AnswerReader,
    /// What the printer said last.
    status: Status,
    /// Hears every level of the drawer's sensor.
    pin: &'a DrawerPin,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(
        line: Box<dyn Wire>,
        address: &'a str,
        timings: Timings,
        pin: &'a DrawerPin,
    ) -> Conversation<'a> {
        let (reader, status) = (AnswerReader::default(), Status::default());
        Conversation { line, address, timings, reader, status, pin }
    }

    /// What the printer said last, without asking it.
    pub(super) fn said(self) -> Status {
        self.status
    }

    /// Switches automatic status on and asks for the printer, the off-line cause and the paper. The block that says all at
    /// once makes further questions needless; a printer that cannot send it now, or never does, answers them one by one.
    /// One that answers nothing has an empty status.
    pub(super) async fn ask(&mut self) -> Result<(), Fault> {
        self.status = Status::default();
        // Every answer to one request is taken before the next is sent: they look alike.
        for request in [REQUEST_PRINTER, REQUEST_OFFLINE_CAUSE, REQUEST_PAPER] {
            let deadline = Instant::now() + self.timings.status;
            let bytes = match request {
                REQUEST_PRINTER => [REQUEST_AUTOMATIC.as_slice(), &request].concat(),
                _ => request.to_vec(),
            };
            match timeout_at(deadline, self.line.write_all(&bytes)).await {
                Ok(sent) => sent.map_err(|cause| self.disconnected(cause))?,
                Err(_) => return Ok(()),
            }
            let mut automatic = false;
            let wanted = |answer: &Answer| {
                automatic |= matches!(answer, Answer::Automatic(_));
                matches!(answer, Answer::RealTime(_))
            };
            match self.answer(deadline, wanted).await? {
                // The block is the newer word where both came.
                _ if automatic => return Ok(()),
                Some(Answer::RealTime(byte)) => match request {
                    REQUEST_PRINTER => {
                        self.status.take_printer(byte);
                        self.pin.is(self.status.drawer_pin_high());
                    }
                    REQUEST_OFFLINE_CAUSE => self.status.take_offline_cause(byte),
                    _ => self.status.take_paper(byte),
                },
                // One that does not know the first question is not asked the second.
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// Listens to the drawer's sensor until the line breaks or the printer answers no more, and says which it was. A printer
    /// that sends its status by itself is heard at once; whatever else happens, each is asked again after `pace`.
    pub(super) async fn listen(&mut self, pace: Duration) -> Fault {
        loop {
            let asked = self.ask().await;
            if let Err(fault) = asked {
                return fault;
            }
            if !self.status.answered() {
                return Fault::NotReady { address: self.address.into(), status: self.status.clone() };
            }
            // Nothing is wanted: whatever comes is taken until it is time to ask again.
            if let Err(fault) = self.answer(Instant::now() + pace, |_| false).await {
                return fault;
            }
        }
    }

    /// Carries one job and says what is known about it.
    pub(super) async fn carry(&mut self, bytes: &[u8], gate: Gate) -> Outcome {
        match self.ask().await {
            Ok(()) => {}
            Err(reason) => return Outcome::NotPrinted { reason },
        }
        let holds_back = match gate {
            Gate::Always => false,
            Gate::WhenReady => self.status.stops_printing(),
            Gate::WhenItAnswers => self.status.stops_printing() || !self.status.answered(),
        };
        if holds_back {
            let status = self.status.clone();
            return Outcome::NotPrinted { reason: Fault::NotReady { address: self.address.into(), status } };
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
            Some(Answer::Buffered(byte)) if byte & CONFIRMATION_PAPER_END == 0 => {
                if byte & CONFIRMATION_PAPER_NEAR_END != 0 {
                    self.status.take_paper(CONFIRMATION_PAPER_NEAR_END << 2);
                }
                Ok(())
            }
            Some(_) | None => {
                let status = self.cause().await;
                Err(Fault::Unconfirmed { address: self.address.into(), status })
            }
        }
    }

    /// Why the printer does not go on, as far as it says so.
    async fn cause(&mut self) -> Status {
        match self.ask().await {
            Ok(()) => self.status.clone(),
            Err(_) => Status::default(),
        }
    }

    /// The next answer of the wanted kind, or `None` when none comes in time.
    async fn answer(
        &mut self,
        deadline: Instant,
        mut wanted: impl FnMut(&Answer) -> bool,
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
                let Some(answer) = self.reader.take(*byte) else { continue };
                if let Answer::Automatic(block) = answer {
                    self.status.take_automatic(block);
                    self.pin.is(self.status.drawer_pin_high());
                }
                if wanted(&answer) {
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
