//! A provider of QR payments, with Pix as its profile.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use holdfast_devices::simulated::wallet::{
    Back, Misbehaviour, Moment, Received, SimulatedWallet, Trouble, Wrongly,
};
use holdfast_devices::simulated::{Listening, fingerprint};
use holdfast_money::{Currency, Money};
use serde_json::{Map, json};

use super::Customers;
use super::adyen::write_certificate;
use super::booth::{Device, Entry, News, Ready, Reply, standing};
use super::place::{ANYWHERE, reach};
use super::words::{at, one_of, reply, seconds, unknown};

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
    /// What customers do who see a code; `decline` looks on and does not pay
    #[arg(long, value_enum, default_value_t = Customers::Approve)]
    customers: Customers,
    /// How long a customer takes who needs nobody
    #[arg(long, default_value_t = 1_500, value_name = "MILLISECONDS")]
    thinks: u64,
}

pub struct Wallet {
    provider: SimulatedWallet,
    listening: Listening,
    options: Options,
    /// Since when a code can be paid.
    open_since: Option<Instant>,
    seen: (usize, usize),
    open: usize,
    held: bool,
}

pub async fn start(options: Options) -> Result<Wallet> {
    let provider = match &options.book {
        Some(path) => SimulatedWallet::kept(path)?,
        None => SimulatedWallet::new().context("make its certificate")?,
    };
    write_certificate(options.certificate.as_deref(), provider.roots_pem())?;
    let listening = provider.listen(options.listen).await;
    let listening = listening.with_context(|| format!("listen at {}", options.listen))?;
    let seen = (provider.received().len(), provider.given_back().len());
    Ok(Wallet { provider, listening, options, open_since: None, seen, open: 0, held: false })
}

const MOMENTS: [(&str, Moment); 3] = [
    ("before-reading", Moment::BeforeReading),
    ("after-reading", Moment::AfterReading),
    ("before-answering", Moment::BeforeAnswering),
];

impl Wallet {
    fn obeyed(&mut self, words: &[&str]) -> Result<String, Reply> {
        let (what, place) = at(words);
        let provider = &self.provider;
        let (trouble, says) = match what {
            ["approve" | "pay"] => match provider.pay_what_is_open() {
                0 => return Err(Reply::No("no code can be paid now".to_owned())),
                1 => return Ok("the customer paid".to_owned()),
                many => return Ok(format!("{many} customers paid")),
            },
            ["scan", code @ ..] if !code.is_empty() => {
                // A code has blanks where a merchant's name has.
                if provider.scan(&code.join(" ")) {
                    return Ok("the customer read the code and paid".to_owned());
                }
                return Err(Reply::No("the code leads to nothing that can be paid".to_owned()));
            }
            ["always", who] => {
                let names = [
                    ("approve", Customers::Approve),
                    ("decline", Customers::Decline),
                    ("ask", Customers::Ask),
                ];
                self.options.customers = one_of(who, &names)?;
                return Ok(format!("from now on: {who}"));
            }
            ["behave" | "go"] => {
                provider.misbehave(Misbehaviour::None);
                return Ok("it does nothing wrong any more".to_owned());
            }
            ["keep-open"] => {
                provider.misbehave(Misbehaviour::HearsButDoesNotStop);
                return Ok(
                    "it hears that a charge is to be stopped and does not stop it, until `behave`".to_owned()
                );
            }
            ["answer", how] => {
                let names = [
                    ("half", Wrongly::CutInHalf),
                    ("twice", Wrongly::Twice),
                    ("mixed-up", Wrongly::AboutAnother),
                    ("without-status", Wrongly::WithoutStatus),
                    ("garbage", Wrongly::Nonsense),
                    ("no-such-page", Wrongly::NoSuchPage),
                    ("token-gone", Wrongly::TokenGone),
                ];
                provider.misbehave(Misbehaviour::Answers(one_of(how, &names)?));
                return Ok(format!("its answers are {how} until `behave`"));
            }
            ["twice"] => {
                provider.misbehave(Misbehaviour::Answers(Wrongly::Twice));
                return Ok("its answers come twice until `behave`".to_owned());
            }
            ["cut"] => (Trouble::HangUp, "the line is cut"),
            ["fail"] => (Trouble::Status500, "it says HTTP 500"),
            ["late"] => (Trouble::Delay(LATE), "it is late"),
            ["late", time] => (Trouble::Delay(seconds(time)?), "it is late"),
            ["mute" | "hold"] => (Trouble::Hold, "it stands still"),
            _ => return Err(unknown(words)),
        };
        let (moment, name) = match place {
            [] => (Moment::BeforeAnswering, "before-answering"),
            [name] => (one_of(name, &MOMENTS)?, *name),
            _ => return Err(unknown(words)),
        };
        provider.misbehave(Misbehaviour::At(moment, trouble));
        Ok(format!("{says} {} until `behave`", name.replace('-', " ")))
    }

    /// Whether a customer who needs nobody has looked at a code for long enough.
    fn is_time_to_pay(&mut self, open: usize) -> bool {
        if open == 0 || self.options.customers != Customers::Approve {
            self.open_since = None;
            return false;
        }
        let since = *self.open_since.get_or_insert_with(Instant::now);
        since.elapsed() >= Duration::from_millis(self.options.thinks)
    }
}

fn shown(minor: i64) -> String {
    match Currency::from_code("BRL") {
        Ok(currency) => Money::from_minor(minor, currency).to_string(),
        Err(_) => format!("{minor} centavos"),
    }
}

fn arrived(line: &Received) -> Entry {
    Entry {
        says: format!("{}  payment  {}  of {}", line.payment, shown(line.minor), line.number),
        fields: json!({
            "kind": "payment",
            "minor": line.minor,
            "currency": "BRL",
            "attempt": line.number,
            "transaction": line.payment,
        }),
    }
}

fn returned(line: &Back) -> Entry {
    Entry {
        says: format!("{}  refund  {}  of {}", line.payment, shown(line.minor), line.number),
        fields: json!({
            "kind": "refund",
            "minor": line.minor,
            "currency": "BRL",
            "attempt": line.number,
            "original": line.payment,
        }),
    }
}

impl Device for Wallet {
    fn ready(&self) -> Ready {
        let address = self.listening.address();
        let account = self.provider.account(address, LATE, LATE);
        let print = fingerprint(self.provider.roots_pem()).unwrap_or_default();
        let booked = self.seen.0 + self.seen.1;
        let mut fields = Map::new();
        fields.insert("device".to_owned(), "wallet".into());
        fields.insert("address".to_owned(), address.to_string().into());
        fields.insert("server_name".to_owned(), account.server_name.clone().into());
        fields.insert("certificate_pem".to_owned(), self.provider.roots_pem().into());
        fields.insert("fingerprint".to_owned(), print.clone().into());
        fields.insert("client_id".to_owned(), account.client_id.clone().into());
        fields.insert("client_secret".to_owned(), account.client_secret.as_str().into());
        fields.insert("booked".to_owned(), booked.into());
        let file = match &self.options.certificate {
            Some(path) => path.display().to_string(),
            None => "--certificate FILE writes it down".to_owned(),
        };
        Ready {
            says: format!("provider of Pix at https://{address}"),
            settings: vec![
                ("reached by", reach(address).to_owned()),
                ("its name", account.server_name),
                ("root certificate", file),
                ("its SHA-256", print),
                ("client", account.client_id),
                ("secret", account.client_secret.to_string()),
                ("in its book", format!("{booked} from before")),
            ],
            fields,
        }
    }

    fn commands(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("approve", "whoever looks at a code pays"),
            ("scan CODE", "somebody reads the text of a code and pays"),
            ("always approve|decline|ask", "what customers do from now on; declining is looking on"),
            ("cut", "the line is closed; what was begun goes on"),
            ("late [SECONDS]", "it takes its time"),
            ("mute, hold", "it stands still and says nothing"),
            ("fail", "it says HTTP 500"),
            ("… at MOMENT", "before-reading, after-reading or before-answering, every time until `behave`"),
            ("twice", "its answers come twice"),
            ("answer HOW", "half, twice, mixed-up, without-status, garbage, no-such-page or token-gone"),
            ("keep-open", "it hears that a charge is to be stopped and does not stop it"),
            ("behave, go", "it does nothing wrong any more, and goes on where it stands still"),
        ]
    }

    fn obey(&mut self, words: &[&str]) -> Reply {
        reply(self.obeyed(words))
    }

    fn news(&mut self) -> Result<Vec<News>> {
        if let Some(fault) = self.provider.book_fault() {
            return Err(fault.into());
        }
        let held = self.provider.is_held();
        let open = self.provider.open_charges();
        let mut news = Vec::new();
        if open > self.open {
            news.push(News { what: "waits", says: "a code is shown that can be paid".to_owned() });
        }
        self.open = open;
        if self.is_time_to_pay(open) {
            self.provider.pay_what_is_open();
            self.open_since = None;
        }
        let (received, given_back) = (self.provider.received(), self.provider.given_back());
        let new = received.iter().skip(self.seen.0).map(arrived);
        for entry in new.chain(given_back.iter().skip(self.seen.1).map(returned)) {
            news.push(News { what: "booked", says: format!("booked: {}", entry.says) });
        }
        self.seen = (received.len(), given_back.len());
        news.extend(standing(held, &mut self.held));
        Ok(news)
    }

    fn book(&self) -> Result<Vec<Entry>> {
        let arrived = self.provider.received().iter().map(arrived).collect::<Vec<_>>();
        let returned = self.provider.given_back();
        Ok(arrived.into_iter().chain(returned.iter().map(self::returned)).collect())
    }
}
