//! Weights alone: arrays of the names `layer/parameter`, in Keras layout, as NumPy's npz or as safetensors.

use std::fmt::Display;
use std::io::{Cursor, Write};

use ndarray::{ArrayView, IxDyn};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::data::Values;
use crate::formats::archive::Limits;
use crate::formats::npy;
use crate::formats::npz::Npz;
use crate::formats::safetensors::foreign;
use crate::layers::Shape;
use crate::model::{Model, ShapeMismatch, WeightsReport};
use crate::{Result, err};

/// Writes all parameters and running statistics as an npz file, which `numpy.load` reads: 32-bit
/// floating-point numbers, stored.
///
/// # Errors
/// `Format` where the archive can't be written: its entries have no more than 65,535 bytes of name.
pub fn write_npz(model: &Model) -> Result<Vec<u8>> {
    let wrong = |error: &dyn Display| err!(Format, "npz: it can't be written: {error}");
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default());
    for slot in model.tensors() {
        let values = if slot.trainable { model.weights() } else { model.state() };
        let path = format!("{}.npy", slot.name);
        archive.start_file(path, options).map_err(|error| wrong(&error))?;
        let mut bytes = npy::header("<f4", &slot.shape);
        bytes.extend(values[slot.range.clone()].iter().flat_map(|value| value.to_le_bytes()));
        archive.write_all(&bytes).map_err(|error| wrong(&error))?;
    }
    Ok(archive.finish().map_err(|error| wrong(&error))?.into_inner())
}

/// Takes the arrays of an npz file that have the names and shapes of the model's; the others stay.
///
/// # Errors
/// `Format` and `Unsupported` for what is no such file, `Data` for numbers that are not finite.
pub fn read_npz(model: &mut Model, bytes: &[u8]) -> Result<WeightsReport> {
    let mut file = Npz::open(bytes.to_vec(), Limits { entries: 100_000, ..Limits::default() })?;
    let mut taking = Taking::default();
    for name in file.names().to_vec() {
        let Some(expected) = taking.expected(model, &name) else { continue };
        let mut array = file.array(&name)?;
        if !taking.fits(&name, array.header().shape.clone(), expected) {
            continue;
        }
        let mut numbers = Vec::new();
        while let Some(values) = array.next(array.samples())? {
            match values {
                Values::F32(values) => numbers.extend(values),
                Values::U8(values) => numbers.extend(values.into_iter().map(f32::from)),
            }
        }
        taking.taken.push((name, numbers));
    }
    taking.finish(model)
}

/// Takes the tensors of a safetensors file that have the names and shapes of the model's; the others stay.
/// F16, BF16 and F64 become single precision.
///
/// # Errors
/// `Format` for what is no such file, `Data` for numbers that are not finite.
pub fn read_safetensors(model: &mut Model, bytes: &[u8]) -> Result<WeightsReport> {
    let mut taking = Taking::default();
    for tensor in foreign::tensors(bytes)? {
        let Some(expected) = taking.expected(model, &tensor.name) else { continue };
        let Some(values) = tensor.values else {
            return Err(err!(
                Unsupported,
                "tensor \"{}\": it has no floating-point numbers, expected F16, BF16, F32 or F64",
                tensor.name
            ));
        };
        if taking.fits(&tensor.name, tensor.shape, expected) {
            taking.taken.push((tensor.name, values));
        }
    }
    taking.finish(model)
}

/// Numbers on their way into a model, which gets all or none.
#[derive(Default)]
pub(super) struct Taking {
    pub report: WeightsReport,
    pub taken: Vec<(String, Vec<f32>)>,
}

impl Taking {
    /// The shape of a parameter of the model; notes what the model has not.
    fn expected(&mut self, model: &Model, name: &str) -> Option<Shape> {
        let slot = model.tensors().iter().find(|slot| slot.name == name);
        if slot.is_none() {
            self.report.unexpected.push(name.to_owned());
        }
        slot.map(|slot| slot.shape.clone())
    }

    /// Whether a shape is that of the parameter; notes one that is not.
    pub fn fits(&mut self, name: &str, found: Shape, expected: Shape) -> bool {
        let fits = found == expected;
        if !fits {
            self.report.mismatched.push(ShapeMismatch { name: name.to_owned(), found, expected });
        }
        fits
    }

    /// Writes the numbers into the model, after all were looked at.
    pub fn finish(mut self, model: &mut Model) -> Result<WeightsReport> {
        for (name, values) in &self.taken {
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                return Err(err!(Data, "\"{name}\": found {value}, expected finite numbers"));
            }
        }
        let slots: Vec<(String, Shape)> =
            model.tensors().iter().map(|slot| (slot.name.clone(), slot.shape.clone())).collect();
        for (name, shape) in slots {
            let known = |report: &WeightsReport| report.mismatched.iter().any(|m| m.name == name);
            match self.taken.iter().find(|(taken, _)| *taken == name) {
                Some((_, values)) => {
                    let array = ArrayView::from_shape(IxDyn(&shape), values);
                    let array = array.map_err(|error| err!(Shape, "\"{name}\": {error}"))?;
                    model.set_tensor(&name, array)?;
                    self.report.loaded.push(name);
                }
                None if known(&self.report) => {}
                None => self.report.missing.push(name),
            }
        }
        Ok(self.report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::formats::safetensors::{self, ModelInfo};
    use crate::spec::ModelSpec;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn model(seed: u64, units: usize) -> Model {
        let layers = format!(
            r#"[{{ "type": "dense", "units": {units} }}, {{ "type": "batchNormalization" }}, {{ "type": "dense", "units": 2 }}]"#
        );
        let layers = serde_json::from_str(&layers).expect("three layers");
        Model::new(ModelSpec::sequential(None, vec![3], layers).with_seed(seed)).expect("a model")
    }

    #[test]
    fn weights_come_back_from_npz_and_from_safetensors() {
        let from = model(1, 4);
        let npz = write_npz(&from).expect("an archive");
        let whole = safetensors::write(&from, &ModelInfo::default(), None).expect("a file");
        for (bytes, read) in [
            (npz, read_npz as fn(&mut Model, &[u8]) -> Result<WeightsReport>),
            (whole, read_safetensors),
        ] {
            let mut to = model(2, 4);
            assert_ne!(to.weights(), from.weights());
            read(&mut to, &bytes).expect("it fits").require_all().expect("all of it");
            assert_eq!((to.weights(), to.state()), (from.weights(), from.state()));
            // Layers of other sizes stay.
            let mut other = model(2, 5);
            let before = other.tensor("dense/kernel").expect("a parameter").to_owned();
            let report = read(&mut other, &bytes).expect("some fit");
            assert_eq!(report.loaded, ["dense_1/bias"]);
            assert_eq!(report.mismatched.len(), 7);
            assert_eq!(other.tensor("dense/kernel").expect("a parameter"), before);
            for end in 0..bytes.len() {
                assert!(read(&mut to, &bytes[..end]).is_err(), "the first {end} bytes");
            }
        }
    }

    #[test]
    fn what_numpy_writes_is_read() {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default();
        let mut put = |name: &str, shape: &[usize], values: &[f32]| {
            archive.start_file(name, options).expect("an entry");
            archive.write_all(&npy::header("<f4", shape)).expect("room");
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            archive.write_all(&bytes).expect("room");
        };
        put("dense/bias.npy", &[4], &[1.0, 2.0, 3.0, 4.0]);
        put("other.npy", &[1], &[1.0]);
        put("dense_1/bias.npy", &[2], &[f32::NAN, 0.0]);
        let bytes = archive.finish().expect("an archive").into_inner();
        let mut model = model(1, 4);
        let before = model.weights().to_vec();
        let error = read_npz(&mut model, &bytes).expect_err("a number that is none");
        assert_eq!(error.kind(), ErrorKind::Data);
        assert_eq!(model.weights(), before);
    }
}
