//! Runs whose classes count differently, against PyTorch with the mean that Keras has.

use ndarray::ArrayViewD;
use serde_json::json;
use tabgrad::data::{Column, Dataset, Preprocessing, Targets, Values};
use tabgrad::model::Model;
use tabgrad::trainer::{RunSpec, Trainer};

use crate::case::{Case, Failure, Outcome};

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    let text = |error: tabgrad::Error| error.to_string();
    let attrs = case.attrs();
    let number = |key: &str| attrs[key].as_u64().map(|n| n as u32).ok_or(format!("no {key}"));
    let weights: Vec<f32> = serde_json::from_value(attrs["class_weight"].clone())
        .map_err(|error| format!("class_weight: {error}"))?;
    let inputs = case.shape("input.x")?[1];

    let network = json!({
        "seed": 0,
        "inputs": [{ "name": "row", "shape": [inputs] }],
        "nodes": [{ "name": "dense", "inputs": ["row"], "layer": {
            "type": "dense", "units": weights.len(), "activation": "softmax",
        } }],
        "outputs": ["dense"],
    });
    let network = serde_json::from_value(network).map_err(|error| error.to_string())?;
    let mut model = Model::new(network).map_err(text)?;
    for name in case.names("param.") {
        let full = format!("param.{name}");
        let values = ArrayViewD::from_shape(case.shape(&full)?, case.f32s(&full)?)
            .map_err(|error| format!("{full}: {error}"))?;
        model.set_tensor(&format!("dense/{name}"), values).map_err(text)?;
    }
    let mut optimizer =
        json!({ "type": attrs["optimizer"], "learningRate": attrs["learning_rate"] });
    if attrs["optimizer"] == "adam" {
        // PyTorch's.
        optimizer["epsilon"] = json!(1e-8);
    }
    let spec = json!({ "optimizer": optimizer, "loss": "sparseCategoricalCrossentropy" });
    let spec = serde_json::from_value(spec).map_err(|error| error.to_string())?;
    let mut trainer = Trainer::new(model, spec).map_err(text)?;

    let values = Values::F32(case.f32s("input.x")?.to_vec());
    let column = Column::new(vec![inputs], values).map_err(text)?;
    let names = (0..weights.len()).map(|class| class.to_string()).collect();
    let targets = Targets::Classes(case.u32s("input.labels")?);
    let data =
        Dataset::new(vec![column], targets, names, Preprocessing::default()).map_err(text)?;

    let run = RunSpec::new(number("epochs")?, number("batch_size")?, 0);
    let run = RunSpec { class_weight: Some(weights.into()), shuffle: false, ..run };
    trainer.start(run, &data).map_err(text)?;
    let allowed = case.json["tolerance"]["loss_abs"].as_f64().unwrap_or(0.0);
    for (step, expected) in case.json["losses"].as_array().into_iter().flatten().enumerate() {
        let expected = expected.as_f64().ok_or("a loss is missing")?;
        let found = trainer.advance(&data).map_err(text)?.loss;
        let within = (found - expected).abs() <= allowed;
        if !within {
            return Err(format!("the loss of step {step} is {found}, expected {expected}"));
        }
    }
    for name in case.names("final.") {
        let tensor = trainer.model().tensor(&format!("dense/{name}")).map_err(text)?;
        let found: Vec<f32> = tensor.iter().copied().collect();
        case.compare(&format!("final.{name}"), &found)?;
    }
    Ok(Outcome::Agreed)
}
