#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::{self, assert_close, numbers};
use crate::ErrorKind;
use crate::kernels::Rectifier;
use crate::kernels::matmul::MatMul;

#[test]
fn all_products_over_awkward_sizes() {
    let sizes = [1, 3, 4, 8, 13, 16, 65];
    for (m, k, n) in sizes.iter().flat_map(|&m| {
        sizes.iter().flat_map(move |&k| [1, 2, 4, 5, 8, 10, 15, 17, 33].map(|n| (m, k, n)))
    }) {
        let mut product = MatMul::new(m + 1, k, n, true).expect("a valid size");
        product.allocate().expect("little memory");
        let (a, b, dc) = (numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3));
        let bias = numbers(n, 4);
        let what = format!("[{m}, {k}] [{k}, {n}]");
        let at_a = |i: usize, j: usize| a[i * k + j];
        let at_b = |i: usize, j: usize| b[i * n + j];
        let at_dc = |i: usize, j: usize| dc[i * n + j];

        let mut c = vec![f32::NAN; m * n];
        product.forward(m, &a, &b, None, Rectifier::Linear, &mut c);
        let mut expected = reference::matmul([m, k, n], at_a, at_b);
        assert_close(&c, &expected, 1e-6, &what);
        product.forward(m, &a, &b, Some(&bias), Rectifier::Relu, &mut c);
        for (i, c) in expected.iter_mut().enumerate() {
            *c = (*c + f64::from(bias[i % n])).max(0.0);
        }
        assert_close(&c, &expected, 1e-6, &format!("{what}: bias and relu"));

        let (mut db, mut dbias) = (vec![f32::NAN; k * n], vec![f32::NAN; n]);
        product.backward_b(m, &a, &dc, &mut db, Some(&mut dbias));
        let expected = reference::matmul([k, m, n], |i, j| at_a(j, i), at_dc);
        assert_close(&db, &expected, 1e-6, &format!("{what}: db"));
        assert_close(&dbias, &reference::column_sums(&dc, n), 1e-6, &format!("{what}: dbias"));

        let mut da = vec![f32::NAN; m * k];
        product.backward_a(m, &dc, &b, &mut da);
        let expected = reference::matmul([m, n, k], at_dc, |i, j| at_b(j, i));
        assert_close(&da, &expected, 1e-6, &format!("{what}: da"));

        product.reuse_b(true);
        let mut again = [vec![f32::NAN; c.len()], vec![f32::NAN; da.len()]];
        product.forward(m, &a, &b, Some(&bias), Rectifier::Relu, &mut again[0]);
        for _ in 0..2 {
            product.backward_a(m, &dc, &b, &mut again[1]);
            assert_eq!(again, [c.clone(), da.clone()], "{what}: B kept");
        }
    }
}

#[test]
fn sizes_beyond_the_limit_are_refused() {
    for (k, n) in [(usize::MAX, 2), (1 << 20, 1 << 20)] {
        let error = MatMul::new(1, k, n, false).expect_err("too large");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }
}
