//! What a simulated Stripe knows: payments, what was captured and given back, the reader, and idempotency keys.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::Customer;

/// How long a customer takes.
const THINKS: Duration = Duration::from_millis(30);
/// How many payments, refunds and keys it remembers each; beyond that it is too busy.
const ROWS_MAX: usize = 10_000;

/// Money that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Captured {
    pub attempt: String,
    pub intent: String,
    /// In minor units, tip included.
    pub minor: i64,
}

/// Money that was given back, or a payment that was cancelled before it was captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenBack {
    pub attempt: String,
    pub refund: String,
    pub intent: String,
    pub minor: i64,
    pub(super) currency: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Stage {
    Open,
    Authorised,
    Captured,
    Canceled,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) attempt: String,
    pub(super) minor: i64,
    pub(super) tip: i64,
    pub(super) refunded: i64,
    pub(super) currency: String,
    pub(super) stage: Stage,
    /// The bank's word.
    pub(super) declined: Option<Cow<'static, str>>,
    pub(super) reason: Option<String>,
    by_telephone: bool,
    #[serde(skip, default = "Instant::now")]
    made: Instant,
}

impl Row {
    pub(super) fn is_by_telephone(&self) -> bool {
        self.by_telephone
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Progress {
    AtIt,
    Succeeded,
    Failed(Cow<'static, str>),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Action {
    pub(super) intent: String,
    pub(super) progress: Progress,
    #[serde(skip, default = "Instant::now")]
    began: Instant,
    tips: bool,
}

/// A key's request and answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    pub(super) asked: String,
    pub(super) status: u16,
    pub(super) content: String,
}

/// Why something is not done: an HTTP status and Stripe's code.
pub(super) type No = (u16, &'static str);

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Book {
    #[serde(skip)]
    pub(super) customer: Customer,
    #[serde(skip)]
    pub(super) index_lag: Duration,
    rows: Vec<Row>,
    pub(super) action: Option<Action>,
    pub(super) captured: Vec<Captured>,
    pub(super) given_back: Vec<GivenBack>,
    pub(super) keys: BTreeMap<String, Kept>,
}

impl Book {
    /// What happened at the reader until now.
    pub(super) fn pass(&mut self, now: Instant) {
        let waits = self.customer == Customer::Waits;
        if self
            .action
            .as_ref()
            .is_some_and(|action| action.progress == Progress::AtIt && !waits && now >= action.began + THINKS)
        {
            self.decide();
        }
    }

    pub(super) fn pay_now(&mut self, now: Instant) -> bool {
        self.pass(now);
        if !self.is_at_it() {
            return false;
        }
        self.decide();
        true
    }

    pub(super) fn is_at_it(&self) -> bool {
        self.action.as_ref().is_some_and(|action| action.progress == Progress::AtIt)
    }

    fn decide(&mut self) {
        let customer = self.customer;
        let Some(action) = &mut self.action else { return };
        let row = self.rows.iter_mut().find(|row| row.id == action.intent && row.stage == Stage::Open);
        action.progress = match (row, customer) {
            // A payment that was cancelled meanwhile cannot be charged for.
            (None, _) => Progress::Failed("payment_intent_unexpected_state".into()),
            (Some(_), Customer::Cancels) => Progress::Failed("customer_canceled".into()),
            (Some(row), Customer::IsDeclined(word)) => {
                row.declined = Some(word.into());
                Progress::Failed("card_declined".into())
            }
            (Some(row), customer) => {
                if let (Customer::PaysWithTip(tip), true) = (customer, action.tips) {
                    row.tip = tip;
                    row.minor += tip;
                }
                row.by_telephone = matches!(customer, Customer::PaysWithTip(_));
                row.declined = None;
                row.stage = Stage::Authorised;
                Progress::Succeeded
            }
        };
    }

    pub(super) fn create(&mut self, fields: &BTreeMap<String, String>, now: Instant) -> Result<Row, No> {
        let minor = fields.get("amount").and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
        let is_ours = fields.get("capture_method").is_some_and(|method| method == "manual")
            && fields.get("payment_method_types[]").is_some_and(|method| method == "card_present");
        if minor <= 0 || !is_ours || self.rows.len() >= ROWS_MAX {
            return Err((400, "parameter_invalid_integer"));
        }
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let row = Row {
            id: format!("pi_sim{:08}", self.rows.len() + 1),
            attempt: field("metadata[attempt]"),
            minor,
            tip: 0,
            refunded: 0,
            currency: field("currency"),
            stage: Stage::Open,
            declined: None,
            reason: None,
            by_telephone: false,
            made: now,
        };
        self.rows.push(row.clone());
        Ok(row)
    }

    pub(super) fn row(&self, id: &str) -> Result<Row, No> {
        self.rows.iter().find(|row| row.id == id).cloned().ok_or((404, "resource_missing"))
    }

    fn row_mut(&mut self, id: &str) -> Result<&mut Row, No> {
        self.rows.iter_mut().find(|row| row.id == id).ok_or((404, "resource_missing"))
    }

    pub(super) fn found(&self, attempt: &str, now: Instant) -> Vec<Row> {
        let is_indexed = |row: &&Row| row.attempt == attempt && now >= row.made + self.index_lag;
        self.rows.iter().filter(is_indexed).cloned().collect()
    }

    pub(super) fn process(&mut self, fields: &BTreeMap<String, String>, now: Instant) -> Result<(), No> {
        match self.customer {
            Customer::IsOffline => return Err((400, "terminal_reader_offline")),
            Customer::IsBusy => return Err((400, "terminal_reader_busy")),
            _ if self.is_at_it() => return Err((400, "terminal_reader_busy")),
            _ => {}
        }
        let intent = fields.get("payment_intent").cloned().unwrap_or_default();
        if self.row(&intent)?.stage != Stage::Open {
            return Err((400, "payment_intent_unexpected_state"));
        }
        let tips = fields.get("process_config[skip_tipping]").is_some_and(|skips| skips == "false");
        self.action = Some(Action { intent, progress: Progress::AtIt, began: now, tips });
        Ok(())
    }

    pub(super) fn capture(&mut self, id: &str) -> Result<Row, No> {
        let row = self.row_mut(id)?;
        if row.stage != Stage::Authorised {
            return Err((400, "payment_intent_unexpected_state"));
        }
        row.stage = Stage::Captured;
        let row = row.clone();
        self.captured.push(Captured {
            attempt: row.attempt.clone(),
            intent: row.id.clone(),
            minor: row.minor,
        });
        Ok(row)
    }

    pub(super) fn cancel(&mut self, id: &str, reason: &str) -> Result<Row, No> {
        let row = self.row_mut(id)?;
        if !matches!(row.stage, Stage::Open | Stage::Authorised) {
            return Err((400, "payment_intent_unexpected_state"));
        }
        row.stage = Stage::Canceled;
        row.reason = Some(reason.to_owned());
        Ok(row.clone())
    }

    pub(super) fn refund(&mut self, fields: &BTreeMap<String, String>) -> Result<GivenBack, No> {
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let row = self.row(&field("payment_intent"))?;
        let minor = field("amount").parse::<i64>().unwrap_or_default();
        let returned: i64 = self.refunds(&row.id).map(|refund| refund.minor).sum();
        if row.stage != Stage::Captured || minor <= 0 || returned + minor > row.minor {
            return Err((400, "charge_already_refunded"));
        }
        let refund = GivenBack {
            attempt: field("metadata[attempt]"),
            refund: format!("re_sim{:08}", self.given_back.len() + 1),
            intent: row.id,
            minor,
            currency: row.currency,
        };
        self.row_mut(&refund.intent)?.refunded += minor;
        self.given_back.push(refund.clone());
        Ok(refund)
    }

    pub(super) fn refunds(&self, intent: &str) -> impl Iterator<Item = &GivenBack> {
        self.given_back.iter().filter(move |refund| refund.intent == intent)
    }

    /// A payment that went through, and is not the one that is spoken of.
    pub(super) fn another(&self, content: &serde_json::Value) -> Option<Row> {
        let is_it = |row: &&Row| row.stage == Stage::Captured && content["id"] != row.id.as_str();
        self.rows.iter().find(is_it).cloned()
    }

    pub(super) fn open(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.stage, Stage::Open | Stage::Authorised)).count()
    }

    pub(super) fn keep(&mut self, key: &str, kept: Kept) {
        while self.keys.len() >= ROWS_MAX {
            self.keys.pop_first();
        }
        self.keys.insert(key.to_owned(), kept);
    }
}
