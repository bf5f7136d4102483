//! Requests, replies and streams: every kind has a golden file that today's code reads and writes unchanged, and what is
//! wrong with a request is told with its field.

use std::collections::BTreeSet;

use holdfast_domain::Action;
use holdfast_domain::staff::PinVerdict;
use holdfast_protocol::message::{
    Answer, CatalogMessage, CounterEvent, CounterNews, EventMessage, OrderChange, OrdersMessage, Reply,
    Request, ScaleState, ScannedCode, StatusMessage, StockMessage, Summary, TenderNews, TenderState,
    TenderStep, TransactionKind, Warning,
};
use serde_json::{Value, json};

use crate::arbitrary::variants;
use crate::golden::{files, folder, updating};

variants!(REQUESTS, request_name, Request { Command, SignOn, Offer, Approved });
variants!(
    ACTIONS,
    action_name,
    Action {
        SignOn,
        SignOff,
        OpenShift,
        CloseShift,
        PlaceOrder,
        CancelOrder,
        AbandonBasket,
        Pay,
        FulfilOrder,
        Return,
        PostVoid,
        AdjustStock,
        MoveCash,
        OpenDrawer,
        LockTill,
        StartCount,
        CountProduct,
        FinishCount,
        CancelCount,
        SetReorderLevel,
        ParkOrder,
        RetrieveOrder,
        PrintCopy,
        EditOrder,
        Exchange,
        CloseDay,
        CorrectShift,
        MoveShift,
        IssueValue,
        SetValueStanding,
        SetAccount,
        StartTender,
        AbortTender,
        ResolveTender,
        GiveBackTender,
        ReconcileDevice,
        IslandSale,
        AliasReceipt,
        SignedOnAlone,
    }
);
variants!(ANSWERS, answer_name, Answer { Accepted, Refused, Retry, Rejected });
variants!(
    SUMMARIES,
    summary_name,
    Summary {
        SignedOn,
        SignedOff,
        ShiftOpened,
        ShiftClosed,
        OrderPlaced,
        OrderFulfilled,
        Transaction,
        StockAdjusted,
        DrawerOpened,
        TillLocked,
        CountStarted,
        ProductCounted,
        CountFinished,
        CountCancelled,
        ReorderLevelSet,
        OrderParked,
        OrderRetrieved,
        CopyPrinted,
        OrderEdited,
        Exchanged,
        DayClosed,
        ShiftCorrected,
        ShiftMoved,
        ValueStandingSet,
        AccountSet,
        TenderStarted,
        TenderAbortAsked,
        TenderResolved,
        TenderReleased,
        ReconciliationAsked,
        SoldAlone,
        ReceiptAliased,
        SignedOnAlone,
    }
);
variants!(
    KINDS,
    kind_name,
    TransactionKind {
        Sale,
        Deposit,
        Return,
        PostVoid,
        Cancelled,
        Abandoned,
        PaidIn,
        PaidOut,
        CashDrop,
        CashLoan,
        ValueIssued,
        ValueIssueVoided,
    }
);
variants!(NEWS, news_name, TenderNews { Step, Standing });
variants!(
    STEPS,
    step_name,
    TenderStep { Connecting, PresentCard, EnterPin, CustomerChooses, Authorising, RemoveCard, ShowQr, Says }
);
variants!(
    STATES,
    state_name,
    TenderState {
        Started,
        UnderWay,
        InDoubt,
        Disowned,
        Approved,
        Declined,
        GoesBack,
        Unclaimed,
        Taken,
        GivenBack,
    }
);
variants!(COUNTER, counter_name, CounterNews { Scanned, Scanner, Scale });
variants!(CODES, code_name, ScannedCode { Plain, Elements, Malformed, LooksLikeCard });
variants!(
    SCALES,
    scale_name,
    ScaleState { Stable, Zero, InMotion, BelowZero, OverCapacity, NotReady, NotConnected }
);
variants!(CHANGES, change_name, OrderChange { Parked, Retrieved, Edited });
variants!(
    WARNINGS,
    warning_name,
    Warning {
        StockBelowZero,
        ReservationExpired,
        PriceDiffers,
        BeyondRights,
        StrictBelowZero,
        CouponUsedUp,
        ItemGone,
        AgeNotChecked,
        TenderNotTaken,
        CustomerLeftOut,
    }
);

/// What the examples of one place have shown.
#[derive(Default)]
pub struct Coverage(BTreeSet<String>);

impl Coverage {
    fn saw(&mut self, list: &str, name: &str) {
        self.0.insert(format!("{list}::{name}"));
    }

    /// Fails for every variant of every list that was not shown.
    pub fn expect_everything(&self) {
        let lists = [
            ("request", REQUESTS),
            ("action", ACTIONS),
            ("answer", ANSWERS),
            ("summary", SUMMARIES),
            ("kind", KINDS),
            ("warning", WARNINGS),
            ("change", CHANGES),
            ("news", NEWS),
            ("step", STEPS),
            ("state", STATES),
            ("counter", COUNTER),
            ("code", CODES),
            ("scale", SCALES),
            ("stream", &["stock", "orders", "catalog", "status"]),
        ];
        for (list, names) in lists {
            for name in names {
                // Nobody outside may bring the verdict on a PIN: a sign-on is a request of its own.
                let never_sent = (list, *name) == ("action", "SignOn");
                assert_eq!(
                    self.0.contains(&format!("{list}::{name}")),
                    !never_sent,
                    "an example of {list} {name}"
                );
            }
        }
    }

    /// Reads `example` as the message `kind`, notes what it shows, and returns how today's code writes it.
    pub fn read(&mut self, kind: &str, example: &Value) -> Value {
        let text = example.to_string();
        let shown = |error: serde_json::Error| panic!("{kind}: {error}: {text}");
        match kind {
            "request" => {
                let request = Request::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{e}: {text}"));
                self.saw("request", request_name(&request));
                match &request {
                    Request::Command(command) => self.saw("action", action_name(&command.action)),
                    Request::Offer(offer) => drop(offer.record.decode().expect("a stored record")),
                    Request::Approved(approved) => self.saw("action", action_name(&approved.action)),
                    Request::SignOn(_) => {}
                }
                assert_eq!(Request::salvage_id(text.as_bytes()), Some(request.id()));
                serde_json::from_slice(&request.to_bytes()).expect("JSON")
            }
            "reply" => {
                let reply: Reply = serde_json::from_str(&text).unwrap_or_else(shown);
                self.saw("answer", answer_name(&reply.answer));
                match &reply.answer {
                    Answer::Accepted { summary, warnings, record, .. } => {
                        record.decode().expect("a stored record");
                        self.saw("summary", summary_name(summary));
                        warnings.iter().for_each(|warning| self.saw("warning", warning_name(warning)));
                        if let Summary::Transaction { kind, .. } = summary {
                            self.saw("kind", kind_name(kind));
                        }
                    }
                    Answer::Refused { record, .. } => drop(record.decode().expect("a stored record")),
                    Answer::Retry { .. } | Answer::Rejected { .. } => {}
                }
                serde_json::to_value(&reply).expect("JSON")
            }
            "event" => {
                let event: EventMessage =
                    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{kind}: {e}: {text}"));
                match &event {
                    EventMessage::Tender(event) => {
                        self.saw("news", news_name(&event.news));
                        match &event.news {
                            TenderNews::Step(step) => self.saw("step", step_name(step)),
                            TenderNews::Standing { tender, .. } => {
                                self.saw("state", state_name(&tender.state));
                            }
                        }
                    }
                    EventMessage::Counter(CounterEvent { counter }) => {
                        self.saw("counter", counter_name(counter));
                        match counter {
                            CounterNews::Scanned(scanned) => self.saw("code", code_name(&scanned.code)),
                            CounterNews::Scale(view) => self.saw("scale", scale_name(&view.state)),
                            CounterNews::Scanner(_) => {}
                        }
                    }
                }
                serde_json::to_value(&event).expect("JSON")
            }
            stream => {
                self.saw("stream", stream);
                match stream {
                    "stock" => again::<StockMessage>(&text),
                    "orders" => {
                        let message: OrdersMessage =
                            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
                        if let OrdersMessage::Order(message) = &message {
                            self.saw("change", change_name(&message.order.change));
                        }
                        serde_json::to_value(&message).expect("JSON")
                    }
                    "catalog" => again::<CatalogMessage>(&text),
                    "status" => again::<StatusMessage>(&text),
                    other => panic!("{other} is no message of the protocol"),
                }
            }
        }
    }
}

fn again<T: serde::Serialize + serde::de::DeserializeOwned>(text: &str) -> Value {
    let message: T = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    serde_json::to_value(&message).expect("JSON")
}

#[test]
fn every_message_that_was_ever_sent_is_read_and_written_as_it_was() {
    let mut coverage = Coverage::default();
    for (name, bytes) in files("messages", "json") {
        let golden: Value = serde_json::from_slice(&bytes).expect("JSON");
        let kind = name.split('-').next().expect("a kind");
        let written = coverage.read(kind, &golden);
        if updating() {
            let text = serde_json::to_string_pretty(&written).expect("JSON") + "\n";
            std::fs::write(folder("messages").join(format!("{name}.json")), text).expect("written");
        } else {
            assert_eq!(written, golden, "{name}");
        }
    }
    coverage.expect_everything();
}

fn golden_request(name: &str) -> Value {
    serde_json::from_slice(&files("messages", "json")[&format!("request-{name}")]).expect("JSON")
}

fn detail(request: &Value) -> String {
    let error = Request::parse(request.to_string().as_bytes()).expect_err("not a request");
    assert_eq!(error.code(), "HF-CMD-002");
    error.to_string()
}

#[test]
fn what_is_wrong_with_a_request_is_told_with_its_field() {
    for (pointer, wrong, expected) in [
        ("/command/id", json!(7), ["command.id", "expected a string"]),
        ("/command/id", json!("till-3"), ["command.id", "`till-3` is not a UUID"]),
        ("/command/occurred_at", json!("noon"), ["command.occurred_at", "`noon` is not an instant"]),
        ("/command/action/place_order/order", json!(null), ["place_order.order", "expected a string"]),
        (
            "/command/action/place_order/channel",
            json!("window"),
            ["place_order.channel", "unknown variant `window`"],
        ),
        (
            "/command/action/place_order/lines/1/quantity",
            json!(2),
            ["lines[1].quantity", "expected a string"],
        ),
        (
            "/command/action/place_order/lines/1/quantity",
            json!("1,5"),
            ["lines[1].quantity", "is not a decimal number"],
        ),
        ("/command/action/place_order/lines/0/number", json!(70_000), ["lines[0].number", "expected u16"]),
        (
            "/command/action/place_order/lines/0/item",
            json!({ "sku": "a\u{7}" }),
            ["lines[0].item.sku", "must not contain"],
        ),
        ("/command/action/place_order/expected_total/currency", json!("EURO"), ["expected_total", "EURO"]),
        (
            "/command/action/place_order/expected_total/amount",
            json!("1.005"),
            ["expected_total", "decimal places"],
        ),
    ] {
        let mut request = golden_request("place_order");
        *request.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is in the example")) = wrong;
        let told = detail(&request);
        assert!(expected.iter().all(|part| told.contains(part)), "{pointer}: {told}");
        assert!(told.len() < 300, "{told}");
    }
}

#[test]
fn a_field_that_is_not_known_is_refused_wherever_it_stands() {
    for (name, pointer) in [
        ("place_order", ""),
        ("place_order", "/command"),
        ("place_order", "/command/action/place_order"),
        ("place_order", "/command/action/place_order/lines/0"),
        ("place_order", "/command/action/place_order/expected_total"),
        ("pay", "/command/action/pay"),
        ("pay", "/command/action/pay/tenders/0"),
        ("return-by_receipt", "/command/action/return/goods/by_receipt/lines/0"),
        ("sign_on", "/sign_on"),
        ("approved", "/approved"),
        ("offer", "/offer/record"),
        ("offer", "/offer/record/position"),
    ] {
        let mut request = golden_request(name);
        let place = request.pointer_mut(pointer).and_then(Value::as_object_mut);
        place.unwrap_or_else(|| panic!("{name} {pointer}")).insert("surprise".into(), json!(1));
        let told = detail(&request);
        // Beside the one key of an enum it is not a field but a second variant.
        assert!(
            told.contains("surprise") || told.contains("trailing") || pointer.is_empty(),
            "{pointer}: {told}"
        );
    }
}

#[test]
fn defaults_fill_in_what_a_small_request_leaves_out() {
    let id = "018f0000-0000-7000-8000-000000000001";
    let short = json!({ "command": { "id": id, "occurred_at": "2026-11-20T10:00:00+01:00", "action": {
        "place_order": { "order": id, "lines": [{ "number": 1, "item": { "sku": "tea" }, "quantity": "1" }] } } } });
    let request = Request::parse(short.to_string().as_bytes()).expect("a request");
    let written: Value = serde_json::from_slice(&request.to_bytes()).expect("JSON");
    let order = &written["command"]["action"]["place_order"];
    assert_eq!(written["command"]["occurred_at"], "2026-11-20T09:00:00.000Z");
    assert_eq!((&order["channel"], &order["expected_total"]), (&json!("counter"), &json!(null)));
    let line = json!({ "number": 1, "item": { "sku": "TEA" }, "quantity": "1" });
    assert_eq!(order["lines"][0], line, "what is the default is not written");
    let mut long = short.clone();
    let extra = json!({ "price": "list", "discount": "none", "fate": "kept" });
    let place = long.pointer_mut("/command/action/place_order/lines/0").and_then(Value::as_object_mut);
    place.expect("a line").extend(extra.as_object().expect("an object").clone());
    assert_eq!(Request::parse(long.to_string().as_bytes()).expect("a request"), request);
}

#[test]
fn a_shift_is_closed_with_the_sum_of_its_cash_alone_and_a_tender_is_named_without_a_reference() {
    let mut close = golden_request("close_shift");
    let request = Request::parse(close.to_string().as_bytes()).expect("a request");
    let shift = close.pointer_mut("/command/action/close_shift").and_then(Value::as_object_mut);
    assert!(shift.expect("the example").remove("count").is_some());
    assert_eq!(Request::parse(close.to_string().as_bytes()).expect("a request"), request);

    // Nobody has to say that there was no tip.
    let mut untipped = golden_request("pay");
    let paid = untipped.pointer_mut("/command/action/pay").and_then(Value::as_object_mut);
    assert!(paid.expect("the example").remove("tips").is_some());
    let read = |request: &Value| Request::parse(request.to_string().as_bytes()).expect("a request");
    assert_eq!(read(&untipped), read(&golden_request("pay")));

    let mut pay = golden_request("pay-split");
    let voucher = pay.pointer_mut("/command/action/pay/tenders/1/kind/typed").and_then(Value::as_object_mut);
    assert!(voucher.expect("the example").remove("reference").is_some());
    assert_eq!(Request::parse(pay.to_string().as_bytes()).expect("a request").to_bytes(), {
        Request::parse(golden_request("pay-split").to_string().as_bytes()).expect("a request").to_bytes()
    });
}

#[test]
fn the_id_of_a_request_that_is_not_valid_is_found_when_it_can_be() {
    let id = "018f0000-0000-7000-8000-000000000001";
    for (payload, found) in [
        (format!(r#"{{"command":{{"id":"{id}","surprise":1}}}}"#), true),
        (format!(r#"{{"future_kind":{{"id":"{id}"}}}}"#), true),
        (format!(r#"{{"command":{{"id":"{id}""#), false),
        (format!(r#"{{"id":"{id}"}}"#), false),
        (r#"{"command":{"id":7}}"#.to_owned(), false),
        (r#"{"command":{"id":"seven"}}"#.to_owned(), false),
        ("[]".to_owned(), false),
        (String::new(), false),
        ("\u{0}\u{1}".to_owned(), false),
    ] {
        let expected = found.then(|| id.parse().expect("an id"));
        assert_eq!(Request::salvage_id(payload.as_bytes()), expected, "{payload}");
        assert!(Request::parse(payload.as_bytes()).is_err(), "{payload}");
    }
}

#[test]
fn nothing_follows_a_request() {
    let request = golden_request("pay").to_string();
    assert!(Request::parse(format!("{request} \n").as_bytes()).is_ok());
    assert!(Request::parse(format!("{request}{request}").as_bytes()).is_err());
}

#[test]
fn a_pin_is_told_to_nobody() {
    let mut request = golden_request("sign_on");
    let parsed = Request::parse(request.to_string().as_bytes()).expect("a request");
    let pin = request["sign_on"]["pin"].as_str().expect("a PIN").to_owned();
    assert!(!format!("{parsed:?}").contains(&pin));
    request["sign_on"]["pin"] = json!(8_642);
    let told = detail(&request);
    assert!(told.contains("sign_on.pin") && !told.contains("8642"), "{told}");
    request["sign_on"]["pin"] = json!(["8642"]);
    assert!(!detail(&request).contains("8642"));

    let Request::SignOn(sign_on) = parsed else { panic!("a sign-on") };
    let mut other_pin = sign_on.clone();
    other_pin.pin.0 = "0000".into();
    assert_eq!(sign_on.fingerprint(), other_pin.fingerprint(), "a fingerprint gives no PIN away");
    let mut other_number = sign_on.clone();
    other_number.number.0 += 1;
    assert_ne!(sign_on.fingerprint(), other_number.fingerprint());
    let terminal = holdfast_domain::ids::TerminalId(holdfast_domain::ids::Uuid::from_u128(1));
    let (command, _) = sign_on.clone().into_command(terminal, PinVerdict::Wrong);
    assert_eq!(command.action, Action::SignOn { number: sign_on.number, verdict: PinVerdict::Wrong });
}

#[test]
fn an_approval_is_kept_and_known_without_its_pin() {
    let golden = golden_request("approved");
    let parsed = Request::parse(golden.to_string().as_bytes()).expect("a request");
    let pin = golden["approved"]["pin"].as_str().expect("a PIN").to_owned();
    assert!(!format!("{parsed:?}").contains(&pin));
    let kept = parsed.to_kept_bytes().expect("a command is kept");
    assert!(!String::from_utf8(kept.clone()).expect("JSON").contains(&pin));

    let terminal = holdfast_domain::ids::TerminalId(holdfast_domain::ids::Uuid::from_u128(1));
    let command = |request: &Request, verdict| match request {
        Request::Approved(approved) => approved.clone().into_command(terminal, verdict),
        other => panic!("{other:?}"),
    };
    let (sent, print) = command(&parsed, PinVerdict::Correct);
    let approval = sent.approval.expect("an approval");
    assert_eq!((approval.number.0, approval.verdict), (900, PinVerdict::Correct));
    // What a till sends again after its own restart is the same command, and the PIN is not part of what it is.
    let again = Request::parse(&kept).expect("a request");
    assert_eq!(command(&again, PinVerdict::NotGiven).1, print);
    let mut other = golden.clone();
    other["approved"]["pin"] = json!("0000");
    let other_pin = Request::parse(other.to_string().as_bytes()).expect("a request");
    assert_eq!(command(&other_pin, PinVerdict::Wrong).1, print);
    other["approved"]["approver"] = json!(901);
    let other_person = Request::parse(other.to_string().as_bytes()).expect("a request");
    assert_ne!(command(&other_person, PinVerdict::Correct).1, print);
    other["approved"]["pin"] = json!(8_642);
    let told = detail(&other);
    assert!(told.contains("approved.pin") && !told.contains("8642"), "{told}");
}
