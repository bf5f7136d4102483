//! Serial ports and other device files by a path that stays the same, such as those of `/dev/serial/by-id`, which leads to
//! another device file whenever the cable is plugged in again.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_serial::{SerialPortBuilder, SerialPortBuilderExt, SerialStream};

/// How long nobody looks whether the path still leads to the device that is open.
pub(crate) const LOOK: Duration = Duration::from_secs(2);
/// The first wait before a device is looked for again, doubled with every failure.
const WAIT_FIRST: Duration = Duration::from_millis(200);
/// The longest wait. There is no end to the attempts, for somebody may plug the device in at any time; and no jitter, for
/// nobody else competes for it.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Waits that grow.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    pub(crate) fn next(&mut self) -> Duration {
        let wait = WAIT_FIRST.saturating_mul(1 << self.failures.min(10)).min(WAIT_MAX);
        self.failures = self.failures.saturating_add(1);
        wait
    }

    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Which device file a path led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    path: PathBuf,
    led_to: PathBuf,
}

impl Place {
    pub(crate) async fn of(path: &Path) -> io::Result<Place> {
        Ok(Place { path: path.to_owned(), led_to: tokio::fs::canonicalize(path).await? })
    }

    /// The device file itself.
    pub(crate) fn device(&self) -> &Path {
        &self.led_to
    }

    /// Ends well while the path leads to the same device file.
    pub(crate) async fn look(&self) -> io::Result<()> {
        match tokio::fs::canonicalize(&self.path).await? == self.led_to {
            true => Ok(()),
            false => Err(io::Error::new(io::ErrorKind::NotConnected, "the path leads to another device now")),
        }
    }
}

/// Opens a serial port where its path leads now. The whole port is ours until it is dropped.
pub(crate) async fn open(
    path: &Path,
    settings: impl FnOnce(SerialPortBuilder) -> SerialPortBuilder,
    baud: u32,
) -> io::Result<(SerialStream, Place)> {
    let place = Place::of(path).await?;
    let builder = settings(tokio_serial::new(place.device().to_string_lossy(), baud));
    Ok((builder.open_native_async()?, place))
}
