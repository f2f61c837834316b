//! Principal components of a dataset, some samples at a time.

use super::{FeatureStep, PcaFit, apply, len};
use crate::data::Dataset;
use crate::data::preprocessing::Preprocessing;
use crate::data::preprocessing::preparation::{image_of, image_shape};
use crate::{Result, err};

/// Computes the principal components of a [`Preprocessing`] from the images of the training part.
#[derive(Clone, Debug)]
pub struct ComponentFit {
    preprocessing: Preprocessing,
    /// Of a source image.
    shape: [usize; 3],
    fit: PcaFit,
    done: u32,
}

impl ComponentFit {
    /// For the images of the first input of this dataset, as they are before any step. Components
    /// there were are computed anew.
    ///
    /// # Errors
    /// `Argument` for steps that are impossible, and where none of them is a PCA; what
    /// [`Preparation::new`](crate::data::Preparation::new) and [`PcaFit::new`] refuse.
    pub fn new(dataset: &Dataset, preprocessing: Preprocessing) -> Result<Self> {
        preprocessing.validate()?;
        let Some((FeatureStep::Pca(pca), before)) = preprocessing.features.split_last() else {
            return Err(err!(Argument, "features: found no pca, expected it last"));
        };
        let shape = image_shape(&dataset.inputs()[0])?;
        let fit = PcaFit::new(pca.clone(), len(before, preprocessing.image_shape(shape))?)?;
        Ok(Self { preprocessing, shape, fit, done: 0 })
    }

    /// Samples that have been seen.
    #[must_use]
    pub fn done(&self) -> u32 {
        self.done
    }

    /// Adds up to so many further samples of the dataset; true when all are.
    ///
    /// # Errors
    /// `Argument` if it is another dataset, or a step cannot be applied to its images.
    pub fn advance(&mut self, dataset: &Dataset, samples: u32) -> Result<bool> {
        let total = dataset.len() as u32;
        let steps = &self.preprocessing.features;
        let before = &steps[..steps.len() - 1];
        for _ in 0..samples.min(total.saturating_sub(self.done)) {
            let image = image_of(dataset, self.done, self.shape)?;
            self.fit.add(&apply(before, &self.preprocessing.apply(image)?)?)?;
            self.done += 1;
        }
        Ok(self.done >= total)
    }

    /// The preprocessing with its components.
    ///
    /// # Errors
    /// As [`PcaFit::finish`].
    pub fn finish(self) -> Result<Preprocessing> {
        let Self { mut preprocessing, fit, .. } = self;
        preprocessing.features.pop();
        preprocessing.features.push(FeatureStep::Pca(fit.finish()?));
        Ok(preprocessing)
    }
}
