use super::date::{DAY, Parts, parse};
use super::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn infer(cells: &[&str]) -> Field {
    let mut inference = Inference::new(1);
    let missing = Missing::default();
    for &cell in cells.iter().filter(|cell| !missing.is(cell)) {
        inference.add(0, Cell::Text(cell));
    }
    let mut field = inference.fields(vec!["x".into()]).remove(0);
    field.tidy();
    field
}

#[test]
fn kinds_are_told_from_a_sample() {
    use ColumnKind::{Boolean, Category, Date, Number, Text};
    let many: Vec<String> = (0..60).map(|i| format!("name {i}")).collect();
    let twice: Vec<&str> = many.iter().chain(&many).map(String::as_str).collect();
    for (cells, kind) in [
        (&["1", "-2.5", "3e4", "NA", "+.5", "7."][..], Number),
        (&["0", "1", "1"], Number),
        (&["inf", "nan", "infinity"], Category),
        (&["yes", "no", "", "Yes"], Boolean),
        (&["true"], Boolean),
        (&["f", "f"], Category),
        (&["f", "m"], Category),
        (&["2024-02-29", "1999-12-31 23:59"], Date),
        (&["31 Dec 1999", "February 29, 2024"], Date),
        (&["red", "green", "red"], Category),
        (&[], Category),
        (&["1,234", "2,345"], Category),
        (&many.iter().map(String::as_str).collect::<Vec<_>>(), Text),
        (&twice, Category),
    ] {
        assert_eq!(infer(cells).kind, kind, "{cells:?}");
    }
    // One of twenty may be something else.
    let mut cells = vec!["3"; 19];
    cells.push("unknown");
    assert_eq!(infer(&cells).kind, Number);
    cells[0] = "many";
    assert_eq!(infer(&cells).kind, Category);
}

#[test]
fn how_numbers_and_dates_are_written_is_told_too() {
    let comma = infer(&["1,5", "1000", "2,75"]);
    assert!(comma.decimal_comma && comma.kind == ColumnKind::Number);
    assert_eq!(comma.number(Cell::Text("-1,25")), Some(-1.25));
    assert_eq!(comma.number(Cell::Text("1.25")), None);
    assert!(!infer(&["1.5", "2"]).decimal_comma);
    let day_first = infer(&["1/2/2024", "13/2/2024"]);
    assert!(day_first.day_first && day_first.kind == ColumnKind::Date);
    assert!(!infer(&["1/2/2024", "2/13/2024"]).day_first);
    assert!(!infer(&["1/2/2024"]).day_first);
}

#[test]
fn dates_are_read_in_common_forms() {
    let day = |days: f64| Some(days * DAY);
    for (text, expected) in [
        ("1970-01-01", day(0.0)),
        ("1969-12-31", day(-1.0)),
        ("2024-02-29", day(19_782.0)),
        ("2024/2/29", day(19_782.0)),
        ("29.2.2024", day(19_782.0)),
        ("2/29/2024", day(19_782.0)),
        ("29 Feb 2024", day(19_782.0)),
        ("29-feb-2024", day(19_782.0)),
        ("29. February 2024", day(19_782.0)),
        ("Feb. 29, 2024", day(19_782.0)),
        ("1970-01-01T00:00:01Z", Some(1000.0)),
        ("1970-01-01 01:00+01:00", Some(0.0)),
        ("1970-01-01 00:00:00.25 -0130", Some(5_400_250.0)),
        ("1970-01-02 12:30 AM", Some(DAY + 1_800_000.0)),
        ("1970-01-01 1:00 pm", Some(46_800_000.0)),
        ("2023-02-29", None),
        ("2024-13-01", None),
        ("2024-00-01", None),
        ("2024-02-30", None),
        ("24-02-03", None),
        ("1/2/24", None),
        ("2024-02", None),
        ("20240229", None),
        ("1970-01-01 24:00", None),
        ("1970-01-01 12:60", None),
        ("1970-01-01 13:00 pm", None),
        ("1970-01-01 12:00 nowhere", None),
        ("1970-01-01x", None),
        ("May", None),
        ("", None),
        ("é1970", None),
    ] {
        assert_eq!(parse(text, false), expected, "{text:?}");
    }
    assert_eq!(parse("29/2/2024", true), day(19_782.0));
    assert_eq!(parse("29/2/2024", false), None);
}

#[test]
fn dates_have_parts() {
    let parts = |text| Parts::new(parse(text, false).unwrap());
    let leap = parts("2024-02-29 13:05");
    assert_eq!((leap.year, leap.month, leap.day, leap.day_of_year), (2024, 2, 29, 60));
    // A Thursday.
    assert_eq!((leap.weekday, leap.hour, leap.minute), (3, 13, 5));
    let before = parts("1969-12-31 23:59:59");
    assert_eq!((before.year, before.month, before.day, before.day_of_year), (1969, 12, 31, 365));
    assert_eq!((before.weekday, before.hour, before.minute), (2, 23, 59));
    assert_eq!(parts("2024-12-31").day_of_year, 366);
    // Every day of 2,000 years follows the one before.
    let first = parse("1000-01-01", false).unwrap() / DAY;
    let mut last = Parts::new((first - 1.0) * DAY);
    for day in 0..730_485 {
        let next = Parts::new((first + f64::from(day)) * DAY);
        assert_eq!(next.weekday, (last.weekday + 1) % 7);
        let follows = match next {
            Parts { month: 1, day: 1, day_of_year: 1, .. } => next.year == last.year + 1,
            Parts { day: 1, .. } => next.month == last.month + 1 && last.day >= 28,
            _ => next.day == last.day + 1 && next.month == last.month,
        };
        assert!(follows, "{last:?} {next:?}");
        last = next;
    }
}

#[test]
fn what_does_not_fit_is_counted_and_missing() {
    let fields = vec![
        Field::new("n", ColumnKind::Number),
        Field::new("c", ColumnKind::Category),
        Field::new("b", ColumnKind::Boolean),
    ];
    let mut typing = Typing::new(fields, Missing::default());
    let mut batch = Batch::new(typing.fields().clone());
    let rows = [
        [Cell::Text("1.5"), Cell::Text("red"), Cell::Text("no")],
        [Cell::Text("NA"), Cell::Text("?"), Cell::Missing],
        [Cell::Text("much"), Cell::Number(7.0), Cell::Number(1.0)],
        [Cell::Boolean(true), Cell::Boolean(true), Cell::Number(2.0)],
    ];
    for (line, row) in (10..).zip(&rows) {
        typing.push(&mut batch, line, |column| row[column]);
    }
    let nan = f64::NAN;
    let [n, c, b] = batch.columns() else { panic!() };
    assert_eq!(n.numbers().unwrap()[0], 1.5);
    assert!(n.numbers().unwrap()[1..].iter().all(|n| n.to_bits() == nan.to_bits()));
    assert_eq!(c.texts().unwrap().iter().collect::<Vec<_>>(), ["red", "", "7", "true"]);
    assert_eq!(c.texts().unwrap().get(2), "7");
    assert!(!c.is_missing(2) && c.is_missing(1) && c.is_missing(4) && b.is_missing(3));
    assert_eq!(b.numbers().unwrap()[2], 1.0);
    let counts: Vec<_> = typing.report.columns.iter().map(|c| (c.missing, c.unfit)).collect();
    assert_eq!(counts, [(3, 2), (1, 0), (2, 1)]);
    let first = typing.report.columns[0].first_unfit.clone().unwrap();
    assert_eq!((first.line, &*first.message), (12, "found \"much\", expected a number"));
    assert_eq!(batch.rows(), 4);
    assert_eq!(batch.bytes(), 2 * 4 * 8 + 8 + 4 * size_of::<usize>());

    let error = batch.column("d").unwrap_err();
    assert_eq!(error.message(), "column \"d\": the table has n, c, b");
    let columns = batch.columns().to_vec();
    let fields = batch.fields().clone();
    assert!(Batch::from_columns(fields.clone(), columns[..2].to_vec()).is_err());
    let [n, c, b] = [&columns[0], &columns[1], &columns[2]].map(Clone::clone);
    assert!(Batch::from_columns(fields.clone(), vec![c, n, b]).is_err());
    assert_eq!(Batch::from_columns(fields, columns).unwrap().rows(), 4);
}

/// As the standard library reads numbers.
#[cfg(not(target_arch = "wasm32"))]
fn standard(text: &str, decimal_comma: bool) -> Option<u64> {
    if !text.ends_with(|end: char| end.is_ascii_digit() || ".,".contains(end)) {
        return None;
    }
    let number: Result<f64, _> = match decimal_comma {
        true if text.contains('.') => return None,
        true => text.replace(',', ".").parse(),
        false => text.parse(),
    };
    number.ok().filter(|number| number.is_finite()).map(f64::to_bits)
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn numbers_have_the_bits_of_the_standard_library() {
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

    let agrees = |text: &str| {
        for comma in [false, true] {
            let found = number(text, comma).map(f64::to_bits);
            assert_eq!(found, standard(text, comma), "{text:?}");
        }
    };
    for text in [
        "",
        "-",
        ".",
        ",",
        "-.",
        "0",
        "-0",
        "0.",
        ".5",
        "-.5",
        "1.",
        "1,5",
        "1.5.",
        "1,,5",
        "+1",
        "--1",
        "0.1",
        "123456789012345",
        "-123456789012345.",
        "1234567890123456",
        "9007199254740993",
        "0.000000000000001",
        "0.0000000000000001",
        "00000000000000000001",
        "1e3",
        "1e400",
        "inf",
        "nan",
        "1 ",
        "١",
    ] {
        agrees(text);
    }
    let config = Config { cases: 20_000, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let written = "[-+]?[0-9]{0,10}[.,]?[0-9]{0,10}(e-?[0-9]{1,3})?";
    TestRunner::new_with_rng(config, rng)
        .run(&written, |text| {
            agrees(&text);
            Ok(())
        })
        .unwrap();
}
