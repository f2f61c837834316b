//! Whole models in HDF5, as Keras 2 and 3 write them to `.h5`: the configuration in the attribute
//! `model_config`, and under `model_weights` for each layer its arrays in order.

use std::collections::BTreeMap;

use super::network::Definition;
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
    let dialect = Dialect::of(&version);
    assemble(&config, dialect, shapes, &LegacyWeights { file, dialect, bytes: bytes.len() })
}

struct LegacyWeights<'a> {
    file: Hdf5<'a>,
    dialect: Dialect,
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

/// A parameter of a layer or of a model within, as a whole.
#[derive(Clone, Copy)]
struct Own<'a> {
    /// Among all that are wanted.
    number: usize,
    definition: &'a Definition<'a>,
    /// Whether it is trained where its layer is.
    trainable: bool,
}

/// The numbers of parameters in the order of the file: first what is trained, then the rest.
fn order(all: &[Own<'_>], dialect: Dialect) -> Vec<usize> {
    let numbers = |all: Vec<Own<'_>>| all.iter().map(|own| own.number).collect();
    if dialect == Dialect::Two {
        return numbers([trained(all, 0), rest(all, 0)].concat());
    }
    // Each variable says of itself whether it is trained; of what is frozen as a whole nobody asks.
    let frozen = all.first().is_some_and(|own| {
        let Definition { models, own, .. } = own.definition;
        !models.first().map_or(*own, |model| model.own)
    });
    let (first, rest): (Vec<Own<'_>>, _) =
        all.iter().partition(|own| frozen || (own.trainable && own.definition.own));
    numbers([first, rest].concat())
}

/// What belongs to one layer, or to one model at this depth.
fn members<'s, 'a>(all: &'s [Own<'a>], depth: usize) -> impl Iterator<Item = &'s [Own<'a>]> {
    all.chunk_by(move |a, b| {
        match (a.definition.models.get(depth), b.definition.models.get(depth)) {
            (Some(a), Some(b)) => a.number == b.number,
            (None, None) => std::ptr::eq(a.definition, b.definition),
            _ => false,
        }
    })
}

/// What Keras 2 trains of some members.
fn trained<'a>(all: &[Own<'a>], depth: usize) -> Vec<Own<'a>> {
    let of_member = |member: &[Own<'a>]| match member[0].definition.models.get(depth) {
        Some(model) if model.own => trained(member, depth + 1),
        None if member[0].definition.own => {
            member.iter().filter(|own| own.trainable).copied().collect()
        }
        _ => Vec::new(),
    };
    members(all, depth).flat_map(of_member).collect()
}

/// What it does not: of a model that is frozen first what its layers would train.
fn rest<'a>(all: &[Own<'a>], depth: usize) -> Vec<Own<'a>> {
    let of_member = |member: &[Own<'a>]| match member[0].definition.models.get(depth) {
        Some(model) if model.own => rest(member, depth + 1),
        Some(_) => [trained(member, depth + 1), rest(member, depth + 1)].concat(),
        None if member[0].definition.own => {
            member.iter().filter(|own| !own.trainable).copied().collect()
        }
        None => {
            let (first, last): (Vec<Own<'a>>, _) = member.iter().partition(|own| own.trainable);
            [first, last].concat()
        }
    };
    members(all, depth).flat_map(of_member).collect()
}

impl Weights for LegacyWeights<'_> {
    fn of(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Numbers>> {
        let mut tops = BTreeMap::<&str, Vec<Own<'_>>>::new();
        for (number, wanted) in wanted.iter().enumerate() {
            let Wanted { definition, trainable, .. } = *wanted;
            tops.entry(definition.top).or_default().push(Own { number, definition, trainable });
        }
        let mut paths = Paths::new(self.file);
        let mut found: Vec<Option<Numbers>> = wanted.iter().map(|_| None).collect();
        for (top, own) in tops {
            let arrays = layer(&mut paths, top)?;
            let (count, expected) = (arrays.len(), order(&own, self.dialect));
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
