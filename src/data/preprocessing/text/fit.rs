//! A vocabulary from texts.

use std::cmp::Reverse;

use super::super::table::Counts;
use super::{BYTE_IDS, FIRST_TOKEN, MOST_TOKEN_BYTES, Split, TextSpec, bpe, segment};
use crate::{Result, err};

/// Computes the vocabulary of a [`TextSpec`] from the texts of the training part, one at a time.
///
/// Tokens get their ids by frequency, those that are equally frequent by their code points. Beyond
/// a million different tokens those seen least are forgotten ([`Counts`]), so that memory is bounded
/// whatever the texts are.
#[derive(Clone, Debug)]
pub struct TextFit {
    spec: TextSpec,
    counts: Counts<Box<str>>,
}

impl TextFit {
    /// A vocabulary there was is computed anew.
    ///
    /// # Errors
    /// What [`TextSpec::validate`] refuses.
    pub fn new(mut spec: TextSpec) -> Result<Self> {
        spec.vocabulary.clear();
        spec.merges.clear();
        spec.validate()?;
        Ok(Self { spec, counts: Counts::default() })
    }

    /// Counts the tokens of a text, and says how many there are (of byte pairs, how many words).
    pub fn add(&mut self, text: &str) -> usize {
        let Self { spec, counts } = self;
        let mut tokens = 0;
        segment::tokens(text, spec, |token| {
            tokens += 1;
            if token.len() <= MOST_TOKEN_BYTES {
                counts.add(token, |token| token.into());
            }
        });
        tokens
    }

    /// The specification with its vocabulary.
    ///
    /// # Errors
    /// `Data` if no token occurs often enough to have an id. Byte pairs do without: the bytes have.
    pub fn finish(self) -> Result<TextSpec> {
        let Self { mut spec, counts } = self;
        let counts = counts.into_map();
        let least = u64::from(spec.min_count);
        if spec.split == Split::BytePairs {
            let most = (spec.max_tokens - BYTE_IDS) as usize;
            spec.merges = bpe::train(&counts, most, least);
            return Ok(spec);
        }
        let mut tokens: Vec<_> = counts.into_iter().filter(|&(_, count)| count >= least).collect();
        // The sort is stable, and the map gave the tokens in the order of their code points.
        tokens.sort_by_key(|&(_, count)| Reverse(count));
        tokens.truncate((spec.max_tokens - FIRST_TOKEN) as usize);
        if tokens.is_empty() {
            return Err(err!(
                Data,
                "text: no token occurs {least} times, expected at least 1 that does"
            ));
        }
        spec.vocabulary = tokens.into_iter().map(|(token, _)| token.into()).collect();
        Ok(spec)
    }
}

impl TextSpec {
    /// The specification with the vocabulary of these texts.
    ///
    /// # Errors
    /// What [`validate`](Self::validate) refuses; `Data` if no token occurs often enough.
    pub fn fit<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut fit = TextFit::new(self.clone())?;
        texts.into_iter().for_each(|text| _ = fit.add(text));
        fit.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_is_counted_is_bounded_and_what_is_frequent_stays() {
        let spec = TextSpec { max_tokens: 4, ..TextSpec::default() };
        let mut fit = TextFit { counts: Counts::with_limit(100), ..TextFit::new(spec).unwrap() };
        for i in 0..1000 {
            fit.add(&format!("often a{i} b{i} often c{i} sometimes"));
            assert!(fit.counts.iter().count() <= 100);
        }
        assert_eq!(fit.finish().unwrap().vocabulary, ["often", "sometimes"]);
    }
}
