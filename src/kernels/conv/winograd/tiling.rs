//! Where tiles lie, and the passes between images and planes of transformed tiles.
//!
//! Both axes are transformed one after the other. Down the columns first: six rows of an image (for
//! F(4, 3)) become six *strips*, whole lines at a time. Then along the rows: of a strip, six
//! neighbouring pixels become one row of each of six *planes* [tiles][channels], the left operands
//! of the products. The way back is the same in the opposite order.

use std::ops::Range;

use super::Size;
use super::transform::{Transform, apply, planes};
use crate::kernels::Rectifier;
use crate::kernels::arrays;
use crate::kernels::conv::Conv2dGeometry;
use crate::kernels::lanes::load_part;
use crate::simd::F32x4;

/// Between planes, in floats: without it the same pixel of all planes would fall into the same few
/// lines of the cache.
const GAP: usize = 16;

/// The tiles of a convolution, each `M` by `M` output pixels.
#[derive(Clone, Debug)]
pub struct Tiling {
    pub geometry: Conv2dGeometry,
    pub size: Size,
    /// The rows of tiles in an image.
    pub rows: usize,
    /// The tiles in a row.
    pub columns: usize,
    /// The rows of tiles that are worked on at a time, perhaps of several images.
    pub block: usize,
}

/// One side of the transform of a block: strips and planes of so many channels.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    channels: usize,
    /// The floats of one line of a strip.
    line: usize,
    /// From one strip to the next.
    pub strip: usize,
    /// From one plane to the next.
    pub plane: usize,
}

impl Tiling {
    /// The tiles of up to `max_batch` images, about `tiles` of them worked on at a time.
    pub fn new(geometry: Conv2dGeometry, size: Size, tiles: usize, max_batch: usize) -> Self {
        let rows = geometry.out_height.div_ceil(size.outputs());
        let columns = geometry.out_width.div_ceil(size.outputs());
        let block = tiles.div_ceil(columns).min(rows * max_batch.max(1));
        Self { geometry, size, rows, columns, block }
    }

    /// The tiles worked on at a time.
    pub fn tiles(&self) -> usize {
        self.block * self.columns
    }

    /// The side of the input: lines with all the pixels that the tiles of a row see.
    pub fn input_side(&self) -> Side {
        self.side(self.columns * self.size.outputs() + 2, self.geometry.in_channels)
    }

    /// The side of the output: lines with all the pixels of the tiles of a row.
    pub fn output_side(&self) -> Side {
        self.side(self.columns * self.size.outputs(), self.geometry.filters)
    }

    fn side(&self, pixels: usize, channels: usize) -> Side {
        let line = pixels * channels;
        Side {
            channels,
            line,
            strip: self.block * line + GAP,
            plane: self.tiles() * channels + GAP,
        }
    }

    /// Blocks of rows of tiles, counted over `n` images.
    pub fn blocks(&self, n: usize) -> impl Iterator<Item = Range<usize>> {
        let (total, block) = (n * self.rows, self.block);
        (0..total).step_by(block).map(move |first| first..total.min(first + block))
    }

    /// The images' rows that a row of tiles begins with: image, and first output row.
    fn place(&self, row: usize) -> (usize, usize) {
        (row / self.rows, row % self.rows * self.size.outputs())
    }
}

/// From the input to strips, down the columns. `zeros` is at least as long as a row.
#[inline(never)]
pub fn input_strips<T: Transform<M, A>, const M: usize, const A: usize>(
    tiling: &Tiling,
    rows: Range<usize>,
    x: &[f32],
    zeros: &[f32],
    strips: &mut [f32],
) {
    let (g, side) = (&tiling.geometry, tiling.input_side());
    let (run, before) = (g.width * g.in_channels, g.pads[1] * g.in_channels);
    let mut strips = planes::<A>(strips, side.strip);
    for (slot, row) in rows.enumerate() {
        let (image, first) = tiling.place(row);
        let x = &x[image * g.input_len()..][..g.input_len()];
        let x = arrays::from_fn(|i| match (first + i).checked_sub(g.pads[0]) {
            Some(row) if row < g.height => &x[row * run..][..run],
            _ => &zeros[..run],
        });
        let lines = strips.each_mut().map(|strip| {
            let line = &mut strip[slot * side.line..][..side.line];
            line[..before].fill(0.0);
            line[before + run..].fill(0.0);
            &mut line[before..][..run]
        });
        apply(x, lines, |_, x| T::input(x));
    }
}

/// From one of the input's strips to its planes, along the rows.
#[inline(never)]
pub fn input_planes<T: Transform<M, A>, const M: usize, const A: usize>(
    tiling: &Tiling,
    rows: usize,
    strips: &[f32],
    strip: usize,
    out: &mut [f32],
) {
    let side = tiling.input_side();
    let c = side.channels;
    let strip = &strips[strip * side.strip..][..rows * side.line];
    let mut out = planes::<A>(out, side.plane);
    let lines = strip.chunks_exact(side.line);
    for (slot, line) in lines.enumerate() {
        for column in 0..tiling.columns {
            let pixels = &line[column * M * c..][..A * c];
            let x = arrays::from_fn(|i| &pixels[i * c..][..c]);
            let tile = (slot * tiling.columns + column) * c;
            let y = out.each_mut().map(|plane| &mut plane[tile..][..c]);
            apply(x, y, |_, x| T::input(x));
        }
    }
}

/// From planes of products to one of the output's strips, along the rows.
#[inline(never)]
pub fn output_strip<T: Transform<M, A>, const M: usize, const A: usize>(
    tiling: &Tiling,
    rows: usize,
    planes: &[f32],
    strips: &mut [f32],
    strip: usize,
) {
    let side = tiling.output_side();
    let c = side.channels;
    let strip = &mut strips[strip * side.strip..][..rows * side.line];
    let planes: [&[f32]; A] = arrays::from_fn(|i| &planes[i * side.plane..][..side.plane]);
    for (tile, pixels) in strip.chunks_exact_mut(M * c).enumerate() {
        let x = arrays::map(planes, |plane| &plane[tile * c..][..c]);
        apply(x, self::planes::<M>(pixels, c), |_, x| T::output(x));
    }
}

/// What happens to the output before it is written.
#[derive(Clone, Copy)]
pub struct Ending<'a> {
    /// The bias, once for every pixel of a row.
    pub bias: &'a [f32],
    pub rectifier: Rectifier,
}

/// From the output's strips to the output, down the columns. What lies outside the image goes to
/// `spare`, `M` rows.
pub fn output<T: Transform<M, A>, const M: usize, const A: usize>(
    tiling: &Tiling,
    rows: Range<usize>,
    strips: &[f32],
    ending: Ending<'_>,
    spare: &mut [f32],
    y: &mut [f32],
) {
    // One decision for all.
    let Ending { bias, rectifier } = ending;
    match rectifier {
        Rectifier::Linear => output_by::<T, M, A>(tiling, rows, strips, bias, spare, y, |y| y),
        Rectifier::Relu => {
            output_by::<T, M, A>(tiling, rows, strips, bias, spare, y, |y| Rectifier::Relu.apply(y))
        }
        Rectifier::Relu6 => output_by::<T, M, A>(tiling, rows, strips, bias, spare, y, |y| {
            Rectifier::Relu6.apply(y)
        }),
    }
}

#[inline(never)]
fn output_by<T: Transform<M, A>, const M: usize, const A: usize>(
    tiling: &Tiling,
    rows: Range<usize>,
    strips: &[f32],
    bias: &[f32],
    spare: &mut [f32],
    y: &mut [f32],
    rectify: impl Fn(F32x4) -> F32x4,
) {
    let (g, side) = (&tiling.geometry, tiling.output_side());
    let run = g.out_width * g.filters;
    let bias = &bias[..run];
    for (slot, row) in rows.enumerate() {
        let (image, first) = tiling.place(row);
        let x: [&[f32]; A] =
            arrays::from_fn(|i| &strips[i * side.strip + slot * side.line..][..run]);
        let inside = M.min(g.out_height - first);
        let y = &mut y[image * g.output_len() + first * run..][..inside * run];
        let mut lines = y.chunks_exact_mut(run).chain(spare.chunks_exact_mut(run));
        let y: [&mut [f32]; M] =
            std::array::from_fn(|_| lines.next().expect("as many spare rows as a tile has"));
        apply(x, y, |i, x| {
            let bias = load_part(bias, i);
            arrays::map(T::output(x), |y| rectify(y + bias))
        });
    }
}

/// From the gradient of the output to strips, down the columns. `zeros` is at least as long as a
/// row.
#[inline(never)]
pub fn gradient_strips<T: Transform<M, A>, const M: usize, const A: usize>(
    tiling: &Tiling,
    rows: Range<usize>,
    dy: &[f32],
    zeros: &[f32],
    strips: &mut [f32],
) {
    let (g, side) = (&tiling.geometry, tiling.output_side());
    let run = g.out_width * g.filters;
    let mut strips = planes::<A>(strips, side.strip);
    for (slot, row) in rows.enumerate() {
        let (image, first) = tiling.place(row);
        let dy = &dy[image * g.output_len()..][..g.output_len()];
        let dy: [&[f32]; M] = arrays::from_fn(|i| {
            if first + i < g.out_height { &dy[(first + i) * run..][..run] } else { &zeros[..run] }
        });
        let lines = strips.each_mut().map(|strip| {
            let line = &mut strip[slot * side.line..][..side.line];
            line[run..].fill(0.0);
            &mut line[..run]
        });
        apply(dy, lines, |_, dy| T::output_gradient(dy));
    }
}

/// From one of the gradient's strips to its planes, along the rows.
#[inline(never)]
pub fn gradient_planes<T: Transform<M, A>, const M: usize, const A: usize>(
    tiling: &Tiling,
    rows: usize,
    strips: &[f32],
    strip: usize,
    out: &mut [f32],
) {
    let side = tiling.output_side();
    let c = side.channels;
    let strip = &strips[strip * side.strip..][..rows * side.line];
    let mut out = planes::<A>(out, side.plane);
    for (tile, pixels) in strip.chunks_exact(M * c).enumerate() {
        let dy: [&[f32]; M] = arrays::from_fn(|i| &pixels[i * c..][..c]);
        let planes = out.each_mut().map(|plane| &mut plane[tile * c..][..c]);
        apply(dy, planes, |_, dy| T::output_gradient(dy));
    }
}
