#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::{assert_close, numbers};
use crate::kernels::softmax::*;

/// Rows with small, equal, huge and hugely different logits.
fn logits(width: usize) -> Vec<f32> {
    [1.0, 0.0, 100.0, 1e4, -3e38]
        .iter()
        .flat_map(|scale| numbers(width, 7).into_iter().map(move |x| x * scale))
        .collect()
}

fn reference_softmax(row: &[f32]) -> (Vec<f64>, f64) {
    let max = row.iter().fold(f64::NEG_INFINITY, |max, &x| max.max(f64::from(x)));
    let powers: Vec<f64> = row.iter().map(|&x| libm::exp(f64::from(x) - max)).collect();
    let total: f64 = powers.iter().sum();
    (powers.iter().map(|p| p / total).collect(), max + libm::log(total))
}

#[test]
fn probabilities_and_their_gradient() {
    for width in [1, 2, 3, 4, 10, 33] {
        let x = logits(width);
        let dy = numbers(x.len(), 8);
        let (mut y, mut dx) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
        softmax(width, &x, &mut y);
        softmax_backward(width, &y, &dy, &mut dx);
        let mut sums = vec![f32::NAN; x.len() / width];
        log_sum_exp(width, &x, &mut vec![0.0; width], &mut sums);
        for (row, x) in x.chunks(width).enumerate() {
            let range = row * width..(row + 1) * width;
            let (p, log_sum) = reference_softmax(x);
            assert_close(&y[range.clone()], &p, 3e-7, "softmax");
            assert_close(&sums[row..=row], &[log_sum], 3e-7, "log-sum-exp");
            let dy: Vec<f64> = dy[range.clone()].iter().map(|&dy| f64::from(dy)).collect();
            let mean: f64 = p.iter().zip(&dy).map(|(p, dy)| p * dy).sum();
            let expected: Vec<f64> = p.iter().zip(&dy).map(|(p, dy)| p * (dy - mean)).collect();
            assert_close(&dx[range], &expected, 3e-6, "softmax gradient");
        }
    }
}

#[test]
fn cross_entropy_of_classes_and_of_distributions() {
    for width in [1, 2, 3, 4, 10, 33] {
        let x = &logits(width)[..4 * width];
        let classes: Vec<u32> = (0..4).map(|row| (row * 7 % width) as u32).collect();
        let weights: Vec<f32> = numbers(x.len(), 9).iter().map(|x| x + 1.0).collect();
        let (mut loss, mut dlogits) = (vec![f32::NAN; 4], vec![f32::NAN; x.len()]);
        for (target, what) in
            [(Target::Classes(&classes), "classes"), (Target::Distribution(&weights), "weights")]
        {
            cross_entropy(width, x, target, 0.25, &mut loss, &mut dlogits);
            for (row, x) in x.chunks(width).enumerate() {
                let t: Vec<f64> = match target {
                    Target::Classes(_) => (0..width)
                        .map(|i| f64::from(u8::from(i == classes[row] as usize)))
                        .collect(),
                    Target::Distribution(_) => {
                        weights[row * width..][..width].iter().map(|&t| f64::from(t)).collect()
                    }
                };
                let (p, log_sum) = reference_softmax(x);
                let expected: f64 =
                    x.iter().zip(&t).map(|(&x, t)| t * (log_sum - f64::from(x))).sum();
                assert_close(&loss[row..=row], &[expected], 1e-6, what);
                let mass: f64 = t.iter().sum();
                let expected: Vec<f64> =
                    p.iter().zip(&t).map(|(p, t)| 0.25 * (p * mass - t)).collect();
                assert_close(&dlogits[row * width..][..width], &expected, 1e-6, what);
            }
        }
    }
}

/// A sure and right prediction costs nothing, a sure and wrong one its margin, without overflow.
#[test]
fn cross_entropy_of_extreme_logits() {
    let x = [1e30, 0.0, 0.0, 0.0, 1e30, 0.0];
    let (mut loss, mut dlogits) = ([f32::NAN; 2], [f32::NAN; 6]);
    cross_entropy(3, &x, Target::Classes(&[0, 0]), 1.0, &mut loss, &mut dlogits);
    assert_eq!((loss, dlogits), ([0.0, 1e30], [0.0, 0.0, 0.0, -1.0, 1.0, 0.0]));
}
