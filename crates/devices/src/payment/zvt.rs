//! Card terminals that speak ZVT, the protocol of German, Austrian and Swiss tills (ECR interface, revision 13), over TCP or a
//! serial line.
//!
//! The protocol knows no id of a till's own, so an attempt is found again by the terminal's numbers: before it begins, the
//! last receipt is read and becomes the [`Mark`]; when nobody knows what became of it, the last receipt is read again. A
//! newer one with our amount is the attempt, the old one means that the attempt was not booked, and everything else is for a
//! person. A decline is checked against the last receipt before it is believed, because a terminal may still send its answer
//! to something older.
//!
//! Invariants: every connection begins anew and registers; every wait has a limit; what the terminal tells is acknowledged at
//! once; no card number leaves [`status`] and [`message`].

mod address;
pub mod apdu;
pub mod bcd;
pub mod bmp;
pub mod command;
mod dialogue;
pub mod fuzz;
mod intermediate;
pub(crate) mod line;
mod mark;
pub mod message;
pub mod result_code;
pub mod serial;
mod slip;
pub mod status;
pub mod text;
pub mod tlv;
pub mod totals;
mod verdict;

use std::path::PathBuf;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use holdfast_money::Currency;
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep, timeout};
use tokio_serial::{SerialPortBuilderExt, SerialStream, StopBits};

use super::{
    Approval, AttemptId, Capabilities, Decline, ErrorCondition, Fault, Health, Mark, Outcome, PaymentDriver,
    Refunds, Request, Service, Steps, Totals, TotalsLine,
};
use crate::printer::Wire;
use crate::simulated::zvt::SimulatedZvt;
pub use address::{ZvtAddress, ZvtAddressError};
use command::{Amount, CONFIG_TILL_DOES_ALL, Command, Password, SERVICE_STATUS_ONLY};
use dialogue::{Answer, Company, Dialogue, End, Ended};
pub use line::Framing;
use line::Line;
pub use mark::{Last, Numbers, Standing};
use result_code::{ResultCode, Verdict};
use status::StatusInformation;
use verdict::{Judgement, Repeated, Said};

/// What a terminal has to be told to work for this store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZvtConfig {
    pub password: Password,
    /// The currency of registration and of the end of day. An attempt carries its own.
    pub currency: Currency,
}

/// How long each step may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    pub connect: Duration,
    /// Putting one message on the line.
    pub write: Duration,
    /// From a command to its acknowledgement (T3).
    pub acknowledge: Duration,
    /// Between two messages of the terminal, until it says that it is done (T4): the customer looks for a card meanwhile.
    pub completion: Duration,
    /// One whole conversation, whatever the other limits say.
    pub transaction: Duration,
    /// How long a terminal that is at something else is waited for.
    pub idle: Duration,
    /// Between two questions whether it is still at it.
    pub pause: Duration,
}

impl Default for Timings {
    fn default() -> Timings {
        Timings {
            connect: Duration::from_secs(5),
            write: Duration::from_secs(5),
            acknowledge: Duration::from_secs(5),
            completion: Duration::from_secs(180),
            transaction: Duration::from_secs(600),
            idle: Duration::from_secs(20),
            pause: Duration::from_secs(1),
        }
    }
}

/// A card terminal at an address. It is connected to for each call and released after it.
#[derive(Debug)]
pub struct ZvtTerminal {
    route: Route,
    name: String,
    config: ZvtConfig,
    timings: Timings,
    /// One conversation at a time.
    turn: Mutex<()>,
    /// The attempt that is being carried out, and how it is told to stop.
    running: StdMutex<Option<(AttemptId, Arc<Notify>)>>,
}

#[derive(Debug)]
enum Route {
    Tcp { host: String, port: u16 },
    Serial { path: PathBuf, baud: u32 },
    Simulated(SimulatedZvt),
}

/// A terminal that has registered this till.
struct Registered<'a> {
    dialogue: Dialogue<'a>,
    /// Its own number, where it says it.
    terminal: Option<u32>,
}

/// Whether a card that is still in the terminal means that it is still at something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CardIn {
    Busy,
    Fine,
}

impl ZvtTerminal {
    /// A terminal at the other end of a network or serial line. Nothing is connected yet.
    #[must_use]
    pub fn new(address: &ZvtAddress, config: ZvtConfig, timings: Timings) -> ZvtTerminal {
        let route = match address {
            ZvtAddress::Tcp { host, port } => Route::Tcp { host: host.clone(), port: *port },
            ZvtAddress::Serial { path, baud } => Route::Serial { path: path.clone(), baud: *baud },
        };
        Self::at(route, address.to_string(), config, timings)
    }

    /// A terminal made of software. It needs a tokio runtime when it is used.
    #[must_use]
    pub fn simulated(simulator: SimulatedZvt, config: ZvtConfig, timings: Timings) -> ZvtTerminal {
        Self::at(Route::Simulated(simulator), "the simulated terminal".to_owned(), config, timings)
    }

    fn at(route: Route, name: String, config: ZvtConfig, timings: Timings) -> ZvtTerminal {
        ZvtTerminal { route, name, config, timings, turn: Mutex::new(()), running: StdMutex::new(None) }
    }

    /// The address in its written form.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    async fn connect(&self) -> Result<Dialogue<'_>, Fault> {
        let unreachable = |cause| Fault::Unreachable { device: self.name.clone(), cause: Arc::new(cause) };
        let (wire, framing): (Box<dyn Wire>, Framing) = match &self.route {
            Route::Tcp { host, port } => {
                let connecting = TcpStream::connect((host.as_str(), *port));
                let stream = match timeout(self.timings.connect, connecting).await {
                    Ok(connected) => connected.map_err(unreachable)?,
                    Err(_) => return Err(unreachable(dialogue::timed_out())),
                };
                stream.set_nodelay(true).map_err(unreachable)?;
                // A command that is given up must not be delivered later by the network: see `Line::leave`.
                stream.set_zero_linger().map_err(unreachable)?;
                (Box::new(stream), Framing::Plain)
            }
            Route::Serial { path, baud } => {
                let port = tokio_serial::new(path.to_string_lossy(), *baud).stop_bits(StopBits::Two);
                let stream: SerialStream =
                    port.open_native_async().map_err(|error| unreachable(error.into()))?;
                (Box::new(stream), Framing::Blocks)
            }
            Route::Simulated(simulator) => {
                let (line, framing) = simulator.line().map_err(unreachable)?;
                (Box::new(line), framing)
            }
        };
        Ok(Dialogue::new(Line::new(wire, framing, self.timings.write), &self.name, self.timings))
    }

    /// Connects and registers.
    async fn open(&self, company: Company<'_>) -> Result<Registered<'_>, Fault> {
        dialogue::connecting(company);
        let mut dialogue = self.connect().await?;
        let registration = Command::Registration {
            password: self.config.password,
            config: CONFIG_TILL_DOES_ALL,
            currency: self.config.currency.numeric(),
            permitted: vec![message::PRINT_TEXT_BLOCK],
        };
        match dialogue.run(&registration, "registration", Company::default()).await? {
            Answer::Refused(code) => Err(self.refused(code)),
            Answer::Ended(ended) => match ended.end {
                End::Completed(completion) => {
                    Ok(Registered { dialogue, terminal: completion.fields.terminal.filter(|id| *id != 0) })
                }
                End::Aborted(code) if is_busy(code) => Err(self.in_progress()),
                End::Aborted(code) => {
                    Err(Fault::NotTrusted { device: self.name.clone(), what: code.to_string() })
                }
            },
        }
    }

    /// Connects and registers. A terminal that is still at the end of the conversation before is given the time of one
    /// acknowledgement for that: nothing was asked of it yet, and its customer stands there.
    async fn open_soon(&self, company: Company<'_>) -> Result<Registered<'_>, Fault> {
        let deadline = Instant::now() + self.timings.acknowledge;
        loop {
            match self.open(company).await {
                Err(Fault::InProgress { .. }) if Instant::now() < deadline => sleep(self.timings.pause).await,
                opened => return opened,
            }
        }
    }

    /// Connects, registers and waits until the terminal is at nothing else.
    async fn open_idle(&self, card: CardIn) -> Result<Registered<'_>, Fault> {
        let deadline = Instant::now() + self.timings.idle;
        loop {
            match self.open(Company::default()).await {
                Ok(mut registered) => {
                    self.wait_until_idle(&mut registered, card, deadline).await?;
                    return Ok(registered);
                }
                Err(Fault::InProgress { .. }) if Instant::now() < deadline => sleep(self.timings.pause).await,
                Err(fault) => return Err(fault),
            }
        }
    }

    async fn wait_until_idle(
        &self,
        registered: &mut Registered<'_>,
        card: CardIn,
        deadline: Instant,
    ) -> Result<(), Fault> {
        let enquiry = Command::StatusEnquiry { password: self.config.password };
        loop {
            let answer = registered.dialogue.run(&enquiry, "status enquiry", Company::default()).await?;
            let busy = match answer {
                Answer::Refused(code) => is_busy(code),
                Answer::Ended(ended) => match ended.end {
                    End::Completed(completion) => match completion.state {
                        Some(ResultCode(0xDC)) => card == CardIn::Busy,
                        state => state.is_some_and(is_busy),
                    },
                    End::Aborted(code) => is_busy(code),
                },
            };
            if !busy {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(self.in_progress());
            }
            sleep(self.timings.pause).await;
        }
    }

    /// The last transaction that the terminal knows.
    async fn repeat(&self, registered: &mut Registered<'_>) -> Result<Repeated, Fault> {
        let command = Command::RepeatReceipt { password: self.config.password, service: SERVICE_STATUS_ONLY };
        match registered.dialogue.run(&command, "repeat receipt", Company::default()).await? {
            Answer::Refused(code) => Err(self.refused(code)),
            Answer::Ended(ended) => {
                let Ended { end, mut statuses, .. } = *ended;
                match (end, statuses.pop(), statuses.pop()) {
                    (End::Completed(_), Some(status), None) => Ok(Repeated::Of(Box::new(status))),
                    (End::Aborted(ResultCode::NOT_POSSIBLE), None, _) => Ok(Repeated::Nothing),
                    (End::Aborted(code), None, _) if is_busy(code) => Err(self.in_progress()),
                    (End::Aborted(code), None, _) => {
                        Err(self.cannot_say(&format!("no last receipt, {code}")))
                    }
                    _ => Err(self.cannot_say("it repeats no receipt, or more than one")),
                }
            }
        }
    }

    /// Whether a terminal without any receipt says itself that it booked nothing: that it cannot repeat one may also mean
    /// that it is not allowed to.
    async fn has_booked_nothing(&self, registered: &mut Registered<'_>) -> Result<bool, Fault> {
        let command = Command::TurnoverTotals { password: self.config.password };
        let Answer::Ended(ended) = registered.dialogue.run(&command, "totals", Company::default()).await?
        else {
            return Ok(false);
        };
        let is_nothing = |status: &StatusInformation| match (&status.totals, status.amount) {
            (Some(totals), sum) => totals.count() == 0 && sum.is_none_or(|sum| sum == 0),
            (None, sum) => sum == Some(0),
        };
        Ok(matches!(ended.end, End::Completed(_))
            && !ended.statuses.is_empty()
            && ended.statuses.iter().all(is_nothing))
    }

    async fn read_mark(&self) -> Result<Mark, Fault> {
        let _turn = self.turn.lock().await;
        let mut registered = self.open_idle(CardIn::Fine).await?;
        let last = match self.repeat(&mut registered).await? {
            Repeated::Nothing => Last::None,
            Repeated::Of(status) => Last::Of(Numbers::of(&status).or_of(registered.terminal)),
        };
        registered.dialogue.leave();
        match last {
            // An attempt could never be found again.
            Last::Of(numbers) if !numbers.is_numbered() => {
                Err(self.cannot_say("it gives its receipts no numbers"))
            }
            last => last.mark().ok_or_else(|| self.cannot_say("its numbers are too long")),
        }
    }

    async fn pay(&self, request: &Request, before: &Last, company: Company<'_>) -> Result<Outcome, Fault> {
        let command = self.command(request)?;
        let mut registered = self.open_soon(company).await?;
        let outcome = self.pay_at(&mut registered, &command, request, before, company).await?;
        registered.dialogue.leave();
        Ok(outcome)
    }

    async fn pay_at(
        &self,
        registered: &mut Registered<'_>,
        command: &Command,
        request: &Request,
        before: &Last,
        company: Company<'_>,
    ) -> Result<Outcome, Fault> {
        let terminal = registered.terminal;
        let said = match registered.dialogue.run(command, "payment", company).await? {
            Answer::Refused(code) => verdict::not_done(code, false, None),
            Answer::Ended(mut ended) => match verdict::said(&mut ended, before, terminal) {
                Said::Done(status) => {
                    let slip = ended.slip.finish(status.signature);
                    return self.approval(request, *status, terminal, slip);
                }
                said => said,
            },
        };
        match said {
            Said::NotDone { why, text } => {
                self.check_decline(request, before, registered).await?;
                Ok(Outcome::Declined(Decline::new(why, text.as_deref())))
            }
            Said::Foreign => Err(Fault::Foreign { device: self.name.clone(), during: "payment" }),
            Said::CannotSay(what) => Err(self.cannot_say(&what)),
            Said::Done(_) => Err(self.cannot_say("it was done")),
        }
    }

    /// A decline that the terminal's last receipt contradicts is none.
    async fn check_decline(
        &self,
        request: &Request,
        before: &Last,
        registered: &mut Registered<'_>,
    ) -> Result<(), Fault> {
        let deadline = Instant::now() + self.timings.idle;
        self.wait_until_idle(registered, CardIn::Fine, deadline).await?;
        let now = self.repeat(registered).await?;
        match verdict::judge(request, before, &now, registered.terminal) {
            Judgement::StillTheOld | Judgement::StillNothing | Judgement::NotDone(_) => Ok(()),
            Judgement::Done(_) => Err(self.cannot_say("it was declined, and has a receipt")),
            Judgement::CannotSay(what) => Err(self.cannot_say(what)),
        }
    }

    fn approval(
        &self,
        request: &Request,
        status: StatusInformation,
        terminal: Option<u32>,
        slip: super::Slip,
    ) -> Result<Outcome, Fault> {
        let currency = request.amount.currency();
        let amount = match (status.money(currency), status.amount, status.unread) {
            (Some(amount), ..) => amount,
            // A terminal may leave out what it was told. Where something could not be read, it may have been this.
            (None, None, None) => request.amount,
            _ => return Err(self.cannot_say("its amount is of another currency or cannot be read")),
        };
        let transaction = Numbers::of(&status).or_of(terminal).transaction();
        let transaction = transaction.ok_or_else(|| self.cannot_say("it gives its receipt no number"))?;
        let approval = Approval {
            amount,
            tip: None,
            transaction,
            card: status.card,
            authorised: status.authorised,
            slip,
        };
        Ok(Outcome::Approved(Box::new(approval)))
    }

    async fn find_out(&self, request: &Request, before: &Last) -> Result<Outcome, Fault> {
        let _turn = self.turn.lock().await;
        let mut registered = self.open_idle(CardIn::Busy).await?;
        let outcome = self.find_out_at(&mut registered, request, before).await?;
        registered.dialogue.leave();
        Ok(outcome)
    }

    async fn find_out_at(
        &self,
        registered: &mut Registered<'_>,
        request: &Request,
        before: &Last,
    ) -> Result<Outcome, Fault> {
        let terminal = registered.terminal;
        let now = self.repeat(registered).await?;
        let not_found = || Ok(Outcome::Declined(Decline::new(ErrorCondition::NotFound, None)));
        match (verdict::judge(request, before, &now, terminal), now) {
            (Judgement::Done(_), Repeated::Of(status)) => {
                let mut slip = super::Slip::default();
                slip.signature = status.signature;
                self.approval(request, *status, terminal, slip)
            }
            (Judgement::NotDone(why), Repeated::Of(status)) => {
                Ok(Outcome::Declined(Decline::new(why, status.text())))
            }
            // What says that no money moved is read twice: the first answer may have been a late one.
            (Judgement::StillTheOld, _) => {
                let again = self.repeat(registered).await?;
                match verdict::judge(request, before, &again, terminal) {
                    Judgement::StillTheOld => not_found(),
                    _ => Err(self.cannot_say("it repeats one receipt and then another")),
                }
            }
            (Judgement::StillNothing, _) => {
                if self.has_booked_nothing(registered).await? {
                    not_found()
                } else {
                    Err(self.cannot_say("it repeats no receipt, but does not say that it booked nothing"))
                }
            }
            (Judgement::CannotSay(what), _) => Err(self.cannot_say(what)),
            (Judgement::Done(_) | Judgement::NotDone(_), Repeated::Nothing) => {
                Err(self.cannot_say("it repeats no receipt"))
            }
        }
    }

    fn command(&self, request: &Request) -> Result<Command, Fault> {
        let not_capable = |what| Fault::NotCapable { device: self.name.clone(), what };
        let minor = u64::try_from(request.amount.minor()).map_err(|_| not_capable("a negative amount"))?;
        let amount = Amount::new(minor, request.amount.currency().numeric());
        let amount = amount.ok_or_else(|| not_capable("an amount of more than twelve digits"))?;
        let password = self.config.password;
        match &request.service {
            Service::Payment { .. } => Ok(Command::Authorisation(amount)),
            Service::Refund { .. } => Ok(Command::Refund { password, amount }),
            Service::Reversal { original } => {
                let receipt = original.as_str().parse::<Numbers>().ok().and_then(|numbers| numbers.receipt);
                let receipt =
                    receipt.ok_or_else(|| not_capable("a reversal without the receipt's number"))?;
                Ok(Command::Reversal { password, receipt })
            }
        }
    }

    async fn end_day(&self) -> Result<Totals, Fault> {
        let _turn = self.turn.lock().await;
        let mut registered = self.open_idle(CardIn::Fine).await?;
        let command = Command::EndOfDay { password: self.config.password };
        let ended = match registered.dialogue.run(&command, "end of day", Company::default()).await? {
            Answer::Refused(code) => return Err(self.refused(code)),
            Answer::Ended(ended) => ended,
        };
        registered.dialogue.leave();
        if let End::Aborted(code) = ended.end {
            return Err(self.cannot_say(&format!("the end of day was stopped, {code}")));
        }
        let failed = ended.statuses.iter().filter_map(|status| status.result);
        if let Some(code) = failed.into_iter().find(|code| code.verdict() != Verdict::Done) {
            return Err(self.cannot_say(&format!("the end of day failed, {code}")));
        }
        let currency = self.config.currency;
        if let Some(totals) = ended.statuses.iter().find_map(|status| status.totals.as_ref()) {
            return Ok(totals.totals(currency));
        }
        let sum =
            ended.statuses.iter().find_map(|status| status.money(currency)).filter(|sum| !sum.is_zero());
        let line = sum.map(|net| TotalsLine { scheme: String::new(), count: 0, net });
        Ok(Totals { lines: line.into_iter().collect(), reference: None })
    }

    async fn ask_health(&self) -> Result<Health, Fault> {
        let _turn = self.turn.lock().await;
        let mut registered = match self.open(Company::default()).await {
            Ok(registered) => registered,
            Err(Fault::InProgress { .. }) => return Ok(busy_health()),
            Err(fault) => return Err(fault),
        };
        let enquiry = Command::StatusEnquiry { password: self.config.password };
        let answer = registered.dialogue.run(&enquiry, "status enquiry", Company::default()).await?;
        registered.dialogue.leave();
        Ok(match answer {
            Answer::Refused(code) if is_busy(code) => busy_health(),
            Answer::Refused(code) => Health { ready: true, says: format!("registered, no status ({code})") },
            Answer::Ended(ended) => match ended.end {
                End::Aborted(code) => Health { ready: !is_busy(code), says: code.to_string() },
                End::Completed(completion) => {
                    let state = completion.state.unwrap_or(ResultCode::DONE);
                    let ready = state == ResultCode::DONE;
                    let says = if ready { "ready".to_owned() } else { state.to_string() };
                    let software = completion.software.map(|software| format!(", software {software}"));
                    Health { ready, says: says + &software.unwrap_or_default() }
                }
            },
        })
    }

    async fn stop(&self, attempt: AttemptId) -> Result<(), Fault> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match running {
            Some((running, stop)) if running == attempt => {
                stop.notify_one();
                return Ok(());
            }
            Some(_) => return Err(self.in_progress()),
            None => {}
        }
        // Nobody here carries it out any more, but the terminal may still be at it.
        let _turn = self.turn.lock().await;
        let mut dialogue = self.connect().await?;
        let refused = dialogue.begin(&Command::Abort, "stopping").await?;
        dialogue.leave();
        refused.map_or(Ok(()), |code| Err(self.refused(code)))
    }

    fn refused(&self, code: ResultCode) -> Fault {
        match code {
            code if is_busy(code) => self.in_progress(),
            ResultCode::NOT_POSSIBLE => Fault::NotCapable {
                device: self.name.clone(),
                what: "the terminal does not know this command",
            },
            code => self.cannot_say(&format!("it refused, {code}")),
        }
    }

    fn in_progress(&self) -> Fault {
        Fault::InProgress { device: self.name.clone() }
    }

    fn cannot_say(&self, what: &str) -> Fault {
        Fault::CannotSay { device: self.name.clone(), what: what.to_owned() }
    }

    fn last_of(&self, mark: &Mark) -> Result<Last, Fault> {
        Last::of_mark(mark).ok_or_else(|| self.cannot_say("the mark was not made by this terminal"))
    }
}

/// Marks an attempt as under way for as long as it lives.
struct Running<'a>(&'a ZvtTerminal);

impl<'a> Running<'a> {
    fn begin(terminal: &'a ZvtTerminal, attempt: AttemptId) -> (Self, Arc<Notify>) {
        let stop = Arc::new(Notify::new());
        *terminal.running.lock().unwrap_or_else(PoisonError::into_inner) = Some((attempt, Arc::clone(&stop)));
        (Self(terminal), stop)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn is_busy(code: ResultCode) -> bool {
    code.verdict() == Verdict::NotDone(ErrorCondition::Busy)
}

fn busy_health() -> Health {
    Health { ready: false, says: "at something else".to_owned() }
}

impl PaymentDriver for ZvtTerminal {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            refunds: Refunds::WithCard,
            reversal: true,
            partial: true,
            tip: false,
            abort: true,
            status: true,
            // A terminal knows its own numbers only.
            finds_by_id: false,
            totals: true,
            needs_wan: false,
        }
    }

    fn mark(&self) -> BoxFuture<'_, Result<Mark, Fault>> {
        self.read_mark().boxed()
    }

    fn carry_out<'a>(
        &'a self,
        request: &'a Request,
        mark: &'a Mark,
        steps: &'a Steps,
    ) -> BoxFuture<'a, Outcome> {
        async move {
            let _turn = self.turn.lock().await;
            let (_running, stop) = Running::begin(self, request.attempt);
            let company = Company { steps: Some(steps), stop: Some(&stop) };
            let outcome = match self.last_of(mark) {
                Ok(before) => self.pay(request, &before, company).await,
                Err(fault) => Err(fault),
            };
            outcome.unwrap_or_else(Outcome::Unresolved)
        }
        .boxed()
    }

    fn ask<'a>(&'a self, request: &'a Request, mark: &'a Mark) -> BoxFuture<'a, Outcome> {
        async move {
            let outcome = match self.last_of(mark) {
                Ok(before) => self.find_out(request, &before).await,
                Err(fault) => Err(fault),
            };
            outcome.unwrap_or_else(Outcome::Unresolved)
        }
        .boxed()
    }

    fn abort(&self, attempt: AttemptId) -> BoxFuture<'_, Result<(), Fault>> {
        self.stop(attempt).boxed()
    }

    fn reconcile(&self) -> BoxFuture<'_, Result<Totals, Fault>> {
        self.end_day().boxed()
    }

    fn diagnose(&self) -> BoxFuture<'_, Result<Health, Fault>> {
        self.ask_health().boxed()
    }
}
