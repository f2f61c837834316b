//! Models within models, and layers that are called several times, as one list of calls.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::masks::{Hidden, Mask};
use super::network::{Call, Definition, Kind, Member, Network, Reference};
use super::operations::{self, Given, Plan};
use super::quoted::quoted;
use crate::error::OpenInput;
use crate::interchange::open;
use crate::layers::Shape;
use crate::spec::InputSpec;
use crate::{Result, err};

/// The most calls that a model may have: those of models within models multiply.
const MOST_CALLS: usize = 1 << 16;

/// A layer called.
#[derive(Debug)]
pub struct Step {
    /// The name of its output.
    pub name: String,
    pub what: What,
    pub inputs: Vec<String>,
    /// The mask that it is given by name.
    pub mask: Option<Mask>,
    /// Whether attention is to what went before only.
    pub causal: bool,
}

/// What is called.
#[derive(Debug)]
pub enum What {
    /// A layer by its number among the definitions.
    Layer(usize),
    /// What an operation becomes.
    Operation(Plan),
}

/// The list.
#[derive(Debug, Default)]
pub struct Flat {
    pub inputs: Vec<InputSpec>,
    pub steps: Vec<Step>,
    pub outputs: Vec<String>,
    /// Operations that cannot be read, and calls of layers with numbers, in sentences.
    pub faults: Vec<String>,
}

/// Makes the list; `shapes` are those of the inputs without the batch, for files that leave sizes open.
///
/// # Errors
/// `Unsupported` for sizes that are open and outputs besides the first; `Format` for names that lead
/// nowhere and calls in a circle; `TooLarge` for too many calls.
pub fn flatten(
    network: &Network<'_>,
    definitions: &[Definition<'_>],
    shapes: &[Shape],
) -> Result<Flat> {
    let mut flattening =
        Flattening { definitions, flat: Flat::default(), names: BTreeMap::new(), calls: 0 };
    let inputs = network.inputs.iter().map(|input| open_input(network, *input));
    let inputs = inputs.collect::<Result<Vec<_>>>()?;
    let mut names: Vec<String> = inputs.iter().map(|input| input.name.clone()).collect();
    for (name, shape) in names.iter_mut().zip(open::settle("Keras", inputs, shapes)?) {
        *name = flattening.unique(if name.is_empty() { "input" } else { name }, "");
        flattening.flat.inputs.push(InputSpec { name: name.clone(), shape });
    }
    flattening.flat.outputs = flattening.run(network, &names)?;
    Ok(flattening.flat)
}

struct Flattening<'d> {
    definitions: &'d [Definition<'d>],
    flat: Flat,
    /// All that are taken, with the number that the next of the same name gets.
    names: BTreeMap<String, usize>,
    calls: usize,
}

/// Members by name.
type Members<'n, 'a> = BTreeMap<&'a str, &'n Member<'a>>;

/// The names of what calls give.
type Values<'a> = BTreeMap<(&'a str, usize), Vec<String>>;

impl Flattening<'_> {
    /// A name that is not taken, for a layer within this model.
    fn unique(&mut self, name: &str, model: &str) -> String {
        // Names of tensors are "layer/parameter".
        let clean = |name: &str| name.replace('/', "_");
        let mut base = clean(name);
        if self.names.contains_key(&base) && !model.is_empty() {
            base = clean(&format!("{model}_{name}"));
        }
        let mut found = base.clone();
        while self.names.contains_key(&found) {
            let number = self.names.entry(base.clone()).or_insert(1);
            found = format!("{base}_{number}");
            *number += 1;
        }
        self.names.insert(found.clone(), 1);
        found
    }

    /// Runs a model on values of these names; gives the names of its outputs.
    fn run<'a>(&mut self, network: &Network<'a>, inputs: &[String]) -> Result<Vec<String>> {
        // All are looked at, whether they are called or not.
        self.count(network.members.len())?;
        let members: Members<'_, 'a> =
            network.members.iter().map(|member| (member.name, member)).collect();
        if inputs.len() != network.inputs.len() {
            return Err(err!(
                Format,
                "Keras: the model \"{}\" is called with {} tensors, expected {}",
                network.name,
                inputs.len(),
                network.inputs.len()
            ));
        }
        let mut values = Values::new();
        for (reference, name) in network.inputs.iter().zip(inputs) {
            values.insert((reference.layer, 0), vec![name.clone()]);
        }
        let mut begun = BTreeSet::new();
        let mut left: Vec<(&'a str, usize)> =
            network.outputs.iter().rev().map(|output| (output.layer, output.call)).collect();
        while let Some(wanted) = left.pop() {
            if values.contains_key(&wanted) {
                continue;
            }
            let (member, call) = find(&members, wanted)?;
            let missing = call.tensors.iter().map(|tensor| (tensor.layer, tensor.call));
            let missing: Vec<_> = missing.filter(|tensor| !values.contains_key(tensor)).collect();
            if !missing.is_empty() {
                if !begun.insert(wanted) {
                    return Err(err!(
                        Format,
                        "Keras: layer \"{}\" takes what it gives itself",
                        member.name
                    ));
                }
                left.push(wanted);
                // The first is computed first.
                left.extend(missing.into_iter().rev());
                continue;
            }
            let taken = call.tensors.iter().map(|r| pick(r, &values[&(r.layer, r.call)]));
            let taken = taken.collect::<Result<Vec<_>>>()?;
            let mask = given_mask(&members, self.definitions, &values, call, member.name)?;
            let outputs = self.step(network, member, call, taken, mask)?;
            values.insert(wanted, outputs);
        }
        let outputs = network.outputs.iter();
        outputs.map(|output| pick(output, &values[&(output.layer, output.call)])).collect()
    }

    fn count(&mut self, calls: usize) -> Result<()> {
        self.calls += calls;
        if self.calls > MOST_CALLS {
            return Err(err!(
                TooLarge,
                "Keras: the model calls its layers more than {MOST_CALLS} times"
            ));
        }
        Ok(())
    }

    /// Enters a call; gives the names of what it gives.
    fn step(
        &mut self,
        network: &Network<'_>,
        member: &Member<'_>,
        call: &Call<'_>,
        inputs: Vec<String>,
        mask: Option<Mask>,
    ) -> Result<Vec<String>> {
        self.count(1)?;
        let what = match &member.kind {
            Kind::Network(inner) => return self.run(inner, &inputs),
            Kind::Input(_) => {
                return Err(err!(
                    Format,
                    "Keras: input \"{}\" is none of the model \"{}\"",
                    member.name,
                    network.name
                ));
            }
            Kind::Layer(number) => {
                if call.constants {
                    let settings = &self.definitions[*number].settings;
                    self.flat.faults.push(format!(
                        "{} \"{}\": it is called with numbers, expected tensors alone",
                        settings.class, settings.name
                    ));
                }
                What::Layer(*number)
            }
            Kind::Operation(operation) => {
                match operations::read(*operation, member.name, &call.arguments) {
                    Ok(plan) => What::Operation(plan),
                    Err(error) => {
                        self.flat.faults.push(error.message().to_owned());
                        // Something with a name, so that all faults are found.
                        What::Operation(Plan::Layers(Vec::new()))
                    }
                }
            }
        };
        let name = self.unique(member.name, network.name);
        self.flat.steps.push(Step { name: name.clone(), what, inputs, mask, causal: call.causal });
        Ok(vec![name])
    }
}

/// A call of a layer.
fn find<'n, 'a>(
    members: &Members<'n, 'a>,
    (layer, call): (&str, usize),
) -> Result<(&'n Member<'a>, &'n Call<'a>)> {
    let member = *members.get(layer).ok_or_else(|| nowhere(layer, call))?;
    let call = member.calls.get(call).ok_or_else(|| nowhere(layer, call))?;
    Ok((member, call))
}

fn nowhere(layer: &str, call: usize) -> crate::Error {
    err!(Format, "Keras: found no call {call} of a layer \"{layer}\", which another takes")
}

/// An output among those of a call.
fn pick(reference: &Reference<'_>, outputs: &[String]) -> Result<String> {
    outputs.get(reference.output).cloned().ok_or_else(|| {
        err!(
            Unsupported,
            "output {} of layer \"{}\" is used, expected only the first: states are not given",
            reference.output,
            reference.layer
        )
    })
}

/// The mask that a layer is given by name: that of an embedding with mask_zero or of Masking, which Keras 3
/// computes anew by operations, or what layers that merge make of several.
fn given_mask(
    members: &Members<'_, '_>,
    definitions: &[Definition<'_>],
    values: &Values<'_>,
    call: &Call<'_>,
    layer: &str,
) -> Result<Option<Mask>> {
    let refused = || {
        err!(
            Unsupported,
            "layer \"{layer}\" has a mask of its own, expected that of an embedding or Masking"
        )
    };
    let mut found = None;
    let (mut left, mut known) = (call.masks.clone(), BTreeSet::new());
    // Whether the numbers that are compared are those of a step, all of which a mask is of.
    let mut steps: BTreeSet<Reference<'_>> = BTreeSet::new();
    while let Some(mask) = left.pop() {
        if !known.insert(mask) {
            continue;
        }
        let (member, made) = find(members, (mask.layer, mask.call))?;
        let class = match member.kind {
            Kind::Operation(operation) => operation.class,
            Kind::Layer(number) => definitions[number].settings.class,
            _ => "",
        };
        match class {
            "Any" => {
                steps.extend(&made.tensors);
                left.extend(&made.tensors);
            }
            "LogicalOr" | "ExpandDims" | "Concatenate" => left.extend(&made.tensors),
            "ZerosLike" => {}
            // A tensor without a mask, so that all counts.
            "OnesLike" => return Ok(Some(Mask::None)),
            "NotEqual" => {
                let of = made.tensors.first();
                let value = of.and_then(|of| values.get(&(of.layer, of.call))?.get(of.output));
                let number = made.arguments.iter().find_map(|argument| match argument.given {
                    Given::Value(value) => value.as_f64(),
                    Given::Tensors(_) => None,
                });
                let (value, number) = value.zip(number).ok_or_else(refused)?;
                let all = steps.contains(&mask);
                let hidden = Mask::But(Hidden { value: value[..].into(), number, all });
                if found.replace(hidden.clone()).is_some_and(|found| found != hidden) {
                    return Err(refused());
                }
            }
            _ => return Err(refused()),
        }
    }
    Ok(found)
}

/// An input of the whole model as the file describes it.
fn open_input(network: &Network<'_>, reference: Reference<'_>) -> Result<OpenInput> {
    let name = reference.layer;
    let member = network.members.iter().find(|member| member.name == name);
    let Some(Member { kind: Kind::Input(found), .. }) = member else {
        return Err(err!(Format, "Keras: the input \"{name}\" is no InputLayer"));
    };
    let sizes = found.and_then(Value::as_array).and_then(|sizes| sizes.get(1..));
    let size = |size: &Value| match size {
        Value::Null => Some(None),
        _ => size.as_u64().and_then(|size| usize::try_from(size).ok()).map(Some),
    };
    let shape = sizes.and_then(|sizes| sizes.iter().map(size).collect::<Option<Vec<_>>>());
    let shape = shape.filter(|shape| !shape.is_empty()).ok_or_else(|| {
        let found = found.map_or_else(|| "none".to_owned(), quoted);
        err!(
            Unsupported,
            "Keras: input \"{name}\" has the shape {found}, expected the batch and one size or more"
        )
    })?;
    Ok(OpenInput { name: name.to_owned(), shape })
}
