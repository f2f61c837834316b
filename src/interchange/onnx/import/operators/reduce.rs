//! Means, maxima and sums over whole axes.

use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, Live, unsupported};
use crate::interchange::onnx::import::fold;
use crate::interchange::onnx::import::network::Attributes;
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::{
    GlobalAveragePooling1d, GlobalAveragePooling2d, GlobalMaxPooling1d, GlobalMaxPooling2d,
    LayerSpec,
};

/// What is kept of the numbers along the axes.
#[derive(Clone, Copy, PartialEq)]
enum Kept {
    Mean,
    Largest,
    Sum,
}

pub(super) fn global_average(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let axes: Vec<usize> = (2..live.axes.len()).collect();
    reduced(builder, node, &live, &axes, true, Kept::Mean)
}

pub(super) fn global_max(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let axes: Vec<usize> = (2..live.axes.len()).collect();
    reduced(builder, node, &live, &axes, true, Kept::Largest)
}

pub(super) fn mean(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    reduce(builder, node, Kept::Mean)
}

pub(super) fn max(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    reduce(builder, node, Kept::Largest)
}

pub(super) fn sum(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    reduce(builder, node, Kept::Sum)
}

fn reduce(builder: &mut Builder, node: &NodeProto, kept: Kept) -> Result<()> {
    let live = builder.live(node, 0)?;
    let rank = live.axes.len();
    let axes = match builder.integers(node, 1, "axes")?.filter(|axes| !axes.is_empty()) {
        Some(axes) => fold::axes_of(node, &axes, rank)?,
        None if node.int("noop_with_empty_axes", 0) == 1 => Vec::new(),
        None => return Err(unsupported(node, "the batch is reduced, too")),
    };
    reduced(builder, node, &live, &axes, node.int("keepdims", 1) == 1, kept)
}

fn reduced(
    builder: &mut Builder,
    node: &NodeProto,
    live: &Live,
    over: &[usize],
    keep: bool,
    kept: Kept,
) -> Result<()> {
    let rank = live.axes.len();
    let batch = builder.batch_axis(live)?;
    if over.contains(&batch) {
        return Err(unsupported(node, "the batch is reduced, too"));
    }
    let stored = builder.stored_order(live)?;
    let (gone, left): (Vec<usize>, Vec<usize>) =
        stored.into_iter().partition(|axis| over.contains(axis));
    let sizes = |axes: &[usize]| -> Vec<usize> {
        axes.iter().map(|&axis| builder.sample_size(live, axis)).collect()
    };
    let left_sizes = sizes(&left);
    let (rows, channels): (usize, usize) =
        (sizes(&gone).iter().product(), left_sizes.iter().product());
    let order: Vec<usize> = gone.iter().chain(&left).copied().collect();
    let arranged = builder.arranged(live, &order)?;
    let layer = |is_image: bool| -> LayerSpec {
        match (kept, is_image) {
            (Kept::Largest, true) => GlobalMaxPooling2d {}.into(),
            (Kept::Largest, false) => GlobalMaxPooling1d {}.into(),
            (_, true) => GlobalAveragePooling2d {}.into(),
            (_, false) => GlobalAveragePooling1d {}.into(),
        }
    };
    let is_image = gone.len() == 2 && left.len() == 1;
    let from = if is_image { arranged } else { builder.reshaped(arranged, &[rows, channels])? };
    let mut value = builder.push(layer(is_image), vec![from], Vec::new())?;
    if left.len() > 1 {
        value = builder.reshaped(value, &left_sizes)?;
    }
    // One axis of ours for each that is left; where none is, it has the size 1.
    let mut axes = Builder::ordered(rank, batch, &left);
    if !keep {
        let all = axes.into_iter().enumerate();
        axes = all.filter(|(axis, _)| !over.contains(axis)).map(|(_, own)| own).collect();
    }
    let mut live = Live { value, axes, sole: true };
    if kept == Kept::Sum {
        live = builder.rescaled(&live, rows as f64, 0.0)?;
    }
    builder.set(node, live);
    Ok(())
}
