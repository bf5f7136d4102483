//! `pay`, `cancel` and `hand-over`

use anyhow::Result;
use clap::Args;
use holdfast_domain::bounded::Reason;
use holdfast_domain::command::{Action, Settlement};
use holdfast_domain::ids::OrderId;
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::tender::TenderInput;
use holdfast_money::Decimal;
use holdfast_terminal::{Till, TillError};

use super::ask::{Desk, typed};
use super::tender::{Given, inputs};

/// Takes the payment of an order, or a part of it, and prints what the receipt says.
#[derive(Debug, Args)]
pub struct Pay {
    #[command(flatten)]
    desk: Desk,
    #[arg(long)]
    order: OrderId,
    #[command(flatten)]
    payment: PaymentArgs,
    #[command(flatten)]
    tips: TipArgs,
    /// A part of it; the customer comes back with the rest
    #[arg(long)]
    deposit: bool,
}

/// What the customer gives.
#[derive(Debug, Args)]
pub(super) struct PaymentArgs {
    /// What the customer hands over in cash; nothing where a card terminal or wallet has taken all of it
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    cash: Option<Decimal>,
    /// Another tender of the store's list, such as "card=12.50:auth 0815 4242"; may be given several times
    #[arg(long, value_name = "CODE=AMOUNT[:REFERENCE]")]
    tender: Vec<Given>,
}

/// What the customer gives beside it, for whoever serves.
#[derive(Debug, Args)]
pub(super) struct TipArgs {
    /// With the tender that it comes with, such as "cash=2.00" or "card=2.00:auth 0815 4242"; may be given several times
    #[arg(long, value_name = "CODE=AMOUNT[:REFERENCE]")]
    tip: Vec<Given>,
}

/// Gives an order up before anything is paid.
#[derive(Debug, Args)]
pub struct Cancel {
    #[command(flatten)]
    desk: Desk,
    #[arg(long)]
    order: OrderId,
    #[arg(long)]
    reason: String,
}

/// Hands over goods that were not in hand when they were paid.
#[derive(Debug, Args)]
pub struct HandOver {
    #[command(flatten)]
    desk: Desk,
    #[arg(long)]
    order: OrderId,
}

impl PaymentArgs {
    pub(super) fn tenders(&self, currency: holdfast_money::Currency) -> Result<Vec<TenderInput>, TillError> {
        inputs(self.cash, &self.tender, currency)
    }
}

impl TipArgs {
    pub(super) fn tenders(&self, currency: holdfast_money::Currency) -> Result<Vec<TenderInput>, TillError> {
        inputs(None, &self.tip, currency)
    }
}

impl Pay {
    pub async fn run(self) -> Result<()> {
        let Self { desk, order, payment, tips, deposit } = self;
        let settlement = if deposit { Settlement::Deposit } else { Settlement::Full };
        let pay = async |till: &Till| {
            let currency = till.refresh(super::ask::WITHIN).await?.profile.currency;
            let (tenders, tips) = (payment.tenders(currency)?, tips.tenders(currency)?);
            Ok(Action::Pay { order, tenders, tips, settlement, receipt: ReceiptSource::Hub })
        };
        desk.ask(pay).await
    }
}

impl Cancel {
    pub async fn run(self) -> Result<()> {
        let (order, reason) = (self.order, typed("reason", Reason::new(&self.reason))?);
        self.desk.ask(async |_| Ok(Action::CancelOrder { order, reason })).await
    }
}

impl HandOver {
    pub async fn run(self) -> Result<()> {
        let order = self.order;
        self.desk.ask(async |_| Ok(Action::FulfilOrder { order })).await
    }
}
