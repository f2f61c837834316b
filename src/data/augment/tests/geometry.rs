//! Where pixels and boxes go.

use super::super::elastic::Elastic;
use super::super::normal::Normal;
use super::*;
use crate::rng::{Key, Purpose};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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
fn elastic_points_move_as_far_as_they_say() {
    let mut elastic = Elastic::new(SIDE, SIDE);
    let normal = Normal::new();
    // The corners are points of the grid.
    let corners: Vec<f64> = (0..1000)
        .flat_map(|i| {
            elastic.displace(0.8, &normal, Key::new(i, Purpose::Augmentation));
            [elastic.at([0.0; 2]), elastic.at([SIDE as f32 - 1.0; 2])].concat()
        })
        .map(f64::from)
        .collect();
    let (mean, deviation) = mean_and_deviation(corners.iter().copied());
    assert!(mean.abs() < 0.06 && (deviation - 0.8).abs() < 0.04, "{mean} {deviation}");
    // Neighbours move together.
    for y in 0..SIDE {
        for x in 1..SIDE {
            let at = |x: usize| elastic.at([y as f32, x as f32]);
            let (here, before) = (at(x), at(x - 1));
            let step = (here[0] - before[0]).abs().max((here[1] - before[1]).abs());
            assert!(step < 1.5, "{step}");
        }
    }
}

/// The changed image of one draw.
fn once(augmentation: Augmentation, shape: [usize; 3], source: &[u8], sample: u64) -> Vec<u8> {
    let [height, width, channels] = shape;
    let mut augmenter = Augmenter::new(augmentation, height, width, channels).unwrap();
    let mut image = vec![0; source.len()];
    augmenter.change(draw(sample), source, &mut image);
    image
}

#[test]
fn flips_exchange_sides_half_the_time() {
    for channels in [1, 2, 3] {
        let shape = [2, 3, channels];
        let source: Vec<u8> = (0..6 * channels as u8).collect();
        let pixel = |y: usize, x: usize| {
            source[(y * 3 + x) * channels..(y * 3 + x + 1) * channels].to_vec()
        };
        let flipped = |flip_y: bool, flip_x: bool| -> Vec<u8> {
            let places = (0..2).flat_map(|y| (0..3).map(move |x| (y, x)));
            let places = places
                .map(|(y, x)| (if flip_y { 1 - y } else { y }, if flip_x { 2 - x } else { x }));
            places.flat_map(|(y, x)| pixel(y, x)).collect()
        };
        let both = Augmentation { flip_horizontal: 0.5, flip_vertical: 0.5, ..Default::default() };
        let kinds = [(false, false), (false, true), (true, false), (true, true)];
        let mut counts = [0; 4];
        for sample in 0..400 {
            let found = once(both, shape, &source, sample);
            let kind = kinds.iter().position(|&(y, x)| flipped(y, x) == found).unwrap();
            counts[kind] += 1;
        }
        // 100 each, give or take four standard deviations.
        assert!(counts.iter().all(|count: &i32| count.abs_diff(100) < 35), "{counts:?}");
        let always = Augmentation { flip_horizontal: 1.0, ..Default::default() };
        assert_eq!(once(always, shape, &source, 0), flipped(false, true));
        // A window that bends is flipped alike: here it turns by less than it takes to see it.
        let bends = Augmentation { flip_horizontal: 1.0, rotation: 1e-4, ..Default::default() };
        assert_eq!(once(bends, shape, &source, 0), flipped(false, true));
    }
}

#[test]
fn crops_show_each_part_of_the_padded_image() {
    let source: Vec<u8> = (1..=15).collect();
    for (border, flip) in
        [(Border::Zero, 0.0), (Border::Zero, 1.0), (Border::Reflect, 0.0), (Border::Reflect, 1.0)]
    {
        let cropped = |down: isize, right: isize| -> Vec<u8> {
            let reflected = |i: isize, len: isize| {
                let period = 2 * (len - 1);
                let i = i.rem_euclid(period);
                i.min(period - i)
            };
            let at = |y: isize, x: isize| match border {
                Border::Zero if !(0..3).contains(&y) || !(0..5).contains(&x) => 0,
                Border::Zero => source[(y * 5 + x) as usize],
                Border::Reflect => source[(reflected(y, 3) * 5 + reflected(x, 5)) as usize],
            };
            let places = (0..3).flat_map(|y| (0..5).map(move |x| (y, x)));
            places.map(|(y, x)| at(y + down, if flip > 0.0 { 4 - x } else { x } + right)).collect()
        };
        let crop = 7;
        let augmentation =
            Augmentation { crop: 7, border, flip_horizontal: flip, ..Default::default() };
        let all: Vec<Vec<u8>> = (-crop..=crop)
            .flat_map(|down| (-crop..=crop).map(move |right| (down, right)))
            .map(|(down, right)| cropped(down, right))
            .collect();
        let mut seen = vec![false; all.len()];
        for sample in 0..2000 {
            let found = once(augmentation, [3, 5, 1], &source, sample);
            let mut fitting = all.iter().enumerate().filter(|(_, image)| **image == found);
            let (first, _) = fitting.next().unwrap();
            seen[first] = true;
            fitting.for_each(|(other, _)| seen[other] = true);
        }
        let seen = seen.iter().filter(|seen| **seen).count();
        assert!(seen > all.len() * 99 / 100, "{seen} of {}", all.len());
    }
}

/// What the kernel computes, pixel by pixel in double precision.
#[test]
fn windows_are_seen_as_a_naive_reference_sees_them() {
    let strong = Augmentation {
        rotation: 180.0,
        scale: 0.5,
        shear: 0.5,
        aspect: 0.5,
        shift: 6.0,
        elastic: 1.5,
        crop: 3,
        flip_horizontal: 0.5,
        ..Default::default()
    };
    for [height, width, channels] in [[9, 13, 1], [7, 5, 3], [1, 1, 1], [2, 1, 3], [6, 8, 2]] {
        let source: Vec<u8> =
            (0..height * width * channels).map(|i| (i * 89 % 251) as u8).collect();
        for (border, sample) in [(Border::Zero, 1), (Border::Reflect, 2), (Border::Zero, 3)] {
            let augmentation = Augmentation { border, ..strong };
            let mut augmenter = Augmenter::new(augmentation, height, width, channels).unwrap();
            let mut found = vec![0.0; source.len()];
            augmenter.change_numbers(draw(sample), Sample::U8(&source), &mut found);
            let key = draw(sample).key();
            let geometry = augmenter.geometry(key, &mut key.stream());
            let middle = [(height - 1) as f64 / 2.0, (width - 1) as f64 / 2.0];
            let reflected = |i: f64, len: usize| {
                let last = (len - 1) as f64;
                (last - (last - i.abs()).abs()).max(0.0)
            };
            let at = |y: f64, x: f64, channel: usize| {
                let inside = y >= 0.0 && x >= 0.0 && y < height as f64 && x < width as f64;
                if !inside {
                    return 0.0;
                }
                f64::from(source[(y as usize * width + x as usize) * channels + channel])
            };
            for (i, &found) in found.iter().enumerate() {
                let (y, x, channel) = (i / channels / width, i / channels % width, i % channels);
                let from = [y as f64 - middle[0], x as f64 - middle[1]];
                let bent = augmenter.elastic.at([y as f32, x as f32]);
                let [a, b, c, d] = geometry.matrix.map(f64::from);
                let mut place =
                    [a * from[0] + b * from[1] + middle[0], c * from[0] + d * from[1] + middle[1]];
                for axis in 0..2 {
                    place[axis] += f64::from(geometry.offset[axis]) + f64::from(bent[axis]);
                }
                if border == Border::Reflect {
                    place = [reflected(place[0], height), reflected(place[1], width)];
                }
                let [top, left] = place.map(f64::floor);
                let (down, right) = (place[0] - top, place[1] - left);
                let above =
                    at(top, left, channel) * (1.0 - right) + at(top, left + 1.0, channel) * right;
                let below = at(top + 1.0, left, channel) * (1.0 - right)
                    + at(top + 1.0, left + 1.0, channel) * right;
                let expected = above * (1.0 - down) + below * down;
                assert!((f64::from(found) - expected).abs() < 0.02, "{found} {expected}");
            }
        }
    }
}

/// A bright rectangle moves as its box does.
#[test]
fn boxes_move_with_what_they_are_around() {
    for size in [[64, 64], [45, 61]] {
        boxes_move_in(size);
    }
}

fn boxes_move_in([height, width]: [usize; 2]) {
    let inside = [20.0, 24.0, 41.0, 38.0];
    let [x1, y1, x2, y2] = inside.map(|edge: f32| edge as usize);
    let rectangle: Vec<u8> = (0..height * width)
        .map(|i| ((y1..y2).contains(&(i / width)) && (x1..x2).contains(&(i % width))) as u8 * 255)
        .collect();
    let plain = Augmentation::default();
    for (augmentation, tolerance) in [
        (plain, 0.0),
        (Augmentation { flip_horizontal: 0.5, flip_vertical: 0.5, ..plain }, 0.0),
        (Augmentation { crop: 9, ..plain }, 0.0),
        (Augmentation { crop: 40, ..plain }, 0.0),
        (Augmentation { shift: 12.0, ..plain }, 0.51),
        (Augmentation { scale: 0.4, aspect: 0.3, flip_horizontal: 0.5, ..plain }, 0.51),
        // Of corners that point outwards bilinear interpolation leaves less than half.
        (Augmentation { rotation: 180.0, shear: 0.4, crop: 5, ..plain }, 1.6),
        (Augmentation { elastic: 1.2, shift: 3.0, ..plain }, 1.6),
    ] {
        let mut augmenter = Augmenter::new(augmentation, height, width, 1).unwrap();
        let mut lost = 0;
        for sample in 0..100 {
            let found = {
                let mut image = vec![0; height * width];
                augmenter.change(draw(sample), &rectangle, &mut image);
                bounds(&image, width)
            };
            let [moved] = augmenter.move_boxes(draw(sample), &[inside])[..] else { unreachable!() };
            match (moved, found) {
                (Some(moved), Some(found)) => {
                    for (edge, expected) in moved.iter().zip(found) {
                        assert!(
                            (edge - expected).abs() <= tolerance,
                            "{augmentation:?}: {moved:?}, found {found:?}"
                        );
                    }
                }
                (None, found) => {
                    // At most a rim is left.
                    let [x1, y1, x2, y2] = found.unwrap_or_default();
                    assert!((x2 - x1) * (y2 - y1) < 0.1 * 21.0 * 14.0);
                    lost += 1;
                }
                (Some(moved), None) => panic!("{moved:?} of a rectangle that is gone"),
            }
        }
        assert_eq!(lost > 0, augmentation.crop == 40, "{lost} lost by {augmentation:?}");
    }
}

/// The box around all pixels of at least half.
pub(super) fn bounds(image: &[u8], width: usize) -> Option<[f32; 4]> {
    let bright = (0..image.len()).filter(|&i| image[i] >= 128);
    let (ys, xs): (Vec<_>, Vec<_>) = bright.map(|i| (i / width, i % width)).unzip();
    let (x1, y1) = (xs.iter().min()?, ys.iter().min()?);
    let (x2, y2) = (xs.iter().max()? + 1, ys.iter().max()? + 1);
    Some([*x1, *y1, x2, y2].map(|edge| edge as f32))
}
