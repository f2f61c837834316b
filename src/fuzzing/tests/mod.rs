//! Fuzzing on stable: the same checks as the targets in `fuzz/`, a fixed number of times, from a
//! fixed seed (docs/fuzzing.md).
//!
//! Each case takes a valid file and does to it what damaged, hostile and cut-off files have: other
//! bytes, sizes and counts that are not true, pieces that are missing, twice there or from another
//! file. A case that panics is made smaller by proptest before it is shown.

pub(super) mod imports;
pub(super) mod models;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::READERS;
use crate::formats::{FORMATS, Format, SNIFFED};

/// Cases for each target.
const CASES: u32 = 600;

/// The longest file that comes out.
const LONGEST: usize = 64 << 10;

/// One thing that is done to a file.
#[derive(Clone, Debug)]
enum Mutation {
    /// Another byte.
    Byte(Index, u8),
    /// A flipped bit.
    Bit(Index, u8),
    /// A number of 1, 2, 4 or 8 bytes in either order.
    Number { at: Index, value: Number, bytes: usize, big_endian: bool },
    /// Digits in a text in the place of others.
    Digits { at: Index, value: Number },
    /// So many bytes gone.
    Remove(Index, usize),
    /// Bytes that were not there.
    Insert(Index, Vec<u8>),
    /// A piece of this or another file of the format, there or in the place of others.
    Splice { file: Index, from: Index, to: Index, length: usize, replace: bool },
    /// The end gone.
    Cut(Index),
}

/// A size or a count as nobody expects it.
#[derive(Clone, Copy, Debug)]
enum Number {
    /// This one.
    Any(i64),
    /// The length of the file and so many more.
    Length(i64),
}

fn number() -> impl Strategy<Value = Number> {
    let edges: &[i64] = &[
        0,
        1,
        2,
        -1,
        -2,
        127,
        128,
        255,
        256,
        32767,
        32768,
        65535,
        65536,
        1 << 24,
        (1 << 31) - 1,
        1 << 31,
        (1 << 32) - 1,
        1 << 32,
        i64::MAX,
        i64::MIN,
        i64::MAX / 8,
        0x7fff_fff8,
    ];
    prop_oneof![
        proptest::sample::select(edges).prop_map(Number::Any),
        (-9_i64..9).prop_map(Number::Length),
        any::<i64>().prop_map(Number::Any),
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let width = proptest::sample::select(&[1_usize, 2, 4, 8][..]);
    let length = prop_oneof![1_usize..9, 1_usize..600];
    let bytes = proptest::collection::vec(any::<u8>(), 1..40);
    let index = any::<Index>;
    prop_oneof![
        4 => (index(), any::<u8>()).prop_map(|(at, value)| Mutation::Byte(at, value)),
        4 => (index(), 0_u8..8).prop_map(|(at, bit)| Mutation::Bit(at, bit)),
        6 => (index(), number(), width, any::<bool>()).prop_map(|(at, value, bytes, big_endian)| {
            Mutation::Number { at, value, bytes, big_endian }
        }),
        2 => (index(), number()).prop_map(|(at, value)| Mutation::Digits { at, value }),
        2 => (index(), length.clone()).prop_map(|(at, length)| Mutation::Remove(at, length)),
        2 => (index(), bytes).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        3 => (index(), index(), index(), length, any::<bool>()).prop_map(
            |(file, from, to, length, replace)| {
                Mutation::Splice { file, from, to, length, replace }
            }
        ),
        1 => index().prop_map(Mutation::Cut),
    ]
}

impl Number {
    fn value(self, length: usize) -> i64 {
        match self {
            Self::Any(value) => value,
            Self::Length(more) => length as i64 + more,
        }
    }
}

impl Mutation {
    fn apply(&self, file: &mut Vec<u8>, files: &[Vec<u8>]) {
        let length = file.len();
        // An index of nothing is none.
        let place = |index: &Index| index.index(length.max(1)).min(length);
        match self {
            Self::Byte(at, value) => {
                file.iter_mut().skip(place(at)).take(1).for_each(|byte| *byte = *value)
            }
            Self::Bit(at, bit) => {
                file.iter_mut().skip(place(at)).take(1).for_each(|byte| *byte ^= 1 << bit);
            }
            Self::Number { at, value, bytes, big_endian } => {
                let mut number = value.value(length).to_le_bytes();
                if *big_endian {
                    number[..*bytes].reverse();
                }
                let there = file.iter_mut().skip(place(at));
                there.zip(&number[..*bytes]).for_each(|(byte, &value)| *byte = value);
            }
            Self::Digits { at, value } => {
                let begin = (place(at)..length).find(|&at| file[at].is_ascii_digit());
                let Some(begin) = begin else { return };
                let digits = file[begin..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                let number = value.value(length).to_string().into_bytes();
                file.splice(begin..begin + digits, number);
            }
            Self::Remove(at, count) => {
                let at = place(at);
                file.drain(at..(at + count).min(length));
            }
            Self::Insert(at, bytes) => {
                let at = place(at);
                file.splice(at..at, bytes.iter().copied());
            }
            Self::Splice { file: other, from, to, length: count, replace } => {
                let other = &files[other.index(files.len())];
                let from = from.index(other.len().max(1)).min(other.len());
                let piece = other[from..(from + count).min(other.len())].to_vec();
                let to = place(to);
                let end = if *replace { (to + piece.len()).min(length) } else { to };
                file.splice(to..end, piece);
            }
            Self::Cut(at) => file.truncate(place(at)),
        }
        file.truncate(LONGEST);
    }
}

/// Panics where bytes show a fault.
type Check = dyn Fn(&[u8]);

/// A target of cargo-fuzz.
struct Target {
    name: String,
    examples: Vec<Vec<u8>>,
    check: Box<Check>,
}

impl Target {
    fn of_format(format: &'static Format) -> Self {
        let name = format.name.to_lowercase().replace(' ', "-");
        let check = |file: &[u8]| {
            let _ = (format.sniff)(&file[..file.len().min(SNIFFED)], file.len() as u64);
            let _ = (format.check)(file);
        };
        Self { name, examples: (format.examples)(), check: Box::new(check) }
    }

    /// All of them.
    fn all() -> impl Iterator<Item = Self> {
        let readers = READERS.iter().map(|reader| Self {
            name: reader.name.into(),
            examples: (reader.examples)(),
            check: Box::new(reader.check),
        });
        FORMATS.iter().map(Self::of_format).chain(readers)
    }

    fn fuzz(&self) {
        let files = &self.examples;
        let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let cases = (any::<Index>(), proptest::collection::vec(mutation(), 1..6));
        let outcome = TestRunner::new_with_rng(config, rng).run(&cases, |(file, mutations)| {
            let mut file = files[file.index(files.len())].clone();
            mutations.iter().for_each(|mutation| mutation.apply(&mut file, files));
            (self.check)(&file);
            Ok(())
        });
        if let Err(error) = outcome {
            panic!("{}: {error}", self.name);
        }
    }
}

#[test]
fn damaged_files_never_panic() {
    Target::all().for_each(|target| target.fuzz());
}

#[test]
fn examples_of_readers_pass() {
    for reader in READERS {
        let examples = (reader.examples)();
        assert!(!examples.is_empty(), "{}", reader.name);
        examples.iter().for_each(|bytes| (reader.check)(bytes));
    }
}

#[test]
fn everything_has_a_target() {
    let manifest = include_str!("../../../fuzz/Cargo.toml");
    for Target { name, .. } in Target::all() {
        let line = format!("name = \"{name}\"\n");
        assert!(manifest.contains(&line), "fuzz/Cargo.toml has no target {name}");
    }
}

/// Writes the examples of each target where cargo-fuzz begins from: `fuzz/corpus`.
#[test]
#[ignore = "writes files; run before fuzzing"]
fn write_corpus() {
    for Target { name, examples, .. } in Target::all() {
        let folder = std::path::Path::new("fuzz/corpus").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for (number, bytes) in examples.iter().enumerate() {
            std::fs::write(folder.join(format!("example-{number}")), bytes).unwrap();
        }
    }
}

/// Boxes by their middles, and a polygon.
pub(super) fn yolo_files() -> Vec<Vec<u8>> {
    let boxes = "1 0.5 0.5 0.25 0.5\n\n0 0.125 .5 0.5 1 0.93\r\n0 0 0 0.5 0 0.5 0.5 0 1\n";
    vec![boxes.into(), "\u{feff}2 .5 .5 .1 .1\n0.5 .5 .5 .1 .1\n0 .5 .5\n0 2 2 .1 .1".into()]
}

/// Names of classes as a list of lines, and in all forms of YAML that are read.
pub(super) fn yolo_names() -> Vec<Vec<u8>> {
    [
        "\u{feff}cat\r\nhot dog\r\n\r\n",
        "path: ../x\nnames: [cat, 'hot dog']\nnc: 2\n",
        "nc: 2\nnames:\n  - cat\n  - hot dog\ntrain: x\n",
        "names:\n  1: hot dog # not an animal\n  0: 'cat'\n",
        "names: {\n  1: 'hot dog',\n  # that is all\n  0: cat }\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}
