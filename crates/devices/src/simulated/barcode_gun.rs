//! A barcode scanner made of software: on a serial line, or as the keys of a keyboard.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::sync::{Mutex, broadcast, watch};

#[cfg(unix)]
use super::plug::Plugged;
use crate::scanner::keys::{CONTROL, ENTER, ROWS, SHIFT};
use crate::scanner::{Key, Moved, Suffix};

const LINE_BYTES: usize = 1_024;
/// How many things may wait to be sent; the oldest is lost for a new one, as a gun's own memory works.
const WAITING_MAX: usize = 64;

/// A barcode scanner made of software. Clones are the same one.
#[derive(Debug, Clone)]
pub struct BarcodeGun {
    suffix: Suffix,
    sent: broadcast::Sender<Vec<u8>>,
    /// What is scanned before a line is there is kept for it.
    early: Arc<Mutex<broadcast::Receiver<Vec<u8>>>>,
    plugged_in: watch::Sender<bool>,
}

impl BarcodeGun {
    #[must_use]
    pub fn new(suffix: Suffix) -> Self {
        let (sent, early) = broadcast::channel(WAITING_MAX);
        Self { suffix, sent, early: Arc::new(Mutex::new(early)), plugged_in: watch::Sender::new(true) }
    }

    /// What it sends behind each code.
    #[must_use]
    pub fn suffix(&self) -> Suffix {
        self.suffix
    }

    /// Pulls the cable of its lines inside the process, or puts it in again.
    pub fn set_plugged_in(&self, plugged_in: bool) {
        self.plugged_in.send_replace(plugged_in);
    }

    #[must_use]
    pub fn is_plugged_in(&self) -> bool {
        *self.plugged_in.borrow()
    }

    /// Pulls the trigger at a code. A symbology identifier is in front of the text where one is wanted.
    pub fn scan(&self, text: &str) {
        self.send([text.as_bytes(), self.suffix.bytes()].concat());
    }

    /// Sends bytes as they are: half a scan, or garbage.
    pub fn send(&self, bytes: Vec<u8>) {
        // The gun itself keeps one receiver, so somebody is always there.
        let _waiting = self.sent.send(bytes);
    }

    /// A line to this gun inside the process.
    #[must_use]
    pub fn line(&self) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(LINE_BYTES);
        let (gun, mut plugged_in) = (self.clone(), self.plugged_in.subscribe());
        tokio::spawn(async move {
            tokio::select! {
                () = gun.serve(theirs) => {}
                // The gun itself keeps the sender, so that this ends with the cable alone.
                _ = plugged_in.wait_for(|is_in| !is_in) => {}
            }
        });
        ours
    }

    /// Plugs it in behind a path, on another terminal each time.
    ///
    /// # Errors
    /// When there is no pseudo terminal, or the path cannot be written.
    #[cfg(unix)]
    pub fn plug_in(&self, path: &Path) -> io::Result<Plugged> {
        let gun = self.clone();
        Plugged::new(path, |line| async move { gun.serve(line).await })
    }

    /// Serves one line to its end; a second one waits for it.
    pub async fn serve(&self, line: impl AsyncRead + AsyncWrite + Unpin + Send) {
        let mut early = self.early.lock().await;
        let (mut reading, mut writing) = tokio::io::split(line);
        let mut ignored = [0; 64];
        loop {
            tokio::select! {
                // Nothing is said to a gun, but a line that ends is noticed by reading.
                read = reading.read(&mut ignored) => if !matches!(read, Ok(count) if count > 0) {
                    return;
                },
                next = early.recv() => {
                    let bytes = match next {
                        Ok(bytes) => bytes,
                        Err(broadcast::error::RecvError::Lagged(_)) => continue,
                        Err(broadcast::error::RecvError::Closed) => return,
                    };
                    if writing.write_all(&bytes).await.is_err() || writing.flush().await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

/// The keys that a keyboard with the US layout presses for a text and Enter behind it; `None` for a character that it does
/// not have.
#[must_use]
pub fn keys_of(text: &str) -> Option<Vec<Key>> {
    let key = |code, moved| Key { code, moved };
    let mut keys = Vec::new();
    for c in text.chars() {
        let byte = u8::try_from(c).ok()?;
        let (control, byte) = match byte {
            0x1C..=0x1E => (true, byte | 0x40),
            _ => (false, byte),
        };
        let (code, shifted) = ROWS.iter().find_map(|(first, plain, shifted)| {
            let at = |row: &str| row.bytes().position(|known| known == byte);
            let (at, shift) = at(plain).map(|at| (at, false)).or(at(shifted).map(|at| (at, true)))?;
            Some((first + u16::try_from(at).ok()?, shift))
        })?;
        let held: Vec<u16> = [(control, CONTROL[0]), (shifted, SHIFT[0])]
            .into_iter()
            .filter_map(|(is, code)| is.then_some(code))
            .collect();
        keys.extend(held.iter().map(|code| key(*code, Moved::Down)));
        keys.extend([key(code, Moved::Down), key(code, Moved::Up)]);
        keys.extend(held.iter().map(|code| key(*code, Moved::Up)));
    }
    keys.extend([key(ENTER, Moved::Down), key(ENTER, Moved::Up)]);
    Some(keys)
}
