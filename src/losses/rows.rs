//! What losses share that go through a row output by output.

use super::{LossBatch, TargetBatch};

/// The mean over each row of a function of an output and its target, which answers its value and its
/// derivative by the output. A label is the target of the only output of its row.
pub(super) fn over_pairs(
    batch: &LossBatch<'_>,
    losses: &mut [f32],
    doutputs: &mut [f32],
    function: impl Fn(f32, f32) -> (f32, f32),
) {
    let LossBatch { width, outputs, targets, .. } = *batch;
    match targets {
        TargetBatch::Classes(labels) => over_places(batch, losses, doutputs, |at| {
            function(outputs[at], labels[at / width] as f32)
        }),
        TargetBatch::Dense(values) => {
            over_places(batch, losses, doutputs, |at| function(outputs[at], values[at]));
        }
    }
}

/// The same of a function of `output - target`.
pub(super) fn over_differences(
    batch: &LossBatch<'_>,
    losses: &mut [f32],
    doutputs: &mut [f32],
    function: impl Fn(f32) -> (f32, f32),
) {
    over_pairs(batch, losses, doutputs, |y, t| function(y - t));
}

fn over_places(
    batch: &LossBatch<'_>,
    losses: &mut [f32],
    doutputs: &mut [f32],
    function: impl Fn(usize) -> (f32, f32),
) {
    let width = batch.width;
    let scale = batch.scale / width as f32;
    for (row, loss) in losses.iter_mut().enumerate() {
        let mut total = 0.0f64;
        let first = row * width;
        for (at, doutput) in (first..).zip(&mut doutputs[first..first + width]) {
            let (value, derivative) = function(at);
            total += f64::from(value);
            *doutput = scale * derivative;
        }
        *loss = (total / width as f64) as f32;
    }
}
