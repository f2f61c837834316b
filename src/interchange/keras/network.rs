//! The network of a configuration: layers, and what each takes. Both forms are read, that of Keras 2
//! (`["name", 0, 0, {}]`) and that of Keras 3 (`{ "args": ..., "kwargs": ... }`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::archive::snake_case;
use super::layers;
use super::operations::{self, Argument, Given, Operation};
use super::quoted::quoted;
use super::settings::{Dialect, Settings};
use crate::{Result, err};

/// A model, whole or within another.
#[derive(Debug)]
pub struct Network<'a> {
    pub name: &'a str,
    pub members: Vec<Member<'a>>,
    pub inputs: Vec<Reference<'a>>,
    pub outputs: Vec<Reference<'a>>,
}

/// A layer with all its calls.
#[derive(Debug)]
pub struct Member<'a> {
    pub name: &'a str,
    pub kind: Kind<'a>,
    pub calls: Vec<Call<'a>>,
}

/// What a layer is.
#[derive(Debug)]
pub enum Kind<'a> {
    /// An input with its sizes, the batch first; nothing where they are not known.
    Input(Option<&'a Value>),
    /// A layer: its number among the definitions.
    Layer(usize),
    Network(Network<'a>),
    /// An operation on tensors that is no layer.
    Operation(Operation<'a>),
}

/// What a layer is called with.
#[derive(Debug, Default)]
pub struct Call<'a> {
    pub tensors: Vec<Reference<'a>>,
    /// Tensors that say which positions count.
    pub masks: Vec<Reference<'a>>,
    /// Whether attention is to what went before only.
    pub causal: bool,
    /// Whether numbers stand among the tensors.
    pub constants: bool,
    /// All that it is called with, in order.
    pub arguments: Vec<Argument<'a>>,
}

/// The output of a layer at one of its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference<'a> {
    pub layer: &'a str,
    pub call: usize,
    pub output: usize,
}

/// A layer of the file, which may be called several times.
#[derive(Debug)]
pub struct Definition<'a> {
    pub settings: Settings<'a>,
    /// Whether it and all models around it are trained.
    pub trainable: bool,
    /// Whether it says of itself that it is trained.
    pub own: bool,
    /// The models around it within the whole one, the outermost first.
    pub models: Vec<Inner>,
    /// Its place in an archive's weights, such as `layers/sequential/layers/conv2d_1`.
    pub place: String,
    /// The name of the layer of the whole model that it is, or is in.
    pub top: &'a str,
}

/// A model within another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inner {
    /// Another for each.
    pub number: usize,
    /// Whether it says of itself that it is trained.
    pub own: bool,
}

/// Reads networks and gathers their layers.
pub struct Reader<'a> {
    pub dialect: Dialect,
    pub definitions: Vec<Definition<'a>>,
    /// How many models were found within others.
    pub inner: usize,
}

/// Where a network stands.
#[derive(Clone, Copy)]
struct Around<'a, 'b> {
    place: &'b str,
    top: Option<&'a str>,
    trainable: bool,
    models: &'b [Inner],
}

/// The operations of which Keras 3 makes masks, but for those that are layers, too.
const MASKS: [&str; 6] = ["NotEqual", "Any", "LogicalOr", "ExpandDims", "ZerosLike", "OnesLike"];

/// Whether a class is a model of layers.
fn is_network(class: &str) -> bool {
    matches!(class, "Sequential" | "Functional" | "Model")
}

impl<'a> Reader<'a> {
    /// Reads a whole model: `{ "class_name": ..., "config": ... }`.
    ///
    /// # Errors
    /// `Format` where parts are missing, `Unsupported` for a class that is no model of layers and for
    /// calls that cannot be read.
    pub fn read(&mut self, model: &'a Value) -> Result<Network<'a>> {
        let around = Around { place: "", top: None, trainable: true, models: &[] };
        let (class, config) = class_and_config(model)?;
        if !is_network(class) {
            return Err(err!(
                Unsupported,
                "Keras: the model is a {class}, expected Sequential or Functional: a class of its own \
                 holds a program and no configuration of layers"
            ));
        }
        self.network(class, config, around)
    }

    fn network(
        &mut self,
        class: &'a str,
        config: &'a Value,
        around: Around<'a, '_>,
    ) -> Result<Network<'a>> {
        // The first versions of Keras wrote the layers of Sequential without anything around.
        let layers = config.get("layers").unwrap_or(config).as_array().ok_or_else(|| {
            err!(Format, "Keras: a {class} has no list of layers in its configuration")
        })?;
        let name = config.get("name").and_then(Value::as_str).unwrap_or(class);
        let mut members = Vec::new();
        let mut counts = BTreeMap::<String, usize>::new();
        for layer in layers {
            members.push(self.member(layer, around, &mut counts)?);
        }
        if class == "Sequential" {
            return Ok(sequential(name, config, members));
        }
        let ends = |key: &str| {
            let mut ends = Vec::new();
            references(config.get(key).unwrap_or(&Value::Null), &mut ends);
            if ends.is_empty() {
                return Err(err!(Format, "Keras: the model \"{name}\" has no {key}"));
            }
            Ok(ends)
        };
        let (inputs, mut outputs) = (ends("input_layers")?, ends("output_layers")?);
        count_from_zero(&mut members, &mut outputs);
        Ok(Network { name, members, inputs, outputs })
    }

    fn member(
        &mut self,
        layer: &'a Value,
        around: Around<'a, '_>,
        counts: &mut BTreeMap<String, usize>,
    ) -> Result<Member<'a>> {
        let (class, config) = class_and_config(layer)?;
        let name = layer
            .get("name")
            .or_else(|| config.get("name"))
            .and_then(Value::as_str)
            .unwrap_or(class);
        let nodes = layer.get("inbound_nodes").and_then(Value::as_array);
        let calls = nodes.into_iter().flatten().map(|node| call(name, node));
        let calls = calls.collect::<Result<Vec<Call<'a>>>>()?;
        let module = layer.get("module").and_then(Value::as_str).unwrap_or_default();
        // HDF5 files do not say the module.
        let is_operation = module.contains(".ops")
            || operations::is_operation(class)
            || (operations::is_known(class)
                && (!layers::is_known(class)
                    || calls.iter().any(|call| call.constants)
                    // Layers of Keras 3 always say this.
                    || (self.dialect == Dialect::Three && config.get("trainable").is_none())));
        if is_operation || MASKS.contains(&class) {
            // Keras 2 names the function.
            let function = config.get("function").and_then(Value::as_str);
            let function = function.filter(|_| operations::is_operation(class)).unwrap_or(class);
            let kind = Kind::Operation(Operation { class, function });
            return Ok(Member { name, kind, calls });
        }
        // Weights stand in archives under the class, counted.
        let mut part = snake_case(class);
        let count = counts.entry(part.clone()).or_default();
        if *count > 0 {
            part = format!("{part}_{count}");
        }
        *count += 1;
        let place = format!("{}layers/{part}", around.place);
        let own = config.get("trainable").and_then(Value::as_bool).unwrap_or(true);
        let trainable = own && around.trainable;
        let top = around.top.unwrap_or(name);
        let kind = if class == "InputLayer" {
            let shape = config.get("batch_shape").or_else(|| config.get("batch_input_shape"));
            Kind::Input(shape)
        } else if is_network(class) {
            let place = format!("{place}/");
            let models = [around.models, &[Inner { number: self.inner, own }]].concat();
            self.inner += 1;
            Kind::Network(self.network(
                class,
                config,
                Around { place: &place, top: Some(top), trainable, models: &models },
            )?)
        } else {
            let settings = Settings::new(name, class, config, self.dialect);
            let models = around.models.to_vec();
            self.definitions.push(Definition { settings, trainable, own, models, place, top });
            Kind::Layer(self.definitions.len() - 1)
        };
        Ok(Member { name, kind, calls })
    }
}

/// Some versions count as the first call of a model within the one by which it was made, so that the number
/// of its last call is that of all its calls.
fn count_from_zero<'a>(members: &mut [Member<'a>], outputs: &mut [Reference<'a>]) {
    let networks = members.iter().filter(|member| matches!(member.kind, Kind::Network(_)));
    let calls: BTreeMap<&'a str, usize> =
        networks.map(|member| (member.name, member.calls.len())).collect();
    let taken = members.iter_mut().flat_map(|member| &mut member.calls);
    let taken = taken.flat_map(|call| call.tensors.iter_mut().chain(&mut call.masks));
    let mut taken: Vec<&mut Reference<'a>> = taken.chain(outputs).collect();
    let beyond = taken.iter().filter(|taken| calls.get(taken.layer) == Some(&taken.call));
    let beyond: BTreeSet<&'a str> = beyond.map(|taken| taken.layer).collect();
    for reference in taken.iter_mut().filter(|taken| beyond.contains(taken.layer)) {
        reference.call = reference.call.saturating_sub(1);
    }
}

/// Layers one after the other, each called with the one before.
fn sequential<'a>(name: &'a str, config: &'a Value, mut members: Vec<Member<'a>>) -> Network<'a> {
    if !members.first().is_some_and(|first| matches!(first.kind, Kind::Input(_))) {
        let shape = config.get("build_input_shape").or_else(|| {
            let layers = config.get("layers").unwrap_or(config);
            let first = layers.get(0)?.get("config")?;
            first.get("batch_input_shape").or_else(|| first.get("batch_shape"))
        });
        // A name that no layer has.
        let input = Member { name: "", kind: Kind::Input(shape), calls: Vec::new() };
        members.insert(0, input);
    }
    let to = |layer: &'a str| Reference { layer, call: 0, output: 0 };
    let names: Vec<&str> = members.iter().map(|member| member.name).collect();
    for (member, before) in members[1..].iter_mut().zip(&names) {
        member.calls = vec![Call { tensors: vec![to(before)], ..Call::default() }];
    }
    let last = names.last().copied().unwrap_or_default();
    Network { name, members, inputs: vec![to(names[0])], outputs: vec![to(last)] }
}

fn class_and_config(value: &Value) -> Result<(&str, &Value)> {
    let class = value.get("class_name").and_then(Value::as_str);
    class.zip(value.get("config")).ok_or_else(|| {
        err!(Format, "Keras: found a configuration without class_name and config, expected both")
    })
}

/// What a node calls its layer with.
fn call<'a>(layer: &str, node: &'a Value) -> Result<Call<'a>> {
    let mut call = Call::default();
    if let Some(args) = node.get("args").and_then(Value::as_array) {
        for argument in args {
            let before = call.tensors.len();
            references(argument, &mut call.tensors);
            let is_constant = !(argument.is_null() || argument.is_boolean());
            call.constants |= call.tensors.len() == before && is_constant;
            call.argue("", argument, before);
        }
        call.keywords(layer, node.get("kwargs"))?;
        return Ok(call);
    }
    // Keras 2: a list of tensors, each with the other arguments; one alone may stand without a list.
    let list = node.as_array().map_or(&[][..], Vec::as_slice);
    let is_one = reference(node).is_some() || constant(node).is_some();
    let tensors = if is_one { std::slice::from_ref(node) } else { list };
    // The arguments stand with each of them.
    let mut keywords = None;
    for tensor in tensors {
        let before = call.tensors.len();
        match (reference(tensor), constant(tensor)) {
            (Some(found), _) => {
                call.tensors.push(found);
                call.argue("", tensor, before);
            }
            (None, Some(value)) => {
                call.constants = true;
                call.argue("", value, before);
            }
            (None, None) => {
                return Err(err!(
                    Unsupported,
                    "layer \"{layer}\" is called with {}, expected [name, call, output, arguments]",
                    quoted(tensor)
                ));
            }
        }
        keywords = keywords.or(tensor.get(3));
    }
    call.keywords(layer, keywords)?;
    Ok(call)
}

/// The value of `["_CONSTANT_VALUE", -1, value]`, which Keras 2 writes in the place of a tensor.
fn constant(value: &Value) -> Option<&Value> {
    let list = value.as_array()?;
    (list.first()? == "_CONSTANT_VALUE").then(|| list.get(2)).flatten()
}

impl<'a> Call<'a> {
    /// Notes what was given, of which tensors from this number on are a part.
    fn argue(&mut self, name: &'a str, value: &'a Value, before: usize) {
        let given = match self.tensors.len() - before {
            0 => Given::Value(value),
            count => Given::Tensors(count),
        };
        self.arguments.push(Argument { name, given });
    }

    /// Takes what was given by name.
    fn keywords(&mut self, layer: &str, keywords: Option<&'a Value>) -> Result<()> {
        for (name, value) in keywords.and_then(Value::as_object).into_iter().flatten() {
            let mut tensors = Vec::new();
            references(value, &mut tensors);
            let given = match tensors.len() {
                0 => Given::Value(value),
                count => Given::Tensors(count),
            };
            self.arguments.push(Argument { name, given });
            match name.as_str() {
                "initial_state" | "query" | "value" | "key" | "y" => self.tensors.extend(tensors),
                "use_causal_mask" => self.causal |= value.as_bool().unwrap_or(false),
                "mask" | "query_mask" | "value_mask" | "key_mask" => self.masks.extend(tensors),
                _ if tensors.is_empty() => {}
                _ => {
                    return Err(err!(
                        Unsupported,
                        "layer \"{layer}\" is called with a tensor as {name}, expected none"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// All references in a value, in order.
fn references<'a>(value: &'a Value, found: &mut Vec<Reference<'a>>) {
    if let Some(reference) = reference(value) {
        found.push(reference);
        return;
    }
    match value {
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        Value::Object(fields) => match fields.get("config").and_then(|c| c.get("keras_history")) {
            Some(history) => references(history, found),
            None => fields.values().for_each(|value| references(value, found)),
        },
        _ => {}
    }
}

/// `["name", call, output]`, perhaps with more behind.
fn reference(value: &Value) -> Option<Reference<'_>> {
    let [Value::String(layer), call, output, ..] = &value.as_array()?[..] else { return None };
    let [call, output] = [call, output].map(|number| usize::try_from(number.as_u64()?).ok());
    Some(Reference { layer, call: call?, output: output? })
}
