//! Tills racing for the last units of strict products: whatever is placed, paid, cancelled, returned and reversed in
//! whatever order, exactly the stock is sold, and the books never drift from a count kept on the fingers.

use holdfast_domain::ids::{OrderId, TerminalId, TransactionId};
use holdfast_domain::order::Channel;
use holdfast_domain::shift::Mode;
use holdfast_domain::{Action, Refusal};

use crate::assortment::wide_shop;
use crate::shop::*;

const ROUNDS: u64 = 10_000;
const TILLS: [TerminalId; 2] = [TILL, OTHER_TILL];

/// What is asked for, and how many units of the strict product one of it takes.
const GOODS: [(&str, i64); 2] = [("WATCH", 1), ("HAMPER", 1)];
const STRICT: &str = "WATCH";

/// SplitMix64: a round is its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }

    fn take<T>(&mut self, from: &mut Vec<T>) -> Option<T> {
        if from.is_empty() {
            return None;
        }
        let at = self.below(from.len() as u64);
        Some(from.swap_remove(usize::try_from(at).unwrap()))
    }
}

struct Open {
    order: OrderId,
    /// The till that has it in hand, where one has.
    holder: Option<TerminalId>,
    pieces: i64,
    units: i64,
}

struct Sold {
    sale: TransactionId,
    till: TerminalId,
    pieces: i64,
    units: i64,
    returned: i64,
}

/// The fingers: units on the shelf, and how many of them are promised.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    shelf: i64,
    promised: i64,
}

struct Race {
    shop: Shop,
    dice: Dice,
    count: Count,
    open: Vec<Open>,
    sold: Vec<Sold>,
    /// How often a till came too late.
    late: u64,
}

impl Race {
    fn step(&mut self) {
        let till = TILLS[usize::try_from(self.dice.below(2)).unwrap()];
        match self.dice.below(10) {
            0..=3 => self.place(till),
            4..=6 => self.pay(till),
            7 => self.cancel(till),
            8 => self.bring_back(),
            _ => self.post_void(),
        }
        let level = self.shop.stock(STRICT);
        let books = Count {
            shelf: level.on_hand.thousandths() / 1_000,
            promised: level.reserved.thousandths() / 1_000,
        };
        assert_eq!(books, self.count);
        assert!(self.count.promised <= self.count.shelf, "a unit is promised twice: {:?}", self.count);
    }

    fn place(&mut self, till: TerminalId) {
        let (product, each) = GOODS[usize::try_from(self.dice.below(GOODS.len() as u64)).unwrap()];
        let pieces = 1 + i64::try_from(self.dice.below(2)).unwrap();
        let units = pieces * each;
        let channel = if self.dice.below(4) == 0 { Channel::NotInHand } else { Channel::Counter };
        let free = self.count.shelf - self.count.promised;
        match self.shop.try_place(till, channel, &[line(1, product, &pieces.to_string())]) {
            Ok(order) => {
                assert!(units <= free, "{units} were promised and {free} are free");
                self.count.promised += units;
                let holder = (channel == Channel::Counter).then_some(till);
                self.open.push(Open { order, holder, pieces, units });
            }
            Err(Refusal::OutOfStock { .. }) => {
                assert!(units > free, "{units} were refused and {free} are free");
                self.late += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn pay(&mut self, till: TerminalId) {
        let Some(Open { order, holder, pieces, units }) = self.dice.take(&mut self.open) else { return };
        let till = holder.unwrap_or(till);
        let action = pay(order, &["100000"], holdfast_domain::command::Settlement::Full);
        let sale = self.shop.ask(till, action).expect("what was promised is there").transaction;
        self.count.shelf -= units;
        self.count.promised -= units;
        self.sold.push(Sold { sale, till, pieces, units, returned: 0 });
    }

    fn cancel(&mut self, till: TerminalId) {
        let Some(Open { order, holder, units, .. }) = self.dice.take(&mut self.open) else { return };
        let till = holder.unwrap_or(till);
        self.shop.ask(till, Action::CancelOrder { order, reason: reason("left") }).expect("nothing is paid");
        self.count.promised -= units;
    }

    fn bring_back(&mut self) {
        let Some(mut sold) = self.dice.take(&mut self.sold) else { return };
        if sold.returned < sold.pieces {
            self.shop.ask(sold.till, by_receipt(sold.sale, &[(1, "1")])).expect("some of it is left");
            sold.returned += 1;
            self.count.shelf += sold.units / sold.pieces;
        }
        self.sold.push(sold);
    }

    fn post_void(&mut self) {
        let Some(sold) = self.dice.take(&mut self.sold) else { return };
        let action = Action::PostVoid { original: sold.sale, reason: reason("rung up twice") };
        match self.shop.ask(sold.till, action) {
            Ok(_) => self.count.shelf += sold.units,
            Err(Refusal::SaleHasReturns { .. }) if sold.returned > 0 => self.sold.push(sold),
            Err(other) => panic!("{other}"),
        }
    }

    /// Everything that is left is sold, and not one more.
    fn sell_out(&mut self) {
        while !self.open.is_empty() {
            self.pay(TILL);
        }
        while self.count.shelf > 0 {
            self.shop
                .try_place(OTHER_TILL, Channel::Counter, &[line(1, STRICT, "1")])
                .map(|order| {
                    self.count.promised += 1;
                    self.open.push(Open { order, holder: Some(OTHER_TILL), pieces: 1, units: 1 });
                })
                .expect("it is on the shelf");
            self.pay(OTHER_TILL);
        }
        let refused = self.shop.try_place(TILL, Channel::Counter, &[line(1, STRICT, "1")]);
        assert!(matches!(refused, Err(Refusal::OutOfStock { .. })), "{refused:?}");
        let level = self.shop.stock(STRICT);
        assert!(level.on_hand.is_zero() && level.reserved.is_zero() && level.is_balanced(), "{level:?}");
        assert_eq!(level.sold, -level.adjusted, "what came in is with customers");
    }
}

#[test]
fn exactly_the_stock_is_sold_in_ten_thousand_races() {
    let mut open = wide_shop();
    open.sign_on(TILL, MANAGER);
    // A hamper holds two teas beside the watch; there are always enough of them.
    open.receive("TEA", "1000");
    open.sign_on(OTHER_TILL, MANAGER);
    open.open_shift(OTHER_TILL, Mode::Live);
    let (mut late, mut steps) = (0, 0);
    for seed in 0..ROUNDS {
        let (mut dice, mut shop) = (Dice(seed), open.clone());
        let stock = 1 + dice.below(4);
        shop.receive(STRICT, &stock.to_string());
        let count = Count { shelf: i64::try_from(stock).unwrap(), promised: 0 };
        let mut race = Race { shop, dice, count, open: Vec::new(), sold: Vec::new(), late: 0 };
        for _ in 0..6 + race.dice.below(14) {
            race.step();
            steps += 1;
        }
        race.sell_out();
        late += race.late;
    }
    assert!(late > ROUNDS / 2, "{late} of {steps} came too late: nobody raced");
}
