//! Convolution in groups: the channels and the filters are cut into equal parts, and each part of
//! the filters sees only its part of the channels.

use super::Rectifier;
use super::conv::{Algorithm, Algorithms, Conv2d, Conv2dGeometry};
use super::elementwise::accumulate;
use super::reduce::column_sums;
use crate::Result;
use crate::memory::Room;

/// The images that are worked on at a time, so that a packed kernel serves several.
const BLOCK: usize = 16;

/// `groups` convolutions of one geometry, with the memory they need besides their arguments. A part
/// is copied out, convolved and copied back.
#[derive(Clone, Debug)]
pub struct GroupedConv2d {
    conv: Conv2d,
    groups: usize,
    /// The images worked on at a time.
    block: usize,
    /// One group's part of a block of inputs or their gradients.
    x: Room,
    /// One group's part of a block of outputs or their gradients.
    y: Room,
    /// One group's part of the kernel or of its gradient.
    kernel: Room,
}

impl GroupedConv2d {
    /// Convolutions of `group`, the geometry of one group, by these algorithms, for up to `max_batch`
    /// images, to be allocated. Without `training` only `forward` may be called.
    #[must_use]
    pub fn new(
        group: Conv2dGeometry,
        groups: usize,
        max_batch: usize,
        training: bool,
        algorithms: Algorithms,
    ) -> Self {
        let block = max_batch.clamp(1, BLOCK);
        Self {
            groups,
            block,
            x: Room::new(block * group.input_len()),
            y: Room::new(block * group.output_len()),
            kernel: Room::new(group.kernel_len()),
            conv: Conv2d::with_algorithms(group, block, training, algorithms),
        }
    }

    /// Takes the memory that it needs, before the first pass.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        let mut parts = [&mut self.x, &mut self.y, &mut self.kernel].into_iter();
        parts.try_for_each(|part| part.allocate("the part of a group"))?;
        self.conv.allocate()
    }

    /// How it is computed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.conv.algorithms().forward {
            Algorithm::Direct => "grouped implicit-gemm",
            Algorithm::Winograd(_) => "grouped winograd",
        }
    }

    /// The floats of the whole kernel [height, width, channels of a group, filters].
    #[must_use]
    pub fn kernel_len(&self) -> usize {
        self.groups * self.conv.geometry().kernel_len()
    }

    /// The memory it holds, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let parts = [&self.x, &self.y, &self.kernel];
        self.conv.bytes() + parts.map(Room::bytes).iter().sum::<usize>()
    }

    /// As [`Conv2d::forward`], of images and outputs that hold the channels of all groups, and a
    /// kernel that holds the filters of all.
    pub fn forward(
        &mut self,
        n: usize,
        x: &[f32],
        kernel: &[f32],
        bias: Option<&[f32]>,
        rectifier: Rectifier,
        y: &mut [f32],
    ) {
        let [c, f] = [self.conv.geometry().in_channels, self.conv.geometry().filters];
        let [input, output] = self.lens();
        for group in 0..self.groups {
            take(&kernel[..self.kernel_len()], self.groups, f, group, &mut self.kernel);
            let bias = bias.map(|bias| &bias[group * f..][..f]);
            let x = x[..n * input].chunks(self.block * input);
            for (x, y) in x.zip(y[..n * output].chunks_mut(self.block * output)) {
                let n = x.len() / input;
                take(x, self.groups, c, group, &mut self.x);
                self.conv.forward(n, &self.x, &self.kernel, bias, rectifier, &mut self.y);
                put(&self.y, self.groups, f, group, y);
            }
        }
    }

    /// As [`Conv2d::backward_kernel`].
    pub fn backward_kernel(
        &mut self,
        n: usize,
        x: &[f32],
        dy: &[f32],
        dkernel: &mut [f32],
        dbias: Option<&mut [f32]>,
    ) {
        let [c, f] = [self.conv.geometry().in_channels, self.conv.geometry().filters];
        let [input, output] = self.lens();
        if let Some(dbias) = dbias {
            column_sums(&dy[..n * output], dbias);
        }
        let dkernel = &mut dkernel[..self.kernel_len()];
        dkernel.fill(0.0);
        for group in 0..self.groups {
            let x = x[..n * input].chunks(self.block * input);
            for (x, dy) in x.zip(dy[..n * output].chunks(self.block * output)) {
                let n = x.len() / input;
                take(x, self.groups, c, group, &mut self.x);
                take(dy, self.groups, f, group, &mut self.y);
                self.conv.backward_kernel(n, &self.x, &self.y, &mut self.kernel, None);
                let rows = dkernel.chunks_exact_mut(self.groups * f);
                for (row, part) in rows.zip(self.kernel.chunks_exact(f)) {
                    accumulate(part, &mut row[group * f..][..f]);
                }
            }
        }
    }

    /// As [`Conv2d::backward_input`].
    pub fn backward_input(&mut self, n: usize, dy: &[f32], kernel: &[f32], dx: &mut [f32]) {
        let [c, f] = [self.conv.geometry().in_channels, self.conv.geometry().filters];
        let [input, output] = self.lens();
        for group in 0..self.groups {
            take(&kernel[..self.kernel_len()], self.groups, f, group, &mut self.kernel);
            let dy = dy[..n * output].chunks(self.block * output);
            for (dy, dx) in dy.zip(dx[..n * input].chunks_mut(self.block * input)) {
                let n = dy.len() / output;
                take(dy, self.groups, f, group, &mut self.y);
                self.conv.backward_input(n, &self.y, &self.kernel, &mut self.x);
                put(&self.x, self.groups, c, group, dx);
            }
        }
    }

    /// The floats of an image and of an output, of all groups.
    fn lens(&self) -> [usize; 2] {
        let g = self.conv.geometry();
        [g.input_len(), g.output_len()].map(|len| len * self.groups)
    }
}

/// Copies one group's part of rows of `groups` times `width` numbers.
fn take(from: &[f32], groups: usize, width: usize, group: usize, part: &mut [f32]) {
    for (row, part) in from.chunks_exact(groups * width).zip(part.chunks_exact_mut(width)) {
        part.copy_from_slice(&row[group * width..][..width]);
    }
}

/// Writes what [`take`] reads.
fn put(part: &[f32], groups: usize, width: usize, group: usize, to: &mut [f32]) {
    for (row, part) in to.chunks_exact_mut(groups * width).zip(part.chunks_exact(width)) {
        row[group * width..][..width].copy_from_slice(part);
    }
}
