//! Principal components: the directions in which the samples of the training part differ most.

use super::eigen::symmetric_eigen;
use crate::json::Json;
use crate::kernels::reduce::dot;
use crate::memory::allocate;
use crate::{Result, err};

/// The most numbers of a sample whose components are computed: time grows with their cube, and takes
/// seconds here.
const MOST_VALUES: usize = 1024;

/// Principal components. `mean`, `axes` and `variances` are computed from the training part (see
/// [`PcaFit`]) and stored here.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pca {
    /// How many are kept.
    pub components: u32,
    /// Whether each is divided by its standard deviation.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub whiten: bool,
    /// The mean sample; empty before it is computed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub mean: Vec<f32>,
    /// The directions, `[components, values]`, of length 1, that of the largest variance first. The
    /// entry of a direction that is largest in size is positive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub axes: Vec<f32>,
    /// The variance along each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub variances: Vec<f32>,
}

impl Pca {
    /// So many components, not computed yet.
    #[must_use]
    pub fn new(components: u32) -> Self {
        let (mean, axes, variances) = Default::default();
        Self { components, whiten: false, mean, axes, variances }
    }

    pub(super) fn validate(&self) -> Result<()> {
        if !(1..=MOST_VALUES as u32).contains(&self.components) {
            return Err(err!(
                Argument,
                "pca: components is {}, expected 1 to {MOST_VALUES}",
                self.components
            ));
        }
        let computed = !self.mean.is_empty();
        let rows = if computed { self.components as usize } else { 0 };
        if self.mean.len() > MOST_VALUES
            || self.variances.len() != rows
            || self.axes.len() != rows * self.mean.len()
        {
            return Err(err!(
                Argument,
                "pca: found {} of mean, {} of axes and {} of variances for {} components, expected \
                 none, or what was computed",
                self.mean.len(),
                self.axes.len(),
                self.variances.len(),
                self.components
            ));
        }
        let mut all = self.mean.iter().chain(&self.axes).chain(&self.variances);
        match all.find(|value| !value.is_finite()) {
            Some(value) => {
                Err(err!(Argument, "pca: found {value} in what was computed, expected numbers"))
            }
            None => Ok(()),
        }
    }

    /// How many numbers are left of so many.
    pub(super) fn len(&self, values: usize) -> Result<usize> {
        if self.mean.is_empty() {
            return Err(err!(
                Argument,
                "pca: the components are not computed, expected those of the training part"
            ));
        }
        if self.mean.len() != values {
            return Err(err!(
                Shape,
                "pca: found {values} numbers, expected {}, of which it was computed",
                self.mean.len()
            ));
        }
        Ok(self.components as usize)
    }

    /// The components of a sample.
    ///
    /// # Errors
    /// `Argument` before they are computed, `Shape` for a sample of another number of values.
    pub fn transform(&self, values: &[f32]) -> Result<Vec<f32>> {
        self.len(values.len())?;
        let centered: Vec<f32> =
            values.iter().zip(&self.mean).map(|(value, mean)| value - mean).collect();
        let axes = self.axes.chunks_exact(values.len()).zip(&self.variances);
        Ok(axes
            .map(|(axis, &variance)| {
                let along = dot(&centered, axis);
                // Where nothing varies there is nothing to divide.
                if self.whiten && variance > 0.0 { along / libm::sqrtf(variance) } else { along }
            })
            .collect())
    }
}

/// Computes the components of a [`Pca`] from the samples of the training part, one at a time.
#[derive(Clone, Debug)]
pub struct PcaFit {
    pca: Pca,
    samples: u64,
    sums: Vec<f64>,
    /// Sums of products, `[values, values]`, on and above the diagonal.
    products: Vec<f64>,
}

impl PcaFit {
    /// For samples of so many values.
    ///
    /// # Errors
    /// `Argument` for no component and for more than there are values, `TooLarge` for more than 1024
    /// values.
    pub fn new(mut pca: Pca, values: usize) -> Result<Self> {
        (pca.mean, pca.axes, pca.variances) = Default::default();
        pca.validate()?;
        if values > MOST_VALUES {
            return Err(err!(
                TooLarge,
                "pca: found samples of {values} numbers, expected at most {MOST_VALUES}; put resize \
                 or hog before it"
            ));
        }
        if pca.components as usize > values {
            return Err(err!(
                Argument,
                "pca: components is {}, expected at most {values}, the numbers of a sample",
                pca.components
            ));
        }
        let products = allocate("the products", values * values)?;
        Ok(Self { pca, samples: 0, sums: vec![0.0; values], products })
    }

    /// Adds a sample.
    ///
    /// # Errors
    /// `Shape` for another number of values.
    pub fn add(&mut self, sample: &[f32]) -> Result<()> {
        let len = self.sums.len();
        if sample.len() != len {
            return Err(err!(Shape, "pca: found {} numbers, expected {len}", sample.len()));
        }
        self.samples += 1;
        for (i, &value) in sample.iter().enumerate() {
            // Most pixels of drawings.
            if value == 0.0 {
                continue;
            }
            let value = f64::from(value);
            self.sums[i] += value;
            let row = &mut self.products[i * len + i..(i + 1) * len];
            for (product, &other) in row.iter_mut().zip(&sample[i..]) {
                *product += value * f64::from(other);
            }
        }
        Ok(())
    }

    /// The components of the covariance of the samples, as scikit-learn's `PCA` has them.
    ///
    /// # Errors
    /// `Data` for fewer samples than components, and fewer than 2.
    pub fn finish(self) -> Result<Pca> {
        let Self { mut pca, samples, sums, mut products } = self;
        let least = u64::max(2, pca.components.into());
        if samples < least {
            return Err(err!(Data, "pca: found {samples} samples, expected at least {least}"));
        }
        let len = sums.len();
        let count = samples as f64;
        let mean: Vec<f64> = sums.iter().map(|sum| sum / count).collect();
        for i in 0..len {
            for j in i..len {
                let covariance =
                    (products[i * len + j] - count * mean[i] * mean[j]) / (count - 1.0);
                products[i * len + j] = covariance;
                products[j * len + i] = covariance;
            }
        }
        let (values, vectors) = symmetric_eigen(products, len);
        for (value, axis) in
            values.iter().zip(vectors.chunks_exact(len)).take(pca.components as usize)
        {
            let largest = axis.iter().fold(0.0_f64, |largest, &entry| {
                if entry.abs() > largest.abs() { entry } else { largest }
            });
            let sign = if largest < 0.0 { -1.0 } else { 1.0 };
            pca.axes.extend(axis.iter().map(|entry| (sign * entry) as f32));
            pca.variances.push(value.max(0.0) as f32);
        }
        pca.mean = mean.into_iter().map(|mean| mean as f32).collect();
        Ok(pca)
    }
}
