#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::{assert_close, numbers};
use crate::kernels::Rectifier;
use crate::kernels::norm::{BatchNorm, Gradients};
use crate::simd::F32x4;

const EPSILON: f32 = 1e-3;

struct Expected {
    mean: Vec<f64>,
    variance: Vec<f64>,
    y: Vec<f64>,
    dx: Vec<f64>,
    dgamma: Vec<f64>,
    dbeta: Vec<f64>,
}

/// The definition, in double precision; the gradient of the input by its textbook formula.
fn reference(channels: usize, x: &[f32], gamma: &[f32], beta: &[f32], dy: &[f32]) -> Expected {
    let rows = x.len() / channels;
    let mut e = Expected {
        mean: vec![0.0; channels],
        variance: vec![0.0; channels],
        y: vec![0.0; x.len()],
        dx: vec![0.0; x.len()],
        dgamma: vec![0.0; channels],
        dbeta: vec![0.0; channels],
    };
    for c in 0..channels {
        let count = rows as f64;
        let column = |x: &[f32]| -> Vec<f64> {
            x.iter().skip(c).step_by(channels).map(|&x| f64::from(x)).collect()
        };
        let (x, dy) = (column(x), column(dy));
        let mean = x.iter().sum::<f64>() / count;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        let std = (variance + f64::from(EPSILON)).sqrt();
        let normal: Vec<f64> = x.iter().map(|x| (x - mean) / std).collect();
        let dgamma: f64 = normal.iter().zip(&dy).map(|(x, dy)| x * dy).sum();
        let dbeta: f64 = dy.iter().sum();
        for row in 0..rows {
            let (gamma, beta) = (f64::from(gamma[c]), f64::from(beta[c]));
            e.y[row * channels + c] = normal[row] * gamma + beta;
            e.dx[row * channels + c] =
                gamma / std * (dy[row] - dbeta / count - normal[row] * dgamma / count);
        }
        (e.mean[c], e.variance[c], e.dgamma[c], e.dbeta[c]) = (mean, variance, dgamma, dbeta);
    }
    e
}

#[test]
fn training_and_gradients() {
    for (rows, channels) in [(2, 1), (5, 3), (64, 4), (65, 6), (130, 8), (300, 17), (77, 29)] {
        let what = format!("{rows} rows, {channels} channels");
        let x = numbers(rows * channels, 1);
        let dy = numbers(rows * channels, 2);
        let (gamma, beta) = (numbers(channels, 3), numbers(channels, 4));
        let e = reference(channels, &x, &gamma, &beta, &dy);

        let mut norm = BatchNorm::new(channels, EPSILON);
        norm.allocate().expect("little memory");
        let mut y = vec![f32::NAN; x.len()];
        norm.forward_training(&x, Some(&gamma), Some(&beta), &mut y);
        assert_close(&y, &e.y, 2e-6, &format!("{what}: y"));
        assert_close(norm.mean(), &e.mean, 1e-6, &format!("{what}: mean"));
        assert_close(norm.variance(), &e.variance, 1e-6, &format!("{what}: variance"));

        let mut dx = vec![f32::NAN; x.len()];
        let (mut dgamma, mut dbeta) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
        let gradients =
            Gradients { dx: Some(&mut dx), dgamma: Some(&mut dgamma), dbeta: Some(&mut dbeta) };
        norm.backward(&x, &dy, gradients);
        assert_close(&dx, &e.dx, 4e-6, &format!("{what}: dx"));
        assert_close(&dgamma, &e.dgamma, 2e-6, &format!("{what}: dgamma"));
        assert_close(&dbeta, &e.dbeta, 2e-6, &format!("{what}: dbeta"));

        // The statistics of the batch, given as running statistics, give the same output.
        let (mean, variance) = (norm.mean().to_vec(), norm.variance().to_vec());
        let mut inferred = vec![f32::NAN; x.len()];
        norm.inference(&x, Some(&gamma), Some(&beta), &mean, &variance, &mut inferred);
        assert_eq!(inferred, y, "{what}: inference");

        // Without scale and shift.
        let e = reference(channels, &x, &vec![1.0; channels], &vec![0.0; channels], &dy);
        norm.forward_training(&x, None, None, &mut y);
        assert_close(&y, &e.y, 2e-6, &format!("{what}: y without scale and shift"));
        norm.backward(&x, &dy, Gradients { dx: Some(&mut dx), ..Gradients::default() });
        assert_close(&dx, &e.dx, 4e-6, &format!("{what}: dx without scale and shift"));
    }
}

/// Long rows around a large mean, where single precision alone would lose the variance.
#[test]
fn statistics_of_long_rows_are_accurate() {
    let (rows, channels) = (200_000, 2);
    let x: Vec<f32> = numbers(rows * channels, 5).iter().map(|x| 100.0 + x * 0.01).collect();
    let zeros = vec![0.0; x.len()];
    let e = reference(channels, &x, &[1.0; 2], &[0.0; 2], &zeros);
    let mut norm = BatchNorm::new(channels, EPSILON);
    norm.allocate().expect("little memory");
    let mut y = vec![0.0; x.len()];
    norm.forward_training(&x, None, None, &mut y);
    assert_close(norm.mean(), &e.mean, 1e-7, "mean");
    for (found, expected) in norm.variance().iter().zip(&e.variance) {
        assert!(
            (f64::from(*found) / expected - 1.0).abs() < 1e-5,
            "variance {found}, expected {expected}"
        );
    }
}

/// A rectifier in the same pass is one after it, in the output and in every gradient.
#[test]
fn rectifiers_are_part_of_the_pass() {
    for (rows, channels) in [(1, 3), (9, 4), (70, 13)] {
        let x = numbers(rows * channels, 6);
        let dy = numbers(rows * channels, 7);
        let gamma: Vec<f32> = numbers(channels, 8).iter().map(|x| 5.0 * x).collect();
        let beta: Vec<f32> = numbers(channels, 9).iter().map(|x| 4.0 * x).collect();
        for rectifier in [Rectifier::Relu, Rectifier::Relu6] {
            for frozen in [false, true] {
                let (mean, variance) = (vec![0.25; channels], vec![0.5; channels]);
                let pass = |norm: &mut BatchNorm, masked: Option<&[f32]>| {
                    let mut y = vec![f32::NAN; x.len()];
                    if frozen {
                        let (gamma, beta) = (Some(&gamma[..]), Some(&beta[..]));
                        norm.inference(&x, gamma, beta, &mean, &variance, &mut y);
                    } else {
                        norm.forward_training(&x, Some(&gamma), Some(&beta), &mut y);
                    }
                    let mut all = vec![f32::NAN; x.len() + 2 * channels];
                    let (dx, rest) = all.split_at_mut(x.len());
                    let (dgamma, dbeta) = rest.split_at_mut(channels);
                    let gradients =
                        Gradients { dx: Some(dx), dgamma: Some(dgamma), dbeta: Some(dbeta) };
                    let dy = masked.unwrap_or(&dy);
                    if frozen {
                        norm.backward_inference(&x, dy, gradients);
                    } else {
                        norm.backward(&x, dy, gradients);
                    }
                    (y, all)
                };
                let mut plain = BatchNorm::new(channels, EPSILON);
                plain.allocate().expect("little memory");
                let mut fused = plain.clone();
                fused.rectifier = rectifier;
                let (mut y, _) = pass(&mut plain, None);
                for lanes in y.chunks_mut(4) {
                    rectifier.apply(F32x4::load_or(lanes, 0.0)).store_part(lanes);
                }
                let mut masked = dy.clone();
                rectifier.backward(&y, &mut masked);
                let (_, expected) = pass(&mut plain, Some(&masked));
                assert_eq!(pass(&mut fused, None), (y, expected), "{rectifier:?}, {frozen}");
            }
        }
    }
}
