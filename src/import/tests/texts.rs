use super::*;
use crate::data::preprocessing::TextSpec;
use crate::data::preprocessing::table::TableEncoder;
use crate::data::preprocessing::text::{TextEncoder, TextOutput};
use crate::data::{Dataset, Kind, Preprocessing};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn files(list: &[(&'static str, &str)]) -> Vec<(&'static str, Vec<u8>)> {
    list.iter().map(|(path, text)| (*path, text.as_bytes().to_vec())).collect()
}

/// What was written that a sample was made of.
fn written(data: &Dataset, sample: u32) -> Vec<String> {
    let found = data.texts(sample, usize::MAX).unwrap();
    found.into_iter().map(|text| text.text).collect()
}

fn counting() -> Options {
    let text = TextSpec { output: TextOutput::Counts, ..TextSpec::default() };
    let steps = Preprocessing { text: Some(text), ..Preprocessing::default() };
    Options { preprocessing: Some(steps), ..Options::default() }
}

fn reviews() -> Vec<(&'static str, Vec<u8>)> {
    files(&[
        ("set/train/bad/1.txt", "Dull, dull and long."),
        ("set/train/good/1.txt", "A joy!\nAnd\r\nshort."),
        ("set/train/good/2.txt", "Joy and wit"),
        ("set/test/bad/9.txt", "Long and unheard of"),
        ("set/test/bad/8.txt", "\u{7}"),
    ])
}

#[test]
fn texts_become_ids_of_the_training_parts_words() {
    let (file, summary) = import(&Options::default(), &reviews()).unwrap();
    assert_eq!(summary.unreadable.len(), 1);
    let records = Records::open(file).unwrap();
    assert_eq!(records.parts(), [Part::Test, Part::Train, Part::Train, Part::Train]);
    let data = records.into_dataset(false).unwrap();
    assert_eq!(data.class_names(), ["bad", "good"]);
    assert_eq!(data.labels(), Some(&[0, 0, 1, 1][..]));
    // The longest of the training part has four words.
    assert_eq!((data.inputs()[0].shape(), data.inputs()[0].kind()), (&[4][..], Kind::F32));
    let encoder = TextEncoder::new(data.preprocessing().text.clone().unwrap()).unwrap();
    let shown = |sample| match data.sample(sample).unwrap() {
        Values::F32(numbers) => encoder.shown(&numbers),
        Values::U8(_) => panic!("numbers"),
    };
    assert_eq!(shown(2), "a joy and short");
    assert_eq!(shown(0), "long and \u{fffd} \u{fffd}");
    assert_eq!(written(&data, 2), ["A joy!\nAnd\nshort."]);
    assert_eq!(written(&data, 0), ["Long and unheard of"]);
    let numbers = encoder.prepare("A JOY and short", &[4]).unwrap();
    assert_eq!(data.sample(2).unwrap(), Values::F32(numbers));
}

#[test]
fn counts_are_a_bag_of_words() {
    let (file, summary) = import(&counting(), &reviews()).unwrap();
    let data = dataset(file);
    let spec = data.preprocessing().text.clone().unwrap();
    assert_eq!(summary.shape, [spec.vocabulary.len()]);
    let Values::F32(counts) = data.sample(1).unwrap() else { panic!("numbers") };
    let at = |word: &str| spec.vocabulary.iter().position(|known| known == word).unwrap();
    assert_eq!((counts[at("dull")], counts[at("joy")], counts.iter().sum()), (2.0, 0.0, 4.0_f32));
    let encoder = TextEncoder::new(spec).unwrap();
    let error = encoder.prepare("dull", &[3]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape, "{error}");
}

#[test]
fn a_column_of_texts_is_the_input() {
    let text = "label,id,headline\n\
        sport,1,They won the game again today by far\nmoney,2,Shares fell as banks lost money today\n\
        sport,3,The game was lost in the last minute of it\nmoney,4,Banks and shares are up again and so on\n\
        sport,5,\n";
    let options = Options { text: Some("headline".into()), ..counting() };
    let (file, _) = import(&options, &files(&[("news.csv", text)])).unwrap();
    let data = dataset(file);
    assert_eq!(
        (data.len(), data.class_names()),
        (4, &["money".to_owned(), "sport".to_owned()][..])
    );
    // What is left out has no place among them.
    assert_eq!(written(&data, 3), ["Banks and shares are up again and so on"]);
    let report = |file: Vec<u8>| Records::open(file).unwrap().foot().report.clone();
    let (file, _) = import(&options, &files(&[("news.csv", text)])).unwrap();
    let report = report(file);
    assert_eq!(report["table"]["unusableRows"], 1);
    assert_eq!(report["table"]["columns"][1]["use"], "ignored");
    assert!(report["length"]["max"].as_f64().unwrap() > 30.0);
    // Alone beside the target it is the input without being asked for.
    let many: String = (0..60)
        .map(|row| format!("{},line {row} of free text that nobody wrote twice\n", row % 2))
        .collect();
    let (file, _) =
        import(&Options::default(), &files(&[("t.csv", &format!("label,words\n{many}"))])).unwrap();
    let data = dataset(file);
    assert!(data.preprocessing().text.is_some() && data.preprocessing().table.is_none());
    assert_eq!((data.len(), data.class_names().len()), (60, 2));
    assert_eq!(written(&data, 59), ["line 59 of free text that nobody wrote twice"]);
}

#[test]
fn lines_of_several_files_are_of_the_files_classes() {
    let list = files(&[("neg.txt", "dull film\n\nlong film\n"), ("pos.txt", "a joy\n")]);
    let (file, _) = import(&Options::default(), &list).unwrap();
    let data = dataset(file);
    assert_eq!(
        (data.class_names(), data.labels()),
        (&["neg".into(), "pos".into()][..], Some(&[0, 0, 1][..]))
    );
    let all: Vec<_> = (0..3).flat_map(|sample| written(&data, sample)).collect();
    assert_eq!(all, ["dull film", "long film", "a joy"]);
    let (file, _) =
        import(&Options::default(), &files(&[("all.txt", "one two\nthree\n")])).unwrap();
    assert_eq!(dataset(file).labels(), None);
    // Of what else is text only that which is named so; the others say what they are.
    let list = files(&[
        ("poems.txt", "one two\nthree\n"),
        ("README.md", "# Poems\n"),
        ("page.html", "<!doctype html><p>A page"),
    ]);
    let (file, summary) = import(&Options::default(), &list).unwrap();
    assert_eq!(dataset(file).len(), 2);
    let unreadable: Vec<_> =
        summary.unreadable.iter().map(|file| (&*file.name, &*file.code)).collect();
    let format = ErrorKind::Format.code();
    assert_eq!(unreadable, [("page.html", format), ("README.md", format)]);
    for alone in &list[1..] {
        let error = import(&Options::default(), std::slice::from_ref(alone)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        let found = format!("{}: found a ", alone.0);
        assert!(error.message().starts_with(&found) && error.message().contains("expected texts"));
    }
    let list = files(&[("a/page.html", "<!doctype html><p>One"), ("b/page.html", "<html><p>Two")]);
    let (file, _) = import(&Options::default(), &list).unwrap();
    assert_eq!(dataset(file).class_names(), ["a", "b"]);
    // One that looks like a table among others that do not is a text, too.
    let list = files(&[
        ("a/1.txt", "first, second\nthird, fourth\nfifth, sixth\n"),
        ("a/2.txt", "more of it."),
        ("b/1.txt", "and no table."),
    ]);
    let (file, summary) = import(&Options::default(), &list).unwrap();
    assert_eq!((summary.unreadable.len(), dataset(file).labels()), (0, Some(&[0, 0, 1][..])));
    // Without any word there is nothing to learn.
    let error = import(&Options::default(), &files(&[("a/1.txt", "..."), ("b/2.txt", "!")]));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Data);
}

#[test]
fn texts_beside_other_columns_are_kept() {
    let rows: String = (0..60)
        .map(|row| {
            format!(
                "\"House {row}, by the lake or not\",{},\"Note {row}: well kept, quiet\",{row}\n",
                row % 5
            )
        })
        .collect();
    let table = format!("offer,rooms,note,price\n{rows},3,none,4\n");
    let (file, _) = import(&Options::default(), &files(&[("houses.csv", &table)])).unwrap();
    let data = dataset(file);
    assert_eq!(written(&data, 59), ["House 59, by the lake or not", "Note 59: well kept, quiet"]);
    assert_eq!(written(&data, 60), ["", "none"]);
    let spec = data.preprocessing().table.clone().unwrap();
    let encoder = TableEncoder::new(spec).unwrap();
    assert_eq!(encoder.text_names().collect::<Vec<_>>(), ["offer", "note"]);
}
