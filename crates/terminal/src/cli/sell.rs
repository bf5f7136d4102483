//! `sell`

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use holdfast_domain::bounded::Reason;
use holdfast_domain::command::{Action, Settlement};
use holdfast_domain::event::Event;
use holdfast_domain::ids::{OrderId, ShiftId};
use holdfast_domain::order::Channel;
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_money::{Decimal, Money};
use holdfast_protocol::message::Answer;
use holdfast_terminal::hub_api::HubApi;
use holdfast_terminal::{Folder, Pace, Till, TillError, with_causes};

use super::ask::{WITHIN, answered, asked, print, typed, warn};
use super::basket::{Basket, print_lines};
use super::settle::{PaymentArgs, TipArgs};
use super::{Approver, Person, Typed};

/// Sells a basket, takes its payment and prints what the receipt says.
#[derive(Debug, Args)]
#[command(mut_arg("barcode", |barcode| barcode.required(true)))]
pub struct Sell {
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
    #[command(flatten)]
    person: Person,
    #[command(flatten)]
    approver: Approver,
    #[command(flatten)]
    basket: Basket,
    #[command(flatten)]
    payment: PaymentArgs,
    #[command(flatten)]
    tips: TipArgs,
    /// What is in the drawer, when a shift has to be opened
    #[arg(long, default_value = "0", allow_negative_numbers = true)]
    float: Decimal,
}

impl Sell {
    pub async fn run(mut self) -> Result<()> {
        let typed = self.person.typed(&self.approver)?;
        let (till, api) = Till::open(&Folder::new(&self.data), Pace::default()).await?;
        let sold = self.sell(&till, &api, typed).await;
        let closed = till.close().await;
        sold?;
        Ok(closed?)
    }

    async fn sell(&mut self, till: &Till, api: &HubApi, Typed { pin, approval }: Typed) -> Result<()> {
        till.ready(WITHIN).await?;
        let snapshot = till.refresh(WITHIN).await?;
        let currency = snapshot.profile.currency;
        // What was typed is looked at before anybody is asked.
        let float = typed("float", Money::new(self.float, currency))?;
        let (tenders, tips) = (self.payment.tenders(currency)?, self.tips.tenders(currency)?);
        self.basket.weigh(api).await?;
        let order = OrderId(till.mint()?);
        let place = self.basket.place(order, Channel::Counter)?;
        answered(till.sign_on(self.person.number(), pin)).await?;
        if snapshot.till.shift.is_none() {
            let shift = ShiftId(till.mint()?);
            let open = Action::OpenShift { shift, float, day: BusinessDay::Today, mode: Mode::Live };
            answered(till.send(open)).await?;
        }
        let placed = asked(till, Action::PlaceOrder(place), approval).await?;
        let (settlement, receipt) = (Settlement::Full, ReceiptSource::Hub);
        let pay = Action::Pay { order, tenders, tips, settlement, receipt };
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
        print_placed(&placed);
        print(&summary);
        warn(&warnings);
        println!("record {} of epoch {}", position.seq, position.epoch);
        Ok(())
    }
}

/// The lines as the hub priced and stored them.
fn print_placed(placed: &Answer) {
    let Answer::Accepted { record, .. } = placed else { return };
    let Ok(record) = record.decode() else { return };
    for event in record.outcome.events() {
        if let Event::OrderPlaced { lines, .. } = event {
            print_lines(lines);
        }
    }
}
