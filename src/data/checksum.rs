//! By what samples are known again: checksums, 64 bits of XXH3.

use xxhash_rust::xxh3::Xxh3;

use super::column::{Column, Values};
use super::dataset::Dataset;
use super::targets::Targets;

/// Numbers that are turned into bytes at a time.
const AT_ONCE: usize = 1024;

impl Dataset {
    /// That of all that is to be answered: targets and weights in their order, names of classes and outputs.
    pub fn answers_checksum(&self) -> u64 {
        let mut sum = Sum(Xxh3::new());
        sum.names(self.class_names());
        sum.names(self.output_names());
        sum.targets(self.targets());
        self.extras.further.iter().for_each(|further| sum.targets(&further.targets));
        if let Some(weights) = &self.extras.sample_weight {
            sum.number(weights.width);
            sum.words(&weights.values, |weight| weight.to_le_bytes());
        }
        sum.0.digest()
    }

    /// That of all samples in their order; nothing where some are stored: they may be many gigabytes.
    pub fn inputs_checksum(&self) -> Option<u64> {
        let mut sum = Sum(Xxh3::new());
        sum.names(self.input_names());
        self.inputs().iter().try_for_each(|column| sum.column(column))?;
        Some(sum.0.digest())
    }
}

/// Takes everything with how much it is, so that what follows is not taken for a part of it.
struct Sum(Xxh3);

impl Sum {
    fn column(&mut self, column: &Column) -> Option<()> {
        self.shape(column.shape());
        match column.values()? {
            Values::U8(bytes) => self.bytes(bytes),
            Values::F32(numbers) => self.words(numbers, |number| number.to_le_bytes()),
        }
        Some(())
    }

    fn targets(&mut self, targets: &Targets) {
        match targets {
            Targets::None => self.number(0),
            Targets::Classes(classes) => self.words(classes, |class| class.to_le_bytes()),
            Targets::Dense { shape, values } => {
                self.shape(shape);
                self.words(values, |value| value.to_le_bytes());
            }
        }
    }

    fn names(&mut self, names: &[String]) {
        self.number(names.len());
        names.iter().for_each(|name| self.bytes(name.as_bytes()));
    }

    fn shape(&mut self, shape: &[usize]) {
        self.number(shape.len());
        shape.iter().for_each(|&size| self.number(size));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.0.update(bytes);
    }

    fn words<T>(&mut self, words: &[T], bytes_of: impl Fn(&T) -> [u8; 4]) {
        self.number(words.len());
        let mut bytes = [0; 4 * AT_ONCE];
        for some in words.chunks(AT_ONCE) {
            for (into, word) in bytes.chunks_exact_mut(4).zip(some) {
                into.copy_from_slice(&bytes_of(word));
            }
            self.0.update(&bytes[..4 * some.len()]);
        }
    }

    fn number(&mut self, number: usize) {
        self.0.update(&(number as u64).to_le_bytes());
    }
}
