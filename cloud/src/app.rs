//! What every request handler shares.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::http::limiter::AddressLimiter;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::store::CloudStore;

/// Passwords checked at one time: each takes 19 MiB and a core for a while.
const PASSWORDS_AT_ONCE: usize = 2;
/// Turns that sign-ins of different names wait for.
pub const NAME_TURNS: usize = 64;
/// Pages that receive hints at one time.
pub const LIVE_PAGES_MAX: usize = 2_000;

pub struct App {
    pub store: Arc<dyn CloudStore>,
    pub config: Config,
    pub live: Live,
    pub metrics: Metrics,
    /// Batches at one time.
    pub ingest: Semaphore,
    /// Those of them that may be backlog: seven in ten.
    pub backlog: Semaphore,
    pub passwords: Semaphore,
    pub name_turns: [tokio::sync::Mutex<()>; NAME_TURNS],
    pub live_pages: Arc<Semaphore>,
    pub addresses: AddressLimiter,
    pub stop: CancellationToken,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

impl App {
    pub fn new(store: Arc<dyn CloudStore>, config: Config, stop: CancellationToken) -> Self {
        let batches = config.ingest.batches_max;
        Self {
            store,
            live: Live::default(),
            metrics: Metrics::default(),
            ingest: Semaphore::new(batches),
            backlog: Semaphore::new((batches * 7 / 10).max(1)),
            passwords: Semaphore::new(PASSWORDS_AT_ONCE),
            name_turns: [const { tokio::sync::Mutex::const_new(()) }; NAME_TURNS],
            live_pages: Arc::new(Semaphore::new(LIVE_PAGES_MAX)),
            addresses: AddressLimiter::default(),
            stop,
            config,
        }
    }

    /// Milliseconds since the Unix epoch: the shell's one look at the clock.
    pub fn now_ms(&self) -> i64 {
        now_ms()
    }
}

/// Milliseconds since the Unix epoch.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
