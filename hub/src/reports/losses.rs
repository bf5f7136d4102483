//! What a shop looks at to see where money and goods get lost: everything that took something off, back, or nowhere, with
//! who did it and why.

mod alone;

use std::collections::HashMap;

use holdfast_domain::bounded::Reason;
use holdfast_domain::calendar::{BusinessDate, Timestamp};
use holdfast_domain::cash::CashMovement;
use holdfast_domain::drawer::{DrawerMovement, OpeningCause};
use holdfast_domain::event::{Event, Stamp};
use holdfast_domain::ids::{StaffId, TerminalId, TransactionId};
use holdfast_domain::line::{AppliedDiscount, AppliedPrice, DiscountSource, Line, LineFate};
use holdfast_domain::order::LineChange;
use holdfast_domain::receipt::ReceiptNumber;
use holdfast_domain::record::{Outcome, Record};
use holdfast_domain::shift::Mode;
use holdfast_domain::tender::TenderCount;
use holdfast_money::{Currency, Money, Rounding};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LossKind {
    /// A line was taken off before the basket was paid.
    LineVoid,
    Discount,
    /// A line was sold below its list price.
    PriceOverride,
    Return,
    PostVoid,
    /// An order was given up before it was paid.
    CancelledOrder,
    AbandonedBasket,
    /// The drawer was opened and nothing was sold.
    NoSale,
    /// The drawer's sensor saw it open and the hub had not asked for it, or nobody watched.
    DrawerOpened,
    PaidOut,
    /// What a shift counted was put right after its Z.
    Correction,
    /// Somebody else allowed what the operator may not do alone.
    Approved,
    /// Somebody typed wrong PINs at a till that was alone.
    FailedSignOn,
    /// What a till sold alone is not what the shop's rules would have said.
    SoldAlone,
    /// A till asked for something that the shop's rules refuse.
    Refused,
}

impl LossKind {
    pub const ALL: [Self; 15] = [
        Self::LineVoid,
        Self::Discount,
        Self::PriceOverride,
        Self::Return,
        Self::PostVoid,
        Self::CancelledOrder,
        Self::AbandonedBasket,
        Self::NoSale,
        Self::DrawerOpened,
        Self::PaidOut,
        Self::Correction,
        Self::Approved,
        Self::FailedSignOn,
        Self::SoldAlone,
        Self::Refused,
    ];

    /// As files and addresses name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::LineVoid => "line_void",
            Self::Discount => "discount",
            Self::PriceOverride => "price_override",
            Self::Return => "return",
            Self::PostVoid => "post_void",
            Self::CancelledOrder => "cancelled_order",
            Self::AbandonedBasket => "abandoned_basket",
            Self::NoSale => "no_sale",
            Self::DrawerOpened => "drawer_opened",
            Self::PaidOut => "paid_out",
            Self::Correction => "correction",
            Self::Approved => "approved",
            Self::FailedSignOn => "failed_sign_on",
            Self::SoldAlone => "sold_alone",
            Self::Refused => "refused",
        }
    }
}

/// One of them. Amounts are positive, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Loss {
    pub seq: u64,
    pub recorded_at: Timestamp,
    pub business_date: BusinessDate,
    pub kind: LossKind,
    /// Nobody for a refused command where nobody was signed on, or nobody knows who.
    pub operator: Option<StaffId>,
    pub approver: Option<StaffId>,
    /// None for a drawer that tills share.
    pub terminal: Option<TerminalId>,
    pub transaction: Option<TransactionId>,
    pub receipt: Option<ReceiptNumber>,
    /// What it was worth, where it has a worth.
    pub amount_minor: Option<i64>,
    /// The product, the refusal's code, or the drawer's printer.
    pub what: String,
    pub reason: String,
}

/// Follows the records of the dates in their order. Who was signed on is learnt on the way.
#[derive(Debug, Default)]
pub(crate) struct LossFinder {
    at_tills: HashMap<TerminalId, AtTill>,
}

#[derive(Debug, Clone, Copy, Default)]
struct AtTill {
    operator: Option<StaffId>,
    training: bool,
}

impl LossFinder {
    /// What a record holds. `date` is the store's at the record's time: a refused command and a drawer have no shift.
    pub fn find(&mut self, seq: u64, record: &Record, date: BusinessDate) -> Vec<Loss> {
        let mut found = Vec::new();
        match &record.outcome {
            Outcome::Accepted { events } => {
                let alone = alone::are(events);
                for event in events {
                    // Whoever sold alone is not at the till now.
                    if !alone {
                        self.learn(event);
                    }
                    found.extend(of_drawer(seq, record.recorded_at, date, event));
                    found.extend(alone::sign_on(seq, record.recorded_at, date, event));
                    if let Some(stamp) = event.stamp().filter(|stamp| stamp.mode == Mode::Live) {
                        of_event(&mut found, seq, record.recorded_at, stamp, event);
                        found.extend(alone::losses(seq, record.recorded_at, stamp, event, events));
                    }
                }
            }
            Outcome::Refused { refusal } => {
                let Some(terminal) = record.origin.terminal() else { return found };
                let at_till = self.at_tills.get(&terminal).copied().unwrap_or_default();
                if !at_till.training {
                    found.push(Loss {
                        seq,
                        recorded_at: record.recorded_at,
                        business_date: date,
                        kind: LossKind::Refused,
                        operator: at_till.operator,
                        approver: None,
                        terminal: Some(terminal),
                        transaction: None,
                        receipt: None,
                        amount_minor: None,
                        what: refusal.code.clone(),
                        reason: refusal.text.clone(),
                    });
                }
            }
        }
        found
    }

    fn learn(&mut self, event: &Event) {
        match event {
            Event::SignedOn { terminal, staff, .. } => {
                self.at_tills.entry(*terminal).or_default().operator = Some(*staff);
            }
            Event::SignedOff { terminal, .. } => self.at_tills.entry(*terminal).or_default().operator = None,
            Event::ShiftClosed { stamp, .. } => {
                self.at_tills.entry(stamp.terminal).or_default().training = false
            }
            // Its stamp is of a shift that ended, whatever the till does now.
            Event::ShiftCorrected { stamp, .. } => {
                self.at_tills.entry(stamp.terminal).or_default().operator = Some(stamp.operator);
            }
            Event::ShiftMoved { stamp, from, to, .. } => {
                self.at_tills.entry(*from).or_default().training = false;
                self.at_tills.entry(*to).or_default().training = stamp.mode == Mode::Training;
                self.at_tills.entry(stamp.terminal).or_default().operator = Some(stamp.operator);
            }
            _ => {
                if let Some(stamp) = event.stamp() {
                    let training = stamp.mode == Mode::Training;
                    self.at_tills.insert(stamp.terminal, AtTill { operator: Some(stamp.operator), training });
                }
            }
        }
    }
}

/// A drawer that opened and the hub does not know why. A real drawer is at the till in training, too.
fn of_drawer(seq: u64, recorded_at: Timestamp, business_date: BusinessDate, event: &Event) -> Option<Loss> {
    let Event::DrawerMoved { drawer, terminal, operator, movement: DrawerMovement::Opened { cause } } = event
    else {
        return None;
    };
    let reason = match cause {
        OpeningCause::Asked => return None,
        OpeningCause::Unasked => "opened without the till",
        OpeningCause::Unwatched => "found open; nobody watched its sensor before",
    };
    Some(Loss {
        seq,
        recorded_at,
        business_date,
        kind: LossKind::DrawerOpened,
        operator: *operator,
        approver: None,
        terminal: *terminal,
        transaction: None,
        receipt: None,
        amount_minor: None,
        what: drawer.to_string(),
        reason: reason.to_owned(),
    })
}

fn of_event(found: &mut Vec<Loss>, seq: u64, recorded_at: Timestamp, stamp: &Stamp, event: &Event) {
    let transaction = event.transaction();
    let base = |kind| Loss {
        seq,
        recorded_at,
        business_date: stamp.business_date,
        kind,
        operator: Some(stamp.operator),
        approver: None,
        terminal: Some(stamp.terminal),
        transaction: transaction.map(|(id, ..)| id),
        receipt: transaction.map(|(_, receipt, _)| receipt),
        amount_minor: None,
        what: String::new(),
        reason: String::new(),
    };
    let whole = |kind, amount: Option<Money>, reason: &Reason| Loss {
        amount_minor: amount.map(Money::minor),
        reason: reason.to_string(),
        ..base(kind)
    };
    match event {
        Event::OrderPlaced { lines, .. } => found.extend(lines.iter().flat_map(|line| of_line(line, &base))),
        Event::OrderEdited { lines, changed, .. } => {
            for change in changed {
                let line = lines.iter().find(|line| line.number == change.line);
                found.extend(line.into_iter().flat_map(|line| of_change(change, line, &base)));
            }
        }
        Event::BasketAbandoned { lines, reason, .. } => {
            let kept = lines.iter().filter(|line| line.is_kept()).map(|line| line.gross);
            let worth = lines.first().map(|line| Money::sum(line.gross.currency(), kept));
            found.push(whole(LossKind::AbandonedBasket, worth, reason));
            found.extend(lines.iter().flat_map(|line| of_line(line, &base)));
        }
        Event::OrderCancelled { reason, .. } => found.push(whole(LossKind::CancelledOrder, None, reason)),
        Event::ValueIssueVoided { amount, reason, .. } => {
            found.push(whole(LossKind::PostVoid, Some(*amount), reason));
        }
        Event::GoodsReturned { totals, reason, .. } => {
            found.push(whole(LossKind::Return, Some(totals.gross), reason));
        }
        Event::SalePostVoided { totals, reason, .. } => {
            found.push(whole(LossKind::PostVoid, Some(totals.gross), reason));
        }
        Event::CashMoved { movement: CashMovement::PaidOut, amount, reason, .. } => {
            found.push(whole(LossKind::PaidOut, Some(*amount), reason));
        }
        Event::OverrideApproved { approver, permission, .. } => found.push(Loss {
            approver: Some(*approver),
            what: permission.name().to_owned(),
            reason: permission.to_string(),
            ..base(LossKind::Approved)
        }),
        Event::ShiftCorrected { before, after, reason, .. } => {
            let declared = |count: &TenderCount| match count {
                TenderCount::NotCounted => before.expected.minor(),
                TenderCount::Counted { declared, .. } => declared.minor(),
            };
            found.push(Loss {
                amount_minor: Some((declared(after) - declared(&before.counted)).abs()),
                what: before.code.to_string(),
                reason: reason.to_string(),
                ..base(LossKind::Correction)
            });
        }
        Event::DrawerOpened { reason, .. } => found.push(whole(LossKind::NoSale, None, reason)),
        _ => {}
    }
}

/// What was done to one line.
fn of_line(line: &Line, base: &impl Fn(LossKind) -> Loss) -> Vec<Loss> {
    let of = |kind, amount: Money, reason: &Reason| Loss {
        amount_minor: Some(amount.minor()),
        what: line.sku.to_string(),
        reason: reason.to_string(),
        ..base(kind)
    };
    if let LineFate::Voided { reason } = &line.fate {
        return vec![of(LossKind::LineVoid, line.extended, reason)];
    }
    let mut found = Vec::new();
    for (amount, reason) in given(&line.discount).into_iter().filter(|(amount, _)| amount.is_positive()) {
        found.push(of(LossKind::Discount, amount, reason));
    }
    if let AppliedPrice::Override { list_price, reason, .. } = &line.price {
        let below = at_list(line, *list_price, line.extended.currency()) - line.extended;
        if below.is_positive() {
            found.push(of(LossKind::PriceOverride, below, reason));
        }
    }
    found
}

/// What was done to a line of an order that had it already: what of it is more than before.
fn of_change(change: &LineChange, line: &Line, base: &impl Fn(LossKind) -> Loss) -> Vec<Loss> {
    let Some(before) = change.before.as_ref().filter(|_| line.is_kept()) else { return of_line(line, base) };
    let known = of_line(before, base);
    let amount_before = |kind| {
        let of_kind = known.iter().filter(|loss| loss.kind == kind);
        of_kind.filter_map(|loss| loss.amount_minor).sum::<i64>()
    };
    let mut found = Vec::new();
    if line.quantity < before.quantity {
        let less = before.quantity - line.quantity;
        let worth = before.price.unit_price().extend(less, line.extended.currency(), Rounding::HalfUp);
        found.push(Loss {
            amount_minor: Some(worth.minor()),
            what: line.sku.to_string(),
            reason: change.reason.as_ref().map_or_else(String::new, Reason::to_string),
            ..base(LossKind::LineVoid)
        });
    }
    for kind in [LossKind::Discount, LossKind::PriceOverride] {
        let now: Vec<Loss> = of_line(line, base).into_iter().filter(|loss| loss.kind == kind).collect();
        let amount: i64 = now.iter().filter_map(|loss| loss.amount_minor).sum();
        if let Some(last) = now.into_iter().last().filter(|_| amount > amount_before(kind)) {
            found.push(Loss { amount_minor: Some(amount - amount_before(kind)), ..last });
        }
    }
    found
}

/// What somebody took off, on the line or as its share of the basket's. Promotions are nobody's loss.
fn given(discount: &AppliedDiscount) -> Vec<(Money, &Reason)> {
    match discount {
        AppliedDiscount::None => Vec::new(),
        AppliedDiscount::Percent { amount, reason, .. } | AppliedDiscount::Amount { amount, reason } => {
            vec![(*amount, reason)]
        }
        AppliedDiscount::Parts { parts } => {
            let by_hand = parts.iter().filter_map(|part| match &part.source {
                DiscountSource::Line { reason } | DiscountSource::Basket { reason } => {
                    Some((part.amount, reason))
                }
                DiscountSource::Promotion { .. } => None,
            });
            by_hand.collect()
        }
    }
}

/// What the line would have come to at its list price.
fn at_list(line: &Line, list: holdfast_money::UnitPrice, currency: Currency) -> Money {
    list.extend(line.quantity, currency, Rounding::HalfUp)
}
