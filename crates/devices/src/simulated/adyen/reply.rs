//! The answers of a simulated terminal, as messages.

use holdfast_money::{Currency, Money};

use super::book::{Booked, Counted, End, Kind, Wish};
use crate::payment::ErrorCondition;
use crate::payment::adyen::message::{
    Amount, AmountsResp, AnsweredSale, CardData, Category, Condition, DiagnosisResponse, Direction,
    GlobalStatus, Header, HostStatus, MessageReference, OutputContent, OutputText, PaymentAcquirerData,
    PaymentInstrumentData, PaymentResponse, PaymentResult, PaymentTotals, PoiData, PoiStatus, PoiToSale,
    Receipt, ReconciliationResponse, RepeatedBody, RepeatedMessageResponse, ResultWord, ReversalResponse,
    TotalsWord, TransactionId, TransactionStatusResponse, TransactionTotals, Verdict,
};
use crate::payment::card::LastFour;

const APPROVAL: &str = "AID=A0000000031010&applicationLabel=VISA%20CREDIT&authCode=123456&cardSummary=1111";

fn succeeded(additional: Option<&str>) -> Verdict {
    Verdict {
        result: Some(ResultWord::Success),
        error_condition: None,
        additional_response: additional.map(str::to_owned),
    }
}

fn failed(condition: Condition) -> Verdict {
    Verdict {
        result: Some(ResultWord::Failure),
        error_condition: Some(condition),
        additional_response: Some("refusalReason=200%20It%20came%20to%20nothing&message=no".to_owned()),
    }
}

fn word(condition: ErrorCondition) -> Condition {
    match condition {
        ErrorCondition::Aborted => Condition::Aborted,
        ErrorCondition::Busy => Condition::Busy,
        ErrorCondition::Cancel => Condition::Cancel,
        ErrorCondition::DeviceOut => Condition::DeviceOut,
        ErrorCondition::InvalidCard => Condition::InvalidCard,
        ErrorCondition::NotAllowed => Condition::NotAllowed,
        ErrorCondition::NotFound => Condition::NotFound,
        ErrorCondition::Refusal => Condition::Refusal,
        ErrorCondition::UnreachableHost => Condition::UnreachableHost,
        ErrorCondition::WrongPin => Condition::WrongPin,
    }
}

fn answer_to(header: &Header) -> PoiToSale {
    PoiToSale::new(Header { message_type: Direction::Response, ..header.clone() })
}

/// How a payment, a refund or a reversal ended.
pub(super) fn ended(header: &Header, wish: &Wish, end: &End) -> PoiToSale {
    let mut answer = answer_to(header);
    let sale_data = Some(AnsweredSale {
        sale_transaction_id: Some(TransactionId {
            transaction_id: wish.sale_transaction.clone(),
            time_stamp: None,
        }),
    });
    let poi_data = |line: &Booked, time: &str| PoiData {
        poi_transaction_id: Some(TransactionId {
            transaction_id: line.transaction.clone(),
            time_stamp: Some(time.to_owned()),
        }),
    };
    if wish.category == Category::Reversal {
        answer.reversal_response = Some(match end {
            End::Booked { line, time, .. } => ReversalResponse {
                response: succeeded(None),
                sale_data,
                poi_data: Some(poi_data(line, time)),
                reversed_amount: Some(Amount(line.amount.amount())),
                payment_receipt: None,
            },
            End::Not(condition) => ReversalResponse {
                response: failed(word(*condition)),
                sale_data,
                poi_data: None,
                reversed_amount: None,
                payment_receipt: None,
            },
        });
    } else {
        answer.payment_response = Some(match end {
            End::Booked { line, tip, asked, time, offline } => PaymentResponse {
                response: Verdict {
                    result: Some(if line.amount == *asked {
                        ResultWord::Success
                    } else {
                        ResultWord::Partial
                    }),
                    ..succeeded(Some(APPROVAL))
                },
                sale_data,
                poi_data: Some(poi_data(line, time)),
                payment_result: Some(paid(line, *tip, !offline)),
                payment_receipt: Some(vec![
                    receipt("CashierReceipt", line),
                    receipt("CustomerReceipt", line),
                ]),
            },
            End::Not(condition) => PaymentResponse {
                response: failed(word(*condition)),
                sale_data,
                poi_data: None,
                payment_result: None,
                payment_receipt: None,
            },
        });
    }
    answer
}

fn paid(line: &Booked, tip: Option<Money>, online: bool) -> PaymentResult {
    PaymentResult {
        amounts_resp: Some(AmountsResp {
            currency: Some(line.amount.currency().code().to_owned()),
            authorized_amount: Some(Amount(line.amount.amount())),
            tip_amount: tip.map(|tip| Amount(tip.amount())),
        }),
        payment_instrument_data: Some(PaymentInstrumentData {
            card_data: Some(CardData {
                payment_brand: Some("visa".to_owned()),
                last_four: LastFour::of("1111"),
                entry_mode: Some(vec!["Contactless".to_owned()]),
            }),
        }),
        payment_acquirer_data: Some(PaymentAcquirerData { approval_code: Some("123456".to_owned()) }),
        online_flag: Some(online),
    }
}

fn receipt(qualifier: &str, line: &Booked) -> Receipt {
    let amount = format!(
        "name=TOTAL&value={}%20{}&key=totalAmount",
        line.amount.currency().code(),
        line.amount.amount()
    );
    let kind = match line.kind {
        Kind::Payment => "GOODS_SERVICES",
        Kind::Refund | Kind::Reversal => "REFUND",
    };
    let lines = [
        "name=SIMULATED%20TERMINAL&key=header1".to_owned(),
        "name=Card&value=%2A%2A%2A%2A%2A%2A%2A%2A%2A%2A%2A%2A1111&key=pan".to_owned(),
        format!("name=Type&value={kind}&key=txtype"),
        amount,
        "name=APPROVED&key=approved".to_owned(),
    ];
    Receipt {
        document_qualifier: qualifier.to_owned(),
        required_signature_flag: false,
        output_content: OutputContent {
            output_text: lines.into_iter().map(|text| OutputText { text }).collect(),
        },
    }
}

/// What becomes of an attempt that was asked about.
pub(super) enum Status {
    Nothing,
    AtIt,
    Ended(Box<PoiToSale>),
}

pub(super) fn status(header: &Header, reference: &MessageReference, status: Status) -> PoiToSale {
    let mut answer = answer_to(header);
    let (response, repeated) = match status {
        Status::Nothing => (failed(Condition::NotFound), None),
        Status::AtIt => (failed(Condition::InProgress), None),
        Status::Ended(answer) => (
            succeeded(None),
            Some(RepeatedMessageResponse {
                message_header: answer.message_header,
                repeated_response_message_body: RepeatedBody {
                    payment_response: answer.payment_response,
                    reversal_response: answer.reversal_response,
                },
            }),
        ),
    };
    answer.transaction_status_response = Some(TransactionStatusResponse {
        response,
        message_reference: Some(reference.clone()),
        repeated_message_response: repeated,
    });
    answer
}

pub(super) fn diagnosis(header: &Header, is_idle: bool) -> PoiToSale {
    let mut answer = answer_to(header);
    answer.diagnosis_response = Some(DiagnosisResponse {
        response: succeeded(None),
        poi_status: Some(PoiStatus {
            global_status: Some(if is_idle { GlobalStatus::Ok } else { GlobalStatus::Busy }),
        }),
        host_status: Some(vec![HostStatus { is_reachable_flag: Some(true) }]),
    });
    answer
}

pub(super) fn reconciliation(header: &Header, day: u64, sums: &[(Currency, Counted)]) -> PoiToSale {
    let mut answer = answer_to(header);
    let totals = sums.iter().map(|(currency, [paid, returned])| {
        let part = |transaction_type, (transaction_count, minor)| PaymentTotals {
            transaction_type,
            transaction_count,
            transaction_amount: Amount(Money::from_minor(minor, *currency).amount()),
        };
        TransactionTotals {
            card_brand: Some("visa".to_owned()),
            payment_instrument_type: Some("Card".to_owned()),
            payment_currency: currency.code().to_owned(),
            payment_totals: vec![part(TotalsWord::Debit, *paid), part(TotalsWord::Credit, *returned)],
        }
    });
    answer.reconciliation_response = Some(ReconciliationResponse {
        response: succeeded(None),
        poi_reconciliation_id: Some(day),
        transaction_totals: totals.collect(),
    });
    answer
}

/// Takes out what says how it went.
pub(super) fn without_result(answer: &mut PoiToSale) {
    let verdicts = [
        answer.payment_response.as_mut().map(|answer| &mut answer.response),
        answer.reversal_response.as_mut().map(|answer| &mut answer.response),
        answer.transaction_status_response.as_mut().map(|answer| &mut answer.response),
        answer.diagnosis_response.as_mut().map(|answer| &mut answer.response),
        answer.reconciliation_response.as_mut().map(|answer| &mut answer.response),
    ];
    for verdict in verdicts.into_iter().flatten() {
        verdict.result = None;
    }
}

/// Makes the content somebody else's approval, under a header that stays as it is.
pub(super) fn about_another(answer: &mut PoiToSale) {
    let line = Booked {
        kind: Kind::Payment,
        sale_transaction: "another".to_owned(),
        transaction: "SIM999999".to_owned(),
        amount: Money::from_minor(1_000, Currency::EUR),
    };
    let time = "2026-01-01T00:00:00Z".to_owned();
    let end = End::Booked { tip: None, asked: line.amount, line, time, offline: false };
    let wish = |category| Wish {
        service_id: String::new(),
        sale_id: String::new(),
        category,
        sale_transaction: "another".to_owned(),
        what: super::book::What::Refund { amount: Money::from_minor(1_000, Currency::EUR) },
    };
    let header = answer.message_header.clone();
    let other = |category| ended(&header, &wish(category), &end);
    if answer.payment_response.is_some() {
        answer.payment_response = other(Category::Payment).payment_response;
    }
    if answer.reversal_response.is_some() {
        answer.reversal_response = other(Category::Reversal).reversal_response;
    }
    if let Some(status) = &mut answer.transaction_status_response {
        status.response = succeeded(None);
        let category = status
            .message_reference
            .as_ref()
            .map_or(Category::Payment, |reference| reference.message_category);
        let service_id = status
            .message_reference
            .as_ref()
            .map(|reference| reference.service_id.clone())
            .unwrap_or_default();
        let other = other(category);
        status.repeated_message_response = Some(RepeatedMessageResponse {
            message_header: Header { message_category: category, service_id, ..header.clone() },
            repeated_response_message_body: RepeatedBody {
                payment_response: other.payment_response,
                reversal_response: other.reversal_response,
            },
        });
    }
}
