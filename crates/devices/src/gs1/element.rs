//! Element strings: identifiers with their values, one after the other (GS1 General Specifications, section 7.8).

use super::ai::{Rule, predefined};
use super::{Defect, Text};

/// The separator behind a value whose length is not predefined: what scanners send for FNC1.
pub const SEPARATOR: char = '\u{1D}';
/// The most elements of one scan; the longest codes in use hold about twenty.
pub const ELEMENTS_MAX: usize = 64;

/// An identifier that is known, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub ai: Text,
    pub value: Text,
}

/// What was read, in the order of the code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Reading {
    pub elements: Vec<Element>,
    /// Elements with identifiers that are not known, each as it stands in the code.
    pub unknown: Vec<Text>,
}

impl Reading {
    /// Adds a known element once; a second, different value of an identifier is a contradiction.
    pub(super) fn add(&mut self, ai: &str, rule: &Rule, value: &str) -> Result<(), Defect> {
        if let Some(why) = rule.defect(value) {
            return Err(Defect { ai: Text::new(ai), why });
        }
        if let Some(same) = self.elements.iter().find(|element| element.ai.as_str() == ai) {
            return match same.value.as_str() == value {
                true => Ok(()),
                false => Err(Defect { ai: Text::new(ai), why: "it is there twice with different values" }),
            };
        }
        self.has_room(ai)?;
        self.elements.push(Element { ai: Text::new(ai), value: Text::new(value) });
        Ok(())
    }

    pub(super) fn add_unknown(&mut self, text: &str) -> Result<(), Defect> {
        self.has_room("")?;
        self.unknown.push(Text::new(text));
        Ok(())
    }

    fn has_room(&self, ai: &str) -> Result<(), Defect> {
        match self.elements.len() + self.unknown.len() < ELEMENTS_MAX {
            true => Ok(()),
            false => Err(Defect { ai: Text::new(ai), why: "the code has too many elements" }),
        }
    }

    /// Whether a value with a check digit says that this is GS1's and no accident.
    pub(super) fn is_anchored(&self) -> bool {
        self.elements.iter().any(|element| Rule::of(element.ai.as_str()).is_some_and(Rule::has_check_digit))
    }
}

/// Reads an element string to its end.
pub(super) fn read(text: &str) -> Result<Reading, Defect> {
    let mut reading = Reading::default();
    let mut rest = text.trim_start_matches(SEPARATOR);
    if rest.is_empty() {
        return Err(Defect { ai: Text::default(), why: "the code is empty" });
    }
    while !rest.is_empty() {
        let (element, behind) = cut(rest)?;
        match Rule::at(element) {
            Some((rule, ai)) => reading.add(ai, rule, &element[ai.len()..])?,
            None => reading.add_unknown(element)?,
        }
        // A separator behind a predefined length is allowed, and one more at the end is seen in the wild.
        rest = behind.trim_start_matches(SEPARATOR);
    }
    Ok(reading)
}

/// The element that begins here, and what is behind it.
fn cut(text: &str) -> Result<(&str, &str), Defect> {
    let separated = text.find(SEPARATOR).unwrap_or(text.len());
    match predefined(text) {
        None => Ok(text.split_at(separated)),
        Some(length) if length <= separated && text.is_char_boundary(length) => Ok(text.split_at(length)),
        Some(_) => {
            let ai = Rule::at(text).map_or(&text[..2], |(_, ai)| ai);
            Err(Defect { ai: Text::new(ai), why: "it is too short" })
        }
    }
}
