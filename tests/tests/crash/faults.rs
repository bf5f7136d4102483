//! Failing system calls on the real hub: it goes on or it ends, it never acknowledges what it does not have, and the next
//! start tells the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use holdfast_testkit::proof::Proof;
use tokio::time::{Instant, sleep};

use crate::audit::{agree, kept, nothing_lost_or_doubled, would_notice};
use crate::room::is_short;
use crate::shop::{CATALOG, Chain, PIN, Shop, json, text, until};
use crate::strace::{Attached, Inject, injected, paths, sites, words};
use crate::tills::{Dice, SEGMENT_MIB, Tills, asked_for};

const TILLS: usize = 2;
/// Faults that must come to pass in a usual run; `HOLDFAST_FAULTS` asks for more.
const FAULTS: u64 = 100;
/// Which calls of a thread fail: the first, the second, … up to this, and then further while faults are wanted.
const NTH_MAX: u64 = 5;
/// A planned fault that has not come to pass by then touches nothing.
const UNTOUCHED_AFTER: Duration = Duration::from_millis(700);
/// A hub whose state cannot be used starts without it. That it hangs must be noticed by what hangs: waiting for it, as a
/// hub does at the very last, takes longer than this.
const STARTS_WITHIN: Duration = Duration::from_secs(20);
/// How long a file may take to be written after what made it necessary.
const WRITTEN_WITHIN: Duration = Duration::from_secs(12);
/// How much of the hub's log is shown with what went wrong.
const LAST_WORDS: usize = 40;
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Every way in which a call fails while the hub serves its tills.
const WHILE_SERVING: [(&str, &[&str]); 7] = [
    ("pwrite64", &["error=EIO", "error=ENOSPC", "error=EINTR", "retval=0"]),
    ("write", &["error=EIO", "error=ENOSPC", "error=EINTR", "retval=0"]),
    ("fdatasync", &["error=EIO", "error=ENOSPC", "error=EINTR"]),
    ("fsync", &["error=EIO", "error=ENOSPC", "error=EINTR"]),
    ("sync_file_range", &["error=EIO", "error=ENOSPC"]),
    ("openat", &["error=EIO", "error=ENOSPC"]),
    ("rename", &["error=EIO", "error=ENOSPC"]),
];
/// And while it starts after a crash.
const WHILE_STARTING: [(&str, &[&str]); 8] = [
    ("pwrite64", &["error=EIO", "error=ENOSPC"]),
    ("write", &["error=EIO", "error=ENOSPC"]),
    ("fdatasync", &["error=EIO", "error=EINTR"]),
    ("fsync", &["error=EIO", "error=EINTR"]),
    ("sync_file_range", &["error=EIO", "error=ENOSPC"]),
    ("openat", &["error=EIO", "error=ENOSPC"]),
    ("rename", &["error=EIO", "error=ENOSPC"]),
    ("fallocate", &["error=EIO", "error=ENOSPC"]),
];
const SYNCS: &str = "fsync,fdatasync,sync_file_range,syncfs,msync";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ended {
    Untouched,
    WentOn,
    /// It ended, or it stands still and says so.
    Died,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Starting,
    Serving,
}

struct Rig {
    chain: Chain,
    shop: Shop,
    tills: Tills,
    runs: u64,
    points: BTreeMap<Ended, u64>,
    /// What was hit, how often.
    sites: BTreeMap<String, u64>,
    acknowledged: u64,
}

impl Rig {
    async fn open(dice: &mut Dice) -> Result<Self> {
        let mut chain = Chain::start().await?;
        chain.programs.set("HOLDFAST_HUB_JOURNAL__SEGMENT_MIB", SEGMENT_MIB);
        chain.programs.set("HOLDFAST_HUB_DISK__BALLAST_MIB", "0");
        let shop = chain.open_shop("corner", CATALOG, TILLS).await?;
        let tills = Tills::trade(&chain, &shop, 3_600, "25", dice).await?;
        Ok(Self {
            chain,
            shop,
            tills,
            runs: 0,
            points: BTreeMap::new(),
            sites: BTreeMap::new(),
            acknowledged: 0,
        })
    }

    fn log(&mut self) -> PathBuf {
        self.runs += 1;
        self.chain.folder.path().join(format!("strace-{}.txt", self.runs))
    }

    fn came_to_pass(&self) -> u64 {
        self.points.iter().filter(|(ended, _)| **ended != Ended::Untouched).map(|(_, count)| count).sum()
    }

    async fn fault(&mut self, when: When, inject: &Inject) -> Result<Ended> {
        let outcome = match when {
            When::Starting => self.while_starting(inject).await,
            When::Serving => self.while_serving(inject).await,
        };
        outcome.with_context(|| format!("{when:?}, {inject:?}; the hub's last words:\n{}", self.last_words()))
    }

    fn last_words(&self) -> String {
        let log = self.shop.hub.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LAST_WORDS)..].join("\n")
    }

    /// One fault in a hub that serves. When the fault is over the hub serves by itself again, or it has ended.
    async fn while_serving(&mut self, inject: &Inject) -> Result<Ended> {
        let (data, log) = (self.shop.data.clone(), self.log());
        let strace = loop {
            // A hub that a fault ended late, after it had gone on for a while, is started again.
            if self.shop.hub.end()?.is_some() {
                self.starts_and_tells_the_truth("it ended late").await?;
            }
            let hub = self.shop.hub.id().context("the hub runs")?;
            if let Some(strace) =
                Attached::to(&self.chain.programs, hub, inject, &paths(&data)?, &log).await?
            {
                break strace;
            }
            until("the hub has ended", async || Ok(self.shop.hub.end()?.is_some())).await?;
        };
        let give_up = Instant::now() + UNTOUCHED_AFTER;
        while strace.sites(&data)?.is_empty() && self.shop.hub.end()?.is_none() && Instant::now() < give_up {
            self.poke(inject.call).await;
            sleep(LOOK_EVERY).await;
        }
        if !strace.sites(&data)?.is_empty() {
            // As long as it is watched the fault comes back in every new thread.
            self.takes_it(inject, &strace.sites(&data)?).await?;
        }
        strace.let_go().await?;
        let hit = injected(&log, &data)?;
        if !hit.is_empty() {
            self.comes_back(inject, &hit).await?;
        }
        let died = self.shop.hub.end()?.is_some();
        self.judge(inject, &hit, died).await
    }

    /// Waits until tills hear from a hub that goes on, until it has ended, or until it says that its disk has no room.
    async fn takes_it(&mut self, inject: &Inject, hit: &[String]) -> Result<()> {
        let (tills, shop, before) = (&self.tills, &mut self.shop, self.tills.heard());
        until("the hub goes on, ends, or says that its disk is short", async || {
            Ok(shop.hub.end()?.is_some()
                || !must_end(inject, hit)
                    && (tills.heard_since(&before)? || is_short(&shop.page).await.unwrap_or(false)))
        })
        .await
        .with_context(|| format!("at {hit:?}"))
    }

    /// As [`Self::takes_it`], once nothing fails any more: a disk without room is no excuse then.
    async fn comes_back(&mut self, inject: &Inject, hit: &[String]) -> Result<()> {
        let (tills, shop, before) = (&self.tills, &mut self.shop, self.tills.heard());
        until("the hub sells again by itself or has ended", async || {
            Ok(shop.hub.end()?.is_some() || !must_end(inject, hit) && tills.heard_since(&before)?)
        })
        .await
        .with_context(|| format!("after {hit:?}"))
    }

    /// What a call needs to be made while tills only sell.
    async fn poke(&mut self, call: &str) {
        if matches!(call, "fsync" | "openat" | "rename" | "write") {
            // Pairing writes a small file in the careful way; it may well fail now.
            let data = self.shop.data.display().to_string();
            let pair = ["pair", "--data", &data, "--name", "Nobody"];
            let _may_fail = self.chain.programs.command("holdfast-hub", &pair, None).await;
        }
    }

    /// One fault in a hub that starts after a crash.
    async fn while_starting(&mut self, inject: &Inject) -> Result<Ended> {
        self.shop.hub.kill_now().await?;
        let (paths, log) = (paths(&self.shop.data)?, self.log());
        let words = words(Some(inject), "", &paths, &log)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.chain.programs.start_through("holdfast-hub", Some(&words));
        let ready = self.chain.serve_again(&mut self.shop);
        self.chain.programs.start_through("holdfast-hub", None);
        let ready = ready?;
        let hub = &mut self.shop.hub;
        until("the hub serves or ends", async || Ok(ready.exists() || hub.end()?.is_some())).await?;
        let stands_still = stands_still(&ready);
        if stands_still {
            self.shop.hub.kill_now().await?;
        } else {
            self.takes_it(inject, &injected(&log, &self.shop.data)?).await?;
        }
        let hit = injected(&log, &self.shop.data)?;
        if must_end(inject, &hit) {
            // It came with the first sales.
            self.takes_it(inject, &hit).await?;
        }
        let died = stands_still || self.shop.hub.end()?.is_some();
        self.judge(inject, &hit, died).await
    }

    /// Looks at how the hub took it, starts it again if it is gone, and holds its journal against what the tills know.
    async fn judge(&mut self, inject: &Inject, hit: &[String], died: bool) -> Result<Ended> {
        let ended = match (hit.is_empty(), died) {
            (true, _) => Ended::Untouched,
            (false, true) => Ended::Died,
            (false, false) => Ended::WentOn,
        };
        let after = format!("after {inject:?} at {hit:?}");
        ensure!(!must_end(inject, hit) || died, "{after}: the hub went on after a failed sync");
        if self.shop.hub.end()?.is_some() {
            self.starts_and_tells_the_truth(&after).await?;
        } else {
            let (told, kept) = (self.tills.told()?, kept(&self.shop.data)?);
            let through = kept.values().flatten().map(|place| place.seq).max().unwrap_or(0);
            // The newest group of a running journal is proven by the group after it: what came since is looked at next time.
            let told = told.into_iter().filter(|(_, at)| at.seq <= through).collect();
            self.acknowledged = nothing_lost_or_doubled(&told, &kept).with_context(|| after.clone())?;
        }
        *self.points.entry(ended).or_default() += 1;
        for site in hit {
            *self.sites.entry(format!("{site} {}", inject.answer)).or_default() += 1;
        }
        Ok(ended)
    }

    /// What was told before the hub ended must be in the journal that the next start serves.
    async fn starts_and_tells_the_truth(&mut self, after: &str) -> Result<()> {
        let (told, before) = (self.tills.told()?, self.tills.answered_bytes());
        let ready = self.chain.serve_again(&mut self.shop)?;
        let said = self.shop.hub.ready(&ready).await.with_context(|| after.to_owned())?;
        ensure!(said["standstill"].is_null(), "{after} the hub stands still: {said}");
        // The next group on the disk says what was durable before it.
        self.tills.answered_since("the hub answers again", before).await.with_context(|| after.to_owned())?;
        let kept = kept(&self.shop.data)?;
        self.acknowledged = nothing_lost_or_doubled(&told, &kept).with_context(|| after.to_owned())?;
        Ok(())
    }

    /// The tills go home, the hub stops, and everything must agree.
    async fn close(self) -> Result<(u64, u64)> {
        let home = self.tills.go_home().await?;
        self.chain.reconcile(&self.shop, home.books()).await?;
        let data = self.shop.data.clone();
        self.shop.hub.stop().await?;
        let (told, kept) = (home.told, kept(&data)?);
        self.chain.end([]).await?;
        Ok((agree(&told, &kept)?, would_notice(&told, &kept)?))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_call_never_costs_an_acknowledged_sale() -> Result<()> {
    let _alone = crate::alone().await;
    let proof = Proof::of("R8", "failing system calls of the real hub");
    let wanted = asked_for("HOLDFAST_FAULTS", FAULTS);
    let mut rig = Rig::open(&mut Dice::thrown()).await?;
    let began = Instant::now();
    for (call, answers) in WHILE_STARTING {
        for &answer in answers {
            for nth in 1..=NTH_MAX {
                if rig.fault(When::Starting, &Inject { call, answer, nth }).await? == Ended::Untouched {
                    break;
                }
            }
        }
    }
    let starting = (rig.points.clone(), began.elapsed());
    // The last of these hubs is still watched.
    rig.shop.hub.kill_now().await?;
    for (call, answers) in WHILE_SERVING {
        for &answer in answers {
            for nth in 1..=NTH_MAX {
                if rig.fault(When::Serving, &Inject { call, answer, nth }).await? == Ended::Untouched {
                    break;
                }
            }
        }
    }
    let mut round = 0;
    while rig.came_to_pass() < wanted {
        // What every sale does is never untouched for long.
        let (call, answers) = [WHILE_SERVING[0], WHILE_SERVING[2]][round % 2];
        let inject =
            Inject { call, answer: answers[round / 2 % answers.len()], nth: 1 + round as u64 % NTH_MAX };
        rig.fault(When::Serving, &inject).await?;
        round += 1;
    }
    println!("while starting: {starting:?}; and while serving: {:?}, {:?}", rig.points, began.elapsed());
    for (site, count) in &rig.sites {
        println!("{count:>4} {site}");
    }
    let (died, faults) = (rig.points.get(&Ended::Died).copied().unwrap_or(0), rig.came_to_pass());
    let sites = rig.sites.len() as u64;
    let (acknowledged, noticed) = rig.close().await?;
    proof
        .counted(faults, "faults that came to pass")
        .counted(died, "of them ended the hub or made it stand still")
        .counted(sites, "different calls, files and answers")
        .counted(acknowledged, "acknowledged commands, each once in the journal")
        .counted(noticed, "mistakes planted in the model's copy and noticed")
        .holds();
    Ok(())
}

/// Everything that a hub syncs, in one short day: start, sales, staff, pairing, goods, stop, and a start after a crash.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_is_never_acknowledged_wherever_it_is() -> Result<()> {
    let _alone = crate::alone().await;
    let proof = Proof::of("R9", "every sync of the real hub");
    let mut rig = Rig::open(&mut Dice::thrown()).await?;
    let seen = rig.day(None).await?.sites;
    println!("syncs of a day: {seen:?}");
    for kind in ["journal segment", "journal folder", "staff.json", "pairing.json"] {
        ensure!(seen.iter().any(|site| site.ends_with(kind)), "no sync of {kind} among {seen:?}");
    }
    let (mut failed, mut ended) = (BTreeSet::new(), 0);
    for site in &seen {
        let (call, _) = site.split_once(' ').context("a call and a file")?;
        let call = ["fsync", "fdatasync", "sync_file_range"].into_iter().find(|known| *known == call);
        let call = call.with_context(|| format!("{site} is a sync that this test can fail"))?;
        let day = rig.day(Some((call, site))).await?;
        ensure!(day.hit.iter().any(|hit| hit == site), "{site} was not made to fail: {:?}", day.hit);
        // A spare that cannot be made is made again later; it holds nothing yet.
        if site.contains("journal") && !site.ends_with("spare") {
            ensure!(day.died, "the hub went on after a failed {site}");
        }
        ended += u64::from(day.died);
        failed.insert(site.clone());
    }
    ensure!(failed == seen);
    let (acknowledged, _) = rig.close().await?;
    proof
        .counted(failed.len() as u64, "sync sites, each made to fail")
        .counted(ended, "of them ended the hub")
        .counted(acknowledged, "acknowledged commands, each once in the journal")
        .holds();
    Ok(())
}

/// Whether nobody may hear anything more from this hub: what its journal holds is not sure any more.
fn must_end(inject: &Inject, hit: &[String]) -> bool {
    let sync_failed = inject.call.contains("sync") && inject.answer != "error=EINTR";
    sync_failed && hit.iter().any(|site| site.contains("journal segment"))
}

/// Whether a hub that is up sells nothing and says why: its journal could not be made ready.
fn stands_still(ready: &Path) -> bool {
    json(ready).is_ok_and(|said| !said["standstill"].is_null())
}

/// What came of one day.
struct Day {
    sites: BTreeSet<String>,
    hit: Vec<String>,
    died: bool,
}

impl Rig {
    /// A start after a crash, the console's commands, some sales, a stop; with one kind of sync failing each time, if told
    /// so. A command that said yes must have done what it said.
    async fn day(&mut self, failing: Option<(&'static str, &str)>) -> Result<Day> {
        self.shop.hub.kill_now().await?;
        let (log, data) = (self.log(), self.shop.data.clone());
        let mut paths = paths(&data)?;
        let inject = failing.map(|(call, site)| {
            let kind = site.split_once(' ').map_or("", |(_, kind)| kind).to_owned();
            paths.retain(|path| crate::strace::kind_of(path, &data) == kind);
            // Every sync of that kind fails, in every thread.
            Inject { call, answer: "error=EIO", nth: 1 }
        });
        let words = words(inject.as_ref(), SYNCS, &paths, &log)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.chain.programs.start_through("holdfast-hub", Some(&words));
        let ready = self.chain.serve_again(&mut self.shop);
        self.chain.programs.start_through("holdfast-hub", None);
        let ready = ready?;
        let (hub, began) = (&mut self.shop.hub, Instant::now());
        until("the hub serves or ends", async || Ok(ready.exists() || hub.end()?.is_some()))
            .await
            .with_context(|| format!("{failing:?} failing"))?;
        let took = began.elapsed();
        ensure!(took < STARTS_WITHIN, "with {failing:?} failing the hub came up only after {took:?}");
        let number = (1_000 + self.runs).to_string();
        let mut added = false;
        let mut died = stands_still(&ready);
        if died {
            self.shop.hub.kill_now().await?;
        }
        if self.shop.hub.end()?.is_none() {
            let before = self.tills.answered_bytes();
            added = self.console(&number).await?;
            let (tills, hub) = (&self.tills, &mut self.shop.hub);
            until("tills sell or the hub ends", async || {
                Ok(hub.end()?.is_some() || tills.answered_bytes() > before)
            })
            .await?;
        }
        if failing.is_some() {
            // Some files are written a while after what made it necessary.
            let patience = Instant::now() + WRITTEN_WITHIN;
            while injected(&log, &data)?.is_empty()
                && self.shop.hub.end()?.is_none()
                && Instant::now() < patience
            {
                sleep(LOOK_EVERY).await;
            }
        }
        died |= self.shop.hub.end()?.is_some();
        if !died {
            let id = self.shop.hub.id().context("the hub runs")?;
            holdfast_testkit::programs::ask_to_end(id)?;
            let hub = &mut self.shop.hub;
            let mut status = None;
            until("the hub stops", async || {
                status = hub.end()?;
                Ok(status.is_some())
            })
            .await?;
            died = !status.context("it ended")?.success();
        }
        let sites = sites(&log, &data, |line| !line.contains("+++") && !line.contains("---"))?;
        let hit = injected(&log, &data)?;
        let inject = inject.unwrap_or(Inject { call: "none", answer: "", nth: 0 });
        self.judge(&inject, &[], died).await.with_context(|| format!("a day with {failing:?} failing"))?;
        let staff = std::fs::read_to_string(data.join("staff.json"))?;
        ensure!(!added || staff.contains(&number), "{failing:?}: person {number} was added and is not there");
        Ok(Day { sites: sites.into_iter().filter(|site| !site.contains('(')).collect(), hit, died })
    }

    /// What an installer does at the console of a running hub. Says whether a person was added.
    async fn console(&self, number: &str) -> Result<bool> {
        let data = text(&self.shop.data)?;
        let add = [
            "staff",
            "add",
            "--data",
            data,
            "--number",
            number,
            "--name",
            "Clerk",
            "--role",
            "cashier",
            "--pin-stdin",
        ];
        let added = self.chain.programs.command("holdfast-hub", &add, Some(PIN)).await.is_ok();
        let _may_fail = self
            .chain
            .programs
            .command("holdfast-hub", &["pair", "--data", data, "--name", "Nobody"], None)
            .await;
        let goods = self.chain.folder.path().join("goods.csv");
        // Another price each time, so that it is another file each time.
        std::fs::write(&goods, CATALOG.replace("0.20", &format!("0.{number}")))?;
        let import = ["import", "catalog", "--data", data, text(&goods)?];
        let _may_fail = self.chain.programs.command("holdfast-hub", &import, None).await;
        Ok(added)
    }
}
