//! Comma-separated values as RFC 4180 has them, written piece by piece while the journal is read.

use std::borrow::Cow;
use std::io;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use holdfast_money::{Currency, Money, Quantity};
use tokio::sync::mpsc;

use super::App;
use super::problem::Refused;
use crate::error::HubError;

/// Bytes that are collected before they are sent.
const PIECE_BYTES: usize = 32 * 1024;
/// Pieces that may wait for a slow reader.
const PIECES_WAITING_MAX: usize = 4;
/// What spreadsheets take for the beginning of a formula, the wide forms too.
const FORMULA_BEGINS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}'];

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// Words that somebody wrote: a product's name, a reason.
    Text(String),
    /// A number, a date or an id that the hub wrote.
    Plain(String),
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn plain(value: impl ToString) -> Self {
        Self::Plain(value.to_string())
    }

    /// An amount with all places of its currency, and without its name.
    pub fn money(minor: i64, currency: Currency) -> Self {
        let named = Money::from_minor(minor, currency).to_string();
        Self::plain(named.split(' ').next().unwrap_or_default())
    }

    /// An instant as RFC 3339 has it, in UTC.
    pub fn instant(ms: i64) -> Self {
        Self::maybe(jiff::Timestamp::from_millisecond(ms).ok(), Self::plain)
    }

    pub fn quantity(thousandths: i64) -> Self {
        Self::plain(Quantity::from_thousandths(thousandths))
    }

    /// Nothing, where nothing is known.
    pub fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or_else(|| Self::Plain(String::new()), cell)
    }

    /// As a file has it. A spreadsheet that opens the file runs nothing: words that begin as a formula get an apostrophe.
    fn written(&self) -> Cow<'_, str> {
        match self {
            Self::Plain(value) => Cow::Borrowed(value),
            Self::Text(text) if text.starts_with(FORMULA_BEGINS) => Cow::Owned(format!("'{text}")),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }

    /// As a page shows it.
    pub fn shown(&self) -> &str {
        match self {
            Self::Text(text) | Self::Plain(text) => text,
        }
    }
}

/// The lines of a file on their way to whoever asked.
pub(super) struct Sheet {
    lines: csv::Writer<Vec<u8>>,
    send: mpsc::Sender<io::Result<Bytes>>,
    /// Whether whoever asked is still there.
    heard: bool,
}

impl Sheet {
    /// Writes a row. Blocks while the reader is slow.
    ///
    /// # Errors
    /// HF-HUB-024 when the reader is gone.
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), HubError> {
        let written = self.lines.write_record(cells.iter().map(|cell| cell.written().into_owned()));
        written.expect("memory grows as needed, and rows of one sheet are of one length");
        if self.lines.get_ref().len() >= PIECE_BYTES {
            self.send()?;
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), HubError> {
        let lines = std::mem::replace(&mut self.lines, writer());
        let piece = lines.into_inner().expect("memory grows as needed");
        self.heard = self.send.blocking_send(Ok(piece.into())).is_ok();
        if self.heard { Ok(()) } else { Err(HubError::Unavailable { source: "the reader is gone".into() }) }
    }
}

fn writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

/// The name of a file in which nothing says what is in the drawers of open shifts, where there are any.
pub(super) fn without_drawers(name: String, open_shifts: u64) -> String {
    if open_shifts == 0 { name } else { name + "-without-drawers-of-open-shifts" }
}

/// Answers with a file that `write` fills, row after row, on a thread where the disk may be waited for. A file that breaks
/// off ends the connection, so that nobody takes a part for the whole.
///
/// # Errors
/// HF-HUB-024 while as many files are written as the hub writes at once.
pub(super) fn stream(
    app: &App,
    name: &str,
    header: &'static [&'static str],
    write: impl FnOnce(&mut Sheet) -> Result<(), HubError> + Send + 'static,
) -> Result<Response, Refused> {
    let permit = std::sync::Arc::clone(&app.files).try_acquire_owned();
    let permit = permit.map_err(|_| Refused::unavailable("other files are being written"))?;
    let (send, receive) = mpsc::channel(PIECES_WAITING_MAX);
    tokio::task::spawn_blocking(move || {
        let _one_of_few = permit;
        let mut sheet = Sheet { lines: writer(), send, heard: true };
        let header: Vec<Cell> = header.iter().map(Cell::plain).collect();
        let written = sheet.row(&header).and_then(|()| write(&mut sheet)).and_then(|()| sheet.send());
        if let Err(error) = written
            && sheet.heard
        {
            tracing::warn!(error = error.chain(), "a file broke off");
            let _ = sheet.send.blocking_send(Err(io::Error::other("the file broke off")));
        }
    });
    let pieces = futures::stream::unfold(receive, |mut receive| async {
        let piece = receive.recv().await?;
        Some((piece, receive))
    });
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_begin_as_a_formula_run_nowhere() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("+44", "'+44"),
            ("-5 off", "'-5 off"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r\n=1", "'\r\n=1"),
            ("\u{FF1D}1", "'\u{FF1D}1"),
            ("Tea = good", "Tea = good"),
            ("", ""),
        ] {
            assert_eq!(Cell::text(text).written(), written, "{text:?}");
            assert_eq!(Cell::text(text).shown(), text, "a page shows what was written");
        }
        assert_eq!(Cell::money(-357, Currency::EUR).written(), "-3.57", "a number stays one");
        assert_eq!(Cell::money(0, Currency::EUR).written(), "0.00");
        assert_eq!(Cell::quantity(-1500).written(), "-1.5");
        assert_eq!(Cell::maybe(None::<u8>, Cell::plain).written(), "");
    }

    #[test]
    fn rows_are_those_of_the_standard() {
        let (send, mut receive) = mpsc::channel(9);
        let mut sheet = Sheet { lines: writer(), send, heard: true };
        sheet.row(&[Cell::text("a,\"b\"\nc"), Cell::plain(1)]).unwrap();
        sheet.send().unwrap();
        let piece = receive.try_recv().unwrap().unwrap();
        assert_eq!(piece, "\"a,\"\"b\"\"\nc\",1\r\n");
        drop(receive);
        assert!(sheet.send().is_err(), "nobody reads");
    }

    #[test]
    fn little_is_in_memory_while_a_long_file_is_written() {
        let (send, mut receive) = mpsc::channel(1);
        let writing = std::thread::spawn(move || {
            let mut sheet = Sheet { lines: writer(), send, heard: true };
            for number in 0..50_000 {
                sheet.row(&[Cell::plain(number)])?;
            }
            sheet.send()
        });
        let (mut bytes, mut longest) = (0, 0);
        while let Some(piece) = receive.blocking_recv() {
            let piece = piece.unwrap();
            bytes += piece.len();
            longest = longest.max(piece.len());
        }
        writing.join().unwrap().unwrap();
        assert!(longest < 2 * PIECE_BYTES && bytes > 300_000, "{longest} of {bytes}");
    }
}
