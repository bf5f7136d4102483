//! `park`, `retrieve`, `edit` and `orders`

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use holdfast_domain::bounded::{Label, OrderTag};
use holdfast_domain::command::Action;
use holdfast_domain::ids::{OrderId, SubjectId};
use holdfast_domain::line::LineNumber;
use holdfast_domain::order::{Channel, Claim, EditOrder, OrderEdit, ParkOrder, ParkedBasket};
use holdfast_money::{Decimal, Quantity};
use holdfast_protocol::message::{Answer, Summary};
use holdfast_protocol::till_api::{OrderEntry, OrderPage};
use holdfast_terminal::hub_api::HubApi;
use holdfast_terminal::{Folder, Pace, Till, TillError};

use super::ask::{Desk, record_of, typed};
use super::basket::{Basket, ByHand, Look, coupons, line, notes};

/// Sets a basket or a placed order aside in an open shift.
#[derive(Debug, Args)]
#[command(mut_arg("barcode", |barcode| barcode.required_unless_present("order")))]
pub struct Park {
    #[command(flatten)]
    desk: Desk,
    /// What people find it by; no customer's name
    #[arg(long)]
    label: String,
    /// An order that this till has in hand; without it, a new one with the basket below
    #[arg(long, conflicts_with = "barcode")]
    order: Option<OrderId>,
    #[command(flatten)]
    basket: Basket,
}

/// Takes an order in hand and prints its lines.
#[derive(Debug, Args)]
pub struct Retrieve {
    #[command(flatten)]
    desk: Desk,
    #[arg(long)]
    order: OrderId,
    /// Also when another till has it in hand; needs a permission unless that till's shift is over
    #[arg(long)]
    take_over: bool,
}

/// Changes one thing of an order that this till has in hand, at the revision that was seen.
#[derive(Debug, Args)]
pub struct Edit {
    #[command(flatten)]
    desk: Desk,
    #[arg(long)]
    order: OrderId,
    /// As `orders` and `retrieve` print it; another one means that somebody changed the order meanwhile
    #[arg(long)]
    revision: u32,
    #[command(flatten)]
    change: Change,
    /// Of a new or a changed line
    #[arg(long)]
    quantity: Option<Decimal>,
    #[command(flatten)]
    by_hand: ByHand,
    /// How the customer's age was made sure of, where the goods ask for one
    #[arg(long)]
    age_checked: Option<Look>,
}

/// What is changed.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Change {
    /// Add what this barcode stands for
    #[arg(long, value_name = "BARCODE")]
    add: Option<String>,
    /// Void the line of this number, with a reason
    #[arg(long, value_name = "LINE", requires = "reason")]
    void: Option<u16>,
    /// Give the line of this number another quantity, price or discount
    #[arg(long, value_name = "LINE")]
    set: Option<u16>,
    /// Take what is given by hand off the whole basket
    #[arg(long, requires = "discount")]
    basket: bool,
    /// Name the customer; `none` takes the name off
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Tax the order by this tag; `none` for no tag
    #[arg(long)]
    tag: Option<String>,
    /// What the customer presents, all of it; may be given several times
    #[arg(long, value_name = "CODE")]
    coupon: Vec<String>,
    /// What is to be done or known besides, all of it; may be given several times
    #[arg(long)]
    note: Vec<String>,
}

/// Prints every order that is not closed.
#[derive(Debug, Args)]
pub struct Orders {
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
}

impl Park {
    pub async fn run(self) -> Result<()> {
        let label = typed("label", Label::new(&self.label))?;
        let Self { desk, order, mut basket, .. } = self;
        basket.weigh(&desk.api()?).await?;
        let park = async |till: &Till, api: &HubApi| {
            let basket = match order {
                Some(order) => {
                    ParkedBasket::Placed { order, revision: api.order(order).await?.entry.revision }
                }
                None => ParkedBasket::Draft(Box::new(basket.place(OrderId(till.mint()?), Channel::Counter)?)),
            };
            Ok(Action::ParkOrder(ParkOrder { label, basket }))
        };
        let (answer, ()) = desk.answer(park, async |_, _| Ok(())).await?;
        let Answer::Accepted { summary: Summary::OrderParked { order, revision, totals }, .. } = answer
        else {
            bail!("there is no answer")
        };
        println!("order {order} is parked at revision {revision}");
        if let Some(totals) = totals {
            println!("total {}", totals.gross);
        }
        Ok(())
    }
}

impl Retrieve {
    pub async fn run(self) -> Result<()> {
        let (order, claim) = (self.order, if self.take_over { Claim::TakeOver } else { Claim::Parked });
        let retrieve = async |_: &Till, _: &HubApi| Ok(Action::RetrieveOrder { order, claim });
        let (_, page) = self
            .desk
            .answer(retrieve, async |api, answer| api.order_at(order, record_of(answer)).await)
            .await?;
        show_lines(&page);
        Ok(())
    }
}

impl Edit {
    pub async fn run(self) -> Result<()> {
        let Self { desk, order, revision, change, quantity, by_hand, age_checked } = self;
        let edit = async |_: &Till, api: &HubApi| {
            let mut edits = change.edits(order, quantity, &by_hand, api).await?;
            edits.extend(age_checked.map(|look| OrderEdit::CheckAge { how: look.into() }));
            Ok(Action::EditOrder(EditOrder { order, revision, edits, expected_total: None }))
        };
        let (_, page) =
            desk.answer(edit, async |api, answer| api.order_at(order, record_of(answer)).await).await?;
        show_lines(&page);
        Ok(())
    }
}

impl Change {
    async fn edits(
        &self,
        order: OrderId,
        quantity: Option<Decimal>,
        by_hand: &ByHand,
        api: &HubApi,
    ) -> Result<Vec<OrderEdit>, TillError> {
        if let Some(barcode) = &self.add {
            let lines = api.order(order).await?.order.lines;
            // Deposits have lines of their own, far above.
            let own = lines.iter().map(|line| line.number.0).filter(|number| *number < 30_000);
            let mut line = line(own.max().unwrap_or(0) + 1, barcode, quantity.unwrap_or(Decimal::ONE))?;
            line.price = by_hand.price()?.unwrap_or_default();
            line.discount = by_hand.discount()?.unwrap_or_default();
            return Ok(vec![OrderEdit::AddLine(line)]);
        }
        if let (Some(line), Some(reason)) = (self.void, by_hand.reason()?) {
            return Ok(vec![OrderEdit::VoidLine { line: LineNumber(line), reason }]);
        }
        if let Some(line) = self.set.map(LineNumber) {
            let quantity = typed("quantity", quantity.map(Quantity::new).transpose())?;
            let reason = by_hand.reason()?;
            let quantity = quantity.map(|quantity| OrderEdit::ChangeQuantity { line, quantity, reason });
            let price = by_hand.price()?.map(|price| OrderEdit::SetPrice { line, price });
            let discount = by_hand.discount()?;
            let discount = discount.map(|discount| OrderEdit::SetDiscount { line: Some(line), discount });
            return Ok(quantity.into_iter().chain(price).chain(discount).collect());
        }
        if self.basket {
            let discount = by_hand.discount()?.unwrap_or_default();
            return Ok(vec![OrderEdit::SetDiscount { line: None, discount }]);
        }
        if let Some(customer) = &self.customer {
            let named = |text: &String| typed("customer", text.parse::<SubjectId>());
            let customer = some(customer).map(named).transpose()?;
            return Ok(vec![OrderEdit::SetCustomer { customer }]);
        }
        if let Some(tag) = &self.tag {
            let tag = some(tag).map(|tag| typed("tag", OrderTag::new(tag))).transpose()?;
            return Ok(vec![OrderEdit::SetTag { tag }]);
        }
        if !self.coupon.is_empty() {
            return Ok(vec![OrderEdit::SetCoupons { coupons: coupons(&self.coupon)? }]);
        }
        Ok(vec![OrderEdit::SetNotes { notes: notes(&self.note)? }])
    }
}

/// What was typed, unless it was `none`.
fn some(text: &String) -> Option<&String> {
    (text != "none").then_some(text)
}

impl Orders {
    pub async fn run(self) -> Result<()> {
        let (till, api) = Till::open(&Folder::new(&self.data), Pace::default()).await?;
        let orders = api.orders().await;
        till.close().await?;
        for entry in orders? {
            println!("{}", shown(&entry));
        }
        Ok(())
    }
}

fn show_lines(page: &OrderPage) {
    for line in page.order.kept_lines() {
        println!("{:<4} {} {} {}", line.number.0, line.quantity, line.description, line.gross);
    }
    if let Some(customer) = page.order.customer {
        println!("customer {customer}");
    }
    for note in &page.order.asked.notes {
        println!("note {}", note.text);
    }
    println!("{}", shown(&page.entry));
}

fn shown(entry: &OrderEntry) -> String {
    let place = match (&entry.label, &entry.holder) {
        (Some(label), _) => format!("parked as `{label}`"),
        (None, Some(holder)) => {
            let till = holder.till.map_or_else(|| holder.terminal.to_string(), |till| till.0.to_string());
            format!("in hand at till {till} since {}", holder.since)
        }
        (None, None) => "free for any till".to_owned(),
    };
    let OrderEntry { order, revision, state, gross, paid, .. } = entry;
    format!("order {order} revision {revision}: {gross}, paid {paid}, {state}, {place}")
}
