//! One line to a scale: a request, and the answer to it or none.

use std::io;
use std::time::Duration;

use futures::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::framer::Framer;
use super::reading::{Answer, Refusal, Request};
use super::{Protocol, Timings};
use crate::printer::Wire;

const READ_BYTES: usize = 256;
/// The most bytes that are read while one answer is waited for. A scale that sends more sends something else.
const ANSWER_BYTES_MAX: usize = 4_096;

pub(super) struct Conversation {
    line: Box<dyn Wire>,
    protocol: Protocol,
    framer: Framer,
    timings: Timings,
    /// An answer is missing and may still come.
    owed: bool,
}

impl Conversation {
    pub(super) fn new(line: Box<dyn Wire>, protocol: Protocol, timings: Timings) -> Self {
        // Whoever spoke on this line before may have left an answer in it.
        Self { line, protocol, framer: Framer::new(protocol.framing()), timings, owed: true }
    }

    /// Asks; `None` when no answer came in time.
    pub(super) async fn ask(&mut self, request: Request, limit: Duration) -> io::Result<Option<Answer>> {
        let Some(bytes) = self.protocol.request(request) else {
            return Ok(Some(Answer::Refused(Refusal::NotSupported)));
        };
        self.drain().await?;
        let written = timeout(self.timings.write, async {
            self.line.write_all(&bytes).await?;
            self.line.flush().await
        });
        written.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        let answer = self.answer(request, Instant::now() + limit).await?;
        self.owed = answer.is_none();
        Ok(answer)
    }

    /// Throws away what arrived without having been asked for. An answer that is late must not be taken for the next one,
    /// for the protocols number nothing; so after a missing answer the line has to be silent first. A scale that sends all
    /// the time by itself therefore cannot be used.
    async fn drain(&mut self) -> io::Result<()> {
        self.framer.clear();
        let mut buffer = [0; READ_BYTES];
        let mut drained = 0;
        let deadline = Instant::now() + self.timings.answer;
        while drained <= ANSWER_BYTES_MAX && Instant::now() <= deadline {
            let read = match self.owed {
                true => timeout(self.timings.quiet, self.line.read(&mut buffer)).await.ok(),
                false => self.line.read(&mut buffer).now_or_never(),
            };
            match read.transpose()? {
                None => return Ok(()),
                Some(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Some(count) => drained += count,
            }
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "the line does not fall silent"))
    }

    async fn answer(&mut self, request: Request, deadline: Instant) -> io::Result<Option<Answer>> {
        let mut buffer = [0; READ_BYTES];
        let mut received = 0;
        while received <= ANSWER_BYTES_MAX {
            let Ok(read) = timeout_at(deadline, self.line.read(&mut buffer)).await else { return Ok(None) };
            let count = read?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            received += count;
            for byte in &buffer[..count] {
                let Some(frame) = self.framer.take(*byte) else { continue };
                match self.protocol.parse(request, &frame) {
                    Answer::NotIt => {}
                    answer => return Ok(Some(answer)),
                }
            }
        }
        Ok(None)
    }
}
