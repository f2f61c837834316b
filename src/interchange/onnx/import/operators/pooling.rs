//! Poolings over windows.

use super::windows::{self, Fit, MOST, Window, common_fit, padded, zeros_around};
use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, Live, unsupported};
use crate::interchange::onnx::import::network::Attributes;
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::{
    ActivationName, AveragePooling1d, AveragePooling2d, LayerSpec, MaxPooling1d, MaxPooling2d,
    Padding, Pair,
};

/// The input with its channels last, and the windows.
fn read(builder: &mut Builder, node: &NodeProto) -> Result<(Live, Vec<Window>)> {
    let live = builder.live(node, 0)?;
    let rank = live.axes.len();
    if !matches!(rank, 3 | 4) || builder.batch_axis(&live)? != 0 {
        return Err(unsupported(node, "expected images or sequences"));
    }
    if node.output.get(1).is_some_and(|name| !name.is_empty()) {
        return Err(unsupported(node, "the places of what was found are asked for"));
    }
    let order: Vec<usize> = (2..rank).chain([1]).collect();
    let value = builder.arranged(&live, &order)?;
    let lengths = builder.shape(value)[..rank - 2].to_vec();
    let sizes = node.ints("kernel_shape").unwrap_or_default();
    let known: Option<Vec<usize>> = sizes.iter().map(|&size| size.try_into().ok()).collect();
    let known = known.ok_or_else(|| {
        unsupported(node, &format!("found windows of {sizes:?}, expected sizes from 1 to {MOST}"))
    })?;
    let mut windows = windows::windows(node, &known, &lengths)?;
    if windows.iter().any(|window| window.dilation != 1) {
        return Err(unsupported(node, "found dilations, expected none"));
    }
    if node.int("ceil_mode", 0) == 1 {
        for window in &mut windows {
            // A last window that is not whole, if it begins before the end.
            let rest = (window.length + window.before + window.after).checked_sub(window.size);
            let rest = rest.ok_or_else(|| unsupported(node, "no window fits"))?;
            let count = rest.div_ceil(window.stride) + 1;
            if (count - 1) * window.stride < window.length + window.before {
                let reach = (count - 1) * window.stride + window.size;
                window.after =
                    window.after.max(reach.saturating_sub(window.length + window.before));
            }
        }
    }
    let axes = Builder::ordered(rank, 0, &order);
    Ok((Live { value, axes, sole: false }, windows))
}

/// A pooling of these windows.
fn pooling(windows: &[Window], is_max: bool, padding: Padding) -> LayerSpec {
    match windows {
        [window] => {
            let (pool_size, strides) = (window.size, Some(window.stride));
            if is_max {
                MaxPooling1d { pool_size, strides, padding }.into()
            } else {
                AveragePooling1d { pool_size, strides, padding }.into()
            }
        }
        _ => {
            let pair = |each: fn(&Window) -> usize| Pair([each(&windows[0]), each(&windows[1])]);
            let (pool_size, strides) = (pair(|w| w.size), Some(pair(|w| w.stride)));
            if is_max {
                MaxPooling2d { pool_size, strides, padding }.into()
            } else {
                AveragePooling2d { pool_size, strides, padding }.into()
            }
        }
    }
}

fn done(builder: &mut Builder, node: &NodeProto, live: Live, value: usize) {
    builder.set(node, Live { value, sole: true, ..live });
}

pub(super) fn max(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let (live, windows) = read(builder, node)?;
    let (mut value, mut windows) = (live.value, windows);
    let fit = common_fit(&windows);
    let padding = match fit {
        Fit::Valid => Padding::Valid,
        Fit::Same => Padding::Same,
        // Zeros win over no number that is not negative.
        _ if is_never_negative(builder, value, &mut 100) => {
            value = zeros_around(builder, value, &windows)?;
            Padding::Valid
        }
        _ => {
            // Every place as the middle of a window, of which some are taken.
            let whole: Vec<Window> =
                windows.iter().map(|window| Window { stride: 1, ..*window }).collect();
            let fits = |window: &Window| {
                window.before == (window.size - 1) / 2
                    && window.count() == window.length.div_ceil(window.stride)
            };
            if !windows.iter().all(fits) {
                return Err(unsupported(node, "found borders that no layer has"));
            }
            value = builder.push(pooling(&whole, true, Padding::Same), vec![value], Vec::new())?;
            windows.iter_mut().for_each(|window| window.size = 1);
            Padding::Valid
        }
    };
    let value = builder.push(pooling(&windows, true, padding), vec![value], Vec::new())?;
    done(builder, node, live, value);
    Ok(())
}

/// Whether no number of a value is below zero, as far as the layers say
/// after a look at so many layers.
fn is_never_negative(builder: &Builder, value: usize, left: &mut u32) -> bool {
    let Some(built) = builder.layer_of(value).filter(|_| *left > 0) else { return false };
    *left -= 1;
    let function = match &built.layer {
        LayerSpec::Activation(layer) => layer.activation,
        LayerSpec::Dense(layer) => layer.activation,
        LayerSpec::Conv1d(layer) => layer.activation,
        LayerSpec::Conv2d(layer) => layer.activation,
        LayerSpec::DepthwiseConv2d(layer) => layer.activation,
        LayerSpec::Conv2dTranspose(layer) => layer.activation,
        LayerSpec::MaxPooling2d(_)
        | LayerSpec::MaxPooling1d(_)
        | LayerSpec::AveragePooling2d(_)
        | LayerSpec::AveragePooling1d(_)
        | LayerSpec::Reshape(_)
        | LayerSpec::Dropout(_)
        | LayerSpec::Permute(_)
        | LayerSpec::ZeroPadding2d(_)
        | LayerSpec::Add(_)
        | LayerSpec::Concatenate(_) => {
            return built.inputs.iter().all(|&value| is_never_negative(builder, value, left));
        }
        _ => return false,
    };
    matches!(
        function,
        ActivationName::Relu
            | ActivationName::Relu6
            | ActivationName::Sigmoid
            | ActivationName::HardSigmoid
            | ActivationName::Softmax
            | ActivationName::Softplus
            | ActivationName::Exponential
    )
}

pub(super) fn average(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let pads = node.ints("pads").unwrap_or_default();
    let counts_borders = node.int("count_include_pad", 0) == 1;
    let is_ceil = node.int("ceil_mode", 0) == 1;
    let is_padded = pads.iter().any(|&pad| pad != 0);
    let (live, windows) = read(builder, node)?;
    let mut value = live.value;
    let padding = match common_fit(&windows) {
        Fit::Valid => Padding::Valid,
        Fit::Same if !(counts_borders && is_padded) => Padding::Same,
        _ if counts_borders && !is_ceil => {
            let edges: Vec<[usize; 2]> = windows.iter().map(|w| [w.before, w.after]).collect();
            value = padded(builder, value, &edges)?;
            Padding::Valid
        }
        _ => return Err(unsupported(node, "found borders that no layer has")),
    };
    let value = builder.push(pooling(&windows, false, padding), vec![value], Vec::new())?;
    done(builder, node, live, value);
    Ok(())
}
