//! Plain implementations of single layers, from their definitions.

use super::reference::{Tensor, before};
use crate::layers::axes::Axes;
use crate::layers::{
    AveragePooling1d, Conv1d, Conv2dTranspose, Cropping2d, Flip, GroupNormalization, Interpolation,
    LayerNormalization, MaxPooling1d, Padding, Permute, Prelu, SeparableConv2d, SequencePadding,
    UpSampling2d,
};

/// The indices of an element of a tensor of this shape.
pub fn indices(shape: &[usize], element: usize) -> Vec<usize> {
    let mut rest = element;
    let mut indices: Vec<usize> = shape
        .iter()
        .rev()
        .map(|size| {
            let index = rest % size;
            rest /= size;
            index
        })
        .collect();
    indices.reverse();
    indices
}

/// The element of a tensor at these indices, of which the first are left out where it has fewer axes,
/// and are 0 where its size is 1.
pub fn element(shape: &[usize], indices: &[usize]) -> usize {
    let indices = &indices[indices.len() - shape.len()..];
    shape.iter().zip(indices).fold(0, |at, (size, index)| at * size + index % size)
}

pub fn merge(inputs: &[Tensor<'_>], out: &[usize], f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    (0..out.iter().product())
        .map(|i| {
            let at = indices(out, i);
            let values = inputs.iter().map(|input| input.values[element(input.shape, &at)]);
            f(&values.collect::<Vec<_>>())
        })
        .collect()
}

/// Where each of the windows of a sequence begins, counted from its first place.
fn starts(
    length: usize,
    out: usize,
    span: usize,
    stride: usize,
    padding: SequencePadding,
) -> Vec<i64> {
    let zeros = match padding {
        SequencePadding::Valid => 0,
        SequencePadding::Same => before(Padding::Same, length, span, stride),
        SequencePadding::Causal => span as i64 - 1,
    };
    (0..out).map(|i| (i * stride) as i64 - zeros).collect()
}

pub fn conv1d(conv: &Conv1d, x: &Tensor<'_>, weights: &[f64], out: &[usize]) -> Vec<f64> {
    let ([length, all], filters) = ([x.shape[0], x.shape[1]], conv.filters);
    let channels = all / conv.groups;
    let bias = &weights[conv.kernel_size * channels * filters..];
    let span = (conv.kernel_size - 1) * conv.dilation_rate + 1;
    let mut y = Vec::new();
    for start in starts(length, out[0], span, conv.strides, conv.padding) {
        for filter in 0..filters {
            let group = filter / (filters / conv.groups);
            let mut sum = bias.get(filter).copied().unwrap_or(0.0);
            for k in 0..conv.kernel_size {
                let place = start + (k * conv.dilation_rate) as i64;
                if place < 0 || place >= length as i64 {
                    continue;
                }
                for c in 0..channels {
                    sum += x.values[place as usize * all + group * channels + c]
                        * weights[(k * channels + c) * filters + filter];
                }
            }
            y.push(sum);
        }
    }
    y
}

/// Calls `of` for the numbers in every window of every channel.
fn pool1d(
    x: &Tensor<'_>,
    out: &[usize],
    [size, stride]: [usize; 2],
    padding: Padding,
    of: impl Fn(&[f64]) -> f64,
) -> Vec<f64> {
    let [length, channels] = [x.shape[0], x.shape[1]];
    let padding = match padding {
        Padding::Valid => SequencePadding::Valid,
        Padding::Same => SequencePadding::Same,
    };
    let mut y = Vec::new();
    for start in starts(length, out[0], size, stride, padding) {
        for c in 0..channels {
            let places = (start.max(0) as usize)..((start + size as i64) as usize).min(length);
            let seen: Vec<f64> = places.map(|place| x.values[place * channels + c]).collect();
            y.push(of(&seen));
        }
    }
    y
}

pub fn max_pooling1d(pool: &MaxPooling1d, x: &Tensor<'_>, out: &[usize]) -> Vec<f64> {
    let sizes = [pool.pool_size, pool.strides.unwrap_or(pool.pool_size)];
    pool1d(x, out, sizes, pool.padding, |seen| seen.iter().copied().fold(f64::MIN, f64::max))
}

pub fn average_pooling1d(pool: &AveragePooling1d, x: &Tensor<'_>, out: &[usize]) -> Vec<f64> {
    let sizes = [pool.pool_size, pool.strides.unwrap_or(pool.pool_size)];
    pool1d(x, out, sizes, pool.padding, |seen| seen.iter().sum::<f64>() / seen.len() as f64)
}

/// Each channel, the last axis, by itself.
pub fn channels(x: &Tensor<'_>, of: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let channels = x.shape[x.shape.len() - 1];
    (0..channels)
        .map(|c| of(&x.values.iter().skip(c).step_by(channels).copied().collect::<Vec<_>>()))
        .collect()
}

pub fn cropping2d(layer: &Cropping2d, x: &Tensor<'_>, out: &[usize]) -> Vec<f64> {
    let [[top, _], [left, _]] = layer.cropping.0;
    let inside = |i| {
        let at = indices(out, i);
        x.values[element(x.shape, &[at[0] + top, at[1] + left, at[2]])]
    };
    (0..out.iter().product()).map(inside).collect()
}

pub fn up_sampling2d(layer: &UpSampling2d, x: &Tensor<'_>, out: &[usize]) -> Vec<f64> {
    // The value at a place between the centres of pixels, each a triangle as wide as two of them.
    let blend = |at: &[usize]| {
        let mut sum = 0.0;
        for row in 0..x.shape[0] {
            for column in 0..x.shape[1] {
                let share = |axis: usize, pixel: usize| {
                    let place = (at[axis] as f64 + 0.5) / layer.size.0[axis] as f64 - 0.5;
                    let place = place.clamp(0.0, x.shape[axis] as f64 - 1.0);
                    (1.0 - (place - pixel as f64).abs()).max(0.0)
                };
                let pixel = x.values[element(x.shape, &[row, column, at[2]])];
                sum += share(0, row) * share(1, column) * pixel;
            }
        }
        sum
    };
    let repeat = |at: &[usize]| {
        let [down, across] = layer.size.0;
        x.values[element(x.shape, &[at[0] / down, at[1] / across, at[2]])]
    };
    let pixel = |i| {
        let at = indices(out, i);
        match layer.interpolation {
            Interpolation::Nearest => repeat(&at),
            Interpolation::Bilinear => blend(&at),
        }
    };
    (0..out.iter().product()).map(pixel).collect()
}

pub fn flip(layer: &Flip, x: &Tensor<'_>, out: &[usize]) -> Vec<f64> {
    let rank = out.len() as i32;
    let reversed = |axis: usize| {
        layer.axis.0.iter().any(|&a| (if a < 0 { a + rank } else { a - 1 }) == axis as i32)
    };
    let from = |i| {
        let mut at = indices(out, i);
        for (axis, place) in at.iter_mut().enumerate() {
            if reversed(axis) {
                *place = out[axis] - 1 - *place;
            }
        }
        x.values[element(x.shape, &at)]
    };
    (0..out.iter().product()).map(from).collect()
}

pub fn permute(layer: &Permute, x: &Tensor<'_>, out: &[usize]) -> Vec<f64> {
    let moved = |i| {
        let at = indices(out, i);
        let mut source = vec![0; at.len()];
        for (axis, index) in layer.dims.iter().zip(at) {
            source[axis - 1] = index;
        }
        x.values[element(x.shape, &source)]
    };
    (0..out.iter().product()).map(moved).collect()
}

/// Axes counted from 0, without the batch.
pub fn places(axes: &Axes, rank: usize) -> Vec<usize> {
    axes.0.iter().map(|&a| if a < 0 { a + rank as i32 } else { a - 1 } as usize).collect()
}

/// For every element the numbers that differ from it only along these axes.
pub fn along<'a>(axes: &Axes, x: &'a Tensor<'_>) -> impl Fn(usize) -> Vec<f64> + 'a {
    let axes = places(axes, x.shape.len());
    move |i| {
        let own = indices(x.shape, i);
        let is_beside = |other: usize| {
            let at = indices(x.shape, other);
            (0..own.len()).all(|axis| axes.contains(&axis) || at[axis] == own[axis])
        };
        (0..x.values.len()).filter(|&other| is_beside(other)).map(|j| x.values[j]).collect()
    }
}

pub fn softmax(axes: &Axes, x: &Tensor<'_>) -> Vec<f64> {
    let beside = along(axes, x);
    let share =
        |i: usize| libm::exp(x.values[i]) / beside(i).iter().map(|&x| libm::exp(x)).sum::<f64>();
    (0..x.values.len()).map(share).collect()
}

pub fn prelu(layer: &Prelu, x: &Tensor<'_>, weights: &[f64]) -> Vec<f64> {
    let shared = places(&layer.shared_axes, x.shape.len());
    let size = |axis: usize| if shared.contains(&axis) { 1 } else { x.shape[axis] };
    let shape: Vec<usize> = (0..x.shape.len()).map(size).collect();
    let slope = |i: usize| weights[element(&shape, &indices(x.shape, i))];
    let values = x.values.iter().enumerate();
    values.map(|(i, &x)| if x > 0.0 { x } else { slope(i) * x }).collect()
}

/// Every input pixel adds its window to the output, without what lies outside of it.
pub fn conv2d_transpose(
    conv: &Conv2dTranspose,
    x: &Tensor<'_>,
    weights: &[f64],
    out: &[usize],
) -> Vec<f64> {
    let ([kh, kw], filters, channels) = (conv.kernel_size.0, conv.filters, x.shape[2]);
    let bias = &weights[kh * kw * filters * channels..];
    let mut y: Vec<f64> = (0..out.iter().product())
        .map(|i: usize| bias.get(i % filters).copied().unwrap_or(0.0))
        .collect();
    let cut = [0, 1].map(|axis| {
        let span = (conv.kernel_size.0[axis] - 1) * conv.dilation_rate.0[axis] + 1;
        before(conv.padding, out[axis], span, conv.strides.0[axis])
    });
    for (i, &value) in x.values.iter().enumerate() {
        let [row, column, c] = indices(x.shape, i)[..] else { panic!("no image") };
        for tap in 0..kh * kw {
            let tap_at = [tap / kw, tap % kw];
            let at = [0, 1].map(|axis| {
                let start = [row, column][axis] * conv.strides.0[axis];
                (start + tap_at[axis] * conv.dilation_rate.0[axis]) as i64 - cut[axis]
            });
            if (0..2).any(|axis| at[axis] < 0 || at[axis] >= out[axis] as i64) {
                continue;
            }
            for filter in 0..filters {
                y[element(out, &[at[0] as usize, at[1] as usize, filter])] +=
                    value * weights[(tap * filters + filter) * channels + c];
            }
        }
    }
    y
}

pub fn separable_conv2d(
    conv: &SeparableConv2d,
    x: &Tensor<'_>,
    weights: &[f64],
    out: &[usize],
) -> Vec<f64> {
    let ([kh, kw], multiplier, channels) = (conv.kernel_size.0, conv.depth_multiplier, x.shape[2]);
    let (depthwise, rest) = weights.split_at(kh * kw * channels * multiplier);
    let (pointwise, bias) = rest.split_at(channels * multiplier * conv.filters);
    let value = |i: usize| {
        let [row, column, filter] = indices(out, i)[..] else { panic!("no image") };
        let mut sum = bias.get(filter).copied().unwrap_or(0.0);
        for between in 0..channels * multiplier {
            for tap in 0..kh * kw {
                let at = [0, 1].map(|axis| {
                    let (stride, apart) = (conv.strides.0[axis], conv.dilation_rate.0[axis]);
                    let span = (conv.kernel_size.0[axis] - 1) * apart + 1;
                    let start = ([row, column][axis] * stride) as i64
                        - before(conv.padding, x.shape[axis], span, stride);
                    start + ([tap / kw, tap % kw][axis] * apart) as i64
                });
                let pixel = x.pixel(at[0], at[1], between / multiplier).unwrap_or(0.0);
                sum += pixel
                    * depthwise[tap * channels * multiplier + between]
                    * pointwise[between * conv.filters + filter];
            }
        }
        sum
    };
    (0..out.iter().product()).map(value).collect()
}

/// A number brought to the mean 0 and variance 1 of those beside it.
fn normal(x: f64, beside: &[f64], epsilon: f64) -> f64 {
    let count = beside.len() as f64;
    let mean = beside.iter().sum::<f64>() / count;
    let variance = beside.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    (x - mean) / (variance + epsilon).sqrt()
}

pub fn layer_normalization(norm: &LayerNormalization, x: &Tensor<'_>, weights: &[f64]) -> Vec<f64> {
    let beside = along(&norm.axis, x);
    let axes = places(&norm.axis, x.shape.len());
    let size = |axis: usize| if axes.contains(&axis) { x.shape[axis] } else { 1 };
    let shape: Vec<usize> = (0..x.shape.len()).map(size).collect();
    let len = if norm.scale { shape.iter().product() } else { 0 };
    let (gamma, beta) = weights.split_at(len);
    let value = |i: usize| {
        let own = element(&shape, &indices(x.shape, i));
        normal(x.values[i], &beside(i), norm.epsilon) * gamma.get(own).unwrap_or(&1.0)
            + beta.get(own).unwrap_or(&0.0)
    };
    (0..x.values.len()).map(value).collect()
}

pub fn group_normalization(norm: &GroupNormalization, x: &Tensor<'_>, weights: &[f64]) -> Vec<f64> {
    let channels = x.shape[x.shape.len() - 1];
    let width = if norm.groups < 0 { 1 } else { channels / norm.groups as usize };
    let group = |i: usize| i % channels / width;
    let (gamma, beta) = weights.split_at(if norm.scale { channels } else { 0 });
    let value = |i: usize| {
        let beside = (0..x.values.len()).filter(|&other| group(other) == group(i));
        let beside: Vec<f64> = beside.map(|other| x.values[other]).collect();
        normal(x.values[i], &beside, norm.epsilon) * gamma.get(i % channels).unwrap_or(&1.0)
            + beta.get(i % channels).unwrap_or(&0.0)
    };
    (0..x.values.len()).map(value).collect()
}
