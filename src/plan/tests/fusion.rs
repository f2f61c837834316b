//! What plans fuse computes the same as what runs by itself.

use super::probe::{KEY, numbers};
use crate::layers::{
    Activation, ActivationName, Add, BatchNormalization, Conv2d, Dense, DepthwiseConv2d, Dropout,
    Flatten, LayerSpec, MaxPooling2d, Padding,
};
use crate::model::Model;
use crate::plan::options::Options;
use crate::plan::{Head, Mode, Plan};
use crate::spec::{ModelSpec, NodeSpec};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const BATCH: usize = 3;

/// A model whose weights and running statistics are none that anything begins with.
fn model(spec: ModelSpec) -> Model {
    let mut model = Model::new(spec).expect("a valid model");
    let (weights, state) = (model.weights().len(), model.state().len());
    for (weight, other) in model.weights_mut().iter_mut().zip(numbers(weights, 1)) {
        *weight += 0.3 * other;
    }
    for (value, other) in model.state_mut().iter_mut().zip(numbers(state, 2)) {
        *value += 0.2 * other.abs();
    }
    model
}

fn relu(name: ActivationName) -> LayerSpec {
    Activation::new(name).into()
}

fn norm() -> LayerSpec {
    BatchNormalization::default().into()
}

/// Models in which there is something to fuse.
fn models() -> Vec<(&'static str, Model)> {
    let same = |filters| Conv2d { padding: Padding::Same, ..Conv2d::new(filters, 3) };
    let bare = |filters| Conv2d { use_bias: false, ..same(filters) };
    let pool = || LayerSpec::from(MaxPooling2d::new(2));
    let (r, r6) = (ActivationName::Relu, ActivationName::Relu6);
    let unscaled = BatchNormalization { scale: false, ..Default::default() };
    let uncentred = BatchNormalization { center: false, ..Default::default() };
    let chains: Vec<(&str, Vec<LayerSpec>)> = vec![
        ("norm and relu", vec![same(5).into(), norm(), relu(r), bare(3).into(), norm(), relu(r6)]),
        ("relu then pool", vec![same(5).into(), norm(), relu(r), pool(), bare(3).into()]),
        (
            "relu of the convolution then pool",
            vec![Conv2d { activation: r, ..same(4) }.into(), pool()],
        ),
        ("two rectifiers", vec![same(4).into(), relu(r), relu(r6), pool(), relu(r), norm()]),
        (
            "depthwise",
            vec![
                DepthwiseConv2d { depth_multiplier: 2, use_bias: false, ..DepthwiseConv2d::new(3) }
                    .into(),
                unscaled.into(),
                relu(r6),
                Conv2d { groups: 2, ..same(6) }.into(),
                uncentred.into(),
            ],
        ),
        (
            "dense",
            vec![
                pool(),
                Flatten {}.into(),
                Dense::new(7).into(),
                norm(),
                relu(r),
                Dropout { rate: 0.5 }.into(),
                Dense::new(4).into(),
                relu(ActivationName::Tanh),
            ],
        ),
        (
            "large enough for Winograd",
            vec![
                Conv2d { activation: r, ..same(16) }.into(),
                Conv2d { activation: r, ..same(16) }.into(),
                pool(),
                same(16).into(),
                norm(),
                relu(r),
            ],
        ),
        ("norm behind an activation", vec![Conv2d { activation: r, ..same(4) }.into(), norm()]),
    ];
    let mut models: Vec<_> = chains
        .into_iter()
        .map(|(name, layers)| (name, model(ModelSpec::sequential(None, [6, 6, 2], layers))))
        .collect();
    // A residual block, and outputs that are wanted before what would be fused.
    let layers = vec![same(2).into(), norm(), relu(r), same(2).into(), norm()];
    let mut spec = ModelSpec::sequential(None, [6, 6, 2], layers);
    let inputs = ["batchNormalization_1", "input"].map(str::to_owned).to_vec();
    spec.nodes.push(NodeSpec::new("sum", Add {}.into(), inputs));
    let inputs = vec!["sum".into()];
    spec.nodes.push(NodeSpec::new("relu", relu(r), inputs));
    spec.outputs = vec!["relu".into()];
    models.push(("residual", model(spec.clone())));
    spec.outputs = ["relu", "batchNormalization", "conv2d_1"].map(str::to_owned).to_vec();
    models.push(("outputs on the way", model(spec)));
    models
}

/// The outputs of a pass in inference, and in training with all gradients.
fn run(model: &Model, plan: &mut Plan, training: bool) -> Vec<Vec<f32>> {
    let graph = model.graph();
    let x = numbers(BATCH * 72, 3);
    plan.input_mut(0)[..x.len()].copy_from_slice(&x);
    let outputs = 0..graph.outputs().len();
    if !training {
        plan.infer(BATCH, model.weights(), model.state()).expect("a valid batch");
        return outputs.map(|i| plan.output(i).to_vec()).collect();
    }
    let mut state = model.state().to_vec();
    plan.forward(BATCH, model.weights(), &mut state, KEY).expect("a valid batch");
    let mut found: Vec<Vec<f32>> = outputs.clone().map(|i| plan.output(i).to_vec()).collect();
    for i in outputs {
        let upstream = numbers(plan.output(i).len(), 4 + i as u64);
        plan.output_grad_mut(i).copy_from_slice(&upstream);
    }
    let mut gradients = vec![f32::NAN; model.weights().len()];
    plan.backward(BATCH, model.weights(), &mut gradients).expect("a valid batch");
    found.extend([gradients, state, plan.input_grad(0).expect("a gradient").to_vec()]);
    found
}

/// Whether a convolution pools its output too, whose gradients are summed in another order.
fn pools(plan: &Plan) -> bool {
    let report = plan.report();
    report.layers.iter().flat_map(|layer| &layer.kernels).any(|name| name.contains(" + max-pool"))
}

#[track_caller]
fn assert_close(found: &[Vec<f32>], expected: &[Vec<f32>], name: &str) {
    for (found, expected) in found.iter().zip(expected) {
        let scale = expected.iter().fold(0.1f32, |scale, y| scale.max(y.abs()));
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 4e-6 * scale, "{name}: {found}, {expected}");
        }
    }
}

/// Buffers that are shared and rectifiers that are moved change no bit of a training step.
#[test]
fn training_is_the_same_to_the_bit_but_for_sums_in_another_order() {
    let mut pooled = 0;
    for (name, model) in models() {
        let options = |keep| {
            let options = Options::new(Mode::Training, Head::Output);
            Options { input_gradients: true, keep, ..options }
        };
        let [mut apart, mut fused] = [true, false]
            .map(|keep| Plan::made(model.graph(), BATCH + 1, options(keep)).expect("small"));
        // What is summed over winners alone has scratch of its own, more than such small layers save.
        assert!(pools(&fused) || fused.bytes() <= apart.bytes(), "{name}");
        for _ in 0..2 {
            let [found, expected] = [&mut fused, &mut apart].map(|plan| run(&model, plan, true));
            if pools(&fused) {
                assert_close(&found, &expected, name);
            } else {
                assert_eq!(found, expected, "{name}");
            }
        }
        pooled += usize::from(pools(&fused));
    }
    assert_eq!(pooled, 3);
}

/// Folded weights round otherwise.
#[test]
fn inference_is_the_same_but_for_rounding() {
    for (name, mut model) in models() {
        let mut apart = Plan::with_activations(model.graph(), BATCH + 1).expect("small");
        let mut fused =
            Plan::new(model.graph(), BATCH + 1, Mode::Inference, Head::Output).expect("small");
        assert!(fused.bytes() <= apart.bytes(), "{name}");
        for _ in 0..2 {
            let expected = run(&model, &mut apart, false);
            assert_close(&run(&model, &mut fused, false), &expected, name);
            // Other weights and statistics are seen by the next pass.
            model.weights_mut().iter_mut().for_each(|weight| *weight *= 1.25);
            model.state_mut().iter_mut().for_each(|value| *value *= 1.5);
        }
    }
}

#[test]
fn folded_weights_are_made_again_only_when_asked() {
    let (_, mut model) = models().remove(0);
    let mut plan = Plan::new(model.graph(), BATCH, Mode::Inference, Head::Output).expect("small");
    let before = run(&model, &mut plan, false);
    let kernel = model.weights_mut();
    kernel.iter_mut().for_each(|weight| *weight *= 2.0);
    plan.infer_unchanged(BATCH, model.weights(), model.state()).expect("a valid batch");
    assert_eq!(plan.output(0), before[0]);
    assert_ne!(run(&model, &mut plan, false), before);
}

#[test]
fn predictions_see_new_weights() {
    let (_, mut model) = models().remove(0);
    let x = numbers(72, 5);
    let x = ndarray::ArrayView::from_shape(vec![1, 6, 6, 2], &x).expect("an image");
    let predict = |model: &mut Model| {
        let again = model.predict(&[x.view()]).expect("a prediction");
        assert_eq!(model.predict(&[x.view()]).expect("a prediction"), again);
        again
    };
    let before = predict(&mut model);
    model.weights_mut().iter_mut().for_each(|weight| *weight *= 2.0);
    let after = predict(&mut model);
    assert_ne!(after, before);
    model.state_mut().iter_mut().for_each(|value| *value *= 2.0);
    let normal = predict(&mut model);
    assert_ne!(normal, after);
    let name = model.tensors()[0].name.clone();
    let kernel = model.tensor(&name).expect("a kernel").mapv(|weight| -weight);
    model.set_tensor(&name, kernel.view()).expect("a kernel");
    assert_ne!(predict(&mut model), normal);
}
