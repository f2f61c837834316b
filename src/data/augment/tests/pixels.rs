//! What happens to pixels where they are.

use super::super::color::Color;
use super::super::normal::Normal;
use super::*;
use crate::rng::{Key, Purpose};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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
fn morphology_looks_at_its_neighbours() {
    let mut scratch = [0.0; 12];
    let image = [0.0, 5.0, 0.0, 0.0, 9.0, 9.0, 0.0, 0.0, 9.0, 9.0, 1.0, 0.0];
    let mut result = image;
    morphology::thicken(&mut result, [3, 4, 1], 1.0, &mut scratch);
    assert_eq!(result, [9.0, 9.0, 9.0, 0.0, 9.0, 9.0, 9.0, 1.0, 9.0, 9.0, 9.0, 1.0]);
    result = image;
    morphology::thin(&mut result, [3, 4, 1], 1.0, &mut scratch);
    assert_eq!(result, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0]);
    result = image;
    morphology::thicken(&mut result, [3, 4, 1], 0.25, &mut scratch);
    assert_eq!(result[..4], [2.25, 6.0, 2.25, 0.0]);
    // Channels keep apart.
    let mut result = [1.0, 0.0, 0.0, 7.0];
    morphology::thicken(&mut result, [1, 2, 2], 1.0, &mut scratch[..4]);
    assert_eq!(result, [1.0, 7.0, 1.0, 7.0]);
}

/// Squares of plain colours, 3 x 3 pixels.
fn colors() -> Vec<u8> {
    let plain = [[150, 80, 80], [80, 150, 80], [80, 80, 150], [120, 120, 120]];
    plain.iter().cycle().take(9).copied().collect::<Vec<[u8; 3]>>().concat()
}

fn luma(pixel: &[f32]) -> f32 {
    0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]
}

/// The numbers that colours become, of many samples.
fn recolored(augmentation: Augmentation) -> Vec<Vec<f32>> {
    let mut augmenter = Augmenter::new(augmentation, 3, 3, 3).unwrap();
    let source = colors();
    (0..500)
        .map(|sample| {
            let mut image = vec![0.0; 27];
            augmenter.change_numbers(draw(sample), Sample::U8(&source), &mut image);
            image
        })
        .collect()
}

#[test]
fn brightness_adds_and_contrast_spreads() {
    let source: Vec<f32> = colors().into_iter().map(f32::from).collect();
    let images = recolored(Augmentation { brightness: 0.1, ..Default::default() });
    let added: Vec<f32> = images.iter().map(|image| image[0] - source[0]).collect();
    for (image, added) in images.iter().zip(&added) {
        assert!(image.iter().zip(&source).all(|(x, y)| (x - y - added).abs() < 1e-3));
    }
    let (mean, deviation) = mean_and_deviation(added.iter().map(|&x| f64::from(x)));
    assert!(mean.abs() < 2.0 && (deviation - 25.5 / 3f64.sqrt()).abs() < 1.0, "{mean} {deviation}");

    let middle = source.iter().sum::<f32>() / 27.0;
    let images = recolored(Augmentation { contrast: 0.3, ..Default::default() });
    let factor = |image: &[f32]| (image[0] - middle) / (source[0] - middle);
    for image in &images {
        let factor = factor(image);
        let expected = source.iter().map(|x| middle + factor * (x - middle));
        assert!(image.iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-2));
    }
    let (mean, deviation) = mean_and_deviation(images.iter().map(|image| f64::from(factor(image))));
    assert!((mean - 1.0).abs() < 0.03 && (deviation - 0.173).abs() < 0.015, "{mean} {deviation}");
}

#[test]
fn bytes_stay_bytes_and_numbers_go_on() {
    let strong = Augmentation { brightness: 1.0, noise: 0.5, ..Default::default() };
    let all = recolored(strong).concat();
    assert!(all.iter().all(|value| (0.0..=255.0).contains(value)));
    assert!(all.contains(&0.0) && all.contains(&255.0));
    let mut augmenter = Augmenter::new(strong, 1, 1, 1).unwrap();
    let mut values = [0.0; 1];
    let found: Vec<f32> = (0..100)
        .map(|sample| {
            augmenter.change_numbers(draw(sample), Sample::F32(&[0.5]), &mut values);
            values[0]
        })
        .collect();
    assert!(found.iter().any(|&value| value > 1.2) && found.iter().any(|&value| value < -0.2));
    assert!(found.iter().all(|value| value.abs() < 4.0));
}

#[test]
fn saturation_and_hue_keep_luma_and_grey() {
    let source: Vec<f32> = colors().into_iter().map(f32::from).collect();
    for augmentation in [
        Augmentation { saturation: 0.3, ..Default::default() },
        Augmentation { hue: 20.0, ..Default::default() },
        Augmentation { saturation: 0.2, hue: 15.0, ..Default::default() },
    ] {
        for image in recolored(augmentation) {
            for (found, expected) in image.chunks(3).zip(source.chunks(3)) {
                assert!((luma(found) - luma(expected)).abs() < 0.01);
                if expected == [120.0; 3] {
                    assert!(found.iter().all(|value| (value - 120.0).abs() < 0.01));
                }
            }
        }
    }
    // Less saturated by the factor that the distance from grey says.
    for image in recolored(Augmentation { saturation: 0.3, ..Default::default() }) {
        let factor = (image[0] - luma(&image)) / (source[0] - luma(&source));
        let other = (image[5] - luma(&image[3..6])) / (source[5] - luma(&source[3..6]));
        assert!((factor - other).abs() < 1e-3 && (0.7..1.3).contains(&factor));
    }
    // A third of a turn exchanges hues: the strongest channel of a saturated red is another.
    let turned = recolored(Augmentation { hue: 180.0, ..Default::default() });
    let strongest = |pixel: &[f32]| {
        let all = [pixel[0], pixel[1], pixel[2]];
        all.iter().position(|value| all.iter().all(|other| value >= other))
    };
    for channel in 0..3 {
        let count = turned.iter().filter(|image| strongest(image) == Some(channel)).count();
        assert!((100..250).contains(&count), "{count} of 500 have channel {channel}");
    }
    let gray = Augmentation { hue: 1.0, ..Default::default() };
    let error = Augmenter::new(gray, 3, 3, 1).unwrap_err();
    assert_eq!(
        error.message(),
        "augmentation: hue is 1, expected 0 for images of 1 channels; colours have 3"
    );
}

#[test]
fn no_change_of_colour_changes_nothing() {
    let mut random = Key::new(1, Purpose::Augmentation).stream();
    let color = Color::random(&Augmentation::default(), &mut random);
    assert!(!color.changes());
}

#[test]
fn noise_is_normal_and_of_its_strength() {
    let normal = Normal::new();
    let mut values = vec![0.0; 40_001];
    normal.add(0.5, Key::new(3, Purpose::Augmentation), &mut values);
    let numbers = || values.iter().map(|&value| f64::from(value));
    let (mean, deviation) = mean_and_deviation(numbers());
    assert!(mean.abs() < 0.012 && (deviation - 0.5).abs() < 0.009, "{mean} {deviation}");
    let beyond = numbers().filter(|value| value.abs() > 0.98).count() as f64 / 40_001.0;
    assert!((beyond - 0.05).abs() < 0.006, "{beyond} beyond 1.96 deviations, expected 0.05");
    // The quantile of 0.975 is 1.959964.
    let level = (0.975 * 4096.0) as u32;
    assert!((normal.pair(level)[0] - 1.96).abs() < 0.003, "{}", normal.pair(level)[0]);
    assert_eq!(normal.pair(level << 16)[1], normal.pair(level)[0]);
}

#[test]
fn a_square_is_cut_out() {
    let augmentation = Augmentation { cutout: 5, ..Default::default() };
    let mut augmenter = Augmenter::new(augmentation, 9, 12, 2).unwrap();
    let mut whole = 0;
    for sample in 0..400 {
        let mut image = vec![0; 9 * 12 * 2];
        augmenter.change(draw(sample), &[7; 9 * 12 * 2], &mut image);
        let black: Vec<_> = (0..108).filter(|i| image[2 * i..2 * i + 2] == [0, 0]).collect();
        let rows = black.iter().map(|i| i / 12);
        let columns = black.iter().map(|i| i % 12);
        let extent = |places: Vec<usize>| places[places.len() - 1] + 1 - places[0];
        let mut columns: Vec<usize> = columns.collect();
        columns.sort_unstable();
        let (height, width) = (extent(rows.collect()), extent(columns));
        // A full rectangle, at least the half with its middle.
        assert_eq!(black.len(), height * width);
        assert!((3..=5).contains(&height) && (3..=5).contains(&width), "{height}x{width}");
        assert_eq!(image.iter().filter(|&&byte| byte == 0).count(), 2 * black.len());
        whole += usize::from(height == 5 && width == 5);
    }
    // The middle is far enough from all edges in 5 x 8 of 9 x 12 places: 148 of 400.
    assert!(whole.abs_diff(148) < 40, "{whole}");
}
