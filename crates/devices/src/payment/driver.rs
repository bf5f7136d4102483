//! The contract that every card terminal, gateway and wallet is driven by.

use std::fmt::Debug;

use futures::future::BoxFuture;
use holdfast_money::Money;
use tokio::sync::mpsc;

use super::outcome::for_people;
use super::{AttemptId, Fault, Mark, Outcome, Request};

/// What a device can do; what it cannot is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    pub refunds: Refunds,
    /// A whole transaction can be undone before it is settled.
    pub reversal: bool,
    /// It may approve less than was asked for.
    pub partial: bool,
    /// The customer can give a tip at it.
    pub tip: bool,
    /// It can be asked to stop.
    pub abort: bool,
    /// It can be asked what became of an attempt. Where it cannot, a person has to look.
    pub status: bool,
    /// It finds an attempt by its id alone, also one that an earlier hub sent: it is asked before anything is sent.
    pub finds_by_id: bool,
    /// It counts what it took, for the end of the day.
    pub totals: bool,
    /// It needs the store's way to the outside for every transaction. A terminal with a line of its own does not.
    pub needs_wan: bool,
}

/// What money can go back with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refunds {
    None,
    /// Only by the transaction that it came with.
    ByOriginal,
    /// With the card at hand, whatever it paid before.
    WithCard,
}

/// What happens at the device, for whoever waits at the till. Only for show: no decision depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Connecting,
    /// The customer is to insert, tap or swipe.
    PresentCard,
    EnterPin,
    /// The customer is asked something else, such as a tip or a currency.
    CustomerChooses,
    /// The terminal asks its host.
    Authorising,
    RemoveCard,
    /// The customer is to read this code with a telephone: the text that the picture is made of.
    ShowQr {
        text: String,
    },
    /// What the device itself shows, for people.
    Says {
        text: String,
    },
}

impl Step {
    /// The device's own words, made harmless. None when nothing is left of them.
    #[must_use]
    pub fn says(text: &str) -> Option<Step> {
        for_people(text, super::outcome::SAID_CHARS_MAX).map(|text| Step::Says { text })
    }
}

/// Where steps go. Whoever listens too slowly misses some.
#[derive(Debug, Clone)]
pub struct Steps(mpsc::Sender<Step>);

impl Steps {
    /// How many steps wait for a slow listener.
    pub const WAITING_MAX: usize = 32;

    #[must_use]
    pub fn channel() -> (Steps, mpsc::Receiver<Step>) {
        let (sender, receiver) = mpsc::channel(Self::WAITING_MAX);
        (Steps(sender), receiver)
    }

    pub fn tell(&self, step: Step) {
        let _ = self.0.try_send(step);
    }
}

/// What a terminal counted since its last end of day, by its own names for schemes (nexo: TransactionTotals).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    pub lines: Vec<TotalsLine>,
    /// What refers to this end of day at the terminal.
    pub reference: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalsLine {
    /// Such as `Visa`; empty where the terminal gives one sum only.
    pub scheme: String,
    pub count: u32,
    /// Payments less refunds and reversals.
    pub net: Money,
}

/// How the device is, in words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    pub ready: bool,
    /// Such as `ready, software 4.2` or `out of paper`.
    pub says: String,
}

/// Something that moves money when it is asked to.
///
/// The caller keeps one attempt at a time under way at a device, and every call's future may be dropped at any moment: what
/// was sent by then was sent, and [`PaymentDriver::ask`] finds out what became of it.
pub trait PaymentDriver: Send + Sync + Debug + 'static {
    fn capabilities(&self) -> Capabilities;

    /// What has to be durable before the first byte of an attempt leaves. It changes nothing at the device.
    fn mark(&self) -> BoxFuture<'_, Result<Mark, Fault>>;

    /// Carries out one attempt. The first byte of it leaves in here, and every wait in here has a limit.
    fn carry_out<'a>(
        &'a self,
        request: &'a Request,
        mark: &'a Mark,
        steps: &'a Steps,
    ) -> BoxFuture<'a, Outcome>;

    /// Asks what became of an attempt (nexo: TransactionStatusRequest) that may have left, or not. It starts nothing. That the
    /// device never heard of it is a decline, [`super::ErrorCondition::NotFound`]; that it is still at it is unresolved.
    fn ask<'a>(&'a self, request: &'a Request, mark: &'a Mark) -> BoxFuture<'a, Outcome>;

    /// Asks the device to stop an attempt that is under way (nexo: AbortRequest). What became of it is still said by
    /// [`PaymentDriver::carry_out`]: the customer may have been quicker.
    fn abort(&self, attempt: AttemptId) -> BoxFuture<'_, Result<(), Fault>>;

    /// Ends the device's day and says what it counted (nexo: ReconciliationRequest).
    fn reconcile(&self) -> BoxFuture<'_, Result<Totals, Fault>>;

    /// Asks how the device is (nexo: DiagnosisRequest).
    fn diagnose(&self) -> BoxFuture<'_, Result<Health, Fault>>;
}
