//! Believable trade for demos and tests: tills that sell, weigh, discount, void, cancel, take back and receive goods from
//! the hub's own catalog, and write down exactly what the hub acknowledged.
//!
//! [`basket`] throws the dice (pure), [`clerk`] works one till, [`run`] drives several until it is told to stop.

mod answers;
mod basket;
mod clerk;
mod electronic;
mod report;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use holdfast_domain::bounded::TenderCode;
use holdfast_domain::catalog::Product;
use holdfast_domain::staff::StaffNumber;
use holdfast_protocol::message::Pin;
use tokio::sync::watch;
use tokio::time::Instant;

pub use report::{LoadProgress, LoadReport, TillReport};

use crate::client::{Pace, Till};
use crate::dice::Dice;
use crate::error::TillError;
use crate::hub_api::HubApi;
use crate::identity::Folder;
use crate::report::write_report;
use clerk::Clerk;
use electronic::Devices;

/// How long the hub may take to be there.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// What kind of trade.
#[derive(Debug, Clone)]
pub struct Load {
    /// One folder for each till, all paired.
    pub folders: Vec<PathBuf>,
    pub staff: StaffNumber,
    pub pin: Pin,
    pub time: Duration,
    /// The wait between the beginnings of two customers at one till; zero is as fast as the hub answers.
    pub every: Duration,
    pub seed: u64,
    /// What customers pay with at devices, and how many of a thousand do.
    pub electronic: Option<(TenderCode, u64)>,
    /// How long the last answers may take once the time is over.
    pub drain: Duration,
    /// Written every second and at the end.
    pub report: Option<PathBuf>,
    /// Every answer as it comes, one JSON line each; a run adds to the file.
    pub answers: Option<PathBuf>,
}

/// Lets tills trade until the time is over or `stop` says so, and waits for the last answers.
///
/// # Errors
/// [`TillError`] when a till cannot begin or its disk fails; the report then holds what was acknowledged before.
pub async fn run(
    load: &Load,
    stop: watch::Receiver<bool>,
    progress: &mut (dyn FnMut(&LoadProgress) + Send),
) -> Result<LoadReport, TillError> {
    let mut opened = Vec::with_capacity(load.folders.len());
    for folder in &load.folders {
        let (till, api) = Till::open(&Folder::new(folder), Pace::default()).await?;
        opened.push((till, api, folder));
    }
    // All are open before one is waited for: what one till gives back to a new hub may build on another's.
    let mut desks = Vec::with_capacity(opened.len());
    for (till, api, folder) in opened {
        till.ready(READY_WITHIN).await?;
        let (_, products) = api.catalog().await?;
        desks.push(Desk { till, products, data: folder.clone(), api: Some(api) });
    }
    drive(load, desks, stop, progress).await
}

/// A till that is connected, and what it sells.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) till: Till,
    pub(crate) products: Vec<Product>,
    pub(crate) data: PathBuf,
    /// Where the till asks how payments at devices stand; without it nobody pays at one.
    pub(crate) api: Option<HubApi>,
}

pub(crate) async fn drive(
    load: &Load,
    desks: Vec<Desk>,
    mut stop: watch::Receiver<bool>,
    progress: &mut (dyn FnMut(&LoadProgress) + Send),
) -> Result<LoadReport, TillError> {
    let began = Instant::now();
    let (ending, ended) = watch::channel(false);
    let (mut clerks, mut tills, mut reports) = (tokio::task::JoinSet::new(), Vec::new(), Vec::new());
    let mut dice = Dice::new(load.seed);
    let answers = match &load.answers {
        Some(path) => Some(Arc::new(answers::Answers::open(path)?)),
        None => None,
    };
    for Desk { till, products, data, api } in desks {
        let report = Arc::new(Mutex::new(TillReport::new(&till, &data)));
        let dice = Dice::new(dice.throw());
        let paying =
            api.zip(load.electronic.clone()).map(|(api, (code, permille))| Devices::new(api, code, permille));
        let clerk = Clerk::new(till.clone(), products, report.clone(), answers.clone(), paying, dice).await?;
        tills.push(till);
        reports.push(report);
        clerks.spawn(clerk.work(load.clone(), ended.clone()));
    }
    let collect = |complete: bool| {
        let seconds = began.elapsed().as_secs();
        let tills: Vec<TillReport> = reports
            .iter()
            .zip(&tills)
            .map(|(report, till)| {
                let mut report = report.lock().unwrap_or_else(PoisonError::into_inner).clone();
                report.count(till.counters());
                report
            })
            .collect();
        LoadReport::new(load.seed, seconds, complete, tills)
    };
    let over = tokio::time::sleep(load.time);
    tokio::pin!(over);
    let mut every_second = tokio::time::interval(Duration::from_secs(1));
    let mut give_up: Option<Instant> = None;
    let mut failed = None;
    loop {
        let patience = give_up.unwrap_or_else(|| Instant::now() + Duration::from_secs(3_600));
        tokio::select! {
            () = &mut over, if give_up.is_none() => {
                give_up = Some(Instant::now() + load.drain);
                ending.send_replace(true);
            }
            changed = stop.changed(), if give_up.is_none() => {
                if changed.is_err() || *stop.borrow() {
                    give_up = Some(Instant::now() + load.drain);
                    ending.send_replace(true);
                }
            }
            _ = every_second.tick() => {
                let report = collect(false);
                progress(&report.progress());
                if let Some(path) = &load.report {
                    write_report(path, &report)?;
                }
            }
            joined = clerks.join_next() => match joined {
                None => break,
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => {
                    ending.send_replace(true);
                    give_up.get_or_insert_with(|| Instant::now() + load.drain);
                    failed.get_or_insert(error);
                }
                Some(Err(_)) => {
                    failed.get_or_insert(TillError::Closed);
                }
            },
            // What is not answered now stays in the outbox; the report says how much that is.
            () = tokio::time::sleep_until(patience), if give_up.is_some() => {
                clerks.abort_all();
                give_up = Some(Instant::now() + Duration::from_secs(3_600));
            }
        }
    }
    let report = collect(failed.is_none());
    if let Some(path) = &load.report {
        write_report(path, &report)?;
    }
    progress(&report.progress());
    for till in tills {
        till.close().await?;
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(report),
    }
}
