//! Who the customers are by the journal alone, beside what the state says of them.

use std::collections::BTreeMap;

use holdfast_domain::Event;
use holdfast_domain::bounded::Label;
use holdfast_domain::ids::SubjectId;
use holdfast_domain::record::Record;
use holdfast_domain::subject::SubjectStanding;
use holdfast_store::StateStore;

/// What one id stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Person {
    There(Option<Label>),
    Erased,
    Merged(SubjectId),
}

/// SUB-1: erased and merged are for ever; a merge joins two who are there, and nobody loses a group by it.
pub fn audit<'a>(
    records: impl Iterator<Item = (u64, &'a Record)>,
    state: &dyn StateStore,
    wrong: &mut Vec<String>,
) {
    let mut people: BTreeMap<SubjectId, Person> = BTreeMap::new();
    for (seq, record) in records {
        let mut inherits = None;
        for event in record.outcome.events() {
            match event {
                Event::SubjectRegistered { subject, .. } => {
                    let before = people.insert(*subject, Person::There(None));
                    if before.is_some() {
                        wrong.push(format!("SUB-1: {subject} is registered at {seq} and was {before:?}"));
                    }
                }
                Event::SubjectGrouped { subject, group, .. } => {
                    let before = people.insert(*subject, Person::There(group.clone()));
                    if !matches!(before, Some(Person::There(_))) {
                        wrong.push(format!("SUB-1: {subject} is in a group at {seq} and is {before:?}"));
                    }
                }
                Event::SubjectErased { subject, .. } => {
                    let before = people.insert(*subject, Person::Erased);
                    if matches!(before, Some(Person::Erased | Person::Merged(_))) {
                        wrong.push(format!("SUB-1: {subject} goes at {seq} and was {before:?}"));
                    }
                }
                Event::SubjectMerged { subject, into, .. } => {
                    let goes = people.insert(*subject, Person::Merged(*into));
                    match (goes, people.get(into)) {
                        (Some(Person::There(theirs)), Some(Person::There(own))) => {
                            inherits = Some((*into, own.clone().or(theirs)));
                        }
                        (goes, kept) => {
                            wrong.push(format!("SUB-1: {goes:?} is merged into {kept:?} at {seq}"));
                        }
                    }
                }
                _ => {}
            }
        }
        if let Some((kept, group)) = inherits
            && people.get(&kept) != Some(&Person::There(group))
        {
            wrong.push(format!("SUB-1: {kept} lost a group by the merge at {seq}"));
        }
    }
    for (subject, person) in &people {
        let expected = match person {
            Person::There(None) => SubjectStanding::Registered,
            Person::There(Some(group)) => SubjectStanding::InGroup(group.clone()),
            Person::Erased => SubjectStanding::Erased,
            Person::Merged(into) => SubjectStanding::MergedInto(*into),
        };
        let found = state.subject(*subject);
        if !matches!(&found, Ok(Some(standing)) if *standing == expected) {
            wrong.push(format!("SUB-1: {subject} is {expected:?}, the state says {found:?}"));
        }
    }
    let merged: Vec<_> = people
        .iter()
        .filter_map(|(subject, person)| match person {
            Person::Merged(into) => Some((*subject, *into)),
            _ => None,
        })
        .collect();
    let found = state.merged_subjects();
    if !matches!(&found, Ok(listed) if *listed == merged) {
        wrong.push(format!("SUB-1: {merged:?} are merged, the state says {found:?}"));
    }
}
