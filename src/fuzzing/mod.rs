//! What reads bytes besides the [formats of data](crate::formats::FORMATS), and what is asserted of any
//! bytes that it is given: by the targets in `fuzz/`, and by tests (docs/fuzzing.md).

mod import;
mod interchange;
mod model;
#[cfg(test)]
mod tests;

use crate::formats::annotations::yolo;
use crate::formats::{csv, hdf5, records};

/// A reader.
#[derive(Debug)]
pub struct Reader {
    /// The name of its target.
    pub name: &'static str,
    /// Panics where the bytes show a fault of the reader.
    pub check: fn(bytes: &[u8]),
    /// Small valid inputs.
    #[cfg(test)]
    pub examples: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const READERS: &[Reader] = &[
    Reader {
        name: "records",
        check: |bytes| drop(records::check(bytes)),
        #[cfg(test)]
        examples: records::tests::examples,
    },
    Reader {
        name: "csv-fields",
        check: csv::differences::assert_fields,
        #[cfg(test)]
        examples: csv::differences::examples,
    },
    Reader {
        name: "csv-numbers",
        check: csv::differences::assert_numbers,
        #[cfg(test)]
        examples: csv::differences::examples_of_numbers,
    },
    Reader {
        name: "yolo",
        check: |bytes| {
            let names = yolo::numbers(bytes, 1000);
            drop(yolo::read(bytes, "file", "image", [30, 40], &names));
        },
        #[cfg(test)]
        examples: tests::yolo_files,
    },
    Reader {
        name: "yolo-names",
        check: |bytes| drop(yolo::names(bytes, "file")),
        #[cfg(test)]
        examples: tests::yolo_names,
    },
    Reader {
        name: "import",
        check: import::check,
        #[cfg(test)]
        examples: tests::imports::examples,
    },
    Reader {
        name: "model",
        check: model::check_specification,
        #[cfg(test)]
        examples: tests::models::specifications,
    },
    Reader {
        name: "saved-run",
        check: model::check_run,
        #[cfg(test)]
        examples: tests::models::runs,
    },
    Reader {
        name: "preprocessing",
        check: model::check_preprocessing,
        #[cfg(test)]
        examples: tests::models::preprocessings,
    },
    Reader {
        name: "hdf5",
        check: hdf5::check,
        #[cfg(test)]
        examples: hdf5::tests::examples,
    },
    Reader {
        name: "keras",
        check: interchange::check_keras,
        #[cfg(test)]
        examples: interchange::examples::keras,
    },
    Reader {
        name: "tfjs",
        check: interchange::check_tfjs,
        #[cfg(test)]
        examples: interchange::examples::tfjs,
    },
    Reader {
        name: "onnx",
        check: model::check_onnx,
        #[cfg(test)]
        examples: crate::interchange::onnx::import::examples,
    },
    Reader {
        name: "pytorch-weights",
        check: interchange::check_pytorch,
        #[cfg(test)]
        examples: interchange::examples::pytorch,
    },
    Reader {
        name: "safetensors-weights",
        check: interchange::check_safetensors,
        #[cfg(test)]
        examples: interchange::examples::safetensors,
    },
    Reader {
        name: "npz-weights",
        check: interchange::check_npz,
        #[cfg(test)]
        examples: interchange::examples::npz,
    },
];
