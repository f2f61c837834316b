//! Operations that become other layers for tensors of other shapes.

use serde_json::Value;

use super::{Arguments, Given, Plan};
use crate::interchange::keras::quoted::quoted;
use crate::layers::{
    Activation, ActivationName, Axes, Cropping2d, Edges, Flip, GlobalAveragePooling1d,
    GlobalAveragePooling2d, GlobalMaxPooling1d, GlobalMaxPooling2d, Interpolation, LayerSpec, Pair,
    Permute, Rescaling, Reshape, Shape, UpSampling2d,
};
use crate::{Result, err};

/// What depends on the shape. Axes count the batch, and from the end where they are negative.
#[derive(Clone, Debug)]
pub enum Shaped {
    /// Of these axes, or all of size 1.
    Squeeze(Vec<i64>),
    ExpandDims(i64),
    Reduce {
        how: Reduction,
        axes: Vec<i64>,
        keeps: bool,
    },
    Slice(Vec<Cut>),
    /// To so many rows and columns.
    Resize([usize; 2], Interpolation),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    Mean,
    Max,
    Sum,
}

/// What of an axis is taken, as Python writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    Range { start: Option<i64>, stop: Option<i64>, step: i64 },
    At(i64),
    Ellipsis,
    NewAxis,
}

pub fn squeeze(a: &Arguments<'_>) -> Result<Plan> {
    let axes = a.integers("axis")?.unwrap_or_default();
    Ok(Plan::Shaped(Shaped::Squeeze(axes)))
}

pub fn expand_dims(a: &Arguments<'_>) -> Result<Plan> {
    match a.integers("axis")?.as_deref() {
        Some([axis]) => Ok(Plan::Shaped(Shaped::ExpandDims(*axis))),
        _ => Err(a.wrong("axis", "an axis")),
    }
}

fn reduce(a: &Arguments<'_>, how: Reduction) -> Result<Plan> {
    let axes = a.integers("axis")?;
    let axes = axes.ok_or_else(|| a.wrong("axis", "axes other than the batch"))?;
    Ok(Plan::Shaped(Shaped::Reduce { how, axes, keeps: a.flag("keepdims")? }))
}

pub fn mean(a: &Arguments<'_>) -> Result<Plan> {
    reduce(a, Reduction::Mean)
}

pub fn max(a: &Arguments<'_>) -> Result<Plan> {
    reduce(a, Reduction::Max)
}

pub fn sum(a: &Arguments<'_>) -> Result<Plan> {
    reduce(a, Reduction::Sum)
}

pub fn slice(a: &Arguments<'_>) -> Result<Plan> {
    let spec = a.arguments.iter().find(|argument| argument.name == "slice_spec");
    let list = match spec.map(|argument| argument.given) {
        Some(Given::Value(value)) => value.as_array(),
        _ => None,
    };
    let list = list.ok_or_else(|| a.wrong("slice_spec", "a list of ranges and places"))?;
    let cuts = list.iter().map(|item| {
        cut(item).ok_or_else(|| {
            a.unsupported(&format!("slice_spec has {}, expected ranges and places", quoted(item)))
        })
    });
    Ok(Plan::Shaped(Shaped::Slice(cuts.collect::<Result<_>>()?)))
}

fn cut(item: &Value) -> Option<Cut> {
    if item.is_null() {
        return Some(Cut::NewAxis);
    }
    if let Some(place) = item.as_i64() {
        return Some(Cut::At(place));
    }
    let fields = item.as_object()?;
    if let Some(class) = fields.get("class_name") {
        return (class == "__ellipsis__").then_some(Cut::Ellipsis);
    }
    let end = |name: &str| match fields.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(value) => value.as_i64().map(Some),
    };
    Some(Cut::Range { start: end("start")?, stop: end("stop")?, step: end("step")?.unwrap_or(1) })
}

pub fn resize(a: &Arguments<'_>) -> Result<Plan> {
    let size = a.integers("size")?.unwrap_or_default();
    let size = size.iter().map(|size| usize::try_from(*size).ok()).collect::<Option<Vec<_>>>();
    let Some(Ok(size)) = size.map(<[usize; 2]>::try_from) else {
        return Err(a.wrong("size", "rows and columns"));
    };
    for name in ["antialias", "preserve_aspect_ratio"] {
        if a.flag(name)? {
            return Err(a.wrong(name, "false"));
        }
    }
    let interpolation = match a.named("method").map(Value::as_str) {
        None | Some(Some("bilinear")) => Interpolation::Bilinear,
        Some(Some("nearest")) => Interpolation::Nearest,
        _ => return Err(a.wrong("method", "\"bilinear\" or \"nearest\"")),
    };
    Ok(Plan::Shaped(Shaped::Resize(size, interpolation)))
}

impl Shaped {
    /// The layers for a tensor of this shape.
    ///
    /// # Errors
    /// `Unsupported` where there are none.
    pub fn layers(&self, shape: &Shape) -> Result<Vec<LayerSpec>> {
        let mut chain = Chain { shape: shape.clone(), layers: Vec::new() };
        match self {
            Self::Squeeze(axes) => {
                let axes = axes.iter().map(|axis| place(*axis, shape.len()));
                let axes = axes.collect::<Result<Vec<_>>>()?;
                let gone = |axis: usize, size: usize| {
                    size == 1 && (axes.is_empty() || axes.contains(&axis))
                };
                let sizes = shape.iter().enumerate();
                let left = sizes.filter(|(axis, size)| !gone(*axis, **size));
                chain.reshape(left.map(|(_, size)| *size).collect())?;
            }
            Self::ExpandDims(axis) => {
                let mut sizes = shape.clone();
                sizes.insert(place(*axis, shape.len() + 1)?, 1);
                chain.reshape(sizes)?;
            }
            Self::Reduce { how, axes, keeps } => chain.reduce(*how, axes, *keeps)?,
            Self::Slice(cuts) => chain.slice(cuts)?,
            Self::Resize(size, interpolation) => chain.resize(*size, *interpolation)?,
        }
        if chain.layers.is_empty() {
            chain.layers.push(Activation::new(ActivationName::Linear).into());
        }
        Ok(chain.layers)
    }
}

/// The place of an axis behind the batch among so many.
fn place(axis: i64, rank: usize) -> Result<usize> {
    let from_front = if axis < 0 { axis + rank as i64 + 1 } else { axis };
    match usize::try_from(from_front) {
        Ok(axis) if (1..=rank).contains(&axis) => Ok(axis - 1),
        _ => Err(err!(Unsupported, "axis is {axis}, expected one of the {rank} behind the batch")),
    }
}

/// Layers one after the other, and the shape behind them.
struct Chain {
    shape: Shape,
    layers: Vec<LayerSpec>,
}

impl Chain {
    fn push(&mut self, layer: impl Into<LayerSpec>) -> Result<()> {
        let layer = layer.into();
        self.shape = layer.checked_output_shape(std::slice::from_ref(&self.shape))?;
        self.layers.push(layer);
        Ok(())
    }

    fn reshape(&mut self, sizes: Shape) -> Result<()> {
        if sizes.is_empty() {
            return Err(err!(
                Unsupported,
                "it leaves one number without an axis, expected an axis"
            ));
        }
        if sizes == self.shape {
            return Ok(());
        }
        self.push(Reshape { target_shape: sizes.iter().map(|size| *size as i64).collect() })
    }

    /// Images are pooled as such; else the axes come to the front and are pooled as steps.
    fn reduce(&mut self, how: Reduction, axes: &[i64], keeps: bool) -> Result<()> {
        let rank = self.shape.len();
        let mut reduced = axes.iter().map(|axis| place(*axis, rank)).collect::<Result<Vec<_>>>()?;
        reduced.sort_unstable();
        reduced.dedup();
        let others: Vec<usize> = (0..rank).filter(|axis| !reduced.contains(axis)).collect();
        let sizes =
            |axes: &[usize]| -> Shape { axes.iter().map(|&axis| self.shape[axis]).collect() };
        let count: usize = sizes(&reduced).iter().product();
        let left = sizes(&others);
        let kept = (0..rank).map(|axis| if reduced.contains(&axis) { 1 } else { self.shape[axis] });
        let goal = if keeps { kept.collect() } else { left.clone() };
        if rank == 3 && reduced == [0, 1] {
            match how {
                Reduction::Max => self.push(GlobalMaxPooling2d {})?,
                Reduction::Mean | Reduction::Sum => self.push(GlobalAveragePooling2d {})?,
            }
        } else {
            let order = [&reduced[..], &others].concat();
            if !order.is_sorted() {
                self.push(Permute { dims: order.iter().map(|axis| axis + 1).collect() })?;
            }
            self.reshape(vec![count, left.iter().product()])?;
            match how {
                Reduction::Max => self.push(GlobalMaxPooling1d {})?,
                Reduction::Mean | Reduction::Sum => self.push(GlobalAveragePooling1d {})?,
            }
        }
        if how == Reduction::Sum {
            self.push(Rescaling { scale: count as f64, offset: 0.0 })?;
        }
        self.reshape(goal)
    }

    fn slice(&mut self, cuts: &[Cut]) -> Result<()> {
        let taken = cuts.iter().filter(|cut| matches!(cut, Cut::Range { .. } | Cut::At(_))).count();
        let rank = self.shape.len() + 1;
        let Some(open) = rank.checked_sub(taken) else {
            return Err(err!(Unsupported, "it takes {taken} axes, expected at most {rank}"));
        };
        let whole = Cut::Range { start: None, stop: None, step: 1 };
        let mut all = Vec::new();
        for cut in cuts {
            match cut {
                Cut::Ellipsis => all.extend(std::iter::repeat_n(whole, open)),
                cut => all.push(*cut),
            }
        }
        if !cuts.contains(&Cut::Ellipsis) {
            all.extend(std::iter::repeat_n(whole, open));
        }
        if all.first() != Some(&whole) {
            return Err(err!(Unsupported, "it takes a part of the batch, expected all of it"));
        }
        let (mut ranges, mut reversed, mut goal) = (Vec::new(), Vec::new(), Vec::new());
        for cut in &all[1..] {
            if *cut == Cut::NewAxis {
                goal.push(1);
                continue;
            }
            let axis = ranges.len();
            let Some(&size) = self.shape.get(axis) else {
                return Err(err!(Unsupported, "it has several ellipses, expected one"));
            };
            if *cut == (Cut::Range { start: None, stop: None, step: -1 }) {
                reversed.push(axis as i32 + 1);
            }
            let range = range(*cut, size)?;
            if !matches!(cut, Cut::At(_)) {
                goal.push(range[1] - range[0]);
            }
            ranges.push(range);
        }
        if !reversed.is_empty() {
            self.push(Flip { axis: Axes(reversed) })?;
        }
        self.crop(&ranges)?;
        self.reshape(goal)
    }

    /// Leaves from each axis the places from a first one up to the end.
    fn crop(&mut self, ranges: &[[usize; 2]]) -> Result<()> {
        let mut sizes = self.shape.clone();
        let edges = |range: [usize; 2], size: usize| [range[0], size - range[1]];
        let image = sizes.len() == 3 && ranges[2] == [0, sizes[2]];
        if image && ranges[..2] != [[0, sizes[0]], [0, sizes[1]]] {
            let cropping = Edges([edges(ranges[0], sizes[0]), edges(ranges[1], sizes[1])]);
            return self.push(Cropping2d { cropping });
        }
        for (axis, range) in ranges.iter().enumerate() {
            if *range == [0, sizes[axis]] {
                continue;
            }
            // As the columns of an image.
            let product = |sizes: &[usize]| sizes.iter().product::<usize>();
            self.reshape(vec![product(&sizes[..axis]), sizes[axis], product(&sizes[axis + 1..])])?;
            self.push(Cropping2d { cropping: Edges([[0; 2], edges(*range, sizes[axis])]) })?;
            sizes[axis] = range[1] - range[0];
        }
        Ok(())
    }

    fn resize(&mut self, size: [usize; 2], interpolation: Interpolation) -> Result<()> {
        let [height, width, _] = self.shape[..] else {
            return Err(err!(Unsupported, "it has the shape {:?}, expected images", self.shape));
        };
        let times =
            |to: usize, from: usize| (to.is_multiple_of(from) && to > 0).then_some(to / from);
        let Some((rows, columns)) = times(size[0], height).zip(times(size[1], width)) else {
            return Err(err!(
                Unsupported,
                "size is {size:?}, expected multiples of {height} and {width}"
            ));
        };
        self.push(UpSampling2d { size: Pair([rows, columns]), interpolation })
    }
}

/// The first place and the end of what is taken of an axis.
fn range(cut: Cut, size: usize) -> Result<[usize; 2]> {
    let length = size as i64;
    let from_front = |at: i64| if at < 0 { at.saturating_add(length) } else { at };
    let [start, stop] = match cut {
        Cut::At(at) => [from_front(at), from_front(at).saturating_add(1)],
        Cut::Range { start: None, stop: None, step: -1 } => [0, length],
        Cut::Range { start, stop, step: 1 } => {
            let within = |at: i64| from_front(at).clamp(0, length);
            [start.map_or(0, within), stop.map_or(length, within)]
        }
        Cut::Range { step, .. } => {
            return Err(err!(
                Unsupported,
                "it takes an axis in steps of {step}, expected 1, or -1 for all of it"
            ));
        }
        Cut::Ellipsis | Cut::NewAxis => [0, length],
    };
    if start < 0 || start >= stop || stop > length {
        return Err(err!(
            Unsupported,
            "it takes the places from {start} up to {stop} of an axis of {size}, expected some of it"
        ));
    }
    Ok([start as usize, stop as usize])
}
