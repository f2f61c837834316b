//! Borders and sizes of images, and the unit of numbers.

use super::builder::string;
use super::context::{Call, Context, Layout, TensorId};
use crate::Result;
use crate::layers::{Cropping2d, Interpolation, Rescaling, UpSampling2d, ZeroPadding2d};

/// `zeroPadding2d`
pub(super) fn zero_padding(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &ZeroPadding2d,
) -> Result<TensorId> {
    let (x, layout) = (cx.native(call.inputs[0]), cx.layout(call.inputs[0]));
    let mut pads = [0; 8];
    for (place, [before, after]) in layer.padding.0.into_iter().enumerate() {
        let axis = layout.axis(place, 3);
        (pads[axis], pads[4 + axis]) = (before as i64, after as i64);
    }
    let pads = cx.graph.integers("pads", &pads)?;
    let y = cx.graph.node("Pad", &[x, pads], vec![string("mode", "constant")]);
    Ok(cx.tensor(y, call.output.clone(), layout))
}

/// `cropping2d`
pub(super) fn cropping(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &Cropping2d,
) -> Result<TensorId> {
    let (x, layout) = (cx.native(call.inputs[0]), cx.layout(call.inputs[0]));
    let edges = layer.cropping.0;
    let starts = edges.map(|[before, _]| before as i64);
    let ends = [0, 1].map(|place| (call.shapes[0][place] - edges[place][1]) as i64);
    let starts = cx.graph.integers("starts", &starts)?;
    let ends = cx.graph.integers("ends", &ends)?;
    let axes = cx.graph.integers("axes", &[0, 1].map(|place| layout.axis(place, 3) as i64))?;
    let y = cx.graph.node("Slice", &[x, starts, ends, axes], vec![]);
    Ok(cx.tensor(y, call.output.clone(), layout))
}

/// `upSampling2d`
pub(super) fn up_sampling(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &UpSampling2d,
) -> Result<TensorId> {
    let x = cx.first(call.inputs[0]);
    let [down, across] = layer.size.0.map(|times| times as f32);
    let name = format!("{}/scales", cx.graph.scope);
    let scales = cx.graph.floats(&name, &[4], [1.0, 1.0, down, across].into_iter())?;
    let given = match layer.interpolation {
        Interpolation::Nearest => vec![
            string("mode", "nearest"),
            string("coordinate_transformation_mode", "asymmetric"),
            string("nearest_mode", "floor"),
        ],
        Interpolation::Bilinear => {
            vec![string("mode", "linear"), string("coordinate_transformation_mode", "half_pixel")]
        }
    };
    let y = cx.graph.node("Resize", &[x, String::new(), scales], given);
    Ok(cx.tensor(y, call.output.clone(), Layout::First))
}

/// `rescaling`
pub(super) fn rescaling(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &Rescaling,
) -> Result<TensorId> {
    let (x, layout) = (cx.native(call.inputs[0]), cx.layout(call.inputs[0]));
    let scale = cx.graph.scalar("scale", layer.scale as f32)?;
    let mut y = cx.graph.node("Mul", &[x, scale], vec![]);
    if layer.offset != 0.0 {
        let offset = cx.graph.scalar("offset", layer.offset as f32)?;
        y = cx.graph.node("Add", &[y, offset], vec![]);
    }
    Ok(cx.tensor(y, call.output.clone(), layout))
}
