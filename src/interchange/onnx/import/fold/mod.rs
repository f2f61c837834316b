//! Nodes that depend on constants alone are computed while the file is read.

mod elementwise;
mod indices;
mod shapes;

use std::rc::Rc;

use super::network::{Attributes, Budget, described};
use super::tensor::{Constant, Data, Tensor, count};
use crate::interchange::onnx::proto::{NodeProto, data_type};
use crate::{Result, err};

pub(super) use indices::{Span, part_along, permutation, positions, slices, transposed};
pub(super) use shapes::{axes_of, part};

/// What a node has: itself, and its inputs in order, `None` where one is left out.
pub(super) struct Call<'a> {
    pub node: &'a NodeProto,
    pub inputs: Vec<Option<&'a Tensor>>,
    pub budget: &'a mut Budget,
}

impl Call<'_> {
    /// An input that must be there.
    pub fn input(&self, number: usize) -> Result<&Tensor> {
        let input = self.inputs.get(number).copied().flatten();
        input.ok_or_else(|| err!(Format, "onnx: {} has no input {number}", described(self.node)))
    }

    /// The whole numbers of an input, or of the attribute that older versions have in its place.
    pub fn integers(&self, number: usize, attribute: &str) -> Result<Option<Vec<i64>>> {
        match self.inputs.get(number).copied().flatten() {
            Some(tensor) => tensor.integers().map(Some).ok_or_else(|| self.wrong("whole numbers")),
            None => Ok(self.node.ints(attribute).map(<[i64]>::to_vec)),
        }
    }

    /// The error of an input that is not as it must be.
    pub fn wrong(&self, expected: &str) -> crate::Error {
        err!(Unsupported, "onnx: {}: expected {expected}", described(self.node))
    }
}

type Function = fn(&mut Call<'_>) -> Result<Tensor>;

/// What is computed of constants, by operator.
const FUNCTIONS: &[(&str, Function)] = &[
    ("Abs", elementwise::unary),
    ("Add", elementwise::binary),
    ("And", elementwise::binary),
    ("Cast", cast),
    ("CastLike", cast_like),
    ("Ceil", elementwise::unary),
    ("Concat", shapes::concat),
    ("Constant", constant_value),
    ("ConstantOfShape", shapes::constant_of_shape),
    ("DequantizeLinear", elementwise::dequantize),
    ("Div", elementwise::binary),
    ("Equal", elementwise::binary),
    ("Expand", shapes::expand),
    ("Flatten", shapes::flatten),
    ("Floor", elementwise::unary),
    ("Gather", indices::gather),
    ("Greater", elementwise::binary),
    ("GreaterOrEqual", elementwise::binary),
    ("Identity", |call| call.input(0).cloned()),
    ("Less", elementwise::binary),
    ("LessOrEqual", elementwise::binary),
    ("MatMul", elementwise::matmul),
    ("Max", elementwise::binary),
    ("Min", elementwise::binary),
    ("Mod", elementwise::binary),
    ("Mul", elementwise::binary),
    ("Neg", elementwise::unary),
    ("Not", elementwise::unary),
    ("Or", elementwise::binary),
    ("Pow", elementwise::binary),
    ("Range", shapes::range),
    ("Reciprocal", elementwise::unary),
    ("ReduceProd", shapes::reduce_prod),
    ("Reshape", shapes::reshape),
    ("Shape", shapes::shape),
    ("Slice", indices::slice),
    ("Sqrt", elementwise::unary),
    ("Squeeze", shapes::squeeze),
    ("Sub", elementwise::binary),
    ("Tile", shapes::tile),
    ("Transpose", indices::transpose),
    ("Trilu", indices::trilu),
    ("Unsqueeze", shapes::unsqueeze),
    ("Where", elementwise::choose),
];

/// Whether an operator is computed where all of its inputs are constants.
pub(super) fn knows(op: &str) -> bool {
    FUNCTIONS.iter().any(|(name, _)| *name == op)
}

/// The constant that a node makes; `None` if it takes others than constants, or is of another kind.
///
/// # Errors
/// `Format` or `Unsupported` where the inputs do not fit; `TooLarge` beyond the budget.
pub(super) fn constant<'a>(
    node: &NodeProto,
    constants: impl Fn(&str) -> Option<&'a Tensor>,
    budget: &mut Budget,
) -> Result<Option<Constant>> {
    if !matches!(node.domain.as_str(), "" | "ai.onnx") || node.output.len() != 1 {
        return Ok(None);
    }
    let Some((_, function)) = FUNCTIONS.iter().find(|(name, _)| *name == node.op_type) else {
        return Ok(None);
    };
    let mut inputs = Vec::with_capacity(node.input.len());
    for name in &node.input {
        match constants(name) {
            Some(constant) => inputs.push(Some(constant)),
            None if name.is_empty() => inputs.push(None),
            None => return Ok(None),
        }
    }
    let mut call = Call { node, inputs, budget };
    if call.inputs.iter().flatten().any(|x| x.shape.len() > 1 && x.data.len() == 0) {
        return Err(call.wrong("tensors that are not empty"));
    }
    let tensor = function(&mut call)?;
    if count(&tensor.shape) != Some(tensor.data.len()) {
        return Err(call.wrong("shapes that fit each other"));
    }
    budget.take(tensor.data.len())?;
    Ok(Some(Rc::new(tensor)))
}

fn constant_value(call: &mut Call<'_>) -> Result<Tensor> {
    let node = call.node;
    if let Some(tensor) = node.attribute("value").and_then(|attribute| attribute.t.as_ref()) {
        return Tensor::read_attribute(tensor);
    }
    let integers = |values: &[i64]| Data::Integers(values.iter().map(|&i| i.into()).collect());
    if let Some(attribute) = node.attribute("value_float") {
        Ok(Tensor::floats(Vec::new(), vec![attribute.f()]))
    } else if let Some(attribute) = node.attribute("value_int") {
        Ok(Tensor::new(Vec::new(), integers(&[attribute.i()])))
    } else if let Some(attribute) = node.attribute("value_floats") {
        Ok(Tensor::floats(vec![attribute.floats.len()], attribute.floats.clone()))
    } else if let Some(attribute) = node.attribute("value_ints") {
        Ok(Tensor::new(vec![attribute.ints.len()], integers(&attribute.ints)))
    } else {
        Err(call.wrong("a tensor, numbers or whole numbers as its value"))
    }
}

/// Whether a type's numbers are kept as floats.
pub(super) fn is_float(data_type: i64) -> bool {
    // Of 16 bits: float16 and bfloat16.
    [data_type::FLOAT, data_type::DOUBLE, data_type::FLOAT16, 16]
        .iter()
        .any(|&float| i64::from(float) == data_type)
}

fn cast(call: &mut Call<'_>) -> Result<Tensor> {
    let to = call.node.int("to", 1);
    let input = call.input(0)?;
    let data = match &input.data {
        Data::Floats(values) if !is_float(to) => {
            let is_bool = to == i64::from(data_type::BOOL);
            let whole =
                |&v: &f32| if is_bool { i64::from(v != 0.0).into() } else { (v as i64).into() };
            Data::Integers(values.iter().map(whole).collect())
        }
        Data::Integers(_) if is_float(to) => {
            Data::Floats(input.to_floats().ok_or_else(|| call.wrong("known numbers"))?)
        }
        same => same.clone(),
    };
    Ok(Tensor { data, ..input.clone() })
}

fn cast_like(call: &mut Call<'_>) -> Result<Tensor> {
    let (input, like) = (call.input(0)?, call.input(1)?);
    match (&input.data, &like.data) {
        (Data::Floats(_), Data::Floats(_)) | (Data::Integers(_), Data::Integers(_)) => {
            Ok(input.clone())
        }
        (Data::Integers(_), Data::Floats(_)) => {
            let values = input.to_floats().ok_or_else(|| call.wrong("known numbers"))?;
            Ok(Tensor { data: Data::Floats(values), ..input.clone() })
        }
        (Data::Floats(values), Data::Integers(_)) => {
            let whole = values.iter().map(|&v| (v as i64).into()).collect();
            Ok(Tensor { data: Data::Integers(whole), ..input.clone() })
        }
    }
}
