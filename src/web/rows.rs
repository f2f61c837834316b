//! Samples on their way from one worker to another.

use js_sys::{Float32Array, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;

use super::dataset::WebDataset;
use super::value::{OrThrow, WebResult};
use crate::data::{Dataset, RowValues, Rows};

/// Room for the samples of a worker's share of a step.
#[wasm_bindgen(js_name = Rows)]
#[derive(Debug)]
pub struct WebRows(pub(super) Rows);

impl WebRows {
    /// A dataset that begins with the samples.
    pub(super) fn dataset(&self) -> &Dataset {
        self.0.dataset()
    }
}

#[wasm_bindgen(js_class = Rows)]
impl WebRows {
    /// Room for so many samples of a dataset like this one.
    ///
    /// # Errors
    /// What [`Rows::new`] refuses.
    #[wasm_bindgen(constructor)]
    pub fn new(like: &WebDataset, samples: u32) -> WebResult<WebRows> {
        Rows::new(like.inner(), samples as usize).or_throw().map(Self)
    }

    /// The bytes that so many samples take on their way.
    ///
    /// # Errors
    /// What [`Rows::visit`] refuses.
    pub fn bytes(&mut self, samples: u32) -> WebResult<u32> {
        let mut bytes = 0;
        self.0.visit(samples as usize, |values| bytes += aligned(&values)).or_throw()?;
        Ok(bytes)
    }

    /// All rows as a dataset, for their number and shapes.
    pub fn room(&self) -> WebDataset {
        self.0.dataset().clone().into()
    }

    /// Takes the samples `from..to` of a dataset.
    ///
    /// # Errors
    /// What [`Rows::gather`] refuses.
    pub fn gather(&mut self, dataset: &WebDataset, from: u32, to: u32) -> WebResult<()> {
        let samples: Vec<u32> = (from..to).collect();
        self.0.gather(dataset.inner(), &samples).or_throw()
    }

    /// Writes the first samples to a buffer, from its beginning.
    ///
    /// # Errors
    /// What [`Rows::visit`] refuses.
    pub fn write(
        &mut self,
        samples: u32,
        #[wasm_bindgen(unchecked_param_type = "ArrayBufferLike")] buffer: &JsValue,
    ) -> WebResult<()> {
        let mut at = 0;
        let visited = self.0.visit(samples as usize, |values| {
            let begin = at;
            at += aligned(&values);
            match values {
                RowValues::U8(values) => bytes(buffer, begin, values.len()).copy_from(values),
                RowValues::F32(values) => floats(buffer, begin, values.len()).copy_from(values),
                RowValues::U32(values) => words(buffer, begin, values.len()).copy_from(values),
            }
        });
        visited.or_throw()
    }

    /// Reads the first samples from a buffer.
    ///
    /// # Errors
    /// What [`Rows::visit`] refuses.
    pub fn read(
        &mut self,
        samples: u32,
        #[wasm_bindgen(unchecked_param_type = "ArrayBufferLike")] buffer: &JsValue,
    ) -> WebResult<()> {
        let mut at = 0;
        let visited = self.0.visit(samples as usize, |values| {
            let begin = at;
            at += aligned(&values);
            match values {
                RowValues::U8(values) => bytes(buffer, begin, values.len()).copy_to(values),
                RowValues::F32(values) => floats(buffer, begin, values.len()).copy_to(values),
                RowValues::U32(values) => words(buffer, begin, values.len()).copy_to(values),
            }
        });
        visited.or_throw()
    }
}

/// The bytes of these values, up to where the next may begin.
fn aligned(values: &RowValues<'_>) -> u32 {
    let bytes = match values {
        RowValues::U8(values) => values.len(),
        RowValues::F32(values) => 4 * values.len(),
        RowValues::U32(values) => 4 * values.len(),
    };
    bytes.next_multiple_of(4) as u32
}

fn bytes(buffer: &JsValue, begin: u32, len: usize) -> Uint8Array {
    Uint8Array::new_with_byte_offset_and_length(buffer, begin, len as u32)
}

/// So many numbers of a buffer, from this byte on.
pub(super) fn floats(buffer: &JsValue, begin: u32, len: usize) -> Float32Array {
    Float32Array::new_with_byte_offset_and_length(buffer, begin, len as u32)
}

fn words(buffer: &JsValue, begin: u32, len: usize) -> Uint32Array {
    Uint32Array::new_with_byte_offset_and_length(buffer, begin, len as u32)
}
