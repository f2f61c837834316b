//! What is wrong with a layer, and how that is said.

use serde_json::{Value, json};

use super::parse;
use crate::ErrorKind;
use crate::layers::LayerSpec;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn specifications_with_faults_are_refused_by_name() {
    for (written, expected) in [
        (json!({"type": "conv3d"}), "unknown variant `conv3d`"),
        (json!({"type": "dense"}), "missing field `units`"),
        (json!({"type": "dense", "units": 3, "unit": 4}), "unknown field `unit`"),
        (json!({"type": "flatten", "units": 3}), "unknown field `units`"),
        (json!({"type": "dense", "units": -3}), "invalid value: integer `-3`"),
        (json!({"type": "dense", "units": 3, "activation": "rely"}), "unknown variant `rely`"),
        (
            json!({"type": "conv2d", "filters": 3, "kernelSize": [1, 2, 3]}),
            "expected a whole number or a pair [height, width]",
        ),
        (json!({"type": "zeroPadding2d", "padding": "all"}), "expected a whole number, a pair or"),
        (json!({"type": "softmax", "axis": "all"}), "expected an axis or a list of axes"),
        (json!({"type": "conv2d", "filters": 3, "kernelSize": 2, "padding": "causal"}), "causal"),
        (json!({"units": 3}), "missing field `type`"),
    ] {
        let error = serde_json::from_value::<LayerSpec>(written.clone()).expect_err("a fault");
        assert!(error.to_string().contains(expected), "{written}: {error}");
    }
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let conv = |size: usize| json!({"type": "conv2d", "filters": 4, "kernelSize": size});
    let groups =
        |groups: usize| json!({"type": "conv2d", "filters": 5, "kernelSize": 3, "groups": groups});
    let depthwise = |size: usize, multiplier: usize| json!({"type": "depthwiseConv2d", "kernelSize": size, "depthMultiplier": multiplier});
    let huge = json!({"type": "conv2d", "filters": 65_536, "kernelSize": 1024});
    let reshape = |shape: &[i64]| json!({"type": "reshape", "targetShape": shape});
    let conv1d = |size: usize, dilation: usize| json!({"type": "conv1d", "filters": 4, "kernelSize": size, "dilationRate": dilation});
    let transposed = |padding: &str, size: usize, stride: usize, more: usize| {
        json!({
            "type": "conv2dTranspose", "filters": 4, "kernelSize": size, "strides": stride,
            "padding": padding, "outputPadding": more,
        })
    };
    let permute = |dims: &[usize]| json!({"type": "permute", "dims": dims});
    let softmax = |axis: Value| json!({"type": "softmax", "axis": axis});
    let join = |axis: i64| json!({"type": "concatenate", "axis": axis});
    use ErrorKind::{Argument, Shape, TooLarge};
    for (layer, inputs, kind, expected) in [
        (conv(11), vec![vec![8, 8, 1]], Shape, "8x8 is smaller than the 11x11 kernel"),
        (conv(3), vec![vec![8, 8]], Shape, "[8, 8], expected [height, width, channels]"),
        (huge, vec![vec![2048, 2048, 1]], TooLarge, "more than 268435456 elements"),
        (groups(3), vec![vec![8, 8, 4]], Shape, "4 input channels in 3 groups"),
        (groups(2), vec![vec![8, 8, 4]], Shape, "5 filters in 2 groups"),
        (depthwise(9, 1), vec![vec![8, 8, 4]], Shape, "8x8 is smaller than the 9x9 kernel"),
        (depthwise(3, 1), vec![vec![8]], Shape, "[8], expected [height, width, channels]"),
        (depthwise(3, 65_536), vec![vec![8, 8, 9_000]], TooLarge, "more than 268435456 elements"),
        (
            json!({"type": "maxPooling2d"}),
            vec![vec![1, 4, 2]],
            Shape,
            "1x4 is smaller than the 2x2",
        ),
        (json!({"type": "dense", "units": 1 << 20}), vec![vec![1024]], TooLarge, "the kernel"),
        (json!({"type": "dense", "units": 3}), vec![vec![2]; 2], Argument, "2 inputs, expected 1"),
        (json!({"type": "add"}), vec![vec![2]], Argument, "1 inputs, expected 2 or more"),
        (json!({"type": "add"}), vec![vec![2], vec![3]], Shape, "[2] and [3], expected the same"),
        (reshape(&[5]), vec![vec![2, 3]], Shape, "does not hold the 6 numbers"),
        (reshape(&[4, -1]), vec![vec![2, 3]], Shape, "does not hold the 6 numbers"),
        (reshape(&[-1, -1]), vec![vec![2, 3]], Argument, "expected -1 at most once"),
        (reshape(&[0]), vec![vec![2, 3]], Argument, "sizes of at least 1"),
        (reshape(&[i64::MAX, i64::MAX]), vec![vec![2, 3]], TooLarge, "targetShape"),
        (join(-1), vec![vec![2, 3], vec![3, 3]], Shape, "the same but along axis -1"),
        (join(-1), vec![vec![2, 3], vec![3]], Shape, "the same but along axis -1"),
        (join(0), vec![vec![2], vec![2]], Argument, "axis is 0, expected 1 to 1"),
        (join(-2), vec![vec![2], vec![2]], Argument, "axis is -2"),
        (json!({"type": "subtract"}), vec![vec![2]; 3], Argument, "3 inputs, expected 2"),
        (json!({"type": "multiply"}), vec![vec![2], vec![2, 3]], Shape, "[2] and [2, 3], expected"),
        (
            conv1d(3, 4),
            vec![vec![8, 2]],
            Shape,
            "length 8 is shorter than the kernel, which spans 9",
        ),
        (conv1d(3, 1), vec![vec![8]], Shape, "[8], expected [length, channels]"),
        (
            json!({"type": "maxPooling1d", "poolSize": 5}),
            vec![vec![4, 2]],
            Shape,
            "length 4 is shorter than the window, which spans 5",
        ),
        (
            json!({"type": "cropping2d", "cropping": [[1, 2], [0, 0]]}),
            vec![vec![3, 4, 2]],
            Shape,
            "of 3x4 pixels, [1, 2] rows and [0, 0] columns leave none",
        ),
        (
            json!({"type": "upSampling2d", "size": 1024}),
            vec![vec![512, 512, 2]],
            TooLarge,
            "the output of upSampling2d",
        ),
        (
            transposed("valid", 3, 2, 2),
            vec![vec![4, 4, 2]],
            Argument,
            "outputPadding is 2, expected 0 to 1",
        ),
        (transposed("same", 4, 2, 0), vec![vec![4, 4, 2]], Argument, "is 0, expected 1 to 1"),
        (transposed("same", 3, 1, 0), vec![vec![4, 4]], Shape, "[4, 4], expected [height, width"),
        (
            json!({"type": "conv2dTranspose", "filters": 9, "kernelSize": 1, "strides": 1024}),
            vec![vec![512, 512, 2]],
            TooLarge,
            "conv2dTranspose: the output",
        ),
        (
            json!({"type": "separableConv2d", "filters": 9, "kernelSize": 5}),
            vec![vec![4, 6, 2]],
            Shape,
            "4x6 is smaller than the 5x5 kernel",
        ),
        (
            json!({"type": "separableConv2d", "filters": 65_536, "kernelSize": 1}),
            vec![vec![4, 6, 4097]],
            TooLarge,
            "separableConv2d: a kernel",
        ),
        (
            json!({"type": "layerNormalization", "axis": 3}),
            vec![vec![2, 3]],
            Argument,
            "axis is 3, expected 1 to 2",
        ),
        (
            json!({"type": "layerNormalization", "axis": []}),
            vec![vec![2, 3]],
            Argument,
            "axis is [], expected at least one",
        ),
        (
            json!({"type": "groupNormalization", "groups": 4}),
            vec![vec![2, 6]],
            Shape,
            "6 channels in 4 groups",
        ),
        (
            json!({"type": "groupNormalization", "groups": 0}),
            vec![vec![2, 6]],
            Argument,
            "groups is 0, expected at least 1",
        ),
        (json!({"type": "repeatVector", "n": 2}), vec![vec![2, 3]], Shape, "expected [features]"),
        (permute(&[1, 1]), vec![vec![2, 3]], Argument, "[1, 1], expected the numbers from 1 to 2"),
        (json!({"type": "flip", "axis": []}), vec![vec![2, 3]], Argument, "axis is [], expected"),
        (json!({"type": "flip", "axis": 3}), vec![vec![2, 3]], Argument, "axis is 3, expected 1"),
        (permute(&[1]), vec![vec![2, 3]], Argument, "[1], expected the numbers from 1 to 2"),
        (softmax(json!([])), vec![vec![2, 3]], Argument, "axis is [], expected at least one"),
        (softmax(json!([1, -2])), vec![vec![2, 3]], Argument, "axis is [1, -2], expected each"),
        (softmax(json!(0)), vec![vec![2, 3]], Argument, "axis is 0, expected 1 to 2"),
        (
            json!({"type": "prelu", "sharedAxes": [3]}),
            vec![vec![2, 3]],
            Argument,
            "sharedAxes is 3, expected 1 to 2",
        ),
    ] {
        let error = parse(layer.clone()).checked_output_shape(&inputs).expect_err("a fault");
        assert_eq!(error.kind(), kind, "{layer}: {error}");
        assert!(error.message().contains(expected), "{layer}: {error}");
    }
}
