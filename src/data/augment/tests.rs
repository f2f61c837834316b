use super::*;
use crate::ErrorKind;
use crate::data::{Preprocessing, Targets};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const SIDE: usize = 28;

fn draw(sample: u64) -> Draw {
    Draw { seed: 3, epoch: 0, sample }
}

/// A bright bar of soft edges: wider than high, in the middle.
fn bar() -> Vec<u8> {
    let soft = |distance: f32| (1.0 - distance).clamp(0.0, 1.0);
    (0..SIDE * SIDE)
        .map(|i| ((i / SIDE) as f32 - 13.5, (i % SIDE) as f32 - 13.5))
        .map(|(y, x)| (250.0 * soft(y.abs() - 2.0) * soft(x.abs() - 8.0)) as u8)
        .collect()
}

fn changed(augmentation: Augmentation, samples: u64) -> Vec<Vec<u8>> {
    let mut augmenter = Augmenter::new(augmentation, SIDE, SIDE, 1).unwrap();
    (0..samples)
        .map(|sample| {
            let mut image = vec![0; SIDE * SIDE];
            augmenter.change(draw(sample), &bar(), &mut image);
            image
        })
        .collect()
}

/// Mass, mean place from the middle (y, x), and covariance (yy, xx, yx).
fn moments(image: &[u8]) -> [f64; 6] {
    let mut sums = [0.0; 6];
    for (i, &byte) in image.iter().enumerate() {
        let (y, x) = ((i / SIDE) as f64 - 13.5, (i % SIDE) as f64 - 13.5);
        for (sum, term) in sums.iter_mut().zip([1.0, y, x, y * y, x * x, y * x]) {
            *sum += term * f64::from(byte);
        }
    }
    let mass = sums[0];
    let [_, y, x, yy, xx, yx] = sums.map(|sum| sum / mass);
    [mass, y, x, yy - y * y, xx - x * x, yx - y * x]
}

fn mean_and_deviation(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    (mean, (values.map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt())
}

#[test]
fn no_change_changes_nothing() {
    for (height, width, channels) in [(28, 28, 1), (1, 1, 1), (3, 7, 3), (8, 1, 2)] {
        let source: Vec<u8> = (0..height * width * channels).map(|i| (i * 37) as u8).collect();
        let mut image = vec![0; source.len()];
        let mut augmenter =
            Augmenter::new(Augmentation::default(), height, width, channels).unwrap();
        augmenter.change(draw(1), &source, &mut image);
        assert_eq!(image, source);
    }
}

#[test]
fn seed_epoch_and_sample_decide() {
    let mut augmenter = Augmenter::new(Augmentation::handwriting(), SIDE, SIDE, 1).unwrap();
    let mut change = |draw| {
        let mut image = vec![0; SIDE * SIDE];
        augmenter.change(draw, &bar(), &mut image);
        image
    };
    let first = change(draw(0));
    for other in
        [Draw { seed: 4, ..draw(0) }, Draw { epoch: 1, ..draw(0) }, Draw { sample: 1, ..draw(0) }]
    {
        assert_ne!(change(other), first, "{other:?}");
    }
    assert_eq!(change(draw(0)), first);
}

/// The same bits natively and on wasm: both run this.
#[test]
fn changed_images_have_the_same_bits_everywhere() {
    let bytes = changed(Augmentation::handwriting(), 200).concat();
    // FNV-1a, 64 bits.
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    assert_eq!(hash, 0x2723_c765_32bc_1a4b, "found 0x{hash:x}");
}

#[test]
fn shifts_are_as_far_as_they_say() {
    let images = changed(Augmentation { shift: 1.5, ..Default::default() }, 500);
    let places: Vec<_> = images.iter().map(|image| moments(image)).collect();
    for axis in [1, 2] {
        let (mean, deviation) = mean_and_deviation(places.iter().map(|place| place[axis]));
        // A uniform distribution to both sides of zero: 1.5 / sqrt(3).
        assert!(mean.abs() < 0.15 && (deviation - 0.866).abs() < 0.08, "{mean} {deviation}");
        assert!(places.iter().all(|place| place[axis].abs() < 1.52));
    }
}

#[test]
fn turns_are_as_far_as_they_say() {
    let images = changed(Augmentation { rotation: 15.0, ..Default::default() }, 500);
    let angle = |[_, _, _, yy, xx, yx]: [f64; 6]| (2.0 * yx).atan2(xx - yy).to_degrees() / 2.0;
    let angles: Vec<_> = images.iter().map(|image| angle(moments(image))).collect();
    let (mean, deviation) = mean_and_deviation(angles.iter().copied());
    assert!(mean.abs() < 1.5 && (deviation - 8.66).abs() < 0.8, "{mean} {deviation}");
    assert!(angles.iter().all(|angle| angle.abs() < 15.3));
}

#[test]
fn scale_aspect_and_shear_are_as_strong_as_they_say() {
    let original = moments(&bar());
    let moments_of = |augmentation| -> Vec<_> {
        changed(augmentation, 500).iter().map(|image| moments(image)).collect()
    };
    let scaled = moments_of(Augmentation { scale: 0.15, ..Default::default() });
    let scales = scaled.iter().map(|found| (found[0] / original[0]).sqrt());
    let (mean, deviation) = mean_and_deviation(scales.clone());
    assert!((mean - 1.0).abs() < 0.015 && (deviation - 0.0866).abs() < 0.008, "{mean} {deviation}");
    assert!(scales.clone().all(|scale| (0.84..1.16).contains(&scale)));

    let stretched = moments_of(Augmentation { aspect: 0.1, ..Default::default() });
    let aspect = |found: &[f64; 6]| (found[4] / found[3]).ln() / 2.0;
    let aspects = stretched.iter().map(|found| aspect(found) - aspect(&original));
    let (mean, deviation) = mean_and_deviation(aspects);
    assert!(mean.abs() < 0.015 && (deviation - 0.0577).abs() < 0.012, "{mean} {deviation}");
    let masses = stretched.iter().map(|found| found[0] / original[0]);
    assert!(masses.clone().all(|mass| (0.98..1.02).contains(&mass)));

    // Rows slide: the covariance of x with y is the shear times the variance of y.
    let sheared = moments_of(Augmentation { shear: 0.2, ..Default::default() });
    let (mean, deviation) = mean_and_deviation(sheared.iter().map(|found| found[5] / found[3]));
    assert!(mean.abs() < 0.03 && (deviation - 0.115).abs() < 0.012, "{mean} {deviation}");
}

#[test]
fn strokes_become_thicker_and_thinner() {
    let images = changed(Augmentation { thickness: 0.6, ..Default::default() }, 500);
    let mass = |image: &[u8]| image.iter().map(|&byte| f64::from(byte)).sum::<f64>();
    let original = mass(&bar());
    let same = images.iter().filter(|image| **image == bar()).count();
    let thicker = images.iter().filter(|image| mass(image) > original).count();
    let thinner = images.iter().filter(|image| mass(image) < original).count();
    // Of 500: 200, 150 and 150, give or take three standard deviations.
    assert!(same.abs_diff(200) < 33 && thicker.abs_diff(150) < 31, "{same} {thicker} {thinner}");
    assert_eq!(same + thicker + thinner, 500);
}

#[test]
fn elastic_points_move_as_far_as_they_say() {
    let mut elastic = Elastic::new(SIDE, SIDE);
    let mut random = Key::new(1, Purpose::Augmentation).stream();
    // The corners are points of the grid.
    let corners: Vec<f64> = (0..1000)
        .flat_map(|_| {
            elastic.displace(0.8, &mut random);
            [elastic.at(0, 0), elastic.at(SIDE - 1, SIDE - 1)].concat()
        })
        .map(f64::from)
        .collect();
    let (mean, deviation) = mean_and_deviation(corners.iter().copied());
    assert!(mean.abs() < 0.06 && (deviation - 0.8).abs() < 0.04, "{mean} {deviation}");
    // Neighbours move together.
    for y in 0..SIDE {
        for x in 1..SIDE {
            let (here, before) = (elastic.at(y, x), elastic.at(y, x - 1));
            let step = (here[0] - before[0]).abs().max((here[1] - before[1]).abs());
            assert!(step < 1.5, "{step}");
        }
    }
}

#[test]
fn morphology_looks_at_its_neighbours() {
    let mut result = [0.0; 12];
    let image = [0.0, 5.0, 0.0, 0.0, 9.0, 9.0, 0.0, 0.0, 9.0, 9.0, 1.0, 0.0];
    morphology::dilate(&image, [3, 4, 1], &mut result);
    assert_eq!(result, [9.0, 9.0, 9.0, 0.0, 9.0, 9.0, 9.0, 1.0, 9.0, 9.0, 9.0, 1.0]);
    morphology::erode(&image, [3, 4, 1], &mut result);
    assert_eq!(result, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0]);
    // Channels keep apart.
    let mut result = [0.0; 4];
    morphology::dilate(&[1.0, 0.0, 0.0, 7.0], [1, 2, 2], &mut result);
    assert_eq!(result, [1.0, 7.0, 1.0, 7.0]);
}

#[test]
fn datasets_are_changed_epoch_by_epoch() {
    let column = Column::new(vec![SIDE, SIDE, 1], Values::U8([bar(), bar()].concat())).unwrap();
    let targets = Targets::Classes(vec![1, 0]);
    let data = Dataset::new(vec![column], targets, vec![], Preprocessing::digits()).unwrap();
    let augmentation = Augmentation::handwriting();
    let epochs = [0, 1].map(|epoch| augmentation.apply(&data, 3, epoch).unwrap());
    assert_eq!(epochs[0].sample(0).unwrap(), Sample::U8(&changed(augmentation, 1)[0]));
    assert_ne!(epochs[0].sample(0).unwrap(), epochs[0].sample(1).unwrap());
    assert_ne!(epochs[0].sample(0).unwrap(), epochs[1].sample(0).unwrap());
    assert_eq!(epochs[1].targets(), data.targets());
    assert_eq!(epochs[1].preprocessing(), data.preprocessing());
}

#[test]
fn impossible_augmentations_are_refused() {
    let rotation = Augmentation { rotation: -1.0, ..Default::default() };
    assert_eq!(
        rotation.validate().unwrap_err().message(),
        "augmentation: rotation is -1, expected 0 to 180"
    );
    let thickness = Augmentation { thickness: f32::NAN, ..Default::default() };
    assert_eq!(thickness.validate().unwrap_err().kind(), ErrorKind::Argument);
    for (height, width) in [(0, 3), (usize::MAX, 2), (1 << 31, 1 << 31)] {
        let error = Augmenter::new(Augmentation::default(), height, width, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Shape);
    }
    let data = |shape: &[usize], values| {
        let column = Column::new(shape.to_vec(), values).unwrap();
        Dataset::new(vec![column], Targets::None, vec![], Preprocessing::default()).unwrap()
    };
    for (data, kind) in [
        (data(&[4], Values::U8(vec![0; 4])), ErrorKind::Shape),
        (data(&[2, 2], Values::F32(vec![0.0; 4])), ErrorKind::Data),
    ] {
        let error = Augmentation::default().apply(&data, 0, 0).unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}
