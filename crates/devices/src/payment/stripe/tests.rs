use holdfast_money::{Currency, Money};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::object::{Intent, Reader, Refund, RefundStage, Stage};
use super::*;
use crate::payment::SaleReference;
use crate::payment::card::CardFacts;

const STATUSES: [&str; 10] = [
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "succeeded",
    "canceled",
    "paid",
    "Succeeded",
    "",
];

fn request() -> Request {
    Request {
        attempt: AttemptId(7),
        sale: SaleReference::new("K1/0042").expect("a reference"),
        service: Service::Payment { tip: None },
        amount: Money::from_minor(1_250, Currency::EUR),
    }
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

#[test]
fn only_what_is_an_id_goes_into_a_path() {
    assert!(is_id("pi_3NabcDEF", "pi_") && is_id("tmr_FDOt2wlRZEdpd7", "tmr_"));
    for wrong in ["", "pi_", "re_1", "pi_1/refunds", "pi_1?x", "pi_..", &format!("pi_{}", "1".repeat(60))] {
        assert!(!is_id(wrong, "pi_"), "{wrong}");
    }
}

#[test]
fn a_mark_says_when_and_where() {
    let begun = |text: &str| Begun::read(&Mark::new(text).expect("a mark"));
    let read = begun("1800000000/tmr_FDOt2wlRZEdpd7").expect("it is one");
    assert_eq!((read.seconds, read.reader.as_str()), (1_800_000_000, "tmr_FDOt2wlRZEdpd7"));
    assert!(begun("-").is_none() && begun("x/tmr_1").is_none() && begun("1/V400m-1").is_none());
}

#[test]
fn a_charge_that_was_not_read_costs_the_facts_and_not_the_payment() {
    for charge in [json!("ch_1"), json!(null), json!({ "payment_method_details": 7 }), json!([])] {
        let value = json!({
            "id": "pi_1", "status": "succeeded", "currency": "eur", "amount_received": 1_250, "latest_charge": charge,
        });
        let intent: Intent = read(&value).expect("it is read");
        let approval = intent.approval(&request()).expect("it is approved");
        assert_eq!((approval.amount, approval.card), (request().amount, CardFacts::default()));
    }
}

#[test]
fn no_card_number_gets_through() {
    let pan = "4111111111111111";
    let value = json!({
        "id": "pi_1", "status": "succeeded", "currency": "eur", "amount_received": 1_250,
        "last_payment_error": { "message": format!("card {pan} was declined") },
        "latest_charge": { "payment_method_details": { "card_present": {
            "brand": pan, "last4": pan, "generated_card": pan, "wallet": { "type": pan },
            "receipt": { "authorization_code": pan, "dedicated_file_name": pan, "application_preferred_name": pan },
        } } },
    });
    let intent: Intent = read(&value).expect("it is read");
    let text = format!("{:?} {:?}", intent.approval(&request()), intent.decline(ErrorCondition::Cancel));
    assert_eq!(text.matches(pan).count(), 0, "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn only_what_says_succeeded_with_an_amount_is_approved(
        status in prop::sample::select(STATUSES.to_vec()),
        has_status in any::<bool>(),
        received in prop::option::of(-10_i64..2_000),
        currency in prop::sample::select(vec!["eur", "usd", "EUR", ""]),
        tip in prop::option::of(-5_i64..2_000),
    ) {
        let mut value = json!({
            "id": "pi_1", "status": status, "currency": currency, "amount_received": received,
            "amount_details": { "tip": { "amount": tip } },
        });
        if !has_status {
            value.as_object_mut().expect("an object").remove("status");
        }
        let intent: Intent = read(&value).expect("it is read");
        prop_assert_eq!(intent.stage() == Some(Stage::Succeeded), has_status && status == "succeeded");
        prop_assert_eq!(intent.stage() == Some(Stage::Canceled), has_status && status == "canceled");
        if let Some(approval) = intent.approval(&request()) {
            prop_assert_eq!(Some(approval.amount.minor()), received);
            prop_assert!(approval.amount.is_positive() && currency.eq_ignore_ascii_case("eur"));
            let given = tip.unwrap_or(0);
            prop_assert!((0..=approval.amount.minor()).contains(&given));
        }
    }

    #[test]
    fn only_what_says_succeeded_is_given_back(
        status in prop::option::of(prop::sample::select(vec!["succeeded", "pending", "failed", "canceled", "requires_action", "done"])),
        amount in prop::option::of(-10_i64..2_000),
    ) {
        let value = json!({ "id": "re_1", "status": status, "amount": amount, "currency": "eur" });
        let refund: Refund = read(&value).expect("it is read");
        match refund.stage(&request()) {
            Some(RefundStage::Done(approval)) => {
                prop_assert_eq!((status, Some(approval.amount.minor())), (Some("succeeded"), amount));
            }
            Some(RefundStage::Failed(_)) => prop_assert!(matches!(status, Some("failed" | "canceled"))),
            Some(RefundStage::UnderWay) => prop_assert!(matches!(status, Some("pending" | "requires_action"))),
            None => {}
        }
    }

    #[test]
    fn a_reader_is_idle_only_when_it_says_so(
        status in prop::option::of(prop::sample::select(vec!["in_progress", "succeeded", "failed", "other"])),
        intent in prop::option::of(prop::sample::select(vec!["pi_1", "pi_2"])),
    ) {
        let action = json!({ "status": status, "process_payment_intent": { "payment_intent": intent } });
        let reader: Reader = read(&json!({ "id": "tmr_1", "action": action })).expect("it is read");
        let is_over = matches!(status, Some("succeeded" | "failed"));
        prop_assert_eq!(reader.is_busy(), !is_over);
        prop_assert_eq!(reader.at(), intent.filter(|_| !is_over));
    }

    #[test]
    fn no_bytes_stop_a_reader_of_answers(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = serde_json::from_slice::<Intent>(&bytes).map(|intent| intent.approval(&request()));
        let _ = serde_json::from_slice::<Refund>(&bytes).map(|refund| refund.stage(&request()).is_some());
        let _ = serde_json::from_slice::<Reader>(&bytes);
    }
}
