//! The application identifiers: which there are, how long their values are and of which characters (GS1 General
//! Specifications, section 3.2; the facts are those of the GS1 Barcode Syntax Dictionary).

use super::date::Date;
use super::gtin::is_checked;

/// The characters that a part of a value may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Digits,
    /// Character set 82 (section 7.11).
    Text,
    /// Character set 39, for component and part numbers.
    Part,
    /// Character set 64, safe in files and addresses.
    File,
}

/// What else has to be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    None,
    /// The last digit is the check digit of the others.
    Digit,
    Date,
    /// Two digits up to 23.
    Hour,
    /// Two digits up to 59.
    Minute,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    set: Set,
    min: usize,
    max: usize,
    check: Check,
}

const fn part(set: Set, min: usize, max: usize, check: Check) -> Part {
    Part { set, min, max, check }
}
const fn n(length: usize) -> Part {
    part(Set::Digits, length, length, Check::None)
}
const fn n_to(min: usize, max: usize) -> Part {
    part(Set::Digits, min, max, Check::None)
}
const fn x(length: usize) -> Part {
    part(Set::Text, length, length, Check::None)
}
const fn x_to(min: usize, max: usize) -> Part {
    part(Set::Text, min, max, Check::None)
}
const fn key(length: usize) -> Part {
    part(Set::Digits, length, length, Check::Digit)
}
const DATE: Part = part(Set::Digits, 6, 6, Check::Date);
const HOUR: Part = part(Set::Digits, 2, 2, Check::Hour);
const MINUTE: Part = part(Set::Digits, 2, 2, Check::Minute);

/// One application identifier; an `n` in it stands for any digit, which is the number of places behind the point, or one of
/// several of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    ai: &'static str,
    parts: &'static [Part],
}

const fn rule(ai: &'static str, parts: &'static [Part]) -> Rule {
    Rule { ai, parts }
}

const X20: &[Part] = &[x_to(1, 20)];
const X25: &[Part] = &[x_to(1, 25)];
const X30: &[Part] = &[x_to(1, 30)];
const X35: &[Part] = &[x_to(1, 35)];
const X70: &[Part] = &[x_to(1, 70)];
const X90: &[Part] = &[x_to(1, 90)];
const GLN: &[Part] = &[key(13)];
const SIX: &[Part] = &[n(6)];
const PIECE: &[Part] = &[key(14), n(2), n(2)];

#[rustfmt::skip]
const RULES: &[Rule] = &[
    rule("00", &[key(18)]), rule("01", &[key(14)]), rule("02", &[key(14)]), rule("03", &[key(14)]),
    rule("10", X20),
    rule("11", &[DATE]), rule("12", &[DATE]), rule("13", &[DATE]), rule("15", &[DATE]), rule("16", &[DATE]),
    rule("17", &[DATE]),
    rule("20", &[n(2)]), rule("21", X20), rule("22", X20),
    rule("235", &[x_to(1, 28)]), rule("240", X30), rule("241", X30), rule("242", &[n_to(1, 6)]), rule("243", X20),
    rule("250", X30), rule("251", X30), rule("253", &[key(13), x_to(0, 17)]), rule("254", X20),
    rule("255", &[key(13), n_to(0, 12)]),
    rule("30", &[n_to(1, 8)]), rule("37", &[n_to(1, 8)]),
    rule("310n", SIX), rule("311n", SIX), rule("312n", SIX), rule("313n", SIX), rule("314n", SIX), rule("315n", SIX),
    rule("316n", SIX),
    rule("320n", SIX), rule("321n", SIX), rule("322n", SIX), rule("323n", SIX), rule("324n", SIX), rule("325n", SIX),
    rule("326n", SIX), rule("327n", SIX), rule("328n", SIX), rule("329n", SIX),
    rule("330n", SIX), rule("331n", SIX), rule("332n", SIX), rule("333n", SIX), rule("334n", SIX), rule("335n", SIX),
    rule("336n", SIX), rule("337n", SIX),
    rule("340n", SIX), rule("341n", SIX), rule("342n", SIX), rule("343n", SIX), rule("344n", SIX), rule("345n", SIX),
    rule("346n", SIX), rule("347n", SIX), rule("348n", SIX), rule("349n", SIX),
    rule("350n", SIX), rule("351n", SIX), rule("352n", SIX), rule("353n", SIX), rule("354n", SIX), rule("355n", SIX),
    rule("356n", SIX), rule("357n", SIX),
    rule("360n", SIX), rule("361n", SIX), rule("362n", SIX), rule("363n", SIX), rule("364n", SIX), rule("365n", SIX),
    rule("366n", SIX), rule("367n", SIX), rule("368n", SIX), rule("369n", SIX),
    rule("390n", &[n_to(1, 15)]), rule("391n", &[n(3), n_to(1, 15)]),
    rule("392n", &[n_to(1, 15)]), rule("393n", &[n(3), n_to(1, 15)]),
    rule("394n", &[n(4)]), rule("395n", SIX),
    rule("400", X30), rule("401", X30), rule("402", &[key(17)]), rule("403", X30),
    rule("410", GLN), rule("411", GLN), rule("412", GLN), rule("413", GLN), rule("414", GLN), rule("415", GLN),
    rule("416", GLN), rule("417", GLN),
    rule("420", X20), rule("421", &[n(3), x_to(1, 9)]), rule("422", &[n(3)]), rule("423", &[n_to(3, 15)]),
    rule("424", &[n(3)]), rule("425", &[n_to(3, 15)]), rule("426", &[n(3)]), rule("427", &[x_to(1, 3)]),
    rule("4300", X35), rule("4301", X35), rule("4302", X70), rule("4303", X70), rule("4304", X70), rule("4305", X70),
    rule("4306", X70), rule("4307", &[x(2)]), rule("4308", X30), rule("4309", &[n(20)]),
    rule("4310", X35), rule("4311", X35), rule("4312", X70), rule("4313", X70), rule("4314", X70), rule("4315", X70),
    rule("4316", X70), rule("4317", &[x(2)]), rule("4318", X20), rule("4319", X30),
    rule("4320", X35), rule("4321", &[n(1)]), rule("4322", &[n(1)]), rule("4323", &[n(1)]),
    rule("4324", &[n(10)]), rule("4325", &[n(10)]), rule("4326", &[DATE]),
    rule("4330", &[n(6), x_to(0, 1)]), rule("4331", &[n(6), x_to(0, 1)]), rule("4332", &[n(6), x_to(0, 1)]),
    rule("4333", &[n(6), x_to(0, 1)]),
    rule("7001", &[n(13)]), rule("7002", X30), rule("7003", &[DATE, HOUR, MINUTE]), rule("7004", &[n_to(1, 4)]),
    rule("7005", &[x_to(1, 12)]), rule("7006", &[DATE]), rule("7007", &[n_to(6, 12)]), rule("7008", &[x_to(1, 3)]),
    rule("7009", &[x_to(1, 10)]), rule("7010", &[x_to(1, 2)]), rule("7011", &[n_to(6, 10)]),
    rule("7020", X20), rule("7021", X20), rule("7022", X20), rule("7023", X30),
    rule("703n", &[n(3), x_to(1, 27)]),
    rule("7040", &[x(4)]), rule("7041", &[x_to(1, 4)]),
    rule("710", X20), rule("711", X20), rule("712", X20), rule("713", X20), rule("714", X20), rule("715", X20),
    rule("716", X20), rule("717", X20),
    rule("723n", &[x_to(3, 30)]),
    rule("7240", X20), rule("7241", &[n(2)]), rule("7242", X25),
    rule("7250", &[n(8)]), rule("7251", &[n(12)]), rule("7252", &[n(1)]), rule("7253", &[x_to(1, 40)]),
    rule("7254", &[x_to(1, 40)]), rule("7255", &[x_to(1, 10)]), rule("7256", X90), rule("7257", X70),
    rule("7258", &[x(3)]), rule("7259", &[x_to(1, 40)]),
    rule("8001", &[n(14)]), rule("8002", X20), rule("8003", &[n(1), key(13), x_to(0, 16)]), rule("8004", X30),
    rule("8005", SIX), rule("8006", PIECE), rule("8007", &[x_to(1, 34)]), rule("8008", &[n_to(8, 12)]),
    rule("8009", &[x_to(1, 50)]), rule("8010", &[part(Set::Part, 1, 30, Check::None)]), rule("8011", &[n_to(1, 12)]),
    rule("8012", X20), rule("8013", X25), rule("8017", &[key(18)]), rule("8018", &[key(18)]),
    rule("8019", &[n_to(1, 10)]), rule("8020", X25), rule("8026", PIECE),
    rule("8030", &[part(Set::File, 1, 90, Check::None)]),
    rule("8110", X70), rule("8111", &[n(4)]), rule("8112", X70), rule("8200", X70),
    rule("90", X30), rule("91", X90), rule("92", X90), rule("93", X90), rule("94", X90), rule("95", X90),
    rule("96", X90), rule("97", X90), rule("98", X90), rule("99", X90),
];

/// How many characters an element has whose identifier begins with these two digits, where that is predefined so that no
/// separator follows (figure 7.8.5-2). Digits that are not given out yet have their length all the same.
const PREDEFINED: &[(&str, usize)] = &[
    ("00", 20),
    ("01", 16),
    ("02", 16),
    ("03", 16),
    ("04", 18),
    ("11", 8),
    ("12", 8),
    ("13", 8),
    ("14", 8),
    ("15", 8),
    ("16", 8),
    ("17", 8),
    ("18", 8),
    ("19", 8),
    ("20", 4),
    ("31", 10),
    ("32", 10),
    ("33", 10),
    ("34", 10),
    ("35", 10),
    ("36", 10),
    ("41", 16),
];

/// The length of the element that begins here, if it is predefined.
pub(super) fn predefined(text: &str) -> Option<usize> {
    PREDEFINED.iter().find(|(digits, _)| text.starts_with(digits)).map(|(_, length)| *length)
}

impl Rule {
    /// The rule of the identifier that a text begins with, and the identifier itself.
    pub(super) fn at(text: &str) -> Option<(&'static Rule, &str)> {
        RULES.iter().find_map(|rule| {
            let begun = text.get(..rule.ai.len())?;
            let fits = rule.ai.bytes().zip(begun.bytes()).all(|(expected, byte)| match expected {
                b'n' => byte.is_ascii_digit(),
                _ => expected == byte,
            });
            fits.then_some((rule, begun))
        })
    }

    /// The rule of exactly this identifier.
    pub(super) fn of(ai: &str) -> Option<&'static Rule> {
        Rule::at(ai).filter(|(_, begun)| begun.len() == ai.len()).map(|(rule, _)| rule)
    }

    /// Whether a value has a check digit, so that it is hardly this by accident.
    pub(super) fn has_check_digit(&self) -> bool {
        self.parts.iter().any(|part| part.check == Check::Digit)
    }

    /// What is wrong with a value.
    pub(super) fn defect(&self, value: &str) -> Option<&'static str> {
        if !value.is_ascii() {
            return Some("it has characters that GS1 does not know");
        }
        let mut rest = value;
        for part in self.parts {
            let (taken, behind) = rest.split_at(part.max.min(rest.len()));
            if taken.len() < part.min {
                return Some("it is too short");
            }
            if let Some(defect) = part.defect(taken) {
                return Some(defect);
            }
            rest = behind;
        }
        (!rest.is_empty()).then_some("it is too long, or the separator behind it is missing")
    }
}

impl Part {
    fn defect(&self, taken: &str) -> Option<&'static str> {
        if !taken.bytes().all(|byte| self.set.has(byte)) {
            return Some("it has characters that do not belong there");
        }
        match self.check {
            Check::None => None,
            Check::Digit => (!is_checked(taken)).then_some("its check digit is wrong"),
            // The century matters to 29 February of a year 00 only, which whoever reads the date looks at again.
            Check::Date => Date::parse(taken, 2000).is_none().then_some("it is no date"),
            Check::Hour => (taken > "23").then_some("it is no time"),
            Check::Minute => (taken > "59").then_some("it is no time"),
        }
    }
}

impl Set {
    fn has(self, byte: u8) -> bool {
        match self {
            Set::Digits => byte.is_ascii_digit(),
            Set::Text => byte.is_ascii_alphanumeric() || b"!\"%&'()*+,-./:;<=>?_".contains(&byte),
            Set::Part => byte.is_ascii_digit() || byte.is_ascii_uppercase() || b"#-/".contains(&byte),
            Set::File => byte.is_ascii_alphanumeric() || b"-_=".contains(&byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_identifier_begins_with_another() {
        for (index, one) in RULES.iter().enumerate() {
            for other in &RULES[index + 1..] {
                let shorter = one.ai.len().min(other.ai.len());
                let same = one
                    .ai
                    .bytes()
                    .zip(other.ai.bytes())
                    .take(shorter)
                    .all(|(a, b)| a == b || a == b'n' || b == b'n');
                assert!(!same, "{} and {}", one.ai, other.ai);
            }
        }
    }

    #[test]
    fn where_the_length_is_predefined_the_rule_has_it() {
        for rule in RULES {
            if let Some(length) = predefined(rule.ai) {
                let longest: usize = rule.parts.iter().map(|part| part.max).sum();
                let shortest: usize = rule.parts.iter().map(|part| part.min).sum();
                assert_eq!(
                    (rule.ai.len() + shortest, rule.ai.len() + longest),
                    (length, length),
                    "{}",
                    rule.ai
                );
            }
        }
    }
}
