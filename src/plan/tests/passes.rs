//! What passes and plans keep to besides gradients.

use super::probe::numbers;
use crate::ErrorKind;
use crate::layers::{
    Activation, ActivationName, Add, BatchNormalization, Conv2d, Dense, Dropout, Flatten,
    LayerSpec, MaxPooling2d, Padding, StepKey,
};
use crate::model::Model;
use crate::plan::{Head, MAX_BYTES, Mode, Plan};
use crate::spec::{ModelSpec, NodeSpec};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn model(shape: &[usize], layers: Vec<LayerSpec>) -> Model {
    Model::new(ModelSpec::sequential(None, shape, layers)).expect("a valid model")
}

fn classifier(last: Vec<LayerSpec>) -> Model {
    let mut layers: Vec<LayerSpec> = vec![
        Conv2d { padding: Padding::Same, ..Conv2d::new(3, 3) }.into(),
        BatchNormalization::default().into(),
        Activation::new(ActivationName::Relu).into(),
        MaxPooling2d::new(2).into(),
        Dropout { rate: 0.5 }.into(),
        Flatten {}.into(),
    ];
    layers.extend(last);
    model(&[6, 6, 2], layers)
}

fn dense(units: usize, activation: ActivationName) -> LayerSpec {
    Dense { activation, ..Dense::new(units) }.into()
}

fn plan(model: &Model, max_batch: usize, mode: Mode, head: Head) -> Plan {
    Plan::new(model.graph(), max_batch, mode, head).expect("a small plan")
}

/// The output of a pass of inference.
fn infer(model: &Model, plan: &mut Plan, x: &[f32], n: usize) -> Vec<f32> {
    plan.input_mut(0)[..x.len()].copy_from_slice(x);
    plan.infer(n, model.weights(), model.state()).expect("a valid batch");
    plan.output(0).to_vec()
}

#[test]
fn a_sample_does_not_depend_on_its_batch() {
    let model = classifier(vec![dense(5, ActivationName::Softmax)]);
    let x = numbers(7 * 72, 1);
    let mut large = plan(&model, 9, Mode::Inference, Head::Output);
    let together = infer(&model, &mut large, &x, 7);
    let mut small = plan(&model, 1, Mode::Inference, Head::Output);
    for (x, y) in x.chunks(72).zip(together.chunks(5)) {
        assert_eq!(infer(&model, &mut small, x, 1), y);
        // What a larger batch left behind is not seen.
        assert_eq!(infer(&model, &mut large, x, 1), y);
    }
}

#[test]
fn logits_lack_the_last_softmax_or_sigmoid() {
    let x = numbers(2 * 72, 2);
    for (layers, is_left_out) in [
        (vec![dense(4, ActivationName::Softmax)], true),
        (vec![dense(4, ActivationName::Sigmoid)], true),
        (
            vec![dense(4, ActivationName::Linear), Activation::new(ActivationName::Softmax).into()],
            true,
        ),
        (vec![dense(4, ActivationName::Tanh)], false),
        (vec![dense(4, ActivationName::Relu)], false),
        (vec![Dense::new(4).into()], false),
    ] {
        let model = classifier(layers);
        let mut full = plan(&model, 2, Mode::Training, Head::Output);
        let mut bare = plan(&model, 2, Mode::Training, Head::Logits);
        assert!(!full.output_is_logits(0));
        assert_eq!(bare.output_is_logits(0), is_left_out);
        let expected = infer(&model, &mut full, &x, 2);
        let logits = infer(&model, &mut bare, &x, 2);
        let mut found = vec![0.0; 8];
        let last = model.graph().output_activation(0);
        let last = if is_left_out { last } else { crate::kernels::activation::Activation::Linear };
        last.forward(2, 4, &logits, &mut found);
        assert_eq!(found, expected);
        assert_eq!(logits != expected, is_left_out);
    }
}

#[test]
fn a_softmax_that_goes_on_is_kept() {
    let layers = vec![dense(3, ActivationName::Softmax), Dense::new(2).into()];
    let mut spec = ModelSpec::sequential(None, vec![3], layers);
    spec.outputs.insert(0, "dense".into());
    let model = Model::new(spec).expect("a valid model");
    assert!(!plan(&model, 1, Mode::Training, Head::Logits).output_is_logits(0));
}

#[test]
fn dropout_does_not_depend_on_how_a_batch_is_split() {
    let model = model(&[2, 5], vec![Dropout { rate: 0.3 }.into()]);
    let mut plan = plan(&model, 6, Mode::Training, Head::Output);
    let mut forward = |n: usize, first_sample: u64, step: u64| {
        plan.input_mut(0).fill(1.0);
        let key = StepKey { seed: 4, step, first_sample };
        plan.forward(n, &[], &mut [], key).expect("a valid batch");
        plan.output(0).to_vec()
    };
    let whole = forward(6, 0, 1);
    assert_eq!([forward(2, 0, 1), forward(4, 2, 1)].concat(), whole);
    assert_ne!(forward(6, 0, 2), whole);
    assert_ne!(whole[..10], whole[10..20]);
}

#[test]
fn two_dropouts_drop_differently() {
    let dropout = || LayerSpec::from(Dropout { rate: 0.5 });
    let mut spec = ModelSpec::sequential(None, vec![64], vec![dropout(), dropout()]);
    spec.nodes[1].inputs = vec!["input".into()];
    let inputs = ["dropout", "dropout_1"].map(str::to_owned).to_vec();
    spec.nodes.push(NodeSpec::new("sum", Add {}.into(), inputs));
    spec.outputs = vec!["sum".into()];
    let model = Model::new(spec).expect("a valid model");
    let mut plan = plan(&model, 1, Mode::Training, Head::Output);
    plan.input_mut(0).fill(1.0);
    plan.forward(1, &[], &mut [], StepKey::new(0, 0)).expect("a valid batch");
    assert!(plan.output(0).contains(&2.0), "kept by one and dropped by the other");
}

#[test]
fn training_moves_the_running_statistics_and_inference_uses_them() {
    let mut model =
        model(&[2], vec![BatchNormalization { momentum: 0.5, ..Default::default() }.into()]);
    let mut plan = plan(&model, 4, Mode::Training, Head::Output);
    plan.input_mut(0)[..6].copy_from_slice(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0]);
    let (weights, state) = model.weights_and_state_mut();
    plan.forward(3, weights, state, StepKey::new(0, 0)).expect("a valid batch");
    // Half of 0 and 1, and half of the batch's mean and biased variance.
    let expected = [1.0, 10.0, 0.5 + 1.0 / 3.0, 0.5 + 100.0 / 3.0];
    for (found, expected) in model.state().iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5 * expected, "{:?}", model.state());
    }
    let y = infer(&model, &mut plan, &[1.0, 10.0], 1);
    assert!(y.iter().all(|y| y.abs() < 1e-6), "the running mean becomes 0: {y:?}");
}

#[test]
fn winograd_can_be_forbidden() {
    let layer = Conv2d::new(8, 3);
    let mut spec = ModelSpec::sequential(None, [6, 6, 8], vec![layer.into()]);
    for (allowed, kernel) in [(true, "winograd F(4x4,3x3)"), (false, "implicit-gemm")] {
        spec.winograd = allowed;
        let written = serde_json::to_string(&spec).expect("a specification");
        assert_eq!(written.contains("winograd"), !allowed, "{written}");
        let read = serde_json::from_str(&written).expect("what was written");
        let model = Model::new(read).expect("a valid model");
        let plan = plan(&model, 2, Mode::Training, Head::Output);
        assert_eq!(plan.report().layers[0].kernels, [kernel]);
    }
}

#[test]
fn intermediate_values_can_be_read() {
    let model = classifier(vec![dense(4, ActivationName::Softmax)]);
    let mut plan = Plan::with_activations(model.graph(), 2).expect("a small plan");
    let y = infer(&model, &mut plan, &numbers(144, 3), 2);
    assert_eq!(plan.activation("dense"), Some(&y[..]));
    assert_eq!(plan.activation("input"), Some(&numbers(144, 3)[..]));
    assert_eq!(plan.activation("flatten"), plan.activation("maxPooling2d"));
    let relu = plan.activation("activation").expect("a layer");
    assert_eq!(relu.len(), 2 * 108);
    assert!(relu.iter().all(|&x| x >= 0.0) && relu.iter().any(|&x| x > 0.0));
    let norm = plan.activation("batchNormalization").expect("a layer");
    assert!(norm.iter().zip(relu).all(|(norm, relu)| norm.max(0.0) == *relu));
    assert_eq!(plan.activation("dense_1"), None);
    let lean = Plan::new(model.graph(), 2, Mode::Inference, Head::Output).expect("a small plan");
    assert_eq!(lean.activation("dense"), None);
}

#[test]
fn calls_that_do_not_fit_are_refused() {
    let model = model(&[3], vec![Dense::new(2).into()]);
    let mut plan = plan(&model, 2, Mode::Training, Head::Output);
    let key = StepKey::new(0, 0);
    let weights = model.weights();
    let mut gradients = vec![0.0; weights.len()];
    let faults = [
        (plan.forward(0, weights, &mut [], key), "0 samples, expected at least 1 and at most 2"),
        (plan.forward(3, weights, &mut [], key), "a batch of 3 samples"),
        (plan.infer(2, &weights[1..], &[]), "weights: 7 numbers, expected the graph's 8"),
        (plan.infer(2, weights, &[0.0]), "state: 1 numbers, expected the graph's 0"),
        (plan.backward(2, weights, &mut gradients), "2 samples, expected the 0 of the last"),
    ];
    for (found, expected) in faults {
        let error = found.expect_err("a fault").to_string();
        assert!(error.contains(expected), "{error}");
    }
    plan.infer(2, weights, &[]).expect("a valid batch");
    let error = plan.backward(2, weights, &mut gradients[1..]).expect_err("a fault");
    assert!(error.message().starts_with("gradients: 7 numbers"), "{error}");

    let mut inference = Plan::new(model.graph(), 2, Mode::Inference, Head::Output).expect("small");
    inference.infer(2, weights, &[]).expect("a valid batch");
    for found in [
        inference.forward(2, weights, &mut [], key),
        inference.backward(2, weights, &mut gradients),
    ] {
        let error = found.expect_err("not for training");
        assert!(error.message().contains("the plan is for inference"), "{error}");
    }
    assert!(inference.output_grad_mut(0).is_empty() && inference.input_grad(0).is_none());
}

#[test]
fn plans_that_are_too_large_are_refused_before_they_are_made() {
    let model = model(&[1024, 1024, 4], vec![Conv2d::new(16, 3).into()]);
    for batch in [1 << 10, usize::MAX] {
        let error = Plan::new(model.graph(), batch, Mode::Training, Head::Output)
            .expect_err("more than there is");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(error.message().contains(&format!("at most {} MiB", MAX_BYTES >> 20)), "{error}");
    }
    let error = Plan::new(model.graph(), 0, Mode::Training, Head::Output).expect_err("no batch");
    assert_eq!(error.kind(), ErrorKind::Argument);
}
