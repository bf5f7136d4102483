//! `replay`

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use holdfast_money::Decimal;
use holdfast_terminal::replay::receipts::Receipts;
use holdfast_terminal::replay::{self, Progress, ReplayReport};
use holdfast_terminal::{Folder, Pace, Till, write_report};

use super::{Person, ProgressForm};

/// Progress is shown this often.
const SHOW_EVERY: Duration = Duration::from_millis(500);

/// Enters receipts as orders, returns and stock adjustments, in a shift for each of their days. The same files at the same
/// till ask for the same things with the same ids: a second run changes nothing.
#[derive(Debug, Args)]
pub struct Replay {
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
    #[command(flatten)]
    person: Person,
    /// CSV with InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice and CustomerID; may be given more than
    /// once, in the order of time
    #[arg(long = "file", required = true, value_name = "CSV")]
    files: Vec<PathBuf>,
    /// In the drawer at the beginning of each day
    #[arg(long, default_value = "200.00")]
    float: Decimal,
    /// Enter the same files once more as something new: give another number than before
    #[arg(long, default_value_t = 0)]
    attempt: u32,
    /// Write everything as JSON
    #[arg(long, value_name = "JSON")]
    report: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "text")]
    progress: ProgressForm,
}

impl Replay {
    pub async fn run(self) -> Result<()> {
        let pin = self.person.pin()?;
        let receipts = Receipts::read(&self.files)?;
        let (till, api) = Till::open(&Folder::new(&self.data), Pace::default()).await?;
        let wanted = replay::Replay {
            receipts,
            staff: self.person.number(),
            pin,
            float: self.float,
            attempt: self.attempt,
        };
        let mut shown = Instant::now();
        let form = self.progress;
        let mut progress = move |progress: &Progress| {
            if shown.elapsed() >= SHOW_EVERY || progress.lines_done == progress.lines {
                shown = Instant::now();
                show(form, progress);
            }
        };
        let replayed = match api.catalog().await {
            Ok((_, products)) => replay::run(&till, products, wanted, &mut progress).await,
            Err(error) => Err(error),
        };
        let closed = till.close().await;
        let report = replayed?;
        closed?;
        if let Some(path) = &self.report {
            write_report(path, &report)?;
        }
        print(&report);
        Ok(())
    }
}

fn show(form: ProgressForm, progress: &Progress) {
    match form {
        ProgressForm::Json => {
            eprintln!("{}", serde_json::to_string(progress).expect("progress is plain data"));
        }
        ProgressForm::Text => eprintln!(
            "{} of {} lines, {} transactions, {} lines refused",
            progress.lines_done, progress.lines, progress.transactions, progress.refused
        ),
    }
}

fn print(report: &ReplayReport) {
    let currency = &report.books.currency;
    println!("business days   {}", report.business_dates.join(", "));
    println!("invoices        {} ({} cancellations)", report.invoices, report.cancellations);
    println!("lines           {}", report.lines);
    println!("  sold          {} for {} {currency}", report.sold_lines, report.sold);
    println!(
        "  returned      {} for {} {currency}; {} of them matched to their sales ({} returns by receipt, {} without)",
        report.returned_lines,
        report.returned,
        report.matched_lines,
        report.returns_by_receipt,
        report.returns_without_receipt
    );
    println!("  adjusted      {}", report.adjusted_lines);
    println!("  refused       {}", report.refused_lines);
    println!("net             {} {currency}", report.net);
    println!("stock           {} lines moved {} products", report.stock_lines, report.books.stock.len());
    println!("transactions    {}", report.books.transactions);
    if let (Some(first), Some(last)) = (report.receipts.first(), report.receipts.last()) {
        println!("receipts        {first} to {last}");
    }
    for line in &report.refused {
        println!(
            "refused: row {} of file {}, invoice {}, {} × {} at {}: {} {}",
            line.row,
            line.file + 1,
            line.invoice,
            line.quantity,
            line.stock_code,
            line.unit_price,
            line.code,
            line.reason
        );
    }
}
