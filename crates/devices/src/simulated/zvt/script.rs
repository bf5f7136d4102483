//! What the simulated terminal does wrong, and at which step.

use std::time::Duration;

use crate::payment::zvt::result_code::ResultCode;

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the till.
    In,
    /// From the terminal.
    Out,
}

/// One message of a conversation, by its control field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtocolStep {
    pub direction: Direction,
    pub control: (u8, u8),
}

/// Before or after a message is dealt with. Before a message of the till means that the terminal never took it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Before,
    After,
}

impl When {
    pub const ALL: [When; 2] = [When::Before, When::After];
}

/// What it does wrong, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misbehaviour {
    /// The line is gone. A transaction goes on: the customer stands at the terminal, not at the till.
    Cut,
    /// The line stays open and nothing comes any more.
    Silent,
    Delay(Duration),
    /// The same message goes out twice; a till's message is acknowledged twice.
    Twice,
    /// The answer of the transaction before comes now.
    LateAnswer,
    /// The decline of some attempt before comes now.
    LateDecline,
    /// This message changes places with the next one.
    WrongOrder,
    /// Bytes that are no message.
    Garbage,
    /// Half of the message, and then the line is gone.
    Truncated,
    /// A command is refused; in the middle of a transaction the terminal says that it was stopped.
    Refuse(ResultCode),
    /// It stops in its tracks at this step until [`SimulatedZvt::let_go`](super::SimulatedZvt::let_go), and whoever has
    /// waited for this moment does something: pulls the cable, or ends the terminal.
    Hold,
    /// Everything but the book is forgotten, and nobody is there for a while.
    CrashRestart {
        down: Duration,
    },
}

impl Misbehaviour {
    /// One of each kind that goes on by itself, for loops over all of them.
    #[must_use]
    pub fn all() -> Vec<Misbehaviour> {
        vec![
            Misbehaviour::Cut,
            Misbehaviour::Silent,
            Misbehaviour::Delay(Duration::from_secs(1)),
            Misbehaviour::Delay(Duration::from_secs(8)),
            Misbehaviour::Twice,
            Misbehaviour::LateAnswer,
            Misbehaviour::LateDecline,
            Misbehaviour::WrongOrder,
            Misbehaviour::Garbage,
            Misbehaviour::Truncated,
            Misbehaviour::Refuse(ResultCode::NOT_POSSIBLE),
            Misbehaviour::Refuse(ResultCode::WAIT),
            Misbehaviour::Refuse(ResultCode::ABORTED),
            Misbehaviour::CrashRestart { down: Duration::from_secs(12) },
        ]
    }
}

/// A misbehaviour at a step, counted from when the script is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script {
    pub step: usize,
    pub when: When,
    pub what: Misbehaviour,
}

/// Counts steps and says when the script's one has come.
#[derive(Debug, Default)]
pub(super) struct Counter {
    seen: Vec<ProtocolStep>,
    script: Option<Script>,
}

/// The most steps that are remembered.
const STEPS_MAX: usize = 10_000;

impl Counter {
    pub(super) fn begin(&mut self, script: Option<Script>) {
        self.seen.clear();
        self.script = script;
    }

    pub(super) fn seen(&self) -> &[ProtocolStep] {
        &self.seen
    }

    /// Whether the script was carried out, or there is none.
    pub(super) fn is_done(&self) -> bool {
        self.script.is_none()
    }

    pub(super) fn count(&mut self, step: ProtocolStep) -> Option<(When, Misbehaviour)> {
        let at = self.seen.len();
        if at < STEPS_MAX {
            self.seen.push(step);
        }
        self.script.take_if(|script| script.step == at).map(|script| (script.when, script.what))
    }
}
