//! A driver behind a breaker: the shell that knows the time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::{Instant, timeout};

use super::{Breaker, BreakerHealth, Budget, Deadline, Limits, Permit, Verdict};
use crate::payment::{
    AttemptId, Capabilities, Fault, Health, Mark, Outcome, PaymentDriver, Request, Steps, Totals,
};

/// A breaker and a budget for one gateway. Clones are the same one: readers that share a gateway share it.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    limits: Limits,
    began: Instant,
    state: Mutex<(Breaker, Budget)>,
}

impl Gate {
    /// `name` is what people call the gateway.
    #[must_use]
    pub fn new(name: impl Into<String>, limits: Limits) -> Gate {
        let now = Duration::ZERO;
        Gate(Arc::new(Inner {
            name: name.into(),
            limits,
            began: Instant::now(),
            state: Mutex::new((Breaker::new(limits, now), Budget::new(&limits, now))),
        }))
    }

    #[must_use]
    pub fn health(&self) -> BreakerHealth {
        let now = self.now();
        self.state().0.health(now)
    }

    fn now(&self) -> Duration {
        self.0.began.elapsed()
    }

    fn state(&self) -> MutexGuard<'_, (Breaker, Budget)> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, verdict: Option<Verdict>) {
        let Some(verdict) = verdict else { return };
        // Without chance every store comes back at once, which is worse for the gateway and nothing else.
        let chance = getrandom::u32().unwrap_or_default();
        let now = self.now();
        let mut state = self.state();
        let before = state.0.health(now).state;
        state.0.note(verdict, now, chance);
        let after = state.0.health(now).state;
        drop(state);
        if before != after {
            tracing::warn!(gateway = %self.0.name, ?before, ?after, "a payment gateway's breaker changes");
        }
    }

    fn resting(&self, left: Duration) -> Fault {
        let seconds = left.as_millis().div_ceil(1_000);
        Fault::Resting {
            device: self.0.name.clone(),
            seconds: u64::try_from(seconds).unwrap_or(u64::MAX).max(1),
        }
    }

    /// Carries out a step for which nobody but the gateway is waited for. What takes too long is given up.
    async fn step<T>(
        &self,
        during: &'static str,
        step: impl Future<Output = Result<T, Fault>>,
    ) -> (Result<T, Fault>, Option<Verdict>) {
        let began = self.now();
        let deadline = Deadline::new(began, self.0.limits.slow);
        let done = match timeout(deadline.left(began), step).await {
            Ok(done) => done,
            Err(_) => Err(Fault::Silent { device: self.0.name.clone(), during }),
        };
        let verdict = match &done {
            Ok(_) => Some(self.0.limits.verdict(self.now().saturating_sub(began))),
            Err(fault) => of_fault(fault),
        };
        (done, verdict)
    }
}

/// What a fault says of the gateway. Nothing where the fault may be of our own making.
fn of_fault(fault: &Fault) -> Option<Verdict> {
    match fault {
        Fault::Unreachable { .. }
        | Fault::Disconnected { .. }
        | Fault::Silent { .. }
        | Fault::Garbled { .. } => Some(Verdict::Failed),
        Fault::Resting { seconds, .. } => Some(Verdict::AsksForRest(Duration::from_secs(*seconds))),
        Fault::Foreign { .. } | Fault::InProgress { .. } => Some(Verdict::Answered),
        Fault::NotTrusted { .. } | Fault::CannotSay { .. } | Fault::NotCapable { .. } => None,
    }
}

fn of_outcome(outcome: &Outcome) -> Option<Verdict> {
    match outcome {
        Outcome::Approved(_) | Outcome::Declined(_) => Some(Verdict::Answered),
        Outcome::Unresolved(fault) => of_fault(fault),
    }
}

/// A driver that begins no payment while its gateway is left alone: [`PaymentDriver::mark`], which comes before every attempt,
/// says [`Fault::Resting`] then. What is under way already, and what an abort says, always passes.
#[derive(Debug)]
pub struct Guarded<D> {
    driver: D,
    gate: Gate,
}

impl<D: PaymentDriver> Guarded<D> {
    #[must_use]
    pub fn new(driver: D, gate: Gate) -> Guarded<D> {
        Guarded { driver, gate }
    }

    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    #[must_use]
    pub fn driver(&self) -> &D {
        &self.driver
    }
}

impl<D: PaymentDriver> PaymentDriver for Guarded<D> {
    fn capabilities(&self) -> Capabilities {
        self.driver.capabilities()
    }

    fn mark(&self) -> BoxFuture<'_, Result<Mark, Fault>> {
        Box::pin(async {
            let now = self.gate.now();
            let permit = self.gate.state().0.may_begin(now);
            match permit {
                Permit::Go => {}
                Permit::Rest(left) => return Err(self.gate.resting(left)),
                Permit::Probe => {
                    let (answered, verdict) = self.gate.step("a probe", self.driver.diagnose()).await;
                    // A fault that says nothing of the gateway is an answer here: something answered, or nothing was sent.
                    let verdict = verdict.unwrap_or(Verdict::Answered);
                    self.gate.note(Some(verdict));
                    match (verdict, answered) {
                        (Verdict::Answered, _) => {}
                        (_, Err(fault)) => return Err(fault),
                        (_, Ok(_)) => return Err(self.gate.resting(self.gate.health().rests)),
                    }
                }
            }
            let (mark, verdict) = self.gate.step("a mark", self.driver.mark()).await;
            // Many marks are made without a word to anybody, so that one is made is no answer of the gateway's.
            self.gate.note(verdict.filter(|verdict| *verdict != Verdict::Answered));
            mark
        })
    }

    fn carry_out<'a>(
        &'a self,
        request: &'a Request,
        mark: &'a Mark,
        steps: &'a Steps,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let outcome = self.driver.carry_out(request, mark, steps).await;
            self.gate.note(of_outcome(&outcome));
            outcome
        })
    }

    fn ask<'a>(&'a self, request: &'a Request, mark: &'a Mark) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let now = self.gate.now();
            let taken = self.gate.state().1.take(now);
            if let Err(left) = taken {
                return Outcome::Unresolved(self.gate.resting(left));
            }
            let deadline = Deadline::new(now, self.gate.0.limits.question);
            let asked = timeout(deadline.left(now), self.driver.ask(request, mark)).await;
            let outcome = asked.unwrap_or_else(|_| {
                let during = "asking about a payment";
                Outcome::Unresolved(Fault::Silent { device: self.gate.0.name.clone(), during })
            });
            let verdict = of_outcome(&outcome);
            if verdict == Some(Verdict::Answered) {
                self.gate.state().1.give_back();
            }
            self.gate.note(verdict);
            outcome
        })
    }

    fn abort(&self, attempt: AttemptId) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            let (done, verdict) = self.gate.step("an abort", self.driver.abort(attempt)).await;
            self.gate.note(verdict.filter(|verdict| *verdict != Verdict::Answered));
            done
        })
    }

    fn reconcile(&self) -> BoxFuture<'_, Result<Totals, Fault>> {
        Box::pin(async {
            let done = self.driver.reconcile().await;
            self.gate.note(done.as_ref().err().and_then(of_fault));
            done
        })
    }

    fn diagnose(&self) -> BoxFuture<'_, Result<Health, Fault>> {
        Box::pin(async {
            let (done, verdict) = self.gate.step("a diagnosis", self.driver.diagnose()).await;
            self.gate.note(verdict);
            done
        })
    }
}
