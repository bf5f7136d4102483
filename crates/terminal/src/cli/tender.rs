//! Tenders and pieces as they are typed.

use std::str::FromStr;

use holdfast_domain::bounded::{TenderCode, TenderReference};
use holdfast_domain::tender::{DeclaredTender, Pieces, TenderChoice, TenderInput};
use holdfast_money::{Currency, Decimal, Money, parse_decimal};
use holdfast_terminal::TillError;

use super::ask::typed;

/// `CODE=AMOUNT` or `CODE=AMOUNT:REFERENCE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    code: TenderCode,
    amount: Decimal,
    reference: Option<TenderReference>,
}

/// `FACExCOUNT`, such as `20.00x3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    face: Decimal,
    count: u32,
}

/// What a customer hands over: cash, and whatever else the store's list names.
pub(super) fn inputs(
    cash: Option<Decimal>,
    others: &[Given],
    currency: Currency,
) -> Result<Vec<TenderInput>, TillError> {
    let mut tenders = others.iter().map(|given| given.input(currency)).collect::<Result<Vec<_>, _>>()?;
    if let Some(cash) = cash {
        tenders.push(TenderInput::cash(typed("cash amount", Money::new(cash, currency))?));
    }
    Ok(tenders)
}

impl FromStr for Given {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (code, rest) =
            text.split_once('=').ok_or("a tender reads CODE=AMOUNT or CODE=AMOUNT:REFERENCE")?;
        let (amount, reference) = match rest.split_once(':') {
            Some((amount, reference)) => (amount, Some(reference)),
            None => (rest, None),
        };
        Ok(Self {
            code: TenderCode::new(code).map_err(|error| error.to_string())?,
            amount: parse_decimal(amount).map_err(|error| error.to_string())?,
            reference: reference.map(TenderReference::new).transpose().map_err(|error| error.to_string())?,
        })
    }
}

impl FromStr for Counted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (face, count) = text.split_once('x').ok_or("pieces read FACExCOUNT, such as 20.00x3")?;
        Ok(Self {
            face: parse_decimal(face).map_err(|error| error.to_string())?,
            count: count.parse().map_err(|_| format!("`{count}` is no count"))?,
        })
    }
}

impl Given {
    pub(super) fn input(&self, currency: Currency) -> Result<TenderInput, TillError> {
        let amount = typed("amount of a tender", Money::new(self.amount, currency))?;
        let kind = TenderChoice::Typed { code: self.code.clone(), reference: self.reference.clone() };
        Ok(TenderInput { kind, amount })
    }

    pub(super) fn declared(&self, currency: Currency) -> Result<DeclaredTender, TillError> {
        let amount = typed("amount of a tender", Money::new(self.amount, currency))?;
        Ok(DeclaredTender { code: self.code.clone(), amount, pieces: Vec::new() })
    }
}

impl Counted {
    pub(super) fn pieces(&self, currency: Currency) -> Result<Pieces, TillError> {
        Ok(Pieces { face: typed("face value", Money::new(self.face, currency))?, count: self.count })
    }

    pub(super) fn worth(&self) -> Decimal {
        self.face * Decimal::from(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenders_and_pieces_read_as_they_are_typed() {
        let given: Given = "card=12.50:auth 0815 4242".parse().unwrap();
        let input = given.input(Currency::EUR).unwrap();
        assert_eq!(input.amount.to_string(), "12.50 EUR");
        let reference = Some(TenderReference::new("auth 0815 4242").unwrap());
        assert_eq!(input.kind, TenderChoice::Typed { code: TenderCode::new("card").unwrap(), reference });
        let counted: Counted = "0.20x13".parse().unwrap();
        assert_eq!(counted.worth().to_string(), "2.60");
        for wrong in ["card", "=1", "card=one", "card=1:\u{1b}"] {
            assert!(wrong.parse::<Given>().is_err(), "{wrong}");
        }
        for wrong in ["20", "x3", "20x-1", "20xx"] {
            assert!(wrong.parse::<Counted>().is_err(), "{wrong}");
        }
    }
}
