//! `close-day`, `correct` and `move-shift`

use anyhow::{Result, bail};
use clap::Args;
use holdfast_domain::bounded::{Reason, TenderCode};
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::command::Action;
use holdfast_domain::day::DayFigures;
use holdfast_domain::event::Event;
use holdfast_domain::ids::{ShiftId, TerminalId};
use holdfast_domain::tender::DeclaredTender;
use holdfast_money::{Decimal, Money};
use holdfast_protocol::message::Answer;
use holdfast_terminal::{Till, TillError};

use super::ask::{Desk, WITHIN, print, typed};
use super::tender::{Counted, Given};

/// Sums the shifts of a business date that closed since its last day Z; needs a manager. Open shifts and orders are listed.
#[derive(Debug, Args)]
pub struct CloseDay {
    #[command(flatten)]
    desk: Desk,
    /// The business date, such as 2026-11-30
    #[arg(long)]
    day: BusinessDate,
}

/// Puts right what a shift declared, as a document of its own; needs a manager. The Z stays as it is.
#[derive(Debug, Args)]
pub struct Correct {
    #[command(flatten)]
    desk: Desk,
    /// The number of the shift's Z
    #[arg(long)]
    z: u32,
    #[command(flatten)]
    found: Found,
    /// Why; it stands in the shop's books
    #[arg(long)]
    reason: String,
}

/// What was really there.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Found {
    /// The sum of the cash
    #[arg(long, value_name = "AMOUNT")]
    cash: Option<Decimal>,
    /// The cash as notes and coins by their face, such as 20.00x3
    #[arg(long, value_name = "FACExCOUNT", num_args = 1..)]
    count: Vec<Counted>,
    /// Another tender, such as voucher=25.00
    #[arg(long, value_name = "CODE=AMOUNT")]
    tender: Option<Given>,
}

/// Carries the drawer of an open shift to another till, which has none.
#[derive(Debug, Args)]
pub struct MoveShift {
    #[command(flatten)]
    desk: Desk,
    /// The shift; the one that is open here, where it is left out
    #[arg(long)]
    shift: Option<ShiftId>,
    /// The id of the till to move to; this one, where it is left out: that needs permission
    #[arg(long, required_unless_present = "shift")]
    to: Option<TerminalId>,
}

impl CloseDay {
    pub async fn run(self) -> Result<()> {
        let action = Action::CloseDay { day: self.day };
        let (answer, ()) = self.desk.answer(async |_, _| Ok(action), async |_, _| Ok(())).await?;
        let Answer::Accepted { summary, record, position, .. } = answer else { bail!("there is no answer") };
        print(&summary);
        for event in record.decode()?.outcome.events() {
            match event {
                Event::DayClosed { figures, .. } => print_figures(figures),
                Event::DevicesCarriedOver { devices, .. } => {
                    let names: Vec<String> = devices.iter().map(ToString::to_string).collect();
                    println!("not reconciled yet: {}", names.join(", "));
                }
                _ => {}
            }
        }
        println!("record {} of epoch {}", position.seq, position.epoch);
        Ok(())
    }
}

impl Correct {
    pub async fn run(self) -> Result<()> {
        let reason = typed("reason", Reason::new(&self.reason))?;
        let (z_number, found) = (self.z, self.found);
        let action = async |till: &Till| {
            let currency = till.refresh(WITHIN).await?.profile.currency;
            let declared = match &found.tender {
                Some(given) => given.declared(currency)?,
                None => found.of_cash(currency)?,
            };
            Ok(Action::CorrectShift { z_number, declared, reason })
        };
        self.desk.ask(action).await
    }
}

impl Found {
    fn of_cash(&self, currency: holdfast_money::Currency) -> Result<DeclaredTender, TillError> {
        let sum = self.cash.unwrap_or_else(|| self.count.iter().map(Counted::worth).sum());
        let pieces = self.count.iter().map(|counted| counted.pieces(currency));
        Ok(DeclaredTender {
            code: typed("code", TenderCode::new(holdfast_domain::tender::CASH))?,
            amount: typed("counted cash", Money::new(sum, currency))?,
            pieces: pieces.collect::<Result<_, _>>()?,
        })
    }
}

impl MoveShift {
    pub async fn run(self) -> Result<()> {
        let action = async |till: &Till| {
            let snapshot = till.refresh(WITHIN).await?;
            let here = &snapshot.till;
            let shift = match self.shift.or(here.shift.as_ref().map(|open| open.id)) {
                Some(shift) => shift,
                // Without a shift the hub says so, in its own words.
                None => ShiftId(till.mint()?),
            };
            Ok(Action::MoveShift { shift, to: self.to.unwrap_or(here.terminal) })
        };
        self.desk.ask(action).await
    }
}

/// What the shifts came to, as lines of label and figure.
fn print_figures(figures: &DayFigures) {
    let zs = figures.zs.map_or_else(|| "none".to_owned(), |zs| format!("{} to {}", zs.first, zs.last));
    println!("{} shifts, Z {zs}, {} corrections", figures.shifts, figures.corrections);
    let (sales, returns, voided) = (figures.sales, figures.returns, figures.post_voids);
    println!("{sales} sales, {returns} returns, {voided} reversed, {} cancelled", figures.cancelled);
    for (label, amount) in [
        ("turnover", figures.gross),
        ("without tax", figures.net),
        ("given back", figures.returned),
        ("deposits", figures.deposits),
        ("cash rounding", figures.rounding),
        ("cash moved", figures.cash.sum()),
    ] {
        println!("{label:<16} {:>14}", amount.to_string());
    }
    for tax in &figures.taxes {
        println!("tax {} {}   {} on {}", tax.code, tax.rate, tax.tax, tax.net);
    }
    for of in &figures.tenders {
        println!(
            "{:<16} taken {}, refunded {}, expected {}, counted {}, over {}",
            of.code.as_str(),
            of.taken,
            of.refunded,
            of.expected,
            of.declared,
            of.over_short
        );
    }
}
