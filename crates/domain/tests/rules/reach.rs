//! What cannot work is named before a customer is asked.

use holdfast_domain::Refusal;
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::context::OutOfReach;
use holdfast_domain::shift::Mode;

use crate::electronic::{name, shop, start, start_with};
use crate::shop::*;

impl Shop {
    /// Nobody reached the device just now.
    pub fn lose_sight_of(&mut self, device: &str) {
        self.out_of_reach = vec![OutOfReach { device: name(device), since: Timestamp(0) }];
    }
}

#[test]
fn where_a_device_cannot_be_reached_no_customer_is_asked_and_another_one_is_free() {
    let mut shop = shop();
    shop.lose_sight_of("lane-1");
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let refused = shop.ask(TILL, start(order, "10")).err();
    let since = Timestamp(0);
    assert_eq!(refused, Some(Refusal::DeviceOutOfReach { device: name("lane-1"), since }));
    shop.ask(TILL, start_with(order, "terminal", "10", Some("shared"))).expect("the other one is there");
    // What is practised is carried out by no device.
    shop.sign_on(TILL, MANAGER);
    shop.close_shift(TILL, "100").expect("closed");
    shop.open_shift(TILL, Mode::Training);
    let order = shop.place(&[line(1, "BOOK", "1")]);
    shop.ask(TILL, start(order, "10")).expect("training needs no device");
}
