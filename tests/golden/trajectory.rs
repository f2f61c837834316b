//! Training runs of PyTorch: the loss before each of 20 updates, the gradient of the first step,
//! and the weights at the end.

use std::ops::Range;

use ndarray::ArrayViewD;
use serde_json::{Value, json};
use tabgrad::losses::TargetBatch;
use tabgrad::model::Model;
use tabgrad::trainer::Trainer;

use crate::case::{Case, Failure, Outcome, close};

const PIXELS: usize = 28 * 28;

/// The images as the network sees them, and their labels.
struct Digits {
    pixels: Vec<f32>,
    labels: Vec<u32>,
}

impl Digits {
    fn read() -> Self {
        let images = &include_bytes!("mnist-640.idx3")[16..];
        let labels = &include_bytes!("mnist-640.idx1")[8..];
        Self {
            pixels: images.iter().map(|&byte| f32::from(byte) / 255.0).collect(),
            labels: labels.iter().map(|&label| u32::from(label)).collect(),
        }
    }

    /// One step on these; the loss before it.
    fn train(&self, trainer: &mut Trainer, digits: Range<usize>) -> Result<f64, Failure> {
        let pixels = &self.pixels[digits.start * PIXELS..digits.end * PIXELS];
        let targets = TargetBatch::Classes(&self.labels[digits.clone()]);
        let report = trainer.train_on_batch(&[pixels], targets, digits.len());
        report.map(|report| report.loss).map_err(|error| error.to_string())
    }
}

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    let attrs = case.attrs();
    let number = |key: &str| attrs[key].as_u64().map(|n| n as usize).ok_or(format!("no {key}"));
    let (size, steps, first) = (number("batch_size")?, number("steps")?, number("first_image")?);
    let digits = Digits::read();
    if first + size * steps > digits.labels.len() {
        return Ok(Outcome::LeftOut("trajectory beyond the first 640 images".into()));
    }
    let network = match case.json["model"].as_str() {
        Some("w1") => w1(case)?,
        Some("w2-like") => w2(case)?,
        other => return Ok(Outcome::LeftOut(format!("trajectory of model {other:?}"))),
    };
    let rate = &attrs["learning_rate"];
    let optimizer = match attrs["optimizer"].as_str() {
        Some("SGD") => json!({ "type": "sgd", "learningRate": rate }),
        Some("Adam") => {
            json!({ "type": "adam", "learningRate": rate, "epsilon": attrs["epsilon"] })
        }
        other => return Ok(Outcome::LeftOut(format!("trajectory with {other:?}"))),
    };
    let batch = |step: usize| first + step * size..first + (step + 1) * size;
    let descent = json!({ "type": "sgd", "learningRate": 1 });
    let mut probe = trainer(case, &network, &descent)?;
    digits.train(&mut probe, batch(0))?;
    check_gradient(case, &probe)?;

    let mut trainer = trainer(case, &network, &optimizer)?;
    let tolerance = |key: &str| case.json["tolerance"][key].as_f64().unwrap_or(0.0);
    for step in 0..steps {
        let found = digits.train(&mut trainer, batch(step))?;
        let expected = case.json["losses"][step].as_f64().ok_or("a loss is missing")?;
        let allowed = tolerance(if step == 0 { "loss_step0" } else { "loss_abs" });
        let within = (found - expected).abs() <= allowed;
        if !within {
            return Err(format!("the loss of step {step} is {found}, expected {expected}"));
        }
    }
    for name in case.names("final.") {
        if let Some(found) = parameter(&trainer, name)? {
            let name = format!("final.{name}");
            close(&name, &found, case.f32s(&name)?, tolerance("final_weights_abs"), 0.0)?;
        }
    }
    Ok(Outcome::Agreed)
}

/// A step of plain descent at a learning rate of 1 has subtracted the gradient.
fn check_gradient(case: &Case, trainer: &Trainer) -> Result<(), Failure> {
    for name in case.names("grad_step0.") {
        let before = case.f32s(&format!("param.{name}"))?;
        let after = parameter(trainer, name)?.ok_or(format!("{name} is no parameter"))?;
        let found: Vec<f32> = before.iter().zip(&after).map(|(b, a)| b - a).collect();
        let name = format!("grad_step0.{name}");
        close(&name, &found, case.f32s(&name)?, 1e-6, 5e-5)?;
    }
    Ok(())
}

/// A trainer of a network with the weights that the case begins with.
fn trainer(case: &Case, network: &Value, optimizer: &Value) -> Result<Trainer, Failure> {
    let text = |error: tabgrad::Error| error.to_string();
    let spec = json!({
        "optimizer": optimizer,
        "loss": { "type": "sparseCategoricalCrossentropy", "fromLogits": true },
    });
    let spec = serde_json::from_value(spec).map_err(|error| error.to_string())?;
    let network = serde_json::from_value(network.clone()).map_err(|error| error.to_string())?;
    let mut model = Model::new(network).map_err(text)?;
    for name in case.names("param.") {
        let full = format!("param.{name}");
        let values = ArrayViewD::from_shape(case.shape(&full)?, case.f32s(&full)?)
            .map_err(|error| format!("{full}: {error}"))?;
        model.set_tensor(&path(name), values).map_err(text)?;
    }
    Trainer::new(model, spec).map_err(text)
}

/// `stem.bn.gamma` -> `stem_bn/gamma`.
fn path(name: &str) -> String {
    let (layer, parameter) = name.rsplit_once('.').unwrap_or((name, ""));
    format!("{}/{parameter}", layer.replace('.', "_"))
}

/// The values of a parameter or running statistic by its name in the case. The case gives running
/// variances in two definitions; ours is the biased one, of Keras.
fn parameter(trainer: &Trainer, name: &str) -> Result<Option<Vec<f32>>, Failure> {
    if name.ends_with("running_var_unbiased") {
        return Ok(None);
    }
    let path = path(name.trim_end_matches("_biased"))
        .replace("moving_mean", "movingMean")
        .replace("moving_variance", "movingVariance");
    let tensor = trainer.model().tensor(&path).map_err(|error| error.to_string())?;
    Ok(Some(tensor.iter().copied().collect()))
}

/// A chain of layers, each named, that becomes nodes.
fn chain(nodes: &mut Vec<Value>, mut input: String, layers: Vec<(&str, Value)>) -> String {
    for (name, layer) in layers {
        nodes.push(json!({ "name": name, "layer": layer, "inputs": [input] }));
        input = name.to_owned();
    }
    input
}

fn model(nodes: &[Value]) -> Value {
    json!({
        "seed": 0,
        "inputs": [{ "name": "image", "shape": [28, 28, 1] }],
        "nodes": nodes,
        "outputs": ["dense"],
    })
}

/// Filters and kernel of a convolution, as the case has them.
fn conv(case: &Case, name: &str, more: Value) -> Result<Value, Failure> {
    let shape = case.shape(&format!("param.{name}.kernel"))?;
    let mut layer = json!({
        "type": "conv2d", "kernelSize": [shape[0], shape[1]], "filters": shape[3],
        "useBias": case.has(&format!("param.{name}.bias")),
    });
    if let (Some(layer), Value::Object(more)) = (layer.as_object_mut(), more) {
        layer.extend(more);
    }
    Ok(layer)
}

fn relu() -> Value {
    json!({ "type": "activation", "activation": "relu" })
}

fn dense(case: &Case) -> Result<Value, Failure> {
    Ok(json!({ "type": "dense", "units": case.shape("param.dense.kernel")?[1] }))
}

fn w1(case: &Case) -> Result<Value, Failure> {
    let structure = case.json["structure"].as_str().unwrap_or_default();
    let padding = if structure.contains("same") { "same" } else { "valid" };
    let pool = json!({ "type": "maxPooling2d", "poolSize": 2 });
    let mut nodes = Vec::new();
    let attributes = json!({ "padding": padding, "activation": "relu" });
    let layers = vec![
        ("conv1", conv(case, "conv1", attributes.clone())?),
        ("pool1", pool.clone()),
        ("conv2", conv(case, "conv2", attributes)?),
        ("pool2", pool),
        ("flatten", json!({ "type": "flatten" })),
        ("dense", dense(case)?),
    ];
    chain(&mut nodes, "image".into(), layers);
    Ok(model(&nodes))
}

fn w2(case: &Case) -> Result<Value, Failure> {
    let norm = json!({
        "type": "batchNormalization",
        "epsilon": case.attrs()["bn_epsilon"], "momentum": case.attrs()["bn_momentum"],
    });
    let same = |name, strides| conv(case, name, json!({ "padding": "same", "strides": strides }));
    let mut nodes = Vec::new();
    let stem = vec![
        ("stem", same("stem", 1)?),
        ("stem_bn", norm.clone()),
        ("stem_relu", relu()),
        ("pool", json!({ "type": "maxPooling2d", "poolSize": 2 })),
    ];
    let pool = chain(&mut nodes, "image".into(), stem);
    let block1 = vec![
        ("block1_conv1", same("block1.conv1", 1)?),
        ("block1_bn1", norm.clone()),
        ("block1_relu1", relu()),
        ("block1_conv2", same("block1.conv2", 1)?),
        ("block1_bn2", norm.clone()),
    ];
    let end = chain(&mut nodes, pool.clone(), block1);
    nodes.push(json!({ "name": "add1", "layer": { "type": "add" }, "inputs": [end, pool] }));
    let block1 = chain(&mut nodes, "add1".into(), vec![("block1_relu2", relu())]);
    let block2 = vec![
        ("block2_conv1", same("block2.conv1", 2)?),
        ("block2_bn1", norm.clone()),
        ("block2_relu1", relu()),
        ("block2_conv2", same("block2.conv2", 1)?),
        ("block2_bn2", norm.clone()),
    ];
    let end = chain(&mut nodes, block1.clone(), block2);
    let projection = vec![("block2_proj", same("block2.proj", 2)?), ("block2_projbn", norm)];
    let side = chain(&mut nodes, block1, projection);
    nodes.push(json!({ "name": "add2", "layer": { "type": "add" }, "inputs": [end, side] }));
    let head = vec![
        ("block2_relu2", relu()),
        ("gap", json!({ "type": "globalAveragePooling2d" })),
        ("dense", dense(case)?),
    ];
    chain(&mut nodes, "add2".into(), head);
    Ok(model(&nodes))
}
