//! What several layers have in common: defaults, activations and parameters.

use super::{ActivationName, ParameterSpec, Shape};
use crate::initializers::{Fans, Initializer};
use crate::kernels::Rectifier;
use crate::kernels::activation::Activation as Function;

/// A default of attributes.
pub(super) fn yes() -> bool {
    true
}

/// A default of attributes.
pub(super) fn one() -> usize {
    1
}

/// A default of attributes.
pub(super) fn two() -> usize {
    2
}

/// A default of attributes: what normalisations add to the variance.
pub(super) fn epsilon() -> f64 {
    1e-3
}

/// A default of attributes.
pub(super) fn zeros() -> Initializer {
    Initializer::Zeros
}

/// A default of attributes.
pub(super) fn orthogonal() -> Initializer {
    Initializer::Orthogonal
}

/// The part of an activation that an op does itself.
pub(super) fn fused(activation: ActivationName) -> Rectifier {
    Rectifier::of(activation.with_defaults()).unwrap_or_default()
}

/// The activation that follows an op which does the rectifiers itself.
pub(super) fn unfused(activation: ActivationName) -> Function {
    let function = activation.with_defaults();
    if Rectifier::of(function).is_some() { Function::Linear } else { function }
}

/// The parameters of a layer with a kernel (its shape and initialiser) and perhaps a bias (its size
/// and initialiser).
pub(super) fn kernel_and_bias(
    kernel: (Shape, Initializer),
    bias: Option<(usize, Initializer)>,
    fans: Fans,
) -> Vec<ParameterSpec> {
    let parameter = |name, shape, initializer| ParameterSpec {
        name,
        shape,
        initializer,
        fans,
        ones: 0..0,
        trainable: true,
    };
    let mut parameters = vec![parameter("kernel", kernel.0, kernel.1)];
    parameters.extend(bias.map(|(size, filled)| parameter("bias", vec![size], filled)));
    parameters
}

/// The parameters of a normalisation: `gamma` if it scales, `beta` if it shifts.
pub(super) fn gamma_and_beta(shape: &[usize], scales: bool, shifts: bool) -> Vec<ParameterSpec> {
    let len = super::shapes::len(shape);
    let parameter = |name, initializer| ParameterSpec {
        name,
        shape: shape.to_vec(),
        initializer,
        fans: Fans { fan_in: len, fan_out: len },
        ones: 0..0,
        trainable: true,
    };
    let gamma = scales.then(|| parameter("gamma", Initializer::Ones));
    let beta = shifts.then(|| parameter("beta", Initializer::Zeros));
    gamma.into_iter().chain(beta).collect()
}

/// Those, as far as they are there, among the weights.
pub(super) fn scale_and_shift(
    weights: &[f32],
    len: usize,
    scales: bool,
    shifts: bool,
) -> [Option<&[f32]>; 2] {
    let (gamma, beta) = weights.split_at(if scales { len } else { 0 });
    [scales.then_some(gamma), shifts.then_some(beta)]
}
