//! Convolutions: ONNX's kernels are [out, in, height, width], ours [height, width, in, out].

use super::windows::{self, Fit, Window, common_fit, zeros_around};
use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, Live, Weight, unsupported};
use crate::interchange::onnx::import::fold::transposed as reordered;
use crate::interchange::onnx::import::network::Attributes;
use crate::interchange::onnx::import::tensor::{Data, Tensor};
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::{
    Conv1d, Conv2d, Conv2dTranspose, Cropping2d, DepthwiseConv2d, Edges, LayerSpec, Padding,
    SequencePadding,
};

/// What a convolution takes: the input with its channels last, and the numbers of its kernel and bias.
struct Parts {
    value: usize,
    rank: usize,
    batch: usize,
    order: Vec<usize>,
    windows: Vec<Window>,
    groups: usize,
    kernel: Tensor,
    bias: Option<Vec<f32>>,
}

impl Parts {
    fn read(builder: &mut Builder, node: &NodeProto) -> Result<Self> {
        let live = builder.live(node, 0)?;
        let (shape, values) = builder.numbers(node, 1)?;
        let rank = live.axes.len();
        if !matches!(rank, 3 | 4) || shape.len() != rank || shape.contains(&0) {
            return Err(unsupported(node, "expected images or sequences"));
        }
        let batch = builder.batch_axis(&live)?;
        if batch != 0 {
            return Err(unsupported(node, "expected the batch first"));
        }
        let order: Vec<usize> = (2..rank).chain([1]).collect();
        let lengths: Vec<usize> = (2..rank).map(|axis| builder.sample_size(&live, axis)).collect();
        let mut windows = windows::windows(node, &shape[2..], &lengths)?;
        let groups = node.int("group", 1);
        let groups = usize::try_from(groups).ok().filter(|&groups| groups > 0);
        let groups = groups.ok_or_else(|| unsupported(node, "expected at least one group"))?;
        let mut bias = None;
        if builder.constant(node, 2)?.is_some() {
            bias = Some(builder.numbers(node, 2)?.1);
        }
        builder.budget.take(values.len())?;
        let mut value = builder.arranged(&live, &order)?;
        // Zeros around the image are borders of the windows.
        if node.op_type == "Conv"
            && let Some(built) = builder.layer_of(value)
            && let LayerSpec::ZeroPadding2d(layer) = &built.layer
            && windows.len() == 2
        {
            for (window, [before, after]) in windows.iter_mut().zip(layer.padding.0) {
                window.length -= before + after;
                window.before += before;
                window.after += after;
            }
            value = built.inputs[0];
        }
        let kernel = Tensor::floats(shape, values);
        Ok(Self { value, rank, batch, order, windows, groups, kernel, bias })
    }

    /// The kernel with its axes in another order, as a parameter of this shape.
    fn weights(&self, order: &[usize], shape: Option<Vec<usize>>) -> Vec<Weight> {
        let Tensor { shape: own, data, .. } = reordered(&self.kernel, order);
        let values = if let Data::Floats(values) = data { values } else { Vec::new() };
        let mut weights = vec![Weight::new("kernel", shape.unwrap_or(own), values)];
        weights.extend(self.bias.clone().map(|bias| Weight::new("bias", vec![bias.len()], bias)));
        weights
    }

    /// The numbers of two axes.
    fn pair(&self, each: impl Fn(&Window) -> usize) -> [usize; 2] {
        [each(&self.windows[0]), each(&self.windows[1])]
    }

    fn done(self, builder: &mut Builder, node: &NodeProto, value: usize) {
        let axes = Builder::ordered(self.rank, self.batch, &self.order);
        builder.set(node, Live { value, axes, sole: true });
    }
}

pub(super) fn convolution(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let parts = Parts::read(builder, node)?;
    let value = if parts.rank == 3 {
        sequence(builder, node, &parts)?
    } else {
        image(builder, node, &parts)?
    };
    parts.done(builder, node, value);
    Ok(())
}

fn image(builder: &mut Builder, node: &NodeProto, parts: &Parts) -> Result<usize> {
    let mut value = parts.value;
    let padding = match common_fit(&parts.windows) {
        Fit::Valid => Padding::Valid,
        Fit::Same => Padding::Same,
        Fit::Causal | Fit::Other => {
            value = zeros_around(builder, value, &parts.windows)?;
            Padding::Valid
        }
    };
    let channels = builder.shape(value)[2];
    let [filters, in_group, ..] = parts.kernel.shape[..] else {
        return Err(unsupported(node, "expected a kernel"));
    };
    if in_group.checked_mul(parts.groups) != Some(channels) {
        return Err(unsupported(node, &format!("the kernel does not fit {channels} channels")));
    }
    let use_bias = parts.bias.is_some();
    let kernel_size = parts.pair(|window| window.size);
    let strides = parts.pair(|window| window.stride).into();
    let dilation_rate = parts.pair(|window| window.dilation).into();
    let depthwise = in_group == 1 && parts.groups > 1 && filters.is_multiple_of(channels);
    if depthwise {
        let depth_multiplier = filters / channels;
        let layer = DepthwiseConv2d {
            strides,
            padding,
            depth_multiplier,
            dilation_rate,
            use_bias,
            ..DepthwiseConv2d::new(kernel_size)
        };
        let shape = vec![kernel_size[0], kernel_size[1], channels, depth_multiplier];
        let weights = parts.weights(&[2, 3, 0, 1], Some(shape));
        return builder.push(layer, vec![value], weights);
    }
    let groups = parts.groups;
    let layer = Conv2d {
        strides,
        padding,
        dilation_rate,
        groups,
        use_bias,
        ..Conv2d::new(filters, kernel_size)
    };
    builder.push(layer, vec![value], parts.weights(&[2, 3, 1, 0], None))
}

fn sequence(builder: &mut Builder, node: &NodeProto, parts: &Parts) -> Result<usize> {
    let mut value = parts.value;
    let window = parts.windows[0];
    let padding = match window.fit() {
        Fit::Valid => SequencePadding::Valid,
        Fit::Same => SequencePadding::Same,
        Fit::Causal if window.stride == 1 => SequencePadding::Causal,
        Fit::Causal | Fit::Other => {
            value = zeros_around(builder, value, &parts.windows)?;
            SequencePadding::Valid
        }
    };
    let channels = builder.shape(value)[1];
    let (filters, groups) = (parts.kernel.shape[0], parts.groups);
    if parts.kernel.shape[1].checked_mul(groups) != Some(channels) {
        return Err(unsupported(node, &format!("the kernel does not fit {channels} channels")));
    }
    let layer = Conv1d {
        strides: window.stride,
        padding,
        dilation_rate: window.dilation,
        groups,
        use_bias: parts.bias.is_some(),
        ..Conv1d::new(filters, window.size)
    };
    builder.push(layer, vec![value], parts.weights(&[2, 1, 0], None))
}

/// A transposed convolution. Its kernel is [in, out, height, width]; its borders are what is cut off.
pub(super) fn transposed(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let parts = Parts::read(builder, node)?;
    let auto = node.text("auto_pad").unwrap_or_default();
    if parts.rank != 4 || parts.groups != 1 || !matches!(auto.as_str(), "" | "NOTSET" | "VALID") {
        return Err(unsupported(node, "expected images, one group and explicit borders"));
    }
    if node.ints("output_shape").is_some_and(|shape| !shape.is_empty()) {
        return Err(unsupported(node, "found output_shape, expected borders"));
    }
    let more = node.ints("output_padding").unwrap_or(&[0, 0]);
    let more: Option<Vec<usize>> =
        more.iter().map(|&more| usize::try_from(more).ok().filter(|&more| more < 1024)).collect();
    let Some([down, across]) = more.as_deref() else {
        return Err(unsupported(node, "found output_padding that fits no layer"));
    };
    let more = [*down, *across];
    let [channels, filters, ..] = parts.kernel.shape[..] else {
        return Err(unsupported(node, "expected a kernel"));
    };
    if builder.shape(parts.value)[2] != channels {
        return Err(unsupported(node, "the kernel does not fit the channels"));
    }
    let base = Conv2dTranspose {
        strides: parts.pair(|window| window.stride).into(),
        dilation_rate: parts.pair(|window| window.dilation).into(),
        use_bias: parts.bias.is_some(),
        ..Conv2dTranspose::new(filters, parts.pair(|window| window.size))
    };
    // `same` makes the output as many times as large as the stride, and cuts off what is too much, the half of
    // it in front.
    let is_same = parts.windows.iter().zip(more).all(|(window, more)| {
        let beyond = window.span().checked_sub(window.stride);
        beyond.is_some_and(|beyond| {
            window.before == beyond / 2 && window.before + window.after == beyond + more
        })
    });
    let weights = parts.weights(&[2, 3, 1, 0], None);
    let value = if is_same {
        let layer = Conv2dTranspose { padding: Padding::Same, ..base };
        builder.push(layer, vec![parts.value], weights)?
    } else {
        // All that the windows draw, and rows that only the bias reaches; then without the borders.
        let own = [0, 1].map(|axis| more[axis].saturating_sub(parts.windows[axis].after));
        let cut = [0, 1].map(|axis| {
            let window = &parts.windows[axis];
            [window.before, window.after.saturating_sub(more[axis])]
        });
        let layer = Conv2dTranspose { output_padding: Some(own.into()), ..base };
        let value = builder.push(layer, vec![parts.value], weights)?;
        if cut == [[0; 2]; 2] {
            value
        } else {
            builder.push(Cropping2d { cropping: Edges(cut) }, vec![value], Vec::new())?
        }
    };
    parts.done(builder, node, value);
    Ok(())
}
