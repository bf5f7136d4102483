//! The demo: a cloud and three stores made of the released programs, three selling tills in each with card terminals or QR
//! codes, on free ports.
//!
//! The line between stores and HQ is a proxy of ours, so that `--check` can cut it in the middle and see the books agree
//! afterwards all the same.

pub mod build;
pub mod catalog;
pub mod counter;
mod screen;
pub mod shop;

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use holdfast_testkit::books::compare;
use holdfast_testkit::http::Server;
use holdfast_testkit::programs::{Program, Programs};
use holdfast_testkit::wan::Wan;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::suites::seconds;
use crate::{web, workspace};
use screen::{Figures, Screen};
use shop::{PLANS, PaidWith, Shop, YOURS};

/// Tills in each store.
const TILLS: usize = 3;
/// How long the tills of a demo sell when nobody stops them: less than a sign-in at HQ lasts.
const ENDLESS: Duration = Duration::from_secs(11 * 60 * 60);
/// How often the figures are read.
const TICK: Duration = Duration::from_secs(1);
/// The tills sell in rounds and change shifts in the middle of each.
const ROUND: Duration = Duration::from_secs(4 * 60);
/// No round is begun for less.
const ROUND_MIN: Duration = Duration::from_secs(3);
/// How long the stores may take to send what is left.
const DRAIN_WITHIN: Duration = Duration::from_secs(120);
/// How often the drain is looked at.
const DRAIN_POLL: Duration = Duration::from_millis(100);
/// How often in a row the figures may be unreadable before the demo gives up on a busy machine.
const MISSES_MAX: u32 = 5;
/// How long a hub that somebody pulled stays away.
const PULLED_FOR: Duration = Duration::from_secs(30);
/// HQ's sign-in name in the demo.
const HQ_USER: &str = "hq";

#[derive(Debug, Args)]
pub struct Options {
    /// Run without looking: sell, cut the line to HQ for the middle third, reconcile, fail on any difference
    #[arg(long)]
    check: bool,
    /// How long the tills sell; a check sells 20 seconds when nothing is said, a demo until Ctrl-C
    #[arg(long, value_parser = clap::value_parser!(u64).range(3..=39_600))]
    seconds: Option<u64>,
    /// An empty or new folder for all data, instead of one under target/demo
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Builds the programs and runs the demo to its end.
pub fn run(options: Options) -> Result<ExitCode> {
    let started = Instant::now();
    println!("building the programs");
    build::programs()?;
    println!("built in {}", seconds(started.elapsed()));
    if let Err(missing) = web::build() {
        println!("the till for the browser is left out: {missing:#}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(demo(options))
}

/// How long the tills sell when the demo is a step of the tests.
const STEP_SECONDS: u64 = 20;

/// The check as a step of the tests, with programs that are built already.
pub fn check() -> Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let options = Options { check: true, seconds: Some(STEP_SECONDS), data: None };
    Ok(runtime.block_on(demo(options))? == ExitCode::SUCCESS)
}

async fn demo(options: Options) -> Result<ExitCode> {
    let mut stop = Stop::new()?;
    let folder = fresh_folder(options.data)?;
    let started = Instant::now();
    let mut demo = tokio::select! {
        demo = Demo::open(folder) => demo?,
        () = stop.asked() => bail!("stopped before the stores were open"),
    };
    println!("open in {}, data in {}\n", seconds(started.elapsed()), demo.folder.display());
    demo.introduce();

    let sold = if options.check {
        let time = Duration::from_secs(options.seconds.unwrap_or(20));
        demo.sell(time, Some(Cut { from: time / 3, to: time * 2 / 3 }), &mut stop).await
    } else {
        demo.sell(options.seconds.map_or(ENDLESS, Duration::from_secs), None, &mut stop).await
    };
    let reconciled = match sold {
        Ok(()) => tokio::select! {
            equal = demo.reconcile() => equal,
            () = stop.asked() => Err(anyhow!("stopped before HQ had everything; all data is kept")),
        },
        Err(error) => Err(error),
    };
    let folder = demo.folder.clone();
    let closed = demo.close().await;
    let equal = reconciled?;
    closed?;
    if !equal {
        eprintln!(
            "HF-DEMO-003: the books of tills, hub and cloud differ; all data is kept in {}",
            folder.display()
        );
        return Ok(ExitCode::FAILURE);
    }
    println!(
        "tills, hubs and cloud agree in transactions, money and stock; devices and hubs in what was paid there"
    );
    Ok(ExitCode::SUCCESS)
}

/// When the line to HQ is down, counted from the first sale.
#[derive(Debug, Clone, Copy)]
struct Cut {
    from: Duration,
    to: Duration,
}

/// Ctrl-C, the polite signal of a service manager, or a terminal that was closed.
#[derive(Debug)]
struct Stop {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Stop {
    fn new() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

#[derive(Debug)]
struct Demo {
    folder: PathBuf,
    programs: Programs,
    cloud: Program,
    hq: Server,
    hq_url: String,
    password: String,
    wan: Wan,
    shops: Vec<Shop>,
    /// The store of whoever looks, with the address of its till; none where the web till is not built.
    yours: Option<(Shop, String)>,
}

impl Demo {
    async fn open(folder: PathBuf) -> Result<Self> {
        let programs = Programs::new(folder.join("logs"))?;
        let cloud_data = folder.join("cloud");
        let data = cloud_data.to_str().context("the data folder's name is UTF-8")?;
        let password = random_word();
        println!("opening HQ");
        let add = ["user", "add", "--data", data, "--name", HQ_USER, "--stores", "all", "--password-stdin"];
        programs.command("holdfast-cloud", &add, Some(&password)).await?;
        let serve = ["serve", "--data", data, "--listen", "127.0.0.1:0"];
        let mut cloud = programs.start("cloud", "holdfast-cloud", &serve)?;
        let hq_url = cloud.says("listening").await?;
        let mut hq = Server::at(&hq_url)?;
        hq.sign_in("/api/v1/session", HQ_USER, &password).await?;
        let wan = Wan::to(hq.address()).await?;
        let line = format!("http://{}", wan.address());
        let mut shops = Vec::new();
        for plan in &PLANS {
            println!("opening {} ({}, {})", plan.name, plan.time_zone, plan.currency);
            shops.push(
                Shop::open(
                    &programs,
                    plan,
                    &folder,
                    &cloud_data,
                    &line,
                    (TILLS, PaidWith::Devices),
                    [shop::ANY_PORT; 2],
                )
                .await?,
            );
        }
        let till_app = web::built();
        let yours = if till_app.join("index.html").is_file() {
            println!("opening {}", YOURS.name);
            let paid_with = PaidWith::Played { till_app: &till_app };
            let any = [shop::ANY_PORT; 2];
            let shop =
                Shop::open(&programs, &YOURS, &folder, &cloud_data, &line, (0, paid_with), any).await?;
            let address = shop.till_address(&programs).await?;
            Some((shop, address))
        } else {
            None
        };
        Ok(Self { folder, programs, cloud, hq, hq_url, password, wan, shops, yours })
    }

    fn introduce(&self) {
        println!("HQ's page      {}", self.hq_url);
        println!("  sign in as   {HQ_USER}");
        println!("  password     {}", self.password);
        for shop in &self.shops {
            println!(
                "{:<14} {}  ({}, {})",
                shop.plan.name, shop.page_url, shop.plan.currency, shop.plan.time_zone
            );
        }
        let (number, name, _, pin) = shop::STAFF[0];
        println!("staff          {name}, number {number}, PIN {pin}\n");
        let Some((shop, address)) = &self.yours else { return };
        let (manager, manager_name, _, manager_pin) = shop::STAFF[shop::STAFF.len() - 1];
        println!("Your own till  {address}");
        println!("  it becomes a till when you open it, within ten minutes; no shift is open yet");
        println!("  cashier      {name}, number {number}, PIN {pin}");
        println!("  manager      {manager_name}, number {manager}, PIN {manager_pin}");
        println!("  its counter  {}/counter  (paper, drawer, card terminal, scale, scanner)", shop.page_url);
        println!("Five things to try there:");
        println!("  sell         sign on, open the shift, touch a few goods, take cash or a card");
        println!("  park         put a basket aside and take it up again");
        println!("  return       find the receipt and take one of its goods back");
        if let Some(hub) = shop.hub.id() {
            println!(
                "  pull the hub run `kill -9 {hub}` and sell on; it comes back by itself after {}",
                seconds(PULLED_FOR)
            );
        }
        println!("  close        count the drawer, close the shift, then the day\n");
    }

    /// Lets every till sell until the time is over or somebody asks to stop.
    async fn sell(&mut self, time: Duration, cut: Option<Cut>, stop: &mut Stop) -> Result<()> {
        for shop in &mut self.shops {
            shop.start_tills(&self.programs, time.min(ROUND))?;
        }
        let mut screen = Screen::new(self.shops.len());
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let started = Instant::now();
        let (mut line_up, mut waited_at_most, mut misses) = (true, 0, 0);
        let mut pulled_at = None;
        while started.elapsed() < time {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.asked() => break,
            }
            let down = cut.is_some_and(|cut| (cut.from..cut.to).contains(&started.elapsed()));
            if down == line_up {
                line_up = !down;
                if down {
                    self.wan.cut()
                } else {
                    self.wan.restore()
                }
                screen.say(if down { "the line to HQ is cut" } else { "the line to HQ is restored" });
            }
            self.cloud.still_runs()?;
            if let Some((yours, _)) = &mut self.yours {
                match (yours.hub.end()?, pulled_at) {
                    (None, _) => {}
                    (Some(_), None) => {
                        screen.say(&format!("{}: the hub is pulled; its till sells on", YOURS.name));
                        pulled_at = Some(Instant::now());
                    }
                    (Some(_), Some(since)) if since.elapsed() >= PULLED_FOR => {
                        yours.restart(&self.programs).await?;
                        screen.say(&format!("{}: the hub is back", YOURS.name));
                        pulled_at = None;
                    }
                    (Some(_), Some(_)) => {}
                }
            }
            let left = time.saturating_sub(started.elapsed());
            for shop in &mut self.shops {
                shop.hub.still_runs()?;
                if shop.tills_are_done()? && left > ROUND_MIN {
                    shop.start_tills(&self.programs, left.min(ROUND))?;
                }
            }
            match self.figures().await {
                Ok(figures) => {
                    misses = 0;
                    let waiting = figures.iter().map(Figures::waiting).max().unwrap_or_default();
                    if !line_up {
                        waited_at_most = waited_at_most.max(waiting);
                    }
                    screen.show(started.elapsed(), line_up, &figures);
                }
                Err(error) if misses < MISSES_MAX => {
                    misses += 1;
                    screen.say(&format!("no figures this time: {error:#}"));
                }
                Err(error) => return Err(error),
            }
        }
        self.wan.restore();
        screen.say("the tills stop selling");
        let in_time = started.elapsed() >= time;
        for shop in &mut self.shops {
            shop.stop_tills().await?;
        }
        if cut.is_some() && in_time {
            let refused = self.wan.refused();
            println!(
                "while the line was cut: {refused} connections refused, up to {waited_at_most} records waited"
            );
            if refused == 0 || waited_at_most == 0 {
                bail!("HF-DEMO-003: cutting the line to HQ had no effect, so this check has shown nothing");
            }
        }
        Ok(())
    }

    async fn figures(&self) -> Result<Vec<Figures>> {
        let mut figures = Vec::new();
        for shop in &self.shops {
            figures.push(Figures::read(shop, &self.hq).await?);
        }
        Ok(figures)
    }

    /// Waits until HQ has everything, then compares the three books of every store.
    async fn reconcile(&mut self) -> Result<bool> {
        let started = Instant::now();
        for shop in &mut self.shops {
            loop {
                shop.hub.still_runs()?;
                self.cloud.still_runs()?;
                let figures = Figures::read(shop, &self.hq).await?;
                if figures.is_settled() {
                    break;
                }
                if started.elapsed() > DRAIN_WITHIN {
                    let (name, waiting) = (shop.plan.name, figures.waiting());
                    bail!("HF-DEMO-004: {name} still has {waiting} records for HQ after {DRAIN_WITHIN:?}");
                }
                sleep(DRAIN_POLL).await;
            }
        }
        println!("HQ has everything {} after the tills stopped\n", seconds(started.elapsed()));
        let mut equal = true;
        for shop in &self.shops {
            let tills = shop.till_books()?;
            let (hub, cloud) = (shop.hub_books().await?, shop.cloud_books(&self.hq).await?);
            let comparison = compare(&tills, &hub, &cloud);
            println!("{}", comparison.table(shop.plan.name));
            if tills.figure("transactions") == 0 {
                bail!("HF-DEMO-003: {} sold nothing, so this has shown nothing", shop.plan.name);
            }
            equal &= comparison.equal();
        }
        for shop in &mut self.shops {
            if let Some(counter) = &mut shop.counter {
                let (table, agree) = counter.compare(shop.plan.name, shop.plan.currency, &shop.page).await?;
                println!("{table}");
                equal &= agree;
            }
        }
        Ok(equal && self.is_at_peace().await?)
    }

    /// HQ compares every hub's own sums with those here, all the time. What it would call somebody for is printed.
    async fn is_at_peace(&self) -> Result<bool> {
        let stores = self.hq.json("/api/v1/stores").await?;
        let alarms = stores.as_array().into_iter().flatten().flat_map(|store| {
            let name = store["name"].as_str().or(store["store"]["name"].as_str()).unwrap_or("a store");
            let alarms = store["alarms"].as_array().into_iter().flatten();
            alarms.map(move |alarm| format!("HQ says of {name}: {alarm}"))
        });
        let alarms: Vec<String> = alarms.collect();
        alarms.iter().for_each(|alarm| println!("{alarm}"));
        Ok(alarms.is_empty())
    }

    /// Ends the hubs, then the cloud.
    async fn close(self) -> Result<()> {
        let mut outcome = Ok(());
        // Whoever looks may have pulled the plug of their own hub; that is no failure.
        if let Some((yours, _)) = self.yours {
            let _pulled = yours.hub.stop().await;
        }
        for shop in self.shops {
            let stopped = shop.hub.stop().await;
            outcome = outcome.and(stopped);
            if let Some(counter) = shop.counter {
                let switched_off = counter.close().await;
                outcome = outcome.and(switched_off);
            }
        }
        let stopped = self.cloud.stop().await;
        outcome = outcome.and(stopped);
        outcome
    }
}

/// The folder of this run.
///
/// # Errors
/// HF-DEMO-007 when the folder that was asked for holds anything.
fn fresh_folder(asked: Option<PathBuf>) -> Result<PathBuf> {
    let folder = asked.unwrap_or_else(|| workspace::root().join("target/demo").join(random_word()));
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    if !is_empty(&folder)? {
        bail!("HF-DEMO-007: {} is not empty; name a new folder", folder.display());
    }
    folder.canonicalize().with_context(|| format!("resolve {}", folder.display()))
}

fn is_empty(folder: &Path) -> Result<bool> {
    Ok(fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?.next().is_none())
}

/// Sixteen letters and digits that nobody has seen before, from the process's own random hash keys.
fn random_word() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_never_writes_into_a_folder_that_is_in_use() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(fresh_folder(Some(folder.path().join("new"))).is_ok());
        fs::write(folder.path().join("new/books"), "x").expect("written");
        let error = fresh_folder(Some(folder.path().join("new"))).expect_err("in use").to_string();
        assert!(error.starts_with("HF-DEMO-007"), "{error}");
        assert_ne!(random_word(), random_word());
    }
}
