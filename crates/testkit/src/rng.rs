//! Chance that repeats: the same seed gives the same draws on every machine and with every version
//! of every dependency.
//!
//! SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014), written
//! out here because a crate's generator may change its stream between versions, and with it every
//! fake web that a failing test has named by its seed.

/// A stream of draws.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// A stream of its own for the thing called `name`, so that drawing more for one thing never
    /// changes another.
    pub(crate) fn of(seed: u64, name: &str) -> Self {
        let mut rng = Self(seed);
        for byte in name.bytes() {
            rng.0 = rng.next() ^ u64::from(byte);
        }
        Self(rng.next())
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        let width = u64::from(high.saturating_sub(low)) + 1;
        // The remainder is below `width`, which is at most 2^32.
        low + (self.next() % width) as u32
    }

    /// One of `items`, which must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[(self.next() % items.len() as u64) as usize]
    }

    /// Whether something happens whose probability is `share`, 0 to 1.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        // 53 bits fill the mantissa of a number below 1.
        ((self.next() >> 11) as f64) / ((1_u64 << 53) as f64) < share
    }

    /// `count` of `items` in their order; all of them where there are fewer.
    pub(crate) fn some_of<'a, T>(&mut self, items: &'a [T], count: usize) -> Vec<&'a T> {
        let mut wanted = count.min(items.len());
        let mut chosen = Vec::with_capacity(wanted);
        for (index, item) in items.iter().enumerate() {
            let left = (items.len() - index) as u64;
            if self.next() % left < wanted as u64 {
                chosen.push(item);
                wanted -= 1;
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn the_stream_is_the_published_one() {
        // The reference implementation's first outputs for the seed 1234567.
        let mut rng = Rng(1_234_567);
        assert_eq!(
            [rng.next(), rng.next(), rng.next()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn some_of_keeps_order_and_count() {
        let items: Vec<u32> = (0..20).collect();
        for seed in 0..50 {
            let chosen = Rng(seed).some_of(&items, 7);
            assert_eq!(chosen.len(), 7);
            assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
        }
        assert_eq!(Rng(1).some_of(&items, 99).len(), 20);
    }

    #[test]
    fn chance_knows_never_and_always() {
        let mut rng = Rng(3);
        assert!((0..1000).all(|_| !rng.chance(0.0) && rng.chance(1.0)));
    }
}
