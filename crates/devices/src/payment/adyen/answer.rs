//! What a terminal's answers mean, in the contract's words. Whatever does not say clearly what became of the money is
//! unresolved, and nothing of a card passes but what [`CardFacts`] has a place for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use holdfast_money::{Currency, Money};
use serde::Deserialize;

use super::message::{
    AmountsResp, AnsweredSale, Condition, DiagnosisResponse, GlobalStatus, PaymentResponse, PaymentResult,
    PoiData, Receipt, ReconciliationResponse, ResultWord, ReversalResponse, TotalsWord, TransactionId,
    Verdict,
};
use crate::payment::card::{CardFacts, EntryMode, Word};
use crate::payment::{
    Approval, Authorised, Decline, ErrorCondition, Fault, Health, Outcome, PoiTransaction, Request, Slip,
    Totals, TotalsLine,
};

/// What stands between a transaction's number and its time in the text by which it is found again.
const TIME_MARK: char = '@';
/// The most pairs that are read of one AdditionalResponse.
const PAIRS_MAX: usize = 200;
/// The most lines of a terminal's totals.
const TOTALS_MAX: usize = 200;

/// Reads answers to one request.
pub(super) struct Reader<'a> {
    pub(super) device: &'a str,
    pub(super) during: &'static str,
    pub(super) request: &'a Request,
    /// What the request is called at the terminal (nexo: SaleTransactionID).
    pub(super) sale_transaction: &'a str,
}

impl Reader<'_> {
    pub(super) fn payment(&self, answer: &PaymentResponse) -> Outcome {
        self.payment_or_fault(answer).unwrap_or_else(Outcome::Unresolved)
    }

    pub(super) fn reversal(&self, answer: &ReversalResponse) -> Outcome {
        self.reversal_or_fault(answer).unwrap_or_else(Outcome::Unresolved)
    }

    fn payment_or_fault(&self, answer: &PaymentResponse) -> Result<Outcome, Fault> {
        let additional = Additional::of(&answer.response);
        if !self.moved(&answer.response)? {
            self.is_ours(answer.sale_data.as_ref(), Proof::WhereGiven)?;
            let Some(condition) = self.condition(&answer.response)? else {
                return Err(self.garbled("it refuses a payment with a reason that only a question has"));
            };
            return Ok(Outcome::Declined(Decline::new(condition, additional.said.as_deref())));
        }
        self.is_ours(answer.sale_data.as_ref(), Proof::Needed)?;
        let result =
            answer.payment_result.as_ref().ok_or_else(|| self.garbled("an approval without a result"))?;
        let amounts =
            result.amounts_resp.as_ref().ok_or_else(|| self.garbled("an approval without an amount"))?;
        let (amount, tip) = self.amounts(amounts)?;
        Ok(Outcome::Approved(Box::new(Approval {
            amount,
            tip,
            transaction: self.transaction(answer.poi_data.as_ref())?,
            card: card(result, &additional),
            authorised: match result.online_flag {
                Some(true) => Authorised::Online,
                Some(false) => Authorised::Offline,
                None => Authorised::Unsaid,
            },
            slip: slip(answer.payment_receipt.as_deref()),
        })))
    }

    /// That a reversal is approved means that the gateway took it over: it carries it out by itself within the next minutes
    /// and has no other answer for a till.
    fn reversal_or_fault(&self, answer: &ReversalResponse) -> Result<Outcome, Fault> {
        let additional = Additional::of(&answer.response);
        if !self.moved(&answer.response)? {
            self.is_ours(answer.sale_data.as_ref(), Proof::WhereGiven)?;
            // That the payment to be reversed is not known there is a no like any other.
            let condition = self.condition(&answer.response)?.unwrap_or(ErrorCondition::NotAllowed);
            return Ok(Outcome::Declined(Decline::new(condition, additional.said.as_deref())));
        }
        self.is_ours(answer.sale_data.as_ref(), Proof::WhereGiven)?;
        let amount = match answer.reversed_amount {
            Some(amount) => self.money(amount.0)?,
            None => self.request.amount,
        };
        Ok(Outcome::Approved(Box::new(Approval {
            amount,
            tip: None,
            transaction: self.transaction(answer.poi_data.as_ref())?,
            card: CardFacts { entry: Some(EntryMode::None), ..CardFacts::default() },
            authorised: Authorised::Online,
            slip: slip(answer.payment_receipt.as_deref()),
        })))
    }

    /// Whether the terminal says that money moved. No result, or one that is not known, says nothing.
    fn moved(&self, verdict: &Verdict) -> Result<bool, Fault> {
        match verdict.result {
            Some(ResultWord::Success | ResultWord::Partial) => Ok(true),
            Some(ResultWord::Failure) => Ok(false),
            Some(ResultWord::Other) | None => Err(self.garbled("it says neither yes nor no")),
        }
    }

    /// The reason of a positive no. `None` for NotFound, which means something else after each request.
    fn condition(&self, verdict: &Verdict) -> Result<Option<ErrorCondition>, Fault> {
        Ok(Some(match verdict.error_condition {
            Some(Condition::Aborted) => ErrorCondition::Aborted,
            Some(Condition::Busy) => ErrorCondition::Busy,
            Some(Condition::Cancel) => ErrorCondition::Cancel,
            Some(Condition::DeviceOut | Condition::UnavailableDevice) => ErrorCondition::DeviceOut,
            Some(Condition::InvalidCard) => ErrorCondition::InvalidCard,
            Some(
                Condition::InsertedCard
                | Condition::LoggedOut
                | Condition::MessageFormat
                | Condition::NotAllowed
                | Condition::PaymentRestriction
                | Condition::UnavailableService,
            ) => ErrorCondition::NotAllowed,
            Some(Condition::Refusal) => ErrorCondition::Refusal,
            Some(Condition::UnreachableHost) => ErrorCondition::UnreachableHost,
            Some(Condition::WrongPin) => ErrorCondition::WrongPin,
            Some(Condition::NotFound) => return Ok(None),
            Some(Condition::InProgress) => {
                return Err(Fault::InProgress { device: self.device.to_owned() });
            }
            Some(Condition::Other) | None => return Err(self.garbled("a no without a reason that is known")),
        }))
    }

    /// The message's numbers are short and could once repeat; the attempt's own id inside the answer cannot.
    fn is_ours(&self, sale: Option<&AnsweredSale>, proof: Proof) -> Result<(), Fault> {
        match sale.and_then(|sale| sale.sale_transaction_id.as_ref()) {
            Some(id) if id.transaction_id == self.sale_transaction => Ok(()),
            Some(_) => Err(Fault::Foreign { device: self.device.to_owned(), during: self.during }),
            None if proof == Proof::WhereGiven => Ok(()),
            None => Err(self.garbled("an approval without our own number")),
        }
    }

    fn amounts(&self, amounts: &AmountsResp) -> Result<(Money, Option<Money>), Fault> {
        if amounts.currency.as_deref() != Some(self.request.amount.currency().code()) {
            return Err(self.garbled("an amount in another currency"));
        }
        let authorised =
            amounts.authorized_amount.ok_or_else(|| self.garbled("an approval without an amount"))?;
        let amount = self.money(authorised.0)?;
        let tip = match amounts.tip_amount {
            Some(tip) if !tip.0.is_zero() => Some(self.money(tip.0)?),
            _ => None,
        };
        if tip.is_some_and(|tip| tip.minor() > amount.minor()) {
            return Err(self.garbled("a tip that is more than the whole"));
        }
        Ok((amount, tip))
    }

    fn money(&self, amount: holdfast_money::Decimal) -> Result<Money, Fault> {
        Money::new(amount, self.request.amount.currency())
            .ok()
            .filter(|money| money.is_positive())
            .ok_or_else(|| self.garbled("an amount that cannot be"))
    }

    fn transaction(&self, poi: Option<&PoiData>) -> Result<PoiTransaction, Fault> {
        let id = poi
            .and_then(|poi| poi.poi_transaction_id.as_ref())
            .ok_or_else(|| self.garbled("an approval without the terminal's number"))?;
        let text = match &id.time_stamp {
            Some(time) => format!("{}{TIME_MARK}{time}", id.transaction_id),
            None => id.transaction_id.clone(),
        };
        PoiTransaction::new(text).map_err(|_| self.garbled("a transaction number that cannot be kept"))
    }

    fn garbled(&self, what: &str) -> Fault {
        Fault::Garbled { device: self.device.to_owned(), during: self.during, what: what.to_owned() }
    }
}

/// Whether an answer has to carry the attempt's own id to count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    Needed,
    /// A terminal that refuses at once may not have read that far.
    WhereGiven,
}

/// The transaction as the terminal wants it back.
pub(super) fn original(transaction: &PoiTransaction) -> TransactionId {
    let (id, time) = match transaction.as_str().rsplit_once(TIME_MARK) {
        Some((id, time)) => (id, Some(time.to_owned())),
        None => (transaction.as_str(), None),
    };
    TransactionId { transaction_id: id.to_owned(), time_stamp: time }
}

/// What is used of AdditionalResponse, which is form-encoded text or JSON in base64.
#[derive(Default)]
struct Additional {
    said: Option<String>,
    aid: Option<String>,
    auth_code: Option<String>,
    variant: Option<String>,
    last_four: Option<String>,
    token: Option<String>,
}

/// The JSON form of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AdditionalJson {
    #[serde(default)]
    additional_data: std::collections::BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    refusal_reason: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

impl Additional {
    fn of(verdict: &Verdict) -> Additional {
        let Some(text) = verdict.additional_response.as_deref() else { return Additional::default() };
        let mut additional = Additional::default();
        let json = STANDARD.decode(text).ok();
        if let Some(json) = json.and_then(|bytes| serde_json::from_slice::<AdditionalJson>(&bytes).ok()) {
            for (key, value) in json.additional_data.into_iter().take(PAIRS_MAX) {
                if let serde_json::Value::String(value) = value {
                    additional.take(&key, value);
                }
            }
            additional.said = json.refusal_reason.or(json.message).or(additional.said);
        } else {
            for (key, value) in pairs(text) {
                additional.take(&key, value);
            }
        }
        additional
    }

    fn take(&mut self, key: &str, value: String) {
        match key {
            "refusalReason" => self.said = Some(value),
            "message" if self.said.is_none() => self.said = Some(value),
            "AID" => self.aid = Some(value),
            "authCode" => self.auth_code = Some(value),
            "paymentMethodVariant" => self.variant = Some(value),
            "cardSummary" => self.last_four = Some(value),
            "recurring.recurringDetailReference" | "tokenization.storedPaymentMethodId" => {
                self.token = Some(value);
            }
            _ => {}
        }
    }
}

fn card(result: &PaymentResult, additional: &Additional) -> CardFacts {
    let data =
        result.payment_instrument_data.as_ref().and_then(|data| data.card_data.clone()).unwrap_or_default();
    let variant = additional.variant.as_deref().unwrap_or_default().to_ascii_lowercase();
    let wallet = [
        ("applepay", "Apple Pay"),
        ("googlepay", "Google Pay"),
        ("samsungpay", "Samsung Pay"),
        ("alipay", "Alipay"),
        ("wechatpay", "WeChat Pay"),
    ]
    .into_iter()
    .find_map(|(word, name)| variant.contains(word).then(|| Word::name(name))?);
    let modes = data.entry_mode.unwrap_or_default();
    let entry = modes.iter().find_map(|mode| match mode.as_str() {
        "ICC" => Some(EntryMode::Chip),
        "Contactless" | "Tapped" if wallet.is_some() => Some(EntryMode::Mobile),
        "Contactless" | "Tapped" => Some(EntryMode::Contactless),
        "MagStripe" => Some(EntryMode::MagneticStripe),
        "Mobile" => Some(EntryMode::Mobile),
        "Scanned" => Some(EntryMode::QrCode),
        _ => None,
    });
    let approval_code = result.payment_acquirer_data.as_ref().and_then(|data| data.approval_code.as_deref());
    CardFacts {
        scheme: data.payment_brand.as_deref().and_then(Word::name),
        last_four: data
            .last_four
            .or_else(|| additional.last_four.as_deref().and_then(crate::payment::card::LastFour::of)),
        entry,
        wallet,
        aid: additional.aid.as_deref().and_then(hex_bytes).and_then(|bytes| Word::aid(&bytes)),
        auth_code: approval_code.or(additional.auth_code.as_deref()).and_then(Word::auth_code),
        token: additional.token.as_deref().and_then(Word::token),
    }
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    digits
        .len()
        .is_multiple_of(2)
        .then(|| digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn slip(receipts: Option<&[Receipt]>) -> Slip {
    let mut slip = Slip::default();
    for receipt in receipts.unwrap_or_default() {
        let for_customer = match receipt.document_qualifier.as_str() {
            "CustomerReceipt" => true,
            "CashierReceipt" => false,
            _ => continue,
        };
        slip.signature |= receipt.required_signature_flag;
        for text in &receipt.output_content.output_text {
            let line = receipt_line(&text.text);
            if for_customer { slip.add_customer(&line) } else { slip.add_merchant(&line) }
        }
    }
    slip
}

/// Adyen writes a line as `name=…&value=…&key=…`. Text in another form is a line as it is.
fn receipt_line(text: &str) -> String {
    let (mut name, mut value) = (String::new(), String::new());
    let mut known = false;
    for (key, content) in pairs(text) {
        match key.as_str() {
            "name" => (name, known) = (content, true),
            "value" => (value, known) = (content, true),
            "key" => known = true,
            _ => {}
        }
    }
    match (known, name.is_empty(), value.is_empty()) {
        (false, ..) => text.to_owned(),
        (true, _, true) => name,
        (true, true, false) => value,
        (true, false, false) => format!("{name} {value}"),
    }
}

/// Form-encoded pairs (WHATWG URL, section 5.1).
fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split('&').take(PAIRS_MAX).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (form_decoded(key), form_decoded(value))
    })
}

fn form_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = bytes
            .get(at + 1..at + 3)
            .filter(|_| *byte == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(hex_bytes);
        match (escaped, byte) {
            (Some(escaped), _) => {
                out.extend(escaped);
                at += 3;
                continue;
            }
            (None, b'+') => out.push(b' '),
            (None, byte) => out.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

pub(super) fn health(answer: &DiagnosisResponse) -> Health {
    let terminal = answer.poi_status.as_ref().and_then(|status| status.global_status);
    let hosts = answer.host_status.as_deref().unwrap_or_default();
    let host_is_away = hosts.iter().any(|host| host.is_reachable_flag == Some(false));
    let succeeded = answer.response.result == Some(ResultWord::Success);
    let (ready, says) = match terminal {
        _ if !succeeded => (false, "it cannot check itself"),
        Some(GlobalStatus::Ok) if host_is_away => (false, "no connection to the gateway"),
        Some(GlobalStatus::Ok) => (true, "ready"),
        Some(GlobalStatus::Busy) => (false, "busy"),
        Some(GlobalStatus::Maintenance) => (false, "under maintenance"),
        Some(GlobalStatus::Unreachable) => (false, "no connection to the gateway"),
        Some(GlobalStatus::Other) | None => (false, "it does not say how it is"),
    };
    Health { ready, says: says.to_owned() }
}

/// What the terminal counted. A kind of transaction that is not known could make the sum wrong, so there is none then.
pub(super) fn totals(
    device: &str,
    during: &'static str,
    answer: &ReconciliationResponse,
) -> Result<Totals, Fault> {
    let garbled = |what: &str| Fault::Garbled { device: device.to_owned(), during, what: what.to_owned() };
    match (answer.response.result, answer.response.error_condition) {
        (Some(ResultWord::Success), _) => {}
        (Some(ResultWord::Failure), Some(Condition::LoggedOut | Condition::NotAllowed)) => {
            return Err(Fault::NotCapable {
                device: device.to_owned(),
                what: "it counts only while somebody is logged in at it",
            });
        }
        (Some(ResultWord::Failure), Some(Condition::Busy | Condition::InProgress)) => {
            return Err(Fault::InProgress { device: device.to_owned() });
        }
        _ => return Err(garbled("it does not say that it ended its day")),
    }
    let mut totals =
        Totals { lines: Vec::new(), reference: answer.poi_reconciliation_id.map(|id| id.to_string()) };
    if answer.transaction_totals.len() > TOTALS_MAX {
        return Err(garbled("too many totals"));
    }
    for of_scheme in &answer.transaction_totals {
        let currency = Currency::from_code(&of_scheme.payment_currency)
            .map_err(|_| garbled("totals in a currency that is not known"))?;
        let (mut net, mut count) = (Money::zero(currency), 0_u32);
        for part in &of_scheme.payment_totals {
            let amount = Money::new(part.transaction_amount.0, currency)
                .map_err(|_| garbled("a total that cannot be"))?;
            match part.transaction_type {
                TotalsWord::Debit | TotalsWord::ReverseCredit => net += amount,
                TotalsWord::Credit | TotalsWord::ReverseDebit => net -= amount,
                TotalsWord::Declined | TotalsWord::Failed => continue,
                TotalsWord::Other => return Err(garbled("a kind of transaction that is not known")),
            }
            count = count.saturating_add(part.transaction_count);
        }
        let scheme = of_scheme.card_brand.as_deref().or(of_scheme.payment_instrument_type.as_deref());
        let scheme = scheme.and_then(Word::name).map(|word| word.to_string()).unwrap_or_default();
        totals.lines.push(TotalsLine { scheme, count, net });
    }
    Ok(totals)
}
