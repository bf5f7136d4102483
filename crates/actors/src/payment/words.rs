//! Between the domain's words and the devices': a request out of an attempt, an outcome for the ledger out of an answer.

use std::time::Duration;

use holdfast_devices::payment::card::{self, EntryMode};
use holdfast_devices::payment::{
    self as devices, AttemptId, Authorised, ErrorCondition, Fault, Mark, Outcome, PoiTransaction, Request,
    SaleReference, Service, Step,
};
use holdfast_domain::attempt::{
    Approval, Attempt, CardEntry, CardFacts, DeclineReason, GivesBack, LOST_MARK, Purpose, TenderOutcome,
};
use holdfast_domain::bounded::{CardEnding, CardWord, Label, PoiMark, PoiReference};
use holdfast_domain::calendar::Timestamp;
use holdfast_money::Money;
use holdfast_protocol::message::TenderStep;

pub(super) fn request(attempt: &Attempt) -> Request {
    let tip = (!attempt.tip.is_zero()).then_some(attempt.tip);
    let original = |transaction: &PoiReference| {
        // What a person said of a payment has no number that a device knows.
        PoiTransaction::new(transaction.as_str())
            .unwrap_or_else(|_| PoiTransaction::new("-").expect("a dash is short and plain"))
    };
    let service = match &attempt.purpose {
        Purpose::Sale { .. } => Service::Payment { tip },
        Purpose::Refund { transaction, means, .. } | Purpose::Reversal { transaction, means, .. } => {
            match means {
                GivesBack::Reversal => Service::Reversal { original: original(transaction) },
                GivesBack::Refund => Service::Refund { original: Some(original(transaction)) },
            }
        }
    };
    let id = attempt.id.0.0.as_u128();
    // The end of the id is what people can compare on a screen.
    let sale = SaleReference::new(format!("{:08x}", id & 0xFFFF_FFFF)).expect("eight hexadecimal digits");
    Request { attempt: AttemptId(id), sale, service, amount: attempt.amount }
}

/// What this hub, or one before it, would ask to undo an approval that no sale needs.
pub(super) fn reversal(attempt: &Attempt, request: &Request, approved: &devices::Approval) -> Request {
    Request {
        attempt: AttemptId(attempt.id.counterpart().0.0.as_u128()),
        sale: request.sale.clone(),
        service: Service::Reversal { original: approved.transaction.clone() },
        amount: approved.amount,
    }
}

pub(super) fn mark(kept: &PoiMark) -> Mark {
    Mark::new(kept.as_str())
        .unwrap_or_else(|_| Mark::new(LOST_MARK).expect("a question mark is short and plain"))
}

pub(super) fn cause(fault: &Fault) -> Label {
    Label::new(fault.code()).expect("every code is a name")
}

/// Some part of a quarter of it, by a random number, so that devices are not asked in step.
pub(super) fn quarter_at_most(pause: Duration, random: u64) -> Duration {
    let part = u32::from(u16::try_from(random >> 48).unwrap_or(u16::MAX));
    pause * part / (4 * u32::from(u16::MAX))
}

/// The ledger's form of what a device said; a fault where nobody knows, or where an approval cannot be for this attempt.
/// `at` is when it was heard.
pub(super) fn outcome(attempt: &Attempt, said: Outcome, at: Timestamp) -> Result<TenderOutcome, Fault> {
    match said {
        Outcome::Approved(approved) => {
            let approval = Box::new(approval(attempt, &approved)?);
            Ok(match approved.authorised {
                Authorised::Offline => TenderOutcome::ApprovedOffline { approval, at },
                Authorised::Online | Authorised::Unsaid => TenderOutcome::Approved(approval),
            })
        }
        Outcome::Declined(decline) => Ok(TenderOutcome::Declined(reason(decline.condition))),
        Outcome::Unresolved(fault) => Err(fault),
    }
}

fn approval(attempt: &Attempt, approved: &devices::Approval) -> Result<Approval, Fault> {
    let garbled = |what: &str| Fault::Garbled {
        device: attempt.device.to_string(),
        during: "the payment",
        what: what.to_owned(),
    };
    let zero = Money::zero(attempt.amount.currency());
    let (amount, tip) = (approved.amount, approved.tip.unwrap_or(zero));
    if amount.currency() != zero.currency() || tip.currency() != zero.currency() {
        return Err(garbled("it names another currency than it was asked for"));
    }
    // A tip at the device comes on top; what was known of one before is part of what was asked for.
    let asked = attempt.amount - attempt.tip;
    if !amount.is_positive() || tip.is_negative() || amount - tip > asked || amount == tip {
        return Err(garbled("it names another amount than it was asked for"));
    }
    Ok(Approval {
        amount,
        tip,
        transaction: PoiReference::new(approved.transaction.as_str())
            .map_err(|_| garbled("its transaction number is not plain"))?,
        card: card_facts(&approved.card),
        signature: approved.slip.signature,
    })
}

fn card_facts(card: &card::CardFacts) -> CardFacts {
    let word = |word: &Option<card::Word>| word.as_ref().and_then(|word| CardWord::new(word.as_str()).ok());
    CardFacts {
        scheme: word(&card.scheme),
        last_four: card.last_four.and_then(|four| CardEnding::new(four.digits()).ok()),
        entry: card.entry.map(|entry| match entry {
            EntryMode::Chip => CardEntry::Chip,
            EntryMode::Contactless => CardEntry::Contactless,
            EntryMode::MagneticStripe => CardEntry::MagneticStripe,
            EntryMode::Mobile => CardEntry::Mobile,
            EntryMode::QrCode => CardEntry::QrCode,
            EntryMode::None => CardEntry::ByReference,
        }),
        wallet: word(&card.wallet),
        aid: word(&card.aid),
        auth_code: word(&card.auth_code),
        token: card.token.as_ref().and_then(|token| PoiReference::new(token.as_str()).ok()),
    }
}

fn reason(condition: ErrorCondition) -> DeclineReason {
    match condition {
        ErrorCondition::Aborted => DeclineReason::Aborted,
        ErrorCondition::Busy => DeclineReason::Busy,
        ErrorCondition::Cancel => DeclineReason::Cancel,
        ErrorCondition::DeviceOut => DeclineReason::DeviceOut,
        ErrorCondition::InvalidCard => DeclineReason::InvalidCard,
        ErrorCondition::NotAllowed => DeclineReason::NotAllowed,
        ErrorCondition::NotFound => DeclineReason::NotFound,
        ErrorCondition::Refusal => DeclineReason::Refusal,
        ErrorCondition::UnreachableHost => DeclineReason::UnreachableHost,
        ErrorCondition::WrongPin => DeclineReason::WrongPin,
    }
}

pub(crate) fn step(step: Step) -> TenderStep {
    match step {
        Step::Connecting => TenderStep::Connecting,
        Step::PresentCard => TenderStep::PresentCard,
        Step::EnterPin => TenderStep::EnterPin,
        Step::CustomerChooses => TenderStep::CustomerChooses,
        Step::Authorising => TenderStep::Authorising,
        Step::RemoveCard => TenderStep::RemoveCard,
        Step::ShowQr { text } => TenderStep::ShowQr { text },
        Step::Says { text } => TenderStep::Says { text },
    }
}
