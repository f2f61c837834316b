//! The header of a safetensors file: what is where in it.
//!
//! It is read by way of a [`Value`], as all JSON is here. The library reads it into types of its own, by
//! code that nothing else needs and that a page would have to load before its first prediction.

use std::fmt::Display;

use serde_json::{Map, Value};

use super::MAX_HEADER;
use crate::{Result, err};

/// The types of numbers that a model has.
pub(super) const F32: &str = "F32";
pub(super) const F64: &str = "F64";

/// Those that others' files have besides.
const F16: &str = "F16";
const BF16: &str = "BF16";

/// What is no tensor: texts by name.
const METADATA: &str = "__metadata__";

/// A file whose header was read.
pub(super) struct Header<'a> {
    entries: Map<String, Value>,
    /// By name, as the entries are.
    tensors: Vec<(String, Tensor<'a>)>,
}

/// A tensor in its file.
pub(super) struct Tensor<'a> {
    /// The name of the type of its numbers.
    pub dtype: String,
    pub shape: Vec<usize>,
    pub data: &'a [u8],
}

impl<'a> Header<'a> {
    /// Reads the header of a file, and sees that the tensors fill what follows it.
    ///
    /// # Errors
    /// `Format` if the bytes are no such file, or not a whole one.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        let wrong = |reason: &dyn Display| {
            err!(Format, "saved model: {} bytes are no safetensors file: {reason}", bytes.len())
        };
        let (length, rest) =
            bytes.split_first_chunk().ok_or_else(|| wrong(&"expected at least 8"))?;
        let length = u64::from_le_bytes(*length);
        if length > MAX_HEADER {
            return Err(err!(
                Format,
                "saved model: the header claims {length} bytes, expected at most {MAX_HEADER}"
            ));
        }
        let (header, data) = rest.split_at_checked(length as usize).ok_or_else(|| {
            wrong(&format_args!(
                "found {} after the length of the header, expected {length}",
                rest.len()
            ))
        })?;
        // As a text, like all other JSON here: of bytes another reader would come along.
        let header = str::from_utf8(header).map_err(|error| wrong(&error))?;
        let entries = match serde_json::from_str(header).map_err(|error| wrong(&error))? {
            Value::Object(entries) => entries,
            other => return Err(wrong(&format_args!("found {other}, expected an object"))),
        };
        let mut tensors = Vec::new();
        let mut places = Vec::new();
        for (name, entry) in &entries {
            if name == METADATA {
                if !(entry.is_object() || entry.is_null()) {
                    return Err(wrong(&format_args!("{name} is {entry}, expected an object")));
                }
                continue;
            }
            let read = tensor(entry, data);
            let (begin, tensor) = read.ok_or_else(|| {
                wrong(&format_args!(
                    "tensor \"{name}\" is {entry}, expected dtype, shape and data_offsets that fit \
                     each other and the file"
                ))
            })?;
            places.push((begin, tensor.data.len()));
            tensors.push((name.clone(), tensor));
        }
        // One after the other from the first byte to the last, so that nothing hides between them.
        places.sort_unstable();
        let mut end = 0;
        for (begin, length) in places {
            if begin != end {
                return Err(wrong(&format_args!("a tensor begins at {begin}, expected {end}")));
            }
            end += length;
        }
        if end != data.len() {
            let found = data.len();
            return Err(wrong(&format_args!("the tensors end at {end}, expected {found}")));
        }
        Ok(Self { entries, tensors })
    }

    /// A text of the metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.entries.get(METADATA)?.get(key)?.as_str()
    }

    /// A tensor by its name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor<'a>> {
        let place = self.tensors.binary_search_by(|(own, _)| own.as_str().cmp(name)).ok()?;
        Some(&self.tensors[place].1)
    }

    /// All tensors, by name.
    pub fn tensors(&self) -> impl Iterator<Item = (&String, &Tensor<'a>)> {
        self.tensors.iter().map(|(name, tensor)| (name, tensor))
    }
}

/// Where a tensor begins, and the tensor; nothing where its entry is wrong. The size of types that no
/// model has is not known here: whoever wants such a tensor refuses it.
fn tensor<'a>(entry: &Value, data: &'a [u8]) -> Option<(usize, Tensor<'a>)> {
    let dtype = entry.get("dtype")?.as_str()?;
    let shape = numbers(entry.get("shape")?)?;
    let [begin, end] = numbers(entry.get("data_offsets")?)?[..] else { return None };
    let data = data.get(begin..end)?;
    let size = match dtype {
        F32 => 4,
        F64 => 8,
        F16 | BF16 => 2,
        _ => 0,
    };
    let bytes = shape.iter().try_fold(size, |product: usize, &size| product.checked_mul(size))?;
    (size == 0 || bytes == data.len())
        .then(|| (begin, Tensor { dtype: dtype.to_owned(), shape, data }))
}

fn numbers(value: &Value) -> Option<Vec<usize>> {
    let list = value.as_array()?.iter();
    list.map(|number| usize::try_from(number.as_u64()?).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::SafeTensors;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn file(header: &str, data: usize) -> Vec<u8> {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.extend((0..data).map(|byte| byte as u8));
        file
    }

    const TWO: &str = r#"{"b":{"dtype":"F64","shape":[2],"data_offsets":[12,28]},
        "__metadata__":{"tabgrad":"text"},"a":{"dtype":"F32","shape":[3,1],"data_offsets":[0,12]}}"#;

    #[test]
    fn tensors_are_where_the_library_finds_them() {
        let bytes = file(TWO, 28);
        let header = Header::read(&bytes).unwrap();
        assert_eq!(header.metadata("tabgrad"), Some("text"));
        let library = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(header.tensors().count(), library.len());
        for (name, tensor) in header.tensors() {
            let expected = library.tensor(name).unwrap();
            assert_eq!((&tensor.shape[..], tensor.data), (expected.shape(), expected.data()));
            assert_eq!(tensor.dtype, format!("{:?}", expected.dtype()));
        }
        assert!(header.tensor("c").is_none());
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        let whole = file(TWO, 28);
        for end in 0..whole.len() {
            assert!(Header::read(&whole[..end]).is_err(), "the first {end} bytes");
        }
        assert!(Header::read(&file(TWO, 29)).is_err());
        let wrong = [
            ("[0,12]", "[0,8]"),
            ("[0,12]", "[4,16]"),
            ("[0,12]", "[12,0]"),
            ("[0,12]", "[0,12,13]"),
            ("[0,12]", "[0,-12]"),
            ("[12,28]", "[8,24]"),
            ("[12,28]", "[13,29]"),
            ("[3,1]", "[3,2]"),
            ("[3,1]", "[4294967296,4294967296,3]"),
            ("[3,1]", "[1.5,2]"),
            ("\"dtype\":\"F32\",", ""),
            ("{\"tabgrad\":\"text\"}", "3"),
        ];
        for (found, other) in wrong {
            let changed = TWO.replace(found, other);
            assert_ne!(changed, TWO);
            let bytes = file(&changed, 28);
            assert!(SafeTensors::deserialize(&bytes).is_err(), "{other}: the library takes it");
            let refused = Header::read(&bytes).err().expect(other);
            assert_eq!(refused.kind(), crate::ErrorKind::Format, "{other}");
        }
        let refused = Header::read(&(MAX_HEADER + 1).to_le_bytes()).err().expect("too long");
        assert!(refused.to_string().contains("the header claims"), "{refused}");
    }
}
