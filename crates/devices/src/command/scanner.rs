//! A barcode scanner with codes that are typed.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use holdfast_devices::scanner::{ScannerAddress, Suffix};
use holdfast_devices::simulated::barcode_gun::BarcodeGun;
use serde_json::{Map, json};

use super::booth::{Device, Entry, News, Ready, Reply};
use super::place::{Cable, Pulling};
use super::words::{reply, unknown};

/// The speed that is written into the address of a pseudo terminal, which has none.
const BAUD: u32 = 115_200;
/// The most scans of one flood.
const FLOOD_MAX: u32 = 10_000;
/// Bytes that are part of no code, with a suffix behind them.
const GARBAGE: [u8; 24] = [
    0x00, 0xFF, 0x01, 0x80, 0x7F, 0x00, 0x02, 0x03, 0x90, 0x11, 0x00, 0x13, 0xC0, 0x80, 0x05, 0x06, 0x07,
    0x08, 0x0B, 0x0C, 0x0E, 0x0F, 0x10, 0x12,
];

#[derive(Debug, Args)]
pub struct Options {
    /// The path that leads to its pseudo terminal, and stays the same when it is plugged in again
    #[arg(long, value_name = "PATH")]
    pty: Option<PathBuf>,
    /// What it sends behind each code
    #[arg(long, value_enum, default_value_t = Ends::Cr)]
    suffix: Ends,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ends {
    Cr,
    Lf,
    Crlf,
    Tab,
}

impl From<Ends> for Suffix {
    fn from(ends: Ends) -> Suffix {
        match ends {
            Ends::Cr => Suffix::Cr,
            Ends::Lf => Suffix::Lf,
            Ends::Crlf => Suffix::CrLf,
            Ends::Tab => Suffix::Tab,
        }
    }
}

pub struct Scanner {
    gun: BarcodeGun,
    suffix: Suffix,
    cable: Cable,
    scans: u64,
}

pub async fn start(options: Options) -> Result<Scanner> {
    let suffix = options.suffix.into();
    let gun = BarcodeGun::new(suffix);
    let plugged = gun.clone();
    let plug = move |path: &std::path::Path| plugged.plug_in(path);
    let cable = Cable::plug(options.pty.as_deref(), "scanner", Pulling::ByUs, plug)?;
    Ok(Scanner { gun, suffix, cable, scans: 0 })
}

impl Scanner {
    fn obeyed(&mut self, words: &[&str]) -> Result<String, Reply> {
        match words {
            ["scan", code @ ..] if !code.is_empty() => {
                let code = code.join(" ");
                if !self.cable.is_in() {
                    return Err(Reply::No("its cable is out".to_owned()));
                }
                self.gun.scan(&code);
                self.scans += 1;
                Ok(format!("scanned {code}"))
            }
            ["half", code @ ..] if !code.is_empty() => {
                let code = code.join(" ");
                self.gun.send(code.clone().into_bytes());
                Ok(format!("sent {code} and nothing behind it"))
            }
            ["garbage"] => {
                self.gun.send([&GARBAGE, self.suffix.bytes()].concat());
                Ok("sent bytes that are part of no code".to_owned())
            }
            ["flood", code, times] => {
                let no = || Reply::No(format!("`{times}` is no number up to {FLOOD_MAX}"));
                let times: u32 = times.parse().ok().filter(|times| *times <= FLOOD_MAX).ok_or_else(no)?;
                let one = [code.as_bytes(), self.suffix.bytes()].concat();
                self.gun.send(one.repeat(times.try_into().unwrap_or_default()));
                self.scans += u64::from(times);
                Ok(format!("scanned {code} {times} times at once"))
            }
            ["unplug"] => {
                self.cable.set_in(false);
                self.cable.settle();
                Ok("its cable is out".to_owned())
            }
            ["plug"] => {
                self.cable.set_in(true);
                self.cable.settle();
                Ok("its cable is in".to_owned())
            }
            _ => Err(unknown(words)),
        }
    }
}

impl Device for Scanner {
    fn ready(&self) -> Ready {
        let path = self.cable.path().to_owned();
        let address = ScannerAddress::Serial { path, baud: BAUD, suffix: self.suffix }.to_string();
        let mut fields = Map::new();
        fields.insert("device".to_owned(), "scanner".into());
        fields.insert("address".to_owned(), address.clone().into());
        let settings = vec![("reached by", "whoever opens that path".to_owned())];
        Ready { says: format!("scanner at {address}"), settings, fields }
    }

    fn commands(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("scan CODE", "the trigger is pulled at a code, such as 4006381333931"),
            ("half CODE", "it stops in the middle of a code"),
            ("garbage", "bytes that are part of no code"),
            ("flood CODE TIMES", "more scans at once than anybody makes"),
            ("unplug, plug", "its cable is pulled, and put in again under another terminal"),
        ]
    }

    fn obey(&mut self, words: &[&str]) -> Reply {
        reply(self.obeyed(words))
    }

    fn news(&mut self) -> Result<Vec<News>> {
        self.cable.check()?;
        Ok(Vec::new())
    }

    fn book(&self) -> Result<Vec<Entry>> {
        let says = format!("it scanned {} codes", self.scans);
        Ok(vec![Entry { says, fields: json!({ "scans": self.scans }) }])
    }
}
