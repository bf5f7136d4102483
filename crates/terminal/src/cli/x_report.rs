//! `x-report`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use holdfast_domain::shift::Shift;
use holdfast_money::Money;
use holdfast_terminal::{Folder, Pace, Till};

use super::Person;
use super::ask::{WITHIN, answered};

/// Prints turnover, taxes, tenders, cash that moved and counts of the open shift. It changes nothing.
#[derive(Debug, Args)]
pub struct XReport {
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
    /// Print it as it would stand on paper, in the store's language
    #[arg(long)]
    paper: bool,
    #[command(flatten)]
    person: Person,
}

impl XReport {
    pub async fn run(self) -> Result<()> {
        let pin = self.person.pin()?;
        let (till, hub) = Till::open(&Folder::new(&self.data), Pace::default()).await?;
        let asked = async {
            till.ready(WITHIN).await?;
            answered(till.sign_on(self.person.number(), pin)).await?;
            if self.paper {
                return hub.x_paper().await;
            }
            let report = hub.x_report().await?;
            Ok(format!("{}as of record {}\n", text(&report.shift), report.as_of_seq))
        };
        let report = asked.await;
        let closed = till.close().await;
        let report = report?;
        closed?;
        print!("{report}");
        Ok(())
    }
}

/// The report as lines of label and figure.
fn text(shift: &Shift) -> String {
    let (figures, cash) = (&shift.figures, &shift.cash);
    let mut rows = vec![
        ("X report".to_owned(), shift.business_date.to_string()),
        ("sales".to_owned(), figures.sales.to_string()),
        ("returns".to_owned(), figures.returns.to_string()),
        ("reversed".to_owned(), figures.post_voids.to_string()),
        ("cancelled".to_owned(), figures.cancelled.to_string()),
        ("turnover".to_owned(), figures.gross.to_string()),
        ("without tax".to_owned(), figures.net.to_string()),
        ("discounts".to_owned(), figures.discount.to_string()),
        ("given back".to_owned(), figures.returned.to_string()),
        ("deposits".to_owned(), figures.deposits.to_string()),
        ("cash rounding".to_owned(), figures.rounding.to_string()),
    ];
    rows.extend(
        figures.taxes.iter().map(|tax| (format!("tax {} {}", tax.code, tax.rate), tax.tax.to_string())),
    );
    for of in &shift.tenders {
        rows.push((format!("{} taken", of.code), of.taken.to_string()));
        rows.push((format!("{} refunded", of.code), of.refunded.to_string()));
    }
    let value = &shift.value;
    if !value.is_none() {
        rows.extend([
            ("gift cards sold".to_owned(), value.sold().to_string()),
            ("gift cards taken".to_owned(), value.redeemed.to_string()),
            ("gift cards given back".to_owned(), value.refunded.to_string()),
        ]);
    }
    let accounts = &shift.accounts;
    if !accounts.is_none() {
        rows.extend([
            ("bought on account".to_owned(), accounts.redeemed.to_string()),
            ("accounts paid off".to_owned(), accounts.sold().to_string()),
            ("given back to accounts".to_owned(), accounts.refunded.to_string()),
        ]);
    }
    if !shift.tips.is_empty() {
        let tips = shift.tips.iter().map(|tips| tips.amount);
        rows.push(("tips".to_owned(), Money::sum(shift.float.currency(), tips).to_string()));
    }
    rows.extend([
        ("float".to_owned(), shift.float.to_string()),
        ("paid in".to_owned(), cash.paid_in.to_string()),
        ("paid out".to_owned(), cash.paid_out.to_string()),
        ("to the safe".to_owned(), cash.dropped.to_string()),
        ("from the safe".to_owned(), cash.loaned.to_string()),
        ("no sales".to_owned(), cash.no_sales.to_string()),
        ("cash expected".to_owned(), figures.cash_expected.to_string()),
    ]);
    rows.iter().map(|(label, figure)| format!("{label:<24}{figure:>18}\n")).collect()
}
