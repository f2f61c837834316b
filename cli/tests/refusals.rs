//! What makes no sense is refused in a sentence, with a code that says whose fault it is.

mod common;

use std::fs;

use common::{Folder, classifier, digits, pets, small, text};

#[test]
fn files_that_are_none() {
    let folder = Folder::with_mnist();
    let model = digits();
    let model = text(&model);
    let cut = &fs::read(model).unwrap()[..5000];
    folder.write("cut.safetensors", cut);
    folder.write("empty.safetensors", "");
    folder.write("model.bin", cut);
    fs::create_dir(folder.path("nothing")).unwrap();
    folder.bad(1, &["inspect", "gone.safetensors"], "gone.safetensors: there is no such file");
    folder.bad(1, &["inspect", "cut.safetensors"], "cut.safetensors: saved model: ");
    folder.bad(1, &["inspect", "empty.safetensors"], "empty.safetensors: saved model: ");
    folder.bad(1, &["inspect", "model.bin"], "expected .safetensors");
    folder.bad(1, &["inspect", "nothing"], "expected .safetensors");
    folder.bad(1, &["convert", model, "model.onx"], "model.onx: the ending of the name");
    folder.bad(1, &["convert", model, "gone/m.safetensors"], "there is no such folder");
    folder.bad(1, &["evaluate", model, "gone"], "gone: there is no such file");
    folder.bad(1, &["evaluate", model, "nothing"], "nothing: there is no file in this folder");
    folder.bad(1, &["evaluate", model, "mnist/images.idx3"], "targets");
    folder.bad(1, &["evaluate", model, "mnist", "--loss", "nonsense"], "nonsense");
    folder.bad(1, &["predict", model, "gone"], "gone: there is no such file");
    folder.bad(2, &["predict", model, "mnist", "-o", "out.txt"], "expected .csv");
    folder.bad(1, &["predict", model, "mnist", "-o", "gone/out.csv"], "there is no such folder");
}

#[test]
fn trainings_that_cannot_be() {
    let folder = Folder::with_mnist();
    pets(&folder, 3);
    let small = small();
    let train = |spec: &'static str| ["train", "mnist", "-o", "m.safetensors", "--spec", spec];
    let with = |more: &[&'static str]| {
        let own = ["train", "mnist", "-o", "m.safetensors", "--spec", text(&small)];
        own.into_iter().chain(more.iter().copied()).map(str::to_owned).collect::<Vec<_>>()
    };
    let bad = |code, more: &[&'static str], words| {
        let all = with(more);
        folder.bad(code, &all.iter().map(String::as_str).collect::<Vec<_>>(), words);
    };
    bad(2, &["--learning-rate", "-1"], "--learning-rate is -1, expected a number above 0");
    bad(2, &["--validation", "1.5"], "--validation is 1.5, expected a share");
    bad(1, &["--validation", "gone"], "gone: there is no such file");
    bad(1, &["--validation", "0.0001"], "split: a fraction of 0.0001");
    bad(1, &["--optimizer", "adamm"], "adamm");
    bad(1, &["--augmentation", "{\"rotate\": 3}"], "rotate");
    bad(1, &["--import", "{\"size\": 3}"], "--import: ");
    folder.bad(2, &["train", "mnist", "-o", "m.safetensors"], "expected --spec with a network");
    folder.bad(1, &train("gone.json"), "gone.json: there is no such file");
    folder.write("broken.json", "{ \"spec\": ");
    folder.bad(1, &train("broken.json"), "broken.json: EOF");
    folder.write("none.json", "{}");
    folder.bad(1, &train("none.json"), "none.json: found no `spec`");
    folder.write("other.json", classifier("[9]", false, "{}", "null"));
    folder.bad(1, &train("other.json"), "expected [9]");
    folder.write("unknown.json", classifier("[9]", false, "{ \"epoch\": 3 }", "null"));
    folder.bad(1, &train("unknown.json"), "unknown field `epoch`");
    folder.write("bare.json", r#"{ "inputShape": [9], "layers": [{ "type": "flatten" }] }"#);
    folder.bad(2, &train("bare.json"), "nothing says the loss");
    let to_text = ["train", "mnist", "-o", "m.txt", "--spec", text(&small)];
    folder.bad(1, &to_text, "m.txt: the ending of the name");
    bad(1, &["--learning-rate", "1e30", "--epochs", "9"], "at a learning rate of");
    assert!(!folder.path("m.safetensors").exists());
    assert!(!folder.path("m.safetensors.partial").exists());
}

#[test]
fn usage_is_explained() {
    let folder = Folder::new();
    for arguments in [&["train"][..], &["predict", "m.safetensors"], &["nonsense"], &[]] {
        let ran = folder.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.errors.contains("Usage: tabgrad"), "{arguments:?}: {}", ran.errors);
    }
    for command in ["inspect", "train", "evaluate", "predict", "convert"] {
        let help = folder.good(&[command, "--help"]);
        assert!(help.contains(&format!("Usage: tabgrad {command}")), "{help}");
    }
    assert!(folder.good(&["--version"]).starts_with("tabgrad 0."));
}
