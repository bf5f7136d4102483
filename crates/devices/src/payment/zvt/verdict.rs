//! What became of an attempt, decided from what the terminal said and from the last transaction that it knows. Pure: the
//! terminal has been asked already.

use super::dialogue::{End, Ended};
use super::mark::{Last, Numbers, Standing};
use super::result_code::{ResultCode, Verdict};
use super::status::StatusInformation;
use crate::payment::{ErrorCondition, Request, Service};

/// The last transaction as the terminal repeats it.
#[derive(Debug)]
pub(super) enum Repeated {
    /// It has none.
    Nothing,
    Of(Box<StatusInformation>),
}

/// What the terminal's last transaction says of an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It is the attempt, and it was done.
    Done(Numbers),
    /// It is the attempt, and it was not done.
    NotDone(ErrorCondition),
    /// It is the one from before the attempt.
    StillTheOld,
    /// There was none before the attempt and is none now.
    StillNothing,
    CannotSay(&'static str),
}

/// Reads the terminal's last transaction against the one that it had before the attempt.
pub(super) fn judge(request: &Request, before: &Last, now: &Repeated, terminal: Option<u32>) -> Judgement {
    let status = match (now, before) {
        (Repeated::Nothing, Last::None) => return Judgement::StillNothing,
        (Repeated::Nothing, Last::Of(_)) => {
            return Judgement::CannotSay("its last receipt is gone since the attempt began");
        }
        (Repeated::Of(status), _) => status,
    };
    let numbers = Numbers::of(status).or_of(terminal);
    match numbers.standing(before) {
        Standing::TheSame => return Judgement::StillTheOld,
        Standing::Unclear => {
            return Judgement::CannotSay("its last receipt cannot be told from those before the attempt");
        }
        Standing::After => {}
    }
    let ours = status.money(request.amount.currency()) == Some(request.amount);
    match status.result.map_or(Verdict::Unclear, ResultCode::verdict) {
        // A payment that is taken back names the transaction that it takes back.
        Verdict::Done if status.original_trace.is_some() && !is_reversal(request) => {
            Judgement::CannotSay("its last receipt takes a payment back")
        }
        Verdict::Done if undoes_another(request, status) => {
            Judgement::CannotSay("its last receipt takes another payment back")
        }
        Verdict::Done if ours => Judgement::Done(numbers),
        Verdict::Done => Judgement::CannotSay("its last receipt has another amount"),
        // Only when no other receipt can lie between: the attempt may be an older one of them.
        Verdict::NotDone(why) if numbers.is_next_after(before) && (ours || status.amount.is_none()) => {
            Judgement::NotDone(why)
        }
        Verdict::NotDone(_) => Judgement::CannotSay("its last receipt was not done and may be another one's"),
        Verdict::Unclear => Judgement::CannotSay("its last receipt does not say whether it was done"),
    }
}

fn is_reversal(request: &Request) -> bool {
    matches!(request.service, Service::Reversal { .. })
}

/// Whether a reversal names another transaction than the one that was to be taken back. Not every terminal names one.
fn undoes_another(request: &Request, status: &StatusInformation) -> bool {
    let Service::Reversal { original } = &request.service else { return false };
    let wanted = original.as_str().parse::<Numbers>().ok().and_then(|numbers| numbers.trace);
    matches!((wanted, status.original_trace), (Some(wanted), Some(undone)) if wanted != undone)
}

/// What a terminal said at the end of a conversation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    Done(Box<StatusInformation>),
    NotDone {
        why: ErrorCondition,
        text: Option<String>,
    },
    /// It answered with what was before the attempt.
    Foreign,
    CannotSay(String),
}

/// Reads a whole conversation. A decline is said by the terminal and not contradicted by it.
pub(super) fn said(ended: &mut Ended, before: &Last, terminal: Option<u32>) -> Said {
    let verdict = |status: &StatusInformation| status.result.map_or(Verdict::Unclear, ResultCode::verdict);
    let statuses = std::mem::take(&mut ended.statuses);
    let mut statuses = statuses.into_iter();
    let (status, more) = (statuses.next(), statuses.next());
    match (&ended.end, status, more) {
        (_, Some(_), Some(_)) => Said::CannotSay("it gave two different results".to_owned()),
        (End::Completed(_), Some(status), None) if verdict(&status) == Verdict::Done => {
            match Numbers::of(&status).or_of(terminal).standing(before) {
                Standing::After => Said::Done(Box::new(status)),
                Standing::TheSame => Said::Foreign,
                Standing::Unclear => {
                    Said::CannotSay("its receipt cannot be told from those before the attempt".to_owned())
                }
            }
        }
        (End::Aborted(code), Some(status), None) if verdict(&status) == Verdict::Done => {
            Said::CannotSay(format!("it was done and then stopped ({code})"))
        }
        (_, Some(status), None) => {
            let code = status.result.unwrap_or(ResultCode(0xFF));
            not_done(code, ended.stopped, status.text())
        }
        (End::Aborted(code), None, _) => not_done(*code, ended.stopped, None),
        (End::Completed(_), None, _) => Said::CannotSay("it ended without a result".to_owned()),
    }
}

/// The meaning of a code that is not zero, or was not said.
pub(super) fn not_done(code: ResultCode, stopped: bool, text: Option<&str>) -> Said {
    match code.verdict() {
        Verdict::NotDone(ErrorCondition::Cancel) if stopped => {
            Said::NotDone { why: ErrorCondition::Aborted, text: None }
        }
        Verdict::NotDone(why) => Said::NotDone { why, text: text.or(code.text()).map(ToOwned::to_owned) },
        Verdict::Done | Verdict::Unclear => Said::CannotSay(format!("it ended with {code}")),
    }
}

#[cfg(test)]
mod tests {
    use holdfast_money::{Currency, Money};

    use super::*;
    use crate::payment::{AttemptId, PoiTransaction, SaleReference};

    fn request(service: Service) -> Request {
        let sale = SaleReference::new("1-0042").expect("a reference");
        Request { attempt: AttemptId(7), sale, service, amount: Money::from_minor(1_250, Currency::EUR) }
    }

    fn payment() -> Request {
        request(Service::Payment { tip: None })
    }

    fn before() -> Last {
        Last::Of(Numbers { terminal: Some(1), receipt: Some(42), trace: Some(178) })
    }

    /// The receipt after the mark, done, with our amount.
    fn ours() -> StatusInformation {
        StatusInformation {
            result: Some(ResultCode::DONE),
            amount: Some(1_250),
            currency: Some(978),
            receipt: Some(43),
            trace: Some(179),
            ..StatusInformation::default()
        }
    }

    fn judged(request: &Request, status: StatusInformation) -> Judgement {
        judge(request, &before(), &Repeated::Of(Box::new(status)), Some(1))
    }

    #[test]
    fn a_newer_receipt_with_our_amount_is_the_attempt() {
        assert!(matches!(judged(&payment(), ours()), Judgement::Done(_)));
        let without_currency = StatusInformation { currency: None, ..ours() };
        assert!(matches!(judged(&payment(), without_currency), Judgement::Done(_)));
    }

    #[test]
    fn nothing_less_than_that_is_done() {
        for (why, status) in [
            ("another amount", StatusInformation { amount: Some(1_251), ..ours() }),
            ("no amount", StatusInformation { amount: None, ..ours() }),
            ("another currency", StatusInformation { currency: Some(756), ..ours() }),
            ("no result", StatusInformation { result: None, ..ours() }),
            ("an unclear result", StatusInformation { result: Some(ResultCode(0x9B)), ..ours() }),
            ("it takes a payment back", StatusInformation { original_trace: Some(178), ..ours() }),
            ("another terminal", StatusInformation { terminal: Some(2), ..ours() }),
            ("no numbers", StatusInformation { receipt: None, trace: None, ..ours() }),
            ("older numbers", StatusInformation { receipt: Some(41), trace: Some(177), ..ours() }),
        ] {
            let judgement = judged(&payment(), status);
            assert!(matches!(judgement, Judgement::CannotSay(_)), "{why}: {judgement:?}");
        }
    }

    #[test]
    fn what_was_not_done_is_a_decline_only_right_after_the_mark() {
        let refused = StatusInformation { result: Some(ResultCode(0x05)), ..ours() };
        assert_eq!(judged(&payment(), refused.clone()), Judgement::NotDone(ErrorCondition::Refusal));
        // One receipt lies between, and may be ours.
        let later = StatusInformation { receipt: Some(44), trace: Some(180), ..refused.clone() };
        assert!(matches!(judged(&payment(), later), Judgement::CannotSay(_)));
        let others = StatusInformation { amount: Some(1), ..refused };
        assert!(matches!(judged(&payment(), others), Judgement::CannotSay(_)));
    }

    #[test]
    fn the_old_receipt_is_the_old_one_whatever_it_says() {
        for result in [None, Some(ResultCode::DONE), Some(ResultCode(0x05))] {
            let old = StatusInformation { result, receipt: Some(42), trace: Some(178), ..ours() };
            assert_eq!(judged(&payment(), old), Judgement::StillTheOld);
        }
        assert!(matches!(judge(&payment(), &before(), &Repeated::Nothing, None), Judgement::CannotSay(_)));
        assert_eq!(judge(&payment(), &Last::None, &Repeated::Nothing, None), Judgement::StillNothing);
    }

    #[test]
    fn a_reversal_is_the_one_of_its_own_payment() {
        let original = PoiTransaction::new("i00000001/r0040/t000170").expect("a number");
        let reversal = request(Service::Reversal { original });
        let undone = |trace| StatusInformation { original_trace: trace, ..ours() };
        assert!(matches!(judged(&reversal, undone(Some(170))), Judgement::Done(_)));
        assert!(matches!(judged(&reversal, undone(None)), Judgement::Done(_)));
        assert!(matches!(judged(&reversal, undone(Some(171))), Judgement::CannotSay(_)));
    }
}
