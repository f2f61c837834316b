//! Constants: initialisers, and what is computed of them and of shapes.

use std::rc::Rc;

use super::external::External;
use crate::formats::array::half;
use crate::interchange::onnx::proto::{TensorProto, data_type};
use crate::layers::MAX_ELEMENTS;
use crate::memory::reserve;
use crate::{Result, err};

/// The most axes of a tensor.
const MAX_RANK: usize = 16;

/// A whole number, or a multiple of the number of samples in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Integer {
    pub factor: i64,
    /// Whether it is `factor` times the size of the batch.
    pub batch: bool,
}

impl From<i64> for Integer {
    fn from(factor: i64) -> Self {
        Self { factor, batch: false }
    }
}

/// Numbers, row-major.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    Floats(Vec<f32>),
    Integers(Vec<Integer>),
}

impl Data {
    pub fn len(&self) -> usize {
        match self {
            Self::Floats(values) => values.len(),
            Self::Integers(values) => values.len(),
        }
    }
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    pub shape: Vec<usize>,
    pub data: Data,
    /// Whether an axis of size 1 stands for that of the batch.
    pub over_batch: bool,
}

pub(super) type Constant = Rc<Tensor>;

impl Tensor {
    /// Numbers in a shape that holds as many.
    pub fn new(shape: Vec<usize>, data: Data) -> Self {
        Self { shape, data, over_batch: false }
    }

    pub fn floats(shape: Vec<usize>, values: Vec<f32>) -> Self {
        Self::new(shape, Data::Floats(values))
    }

    /// A list of whole numbers.
    pub fn list(values: Vec<Integer>) -> Self {
        Self::new(vec![values.len()], Data::Integers(values))
    }

    /// Its numbers, where whole ones are known.
    pub fn to_floats(&self) -> Option<Vec<f32>> {
        match &self.data {
            Data::Floats(values) => Some(values.clone()),
            Data::Integers(values) => {
                values.iter().map(|i| (!i.batch).then_some(i.factor as f32)).collect()
            }
        }
    }

    /// The only number.
    pub fn scalar(&self) -> Option<f32> {
        match &self.data {
            Data::Floats(values) if values.len() == 1 => Some(values[0]),
            Data::Integers(values) if values.len() == 1 && !values[0].batch => {
                Some(values[0].factor as f32)
            }
            _ => None,
        }
    }

    /// Whole numbers that do not depend on the batch.
    pub fn integers(&self) -> Option<Vec<i64>> {
        match &self.data {
            Data::Integers(values) => {
                values.iter().map(|i| (!i.batch).then_some(i.factor)).collect()
            }
            Data::Floats(_) => None,
        }
    }

    /// Whether all numbers are this one.
    pub fn is_all(&self, value: f32) -> bool {
        match &self.data {
            Data::Floats(values) => values.iter().all(|&v| v == value),
            Data::Integers(values) => values.iter().all(|i| !i.batch && i.factor as f32 == value),
        }
    }

    /// Reads a tensor that a node has as an attribute.
    ///
    /// # Errors
    /// `Unsupported` where its numbers lie in another file; those of [`read`](Self::read).
    pub fn read_attribute(proto: &TensorProto) -> Result<Self> {
        if proto.data_location == 1 || !proto.external_data.is_empty() {
            return Err(err!(
                Unsupported,
                "onnx: the numbers of tensor \"{}\" lie in another file, expected those of \
                 initialisers only, and not of attributes",
                proto.name
            ));
        }
        Self::read(proto, External(&[]))
    }

    /// Reads a tensor of the file, or of those beside it.
    ///
    /// # Errors
    /// `Unsupported` for types that are no numbers; `Format` where shape and numbers do not fit; what
    /// [`External::bytes`] refuses.
    pub fn read(proto: &TensorProto, external: External<'_>) -> Result<Self> {
        let name = &proto.name;
        let sizes = proto.dims.iter().map(|&size| usize::try_from(size).ok());
        let shape = sizes.collect::<Option<Vec<usize>>>();
        let len = shape.as_deref().and_then(count);
        let (Some(shape), Some(len)) = (shape, len) else {
            return Err(err!(
                Format,
                "onnx: tensor \"{name}\" has the shape {:?}, expected at most {MAX_RANK} sizes, none \
                 below 0, of {MAX_ELEMENTS} numbers at most",
                proto.dims
            ));
        };
        let raw = external.bytes(proto)?;
        let data = read_numbers(proto, raw.unwrap_or(&proto.raw_data))?;
        if data.len() != len {
            return Err(err!(
                Format,
                "onnx: tensor \"{name}\" of shape {shape:?} has {} numbers, expected {len}",
                data.len()
            ));
        }
        Ok(Self::new(shape, data))
    }
}

/// The numbers of a shape; `None` where it has too many axes or numbers.
pub(super) fn count(shape: &[usize]) -> Option<usize> {
    if shape.len() > MAX_RANK || shape.iter().any(|&size| size > MAX_ELEMENTS) {
        return None;
    }
    let len = shape.iter().try_fold(1_usize, |len, &size| len.checked_mul(size));
    len.filter(|&len| len <= MAX_ELEMENTS)
}

fn read_numbers(proto: &TensorProto, raw: &[u8]) -> Result<Data> {
    let longs = |values: Vec<i64>| Ok(Data::Integers(values.into_iter().map(From::from).collect()));
    let name = &proto.name;
    match proto.data_type {
        data_type::FLOAT if raw.is_empty() => Ok(Data::Floats(proto.float_data.clone())),
        data_type::FLOAT => words(name, raw, f32::from_le_bytes).map(Data::Floats),
        data_type::DOUBLE if raw.is_empty() => {
            Ok(Data::Floats(proto.double_data.iter().map(|&v| v as f32).collect()))
        }
        data_type::DOUBLE => {
            words(name, raw, |bytes| f64::from_le_bytes(bytes) as f32).map(Data::Floats)
        }
        data_type::FLOAT16 if raw.is_empty() => {
            let halves = proto.int32_data.iter().map(|&bits| half((bits as u16).to_le_bytes()));
            Ok(Data::Floats(halves.collect()))
        }
        data_type::FLOAT16 => words(name, raw, half).map(Data::Floats),
        data_type::INT64 if raw.is_empty() => longs(proto.int64_data.clone()),
        data_type::INT64 => longs(words(name, raw, i64::from_le_bytes)?),
        data_type::INT32 if !raw.is_empty() => {
            longs(words(name, raw, |bytes| i32::from_le_bytes(bytes).into())?)
        }
        data_type::INT8 if !raw.is_empty() => {
            longs(words(name, raw, |bytes| i8::from_le_bytes(bytes).into())?)
        }
        data_type::UINT8 | data_type::BOOL if !raw.is_empty() => {
            longs(words(name, raw, |[byte]| byte.into())?)
        }
        data_type::INT32 | data_type::INT8 | data_type::UINT8 | data_type::BOOL => {
            longs(proto.int32_data.iter().map(|&value| value.into()).collect())
        }
        other => Err(err!(
            Unsupported,
            "onnx: tensor \"{name}\" has numbers of type {other}, expected float, double, float16, \
             int64, int32, int8, uint8 or bool"
        )),
    }
}

/// Numbers of so many bytes.
fn words<const N: usize, T>(name: &str, raw: &[u8], read: fn([u8; N]) -> T) -> Result<Vec<T>> {
    let (words, rest) = raw.as_chunks::<N>();
    if !rest.is_empty() {
        return Err(err!(Format, "onnx: tensor \"{name}\" ends within a number"));
    }
    let mut values = reserve(name, words.len())?;
    values.extend(words.iter().map(|word| read(*word)));
    Ok(values)
}
