//! Parameters whose numbers are not among the file's weights.

use ndarray::{ArrayView, IxDyn};

use crate::model::Model;
use crate::{Result, err};

/// A parameter.
#[derive(Debug)]
pub struct Constant {
    /// "layer/parameter".
    pub name: String,
    pub numbers: Numbers,
}

/// What is in it.
#[derive(Debug)]
pub enum Numbers {
    /// These, which the configuration has.
    These(Vec<f32>),
    /// So many ones.
    Ones(usize),
    /// The same, but a zero in the first place.
    OnesButFirst(usize),
}

impl Numbers {
    pub fn len(&self) -> usize {
        match self {
            Self::These(numbers) => numbers.len(),
            Self::Ones(count) | Self::OnesButFirst(count) => *count,
        }
    }
}

/// Sets them in a model.
///
/// # Errors
/// `Shape` where there are more or fewer numbers than the parameter has.
pub fn set(model: &mut Model, constants: Vec<Constant>) -> Result<()> {
    for Constant { name, numbers } in constants {
        let slot = model.tensors().iter().find(|slot| slot.name == name);
        let shape = slot.map(|slot| slot.shape.clone()).unwrap_or_default();
        let values = match numbers {
            Numbers::These(numbers) => numbers,
            Numbers::Ones(count) => vec![1.0; count],
            Numbers::OnesButFirst(count) => {
                let mut values = vec![1.0; count];
                values.iter_mut().take(1).for_each(|first| *first = 0.0);
                values
            }
        };
        let array = ArrayView::from_shape(IxDyn(&shape), &values);
        let array = array.map_err(|error| err!(Shape, "\"{name}\": {error}"))?;
        model.set_tensor(&name, array)?;
    }
    Ok(())
}
