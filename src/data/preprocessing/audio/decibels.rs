//! The logarithm of power.

use serde::{Deserialize, Serialize};

use crate::kernels::reduce;
use crate::kernels::vecmath::ln_slice;
use crate::{Result, err};

/// `10 log10(power / ref)`, nothing below `amin`, nothing more than `topDb` below the loudest
/// (`librosa.power_to_db`). Magnitudes are squared first, as `librosa.amplitude_to_db` does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Decibels {
    /// What is 0 decibels: a power, or `"max"`, the largest of the sound.
    #[serde(rename = "ref")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub reference: Reference,
    /// The least power.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub amin: f32,
    /// Decibels below the loudest that are kept; `null` keeps all.
    pub top_db: Option<f32>,
}

/// What is 0 decibels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(untagged)]
pub enum Reference {
    /// This power.
    Power(f32),
    /// One of the sound.
    Own(Own),
}

/// A power of the sound itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Own {
    /// The largest.
    Max,
}

impl Default for Reference {
    fn default() -> Self {
        Self::Power(1.0)
    }
}

impl Default for Decibels {
    fn default() -> Self {
        Self { reference: Reference::default(), amin: 1e-10, top_db: Some(80.0) }
    }
}

impl Decibels {
    pub(super) fn validate(&self) -> Result<()> {
        let check = |attribute: &str, value: f32| {
            if value.is_normal() && value > 0.0 {
                return Ok(());
            }
            Err(err!(
                Argument,
                "audio: decibels.{attribute} is {value}, expected a finite number above 0"
            ))
        };
        check("amin", self.amin)?;
        if let Reference::Power(power) = self.reference {
            check("ref", power)?;
        }
        check("topDb", self.top_db.unwrap_or(1.0))
    }

    /// Replaces powers by decibels.
    pub(super) fn apply(&self, powers: &mut [f32]) {
        let amin = self.amin;
        let reference = match self.reference {
            Reference::Power(power) => power,
            Reference::Own(Own::Max) => reduce::max(powers),
        };
        let per_ln = 10.0 / std::f64::consts::LN_10;
        let zero = (per_ln * libm::log(f64::max(reference.into(), amin.into()))) as f32;
        let per_ln = per_ln as f32;
        let mut logarithms = [0.0; 256];
        for powers in powers.chunks_mut(256) {
            powers.iter_mut().for_each(|power| *power = power.max(amin));
            let logarithms = &mut logarithms[..powers.len()];
            ln_slice(powers, logarithms);
            for (power, logarithm) in powers.iter_mut().zip(logarithms) {
                *power = *logarithm * per_ln - zero;
            }
        }
        if let Some(top_db) = self.top_db {
            let least = reduce::max(powers) - top_db;
            powers.iter_mut().for_each(|value| *value = value.max(least));
        }
    }
}
