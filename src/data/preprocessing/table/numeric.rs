//! What is computed for numbers: what stands for missing ones, and how they are scaled.

use serde::{Deserialize, Serialize};

use super::columns::Plain;
use super::stats::{Counts, Moments, Quantiles};
use crate::named::read_by_type;
use crate::{Result, err};

/// What stands for a missing number, as scikit-learn's `SimpleImputer` computes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Impute {
    /// The mean.
    #[default]
    Mean,
    /// The median: of more than 65,536 rows to within 0.03% of the ranks.
    Median,
    /// The most frequent number; of several the lowest.
    MostFrequent,
    /// This number.
    Constant(ImputedNumber),
}

read_by_type!(Impute {
    "mean" => |Plain {}| Impute::Mean,
    "median" => |Plain {}| Impute::Median,
    "mostFrequent" => |Plain {}| Impute::MostFrequent,
    "constant" => Impute::Constant,
});

/// A number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct ImputedNumber {
    /// Which is finite.
    pub value: f64,
}

impl Impute {
    pub(super) fn validate(self) -> Result<()> {
        match self {
            Self::Constant(ImputedNumber { value }) if !value.is_finite() => {
                Err(err!(Argument, "impute: value is {value}, expected a finite number"))
            }
            _ => Ok(()),
        }
    }
}

/// To which range numbers are brought. What does not vary is brought to 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Scaling {
    /// They stay.
    None,
    /// A mean of 0 and a standard deviation (of the population) of 1.
    #[default]
    Standard,
    /// 0 to 1.
    MinMax,
    /// A median of 0, and 1 between the quartiles; of more than 65,536 rows to within 0.03% of the
    /// ranks.
    Robust,
}

/// What was computed for numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct Fitted {
    /// What stands for a missing number.
    pub fill: f64,
    /// What is taken from a number (or its logarithm).
    pub center: f64,
    /// By what it is divided then.
    pub spread: f64,
}

/// `(x - center) / spread`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct Affine64 {
    /// What is taken from a number.
    pub center: f64,
    /// By what it is divided then.
    pub spread: f64,
}

impl Affine64 {
    pub(super) fn apply(self, x: f64) -> f32 {
        ((x - self.center) / self.spread) as f32
    }

    pub(super) fn validate(self) -> Result<()> {
        let Self { center, spread } = self;
        if center.is_finite() && spread.is_normal() && spread > 0.0 {
            return Ok(());
        }
        Err(err!(
            Argument,
            "fitted has the center {center} and the spread {spread}, expected finite numbers, the \
             spread above 0"
        ))
    }
}

impl Fitted {
    pub(super) fn affine(self) -> Affine64 {
        Affine64 { center: self.center, spread: self.spread }
    }

    pub(super) fn validate(self) -> Result<()> {
        if !self.fill.is_finite() {
            return Err(err!(
                Argument,
                "fitted has {} for missing values, expected a finite number",
                self.fill
            ));
        }
        self.affine().validate()
    }
}

/// ln(1 + x), mirrored for negative numbers.
pub(super) fn log(x: f64) -> f64 {
    libm::copysign(libm::log1p(x.abs()), x)
}

/// Computes what stands for missing numbers.
#[derive(Clone, Debug)]
pub(super) struct ImputeFit {
    impute: Impute,
    moments: Moments,
    quantiles: Quantiles,
    /// By the number's bits.
    counts: Counts<u64>,
}

impl ImputeFit {
    pub fn new(impute: Impute) -> Self {
        Self {
            impute,
            moments: Moments::default(),
            quantiles: Quantiles::default(),
            counts: Counts::default(),
        }
    }

    /// Numbers that are there.
    pub fn add(&mut self, numbers: &[f64]) {
        match self.impute {
            Impute::Mean => self.moments.add(numbers),
            Impute::Median => numbers.iter().for_each(|&number| self.quantiles.add(number)),
            Impute::MostFrequent => {
                numbers.iter().for_each(|number| self.counts.add(&number.to_bits(), |bits| *bits));
            }
            Impute::Constant(_) => {}
        }
    }

    /// `None` where there were no numbers.
    pub fn finish(self) -> Option<f64> {
        match self.impute {
            Impute::Mean => self.moments.mean(),
            Impute::Median => self.quantiles.quantiles([0.5], None).map(|[median]| median),
            Impute::MostFrequent => {
                let counts = self.counts.iter().map(|(&bits, count)| (f64::from_bits(bits), count));
                counts
                    .max_by(|a, b| a.1.cmp(&b.1).then(b.0.total_cmp(&a.0)))
                    .map(|(number, _)| number)
            }
            Impute::Constant(ImputedNumber { value }) => Some(value),
        }
    }
}

/// Computes how numbers are scaled.
#[derive(Clone, Debug)]
pub(super) struct ScaleFit {
    scaling: Scaling,
    moments: Moments,
    quantiles: Quantiles,
}

impl ScaleFit {
    pub fn new(scaling: Scaling) -> Self {
        Self { scaling, moments: Moments::default(), quantiles: Quantiles::default() }
    }

    /// Numbers that are there.
    pub fn add(&mut self, numbers: &[f64]) {
        match self.scaling {
            Scaling::None => {}
            Scaling::Standard | Scaling::MinMax => self.moments.add(numbers),
            Scaling::Robust => numbers.iter().for_each(|&number| self.quantiles.add(number)),
        }
    }

    /// With a number that stands for so many missing ones.
    pub fn finish(mut self, fill: f64, missing: u64) -> Affine64 {
        self.moments.add_same(fill, missing);
        let found = match self.scaling {
            Scaling::None => None,
            Scaling::Standard => self.moments.mean().map(|mean| (mean, self.moments.deviation())),
            Scaling::MinMax => self.moments.range().map(|(least, most)| (least, most - least)),
            Scaling::Robust => self
                .quantiles
                .quantiles([0.25, 0.5, 0.75], Some((fill, missing)))
                .map(|[low, middle, high]| (middle, high - low)),
        };
        let (center, spread) = found.unwrap_or((0.0, 1.0));
        // What scikit-learn takes for a range of zero; a deviation that is none is 0 by itself.
        let least = if self.scaling == Scaling::Standard { 0.0 } else { 10.0 * f64::EPSILON };
        let varies = spread.is_normal() && spread >= least;
        Affine64 { center, spread: if varies { spread } else { 1.0 } }
    }
}
