//! Images, against Pillow, OpenCV, SciPy, scikit-image and scikit-learn.

use serde_json::json;
use tabgrad::data::preprocessing::FeatureStep;
use tabgrad::data::preprocessing::features::{Pca, PcaFit};
use tabgrad::data::{Image, Preprocessing, Values};

use crate::case::{Case, Failure, Outcome};

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    match case.op() {
        "prepare" => prepare(case)?,
        "pca" => pca(case)?,
        op => return Ok(Outcome::LeftOut(format!("image {op}"))),
    }
    Ok(Outcome::Agreed)
}

fn text(error: impl std::fmt::Display) -> Failure {
    error.to_string()
}

fn prepare(case: &Case) -> Result<(), Failure> {
    let preprocessing: Preprocessing =
        serde_json::from_value(case.attrs().clone()).map_err(text)?;
    let &[height, width, channels] = case.shape("image")? else {
        return Err("the image has no height, width and channels".into());
    };
    let bytes = case.f32s("image")?.iter().map(|&value| value as u8).collect();
    let image = Image::new(height, width, channels, bytes).map_err(text)?;
    let found = match preprocessing.prepare_values(image, case.shape("out")?).map_err(text)? {
        Values::U8(bytes) => bytes.into_iter().map(f32::from).collect(),
        Values::F32(numbers) => numbers,
    };
    case.compare("out", &found)
}

/// The components themselves, and what a step of a preprocessing makes of them.
fn pca(case: &Case) -> Result<(), Failure> {
    let spec: Pca = serde_json::from_value(case.attrs().clone()).map_err(text)?;
    let &[_, width] = case.shape("samples")? else {
        return Err("the samples are no rows".into());
    };
    let rows = || case.f32s("samples").map(|samples| samples.chunks_exact(width));
    let mut fit = PcaFit::new(spec, width).map_err(text)?;
    rows()?.try_for_each(|row| fit.add(row)).map_err(text)?;
    let pca = fit.finish().map_err(text)?;
    case.compare("mean", &pca.mean)?;
    case.compare("axes", &pca.axes)?;
    case.compare("variances", &pca.variances)?;
    let step: FeatureStep = {
        let mut step = json!(pca);
        step["type"] = json!("pca");
        serde_json::from_value(step).map_err(text)?
    };
    let FeatureStep::Pca(stored) = step else { return Err("it is another step".into()) };
    let mut found = Vec::new();
    for row in rows()? {
        found.extend(stored.transform(row).map_err(text)?);
    }
    case.compare("out", &found)
}
