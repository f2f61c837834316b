//! Samples that are mixed with one another.

use super::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const SHAPE: [usize; 3] = [6, 5, 2];
const SIZE: usize = 60;

/// Images of one value each, and that value as their target, twice.
fn mixed(augmentation: &Augmentation, samples: usize, first: u64) -> (Vec<f32>, Vec<f32>) {
    let mut mixer = Mixer::new(augmentation, SHAPE, samples, 2).unwrap().unwrap();
    let mut images: Vec<f32> = (0..samples * SIZE).map(|i| (i / SIZE) as f32).collect();
    let mut targets: Vec<f32> = (0..samples * 2).map(|i| (i / 2) as f32).collect();
    mixer.mix_images(draw(first), &mut images);
    mixer.mix_targets(&mut targets);
    (images, targets)
}

#[test]
fn images_and_targets_are_mixed_in_the_same_proportion() {
    let augmentation = Augmentation { mixup: 0.4, ..Default::default() };
    let mut shares = Vec::new();
    for first in 0..40 {
        let (images, targets) = mixed(&augmentation, 7, first);
        for (sample, (image, target)) in images.chunks(SIZE).zip(targets.chunks(2)).enumerate() {
            assert!(image.iter().all(|&value| value == image[0]));
            assert!(target.iter().all(|value| (value - image[0]).abs() < 1e-5));
            // One partner for all: so many places further on.
            let away = (0..7).map(|away| (sample + away) % 7);
            assert!(away.into_iter().any(|partner| {
                let (low, high) = (sample.min(partner) as f32, sample.max(partner) as f32);
                (low..=high).contains(&image[0])
            }));
        }
        // Samples 0 and 1 have neighbours as partners: what stays of 0 if that is 1.
        shares.push(f64::from(images[0]));
    }
    let (mean, _) = mean_and_deviation(shares.iter().copied());
    // Half of what is there is of the partner, 1 to 6.
    assert!((mean - 1.75).abs() < 0.6, "{mean}");
    assert_eq!(mixed(&augmentation, 7, 3), mixed(&augmentation, 7, 3));
    assert_ne!(mixed(&augmentation, 7, 3), mixed(&augmentation, 7, 4));
}

#[test]
fn rectangles_are_as_large_as_targets_say() {
    let augmentation = Augmentation { cutmix: 1.0, ..Default::default() };
    let mut shares = Vec::new();
    for first in 0..60 {
        let (images, targets) = mixed(&augmentation, 2, first);
        for (sample, (image, target)) in images.chunks(SIZE).zip(targets.chunks(2)).enumerate() {
            let kept = image.iter().filter(|&&value| value == sample as f32).count();
            let share = kept as f32 / SIZE as f32;
            let expected = share * sample as f32 + (1.0 - share) * (1 - sample) as f32;
            assert!((target[0] - expected).abs() < 1e-5 && target[0] == target[1]);
            let other = (0..30).filter(|i| image[2 * i] != sample as f32);
            let (ys, xs): (Vec<_>, Vec<_>) = other.map(|i| (i / 5, i % 5)).unzip();
            if let (Some(top), Some(left)) = (ys.iter().min(), xs.iter().min()) {
                let height = ys.iter().max().unwrap() + 1 - top;
                let width = xs.iter().max().unwrap() + 1 - left;
                assert_eq!(height * width, ys.len(), "a rectangle");
            }
            shares.push(f64::from(share));
        }
    }
    let (mean, deviation) = mean_and_deviation(shares.iter().copied());
    // Uniform shares, of which edges cut some off: more than half stays.
    assert!((0.55..0.75).contains(&mean) && deviation > 0.2, "{mean} {deviation}");
}

#[test]
fn proportions_are_distributed_as_they_say() {
    for (alpha, variance) in [(1e-3, 0.2495), (0.2, 0.1786), (1.0, 0.0833), (2.0, 0.05)] {
        let augmentation = Augmentation { mixup: alpha, ..Default::default() };
        let mut shares = Vec::new();
        for first in 0..1000 {
            // The target of sample 0 is what is there of sample 1.
            let (_, targets) = mixed(&augmentation, 2, first);
            shares.push(f64::from(targets[0]));
        }
        // Beta(a, a): mean 1/2, variance 1 / (4 (2 a + 1)).
        let (mean, deviation) = mean_and_deviation(shares.iter().copied());
        assert!((mean - 0.5).abs() < 0.05, "{alpha}: {mean}");
        assert!((deviation * deviation - variance).abs() < 0.02, "{alpha}: {deviation}");
    }
}

#[test]
fn both_take_turns_and_none_mixes_nothing() {
    let both = Augmentation { mixup: 1.0, cutmix: 1.0, ..Default::default() };
    let plain = |image: &[f32]| image.iter().all(|&value| value == 0.0 || value == 1.0);
    let cut = (0..400).filter(|&first| plain(&mixed(&both, 2, first).0[..SIZE])).count();
    // 200, give or take four standard deviations.
    assert!(cut.abs_diff(200) < 40, "{cut} of 400 are cut");
    let (images, targets) = mixed(&both, 1, 0);
    assert!(images.iter().chain(&targets).all(|&value| value == 0.0), "it has no partner");
    assert!(Mixer::new(&Augmentation::default(), SHAPE, 4, 2).unwrap().is_none());
}
