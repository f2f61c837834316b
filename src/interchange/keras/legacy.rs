//! Whole models in HDF5, as Keras 2 and 3 write them to `.h5`: the configuration in the attribute
//! `model_config`, and under `model_weights` for each layer its arrays in order.

use std::collections::BTreeMap;

use super::weights::{Wanted, Weights};
use super::{Dialect, assemble, parse};
use crate::formats::hdf5::{Hdf5, Numbers, Object, Paths};
use crate::interchange::Imported;
use crate::layers::Shape;
use crate::{Result, err};

/// Reads a file.
pub fn read(bytes: &[u8], shapes: &[Shape]) -> Result<Imported> {
    let file = Hdf5::open(bytes)?;
    let root = file.root()?;
    let config = root.text("model_config")?.ok_or_else(|| {
        err!(
            Unsupported,
            "Keras: the file has no attribute model_config, expected a whole model and not its \
             weights alone"
        )
    })?;
    let config = parse("model_config", config.as_bytes())?;
    let group = Paths::new(file).get("model_weights")?;
    let group = group.ok_or_else(|| err!(Format, "Keras: the file has no group model_weights"))?;
    let version = match root.text("keras_version")? {
        Some(version) => version,
        None => group.text("keras_version")?.unwrap_or_default(),
    };
    assemble(&config, Dialect::of(&version), shapes, &LegacyWeights { file, bytes: bytes.len() })
}

struct LegacyWeights<'a> {
    file: Hdf5<'a>,
    bytes: usize,
}

/// The arrays of a layer of the whole model, in order.
fn layer(paths: &mut Paths<'_>, name: &str) -> Result<Vec<Numbers>> {
    let group = paths.get(&format!("model_weights/{name}"))?;
    let group = group.ok_or_else(|| {
        err!(NotFound, "Keras: found no weights of layer \"{name}\" in model_weights")
    })?;
    let mut found = Vec::new();
    for path in texts(&group, "weight_names")? {
        let object = paths.get(&format!("model_weights/{name}/{path}"))?;
        let array = object.map(|object| object.numbers()).transpose()?.flatten();
        found.push(array.ok_or_else(|| err!(NotFound, "Keras: found no array \"{path}\""))?);
    }
    Ok(found)
}

/// The texts of an attribute, which is in parts where it is long.
fn texts(group: &Object<'_>, name: &str) -> Result<Vec<String>> {
    if let Some(texts) = group.texts(name)? {
        return Ok(texts);
    }
    let mut all = Vec::new();
    for part in 0.. {
        match group.texts(&format!("{name}{part}"))? {
            Some(texts) => all.extend(texts),
            None => break,
        }
    }
    Ok(all)
}

impl Weights for LegacyWeights<'_> {
    fn of(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Numbers>> {
        // Of a layer, and of a model within as a whole: first what is trained, then the rest.
        let mut tops = BTreeMap::<&str, [Vec<usize>; 2]>::new();
        for (number, wanted) in wanted.iter().enumerate() {
            let order = tops.entry(wanted.definition.top).or_default();
            order[usize::from(!wanted.trainable)].push(number);
        }
        let mut paths = Paths::new(self.file);
        let mut found: Vec<Option<Numbers>> = wanted.iter().map(|_| None).collect();
        for (top, order) in tops {
            let arrays = layer(&mut paths, top)?;
            let (count, expected) = (arrays.len(), order.concat());
            // Statistics of data have a count behind.
            let counts =
                usize::from(expected.first().is_some_and(|&first| {
                    wanted[first].definition.settings.class == "Normalization"
                }));
            if count != expected.len() && count != expected.len() + counts {
                return Err(err!(
                    Format,
                    "Keras: layer \"{top}\" has {count} arrays, expected {}",
                    expected.len()
                ));
            }
            for (number, array) in expected.into_iter().zip(arrays) {
                found[number] = Some(array);
            }
        }
        let found = found.into_iter().zip(wanted);
        let found = found.map(|(array, wanted)| {
            array.ok_or_else(|| err!(NotFound, "Keras: found no array for \"{}\"", wanted.name))
        });
        found.collect()
    }

    fn most(&self) -> usize {
        super::weights::most(self.bytes)
    }
}
