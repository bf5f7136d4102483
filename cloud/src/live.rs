//! Hints for open pages: "this store has something new". Batches of one store within a short time become one hint; a page
//! that was too slow is told to look at everything.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Hints that a slow page may lag behind before it is told to look at everything.
const HINTS_MAX: usize = 256;

#[derive(Debug)]
pub struct Live {
    pending: Mutex<BTreeSet<Uuid>>,
    wake: Notify,
    hints: broadcast::Sender<Uuid>,
}

impl Default for Live {
    fn default() -> Self {
        Self { pending: Mutex::default(), wake: Notify::new(), hints: broadcast::channel(HINTS_MAX).0 }
    }
}

impl Live {
    /// A store has something new.
    pub fn touch(&self, store: Uuid) {
        self.pending.lock().expect("no code panics while it holds this lock").insert(store);
        self.wake.notify_one();
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Uuid> {
        self.hints.subscribe()
    }

    /// Sends what was collected, at most once in `interval`, until stopped.
    pub async fn run(&self, interval: Duration, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = self.wake.notified() => {}
                () = stop.cancelled() => return,
            }
            let stores =
                std::mem::take(&mut *self.pending.lock().expect("no code panics while it holds this lock"));
            for store in stores {
                // Nobody may be listening; that is no fault.
                let _ = self.hints.send(store);
            }
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                () = stop.cancelled() => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn many_batches_of_one_store_are_one_hint_an_interval() {
        let live = Arc::new(Live::default());
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let (live, stop) = (Arc::clone(&live), stop.clone());
            async move { live.run(Duration::from_millis(50), stop).await }
        });
        let mut hints = live.subscribe();
        let store = Uuid::from_u128(1);
        live.touch(store);
        assert_eq!(hints.recv().await, Ok(store), "the first at once");
        for _ in 0..1_000 {
            live.touch(store);
        }
        assert_eq!(hints.recv().await, Ok(store), "after the interval");
        assert!(hints.try_recv().is_err(), "and no more");
        stop.cancel();
        running.await.unwrap();
    }
}
