#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::{self, assert_close, numbers};
use crate::kernels::Rectifier;
use crate::kernels::conv::{Algorithm, Algorithms, Conv2d, Conv2dGeometry, Padding, Size};
use crate::{ErrorKind, Result};

/// Of the largest result.
fn tolerance(algorithm: Algorithm) -> f64 {
    match algorithm {
        Algorithm::Direct => 2e-6,
        Algorithm::Winograd(_) => 1e-5,
    }
}

/// All three products of one convolution by every algorithm against the reference, for a batch
/// smaller than the largest, twice, so that nothing of the first call is left in the second; then
/// with the kernel kept from the pass before.
fn check(geometry: Result<Conv2dGeometry>, max_batch: usize, n: usize) {
    let g = geometry.expect("a valid geometry");
    check_by(Algorithm::Direct, &g, max_batch, n);
    if (g.kernel, g.strides, g.dilation) == ([3, 3], [1, 1], [1, 1]) {
        check_by(Algorithm::Winograd(Size::Two), &g, max_batch, n);
        check_by(Algorithm::Winograd(Size::Four), &g, max_batch, n);
    }
}

fn check_by(algorithm: Algorithm, g: &Conv2dGeometry, max_batch: usize, n: usize) {
    let tolerance = tolerance(algorithm);
    let what = format!("{algorithm:?}, {g:?}, {n} of {max_batch}");
    let algorithms = Algorithms::all(algorithm);
    let mut conv = Conv2d::with_algorithms(g.clone(), max_batch, true, algorithms);
    conv.allocate().expect("little memory");
    for seed in 0..2 {
        let x = numbers(n * g.input_len(), 4 * seed + 1);
        let kernel = numbers(g.kernel_len(), 4 * seed + 2);
        let dy = numbers(n * g.output_len(), 4 * seed + 3);
        let bias = numbers(g.filters, 4 * seed + 4);
        let mut y = vec![f32::NAN; n * g.output_len()];

        conv.forward(n, &x, &kernel, None, Rectifier::Linear, &mut y);
        assert_close(&y, &reference::conv_forward(g, n, &x, &kernel, &[]), tolerance, &what);
        conv.forward(n, &x, &kernel, Some(&bias), Rectifier::Relu6, &mut y);
        let mut expected = reference::conv_forward(g, n, &x, &kernel, &bias);
        expected.iter_mut().for_each(|y| *y = y.clamp(0.0, 6.0));
        assert_close(&y, &expected, tolerance, &format!("{what}: bias and relu6"));

        let (expected_dkernel, expected_dx) = reference::conv_backward(g, n, &x, &kernel, &dy);
        let mut dkernel = vec![f32::NAN; g.kernel_len()];
        let mut dbias = vec![f32::NAN; g.filters];
        conv.backward_kernel(n, &x, &dy, &mut dkernel, Some(&mut dbias));
        assert_close(&dkernel, &expected_dkernel, tolerance, &format!("{what}: dkernel"));
        assert_close(
            &dbias,
            &reference::column_sums(&dy, g.filters),
            tolerance,
            &format!("{what}: dbias"),
        );
        let mut dx = vec![f32::NAN; n * g.input_len()];
        conv.backward_input(n, &dy, &kernel, &mut dx);
        assert_close(&dx, &expected_dx, tolerance, &format!("{what}: dx"));

        conv.reuse_kernel(true);
        let mut again = [vec![f32::NAN; y.len()], vec![f32::NAN; dx.len()]];
        conv.forward(n, &x, &kernel, Some(&bias), Rectifier::Relu6, &mut again[0]);
        for _ in 0..2 {
            conv.backward_input(n, &dy, &kernel, &mut again[1]);
            assert_eq!(again, [y.clone(), dx.clone()], "{what}: kernel kept");
        }
        conv.reuse_kernel(false);
    }
}

fn geometry(
    input: [usize; 3],
    filters: usize,
    kernel: [usize; 2],
    strides: [usize; 2],
    dilation: [usize; 2],
    padding: Padding,
) -> Result<Conv2dGeometry> {
    Conv2dGeometry::new(input, filters, kernel, strides, dilation, padding)
}

#[test]
fn channels_of_every_remainder() {
    for channels in [1, 2, 3, 4, 5, 8, 13] {
        for filters in [1, 2, 4, 5, 7, 8, 9, 12, 16, 17] {
            for padding in [Padding::Valid, Padding::Same] {
                check(geometry([5, 7, channels], filters, [3, 3], [1, 1], [1, 1], padding), 3, 2);
            }
        }
    }
}

#[test]
fn kernels_strides_and_dilations() {
    for kernel in [[1, 1], [1, 3], [3, 2], [5, 5], [2, 4]] {
        for strides in [[1, 1], [2, 2], [1, 3], [3, 1]] {
            for dilation in [[1, 1], [2, 2], [1, 2], [2, 1]] {
                for padding in [Padding::Valid, Padding::Same] {
                    check(geometry([9, 10, 3], 6, kernel, strides, dilation, padding), 2, 2);
                }
            }
        }
    }
}

#[test]
fn small_images() {
    for n in [1, 2, 5] {
        check(geometry([1, 1, 1], 1, [1, 1], [1, 1], [1, 1], Padding::Valid), 5, n);
        check(geometry([1, 1, 3], 10, [3, 3], [1, 1], [1, 1], Padding::Same), 5, n);
        check(geometry([2, 3, 4], 9, [2, 3], [1, 1], [1, 1], Padding::Valid), 5, n);
        check(geometry([4, 3, 4], 9, [2, 3], [1, 1], [1, 1], Padding::Valid), 5, n);
        check(geometry([3, 3, 2], 5, [7, 7], [2, 2], [1, 1], Padding::Same), 5, n);
    }
}

#[test]
fn the_layers_of_real_networks() {
    check(geometry([28, 28, 1], 8, [5, 5], [1, 1], [1, 1], Padding::Valid), 3, 3);
    check(geometry([28, 28, 1], 16, [5, 5], [2, 2], [1, 1], Padding::Valid), 3, 3);
    check(geometry([12, 12, 8], 16, [5, 5], [1, 1], [1, 1], Padding::Valid), 3, 2);
    check(geometry([32, 32, 3], 32, [3, 3], [1, 1], [1, 1], Padding::Same), 1, 1);
}

/// More images than one block holds, with and without padding.
#[test]
fn several_blocks() {
    check(geometry([40, 40, 8], 4, [3, 3], [1, 1], [1, 1], Padding::Same), 6, 5);
    check(geometry([40, 40, 8], 4, [3, 3], [1, 1], [1, 1], Padding::Valid), 6, 5);
}

/// TensorFlow's rule: the odd row of padding goes below, the odd column to the right.
#[test]
fn same_padding_is_split_as_tensorflow_does() {
    let g = geometry([6, 5, 1], 1, [3, 2], [2, 1], [1, 1], Padding::Same).expect("valid");
    assert_eq!((g.pads, g.out_height, g.out_width), ([0, 0, 1, 1], 3, 5));
    let g = geometry([7, 8, 1], 1, [3, 3], [2, 3], [1, 2], Padding::Same).expect("valid");
    assert_eq!((g.pads, g.out_height, g.out_width), ([1, 1, 1, 2], 4, 3));
}

#[test]
fn bad_geometries_are_refused() {
    let kind = |geometry: Result<Conv2dGeometry>| geometry.expect_err("refused").kind();
    let one = [1, 1];
    assert_eq!(kind(geometry([4, 4, 1], 1, [5, 1], one, one, Padding::Valid)), ErrorKind::Shape);
    assert_eq!(kind(geometry([4, 4, 1], 1, [3, 3], one, [2, 2], Padding::Valid)), ErrorKind::Shape);
    assert_eq!(
        kind(geometry([4, 4, 1], 1, [3, 3], [0, 1], one, Padding::Valid)),
        ErrorKind::Argument
    );
    assert_eq!(kind(geometry([4, 0, 1], 1, one, one, one, Padding::Same)), ErrorKind::Argument);
    assert_eq!(kind(geometry([4, 4, 1], 0, one, one, one, Padding::Same)), ErrorKind::Argument);
    let huge = usize::MAX;
    assert_eq!(kind(geometry([huge, 4, 1], 1, one, one, one, Padding::Valid)), ErrorKind::TooLarge);
    assert_eq!(kind(geometry([4, 4, 1], huge, one, one, one, Padding::Valid)), ErrorKind::TooLarge);
    assert_eq!(
        kind(geometry([4, 4, 1], 1, [3, 3], one, [huge, 1], Padding::Same)),
        ErrorKind::TooLarge
    );
    assert_eq!(
        kind(geometry([4, 4, 1], 1, [huge, huge], one, one, Padding::Same)),
        ErrorKind::TooLarge
    );
    assert_eq!(
        kind(geometry([huge, 4, 1], 1, [3, 3], one, one, Padding::Same)),
        ErrorKind::TooLarge
    );
}
