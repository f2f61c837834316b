//! How EXIF says that a picture is to be turned.

/// Where a box `[x1, y1, x2, y2]` of a picture of `[height, width]` as its file has it is after the
/// picture was turned by this orientation, 1 to 8 (EXIF 2.32, 4.6.4.A, tag 274). Any other turns nothing.
#[must_use]
pub fn turned_box(
    orientation: u8,
    [height, width]: [u32; 2],
    [x1, y1, x2, y2]: [f32; 4],
) -> [f32; 4] {
    let (height, width) = (height as f32, width as f32);
    let (from_right, from_below) = ([width - x2, width - x1], [height - y2, height - y1]);
    let ([left, right], [top, bottom]) = match orientation {
        2 => (from_right, [y1, y2]),
        3 => (from_right, from_below),
        4 => ([x1, x2], from_below),
        5 => ([y1, y2], [x1, x2]),
        6 => (from_below, [x1, x2]),
        7 => (from_below, from_right),
        8 => ([y1, y2], from_right),
        _ => ([x1, x2], [y1, y2]),
    };
    [left, top, right, bottom]
}

/// Whether height and width are exchanged by it.
#[must_use]
pub fn is_sideways(orientation: u8) -> bool {
    (5..=8).contains(&orientation)
}

#[cfg(test)]
mod tests {
    use image::metadata::Orientation;
    use image::{DynamicImage, GrayImage, Luma};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn boxes_are_turned_as_pictures_are() {
        let corners = [1_u32, 2, 4, 3];
        let bright = |x: u32, y: u32| (1..4).contains(&x) && (2..3).contains(&y);
        let picture = GrayImage::from_fn(7, 5, |x, y| Luma([if bright(x, y) { 255 } else { 0 }]));
        for orientation in 1..=8 {
            let mut turned = DynamicImage::ImageLuma8(picture.clone());
            turned.apply_orientation(Orientation::from_exif(orientation).unwrap());
            let turned = turned.into_luma8();
            assert_eq!(is_sideways(orientation), turned.dimensions() == (5, 7));
            let lit = || turned.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[0] > 0);
            let edge = |least: u32, most: u32| [least as f32, (most + 1) as f32];
            let xs = edge(lit().map(|p| p.0).min().unwrap(), lit().map(|p| p.0).max().unwrap());
            let ys = edge(lit().map(|p| p.1).min().unwrap(), lit().map(|p| p.1).max().unwrap());
            let found = turned_box(orientation, [5, 7], corners.map(|edge| edge as f32));
            assert_eq!(found, [xs[0], ys[0], xs[1], ys[1]], "orientation {orientation}");
        }
    }
}
