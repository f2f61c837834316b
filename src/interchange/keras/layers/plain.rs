//! Dense layers, functions of numbers, shapes, normalisations of samples and batches, and merges.

use serde_json::Value;

use super::Made;
use crate::Result;
use crate::interchange::keras::settings::Settings;
use crate::layers::{
    Activation, ActivationName, Add, Average, Axes, BatchNormalization, Concatenate, Dense,
    Flatten, GroupNormalization, LayerNormalization, LayerSpec, Maximum, Minimum, Multiply,
    Permute, Prelu, RepeatVector, Rescaling, Reshape, Softmax, Subtract,
};

pub fn dense(s: &Settings<'_>) -> Result<Made> {
    let (activation, after) = s.activation()?;
    let layer = Dense {
        use_bias: s.flag_or("use_bias", true)?,
        activation,
        ..Dense::new(s.size("units")?)
    };
    Ok(Made::of(layer, after))
}

pub fn flatten(s: &Settings<'_>) -> Result<Made> {
    s.channels_last()?;
    Ok(Made::one(Flatten {}))
}

pub fn reshape(s: &Settings<'_>) -> Result<Made> {
    let target_shape = s.integers("target_shape")?;
    let target_shape = target_shape.ok_or_else(|| s.wrong("target_shape", "sizes"))?;
    Ok(Made::one(Reshape { target_shape }))
}

pub fn permute(s: &Settings<'_>) -> Result<Made> {
    let dims = s.integers("dims")?.unwrap_or_default();
    let dims = dims.into_iter().map(usize::try_from).collect::<std::result::Result<_, _>>();
    Ok(Made::one(Permute { dims: dims.map_err(|_| s.wrong("dims", "axes from 1 on"))? }))
}

pub fn repeat_vector(s: &Settings<'_>) -> Result<Made> {
    Ok(Made::one(RepeatVector { n: s.size("n")? }))
}

pub fn activation(s: &Settings<'_>) -> Result<Made> {
    let (name, mut after) = s.activation()?;
    if after.is_empty() {
        return Ok(Made::one(Activation::new(name)));
    }
    let first = after.remove(0);
    Ok(Made::of(first, after))
}

fn rescaled(scale: f64) -> LayerSpec {
    Rescaling { scale, offset: 0.0 }.into()
}

pub fn relu(s: &Settings<'_>) -> Result<Made> {
    let threshold = s.number_or("threshold", 0.0)?;
    let slope = s.number_or("negative_slope", 0.0)?;
    if threshold != 0.0 {
        return Err(s.wrong("threshold", "0"));
    }
    let most = s.get("max_value").map(|_| s.number_or("max_value", 0.0)).transpose()?;
    match most {
        None if slope == 0.0 => Ok(Made::one(Activation::new(ActivationName::Relu))),
        None => Ok(Made::one(Activation {
            negative_slope: slope,
            ..Activation::new(ActivationName::LeakyRelu)
        })),
        Some(_) if slope != 0.0 => Err(s.wrong("negative_slope", "0, or no max_value")),
        Some(6.0) => Ok(Made::one(Activation::new(ActivationName::Relu6))),
        // `min(max(x, 0), m)` is `m / 6` times relu6 of `6 x / m`.
        Some(most) if most > 0.0 => Ok(Made::of(
            rescaled(6.0 / most),
            vec![Activation::new(ActivationName::Relu6).into(), rescaled(most / 6.0)],
        )),
        Some(_) => Err(s.wrong("max_value", "a number above 0")),
    }
}

pub fn leaky_relu(s: &Settings<'_>) -> Result<Made> {
    // Called alpha in Keras 2.
    let alpha = s.number_or("alpha", 0.3)?;
    let negative_slope = s.number_or("negative_slope", alpha)?;
    let layer = Activation { negative_slope, ..Activation::new(ActivationName::LeakyRelu) };
    Ok(Made::one(layer))
}

pub fn elu(s: &Settings<'_>) -> Result<Made> {
    let alpha = s.number_or("alpha", 1.0)?;
    Ok(Made::one(Activation { alpha, ..Activation::new(ActivationName::Elu) }))
}

/// Axes as they are counted here too.
fn axes(s: &Settings<'_>, setting: &str) -> Result<Option<Axes>> {
    let Some(axes) = s.integers(setting)? else { return Ok(None) };
    let axes = axes.into_iter().map(i32::try_from).collect::<std::result::Result<_, _>>();
    Ok(Some(Axes(axes.map_err(|_| s.wrong(setting, "numbers of axes"))?)))
}

pub fn prelu(s: &Settings<'_>) -> Result<Made> {
    let shared_axes = axes(s, "shared_axes")?.unwrap_or_default();
    Ok(Made::one(Prelu { shared_axes, ..Prelu::new(Vec::new()) }))
}

pub fn softmax(s: &Settings<'_>) -> Result<Made> {
    Ok(Made::one(Softmax { axis: axes(s, "axis")?.unwrap_or(Axes(vec![-1])) }))
}

/// A layer that goes by the last axis.
pub fn by_last_axis(s: &Settings<'_>, made: Made) -> Result<Made> {
    let last_axis = match s.integers("axis")?.as_deref() {
        None | Some([-1]) => None,
        Some([axis]) => Some(*axis),
        Some(_) => return Err(s.wrong("axis", "the last one")),
    };
    Ok(Made { last_axis, ..made })
}

pub fn batch_normalization(s: &Settings<'_>) -> Result<Made> {
    s.only("renorm", false)?;
    let layer = BatchNormalization {
        momentum: s.number_or("momentum", 0.99)?,
        epsilon: s.number_or("epsilon", 1e-3)?,
        center: s.flag_or("center", true)?,
        scale: s.flag_or("scale", true)?,
    };
    by_last_axis(s, Made::one(layer))
}

pub fn layer_normalization(s: &Settings<'_>) -> Result<Made> {
    s.only("rms_scaling", false)?;
    Ok(Made::one(LayerNormalization {
        axis: axes(s, "axis")?.unwrap_or(Axes(vec![-1])),
        epsilon: s.number_or("epsilon", 1e-3)?,
        center: s.flag_or("center", true)?,
        scale: s.flag_or("scale", true)?,
    }))
}

pub fn group_normalization(s: &Settings<'_>) -> Result<Made> {
    let groups = s.get("groups").map_or(Some(32), Value::as_i64);
    let groups = groups.and_then(|groups| i32::try_from(groups).ok());
    let layer = GroupNormalization {
        groups: groups.ok_or_else(|| s.wrong("groups", "a whole number"))?,
        epsilon: s.number_or("epsilon", 1e-3)?,
        center: s.flag_or("center", true)?,
        scale: s.flag_or("scale", true)?,
    };
    by_last_axis(s, Made::one(layer))
}

/// Merges have no settings.
macro_rules! merges {
    ($($name:ident, $layer:ident;)*) => {$(
        pub fn $name(_: &Settings<'_>) -> Result<Made> {
            Ok(Made::one($layer {}))
        }
    )*};
}

merges! {
    add, Add;
    subtract, Subtract;
    multiply, Multiply;
    average, Average;
    maximum, Maximum;
    minimum, Minimum;
}

pub fn concatenate(s: &Settings<'_>) -> Result<Made> {
    let axis = s.integers("axis")?;
    match axis.as_deref() {
        None => Ok(Made::one(Concatenate { axis: -1 })),
        Some([axis]) if i32::try_from(*axis).is_ok() => {
            Ok(Made::one(Concatenate { axis: *axis as i32 }))
        }
        _ => Err(s.wrong("axis", "the number of an axis")),
    }
}
