//! How each move changes the shop. The hub's moves are the rule of its payment actor: not a byte of an attempt leaves before
//! the ledger has it as sent, and what nobody knows is asked about and never sent again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_domain::attempt::{
    Approval, AttemptStanding, CardFacts, DeclineReason, LOST_MARK, TenderOutcome,
};
use holdfast_domain::bounded::{Label, PoiMark, PoiReference};
use holdfast_domain::catalog::Catalog;
use holdfast_domain::ids::{AttemptId, EpochId, Uuid};
use holdfast_domain::money::Money;

use crate::device::{Sent, Word};
use crate::ledger::Ledger;
use crate::till::Slot;
use crate::world::{Bounds, Design, Job, Known, Move, Run, Trouble, World, mark_of, movement};

/// Of the hub that comes after the first one.
const SECOND: EpochId = EpochId(Uuid::from_u128(2));

impl World {
    pub fn play(&mut self, one: Move, bounds: &Bounds, catalog: &Catalog) {
        match one {
            Move::Ask(till, slot) => {
                let epoch = self.durable.state.epoch.expect("an epoch is open");
                self.tills[till].asked.insert(slot, epoch);
            }
            Move::Deliver(till, slot) => {
                let command = self.tills[till].command(slot);
                let (next, started) = self.run().memory.take(catalog, &command);
                self.write(next, bounds);
                self.run_mut().wanted.extend(started);
            }
            Move::Tell(till, slot) => {
                let till = &mut self.tills[till];
                let answer = self.durable.answers[&till.id(slot)].clone();
                till.told.insert(slot, answer);
            }
            Move::Offer(till, slot) => self.offer(till, slot, bounds),
            Move::Begin(attempt) => {
                self.run_mut().wanted.remove(&attempt);
                match self.run().memory.standing(attempt) {
                    Some(AttemptStanding::Started) => self.stand(attempt, Job::Begun),
                    Some(AttemptStanding::InDoubt { mark } | AttemptStanding::Disowned { mark }) => {
                        let mark = mark_of(mark);
                        self.stand(attempt, Job::Doubting(mark));
                    }
                    _ => {}
                }
            }
            Move::ReadMark(attempt) => self.stand(attempt, Job::Marked(self.device.mark())),
            Move::Record(attempt) => self.record(attempt, bounds),
            Move::Leave(attempt) => {
                let Job::Leaving(mark) = self.run().jobs[&attempt] else { unreachable!("it leaves") };
                self.request(attempt);
                self.stand(attempt, Job::Waiting(Some(mark)));
            }
            Move::Question(attempt) => {
                let (Job::Doubting(mark) | Job::Parked(mark, _)) = self.run().jobs[&attempt] else {
                    unreachable!("it is asked about")
                };
                self.question(attempt, mark);
            }
            Move::Settle(attempt) => self.settle(attempt, bounds),
            Move::SeeBroken(attempt) | Move::Trouble(Trouble::Impatience(attempt)) => {
                if matches!(one, Move::Trouble(_)) {
                    self.troubles += 1;
                }
                self.break_off(attempt, bounds);
            }
            Move::Arrive(place) => {
                let sent = self.line.remove(place);
                self.arrive(sent, bounds);
            }
            Move::Finish { attempt, approves } => {
                let word = self.device.finish(attempt, approves);
                self.hear(attempt, word);
            }
            Move::PowerOn => self.power_on(bounds),
            Move::Sync => self.durable = Arc::clone(&self.run().memory),
            Move::Replicate => self.copy = Arc::clone(&self.durable),
            Move::Trouble(trouble) => self.trouble(trouble, bounds),
        }
    }

    fn trouble(&mut self, trouble: Trouble, bounds: &Bounds) {
        self.troubles += 1;
        match trouble {
            Trouble::Crash => self.run = None,
            Trouble::Replace => {
                self.run = None;
                self.durable = self.copy.in_epoch(SECOND);
                // Nothing is read of it any more.
                self.copy = Arc::clone(&self.durable);
                self.replaced = true;
            }
            Trouble::Lose(place) => {
                self.line.remove(place);
            }
            Trouble::Twice(place) => self.arrive(self.line[place], bounds),
            Trouble::FinishUnheard { attempt, approves } => {
                self.device.finish(attempt, approves);
            }
            Trouble::Restart => self.device.restart(),
            Trouble::Unreachable(attempt) => self.stand(attempt, Job::Knows(Known::NotSent)),
            Trouble::Impatience(_) => unreachable!("it is a broken line"),
        }
    }

    fn run(&self) -> &Run {
        self.run.as_ref().expect("the hub runs")
    }

    fn run_mut(&mut self) -> &mut Run {
        self.run.as_mut().expect("the hub runs")
    }

    fn stand(&mut self, attempt: AttemptId, job: Job) {
        self.run_mut().jobs.insert(attempt, job);
    }

    /// One record, synced before anything that follows from it leaves. A crash before the sync and one before the decision
    /// come to the same, and so do one after the sync and one before the first effect.
    fn write(&mut self, next: Arc<Ledger>, bounds: &Bounds) {
        if bounds.design != Design::SendsBeforeDurable {
            self.durable = Arc::clone(&next);
        }
        self.run_mut().memory = next;
    }

    fn offer(&mut self, till: usize, slot: Slot, bounds: &Bounds) {
        let till = &self.tills[till];
        let offered = self.run().memory.offered(till.terminal, till.id(slot), &till.told[&slot]);
        let offered = offered.expect("it fits, or it would not be a move");
        // What may have left at another hub is asked about.
        let new = |id: &AttemptId| !self.run().memory.state.attempts.contains_key(id);
        let begun: Vec<_> = offered.state.attempts.keys().copied().filter(new).collect();
        self.write(offered, bounds);
        self.run_mut().wanted.extend(begun);
    }

    fn record(&mut self, attempt: AttemptId, bounds: &Bounds) {
        let Job::Marked(mark) = self.run().jobs[&attempt] else { unreachable!("it was marked") };
        let kept = PoiMark::new(&mark.to_string()).expect("a number is a mark");
        match self.run().memory.send(attempt, &kept) {
            Ok(next) => {
                self.write(next, bounds);
                self.stand(attempt, Job::Leaving(mark));
            }
            Err(_) => {
                self.run_mut().jobs.remove(&attempt);
            }
        }
    }

    fn request(&mut self, attempt: AttemptId) {
        let movement = movement(self.run().memory.attempt(attempt).expect("it is followed"));
        self.line.push(Sent::Request { attempt, movement });
    }

    fn question(&mut self, attempt: AttemptId, mark: Option<usize>) {
        let movement = movement(self.run().memory.attempt(attempt).expect("it is followed"));
        self.line.push(Sent::Question { attempt, movement, mark });
        self.stand(attempt, Job::Asking(mark));
    }

    /// No answer, and the hub gives up waiting for it.
    fn break_off(&mut self, attempt: AttemptId, bounds: &Bounds) {
        let (was_asked, mark) = match self.run().jobs[&attempt] {
            Job::Asking(mark) => (true, mark),
            Job::Waiting(mark) => (false, mark),
            _ => unreachable!("it waits"),
        };
        match bounds.design {
            Design::ResendsOnTimeout => {
                self.request(attempt);
                self.stand(attempt, Job::Waiting(mark));
            }
            Design::TakesBrokenLineForDecline => self.stand(attempt, Job::Knows(Known::TakenForDecline)),
            _ if was_asked && self.is_told(attempt) => self.stand(attempt, Job::Doubting(mark)),
            _ => self.stand(attempt, Job::Knows(Known::InDoubt(mark))),
        }
    }

    /// Whether the ledger has it already that nobody knows.
    fn is_told(&self, attempt: AttemptId) -> bool {
        let standing = self.run().memory.standing(attempt);
        matches!(standing, Some(AttemptStanding::InDoubt { .. } | AttemptStanding::Disowned { .. }))
    }

    fn arrive(&mut self, sent: Sent, bounds: &Bounds) {
        match sent {
            Sent::Request { attempt, movement } => {
                if let Some(word) = self.device.hear(attempt, movement) {
                    self.hear(attempt, word);
                }
            }
            Sent::Question { attempt, movement, mark } => {
                let closes = bounds.design != Design::BelievesNotFound;
                let word = self.device.say(attempt, movement, mark, closes);
                let asked = self.run.as_ref().and_then(|run| run.jobs.get(&attempt));
                // A question of a hub that is gone is answered on its line.
                if asked == Some(&Job::Asking(mark)) {
                    self.hear(attempt, word);
                }
            }
        }
    }

    /// The device's answer comes on the line that it was asked on: to a hub that still waits there, or to nobody. An answer
    /// about a mark that the ledger has forgotten meanwhile says nothing.
    fn hear(&mut self, attempt: AttemptId, word: Word) {
        let entries = self.device.book.len();
        if self.run.is_none() {
            return;
        }
        let told = self.is_told(attempt);
        let now = match self.run().memory.standing(attempt) {
            Some(
                AttemptStanding::Sent { mark }
                | AttemptStanding::InDoubt { mark }
                | AttemptStanding::Disowned { mark },
            ) => Some(mark_of(mark)),
            _ => None,
        };
        let run = self.run_mut();
        let next = match run.jobs.get(&attempt) {
            Some(Job::Asking(mark)) if now.is_some_and(|now| now != *mark) => Job::Doubting(now.flatten()),
            Some(Job::Asking(mark)) if word == Word::CannotSay && told => Job::Parked(*mark, entries),
            Some(Job::Waiting(mark) | Job::Asking(mark)) if word == Word::CannotSay => {
                Job::Knows(Known::InDoubt(*mark))
            }
            Some(Job::Waiting(_) | Job::Asking(_)) => Job::Knows(Known::Said(word)),
            _ => return,
        };
        run.jobs.insert(attempt, next);
    }

    /// What is known becomes durable.
    fn settle(&mut self, attempt: AttemptId, bounds: &Bounds) {
        let Job::Knows(known) = self.run().jobs[&attempt] else { unreachable!("it is known") };
        let outcome = match known {
            Known::Said(Word::Approved(number)) => self.approved(attempt, number),
            Known::Said(Word::Refused) => TenderOutcome::Declined(DeclineReason::Refusal),
            Known::Said(Word::NotFound) => TenderOutcome::Declined(DeclineReason::NotFound),
            Known::Said(Word::Busy) => TenderOutcome::Declined(DeclineReason::Busy),
            Known::TakenForDecline => TenderOutcome::Declined(DeclineReason::UnreachableHost),
            Known::NotSent => TenderOutcome::Declined(DeclineReason::NotSent),
            Known::Said(Word::CannotSay) | Known::InDoubt(_) => {
                TenderOutcome::InDoubt { cause: Label::new("HF-DEV-022").expect("a code") }
            }
        };
        self.run_mut().jobs.remove(&attempt);
        if let Ok((next, started)) = self.run().memory.settle(attempt, outcome) {
            self.write(next, bounds);
            self.run_mut().wanted.extend(started);
        }
        // A doubt that was told before, or that a person has spoken about meanwhile, is still one.
        if let (Known::InDoubt(mark), true) = (known, self.is_told(attempt)) {
            self.stand(attempt, Job::Doubting(mark));
        }
    }

    fn approved(&self, attempt: AttemptId, number: usize) -> TenderOutcome {
        let attempt = self.run().memory.attempt(attempt).expect("it is followed");
        TenderOutcome::Approved(Box::new(Approval {
            amount: attempt.amount,
            tip: Money::zero(attempt.amount.currency()),
            transaction: PoiReference::new(&number.to_string()).expect("a number is a reference"),
            card: CardFacts::default(),
            signature: false,
        }))
    }

    /// The hub reads its disk and takes up what is open there.
    fn power_on(&mut self, bounds: &Bounds) {
        let memory = Arc::clone(&self.durable);
        self.run = Some(Run { memory, wanted: BTreeSet::new(), jobs: BTreeMap::new() });
        self.take_up(bounds);
    }

    /// What is open and followed by nobody.
    fn take_up(&mut self, bounds: &Bounds) {
        let run = self.run();
        let unfollowed =
            |attempt: &AttemptId| !run.jobs.contains_key(attempt) && !run.wanted.contains(attempt);
        let open: Vec<_> = run
            .memory
            .state
            .attempts
            .values()
            .filter(|attempt| unfollowed(&attempt.id))
            .map(|attempt| (attempt.id, attempt.standing.clone()))
            .collect();
        for (attempt, standing) in open {
            match standing {
                // This hub lets nothing leave before its ledger has it as sent.
                AttemptStanding::Started => self.stand(attempt, Job::Knows(Known::NotSent)),
                AttemptStanding::Sent { mark }
                | AttemptStanding::InDoubt { mark }
                | AttemptStanding::Disowned { mark } => match bounds.design {
                    Design::ResendsOnTimeout if mark.as_str() != LOST_MARK => {
                        self.request(attempt);
                        self.stand(attempt, Job::Waiting(mark_of(&mark)));
                    }
                    _ => self.stand(attempt, Job::Doubting(mark_of(&mark))),
                },
                _ => {}
            }
        }
    }
}
