//! Stripe's API with a card reader.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use holdfast_devices::simulated::stripe::{
    Captured, Customer, GivenBack, Kind, Misbehaviour, SimulatedStripe, Trouble,
};
use holdfast_devices::simulated::{Listening, fingerprint};
use holdfast_money::Currency;
use serde_json::{Map, json};

use super::Customers;
use super::adyen::write_certificate;
use super::booth::{Device, Entry, News, Ready, Reply, standing};
use super::place::{ANYWHERE, reach};
use super::words::{at, money, one_of, reply, seconds, unknown};

/// How late something is that is late, when nothing else is typed.
const LATE: Duration = Duration::from_secs(25);
/// The bank's word for a decline.
const DECLINED: &str = "generic_decline";

#[derive(Debug, Args)]
pub struct Options {
    /// Listen here, at 127.0.0.1 and no other address, which is what its certificate is for. Port 0 is any free port
    #[arg(long, value_name = "ADDRESS", default_value_t = ANYWHERE)]
    listen: SocketAddr,
    /// Keep the book and the certificate in this file, and go on with it after a restart
    #[arg(long, value_name = "FILE")]
    book: Option<PathBuf>,
    /// Write the root certificate that a till has to trust into this file
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// The currency that tips are typed in
    #[arg(long, default_value = "EUR", value_parser = super::zvt::currency)]
    currency: Currency,
    /// What customers do
    #[arg(long, value_enum, default_value_t = Customers::Approve)]
    customers: Customers,
}

pub struct Stripe {
    stripe: SimulatedStripe,
    listening: Listening,
    options: Options,
    always: Customer,
    seen: (usize, usize),
    waits: bool,
    held: bool,
}

pub async fn start(options: Options) -> Result<Stripe> {
    let stripe = match &options.book {
        Some(path) => SimulatedStripe::kept(path)?,
        None => SimulatedStripe::new().context("make its certificate")?,
    };
    let always = customer(options.customers);
    stripe.set_customer(always);
    write_certificate(options.certificate.as_deref(), stripe.roots_pem())?;
    let listening = stripe.listen(options.listen).await;
    let listening = listening.with_context(|| format!("listen at {}", options.listen))?;
    let seen = (stripe.captured().len(), stripe.given_back().len());
    Ok(Stripe { stripe, listening, options, always, seen, waits: false, held: false })
}

fn customer(customers: Customers) -> Customer {
    match customers {
        Customers::Approve => Customer::Pays,
        Customers::Decline => Customer::IsDeclined(DECLINED),
        Customers::Ask => Customer::Waits,
    }
}

const KINDS: [(&str, Kind); 10] = [
    ("create", Kind::Create),
    ("process", Kind::Process),
    ("reader", Kind::LookAtReader),
    ("intent", Kind::LookAtIntent),
    ("search", Kind::Search),
    ("capture", Kind::Capture),
    ("cancel", Kind::Cancel),
    ("cancel-action", Kind::CancelAction),
    ("refund", Kind::Refund),
    ("refunds", Kind::ListRefunds),
];

impl Stripe {
    /// What the customer does who stands there, and nobody after them.
    fn once(&self, customer: Customer, done: &str) -> Result<String, Reply> {
        if !self.stripe.is_at_it() {
            return Err(Reply::No("nobody stands at the reader".to_owned()));
        }
        self.stripe.set_customer(customer);
        let is_there = self.stripe.pay();
        self.stripe.set_customer(self.always);
        if is_there { Ok(done.to_owned()) } else { Err(Reply::No("the customer was quicker".to_owned())) }
    }

    fn always(&mut self, customer: Customer, says: String) -> String {
        self.always = customer;
        self.stripe.set_customer(customer);
        says
    }

    fn obeyed(&mut self, words: &[&str]) -> Result<String, Reply> {
        let (what, place) = at(words);
        let (first, is_after) = match place {
            [.., "after"] => (&place[..place.len() - 1], true),
            [.., "before"] => (&place[..place.len() - 1], false),
            place => (place, true),
        };
        let trouble = match what {
            ["approve"] => return self.once(Customer::Pays, "the customer paid"),
            ["decline"] => return self.once(Customer::IsDeclined(DECLINED), "the customer's bank said no"),
            ["cancel"] => return self.once(Customer::Cancels, "the customer pressed the red button"),
            ["always", "tip", amount] => {
                let tip = money(amount, self.options.currency)?;
                return Ok(
                    self.always(Customer::PaysWithTip(tip.minor()), format!("customers add a tip of {tip}"))
                );
            }
            ["always", who] => {
                let names = [
                    ("approve", Customer::Pays),
                    ("decline", Customer::IsDeclined(DECLINED)),
                    ("cancel", Customer::Cancels),
                    ("ask", Customer::Waits),
                    ("offline", Customer::IsOffline),
                    ("busy", Customer::IsBusy),
                ];
                let customer = one_of(who, &names)?;
                return Ok(self.always(customer, format!("from now on: {who}")));
            }
            ["forget-keys"] => {
                self.stripe.forget_keys();
                return Ok("every idempotency key is forgotten, as after a day".to_owned());
            }
            ["lag", time] => {
                self.stripe.set_index_lag(seconds(time)?);
                return Ok(format!("a search does not find what is younger than {time} s"));
            }
            ["revoke-key"] => {
                self.stripe.misbehave(Misbehaviour::KeyRevoked);
                return Ok("it takes no secret key until `behave`".to_owned());
            }
            ["behave" | "go"] => {
                self.stripe.misbehave(Misbehaviour::None);
                return Ok("it does nothing wrong any more".to_owned());
            }
            ["cut"] if is_after => Trouble::HangUpAfter,
            ["cut"] => Trouble::HangUpBefore,
            ["half"] => Trouble::CutInHalf,
            ["fail"] if is_after => Trouble::FailsAfter,
            ["fail"] => Trouble::Fails,
            ["keep-failing"] => Trouble::KeepsFailing,
            ["refuse"] => Trouble::Refuses,
            ["too-many"] => Trouble::TooMany,
            ["late"] if is_after => Trouble::DelaysAfter(LATE),
            ["late"] => Trouble::DelaysBefore(LATE),
            ["late", time] if is_after => Trouble::DelaysAfter(seconds(time)?),
            ["late", time] => Trouble::DelaysBefore(seconds(time)?),
            ["mute" | "hold"] if is_after => Trouble::Mute,
            ["mute" | "hold"] => Trouble::Holds,
            ["mixed-up"] => Trouble::AboutAnother,
            ["without-status"] => Trouble::WithoutStatus,
            ["empty"] => Trouble::Empty,
            ["garbage"] => Trouble::Nonsense,
            ["no-such-page"] => Trouble::NoSuchPage,
            _ => return Err(unknown(words)),
        };
        let (misbehaviour, where_) = match first {
            [] => (Misbehaviour::Always(trouble), "every request".to_owned()),
            [kind] => (Misbehaviour::At(one_of(kind, &KINDS)?, trouble), format!("`{kind}`")),
            _ => return Err(unknown(words)),
        };
        self.stripe.misbehave(misbehaviour);
        Ok(format!("{} at {where_} until `behave`", what.join(" ")))
    }
}

fn taken(line: &Captured) -> Entry {
    Entry {
        says: format!("{}  payment  {} minor units  of {}", line.intent, line.minor, line.attempt),
        fields: json!({
            "kind": "payment",
            "minor": line.minor,
            "attempt": line.attempt,
            "transaction": line.intent,
        }),
    }
}

fn returned(line: &GivenBack) -> Entry {
    Entry {
        says: format!("{}  refund  {} minor units  of {}", line.refund, line.minor, line.attempt),
        fields: json!({
            "kind": "refund",
            "minor": line.minor,
            "attempt": line.attempt,
            "transaction": line.refund,
            "original": line.intent,
        }),
    }
}

impl Device for Stripe {
    fn ready(&self) -> Ready {
        let address = self.listening.address();
        let api = format!("https://{address}");
        let (key, reader) = self.stripe.key_and_reader();
        let print = fingerprint(self.stripe.roots_pem()).unwrap_or_default();
        let booked = self.seen.0 + self.seen.1;
        let mut fields = Map::new();
        fields.insert("device".to_owned(), "stripe".into());
        fields.insert("address".to_owned(), api.clone().into());
        fields.insert("certificate_pem".to_owned(), self.stripe.roots_pem().into());
        fields.insert("fingerprint".to_owned(), print.clone().into());
        fields.insert("secret_key".to_owned(), key.into());
        fields.insert("reader".to_owned(), reader.into());
        fields.insert("booked".to_owned(), booked.into());
        let file = match &self.options.certificate {
            Some(path) => path.display().to_string(),
            None => "--certificate FILE writes it down".to_owned(),
        };
        Ready {
            says: format!("Stripe with a reader at {api}"),
            settings: vec![
                ("reached by", reach(address).to_owned()),
                ("root certificate", file),
                ("its SHA-256", print),
                ("secret key", key.to_owned()),
                ("reader", reader.to_owned()),
                ("in its book", format!("{booked} from before")),
            ],
            fields,
        }
    }

    fn commands(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("approve", "the customer who stands there pays"),
            ("decline", "their bank says no"),
            ("cancel", "they press the red button"),
            ("always WHAT", "from now on: approve, decline, cancel, ask, offline or busy"),
            ("always tip AMOUNT", "customers pay and add a tip"),
            ("cut", "the line is cut"),
            ("late [SECONDS]", "it takes its time"),
            ("mute, hold", "it says nothing until `go`"),
            ("fail", "it says HTTP 500"),
            ("half, garbage", "its answer is cut in half, or is none"),
            (
                "mixed-up, empty, without-status, no-such-page",
                "its answer is about somebody else, has nothing in it, …",
            ),
            (
                "refuse, too-many, keep-failing",
                "it does not do it now; too many requests; its key keeps the failure",
            ),
            ("… at KIND [before|after]", "when each of these happens, and whether it was done by then"),
            (
                "",
                "KIND is create, process, reader, intent, search, capture, cancel, cancel-action, refund or refunds",
            ),
            (
                "revoke-key, forget-keys",
                "it takes no secret key; it forgets idempotency keys, as after a day",
            ),
            ("lag SECONDS", "a search does not find what is younger"),
            ("behave, go", "it does nothing wrong any more, and goes on where it stands still"),
        ]
    }

    fn obey(&mut self, words: &[&str]) -> Reply {
        reply(self.obeyed(words))
    }

    fn news(&mut self) -> Result<Vec<News>> {
        if let Some(fault) = self.stripe.book_fault() {
            return Err(fault.into());
        }
        let held = self.stripe.is_held();
        let waits = self.always == Customer::Waits && self.stripe.is_at_it();
        let (captured, given_back) = (self.stripe.captured(), self.stripe.given_back());
        let mut news = Vec::new();
        if waits && !self.waits {
            let says = "a customer stands at the reader: approve, decline or cancel".to_owned();
            news.push(News { what: "waits", says });
        }
        self.waits = waits;
        let new = captured.iter().skip(self.seen.0).map(taken);
        for entry in new.chain(given_back.iter().skip(self.seen.1).map(returned)) {
            news.push(News { what: "booked", says: format!("booked: {}", entry.says) });
        }
        self.seen = (captured.len(), given_back.len());
        news.extend(standing(held, &mut self.held));
        Ok(news)
    }

    fn book(&self) -> Result<Vec<Entry>> {
        let taken = self.stripe.captured().iter().map(taken).collect::<Vec<_>>();
        let returned = self.stripe.given_back();
        Ok(taken.into_iter().chain(returned.iter().map(self::returned)).collect())
    }
}
