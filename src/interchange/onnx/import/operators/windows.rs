//! Windows that slide over images and sequences: sizes, steps and borders.

use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, unsupported};
use crate::interchange::onnx::import::network::Attributes;
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::{Edges, ZeroPadding2d};

/// The largest number of a window, its steps and its borders: what our layers take.
pub(super) const MOST: i64 = 4096;

/// Windows along one axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub size: usize,
    pub stride: usize,
    pub dilation: usize,
    /// What lies before the first element and behind the last.
    pub before: usize,
    pub after: usize,
    /// Elements of the input.
    pub length: usize,
}

/// How a layer treats the borders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Valid,
    /// As our `same` does.
    Same,
    /// All before the first element.
    Causal,
    /// As neither does.
    Other,
}

impl Window {
    /// Elements from the first to the last of a window.
    pub fn span(&self) -> usize {
        (self.size - 1) * self.dilation + 1
    }

    /// How many there are; 0 where none fits.
    pub fn count(&self) -> usize {
        match (self.length + self.before + self.after).checked_sub(self.span()) {
            Some(rest) => rest / self.stride + 1,
            None => 0,
        }
    }

    pub fn fit(&self) -> Fit {
        let count = self.length.div_ceil(self.stride);
        let total = ((count - 1) * self.stride + self.span()).saturating_sub(self.length);
        if self.before == 0 && self.after == 0 {
            Fit::Valid
        } else if self.count() == count && self.before == total / 2 {
            Fit::Same
        } else if self.after == 0 && self.before == self.span() - 1 {
            Fit::Causal
        } else if self.before == 0 && self.count() == self.without_borders().count() {
            Fit::Valid
        } else {
            Fit::Other
        }
    }

    pub fn without_borders(self) -> Self {
        Self { before: 0, after: 0, ..self }
    }
}

/// What all axes have in common, where they have it.
pub(super) fn common_fit(windows: &[Window]) -> Fit {
    let fits: Vec<Fit> = windows.iter().map(Window::fit).collect();
    if fits.iter().all(|fit| *fit == fits[0]) {
        return fits[0];
    }
    // Windows that do not reach over the borders are both.
    let same = |window: &Window| window.fit() == Fit::Same || is_both(window);
    let valid = |window: &Window| window.fit() == Fit::Valid;
    if windows.iter().all(same) {
        Fit::Same
    } else if windows.iter().all(valid) {
        Fit::Valid
    } else {
        Fit::Other
    }
}

/// Whether `same` would add nothing.
fn is_both(window: &Window) -> bool {
    let count = window.length.div_ceil(window.stride);
    window.fit() == Fit::Valid
        && (count - 1) * window.stride + window.span() <= window.length
        && window.count() == count
}

/// The windows of a node over axes of these lengths.
///
/// # Errors
/// `Unsupported` where a number is out of what our layers take.
pub(super) fn windows(node: &NodeProto, sizes: &[usize], lengths: &[usize]) -> Result<Vec<Window>> {
    let rank = lengths.len();
    let numbers = |name: &str, default: i64, count: usize, least: i64| {
        let Some(values) = node.ints(name).filter(|values| !values.is_empty()) else {
            return Ok(vec![default as usize; count]);
        };
        let allowed = values.iter().all(|value| (least..=MOST).contains(value));
        if values.len() != count || !allowed {
            let said = format!("found {name} {values:?}, expected {count} from {least} to {MOST}");
            return Err(unsupported(node, &said));
        }
        Ok(values.iter().map(|&value| value as usize).collect::<Vec<usize>>())
    };
    let strides = numbers("strides", 1, rank, 1)?;
    let dilations = numbers("dilations", 1, rank, 1)?;
    let mut pads = numbers("pads", 0, 2 * rank, 0)?;
    let allowed = |size: &usize| (1..=MOST as usize).contains(size);
    if sizes.len() != rank || !sizes.iter().all(allowed) {
        let said = format!("found windows of {sizes:?}, expected {rank} sizes from 1 to {MOST}");
        return Err(unsupported(node, &said));
    }
    if lengths.contains(&0) {
        return Err(unsupported(node, &format!("found {lengths:?} places, expected some")));
    }
    let auto = node.text("auto_pad").unwrap_or_default();
    let mut windows = Vec::new();
    for axis in 0..rank {
        let (size, stride, dilation) = (sizes[axis], strides[axis], dilations[axis]);
        let span = (size - 1) * dilation + 1;
        let total =
            ((lengths[axis].div_ceil(stride) - 1) * stride + span).saturating_sub(lengths[axis]);
        match auto.as_str() {
            "SAME_UPPER" => (pads[axis], pads[axis + rank]) = (total / 2, total - total / 2),
            "SAME_LOWER" => (pads[axis], pads[axis + rank]) = (total - total / 2, total / 2),
            "VALID" => (pads[axis], pads[axis + rank]) = (0, 0),
            "" | "NOTSET" => {}
            _ => {
                let said = format!("found auto_pad {auto}, expected one that ONNX has");
                return Err(unsupported(node, &said));
            }
        }
        windows.push(Window {
            size,
            stride,
            dilation,
            before: pads[axis],
            after: pads[axis + rank],
            length: lengths[axis],
        });
    }
    Ok(windows)
}

/// Zeros around an image, or at the ends of a sequence.
pub(super) fn zeros_around(
    builder: &mut Builder,
    value: usize,
    windows: &[Window],
) -> Result<usize> {
    let edges: Vec<[usize; 2]> = windows.iter().map(|w| [w.before, w.after]).collect();
    padded(builder, value, &edges)
}

/// The same for these numbers of rows and columns.
pub(super) fn padded(builder: &mut Builder, value: usize, edges: &[[usize; 2]]) -> Result<usize> {
    let shape = builder.shape(value).to_vec();
    match (edges, &shape[..]) {
        ([rows, columns], [_, _, _]) => {
            let layer = ZeroPadding2d { padding: Edges([*rows, *columns]) };
            builder.push(layer, vec![value], Vec::new())
        }
        ([places], [length, channels]) => {
            let image = builder.reshaped(value, &[1, *length, *channels])?;
            let layer = ZeroPadding2d { padding: Edges([[0, 0], *places]) };
            let wide = builder.push(layer, vec![image], Vec::new())?;
            builder.reshaped(wide, &[length + places[0] + places[1], *channels])
        }
        _ => Err(crate::err!(Unsupported, "onnx: borders of {} axes", edges.len())),
    }
}
