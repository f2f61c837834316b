//! Weights on their way into a model.

use super::layers::Gates;
use super::network::Definition;
use crate::formats::hdf5::Numbers;
use crate::layers::{LayerSpec, Shape};
use crate::{Result, err};

/// A parameter of the model that the file must have.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// "layer/parameter" of the model.
    pub name: &'a str,
    pub shape: &'a Shape,
    /// Whether it is trained where its layer is.
    pub trainable: bool,
    pub definition: &'a Definition<'a>,
    /// Its place in its layer's part of an archive, such as `cell/vars/0`.
    pub place: &'a str,
    /// Its name in Keras, such as `recurrent_kernel`.
    pub keras: &'a str,
    pub gates: Option<Gates>,
}

/// What a file has of weights.
pub trait Weights {
    /// The numbers of all parameters, in their order.
    ///
    /// # Errors
    /// `NotFound` for what is not there, and what the file's reader refuses.
    fn of(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Numbers>>;

    /// How many numbers the file can have at most, so that no model is made for more.
    fn most(&self) -> usize;
}

/// Places of parameters in an archive and their names in Keras, in the order of ours.
pub fn places(layer: &LayerSpec, parameters: usize) -> Vec<(String, &'static str)> {
    use LayerSpec as Spec;
    const CELL: [&str; 3] = ["kernel", "recurrent_kernel", "bias"];
    let vars = |part: &str, names: &[&'static str]| -> Vec<(String, &'static str)> {
        let numbered = names.iter().enumerate();
        numbered.map(|(number, name)| (format!("{part}vars/{number}"), *name)).collect()
    };
    match layer {
        Spec::SimpleRnn(_) | Spec::Lstm(_) | Spec::Gru(_) => {
            vars("cell/", &CELL[..parameters.min(3)])
        }
        Spec::Bidirectional(_) => {
            let one = &CELL[..(parameters / 2).min(3)];
            [vars("forward_layer/cell/", one), vars("backward_layer/cell/", one)].concat()
        }
        Spec::TimeDistributed(outer) => {
            let inner = places(&outer.layer, parameters);
            inner.into_iter().map(|(place, name)| (format!("layer/{place}"), name)).collect()
        }
        Spec::MultiHeadAttention(_) => ["query", "key", "value", "attention_output"]
            .iter()
            .flat_map(|role| {
                let part = match *role {
                    "attention_output" => "output_dense/".to_owned(),
                    role => format!("{role}_dense/"),
                };
                vars(&part, &["kernel", "bias"][..parameters / 4])
            })
            .collect(),
        Spec::SeparableConv2d(_) => {
            vars("", &["depthwise_kernel", "pointwise_kernel", "bias"][..parameters.min(3)])
        }
        // Keras 2 called it so.
        Spec::DepthwiseConv2d(_) => vars("", &["depthwise_kernel", "bias"][..parameters.min(2)]),
        Spec::Embedding(_) => vars("", &["embeddings"]),
        Spec::Prelu(_) => vars("", &["alpha"]),
        Spec::BatchNormalization(norm) => {
            let names = [
                (norm.scale, "gamma"),
                (norm.center, "beta"),
                (true, "moving_mean"),
                (true, "moving_variance"),
            ];
            let names = names.iter().filter(|(there, _)| *there).map(|(_, name)| *name);
            vars("", &names.collect::<Vec<_>>())
        }
        Spec::LayerNormalization(norm) => scale_and_shift(norm.scale, norm.center, vars),
        Spec::GroupNormalization(norm) => scale_and_shift(norm.scale, norm.center, vars),
        _ => vars("", &["kernel", "bias"][..parameters.min(2)]),
    }
}

fn scale_and_shift(
    scales: bool,
    shifts: bool,
    vars: impl Fn(&str, &[&'static str]) -> Vec<(String, &'static str)>,
) -> Vec<(String, &'static str)> {
    let names = [(scales, "gamma"), (shifts, "beta")];
    vars("", &names.iter().filter(|(there, _)| *there).map(|(_, name)| *name).collect::<Vec<_>>())
}

/// Whether a layer has any.
pub fn has_parameters(layer: &LayerSpec) -> bool {
    match layer {
        LayerSpec::TimeDistributed(outer) => has_parameters(&outer.layer),
        LayerSpec::Conv1d(_)
        | LayerSpec::Conv2d(_)
        | LayerSpec::DepthwiseConv2d(_)
        | LayerSpec::SeparableConv2d(_)
        | LayerSpec::Conv2dTranspose(_)
        | LayerSpec::Dense(_)
        | LayerSpec::Prelu(_)
        | LayerSpec::BatchNormalization(_)
        | LayerSpec::LayerNormalization(_)
        | LayerSpec::GroupNormalization(_)
        | LayerSpec::Embedding(_)
        | LayerSpec::PositionEmbedding(_)
        | LayerSpec::SimpleRnn(_)
        | LayerSpec::Lstm(_)
        | LayerSpec::Gru(_)
        | LayerSpec::Bidirectional(_)
        | LayerSpec::MultiHeadAttention(_) => true,
        _ => false,
    }
}

/// The numbers as the model has them.
///
/// # Errors
/// `Shape` where sizes differ, but for those of 1.
pub fn fitted(wanted: &Wanted<'_>, mut numbers: Numbers) -> Result<Vec<f32>> {
    let sizes = |shape: &[usize]| -> Shape { shape.iter().copied().filter(|&s| s != 1).collect() };
    if sizes(&numbers.shape) != sizes(wanted.shape) {
        return Err(err!(
            Shape,
            "\"{}\": found the shape {:?}, expected {:?}",
            wanted.name,
            numbers.shape,
            wanted.shape
        ));
    }
    if let Some(Gates { scale, blocks }) = wanted.gates {
        let width = wanted.shape.last().copied().unwrap_or(1);
        let units = (width / blocks.len()).max(1);
        for row in numbers.values.chunks_exact_mut(width.max(1)) {
            for (block, _) in row.chunks_exact_mut(units).zip(blocks).filter(|(_, gate)| **gate) {
                block.iter_mut().for_each(|number| *number = (f64::from(*number) * scale) as f32);
            }
        }
    }
    Ok(numbers.values)
}

/// How many numbers an HDF5 file of so many bytes may have: more than one for each byte only where it is
/// packed, which Keras does not.
pub fn most(bytes: usize) -> usize {
    bytes.saturating_mul(4)
}
