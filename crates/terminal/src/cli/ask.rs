//! One question at a till and its answer, for commands that do one thing.

use std::time::Duration;

use holdfast_domain::command::Action;
use holdfast_domain::staff::StaffNumber;
use holdfast_protocol::message::{Answer, Pin, Reply, Summary};
use holdfast_terminal::client::accepted;
use holdfast_terminal::{Till, TillError};

/// How long the hub may take to be there, and to give an answer.
pub(super) const WITHIN: Duration = Duration::from_secs(30);

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

/// A transaction as its receipt says it.
pub(super) fn print(summary: &Summary) {
    let Summary::Transaction { receipt, business_date, totals, payment, .. } = summary else { return };
    println!("receipt  {receipt}   {business_date}");
    if let Some(totals) = totals {
        println!("net      {:>14}", totals.net.to_string());
        println!("tax      {:>14}", totals.tax.to_string());
        println!("total    {:>14}", totals.gross.to_string());
    }
    if let Some(payment) = payment {
        if !payment.rounding.is_zero() {
            println!("rounding {:>14}", payment.rounding.to_string());
        }
        for tender in &payment.tenders {
            println!("{:<8} {:>14}", tender.kind.code().as_str(), tender.amount.to_string());
        }
        println!("change   {:>14}", payment.change.to_string());
    }
}
