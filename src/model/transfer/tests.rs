//! Models that were cut, and weights that went from one to another.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use ndarray::{Array, ArrayD, IxDyn};
use serde_json::json;

use super::Model;
use crate::ErrorKind;

/// Two branches of one input, one with statistics, and a head of so many units.
fn model(seed: u64, units: usize) -> Model {
    let spec = json!({
        "seed": seed,
        "inputs": [{ "name": "x", "shape": [5, 6, 2] }, { "name": "more", "shape": [3] }],
        "nodes": [
            { "name": "conv", "inputs": ["x"], "layer": { "type": "conv2d", "filters": 3, "kernelSize": 3 } },
            { "name": "norm", "inputs": ["conv"], "layer": { "type": "batchNormalization" } },
            { "name": "flat", "inputs": ["norm"], "layer": { "type": "flatten" } },
            { "name": "side", "inputs": ["more"], "layer": { "type": "dense", "units": 4 } },
            { "name": "all", "inputs": ["flat", "side"], "layer": { "type": "concatenate" } },
            { "name": "head", "inputs": ["all"], "layer": { "type": "dense", "units": units } },
        ],
        "outputs": ["head"],
    });
    let mut model = Model::new(serde_json::from_value(spec).unwrap()).unwrap();
    for (i, value) in model.state_mut().iter_mut().enumerate() {
        *value += 0.1 * (i as f32 + seed as f32);
    }
    model
}

fn samples(shape: &[usize]) -> ArrayD<f32> {
    let len = shape.iter().product::<usize>();
    let values = (0..len).map(|i| (i * 37 % 101) as f32 / 50.0 - 1.0).collect();
    Array::from_shape_vec(IxDyn(shape), values).unwrap()
}

#[test]
fn a_cut_model_gives_what_the_layer_gave() {
    let mut whole = model(3, 2);
    let (x, more) = (samples(&[3, 5, 6, 2]), samples(&[3, 3]));
    let expected = whole.activations(&[x.view(), more.view()], &["flat", "all"]).unwrap();
    let mut cut = whole.up_to("flat").unwrap();
    assert_eq!(cut.spec().inputs.len(), 1);
    assert_eq!(cut.spec().outputs, ["flat"]);
    // A prediction folds the normalisation into the weights before it, which rounds differently.
    let close = |found: &ArrayD<f32>, expected: &ArrayD<f32>| {
        assert_eq!(found.shape(), expected.shape());
        assert!(
            found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-5)
        );
    };
    close(&cut.predict(&[x.view()]).unwrap()[0], &expected[0]);
    let mut both = whole.up_to("all").unwrap();
    close(&both.predict(&[x.view(), more.view()]).unwrap()[0], &expected[1]);
    assert_eq!(both.spec().nodes.len(), 5);
    assert_eq!(whole.up_to("pool").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn weights_go_over_by_name_and_shape() {
    let (source, mut target) = (model(1, 7), model(2, 4));
    let before = target.clone();
    let report = target.take_weights(&source, &[]).unwrap();
    assert_eq!(report.loaded.len(), 8, "{report:?}");
    assert!(report.missing.is_empty() && report.unexpected.is_empty());
    let names: Vec<&str> = report.mismatched.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["head/kernel", "head/bias"]);
    assert_eq!(
        (&report.mismatched[1].found[..], &report.mismatched[1].expected[..]),
        (&[7][..], &[4][..])
    );
    for slot in target.tensors() {
        let from = if slot.name.starts_with("head/") { &before } else { &source };
        assert_eq!(target.tensor(&slot.name).unwrap(), from.tensor(&slot.name).unwrap());
    }
    assert_eq!(report.require_all().unwrap_err().kind(), ErrorKind::Shape);

    let cut = source.up_to("conv").unwrap();
    let report = target.compare_weights(&cut, &[]);
    assert_eq!(report.loaded, ["conv/kernel", "conv/bias"]);
    assert_eq!(report.missing.len(), target.tensors().len() - 2);
    let error = report.require_all().unwrap_err();
    assert!(error.message().contains("found no \"norm/gamma\""), "{error}");
    let report = cut.compare_weights(&target, &[]);
    assert_eq!(report.unexpected.len(), target.tensors().len() - 2);
    assert!(report.require_all().unwrap_err().message().contains("which the model has not"));
    assert!(target.compare_weights(&before, &[]).require_all().is_ok());
}

#[test]
fn layers_may_have_other_names() {
    let source = model(1, 4);
    let mut target = model(2, 4);
    let before = target.clone();
    // 3 inputs and 4 units against 116 inputs: only the bias fits.
    let report = target.take_weights(&source, &[("side", "head"), ("gone", "conv")]).unwrap();
    assert_eq!(report.loaded, ["head/bias"]);
    assert_eq!(report.mismatched[0].name, "head/kernel");
    assert_eq!(report.missing, ["conv/kernel", "conv/bias"]);
    assert_eq!(target.tensor("side/kernel").unwrap(), before.tensor("side/kernel").unwrap());
    let mut target = before.clone();
    target.take_weights(&source, &[("conv", "conv")]).unwrap();
    assert_eq!(target.tensor("conv/kernel").unwrap(), source.tensor("conv/kernel").unwrap());
    assert_eq!(
        target.tensor("norm/movingMean").unwrap(),
        before.tensor("norm/movingMean").unwrap()
    );
}

#[test]
fn another_specification_keeps_what_it_has() {
    let source = model(1, 4);
    let other = source.with_spec(model(9, 6).spec().clone()).unwrap();
    assert_eq!(other.tensor("conv/kernel").unwrap(), source.tensor("conv/kernel").unwrap());
    let fresh = Model::new(model(9, 6).spec().clone()).unwrap();
    assert_eq!(other.tensor("head/kernel").unwrap(), fresh.tensor("head/kernel").unwrap());
}
