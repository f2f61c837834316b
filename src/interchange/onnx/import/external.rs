//! Tensors whose numbers lie in files beside the model, as PyTorch writes them.

use std::collections::BTreeSet;

use super::refusals::listed;
use crate::interchange::onnx::proto::{GraphProto, TensorProto};
use crate::{Result, err};

/// The files that were given together with the model, by name.
#[derive(Clone, Copy)]
pub(super) struct External<'a>(pub &'a [(&'a str, &'a [u8])]);

impl<'a> External<'a> {
    /// The bytes of a tensor's numbers; `None` where they lie in the model's file itself.
    ///
    /// # Errors
    /// `Format` for a file that is named by a path, and for a place that it has not; `NotFound` for one that was
    /// not given.
    pub fn bytes(self, proto: &TensorProto) -> Result<Option<&'a [u8]>> {
        let Some(name) = location(proto)? else { return Ok(None) };
        let file = self.find(name).ok_or_else(|| missing(&[name]))?;
        let offset = number(proto, "offset")?.unwrap_or(0);
        let length = number(proto, "length")?.unwrap_or(file.len().saturating_sub(offset));
        let part = offset.checked_add(length).and_then(|end| file.get(offset..end));
        part.map(Some).ok_or_else(|| {
            err!(
                Format,
                "onnx: tensor \"{}\" has {length} bytes from {offset} on in \"{name}\", which has {}",
                proto.name,
                file.len()
            )
        })
    }

    /// Looks whether every file is there that initialisers lie in.
    ///
    /// # Errors
    /// Those of [`bytes`](Self::bytes), with all that are missing.
    pub fn check(self, graph: &GraphProto) -> Result<()> {
        let mut names = BTreeSet::new();
        for proto in &graph.initializer {
            names.extend(location(proto)?.filter(|name| self.find(name).is_none()));
        }
        let names: Vec<&str> = names.into_iter().collect();
        if names.is_empty() { Ok(()) } else { Err(missing(&names)) }
    }

    fn find(self, name: &str) -> Option<&'a [u8]> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, bytes)| *bytes)
    }
}

fn missing(names: &[&str]) -> crate::Error {
    err!(
        NotFound,
        "onnx: numbers lie in {}, expected the file together with the model; PyTorch writes \
         both as one with external_data=False",
        listed(names.iter().map(|name| format!("\"{name}\"")), ", ")
    )
}

/// What a tensor says of its place.
fn entry<'a>(proto: &'a TensorProto, key: &str) -> Option<&'a str> {
    let entry = proto.external_data.iter().find(|entry| entry.key == key);
    entry.map(|entry| entry.value.as_str())
}

/// The name of the file that the numbers lie in, if that is another one. Paths are not followed.
fn location(proto: &TensorProto) -> Result<Option<&str>> {
    if proto.data_location != 1 && proto.external_data.is_empty() {
        return Ok(None);
    }
    let name = entry(proto, "location").unwrap_or_default();
    if matches!(name, "" | "." | "..") || name.contains(['/', '\\', ':']) {
        return Err(err!(
            Format,
            "onnx: the numbers of tensor \"{}\" lie in {name:?}, expected the name of a file in the \
             model's folder",
            proto.name
        ));
    }
    Ok(Some(name))
}

/// A whole number that a tensor's place has.
fn number(proto: &TensorProto, key: &str) -> Result<Option<usize>> {
    let Some(text) = entry(proto, key) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        err!(
            Format,
            "onnx: tensor \"{}\" has the {key} {text:?} in another file, expected a number of bytes",
            proto.name
        )
    })
}
