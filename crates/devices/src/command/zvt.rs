//! A card terminal that speaks ZVT.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use holdfast_devices::payment::zvt::ZvtAddress;
use holdfast_devices::payment::zvt::command::Password;
use holdfast_devices::payment::zvt::result_code::ResultCode;
use holdfast_devices::simulated::zvt::{
    Auto, Booking, CardAnswer, Declines, Direction, Kind, Listening, Misbehaviour, ProtocolStep, Script,
    SimulatedZvt, When, ZvtSettings,
};
use holdfast_money::{Currency, Money};
use serde_json::{Map, json};

use super::Customers;
use super::booth::{Device, Entry, News, Ready, Reply, standing};
use super::place::{Cable, EitherPlace, Pulling, reach};
use super::words::{at, money, one_of, reply, seconds, unknown};

/// For how long a terminal that restarts is away, when nothing else is typed.
const RESTART: Duration = Duration::from_secs(12);
/// How late something is that is late, when nothing else is typed.
const LATE: Duration = Duration::from_secs(8);
/// The host's own no.
const REFUSED: ResultCode = ResultCode(0x05);

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    place: EitherPlace,
    /// Keep the book in this file, and go on with it after a restart
    #[arg(long, value_name = "FILE")]
    book: Option<PathBuf>,
    /// Six digits
    #[arg(long, default_value = "000000")]
    password: Password,
    /// Its number, eight digits
    #[arg(long, default_value_t = 12_000_001, value_parser = clap::value_parser!(u32).range(1..=99_999_999))]
    terminal: u32,
    /// The currency that it takes
    #[arg(long, default_value = "EUR", value_parser = currency)]
    currency: Currency,
    /// What customers do
    #[arg(long, value_enum, default_value_t = Customers::Approve)]
    customers: Customers,
    /// How long a customer takes who needs nobody
    #[arg(long, default_value_t = 1_500, value_name = "MILLISECONDS")]
    thinks: u64,
    /// How long its host takes
    #[arg(long, default_value_t = 300, value_name = "MILLISECONDS")]
    host: u64,
    /// Number declined payments as well, as some terminals do
    #[arg(long)]
    number_declines: bool,
}

pub fn currency(text: &str) -> Result<Currency, String> {
    Currency::from_code(text).map_err(|error| error.to_string())
}

enum Line {
    Network(Listening),
    Serial(Cable),
}

pub struct Zvt {
    terminal: SimulatedZvt,
    line: Line,
    thinks: Duration,
    seen: Seen,
}

/// What was told already.
#[derive(Default)]
struct Seen {
    screen: String,
    bookings: usize,
    held: bool,
    follows: bool,
}

pub async fn start(options: Options) -> Result<Zvt> {
    let settings = ZvtSettings {
        password: options.password,
        terminal: options.terminal,
        currency: options.currency,
        host: Duration::from_millis(options.host),
        declines: if options.number_declines { Declines::AreNumbered } else { Declines::AreForgotten },
        ..ZvtSettings::default()
    };
    let terminal = match &options.book {
        Some(path) => SimulatedZvt::kept(settings, path)?,
        None => SimulatedZvt::new(settings),
    };
    let thinks = Duration::from_millis(options.thinks);
    terminal.automatic(auto(options.customers, thinks));
    let line = match &options.place.pty {
        Some(path) => {
            let plugged = terminal.clone();
            let plug = move |path: &std::path::Path| plugged.plug_in(path);
            Line::Serial(Cable::plug(path.as_deref(), "zvt", Pulling::ByDevice, plug)?)
        }
        None => {
            let listening = terminal.listen(options.place.listen).await;
            Line::Network(listening.with_context(|| format!("listen at {}", options.place.listen))?)
        }
    };
    let seen = Seen { screen: terminal.screen(), bookings: terminal.book().len(), ..Seen::default() };
    Ok(Zvt { terminal, line, thinks, seen })
}

fn auto(customers: Customers, delay: Duration) -> Option<Auto> {
    let answer = match customers {
        Customers::Approve => CardAnswer::Approve,
        Customers::Decline => CardAnswer::Decline(REFUSED),
        Customers::Ask => return None,
    };
    Some(Auto { delay, answer })
}

impl Zvt {
    fn address(&self) -> ZvtAddress {
        match &self.line {
            Line::Network(listening) => {
                let address = listening.address();
                ZvtAddress::Tcp { host: address.ip().to_string(), port: address.port() }
            }
            Line::Serial(cable) => ZvtAddress::Serial { path: cable.path().to_owned(), baud: 9_600 },
        }
    }

    /// A button for the customer who stands there.
    fn press(&self, press: impl FnOnce(), done: &str) -> Result<String, Reply> {
        if !self.terminal.waits_for_a_card() {
            let no = "nobody waits for a card to be inserted; `always approve` and its like are for those who come";
            return Err(Reply::No(no.to_owned()));
        }
        press();
        Ok(done.to_owned())
    }

    fn misbehave(&mut self, what: Misbehaviour, place: &[&str]) -> Result<String, Reply> {
        let (step, when) = match place {
            [] => ("0", When::Before),
            [step] => (*step, When::Before),
            [step, when] => (*step, one_of(when, &[("before", When::Before), ("after", When::After)])?),
            _ => return Err(unknown(place)),
        };
        let no = || {
            Reply::No(format!("`{step}` is no number of a message; `steps` shows them, 0 is the next one"))
        };
        let step: usize = step.parse().map_err(|_| no())?;
        self.terminal.follow(Some(Script { step, when, what }));
        self.seen.follows = true;
        let place =
            if step == 0 { "the next message".to_owned() } else { format!("message {step} from now") };
        let when = if when == When::Before { "before" } else { "after" };
        Ok(format!("{} {when} {place}", describe(what)))
    }

    fn steps(&self) -> String {
        let steps = self.terminal.steps();
        if steps.is_empty() {
            return "nothing was said since it was last told to misbehave or to behave".to_owned();
        }
        let lines: Vec<String> =
            steps.iter().enumerate().map(|(at, step)| format!("{at}: {}", name(*step))).collect();
        lines.join(", ")
    }

    fn obeyed(&mut self, words: &[&str]) -> Result<String, Reply> {
        let (what, place) = at(words);
        let terminal = self.terminal.clone();
        let what = match what {
            ["approve"] => return self.press(|| terminal.approve(), "the customer's card is approved"),
            ["sign"] => {
                let done = "the customer's card is approved, and the customer has to sign";
                return self.press(|| terminal.approve_signed(), done);
            }
            ["decline"] => {
                return self.press(|| terminal.decline(REFUSED), "the customer's card is declined");
            }
            ["decline", code] => {
                let code = result_code(code)?;
                return self.press(|| terminal.decline(code), "the customer's card is declined");
            }
            ["offline"] => {
                return self
                    .press(|| terminal.approve_offline(), "the terminal approved it without the bank");
            }
            ["cancel"] => return self.press(|| terminal.cancel(), "the customer pressed the red button"),
            ["always", "offline"] => {
                terminal.automatic(Some(Auto { delay: self.thinks, answer: CardAnswer::ApproveOffline }));
                return Ok("it does not reach the bank and approves by itself".to_owned());
            }
            ["always", who] => {
                let who = one_of(who, &CUSTOMERS)?;
                terminal.automatic(auto(who, self.thinks));
                return Ok(said(who).to_owned());
            }
            ["hand", amount] => {
                let amount: Money = money(amount, terminal.settings().currency)?;
                terminal.book_by_hand(amount);
                return Ok(format!("{amount} was paid at the terminal itself, without a till"));
            }
            ["steps"] => return Ok(self.steps()),
            ["behave"] => {
                terminal.follow(None);
                terminal.let_go();
                self.seen.follows = false;
                return Ok("it does nothing wrong any more".to_owned());
            }
            ["go"] if terminal.is_held() => {
                terminal.let_go();
                return Ok("it goes on".to_owned());
            }
            ["go"] => return Err(Reply::No("it does not stand still".to_owned())),
            ["unplug"] => {
                // In this order: a cable that is in is plugged in again when the terminal hangs up.
                if let Line::Serial(cable) = &self.line {
                    cable.set_in(false);
                }
                terminal.unplug();
                if let Line::Serial(cable) = &self.line {
                    cable.settle();
                }
                return Ok("the cable is out; whoever stands at the terminal goes on".to_owned());
            }
            ["plug"] => {
                terminal.replug();
                if let Line::Serial(cable) = &self.line {
                    cable.set_in(true);
                    cable.settle();
                }
                return Ok("the cable is in".to_owned());
            }
            ["cut"] => Misbehaviour::Cut,
            ["mute"] => Misbehaviour::Silent,
            ["late"] => Misbehaviour::Delay(LATE),
            ["late", time] => Misbehaviour::Delay(seconds(time)?),
            ["twice"] => Misbehaviour::Twice,
            ["old-answer"] => Misbehaviour::LateAnswer,
            ["old-decline"] => Misbehaviour::LateDecline,
            ["swap"] => Misbehaviour::WrongOrder,
            ["garbage"] => Misbehaviour::Garbage,
            ["half"] => Misbehaviour::Truncated,
            ["refuse"] => Misbehaviour::Refuse(ResultCode::NOT_POSSIBLE),
            ["refuse", code] => Misbehaviour::Refuse(result_code(code)?),
            ["hold"] => Misbehaviour::Hold,
            ["restart"] => Misbehaviour::CrashRestart { down: RESTART },
            ["restart", time] => Misbehaviour::CrashRestart { down: seconds(time)? },
            _ => return Err(unknown(words)),
        };
        self.misbehave(what, place)
    }
}

const CUSTOMERS: [(&str, Customers); 3] =
    [("approve", Customers::Approve), ("decline", Customers::Decline), ("ask", Customers::Ask)];

fn said(who: Customers) -> &'static str {
    match who {
        Customers::Approve => "customers pay by themselves",
        Customers::Decline => "customers come with cards that are declined",
        Customers::Ask => "customers wait for what is typed",
    }
}

fn result_code(word: &str) -> Result<ResultCode, Reply> {
    let no = || Reply::No(format!("`{word}` is no result code of two hexadecimal digits, such as 6C"));
    u8::from_str_radix(word, 16).ok().filter(|_| word.len() == 2).map(ResultCode).ok_or_else(no)
}

fn describe(what: Misbehaviour) -> String {
    match what {
        Misbehaviour::Cut => "the line is cut".to_owned(),
        Misbehaviour::Silent => "it falls silent".to_owned(),
        Misbehaviour::Delay(time) => format!("it is late by {} s", seconds_of(time)),
        Misbehaviour::Twice => "it says it twice,".to_owned(),
        Misbehaviour::LateAnswer => "it says the answer of the payment before".to_owned(),
        Misbehaviour::LateDecline => "it says a decline that is about nothing here".to_owned(),
        Misbehaviour::WrongOrder => "two messages change places".to_owned(),
        Misbehaviour::Garbage => "it sends bytes that are nothing".to_owned(),
        Misbehaviour::Truncated => "it stops halfway through a message and the line is cut".to_owned(),
        Misbehaviour::Refuse(code) => format!("it refuses with {:02X}", code.0),
        Misbehaviour::Hold => "it stands still until `go`".to_owned(),
        Misbehaviour::CrashRestart { down } => format!("it restarts and is away for {} s", seconds_of(down)),
    }
}

fn seconds_of(time: Duration) -> String {
    let (whole, millis) = (time.as_secs(), time.subsec_millis());
    if millis == 0 { whole.to_string() } else { format!("{whole}.{millis:03}") }
}

fn name(step: ProtocolStep) -> String {
    let name = match step.control {
        (0x06, 0x00) => "registration",
        (0x06, 0x01) => "payment",
        (0x06, 0x20) => "repeat the receipt",
        (0x06, 0x30) => "reversal",
        (0x06, 0x31) => "refund",
        (0x06, 0x50) => "end of day",
        (0x05, 0x01) => "how are you",
        (0x06, 0xB0) => "stop",
        (0x06, 0x0F) => "completion",
        (0x06, 0x1E) => "stopped",
        (0x04, 0x0F) => "result",
        (0x04, 0xFF) => "display",
        (0x06, 0xD1) => "line of a receipt",
        (0x06, 0xD3) => "receipt",
        (0x80, _) => "acknowledged",
        (0x84, _) => "not now",
        _ => "something else",
    };
    let who = if step.direction == Direction::In { "till" } else { "terminal" };
    format!("{who} {name} ({:02X} {:02X})", step.control.0, step.control.1)
}

fn entry(booking: &Booking) -> Entry {
    let (kind, of) = match booking.kind {
        Kind::Payment => ("payment", None),
        Kind::Refund => ("refund", None),
        Kind::PreAuthorisation => ("pre-authorisation", None),
        Kind::Reversal { of } => ("reversal", Some(of)),
    };
    let back = match (of, booking.reversed) {
        (Some(of), _) => format!(" of receipt {of:04}"),
        (None, true) => ", taken back".to_owned(),
        (None, false) => String::new(),
    };
    Entry {
        says: format!("receipt {:04}  {kind}{back}  {}", booking.receipt, booking.amount),
        fields: json!({
            "kind": kind,
            "minor": booking.amount.minor(),
            "currency": booking.amount.currency().code(),
            "receipt": booking.receipt,
            "trace": booking.trace,
            "reverses": of,
            "taken_back": booking.reversed,
        }),
    }
}

impl Device for Zvt {
    fn ready(&self) -> Ready {
        let settings = self.terminal.settings();
        let address = self.address().to_string();
        let mut fields = Map::new();
        fields.insert("device".to_owned(), "zvt".into());
        fields.insert("address".to_owned(), address.clone().into());
        fields.insert("terminal".to_owned(), settings.terminal.into());
        fields.insert("booked".to_owned(), self.seen.bookings.into());
        let reached = match &self.line {
            Line::Network(listening) => reach(listening.address()),
            Line::Serial(_) => "whoever opens that path",
        };
        Ready {
            says: format!("ZVT terminal {:08} at {address}", settings.terminal),
            settings: vec![
                ("reached by", reached.to_owned()),
                ("currency", settings.currency.to_string()),
                ("in its book", format!("{} from before", self.seen.bookings)),
            ],
            fields,
        }
    }

    fn commands(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("approve", "the customer who stands there pays"),
            ("sign", "they pay, and have to sign for it"),
            ("decline [CODE]", "their bank says no, by a result code such as 05 or 6C"),
            ("cancel", "they press the red button"),
            ("offline", "the terminal approves without the bank"),
            ("always approve|decline|ask|offline", "what customers do from now on"),
            ("hand AMOUNT", "somebody pays at the terminal itself, without a till"),
            ("cut", "the line is gone; a payment goes on"),
            ("mute", "the line stays and nothing comes any more"),
            ("late [SECONDS]", "it takes its time"),
            ("twice", "a message comes twice"),
            ("old-answer", "the answer of the payment before comes now"),
            ("old-decline", "a decline about nothing comes now"),
            ("swap", "a message changes places with the next one"),
            ("garbage", "bytes that are no message"),
            ("half", "half of a message, and the line is gone"),
            ("refuse [CODE]", "a command is refused, or a payment stopped"),
            ("hold", "it stands still, until `go`"),
            ("restart [SECONDS]", "it forgets everything but its book and is away for a while"),
            (
                "… at STEP [before|after]",
                "when each of these happens: counted from the next message, which is 0",
            ),
            ("steps", "the messages since it was last told to misbehave or to behave, with their numbers"),
            ("behave", "it does nothing wrong any more"),
            ("unplug, plug", "the cable is pulled, and put in again"),
        ]
    }

    fn obey(&mut self, words: &[&str]) -> Reply {
        reply(self.obeyed(words))
    }

    fn news(&mut self) -> Result<Vec<News>> {
        if let Some(fault) = self.terminal.book_fault() {
            return Err(fault.into());
        }
        if let Line::Serial(cable) = &self.line {
            cable.check()?;
        }
        // Looked at in this order: what it stands still after was booked before.
        let held = self.terminal.is_held();
        let book = self.terminal.book();
        let mut news = Vec::new();
        let screen = self.terminal.screen();
        if screen != self.seen.screen {
            news.push(News { what: "screen", says: format!("its screen shows: {screen}") });
            self.seen.screen = screen;
        }
        for booking in &book[self.seen.bookings.min(book.len())..] {
            news.push(News { what: "booked", says: format!("booked: {}", entry(booking).says) });
        }
        self.seen.bookings = book.len();
        if self.seen.follows && self.terminal.has_misbehaved() {
            self.seen.follows = false;
            news.push(News { what: "misbehaved", says: "it did what it was told to do wrong".to_owned() });
        }
        news.extend(standing(held, &mut self.seen.held));
        Ok(news)
    }

    fn book(&self) -> Result<Vec<Entry>> {
        Ok(self.terminal.book().iter().map(entry).collect())
    }
}
