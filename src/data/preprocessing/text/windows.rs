//! Pieces of a long sequence, for a network that learns what comes next.

use crate::{Result, err};

/// Windows of a sequence of ids, each with its targets: the ids one further on. They are slices of
/// the sequence, so any number of them takes no more memory than the sequence itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows<'a> {
    ids: &'a [u32],
    length: usize,
    stride: usize,
}

impl<'a> Windows<'a> {
    /// Windows of `length` ids that begin every `stride` ids. What is left over at the end, shorter
    /// than a window and the target of its last id, is in none.
    ///
    /// # Errors
    /// `Argument` for a length or stride of 0, `Data` for a sequence without a whole window.
    pub fn new(ids: &'a [u32], length: usize, stride: usize) -> Result<Self> {
        for (attribute, value) in [("length", length), ("stride", stride)] {
            if value == 0 {
                return Err(err!(Argument, "windows: {attribute} is 0, expected at least 1"));
            }
        }
        if ids.len() <= length {
            return Err(err!(
                Data,
                "windows: found {} ids, expected more than {length}, the length of a window",
                ids.len()
            ));
        }
        Ok(Self { ids, length, stride })
    }

    /// How many windows there are; at least one.
    #[expect(clippy::len_without_is_empty, reason = "there is always a window")]
    pub fn len(&self) -> usize {
        (self.ids.len() - self.length - 1) / self.stride + 1
    }

    /// The ids of a window and their targets, `length` each, or `None` beyond the last.
    pub fn get(&self, index: usize) -> Option<(&'a [u32], &'a [u32])> {
        let begin = index.checked_mul(self.stride)?;
        let end = begin.checked_add(self.length)?;
        Some((self.ids.get(begin..end)?, self.ids.get(begin + 1..end.checked_add(1)?)?))
    }

    /// All windows in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u32], &'a [u32])> + use<'a> {
        let windows = *self;
        (0..windows.len()).filter_map(move |index| windows.get(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn targets_are_the_ids_one_further_on() {
        let ids: Vec<u32> = (0..10).collect();
        let windows = Windows::new(&ids, 3, 2).unwrap();
        let found: Vec<_> = windows.iter().collect();
        assert_eq!(found.len(), windows.len());
        assert_eq!(found[0], (&ids[0..3], &ids[1..4]));
        // 6, 7, 8 -> 7, 8, 9 is the last whole one.
        assert_eq!(found.last(), Some(&(&ids[6..9], &ids[7..10])));
        assert_eq!(windows.len(), 4);
        assert_eq!(windows.get(4), None);
        assert_eq!(windows.get(usize::MAX), None);
    }

    #[test]
    fn every_sequence_that_is_long_enough_has_a_window() {
        let ids: Vec<u32> = (0..9).collect();
        for (length, stride, windows) in [(8, 1, 1), (8, 99, 1), (1, 1, 8), (1, 8, 1), (2, 3, 3)] {
            let found = Windows::new(&ids, length, stride).unwrap();
            assert_eq!(
                (found.len(), found.iter().count()),
                (windows, windows),
                "{length} {stride}"
            );
        }
        let message =
            |length, stride| Windows::new(&ids, length, stride).unwrap_err().message().to_owned();
        assert_eq!(
            message(9, 1),
            "windows: found 9 ids, expected more than 9, the length of a window"
        );
        assert_eq!(message(0, 1), "windows: length is 0, expected at least 1");
        assert_eq!(message(1, 0), "windows: stride is 0, expected at least 1");
    }
}
