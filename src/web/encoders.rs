//! Rows of tables and texts on their way to samples, and back for people to look at.

use std::cell::RefCell;

use js_sys::Float32Array;
use serde_json::{Map, Value};
use wasm_bindgen::prelude::*;

use super::model::WebModel;
use super::value::{OrThrow, WebResult, from_value, object, throw, to_value};
use crate::data::preprocessing::table::TableEncoder;
use crate::data::preprocessing::text::TextEncoder;
use crate::data::{Excerpt, Preprocessing};
use crate::{Result, err};

/// What was made of a preprocessing, kept for the next rows and texts.
#[derive(Debug, Default)]
pub(super) struct Encoders(RefCell<Kept>);

#[derive(Debug, Default)]
struct Kept {
    table: Option<TableEncoder>,
    text: Option<TextEncoder>,
}

/// The encoder of a specification: the one that is kept, if it is of that.
fn encoder<'a, S: Clone + PartialEq, E>(
    kept: &'a mut Option<E>,
    spec: &S,
    of: fn(&E) -> &S,
    new: fn(S) -> Result<E>,
) -> Result<&'a E> {
    let encoder = match kept.take().filter(|encoder| of(encoder) == spec) {
        Some(encoder) => encoder,
        None => new(spec.clone())?,
    };
    Ok(kept.insert(encoder))
}

impl Encoders {
    /// Uses the encoder of rows.
    fn with_table<T>(
        &self,
        steps: &Preprocessing,
        encode: impl FnOnce(&TableEncoder) -> Result<T>,
    ) -> Result<T> {
        let spec = steps.table.as_ref().ok_or_else(|| {
            err!(
                Argument,
                "preprocessing: found no table, expected the one that rows are encoded by"
            )
        })?;
        let kept = &mut self.0.borrow_mut().table;
        encode(encoder(kept, spec, TableEncoder::spec, TableEncoder::new)?)
    }

    /// Uses the encoder of texts.
    pub(super) fn with_text<T>(
        &self,
        steps: &Preprocessing,
        encode: impl FnOnce(&TextEncoder) -> Result<T>,
    ) -> Result<T> {
        let spec = steps.text.as_ref().ok_or_else(|| {
            err!(
                Argument,
                "preprocessing: found no text, expected the one that texts are encoded by"
            )
        })?;
        let kept = &mut self.0.borrow_mut().text;
        encode(encoder(kept, spec, TextEncoder::spec, TextEncoder::new)?)
    }

    /// What the numbers of a sample were made of, as names and values of properties; nothing if they are
    /// no row and no text. `written` are its texts, where those are known.
    pub(super) fn shown(
        &self,
        steps: &Preprocessing,
        numbers: &[f32],
        written: Vec<Excerpt>,
    ) -> WebResult<Vec<(&'static str, JsValue)>> {
        if steps.table.is_some() {
            let row = self.with_table(steps, |encoder| {
                let mut row = encoder.decode(numbers);
                for (name, text) in encoder.text_names().zip(written) {
                    row.insert(name.into(), marked(text).into());
                }
                Ok(row)
            });
            return Ok(vec![("row", to_value(&row.or_throw()?)?)]);
        }
        if steps.text.is_some() {
            let tokens = self.with_text(steps, |encoder| Ok(encoder.shown(numbers))).or_throw()?;
            let text = written.into_iter().next().map(|text| ("text", marked(text).into()));
            return Ok(text.into_iter().chain([("tokens", tokens.into())]).collect());
        }
        Ok(Vec::new())
    }
}

#[wasm_bindgen(js_class = Model)]
impl WebModel {
    /// Rows of a table, objects with a value for each column, as samples of the first input.
    ///
    /// # Errors
    /// `Argument` for a model without `preprocessing.table`, and what [`TableEncoder::prepare_rows`]
    /// refuses.
    #[wasm_bindgen(
        js_name = encodeRows,
        unchecked_return_type = "{ data: Float32Array; shape: number[] }"
    )]
    pub fn encode_rows(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Record<string, unknown>[]")] rows: JsValue,
    ) -> WebResult<JsValue> {
        let rows: Vec<Map<String, Value>> = from_value("rows", rows)?;
        let encoded = self.encoders.with_table(&self.info.preprocessing, |encoder| {
            let [data] = <[_; 1]>::try_from(encoder.prepare_rows(&rows)?).map_err(|inputs| {
                err!(Unsupported, "rows: they become {} inputs, expected 1", inputs.len())
            })?;
            Ok((data, encoder.shapes().concat()))
        });
        let (data, shape) = encoded.or_throw()?;
        samples(&data, &shape)
    }

    /// Texts as samples of the first input.
    ///
    /// # Errors
    /// `Argument` for a model without `preprocessing.text`, and what [`TextEncoder::prepare`] refuses.
    #[wasm_bindgen(
        js_name = encodeTexts,
        unchecked_return_type = "{ data: Float32Array; shape: number[] }"
    )]
    pub fn encode_texts(&self, texts: Vec<String>) -> WebResult<JsValue> {
        let shape = &self.model().graph().inputs()[0].shape;
        let encoded = self.encoders.with_text(&self.info.preprocessing, |encoder| {
            let mut data = Vec::new();
            for text in &texts {
                data.append(&mut encoder.prepare(text, shape)?);
            }
            Ok(data)
        });
        samples(&encoded.or_throw()?, shape)
    }
}

/// A text, with a mark where it was cut.
fn marked(Excerpt { mut text, is_cut }: Excerpt) -> String {
    if is_cut {
        text.push('…');
    }
    text
}

/// Samples of this shape.
fn samples(data: &[f32], shape: &[usize]) -> WebResult<JsValue> {
    if data.is_empty() {
        return Err(throw(&err!(Data, "x: found no sample, expected at least one")));
    }
    object(&[("data", Float32Array::from(data).into()), ("shape", to_value(&shape)?)])
}
