//! Archives of Keras 3: a zip file of `config.json`, `metadata.json` and `model.weights.h5`.

use serde_json::Value;

use super::weights::{Wanted, Weights};
use super::{Dialect, assemble, parse};
use crate::formats::archive::Limits;
use crate::formats::hdf5::{Hdf5, Numbers, Paths};
use crate::formats::zip::Zip;
use crate::interchange::Imported;
use crate::layers::Shape;
use crate::{Error, Result, err};

/// Reads an archive.
pub fn read(bytes: &[u8], shapes: &[Shape]) -> Result<Imported> {
    let mut zip = Zip::open(bytes, Limits { entries: 1000, ..Limits::default() })?;
    let config = parse("config.json", &entry(&mut zip, "config.json")?)?;
    let version = match entry(&mut zip, "metadata.json") {
        Ok(bytes) => parse("metadata.json", &bytes)?.get("keras_version").cloned(),
        Err(_) => None,
    };
    // The archives are of Keras 3, or of the last versions of Keras 2.
    let version = version.as_ref().and_then(Value::as_str).unwrap_or("3");
    let weights = entry(&mut zip, "model.weights.h5")?;
    let file = Hdf5::open(&weights)?;
    let weights = ArchiveWeights { file, bytes: weights.len() };
    assemble(&config, Dialect::of(version), shapes, &weights)
}

fn entry(zip: &mut Zip<&[u8]>, path: &str) -> Result<Vec<u8>> {
    let Some(at) = zip.entries().iter().position(|entry| entry.path == path) else {
        let refused = zip.refused().iter().find(|(name, _)| name == path);
        return Err(match refused {
            Some((_, error)) => Error::new(error.kind(), format!("Keras: {}", error.message())),
            None => err!(Format, "Keras: the archive has no {path}"),
        });
    };
    let mut bytes = Vec::new();
    zip.read(at, &mut bytes)?;
    Ok(bytes)
}

struct ArchiveWeights<'a> {
    file: Hdf5<'a>,
    bytes: usize,
}

impl Weights for ArchiveWeights<'_> {
    fn of(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Numbers>> {
        // The first archives, of Keras 2.12 to 2.15, call the list of layers so.
        let old = "_layer_checkpoint_dependencies";
        let mut paths = Paths::new(self.file);
        let is_old = paths.get(old)?.is_some();
        let mut found = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            let place = format!("{}/{}", wanted.definition.place, wanted.place);
            let parts = place.split('/').map(|part| match part {
                "layers" if is_old => old,
                part => part,
            });
            let place = parts.collect::<Vec<_>>().join("/");
            let array = paths.get(&place)?.map(|object| object.numbers()).transpose()?.flatten();
            found.push(array.ok_or_else(|| {
                err!(NotFound, "Keras: found no array {place}, which \"{}\" needs", wanted.name)
            })?);
        }
        Ok(found)
    }

    fn most(&self) -> usize {
        super::weights::most(self.bytes)
    }
}

/// A class as Keras names it among weights: "Conv2DTranspose" is "conv2d_transpose".
pub fn snake_case(class: &str) -> String {
    let letters: Vec<char> = class.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    let mut name = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let is_lower = |at: usize| letters.get(at).is_some_and(char::is_ascii_lowercase);
        if at > 0 && letter.is_ascii_uppercase() && (is_lower(at + 1) || is_lower(at - 1)) {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn classes_are_named_as_in_archives() {
        for (class, name) in [
            ("Conv2D", "conv2d"),
            ("Conv2DTranspose", "conv2d_transpose"),
            ("LSTM", "lstm"),
            ("SimpleRNN", "simple_rnn"),
            ("PReLU", "p_re_lu"),
            ("GlobalAveragePooling2D", "global_average_pooling2d"),
            ("BatchNormalization", "batch_normalization"),
        ] {
            assert_eq!(snake_case(class), name);
        }
    }
}
