//! Sum of several inputs.

use super::{
    Arity, Attribute, Backward, CompileOptions, Describe, Forward, Layer, Masking, Op, Reads, Shape,
};
use crate::json::Json;
use crate::kernels::Rectifier;
use crate::kernels::elementwise::{accumulate, add, map2, update};
use crate::{Result, err};

/// The sum of its inputs, which have one shape.
#[derive(Clone, Debug, Default, PartialEq, Json)]
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

    fn masking(&self, _inputs: &[Shape]) -> Masking {
        Masking::Keeps
    }

    fn compile(
        &self,
        _inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        Ok(Box::new(AddOp { rectifier: Rectifier::Linear }))
    }
}

struct AddOp {
    rectifier: Rectifier,
}

impl Op for AddOp {
    fn name(&self) -> &'static str {
        "add"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: self.rectifier != Rectifier::Linear }
    }

    fn rectifier(&mut self) -> Option<&mut Rectifier> {
        Some(&mut self.rectifier)
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let last = pass.inputs.count() - 1;
        let (x, y, rectifier) = (&pass.inputs, pass.output, self.rectifier);
        if last == 1 {
            return map2(x.get(0), x.get(1), y, |a, b| rectifier.apply(a + b));
        }
        add(x.get(0), x.get(1), y);
        for number in 2..last {
            accumulate(x.get(number), y);
        }
        update(y, x.get(last), |y, x| rectifier.apply(y + x));
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        self.rectifier.backward(pass.output, pass.doutput);
        for number in 0..pass.dinputs.count() {
            if let Some(dx) = pass.dinputs.get(number) {
                dx.copy_from_slice(pass.doutput);
            }
        }
    }
}
