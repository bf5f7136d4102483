//! Objects as Stripe writes them, with fields that no till has any use for, so that a driver shows that it skips them.

use serde_json::{Value, json};

use super::READER;
use super::book::{Book, GivenBack, Progress, Row, Stage};

pub(super) fn intent(row: &Row) -> Value {
    let status = match row.stage {
        Stage::Open => "requires_payment_method",
        Stage::Authorised => "requires_capture",
        Stage::Captured => "succeeded",
        Stage::Canceled => "canceled",
    };
    let received = if row.stage == Stage::Captured { row.minor } else { 0 };
    let is_charged = matches!(row.stage, Stage::Authorised | Stage::Captured);
    json!({
        "id": row.id,
        "object": "payment_intent",
        "status": status,
        "amount": row.minor,
        "amount_received": received,
        "amount_details": { "tip": { "amount": row.tip } },
        "currency": row.currency,
        "client_secret": format!("{}_secret_canary", row.id),
        "metadata": { "attempt": row.attempt },
        "cancellation_reason": row.reason,
        "last_payment_error": row.declined.as_ref().map(|word| json!({
            "type": "card_error",
            "code": "card_declined",
            "decline_code": word,
            "message": "Your card was declined.",
        })),
        "latest_charge": is_charged.then(|| charge(row)),
        "next_action": null,
    })
}

fn charge(row: &Row) -> Value {
    let (read, wallet) = if row.is_by_telephone() {
        ("contactless_emv", json!({ "type": "apple_pay" }))
    } else {
        ("contact_emv", Value::Null)
    };
    json!({
        "id": row.id.replace("pi_", "ch_"),
        "object": "charge",
        "amount": row.minor,
        "amount_refunded": row.refunded,
        "payment_method_details": {
            "type": "card_present",
            "card_present": {
                "brand": "visa",
                "cardholder_name": "CANARY/HOLDER",
                "exp_month": 12,
                "exp_year": 2031,
                "fingerprint": "canaryfingerprint",
                "generated_card": "pm_generated1",
                "last4": "4242",
                "read_method": read,
                "wallet": wallet,
                "receipt": {
                    "account_type": "credit",
                    "application_cryptogram": "A1B2C3D4",
                    "application_preferred_name": "Visa Credit",
                    "authorization_code": "123456",
                    "cardholder_verification_method": "approval",
                    "dedicated_file_name": "A0000000031010",
                },
            },
        },
    })
}

pub(super) fn reader(book: &Book) -> Value {
    let is_offline = book.customer == super::Customer::IsOffline;
    let action = book.action.as_ref().map(|action| {
        let (status, code) = match &action.progress {
            Progress::AtIt => ("in_progress", None),
            Progress::Succeeded => ("succeeded", None),
            Progress::Failed(code) => ("failed", Some(code)),
        };
        json!({
            "type": "process_payment_intent",
            "status": status,
            "failure_code": code,
            "failure_message": null,
            "process_payment_intent": { "payment_intent": action.intent },
        })
    });
    json!({
        "id": READER,
        "object": "terminal.reader",
        "action": action,
        "device_type": "simulated_wisepos_e",
        "label": "Simulated",
        "status": if is_offline { "offline" } else { "online" },
    })
}

pub(super) fn refund(refund: &GivenBack) -> Value {
    json!({
        "id": refund.refund,
        "object": "refund",
        "amount": refund.minor,
        "currency": refund.currency,
        "payment_intent": refund.intent,
        "metadata": { "attempt": refund.attempt },
        "status": "succeeded",
    })
}

pub(super) fn list(data: Vec<Value>) -> Value {
    json!({ "object": "list", "has_more": false, "data": data })
}

pub(super) fn error(kind: &str, code: &str) -> Value {
    json!({ "error": { "type": kind, "code": code, "message": "It is not done." } })
}

/// The same object, but somebody else's and finished: `other` where that really is in the book.
pub(super) fn of_another(mut content: Value, other: Option<&Row>) -> Value {
    match (content.get("object").and_then(Value::as_str), other) {
        (Some("payment_intent"), Some(other)) => return intent(other),
        (Some("payment_intent"), None) => {
            content["id"] = "pi_another".into();
            content["status"] = "succeeded".into();
            content["amount_received"] = content["amount"].clone();
            content["metadata"]["attempt"] = "another".into();
        }
        (Some("terminal.reader"), _) => content["id"] = "tmr_another".into(),
        (Some("refund"), _) => {
            content["payment_intent"] = "pi_another".into();
            content["metadata"]["attempt"] = "another".into();
        }
        (Some("list"), _) => {
            if let Some(data) = content.get_mut("data").and_then(Value::as_array_mut) {
                for row in data {
                    *row = of_another(row.take(), other);
                }
            }
        }
        _ => {}
    }
    content
}

/// The same object without a word of how it is.
pub(super) fn without_status(mut content: Value) -> Value {
    if let Some(rows) = content.get_mut("data").and_then(Value::as_array_mut) {
        for row in rows {
            *row = without_status(row.take());
        }
    }
    if let Some(fields) = content.as_object_mut() {
        fields.remove("status");
    }
    if let Some(action) = content.get_mut("action").and_then(Value::as_object_mut) {
        action.remove("status");
    }
    content
}
