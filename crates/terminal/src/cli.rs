//! What can be typed. One command, one file.

mod ask;
mod basket;
mod cash;
mod catalog_from_receipts;
mod close;
mod copy;
mod counter;
mod customer;
mod day;
mod devices;
mod load;
mod orders;
mod pair;
mod quote;
mod reconcile;
mod refund;
mod replay;
mod sell;
mod settle;
mod stock;
mod tender;
mod terminal;
mod value;
mod watch;
mod x_report;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use holdfast_domain::staff::StaffNumber;
use holdfast_protocol::message::Pin;
use holdfast_terminal::TillError;

/// The longest PIN file that is read, in bytes.
const PIN_BYTES_MAX: u64 = 256;

/// A till of a Holdfast store.
#[derive(Debug, Parser)]
#[command(name = "holdfast-terminal", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make this folder a till of a store, with a code from `holdfast-hub pair`
    Pair(pair::Pair),
    /// Sell a basket and take its payment
    Sell(sell::Sell),
    /// Move cash in or out of the drawer without a sale
    Cash(cash::Cash),
    /// Open the drawer though nothing is sold
    NoSale(cash::NoSale),
    /// Show what the open shift adds up to so far; needs a manager
    XReport(x_report::XReport),
    /// Count the drawer and end the shift
    Close(close::Close),
    /// Print the day's Z over the shifts that closed; needs a manager
    CloseDay(day::CloseDay),
    /// Put right what a shift counted, after its Z; needs a manager
    Correct(day::Correct),
    /// Carry the drawer and its shift to another till
    MoveShift(day::MoveShift),
    /// Book goods that came in
    Receive(stock::Receive),
    /// Count stock while the shop sells
    #[command(subcommand)]
    Count(stock::Count),
    /// Write off, correct, and say when to order again
    #[command(subcommand)]
    Stock(stock::Stock),
    /// Show what a basket would cost, and why; nothing of it is kept
    Quote(quote::Quote),
    /// Set a basket or a placed order aside for any till
    Park(orders::Park),
    /// Take an order in hand that was set aside, or from another till
    Retrieve(orders::Retrieve),
    /// Change an order that is not paid yet
    Edit(orders::Edit),
    /// Take the payment of an order, or a deposit on it
    Pay(settle::Pay),
    /// Give an order up before anything is paid
    Cancel(settle::Cancel),
    /// Hand over goods that were paid before
    HandOver(settle::HandOver),
    /// Take goods of a sale back
    Return(refund::Return),
    /// Take goods back and sell others in one step
    Exchange(refund::Exchange),
    /// Reverse a sale of the same shift; needs a permission
    PostVoid(refund::PostVoid),
    /// List the orders that are not closed, and who has them in hand
    Orders(orders::Orders),
    /// Print a copy of a receipt, or a gift receipt without prices
    Copy(copy::Copy),
    /// Register, change and find customers
    #[command(subcommand)]
    Customer(customer::Customer),
    /// Show what a gift card or store credit has left
    Value(value::Value),
    /// Sell or top up a gift card or store credit
    IssueValue(value::Issue),
    /// Block a gift card or store credit, or open it again; needs a supervisor
    BlockValue(value::Block),
    /// Open a customer's account, or change how much may be owed on it; needs a manager
    SetAccount(value::SetAccount),
    /// Take and give back money at a card terminal or wallet
    #[command(subcommand)]
    Card(terminal::Card),
    /// Watch the scanner and the scale beside this till, and weigh
    #[command(subcommand)]
    Counter(counter::Counter),
    /// Follow what happens in the store
    Watch(watch::Watch),
    /// Enter receipts from CSV files
    Replay(replay::Replay),
    /// Let tills trade by themselves
    Load(load::Load),
    /// Make a catalog for `holdfast-hub import catalog` out of CSV files of receipts
    CatalogFromReceipts(catalog_from_receipts::CatalogFromReceipts),
}

impl Cli {
    pub async fn run(self) -> Result<()> {
        match self.command {
            Command::Pair(pair) => pair.run().await,
            Command::Sell(sell) => sell.run().await,
            Command::Cash(cash) => cash.run().await,
            Command::NoSale(no_sale) => no_sale.run().await,
            Command::XReport(report) => report.run().await,
            Command::Close(close) => close.run().await,
            Command::CloseDay(day) => day.run().await,
            Command::Correct(correct) => correct.run().await,
            Command::MoveShift(shift) => shift.run().await,
            Command::Receive(receive) => receive.run().await,
            Command::Count(count) => count.run().await,
            Command::Stock(stock) => stock.run().await,
            Command::Quote(quote) => quote.run().await,
            Command::Park(park) => park.run().await,
            Command::Retrieve(retrieve) => retrieve.run().await,
            Command::Edit(edit) => edit.run().await,
            Command::Pay(pay) => pay.run().await,
            Command::Cancel(cancel) => cancel.run().await,
            Command::HandOver(hand_over) => hand_over.run().await,
            Command::Return(back) => back.run().await,
            Command::Exchange(exchange) => exchange.run().await,
            Command::PostVoid(post_void) => post_void.run().await,
            Command::Orders(orders) => orders.run().await,
            Command::Copy(copy) => copy.run().await,
            Command::Customer(customer) => customer.run().await,
            Command::Value(value) => value.run().await,
            Command::IssueValue(issue) => issue.run().await,
            Command::BlockValue(block) => block.run().await,
            Command::SetAccount(set) => set.run().await,
            Command::Card(card) => card.run().await,
            Command::Counter(counter) => counter.run().await,
            Command::Watch(watch) => watch.run().await,
            Command::Replay(replay) => replay.run().await,
            Command::Load(load) => load.run().await,
            Command::CatalogFromReceipts(catalog) => catalog.run(),
        }
    }
}

/// Who is at the till. The PIN never stands on a command line, where other users of the machine could read it.
#[derive(Debug, Args)]
struct Person {
    /// Staff number
    #[arg(long)]
    staff: u32,
    #[command(flatten)]
    pin: PinSource,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct PinSource {
    /// Read the PIN from the first line of standard input
    #[arg(long)]
    pin_stdin: bool,
    /// Read the PIN from the first line of a file
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
}

/// A second person who approves what the one at the till may not do alone.
#[derive(Debug, Args)]
struct Approver {
    /// Staff number of a second person who approves; their PIN is the second line of standard input
    #[arg(long, value_name = "STAFF", requires = "pin_stdin")]
    approve: Option<u32>,
}

/// Who is at the till and, where one is needed, who approves, with what they typed.
struct Typed {
    pin: Pin,
    approval: Option<(StaffNumber, Pin)>,
}

impl Person {
    /// Reads both PINs.
    fn typed(&self, approver: &Approver) -> Result<Typed, TillError> {
        let Some(number) = approver.approve else { return Ok(Typed { pin: self.pin()?, approval: None }) };
        let (from, mut text) = ("standard input".to_owned(), String::new());
        let read = std::io::stdin().take(PIN_BYTES_MAX).read_to_string(&mut text);
        read.map_err(|source| TillError::Pin { from: from.clone(), source: Some(source) })?;
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        match (lines.next(), lines.next()) {
            (Some(pin), Some(second)) => {
                let approval = Some((StaffNumber(number), Pin(second.to_owned())));
                Ok(Typed { pin: Pin(pin.to_owned()), approval })
            }
            _ => Err(TillError::Pin { from, source: None }),
        }
    }

    fn number(&self) -> StaffNumber {
        StaffNumber(self.staff)
    }

    fn pin(&self) -> Result<Pin, TillError> {
        let (from, read) = match &self.pin.pin_file {
            Some(path) => (path.display().to_string(), first_bytes(path)),
            None => {
                let mut text = String::new();
                let read = std::io::stdin().take(PIN_BYTES_MAX).read_to_string(&mut text).map(|_| text);
                ("standard input".to_owned(), read)
            }
        };
        let text = read.map_err(|source| TillError::Pin { from: from.clone(), source: Some(source) })?;
        let pin = text.lines().next().unwrap_or_default().trim();
        if pin.is_empty() { Err(TillError::Pin { from, source: None }) } else { Ok(Pin(pin.to_owned())) }
    }
}

fn first_bytes(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(PIN_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// How progress is shown on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ProgressForm {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_pin_comes_from_a_file_or_standard_input_and_never_from_an_argument() {
        let sell =
            ["holdfast-terminal", "sell", "--data", "d", "--staff", "1", "--barcode", "1", "--cash", "5"];
        assert!(Cli::try_parse_from(sell).is_err());
        assert!(Cli::try_parse_from([&sell[..], &["--pin", "1"]].concat()).is_err());
        assert!(Cli::try_parse_from([&sell[..], &["--pin-stdin", "--pin-file", "f"]].concat()).is_err());
        assert!(Cli::try_parse_from([&sell[..], &["--pin-stdin"]].concat()).is_ok());
    }

    #[test]
    fn an_empty_pin_file_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let of = |path: &Path| Person {
            staff: 1,
            pin: PinSource { pin_stdin: false, pin_file: Some(path.to_path_buf()) },
        };
        assert_eq!(of(file.path()).pin().unwrap_err().code(), "HF-TIL-025");
        assert_eq!(of(Path::new("not-there")).pin().unwrap_err().code(), "HF-TIL-025");
        std::fs::write(file.path(), "4711\n").unwrap();
        assert_eq!(of(file.path()).pin().unwrap(), Pin("4711".into()));
    }
}
