//! Larger images, and borders.

use super::windows::{MOST, padded};
use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, Live, unsupported};
use crate::interchange::onnx::import::network::Attributes;
use crate::interchange::onnx::import::tensor::{Data, Tensor};
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::{Cropping2d, Edges, Interpolation, UpSampling2d};

/// Images with their channels last: the value and its axes.
fn image(builder: &mut Builder, node: &NodeProto) -> Result<Live> {
    let live = builder.live(node, 0)?;
    if live.axes.len() != 4 || builder.batch_axis(&live)? != 0 {
        return Err(unsupported(node, "expected images"));
    }
    let order = [2, 3, 1];
    let value = builder.arranged(&live, &order)?;
    Ok(Live { value, axes: Builder::ordered(4, 0, &order), sole: false })
}

/// `Resize` to a multiple of the size.
pub(super) fn resize(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = image(builder, node)?;
    let interpolation = match node.text("mode").as_deref() {
        None | Some("nearest") => Interpolation::Nearest,
        Some("linear") => Interpolation::Bilinear,
        _ => return Err(unsupported(node, "expected the mode nearest or linear")),
    };
    let transformation = node.text("coordinate_transformation_mode").unwrap_or_default();
    let rounding = node.text("nearest_mode").unwrap_or_default();
    // At whole factors these give the same pixels.
    let fits = match (interpolation, transformation.as_str()) {
        (Interpolation::Nearest, "asymmetric") => rounding == "floor",
        (Interpolation::Nearest, "" | "half_pixel" | "pytorch_half_pixel") => {
            matches!(rounding.as_str(), "" | "round_prefer_floor" | "round_prefer_ceil")
        }
        (Interpolation::Bilinear, "" | "half_pixel" | "pytorch_half_pixel") => true,
        _ => false,
    };
    if !fits {
        return Err(unsupported(node, &format!("found the coordinates {transformation}")));
    }
    let shape = builder.shape(live.value).to_vec();
    let factors = match builder.constant(node, 3)? {
        Some(sizes) => {
            // The first is that of the batch, which may be open.
            let sizes = match &sizes.data {
                Data::Integers(sizes) => sizes.get(1..).unwrap_or_default().to_vec(),
                Data::Floats(_) => Vec::new(),
            };
            let [channels, height, width] = Tensor::list(sizes).integers().unwrap_or_default()[..]
            else {
                return Err(unsupported(node, "expected four sizes"));
            };
            if channels != shape[2] as i64 {
                return Err(unsupported(node, "expected as many channels"));
            }
            let factor = |new: i64, old: usize| (new as f64) / old as f64;
            [factor(height, shape[0]), factor(width, shape[1])]
        }
        None => {
            let number = if node.input.len() > 2 { 2 } else { 1 };
            let (_, scales) = builder.numbers(node, number)?;
            let [batch, channels, height, width] = scales[..] else {
                return Err(unsupported(node, "expected four scales"));
            };
            if (batch, channels) != (1.0, 1.0) {
                return Err(unsupported(node, "expected as many channels"));
            }
            [f64::from(height), f64::from(width)]
        }
    };
    enlarge(builder, node, live, factors, interpolation)
}

/// The operator before `Resize`.
pub(super) fn upsample(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = image(builder, node)?;
    if node.text("mode").is_some_and(|mode| mode != "nearest") {
        return Err(unsupported(node, "expected the mode nearest"));
    }
    let scales = match node.attribute("scales") {
        Some(attribute) => attribute.floats.clone(),
        None => builder.numbers(node, 1)?.1,
    };
    let [_, _, height, width] = scales[..] else {
        return Err(unsupported(node, "expected four scales"));
    };
    let factors = [f64::from(height), f64::from(width)];
    enlarge(builder, node, live, factors, Interpolation::Nearest)
}

fn enlarge(
    builder: &mut Builder,
    node: &NodeProto,
    live: Live,
    factors: [f64; 2],
    interpolation: Interpolation,
) -> Result<()> {
    let whole = |factor: f64| (1.0..=1024.0).contains(&factor) && factor.fract() == 0.0;
    if !factors.into_iter().all(whole) {
        return Err(unsupported(
            node,
            &format!("found the factors {factors:?}, expected whole ones"),
        ));
    }
    let size = factors.map(|factor| factor as usize).into();
    let value = builder.push(UpSampling2d { size, interpolation }, vec![live.value], Vec::new())?;
    builder.set(node, Live { value, sole: true, ..live });
    Ok(())
}

/// `Pad` with zeros, or, where it is below zero, without borders.
pub(super) fn pad(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let rank = live.axes.len();
    let is_zero = match builder.constant(node, 2)? {
        Some(value) => value.is_all(0.0),
        None => node.float("value", 0.0) == 0.0,
    };
    if node.text("mode").is_some_and(|mode| mode != "constant") || !is_zero {
        return Err(unsupported(node, "expected zeros"));
    }
    let pads = builder.integers(node, 1, "pads")?.unwrap_or_default();
    let axes = match builder.integers(node, 3, "")? {
        Some(axes) => super::super::fold::axes_of(node, &axes, rank)?,
        None => (0..rank).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return Err(unsupported(node, "expected two numbers for each axis"));
    }
    if let Some(pad) = pads.iter().find(|pad| !(-MOST..=MOST).contains(*pad)) {
        let said = format!("found a border of {pad}, expected {} to {MOST}", -MOST);
        return Err(unsupported(node, &said));
    }
    let mut edges = vec![[0_i64; 2]; rank];
    for (place, &axis) in axes.iter().enumerate() {
        edges[axis] = [pads[place], pads[place + axes.len()]];
    }
    if edges.iter().all(|edge| *edge == [0, 0]) {
        builder.set(node, live);
        return Ok(());
    }
    let batch = builder.batch_axis(&live)?;
    let stored = builder.stored_order(&live)?;
    let (long, others): (Vec<usize>, Vec<usize>) =
        stored.iter().copied().partition(|&axis| edges[axis] != [0, 0]);
    let order: Vec<usize> = match (long.len(), rank, others.len()) {
        (2, 4, 1) => vec![long[0], long[1], others[0]],
        (1, 4, 2) if long[0] == stored[0] || long[0] == stored[1] => stored,
        (1, 3, 1) => vec![long[0], others[0]],
        _ => return Err(unsupported(node, "found borders that no layer has")),
    };
    if edges[batch] != [0, 0] {
        return Err(unsupported(node, "the batch gets borders"));
    }
    let value = builder.arranged(&live, &order)?;
    let places = &order[..order.len() - 1];
    // What is added, or else taken away.
    let each = |sign: i64| -> Vec<[usize; 2]> {
        let edge = |&axis: &usize| edges[axis].map(|pad| (pad * sign).max(0) as usize);
        places.iter().map(edge).collect()
    };
    let (wide, cut) = (each(1), each(-1));
    let mut value = if wide.iter().any(|edge| *edge != [0, 0]) {
        padded(builder, value, &wide)?
    } else {
        value
    };
    if let [rows, columns] = cut[..]
        && cut.iter().any(|edge| *edge != [0, 0])
    {
        let layer = Cropping2d { cropping: Edges([rows, columns]) };
        value = builder.push(layer, vec![value], Vec::new())?;
    } else if cut.iter().any(|edge| *edge != [0, 0]) {
        return Err(unsupported(node, "found borders below zero"));
    }
    let axes = Builder::ordered(rank, batch, &order);
    builder.set(node, Live { value, axes, sole: true });
    Ok(())
}
