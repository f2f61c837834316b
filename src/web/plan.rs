//! How a model will be computed and the memory for it, before any is taken.

use wasm_bindgen::prelude::*;

use super::model::{State, WebModel};
use super::value::{OrThrow, WebResult, to_value};
use crate::plan::{Head, Mode, Plan, PlanReport};
use crate::trainer::RunSpec;

/// Into how many shards a run cuts batches of so many samples, if it says nothing else: as many
/// workers can share its steps.
#[wasm_bindgen(js_name = shardCount)]
#[must_use]
pub fn shard_count(batch_size: u32) -> u32 {
    RunSpec::new(1, batch_size, 0).shard_count()
}

#[wasm_bindgen(js_class = Model)]
impl WebModel {
    /// What a plan for batches of so many samples chooses and takes; in training, for one shard of
    /// such a batch.
    ///
    /// # Errors
    /// What [`Plan::estimate`] refuses.
    #[wasm_bindgen(unchecked_return_type = "PlanReport")]
    pub fn plan(&self, batch_size: u32, training: bool) -> WebResult<JsValue> {
        to_value(&self.plan_report(batch_size, training)?)
    }

    /// The bytes of weights and running statistics.
    #[wasm_bindgen(js_name = parameterBytes)]
    pub fn parameter_bytes(&self) -> f64 {
        let model = self.model();
        4.0 * (model.weights().len() + model.state().len()) as f64
    }

    /// The bytes that training takes besides, with a plan: gradients, the copy of the last good
    /// weights and, once it was compiled, the optimiser's state.
    ///
    /// # Errors
    /// What [`Trainer::new`](crate::trainer::Trainer::new) refuses of what the model was compiled with before it was saved.
    #[wasm_bindgen(js_name = trainerBytes)]
    pub fn trainer_bytes(&mut self) -> WebResult<f64> {
        self.compile_as_before()?;
        let slots = match &self.state {
            State::Compiled(trainer) => trainer.spec().optimizer.buffers().len(),
            State::Bare(_) => 0,
        };
        let buffers = (1 + slots) * self.model().graph().trained_len();
        Ok(self.parameter_bytes() + 4.0 * buffers as f64)
    }
}

impl WebModel {
    fn plan_report(&self, batch_size: u32, training: bool) -> WebResult<PlanReport> {
        let (mode, samples) = if training {
            (Mode::Training, batch_size.div_ceil(shard_count(batch_size)))
        } else {
            (Mode::Inference, batch_size)
        };
        Plan::estimate(self.model().graph(), samples as usize, mode, Head::Output).or_throw()
    }
}
