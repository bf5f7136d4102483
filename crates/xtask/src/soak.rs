//! `soak`: proofs that run for as long as they are given, on demand.
//!
//! `power-cuts` runs the real hub in a virtual machine whose disk loses what was not flushed, with real tills outside of
//! it, and takes the machine's power away again and again. The model of what was acknowledged is the tills' own report.

mod machine;
mod volatile_disk;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use holdfast_testkit::books::compare;
use holdfast_testkit::programs::{Program, Programs};
use tokio::time::{Instant, sleep};

use crate::demo::shop::{PLANS, PaidWith, Shop};
use crate::suites::seconds;
use crate::workspace;
use machine::{Image, Ports, file_system, take_out};
use volatile_disk::{Losses, VolatileDisk};

/// The machine's disk.
const DISK_MEBIBYTES: u64 = 512;
/// Tills outside of the machine.
const TILLS: usize = 3;
/// How long a machine may take from power to the first new answer at a till.
const TRADES_WITHIN: Duration = Duration::from_secs(180);
/// Answers at the tills before the power may go.
const ANSWERS_MIN: i64 = 3;
/// The longest time that a machine trades on after that, in milliseconds.
const TRADE_MS_MAX: u64 = 2_500;
const POLL: Duration = Duration::from_millis(50);
/// How long the tills of one soak trade at the most.
const ENDLESS: Duration = Duration::from_secs(11 * 60 * 60);

#[derive(Debug, Subcommand)]
pub enum Soak {
    /// The real hub in a machine whose disk loses what was not flushed, at each power cut
    PowerCuts(PowerCuts),
}

#[derive(Debug, Args)]
pub struct PowerCuts {
    /// How often the power goes
    #[arg(long, default_value_t = 20)]
    cycles: u32,
    /// Where chance begins
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A disk that lies about flushes: shows that the proof can fail, because it must
    #[arg(long)]
    deaf_disk: bool,
    /// Take the programs as they are, without building them first
    #[arg(long)]
    no_build: bool,
}

/// Runs one soak to its end.
///
/// # Errors
/// A proof that did not hold, or a rig that could not be set up.
pub fn run(soak: Soak) -> Result<ExitCode> {
    let Soak::PowerCuts(options) = soak;
    if !options.no_build {
        crate::demo::build::programs()?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(power_cuts(options))?;
    Ok(ExitCode::SUCCESS)
}

/// Numbers by chance that repeat with their seed (SplitMix64, Steele et al. 2014).
struct Chance(u64);

impl Chance {
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

async fn power_cuts(options: PowerCuts) -> Result<()> {
    let folder = tempfile_folder()?;
    let cache = workspace::root().join("target/soak");
    let programs = Programs::new(folder.join("logs"))?;
    println!("data in {}", folder.display());

    let (mut shop, mut cloud, hub_data, ports) = open_shop(&programs, &folder).await?;
    let http = shop.page_url.clone();
    shop.hub.kill_now().await?;
    cloud.kill_now().await?;

    let hub = holdfast_testkit::programs::folder()?.join("holdfast-hub");
    let image = Image::make(&cache, &hub, ports)?;
    let outside = folder.join("disk");
    fs::create_dir_all(&outside)?;
    fs::rename(&hub_data, outside.join("hub"))?;
    let disk = VolatileDisk::new(file_system(&outside, &folder.join("image"), DISK_MEBIBYTES)?);
    let socket = folder.join("disk.sock");
    disk.serve(&socket)?;
    if options.deaf_disk {
        disk.turn_deaf();
    }

    shop.start_tills(&programs, ENDLESS)?;
    let mut chance = Chance(options.seed);
    let (mut all, started) = (Losses::default(), Instant::now());
    for cycle in 1..=options.cycles {
        disk.power_on();
        let mut machine = image.boot(&socket, ports, &folder.join("console.log"))?;
        let before = shop.acknowledged().unwrap_or(0);
        let (asked, flushes) = (Instant::now(), disk.flushes());
        while shop.acknowledged().unwrap_or(0) < before + ANSWERS_MIN {
            machine.still_runs()?;
            shop.tills_are_done()?;
            ensure!(
                asked.elapsed() < TRADES_WITHIN,
                "cycle {cycle}: the tills got no answer; see {}",
                folder.join("console.log").display()
            );
            sleep(POLL).await;
        }
        sleep(Duration::from_millis(chance.throw() % TRADE_MS_MAX)).await;
        // First the disk: what the machine still writes now never arrives.
        let losses = disk.power_cut(|| chance.throw());
        drop(machine);
        all = Losses {
            dropped: all.dropped + losses.dropped,
            torn: all.torn + losses.torn,
            kept: all.kept + losses.kept,
        };
        println!(
            "cut {cycle}: {} acknowledged, {} flushes, unflushed writes {} dropped, {} torn, {} kept, {}",
            shop.acknowledged().unwrap_or(0),
            disk.flushes() - flushes,
            losses.dropped,
            losses.torn,
            losses.kept,
            seconds(asked.elapsed())
        );
    }
    settle(&programs, shop, &disk, &folder, &http, ports).await?;
    println!(
        "{} power cuts in {}: unflushed writes {} dropped, {} torn, {} kept; nothing acknowledged is missing or doubled",
        options.cycles,
        seconds(started.elapsed()),
        all.dropped,
        all.torn,
        all.kept
    );
    fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Serves what the last cut left on this machine, lets the tills take their last answers, and compares the books.
async fn settle(
    programs: &Programs,
    mut shop: Shop,
    disk: &VolatileDisk,
    folder: &Path,
    http: &str,
    ports: Ports,
) -> Result<()> {
    let left = folder.join("left");
    take_out(&disk.durable(), &folder.join("left.image"), "/hub", &left)?;
    let data = left.join("hub");
    let at = |port: u16| format!("127.0.0.1:{port}");
    let (mqtt, https) = (at(ports.mqtt), at(ports.https));
    let http = http.trim_start_matches("http://").to_owned();
    let (data_text, ready) = (text(&data)?, folder.join("ready-last.json"));
    let serve = ["serve", "--data", data_text, "--mqtt", &mqtt, "--https", &https, "--http", &http];
    let mut hub = programs.start(
        "last-hub",
        "holdfast-hub",
        &[&serve[..], &["--ready-file", text(&ready)?]].concat(),
    )?;
    hub.ready(&ready).await?;
    shop.stop_tills().await?;
    let (tills, kept) = (shop.till_books()?, shop.hub_books().await?);
    // HQ took no part: its column repeats the hub's.
    let comparison = compare(&tills, &kept, &kept);
    print!("{}", comparison.table(shop.plan.name));
    ensure!(comparison.equal(), "the tills and the hub differ; all data is kept in {}", folder.display());
    let verdict = programs.command("holdfast-hub", &["verify", "--data", data_text], None).await?;
    print!("{verdict}");
    hub.stop().await
}

async fn open_shop(programs: &Programs, folder: &Path) -> Result<(Shop, Program, PathBuf, Ports)> {
    let cloud_data = folder.join("cloud");
    let serve = ["serve", "--data", text(&cloud_data)?, "--listen", "127.0.0.1:0"];
    let mut cloud = programs.start("cloud", "holdfast-cloud", &serve)?;
    let hq = cloud.says("listening").await?;
    let ports = Ports { mqtt: free_port()?, https: free_port()? };
    let plan = &PLANS[0];
    let listen = [format!("127.0.0.1:{}", ports.mqtt), format!("127.0.0.1:{}", ports.https)];
    let cash = (TILLS, PaidWith::CashOnly);
    let shop = Shop::open(programs, plan, folder, &cloud_data, &hq, cash, [&listen[0], &listen[1]]).await?;
    Ok((shop, cloud, folder.join(plan.key).join("hub"), ports))
}

/// A port that is free now. The machine and the hub after it need the same one, so it cannot be left to the system.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn tempfile_folder() -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("holdfast-soak-{}", std::process::id()));
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    Ok(folder)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))
}
