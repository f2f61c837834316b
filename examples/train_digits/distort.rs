//! Test digits as people might draw them: elsewhere, in another size, with other strokes, dark on
//! light.

use tabgrad::rng::Stream;

/// Pixels a side of a digit.
const SIDE: usize = 28;

/// A kind of distortion. Numbers are pixels of a digit, but for factors.
#[derive(Clone, Copy, Debug)]
pub enum Distortion {
    /// As they are.
    None,
    /// Dark on light.
    Inverted,
    /// By up to so far on each axis.
    Shifted(f32),
    /// By this factor.
    Scaled(f32),
    /// Strokes thicker by so many pixels, or thinner.
    Thickness(i32),
    /// A random one of each.
    All,
}

impl Distortion {
    /// The digit on a canvas of `canvas` pixels a side. What does not fit is cut.
    pub fn apply(self, digit: &[u8], canvas: usize, random: &mut Stream) -> Vec<u8> {
        let mut around_zero = |end: f32| end * (2.0 * random.uniform() - 1.0);
        let (mut shift, mut scale, mut thickness, mut inverted) = ([0.0; 2], 1.0, 0, false);
        match self {
            Self::None => {}
            Self::Inverted => inverted = true,
            Self::Shifted(most) => shift = [around_zero(most), around_zero(most)],
            Self::Scaled(factor) => scale = factor,
            Self::Thickness(pixels) => thickness = pixels,
            Self::All => {
                shift = [around_zero(4.0), around_zero(4.0)];
                scale = 1.0 + around_zero(0.4);
                thickness = around_zero(1.5).round() as i32;
                inverted = around_zero(1.0) > 0.0;
            }
        }
        let mut image = digit.to_vec();
        if thickness != 0 {
            image = fold(&image, thickness);
        }
        image = placed(&image, canvas, shift, scale);
        if inverted {
            image.iter_mut().for_each(|byte| *byte = 255 - *byte);
        }
        image
    }
}

/// The brightest (for thicker strokes) or darkest pixel of a square of 1 + |thickness| a side.
fn fold(image: &[u8], thickness: i32) -> Vec<u8> {
    let side = SIDE as i32;
    let at = |y: i32, x: i32| {
        if (0..side).contains(&y) && (0..side).contains(&x) {
            image[(y * side + x) as usize]
        } else {
            0
        }
    };
    let reach = thickness.abs();
    let offsets = move || -(reach / 2)..=(reach - reach / 2);
    (0..side * side)
        .map(|i| {
            let (y, x) = (i / side, i % side);
            let square = offsets().flat_map(|down| offsets().map(move |right| (down, right)));
            let seen = square.map(|(down, right)| at(y + down, x + right));
            if thickness > 0 { seen.max() } else { seen.min() }.unwrap_or(0)
        })
        .collect()
}

/// The digit scaled about its middle and shifted, on a larger canvas; bilinear.
fn placed(image: &[u8], canvas: usize, shift: [f32; 2], scale: f32) -> Vec<u8> {
    let at = |y: f32, x: f32| {
        let inside = |place: f32| (0.0..SIDE as f32).contains(&place);
        if inside(y) && inside(x) { f32::from(image[y as usize * SIDE + x as usize]) } else { 0.0 }
    };
    let source = |place: usize, shift: f32| {
        (place as f32 - (canvas - 1) as f32 / 2.0 - shift) / scale + (SIDE - 1) as f32 / 2.0
    };
    (0..canvas * canvas)
        .map(|i| {
            let (y, x) = (source(i / canvas, shift[0]), source(i % canvas, shift[1]));
            let (top, left) = (y.floor(), x.floor());
            let (down, right) = (y - top, x - left);
            let upper = at(top, left) * (1.0 - right) + at(top, left + 1.0) * right;
            let lower = at(top + 1.0, left) * (1.0 - right) + at(top + 1.0, left + 1.0) * right;
            (upper * (1.0 - down) + lower * down).round() as u8
        })
        .collect()
}
