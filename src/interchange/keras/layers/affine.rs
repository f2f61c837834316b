//! Numbers, or those of each channel, multiplied and moved.

use serde_json::Value;

use super::{Made, plain};
use crate::Result;
use crate::interchange::keras::constants::Channels;
use crate::interchange::keras::settings::Settings;
use crate::layers::{BatchNormalization, DepthwiseConv2d, Pair, Rescaling};

/// One number or several, in lists of one list.
fn numbers(s: &Settings<'_>, setting: &str) -> Result<Option<Vec<f64>>> {
    let Some(mut value) = s.get(setting) else { return Ok(None) };
    while let Some([inner]) = value.as_array().map(Vec::as_slice) {
        value = inner;
    }
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let list = list.iter().map(Value::as_f64).collect::<Option<Vec<_>>>();
    let list = list.filter(|list| !list.is_empty());
    list.map(Some).ok_or_else(|| s.wrong(setting, "a number, or one for each channel"))
}

/// `scale x + offset`, each of one number or of as many as the other.
fn scaled(s: &Settings<'_>, scale: &[f64], offset: &[f64]) -> Result<Made> {
    let count = scale.len().max(offset.len());
    if count == 1 {
        return Ok(Made::one(Rescaling { scale: scale[0], offset: offset[0] }));
    }
    let spread = |numbers: &[f64]| match numbers {
        [only] => Some(vec![*only as f32; count]),
        _ => (numbers.len() == count).then(|| numbers.iter().map(|n| *n as f32).collect()),
    };
    let channels = spread(scale).zip(spread(offset));
    let (scale, offset) = channels.ok_or_else(|| {
        s.unsupported(&format!(
            "it has {} and {} numbers, expected as many, or one",
            scale.len(),
            offset.len()
        ))
    })?;
    Ok(Made::channels(Channels { scale, offset }))
}

pub fn rescaling(s: &Settings<'_>) -> Result<Made> {
    let scale = numbers(s, "scale")?.ok_or_else(|| s.wrong("scale", "a number"))?;
    let offset = numbers(s, "offset")?.unwrap_or(vec![0.0]);
    scaled(s, &scale, &offset)
}

/// `(x - mean) / sqrt(variance)`: by numbers of the configuration, or of data, which is a batch
/// normalisation with the least addition to the variance.
pub fn normalization(s: &Settings<'_>) -> Result<Made> {
    // What Keras takes for a deviation of 0.
    const LEAST: f64 = 1e-7;
    let (Some(mean), Some(variance)) = (numbers(s, "mean")?, numbers(s, "variance")?) else {
        s.only("invert", false)?;
        s.none("mean")?;
        s.none("variance")?;
        let layer =
            BatchNormalization { momentum: 0.99, epsilon: 1e-12, center: false, scale: false };
        return plain::by_last_axis(s, Made::one(layer));
    };
    let deviation: Vec<f64> = variance.iter().map(|v| v.max(0.0).sqrt().max(LEAST)).collect();
    let made = if s.flag_or("invert", false)? {
        scaled(s, &deviation, &mean)?
    } else {
        let count = mean.len().max(deviation.len());
        let of = |numbers: &[f64], at: usize| numbers[at.min(numbers.len() - 1)];
        let scale: Vec<f64> = deviation.iter().map(|deviation| 1.0 / deviation).collect();
        let offset = (0..count).map(|at| -of(&mean, at) / of(&deviation, at));
        let fits = |numbers: &[f64]| numbers.len() == 1 || numbers.len() == count;
        if !(fits(&mean) && fits(&deviation)) {
            return Err(s.wrong("mean", "as many numbers as variance, or one"));
        }
        scaled(s, &scale, &offset.collect::<Vec<_>>())?
    };
    if made.channels.is_some() { plain::by_last_axis(s, made) } else { Ok(made) }
}

/// A factor for each channel of an image that is trained, of ConvNeXt in Keras's applications: a
/// convolution of each channel by itself and of one pixel.
pub fn layer_scale(s: &Settings<'_>) -> Result<Made> {
    s.size("projection_dim")?;
    let layer = DepthwiseConv2d { use_bias: false, ..DepthwiseConv2d::new(Pair([1, 1])) };
    Ok(Made::one(layer))
}
