use super::*;
use crate::rng::{Key, Purpose};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// By the definition, in double precision.
fn naive(x: &[f32], window: &[f32]) -> Vec<f64> {
    let n = x.len();
    (0..=n / 2)
        .map(|k| {
            let (mut re, mut im) = (0.0, 0.0);
            for (i, (&x, &w)) in x.iter().zip(window).enumerate() {
                let angle = std::f64::consts::TAU * (k * i % n) as f64 / n as f64;
                let x = f64::from(x) * f64::from(w);
                re += x * libm::cos(angle);
                im -= x * libm::sin(angle);
            }
            re * re + im * im
        })
        .collect()
}

#[test]
fn spectra_are_those_of_the_definition() {
    let mut random = Key::new(1, Purpose::Split).stream();
    for len in
        [2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 22, 31, 35, 60, 62, 105, 128, 200, 400, 441, 512]
    {
        let mut fft = RealFft::new(len).unwrap();
        assert_eq!((fft.len(), fft.bins()), (len, len / 2 + 1));
        let signals: [Vec<f32>; 4] = [(); 4].map(|()| (0..len).map(|_| random.normal()).collect());
        let window: Vec<f32> = (0..len).map(|_| random.uniform()).collect();
        let mut power = vec![F32x4::zero(); fft.bins()];
        fft.power(signals.each_ref().map(Vec::as_slice), &window, &mut power);
        for (lane, signal) in signals.iter().enumerate() {
            let expected = naive(signal, &window);
            let most = expected.iter().fold(0.0, |most: f64, &power| most.max(power));
            for (power, expected) in power.iter().zip(expected) {
                let found = f64::from(power.to_array()[lane]);
                assert!((found - expected).abs() < 2e-6 * most, "{len}: {found} {expected}");
            }
        }
    }
}

/// A frame of silence beside loud ones stays silent.
#[test]
fn signals_do_not_reach_each_other() {
    for len in [64, 75] {
        let mut fft = RealFft::new(len).unwrap();
        let (loud, silent, window) = (vec![1e6; len], vec![0.0; len], vec![1.0; len]);
        let mut power = vec![F32x4::zero(); fft.bins()];
        fft.power([&loud, &silent, &loud, &silent], &window, &mut power);
        for power in power {
            let [_, a, _, b] = power.to_array();
            assert_eq!((a, b), (0.0, 0.0));
        }
    }
}

#[test]
fn lengths_that_are_not_possible_are_refused() {
    for (len, expected) in [
        (0, "the length is 0, expected 2 to 65536"),
        (65_537, "the length is 65537, expected 2 to 65536"),
        (74, "the length is 74, expected a product of primes up to 31"),
        (1369, "the length is 1369, expected a product of primes up to 31"),
    ] {
        let error = RealFft::new(len).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}
