//! The gradients of a convolution from the few pixels that have one.
//!
//! A filter sees a pixel's surroundings as one run of floats for each of its rows. The gradient of the
//! filter is the sum of what its pixels see, and the gradient of the input gets the filter where each
//! of them is, both times the pixel's gradient: `V` vectors of `S` runs stay in registers while the
//! list of the filter's pixels is gone through.

use std::ops::Range;

use super::list::{Lists, TOGETHER, Winner};
use crate::Result;
use crate::kernels::arrays;
use crate::kernels::conv::Conv2dGeometry;
use crate::kernels::gemm::Rows;
use crate::kernels::pool::PoolGeometry;
use crate::memory::Room;
use crate::simd::{F32x4, LANES};

/// The floats of padded images that should be worked on at a time, several images or some rows of
/// one: 24 KiB, which stay in the innermost cache.
const BLOCK: usize = 3 << 11;

/// The least windows that a list should be made of.
const WINDOWS: usize = 16;

/// The most vectors that stay in registers.
const MOST: usize = 12;

/// Both gradients of a convolution of one geometry, with the memory they need besides their
/// arguments.
#[derive(Clone, Debug)]
pub struct SparseGradient {
    geometry: Conv2dGeometry,
    /// The images worked on at a time.
    block: usize,
    /// The rows of windows worked on at a time; all of them unless the block is one image.
    band: usize,
    /// What a pixel sees; the places of pixels are in `lists`.
    rows: Rows,
    /// The vectors of a run that are worked on at a time, and how many times.
    vectors: usize,
    parts: usize,
    lists: Lists,
    /// A block of padded images and of their gradients. Runs are read and written as whole vectors:
    /// some floats follow.
    x: Room,
    dx: Room,
    /// The kernel and its gradient, [filters][segments][parts * vectors], with zeros behind a run.
    kernel: Room,
    dkernel: Room,
    /// Whether the kernel is there.
    ready: bool,
}

impl SparseGradient {
    /// For up to `max_batch` images; to be allocated.
    pub fn new(geometry: Conv2dGeometry, pool: &PoolGeometry, max_batch: usize) -> Self {
        let block = (BLOCK / geometry.padded_len()).clamp(1, max_batch.max(1));
        let band = if block > 1 { pool.out_height } else { Self::band(&geometry, pool) };
        let rows = geometry.rows();
        let needed = rows.run.div_ceil(LANES);
        let parts = needed.div_ceil(MOST);
        // From four on even numbers only, so that there are fewer variants.
        let vectors = match needed.div_ceil(parts) {
            few @ ..4 => few,
            many => many.next_multiple_of(2),
        };
        let image = block * geometry.padded_len() + MOST * LANES;
        let width = parts * vectors * LANES;
        let kernel = geometry.filters * rows.segments.len() * width;
        let lists = Lists::new(geometry.clone(), pool.clone(), block);
        let [x, dx] = [image; 2].map(Room::new);
        let [kernel, dkernel] = [kernel; 2].map(Room::new);
        Self {
            geometry,
            block,
            band,
            rows,
            vectors,
            parts,
            lists,
            x,
            dx,
            kernel,
            dkernel,
            ready: false,
        }
    }

    /// The rows of windows whose pixels see so many rows of an image as stay in the cache.
    fn band(g: &Conv2dGeometry, pool: &PoolGeometry) -> usize {
        let rows = BLOCK / (g.padded_width() * g.in_channels);
        let first = (pool.pool[0] - 1) * g.strides[0] + (g.kernel[0] - 1) * g.dilation[0] + 1;
        let band = rows.saturating_sub(first) / (pool.strides[0] * g.strides[0]) + 1;
        band.max(WINDOWS.div_ceil(pool.out_width)).min(pool.out_height)
    }

    /// Takes the memory.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        self.lists.allocate()?;
        [&mut self.x, &mut self.dx].into_iter().try_for_each(|r| r.allocate("padded images"))?;
        let kernels = [&mut self.kernel, &mut self.dkernel];
        kernels.into_iter().try_for_each(|room| room.allocate("packed weights"))
    }

    /// The memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let rooms = [&self.x, &self.dx, &self.kernel, &self.dkernel];
        self.lists.bytes() + rooms.map(Room::bytes).iter().sum::<usize>()
    }

    /// Says that the kernel of the next run is another.
    pub fn forget_kernel(&mut self) {
        self.ready = false;
    }

    /// From `n` images and the gradients and winners of their pooled outputs: the gradients of the
    /// kernel (HWIO) and, if wanted, of the images.
    pub fn run(
        &mut self,
        n: usize,
        x: &[f32],
        (dy, winners): (&[f32], &[u32]),
        kernel: &[f32],
        dkernel: &mut [f32],
        mut dx: Option<&mut [f32]>,
    ) {
        if dx.is_some() && !self.ready {
            self.pack(kernel);
            self.ready = true;
        }
        self.dkernel.fill(0.0);
        let pooled = dy.len() / n;
        let input = self.geometry.input_len();
        for first in (0..n).step_by(self.block) {
            let images = self.block.min(n - first);
            let of_block = |len: usize| first * len..(first + images) * len;
            self.geometry.pad(&x[of_block(input)], &mut self.x);
            let (dy, winners) = (&dy[of_block(pooled)], &winners[of_block(pooled)]);
            if dx.is_some() {
                self.dx.fill(0.0);
            }
            for rows in self.lists.bands(self.band) {
                self.of_rows(rows, dy, winners, dx.is_some());
            }
            if let Some(dx) = &mut dx {
                self.geometry.crop(&self.dx, &mut dx[of_block(input)]);
            }
        }
        self.unpack(dkernel);
    }

    /// Adds the gradients by some rows of windows of the padded images that are there.
    fn of_rows(&mut self, rows: Range<usize>, dy: &[f32], winners: &[u32], wants_dx: bool) {
        let filters = self.geometry.filters;
        let together = filters / TOGETHER * TOGETHER;
        for first in (0..together).step_by(TOGETHER) {
            self.of_filters::<TOGETHER>(first, rows.clone(), (dy, winners), wants_dx);
        }
        for filter in together..filters {
            self.of_filters::<1>(filter, rows.clone(), (dy, winners), wants_dx);
        }
    }

    /// Adds those of `N` filters.
    fn of_filters<const N: usize>(
        &mut self,
        first: usize,
        rows: Range<usize>,
        (dy, winners): (&[f32], &[u32]),
        wants_dx: bool,
    ) {
        let [_, len] = self.packed_len();
        let lists = self.lists.collect::<N>(first, rows, dy, winners);
        let kernels = self.kernel.chunks_exact(len).zip(self.dkernel.chunks_exact_mut(len));
        for (list, (kernel, dkernel)) in lists.into_iter().zip(kernels.skip(first)) {
            let job = Job { list, segments: &self.rows.segments, parts: self.parts };
            job.each(self.vectors, Gradient { x: &self.x, sums: dkernel });
            if wants_dx {
                job.each(self.vectors, Scatter { kernel, dx: &mut self.dx });
            }
        }
    }

    /// The floats of one run of a packed kernel, and of one filter.
    fn packed_len(&self) -> [usize; 2] {
        let run = self.parts * self.vectors * LANES;
        [run, self.rows.segments.len() * run]
    }

    /// Where a row of a kernel, of one weight of each filter, has its first in the packed kernel.
    fn packed_row(&self, row: usize) -> usize {
        let [run, _] = self.packed_len();
        row / self.rows.run * run + row % self.rows.run
    }

    /// Packs a kernel.
    fn pack(&mut self, kernel: &[f32]) {
        let [_, filter] = self.packed_len();
        for (row, values) in kernel.chunks_exact(self.geometry.filters).enumerate() {
            let at = self.packed_row(row);
            for (packed, &value) in self.kernel[at..].iter_mut().step_by(filter).zip(values) {
                *packed = value;
            }
        }
    }

    /// Unpacks the gradient of the kernel.
    fn unpack(&self, dkernel: &mut [f32]) {
        let [_, filter] = self.packed_len();
        for (row, values) in dkernel.chunks_exact_mut(self.geometry.filters).enumerate() {
            let packed = self.dkernel[self.packed_row(row)..].iter().step_by(filter);
            values.iter_mut().zip(packed).for_each(|(value, &packed)| *value = packed);
        }
    }
}

/// One of the two gradients: what is done with the pixels of one filter for `V` vectors from `at` on
/// of its kernel, which lie `S` segments of the input.
trait Pass {
    fn pass<const S: usize, const V: usize>(
        &mut self,
        list: &[Winner],
        segments: [usize; S],
        at: usize,
    );
}

/// What is to be done for one filter.
struct Job<'a> {
    list: &'a [Winner],
    segments: &'a [u32],
    parts: usize,
}

impl Job<'_> {
    /// Goes through the list for all vectors of the kernel, so many at a time.
    fn each(&self, vectors: usize, pass: impl Pass) {
        match vectors {
            1 => self.passes::<3, 1>(pass),
            2 => self.passes::<5, 2>(pass),
            3 => self.passes::<3, 3>(pass),
            4 => self.passes::<3, 4>(pass),
            6 => self.passes::<1, 6>(pass),
            8 => self.passes::<1, 8>(pass),
            10 => self.passes::<1, 10>(pass),
            _ => self.passes::<1, MOST>(pass),
        }
    }

    /// `V` vectors of `S` segments at a time; what is left one by one.
    fn passes<const S: usize, const V: usize>(&self, mut pass: impl Pass) {
        let width = V * LANES;
        let mut at = 0;
        let (several, rest) =
            if self.parts == 1 { self.segments.as_chunks::<S>() } else { (&[][..], self.segments) };
        for segments in several {
            pass.pass::<S, V>(self.list, arrays::map(*segments, |start| start as usize), at);
            at += S * width;
        }
        for &segment in rest {
            for part in 0..self.parts {
                pass.pass::<1, V>(self.list, [segment as usize + part * width], at);
                at += width;
            }
        }
    }
}

/// The gradient of a filter.
struct Gradient<'a> {
    x: &'a [f32],
    sums: &'a mut [f32],
}

impl Pass for Gradient<'_> {
    #[inline(never)]
    fn pass<const S: usize, const V: usize>(
        &mut self,
        list: &[Winner],
        segments: [usize; S],
        at: usize,
    ) {
        let mut sums = [[F32x4::zero(); V]; S];
        // The loop is left, rather than panicking inside, where a pixel sees beyond the image: a call
        // in the loop would make V8 keep the sums in memory.
        let mut inside = true;
        'list: for winner in list {
            let value = F32x4::splat(winner.value);
            for s in 0..S {
                let start = winner.offset as usize + segments[s];
                let Some(x) = self.x.get(start..).and_then(|x| x.as_chunks().0.first_chunk::<V>())
                else {
                    inside = false;
                    break 'list;
                };
                for v in 0..V {
                    sums[s][v] = F32x4::mul_add(value, F32x4::load(&x[v]), sums[s][v]);
                }
            }
        }
        assert!(inside, "a pixel sees beyond the image");
        let before = self.sums[at..][..S * V * LANES].as_chunks_mut().0;
        for (before, sum) in before.iter_mut().zip(sums.as_flattened()) {
            (F32x4::load(before) + *sum).store(before);
        }
    }
}

/// The gradient of the input by a filter.
struct Scatter<'a> {
    kernel: &'a [f32],
    dx: &'a mut [f32],
}

impl Pass for Scatter<'_> {
    #[inline(never)]
    fn pass<const S: usize, const V: usize>(
        &mut self,
        list: &[Winner],
        segments: [usize; S],
        at: usize,
    ) {
        let kernel = self.kernel[at..][..S * V * LANES].as_chunks().0;
        let kernel: [[F32x4; V]; S] =
            arrays::from_fn(|s| arrays::from_fn(|v| F32x4::load(&kernel[s * V + v])));
        // As in the loop above.
        let mut inside = true;
        'list: for winner in list {
            let value = F32x4::splat(winner.value);
            for s in 0..S {
                let start = winner.offset as usize + segments[s];
                let dx = self.dx.get_mut(start..);
                let Some(dx) = dx.and_then(|dx| dx.as_chunks_mut().0.first_chunk_mut::<V>()) else {
                    inside = false;
                    break 'list;
                };
                for v in 0..V {
                    F32x4::mul_add(value, kernel[s][v], F32x4::load(&dx[v])).store(&mut dx[v]);
                }
            }
        }
        assert!(inside, "a pixel sees beyond the image");
    }
}
