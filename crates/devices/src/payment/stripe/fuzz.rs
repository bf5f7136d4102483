//! Entry points for inputs that Stripe does not send. See [`crate::fuzz`].

use holdfast_money::{Currency, Money};

use super::object::{Intent, Reader, Refund};
use crate::payment::{AttemptId, ErrorCondition, Request, SaleReference, Service};

/// The body of an answer, read as each kind of object.
pub(crate) fn answer(bytes: &[u8]) {
    let request = Request {
        attempt: AttemptId(7),
        sale: SaleReference::new("K1/0042").expect("it is plain and short"),
        service: Service::Payment { tip: None },
        amount: Money::from_minor(1_250, Currency::EUR),
    };
    if let Ok(intent) = serde_json::from_slice::<Intent>(bytes) {
        let approval = intent.approval(&request);
        assert!(approval.as_ref().is_none_or(|approval| approval.amount.is_positive()));
        let shown = format!("{approval:?} {:?}", intent.decline(ErrorCondition::Cancel));
        assert!(!holdfast_pan::holds_pan(&shown), "a card's number is shown");
        let _ = intent.stage();
    }
    let _ = serde_json::from_slice::<Refund>(bytes).map(|refund| refund.stage(&request).is_some());
    let _ = serde_json::from_slice::<Reader>(bytes).map(|reader| (reader.is_busy(), reader.failure("pi_1")));
}

pub(crate) fn answer_seeds() -> Vec<Vec<u8>> {
    [
        r#"{"id":"pi_1","status":"succeeded","currency":"eur","amount":1250,"amount_received":1250,"amount_details":{"tip":{"amount":100}},"metadata":{"attempt":"07"},"last_payment_error":{"code":"card_declined","decline_code":"generic_decline","message":"Your card 4111111111111111 was declined."},"latest_charge":{"amount_refunded":0,"payment_method_details":{"card_present":{"brand":"visa","last4":"4242","read_method":"contact_emv","wallet":{"type":"apple_pay"},"receipt":{"authorization_code":"123456","dedicated_file_name":"A0000000031010","application_preferred_name":"Visa"}}}}}"#,
        r#"{"id":"re_1","status":"pending","amount":1250,"currency":"eur","payment_intent":"pi_1","metadata":{"attempt":"07"}}"#,
        r#"{"id":"tmr_1","status":"online","action":{"status":"in_progress","failure_code":"card_declined","process_payment_intent":{"payment_intent":"pi_1"}}}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
