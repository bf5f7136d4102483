//! A cable that is plugged in and pulled out: a pair of pseudo terminals behind a path that stays, as `/dev/serial/by-id`
//! keeps one for a device that gets another number each time.

use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tokio::task::JoinHandle;
use tokio_serial::{SerialPort, SerialStream};

/// Opening a terminal must not make it the one that controls this program (`O_NOCTTY` of Linux).
const NO_CONTROLLING_TERMINAL: i32 = 0o400;

/// A device that is plugged in until this is dropped.
#[derive(Debug)]
pub struct Plugged {
    path: PathBuf,
    terminal: PathBuf,
    task: JoinHandle<()>,
    /// A pair with one closed end reads errors at the other, so this end stays open, and is never read.
    _held: File,
}

impl Plugged {
    /// Makes a pair whose one end `path` leads to, and gives the other to whoever plays the device.
    pub(super) fn new<F>(path: &Path, play: impl FnOnce(SerialStream) -> F) -> io::Result<Plugged>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (device, mut end) = SerialStream::pair()?;
        // A port is open once at a time; the one who holds it open is none.
        end.set_exclusive(false)?;
        let terminal = PathBuf::from(end.name().ok_or(io::ErrorKind::NotFound)?);
        let held = File::options().read(true).custom_flags(NO_CONTROLLING_TERMINAL).open(&terminal)?;
        drop(end);
        // The link changes in one step, as udev does it: nobody finds it missing in between.
        let next = path.with_extension("next");
        match std::fs::remove_file(&next) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::os::unix::fs::symlink(&terminal, &next)?;
        std::fs::rename(&next, path)?;
        Ok(Plugged { path: path.to_owned(), terminal, task: tokio::spawn(play(device)), _held: held })
    }

    /// The terminal that the path leads to.
    #[must_use]
    pub fn terminal(&self) -> &Path {
        &self.terminal
    }

    /// Waits until the device has hung up; its end of the cable is dead then.
    pub async fn hung_up(&mut self) {
        // A device that panicked has hung up as well.
        let _ended = (&mut self.task).await;
    }
}

impl Drop for Plugged {
    fn drop(&mut self) {
        self.task.abort();
        // The path may lead to the next one already.
        if std::fs::read_link(&self.path).is_ok_and(|leads| leads == self.terminal) {
            let _gone = std::fs::remove_file(&self.path);
        }
    }
}
