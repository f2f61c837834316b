//! Three networks as chains of kernels.

use super::common::{median_seconds, report};
use super::numbers::numbers;
use tabgrad::kernels::Padding::{self, Same, Valid};
use tabgrad::kernels::Rectifier;
use tabgrad::kernels::activation::Activation;
use tabgrad::kernels::conv::{Conv2d, Conv2dGeometry};
use tabgrad::kernels::matmul::MatMul;
use tabgrad::kernels::norm::{BatchNorm, Gradients};
use tabgrad::kernels::pool::{PoolGeometry, max_backward, max_forward};
use tabgrad::kernels::softmax::{Target, cross_entropy};
use tabgrad::kernels::update::{Adam, EpsilonPlacement};

const BATCH: usize = 64;
const CLASSES: usize = 10;

/// The head of the table that [`Network::bench_layers`] continues.
pub fn report_head(name: &str) {
    let head = ["forward", "weights", "input"].map(|direction| format!("{direction:>14}"));
    report(&format!("{:42} {}", format!("{name}, batch {BATCH}"), head.join(" ")));
}

/// A chain of layers on images.
pub struct Network {
    pub name: &'static str,
    layers: Vec<Layer>,
    /// The activations before each layer, and the logits.
    activations: Vec<Vec<f32>>,
}

struct Layer {
    name: String,
    kind: Kind,
    weights: Vec<f32>,
    gradients: Vec<f32>,
    moments: [Vec<f32>; 2],
}

enum Kind {
    /// With bias and perhaps ReLU.
    Conv(Box<Conv2d>, Rectifier),
    Dense(Box<MatMul>, Rectifier),
    MaxPool(PoolGeometry, Vec<u32>),
    /// Batch normalisation, then ReLU.
    Norm(BatchNorm),
}

/// The networks measured in docs/ and the benchmarks of the page.
pub fn all() -> [Network; 3] {
    let mut w1 = Builder::new("W1", [28, 28, 1]);
    w1.conv(8, 5, 1, Valid, true).pool().conv(16, 5, 1, Valid, true).pool().dense(CLASSES, false);
    let mut v3 = Builder::new("V3", [28, 28, 1]);
    v3.conv(16, 5, 2, Valid, false).norm().conv(24, 3, 1, Valid, false).norm().pool();
    v3.conv(32, 3, 1, Valid, false).norm().dense(CLASSES, false);
    let mut w2 = Builder::new("W2", [32, 32, 3]);
    w2.conv(32, 3, 1, Same, true).conv(32, 3, 1, Same, true).pool();
    w2.conv(64, 3, 1, Same, true).conv(64, 3, 1, Same, true).pool();
    w2.dense(128, true).dense(CLASSES, false);
    [w1, v3, w2].map(|builder| builder.network)
}

/// Sets of layers by themselves: those of ResNet-20 for CIFAR, each shape once (its convolutions
/// have no bias, the batch norm behind them is measured with V3), and convolutions and dense layers
/// of more and more channels.
pub fn layer_sets() -> [(&'static str, Vec<Network>); 2] {
    let conv = |shape, filters, size, stride| {
        let mut builder = Builder::new("", shape);
        builder.conv(filters, size, stride, Same, false);
        builder.network
    };
    let dense = |inputs, units| {
        let mut builder = Builder::new("", [1, 1, inputs]);
        builder.dense(units, false);
        builder.network
    };
    let resnet = vec![
        conv([32, 32, 3], 16, 3, 1),
        conv([32, 32, 16], 16, 3, 1),
        conv([32, 32, 16], 32, 3, 2),
        conv([32, 32, 16], 32, 1, 2),
        conv([16, 16, 32], 32, 3, 1),
        conv([16, 16, 32], 64, 3, 2),
        conv([16, 16, 32], 64, 1, 2),
        conv([8, 8, 64], 64, 3, 1),
        dense(64, CLASSES),
    ];
    let channels = [8, 16, 32, 64, 128, 256, 512];
    // As much to do for each, as far as images have pixels.
    let side = |channels: usize| (256 / channels).clamp(4, 16);
    let mut scaling: Vec<_> = channels
        .map(|channels| conv([side(channels), side(channels), channels], channels, 3, 1))
        .into();
    scaling.extend(channels.map(|channels| dense(channels, channels)));
    [("W3", resnet), ("channels 8 to 512", scaling)]
}

struct Builder {
    network: Network,
    shape: [usize; 3],
}

impl Builder {
    fn new(name: &'static str, shape: [usize; 3]) -> Self {
        let input = numbers(BATCH * shape.iter().product::<usize>());
        Self { network: Network { name, layers: Vec::new(), activations: vec![input] }, shape }
    }

    fn push(&mut self, name: String, kind: Kind, weights: usize, shape: [usize; 3]) -> &mut Self {
        self.network.layers.push(Layer {
            name,
            kind,
            weights: numbers(weights).iter().map(|x| x * 0.05).collect(),
            gradients: vec![0.0; weights],
            moments: [vec![0.0; weights], vec![0.0; weights]],
        });
        self.network.activations.push(vec![0.0; BATCH * shape.iter().product::<usize>()]);
        self.shape = shape;
        self
    }

    fn conv(
        &mut self,
        filters: usize,
        size: usize,
        stride: usize,
        padding: Padding,
        relu: bool,
    ) -> &mut Self {
        let g = Conv2dGeometry::new(self.shape, filters, [size; 2], [stride; 2], [1, 1], padding)
            .expect("a valid geometry");
        let shape = [g.out_height, g.out_width, filters];
        let name = format!("conv {size}x{size}/{stride} {:?}->{shape:?}", self.shape);
        let weights = g.kernel_len() + filters;
        let mut conv = Conv2d::new(g, BATCH, true);
        conv.allocate().expect("little memory");
        self.push(name, Kind::Conv(Box::new(conv), rectifier(relu)), weights, shape)
    }

    fn pool(&mut self) -> &mut Self {
        let g = PoolGeometry::new(self.shape, [2, 2], [2, 2], Valid).expect("a valid geometry");
        let shape = [g.out_height, g.out_width, g.channels];
        let argmax = vec![0; BATCH * g.output_len()];
        self.push(format!("max-pool {:?}", self.shape), Kind::MaxPool(g, argmax), 0, shape)
    }

    fn norm(&mut self) -> &mut Self {
        let shape = self.shape;
        let mut norm = BatchNorm::new(shape[2], 1e-3);
        norm.allocate().expect("little memory");
        norm.rectifier = Rectifier::Relu;
        self.push(format!("batch norm, ReLU {shape:?}"), Kind::Norm(norm), 2 * shape[2], shape)
    }

    fn dense(&mut self, units: usize, relu: bool) -> &mut Self {
        let inputs = self.shape.iter().product::<usize>();
        let mut product = MatMul::new(BATCH, inputs, units, true).expect("a valid size");
        product.allocate().expect("little memory");
        let kind = Kind::Dense(Box::new(product), rectifier(relu));
        self.push(format!("dense {inputs}->{units}"), kind, inputs * units + units, [1, 1, units])
    }
}

fn rectifier(relu: bool) -> Rectifier {
    if relu { Rectifier::Relu } else { Rectifier::Linear }
}

impl Layer {
    fn forward(&mut self, x: &[f32], y: &mut [f32]) {
        match &mut self.kind {
            Kind::Conv(conv, rectifier) => {
                let (kernel, bias) = self.weights.split_at(conv.geometry().kernel_len());
                conv.forward(BATCH, x, kernel, Some(bias), *rectifier, y);
            }
            Kind::Dense(product, rectifier) => {
                let (kernel, bias) = self.weights.split_at(self.weights.len() - y.len() / BATCH);
                product.forward(BATCH, x, kernel, Some(bias), *rectifier, y);
            }
            Kind::MaxPool(g, argmax) => {
                max_forward(g, BATCH, x, Rectifier::Linear, y, Some(argmax))
            }
            Kind::Norm(norm) => {
                let (gamma, beta) = self.weights.split_at(self.weights.len() / 2);
                norm.forward_training(x, Some(gamma), Some(beta), y);
            }
        }
    }

    fn backward_weights(&mut self, x: &[f32], dy: &[f32]) {
        match &mut self.kind {
            Kind::Conv(conv, _) => {
                let (dkernel, dbias) = self.gradients.split_at_mut(conv.geometry().kernel_len());
                conv.backward_kernel(BATCH, x, dy, dkernel, Some(dbias));
            }
            Kind::Dense(product, _) => {
                let at = self.gradients.len() - dy.len() / BATCH;
                let (db, dbias) = self.gradients.split_at_mut(at);
                product.backward_b(BATCH, x, dy, db, Some(dbias));
            }
            Kind::MaxPool(..) | Kind::Norm(..) => {}
        }
    }

    fn backward_input(&mut self, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        match &mut self.kind {
            Kind::Conv(conv, _) => conv.backward_input(BATCH, dy, &self.weights, dx),
            Kind::Dense(product, _) => product.backward_a(BATCH, dy, &self.weights, dx),
            Kind::MaxPool(g, argmax) => max_backward(g, BATCH, dy, argmax, dx),
            Kind::Norm(norm) => {
                let (dgamma, dbeta) = self.gradients.split_at_mut(self.weights.len() / 2);
                let gradients =
                    Gradients { dx: Some(dx), dgamma: Some(dgamma), dbeta: Some(dbeta) };
                norm.backward(x, dy, gradients);
            }
        }
    }

    /// The gradient before a fused ReLU.
    fn undo_relu(&self, y: &[f32], dy: &mut Vec<f32>, scratch: &mut Vec<f32>) {
        if let Kind::Conv(_, Rectifier::Relu) | Kind::Dense(_, Rectifier::Relu) = self.kind {
            scratch.resize(dy.len(), 0.0);
            Activation::Relu.backward(1, dy.len(), y, dy, scratch);
            std::mem::swap(dy, scratch);
        }
    }

    /// The floating point operations of one direction, for the products.
    fn flops(&self) -> Option<f64> {
        match &self.kind {
            Kind::Conv(conv, _) => {
                Some(2.0 * BATCH as f64 * conv.geometry().multiply_adds() as f64)
            }
            Kind::Dense(..) => Some(2.0 * BATCH as f64 * self.weights.len() as f64),
            Kind::MaxPool(..) | Kind::Norm(..) => None,
        }
    }
}

impl Network {
    /// Prints each layer's speed in every direction: GFLOP/s of products with their share of the
    /// peak, microseconds of others.
    pub fn bench_layers(&mut self, peak: f64) {
        for (i, layer) in self.layers.iter_mut().enumerate() {
            let (before, after) = self.activations.split_at_mut(i + 1);
            let (x, y) = (&before[i], &mut after[0]);
            let dy = numbers(y.len());
            let mut dx = vec![0.0; x.len()];
            let times = [
                median_seconds(|| layer.forward(x, y)),
                // Where there are no weights there is nothing to time: the loop would be optimised away.
                if layer.flops().is_some() {
                    median_seconds(|| layer.backward_weights(x, &dy))
                } else {
                    0.0
                },
                median_seconds(|| layer.backward_input(x, &dy, &mut dx)),
            ];
            let line = if let Some(flops) = layer.flops() {
                let [forward, weights, input] = times.map(|time| {
                    let speed = flops / time / 1e9;
                    format!("{speed:7.1} {:4.0} %", 100.0 * speed / peak)
                });
                format!("{forward} {weights} {input}")
            } else {
                let [forward, _, input] = times.map(|time| format!("{:7.0} us  ", time * 1e6));
                format!("{forward} {:14} {input}", "")
            };
            report(&format!("  {:40} {line}", layer.name));
        }
    }

    /// Prints the images a second of whole training steps: forward, backward, Adam.
    pub fn bench_step(&mut self) {
        let labels: Vec<u32> = (0..BATCH).map(|i| (i % CLASSES) as u32).collect();
        let mut loss = vec![0.0; BATCH];
        let mut gradients: Vec<Vec<f32>> =
            self.activations.iter().map(|x| vec![0.0; x.len()]).collect();
        let mut scratch = Vec::new();
        let mut step = 0;
        let seconds = median_seconds(|| {
            step += 1;
            self.step(step, &labels, &mut loss, &mut gradients, &mut scratch);
        });
        report(&format!("  {} training: {:.0} images/s", self.name, BATCH as f64 / seconds));
    }

    fn step(
        &mut self,
        step: u64,
        labels: &[u32],
        loss: &mut [f32],
        gradients: &mut [Vec<f32>],
        scratch: &mut Vec<f32>,
    ) {
        let depth = self.layers.len();
        for (i, layer) in self.layers.iter_mut().enumerate() {
            let (before, after) = self.activations.split_at_mut(i + 1);
            layer.forward(&before[i], &mut after[0]);
        }
        let target = Target::Classes(labels);
        let scale = 1.0 / BATCH as f32;
        cross_entropy(
            CLASSES,
            &self.activations[depth],
            target,
            scale,
            loss,
            &mut gradients[depth],
        );
        for (i, layer) in self.layers.iter_mut().enumerate().rev() {
            let (before, after) = gradients.split_at_mut(i + 1);
            let (x, y, dy) = (&self.activations[i], &self.activations[i + 1], &mut after[0]);
            layer.undo_relu(y, dy, scratch);
            layer.backward_weights(x, dy);
            if i > 0 {
                layer.backward_input(x, dy, &mut before[i]);
            }
        }
        for layer in &mut self.layers {
            let [m, v] = &mut layer.moments;
            ADAM.update(step, &mut layer.weights, &layer.gradients, m, v);
        }
    }
}

const ADAM: Adam = Adam {
    learning_rate: 1e-3,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-7,
    epsilon_placement: EpsilonPlacement::Corrected,
    l2: 0.0,
    weight_decay: 0.0,
};
