//! The messages of the Terminal API that are used here (nexo Retailer 3.0 in Adyen's JSON).
//!
//! Written by hand from the field names that Adyen documents. What an answer has beyond these fields is skipped, and what is
//! only for show may be malformed without hiding what became of the money. No type here can be shown with `Debug`: a
//! terminal's words pass on through [`super::answer`] only.

use holdfast_money::{Decimal, parse_decimal};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::payment::card::LastFour;

pub(crate) const PROTOCOL_VERSION: &str = "3.0";

/// What lies in the body of a request (nexo: SaleToPOIRequest), sealed or not.
#[derive(Serialize, Deserialize)]
pub(crate) struct Request<T> {
    #[serde(rename = "SaleToPOIRequest")]
    pub(crate) content: T,
}

/// The same, for writing what somebody else owns.
#[derive(Serialize)]
pub(crate) struct RequestRef<'a, T> {
    #[serde(rename = "SaleToPOIRequest")]
    pub(crate) content: &'a T,
}

/// What lies in the body of an answer (nexo: SaleToPOIResponse), sealed or not.
#[derive(Serialize, Deserialize)]
pub(crate) struct Response<T> {
    #[serde(rename = "SaleToPOIResponse")]
    pub(crate) content: T,
}

/// A message that was sealed. Its header is proved by nothing and never read.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Secured {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub(crate) message_header: Option<Header>,
    pub(crate) nexo_blob: String,
    pub(crate) security_trailer: SecurityTrailer,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SecurityTrailer {
    pub(crate) adyen_crypto_version: u32,
    pub(crate) key_identifier: String,
    pub(crate) key_version: u32,
    pub(crate) nonce: String,
    pub(crate) hmac: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Class {
    Service,
    Event,
    #[serde(other)]
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Category {
    Payment,
    Reversal,
    TransactionStatus,
    Abort,
    Diagnosis,
    Reconciliation,
    #[serde(other)]
    Other,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Direction {
    Request,
    Response,
    #[serde(other)]
    Other,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Header {
    #[serde(default)]
    pub(crate) protocol_version: String,
    pub(crate) message_class: Class,
    pub(crate) message_category: Category,
    pub(crate) message_type: Direction,
    #[serde(rename = "ServiceID")]
    pub(crate) service_id: String,
    #[serde(rename = "SaleID")]
    pub(crate) sale_id: String,
    #[serde(rename = "POIID")]
    pub(crate) poi_id: String,
}

/// The content of a request: its header and one body. The bodies stand here one by one: serde's `flatten` would read
/// numbers before [`Amount`] can.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SaleToPoi {
    pub(crate) message_header: Header,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payment_request: Option<PaymentRequest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reversal_request: Option<ReversalRequest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) transaction_status_request: Option<TransactionStatusRequest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) abort_request: Option<AbortRequest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) diagnosis_request: Option<DiagnosisRequest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reconciliation_request: Option<ReconciliationRequest>,
}

impl SaleToPoi {
    /// A request without a body yet.
    pub(crate) fn new(message_header: Header) -> Self {
        SaleToPoi {
            message_header,
            payment_request: None,
            reversal_request: None,
            transaction_status_request: None,
            abort_request: None,
            diagnosis_request: None,
            reconciliation_request: None,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PaymentRequest {
    pub(crate) sale_data: SaleData,
    pub(crate) payment_transaction: PaymentTransaction,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payment_data: Option<PaymentData>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SaleData {
    #[serde(default, rename = "SaleTransactionID", skip_serializing_if = "Option::is_none")]
    pub(crate) sale_transaction_id: Option<TransactionId>,
    #[serde(default, rename = "SaleReferenceID", skip_serializing_if = "Option::is_none")]
    pub(crate) sale_reference_id: Option<String>,
    /// Such as `currency=EUR`, which a reversal of a part needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sale_to_acquirer_data: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TransactionId {
    #[serde(rename = "TransactionID")]
    pub(crate) transaction_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) time_stamp: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PaymentTransaction {
    pub(crate) amounts_req: AmountsReq,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AmountsReq {
    pub(crate) currency: String,
    pub(crate) requested_amount: Amount,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tip_amount: Option<Amount>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PaymentData {
    pub(crate) payment_type: PaymentType,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PaymentType {
    Normal,
    Refund,
    #[serde(other)]
    Other,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReversalRequest {
    pub(crate) original_poi_transaction: OriginalTransaction,
    pub(crate) reversal_reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reversed_amount: Option<Amount>,
    pub(crate) sale_data: SaleData,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct OriginalTransaction {
    #[serde(rename = "POITransactionID")]
    pub(crate) poi_transaction_id: TransactionId,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TransactionStatusRequest {
    pub(crate) message_reference: MessageReference,
    pub(crate) receipt_reprint_flag: bool,
    #[serde(default)]
    pub(crate) document_qualifier: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AbortRequest {
    pub(crate) abort_reason: String,
    pub(crate) message_reference: MessageReference,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MessageReference {
    pub(crate) message_category: Category,
    #[serde(rename = "ServiceID")]
    pub(crate) service_id: String,
    #[serde(rename = "SaleID")]
    pub(crate) sale_id: String,
    #[serde(rename = "POIID")]
    pub(crate) poi_id: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DiagnosisRequest {
    pub(crate) host_diagnosis_flag: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReconciliationRequest {
    pub(crate) reconciliation_type: String,
}

/// The content of an answer: its header, and at most one of the bodies that are known here.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PoiToSale {
    pub(crate) message_header: Header,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object")]
    pub(crate) payment_response: Option<PaymentResponse>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object")]
    pub(crate) reversal_response: Option<ReversalResponse>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object")]
    pub(crate) transaction_status_response: Option<TransactionStatusResponse>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object")]
    pub(crate) diagnosis_response: Option<DiagnosisResponse>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object")]
    pub(crate) reconciliation_response: Option<ReconciliationResponse>,
}

impl PoiToSale {
    /// An answer without a body yet.
    pub(crate) fn new(message_header: Header) -> Self {
        PoiToSale {
            message_header,
            payment_response: None,
            reversal_response: None,
            transaction_status_response: None,
            diagnosis_response: None,
            reconciliation_response: None,
        }
    }
}

/// How a request went (nexo: Response). Without a result nothing is known.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Verdict {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<ResultWord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error_condition: Option<Condition>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub(crate) additional_response: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ResultWord {
    Success,
    Partial,
    Failure,
    #[serde(other)]
    Other,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Condition {
    Aborted,
    Busy,
    Cancel,
    DeviceOut,
    InProgress,
    InsertedCard,
    InvalidCard,
    LoggedOut,
    MessageFormat,
    NotAllowed,
    NotFound,
    PaymentRestriction,
    Refusal,
    UnavailableDevice,
    UnavailableService,
    UnreachableHost,
    #[serde(rename = "WrongPIN")]
    WrongPin,
    #[serde(other)]
    Other,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PaymentResponse {
    #[serde(default, deserialize_with = "object")]
    pub(crate) response: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object")]
    pub(crate) sale_data: Option<AnsweredSale>,
    #[serde(
        default,
        rename = "POIData",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "object"
    )]
    pub(crate) poi_data: Option<PoiData>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object")]
    pub(crate) payment_result: Option<PaymentResult>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub(crate) payment_receipt: Option<Vec<Receipt>>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AnsweredSale {
    #[serde(
        default,
        rename = "SaleTransactionID",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "object"
    )]
    pub(crate) sale_transaction_id: Option<TransactionId>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PoiData {
    #[serde(
        default,
        rename = "POITransactionID",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "object"
    )]
    pub(crate) poi_transaction_id: Option<TransactionId>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PaymentResult {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object")]
    pub(crate) amounts_resp: Option<AmountsResp>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub(crate) payment_instrument_data: Option<PaymentInstrumentData>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub(crate) payment_acquirer_data: Option<PaymentAcquirerData>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub(crate) online_flag: Option<bool>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AmountsResp {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authorized_amount: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tip_amount: Option<Amount>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PaymentInstrumentData {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub(crate) card_data: Option<CardData>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CardData {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub(crate) payment_brand: Option<String>,
    /// What a terminal calls a masked number may be masked or not: only its end is ever held.
    #[serde(
        default,
        rename = "MaskedPan",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "last_four",
        serialize_with = "masked"
    )]
    pub(crate) last_four: Option<LastFour>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub(crate) entry_mode: Option<Vec<String>>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PaymentAcquirerData {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub(crate) approval_code: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Receipt {
    pub(crate) document_qualifier: String,
    #[serde(default)]
    pub(crate) required_signature_flag: bool,
    pub(crate) output_content: OutputContent,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OutputContent {
    #[serde(default)]
    pub(crate) output_text: Vec<OutputText>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OutputText {
    #[serde(default)]
    pub(crate) text: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReversalResponse {
    #[serde(default, deserialize_with = "object")]
    pub(crate) response: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object")]
    pub(crate) sale_data: Option<AnsweredSale>,
    #[serde(
        default,
        rename = "POIData",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "object"
    )]
    pub(crate) poi_data: Option<PoiData>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reversed_amount: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub(crate) payment_receipt: Option<Vec<Receipt>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TransactionStatusResponse {
    #[serde(default, deserialize_with = "object")]
    pub(crate) response: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object")]
    pub(crate) message_reference: Option<MessageReference>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object")]
    pub(crate) repeated_message_response: Option<RepeatedMessageResponse>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RepeatedMessageResponse {
    pub(crate) message_header: Header,
    pub(crate) repeated_response_message_body: RepeatedBody,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RepeatedBody {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object")]
    pub(crate) payment_response: Option<PaymentResponse>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object")]
    pub(crate) reversal_response: Option<ReversalResponse>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DiagnosisResponse {
    #[serde(default, deserialize_with = "object")]
    pub(crate) response: Verdict,
    #[serde(
        default,
        rename = "POIStatus",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "object"
    )]
    pub(crate) poi_status: Option<PoiStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub(crate) host_status: Option<Vec<HostStatus>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PoiStatus {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) global_status: Option<GlobalStatus>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum GlobalStatus {
    #[serde(rename = "OK")]
    Ok,
    Busy,
    Maintenance,
    Unreachable,
    #[serde(other)]
    Other,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct HostStatus {
    #[serde(default)]
    pub(crate) is_reachable_flag: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReconciliationResponse {
    #[serde(default, deserialize_with = "object")]
    pub(crate) response: Verdict,
    #[serde(default, rename = "POIReconciliationID", skip_serializing_if = "Option::is_none")]
    pub(crate) poi_reconciliation_id: Option<u64>,
    #[serde(default)]
    pub(crate) transaction_totals: Vec<TransactionTotals>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TransactionTotals {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) card_brand: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payment_instrument_type: Option<String>,
    pub(crate) payment_currency: String,
    #[serde(default)]
    pub(crate) payment_totals: Vec<PaymentTotals>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PaymentTotals {
    pub(crate) transaction_type: TotalsWord,
    pub(crate) transaction_count: u32,
    pub(crate) transaction_amount: Amount,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TotalsWord {
    Debit,
    Credit,
    ReverseDebit,
    ReverseCredit,
    Declined,
    Failed,
    #[serde(other)]
    Other,
}

/// A number of JSON that is money. It is read from its digits and never passes a floating point number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount(pub(crate) Decimal);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string())
            .expect("a decimal's digits are a number of JSON")
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = Box::<RawValue>::deserialize(deserializer)?;
        parse_decimal(digits.get()).map(Amount).map_err(|_| D::Error::custom("it is no plain number"))
    }
}

/// An object or nothing. Without this serde would read a list's first text as a result.
fn object<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(deserializer: D) -> Result<T, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    match raw.get().as_bytes().first() {
        Some(b'{') => serde_json::from_str(raw.get()).map_err(|_| D::Error::custom("it has another form")),
        Some(b'n') => Ok(T::default()),
        _ => Err(D::Error::custom("it is no object")),
    }
}

/// Nothing where the terminal's form of it is not the expected one: it is only for show.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).unwrap_or_default())
}

fn last_four<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<LastFour>, D::Error> {
    Ok(lenient::<D, String>(deserializer)?.and_then(|number| LastFour::of(&number)))
}

fn masked<S: Serializer>(last_four: &Option<LastFour>, serializer: S) -> Result<S::Ok, S::Error> {
    match last_four {
        Some(digits) => serializer.collect_str(&format_args!("************{digits}")),
        None => serializer.serialize_none(),
    }
}
