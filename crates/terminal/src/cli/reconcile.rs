//! `card reconcile`: the end of a payment device's day.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::command::Action;
use holdfast_domain::ids::ReconciliationId;
use holdfast_domain::reconciliation::{
    LostDay, ReconcileDevice, Reconciliation, ReconciliationOutcome, SchemeLine, Unsettled, UnsettledReason,
};
use holdfast_money::Money;
use holdfast_protocol::message::{Answer, Summary};
use holdfast_protocol::till_api::DeviceDayView;
use holdfast_terminal::TillError;
use holdfast_terminal::hub_api::HubApi;

use super::ask::{Desk, WITHIN, typed};

/// How often the hub is asked what the device said.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long a terminal may take over its end of day.
const WAITED_MAX: Duration = Duration::from_secs(330);

#[derive(Debug, Args)]
pub struct Reconcile {
    #[command(flatten)]
    desk: Desk,
    /// The device; it can be left out where the store has one
    #[arg(long)]
    device: Option<String>,
    /// What the device's own paper says of the end of day before, where its answer was lost
    #[arg(long, value_enum)]
    lost: Option<Found>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Found {
    /// The device did end its day
    Ended,
    /// It did not
    GoesOn,
}

impl Reconcile {
    pub async fn run(self) -> Result<()> {
        let Self { desk, device, lost } = self;
        let lost = lost.map(|found| match found {
            Found::Ended => LostDay::Ended,
            Found::GoesOn => LostDay::GoesOn,
        });
        let (_, told) = desk
            .answer(
                async |till, api| {
                    let device = match device {
                        Some(name) => typed("device", DeviceName::new(&name))?,
                        None => only(api).await?,
                    };
                    let epoch = till.refresh(WITHIN).await?.epoch;
                    Ok(Action::ReconcileDevice(ReconcileDevice { epoch, device, lost }))
                },
                async |api, answer| match answer {
                    Answer::Accepted {
                        summary: Summary::ReconciliationAsked { reconciliation, device },
                        ..
                    } => {
                        println!("{device} is asked to end its day");
                        Ok(Some((device.clone(), wait(api, device, *reconciliation).await?)))
                    }
                    _ => Ok(None),
                },
            )
            .await?;
        let (device, told) = told.context("there is no answer")?;
        let Some(told) = told else { bail!("{device} has not answered yet; ask again later") };
        print(&device, &told);
        match &told.outcome {
            ReconciliationOutcome::Ended { .. } | ReconciliationOutcome::NoTotals => Ok(()),
            ReconciliationOutcome::NotEnded { cause } => {
                bail!("{cause}: {device} could not be asked; its day goes on, and it can be asked again")
            }
            ReconciliationOutcome::Unknown { cause } => bail!(
                "{cause}: nobody knows whether {device} ended its day; look at its own paper, then reconcile with --lost ended or --lost goes-on"
            ),
        }
    }
}

/// The store's device, where it has one.
async fn only(api: &HubApi) -> Result<DeviceName, TillError> {
    let days = api.device_days().await?.devices;
    match &days[..] {
        [only] => Ok(only.device.clone()),
        all => {
            let names: Vec<String> = all.iter().map(|day| day.device.to_string()).collect();
            Err(TillError::Typed { what: "device", why: format!("name one of these: {}", names.join(", ")) })
        }
    }
}

/// What became of it. None when the device takes too long.
async fn wait(
    api: &HubApi,
    device: &DeviceName,
    id: ReconciliationId,
) -> Result<Option<Reconciliation>, TillError> {
    let began = Instant::now();
    loop {
        let days = api.device_days().await?.devices;
        let of = days.into_iter().find(|day: &DeviceDayView| day.device == *device);
        let told = of.and_then(|day| day.last).filter(|last| last.id == id);
        if told.is_some() || began.elapsed() > WAITED_MAX {
            return Ok(told.map(|told| *told));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn print(device: &DeviceName, told: &Reconciliation) {
    println!("what the journal says");
    print_lines(&told.journal);
    match &told.outcome {
        ReconciliationOutcome::Ended { reference, device: counted, differences } => {
            match reference {
                Some(reference) => println!("what {device} counted ({reference})"),
                None => println!("what {device} counted"),
            }
            print_lines(counted);
            for found in differences {
                let of = found.scheme.as_ref().map_or("all", |scheme| scheme.as_str());
                let more = found.device - found.journal;
                println!("DIFFERENCE {of:<10} journal {}, {device} {}: {more}", found.journal, found.device);
            }
            if differences.is_empty() {
                println!("both say the same");
            }
        }
        ReconciliationOutcome::NoTotals => {
            println!("{device} counts nothing by itself; hold the journal against its provider's statement");
        }
        ReconciliationOutcome::NotEnded { .. } | ReconciliationOutcome::Unknown { .. } => {}
    }
    for one in &told.unsettled {
        println!("{}", word(one));
    }
}

fn print_lines(lines: &[SchemeLine]) {
    for line in lines {
        let scheme = line.scheme.as_ref().map_or("without a name", |scheme| scheme.as_str());
        println!("  {scheme:<20} {:>5} {:>16}", line.count, line.net.to_string());
    }
    if let Some(first) = lines.first() {
        let net = Money::sum(first.net.currency(), lines.iter().map(|line| line.net));
        let count: u64 = lines.iter().map(|line| u64::from(line.count)).sum();
        println!("  {:<20} {count:>5} {:>16}", "all", net.to_string());
    } else {
        println!("  nothing");
    }
}

fn word(one: &Unsettled) -> String {
    let Unsettled { attempt, net, why } = one;
    match why {
        UnsettledReason::InDoubt => {
            format!("payment {attempt} of {net} is in doubt: the journal leaves it out")
        }
        UnsettledReason::Disowned => {
            format!(
                "payment {attempt} of {net}: a person says that it was not made, and the journal leaves it out"
            )
        }
        UnsettledReason::SaidByAPerson => {
            format!("payment {attempt} of {net} is in the journal by a person's word")
        }
        UnsettledReason::FoundLate => {
            format!("payment {attempt} of {net} was in doubt then and was made: it is in the day before")
        }
    }
}
