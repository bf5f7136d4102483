//! `close`

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use holdfast_domain::command::{Action, ShiftCount};
use holdfast_domain::event::Event;
use holdfast_domain::shift::Tips;
use holdfast_domain::tender::TenderLine;
use holdfast_domain::value::ValueFlow;
use holdfast_money::{Currency, Decimal, Money};
use holdfast_protocol::message::{Answer, Summary};
use holdfast_terminal::{Folder, Pace, Till, TillError};

use super::Person;
use super::ask::{WITHIN, answered, typed};
use super::tender::{Counted, Given};

/// Ends the open shift with what was counted. What the drawer should hold is told afterwards, never before.
#[derive(Debug, Args)]
pub struct Close {
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
    #[command(flatten)]
    person: Person,
    /// The sum of the cash; left out where its pieces are counted
    #[arg(long, value_name = "AMOUNT", required_unless_present = "count")]
    cash: Option<Decimal>,
    /// Notes and coins by their face, such as 20.00x3; may be given several times
    #[arg(long, value_name = "FACExCOUNT", num_args = 1..)]
    count: Vec<Counted>,
    /// What was counted of another tender, such as voucher=25.00; may be given several times
    #[arg(long, value_name = "CODE=AMOUNT")]
    tender: Vec<Given>,
}

impl Close {
    pub async fn run(self) -> Result<()> {
        let pin = self.person.pin()?;
        let (till, _) = Till::open(&Folder::new(&self.data), Pace::default()).await?;
        let asked = async {
            till.ready(WITHIN).await?;
            let snapshot = till.refresh(WITHIN).await?;
            answered(till.sign_on(self.person.number(), pin)).await?;
            let shift = snapshot.till.shift.as_ref().map(|open| open.id);
            // Without a shift the hub says so, in its own words.
            let shift = match shift {
                Some(shift) => shift,
                None => holdfast_domain::ids::ShiftId(till.mint()?),
            };
            let (declared, count) = self.counted(snapshot.profile.currency)?;
            answered(till.send(Action::CloseShift { shift, declared, count })).await
        };
        let answer = asked.await;
        let closed = till.close().await;
        let Answer::Accepted { summary, record, position, .. } = answer? else { bail!("there is no answer") };
        closed?;
        if let Summary::ShiftClosed { z_number, .. } = summary {
            println!("Z {z_number}");
        }
        for event in record.decode()?.outcome.events() {
            match event {
                Event::TendersReported { tenders, .. } => tenders.iter().for_each(print_line),
                Event::ValueReported { value, .. } => print_value(value),
                Event::AccountsReported { accounts, .. } => print_accounts(accounts),
                Event::TipsReported { tips, .. } => tips.iter().for_each(print_tips),
                _ => {}
            }
        }
        println!("record {} of epoch {}", position.seq, position.epoch);
        Ok(())
    }

    fn counted(&self, currency: Currency) -> Result<(Money, ShiftCount), TillError> {
        let sum = self.cash.unwrap_or_else(|| self.count.iter().map(Counted::worth).sum());
        let mut count = ShiftCount::default();
        for counted in &self.count {
            count.pieces.push(counted.pieces(currency)?);
        }
        for given in &self.tender {
            count.tenders.push(given.declared(currency)?);
        }
        Ok((typed("counted cash", Money::new(sum, currency))?, count))
    }
}

fn print_line(line: &TenderLine) {
    let TenderLine { code, count, expected, counted, .. } = line;
    let found = super::ask::counted(counted);
    println!("{:<16} {count:>5} tenders   expected {expected}, {found}", code.as_str());
}

/// What customers owe more or less is no turnover of its own.
fn print_accounts(accounts: &ValueFlow) {
    let (bought, paid, back) = (accounts.redeemed, accounts.sold(), accounts.refunded);
    println!("customers' accounts: bought {bought}, paid off {paid}, given back {back}");
}

/// What is not the shop's.
fn print_tips(Tips { staff, amount }: &Tips) {
    println!("tips of {staff}: {amount}");
}

/// Stored value is outside turnover, so it has a line of its own.
fn print_value(value: &ValueFlow) {
    let (sold, taken, back) = (value.sold(), value.redeemed, value.refunded);
    println!("gift cards and credit: sold {sold}, taken {taken}, given back {back}");
}
