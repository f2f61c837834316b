#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::{assert_close, numbers, windows};
use crate::ErrorKind;
use crate::kernels::Padding::{self, Same, Valid};
use crate::kernels::Rectifier;
use crate::kernels::pool::*;

/// The geometries that the tests go through: every remainder of channels, windows that tile the
/// image, overlap, leave gaps, or stick out of it.
fn geometries() -> Vec<PoolGeometry> {
    let mut all = Vec::new();
    for channels in [1, 3, 4, 7, 8] {
        for (height, width) in [(1, 1), (4, 6), (5, 7)] {
            for pool in [[1, 1], [2, 2], [3, 2]] {
                for strides in [[1, 1], [2, 2], [3, 4]] {
                    let geometry = |padding: Padding| {
                        PoolGeometry::new([height, width, channels], pool, strides, padding)
                    };
                    all.extend([geometry(Valid), geometry(Same)].into_iter().flatten());
                }
            }
        }
    }
    assert!(all.len() > 200);
    all
}

const N: usize = 2;

#[test]
fn max_takes_the_first_of_the_largest() {
    for g in geometries() {
        // Few different values, so that there are ties.
        let x: Vec<f32> = numbers(N * g.input_len(), 1).iter().map(|x| (x * 3.0).round()).collect();
        let dy = numbers(N * g.output_len(), 2);
        let mut y = vec![f32::NAN; dy.len()];
        let mut argmax = vec![u32::MAX; dy.len()];
        let mut dx = vec![f32::NAN; x.len()];
        let mut rectified = y.clone();
        max_forward(&g, N, &x, Rectifier::Linear, &mut y, Some(&mut argmax));
        max_forward(&g, N, &x, Rectifier::Relu, &mut rectified, None);
        assert!(rectified.iter().zip(&y).all(|(found, y)| *found == y.max(0.0)));
        max_backward(&g, N, &dy, &argmax, &mut dx);

        let mut expected_dx = vec![0.0; x.len()];
        for image in 0..N {
            let (x_start, y_start) = (image * g.input_len(), image * g.output_len());
            for (output, inputs) in windows(&g) {
                let mut winner = inputs[0];
                for &input in &inputs {
                    if x[x_start + input] > x[x_start + winner] {
                        winner = input;
                    }
                }
                assert_eq!(y[y_start + output], x[x_start + winner], "{g:?}: output {output}");
                expected_dx[x_start + winner] += f64::from(dy[y_start + output]);
            }
        }
        assert_close(&dx, &expected_dx, 1e-6, &format!("{g:?}: dx"));
    }
}

#[test]
fn average_does_not_count_padding() {
    for g in geometries() {
        let (x, dy) = (numbers(N * g.input_len(), 1), numbers(N * g.output_len(), 2));
        let (mut y, mut dx) = (vec![f32::NAN; dy.len()], vec![f32::NAN; x.len()]);
        average_forward(&g, N, &x, &mut y);
        average_backward(&g, N, &dy, &mut dx);

        let (mut expected_y, mut expected_dx) = (vec![0.0; y.len()], vec![0.0; x.len()]);
        for image in 0..N {
            for (output, inputs) in windows(&g) {
                let output = image * g.output_len() + output;
                for &input in &inputs {
                    let input = image * g.input_len() + input;
                    expected_y[output] += f64::from(x[input]) / inputs.len() as f64;
                    expected_dx[input] += f64::from(dy[output]) / inputs.len() as f64;
                }
            }
        }
        assert_close(&y, &expected_y, 1e-6, &format!("{g:?}: y"));
        assert_close(&dx, &expected_dx, 1e-6, &format!("{g:?}: dx"));
    }
}

#[test]
fn global_pools() {
    for (pixels, channels) in [(1, 1), (7, 3), (9, 4), (200, 21)] {
        let x: Vec<f32> =
            numbers(N * pixels * channels, 1).iter().map(|x| (x * 9.0).round()).collect();
        let dy = numbers(N * channels, 2);
        let at = |image: usize, pixel: usize, c: usize| (image * pixels + pixel) * channels + c;
        let (mut mean, mut mean_dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
        let (mut max, mut max_dx) = (vec![f64::NEG_INFINITY; dy.len()], vec![0.0; x.len()]);
        for (image, c) in (0..N).flat_map(|image| (0..channels).map(move |c| (image, c))) {
            let (output, mut winner) = (image * channels + c, at(image, 0, c));
            for pixel in 0..pixels {
                let input = at(image, pixel, c);
                mean[output] += f64::from(x[input]) / pixels as f64;
                mean_dx[input] = f64::from(dy[output]) / pixels as f64;
                if x[input] > x[winner] {
                    winner = input;
                }
            }
            max[output] = f64::from(x[winner]);
            max_dx[winner] = f64::from(dy[output]);
        }

        let what = format!("{pixels} pixels, {channels} channels");
        let (mut y, mut dx) = (vec![f32::NAN; dy.len()], vec![f32::NAN; x.len()]);
        let mut argmax = vec![u32::MAX; dy.len()];
        global_average_forward(N, channels, &x, &mut y);
        assert_close(&y, &mean, 1e-6, &what);
        global_average_backward(N, channels, &dy, &mut dx);
        assert_close(&dx, &mean_dx, 1e-6, &what);
        global_max_forward(N, channels, &x, &mut y, &mut argmax);
        assert_close(&y, &max, 0.0, &what);
        global_max_backward(N, channels, &dy, &argmax, &mut dx);
        assert_close(&dx, &max_dx, 0.0, &what);
    }
}

#[test]
fn bad_geometries_are_refused() {
    let kind = |input, pool, strides, padding| {
        PoolGeometry::new(input, pool, strides, padding).expect_err("refused").kind()
    };
    assert_eq!(kind([2, 2, 1], [3, 1], [1, 1], Valid), ErrorKind::Shape);
    assert_eq!(kind([2, 2, 0], [1, 1], [1, 1], Valid), ErrorKind::Argument);
    assert_eq!(kind([2, 2, 1], [1, 0], [1, 1], Same), ErrorKind::Argument);
    assert_eq!(kind([2, usize::MAX, 1], [1, 1], [1, 1], Same), ErrorKind::TooLarge);
    assert_eq!(kind([2, 2, 1], [usize::MAX, 1], [1, 1], Same), ErrorKind::TooLarge);
}
