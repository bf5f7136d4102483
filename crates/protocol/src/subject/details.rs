//! What a shop keeps of a person, and what a till says of one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use holdfast_domain::bounded::is_hostile;
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::tender::could_be_payment_card;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Private;
use crate::wire::Wired;

/// The most characters of a name.
pub const NAME_CHARS_MAX: usize = 120;
/// The most characters of an e-mail address (RFC 5321, section 4.5.3.1.3).
pub const EMAIL_CHARS_MAX: usize = 254;
/// The most characters of a telephone number, signs included.
pub const PHONE_CHARS_MAX: usize = 32;
/// The most characters of the notes.
pub const NOTES_CHARS_MAX: usize = 500;
/// The most characters of a customer card's number.
pub const CARD_CHARS_MAX: usize = 32;
/// The most characters of a number under which a person or firm pays tax.
pub const TAX_ID_CHARS_MAX: usize = 32;

/// What a person may agree to, each by itself (GDPR, articles 6 and 7). Positions are stored: new ones come at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    ReceiptsByEmail,
    MarketingByEmail,
    MarketingByPhone,
    Loyalty,
}

impl Purpose {
    pub const ALL: [Self; 4] =
        [Self::ReceiptsByEmail, Self::MarketingByEmail, Self::MarketingByPhone, Self::Loyalty];
}

/// As a person reads it.
impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReceiptsByEmail => "receipts by e-mail",
            Self::MarketingByEmail => "marketing by e-mail",
            Self::MarketingByPhone => "marketing by phone",
            Self::Loyalty => "loyalty",
        })
    }
}

/// What a person has agreed to, each with the hub's time when they did. What is not in it was never given or was taken back.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Consents(BTreeMap<Purpose, Wired<Timestamp>>);

impl Consents {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When it was given, if it was.
    pub fn given_at(&self, purpose: Purpose) -> Option<Timestamp> {
        self.0.get(&purpose).map(|at| at.0)
    }

    /// Every purpose that was agreed to, with the time.
    pub fn iter(&self) -> impl Iterator<Item = (Purpose, Timestamp)> {
        self.0.iter().map(|(purpose, at)| (*purpose, at.0))
    }
}

impl FromIterator<(Purpose, Timestamp)> for Consents {
    fn from_iter<T: IntoIterator<Item = (Purpose, Timestamp)>>(given: T) -> Self {
        Self(given.into_iter().map(|(purpose, at)| (purpose, Wired(at))).collect())
    }
}

impl fmt::Debug for Consents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(private)")
    }
}

/// What a shop keeps of a person. At least one text is there. What tills of the first version do not know is left out where
/// there is nothing of it, so that they read everybody else.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    #[serde(default)]
    pub name: Option<Private>,
    #[serde(default)]
    pub email: Option<Private>,
    #[serde(default)]
    pub phone: Option<Private>,
    #[serde(default)]
    pub notes: Option<Private>,
    /// The number of a card that the shop gave out. Never a payment card's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Private>,
    /// A VAT number and the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_id: Option<Private>,
    #[serde(default, skip_serializing_if = "Consents::is_empty")]
    pub consents: Consents,
}

/// What is said of something, or that nothing is said of it, which is not the same as that there is none.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Mention<T> {
    #[default]
    Unsaid,
    Said(T),
}

impl<T> Mention<T> {
    fn is_unsaid(&self) -> bool {
        matches!(self, Self::Unsaid)
    }

    fn or(self, before: T) -> T {
        match self {
            Self::Said(now) => now,
            Self::Unsaid => before,
        }
    }
}

impl<T> fmt::Debug for Mention<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_unsaid() { "Unsaid" } else { "Said(private)" })
    }
}

impl<T: Serialize> Serialize for Mention<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Said(value) => value.serialize(serializer),
            Self::Unsaid => serializer.serialize_none(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Mention<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::Said)
    }
}

/// What a till says of a person. The first four are all there is of them: one that is missing is taken away. The others stay
/// as they are unless something is said of them, because a till of the first version cannot speak of them, and changing a
/// telephone number there must neither take a consent back that the person gave nor their card.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetailsUpdate {
    #[serde(default)]
    pub name: Option<Private>,
    #[serde(default)]
    pub email: Option<Private>,
    #[serde(default)]
    pub phone: Option<Private>,
    #[serde(default)]
    pub notes: Option<Private>,
    /// None takes it away.
    #[serde(default, skip_serializing_if = "Mention::is_unsaid")]
    pub card: Mention<Option<Private>>,
    /// None takes it away.
    #[serde(default, skip_serializing_if = "Mention::is_unsaid")]
    pub tax_id: Mention<Option<Private>>,
    /// Everything that the person agrees to: what is not in it is taken back. When it was given, the hub's clock says.
    #[serde(default, skip_serializing_if = "Mention::is_unsaid")]
    pub consents: Mention<BTreeSet<Purpose>>,
}

/// Why details are not accepted. Says which one, never what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DetailsError {
    #[error(
        "nothing is told of the person; give a name, an e-mail address, a telephone number, a customer card, a tax number or notes"
    )]
    Nothing,
    #[error("the {what} has more than {max} characters")]
    TooLong { what: &'static str, max: usize },
    #[error("the {what} has a character that cannot be shown or written")]
    Forbidden { what: &'static str },
    #[error("the e-mail address has no single @ with something on both sides")]
    NoAddress,
    #[error("the telephone number has no digit")]
    NoNumber,
    #[error(
        "one of the texts looks like a payment card's number, which is never kept; give the number of a card that the shop \
         gave out, and leave others away"
    )]
    PaymentCard,
}

impl DetailsUpdate {
    /// What is kept of the person from now on: the texts trimmed, without empty ones, within their limits. A consent that
    /// was there before keeps its time.
    ///
    /// # Errors
    /// [`DetailsError`], which never carries a text of the person.
    pub fn onto(self, before: Option<&Details>, now: Timestamp) -> Result<Details, DetailsError> {
        let (card, tax_id, consents) = before.map_or_else(Default::default, |before| {
            (before.card.clone(), before.tax_id.clone(), before.consents.clone())
        });
        let consents = match self.consents {
            Mention::Unsaid => consents,
            Mention::Said(given) => {
                let since = |purpose| consents.given_at(purpose).unwrap_or(now);
                given.into_iter().map(|purpose| (purpose, since(purpose))).collect()
            }
        };
        let (name, email, phone, notes) = (self.name, self.email, self.phone, self.notes);
        let (card, tax_id) = (self.card.or(card), self.tax_id.or(tax_id));
        Details { name, email, phone, notes, card, tax_id, consents }.checked()
    }
}

/// Everything that is known is said.
impl From<Details> for DetailsUpdate {
    fn from(details: Details) -> Self {
        let Details { name, email, phone, notes, card, tax_id, consents } = details;
        let (card, tax_id) = (Mention::Said(card), Mention::Said(tax_id));
        let consents = Mention::Said(consents.iter().map(|(purpose, _)| purpose).collect());
        Self { name, email, phone, notes, card, tax_id, consents }
    }
}

impl Details {
    /// The details trimmed, without empty ones, within their limits.
    ///
    /// # Errors
    /// [`DetailsError`], which never carries a text of the person.
    pub fn checked(self) -> Result<Self, DetailsError> {
        let details = Self {
            name: text("name", self.name, NAME_CHARS_MAX, |c| !is_hostile(c))?,
            email: text("e-mail address", self.email, EMAIL_CHARS_MAX, |c| {
                !is_hostile(c) && !c.is_whitespace()
            })?,
            phone: text("telephone number", self.phone, PHONE_CHARS_MAX, |c| !is_hostile(c))?,
            notes: text("notes", self.notes, NOTES_CHARS_MAX, |c| c == '\n' || !is_hostile(c))?,
            card: text("customer card's number", self.card, CARD_CHARS_MAX, is_plain)?,
            tax_id: text("tax number", self.tax_id, TAX_ID_CHARS_MAX, is_plain)?,
            consents: self.consents,
        };
        if let Some(email) = &details.email {
            let parts: Vec<&str> = email.reveal().split('@').collect();
            if parts.len() != 2 || parts.iter().any(|part| part.is_empty()) {
                return Err(DetailsError::NoAddress);
            }
        }
        if details.phone.as_ref().is_some_and(|phone| !phone.reveal().contains(|c: char| c.is_ascii_digit()))
        {
            return Err(DetailsError::NoNumber);
        }
        if details.holds_card_number()
            || details.card.as_ref().is_some_and(|card| could_be_payment_card(card.reveal()))
        {
            return Err(DetailsError::PaymentCard);
        }
        if details.texts().into_iter().all(|(_, text)| text.is_none()) {
            return Err(DetailsError::Nothing);
        }
        Ok(details)
    }

    /// What these details lack is taken from those of another registration of the same person; what they have stands. The
    /// names of what was taken. Consents are never taken: one that is not here may have been taken back, and nobody can tell
    /// that from one that was never given.
    pub fn fill_from(&mut self, other: &Self) -> Vec<&'static str> {
        let mut taken = Vec::new();
        let parts = [
            ("name", &mut self.name, &other.name),
            ("e-mail", &mut self.email, &other.email),
            ("phone", &mut self.phone, &other.phone),
            ("notes", &mut self.notes, &other.notes),
            ("card", &mut self.card, &other.card),
            ("tax id", &mut self.tax_id, &other.tax_id),
        ];
        for (what, mine, theirs) in parts {
            if mine.is_none() && theirs.is_some() {
                mine.clone_from(theirs);
                taken.push(what);
            }
        }
        taken
    }

    /// A telephone number in its international form is none, whatever its digits are.
    fn holds_card_number(&self) -> bool {
        let is_phone = |what: &str, text: &Private| what == "phone" && text.reveal().starts_with('+');
        let mut texts = self.texts().into_iter().filter_map(|(what, text)| Some((what, text?)));
        texts.any(|(what, text)| !is_phone(what, text) && holdfast_pan::holds_pan(text.reveal()))
    }

    /// Every text with what it is.
    pub fn texts(&self) -> [(&'static str, Option<&Private>); 6] {
        [
            ("name", self.name.as_ref()),
            ("e-mail", self.email.as_ref()),
            ("phone", self.phone.as_ref()),
            ("card", self.card.as_ref()),
            ("tax id", self.tax_id.as_ref()),
            ("notes", self.notes.as_ref()),
        ]
    }
}

/// What a plain keyboard writes and any printer shows.
fn is_plain(c: char) -> bool {
    c.is_ascii_graphic() || c == ' '
}

fn text(
    what: &'static str,
    text: Option<Private>,
    max: usize,
    allowed: impl Fn(char) -> bool,
) -> Result<Option<Private>, DetailsError> {
    let Some(given) = text else { return Ok(None) };
    let trimmed = given.reveal().trim();
    if trimmed.is_empty() {
        return Ok(None);
    }
    if trimmed.chars().count() > max {
        return Err(DetailsError::TooLong { what, max });
    }
    if !trimmed.chars().all(allowed) {
        return Err(DetailsError::Forbidden { what });
    }
    Ok(Some(Private::new(trimmed)))
}
