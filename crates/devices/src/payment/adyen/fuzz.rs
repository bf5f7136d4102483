//! Entry points for inputs that no terminal sends. See [`crate::fuzz`].

use std::sync::OnceLock;

use holdfast_money::{Currency, Money};
use zeroize::Zeroizing;

use super::SharedKey;
use super::answer::{self, Reader};
use super::crypto::{Keys, NONCE_BYTES, Sealed};
use super::message::{PoiToSale, Response, SaleToPoi, Secured};
use crate::payment::{AttemptId, Request, SaleReference, Service};

const MESSAGE: &[u8] = br#"{"SaleToPOIResponse":{}}"#;

fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        Keys::derive(&SharedKey {
            identifier: "store-7".to_owned(),
            version: 1,
            passphrase: Zeroizing::new("a passphrase for nobody".to_owned()),
        })
    })
}

/// A sealed answer: what is opened is what was sealed, and nothing else is.
pub(crate) fn sealed(bytes: &[u8]) {
    let Ok(secured) = serde_json::from_slice::<Response<Secured>>(bytes) else { return };
    let sealed = Sealed { blob: secured.content.nexo_blob, trailer: secured.content.security_trailer };
    if let Ok(message) = keys().open(&sealed) {
        assert_eq!(message.as_slice(), MESSAGE, "somebody without the key sealed a message");
    }
}

pub(crate) fn sealed_seeds() -> Vec<Vec<u8>> {
    let sealed = keys().seal(MESSAGE, [7; NONCE_BYTES]);
    let secured = Secured { message_header: None, nexo_blob: sealed.blob, security_trailer: sealed.trailer };
    serde_json::to_vec(&Response { content: secured }).into_iter().collect()
}

/// An opened message, as an answer to a payment and as everything else.
pub(crate) fn answer(bytes: &[u8]) {
    let _ = serde_json::from_slice::<SaleToPoi>(bytes);
    let Ok(content) = serde_json::from_slice::<PoiToSale>(bytes) else { return };
    let request = Request {
        attempt: AttemptId(42),
        sale: SaleReference::new("K1/0042").expect("it is plain and short"),
        service: Service::Payment { tip: None },
        amount: Money::from_minor(1_099, Currency::EUR),
    };
    let sale_transaction = request.attempt.to_string();
    let reader = Reader {
        device: "a terminal",
        during: "a payment",
        request: &request,
        sale_transaction: &sale_transaction,
    };
    let payment = content.payment_response.as_ref().map(|answer| reader.payment(answer));
    let reversal = content.reversal_response.as_ref().map(|answer| reader.reversal(answer));
    let health = content.diagnosis_response.as_ref().map(answer::health);
    let shown = format!("{payment:?} {reversal:?} {health:?}");
    assert!(!holdfast_pan::holds_pan(&shown), "a card's number is shown");
}

pub(crate) fn answer_seeds() -> Vec<Vec<u8>> {
    [
        r#"{"MessageHeader":{"ProtocolVersion":"3.0","MessageClass":"Service","MessageCategory":"Payment","MessageType":"Response","ServiceID":"0207111104","SaleID":"store-7","POIID":"V400m-346403161"},"PaymentResponse":{"POIData":{"POITransactionID":{"TransactionID":"oLkO001.98","TimeStamp":"2026-11-28T10:11:04.000Z"}},"SaleData":{"SaleTransactionID":{"TransactionID":"0000000000000000000000000000002a","TimeStamp":"2026-11-28T10:11:04.000Z"}},"PaymentResult":{"PaymentAcquirerData":{"ApprovalCode":"123456"},"PaymentInstrumentData":{"CardData":{"EntryMode":["Contactless"],"MaskedPan":"411111 **** 1111","PaymentBrand":"mc"}},"AmountsResp":{"AuthorizedAmount":10.99,"Currency":"EUR"}},"Response":{"Result":"Success","AdditionalResponse":"authCode=123456&message=ok"}}}"#,
        r#"{"MessageHeader":{"ProtocolVersion":"3.0","MessageClass":"Service","MessageCategory":"Reversal","MessageType":"Response","ServiceID":"1","SaleID":"s","POIID":"p"},"ReversalResponse":{"ReversedAmount":1.5,"Response":{"Result":"Failure","ErrorCondition":"NotFound"}}}"#,
        r#"{"MessageHeader":{"ProtocolVersion":"3.0","MessageClass":"Service","MessageCategory":"Diagnosis","MessageType":"Response","ServiceID":"1","SaleID":"s","POIID":"p"},"DiagnosisResponse":{"Response":{"Result":"Success"},"POIStatus":{"GlobalStatus":"OK"}}}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
