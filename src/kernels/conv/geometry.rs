//! The sizes of a convolution and where its windows lie.

use crate::kernels::gemm::{Rows, rows::index};
use crate::kernels::window::{Axis, Padding, elements};
use crate::memory::reserve;
use crate::{Result, err};

/// The sizes of a convolution of [height, width, in_channels] images by a kernel
/// [kernel[0], kernel[1], in_channels, filters] into [out_height, out_width, filters]. Made by
/// [`Conv2dGeometry::new`], which checks them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Conv2dGeometry {
    pub height: usize,
    pub width: usize,
    pub in_channels: usize,
    /// [height, width].
    pub kernel: [usize; 2],
    /// [down, across].
    pub strides: [usize; 2],
    /// [down, across].
    pub dilation: [usize; 2],
    /// [top, left, bottom, right].
    pub pads: [usize; 4],
    pub out_height: usize,
    pub out_width: usize,
    pub filters: usize,
}

impl Conv2dGeometry {
    /// Works out padding and output size for images [height, width, channels].
    ///
    /// # Errors
    /// `Argument` where a size, stride or dilation is zero, `Shape` where the kernel does not fit an
    /// unpadded image, `TooLarge` where a tensor would have more than 2^28 elements.
    pub fn new(
        input: [usize; 3],
        filters: usize,
        kernel: [usize; 2],
        strides: [usize; 2],
        dilation: [usize; 2],
        padding: Padding,
    ) -> Result<Self> {
        let [height, width, in_channels] = input;
        if in_channels == 0 || filters == 0 {
            return Err(err!(
                Argument,
                "convolution: {in_channels} input channels and {filters} filters, expected at least 1"
            ));
        }
        let rows =
            Axis::new("convolution height", height, kernel[0], strides[0], dilation[0], padding)?;
        let columns =
            Axis::new("convolution width", width, kernel[1], strides[1], dilation[1], padding)?;
        let geometry = Self {
            height,
            width,
            in_channels,
            kernel,
            strides,
            dilation,
            pads: [rows.before, columns.before, rows.after, columns.after],
            out_height: rows.out,
            out_width: columns.out,
            filters,
        };
        let padded = [geometry.padded_height(), geometry.padded_width(), in_channels];
        elements("convolution input", &padded)?;
        elements("convolution output", &[rows.out, columns.out, filters])?;
        elements("convolution kernel", &[kernel[0], kernel[1], in_channels, filters])?;
        Ok(geometry)
    }

    /// The floats of one image.
    #[must_use]
    pub fn input_len(&self) -> usize {
        self.height * self.width * self.in_channels
    }

    /// The floats of one output.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.out_height * self.out_width * self.filters
    }

    /// The floats of the kernel.
    #[must_use]
    pub fn kernel_len(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.in_channels * self.filters
    }

    /// The multiply-adds of the forward pass for one image.
    #[must_use]
    pub fn multiply_adds(&self) -> u64 {
        (self.out_height * self.out_width) as u64 * self.kernel_len() as u64
    }

    /// Whether Winograd's algorithm applies: a kernel of 3x3 that moves by one pixel.
    pub(super) fn suits_winograd(&self) -> bool {
        (self.kernel, self.strides, self.dilation) == ([3, 3], [1, 1], [1, 1])
    }

    /// The convolution that makes the gradient of the input from that of the output, with the kernel
    /// turned by half a turn. Only for strides of 1.
    pub(super) fn reversed(&self) -> Self {
        let [top, left, bottom, right] = self.pads;
        let [down, across] =
            std::array::from_fn(|axis| (self.kernel[axis] - 1) * self.dilation[axis]);
        Self {
            height: self.out_height,
            width: self.out_width,
            in_channels: self.filters,
            pads: [down - top, across - left, down - bottom, across - right],
            out_height: self.height,
            out_width: self.width,
            filters: self.in_channels,
            ..self.clone()
        }
    }

    /// The height with padding.
    pub(super) fn padded_height(&self) -> usize {
        self.height + self.pads[0] + self.pads[2]
    }

    /// The width with padding.
    pub(super) fn padded_width(&self) -> usize {
        self.width + self.pads[1] + self.pads[3]
    }

    /// The floats of one padded image.
    pub(super) fn padded_len(&self) -> usize {
        self.padded_height() * self.padded_width() * self.in_channels
    }

    /// Whether there is any padding.
    pub(super) fn is_padded(&self) -> bool {
        self.pads != [0; 4]
    }

    /// The output pixels of one image.
    pub(super) fn pixels(&self) -> usize {
        self.out_height * self.out_width
    }

    /// Where each output pixel of `images` padded images that follow each other begins to see.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for the list.
    pub(super) fn offsets(&self, images: usize) -> Result<Vec<u32>> {
        let c = self.in_channels;
        let line = self.padded_width() * c;
        let mut offsets = reserve("places of pixels", images * self.pixels())?;
        for image in 0..images {
            for row in 0..self.out_height {
                for column in 0..self.out_width {
                    let start = row * self.strides[0] * line + column * self.strides[1] * c;
                    offsets.push(index(image * self.padded_len() + start));
                }
            }
        }
        Ok(offsets)
    }

    /// What each output pixel sees, without [`offsets`](Self::offsets).
    pub(super) fn rows(&self) -> Rows {
        let c = self.in_channels;
        let [down, across] = self.dilation.map(|dilation| dilation * c);
        let down = down * self.padded_width();
        let [kernel_height, kernel_width] = self.kernel;
        let (segments, run) = if kernel_width > 1 && self.dilation[1] > 1 {
            // The taps of a kernel row lie apart.
            let taps = (0..kernel_height).flat_map(|row| {
                (0..kernel_width).map(move |column| index(row * down + column * across))
            });
            (taps.collect(), c)
        } else if kernel_width * c == down {
            // The kernel is as wide as the image: its rows join.
            (vec![0], kernel_height * down)
        } else {
            ((0..kernel_height).map(|row| index(row * down)).collect(), kernel_width * c)
        };
        Rows { offsets: Vec::new(), segments, run }
    }
}
