//! Everything that can be said of a specification, also of one with faults.

use std::collections::BTreeMap;

use super::MAX_PARAMETERS;
use crate::layers::{ParameterSpec, Shape, element_count};
use crate::spec::{ModelSpec, NodeSpec};
use crate::{Error, Result, err};

/// The largest whole number that JavaScript keeps: 2^53 - 1.
const MAX_SEED: u64 = (1 << 53) - 1;

/// The most inputs, layers and outputs together.
const MAX_NAMES: usize = 10_000;

/// What is known of a layer that fits what it takes.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub shape: Shape,
    pub parameters: Vec<ParameterSpec>,
    pub multiply_adds: u64,
}

/// Values are numbered as the specification has them: first its inputs, then its nodes.
#[derive(Clone, Debug)]
pub(crate) struct Analysis {
    /// The nodes, each after those that it takes; without those in a circle.
    pub order: Vec<usize>,
    /// The values that each node takes, as far as their names are known.
    pub inputs: Vec<Vec<usize>>,
    /// The values that the model gives, as far as their names are known.
    pub outputs: Vec<usize>,
    /// What is known of each node, or its fault; neither where one that it takes has a fault.
    pub layers: Vec<std::result::Result<Known, Option<Error>>>,
    /// The fault of the whole, or the first of them.
    pub error: Option<Error>,
}

impl Analysis {
    /// Looks at all of a specification.
    pub fn new(spec: &ModelSpec) -> Self {
        Self::with_faults(spec, &[])
    }

    /// The same where some nodes are known to have a fault, so that what stands there counts for
    /// nothing.
    pub fn with_faults(spec: &ModelSpec, known: &[Option<Error>]) -> Self {
        let names = spec.inputs.len() + spec.nodes.len() + spec.outputs.len();
        if names > MAX_NAMES {
            let fault = err!(
                TooLarge,
                "the model has {names} inputs, layers and outputs, expected at most {MAX_NAMES}"
            );
            return Self {
                order: Vec::new(),
                inputs: Vec::new(),
                outputs: Vec::new(),
                layers: vec![Err(None); spec.nodes.len()],
                error: Some(fault),
            };
        }
        let values = named_values(spec);
        let unknown = |name: &str| match values.contains_key(name) {
            true => None,
            false => Some(err!(NotFound, "no input or layer has the name \"{name}\"")),
        };
        let resolve = |names: &[String]| {
            names.iter().filter_map(|n| values.get(n.as_str()).copied()).collect()
        };
        let mut analysis = Self {
            order: Vec::new(),
            inputs: spec.nodes.iter().map(|node| resolve(&node.inputs)).collect(),
            outputs: resolve(&spec.outputs),
            layers: vec![Err(None); spec.nodes.len()],
            error: check_whole(spec, &values)
                .and_then(|()| {
                    spec.outputs.iter().find_map(|name| unknown(name)).map_or(Ok(()), Err)
                })
                .err(),
        };
        for (number, node) in spec.nodes.iter().enumerate() {
            let own = values.get(node.name.as_str()) == Some(&(spec.inputs.len() + number));
            let fault = if let Some(Some(fault)) = known.get(number) {
                Some(fault.clone())
            } else if node.name.is_empty() {
                Some(err!(Argument, "the layer of number {number} has no name"))
            } else if node.name.bytes().any(|byte| byte == b'/') {
                Some(err!(
                    Argument,
                    "the name holds \"/\", which stands between the names of a layer and of its \
                     parameters; expected one without"
                ))
            } else if own {
                node.inputs.iter().find_map(|name| unknown(name))
            } else {
                Some(err!(Argument, "the name is given twice, expected another"))
            };
            analysis.layers[number] = Err(fault.map(|fault| fault.at_layer(&node.name)));
        }
        analysis.sort(spec);
        analysis.infer(spec);
        analysis.find_owners(spec);
        if analysis.first_error().is_none() {
            analysis.find_unused(spec);
        }
        analysis
    }

    /// The first fault, if there is one.
    pub fn first_error(&self) -> Option<&Error> {
        let mut faults = self.layers.iter().filter_map(|layer| layer.as_ref().err()?.as_ref());
        self.error.as_ref().or_else(|| faults.next())
    }

    /// Puts every node after those that it takes, else as the specification has them.
    fn sort(&mut self, spec: &ModelSpec) {
        let first = spec.inputs.len();
        let mut placed = vec![false; spec.nodes.len()];
        loop {
            let before = self.order.len();
            for number in 0..spec.nodes.len() {
                let ready = |&value: &usize| value < first || placed[value - first];
                if !placed[number] && self.inputs[number].iter().all(ready) {
                    placed[number] = true;
                    self.order.push(number);
                }
            }
            if self.order.len() == before {
                break;
            }
        }
        for number in (0..spec.nodes.len()).filter(|&number| !placed[number]) {
            if matches!(self.layers[number], Err(None)) {
                let fault = err!(Argument, "it takes, directly or not, layers that form a circle");
                self.layers[number] = Err(Some(fault.at_layer(&spec.nodes[number].name)));
            }
        }
    }

    /// Works out the shapes, in order.
    fn infer(&mut self, spec: &ModelSpec) {
        let mut total = 0usize;
        for &number in &self.order {
            let node = &spec.nodes[number];
            if matches!(self.layers[number], Err(Some(_))) {
                continue;
            }
            let shapes = self.inputs[number].iter().map(|&value| {
                match value.checked_sub(spec.inputs.len()) {
                    None => Some(spec.inputs[value].shape.clone())
                        .filter(|shape| check_input(shape).is_ok()),
                    Some(node) => self.layers[node].as_ref().ok().map(|known| known.shape.clone()),
                }
            });
            let Some(shapes) = shapes.collect::<Option<Vec<Shape>>>() else { continue };
            let known = node.layer.checked_output_shape(&shapes).and_then(|shape| {
                let parameters = node.layer.layer().parameters(&shapes);
                for parameter in &parameters {
                    let len = element_count(parameter.name, &parameter.shape)?;
                    total = total.saturating_add(if node.weights_of.is_some() { 0 } else { len });
                }
                if total > MAX_PARAMETERS {
                    return Err(err!(
                        TooLarge,
                        "with this layer the model has {total} parameters, expected at most \
                         {MAX_PARAMETERS}"
                    ));
                }
                check_limits(node, &parameters)?;
                let multiply_adds = node.layer.layer().multiply_adds(&shapes);
                Ok(Known { shape, parameters, multiply_adds })
            });
            self.layers[number] = known.map_err(|error| Some(error.at_layer(&node.name)));
        }
    }

    /// The layer whose parameters another has; `None` for one with its own.
    pub fn owner_of(&self, spec: &ModelSpec, number: usize) -> Option<usize> {
        let owner = spec.nodes[number].weights_of.as_ref()?;
        spec.nodes.iter().position(|node| node.name == *owner)
    }

    /// Refuses layers that cannot have another's parameters.
    fn find_owners(&mut self, spec: &ModelSpec) {
        for (number, node) in spec.nodes.iter().enumerate() {
            let (Some(name), Ok(known)) = (&node.weights_of, &self.layers[number]) else {
                continue;
            };
            let owner = self.owner_of(spec, number).map(|owner| (&spec.nodes[owner], owner));
            let fault = match owner {
                None => err!(NotFound, "weightsOf: no layer has the name \"{name}\""),
                Some((owner, _)) if owner.weights_of.is_some() => err!(
                    Argument,
                    "weightsOf: \"{name}\" has those of another layer, expected one with its own"
                ),
                Some(_) if !(node.regularizers.is_empty() && node.constraints.is_empty()) => err!(
                    Argument,
                    "weightsOf: found penalties or limits, expected them at \"{name}\""
                ),
                Some((_, owner)) => match &self.layers[owner] {
                    Ok(other) if alike(&other.parameters, &known.parameters) => continue,
                    Ok(_) => err!(
                        Shape,
                        "weightsOf: \"{name}\" has other parameters, expected a layer of the same \
                         kind and sizes"
                    ),
                    Err(_) => continue,
                },
            };
            self.layers[number] = Err(Some(fault.at_layer(&node.name)));
        }
    }

    /// Refuses what leads nowhere.
    fn find_unused(&mut self, spec: &ModelSpec) {
        let mut used = vec![false; spec.inputs.len() + spec.nodes.len()];
        for &value in self.inputs.iter().flatten().chain(&self.outputs) {
            used[value] = true;
        }
        let (inputs, nodes) = used.split_at(spec.inputs.len());
        if let Some(number) = inputs.iter().position(|used| !used) {
            let name = &spec.inputs[number].name;
            self.error = Some(err!(Argument, "no layer takes the input \"{name}\""));
        }
        for number in (0..nodes.len()).filter(|&number| !nodes[number]) {
            let fault = err!(Argument, "no layer takes its output, and it is none of the model");
            self.layers[number] = Err(Some(fault.at_layer(&spec.nodes[number].name)));
        }
    }
}

/// Whether parameters have the same names and shapes, so that two layers can have the same.
fn alike(some: &[ParameterSpec], others: &[ParameterSpec]) -> bool {
    let form = |parameter: &ParameterSpec| (parameter.name, parameter.shape.clone());
    some.len() == others.len() && some.iter().map(form).eq(others.iter().map(form))
}

/// Refuses penalties and limits on parameters that the layer has not, and impossible ones.
fn check_limits(node: &NodeSpec, parameters: &[ParameterSpec]) -> Result<()> {
    let find = |what: &str, name: &String| {
        let mut trained = parameters.iter().filter(|parameter| parameter.trainable);
        trained.clone().find(|parameter| parameter.name == name).ok_or_else(|| {
            let mut names = String::new();
            trained.by_ref().for_each(|parameter| {
                names += if names.is_empty() { "" } else { ", " };
                names += parameter.name;
            });
            err!(Argument, "{what} has \"{name}\", expected parameters of the layer: {names}")
        })
    };
    let of = |what: &str, name: &str, result: Result<()>| {
        result.map_err(|error| Error::new(error.kind(), format!("{what}: {name}: {error}")))
    };
    for (name, regularizer) in &node.regularizers {
        find("regularizers", name)?;
        of("regularizers", name, regularizer.validate())?;
    }
    for (name, constraint) in &node.constraints {
        let parameter = find("constraints", name)?;
        of("constraints", name, constraint.validate(&parameter.shape))?;
    }
    Ok(())
}

/// The values by their names; of several of one name the first.
fn named_values(spec: &ModelSpec) -> BTreeMap<&str, usize> {
    let inputs = spec.inputs.iter().map(|input| input.name.as_str());
    let names = inputs.chain(spec.nodes.iter().map(|node| node.name.as_str()));
    let mut values = BTreeMap::new();
    for (value, name) in names.enumerate() {
        values.entry(name).or_insert(value);
    }
    values
}

/// Refuses what is no fault of a layer.
fn check_whole(spec: &ModelSpec, values: &BTreeMap<&str, usize>) -> Result<()> {
    if spec.seed > MAX_SEED {
        return Err(err!(Argument, "seed is {}, expected at most {MAX_SEED}", spec.seed));
    }
    if spec.inputs.is_empty() || spec.outputs.is_empty() {
        return Err(err!(
            Argument,
            "the model has {} inputs and {} outputs, expected at least one of each",
            spec.inputs.len(),
            spec.outputs.len()
        ));
    }
    for (number, input) in spec.inputs.iter().enumerate() {
        if input.name.is_empty() || values.get(input.name.as_str()) != Some(&number) {
            return Err(err!(
                Argument,
                "input {number} has the name \"{}\", expected one that nothing else has",
                input.name
            ));
        }
        check_input(&input.shape)
            .map_err(|fault| Error::new(fault.kind(), format!("\"{}\": {fault}", input.name)))?;
    }
    for (number, name) in spec.outputs.iter().enumerate() {
        if spec.outputs[..number].contains(name) {
            return Err(err!(Argument, "the output \"{name}\" is named twice, expected once"));
        }
    }
    Ok(())
}

/// Refuses the shape of an input that holds nothing or too much.
fn check_input(shape: &[usize]) -> Result<usize> {
    if shape.is_empty() {
        return Err(err!(Shape, "the input has shape [], expected at least one dimension"));
    }
    element_count("the input", shape)
}
