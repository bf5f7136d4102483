//! One line of the simulated terminal: commands in, answers out, and the transaction in between.

use std::time::Duration;

use holdfast_money::{Currency, Money};
use tokio::time::{Instant, sleep};

use super::book::Book;
use super::{
    Auto, CardAnswer, Declines, Direction, Kind, Misbehaviour, Paper, ProtocolStep, SimulatedZvt, State,
    Unacknowledged, When,
};
use crate::payment::Authorised;
use crate::payment::zvt::apdu::Apdu;
use crate::payment::zvt::bmp::{self, FieldWriter};
use crate::payment::zvt::command::{self, Amount, Command, Password};
use crate::payment::zvt::line::{Arrival, Line};
use crate::payment::zvt::message;
use crate::payment::zvt::result_code::ResultCode;
use crate::payment::zvt::status::StatusInformation;
use crate::payment::zvt::{bcd, text, tlv};

pub(super) const IDLE_TEXT: &str = "Willkommen";
/// What its screen ends with while it waits for a card.
pub(super) const CARD_TEXT: &str = "Karte bitte";
/// How long a line may be without a command before the terminal lets it go.
const LINE_IDLE: Duration = Duration::from_secs(600);
/// How long an acknowledgement is waited for (T3).
const ACKNOWLEDGE: Duration = Duration::from_secs(5);
/// How long a customer is waited for.
const CARD: Duration = Duration::from_secs(60);
/// Bytes that are no message of a terminal, however they are framed.
const GARBAGE: [u8; 12] = [0x00, 0x00, 0x01, 0x3E, 0x00, 0x00, 0x00, 0x10, 0x02, 0x7F, 0x10, 0x45];

/// The terminal was restarted: what this line was about is gone.
struct Restarted;

struct Session<'a> {
    terminal: &'a SimulatedZvt,
    /// `None` when it is cut.
    line: Option<Line>,
    /// The line is open, and the terminal does not use it any more.
    mute: bool,
    restarts: u64,
    /// How often its cable had been pulled when the line began.
    pulls: u64,
    /// A message that goes out after the next one.
    held: Option<Apdu>,
    /// A refusal in the middle of a transaction.
    refused: Option<ResultCode>,
    permits_blocks: bool,
    /// What a late answer is about: the transaction before the one that the command makes or asks for.
    before: Option<StatusInformation>,
}

/// The terminal is at one thing at a time; this is its claim.
struct Occupied<'a> {
    terminal: &'a SimulatedZvt,
    restarts: u64,
}

impl Drop for Occupied<'_> {
    fn drop(&mut self) {
        let mut state = self.terminal.state();
        if state.restarts == self.restarts {
            state.occupied = false;
            state.screen = IDLE_TEXT.to_owned();
            (state.card_in, state.answer, state.cancelled) = (false, None, false);
        }
    }
}

pub(super) async fn serve(terminal: &SimulatedZvt, line: Line) {
    let (restarts, pulls) = {
        let state = terminal.state();
        (state.restarts, state.pulls)
    };
    let mut session = Session {
        terminal,
        line: Some(line),
        mute: false,
        restarts,
        pulls,
        held: None,
        refused: None,
        permits_blocks: false,
        before: None,
    };
    while session.line.is_some() {
        if session.take_command().await.is_err() {
            return;
        }
    }
}

impl<'a> Session<'a> {
    async fn take_command(&mut self) -> Result<(), Restarted> {
        let Some(apdu) = self.incoming(LINE_IDLE).await? else {
            self.line = None;
            return Ok(());
        };
        if apdu.is_acknowledgement() {
            return Ok(());
        }
        let Some(command) = Command::parse(&apdu) else {
            return self.out(Apdu::nak(ResultCode::NOT_POSSIBLE.0)).await;
        };
        if command == Command::Abort {
            return self.stop().await;
        }
        let Some(_occupied) = self.occupy() else {
            return self.out(Apdu::nak(ResultCode::WAIT.0)).await;
        };
        self.before = {
            let book = &self.terminal.state().book;
            let asks = matches!(command, Command::RepeatReceipt { .. });
            if asks { book.before_last().cloned() } else { book.last().cloned() }
        };
        if let Some(code) = self.refused.take() {
            return self.out(Apdu::nak(code.0)).await;
        }
        if password_of(&command).is_some_and(|password| password != self.terminal.settings().password) {
            self.out(Apdu::ack()).await?;
            return self.end(Err(ResultCode(0x6B))).await;
        }
        self.out(Apdu::ack()).await?;
        self.carry_out(command).await
    }

    async fn carry_out(&mut self, command: Command) -> Result<(), Restarted> {
        let currency = self.terminal.settings().currency;
        let money = |amount: Amount| {
            let currency = Currency::from_numeric(amount.currency).unwrap_or(currency);
            Money::from_minor(i64::try_from(amount.minor).unwrap_or(i64::MAX), currency)
        };
        match command {
            Command::Registration { permitted, .. } => {
                self.permits_blocks = permitted.contains(&message::PRINT_TEXT_BLOCK);
                self.complete(&self.registered()).await
            }
            Command::Authorisation(amount) => self.transaction(Kind::Payment, money(amount)).await,
            Command::PreAuthorisation(amount) => {
                self.transaction(Kind::PreAuthorisation, money(amount)).await
            }
            Command::BookTotal { amount, .. } | Command::PartialReversal { amount, .. } => {
                self.transaction(Kind::Payment, money(amount)).await
            }
            Command::Refund { amount, .. } => self.transaction(Kind::Refund, money(amount)).await,
            Command::Reversal { receipt, .. } => {
                let amount = self.terminal.state().book.reversible(receipt);
                match amount {
                    Ok(amount) => self.transaction(Kind::Reversal { of: receipt }, amount).await,
                    Err(code) => self.declined(None, code).await,
                }
            }
            Command::RepeatReceipt { .. } => {
                let last = self.terminal.state().book.last().cloned();
                match last {
                    Some(status) => {
                        self.tell(&status).await?;
                        self.end(Ok(())).await
                    }
                    None => self.end(Err(ResultCode::NOT_POSSIBLE)).await,
                }
            }
            Command::TurnoverTotals { .. } | Command::EndOfDay { .. } => {
                let totals = self.terminal.state().book.totals(currency);
                self.tell(&totals).await?;
                if matches!(command, Command::EndOfDay { .. }) {
                    self.terminal.change(Book::settle);
                    self.check()?;
                }
                self.end(Ok(())).await
            }
            Command::StatusEnquiry { .. } => self.complete(b"\xF0\xF0\xF7HF 13.1\x00").await,
            Command::Diagnosis => self.end(Ok(())).await,
            Command::LogOff | Command::Abort => Ok(()),
        }
    }

    /// The customer, the card and the bank.
    async fn transaction(&mut self, kind: Kind, amount: Money) -> Result<(), Restarted> {
        self.show(0x0A, &format!("{amount} {CARD_TEXT}")).await?;
        let answer = match self.refused.take() {
            Some(code) => CardAnswer::Decline(code),
            None => self.card().await?,
        };
        if matches!(answer, CardAnswer::Approve | CardAnswer::ApproveSigned) {
            self.show(0x04, "Autorisierung").await?;
            sleep(self.terminal.settings().host).await;
            self.check()?;
        }
        let answer = self.refused.take().map_or(answer, CardAnswer::Decline);
        let code = match answer {
            CardAnswer::Approve | CardAnswer::ApproveSigned | CardAnswer::ApproveOffline => None,
            CardAnswer::Decline(code) => Some(code),
        };
        if let Some(code) = code {
            return self.declined(Some(amount), code).await;
        }
        let authorised = match (answer, kind) {
            (CardAnswer::ApproveOffline, Kind::Payment) => Authorised::Offline,
            _ => Authorised::Online,
        };
        let mut status = self.terminal.change(|book| book.book(kind, amount, authorised));
        status.signature = answer == CardAnswer::ApproveSigned;
        self.check()?;
        let acknowledged = self.tell(&status).await?;
        if !acknowledged && self.terminal.settings().unacknowledged == Unacknowledged::IsReversed {
            let of = status.receipt.unwrap_or_default();
            self.terminal.change(|book| book.book(Kind::Reversal { of }, amount, Authorised::Online));
            self.check()?;
            return self.end(Err(ResultCode::ABORTED)).await;
        }
        self.print(amount, &status).await?;
        self.end(Ok(())).await
    }

    async fn declined(&mut self, amount: Option<Money>, code: ResultCode) -> Result<(), Restarted> {
        let status = match (self.terminal.settings().declines, amount) {
            (Declines::AreNumbered, Some(amount)) => {
                self.terminal.change(|book| book.number_a_decline(amount, code))
            }
            _ => StatusInformation { result: Some(code), ..StatusInformation::default() },
        };
        self.check()?;
        self.tell(&status.with_text("Ablehnung")).await?;
        self.end(Err(code)).await
    }

    /// Waits for a card and what its bank says.
    async fn card(&mut self) -> Result<CardAnswer, Restarted> {
        let until = Instant::now() + CARD;
        loop {
            let terminal = self.terminal;
            let pressed = terminal.inner.pressed.notified();
            let mut pressed = std::pin::pin!(pressed);
            pressed.as_mut().enable();
            self.check()?;
            self.look_at_the_cable();
            let (auto, answer, cancelled) = {
                let state = terminal.state();
                (state.auto, state.answer.filter(|_| state.card_in), state.cancelled)
            };
            if cancelled || Instant::now() >= until {
                return Ok(CardAnswer::Decline(ResultCode::ABORTED));
            }
            if let Some(answer) = answer {
                return Ok(answer);
            }
            // The till may say stop on this very line meanwhile.
            let waiting = async {
                match auto {
                    Some(Auto { delay, answer }) => {
                        sleep(delay).await;
                        terminal.press(|state| (state.card_in, state.answer) = (true, Some(answer)));
                    }
                    None => std::future::pending().await,
                }
            };
            let interrupt = async {
                tokio::select! {
                    () = pressed => {}
                    () = waiting => {}
                    () = tokio::time::sleep_until(until) => {}
                }
            };
            let Some(line) = self.line.as_mut().filter(|_| !self.mute) else {
                interrupt.await;
                continue;
            };
            match line.receive(until, interrupt).await {
                Ok(Arrival::Message(apdu)) if apdu.control() == command::ABORT => self.stop().await?,
                Ok(_) => {}
                Err(_) => self.line = None,
            }
        }
    }

    /// A till says stop.
    async fn stop(&mut self) -> Result<(), Restarted> {
        self.terminal.press(|state| state.cancelled |= state.occupied);
        self.out(Apdu::ack()).await
    }

    async fn show(&mut self, status: u8, screen: &str) -> Result<(), Restarted> {
        self.terminal.state().screen = screen.to_owned();
        let line = tlv::ObjectWriter::default().object(tlv::TEXT_LINE, &text::encode(screen)).bytes();
        let container = tlv::ObjectWriter::default().object(tlv::DISPLAY_TEXTS, &line).bytes();
        let data = FieldWriter::after(&[status, 0x01]).field(bmp::TLV_CONTAINER, &container).bytes();
        self.say(message::INTERMEDIATE_STATUS, data).await.map(|_| ())
    }

    async fn print(&mut self, amount: Money, status: &StatusInformation) -> Result<(), Restarted> {
        let receipt = status.receipt.unwrap_or_default();
        for (kind, title) in [(0x01, "HÄNDLERBELEG"), (0x02, "KUNDENBELEG")] {
            let lines = [title.to_owned(), format!("Beleg {receipt:04}"), format!("Betrag {amount}")];
            if self.permits_blocks && self.terminal.settings().paper == Paper::Blocks {
                let texts = lines.iter().fold(tlv::ObjectWriter::default(), |texts, line| {
                    texts.object(tlv::TEXT_LINE, &text::encode(line))
                });
                let texts = texts.object(tlv::ATTRIBUTE, &[0x81]).bytes();
                let container = tlv::ObjectWriter::default()
                    .object(tlv::RECEIPT_TYPE, &[kind])
                    .object(tlv::PRINT_TEXTS, &texts)
                    .bytes();
                let data = FieldWriter::default().field(bmp::TLV_CONTAINER, &container).bytes();
                self.say(message::PRINT_TEXT_BLOCK, data).await?;
                continue;
            }
            for (at, line) in lines.iter().enumerate() {
                let attribute = if at + 1 == lines.len() { 0x81 } else { 0x00 };
                self.say(message::PRINT_LINE, [vec![attribute], text::encode(line)].concat()).await?;
            }
        }
        Ok(())
    }

    async fn tell(&mut self, status: &StatusInformation) -> Result<bool, Restarted> {
        self.say(message::STATUS_INFORMATION, status.encode()).await
    }

    async fn end(&mut self, how: Result<(), ResultCode>) -> Result<(), Restarted> {
        match how {
            Ok(()) => self.complete(&[]).await,
            Err(code) => self.say(message::ABORTED, vec![code.0]).await.map(|_| ()),
        }
    }

    async fn complete(&mut self, data: &[u8]) -> Result<(), Restarted> {
        self.say(message::COMPLETION, data.to_vec()).await.map(|_| ())
    }

    fn registered(&self) -> Vec<u8> {
        let settings = self.terminal.settings();
        let terminal = bcd::encode::<4>(settings.terminal.into()).unwrap_or_default();
        let currency = bcd::encode::<2>(settings.currency.numeric().into()).unwrap_or_default();
        FieldWriter::default()
            .field(bmp::STATUS_BYTE, &[0x00])
            .field(bmp::TERMINAL_ID, &terminal)
            .field(bmp::CURRENCY, &currency)
            .bytes()
    }

    /// Says something and waits for its acknowledgement.
    async fn say(&mut self, control: (u8, u8), data: Vec<u8>) -> Result<bool, Restarted> {
        if self.refused.is_some() && control == message::INTERMEDIATE_STATUS {
            return Ok(false);
        }
        if let Some(apdu) = Apdu::new(control, data) {
            self.out(apdu).await?;
        }
        let deadline = Instant::now() + ACKNOWLEDGE;
        while self.line.is_some() && Instant::now() < deadline {
            match self.incoming(deadline - Instant::now()).await? {
                Some(apdu) if apdu.is_acknowledgement() => return Ok(apdu.class == 0x80),
                Some(apdu) if apdu.control() == command::ABORT => self.stop().await?,
                Some(_) | None => {}
            }
        }
        Ok(false)
    }

    /// The next message of the till, or nothing in time. A line that is gone is noted.
    async fn incoming(&mut self, limit: Duration) -> Result<Option<Apdu>, Restarted> {
        self.look_at_the_cable();
        let Some(line) = self.line.as_mut() else { return Ok(None) };
        if self.mute {
            // Until the till gives up, which the other end of the line shows.
            let until = Instant::now() + limit;
            let gone = loop {
                match line.receive(until, std::future::pending::<()>()).await {
                    Ok(Arrival::Message(_)) => {}
                    Ok(_) => break false,
                    Err(_) => break true,
                }
            };
            if gone {
                self.line = None;
            }
            self.check()?;
            return Ok(None);
        }
        let until = Instant::now() + limit;
        let pulled = pulled(self.terminal, self.pulls);
        let arrival = line.receive(until, pulled).await;
        self.check()?;
        // What came while the cable was pulled did not come.
        self.look_at_the_cable();
        let apdu = match arrival {
            _ if self.line.is_none() => return Ok(None),
            Ok(Arrival::Message(apdu)) => apdu,
            Ok(_) => return Ok(None),
            Err(_) => {
                self.line = None;
                return Ok(None);
            }
        };
        let step = ProtocolStep { direction: Direction::In, control: apdu.control() };
        let Some((when, what)) = self.count(step) else { return Ok(Some(apdu)) };
        // Whoever is late with a command is at it meanwhile.
        let _occupied = if apdu.is_acknowledgement() { None } else { self.occupy() };
        let taken = match (when, what) {
            (When::Before, Misbehaviour::Delay(_) | Misbehaviour::Refuse(_) | Misbehaviour::Hold)
            | (When::After, _) => Some(apdu),
            (When::Before, Misbehaviour::Twice | Misbehaviour::LateAnswer | Misbehaviour::LateDecline) => {
                Some(apdu)
            }
            (When::Before, _) => None,
        };
        self.misbehave(what, None).await?;
        Ok(taken)
    }

    /// Sends one message, with what goes wrong at it.
    async fn out(&mut self, apdu: Apdu) -> Result<(), Restarted> {
        let step = ProtocolStep { direction: Direction::Out, control: apdu.control() };
        let Some((when, what)) = self.count(step) else {
            self.put(&apdu).await;
            if let Some(held) = self.held.take() {
                self.put(&held).await;
            }
            return Ok(());
        };
        match (when, what) {
            (When::Before, Misbehaviour::WrongOrder) => {
                self.held = Some(apdu);
                Ok(())
            }
            // Instead of the message.
            (
                When::Before,
                Misbehaviour::Cut
                | Misbehaviour::Silent
                | Misbehaviour::Truncated
                | Misbehaviour::Refuse(_)
                | Misbehaviour::CrashRestart { .. },
            ) => self.misbehave(what, Some(&apdu)).await,
            (When::Before, _) => {
                self.misbehave(what, Some(&apdu)).await?;
                self.put(&apdu).await;
                Ok(())
            }
            (When::After, _) => {
                self.put(&apdu).await;
                self.misbehave(what, Some(&apdu)).await
            }
        }
    }

    async fn misbehave(&mut self, what: Misbehaviour, at: Option<&Apdu>) -> Result<(), Restarted> {
        match what {
            Misbehaviour::Cut => self.line = None,
            Misbehaviour::Silent => self.mute = true,
            Misbehaviour::Delay(delay) => sleep(delay).await,
            Misbehaviour::Twice => self.put(at.unwrap_or(&Apdu::ack())).await,
            Misbehaviour::LateAnswer => {
                if let Some(late) = self.before.clone() {
                    self.put_late(&late, message::COMPLETION, Vec::new()).await;
                }
            }
            Misbehaviour::LateDecline => {
                let late =
                    StatusInformation { result: Some(ResultCode::ABORTED), ..StatusInformation::default() };
                self.put_late(&late, message::ABORTED, vec![ResultCode::ABORTED.0]).await;
            }
            Misbehaviour::WrongOrder => {}
            Misbehaviour::Garbage => {
                if let Some(line) = self.line.as_mut() {
                    let _gone = line.send_bytes(&GARBAGE).await;
                }
            }
            Misbehaviour::Truncated => {
                if let (Some(line), Some(apdu)) = (self.line.as_mut(), at) {
                    let bytes = apdu.encode();
                    let _gone = line.send_bytes(&bytes[..bytes.len() / 2]).await;
                }
                self.line = None;
            }
            Misbehaviour::Refuse(code) => {
                self.refused = Some(code);
                if at.is_some() {
                    self.put(&Apdu::short(message::ABORTED, vec![code.0])).await;
                }
            }
            Misbehaviour::Hold => {
                self.terminal.state().held = true;
                until(self.terminal, |state| !state.held).await;
            }
            Misbehaviour::CrashRestart { down } => {
                let mut state = self.terminal.state();
                state.restarts += 1;
                state.down_until = Some(Instant::now() + down);
                (state.occupied, state.card_in, state.answer, state.cancelled) = (false, false, None, false);
                state.screen = IDLE_TEXT.to_owned();
            }
        }
        self.check()
    }

    async fn put_late(&mut self, late: &StatusInformation, control: (u8, u8), data: Vec<u8>) {
        self.put(&Apdu::short(message::STATUS_INFORMATION, late.encode())).await;
        self.put(&Apdu::short(control, data)).await;
    }

    /// Puts a message on the line, if there is one.
    async fn put(&mut self, apdu: &Apdu) {
        if self.mute {
            return;
        }
        self.look_at_the_cable();
        if let Some(line) = self.line.as_mut()
            && line.send(apdu).await.is_err()
        {
            self.line = None;
        }
    }

    fn count(&self, step: ProtocolStep) -> Option<(When, Misbehaviour)> {
        self.line.as_ref()?;
        self.terminal.state().counter.count(step)
    }

    /// Whether this life of the terminal goes on: it does not after a restart, nor when its book cannot be kept.
    fn check(&self) -> Result<(), Restarted> {
        let state = self.terminal.state();
        let is_kept = state.file.as_ref().is_none_or(|file| file.fault().is_none());
        (state.restarts == self.restarts && is_kept).then_some(()).ok_or(Restarted)
    }

    fn look_at_the_cable(&mut self) {
        if self.terminal.state().pulls != self.pulls {
            self.line = None;
        }
    }

    /// Claims the terminal, unless it is at something.
    fn occupy(&self) -> Option<Occupied<'a>> {
        let mut state = self.terminal.state();
        if std::mem::replace(&mut state.occupied, true) {
            return None;
        }
        Some(Occupied { terminal: self.terminal, restarts: self.restarts })
    }
}

/// Waits until something is so. Every button wakes it.
async fn until(terminal: &SimulatedZvt, wanted: impl Fn(&State) -> bool) {
    loop {
        let pressed = terminal.inner.pressed.notified();
        let mut pressed = std::pin::pin!(pressed);
        pressed.as_mut().enable();
        if wanted(&terminal.state()) {
            return;
        }
        pressed.await;
    }
}

async fn pulled(terminal: &SimulatedZvt, pulls: u64) {
    until(terminal, |state| state.pulls != pulls).await;
}

fn password_of(command: &Command) -> Option<Password> {
    match command {
        Command::Registration { password, .. }
        | Command::TurnoverTotals { password }
        | Command::RepeatReceipt { password, .. }
        | Command::Reversal { password, .. }
        | Command::Refund { password, .. }
        | Command::EndOfDay { password }
        | Command::StatusEnquiry { password } => Some(*password),
        _ => None,
    }
}
