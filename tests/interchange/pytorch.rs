//! PyTorch 2.15 wrote these files (`make_keras.py`).

use serde_json::{Value, from_value};
use tabgrad::ErrorKind;
use tabgrad::formats::safetensors::{self, ModelInfo};
use tabgrad::interchange::files::read_weights;
use tabgrad::interchange::pytorch::load;
use tabgrad::interchange::weights::write_npz;
use tabgrad::model::Model;

use crate::case;

const MODELS: &[&str] = &["attention", "cnn", "mlp-bf16", "mlp-f16", "text"];

fn model(case: &Value) -> Model {
    let spec = from_value(case["spec"].clone()).expect("a specification");
    Model::new(spec).expect("a model")
}

#[test]
fn models_predict_as_in_pytorch() {
    for name in MODELS {
        let expected = case::case(&format!("pytorch/{name}.json"));
        let mut model = model(&expected);
        let names: Vec<(String, String)> = from_value(expected["names"].clone()).expect("names");
        let names: Vec<_> = names.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let bytes = case::read(&format!("pytorch/{name}.safetensors"));
        let report = load(&mut model, &bytes, &names);
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        report.require_all().unwrap_or_else(|error| panic!("{name}: {error}"));
        case::compare(&format!("pytorch/{name}"), &mut model, &expected);
    }
}

#[test]
fn what_does_not_fit_is_reported() {
    let mut expected = case::case("pytorch/mlp-f16.json");
    expected["spec"]["nodes"][4]["layer"]["units"] = 7.into();
    let mut model = model(&expected);
    let bytes = case::read("pytorch/mlp-f16.safetensors");
    let report = load(&mut model, &bytes, &[]).expect("some of it");
    assert_eq!(report.missing, ["layer4/kernel", "layer4/bias"]);
    assert_eq!(report.unexpected, ["4.bias", "4.weight"]);
    assert_eq!(report.loaded.len(), 6);
    let report = load(&mut model, &bytes, &[("layer4", "4")]).expect("some of it");
    assert_eq!(report.mismatched.len(), 2);
    assert_eq!(report.mismatched[0].found, [6, 6]);
    for names in [[("layer9", "4")], [("layer4", "9")]] {
        let error = load(&mut model, &bytes, &names).expect_err("no such name");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
}

#[test]
fn damaged_files_are_refused_or_read_without_a_panic() {
    for name in MODELS {
        let mut model = model(&case::case(&format!("pytorch/{name}.json")));
        let bytes = case::read(&format!("pytorch/{name}.safetensors"));
        case::damage(&bytes, |bytes| drop(load(&mut model.clone(), bytes, &[])));
        assert!(load(&mut model, &bytes[..bytes.len() - 1], &[]).is_err());
    }
}

#[test]
fn files_of_weights_are_told_apart_by_what_they_are() {
    let expected = case::case("pytorch/cnn.json");
    let mut from = model(&expected);
    let state_dict = case::read("pytorch/cnn.safetensors");
    read_weights(&mut from, &state_dict, &[]).expect("a state dict").require_all().expect("all");
    case::compare("pytorch/cnn", &mut from, &expected);
    let own = safetensors::write(&from, &ModelInfo::default(), None).expect("a file");
    let npz = write_npz(&from).expect("an archive");
    for bytes in [own, npz.clone()] {
        let mut to = model(&expected);
        assert_ne!(to.weights(), from.weights());
        read_weights(&mut to, &bytes, &[]).expect("weights").require_all().expect("all of them");
        assert_eq!((to.weights(), to.state()), (from.weights(), from.state()));
    }
    let kind = |bytes: &[u8], names: &[(&str, &str)]| {
        let mut to = model(&expected);
        read_weights(&mut to, bytes, names).expect_err("no weights").kind()
    };
    assert_eq!(kind(&npz, &[("layer0", "0")]), ErrorKind::Argument);
    assert_eq!(kind(b"PK\x03\x04 archive/data.pkl of torch.save", &[]), ErrorKind::Unsupported);
    assert_eq!(kind(b"PK\x03\x04 and no more", &[]), ErrorKind::Format);
    assert_eq!(kind(b"nothing of the kind", &[]), ErrorKind::Format);
}
