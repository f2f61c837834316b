//! Flatten.

use super::activation::ActivationOp;
use super::shapes::len;
use super::{Attribute, CompileOptions, Describe, Layer, Op, Shape};
use crate::Result;
use crate::json::Json;
use crate::kernels::activation::Activation as Function;

/// Makes one row of all numbers of a sample, row-major.
#[derive(Clone, Debug, Default, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct Flatten {}

impl Describe for Flatten {
    const HELP: &'static str = "Makes one row of all numbers.";
    const ATTRIBUTES: &'static [Attribute] = &[];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![(Self {}, vec![vec![3, 2, 5]])]
    }
}

impl Layer for Flatten {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        Ok(vec![len(&inputs[0])])
    }

    fn is_view(&self, _training: bool) -> bool {
        true
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        Ok(ActivationOp::boxed(Function::Linear, &inputs[0]))
    }
}
