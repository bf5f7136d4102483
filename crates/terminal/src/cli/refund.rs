//! `return`, `exchange` and `post-void`

use anyhow::Result;
use clap::Args;
use holdfast_domain::bounded::{Reason, ValueNumber};
use holdfast_domain::command::{Action, Exchange as Exchanged, ReturnGoods, ReturnLine, ReturnedGoods};
use holdfast_domain::ids::{OrderId, TransactionId};
use holdfast_domain::line::LineNumber;
use holdfast_domain::order::Channel;
use holdfast_domain::receipt::ReceiptSource;
use holdfast_money::{Decimal, Quantity, parse_decimal};
use holdfast_terminal::{Till, TillError};

use super::ask::{Desk, WITHIN, typed};
use super::basket::Basket;
use super::tender::{Given, inputs};

/// Takes goods of a sale back and prints what is given for them.
#[derive(Debug, Args)]
pub struct Return {
    #[command(flatten)]
    desk: Desk,
    #[command(flatten)]
    back: Back,
}

/// Takes goods of a sale back and sells others in one step: only the difference changes hands.
#[derive(Debug, Args)]
#[command(mut_arg("barcode", |barcode| barcode.required(true)))]
#[command(mut_arg("reason", |reason| reason.required(true).help("Why the goods come back, and why a price or discount")))]
pub struct Exchange {
    #[command(flatten)]
    desk: Desk,
    /// The sale; `sell` prints it
    #[arg(long)]
    transaction: TransactionId,
    /// Which of its lines come back, each with how many of it; may be given several times
    #[arg(long, required = true, value_name = "LINE*QUANTITY")]
    line: Vec<String>,
    #[command(flatten)]
    basket: Basket,
    /// What the customer hands over in cash, when the new goods cost more
    #[arg(long, value_name = "AMOUNT")]
    cash: Option<Decimal>,
    /// Another tender of the store's list, such as "card=12.50:auth 0815 4242"; may be given several times
    #[arg(long, value_name = "CODE=AMOUNT[:REFERENCE]")]
    tender: Vec<Given>,
}

/// What comes back.
#[derive(Debug, Args)]
struct Back {
    /// The sale; `sell` prints it
    #[arg(long)]
    transaction: TransactionId,
    /// Which of its lines, each with how many of it; may be given several times
    #[arg(long, required = true, value_name = "LINE*QUANTITY")]
    line: Vec<String>,
    #[arg(long)]
    reason: String,
    /// The number of a new store credit, for what its tender does not take back
    #[arg(long, value_name = "NUMBER")]
    credit: Option<String>,
}

/// Reverses a sale of the same shift as if it had not been.
#[derive(Debug, Args)]
pub struct PostVoid {
    #[command(flatten)]
    desk: Desk,
    /// The sale; `sell` prints it
    #[arg(long)]
    transaction: TransactionId,
    #[arg(long)]
    reason: String,
}

fn goods(
    original: TransactionId,
    lines: &[String],
    reason: &str,
    credit: Option<&str>,
) -> Result<ReturnGoods, TillError> {
    let line = |text: &String| {
        let (number, quantity) = text.split_once('*').unwrap_or((text, "1"));
        let line = LineNumber(typed("line", number.trim().parse())?);
        let quantity = typed("quantity", Quantity::new(typed("quantity", parse_decimal(quantity))?))?;
        Ok(ReturnLine { line, quantity })
    };
    let lines = lines.iter().map(line).collect::<Result<_, TillError>>()?;
    let (reason, receipt) = (typed("reason", Reason::new(reason))?, ReceiptSource::Hub);
    let credit = typed("credit", credit.map(ValueNumber::new).transpose())?;
    Ok(ReturnGoods { reason, receipt, goods: ReturnedGoods::ByReceipt { original, lines }, credit })
}

impl Return {
    pub async fn run(self) -> Result<()> {
        let Back { transaction, line, reason, credit } = self.back;
        let back = goods(transaction, &line, &reason, credit.as_deref())?;
        self.desk.ask(async |_| Ok(Action::Return(back))).await
    }
}

impl Exchange {
    pub async fn run(self) -> Result<()> {
        let Self { desk, transaction, line, mut basket, cash, tender } = self;
        basket.weigh(&desk.api()?).await?;
        let back = goods(transaction, &line, basket.by_hand.reason.as_deref().unwrap_or_default(), None)?;
        let exchange = async |till: &Till| {
            let place = basket.place(OrderId(till.mint()?), Channel::Counter)?;
            let tenders = inputs(cash, &tender, till.refresh(WITHIN).await?.profile.currency)?;
            Ok(Action::Exchange(Box::new(Exchanged { back, place, tenders })))
        };
        desk.ask(exchange).await
    }
}

impl PostVoid {
    pub async fn run(self) -> Result<()> {
        let (original, reason) = (self.transaction, typed("reason", Reason::new(&self.reason))?);
        self.desk.ask(async |_| Ok(Action::PostVoid { original, reason })).await
    }
}
