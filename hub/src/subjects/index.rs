//! Who is there, in memory: ids, and what finds them. Addresses, numbers and cards are held as 64-bit hashes under a key of
//! this process alone, so that a memory image names nobody; whoever is found by one is read and compared.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};

use holdfast_domain::ids::{SubjectId, Uuid};
use holdfast_protocol::subject::{
    Details, SubjectSearch, comparable_card, comparable_email, comparable_phone,
};
use zeroize::Zeroizing;

/// What somebody can be found by.
const WAYS: usize = 3;

/// About 140 bytes a subject.
#[derive(Debug, Default)]
pub(super) struct Index {
    hasher: RandomState,
    pub kept: BTreeSet<SubjectId>,
    /// By e-mail address, telephone number and card.
    marks: [BTreeSet<(u64, SubjectId)>; WAYS],
    /// Everybody of whom nothing may be kept any more, as far as this hub knows: who was erased, and who was merged.
    pub erased: BTreeSet<SubjectId>,
    /// Who was merged into whom.
    pub merged: BTreeMap<SubjectId, SubjectId>,
    /// Shelves that cannot be read.
    pub damaged: BTreeSet<usize>,
}

impl Index {
    pub fn add(&mut self, subject: SubjectId, details: &Details) {
        self.kept.insert(subject);
        for (way, text) in comparable(details).iter().enumerate() {
            let mark = text.as_ref().map(|text| self.hasher.hash_one(text.as_str()));
            self.marks[way].extend(mark.map(|mark| (mark, subject)));
        }
    }

    /// Takes out what [`Index::add`] put in for the same details.
    pub fn remove(&mut self, subject: SubjectId, details: &Details) {
        self.kept.remove(&subject);
        for (way, text) in comparable(details).iter().enumerate() {
            let mark = text.as_ref().map(|text| self.hasher.hash_one(text.as_str()));
            mark.map(|mark| self.marks[way].remove(&(mark, subject)));
        }
    }

    /// Takes somebody out whose details cannot be read any more.
    pub fn forget(&mut self, subject: SubjectId) {
        self.kept.remove(&subject);
        self.marks.iter_mut().for_each(|marks| marks.retain(|(_, known)| *known != subject));
    }

    /// Who may be meant. Two texts can have one hash: the details decide.
    pub fn candidates(&self, search: &SubjectSearch) -> Vec<SubjectId> {
        let (way, wanted) = asked(search);
        let mark = self.hasher.hash_one(wanted.as_str());
        let (first, last) = (SubjectId(Uuid::nil()), SubjectId(Uuid::max()));
        self.marks[way].range((mark, first)..=(mark, last)).map(|(_, subject)| *subject).collect()
    }
}

/// The texts that somebody is found by, each as it is compared.
fn comparable(details: &Details) -> [Option<Zeroizing<String>>; WAYS] {
    [
        details.email.as_ref().map(|email| comparable_email(email.reveal())),
        details.phone.as_ref().map(|phone| comparable_phone(phone.reveal())),
        details.card.as_ref().map(|card| comparable_card(card.reveal())),
    ]
}

/// By what is looked for, at the place of [`comparable`], and for what.
fn asked(search: &SubjectSearch) -> (usize, Zeroizing<String>) {
    match search {
        SubjectSearch::Email(email) => (0, comparable_email(email.reveal())),
        SubjectSearch::Phone(phone) => (1, comparable_phone(phone.reveal())),
        SubjectSearch::Card(card) => (2, comparable_card(card.reveal())),
    }
}

/// Whether the details are what was looked for.
pub(super) fn is_meant(details: &Details, search: &SubjectSearch) -> bool {
    let (way, wanted) = asked(search);
    comparable(details)[way].as_ref() == Some(&wanted)
}
