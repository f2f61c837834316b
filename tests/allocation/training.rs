//! Steps of training with every optimiser, and with several outputs.

use tabgrad::optimizers::OptimizerSpec;

use super::*;

#[test]
fn steps_of_every_optimizer_allocate_nothing() {
    let values = (0..40 * 6).map(|i| (i * 7 % 11) as f32 / 11.0).collect();
    let column = Column::new(vec![6], Values::F32(values)).expect("rows");
    let labels = Targets::Classes((0..40).map(|i| i % 3).collect());
    let dataset = Dataset::new(vec![column], labels, Vec::new(), Preprocessing::default())
        .expect("a dataset");
    for optimizer in OptimizerSpec::all() {
        let mut json = serde_json::to_value(&optimizer).expect("it can be written");
        json["learningRate"] =
            json!({ "type": "piecewise", "boundaries": [3], "values": [0.01, 0.001] });
        for (name, value) in [
            ("clipNorm", json!(0.1)),
            ("gradientAccumulationSteps", json!(2)),
            ("useEma", json!(true)),
            ("decayBiases", json!(false)),
        ] {
            json[name] = value;
        }
        let layers = json!([
            { "type": "dense", "units": 5, "activation": "relu" },
            { "type": "batchNormalization" },
            { "type": "dense", "units": 3, "activation": "softmax" },
        ]);
        let layers = serde_json::from_value(layers).expect("layers");
        let model = Model::new(ModelSpec::sequential(None, vec![6], layers)).expect("a model");
        let spec = json!({ "optimizer": json, "loss": "sparseCategoricalCrossentropy" });
        let spec = serde_json::from_value(spec).expect("a specification");
        let mut trainer = Trainer::new(model, spec).expect("a trainer");
        trainer.start(RunSpec::new(2, 4, 0), &dataset).expect("a run");
        let count = allocations(|| {
            for _ in 0..9 {
                trainer.advance(&dataset).expect("a step");
            }
        });
        assert_eq!(count, 0, "allocations in nine steps of {optimizer:?}");
    }
}

#[test]
fn a_step_of_several_outputs_allocates_nothing() {
    let dense = |name: &str, units: u32, activation: &str| {
        json!({ "name": name, "inputs": ["image"],
                "layer": { "type": "dense", "units": units, "activation": activation } })
    };
    let model = json!({
        "inputs": [{ "name": "image", "shape": [7] }],
        "nodes": [dense("digit", 4, "softmax"), dense("size", 2, "linear"), dense("idle", 3, "tanh")],
        "outputs": ["digit", "size", "idle"],
    });
    let model = Model::new(serde_json::from_value(model).expect("a specification"))
        .expect("a model that can be built");
    let spec = json!({
        "loss": {
            "digit": "categoricalFocalCrossentropy",
            "size": { "type": "graph", "model": {
                "inputs": [{ "name": "yTrue", "shape": [2] }, { "name": "yPred", "shape": [2] }],
                "nodes": [
                    { "name": "both", "inputs": ["yTrue", "yPred"], "layer": { "type": "concatenate" } },
                    { "name": "loss", "inputs": ["both"], "layer": { "type": "dense", "units": 1 } },
                ],
                "outputs": ["loss"],
            } },
        },
        "metrics": { "digit": ["accuracy"], "size": ["meanAbsoluteError"] },
    });
    let column = Column::new(vec![7], Values::U8((0..700).map(|i| (i * 7 % 256) as u8).collect()))
        .expect("numbers");
    let labels = Targets::Classes((0..100).map(|i| i % 4).collect());
    let sizes = Targets::Dense { shape: vec![2], values: vec![0.5; 200] };
    let names = ["digit", "size"].map(String::from).to_vec();
    let dataset = Dataset::new(vec![column], labels, Vec::new(), Preprocessing::default())
        .and_then(|data| data.with_further_targets(vec![sizes]))
        .and_then(|data| data.with_output_names(names))
        .and_then(|data| data.with_sample_weight(vec![0.5; 100]))
        .expect("a dataset");
    let spec = serde_json::from_value(spec).expect("a specification");
    let mut trainer = Trainer::new(model, spec).expect("a trainer");
    trainer.start(RunSpec::new(2, 16, 0), &dataset).expect("a run");
    let count = allocations(|| {
        for _ in 0..6 {
            trainer.advance(&dataset).expect("a step");
        }
    });
    assert_eq!(count, 0);
}
