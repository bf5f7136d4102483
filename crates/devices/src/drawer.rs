//! A cash drawer. It has no line of its own: its printer opens it with a pulse.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::escpos::DrawerPulse;
use crate::fault::Fault;
use crate::printer::{Outcome, Printer};

/// What is known about an attempt to open a drawer.
#[derive(Debug, Clone)]
pub enum Opening {
    /// The printer confirmed that it gave the pulse. Whether the tray moved only its sensor could tell.
    Opened,
    /// No pulse left.
    NotOpened { reason: Fault },
    /// The pulse may have been given.
    Unknown { reason: Fault },
}

/// A cash drawer at a printer.
#[derive(Debug)]
pub struct Drawer {
    printer: Arc<Printer>,
    pulse: DrawerPulse,
    openings: AtomicU64,
}

impl Drawer {
    /// The drawer behind a printer, real or simulated.
    #[must_use]
    pub fn new(printer: Arc<Printer>, pulse: DrawerPulse) -> Drawer {
        Drawer { printer, pulse, openings: AtomicU64::new(0) }
    }

    /// Opens it. Never tried twice by itself: a second pulse into an open drawer is harmless, but not asked for.
    pub async fn open(&self) -> Opening {
        match self.printer.pulse(self.pulse.bytes()).await {
            Outcome::Printed => {
                self.openings.fetch_add(1, Ordering::SeqCst);
                Opening::Opened
            }
            Outcome::NotPrinted { reason } => Opening::NotOpened { reason },
            Outcome::Unknown { reason } => Opening::Unknown { reason },
        }
    }

    /// How many openings were confirmed since this value was made.
    #[must_use]
    pub fn openings(&self) -> u64 {
        self.openings.load(Ordering::SeqCst)
    }
}
