//! What a till did alone and the hub cannot write down.

use super::*;
use crate::island::{plain, told};

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
];
