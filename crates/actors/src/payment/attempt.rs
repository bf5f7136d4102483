//! The way of one attempt from its intent to its outcome.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use holdfast_devices::payment::{
    Approval, ErrorCondition, Fault, Mark, Outcome, PaymentDriver, Request, Service, Steps,
};
use holdfast_domain::attempt::{Attempt, AttemptStanding, DeclineReason, LOST_MARK, TenderOutcome};
use holdfast_domain::bounded::{DeviceName, PoiMark};
use holdfast_domain::command::HubCommand;
use holdfast_domain::shift::Mode;
use holdfast_planted::{Bug, is_planted};
use tokio::time::timeout;

use super::{PaymentPatience, PaymentSetup, StopFlag, words};
use crate::house::House;
use crate::ledger::{LedgerError, LedgerHandle, OpenTenders};

/// How long until the ledger is asked again that was not there or had no room.
pub(super) const LEDGER_AGAIN: Duration = Duration::from_millis(250);

/// How an attempt ended, for the actor's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Approved,
    Declined,
    /// A person said so, or it had ended before.
    Otherwise,
}

/// What is known of an attempt while it is followed.
#[derive(Debug)]
pub(super) struct Course {
    pub driver: Arc<dyn PaymentDriver>,
    patience: PaymentPatience,
    /// It is to stop before it leaves.
    pub abort: StopFlag,
    pub asked: AtomicU64,
    fault: Mutex<Option<String>>,
}

impl Course {
    pub fn new(setup: &PaymentSetup, attempt: &Attempt) -> Self {
        let driver = match attempt.stamp.mode {
            Mode::Live => &setup.driver,
            Mode::Training => &setup.practice,
        };
        Self {
            driver: Arc::clone(driver),
            patience: setup.patience,
            abort: StopFlag::new(false),
            asked: AtomicU64::new(0),
            fault: Mutex::new(None),
        }
    }

    pub fn doubted(&self) -> bool {
        self.fault().is_some()
    }

    pub fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn doubt(&self, fault: &Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault.to_string());
    }
}

/// What the ledger has open at a device, once all of it is durable. It waits for a ledger that is not there yet.
pub(super) async fn open_at(ledger: &LedgerHandle, device: &DeviceName) -> OpenTenders {
    loop {
        match ledger.open_tenders(device).await {
            Ok(open) => return open,
            Err(_) => tokio::time::sleep(LEDGER_AGAIN).await,
        }
    }
}

/// Follows an attempt until the ledger knows what became of it. `before`: an actor before this one may have let it leave.
pub(super) async fn follow(house: &Arc<House>, course: &Course, attempt: Attempt, before: bool) -> Ending {
    let ledger = LedgerHandle { house: Arc::clone(house) };
    let request = words::request(&attempt);
    match &attempt.standing {
        AttemptStanding::Started if before => {
            // This hub lets nothing leave before the ledger has it as sent.
            settle(&ledger, &attempt, declined(DeclineReason::NotSent)).await
        }
        AttemptStanding::Started => match send(&ledger, course, &attempt).await {
            Ok(mark) => {
                // A hub before this one may have sent the same attempt, and its history may be lost.
                let known = match course.driver.capabilities().finds_by_id {
                    true => Some(ask(course, &attempt, &request, &mark).await),
                    false => None,
                };
                let outcome = match known {
                    None => carry_out(house, course, &attempt, &request, &mark).await,
                    Some(Outcome::Declined(said)) if said.condition == ErrorCondition::NotFound => {
                        carry_out(house, course, &attempt, &request, &mark).await
                    }
                    Some(known) => known,
                };
                resolve(&ledger, course, &attempt, &request, &mark, Some(outcome)).await
            }
            Err(ending) => ending,
        },
        AttemptStanding::Sent { mark }
        | AttemptStanding::InDoubt { mark }
        | AttemptStanding::Disowned { mark } => {
            let mark = words::mark(mark);
            if is_planted(Bug::ResentWithoutAsking) {
                let outcome = carry_out(house, course, &attempt, &request, &mark).await;
                return resolve(&ledger, course, &attempt, &request, &mark, Some(outcome)).await;
            }
            resolve(&ledger, course, &attempt, &request, &mark, None).await
        }
        _ => Ending::Otherwise,
    }
}

fn declined(reason: DeclineReason) -> TenderOutcome {
    TenderOutcome::Declined(reason)
}

/// Makes durable what the device said last, and that the attempt leaves now.
async fn send(ledger: &LedgerHandle, course: &Course, attempt: &Attempt) -> Result<Mark, Ending> {
    let mark = match timeout(course.patience.mark, course.driver.mark()).await {
        Ok(Ok(mark)) => mark,
        Ok(Err(fault)) => {
            course.doubt(&fault);
            tracing::info!(code = fault.code(), device = %attempt.device, "a payment was not begun");
            return Err(settle(ledger, attempt, declined(DeclineReason::NotSent)).await);
        }
        Err(_) => return Err(settle(ledger, attempt, declined(DeclineReason::NotSent)).await),
    };
    if course.abort.load(Ordering::Acquire) {
        return Err(settle(ledger, attempt, declined(DeclineReason::Aborted)).await);
    }
    if is_planted(Bug::SentBeforeIntent) {
        return Ok(mark);
    }
    let kept = PoiMark::new(mark.as_str()).or_else(|_| PoiMark::new(LOST_MARK));
    let send = HubCommand::SendTender {
        attempt: attempt.id,
        mark: kept.expect("what stands for a lost mark is short and plain"),
    };
    match ledger.hub_command(send).await {
        Ok(_) => Ok(mark),
        // Nobody knows whether it was recorded as sent: it does not leave, and says so.
        Err(
            LedgerError::Timeout | LedgerError::Unavailable | LedgerError::StaleFacts | LedgerError::Unread,
        ) => Err(settle(ledger, attempt, declined(DeclineReason::NotFound)).await),
        Err(LedgerError::Busy) => Err(settle(ledger, attempt, declined(DeclineReason::NotSent)).await),
        Err(LedgerError::Refused(_)) => Err(Ending::Otherwise),
    }
}

async fn carry_out(
    house: &Arc<House>,
    course: &Course,
    attempt: &Attempt,
    request: &Request,
    mark: &Mark,
) -> Outcome {
    let (steps, mut seen) = Steps::channel();
    let work = async {
        let outcome = course.driver.carry_out(request, mark, &steps).await;
        drop(steps);
        outcome
    };
    let telling = async {
        while let Some(step) = seen.recv().await {
            house.tell_step(attempt, super::step(step));
        }
    };
    match timeout(course.patience.carry_out, async { tokio::join!(work, telling).0 }).await {
        Ok(outcome) => outcome,
        Err(_) => {
            Outcome::Unresolved(Fault::Silent { device: attempt.device.to_string(), during: "the payment" })
        }
    }
}

async fn ask(course: &Course, attempt: &Attempt, request: &Request, mark: &Mark) -> Outcome {
    match timeout(course.patience.ask, course.driver.ask(request, mark)).await {
        Ok(known) => known,
        Err(_) => Outcome::Unresolved(Fault::Silent {
            device: attempt.device.to_string(),
            during: "the question what became of a payment",
        }),
    }
}

/// Brings what became of an attempt into the ledger. While nobody knows, the device is asked, first at once and then less
/// and less often.
async fn resolve(
    ledger: &LedgerHandle,
    course: &Course,
    attempt: &Attempt,
    request: &Request,
    mark: &Mark,
    mut outcome: Option<Outcome>,
) -> Ending {
    let mut mark = mark.clone();
    let mut told =
        matches!(attempt.standing, AttemptStanding::InDoubt { .. } | AttemptStanding::Disowned { .. });
    let mut pause = course.patience.ask_again;
    loop {
        let known = match outcome.take() {
            Some(known) => known,
            None => {
                course.asked.fetch_add(1, Ordering::Relaxed);
                let said = ask(course, attempt, request, &mark).await;
                let now = mark_now(ledger, course, attempt).await.filter(|now| *now != mark);
                match now {
                    None => said,
                    // Something else left for the device meanwhile, and its answer may be about that.
                    Some(now) => {
                        mark = now;
                        Outcome::Unresolved(Fault::CannotSay {
                            device: attempt.device.to_string(),
                            what: "it was given something else since the attempt began".to_owned(),
                        })
                    }
                }
            }
        };
        let mark = &mark;
        let gone = match &known {
            Outcome::Approved(approved) if mark.as_str() == LOST_MARK => {
                went_back(course, attempt, request, approved, mark).await
            }
            _ => Ok(false),
        };
        let known = match gone {
            Ok(false) => words::outcome(attempt, known, ledger.house.clock.now()),
            Ok(true) => Ok(declined(DeclineReason::GivenBack)),
            Err(fault) => Err(fault),
        };
        match known {
            Ok(outcome) => return settle(ledger, attempt, outcome).await,
            Err(fault) => {
                course.doubt(&fault);
                if is_planted(Bug::DoubtTakenForDecline) {
                    return settle(ledger, attempt, declined(DeclineReason::UnreachableHost)).await;
                }
                if !told {
                    tracing::warn!(code = fault.code(), device = %attempt.device, "a payment is in doubt");
                    let cause = words::cause(&fault);
                    settle(ledger, attempt, TenderOutcome::InDoubt { cause }).await;
                    told = true;
                }
            }
        }
        if !course.driver.capabilities().status {
            // Nothing can be asked: a person has to look.
            return Ending::Otherwise;
        }
        let jitter = words::quarter_at_most(pause, ledger.house.ids.random());
        tokio::time::sleep(pause + jitter).await;
        pause = (pause * 2).min(course.patience.ask_again_max);
    }
}

/// By what the ledger has an attempt found now. None where its driver needs nothing but the id, and for what is known.
async fn mark_now(ledger: &LedgerHandle, course: &Course, attempt: &Attempt) -> Option<Mark> {
    if course.driver.capabilities().finds_by_id {
        return None;
    }
    let open = open_at(ledger, &attempt.device).await;
    open.attempts.iter().find(|open| open.id == attempt.id).and_then(|open| match &open.standing {
        AttemptStanding::Sent { mark }
        | AttemptStanding::InDoubt { mark }
        | AttemptStanding::Disowned { mark } => Some(words::mark(mark)),
        _ => None,
    })
}

/// Where the hub that sent an attempt is gone with what it knew, it may have given the money back by itself: the device is
/// asked about that too.
async fn went_back(
    course: &Course,
    attempt: &Attempt,
    request: &Request,
    approved: &Approval,
    mark: &Mark,
) -> Result<bool, Fault> {
    if !course.driver.capabilities().finds_by_id || !matches!(request.service, Service::Payment { .. }) {
        return Ok(false);
    }
    match ask(course, attempt, &words::reversal(attempt, request, approved), mark).await {
        Outcome::Approved(_) => Ok(true),
        Outcome::Declined(_) => Ok(false),
        Outcome::Unresolved(fault) => Err(fault),
    }
}

/// Tells the ledger until it has heard. A refusal is an answer: the attempt has ended otherwise.
async fn settle(ledger: &LedgerHandle, attempt: &Attempt, outcome: TenderOutcome) -> Ending {
    let ending = match &outcome {
        TenderOutcome::Approved(_) | TenderOutcome::ApprovedOffline { .. } => Ending::Approved,
        TenderOutcome::Declined(_) => Ending::Declined,
        TenderOutcome::InDoubt { .. } => Ending::Otherwise,
    };
    loop {
        let command = HubCommand::SettleTender { attempt: attempt.id, outcome: outcome.clone() };
        match ledger.hub_command(command).await {
            Ok(_) => return ending,
            Err(LedgerError::Refused(refusal)) => {
                tracing::info!(code = refusal.code(), device = %attempt.device, "an outcome changed nothing");
                return Ending::Otherwise;
            }
            Err(_) => tokio::time::sleep(LEDGER_AGAIN).await,
        }
    }
}
