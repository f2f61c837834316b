//! What a plan chose, for a summary and for whoever asks how much memory it will take.

use serde::Serialize;

use super::step::Step;

/// A plan in words and numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct PlanReport {
    /// The most samples of a batch.
    pub batch_size: u64,
    /// Whether it is for training.
    pub training: bool,
    /// The memory that it takes, in bytes: buffers and scratch, without the model's weights.
    pub bytes: u64,
    /// The buffers that the values and gradients share, in bytes.
    pub buffers: Vec<u64>,
    /// The layers in the order in which they run.
    pub layers: Vec<LayerPlan>,
}

/// How a layer is computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct LayerPlan {
    /// The layer's name.
    pub name: String,
    /// The kernels that run, one after the other; none for a layer that only renames the shape or
    /// is part of another's.
    pub kernels: Vec<String>,
    /// The layer whose kernel does this one's work too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub fused_into: Option<String>,
    /// The output of a whole batch, in bytes, where a kernel writes one.
    pub buffer_bytes: u64,
    /// What its kernels hold besides, in bytes.
    pub scratch_bytes: u64,
    /// The layer that it was fused with as a rectifier, by its number.
    #[serde(skip)]
    pub(super) rectifies: Option<usize>,
}

impl PlanReport {
    /// Adds to the layers what their steps take.
    pub(super) fn of(mut self, steps: &[Step]) -> Self {
        for step in steps {
            let layer = &mut self.layers[step.owner];
            let output = (step.output.1 as u64).saturating_mul(4 * self.batch_size);
            layer.buffer_bytes = layer.buffer_bytes.max(output);
            let sample = step.op.sample_bytes() as u64;
            layer.scratch_bytes += step.op.bytes() as u64 + sample.saturating_mul(self.batch_size);
        }
        self
    }
}

impl LayerPlan {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kernels: Vec::new(),
            fused_into: None,
            buffer_bytes: 0,
            scratch_bytes: 0,
            rectifies: None,
        }
    }
}
