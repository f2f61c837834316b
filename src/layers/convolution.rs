//! What convolutions of every kind have in common when they run.

use super::{Backward, Forward, Op, Reads};
use crate::Result;
use crate::kernels::Rectifier;
use crate::kernels::conv::{Conv2d, PooledConv2d};
use crate::kernels::depthwise::Depthwise;
use crate::kernels::grouped::GroupedConv2d;
use crate::kernels::pool::PoolGeometry;

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
