//! Words found by their characters, one table look-up a character.
//!
//! The rules ask at almost every place of a text which of several hundred words begins or ends
//! there, and mostly none does. So a miss must cost next to nothing: one probe of a flat hash table
//! tells that no word goes on with a character. Hashing whole slices, longest first, costs as many
//! hashes as the longest word has characters; an automaton over bytes wants the characters written
//! out as UTF-8 first.

/// Words with a value each. A word added twice has one value.
#[derive(Debug, Clone)]
pub struct Trie<V> {
    /// A bit for each value of the last bits of a word's first character. The table of edges does not
    /// fit the fastest cache, this does, and most questions end here.
    begins: Vec<u64>,
    /// Where each character leads from each node: open addressing, a power of two long, at most half
    /// full.
    edges: Vec<Edge>,
    used: usize,
    /// What the word that ends at a node stands for, by node.
    values: Vec<Option<V>>,
}

/// The step from `node` over a character to the node `to`.
#[derive(Debug, Clone, Copy)]
struct Edge {
    /// The node and the character, packed, since less of a longer table fits the caches; [`FREE`]
    /// where there is no edge.
    key: u32,
    to: u32,
}

/// No key: there is no such character.
const FREE: u32 = u32::MAX;
/// 2^32 over the golden ratio; the high bits of a product with it depend on all bits of the key.
const SPREAD: u32 = 0x9E37_79B1;
const ROOT: u32 = 0;
/// How many bits tell what words begin with.
const BEGINS: usize = 8192;

/// The bit of a first character: which of the numbers, and which bit of it.
fn bit(c: char) -> (usize, u64) {
    let bit = u32::from(c) as usize % BEGINS;
    (bit / 64, 1 << (bit % 64))
}

/// None for a character of more than 16 bits, which no word has.
#[inline]
fn key(node: u32, c: char) -> Option<u32> {
    let c = u16::try_from(u32::from(c)).ok()?;
    Some(node << 16 | u32::from(c))
}

impl<V> Default for Trie<V> {
    fn default() -> Self {
        Self {
            begins: vec![0; BEGINS / 64],
            edges: vec![Edge { key: FREE, to: ROOT }; 16],
            used: 0,
            values: vec![None],
        }
    }
}

impl<V> Trie<V> {
    /// The place for the value of `word`, empty where the word is new.
    pub fn entry(&mut self, word: impl Iterator<Item = char>) -> &mut Option<V> {
        let mut node = ROOT;
        for c in word {
            if node == ROOT {
                let (at, bit) = bit(c);
                self.begins[at] |= bit;
            }
            node = self.step(node, c).unwrap_or_else(|| self.grow(node, c));
        }
        &mut self.values[node as usize]
    }

    /// Every word that `text` begins with, the shortest first: its length and its value.
    pub fn prefixes<I: Iterator<Item = char>>(&self, text: I) -> Prefixes<'_, V, I> {
        Prefixes { trie: self, node: ROOT, length: 0, text }
    }

    /// The longest word that `text` begins with.
    pub fn longest(&self, text: impl Iterator<Item = char>) -> Option<(usize, &V)> {
        self.prefixes(text).last()
    }

    /// The node behind `c`, if a word goes on with it.
    #[inline]
    fn step(&self, node: u32, c: char) -> Option<u32> {
        let key = key(node, c)?;
        let mut at = self.home(key);
        loop {
            let edge = &self.edges[at];
            if edge.key == key {
                return Some(edge.to);
            }
            if edge.key == FREE {
                return None;
            }
            at = (at + 1) & (self.edges.len() - 1);
        }
    }

    /// The place at which the search for `key` begins.
    #[inline]
    fn home(&self, key: u32) -> usize {
        // The table is never shorter than 16, so the shift is below 32; what is left fits its length.
        (key.wrapping_mul(SPREAD) >> (32 - self.edges.len().trailing_zeros())) as usize
    }

    /// Adds a node behind `node`.
    fn grow(&mut self, node: u32, c: char) -> u32 {
        if (self.used + 1) * 2 > self.edges.len() {
            let longer = vec![Edge { key: FREE, to: ROOT }; self.edges.len() * 2];
            for edge in std::mem::replace(&mut self.edges, longer) {
                if edge.key != FREE {
                    self.place(edge);
                }
            }
        }
        // The tables are shipped with the crate and hold some ten thousand characters, common ones all.
        let to = u16::try_from(self.values.len()).expect("fewer than 2^16 characters of words").into();
        self.values.push(None);
        self.place(Edge { key: key(node, c).expect("a character of 16 bits"), to });
        self.used += 1;
        to
    }

    fn place(&mut self, edge: Edge) {
        let mut at = self.home(edge.key);
        while self.edges[at].key != FREE {
            at = (at + 1) & (self.edges.len() - 1);
        }
        self.edges[at] = edge;
    }
}

/// See [`Trie::prefixes`].
#[derive(Debug)]
pub struct Prefixes<'t, V, I> {
    trie: &'t Trie<V>,
    node: u32,
    length: usize,
    text: I,
}

impl<'t, V, I: Iterator<Item = char>> Iterator for Prefixes<'t, V, I> {
    type Item = (usize, &'t V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let c = self.text.next()?;
            if self.node == ROOT {
                let (at, bit) = bit(c);
                if self.trie.begins[at] & bit == 0 {
                    return None;
                }
            }
            self.node = self.trie.step(self.node, c)?;
            self.length += 1;
            if let Some(value) = &self.trie.values[self.node as usize] {
                return Some((self.length, value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Trie;

    #[test]
    fn prefixes_come_from_the_shortest_to_the_longest() {
        let mut trie = Trie::default();
        for (index, word) in ["增", "增长", "增长率", "下降"].iter().enumerate() {
            *trie.entry(word.chars()) = Some(index);
        }
        let found: Vec<_> = trie.prefixes("增长率达到".chars()).map(|(length, &index)| (length, index)).collect();
        assert_eq!(found, [(1, 0), (2, 1), (3, 2)]);
        assert_eq!(trie.longest("增长点".chars()), Some((2, &1)));
        assert_eq!(trie.longest("长".chars()), None);
        assert_eq!(trie.longest("".chars()), None);
    }

    #[test]
    fn many_words_are_all_found_again() {
        let mut trie = Trie::default();
        let words: Vec<String> = (0..5000_u32).map(|n| format!("第{n}项")).collect();
        for (index, word) in words.iter().enumerate() {
            assert_eq!(trie.entry(word.chars()).replace(index), None);
        }
        for (index, word) in words.iter().enumerate() {
            assert_eq!(trie.longest(word.chars()), Some((word.chars().count(), &index)), "{word}");
        }
    }
}
