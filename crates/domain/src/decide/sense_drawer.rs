//! A drawer's sensor says that it moved: recorded once for each movement, with the till and whoever is signed on there.

use crate::bounded::Label;
use crate::drawer::DrawerMovement;
use crate::event::Event;
use crate::receipt::TillNumber;
use crate::refusal::Refusal;
use crate::state::State;
use crate::till::Standing;

pub(super) fn decide(
    state: &State,
    drawer: &Label,
    till: Option<TillNumber>,
    movement: DrawerMovement,
) -> Result<Event, Refusal> {
    let stood_open = state.open_drawers.contains(drawer);
    if stood_open == movement.leaves_open() {
        return Err(Refusal::DrawerStandsSo { drawer: drawer.clone() });
    }
    let mut tills = state.tills.iter().filter(|(_, known)| {
        known.standing == Standing::Enrolled && till.is_none_or(|number| known.number == number)
    });
    // A drawer that several tills share is nobody's.
    let (terminal, known) = match (tills.next(), tills.next()) {
        (Some((terminal, known)), None) => (Some(*terminal), Some(known)),
        _ => (None, None),
    };
    let operator = known.and_then(|known| known.operator);
    Ok(Event::DrawerMoved { drawer: drawer.clone(), terminal, operator, movement })
}
