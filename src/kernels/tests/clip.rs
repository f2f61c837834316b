#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::numbers;
use crate::kernels::clip::{clip_by_norm, clip_by_value};

const LENGTHS: [usize; 6] = [0, 1, 3, 4, 10, 1033];

#[test]
fn values_are_brought_between_the_limits() {
    for len in LENGTHS {
        let before = numbers(len, 1);
        let mut g = before.clone();
        clip_by_value(0.25, &mut g);
        assert!(g.iter().zip(&before).all(|(g, before)| *g == before.clamp(-0.25, 0.25)));
    }
    let mut g = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, 3.0];
    clip_by_value(2.0, &mut g);
    assert!(g[0].is_nan() && g[1..] == [2.0, -2.0, 0.0, 2.0]);
}

#[test]
fn norms_are_brought_below_the_limit() {
    for len in LENGTHS {
        for limit in [0.1, 1e3] {
            let before = numbers(len, 2);
            let exact = before.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
            let mut g = before.clone();
            let norm = clip_by_norm(limit, &mut g);
            assert!((norm - exact).abs() <= 1e-6 * exact, "{norm}, expected {exact}");
            let scale = (limit / exact).min(1.0);
            for (g, before) in g.iter().zip(&before) {
                let expected = f64::from(*before) * scale;
                assert!((f64::from(*g) - expected).abs() <= 1e-6 * expected.abs());
            }
        }
    }
}

#[test]
fn norms_of_extremes() {
    let mut g = [3e30, -4e30];
    assert!((clip_by_norm(1.0, &mut g) / 5e30 - 1.0).abs() < 1e-6);
    assert!((g[0] - 0.6).abs() < 1e-6 && (g[1] + 0.8).abs() < 1e-6, "{g:?}");
    let mut g = [1.0, f32::NAN];
    assert!(clip_by_norm(0.1, &mut g).is_nan() && g[0] == 1.0);
    let mut g = [1.0, f32::INFINITY];
    assert!(clip_by_norm(0.1, &mut g).is_infinite() && g[0] == 1.0);
}
