//! What the sensor of a cash drawer saw. The words are UnifiedPOS's (`DrawerOpened`, CASH_SUE_DRAWEROPEN and
//! CASH_SUE_DRAWERCLOSED); why a drawer opened is what the hub knows of its own pulses.

/// Why a drawer opened, as far as the hub can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OpeningCause {
    /// The hub gave it a pulse just before.
    Asked,
    /// The hub gave it none: a key, a kick, or another program.
    Unasked,
    /// Nobody watched the sensor when it opened, such as while the hub or the printer was off.
    Unwatched,
}

/// How a drawer stands now that stood otherwise before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DrawerMovement {
    Opened { cause: OpeningCause },
    Closed,
}

impl DrawerMovement {
    pub fn leaves_open(self) -> bool {
        matches!(self, Self::Opened { .. })
    }
}
