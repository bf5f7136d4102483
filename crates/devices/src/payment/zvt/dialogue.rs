//! One conversation with a terminal on one line: a command, its acknowledgement, and what the terminal tells until it says
//! that it is done. Everything that the terminal tells is acknowledged at once, because a terminal that is not answered may
//! take a payment back by itself.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::Timings;
use super::apdu::Apdu;
use super::command::Command;
use super::line::{Arrival, Line, LineError};
use super::message::{Completion, Message};
use super::result_code::ResultCode;
use super::slip::SlipWriter;
use super::status::StatusInformation;
use crate::payment::{Fault, Step, Steps};

use super::intermediate;

/// The most messages that a terminal may send in one conversation: the lines of the longest receipts are some hundreds.
const MESSAGES_MAX: usize = 2_000;
/// The most status informations that are kept of one conversation.
const STATUSES_MAX: usize = 8;
/// How often a till says stop in one conversation.
const ABORTS_MAX: usize = 3;
/// How long the other end has to close a line that ended well.
const FAREWELL: Duration = Duration::from_millis(500);

/// What a command came to.
#[derive(Debug)]
pub(super) enum Answer {
    /// The terminal did not begin.
    Refused(ResultCode),
    Ended(Box<Ended>),
}

/// What a terminal told until it said that it was done.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) end: End,
    /// Without those that say the same again.
    pub(super) statuses: Vec<StatusInformation>,
    pub(super) slip: SlipWriter,
    /// The till said stop.
    pub(super) stopped: bool,
}

#[derive(Debug)]
pub(super) enum End {
    Completed(Box<Completion>),
    Aborted(ResultCode),
}

/// Who hears of what happens, and who may stop it.
#[derive(Clone, Copy, Default)]
pub(super) struct Company<'a> {
    pub(super) steps: Option<&'a Steps>,
    pub(super) stop: Option<&'a Notify>,
}

pub(super) struct Dialogue<'a> {
    line: Line,
    device: &'a str,
    timings: Timings,
}

impl<'a> Dialogue<'a> {
    pub(super) fn new(line: Line, device: &'a str, timings: Timings) -> Self {
        Self { line, device, timings }
    }

    /// Ends the conversation well.
    pub(super) fn leave(self) {
        self.line.leave(FAREWELL);
    }

    /// A command that the terminal acknowledges, carries out and reports the end of.
    pub(super) async fn run(
        &mut self,
        command: &Command,
        during: &'static str,
        company: Company<'_>,
    ) -> Result<Answer, Fault> {
        if let Some(refused) = self.begin(command, during).await? {
            return Ok(Answer::Refused(refused));
        }
        self.until_the_end(during, company).await.map(|ended| Answer::Ended(Box::new(ended)))
    }

    /// A command and its acknowledgement alone: the reason where the terminal refused it.
    pub(super) async fn begin(
        &mut self,
        command: &Command,
        during: &'static str,
    ) -> Result<Option<ResultCode>, Fault> {
        self.send(&command.encode(), during).await?;
        let deadline = Instant::now() + self.timings.acknowledge;
        for _ in 0..MESSAGES_MAX {
            let apdu = match self.receive(deadline, std::future::pending::<()>(), during).await? {
                Arrival::Message(apdu) => apdu,
                Arrival::Nothing | Arrival::Interrupted(()) => return Err(self.silent(during)),
            };
            if !apdu.is_acknowledgement() {
                // A late word about something else: it is heard out and not taken for an answer.
                self.send(&Apdu::ack(), during).await?;
                continue;
            }
            return match self.parse(&apdu, during)? {
                Message::Refused(code) => Ok(Some(code)),
                _ => Ok(None),
            };
        }
        Err(self.garbled(during, "the terminal does not stop talking"))
    }

    async fn until_the_end(&mut self, during: &'static str, company: Company<'_>) -> Result<Ended, Fault> {
        let (mut statuses, mut slip) = (Vec::<StatusInformation>::new(), SlipWriter::default());
        let mut aborts = 0;
        let end = Instant::now() + self.timings.transaction;
        for _ in 0..MESSAGES_MAX {
            let deadline = end.min(Instant::now() + self.timings.completion);
            let stop = async {
                match company.stop {
                    Some(stop) if aborts < ABORTS_MAX => stop.notified().await,
                    _ => std::future::pending().await,
                }
            };
            let apdu = match self.receive(deadline, stop, during).await? {
                Arrival::Message(apdu) => apdu,
                Arrival::Nothing => return Err(self.silent(during)),
                Arrival::Interrupted(()) => {
                    aborts += 1;
                    self.send(&Command::Abort.encode(), during).await?;
                    continue;
                }
            };
            if !apdu.is_acknowledgement() {
                // First the answer: what cannot be read was received all the same.
                let answer = match Message::parse(&apdu) {
                    Ok(Message::Other { .. }) => Apdu::nak(ResultCode::NOT_POSSIBLE.0),
                    _ => Apdu::ack(),
                };
                self.send(&answer, during).await?;
            }
            let stopped = aborts > 0;
            match self.parse(&apdu, during)? {
                Message::Status(status) if statuses.contains(&status) => {}
                Message::Status(status) if statuses.len() < STATUSES_MAX => statuses.push(*status),
                Message::Status(_) => return Err(self.garbled(during, "too much status information")),
                Message::Intermediate { status, text } => {
                    let step = intermediate::step(status, text.as_deref());
                    if let (Some(steps), Some(step)) = (company.steps, step) {
                        steps.tell(step);
                    }
                }
                Message::Print { kind, lines, last } => slip.print(kind, lines, last),
                Message::Completed(completion) => {
                    return Ok(Ended { end: End::Completed(completion), statuses, slip, stopped });
                }
                Message::Aborted(code) => {
                    return Ok(Ended { end: End::Aborted(code), statuses, slip, stopped });
                }
                // An acknowledgement that came twice, the answer to our stop, or something for another kind of till.
                Message::Acknowledged | Message::Refused(_) | Message::Other { .. } => {}
            }
        }
        Err(self.garbled(during, "the terminal does not stop talking"))
    }

    async fn send(&mut self, apdu: &Apdu, during: &'static str) -> Result<(), Fault> {
        self.line.send(apdu).await.map_err(|error| self.broken(during, error))
    }

    async fn receive<T>(
        &mut self,
        deadline: Instant,
        interrupt: impl Future<Output = T>,
        during: &'static str,
    ) -> Result<Arrival<T>, Fault> {
        self.line.receive(deadline, interrupt).await.map_err(|error| self.broken(during, error))
    }

    fn parse(&self, apdu: &Apdu, during: &'static str) -> Result<Message, Fault> {
        Message::parse(apdu).map_err(|error| self.garbled(during, &error.to_string()))
    }

    fn broken(&self, during: &'static str, error: LineError) -> Fault {
        let device = self.device.to_owned();
        match error {
            LineError::Io(cause) => Fault::Disconnected { device, during, cause: Arc::new(cause) },
            LineError::Malformed(what) => Fault::Garbled { device, during, what: what.to_owned() },
            LineError::NotAcknowledged => Fault::Silent { device, during },
        }
    }

    fn silent(&self, during: &'static str) -> Fault {
        Fault::Silent { device: self.device.to_owned(), during }
    }

    fn garbled(&self, during: &'static str, what: &str) -> Fault {
        Fault::Garbled { device: self.device.to_owned(), during, what: what.to_owned() }
    }
}

/// Tells that a line is being opened.
pub(super) fn connecting(company: Company<'_>) {
    if let Some(steps) = company.steps {
        steps.tell(Step::Connecting);
    }
}

/// A connection that took too long.
pub(super) fn timed_out() -> io::Error {
    io::ErrorKind::TimedOut.into()
}
