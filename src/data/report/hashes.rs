//! Hashes of different values, counted.

/// A set of hashes, in open addressing: a hash is as good as random, so the place of one is told by its bits.
/// Nothing but their number ever leaves it, so no order of them can matter.
#[derive(Debug, Default)]
pub(super) struct Hashes {
    /// A power of two of places, 0 where there is none, at least half of them.
    places: Vec<u64>,
    len: usize,
    /// Whether 0 is among them, which has no place.
    zero: bool,
}

impl Hashes {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.len + usize::from(self.zero)
    }

    /// Adds one, unless it is there.
    pub(super) fn insert(&mut self, hash: u64) {
        if hash == 0 {
            self.zero = true;
            return;
        }
        if self.places.len() < 2 * (self.len + 1) {
            let more = vec![0; (2 * self.places.len()).max(16)];
            let places = std::mem::replace(&mut self.places, more);
            places.into_iter().filter(|&hash| hash != 0).for_each(|hash| _ = self.place(hash));
        }
        self.len += usize::from(self.place(hash));
    }

    /// Writes one to its place; whether it was not there.
    fn place(&mut self, hash: u64) -> bool {
        let mask = self.places.len() - 1;
        let mut at = hash as usize & mask;
        while self.places[at] != hash {
            if self.places[at] == 0 {
                self.places[at] = hash;
                return true;
            }
            at = (at + 1) & mask;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rng::{Key, Purpose};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn each_hash_counts_once() {
        let mut stream = Key::new(1, Purpose::Split).stream();
        let (mut hashes, mut expected) = (Hashes::default(), BTreeSet::new());
        for step in 0..20_000_u32 {
            // Many twice, zero among them, and some whose lower bits are the same.
            let hash = match step % 3 {
                0 => u64::from(stream.below(4000)),
                1 => u64::from(stream.below(4000)) << 32 | 7,
                _ => u64::from(stream.word()) << 32 | u64::from(stream.word()),
            };
            hashes.insert(hash);
            expected.insert(hash);
            assert_eq!(hashes.len(), expected.len());
        }
        assert!(expected.contains(&0));
    }
}
