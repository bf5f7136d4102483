//! Transactions that later transactions can point at, with what has come back of each line.

use holdfast_money::{Money, Quantity};

use crate::event::Stamp;
use crate::ids::{OrderId, TransactionId};
use crate::line::{Line, LineNumber};
use crate::receipt::ReceiptNumber;
use crate::tax::TaxBasis;
use crate::tender::{Payment, Tender, TenderBalance};

/// What a copy of a receipt shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CopyForm {
    /// Everything that the receipt says, marked as a copy.
    Copy,
    /// What was bought, without prices: with a gift, for whoever may want to bring it back.
    Gift,
}

/// A completed sale. It never changes state; returns and a post-void are counted here so that they stay capped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    pub transaction: TransactionId,
    pub order: OrderId,
    pub stamp: Stamp,
    pub receipt: ReceiptNumber,
    pub basis: TaxBasis,
    pub lines: Vec<SoldLine>,
    pub payment: Payment,
    /// Gross of everything returned so far, before cash rounding.
    pub refunded: Money,
    /// Cash paid out so far, after cash rounding.
    pub paid_out: Money,
    /// What each tender but cash took, deposits included, and what went back to it.
    pub tenders: Vec<TenderBalance>,
    /// What came back so far and went to new store credit, because its tender takes nothing back.
    pub credited: Money,
    pub voided: Option<TransactionId>,
    /// What was given beside it for whoever served.
    pub tips: Vec<Tender>,
    /// How many copies were asked for, of either form.
    pub copies: u32,
    /// The number that its till gave it beside its own, because the reply with that was lost.
    pub alias: Option<ReceiptNumber>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldLine {
    pub line: Line,
    /// What has come back so far, over all returns. Refunds follow from it: see [`SoldLine::share`].
    pub returned: Quantity,
}

impl SoldLine {
    pub fn new(line: Line) -> Self {
        Self { line, returned: Quantity::ZERO }
    }

    pub fn returnable(&self) -> Quantity {
        self.line.quantity - self.returned
    }

    /// The line that gives back `quantity` more: every amount is the difference of two cumulative shares, so the shares of
    /// any partition of the line sum to what was paid, to the cent.
    pub fn share(&self, quantity: Quantity) -> Line {
        let before = self.returned;
        let after = before + quantity;
        let part = |whole: Money| self.cumulative(whole, after) - self.cumulative(whole, before);
        let mut line = self.line.clone();
        line.quantity = quantity;
        for applied in &mut line.taxes {
            applied.tax = part(applied.tax);
        }
        let tax = Money::sum(line.gross.currency(), line.taxes.iter().map(|t| t.tax));
        line.gross = part(self.line.gross);
        line.net = line.gross - tax;
        line.extended = part(self.line.extended);
        for amount in line.discount.amounts_mut() {
            *amount = part(*amount);
        }
        line
    }

    fn cumulative(&self, whole: Money, quantity: Quantity) -> Money {
        if quantity == self.line.quantity {
            return whole;
        }
        let share = whole.amount() * quantity.value() / self.line.quantity.value();
        Money::round(share, whole.currency(), crate::pricing::ROUNDING)
    }
}

impl Sale {
    pub fn line(&self, number: LineNumber) -> Option<&SoldLine> {
        self.lines.iter().find(|sold| sold.line.number == number)
    }

    /// Gross of everything that was sold.
    pub fn gross(&self) -> Money {
        Money::sum(self.payment.due.currency(), self.lines.iter().map(|sold| sold.line.gross))
    }

    /// What the customer paid for it, deposits and cash rounding included.
    pub fn paid(&self) -> Money {
        self.gross() + self.payment.rounding
    }

    /// What came back so far and went to no tender that it was paid with: in cash, before cash rounding, or credited.
    pub fn refunded_otherwise(&self) -> Money {
        let returned = self.tenders.iter().map(|balance| balance.returned);
        self.refunded - Money::sum(self.refunded.currency(), returned)
    }

    /// Whether nothing of it is left to come back.
    pub fn is_all_returned(&self) -> bool {
        self.lines.iter().all(|sold| sold.returnable().is_zero())
    }

    pub fn has_returns(&self) -> bool {
        self.lines.iter().any(|sold| !sold.returned.is_zero())
    }
}

/// One line that comes back. All amounts are positive; that they leave is the transaction's meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedLine {
    /// The sale's line, for a return by receipt.
    pub original: Option<LineNumber>,
    pub line: Line,
}
