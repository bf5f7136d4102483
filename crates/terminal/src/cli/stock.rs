//! `receive`, `count` and `stock`

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use holdfast_domain::bounded::{Label, Reason, Sku};
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::command::{Action, AdjustLine};
use holdfast_domain::ids::CountId;
use holdfast_domain::stock::{AdjustmentReason, CountScope};
use holdfast_money::{Decimal, Quantity};
use holdfast_protocol::message::{Answer, Summary};
use holdfast_terminal::{Folder, Pace, Till, TillError};

use super::ask::{WITHIN, answered, asked, typed};
use super::{Approver, Person, Typed};

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

/// The till that is used, who is at it, and who approves.
#[derive(Debug, Args)]
pub struct Desk {
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
    #[command(flatten)]
    person: Person,
    #[command(flatten)]
    approver: Approver,
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
        self.desk.ask(|_| Ok(action)).await
    }
}

impl Count {
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Start { desk, sku } => {
                let products: Result<_, _> =
                    sku.iter().map(|sku| typed("product number", Sku::new(sku))).collect();
                let scope = if sku.is_empty() { CountScope::Full } else { CountScope::Products(products?) };
                desk.ask(|till| Ok(Action::StartCount { count: CountId(till.mint()?), scope })).await
            }
            Self::Product { desk, count, sku, quantity } => {
                let quantity = typed("quantity", Quantity::new(quantity))?;
                let action = Action::CountProduct { count, item: item(&sku)?, quantity };
                desk.ask(|_| Ok(action)).await
            }
            Self::Finish { desk, count } => desk.ask(|_| Ok(Action::FinishCount { count })).await,
            Self::Cancel { desk, count, reason } => {
                let reason = typed("reason", Reason::new(&reason))?;
                desk.ask(|_| Ok(Action::CancelCount { count, reason })).await
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
                desk.ask(|_| Ok(action)).await
            }
            Self::Correct { desk, sku, quantity, reason } => {
                let reason = AdjustmentReason::Other(typed("reason", Reason::new(&reason))?);
                let action = adjustment(&sku, quantity, reason)?;
                desk.ask(|_| Ok(action)).await
            }
            Self::Reorder { desk, sku, level } => {
                let level = typed("level", Quantity::new(level))?;
                let action = Action::SetReorderLevel { item: item(&sku)?, level };
                desk.ask(|_| Ok(action)).await
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

impl Desk {
    async fn ask(self, action: impl FnOnce(&Till) -> Result<Action, TillError>) -> Result<()> {
        let Typed { pin, approval } = self.person.typed(&self.approver)?;
        let (till, _) = Till::open(&Folder::new(&self.data), Pace::default()).await?;
        let answer = async {
            till.ready(WITHIN).await?;
            answered(till.sign_on(self.person.number(), pin)).await?;
            let action = action(&till)?;
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

fn print(summary: &Summary) {
    match summary {
        Summary::StockAdjusted { products } => println!("products {products}"),
        Summary::CountStarted { count } => println!("count {count}"),
        Summary::ProductCounted { sku, found, book } => println!("{sku}: found {found}, in the books {book}"),
        Summary::CountFinished { counted, uncounted, listed, adjusted, .. } => {
            println!("counted {counted}, put right {adjusted}, not counted {uncounted}");
            for sku in listed {
                println!("not counted: {sku}");
            }
        }
        Summary::ReorderLevelSet { sku, level } => println!("{sku} is to be ordered again from {level} on"),
        _ => {}
    }
}
