//! Few numbers that tell much of an image, for networks that need not see its pixels.

mod eigen;
mod fit;
mod hog;
mod pca;
#[cfg(test)]
mod tests;

pub use fit::ComponentFit;
pub use hog::Hog;
pub use pca::{Pca, PcaFit};

use super::image::Image;
use crate::json::Json;
use crate::{Result, err};

/// One step from an image to numbers, `[n]`.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum FeatureStep {
    /// Histograms of oriented gradients. The first step.
    Hog(Hog),
    /// Principal components of the numbers before it, or of the pixels, of which white is 1. The
    /// last step.
    Pca(Pca),
}

/// Refuses steps that are impossible whatever they are applied to.
#[inline(never)]
pub(super) fn validate(steps: &[FeatureStep]) -> Result<()> {
    for (place, step) in steps.iter().enumerate() {
        match step {
            FeatureStep::Hog(_) if place > 0 => {
                return Err(err!(Argument, "hog: found it at place {place}, expected it first"));
            }
            FeatureStep::Hog(hog) => hog.validate()?,
            FeatureStep::Pca(_) if place + 1 < steps.len() => {
                return Err(err!(Argument, "pca: found it at place {place}, expected it last"));
            }
            FeatureStep::Pca(pca) => pca.validate()?,
        }
    }
    Ok(())
}

/// How many numbers an image of this shape becomes.
pub(super) fn len(steps: &[FeatureStep], shape: [usize; 3]) -> Result<usize> {
    steps.iter().try_fold(shape.iter().product(), |len, step| match step {
        FeatureStep::Hog(hog) => hog.len(shape),
        FeatureStep::Pca(pca) => pca.len(len),
    })
}

/// What an image becomes by the steps.
#[inline(never)]
pub(super) fn apply(steps: &[FeatureStep], image: &Image) -> Result<Vec<f32>> {
    let (mut values, rest) = match steps {
        [FeatureStep::Hog(hog), rest @ ..] => (hog.apply(image)?, rest),
        _ => (image.data.iter().map(|&byte| f32::from(byte) * (1.0 / 255.0)).collect(), steps),
    };
    for step in rest {
        if let FeatureStep::Pca(pca) = step {
            values = pca.transform(&values)?;
        }
    }
    Ok(values)
}
