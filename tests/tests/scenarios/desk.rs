//! A till with somebody at it, asked over MQTT through the library that a till program is built on.

use anyhow::{Context, Result};
use holdfast_domain::bounded::{Reason, Sku};
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::command::{Action, Settlement, ShiftCount};
use holdfast_domain::event::Event;
use holdfast_domain::ids::{OrderId, ShiftId, TransactionId};
use holdfast_domain::line::{LineInput, LineNumber, PriceInput};
use holdfast_domain::order::{Channel, PlaceOrder};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode, Shift};
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::tender::{TenderChoice, TenderInput};
use holdfast_money::{Currency, Money, Quantity};
use holdfast_protocol::message::{Answer, Pin};
use holdfast_terminal::client::accepted;
use holdfast_terminal::hub_api::HubApi;
use holdfast_terminal::{Folder, Pace, Till, TillError};

use crate::shop::{PIN, SOON, STAFF, Shop};

pub fn gbp(minor: i64) -> Money {
    Money::from_minor(minor, Currency::from_code("GBP").expect("a currency"))
}

pub fn why(text: &str) -> Reason {
    Reason::new(text).expect("a short text")
}

pub fn line(number: u16, sku: &str, pieces: i32) -> LineInput {
    LineInput::of(LineNumber(number), item(sku), Quantity::pieces(pieces))
}

pub fn item(sku: &str) -> ItemRef {
    ItemRef::Sku(Sku::new(sku).expect("a product number"))
}

/// A till with somebody at it.
pub struct Desk {
    pub till: Till,
    api: HubApi,
}

impl Desk {
    pub async fn at(shop: &Shop, index: usize) -> Result<Self> {
        let (till, api) = Till::open(&Folder::new(&shop.tills[index]), Pace::default()).await?;
        till.ready(SOON).await?;
        Ok(Self { till, api })
    }

    pub async fn sign_on(&self, number: &str) -> Result<()> {
        let number = StaffNumber(number.parse()?);
        accepted(self.till.sign_on(number, Pin(PIN.to_owned())).await?)?;
        Ok(())
    }

    /// The events that a command led to.
    pub async fn does(&self, action: Action) -> Result<Vec<Event>, TillError> {
        events(accepted(self.till.send(action).await?)?)
    }

    /// The same by leave of the manager.
    pub async fn may_do(&self, action: Action) -> Result<Vec<Event>> {
        self.by_leave_of(STAFF, action).await
    }

    /// The same by leave of somebody.
    pub async fn by_leave_of(&self, approver: &str, action: Action) -> Result<Vec<Event>> {
        let approver = StaffNumber(approver.parse()?);
        let reply = self.till.send_approved(action, approver, Pin(PIN.to_owned())).await?;
        Ok(events(accepted(reply)?)?)
    }

    /// What the manager reads who comes to the till: the open shift so far.
    pub async fn x(&self) -> Result<Shift> {
        self.sign_on(STAFF).await?;
        Ok(self.api.x_report().await?.shift)
    }

    pub async fn opens(&self, mode: Mode) -> Result<ShiftId> {
        let shift = ShiftId(self.till.mint()?);
        self.does(Action::OpenShift { shift, float: gbp(10_000), day: BusinessDay::Today, mode }).await?;
        Ok(shift)
    }

    pub async fn closes(&self, shift: ShiftId, declared: i64) -> Result<Vec<Event>, TillError> {
        self.does(Action::CloseShift { shift, declared: gbp(declared), count: ShiftCount::default() }).await
    }

    /// Places a basket, by leave of the manager where a price is another than the catalog's, and takes 20.00 for it.
    pub async fn sells(&self, lines: Vec<LineInput>) -> Result<TransactionId> {
        let order = OrderId(self.till.mint()?);
        let listed = lines.iter().all(|line| line.price == PriceInput::List);
        let place = Action::PlaceOrder(PlaceOrder::of(order, Channel::Counter, lines));
        let _placed = if listed { self.does(place).await? } else { self.may_do(place).await? };
        let pay = Action::Pay {
            tips: Vec::new(),
            order,
            tenders: vec![TenderInput { kind: TenderChoice::Cash, amount: gbp(2_000) }],
            settlement: Settlement::Full,
            receipt: ReceiptSource::Hub,
        };
        let events = self.does(pay).await?;
        events.iter().find_map(|event| Some(event.transaction()?.0)).context("a sale has a transaction")
    }
}

fn events(answer: Answer) -> Result<Vec<Event>, TillError> {
    match answer {
        Answer::Accepted { record, .. } => {
            let record = record.decode().expect("the hub's own record");
            Ok(record.outcome.events().to_vec())
        }
        other => panic!("accepted, and yet {other:?}"),
    }
}
