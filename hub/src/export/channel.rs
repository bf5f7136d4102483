//! A long answer on the local channel: pieces of at most [`PIECE_BYTES_MAX`] bytes, each after its length in four bytes
//! (big endian), a length of zero, and then the answer's line of JSON, which says whether the pieces are all there.

use std::io::{self, Write};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::PIECE_BYTES;
use crate::admin::{Ask, Told};
use crate::error::HubError;
use crate::folder::DataFolder;

/// Bytes of one piece.
const PIECE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Pieces that wait for the console to take them.
const PIECES_WAITING_MAX: usize = 4;
/// Bytes of the line at the end.
const LINE_BYTES_MAX: u64 = 64 * 1024;
/// How long the other side may take for one piece: a slow stick, or a disk that is busy selling.
const PIECE_WITHIN: Duration = Duration::from_secs(60);

/// The hub's side: what a blocking thread writes goes out in pieces.
#[derive(Debug)]
pub(crate) struct Sending {
    pieces: mpsc::Sender<Vec<u8>>,
    held: Vec<u8>,
}

impl Sending {
    /// Runs `work` on a thread of its own and sends what it writes, then its answer. Ends early when the console goes
    /// away; the work then fails at its next write.
    pub(crate) async fn run(
        mut stream: UnixStream,
        work: impl FnOnce(&mut dyn Write) -> Result<Told, HubError> + Send + 'static,
    ) -> io::Result<()> {
        let (pieces, mut waiting) = mpsc::channel(PIECES_WAITING_MAX);
        let working = tokio::task::spawn_blocking(move || {
            let mut sending = Self { pieces, held: Vec::with_capacity(2 * PIECE_BYTES) };
            let told = work(&mut sending)?;
            sending.flush().map_err(HubError::file("send", "the last piece"))?;
            Ok::<_, HubError>(told)
        });
        while let Some(piece) = waiting.recv().await {
            let length = u32::try_from(piece.len()).expect("a piece is far below 4 GiB");
            let sent = async {
                stream.write_all(&length.to_be_bytes()).await?;
                stream.write_all(&piece).await
            };
            timeout(PIECE_WITHIN, sent).await??;
        }
        let told = match working.await {
            Ok(Ok(told)) => told,
            Ok(Err(error)) => Told::Refused { text: error.chain() },
            Err(error) => Told::Refused { text: error.to_string() },
        };
        let line = serde_json::to_vec(&told).expect("answers have a JSON form");
        let ended = async {
            stream.write_all(&0_u32.to_be_bytes()).await?;
            stream.write_all(&line).await
        };
        timeout(PIECE_WITHIN, ended).await?
    }
}

impl Write for Sending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE_BYTES_MAX);
        if self.held.len() + taken > PIECE_BYTES {
            self.flush()?;
        }
        self.held.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.held, Vec::with_capacity(2 * PIECE_BYTES));
        let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "the console went away");
        self.pieces.blocking_send(piece).map_err(gone)
    }
}

/// The console's side: asks, and writes what comes to `out`.
///
/// # Errors
/// HF-HUB-025 when the hub ends in between, HF-HUB-032 with its own words, HF-HUB-003 when `out` fails.
pub(crate) async fn receive(
    folder: &DataFolder,
    ask: &Ask,
    out: &mut (dyn Write + Send),
) -> Result<Told, HubError> {
    let failed = |source: io::Error| HubError::Channel { source: source.into() };
    let mut stream = UnixStream::connect(folder.socket()).await.map_err(failed)?;
    let mut line = serde_json::to_vec(ask).expect("questions have a JSON form");
    line.push(b'\n');
    stream.write_all(&line).await.map_err(failed)?;
    stream.shutdown().await.map_err(failed)?;
    let mut piece = Vec::new();
    loop {
        let read = async {
            let mut length = [0; 4];
            stream.read_exact(&mut length).await?;
            let length = u32::from_be_bytes(length) as usize;
            if length > PIECE_BYTES_MAX {
                return Err(io::Error::other("a piece is too large"));
            }
            piece.resize(length, 0);
            stream.read_exact(&mut piece).await
        };
        let read = timeout(PIECE_WITHIN, read).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        read.map_err(failed)?;
        if piece.is_empty() {
            break;
        }
        out.write_all(&piece).map_err(HubError::file("write", "the file"))?;
    }
    let mut line = Vec::new();
    let rest = stream.take(LINE_BYTES_MAX);
    let mut rest = std::pin::pin!(rest);
    let read = timeout(PIECE_WITHIN, rest.read_to_end(&mut line)).await;
    read.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(failed)?;
    match serde_json::from_slice(&line).map_err(|error| failed(error.into()))? {
        Told::Refused { text } => Err(HubError::Relayed { text }),
        told => Ok(told),
    }
}
