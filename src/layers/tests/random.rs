//! Layers that draw random numbers, and those that do not.

use super::kept::{Bench, numbers};
use crate::layers::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// What is computed once for all steps of a run goes by what layers say of themselves.
#[test]
fn only_random_layers_differ_from_step_to_step() {
    for (layer, shapes) in LayerSpec::examples() {
        let parameters = layer.layer().parameters(&shapes);
        let trained = parameters.iter().filter(|p| p.trainable);
        let len: usize = trained.map(|p| shapes::len(&p.shape)).sum();
        let weights = numbers(len, 20);
        let [one, other] = [1, 2].map(|step| {
            let mut bench = Bench::new(&layer, &shapes, true);
            let mut state = bench.state.clone();
            let pass = Pass::Training { state: &mut state, key: StepKey::new(3, step), layer: 4 };
            bench.run(&weights, true, pass)
        });
        assert_eq!(one != other, layer.layer().is_random(), "{layer:?}");
    }
}
