use super::*;
use crate::ErrorKind;
use crate::data::{Dataset, Targets, Values};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A grey image with this brightness at each place.
fn gray(height: usize, width: usize, brightness: impl Fn(usize, usize) -> u8) -> Image {
    let data = (0..height * width).map(|i| brightness(i / width, i % width)).collect();
    Image::new(height, width, 1, data).unwrap()
}

fn steps(image: &[ImageStep]) -> Preprocessing {
    Preprocessing { image: image.to_vec(), ..Preprocessing::default() }
}

fn centered(image: Image) -> Vec<u8> {
    Preprocessing::digits().prepare(image, &[28, 28, 1]).unwrap()
}

/// Sum, and centre of mass as indices (y, x).
fn moments(data: &[u8], width: usize) -> (f64, f64, f64) {
    let (mut mass, mut y, mut x) = (0.0, 0.0, 0.0);
    for (i, &byte) in data.iter().enumerate() {
        let byte = f64::from(byte);
        mass += byte;
        y += byte * (i / width) as f64;
        x += byte * (i % width) as f64;
    }
    (mass, y / mass, x / mass)
}

/// Rows and columns of the smallest box around what is brighter than `least`.
fn extent(data: &[u8], width: usize, least: u8) -> (usize, usize) {
    let ink: Vec<_> = (0..data.len()).filter(|&i| data[i] > least).collect();
    let span = |values: Vec<usize>| values.iter().max().unwrap() - values.iter().min().unwrap() + 1;
    (span(ink.iter().map(|i| i / width).collect()), span(ink.iter().map(|i| i % width).collect()))
}

/// The letter L, thick strokes, in a part of the canvas.
fn letter(y: usize, x: usize, top: usize, left: usize, size: usize) -> bool {
    let (y, x) = (y.wrapping_sub(top), x.wrapping_sub(left));
    let (height, width, stroke) = (size, size * 2 / 3, size / 5);
    y < height && x < width && (x < stroke || y >= height - stroke)
}

#[test]
fn a_digit_that_is_centred_stays_as_it_is() {
    // A box 20 high whose centre of mass is index 14 on both axes.
    let digit = gray(28, 28, |y, x| {
        let (y, x) = (y as i32 - 14, x as i32 - 14);
        if (-10..10).contains(&y) && x.abs() <= 4 { 200 } else { 0 }
    });
    let out = Preprocessing::digits().prepare(digit.clone(), &[28, 28, 1]).unwrap();
    let (mass, y, x) = moments(digit.data(), 28);
    assert_eq!((y, x), (13.5, 14.0));
    let (mass_out, y, x) = moments(&out, 28);
    assert!((mass - mass_out).abs() < 0.01 * mass && (y - 14.0).abs() < 0.01, "{mass_out} {y}");
    assert_eq!(x, 14.0);
    // Moved by half a pixel, so its ends are half as bright.
    assert_eq!(extent(&out, 28, 110), (19, 9));
    assert_eq!(extent(&out, 28, 0), (21, 9));
}

#[test]
fn size_place_and_colours_of_a_drawing_do_not_matter() {
    let reference = centered(gray(280, 280, |y, x| 255 * u8::from(letter(y, x, 60, 80, 140))));
    let (_, y, x) = moments(&reference, 28);
    assert!((y - 14.0).abs() < 0.05 && (x - 14.0).abs() < 0.05, "{y} {x}");
    let (rows, columns) = extent(&reference, 28, 127);
    assert!((19..=21).contains(&rows) && (13..=14).contains(&columns), "{rows} {columns}");

    for (canvas, top, left, size) in
        [(280, 0, 0, 140), (280, 140, 187, 140), (1000, 300, 200, 500), (90, 10, 20, 60)]
    {
        for inverted in [false, true] {
            let image = gray(canvas, canvas, |y, x| {
                255 * u8::from(letter(y, x, top, left, size) != inverted)
            });
            let out = centered(image);
            let worst = out.iter().zip(&reference).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(worst <= Some(26), "{canvas} {top} {left} {size} {inverted}: {worst:?}");
        }
    }
}

#[test]
fn a_large_canvas_does_not_alias() {
    // One pixel of ink in every ten: mean brightness 25.5, wherever it is sampled.
    for offset in 0..10 {
        let stripes = gray(280, 280, |y, x| {
            if (x + y) % 10 == offset { 255 } else { u8::from((1..279).contains(&y)) }
        });
        let out = steps(&[ImageStep::Resize(Resize {
            height: 20,
            width: 20,
            fit: Fit::Stretch,
            filter: Filter::Area,
        })])
        .prepare(stripes, &[20, 20])
        .unwrap();
        let (low, high) = (out.iter().min().unwrap(), out.iter().max().unwrap());
        assert!(*low >= 22 && *high <= 32, "{offset}: {low} to {high}");
    }
}

#[test]
fn ink_without_mass_or_border_is_no_special_case() {
    assert_eq!(centered(gray(280, 200, |_, _| 0)), [0; 784]);
    assert_eq!(centered(gray(280, 200, |_, _| 255)), [0; 784]);
    // A single pixel, grown by 20, is a tent: sum over -14..14 of 1 - |d| / 20 is 18.2 on each axis.
    for (height, width) in [(1, 9), (9, 1), (7, 9)] {
        let image = gray(height, width, |y, x| 255 * u8::from((y, x) == (height / 2, width / 2)));
        let out = centered(image);
        let (mass, y, x) = moments(&out, 28);
        assert!((y - 13.77).abs() < 0.01 && (x - 13.77).abs() < 0.01, "{height}x{width}: {y} {x}");
        assert!((mass / 255.0 - 18.2 * 18.2).abs() < 1.0, "{height}x{width}: {mass}");
    }
    // The one pixel of this image is border and ink at once: light paper.
    assert_eq!(centered(gray(1, 1, |_, _| 255)), [0; 784]);
}

#[test]
fn borders_decide_what_is_ink() {
    let step = steps(&[ImageStep::InvertIfDarkOnLight]);
    // The middle counts for nothing; 127 is dark, 128 is light.
    for (border, inverted) in [(0, false), (127, false), (128, true), (255, true)] {
        let image = gray(4, 3, |y, x| if (1..3).contains(&y) && x == 1 { 77 } else { border });
        let out = step.prepare(image, &[4, 3]).unwrap();
        assert_eq!((out[0], out[4]), if inverted { (255 - border, 178) } else { (border, 77) });
    }
}

#[test]
fn colours_become_grey_and_grey_becomes_colours() {
    let rgb = Image::new(1, 4, 3, vec![255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]).unwrap();
    let luma = steps(&[ImageStep::Grayscale]).prepare(rgb, &[1, 4, 1]).unwrap();
    assert_eq!(luma, [76, 150, 29, 255]);
    let rgba = Image::new(1, 3, 4, vec![0, 0, 0, 0, 10, 20, 30, 255, 0, 255, 0, 51]).unwrap();
    let plain = Preprocessing::default();
    assert_eq!(
        plain.prepare(rgba.clone(), &[1, 3, 3]).unwrap(),
        [255, 255, 255, 10, 20, 30, 204, 255, 204]
    );
    let inverted = steps(&[ImageStep::InvertIfDarkOnLight]).prepare(rgba.clone(), &[1, 3, 3]);
    assert_eq!(inverted.unwrap(), [0, 0, 0, 245, 235, 225, 51, 0, 51]);
    assert_eq!(plain.prepare(rgba, &[1, 3]).unwrap()[0], 255);
    let gray = gray(1, 2, |_, x| x as u8);
    assert_eq!(plain.prepare(gray, &[1, 2, 3]).unwrap(), [0, 0, 0, 1, 1, 1]);
}

#[test]
fn resizing_interpolates_and_averages() {
    let image = || gray(2, 2, |y, x| (100 * y + 40 * x) as u8);
    let resize = |height, width, fit| {
        steps(&[ImageStep::Resize(Resize { height, width, fit, filter: Filter::Area })])
    };
    let grown = resize(1, 4, Fit::Stretch).prepare(image(), &[1, 4]).unwrap();
    assert_eq!(grown, [50, 60, 80, 90]);
    let mean = resize(1, 1, Fit::Stretch).prepare(image(), &[1, 1]).unwrap();
    assert_eq!(mean, [70]);
    let contained = resize(2, 6, Fit::Contain).prepare(image(), &[2, 6]).unwrap();
    assert_eq!(contained, [0, 0, 0, 40, 0, 0, 0, 0, 100, 140, 0, 0]);
    // Uneven sizes: white stays white and nothing is lost.
    for (height, width) in [(3, 5), (20, 20), (61, 47)] {
        let white = gray(47, 61, |_, _| 255);
        let out = resize(height, width, Fit::Stretch)
            .prepare(white, &[height as usize, width as usize])
            .unwrap();
        assert!(out.iter().all(|&byte| byte == 255), "{height}x{width}");
    }
}

#[test]
fn results_are_fitted_to_the_input() {
    let image = gray(56, 56, |_, _| 9);
    let plain = Preprocessing::default();
    assert_eq!(plain.prepare(image.clone(), &[28, 28, 1]).unwrap(), [9; 784]);
    assert_eq!(Preprocessing::digits().prepare(image.clone(), &[784]).unwrap().len(), 784);
    let error = plain.prepare(image.clone(), &[784]).unwrap_err();
    assert_eq!(
        error.message(),
        "image: the network's input has the shape [784], expected [height, width, 1 or 3] or \
         3136 after the image steps"
    );
    let error = plain.prepare(image.clone(), &[4, 4, 2]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
    let error = plain.prepare(image, &[100_000, 100_000, 1]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);

    let rgb = Image::new(1, 1, 3, vec![0; 3]).unwrap();
    let center = steps(&[ImageStep::CenterOfMass(CenterOfMass { ink_box: 20, size: 28 })]);
    let error = center.prepare(rgb, &[28, 28, 1]).unwrap_err();
    assert_eq!(
        error.message(),
        "centerOfMass: found 3 channels, expected 1; put grayscale before it"
    );
}

#[test]
fn images_need_their_bytes() {
    for (height, width, channels, bytes) in
        [(2, 2, 2, 8), (2, 2, 1, 5), (0, 2, 1, 0), (usize::MAX, 2, 4, 8)]
    {
        let error = Image::new(height, width, channels, vec![0; bytes]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Shape);
    }
    let error = Image::new(1, 65_536, 1, vec![0; 65_536]).unwrap_err();
    assert_eq!(error.message(), "image: found 1x65536 pixels, expected at most 65535 a side");
}

#[test]
fn datasets_are_prepared_like_drawings() {
    let samples = [letter_at(3, 5), letter_at(9, 0), vec![0; 1600]];
    let column = Column::new(vec![40, 40, 1], Values::U8(samples.concat())).unwrap();
    let targets = Targets::Classes(vec![2, 0, 1]);
    let names = ["a", "b", "c"].map(String::from).to_vec();
    let data = Dataset::new(vec![column], targets, names, Preprocessing::default()).unwrap();

    let mut preparation = Preparation::new(&data, Preprocessing::digits()).unwrap();
    assert!(!preparation.advance(&data, 2).unwrap());
    assert_eq!(preparation.done(), 2);
    let unfinished = preparation.clone().finish(&data).unwrap_err();
    assert_eq!(unfinished.message(), "prepare: 2 of 3 samples are prepared, expected all");
    assert!(preparation.advance(&data, 2).unwrap());
    let prepared = preparation.finish(&data).unwrap();

    assert_eq!(prepared.inputs()[0].shape(), [28, 28, 1]);
    assert_eq!(prepared.targets(), data.targets());
    assert_eq!(prepared.preprocessing(), &Preprocessing::digits());
    for (index, sample) in (0..).zip(&samples) {
        let image = Image::new(40, 40, 1, sample.clone()).unwrap();
        assert_eq!(prepared.sample(index).unwrap(), Values::U8(centered(image)));
    }
}

fn letter_at(top: usize, left: usize) -> Vec<u8> {
    gray(40, 40, |y, x| 255 * u8::from(letter(y, x, top, left, 24))).into_data()
}

#[test]
fn only_images_of_bytes_are_prepared() {
    let data = |shape: &[usize], values| {
        let column = Column::new(shape.to_vec(), values).unwrap();
        Dataset::new(vec![column], Targets::None, vec![], Preprocessing::default()).unwrap()
    };
    for (data, message) in [
        (
            data(&[4], Values::U8(vec![0; 4])),
            "prepare: found samples of shape [4], expected [height, width] or \
             [height, width, 1, 3 or 4]",
        ),
        (
            data(&[2, 2], Values::F32(vec![0.0; 4])),
            "prepare: found numbers (f32), expected bytes (u8)",
        ),
    ] {
        let error = Preparation::new(&data, Preprocessing::digits()).unwrap_err();
        assert_eq!(error.message(), message);
    }
}

/// The same bits natively and on wasm: both run this.
#[test]
fn prepared_images_have_the_same_bits_everywhere() {
    let drawing = gray(313, 277, |y, x| {
        let near = |cy: f64, cx: f64| (y as f64 - cy).powi(2) + (x as f64 - cx).powi(2);
        (600.0 - near(90.0, 110.0).min(near(170.0, 140.0)) / 4.0).clamp(0.0, 255.0) as u8
    });
    let resized = steps(&[ImageStep::Resize(Resize {
        height: 31,
        width: 23,
        fit: Fit::Contain,
        filter: Filter::Area,
    })]);
    let resized = resized.prepare(drawing.clone(), &[31, 23]).unwrap();
    // FNV-1a, 64 bits.
    let bytes = [centered(drawing), resized].concat();
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    assert_eq!(hash, 0x3fa9_8fe3_f277_a4fb, "found 0x{hash:x}");
}
