//! `cash` and `no-sale`

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use holdfast_domain::bounded::Reason;
use holdfast_domain::cash::CashMovement;
use holdfast_domain::command::Action;
use holdfast_domain::receipt::ReceiptSource;
use holdfast_money::{Currency, Decimal, Money};
use holdfast_protocol::message::Answer;
use holdfast_terminal::{Folder, Pace, Till, TillError};

use super::ask::{WITHIN, answered, asked, print, typed};
use super::{Approver, Person, Typed};

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
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
    #[command(flatten)]
    person: Person,
    #[command(flatten)]
    approver: Approver,
    /// Why; it stands in the shop's books
    #[arg(long)]
    reason: String,
}

impl Cash {
    pub async fn run(self) -> Result<()> {
        let (movement, amount) = (self.movement.into(), self.amount);
        let action = |reason, currency| {
            let amount = typed("amount", Money::new(amount, currency))?;
            Ok(Action::MoveCash { movement, amount, reason, receipt: ReceiptSource::Hub })
        };
        self.drawer.ask(action).await
    }
}

impl NoSale {
    pub async fn run(self) -> Result<()> {
        self.drawer.ask(|reason, _| Ok(Action::OpenDrawer { reason })).await
    }
}

impl Drawer {
    async fn ask(self, action: impl FnOnce(Reason, Currency) -> Result<Action, TillError>) -> Result<()> {
        let Typed { pin, approval } = self.person.typed(&self.approver)?;
        let reason = typed("reason", Reason::new(&self.reason))?;
        let (till, _) = Till::open(&Folder::new(&self.data), Pace::default()).await?;
        let answer = async {
            till.ready(WITHIN).await?;
            let snapshot = till.refresh(WITHIN).await?;
            let action = action(reason, snapshot.profile.currency)?;
            answered(till.sign_on(self.person.number(), pin)).await?;
            asked(&till, action, approval).await
        };
        let answer = answer.await;
        let closed = till.close().await;
        let Answer::Accepted { summary, position, .. } = answer? else { bail!("there is no answer") };
        closed?;
        print(&summary);
        println!("record {} of epoch {}", position.seq, position.epoch);
        Ok(())
    }
}
