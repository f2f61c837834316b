//! What is asked of Winograd's convolution beyond the right result: accuracy, the same bits wherever
//! a sample lies, and the rule that chooses it. (tests::conv holds it against the reference on odd
//! sizes.)

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::{self, assert_close, numbers};
use crate::kernels::Rectifier;
use crate::kernels::conv::{Algorithm, Algorithms, Conv2d, Conv2dGeometry, Padding, Size};

/// Of the largest result.
const TOLERANCE: f64 = 1e-5;

fn geometry(
    [height, width]: [usize; 2],
    channels: usize,
    filters: usize,
    padding: Padding,
) -> Conv2dGeometry {
    Conv2dGeometry::new([height, width, channels], filters, [3, 3], [1, 1], [1, 1], padding)
        .expect("a valid geometry")
}

/// Normally distributed, near enough: sums of twelve uniform numbers.
fn normal(len: usize, seed: u64) -> Vec<f32> {
    numbers(12 * len, seed).chunks_exact(12).map(|x| x.iter().sum::<f32>() / 2.0).collect()
}

/// All directions for normally distributed input, and for what a ReLU leaves of it.
fn check_accuracy(g: &Conv2dGeometry, n: usize, size: Size) {
    let algorithms = Algorithms::all(Algorithm::Winograd(size));
    let mut conv = Conv2d::with_algorithms(g.clone(), n, true, algorithms);
    conv.allocate().expect("little memory");
    let kernel = normal(g.kernel_len(), 1);
    let (normal_x, normal_dy) = (normal(n * g.input_len(), 2), normal(n * g.output_len(), 3));
    let rectified = |x: &[f32]| x.iter().map(|x| x.max(0.0)).collect::<Vec<f32>>();
    let (mut y, mut dx) = (vec![0.0; normal_dy.len()], vec![0.0; normal_x.len()]);
    let mut dkernel = vec![0.0; kernel.len()];
    for (kind, x, dy) in [
        ("non-negative", rectified(&normal_x), rectified(&normal_dy)),
        ("normal", normal_x, normal_dy),
    ] {
        let what = format!("{size:?}, {g:?}, {n} images, {kind}");
        conv.forward(n, &x, &kernel, None, Rectifier::Linear, &mut y);
        assert_close(&y, &reference::conv_forward(g, n, &x, &kernel, &[]), TOLERANCE, &what);
        let (expected_dkernel, expected_dx) = reference::conv_backward(g, n, &x, &kernel, &dy);
        conv.backward_kernel(n, &x, &dy, &mut dkernel, None);
        assert_close(&dkernel, &expected_dkernel, TOLERANCE, &format!("{what}: dkernel"));
        conv.backward_input(n, &dy, &kernel, &mut dx);
        assert_close(&dx, &expected_dx, TOLERANCE, &format!("{what}: dx"));
    }
}

#[test]
fn errors_are_small() {
    for size in [Size::Two, Size::Four] {
        check_accuracy(&geometry([32, 32], 16, 16, Padding::Same), 3, size);
        check_accuracy(&geometry([16, 16], 64, 32, Padding::Valid), 2, size);
        check_accuracy(&geometry([8, 8], 512, 8, Padding::Same), 1, size);
        check_accuracy(&geometry([7, 5], 8, 512, Padding::Same), 1, size);
        check_accuracy(&geometry([8, 8], 1024, 8, Padding::Same), 1, size);
    }
}

/// Every small map, with channels that are no whole vectors.
#[test]
fn small_maps() {
    for height in 1..=7 {
        for width in 1..=7 {
            for (channels, filters, n) in [(3, 17, 1), (5, 3, 3), (17, 5, 3)] {
                for size in [Size::Two, Size::Four] {
                    check_accuracy(
                        &geometry([height, width], channels, filters, Padding::Same),
                        n,
                        size,
                    );
                    if height >= 3 && width >= 3 {
                        let g = geometry([height, width], channels, filters, Padding::Valid);
                        check_accuracy(&g, n, size);
                    }
                }
            }
        }
    }
}

/// Alone or anywhere in a batch, also one of several blocks, a sample has the same bits.
#[test]
fn a_sample_does_not_depend_on_its_batch() {
    const N: usize = 7;
    for map in [[4, 4], [9, 6], [20, 20]] {
        let g = geometry(map, 9, 12, Padding::Same);
        let (x, dy) = (numbers(N * g.input_len(), 1), numbers(N * g.output_len(), 2));
        let (kernel, bias) = (numbers(g.kernel_len(), 3), numbers(g.filters, 4));
        for size in [Size::Two, Size::Four] {
            let algorithms = Algorithms::all(Algorithm::Winograd(size));
            let run = |max_batch: usize, x: &[f32], dy: &[f32]| {
                let mut conv = Conv2d::with_algorithms(g.clone(), max_batch, true, algorithms);
                conv.allocate().expect("little memory");
                let (mut y, mut dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
                let n = x.len() / g.input_len();
                conv.forward(n, x, &kernel, Some(&bias), Rectifier::Relu, &mut y);
                conv.backward_input(n, dy, &kernel, &mut dx);
                (y, dx)
            };
            let (y, dx) = run(N, &x, &dy);
            let samples = x.chunks(g.input_len()).zip(dy.chunks(g.output_len()));
            for (i, (x, dy)) in samples.enumerate() {
                let alone = run(1, x, dy);
                assert_eq!(
                    alone.0,
                    y[i * g.output_len()..][..g.output_len()],
                    "{size:?}, sample {i}"
                );
                assert_eq!(
                    alone.1,
                    dx[i * g.input_len()..][..g.input_len()],
                    "{size:?}, sample {i}"
                );
            }
        }
    }
}

#[test]
fn the_rule_goes_by_channels_and_map() {
    let name = |map: usize, channels: usize, filters: usize| {
        let g = geometry([map, map], channels, filters, Padding::Same);
        Conv2d::new(g, 1, true).name()
    };
    assert_eq!(name(32, 32, 32), "winograd F(4x4,3x3)");
    assert_eq!(name(32, 3, 32), "implicit-gemm", "few channels");
    assert_eq!(name(6, 64, 64), "winograd F(2x2,3x3)", "as many products as with larger tiles");
    assert_eq!(name(2, 64, 64), "winograd F(2x2,3x3)");
    assert_eq!(name(1, 64, 64), "implicit-gemm", "most of a tile would be border");
    assert_eq!(name(4, 2048, 16), "winograd F(2x2,3x3)", "long sums");
    assert_eq!(name(8, 512, 512), "implicit-gemm", "a large kernel");
    let strided = Conv2dGeometry::new([8, 8, 16], 16, [3, 3], [2, 2], [1, 1], Padding::Same);
    assert_eq!(Conv2d::new(strided.expect("valid"), 1, true).name(), "implicit-gemm");
}
