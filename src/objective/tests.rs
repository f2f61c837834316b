//! Losses and metrics as they are asked for, and how they are fitted to the outputs of a model.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};

use super::*;
use crate::ErrorKind;
use crate::data::{Column, Preprocessing, Targets, Values};
use crate::model::Model;

/// Two outputs of a shared layer: a digit of three, and a number.
fn graph() -> Graph {
    let dense = |name: &str, units: u32, activation: &str| {
        json!({ "name": name, "inputs": ["x"],
                "layer": { "type": "dense", "units": units, "activation": activation } })
    };
    let spec = json!({
        "inputs": [{ "name": "x", "shape": [2] }],
        "nodes": [dense("digit", 3, "softmax"), dense("size", 1, "linear")],
        "outputs": ["digit", "size"],
    });
    Model::new(serde_json::from_value(spec).unwrap()).unwrap().graph().clone()
}

fn objective(loss: Value, weights: Value) -> Result<Objective> {
    let losses: LossSpecs = serde_json::from_value(loss).unwrap();
    Objective::new(&graph(), &losses, &serde_json::from_value(weights).unwrap())
}

fn both() -> Objective {
    let loss = json!({ "digit": "sparseCategoricalCrossentropy", "size": "meanSquaredError" });
    objective(loss, json!({})).unwrap()
}

#[test]
fn losses_and_metrics_are_read_as_they_were_written() {
    for loss in [
        json!({ "type": "huber", "delta": 2.0 }),
        json!([{ "type": "huber", "delta": 2.0 }, { "type": "poisson" }]),
        json!({ "a": { "type": "poisson" }, "b": { "type": "huber", "delta": 2.0 } }),
    ] {
        let read: LossSpecs = serde_json::from_value(loss.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), loss);
    }
    let short: LossSpecs = serde_json::from_value(json!({ "a": "poisson" })).unwrap();
    assert_eq!(serde_json::to_value(&short).unwrap(), json!({ "a": { "type": "poisson" } }));
    let accuracy = json!({ "type": "accuracy" });
    for (given, metrics) in [
        (json!(["accuracy"]), json!([accuracy])),
        (json!([]), json!([])),
        (json!([["accuracy"], []]), json!([[accuracy], []])),
        (json!({ "a": "accuracy", "b": [] }), json!({ "a": [accuracy], "b": [] })),
    ] {
        let read: MetricSpecs = serde_json::from_value(given).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), metrics);
    }
    let message =
        |value: Value| serde_json::from_value::<LossSpecs>(value).unwrap_err().to_string();
    assert!(message(json!({ "a": "los" })).contains("unknown variant `los`"));
    assert!(message(json!(3)).contains("a name, or an object"));
    let message =
        |value: Value| serde_json::from_value::<MetricSpecs>(value).unwrap_err().to_string();
    assert!(message(json!("accuracy")).contains("expected a list"));
}

#[test]
fn losses_go_by_order_or_by_name() {
    let names = |objective: &Objective| -> Vec<String> {
        objective.outputs().iter().map(|output| output.name().to_owned()).collect()
    };
    let list = json!(["sparseCategoricalCrossentropy", "meanSquaredError"]);
    let listed = objective(list, json!({ "size": 0.5 })).unwrap();
    assert_eq!(names(&listed), ["digit", "size"]);
    assert_eq!(listed.total([2.0, 3.0]), 2.0 + 0.5 * 3.0);
    assert_eq!(listed.head(), Head::LogitsOf(1));
    let one = objective(json!({ "size": "meanSquaredError" }), json!({})).unwrap();
    assert_eq!((names(&one), one.head()), (vec!["size".to_owned()], Head::Output));
    assert_eq!(one.untrained().collect::<Vec<_>>(), [0]);
    let same = objective(json!("meanSquaredError"), json!({})).unwrap();
    assert_eq!(names(&same), ["digit", "size"]);
    for (loss, weights, expected) in [
        (
            json!({ "dig": "poisson" }),
            json!({}),
            "no output \"dig\", expected names of digit, size",
        ),
        (json!(["poisson"]), json!({}), "a list for 1 outputs, expected 2"),
        (json!({}), json!({}), "loss: found none"),
        (json!("poisson"), json!({ "x": 1 }), "lossWeights: the model has no output \"x\""),
        (json!("poisson"), json!({ "size": -1 }), "that of \"size\" is -1"),
    ] {
        let error = objective(loss, weights).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert!(error.message().contains(expected), "{error}");
    }
    let error = objective(json!("binaryCrossentropy"), json!({})).unwrap_err();
    assert_eq!(error.layer(), Some("size"), "{error}");
}

#[test]
fn numbers_are_reported_by_the_names_of_outputs() {
    let names = |objective: &Objective, metrics: Value| -> Vec<String> {
        let metrics: MetricSpecs = serde_json::from_value(metrics).unwrap();
        let mut logs = BTreeMap::new();
        objective.sums(&metrics).unwrap().report([1.0, 2.0], &mut [], &mut logs);
        logs.into_keys().collect()
    };
    assert_eq!(
        names(&both(), json!({ "digit": ["accuracy"], "size": "meanAbsoluteError" })),
        ["digitAccuracy", "digitLoss", "sizeLoss", "sizeMeanAbsoluteError"]
    );
    let lists = json!([["accuracy", { "type": "topKAccuracy", "k": 2 }], []]);
    assert_eq!(
        names(&both(), lists),
        ["digitAccuracy", "digitLoss", "digitTop2Accuracy", "sizeLoss"]
    );
    let one = objective(json!({ "size": "meanSquaredError" }), json!({})).unwrap();
    assert_eq!(names(&one, json!(["meanAbsoluteError"])), ["meanAbsoluteError"]);
    let wrong = serde_json::from_value(json!({ "dig": ["accuracy"] })).unwrap();
    let error = both().sums(&wrong).unwrap_err();
    assert!(error.message().contains("no output \"dig\""), "{error}");
}

/// Two samples with targets of both outputs, in this order.
fn dataset(first: Targets, second: Targets) -> Dataset {
    let column = Column::new(vec![2], Values::F32(vec![0.0; 4])).unwrap();
    let data = Dataset::new(vec![column], first, vec![], Preprocessing::default()).unwrap();
    data.with_further_targets(vec![second]).unwrap()
}

#[test]
fn datasets_that_do_not_fit_are_refused() {
    let digits = |most| Targets::Classes(vec![0, most]);
    let sizes = || Targets::Dense { shape: vec![1], values: vec![0.5, 2.0] };
    let check = |data: &Dataset| both().check_targets(&graph(), data);
    let names = |names: [&str; 2]| names.map(String::from).to_vec();
    check(&dataset(digits(2), sizes())).unwrap();
    let turned = dataset(sizes(), digits(2));
    check(&turned.clone().with_output_names(names(["size", "digit"])).unwrap()).unwrap();
    let error = check(&turned).unwrap_err();
    assert_eq!((error.kind(), error.layer()), (ErrorKind::Argument, Some("digit")), "{error}");
    let error = check(&turned.with_output_names(names(["size", "other"])).unwrap()).unwrap_err();
    assert!(error.message().contains("no targets of the output \"digit\""), "{error}");
    let turned = dataset(sizes(), digits(3)).with_output_names(names(["size", "digit"])).unwrap();
    let error = check(&turned).unwrap_err();
    assert!(error.message().contains("found 4 classes, expected at most 3"), "{error}");
    let column = Column::new(vec![2], Values::F32(vec![0.0; 4])).unwrap();
    let one = Dataset::new(vec![column], digits(2), vec![], Preprocessing::default()).unwrap();
    let error = check(&one).unwrap_err();
    assert!(error.message().contains("targets of 1 outputs, expected those of 2"), "{error}");
    let named = dataset(digits(2), sizes()).with_input_names(vec!["z".into()]).unwrap();
    let error = check(&named).unwrap_err();
    assert!(error.message().contains("no input \"x\", but z"), "{error}");
}
