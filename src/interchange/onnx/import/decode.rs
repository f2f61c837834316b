//! From bytes to messages, after it was seen that they are no more than the bytes justify.

use prost::Message;

use crate::interchange::onnx::proto::ModelProto;
use crate::{Result, err};

/// The most messages in a file: thirty for each layer that a model may have. A message takes up to 500
/// bytes of memory, but as little as two of the file.
const MAX_MESSAGES: usize = 300_000;

/// How deep messages lie in each other; ours need six.
const MAX_DEPTH: usize = 24;

/// The newest version of the file's format that is understood.
const NEWEST: i64 = 14;

/// The sets of operators that are understood.
const OPSETS: std::ops::RangeInclusive<i64> = 7..=28;

/// Reads a file's messages.
///
/// # Errors
/// `Format` if the bytes are no whole ONNX file; `Unsupported` for a later version of the format, and for operators of
/// an older or later one.
pub(super) fn decode(bytes: &[u8]) -> Result<ModelProto> {
    let mut left = MAX_MESSAGES.min(64 + bytes.len() / 2);
    count(bytes, Kind::Model, 0, &mut left)?;
    let model = ModelProto::decode(bytes).map_err(|error| foreign(&error))?;
    if model.graph.is_none() {
        return Err(foreign(&"it holds no graph"));
    }
    let own = |domain: &str| domain.is_empty() || domain == "ai.onnx";
    let opset = model.opset_import.iter().find(|opset| own(&opset.domain));
    let version = opset.ok_or_else(|| foreign(&"it names no set of operators"))?.version;
    if model.ir_version > NEWEST {
        return Err(err!(
            Unsupported,
            "onnx: found version {} of the file's format, which is newer than the last known, {NEWEST}",
            model.ir_version
        ));
    }
    if !OPSETS.contains(&version) {
        return Err(err!(
            Unsupported,
            "onnx: found operators of version {version}, expected {} to {}",
            OPSETS.start(),
            OPSETS.end()
        ));
    }
    Ok(model)
}

fn foreign(why: &dyn std::fmt::Display) -> crate::Error {
    err!(Format, "onnx: the bytes are no ONNX file, or not a whole one: {why}")
}

/// What a message is, as far as it has others inside.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    Function,
    Graph,
    Node,
    Attribute,
    Tensor,
    Value,
    Type,
    TensorType,
    Shape,
    Leaf,
}

impl Kind {
    /// What a field holds, if it is a message that is read.
    fn field(self, number: u64) -> Option<Self> {
        Some(match (self, number) {
            (Self::Model, 7) | (Self::Attribute, 6) => Self::Graph,
            (Self::Model, 8 | 14) | (Self::Tensor, 13) | (Self::Shape, 1) => Self::Leaf,
            (Self::Model, 25) => Self::Function,
            (Self::Function, 7) | (Self::Graph, 1) => Self::Node,
            (Self::Function, 11) | (Self::Node, 5) => Self::Attribute,
            (Self::Graph, 5) | (Self::Attribute, 5) => Self::Tensor,
            (Self::Graph, 11..=13) => Self::Value,
            (Self::Value, 2) => Self::Type,
            (Self::Type, 1) => Self::TensorType,
            (Self::TensorType, 2) => Self::Shape,
            _ => return None,
        })
    }
}

/// Counts the messages in a message.
fn count(mut bytes: &[u8], kind: Kind, depth: usize, left: &mut usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(foreign(&"messages lie too deep in each other"));
    }
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let length = match key & 7 {
            0 => {
                varint(&mut bytes)?;
                continue;
            }
            1 => 8,
            2 => varint(&mut bytes)?,
            5 => 4,
            _ => return Err(foreign(&"a field has no known type")),
        };
        let length = usize::try_from(length).ok().filter(|length| *length <= bytes.len());
        let (inner, rest) =
            bytes.split_at(length.ok_or_else(|| foreign(&"it ends within a field"))?);
        bytes = rest;
        if key & 7 == 2
            && let Some(inner_kind) = kind.field(key >> 3)
        {
            *left = left.checked_sub(1).ok_or_else(|| {
                err!(TooLarge, "onnx: found more than {MAX_MESSAGES} messages in the file")
            })?;
            count(inner, inner_kind, depth + 1, left)?;
        }
    }
    Ok(())
}

fn varint(bytes: &mut &[u8]) -> Result<u64> {
    prost::encoding::decode_varint(bytes).map_err(|error| foreign(&error))
}
