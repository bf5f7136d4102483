//! `counter …`: the scanners and scales beside this till.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use holdfast_domain::bounded::DeviceName;
use holdfast_money::Decimal;
use holdfast_protocol::message::{
    CounterNews, LabelMeasure, ScaleState, ScaleView, Scanned, ScannedCode, ScannedElements, ScannedItem,
    ScannerView, WeightUnit, WeightView,
};
use holdfast_protocol::till_api::{ScaleAnswer, ScaleAsk};
use holdfast_terminal::client::LinkState;
use holdfast_terminal::hub_api::HubApi;
use holdfast_terminal::{Folder, Pace, Till, TillError, TillEvent};
use tokio::sync::broadcast::error::RecvError;

use super::ask::typed;
use super::load::told_to_stop;

#[derive(Debug, Subcommand)]
pub enum Counter {
    /// Print what is scanned and weighed, until Ctrl-C
    Watch(Watch),
    /// Weigh what lies on the scale, as it would be sold
    Weigh(AtScale),
    /// Set the scale to zero
    Zero(AtScale),
    /// Take what lies on the scale, or a known weight, for the container
    Tare(Tare),
    /// Forget the container
    ClearTare(AtScale),
}

#[derive(Debug, Args)]
pub struct Watch {
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
}

#[derive(Debug, Args)]
pub struct AtScale {
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
    /// The scale's name in the hub's settings; the till's first one without it
    #[arg(long)]
    scale: Option<String>,
}

#[derive(Debug, Args)]
pub struct Tare {
    #[command(flatten)]
    at: AtScale,
    /// What the container weighs; not every scale can be told
    #[arg(long)]
    kilograms: Option<Decimal>,
}

impl Counter {
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Watch(watch) => watch.run().await,
            Self::Weigh(at) => {
                let answer = at.ask(ScaleAsk::Weigh).await?;
                println!("weighs {}", of(&answer));
                Ok(())
            }
            Self::Zero(at) => {
                println!("{} is at zero", at.ask(ScaleAsk::Zero).await?.scale);
                Ok(())
            }
            Self::Tare(Tare { at, kilograms }) => {
                let ask = match kilograms {
                    Some(amount) => ScaleAsk::PresetTare(WeightView { amount, unit: WeightUnit::Kg }),
                    None => ScaleAsk::Tare,
                };
                println!("tare {}", of(&at.ask(ask).await?));
                Ok(())
            }
            Self::ClearTare(at) => {
                println!("{} has no tare", at.ask(ScaleAsk::ClearTare).await?.scale);
                Ok(())
            }
        }
    }
}

impl AtScale {
    async fn ask(self, ask: ScaleAsk) -> Result<ScaleAnswer, TillError> {
        let api = HubApi::new(&Folder::new(&self.data).identity()?)?;
        let scale = self.scale.map(|name| typed("scale", DeviceName::new(&name))).transpose()?;
        api.ask_scale(scale, ask).await
    }
}

/// The weight and whose it is.
pub(super) fn of(answer: &ScaleAnswer) -> String {
    let weight = answer.weight.map_or("is set".to_owned(), |weight| weight.to_string());
    let software = if answer.simulated { ", which is made of software" } else { "" };
    format!("{weight} at {}{software}", answer.scale)
}

impl Watch {
    async fn run(self) -> Result<()> {
        let (till, api) = Till::open(&Folder::new(&self.data), Pace::default()).await?;
        let (mut events, mut link, mut stop) = (till.events(), till.link(), told_to_stop()?);
        loop {
            tokio::select! {
                _ = stop.changed() => break,
                changed = link.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    let state = link.borrow_and_update().clone();
                    match state {
                        // What was shown before belongs to another moment.
                        LinkState::Ready { .. } => now(&api).await,
                        LinkState::Offline { why: Some(why), .. } => println!("offline: {why}"),
                        LinkState::Stopped { why } => {
                            println!("stopped: {why}");
                            break;
                        }
                        LinkState::Offline { why: None, .. } | LinkState::Connected => {}
                    }
                }
                event = events.recv() => match event {
                    Ok(TillEvent::Counter(news)) => show(&news),
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => now(&api).await,
                    Err(RecvError::Closed) => break,
                },
            }
        }
        Ok(till.close().await?)
    }
}

/// Prints how the devices are now.
async fn now(api: &HubApi) {
    match api.counter().await {
        Ok(page) => {
            page.scanners.iter().for_each(scanner);
            page.scales.iter().for_each(scale);
        }
        Err(error) => println!("the devices at this till are not known: {error}"),
    }
}

fn show(news: &CounterNews) {
    match news {
        CounterNews::Scanned(read) => scanned(read),
        CounterNews::Scanner(view) => scanner(view),
        CounterNews::Scale(view) => scale(view),
    }
}

fn scanner(view: &ScannerView) {
    let state = if view.connected { "is there" } else { "is not there" };
    let why = view.text.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
    println!("scanner {} {state}{why}", view.scanner);
}

fn scale(view: &ScaleView) {
    let state = match view.state {
        ScaleState::Stable => "stable",
        ScaleState::Zero => "zero",
        ScaleState::InMotion => "in motion",
        ScaleState::BelowZero => "below zero",
        ScaleState::OverCapacity => "too much is on it",
        ScaleState::NotReady => "not ready",
        ScaleState::NotConnected => "not there",
    };
    let net = view.net.map(|net| format!(" {net}")).unwrap_or_default();
    let tare = match view.tare {
        None => String::new(),
        Some(tare) => tare.weight.map_or(", net".to_owned(), |weight| format!(", tare {weight}")),
    };
    let why = view.text.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
    println!("scale {} {state}{net}{tare}{why}", view.scale);
}

fn scanned(Scanned { scanner, symbology, code }: &Scanned) {
    let kind = symbology.as_deref().map(|of| format!(" {of}")).unwrap_or_default();
    match code {
        ScannedCode::Plain { text, add_on, item, .. } => {
            let add_on = add_on.as_deref().map(|digits| format!(" +{digits}")).unwrap_or_default();
            println!("scanned at {scanner}{kind} {}{add_on}{}", printable(text), sold_as(item.as_ref()));
        }
        ScannedCode::Elements(elements) => {
            println!("scanned at {scanner}{kind} {}{}", parts(elements), sold_as(elements.item.as_ref()));
        }
        ScannedCode::Malformed { why, .. } => {
            println!("scanned at {scanner}{kind} something that is not in order: {why}; scan it again");
        }
        ScannedCode::LooksLikeCard { masked } => {
            println!("scanned at {scanner}{kind} what looks like a card's number: {masked}");
        }
    }
}

/// As it stands beneath such codes, with brackets around the identifiers.
fn parts(elements: &ScannedElements) -> String {
    let parts: Vec<String> =
        elements.elements.iter().map(|one| format!("({}){}", one.ai, printable(&one.value))).collect();
    let weight = elements.net_weight.map(|weight| format!(" weighs {weight}")).unwrap_or_default();
    format!("{}{weight}", parts.join(""))
}

fn sold_as(item: Option<&ScannedItem>) -> String {
    let Some(item) = item else { return String::new() };
    let label = match &item.label {
        Some(LabelMeasure::Quantity(quantity)) => format!(", {quantity}"),
        Some(LabelMeasure::Price(price)) => format!(", {price}"),
        None => String::new(),
    };
    format!(" = {} {}{label}", item.sku, item.description)
}

/// A label's text must not steer the terminal that it is shown on.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}
