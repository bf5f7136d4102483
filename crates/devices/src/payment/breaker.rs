//! Leaves a gateway alone that is down, and does not ask it more often than it can bear.
//!
//! A [`Breaker`] is closed while the gateway answers. When failures outnumber answers by a named number within a named time it
//! opens: no payment begins there, so that no customer waits for nothing and no payment is left without a known end. After a
//! rest it is half open: one harmless question is asked, and by its answer it closes again or rests longer. A [`Budget`] bounds
//! how often is asked what became of earlier attempts, which goes on all the while.
//!
//! Both are told the time and given chance by whoever calls; [`Guarded`] is the shell that does so around a driver.
//!
//! Invariants: a dead gateway is reached at most [`Limits::attempts_max`] times in any span, for every device that shares a
//! breaker with no more than one payment at a time; one that is back is used again within [`Limits::recovery_max`].

mod guarded;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

pub use guarded::{Gate, Guarded};

/// The most failures that are counted before a breaker opens, whatever its limits say.
const FAILURES_MAX: u32 = 100;
/// The longest rest that a gateway itself may ask for.
pub const ASKED_REST_MAX: Duration = Duration::from_secs(300);
/// After how many rests in a row they stop growing.
const RESTS_GROWTH_MAX: u32 = 16;

/// When a breaker opens and closes, and how much may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// By how many failures outnumber answers when it opens.
    pub failures_max: u32,
    /// A failure counts for so long.
    pub window: Duration,
    /// The first rest; each after it is twice as long. A quarter more or less is left to chance, so that not every store comes
    /// back at once.
    pub rest_first: Duration,
    pub rest_most: Duration,
    /// How long an answer may take where no customer is waited for. What takes longer counts as a failure, even when it comes.
    pub slow: Duration,
    /// How long one question about an earlier attempt may take in all.
    pub question: Duration,
    /// How many questions about earlier attempts may be asked at once.
    pub questions_max: u32,
    /// After how long one more may be asked. One that is answered costs nothing.
    pub question_every: Duration,
}

impl Limits {
    pub const USUAL: Limits = Limits {
        failures_max: 3,
        window: Duration::from_secs(60),
        rest_first: Duration::from_secs(5),
        rest_most: Duration::from_secs(60),
        slow: Duration::from_secs(10),
        question: Duration::from_secs(120),
        questions_max: 6,
        question_every: Duration::from_secs(10),
    };

    /// How often a dead gateway is reached within a span, beyond one payment under way for every device.
    #[must_use]
    pub fn attempts_max(&self, span: Duration) -> u32 {
        let times = |every: Duration| {
            let times = span.as_nanos() / every.as_nanos().max(1) + 1;
            u32::try_from(times).unwrap_or(u32::MAX)
        };
        // What counts as failed before it opens, once for every window that the span touches; probes; questions.
        let opens = self.failures_max.saturating_mul(times(self.window));
        let probes = times(self.rest_first * 3 / 4);
        let questions = self.questions_max.saturating_add(times(self.question_every));
        opens.saturating_add(probes).saturating_add(questions)
    }

    /// After how long at most a gateway that is back is used again, given that somebody wants to. A gateway that asked for
    /// rest itself gets at most [`ASKED_REST_MAX`].
    #[must_use]
    pub fn recovery_max(&self) -> Duration {
        self.rest_most * 5 / 4 + self.slow
    }

    /// What an answer that nobody but the gateway could delay says of it.
    #[must_use]
    pub fn verdict(&self, took: Duration) -> Verdict {
        if took > self.slow { Verdict::Failed } else { Verdict::Answered }
    }
}

/// What a call said of the gateway, whatever it said of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Answered,
    Failed,
    /// It gets too many requests.
    AsksForRest(Duration),
}

/// How a breaker is, for metrics and the till.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    Closed,
    Open,
    HalfOpen,
}

/// The same with what led there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerHealth {
    pub state: BreakerState,
    /// For how long it has been so.
    pub since: Duration,
    /// How many failures count now.
    pub failures: u32,
    /// For how long no payment begins yet.
    pub rests: Duration,
}

/// Whether a payment may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    Go,
    /// Only after a harmless question was answered, which is told to [`Breaker::note`].
    Probe,
    Rest(Duration),
}

/// Moments are durations since any fixed beginning; they never go back.
#[derive(Debug, Clone)]
pub struct Breaker {
    limits: Limits,
    stage: Stage,
    since: Duration,
    /// When each failure happened that counts, oldest first.
    failures: VecDeque<Duration>,
    /// How many rests there were since it was last closed for good.
    rests: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Closed,
    Open {
        until: Duration,
    },
    /// Somebody asks. Whoever does not come back in time is not waited for.
    Probing {
        until: Duration,
    },
}

impl Breaker {
    #[must_use]
    pub fn new(limits: Limits, now: Duration) -> Breaker {
        let failures_max = limits.failures_max.clamp(1, FAILURES_MAX);
        let limits = Limits { failures_max, ..limits };
        Breaker { limits, stage: Stage::Closed, since: now, failures: VecDeque::new(), rests: 0 }
    }

    /// Whether a payment may begin. Who gets [`Permit::Probe`] is the only one to get it until the probe is over.
    pub fn may_begin(&mut self, now: Duration) -> Permit {
        match self.stage {
            Stage::Closed => Permit::Go,
            Stage::Open { until } | Stage::Probing { until } if now < until => Permit::Rest(until - now),
            Stage::Open { .. } | Stage::Probing { .. } => {
                self.enter(Stage::Probing { until: now + self.limits.slow }, now);
                Permit::Probe
            }
        }
    }

    /// Takes in what a call said. `chance` is any number, and spreads the rests of many stores.
    pub fn note(&mut self, verdict: Verdict, now: Duration, chance: u32) {
        self.forget(now);
        match (verdict, self.stage) {
            (Verdict::Answered, Stage::Closed) => {
                self.failures.pop_front();
            }
            (Verdict::Answered, Stage::Open { .. } | Stage::Probing { .. }) => {
                self.failures.clear();
                self.enter(Stage::Closed, now);
            }
            (Verdict::AsksForRest(rest), Stage::Open { until } | Stage::Probing { until }) => {
                self.fail(now);
                let until = until.max(now + rest.min(ASKED_REST_MAX));
                self.enter(Stage::Open { until }, now);
            }
            (Verdict::AsksForRest(rest), Stage::Closed) => {
                self.fail(now);
                self.enter(Stage::Open { until: now + rest.min(ASKED_REST_MAX) }, now);
            }
            (Verdict::Failed, Stage::Closed) => {
                self.fail(now);
                if u32::try_from(self.failures.len()).unwrap_or(u32::MAX) >= self.limits.failures_max {
                    // One that was well for long begins with a short rest again.
                    if now.saturating_sub(self.since) > self.limits.window {
                        self.rests = 0;
                    }
                    self.rest(now, chance);
                }
            }
            (Verdict::Failed, Stage::Probing { .. }) => {
                self.fail(now);
                self.rest(now, chance);
            }
            // It is left alone already; the questions that fail meanwhile do not make it longer.
            (Verdict::Failed, Stage::Open { .. }) => self.fail(now),
        }
    }

    #[must_use]
    pub fn health(&self, now: Duration) -> BreakerHealth {
        let (state, rests) = match self.stage {
            Stage::Closed => (BreakerState::Closed, Duration::ZERO),
            Stage::Open { until } if now < until => (BreakerState::Open, until - now),
            Stage::Open { .. } => (BreakerState::HalfOpen, Duration::ZERO),
            Stage::Probing { until } => (BreakerState::HalfOpen, until.saturating_sub(now)),
        };
        let window = self.limits.window;
        let counts = self.failures.iter().filter(|at| now.saturating_sub(**at) <= window).count();
        let failures = u32::try_from(counts).unwrap_or(u32::MAX);
        BreakerHealth { state, since: now.saturating_sub(self.since), failures, rests }
    }

    fn rest(&mut self, now: Duration, chance: u32) {
        let grown = (0..self.rests.min(RESTS_GROWTH_MAX)).fold(self.limits.rest_first, |rest, _| rest * 2);
        let base = grown.min(self.limits.rest_most);
        let rest = base * 3 / 4 + base / 2 * (chance >> 16) / 0x1_0000;
        self.rests = self.rests.saturating_add(1);
        self.enter(Stage::Open { until: now + rest }, now);
    }

    fn enter(&mut self, stage: Stage, now: Duration) {
        self.stage = stage;
        self.since = now;
    }

    fn fail(&mut self, now: Duration) {
        if self.failures.len() >= FAILURES_MAX as usize {
            self.failures.pop_front();
        }
        self.failures.push_back(now);
    }

    fn forget(&mut self, now: Duration) {
        while self.failures.front().is_some_and(|at| now.saturating_sub(*at) > self.limits.window) {
            self.failures.pop_front();
        }
    }
}

/// How many questions may still be asked: a bucket that fills with time.
#[derive(Debug, Clone)]
pub struct Budget {
    most: Duration,
    every: Duration,
    /// Time saved up. A question costs `every` of it.
    saved: Duration,
    at: Duration,
}

impl Budget {
    #[must_use]
    pub fn new(limits: &Limits, now: Duration) -> Budget {
        let every = limits.question_every;
        let most = every * limits.questions_max.max(1);
        Budget { most, every, saved: most, at: now }
    }

    /// Takes one question, or says for how long there is none.
    ///
    /// # Errors
    /// The time until there is one again.
    pub fn take(&mut self, now: Duration) -> Result<(), Duration> {
        self.saved = self.most.min(self.saved + now.saturating_sub(self.at));
        self.at = self.at.max(now);
        match self.saved.checked_sub(self.every) {
            Some(rest) => {
                self.saved = rest;
                Ok(())
            }
            None => Err(self.every - self.saved),
        }
    }

    /// The question was answered, and costs nothing.
    pub fn give_back(&mut self) {
        self.saved = self.most.min(self.saved + self.every);
    }
}

/// Until when a step may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(Duration);

impl Deadline {
    #[must_use]
    pub fn new(now: Duration, limit: Duration) -> Deadline {
        Deadline(now + limit)
    }

    /// How much of it is left.
    #[must_use]
    pub fn left(self, now: Duration) -> Duration {
        self.0.saturating_sub(now)
    }

    #[must_use]
    pub fn is_over(self, now: Duration) -> bool {
        now >= self.0
    }
}
