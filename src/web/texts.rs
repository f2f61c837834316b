//! Texts that samples were made of.

use wasm_bindgen::prelude::*;

use super::builder::WebDatasetBuilder;
use super::dataset::WebDataset;
use super::value::{OrThrow, WebResult, from_value, to_value};
use crate::data::preprocessing::text::TextSpec;
use crate::data::{Dataset, TextsInMemory};

/// The texts of each sample, as [`WebDatasetBuilder::set_texts`] takes them; undefined where none are
/// known.
pub(super) fn parts(dataset: &Dataset) -> WebResult<JsValue> {
    if !dataset.has_texts() {
        return Ok(JsValue::UNDEFINED);
    }
    let whole = |index| -> crate::Result<Vec<String>> {
        Ok(dataset.texts(index, usize::MAX)?.into_iter().map(|found| found.text).collect())
    };
    let all: crate::Result<Vec<_>> = (0..dataset.len() as u32).map(whole).collect();
    to_value(&all.or_throw()?)
}

#[wasm_bindgen(js_class = DatasetBuilder)]
impl WebDatasetBuilder {
    /// The texts that each sample was made of; none where they are not known.
    ///
    /// # Errors
    /// For a value that is no list of lists of texts.
    #[wasm_bindgen(js_name = setTexts)]
    pub fn set_texts(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "string[][]")] texts: JsValue,
    ) -> WebResult<()> {
        let texts: Vec<Vec<String>> = from_value("texts", texts)?;
        let mut all = TextsInMemory::default();
        texts.iter().for_each(|of| all.push(of.iter().map(String::as_str)));
        self.texts = Some(all);
        Ok(())
    }
}

/// What comes next in a text, in windows of `length` ids.
///
/// # Errors
/// What [`Dataset::of_continuations`] refuses.
#[wasm_bindgen(js_name = textDataset)]
pub fn text_dataset(
    text: &str,
    #[wasm_bindgen(unchecked_param_type = "TextSpec")] spec: JsValue,
    length: u32,
    stride: u32,
) -> WebResult<WebDataset> {
    let spec: TextSpec = from_value("text", spec)?;
    let dataset = Dataset::of_continuations(text, &spec, length as usize, stride as usize);
    dataset.or_throw().map(WebDataset::from)
}
