//! Batch normalisations that become part of the layer before them.

use std::collections::BTreeMap;

use ndarray::{ArrayD, CowArray, IxDyn};

use super::context::{Call, Context};
use crate::graph::{Graph, Node, ValueId};
use crate::layers::LayerSpec;
use crate::memory::reserve;
use crate::{Result, err};

/// The batch normalisations that can, by the value of the layer before: a convolution or dense layer
/// without an activation whose output nothing else takes.
pub(super) fn norms(graph: &Graph) -> BTreeMap<ValueId, &Node> {
    let norms = graph.nodes().iter().filter_map(|node| {
        let (LayerSpec::BatchNormalization(_), [input]) = (&node.layer, &node.inputs[..]) else {
            return None;
        };
        graph.node_of(*input)?.layer.layer().with_bias()?;
        let alone = graph.consumers(*input) == 1 && !graph.outputs().contains(input);
        alone.then_some((*input, node))
    });
    norms.collect()
}

/// A kernel whose output channels are the last axis, or the last two, and what is added to those.
pub(super) struct Product<'a> {
    pub kernel: CowArray<'a, f32, IxDyn>,
    pub bias: Option<Vec<f32>>,
}

impl<'a> Context<'a> {
    /// The kernel of this name and the bias, with the batch normalisation that becomes part of them:
    /// with `s = gamma / sqrt(variance + epsilon)` of each channel, `kernel s` and `(bias - mean) s +
    /// beta`.
    ///
    /// # Errors
    /// `NotFound`, which no model that was checked leads to.
    pub fn product(&self, call: &Call<'_>, kernel: &str, use_bias: bool) -> Result<Product<'a>> {
        let kernel = self.parameter(call, kernel)?;
        let mut bias = None;
        if use_bias {
            bias = Some(self.parameter(call, "bias")?.iter().copied().collect());
        }
        let Some((node, LayerSpec::BatchNormalization(norm))) =
            call.norm.map(|node| (node, &node.layer))
        else {
            return Ok(Product { kernel: kernel.into(), bias });
        };
        let [gamma, beta, mean, variance] =
            self.statistics(self.owner(node), norm.scale, norm.center)?;
        let scales: Vec<f32> = (gamma.iter().zip(&variance))
            .map(|(gamma, variance)| gamma / (variance + norm.epsilon as f32).sqrt())
            .collect();
        let mut folded = reserve("folded weights", kernel.len())?;
        folded.extend(kernel.iter().zip(scales.iter().cycle()).map(|(value, scale)| value * scale));
        let folded = ArrayD::from_shape_vec(kernel.raw_dim(), folded);
        let kernel = folded.map_err(|error| err!(Shape, "folded weights: {error}"))?;
        let bias = bias.unwrap_or_else(|| vec![0.0; scales.len()]);
        let shifted = bias.iter().zip(&mean).zip(&scales).zip(&beta);
        let bias = shifted.map(|(((bias, mean), scale), beta)| (bias - mean) * scale + beta);
        Ok(Product { kernel: kernel.into(), bias: Some(bias.collect()) })
    }

    /// `gamma`, `beta`, mean and variance of a batch normalisation, with ones and zeros for what it
    /// does not have.
    ///
    /// # Errors
    /// `NotFound`, which no model that was checked leads to.
    pub fn statistics(&self, owner: &str, scales: bool, shifts: bool) -> Result<[Vec<f32>; 4]> {
        let of = |name: &str| -> Result<Vec<f32>> {
            Ok(self.model.tensor(&format!("{owner}/{name}"))?.iter().copied().collect())
        };
        let mean = of("movingMean")?;
        let gamma = if scales { of("gamma")? } else { vec![1.0; mean.len()] };
        let beta = if shifts { of("beta")? } else { vec![0.0; mean.len()] };
        Ok([gamma, beta, mean, of("movingVariance")?])
    }
}
