//! Counts the requests of a simulated service that stand still, however they end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many stand still. Clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing(Arc<AtomicUsize>);

/// One that does, until this is dropped.
#[derive(Debug)]
pub(super) struct Stands(Standing);

impl Standing {
    pub(super) fn still(&self) -> Stands {
        self.0.fetch_add(1, Ordering::SeqCst);
        Stands(self.clone())
    }

    pub(super) fn is_anybody(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }
}

impl Drop for Stands {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}
