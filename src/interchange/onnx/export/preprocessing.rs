//! What makes a network's inputs of pixels, or of the numbers of a row, as a part of the network.

use super::Builder;
use super::builder::int;
use crate::data::Preprocessing;
use crate::data::preprocessing::table::TableColumn;
use crate::data::preprocessing::{Affine, Crop, ImageStep, Pad, Resize};
use crate::interchange::onnx::proto::data_type;
use crate::layers::Shape;
use crate::spec::InputSpec;
use crate::{Result, err};

/// What goes into a network that does its preprocessing itself.
pub(super) struct Source {
    /// One of [`data_type`].
    pub kind: i32,
    /// Of one sample.
    pub shape: Shape,
}

/// Whether samples are pictures: there are steps for such, or the input has the shape of one.
fn is_picture(steps: &Preprocessing, shape: &[usize]) -> bool {
    !steps.image.is_empty() || matches!(shape, [_, _, 1 | 3]) && steps.table.is_none()
}

/// What goes in where all steps can be written: bytes [height, width, channels] of a picture that is
/// as large as the network's input, in colour if a step takes its colour away; or numbers.
///
/// # Errors
/// `Unsupported`, with the step.
pub(super) fn source(steps: &Preprocessing, inputs: &[InputSpec]) -> Result<Source> {
    let [input] = inputs else {
        return Err(err!(
            Unsupported,
            "preprocessing: the model has {} inputs, expected 1",
            inputs.len()
        ));
    };
    let refused = [
        ("text", steps.text.is_some(), "ONNX has no operators that cut texts into words"),
        ("audio", steps.audio.is_some(), "sounds become spectra outside of the network"),
        ("features", !steps.features.is_empty(), "they are computed outside of the network"),
    ];
    let mut faults: Vec<String> = refused
        .into_iter()
        .filter(|(_, found, _)| *found)
        .map(|(name, _, why)| format!("{name}: {why}"))
        .collect();
    let columns = steps.table.iter().flat_map(|table| &table.columns);
    faults.extend(columns.filter_map(|column| number(column).err()).map(|fault| fault.to_string()));
    let mut source = Source { kind: data_type::FLOAT, shape: input.shape.clone() };
    if is_picture(steps, &input.shape) {
        let (height, width, channels) = match input.shape[..] {
            [height, width] => (height, width, 1),
            [height, width, channels @ (1 | 3)] => (height, width, channels),
            _ => {
                return Err(err!(
                    Unsupported,
                    "preprocessing: the input has the shape {:?}, expected [height, width, 1 or 3], \
                     the size of a picture",
                    input.shape
                ));
            }
        };
        faults.extend(steps.image.iter().filter_map(|step| fault(*step, [height, width])));
        let coloured = channels == 3 || steps.image.contains(&ImageStep::Grayscale);
        let channels = if coloured { 3 } else { 1 };
        source = Source { kind: data_type::UINT8, shape: vec![height, width, channels] };
    }
    if faults.is_empty() {
        return Ok(source);
    }
    Err(err!(Unsupported, "preprocessing: {}", faults.join("; ")))
}

/// What is wrong with a step that is more than nothing on a picture which has its size already, and
/// that no operators are written for.
fn fault(step: ImageStep, size: [usize; 2]) -> Option<String> {
    let is_size = |height: u32, width: u32| [height as usize, width as usize] == size;
    let (name, fits) = match step {
        ImageStep::Grayscale | ImageStep::Rgb | ImageStep::InvertIfDarkOnLight => return None,
        ImageStep::Resize(Resize { height, width, .. }) => ("resize", is_size(height, width)),
        ImageStep::Crop(Crop { height, width, top, left }) => {
            ("crop", is_size(height, width) && [top, left].iter().all(|at| at.unwrap_or(0) == 0))
        }
        ImageStep::Pad(Pad { height, width, .. }) => {
            ("pad", height as usize <= size[0] && width as usize <= size[1])
        }
        ImageStep::CenterOfMass(_) => ("centerOfMass", false),
        ImageStep::Median(_) => ("median", false),
        ImageStep::Gaussian(_) => ("gaussian", false),
    };
    let [height, width] = size;
    (!fits).then(|| {
        format!(
            "{name}: only steps that leave the size of {height}x{width} and go pixel by pixel become \
             operators"
        )
    })
}

/// What stands for a missing number of a column, what is taken from it and what it is divided by.
///
/// # Errors
/// `Unsupported` for other columns.
fn number(column: &TableColumn) -> Result<[f32; 3]> {
    let name = column.name();
    let TableColumn::Number(number) = column else {
        return Err(err!(
            Unsupported,
            "column \"{name}\": only columns of numbers become operators"
        ));
    };
    match number.fitted {
        Some(fitted) if !number.log && !number.missing_indicator => {
            Ok([fitted.fill, fitted.center, fitted.spread].map(|value| value as f32))
        }
        _ => Err(err!(
            Unsupported,
            "column \"{name}\": only a number that is filled in and scaled becomes operators"
        )),
    }
}

/// Writes the steps from an input of this name and kind to values of the network's shape.
///
/// # Errors
/// As [`source`].
pub(super) fn write(
    graph: &mut Builder,
    steps: &Preprocessing,
    source: &Source,
    input: &str,
    shape: &[usize],
) -> Result<String> {
    let mut x = input.to_owned();
    let bytes = source.kind == data_type::UINT8;
    if bytes {
        x = pixels(graph, steps, source, x, shape)?;
    }
    if let Some(table) = &steps.table {
        let numbers = table.columns.iter().map(number).collect::<Result<Vec<_>>>()?;
        if shape != [numbers.len()] {
            return Err(err!(
                Unsupported,
                "preprocessing: the input has the shape {shape:?}, expected one number for each of \
                 {} columns",
                numbers.len()
            ));
        }
        let mut row = |what: &str, place: usize| {
            let values: Vec<f32> = numbers.iter().map(|number| number[place]).collect();
            graph.floats(&format!("preprocessing/{what}"), shape, values.into_iter())
        };
        let [fill, center, spread] = [row("fill", 0)?, row("center", 1)?, row("spread", 2)?];
        let missing = graph.node("IsNaN", &[&x], vec![]);
        let filled = graph.node("Where", &[&missing, &fill, &x], vec![]);
        let centred = graph.node("Sub", &[filled, center], vec![]);
        x = graph.node("Div", &[centred, spread], vec![]);
    }
    let affine = Affine::new(&steps.numeric, shape, bytes)?;
    let (scales, offsets) = affine.factors();
    for (operator, values, nothing) in [("Mul", scales, 1.0), ("Add", offsets, 0.0)] {
        if values.iter().any(|value| *value != nothing) {
            let (dims, values) = repeated(values, shape)?;
            let name = format!("preprocessing/{}", if nothing == 1.0 { "scale" } else { "offset" });
            let factor = graph.floats(&name, &dims, values.iter().copied())?;
            x = graph.node(operator, &[x, factor], vec![]);
        }
    }
    Ok(x)
}

/// Numbers that repeat along a sample, as the fewest that do so over whole last axes.
fn repeated<'a>(values: &'a [f32], shape: &[usize]) -> Result<(Vec<usize>, &'a [f32])> {
    for axes in 0..=shape.len() {
        let dims = &shape[shape.len() - axes..];
        let period: usize = dims.iter().product();
        let one = &values[..period.min(values.len())];
        let repeats =
            period <= values.len() && values.chunks(period).all(|part| *part == one[..part.len()]);
        if repeats && values.len().is_multiple_of(period) {
            return Ok((dims.to_vec(), one));
        }
    }
    Err(err!(
        Unsupported,
        "preprocessing: normalize: {} numbers do not repeat along the axes of {shape:?}",
        values.len()
    ))
}

/// From bytes [batch, height, width, channels] to numbers 0 to 255 of the network's shape, by the same
/// sums as those of [`Preprocessing::prepare`].
fn pixels(
    graph: &mut Builder,
    steps: &Preprocessing,
    source: &Source,
    input: String,
    shape: &[usize],
) -> Result<String> {
    let mut x = graph.cast(&input, data_type::FLOAT);
    let [height, width, mut channels] = source.shape[..] else { return Ok(x) };
    let wanted = *shape.get(2).unwrap_or(&1);
    let last = if wanted == 1 { ImageStep::Grayscale } else { ImageStep::Rgb };
    for step in steps.image.iter().chain([&last]) {
        match step {
            ImageStep::Grayscale if channels == 3 => {
                (x, channels) = (gray(graph, x)?, 1);
            }
            ImageStep::Rgb if channels == 1 => {
                let times = graph.integers("colours", &[1, 1, 1, 3])?;
                (x, channels) = (graph.node("Expand", &[x, times], vec![]), 3);
            }
            ImageStep::InvertIfDarkOnLight => {
                x = inverted(graph, x, [height, width, channels])?;
            }
            // The others do nothing to a picture of this size.
            _ => {}
        }
    }
    if shape.len() == 2 { graph.squeeze(&x, &[3]) } else { Ok(x) }
}

/// The luma of ITU-R BT.601 in whole numbers: sums below 2^24, which single precision has exactly.
fn gray(graph: &mut Builder, x: String) -> Result<String> {
    let weights = [19_595.0, 38_470.0, 7_471.0];
    let weights = graph.floats("preprocessing/luma", &[3, 1], weights.into_iter())?;
    let half = graph.scalar("half", 32_768.0)?;
    let whole = graph.scalar("whole", 65_536.0)?;
    let sum = graph.node("MatMul", &[x, weights], vec![]);
    let rounded = graph.node("Add", &[sum, half], vec![]);
    let shares = graph.node("Div", &[rounded, whole], vec![]);
    Ok(graph.node("Floor", &[shares], vec![]))
}

/// Inverts pictures whose border, one pixel wide, is brighter than half on average.
fn inverted(
    graph: &mut Builder,
    x: String,
    [height, width, channels]: [usize; 3],
) -> Result<String> {
    let is_border = |at: usize| {
        let (row, column) = (at / width, at % width);
        row == 0 || row + 1 == height || column == 0 || column + 1 == width
    };
    let border: Vec<f32> =
        (0..height * width).map(|at| f32::from(u8::from(is_border(at)))).collect();
    let count = channels * border.iter().filter(|is| **is != 0.0).count();
    let border = graph.floats("preprocessing/border", &[height, width, 1], border.into_iter())?;
    let half = graph.scalar("half_of_border", count as f32 * 127.5)?;
    let white = graph.scalar("white", 255.0)?;
    let seen = graph.node("Mul", &[&x, &border], vec![]);
    let axes = graph.integers("axes", &[1, 2, 3])?;
    let sum = graph.node("ReduceSum", &[seen, axes], vec![int("keepdims", 1)]);
    let bright = graph.node("Greater", &[sum, half], vec![]);
    let negative = graph.node("Sub", &[&white, &x], vec![]);
    Ok(graph.node("Where", &[bright, negative, x], vec![]))
}
