//! What a simulated provider knows: charges, what arrived for them, and what was given back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::payment::qr::pix::BrCode;

/// How many charges it remembers; the oldest number is forgotten for a new one.
const CHARGES_MAX: usize = 10_000;

/// Money that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Received {
    /// The charge's number (txid).
    pub number: String,
    /// The payment's own number (endToEndId).
    pub payment: String,
    /// In centavos.
    pub minor: i64,
}

/// Money that was given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Back {
    pub number: String,
    /// The payment's own number.
    pub payment: String,
    /// In centavos.
    pub minor: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Stage {
    Open,
    Paid,
    Removed,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cob {
    pub(super) minor: i64,
    pub(super) stage: Stage,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Book {
    charges: BTreeMap<String, Cob>,
    received: Vec<Received>,
    given_back: Vec<Back>,
}

/// Why something is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum No {
    ChargeUnknown,
    PaymentUnknown,
    BackUnknown,
    ChargeInvalid,
    BackInvalid,
}

impl Book {
    pub(super) fn create(&mut self, number: &str, minor: i64) -> Result<Cob, No> {
        if self.charges.contains_key(number) || minor <= 0 {
            return Err(No::ChargeInvalid);
        }
        while self.charges.len() >= CHARGES_MAX {
            self.charges.pop_first();
        }
        let cob = Cob { minor, stage: Stage::Open };
        self.charges.insert(number.to_owned(), cob.clone());
        Ok(cob)
    }

    pub(super) fn charge(&self, number: &str) -> Result<Cob, No> {
        self.charges.get(number).cloned().ok_or(No::ChargeUnknown)
    }

    pub(super) fn remove(&mut self, number: &str) -> Result<Cob, No> {
        let cob = self.charges.get_mut(number).ok_or(No::ChargeUnknown)?;
        if cob.stage != Stage::Open {
            return Err(No::ChargeInvalid);
        }
        cob.stage = Stage::Removed;
        Ok(cob.clone())
    }

    pub(super) fn location(number: &str) -> String {
        format!("{}/qr/v2/{number}", super::SERVER_NAME)
    }

    /// The numbers of the charges that can be paid now.
    pub(super) fn open_numbers(&self) -> Vec<String> {
        let open = self.charges.iter().filter(|(_, cob)| cob.stage == Stage::Open);
        open.map(|(number, _)| number.clone()).collect()
    }

    pub(super) fn pay(&mut self, code: &str) -> bool {
        let Some(code) = BrCode::read(code) else { return false };
        let Some(number) = code.url().rsplit_once('/').map(|(_, number)| number.to_owned()) else {
            return false;
        };
        self.pay_number(&number)
    }

    pub(super) fn pay_number(&mut self, number: &str) -> bool {
        let Some(cob) = self.charges.get_mut(number).filter(|cob| cob.stage == Stage::Open) else {
            return false;
        };
        cob.stage = Stage::Paid;
        let payment = format!("E12345678202611281011{:011}", self.received.len());
        self.received.push(Received { number: number.to_owned(), payment, minor: cob.minor });
        true
    }

    pub(super) fn paid(&self, number: &str) -> Option<&Received> {
        self.received.iter().find(|received| received.number == number)
    }

    pub(super) fn give_back(&mut self, payment: &str, number: &str, minor: i64) -> Result<Back, No> {
        let received = self.received.iter().find(|received| received.payment == payment);
        let paid = received.ok_or(No::PaymentUnknown)?.minor;
        let returned: i64 =
            self.given_back.iter().filter(|back| back.payment == payment).map(|back| back.minor).sum();
        let is_known = self.given_back.iter().any(|back| back.number == number);
        if is_known || minor <= 0 || returned + minor > paid {
            return Err(No::BackInvalid);
        }
        let back = Back { number: number.to_owned(), payment: payment.to_owned(), minor };
        self.given_back.push(back.clone());
        Ok(back)
    }

    pub(super) fn back(&self, payment: &str, number: &str) -> Result<Back, No> {
        let is_it = |back: &&Back| back.payment == payment && back.number == number;
        self.given_back.iter().find(is_it).cloned().ok_or(No::BackUnknown)
    }

    pub(super) fn received(&self) -> &[Received] {
        &self.received
    }

    pub(super) fn given_back(&self) -> &[Back] {
        &self.given_back
    }

    pub(super) fn open_charges(&self) -> usize {
        self.charges.values().filter(|cob| cob.stage == Stage::Open).count()
    }
}
