//! Who is there, in memory: ids, and what finds them. Addresses and numbers are held as 64-bit hashes under a key of this
//! process alone, so that a memory image names nobody; whoever is found by one is read and compared.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};

use holdfast_domain::ids::{SubjectId, Uuid};
use holdfast_protocol::subject::{Details, SubjectSearch, comparable_email, comparable_phone};

/// About 100 bytes a subject.
#[derive(Debug, Default)]
pub(super) struct Index {
    hasher: RandomState,
    pub kept: BTreeSet<SubjectId>,
    emails: BTreeSet<(u64, SubjectId)>,
    phones: BTreeSet<(u64, SubjectId)>,
    /// Everybody who was ever erased, as far as this hub knows.
    pub erased: BTreeSet<SubjectId>,
    /// Shelves that cannot be read.
    pub damaged: BTreeSet<usize>,
}

impl Index {
    pub fn add(&mut self, subject: SubjectId, details: &Details) {
        self.kept.insert(subject);
        let (email, phone) = self.marks(details);
        self.emails.extend(email.map(|mark| (mark, subject)));
        self.phones.extend(phone.map(|mark| (mark, subject)));
    }

    /// Takes out what [`Index::add`] put in for the same details.
    pub fn remove(&mut self, subject: SubjectId, details: &Details) {
        self.kept.remove(&subject);
        let (email, phone) = self.marks(details);
        email.map(|mark| self.emails.remove(&(mark, subject)));
        phone.map(|mark| self.phones.remove(&(mark, subject)));
    }

    /// Takes somebody out whose details cannot be read any more.
    pub fn forget(&mut self, subject: SubjectId) {
        self.kept.remove(&subject);
        self.emails.retain(|(_, known)| *known != subject);
        self.phones.retain(|(_, known)| *known != subject);
    }

    /// Who may be meant. Two texts can have one hash: the details decide.
    pub fn candidates(&self, search: &SubjectSearch) -> Vec<SubjectId> {
        let (marks, mark) = match search {
            SubjectSearch::Email(email) => {
                (&self.emails, self.hasher.hash_one(comparable_email(email.reveal()).as_str()))
            }
            SubjectSearch::Phone(phone) => {
                (&self.phones, self.hasher.hash_one(comparable_phone(phone.reveal()).as_str()))
            }
        };
        let (first, last) = (SubjectId(Uuid::nil()), SubjectId(Uuid::max()));
        marks.range((mark, first)..=(mark, last)).map(|(_, subject)| *subject).collect()
    }

    fn marks(&self, details: &Details) -> (Option<u64>, Option<u64>) {
        let email = details.email.as_ref().map(|email| comparable_email(email.reveal()));
        let phone = details.phone.as_ref().map(|phone| comparable_phone(phone.reveal()));
        (
            email.map(|email| self.hasher.hash_one(email.as_str())),
            phone.map(|phone| self.hasher.hash_one(phone.as_str())),
        )
    }
}

/// Whether the details are what was looked for.
pub(super) fn is_meant(details: &Details, search: &SubjectSearch) -> bool {
    match search {
        SubjectSearch::Email(wanted) => details
            .email
            .as_ref()
            .is_some_and(|email| comparable_email(email.reveal()) == comparable_email(wanted.reveal())),
        SubjectSearch::Phone(wanted) => details
            .phone
            .as_ref()
            .is_some_and(|phone| comparable_phone(phone.reveal()) == comparable_phone(wanted.reveal())),
    }
}
