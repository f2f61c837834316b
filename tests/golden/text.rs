//! Texts, against Hugging Face's tokenizers.

use serde_json::Value;
use tabgrad::data::preprocessing::text::{TextEncoder, TextSpec};

use crate::case::{Case, Failure, Outcome};

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    match case.op() {
        "byte_pairs" => byte_pairs(case)?,
        op => return Ok(Outcome::LeftOut(format!("text {op}"))),
    }
    Ok(Outcome::Agreed)
}

fn byte_pairs(case: &Case) -> Result<(), Failure> {
    let spec: TextSpec =
        serde_json::from_value(case.attrs().clone()).map_err(|error| error.to_string())?;
    let spec = spec.fit(texts(case, "training")?).map_err(|error| error.to_string())?;
    let merges = case.u32s("merges")?;
    let merges = merges.as_chunks::<2>().0;
    if let Some(at) =
        (0..merges.len().max(spec.merges.len())).find(|&at| spec.merges.get(at) != merges.get(at))
    {
        let [found, expected] = [spec.merges.get(at), merges.get(at)];
        return Err(format!("merge {at} is {found:?}, expected {expected:?}"));
    }
    let encoder = TextEncoder::new(spec).map_err(|error| error.to_string())?;
    for (number, text) in texts(case, "texts")?.into_iter().enumerate() {
        let (found, expected) = (encoder.encode(text), case.u32s(&format!("ids/{number}"))?);
        if found != expected {
            return Err(format!("{text:?} is {found:?}, expected {expected:?}"));
        }
        let decoded = encoder.decode(&found).map_err(|error| error.to_string())?;
        if decoded != text {
            return Err(format!("{text:?} comes back as {decoded:?}"));
        }
    }
    Ok(())
}

fn texts<'a>(case: &'a Case, key: &str) -> Result<Vec<&'a str>, Failure> {
    let texts = case.json[key].as_array().map(|texts| texts.iter().map(Value::as_str).collect());
    texts.flatten().ok_or_else(|| format!("{key} are no texts"))
}
