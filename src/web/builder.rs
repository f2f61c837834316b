//! How a dataset is made of arrays.

use std::sync::Arc;

use js_sys::{Float32Array, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;

use super::dataset::WebDataset;
use super::model::WebModel;
use super::value::{OrThrow, WebResult, bytes_of, floats_of, from_value, to_shape, words_of};
use crate::data::{Boxes, Column, Dataset, Preprocessing, Targets, TextsInMemory, Values};

/// Collects what a dataset is made of.
#[wasm_bindgen(js_name = DatasetBuilder)]
#[derive(Debug)]
pub struct WebDatasetBuilder {
    inputs: Vec<Column>,
    targets: Targets,
    class_names: Vec<String>,
    preprocessing: Preprocessing,
    input_names: Vec<String>,
    output_names: Vec<String>,
    /// Those of the outputs behind the first.
    further: Vec<Targets>,
    sample_weight: Option<Vec<f32>>,
    pub(super) boxes: Option<Boxes>,
    pub(super) texts: Option<TextsInMemory>,
}

#[wasm_bindgen(js_class = DatasetBuilder)]
impl WebDatasetBuilder {
    /// Nothing yet.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "JavaScript calls it by `new`")]
    pub fn new() -> Self {
        Self {
            inputs: Vec::new(),
            targets: Targets::None,
            class_names: Vec::new(),
            preprocessing: Preprocessing::default(),
            input_names: Vec::new(),
            output_names: Vec::new(),
            further: Vec::new(),
            sample_weight: None,
            boxes: None,
            texts: None,
        }
    }

    /// An input of bytes; `shape` is that of one sample.
    ///
    /// # Errors
    /// What [`Column::new`] refuses, and `TooLarge` where there is no memory for them.
    #[wasm_bindgen(js_name = addBytes)]
    pub fn add_bytes(&mut self, values: &Uint8Array, shape: &[u32]) -> WebResult<()> {
        let values = bytes_of("the samples", values)?;
        self.inputs.push(Column::new(to_shape(shape), Values::U8(values)).or_throw()?);
        Ok(())
    }

    /// An input of numbers; `shape` is that of one sample.
    ///
    /// # Errors
    /// What [`Column::new`] refuses, and `TooLarge` where there is no memory for them.
    #[wasm_bindgen(js_name = addFloats)]
    pub fn add_floats(&mut self, values: &Float32Array, shape: &[u32]) -> WebResult<()> {
        let values = floats_of("the samples", values)?;
        self.inputs.push(Column::new(to_shape(shape), Values::F32(values)).or_throw()?);
        Ok(())
    }

    /// The class of each sample, of the next output.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for them.
    #[wasm_bindgen(js_name = addClasses)]
    pub fn add_classes(&mut self, classes: &Uint32Array) -> WebResult<()> {
        self.add_targets(Targets::Classes(words_of("the labels", classes)?));
        Ok(())
    }

    /// Numbers that the next output should answer; `shape` is that of one sample.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for them.
    #[wasm_bindgen(js_name = addValues)]
    pub fn add_values(&mut self, values: &Float32Array, shape: &[u32]) -> WebResult<()> {
        let values = floats_of("the targets", values)?;
        self.add_targets(Targets::Dense { shape: to_shape(shape), values });
        Ok(())
    }

    /// How much each sample counts.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for them.
    #[wasm_bindgen(js_name = setSampleWeight)]
    pub fn set_sample_weight(&mut self, weights: &Float32Array) -> WebResult<()> {
        self.sample_weight = Some(floats_of("the weights of the samples", weights)?);
        Ok(())
    }

    /// The names of the model's inputs that these are, where they go by names.
    #[wasm_bindgen(js_name = setInputNames)]
    pub fn set_input_names(&mut self, names: Vec<String>) {
        self.input_names = names;
    }

    /// The names of the model's outputs that the targets are of, where they go by names.
    #[wasm_bindgen(js_name = setOutputNames)]
    pub fn set_output_names(&mut self, names: Vec<String>) {
        self.output_names = names;
    }

    /// Names of the classes.
    #[wasm_bindgen(js_name = setClassNames)]
    pub fn set_class_names(&mut self, names: Vec<String>) {
        self.class_names = names;
    }

    /// What turns images into samples and samples into numbers.
    ///
    /// # Errors
    /// For a value that is no preprocessing.
    #[wasm_bindgen(js_name = setPreprocessing)]
    pub fn set_preprocessing(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Preprocessing")] value: JsValue,
    ) -> WebResult<()> {
        self.preprocessing = from_value("preprocessing", value)?;
        Ok(())
    }

    /// Takes the preprocessing and the names of the classes from a model.
    #[wasm_bindgen(js_name = prepareAs)]
    pub fn prepare_as(&mut self, model: &WebModel) {
        self.preprocessing = model.info.preprocessing.clone();
        self.class_names = model.info.class_names.clone();
    }

    /// The dataset.
    ///
    /// # Errors
    /// What [`Dataset::new`], [`Dataset::with_boxes`] and [`Dataset::with_texts`] refuse.
    pub fn build(self) -> WebResult<WebDataset> {
        let Self { inputs, targets, class_names, preprocessing, boxes, texts, .. } = self;
        let mut dataset = Dataset::new(inputs, targets, class_names, preprocessing).or_throw()?;
        if !self.further.is_empty() {
            dataset = dataset.with_further_targets(self.further).or_throw()?;
        }
        if !self.input_names.is_empty() {
            dataset = dataset.with_input_names(self.input_names).or_throw()?;
        }
        if !self.output_names.is_empty() {
            dataset = dataset.with_output_names(self.output_names).or_throw()?;
        }
        if let Some(weights) = self.sample_weight {
            dataset = dataset.with_sample_weight(weights).or_throw()?;
        }
        if let Some(boxes) = boxes {
            dataset = dataset.with_boxes(boxes).or_throw()?;
        }
        if let Some(texts) = texts {
            dataset = dataset.with_texts(Arc::new(texts)).or_throw()?;
        }
        Ok(dataset.into())
    }
}

impl WebDatasetBuilder {
    fn add_targets(&mut self, targets: Targets) {
        if self.targets == Targets::None {
            self.targets = targets;
        } else {
            self.further.push(targets);
        }
    }
}
