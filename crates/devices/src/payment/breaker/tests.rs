use std::sync::atomic::{AtomicU32, Ordering};

use futures::future::BoxFuture;
use holdfast_money::{Currency, Money};
use proptest::prelude::*;
use tokio::time::{advance, sleep};

use super::*;
use crate::payment::{
    AttemptId, Capabilities, Decline, ErrorCondition, Fault, Health, Mark, Outcome, PaymentDriver, Refunds,
    Request, SaleReference, Service, Steps, Totals,
};

const LIMITS: Limits = Limits {
    failures_max: 3,
    window: Duration::from_secs(60),
    rest_first: Duration::from_secs(4),
    rest_most: Duration::from_secs(32),
    slow: Duration::from_secs(2),
    question: Duration::from_secs(30),
    questions_max: 5,
    question_every: Duration::from_secs(10),
};

#[derive(Debug, Clone, Copy)]
enum Wish {
    Begin,
    Ask,
}

fn wishes(most_ms: u64) -> impl Strategy<Value = Vec<(u64, Wish, u32)>> {
    let wish = prop_oneof![Just(Wish::Begin), Just(Wish::Ask)];
    prop::collection::vec((0..most_ms, wish, any::<u32>()), 1..400)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A gateway that is reached through both, and answers or not.
struct Play {
    breaker: Breaker,
    budget: Budget,
    now: Duration,
    reached: Vec<Duration>,
}

impl Play {
    fn new() -> Play {
        let now = Duration::ZERO;
        let (breaker, budget) = (Breaker::new(LIMITS, now), Budget::new(&LIMITS, now));
        Play { breaker, budget, now, reached: Vec::new() }
    }

    fn wish(&mut self, wish: Wish, verdict: Verdict, chance: u32) -> bool {
        let may = match wish {
            Wish::Begin => !matches!(self.breaker.may_begin(self.now), Permit::Rest(_)),
            Wish::Ask => self.budget.take(self.now).is_ok(),
        };
        if may {
            self.reached.push(self.now);
            self.breaker.note(verdict, self.now, chance);
            if verdict == Verdict::Answered {
                self.budget.give_back();
            }
        }
        may
    }

    fn most_within(&self, span: Duration) -> usize {
        let within =
            |from: &Duration| self.reached.iter().filter(|at| (*from..*from + span).contains(*at)).count();
        self.reached.iter().map(within).max().unwrap_or(0)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_dead_gateway_is_reached_seldom(wishes in wishes(3_000), span in 1_u64..300) {
        let mut play = Play::new();
        for (pause, wish, chance) in wishes {
            play.now += Duration::from_millis(pause);
            play.wish(wish, Verdict::Failed, chance);
        }
        let (most, limit) = (play.most_within(seconds(span)), LIMITS.attempts_max(seconds(span)));
        prop_assert!(most <= limit as usize, "{most} times in {span} seconds, {limit} are allowed");
    }

    #[test]
    fn a_slow_gateway_is_a_dead_one(wishes in wishes(3_000), took in 2_001_u64..60_000) {
        let verdict = LIMITS.verdict(Duration::from_millis(took));
        prop_assert_eq!(verdict, Verdict::Failed);
        let mut play = Play::new();
        for (pause, wish, chance) in wishes {
            play.now += Duration::from_millis(pause);
            play.wish(wish, verdict, chance);
        }
        let span = seconds(60);
        prop_assert!(play.most_within(span) <= LIMITS.attempts_max(span) as usize);
    }

    #[test]
    fn one_that_is_back_is_used_again_in_time(wishes in wishes(3_000), every in 1_u64..1_000) {
        let mut play = Play::new();
        for (pause, wish, chance) in wishes {
            play.now += Duration::from_millis(pause);
            play.wish(wish, Verdict::Failed, chance);
        }
        // It is back now, and somebody wants to pay again and again.
        let back = play.now;
        while !play.wish(Wish::Begin, Verdict::Answered, 0) {
            play.now += Duration::from_millis(every);
            prop_assert!(play.now <= back + LIMITS.recovery_max() + Duration::from_millis(every));
        }
        prop_assert_eq!(play.breaker.health(play.now).state, BreakerState::Closed);
    }

    #[test]
    fn one_that_answers_is_never_left_alone(wishes in wishes(200)) {
        let mut play = Play::new();
        for (pause, wish, chance) in wishes {
            play.now += Duration::from_millis(pause);
            prop_assert!(play.wish(wish, Verdict::Answered, chance));
        }
    }

    #[test]
    fn one_that_asks_for_rest_gets_it(asked in 1_u64..1_000, chance in any::<u32>()) {
        let mut breaker = Breaker::new(LIMITS, Duration::ZERO);
        breaker.note(Verdict::AsksForRest(seconds(asked)), Duration::ZERO, chance);
        let rest = seconds(asked).min(ASKED_REST_MAX);
        prop_assert_eq!(breaker.may_begin(Duration::ZERO), Permit::Rest(rest));
        prop_assert_eq!(breaker.may_begin(rest), Permit::Probe);
    }
}

#[test]
fn only_one_probes() {
    let mut breaker = Breaker::new(LIMITS, Duration::ZERO);
    for _ in 0..3 {
        assert_eq!(breaker.may_begin(Duration::ZERO), Permit::Go);
        breaker.note(Verdict::Failed, Duration::ZERO, u32::MAX);
    }
    let health = breaker.health(seconds(1));
    assert_eq!((health.state, health.failures, health.since), (BreakerState::Open, 3, seconds(1)));
    assert!(matches!(breaker.may_begin(seconds(4)), Permit::Rest(_)), "chance makes it longer");
    assert_eq!(breaker.may_begin(seconds(5)), Permit::Probe);
    assert_eq!(breaker.health(seconds(5)).state, BreakerState::HalfOpen);
    assert_eq!(breaker.may_begin(seconds(5)), Permit::Rest(LIMITS.slow));
    // Whoever probes is gone; somebody else does.
    assert_eq!(breaker.may_begin(seconds(7)), Permit::Probe);
    breaker.note(Verdict::Failed, seconds(8), 0);
    // The second rest is twice as long, here less a quarter.
    assert_eq!(breaker.may_begin(seconds(8)), Permit::Rest(seconds(6)));
    assert_eq!(breaker.may_begin(seconds(14)), Permit::Probe);
    breaker.note(Verdict::Answered, seconds(14), 0);
    assert_eq!(breaker.may_begin(seconds(14)), Permit::Go);
}

#[test]
fn answers_outweigh_failures() {
    let mut breaker = Breaker::new(LIMITS, Duration::ZERO);
    for second in 0..20 {
        breaker.note(Verdict::Failed, seconds(second), 0);
        breaker.note(Verdict::Answered, seconds(second), 0);
    }
    assert_eq!(breaker.health(seconds(20)).state, BreakerState::Closed);
    for second in [20, 21, 90, 91] {
        breaker.note(Verdict::Failed, seconds(second), 0);
    }
    assert_eq!(breaker.health(seconds(91)).state, BreakerState::Closed, "old ones do not count");
    breaker.note(Verdict::Failed, seconds(92), 0);
    assert_eq!(breaker.health(seconds(92)).state, BreakerState::Open);
}

#[test]
fn a_budget_fills_with_time() {
    let mut budget = Budget::new(&LIMITS, Duration::ZERO);
    assert!((0..5).all(|_| budget.take(Duration::ZERO).is_ok()));
    assert_eq!(budget.take(seconds(4)), Err(seconds(6)));
    assert_eq!(budget.take(seconds(10)), Ok(()));
    assert!(budget.take(seconds(10)).is_err());
    budget.give_back();
    assert!(budget.take(seconds(10)).is_ok());
}

#[test]
fn a_deadline_ends() {
    let deadline = Deadline::new(seconds(3), seconds(4));
    assert_eq!((deadline.left(seconds(5)), deadline.is_over(seconds(6))), (seconds(2), false));
    assert_eq!((deadline.left(seconds(9)), deadline.is_over(seconds(7))), (Duration::ZERO, true));
}

/// A driver whose gateway takes so many milliseconds for every answer, and whose marks cost nothing.
#[derive(Debug, Default)]
struct Scripted {
    takes_ms: AtomicU32,
    reached: AtomicU32,
}

impl Scripted {
    async fn reach(&self) {
        self.reached.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(self.takes_ms.load(Ordering::SeqCst).into())).await;
    }

    /// The driver itself gives up after five seconds.
    async fn pay(&self) -> Outcome {
        match tokio::time::timeout(seconds(5), self.reach()).await {
            Ok(()) => Outcome::Declined(Decline::new(ErrorCondition::Refusal, None)),
            Err(_) => Outcome::Unresolved(Fault::Silent { device: "scripted".to_owned(), during: "a test" }),
        }
    }
}

impl PaymentDriver for Scripted {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            refunds: Refunds::None,
            reversal: false,
            partial: false,
            tip: false,
            abort: false,
            status: true,
            finds_by_id: false,
            totals: false,
            needs_wan: true,
        }
    }

    fn mark(&self) -> BoxFuture<'_, Result<Mark, Fault>> {
        Box::pin(async { Ok(Mark::none()) })
    }

    fn carry_out<'a>(&'a self, _: &'a Request, _: &'a Mark, _: &'a Steps) -> BoxFuture<'a, Outcome> {
        Box::pin(self.pay())
    }

    fn ask<'a>(&'a self, _: &'a Request, _: &'a Mark) -> BoxFuture<'a, Outcome> {
        Box::pin(self.pay())
    }

    fn abort(&self, _: AttemptId) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async { Ok(()) })
    }

    fn reconcile(&self) -> BoxFuture<'_, Result<Totals, Fault>> {
        Box::pin(async { Ok(Totals::default()) })
    }

    fn diagnose(&self) -> BoxFuture<'_, Result<Health, Fault>> {
        Box::pin(async {
            self.reach().await;
            Ok(Health { ready: true, says: "ready".to_owned() })
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_driver_behind_a_breaker_begins_nothing_at_a_slow_gateway() {
    let guarded = Guarded::new(Scripted::default(), Gate::new("scripted", LIMITS));
    let request = Request {
        attempt: AttemptId(1),
        sale: SaleReference::new("K1/1").expect("a reference"),
        service: Service::Payment { tip: None },
        amount: Money::from_minor(1, Currency::EUR),
    };
    let (mark, steps) = (Mark::none(), Steps::channel().0);
    let state = || guarded.gate().health().state;
    let reached = || guarded.driver().reached.load(Ordering::SeqCst);
    guarded.driver().takes_ms.store(60_000, Ordering::SeqCst);
    for _ in 0..3 {
        assert!(guarded.mark().await.is_ok());
        guarded.carry_out(&request, &mark, &steps).await;
    }
    assert_eq!((state(), reached()), (BreakerState::Open, 3));
    assert!(matches!(guarded.mark().await, Err(Fault::Resting { .. })));
    assert_eq!(reached(), 3);

    // The probe is given up in its time, and the gateway left alone again.
    advance(seconds(6)).await;
    assert_eq!(state(), BreakerState::HalfOpen);
    assert!(matches!(guarded.mark().await, Err(Fault::Silent { .. })));
    assert_eq!((state(), reached()), (BreakerState::Open, 4));

    // Questions go on, as many as there may be.
    let mut refused = 0;
    for _ in 0..12 {
        let outcome = guarded.ask(&request, &mark).await;
        refused += u32::from(matches!(outcome, Outcome::Unresolved(Fault::Resting { .. })));
    }
    assert_eq!((refused, reached()), (3, 13), "five, and four more in the 45 seconds that the nine take");

    // It is back, though not fast: that is still too slow to begin payments.
    guarded.driver().takes_ms.store(2_500, Ordering::SeqCst);
    advance(seconds(60)).await;
    assert!(guarded.mark().await.is_err());
    guarded.driver().takes_ms.store(100, Ordering::SeqCst);
    advance(seconds(60)).await;
    assert!(guarded.mark().await.is_ok());
    assert_eq!(state(), BreakerState::Closed);
}
