//! Operations on tensors that are no layers of their own: `x + y`, `tf.nn.relu(x)`, `x[:, 1:]`. Keras 2
//! writes them as TFOpLambda and SlicingOpLambda, by the function of TensorFlow; Keras 3 by the class of the
//! operation. What is read here becomes layers that compute the same.

mod arguments;
mod shaped;

use serde_json::Value;

use self::arguments::{Arguments, Side};
use self::shaped::Shaped;
use super::constants::{Channels, Positions};
use crate::layers::{
    Activation, ActivationName, Add, Concatenate, LayerSpec, Maximum, Minimum, Multiply, Permute,
    Rescaling, Reshape, Shape, Softmax, Subtract, ZeroPadding2d,
};
use crate::{Result, err};

/// An operation as a file has it.
#[derive(Clone, Copy, Debug)]
pub struct Operation<'a> {
    /// The class in Keras.
    pub class: &'a str,
    /// What it does: a function of TensorFlow without `tf`, or the class.
    pub function: &'a str,
}

/// What a call was given.
#[derive(Clone, Debug)]
pub struct Argument<'a> {
    /// Empty for what was given by its place.
    pub name: &'a str,
    pub given: Given<'a>,
}

/// Tensors, of which there are so many, or anything else.
#[derive(Clone, Copy, Debug)]
pub enum Given<'a> {
    Tensors(usize),
    Value(&'a Value),
}

/// What an operation becomes.
#[derive(Clone, Debug)]
pub enum Plan {
    /// Layers one after the other; the first takes all tensors.
    Layers(Vec<LayerSpec>),
    /// A layer that takes the only tensor twice.
    Twice(LayerSpec),
    /// A number for each channel.
    Affine(Channels),
    /// Numbers that are added, for each position of a sequence.
    Positions(Positions),
    /// Layers that depend on the shape of the tensor.
    Shaped(Shaped),
}

/// The operations that are read, by all names that they go by: in TensorFlow, then in Keras 3.
const OPERATIONS: &[(&[&str], Read)] = &[
    (&["__operators__.add", "math.add", "math.add_n", "nn.bias_add", "Add"], add),
    (&["math.subtract", "Subtract"], subtract),
    (&["math.multiply", "Multiply"], multiply),
    (&["math.truediv", "math.divide", "TrueDivide", "Divide"], divide),
    (&["math.maximum", "Maximum"], maximum),
    (&["math.minimum", "Minimum"], minimum),
    (&["math.negative", "Negative"], |_| rescaled(-1.0, 0.0)),
    (&["math.square", "Square"], |_| Ok(Plan::Twice(Multiply {}.into()))),
    (&["math.pow"], power),
    (&["clip_by_value"], clip),
    (&["nn.relu", "Relu"], |_| activation(ActivationName::Relu)),
    (&["nn.relu6", "Relu6"], |_| activation(ActivationName::Relu6)),
    (&["nn.leaky_relu"], leaky_relu),
    (&["nn.elu"], |_| activation(ActivationName::Elu)),
    (&["nn.selu", "Selu"], |_| activation(ActivationName::Selu)),
    (&["nn.silu", "Silu"], |_| activation(ActivationName::Silu)),
    (&["nn.gelu"], gelu),
    (&["math.sigmoid", "nn.sigmoid", "Sigmoid"], |_| activation(ActivationName::Sigmoid)),
    (&["math.tanh", "nn.tanh", "Tanh"], |_| activation(ActivationName::Tanh)),
    (&["math.exp", "Exp"], |_| activation(ActivationName::Exponential)),
    (&["math.softplus", "Softplus"], |_| activation(ActivationName::Softplus)),
    (&["nn.softsign", "Softsign"], |_| activation(ActivationName::Softsign)),
    (&["nn.softmax"], softmax),
    (&["nn.log_softmax"], log_softmax),
    (&["concat"], concat),
    (&["identity", "stop_gradient"], |_| activation(ActivationName::Linear)),
    (&["cast"], cast),
    (&["reshape"], reshape),
    (&["compat.v1.transpose", "transpose"], transpose),
    (&["compat.v1.pad", "pad"], pad),
    (&["compat.v1.squeeze", "squeeze"], shaped::squeeze),
    (&["expand_dims"], shaped::expand_dims),
    (&["math.reduce_mean"], shaped::mean),
    (&["math.reduce_max"], shaped::max),
    (&["math.reduce_sum"], shaped::sum),
    (&["__operators__.getitem"], shaped::slice),
    (&["image.resize"], shaped::resize),
];

/// Reads what an operation was given.
type Read = fn(&Arguments<'_>) -> Result<Plan>;

/// The names of the operations, as TensorFlow has them.
pub fn functions() -> impl Iterator<Item = &'static str> {
    OPERATIONS.iter().map(|(names, _)| names[0])
}

/// Whether a class of Keras 2 is an operation, whose function the configuration names.
pub fn is_operation(class: &str) -> bool {
    matches!(class, "TFOpLambda" | "SlicingOpLambda")
}

/// Whether a class of Keras 3 is that of an operation; layers may have the same.
pub fn is_known(class: &str) -> bool {
    OPERATIONS.iter().any(|(names, _)| names.contains(&class))
}

/// Reads a call of an operation of this name.
///
/// # Errors
/// `Unsupported` for operations and arguments that layers here have not.
pub fn read(operation: Operation<'_>, name: &str, arguments: &[Argument<'_>]) -> Result<Plan> {
    let Operation { class, function } = operation;
    let arguments = Arguments { class, name, arguments };
    let known = OPERATIONS.iter().find(|(names, _)| names.contains(&function));
    let Some((_, read)) = known else {
        return Err(arguments.unsupported(&format!(
            "{function} is no operation that is read here, expected one of those of docs/interchange.md"
        )));
    };
    read(&arguments)
}

impl Plan {
    /// Its layers, for tensors of these shapes.
    ///
    /// # Errors
    /// `Unsupported` where there are none for these shapes.
    pub fn layers(&self, shapes: &[Shape]) -> Result<Vec<LayerSpec>> {
        match self {
            Self::Layers(layers) => Ok(layers.clone()),
            Self::Twice(layer) => Ok(vec![layer.clone()]),
            Self::Affine(channels) => {
                channels.check(shapes.first())?;
                Ok(vec![Channels::layer()])
            }
            Self::Positions(positions) => {
                positions.check(shapes.first())?;
                Ok(vec![Positions::layer()])
            }
            Self::Shaped(shaped) => match shapes {
                [shape] => shaped.layers(shape),
                _ => Err(err!(Unsupported, "it takes {} tensors, expected 1", shapes.len())),
            },
        }
    }
}

fn rescaled(scale: f64, offset: f64) -> Result<Plan> {
    Ok(Plan::Layers(vec![Rescaling { scale, offset }.into()]))
}

fn activation(name: ActivationName) -> Result<Plan> {
    Ok(Plan::Layers(vec![Activation::new(name).into()]))
}

fn one(layer: impl Into<LayerSpec>) -> Result<Plan> {
    Ok(Plan::Layers(vec![layer.into()]))
}

/// A channel's numbers multiplied and moved.
fn affine(numbers: &[f32], of: impl Fn(f32) -> (f32, f32)) -> Result<Plan> {
    let (scale, offset) = numbers.iter().map(|number| of(*number)).unzip();
    Ok(Plan::Affine(Channels { scale, offset }))
}

fn add(a: &Arguments<'_>) -> Result<Plan> {
    a.only("data_format", "NHWC")?;
    // A sum of a list.
    if a.tensors() > 2 {
        return one(Add {});
    }
    match a.sides()? {
        [Side::Tensor, Side::Tensor] => one(Add {}),
        [Side::Tensor, Side::Number(n)] | [Side::Number(n), Side::Tensor] => rescaled(1.0, n),
        [Side::Tensor, Side::Channels(n)] | [Side::Channels(n), Side::Tensor] => {
            affine(&n, |n| (1.0, n))
        }
        [Side::Tensor, Side::Positions(n)] | [Side::Positions(n), Side::Tensor] => {
            Ok(Plan::Positions(n))
        }
        _ => Err(a.no_such_sides()),
    }
}

fn subtract(a: &Arguments<'_>) -> Result<Plan> {
    match a.sides()? {
        [Side::Tensor, Side::Tensor] => one(Subtract {}),
        [Side::Tensor, Side::Number(n)] => rescaled(1.0, -n),
        [Side::Number(n), Side::Tensor] => rescaled(-1.0, n),
        [Side::Tensor, Side::Channels(n)] => affine(&n, |n| (1.0, -n)),
        [Side::Channels(n), Side::Tensor] => affine(&n, |n| (-1.0, n)),
        _ => Err(a.no_such_sides()),
    }
}

fn multiply(a: &Arguments<'_>) -> Result<Plan> {
    match a.sides()? {
        [Side::Tensor, Side::Tensor] => one(Multiply {}),
        [Side::Tensor, Side::Number(n)] | [Side::Number(n), Side::Tensor] => rescaled(n, 0.0),
        [Side::Tensor, Side::Channels(n)] | [Side::Channels(n), Side::Tensor] => {
            affine(&n, |n| (n, 0.0))
        }
        _ => Err(a.no_such_sides()),
    }
}

fn divide(a: &Arguments<'_>) -> Result<Plan> {
    match a.sides()? {
        [Side::Tensor, Side::Number(n)] if n != 0.0 => rescaled(1.0 / n, 0.0),
        [Side::Tensor, Side::Channels(n)] if n.iter().all(|n| *n != 0.0) => {
            affine(&n, |n| (1.0 / n, 0.0))
        }
        _ => Err(a.unsupported("it divides by something else, expected numbers other than 0")),
    }
}

fn relu_between(before: [f64; 2], after: [f64; 2]) -> Result<Plan> {
    let rescaling = |[scale, offset]: [f64; 2]| Rescaling { scale, offset }.into();
    let relu = Activation::new(ActivationName::Relu).into();
    Ok(Plan::Layers(vec![rescaling(before), relu, rescaling(after)]))
}

/// `max(x, n)` is `relu(x - n) + n`.
fn maximum(a: &Arguments<'_>) -> Result<Plan> {
    match a.sides()? {
        [Side::Tensor, Side::Tensor] => one(Maximum {}),
        [Side::Tensor, Side::Number(n)] | [Side::Number(n), Side::Tensor] => match n {
            0.0 => activation(ActivationName::Relu),
            n => relu_between([1.0, -n], [1.0, n]),
        },
        _ => Err(a.unsupported("it compares with something else, expected a tensor or a number")),
    }
}

/// `min(x, n)` is `n - relu(n - x)`.
fn minimum(a: &Arguments<'_>) -> Result<Plan> {
    match a.sides()? {
        [Side::Tensor, Side::Tensor] => one(Minimum {}),
        [Side::Tensor, Side::Number(n)] | [Side::Number(n), Side::Tensor] => {
            relu_between([-1.0, n], [-1.0, n])
        }
        _ => Err(a.unsupported("it compares with something else, expected a tensor or a number")),
    }
}

fn power(a: &Arguments<'_>) -> Result<Plan> {
    match a.sides()? {
        [Side::Tensor, Side::Number(2.0)] => Ok(Plan::Twice(Multiply {}.into())),
        [Side::Tensor, Side::Number(1.0)] => activation(ActivationName::Linear),
        _ => Err(a.wrong("y", "2")),
    }
}

/// Between two numbers: a multiple of relu6 of a multiple.
fn clip(a: &Arguments<'_>) -> Result<Plan> {
    let [least, most] = [a.number("clip_value_min", None)?, a.number("clip_value_max", None)?];
    if least >= most {
        return Err(a.wrong("clip_value_max", "more than clip_value_min"));
    }
    let relu6 = Activation::new(ActivationName::Relu6).into();
    if (least, most) == (0.0, 6.0) {
        return Ok(Plan::Layers(vec![relu6]));
    }
    let scale = 6.0 / (most - least);
    Ok(Plan::Layers(vec![
        Rescaling { scale, offset: -least * scale }.into(),
        relu6,
        Rescaling { scale: 1.0 / scale, offset: least }.into(),
    ]))
}

fn leaky_relu(a: &Arguments<'_>) -> Result<Plan> {
    let negative_slope = a.number("alpha", Some(0.2))?;
    one(Activation { negative_slope, ..Activation::new(ActivationName::LeakyRelu) })
}

fn gelu(a: &Arguments<'_>) -> Result<Plan> {
    let layer = Activation::new(ActivationName::Gelu);
    one(Activation { approximate: a.flag("approximate")?, ..layer })
}

fn softmax(a: &Arguments<'_>) -> Result<Plan> {
    let axes = a.integers("axis")?.unwrap_or(vec![-1]);
    let axes = axes.into_iter().map(i32::try_from).collect::<std::result::Result<Vec<_>, _>>();
    one(Softmax { axis: crate::layers::Axes(axes.map_err(|_| a.wrong("axis", "an axis"))?) })
}

fn log_softmax(a: &Arguments<'_>) -> Result<Plan> {
    match a.integers("axis")?.as_deref() {
        None | Some([-1]) => activation(ActivationName::LogSoftmax),
        _ => Err(a.wrong("axis", "-1")),
    }
}

fn concat(a: &Arguments<'_>) -> Result<Plan> {
    match a.integers("axis")?.as_deref() {
        Some(&[axis]) if axis != 0 && i32::try_from(axis).is_ok() => {
            one(Concatenate { axis: axis as i32 })
        }
        _ => Err(a.wrong("axis", "another one than the batch")),
    }
}

fn cast(a: &Arguments<'_>) -> Result<Plan> {
    match a.named("dtype").and_then(Value::as_str) {
        Some("float32") => activation(ActivationName::Linear),
        _ => Err(a.wrong("dtype", "\"float32\"")),
    }
}

fn reshape(a: &Arguments<'_>) -> Result<Plan> {
    match a.integers("shape")?.as_deref() {
        Some([-1, sizes @ ..]) if !sizes.is_empty() => {
            one(Reshape { target_shape: sizes.to_vec() })
        }
        _ => Err(a.wrong("shape", "-1 for the batch, and sizes")),
    }
}

fn transpose(a: &Arguments<'_>) -> Result<Plan> {
    let perm = a.integers("perm")?.unwrap_or_default();
    let axes = perm.iter().map(|axis| usize::try_from(*axis).ok()).collect::<Option<Vec<_>>>();
    match axes.as_deref() {
        Some([0, axes @ ..]) if !axes.is_empty() => one(Permute { dims: axes.to_vec() }),
        _ => Err(a.wrong("perm", "axes, the batch in its place")),
    }
}

fn pad(a: &Arguments<'_>) -> Result<Plan> {
    use crate::json::Json;
    a.only("mode", "CONSTANT")?;
    if a.number("constant_values", Some(0.0))? != 0.0 {
        return Err(a.wrong("constant_values", "0"));
    }
    let zeros = serde_json::json!([0, 0]);
    match a.named("paddings").and_then(Value::as_array).map(Vec::as_slice) {
        Some([batch, rows, columns, channels]) if *batch == zeros && *channels == zeros => {
            let padding = serde_json::json!([rows, columns]);
            let padding = crate::layers::Edges::from_json(&padding);
            one(ZeroPadding2d { padding: padding.map_err(|_| a.wrong("paddings", "sizes"))? })
        }
        _ => Err(a.wrong("paddings", "rows and columns of an image alone")),
    }
}
