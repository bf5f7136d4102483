//! Till → hub, on `…/cmd`.

use std::fmt;

use holdfast_domain::Command;
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::command::Action;
use holdfast_domain::ids::{CommandId, TerminalId};
use holdfast_domain::staff::{Approval, PinVerdict, StaffNumber};
use serde::{Deserialize, Serialize};

use super::reply::OfferRecord;
use crate::card_numbers;
use crate::chain::fingerprint;
use crate::codes;
use crate::wire::plain;

/// The largest request or reply.
pub const REQUEST_BYTES_MAX: usize = 256 * 1024;

/// One request: `{"command": {…}}`, `{"sign_on": {…}}`, `{"offer": {…}}` or `{"approved": {…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Persisted at the till before it is sent, resent with the same bytes until it is answered.
    Command(CommandMessage),
    /// Carries a PIN, so it is never persisted at the till and its fingerprint leaves the PIN out.
    SignOn(SignOnMessage),
    /// Gives back what an earlier hub acknowledged, to a hub of a newer epoch.
    Offer(OfferMessage),
    /// A command with a second person's word for it. Persisted at the till without the PIN, and sent without it after the
    /// till's own restart: a command that was decided gets its first answer, one that never arrived is refused.
    Approved(ApprovedMessage),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandMessage {
    #[serde(with = "plain")]
    pub id: CommandId,
    /// The till's clock, RFC 3339.
    #[serde(with = "plain")]
    pub occurred_at: Timestamp,
    #[serde(with = "plain")]
    pub action: Action,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOnMessage {
    #[serde(with = "plain")]
    pub id: CommandId,
    #[serde(with = "plain")]
    pub occurred_at: Timestamp,
    #[serde(with = "plain")]
    pub number: StaffNumber,
    pub pin: Pin,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovedMessage {
    #[serde(with = "plain")]
    pub id: CommandId,
    #[serde(with = "plain")]
    pub occurred_at: Timestamp,
    #[serde(with = "plain")]
    pub action: Action,
    /// The staff number of who approves.
    #[serde(with = "plain")]
    pub approver: StaffNumber,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
}

/// A PIN on its way; never shown, logged or stored.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Pin(pub String);

/// By hand, because a derived message about a wrong type would quote what was typed.
impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = |_| serde::de::Error::custom("a PIN is written as a string");
        String::deserialize(deserializer).map(Self).map_err(wrong)
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferMessage {
    #[serde(with = "plain")]
    pub id: CommandId,
    pub record: OfferRecord,
}

/// A payload that is no request. Not journaled: it names no command that could be answered for ever.
#[derive(Debug, thiserror::Error)]
pub enum MalformedRequest {
    #[error("the request has {bytes} bytes, at most {max} are taken; send it as two orders", max = REQUEST_BYTES_MAX)]
    TooLarge { bytes: usize },
    #[error("the request is not valid: {detail}")]
    Invalid { detail: String },
    #[error(
        "a text of the request looks like a card's number, which is never kept; type at most its last four digits"
    )]
    CardNumber,
}

impl MalformedRequest {
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => codes::TOO_LARGE,
            Self::Invalid { .. } => codes::MALFORMED,
            Self::CardNumber => codes::CARD_NUMBER,
        }
    }
}

impl Request {
    /// # Errors
    /// [`MalformedRequest`] with the field and the reason, for JSON that is no request, and for one with a card's number in a
    /// text; unknown fields are refused.
    pub fn parse(payload: &[u8]) -> Result<Self, MalformedRequest> {
        if payload.len() > REQUEST_BYTES_MAX {
            return Err(MalformedRequest::TooLarge { bytes: payload.len() });
        }
        if card_numbers::are_in(payload) {
            return Err(MalformedRequest::CardNumber);
        }
        let mut deserializer = serde_json::Deserializer::from_slice(payload);
        let request = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| MalformedRequest::Invalid { detail: error.to_string() })?;
        deserializer.end().map_err(|error| MalformedRequest::Invalid { detail: error.to_string() })?;
        Ok(request)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("every request has a JSON form")
    }

    /// The id that the answer will bear.
    pub fn id(&self) -> CommandId {
        match self {
            Self::Command(command) => command.id,
            Self::SignOn(sign_on) => sign_on.id,
            Self::Offer(offer) => offer.id,
            Self::Approved(approved) => approved.id,
        }
    }

    /// What a till keeps of it on its disk: never a PIN. None for what is not kept at all.
    pub fn to_kept_bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Command(_) => Some(self.to_bytes()),
            Self::Approved(approved) => Some(approved.to_kept_bytes()),
            Self::SignOn(_) | Self::Offer(_) => None,
        }
    }

    /// Finds the id in a payload that is no valid request, so that the till can be told which one was refused.
    pub fn salvage_id(payload: &[u8]) -> Option<CommandId> {
        let value: serde_json::Value = serde_json::from_slice(payload).ok()?;
        value.as_object()?.values().find_map(|body| body.get("id")?.as_str()?.parse().ok())
    }
}

impl CommandMessage {
    /// The command as the domain sees it, and the fingerprint of the bytes it came in.
    pub fn into_command(self, terminal: TerminalId, payload: &[u8]) -> (Command, [u8; 32]) {
        let command = Command {
            id: self.id,
            terminal,
            occurred_at: self.occurred_at,
            action: self.action,
            approval: None,
        };
        (command, fingerprint(payload))
    }
}

impl ApprovedMessage {
    /// The command with the verdict on the approver's PIN. Its fingerprint stands for everything but the PIN.
    pub fn into_command(self, terminal: TerminalId, verdict: PinVerdict) -> (Command, [u8; 32]) {
        let fingerprint = fingerprint(&self.to_kept_bytes());
        let approval = Some(Approval { number: self.approver, verdict });
        let command =
            Command { id: self.id, terminal, occurred_at: self.occurred_at, action: self.action, approval };
        (command, fingerprint)
    }

    fn to_kept_bytes(&self) -> Vec<u8> {
        Request::Approved(Self { pin: None, ..self.clone() }).to_bytes()
    }
}

impl SignOnMessage {
    /// The command with the verdict on the PIN. Its fingerprint stands for id and staff number only: a hash over a short
    /// PIN would give the PIN away to anyone who holds the journal.
    pub fn into_command(self, terminal: TerminalId, verdict: PinVerdict) -> (Command, [u8; 32]) {
        let fingerprint = self.fingerprint();
        let action = Action::SignOn { number: self.number, verdict };
        let command =
            Command { id: self.id, terminal, occurred_at: self.occurred_at, action, approval: None };
        (command, fingerprint)
    }

    pub fn fingerprint(&self) -> [u8; 32] {
        fingerprint(format!("sign-on {} {}", self.id, self.number).as_bytes())
    }
}
