//! Sum of several inputs.

use serde::{Deserialize, Serialize};

use super::{Arity, Attribute, Backward, CompileOptions, Describe, Forward, Layer, Op, Shape};
use crate::kernels::elementwise::{accumulate, add};
use crate::{Result, err};

/// The sum of its inputs, which have one shape.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct Add {}

impl Describe for Add {
    const HELP: &'static str = "Adds its inputs.";
    const ATTRIBUTES: &'static [Attribute] = &[];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![(Self {}, vec![vec![3, 5]; 2]), (Self {}, vec![vec![2, 2, 3]; 3])]
    }
}

impl Layer for Add {
    fn arity(&self) -> Arity {
        Arity::Several
    }

    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        if inputs.iter().any(|shape| *shape != inputs[0]) {
            return Err(err!(
                Shape,
                "add: the inputs have shapes {}, expected the same",
                super::shapes::list(inputs)
            ));
        }
        Ok(inputs[0].clone())
    }

    fn compile(
        &self,
        _inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        Ok(Box::new(AddOp))
    }
}

struct AddOp;

impl Op for AddOp {
    fn name(&self) -> &'static str {
        "add"
    }

    fn forward(&mut self, pass: Forward<'_>) {
        add(pass.inputs.get(0), pass.inputs.get(1), pass.output);
        for number in 2..pass.inputs.count() {
            accumulate(pass.inputs.get(number), pass.output);
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        for number in 0..pass.inputs.count() {
            if let Some(dx) = pass.dinputs.get(number) {
                dx.copy_from_slice(pass.doutput);
            }
        }
    }
}
