//! Images on their way to samples.

use js_sys::{Float32Array, Uint8Array};
use wasm_bindgen::prelude::*;

use super::dataset::WebDataset;
use super::value::{
    OrThrow, WebResult, bytes_of, from_value, object, sizes_of, to_preprocessing, to_shape,
    to_value,
};
use crate::data::preprocessing::features::ComponentFit;
use crate::data::{Image, Preparation, Preprocessing, Values};

/// What an image becomes: the bytes of one sample, or the numbers of its features, and their shape.
pub(super) fn prepared(
    preprocessing: &Preprocessing,
    shape: &[usize],
    rgba: &Uint8Array,
    width: u32,
    height: u32,
) -> WebResult<JsValue> {
    let rgba = bytes_of("the image", rgba)?;
    let image = Image::new(height as usize, width as usize, 4, rgba).or_throw()?;
    let data = match preprocessing.prepare_values(image, shape).or_throw()? {
        Values::U8(bytes) => Uint8Array::from(bytes.as_slice()).into(),
        Values::F32(numbers) => Float32Array::from(numbers.as_slice()).into(),
    };
    object(&[("data", data), ("shape", sizes_of(shape))])
}

/// Turns images into the bytes of samples of this shape, or the numbers of their features.
///
/// # Errors
/// What [`Preprocessing::prepare_values`] refuses.
#[wasm_bindgen(js_name = prepareImage, unchecked_return_type = "{ data: Uint8Array | Float32Array; shape: number[] }")]
pub fn prepare_image(
    #[wasm_bindgen(unchecked_param_type = "Preprocessing | undefined")] preprocessing: JsValue,
    shape: &[u32],
    rgba: &Uint8Array,
    width: u32,
    height: u32,
) -> WebResult<JsValue> {
    prepared(&to_preprocessing(preprocessing)?, &to_shape(shape), rgba, width, height)
}

/// A dataset of images on its way through the image steps of a preprocessing.
#[wasm_bindgen(js_name = Preparation)]
#[derive(Debug)]
pub struct WebPreparation(Preparation);

#[wasm_bindgen(js_class = Preparation)]
impl WebPreparation {
    /// Before the first image.
    ///
    /// # Errors
    /// What [`Preparation::new`] refuses.
    #[wasm_bindgen(constructor)]
    pub fn new(
        dataset: &WebDataset,
        #[wasm_bindgen(unchecked_param_type = "Preprocessing")] preprocessing: JsValue,
    ) -> WebResult<WebPreparation> {
        let preprocessing = from_value("preprocessing", preprocessing)?;
        Preparation::new(dataset.inner(), preprocessing).or_throw().map(Self)
    }

    /// Prepares up to so many further samples; returns how many are done.
    ///
    /// # Errors
    /// What [`Preparation::advance`] refuses.
    pub fn advance(&mut self, dataset: &WebDataset, samples: u32) -> WebResult<u32> {
        self.0.advance(dataset.inner(), samples).or_throw()?;
        Ok(self.0.done())
    }

    /// The prepared dataset.
    ///
    /// # Errors
    /// What [`Preparation::finish`] refuses.
    pub fn finish(self, dataset: &WebDataset) -> WebResult<WebDataset> {
        self.0.finish(dataset.inner()).or_throw().map(WebDataset::from)
    }
}

/// The principal components of a preprocessing, on their way through the training part.
#[wasm_bindgen(js_name = ComponentFit)]
#[derive(Debug)]
pub struct WebComponentFit(ComponentFit);

#[wasm_bindgen(js_class = ComponentFit)]
impl WebComponentFit {
    /// Before the first image.
    ///
    /// # Errors
    /// What [`ComponentFit::new`] refuses.
    #[wasm_bindgen(constructor)]
    pub fn new(
        dataset: &WebDataset,
        #[wasm_bindgen(unchecked_param_type = "Preprocessing")] preprocessing: JsValue,
    ) -> WebResult<WebComponentFit> {
        let preprocessing = from_value("preprocessing", preprocessing)?;
        ComponentFit::new(dataset.inner(), preprocessing).or_throw().map(Self)
    }

    /// Looks at up to so many further samples; returns how many are done.
    ///
    /// # Errors
    /// What [`ComponentFit::advance`] refuses.
    pub fn advance(&mut self, dataset: &WebDataset, samples: u32) -> WebResult<u32> {
        self.0.advance(dataset.inner(), samples).or_throw()?;
        Ok(self.0.done())
    }

    /// The preprocessing with its components.
    ///
    /// # Errors
    /// What [`ComponentFit::finish`] refuses.
    #[wasm_bindgen(unchecked_return_type = "Preprocessing")]
    pub fn finish(self) -> WebResult<JsValue> {
        to_value(&self.0.finish().or_throw()?)
    }
}
