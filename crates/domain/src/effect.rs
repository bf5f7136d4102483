//! What the shell must carry out once a decision is durable. None of it can block or undo a sale.

use crate::ids::{TerminalId, TransactionId};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Print the transaction's document at the till's printer; settled by a `DocumentSettled` event.
    Print { terminal: TerminalId, transaction: TransactionId },
    /// Open the till's cash drawer.
    OpenDrawer { terminal: TerminalId },
}
