mod boxes;
mod labels;
mod tables;
mod texts;

use std::io::Cursor;

use super::*;
use crate::data::{Dataset, Values};
use crate::formats::idx::{self, Idx};
use crate::formats::records::{Part, Records};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A PNG file of one shade.
fn png(height: u32, width: u32, shade: [u8; 3]) -> Vec<u8> {
    let image = ::image::RgbImage::from_pixel(width, height, ::image::Rgb(shade));
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), ::image::ImageFormat::Png).unwrap();
    bytes
}

fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer.start_file(*path, ::zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Imports files one after the other.
fn import(options: &Options, files: &[(&str, Vec<u8>)]) -> Result<(Vec<u8>, Summary)> {
    let mut import = Import::new(options.clone(), "test", Vec::new())?;
    hand_over(&mut import, files)?;
    import.close()?;
    while !import.advance()? {}
    import.finish()
}

/// Returns how many files were read.
fn hand_over(import: &mut Import<Vec<u8>>, files: &[(&str, Vec<u8>)]) -> Result<usize> {
    let mut read = 0;
    for (path, bytes) in files {
        if !import.skip(path)? {
            read += 1;
            import.add(path, bytes.clone())?;
        }
        while !import.advance()? {}
    }
    Ok(read)
}

fn dataset(file: Vec<u8>) -> Dataset {
    Records::open(file).unwrap().into_dataset(false).unwrap()
}

fn shades() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("set/10/a.png", png(4, 5, [200, 200, 200])),
        ("set/2/a.png", png(8, 10, [100, 100, 100])),
        ("set/2/notes.txt", b"\x07 nothing that is known".to_vec()),
        ("set/2/cut.png", png(4, 5, [9; 3])[..40].to_vec()),
        ("alone.png", png(4, 5, [9; 3])),
        ("set/10/b.png", png(4, 5, [250, 250, 250])),
    ]
}

#[test]
fn images_become_samples_of_the_class_of_their_folder() {
    let (file, summary) = import(&Options::default(), &shades()).unwrap();
    assert_eq!((summary.samples, &summary.shape[..]), (3, &[4, 5, 1][..]));
    let reasons: Vec<_> =
        summary.unreadable.iter().map(|file| (file.name.as_str(), file.code.as_str())).collect();
    assert_eq!(
        reasons,
        [("set/2/notes.txt", "format"), ("set/2/cut.png", "format"), ("alone.png", "data")]
    );
    let data = dataset(file);
    assert_eq!(data.class_names(), ["2", "10"]);
    assert_eq!(data.labels(), Some(&[1, 0, 1][..]));
    assert_eq!(data.sample(1).unwrap(), Values::U8(vec![100; 20]));
    assert_eq!(data.sample(2).unwrap(), Values::U8(vec![250; 20]));
    // Those of the same name belong together, if someone says so; what was left out is in no group.
    let group = Some(GroupBy::NamePart { name_part: 0 });
    let (file, _) = import(&Options { group, ..Options::default() }, &shades()).unwrap();
    let report = Records::open(file).unwrap().foot().report.clone();
    assert_eq!(report["groups"], serde_json::json!({"groups": 2, "of": [0, 0, 2]}));
}

#[test]
fn an_archive_is_a_folder() {
    let options = Options { size: Some([2, 3]), channels: Some(3), ..Options::default() };
    let (file, summary) = import(&options, &[("pets.zip", zip(&shades()))]).unwrap();
    assert_eq!((summary.samples, &summary.shape[..]), (3, &[2, 3, 3][..]));
    assert_eq!(dataset(file).class_names(), ["2", "10"]);
    // Two archives are two classes.
    let pictures =
        |shade| zip(&[("1.png", png(2, 2, [shade; 3])), ("2.png", png(2, 2, [shade; 3]))]);
    let files = [("cats.zip", pictures(9)), ("dogs.zip", pictures(90))];
    let (file, _) = import(&Options::default(), &files).unwrap();
    let data = dataset(file);
    assert_eq!(data.class_names(), ["cats", "dogs"]);
    assert_eq!(data.labels(), Some(&[0, 0, 1, 1][..]));
    let (loose, _) = import(&options, &shades()).unwrap();
    assert_eq!(dataset(loose).sample(1).unwrap(), Values::U8(vec![100; 18]));
}

#[test]
fn arrays_are_written_with_their_labels() {
    let images = Idx { shape: vec![3, 2, 2], values: Values::U8((0..12).collect()) };
    let labels = Idx { shape: vec![3], values: Values::U8(vec![1, 0, 1]) };
    let [images, labels] = [images, labels].map(|idx| idx::write(&idx).unwrap());
    for files in [
        vec![("images", images.clone()), ("labels", labels.clone())],
        vec![("labels", labels), ("images", images.clone())],
    ] {
        let (file, summary) = import(&Options::default(), &files).unwrap();
        assert_eq!((summary.samples, &summary.shape[..]), (3, &[2, 2, 1][..]));
        let data = dataset(file);
        assert_eq!(data.labels(), Some(&[1, 0, 1][..]));
        assert_eq!(data.sample(2).unwrap(), Values::U8(vec![8, 9, 10, 11]));
    }
    let (file, _) = import(&Options::default(), &[("images", images)]).unwrap();
    assert_eq!(dataset(file).labels(), None);
}

#[test]
fn folders_say_parts() {
    let files = [
        ("set/train/a/1.png", png(2, 2, [1; 3])),
        ("set/test/b/1.png", png(2, 2, [2; 3])),
        ("set/train/b/2.png", png(2, 2, [3; 3])),
        ("set/val/a/2.png", png(2, 2, [4; 3])),
        ("set/more.png", png(2, 2, [5; 3])),
    ];
    let (file, summary) = import(&Options::default(), &files).unwrap();
    assert_eq!((summary.samples, summary.unreadable.len()), (4, 1));
    let records = Records::open(file).unwrap();
    assert_eq!(records.parts(), [Part::Train, Part::Test, Part::Train, Part::Validation]);
    let data = records.into_dataset(true).unwrap();
    assert_eq!(
        (data.class_names(), data.labels()),
        (&["a".into(), "b".into()][..], Some(&[0, 1, 1, 0][..]))
    );
    assert_eq!(data.sample(3).unwrap(), Values::U8(vec![4; 4]));
    // Without folders there are no classes, but samples.
    let (file, _) = import(&Options::default(), &[("1.png", png(2, 2, [1; 3]))]).unwrap();
    assert_eq!(dataset(file).labels(), None);
}

#[test]
fn arrays_come_from_every_format() {
    use crate::formats::gzip;
    let images = idx::write(&Idx { shape: vec![3, 2, 2], values: Values::U8((0..12).collect()) });
    let labels = idx::write(&Idx { shape: vec![3], values: Values::U8(vec![1, 0, 1]) });
    let [images, labels] = [images, labels].map(|idx| gzip::pack(&idx.unwrap()));
    let parts = [
        ("t10k-images-idx3-ubyte.gz", images.clone()),
        ("t10k-labels-idx1-ubyte.gz", labels.clone()),
        ("train-images-idx3-ubyte.gz", images),
        ("train-labels-idx1-ubyte.gz", labels),
    ];
    for files in [parts.to_vec(), vec![("mnist.zip", zip(&parts))]] {
        let (file, summary) = import(&Options::default(), &files).unwrap();
        assert_eq!((summary.samples, &summary.shape[..]), (6, &[2, 2, 1][..]));
        let records = Records::open(file).unwrap();
        let count = |part| records.parts().iter().filter(|of| **of == part).count();
        assert_eq!([count(Part::Train), count(Part::Test)], [3, 3]);
        assert_eq!(records.into_dataset(false).unwrap().labels(), Some(&[1, 0, 1, 1, 0, 1][..]));
    }

    // Records of CIFAR: a class, and 1024 values of red, green and blue each.
    let record = |class: u8| {
        let planes = [10, 20, 30].map(|value| vec![value + class; 1024]).concat();
        [vec![class], planes].concat()
    };
    let batches =
        [("data_batch_1.bin", [record(3), record(9)].concat()), ("test_batch.bin", record(1))];
    let (file, _) = import(&Options::default(), &batches).unwrap();
    let records = Records::open(file).unwrap();
    assert_eq!(records.parts(), [Part::Train, Part::Train, Part::Test]);
    let data = records.into_dataset(false).unwrap();
    assert_eq!((data.class_names()[3].as_str(), data.labels()), ("cat", Some(&[3, 9, 1][..])));
    let Values::U8(pixels) = data.sample(0).unwrap() else { panic!("no bytes") };
    assert_eq!(pixels[..6], [13, 23, 33, 13, 23, 33]);

    let numbers = Values::F32(vec![0.5, 1.0, 1.5, 2.0]);
    let mut npy = Export::new(Vec::new(), PartFolders::None).unwrap();
    npy.add("x", None, &[2, 2], &numbers).unwrap();
    let archive = npy.finish(&[]).unwrap();
    let (file, summary) = import(&Options::default(), &[("numbers.zip", archive)]).unwrap();
    assert_eq!((summary.samples, &summary.shape[..]), (2, &[2][..]));
    assert_eq!(dataset(file).sample(1).unwrap(), Values::F32(vec![1.5, 2.0]));
}

#[test]
fn no_good_file_is_an_error() {
    let refused = |files: &[(&str, Vec<u8>)]| import(&Options::default(), files).unwrap_err();
    let error = refused(&[("a/b.txt", b"\x07 text".to_vec()), ("a/c.png", b"\x89PNG".to_vec())]);
    assert_eq!(error.kind(), ErrorKind::Format);
    assert!(error.message().starts_with("none of the 2 files could be read; a/b.txt: "), "{error}");
    assert_eq!(refused(&[]).kind(), ErrorKind::Format);
    assert_eq!(refused(&[("cut.zip", zip(&shades())[..200].to_vec())]).kind(), ErrorKind::Format);
    let names = Options { class_names: Some(vec!["3".into()]), ..Options::default() };
    let error = import(&names, &shades()).unwrap_err();
    assert_eq!(error.message(), "the folder \"2\" is none of the class names 3");
    for options in [
        Options { size: Some([0, 3]), ..Options::default() },
        Options { channels: Some(2), ..Options::default() },
    ] {
        assert_eq!(import(&options, &shades()).unwrap_err().kind(), ErrorKind::Argument);
    }
}

/// A sink that is full after so many bytes, and keeps what was written.
struct Full<'a>(&'a mut Vec<u8>, usize);

impl Source for Full<'_> {
    fn len(&self) -> u64 {
        Source::len(&*self.0)
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<()> {
        self.0.as_slice().read_at(offset, into)
    }
}

impl Sink for Full<'_> {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        if offset as usize + bytes.len() > self.1 {
            return Err(err!(Quota, "the disk is full"));
        }
        self.0.write_at(offset, bytes)
    }

    fn truncate(&mut self, len: u64) -> Result<()> {
        Sink::truncate(self.0, len)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[test]
fn an_interrupted_import_goes_on() {
    // Large samples, so that there are several chunks.
    let paths: Vec<String> = (0..9).map(|index| format!("set/{}/{index}.png", index % 2)).collect();
    let mut files: Vec<(&str, Vec<u8>)> = Vec::new();
    for (index, path) in (0..9_u8).zip(&paths) {
        files.push((path, png(900, 900, [index * 20, index, 7])));
    }
    files.insert(2, ("set/0/bad.txt", b"\x07 text".to_vec()));
    let options = Options { size: Some([900, 900]), ..Options::default() };
    let (whole, summary) = import(&options, &files).unwrap();

    let mut left = Vec::new();
    let mut first = Import::new(options.clone(), "test", Full(&mut left, 12 << 20)).unwrap();
    let error = files.iter().find_map(|(path, bytes)| first.add(path, bytes.clone()).err());
    assert_eq!(error.unwrap().kind(), ErrorKind::Quota);
    drop(first);

    let mut second = Import::new(options.clone(), "test", left.clone()).unwrap();
    assert!(second.samples() >= 3);
    let read = hand_over(&mut second, &files).unwrap();
    assert!(read < files.len() - 2, "{read} files were read again");
    second.close().unwrap();
    let (file, found) = second.finish().unwrap();
    assert_eq!((found.samples, &found.unreadable), (summary.samples, &summary.unreadable));
    assert_eq!(found.class_names, summary.class_names);
    let (one, other) = (dataset(file), dataset(whole));
    assert_eq!(one.targets(), other.targets());
    for index in 0..9 {
        assert_eq!(one.sample(index).unwrap(), other.sample(index).unwrap());
    }
    // Other files or options begin anew.
    for (options, source) in [(options, "other"), (Options::default(), "test")] {
        assert_eq!(Import::new(options, source, left.clone()).unwrap().samples(), 0);
    }
}

/// A PNG file of noise, another for each seed.
fn noise(side: u32, seed: u32) -> Vec<u8> {
    let pixel = |x: u32, y: u32| {
        let mixed = (x + 99 * y + 1234 * seed).wrapping_mul(2_654_435_761);
        ::image::Rgb([(mixed >> 24) as u8, (mixed >> 16) as u8, (mixed >> 8) as u8])
    };
    let mut bytes = Vec::new();
    let image = ::image::RgbImage::from_fn(side, side, pixel);
    image.write_to(&mut Cursor::new(&mut bytes), ::image::ImageFormat::Png).unwrap();
    bytes
}

#[test]
fn the_report_of_an_import_that_went_on_is_that_of_one_that_did_not_stop() {
    // Two of one shade but of two sizes are the same only once they are resized, and one is a duplicate.
    let mut files: Vec<(String, Vec<u8>)> = [(4, 5), (8, 10), (4, 5)]
        .into_iter()
        .zip(["a", "b", "c"])
        .map(|((height, width), name)| (format!("set/{name}.png"), png(height, width, [90; 3])))
        .collect();
    files.extend((0..6).map(|seed| (format!("set/{seed}.png"), noise(40 + seed, seed))));
    let files: Vec<(&str, Vec<u8>)> =
        files.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect();
    let options = Options { size: Some([900, 900]), channels: Some(3), ..Options::default() };
    let report = |file: Vec<u8>| Records::open(file).unwrap().foot().report.clone();
    let whole = report(import(&options, &files).unwrap().0);
    assert_eq!(whole["duplicates"], serde_json::json!([{"sample": 2, "like": 0}]));

    let mut left = Vec::new();
    let mut first = Import::new(options.clone(), "test", Full(&mut left, 12 << 20)).unwrap();
    assert!(files.iter().any(|(path, bytes)| first.add(path, bytes.clone()).is_err()));
    drop(first);
    let mut second = Import::new(options, "test", left).unwrap();
    assert!(second.samples() >= 3);
    hand_over(&mut second, &files).unwrap();
    second.close().unwrap();
    assert_eq!(report(second.finish().unwrap().0), whole);
}

#[test]
fn pictures_of_other_formats_are_the_callers_to_read() {
    let heic = [&[0, 0, 0, 24][..], b"ftypavif", &[0; 40]].concat();
    let mut import = Import::new(Options::default(), "test", Vec::new()).unwrap();
    import.add("set/a/1.avif", heic.clone()).unwrap();
    let foreign = import.take_foreign().unwrap();
    assert_eq!(foreign.bytes, heic);
    let image = Image::new(2, 2, 4, vec![9; 16]).unwrap();
    import.add_foreign(&foreign, Ok(image)).unwrap();
    import.add("set/a/2.avif", heic).unwrap();
    let foreign = import.take_foreign().unwrap();
    import.add_foreign(&foreign, Err(err!(Unsupported, "AVIF is not read here"))).unwrap();
    assert!(import.take_foreign().is_none());
    import.close().unwrap();
    let (_, summary) = import.finish().unwrap();
    assert_eq!((summary.samples, summary.unreadable.len()), (1, 1));
}

/// A file of so many zeros, of which no more than its beginning may be read.
struct Unread(u64);

impl Source for Unread {
    fn len(&self) -> u64 {
        self.0
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<()> {
        assert!(offset == 0 && into.len() <= SNIFFED, "{} bytes at {offset} are read", into.len());
        into.fill(0);
        Ok(())
    }
}

#[test]
fn what_is_not_read_here_is_not_read_whole() {
    let mut import = Import::new(Options::default(), "test", Vec::new()).unwrap();
    hand_over(&mut import, &[("set/10/a.png", png(4, 5, [200, 200, 200]))]).unwrap();
    import.open("set/10/large", Box::new(Unread(1 << 40))).unwrap();
    import.close().unwrap();
    while !import.advance().unwrap() {}
    let unreadable = import.finish().unwrap().1.unreadable;
    assert_eq!(unreadable.len(), 1);
    assert_eq!((&*unreadable[0].name, &*unreadable[0].code), ("set/10/large", "format"));
}
