//! How long a table takes from the bytes of a CSV file to a network's numbers: a million rows of 20
//! columns, 12 of numbers, 5 of names, 2 of dates and 1 of yes and no, with one value in fifty missing.
//! Each step: reading and typing alone, with fitting the preprocessing, and with encoding all rows.
//!
//! ```text
//! cargo bench --bench tables
//! npm run bench -- tables
//! ```

#[path = "common/mod.rs"]
mod common;

use std::io::Write;

use common::{median_seconds, report};
use tabgrad::data::preprocessing::table::{TableEncoder, TableFit, TableSpec};
use tabgrad::data::table::Batch;
use tabgrad::formats::table::{TableOptions, open};

const ROWS: u32 = 1_000_000;

common::start!();

fn run() {
    let csv = csv();
    let mut largest = 0;
    let (batches, fields) = read(csv, |batch| largest = largest.max(batch.bytes()));
    assert_eq!(batches, ROWS.div_ceil(4096) as usize);
    let reading = median_seconds(|| _ = read(csv, |_| {}));

    let spec = TableSpec::for_fields(&fields, &[]);
    let mut computed = None;
    let fitting = median_seconds(|| {
        let mut fit = TableFit::new(&spec).expect("a specification");
        read(csv, |batch| fit.add(batch, |_| true).expect("columns"));
        computed = Some(fit.finish().expect("values"));
    });

    let encoder = TableEncoder::new(computed.expect("what was fitted")).expect("a specification");
    let mut inputs = vec![Vec::new(); encoder.shapes().len()];
    let encoding = median_seconds(|| {
        read(csv, |batch| {
            // As an importer does that writes them somewhere.
            inputs.iter_mut().for_each(Vec::clear);
            encoder.encode(batch, &mut inputs).expect("columns");
        });
    });
    report(&format!(
        "{} MB, {ROWS} rows: reading {reading:.2} s, reading and fitting {fitting:.2} s, reading and \
         encoding {encoding:.2} s; the largest batch has {} KB",
        csv.len() >> 20,
        largest >> 10
    ));
}

/// Reads a table, and says how many batches it has, and its columns.
fn read(
    csv: &'static [u8],
    mut each: impl FnMut(&Batch),
) -> (usize, Vec<tabgrad::data::table::Field>) {
    let mut table = open(csv, &TableOptions::default()).expect("a table");
    let mut batch = Batch::new(table.fields().clone());
    let mut batches = 0;
    while table.next(&mut batch).expect("rows") {
        if batch.rows() > 0 {
            batches += 1;
            each(&batch);
        }
    }
    assert_eq!((table.report().rows, table.report().left_out_rows), (u64::from(ROWS), 0));
    (batches, table.fields().to_vec())
}

/// The file, which is kept to the end.
fn csv() -> &'static [u8] {
    let names = ["Amsterdam", "Bonn", "Cardiff", "Dublin", "Essen", "Faro", "Gent", "Hamburg"];
    let mut csv = Vec::new();
    let columns: Vec<_> = (0..20).map(|column| format!("column_{column}")).collect();
    csv.extend(columns.join(",").into_bytes());
    csv.push(b'\n');
    let mut state = 1_u32;
    let mut draw = move || {
        // Numerical Recipes' generator; its high bits are good enough for this.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    for row in 0..ROWS {
        for column in 0..20 {
            if column > 0 {
                csv.push(b',');
            }
            let number = draw();
            if number % 50 == 0 && column > 0 {
                continue;
            }
            let written = match column {
                0 => write!(csv, "{row}"),
                1..=3 => write!(csv, "{}", number % 1000),
                4..=11 => write!(csv, "{:.4}", f64::from(number) / 7919.0),
                12..=16 => write!(csv, "{}", names[number as usize % names.len()]),
                17 => {
                    write!(csv, "20{:02}-{:02}-{:02}", number % 24, row % 12 + 1, number % 28 + 1)
                }
                18 => write!(csv, "2024-01-{:02} {:02}:30", number % 28 + 1, row % 24),
                _ => write!(csv, "{}", if number % 3 == 0 { "yes" } else { "no" }),
            };
            written.expect("memory");
        }
        csv.push(b'\n');
    }
    csv.leak()
}
