//! What the shell must carry out once a decision is durable. None of it can block or undo a sale.

use crate::ids::{AttemptId, ReconciliationId, TerminalId, TransactionId};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Print a document at the till's printer; settled by a `DocumentSettled` event.
    Print { terminal: TerminalId, transaction: TransactionId, form: PaperForm },
    /// Open the till's cash drawer.
    OpenDrawer { terminal: TerminalId },
    /// A device is to carry out an attempt; settled by what the device says.
    StartTender { attempt: AttemptId },
    /// A device is to stop an attempt, if it still can.
    AbortTender { attempt: AttemptId },
    /// A device is to end its day; settled by what the device says.
    ReconcileDevice { reconciliation: ReconciliationId },
}

/// Which paper of a transaction is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaperForm {
    /// The receipt itself, once.
    Original,
    /// The same words, marked as the `number`-th copy.
    Copy { number: u32 },
    /// Without prices, marked as the `number`-th copy.
    Gift { number: u32 },
}
