//! `load`

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use clap::Args;
use holdfast_domain::bounded::TenderCode;
use holdfast_money::Decimal;
use holdfast_terminal::dice::Dice;
use holdfast_terminal::load::{self, LoadProgress};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{Person, ProgressForm};

/// The most tills that one process plays.
const TILLS_MAX: usize = 500;
/// Orders a second at one till; 0 is as fast as the hub answers.
const RATE_MAX: u32 = 1_000;

/// Lets paired tills sell, cancel, take back and receive goods by the dice until the time is over, Ctrl-C or SIGTERM, and
/// writes down what the hub acknowledged.
#[derive(Debug, Args)]
pub struct Load {
    /// A till's folder; may be given more than once. With --tills N and one folder: the tills in DATA/1 to DATA/N
    #[arg(long, required = true)]
    data: Vec<PathBuf>,
    #[arg(long)]
    tills: Option<usize>,
    #[command(flatten)]
    person: Person,
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Customers a second at each till; 0 is as fast as the hub answers
    #[arg(long, default_value = "1")]
    rate: Decimal,
    /// Let customers pay with this tender type at the till's device
    #[arg(long, value_name = "TENDER")]
    electronic: Option<String>,
    /// How many of a hundred customers do
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u64).range(1..=100))]
    electronic_percent: u64,
    /// Written every second and at the end, as JSON
    #[arg(long, value_name = "JSON")]
    report: Option<PathBuf>,
    /// Every answer as it comes, one line of JSON each; added to the file
    #[arg(long, value_name = "JSONL")]
    answers: Option<PathBuf>,
    /// The same seed gives the same customers
    #[arg(long)]
    seed: Option<u64>,
    /// How long the last answers may take, in seconds
    #[arg(long, default_value_t = 60)]
    drain_seconds: u64,
    #[arg(long, value_enum, default_value = "text")]
    progress: ProgressForm,
}

impl Load {
    pub async fn run(self) -> Result<()> {
        let folders = folders(&self.data, self.tills)?;
        let pin = self.person.pin()?;
        let seed = match self.seed {
            Some(seed) => seed,
            None => Dice::unseeded()?.throw(),
        };
        let wanted = load::Load {
            folders,
            staff: self.person.number(),
            pin,
            time: Duration::from_secs(self.seconds),
            every: every(self.rate)?,
            seed,
            electronic: match &self.electronic {
                Some(code) => Some((TenderCode::new(code)?, self.electronic_percent * 10)),
                None => None,
            },
            drain: Duration::from_secs(self.drain_seconds),
            report: self.report,
            answers: self.answers,
        };
        let form = self.progress;
        let mut progress = move |progress: &LoadProgress| show(form, progress);
        let report = load::run(&wanted, told_to_stop()?, &mut progress).await?;
        println!(
            "{} transactions, {} answers, {} without an answer; seed {seed}",
            report.books.transactions, report.acknowledged, report.unanswered
        );
        if report.unanswered > 0 {
            bail!(
                "HF-TIL-013 {} requests were not answered within {} s; they stay in the outboxes and are sent again",
                report.unanswered,
                self.drain_seconds
            );
        }
        Ok(())
    }
}

fn folders(data: &[PathBuf], tills: Option<usize>) -> Result<Vec<PathBuf>> {
    let folders: Vec<PathBuf> = match (data, tills) {
        // A folder that holds a till itself is that till.
        ([one], Some(count)) if !one.join("till.json").exists() => {
            (1..=count).map(|number| one.join(number.to_string())).collect()
        }
        (several, count) => {
            if let Some(count) = count {
                ensure!(
                    count == several.len(),
                    "--tills says {count}, but {} folders are given",
                    several.len()
                );
            }
            several.to_vec()
        }
    };
    ensure!(
        !folders.is_empty() && folders.len() <= TILLS_MAX,
        "between 1 and {TILLS_MAX} tills can be played"
    );
    Ok(folders)
}

fn every(rate: Decimal) -> Result<Duration> {
    ensure!(
        rate >= Decimal::ZERO && rate <= Decimal::from(RATE_MAX),
        "--rate is between 0 and {RATE_MAX} customers a second"
    );
    if rate.is_zero() {
        return Ok(Duration::ZERO);
    }
    let micros = (Decimal::from(1_000_000) / rate).round();
    Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)))
}

/// Becomes true at Ctrl-C or SIGTERM.
pub(super) fn told_to_stop() -> Result<watch::Receiver<bool>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tell.send_replace(true);
        // Nobody can be told twice, and the receivers must not see a closed channel.
        tell.closed().await;
    });
    Ok(told)
}

fn show(form: ProgressForm, progress: &LoadProgress) {
    match form {
        ProgressForm::Json => {
            eprintln!("{}", serde_json::to_string(progress).expect("progress is plain data"));
        }
        ProgressForm::Text => eprintln!(
            "{:>5} s  {} transactions  {} answers  {} open  {} refused  {} sent again",
            progress.seconds,
            progress.transactions,
            progress.acknowledged,
            progress.unanswered,
            progress.refused,
            progress.resent
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_numbered_or_named() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().to_path_buf();
        let numbered = folders(std::slice::from_ref(&base), Some(2)).unwrap();
        assert_eq!(numbered, [base.join("1"), base.join("2")]);
        let two = [base.join("a"), base.join("b")];
        assert_eq!(folders(&two, None).unwrap(), two);
        assert_eq!(folders(&two, Some(2)).unwrap(), two);
        assert!(folders(&two, Some(3)).is_err());
        std::fs::write(base.join("till.json"), "{}").unwrap();
        assert_eq!(folders(std::slice::from_ref(&base), Some(1)).unwrap(), [base]);
    }

    #[test]
    fn a_rate_becomes_a_wait() {
        assert_eq!(every(Decimal::ZERO).unwrap(), Duration::ZERO);
        assert_eq!(every(Decimal::from(4)).unwrap(), Duration::from_millis(250));
        assert_eq!(every(Decimal::new(5, 1)).unwrap(), Duration::from_secs(2));
        assert!(every(Decimal::from(-1)).is_err());
    }
}
