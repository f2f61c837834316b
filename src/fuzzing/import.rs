//! Any files, imported together: labels and boxes beside images, arrays that belong together, archives.

use crate::formats::records::Records;
use crate::import::{Import, Options, Task};
use crate::{Result, err};

/// Where files may be.
pub(super) const PATHS: [&str; 32] = [
    "set/train/a/1.png",
    "set/train/a/2.png",
    "set/train/b/3.png",
    "set/test/b/4.png",
    "set/images/1.png",
    "set/images/2.png",
    "set/labels/1.txt",
    "set/labels/2.txt",
    "set/classes.txt",
    "set/data.yaml",
    "set/labels.csv",
    "set/train/labels.csv",
    "set/annotations/instances_train.json",
    "set/annotations/1.xml",
    "set/annotations/2.xml",
    "set.zip",
    "set.tar",
    "x.npy",
    "y.npy",
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "data_batch_1.bin",
    "texts/a/1.txt",
    "texts/b/2.txt",
    "train.csv",
    "test.csv",
    "rows.jsonl",
    "rows.parquet",
    "sounds/a/1.wav",
    "sounds/b/2.wav",
    "arrays.npz",
    "labels.csv.gz",
];

/// Files as they were framed: the number of a path, two bytes of length, the content.
fn files(mut bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    while let Some((&[path, low, high], rest)) = bytes.split_first_chunk() {
        let len = usize::from(u16::from_le_bytes([low, high]));
        let (content, rest) = rest.split_at(len.min(rest.len()));
        let path = PATHS[usize::from(path) % PATHS.len()];
        // Folders have no two files of one name.
        if files.iter().all(|(known, _)| known != path) {
            files.push((path.to_owned(), content.to_vec()));
        }
        bytes = rest;
    }
    files
}

fn options(bits: u8) -> Options {
    let is = |bit: u8| bits & 1 << bit != 0;
    Options {
        size: is(0).then_some([6, 5]),
        channels: is(1).then_some(3),
        task: is(2).then_some(if is(3) { Task::Regression } else { Task::Classification }),
        untargeted: is(4),
        ..Options::default()
    }
}

/// Imports files over what a sink holds.
fn import(options: &Options, files: &[(String, Vec<u8>)], sink: Vec<u8>) -> Result<Vec<u8>> {
    let mut import = Import::new(options.clone(), "files", sink)?;
    for (path, bytes) in files {
        if !import.skip(path)? {
            import.add(path, bytes.clone())?;
        }
        loop {
            let is_done = import.advance()?;
            if let Some(foreign) = import.take_foreign() {
                import.add_foreign(&foreign, Err(err!(Unsupported, "it is not read here")))?;
            }
            if is_done {
                break;
            }
        }
    }
    import.close()?;
    while !import.advance()? {}
    let (file, summary) = import.finish()?;
    assert_eq!(file.len() as u64, summary.bytes);
    Ok(file)
}

/// Imports files, and goes on with what is left of the records after a cut. The first byte says options,
/// the second where the cut is.
pub(super) fn check(bytes: &[u8]) {
    let Some((&[bits, cut], rest)) = bytes.split_first_chunk() else { return };
    let (files, options) = (files(rest), options(bits));
    let Ok(file) = import(&options, &files, Vec::new()) else { return };
    let samples = |file: Vec<u8>| -> Result<_> {
        let dataset = Records::open(file)?.into_dataset(true)?;
        Ok((dataset.labels().map(<[u32]>::to_vec), dataset.inputs()[0].values().cloned()))
    };
    let left = file[..file.len() * usize::from(cut) / 256].to_vec();
    let whole = samples(file).expect("what was imported can be read");
    let again = import(&options, &files, left).and_then(samples);
    assert!(whole == again.expect("an import that was interrupted is gone on with"));
}
