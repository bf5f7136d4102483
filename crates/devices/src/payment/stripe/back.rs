//! Money that goes back. A payment that was captured is refunded; one that was not is cancelled.

use tokio::time::{Instant, sleep};

use super::api::{Answer, Form};
use super::object::{self, Intent, List, Refund, RefundStage, Stage};
use super::{LOOKS_MAX, StripeTerminal, not_begun};
use crate::payment::card::{CardFacts, EntryMode};
use crate::payment::{
    Approval, Authorised, Decline, ErrorCondition, Fault, Outcome, PoiTransaction, Request, Service, Slip,
};

/// How many refunds of one payment are looked through.
const REFUNDS_MAX: u32 = 100;

impl StripeTerminal {
    pub(super) async fn give_back(
        &self,
        request: &Request,
        original: &PoiTransaction,
    ) -> Result<Outcome, Fault> {
        let during = "giving money back";
        let original = original.as_str();
        if matches!(request.service, Service::Reversal { .. }) {
            let intent = self.intent(original, during).await?;
            if matches!(intent.stage(), Some(Stage::Open | Stage::ToBeCaptured)) {
                return match self.cancel(original, object::REVERSED, during).await? {
                    Some(cancelled) if cancelled.was_reversed() => {
                        self.never_taken(request, &cancelled, during)
                    }
                    _ => Err(self.api.garbled(during, "it neither cancels nor refuses")),
                };
            }
        }
        let form = Form::default()
            .with("payment_intent", original)
            .with("amount", &request.amount.minor().to_string())
            .with("metadata[attempt]", &request.attempt.to_string());
        let key = Some(format!("{}-refund", request.attempt));
        match self.api.post::<Refund>("/v1/refunds", &form, key, during).await? {
            Answer::Content { content, .. } => match self.refund(&content, request, original, during)? {
                Some(outcome) => Ok(outcome),
                None => self.until_given_back(request, original, during).await,
            },
            Answer::Refused(refusal) if refusal.is_about_the_key() => {
                Err(self.api.cannot("its key was used for something else"))
            }
            Answer::Refused(refusal) if refusal.is_about_trust() => Ok(not_begun(&refusal)),
            Answer::Refused(refusal) => {
                Ok(Outcome::Declined(Decline::new(ErrorCondition::Refusal, refusal.said())))
            }
            Answer::Failed { status } => Err(self.api.failed(status, during)),
        }
    }

    /// Looks through the refunds of a payment for ours, which begins nothing: a list, unlike a search, has everything that was
    /// there when it was asked for.
    pub(super) async fn until_given_back(
        &self,
        request: &Request,
        original: &str,
        during: &'static str,
    ) -> Result<Outcome, Fault> {
        let end = Instant::now() + self.timings.in_progress;
        let mut was_missing = false;
        for _ in 0..LOOKS_MAX {
            let intent = self.intent(original, during).await?;
            if matches!(request.service, Service::Reversal { .. }) && intent.was_reversed() {
                return self.never_taken(request, &intent, during);
            }
            let query =
                Form::default().with("payment_intent", original).with("limit", &REFUNDS_MAX.to_string());
            let list = self.api.get::<List<Refund>>("/v1/refunds", &query, during).await?;
            let list = self.api.content(list, during)?;
            let is_foreign = |refund: &Refund| refund.payment_intent.as_deref() != Some(original);
            if list.data.iter().any(is_foreign) {
                return Err(self.api.foreign(during));
            }
            // That it is not in the list is believed only when the payment itself says the same: nothing of it went back that
            // the list does not have.
            let listed = list.data.iter().map(Refund::minor).fold(0, i64::saturating_add);
            let is_complete = intent.refunded_minor().is_some_and(|refunded| refunded <= listed);
            let attempt = request.attempt.to_string();
            let pause = match list.data.iter().find(|refund| refund.is_of(&attempt)) {
                Some(refund) => match self.refund(refund, request, original, during)? {
                    Some(outcome) => return Ok(outcome),
                    None if Instant::now() >= end => return Err(self.api.in_progress()),
                    None => self.timings.poll,
                },
                None if list.has_more => {
                    return Err(self.api.cannot("the payment has more refunds than are looked through"));
                }
                None if !is_complete => {
                    return Err(self.api.cannot("its list of refunds and its payment do not agree"));
                }
                None if was_missing => {
                    return Ok(Outcome::Declined(Decline::new(ErrorCondition::NotFound, None)));
                }
                // A request can still be on its way when the first question overtakes it.
                None => {
                    was_missing = true;
                    self.timings.settle
                }
            };
            sleep(pause).await;
        }
        Err(self.api.in_progress())
    }

    /// None while it is under way.
    fn refund(
        &self,
        refund: &Refund,
        request: &Request,
        original: &str,
        during: &'static str,
    ) -> Result<Option<Outcome>, Fault> {
        let is_ours =
            refund.is_of(&request.attempt.to_string()) && refund.payment_intent.as_deref() == Some(original);
        if !is_ours {
            return Err(self.api.foreign(during));
        }
        match refund.stage(request) {
            Some(RefundStage::Done(approval)) => Ok(Some(Outcome::Approved(approval))),
            Some(RefundStage::Failed(decline)) => Ok(Some(Outcome::Declined(decline))),
            Some(RefundStage::UnderWay) => Ok(None),
            None => Err(self.api.garbled(during, "a refund in a state that is not known")),
        }
    }

    /// A payment that was reversed before it was captured.
    fn never_taken(
        &self,
        request: &Request,
        intent: &Intent,
        during: &'static str,
    ) -> Result<Outcome, Fault> {
        let approval = intent.wanted(request).zip(PoiTransaction::new(intent.id.clone()).ok());
        let (amount, transaction) =
            approval.ok_or_else(|| self.api.garbled(during, "an amount that cannot be"))?;
        Ok(Outcome::Approved(Box::new(Approval {
            amount,
            tip: None,
            transaction,
            card: CardFacts { entry: Some(EntryMode::None), ..CardFacts::default() },
            authorised: Authorised::Online,
            slip: Slip::default(),
        })))
    }
}
