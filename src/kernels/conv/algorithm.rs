//! By which algorithm each direction is computed.

use super::Conv2dGeometry;
use super::winograd::Size;

/// How one direction is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Implicit matrix products.
    Direct,
    /// Winograd's convolution with tiles of this size.
    Winograd(Size),
}

/// One thing for each direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Directions<T> {
    pub forward: T,
    pub backward_input: T,
    pub backward_kernel: T,
}

impl<T: Copy> Directions<T> {
    /// The same for all directions.
    pub fn all(each: T) -> Self {
        Self { forward: each, backward_input: each, backward_kernel: each }
    }
}

impl Directions<bool> {
    /// Whether it is so of any.
    pub fn any(self) -> bool {
        self.forward || self.backward_input || self.backward_kernel
    }
}

impl Directions<Algorithm> {
    /// The fastest for a geometry. The number of images does not count, so that the result of a
    /// sample does not depend on the batch it is in.
    #[must_use]
    pub fn fastest(geometry: &Conv2dGeometry) -> Self {
        if !geometry.suits_winograd() {
            return Self::all(Algorithm::Direct);
        }
        let reversed = geometry.reversed();
        Self {
            forward: Algorithm::fastest(geometry, geometry.in_channels),
            backward_input: Algorithm::fastest(&reversed, reversed.in_channels),
            // Its sums are made in blocks.
            backward_kernel: Algorithm::fastest(geometry, 0),
        }
    }
}

/// The most pairs of channels: beyond, transforming the kernel takes as long as is saved (a
/// transformed kernel of this size has 18 MiB).
const MOST_PAIRS: usize = 1 << 17;

impl Algorithm {
    /// The fastest where sums have so many terms: the one with the fewest multiplications, counting
    /// those for pixels beyond the border.
    fn fastest(g: &Conv2dGeometry, terms: usize) -> Self {
        let mut best = (Self::Direct, 9 * g.out_height * g.out_width);
        for size in [Size::Two, Size::Four] {
            let tiles = [g.out_height, g.out_width].map(|length| length.div_ceil(size.outputs()));
            let products = tiles[0] * tiles[1] * size.inputs().pow(2);
            // Where they are equal, smaller tiles are faster to transform and more exact.
            if size.suits(g, terms) && products < best.1 {
                best = (Self::Winograd(size), products);
            }
        }
        best.0
    }
}

impl Size {
    /// Whether it is faster than direct convolution and exact enough for sums of so many terms.
    fn suits(self, g: &Conv2dGeometry, terms: usize) -> bool {
        let (least_channels, most_terms) = match self {
            Self::Two => (16, usize::MAX),
            Self::Four => (8, 1024),
        };
        g.in_channels.min(g.filters) >= least_channels
            && g.in_channels * g.filters <= MOST_PAIRS
            && terms <= most_terms
    }
}
