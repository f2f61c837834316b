//! Parameters whose numbers are not among the file's weights.

use ndarray::{ArrayView, IxDyn};

use crate::initializers::Initializer;
use crate::layers::{BatchNormalization, LayerSpec, PositionEmbedding, PositionEncoding, Shape};
use crate::model::Model;
use crate::{Result, err};

/// What each channel is multiplied by, and what is added.
#[derive(Clone, Debug)]
pub struct Channels {
    pub scale: Vec<f32>,
    pub offset: Vec<f32>,
}

impl Channels {
    /// The layer that does it: a normalisation whose statistics change nothing.
    pub fn layer() -> LayerSpec {
        BatchNormalization { momentum: 0.99, epsilon: 1e-12, center: true, scale: true }.into()
    }

    /// The parameters of a layer of this name.
    pub fn constants(&self, name: &str) -> impl Iterator<Item = Constant> {
        let count = self.scale.len();
        let parameters = [
            ("gamma", Numbers::These(self.scale.clone())),
            ("beta", Numbers::These(self.offset.clone())),
            ("movingMean", Numbers::These(vec![0.0; count])),
            ("movingVariance", Numbers::These(vec![1.0; count])),
        ];
        let name = move |parameter| format!("{name}/{parameter}");
        parameters.into_iter().map(move |(of, numbers)| Constant { name: name(of), numbers })
    }

    /// Refuses another number of channels.
    ///
    /// # Errors
    /// `Unsupported`.
    pub fn check(&self, shape: Option<&Shape>) -> Result<()> {
        let channels = shape.and_then(|shape| shape.last()).copied();
        if channels == Some(self.scale.len()) {
            return Ok(());
        }
        Err(err!(
            Unsupported,
            "it is called with {} numbers, expected one for each of the {} channels",
            self.scale.len(),
            channels.unwrap_or_default()
        ))
    }
}

/// What is added to each position of a sequence.
#[derive(Clone, Debug)]
pub struct Positions {
    /// Positions and their numbers.
    shape: [usize; 2],
    values: Vec<f32>,
}

impl Positions {
    /// Those of rows that are equally long.
    pub fn new(rows: Vec<Vec<f32>>) -> Option<Self> {
        let shape = [rows.len(), rows.first()?.len()];
        let values = rows.concat();
        (rows.iter().all(|row| row.len() == shape[1])).then_some(Self { shape, values })
    }

    /// The layer that does it.
    pub fn layer() -> LayerSpec {
        let encoding = PositionEncoding::Learned;
        PositionEmbedding { encoding, embeddings_initializer: Initializer::Zeros }.into()
    }

    /// The parameter of a layer of this name.
    pub fn constant(&self, name: &str) -> Constant {
        let numbers = Numbers::These(self.values.clone());
        Constant { name: format!("{name}/embeddings"), numbers }
    }

    /// Refuses other sequences.
    ///
    /// # Errors
    /// `Unsupported`.
    pub fn check(&self, shape: Option<&Shape>) -> Result<()> {
        if shape.is_some_and(|shape| shape[..] == self.shape) {
            return Ok(());
        }
        Err(err!(
            Unsupported,
            "it is called with a constant of shape {:?}, expected one of the shape of the tensor, {:?}",
            self.shape,
            shape.map_or(&[][..], Vec::as_slice)
        ))
    }
}

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
    /// How many of them the file has, if not among its weights.
    pub fn given(&self) -> usize {
        if let Self::These(numbers) = self { numbers.len() } else { 0 }
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
