//! Losses that are graphs.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};

use super::*;
use crate::ErrorKind;
use crate::spec::ModelSpec;

/// The mean over the last dimension of `function(d) + function(-d)`, d being yPred - yTrue.
fn graph(function: &str, shape: &[usize]) -> GraphLoss {
    let node = |name: &str, inputs: &[&str], layer: Value| json!({ "name": name, "inputs": inputs, "layer": layer });
    let size: usize = shape.iter().product();
    let model = json!({
        "inputs": [{ "name": "yPred", "shape": shape }, { "name": "yTrue", "shape": shape }],
        "nodes": [
            node("minus", &["yTrue"], json!({ "type": "rescaling", "scale": -1 })),
            node("d", &["yPred", "minus"], json!({ "type": "add" })),
            node("other", &["d"], json!({ "type": "rescaling", "scale": -1 })),
            node("up", &["d"], json!({ "type": "activation", "activation": function })),
            node("down", &["other"], json!({ "type": "activation", "activation": function })),
            node("both", &["up", "down"], json!({ "type": "add" })),
            node("image", &["both"], json!({ "type": "reshape", "targetShape": [size, 1, 1] })),
            node("mean", &["image"], json!({ "type": "globalAveragePooling2d" })),
        ],
        "outputs": ["mean"],
    });
    GraphLoss { model: serde_json::from_value(model).unwrap() }
}

fn batch<'a>(outputs: &'a [f32], targets: &'a [f32]) -> LossBatch<'a> {
    let (rows, targets) = (outputs.len() / WIDTH, TargetBatch::Dense(targets));
    LossBatch { rows, width: WIDTH, outputs, form: Form::Outputs, targets, scale: 0.25 }
}

fn run(loss: &dyn Loss, outputs: &[f32], targets: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let (mut losses, mut gradient) = (vec![0.0; outputs.len() / WIDTH], vec![0.0; outputs.len()]);
    loss.evaluate(&batch(outputs, targets), &mut losses, &mut gradient);
    (losses, gradient)
}

fn assert_close(found: &[f32], expected: &[f32]) {
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn a_graph_is_the_loss_that_it_says() {
    let (outputs, targets) = (numbers(ROWS * WIDTH, 3), numbers(ROWS * WIDTH, 4));
    let found = run(&graph("relu", &[WIDTH]), &outputs, &targets);
    let expected = run(&MeanAbsoluteError {}, &outputs, &targets);
    assert_close(&found.0, &expected.0);
    assert_close(&found.1, &expected.1);
    // ln(1 + e^d) + ln(1 + e^-d) = 2 ln(2 cosh(d / 2)).
    let half = |values: &[f32]| values.iter().map(|value| value / 2.0).collect::<Vec<_>>();
    let found = run(&graph("softplus", &[WIDTH]), &outputs, &targets);
    let expected = run(&LogCosh {}, &half(&outputs), &half(&targets));
    let losses: Vec<f32> =
        expected.0.iter().map(|loss| 2.0 * (loss + std::f32::consts::LN_2)).collect();
    assert_close(&found.0, &losses);
    assert_close(&found.1, &expected.1);
}

#[test]
fn a_graph_takes_rows_or_whole_samples() {
    // Samples of two positions.
    let (outputs, targets) = (numbers(6 * WIDTH, 3), numbers(6 * WIDTH, 4));
    let of = |shape: &[usize]| {
        let mut runner = GraphRunner::new(&graph("relu", shape), &[2, WIDTH], 3).unwrap();
        let (mut losses, mut gradient) = ([0.0; 6], vec![0.0; 6 * WIDTH]);
        // Twice, since the second pass goes on with what the first has made.
        for _ in 0..2 {
            runner.evaluate(&batch(&outputs, &targets), &mut losses, &mut gradient).unwrap();
        }
        (losses, gradient)
    };
    let (rows, samples) = (of(&[WIDTH]), of(&[2, WIDTH]));
    assert_close(&rows.1, &samples.1);
    for (row, sample) in rows.0.chunks_exact(2).zip(samples.0.chunks_exact(2)) {
        assert_close(&[(row[0] + row[1]) / 2.0; 2], sample);
    }
}

/// The sum of the squares of an output.
fn squares(shape: &[usize]) -> GraphLoss {
    let node = |name: &str, inputs: &[&str], layer: Value| json!({ "name": name, "inputs": inputs, "layer": layer });
    let sum = json!({ "type": "dense", "units": 1, "useBias": false, "kernelInitializer": "ones" });
    let model = json!({
        "inputs": [{ "name": "yPred", "shape": shape }],
        "nodes": [
            node("square", &["yPred", "yPred"], json!({ "type": "multiply" })),
            node("flat", &["square"], json!({ "type": "flatten" })),
            node("sum", &["flat"], sum),
        ],
        "outputs": ["sum"],
    });
    GraphLoss { model: serde_json::from_value(model).unwrap() }
}

#[test]
fn a_graph_may_look_at_the_output_alone() {
    let outputs = numbers(ROWS * WIDTH, 3);
    let loss = squares(&[WIDTH]);
    assert!(!loss.takes_targets() && !loss.knows_classes(WIDTH) && loss.takes_mixed());
    let (losses, gradient) = run(&loss, &outputs, &[]);
    for (row, found) in outputs.chunks_exact(WIDTH).zip(&losses) {
        let expected: f32 = row.iter().map(|y| y * y).sum();
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
    for (at, found) in gradient.iter().enumerate() {
        let moved = |by: f32| {
            let mut outputs = outputs.clone();
            outputs[at] += by;
            run(&loss, &outputs, &[]).0.iter().map(|&loss| f64::from(loss)).sum::<f64>()
        };
        let expected = 0.25 * (moved(0.01) - moved(-0.01)) / 0.02;
        assert!((f64::from(*found) - expected).abs() < 1e-4, "{at}: {found} {expected}");
    }
    // Of whole samples of two positions.
    let mut runner = GraphRunner::new(&squares(&[2, WIDTH]), &[2, WIDTH], 3).unwrap();
    let (mut sums, mut same) = ([0.0; 6], vec![0.0; 6 * WIDTH]);
    runner.evaluate(&batch(&outputs[..6 * WIDTH], &[]), &mut sums, &mut same).unwrap();
    for (sums, rows) in sums.chunks_exact(2).zip(losses.chunks_exact(2)) {
        assert_close(sums, &[rows[0] + rows[1]; 2]);
    }
    let twice: Vec<f32> = gradient.iter().map(|gradient| 2.0 * gradient).collect();
    assert_close(&same, &twice);
}

#[test]
fn a_graph_may_be_the_output_itself() {
    let model =
        json!({ "inputs": [{ "name": "yPred", "shape": [1] }], "nodes": [], "outputs": ["yPred"] });
    let loss = GraphLoss { model: serde_json::from_value(model).unwrap() };
    let mut runner = GraphRunner::new(&loss, &[1], 3).unwrap();
    let targets = TargetBatch::Classes(&[0; 3]);
    let outputs = &[1.5, -2.0, 0.25];
    let batch = LossBatch { rows: 3, width: 1, outputs, form: Form::Outputs, targets, scale: 0.5 };
    let (mut losses, mut gradient) = ([0.0; 3], [0.0; 3]);
    runner.evaluate(&batch, &mut losses, &mut gradient).unwrap();
    assert_eq!((losses, gradient), (*outputs, [0.5; 3]));
}

#[test]
fn classes_are_known_and_mixed_where_targets_are_those_of_a_position() {
    let (narrow, wide) = (graph("relu", &[1]), graph("relu", &[WIDTH]));
    assert!(narrow.knows_classes(1) && wide.knows_classes(WIDTH));
    assert!(!graph("relu", &[2, WIDTH]).knows_classes(WIDTH));
    assert!(narrow.takes_mixed() && wide.takes_mixed());
    let mut labels = wide;
    labels.model.inputs[1].shape = vec![1];
    assert!(labels.knows_classes(WIDTH) && !labels.takes_mixed());
}

#[test]
fn labels_are_numbers_or_a_one_among_zeros() {
    let loss = graph("relu", &[WIDTH]);
    let outputs = numbers(2 * WIDTH, 3);
    let mut one_hot = vec![0.0; 2 * WIDTH];
    (one_hot[1], one_hot[WIDTH + 3]) = (1.0, 1.0);
    let expected = run(&loss, &outputs, &one_hot);
    let (mut losses, mut gradient) = ([0.0; 2], vec![0.0; 2 * WIDTH]);
    let labels = LossBatch { targets: TargetBatch::Classes(&[1, 3]), ..batch(&outputs, &[]) };
    loss.evaluate(&labels, &mut losses, &mut gradient);
    assert_eq!((losses.to_vec(), gradient), expected);
    assert!(loss.validate(WIDTH, TargetKind::Classes).is_ok());
    assert!(loss.validate(WIDTH, TargetKind::Dense).is_ok());
    let narrow = graph("relu", &[1]);
    assert!(narrow.validate(WIDTH, TargetKind::Classes).is_ok());
    assert_eq!(narrow.validate(WIDTH, TargetKind::Dense).unwrap_err().kind(), ErrorKind::Argument);
    assert!(loss.validate(WIDTH + 1, TargetKind::Classes).is_err());
}

#[test]
fn graphs_that_are_no_loss_are_refused() {
    let message = |loss: GraphLoss, shape: &[usize]| {
        GraphRunner::new(&loss, shape, 2).unwrap_err().to_string()
    };
    let changed = |change: fn(&mut ModelSpec)| {
        let mut loss = graph("relu", &[WIDTH]);
        change(&mut loss.model);
        message(loss, &[WIDTH])
    };
    assert!(
        message(graph("relu", &[WIDTH]), &[3]).contains("yPred has the shape [5], expected [3]")
    );
    let named = changed(|model| {
        model.inputs[0].name = "y".into();
        model.nodes[1].inputs[0] = "y".into();
    });
    assert!(named.contains("the graph's inputs are y, yTrue, expected yTrue and yPred"), "{named}");
    let wide = changed(|model| {
        model.nodes.truncate(6);
        model.outputs = vec!["both".into()];
    });
    assert!(wide.contains("the shapes [[5]], expected one of shape [1]"), "{wide}");
    let blind = changed(|model| model.nodes[1].inputs = vec!["minus".into(), "minus".into()]);
    assert!(blind.contains("no layer takes the input \"yPred\""), "{blind}");
    let unknown = changed(|model| model.nodes[1].inputs[0] = "nothing".into());
    assert!(unknown.contains("nothing"), "{unknown}");
}

#[test]
fn a_graph_is_read_as_it_was_written() {
    let spec = LossSpec::Graph(graph("relu", &[WIDTH]));
    let json = serde_json::to_value(&spec).unwrap();
    assert_eq!(json["type"], "graph");
    assert_eq!(serde_json::from_value::<LossSpec>(json).unwrap(), spec);
}
