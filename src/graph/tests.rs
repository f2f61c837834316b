use super::*;
use crate::ErrorKind;
use crate::layers::{Add, Conv2d, Dense, Flatten, MaxPooling2d};
use crate::spec::InputSpec;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A graph over the input `x` of shape [4], from lines "name: kind a b".
fn spec(lines: &[&str], outputs: &[&str]) -> ModelSpec {
    let node = |line: &&str| {
        let (name, rest) = line.split_once(": ").expect("a name");
        let mut words = rest.split(' ');
        let layer = match words.next() {
            Some("dense") => Dense::new(3).into(),
            Some("add") => Add {}.into(),
            other => panic!("{other:?} is no kind of this test"),
        };
        NodeSpec::new(name, layer, words.map(str::to_owned).collect())
    };
    ModelSpec {
        name: None,
        seed: 0,
        winograd: true,
        inputs: vec![InputSpec { name: "x".into(), shape: vec![4] }],
        nodes: lines.iter().map(node).collect(),
        outputs: outputs.iter().map(|name| (*name).into()).collect(),
    }
}

#[test]
fn layers_are_put_in_order() {
    let lines = ["sum: add b a", "b: dense a", "a: dense x", "c: dense sum"];
    let graph = Graph::new(&spec(&lines, &["c", "b"])).expect("a valid graph");
    let names: Vec<_> = graph.nodes().iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "sum", "c"]);
    assert_eq!(graph.nodes()[2].inputs, [2, 1]);
    assert_eq!(graph.outputs(), [4, 2]);
    assert_eq!(graph.value("b"), Some(2));
    assert_eq!((graph.consumers(1), graph.consumers(4)), (2, 0));
    // Parameters lie in the order of the layers: 4 x 3 + 3, 3 x 3 + 3, none, 3 x 3 + 3.
    let ranges: Vec<_> = graph.nodes().iter().map(|node| node.weights.clone()).collect();
    assert_eq!(ranges, [0..15, 15..27, 27..27, 27..39]);
    assert_eq!(graph.tensors()[3].name, "b/bias");
    assert_eq!(graph.tensors()[3].range, 24..27);
}

#[test]
fn faults_are_told_with_their_layer() {
    use ErrorKind::{Argument, NotFound, Shape};
    for (lines, outputs, kind, layer, expected) in [
        (&["a: dense y"][..], &["a"][..], NotFound, Some("a"), "the name \"y\""),
        (&["a: dense x"], &["b"], NotFound, None, "the name \"b\""),
        (&["a: dense x", "a: dense x"], &["a"], Argument, Some("a"), "given twice"),
        (&["x: dense x"], &["x"], Argument, Some("x"), "given twice"),
        (&["a: dense b", "b: dense a", "c: dense x"], &["b", "c"], Argument, Some("a"), "circle"),
        (&["a: dense a", "c: dense x"], &["a", "c"], Argument, Some("a"), "circle"),
        (&["a: dense x", "b: dense x"], &["a"], Argument, Some("b"), "no layer takes"),
        (&["a: dense x x"], &["a"], Argument, Some("a"), "2 inputs, expected 1"),
        (&["a: dense"], &["a"], Argument, Some("a"), "0 inputs, expected 1"),
        (&["a: add x"], &["a"], Argument, Some("a"), "1 inputs, expected 2 or more"),
        (&["a: dense x", "b: add a x"], &["b"], Shape, Some("b"), "[3] and [4]"),
        (&["a: dense x"], &["a", "a"], Argument, None, "named twice"),
        (&["a: dense x"], &[], Argument, None, "1 inputs and 0 outputs"),
        (&[": dense x"], &[""], Argument, Some(""), "has no name"),
        (&["left/a: dense x"], &["left/a"], Argument, Some("left/a"), "the name holds \"/\""),
    ] {
        let error = Graph::new(&spec(lines, outputs)).expect_err("a fault");
        assert_eq!((error.kind(), error.layer()), (kind, layer), "{lines:?}: {error}");
        assert!(error.message().contains(expected), "{lines:?}: {error}");
    }
}

#[test]
fn inputs_are_checked() {
    let fault = |change: fn(&mut ModelSpec)| {
        let mut spec = spec(&["a: dense x"], &["a"]);
        change(&mut spec);
        Graph::new(&spec).expect_err("a fault").to_string()
    };
    let faults = [
        (fault(|spec| spec.inputs[0].shape = vec![]), "expected at least one dimension"),
        (fault(|spec| spec.inputs[0].shape = vec![0]), "expected sizes of at least 1"),
        (fault(|spec| spec.inputs[0].shape = vec![1 << 20; 3]), "more than 268435456 numbers"),
        (fault(|spec| spec.inputs.push(spec.inputs[0].clone())), "that nothing else has"),
        (fault(|spec| spec.inputs[0].name.clear()), "expected one that nothing else has"),
        (fault(|spec| spec.inputs.clear()), "0 inputs and 1 outputs"),
        (fault(|spec| spec.seed = 1 << 53), "seed is 9007199254740992, expected at most"),
        (
            fault(|spec| spec.inputs.push(InputSpec { name: "y".into(), shape: vec![1] })),
            "no layer takes the input \"y\"",
        ),
    ];
    for (found, expected) in faults {
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn models_that_claim_too_much_are_refused() {
    let dense = |units: usize| Dense::new(units).into();
    let wide = ModelSpec::sequential(None, vec![7_000], vec![dense(7_000), dense(7_000)]);
    let error = Graph::new(&wide).expect_err("98 million parameters");
    assert_eq!((error.kind(), error.layer()), (ErrorKind::TooLarge, Some("dense_1")));
    assert!(error.message().contains("98014000 parameters"), "{error}");

    let mut long = spec(&["a: dense x"], &["a"]);
    long.outputs = vec!["a".into(); 10_001];
    let error = Graph::new(&long).expect_err("too many names");
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[test]
fn sequences_have_the_names_of_keras() {
    let layers = vec![
        Conv2d::new(8, 5).into(),
        MaxPooling2d::new(2).into(),
        Conv2d::new(16, 5).into(),
        MaxPooling2d::new(2).into(),
        Flatten {}.into(),
        Dense::new(10).into(),
    ];
    let spec = ModelSpec::sequential(Some("w1"), vec![28, 28, 1], layers);
    let graph = Graph::new(&spec).expect("a valid graph");
    let names: Vec<_> = graph.nodes().iter().map(|node| node.name.as_str()).collect();
    let pools = ["maxPooling2d", "maxPooling2d_1"];
    assert_eq!(names, ["conv2d", pools[0], "conv2d_1", pools[1], "flatten", "dense"]);
    assert_eq!(graph.weights_len(), 5_994);
    assert_eq!(graph.output_shape(0), [10]);
    assert_eq!(graph.multiply_adds(), 24 * 24 * 25 * 8 + 8 * 8 * 200 * 16 + 2_560);
}

#[test]
fn specifications_survive_being_written() {
    let spec = spec(&["a: dense x", "b: add a a"], &["b"]).with_seed(7);
    let text = serde_json::to_string(&spec).expect("a specification that can be written");
    assert_eq!(serde_json::from_str::<ModelSpec>(&text).ok(), Some(spec));
    assert!(!text.contains("\"name\":null"), "{text}");
    let error = serde_json::from_str::<ModelSpec>("{\"layers\": []}").expect_err("a fault");
    assert!(error.to_string().contains("unknown field `layers`"), "{error}");
}

#[test]
fn a_frozen_front_goes_to_what_is_trained() {
    let front = |lines: &[&str], outputs: &[&str], frozen: &[&str]| {
        let mut spec = spec(lines, outputs);
        for node in &mut spec.nodes {
            node.trainable = !frozen.contains(&node.name.as_str());
        }
        let graph = Graph::new(&spec).expect("a valid graph");
        let front = graph.frozen_front()?;
        let held = (0..graph.nodes().len()).filter(|&node| front.holds(node)).collect::<Vec<_>>();
        let values = front.values().iter().map(|&value| graph.name_of(value).to_owned());
        let values = values.collect::<Vec<_>>().join(" ");
        Some((values, held, front.width(&graph), front.multiply_adds()))
    };
    let chain = ["a: dense x", "b: dense a", "c: dense b"];
    assert_eq!(front(&chain, &["c"], &["a", "b"]), Some(("b".into(), vec![0, 1], 3, 21)));
    assert_eq!(front(&chain, &["c"], &["a", "c"]), Some(("a".into(), vec![0], 3, 12)));
    assert_eq!(front(&chain, &["c"], &[]), None);
    assert_eq!(front(&chain, &["c"], &["b", "c"]), None);
    // Nothing trained leads to an output.
    assert_eq!(front(&chain, &["c"], &["a", "b", "c"]), None);
    assert_eq!(front(&chain, &["c", "b"], &["a", "b"]), None);
    // What is behind takes an input, and a value that the front itself takes.
    let fork = ["a: dense x", "b: dense a", "c: dense x", "sum: add a b c", "end: dense sum"];
    let values = front(&fork, &["end"], &["a", "b"]).expect("a front");
    assert_eq!(values, ("x a b".into(), vec![0, 1], 10, 21));
    // Layers without parameters belong to it.
    assert_eq!(
        front(&fork, &["end"], &["a", "b", "c"]).map(|(values, held, ..)| (values, held)),
        Some(("sum".into(), vec![0, 1, 2, 3]))
    );
}
