//! What is read of Stripe's objects, and no more: every other field is skipped before it can reach anything, the client's
//! secret of a PaymentIntent and a card's fingerprint among them. A field that is missing is nothing, never a guess.

use holdfast_money::Money;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::payment::card::{CardFacts, EntryMode, LastFour, Word};
use crate::payment::{Approval, Authorised, Decline, ErrorCondition, PoiTransaction, Request, Service, Slip};

/// The characters of an application identifier in hexadecimal.
const AID_CHARS_MAX: usize = 32;

#[derive(Deserialize, Default)]
pub(super) struct Metadata {
    pub(super) attempt: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    status: Option<String>,
    currency: Option<String>,
    amount: Option<i64>,
    amount_received: Option<i64>,
    amount_details: Option<AmountDetails>,
    pub(super) metadata: Option<Metadata>,
    last_payment_error: Option<PaymentError>,
    cancellation_reason: Option<String>,
    latest_charge: Option<LatestCharge>,
}

#[derive(Deserialize)]
struct AmountDetails {
    tip: Option<Tip>,
}

#[derive(Deserialize)]
struct Tip {
    amount: Option<i64>,
}

#[derive(Deserialize)]
struct PaymentError {
    code: Option<String>,
    decline_code: Option<String>,
    message: Option<String>,
}

/// It is an object only where it was asked for as one. What else stands there costs a receipt its card facts, not a customer
/// their payment.
#[derive(Deserialize)]
#[serde(untagged)]
enum LatestCharge {
    Expanded(Box<Charge>),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct Charge {
    amount_refunded: Option<i64>,
    payment_method_details: Option<MethodDetails>,
}

#[derive(Deserialize)]
struct MethodDetails {
    card_present: Option<CardPresent>,
}

#[derive(Deserialize)]
struct CardPresent {
    brand: Option<String>,
    last4: Option<String>,
    read_method: Option<String>,
    generated_card: Option<String>,
    wallet: Option<Wallet>,
    receipt: Option<Receipt>,
}

#[derive(Deserialize)]
struct Wallet {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Receipt {
    application_preferred_name: Option<String>,
    dedicated_file_name: Option<String>,
    authorization_code: Option<String>,
    cardholder_verification_method: Option<String>,
}

/// How far a PaymentIntent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// A reader may still charge a card for it.
    Open,
    Processing,
    /// The bank approved it, and it is not booked yet.
    ToBeCaptured,
    Succeeded,
    Canceled,
}

/// Why a PaymentIntent is cancelled: Stripe's own words, of which a reversal uses another one than a driver that gives up.
pub(super) const GIVEN_UP: &str = "abandoned";
pub(super) const REVERSED: &str = "requested_by_customer";

impl Intent {
    /// None for a status that is not known or not there.
    pub(super) fn stage(&self) -> Option<Stage> {
        match self.status.as_deref()? {
            "requires_payment_method" | "requires_confirmation" | "requires_action" => Some(Stage::Open),
            "processing" => Some(Stage::Processing),
            "requires_capture" => Some(Stage::ToBeCaptured),
            "succeeded" => Some(Stage::Succeeded),
            "canceled" => Some(Stage::Canceled),
            _ => None,
        }
    }

    /// Nothing about it changes any more.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.stage(), Some(Stage::Succeeded | Stage::Canceled))
    }

    pub(super) fn is_of(&self, attempt: &str) -> bool {
        self.metadata.as_ref().and_then(|metadata| metadata.attempt.as_deref()) == Some(attempt)
    }

    pub(super) fn was_reversed(&self) -> bool {
        self.stage() == Some(Stage::Canceled) && self.cancellation_reason.as_deref() == Some(REVERSED)
    }

    fn charge(&self) -> Option<&Charge> {
        match &self.latest_charge {
            Some(LatestCharge::Expanded(charge)) => Some(charge),
            Some(LatestCharge::Other(_)) | None => None,
        }
    }

    /// How much went back already, in minor units.
    pub(super) fn refunded_minor(&self) -> Option<i64> {
        self.charge()?.amount_refunded
    }

    /// What it was for, in the currency that was asked for.
    pub(super) fn wanted(&self, request: &Request) -> Option<Money> {
        self.money(self.amount?, request)
    }

    fn money(&self, minor: i64, request: &Request) -> Option<Money> {
        money(self.currency.as_deref(), minor, request)
    }

    /// What moved. None when it does not say so in a form that can be believed.
    pub(super) fn approval(&self, request: &Request) -> Option<Approval> {
        let amount = self.money(self.amount_received?, request)?;
        let given = self.amount_details.as_ref().and_then(|details| details.tip.as_ref()?.amount);
        let asked = match request.service {
            Service::Payment { tip } => tip.map_or(0, Money::minor),
            _ => 0,
        };
        let tip = asked.checked_add(given.unwrap_or(0))?;
        if tip < 0 || tip > amount.minor() {
            return None;
        }
        let details = self.charge().and_then(|charge| charge.payment_method_details.as_ref());
        let card = details.and_then(|details| details.card_present.as_ref());
        let mut slip = Slip::default();
        slip.signature = card.is_some_and(CardPresent::is_to_be_signed);
        Some(Approval {
            amount,
            tip: (tip > 0).then(|| Money::from_minor(tip, amount.currency())),
            transaction: PoiTransaction::new(self.id.clone()).ok()?,
            card: card.map(CardPresent::facts).unwrap_or_default(),
            authorised: Authorised::Online,
            slip,
        })
    }

    /// Why it came to nothing, where the intent itself says so; else what is known from elsewhere.
    pub(super) fn decline(&self, otherwise: ErrorCondition) -> Decline {
        match &self.last_payment_error {
            Some(error) => {
                let code = error.decline_code.as_deref().or(error.code.as_deref()).unwrap_or_default();
                Decline::new(
                    condition(code).unwrap_or(ErrorCondition::Refusal),
                    error.message.as_deref().or(error.code.as_deref()),
                )
            }
            None => Decline::new(otherwise, None),
        }
    }
}

impl CardPresent {
    fn facts(&self) -> CardFacts {
        let receipt = self.receipt.as_ref();
        let of_receipt = |field: fn(&Receipt) -> &Option<String>| receipt.and_then(|it| field(it).as_deref());
        let scheme = self.brand.as_deref().or(of_receipt(|receipt| &receipt.application_preferred_name));
        let wallet = self.wallet.as_ref().and_then(|wallet| wallet.kind.as_deref());
        CardFacts {
            scheme: scheme.map(|word| word.replace('_', " ")).and_then(|word| Word::name(&word)),
            last_four: self.last4.as_deref().filter(|four| four.len() == 4).and_then(LastFour::of),
            entry: match wallet {
                Some(_) => Some(EntryMode::Mobile),
                None => self.read_method.as_deref().and_then(entry),
            },
            wallet: wallet.map(|word| word.replace('_', " ")).and_then(|word| Word::name(&word)),
            aid: of_receipt(|receipt| &receipt.dedicated_file_name).and_then(aid),
            auth_code: of_receipt(|receipt| &receipt.authorization_code).and_then(Word::auth_code),
            token: self.generated_card.as_deref().and_then(Word::token),
        }
    }

    fn is_to_be_signed(&self) -> bool {
        self.receipt.as_ref().and_then(|receipt| receipt.cardholder_verification_method.as_deref())
            == Some("signature")
    }
}

fn entry(read_method: &str) -> Option<EntryMode> {
    match read_method {
        "contact_emv" => Some(EntryMode::Chip),
        "contactless_emv" | "contactless_magstripe_mode" => Some(EntryMode::Contactless),
        "magnetic_stripe_track2" | "magnetic_stripe_fallback" => Some(EntryMode::MagneticStripe),
        _ => None,
    }
}

fn aid(text: &str) -> Option<Word> {
    // Digits alone can be an identifier, and can be something else.
    if holdfast_pan::holds_pan(text)
        || text.len() > AID_CHARS_MAX
        || !text.len().is_multiple_of(2)
        || !text.is_ascii()
    {
        return None;
    }
    let bytes: Option<Vec<u8>> = (0..text.len())
        .step_by(2)
        .map(|at| {
            let pair = text.get(at..at + 2)?;
            pair.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u8::from_str_radix(pair, 16).ok())?
        })
        .collect();
    Word::aid(&bytes?)
}

fn money(currency: Option<&str>, minor: i64, request: &Request) -> Option<Money> {
    let expected = request.amount.currency();
    let is_it = currency.is_some_and(|code| code.eq_ignore_ascii_case(expected.code()));
    let money = Money::from_minor(minor, expected);
    (is_it && money.is_positive() && money.in_range()).then_some(money)
}

/// What a word of Stripe's means, where it means one thing.
pub(super) fn condition(code: &str) -> Option<ErrorCondition> {
    Some(match code {
        "incorrect_pin" | "pin_try_exceeded" | "offline_pin_required" | "online_or_offline_pin_required" => {
            ErrorCondition::WrongPin
        }
        "expired_card"
        | "card_not_supported"
        | "currency_not_supported"
        | "invalid_account"
        | "incorrect_number"
        | "card_read_error" => ErrorCondition::InvalidCard,
        "card_declined" | "do_not_honor" | "generic_decline" | "insufficient_funds" => {
            ErrorCondition::Refusal
        }
        "customer_canceled" | "customer_cancelled" | "timed_out" | "collection_timed_out" => {
            ErrorCondition::Cancel
        }
        "terminal_reader_busy" => ErrorCondition::Busy,
        "terminal_reader_offline" | "terminal_reader_timeout" | "terminal_reader_hardware_fault" => {
            ErrorCondition::DeviceOut
        }
        "connection_error" => ErrorCondition::UnreachableHost,
        "resource_missing" => ErrorCondition::NotAllowed,
        _ => return None,
    })
}

/// A reader.
#[derive(Deserialize)]
pub(super) struct Reader {
    pub(super) id: String,
    #[serde(default)]
    pub(super) deleted: bool,
    pub(super) status: Option<String>,
    pub(super) device_type: Option<String>,
    pub(super) action: Option<Action>,
}

#[derive(Deserialize)]
pub(super) struct Action {
    status: Option<String>,
    failure_code: Option<String>,
    process_payment_intent: Option<ProcessAction>,
}

#[derive(Deserialize)]
struct ProcessAction {
    payment_intent: Option<String>,
}

impl Reader {
    /// The PaymentIntent that it last worked on or works on.
    fn intent(&self) -> Option<&str> {
        self.action.as_ref()?.process_payment_intent.as_ref()?.payment_intent.as_deref()
    }

    pub(super) fn is_busy(&self) -> bool {
        // What is not said to be over may go on.
        self.action
            .as_ref()
            .is_some_and(|action| !matches!(action.status.as_deref(), Some("succeeded" | "failed")))
    }

    /// The PaymentIntent that it works on now.
    pub(super) fn at(&self) -> Option<&str> {
        self.intent().filter(|_| self.is_busy())
    }

    /// Why it could not charge a card for this one.
    pub(super) fn failure(&self, intent: &str) -> Option<ErrorCondition> {
        let action = self.action.as_ref().filter(|_| self.intent() == Some(intent))?;
        condition(action.failure_code.as_deref()?)
    }
}

/// A list, or what a search found.
#[derive(Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

/// One of what a search found: only where it is.
#[derive(Deserialize)]
pub(super) struct Hit {
    pub(super) id: String,
}

#[derive(Deserialize)]
pub(super) struct Refund {
    id: String,
    status: Option<String>,
    amount: Option<i64>,
    currency: Option<String>,
    pub(super) payment_intent: Option<String>,
    pub(super) metadata: Option<Metadata>,
    failure_reason: Option<String>,
}

pub(super) enum RefundStage {
    UnderWay,
    Done(Box<Approval>),
    Failed(Decline),
}

impl Refund {
    /// In minor units, whatever became of it.
    pub(super) fn minor(&self) -> i64 {
        self.amount.unwrap_or_default()
    }

    pub(super) fn is_of(&self, attempt: &str) -> bool {
        self.metadata.as_ref().and_then(|metadata| metadata.attempt.as_deref()) == Some(attempt)
    }

    /// None when it says nothing that can be believed.
    pub(super) fn stage(&self, request: &Request) -> Option<RefundStage> {
        Some(match self.status.as_deref()? {
            "pending" | "requires_action" => RefundStage::UnderWay,
            "failed" | "canceled" => RefundStage::Failed(Decline::new(
                ErrorCondition::Refusal,
                self.failure_reason.as_deref().or(Some("the refund failed")),
            )),
            "succeeded" => RefundStage::Done(Box::new(Approval {
                amount: money(self.currency.as_deref(), self.amount?, request)?,
                tip: None,
                transaction: PoiTransaction::new(self.id.clone()).ok()?,
                card: CardFacts { entry: Some(EntryMode::None), ..CardFacts::default() },
                authorised: Authorised::Online,
                slip: Slip::default(),
            })),
            _ => return None,
        })
    }
}
