//! Byte pairs: merges learned from texts, and words cut by them (Sennrich, Haddow, Birch: Neural
//! machine translation of rare words with subword units, 2016).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::{BYTE_IDS, FIRST_TOKEN, MOST_IDS, MOST_TOKEN_BYTES};
use crate::{Result, err};

/// Two ids that stand one after the other.
type Pair = [u32; 2];

/// The bytes of every id, and the ids that have them.
#[derive(Clone, Debug)]
struct Tokens {
    /// From id [`FIRST_TOKEN`] on.
    bytes: Vec<Vec<u8>>,
    ids: BTreeMap<Vec<u8>, u32>,
}

impl Tokens {
    /// The single bytes.
    fn new() -> Self {
        let bytes: Vec<_> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
        let ids = bytes.iter().cloned().zip(FIRST_TOKEN..).collect();
        Self { bytes, ids }
    }

    fn get(&self, id: u32) -> Option<&[u8]> {
        self.bytes.get(id.checked_sub(FIRST_TOKEN)? as usize).map(Vec::as_slice)
    }

    /// The first id that is not taken.
    fn end(&self) -> u32 {
        FIRST_TOKEN + self.bytes.len() as u32
    }

    /// The id of the bytes of both, a new one if there is none; `None` for ids that do not exist
    /// and for more than [`MOST_TOKEN_BYTES`].
    fn merge(&mut self, [first, second]: Pair) -> Option<u32> {
        let bytes = [self.get(first)?, self.get(second)?].concat();
        if bytes.len() > MOST_TOKEN_BYTES {
            return None;
        }
        let id = *self.ids.entry(bytes).or_insert_with_key(|bytes| {
            self.bytes.push(bytes.clone());
            FIRST_TOKEN + self.bytes.len() as u32 - 1
        });
        Some(id)
    }
}

/// A word of the texts on its way through the merges.
struct Word {
    ids: Vec<u32>,
    count: i64,
}

impl Word {
    /// Replaces the pair by `merged` from left to right, and says by how much the number of each
    /// pair beside it changes.
    fn merge(&mut self, [first, second]: Pair, merged: u32, mut change: impl FnMut(Pair, i64)) {
        let (ids, count) = (&mut self.ids, self.count);
        let mut at = 0;
        while at + 1 < ids.len() {
            if [ids[at], ids[at + 1]] == [first, second] {
                if let Some(before) = at.checked_sub(1).map(|before| ids[before]) {
                    change([before, first], -count);
                    change([before, merged], count);
                }
                if let Some(&after) = ids.get(at + 2) {
                    change([second, after], -count);
                    change([merged, after], count);
                }
                ids[at] = merged;
                ids.remove(at + 1);
            }
            at += 1;
        }
    }
}

/// How often a pair occurs, and the words in which it did at some time.
#[derive(Default)]
struct Occurrences {
    count: i64,
    words: Vec<u32>,
}

/// Learns merges from words and how often each occurs, until the bytes and what was made of them are
/// `most` tokens beyond the single bytes, or no pair occurs `least` times (or twice). The most
/// frequent pair comes first; of those as frequent the one with the lowest ids.
pub(super) fn train(words: &BTreeMap<Box<str>, u64>, most: usize, least: u64) -> Vec<Pair> {
    let mut words: Vec<Word> = words
        .iter()
        .map(|(word, &count)| Word {
            ids: word.bytes().map(|byte| FIRST_TOKEN + u32::from(byte)).collect(),
            count: count.cast_signed(),
        })
        .collect();
    let mut pairs = BTreeMap::<Pair, Occurrences>::new();
    for (index, word) in (0..).zip(&words) {
        for &pair in word.ids.array_windows() {
            let found = pairs.entry(pair).or_default();
            found.count += word.count;
            found.words.push(index);
        }
    }
    let mut queue: BinaryHeap<_> =
        pairs.iter().map(|(&pair, found)| (found.count, Reverse(pair))).collect();
    let mut tokens = Tokens::new();
    let mut merges = Vec::new();
    let most = (BYTE_IDS as usize).saturating_add(most);
    while (tokens.end() as usize) < most && merges.len() < MOST_IDS as usize {
        let Some((count, Reverse(pair))) = queue.pop() else { break };
        let Some(found) = pairs.get_mut(&pair) else { continue };
        if found.count != count {
            // It was another when it was queued.
            queue.push((found.count, Reverse(pair)));
            continue;
        }
        if count < 2 || count.cast_unsigned() < least {
            break;
        }
        let affected = std::mem::take(&mut found.words);
        let Some(merged) = tokens.merge(pair) else { continue };
        merges.push(pair);
        let mut grown = Vec::new();
        for index in affected {
            words[index as usize].merge(pair, merged, |pair, change| {
                let found = pairs.entry(pair).or_default();
                found.count += change;
                if change > 0 {
                    found.words.push(index);
                    grown.push(pair);
                }
            });
        }
        pairs.remove(&pair);
        grown.sort_unstable();
        grown.dedup();
        let counts = grown.iter().filter_map(|pair| Some((pairs.get(pair)?.count, Reverse(*pair))));
        queue.extend(counts);
    }
    merges
}

/// Merges that were learned, ready to cut words.
#[derive(Clone, Debug)]
pub(super) struct BytePairs {
    tokens: Tokens,
    /// Each pair with its place in the order of merges and its id, sorted by pair.
    merges: Vec<(Pair, u32, u32)>,
}

impl BytePairs {
    /// # Errors
    /// `Argument` for a merge of ids that are not there before it, or of too many bytes, and for
    /// one that is there twice.
    pub fn new(merges: &[Pair]) -> Result<Self> {
        let mut tokens = Tokens::new();
        let mut sorted = Vec::with_capacity(merges.len());
        for (rank, &pair) in (0..).zip(merges) {
            let end = tokens.end();
            let id = tokens.merge(pair).ok_or_else(|| {
                err!(
                    Argument,
                    "text: merge {rank} is {pair:?}, expected ids from {FIRST_TOKEN} to {} of \
                     together at most {MOST_TOKEN_BYTES} bytes",
                    end - 1
                )
            })?;
            sorted.push((pair, rank, id));
        }
        sorted.sort_unstable();
        if let Some([(pair, ..), _]) = sorted.array_windows().find(|[a, b]| a.0 == b.0) {
            return Err(err!(Argument, "text: {pair:?} is merged twice, expected once"));
        }
        Ok(Self { tokens, merges: sorted })
    }

    /// The first id that is not taken.
    pub fn end(&self) -> u32 {
        self.tokens.end()
    }

    /// The bytes of an id.
    pub fn bytes(&self, id: u32) -> Option<&[u8]> {
        self.tokens.get(id)
    }

    /// Adds the ids of a word: the merge that was learned first is done first, from left to right.
    pub fn encode(&self, word: &str, ids: &mut Vec<u32>) {
        let begin = ids.len();
        ids.extend(word.bytes().map(|byte| FIRST_TOKEN + u32::from(byte)));
        let mut ranks: Vec<_> = ids[begin..].array_windows().map(|pair| self.find(pair)).collect();
        while let Some((at, (_, id))) = ranks
            .iter()
            .enumerate()
            .filter_map(|(at, found)| Some((at, (*found)?)))
            .min_by_key(|&(_, (rank, _))| rank)
        {
            ids[begin + at] = id;
            ids.remove(begin + at + 1);
            ranks.remove(at);
            // Of the pairs that end and begin here.
            for pair in at.saturating_sub(1)..(at + 1).min(ranks.len()) {
                ranks[pair] = self.find(&[ids[begin + pair], ids[begin + pair + 1]]);
            }
        }
    }

    /// Place in the order of merges, and id.
    fn find(&self, pair: &Pair) -> Option<(u32, u32)> {
        let at = self.merges.binary_search_by_key(pair, |&(pair, ..)| pair).ok()?;
        Some((self.merges[at].1, self.merges[at].2))
    }
}
