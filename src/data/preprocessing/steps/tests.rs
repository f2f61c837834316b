use super::*;
use crate::ErrorKind;
use crate::data::{Column, Dataset, Preparation, Preprocessing, Targets, Values};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn step(text: &str) -> ImageStep {
    serde_json::from_str(text).unwrap()
}

/// Every pixel another one.
fn image(height: usize, width: usize, channels: usize) -> Image {
    let data = (0..height * width * channels).map(|i| (i * 37 % 251) as u8).collect();
    Image::new(height, width, channels, data).unwrap()
}

fn applied(text: &str, image: &Image) -> Image {
    let step = step(text);
    step.validate().unwrap();
    let result = step.apply(image.clone()).unwrap();
    assert_eq!(result.shape(), step.shape(image.shape()), "{text}");
    result
}

const FILTERS: [&str; 5] = ["area", "nearest", "bilinear", "bicubic", "lanczos3"];

#[test]
fn crops_are_parts_and_black_where_there_is_nothing() {
    let image = image(5, 7, 3);
    let at = |y: usize, x: usize| &image.data()[(y * 7 + x) * 3..][..3];
    for (text, top, left) in [
        (r#"{ "type": "crop", "height": 3, "width": 4 }"#, 1, 1),
        (r#"{ "type": "crop", "height": 3, "width": 4, "top": 0 }"#, 0, 1),
        (r#"{ "type": "crop", "height": 3, "width": 4, "left": 5, "top": 3 }"#, 3, 5),
        (r#"{ "type": "crop", "height": 8, "width": 10 }"#, -2, -2),
        (r#"{ "type": "crop", "height": 2, "width": 2, "left": 4000, "top": 1 }"#, 1, 4000),
    ] {
        let part = applied(text, &image);
        let [_, width, _] = part.shape();
        for (i, pixel) in part.data().chunks_exact(3).enumerate() {
            let (y, x) = ((i / width) as isize + top, (i % width) as isize + left);
            let inside = (0..5).contains(&y) && (0..7).contains(&x);
            let expected = if inside { at(y as usize, x as usize) } else { &[0; 3] };
            assert_eq!(pixel, expected, "{text} {i}");
        }
    }
}

#[test]
fn padding_puts_an_image_in_the_middle_and_leaves_large_ones() {
    let image = image(3, 4, 1);
    let padded = applied(r#"{ "type": "pad", "height": 6, "width": 5, "value": 9 }"#, &image);
    let mut expected = vec![9; 30];
    for y in 0..3 {
        expected[(y + 1) * 5..][..4].copy_from_slice(&image.data()[y * 4..][..4]);
    }
    assert_eq!(padded.data(), expected);
    assert_eq!(applied(r#"{ "type": "pad", "height": 2, "width": 4 }"#, &image), image);
}

#[test]
fn one_colour_stays_what_it_is_whatever_is_done() {
    for (height, width) in [(1, 1), (1, 9), (12, 5), (40, 3)] {
        let plain = Image::new(height, width, 3, vec![77; height * width * 3]).unwrap();
        let mut all: Vec<String> = FILTERS
            .iter()
            .flat_map(|filter| {
                ["stretch", "cover"].map(|fit| {
                    format!(
                        r#"{{ "type": "resize", "height": 7, "width": 6, "filter": "{filter}", "fit": "{fit}" }}"#
                    )
                })
            })
            .collect();
        all.push(r#"{ "type": "median", "size": 9 }"#.into());
        all.push(r#"{ "type": "gaussian", "sigma": 5 }"#.into());
        for text in all {
            let result = applied(&text, &plain);
            assert!(result.data().iter().all(|&byte| byte == 77), "{text} {height}x{width}");
        }
    }
}

#[test]
fn fits_keep_the_aspect() {
    // A bright square in the middle of a wide image.
    let square = |y: usize, x: usize| (6..16).contains(&y) && (24..34).contains(&x);
    let data = (0..20 * 60).map(|i| if square(i / 60, i % 60) { 200 } else { 40 }).collect();
    let wide = Image::new(20, 60, 1, data).unwrap();
    for filter in FILTERS {
        let with = |fit: &str| {
            let text = format!(
                r#"{{ "type": "resize", "height": 30, "width": 30, "filter": "{filter}", "fit": "{fit}" }}"#
            );
            applied(&text, &wide).into_data()
        };
        let contained = with("contain");
        // Ten rows of the image between ten black ones, into which the widest filter reaches.
        assert!(contained[..7 * 30].iter().all(|&byte| byte == 0), "{filter}");
        assert!(contained[23 * 30..].iter().all(|&byte| byte == 0), "{filter}");
        assert!(contained[15 * 30 + 15].abs_diff(200) <= 8, "{filter}");
        let bright = |data: &[u8]| data.iter().filter(|&&byte| byte > 120).count();
        assert_eq!(bright(&contained), 5 * 5, "{filter}");
        // The middle 20 of the 60 columns, at one and a half times the size.
        let covered = with("cover");
        assert!((14 * 14..=16 * 16).contains(&bright(&covered)), "{filter} {}", bright(&covered));
        assert!((38..=42).contains(&covered[0]), "{filter}");
    }
}

#[test]
fn single_wrong_pixels_do_not_survive_the_median() {
    let mut data = vec![100; 81];
    data[4 * 9 + 4] = 255;
    data[0] = 0;
    let spotted = Image::new(9, 9, 1, data).unwrap();
    let clean = applied(r#"{ "type": "median" }"#, &spotted);
    assert!(clean.data().iter().all(|&byte| byte == 100));
}

#[test]
fn colours_are_made_and_taken_away() {
    let gray = image(2, 3, 1);
    let rgb = applied(r#"{ "type": "rgb" }"#, &gray);
    assert_eq!(rgb.data()[3..6], [gray.data()[1]; 3]);
    assert_eq!(applied(r#"{ "type": "grayscale" }"#, &rgb), gray);
}

#[test]
fn impossible_steps_are_refused() {
    for (text, expected) in [
        (r#"{ "type": "crop", "height": 0, "width": 1 }"#, "crop: height is 0, expected 1 to 4096"),
        (r#"{ "type": "pad", "height": 1, "width": 5000 }"#, "pad: width is 5000, expected 1 to"),
        (r#"{ "type": "median", "size": 4 }"#, "median: size is 4, expected 3, 5, 7 or 9"),
        (r#"{ "type": "gaussian", "sigma": 0 }"#, "gaussian: sigma is 0, expected 0.1 to 32"),
    ] {
        let preprocessing = Preprocessing { image: vec![step(text)], ..Preprocessing::default() };
        let error = preprocessing.validate().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert!(error.to_string().contains(expected), "{error}");
    }
    let unknown = r#"{ "type": "resize", "height": 1, "width": 1, "filter": "box" }"#;
    assert!(serde_json::from_str::<ImageStep>(unknown).is_err());
}

/// A dataset becomes what a drawing becomes at prediction.
#[test]
fn datasets_and_drawings_are_prepared_alike() {
    let text = r#"{ "image": [{ "type": "pad", "height": 9, "width": 9 }, { "type": "median" },
        { "type": "gaussian", "sigma": 0.7 }, { "type": "crop", "height": 8, "width": 8 }],
        "features": [{ "type": "hog", "orientations": 4, "pixelsPerCell": 4, "cellsPerBlock": 1 }] }"#;
    let whole: Preprocessing = serde_json::from_str(text).unwrap();
    let written = serde_json::to_string(&whole).unwrap();
    assert_eq!(serde_json::from_str::<Preprocessing>(&written).unwrap(), whole);
    let pixels = Preprocessing { features: Vec::new(), ..whole.clone() };
    let sources = [image(6, 7, 3), image(6, 7, 3).invert_if_dark_on_light()];
    let all = sources.iter().flat_map(|image| image.data()).copied().collect();
    let column = Column::new(vec![6, 7, 3], Values::U8(all)).unwrap();
    let dataset =
        Dataset::new(vec![column], Targets::None, vec![], Preprocessing::default()).unwrap();
    for (preprocessing, shape) in [(pixels, vec![8, 8, 3]), (whole, vec![16])] {
        let mut preparation = Preparation::new(&dataset, preprocessing.clone()).unwrap();
        assert!(preparation.advance(&dataset, 2).unwrap());
        let prepared = preparation.finish(&dataset).unwrap();
        assert_eq!(prepared.inputs()[0].shape(), shape);
        for (index, source) in sources.iter().enumerate() {
            let one = preprocessing.prepare_values(source.clone(), &shape).unwrap();
            let column = Column::new(shape.clone(), one).unwrap();
            assert_eq!(prepared.subset(&[index as u32]).unwrap().inputs()[0], column);
        }
    }
}
