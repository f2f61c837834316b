//! Sounds, against librosa.

use tabgrad::data::Audio;
use tabgrad::data::preprocessing::{AudioEncoder, AudioSpec};

use crate::case::{Case, Failure, Outcome};

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    match case.op() {
        "features" => features(case)?,
        op => return Ok(Outcome::LeftOut(format!("audio {op}"))),
    }
    Ok(Outcome::Agreed)
}

fn features(case: &Case) -> Result<(), Failure> {
    let spec: AudioSpec =
        serde_json::from_value(case.attrs().clone()).map_err(|error| error.to_string())?;
    let rate = case.json["rate"].as_u64().map_or(Ok(spec.sample_rate), u32::try_from);
    let rate = rate.map_err(|error| error.to_string())?;
    let signal = case.f32s("signal")?.to_vec();
    let encoded = Audio::new(rate, 1, signal)
        .and_then(|sound| AudioEncoder::new(spec)?.encode(&sound))
        .map_err(|error| error.to_string())?;
    let [frames, bins, _] = encoded.shape;
    let expected = case.shape("features")?;
    if expected != [frames, bins] && expected != [frames] {
        return Err(format!("the shape is {:?}, expected {expected:?}", encoded.shape));
    }
    case.compare("features", &encoded.data)
}
