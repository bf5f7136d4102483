//! `copy`

use anyhow::Result;
use clap::Args;
use holdfast_domain::command::Action;
use holdfast_domain::ids::TransactionId;
use holdfast_domain::sale::CopyForm;

use super::ask::Desk;

/// Prints a copy of a sale's receipt in an open shift.
#[derive(Debug, Args)]
pub struct Copy {
    #[command(flatten)]
    desk: Desk,
    /// The sale; `sell` prints it
    #[arg(long)]
    transaction: TransactionId,
    /// Without prices
    #[arg(long)]
    gift: bool,
}

impl Copy {
    pub async fn run(self) -> Result<()> {
        let (original, form) = (self.transaction, if self.gift { CopyForm::Gift } else { CopyForm::Copy });
        self.desk.ask(async |_| Ok(Action::PrintCopy { original, form })).await
    }
}
