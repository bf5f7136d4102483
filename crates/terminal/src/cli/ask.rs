//! One question at a till and its answer, for commands that do one thing.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use holdfast_domain::command::Action;
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::tender::{Payment, TenderCount};
use holdfast_domain::value::ValueStanding;
use holdfast_protocol::message::{Answer, Pin, Reply, Summary, Warning};
use holdfast_terminal::client::accepted;
use holdfast_terminal::hub_api::HubApi;
use holdfast_terminal::{Folder, Pace, Till, TillError};

use super::{Approver, Person, Typed};

/// How long the hub may take to be there, and to give an answer.
pub(super) const WITHIN: Duration = Duration::from_secs(30);

/// The till that is used, who is at it, and who approves.
#[derive(Debug, Args)]
pub(super) struct Desk {
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
    #[command(flatten)]
    person: Person,
    #[command(flatten)]
    approver: Approver,
}

impl Desk {
    /// The hub's reads with this till's credential, whoever is at it.
    pub fn api(&self) -> Result<HubApi, TillError> {
        HubApi::new(&Folder::new(&self.data).identity()?)
    }

    /// Signs on, asks for one thing and prints what became of it.
    pub async fn ask(self, action: impl AsyncFnOnce(&Till) -> Result<Action, TillError>) -> Result<()> {
        let (answer, ()) = self.answer(async |till, _| action(till).await, async |_, _| Ok(())).await?;
        let Answer::Accepted { summary, warnings, position, .. } = answer else {
            bail!("there is no answer")
        };
        print(&summary);
        warn(&warnings);
        println!("record {} of epoch {}", position.seq, position.epoch);
        Ok(())
    }

    /// Signs on, and asks the hub for something that no record holds.
    pub async fn visit<T>(self, ask: impl AsyncFnOnce(&Till, &HubApi) -> Result<T, TillError>) -> Result<T> {
        let Typed { pin, .. } = self.person.typed(&self.approver)?;
        let (till, api) = Till::open(&Folder::new(&self.data), Pace::default()).await?;
        let answer = async {
            till.ready(WITHIN).await?;
            answered(till.sign_on(self.person.number(), pin)).await?;
            ask(&till, &api).await
        };
        let answer = answer.await;
        let closed = till.close().await;
        let answer = answer?;
        closed?;
        Ok(answer)
    }

    /// Signs on and asks for one thing, and reads something at the hub once it is answered, true at the answer's record.
    pub async fn answer<T>(
        self,
        action: impl AsyncFnOnce(&Till, &HubApi) -> Result<Action, TillError>,
        read: impl AsyncFnOnce(&HubApi, &Answer) -> Result<T, TillError>,
    ) -> Result<(Answer, T)> {
        let Typed { pin, approval } = self.person.typed(&self.approver)?;
        let (till, api) = Till::open(&Folder::new(&self.data), Pace::default()).await?;
        let answer = async {
            till.ready(WITHIN).await?;
            let action = action(&till, &api).await?;
            answered(till.sign_on(self.person.number(), pin)).await?;
            let answer = asked(&till, action, approval).await?;
            let read = read(&api, &answer).await?;
            Ok::<_, TillError>((answer, read))
        };
        let answer = answer.await;
        let closed = till.close().await;
        let answer = answer?;
        closed?;
        Ok(answer)
    }
}

/// The record of an answer.
pub(super) fn record_of(answer: &Answer) -> u64 {
    match answer {
        Answer::Accepted { position, .. } | Answer::Refused { position, .. } => position.seq,
        Answer::Retry { .. } | Answer::Rejected { .. } => 0,
    }
}

/// The hub's yes; its no is an error.
pub(super) async fn answered(
    asked: impl Future<Output = Result<Reply, TillError>>,
) -> Result<Answer, TillError> {
    match tokio::time::timeout(WITHIN, asked).await {
        Ok(reply) => accepted(reply?),
        Err(_) => Err(TillError::NoAnswer { seconds: WITHIN.as_secs() }),
    }
}

/// Asks for one thing, with the second person's word if there is one.
pub(super) async fn asked(
    till: &Till,
    action: Action,
    approval: Option<(StaffNumber, Pin)>,
) -> Result<Answer, TillError> {
    match approval {
        Some((number, pin)) => answered(till.send_approved(action, number, pin)).await,
        None => answered(till.send(action)).await,
    }
}

/// What was typed, looked at before anybody is asked.
pub(super) fn typed<T, E: std::fmt::Display>(
    what: &'static str,
    value: Result<T, E>,
) -> Result<T, TillError> {
    value.map_err(|error| TillError::Typed { what, why: error.to_string() })
}

/// What came of it; a transaction as its receipt says it.
pub(super) fn print(summary: &Summary) {
    match summary {
        Summary::Transaction { transaction, receipt, business_date, totals, payment, .. } => {
            println!("receipt  {receipt}   {business_date}");
            println!("id       {transaction}");
            if let Some(totals) = totals {
                println!("net      {:>14}", totals.net.to_string());
                println!("tax      {:>14}", totals.tax.to_string());
                println!("total    {:>14}", totals.gross.to_string());
            }
            if let Some(payment) = payment {
                print_payment(payment);
            }
        }
        Summary::SoldAlone { receipt, shift, totals, payment, .. } => {
            println!("receipt {receipt} is a sale of shift {shift}");
            println!("total    {:>14}", totals.gross.to_string());
            print_payment(payment);
        }
        Summary::SignedOnAlone { .. } => println!("recorded who was at the till alone"),
        Summary::ReceiptAliased { receipt, alias, .. } => println!("receipt {receipt} is {alias} too"),
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
        Summary::Exchanged { returned, sold, balance } => {
            println!("back     receipt {}   {:>14}", returned.receipt, returned.totals.gross.to_string());
            println!("sold     receipt {}   {:>14}", sold.receipt, sold.totals.gross.to_string());
            println!("id       {}", sold.transaction);
            println!("balance  {:>14}", balance.to_string());
            if balance.is_positive() {
                println!("change   {:>14}", sold.payment.change.to_string());
            }
        }
        Summary::ValueStandingSet { account, standing } => match standing {
            ValueStanding::Open => println!("{account} pays"),
            ValueStanding::Blocked => println!("{account} is blocked"),
        },
        Summary::TenderStarted { attempt, device, amount } => {
            println!("{device} is asked for {amount} (payment {attempt})");
        }
        Summary::TenderAbortAsked { attempt } => println!("the device is asked to stop payment {attempt}"),
        Summary::TenderResolved { attempt, .. } => println!("recorded what became of payment {attempt}"),
        Summary::TenderReleased { attempt } => println!("payment {attempt} goes back"),
        Summary::ReconciliationAsked { device, .. } => println!("{device} is asked to end its day"),
        Summary::AccountSet { account, terms } => {
            println!("{} may be owed on account {account}", terms.limit);
        }
        Summary::CopyPrinted { copy, .. } => println!("copy {copy}"),
        Summary::DayClosed { day, number, part, open_shifts, open_orders, .. } => {
            println!("day Z {number}, part {part} of {day}");
            println!("still open: {open_shifts} shifts, {open_orders} orders");
        }
        Summary::ShiftCorrected { number, z_number, code, before, after } => {
            println!("correction {number} of Z {z_number}: {code}");
            println!("was {}", counted(before));
            println!("is {}", counted(after));
        }
        Summary::ShiftMoved { shift, to, .. } => println!("shift {shift} is at till {to}"),
        _ => {}
    }
}

/// What somebody counted, and by how much it differs.
pub(super) fn counted(count: &TenderCount) -> String {
    match count {
        TenderCount::NotCounted => "not counted".to_owned(),
        TenderCount::Counted { declared, over_short, .. } => format!("counted {declared}, over {over_short}"),
    }
}

/// What the cashier should know though it was done.
pub(super) fn warn(warnings: &[Warning]) {
    for warning in warnings {
        match warning {
            Warning::StockBelowZero { sku, on_hand } => println!("warning: {sku} is at {on_hand} on hand"),
            Warning::ReservationExpired { order } => {
                println!("warning: the goods of order {order} were not held any more");
            }
            Warning::PriceDiffers { charged, now: Some(now), .. } => {
                println!("warning: {charged} was charged, it costs {now} now");
            }
            Warning::PriceDiffers { charged, now: None, .. } => {
                println!("warning: {charged} was charged for what cannot be sold so now");
            }
            Warning::BeyondRights { permission } => {
                println!("warning: that needs the permission to {permission}");
            }
            Warning::StrictBelowZero { sku, available } => {
                println!("warning: {sku} is strict and at {available}");
            }
            Warning::CouponUsedUp { coupon } => println!("warning: coupon {coupon} had no use left"),
            Warning::ItemGone { sku } => println!("warning: {sku} is not in the catalog any more"),
            Warning::AgeNotChecked { sku, age } => {
                println!("warning: {sku} is sold from {age} years on, and nobody looked");
            }
            Warning::TenderNotTaken { code } => {
                println!("warning: {code} is not taken so by a till that is alone");
            }
            Warning::CustomerLeftOut { customer } => {
                println!("warning: customer {customer} is not registered, the sale stands without one");
            }
        }
    }
}

fn print_payment(payment: &Payment) {
    if !payment.rounding.is_zero() {
        println!("rounding {:>14}", payment.rounding.to_string());
    }
    for tender in &payment.tenders {
        println!("{:<8} {:>14}", tender.kind.code().as_str(), tender.amount.to_string());
    }
    println!("change   {:>14}", payment.change.to_string());
}
