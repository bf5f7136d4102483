//! A small seeded generator: the same seed gives the same trade, and waits are spread by it.

/// SplitMix64. Not for secrets.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed that nobody chose.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn unseeded() -> Result<Self, getrandom::Error> {
        getrandom::u64().map(Self)
    }

    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `0..n`; 0 for `n` = 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.throw() % n }
    }

    /// Uniform in `from..=to`.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from) + 1)
    }

    /// True in `permille` of 1,000 throws.
    pub fn permille(&mut self, permille: u64) -> bool {
        self.below(1_000) < permille
    }

    /// An index in `0..n` where index `i` is drawn with a weight of 1/(i+1): few products make most of the trade.
    pub fn zipf(&mut self, n: usize) -> usize {
        // The inverse of the harmonic numbers, in whole numbers: 2^(u·log2(n)) with 16 bits of fraction.
        let n = n.max(1) as u64;
        let bits = u64::from(64 - n.leading_zeros());
        loop {
            let octave = self.below(bits);
            let index = (1_u64 << octave) - 1 + self.below(1_u64 << octave);
            if index < n {
                return usize::try_from(index).unwrap_or(0);
            }
        }
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(usize::try_from(self.below(from.len() as u64)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_throws_the_same() {
        let throws = |seed| {
            let mut dice = Dice::new(seed);
            (0..8).map(|_| dice.throw()).collect::<Vec<_>>()
        };
        assert_eq!(throws(7), throws(7));
        assert_ne!(throws(7), throws(8));
    }

    #[test]
    fn few_indexes_are_drawn_most_and_none_is_out_of_range() {
        let mut dice = Dice::new(1);
        let mut counts = vec![0_u32; 100];
        for _ in 0..20_000 {
            counts[dice.zipf(100)] += 1;
        }
        assert!(counts[0] > 10 * counts[50], "{counts:?}");
        assert!(counts.iter().all(|count| *count > 0));
        assert_eq!(dice.zipf(0), 0);
    }
}
