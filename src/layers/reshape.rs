//! Reshape.

use super::activation::ActivationOp;
use super::shapes::{element_count, len};
use super::{Attribute, CompileOptions, Describe, Kind, Layer, Op, Shape};
use crate::json::Json;
use crate::kernels::activation::Activation as Function;
use crate::{Result, err};

/// Gives the numbers of a sample another shape, row-major.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reshape {
    /// The new shape without the batch; -1 once: what is left.
    pub target_shape: Vec<i64>,
}

impl Describe for Reshape {
    const HELP: &'static str = "Gives the numbers another shape.";
    const ATTRIBUTES: &'static [Attribute] = &[Attribute::new(
        "targetShape",
        Kind::Shape,
        "The new sizes without the batch; -1 once stands for what is left.",
    )];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![
            (Self { target_shape: vec![6, 2] }, vec![vec![3, 4]]),
            (Self { target_shape: vec![2, -1, 3] }, vec![vec![4, 3]]),
        ]
    }
}

impl Layer for Reshape {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let (target, total) = (&self.target_shape, len(&inputs[0]));
        if target.is_empty() || target.iter().any(|&size| size == 0 || size < -1) {
            return Err(err!(
                Argument,
                "targetShape is {target:?}, expected sizes of at least 1, or -1 once"
            ));
        }
        if target.iter().filter(|&&size| size == -1).count() > 1 {
            return Err(err!(Argument, "targetShape is {target:?}, expected -1 at most once"));
        }
        // What no usize holds (32 bits on wasm) is too large in any case.
        let to_size =
            |size: i64| if size == -1 { 1 } else { size.try_into().unwrap_or(usize::MAX) };
        let sizes: Shape = target.iter().copied().map(to_size).collect();
        let known = element_count("targetShape", &sizes)?;
        let free = target.iter().position(|&size| size == -1);
        let mut shape = sizes;
        match free {
            Some(place) if total.is_multiple_of(known) => shape[place] = total / known,
            None if total == known => {}
            _ => {
                return Err(err!(
                    Shape,
                    "targetShape {target:?} does not hold the {total} numbers of {:?}",
                    inputs[0]
                ));
            }
        }
        Ok(shape)
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
