//! The depthwise convolutions of MobileNetV2 0.35 at 96x96.

use super::common::{median_seconds, report};
use super::numbers::numbers;
use tabgrad::kernels::Padding;
use tabgrad::kernels::Rectifier;
use tabgrad::kernels::depthwise::{Depthwise, DepthwiseGeometry};

const BATCH: usize = 16;

/// Side of the image, channels, stride; all with 3x3 filters and same padding.
const LAYERS: &[[usize; 3]] = &[
    [48, 16, 1],
    [48, 48, 2],
    [24, 48, 1],
    [24, 48, 2],
    [12, 96, 1],
    [12, 96, 2],
    [6, 144, 1],
    [6, 192, 1],
    [6, 192, 2],
    [3, 336, 1],
];

/// Prints each layer's speed in every direction.
pub fn bench() {
    report(&format!("depthwise 3x3 of MobileNetV2, batch {BATCH}"));
    for &[side, channels, stride] in LAYERS {
        let input = [side, side, channels];
        let g = DepthwiseGeometry::new(input, 1, [3; 2], [stride; 2], [1, 1], Padding::Same)
            .expect("a valid geometry");
        let flops = 2.0 * BATCH as f64 * g.multiply_adds() as f64;
        let (x, kernel) = (numbers(BATCH * g.input_len()), numbers(g.kernel_len()));
        let (mut y, bias) = (vec![0.0; BATCH * g.output_len()], numbers(channels));
        let dy = numbers(y.len());
        let (mut dkernel, mut dx) = (vec![0.0; kernel.len()], vec![0.0; x.len()]);
        let mut conv = Depthwise::new(g, true);
        conv.allocate().expect("little memory");
        let relu6 = Rectifier::Relu6;
        let [forward, weights, input] = [
            median_seconds(|| conv.forward(BATCH, &x, &kernel, Some(&bias), relu6, &mut y)),
            median_seconds(|| conv.backward_kernel(BATCH, &x, &dy, &mut dkernel, None)),
            median_seconds(|| conv.backward_input(BATCH, &dy, &kernel, &mut dx)),
        ]
        .map(|time| flops / time / 1e9);
        report(&format!(
            "  {side:2}x{side:<2} {channels:3} channels, stride {stride}: \
             forward {forward:5.1}, weights {weights:5.1}, input {input:5.1} GFLOP/s"
        ));
    }
}
