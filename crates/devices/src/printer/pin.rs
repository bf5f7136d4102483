//! The pin of a printer's drawer connector that the drawer's sensor is wired to. Which level means open is a matter of the
//! drawer.

use tokio::sync::watch;

/// What the sensor has said so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PinReading {
    /// The level now; none while nobody hears the printer.
    pub high: Option<bool>,
    /// How often it changed while it was heard: one that goes there and back between two looks is seen all the same.
    pub changes: u64,
}

#[derive(Debug, Default)]
pub(super) struct DrawerPin(watch::Sender<PinReading>);

impl DrawerPin {
    pub fn readings(&self) -> watch::Receiver<PinReading> {
        self.0.subscribe()
    }

    /// What the printer says of it; a printer that says nothing of it changes nothing.
    pub fn is(&self, high: Option<bool>) {
        let Some(level) = high else { return };
        self.0.send_if_modified(|reading| {
            let before = reading.high.replace(level);
            reading.changes += u64::from(before.is_some_and(|before| before != level));
            before != Some(level)
        });
    }

    pub fn is_unheard(&self) {
        self.0.send_if_modified(|reading| reading.high.take().is_some());
    }
}
