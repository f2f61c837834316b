//! Models and their training.

use js_sys::{Array, Float32Array, Uint8Array};
use ndarray::ArrayViewD;
use serde_json::Value;
use wasm_bindgen::prelude::*;

use super::dataset::WebDataset;
use super::encoders::Encoders;
use super::images::prepared;
use super::rows::WebRows;
use super::samples::{inputs_of, with_samples};
use super::value::{
    OrThrow, WebResult, bytes_of, floats_of, from_value, object, sizes_of, throw, to_object,
    to_shape,
};
use crate::data::{Dataset, Preprocessing};
use crate::err;
use crate::formats::safetensors::{self, ModelInfo};
use crate::memory::reserve;
use crate::model::Model;
use crate::trainer::{Trainer, TrainerSpec};

/// A model, before or after it was compiled, with what is stored along with it.
#[wasm_bindgen(js_name = Model)]
#[derive(Debug)]
pub struct WebModel {
    pub(super) state: State,
    pub(super) info: ModelInfo,
    pub(super) encoders: Encoders,
    /// Whether it was compiled before it was saved ([`COMPILED`]) and not since: who only predicts needs no
    /// optimiser.
    compiled_before: bool,
}

#[derive(Debug)]
pub(super) enum State {
    Bare(Box<Model>),
    Compiled(Box<Trainer>),
}

impl WebModel {
    pub(super) fn of(state: State, info: ModelInfo) -> Self {
        Self { state, info, encoders: Encoders::default(), compiled_before: false }
    }

    /// The engine's model.
    pub(super) fn model(&self) -> &Model {
        match &self.state {
            State::Bare(model) => model,
            State::Compiled(trainer) => trainer.model(),
        }
    }

    /// The preprocessing that the program chose or that the model learned with; none before.
    pub(super) fn own_preprocessing(&self) -> Option<&Preprocessing> {
        Some(&self.info.preprocessing).filter(|own| **own != Preprocessing::default())
    }

    /// The same, to change its weights.
    pub(super) fn model_mut(&mut self) -> &mut Model {
        match &mut self.state {
            State::Bare(model) => model,
            State::Compiled(trainer) => trainer.model_mut(),
        }
    }

    /// The same, to predict.
    fn predicting(&mut self) -> &mut Model {
        match &mut self.state {
            State::Bare(model) => model,
            State::Compiled(trainer) => trainer.predicting(),
        }
    }

    fn predicted(&mut self, dataset: &Dataset, from: u32, to: u32) -> WebResult<Array> {
        let inputs = inputs_of(self.model(), dataset, from, to as usize)?;
        with_samples(&inputs, |samples| self.predicting().predict_samples(samples))
    }

    /// What trains the model.
    pub(super) fn trainer(&self) -> WebResult<&Trainer> {
        match &self.state {
            State::Compiled(trainer) => Ok(trainer),
            State::Bare(_) => Err(not_compiled()),
        }
    }

    pub(super) fn trainer_mut(&mut self) -> WebResult<&mut Trainer> {
        self.compile_as_before()?;
        match &mut self.state {
            State::Compiled(trainer) => Ok(trainer),
            State::Bare(_) => Err(not_compiled()),
        }
    }

    /// Chooses optimiser, loss and metrics; where they are refused, the model is as before.
    pub(super) fn set_trainer(&mut self, spec: TrainerSpec) -> WebResult<()> {
        let trainer = Trainer::new(self.model().try_clone().or_throw()?, spec).or_throw()?;
        self.state = State::Compiled(Box::new(trainer));
        self.compiled_before = false;
        Ok(())
    }

    /// Makes what trains the model, if it was compiled before it was saved.
    pub(super) fn compile_as_before(&mut self) -> WebResult<()> {
        let Some(spec) = self.spec_before().cloned() else { return Ok(()) };
        self.compiled_before = false;
        // Another program may have written something else there: then it is compiled anew.
        serde_json::from_value(spec).map_or(Ok(()), |spec| self.set_trainer(spec))
    }

    /// What it was compiled with before it was saved, if nothing has been made of that yet.
    pub(super) fn spec_before(&self) -> Option<&Value> {
        self.info.extra.get(COMPILED).filter(|spec| self.compiled_before && spec.is_object())
    }
}

fn not_compiled() -> JsValue {
    throw(&err!(Argument, "the model is not compiled; call compile({{ optimizer, loss }}) first"))
}

#[wasm_bindgen(js_class = Model)]
impl WebModel {
    /// A model with new weights.
    ///
    /// # Errors
    /// What [`Model::new`] refuses.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "ModelSpec")] spec: JsValue,
    ) -> WebResult<WebModel> {
        let model = Model::new(from_value("model", spec)?).or_throw()?;
        Ok(Self::of(State::Bare(Box::new(model)), ModelInfo::default()))
    }

    /// A model from its file; where the optimiser's state is in it, training can go on.
    ///
    /// # Errors
    /// What [`safetensors::read`] and [`Trainer::restore`] refuse.
    pub fn load(file: &Uint8Array) -> WebResult<WebModel> {
        let file = bytes_of("the model's file", file)?;
        let saved = safetensors::read(&file).or_throw()?;
        if saved.training.is_some() {
            let (trainer, info) = Trainer::restore(&file).or_throw()?;
            return Ok(Self::of(State::Compiled(Box::new(trainer)), info));
        }
        let bare = Self::of(State::Bare(Box::new(saved.model)), saved.info);
        Ok(Self { compiled_before: true, ..bare })
    }

    /// The model's file, with or without what a run needs to go on.
    ///
    /// # Errors
    /// What [`Trainer::save`] refuses.
    pub fn save(&mut self, include_optimizer: bool) -> WebResult<Vec<u8>> {
        if include_optimizer {
            self.compile_as_before()?;
        }
        match &self.state {
            State::Compiled(trainer) if include_optimizer => trainer.save(&self.info),
            State::Compiled(trainer) => {
                let mut info = self.info.clone();
                info.extra = serde_json::json!({ COMPILED: trainer.spec() });
                safetensors::write(trainer.model(), &info, None)
            }
            State::Bare(model) => safetensors::write(model, &self.info, None),
        }
        .or_throw()
    }

    /// The specification.
    ///
    /// # Errors
    /// None in practice: it can always be written.
    #[wasm_bindgen(unchecked_return_type = "ModelSpec")]
    pub fn spec(&self) -> WebResult<JsValue> {
        to_object(self.model().spec())
    }

    /// Numbers that are learned, and running statistics.
    #[wasm_bindgen(getter, js_name = parameterCount)]
    pub fn parameter_count(&self) -> usize {
        self.model().weights().len() + self.model().state().len()
    }

    /// Names of the classes; empty where there are none.
    #[wasm_bindgen(js_name = classNames)]
    pub fn class_names(&self) -> Vec<String> {
        self.info.class_names.clone()
    }

    /// Names the classes.
    #[wasm_bindgen(js_name = setClassNames)]
    pub fn set_class_names(&mut self, names: Vec<String>) {
        self.info.class_names = names;
    }

    /// How data become the network's inputs.
    ///
    /// # Errors
    /// None in practice: it can always be written.
    #[wasm_bindgen(unchecked_return_type = "Preprocessing")]
    pub fn preprocessing(&self) -> WebResult<JsValue> {
        to_object(&self.info.preprocessing)
    }

    /// Chooses how data become the network's inputs.
    ///
    /// # Errors
    /// For a value that is no preprocessing, or an impossible one.
    #[wasm_bindgen(js_name = setPreprocessing)]
    pub fn set_preprocessing(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Preprocessing")] value: JsValue,
    ) -> WebResult<()> {
        let preprocessing: Preprocessing = from_value("preprocessing", value)?;
        preprocessing.validate().or_throw()?;
        self.info.preprocessing = preprocessing;
        Ok(())
    }

    /// What was kept as history; an empty object if nothing was.
    ///
    /// # Errors
    /// None in practice: it can always be written.
    #[wasm_bindgen(unchecked_return_type = "unknown")]
    pub fn history(&self) -> WebResult<JsValue> {
        to_object(&self.info.history)
    }

    /// Keeps a history.
    ///
    /// # Errors
    /// For a value that JSON cannot hold.
    #[wasm_bindgen(js_name = setHistory)]
    pub fn set_history(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "unknown")] value: JsValue,
    ) -> WebResult<()> {
        self.info.history = from_value("history", value)?;
        Ok(())
    }

    /// The outputs for the samples `from..to`, one array an output.
    ///
    /// # Errors
    /// What [`Model::predict`] refuses.
    #[wasm_bindgen(unchecked_return_type = "{ data: Float32Array; shape: number[] }[]")]
    pub fn predict(&mut self, dataset: &WebDataset, from: u32, to: u32) -> WebResult<Array> {
        self.predicted(dataset.inner(), from, to)
    }

    /// The outputs for the first rows, one array an output.
    ///
    /// # Errors
    /// What [`Model::predict`] refuses.
    #[wasm_bindgen(
        js_name = predictRows,
        unchecked_return_type = "{ data: Float32Array; shape: number[] }[]"
    )]
    pub fn predict_rows(&mut self, rows: &WebRows, samples: u32) -> WebResult<Array> {
        self.predicted(rows.dataset(), 0, samples)
    }

    /// The outputs of these layers for all samples of this dataset.
    ///
    /// # Errors
    /// What [`Model::activations`] refuses.
    #[wasm_bindgen(unchecked_return_type = "{ data: Float32Array; shape: number[] }[]")]
    pub fn activations(&mut self, dataset: &WebDataset, layers: Vec<String>) -> WebResult<Array> {
        let dataset = dataset.inner();
        let inputs = inputs_of(self.model(), dataset, 0, dataset.len())?;
        let names: Vec<&str> = layers.iter().map(String::as_str).collect();
        with_samples(&inputs, |samples| self.predicting().activations_of(samples, &names))
    }

    /// What the network sees of an image of `width` by `height` RGBA pixels.
    ///
    /// # Errors
    /// What [`crate::data::Preprocessing::prepare_values`] refuses.
    #[wasm_bindgen(unchecked_return_type = "{ data: Uint8Array | Float32Array; shape: number[] }")]
    pub fn prepare(&self, rgba: &Uint8Array, width: u32, height: u32) -> WebResult<JsValue> {
        let shape = &self.model().graph().inputs()[0].shape;
        prepared(&self.info.preprocessing, shape, rgba, width, height)
    }

    /// All parameters and running statistics.
    ///
    /// # Errors
    /// None in practice: they can always be written.
    #[wasm_bindgen(
        unchecked_return_type = "{ name: string; shape: number[]; trainable: boolean; data: Float32Array }[]"
    )]
    pub fn weights(&self) -> WebResult<Array> {
        let model = self.model();
        let all = Array::new();
        for slot in model.tensors() {
            let values = model.tensor(&slot.name).or_throw()?;
            all.push(&object(&[
                ("name", slot.name.as_str().into()),
                ("shape", sizes_of(&slot.shape)),
                ("trainable", slot.is_trained().into()),
                ("data", numbers(&values)?.into()),
            ])?);
        }
        Ok(all)
    }

    /// Says whether layers of these names are trained; if it is compiled, the optimiser starts anew.
    ///
    /// # Errors
    /// What [`Model::with_trainable`] refuses.
    #[wasm_bindgen(js_name = setTrainable)]
    pub fn set_trainable(&mut self, layers: Vec<String>, trainable: bool) -> WebResult<()> {
        let names: Vec<&str> = layers.iter().map(String::as_str).collect();
        let model = self.model().with_trainable(&names, trainable).or_throw()?;
        self.state = match &self.state {
            State::Bare(_) => State::Bare(Box::new(model)),
            State::Compiled(trainer) => {
                let trainer = Trainer::new(model, trainer.spec().clone()).or_throw()?;
                State::Compiled(Box::new(trainer))
            }
        };
        Ok(())
    }

    /// Puts in one parameter or statistic; without a shape, the values are taken in order.
    ///
    /// # Errors
    /// What [`Model::set_tensor`] refuses.
    #[wasm_bindgen(js_name = setWeight)]
    pub fn set_weight(
        &mut self,
        name: &str,
        values: &Float32Array,
        shape: Option<Vec<u32>>,
    ) -> WebResult<()> {
        let values = floats_of(name, values)?;
        let shape = match shape {
            Some(sizes) => to_shape(&sizes),
            None => self.model().tensor(name).or_throw()?.shape().to_vec(),
        };
        let view = view(&shape, &values, name)?;
        self.model_mut().set_tensor(name, view).or_throw()
    }
}

#[wasm_bindgen(js_class = Dataset)]
impl WebDataset {
    /// The same samples as a model sees them that has a preprocessing of its own.
    ///
    /// # Errors
    /// What [`Dataset::with_preprocessing`] refuses.
    #[wasm_bindgen(js_name = "for")]
    pub fn for_model(&self, model: &WebModel) -> WebResult<Self> {
        let own = model.own_preprocessing();
        if own.is_none_or(|own| own == self.inner().preprocessing()) {
            return Ok(self.share());
        }
        let own = own.cloned().unwrap_or_default();
        self.inner().with_preprocessing(own).or_throw().map(Self::from)
    }
}

/// Where the file keeps what a model without the optimiser's state was compiled with.
const COMPILED: &str = "compiled";

fn view<'a>(shape: &[usize], values: &'a [f32], name: &str) -> WebResult<ArrayViewD<'a, f32>> {
    ArrayViewD::from_shape(shape, values).map_err(|_| {
        throw(&err!(Shape, "{name}: found {} numbers, expected the shape {shape:?}", values.len()))
    })
}

/// The values in row-major order.
fn numbers(array: &ArrayViewD<'_, f32>) -> WebResult<Float32Array> {
    if let Some(values) = array.as_slice() {
        return Ok(values.into());
    }
    let mut values = reserve("the numbers of an array", array.len()).or_throw()?;
    values.extend(array.iter().copied());
    Ok(values.as_slice().into())
}
