//! What the tests share: the program, and small data for it.
#![allow(dead_code, reason = "each test program uses some of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A file of the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The model that comes with the page.
pub fn digits() -> PathBuf {
    project("www/public/models/digits.safetensors")
}

/// The specification of a small network.
pub fn small() -> PathBuf {
    project("cli/tests/known/small.json")
}

/// A folder for one test.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// 640 digits with their classes, in a folder `mnist`.
    pub fn with_mnist() -> Self {
        let folder = Self::new();
        fs::create_dir(folder.path("mnist")).unwrap();
        for (from, to) in [("idx3", "images.idx3"), ("idx1", "labels.idx1")] {
            let from = project(&format!("tests/golden/mnist-640.{from}"));
            fs::copy(from, folder.path("mnist").join(to)).unwrap();
        }
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The program, to be run in this folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tabgrad"));
        command.args(arguments).current_dir(self.0.path());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Runs the program, which has to succeed; what it printed.
    pub fn good(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.errors);
        ran.out
    }

    /// Runs the program, which has to fail with this code and say one line that holds these words.
    pub fn bad(&self, code: i32, arguments: &[&str], words: &str) {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{arguments:?}: {}", ran.errors);
        assert!(ran.errors.contains(words), "{arguments:?}: {}", ran.errors);
        assert_eq!(ran.errors.lines().count(), 1, "{arguments:?}: {}", ran.errors);
        assert!(ran.errors.starts_with("tabgrad: "), "{arguments:?}: {}", ran.errors);
    }
}

/// What came of a run of the program.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub errors: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            errors: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A picture of one colour with some noise, as a BMP file.
pub fn picture(side: u32, red: u8, blue: u8, noise: u8) -> Vec<u8> {
    let row = (3 * side).next_multiple_of(4);
    let size = 54 + row * side;
    let mut file = b"BM".to_vec();
    file.extend([size, 0, 54, 40, side, side].iter().flat_map(|number| number.to_le_bytes()));
    file.extend([1, 0, 24, 0]);
    file.extend([0; 24]);
    for y in 0..side {
        for x in 0..row / 3 * 3 {
            let grain = ((x * 31 + y * 17 + u32::from(noise) * 7) % 23) as u8;
            file.push(match x % 3 {
                0 => blue.saturating_add(grain),
                1 => 90 + grain,
                _ => red.saturating_add(grain),
            });
        }
        file.resize(54 + (row * (y + 1)) as usize, 0);
    }
    file
}

/// Pictures of two classes in folders: `cat` is blue and `dog` is red.
pub fn pets(folder: &Folder, of_each: u8) {
    for number in 0..of_each {
        folder.write(&format!("pets/cat/{number:03}.bmp"), picture(20, 20, 180, number));
        folder.write(&format!("pets/dog/{number:03}.bmp"), picture(24, 180, 20, number));
    }
}

/// A specification of a classifier of such samples.
pub fn classifier(shape: &str, flatten: bool, fit: &str, import: &str) -> String {
    let flatten = if flatten { r#"{ "type": "flatten" }, "# } else { "" };
    format!(
        r#"{{ "spec": {{ "inputShape": {shape}, "layers": [{flatten}
              {{ "type": "dense", "units": 2, "activation": "softmax" }}] }},
            "compile": {{ "optimizer": {{ "type": "adam", "learningRate": 0.03 }},
              "loss": "sparseCategoricalCrossentropy", "metrics": ["accuracy"] }},
            "fit": {fit}, "import": {import} }}"#
    )
}
