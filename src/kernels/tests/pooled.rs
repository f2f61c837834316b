#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::{self, assert_close, numbers, windows};
use crate::kernels::Padding::{self, Same, Valid};
use crate::kernels::Rectifier;
use crate::kernels::conv::{Algorithm, Algorithms, Conv2dGeometry, PooledConv2d};
use crate::kernels::pool::PoolGeometry;

const TOLERANCE: f64 = 2e-6;

/// A convolution and a pooling of its output.
fn sizes(
    input: [usize; 3],
    filters: usize,
    kernel: [usize; 2],
    [strides, dilation]: [[usize; 2]; 2],
    padding: Padding,
    (pool, pool_strides, pool_padding): ([usize; 2], [usize; 2], Padding),
) -> (Conv2dGeometry, PoolGeometry) {
    let g = Conv2dGeometry::new(input, filters, kernel, strides, dilation, padding)
        .expect("a valid geometry");
    let output = [g.out_height, g.out_width, filters];
    let pool =
        PoolGeometry::new(output, pool, pool_strides, pool_padding).expect("a valid pooling");
    (g, pool)
}

/// The pooled output, which pixel won each window, before the rectifier.
fn pooled(g: &Conv2dGeometry, pool: &PoolGeometry, n: usize, y: &[f64]) -> (Vec<f64>, Vec<usize>) {
    let mut outputs = vec![0.0; n * pool.output_len()];
    let mut winners = vec![0; outputs.len()];
    for image in 0..n {
        for (output, inputs) in windows(pool) {
            let pixels = inputs.iter().map(|input| image * g.output_len() + input);
            let first = image * g.output_len() + inputs[0];
            let winner = pixels.fold(first, |best, at| if y[at] > y[best] { at } else { best });
            outputs[image * pool.output_len() + output] = y[winner];
            winners[image * pool.output_len() + output] = winner;
        }
    }
    (outputs, winners)
}

/// Output and all gradients against the reference, for a batch smaller than the largest, twice, with
/// the kernel kept from the pass before the second time.
fn check((g, pool): (Conv2dGeometry, PoolGeometry), max_batch: usize, n: usize) {
    let what = format!("{g:?}, {pool:?}, {n} of {max_batch}");
    let direct = Algorithms::all(Algorithm::Direct);
    let mut conv = PooledConv2d::new((g.clone(), pool.clone()), max_batch, direct);
    conv.allocate().expect("little memory");
    let kernel = numbers(g.kernel_len(), 1);
    let bias = numbers(g.filters, 2);
    for seed in 0..2 {
        let x = numbers(n * g.input_len(), 3 * seed + 3);
        let mut y = vec![f32::NAN; n * pool.output_len()];
        conv.reuse_kernel(seed > 0);
        conv.forward(n, &x, &kernel, Some(&bias), Rectifier::Relu, &mut y);
        let full = reference::conv_forward(&g, n, &x, &kernel, &bias);
        let (mut expected, winners) = pooled(&g, &pool, n, &full);
        expected.iter_mut().for_each(|y| *y = y.max(0.0));
        assert_close(&y, &expected, TOLERANCE, &what);

        let mut dy = numbers(y.len(), 3 * seed + 4);
        Rectifier::Relu.backward(&y, &mut dy);
        let mut full_dy = vec![0.0; n * g.output_len()];
        winners.iter().zip(&dy).for_each(|(&winner, dy)| full_dy[winner] += dy);
        let (expected_dkernel, expected_dx) =
            reference::conv_backward(&g, n, &x, &kernel, &full_dy);
        let mut dkernel = vec![f32::NAN; g.kernel_len()];
        let mut dbias = vec![f32::NAN; g.filters];
        let mut dx = vec![f32::NAN; x.len()];
        conv.backward(n, &x, &dy, &kernel, &mut dkernel, Some(&mut dbias), Some(&mut dx));
        assert_close(&dkernel, &expected_dkernel, TOLERANCE, &format!("{what}: dkernel"));
        let sums = reference::column_sums(&dy, g.filters);
        assert_close(&dbias, &sums, TOLERANCE, &format!("{what}: dbias"));
        assert_close(&dx, &expected_dx, TOLERANCE, &format!("{what}: dx"));

        let mut alone = vec![f32::NAN; g.kernel_len()];
        conv.backward(n, &x, &dy, &kernel, &mut alone, None, None);
        assert_eq!(alone, dkernel, "{what}: without the gradient of the input");
    }
}

const TWOS: ([usize; 2], [usize; 2], Padding) = ([2, 2], [2, 2], Valid);
const ONES: [[usize; 2]; 2] = [[1, 1], [1, 1]];

/// Kernels whose rows are of every number of vectors that is worked on at a time, and of several.
#[test]
fn runs_of_every_length() {
    for channels in [1, 2, 3, 4, 5, 7, 8, 11, 13, 16, 17, 33] {
        for padding in [Valid, Same] {
            check(sizes([6, 7, channels], 5, [3, 3], ONES, padding, TWOS), 3, 2);
        }
    }
    check(sizes([4, 5, 2], 3, [3, 2], ONES, Valid, TWOS), 3, 2);
}

#[test]
fn kernels_strides_and_dilations() {
    for kernel in [[1, 1], [1, 3], [3, 2], [5, 5], [2, 4], [7, 5]] {
        for strides in [[1, 1], [2, 2], [1, 3]] {
            for dilation in [[1, 1], [2, 1], [1, 2]] {
                for padding in [Valid, Same] {
                    let steps = [strides, dilation];
                    check(sizes([15, 16, 3], 6, kernel, steps, padding, TWOS), 2, 2);
                }
            }
        }
    }
}

/// Windows that overlap (a pixel wins several), leave gaps, reach over the border, or are larger than
/// the image.
#[test]
fn windows_of_every_kind() {
    for pool in [[1, 1], [2, 2], [3, 2], [5, 6]] {
        for strides in [[1, 1], [2, 2], [3, 4]] {
            for padding in [Valid, Same] {
                check(sizes([7, 8, 3], 4, [3, 3], ONES, Valid, (pool, strides, padding)), 2, 2);
            }
        }
    }
    check(sizes([3, 3, 1], 2, [3, 3], ONES, Same, ([5, 7], [2, 2], Same)), 2, 1);
}

#[test]
fn the_layers_of_real_networks_in_several_blocks() {
    check(sizes([28, 28, 1], 8, [5, 5], ONES, Valid, TWOS), 17, 16);
    check(sizes([12, 12, 8], 16, [5, 5], ONES, Valid, TWOS), 16, 15);
    check(sizes([28, 28, 1], 6, [5, 5], ONES, Same, TWOS), 5, 5);
    check(sizes([32, 32, 3], 7, [3, 3], ONES, Same, TWOS), 3, 3);
}

/// Images of which only some rows stay in the cache.
#[test]
fn several_bands_of_rows() {
    check(sizes([40, 40, 8], 4, [3, 3], ONES, Same, TWOS), 2, 2);
    check(sizes([41, 40, 8], 3, [3, 5], [[2, 1], [1, 2]], Valid, ([3, 2], [2, 3], Same)), 1, 1);
    check(sizes([9, 70, 33], 2, [3, 3], ONES, Same, ([3, 3], [1, 4], Valid)), 1, 1);
}
