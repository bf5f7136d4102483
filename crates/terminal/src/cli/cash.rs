//! `cash` and `no-sale`

use anyhow::Result;
use clap::{Args, ValueEnum};
use holdfast_domain::bounded::Reason;
use holdfast_domain::cash::CashMovement;
use holdfast_domain::command::Action;
use holdfast_domain::receipt::ReceiptSource;
use holdfast_money::{Decimal, Money};
use holdfast_terminal::{Till, TillError};

use super::ask::{Desk, WITHIN, typed};

/// Which way cash goes.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Movement {
    /// From outside the shop into the drawer; needs a manager
    PaidIn,
    /// From the drawer to somebody outside the shop; needs a manager
    PaidOut,
    /// From the drawer into the safe
    Drop,
    /// From the safe into the drawer
    Loan,
}

impl From<Movement> for CashMovement {
    fn from(movement: Movement) -> Self {
        match movement {
            Movement::PaidIn => Self::PaidIn,
            Movement::PaidOut => Self::PaidOut,
            Movement::Drop => Self::Drop,
            Movement::Loan => Self::Loan,
        }
    }
}

/// Moves cash in or out of the drawer of an open shift and prints what the slip says.
#[derive(Debug, Args)]
pub struct Cash {
    #[command(flatten)]
    drawer: Drawer,
    #[arg(long, value_enum)]
    movement: Movement,
    /// Above zero, whichever way it goes
    #[arg(long, allow_negative_numbers = true)]
    amount: Decimal,
}

/// Opens the drawer of an open shift though nothing is sold.
#[derive(Debug, Args)]
pub struct NoSale {
    #[command(flatten)]
    drawer: Drawer,
}

/// Whose drawer, who asks, and why.
#[derive(Debug, Args)]
struct Drawer {
    #[command(flatten)]
    desk: Desk,
    /// Why; it stands in the shop's books
    #[arg(long)]
    reason: String,
}

impl Cash {
    pub async fn run(self) -> Result<()> {
        let (movement, reason) = (self.movement.into(), self.drawer.reason()?);
        let action = async |till: &Till| {
            let currency = till.refresh(WITHIN).await?.profile.currency;
            let amount = typed("amount", Money::new(self.amount, currency))?;
            Ok(Action::MoveCash { movement, amount, reason, receipt: ReceiptSource::Hub })
        };
        self.drawer.desk.ask(action).await
    }
}

impl NoSale {
    pub async fn run(self) -> Result<()> {
        let reason = self.drawer.reason()?;
        self.drawer.desk.ask(async |_| Ok(Action::OpenDrawer { reason })).await
    }
}

impl Drawer {
    fn reason(&self) -> Result<Reason, TillError> {
        typed("reason", Reason::new(&self.reason))
    }
}
