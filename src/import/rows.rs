//! Samples that come one after the other: arrays, CIFAR's batches, rows of tables, texts.

use std::io::Read;

use super::options::Options;
use super::summary::TableSummary;
use crate::data::report::DataReport;
use crate::data::table::Texts;
use crate::data::{Kind, Part, Preprocessing, Values};
use crate::formats::array::{Array, Element};
use crate::formats::cifar::{self, Cifar};
use crate::{Error, Result, err};

/// Where the bytes of a file come from, unpacked.
pub(super) type Reader = Box<dyn Read + Send>;

/// Some samples, with their targets; there may be none.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) values: Values,
    pub(super) targets: BlockTargets,
    /// Columns of texts that the samples were made of, where they were.
    pub(super) texts: Vec<Texts>,
    /// The part that all of them belong to, where that is not the file's.
    pub(super) part: Option<Part>,
}

/// What was seen of all samples.
#[derive(Debug, Default)]
pub(super) struct RowsReport {
    pub(super) data: DataReport,
    pub(super) table: Option<TableSummary>,
}

/// What the samples of a block are to be answered with.
#[derive(Debug)]
pub(super) enum BlockTargets {
    Nothing,
    Classes(Vec<u32>),
    Numbers(Vec<f32>),
}

impl BlockTargets {
    /// For so many samples of one class, or of none.
    pub(super) fn of_class(class: Option<u32>, count: usize) -> Self {
        class.map_or(Self::Nothing, |class| Self::Classes(vec![class; count]))
    }
}

/// Samples of one shape, read one after the other, from one file or several.
pub(super) trait Rows: Send {
    /// Does some of what must be known before the first sample, such as a vocabulary; true when nothing
    /// of it is left. What else is asked of it holds after that.
    ///
    /// # Errors
    /// What leaves nothing to read; `Format` if no file is good.
    fn learn(&mut self) -> Result<bool> {
        Ok(true)
    }

    /// How samples become a network's input, where that was learnt from them.
    fn preprocessing(&self) -> Option<Preprocessing> {
        None
    }

    /// How many bytes of how many lie behind, learning included, where bytes are counted.
    fn progress(&self) -> Option<(u64, u64)> {
        None
    }

    /// Files, by their numbers, that turned out to be bad since this was asked last.
    fn refused(&mut self) -> Vec<(u32, Error)> {
        Vec::new()
    }

    /// What was seen of the samples, after the last.
    fn report(&mut self) -> Option<RowsReport> {
        None
    }

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
        Ok(Some(Block { values, targets, texts: Vec::new(), part: None }))
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
            texts: Vec::new(),
            part: None,
        }))
    }
}
