//! What terminals might answer, well-formed or not, and what is made of it.

use holdfast_money::{Currency, Decimal, Money};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::answer::{Reader, original};
use super::message::{Amount, PoiToSale, Response, SaleToPoi};
use super::service_id;
use crate::payment::{
    Approval, AttemptId, ErrorCondition, Outcome, PoiTransaction, Request, SaleReference, Service,
};

const CASES: u32 = 20_000;
/// A number that schemes publish for tests.
const CARD: &str = "4111111111111111";

fn request() -> Request {
    Request {
        attempt: AttemptId(42),
        sale: SaleReference::new("K1/0042").expect("a reference"),
        service: Service::Payment { tip: None },
        amount: Money::from_minor(1_099, Currency::EUR),
    }
}

/// As the gateway documents an approval, with everything that is not asked for.
fn approval() -> Value {
    json!({
        "MessageHeader": {
            "ProtocolVersion": "3.0", "MessageClass": "Service", "MessageCategory": "Payment",
            "MessageType": "Response", "ServiceID": "0207111104", "SaleID": "store-7", "POIID": "V400m-346403161"
        },
        "PaymentResponse": {
            "POIData": {
                "POITransactionID": { "TransactionID": "oLkO0012498220087000.981517998282382C", "TimeStamp": "2026-11-28T10:11:04.000Z" },
                "POIReconciliationID": "1000"
            },
            "SaleData": { "SaleTransactionID": { "TransactionID": "0000000000000000000000000000002a", "TimeStamp": "2026-11-28T10:11:04.000Z" } },
            "PaymentReceipt": [{
                "DocumentQualifier": "CustomerReceipt", "RequiredSignatureFlag": false, "IntegratedPrintFlag": true,
                "OutputContent": { "OutputFormat": "Text", "OutputText": [
                    { "CharacterStyle": "Bold", "EndOfLineFlag": true, "Text": "key=header1&name=YOUR%20MERCHANT+NAME" },
                    { "EndOfLineFlag": true, "Text": format!("name=Card&value={CARD}&key=pan") },
                    { "EndOfLineFlag": true, "Text": format!("plain {CARD}") }
                ] }
            }],
            "PaymentResult": {
                "OnlineFlag": true,
                "PaymentAcquirerData": { "AcquirerPOIID": "V400m-346403161", "ApprovalCode": "123456", "MerchantID": CARD },
                "PaymentInstrumentData": {
                    "PaymentInstrumentType": "Card",
                    "CardData": {
                        "CardCountryCode": "826", "EntryMode": ["Contactless"], "MaskedPan": CARD, "PaymentBrand": "mc",
                        "SensitiveCardData": { "CardSeqNumb": "33", "ExpiryDate": "0228", "PAN": CARD }
                    }
                },
                "AmountsResp": { "AuthorizedAmount": 10.99, "Currency": "EUR" }
            },
            "Response": {
                "Result": "Success",
                "AdditionalResponse": format!("AID=A0000000041010&paymentMethodVariant=mc_applepay&cardHolderName={CARD}&recurring.recurringDetailReference={CARD}&authCode=654321")
            }
        }
    })
}

fn read(answer: &[u8], request: &Request) -> Option<Outcome> {
    let content = serde_json::from_slice::<PoiToSale>(answer).ok()?;
    let sale_transaction = request.attempt.to_string();
    let reader =
        Reader { device: "V400m", during: "a payment", request, sale_transaction: &sale_transaction };
    match (content.payment_response, content.reversal_response) {
        (Some(answer), _) => Some(reader.payment(&answer)),
        (None, Some(answer)) => Some(reader.reversal(&answer)),
        (None, None) => None,
    }
}

fn read_value(answer: &Value) -> Option<Outcome> {
    read(answer.to_string().as_bytes(), &request())
}

fn approved(outcome: Option<Outcome>) -> Approval {
    match outcome {
        Some(Outcome::Approved(approval)) => *approval,
        other => panic!("it is approved: {other:?}"),
    }
}

#[test]
fn of_a_card_only_what_is_allowed_passes() {
    let approval = approved(read_value(&approval()));
    let shown = format!("{approval:?}");
    assert!(!shown.contains("41111"), "{shown}");
    assert_eq!(approval.amount, request().amount);
    assert_eq!(approval.card.last_four.map(|four| four.to_string()).as_deref(), Some("1111"));
    assert_eq!(approval.card.wallet.as_ref().map(|word| word.as_str()), Some("Apple Pay"));
    assert_eq!(approval.card.auth_code.as_ref().map(|word| word.as_str()), Some("123456"));
    assert_eq!(approval.card.token, None);
    assert_eq!(
        approval.slip.customer(),
        ["YOUR MERCHANT NAME", "Card ************1111", "plain ************1111"]
    );
    let transaction = original(&approval.transaction);
    assert_eq!(transaction.transaction_id, "oLkO0012498220087000.981517998282382C");
    assert_eq!(transaction.time_stamp.as_deref(), Some("2026-11-28T10:11:04.000Z"));
}

fn changed(pointer: &str, value: Value) -> Option<Outcome> {
    let mut answer = approval();
    match (answer.pointer_mut(pointer), value) {
        (Some(place), Value::Null) => *place = Value::Null,
        (Some(place), value) => *place = value,
        (None, value) => {
            let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
            answer
                .pointer_mut(parent)
                .and_then(Value::as_object_mut)
                .expect("a parent")
                .insert(name.to_owned(), value);
        }
    }
    read_value(&answer)
}

#[test]
fn what_is_only_for_show_hides_no_approval() {
    for pointer in [
        "/PaymentResponse/PaymentReceipt",
        "/PaymentResponse/PaymentResult/PaymentAcquirerData",
        "/PaymentResponse/PaymentResult/PaymentInstrumentData",
        "/PaymentResponse/PaymentResult/PaymentInstrumentData/CardData/EntryMode",
        "/PaymentResponse/PaymentResult/PaymentInstrumentData/CardData/MaskedPan",
        "/PaymentResponse/Response/AdditionalResponse",
    ] {
        for odd in [json!(null), json!(7), json!([[]]), json!({ "a": 1.5 }), json!("%%%zz=&&")] {
            approved(changed(pointer, odd));
        }
    }
}

#[test]
fn what_says_nothing_clear_is_unresolved() {
    let result = "/PaymentResponse/PaymentResult/AmountsResp";
    for (pointer, odd) in [
        ("/PaymentResponse/Response/Result".to_owned(), json!(null)),
        ("/PaymentResponse/Response/Result".to_owned(), json!("Perhaps")),
        ("/PaymentResponse/Response/Result".to_owned(), json!("Failure")),
        ("/PaymentResponse/Response".to_owned(), json!({})),
        ("/PaymentResponse/Response".to_owned(), json!({ "ErrorCondition": "Refusal" })),
        ("/PaymentResponse/PaymentResult".to_owned(), json!(null)),
        ("/PaymentResponse/SaleData".to_owned(), json!(null)),
        ("/PaymentResponse/SaleData/SaleTransactionID/TransactionID".to_owned(), json!("2b")),
        ("/PaymentResponse/POIData".to_owned(), json!(null)),
        (format!("{result}/Currency"), json!("USD")),
        (format!("{result}/Currency"), json!(null)),
        (format!("{result}/AuthorizedAmount"), json!(null)),
        (format!("{result}/AuthorizedAmount"), json!(0)),
        (format!("{result}/AuthorizedAmount"), json!(-10.99)),
        (format!("{result}/AuthorizedAmount"), json!(10.999)),
        (format!("{result}/TipAmount"), json!(11)),
    ] {
        let outcome = changed(&pointer, odd);
        assert!(matches!(outcome, Some(Outcome::Unresolved(_))), "{pointer}: {outcome:?}");
    }
    for odd in [json!("10.99"), json!(1e300), json!([])] {
        assert!(changed(&format!("{result}/AuthorizedAmount"), odd).is_none());
    }
    assert!(changed("/PaymentResponse/Response", json!(["Success"])).is_none());
    assert!(
        changed("/PaymentResponse/Response", json!(null))
            .is_some_and(|it| matches!(it, Outcome::Unresolved(_)))
    );
}

#[test]
fn a_refusal_says_why_in_both_forms() {
    use base64::Engine;
    let json = br#"{"additionalData":{"authCode":"x"},"refusalReason":"214 Declined online","message":"no"}"#;
    for additional in [
        "refusalReason=214%20Declined+online&message=no".to_owned(),
        base64::engine::general_purpose::STANDARD.encode(json),
    ] {
        let response =
            json!({ "Result": "Failure", "ErrorCondition": "WrongPIN", "AdditionalResponse": additional });
        match changed("/PaymentResponse/Response", response) {
            Some(Outcome::Declined(decline)) => {
                assert_eq!(decline.condition, ErrorCondition::WrongPin);
                assert_eq!(decline.said(), Some("214 Declined online"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_number_is_ten_signs_and_always_the_same() {
    assert_eq!(service_id(AttemptId(1)), service_id(AttemptId(1)));
    let numbers: std::collections::BTreeSet<String> =
        (0..100_000).map(|attempt| service_id(AttemptId(attempt))).collect();
    assert_eq!(numbers.len(), 100_000);
    assert!(numbers.iter().all(|number| {
        number.len() == 10 && number.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
    }));
    // Kept for ever: a hub that was updated asks about what the old one began.
    assert_eq!(service_id(AttemptId(0x0198_1234_5678_7abc_8def_0123_4567_89ab)), "WDD1RT785G");
}

/// Any JSON, with the words that count among the texts.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "Success",
        "Partial",
        "Failure",
        "NotFound",
        "Refusal",
        "EUR",
        CARD,
        "name=a&value=%41%4",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e20..1e20_f64).prop_map(Value::from),
        word.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{1,6}", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Every place of a JSON value.
fn places(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                places(inner, format!("{at}/{name}"), found);
            }
        }
        Value::Array(list) => {
            for (number, inner) in list.iter().enumerate() {
                places(inner, format!("{at}/{number}"), found);
            }
        }
        _ => {}
    }
    found.push(at);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn an_answer_with_anything_anywhere_is_never_made_up(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..4),
    ) {
        let mut answer = approval();
        for (index, value) in changes {
            let mut found = Vec::new();
            places(&answer, String::new(), &mut found);
            let place = &found[index.index(found.len())];
            *answer.pointer_mut(place).expect("it was found just now") = value;
        }
        let result = answer.pointer("/PaymentResponse/Response/Result").cloned();
        match read_value(&answer) {
            Some(Outcome::Approved(approval)) => {
                prop_assert!(result == Some(json!("Success")) || result == Some(json!("Partial")));
                prop_assert!(approval.amount.is_positive());
                let shown = format!("{approval:?}");
                prop_assert!(!shown.contains(CARD));
            }
            Some(Outcome::Declined(decline)) => {
                prop_assert_eq!(result, Some(json!("Failure")));
                let shown = format!("{decline:?}");
                prop_assert!(!shown.contains(CARD));
            }
            Some(Outcome::Unresolved(fault)) => {
                let shown = format!("{fault:?} {fault}");
                prop_assert!(!shown.contains(CARD));
            }
            None => {}
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        cut in any::<prop::sample::Index>(),
        flip in any::<u8>(),
    ) {
        let _ = read(&bytes, &request());
        let _ = serde_json::from_slice::<SaleToPoi>(&bytes);
        let mut whole = approval().to_string().into_bytes();
        let at = cut.index(whole.len());
        whole[at] ^= flip;
        let _ = read(&whole, &request());
        whole.truncate(at);
        prop_assert!(read(&whole, &request()).is_none());
    }

    #[test]
    fn an_amount_keeps_every_digit(minor in -1_000_000_000_000_000..1_000_000_000_000_000_i64, places in 0_u32..4) {
        let amount = Amount(Decimal::new(minor, places));
        let text = serde_json::to_string(&Response { content: amount }).expect("it is written");
        let back = serde_json::from_str::<Response<Amount>>(&text).expect("it is read").content;
        prop_assert_eq!(back, amount);
        prop_assert!(!text.contains('"') || text.matches('"').count() == 2);
    }

    #[test]
    fn a_transaction_is_found_again_by_its_text(id in "[A-Za-z0-9.]{1,40}", time in "[0-9TZ:.-]{1,24}") {
        let text = format!("{id}@{time}");
        if let Ok(kept) = PoiTransaction::new(text) {
            let back = original(&kept);
            prop_assert_eq!(back.transaction_id, id);
            prop_assert_eq!(back.time_stamp, Some(time));
        }
    }

    #[test]
    fn what_is_written_is_read_the_same(
        answer in any_json(),
        minor in 1..1_000_000_000_i64,
    ) {
        let mut whole = approval();
        *whole.pointer_mut("/PaymentResponse/PaymentResult/AmountsResp/AuthorizedAmount").expect("it is there") =
            serde_json::from_str(&Decimal::new(minor, 2).to_string()).expect("a number");
        *whole.pointer_mut("/PaymentResponse/PaymentReceipt").expect("it is there") = answer;
        let once = serde_json::from_value::<Value>(whole).expect("any value is one").to_string();
        let first = serde_json::from_str::<PoiToSale>(&once).expect("it is read");
        let twice = serde_json::to_string(&first).expect("it is written");
        prop_assert_eq!(
            approved(read(once.as_bytes(), &request())),
            approved(read(twice.as_bytes(), &request()))
        );
    }
}
