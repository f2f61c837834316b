//! Keras 3.15 wrote these files (`make_keras.py`).

use tabgrad::ErrorKind;
use tabgrad::interchange::keras::read;

use crate::case;

const MODELS: &[&str] = &[
    "attention",
    "autoencoder",
    "bidirectional",
    "cnn",
    "gru",
    "lstm",
    "mobilenet",
    "nested",
    "resnet",
    "table",
    "text",
    "two",
];

#[test]
fn models_predict_as_in_keras() {
    for name in MODELS {
        let expected = case::case(&format!("keras/{name}.json"));
        for file in [format!("keras/{name}.keras"), format!("keras/{name}.h5.gz")] {
            let imported = read(&case::read(&file), &[]);
            let mut imported = imported.unwrap_or_else(|error| panic!("{file}: {error}"));
            case::compare(&file, &mut imported.model, &expected);
            assert_eq!(imported.notes, Vec::<String>::new(), "{file}");
        }
    }
}

#[test]
fn damaged_files_are_refused_or_read_without_a_panic() {
    for name in MODELS {
        for file in [format!("keras/{name}.keras"), format!("keras/{name}.h5.gz")] {
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
