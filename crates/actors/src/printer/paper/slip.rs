//! What the shop keeps of an electronic payment that somebody has to sign for.
//!
//! It is made of what the journal keeps of the approval, so that it says the same whenever it is printed. What else a terminal
//! would like on paper stays with the terminal: no line of its own is kept, and so none can bring a card's number along.

use std::sync::Arc;

use holdfast_devices::document::Document;
use holdfast_domain::attempt::{Approval, Purpose};
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::event::Stamp;
use holdfast_domain::ids::{AttemptId, TransactionId};
use holdfast_domain::receipt::TillNumber;
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::state::State;
use holdfast_domain::store::StoreProfile;
use holdfast_protocol::message::ReplyPosition;

use super::receipt::card_lines;
use super::{journal, seller, signature, tender_name};
use crate::template::{Template, Word};

/// Everything that one slip says.
#[derive(Debug, Clone)]
pub struct Slip {
    pub template: Arc<Template>,
    pub transaction: TransactionId,
    pub till: TillNumber,
    pub profile: StoreProfile,
    pub stamp: Stamp,
    pub operator: Option<StaffNumber>,
    /// Whether the shop signs, because money goes back.
    pub is_refund: bool,
    /// As the store's list calls what was paid with.
    pub tender: String,
    pub device: DeviceName,
    pub approval: Approval,
}

/// The slip of an approval. None where the attempt is not known any more.
pub(super) fn slip(
    template: &Arc<Template>,
    state: &State,
    attempt: AttemptId,
    approval: &Approval,
) -> Option<Slip> {
    let attempt = state.attempts.get(&attempt)?;
    Some(Slip {
        template: Arc::clone(template),
        transaction: attempt.id.document(),
        till: state.tills.get(&attempt.stamp.terminal)?.number,
        profile: state.profile.clone()?,
        stamp: attempt.stamp,
        operator: state.staff.get(&attempt.stamp.operator).map(|staff| staff.number),
        is_refund: !matches!(attempt.purpose, Purpose::Sale { .. }),
        tender: tender_name(template.language, &state.tender_types(), &attempt.code),
        device: attempt.device.clone(),
        approval: approval.clone(),
    })
}

impl Slip {
    pub(super) fn document(&self, position: &ReplyPosition) -> Document {
        let language = self.template.language;
        let mut document = self.template.document(self.stamp.mode);
        seller(&mut document, language, &self.profile);
        let title = if self.is_refund { Word::RefundSlip } else { Word::PaymentSlip };
        document.blank().bold(title.text(language));
        document.row(language.fill(Word::Till, &[&self.till.0]), language.date(self.stamp.business_date));
        if let Some(operator) = self.operator {
            document.text(language.fill(Word::ServedBy, &[&operator]));
        }
        document.text(language.fill(Word::Device, &[&self.device])).rule();
        document.text(self.tender.as_str());
        card_lines(&mut document, language, &self.approval.card, &self.approval.transaction);
        let total = if self.is_refund { Word::Refund } else { Word::Total };
        document
            .rule()
            .total(language.fill(total, &[&self.profile.currency]), language.money(self.approval.amount));
        if !self.approval.tip.is_zero() {
            document.row(Word::OfItATip.text(language), language.money(self.approval.tip));
        }
        signature(&mut document, language);
        journal(&mut document, language, position);
        document
    }
}
