//! All kinds of inputs, each with its row.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use common::{Folder, classifier, digits, pets, text};
use tabgrad::formats::wav;
use tabgrad::import::{Export, PartFolders};

/// The cells of each row after the header; no cell here has a comma.
fn rows(csv: &str) -> Vec<Vec<&str>> {
    csv.lines().skip(1).map(|row| row.split(',').collect()).collect()
}

fn with_pets() -> Folder {
    let folder = Folder::new();
    pets(&folder, 20);
    let fit = r#"{ "epochs": 5, "batchSize": 8 }"#;
    folder.write("pets.json", classifier("[12, 12, 3]", true, fit, "null"));
    folder.good(&["train", "--spec", "pets.json", "pets", "-q", "-o", "pets.safetensors"]);
    folder
}

#[test]
fn pictures_in_folders_and_archives() {
    let folder = with_pets();
    let csv = folder.good(&["predict", "pets.safetensors", "pets"]);
    let found = rows(&csv);
    assert_eq!(csv.lines().next(), Some("input,class,probability,class2,probability2,error"));
    assert_eq!(found.len(), 40);
    assert_eq!(found[0][0], "pets/cat/000.bmp");
    assert!(found.is_sorted_by_key(|row| row[0]));
    assert!(found.iter().all(|row| row[0].contains(row[1]) && row[5].is_empty()), "{csv}");
    for threads in ["1", "2", "7"] {
        let ask = ["predict", "pets.safetensors", "pets", "--threads", threads];
        assert_eq!(folder.good(&ask), csv, "{threads} threads");
    }

    let mut archive = Export::new(Vec::new(), PartFolders::None).unwrap();
    for value in [20, 200] {
        let pixels = (0..300).map(|i| if i % 3 == 0 { value } else { 220 - value }).collect();
        let values = tabgrad::data::Values::U8(pixels);
        archive.add("some", None, &[10, 10, 3], &values).unwrap();
    }
    folder.write("pets.zip", archive.finish(&[]).unwrap());
    let csv = folder.good(&["predict", "pets.safetensors", "pets.zip", "--top", "1"]);
    let found = rows(&csv);
    assert_eq!([found[0][1], found[1][1]], ["cat", "dog"], "{csv}");
    assert!(found[0][0].starts_with("pets.zip/some/"), "{csv}");
    let asked = ["pets.zip", "pets/dog/003.bmp", "pets/cat"];
    let csv = folder.good(&[&["predict", "pets.safetensors"][..], &asked].concat());
    assert_eq!(rows(&csv).len(), 23);
}

#[test]
fn what_cannot_be_read_has_a_row_and_the_others_go_on() {
    let folder = with_pets();
    folder.write("pets/cat/broken.bmp", &fs::read(folder.path("pets/cat/000.bmp")).unwrap()[..99]);
    folder.write("pets/cat/empty.bmp", "");
    folder.write("pets/about.txt", "no picture");
    folder.write("pets/.hidden", "nobody's");
    let ran = folder.run(&["predict", "pets.safetensors", "pets", "-q", "-o", "out.jsonl"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    let expected = "tabgrad: 3 of 43 inputs have no answer; their rows say why\n";
    assert_eq!(ran.errors, expected);
    let out = fs::read_to_string(folder.path("out.jsonl")).unwrap();
    assert_eq!(out.lines().filter(|row| row.contains("\"classes\":[")).count(), 40);
    let errors: Vec<&str> = out.lines().filter(|row| row.contains("\"error\":\"")).collect();
    assert!(
        errors[0].starts_with("{\"input\":\"pets/about.txt\",\"error\":\"image: "),
        "{errors:?}"
    );
    assert!(errors[1].contains("broken.bmp"), "{errors:?}");
    assert!(errors[2].contains("empty.bmp\",\"error\":\"file: it is empty"), "{errors:?}");
    assert!(!folder.path("out.jsonl.partial").exists());
}

#[test]
fn rows_of_tables() {
    let folder = Folder::new();
    let cities = ["Bonn", "Ulm"];
    let rows_of = |count: usize| {
        (0..count).map(move |i| (i, i % 7 + 1, cities[i % 2], (i % 2 * 100 + i % 7 * 10) as f64))
    };
    let mut table = String::from("id,rooms,city,price\n");
    rows_of(300).for_each(|(id, rooms, city, price)| {
        table += &format!("h{id},{rooms},{city},{price}\n");
    });
    folder.write("houses.csv", &table);
    folder.write(
        "houses.json",
        r#"{ "spec": { "inputShape": [3], "layers": [
                { "type": "dense", "units": 1 },
                { "type": "rescaling", "scale": 50, "offset": 80 }] },
             "compile": { "optimizer": { "type": "adam", "learningRate": 0.05 },
                "loss": "meanSquaredError" },
             "fit": { "epochs": 60, "batchSize": 16 },
             "import": { "target": "price", "ignore": ["id"], "task": "regression" } }"#,
    );
    folder.good(&["train", "--spec", "houses.json", "houses.csv", "-q", "-o", "m.safetensors"]);
    let measured = folder.good(&["evaluate", "m.safetensors", "houses.csv"]);
    assert!(measured.starts_with("300 samples\nloss "), "{measured}");
    assert!(!measured.contains("confus") && !measured.contains("precision"), "{measured}");

    let all = folder.good(&["predict", "m.safetensors", "houses.csv"]);
    assert_eq!(all.lines().next(), Some("input,price,error"));
    for (row, (id, _, _, price)) in rows(&all).iter().zip(rows_of(300)) {
        assert_eq!(row[0], format!("houses.csv#{}", id + 1));
        assert!((row[1].parse::<f64>().unwrap() - price).abs() < 5.0, "{row:?}, {price}");
    }
    let asked = "id,city,rooms\na,Bonn,3\nb,Ulm\nc,Ulm,many\n";
    folder.write("ask.csv", asked);
    let ran = folder.run(&["predict", "m.safetensors", "ask.csv", "--id", "id"]);
    assert_eq!(ran.code, 3);
    let found = rows(&ran.out);
    assert_eq!([found[0][0], found[1][0], found[2][0]], ["a", "c", "ask.csv line 3"]);
    assert!(
        ran.errors.contains("1 of the values in column \"rooms\" were taken"),
        "{}",
        ran.errors
    );

    let ask = ["predict", "m.safetensors", "-", "--format", "jsonl"];
    let mut piped = folder.command(&ask);
    let mut piped = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    piped.stdin.take().unwrap().write_all(b"rooms,city\n3,Bonn\n").unwrap();
    let out = String::from_utf8(piped.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(out, format!("{{\"input\":\"-#1\",\"price\":{}}}\n", found[0][1]));

    folder.write("other.csv", "a,b\n1,2\n");
    let ran = folder.run(&["predict", "m.safetensors", "other.csv"]);
    assert!(ran.code == 3 && ran.out.contains("the table has a, b"), "{}", ran.out);
}

#[test]
fn texts_by_lines_files_and_columns() {
    let folder = Folder::new();
    let words = [("sport", ["goal", "team", "match"]), ("money", ["bank", "shares", "price"])];
    for (class, words) in words {
        for i in 0..30 {
            let text = format!("the {} and the {}", words[i % 3], words[(i + i / 3) % 3]);
            folder.write(&format!("news/{class}/{i:02}.txt"), text);
        }
    }
    let import = r#"{ "preprocessing": { "text": { "output": "counts", "maxTokens": 20 } } }"#;
    let spec = classifier("[8]", false, r#"{ "epochs": 20, "batchSize": 8 }"#, import);
    folder.write("news.json", spec);
    folder.good(&["train", "--spec", "news.json", "news", "-q", "-o", "m.safetensors"]);

    folder.write("ask.txt", "the team\n\nshares, shares\n");
    let ask = ["predict", "m.safetensors", "--top", "1"];
    let lines = folder.good(&[&ask[..], &["ask.txt"]].concat());
    let found = rows(&lines);
    assert_eq!((found[0][0], found[0][1]), ("ask.txt#1", "sport"));
    assert_eq!((found[1][0], found[1][1]), ("ask.txt#2", "money"));
    let whole = folder.good(&[&ask[..], &["ask.txt", "--texts", "file"]].concat());
    assert_eq!(rows(&whole).len(), 1);
    let files = folder.good(&[&ask[..], &["news"]].concat());
    assert_eq!(rows(&files).len(), 60);
    assert!(rows(&files).iter().all(|row| row[0].contains(row[1])), "{files}");
    folder.write("heads.csv", "nr,headline\n7,the goal of the match\n8,the bank\n");
    let column = ["heads.csv", "--column", "headline", "--id", "nr"];
    let heads = folder.good(&[&ask[..], &column].concat());
    let found = rows(&heads);
    assert_eq!([found[0][0], found[0][1], found[1][0], found[1][1]], ["7", "sport", "8", "money"]);
}

#[test]
fn recordings() {
    let folder = Folder::new();
    for (class, period) in [("low", 40), ("high", 8)] {
        for i in 0..12 {
            let samples = (0..4000).map(|t| {
                let up = (t + i) % period < period / 2;
                if up { 0.4 } else { -0.4 }
            });
            let file = wav::write(1, 8000, &samples.collect::<Vec<f32>>());
            folder.write(&format!("tones/{class}/{i:02}.wav"), file);
        }
    }
    let import = r#"{ "audio": { "seconds": 0.5 } }"#;
    let spec = classifier("[32, 64, 1]", true, r#"{ "epochs": 3, "batchSize": 8 }"#, import);
    folder.write("tones.json", spec);
    folder.good(&["train", "--spec", "tones.json", "tones", "-q", "-o", "m.safetensors"]);
    let found = folder.good(&["predict", "m.safetensors", "tones", "--top", "1"]);
    assert_eq!(rows(&found).len(), 24);
    assert!(rows(&found).iter().all(|row| row[0].contains(row[1])), "{found}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::with_mnist();
    let model = digits();
    let images = ["mnist/images.idx3"; 8];
    let ask =
        [&["predict", text(&model), "--format", "jsonl", "--top", "10"][..], &images].concat();
    let mut command = folder.command(&ask);
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(run.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("{\"input\":\"mnist/images.idx3#1\""), "{first}");
    let mut errors = String::new();
    run.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert!(run.wait().unwrap().success());
    assert!(!errors.contains("tabgrad:"), "{errors}");
}
