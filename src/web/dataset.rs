//! Datasets.

use std::sync::Arc;

use js_sys::{Float32Array, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;

use super::boxes;
use super::encoders::Encoders;
use super::texts;
use super::value::{
    OrThrow, WebResult, from_shape, from_value, joined, object, to_preprocessing, to_seed,
    to_value, words_of,
};
use crate::data::augment::{preview, preview_boxes};
use crate::data::{Dataset, LabelledBox, Targets, Values};
use crate::formats::idx;

/// A dataset. It does not change, so that several may share it.
#[wasm_bindgen(js_name = Dataset)]
#[derive(Debug)]
pub struct WebDataset(Arc<Dataset>, Encoders);

impl From<Dataset> for WebDataset {
    fn from(dataset: Dataset) -> Self {
        Arc::new(dataset).into()
    }
}

impl From<Arc<Dataset>> for WebDataset {
    fn from(dataset: Arc<Dataset>) -> Self {
        Self(dataset, Encoders::default())
    }
}

impl WebDataset {
    /// The engine's dataset.
    pub(super) fn inner(&self) -> &Dataset {
        &self.0
    }

    /// A hold on the engine's dataset.
    pub(super) fn hold(&self) -> Arc<Dataset> {
        Arc::clone(&self.0)
    }

    /// A sample with what is known of it, and its boxes where they are elsewhere than in the sample.
    fn described(
        &self,
        index: u32,
        data: JsValue,
        shown: Vec<(&'static str, JsValue)>,
        moved: Option<&[LabelledBox]>,
    ) -> WebResult<JsValue> {
        let label = self.0.labels().and_then(|labels| labels.get(index as usize));
        let mut all = vec![
            ("data", data),
            ("shape", to_value(&self.0.inputs()[0].shape())?),
            ("label", label.map_or(JsValue::UNDEFINED, |&label| label.into())),
        ];
        if let Targets::Dense { shape, values } = self.0.targets() {
            let width: usize = shape.iter().product();
            let begin = index as usize * width;
            if let Some(target) = values.get(begin..begin + width) {
                all.push(("target", to_value(&target)?));
            }
        }
        all.extend(shown);
        if let Some(own) = self.0.boxes() {
            let found = moved.unwrap_or_else(|| own.of(index as usize));
            all.push(("boxes", boxes::shown(own.class_names(), found)?));
        }
        object(&all)
    }
}

#[wasm_bindgen(js_class = Dataset)]
impl WebDataset {
    /// Another hold on the same samples; each is freed on its own.
    pub fn share(&self) -> Self {
        self.hold().into()
    }

    /// Its preprocessing, with a normalisation by its samples: `per` is "all", "channel", "column" or
    /// "value". For the training part.
    ///
    /// # Errors
    /// What [`Preprocessing::normalized_by`] refuses.
    #[wasm_bindgen(unchecked_return_type = "Preprocessing")]
    pub fn normalized(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Per")] per: JsValue,
    ) -> WebResult<JsValue> {
        let per = from_value("per", per)?;
        to_value(&self.0.preprocessing().normalized_by(&self.0, per).or_throw()?)
    }

    /// Samples.
    #[wasm_bindgen(getter)]
    pub fn length(&self) -> usize {
        self.0.len()
    }

    /// Bytes that samples and targets take, in memory or where they are stored.
    #[wasm_bindgen(getter)]
    pub fn bytes(&self) -> f64 {
        self.0.bytes() as f64
    }

    /// By what targets and weights are known again; see [`Dataset::answers_checksum`].
    #[wasm_bindgen(js_name = answersChecksum)]
    pub fn answers_checksum(&self) -> u64 {
        self.0.answers_checksum()
    }

    /// By what samples in memory are known again; see [`Dataset::inputs_checksum`].
    #[wasm_bindgen(js_name = inputsChecksum)]
    pub fn inputs_checksum(&self) -> Option<u64> {
        self.0.inputs_checksum()
    }

    /// Where the samples are in the file that they are read from; nothing if they are all of it.
    ///
    /// # Errors
    /// What [`Column::places`] refuses.
    pub fn places(&self) -> WebResult<Option<Vec<u32>>> {
        self.0.inputs()[0].places().or_throw()
    }

    /// The shape of one sample of the first input.
    pub fn shape(&self) -> Vec<u32> {
        from_shape(self.0.inputs()[0].shape())
    }

    /// Names of the classes; empty where there are none.
    #[wasm_bindgen(js_name = classNames)]
    pub fn class_names(&self) -> Vec<String> {
        self.0.class_names().to_vec()
    }

    /// What turns images into samples and samples into numbers.
    ///
    /// # Errors
    /// None in practice: it can always be written.
    #[wasm_bindgen(unchecked_return_type = "Preprocessing")]
    pub fn preprocessing(&self) -> WebResult<JsValue> {
        to_value(self.0.preprocessing())
    }

    /// One sample of the first input, as it was given. Of the texts that it was made of it has so many
    /// characters.
    ///
    /// # Errors
    /// `Argument` beyond the last sample, and what the place of a stored one answers.
    #[wasm_bindgen(
        unchecked_return_type = "{ data: Uint8Array | Float32Array; shape: number[]; label: number | undefined; target?: number[]; row?: Record<string, string | number | boolean | null>; text?: string; tokens?: string; boxes?: { label: number; name: string; x: number; y: number; width: number; height: number }[] }"
    )]
    pub fn sample(&self, index: u32, characters: u32) -> WebResult<JsValue> {
        match self.0.sample(index).or_throw()? {
            Values::U8(bytes) => {
                self.described(index, Uint8Array::from(bytes.as_slice()).into(), Vec::new(), None)
            }
            Values::F32(numbers) => {
                let written = self.0.texts(index, characters as usize).or_throw()?;
                let shown = self.1.shown(self.0.preprocessing(), &numbers, written)?;
                self.described(index, Float32Array::from(numbers.as_slice()).into(), shown, None)
            }
        }
    }

    /// A dataset of these samples; of these classes, if some are given.
    ///
    /// # Errors
    /// What [`Dataset::subset`] and [`Dataset::with_labels`] refuse.
    pub fn subset(&self, indices: &Uint32Array, labels: Option<Uint32Array>) -> WebResult<Self> {
        let subset = self.0.subset(&words_of("the chosen samples", indices)?).or_throw()?;
        match labels {
            Some(labels) => {
                let labels = words_of("the labels", &labels)?;
                subset.with_labels(labels).or_throw().map(Self::from)
            }
            None => Ok(subset.into()),
        }
    }

    /// These images as the shard of a run with this seed and augmentation has them in this epoch.
    ///
    /// # Errors
    /// What [`preview`] refuses.
    #[wasm_bindgen(
        unchecked_return_type = "{ data: Uint8Array | Float32Array; shape: number[]; label: number | undefined; target?: number[]; boxes?: { label: number; name: string; x: number; y: number; width: number; height: number }[] }[]"
    )]
    pub fn augmented(
        &self,
        indices: &[u32],
        #[wasm_bindgen(unchecked_param_type = "Augmentation")] augmentation: JsValue,
        seed: f64,
        epoch: u32,
    ) -> WebResult<Vec<JsValue>> {
        let augmentation = from_value("augmentation", augmentation)?;
        let (seed, epoch) = (to_seed(seed)?, epoch.into());
        let images = preview(&self.0, indices, augmentation, seed, epoch).or_throw()?;
        let moved = preview_boxes(&self.0, indices, augmentation, seed, epoch).or_throw()?;
        let width = self.0.inputs()[0].width();
        (0..)
            .zip(indices)
            .map(|(at, &index)| {
                let place = at * width..(at + 1) * width;
                self.described(
                    index,
                    match &images {
                        Values::U8(bytes) => Uint8Array::from(&bytes[place]).into(),
                        Values::F32(numbers) => Float32Array::from(&numbers[place]).into(),
                    },
                    Vec::new(),
                    moved.get(at).map(Vec::as_slice),
                )
            })
            .collect()
    }

    /// A dataset of the samples of both.
    ///
    /// # Errors
    /// What [`Dataset::joined`] refuses.
    pub fn concat(&self, other: &WebDataset) -> WebResult<Self> {
        self.0.joined(&other.0).or_throw().map(Self::from)
    }

    /// Everything that [`WebDatasetBuilder`](super::builder::WebDatasetBuilder) needs to make it again.
    ///
    /// # Errors
    /// None in practice: it can always be written.
    #[wasm_bindgen(
        unchecked_return_type = "{ inputs: { data: Uint8Array | Float32Array; shape: number[] }[]; targets: { classes?: Uint32Array; dense?: { data: Float32Array; shape: number[] } }[]; inputNames: string[]; outputNames: string[]; sampleWeight: Float32Array | undefined; classNames: string[]; preprocessing: Preprocessing; boxes?: { classNames: string[]; counts: Uint32Array; corners: Float32Array; classes: Uint32Array }; texts?: string[][] }"
    )]
    pub fn parts(&self) -> WebResult<JsValue> {
        let inputs = js_sys::Array::new();
        for column in self.0.inputs() {
            // Of stored samples, too: whoever asks for parts takes few.
            let values = column.gather(&(0..self.0.len() as u32).collect::<Vec<_>>()).or_throw()?;
            let data = match values {
                Values::U8(bytes) => Uint8Array::from(bytes.as_slice()).into(),
                Values::F32(numbers) => Float32Array::from(numbers.as_slice()).into(),
            };
            inputs.push(&object(&[("data", data), ("shape", to_value(&column.shape())?)])?);
        }
        object(&[
            ("inputs", inputs.into()),
            ("targets", self.all_targets()?.into()),
            ("inputNames", to_value(&self.0.input_names())?),
            ("outputNames", to_value(&self.0.output_names())?),
            ("sampleWeight", self.sample_weight().into()),
            ("classNames", to_value(&self.0.class_names())?),
            ("preprocessing", to_value(self.0.preprocessing())?),
            ("boxes", self.box_parts()?),
            ("texts", texts::parts(&self.0)?),
        ])
    }
}

/// A dataset from IDX files in parts: the images, and their labels if there are any.
///
/// # Errors
/// What [`crate::formats::idx`] and [`Dataset::new`] refuse.
#[wasm_bindgen(js_name = readIdxDataset)]
pub fn read_idx_dataset(
    images: Vec<Uint8Array>,
    labels: Option<Vec<Uint8Array>>,
    class_names: Option<Vec<String>>,
    #[wasm_bindgen(unchecked_param_type = "Preprocessing | undefined")] preprocessing: JsValue,
) -> WebResult<WebDataset> {
    let class_names = class_names.unwrap_or_default();
    let images = joined("the file of images", &images)?;
    let labels = labels.map(|labels| joined("the file of labels", &labels)).transpose()?;
    idx::read_dataset(images, labels.as_deref(), class_names, to_preprocessing(preprocessing)?)
        .or_throw()
        .map(WebDataset::from)
}
