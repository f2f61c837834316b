#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::{assert_close, numbers};
use crate::kernels::resample::Upsampling;

/// The share that the input pixel `from` has in the output pixel `to` of an axis: a triangle around
/// its centre, and all beyond the outermost centres.
fn share(size: usize, factor: usize, from: usize, to: usize, is_bilinear: bool) -> f64 {
    if !is_bilinear {
        return f64::from(u8::from(to / factor == from));
    }
    let at = (to as f64 + 0.5) / factor as f64 - 0.5;
    (1.0 - (at.clamp(0.0, size as f64 - 1.0) - from as f64).abs()).max(0.0)
}

#[test]
fn larger_images_and_their_gradients() {
    const N: usize = 2;
    for (size, factors) in
        [([3, 4, 5], [2, 2]), ([1, 1, 4], [3, 2]), ([4, 3, 1], [1, 3]), ([2, 5, 6], [5, 1])]
    {
        for is_bilinear in [false, true] {
            let what = format!("{size:?} by {factors:?}, bilinear: {is_bilinear}");
            let [height, width, channels] = size;
            let [out_height, out_width] = [height * factors[0], width * factors[1]];
            let x = numbers(N * height * width * channels, 1);
            let dy = numbers(N * out_height * out_width * channels, 2);
            let (mut y, mut dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
            for image in 0..N {
                for (from, to) in (0..height * width)
                    .flat_map(|from| (0..out_height * out_width).map(move |to| (from, to)))
                {
                    let share =
                        share(height, factors[0], from / width, to / out_width, is_bilinear)
                            * share(width, factors[1], from % width, to % out_width, is_bilinear);
                    let from = (image * height * width + from) * channels;
                    let to = (image * out_height * out_width + to) * channels;
                    for c in 0..channels {
                        y[to + c] += share * f64::from(x[from + c]);
                        dx[from + c] += share * f64::from(dy[to + c]);
                    }
                }
            }
            let mut upsampling = Upsampling::new(size, factors, is_bilinear);
            upsampling.allocate().expect("little memory");
            let (mut found, mut gradient) = (vec![f32::NAN; dy.len()], vec![f32::NAN; x.len()]);
            upsampling.forward(&x, &mut found);
            assert_close(&found, &y, 1e-6, &what);
            upsampling.backward(&dy, &mut gradient);
            assert_close(&gradient, &dx, 1e-6, &format!("{what}: gradient"));
        }
    }
}
