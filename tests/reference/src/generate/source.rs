//! Numbers from a seed: Weyl's sequence through a mixing of its bits.

use crate::number::Decimal;

#[derive(Debug)]
pub struct Source {
    state: u64,
}

impl Source {
    pub fn new(seed: u64) -> Self {
        let mut source = Self { state: seed.wrapping_mul(0xd605_1cc7_85f9_1a5b) };
        source.next();
        source
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From `least` to `most`, both included.
    pub fn between(&mut self, least: u32, most: u32) -> u32 {
        let range = u64::from(most - least) + 1;
        let offset = (u128::from(self.next()) * u128::from(range)) >> 64;
        least + u32::try_from(offset).expect("less than the range")
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: u32) -> bool {
        self.between(1, times) == 1
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let last = u32::try_from(all.len() - 1).expect("a short list");
        &all[self.between(0, last) as usize]
    }

    /// A decimal with at most so many places, from `least` to `most` units of the last one.
    pub fn decimal(&mut self, least: u32, most: u32, places: u32) -> Decimal {
        Decimal::new(self.between(least, most).into(), places)
    }

    /// A share of the whole.
    pub fn rate(&mut self) -> Decimal {
        let rates = ["0.1", "0.2", "0.25", "0.5", "0.5", "1", "0.333333", "0.05", "0.155"];
        self.pick(&rates).parse().expect("a decimal")
    }
}
