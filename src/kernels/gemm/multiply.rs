//! `y[q, :] = rectifier(x(q) B + bias)`: the forward pass.

use super::panels::{NARROW, Panel};
use super::tile::{self, PanelRow, TALL, Tile};
use super::{Panels, Rows};
use crate::kernels::{Rectifier, arrays};
use crate::simd::F32x4;

/// What happens to a product before it is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a> {
    /// Added to every row.
    pub bias: Option<&'a [f32]>,
    /// What follows the sum.
    pub rectifier: Rectifier,
}

/// `y[q, :] = epilogue(x(q) B)` for the first `count` rows; `y` is [count, columns].
pub fn multiply(
    rows: &Rows,
    count: usize,
    x: &[f32],
    b: &Panels,
    epilogue: Epilogue<'_>,
    y: &mut [f32],
) {
    let stride = b.columns();
    let offsets = &rows.offsets[..count];
    for panel in b.iter() {
        let mut bias = [0.0; 8];
        if let Some(values) = epilogue.bias {
            bias[..panel.columns].copy_from_slice(&values[panel.first..][..panel.columns]);
        }
        let job = Job { rows, x, panel, stride, rectifier: epilogue.rectifier };
        match (panel.width, panel.columns == panel.width) {
            (NARROW, true) => pass::<8, 1, true>(&job, &bias, offsets, y),
            (NARROW, false) => pass::<8, 1, false>(&job, &bias, offsets, y),
            (_, true) => pass::<TALL, 2, true>(&job, &bias, offsets, y),
            (_, false) => pass::<TALL, 2, false>(&job, &bias, offsets, y),
        }
    }
}

struct Job<'a> {
    rows: &'a Rows,
    x: &'a [f32],
    panel: Panel<'a>,
    /// From one row of `y` to the next.
    stride: usize,
    rectifier: Rectifier,
}

/// One panel for all rows, `P` at a time.
#[inline(never)]
fn pass<const P: usize, const V: usize, const WHOLE: bool>(
    job: &Job<'_>,
    bias: &[f32; 8],
    offsets: &[u32],
    y: &mut [f32],
) {
    let panel = tile::panel_rows::<V>(job.panel.data);
    let start: [F32x4; V] = arrays::from_fn(|v| F32x4::load(&bias.as_chunks::<4>().0[v]));
    let (tiles, rest) = offsets.as_chunks::<P>();
    let y = &mut y[..offsets.len() * job.stride];
    for (offsets, y) in tiles.iter().zip(y.chunks_exact_mut(P * job.stride)) {
        one_tile::<P, V, WHOLE>(job, panel, start, offsets, y);
    }
    if rest.is_empty() {
        return;
    }
    if let Some(last) = offsets.last_chunk::<P>() {
        // Some of its rows are computed again, to the same numbers; by a call, so that the code of a tile is
        // there once.
        let y = &mut y[(offsets.len() - P) * job.stride..];
        pass::<P, V, WHOLE>(job, bias, last, y);
    } else {
        for (offset, y) in offsets.iter().zip(y.chunks_exact_mut(job.stride)) {
            one_tile::<1, V, WHOLE>(job, panel, start, &[*offset], y);
        }
    }
}

#[inline(always)]
fn one_tile<const P: usize, const V: usize, const WHOLE: bool>(
    job: &Job<'_>,
    panel: &[PanelRow<V>],
    bias: [F32x4; V],
    offsets: &[u32; P],
    y: &mut [f32],
) {
    let mut tile: Tile<P, V> = [bias; P];
    let run = job.rows.run;
    let segments = job.rows.segments.iter().zip(panel.chunks_exact(run));
    let first = offsets[0] as usize;
    // Pixels of one channel side by side, as at the beginning of most networks: their short runs overlap.
    if V == 2 && WHOLE && P > 1 && offsets[P - 1] as usize == first + P - 1 {
        for (&segment, panel) in segments {
            let a = &job.x[first + segment as usize..][..run + P - 1];
            tile = tile::accumulate_neighbours(tile, a, panel);
        }
    } else {
        for (&segment, panel) in segments {
            let start = segment as usize;
            let a = arrays::map(*offsets, |offset| &job.x[offset as usize + start..][..run]);
            tile = tile::accumulate(tile, a, panel);
        }
    }
    // One decision for the whole tile.
    tile = match job.rectifier {
        Rectifier::Linear => tile,
        Rectifier::Relu => arrays::map(tile, |row| arrays::map(row, |x| Rectifier::Relu.apply(x))),
        Rectifier::Relu6 => {
            arrays::map(tile, |row| arrays::map(row, |x| Rectifier::Relu6.apply(x)))
        }
    };
    for p in 0..P {
        tile::store::<V, WHOLE>(
            tile[p],
            &mut y[p * job.stride + job.panel.first..],
            job.panel.columns,
        );
    }
}
