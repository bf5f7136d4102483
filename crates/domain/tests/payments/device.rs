//! The device on the other side of a line: it takes what arrives, asks its customer, books, and forgets at a restart whatever
//! it had not booked. Its book is the truth.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::ids::AttemptId;

/// By what a device finds an attempt again, and what its line can do to it. Each is a family of the real drivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A terminal on the counter that knows no id of ours, as ZVT has it: the last number in its book, read before, says
    /// whether something was booked since. What is sent to it arrives in its order or not at all, and it does one thing at a
    /// time.
    Terminal,
    /// A gateway that is asked over any number of connections: what is sent overtakes and arrives twice. It does not do the
    /// same id twice, and an attempt that it is asked about and never heard of is closed by that question for ever.
    Gateway,
}

/// What money is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Movement {
    Payment,
    /// What the entry of this number in the book took goes back.
    Reversal {
        of: usize,
    },
}

/// What is on its way to the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sent {
    Request { attempt: AttemptId, movement: Movement },
    Question { attempt: AttemptId, movement: Movement, mark: Option<usize> },
}

/// What the device says of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Word {
    /// Booked, under this number.
    Approved(usize),
    /// The customer or the bank said no.
    Refused,
    NotFound,
    Busy,
    CannotSay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    pub attempt: AttemptId,
    pub movement: Movement,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Device {
    pub kind: Kind,
    /// What it is at. A terminal is at one thing at most.
    pub at: BTreeMap<AttemptId, Movement>,
    pub book: Vec<Entry>,
    /// Ids that a gateway will not do, or not again.
    closed: BTreeSet<AttemptId>,
}

impl Device {
    pub fn of(kind: Kind) -> Self {
        Self { kind, at: BTreeMap::new(), book: Vec::new(), closed: BTreeSet::new() }
    }

    /// What it read last, for an attempt that is about to leave.
    pub fn mark(&self) -> usize {
        self.book.len()
    }

    pub fn is_idle(&self) -> bool {
        self.at.is_empty()
    }

    /// It hears a request. None where the answer comes when its customer is done.
    pub fn hear(&mut self, attempt: AttemptId, movement: Movement) -> Option<Word> {
        match self.kind {
            Kind::Terminal if !self.at.is_empty() => Some(Word::Busy),
            Kind::Gateway if self.at.contains_key(&attempt) => None,
            Kind::Gateway if self.closed.contains(&attempt) => Some(self.found(attempt)),
            Kind::Terminal | Kind::Gateway => {
                self.at.insert(attempt, movement);
                None
            }
        }
    }

    /// The customer and the bank are done with what it is at.
    pub fn finish(&mut self, attempt: AttemptId, approves: bool) -> Word {
        let Some(movement) = self.at.remove(&attempt) else { return Word::CannotSay };
        self.closed.insert(attempt);
        let possible = match movement {
            Movement::Payment => true,
            Movement::Reversal { of } => {
                !self.book.iter().any(|entry| entry.movement == Movement::Reversal { of })
            }
        };
        if approves && possible {
            self.book.push(Entry { attempt, movement });
            Word::Approved(self.book.len() - 1)
        } else {
            Word::Refused
        }
    }

    /// Whether it can be asked about an attempt now: it answers when it is no longer at it.
    pub fn hears_questions_about(&self, attempt: AttemptId) -> bool {
        match self.kind {
            Kind::Terminal => self.is_idle(),
            Kind::Gateway => !self.at.contains_key(&attempt),
        }
    }

    /// It says what became of an attempt.
    pub fn say(&mut self, attempt: AttemptId, movement: Movement, mark: Option<usize>, closes: bool) -> Word {
        let Some(mark) = mark else { return Word::CannotSay };
        match self.kind {
            Kind::Gateway => {
                if closes {
                    self.closed.insert(attempt);
                }
                self.found(attempt)
            }
            // It repeats the last receipt and no other, and no id of ours is on it.
            Kind::Terminal => match self.book.last() {
                _ if self.book.len() == mark => Word::NotFound,
                Some(entry) if entry.movement == movement => Word::Approved(self.book.len() - 1),
                Some(_) | None => Word::CannotSay,
            },
        }
    }

    fn found(&self, attempt: AttemptId) -> Word {
        match self.book.iter().position(|entry| entry.attempt == attempt) {
            Some(number) => Word::Approved(number),
            None => Word::NotFound,
        }
    }

    /// Power fails: what is booked stays.
    pub fn restart(&mut self) {
        self.at.clear();
    }

    /// How often it took money for an attempt.
    pub fn payments(&self, attempt: AttemptId) -> usize {
        let is_payment = |entry: &&Entry| entry.attempt == attempt && entry.movement == Movement::Payment;
        self.book.iter().filter(is_payment).count()
    }

    /// How much of it, in payments, it has not given back.
    pub fn kept(&self, attempt: AttemptId) -> usize {
        let back = self.book.iter().filter(|entry| match entry.movement {
            Movement::Reversal { of } => self.book[of].attempt == attempt,
            Movement::Payment => false,
        });
        self.payments(attempt).saturating_sub(back.count())
    }

    pub fn reversed_by(&self, attempt: AttemptId) -> bool {
        self.book.iter().any(|entry| entry.attempt == attempt && entry.movement != Movement::Payment)
    }
}
