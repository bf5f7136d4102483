//! The whole shop as one state: tills, a hub of which memory and disk are two things, a line, a device. Every move that any of
//! them can make is listed here, and every thing that can go wrong; [`crate::moves`] makes them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_domain::attempt::{Attempt, AttemptStanding, LOST_MARK, Purpose};
use holdfast_domain::bounded::PoiMark;
use holdfast_domain::ids::AttemptId;
use holdfast_domain::order::OrderState;

use crate::device::{Device, Kind, Movement, Sent, Word};
use crate::ledger::Ledger;
use crate::till::{ATTEMPTS, PAYS, Slot, Till};

/// What the hub does otherwise than ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    Ours,
    /// Whatever is not answered in time is sent again.
    ResendsOnTimeout,
    /// Devices hear of what is decided, and the disk afterwards.
    SendsBeforeDurable,
    /// A line that broke is taken for a decline.
    TakesBrokenLineForDecline,
    /// A gateway's word that it never heard of an attempt is believed, though the attempt may still be on its way.
    BelievesNotFound,
}

/// How much is tried.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub kind: Kind,
    pub design: Design,
    pub tills: usize,
    /// How many things go wrong in one run, of whatever kind.
    pub troubles: u8,
    /// Whether the hub's disk can be lost, and another hub goes on with a part of its history.
    pub replaces: bool,
    /// Whether people pay in cash, try again, and say what they saw.
    pub people: bool,
}

/// Where the hub is with an attempt. All of it is lost in a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Job {
    /// Durable as started.
    Begun,
    /// The device said what it booked last.
    Marked(usize),
    /// Durable as sent; not a byte has left.
    Leaving(usize),
    /// It has left, and no answer is here.
    Waiting(Option<usize>),
    /// The device is to be asked what became of it.
    Doubting(Option<usize>),
    Asking(Option<usize>),
    /// The device could not say, and its book had so many entries then.
    Parked(Option<usize>, usize),
    /// This is to become durable.
    Knows(Known),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Known {
    Said(Word),
    NotSent,
    /// The line broke or the answer took too long, after this mark.
    InDoubt(Option<usize>),
    TakenForDecline,
}

/// The hub while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Run {
    /// What it decides on. The same as what is durable, but in a design that sends first.
    pub memory: Arc<Ledger>,
    /// Effects of what is durable, on their way to the device's actor.
    pub wanted: BTreeSet<AttemptId>,
    pub jobs: BTreeMap<AttemptId, Job>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub tills: Vec<Till>,
    pub durable: Arc<Ledger>,
    /// What HQ has of it.
    pub copy: Arc<Ledger>,
    /// None while it is down.
    pub run: Option<Run>,
    pub line: Vec<Sent>,
    pub device: Device,
    pub troubles: u8,
    pub replaced: bool,
}

/// One move. What begins with a till's number is its own or about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    Ask(usize, Slot),
    Deliver(usize, Slot),
    Tell(usize, Slot),
    Offer(usize, Slot),
    Begin(AttemptId),
    ReadMark(AttemptId),
    Record(AttemptId),
    Leave(AttemptId),
    Question(AttemptId),
    Settle(AttemptId),
    /// No answer will come any more, and the hub sees it.
    SeeBroken(AttemptId),
    Arrive(usize),
    Finish {
        attempt: AttemptId,
        approves: bool,
    },
    PowerOn,
    Sync,
    Replicate,
    Trouble(Trouble),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    Crash,
    Replace,
    /// What is on the line is lost.
    Lose(usize),
    /// A gateway gets it once more.
    Twice(usize),
    /// It books, or not, and its answer is lost.
    FinishUnheard {
        attempt: AttemptId,
        approves: bool,
    },
    Restart,
    /// The hub waits no longer for something that is still under way.
    Impatience(AttemptId),
    Unreachable(AttemptId),
}

impl Move {
    /// Whether it happens by itself as long as device and hub are up: nobody decides it, and nothing breaks.
    fn is_of_itself(self) -> bool {
        !matches!(self, Self::Ask(..) | Self::Replicate | Self::Trouble(_))
    }
}

pub fn movement(attempt: &Attempt) -> Movement {
    match &attempt.purpose {
        Purpose::Sale { .. } => Movement::Payment,
        Purpose::Refund { transaction, .. } | Purpose::Reversal { transaction, .. } => {
            Movement::Reversal { of: transaction.as_str().parse().expect("the device's own number") }
        }
    }
}

/// None for one that was lost with its hub.
pub fn mark_of(mark: &PoiMark) -> Option<usize> {
    (mark.as_str() != LOST_MARK).then(|| mark.as_str().parse().expect("the model's own mark"))
}

impl World {
    /// Every move that changes something.
    pub fn moves(&self, bounds: &Bounds, moves: &mut Vec<Move>) {
        self.moves_of_people(bounds, moves);
        self.moves_between_till_and_hub(moves);
        if let Some(run) = &self.run {
            self.moves_of_hub(run, moves);
            self.moves_of_impatience(run, bounds, moves);
            if run.memory != self.durable {
                moves.push(Move::Sync);
            }
        } else {
            moves.push(Move::PowerOn);
        }
        self.moves_of_device(bounds, moves);
        if bounds.replaces && !self.replaced && self.copy != self.durable {
            moves.push(Move::Replicate);
        }
        if self.troubles < bounds.troubles {
            if self.run.is_some() {
                moves.push(Move::Trouble(Trouble::Crash));
            }
            if bounds.replaces && !self.replaced {
                moves.push(Move::Trouble(Trouble::Replace));
            }
        }
    }

    fn moves_of_people(&self, bounds: &Bounds, moves: &mut Vec<Move>) {
        let Some(run) = &self.run else { return };
        for (number, till) in self.tills.iter().enumerate() {
            // Whoever stands at a till asks one thing and waits for the answer.
            if till.asked.keys().any(|slot| till.waits_for(*slot)) {
                continue;
            }
            let standing = |attempt: u8| run.memory.standing(till.attempt(attempt));
            let open =
                run.memory.state.orders.get(&till.order).is_some_and(|o| o.state == OrderState::Placed);
            let mut may = |slot: Slot, now: bool| {
                if now && !till.has_asked(slot) {
                    moves.push(Move::Ask(number, slot));
                }
            };
            may(Slot::Start(0), true);
            if !open {
                continue;
            }
            let held = (0..ATTEMPTS).any(|of| matches!(standing(of), Some(AttemptStanding::Held(_))));
            if let Some(next) = (0..PAYS).find(|n| !till.has_asked(Slot::PayHeld(*n))) {
                may(Slot::PayHeld(next), held);
            }
            if !bounds.people || till.has_sold() {
                continue;
            }
            let over = |attempt: u8| {
                let over = match standing(attempt) {
                    Some(standing) => matches!(
                        standing,
                        AttemptStanding::Declined(_)
                            | AttemptStanding::InDoubt { .. }
                            | AttemptStanding::Disowned { .. }
                    ),
                    None => true,
                };
                over && till.told.contains_key(&Slot::Start(attempt))
            };
            may(Slot::Start(1), over(0) && !held);
            may(Slot::PayCash, over(0) && !held);
            for of in 0..ATTEMPTS {
                let Some(AttemptStanding::InDoubt { mark }) = standing(of) else { continue };
                let attempt = till.attempt(of);
                let charged = self.device.kept(attempt) > 0;
                let gone = self.device.is_idle() && self.line.is_empty();
                may(Slot::Resolve { attempt: of, charged: true }, charged);
                // Where the device can still be asked, people may be wrong: it has the last word.
                let sees = gone && !charged;
                may(Slot::Resolve { attempt: of, charged: false }, sees || mark_of(mark).is_some());
            }
        }
    }

    fn moves_between_till_and_hub(&self, moves: &mut Vec<Move>) {
        let Some(run) = &self.run else { return };
        for (number, till) in self.tills.iter().enumerate() {
            for slot in till.asked.keys().copied() {
                let id = till.id(slot);
                match (run.memory.answers.get(&id), till.told.get(&slot)) {
                    (None, None) => moves.push(Move::Deliver(number, slot)),
                    // The answer leaves when it is durable, whatever the design does to devices.
                    (Some(_), None) if self.durable.answers.contains_key(&id) => {
                        moves.push(Move::Tell(number, slot));
                    }
                    (None, Some(told)) => {
                        if run.memory.offered(till.terminal, id, told).is_some() {
                            moves.push(Move::Offer(number, slot));
                        }
                    }
                    (Some(_), _) => {}
                }
            }
        }
    }

    fn moves_of_hub(&self, run: &Run, moves: &mut Vec<Move>) {
        moves.extend(run.wanted.iter().map(|attempt| Move::Begin(*attempt)));
        for (attempt, job) in &run.jobs {
            let attempt = *attempt;
            match job {
                Job::Begun => {
                    // It is read on a line that is free.
                    let free =
                        self.device.kind == Kind::Gateway || (self.device.is_idle() && self.line.is_empty());
                    if free {
                        moves.push(Move::ReadMark(attempt));
                    }
                }
                Job::Marked(_) => moves.push(Move::Record(attempt)),
                Job::Leaving(_) => moves.push(Move::Leave(attempt)),
                Job::Waiting(_) | Job::Asking(_) => {
                    if !self.is_under_way(attempt) {
                        moves.push(Move::SeeBroken(attempt));
                    }
                }
                Job::Doubting(_) => moves.push(Move::Question(attempt)),
                Job::Parked(mark, entries) => {
                    if mark.is_some() && *entries != self.device.book.len() {
                        moves.push(Move::Question(attempt));
                    }
                }
                Job::Knows(_) => moves.push(Move::Settle(attempt)),
            }
        }
    }

    /// Whether an answer to what was sent for an attempt can still come.
    pub fn is_under_way(&self, attempt: AttemptId) -> bool {
        let of_it = |sent: &Sent| match sent {
            Sent::Request { attempt: of, .. } | Sent::Question { attempt: of, .. } => *of == attempt,
        };
        self.device.at.contains_key(&attempt) || self.line.iter().any(of_it)
    }

    fn moves_of_impatience(&self, run: &Run, bounds: &Bounds, moves: &mut Vec<Move>) {
        if self.troubles >= bounds.troubles {
            return;
        }
        for (attempt, job) in &run.jobs {
            match job {
                Job::Waiting(_) if self.is_under_way(*attempt) => {
                    moves.push(Move::Trouble(Trouble::Impatience(*attempt)));
                }
                Job::Begun => moves.push(Move::Trouble(Trouble::Unreachable(*attempt))),
                _ => {}
            }
        }
    }

    fn moves_of_device(&self, bounds: &Bounds, moves: &mut Vec<Move>) {
        let trouble = self.troubles < bounds.troubles;
        let at_once = match self.device.kind {
            Kind::Terminal => 1,
            Kind::Gateway => self.line.len(),
        };
        for (place, sent) in self.line.iter().enumerate().take(at_once) {
            let hears = match sent {
                Sent::Request { .. } => true,
                Sent::Question { attempt, .. } => self.device.hears_questions_about(*attempt),
            };
            if hears {
                moves.push(Move::Arrive(place));
            }
            if trouble {
                moves.push(Move::Trouble(Trouble::Lose(place)));
                if hears && self.device.kind == Kind::Gateway && matches!(sent, Sent::Request { .. }) {
                    moves.push(Move::Trouble(Trouble::Twice(place)));
                }
            }
        }
        for attempt in self.device.at.keys().copied() {
            for approves in [true, false] {
                moves.push(Move::Finish { attempt, approves });
                if trouble {
                    moves.push(Move::Trouble(Trouble::FinishUnheard { attempt, approves }));
                }
            }
        }
        if trouble && !self.device.is_idle() {
            moves.push(Move::Trouble(Trouble::Restart));
        }
    }

    /// Whether nothing happens any more unless somebody wants something or something breaks.
    pub fn is_quiet(&self, bounds: &Bounds) -> bool {
        let mut moves = Vec::new();
        self.moves(bounds, &mut moves);
        !moves.into_iter().any(Move::is_of_itself)
    }
}
