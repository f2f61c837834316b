//! Texts as they were written, beside the numbers that a network sees of them.

use std::fmt::Debug;
use std::sync::Arc;

use super::column::beyond;
use super::dataset::Dataset;
use super::places::Places;
use super::table::Texts;
use crate::{Result, err};

/// Where the texts are that samples were made of.
pub trait TextStore: Debug + Send + Sync {
    /// How many samples there are.
    fn samples(&self) -> usize;

    /// The texts that a sample was made of, one for each column of text, or none where they are not
    /// known: at least their first `most` bytes, as far as those are whole characters.
    ///
    /// # Errors
    /// What the place of the texts answers, and `Argument` beyond the last sample.
    fn read(&self, sample: usize, most: usize) -> Result<Vec<Excerpt>>;
}

/// A text, or its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// As it was written; lines end with a line feed.
    pub text: String,
    /// Whether it goes on.
    pub is_cut: bool,
}

impl Excerpt {
    /// The first characters of a text, at most so many.
    #[must_use]
    pub fn of(text: &str, characters: usize) -> Self {
        let end = text.char_indices().nth(characters).map(|(end, _)| end);
        Self { text: text[..end.unwrap_or(text.len())].to_owned(), is_cut: end.is_some() }
    }
}

/// The texts of the samples of a dataset.
pub(super) type Written = Places<dyn TextStore>;

impl Dataset {
    /// The same samples, with the texts that they were made of.
    ///
    /// # Errors
    /// `Shape` for texts of another number of samples.
    pub fn with_texts(mut self, texts: Arc<dyn TextStore>) -> Result<Self> {
        let (found, samples) = (texts.samples(), self.len());
        if found != samples {
            return Err(err!(Shape, "texts: found those of {found} samples, expected {samples}"));
        }
        self.written = Some(Places::new(texts, samples));
        Ok(self)
    }

    /// Whether it is known what was written, of some samples at least.
    pub fn has_texts(&self) -> bool {
        self.written.is_some()
    }

    /// The texts that a sample was made of, one for each column of text, at most so many characters of
    /// each; none where they are not known.
    ///
    /// # Errors
    /// `Argument` beyond the last sample, and what the place of the texts answers.
    pub fn texts(&self, index: u32, characters: usize) -> Result<Vec<Excerpt>> {
        let Some(written) = &self.written else { return Ok(Vec::new()) };
        let place = written.place(index).ok_or_else(|| beyond(index, self.len()))?;
        let (store, sample) = written.at(place);
        // No character of UTF-8 takes more than four bytes; one more tells whether the text goes on.
        let most = characters.saturating_add(1).saturating_mul(4);
        let shortened = |found: Excerpt| {
            let Excerpt { text, is_cut } = Excerpt::of(&found.text, characters);
            Excerpt { text, is_cut: is_cut || found.is_cut }
        };
        Ok(store.read(sample, most)?.into_iter().map(shortened).collect())
    }

    /// The texts of the samples of both, if either has any.
    pub(super) fn joined_texts(&self, other: &Self) -> Result<Option<Written>> {
        if self.written.is_none() && other.written.is_none() {
            return Ok(None);
        }
        let of = |dataset: &Self| -> Written {
            let unknown = || Places::new(Arc::new(Unknown(dataset.len())) as _, dataset.len());
            dataset.written.clone().unwrap_or_else(unknown)
        };
        let mut all = of(self);
        all.append(&of(other))?;
        Ok(Some(all))
    }
}

/// Samples of which nobody knows what was written.
#[derive(Debug)]
struct Unknown(usize);

impl TextStore for Unknown {
    fn samples(&self) -> usize {
        self.0
    }

    fn read(&self, _: usize, _: usize) -> Result<Vec<Excerpt>> {
        Ok(Vec::new())
    }
}

/// Texts in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct TextsInMemory {
    texts: Texts,
    /// Behind those of each sample.
    ends: Vec<usize>,
}

impl TextsInMemory {
    /// The texts of one more sample.
    pub(crate) fn push<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        texts.into_iter().for_each(|text| self.texts.push(text));
        self.ends.push(self.texts.len());
    }
}

impl TextStore for TextsInMemory {
    fn samples(&self) -> usize {
        self.ends.len()
    }

    fn read(&self, sample: usize, most: usize) -> Result<Vec<Excerpt>> {
        let Some(&end) = self.ends.get(sample) else {
            return Err(beyond(sample as u32, self.ends.len()));
        };
        let begin = sample.checked_sub(1).map_or(0, |before| self.ends[before]);
        let excerpt = |text: &str| {
            let end = text.floor_char_boundary(most);
            Excerpt { text: text[..end].to_owned(), is_cut: end < text.len() }
        };
        Ok((begin..end).map(|at| excerpt(self.texts.get(at))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Column, Preprocessing, Targets, Values};
    use super::*;
    use crate::ErrorKind;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn numbers(samples: u8) -> Dataset {
        let column = Column::new(vec![1], Values::U8((0..samples).collect())).unwrap();
        Dataset::new(vec![column], Targets::None, vec![], Preprocessing::default()).unwrap()
    }

    fn written(texts: &[&str]) -> Dataset {
        let mut all = TextsInMemory::default();
        texts.iter().for_each(|text| all.push([*text]));
        numbers(texts.len() as u8).with_texts(Arc::new(all)).unwrap()
    }

    fn read(dataset: &Dataset, characters: usize) -> Vec<Vec<(String, bool)>> {
        let of = |index| {
            let texts = dataset.texts(index, characters).unwrap();
            texts.into_iter().map(|Excerpt { text, is_cut }| (text, is_cut)).collect()
        };
        (0..dataset.len() as u32).map(of).collect()
    }

    #[test]
    fn texts_go_along_with_subsets_and_joins() {
        let both = written(&["one", "two", "three"]).subset(&[2, 0]).unwrap();
        let both = both.joined(&numbers(1)).unwrap().joined(&written(&["four"])).unwrap();
        let found = read(&both.subset(&[3, 2, 1, 0]).unwrap(), 10);
        let whole = |text: &str| vec![(text.to_owned(), false)];
        assert_eq!(found, [whole("four"), vec![], whole("one"), whole("three")]);
        assert!(both.has_texts() && !numbers(2).has_texts());
        assert_eq!(both.texts(4, 1).unwrap_err().kind(), ErrorKind::Argument);
    }

    #[test]
    fn excerpts_are_cut_between_characters() {
        let dataset = written(&["añ€😀x", "añ€😀", ""]);
        assert_eq!(
            read(&dataset, 4).concat(),
            [("añ€😀".into(), true), ("añ€😀".into(), false), (String::new(), false)]
        );
        assert_eq!(read(&dataset, 0)[0], [(String::new(), true)]);
        assert_eq!(read(&dataset, usize::MAX)[0], [("añ€😀x".into(), false)]);
        let long = "😀".repeat(50_000);
        let found = written(&[&long]).texts(0, 49_999).unwrap();
        assert_eq!((found[0].text.len(), found[0].is_cut), (4 * 49_999, true));
    }

    #[test]
    fn texts_of_other_samples_are_refused() {
        let error = numbers(2).with_texts(Arc::new(TextsInMemory::default())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Shape);
    }
}
