//! What plans say about themselves, and the memory that they take.

use crate::layers::{
    Activation, ActivationName, BatchNormalization, Conv2d, Dense, Flatten, LayerSpec,
    MaxPooling2d, Padding,
};
use crate::model::Model;
use crate::plan::{Head, Mode, Plan, PlanReport};
use crate::spec::ModelSpec;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn same(filters: usize) -> LayerSpec {
    Conv2d { padding: Padding::Same, ..Conv2d::new(filters, 3) }.into()
}

fn chain(layers: Vec<LayerSpec>) -> Model {
    Model::new(ModelSpec::sequential(None, [8, 8, 4], layers)).expect("a valid model")
}

fn report(model: &Model, batch: usize, mode: Mode) -> PlanReport {
    Plan::estimate(model.graph(), batch, mode, Head::Output).expect("a small plan")
}

#[test]
fn inference_of_a_chain_takes_two_buffers() {
    let model = chain((0..9).map(|_| same(4)).collect());
    let report = report(&model, 2, Mode::Inference);
    let one = 2 * 4 * 8 * 8 * 4;
    // Input and output stay; what is between them goes to and fro.
    assert_eq!(report.buffers, [one; 3]);
    let scratch: u64 = report.layers.iter().map(|layer| layer.scratch_bytes).sum();
    assert_eq!(report.bytes, 3 * one + scratch);
}

#[test]
fn training_of_a_chain_keeps_what_its_backward_reads() {
    let sizes = |layers: Vec<LayerSpec>| report(&chain(layers), 2, Mode::Training).buffers.len();
    // The input of each layer, the output, and two gradients; the last takes the place of an input
    // that has been read.
    assert_eq!(sizes((0..9).map(|_| same(4)).collect()), 1 + 8 + 1 + 2);
    // A convolution that ends in a ReLU keeps its output anyway, since the next one reads it.
    let relu = |filters: usize| {
        let conv = Conv2d { padding: Padding::Same, ..Conv2d::new(filters, 3) };
        LayerSpec::from(Conv2d { activation: ActivationName::Relu, ..conv })
    };
    assert_eq!(sizes((0..9).map(|_| relu(4)).collect()), 1 + 8 + 1 + 2);
}

#[test]
fn estimates_are_what_plans_take() {
    let model = chain(vec![
        same(6),
        BatchNormalization::default().into(),
        Activation::new(ActivationName::Relu).into(),
        MaxPooling2d::new(2).into(),
        Flatten {}.into(),
        Dense { activation: ActivationName::Softmax, ..Dense::new(3) }.into(),
    ]);
    for mode in [Mode::Inference, Mode::Training] {
        let plan = Plan::new(model.graph(), 5, mode, Head::Output).expect("a small plan");
        assert_eq!(plan.report(), report(&model, 5, mode));
        assert_eq!(plan.bytes(), plan.report().bytes);
        let more = report(&model, 10, mode);
        assert!(more.bytes > plan.bytes() && more.bytes < 2 * plan.bytes(), "{more:?}");
    }
    // Of a batch that no plan would be made for, it can still be said what it would take.
    let large = report(&model, 1 << 20, Mode::Training);
    assert!(large.bytes > crate::plan::MAX_BYTES);
}

#[test]
fn plans_say_what_they_chose() {
    let model = chain(vec![
        same(6),
        BatchNormalization::default().into(),
        Activation::new(ActivationName::Relu).into(),
        MaxPooling2d::new(2).into(),
        Flatten {}.into(),
        Dense { activation: ActivationName::Softmax, ..Dense::new(3) }.into(),
    ]);
    let [inference, training] =
        [Mode::Inference, Mode::Training].map(|mode| report(&model, 5, mode).layers);
    let kernels = |layer: usize| (inference[layer].kernels.len(), training[layer].kernels.len());
    let fused =
        |layer: usize| [&inference, &training].map(|layers| layers[layer].fused_into.as_deref());
    assert_eq!((kernels(0), fused(0)), ((1, 1), [None, None]));
    assert_eq!((kernels(1), fused(1)), ((0, 1), [Some("conv2d"), None]));
    assert_eq!(training[1].kernels, ["batch-norm"]);
    let pool = Some("maxPooling2d");
    assert_eq!((kernels(2), fused(2)), ((0, 0), [pool, pool]));
    assert_eq!(inference[3].kernels, ["max-pool + relu"]);
    assert_eq!((kernels(4), fused(4)), ((0, 0), [None, None]));
    assert_eq!(inference[5].kernels[1..], ["softmax"]);
    assert_eq!(inference[3].buffer_bytes, 5 * 4 * 4 * 4 * 6);
    // Which pixel won is kept for the backward pass alone.
    assert_eq!((inference[3].scratch_bytes, training[3].scratch_bytes), (0, 5 * 4 * 4 * 4 * 6));
}

#[test]
fn poolings_are_part_of_convolutions_in_training() {
    let relu = Activation::new(ActivationName::Relu).into();
    let model = chain(vec![same(6), relu, MaxPooling2d::new(2).into(), Flatten {}.into()]);
    let [inference, training] =
        [Mode::Inference, Mode::Training].map(|mode| report(&model, 5, mode).layers);
    assert_eq!(inference[2].kernels, ["max-pool + relu"]);
    assert_eq!(training[0].kernels, ["implicit-gemm + max-pool + relu"]);
    let fused: Vec<_> = training.iter().map(|layer| layer.fused_into.as_deref()).collect();
    assert_eq!(fused, [None, Some("conv2d"), Some("conv2d"), None]);
    assert_eq!(training[0].buffer_bytes, 5 * 4 * 4 * 4 * 6);
}
