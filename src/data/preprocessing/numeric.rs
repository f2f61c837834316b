//! Steps from a sample's values to the network's, and what they come to.

use crate::json::Json;
use crate::{Result, err};

/// One step of a sample's values on their way to the network.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum NumericStep {
    /// `x * factor`.
    Scale(Scale),
    /// `(x - mean) / std`.
    Normalize(Normalize),
}

/// `x * factor`.
#[derive(Clone, Copy, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// 1/255 makes 0..1 of bytes.
    pub factor: f32,
}

/// `(x - mean) / std`; [`Preprocessing::normalized_by`](super::Preprocessing::normalized_by)
/// computes both from the training part.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct Normalize {
    /// One number, or one for each channel (the last dimension), or for each place of the last
    /// dimensions: `[frames, bands, 1]` may have one for each band.
    pub mean: Vec<f32>,
    /// As many as `mean`.
    pub std: Vec<f32>,
}

impl NumericStep {
    pub(super) fn validate(&self) -> Result<()> {
        match self {
            Self::Scale(Scale { factor }) if !factor.is_finite() => {
                Err(err!(Argument, "scale: factor is {factor}, expected a finite number"))
            }
            Self::Scale(_) => Ok(()),
            Self::Normalize(Normalize { mean, std }) => {
                if mean.is_empty() || mean.len() != std.len() {
                    return Err(err!(
                        Argument,
                        "normalize: found {} of mean and {} of std, expected as many of both",
                        mean.len(),
                        std.len()
                    ));
                }
                if let Some(mean) = mean.iter().find(|mean| !mean.is_finite()) {
                    return Err(err!(
                        Argument,
                        "normalize: mean holds {mean}, expected finite numbers"
                    ));
                }
                // Below the smallest normal number the reciprocal overflows.
                if let Some(std) = std.iter().find(|std| !(std.is_normal() && **std > 0.0)) {
                    return Err(err!(
                        Argument,
                        "normalize: std holds {std}, expected finite numbers above 0"
                    ));
                }
                Ok(())
            }
        }
    }
}

/// Whether so many numbers are one, or one for each place of the last dimensions.
fn repeats(numbers: usize, shape: &[usize]) -> bool {
    let mut places = 1;
    let mut sizes = shape.iter().rev();
    while places < numbers {
        let Some(size) = sizes.next() else { return false };
        places *= size;
    }
    places == numbers
}

/// Values of a pattern: a multiple of the usual numbers of channels and of the lanes of a vector.
const PATTERN: usize = 12;

/// All numeric steps in one: `x * scale + offset`, for each channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    /// One, or one for each channel, again and again up to [`PATTERN`] where that is a multiple.
    scales: Vec<f32>,
    offsets: Vec<f32>,
}

impl Affine {
    /// The steps in order, for samples of this shape. Bytes without any step are scaled to 0..1.
    ///
    /// # Errors
    /// `Argument` for steps that are impossible or have another number of channels.
    pub fn new(steps: &[NumericStep], shape: &[usize], bytes: bool) -> Result<Self> {
        let initial = if steps.is_empty() && bytes { 1.0 / 255.0 } else { 1.0 };
        // In double precision, so that the order of the steps does not cost digits.
        let mut pairs: Vec<(f64, f64)> = vec![(initial, 0.0)];
        for step in steps {
            step.validate()?;
            match step {
                NumericStep::Scale(Scale { factor }) => {
                    let factor = f64::from(*factor);
                    for (scale, offset) in &mut pairs {
                        (*scale, *offset) = (*scale * factor, *offset * factor);
                    }
                }
                NumericStep::Normalize(Normalize { mean, std }) => {
                    if !repeats(mean.len(), shape) {
                        return Err(err!(
                            Argument,
                            "normalize: mean has {} numbers, expected 1 or {}, one for each channel",
                            mean.len(),
                            shape.last().copied().unwrap_or(1)
                        ));
                    }
                    if pairs.len() < mean.len() {
                        pairs = pairs.repeat(mean.len() / pairs.len());
                    }
                    let steps = mean.iter().zip(std).cycle();
                    for ((scale, offset), (&mean, &std)) in pairs.iter_mut().zip(steps) {
                        let (mean, std) = (f64::from(mean), f64::from(std));
                        (*scale, *offset) = (*scale / std, (*offset - mean) / std);
                    }
                }
            }
        }
        let times = if pairs.len() > 1 && PATTERN.is_multiple_of(pairs.len()) {
            PATTERN / pairs.len()
        } else {
            1
        };
        let channels = pairs.repeat(times);
        let (scales, offsets): (Vec<f32>, Vec<f32>) = channels
            .into_iter()
            .map(|(scale, offset): (f64, f64)| (scale as f32, offset as f32))
            .unzip();
        if scales.iter().chain(&offsets).any(|value| !value.is_finite()) {
            return Err(err!(Argument, "preprocessing: the numeric steps overflow"));
        }
        Ok(Self { scales, offsets })
    }

    /// What values are multiplied by and what is added: one number, or numbers that are repeated along
    /// a sample.
    #[cfg(feature = "data")]
    pub(crate) fn factors(&self) -> (&[f32], &[f32]) {
        (&self.scales, &self.offsets)
    }

    /// What is done without any step.
    pub(super) fn default_scale(bytes: bool) -> Option<NumericStep> {
        bytes.then_some(NumericStep::Scale(Scale { factor: 1.0 / 255.0 }))
    }

    /// Applies the steps to a sample's bytes; `x` and `y` are as long.
    pub fn apply_to_bytes(&self, x: &[u8], y: &mut [f32]) {
        self.each(x, y, f32::from);
    }

    /// Applies the steps to a sample's numbers; `x` and `y` are as long.
    pub fn apply(&self, x: &[f32], y: &mut [f32]) {
        self.each(x, y, |x| x);
    }

    /// Applies the steps to a sample's numbers where they are.
    pub fn apply_in_place(&self, x: &mut [f32]) {
        if let ([scale], [offset]) = (&self.scales[..], &self.offsets[..]) {
            x.iter_mut().for_each(|x| *x = *x * scale + offset);
            return;
        }
        for x in x.chunks_mut(self.scales.len()) {
            for ((x, scale), offset) in x.iter_mut().zip(&self.scales).zip(&self.offsets) {
                *x = *x * scale + offset;
            }
        }
    }

    fn each<T: Copy>(&self, x: &[T], y: &mut [f32], number: impl Fn(T) -> f32) {
        // The common case is a loop of its own because only it vectorises.
        if let ([scale], [offset]) = (&self.scales[..], &self.offsets[..]) {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = number(x) * scale + offset;
            }
            return;
        }
        let width = self.scales.len();
        for (y, x) in y.chunks_mut(width).zip(x.chunks(width)) {
            let steps = self.scales.iter().zip(&self.offsets);
            for ((y, &x), (scale, offset)) in y.iter_mut().zip(x).zip(steps) {
                *y = number(x) * scale + offset;
            }
        }
    }
}
