//! What a simulated terminal knows: what it is at, what it answered, and the book of money that moved.

use std::collections::BTreeMap;

use holdfast_money::{Currency, Money};
use serde::{Deserialize, Serialize};

use super::{Button, Customer};
use crate::payment::ErrorCondition;
use crate::payment::adyen::message::Category;
use crate::simulated::kept;

/// How many requests it remembers; the oldest is forgotten for a new one.
const REMEMBERED_MAX: usize = 10_000;

/// Which way money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Kind {
    Payment,
    /// With the card at hand.
    Refund,
    /// By the transaction that it came with.
    Reversal,
}

/// One line of the book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Booked {
    pub kind: Kind,
    /// What the store calls it (nexo: SaleTransactionID).
    pub sale_transaction: String,
    /// What the terminal calls it (nexo: POITransactionID).
    pub transaction: String,
    /// Positive, whichever way it went.
    #[serde(with = "kept::money")]
    pub amount: Money,
}

/// What a request wants.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    pub(super) service_id: String,
    pub(super) sale_id: String,
    pub(super) category: Category,
    pub(super) sale_transaction: String,
    pub(super) what: What,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum What {
    Payment {
        #[serde(with = "kept::money")]
        amount: Money,
        #[serde(with = "kept::optional_money")]
        tip: Option<Money>,
    },
    Refund {
        #[serde(with = "kept::money")]
        amount: Money,
    },
    /// No amount is the whole.
    Reversal {
        original: String,
        #[serde(with = "decimal")]
        amount: Option<holdfast_money::Decimal>,
    },
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum End {
    Booked {
        line: Booked,
        #[serde(with = "kept::optional_money")]
        tip: Option<Money>,
        #[serde(with = "kept::money")]
        asked: Money,
        time: String,
        /// The terminal did not ask the bank.
        #[serde(default)]
        offline: bool,
    },
    Not(#[serde(with = "condition")] ErrorCondition),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
enum Stage {
    /// `pressed` is what the customer did, where buttons are waited for.
    AtIt {
        pressed: Option<Button>,
        waits: bool,
    },
    Done(End),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    wish: Wish,
    stage: Stage,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Book {
    remembered: BTreeMap<u64, Remembered>,
    booked: Vec<Booked>,
    next: u64,
    #[serde(skip)]
    repeats: u64,
    /// How many lines were counted by the last end of day.
    counted: usize,
    days: u64,
}

/// An amount as a text.
mod decimal {
    use holdfast_money::{Decimal, parse_decimal};
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &Option<Decimal>, to: S) -> Result<S::Ok, S::Error> {
        number.map(|number| number.to_string()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| parse_decimal(&text).map_err(D::Error::custom)).transpose()
    }
}

/// Why it came to nothing, by its name.
mod condition {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use crate::payment::ErrorCondition;

    pub(super) fn serialize<S: Serializer>(condition: &ErrorCondition, to: S) -> Result<S::Ok, S::Error> {
        format!("{condition:?}").serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ErrorCondition, D::Error> {
        let name = String::deserialize(from)?;
        let known = ErrorCondition::ALL.into_iter().find(|condition| format!("{condition:?}") == name);
        known.ok_or_else(|| D::Error::custom("no condition of this name"))
    }
}

/// How many times and how much in minor units: payments, and what went back.
pub(super) type Counted = [(u32, i64); 2];

/// What the terminal knows of a number.
pub(super) enum Known<'a> {
    Nothing,
    AtIt,
    Done(&'a Wish, &'a End),
}

impl Book {
    /// Begins something, or says at once why not. `Ok` has what to continue with.
    pub(super) fn begin(&mut self, wish: Wish, customer: Customer) -> Result<u64, ErrorCondition> {
        if !matches!(self.known(&wish.service_id, &wish.sale_id, wish.category), Known::Nothing) {
            self.repeats += 1;
            return Err(ErrorCondition::NotAllowed);
        }
        let is_busy = !self.is_idle();
        let number = self.next;
        self.next += 1;
        let waits = customer == Customer::Waits && wish.category == Category::Payment;
        let stage = if is_busy {
            Stage::Done(End::Not(ErrorCondition::Busy))
        } else {
            Stage::AtIt { pressed: None, waits }
        };
        self.remembered.insert(number, Remembered { wish, stage });
        while self.remembered.len() > REMEMBERED_MAX {
            self.remembered.pop_first();
        }
        if is_busy { Err(ErrorCondition::Busy) } else { Ok(number) }
    }

    pub(super) fn known(&self, service_id: &str, sale_id: &str, category: Category) -> Known<'_> {
        let is_it = |remembered: &&Remembered| {
            let wish = &remembered.wish;
            wish.service_id == service_id && wish.sale_id == sale_id && wish.category == category
        };
        match self.remembered.values().rev().find(is_it) {
            None => Known::Nothing,
            Some(Remembered { stage: Stage::AtIt { .. }, .. }) => Known::AtIt,
            Some(Remembered { wish, stage: Stage::Done(end) }) => Known::Done(wish, end),
        }
    }

    /// What the customer did with it. `None` while a button is waited for.
    pub(super) fn decided(&self, number: u64, customer: Customer) -> Option<Customer> {
        match &self.remembered.get(&number)?.stage {
            Stage::AtIt { waits: true, pressed } => pressed.map(|button| match button {
                Button::Pay => Customer::Pays,
                Button::PayOffline => Customer::PaysOffline,
                Button::Refuse => Customer::Fails(ErrorCondition::Refusal),
                Button::Cancel => Customer::Fails(ErrorCondition::Cancel),
            }),
            _ => Some(customer),
        }
    }

    /// Ends something and books it where money moved. `None` when it was forgotten meanwhile.
    pub(super) fn end(&mut self, number: u64, customer: Customer, time: String) -> Option<End> {
        let wish = self.remembered.get(&number)?.wish.clone();
        let end = match self.outcome(&wish, customer, number) {
            Ok((line, tip, asked)) => {
                self.booked.push(line.clone());
                let offline = customer == Customer::PaysOffline && line.kind == Kind::Payment;
                End::Booked { line, tip, asked, time, offline }
            }
            Err(condition) => End::Not(condition),
        };
        self.remembered.get_mut(&number)?.stage = Stage::Done(end.clone());
        Some(end)
    }

    /// Stops something that the till does not want any more, when the customer was not quicker.
    pub(super) fn abort(&mut self, service_id: &str, sale_id: &str) {
        for remembered in self.remembered.values_mut() {
            let is_it = remembered.wish.service_id == service_id && remembered.wish.sale_id == sale_id;
            if let Stage::AtIt { pressed: pressed @ None, waits: true } = &mut remembered.stage
                && is_it
            {
                *pressed = Some(Button::Cancel);
            }
        }
    }

    fn outcome(
        &self,
        wish: &Wish,
        customer: Customer,
        number: u64,
    ) -> Result<(Booked, Option<Money>, Money), ErrorCondition> {
        if let Customer::Fails(condition) = customer {
            return Err(condition);
        }
        let (kind, asked, tip) = match &wish.what {
            What::Payment { amount, tip } => (Kind::Payment, *amount, *tip),
            What::Refund { amount } => (Kind::Refund, *amount, None),
            What::Reversal { original, amount } => {
                (Kind::Reversal, self.reversible(original, *amount)?, None)
            }
        };
        let amount = match customer {
            Customer::PaysAtMost(minor) if kind == Kind::Payment && minor < asked.minor() => {
                Money::from_minor(minor, asked.currency())
            }
            _ => asked,
        };
        let of_original = match &wish.what {
            What::Reversal { original, .. } => format!(".{original}"),
            _ => String::new(),
        };
        let line = Booked {
            kind,
            sale_transaction: wish.sale_transaction.clone(),
            transaction: format!("SIM{number:06}{of_original}"),
            amount,
        };
        Ok((line, tip.filter(|_| amount == asked), asked))
    }

    /// What of a payment can still go back.
    fn reversible(
        &self,
        original: &str,
        amount: Option<holdfast_money::Decimal>,
    ) -> Result<Money, ErrorCondition> {
        let paid = self
            .booked
            .iter()
            .find(|line| line.kind == Kind::Payment && line.transaction == original)
            .ok_or(ErrorCondition::NotFound)?;
        let suffix = format!(".{original}");
        let returned: i64 = self
            .booked
            .iter()
            .filter(|line| line.kind == Kind::Reversal && line.transaction.ends_with(&suffix))
            .map(|line| line.amount.minor())
            .sum();
        let asked = match amount {
            Some(amount) => {
                Money::new(amount, paid.amount.currency()).map_err(|_| ErrorCondition::NotAllowed)?
            }
            None => paid.amount,
        };
        let fits = asked.is_positive() && returned + asked.minor() <= paid.amount.minor();
        fits.then_some(asked).ok_or(ErrorCondition::NotAllowed)
    }

    /// What a terminal that loses its power loses.
    pub(super) fn forget_what_is_not_done(&mut self) {
        self.remembered.retain(|_, remembered| matches!(remembered.stage, Stage::Done(_)));
    }

    pub(super) fn press(&mut self, button: Button) -> bool {
        for remembered in self.remembered.values_mut() {
            if let Stage::AtIt { pressed: pressed @ None, waits: true } = &mut remembered.stage {
                *pressed = Some(button);
                return true;
            }
        }
        false
    }

    pub(super) fn is_idle(&self) -> bool {
        self.remembered.values().all(|remembered| matches!(remembered.stage, Stage::Done(_)))
    }

    pub(super) fn waits_for_a_button(&self) -> bool {
        self.remembered
            .values()
            .any(|remembered| matches!(remembered.stage, Stage::AtIt { pressed: None, waits: true }))
    }

    pub(super) fn booked(&self) -> &[Booked] {
        &self.booked
    }

    pub(super) fn repeats(&self) -> u64 {
        self.repeats
    }

    /// Ends the day: what was booked since the last one, by currency, as payments and as money that went back.
    pub(super) fn end_day(&mut self) -> (u64, Vec<(Currency, Counted)>) {
        let mut sums: BTreeMap<u16, Counted> = BTreeMap::new();
        for line in &self.booked[self.counted..] {
            let sum = &mut sums.entry(line.amount.currency().numeric()).or_default()
                [usize::from(line.kind != Kind::Payment)];
            *sum = (sum.0 + 1, sum.1 + line.amount.minor());
        }
        self.counted = self.booked.len();
        self.days += 1;
        let named = |(numeric, sum)| Currency::from_numeric(numeric).ok().map(|currency| (currency, sum));
        (self.days, sums.into_iter().filter_map(named).collect())
    }
}
