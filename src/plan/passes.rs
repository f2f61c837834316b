//! The passes of a plan, forward and backward.

use super::{Changed, Plan};
use crate::layers::{Pass, StepKey};
use crate::{Result, err};

impl Plan {
    /// A pass of training over the first `n` samples of the inputs: dropout drops, batch
    /// normalisation uses the batch and moves the running statistics in `state`.
    ///
    /// # Errors
    /// `Argument` for an `n` of 0 or above `max_batch` and in a plan for inference, `Shape` where
    /// weights or state are not the graph's.
    pub fn forward(
        &mut self,
        n: usize,
        weights: &[f32],
        state: &mut [f32],
        key: StepKey,
    ) -> Result<()> {
        self.forward_of(n, weights, Changed::All, state, key)
    }

    /// The same where an update of training is all that changed since the last pass: what was made
    /// of the weights and statistics of frozen layers is not made again.
    ///
    /// # Errors
    /// As [`Plan::forward`].
    pub fn forward_updated(
        &mut self,
        n: usize,
        weights: &[f32],
        state: &mut [f32],
        key: StepKey,
    ) -> Result<()> {
        self.forward_of(n, weights, Changed::Trained, state, key)
    }

    /// The same where the weights are still those of the last pass: what was made of them is not
    /// made again.
    ///
    /// # Errors
    /// As [`Plan::forward`].
    pub fn forward_unchanged(
        &mut self,
        n: usize,
        weights: &[f32],
        state: &mut [f32],
        key: StepKey,
    ) -> Result<()> {
        self.forward_of(n, weights, Changed::None, state, key)
    }

    fn forward_of(
        &mut self,
        n: usize,
        weights: &[f32],
        changed: Changed,
        state: &mut [f32],
        key: StepKey,
    ) -> Result<()> {
        self.check_training("forward")?;
        self.check(n, weights, state)?;
        if changed == Changed::All {
            self.folds.iter_mut().for_each(|fold| fold.update(weights, state));
        }
        for step in &mut self.steps {
            let state = &mut state[step.state.clone()];
            // What has statistics and is frozen goes by them.
            let pass = if step.frozen && !state.is_empty() {
                Pass::Inference { state }
            } else {
                Pass::Training { state, key, layer: step.layer }
            };
            let weights_changed =
                changed == Changed::All || changed == Changed::Trained && !step.frozen;
            step.forward(n, &mut self.buffers, weights, &self.folds, weights_changed, pass)
                .map_err(|error| error.at_layer(&self.layers[step.owner].name))?;
        }
        self.n = n;
        Ok(())
    }

    /// A pass of the model as it is used: no dropout, batch normalisation by the running
    /// statistics. [`Plan::backward`] then gives the gradients of that function.
    ///
    /// # Errors
    /// As [`Plan::forward`].
    pub fn infer(&mut self, n: usize, weights: &[f32], state: &[f32]) -> Result<()> {
        self.check(n, weights, state)?;
        self.folds.iter_mut().for_each(|fold| fold.update(weights, state));
        self.infer_of(n, weights, true, state)
    }

    /// The same where weights and state are still those of the last [`Plan::infer`]: what was made
    /// of them is not made again.
    ///
    /// # Errors
    /// As [`Plan::forward`].
    pub fn infer_unchanged(&mut self, n: usize, weights: &[f32], state: &[f32]) -> Result<()> {
        self.infer_of(n, weights, false, state)
    }

    fn infer_of(
        &mut self,
        n: usize,
        weights: &[f32],
        weights_changed: bool,
        state: &[f32],
    ) -> Result<()> {
        self.check(n, weights, state)?;
        for step in &mut self.steps {
            let pass = Pass::Inference { state: &state[step.state.clone()] };
            step.forward(n, &mut self.buffers, weights, &self.folds, weights_changed, pass)
                .map_err(|error| error.at_layer(&self.layers[step.owner].name))?;
        }
        self.n = n;
        Ok(())
    }

    /// From the gradients of the outputs those of all weights that are trained, over the `n` samples of the last
    /// forward pass.
    ///
    /// # Errors
    /// `Argument` if the plan is for inference or `n` is not that of the last pass, `Shape` where
    /// weights or gradients are not the graph's.
    pub fn backward(&mut self, n: usize, weights: &[f32], gradients: &mut [f32]) -> Result<()> {
        self.check_training("backward")?;
        if n == 0 || n != self.n {
            return Err(err!(
                Argument,
                "backward: {n} samples, expected the {} of the last forward pass",
                self.n
            ));
        }
        self.check_len("weights", weights.len(), self.weights)?;
        self.check_len("gradients", gradients.len(), self.trained)?;
        let Self { steps, buffers, lent, unwanted, .. } = self;
        for step in steps.iter_mut().rev().filter(|step| step.backward) {
            step.backward(n, buffers, lent, weights, gradients, unwanted);
        }
        Ok(())
    }

    fn check_training(&self, pass: &str) -> Result<()> {
        if self.training {
            return Ok(());
        }
        Err(err!(Argument, "{pass}: the plan is for inference, expected one for training"))
    }

    fn check(&self, n: usize, weights: &[f32], state: &[f32]) -> Result<()> {
        if n == 0 || n > self.max_batch {
            return Err(err!(
                Argument,
                "a batch of {n} samples, expected at least 1 and at most {}",
                self.max_batch
            ));
        }
        self.check_len("weights", weights.len(), self.weights)?;
        self.check_len("state", state.len(), self.state)
    }

    fn check_len(&self, name: &str, found: usize, expected: usize) -> Result<()> {
        if found == expected {
            return Ok(());
        }
        Err(err!(Shape, "{name}: {found} numbers, expected the graph's {expected}"))
    }
}
