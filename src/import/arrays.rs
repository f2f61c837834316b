//! Samples that lie side by side in a file.

use super::options::Options;
use super::output::Output;
use super::{Kept, MOST_FILE_BYTES};
use crate::data::{Dataset, Targets, Values};
use crate::formats::archive::Limits;
use crate::formats::records::{Finish, Labels, Sink};
use crate::formats::source::read_all;
use crate::formats::{gzip, idx};
use crate::{Result, err};

/// Samples that are written before others have their turn.
const AT_ONCE: u32 = 1024;

/// Samples on their way, and their classes.
pub(super) struct Arrays {
    data: Dataset,
    done: u32,
}

impl Arrays {
    /// Takes the arrays among these files: a file of samples, and one of their labels if there is one.
    pub(super) fn of(kept: &mut Vec<Kept>, options: &Options) -> Result<Option<Self>> {
        let mut arrays = Vec::new();
        let mut others = Vec::new();
        for mut file in std::mem::take(kept) {
            match unpacked(&mut file)? {
                Some(bytes) => arrays.push(bytes),
                None => others.push(file),
            }
        }
        *kept = others;
        // They tell themselves apart by their number of dimensions.
        arrays.sort_by_key(|bytes| bytes.get(3).copied());
        let (labels, images) = match arrays.as_slice() {
            [] => return Ok(None),
            [images] => (None, images),
            [labels, images] => (Some(labels.as_slice()), images),
            more => {
                let found = more.len();
                return Err(err!(Argument, "found {found} IDX files, expected samples and labels"));
            }
        };
        let names = options.class_names.clone().unwrap_or_default();
        let steps = options.preprocessing.clone().unwrap_or_default();
        let data = idx::read_dataset(images, labels, names, steps)?;
        Ok(Some(Self { data, done: 0 }))
    }

    /// Begins the file.
    pub(super) fn begin<S: Sink>(&self, output: &mut Output<S>) -> Result<()> {
        let column = &self.data.inputs()[0];
        let steps = self.data.preprocessing().clone();
        output.begin_arrays(column.shape().to_vec(), column.kind(), steps)
    }

    /// Writes some; true if those were the last.
    pub(super) fn advance<S: Sink>(&mut self, output: &mut Output<S>) -> Result<bool> {
        let all = self.data.len() as u32;
        for _ in 0..AT_ONCE.min(all - self.done) {
            match self.data.sample(self.done)? {
                Values::U8(bytes) => output.value(&bytes)?,
                Values::F32(numbers) => {
                    let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
                    output.value(&bytes)?;
                }
            }
            self.done += 1;
        }
        Ok(self.done == all)
    }

    pub(super) fn progress(&self) -> (u64, u64) {
        (self.done.into(), self.data.len() as u64)
    }

    /// What the samples are of.
    pub(super) fn finish(self) -> Finish {
        let labels = match self.data.targets() {
            Targets::None => Labels::Nothing,
            Targets::Classes(classes) => Labels::Classes(classes.clone()),
            Targets::Dense { shape, values } => {
                Labels::Numbers { shape: shape.clone(), values: values.clone() }
            }
        };
        let class_names = self.data.class_names().to_vec();
        Finish { labels, class_names, parts: Vec::new(), report: serde_json::Value::Null }
    }
}

/// The bytes of an IDX file, unpacked; nothing if it is none.
fn unpacked(file: &mut Kept) -> Result<Option<Vec<u8>>> {
    match file.format {
        "IDX" => read_all("IDX", &mut file.source, MOST_FILE_BYTES).map(Some),
        "gzip" => {
            let head = gzip::head(&mut file.source, 4)?;
            if !matches!(head[..], [0, 0, 8 | 9 | 0x0B..=0x0E, _]) {
                return Ok(None);
            }
            let packed = read_all("gzip", &mut file.source, MOST_FILE_BYTES)?;
            gzip::unpack(packed.as_slice(), Limits::default()).map(Some)
        }
        _ => Ok(None),
    }
}
