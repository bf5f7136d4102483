//! What is refused about customers.

use super::*;

pub(super) const CASES: &[Case] = &[
    ("HF-CMD-190", || fresh(place_for(customer(1)))),
    ("HF-CMD-190", || Shop::open().erase(customer(1), MANAGER).map(drop)),
    ("HF-CMD-191", || {
        let mut shop = Shop::open();
        shop.register(customer(1)).expect("a new id");
        shop.erase(customer(1), MANAGER).expect("registered");
        shop.register(customer(1)).expect_err("erased for ever");
        shop.erase(customer(1), MANAGER).expect_err("erased already");
        asked(&mut shop, place_for(customer(1)))
    }),
    ("HF-CMD-192", || {
        let mut shop = Shop::open();
        shop.register(customer(1)).expect("a new id");
        shop.register(customer(1)).map(drop)
    }),
    ("HF-CMD-104", || {
        let mut shop = Shop::open();
        shop.register(customer(1)).expect("a new id");
        shop.group(customer(1), Some("Trade"), CASHIER).map(drop)
    }),
    ("HF-CMD-190", || Shop::open().group(customer(1), Some("Trade"), MANAGER).map(drop)),
    ("HF-CMD-191", || {
        let mut shop = Shop::open();
        shop.register(customer(1)).expect("a new id");
        shop.erase(customer(1), MANAGER).expect("registered");
        shop.group(customer(1), Some("Trade"), MANAGER).map(drop)
    }),
    ("HF-CMD-104", || two_of_one().merge(customer(1), customer(2), CASHIER).map(drop)),
    ("HF-CMD-190", || two_of_one().merge(customer(9), customer(2), MANAGER).map(drop)),
    ("HF-CMD-190", || two_of_one().merge(customer(1), customer(9), MANAGER).map(drop)),
    ("HF-CMD-191", || {
        let mut shop = two_of_one();
        shop.erase(customer(1), MANAGER).expect("registered");
        shop.merge(customer(1), customer(2), MANAGER).map(drop)
    }),
    ("HF-CMD-191", || {
        let mut shop = two_of_one();
        shop.erase(customer(2), MANAGER).expect("registered");
        shop.merge(customer(1), customer(2), MANAGER).map(drop)
    }),
    // Whoever was merged into somebody who is erased later is erased with them.
    ("HF-CMD-191", || {
        let mut shop = merged();
        shop.erase(customer(2), MANAGER).expect("registered");
        asked(&mut shop, place_for(customer(1)))
    }),
    ("HF-CMD-193", || merged().merge(customer(1), customer(2), MANAGER).map(drop)),
    ("HF-CMD-193", || {
        let mut shop = merged();
        shop.register(customer(3)).expect("a new id");
        shop.merge(customer(3), customer(1), MANAGER).map(drop)
    }),
    ("HF-CMD-193", || merged().merge(customer(2), customer(1), MANAGER).map(drop)),
    ("HF-CMD-193", || merged().register(customer(1)).map(drop)),
    ("HF-CMD-193", || merged().erase(customer(1), MANAGER).map(drop)),
    ("HF-CMD-193", || merged().group(customer(1), Some("Trade"), MANAGER).map(drop)),
    ("HF-CMD-194", || two_of_one().merge(customer(1), customer(1), MANAGER).map(drop)),
];

fn two_of_one() -> Shop {
    let mut shop = Shop::open();
    shop.register(customer(1)).expect("a new id");
    shop.register(customer(2)).expect("another new id");
    shop
}

fn merged() -> Shop {
    let mut shop = two_of_one();
    shop.merge(customer(1), customer(2), MANAGER).expect("a manager may");
    shop
}
