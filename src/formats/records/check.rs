//! What is asserted of any bytes as a file of records: for fuzzing.

use super::read::read_head;
use super::{Finish, Labels, Records, Writer};
use crate::Result;
use crate::data::{Dataset, Values};

/// Samples that are looked at.
const LOOKED_AT: u32 = 20;
/// Bytes of a sample that is added.
const MOST_ADDED: usize = 1 << 16;

/// Reads all that a file says, and goes on with it as if its writing had been interrupted.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(bytes: &[u8]) -> Result<()> {
    go_on(bytes)?;
    let stored = Records::open(bytes.to_vec())?.into_dataset(false)?;
    // What samples lie in the file unread may be wrong.
    let memory = Records::open(bytes.to_vec())?.into_dataset(true);
    for index in 0..LOOKED_AT.min(stored.len() as u32) {
        let (sample, texts) = (stored.sample(index), stored.texts(index, 100));
        let _ = stored.texts(index, 3);
        let Ok(memory) = &memory else { continue };
        assert_eq!(sample?, memory.sample(index)?);
        assert_eq!(texts?, memory.texts(index, 100)?);
        assert_eq!(boxes(&stored, index), boxes(memory, index));
    }
    memory.map(drop)
}

fn boxes(dataset: &Dataset, index: u32) -> Option<&[crate::data::LabelledBox]> {
    dataset.boxes().map(|boxes| boxes.of(index as usize))
}

/// Asserts that what is left of a file can be gone on with, if its head is whole.
fn go_on(bytes: &[u8]) -> Result<()> {
    let (head, _) = read_head(&mut &*bytes)?;
    let resumed = Writer::resume(bytes.to_vec(), &head.source)?;
    assert!(resumed.is_ok(), "it is not gone on with, though it is from the same source");
    let Ok((mut writer, _, _)) = resumed else { return Ok(()) };
    let record = head.record()?;
    if record > MOST_ADDED {
        return Ok(());
    }
    let sample = vec![0; record];
    writer.push(&sample, serde_json::Value::Null)?;
    let (labels, class_names, parts) = (Labels::Nothing, Vec::new(), Vec::new());
    let report = serde_json::Value::Null;
    let (file, samples) =
        writer.finish(Finish { labels, class_names, parts, boxes: None, report })?;
    let dataset = Records::open(file).and_then(|records| records.into_dataset(false));
    // The preprocessing may not fit the samples.
    if let Ok(dataset) = dataset {
        assert_eq!(dataset.len(), samples as usize);
        let zeros = match dataset.sample(samples - 1)? {
            Values::U8(bytes) => bytes.iter().all(|&byte| byte == 0),
            Values::F32(numbers) => numbers.iter().all(|&number| number == 0.0),
        };
        assert!(zeros, "the sample that was added is another one");
    }
    Ok(())
}
