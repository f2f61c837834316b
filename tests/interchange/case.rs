//! What the cases have in common: files of the folder, inputs, and outputs that are expected.

use std::fs;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use ndarray::{ArrayD, IxDyn};
use serde_json::Value;
use tabgrad::model::Model;

/// The largest difference from the other system that is allowed.
pub const TOLERANCE: f32 = 1e-4;

/// A file of this folder; those that end in `.gz` are unpacked.
pub fn read(path: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/interchange");
    let bytes = fs::read(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    if !path.ends_with(".gz") {
        return bytes;
    }
    let mut whole = Vec::new();
    std::io::Read::read_to_end(&mut GzDecoder::new(&bytes[..]), &mut whole).expect("a gzip file");
    whole
}

/// The JSON of a case.
pub fn case(path: &str) -> Value {
    serde_json::from_slice(&read(path)).expect("a case is JSON")
}

/// The names of the cases of a folder: its files that end so, without that end, in order.
pub fn names(folder: &str, end: &str) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/interchange").join(folder);
    let entries = fs::read_dir(&path).expect("the folder of the cases");
    let files = entries.map(|entry| entry.expect("an entry").file_name().into_string());
    let mut names: Vec<String> = files
        .filter_map(|file| file.expect("a name").strip_suffix(end).map(str::to_owned))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "{} holds no files *{end}", path.display());
    names
}

/// The shapes of a sample of each input, where the file leaves sizes open; else none.
pub fn open_shapes(case: &Value) -> Vec<Vec<usize>> {
    match case["open"].as_bool() {
        Some(true) => {
            arrays(case, "inputs").iter().map(|input| input.shape()[1..].to_vec()).collect()
        }
        _ => Vec::new(),
    }
}

/// Arrays of a case: `[{ "shape": [...], "values": [...] }]`; values are multiples of `unit`, if there is one.
pub fn arrays(case: &Value, key: &str) -> Vec<ArrayD<f32>> {
    let array = |array: &Value| {
        let shape: Vec<usize> = serde_json::from_value(array["shape"].clone()).expect("a shape");
        let values: Vec<f64> = serde_json::from_value(array["values"].clone()).expect("values");
        let unit = array["unit"].as_f64().unwrap_or(1.0);
        let values = values.into_iter().map(|value| (value * unit) as f32).collect();
        ArrayD::from_shape_vec(IxDyn(&shape), values).expect("as many values as the shape says")
    };
    case[key].as_array().expect("a list of arrays").iter().map(array).collect()
}

/// Compares what a model predicts with what is expected; gives the largest difference.
pub fn compare(name: &str, model: &mut Model, case: &Value) -> f32 {
    let (inputs, expected) = (arrays(case, "inputs"), arrays(case, "outputs"));
    let views: Vec<_> = inputs.iter().map(|input| input.view()).collect();
    let found = model.predict(&views).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(found.len(), expected.len(), "{name}: outputs");
    let mut largest = 0.0_f32;
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found.shape(), expected.shape(), "{name}");
        let differences = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
        // A NaN is larger than anything.
        largest = differences.fold(largest, |most, d| if d <= most { most } else { d });
    }
    eprintln!("{name}: the largest difference is {largest:.1e}");
    assert!(largest <= TOLERANCE, "{name}: found a difference of {largest}");
    largest
}

/// Gives damaged copies of a file to a reader, which must not panic: cut off in many places, and with bits
/// flipped from a fixed seed.
pub fn damage(bytes: &[u8], read: impl Fn(&[u8])) {
    let step = (bytes.len() / 80).max(1);
    (0..bytes.len()).step_by(step).for_each(|end| read(&bytes[..end]));
    // Xorshift, by Marsaglia.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    for round in 0..200 {
        let mut damaged = bytes.to_vec();
        for _ in 0..1 + round % 4 {
            damaged[next(bytes.len())] ^= 1 << next(8);
        }
        read(&damaged);
    }
}
