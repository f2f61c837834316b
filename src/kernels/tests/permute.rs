#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::numbers;
use crate::kernels::permute::Permutation;

/// Where a tensor of this shape has the element of these indices.
fn place(shape: &[usize], indices: &[usize]) -> usize {
    indices.iter().zip(shape).fold(0, |place, (index, size)| place * size + index)
}

#[test]
fn every_element_goes_where_its_indices_say() {
    for (shape, order) in [
        (&[5][..], &[0][..]),
        (&[3, 4], &[1, 0]),
        (&[3, 4], &[0, 1]),
        (&[2, 3, 5], &[2, 0, 1]),
        (&[2, 3, 5], &[1, 0, 2]),
        (&[2, 3, 5], &[0, 2, 1]),
        (&[2, 3, 1, 5], &[3, 1, 0, 2]),
        (&[2, 3, 4, 5], &[1, 0, 2, 3]),
    ] {
        let x = numbers(shape.iter().product(), 1);
        let target: Vec<usize> = order.iter().map(|&axis| shape[axis]).collect();
        let mut expected = vec![f32::NAN; x.len()];
        for (from, x) in x.iter().enumerate() {
            let mut rest = from;
            let mut indices = vec![0; shape.len()];
            for (index, size) in indices.iter_mut().zip(shape).rev() {
                *index = rest % size;
                rest /= size;
            }
            let moved: Vec<usize> = order.iter().map(|&axis| indices[axis]).collect();
            expected[place(&target, &moved)] = *x;
        }
        let permutation = Permutation::new(shape, order);
        let (mut y, mut back) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
        permutation.apply(&x, &mut y);
        assert_eq!(y, expected, "{shape:?} in the order {order:?}");
        permutation.invert(&y, &mut back);
        assert_eq!(back, x, "{shape:?} in the order {order:?}: inverse");
        assert_eq!(permutation.numbers(), x.len());
        assert_eq!(permutation.is_identity(), target == shape && order.is_sorted());
    }
}
