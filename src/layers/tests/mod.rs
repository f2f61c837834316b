//! What holds for every layer of the table, and the messages of faults.

mod attention;
mod dropped;
mod faults;
mod kept;
mod plain;
mod random;
mod recurrent;
mod reference;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::ErrorKind;
use crate::initializers::Fans;
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
        Cropping2d::default().into(),
        UpSampling2d::default().into(),
        Conv1d::new(1, 1).into(),
        Conv2dTranspose::new(1, 1).into(),
        SeparableConv2d::new(1, 1).into(),
        LayerNormalization::default().into(),
        GroupNormalization::default().into(),
        MaxPooling1d::new(2).into(),
        AveragePooling1d::new(2).into(),
        Softmax::default().into(),
        Prelu::new(vec![]).into(),
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
                Kind::Pair(min, max) | Kind::Edges(min, max) | Kind::Axes(min, max) => {
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
    let transposed = Conv2dTranspose { strides: 2.into(), ..Conv2dTranspose::new(7, [3, 2]) };
    let parameters = transposed.parameters(&[vec![4, 5, 6]]);
    assert_eq!(parameters[0].shape, [3, 2, 7, 6]);
    assert_eq!(parameters[0].fans, Fans { fan_in: 42, fan_out: 36 });
    assert_eq!(parameters[1].shape, [7]);
    assert_eq!(transposed.multiply_adds(&[vec![4, 5, 6]]), 4 * 5 * 6 * 6 * 7);
    let separable = SeparableConv2d { depth_multiplier: 2, ..SeparableConv2d::new(4, 3) };
    let parameters = separable.parameters(&[vec![5, 6, 3]]);
    let shapes: Vec<_> = parameters.iter().map(|p| (p.name, &p.shape[..])).collect();
    let expected: [(&str, &[usize]); 3] =
        [("depthwiseKernel", &[3, 3, 3, 2]), ("pointwiseKernel", &[1, 1, 6, 4]), ("bias", &[4])];
    assert_eq!(shapes, expected);
    assert_eq!(parameters[0].fans, Fans { fan_in: 27, fan_out: 18 });
    assert_eq!(separable.multiply_adds(&[vec![5, 6, 3]]), 3 * 4 * 6 * (9 + 4));
    let layer = LayerNormalization { axis: Axes(vec![-1, 1]), ..LayerNormalization::default() };
    let parameters = layer.parameters(&[vec![2, 3, 4]]);
    assert_eq!((parameters[0].name, &parameters[0].shape[..]), ("gamma", &[2, 4][..]));
    assert_eq!((parameters[1].name, &parameters[1].shape[..]), ("beta", &[2, 4][..]));
    let prelu = Prelu::new(vec![1, 2]).parameters(&[vec![2, 3, 4]]);
    assert_eq!((prelu[0].name, &prelu[0].shape[..]), ("alpha", &[1, 1, 4][..]));
    let conv = Conv1d { groups: 5, ..Conv1d::new(10, 3) };
    assert_eq!(conv.parameters(&[vec![9, 5]])[0].shape, [3, 1, 10]);
    assert_eq!(conv.parameters(&[vec![9, 5]])[0].fans, Fans { fan_in: 3, fan_out: 30 });
    assert_eq!(conv.multiply_adds(&[vec![9, 5]]), 7 * 3 * 10);
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
