//! Parts of a dataset: two, or folds.

use super::dataset::Dataset;
use crate::rng::{Key, Purpose};
use crate::{Error, Result, err};

mod folds;

pub use folds::{group_k_fold, k_fold, rest_of, split_by_group, stratified_k_fold};

impl Dataset {
    /// Two datasets: the rest, and a random part of `fraction` of the samples (rounded). Both keep
    /// the order of the samples. A stratified split takes the same share of every class, as far as
    /// whole samples allow.
    ///
    /// # Errors
    /// `Argument` for a fraction that leaves one part empty, and for a stratified split where
    /// targets are not classes.
    pub fn split(&self, fraction: f64, seed: u64, stratified: bool) -> Result<(Self, Self)> {
        let (rest, part) = self.split_indices(fraction, seed, stratified)?;
        Ok((self.subset(&rest)?, self.subset(&part)?))
    }

    /// The indices of the samples in the two parts of [`split`](Self::split).
    ///
    /// # Errors
    /// The same.
    pub fn split_indices(
        &self,
        fraction: f64,
        seed: u64,
        stratified: bool,
    ) -> Result<(Vec<u32>, Vec<u32>)> {
        // More than 2^32 - 1 samples are no dataset.
        let samples = self.len() as u32;
        let wanted = part_size(fraction, samples)?;
        let key = Key::new(seed, Purpose::Split);
        let groups = match (stratified, self.labels()) {
            (false, _) => vec![(0..samples).collect()],
            (true, Some(labels)) => by_class(labels, self.class_names().len()),
            (true, None) => return Err(no_classes()),
        };
        let quotas = quotas(&groups, wanted, samples);
        let (mut rest, mut part) = (Vec::new(), Vec::with_capacity(wanted as usize));
        for ((number, mut group), quota) in (0..).zip(groups).zip(quotas) {
            key.child(number).stream().shuffle(&mut group);
            part.extend_from_slice(&group[..quota]);
            rest.extend_from_slice(&group[quota..]);
        }
        rest.sort_unstable();
        part.sort_unstable();
        Ok((rest, part))
    }
}

/// How many samples a fraction of so many is, rounded.
///
/// # Errors
/// `Argument` if that is none or all.
fn part_size(fraction: f64, samples: u32) -> Result<u32> {
    let wanted = libm::round(fraction * f64::from(samples));
    // Not a number is not between 0 and the number of samples either.
    if !(wanted > 0.0 && wanted < f64::from(samples)) {
        return Err(err!(
            Argument,
            "split: a fraction of {fraction} of {samples} samples leaves a part without any; \
             expected one between 0 and 1 that leaves samples in both"
        ));
    }
    Ok(wanted as u32)
}

fn no_classes() -> Error {
    err!(Argument, "split: the dataset has no classes, expected them for a stratified split")
}

/// The indices of the samples of each class.
fn by_class(labels: &[u32], classes: usize) -> Vec<Vec<u32>> {
    let mut groups = vec![Vec::new(); classes];
    for (index, &label) in (0..).zip(labels) {
        groups[label as usize].push(index);
    }
    groups
}

/// How many of each group make `wanted` of `samples`: its share rounded down, and one more for
/// those whose share lost most by it (the first of equals).
fn quotas(groups: &[Vec<u32>], wanted: u32, samples: u32) -> Vec<usize> {
    let (wanted, samples) = (u64::from(wanted), u64::from(samples));
    let shares: Vec<u64> = groups.iter().map(|group| group.len() as u64 * wanted).collect();
    let mut quotas: Vec<u64> = shares.iter().map(|share| share / samples).collect();
    let missing = wanted - quotas.iter().sum::<u64>();
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_key(|&group| std::cmp::Reverse(shares[group] % samples));
    for &group in order.iter().take(missing as usize) {
        quotas[group] += 1;
    }
    quotas.into_iter().map(|quota| quota as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::data::{Column, Preprocessing, Targets, Values};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Each sample's only value is its index.
    fn data(labels: Vec<u32>) -> Dataset {
        let values = Values::U8((0..labels.len()).map(|i| i as u8).collect());
        let inputs = vec![Column::new(vec![1], values).unwrap()];
        Dataset::new(inputs, Targets::Classes(labels), vec![], Preprocessing::default()).unwrap()
    }

    #[test]
    fn parts_hold_every_sample_once() {
        let data = data((0..100).map(|i| i % 3).collect());
        for stratified in [false, true] {
            for (fraction, expected) in [(0.25, 25), (0.004_999, 0), (0.005, 1), (0.995, 100)] {
                let Ok((rest, part)) = data.split_indices(fraction, 1, stratified) else {
                    assert!(expected == 0 || expected == 100, "{fraction}");
                    continue;
                };
                assert_eq!(part.len(), expected);
                assert!(rest.is_sorted() && part.is_sorted());
                let mut all = [rest, part].concat();
                all.sort_unstable();
                assert_eq!(all, (0..100).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn seeds_decide() {
        let data = data(vec![0; 100]);
        let part = |seed, stratified| data.split_indices(0.3, seed, stratified).unwrap().1;
        assert_eq!(part(1, false), part(1, false));
        assert_ne!(part(1, false), part(2, false));
        // With one class only, both ways to split are one.
        assert_eq!(part(1, false), part(1, true));
    }

    #[test]
    fn stratified_parts_keep_the_shares() {
        // 60, 30, 9 and 1 samples, and a class without any.
        let labels: Vec<u32> = (0..100)
            .map(|i| [(60, 0), (90, 1), (99, 2), (100, 4)].iter().find(|(end, _)| i < *end))
            .map(|found| found.unwrap().1)
            .collect();
        let (rest, part) = data(labels).split(0.2, 7, true).unwrap();
        assert_eq!(part.counts(), [12, 6, 2, 0, 0]);
        assert_eq!(rest.counts(), [48, 24, 7, 0, 1]);
    }

    #[test]
    fn splits_that_leave_a_part_empty_are_refused() {
        let data = data(vec![0, 1, 1]);
        for fraction in [0.0, 1.0, 0.1, 0.9, -0.5, 2.0, f64::NAN, f64::INFINITY] {
            let error = data.split(fraction, 1, false).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Argument, "{fraction}");
        }
        let column = Column::new(vec![1], Values::U8(vec![0; 4])).unwrap();
        let none = Dataset::new(vec![column], Targets::None, vec![], Preprocessing::default());
        let none = none.unwrap();
        assert!(none.split(0.5, 1, false).is_ok());
        assert_eq!(
            none.split(0.5, 1, true).unwrap_err().message(),
            "split: the dataset has no classes, expected them for a stratified split"
        );
    }
}
