//! What a basket would cost, without a trace.

use super::basket::{Basket, group_of};
use super::{Desk, place_order};
use crate::command::Command;
use crate::context::Context;
use crate::line::Line;
use crate::order::{PlaceOrder, Totals};
use crate::promotion::Explained;
use crate::refusal::Refusal;
use crate::state::State;

/// A basket priced as it would be if it were placed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    pub lines: Vec<Line>,
    pub totals: Totals,
    /// What became of every promotion, in the order in which they are looked at.
    pub promotions: Vec<Explained>,
    /// Why whoever is signed on could not place it as it is: something to allow, to look at, to wait for.
    pub refusal: Option<Refusal>,
}

/// Prices `place`, which `command` carries, by the rules of now. Nothing is reserved, counted or kept.
///
/// # Errors
/// A [`Refusal`] when the basket has no price: an unknown item, a coupon that is used up.
pub fn quote(
    state: &State,
    command: &Command,
    place: &PlaceOrder,
    context: &Context<'_>,
) -> Result<Quote, Refusal> {
    let desk = Desk::at(state, command, context)?;
    let priced = Basket {
        lines: &place.lines,
        terms: &place.terms,
        group: group_of(&desk, place.customer),
        expected_total: place.expected_total,
        before: None,
    }
    .price(&desk)?;
    let refusal = match desk.till.locked {
        true => Some(Refusal::TillLocked),
        false => place_order::decide(&desk, place).err(),
    };
    Ok(Quote { lines: priced.lines, totals: priced.totals, promotions: priced.promotions, refusal })
}
