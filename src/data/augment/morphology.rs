//! Thicker and thinner strokes. Outside of an image is black.

/// Mixes an image with its dilation, in which each pixel is the brightest of the 3 x 3 around it;
/// `share` is that of the dilation. Images and `scratch` are `[height, width, channels]`.
pub(super) fn thicken(image: &mut [f32], shape: [usize; 3], share: f32, scratch: &mut [f32]) {
    let [height, width, channels] = shape;
    let row_len = width * channels;
    let inner = row_len - channels;
    for (row, brightest) in image.chunks_exact(row_len).zip(scratch.chunks_exact_mut(row_len)) {
        brightest.copy_from_slice(row);
        fold(&mut brightest[channels..], &row[..inner], f32::max);
        fold(&mut brightest[..inner], &row[channels..], f32::max);
    }
    for (y, row) in image.chunks_exact_mut(row_len).enumerate() {
        let at = |y: usize| &scratch[y * row_len..(y + 1) * row_len];
        let (above, below) = (at(y.saturating_sub(1)), at(usize::min(y + 1, height - 1)));
        let three = above.iter().zip(at(y)).zip(below);
        for (value, ((&above, &here), &below)) in row.iter_mut().zip(three) {
            *value += share * (above.max(here).max(below) - *value);
        }
    }
}

/// Mixes an image with its erosion, in which each pixel is the darkest of the 2 x 2 of which it is
/// the last one; `share` is that of the erosion.
pub(super) fn thin(image: &mut [f32], shape: [usize; 3], share: f32, scratch: &mut [f32]) {
    let [_, width, channels] = shape;
    let row_len = width * channels;
    for (row, darkest) in image.chunks_exact(row_len).zip(scratch.chunks_exact_mut(row_len)) {
        darkest.copy_from_slice(row);
        fold(&mut darkest[channels..], &row[..row_len - channels], f32::min);
        darkest[..channels].iter_mut().for_each(|value| *value = value.min(0.0));
    }
    for (y, row) in image.chunks_exact_mut(row_len).enumerate() {
        let here = &scratch[y * row_len..(y + 1) * row_len];
        match y.checked_sub(1) {
            Some(above) => {
                let two = here.iter().zip(&scratch[above * row_len..y * row_len]);
                for (value, (&here, &above)) in row.iter_mut().zip(two) {
                    *value += share * (here.min(above) - *value);
                }
            }
            None => {
                for (value, &here) in row.iter_mut().zip(here) {
                    *value += share * (here.min(0.0) - *value);
                }
            }
        }
    }
}

fn fold(to: &mut [f32], from: &[f32], choose: impl Fn(f32, f32) -> f32) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to = choose(*to, from);
    }
}
