//! Recordings as samples: files by class, cut or filled up to one length.

mod options;
#[cfg(test)]
mod tests;

use super::class_files::{ClassFile, ClassFiles, FileLabels};
use super::options::Options;
use super::rows::{Block, BlockTargets, Rows, RowsReport};
use super::{Foreign, Import, Kept};
use crate::data::preprocessing::{AudioEncoder, AudioSpec, Moments, NumericStep};
use crate::data::report::{Collector, Observed};
use crate::data::{Audio, Kind, Preprocessing, Values};
use crate::formats::archive::Limits;
use crate::formats::records::Sink;
use crate::formats::source::Source;
use crate::formats::wav::Wav;
use crate::formats::{Kind as FormatKind, gzip, wav};
use crate::{Error, Result, err};

pub use options::SoundOptions;

/// Seconds that a recording may have: it is read as a whole.
const MOST_SECONDS: u64 = 600;
/// Seconds of samples whose length nobody chose, at most.
const MOST_DEFAULT_SECONDS: f64 = 10.0;
/// The share of recordings, in hundredths, that are not longer than the length that nobody chose.
const NOT_LONGER: usize = 95;
/// Recordings by which mean and standard deviation are computed, at most.
const MOST_MEASURED: usize = 1000;
/// Recordings that are looked at before others have their turn.
const AT_ONCE: usize = 8;

/// Reads a WAV file as a whole.
///
/// # Errors
/// What [`Wav::open`] and [`Audio::new`] refuse, `Data` for a recording of nothing, `TooLarge` for one
/// of more than ten minutes.
pub fn read_sound(source: impl Source) -> Result<Audio> {
    let mut wav = Wav::open(source)?;
    let (frames, rate) = (wav.frames(), wav.rate());
    check_length(frames, rate)?;
    let mut samples = Vec::new();
    wav.next(frames as usize, &mut samples)?;
    Audio::new(rate, wav.channels(), samples)
}

/// Refuses a recording of nothing, and one that is too long to be read as a whole.
fn check_length(frames: u64, rate: u32) -> Result<()> {
    let seconds = frames / u64::from(rate.max(1));
    if frames == 0 {
        return Err(err!(Data, "sound: found none, expected at least one sample"));
    }
    if seconds > MOST_SECONDS {
        return Err(err!(
            TooLarge,
            "sound: found {seconds} seconds, expected at most {MOST_SECONDS}; cut it into pieces"
        ));
    }
    Ok(())
}

impl<S: Sink> Import<S> {
    /// What the caller made of a foreign sound. It is kept until all files are known.
    ///
    /// # Errors
    /// What the sink answers.
    pub fn add_foreign_sound(&mut self, foreign: &Foreign, sound: Result<Audio>) -> Result<()> {
        let checked = sound.and_then(|sound| {
            check_length(sound.frames() as u64, sound.rate())?;
            Ok(sound)
        });
        match checked {
            Ok(sound) => {
                self.leaves.is_of(foreign.leaf, FormatKind::Audio);
                let file = wav::write(sound.channels() as u16, sound.rate(), sound.samples());
                let bytes = Source::len(&file);
                self.keep(foreign.leaf, Kept { packed: false, source: Box::new(file) }, bytes)
            }
            Err(error) => self.refuse(foreign.leaf, &error),
        }
    }
}

/// What is done with the recordings.
enum Stage {
    /// Their lengths are looked at, in seconds.
    Lengths(Vec<f32>),
    /// Mean and standard deviation of their bands are computed; how many of them were looked at.
    Moments(Box<(AudioEncoder, Moments)>, usize),
    /// They become samples.
    Samples(Box<AudioEncoder>),
    Gone,
}

/// The recordings of files.
pub(super) struct SoundRows {
    files: ClassFiles,
    stage: Stage,
    options: Options,
    preprocessing: Preprocessing,
    shape: Vec<usize>,
    collector: Collector,
}

impl SoundRows {
    /// No recordings yet, of these classes.
    pub(super) fn new(options: &Options, class_names: Vec<String>) -> Self {
        Self {
            files: ClassFiles::new(options, class_names),
            stage: Stage::Lengths(Vec::new()),
            options: options.clone(),
            preprocessing: options.preprocessing.clone().unwrap_or_default(),
            shape: Vec::new(),
            collector: Collector::default(),
        }
    }

    /// One more file; its class is one of the names that were given, or chosen by the options.
    pub(super) fn add(&mut self, labels: FileLabels, Kept { packed, source }: Kept) -> Result<()> {
        let source: Box<dyn Source> = if packed {
            match gzip::unpack(source, Limits::default()) {
                Ok(bytes) => Box::new(bytes),
                Err(error) => {
                    self.files.refuse(labels.file, error);
                    return Ok(());
                }
            }
        } else {
            source
        };
        self.files.add(labels, Kept { packed: false, source })
    }

    /// The specification, with a length.
    fn spec(&self, lengths: &mut [f32]) -> Result<AudioSpec> {
        let given = self.options.preprocessing.as_ref().and_then(|steps| steps.audio);
        let mut spec = given.map_or_else(|| self.options.audio.spec(), Ok)?;
        if spec.length.is_none() {
            lengths.sort_unstable_by(f32::total_cmp);
            let place = (lengths.len() * NOT_LONGER).div_ceil(100).max(1) - 1;
            let usual = lengths.get(place).copied().map_or(1.0, f64::from);
            let samples = usual.min(MOST_DEFAULT_SECONDS) * f64::from(spec.sample_rate);
            spec.length = Some((samples.round() as u32).max(1));
        }
        Ok(spec)
    }

    fn learn_lengths(&mut self, mut lengths: Vec<f32>) -> Result<Stage> {
        for _ in 0..AT_ONCE * AT_ONCE {
            let Some(first) = self.files.first() else { break };
            let teaches = self.files.teaches(first.part);
            let length = Wav::open(first.source.clone()).and_then(|wav| {
                check_length(wav.frames(), wav.rate())?;
                Ok(wav.frames() as f32 / wav.rate() as f32)
            });
            lengths.extend(self.files.pass(length).filter(|_| teaches));
        }
        if self.files.first().is_some() {
            return Ok(Stage::Lengths(lengths));
        }
        if self.files.counts() == (0, 0) {
            return Err(err!(Format, "found no sound that can be read"));
        }
        let encoder = AudioEncoder::new(self.spec(&mut lengths)?)?;
        let shape = encoder.shape().unwrap_or_default();
        self.shape = shape.to_vec();
        self.preprocessing.audio = Some(*encoder.spec());
        self.files.again();
        // Steps that were given are taken as they are.
        if !self.preprocessing.numeric.is_empty() {
            return Ok(Stage::Samples(Box::new(encoder)));
        }
        Ok(Stage::Moments(Box::new((encoder, Moments::new(shape[1])?)), 0))
    }

    fn learn_moments(
        &mut self,
        mut learnt: Box<(AudioEncoder, Moments)>,
        mut seen: usize,
    ) -> Result<Stage> {
        // Evenly over all.
        let every = self.files.counts().1.div_ceil(MOST_MEASURED).max(1);
        for _ in 0..AT_ONCE * every {
            let Some(first) = self.files.first() else { break };
            let (passed, _) = self.files.counts();
            let taken = passed.is_multiple_of(every) && self.files.teaches(first.part);
            let (encoder, moments) = &mut *learnt;
            let source = first.source.clone();
            let found = if taken {
                read_sound(source).and_then(|sound| encoder.encode(&sound)).map(Some)
            } else {
                Ok(None)
            };
            if let Some(Some(encoded)) = self.files.pass(found) {
                moments.add(&encoded.data)?;
                seen += 1;
            }
        }
        if self.files.first().is_some() {
            return Ok(Stage::Moments(learnt, seen));
        }
        let (encoder, moments) = *learnt;
        if seen > 0 {
            self.preprocessing.numeric = vec![NumericStep::Normalize(moments.finish()?)];
        }
        self.files.again();
        Ok(Stage::Samples(Box::new(encoder)))
    }
}

impl Rows for SoundRows {
    fn learn(&mut self) -> Result<bool> {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Gone) {
            Stage::Lengths(lengths) => self.learn_lengths(lengths)?,
            Stage::Moments(learnt, seen) => self.learn_moments(learnt, seen)?,
            other => other,
        };
        if !matches!(self.stage, Stage::Samples(_)) {
            return Ok(false);
        }
        self.collector = Collector::new(self.files.class_names());
        Ok(true)
    }

    fn preprocessing(&self) -> Option<Preprocessing> {
        Some(self.preprocessing.clone())
    }

    fn progress(&self) -> Option<(u64, u64)> {
        Some((self.files.done, self.files.total))
    }

    fn refused(&mut self) -> Vec<(u32, Error)> {
        self.files.take_refused()
    }

    fn report(&mut self) -> Option<RowsReport> {
        let data = std::mem::take(&mut self.collector).finish();
        Some(RowsReport { data, table: None })
    }

    fn shape(&self) -> Vec<usize> {
        self.shape.clone()
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

    fn next(&mut self, samples: usize) -> Result<Option<Block>> {
        let Some(first) = self.files.first() else { return Ok(None) };
        let (class, part) = (first.class, first.part);
        let (mut values, mut count) = (Vec::new(), 0);
        for _ in 0..samples.min(AT_ONCE) {
            let same = |file: &&ClassFile| (file.class, file.part) == (class, part);
            let Some(file) = self.files.first().filter(same) else { break };
            let sound = read_sound(file.source.clone());
            let Stage::Samples(encoder) = &mut self.stage else { break };
            let encoded = sound.and_then(|sound| Ok((encoder.encode(&sound)?, sound)));
            let group = file.group;
            let Some((encoded, sound)) = self.files.pass(encoded) else { continue };
            // Its bytes are not wanted any more.
            self.files.done += self.files.drop_passed();
            let observed = Observed { class, part, group };
            self.collector.audio(observed, sound.channels(), sound.rate(), sound.samples())?;
            values.extend(encoded.data);
            count += 1;
        }
        let targets = BlockTargets::of_class(class, count);
        Ok(Some(Block { values: Values::F32(values), targets, texts: Vec::new(), part }))
    }
}
