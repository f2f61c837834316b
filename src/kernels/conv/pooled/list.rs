//! The pixels of a convolution's output that have a gradient, filter by filter.

use std::ops::Range;

use crate::Result;
use crate::kernels::arrays;
use crate::kernels::conv::Conv2dGeometry;
use crate::kernels::gemm::rows::index;
use crate::kernels::pool::PoolGeometry;
use crate::memory::{allocate, reserve};

/// A pixel with a gradient.
#[derive(Clone, Copy, Debug, Default)]
pub struct Winner {
    /// Where it begins to see, in a block of padded images.
    pub offset: u32,
    /// The gradient.
    pub value: f32,
}

/// The filters whose pixels are listed at a time: going through all windows for each by itself takes
/// longer than listing.
pub const TOGETHER: usize = 4;

/// Lists the pixels of some filters at a time.
#[derive(Clone, Debug)]
pub struct Lists {
    geometry: Conv2dGeometry,
    pool: PoolGeometry,
    /// Where the first pixel of each window begins to see in its image; of a window that reaches
    /// over the border, modulo 2^32.
    windows: Vec<u32>,
    /// How far from there each pixel of a window does.
    taps: Vec<u32>,
    /// [`TOGETHER`] lists of as many windows as there are.
    lists: Vec<Winner>,
    /// The most images.
    images: usize,
}

impl Lists {
    /// For so many images; to be allocated.
    pub fn new(geometry: Conv2dGeometry, pool: PoolGeometry, images: usize) -> Self {
        Self { geometry, pool, windows: Vec::new(), taps: Vec::new(), lists: Vec::new(), images }
    }

    fn windows(&self) -> usize {
        self.pool.out_height * self.pool.out_width
    }

    /// Takes the memory.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        let (g, pool) = (&self.geometry, &self.pool);
        // From one pixel of the output to the next, down and across.
        let across = g.strides[1] * g.in_channels;
        let down = g.strides[0] * g.padded_width() * g.in_channels;
        let place = |row: usize, column: usize| index(row * down + column * across);
        let before = place(pool.pads[0], pool.pads[1]);
        self.windows = reserve("places of windows", self.windows())?;
        for row in 0..pool.out_height {
            for column in 0..pool.out_width {
                let first = place(row * pool.strides[0], column * pool.strides[1]);
                self.windows.push(first.wrapping_sub(before));
            }
        }
        self.taps = reserve("places in a window", pool.pool[0] * pool.pool[1])?;
        for row in 0..pool.pool[0] {
            // A window may be larger than the image; what lies outside never wins.
            self.taps.extend((0..pool.pool[1]).map(|column| (row * down + column * across) as u32));
        }
        let pixels = TOGETHER * self.images * self.windows();
        self.lists = allocate("gradients of filters", pixels)?;
        Ok(())
    }

    /// The memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        TOGETHER * self.images * self.windows() * size_of::<Winner>()
            + (self.windows() + self.pool.pool[0] * self.pool.pool[1]) * size_of::<u32>()
    }

    /// All rows of windows, so many at a time.
    pub fn bands(&self, rows: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let all = self.pool.out_height;
        (0..all).step_by(rows).map(move |first| first..(first + rows).min(all))
    }

    /// Those of `N` filters, at most [`TOGETHER`], in some rows of windows, image by image, from the
    /// gradients `dy` and the winners (the taps of
    /// [`max_forward`](crate::kernels::pool::max_forward)) of pooled images.
    #[inline(never)]
    pub fn collect<const N: usize>(
        &mut self,
        first: usize,
        rows: Range<usize>,
        dy: &[f32],
        winners: &[u32],
    ) -> [&[Winner]; N] {
        let columns = self.pool.out_width;
        let windows = &self.windows[rows.start * columns..rows.end * columns];
        let filters = self.geometry.filters;
        let pooled = self.pool.output_len();
        let room = self.images * self.windows.len();
        let (mut counts, mut inside) = ([0; N], true);
        let images = dy.chunks_exact(pooled).zip(winners.chunks_exact(pooled));
        'images: for (image, (dy, winners)) in images.enumerate() {
            let start = index(image * self.geometry.padded_len());
            let band = rows.start * columns * filters..rows.end * columns * filters;
            let dy = dy[band.clone()].chunks_exact(filters);
            let pixels = dy.zip(winners[band].chunks_exact(filters)).zip(windows);
            for ((dy, winners), &window) in pixels {
                let (dy, winners) = (&dy[first..][..N], &winners[first..][..N]);
                let window = start.wrapping_add(window);
                for filter in 0..N {
                    let place = self.lists.get_mut(filter * room + counts[filter]);
                    let Some((place, &tap)) = place.zip(self.taps.get(winners[filter] as usize))
                    else {
                        inside = false;
                        break 'images;
                    };
                    let value = dy[filter];
                    *place = Winner { offset: window.wrapping_add(tap), value };
                    // No branch, which would often be guessed wrongly.
                    counts[filter] += usize::from(value != 0.0);
                }
            }
        }
        assert!(inside, "no pixel of a window won");
        arrays::from_fn(|filter| &self.lists[filter * room..][..counts[filter]])
    }
}
