//! TensorFlow.js 4.22 wrote these files (`make_tfjs.mjs`).

use tabgrad::ErrorKind;
use tabgrad::interchange::tfjs::read;

use crate::case;

const MODELS: &[&str] = &["cnn", "float16", "text", "two", "uint16", "uint8"];
const SHARDS: [&str; 2] = ["group1-shard1of2.bin", "group1-shard2of2.bin"];

fn files(name: &str) -> (Vec<u8>, [Vec<u8>; 2]) {
    let file = |file: &str| case::read(&format!("tfjs/{name}/{file}"));
    (file("model.json"), SHARDS.map(file))
}

#[test]
fn models_predict_as_in_tensorflow_js() {
    for name in MODELS {
        let (model, [first, second]) = files(name);
        let shards = [(SHARDS[1], &second[..]), (SHARDS[0], &first[..])];
        let imported = read(&model, &shards, &[]);
        let mut imported = imported.unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = case::case(&format!("tfjs/{name}.json"));
        case::compare(&format!("tfjs/{name}"), &mut imported.model, &expected);
    }
}

#[test]
fn damaged_files_are_refused_or_read_without_a_panic() {
    for name in MODELS {
        let (model, [first, second]) = files(name);
        let shards = [(SHARDS[0], &first[..]), (SHARDS[1], &second[..])];
        case::damage(&model, |model| drop(read(model, &shards, &[])));
        for length in 0..second.len() {
            let shards = [(SHARDS[0], &first[..]), (SHARDS[1], &second[..length])];
            let error = read(&model, &shards, &[]).expect_err("a shard that is cut off");
            assert_eq!(error.kind(), ErrorKind::Format, "{error}");
        }
        let longer = [&second[..], &[0]].concat();
        let error =
            read(&model, &[shards[0], (SHARDS[1], &longer)], &[]).expect_err("a byte behind");
        assert!(error.message().contains("found 1 bytes behind the last weight"), "{error}");
        let error = read(&model, &shards[..1], &[]).expect_err("a shard is missing");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
}

#[test]
fn graph_models_are_refused_by_name() {
    let error = read(br#"{ "format": "graph-model" }"#, &[], &[]).expect_err("no layers");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("graph model"), "{error}");
}
