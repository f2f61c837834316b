//! Parts of values along an axis.

use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, Live, Value, Weight, unsupported};
use crate::interchange::onnx::import::fold::{self, Span};
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::{
    ActivationName, Axes, Conv2dTranspose, Cropping2d, Dense, Edges, Flip, LayerSpec, Padding,
};

pub(super) fn gather(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let rank = live.axes.len();
    let axis = super::shape::axis(node, 0, rank)?;
    let constant = builder.constant(node, 1)?;
    let places = constant.as_ref().and_then(|constant| constant.integers());
    let places = places.ok_or_else(|| unsupported(node, "expected places that are known"))?;
    let size = builder.sample_size(&live, axis);
    let places = fold::positions(node, &places, size)?;
    let [first, ..] = places[..] else { return Err(unsupported(node, "expected places")) };
    if places.iter().enumerate().any(|(number, &place)| place != first + number) {
        return Err(unsupported(node, "expected places side by side"));
    }
    let mut found = part(builder, node, &live, axis, first..first + places.len())?;
    match constant.map_or(0, |constant| constant.shape.len()) {
        0 => drop(found.axes.remove(axis)),
        1 => {}
        _ => return Err(unsupported(node, "expected a place or a list of places")),
    }
    builder.set(node, found);
    Ok(())
}

pub(super) fn slice(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let mut live = builder.live(node, 0)?;
    let starts = builder.integers(node, 1, "starts")?.unwrap_or_default();
    let ends = builder.integers(node, 2, "ends")?.unwrap_or_default();
    let axes = builder.integers(node, 3, "axes")?;
    let steps = builder.integers(node, 4, "steps")?;
    let shape: Vec<usize> = (0..live.axes.len())
        .map(|axis| match live.axes[axis].contains(&0) {
            // The whole batch, whatever its size.
            true => usize::MAX >> 1,
            false => builder.sample_size(&live, axis),
        })
        .collect();
    let spans = fold::slices(node, &starts, &ends, axes.as_deref(), steps.as_deref(), &shape)?;
    for (axis, Span { start, step, len }) in spans {
        if live.axes[axis].contains(&0) {
            if start != 0 || step != 1 || len < i32::MAX as usize {
                return Err(unsupported(node, "takes a part of the batch"));
            }
        } else if step == -1 && len == shape[axis] {
            live = flipped(builder, &live, axis)?;
        } else if step == 1 && len > 0 {
            live = part(builder, node, &live, axis, start..start + len)?;
        } else {
            return Err(unsupported(node, "expected neighbours, or all in the other order"));
        }
    }
    builder.set(node, live);
    Ok(())
}

pub(super) fn split(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    if let Ok(Some(constant)) = builder.constant(node, 0) {
        let axis = super::shape::axis(node, 0, constant.shape.len())?;
        builder.budget.take(constant.data.len())?;
        let mut start = 0;
        for (name, len) in node.output.iter().zip(sizes(builder, node, constant.shape[axis])?) {
            let part = fold::part_along(&constant, axis, start..start + len);
            builder.values.insert(name.clone(), Value::Constant(part.into()));
            start += len;
        }
        return Ok(());
    }
    let mut live = builder.live(node, 0)?;
    live.sole = false;
    let axis = super::shape::axis(node, 0, live.axes.len())?;
    let mut start = 0;
    for (number, len) in
        sizes(builder, node, builder.sample_size(&live, axis))?.into_iter().enumerate()
    {
        if builder.takers(node, number) > 0 {
            let found = part(builder, node, &live, axis, start..start + len)?;
            builder.set_output(node, number, found);
        }
        start += len;
    }
    Ok(())
}

/// How much of an axis of this size each output of a `Split` gets.
fn sizes(builder: &Builder, node: &NodeProto, size: usize) -> Result<Vec<usize>> {
    let count = node.output.len();
    let sizes = match builder.integers(node, 1, "split")? {
        Some(sizes) => sizes.iter().map(|&size| usize::try_from(size).ok()).collect(),
        None => {
            let each = size.div_ceil(count.max(1));
            Some((0..count).map(|i| each.min(size.saturating_sub(i * each))).collect::<Vec<_>>())
        }
    };
    let sizes = sizes.filter(|sizes| {
        sizes.len() == count && sizes.iter().fold(0, |sum: usize, n| sum.saturating_add(*n)) == size
    });
    let sizes = sizes.ok_or_else(|| unsupported(node, "the parts do not make up the whole"))?;
    if sizes.contains(&0) {
        return Err(unsupported(node, "found a part without numbers"));
    }
    Ok(sizes)
}

fn flipped(builder: &mut Builder, live: &Live, axis: usize) -> Result<Live> {
    let order = builder.stored_order(live)?;
    let batch = builder.batch_axis(live)?;
    let value = builder.arranged(live, &order)?;
    let place = order.iter().position(|&other| other == axis).unwrap_or(0);
    let layer = Flip { axis: Axes::from(place as i32 + 1) };
    let value = builder.push(layer, vec![value], Vec::new())?;
    Ok(Live { value, axes: Builder::ordered(live.axes.len(), batch, &order), sole: true })
}

/// Some places along an axis.
pub(super) fn part(
    builder: &mut Builder,
    node: &NodeProto,
    live: &Live,
    axis: usize,
    places: std::ops::Range<usize>,
) -> Result<Live> {
    let size = builder.sample_size(live, axis);
    if live.axes[axis].contains(&0) || places.end > size || places.is_empty() {
        return Err(unsupported(node, "takes places that are not there, or a part of the batch"));
    }
    if places == (0..size) {
        return Ok(live.clone());
    }
    if places.start + 1 == size
        && let Some(found) = last_state(builder, live, axis)?
    {
        return Ok(found);
    }
    if let Some(found) = units(builder, live, axis, &places)? {
        return Ok(found);
    }
    let batch = builder.batch_axis(live)?;
    let order = builder.stored_order(live)?;
    let value = builder.arranged(live, &order)?;
    let place = order.iter().position(|&other| other == axis).unwrap_or(0);
    let cut = [places.start, size - places.end];
    let axes = Builder::ordered(live.axes.len(), batch, &order);
    let mut shape = builder.shape(value).to_vec();
    if shape.len() == 3 && place < 2 {
        let edges = if place == 0 { [cut, [0, 0]] } else { [[0, 0], cut] };
        let value = cropped(builder, value, edges)?;
        return Ok(Live { value, axes, sole: true });
    }
    let (before, after) = (&shape[..place], &shape[place + 1..]);
    let image = [before.iter().product(), size, after.iter().product()];
    let from = builder.reshaped(value, &image)?;
    let layer = Cropping2d { cropping: Edges([[0, 0], cut]) };
    let made = builder.push(layer, vec![from], Vec::new())?;
    shape[place] = places.len();
    let value = builder.reshaped(made, &shape)?;
    Ok(Live { value, axes, sole: true })
}

/// An image without borders. What was cut before is cut with it, and where a transposed convolution makes the
/// image, it may be one that cuts itself.
fn cropped(builder: &mut Builder, value: usize, edges: [[usize; 2]; 2]) -> Result<usize> {
    let (mut source, mut edges) = (value, edges);
    if let Some(built) = builder.layer_of(value)
        && let LayerSpec::Cropping2d(layer) = &built.layer
    {
        let before = layer.cropping.0;
        edges = [0, 1].map(|axis| [0, 1].map(|side| edges[axis][side] + before[axis][side]));
        source = built.inputs[0];
    }
    if let Some(built) = builder.layer_of(source)
        && let LayerSpec::Conv2dTranspose(layer) = &built.layer
        && layer.padding == Padding::Valid
        && layer.activation == ActivationName::Linear
        && layer.output_padding.is_none_or(|more| more.0 == [0, 0])
        && built.weights_of.is_none()
    {
        let is_same = [0, 1].into_iter().all(|axis| {
            let span = (layer.kernel_size.0[axis] - 1) * layer.dilation_rate.0[axis] + 1;
            let beyond = span.checked_sub(layer.strides.0[axis]);
            beyond.is_some_and(|all| edges[axis] == [all / 2, all - all / 2])
        });
        if is_same {
            let (inputs, weights) = (built.inputs.clone(), built.weights.clone());
            let layer =
                Conv2dTranspose { padding: Padding::Same, output_padding: None, ..layer.clone() };
            builder.budget.take(weights.iter().map(|weight| weight.values.len()).sum())?;
            return builder.push(layer, inputs, weights);
        }
    }
    builder.push(Cropping2d { cropping: Edges(edges) }, vec![source], Vec::new())
}

/// The last step of a recurrent layer's states: the layer that gives only that one.
fn last_state(builder: &mut Builder, live: &Live, axis: usize) -> Result<Option<Live>> {
    let Some(built) = builder.layer_of(live.value).filter(|_| live.axes[axis] == [1]) else {
        return Ok(None);
    };
    let mut layer = built.layer.clone();
    match &mut layer {
        LayerSpec::Lstm(layer) if layer.return_sequences && !layer.go_backwards => {
            layer.return_sequences = false;
        }
        LayerSpec::Gru(layer) if layer.return_sequences && !layer.go_backwards => {
            layer.return_sequences = false;
        }
        LayerSpec::SimpleRnn(layer) if layer.return_sequences && !layer.go_backwards => {
            layer.return_sequences = false;
        }
        _ => return Ok(None),
    }
    let inputs = built.inputs.clone();
    let value = builder.push_sharing(layer, inputs, live.value)?;
    let axes = live.axes.iter().enumerate().map(|(other, own)| {
        let own = own.iter().map(|&own| own.saturating_sub(1));
        if other == axis { Vec::new() } else { own.collect() }
    });
    Ok(Some(Live { value, axes: axes.collect(), sole: true }))
}

/// Some units of a dense layer: one that has only those.
fn units(
    builder: &mut Builder,
    live: &Live,
    axis: usize,
    places: &std::ops::Range<usize>,
) -> Result<Option<Live>> {
    let shape = builder.shape(live.value).to_vec();
    let mut source = live.value;
    while let Some(built) = builder.layer_of(source)
        && matches!(built.layer, LayerSpec::Reshape(_))
    {
        source = built.inputs[0];
    }
    let [own] = live.axes[axis][..] else { return Ok(None) };
    let whole = builder.shape(source).to_vec();
    let Some(built) = builder.layer_of(source).filter(|built| built.weights_of.is_none()) else {
        return Ok(None);
    };
    // What lies before is as the layer has it, so that the units are what is cut into the rest.
    let LayerSpec::Dense(layer) = &built.layer else { return Ok(None) };
    let fits = own == whole.len()
        && shape[..own - 1] == whole[..own - 1]
        && layer.activation == ActivationName::Linear;
    if !fits {
        return Ok(None);
    }
    let width = layer.units / shape[own - 1];
    let columns = places.start * width..places.end * width;
    let layer = Dense { units: columns.len(), ..layer.clone() };
    let mut weights = Vec::new();
    for weight in &built.weights {
        let rows = weight.values.chunks_exact(whole[own - 1]);
        let values: Vec<f32> = rows.flat_map(|row| &row[columns.clone()]).copied().collect();
        let mut shape = weight.shape.clone();
        if let Some(last) = shape.last_mut() {
            *last = columns.len();
        }
        weights.push(Weight::new(weight.name, shape, values));
    }
    let inputs = built.inputs.clone();
    builder.budget.take(weights.iter().map(|weight| weight.values.len()).sum())?;
    let value = builder.push(layer, inputs, weights)?;
    let mut cut = shape;
    cut[own - 1] = places.len();
    let value = builder.reshaped(value, &cut)?;
    Ok(Some(Live { value, axes: live.axes.clone(), sole: true }))
}

/// What values were parts of, where they are all of its parts along an axis, in order; and the shape that they
/// make together.
pub(super) fn whole(
    builder: &Builder,
    values: &[usize],
    place: usize,
) -> Option<(usize, Vec<usize>)> {
    let (mut next, mut source) = (0, None);
    for &value in values {
        let mut at = value;
        while let Some(built) = builder.layer_of(at)
            && matches!(built.layer, LayerSpec::Reshape(_) | LayerSpec::Flatten(_))
        {
            at = built.inputs[0];
        }
        let built = builder.layer_of(at)?;
        let LayerSpec::Cropping2d(layer) = &built.layer else { return None };
        let image = builder.shape(built.inputs[0]);
        let [[0, 0], [start, after]] = layer.cropping.0 else { return None };
        let outer: usize = builder.shape(value)[..place].iter().product();
        let same = *source.get_or_insert(built.inputs[0]) == built.inputs[0];
        // As many numbers lie before the axis as before the one that was cut.
        if start != next || image[0] != outer || !same {
            return None;
        }
        next = image[1] - after;
    }
    let source = source.filter(|&source| builder.shape(source)[1] == next)?;
    let mut shape = builder.shape(*values.first()?).to_vec();
    shape[place] = values.iter().map(|&value| builder.shape(value)[place]).sum();
    Some((source, shape))
}
