//! A basket as it is typed, for every command that has one.

use anyhow::Result;
use clap::Args;
use holdfast_domain::bounded::{Barcode, CouponCode, Description, Label, OrderTag, Reason};
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::ids::{OrderId, SubjectId};
use holdfast_domain::line::{
    AppliedDiscount, DiscountInput, DiscountSource, Line, LineInput, LineNumber, PriceInput,
};
use holdfast_domain::order::{AgeCheck, Channel, Note, PlaceOrder, Terms};
use holdfast_money::{Decimal, Quantity, Rate, UnitPrice, parse_decimal};
use holdfast_protocol::message::WeightView;
use holdfast_protocol::till_api::ScaleAsk;
use holdfast_terminal::TillError;
use holdfast_terminal::hub_api::HubApi;

use super::ask::typed;

/// What is wanted.
#[derive(Debug, Args)]
pub(super) struct Basket {
    /// As scanned
    #[arg(long)]
    barcode: Option<String>,
    /// Pieces, or kilograms to three places
    #[arg(long, default_value = "1", allow_negative_numbers = true)]
    quantity: Decimal,
    /// As many kilograms of it as lie on the scale beside this till
    #[arg(long, conflicts_with = "quantity", requires = "barcode")]
    from_scale: bool,
    /// More items of the same basket, each with how many of it
    #[arg(long, value_name = "BARCODE*QUANTITY")]
    also: Vec<String>,
    /// A coupon that the customer presents; may be given several times
    #[arg(long, value_name = "CODE")]
    coupon: Vec<String>,
    /// Eat-in, take-away and the like, where these change the tax
    #[arg(long)]
    tag: Option<String>,
    /// The number of the certificate that frees the customer from tax
    #[arg(long, value_name = "CERTIFICATE")]
    exempt: Option<String>,
    /// A customer that is registered at the hub
    #[arg(long, value_name = "ID")]
    customer: Option<SubjectId>,
    /// What is to be done or known besides; no customer's name
    #[arg(long)]
    note: Vec<String>,
    /// How the customer's age was made sure of, where the goods ask for one
    #[arg(long)]
    age_checked: Option<Look>,
    #[command(flatten)]
    pub by_hand: ByHand,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum Look {
    /// Obviously old enough
    ByLook,
    /// By an identity document
    ByDocument,
}

/// What somebody sets on a line beside the catalog's price.
#[derive(Debug, Args)]
pub(super) struct ByHand {
    /// Another unit price than the catalog's, with a reason
    #[arg(long, requires = "reason")]
    price: Option<Decimal>,
    /// Percent off, with a reason
    #[arg(long, requires = "reason")]
    discount: Option<Decimal>,
    /// Why; it stands in the shop's books
    #[arg(long)]
    pub reason: Option<String>,
}

impl From<Look> for AgeCheck {
    fn from(look: Look) -> Self {
        match look {
            Look::ByLook => Self::ByLook,
            Look::ByDocument => Self::ByDocument,
        }
    }
}

impl ByHand {
    pub(super) fn reason(&self) -> Result<Option<Reason>, TillError> {
        typed("reason", self.reason.as_deref().map(Reason::new).transpose())
    }

    fn because(&self) -> Result<Reason, TillError> {
        typed("reason", Reason::new(self.reason.as_deref().unwrap_or_default()))
    }

    pub(super) fn price(&self) -> Result<Option<PriceInput>, TillError> {
        let Some(price) = self.price else { return Ok(None) };
        let unit_price = typed("price", UnitPrice::new(price))?;
        Ok(Some(PriceInput::Override { unit_price, reason: self.because()? }))
    }

    pub(super) fn discount(&self) -> Result<Option<DiscountInput>, TillError> {
        let Some(percent) = self.discount else { return Ok(None) };
        let rate = typed("discount", Rate::percent(percent))?;
        Ok(Some(DiscountInput::Percent { rate, reason: self.because()? }))
    }
}

impl Basket {
    /// Weighs the first item where it is to be weighed: settled, from now on, and not rounded.
    pub(super) async fn weigh(&mut self, api: &HubApi) -> Result<(), TillError> {
        if !self.from_scale {
            return Ok(());
        }
        let answer = api.ask_scale(None, ScaleAsk::Weigh).await?;
        let kilograms = answer.weight.and_then(WeightView::kilograms);
        let why = "it is no whole number of grams";
        let kilograms = typed("weight of the scale", kilograms.ok_or(why))?;
        println!("weighed {}", super::counter::of(&answer));
        self.quantity = kilograms.value();
        Ok(())
    }

    /// The order that it becomes.
    pub(super) fn place(&self, order: OrderId, channel: Channel) -> Result<PlaceOrder, TillError> {
        let (customer, terms) = (self.customer, self.terms()?);
        Ok(PlaceOrder { customer, terms, ..PlaceOrder::of(order, channel, self.lines()?) })
    }

    /// The first item as it was asked for, and whatever else is in the basket.
    fn lines(&self) -> Result<Vec<LineInput>, TillError> {
        let price = self.by_hand.price()?.unwrap_or_default();
        let discount = self.by_hand.discount()?.unwrap_or_default();
        let barcode = self.barcode.as_deref().unwrap_or_default();
        let first = LineInput { price, discount, ..line(1, barcode, self.quantity)? };
        let mut lines = vec![first];
        for (number, also) in (2..).zip(&self.also) {
            let (barcode, quantity) = also.rsplit_once('*').unwrap_or((also, "1"));
            lines.push(line(number, barcode, typed("quantity", parse_decimal(quantity))?)?);
        }
        Ok(lines)
    }

    fn terms(&self) -> Result<Terms, TillError> {
        Ok(Terms {
            tag: self.tag.as_deref().map(|tag| typed("tag", OrderTag::new(tag))).transpose()?,
            coupons: coupons(&self.coupon)?,
            exemption: self.exempt.as_deref().map(|of| typed("certificate", Label::new(of))).transpose()?,
            discount: DiscountInput::None,
            notes: notes(&self.note)?,
            age_check: self.age_checked.map(AgeCheck::from),
        })
    }
}

pub(super) fn line(number: u16, barcode: &str, quantity: Decimal) -> Result<LineInput, TillError> {
    let item = ItemRef::Barcode(typed("barcode", Barcode::new(barcode))?);
    Ok(LineInput::of(LineNumber(number), item, typed("quantity", Quantity::new(quantity))?))
}

pub(super) fn coupons(codes: &[String]) -> Result<Vec<CouponCode>, TillError> {
    codes.iter().map(|code| typed("coupon", CouponCode::new(code))).collect()
}

/// Said about the whole basket.
pub(super) fn notes(texts: &[String]) -> Result<Vec<Note>, TillError> {
    let note = |text: &String| Ok(Note { line: None, text: typed("note", Description::new(text))? });
    texts.iter().map(note).collect()
}

/// The lines as the hub priced them.
pub(super) fn print_lines(lines: &[Line]) {
    for line in lines.iter().filter(|line| line.is_kept()) {
        println!("{:<3} {}", line.number, line.description);
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
