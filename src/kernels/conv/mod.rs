//! Two-dimensional convolution: forward, gradient of the kernel, gradient of the input.
//!
//! Two algorithms: implicit matrix products for every convolution (`direct`), and Winograd's for
//! kernels of 3x3 (`winograd`). [`Algorithms::fastest`] says which is used where.

mod algorithm;
mod direct;
mod geometry;
mod padding;
mod pooled;
mod winograd;

pub use super::window::Padding;
pub use algorithm::{Algorithm, Directions};
pub use geometry::Conv2dGeometry;
pub use pooled::PooledConv2d;
pub use winograd::Size;

use std::mem::replace;

use super::Rectifier;
use super::gemm::multiply::Epilogue;
use super::reduce::column_sums;
use crate::Result;
use direct::Direct;
use winograd::{Convolution, KernelGradient, Scratch, Tiling};

/// The algorithm of each direction.
pub type Algorithms = Directions<Algorithm>;

/// A convolution of one geometry, with the memory it needs besides its arguments.
#[derive(Clone, Debug)]
pub struct Conv2d {
    geometry: Conv2dGeometry,
    /// For the directions that are computed directly.
    direct: Option<Box<Direct>>,
    /// For those that are not.
    forward: Option<Convolution>,
    backward_input: Option<Convolution>,
    backward_kernel: Option<KernelGradient>,
    scratch: Scratch,
    /// Whether the passes have the kernel of the pass before.
    reuse: bool,
    /// Whether that kernel is ready for the gradient of the input.
    ready_backward: bool,
}

impl Conv2d {
    /// A convolution for up to `max_batch` images, by the algorithms that are the fastest, to be
    /// allocated. Without `training` only `forward` may be called.
    #[must_use]
    pub fn new(geometry: Conv2dGeometry, max_batch: usize, training: bool) -> Self {
        let algorithms = Algorithms::fastest(&geometry);
        Self::with_algorithms(geometry, max_batch, training, algorithms)
    }

    /// The same by these algorithms; where Winograd's does not apply, directly.
    #[must_use]
    pub fn with_algorithms(
        geometry: Conv2dGeometry,
        max_batch: usize,
        training: bool,
        algorithms: Algorithms,
    ) -> Self {
        let wanted =
            Directions { forward: true, backward_input: training, backward_kernel: training };
        Self::for_directions(geometry, max_batch, wanted, algorithms)
    }

    /// The same for the wanted directions only.
    #[must_use]
    pub fn for_directions(
        geometry: Conv2dGeometry,
        max_batch: usize,
        wanted: Directions<bool>,
        algorithms: Algorithms,
    ) -> Self {
        let size = |wanted: bool, algorithm: Algorithm| match algorithm {
            Algorithm::Winograd(size) if wanted && geometry.suits_winograd() => Some(size),
            _ => None,
        };
        let forward = size(wanted.forward, algorithms.forward)
            .map(|size| Convolution::new(geometry.clone(), size, max_batch));
        let backward_input = size(wanted.backward_input, algorithms.backward_input)
            .map(|size| Convolution::new(geometry.reversed(), size, max_batch));
        let backward_kernel = size(wanted.backward_kernel, algorithms.backward_kernel)
            .map(|size| KernelGradient::new(geometry.clone(), size, max_batch));
        let direct = Directions {
            forward: wanted.forward && forward.is_none(),
            backward_input: wanted.backward_input && backward_input.is_none(),
            backward_kernel: wanted.backward_kernel && backward_kernel.is_none(),
        };
        let direct =
            direct.any().then(|| Box::new(Direct::new(geometry.clone(), max_batch, direct)));
        let mut scratch = Scratch::default();
        let convolutions = forward.iter().chain(&backward_input).map(Convolution::tiling);
        convolutions
            .chain(backward_kernel.iter().map(KernelGradient::tiling))
            .for_each(|tiling| scratch.fit(tiling));
        Self {
            geometry,
            direct,
            forward,
            backward_input,
            backward_kernel,
            scratch,
            reuse: false,
            ready_backward: false,
        }
    }

    /// Takes the memory that it needs, before the first pass.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        self.direct.iter_mut().try_for_each(|direct| direct.allocate())?;
        let mut convolutions = self.forward.iter_mut().chain(&mut self.backward_input);
        convolutions.try_for_each(Convolution::allocate)?;
        self.backward_kernel.iter_mut().try_for_each(KernelGradient::allocate)?;
        self.scratch.allocate()
    }

    /// The geometry it was made for.
    #[must_use]
    pub fn geometry(&self) -> &Conv2dGeometry {
        &self.geometry
    }

    /// Says whether the passes that follow have the kernel of the pass before, which then need not
    /// be packed and transformed again; at first they have not.
    pub fn reuse_kernel(&mut self, reuse: bool) {
        self.reuse = reuse;
    }

    /// How it is computed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.algorithms().forward {
            Algorithm::Direct => "implicit-gemm",
            Algorithm::Winograd(Size::Two) => "winograd F(2x2,3x3)",
            Algorithm::Winograd(Size::Four) => "winograd F(4x4,3x3)",
        }
    }

    /// How each direction is computed.
    #[must_use]
    pub fn algorithms(&self) -> Algorithms {
        let of = |tiling: Option<&Tiling>| match tiling {
            None => Algorithm::Direct,
            Some(tiling) => Algorithm::Winograd(tiling.size),
        };
        Directions {
            forward: of(self.forward.as_ref().map(Convolution::tiling)),
            backward_input: of(self.backward_input.as_ref().map(Convolution::tiling)),
            backward_kernel: of(self.backward_kernel.as_ref().map(KernelGradient::tiling)),
        }
    }

    /// The memory it holds, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let convolutions = self.forward.iter().chain(&self.backward_input);
        convolutions.map(Convolution::bytes).sum::<usize>()
            + self.backward_kernel.as_ref().map_or(0, KernelGradient::bytes)
            + self.direct.as_ref().map_or(0, |direct| direct.bytes())
            + self.scratch.bytes()
    }

    /// Convolves `n` images `x` [n, height, width, in_channels] with `kernel` (HWIO) into `y`
    /// [n, out_height, out_width, filters]; adds `bias` [filters], then applies the rectifier.
    pub fn forward(
        &mut self,
        n: usize,
        x: &[f32],
        kernel: &[f32],
        bias: Option<&[f32]>,
        rectifier: Rectifier,
        y: &mut [f32],
    ) {
        let kernel = &kernel[..self.geometry.kernel_len()];
        let epilogue = Epilogue { bias, rectifier };
        self.ready_backward &= self.reuse;
        if let Some(convolution) = &mut self.forward {
            if !self.reuse {
                convolution.set_kernel(kernel);
            }
            convolution.run(n, x, epilogue, &mut self.scratch, y);
        } else if let Some(direct) = &mut self.direct {
            if !self.reuse {
                direct.set_kernel(kernel);
            }
            direct.forward(n, x, epilogue, y);
        }
    }

    /// From the gradient `dy` of the output of `n` images and the kernel (HWIO): the gradient `dx`
    /// of the input [n, height, width, in_channels].
    ///
    /// # Panics
    /// If it was not made for training.
    pub fn backward_input(&mut self, n: usize, dy: &[f32], kernel: &[f32], dx: &mut [f32]) {
        let g = &self.geometry;
        let kernel = &kernel[..g.kernel_len()];
        let is_ready = self.reuse && replace(&mut self.ready_backward, true);
        if let Some(convolution) = &mut self.backward_input {
            if !is_ready {
                let turned = &mut self.scratch.kernel[..g.kernel_len()];
                winograd::turn(kernel, [g.in_channels, g.filters], turned);
                convolution.set_kernel(turned);
            }
            convolution.run(n, dy, Epilogue::default(), &mut self.scratch, dx);
        } else {
            let direct = self.direct.as_mut().expect("made for training");
            if !is_ready {
                direct.set_transposed_kernel(kernel);
            }
            direct.backward_input(n, dy, dx);
        }
    }

    /// From the input `x` and the gradient `dy` of the output of `n` images: the gradient of the
    /// kernel (HWIO), summed over the images, and of the bias.
    ///
    /// # Panics
    /// If it was not made for training.
    pub fn backward_kernel(
        &mut self,
        n: usize,
        x: &[f32],
        dy: &[f32],
        dkernel: &mut [f32],
        dbias: Option<&mut [f32]>,
    ) {
        let g = &self.geometry;
        let (dy, dkernel) = (&dy[..n * g.output_len()], &mut dkernel[..g.kernel_len()]);
        if let Some(dbias) = dbias {
            column_sums(dy, dbias);
        }
        if let Some(gradient) = &mut self.backward_kernel {
            gradient.run(n, x, dy, &mut self.scratch, dkernel);
        } else {
            self.direct.as_mut().expect("made for training").backward_kernel(n, x, dy, dkernel);
        }
    }
}
