//! A receipt printer.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use holdfast_devices::escpos::{Condition, Profile};
use holdfast_devices::printer::PrinterAddress;
use holdfast_devices::simulated::{Listening, Misbehaviour, SHEETS_MAX, Sheet, SimulatedPrinter};
use serde_json::{Map, json};

use super::booth::{Device, Entry, News, Ready, Reply};
use super::place::{Cable, EitherPlace, Pulling, reach};
use super::words::{at, reply, unknown};

/// The speed that is written into the address of a pseudo terminal, which has none.
const BAUD: u32 = 115_200;

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    place: EitherPlace,
    /// Keep the paper in this folder: a picture and a text of each sheet
    #[arg(long, value_name = "FOLDER", default_value = "paper")]
    paper: PathBuf,
    /// How wide the paper is; 58 mm has a tear bar and 80 mm a knife
    #[arg(long, value_enum, default_value_t = Width::Mm80)]
    width: Width,
    /// How many sheets are kept
    #[arg(long, default_value_t = SHEETS_MAX)]
    sheets: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Width {
    #[value(name = "58")]
    Mm58,
    #[value(name = "80")]
    Mm80,
}

enum Line {
    /// Listening for as long as it is held.
    Network(#[allow(dead_code, reason = "it is held")] Listening, SocketAddr),
    /// Its plug is out.
    Out(SocketAddr),
    Serial(Cable),
}

pub struct Printer {
    printer: SimulatedPrinter,
    line: Line,
    paper: PathBuf,
    printed: u64,
    drawer: u64,
}

pub async fn start(options: Options) -> Result<Printer> {
    let profile = match options.width {
        Width::Mm58 => Profile::MM58,
        Width::Mm80 => Profile::MM80,
    };
    let paper = std::path::absolute(&options.paper).context("the folder for the paper")?;
    let printer = SimulatedPrinter::open(&paper, profile, options.sheets)?;
    let line = match &options.place.pty {
        Some(path) => {
            let plugged = printer.clone();
            let plug = move |path: &std::path::Path| plugged.plug_in(path);
            Line::Serial(Cable::plug(path.as_deref(), "printer", Pulling::ByUs, plug)?)
        }
        None => {
            let listening = printer.listen(options.place.listen).await;
            let listening = listening.with_context(|| format!("listen at {}", options.place.listen))?;
            let address = listening.address();
            Line::Network(listening, address)
        }
    };
    let printed = printer.printed();
    Ok(Printer { printer, line, paper, printed, drawer: 0 })
}

impl Printer {
    fn address(&self) -> PrinterAddress {
        match &self.line {
            Line::Network(_, address) | Line::Out(address) => {
                PrinterAddress::Tcp { host: address.ip().to_string(), port: address.port() }
            }
            Line::Serial(cable) => PrinterAddress::Serial {
                path: cable.path().to_owned(),
                baud: BAUD,
                flow: holdfast_devices::printer::FlowControl::None,
            },
        }
    }

    fn obeyed(&mut self, words: &[&str]) -> Result<String, Reply> {
        let (what, place) = at(words);
        let byte = match place {
            [] => 0,
            [byte] => byte
                .parse::<usize>()
                .map_err(|_| Reply::No(format!("`{byte}` is no number of bytes of a job")))?,
            _ => return Err(unknown(words)),
        };
        let has_place = !place.is_empty();
        let (misbehaviour, says) = match what {
            ["paper-out"] if has_place => {
                (Misbehaviour::PaperOutAt(byte), format!("its paper ends after {byte} bytes of a job"))
            }
            ["paper-out"] => (Misbehaviour::Condition(Condition::PaperEmpty), "its paper is out".to_owned()),
            ["paper-low"] => {
                (Misbehaviour::Condition(Condition::PaperNearEmpty), "its paper is nearly out".to_owned())
            }
            ["cover-open"] => (Misbehaviour::Condition(Condition::CoverOpen), "its cover is open".to_owned()),
            ["jam"] => (Misbehaviour::Condition(Condition::Error), "its knife is jammed".to_owned()),
            ["cut"] => {
                (Misbehaviour::CloseAt(byte), format!("it closes the line after {byte} bytes of a job"))
            }
            ["stop"] => {
                (Misbehaviour::StopReadingAt(byte), format!("it stops reading after {byte} bytes of a job"))
            }
            ["mute"] => (Misbehaviour::Mute, "it prints and answers nothing".to_owned()),
            ["behave"] => (Misbehaviour::None, "it does nothing wrong any more".to_owned()),
            ["unplug"] => return self.unplug(),
            ["plug"] => return self.plug(),
            _ => return Err(unknown(words)),
        };
        if has_place && !matches!(what, ["paper-out" | "cut" | "stop"]) {
            return Err(unknown(words));
        }
        self.printer.misbehave(misbehaviour);
        Ok(says)
    }

    fn unplug(&mut self) -> Result<String, Reply> {
        match &self.line {
            Line::Network(_, address) => self.line = Line::Out(*address),
            Line::Serial(cable) if cable.is_in() => {
                cable.set_in(false);
                cable.settle();
            }
            Line::Serial(_) | Line::Out(_) => return Err(Reply::No("its cable is out already".to_owned())),
        }
        Ok("its cable is out".to_owned())
    }

    fn plug(&mut self) -> Result<String, Reply> {
        match &self.line {
            Line::Out(address) => {
                let (printer, address) = (self.printer.clone(), *address);
                // Binding takes no time, and whoever typed waits for the answer.
                let listening = tokio::task::block_in_place(|| {
                    tokio::runtime::Handle::current().block_on(printer.listen(address))
                });
                let no = |error| Reply::No(format!("its address {address} is taken meanwhile: {error}"));
                self.line = Line::Network(listening.map_err(no)?, address);
            }
            Line::Serial(cable) if !cable.is_in() => {
                cable.set_in(true);
                cable.settle();
            }
            Line::Serial(_) | Line::Network(..) => return Err(Reply::No("its cable is in".to_owned())),
        }
        Ok("its cable is in".to_owned())
    }
}

fn entry(sheet: &Sheet) -> Entry {
    let text = std::fs::read_to_string(&sheet.text).unwrap_or_default();
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    Entry {
        says: format!("sheet {:06}  {first}  {}", sheet.number, sheet.png.display()),
        fields: json!({
            "sheet": sheet.number,
            "picture": sheet.png,
            "text": sheet.text,
        }),
    }
}

impl Device for Printer {
    fn ready(&self) -> Ready {
        let address = self.address().to_string();
        let mut fields = Map::new();
        fields.insert("device".to_owned(), "printer".into());
        fields.insert("address".to_owned(), address.clone().into());
        fields.insert("paper".to_owned(), self.paper.display().to_string().into());
        let reached = match &self.line {
            Line::Network(_, address) | Line::Out(address) => reach(*address),
            Line::Serial(_) => "whoever opens that path",
        };
        Ready {
            says: format!("printer at {address}"),
            settings: vec![
                ("reached by", reached.to_owned()),
                ("its paper", self.paper.display().to_string()),
            ],
            fields,
        }
    }

    fn commands(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("paper-out [at BYTE]", "its paper is out, or ends in the middle of a job"),
            ("paper-low", "its paper is nearly out"),
            ("cover-open", "its cover is open"),
            ("jam", "its knife is jammed"),
            ("cut [at BYTE]", "it closes the line in the middle of a job"),
            ("stop [at BYTE]", "it stops reading in the middle of a job and leaves the line open"),
            ("mute", "it prints and answers nothing"),
            ("behave", "it does nothing wrong any more, and has paper"),
            ("unplug, plug", "its cable is pulled, and put in again"),
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
        let printed = self.printer.printed();
        if printed > self.printed {
            let new = self.printer.sheets()?;
            for sheet in new.iter().filter(|sheet| sheet.number > self.printed) {
                news.push(News { what: "printed", says: format!("printed: {}", entry(sheet).says) });
            }
            self.printed = printed;
        }
        let drawer = self.printer.drawer_openings();
        if drawer > self.drawer {
            news.push(News { what: "drawer", says: format!("the drawer opened, {drawer} times by now") });
            self.drawer = drawer;
        }
        if let Some(fault) = self.printer.take_fault() {
            news.push(News { what: "fault", says: format!("it ended a conversation: {fault}") });
        }
        Ok(news)
    }

    fn book(&self) -> Result<Vec<Entry>> {
        Ok(self.printer.sheets()?.iter().map(entry).collect())
    }
}
