//! A card terminal that speaks Adyen's Terminal API.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use holdfast_devices::payment::ErrorCondition;
use holdfast_devices::payment::adyen::SharedKey;
use holdfast_devices::simulated::adyen::{
    Booked, Button, Customer, Kind, Misbehaviour, Moment, SimulatedAdyen, Trouble, Wrongly,
};
use holdfast_devices::simulated::{Listening, fingerprint};
use holdfast_money::{Currency, Money};
use serde_json::{Map, json};

use super::Customers;
use super::booth::{Device, Entry, News, Ready, Reply, standing};
use super::place::{ANYWHERE, reach};
use super::words::{at, money, one_of, reply, seconds, unknown};

/// How late something is that is late, when nothing else is typed.
const LATE: Duration = Duration::from_secs(20);

#[derive(Debug, Args)]
pub struct Options {
    /// Listen here. Port 0 is any free port; without an address only this machine reaches it
    #[arg(long, value_name = "ADDRESS", default_value_t = ANYWHERE)]
    listen: SocketAddr,
    /// Keep the book and the certificate in this file, and go on with it after a restart
    #[arg(long, value_name = "FILE")]
    book: Option<PathBuf>,
    /// Write the root certificate that a till has to trust into this file
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Its model and serial number
    #[arg(long, default_value = "V400m-346403161")]
    poi_id: String,
    /// The name of the key that it shares with the store
    #[arg(long, default_value = "holdfast")]
    key_id: String,
    #[arg(long, default_value_t = 1)]
    key_version: u32,
    /// What the key is made from, at least twelve characters
    #[arg(
        long,
        default_value = "practice makes perfect",
        env = "HOLDFAST_ADYEN_PASSPHRASE",
        hide_env_values = true
    )]
    passphrase: String,
    /// The currency that amounts are typed in
    #[arg(long, default_value = "EUR", value_parser = super::zvt::currency)]
    currency: Currency,
    /// What customers do
    #[arg(long, value_enum, default_value_t = Customers::Approve)]
    customers: Customers,
}

pub struct Adyen {
    terminal: SimulatedAdyen,
    listening: Listening,
    options: Options,
    booked: usize,
    waits: bool,
    held: bool,
}

pub async fn start(options: Options) -> Result<Adyen> {
    let key = SharedKey {
        identifier: options.key_id.clone(),
        version: options.key_version,
        passphrase: options.passphrase.clone().into(),
    };
    let terminal = match &options.book {
        Some(path) => SimulatedAdyen::kept(&options.poi_id, key, path)?,
        None => SimulatedAdyen::new(&options.poi_id, key).context("make its certificate")?,
    };
    terminal.set_customer(customer(options.customers));
    write_certificate(options.certificate.as_deref(), terminal.roots_pem())?;
    let listening = terminal.listen(options.listen).await;
    let listening = listening.with_context(|| format!("listen at {}", options.listen))?;
    let booked = terminal.booked().len();
    Ok(Adyen { terminal, listening, options, booked, waits: false, held: false })
}

pub fn write_certificate(path: Option<&std::path::Path>, pem: &str) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    std::fs::write(path, pem).with_context(|| format!("write the certificate to {}", path.display()))
}

fn customer(customers: Customers) -> Customer {
    match customers {
        Customers::Approve => Customer::Pays,
        Customers::Decline => Customer::Fails(ErrorCondition::Refusal),
        Customers::Ask => Customer::Waits,
    }
}

const MOMENTS: [(&str, Moment); 4] = [
    ("before-reading", Moment::BeforeReading),
    ("after-reading", Moment::AfterReading),
    ("before-booking", Moment::BeforeBooking),
    ("before-answering", Moment::BeforeAnswering),
];

impl Adyen {
    fn press(&self, button: Button, done: &str) -> Result<String, Reply> {
        if self.terminal.press(button) {
            return Ok(done.to_owned());
        }
        Err(Reply::No("nobody stands there; `always ask` lets customers wait for you".to_owned()))
    }

    fn obeyed(&mut self, words: &[&str]) -> Result<String, Reply> {
        let (what, place) = at(words);
        let terminal = &self.terminal;
        let (trouble, usual, says) = match what {
            ["approve"] => return self.press(Button::Pay, "the customer paid"),
            ["decline"] => return self.press(Button::Refuse, "the customer's bank said no"),
            ["offline"] => {
                return self.press(Button::PayOffline, "the terminal approved it without the bank");
            }
            ["cancel"] => return self.press(Button::Cancel, "the customer pressed the red button"),
            ["always", "part", amount] => {
                let most: Money = money(amount, self.options.currency)?;
                terminal.set_customer(Customer::PaysAtMost(most.minor()));
                return Ok(format!("banks give no more than {most}"));
            }
            ["always", "offline"] => {
                terminal.set_customer(Customer::PaysOffline);
                return Ok("it does not reach the bank and approves by itself".to_owned());
            }
            ["always", who] => {
                let names = [
                    ("approve", Customers::Approve),
                    ("decline", Customers::Decline),
                    ("ask", Customers::Ask),
                ];
                terminal.set_customer(customer(one_of(who, &names)?));
                return Ok(format!("from now on: {who}"));
            }
            ["behave" | "go"] => {
                terminal.misbehave(Misbehaviour::None);
                return Ok("it does nothing wrong any more".to_owned());
            }
            ["answer", how] => {
                let names = [
                    ("half", Wrongly::CutInHalf),
                    ("twice", Wrongly::Twice),
                    ("foreign", Wrongly::ForAnother),
                    ("mixed-up", Wrongly::AboutAnother),
                    ("forged", Wrongly::WrongProof),
                    ("unsealed", Wrongly::Unsealed),
                    ("without-result", Wrongly::WithoutResult),
                    ("garbage", Wrongly::Nonsense),
                ];
                terminal.misbehave(Misbehaviour::Answers(one_of(how, &names)?));
                return Ok(format!("its answers are {how} until `behave`"));
            }
            ["twice"] => {
                terminal.misbehave(Misbehaviour::Answers(Wrongly::Twice));
                return Ok("its answers come twice until `behave`".to_owned());
            }
            ["cut"] => (Trouble::HangUp, Moment::BeforeAnswering, "the line is cut"),
            ["restart"] if place.is_empty() => {
                terminal.restart();
                return Ok("it was restarted: what was not in its book is forgotten".to_owned());
            }
            ["restart"] => (Trouble::Restart, Moment::BeforeAnswering, "it restarts"),
            ["fail"] => (Trouble::Status500, Moment::BeforeAnswering, "it says HTTP 500"),
            ["late"] => (Trouble::Delay(LATE), Moment::BeforeAnswering, "it is late"),
            ["late", time] => (Trouble::Delay(seconds(time)?), Moment::BeforeAnswering, "it is late"),
            ["mute"] => (Trouble::Hold, Moment::BeforeAnswering, "it says nothing"),
            ["hold"] => (Trouble::Hold, Moment::BeforeBooking, "it stands still"),
            _ => return Err(unknown(words)),
        };
        let (moment, name) = match place {
            [] => (usual, MOMENTS.iter().find(|(_, of)| *of == usual).map_or("", |(name, _)| name)),
            [name] => (one_of(name, &MOMENTS)?, *name),
            _ => return Err(unknown(words)),
        };
        terminal.misbehave(Misbehaviour::At(moment, trouble));
        Ok(format!("{says} {} until `behave`", name.replace('-', " ")))
    }
}

fn entry(line: &Booked) -> Entry {
    let kind = match line.kind {
        Kind::Payment => "payment",
        Kind::Refund => "refund",
        Kind::Reversal => "reversal",
    };
    Entry {
        says: format!("{}  {kind}  {}  of {}", line.transaction, line.amount, line.sale_transaction),
        fields: json!({
            "kind": kind,
            "minor": line.amount.minor(),
            "currency": line.amount.currency().code(),
            "attempt": line.sale_transaction,
            "transaction": line.transaction,
        }),
    }
}

impl Device for Adyen {
    fn ready(&self) -> Ready {
        let address = self.listening.address();
        let options = &self.options;
        let print = fingerprint(self.terminal.roots_pem()).unwrap_or_default();
        let mut fields = Map::new();
        fields.insert("device".to_owned(), "adyen".into());
        fields.insert("address".to_owned(), address.to_string().into());
        fields.insert("poi_id".to_owned(), options.poi_id.clone().into());
        fields.insert("certificate_pem".to_owned(), self.terminal.roots_pem().into());
        fields.insert("fingerprint".to_owned(), print.clone().into());
        fields.insert("key_id".to_owned(), options.key_id.clone().into());
        fields.insert("key_version".to_owned(), options.key_version.into());
        fields.insert("booked".to_owned(), self.booked.into());
        let file = match &options.certificate {
            Some(path) => path.display().to_string(),
            None => "--certificate FILE writes it down".to_owned(),
        };
        Ready {
            says: format!("Adyen terminal {} at https://{address}", options.poi_id),
            settings: vec![
                ("reached by", reach(address).to_owned()),
                ("root certificate", file),
                ("its SHA-256", print),
                ("key", format!("{} version {}, from --passphrase", options.key_id, options.key_version)),
                ("in its book", format!("{} from before", self.booked)),
            ],
            fields,
        }
    }

    fn commands(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("approve", "the customer who stands there pays"),
            ("decline", "their bank says no"),
            ("cancel", "they press the red button"),
            ("offline", "the terminal approves without the bank"),
            ("always approve|decline|ask|offline", "what customers do from now on"),
            ("always part AMOUNT", "banks give no more than this"),
            ("cut", "the line is closed; what was begun goes on"),
            ("late [SECONDS]", "it takes its time"),
            ("mute", "it does it and says nothing"),
            ("hold", "it stands still"),
            ("fail", "it says HTTP 500"),
            ("restart", "it forgets what is not in its book; at once, or at a moment"),
            (
                "… at MOMENT",
                "before-reading, after-reading, before-booking or before-answering, every time until `behave`",
            ),
            ("twice", "its answers come twice"),
            ("answer HOW", "half, twice, foreign, mixed-up, forged, unsealed, without-result or garbage"),
            ("behave, go", "it does nothing wrong any more, and goes on where it stands still"),
        ]
    }

    fn obey(&mut self, words: &[&str]) -> Reply {
        reply(self.obeyed(words))
    }

    fn news(&mut self) -> Result<Vec<News>> {
        if let Some(fault) = self.terminal.book_fault() {
            return Err(fault.into());
        }
        let held = self.terminal.is_held();
        let waits = self.terminal.is_waiting();
        let booked = self.terminal.booked();
        let mut news = Vec::new();
        if waits && !self.waits {
            news.push(News {
                what: "waits",
                says: "a customer stands there: approve, decline or cancel".to_owned(),
            });
        }
        self.waits = waits;
        for line in &booked[self.booked.min(booked.len())..] {
            news.push(News { what: "booked", says: format!("booked: {}", entry(line).says) });
        }
        self.booked = booked.len();
        news.extend(standing(held, &mut self.held));
        Ok(news)
    }

    fn book(&self) -> Result<Vec<Entry>> {
        Ok(self.terminal.booked().iter().map(entry).collect())
    }
}
