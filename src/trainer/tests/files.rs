//! What a file of a model may and may not say.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

#[test]
fn files_that_are_something_else_are_refused() {
    let model = network();
    let info = ModelInfo::default();
    let bytes = safetensors::write(&model, &info, None).unwrap();
    let read = safetensors::read(&bytes).unwrap();
    assert_eq!(bits(read.model.weights()), bits(model.weights()));
    assert_eq!(Trainer::restore(&bytes).unwrap_err().kind(), ErrorKind::Format);
    // The library writes the same.
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap().tensors();
    let written = ::safetensors::serialize(tensors, header.metadata().clone()).unwrap();
    assert!(written == bytes);

    let json = String::from_utf8_lossy(&bytes).into_owned();
    assert!(json.contains(r#""conv/kernel""#) && json.contains(r#"\"version\":1"#));
    let newer = replace(&bytes, br#"\"version\":1"#, br#"\"version\":9"#);
    let error = safetensors::read(&newer).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("version 9"), "{error}");
    let renamed = replace(&bytes, br#""conv/kernel""#, br#""conv/colonel""#);
    assert!(safetensors::read(&renamed).is_err());
    let slash = replace(&bytes, br#"\"name\":\"conv\""#, br#"\"name\":\"le/ft\""#);
    let error = safetensors::read(&slash).unwrap_err();
    assert!(error.message().contains("the name holds \"/\""), "{error}");
    let other = replace(&bytes, br#""tabgrad":"#, br#""othergrad":"#);
    assert!(safetensors::read(&other).is_err());
    let units = replace(&bytes, br#"\"units\":3"#, br#"\"units\":4"#);
    assert_eq!(safetensors::read(&units).unwrap_err().kind(), ErrorKind::Shape);
    let units = replace(&bytes, br#"\"units\":3"#, br#"\"units\":4000000000"#);
    assert!(safetensors::read(&units).is_err(), "a file decides how much is allocated");

    let mut model = network();
    model.weights_mut()[0] = f32::NAN;
    let bytes = safetensors::write(&model, &info, None).unwrap();
    assert_eq!(safetensors::read(&bytes).unwrap_err().kind(), ErrorKind::Data);
    for junk in [&b""[..], b"PK\x03\x04", &[0xff; 64], &[0; 64]] {
        assert_eq!(safetensors::read(junk).unwrap_err().kind(), ErrorKind::Format);
    }
}

/// A file with another text in its header, whose length is put right.
fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap());
    let length = length + to.len() as u64 - from.len() as u64;
    [&length.to_le_bytes(), &bytes[8..at], to, &bytes[at + from.len()..]].concat()
}

/// A run as version 1 of the format has it. Files of every version are read for ever: a new one gets a
/// fixture beside this, and this one stays as it is.
const VERSION_1: &[u8] = include_bytes!("fixtures/run-1.safetensors");

/// The run of the fixture, in the middle of its second epoch.
fn interrupted() -> Trainer {
    let train = bars(50);
    let mut trainer = trainer(adamw());
    trainer.start(RunSpec::new(3, 16, 3), &train).unwrap();
    for _ in 0..6 {
        trainer.advance(&train).unwrap();
    }
    trainer
}

#[test]
fn a_run_of_version_1_goes_on_as_one_that_was_not_interrupted() {
    let (mut restored, info) = Trainer::restore(VERSION_1).unwrap();
    assert_eq!(info.class_names, ["left", "middle", "right"]);
    assert_eq!(info.history, json!({"loss": [1.5]}));
    let train = bars(50);
    let mut whole = interrupted();
    let (reports, expected) = (finish(&mut restored, &train), finish(&mut whole, &train));
    assert_eq!(reports.len(), expected.len());
    // The fixture's first half was computed without fused multiplications.
    if cfg!(target_feature = "relaxed-simd") {
        let differences = restored.model().weights().iter().zip(whole.model().weights());
        let largest = differences.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(largest < 1e-4, "{largest}");
        return;
    }
    assert_eq!(reports, expected);
    assert_eq!(bits(restored.model().weights()), bits(whole.model().weights()));
    assert_eq!(bits(restored.model().state()), bits(whole.model().state()));
}

/// Writes the fixture of the present version; `cargo test write_run_fixture -- --ignored`.
#[cfg(not(target_arch = "wasm32"))]
#[test]
#[ignore = "writes a file"]
fn write_run_fixture() {
    let info = ModelInfo {
        class_names: ["left", "middle", "right"].map(String::from).into(),
        history: json!({"loss": [1.5]}),
        ..ModelInfo::default()
    };
    let path = format!(
        "{}/src/trainer/tests/fixtures/run-{}.safetensors",
        env!("CARGO_MANIFEST_DIR"),
        safetensors::FORMAT_VERSION
    );
    std::fs::write(path, interrupted().save(&info).unwrap()).unwrap();
}
