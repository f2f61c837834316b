//! Maximum over whole images.

use super::shapes::image;
use super::{Attribute, Backward, CompileOptions, Describe, Forward, Layer, Op, Reads, Shape};
use crate::Result;
use crate::json::Json;
use crate::kernels::pool;
use crate::memory::allocate;

/// The maximum of each channel: [height, width, channels] to [channels]. Of equal values the first
/// in row-major order receives the gradient.
#[derive(Clone, Debug, Default, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct GlobalMaxPooling2d {}

impl Describe for GlobalMaxPooling2d {
    const HELP: &'static str = "Keeps the largest number of each channel.";
    const ATTRIBUTES: &'static [Attribute] = &[];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![(Self {}, vec![vec![3, 5, 7]])]
    }
}

impl Layer for GlobalMaxPooling2d {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let [.., channels] = image("globalMaxPooling2d", inputs)?;
        Ok(vec![channels])
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let [.., channels] = image("globalMaxPooling2d", inputs)?;
        Ok(Box::new(GlobalMaxOp::new(channels)))
    }
}

pub(super) struct GlobalMaxOp {
    channels: usize,
    /// Which pixel won, for each output.
    winners: Vec<u32>,
}

impl GlobalMaxOp {
    pub(super) fn new(channels: usize) -> Self {
        Self { channels, winners: Vec::new() }
    }
}

impl Op for GlobalMaxOp {
    fn name(&self) -> &'static str {
        "global-max-pool"
    }

    fn sample_bytes(&self) -> usize {
        4 * self.channels
    }

    fn allocate(&mut self, max_batch: usize) -> Result<()> {
        self.winners = allocate("winners of a global max pooling", max_batch * self.channels)?;
        Ok(())
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let (x, winners) = (pass.inputs.get(0), &mut self.winners[..pass.n * self.channels]);
        pool::global_max_forward(pass.n, self.channels, x, pass.output, winners);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        if let Some(dx) = pass.dinputs.get(0) {
            let winners = &self.winners[..pass.n * self.channels];
            pool::global_max_backward(pass.n, self.channels, pass.doutput, winners, dx);
        }
    }
}
