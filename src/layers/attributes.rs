//! The table of a layer's attributes: what an editor shows, and the bounds that are checked.

use serde::Serialize;
use serde_json::Value;

use super::LayerSpec;
use super::values::{ActivationName, Interpolation, Padding, SequencePadding};
use crate::initializers::Initializer;
use crate::json::Json;
use crate::{Result, err};

/// One line of a layer's table. Its default is not here but where the layer is read
/// ([`layer_types`](super::layer_types) reads it from there).
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// The name in a specification.
    pub name: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// What it does, in a line.
    pub help: &'static str,
}

/// What values an attribute takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A whole number within bounds.
    Integer(i64, i64),
    /// A number within bounds; the upper one excluded.
    Number(f64, f64),
    /// A whole number for both, or [height, width], each within bounds.
    Pair(i64, i64),
    /// The same, or [[top, bottom], [left, right]].
    Edges(i64, i64),
    /// Yes or no.
    Boolean,
    /// The sizes of a tensor without the batch; -1 once for what is left.
    Shape,
    /// Numbers of axes within bounds: one or a list.
    Axes(i64, i64),
    /// How borders are treated.
    Padding,
    /// How the ends of a sequence are treated.
    SequencePadding,
    /// How pixels between pixels are made.
    Interpolation,
    /// An activation's name.
    Activation,
    /// Another layer, of one of these kinds if there are any.
    Layer(&'static [&'static str]),
    /// One of these names.
    Choice(&'static [&'static str]),
    /// An initialiser's name.
    Initializer,
}

impl Kind {
    /// The name an editor knows it by.
    fn name(self) -> &'static str {
        match self {
            Self::Integer(..) => "integer",
            Self::Number(..) => "number",
            Self::Pair(..) => "pair",
            Self::Edges(..) => "edges",
            Self::Boolean => "boolean",
            Self::Shape => "shape",
            Self::Axes(..) => "axes",
            Self::Layer(_) => "layer",
            Self::Padding
            | Self::SequencePadding
            | Self::Interpolation
            | Self::Activation
            | Self::Choice(_)
            | Self::Initializer => "choice",
        }
    }

    /// The names it may have.
    fn choices(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Padding => Some(Padding::NAMES),
            Self::SequencePadding => Some(SequencePadding::NAMES),
            Self::Interpolation => Some(Interpolation::NAMES),
            Self::Activation => Some(ActivationName::NAMES),
            Self::Choice(names) => Some(names),
            Self::Layer(kinds) if !kinds.is_empty() => Some(kinds),
            Self::Initializer => Some(Initializer::NAMES),
            _ => None,
        }
    }

    fn bounds(self) -> Option<(f64, f64)> {
        match self {
            Self::Integer(min, max)
            | Self::Pair(min, max)
            | Self::Edges(min, max)
            | Self::Axes(min, max) => Some((min as f64, max as f64)),
            Self::Number(min, max) => Some((min, max)),
            _ => None,
        }
    }
}

/// One attribute, for an editor.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct AttributeReport {
    /// The name in a specification.
    pub name: &'static str,
    /// "integer", "number", "pair" (a number or [height, width]), "edges" (a number, a pair or
    /// [[top, bottom], [left, right]]), "boolean", "shape", "axes" (a number or a list), "layer" or "choice".
    pub kind: &'static str,
    /// What it is when it is not given; null: chosen by the layer. Absent: it must be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "unknown"))]
    pub default: Option<Value>,
    /// The least allowed number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub min: Option<f64>,
    /// The largest allowed number; for kind "number" the first that is too large.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub max: Option<f64>,
    /// The names to choose from; of a layer, those of its kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "string[]"))]
    pub choices: Option<&'static [&'static str]>,
    /// What it does, in a line.
    pub help: &'static str,
}

impl Attribute {
    /// A line of a table.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self { name, kind, help }
    }

    /// For an editor, with this default.
    pub(super) fn report(&self, default: Option<Value>) -> AttributeReport {
        let bounds = self.kind.bounds();
        AttributeReport {
            name: self.name,
            kind: self.kind.name(),
            default,
            min: bounds.map(|bounds| bounds.0),
            max: bounds.map(|bounds| bounds.1).filter(|max| max.is_finite()),
            choices: self.kind.choices(),
            help: self.help,
        }
    }
}

/// What is checked of an attribute: its line without the text that only editors show, which a page would have
/// to load before its first prediction.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    name: &'static str,
    kind: Kind,
}

/// The table that is checked, of one for editors, both of the same length.
pub(super) const fn bounds<const N: usize>(attributes: &[Attribute]) -> [Bound; N] {
    let mut bounds = [Bound { name: "", kind: Kind::Boolean }; N];
    let mut line = 0;
    while line < N {
        let Attribute { name, kind, .. } = attributes[line];
        bounds[line] = Bound { name, kind };
        line += 1;
    }
    bounds
}

impl Bound {
    /// Refuses numbers out of bounds, at any depth of lists.
    fn check(&self, value: &Value) -> Result<()> {
        match (value, self.kind.bounds()) {
            (Value::Array(values), Some(_)) => values.iter().try_for_each(|v| self.check(v)),
            (Value::Number(number), Some((min, max))) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                let open = matches!(self.kind, Kind::Number(..));
                if number >= min && (number < max || !open && number == max) {
                    return Ok(());
                }
                let upper = if open { "less than" } else { "at most" };
                Err(err!(
                    Argument,
                    "{} is {number}, expected at least {min} and {upper} {max}",
                    self.name
                ))
            }
            // JSON has no NaN and no infinity: they are written as null.
            (Value::Null, Some(_)) if matches!(self.kind, Kind::Number(..)) => {
                Err(err!(Argument, "{} is not a finite number", self.name))
            }
            _ => Ok(()),
        }
    }
}

/// Refuses attributes out of their table's bounds.
///
/// # Errors
/// `Argument` with the attribute, its value and the bounds.
pub(super) fn check(layer: &LayerSpec) -> Result<()> {
    let values = layer.to_json();
    layer
        .bounds()
        .iter()
        .try_for_each(|bound| values.get(bound.name).map_or(Ok(()), |value| bound.check(value)))
}
