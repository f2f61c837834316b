//! Models in files, by the format that the name's ending says.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tabgrad::formats::safetensors::{self, ModelInfo};
use tabgrad::interchange::Imported;
use tabgrad::interchange::files::{self as interchange, ExportSpec, ModelFile, WeightType};
use tabgrad::layers::Shape;
use tabgrad::model::Model;
use tabgrad::trainer::TrainerSpec;

use crate::failure::{Failure, Result};
use crate::files;

/// Where a file keeps what a model was compiled with, as the npm package writes it.
const COMPILED: &str = "compiled";

/// Where a checkpoint keeps what the command line told its run.
pub const COMMAND: &str = "commandLine";

/// A model from a file.
#[derive(Debug)]
pub struct Loaded {
    /// The network with its weights.
    pub model: Model,
    /// What goes along with it.
    pub info: ModelInfo,
    /// What was read otherwise than it was written, or left aside, in sentences.
    pub notes: Vec<String>,
    /// The whole file, if it holds the state of a training.
    pub training: Option<Training>,
}

/// The state of a training.
#[derive(Debug)]
pub struct Training {
    /// The file that it is in.
    pub file: Vec<u8>,
    /// What the file says of it.
    pub description: Value,
}

/// Reads a file, and those beside it that belong to it, whose inputs have these shapes where it leaves sizes open.
type Read = fn(&Path, &[Shape]) -> Result<Loaded>;
/// Makes the bytes of a file.
type Write = fn(&Model, &ModelInfo) -> tabgrad::Result<Vec<u8>>;

/// A format of models.
struct Format {
    name: &'static str,
    /// Without the dot, in small letters.
    endings: &'static [&'static str],
    read: Option<Read>,
    write: Option<Write>,
}

/// All of them; what can be read or written is one more line.
const FORMATS: &[Format] = &[
    Format {
        name: "safetensors",
        endings: &["safetensors"],
        read: Some(read_safetensors),
        write: Some(|model, info| safetensors::write(model, info, None)),
    },
    Format {
        name: "checkpoint",
        endings: &["checkpoint"],
        read: Some(read_safetensors),
        write: None,
    },
    Format {
        name: "ONNX",
        endings: &["onnx"],
        read: Some(read_foreign),
        write: Some(|model, info| interchange::write(model, info, ExportSpec::onnx())),
    },
    Format { name: "Keras", endings: &["keras", "h5"], read: Some(read_foreign), write: None },
    Format {
        name: "TensorFlow.js, with its weights beside it",
        endings: &["json"],
        read: Some(read_foreign),
        write: None,
    },
    Format {
        name: "weights alone, for NumPy",
        endings: &["npz"],
        read: None,
        write: Some(|model, info| interchange::write(model, info, ExportSpec::Npz)),
    },
];

/// Reads a model of another system, with the files in its folder that its weights may be in: of TensorFlow.js all
/// that end in `.bin`, of ONNX that of its name with `.data` behind it.
fn read_foreign(path: &Path, shapes: &[Shape]) -> Result<Loaded> {
    let mut found = vec![(name_of(path), files::read(path)?)];
    let is = |of: &str| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(of));
    let data = path.with_added_extension("data");
    if is("onnx") && data.is_file() {
        found.push((name_of(&data), files::read(&data)?));
    }
    if is("json") {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let entries = fs::read_dir(folder.unwrap_or(Path::new(".")));
        for entry in entries.map_err(|error| Failure::io(path, &error))? {
            let own = entry.map_err(|error| Failure::io(path, &error))?.path();
            if own.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("bin")) {
                found.push((name_of(&own), files::read(&own)?));
            }
        }
    }
    let all: Vec<_> = found.iter().map(|(name, bytes)| ModelFile { name, bytes }).collect();
    let read = interchange::read(&all, shapes);
    let Imported { model, info, notes, .. } = read.map_err(|error| match error.open_inputs() {
        [] => Failure::at(path, error),
        _ => Failure::at(path, format!("{error}; `tabgrad convert` takes them as --input-shape")),
    })?;
    Ok(Loaded { model, info, notes, training: None })
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn read_safetensors(path: &Path, shapes: &[Shape]) -> Result<Loaded> {
    if !shapes.is_empty() {
        let message =
            "--input-shape: expected a model of another system, tabgrad's own have all sizes";
        return Err(Failure::Usage(message.into()));
    }
    let file = files::read(path)?;
    let saved = safetensors::read(&file).map_err(|error| Failure::at(path, error))?;
    let training = saved.training.map(|state| Training { file, description: state.description });
    let mut info = saved.info;
    if let Some(extra) = info.extra.as_object_mut() {
        // It is of the run, not of the model.
        extra.remove(COMMAND);
    }
    Ok(Loaded { model: saved.model, info, notes: Vec::new(), training })
}

/// Reads a model.
pub fn read(path: &Path) -> Result<Loaded> {
    read_with(path, &[])
}

/// Reads a model whose inputs have these shapes where its file leaves sizes open.
pub fn read_with(path: &Path, shapes: &[Shape]) -> Result<Loaded> {
    match format_of(path, |format| format.read) {
        Some(read) => read(path, shapes),
        None => Err(unknown(path, "reads", |format| format.read.is_some())),
    }
}

/// Writes a model, without the state of its training.
pub fn write(path: &Path, model: &Model, info: &ModelInfo) -> Result<()> {
    check_writable(path)?;
    match format_of(path, |format| format.write) {
        Some(write) => {
            files::write(path, &write(model, info).map_err(|error| Failure::at(path, error))?)
        }
        None => Ok(()),
    }
}

/// Refuses a name that says no format that is written: better before a training than after it.
pub fn check_writable(path: &Path) -> Result<()> {
    match format_of(path, |format| format.write) {
        Some(_) => Ok(()),
        None => Err(unknown(path, "writes", |format| format.write.is_some())),
    }
}

/// The bytes of an ONNX file whose kernels are stored so; `None` if the name says another format.
pub fn onnx_with(
    path: &Path,
    model: &Model,
    info: &ModelInfo,
    weights: WeightType,
) -> Result<Option<Vec<u8>>> {
    let onnx = |format: &Format| (format.name == "ONNX").then_some(());
    if format_of(path, onnx).is_none() {
        return Ok(None);
    }
    let spec =
        ExportSpec::Onnx { weights, include_preprocessing: false, fold_batch_normalization: false };
    let bytes = interchange::write(model, info, spec);
    bytes.map(Some).map_err(|error| Failure::at(path, error))
}

/// A model of the bytes of an ONNX file.
pub fn of_onnx(path: &Path, bytes: &[u8]) -> Result<Model> {
    let name = name_of(path);
    let read = interchange::read(&[ModelFile { name: &name, bytes }], &[]);
    Ok(read.map_err(|error| Failure::at(path, error))?.model)
}

fn format_of<T>(path: &Path, does: impl Fn(&Format) -> Option<T>) -> Option<T> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let is = |format: &&Format| {
        format.endings.iter().any(|ending| {
            name.strip_suffix(ending).is_some_and(|stem| stem.len() > 1 && stem.ends_with('.'))
        })
    };
    FORMATS.iter().filter(is).find_map(does)
}

fn unknown(path: &Path, does: &str, known: impl Fn(&Format) -> bool) -> Failure {
    let known: Vec<String> = FORMATS
        .iter()
        .filter(|format| known(format))
        .map(|format| format!(".{} ({})", format.endings.join(", ."), format.name))
        .collect();
    let message = "the ending of the name says no format of models that tabgrad";
    Failure::at(path, format!("{message} {does}, expected {}", known.join(" or ")))
}

impl Loaded {
    /// What the model was last trained by, if the file says it.
    pub fn compiled(&self) -> Option<TrainerSpec> {
        let of_training = self.training.as_ref().map(|training| &training.description["trainer"]);
        let spec = of_training.or_else(|| self.info.extra.get(COMPILED))?;
        serde_json::from_value(spec.clone()).ok()
    }
}

/// Notes in what a file keeps besides what the model was trained by.
pub fn keep_compiled(extra: &mut Value, compiled: &TrainerSpec) {
    if !extra.is_object() {
        *extra = json!({});
    }
    extra[COMPILED] = json!(compiled);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_say_formats() {
        for (name, known) in [
            ("a.safetensors", true),
            ("A.SafeTensors", true),
            ("a.b.safetensors", true),
            (".safetensors", false),
            ("safetensors", false),
            ("a.txt", false),
        ] {
            assert_eq!(check_writable(Path::new(name)).is_ok(), known, "{name}");
        }
        let Err(Failure::Error(message)) = read(Path::new("a.txt")) else { panic!("it was read") };
        assert!(message.contains(".safetensors (safetensors) or .checkpoint"), "{message}");
    }
}
