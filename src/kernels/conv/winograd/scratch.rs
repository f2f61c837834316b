//! The memory that the directions of a convolution use one after the other.

use super::tiling::Tiling;

/// Room for a block of tiles on their way.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// A row of zeros, for rows outside the image.
    pub zeros: Vec<f32>,
    /// The bias once for every pixel of a row.
    pub bias: Vec<f32>,
    /// Rows of the output that lie outside the image.
    pub spare: Vec<f32>,
    pub input_strips: Vec<f32>,
    pub input_planes: Vec<f32>,
    pub output_planes: Vec<f32>,
    pub output_strips: Vec<f32>,
    /// The kernel turned.
    pub kernel: Vec<f32>,
}

impl Scratch {
    /// Makes room for a convolution by these tiles.
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
            buffer.resize(len.max(buffer.len()), 0.0);
        }
    }

    /// The memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        [
            &self.zeros,
            &self.bias,
            &self.spare,
            &self.input_strips,
            &self.input_planes,
            &self.output_planes,
            &self.output_strips,
            &self.kernel,
        ]
        .iter()
        .map(|buffer| size_of_val(buffer.as_slice()))
        .sum()
    }
}
