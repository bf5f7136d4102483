//! `sell`

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use holdfast_domain::bounded::{Barcode, CouponCode, OrderTag, Reason};
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::command::{Action, Settlement};
use holdfast_domain::event::Event;
use holdfast_domain::ids::{OrderId, ShiftId, SubjectId};
use holdfast_domain::line::{
    AppliedDiscount, DiscountInput, DiscountSource, LineInput, LineNumber, PriceInput,
};
use holdfast_domain::order::{Channel, PlaceOrder, Terms};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::tender::TenderInput;
use holdfast_money::{Decimal, Money, Quantity, Rate, UnitPrice, parse_decimal};
use holdfast_protocol::message::{Answer, Warning};
use holdfast_terminal::{Folder, Pace, Till, TillError, with_causes};

use super::ask::{WITHIN, answered, asked, print, typed};
use super::tender::Given;
use super::{Approver, Person, Typed};

/// Sells a basket, takes its payment and prints what the receipt says.
#[derive(Debug, Args)]
pub struct Sell {
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
    #[command(flatten)]
    person: Person,
    #[command(flatten)]
    approver: Approver,
    /// As scanned
    #[arg(long)]
    barcode: String,
    /// More items of the same basket, each with how many of it
    #[arg(long, value_name = "BARCODE*QUANTITY")]
    also: Vec<String>,
    /// A coupon that the customer presents; may be given several times
    #[arg(long, value_name = "CODE")]
    coupon: Vec<String>,
    /// Eat-in, take-away and the like, where these change the tax
    #[arg(long)]
    tag: Option<String>,
    /// Pieces, or kilograms to three places
    #[arg(long, default_value = "1", allow_negative_numbers = true)]
    quantity: Decimal,
    /// What the customer hands over in cash
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true, required_unless_present = "tender")]
    cash: Option<Decimal>,
    /// Another tender of the store's list, such as "card=12.50:auth 0815 4242"; may be given several times
    #[arg(long, value_name = "CODE=AMOUNT[:REFERENCE]")]
    tender: Vec<Given>,
    /// A customer that is registered at the hub
    #[arg(long, value_name = "ID")]
    customer: Option<SubjectId>,
    /// What is in the drawer, when a shift has to be opened
    #[arg(long, default_value = "0", allow_negative_numbers = true)]
    float: Decimal,
    /// Another unit price than the catalog's, with a reason
    #[arg(long, requires = "reason")]
    price: Option<Decimal>,
    /// Percent off, with a reason
    #[arg(long, requires = "reason")]
    discount: Option<Decimal>,
    /// Why the price or the discount; it stands in the shop's books
    #[arg(long)]
    reason: Option<String>,
}

impl Sell {
    pub async fn run(self) -> Result<()> {
        let typed = self.person.typed(&self.approver)?;
        let (till, _) = Till::open(&Folder::new(&self.data), Pace::default()).await?;
        let sold = self.sell(&till, typed).await;
        let closed = till.close().await;
        sold?;
        Ok(closed?)
    }

    /// The price and the discount that were set by hand.
    fn by_hand(&self) -> Result<(PriceInput, DiscountInput), TillError> {
        let reason = || typed("reason", Reason::new(self.reason.as_deref().unwrap_or_default()));
        let price = match self.price {
            None => PriceInput::List,
            Some(price) => {
                PriceInput::Override { unit_price: typed("price", UnitPrice::new(price))?, reason: reason()? }
            }
        };
        let discount = match self.discount {
            None => DiscountInput::None,
            Some(percent) => {
                DiscountInput::Percent { rate: typed("discount", Rate::percent(percent))?, reason: reason()? }
            }
        };
        Ok((price, discount))
    }

    /// The first item as it was asked for, and whatever else is in the basket.
    fn lines(&self) -> Result<Vec<LineInput>, TillError> {
        let (price, discount) = self.by_hand()?;
        let line = |number, barcode: &str, quantity| -> Result<LineInput, TillError> {
            Ok(LineInput::of(
                LineNumber(number),
                ItemRef::Barcode(typed("barcode", Barcode::new(barcode))?),
                typed("quantity", Quantity::new(quantity))?,
            ))
        };
        let first = LineInput { price, discount, ..line(1, &self.barcode, self.quantity)? };
        let mut lines = vec![first];
        for (number, also) in (2..).zip(&self.also) {
            let (barcode, quantity) = also.rsplit_once('*').unwrap_or((also, "1"));
            lines.push(line(number, barcode, typed("quantity", parse_decimal(quantity))?)?);
        }
        Ok(lines)
    }

    fn terms(&self) -> Result<Terms, TillError> {
        let coupons = self.coupon.iter().map(|code| typed("coupon", CouponCode::new(code)));
        Ok(Terms {
            tag: self.tag.as_deref().map(|tag| typed("tag", OrderTag::new(tag))).transpose()?,
            coupons: coupons.collect::<Result<_, _>>()?,
            ..Terms::default()
        })
    }

    async fn sell(&self, till: &Till, Typed { pin, approval }: Typed) -> Result<()> {
        till.ready(WITHIN).await?;
        let snapshot = till.refresh(WITHIN).await?;
        let currency = snapshot.profile.currency;
        // What was typed is looked at before anybody is asked.
        let float = typed("float", Money::new(self.float, currency))?;
        let mut tenders = Vec::new();
        for given in &self.tender {
            tenders.push(given.input(currency)?);
        }
        if let Some(cash) = self.cash {
            tenders.push(TenderInput::cash(typed("cash amount", Money::new(cash, currency))?));
        }
        let (lines, terms) = (self.lines()?, self.terms()?);
        answered(till.sign_on(self.person.number(), pin)).await?;
        if snapshot.till.shift.is_none() {
            let shift = ShiftId(till.mint()?);
            let open = Action::OpenShift { shift, float, day: BusinessDay::Today, mode: Mode::Live };
            answered(till.send(open)).await?;
        }
        let order = OrderId(till.mint()?);
        let place =
            PlaceOrder { customer: self.customer, terms, ..PlaceOrder::of(order, Channel::Counter, lines) };
        let placed = asked(till, Action::PlaceOrder(place), approval).await?;
        let pay = Action::Pay { order, tenders, settlement: Settlement::Full, receipt: ReceiptSource::Hub };
        let paid = match answered(till.send(pay)).await {
            Ok(paid) => paid,
            // Silence is no refusal: the payment stays in the outbox and may still go through.
            Err(error @ (TillError::NoAnswer { .. } | TillError::Closed)) => return Err(error.into()),
            Err(error) => {
                // The customer goes without the goods: what was reserved is free again.
                let reason = Reason::new("payment was refused")?;
                match answered(till.send(Action::CancelOrder { order, reason })).await {
                    Ok(_) => {}
                    Err(cancel) => eprintln!("the order stays open: {}", with_causes(&cancel)),
                }
                return Err(error.into());
            }
        };
        let Answer::Accepted { summary, warnings, position, .. } = paid else {
            bail!("the sale has no answer")
        };
        println!("{}", snapshot.profile.legal_name);
        print_lines(&placed);
        print(&summary);
        for warning in warnings {
            match warning {
                Warning::StockBelowZero { sku, on_hand } => {
                    println!("warning: {sku} is at {on_hand} on hand")
                }
                Warning::ReservationExpired { order } => {
                    println!("warning: the goods of order {order} were not held any more");
                }
            }
        }
        println!("record {} of epoch {}", position.seq, position.epoch);
        Ok(())
    }
}

/// The lines as the hub priced and stored them.
fn print_lines(placed: &Answer) {
    let Answer::Accepted { record, .. } = placed else { return };
    let Ok(record) = record.decode() else { return };
    for event in record.outcome.events() {
        let Event::OrderPlaced { lines, .. } = event else { continue };
        for line in lines.iter().filter(|line| line.is_kept()) {
            println!("{}", line.description);
            let unit_price = line.price.unit_price();
            println!("  {} x {unit_price} {:>14}", line.quantity, line.gross.to_string());
            let AppliedDiscount::Parts { parts } = &line.discount else { continue };
            for part in parts {
                let what = match &part.source {
                    DiscountSource::Line { reason } | DiscountSource::Basket { reason } => reason.as_str(),
                    DiscountSource::Promotion { name, .. } => name.as_str(),
                };
                println!("  {what}: -{}", part.amount);
            }
        }
    }
}
