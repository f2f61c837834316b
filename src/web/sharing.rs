//! What several workers that share a run send each other.

use js_sys::{Float32Array, Float64Array};
use wasm_bindgen::prelude::*;

use super::dataset::WebDataset;
use super::model::WebModel;
use super::rows::{WebRows, floats};
use super::value::{OrThrow, WebResult, throw, to_value};
use crate::err;
use crate::trainer::{Part, Trainer};

/// f64 words at the beginning of a frame: the number of the step, the factor of the learning rate,
/// the number of blocks, the bounds of their shards. The blocks' sums follow, then, as f32, their
/// numbers.
const HEADER: usize = 32;
const BOUNDS: usize = 3;
const MAX_BLOCKS: usize = (HEADER - BOUNDS) / 2;

#[wasm_bindgen(js_class = Model)]
impl WebModel {
    /// The most samples of a share where so many workers share the run.
    ///
    /// # Errors
    /// What [`Trainer::max_share`] refuses.
    #[wasm_bindgen(js_name = maxShare)]
    pub fn max_share(&self, workers: u32) -> WebResult<u32> {
        Ok(self.trainer()?.max_share(workers).or_throw()? as u32)
    }

    /// Puts the samples of a worker's share (or their features, if the run goes on from some) into
    /// `rows`: of the next step, or of one so many ahead.
    /// Returns how many they are, or nothing where the epoch has no such step.
    ///
    /// # Errors
    /// What [`Trainer::share`] and [`gather`](crate::data::Rows::gather) refuse.
    #[wasm_bindgen(js_name = gatherShare)]
    pub fn gather_share(
        &mut self,
        rows: &mut WebRows,
        dataset: &WebDataset,
        worker: u32,
        workers: u32,
        ahead: u32,
    ) -> WebResult<Option<u32>> {
        let trainer = self.trainer_mut()?;
        let features = trainer.features().cloned();
        let share = trainer.share(Part { worker, workers }, ahead).or_throw()?;
        let Some(share) = share else { return Ok(None) };
        rows.0.gather(features.as_deref().unwrap_or(dataset.inner()), share).or_throw()?;
        Ok(Some(share.len() as u32))
    }

    /// Computes a worker's share of the next step, from the dataset of the run.
    ///
    /// # Errors
    /// What [`Trainer::compute`] refuses.
    #[wasm_bindgen(js_name = computeShare)]
    pub fn compute_share(
        &mut self,
        dataset: &WebDataset,
        worker: u32,
        workers: u32,
    ) -> WebResult<()> {
        self.trainer_mut()?.compute(dataset.inner(), Part { worker, workers }).or_throw()
    }

    /// Adds a share that another worker should have computed.
    ///
    /// # Errors
    /// What [`Trainer::compute_also`] refuses.
    #[wasm_bindgen(js_name = computeShareAlso)]
    pub fn compute_share_also(
        &mut self,
        dataset: &WebDataset,
        worker: u32,
        workers: u32,
    ) -> WebResult<()> {
        self.trainer_mut()?.compute_also(dataset.inner(), Part { worker, workers }).or_throw()
    }

    /// Computes a worker's share of the next step, from its samples.
    ///
    /// # Errors
    /// What [`Trainer::compute_rows`] refuses.
    #[wasm_bindgen(js_name = computeShareOf)]
    pub fn compute_share_of(&mut self, rows: &WebRows, worker: u32, workers: u32) -> WebResult<()> {
        self.trainer_mut()?.compute_rows(rows.0.dataset(), Part { worker, workers }).or_throw()
    }

    /// The bytes of a frame, which holds a worker's blocks of a step.
    ///
    /// # Errors
    /// What [`Trainer::block_sizes`] refuses.
    #[wasm_bindgen(js_name = frameBytes)]
    pub fn frame_bytes(&self, workers: u32) -> WebResult<u32> {
        let (blocks, numbers, sums) = self.trainer()?.block_sizes(workers).or_throw()?;
        let bytes = HEADER * 8 + blocks * (sums * 8 + numbers * 4);
        Ok(bytes.next_multiple_of(8) as u32)
    }

    /// Writes the blocks of the step that are there to a frame.
    ///
    /// # Errors
    /// `Argument` if there are more than a frame holds, or no run goes on.
    #[wasm_bindgen(js_name = writeFrame)]
    pub fn write_frame(
        &self,
        #[wasm_bindgen(unchecked_param_type = "ArrayBufferLike")] frame: &JsValue,
        bytes: u32,
    ) -> WebResult<()> {
        let trainer = self.trainer()?;
        let (blocks, step) = (trainer.blocks(), next_step(trainer)?);
        if blocks.len() > MAX_BLOCKS {
            let found = blocks.len();
            return Err(throw(&err!(
                Argument,
                "frame: {found} blocks, expected {MAX_BLOCKS} at most"
            )));
        }
        let mut header = [0.0; HEADER];
        header[0] = step as f64;
        header[1] = trainer.learning_rate_scale();
        header[2] = blocks.len() as f64;
        for (i, block) in blocks.iter().enumerate() {
            header[BOUNDS + 2 * i] = f64::from(block.shards().start);
            header[BOUNDS + 2 * i + 1] = f64::from(block.shards().end);
            let layout = Layout::new(bytes, block.numbers().len(), block.sums().len());
            layout.sums(frame, i).copy_from(block.sums());
            layout.numbers(frame, i).copy_from(block.numbers());
        }
        Layout::header(frame).copy_from(&header);
        Ok(())
    }

    /// Takes over the blocks of another worker. If it `leads`, its factor of the learning rate too.
    ///
    /// # Errors
    /// `Argument` for a frame of another step, and what [`Trainer::insert`] refuses.
    #[wasm_bindgen(js_name = readFrame)]
    pub fn read_frame(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "ArrayBufferLike")] frame: &JsValue,
        bytes: u32,
        leads: bool,
    ) -> WebResult<()> {
        let trainer = self.trainer_mut()?;
        let step = next_step(trainer)?;
        let mut header = [0.0; HEADER];
        Layout::header(frame).copy_to(&mut header);
        if header[0] != step as f64 {
            let found = header[0];
            return Err(throw(&err!(Argument, "frame: it is of step {found}, expected {step}")));
        }
        if leads {
            trainer.set_learning_rate_scale(header[1]).or_throw()?;
        }
        for i in 0..(header[2] as usize).min(MAX_BLOCKS) {
            let shards = header[BOUNDS + 2 * i] as u32..header[BOUNDS + 2 * i + 1] as u32;
            let filled = trainer.insert(shards, |numbers, sums| {
                let layout = Layout::new(bytes, numbers.len(), sums.len());
                layout.sums(frame, i).copy_to(sums);
                layout.numbers(frame, i).copy_to(numbers);
                Ok::<(), crate::Error>(())
            });
            filled.or_throw()?;
        }
        Ok(())
    }

    /// Forgets the blocks of the step, so that their sum can be read.
    ///
    /// # Errors
    /// If the model is not compiled.
    #[wasm_bindgen(js_name = clearBlocks)]
    pub fn clear_blocks(&mut self) -> WebResult<()> {
        self.trainer_mut()?.clear_blocks();
        Ok(())
    }

    /// Makes the step whose blocks are all there.
    ///
    /// # Errors
    /// What [`Trainer::apply`] refuses; `Diverged` leaves the weights as they were.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn apply(&mut self) -> WebResult<JsValue> {
        to_value(&self.trainer_mut()?.apply().or_throw()?)
    }
}

fn next_step(trainer: &Trainer) -> WebResult<u64> {
    trainer.next_step().ok_or_else(|| throw(&err!(Argument, "frame: there is no step to share")))
}

/// Where the parts of a frame are.
struct Layout {
    capacity: usize,
    numbers: usize,
    sums: usize,
}

impl Layout {
    /// Of a frame of so many bytes with blocks of this size.
    fn new(bytes: u32, numbers: usize, sums: usize) -> Self {
        let capacity =
            (bytes as usize).saturating_sub(HEADER * 8) / (sums * 8 + numbers * 4).max(1);
        Self { capacity, numbers, sums }
    }

    fn header(frame: &JsValue) -> Float64Array {
        Float64Array::new_with_byte_offset_and_length(frame, 0, HEADER as u32)
    }

    fn sums(&self, frame: &JsValue, block: usize) -> Float64Array {
        let begin = 8 * (HEADER + block * self.sums);
        Float64Array::new_with_byte_offset_and_length(frame, begin as u32, self.sums as u32)
    }

    fn numbers(&self, frame: &JsValue, block: usize) -> Float32Array {
        let begin = 8 * (HEADER + self.capacity * self.sums) + 4 * block * self.numbers;
        floats(frame, begin as u32, self.numbers)
    }
}
