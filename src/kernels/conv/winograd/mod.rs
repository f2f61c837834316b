//! Winograd's convolution: kernels of 3x3, stride 1, by fewer multiplications.
//!
//! An output tile of `M` by `M` pixels takes `(M + 2)²` products for each pair of channels instead
//! of `9 M²`: input tile and kernel are transformed, multiplied element by element, and the products
//! are transformed back (S. Winograd, *Arithmetic Complexity of Computations*, 1980; A. Lavin and
//! S. Gray, *Fast Algorithms for Convolutional Neural Networks*, 2015). Element `k` of all tiles and
//! channels makes a matrix, so that the products are matrix products, for which a block of tiles of
//! one or several images is gathered.

mod convolution;
mod gradient;
mod kernel;
mod scratch;
mod tiling;
mod transform;

pub use convolution::Convolution;
pub use gradient::KernelGradient;
pub use kernel::turn;
pub use scratch::Scratch;
pub use tiling::Tiling;

/// The size of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// F(2x2, 3x3).
    Two,
    /// F(4x4, 3x3).
    Four,
}

impl Size {
    /// The outputs of a tile along one axis.
    pub fn outputs(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// The inputs of a tile along one axis.
    pub fn inputs(self) -> usize {
        self.outputs() + 2
    }
}
