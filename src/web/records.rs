//! Datasets whose samples are in a file of records.

use wasm_bindgen::prelude::*;

use super::bytes::{ByteSource, JsSource};
use super::dataset::WebDataset;
use super::value::{OrThrow, WebResult, to_value};
use crate::formats::records::{Part, Records};

/// A file of records that was opened.
#[wasm_bindgen(js_name = Records)]
#[derive(Debug)]
pub struct WebRecords(Records);

/// Opens a file of records; reads nothing of its samples.
///
/// # Errors
/// What [`Records::open`] refuses.
#[wasm_bindgen(js_name = openRecords)]
pub fn open_records(file: ByteSource) -> WebResult<WebRecords> {
    Records::open(JsSource::new(file)).or_throw().map(WebRecords)
}

#[wasm_bindgen(js_class = Records)]
impl WebRecords {
    /// What is known of the dataset besides its samples.
    ///
    /// # Errors
    /// None in practice: it can always be written.
    #[wasm_bindgen(unchecked_return_type = "unknown")]
    pub fn report(&self) -> WebResult<JsValue> {
        to_value(&self.0.foot().report)
    }

    /// The numbers of the samples that were given to learn from (1), to choose by (2) or to judge
    /// by (3); of those of which nothing was said (0).
    pub fn part(&self, part: u8) -> Vec<u32> {
        let parts = (0..).zip(self.0.parts());
        parts.filter(|(_, of)| *of as u8 == part).map(|(index, _)| index).collect()
    }

    /// Whether parts were given.
    #[wasm_bindgen(getter, js_name = hasParts)]
    pub fn has_parts(&self) -> bool {
        self.0.parts().iter().any(|part| *part != Part::All)
    }

    /// A dataset that reads its samples when it needs them; `inMemory`, one that has them all.
    ///
    /// # Errors
    /// What [`Records::into_dataset`] refuses.
    #[wasm_bindgen(js_name = intoDataset)]
    pub fn into_dataset(self, in_memory: bool) -> WebResult<WebDataset> {
        self.0.into_dataset(in_memory).or_throw().map(WebDataset::from)
    }
}
