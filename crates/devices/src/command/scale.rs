//! A scale with a weight that is typed.

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use holdfast_devices::exact::{Exact, Weight};
use holdfast_devices::scale::{Place, Protocol, ScaleAddress, toledo};
use holdfast_devices::simulated::Listening;
use holdfast_devices::simulated::scale::{Misbehaviour, Model, SimulatedScale};
use serde_json::{Map, json};

use super::booth::{Device, Entry, News, Ready, Reply};
use super::place::{Cable, EitherPlace, Pulling, reach};
use super::words::{reply, unknown};

/// The speed that is written into the address of a pseudo terminal, which has none.
const BAUD: u32 = 9_600;

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    place: EitherPlace,
    /// What it speaks
    #[arg(long, value_enum, default_value_t = Speaks::Toledo)]
    protocol: Speaks,
    /// What lies on it from the beginning, in kilograms
    #[arg(long, value_name = "KILOGRAMS", default_value = "0.000")]
    weigh: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Speaks {
    /// Toledo 8217
    Toledo,
    /// MT-SICS
    Sics,
}

enum Line {
    Network(Listening),
    Serial(Cable),
}

pub struct Scale {
    scale: SimulatedScale,
    model: Model,
    protocol: Protocol,
    line: Line,
    commands: u64,
    shown: i64,
}

pub async fn start(options: Options) -> Result<Scale> {
    let model = Model::default();
    let scale = SimulatedScale::new(model);
    let format = toledo::Format { unit: model.unit, places: model.places };
    let protocol = match options.protocol {
        Speaks::Toledo => Protocol::Toledo(format),
        Speaks::Sics => Protocol::Sics,
    };
    let units = units(&options.weigh, model).context("--weigh takes kilograms, such as 1.250")?;
    scale.put(units);
    let line = match &options.place.pty {
        Some(path) => {
            let plugged = scale.clone();
            let plug = move |path: &std::path::Path| plugged.plug_in(path, protocol);
            Line::Serial(Cable::plug(path.as_deref(), "scale", Pulling::ByUs, plug)?)
        }
        None => {
            let listening = scale.listen(options.place.listen, protocol).await;
            Line::Network(listening.with_context(|| format!("listen at {}", options.place.listen))?)
        }
    };
    let shown = scale.shown();
    Ok(Scale { scale, model, protocol, line, commands: 0, shown })
}

fn units(text: &str, model: Model) -> Option<i64> {
    let amount = Exact::parse(text)?.with_places(model.places)?;
    // As much again as it weighs breaks it.
    (-model.capacity..=model.capacity * 2).contains(&amount.units).then_some(amount.units)
}

impl Scale {
    fn address(&self) -> ScaleAddress {
        let place = match &self.line {
            Line::Network(listening) => {
                let address = listening.address();
                Place::Tcp { host: address.ip().to_string(), port: address.port() }
            }
            Line::Serial(cable) => Place::Serial { path: cable.path().to_owned(), baud: BAUD },
        };
        ScaleAddress { protocol: self.protocol, place }
    }

    fn weight(&self, units: i64) -> Weight {
        Weight::new(units, self.model.places, self.model.unit)
    }

    fn obeyed(&mut self, words: &[&str]) -> Result<String, Reply> {
        let (misbehaviour, says) = match words {
            ["weigh", amount] => {
                let no = || {
                    Reply::No(format!(
                        "`{amount}` is no weight in {}, such as 1.250",
                        self.model.unit.symbol()
                    ))
                };
                let units = units(amount, self.model).ok_or_else(no)?;
                self.scale.put(units);
                return Ok(format!("{} lie on it", self.weight(units)));
            }
            ["clear"] => {
                self.scale.put(0);
                return Ok("nothing lies on it".to_owned());
            }
            ["lift"] => {
                self.scale.put(-self.model.capacity / 10);
                return Ok("its plate is lifted".to_owned());
            }
            ["shake"] => {
                self.scale.shake(true);
                return Ok("it is shaken until `still`".to_owned());
            }
            ["still"] => {
                self.scale.shake(false);
                return Ok("it lies still".to_owned());
            }
            ["unplug" | "plug"] => {
                let Line::Serial(cable) = &self.line else {
                    return Err(Reply::No(
                        "it is on the network: start it with --pty for a cable".to_owned(),
                    ));
                };
                cable.set_in(words == ["plug"]);
                cable.settle();
                return Ok(if words == ["plug"] { "its cable is in" } else { "its cable is out" }.to_owned());
            }
            ["mute"] => (Misbehaviour::Silence, "it reads and says nothing"),
            ["garbage"] => (Misbehaviour::Garbage, "it answers with bytes that are nothing"),
            ["half"] => (Misbehaviour::HalfFrames, "it stops in the middle of each answer"),
            ["late"] => (Misbehaviour::OneBehind, "it gives each answer only when it is asked the next time"),
            ["cut"] => (Misbehaviour::HangUp, "it hangs up when it is asked"),
            ["behave"] => (Misbehaviour::None, "it does nothing wrong any more"),
            _ => return Err(unknown(words)),
        };
        self.scale.misbehave(misbehaviour);
        Ok(says.to_owned())
    }
}

impl Device for Scale {
    fn ready(&self) -> Ready {
        let address = self.address().to_string();
        let mut fields = Map::new();
        fields.insert("device".to_owned(), "scale".into());
        fields.insert("address".to_owned(), address.clone().into());
        let reached = match &self.line {
            Line::Network(listening) => reach(listening.address()),
            Line::Serial(_) => "whoever opens that path",
        };
        Ready {
            says: format!("scale at {address}"),
            settings: vec![
                ("reached by", reached.to_owned()),
                ("weighs up to", self.weight(self.model.capacity).to_string()),
                ("shows", self.weight(self.shown).to_string()),
            ],
            fields,
        }
    }

    fn commands(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("weigh KILOGRAMS", "something of this weight lies on it, such as 1.250"),
            ("clear", "nothing lies on it"),
            ("lift", "its plate is lifted: less than nothing"),
            ("shake, still", "somebody shakes it, or not any more"),
            ("mute", "it reads and says nothing"),
            ("late", "it gives each answer only when it is asked the next time"),
            ("half", "it stops in the middle of each answer"),
            ("garbage", "it answers with bytes that are nothing"),
            ("cut", "it hangs up when it is asked"),
            ("behave", "it does nothing wrong any more"),
            ("unplug, plug", "its cable is pulled, and put in again under another terminal"),
        ]
    }

    fn obey(&mut self, words: &[&str]) -> Reply {
        reply(self.obeyed(words))
    }

    fn news(&mut self) -> Result<Vec<News>> {
        if let Line::Serial(cable) = &self.line {
            cable.check()?;
        }
        let mut news = Vec::new();
        let shown = self.scale.shown();
        if shown != self.shown {
            news.push(News { what: "shows", says: format!("it shows {}", self.weight(shown)) });
            self.shown = shown;
        }
        let commands = self.scale.commands();
        if self.commands == 0 && commands > 0 {
            news.push(News { what: "asked", says: "a till asks it".to_owned() });
        }
        self.commands = commands;
        Ok(news)
    }

    fn book(&self) -> Result<Vec<Entry>> {
        let weight = self.weight(self.scale.shown());
        let says = format!("it shows {weight} and was asked {} times", self.scale.commands());
        let fields = json!({ "shows": weight.to_string(), "asked": self.scale.commands() });
        Ok(vec![Entry { says, fields }])
    }
}
