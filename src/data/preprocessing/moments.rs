//! Mean and standard deviation of the training part.

use super::Preprocessing;
use super::numeric::{Affine, Normalize, NumericStep};
use crate::data::{Dataset, Kind};
use crate::memory::allocate;
use crate::{Result, err};

/// Samples that are looked at at a time.
const BLOCK: usize = 64;

/// Sums for the mean and the standard deviation of values that come again and again in `width`
/// kinds: channels, bands of a spectrum, columns.
#[derive(Clone, Debug)]
pub struct Moments {
    count: u64,
    /// The first value of each kind, from which the others are measured: the difference of two large
    /// numbers would lose digits.
    origins: Vec<f64>,
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl Moments {
    /// For so many kinds of values.
    ///
    /// # Errors
    /// `Argument` for none, `TooLarge` where there is no memory for the sums.
    pub fn new(width: usize) -> Result<Self> {
        if width == 0 {
            return Err(err!(Argument, "moments: width is 0, expected at least 1"));
        }
        let zeros = || allocate("the moments", width);
        Ok(Self { count: 0, origins: zeros()?, sums: zeros()?, squares: zeros()? })
    }

    /// Adds values, a whole number of times one of each kind.
    ///
    /// # Errors
    /// `Shape` for another number of values.
    pub fn add(&mut self, values: &[f32]) -> Result<()> {
        let width = self.sums.len();
        if !values.len().is_multiple_of(width) {
            return Err(err!(
                Shape,
                "moments: found {} values, expected a multiple of {width}",
                values.len()
            ));
        }
        for row in values.chunks_exact(width) {
            if self.count == 0 {
                self.origins.iter_mut().zip(row).for_each(|(to, &value)| *to = value.into());
            }
            self.count += 1;
            let sums = self.sums.iter_mut().zip(&mut self.squares);
            for (((sum, square), origin), &value) in sums.zip(&self.origins).zip(row) {
                let value = f64::from(value) - origin;
                *sum += value;
                *square += value * value;
            }
        }
        Ok(())
    }

    /// The step that makes the mean 0 and the standard deviation 1. Where all values are the same,
    /// they only lose their mean.
    ///
    /// # Errors
    /// `Data` if there were no values.
    pub fn finish(&self) -> Result<Normalize> {
        if self.count == 0 {
            return Err(err!(Data, "moments: found no values, expected at least 1"));
        }
        let count = self.count as f64;
        let mut normalize = Normalize { mean: Vec::new(), std: Vec::new() };
        let sums = self.sums.iter().zip(&self.squares);
        for ((sum, square), origin) in sums.zip(&self.origins) {
            let mean = sum / count;
            let variance = (square / count - mean * mean).max(0.0);
            let std = libm::sqrt(variance) as f32;
            normalize.mean.push((origin + mean) as f32);
            normalize.std.push(if std.is_normal() { std } else { 1.0 });
        }
        Ok(normalize)
    }
}

/// For which values the mean and the standard deviation are taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Per {
    /// All values of all samples.
    All,
    /// Those of a channel, the last dimension.
    #[default]
    Channel,
    /// Those of a column and channel, the last two dimensions: the bands of a spectrum.
    Column,
    /// Those of one place in the samples.
    Value,
}

impl Preprocessing {
    /// The preprocessing with a `normalize` by the first input of these samples, in the place of any
    /// that it had: give it the training part alone, since what is known of others does not belong
    /// into a model. Bytes without any step are scaled to 0..1 before it.
    ///
    /// # Errors
    /// `Argument` for steps that do not fit the samples.
    pub fn normalized_by(&self, training: &Dataset, per: Per) -> Result<Self> {
        let mut own = self.clone();
        own.numeric.retain(|step| !matches!(step, NumericStep::Normalize(_)));
        let dataset = training.with_preprocessing(own)?;
        let column = &dataset.inputs()[0];
        let width: usize = match (per, column.shape()) {
            (Per::All, _) => 1,
            (Per::Channel, [.., channels]) => *channels,
            (Per::Column, [.., columns, channels]) => columns * channels,
            _ => column.width(),
        };
        let mut own = dataset.preprocessing().clone();
        if own.numeric.is_empty() {
            own.numeric.extend(Affine::default_scale(column.kind() == Kind::U8));
        }
        let mut moments = Moments::new(width)?;
        let mut values = allocate("the samples", BLOCK.min(dataset.len()) * column.width())?;
        let indices: Vec<u32> = (0..dataset.len() as u32).collect();
        for indices in indices.chunks(BLOCK) {
            let values = &mut values[..indices.len() * column.width()];
            dataset.input_into(0, indices, values)?;
            moments.add(values)?;
        }
        own.numeric.push(NumericStep::Normalize(moments.finish()?));
        Ok(own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::data::{Column, Targets, Values};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn dataset(shape: &[usize], values: Values) -> Dataset {
        let column = Column::new(shape.to_vec(), values).unwrap();
        Dataset::new(vec![column], Targets::None, vec![], Preprocessing::default()).unwrap()
    }

    /// What the network sees of all samples, as a list.
    fn seen(dataset: &Dataset) -> Vec<f32> {
        let mut seen = vec![0.0; dataset.len() * dataset.inputs()[0].width()];
        let indices: Vec<u32> = (0..dataset.len() as u32).collect();
        dataset.input_into(0, &indices, &mut seen).unwrap();
        seen
    }

    #[test]
    fn each_kind_of_values_gets_the_mean_0_and_the_deviation_1() {
        let numbers: Vec<f32> = (0..100 * 12).map(|i| 1e4 + (i * i % 97) as f32 / 7.0).collect();
        let bytes = (0..100 * 12).map(|i| (i * i % 251) as u8).collect();
        for values in [Values::F32(numbers), Values::U8(bytes)] {
            let mut data = dataset(&[2, 3, 2], values);
            for (per, width) in
                [(Per::All, 1), (Per::Channel, 2), (Per::Column, 6), (Per::Value, 12)]
            {
                let preprocessing = data.preprocessing().normalized_by(&data, per).unwrap();
                let again = preprocessing.normalized_by(&data, per).unwrap();
                assert_eq!(again, preprocessing);
                data = data.with_preprocessing(preprocessing).unwrap();
                let seen = seen(&data);
                for kind in 0..width {
                    let values = || seen.iter().skip(kind).step_by(width).map(|&x| f64::from(x));
                    let count = (seen.len() / width) as f64;
                    let mean = values().sum::<f64>() / count;
                    let variance = values().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
                    // Numbers around 1e4 have steps of 1e-3.
                    assert!(
                        mean.abs() < 1e-3 && (variance - 1.0).abs() < 1e-3,
                        "{mean} {variance}"
                    );
                }
            }
        }
    }

    /// What other samples are does not matter.
    #[test]
    fn only_the_samples_that_are_given_count() {
        let whole = dataset(&[1], Values::F32((0..10).map(|i| (i * i) as f32).collect()));
        let training = whole.subset(&[0, 1, 2]).unwrap();
        let own = whole.preprocessing().normalized_by(&training, Per::All).unwrap();
        let NumericStep::Normalize(normalize) = &own.numeric[0] else { panic!("{own:?}") };
        let mean = 5.0 / 3.0;
        let variance: f32 = [0.0, 1.0, 4.0].map(|x: f32| (x - mean) * (x - mean)).iter().sum();
        assert!((normalize.mean[0] - mean).abs() < 1e-6);
        assert!((normalize.std[0] - (variance / 3.0).sqrt()).abs() < 1e-6);
    }

    #[test]
    fn constants_lose_their_mean_and_nothing_has_none() {
        let mut moments = Moments::new(2).unwrap();
        assert_eq!(moments.finish().unwrap_err().kind(), ErrorKind::Data);
        assert_eq!(moments.add(&[1.0]).unwrap_err().kind(), ErrorKind::Shape);
        moments.add(&[7.0, 0.0, 7.0, 2.0]).unwrap();
        let Normalize { mean, std } = moments.finish().unwrap();
        assert_eq!((mean, std), (vec![7.0, 1.0], vec![1.0, 1.0]));
        assert_eq!(Moments::new(0).unwrap_err().kind(), ErrorKind::Argument);
    }
}
