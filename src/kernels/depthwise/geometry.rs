//! The sizes of a depthwise convolution.

use super::windows::WindowAxis;
use crate::kernels::window::{Axis, Padding, elements};
use crate::{Result, err};

/// The sizes of a depthwise convolution of [height, width, channels] images by a kernel
/// [kernel[0], kernel[1], channels, multiplier] into [out_height, out_width, channels *
/// multiplier]; filter `m` of channel `c` gives channel `c * multiplier + m`. Made by
/// [`DepthwiseGeometry::new`], which checks them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct DepthwiseGeometry {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    pub multiplier: usize,
    /// [height, width].
    pub kernel: [usize; 2],
    /// [down, across].
    pub strides: [usize; 2],
    /// [down, across].
    pub dilation: [usize; 2],
    /// [above, left].
    pub pads: [usize; 2],
    pub out_height: usize,
    pub out_width: usize,
}

impl DepthwiseGeometry {
    /// Works out padding and output size for images [height, width, channels].
    ///
    /// # Errors
    /// `Argument` where a size, stride or dilation is zero, `Shape` where the kernel does not fit an
    /// unpadded image, `TooLarge` where a tensor would have more than 2^28 elements.
    pub fn new(
        input: [usize; 3],
        multiplier: usize,
        kernel: [usize; 2],
        strides: [usize; 2],
        dilation: [usize; 2],
        padding: Padding,
    ) -> Result<Self> {
        let [height, width, channels] = input;
        if channels == 0 || multiplier == 0 {
            return Err(err!(
                Argument,
                "depthwise convolution: {channels} channels by {multiplier} filters each, expected \
                 at least 1"
            ));
        }
        let axis = |name, axis: usize| {
            let (size, stride, apart) = (kernel[axis], strides[axis], dilation[axis]);
            Axis::new(name, input[axis], size, stride, apart, padding)
        };
        let rows = axis("depthwise convolution height", 0)?;
        let columns = axis("depthwise convolution width", 1)?;
        elements("depthwise convolution input", &[height, width, channels, multiplier])?;
        let output = [rows.out, columns.out, channels, multiplier];
        elements("depthwise convolution output", &output)?;
        elements("depthwise kernel", &[kernel[0], kernel[1], channels, multiplier])?;
        Ok(Self {
            height,
            width,
            channels,
            multiplier,
            kernel,
            strides,
            dilation,
            pads: [rows.before, columns.before],
            out_height: rows.out,
            out_width: columns.out,
        })
    }

    /// The channels of the output.
    #[must_use]
    pub fn filters(&self) -> usize {
        self.channels * self.multiplier
    }

    /// The floats of one image.
    #[must_use]
    pub fn input_len(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// The floats of one output.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.out_height * self.out_width * self.filters()
    }

    /// The floats of the kernel.
    #[must_use]
    pub fn kernel_len(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.filters()
    }

    /// The multiply-adds of the forward pass for one image.
    #[must_use]
    pub fn multiply_adds(&self) -> u64 {
        (self.out_height * self.out_width) as u64 * self.kernel_len() as u64
    }

    /// What holds down (0) or across (1).
    pub(super) fn axis(&self, axis: usize) -> WindowAxis {
        WindowAxis {
            input: [self.height, self.width][axis],
            output: [self.out_height, self.out_width][axis],
            size: self.kernel[axis],
            stride: self.strides[axis],
            dilation: self.dilation[axis],
            before: self.pads[axis],
        }
    }
}
