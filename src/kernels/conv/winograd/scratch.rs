//! The memory that the directions of a convolution use one after the other.

use super::tiling::Tiling;
use crate::Result;
use crate::memory::Room;

/// Room for a block of tiles on their way.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// A row of zeros, for rows outside the image.
    pub zeros: Room,
    /// The bias once for every pixel of a row.
    pub bias: Room,
    /// Rows of the output that lie outside the image.
    pub spare: Room,
    pub input_strips: Room,
    pub input_planes: Room,
    pub output_planes: Room,
    pub output_strips: Room,
    /// The kernel turned.
    pub kernel: Room,
}

impl Scratch {
    /// Room for a convolution by these tiles too, to be allocated.
    pub fn fit(&mut self, tiling: &Tiling) {
        let g = &tiling.geometry;
        let (x, y) = (g.width * g.in_channels, g.out_width * g.filters);
        let (input, output) = (tiling.input_side(), tiling.output_side());
        let inputs = tiling.size.inputs();
        for (buffer, len) in [
            (&mut self.zeros, x.max(y)),
            (&mut self.bias, y),
            (&mut self.spare, tiling.size.outputs() * y),
            (&mut self.input_strips, inputs * input.strip),
            (&mut self.input_planes, inputs * input.plane),
            (&mut self.output_planes, inputs * output.plane),
            (&mut self.output_strips, inputs * output.strip),
            (&mut self.kernel, g.kernel_len()),
        ] {
            buffer.widen(len);
        }
    }

    /// Takes the memory.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        let Self {
            zeros,
            bias,
            spare,
            input_strips,
            input_planes,
            output_planes,
            output_strips,
            kernel,
        } = self;
        let strips_and_planes = [input_strips, input_planes, output_planes, output_strips];
        let mut rooms = [zeros, bias, spare, kernel].into_iter().chain(strips_and_planes);
        rooms.try_for_each(|room| room.allocate("transformed tiles"))
    }

    /// The memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let Self {
            zeros,
            bias,
            spare,
            input_strips,
            input_planes,
            output_planes,
            output_strips,
            kernel,
        } = self;
        let strips_and_planes = [input_strips, input_planes, output_planes, output_strips];
        let rooms = [zeros, bias, spare, kernel].into_iter().chain(strips_and_planes);
        rooms.map(Room::bytes).sum()
    }
}
