//! Scales, shifts and functions that become part of the layer before, or layers of their own.

use super::builder::{Builder, Live, Weight};
use crate::Result;
use crate::layers::{
    Activation, ActivationName, DepthwiseConv2d, LayerSpec, PositionEmbedding, Rescaling,
};

/// A factor for each place of the last axis, and what is added then.
#[derive(Clone, Debug, Default)]
pub(super) struct Affine {
    pub scale: Option<Vec<f32>>,
    pub shift: Option<Vec<f32>>,
}

/// The activation of a layer that has one.
fn activation_of(layer: &mut LayerSpec) -> Option<&mut ActivationName> {
    Some(match layer {
        LayerSpec::Dense(layer) => &mut layer.activation,
        LayerSpec::Conv1d(layer) => &mut layer.activation,
        LayerSpec::Conv2d(layer) => &mut layer.activation,
        LayerSpec::DepthwiseConv2d(layer) => &mut layer.activation,
        LayerSpec::Conv2dTranspose(layer) => &mut layer.activation,
        _ => return None,
    })
}

/// Whether a layer adds a bias, where it may.
fn use_bias_of(layer: &mut LayerSpec) -> Option<&mut bool> {
    Some(match layer {
        LayerSpec::Dense(layer) => &mut layer.use_bias,
        LayerSpec::Conv1d(layer) => &mut layer.use_bias,
        LayerSpec::Conv2d(layer) => &mut layer.use_bias,
        LayerSpec::DepthwiseConv2d(layer) => &mut layer.use_bias,
        LayerSpec::Conv2dTranspose(layer) => &mut layer.use_bias,
        _ => return None,
    })
}

impl Builder {
    /// A function of each number: as the activation of the layer before, or a layer of its own.
    pub fn activated(&mut self, live: &Live, activation: Activation) -> Result<Live> {
        let named = Activation::new(activation.activation) == activation;
        if live.sole
            && named
            && let Some(built) = self.layer_of_mut(live.value)
            && let Some(own) = activation_of(&mut built.layer)
            && *own == ActivationName::Linear
        {
            *own = activation.activation;
            return Ok(live.clone());
        }
        let value = self.push(activation, vec![live.value], Vec::new())?;
        Ok(Live { value, axes: live.axes.clone(), sole: true })
    }

    /// Every number times `scale` plus `offset`.
    pub fn rescaled(&mut self, live: &Live, scale: f64, offset: f64) -> Result<Live> {
        if scale == 1.0 && offset == 0.0 {
            return Ok(live.clone());
        }
        if live.sole
            && let Some(built) = self.layer_of_mut(live.value)
            && let LayerSpec::Rescaling(own) = &mut built.layer
        {
            *own = Rescaling { scale: own.scale * scale, offset: own.offset * scale + offset };
            return Ok(live.clone());
        }
        let value = self.push(Rescaling { scale, offset }, vec![live.value], Vec::new())?;
        Ok(Live { value, axes: live.axes.clone(), sole: true })
    }

    /// A factor and a number to add for each place of the last axis of a value.
    pub fn transformed(&mut self, value: usize, sole: bool, affine: Affine) -> Result<usize> {
        if sole && self.absorbed(value, &affine) {
            return Ok(value);
        }
        let shape = self.shape(value).to_vec();
        let channels = shape.last().copied().unwrap_or(1);
        let rows = shape.iter().product::<usize>() / channels;
        if let (None, Some(shift), 2) = (&affine.scale, &affine.shift, shape.len())
            && rows == 1
        {
            // One position: what is added is all that there is.
            let layer = position_embedding();
            let weights = vec![Weight::new("embeddings", shape, shift.clone())];
            return self.push(layer, vec![value], weights);
        }
        let image = if shape.len() == 3 { shape.clone() } else { vec![1, rows, channels] };
        let from = self.reshaped(value, &image)?;
        let use_bias = affine.shift.is_some();
        let layer = DepthwiseConv2d { use_bias, ..DepthwiseConv2d::new(1) };
        self.budget.take(2 * channels)?;
        let kernel = affine.scale.unwrap_or_else(|| vec![1.0; channels]);
        let mut weights = vec![Weight::new("kernel", vec![1, 1, channels, 1], kernel)];
        weights.extend(affine.shift.map(|shift| Weight::new("bias", vec![channels], shift)));
        let made = self.push(layer, vec![from], weights)?;
        self.reshaped(made, &shape)
    }

    /// A vector for each position that is added: `[positions, width]`.
    pub fn positions_added(&mut self, value: usize, vectors: Vec<f32>) -> Result<usize> {
        let shape = self.shape(value).to_vec();
        let width = shape.last().copied().unwrap_or(1);
        let positions = shape.iter().product::<usize>() / width;
        let from = self.reshaped(value, &[positions, width])?;
        let weights = vec![Weight::new("embeddings", vec![positions, width], vectors)];
        let made = self.push(position_embedding(), vec![from], weights)?;
        self.reshaped(made, &shape)
    }

    /// Lets the layer before do it, where its parameters can.
    fn absorbed(&mut self, value: usize, affine: &Affine) -> bool {
        let Some(built) = self.layer_of_mut(value).filter(|built| built.weights_of.is_none())
        else {
            return false;
        };
        if let Some(activation) = activation_of(&mut built.layer)
            && *activation != ActivationName::Linear
        {
            return false;
        }
        let parameters = match &built.layer {
            LayerSpec::Dense(_) | LayerSpec::Conv1d(_) | LayerSpec::Conv2d(_) => ["kernel", "bias"],
            LayerSpec::DepthwiseConv2d(_) => ["kernel", "bias"],
            LayerSpec::Conv2dTranspose(_) if affine.scale.is_none() => ["kernel", "bias"],
            LayerSpec::MultiHeadAttention(layer) if layer.use_bias && affine.scale.is_none() => {
                ["outputKernel", "outputBias"]
            }
            LayerSpec::BatchNormalization(layer) if layer.scale && layer.center => {
                ["gamma", "beta"]
            }
            LayerSpec::GroupNormalization(layer) if layer.scale && layer.center => {
                ["gamma", "beta"]
            }
            LayerSpec::LayerNormalization(layer)
                if layer.scale && layer.center && layer.axis.0 == [-1] =>
            {
                ["gamma", "beta"]
            }
            _ => return false,
        };
        if let Some(scale) = &affine.scale {
            for weight in built.weights.iter_mut().filter(|w| parameters.contains(&w.name)) {
                let each = weight.values.iter_mut().zip(scale.iter().cycle());
                each.for_each(|(value, scale)| *value *= scale);
            }
        }
        if let Some(shift) = &affine.shift {
            match built.weights.iter_mut().find(|weight| weight.name == parameters[1]) {
                Some(bias) => {
                    bias.values.iter_mut().zip(shift).for_each(|(value, shift)| *value += shift);
                }
                None => {
                    if let Some(use_bias) = use_bias_of(&mut built.layer) {
                        *use_bias = true;
                    }
                    let bias = Weight::new(parameters[1], vec![shift.len()], shift.clone());
                    built.weights.push(bias);
                }
            }
        }
        true
    }
}

/// With vectors that are trained.
fn position_embedding() -> PositionEmbedding {
    PositionEmbedding { encoding: Default::default(), embeddings_initializer: Default::default() }
}
