//! A way through the model, as sentences.

use std::fmt::Write as _;

use holdfast_domain::ids::AttemptId;
use stateright::Path;

use crate::shop::{OTHER_TILL, TILL};
use crate::till::Slot;
use crate::world::{Job, Move, Trouble, World};

pub fn path(path: &Path<World, Move>) -> String {
    let mut text = String::new();
    for (number, (world, one)) in path.clone().into_vec().into_iter().enumerate() {
        match one {
            Some(one) => writeln!(text, "  {:>2}. {}", number + 1, sentence(&world, one)),
            None => writeln!(
                text,
                "  then: the ledger has {:?}, the device's book {:?}",
                world.durable, world.device.book
            ),
        }
        .expect("a String takes all");
    }
    text
}

fn name(attempt: AttemptId) -> String {
    for (till, terminal) in [TILL, OTHER_TILL].into_iter().enumerate() {
        for number in 0..crate::till::ATTEMPTS {
            let of = crate::till::attempt(terminal, number);
            if of == attempt {
                return format!("attempt {} of till {}", number + 1, till + 1);
            }
            if of.counterpart() == attempt {
                return format!("the return of attempt {} of till {}", number + 1, till + 1);
            }
        }
    }
    attempt.to_string()
}

fn slot(slot: Slot) -> String {
    match slot {
        Slot::Start(number) => format!("attempt {}", number + 1),
        Slot::PayHeld(_) => "to pay with what is held".to_owned(),
        Slot::PayCash => "to pay in cash".to_owned(),
        Slot::Resolve { attempt, charged } => {
            format!(
                "a manager's word that attempt {} was {}charged",
                attempt + 1,
                if charged { "" } else { "not " }
            )
        }
    }
}

fn sentence(world: &World, one: Move) -> String {
    let on_line = |place: usize| {
        world.line.get(place).map_or_else(String::new, |sent| match sent {
            crate::device::Sent::Request { attempt, .. } => format!("the request of {}", name(*attempt)),
            crate::device::Sent::Question { attempt, .. } => format!("the question about {}", name(*attempt)),
        })
    };
    let word = |approves: bool| if approves { "approves and books" } else { "declines" };
    match one {
        Move::Ask(till, of) => format!("till {} keeps and asks: {}", till + 1, slot(of)),
        Move::Deliver(till, of) => format!("the hub hears till {} and decides: {}", till + 1, slot(of)),
        Move::Tell(till, of) => format!("till {} hears the answer: {}", till + 1, slot(of)),
        Move::Offer(till, of) => format!("till {} gives to the new hub: {}", till + 1, slot(of)),
        Move::Begin(attempt) => format!("the device's actor takes up {}", name(attempt)),
        Move::ReadMark(attempt) => format!("the device's last number is read for {}", name(attempt)),
        Move::Record(attempt) => format!("the ledger has {} as sent", name(attempt)),
        Move::Leave(attempt) => format!("the request of {} leaves", name(attempt)),
        Move::Question(attempt) => format!("the hub asks what became of {}", name(attempt)),
        Move::Settle(attempt) => {
            let known = world.run.as_ref().and_then(|run| match run.jobs.get(&attempt) {
                Some(Job::Knows(known)) => Some(known),
                _ => None,
            });
            format!("the ledger has what became of {}: {known:?}", name(attempt))
        }
        Move::SeeBroken(attempt) => format!("the hub sees the line of {} broken", name(attempt)),
        Move::Arrive(place) => format!("{} arrives", on_line(place)),
        Move::Finish { attempt, approves } => format!("the device {} {}", word(approves), name(attempt)),
        Move::PowerOn => "the hub starts and takes up what is open".to_owned(),
        Move::Sync => "the disk has what was decided".to_owned(),
        Move::Replicate => "HQ has all of the hub's history".to_owned(),
        Move::Trouble(trouble) => match trouble {
            Trouble::Crash => "THE HUB CRASHES".to_owned(),
            Trouble::Replace => "THE HUB IS LOST, another one goes on from HQ's copy".to_owned(),
            Trouble::Lose(place) => format!("{} IS LOST", on_line(place)),
            Trouble::Twice(place) => format!("{} arrives, and will ARRIVE ONCE MORE", on_line(place)),
            Trouble::FinishUnheard { attempt, approves } => {
                format!("the device {} {}, and its answer IS LOST", word(approves), name(attempt))
            }
            Trouble::Restart => "THE DEVICE RESTARTS".to_owned(),
            Trouble::Impatience(attempt) => format!("the hub WAITS NO LONGER for {}", name(attempt)),
            Trouble::Unreachable(attempt) => format!("the device CANNOT BE REACHED for {}", name(attempt)),
        },
    }
}
