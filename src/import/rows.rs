//! Samples that lie side by side in a file: arrays, CIFAR's batches.

use std::io::Read;

use super::options::Options;
use crate::data::{Kind, Values};
use crate::formats::array::{Array, Element};
use crate::formats::cifar::{self, Cifar};
use crate::{Result, err};

/// Where the bytes of a file come from, unpacked.
pub(super) type Reader = Box<dyn Read + Send>;

/// Some samples, with their targets.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) values: Values,
    pub(super) targets: BlockTargets,
}

/// What the samples of a block are to be answered with.
#[derive(Debug)]
pub(super) enum BlockTargets {
    Nothing,
    Classes(Vec<u32>),
    Numbers(Vec<f32>),
}

/// Samples of one shape, read one after the other.
pub(super) trait Rows: Send {
    /// Of one sample.
    fn shape(&self) -> Vec<usize>;

    /// What the values are.
    fn kind(&self) -> Kind;

    /// The shape of a sample's target, where that is numbers.
    fn target_shape(&self) -> Vec<usize> {
        Vec::new()
    }

    /// Names of the classes, if the format has them.
    fn class_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// How many samples there are, if that is known.
    fn samples(&self) -> Option<u64>;

    /// Up to so many further samples; `None` after the last.
    fn next(&mut self, samples: usize) -> Result<Option<Block>>;
}

/// Inputs and their targets from arrays.
pub(super) struct ArrayRows {
    pub(super) inputs: Array<Reader>,
    pub(super) targets: Option<Array<Reader>>,
}

impl ArrayRows {
    /// Refuses targets that are not as many as the samples.
    pub(super) fn new(inputs: Array<Reader>, targets: Option<Array<Reader>>) -> Result<Self> {
        if let Some(targets) = &targets
            && targets.samples() != inputs.samples()
        {
            let (found, expected) = (targets.samples(), inputs.samples());
            return Err(err!(Shape, "targets: found {found}, expected {expected} as samples"));
        }
        Ok(Self { inputs, targets })
    }
}

/// Whether an array holds classes: whole numbers, one a sample or one-hot.
fn holds_classes(array: &Array<Reader>) -> bool {
    !matches!(array.header().element, Element::F16 | Element::F32 | Element::F64)
}

impl Rows for ArrayRows {
    fn shape(&self) -> Vec<usize> {
        match *self.inputs.sample_shape() {
            [] => vec![1],
            // Grey images.
            [height, width] if self.kind() == Kind::U8 => vec![height, width, 1],
            ref shape => shape.to_vec(),
        }
    }

    fn kind(&self) -> Kind {
        match self.inputs.header().element {
            Element::U8 | Element::Bool => Kind::U8,
            _ => Kind::F32,
        }
    }

    fn target_shape(&self) -> Vec<usize> {
        match &self.targets {
            Some(targets) if !targets.sample_shape().is_empty() => targets.sample_shape().to_vec(),
            _ => vec![1],
        }
    }

    fn samples(&self) -> Option<u64> {
        Some(self.inputs.samples() as u64)
    }

    fn next(&mut self, samples: usize) -> Result<Option<Block>> {
        let Some(values) = self.inputs.next(samples)? else { return Ok(None) };
        let targets = match &mut self.targets {
            None => BlockTargets::Nothing,
            Some(targets) if holds_classes(targets) => {
                BlockTargets::Classes(targets.next_classes(samples)?.unwrap_or_default())
            }
            Some(targets) => match targets.next(samples)? {
                Some(Values::F32(numbers)) => BlockTargets::Numbers(numbers),
                _ => BlockTargets::Numbers(Vec::new()),
            },
        };
        Ok(Some(Block { values, targets }))
    }
}

/// A batch of CIFAR.
pub(super) struct CifarRows {
    file: Cifar<Reader>,
    coarse: bool,
    records: cifar::Records,
}

impl CifarRows {
    pub(super) fn new(format: &str, reader: Reader, options: &Options) -> Self {
        let kind = match format {
            "CIFAR-100" => cifar::Kind::Cifar100,
            _ => cifar::Kind::Cifar10,
        };
        let coarse = options.coarse && kind == cifar::Kind::Cifar100;
        Self { file: Cifar::new(kind, reader), coarse, records: cifar::Records::default() }
    }
}

impl Rows for CifarRows {
    fn shape(&self) -> Vec<usize> {
        vec![32, 32, 3]
    }

    fn kind(&self) -> Kind {
        Kind::U8
    }

    fn class_names(&self) -> Vec<String> {
        let kind = self.file.kind();
        let names = if self.coarse { kind.coarse_names() } else { kind.class_names() };
        names.into_iter().map(String::from).collect()
    }

    fn samples(&self) -> Option<u64> {
        None
    }

    fn next(&mut self, samples: usize) -> Result<Option<Block>> {
        if !self.file.next(samples, &mut self.records)? {
            return Ok(None);
        }
        let cifar::Records { images, classes, coarse } = &self.records;
        let classes = if self.coarse { coarse } else { classes }.clone();
        Ok(Some(Block {
            values: Values::U8(images.clone()),
            targets: BlockTargets::Classes(classes),
        }))
    }
}
