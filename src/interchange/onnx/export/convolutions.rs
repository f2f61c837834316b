//! Convolutions.

use ndarray::ArrayViewD;

use super::activations::ending;
use super::builder::{Attribute, int, ints};
use super::context::{Call, Context, Layout, TensorId};
use crate::layers::{
    Conv1d, Conv2d, Conv2dTranspose, DepthwiseConv2d, Padding, SeparableConv2d, SequencePadding,
};
use crate::{Result, err};

/// Windows along one axis.
pub(super) struct Windows {
    pub size: usize,
    pub stride: usize,
    pub dilation: usize,
}

impl Windows {
    /// How many elements one lies over.
    fn span(&self) -> usize {
        (self.size - 1) * self.dilation + 1
    }

    /// Zeros before and after an axis so that so many windows lie over it.
    fn pads(&self, length: usize, windows: usize, padding: SequencePadding) -> [usize; 2] {
        let total = ((windows - 1) * self.stride + self.span()).saturating_sub(length);
        match padding {
            SequencePadding::Valid => [0, 0],
            // An odd one is added at the end.
            SequencePadding::Same => [total / 2, total - total / 2],
            SequencePadding::Causal => [self.span() - 1, 0],
        }
    }
}

/// Windows down and across.
pub(super) fn windows(size: [usize; 2], strides: [usize; 2], dilation: [usize; 2]) -> Vec<Windows> {
    let axis = |i: usize| Windows { size: size[i], stride: strides[i], dilation: dilation[i] };
    vec![axis(0), axis(1)]
}

/// As of a sequence.
pub(super) fn padding_of(padding: Padding) -> SequencePadding {
    match padding {
        Padding::Valid => SequencePadding::Valid,
        Padding::Same => SequencePadding::Same,
    }
}

/// The attributes of windows over a value of this shape, `dilations` not among them.
pub(super) fn attributes(
    windows: &[Windows],
    input: &[usize],
    output: &[usize],
    padding: SequencePadding,
) -> Vec<Attribute> {
    let axes = windows.iter().zip(input.iter().zip(output));
    let pads: Vec<[usize; 2]> =
        axes.map(|(axis, (&length, &out))| axis.pads(length, out, padding)).collect();
    placed(windows, &pads)
}

/// The same with these pads.
fn placed(windows: &[Windows], pads: &[[usize; 2]]) -> Vec<Attribute> {
    let of = |value: fn(&Windows) -> usize| windows.iter().map(value).collect::<Vec<usize>>();
    let begins = pads.iter().map(|pads| pads[0]);
    let pads: Vec<usize> = begins.chain(pads.iter().map(|pads| pads[1])).collect();
    vec![
        ints("kernel_shape", &of(|axis| axis.size)),
        ints("pads", &pads),
        ints("strides", &of(|axis| axis.stride)),
    ]
}

fn dilations(windows: &[Windows]) -> Attribute {
    ints("dilations", &windows.iter().map(|axis| axis.dilation).collect::<Vec<usize>>())
}

/// `conv1d`
pub(super) fn conv1d(cx: &mut Context<'_>, call: &Call<'_>, layer: &Conv1d) -> Result<TensorId> {
    let windows = vec![Windows {
        size: layer.kernel_size,
        stride: layer.strides,
        dilation: layer.dilation_rate,
    }];
    let y = conv(cx, call, (windows, layer.padding), layer.groups, layer.use_bias)?;
    ending(cx, call, y, Layout::First, layer.activation)
}

/// `conv2d`
pub(super) fn conv2d(cx: &mut Context<'_>, call: &Call<'_>, layer: &Conv2d) -> Result<TensorId> {
    let windows = windows(layer.kernel_size.0, layer.strides.0, layer.dilation_rate.0);
    let padding = padding_of(layer.padding);
    let y = conv(cx, call, (windows, padding), layer.groups, layer.use_bias)?;
    ending(cx, call, y, Layout::First, layer.activation)
}

/// A convolution in groups.
fn conv(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    (windows, padding): (Vec<Windows>, SequencePadding),
    groups: usize,
    use_bias: bool,
) -> Result<String> {
    let product = cx.product(call, "kernel", use_bias)?;
    let kernel = cx.kernel(call, "kernel", channels_first(product.kernel.view()), 0)?;
    let x = cx.first(call.inputs[0]);
    let bias = match product.bias {
        Some(bias) => cx.vector(call, "bias", &bias)?,
        None => String::new(),
    };
    let mut given = attributes(&windows, &call.shapes[0], &call.output, padding);
    given.extend([dilations(&windows), int("group", groups as i64)]);
    Ok(cx.graph.node("Conv", &[x, kernel, bias], given))
}

/// A kernel [..., in, out] as [out, in, ...].
fn channels_first(kernel: ArrayViewD<'_, f32>) -> ArrayViewD<'_, f32> {
    let rank = kernel.ndim();
    let order: Vec<usize> = [rank - 1, rank - 2].into_iter().chain(0..rank - 2).collect();
    kernel.permuted_axes(order)
}

/// `depthwiseConv2d`
pub(super) fn depthwise(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &DepthwiseConv2d,
) -> Result<TensorId> {
    let windows = windows(layer.kernel_size.0, layer.strides.0, layer.dilation_rate.0);
    let product = cx.product(call, "kernel", layer.use_bias)?;
    let bias = match product.bias {
        Some(bias) => cx.vector(call, "bias", &bias)?,
        None => String::new(),
    };
    let place = (windows, padding_of(layer.padding));
    let y = by_channel(cx, call, ("kernel", product.kernel.view()), place, bias)?;
    ending(cx, call, y, Layout::First, layer.activation)
}

/// Filters for each channel by itself, of a kernel [height, width, channels, filters of each].
fn by_channel(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    (name, kernel): (&str, ArrayViewD<'_, f32>),
    (windows, padding): (Vec<Windows>, SequencePadding),
    bias: String,
) -> Result<String> {
    let channels = call.shapes[0][2];
    let filters = kernel.len() / (windows[0].size * windows[1].size);
    let shape = [filters, 1, windows[0].size, windows[1].size];
    let kernel = kernel.permuted_axes(vec![2, 3, 0, 1]);
    let kernel = kernel.to_shape(&shape[..]).map_err(|error| err!(Shape, "{name}: {error}"))?;
    let kernel = cx.kernel(call, name, kernel.view(), 0)?;
    let x = cx.first(call.inputs[0]);
    let mut given = attributes(&windows, &call.shapes[0], &call.output, padding);
    given.extend([dilations(&windows), int("group", channels as i64)]);
    Ok(cx.graph.node("Conv", &[x, kernel, bias], given))
}

/// `separableConv2d`: a depthwise convolution, and one of 1x1.
pub(super) fn separable(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &SeparableConv2d,
) -> Result<TensorId> {
    let windows = windows(layer.kernel_size.0, layer.strides.0, layer.dilation_rate.0);
    let depthwise = cx.parameter(call, "depthwiseKernel")?;
    let place = (windows, padding_of(layer.padding));
    let between = by_channel(cx, call, ("depthwiseKernel", depthwise), place, String::new())?;
    let product = cx.product(call, "pointwiseKernel", layer.use_bias)?;
    let pointwise = channels_first(product.kernel.view());
    let kernel = cx.kernel(call, "pointwiseKernel", pointwise, 0)?;
    let bias = match product.bias {
        Some(bias) => cx.vector(call, "bias", &bias)?,
        None => String::new(),
    };
    let given = vec![ints("kernel_shape", &[1, 1])];
    let y = cx.graph.node("Conv", &[between, kernel, bias], given);
    ending(cx, call, y, Layout::First, layer.activation)
}

/// `conv2dTranspose`
pub(super) fn transposed(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &Conv2dTranspose,
) -> Result<TensorId> {
    let windows = windows(layer.kernel_size.0, layer.strides.0, layer.dilation_rate.0);
    let kernel = channels_first(cx.parameter(call, "kernel")?);
    let kernel = cx.kernel(call, "kernel", kernel, 1)?;
    let x = cx.first(call.inputs[0]);
    let bias = match layer.use_bias {
        true => {
            let bias: Vec<f32> = cx.parameter(call, "bias")?.iter().copied().collect();
            cx.vector(call, "bias", &bias)?
        }
        false => String::new(),
    };
    // It is the gradient of a convolution from its output to its input.
    let axes = || windows.iter().zip(call.shapes[0].iter().zip(&call.output));
    let padding = padding_of(layer.padding);
    let pads: Vec<[usize; 2]> =
        axes().map(|(axis, (&from, &to))| axis.pads(to, from, padding)).collect();
    let added: Vec<usize> = axes()
        .zip(&pads)
        .map(|((axis, (&from, &to)), pads)| {
            (to + pads[0] + pads[1]).saturating_sub((from - 1) * axis.stride + axis.span())
        })
        .collect();
    let mut given = placed(&windows, &pads);
    given.extend([dilations(&windows), ints("output_padding", &added), int("group", 1)]);
    let y = cx.graph.node("ConvTranspose", &[x, kernel, bias], given);
    ending(cx, call, y, Layout::First, layer.activation)
}
