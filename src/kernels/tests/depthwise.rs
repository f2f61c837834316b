#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::{self, assert_close, numbers};
use crate::kernels::conv::{Conv2dGeometry, Padding};
use crate::kernels::depthwise::{Depthwise, DepthwiseGeometry};
use crate::kernels::grouped::GroupedConv2d;
use crate::kernels::{Rectifier, conv};
use crate::{ErrorKind, Result};

const TOLERANCE: f64 = 2e-6;

/// The sizes of a convolution in groups.
#[derive(Clone, Copy, Debug)]
struct Case {
    input: [usize; 2],
    groups: usize,
    /// Channels and filters of a group.
    channels: usize,
    filters: usize,
    kernel: [usize; 2],
    strides: [usize; 2],
    dilation: [usize; 2],
    padding: Padding,
}

impl Case {
    fn depthwise(self) -> Result<DepthwiseGeometry> {
        let [height, width] = self.input;
        let input = [height, width, self.groups];
        let Self { filters, kernel, strides, dilation, padding, .. } = self;
        DepthwiseGeometry::new(input, filters, kernel, strides, dilation, padding)
    }

    /// Of one group.
    fn group(self) -> Result<Conv2dGeometry> {
        let [height, width] = self.input;
        let input = [height, width, self.channels];
        let Self { filters, kernel, strides, dilation, padding, .. } = self;
        Conv2dGeometry::new(input, filters, kernel, strides, dilation, padding)
    }
}

/// The kernel under test.
enum Tested {
    Depthwise(Box<Depthwise>),
    Grouped(Box<GroupedConv2d>),
}

/// Calls a method that both have.
macro_rules! call {
    ($tested:expr, $method:ident($($argument:expr),*)) => {
        match &mut $tested {
            Tested::Depthwise(kernel) => kernel.$method($($argument),*),
            Tested::Grouped(kernel) => kernel.$method($($argument),*),
        }
    };
}

/// Every `groups`-th of rows of `width` numbers, from the group's part on.
fn part(x: &[f32], groups: usize, width: usize, group: usize) -> Vec<f32> {
    let rows = x.chunks_exact(groups * width);
    rows.flat_map(|row| row[group * width..][..width].to_vec()).collect()
}

/// All three products against the reference of every group, for a batch smaller than the largest,
/// twice, so that nothing of the first call is left in the second.
fn check(case: Case, mut tested: Tested, n: usize) {
    let (what, g) = (format!("{case:?}, {n} images"), case.group().expect("a valid geometry"));
    let Case { groups, channels, filters, .. } = case;
    call!(tested, allocate()).expect("little memory");
    for seed in 0..2 {
        let x = numbers(n * groups * g.input_len(), 4 * seed + 1);
        let kernel = numbers(groups * g.kernel_len(), 4 * seed + 2);
        let dy = numbers(n * groups * g.output_len(), 4 * seed + 3);
        let bias = numbers(groups * filters, 4 * seed + 4);
        let (mut y, mut clamped) = (vec![f32::NAN; dy.len()], vec![f32::NAN; dy.len()]);
        call!(tested, forward(n, &x, &kernel, None, Rectifier::Linear, &mut y));
        call!(tested, forward(n, &x, &kernel, Some(&bias), Rectifier::Relu6, &mut clamped));
        let (mut dkernel, mut dbias) = (vec![f32::NAN; kernel.len()], vec![f32::NAN; bias.len()]);
        call!(tested, backward_kernel(n, &x, &dy, &mut dkernel, Some(&mut dbias)));
        let mut dx = vec![f32::NAN; x.len()];
        call!(tested, backward_input(n, &dy, &kernel, &mut dx));

        for group in 0..groups {
            let of = |x: &[f32], width: usize| part(x, groups, width, group);
            let (x, kernel, dy) = (of(&x, channels), of(&kernel, filters), of(&dy, filters));
            let expected = reference::conv_forward(&g, n, &x, &kernel, &[]);
            assert_close(&of(&y, filters), &expected, TOLERANCE, &what);
            let bias = &bias[group * filters..][..filters];
            let mut expected = reference::conv_forward(&g, n, &x, &kernel, bias);
            expected.iter_mut().for_each(|y| *y = y.clamp(0.0, 6.0));
            let name = format!("{what}: bias and relu6");
            assert_close(&of(&clamped, filters), &expected, TOLERANCE, &name);
            let (expected_dkernel, expected_dx) = reference::conv_backward(&g, n, &x, &kernel, &dy);
            let name = format!("{what}: dkernel");
            assert_close(&of(&dkernel, filters), &expected_dkernel, TOLERANCE, &name);
            assert_close(&of(&dx, channels), &expected_dx, TOLERANCE, &format!("{what}: dx"));
        }
        let expected = reference::column_sums(&dy, groups * filters);
        assert_close(&dbias, &expected, TOLERANCE, &format!("{what}: dbias"));
    }
}

fn depthwise(case: Case) {
    let geometry = case.depthwise().expect("a valid geometry");
    check(case, Tested::Depthwise(Box::new(Depthwise::new(geometry, true))), 2);
}

const THREE: Case = Case {
    input: [7, 9],
    groups: 5,
    channels: 1,
    filters: 1,
    kernel: [3, 3],
    strides: [1, 1],
    dilation: [1, 1],
    padding: Padding::Same,
};

#[test]
fn channels_and_multipliers_of_every_remainder() {
    for groups in [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 23] {
        for filters in [1, 2, 3] {
            for padding in [Padding::Valid, Padding::Same] {
                depthwise(Case { groups, filters, padding, ..THREE });
            }
        }
    }
}

#[test]
fn windows_of_every_kind() {
    for kernel in [[1, 1], [1, 3], [3, 2], [5, 5], [2, 4]] {
        for strides in [[1, 1], [2, 2], [1, 3], [3, 1], [4, 4]] {
            for dilation in [[1, 1], [2, 2], [1, 2], [2, 1]] {
                for padding in [Padding::Valid, Padding::Same] {
                    let input = [9, 10];
                    depthwise(Case { input, kernel, strides, dilation, padding, ..THREE });
                }
            }
        }
    }
}

/// Images of every size, so that rows have every number of windows that lie inside, none too, and
/// windows that reach over both edges.
#[test]
fn images_of_every_size() {
    for height in [1, 2, 5] {
        for width in 1..14 {
            for stride in [1, 2] {
                let strides = [stride, stride];
                depthwise(Case { input: [height, width], groups: 8, strides, ..THREE });
                let kernel = [5, 5];
                depthwise(Case { input: [height, width], groups: 3, kernel, strides, ..THREE });
            }
        }
    }
}

#[test]
fn groups_of_every_size() {
    for (groups, channels, filters) in [(2, 2, 3), (3, 1, 2), (2, 5, 4), (4, 4, 9), (1, 3, 2)] {
        for (strides, dilation) in [([1, 1], [1, 1]), ([2, 1], [1, 1]), ([1, 1], [1, 2])] {
            for padding in [Padding::Valid, Padding::Same] {
                let case = Case { groups, channels, filters, strides, dilation, padding, ..THREE };
                // More images than one block, whose last part is smaller.
                let group = case.group().expect("a valid geometry");
                let algorithms = conv::Algorithms::fastest(&group);
                let tested = GroupedConv2d::new(group, groups, 21, true, algorithms);
                check(case, Tested::Grouped(Box::new(tested)), 19);
            }
        }
    }
}

#[test]
fn one_group_is_an_ordinary_convolution() {
    let case = Case { groups: 1, channels: 3, filters: 4, ..THREE };
    let g = case.group().expect("a valid geometry");
    let (x, kernel) = (numbers(2 * g.input_len(), 1), numbers(g.kernel_len(), 2));
    let (mut y, mut expected) = (vec![0.0; 2 * g.output_len()], vec![1.0; 2 * g.output_len()]);
    let none = Rectifier::Linear;
    let algorithms = conv::Algorithms::fastest(&g);
    let mut grouped = GroupedConv2d::new(g.clone(), 1, 2, false, algorithms);
    let mut ordinary = conv::Conv2d::new(g, 2, false);
    grouped.allocate().and_then(|()| ordinary.allocate()).expect("little memory");
    grouped.forward(2, &x, &kernel, None, none, &mut y);
    ordinary.forward(2, &x, &kernel, None, none, &mut expected);
    assert_eq!(y, expected);
}

#[test]
fn bad_depthwise_geometries_are_refused() {
    let kind = |case: Case| case.depthwise().expect_err("refused").kind();
    assert_eq!(kind(Case { groups: 0, ..THREE }), ErrorKind::Argument);
    assert_eq!(kind(Case { filters: 0, ..THREE }), ErrorKind::Argument);
    assert_eq!(kind(Case { strides: [1, 0], ..THREE }), ErrorKind::Argument);
    let valid = Case { padding: Padding::Valid, ..THREE };
    assert_eq!(kind(Case { kernel: [8, 1], ..valid }), ErrorKind::Shape);
    assert_eq!(kind(Case { filters: usize::MAX, ..THREE }), ErrorKind::TooLarge);
    assert_eq!(kind(Case { kernel: [usize::MAX, 1], ..THREE }), ErrorKind::TooLarge);
}
