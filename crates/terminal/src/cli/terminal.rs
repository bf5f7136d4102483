//! `card …`: payments at a card terminal or wallet.

use std::cell::RefCell;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use holdfast_domain::attempt::{AskedTender, StartTender, TenderVerdict};
use holdfast_domain::bounded::{DeviceName, Reason, TenderCode};
use holdfast_domain::command::Action;
use holdfast_domain::ids::{AttemptId, OrderId, TransactionId};
use holdfast_money::{Decimal, Money};
use holdfast_protocol::message::{Answer, Summary, TenderNews, TenderState, TenderStep, TenderView};
use holdfast_terminal::hub_api::HubApi;
use holdfast_terminal::{Till, TillError, TillEvent};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::ask::{Desk, WITHIN, typed};
use super::devices::Devices;
use super::reconcile::Reconcile;

/// How often the hub is asked how a payment stands.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The hub's word for what it does not have, or not yet.
const NOT_FOUND: &str = "HF-HUB-023";
/// How long a customer is waited for.
const WAITED_MAX: Duration = Duration::from_secs(300);

#[derive(Debug, Subcommand)]
pub enum Card {
    /// Let a card terminal or wallet take money for an order, and wait for what becomes of it
    Pay(Pay),
    /// Let the device give back what it took for a sale, before its goods are taken back
    Refund(Refund),
    /// Show which card terminals and wallets can take money now, and what to take instead of what cannot
    Devices(Devices),
    /// Ask the device to stop
    Stop(Stop),
    /// Say what became of a payment whose terminal cannot; a second person approves it
    Resolve(Resolve),
    /// Give back what a device took and no sale needs
    GiveBack(GiveBack),
    /// Show how a payment stands
    Show(Show),
    /// End the day of a card terminal or wallet and hold what it counted against the journal; needs a manager
    Reconcile(Reconcile),
}

#[derive(Debug, Args)]
pub struct Pay {
    #[command(flatten)]
    desk: Desk,
    #[arg(long)]
    order: OrderId,
    /// The tender type of the store's list
    #[arg(long, default_value = "terminal")]
    tender: String,
    /// What the device takes, tip included
    #[arg(long)]
    amount: Decimal,
    /// What of it is a tip
    #[arg(long)]
    tip: Option<Decimal>,
    /// Another device than the till's own
    #[arg(long)]
    device: Option<String>,
}

#[derive(Debug, Args)]
pub struct Refund {
    #[command(flatten)]
    desk: Desk,
    /// The transaction that was paid
    #[arg(long)]
    sale: TransactionId,
    /// The payment at the device, as the receipt's refusal names it
    #[arg(long)]
    payment: AttemptId,
    #[arg(long)]
    amount: Decimal,
    #[arg(long)]
    device: Option<String>,
}

#[derive(Debug, Args)]
pub struct Stop {
    #[command(flatten)]
    desk: Desk,
    #[arg(long)]
    payment: AttemptId,
}

#[derive(Debug, Args)]
pub struct Resolve {
    #[command(flatten)]
    desk: Desk,
    #[arg(long)]
    payment: AttemptId,
    /// What the terminal's own receipts, or the provider's pages, show
    #[arg(long, value_enum)]
    verdict: Said,
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Said {
    Charged,
    NotCharged,
    GivenBack,
}

#[derive(Debug, Args)]
pub struct GiveBack {
    #[command(flatten)]
    desk: Desk,
    #[arg(long)]
    payment: AttemptId,
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    desk: Desk,
    #[arg(long)]
    payment: AttemptId,
}

impl Card {
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Pay(pay) => pay.run().await,
            Self::Refund(refund) => refund.run().await,
            Self::Stop(Stop { desk, payment }) => {
                desk.ask(async |_| Ok(Action::AbortTender { attempt: payment })).await
            }
            Self::Resolve(Resolve { desk, payment, verdict, reason }) => {
                desk.ask(async |_| {
                    let verdict = match verdict {
                        Said::Charged => TenderVerdict::Charged,
                        Said::NotCharged => TenderVerdict::NotCharged,
                        Said::GivenBack => TenderVerdict::GivenBack,
                    };
                    Ok(Action::ResolveTender {
                        attempt: payment,
                        verdict,
                        reason: typed("reason", Reason::new(&reason))?,
                    })
                })
                .await
            }
            Self::GiveBack(GiveBack { desk, payment, reason }) => {
                desk.ask(async |_| {
                    Ok(Action::GiveBackTender {
                        attempt: payment,
                        reason: typed("reason", Reason::new(&reason))?,
                    })
                })
                .await
            }
            Self::Devices(devices) => devices.run().await,
            Self::Reconcile(reconcile) => reconcile.run().await,
            Self::Show(Show { desk, payment }) => {
                let page = desk.visit(async |_, api| api.tender(payment).await).await?;
                print(&page.tender);
                Ok(())
            }
        }
    }
}

impl Pay {
    async fn run(self) -> Result<()> {
        let Self { desk, order, tender, amount, tip, device } = self;
        let asked = async |till: &Till| {
            let code = typed("tender", TenderCode::new(&tender))?;
            start(till, AskedTender::Pay { order, code }, amount, tip, device.as_deref()).await
        };
        wait(desk, asked).await
    }
}

impl Refund {
    async fn run(self) -> Result<()> {
        let Self { desk, sale, payment, amount, device } = self;
        let asked = async |till: &Till| {
            let asked = AskedTender::Refund { sale, original: payment };
            start(till, asked, amount, None, device.as_deref()).await
        };
        wait(desk, asked).await
    }
}

async fn start(
    till: &Till,
    asked: AskedTender,
    amount: Decimal,
    tip: Option<Decimal>,
    device: Option<&str>,
) -> Result<Action, TillError> {
    let hub = till.refresh(WITHIN).await?;
    let money = |amount| typed("amount", Money::new(amount, hub.profile.currency));
    Ok(Action::StartTender(StartTender {
        epoch: hub.epoch,
        asked,
        amount: money(amount)?,
        tip: tip.map(money).transpose()?,
        device: device.map(|name| typed("device", DeviceName::new(name))).transpose()?,
    }))
}

/// Starts a payment, shows what happens to it, and says what became of it.
async fn wait(desk: Desk, asked: impl AsyncFnOnce(&Till) -> Result<Action, TillError>) -> Result<()> {
    // Heard from before the payment begins, so that no step of it is missed.
    let heard = RefCell::new(None);
    let (answer, view) = desk
        .answer(
            async |till, _| {
                heard.replace(Some(till.events()));
                asked(till).await
            },
            async |api, answer| match answer {
                Answer::Accepted { summary: Summary::TenderStarted { attempt, device, amount }, .. } => {
                    println!("{device} is asked for {amount} (payment {attempt})");
                    Ok(Some(follow(api, *attempt, heard.take()).await?))
                }
                _ => Ok(None),
            },
        )
        .await?;
    match (answer, view) {
        (_, Some(view)) => {
            print(&view);
            match view.state {
                TenderState::Declined { text, .. } => bail!("{text}"),
                _ => Ok(()),
            }
        }
        _ => bail!("there is no answer"),
    }
}

/// Prints each step at the device as it happens, until it is known what became of the payment. A step that is missed is missed:
/// what the hub says when it is asked decides.
async fn follow(
    api: &HubApi,
    attempt: AttemptId,
    mut heard: Option<Receiver<TillEvent>>,
) -> Result<TenderView, TillError> {
    let began = std::time::Instant::now();
    let mut shown = None;
    let mut step = String::new();
    loop {
        let tender = match api.tender(attempt).await {
            Ok(page) => page.tender,
            // What the hub has just accepted is read a moment later.
            Err(TillError::Refused { code, .. }) if code == NOT_FOUND && began.elapsed() < WITHIN => {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        let waits =
            matches!(tender.state, TenderState::Started | TenderState::UnderWay | TenderState::GoesBack);
        if !waits || began.elapsed() > WAITED_MAX {
            return Ok(tender);
        }
        let now = word(&tender.state);
        if shown.replace(now) != Some(now) {
            println!("{now}");
        }
        let next = tokio::time::sleep(LOOK_EVERY);
        let mut next = std::pin::pin!(next);
        loop {
            tokio::select! {
                () = &mut next => break,
                told = at_device(&mut heard, attempt) => match told {
                    TenderNews::Step(happens) => {
                        let happens = step_word(&happens);
                        if happens != step {
                            println!("  {happens}");
                            step = happens;
                        }
                    }
                    // The hub is asked at once.
                    TenderNews::Standing { .. } => break,
                },
            }
        }
    }
}

/// The next that is told of a payment; never returns where nothing can be heard.
async fn at_device(heard: &mut Option<Receiver<TillEvent>>, attempt: AttemptId) -> TenderNews {
    while let Some(events) = heard {
        match events.recv().await {
            Ok(TillEvent::AtDevice(event)) if event.attempt == attempt => return event.news.clone(),
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => *heard = None,
        }
    }
    std::future::pending().await
}

/// A step, for whoever stands at the counter.
fn step_word(step: &TenderStep) -> String {
    match step {
        TenderStep::Connecting => "connecting to the terminal".to_owned(),
        TenderStep::PresentCard => "the customer inserts, taps or swipes the card".to_owned(),
        TenderStep::EnterPin => "the customer enters the PIN".to_owned(),
        TenderStep::CustomerChooses => "the customer is asked something at the terminal".to_owned(),
        TenderStep::Authorising => "please wait, the bank is asked".to_owned(),
        TenderStep::RemoveCard => "the customer takes the card out".to_owned(),
        TenderStep::ShowQr { text } => format!("the customer scans the code: {text}"),
        TenderStep::Says { text } => format!("the terminal says: {text}"),
    }
}

/// What happens at a device, in a line.
pub(super) fn news(news: &TenderNews) -> String {
    match news {
        TenderNews::Step(step) => step_word(step),
        TenderNews::Standing { tender, .. } => word(&tender.state).to_owned(),
    }
}

fn word(state: &TenderState) -> &'static str {
    match state {
        TenderState::Started => "started",
        TenderState::UnderWay => "under way",
        TenderState::InDoubt { .. } => "in doubt",
        TenderState::Disowned => "not charged, a person says; the hub goes on asking",
        TenderState::Approved { .. } => "approved",
        TenderState::Declined { .. } => "declined",
        TenderState::GoesBack => "goes back",
        TenderState::Unclaimed { .. } => "to be given back by a person",
        TenderState::Taken { .. } => "part of a transaction",
        TenderState::GivenBack => "given back",
    }
}

fn print(view: &TenderView) {
    println!("payment {} at {}: {}", view.attempt, view.device, word(&view.state));
    match &view.state {
        TenderState::Approved { amount, tip, card, signature } => {
            println!("  {amount} approved");
            if !tip.is_zero() {
                println!("  {tip} of it is a tip");
            }
            let words = [card.scheme.as_ref(), card.wallet.as_ref()].into_iter().flatten();
            let mut words: Vec<String> = words.map(ToString::to_string).collect();
            words.extend(card.last_four.as_ref().map(|four| format!("****{four}")));
            if !words.is_empty() {
                println!("  {}", words.join(" "));
            }
            if *signature {
                println!("  the customer has to sign");
            }
        }
        TenderState::InDoubt { text }
        | TenderState::Unclaimed { text }
        | TenderState::Declined { text, .. } => {
            println!("  {text}");
        }
        TenderState::Taken { transaction } => println!("  transaction {transaction}"),
        _ => {}
    }
}
