//! What convolutions of every kind have in common: their sizes and how they run.

use super::shapes::element_count;
use super::{Backward, CompileOptions, Forward, Op, Reads};
use crate::kernels::conv::{Algorithm, Algorithms, Conv2d, Conv2dGeometry, PooledConv2d};
use crate::kernels::depthwise::{Depthwise, DepthwiseGeometry};
use crate::kernels::grouped::GroupedConv2d;
use crate::kernels::pool::PoolGeometry;
use crate::kernels::{Padding, Rectifier};
use crate::{Result, err};

/// A convolution in groups, of images or of sequences (images of one row).
pub(super) struct Convolution {
    /// The layer's name.
    pub layer: &'static str,
    /// [height, width, channels].
    pub image: [usize; 3],
    pub filters: usize,
    pub kernel: [usize; 2],
    pub strides: [usize; 2],
    pub dilation: [usize; 2],
    pub padding: Padding,
    pub groups: usize,
}

impl Convolution {
    /// The sizes of one group.
    ///
    /// # Errors
    /// `Shape` and `TooLarge`.
    pub fn group(&self) -> Result<Conv2dGeometry> {
        let [height, width, channels] = self.image;
        for (what, size) in [("input channels", channels), ("filters", self.filters)] {
            if !size.is_multiple_of(self.groups) {
                return Err(err!(
                    Shape,
                    "{}: {size} {what} in {} groups, expected a multiple of the groups",
                    self.layer,
                    self.groups
                ));
            }
        }
        let image = [height, width, channels / self.groups];
        let (filters, padding) = (self.filters / self.groups, self.padding);
        let group =
            Conv2dGeometry::new(image, filters, self.kernel, self.strides, self.dilation, padding)?;
        let kernel = [self.kernel[0], self.kernel[1], image[2], self.filters];
        element_count(&format!("{}: the kernel", self.layer), &kernel)?;
        Ok(group)
    }

    /// The sizes where every channel is a group.
    fn depthwise(&self) -> Result<DepthwiseGeometry> {
        let (multiplier, padding) = (self.filters / self.groups, self.padding);
        DepthwiseGeometry::new(
            self.image,
            multiplier,
            self.kernel,
            self.strides,
            self.dilation,
            padding,
        )
    }

    /// The multiply-adds of a sample.
    pub fn multiply_adds(&self) -> u64 {
        self.group().map_or(0, |group| self.groups as u64 * group.multiply_adds())
    }

    /// Makes it ready.
    ///
    /// # Errors
    /// As [`Convolution::group`].
    pub fn compile(
        &self,
        use_bias: bool,
        rectifier: Rectifier,
        max_batch: usize,
        CompileOptions { training, winograd }: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let group = self.group()?;
        let kernel_len = self.groups * group.kernel_len();
        let algorithms =
            if winograd { Algorithms::fastest(&group) } else { Algorithms::all(Algorithm::Direct) };
        let kernel = if self.groups > 1 && group.in_channels == 1 {
            // [height, width, 1, channels * filters of each] is laid out as a depthwise kernel.
            Kernel::Depthwise(Depthwise::new(self.depthwise()?, training))
        } else if self.groups > 1 {
            let (batch, groups) = (max_batch, self.groups);
            Kernel::Grouped(GroupedConv2d::new(group, groups, batch, training, algorithms))
        } else {
            Kernel::Dense(Conv2d::with_algorithms(group, max_batch, training, algorithms))
        };
        Ok(Box::new(ConvolutionOp { kernel, kernel_len, use_bias, rectifier }))
    }
}

/// The kernel that computes a convolution.
pub(super) enum Kernel {
    Dense(Conv2d),
    Depthwise(Depthwise),
    Grouped(GroupedConv2d),
}

/// Calls a method of the kernel, whichever it is.
macro_rules! call {
    ($kernel:expr, $method:ident($($argument:expr),*)) => {
        match $kernel {
            Kernel::Dense(kernel) => kernel.$method($($argument),*),
            Kernel::Depthwise(kernel) => kernel.$method($($argument),*),
            Kernel::Grouped(kernel) => kernel.$method($($argument),*),
        }
    };
}

/// A convolution with a bias, if there is one, and a rectifier.
pub(super) struct ConvolutionOp {
    pub kernel: Kernel,
    /// The floats of the kernel; those of the bias follow.
    pub kernel_len: usize,
    pub use_bias: bool,
    pub rectifier: Rectifier,
}

impl Op for ConvolutionOp {
    fn name(&self) -> &'static str {
        call!(&self.kernel, name())
    }

    fn bytes(&self) -> usize {
        call!(&self.kernel, bytes())
    }

    fn allocate(&mut self, _max_batch: usize) -> Result<()> {
        call!(&mut self.kernel, allocate())
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: true, output: self.rectifier != Rectifier::Linear }
    }

    fn rectifier(&mut self) -> Option<&mut Rectifier> {
        Some(&mut self.rectifier)
    }

    fn pooled(&self, pool: &PoolGeometry, max_batch: usize) -> Option<Box<dyn Op>> {
        let Kernel::Dense(conv) = &self.kernel else { return None };
        let (geometry, algorithms) = (conv.geometry(), conv.algorithms());
        PooledConv2d::pays(geometry, algorithms, pool).then(|| {
            let sizes = (geometry.clone(), pool.clone());
            let kernel = PooledConv2d::new(sizes, max_batch, algorithms);
            let Self { kernel_len, use_bias, rectifier, .. } = *self;
            Box::new(PooledConvolutionOp { kernel, kernel_len, use_bias, rectifier }) as Box<dyn Op>
        })
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let (kernel, bias) = pass.weights.split_at(self.kernel_len);
        let (n, bias) = (pass.n, self.use_bias.then_some(bias));
        let x = pass.inputs.get(0);
        if let Kernel::Dense(conv) = &mut self.kernel {
            conv.reuse_kernel(!pass.weights_changed);
        }
        call!(&mut self.kernel, forward(n, x, kernel, bias, self.rectifier, pass.output));
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        self.rectifier.backward(pass.output, pass.doutput);
        let (dkernel, dbias) = pass.dweights.split_at_mut(self.kernel_len);
        let dbias = self.use_bias.then_some(dbias);
        let (n, x, dy) = (pass.n, pass.inputs.get(0), &*pass.doutput);
        call!(&mut self.kernel, backward_kernel(n, x, dy, dkernel, dbias));
        if let Some(dx) = pass.dinputs.get(0) {
            let kernel = &pass.weights[..self.kernel_len];
            call!(&mut self.kernel, backward_input(n, dy, kernel, dx));
        }
    }
}

/// A convolution with a bias, if there is one, a max-pooling and a rectifier.
struct PooledConvolutionOp {
    kernel: PooledConv2d,
    kernel_len: usize,
    use_bias: bool,
    /// Of the output: the maximum of what was rectified is the rectified maximum.
    rectifier: Rectifier,
}

impl Op for PooledConvolutionOp {
    fn name(&self) -> &'static str {
        self.kernel.name()
    }

    fn bytes(&self) -> usize {
        self.kernel.bytes()
    }

    fn sample_bytes(&self) -> usize {
        self.kernel.sample_bytes()
    }

    fn allocate(&mut self, _max_batch: usize) -> Result<()> {
        self.kernel.allocate()
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: true, output: self.rectifier != Rectifier::Linear }
    }

    fn rectifier(&mut self) -> Option<&mut Rectifier> {
        Some(&mut self.rectifier)
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let (kernel, bias) = pass.weights.split_at(self.kernel_len);
        let bias = self.use_bias.then_some(bias);
        self.kernel.reuse_kernel(!pass.weights_changed);
        let (x, y) = (pass.inputs.get(0), pass.output);
        self.kernel.forward(pass.n, x, kernel, bias, self.rectifier, y);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        self.rectifier.backward(pass.output, pass.doutput);
        let (dkernel, dbias) = pass.dweights.split_at_mut(self.kernel_len);
        let dbias = self.use_bias.then_some(dbias);
        let (kernel, x) = (&pass.weights[..self.kernel_len], pass.inputs.get(0));
        let dx = pass.dinputs.get(0);
        self.kernel.backward(pass.n, x, pass.doutput, kernel, dkernel, dbias, dx);
    }
}
