//! Networks of which training leaves parts as they are.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::layers::StepKey;
use crate::plan::{Head, Mode, Plan};

/// The network with these layers frozen, and running statistics that are not those of a new one.
fn frozen(names: &[&str]) -> Model {
    let mut spec = network().spec().clone();
    for node in &mut spec.nodes {
        node.trainable = !names.contains(&node.name.as_str());
        // Frozen parameters have none all the same.
        if node.name == "conv" {
            let regularizer = crate::regularizers::Regularizer { l1: 0.0, l2: 0.01 };
            node.regularizers.insert("kernel".into(), regularizer);
        }
    }
    let mut model = Model::new(spec).unwrap();
    let mut stream = Key::new(6, Purpose::Augmentation).stream();
    model.state_mut().iter_mut().for_each(|value| *value = 0.5 + stream.uniform());
    model
}

const FRONT: &[&str] = &["conv", "norm"];

fn decaying() -> TrainerSpec {
    let optimizer =
        json!({ "type": "adamw", "learningRate": 0.01, "weightDecay": 0.1, "useEma": true });
    spec(optimizer)
}

#[test]
fn weights_do_not_depend_on_what_is_frozen() {
    let plain = frozen(&[]);
    for names in [FRONT, &["conv"], &["norm"], &["dense"], &["conv", "norm", "dense"]] {
        let model = frozen(names);
        for slot in plain.tensors() {
            assert_eq!(model.tensor(&slot.name).unwrap().shape(), slot.shape);
            // The statistics above were filled in another order.
            if slot.trainable {
                assert_eq!(model.tensor(&slot.name), plain.tensor(&slot.name), "{}", slot.name);
            }
        }
    }
}

#[test]
fn layers_can_be_frozen_later() {
    let mut plain = frozen(&[]);
    let mut later = plain.with_trainable(FRONT, false).unwrap();
    assert_eq!(later.spec(), frozen(FRONT).spec());
    for slot in plain.tensors().to_vec() {
        assert_eq!(later.tensor(&slot.name), plain.tensor(&slot.name), "{}", slot.name);
    }
    let x = ndarray::Array::from_shape_fn((3, SIDE, SIDE, 1), |(n, y, x, _)| (n + y * x) as f32);
    let x = x.into_dyn();
    assert_eq!(later.predict(&[x.view()]).unwrap(), plain.predict(&[x.view()]).unwrap());
    let again = later.with_trainable(&["norm", "conv"], true).unwrap();
    assert_eq!((again.spec(), again.weights()), (plain.spec(), plain.weights()));
    assert_eq!(plain.with_trainable(&["x"], false).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn what_is_frozen_stays_to_the_bit() {
    let train = bars(60);
    for (names, trained) in [
        (FRONT, &["dense/kernel", "dense/bias"][..]),
        (
            &["dense"],
            &["conv/kernel", "norm/gamma", "norm/beta", "norm/movingMean", "norm/movingVariance"],
        ),
        (&["norm"], &["conv/kernel", "dense/kernel", "dense/bias"]),
    ] {
        let before = frozen(names);
        let mut trainer = Trainer::new(frozen(names), decaying()).unwrap();
        let run = RunSpec { shards: Some(3), ..RunSpec::new(8, 16, 3) };
        trainer.start(run, &train).unwrap();
        let reports = finish(&mut trainer, &train);
        assert!(reports[7].logs["loss"] < reports[0].logs["loss"], "{reports:?}");
        for slot in before.tensors() {
            let name = slot.name.as_str();
            let [old, new] = [&before, trainer.model()].map(|model| {
                model.tensor(name).unwrap().iter().map(|value| value.to_bits()).collect::<Vec<_>>()
            });
            assert_eq!(old != new, trained.contains(&name), "{name} where {names:?} are frozen");
        }
    }
}

#[test]
fn frozen_runs_are_saved_and_shared() {
    let train = bars(50);
    let mut whole = Trainer::new(frozen(FRONT), decaying()).unwrap();
    whole.start(RunSpec::new(3, 16, 3), &train).unwrap();
    (0..5).for_each(|_| drop(whole.advance(&train).unwrap()));
    // The optimiser and the blocks that workers send each other are for what is trained.
    assert_eq!(
        whole.learner.optimizer.buffers().next().unwrap().1.len(),
        27 * CLASSES as usize * 2 + 3
    );
    assert_eq!(whole.block_sizes(1).unwrap().1, 27 * CLASSES as usize * 2 + 3);
    let bytes = whole.save(&ModelInfo::default()).unwrap();
    let mut restored = Trainer::restore(&bytes).unwrap().0;
    assert_eq!(finish(&mut restored, &train), finish(&mut whole, &train));
    assert_eq!(bits(restored.model().weights()), bits(whole.model().weights()));
    assert_eq!(bits(restored.model().state()), bits(whole.model().state()));
}

/// Gradients of the weights that are trained, for gradients of the output that are all 1, and the
/// output.
fn gradients(model: &Model, inference: bool) -> (Vec<f32>, Vec<f32>) {
    const N: usize = 5;
    let mut plan = Plan::new(model.graph(), N, Mode::Training, Head::Output).unwrap();
    let mut stream = Key::new(7, Purpose::Augmentation).stream();
    plan.input_mut(0).iter_mut().for_each(|value| *value = stream.uniform());
    let (weights, mut state) = (model.weights(), model.state().to_vec());
    for _ in 0..2 {
        if inference {
            plan.infer(N, weights, &state).unwrap();
        } else {
            plan.forward(N, weights, &mut state, StepKey::new(1, 1)).unwrap();
        }
    }
    let output = plan.output(0).to_vec();
    for (number, gradient) in plan.output_grad_mut(0).iter_mut().enumerate() {
        *gradient = (number % 3) as f32 - 0.75;
    }
    let mut gradients = vec![f32::NAN; model.graph().trained_len()];
    plan.backward(N, weights, &mut gradients).unwrap();
    assert!(gradients.iter().all(|gradient| gradient.is_finite()));
    (gradients, output)
}

fn without_dropout(names: &[&str]) -> Model {
    let mut spec = frozen(names).spec().clone();
    let LayerSpec::Dropout(drop) = &mut spec.nodes[5].layer else { panic!("no dropout") };
    drop.rate = 0.0;
    let mut model = Model::new(spec).unwrap();
    let slots = model.tensors().to_vec();
    for slot in slots.iter().filter(|slot| !slot.trainable) {
        let values =
            ndarray::Array::from_shape_fn(slot.shape.clone(), |at| 0.5 + at[0] as f32 / 8.0);
        model.set_tensor(&slot.name, values.view().into_dyn()).unwrap();
    }
    model
}

#[test]
fn a_frozen_front_gives_the_gradients_of_inference() {
    let all = without_dropout(&[]);
    let (expected, output) = gradients(&all, true);
    for names in [FRONT, &["norm"]] {
        let model = without_dropout(names);
        let (found, same) = gradients(&model, false);
        let close = |a: &f32, b: &f32| (a - b).abs() < 1e-5;
        assert!(output.iter().zip(&same).all(|(a, b)| close(a, b)), "{names:?}");
        for slot in model.tensors().iter().filter(|slot| slot.is_trained()) {
            let own = all.tensors().iter().find(|own| own.name == slot.name).unwrap();
            let pairs = expected[own.range.clone()].iter().zip(&found[slot.range.clone()]);
            assert!(pairs.into_iter().all(|(a, b)| close(a, b)), "{}", slot.name);
        }
    }
}

#[test]
fn a_frozen_layer_between_trained_ones_lets_gradients_through() {
    let model = |trainable: bool| {
        let layers = json!([
            { "type": "dense", "units": 5, "activation": "tanh" },
            { "type": "dense", "units": 4, "activation": "tanh" },
            { "type": "dense", "units": 3 },
        ]);
        let layers = serde_json::from_value(layers).unwrap();
        let mut spec = crate::spec::ModelSpec::sequential(None, vec![6], layers);
        spec.nodes[1].trainable = trainable;
        Model::new(spec).unwrap()
    };
    let (plain, frozen) = (model(true), model(false));
    let ((expected, _), (found, _)) = (gradients(&plain, false), gradients(&frozen, false));
    assert_eq!((expected.len(), found.len()), (74, 50));
    for slot in frozen.tensors().iter().filter(|slot| slot.is_trained()) {
        let own = plain.tensors().iter().find(|own| own.name == slot.name).unwrap();
        assert_eq!(found[slot.range.clone()], expected[own.range.clone()], "{}", slot.name);
    }
}

#[test]
fn a_frozen_front_costs_no_backward_pass() {
    let plan = |names: &[&str]| {
        Plan::new(frozen(names).graph(), 8, Mode::Training, Head::Output).unwrap().report()
    };
    let (plain, frozen) = (plan(&[]), plan(FRONT));
    assert!(frozen.bytes < plain.bytes, "{} {}", frozen.bytes, plain.bytes);
    let norm = |report: &crate::plan::PlanReport| report.layers[1].fused_into.clone();
    assert_eq!((norm(&plain), norm(&frozen)), (None, Some("conv".to_owned())));
}
