//! What holds for every layer of the table, and the messages of faults.

mod attention;
mod recurrent;
mod reference;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::ErrorKind;
use crate::memory::allocate;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn parse(layer: Value) -> LayerSpec {
    serde_json::from_value(layer.clone()).unwrap_or_else(|error| panic!("{layer}: {error}"))
}

#[test]
fn every_kind_has_examples_that_fit() {
    let examples = LayerSpec::examples();
    let kinds: BTreeSet<_> = examples.iter().map(|(layer, _)| layer.type_name()).collect();
    assert_eq!(kinds, LayerSpec::NAMES.iter().copied().collect());
    for (layer, shapes) in examples {
        let shape =
            layer.checked_output_shape(&shapes).unwrap_or_else(|e| panic!("{layer:?}: {e}"));
        assert!(!shape.is_empty(), "{layer:?}");
    }
}

#[test]
fn specifications_survive_being_written() {
    for (layer, _) in LayerSpec::examples() {
        let text = serde_json::to_string(&layer).expect("attributes that can be written");
        assert_eq!(serde_json::from_str::<LayerSpec>(&text).ok(), Some(layer), "{text}");
    }
}

#[test]
fn tables_name_what_specifications_hold() {
    for (layer, _) in LayerSpec::examples() {
        let value = serde_json::to_value(&layer).expect("attributes that can be written");
        let written: BTreeSet<_> = value.as_object().expect("an object").keys().cloned().collect();
        let mut named: BTreeSet<_> =
            layer.attributes().iter().map(|attribute| attribute.name.to_owned()).collect();
        named.insert("type".into());
        assert_eq!(written, named, "{}", layer.type_name());
    }
}

#[test]
fn tables_know_the_defaults() {
    let constructed: &[LayerSpec] = &[
        Conv2d::new(1, 1).into(),
        DepthwiseConv2d::new(1).into(),
        Dense::new(1).into(),
        MaxPooling2d::new(2).into(),
        AveragePooling2d::new(2).into(),
        Activation::new(ActivationName::Relu).into(),
        BatchNormalization::default().into(),
        Concatenate::default().into(),
        Embedding::new(1, 1).into(),
        SimpleRnn::new(1).into(),
        Lstm::new(1).into(),
        Gru::new(1).into(),
        MultiHeadAttention::new(1, 1).into(),
        ZeroPadding2d::default().into(),
    ];
    for kind in layer_types() {
        let defaults: Vec<_> =
            kind.attributes.iter().filter_map(|a| Some((a.name, a.default.clone()?))).collect();
        if let Some(layer) = constructed.iter().find(|layer| layer.type_name() == kind.name) {
            let value = serde_json::to_value(layer).expect("attributes that can be written");
            for (name, default) in &defaults {
                assert_eq!(value[*name], *default, "{}: {name}", kind.name);
            }
        }
        // What is left out may be left out, and the rest may not.
        let (full, _) = LayerSpec::examples()
            .into_iter()
            .find(|(layer, _)| layer.type_name() == kind.name)
            .expect("an example");
        let full = serde_json::to_value(full).expect("attributes that can be written");
        for attribute in &kind.attributes {
            let mut rest = full.clone();
            rest.as_object_mut().expect("an object").remove(attribute.name);
            let read = serde_json::from_value::<LayerSpec>(rest);
            assert_eq!(read.is_ok(), attribute.default.is_some(), "{}", attribute.name);
        }
    }
    let dense = layer_types().into_iter().find(|kind| kind.name == "dense").expect("dense");
    let described = serde_json::to_value(&dense.attributes[0]).expect("a table");
    let expected = json!({
        "name": "units", "kind": "integer", "min": 1.0, "max": 1_048_576.0,
        "help": "The number of outputs.",
    });
    assert_eq!(described, expected);
    assert_eq!(dense.attributes[3].default, Some("glorotUniform".into()));
}

#[test]
fn attributes_out_of_bounds_are_refused_by_name() {
    for (layer, shapes) in LayerSpec::examples() {
        for attribute in layer.attributes() {
            let wrong: Vec<Value> = match attribute.kind {
                Kind::Integer(min, max) => vec![json!(min - 1), json!(max + 1)],
                Kind::Pair(min, max) | Kind::Edges(min, max) => {
                    vec![json!(min - 1), json!([1, max + 1])]
                }
                Kind::Number(min, max) => vec![json!(min - 0.5), json!(max), json!(2.0 * max)],
                _ => Vec::new(),
            };
            for value in wrong {
                let mut written = serde_json::to_value(&layer).expect("an object");
                written[attribute.name] = value.clone();
                // Sizes below zero are refused when they are read.
                let Ok(layer) = serde_json::from_value::<LayerSpec>(written) else { continue };
                let error = layer.checked_output_shape(&shapes).expect_err("out of bounds");
                assert_eq!(error.kind(), ErrorKind::Argument, "{error}");
                let text = error.to_string();
                assert!(text.starts_with(&format!("{} is ", attribute.name)), "{text}");
            }
        }
    }
    let nan = LayerSpec::from(Dropout { rate: f64::NAN });
    let error = nan.checked_output_shape(&[vec![3]]).expect_err("NaN");
    assert_eq!(error.message(), "rate is not a finite number");
}

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
        (json!({"units": 3}), "missing field `type`"),
    ] {
        let error = serde_json::from_value::<LayerSpec>(written.clone()).expect_err("a fault");
        assert!(error.to_string().contains(expected), "{written}: {error}");
    }
}

#[test]
fn one_number_may_stand_for_a_pair() {
    let pairs = parse(json!({"type": "conv2d", "filters": 3, "kernelSize": 5, "strides": [2, 1]}));
    let expected = Conv2d { strides: [2, 1].into(), ..Conv2d::new(3, [5, 5]) };
    assert_eq!(pairs, expected.into());
    for (written, expected) in [
        (json!(2), [[2, 2], [2, 2]]),
        (json!([1, 2]), [[1, 1], [2, 2]]),
        (json!([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
    ] {
        let layer = parse(json!({"type": "zeroPadding2d", "padding": written}));
        assert_eq!(layer, ZeroPadding2d { padding: Edges(expected) }.into());
        let back = serde_json::to_value(&layer).expect("attributes that can be written");
        assert_eq!(back["padding"], written);
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
    ] {
        let error = parse(layer.clone()).checked_output_shape(&inputs).expect_err("a fault");
        assert_eq!(error.kind(), kind, "{layer}: {error}");
        assert!(error.message().contains(expected), "{layer}: {error}");
    }
}

#[test]
fn parameters_follow_keras() {
    let conv = Conv2d::new(7, [3, 2]);
    let parameters = conv.parameters(&[vec![9, 9, 5]]);
    assert_eq!(parameters[0].shape, [3, 2, 5, 7]);
    assert_eq!(parameters[0].fans, Fans { fan_in: 30, fan_out: 42 });
    assert_eq!((parameters[1].name, &parameters[1].shape[..]), ("bias", &[7][..]));
    assert_eq!(conv.multiply_adds(&[vec![9, 9, 5]]), 7 * 8 * 30 * 7);
    let grouped = Conv2d { groups: 5, ..Conv2d::new(10, 3) };
    assert_eq!(grouped.parameters(&[vec![9, 9, 5]])[0].shape, [3, 3, 1, 10]);
    assert_eq!(grouped.multiply_adds(&[vec![9, 9, 5]]), 7 * 7 * 9 * 10);
    let depthwise = DepthwiseConv2d { depth_multiplier: 2, ..DepthwiseConv2d::new([3, 2]) };
    let parameters = depthwise.parameters(&[vec![9, 9, 5]]);
    assert_eq!(parameters[0].shape, [3, 2, 5, 2]);
    assert_eq!(parameters[0].fans, Fans { fan_in: 30, fan_out: 12 });
    assert_eq!(parameters[1].shape, [10]);
    assert_eq!(depthwise.multiply_adds(&[vec![9, 9, 5]]), 7 * 8 * 6 * 10);
    let dense = Dense::new(4);
    assert_eq!(dense.parameters(&[vec![2, 3]])[0].shape, [3, 4]);
    assert_eq!(dense.multiply_adds(&[vec![2, 3]]), 2 * 3 * 4);
    let norm = BatchNormalization::default().parameters(&[vec![2, 2, 6]]);
    let names: Vec<_> = norm.iter().map(|p| (p.name, p.trainable)).collect();
    let running = [("movingMean", false), ("movingVariance", false)];
    assert_eq!(names, [[("gamma", true), ("beta", true)], running].concat());
}

/// Memory that is not there is an error and no end of the program.
#[test]
fn memory_that_is_refused_is_an_error() {
    let error = allocate::<f32>("a buffer", usize::MAX / 4).expect_err("more than there is");
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.message().starts_with("a buffer: found no memory for"), "{error}");
}

/// The same where the size alone does not tell: another program, or the browser, has the rest.
#[cfg(target_arch = "wasm32")]
#[test]
fn memory_that_the_browser_refuses_is_an_error() {
    let mut held = Vec::new();
    // Of the 4 GiB that a program can have at most.
    for _ in 0..4 {
        let mut block = Vec::<u8>::new();
        if block.try_reserve_exact(1 << 30).is_ok() {
            held.push(block);
        }
    }
    let error = allocate::<f32>("a buffer", 1 << 28).expect_err("more than is left");
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    drop(held);
    allocate::<f32>("a buffer", 1 << 10).expect("enough again");
}
