use super::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn pictures() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("set/train/0001.png", png(2, 2, [10; 3])),
        ("set/train/0002.png", png(2, 2, [20; 3])),
        ("set/train/0003.png", png(2, 2, [30; 3])),
        ("set/train/0004.png", png(2, 2, [40; 3])),
    ]
}

#[test]
fn a_table_beside_pictures_says_their_classes() {
    let table = "id,breed,seen\n0001,pug,2024-01-01\n0003,boxer,2024-01-02\n0002,pug,\n0009,pug,\n";
    for (path, archive) in [("set/labels.csv", false), ("set/labels.csv", true)] {
        let mut files = pictures();
        files.insert(1, (path, table.into()));
        if archive {
            files = vec![("set.zip", zip(&files))];
        }
        let (file, summary) = import(&Options::default(), &files).unwrap();
        let data = dataset(file);
        assert_eq!(data.class_names(), ["boxer", "pug"]);
        assert_eq!(data.labels(), Some(&[1, 1, 0][..]));
        let [left_out] = &summary.unreadable[..] else { panic!("{:?}", summary.unreadable) };
        assert!(left_out.name.ends_with("0004.png"), "{left_out:?}");
        assert_eq!(left_out.message, "train/0004.png: the table of labels does not name it");
    }
    // The class names that are given have the order.
    let class_names = Some(vec!["pug".into(), "boxer".into()]);
    let mut files = pictures();
    files.push(("set/labels.csv", table.into()));
    let (file, _) = import(&Options { class_names, ..Options::default() }, &files).unwrap();
    assert_eq!(dataset(file).labels(), Some(&[0, 0, 1][..]));
}

#[test]
fn a_table_may_say_numbers_and_parts() {
    let mut files = pictures();
    let table = "file_name,split,age\ntrain/0001.png,train,1.5\n0002.png,test,2.5\n\
        0003.png,val,3.25\n0004.png,train,9\n";
    files.push(("set/ages.csv", table.into()));
    files.push(("set/sample_submission.csv", "id,age\n0001,0\n".into()));
    let (file, summary) = import(&Options::default(), &files).unwrap();
    assert_eq!(summary.unreadable.len(), 1);
    let records = Records::open(file).unwrap();
    assert_eq!(records.parts(), [Part::Train, Part::Test, Part::Validation, Part::Train]);
    let mut ages = vec![0.0; 4];
    records.into_dataset(false).unwrap().values_into(&[0, 1, 2, 3], &mut ages).unwrap();
    assert_eq!(ages, [1.5, 2.5, 3.25, 9.0]);
}

#[test]
fn tables_that_name_no_picture_are_left_out() {
    let mut files = pictures();
    files.push(("set/other.csv", "city,label\nBonn,a\nKöln,b\n".into()));
    let (file, summary) = import(&Options::default(), &files).unwrap();
    assert_eq!(dataset(file).labels(), None);
    assert_eq!(
        summary.unreadable[0].message,
        "labels: none of the columns city, label names any of the files, expected one that does"
    );
    // Rows that contradict each other.
    let mut files = pictures();
    files.push(("set/l.csv", "id,label\n0001,a\n0001.png,b\n0002,a\n".into()));
    let error = import(&Options::default(), &files).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    assert!(error.message().contains("is said to be \"a\" and \"b\""), "{error}");
}
