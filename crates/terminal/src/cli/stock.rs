//! `receive`, `count` and `stock`

use anyhow::Result;
use clap::{Args, Subcommand};
use holdfast_domain::bounded::{Label, Reason, Sku};
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::command::{Action, AdjustLine};
use holdfast_domain::ids::CountId;
use holdfast_domain::stock::{AdjustmentReason, CountScope};
use holdfast_money::{Decimal, Quantity};
use holdfast_terminal::TillError;

use super::ask::{Desk, typed};

/// Books goods that came in.
#[derive(Debug, Args)]
pub struct Receive {
    #[command(flatten)]
    desk: Desk,
    /// Product number
    #[arg(long)]
    sku: String,
    #[arg(long)]
    quantity: Decimal,
    /// The purchase order that they came in on
    #[arg(long)]
    order: Option<String>,
}

/// Counts what is on the shelves while the shop sells.
#[derive(Debug, Subcommand)]
pub enum Count {
    /// Start a count of everything, or of some products
    Start {
        #[command(flatten)]
        desk: Desk,
        /// A product to count; may be given several times
        #[arg(long)]
        sku: Vec<String>,
    },
    /// Say what was found of one product
    Product {
        #[command(flatten)]
        desk: Desk,
        /// As printed when the count was started
        #[arg(long)]
        count: CountId,
        #[arg(long)]
        sku: String,
        #[arg(long)]
        quantity: Decimal,
    },
    /// Put right what differs and name what nobody counted
    Finish {
        #[command(flatten)]
        desk: Desk,
        #[arg(long)]
        count: CountId,
    },
    /// Give the count up and leave the books as they are
    Cancel {
        #[command(flatten)]
        desk: Desk,
        #[arg(long)]
        count: CountId,
        #[arg(long)]
        reason: String,
    },
}

/// Waste, corrections, and from how much on a product is ordered again.
#[derive(Debug, Subcommand)]
pub enum Stock {
    /// Write goods off
    Waste {
        #[command(flatten)]
        desk: Desk,
        #[arg(long)]
        sku: String,
        /// How much is gone, above zero
        #[arg(long)]
        quantity: Decimal,
        #[arg(long)]
        reason: String,
    },
    /// Put the books right; below zero takes away
    Correct {
        #[command(flatten)]
        desk: Desk,
        #[arg(long)]
        sku: String,
        #[arg(long, allow_negative_numbers = true)]
        quantity: Decimal,
        #[arg(long)]
        reason: String,
    },
    /// From how much available on a product is to be ordered again; zero for never
    Reorder {
        #[command(flatten)]
        desk: Desk,
        #[arg(long)]
        sku: String,
        #[arg(long)]
        level: Decimal,
    },
}

impl Receive {
    pub async fn run(self) -> Result<()> {
        let reason = match &self.order {
            None => AdjustmentReason::Received,
            Some(order) => {
                AdjustmentReason::Delivered { reference: typed("purchase order", Label::new(order))? }
            }
        };
        let action = adjustment(&self.sku, self.quantity, reason)?;
        self.desk.ask(async |_| Ok(action)).await
    }
}

impl Count {
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Start { desk, sku } => {
                let products: Result<_, _> =
                    sku.iter().map(|sku| typed("product number", Sku::new(sku))).collect();
                let scope = if sku.is_empty() { CountScope::Full } else { CountScope::Products(products?) };
                desk.ask(async |till| Ok(Action::StartCount { count: CountId(till.mint()?), scope })).await
            }
            Self::Product { desk, count, sku, quantity } => {
                let quantity = typed("quantity", Quantity::new(quantity))?;
                let action = Action::CountProduct { count, item: item(&sku)?, quantity };
                desk.ask(async |_| Ok(action)).await
            }
            Self::Finish { desk, count } => desk.ask(async |_| Ok(Action::FinishCount { count })).await,
            Self::Cancel { desk, count, reason } => {
                let reason = typed("reason", Reason::new(&reason))?;
                desk.ask(async |_| Ok(Action::CancelCount { count, reason })).await
            }
        }
    }
}

impl Stock {
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Waste { desk, sku, quantity, reason } => {
                let reason = AdjustmentReason::Wasted { reason: typed("reason", Reason::new(&reason))? };
                let action = adjustment(&sku, -quantity, reason)?;
                desk.ask(async |_| Ok(action)).await
            }
            Self::Correct { desk, sku, quantity, reason } => {
                let reason = AdjustmentReason::Other(typed("reason", Reason::new(&reason))?);
                let action = adjustment(&sku, quantity, reason)?;
                desk.ask(async |_| Ok(action)).await
            }
            Self::Reorder { desk, sku, level } => {
                let level = typed("level", Quantity::new(level))?;
                let action = Action::SetReorderLevel { item: item(&sku)?, level };
                desk.ask(async |_| Ok(action)).await
            }
        }
    }
}

fn item(sku: &str) -> Result<ItemRef, TillError> {
    typed("product number", Sku::new(sku)).map(ItemRef::Sku)
}

fn adjustment(sku: &str, quantity: Decimal, reason: AdjustmentReason) -> Result<Action, TillError> {
    let quantity = typed("quantity", Quantity::new(quantity))?;
    Ok(Action::AdjustStock { changes: vec![AdjustLine { item: item(sku)?, quantity }], reason })
}
