//! Thicker and thinner strokes. Outside of an image is black.

/// Each pixel becomes the brightest of the 3 x 3 around it; images are `[height, width, channels]`.
pub(super) fn dilate(image: &[f32], shape: [usize; 3], result: &mut [f32]) {
    fold(image, shape, [-1, 0, 1].as_slice(), f32::max, result);
}

/// Each pixel becomes the darkest of the 2 x 2 of which it is the last one.
pub(super) fn erode(image: &[f32], shape: [usize; 3], result: &mut [f32]) {
    fold(image, shape, [-1, 0].as_slice(), f32::min, result);
}

/// Folds the pixels at all pairs of these offsets.
fn fold(
    image: &[f32],
    [height, width, channels]: [usize; 3],
    offsets: &[isize],
    choose: impl Fn(f32, f32) -> f32,
    result: &mut [f32],
) {
    let at = |y: Option<usize>, x: Option<usize>, channel: usize| match (y, x) {
        (Some(y), Some(x)) if y < height && x < width => {
            image[(y * width + x) * channels + channel]
        }
        _ => 0.0,
    };
    for (i, value) in result.iter_mut().enumerate() {
        let (pixel, channel) = (i / channels, i % channels);
        let (y, x) = (pixel / width, pixel % width);
        *value = image[i];
        for &down in offsets {
            for &right in offsets {
                let neighbour =
                    at(y.checked_add_signed(down), x.checked_add_signed(right), channel);
                *value = choose(*value, neighbour);
            }
        }
    }
}
