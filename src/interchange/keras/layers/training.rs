//! What does something only while training.

use serde_json::Value;

use super::Made;
use crate::Result;
use crate::interchange::keras::settings::Settings;
use crate::layers::{
    Activation, ActivationName, Dropout, GaussianNoise, SpatialDropout1d, SpatialDropout2d,
};

pub fn dropout(s: &Settings<'_>) -> Result<Made> {
    let rate = s.number_or("rate", 0.5)?;
    let Some(shape) = s.get("noise_shape") else { return Ok(Made::one(Dropout { rate })) };
    let shape = shape.as_array().ok_or_else(|| s.wrong("noise_shape", "a list of sizes"))?;
    let (made, is_same) = match &shape[..] {
        [batch, rows, channels] if *rows == 1 => {
            (Made::one(SpatialDropout1d { rate }), batch.is_null() && channels.is_null())
        }
        [batch, rows, columns, channels] if *rows == 1 && *columns == 1 => {
            (Made::one(SpatialDropout2d { rate }), batch.is_null() && channels.is_null())
        }
        _ => (Made::one(Dropout { rate }), shape.iter().all(Value::is_null)),
    };
    let note = "its noise_shape is another one here: while training it drops numbers or channels one by one";
    Ok(if is_same { made } else { made.noting(note) })
}

pub fn spatial_dropout1d(s: &Settings<'_>) -> Result<Made> {
    Ok(Made::one(SpatialDropout1d { rate: s.number_or("rate", 0.5)? }))
}

pub fn spatial_dropout2d(s: &Settings<'_>) -> Result<Made> {
    s.channels_last()?;
    Ok(Made::one(SpatialDropout2d { rate: s.number_or("rate", 0.5)? }))
}

pub fn gaussian_noise(s: &Settings<'_>) -> Result<Made> {
    Ok(Made::one(GaussianNoise { stddev: s.number_or("stddev", 0.1)? }))
}

/// Noise of the same mean and variance as that of dropout.
pub fn gaussian_dropout(s: &Settings<'_>) -> Result<Made> {
    let made = Made::one(Dropout { rate: s.number_or("rate", 0.5)? });
    Ok(made
        .noting("while training it drops numbers here, in the place of multiplying them by noise"))
}

pub fn alpha_dropout(s: &Settings<'_>) -> Result<Made> {
    let made = Made::one(Dropout { rate: s.number_or("rate", 0.5)? });
    Ok(made
        .noting("while training it is plain dropout here, which does not keep mean and variance"))
}

/// Samples left out as a whole, of ConvNeXt in Keras's applications.
pub fn stochastic_depth(s: &Settings<'_>) -> Result<Made> {
    let made = Made::one(SpatialDropout2d { rate: s.number_or("drop_path_rate", 0.0)? });
    Ok(made.noting("while training it drops channels one by one here, and no whole samples"))
}

pub fn activity_regularization(_: &Settings<'_>) -> Result<Made> {
    let made = Made::one(Activation::new(ActivationName::Linear));
    Ok(made.noting("it does nothing here: activity has no penalty while training"))
}

pub fn augmentation(_: &Settings<'_>) -> Result<Made> {
    let made = Made::one(Activation::new(ActivationName::Linear));
    Ok(made.noting("it does nothing here: images are not augmented by layers while training"))
}
