//! Keras 3.15 wrote the files of `keras` (`make_keras.py`, `make_keras_masks.py` and `make_keras_layers.py`), Keras 2.15 those of `keras2` (`make_keras2.py`).

use tabgrad::ErrorKind;
use tabgrad::interchange::keras::read;

use crate::case;

const MODELS: &[&str] = &[
    "keras/attention",
    "keras/autoencoder",
    "keras/bidirectional",
    "keras/cnn",
    "keras/gru",
    "keras/layers_channels",
    "keras/layers_positions",
    "keras/layers_sequences",
    "keras/lstm",
    "keras/masks_attention",
    "keras/masks_masking",
    "keras/masks_pooling",
    "keras/masks_zeros",
    "keras/mobilenet",
    "keras/nested",
    "keras/operations",
    "keras/resnet",
    "keras/table",
    "keras/text",
    "keras/two",
    "keras2/cnn",
    "keras2/mobilenet",
    "keras2/operations",
    "keras2/residual",
    "keras2/text",
];

/// Both files of a model. Keras 2 has no archive of one with an ellipsis.
fn files(name: &str) -> Vec<String> {
    let archive = (name != "keras2/operations").then(|| format!("{name}.keras"));
    archive.into_iter().chain([format!("{name}.h5.gz")]).collect()
}

#[test]
fn models_predict_as_in_keras() {
    for name in MODELS {
        let expected = case::case(&format!("{name}.json"));
        for file in files(name) {
            let imported = read(&case::read(&file), &[]);
            let mut imported = imported.unwrap_or_else(|error| panic!("{file}: {error}"));
            case::compare(&file, &mut imported.model, &expected);
            assert_eq!(imported.notes, Vec::<String>::new(), "{file}");
        }
    }
}

/// What does something only while training predicts the same, and a note says what is not the same.
#[test]
fn layers_that_train_otherwise_are_noted() {
    let expected = case::case("keras/layers_training.json");
    for file in files("keras/layers_training") {
        let mut imported = read(&case::read(&file), &[]).expect(&file);
        case::compare(&file, &mut imported.model, &expected);
        let of = |part: &str| imported.notes.iter().filter(|note| note.contains(part)).count();
        let five = "\"random_flip\", \"random_rotation\", \"random_zoom\" and 2 more: it does nothing here";
        assert_eq!(of(five), 1, "{:?}", imported.notes);
        assert_eq!(of("its noise_shape is another one here"), 1, "{:?}", imported.notes);
        for part in ["no whole samples", "no penalty", "noise", "does not keep mean"] {
            assert!(of(part) > 0, "{part}: {:?}", imported.notes);
        }
    }
}

#[test]
fn damaged_files_are_refused_or_read_without_a_panic() {
    for name in MODELS {
        for file in files(name) {
            case::damage(&case::read(&file), |bytes| drop(read(bytes, &[])));
        }
    }
}

#[test]
fn what_is_no_keras_file_is_refused() {
    for bytes in [&b""[..], b"PK", b"\x89HDF\r\n\x1a\n", b"hello"] {
        let error = read(bytes, &[]).expect_err("no such file");
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
    }
}
