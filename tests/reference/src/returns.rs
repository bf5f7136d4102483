//! Section 9: what is paid in cash, and what comes back with the goods.

use anyhow::{Context, Result, ensure};

use crate::case::{Case, Measure};
use crate::line::Line;
use crate::number::{Exact, Minor, round, whole, zero};
use crate::tax::Taxed;

/// What one return gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenBack {
    pub tax: Minor,
    pub gross: Minor,
    pub cash: Minor,
}

/// An amount to the nearest multiple of the smallest coin, half up.
pub fn to_the_coin(case: &Case, amount: Minor) -> Result<Minor> {
    let coin = case.store.cash_step.money(case.store.exponent()?)?;
    ensure!(coin > 0, "the smallest coin is worth nothing");
    Ok(round(&(whole(amount) / whole(coin))) * coin)
}

/// What each return of the case gives back.
pub fn all(case: &Case, lines: &[Line<'_>], taxed: &[Taxed<'_>]) -> Result<Vec<GivenBack>> {
    let mut before: Vec<Exact> = vec![zero(); lines.len()];
    let (mut gross_so_far, mut cash_so_far) = (0, 0);
    let mut all = Vec::new();
    for goods in &case.returns {
        let (mut tax, mut gross) = (0, 0);
        for part in goods {
            let at = lines.iter().position(|line| line.written.number == part.line);
            let at = at.with_context(|| format!("there is no line {}", part.line))?;
            let (line, now) = (&lines[at], part.quantity.exact());
            ensure!(!line.written.voided, "line {} was never sold", part.line);
            ensure!(
                now > zero() && &before[at] + &now <= line.quantity,
                "line {} has not so much",
                part.line
            );
            ensure!(line.product.unit != Measure::Piece || now.is_integer(), "a part of a piece comes back");
            let share = |amount: Minor, returned: &Exact| round(&(whole(amount) * returned / &line.quantity));
            let after = &before[at] + now;
            let back = |amount: Minor| share(amount, &after) - share(amount, &before[at]);
            gross += back(taxed[at].gross);
            tax += taxed[at].rates.iter().map(|(_, tax)| back(*tax)).sum::<Minor>();
            before[at] = after;
        }
        gross_so_far += gross;
        let cash = to_the_coin(case, gross_so_far)? - cash_so_far;
        cash_so_far += cash;
        all.push(GivenBack { tax, gross, cash });
    }
    Ok(all)
}
