//! One conversation of the simulated printer: bytes in, answers out, paper into the tray.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::timeout;

use super::scanner::Scanner;
use super::{Misbehaviour, SimulatedPrinter};
use crate::escpos::{Condition, Cutter};
use crate::fault::Fault;
use crate::printer::JOB_BYTES_MAX;

/// How long a line may be silent before the printer lets it go, and how long one is held open without reading.
const IDLE: Duration = Duration::from_secs(60);

/// The fixed bits of an answer to a real-time request.
const REAL_TIME: u8 = 0x12;

/// The fixed bits of the first byte of an automatic status block.
const AUTOMATIC: u8 = 0x10;

/// The bit of `GS a` that asks for a block whenever the drawer moves.
const TELLS_DRAWER: u8 = 0x01;

struct Session<'a> {
    printer: &'a SimulatedPrinter,
    id: &'a str,
    scanner: Scanner,
    /// Bytes since the line began or since it was told to misbehave; what only asks for the state does not count.
    counted: usize,
    /// Whether the byte before was the first of a command that may only ask for the state.
    undecided: bool,
    /// What was printed since the last initialisation at the top of a sheet, and how many sheets of it are kept.
    printed: Vec<u8>,
    sheets_done: usize,
    /// Whether something has been printed since the last cut.
    sheet_begun: bool,
    misbehaviour: watch::Receiver<Misbehaviour>,
    drawer: watch::Receiver<bool>,
    /// Whether it was told to send a block whenever the drawer moves.
    tells_drawer: bool,
}

enum Next {
    GoOn,
    HangUp,
}

/// Serves one line until the other end goes or the printer hangs up.
pub(super) async fn serve(
    printer: &SimulatedPrinter,
    mut line: impl AsyncRead + AsyncWrite + Unpin + Send,
    id: &str,
) -> Result<(), Fault> {
    let mut session = Session {
        printer,
        id,
        scanner: Scanner::default(),
        counted: 0,
        undecided: false,
        printed: Vec::new(),
        sheets_done: 0,
        sheet_begun: false,
        misbehaviour: printer.inner.misbehaviour.subscribe(),
        drawer: printer.inner.drawer_open.subscribe(),
        tells_drawer: false,
    };
    let result = session.converse(&mut line).await;
    // Whatever was printed is on the paper, also when the line was cut in the middle of a sheet.
    match result {
        Ok(()) => session.finish_sheet().await,
        Err(fault) => Err(fault),
    }
}

impl Session<'_> {
    async fn converse(&mut self, line: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Result<(), Fault> {
        let mut buffer = [0; 1024];
        loop {
            if let Next::HangUp = self.misbehave().await {
                return Ok(());
            }
            // Broken lines are everyday life for a printer: they end the conversation and are no fault of its own.
            let read = tokio::select! {
                read = timeout(IDLE, line.read(&mut buffer)) => match read {
                    Ok(Ok(read)) if read > 0 => read,
                    _ => return Ok(()),
                },
                Ok(()) = self.drawer.changed(), if self.tells_drawer => {
                    if *self.misbehaviour.borrow() != Misbehaviour::Mute
                        && answered(line, &self.automatic()).await.is_err()
                    {
                        return Ok(());
                    }
                    continue;
                }
            };
            for byte in &buffer[..read] {
                if let Next::HangUp = self.misbehave().await {
                    return Ok(());
                }
                let (answer, next) = self.take(*byte).await?;
                if !answer.is_empty()
                    && *self.misbehaviour.borrow() != Misbehaviour::Mute
                    && answered(line, &answer).await.is_err()
                {
                    return Ok(());
                }
                if let Next::HangUp = next {
                    return Ok(());
                }
            }
        }
    }

    /// Does what it was told to do wrong when the time has come.
    async fn misbehave(&mut self) -> Next {
        if self.misbehaviour.has_changed().unwrap_or(false) {
            // Bytes are counted from when it is told: a serial line is the same one for many jobs.
            self.counted = 0;
        }
        let current = *self.misbehaviour.borrow_and_update();
        match current {
            Misbehaviour::CloseAt(count) if self.counted >= count => Next::HangUp,
            Misbehaviour::StopReadingAt(count) if self.counted >= count => {
                // Released by the next command or after a while; either way this line is lost.
                let _released = timeout(IDLE, self.misbehaviour.changed()).await;
                Next::HangUp
            }
            _ => Next::GoOn,
        }
    }

    /// The condition that it is in now.
    fn condition(&self) -> Option<Condition> {
        match *self.misbehaviour.borrow() {
            Misbehaviour::Condition(condition) => Some(condition),
            Misbehaviour::PaperOutAt(count) if self.counted >= count || self.printer.has_no_paper() => {
                self.printer.note_paper_out();
                Some(Condition::PaperEmpty)
            }
            _ => None,
        }
    }

    async fn take(&mut self, byte: u8) -> Result<(Vec<u8>, Next), Fault> {
        let silent = || Ok((Vec::new(), Next::GoOn));
        if self.scanner.counts(byte) {
            if self.condition().is_some_and(Condition::stops_printing) {
                // It goes into the buffer of a printer that waits for paper, and is lost when that is switched off.
                return silent();
            }
            self.count(byte);
        }
        let Some(command) = self.scanner.take(byte) else { return silent() };
        match command.as_slice() {
            [0x10, 0x04, request] => return Ok((vec![self.real_time(*request)], Next::GoOn)),
            // The block that is sent as it is switched on; of later ones only those of the drawer are sent.
            [0x1D, b'a', wanted] => {
                self.tells_drawer = *wanted & TELLS_DRAWER != 0;
                if *wanted != 0 {
                    return Ok((self.automatic().to_vec(), Next::GoOn));
                }
            }
            [0x1D, b'r', _] => {
                if self.printer.profile().cutter == Cutter::None {
                    // Nobody cuts: the customer gets the paper when it is finished.
                    self.finish_sheet().await?;
                }
                let near_end = self.condition() == Some(Condition::PaperNearEmpty);
                return Ok((vec![if near_end { 0x03 } else { 0x00 }], Next::GoOn));
            }
            [0x1B, b'p', ..] => self.printer.note_drawer_opening(),
            [0x1B, b'@'] if !self.sheet_begun => {
                self.printed.clear();
                self.sheets_done = 0;
                self.printed.extend(command);
            }
            [0x1D, b'V', ..] => {
                self.printed.extend(command);
                self.finish_sheet().await?;
            }
            _ => {
                self.sheet_begun |= command.first().is_some_and(|b| *b >= 0x20 || *b == b'\n')
                    || command.starts_with(b"\x1dk")
                    || command.starts_with(b"\x1d(k");
                self.printed.extend(command);
            }
        }
        let full = self.printed.len() > JOB_BYTES_MAX;
        Ok((Vec::new(), if full { Next::HangUp } else { Next::GoOn }))
    }

    /// Counts the bytes of a job. `GS a` is a question, and whether a byte is its first is seen at the second.
    fn count(&mut self, byte: u8) {
        match (std::mem::take(&mut self.undecided), self.scanner.pending()) {
            (false, [0x1D, b'a', ..]) => {}
            (false, []) if byte == 0x1D => self.undecided = true,
            (true, _) if byte == b'a' => {}
            (undecided, _) => {
                self.counted += 1 + usize::from(undecided);
                self.printer.note_job_bytes(self.counted);
            }
        }
    }

    /// All that it knows of itself, in four bytes.
    fn automatic(&self) -> [u8; 4] {
        let condition = self.condition();
        let offline = if condition.is_some_and(Condition::stops_printing) { 0x08 } else { 0 };
        let cover = if condition == Some(Condition::CoverOpen) { 0x20 } else { 0 };
        let error = if condition == Some(Condition::Error) { 0x20 } else { 0 };
        let paper = match condition {
            Some(Condition::PaperEmpty) => 0x0F,
            Some(Condition::PaperNearEmpty) => 0x03,
            _ => 0,
        };
        [AUTOMATIC | offline | cover | self.drawer_bit(), error, paper, 0]
    }

    fn real_time(&self, request: u8) -> u8 {
        let bits = match (request, self.condition()) {
            (1, Some(condition)) if condition.stops_printing() => 0x08 | self.drawer_bit(),
            (1, _) => self.drawer_bit(),
            (2, Some(Condition::CoverOpen)) => 0x04,
            (2, Some(Condition::PaperEmpty)) => 0x20,
            (2, Some(Condition::Error)) => 0x40,
            (4, Some(Condition::PaperEmpty)) => 0x6C,
            (4, Some(Condition::PaperNearEmpty)) => 0x0C,
            _ => 0,
        };
        REAL_TIME | bits
    }

    /// The level of the pin that the drawer's sensor pulls.
    fn drawer_bit(&self) -> u8 {
        if self.printer.drawer_is_open() { 0x04 } else { 0 }
    }

    async fn finish_sheet(&mut self) -> Result<(), Fault> {
        if self.sheet_begun {
            self.sheet_begun = false;
            let bytes = self.printed.clone();
            self.sheets_done = self.printer.keep(bytes, self.sheets_done, self.id.to_owned()).await?;
        }
        Ok(())
    }
}

async fn answered(line: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    match timeout(IDLE, async {
        line.write_all(bytes).await?;
        line.flush().await
    })
    .await
    {
        Ok(written) => written,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}
