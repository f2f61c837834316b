#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::{assert_close, numbers};
use crate::kernels::group_norm::GroupNorm;
use crate::kernels::norm::Gradients;

const EPSILON: f64 = 1e-3;
const N: usize = 3;

/// The sizes of a sample: [positions, channels, groups].
type Sizes = [usize; 3];

struct Expected {
    y: Vec<f64>,
    dx: Vec<f64>,
    dgamma: Vec<f64>,
    dbeta: Vec<f64>,
}

/// The definition, in double precision; the gradient of the input by its textbook formula.
fn reference(sizes: Sizes, x: &[f32], gamma: &[f32], beta: &[f32], dy: &[f32]) -> Expected {
    let [positions, channels, groups] = sizes;
    let mut e = Expected {
        y: vec![0.0; x.len()],
        dx: vec![0.0; x.len()],
        dgamma: vec![0.0; channels],
        dbeta: vec![0.0; channels],
    };
    for (sample, group) in (0..N).flat_map(|sample| (0..groups).map(move |g| (sample, g))) {
        let own: Vec<usize> = (0..positions * channels)
            .filter(|i| i % channels / (channels / groups) == group)
            .map(|i| sample * positions * channels + i)
            .collect();
        let count = own.len() as f64;
        let mean = own.iter().map(|&i| f64::from(x[i])).sum::<f64>() / count;
        let variance = own.iter().map(|&i| (f64::from(x[i]) - mean).powi(2)).sum::<f64>() / count;
        let std = (variance + EPSILON).sqrt();
        let normal = |i: usize| (f64::from(x[i]) - mean) / std;
        let g = |i: usize| f64::from(dy[i]) * f64::from(gamma[i % channels]);
        let mean_g = own.iter().map(|&i| g(i)).sum::<f64>() / count;
        let mean_product = own.iter().map(|&i| g(i) * normal(i)).sum::<f64>() / count;
        for &i in &own {
            let c = i % channels;
            e.y[i] = normal(i) * f64::from(gamma[c]) + f64::from(beta[c]);
            e.dx[i] = (g(i) - mean_g - normal(i) * mean_product) / std;
            e.dgamma[c] += f64::from(dy[i]) * normal(i);
            e.dbeta[c] += f64::from(dy[i]);
        }
    }
    e
}

#[test]
fn groups_rows_and_their_gradients() {
    for sizes in [
        [1, 5, 1],
        [1, 1, 1],
        [1, 130, 1],
        [6, 4, 2],
        [7, 6, 3],
        [70, 9, 9],
        [20, 17, 1],
        [3, 70, 7],
    ] {
        let [positions, channels, groups] = sizes;
        let x: Vec<f32> = numbers(N * positions * channels, 1).iter().map(|x| x + 3.0).collect();
        let dy = numbers(x.len(), 2);
        let (gamma, beta) = (numbers(channels, 3), numbers(channels, 4));
        let e = reference(sizes, &x, &gamma, &beta, &dy);
        let mut norm = GroupNorm::new(positions, channels, groups, EPSILON);
        norm.allocate(N + 1).expect("little memory");
        let mut y = vec![f32::NAN; x.len()];
        norm.forward(&x, Some(&gamma), Some(&beta), &mut y);
        assert_close(&y, &e.y, 3e-6, &format!("{sizes:?}: y"));
        let mut dx = vec![f32::NAN; x.len()];
        let (mut dgamma, mut dbeta) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
        let wanted =
            Gradients { dx: Some(&mut dx), dgamma: Some(&mut dgamma), dbeta: Some(&mut dbeta) };
        norm.backward(&x, Some(&gamma), &dy, wanted);
        assert_close(&dx, &e.dx, 2e-5, &format!("{sizes:?}: dx"));
        assert_close(&dgamma, &e.dgamma, 3e-6, &format!("{sizes:?}: dgamma"));
        assert_close(&dbeta, &e.dbeta, 2e-6, &format!("{sizes:?}: dbeta"));

        // Without scale and shift.
        let e = reference(sizes, &x, &vec![1.0; channels], &vec![0.0; channels], &dy);
        norm.forward(&x, None, None, &mut y);
        assert_close(&y, &e.y, 3e-6, &format!("{sizes:?}: y without scale and shift"));
        norm.backward(&x, None, &dy, Gradients { dx: Some(&mut dx), ..Gradients::default() });
        assert_close(&dx, &e.dx, 2e-5, &format!("{sizes:?}: dx without scale and shift"));
    }
}

/// A large mean, around which single precision alone would lose the variance.
#[test]
fn large_means_keep_the_variance() {
    let x: Vec<f32> = numbers(N * 3000, 5).iter().map(|x| 1000.0 + x * 0.125).collect();
    let (ones, zeros) = ([1.0; 3], [0.0; 3]);
    let e = reference([1000, 3, 1], &x, &ones, &zeros, &vec![0.0; x.len()]);
    let mut norm = GroupNorm::new(1000, 3, 1, EPSILON);
    norm.allocate(N).expect("little memory");
    let mut y = vec![f32::NAN; x.len()];
    norm.forward(&x, None, None, &mut y);
    // The mean itself, rounded to single precision, is off by up to 3e-5: of the deviation 4e-4.
    assert_close(&y, &e.y, 5e-4, "y");
}
