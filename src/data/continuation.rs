//! Texts as samples of what comes next.

use super::preprocessing::text::{TextEncoder, TextSpec, Windows};
use super::{Column, Dataset, Preprocessing, Targets, Values};
use crate::memory::reserve;
use crate::{Result, err};

/// The most numbers of all windows together: 1 GiB of them, and as many of their targets.
const MOST_NUMBERS: usize = 1 << 28;

impl Dataset {
    /// What comes next in a text: windows of `length` ids that begin every `stride` ids, each with the
    /// ids one further on as its targets, [length] numbers. The vocabulary is that of the text, unless
    /// the specification has one.
    ///
    /// # Errors
    /// What [`TextSpec::fit`] and [`Windows::new`] refuse, and `TooLarge` for more windows than fit
    /// memory.
    pub fn of_continuations(
        text: &str,
        spec: &TextSpec,
        length: usize,
        stride: usize,
    ) -> Result<Self> {
        let spec = if spec.vocabulary.is_empty() && spec.merges.is_empty() {
            spec.fit([text])?
        } else {
            spec.clone()
        };
        let encoder = TextEncoder::new(spec.clone())?;
        let ids = encoder.tokens(text);
        let windows = Windows::new(&ids, length, stride)?;
        let numbers = windows.len().checked_mul(length).filter(|&numbers| numbers <= MOST_NUMBERS);
        let Some(numbers) = numbers else {
            return Err(err!(
                TooLarge,
                "text: {} windows of {length} ids are more than {MOST_NUMBERS} numbers; a larger \
                 stride makes fewer",
                windows.len()
            ));
        };
        let mut inputs = reserve("the windows of a text", numbers)?;
        let mut targets = reserve("the targets of a text", numbers)?;
        for (seen, next) in windows.iter() {
            inputs.extend(seen.iter().map(|&id| id as f32));
            targets.extend(next.iter().map(|&id| id as f32));
        }
        let text = TextSpec { length: u32::try_from(length).ok(), ..spec };
        Self::new(
            vec![Column::new(vec![length], Values::F32(inputs))?],
            Targets::Dense { shape: vec![length], values: targets },
            Vec::new(),
            Preprocessing { text: Some(text), ..Preprocessing::default() },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::preprocessing::text::Split;
    use super::*;
    use crate::ErrorKind;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn characters() -> TextSpec {
        TextSpec { split: Split::Characters, lowercase: false, min_count: 1, ..TextSpec::default() }
    }

    #[test]
    fn targets_are_the_inputs_one_further_on() {
        let dataset = Dataset::of_continuations("abcabcabca", &characters(), 4, 2).expect("a text");
        assert_eq!(dataset.len(), 3);
        let spec = dataset.preprocessing().text.clone().expect("a vocabulary");
        assert_eq!((spec.vocabulary.concat().as_str(), spec.length), ("abc", Some(4)));
        let [mut seen, mut next] = [[0.0; 4]; 2];
        dataset.input_into(0, &[1], &mut seen).expect("a window");
        dataset.values_into(&[1], &mut next).expect("its targets");
        assert_eq!((seen, next), ([4.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0, 2.0]));
        // Another text by the same vocabulary: what it lacks is unknown.
        let other = Dataset::of_continuations("cabd!", &spec, 4, 1).expect("a text");
        other.values_into(&[0], &mut next).expect("its targets");
        assert_eq!(next, [2.0, 3.0, 1.0, 1.0]);
    }

    #[test]
    fn texts_without_a_window_are_refused() {
        let error = Dataset::of_continuations("abc", &characters(), 3, 1).expect_err("too short");
        assert_eq!(error.kind(), ErrorKind::Data);
        let error = Dataset::of_continuations("", &characters(), 3, 1).expect_err("no text");
        assert_eq!(error.kind(), ErrorKind::Data);
    }
}
