//! Folds for cross-validation, and parts that no group is divided between.

use std::collections::BTreeMap;

use super::{by_class, part_size};
use crate::data::Dataset;
use crate::rng::{Key, Purpose};
use crate::{Result, err};

/// Keeps the random numbers of these apart from those of [`Dataset::split`] with the same seed.
const FOLDS: u64 = 1 << 32;
const GROUPS: u64 = FOLDS + 1;

/// Indices of two parts: the rest, and a random part of about `fraction` of the samples, so that all
/// samples of a group are in the same one. `groups` has the group of each sample, any number. The
/// part is as large as whole groups in a random order make it without exceeding what was wanted, or
/// one group more where that comes closer. Both are ascending.
///
/// # Errors
/// `Argument` for a fraction that leaves a part empty, as far as groups allow.
pub fn split_by_group(groups: &[u32], fraction: f64, seed: u64) -> Result<(Vec<u32>, Vec<u32>)> {
    let samples = count(groups.len())?;
    let wanted = part_size(fraction, samples)? as usize;
    let mut members = by_group(groups);
    if members.len() < 2 {
        return Err(err!(
            Argument,
            "split: all {samples} samples are of one group, expected at least 2 groups"
        ));
    }
    Key::new(seed, Purpose::Split).child(GROUPS).stream().shuffle(&mut members);
    let mut taken = 0;
    let (mut part, mut rest): (Vec<_>, Vec<_>) = members.into_iter().partition(|group| {
        let fits = taken + group.len() <= wanted;
        taken += if fits { group.len() } else { 0 };
        fits
    });
    let smallest = (0..rest.len()).min_by_key(|&at| rest[at].len());
    if let Some(at) = smallest.filter(|_| rest.len() > 1) {
        let more = taken + rest[at].len();
        if part.is_empty() || more - wanted < wanted - taken {
            part.push(rest.remove(at));
        }
    }
    Ok((ascending(rest), ascending(part)))
}

/// Indices of `folds` random parts of so many samples, of sizes that differ by one at most. Each is
/// ascending, and every sample is in one.
///
/// # Errors
/// `Argument` for fewer than 2 folds, or more than samples.
pub fn k_fold(samples: usize, folds: usize, seed: u64) -> Result<Vec<Vec<u32>>> {
    check_folds(folds, samples, "samples")?;
    deal(vec![(0..count(samples)?).collect()], folds, seed)
}

/// As [`k_fold`], so that every class is divided evenly, too: its share of two folds differs by one
/// sample at most. `labels` has the class of each sample.
///
/// # Errors
/// As [`k_fold`], and `Argument` for a class that has samples, but fewer than folds.
pub fn stratified_k_fold(labels: &[u32], folds: usize, seed: u64) -> Result<Vec<Vec<u32>>> {
    check_folds(folds, labels.len(), "samples")?;
    count(labels.len())?;
    let classes = by_group(labels);
    if let Some(class) = classes.iter().find(|class| class.len() < folds) {
        return Err(err!(
            Argument,
            "folds: class {} has {} samples, expected at least {folds}, one for each fold",
            labels[class[0] as usize],
            class.len()
        ));
    }
    deal(classes, folds, seed)
}

/// As [`k_fold`], so that all samples of a group are in the same fold. The largest groups are dealt
/// first, each to the smallest fold, so that folds are about as large as each other. `groups` has
/// the group of each sample, any number.
///
/// # Errors
/// `Argument` for fewer than 2 folds, or more than groups.
pub fn group_k_fold(groups: &[u32], folds: usize, seed: u64) -> Result<Vec<Vec<u32>>> {
    count(groups.len())?;
    let mut members = by_group(groups);
    check_folds(folds, members.len(), "groups")?;
    Key::new(seed, Purpose::Split).child(GROUPS).child(FOLDS).stream().shuffle(&mut members);
    // Those of a size keep their random order.
    members.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut dealt = vec![Vec::new(); folds];
    for group in members {
        if let Some(fold) = dealt.iter_mut().min_by_key(|fold| fold.len()) {
            fold.extend(group);
        }
    }
    Ok(dealt.into_iter().map(|fold| ascending(vec![fold])).collect())
}

/// The samples that are not in a fold, of so many: what is trained on when the fold is tested. The
/// fold must be ascending.
#[must_use]
pub fn rest_of(samples: usize, fold: &[u32]) -> Vec<u32> {
    let mut fold = fold.iter().copied().peekable();
    (0..samples as u32).filter(|&index| fold.next_if_eq(&index).is_none()).collect()
}

impl Dataset {
    /// Indices of the samples of each of `folds` folds; see [`k_fold`] and [`stratified_k_fold`].
    ///
    /// # Errors
    /// As these, and `Argument` for stratified folds where targets are not classes.
    pub fn folds(&self, folds: usize, seed: u64, stratified: bool) -> Result<Vec<Vec<u32>>> {
        match (stratified, self.labels()) {
            (false, _) => k_fold(self.len(), folds, seed),
            (true, Some(labels)) => stratified_k_fold(labels, folds, seed),
            (true, None) => Err(super::no_classes()),
        }
    }
}

/// So many samples as a number of 32 bits.
fn count(samples: usize) -> Result<u32> {
    u32::try_from(samples).map_err(|_| {
        err!(TooLarge, "split: found {samples} samples, expected at most {}", u32::MAX)
    })
}

fn check_folds(folds: usize, most: usize, of: &str) -> Result<()> {
    if (2..=most).contains(&folds) {
        return Ok(());
    }
    Err(err!(Argument, "folds: found {folds} for {most} {of}, expected 2 to {most}"))
}

/// The samples of each group, in the order of the groups' numbers.
fn by_group(groups: &[u32]) -> Vec<Vec<u32>> {
    let largest = groups.iter().max().copied().unwrap_or(0) as usize;
    if largest <= 2 * groups.len() {
        let members = by_class(groups, largest + 1);
        return members.into_iter().filter(|group| !group.is_empty()).collect();
    }
    let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (index, &group) in (0..).zip(groups) {
        members.entry(group).or_default().push(index);
    }
    members.into_values().collect()
}

/// Deals the samples of each class in a random order to one fold after the other.
fn deal(classes: Vec<Vec<u32>>, folds: usize, seed: u64) -> Result<Vec<Vec<u32>>> {
    let key = Key::new(seed, Purpose::Split).child(FOLDS);
    let mut dealt = vec![Vec::new(); folds];
    let mut next = 0;
    for (number, mut class) in (0..).zip(classes) {
        key.child(number).stream().shuffle(&mut class);
        for index in class {
            dealt[next].push(index);
            next = (next + 1) % folds;
        }
    }
    dealt.iter_mut().for_each(|fold| fold.sort_unstable());
    Ok(dealt)
}

fn ascending(groups: Vec<Vec<u32>>) -> Vec<u32> {
    let mut indices = groups.concat();
    indices.sort_unstable();
    indices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Refuses folds that do not hold every sample once.
    fn check_all(parts: &[Vec<u32>], samples: usize) {
        assert!(parts.iter().all(|part| part.is_sorted()));
        let mut all = parts.concat();
        all.sort_unstable();
        assert_eq!(all, (0..samples as u32).collect::<Vec<_>>());
    }

    /// How many of a part's samples have each of these numbers.
    fn counts(part: &[u32], numbers: &[u32]) -> BTreeMap<u32, usize> {
        let mut counts = BTreeMap::new();
        part.iter().for_each(|&at| *counts.entry(numbers[at as usize]).or_default() += 1);
        counts
    }

    /// Groups of many sizes, with gaps between their numbers.
    fn groups(samples: usize, seed: u64) -> Vec<u32> {
        let mut stream = Key::new(seed, Purpose::Weights).stream();
        let mut group = || {
            let most = 1 + stream.below(40);
            7 * stream.below(most)
        };
        (0..samples).map(|_| group()).collect()
    }

    #[test]
    fn folds_hold_every_sample_once_and_are_even() {
        for (samples, folds) in [(2, 2), (10, 3), (100, 7), (101, 101), (99, 10)] {
            let found = k_fold(samples, folds, 3).unwrap();
            check_all(&found, samples);
            let sizes: Vec<usize> = found.iter().map(Vec::len).collect();
            assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
            assert_eq!(found, k_fold(samples, folds, 3).unwrap());
            for fold in &found {
                let naive: Vec<u32> =
                    (0..samples as u32).filter(|index| !fold.contains(index)).collect();
                assert_eq!(rest_of(samples, fold), naive);
            }
        }
        assert_ne!(k_fold(100, 5, 1).unwrap(), k_fold(100, 5, 2).unwrap());
    }

    #[test]
    fn stratified_folds_divide_every_class_evenly() {
        for seed in 0..5 {
            let labels: Vec<u32> = groups(300, seed).iter().map(|group| group / 7 % 5).collect();
            for folds in [2, 3, 10] {
                let found = stratified_k_fold(&labels, folds, seed).unwrap();
                check_all(&found, labels.len());
                let of_all = counts(&(0..300).collect::<Vec<_>>(), &labels);
                for fold in &found {
                    assert!(fold.len().abs_diff(labels.len() / folds) <= 1);
                    for (class, count) in counts(fold, &labels) {
                        assert!(count.abs_diff(of_all[&class] / folds) <= 1, "{class}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_group_is_divided() {
        for seed in 0..20 {
            let groups = groups(200 + seed as usize, seed);
            for folds in [2, 3, 5] {
                let found = group_k_fold(&groups, folds, seed).unwrap();
                check_all(&found, groups.len());
                let of_all = counts(&(0..groups.len() as u32).collect::<Vec<_>>(), &groups);
                for fold in &found {
                    for (group, count) in counts(fold, &groups) {
                        assert_eq!(count, of_all[&group], "{group}");
                    }
                }
                // Dealing the largest first leaves no two folds further apart than a group.
                let sizes: Vec<usize> = found.iter().map(Vec::len).collect();
                let apart = sizes.iter().max().unwrap() - sizes.iter().min().unwrap();
                assert!(apart <= *of_all.values().max().unwrap(), "{sizes:?}");
            }
            for fraction in [0.1, 0.25, 0.5, 0.9] {
                let (rest, part) = split_by_group(&groups, fraction, seed).unwrap();
                check_all(&[rest.clone(), part.clone()], groups.len());
                let (of_part, of_rest) = (counts(&part, &groups), counts(&rest, &groups));
                assert!(of_part.keys().all(|group| !of_rest.contains_key(group)));
                assert!(!of_part.is_empty() && !of_rest.is_empty());
                // The smallest group of the rest would bring it no closer.
                let wanted = libm::round(fraction * groups.len() as f64) as usize;
                let smallest = of_rest.values().min().unwrap();
                let off = part.len().abs_diff(wanted);
                assert!(
                    of_rest.len() == 1 || off <= (part.len() + smallest).abs_diff(wanted),
                    "{fraction} {seed}"
                );
            }
        }
        let groups = groups(100, 1);
        assert_eq!(split_by_group(&groups, 0.3, 1), split_by_group(&groups, 0.3, 1));
        assert_ne!(split_by_group(&groups, 0.3, 1), split_by_group(&groups, 0.3, 2));
    }

    #[test]
    fn groups_may_have_any_numbers() {
        let far = [u32::MAX, 0, u32::MAX, 5];
        let (rest, part) = split_by_group(&far, 0.5, 1).unwrap();
        assert!(part == [0, 2] || part == [1, 3], "{part:?}");
        check_all(&[rest, part], 4);
        check_all(&group_k_fold(&far, 3, 1).unwrap(), 4);
    }

    #[test]
    fn what_is_impossible_is_refused() {
        for result in [
            k_fold(3, 1, 0),
            k_fold(3, 4, 0),
            k_fold(0, 2, 0),
            stratified_k_fold(&[0, 0, 1], 2, 0),
            stratified_k_fold(&[0, 0], 3, 0),
            group_k_fold(&[4, 4, 4], 2, 0),
            group_k_fold(&[], 2, 0),
        ] {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::Argument);
        }
        for (groups, fraction) in
            [(&[1, 1, 1][..], 0.5), (&[1, 2], 0.0), (&[1, 2], 1.0), (&[1, 2], f64::NAN), (&[], 0.5)]
        {
            let error = split_by_group(groups, fraction, 0).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Argument, "{groups:?}");
        }
        assert_eq!(
            stratified_k_fold(&[0, 0, 1], 2, 0).unwrap_err().message(),
            "folds: class 1 has 1 samples, expected at least 2, one for each fold"
        );
    }
}
