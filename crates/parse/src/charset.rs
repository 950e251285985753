//! Sets of characters that are asked for at every place of a text.

/// A small set of characters. Most questions, those whose answer is no, cost a look at one bit.
///
/// A `matches!` over as many Han characters is a tree of comparisons whose branches no processor
/// can foresee.
#[derive(Debug)]
pub struct CharSet {
    chars: &'static [char],
    /// A bit for each value of a character's last eleven bits.
    sieve: [u64; 32],
}

impl CharSet {
    /// The set of `chars`.
    pub const fn new(chars: &'static [char]) -> Self {
        let mut sieve = [0; 32];
        let mut at = 0;
        while at < chars.len() {
            let bit = chars[at] as usize % 2048;
            sieve[bit / 64] |= 1 << (bit % 64);
            at += 1;
        }
        Self { chars, sieve }
    }

    /// Whether `c` is in the set.
    #[inline]
    pub fn holds(&self, c: char) -> bool {
        let bit = u32::from(c) as usize % 2048;
        self.sieve[bit / 64] >> (bit % 64) & 1 == 1 && self.chars.contains(&c)
    }

    /// Where the first of them stands in `text`.
    #[inline]
    pub fn find(&self, text: &[char]) -> Option<usize> {
        text.iter().position(|&c| self.holds(c))
    }
}

#[cfg(test)]
mod tests {
    use super::CharSet;

    #[test]
    fn holds_what_it_was_made_of_and_nothing_else() {
        static SET: CharSet = CharSet::new(&['一', '%', '”']);
        let held: Vec<char> = ('\0'..=char::MAX).filter(|&c| SET.holds(c)).collect();
        assert_eq!(held, ['%', '”', '一']);
        assert_eq!(SET.find(&['二', '一']), Some(1));
    }
}
