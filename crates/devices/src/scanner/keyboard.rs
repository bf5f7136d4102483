//! A USB keyboard under Linux, held exclusively: what is scanned reaches no other program and no console.

use std::io;
use std::path::Path;

use evdev::EventType;
use evdev::raw_stream::RawDevice;
use tokio::time::{Instant, interval_at};

use super::assembly::Limits;
use super::keys::{Key, Keys, Moved};
use super::{Link, Shell, until};
use crate::port::{LOOK, Place};

/// The kernel's word that it dropped events because nobody read them in time.
const SYN_DROPPED: u16 = 3;

impl Shell {
    /// One connection to a keyboard, and why it ended.
    pub(super) async fn read_keyboard(&self, path: &Path, limits: Limits) -> io::Error {
        match self.keyboard(path, limits).await {
            Ok(()) => io::ErrorKind::BrokenPipe.into(),
            Err(cause) => cause,
        }
    }

    async fn keyboard(&self, path: &Path, limits: Limits) -> io::Result<()> {
        let place = Place::of(path).await?;
        let device = place.device().to_owned();
        // A dozen questions to the kernel, none of which waits for the device.
        let opened = tokio::task::spawn_blocking(move || {
            let mut device = RawDevice::open(device)?;
            device.grab()?;
            io::Result::Ok(device)
        });
        let mut events = opened.await.map_err(io::Error::other)??.into_event_stream()?;
        self.link.send_replace(Link::Connected);
        let begun = Instant::now();
        let mut look = interval_at(begun + LOOK, LOOK);
        let mut keys = Keys::new(limits);
        loop {
            let due = keys.deadline().map(|after| begun + after);
            let cut = tokio::select! {
                biased;
                () = self.scans.closed() => return Ok(()),
                event = events.next_event() => {
                    let event = event?;
                    let now = begun.elapsed();
                    match (event.event_type(), event.code()) {
                        (EventType::KEY, code) => {
                            let moved = match event.value() {
                                0 => Moved::Up,
                                1 => Moved::Down,
                                _ => Moved::Repeated,
                            };
                            keys.receive(now, Key { code, moved })
                        }
                        (EventType::SYNCHRONIZATION, SYN_DROPPED) => keys.missed(now),
                        _ => None,
                    }
                }
                () = until(due) => keys.tick(begun.elapsed()),
                _ = look.tick() => {
                    place.look().await?;
                    None
                }
            };
            if let Some(cut) = cut {
                self.hand_over(cut);
            }
        }
    }
}
