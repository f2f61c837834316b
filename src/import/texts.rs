//! Texts as samples: files by class, lines, a column of a table.

use super::arrange::reader_of;
use super::class_files::{ClassFile, ClassFiles, FileLabels};
use super::groups::Groups;
use super::layout::{FilePart, FileSample};
use super::options::Options;
use super::rows::{Block, BlockTargets, Reader, Rows, RowsReport};
use super::{Import, Kept};
use crate::data::preprocessing::text::{TextEncoder, TextFit, TextOutput, TextSpec};
use crate::data::report::{Collector, Observed};
use crate::data::{Kind, Preprocessing, Values, table};
use crate::formats::records::Sink;
use crate::formats::source::Source;
use crate::formats::text::{Texts, Unit};
use crate::{Error, Result, err};

/// The longest sequence of ids that nobody asked for.
const MOST_DEFAULT_LENGTH: usize = 512;

/// Texts that are counted before others have their turn.
const TEXTS_AT_ONCE: usize = 256;

/// Bytes of texts that are encoded before they are written.
const TEXT_BYTES_AT_ONCE: usize = 1 << 20;

/// The share of the texts, in hundredths, that are not longer than the length that nobody chose.
const NOT_LONGER: u64 = 95;

/// Texts that are counted, and then encoded.
pub(super) enum TextLearner {
    /// A specification that has its vocabulary.
    Known(TextSpec),
    Fit {
        fit: Box<TextFit>,
        /// How many texts have so many tokens; the last, so many or more.
        lengths: Vec<u64>,
    },
}

impl TextLearner {
    /// What is given, or what usually serves.
    pub(super) fn new(options: &Options) -> Result<Self> {
        let steps = options.preprocessing.as_ref();
        let spec = steps.and_then(|steps| steps.text.clone()).unwrap_or_default();
        if !spec.vocabulary.is_empty() || !spec.merges.is_empty() {
            return Ok(Self::Known(spec));
        }
        let fit = Box::new(TextFit::new(spec)?);
        Ok(Self::Fit { fit, lengths: vec![0; MOST_DEFAULT_LENGTH + 1] })
    }

    /// A text of the training part.
    pub(super) fn add(&mut self, text: &str) {
        if let Self::Fit { fit, lengths } = self
            && !text.is_empty()
        {
            let tokens = fit.add(text);
            lengths[tokens.min(MOST_DEFAULT_LENGTH)] += 1;
        }
    }

    /// What encodes texts. Where nobody chose the length of sequences, it is that of 95 of 100 texts, or
    /// 512 if that is less.
    pub(super) fn finish(self) -> Result<TextEncoder> {
        match self {
            Self::Known(spec) => TextEncoder::new(spec),
            Self::Fit { fit, lengths } => {
                let mut spec = fit.finish()?;
                if spec.output == TextOutput::Ids && spec.length.is_none() {
                    let texts: u64 = lengths.iter().sum();
                    let mut seen = 0;
                    let length = lengths.iter().position(|count| {
                        seen += count;
                        100 * seen >= NOT_LONGER * texts
                    });
                    spec.length = length.map(|length| length.max(1) as u32);
                }
                TextEncoder::new(spec)
            }
        }
    }
}

/// The preprocessing of the options, with this of texts.
pub(super) fn with_text(options: &Options, encoder: &TextEncoder) -> Preprocessing {
    let steps = options.preprocessing.clone().unwrap_or_default();
    Preprocessing { text: Some(encoder.spec().clone()), ..steps }
}

/// What texts become, which a vocabulary that lacks a length leaves open.
pub(super) fn shape_of(encoder: &TextEncoder) -> Result<Vec<usize>> {
    encoder.shape().ok_or_else(|| {
        err!(
            Argument,
            "text: found a vocabulary without a length, expected the length of sequences"
        )
    })
}

impl<S: Sink> Import<S> {
    pub(super) fn text_files(
        &mut self,
        samples: &[FileSample],
        classes: Vec<String>,
    ) -> Result<TextRows> {
        let mut rows = TextRows::new(&self.options, classes, Unit::Whole)?;
        let mut groups = Groups::new(&self.options);
        for &FileSample { file, class, part, .. } in samples {
            let group = groups.of_path(self.path(file))?;
            rows.files.add(FileLabels { file, class, part, group }, self.taken(file)?)?;
        }
        Ok(rows)
    }

    /// Texts whose lines are samples: of the class of their file's name, if there are several files that
    /// are no parts.
    pub(super) fn text_lines(&mut self, files: &[FilePart]) -> Result<TextRows> {
        let named = files.len() > 1 && files.iter().all(|file| file.part.is_none());
        let name = |file: &FilePart| {
            let path = self.path(file.file);
            let name = path.rsplit('/').next().unwrap_or(path);
            name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
        };
        let classes = if named { files.iter().map(name).collect() } else { Vec::new() };
        let mut rows = TextRows::new(&self.options, classes, Unit::Line)?;
        let mut groups = Groups::new(&self.options);
        for (class, &FilePart { file, part }) in (0..).zip(files) {
            let group = groups.of_path(self.path(file))?;
            let class = named.then_some(class);
            rows.files.add(FileLabels { file, class, part, group }, self.taken(file)?)?;
        }
        Ok(rows)
    }
}

/// The texts of files.
pub(super) struct TextRows {
    unit: Unit,
    files: ClassFiles,
    /// The file that is being read.
    texts: Option<Texts<Reader>>,
    options: Options,
    learner: Option<TextLearner>,
    encoder: Option<(TextEncoder, Vec<usize>)>,
    collector: Collector,
}

impl TextRows {
    /// No texts yet, of these classes.
    pub(super) fn new(options: &Options, classes: Vec<String>, unit: Unit) -> Result<Self> {
        Ok(Self {
            unit,
            files: ClassFiles::new(options, classes),
            texts: None,
            options: options.clone(),
            learner: Some(TextLearner::new(options)?),
            encoder: None,
            collector: Collector::default(),
        })
    }

    /// The next text of the first file; `None` when that is at its end or bad, and was passed.
    fn next_text(&mut self) -> Result<Option<String>> {
        let Some(file) = self.files.first() else { return Ok(None) };
        let texts = self.texts.get_or_insert_with(|| opened(file, self.unit));
        let found = texts.next_sample();
        if let Ok(Some(text)) = found {
            return Ok(Some(text));
        }
        let bytes = file.source.len();
        self.texts = None;
        if self.files.pass(found).is_some() {
            self.files.done += bytes;
        }
        Ok(None)
    }
}

fn opened(file: &ClassFile, unit: Unit) -> Texts<Reader> {
    let source = Box::new(file.source.clone());
    Texts::new(reader_of(Kept { packed: file.packed, source }).0, unit)
}

impl Rows for TextRows {
    fn learn(&mut self) -> Result<bool> {
        if let Some(part) = self.files.first().map(|file| file.part) {
            let used = self.files.teaches(part);
            for _ in 0..TEXTS_AT_ONCE {
                let Some(text) = self.next_text()? else { break };
                if let Some(learner) = self.learner.as_mut().filter(|_| used) {
                    learner.add(&text);
                }
            }
            return Ok(false);
        }
        if self.files.counts() == (0, 0) {
            return Err(err!(Format, "found no text that can be read"));
        }
        let Some(learner) = self.learner.take() else { return Ok(true) };
        let encoder = learner.finish()?;
        let shape = shape_of(&encoder)?;
        self.encoder = Some((encoder, shape));
        self.files.again();
        self.collector = Collector::new(self.files.class_names());
        Ok(true)
    }

    fn shape(&self) -> Vec<usize> {
        self.encoder.as_ref().map(|(_, shape)| shape.clone()).unwrap_or_default()
    }

    fn kind(&self) -> Kind {
        Kind::F32
    }

    fn class_names(&self) -> Vec<String> {
        self.files.class_names()
    }

    fn samples(&self) -> Option<u64> {
        None
    }

    fn preprocessing(&self) -> Option<Preprocessing> {
        self.encoder.as_ref().map(|(encoder, _)| with_text(&self.options, encoder))
    }

    fn progress(&self) -> Option<(u64, u64)> {
        Some((self.files.done, 2 * self.files.total))
    }

    fn refused(&mut self) -> Vec<(u32, Error)> {
        self.files.take_refused()
    }

    fn report(&mut self) -> Option<RowsReport> {
        let data = std::mem::take(&mut self.collector).finish();
        Some(RowsReport { data, table: None })
    }

    fn next(&mut self, samples: usize) -> Result<Option<Block>> {
        let Some(first) = self.files.first() else { return Ok(None) };
        let (class, part, group) = (first.class, first.part, first.group);
        let (mut values, mut texts) = (Vec::new(), table::Texts::default());
        while texts.len() < samples && texts.bytes() < TEXT_BYTES_AT_ONCE {
            let Some(text) = self.next_text()? else { break };
            let Some((encoder, shape)) = &self.encoder else { break };
            values.append(&mut encoder.prepare(&text, shape)?);
            self.collector.text(Observed { class, part, group }, &text)?;
            texts.push(&text);
        }
        let targets = BlockTargets::of_class(class, texts.len());
        Ok(Some(Block { values: Values::F32(values), targets, texts: vec![texts], part }))
    }
}
