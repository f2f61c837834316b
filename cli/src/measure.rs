//! Loss and metrics over a dataset, by several threads. Batches are added up in their order, so the bits
//! do not depend on how many there are.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use tabgrad::data::Dataset;
use tabgrad::evaluation::{Evaluation, EvaluationReport, EvaluationSpec, Measured};
use tabgrad::model::Model;

use crate::failure::{Failure, Result};
use crate::stop;

/// Batches that may wait for an earlier one, for each thread.
const AHEAD: usize = 4;

/// Batches with their number.
type Batches = Receiver<(usize, tabgrad::Result<Measured>)>;

/// Measures a model on all samples of a dataset; `tell` is told how many were. `Stopped` if someone wants
/// the program to end.
pub fn measure(
    model: &Model,
    spec: &EvaluationSpec,
    dataset: &Dataset,
    threads: usize,
    tell: &mut dyn FnMut(usize),
) -> Result<EvaluationReport> {
    let mut all = Evaluation::new(model, spec, dataset)?;
    let batches = dataset.len().div_ceil(spec.batch_size as usize);
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(AHEAD * threads);
        for _ in 0..threads.min(batches) {
            let (sender, next, model) = (sender.clone(), &next, model.try_clone()?);
            scope.spawn(move || {
                let mut own = match Evaluation::new(&model, spec, dataset) {
                    Ok(own) => own,
                    // Nobody waits for it if another thread had an error.
                    Err(error) => return drop(sender.send((0, Err(error)))),
                };
                loop {
                    let batch = next.fetch_add(1, Ordering::Relaxed);
                    if batch >= batches {
                        return;
                    }
                    let samples = range(batch, spec.batch_size as usize, dataset.len());
                    if sender.send((batch, own.measure(&model, dataset, samples))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        add_up(&mut all, receiver, tell)
    })?;
    Ok(all.finish())
}

fn range(batch: usize, size: usize, samples: usize) -> Range<usize> {
    batch * size..samples.min((batch + 1) * size)
}

fn add_up(all: &mut Evaluation, batches: Batches, tell: &mut dyn FnMut(usize)) -> Result<()> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for (number, measured) in batches {
        early.insert(number, measured?);
        while let Some(measured) = early.remove(&next) {
            all.add(measured)?;
            next += 1;
        }
        tell(all.done());
        if stop::wanted() {
            return Err(Failure::Stopped("stopped within an evaluation".into()));
        }
    }
    if all.finished() {
        Ok(())
    } else {
        Err(Failure::Error("evaluation: a thread ended before its work did".into()))
    }
}
