//! Wakes whoever waits inside sled for a write that has failed.
//!
//! When a write of its own fails, sled 0.34.7 keeps the error for the calls to come; on one of the two ways to a write
//! (`Log::exit_reservation`) it forgets those who wait for it already. A flush, or a read of what is not in memory, then
//! waits for ever, and with it the hub's start or its stop. Whoever calls next finds the error and wakes them all: so one
//! thread looks for the error and makes that call.

use std::convert::Infallible;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use super::guarded;

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The thread that looks; it ends when this is dropped.
pub(super) struct Waker {
    stop: Option<Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Waker {
    /// None when no thread can be had: a failed write may then be waited for in vain.
    pub(super) fn start(config: &sled::Config, db: &sled::Db) -> Option<Self> {
        let (config, db) = (config.clone(), db.clone());
        let (stop, stopped) = mpsc::channel::<Infallible>();
        let look = move || {
            while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                if config.global_error().is_err() {
                    // It finds the error, wakes all who wait, and gives the error back, which they tell themselves.
                    drop(guarded("wake who waits for a failed write", || db.flush()));
                    return;
                }
            }
        };
        match std::thread::Builder::new().name("state-waker".into()).spawn(look) {
            Ok(thread) => Some(Self { stop: Some(stop), thread: Some(thread) }),
            Err(error) => {
                tracing::warn!(%error, "no thread could be started to watch the state database");
                None
            }
        }
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        drop(self.stop.take());
        // It holds the database too, which is closed when nobody does.
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the thread that watches the state database panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_with_the_database_and_gives_its_lock_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = sled::Config::new().path(folder.path()).flush_every_ms(None);
        let db = config.open().expect("it opens");
        let waker = Waker::start(&config, &db).expect("a thread");
        let thread = waker.thread.as_ref().expect("it runs").thread().clone();
        assert_eq!(thread.name(), Some("state-waker"));
        drop(waker);
        db.insert("key", "value").expect("the database goes on");
        assert_eq!(db.flush().map(|_| ()), Ok(()));
    }
}
