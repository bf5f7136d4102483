//! What is refused about a day, a correction, and a drawer that is moved.

use super::*;
use crate::days::{close_day, correct};
use crate::moving::move_shift;

const TODAY: &str = "2026-11-20";

pub(super) const CASES: &[Case] = &[
    ("HF-CMD-101", || asked(&mut Shop::closed(), close_day(TODAY))),
    ("HF-CMD-104", || fresh(close_day(TODAY))),
    ("HF-CMD-114", || as_manager(|_| close_day("2026-11-21"))),
    ("HF-CMD-210", || as_manager(|_| close_day(TODAY))),
    ("HF-CMD-104", || fresh(correct(1, "cash", "100"))),
    ("HF-CMD-211", || as_manager(|_| correct(7, "cash", "100"))),
    ("HF-CMD-130", || after_a_z(correct(1, "cash", "-1"))),
    ("HF-CMD-212", || after_a_z(correct(1, "voucher", "1"))),
    ("HF-CMD-213", || after_a_z(correct(1, "cash", "100"))),
    ("HF-CMD-227", || {
        let mut action = correct(1, "cash", "99");
        if let Action::CorrectShift { declared, .. } = &mut action {
            declared.pieces = vec![Pieces { face: eur("50"), count: 2 }];
        }
        after_a_z(action)
    }),
    ("HF-CMD-101", || {
        moved(
            |_, shift| shift,
            |shop| {
                shop.ask(TILL, Action::SignOff).expect("signed off");
                OTHER_TILL
            },
        )
    }),
    ("HF-CMD-112", || moved(|shop, _| ShiftId(shop.id()), |_| OTHER_TILL)),
    ("HF-CMD-112", || {
        // From a third place: neither the till that has it nor the one that wants it.
        moved(|shop, _| shop.open_shift(OTHER_TILL, Mode::Live), |_| TerminalId(Uuid::from_u128(404)))
    }),
    ("HF-CMD-214", || moved(|_, shift| shift, |_| TILL)),
    ("HF-CMD-215", || moved(|_, shift| shift, |_| TerminalId(Uuid::from_u128(404)))),
    ("HF-CMD-215", || {
        moved(
            |_, shift| shift,
            |shop| {
                shop.hub(HubCommand::RevokeTerminal { terminal: OTHER_TILL }).expect("revoked");
                OTHER_TILL
            },
        )
    }),
    ("HF-CMD-216", || {
        moved(
            |_, shift| shift,
            |shop| {
                shop.open_shift(OTHER_TILL, Mode::Live);
                OTHER_TILL
            },
        )
    }),
];

/// As the manager, after a Z 1 that counted 100.00 in cash and nothing else.
fn after_a_z(action: Action) -> Result<(), Refusal> {
    let mut shop = Shop::open();
    shop.sign_on(TILL, MANAGER);
    shop.close_shift(TILL, "100").expect("Z 1");
    asked(&mut shop, action)
}

/// At the till that has a shift, with somebody at the other one.
fn moved(
    shift: impl FnOnce(&mut Shop, ShiftId) -> ShiftId,
    to: impl FnOnce(&mut Shop) -> TerminalId,
) -> Result<(), Refusal> {
    let mut shop = Shop::open();
    shop.sign_on(OTHER_TILL, CASHIER);
    let open = shop.state.shift_of(TILL).expect("open").id;
    let shift = shift(&mut shop, open);
    let to = to(&mut shop);
    asked(&mut shop, move_shift(shift, to))
}
