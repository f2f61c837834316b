//! CIFAR-10 and CIFAR-100 in their binary version (<https://www.cs.toronto.edu/~kriz/cifar.html>):
//! records of one length, without a header.
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | CIFAR-100 only: the coarse class, 0 to 19 |
//! | 1 | the class, 0 to 9 or 0 to 99 |
//! | 1024 each | red, green and blue of 32 x 32 pixels, row by row |

use std::io::Read;

use super::array::read_exactly;
use super::source::from_io;
use crate::{Result, err};

/// Height and width of an image.
pub const SIDE: usize = 32;
/// Values of an image.
const PIXELS: usize = SIDE * SIDE;
const IMAGE: usize = 3 * PIXELS;

/// The classes of CIFAR-10.
pub const CLASSES_10: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// The coarse classes of CIFAR-100, each with its five fine ones.
const COARSE: [(&str, [&str; 5]); 20] = [
    ("aquatic_mammals", ["beaver", "dolphin", "otter", "seal", "whale"]),
    ("fish", ["aquarium_fish", "flatfish", "ray", "shark", "trout"]),
    ("flowers", ["orchid", "poppy", "rose", "sunflower", "tulip"]),
    ("food_containers", ["bottle", "bowl", "can", "cup", "plate"]),
    ("fruit_and_vegetables", ["apple", "mushroom", "orange", "pear", "sweet_pepper"]),
    ("household_electrical_devices", ["clock", "keyboard", "lamp", "telephone", "television"]),
    ("household_furniture", ["bed", "chair", "couch", "table", "wardrobe"]),
    ("insects", ["bee", "beetle", "butterfly", "caterpillar", "cockroach"]),
    ("large_carnivores", ["bear", "leopard", "lion", "tiger", "wolf"]),
    ("large_man-made_outdoor_things", ["bridge", "castle", "house", "road", "skyscraper"]),
    ("large_natural_outdoor_scenes", ["cloud", "forest", "mountain", "plain", "sea"]),
    ("large_omnivores_and_herbivores", ["camel", "cattle", "chimpanzee", "elephant", "kangaroo"]),
    ("medium_mammals", ["fox", "porcupine", "possum", "raccoon", "skunk"]),
    ("non-insect_invertebrates", ["crab", "lobster", "snail", "spider", "worm"]),
    ("people", ["baby", "boy", "girl", "man", "woman"]),
    ("reptiles", ["crocodile", "dinosaur", "lizard", "snake", "turtle"]),
    ("small_mammals", ["hamster", "mouse", "rabbit", "shrew", "squirrel"]),
    ("trees", ["maple_tree", "oak_tree", "palm_tree", "pine_tree", "willow_tree"]),
    ("vehicles_1", ["bicycle", "bus", "motorcycle", "pickup_truck", "train"]),
    ("vehicles_2", ["lawn_mower", "rocket", "streetcar", "tank", "tractor"]),
];

/// Which of the two a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ten classes.
    Cifar10,
    /// A hundred classes in twenty coarse ones.
    Cifar100,
}

impl Kind {
    /// As messages name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cifar10 => "CIFAR-10",
            Self::Cifar100 => "CIFAR-100",
        }
    }

    /// Bytes of a record.
    #[must_use]
    pub fn record(self) -> usize {
        match self {
            Self::Cifar10 => IMAGE + 1,
            Self::Cifar100 => IMAGE + 2,
        }
    }

    /// How many classes there are.
    fn classes(self) -> usize {
        match self {
            Self::Cifar10 => CLASSES_10.len(),
            Self::Cifar100 => 5 * COARSE.len(),
        }
    }

    /// Names of the classes by their number.
    #[must_use]
    pub fn class_names(self) -> Vec<&'static str> {
        match self {
            Self::Cifar10 => CLASSES_10.to_vec(),
            Self::Cifar100 => {
                let mut names: Vec<_> = COARSE.iter().flat_map(|(_, fine)| *fine).collect();
                names.sort_unstable();
                names
            }
        }
    }

    /// Names of the coarse classes; none for CIFAR-10.
    #[must_use]
    pub fn coarse_names(self) -> Vec<&'static str> {
        match self {
            Self::Cifar10 => Vec::new(),
            Self::Cifar100 => COARSE.iter().map(|(name, _)| *name).collect(),
        }
    }

    /// Whether a file of this length may begin so: its first records have labels that there are,
    /// and those of CIFAR-100 belong together.
    fn fits(self, head: &[u8], len: u64) -> bool {
        if len == 0 || !len.is_multiple_of(self.record() as u64) {
            return false;
        }
        let fine = self.class_names();
        let fits = |record: &[u8]| match (self, record) {
            (Self::Cifar10, [class, ..]) => *class < 10,
            (Self::Cifar100, [coarse, class, ..]) => {
                let coarse = COARSE.get(usize::from(*coarse));
                let class = fine.get(usize::from(*class));
                coarse.zip(class).is_some_and(|((_, fine), class)| fine.contains(class))
            }
            _ => true,
        };
        head.chunks(self.record()).all(fits)
    }
}

/// Whether a file looks like CIFAR-10.
pub(super) fn sniff_10(head: &[u8], len: u64) -> bool {
    Kind::Cifar10.fits(head, len)
}

/// Whether a file looks like CIFAR-100.
pub(super) fn sniff_100(head: &[u8], len: u64) -> bool {
    Kind::Cifar100.fits(head, len)
}

/// Images with their classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// `[32, 32, 3]` each, in row-major order.
    pub images: Vec<u8>,
    /// Their classes.
    pub classes: Vec<u32>,
    /// Their coarse classes; none for CIFAR-10.
    pub coarse: Vec<u32>,
}

/// A file that is read record after record.
#[derive(Debug)]
pub struct Cifar<R> {
    kind: Kind,
    reader: R,
    done: u64,
}

impl<R: Read> Cifar<R> {
    /// A file of this kind; the reader stands at its beginning.
    pub fn new(kind: Kind, reader: R) -> Self {
        Self { kind, reader, done: 0 }
    }

    /// Which of the two it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Reads up to so many further records in place of those that are there; false after the last.
    ///
    /// # Errors
    /// `Format` for a record that is cut off and for a class that there is not, with its record.
    pub fn next(&mut self, records: usize, into: &mut Records) -> Result<bool> {
        into.images.clear();
        into.classes.clear();
        into.coarse.clear();
        let name = self.kind.name();
        for _ in 0..records {
            let mut first = Vec::with_capacity(1);
            let found = (&mut self.reader).take(1).read_to_end(&mut first);
            if found.map_err(|error| from_io(name, error))? == 0 {
                break;
            }
            let rest = read_exactly(name, &mut self.reader, self.kind.record() - 1)?;
            let (class, image) = match self.kind {
                Kind::Cifar10 => (first[0], &rest[..]),
                Kind::Cifar100 => {
                    into.coarse.push(self.label(first[0], COARSE.len())?);
                    (rest[0], &rest[1..])
                }
            };
            into.classes.push(self.label(class, self.kind.classes())?);
            let (red, others) = image.split_at(PIXELS);
            let (green, blue) = others.split_at(PIXELS);
            let pixels = red.iter().zip(green).zip(blue);
            into.images.extend(pixels.flat_map(|((&red, &green), &blue)| [red, green, blue]));
            self.done += 1;
        }
        Ok(!into.classes.is_empty())
    }

    fn label(&self, label: u8, classes: usize) -> Result<u32> {
        if usize::from(label) < classes {
            return Ok(u32::from(label));
        }
        let (name, record) = (self.kind.name(), self.done);
        Err(err!(
            Format,
            "{name}: record {record} has the class {label}, expected 0 to {}",
            classes - 1
        ))
    }
}

/// Reads all records and keeps none: says whether that can be done.
pub(super) fn check(kind: Kind, bytes: &[u8]) -> Result<()> {
    let (mut file, mut records) = (Cifar::new(kind, bytes), Records::default());
    while file.next(64, &mut records)? {}
    Ok(())
}

/// Small files for tests: one record, and three.
#[cfg(test)]
pub(super) fn examples(kind: Kind) -> Vec<Vec<u8>> {
    [1_usize, 3]
        .map(|records| {
            let record = |number: usize| {
                let labels: &[u8] = match kind {
                    Kind::Cifar10 => &[(7 * number % 10) as u8],
                    // An apple is a fruit, a beaver a mammal of the water, a woman one of the people.
                    Kind::Cifar100 => [&[4, 0], &[0, 4], &[14, 98]][number],
                };
                let pixels = (0..IMAGE).map(|at| ((at * at + 31 * number) % 251) as u8);
                labels.iter().copied().chain(pixels).collect::<Vec<u8>>()
            };
            (0..records).flat_map(record).collect()
        })
        .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn all(kind: Kind, bytes: &[u8], portion: usize) -> Result<Records> {
        let (mut file, mut records) = (Cifar::new(kind, bytes), Records::default());
        let mut all = Records::default();
        while file.next(portion, &mut records)? {
            all.images.append(&mut records.images);
            all.classes.append(&mut records.classes);
            all.coarse.append(&mut records.coarse);
        }
        Ok(all)
    }

    #[test]
    fn classes_have_the_names_of_the_dataset() {
        let names = Kind::Cifar100.class_names();
        assert_eq!((names.len(), Kind::Cifar10.class_names().len()), (100, 10));
        assert!(names.is_sorted() && names.windows(2).all(|pair| pair[0] != pair[1]));
        // From fine_label_names of the dataset's meta file.
        for (class, name) in [(0, "apple"), (1, "aquarium_fish"), (41, "lawn_mower"), (99, "worm")]
        {
            assert_eq!(names[class], name);
        }
        let coarse = Kind::Cifar100.coarse_names();
        assert!(coarse.len() == 20 && coarse.is_sorted());
    }

    #[test]
    fn records_become_images_by_row_pixel_and_colour() {
        let bytes = &examples(Kind::Cifar100)[1];
        for portion in [1, 2, 3, 4] {
            let found = all(Kind::Cifar100, bytes, portion).unwrap();
            assert_eq!((&found.classes[..], &found.coarse[..]), (&[0, 4, 98][..], &[4, 0, 14][..]));
            for (sample, y, x, channel) in
                [(0, 0, 0, 0), (1, 3, 7, 1), (2, 31, 31, 2), (2, 0, 31, 0)]
            {
                let at = sample * IMAGE + (y * SIDE + x) * 3 + channel;
                let there = sample * (IMAGE + 2) + 2 + channel * PIXELS + y * SIDE + x;
                assert_eq!(found.images[at], bytes[there], "{sample} {y} {x} {channel}");
            }
        }
        let found = all(Kind::Cifar10, &examples(Kind::Cifar10)[1], 100).unwrap();
        assert_eq!((found.classes, found.coarse), (vec![0, 7, 4], vec![]));
    }

    #[test]
    fn what_is_cut_off_or_has_no_such_class_is_refused() {
        for kind in [Kind::Cifar10, Kind::Cifar100] {
            let bytes = &examples(kind)[1];
            for len in (0..bytes.len()).filter(|len| !len.is_multiple_of(kind.record())).step_by(97)
            {
                let error = all(kind, &bytes[..len], 2).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Format, "{len}");
            }
            let mut wrong = bytes.clone();
            wrong[kind.record()] = 100;
            let error = all(kind, &wrong, 2).unwrap_err();
            let name = kind.name();
            let most = if kind == Kind::Cifar10 { 9 } else { 19 };
            assert_eq!(
                error.message(),
                format!("{name}: record 1 has the class 100, expected 0 to {most}")
            );
        }
    }

    #[test]
    fn other_files_of_that_length_are_told_apart() {
        let ten = &examples(Kind::Cifar10)[1];
        assert!(sniff_10(ten, ten.len() as u64) && !sniff_100(ten, ten.len() as u64));
        assert!(!sniff_10(ten, ten.len() as u64 + 1) && !sniff_10(&[], 0));
        // A woman is no fish.
        let mut hundred = examples(Kind::Cifar100)[0].clone();
        assert!(sniff_100(&hundred, hundred.len() as u64));
        (hundred[0], hundred[1]) = (1, 98);
        assert!(!sniff_100(&hundred, hundred.len() as u64));
        assert!(!sniff_10(&[b'a'; 3073], 3073));
    }
}
