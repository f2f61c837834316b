//! The configuration of a layer: settings by name, and what is said of those that are not offered here.

use serde_json::{Map, Value};

use super::layers;
use super::quoted::quoted;
use crate::layers::{
    Activation, ActivationName, LayerSpec, Padding, RecurrentActivation, Rescaling, SequencePadding,
};
use crate::{Error, Result, err};

/// Whose words a file is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Keras 2, and TensorFlow.js.
    Two,
    /// Keras 3.
    Three,
}

impl Dialect {
    /// That of a version such as "2.15.0" or "tfjs-layers 4.22.0".
    pub fn of(version: &str) -> Self {
        let first = version.split('.').next().and_then(|first| first.parse::<u32>().ok());
        if first.is_some_and(|first| first >= 3) { Self::Three } else { Self::Two }
    }

    /// What numbers are multiplied by so that the hard sigmoid here, `min(max(x + 3, 0), 6) / 6`, is that
    /// of the file: in Keras 2 it is `min(max(0.2 x + 0.5, 0), 1)`.
    pub fn hard_sigmoid_scale(self) -> f64 {
        match self {
            Self::Two => 1.2,
            Self::Three => 1.0,
        }
    }
}

/// The settings of a layer.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// Its name in the file.
    pub name: &'a str,
    /// Its class in Keras.
    pub class: &'a str,
    fields: Option<&'a Map<String, Value>>,
    pub dialect: Dialect,
}

impl<'a> Settings<'a> {
    pub fn new(name: &'a str, class: &'a str, config: &'a Value, dialect: Dialect) -> Self {
        Self { name, class, fields: config.as_object(), dialect }
    }

    /// Those of a layer within: `{ "class_name": ..., "config": ... }`.
    pub fn inner(&self, name: &str) -> Result<Self> {
        let inner = self.get(name);
        let parts = inner.and_then(|inner| Some((inner.get("class_name")?, inner.get("config")?)));
        let Some((Value::String(class), config)) = parts else {
            return Err(self.wrong(name, "a layer with its class and configuration"));
        };
        let name = config.get("name").and_then(Value::as_str).unwrap_or(self.name);
        Ok(Self::new(name, class, config, self.dialect))
    }

    /// A setting that is there and not null.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields?.get(name).filter(|value| !value.is_null())
    }

    /// The error for a setting of another value than this.
    pub fn wrong(&self, setting: &str, expected: &str) -> Error {
        let found = self.get(setting).map_or_else(|| "not given".to_owned(), quoted);
        self.unsupported(&format!("{setting} is {found}, expected {expected}"))
    }

    /// The error for something that this layer has and ours have not.
    pub fn unsupported(&self, what: &str) -> Error {
        err!(Unsupported, "{} \"{}\": {what}", self.class, self.name)
    }

    /// Refuses a setting that is there and not this.
    pub fn only(&self, setting: &str, expected: impl Into<Value>) -> Result<()> {
        let expected = expected.into();
        match self.get(setting) {
            Some(found) if *found != expected => Err(self.wrong(setting, &quoted(&expected))),
            _ => Ok(()),
        }
    }

    /// Refuses a setting that is there.
    pub fn none(&self, setting: &str) -> Result<()> {
        self.get(setting).map_or(Ok(()), |_| Err(self.wrong(setting, "none")))
    }

    /// The name of the policy by which it computes in half precision, if it does.
    pub fn half_precision(&self) -> Option<&'a str> {
        let policy = self.get("dtype")?;
        let name = policy.get("config").and_then(|config| config.get("name")).unwrap_or(policy);
        name.as_str().filter(|name| {
            matches!(*name, "mixed_float16" | "mixed_bfloat16" | "float16" | "bfloat16")
        })
    }

    /// Refuses images whose channels come first.
    pub fn channels_last(&self) -> Result<()> {
        self.only("data_format", "channels_last")
    }

    pub fn size(&self, setting: &str) -> Result<usize> {
        let found = self.get(setting).and_then(whole);
        found.ok_or_else(|| self.wrong(setting, "a whole number from 0 to 4294967295"))
    }

    pub fn size_or(&self, setting: &str, otherwise: usize) -> Result<usize> {
        if self.get(setting).is_some() { self.size(setting) } else { Ok(otherwise) }
    }

    pub fn number_or(&self, setting: &str, otherwise: f64) -> Result<f64> {
        match self.get(setting) {
            None => Ok(otherwise),
            // PReLU and ReLU of Keras 3 write arrays of one number so.
            Some(Value::Object(object)) => object
                .get("config")
                .and_then(|config| config.get("value"))
                .and_then(Value::as_f64)
                .ok_or_else(|| self.wrong(setting, "a number")),
            Some(value) => value.as_f64().ok_or_else(|| self.wrong(setting, "a number")),
        }
    }

    pub fn flag_or(&self, setting: &str, otherwise: bool) -> Result<bool> {
        match self.get(setting) {
            None => Ok(otherwise),
            Some(value) => value.as_bool().ok_or_else(|| self.wrong(setting, "true or false")),
        }
    }

    /// Two numbers, or one for both.
    pub fn pair(&self, setting: &str) -> Result<Option<[usize; 2]>> {
        let Some(value) = self.get(setting) else { return Ok(None) };
        let pair = match value.as_array().map(Vec::as_slice) {
            None => whole(value).map(|both| [both; 2]),
            Some([first, second]) => whole(first).zip(whole(second)).map(Into::into),
            Some(_) => None,
        };
        pair.map(Some).ok_or_else(|| self.wrong(setting, "two whole numbers"))
    }

    /// One number, or a list of one.
    pub fn single(&self, setting: &str) -> Result<Option<usize>> {
        let Some(value) = self.get(setting) else { return Ok(None) };
        let single = match value.as_array().map(Vec::as_slice) {
            None => whole(value),
            Some([one]) => whole(one),
            Some(_) => None,
        };
        single.map(Some).ok_or_else(|| self.wrong(setting, "a whole number"))
    }

    /// Whole numbers, or one.
    pub fn integers(&self, setting: &str) -> Result<Option<Vec<i64>>> {
        let Some(value) = self.get(setting) else { return Ok(None) };
        let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let list = list.iter().map(Value::as_i64).collect::<Option<_>>();
        list.map(Some).ok_or_else(|| self.wrong(setting, "whole numbers"))
    }

    pub fn padding(&self) -> Result<Padding> {
        match self.get("padding").map(Value::as_str) {
            None | Some(Some("valid")) => Ok(Padding::Valid),
            Some(Some("same")) => Ok(Padding::Same),
            _ => Err(self.wrong("padding", "\"valid\" or \"same\"")),
        }
    }

    pub fn sequence_padding(&self) -> Result<SequencePadding> {
        match self.get("padding").map(Value::as_str) {
            None | Some(Some("valid")) => Ok(SequencePadding::Valid),
            Some(Some("same")) => Ok(SequencePadding::Same),
            Some(Some("causal")) => Ok(SequencePadding::Causal),
            _ => Err(self.wrong("padding", "\"valid\", \"same\" or \"causal\"")),
        }
    }

    /// An activation: what a layer's attribute can say, and the layers that must follow it.
    pub fn activation(&self) -> Result<(ActivationName, Vec<LayerSpec>)> {
        use ActivationName as Name;
        let own = |name| Ok((name, Vec::new()));
        let after = |layers| Ok((Name::Linear, layers));
        let name = match self.get("activation") {
            None => "linear",
            Some(Value::String(name)) => name.as_str(),
            // A layer that stands for an activation.
            Some(_) => {
                let inner = self.inner("activation")?;
                let made = layers::make(&inner)?;
                if !made.is_bare() {
                    return Err(self.wrong("activation", "a layer without weights"));
                }
                return after(made.layers);
            }
        };
        match name {
            "linear" => own(Name::Linear),
            "relu" => own(Name::Relu),
            "relu6" => own(Name::Relu6),
            // As a function its slope is another than as a layer.
            "leaky_relu" => {
                let leaky = Activation::new(Name::LeakyRelu);
                after(vec![Activation { negative_slope: 0.2, ..leaky }.into()])
            }
            "elu" => own(Name::Elu),
            "gelu" => own(Name::Gelu),
            "sigmoid" => own(Name::Sigmoid),
            "tanh" => own(Name::Tanh),
            "softplus" => own(Name::Softplus),
            "softmax" => own(Name::Softmax),
            "selu" => own(Name::Selu),
            "silu" | "swish" => own(Name::Silu),
            "mish" => own(Name::Mish),
            "hard_sigmoid" => match self.dialect.hard_sigmoid_scale() {
                1.0 => own(Name::HardSigmoid),
                scale => after(vec![
                    Rescaling { scale, offset: 0.0 }.into(),
                    Activation::new(Name::HardSigmoid).into(),
                ]),
            },
            "hard_silu" | "hard_swish" => own(Name::HardSwish),
            "softsign" => own(Name::Softsign),
            "exponential" => own(Name::Exponential),
            "log_softmax" => own(Name::LogSoftmax),
            _ => Err(self.wrong("activation", "one of those of docs/interchange.md")),
        }
    }

    /// A function of a recurrent layer.
    pub fn gate(&self, setting: &str, otherwise: &str) -> Result<RecurrentActivation> {
        let given = self.fields.and_then(|fields| fields.get(setting));
        let name = match given {
            None => Some(otherwise),
            Some(Value::Null) => Some("linear"),
            Some(value) => value.as_str(),
        };
        match name {
            Some("tanh") => Ok(RecurrentActivation::Tanh),
            Some("sigmoid") => Ok(RecurrentActivation::Sigmoid),
            Some("hard_sigmoid") => Ok(RecurrentActivation::HardSigmoid),
            Some("relu") => Ok(RecurrentActivation::Relu),
            Some("linear") => Ok(RecurrentActivation::Linear),
            _ => Err(self.wrong(setting, "tanh, sigmoid, hard_sigmoid, relu or linear")),
        }
    }
}

/// A size, with the same bound on all machines.
fn whole(value: &Value) -> Option<usize> {
    usize::try_from(u32::try_from(value.as_u64()?).ok()?).ok()
}
