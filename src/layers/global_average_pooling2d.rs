//! Average over whole images.

use super::shapes::image;
use super::{Attribute, Backward, CompileOptions, Describe, Forward, Layer, Op, Reads, Shape};
use crate::Result;
use crate::json::Json;
use crate::kernels::pool;

/// The mean of each channel: [height, width, channels] to [channels].
#[derive(Clone, Debug, Default, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct GlobalAveragePooling2d {}

impl Describe for GlobalAveragePooling2d {
    const HELP: &'static str = "Keeps the mean of each channel.";
    const ATTRIBUTES: &'static [Attribute] = &[];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![(Self {}, vec![vec![3, 5, 7]])]
    }
}

impl Layer for GlobalAveragePooling2d {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let [.., channels] = image("globalAveragePooling2d", inputs)?;
        Ok(vec![channels])
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let [.., channels] = image("globalAveragePooling2d", inputs)?;
        Ok(Box::new(GlobalAverageOp { channels }))
    }
}

pub(super) struct GlobalAverageOp {
    pub channels: usize,
}

impl Op for GlobalAverageOp {
    fn name(&self) -> &'static str {
        "global-average-pool"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        pool::global_average_forward(pass.n, self.channels, pass.inputs.get(0), pass.output);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        if let Some(dx) = pass.dinputs.get(0) {
            pool::global_average_backward(pass.n, self.channels, pass.doutput, dx);
        }
    }
}
