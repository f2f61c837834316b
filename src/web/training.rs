//! How a model is trained, as JavaScript drives it.

use wasm_bindgen::prelude::*;

use super::dataset::WebDataset;
use super::model::{State, WebModel};
use super::value::{OrThrow, WebResult, from_value, to_object, to_value};
use crate::objective::ClassWeightSpecs;
use crate::trainer::RunSpec;

#[wasm_bindgen(js_class = Model)]
impl WebModel {
    /// Optimiser, loss and metrics, once they have been chosen.
    ///
    /// # Errors
    /// None in practice: they can always be written.
    #[wasm_bindgen(unchecked_return_type = "TrainerSpec | undefined")]
    pub fn compiled(&self) -> WebResult<JsValue> {
        match &self.state {
            State::Compiled(trainer) => to_value(trainer.spec()),
            State::Bare(_) => self.spec_before().map_or(Ok(JsValue::UNDEFINED), to_object),
        }
    }

    /// Chooses optimiser, loss and metrics. The weights stay.
    ///
    /// # Errors
    /// What [`Trainer::new`] refuses; the model is then as before.
    pub fn compile(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "TrainerSpec")] spec: JsValue,
    ) -> WebResult<()> {
        self.set_trainer(from_value("compile", spec)?)
    }

    /// Begins a run; returns the number of its shards. The dataset's preprocessing becomes the
    /// model's, and its class names if the model has none.
    ///
    /// # Errors
    /// What [`Trainer::start`] refuses.
    pub fn start(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "RunSpec")] spec: JsValue,
        dataset: &WebDataset,
    ) -> WebResult<u32> {
        let spec: RunSpec = from_value("fit", spec)?;
        let shards = spec.shard_count();
        self.trainer_mut()?.start(spec, dataset.inner()).or_throw()?;
        let dataset = dataset.inner();
        self.info.preprocessing = dataset.preprocessing().clone();
        if self.info.class_names.is_empty() {
            self.info.class_names = dataset.class_names().to_vec();
        }
        Ok(shards)
    }

    /// Goes on with the run that the model was saved in, on the same dataset; returns its epoch, the next
    /// step in it and the number of its shards.
    ///
    /// # Errors
    /// What [`Trainer::resume`] refuses.
    pub fn resume(
        &self,
        #[wasm_bindgen(unchecked_param_type = "RunSpec")] spec: JsValue,
        dataset: &WebDataset,
    ) -> WebResult<Vec<u32>> {
        let spec: RunSpec = from_value("fit", spec)?;
        let shards = spec.shard_count();
        let (epoch, batch) = self.trainer()?.resume(spec, dataset.inner()).or_throw()?;
        Ok(vec![epoch, batch, shards])
    }

    /// One step of the run.
    ///
    /// # Errors
    /// What [`Trainer::advance`] refuses; `Diverged` leaves the weights as they were.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn advance(&mut self, dataset: &WebDataset) -> WebResult<JsValue> {
        to_value(&self.trainer_mut()?.advance(dataset.inner()).or_throw()?)
    }

    /// Gives the model the average of its weights, if the optimiser makes one: for a run that ends
    /// within an epoch.
    ///
    /// # Errors
    /// If the model is not compiled.
    #[wasm_bindgen(js_name = useAverage)]
    pub fn use_average(&mut self) -> WebResult<()> {
        self.trainer_mut()?.use_average();
        Ok(())
    }

    /// The loss and the metrics of the epoch so far.
    ///
    /// # Errors
    /// If the model is not compiled.
    #[wasm_bindgen(unchecked_return_type = "Record<string, number>")]
    pub fn logs(&self) -> WebResult<JsValue> {
        to_value(&self.trainer()?.logs())
    }

    /// From the next step on; of a schedule, its highest value.
    ///
    /// # Errors
    /// `Argument` if the model is not compiled, or the value is not allowed.
    #[wasm_bindgen(js_name = setLearningRate)]
    pub fn set_learning_rate(&mut self, learning_rate: f64) -> WebResult<()> {
        let trainer = self.trainer_mut()?;
        let full = trainer.spec().optimizer.optimizer().learning_rate().peak();
        trainer.set_learning_rate_scale(learning_rate / full).or_throw()
    }

    /// What [`set_learning_rate`](Self::set_learning_rate) was last given in this run, or the
    /// specification's.
    ///
    /// # Errors
    /// If the model is not compiled.
    #[wasm_bindgen(js_name = learningRate)]
    pub fn learning_rate(&self) -> WebResult<f64> {
        let trainer = self.trainer()?;
        let full = trainer.spec().optimizer.optimizer().learning_rate().peak();
        Ok(full * trainer.learning_rate_scale())
    }

    /// One step on all samples of this dataset, outside of any run; the samples of each class count as
    /// `class_weight` says, if it says something.
    ///
    /// # Errors
    /// What [`Trainer::train_on_samples`] refuses.
    #[wasm_bindgen(js_name = trainOnBatch, unchecked_return_type = "Record<string, number>")]
    pub fn train_on_batch(
        &mut self,
        dataset: &WebDataset,
        #[wasm_bindgen(unchecked_param_type = "RunSpec[\"classWeight\"]")] class_weight: JsValue,
    ) -> WebResult<JsValue> {
        let class_weight: Option<ClassWeightSpecs> = from_value("trainOnBatch", class_weight)?;
        let trainer = self.trainer_mut()?;
        let report = trainer.train_on_samples(dataset.inner(), class_weight.as_ref());
        to_value(&report.or_throw()?.logs)
    }

    /// The number of the targets of a dataset that an output takes: that of this name, or the only one
    /// that is trained. Nothing where it takes none, and where there are none for it.
    ///
    /// # Errors
    /// `Argument` if the model is not compiled, or no output of this name is trained.
    #[wasm_bindgen(js_name = targetsIn)]
    pub fn targets_in(
        &mut self,
        dataset: &WebDataset,
        output: Option<String>,
    ) -> WebResult<Option<u32>> {
        let objective = self.trainer_mut()?.objective();
        let targets = objective.targets_in(dataset.inner(), output.as_deref()).or_throw()?;
        Ok(targets.map(|targets| targets as u32))
    }
}
