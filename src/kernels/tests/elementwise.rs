#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::{self, assert_close, numbers};
use crate::kernels::{elementwise, reduce};

const LENGTHS: [usize; 7] = [0, 1, 3, 4, 5, 17, 1_000];

/// Applies a scalar function to pairs.
fn zip(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) -> Vec<f32> {
    a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect()
}

#[test]
fn operations_equal_their_scalar_forms() {
    for len in LENGTHS {
        let (a, b, c) = (numbers(len, 1), numbers(len, 2), numbers(len, 3));
        let mut y = c.clone();
        elementwise::add(&a, &b, &mut y);
        assert_eq!(y, zip(&a, &b, |a, b| a + b));
        elementwise::subtract(&a, &b, &mut y);
        assert_eq!(y, zip(&a, &b, |a, b| a - b));
        elementwise::multiply(&a, &b, &mut y);
        assert_eq!(y, zip(&a, &b, |a, b| a * b));
        elementwise::scale(0.3, &a, &mut y);
        assert_eq!(y, zip(&a, &b, |a, _| 0.3 * a));
        y.clone_from(&c);
        elementwise::scale_in_place(0.3, &mut y);
        assert_eq!(y, zip(&c, &a, |c, _| c * 0.3));
        y.clone_from(&c);
        elementwise::accumulate(&a, &mut y);
        assert_eq!(y, zip(&c, &a, |c, a| c + a));
        y.clone_from(&c);
        elementwise::axpy(-0.7, &a, &mut y);
        assert_eq!(y, zip(&c, &a, |c, a| c + -0.7 * a));
        y.clone_from(&c);
        elementwise::multiply_accumulate(&a, &b, &mut y);
        assert_eq!(y, zip(&c, &zip(&a, &b, |a, b| a * b), |c, ab| c + ab));
    }
}

#[test]
fn bias_is_added_to_every_row() {
    let (mut y, bias) = (numbers(15, 1), numbers(5, 2));
    let expected: Vec<f32> = y.iter().enumerate().map(|(i, y)| y + bias[i % 5]).collect();
    elementwise::add_bias(&bias, &mut y);
    assert_eq!(y, expected);
}

#[test]
fn one_bad_element_anywhere_is_found() {
    for len in LENGTHS {
        let mut x = numbers(len, 1);
        if let Some(first) = x.first_mut() {
            *first = f32::MAX;
        }
        assert!(elementwise::is_finite(&x));
        for i in (0..len).step_by(7) {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let good = std::mem::replace(&mut x[i], bad);
                assert!(!elementwise::is_finite(&x), "{bad} at {i} of {len}");
                x[i] = good;
            }
        }
    }
}

#[test]
fn sums_of_long_rows_are_accurate() {
    for len in [0, 1, 3, 255, 256, 257, 1_000_003] {
        let x: Vec<f32> = numbers(len, 1).iter().map(|x| 1.0 + x * 0.1).collect();
        let exact: f64 = x.iter().map(|&x| f64::from(x)).sum();
        let squares: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        assert!((reduce::sum(&x) - exact).abs() <= 1e-7 * exact, "sum of {len}");
        assert!((reduce::sum_of_squares(&x) - squares).abs() <= 1e-7 * squares, "squares of {len}");
    }
    for columns in [1, 2, 4, 7, 8, 13, 16, 30, 33, 70] {
        let x: Vec<f32> = numbers(columns * 10_001, 2).iter().map(|x| 1.0 + x * 0.1).collect();
        let mut sums = vec![f32::NAN; columns];
        reduce::column_sums(&x, &mut sums);
        assert_close(
            &sums,
            &reference::column_sums(&x, columns),
            2e-7,
            &format!("{columns} columns"),
        );
    }
}

#[test]
fn the_maximum_passes_over_nan() {
    assert_eq!(reduce::max(&[]), f32::NEG_INFINITY);
    assert_eq!(reduce::max(&[-3.0, f32::NAN, -2.0, -5.0]), -2.0);
}
