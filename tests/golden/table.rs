//! Columns of tables, against scikit-learn and pandas.

use tabgrad::data::preprocessing::table::{TableEncoder, TableFit, TableSpec};
use tabgrad::data::table::Batch;
use tabgrad::formats::table::{TableOptions, open};

use crate::case::{Case, Failure, Outcome};

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    match case.op() {
        "columns" => columns(case)?,
        op => return Ok(Outcome::LeftOut(format!("table {op}"))),
    }
    Ok(Outcome::Agreed)
}

fn columns(case: &Case) -> Result<(), Failure> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let spec: TableSpec =
        serde_json::from_value(case.attrs().clone()).map_err(|error| text(&error))?;
    let csv = case.json["csv"].as_str().ok_or("csv is no text")?;
    let training = case.json["training"].as_u64().ok_or("training is no number")? as usize;
    // Several batches, of which the training part ends within one.
    let kinds = spec.fields().into_iter().map(|field| (field.name, field.kind)).collect();
    let options = TableOptions { batch: Some(17), kinds, ..TableOptions::default() };
    let read = || open(csv.as_bytes().to_vec(), &options).map_err(|error| text(&error));

    let mut table = read()?;
    let mut batch = Batch::new(table.fields().clone());
    let mut fit = TableFit::new(&spec).map_err(|error| text(&error))?;
    let mut begin = 0;
    while table.next(&mut batch).map_err(|error| text(&error))? {
        fit.add(&batch, |row| begin + row < training).map_err(|error| text(&error))?;
        begin += batch.rows();
    }
    let spec = fit.finish().map_err(|error| text(&error))?;
    // As it comes back from a saved model.
    let json = serde_json::to_string(&spec).map_err(|error| text(&error))?;
    let spec: TableSpec = serde_json::from_str(&json).map_err(|error| text(&error))?;
    let encoder = TableEncoder::new(spec).map_err(|error| text(&error))?;

    let mut table = read()?;
    let mut inputs = vec![Vec::new(); encoder.shapes().len()];
    while table.next(&mut batch).map_err(|error| text(&error))? {
        encoder.encode(&batch, &mut inputs).map_err(|error| text(&error))?;
    }
    let width = encoder.feature_names().len();
    if encoder.shapes() != [[width]] || case.shape("x")?[1] != width {
        return Err(format!("found {width} features, expected {:?}", case.shape("x")?));
    }
    case.compare("x", &inputs[0]).map_err(|error| {
        let at = error.split(['[', ']']).nth(1).and_then(|at| at.parse::<usize>().ok());
        let name = at.map(|at| encoder.feature_names()[at % width].clone()).unwrap_or_default();
        format!("{name}: {error}")
    })
}
