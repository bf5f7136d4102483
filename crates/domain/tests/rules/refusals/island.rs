//! What a till did alone and the hub cannot write down.

use super::*;
use crate::island::{also, plain, told};

pub const CASES: &[Case] = &[
    ("HF-CMD-196", || {
        let mut shop = Shop::open();
        let mut sale = plain(&shop, &[line(1, "TEA", "1")], &["cash 5"], 1);
        sale.operator = staff(404);
        asked(&mut shop, told(sale))
    }),
    ("HF-CMD-197", || {
        let mut shop = Shop::open();
        let mut sale = plain(&shop, &[line(1, "TEA", "1")], &["cash 5"], 1);
        sale.change += eur("0.01");
        asked(&mut shop, told(sale))
    }),
    ("HF-CMD-198", || {
        let mut shop = Shop::open();
        let sale = shop.sell(&[line(1, "TEA", "1")]);
        shop.ask(TILL, also(sale, 1)).expect("a second number");
        asked(&mut shop, also(sale, 2))
    }),
];
