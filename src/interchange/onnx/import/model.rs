//! From layers to a model.

use std::collections::BTreeMap;

use ndarray::{ArrayView, IxDyn};

use super::builder::{Builder, Built, Value};
use super::operators::repeated;
use crate::graph::Graph;
use crate::layers::LayerSpec;
use crate::model::Model;
use crate::spec::{ModelSpec, NodeSpec};
use crate::{Result, err};

impl Builder {
    /// The model whose outputs are these.
    ///
    /// # Errors
    /// `Unsupported` for outputs that do not depend on the input; what [`Graph::new`] and [`Model::set_tensor`]
    /// refuse.
    pub fn finish(mut self, outputs: &[String], name: Option<String>) -> Result<Model> {
        let mut values = Vec::new();
        for output in outputs {
            values.push(self.output(output)?);
        }
        let inputs = self.inputs.len();
        let mut wanted = vec![false; inputs + self.layers.len()];
        values.iter().for_each(|&value| wanted[value] = true);
        for number in (0..self.layers.len()).rev() {
            if wanted[inputs + number] {
                self.layers[number].inputs.iter().for_each(|&value| wanted[value] = true);
            }
        }
        if let Some(unused) = (0..inputs).find(|&input| !wanted[input]) {
            let name = &self.inputs[unused].name;
            return Err(err!(Unsupported, "onnx: nothing depends on the input \"{name}\""));
        }
        self.pass_weights_on(&wanted[inputs..]);
        self.share_weights(&wanted[inputs..]);
        let names = self.names(&wanted[inputs..], outputs, &values);
        let name_of = |value: usize| match value.checked_sub(inputs) {
            None => self.inputs[value].name.clone(),
            Some(layer) => names[layer].clone(),
        };
        let mut nodes = Vec::new();
        for (number, built) in self.layers.iter().enumerate() {
            if wanted[inputs + number] {
                let takes = built.inputs.iter().map(|&value| name_of(value)).collect();
                let mut node = NodeSpec::new(&names[number], built.layer.clone(), takes);
                node.weights_of = built.weights_of.map(|owner| names[owner].clone());
                nodes.push(node);
            }
        }
        let spec = ModelSpec {
            name,
            seed: 0,
            winograd: true,
            inputs: self.inputs.clone(),
            nodes,
            outputs: values.iter().map(|&value| name_of(value)).collect(),
        };
        let graph = Graph::new(&spec)?;
        let mut model = Model::with_zeros(spec, graph)?;
        for (number, built) in self.layers.iter().enumerate() {
            if !wanted[inputs + number] {
                continue;
            }
            for weight in &built.weights {
                let array = ArrayView::from_shape(IxDyn(&weight.shape), &weight.values[..]);
                let array = array.map_err(|error| err!(Shape, "onnx: a weight: {error}"))?;
                let name = format!("{}/{}", names[number], weight.name);
                model.set_tensor(&name, array)?;
            }
        }
        Ok(model)
    }

    /// The value of an output. Images have their channels last, everything else is as ONNX has it.
    fn output(&mut self, name: &str) -> Result<usize> {
        repeated(self, name)?;
        let Some(Value::Live(live)) = self.values.get(name).cloned() else {
            return Err(err!(Unsupported, "onnx: the output \"{name}\" is a constant"));
        };
        let order = if live.axes.len() == 4 && self.gives_images(&live.axes) {
            vec![2, 3, 1]
        } else {
            self.sample_axes(&live)?
        };
        let value = self.arranged(&live, &order)?;
        if self.layer_of(value).is_some() {
            return Ok(value);
        }
        // An output is a layer's.
        let layer = crate::layers::Activation::new(Default::default());
        self.push(layer, vec![value], Vec::new())
    }

    /// Whether axes are those of images with their channels first.
    fn gives_images(&self, axes: &[Vec<usize>]) -> bool {
        matches!(axes, [batch, channels, rows, columns]
            if batch[..] == [0] && channels[..] == [3] && rows[..] == [1] && columns[..] == [2])
    }

    /// Where the owner of weights is left out, the first that shares them owns them.
    fn pass_weights_on(&mut self, wanted: &[bool]) {
        for number in 0..self.layers.len() {
            let Some(owner) = self.layers[number].weights_of.filter(|_| wanted[number]) else {
                continue;
            };
            if wanted[owner] {
                continue;
            }
            let weights = std::mem::take(&mut self.layers[owner].weights);
            for other in &mut self.layers[number + 1..] {
                if other.weights_of == Some(owner) {
                    other.weights_of = Some(number);
                }
            }
            self.layers[number].weights_of = None;
            self.layers[number].weights = weights;
        }
    }

    /// Layers of one kind with the same weights to the last bit have them from one place in the file: they share
    /// them here, too.
    fn share_weights(&mut self, wanted: &[bool]) {
        let mut known = BTreeMap::<u64, Vec<usize>>::new();
        for (number, wanted) in wanted.iter().enumerate() {
            let built = &self.layers[number];
            // What begins with ones and zeros is alike by itself.
            let drawn = matches!(
                built.layer,
                LayerSpec::Dense(_)
                    | LayerSpec::Conv1d(_)
                    | LayerSpec::Conv2d(_)
                    | LayerSpec::Conv2dTranspose(_)
                    | LayerSpec::Embedding(_)
                    | LayerSpec::Lstm(_)
                    | LayerSpec::Gru(_)
                    | LayerSpec::SimpleRnn(_)
            );
            let varied = built
                .weights
                .first()
                .is_some_and(|weight| weight.values.iter().any(|value| *value != weight.values[0]));
            if !wanted || !drawn || !varied {
                continue;
            }
            let same = known.entry(sum(built)).or_default();
            let alike = |&&other: &&usize| {
                let other = &self.layers[other];
                other.layer == built.layer && other.weights == built.weights
            };
            match same.iter().find(alike).copied() {
                Some(owner) => {
                    self.layers[number].weights.clear();
                    self.layers[number].weights_of = Some(owner);
                    for other in &mut self.layers[number + 1..] {
                        if other.weights_of == Some(number) {
                            other.weights_of = Some(owner);
                        }
                    }
                }
                None => same.push(number),
            }
        }
    }

    /// Names as Keras gives them: `conv2d`, `conv2d_1`, ...
    fn names(&self, wanted: &[bool], outputs: &[String], values: &[usize]) -> Vec<String> {
        let mut counts = BTreeMap::<&str, usize>::new();
        let is_input = |name: &str| self.inputs.iter().any(|input| input.name == name);
        let mut own = BTreeMap::<usize, String>::new();
        for (output, &value) in outputs.iter().zip(values) {
            // Names of tensors are "layer/parameter".
            let name = output.replace('/', "_");
            let is_free = !is_input(&name) && own.values().all(|other| *other != name);
            if value >= self.inputs.len() && is_free {
                own.entry(value - self.inputs.len()).or_insert(name);
            }
        }
        let taken = |name: &str| is_input(name) || own.values().any(|own| own == name);
        let each = self.layers.iter().zip(wanted).enumerate().map(|(layer, (built, wanted))| {
            if let Some(name) = own.get(&layer) {
                return name.clone();
            }
            let kind = built.layer.type_name();
            let count = counts.entry(kind).or_default();
            loop {
                let name = if *count == 0 { kind.into() } else { format!("{kind}_{count}") };
                if !wanted {
                    return name;
                }
                *count += 1;
                if !taken(&name) {
                    return name;
                }
            }
        });
        each.collect()
    }
}

/// A number that layers with the same weights have in common (Fowler, Noll and Vo).
fn sum(built: &Built) -> u64 {
    let values = built.weights.iter().flat_map(|weight| &weight.values);
    values.fold(0xcbf2_9ce4_8422_2325, |sum, value| {
        (sum ^ u64::from(value.to_bits())).wrapping_mul(0x0100_0000_01b3)
    })
}
