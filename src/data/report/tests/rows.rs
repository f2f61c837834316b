//! Rows of tables.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

#[test]
fn columns_have_the_statistics_of_their_numbers() {
    let names = ["number", "constant", "text", "empty", "far"].map(str::to_owned);
    let mut collector = Collector::of_table(vec!["no".into(), "yes".into()], &names);
    let rows = 10_001_u32;
    for row in 0..rows {
        let number = f64::from(row * 7919 % rows);
        let number = if row % 10 == 0 { Cell::Missing } else { Cell::Number(number) };
        let text = if row % 2 == 0 { "even" } else { "odd" };
        let far = if row == 77 { 1e6 } else { f64::from(row % 5) };
        let cells = [number, Cell::Text("x"), Cell::Text(text), Cell::Missing, Cell::Number(far)];
        let observed = Observed { class: Some(u32::from(row % 100 == 0)), ..Observed::default() };
        collector.row(observed, &cells).unwrap();
    }
    let report = collector.finish();
    let [number, constant, text, empty, far] = report.columns.as_slice() else { panic!() };
    assert_eq!((number.missing, number.numbers, number.texts), (1001, 9000, 0));
    assert!((number.distinct, number.constant) == (Some(9000), false));
    let found = number.statistics.unwrap();
    let given: Vec<f64> =
        (0..rows).filter(|row| row % 10 != 0).map(|row| f64::from(row * 7919 % rows)).collect();
    let mean = given.iter().sum::<f64>() / 9000.0;
    let variance = given.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 9000.0;
    assert!((found.mean - mean).abs() < 1e-6 && (found.std - libm::sqrt(variance)).abs() < 1e-6);
    let extremes = given.iter().fold((f64::MAX, f64::MIN), |(a, b), &x| (a.min(x), b.max(x)));
    assert_eq!((found.min, found.max), extremes);
    // Of 4096 of 9000 random rows: three standard errors of a quantile.
    for (quartile, share) in found.quartiles.iter().zip([0.25, 0.5, 0.75]) {
        assert!((quartile / 10_000.0 - share).abs() < 0.03, "{quartile}");
    }
    assert!(constant.constant && constant.distinct == Some(1) && constant.statistics.is_none());
    assert_eq!((text.distinct, text.texts), (Some(2), rows));
    assert_eq!((empty.missing, empty.distinct, empty.constant), (rows, Some(0), false));
    assert_eq!((far.outliers, far.statistics.unwrap().quartiles), (1, [1.0, 2.0, 3.0]));
    let expected =
        Outlier { sample: 77, what: "far".into(), value: 1e6, distance: (1e6 - 3.0) / 2.0 };
    assert_eq!(report.outliers, [expected]);
    let columns =
        |names: &[&str]| ColumnNames { columns: names.iter().map(|&name| name.into()).collect() };
    assert!(report.fixes.contains(&Fix::DropColumns(columns(&["constant", "empty"]))));
    assert!(report.fixes.contains(&Fix::Impute(columns(&["number"]))));
    assert!(matches!(report.fixes.last(), Some(Fix::ClassWeights(_))));
}

#[test]
fn rows_are_compared_whole() {
    let names = ["a", "b"].map(str::to_owned);
    let mut collector = Collector::of_table(vec![], &names);
    for cells in [
        [Cell::Text("x"), Cell::Text("y")],
        [Cell::Text("xy"), Cell::Text("")],
        [Cell::Text("x"), Cell::Text("y")],
        [Cell::Number(1.0), Cell::Missing],
        [Cell::Missing, Cell::Number(1.0)],
        [Cell::Number(f64::NAN), Cell::Number(f64::INFINITY)],
    ] {
        collector.row(Observed::default(), &cells).unwrap();
    }
    let error = collector.row(Observed::default(), &[Cell::Missing]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
    let report = collector.finish();
    assert_eq!((report.samples, report.duplicates), (6, vec![alike(2, 0)]));
    assert_eq!((report.columns[0].missing, report.columns[1].missing), (2, 2));
}
