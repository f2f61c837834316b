//! Penalties and limits on weights against a network in f64.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

const SAMPLES: usize = 5;
const FEATURES: usize = 3;
const OUTPUTS: usize = 2;
const X: [f32; SAMPLES * FEATURES] =
    [0.5, -1.0, 0.25, 1.5, 0.75, -0.5, -0.25, 1.0, 2.0, 0.0, -1.5, 1.0, 0.125, 0.5, -0.75];
const Y: [f32; SAMPLES * OUTPUTS] = [1.0, -2.0, 0.5, 3.0, -1.0, 0.25, 2.0, 1.0, -0.5, 0.75];

/// A linear layer with all that may be said of its parameters.
fn linear(node: &serde_json::Value) -> serde_json::Value {
    let mut first = json!({
        "name": "y", "inputs": ["x"], "layer": { "type": "dense", "units": OUTPUTS },
    });
    for (name, value) in node.as_object().unwrap() {
        first[name] = value.clone();
    }
    json!({
        "seed": 3,
        "inputs": [{ "name": "x", "shape": [FEATURES] }],
        "nodes": [first],
        "outputs": ["y"],
    })
}

fn model(node: &serde_json::Value) -> Model {
    Model::new(serde_json::from_value(linear(node)).unwrap()).unwrap()
}

#[test]
fn steps_are_those_of_a_network_in_double_precision() {
    let node = json!({
        "regularizers": { "kernel": { "l1": 0.03, "l2": 0.02 }, "bias": { "l2": 0.05 } },
        "constraints": { "kernel": { "maxNorm": 0.9 } },
    });
    let model = model(&node);
    let mut w: Vec<f64> = model.weights().iter().map(|w| f64::from(*w)).collect();
    let sgd =
        json!({ "optimizer": { "type": "sgd", "learningRate": 0.1 }, "loss": "meanSquaredError" });
    let spec: TrainerSpec = serde_json::from_value(sgd).unwrap();
    let mut trainer = Trainer::new(model, spec).unwrap();
    let mut limited = 0;
    for step in 0..12 {
        let (mut loss, mut gradient) = (0.0, [0.0; FEATURES * OUTPUTS + OUTPUTS]);
        let bias = FEATURES * OUTPUTS;
        for (x, y) in X.chunks(FEATURES).zip(Y.chunks(OUTPUTS)) {
            for out in 0..OUTPUTS {
                let products = (0..FEATURES).map(|i| f64::from(x[i]) * w[i * OUTPUTS + out]);
                let error = products.sum::<f64>() + w[bias + out] - f64::from(y[out]);
                let count = (SAMPLES * OUTPUTS) as f64;
                loss += error * error / count;
                let d = 2.0 * error / count;
                (0..FEATURES).for_each(|i| gradient[i * OUTPUTS + out] += d * f64::from(x[i]));
                gradient[bias + out] += d;
            }
        }
        for (i, (w, gradient)) in w.iter().zip(&mut gradient).enumerate() {
            let (l1, l2) = if i < bias { (0.03, 0.02) } else { (0.0, 0.05) };
            loss += l1 * w.abs() + l2 * w * w;
            *gradient += l1 * w.signum() + 2.0 * l2 * w;
        }
        w.iter_mut().zip(gradient).for_each(|(w, gradient)| *w -= 0.1 * gradient);
        for out in 0..OUTPUTS {
            let own = || (0..FEATURES).map(move |i| i * OUTPUTS + out);
            let norm = own().map(|i| w[i] * w[i]).sum::<f64>().sqrt();
            if norm > 0.9 {
                limited += 1;
                own().for_each(|i| w[i] *= 0.9 / norm);
            }
        }
        let report = trainer.train_on_batch(&[&X], TargetBatch::Dense(&Y), SAMPLES).unwrap();
        assert!((report.loss - loss).abs() < 1e-5, "{step}: {} {loss}", report.loss);
        assert!((report.logs["loss"] - loss).abs() < 1e-5, "{step}: {:?} {loss}", report.logs);
        for (found, w) in trainer.model().weights().iter().zip(&w) {
            assert!((f64::from(*found) - w).abs() < 1e-5, "{step}: {found} {w}");
        }
    }
    assert!((1..24).contains(&limited), "{limited}");
}

fn data() -> Dataset {
    let column = Column::new(vec![FEATURES], Values::F32(X.to_vec())).unwrap();
    let targets = Targets::Dense { shape: vec![OUTPUTS], values: Y.to_vec() };
    Dataset::new(vec![column], targets, Vec::new(), Preprocessing::default()).unwrap()
}

#[test]
fn penalties_are_part_of_the_loss_of_an_epoch() {
    let data = data();
    // Without an update the loss of an epoch is that of an evaluation.
    let still =
        json!({ "optimizer": { "type": "sgd", "learningRate": 0.0 }, "loss": "meanSquaredError" });
    let spec: TrainerSpec = serde_json::from_value(still).unwrap();
    let epoch = |node: &serde_json::Value, interrupted: bool| {
        let mut trainer = Trainer::new(model(node), spec.clone()).unwrap();
        trainer.start(RunSpec::new(1, 1, 0), &data).unwrap();
        let mut progress = trainer.advance(&data).unwrap();
        while progress.epoch_end.is_none() {
            if interrupted {
                let file = trainer.save(&ModelInfo::default()).unwrap();
                (trainer, _) = Trainer::restore(&file).unwrap();
            }
            progress = trainer.advance(&data).unwrap();
        }
        progress.epoch_end.unwrap().logs["loss"]
    };
    let plain = epoch(&json!({}), false);
    let node = json!({ "regularizers": { "kernel": { "l2": 0.5 } } });
    let weights = model(&json!({})).weights()[..FEATURES * OUTPUTS].to_vec();
    let penalty: f64 = weights.iter().map(|w| 0.5 * f64::from(*w) * f64::from(*w)).sum();
    let regularized = epoch(&node, false);
    assert!(penalty > 0.1 && (regularized - plain - penalty).abs() < 1e-6);
    assert_eq!(epoch(&node, true), regularized);
    assert_eq!(epoch(&json!({}), true), plain);
}

#[test]
fn penalties_are_part_of_the_loss_of_an_evaluation() {
    let data = data();
    let loss = |node: &serde_json::Value| {
        let model = model(node);
        let spec = json!({ "loss": "meanSquaredError", "batchSize": 2 });
        let spec: EvaluationSpec = serde_json::from_value(spec).unwrap();
        let mut evaluation = Evaluation::new(&model, &spec, &data).unwrap();
        while !evaluation.finished() {
            evaluation.advance(&model, &data).unwrap();
        }
        evaluation.finish().logs["loss"]
    };
    let plain = loss(&json!({}));
    let regularized = loss(&json!({ "regularizers": { "kernel": { "l2": 0.5 } } }));
    let weights = model(&json!({})).weights()[..FEATURES * OUTPUTS].to_vec();
    let penalty: f64 = weights.iter().map(|w| 0.5 * f64::from(*w) * f64::from(*w)).sum();
    assert!(penalty > 0.1 && (regularized - plain - penalty).abs() < 1e-6);
    // Of a frozen layer there is none.
    let node = json!({ "trainable": false, "regularizers": { "kernel": { "l2": 0.5 } } });
    assert_eq!(loss(&node), plain);
}

#[test]
fn what_a_layer_has_not_is_refused() {
    for (node, expected) in [
        (
            json!({ "regularizers": { "gamma": { "l1": 1 } } }),
            "parameters of the layer: kernel, bias",
        ),
        (json!({ "regularizers": { "kernel": { "l1": -1 } } }), "kernel: l1 is -1"),
        (json!({ "regularizers": { "kernel": { "l3": 1 } } }), "unknown field `l3`"),
        (json!({ "regularizers": 3 }), "expected an object"),
        (json!({ "constraints": { "kernel": {} } }), "missing field `maxNorm`"),
        (json!({ "constraints": { "kernel": { "maxNorm": -1 } } }), "kernel: maxNorm is -1"),
        (json!({ "constraints": { "bias": { "maxNorm": 1, "axis": [1] } } }), "bias: axis is [1]"),
        (json!({ "trained": false }), "unknown field `trained`"),
        (json!({ "trainable": 1 }), "expected true or false"),
    ] {
        let message = match serde_json::from_value(linear(&node)) {
            Err(error) => error.to_string(),
            Ok(spec) => Model::new(spec).unwrap_err().to_string(),
        };
        assert!(message.contains(expected), "{node}: {message}");
    }
    let full = json!({
        "trainable": false,
        "regularizers": { "kernel": { "l1": 0.5, "l2": 0.25 } },
        "constraints": { "bias": { "maxNorm": 2.0, "axis": [0] } },
    });
    let spec: crate::spec::ModelSpec = serde_json::from_value(linear(&full)).unwrap();
    let json = serde_json::to_value(&spec).unwrap();
    for name in ["trainable", "regularizers", "constraints"] {
        assert_eq!(json["nodes"][0][name], full[name]);
    }
    let plain: crate::spec::ModelSpec = serde_json::from_value(linear(&json!({}))).unwrap();
    let json = serde_json::to_string(&plain).unwrap();
    assert!(!json.contains("trainable") && !json.contains("regu") && !json.contains("constr"));
}
