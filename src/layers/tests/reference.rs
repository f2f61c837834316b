//! Every layer against a plain implementation in double precision, on its examples' odd sizes.

use super::super::*;
use super::{attention, plain, recurrent};
use crate::kernels::activation::Activation as Function;
use crate::rng::{Key, Purpose};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const BATCH: usize = 3;

/// A tensor of one sample in double precision.
pub(super) struct Tensor<'a> {
    pub shape: &'a [usize],
    pub values: Vec<f64>,
}

impl Tensor<'_> {
    /// An element of an image; 0 outside.
    pub fn pixel(&self, row: i64, column: i64, channel: usize) -> Option<f64> {
        let [height, width, channels] = *self.shape else { panic!("no image: {:?}", self.shape) };
        let row = usize::try_from(row).ok().filter(|&row| row < height)?;
        let column = usize::try_from(column).ok().filter(|&column| column < width)?;
        Some(self.values[(row * width + column) * channels + channel])
    }
}

/// Zeros before the first row or column, by TensorFlow's rule for "same".
pub fn before(padding: Padding, size: usize, window: usize, stride: usize) -> i64 {
    if padding == Padding::Valid {
        return 0;
    }
    let out = size.div_ceil(stride) as i64;
    ((out - 1) * stride as i64 + window as i64 - size as i64).max(0) / 2
}

/// The pixels that a window sees: (row and column in the window, row and column in the image).
fn window(
    x: &Tensor<'_>,
    place: [usize; 2],
    size: [usize; 2],
    strides: [usize; 2],
    dilation: [usize; 2],
    padding: Padding,
) -> Vec<([usize; 2], [i64; 2])> {
    let span = [0, 1].map(|i| (size[i] - 1) * dilation[i] + 1);
    let start = [0, 1]
        .map(|i| (place[i] * strides[i]) as i64 - before(padding, x.shape[i], span[i], strides[i]));
    let taps = (0..size[0]).flat_map(|i| (0..size[1]).map(move |j| [i, j]));
    taps.map(|tap| (tap, [0, 1].map(|i| start[i] + (tap[i] * dilation[i]) as i64))).collect()
}

fn activate(function: Function, width: usize, x: &[f64]) -> Vec<f64> {
    let each = |f: fn(f64) -> f64| x.iter().map(|&x| f(x)).collect();
    match function {
        Function::Linear => x.to_vec(),
        Function::Relu => each(|x| x.max(0.0)),
        Function::Relu6 => each(|x| x.clamp(0.0, 6.0)),
        Function::LeakyRelu { alpha } => {
            x.iter().map(|&x| if x > 0.0 { x } else { f64::from(alpha) * x }).collect()
        }
        Function::Elu { alpha } => {
            x.iter().map(|&x| if x > 0.0 { x } else { f64::from(alpha) * libm::expm1(x) }).collect()
        }
        Function::Gelu { approximate: false } => {
            each(|x| 0.5 * x * (1.0 + libm::erf(x / 2f64.sqrt())))
        }
        Function::Gelu { approximate: true } => each(|x| {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x);
            0.5 * x * (1.0 + libm::tanh(inner))
        }),
        Function::Sigmoid => each(|x| 1.0 / (1.0 + libm::exp(-x))),
        Function::Tanh => each(libm::tanh),
        Function::Softplus => each(|x| libm::log1p(libm::exp(x))),
        Function::Softmax => x
            .chunks(width)
            .flat_map(|row| {
                let total: f64 = row.iter().map(|&x| libm::exp(x)).sum();
                row.iter().map(move |&x| libm::exp(x) / total)
            })
            .collect(),
        Function::Selu => each(|x| {
            let (scale, alpha) = (1.050_700_987_355_480_5, 1.673_263_242_354_377_3);
            scale * if x > 0.0 { x } else { alpha * libm::expm1(x) }
        }),
        Function::Silu => each(|x| x / (1.0 + libm::exp(-x))),
        Function::Mish => each(|x| x * libm::tanh(libm::log1p(libm::exp(x)))),
        Function::HardSigmoid => each(|x| (x + 3.0).clamp(0.0, 6.0) / 6.0),
        Function::HardSwish => each(|x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0),
        Function::Softsign => each(|x| x / (1.0 + x.abs())),
        Function::Exponential => each(libm::exp),
        Function::LogSoftmax => {
            activate(Function::Softmax, width, x).into_iter().map(libm::log).collect()
        }
    }
}

/// The output of one sample before the activation. (Batch normalisation uses statistics.)
fn naive(layer: &LayerSpec, inputs: &[Tensor<'_>], weights: &[f64], out: &[usize]) -> Vec<f64> {
    let x = &inputs[0];
    let places = || {
        let [height, width, channels] = *out else { panic!("no image: {out:?}") };
        (0..height * width * channels).map(move |i| {
            let pixel = i / channels;
            ([pixel / width, pixel % width], i % channels)
        })
    };
    match layer {
        LayerSpec::Conv2d(conv) => {
            let ([kh, kw], channels) = (conv.kernel_size.0, x.shape[2] / conv.groups);
            let bias = &weights[kh * kw * channels * conv.filters..];
            let output = |(place, filter): ([usize; 2], usize)| {
                let taps =
                    window(x, place, [kh, kw], conv.strides.0, conv.dilation_rate.0, conv.padding);
                let first = filter / (conv.filters / conv.groups) * channels;
                let terms = taps.into_iter().flat_map(|([i, j], [row, column])| {
                    (0..channels).map(move |c| {
                        let weight = ((i * kw + j) * channels + c) * conv.filters + filter;
                        x.pixel(row, column, first + c).unwrap_or(0.0) * weights[weight]
                    })
                });
                terms.sum::<f64>() + bias.get(filter).unwrap_or(&0.0)
            };
            places().map(output).collect()
        }
        LayerSpec::DepthwiseConv2d(conv) => {
            let [kh, kw] = conv.kernel_size.0;
            let bias = &weights[kh * kw * out[2]..];
            let output = |(place, filter): ([usize; 2], usize)| {
                let taps =
                    window(x, place, [kh, kw], conv.strides.0, conv.dilation_rate.0, conv.padding);
                let terms = taps.into_iter().map(|([i, j], [row, column])| {
                    let pixel = x.pixel(row, column, filter / conv.depth_multiplier);
                    pixel.unwrap_or(0.0) * weights[(i * kw + j) * out[2] + filter]
                });
                terms.sum::<f64>() + bias.get(filter).unwrap_or(&0.0)
            };
            places().map(output).collect()
        }
        LayerSpec::MaxPooling2d(pool) => {
            let strides = pool.strides.unwrap_or(pool.pool_size).0;
            let output = |(place, c): ([usize; 2], usize)| {
                let taps = window(x, place, pool.pool_size.0, strides, [1, 1], pool.padding);
                let seen = taps.into_iter().filter_map(|(_, [i, j])| x.pixel(i, j, c));
                seen.fold(f64::NEG_INFINITY, f64::max)
            };
            places().map(output).collect()
        }
        LayerSpec::AveragePooling2d(pool) => {
            let strides = pool.strides.unwrap_or(pool.pool_size).0;
            let output = |(place, c): ([usize; 2], usize)| {
                let taps = window(x, place, pool.pool_size.0, strides, [1, 1], pool.padding);
                let seen: Vec<f64> =
                    taps.into_iter().filter_map(|(_, [i, j])| x.pixel(i, j, c)).collect();
                seen.iter().sum::<f64>() / seen.len() as f64
            };
            places().map(output).collect()
        }
        LayerSpec::GlobalAveragePooling2d(_) => (0..out[0])
            .map(|c| {
                let channel: Vec<f64> = x.values.iter().skip(c).step_by(out[0]).copied().collect();
                channel.iter().sum::<f64>() / channel.len() as f64
            })
            .collect(),
        LayerSpec::GlobalMaxPooling2d(_) => (0..out[0])
            .map(|c| x.values.iter().skip(c).step_by(out[0]).copied().fold(f64::MIN, f64::max))
            .collect(),
        LayerSpec::Dense(dense) => {
            let width = x.values.len() / x.shape[..x.shape.len() - 1].iter().product::<usize>();
            let bias = &weights[width * dense.units..];
            let rows = x.values.chunks(width);
            rows.flat_map(|row| {
                (0..dense.units).map(move |unit| {
                    let terms =
                        row.iter().enumerate().map(|(i, x)| x * weights[i * dense.units + unit]);
                    terms.sum::<f64>() + bias.get(unit).unwrap_or(&0.0)
                })
            })
            .collect()
        }
        LayerSpec::BatchNormalization(norm) => {
            let channels = out[out.len() - 1];
            let (gamma, beta) = weights.split_at(if norm.scale { channels } else { 0 });
            let values = x.values.iter().enumerate();
            // The running statistics that the test sets: mean c / 8, variance 1 + c.
            values
                .map(|(i, x)| {
                    let c = i % channels;
                    let normal = (x - c as f64 / 8.0) / (1.0 + c as f64 + norm.epsilon).sqrt();
                    normal * gamma.get(c).unwrap_or(&1.0) + beta.get(c).unwrap_or(&0.0)
                })
                .collect()
        }
        LayerSpec::Add(_) => plain::merge(inputs, out, |x| x.iter().sum()),
        LayerSpec::Average(_) => {
            plain::merge(inputs, out, |x| x.iter().sum::<f64>() / x.len() as f64)
        }
        LayerSpec::Multiply(_) => plain::merge(inputs, out, |x| x.iter().product()),
        LayerSpec::Maximum(_) => {
            plain::merge(inputs, out, |x| x.iter().copied().fold(f64::MIN, f64::max))
        }
        LayerSpec::Minimum(_) => {
            plain::merge(inputs, out, |x| x.iter().copied().fold(f64::MAX, f64::min))
        }
        LayerSpec::Subtract(_) => plain::merge(inputs, out, |x| x[0] - x[1]),
        LayerSpec::Conv1d(conv) => plain::conv1d(conv, x, weights, out),
        LayerSpec::Conv2dTranspose(conv) => plain::conv2d_transpose(conv, x, weights, out),
        LayerSpec::SeparableConv2d(conv) => plain::separable_conv2d(conv, x, weights, out),
        LayerSpec::LayerNormalization(norm) => plain::layer_normalization(norm, x, weights),
        LayerSpec::GroupNormalization(norm) => plain::group_normalization(norm, x, weights),
        LayerSpec::MaxPooling1d(pool) => plain::max_pooling1d(pool, x, out),
        LayerSpec::AveragePooling1d(pool) => plain::average_pooling1d(pool, x, out),
        LayerSpec::GlobalAveragePooling1d(_) => {
            plain::channels(x, |channel| channel.iter().sum::<f64>() / channel.len() as f64)
        }
        LayerSpec::GlobalMaxPooling1d(_) => {
            plain::channels(x, |channel| channel.iter().copied().fold(f64::MIN, f64::max))
        }
        LayerSpec::Cropping2d(layer) => plain::cropping2d(layer, x, out),
        LayerSpec::UpSampling2d(layer) => plain::up_sampling2d(layer, x, out),
        LayerSpec::Flip(layer) => plain::flip(layer, x, out),
        LayerSpec::Permute(layer) => plain::permute(layer, x, out),
        LayerSpec::RepeatVector(layer) => x.values.repeat(layer.n),
        LayerSpec::Softmax(layer) if layer.axis.0 != [-1] => plain::softmax(&layer.axis, x),
        LayerSpec::Prelu(layer) => plain::prelu(layer, x, weights),
        LayerSpec::Concatenate(join) => {
            let rank = out.len() as i32;
            let axis = if join.axis < 0 { join.axis + rank } else { join.axis - 1 } as usize;
            let inner: usize = out[axis + 1..].iter().product();
            let element = |i: usize| {
                let (outer, mut along, rest) =
                    (i / (out[axis] * inner), i / inner % out[axis], i % inner);
                for input in inputs {
                    if along < input.shape[axis] {
                        return input.values[(outer * input.shape[axis] + along) * inner + rest];
                    }
                    along -= input.shape[axis];
                }
                panic!("element {i} is in no input")
            };
            (0..out.iter().product()).map(element).collect()
        }
        LayerSpec::ZeroPadding2d(padding) => {
            let [[top, _], [left, _]] = padding.padding.0.map(|edges| edges.map(|e| e as i64));
            let output = |([row, column], c): ([usize; 2], usize)| {
                x.pixel(row as i64 - top, column as i64 - left, c).unwrap_or(0.0)
            };
            places().map(output).collect()
        }
        LayerSpec::Embedding(embedding) => {
            let width = embedding.output_dim;
            let vector = |id: &f64| weights[*id as usize * width..][..width].to_vec();
            x.values.iter().flat_map(vector).collect()
        }
        LayerSpec::MaskingLayer(masking) => {
            let steps = x.values.chunks(x.shape[1]);
            let padding = |step: &[f64]| step.iter().all(|x| *x == masking.mask_value);
            let seen =
                steps.map(|step| if padding(step) { vec![0.0; step.len()] } else { step.to_vec() });
            seen.flatten().collect()
        }
        LayerSpec::SimpleRnn(_) | LayerSpec::Lstm(_) | LayerSpec::Gru(_) => {
            recurrent::naive(layer, inputs, weights)
        }
        LayerSpec::Bidirectional(both) => recurrent::both_directions(both, &inputs[0], weights),
        LayerSpec::TimeDistributed(each) => {
            let (inner, out) = (&x.shape[1..], &out[1..]);
            let steps = x.values.chunks(shapes::len(inner));
            let step = |values: &[f64]| {
                naive(
                    &each.layer,
                    &[Tensor { shape: inner, values: values.to_vec() }],
                    weights,
                    out,
                )
            };
            steps.flat_map(step).collect()
        }
        LayerSpec::MultiHeadAttention(layer) => attention::naive(layer, inputs, weights),
        LayerSpec::PositionEmbedding(layer) => {
            let width = x.shape[1];
            let wave = |at: usize| {
                let (position, pair) = ((at / width) as f64, (at % width / 2) as f64);
                let angle = position * libm::exp(-2.0 * pair / width as f64 * 10_000f64.ln());
                if (at % width).is_multiple_of(2) { libm::sin(angle) } else { libm::cos(angle) }
            };
            let added = |at: usize| match layer.encoding {
                PositionEncoding::Learned => weights[at],
                PositionEncoding::Sinusoidal => wave(at),
            };
            x.values.iter().enumerate().map(|(at, x)| x + added(at)).collect()
        }
        LayerSpec::Rescaling(to) => x.values.iter().map(|x| x * to.scale + to.offset).collect(),
        LayerSpec::Flatten(_)
        | LayerSpec::Reshape(_)
        | LayerSpec::Activation(_)
        | LayerSpec::Softmax(_)
        | LayerSpec::Dropout(_)
        | LayerSpec::SpatialDropout1d(_)
        | LayerSpec::SpatialDropout2d(_)
        | LayerSpec::GaussianNoise(_) => x.values.clone(),
    }
}

#[test]
fn every_layer_computes_what_its_definition_says() {
    for (layer, shapes) in LayerSpec::examples() {
        let out = layer.checked_output_shape(&shapes).expect("an example");
        let (len, parameters) = (shapes::len(&out), layer.layer().parameters(&shapes));
        let count = |trainable| {
            let of_kind = parameters.iter().filter(|p| p.trainable == trainable);
            of_kind.map(|p| shapes::len(&p.shape)).sum::<usize>()
        };
        let mut stream = Key::new(1, Purpose::Weights).stream();
        let mut numbers = |len| (0..len).map(|_| stream.normal()).collect::<Vec<f32>>();
        let weights = numbers(count(true));
        let channels = count(false) / 2;
        let statistics = (0..2 * channels).map(|i| match i < channels {
            true => i as f32 / 8.0,
            false => 1.0 + (i - channels) as f32,
        });
        let state: Vec<f32> = statistics.collect();
        let mut buffers: Vec<Vec<f32>> =
            shapes.iter().map(|shape| numbers(BATCH * shapes::len(shape))).collect();
        if let Some(words) = layer.layer().vocabulary() {
            buffers[0].iter_mut().for_each(|x| *x = (x.abs() * 100.0).trunc() % words as f32);
        }
        let places: Vec<_> =
            shapes.iter().enumerate().map(|(i, shape)| (i, shapes::len(shape))).collect();

        let wide: Vec<f64> = weights.iter().map(|&w| f64::from(w)).collect();
        for winograd in [false, true] {
            let options = CompileOptions { training: false, winograd };
            let mut op = layer.layer().compile(&shapes, BATCH + 1, options).expect("an example");
            op.allocate(BATCH + 1).expect("a small batch");
            let mut output = vec![f32::NAN; BATCH * len];
            op.forward(Forward {
                n: BATCH,
                inputs: Inputs::new(BATCH, &buffers, &places),
                masks: Masks::none(),
                weights: &weights,
                weights_changed: true,
                pass: Pass::Inference { state: &state },
                output: &mut output,
            });
            for (sample, found) in output.chunks(len).enumerate() {
                let inputs: Vec<Tensor<'_>> = shapes
                    .iter()
                    .zip(&buffers)
                    .map(|(shape, buffer)| {
                        let values =
                            buffer.chunks(shapes::len(shape)).nth(sample).expect("a sample");
                        Tensor { shape, values: values.iter().map(|&x| f64::from(x)).collect() }
                    })
                    .collect();
                let before = naive(&layer, &inputs, &wide, &out);
                let fused = match layer.layer().activation() {
                    Function::Linear => layer.layer().final_activation(),
                    _ => Function::Linear,
                };
                let expected = activate(fused, out[out.len() - 1], &before);
                // The transforms of Winograd's algorithm mix elements, so that the rounding of the
                // largest is in the smallest too.
                let largest = expected.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
                for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
                    let off = (f64::from(*found) - expected).abs();
                    let size = if winograd { largest } else { expected.abs() };
                    assert!(
                        off <= 2e-6 * (1.0 + size),
                        "{layer:?}: sample {sample}, element {i} is {found}, expected {expected}"
                    );
                }
                assert_eq!(found.len(), expected.len(), "{layer:?}");
            }
        }
    }
}

#[test]
fn every_activation_computes_what_its_definition_says() {
    let xs: Vec<f32> = (-30..=30).map(|i| i as f32 * 0.37).collect();
    let wide: Vec<f64> = xs.iter().map(|&x| f64::from(x)).collect();
    for (layer, _) in Activation::examples() {
        let function = layer.function();
        let mut found = vec![f32::NAN; xs.len()];
        function.forward(1, xs.len(), &xs, &mut found);
        for (i, expected) in activate(function, xs.len(), &wide).into_iter().enumerate() {
            let off = (f64::from(found[i]) - expected).abs();
            assert!(
                off <= 1e-6 * (1.0 + expected.abs()),
                "{function:?}({}) is {}, expected {expected}",
                xs[i],
                found[i]
            );
        }
    }
}
