//! The cash drawer, which takes part in a payment by opening.
//!
//! Invariant: it moves no money by itself and knows no amounts; the sale decides what is due and what is given back before
//! the drawer opens.

use crate::drawer::{Drawer, Opening};

/// The cash drawer as the device of a cash tender.
#[derive(Debug)]
pub struct CashDrawer {
    drawer: Drawer,
}

impl CashDrawer {
    #[must_use]
    pub fn new(drawer: Drawer) -> CashDrawer {
        CashDrawer { drawer }
    }

    /// Opens the drawer. A cash payment is complete whatever this answers: the operator has a key.
    pub async fn open(&self) -> Opening {
        self.drawer.open().await
    }

    /// How many openings were confirmed since this value was made.
    #[must_use]
    pub fn openings(&self) -> u64 {
        self.drawer.openings()
    }
}
