//! Losses: the mean over rows, the loss of each row, and the gradient of the mean.

use tabgrad::losses::{
    BinaryCrossentropy, CategoricalCrossentropy, Form, LossBatch, LossSpec, MeanAbsoluteError,
    MeanSquaredError, SparseCategoricalCrossentropy, TargetBatch, mean,
};

use crate::case::{Case, Failure, Outcome};

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    let from_logits = case.attrs()["from_logits"].as_bool().unwrap_or(false);
    let label_smoothing = case.attrs()["label_smoothing"].as_f64().unwrap_or(0.0) as f32;
    let spec = match case.op() {
        "sparse_categorical_crossentropy" => {
            LossSpec::SparseCategoricalCrossentropy(SparseCategoricalCrossentropy {
                from_logits,
                label_smoothing,
            })
        }
        "categorical_crossentropy" => LossSpec::CategoricalCrossentropy(CategoricalCrossentropy {
            from_logits,
            label_smoothing,
        }),
        "binary_crossentropy" => {
            LossSpec::BinaryCrossentropy(BinaryCrossentropy { from_logits, label_smoothing })
        }
        "mean_squared_error" => LossSpec::MeanSquaredError(MeanSquaredError {}),
        "mean_absolute_error" => LossSpec::MeanAbsoluteError(MeanAbsoluteError {}),
        op => return Ok(Outcome::LeftOut(format!("loss {op}"))),
    };
    if let Some(attr) = case.unknown_attr(&["from_logits", "label_smoothing"]) {
        return Ok(Outcome::LeftOut(format!("loss with {attr}")));
    }
    let form = if from_logits { Form::Logits } else { Form::Outputs };
    let names = ["logits", "probs", "pred"];
    let name = names
        .into_iter()
        .find(|name| case.has(&format!("input.{name}")))
        .ok_or("it has no outputs")?;
    let input = format!("input.{name}");
    let outputs = case.f32s(&input)?;
    let width = *case.shape(&input)?.last().ok_or("its outputs have no shape")?;
    let labels = if case.has("input.labels") { case.u32s("input.labels")? } else { Vec::new() };
    let targets = if labels.is_empty() {
        TargetBatch::Dense(case.f32s("input.y")?)
    } else {
        TargetBatch::Classes(&labels)
    };
    let rows = outputs.len() / width;
    let scale = 1.0 / rows as f32;
    let batch = LossBatch { rows, width, outputs, form, targets, scale };
    let mut losses = vec![f32::NAN; rows];
    let mut doutputs = vec![f32::NAN; outputs.len()];
    spec.loss().evaluate(&batch, &mut losses, &mut doutputs);

    if case.has("output.per_sample") {
        case.compare("output.per_sample", &losses)?;
    }
    case.compare("output.loss", &[mean(&losses) as f32])?;
    case.compare(&format!("grad_input.{name}"), &doutputs)?;
    Ok(Outcome::Agreed)
}
