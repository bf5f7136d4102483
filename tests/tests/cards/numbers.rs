//! Card numbers that are marked: each is there once in a run, so that one that is found says from where it came.

/// How many digits what a scheme gives out has, and with what it begins.
const SCHEMES: [(&str, &[usize]); 16] = [
    ("4", &[13, 16, 19]),
    ("51", &[16]),
    ("55", &[16]),
    ("2221", &[16]),
    ("2720", &[16]),
    ("34", &[15]),
    ("37", &[15]),
    ("36", &[14, 16, 19]),
    ("38", &[14, 16]),
    ("6011", &[16, 19]),
    ("65", &[16, 18]),
    ("3528", &[16, 19]),
    ("62", &[16, 17, 18, 19]),
    ("50", &[12, 13, 14, 15, 16, 17, 18, 19]),
    ("63", &[12, 13, 16, 19]),
    ("2200", &[16, 19]),
];

/// Mints them, one after the other.
#[derive(Debug, Default)]
pub struct Mint {
    pub planted: Vec<String>,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Plain,
    Spaced,
    Dashed,
    Dotted,
    InWords,
    Track1,
    Track2,
    Track2Raw,
}

impl Form {
    pub const ALL: [Self; 8] = [
        Self::Plain,
        Self::Spaced,
        Self::Dashed,
        Self::Dotted,
        Self::InWords,
        Self::Track1,
        Self::Track2,
        Self::Track2Raw,
    ];

    pub fn write(self, number: &str) -> String {
        match self {
            Self::Plain => number.to_owned(),
            Self::Spaced => grouped(number, " "),
            Self::Dashed => grouped(number, "-"),
            Self::Dotted => grouped(number, "."),
            Self::InWords => format!("card {number}, valid 12/29"),
            Self::Track1 => format!("%B{number}^CARD/TEST^29121010000000000?"),
            Self::Track2 => format!(";{number}=29121010000012300000?"),
            Self::Track2Raw => format!("{number}D29121010000012300000F"),
        }
    }
}

fn grouped(number: &str, separator: &str) -> String {
    let groups: Vec<&str> =
        number.as_bytes().chunks(4).map(|group| std::str::from_utf8(group).expect("digits")).collect();
    groups.join(separator)
}

impl Mint {
    /// A number that no other call gives.
    pub fn number(&mut self) -> String {
        let index = self.planted.len();
        let (prefix, lengths) = SCHEMES[index % SCHEMES.len()];
        let length = lengths[index / SCHEMES.len() % lengths.len()];
        let counter = format!("{index:05}");
        let filler = "7391864205731";
        let middle = length - prefix.len() - counter.len() - 1;
        let body = format!("{prefix}{}{counter}", &filler[..middle]);
        let number = format!("{body}{}", check_digit(&body));
        assert!(holdfast_pan::is_pan(&number), "{number} is none");
        self.planted.push(number.clone());
        number
    }

    /// As [`Mint::number`], in one form after the other.
    pub fn written(&mut self) -> String {
        // Twelve digits beside a letter or dash are a part of a word, and so are groups that end with one digit of an id.
        let form = Form::ALL[self.planted.len() / 3 % Form::ALL.len()];
        let number = self.number();
        let text = form.write(&number);
        if holdfast_pan::holds_pan(&text) { text } else { Form::Plain.write(&number) }
    }
}

/// Luhn (ISO/IEC 7812-1, annex B).
fn check_digit(body: &str) -> u32 {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(digit - b'0')) {
            (0, digit) if digit > 4 => digit * 2 - 9,
            (0, digit) => digit * 2,
            (_, digit) => digit,
        })
        .sum();
    (10 - sum % 10) % 10
}

/// What a terminal or a receipt shows of a card, which is no number.
pub const MASKED: [&str; 5] =
    ["************1111", "411111******1111", "**** **** **** 4242", "xxxx-xxxx-xxxx-0005", "ending 1234"];

#[test]
fn every_form_is_one_that_people_and_machines_write() {
    let mut mint = Mint::default();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..2_000 {
        let number = mint.number();
        assert!(seen.insert(number.len()) || seen.contains(&number.len()));
        for form in [Form::Plain, Form::Spaced, Form::InWords, Form::Track1, Form::Track2] {
            let text = form.write(&number);
            assert!(holdfast_pan::holds_pan(&text), "{form:?}: {text}");
        }
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), (12..=19).collect::<Vec<_>>(), "every length");
    for masked in MASKED {
        assert!(!holdfast_pan::holds_pan(masked), "{masked}");
    }
}
